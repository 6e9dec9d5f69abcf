"""The plain repetitions of a calendar event, listed on the event's own clock. Pure.

A rule out of a stranger's file may run for ever or for hours, so only what can be listed quickly is: daily, weekly or
monthly, by weekday at most, with a count or an end, and no more occurrences than a window a day for a year.
"""

import re
from datetime import UTC, date, datetime, time
from itertools import islice, takewhile

from dateutil.rrule import rrulestr

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
