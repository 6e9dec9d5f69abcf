"""How old the rosters are: the day that an export is of, and since which report the file is the same.

The name of a dated export tells its day, else the time of its last change. One that is too old is owed; a roster of one
name may stand unchanged for good reasons, and is only told of.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pandas import Timestamp

from reporter.model.report import AHEAD, OLD, SAME, RosterDate
from reporter.pipeline.assemble.gather import Intake
from reporter.settings import RosterSettings, Settings
from reporter.store.runs import RunRecord
from reporter.text.time_zones import zone

DAY = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d{2})\2(\d{2})(?!\d)")
WEEK = re.compile(r"(?<!\d)(\d{4})[-_.]?[Ww](\d{2})(?!\d)")
MONTH = re.compile(r"(?<!\d)(\d{4})[-_.](\d{2})(?!\d)")
EARLY_DAYS = 7
"""An export may bear the day for which it was made; one that is further ahead would hide those to come."""
WEEKLY_DAYS = 5
"""A dated export that is the same after more days than these is last week's under a new name, or none came."""


def date_rosters(
    settings: Settings, gathered: Intake, before: RunRecord | None, as_of: Timestamp
) -> tuple[RosterDate, ...]:
    """The age of each roster that was read. Takes: before - the run before, which says what it read."""
    read, then = dict(gathered.inputs), before.manifest if before else {}
    today = as_of.tz_convert(zone(settings.office.time_zone)).date()
    entries = {settings.roster_name(Path(entry.path).name): entry for entry in settings.roster}
    found = []
    for file in gathered.files:
        name = settings.roster_name(file)
        if (entry := entries.get(name)) is None:
            continue
        same_since = _same_since(name, file, read[file], then)
        first, last = _span(settings, entry, file) if "*" in name else (None, None)
        on = first if first and first > today else last and min(last, today)
        one = RosterDate(name, file, on, same_since, (today - on).days if on else 0)
        found.append(replace(one, verdict=_verdict(one, entry.stale_after_days, as_of)))
    return tuple(found)


def _verdict(one: RosterDate, most: float, as_of: Timestamp) -> str:
    if one.days < -EARLY_DAYS:
        return AHEAD
    if not most or one.days > most:
        return OLD if most else ""
    least = WEEKLY_DAYS if one.dated_on else most
    return SAME if one.same_since is not None and (as_of - one.same_since).days > least else ""


def _span(settings: Settings, entry: RosterSettings, file: str) -> tuple[date, date] | tuple[None, None]:
    """The first and the last day that an export can be of."""
    if named := next(_named(file), None):
        return named
    with suppress(OSError):
        if not entry.address:
            changed = Timestamp(settings.path(entry.path).stat().st_mtime, unit="s", tz="UTC")
            on = changed.tz_convert(zone(settings.office.time_zone)).date()
            return on, on
    return None, None


def _named(file: str) -> Iterator[tuple[date, date]]:
    """The day, week or month that the name of a file says; what is no date of the calendar says nothing."""
    for year, _, month, day in DAY.findall(file):
        with suppress(ValueError):
            yield (date(int(year), int(month), int(day)),) * 2
    for year, week in WEEK.findall(file):
        with suppress(ValueError):
            yield date.fromisocalendar(int(year), int(week), 1), date.fromisocalendar(int(year), int(week), 7)
    for year, month in MONTH.findall(file):
        with suppress(ValueError):
            first = date(int(year), int(month), 1)
            yield first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _same_since(name: str, file: str, sha256: str, then: Mapping[str, Any]) -> Timestamp | None:
    """As of which report these bytes were first read, where every one since has read them too."""
    was = then.get("roster_dates", {}).get(name, {})
    before = {one["path"]: one["sha256"] for one in then.get("inputs", ())}
    if before.get(was.get("file", file)) != sha256:
        return None
    return Timestamp(was.get("same_since") or then["as_of"])
