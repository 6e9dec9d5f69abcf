"""The facts of the contract, counted minute by minute: slow, obvious, and written without the engine.

Every instant is a whole step (a minute, or an hour for long windows) since an epoch. `due` finds the windows of a
person from the dates, with the calendar alone. Nothing here knows how the engine does it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NEVER = 10**9
SLOW = ("degraded", "intermittent")
CONFIRMED = ("official", "press")


@dataclass(frozen=True)
class Outage:
    """One outage in minutes; `ended` None: not known to have ended."""

    services: frozenset[str]
    began: int
    ended: int | None
    kind: str = "unplanned"
    status: str = "resolved"
    verification: str = "official"


@dataclass(frozen=True)
class Duty:
    """One window in minutes, and what it needs."""

    opens: int
    closes: int
    over: int
    route: frozenset[str]
    alternatives: tuple[frozenset[str], ...] = ()


def until(outage: Outage, begun: int, ahead: int, now: int) -> int:
    """Where an outage ends, one without end lasting to `begun` or, while it has not begun, to `ahead`."""
    if outage.ended is not None:
        return outage.ended
    return begun if outage.began <= now else ahead


def hit(minute: int, record: Iterable[Outage], ends: Callable[[Outage], int]) -> bool:
    """Whether any of these outages lasts through the minute that begins then."""
    return any(outage.began <= minute < ends(outage) for outage in record)


def facts(duty: Duty, record: list[Outage], now: int, share: float = 0.0, per_hour: int = 60) -> dict[str, object]:
    """What findings.csv says of one duty, counted in so many steps an hour."""
    day = 24 * per_hour
    opens, closes = duty.opens, duty.closes
    real = [outage for outage in record if outage.status != "cancelled"]
    touching = [o for o in real if o.services & duty.route and (o.ended is not None or opens <= now)]
    down = [o for o in touching if o.kind not in SLOW]

    def counted(outage: Outage) -> int:
        return until(outage, now, outage.began, now)

    def reaching(outage: Outage) -> int:
        return until(outage, now, NEVER, now)

    def lasting(outage: Outage) -> int:
        return until(outage, NEVER, NEVER, now)

    def lost(start: int, end: int, ends: Callable[[Outage], int], among: list[Outage]) -> float:
        """Hours of a stretch that are down, and so much of those that are only slow."""
        total = 0.0
        for minute in range(start, end):
            if hit(minute, [o for o in among if o.kind not in SLOW], ends):
                total += 1
            elif hit(minute, among, ends):
                total += share
        return total / per_hour

    def down_now(services: frozenset[str]) -> bool:
        return hit(now, [o for o in real if o.services & services and o.kind not in SLOW], lasting)

    start, sure = max(now, opens), [o for o in touching if o.verification in CONFIRMED]
    left = max(closes - start, 0) / per_hour
    covers = hit(closes - 1, down, reaching)
    looks = {"lost_hours": opens, "lost_72h": closes - 3 * day, "lost_24h": closes - day}
    return {
        "left_hours": (closes - now) / per_hour,
        **{name: lost(since, closes, counted, touching) for name, since in looks.items()},
        **{f"{name}_confirmed": lost(since, closes, counted, sure) for name, since in looks.items()},
        "degraded_hours": sum(
            hit(minute, touching, counted) and not hit(minute, down, counted) for minute in range(opens, closes)
        )
        / per_hour,
        "usable_hours": left - lost(start, closes, counted, touching),
        "usable_hours_worst": left - lost(start, closes, lasting, touching),
        "last_safe_at": _stretch_began(closes, lambda minute: hit(minute, down, reaching)) if covers else closes,
        "is_past": closes <= now,
        "is_over": duty.over <= now,
        "is_down": down_now(duty.route),
        "covers_close": covers,
        "is_cover_open": covers and not hit(closes - 1, down, counted),
        "was_down_at_close": covers and closes <= now,
        "all_routes_down": down_now(duty.route) and all(down_now(way) for way in duty.alternatives),
        "outages": {
            number
            for number, outage in enumerate(record)
            if outage in touching
            and (share or outage.kind not in SLOW)
            and any(outage.began <= minute < _named_until(outage, now) for minute in range(opens, closes))
        },
    }


def _named_until(outage: Outage, now: int) -> int:
    """An open outage is named while it lasts: now too, and from its beginning on when it is only announced."""
    return until(outage, NEVER, NEVER, now)


def _stretch_began(closes: int, down: Callable[[int], bool]) -> int:
    minute = closes
    while down(minute - 1):
        minute -= 1
    return minute


@dataclass(frozen=True)
class Person:
    """One row of a roster, as somebody would read it off the documents."""

    permit: str
    expires: date
    issued: date | None = None
    completed: date | None = None
    leaves: date | None = None
    decision: date | None = None
    accepted: datetime | None = None
    filed: datetime | None = None


Window = tuple[datetime, datetime, datetime]
"""When a duty opens, when it is too late by the careful reading, and by the latest."""


def midnight(on: date, days: int = 0, place: str = "UTC") -> datetime:
    """The first instant of the date so many days on, on the clock of a place."""
    return datetime.combine(on + timedelta(days=days), datetime.min.time(), ZoneInfo(place)).astimezone(UTC)


def due(person: Person, now: datetime) -> dict[str, Window]:
    """The duties of a person and their windows."""
    expires, completed = person.expires, person.completed
    renewal = {"study": "study-permit-renewal", "work": "work-permit-renewal", "pgwp": "graduate-permit-end"}
    found = {renewal[person.permit]: (midnight(expires, -120), midnight(expires, 1), midnight(expires, 1))}
    careful = latest = max(expires, person.leaves or expires)
    if person.permit == "study" and completed and not (person.issued and person.issued > completed):
        found["post-graduation-work-permit"] = (midnight(completed), midnight(completed, 181), midnight(completed, 181))
        if completed + timedelta(days=89) < expires:
            window = (midnight(completed), midnight(completed, 90), midnight(completed, 91))
            found["study-permit-after-completion"] = window
            careful, latest = completed + timedelta(days=89), completed + timedelta(days=90)
    if person.decision:
        last = working = person.decision + timedelta(days=15)
        while working.weekday() >= 5:
            working += timedelta(days=1)
        there = [midnight(day, 1, "America/Toronto") for day in (last, working)]
        found["federal-court"] = (midnight(person.decision, 0, "America/Toronto"), *there)
    if person.accepted:
        ends = person.accepted + timedelta(hours=20 * 24)
        found["iec-work-permit-undated"] = (midnight(person.accepted.date()), ends, ends)
    is_carried = person.filed and person.filed < midnight(careful, 1) and not _is_older(person)
    if midnight(careful, 1) <= now and not is_carried:
        found["restoration"] = (midnight(careful, 1), midnight(careful, 91), midnight(latest, 91))
    return found


def _is_older(person: Person) -> bool:
    """Whether the application is the one that led to this permit."""
    return bool(person.issued and person.filed and person.filed < midnight(person.issued))
