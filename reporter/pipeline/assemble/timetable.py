"""Which report is due, counted from what was made: the store remembers, no timer has to. Pure.

A report belongs to a week, Monday to Sunday, on the office's calendar. It is due at one instant of it, and made by any
run from then on; a machine that was off makes the latest one, once, and names those that were missed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pandas as pd
from pandas import Timestamp

from reporter.rules.holidays import federal_holidays
from reporter.settings import DAYS, WeeklySettings
from reporter.text.time_zones import zone

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Slot:
    """When a week's report is due: the day on the office's calendar, and the instant."""

    on: date
    at: Timestamp


@dataclass(frozen=True)
class DueSlot:
    """What is due now, if anything; which reports were missed for good, the oldest first; when the next is expected."""

    waiting: Slot | None
    missed: tuple[Slot, ...]
    following: Slot


def due_slot(weekly: WeeklySettings, time_zone: str, now: Timestamp, last: Timestamp | None) -> DueSlot:
    """What is due at that instant, when the last report was made as of `last`.

    Where none was ever made, the latest is due and none was missed.
    """
    passed = list(_passed(weekly, time_zone, now, last))
    waiting = [slot for slot in passed if last is None or slot.at > last]
    following = next(slot for slot in _slots(weekly, time_zone, _monday(now, time_zone)) if slot.at > now)
    return DueSlot(waiting[-1] if waiting else None, () if last is None else tuple(waiting[:-1]), following)


def _passed(weekly: WeeklySettings, time_zone: str, now: Timestamp, last: Timestamp | None) -> Iterator[Slot]:
    """The slots up to now that `last` may have left open; at least the latest one."""
    since = _monday(now if last is None else min(last, now), time_zone) - WEEK
    for slot in _slots(weekly, time_zone, since):
        if slot.at > now:
            return
        yield slot


def _slots(weekly: WeeklySettings, time_zone: str, monday: date) -> Iterator[Slot]:
    """The slot of that week and of each one after it."""
    hour = time.fromisoformat(weekly.at)
    while True:
        on = _workday(monday, DAYS.index(weekly.day), weekly.on_holiday)
        # NOTE: an hour that the clock skips is taken after the change, one that comes twice the first time
        local = datetime.combine(on, hour, tzinfo=zone(time_zone))
        yield Slot(on, Timestamp(local).tz_convert("UTC").as_unit("us"))
        monday += WEEK


def _workday(monday: date, day: int, on_holiday: str) -> date:
    """The day of that week; with `next_workday`, the first working day from it on, or the last one before it.

    It never leaves its week: a report that did would be taken for that of the week after.
    """
    week = [monday + timedelta(days=n) for n in range(7)]
    if on_holiday == "same" or not _is_holiday(week[day]):
        return week[day]
    working = [n for n in range(5) if not _is_holiday(week[n])]
    later = [n for n in working if n > day]
    return week[later[0] if later else working[-1]]


def _is_holiday(day: date) -> bool:
    return pd.Timestamp(day).as_unit("us") in federal_holidays()


def _monday(at: Timestamp, time_zone: str) -> date:
    local: date = at.tz_convert(zone(time_zone)).date()
    return local - timedelta(days=local.weekday())
