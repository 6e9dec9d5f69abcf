"""An iCalendar of maintenance windows. Pure.

A time with a zone or in UTC is what it says; a floating one is on the clock that the calendar names (X-WR-TIMEZONE),
else on Ottawa's; a date is the whole Ottawa day, and
the end of an all-day event is the first day that is free again. An event is `planned` unless a category says otherwise.
A plain repetition (daily, weekly or monthly, with a count or an end) becomes one outage an occurrence; any other is
refused with a problem and only its first occurrence is taken. An event without an end is not known to have ended.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Any

from dateutil.rrule import rrulestr
from msgspec.structs import replace

from reporter.model.problem import Problem
from reporter.outages.records import by_name
from reporter.outages.source import Adapter, Item, OutageReading, SourceDocument, clean_value, id_of, to_reading
from reporter.text.formats import fold_name
from reporter.text.time_zones import zone

MOST_OCCURRENCES = 400
_PART = r"(?:COUNT=\d{1,3}|INTERVAL=[1-9]\d?|UNTIL=\d{8}(?:T\d{6}Z?)?|BYDAY=[A-Z0-9,+-]{2,40}|WKST=[A-Z]{2})"
_PLAIN = re.compile(rf"FREQ=(?:DAILY|WEEKLY|MONTHLY)(?:;{_PART})*|{_PART}(?:;{_PART})*;FREQ=(?:DAILY|WEEKLY|MONTHLY)")
_UNTIL = re.compile(r";?UNTIL=(\d{8})(?:T(\d{6})(Z?))?")


def occurrences(rule: str, began: date) -> list[date] | None:
    """The beginnings the rule means, as `began` is: dates or times in its zone; None when it cannot be listed."""
    rule = rule.upper()
    if not _PLAIN.fullmatch(rule) or not re.search("COUNT=|UNTIL=", rule):
        return None
    wall = datetime.combine(day_of(began), began.time() if isinstance(began, datetime) else time())
    try:
        last = _last(rule, began)
        every = rrulestr(_UNTIL.sub("", rule).lstrip(";"), dtstart=wall)
        found = list(islice(takewhile(lambda at: at <= last, every), MOST_OCCURRENCES + 1))
    except (ValueError, OverflowError, TypeError):
        return None
    return [_like(began, at) for at in found] if len(found) <= MOST_OCCURRENCES else None


def day_of(at: date) -> date:
    """The civil date of a date or a time."""
    return at.date() if isinstance(at, datetime) else at


def _last(rule: str, began: date) -> datetime:
    """The last moment at which an occurrence may begin, on the event's own clock."""
    match = _UNTIL.search(rule)
    if match is None:
        return datetime.max  # noqa: DTZ901
    last = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    if match[3] and isinstance(began, datetime) and began.tzinfo is not None:
        return last.replace(tzinfo=UTC).astimezone(began.tzinfo).replace(tzinfo=None)
    return last


def _like(began: date, at: datetime) -> date:
    return at.replace(tzinfo=began.tzinfo) if isinstance(began, datetime) else at.date()


_KIND_OF = by_name("kind")


def recognises(source: SourceDocument) -> bool:
    """A calendar object, whatever stands before it."""
    return "begin:vcalendar" in source.start


def read(source: SourceDocument) -> OutageReading:
    """The events of a calendar as outages. Raises OutageFileError when it is no calendar or was cut off."""
    if source.text.rstrip().upper().rpartition("\n")[2] != "END:VCALENDAR":
        raise source.refuse("stop_outage_calendar_cut")
    from icalendar import Calendar

    try:
        found = Calendar.from_ical(source.text, multiple=True)
    except Exception as e:  # a broken calendar fails in as many ways as its parser has branches
        raise source.refuse("stop_outage_calendar") from e
    if not found or any(calendar.name != "VCALENDAR" for calendar in found):
        raise source.refuse("stop_outage_no_calendar")
    events = [(calendar, event) for calendar in found for event in calendar.walk("VEVENT")]
    moved = {(_text(event, "UID"), _text_of(when)) for _, event in events if (when := _when(event, "RECURRENCE-ID"))}
    in_time = sorted(enumerate(events, 1), key=lambda numbered: _sequence(numbered[1][1]))  # the last edit stands
    items, problems = [], []
    for row, (calendar, event) in in_time:
        is_cancelled = _text(calendar, "METHOD").upper() == "CANCEL"
        try:
            found_items, odd = _items(source, row, event, moved, is_cancelled)
            listed = [_on_clock(item, _clock(calendar)) for item in found_items]
        except (OverflowError, ValueError):  # a date outside the calendar, which only a slip or an attack writes
            listed, odd = [], [source.problem("source_event_unreadable", row, value=_text(event, "UID"))]
        items += listed
        problems += odd
    return to_reading(source, items, [*problems, *_others(source, found, len(events))])


