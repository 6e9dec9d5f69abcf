"""Civil dates to instants: the only place where a printed date becomes a moment. Pure: no files, no clock."""

import numpy as np
import pandas as pd
from pandas import DatetimeIndex, Series

from reporter.model.rulebook import SPAN
from reporter.text.time_zones import zone

DAY = pd.Timedelta(days=1)
MOMENT = pd.Timedelta(microseconds=1)


def closing_instant(on: Series, clock: str) -> Series:
    """The first instant at which a thing due on that date is too late.

    `clock` is that of the rule's version: `utc` for the department's online services, whose day ends at midnight
    UTC of the printed date (see deadlines.toml), else the zone whose midnight counts.

    Takes:   civil dates, missing ones allowed.
    Returns: instants in UTC, missing where the date is.
    """
    return opening_instant(on + DAY, clock)


def opening_instant(on: Series, clock: str) -> Series:
    """The first instant of that date, on that clock."""
    if clock == "utc":
        start: Series = on.dt.tz_localize("UTC")
    else:
        earlier = np.ones(len(on), dtype=bool)
        start = on.dt.tz_localize(zone(clock), nonexistent="shift_forward", ambiguous=earlier).dt.tz_convert("UTC")
    return start


def move(on: Series, span: str) -> Series:
    """The date moved by a phrase of the rulebook: `on the day`, `N days before|after`, `N years after`."""
    found = SPAN.fullmatch(span)
    assert found, span
    days, side, years = found.groups()
    if years:
        return _years_after(on, int(years))
    if days:
        return on + DAY * (int(days) if side == "after" else -int(days))
    return on


def counted_instant(at: Series, span: str) -> Series:
    """The instant moved by a phrase of the rulebook: so many times 24 hours, whatever a clock does meanwhile."""
    local = at.dt.tz_localize(None)
    moved: Series = move(local.dt.normalize(), span).dt.tz_localize("UTC") + (local - local.dt.normalize())
    return moved


def last_day_of(at: Series, clock: str) -> Series:
    """The civil date, on that clock, of the last moment before an instant."""
    local = (at - MOMENT).dt.tz_convert(zone("UTC" if clock == "utc" else clock))
    return local.dt.tz_localize(None).dt.normalize()


def carried_over(on: Series, holidays: DatetimeIndex) -> Series:
    """The date itself, or the next one that is no Saturday, no Sunday and none of the holidays."""
    moved = on
    while (off := days_off(moved, holidays)).any():
        moved = moved.where(~off, moved + DAY)
    return moved


def days_off(on: Series, holidays: DatetimeIndex) -> Series:
    """True where the date is a Saturday, a Sunday or one of the holidays."""
    off: Series = (on.dt.day_of_week >= 5) | on.isin(holidays)
    return off


def _years_after(on: Series, years: int) -> Series:
    """The same day of the month that many years on, or the month's last day where there is none."""
    first: Series = (on.dt.to_period("M") + 12 * years).dt.to_timestamp().astype("datetime64[us]")
    day = np.minimum(on.dt.day, first.dt.days_in_month)
    moved: Series = first + pd.to_timedelta(day - 1, unit="D")
    return moved
