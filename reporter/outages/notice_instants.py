"""A window as written to UTC instants, by the zone's rules on its date, with a word on all that was assumed. Pure.

What is doubtful is read towards more down time, but for an a.m./p.m. slip: there the shorter reading that makes
sense is taken, and said.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pandas as pd
from pandas import Timestamp

from reporter.outages.notice_times import Said
from reporter.outages.notice_words import Clock, Day, Zone
from reporter.text.formats import WEEKDAYS
from reporter.text.time_zones import OTTAWA, zone

_EASTERN = Zone(OTTAWA, "")
_NOON = 12
_FAR_DAYS = 400


@dataclass(frozen=True)
class Doubt:
    """One thing assumed or amiss: a code of problems/notices.toml and what fills its sentences."""

    code: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Window:
    """One stretch of down time: UTC instants (no end when none is told), and the doubts about it."""

    began_at: Timestamp
    ended_at: Timestamp | None
    is_day: bool = False
    doubts: tuple[Doubt, ...] = ()


class Unreadable(ValueError):  # noqa: N818 - a reason, caught in this room
    """The window cannot be one; `args[0]` is the reason."""


def doubt(code: str, **details: str) -> Doubt:
    """A doubt with its details."""
    return Doubt(code, tuple(details.items()))


def resolve(said: Said, captured_at: Timestamp, *, minutes: int | None = None) -> Window:
    """The instants of a window; `minutes` is how long it will take, told elsewhere, for one without an end.

    Raises: Unreadable with a reason when there is no day, no such date, or no sense in the two ends.
    """
    if said.began_on is None:
        raise Unreadable("no_date")
    place = said.zone or _EASTERN
    here = captured_at.tz_convert(zone(place.name)).date()
    began_on, ended_on, doubts = _days(said, here)
    if said.began is None:
        return _whole_days(began_on, ended_on or began_on, place, doubts)
    began, ended, halves = _halves(said.began, said.ended, is_one_day=ended_on in (None, began_on))
    start = _wall(began_on, began)
    end = None if ended is None else _wall(ended_on or began_on, ended)
    start, end, slips = _in_sequence(start, end, began, ended, has_end_day=said.ended_on is not None)
    doubts = [*doubts, *halves, *slips]
    if end is None and ended_on and ended_on != began_on:  # an end that is only a date is that whole day
        end = datetime.combine(ended_on + timedelta(days=1), datetime.min.time())
        doubts.append(doubt("notice_whole_day"))
    places = (place, said.ended_zone or place)
    return _window(start, end, places, has_zone=said.zone is not None, minutes=minutes, doubts=doubts)


def _whole_days(began_on: date, ended_on: date, place: Zone, doubts: list[Doubt]) -> Window:
    midnight = datetime.min.time()
    start = datetime.combine(began_on, midnight)
    end = datetime.combine(max(began_on, ended_on) + timedelta(days=1), midnight)
    told = [*doubts, doubt("notice_whole_day")]
    return replace(_window(start, end, (place, place), has_zone=True, minutes=None, doubts=told), is_day=True)


def _window(
    start: datetime,
    end: datetime | None,
    places: tuple[Zone, Zone],
    *,
    has_zone: bool,
    minutes: int | None,
    doubts: list[Doubt],
) -> Window:
    began_at, odd = _instant(start, places[0])
    ended_at, odd_end = (None, []) if end is None else _instant(end, places[1], is_end=True)
    if ended_at is None and minutes is not None:
        ended_at = began_at + pd.Timedelta(minutes=minutes)
        doubts = [*doubts, doubt("notice_end_from_duration", minutes=str(minutes))]
    if ended_at is not None and ended_at <= began_at:
        raise Unreadable("ends_before_it_begins")
    if not has_zone:
        doubts = [*doubts, doubt("notice_zone_assumed")]
    return Window(began_at, ended_at, doubts=(*doubts, *odd, *odd_end, *_mislabelled(began_at, ended_at, places)))


def _days(said: Said, here: date) -> tuple[date, date | None, list[Doubt]]:
    """The dates of the beginning and of the end; a missing year is the other's, else the nearest."""
    began_on, ended_on = said.began_on, said.ended_on
    assert began_on is not None
    years = [day.year for day in (began_on, ended_on) if day and day.year]
    begins = _date(began_on, began_on.year or (years[0] if years else _nearest(began_on, here)))
    doubts = [] if years else [doubt("notice_year_assumed", used=str(begins.year))]
    ends = _date(ended_on, ended_on.year or begins.year) if ended_on else None
    if ends and ends < begins:
        begins, ends = _across_new_year(said, begins, ends)
    doubts += [found for day, on in ((began_on, begins), (ended_on, ends)) for found in _weekday(day, on)]
    if abs((begins - here).days) > _FAR_DAYS and begins > here:
        doubts.append(doubt("notice_year_far", used=begins.isoformat()))
    return begins, ends, doubts