def _clock(calendar: Any) -> str:
    """The zone that a calendar names for its floating times; nothing where it names none that there is."""
    name = _text(calendar, "X-WR-TIMEZONE")
    try:
        return zone(name).key if name else ""
    except (KeyError, ValueError, OSError):
        return ""


def _on_clock(item: Item, clock: str) -> Item:
    """The item with its floating times on that clock; a day stays Ottawa's."""
    return replace(item, fields={**item.fields, "clock": clock}) if "T" in item.fields["began_at"] else item


def _others(source: SourceDocument, found: list[Any], before: int) -> list[Problem]:
    """What a calendar holds beside events (a to-do, a journal, busy times): it may be a window, and is none here."""
    parts = [part for calendar in found for part in calendar.subcomponents if part.name not in ("VEVENT", "VTIMEZONE")]
    return [
        source.problem(
            "source_calendar_other",
            before + number,
            value=_text(part, "SUMMARY") or _text(part, "UID") or clean_value(part.name),
            part=clean_value(part.name),
            record=" · ".join(
                filter(
                    None, (_text(part, "SUMMARY"), *(_text_of(_when(part, key)) for key in ("DTSTART", "DUE", "DTEND")))
                )
            ),
            record_id=f"{clean_value(part.name)} {_text(part, 'UID') or _text(part, 'SUMMARY')}",
        )
        for number, part in enumerate(parts, 1)
    ]


def _items(
    source: SourceDocument, row: int, event: Any, moved: set[tuple[str, str]], is_cancelled: bool
) -> tuple[list[Item], list[Problem]]:
    uid, began, ended = _text(event, "UID"), _when(event, "DTSTART"), _end(event)
    name = uid or _text(event, "SUMMARY")
    odd = [
        source.problem("source_calendar_property", row, value=name, property=clean_value(p)) for p, _ in event.errors
    ]
    odd += [
        source.problem("source_zone_unknown", row, key, value=zone_name)
        for key in ("DTSTART", "DTEND")
        if (zone_name := _lost_zone(event, key))
    ]
    if ended is None and began is not None:
        odd.append(source.problem("source_event_without_end", row, "DTEND", name))
    recurrence = _when(event, "RECURRENCE-ID")
    item = _item(row, event, began, ended, is_cancelled)
    if recurrence is not None:
        return [_renamed(item, uid, recurrence)], odd
    if not any(key in event for key in ("RRULE", "RDATE")) or began is None:
        return [item], odd
    starts = _starts(event, began)
    if starts is None:
        odd.append(source.problem("source_repeats_refused", row, "RRULE", name, rule=_rule(event)[:80] or "RRULE"))
        return [item], odd
    return [
        _renamed(_item(row, event, start, _shifted(began, ended, start), is_cancelled), uid, start)
        for start in starts
        if (uid, _text_of(start)) not in moved
    ], odd


def _item(row: int, event: Any, began: date | None, ended: date | None, is_cancelled: bool) -> Item:
    title, link = _text(event, "SUMMARY"), _text(event, "URL")
    is_web = link.startswith(("https://", "http://")) and " " not in link
    words = _categories(event)
    kinds = [_KIND_OF[fold_name(word)] for word in words if fold_name(word) in _KIND_OF]
    is_off = is_cancelled or _text(event, "STATUS").upper() == "CANCELLED"
    fields = {
        "outage_id": id_of("ical", _text(event, "UID")),
        "began_at": _text_of(began) if began is not None else _text(event, "DTSTART"),
        "ended_at": _text_of(_last_day(began, ended)) if ended is not None else "",
        "kind": kinds[0] if kinds else "planned",
        "verification": "official" if is_web else "unverified",
        "status": "cancelled" if is_off else "",
        "announced_at": _text_of(_when(event, "CREATED")),
        "source_url": link if is_web else "",
        "title": title,
        "note": _text(event, "DESCRIPTION"),
    }
    parts = tuple((word,) for word in words if fold_name(word) not in _KIND_OF and fold_name(word))
    return Item(row, fields, parts, hint=f"{title} {_text(event, 'LOCATION')}")


