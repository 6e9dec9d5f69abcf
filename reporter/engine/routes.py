"""Which services a duty needs, for a person who signs in one way or another. Pure.

A route is the closure of the duty's services over what each depends on; the credential that counts is the
person's own, and every one of them where it is not known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reporter.model.rulebook import Rulebook, Service

METHODS = ("gckey", "signin_partner", "email", "unknown")


@dataclass(frozen=True)
class Route:
    """The services all of which must be up, the other ways in, and the certain part of the route.

    `variants` are the routes this would be for each credential that opens it: a route whose credential is not
    known is certainly down only when every variant is. `upstream` is what others must use before this begins,
    without the credentials that only they have.
    """

    services: frozenset[str]
    alternatives: tuple[frozenset[str], ...]
    variants: tuple[frozenset[str], ...]
    upstream: frozenset[str] = frozenset()


def routes(rulebook: Rulebook) -> dict[str, Route]:
    """Every route of the rulebook, by its key `deadline|sign_in_method`."""
    return {
        route_key(name, method): Route(
            services=closure(deadline.route, rulebook.services, method),
            alternatives=tuple(closure(way, rulebook.services, method) for way in deadline.instead),
            variants=_variants(deadline.route, rulebook.services, method),
            upstream=closure(deadline.upstream, rulebook.services, ""),
        )
        for name, deadline in rulebook.deadlines.items()
        for method in METHODS
    }


def route_key(deadline: str, method: str) -> str:
    """The name of a route in DUTIES."""
    return f"{deadline}|{method}"


def closure(names: Iterable[str], services: Mapping[str, Service], method: str) -> frozenset[str]:
    """The services and all that they depend on, for a person who signs in by that method."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [*services[name].needs, *_credentials(services[name], method)]
    return frozenset(found)


def way_to(names: Iterable[str], services: Mapping[str, Service], method: str, goal: str) -> tuple[str, ...]:
    """The services that lead from one that a duty names to one that it depends on, both told; empty when none do."""
    ways: list[tuple[str, ...]] = [(name,) for name in names]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        if way[-1] == goal:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            service = services[way[-1]]
            ways += [(*way, name) for name in (*service.needs, *_credentials(service, method))]
    return ()


def information(rulebook: Rulebook) -> frozenset[str]:
    """The services that only inform, and never raise a filing risk."""
    return frozenset(name for name, service in rulebook.services.items() if service.role == "information")


def _credentials(service: Service, method: str) -> tuple[str, ...]:
    return service.sign_in if method == "unknown" else tuple(name for name in service.sign_in if name == method)


def _variants(names: tuple[str, ...], services: Mapping[str, Service], method: str) -> tuple[frozenset[str], ...]:
    ways = [closure(names, services, other) for other in METHODS if other != "unknown"]
    return tuple(dict.fromkeys(ways)) if method == "unknown" else (closure(names, services, method),)
