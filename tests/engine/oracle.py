"""The facts of the contract, counted hour by hour: slow, obvious, and written without the engine.

Every instant is a whole hour since the midnight of an epoch, in UTC. `due` finds the windows of a person from the
dates, with the calendar alone. Nothing here knows how the engine does it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NEVER = 10**9
DAY = 24
SLOW = ("degraded", "intermittent")
CONFIRMED = ("official", "press")
SURENESS = ("official", "press", "user_report", "unverified", "")
"""The surest first; what is not said is as unsure as the last that is."""


@dataclass(frozen=True)
class Outage:
    """One outage in hours; `ended` None: not known to have ended."""

    services: frozenset[str]
    began: int
    ended: int | None
    kind: str = "unplanned"
    status: str = "resolved"
    verification: str = "official"


@dataclass(frozen=True)
class Duty:
    """One window in hours, what it needs, and when it was filed, if that is known to the hour."""

    opens: int
    closes: int
    over: int
    route: frozenset[str]
    alternatives: tuple[frozenset[str], ...] = ()
    variants: tuple[frozenset[str], ...] = ()
    upstream: frozenset[str] = frozenset()
    safe_by: int = 0
    filed: int | None = None


def until(outage: Outage, begun: int, ahead: int, now: int) -> int:
    """Where an outage ends, one without end lasting to `begun` or, while it has not begun, to `ahead`."""
    if outage.ended is not None:
        return outage.ended
    return begun if outage.began <= now else ahead


def hit(hour: int, record: Iterable[Outage], ends: Callable[[Outage], int]) -> bool:
    """Whether any of these outages lasts through the hour that begins then."""
    return any(outage.began <= hour < ends(outage) for outage in record)


def facts(
    duty: Duty, record: list[Outage], now: int, share: float = 0.0, information: frozenset[str] = frozenset()
) -> dict[str, object]:
    """FACTS of one duty, counted; `outages` are the numbers of those that touch it, in order of their beginning."""
    opens, closes = duty.opens, duty.closes
    real = [outage for outage in record if outage.status != "cancelled"]
    on_route = [outage for outage in real if outage.services & duty.route]
    touching = [o for o in on_route if o.ended is not None or opens <= now]
    down = [o for o in touching if o.kind not in SLOW]
    planned = [o for o in down if o.kind == "planned"]

    def counted(outage: Outage) -> int:
        return until(outage, now, outage.began, now)

    def reaching(outage: Outage) -> int:
        return until(outage, now, NEVER, now)

    def lasting(outage: Outage) -> int:
        return until(outage, NEVER, NEVER, now)

    def lost(start: int, end: int, ends: Callable[[Outage], int], among: list[Outage]) -> float:
        """Hours of a stretch that are down, and so much of those that are only slow."""
        total = 0.0
        for hour in range(start, end):
            if hit(hour, [o for o in among if o.kind not in SLOW], ends):
                total += 1
            elif hit(hour, among, ends):
                total += share
        return total

    def down_now(services: frozenset[str]) -> bool:
        return hit(now, [o for o in real if o.services & services and o.kind not in SLOW], lasting)

    start, sure = max(now, opens), [o for o in touching if o.verification in CONFIRMED]
    left = max(closes - start, 0)
    covers, is_down = hit(closes - 1, down, reaching), down_now(duty.route)
    looks = {"lost_hours": opens, "lost_72h": closes - 3 * DAY, "lost_24h": closes - DAY}
    hours = {name: lost(since, closes, counted, touching) for name, since in looks.items()}
    named = [
        outage
        for outage in touching
        if (share or outage.kind not in SLOW)
        and any(outage.began <= hour < lasting(outage) for hour in range(opens, closes))
    ]
    doubts = sorted({min(SURENESS.index(outage.verification), 3) for outage in named})
    is_filed_down = [o for o in on_route if o.kind not in SLOW]
    return {
        "left_hours": closes - now,
        "left_days": (closes - 1) // DAY - now // DAY,
        "past_days": max(now // DAY - (duty.over - 1) // DAY, 0),
        "window_days": (closes - opens) // DAY,
        "opened_days": max(now // DAY - opens // DAY + 1, 1) if opens <= now else 0,
        **hours,
        "lost_share": hours["lost_hours"] / (closes - opens),
        "lost_24h_share": hours["lost_24h"] / DAY,
        **{f"{name}_confirmed": lost(since, closes, counted, sure) for name, since in looks.items()},
        "degraded_hours": sum(
            hit(hour, touching, counted) and not hit(hour, down, counted) for hour in range(opens, closes)
        ),
        "planned_hours": sum(hit(hour, planned, counted) for hour in range(start, closes)),
        "planned_72h": sum(hit(hour, planned, counted) for hour in range(max(now, closes - 3 * DAY), closes)),
        "usable_hours": left - lost(start, closes, counted, touching),
        "usable_hours_worst": left - lost(start, closes, lasting, touching),
        "last_safe_at": _stretch_began(closes, lambda hour: hit(hour, down, reaching)) if covers else closes,
        "is_past": closes <= now,
        "is_over": duty.over <= now,
        "is_down": is_down,
        "is_down_maybe": is_down and not all(down_now(way) for way in duty.variants),
        "is_info_down": not is_down and down_now(information),
        "is_upstream_down": down_now(duty.upstream),
        "covers_safe_by": hit(duty.safe_by - 1, down, counted),
        "covers_close": covers,
        "is_cover_open": covers and not hit(closes - 1, down, counted),
        "was_down_at_close": covers and closes <= now,
        "was_down_at_filing": duty.filed is not None and hit(duty.filed, is_filed_down, counted),
        "all_routes_down": is_down and all(down_now(way) for way in duty.alternatives),
        "outages": [
            number for number, outage in sorted(enumerate(record), key=lambda one: one[1].began) if outage in named
        ],
        "best_verification": SURENESS[doubts[0]] if doubts else "",
        "worst_verification": SURENESS[doubts[-1]] if doubts else "",
    }


def _stretch_began(closes: int, down: Callable[[int], bool]) -> int:
    hour = closes
    while down(hour - 1):
        hour -= 1
    return hour


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