def _last_day(began: date | None, ended: date) -> date:
    """The last whole day of an all-day event, which its end names by the day after."""
    if isinstance(ended, datetime) or (began is not None and ended == day_of(began)):
        return ended
    return ended - timedelta(days=1)


def _renamed(item: Item, uid: str, start: date) -> Item:
    """One occurrence of a repeating event, by the event's id and its own beginning."""
    outage_id = id_of("ical", f"{uid}#{_text_of(start)}") if uid else ""
    return replace(item, fields={**item.fields, "outage_id": outage_id})


def _end(event: Any) -> date | None:
    """The end, or the beginning and the duration; a day without either ends with itself."""
    began, ended = _when(event, "DTSTART"), _when(event, "DTEND")
    if ended is not None or began is None:
        return ended
    length = getattr(_value(event, "DURATION"), "dt", None)
    try:
        if isinstance(length, timedelta):
            return _added(began, length)
        return None if isinstance(began, datetime) else began + timedelta(days=1)
    except OverflowError:
        return None


def _added(began: date, length: timedelta) -> date:
    """An hour is an hour also in the night the clocks change."""
    if isinstance(began, datetime) and began.tzinfo is not None:
        return (began.astimezone(UTC) + length).astimezone(began.tzinfo)
    return began + length


def _shifted(began: date, ended: date | None, start: date) -> date | None:
    """The end of another occurrence: as long after its beginning on the clock as that of the first."""
    if ended is None:
        return None
    if isinstance(began, datetime) and isinstance(ended, datetime) and isinstance(start, datetime):
        same = ended.astimezone(began.tzinfo) if began.tzinfo and ended.tzinfo else ended.replace(tzinfo=began.tzinfo)
        return start + (same - began)
    return start + (day_of(ended) - day_of(began))


def _starts(event: Any, began: date) -> list[date] | None:
    if "RDATE" in event:
        return None
    listed = occurrences(_rule(event), began)
    found = event.get("EXDATE", [])
    left_out = {_text_of(day.dt) for days in (found if isinstance(found, list) else [found]) for day in _days_of(days)}
    return None if listed is None else [start for start in listed if _text_of(start) not in left_out]


def _is_broken(found: Any) -> bool:
    from icalendar import vBroken

    return isinstance(found, vBroken)


def _days_of(days: Any) -> list[Any]:
    return list(getattr(days, "dts", [])) if not _is_broken(days) else []


def _rule(event: Any) -> str:
    found = event.get("RRULE", "")
    return clean_value(found.to_ical().decode()) if type(found).__name__ == "vRecur" else clean_value(found)


def _value(event: Any, key: str) -> Any:
    """The property, the first when it stands there twice; nothing when it is broken."""
    found = event.get(key)
    found = found[0] if isinstance(found, list) and found else found
    return None if _is_broken(found) else found


def _when(event: Any, key: str) -> date | None:
    found = getattr(_value(event, key), "dt", None)
    return found if isinstance(found, date) else None


def _text(event: Any, key: str) -> str:
    found = event.get(key)
    return clean_value(found[0] if isinstance(found, list) and found else found)


def _text_of(at: date | None) -> str:
    """A date as a date, a floating time without an offset, any other in UTC."""
    if at is None:
        return ""
    if not isinstance(at, datetime):
        return at.isoformat()
    try:
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at.tzinfo else at.replace(microsecond=0).isoformat()
    except OverflowError:
        return at.replace(tzinfo=None).isoformat()


def _lost_zone(event: Any, key: str) -> str:
    """The zone a time names although nobody knows it, so that the time came out floating."""
    found, at = _value(event, key), _when(event, key)
    is_floating = isinstance(at, datetime) and at.tzinfo is None
    return clean_value(found.params.get("TZID")) if found is not None and is_floating else ""


def _sequence(event: Any) -> int:
    text = _text(event, "SEQUENCE")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _categories(event: Any) -> list[str]:
    found = event.get("CATEGORIES", [])
    listed = found if isinstance(found, list) else [found]
    return [clean_value(word) for many in listed for word in getattr(many, "cats", ())]


ADAPTERS = (Adapter("ical", recognises, read),)