def _across_new_year(said: Said, begins: date, ends: date) -> tuple[date, date]:
    """`December 31 to January 1`: whichever of the two has no year of its own gives way."""
    assert said.began_on is not None
    assert said.ended_on is not None
    if said.ended_on.year is None:
        return begins, _date(said.ended_on, ends.year + 1)
    if said.began_on.year is None:
        return _date(said.began_on, begins.year - 1), ends
    raise Unreadable("ends_before_it_begins")


def _date(day: Day, year: int) -> date:
    try:
        return date(year, day.month, day.day)
    except ValueError:
        raise Unreadable("no_such_date") from None


def _nearest(day: Day, here: date) -> int:
    """The year that brings the day nearest to the capture."""
    years = [year for year in range(here.year - 1, here.year + 2) if _exists(year, day)]
    if not years:
        raise Unreadable("no_such_date")
    return min(years, key=lambda year: abs((date(year, day.month, day.day) - here).days))


def _exists(year: int, day: Day) -> bool:
    try:
        date(year, day.month, day.day)
    except ValueError:
        return False
    return True


def _weekday(day: Day | None, on: date | None) -> Iterable[Doubt]:
    if day is not None and on is not None and day.weekday is not None and day.weekday != on.weekday():
        yield doubt(
            "notice_weekday_mismatch",
            date=on.isoformat(),
            said=WEEKDAYS["en"][day.weekday],
            is_on=WEEKDAYS["en"][on.weekday()],
            said_fr=WEEKDAYS["fr"][day.weekday],
            is_on_fr=WEEKDAYS["fr"][on.weekday()],
        )


def _halves(began: Clock, ended: Clock | None, *, is_one_day: bool) -> tuple[Clock, Clock | None, list[Doubt]]:
    """Both times on the 24-hour clock; a half that only one of the two tells goes for both, if that makes sense."""
    if ended is None:
        return _on_24(began, began.half), None, []
    if not began.half and ended.half in ("am", "pm") and 1 <= began.hour <= _NOON:
        first = _on_24(began, ended.half)
        last = _on_24(ended, ended.half)
        is_other = is_one_day and _minutes(first) >= _minutes(last)
        first = _on_24(began, "am" if ended.half == "pm" else "pm") if is_other else first
        is_plain = not is_other and began.hour != _NOON  # `1 to 3 a.m.` leaves no doubt
        return first, last, [] if is_plain else [doubt("notice_half_assumed", used=_text(first))]
    if began.half in ("am", "pm") and not ended.half and 1 <= ended.hour <= _NOON:
        first = _on_24(began, began.half)
        both = sorted(
            (_on_24(ended, "am"), _on_24(ended, "pm")), key=lambda end: (_minutes(end) <= _minutes(first), end)
        )
        return first, both[0], [doubt("notice_half_assumed", used=_text(both[0]))]
    return _on_24(began, began.half), _on_24(ended, ended.half), []


def _on_24(clock: Clock, half: str) -> Clock:
    if half not in ("am", "pm"):
        return clock
    return Clock(clock.hour % 12 + (12 if half == "pm" else 0), clock.minute, half)


