"""The down time of each route, once for the whole run: outages in, merged spans out. Pure."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timestamp

from reporter.engine.spans import NEVER, Instants, Spans, Truths, WithOutage, clip, instant_micros, merge, micros
from reporter.model.levels import VERIFICATIONS
from reporter.model.rulebook import Rulebook, Service
from reporter.model.shapes import column_words

DOWN_KINDS = ("unplanned", "planned", "security")


class Record(Struct, frozen=True, dict=True):
    """The outages that count (none cancelled), as arrays in order of their beginning."""

    outage_ids: NDArray[np.object_]
    services: tuple[frozenset[str], ...]
    began: Instants
    ended: Instants  # NEVER where no end is known
    is_down: Truths  # else degraded or intermittent
    is_planned: Truths
    doubt: NDArray[np.int8]  # the place of its verification in VERIFICATIONS
    as_of: int

    @cached_property
    def is_open(self) -> Truths:
        """Which outages have no known end."""
        is_open: Truths = self.ended == NEVER
        return is_open

    @cached_property
    def _kinds(self) -> tuple[tuple[frozenset[str], ...], NDArray[np.intp]]:
        """Each set of services that an outage touches, once, and the place of each outage's among them."""
        places = {named: place for place, named in enumerate(dict.fromkeys(self.services))}
        return tuple(places), np.array([places[named] for named in self.services], dtype=np.intp)

    def of(self, services: frozenset[str]) -> Truths:
        """Which outages touch one of these services."""
        kinds, place = self._kinds
        touched: Truths = np.array([not services.isdisjoint(named) for named in kinds], dtype=bool)[place]
        return touched

    def any_down(self, services: Iterable[str]) -> bool:
        """Whether one of these services is down at as_of."""
        here = self.of(frozenset(services)) & self.is_down
        return bool(np.any((self.began[here] <= self.as_of) & (self.ended[here] > self.as_of)))


def outage_record(outages: DataFrame, as_of: Timestamp) -> Record:
    """The outage record ready for questions, without what is cancelled or has no length.

    Takes: OUTAGES; a missing end means that it is not known to have ended.
    """
    counted = outages[(outages["status"].fillna("") != "cancelled") & ~(outages["ended_at"] <= outages["began_at"])]
    counted = counted.sort_values(["began_at", "outage_id"], kind="stable")
    return Record(
        outage_ids=counted["outage_id"].to_numpy(dtype=object),
        services=tuple(frozenset(named.split(";")) for named in counted["services"].fillna("")),
        began=micros(counted["began_at"]),
        ended=np.where(counted["ended_at"].isna(), NEVER, micros(counted["ended_at"])),
        is_down=counted["kind"].isin(DOWN_KINDS).to_numpy(dtype=bool),
        is_planned=(counted["kind"] == "planned").to_numpy(dtype=bool),
        doubt=_doubt(counted["verification"]),
        as_of=instant_micros(as_of),
    )


def _doubt(verification: Series) -> NDArray[np.int8]:
    places = {name: place for place, name in enumerate(VERIFICATIONS)}
    places_of = verification.map(places).fillna(len(VERIFICATIONS) - 1)
    doubt: NDArray[np.int8] = np.asarray(places_of, dtype=np.int8)
    return doubt


class TouchingOutages(Struct, frozen=True):
    """For each window: the ids of its outages, and the surest and the least sure verification among them."""

    ids: list[str]
    best: list[str]
    worst: list[str]


