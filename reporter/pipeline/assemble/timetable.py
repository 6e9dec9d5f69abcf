"""Which report is due, counted from what was made: the store remembers, no timer has to. Pure.

A report belongs to a week, Monday to Sunday, on the office's calendar. It is due at one instant of it, and made by any
run from then on; a machine that was off makes the latest one, once, and names those that were missed. A reader may hear
by another rhythm: each day at that hour, at every other of these instants, or at the first of a month.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import Timestamp

from reporter.model.report import Rhythm
from reporter.rules.load import federal_holidays
from reporter.settings import DAYS, Settings, WeeklySettings
from reporter.text.time_zones import zone

WEEK = timedelta(days=7)
REACH = {"daily": 1, "weekly": 1, "fortnightly": 2, "monthly": 6}
"""Within how many weeks there is one instant at least of each rhythm."""


class Slot(Struct, frozen=True):
    """When a week's report is due: the day on the office's calendar, and the instant."""

    on: date
    at: Timestamp


class DueSlot(Struct, frozen=True):
    """What is due now, if anything; which reports were missed for good, the oldest first; when the next is expected."""

    waiting: Slot | None
    missed: tuple[Slot, ...]
    following: Slot


class Timetable(Struct, frozen=True):
    """When the reports of an office are due: as its settings say, on its calendar."""

    weekly: WeeklySettings
    time_zone: str

    @classmethod
    def of(cls, settings: Settings) -> "Timetable":
        """That of these settings; of those that name none, the usual one."""
        return cls(settings.weekly or WeeklySettings(), settings.office.time_zone)

    def due(self, now: Timestamp, last: Timestamp | None, rhythm: Rhythm = "weekly") -> DueSlot:
        """What is due at that instant by that rhythm, when the last report was made as of `last`.

        Where none was ever made, the latest is due and none was missed.
        """
        passed = list(self._passed(now, last, rhythm))
        waiting = [slot for slot in passed if last is None or slot.at > last]
        following = next(slot for slot in self._slots(self._monday(now), rhythm) if slot.at > now)
        return DueSlot(waiting[-1] if waiting else None, () if last is None else tuple(waiting[:-1]), following)

    def due_run(self, now: Timestamp, last: Timestamp | None, *, is_daily: bool) -> tuple[DueSlot, bool]:
        """Which run is due, and whether it is one between two weekly reports, for those alone who hear every day.

        Those that were missed are weekly ones.
        """
        planned = self.due(now, last)
        if not is_daily:
            return planned, False
        daily = self.due(now, last, "daily")
        following = min(planned.following, daily.following, key=lambda slot: slot.at)
        is_between = planned.waiting is None
        return replace(planned, waiting=planned.waiting or daily.waiting, following=following), is_between

    def latest(self, now: Timestamp, rhythm: Rhythm) -> Slot:
        """The latest instant of that rhythm up to now."""
        slot = self.due(now, None, rhythm).waiting
        assert slot is not None
        return slot

    def _passed(self, now: Timestamp, last: Timestamp | None, rhythm: Rhythm) -> Iterator[Slot]:
        """The slots up to now that `last` may have left open; at least the latest one."""
        since = self._monday(now if last is None else min(last, now)) - REACH[rhythm] * WEEK
        for slot in self._slots(since, rhythm):
            if slot.at > now:
                return
            yield slot

    def _slots(self, monday: date, rhythm: Rhythm) -> Iterator[Slot]:
        """The slots of that week and of each one after it."""
        hour = time.fromisoformat(self.weekly.at)
        while True:
            for on in _days(self.weekly, monday, rhythm):
                # NOTE: an hour that the clock skips is taken after the change, one that comes twice the first time
                local = datetime.combine(on, hour, tzinfo=zone(self.time_zone))
                yield Slot(on, Timestamp(local).tz_convert("UTC").as_unit("us"))
            monday += WEEK

    def _monday(self, at: Timestamp) -> date:
        local: date = at.tz_convert(zone(self.time_zone)).date()
        return local - timedelta(days=local.weekday())


def _days(weekly: WeeklySettings, monday: date, rhythm: Rhythm) -> Iterator[date]:
    """The days of that week on which there is one of that rhythm."""
    on = _report_day(weekly, monday)
    is_one = {
        "weekly": True,
        # every other week from one fixed for good: a week that was missed moves none of those after it
        "fortnightly": monday.toordinal() // 7 % 2 == 0,
        "monthly": on.month != _report_day(weekly, monday - WEEK).month,
    }
    if rhythm == "daily":
        yield from (monday + timedelta(days=n) for n in range(7))
    elif is_one[rhythm]:
        yield on


def _report_day(weekly: WeeklySettings, monday: date) -> date:
    """The day of that week; with `next_workday`, the first working day from it on, or the last one before it.

    It never leaves its week: a report that did would be taken for that of the week after.
    """
    day, week = DAYS.index(weekly.day), [monday + timedelta(days=n) for n in range(7)]
    if weekly.on_holiday == "same" or not _is_holiday(week[day]):
        return week[day]
    working = [n for n in range(5) if not _is_holiday(week[n])]
    later = [n for n in working if n > day]
    return week[later[0] if later else working[-1]]


def _is_holiday(day: date) -> bool:
    return pd.Timestamp(day).as_unit("us") in federal_holidays()
