"""Civil dates to instants: the only place where a printed date becomes a moment; and each kind of duty's own. Pure.

A duty's dates and instants go by the version of its rule that holds for each row. Two readings go through all of it:
the one that warns (`closes`), and the latest that the text allows (`over`). No files, no clock.
"""

from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame, DatetimeIndex, Series, Timestamp

from reporter.model.rulebook import CONFIDENCES, SPAN, Deadline, Version, hour_of
from reporter.model.shapes import WINDOWS
from reporter.text.time_zones import zone

DAY = pd.Timedelta(days=1)
MOMENT = pd.Timedelta(microseconds=1)

TRUTHS = ("is_hour_missing", "is_hour_unused", "is_carried_over")
CONFIDENCE = pd.CategoricalDtype(list(CONFIDENCES))


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


def _counted_instant(at: Series, span: str) -> Series:
    """The instant moved by a phrase of the rulebook: so many times 24 hours, whatever a clock does meanwhile."""
    local = at.dt.tz_localize(None)
    moved: Series = move(local.dt.normalize(), span).dt.tz_localize("UTC") + (local - local.dt.normalize())
    return moved


def last_day_of(at: Series, clock: str) -> Series:
    """The civil date, on that clock, of the last moment before an instant."""
    local = (at - MOMENT).dt.tz_convert(zone("UTC" if clock == "utc" else clock))
    return local.dt.tz_localize(None).dt.normalize()


def later(one: Series, other: Series) -> Series:
    """The later of two dates of each row, or the one that there is."""
    return Series(np.fmax(one.to_numpy(), other.to_numpy()), index=one.index)


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


class CountedFrom(Struct, frozen=True):
    """What the rows of one kind of duty count from: the date that warns, the latest reading, and when it opened."""

    on: Series
    latest_on: Series
    opened_on: Series | None = None


def windows(
    rows: DataFrame, counted: CountedFrom, deadline: Deadline, *, as_of: Timestamp | None, holidays: DatetimeIndex
) -> DataFrame:
    """Between which instants each row's duty can be done, by the version in force for it.

    Takes:   the rows of ROSTER or OWN that have the duty; the holidays over which the law carries a date.
    Returns: WINDOWS on the index of the rows; without dates where no version holds, or the rule was repealed.
    """
    number = version_numbers(rows, counted.on, deadline, as_of)
    parts = [
        _of_version(rows[number == place], counted, deadline, version, holidays)
        for place, version in enumerate(deadline.in_force)
        if not version.ends and (number == place).any()
    ]
    is_one = len(parts) == 1 and len(parts[0]) == len(rows)  # the usual: one version holds for all
    whole = parts[0] if is_one else _joined(parts, rows.index)
    is_older = (number < 0) & counted.on.notna()
    return WINDOWS.cast(whole.assign(counted_on=counted.on, is_before_the_rule=is_older))


def _joined(parts: list[DataFrame], index: "pd.Index[int]") -> DataFrame:
    """What the versions say of their rows, on the index of all."""
    whole = pd.concat(parts or [WINDOWS.empty()]).reindex(index)
    sure = whole["confidence"].astype(CONFIDENCE).fillna(CONFIDENCES[0])
    return whole.assign(confidence=sure, **{name: whole[name].eq(True) for name in TRUTHS})


def version_numbers(
    rows: DataFrame, counted_on: Series, deadline: Deadline, as_of: Timestamp | None
) -> NDArray[np.intp]:
    """The place, among the versions of the rule, of the one that holds for each row; -1 before the first."""
    starts = DatetimeIndex([Timestamp(version.from_) for version in deadline.in_force])
    if deadline.applies_to == "end":
        number = np.full(len(rows), -1, dtype=np.intp)
        for place, version in enumerate(deadline.in_force):
            number[(move(counted_on, version.last_day) >= starts[place]).to_numpy(dtype=bool)] = place
        return number
    chosen_by = counted_on
    if deadline.applies_to == "filing":
        assert as_of is not None
        filed_on = rows[deadline.filed_by].dt.tz_localize(None).dt.normalize()
        filed_on = filed_on.where(filed_on >= move(counted_on, deadline.in_force[-1].opens))
        chosen_by = filed_on.fillna(as_of.tz_localize(None).normalize())
    number = np.asarray(starts.searchsorted(DatetimeIndex(chosen_by), side="right") - 1, dtype=np.intp)
    return np.where(chosen_by.notna(), number, -1)


def _of_version(
    rows: DataFrame, counted: CountedFrom, deadline: Deadline, version: Version, holidays: DatetimeIndex
) -> DataFrame:
    """WINDOWS of the rows for which one version holds."""
    here = CountedFrom(counted.on.loc[rows.index], counted.latest_on.loc[rows.index])
    opens_on = move(here.on, version.opens)
    if counted.opened_on is not None:
        known = counted.opened_on.loc[rows.index]
        opens_on = known.where(known <= here.on, opens_on)
    whole = _to_the_minute if version.to_the_minute else _in_days
    dated = whole(rows, here, opens_on, deadline, version)
    if version.on_holiday == "carried over":
        over_on = carried_over(dated["over_on"], holidays)
        dated |= {"is_carried_over": over_on > dated["over_on"]}
        dated |= {"over_on": over_on, "over_at": closing_instant(over_on, version.clock)}
    sure = pd.Categorical.from_codes(np.full(len(rows), CONFIDENCES.index(version.confidence)), dtype=CONFIDENCE)
    since = Timestamp(version.from_).as_unit("us")
    return DataFrame({"is_carried_over": False, **dated, "in_force_on": since, "confidence": sure}, index=rows.index)


def _in_days(
    rows: DataFrame, counted: CountedFrom, opens_on: Series, deadline: Deadline, version: Version
) -> dict[str, Any]:
    """Whole days on the version's clock; an hour that the roster tells is not used."""
    closes_on = move(counted.on, version.last_day)
    over_on = later(closes_on, move(counted.latest_on, version.latest)).where(closes_on.notna())
    hour = hour_of(deadline.counts_from)
    return {
        "opens_at": opening_instant(opens_on, version.clock),
        "closes_at": closing_instant(closes_on, version.clock),
        "over_at": closing_instant(over_on, version.clock),
        "safe_by_at": opening_instant(closes_on, version.clock),
        "closes_on": closes_on,
        "over_on": over_on,
        "is_hour_missing": False,
        "is_hour_unused": rows[hour].notna() if hour in rows else False,
    }


def _to_the_minute(
    rows: DataFrame, counted: CountedFrom, opens_on: Series, deadline: Deadline, version: Version
) -> dict[str, Any]:
    """From the instant that the roster tells.

    Where it tells the day alone, a count goes from its first to its last moment; a day that the letter itself prints
    ends as any printed day does.
    """
    at = rows[hour_of(deadline.counts_from)]
    day = opening_instant(counted.on, version.clock)
    is_printed = version.last_day == "on the day"
    first = at.fillna(closing_instant(counted.on, version.clock) if is_printed else day)
    last = at.fillna(opening_instant(counted.latest_on + DAY, version.clock))
    closes_at, over_at = _counted_instant(first, version.last_day), _counted_instant(last, version.latest)
    return {
        "opens_at": np.minimum(opening_instant(opens_on, version.clock), closes_at),
        "closes_at": closes_at,
        "over_at": over_at,
        "safe_by_at": _counted_instant(at.fillna(day), version.last_day),
        "closes_on": last_day_of(closes_at, version.clock),
        "over_on": last_day_of(over_at, version.clock),
        "is_hour_missing": at.isna(),
        "is_hour_unused": False,
    }