def _minutes(clock: Clock) -> int:
    return clock.hour * 60 + clock.minute


def _text(clock: Clock) -> str:
    return f"{clock.hour:02d}:{clock.minute:02d}"


def _wall(on: date, clock: Clock) -> datetime:
    """What a clock on the wall shows; 24:00 is the next day's midnight."""
    return datetime.combine(on, datetime.min.time()) + timedelta(minutes=_minutes(clock))


def _in_sequence(
    start: datetime, end: datetime | None, began: Clock, ended: Clock | None, *, has_end_day: bool
) -> tuple[datetime, datetime | None, list[Doubt]]:
    """The end behind the beginning: on the next morning, or half a day off where a.m. and p.m. were mixed up."""
    if end is None or ended is None:
        return start, end, []
    half_day = timedelta(hours=12)
    is_midnight_after = (ended.hour, ended.minute) == (0, 0) and end.date() == start.date()
    if end <= start and (is_midnight_after or (not has_end_day and began.hour >= _NOON > ended.hour)):
        end += timedelta(days=1)
    if end > start:
        return start, end, _longer_than_meant(start, end, began, ended)
    if end + half_day > start and (not has_end_day or ended.hour < _NOON):
        used = end + half_day
        return start, used, [doubt("notice_half_slip", said=_text(ended), used=f"{used:%H:%M}")]
    raise Unreadable("ends_before_it_begins")


def _longer_than_meant(start: datetime, end: datetime, began: Clock, ended: Clock) -> list[Doubt]:
    """`9:00 p.m. to 9:10 a.m.` may be a slip for ten minutes: told, but the longer stretch counts."""
    other = {began.half, ended.half} == {"am", "pm"} and timedelta(hours=12) < end - start < timedelta(hours=13)
    proposed = end - timedelta(hours=12)
    return [doubt("notice_half_suspect", said=_text(ended), proposed=f"{proposed:%H:%M}")] if other else []


def _instant(wall: datetime, place: Zone, *, is_end: bool = False) -> tuple[Timestamp, list[Doubt]]:
    """The instant; an hour that comes twice is told apart by EST or EDT, else read towards more down time."""
    local = Timestamp(wall).as_unit("us")
    here = zone(place.name)
    earlier, later = (local.tz_localize(here, ambiguous=first, nonexistent="shift_forward") for first in (True, False))
    if earlier.tz_localize(None) != local:  # a bound inside the missing hour moves to its end, and an end by an hour
        moved = local.tz_localize(here, nonexistent=pd.Timedelta(hours=1)) if is_end else earlier
        return moved.tz_convert("UTC"), [doubt("notice_hour_skipped", used=_iso(moved))]
    if earlier == later:
        return earlier.tz_convert("UTC"), []
    labelled = [at for at in (earlier, later) if _offset(at) == place.offset]
    if labelled:
        return labelled[0].tz_convert("UTC"), []
    used = later if is_end else earlier
    return used.tz_convert("UTC"), [doubt("notice_hour_twice", used=_iso(used))]


def _mislabelled(began_at: Timestamp, ended_at: Timestamp | None, places: tuple[Zone, Zone]) -> list[Doubt]:
    """EST in summer, EDT in winter: the zone's own rules were used. One label for both ends may be right for one."""
    ends = [(began_at, places[0]), *([(ended_at, places[1])] if ended_at is not None else [])]
    local = [(at.tz_convert(zone(place.name)), place) for at, place in ends if place.offset is not None]
    wrong = [(at, place) for at, place in local if _offset(at) != place.offset]
    if not wrong or (places[0] == places[1] and len(wrong) < len(local)):
        return []
    at, place = wrong[0]
    minutes = _offset(at)
    used = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return [doubt("tz_label_mismatch", label=place.word.upper() if len(place.word) < 4 else place.word, used=used)]


def _offset(at: Timestamp) -> int:
    offset = at.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def _iso(at: Timestamp) -> str:
    return at.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
