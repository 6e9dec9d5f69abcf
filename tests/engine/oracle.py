"""The facts of the contract, counted minute by minute: slow, obvious, and written without the engine.

Every instant is a whole minute since an epoch. An outage is (services, began, ended or None, kind, status).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

DAY = 24 * 60


@dataclass(frozen=True)
class Outage:
    """One outage in minutes; `ended` None: not known to have ended."""

    services: frozenset[str]
    began: int
    ended: int | None
    kind: str = "unplanned"
    status: str = "resolved"


def is_down_at(minute: int, record: Iterable[Outage], services: frozenset[str], open_until: float) -> bool:
    """Whether the minute beginning then is lost, an outage without end lasting until `open_until`."""
    return any(
        outage.began <= minute < (open_until if outage.ended is None else outage.ended)
        for outage in record
        if outage.status != "cancelled"
        and outage.kind not in ("degraded", "intermittent")
        and outage.services & services
    )


def facts(
    opens: int,
    closes: int,
    as_of: int,
    record: list[Outage],
    *,
    route: frozenset[str],
    alternatives: list[frozenset[str]],
) -> dict[str, object]:
    """What findings.csv says of one duty."""

    def lost(minute: int) -> bool:
        return is_down_at(minute, record, route, as_of)

    def lost_worst(minute: int) -> bool:
        return is_down_at(minute, record, route, float("inf"))

    def down_now(services: frozenset[str]) -> bool:
        return is_down_at(as_of, record, services, float("inf"))

    start = max(as_of, opens)
    covers = lost(closes - 1)
    return {
        "left_hours": (closes - as_of) / 60,
        "lost_hours": _hours(opens, closes, lost),
        "lost_72h": _hours(closes - 3 * DAY, closes, lost),
        "lost_24h": _hours(closes - DAY, closes, lost),
        "usable_hours": _hours(start, closes, lambda minute: not lost(minute)),
        "usable_hours_worst": _hours(start, closes, lambda minute: not lost_worst(minute)),
        "last_safe_at": _stretch_began(closes, lost) if covers else closes,
        "is_past": closes <= as_of,
        "is_down": down_now(route),
        "covers_close": covers,
        "was_down_at_close": covers and closes <= as_of,
        "all_routes_down": down_now(route) and all(down_now(way) for way in alternatives),
        "outages": {
            number
            for number, outage in enumerate(record)
            if outage.status != "cancelled"
            and outage.kind not in ("degraded", "intermittent")
            and outage.services & route
            and any(
                outage.began <= minute and (outage.ended is None or minute < outage.ended)
                for minute in range(opens, closes)
            )
        },
    }


def _hours(start: int, end: int, holds: Callable[[int], bool]) -> float:
    return sum(1 for minute in range(start, end) if holds(minute)) / 60


def _stretch_began(closes: int, lost: Callable[[int], bool]) -> int:
    minute = closes
    while lost(minute - 1):
        minute -= 1
    return minute