class Downtime(Struct, frozen=True, dict=True):
    """One route's spans: as they count, and with an open outage taken to last.

    An outage without a known end touches only the windows that have opened: `has_opened` is theirs, or of the others.
    """

    record: Record
    touching: Truths

    @classmethod
    def on(cls, known: Record, services: frozenset[str], has_opened: bool = True) -> "Downtime":
        """The down time of these services, for the windows that have opened by as_of or for those that have not."""
        touching = known.of(services)
        return cls(known, touching if has_opened else touching & ~known.is_open)

    def _spans(self, which: Truths, begun_until: int, ahead_until: int) -> Spans:
        """The outages, one without end lasting so long where it has begun, and so long where it is still ahead."""
        began, ended = self.record.began[which], self.record.ended[which]
        lasts = np.where(began <= self.record.as_of, begun_until, ahead_until)
        return merge(began, np.where(ended == NEVER, lasts, ended))

    def _as_counted(self, which: Truths) -> Spans:
        return self._spans(which, self.record.as_of, self.record.as_of)

    @cached_property
    def down(self) -> Truths:
        """Which outages take this route down."""
        return self.touching & self.record.is_down

    @cached_property
    def counted(self) -> Spans:
        """Down time, an outage without end lasting until as_of, and one announced without end for nothing."""
        return self._as_counted(self.down)

    @cached_property
    def reach(self) -> Spans:
        """Down time as it reaches a cut-off: as counted, and one announced without end never ending."""
        return self._spans(self.down, self.record.as_of, NEVER)

    @cached_property
    def worst(self) -> Spans:
        """Down time, an outage without end never ending."""
        return self._spans(self.down, NEVER, NEVER)

    @cached_property
    def announced(self) -> Spans:
        """Planned down time that is still ahead."""
        return clip(self._as_counted(self.down & self.record.is_planned), self.record.as_of)

    @cached_property
    def touched_at_all(self) -> Spans:
        """Time when the route was down or slow, as counted."""
        return self._as_counted(self.touching)

    @cached_property
    def touched_at_worst(self) -> Spans:
        """The same, an outage without end never ending."""
        return self._spans(self.touching, NEVER, NEVER)

    def touched(self, opens: Instants, closes: Instants, *, with_slow: bool) -> TouchingOutages:
        """For each window the outages that touch it, in order of their beginning, joined by `;`, and how sure.

        `with_slow`: those that only slow it count too.
        """
        known, which = self.record, self.touching if with_slow else self.down
        began, ended, ids, doubt = (of[which] for of in (known.began, known.ended, known.outage_ids, known.doubt))
        low, high = np.searchsorted(np.maximum.accumulate(ended), opens), np.searchsorted(began, closes)
        found = TouchingOutages([], [], [])
        for first, last, start in zip(low.tolist(), high.tolist(), opens.tolist(), strict=True):
            here = np.flatnonzero(ended[first:last] > start) + first
            found.ids.append(";".join(ids[here]) if len(here) else "")
            found.best.append(VERIFICATIONS[doubt[here].min()] if len(here) else "")
            found.worst.append(VERIFICATIONS[doubt[here].max()] if len(here) else "")
        return found


class StruckDowntime(Struct, frozen=True):
    """A route's down time with one more outage that is still ahead, another for each window asked about."""

    base: Downtime
    began: Instants
    ended: Instants
    is_planned: bool

    def _struck(self, spans: Spans) -> WithOutage:
        return WithOutage(spans, self.began, self.ended)

    @property
    def counted(self) -> WithOutage:
        """Down time, an outage without end lasting until as_of."""
        return self._struck(self.base.counted)

    @property
    def reach(self) -> WithOutage:
        """Down time as it reaches a cut-off."""
        return self._struck(self.base.reach)

    @property
    def worst(self) -> WithOutage:
        """Down time, an outage without end never ending."""
        return self._struck(self.base.worst)

    @property
    def announced(self) -> Spans | WithOutage:
        """Planned down time that is still ahead."""
        return self._struck(self.base.announced) if self.is_planned else self.base.announced

    @property
    def touched_at_all(self) -> WithOutage:
        """Time when the route was down or slow, as counted."""
        return self._struck(self.base.touched_at_all)

    @property
    def touched_at_worst(self) -> WithOutage:
        """The same, an outage without end never ending."""
        return self._struck(self.base.touched_at_worst)


METHODS = column_words("sign_in_method")


class Route(Struct, frozen=True):
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
    """The person's own credential where the service accepts it, else every one of them; none for no person."""
    if not method:
        return ()
    return (method,) if method in service.sign_in else service.sign_in


def _variants(names: tuple[str, ...], services: Mapping[str, Service], method: str) -> tuple[frozenset[str], ...]:
    """The routes this may be: the person's own, or one for each credential where a service does not accept it."""
    whole = closure(names, services, method)
    accepted = {name for service in whole for name in services[service].sign_in}
    if all(method in services[name].sign_in for name in whole if services[name].sign_in):
        return (whole,)
    return tuple(closure(names, services, name) for name in METHODS if name in accepted)
