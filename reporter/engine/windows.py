"""The dates and instants of one kind of duty, by the version of its rule that holds for each row. Pure.

Two readings go through all of it: the one that warns (`closes`), and the latest that the text allows (`over`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, DatetimeIndex, Series, Timestamp

from reporter.engine.closing import (
    DAY,
    carried_over,
    closing_instant,
    counted_instant,
    last_day_of,
    move,
    opening_instant,
)
from reporter.model.rulebook import CONFIDENCES, Deadline, Version, hour_of
from reporter.model.shapes import WINDOWS

TRUTHS = ("is_hour_missing", "is_hour_unused", "is_carried_over")
CONFIDENCE = pd.CategoricalDtype(list(CONFIDENCES))


@dataclass(frozen=True)
class CountedFrom:
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
    whole = pd.concat(parts) if parts else WINDOWS.empty().set_axis(rows.index[:0])
    if len(whole) < len(rows) or len(parts) > 1:
        whole = whole.reindex(rows.index)
    sure = whole["confidence"].astype("object").fillna(CONFIDENCES[0]).astype(CONFIDENCE)
    truths = {name: whole[name].eq(True) if name in whole else False for name in TRUTHS}
    is_older = (number < 0) & counted.on.notna()
    return WINDOWS.cast(whole.assign(counted_on=counted.on, is_before_the_rule=is_older, **truths)).assign(
        confidence=sure
    )


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
        is_moved = over_on > dated["over_on"]
        dated = dated.assign(over_on=over_on, over_at=closing_instant(over_on, version.clock), is_carried_over=is_moved)
    return dated.assign(in_force_on=Timestamp(version.from_).as_unit("us"), confidence=version.confidence)


def _in_days(
    rows: DataFrame, counted: CountedFrom, opens_on: Series, deadline: Deadline, version: Version
) -> DataFrame:
    """Whole days on the version's clock; an hour that the roster tells is not used."""
    closes_on = move(counted.on, version.last_day)
    latest = move(counted.latest_on, version.latest)
    over_on = closes_on.mask(latest > closes_on, latest)
    hour = hour_of(deadline.counts_from)
    return DataFrame(
        {
            "opens_at": opening_instant(opens_on, version.clock),
            "closes_at": closing_instant(closes_on, version.clock),
            "over_at": closing_instant(over_on, version.clock),
            "safe_by_at": opening_instant(closes_on, version.clock),
            "closes_on": closes_on,
            "over_on": over_on,
            "is_hour_missing": False,
            "is_hour_unused": rows[hour].notna() if hour in rows else False,
        },
        index=rows.index,
    )


def _to_the_minute(
    rows: DataFrame, counted: CountedFrom, opens_on: Series, deadline: Deadline, version: Version
) -> DataFrame:
    """From the instant that the roster tells.

    Where it tells the day alone, a count goes from its first to its last moment; a day that the letter itself prints
    ends as any printed day does.
    """
    at = rows[hour_of(deadline.counts_from)]
    day = opening_instant(counted.on, version.clock)
    is_printed = version.last_day == "on the day"
    first = at.fillna(closing_instant(counted.on, version.clock) if is_printed else day)
    last = at.fillna(opening_instant(counted.latest_on + DAY, version.clock))
    closes_at, over_at = counted_instant(first, version.last_day), counted_instant(last, version.latest)
    return DataFrame(
        {
            "opens_at": np.minimum(opening_instant(opens_on, version.clock), closes_at),
            "closes_at": closes_at,
            "over_at": over_at,
            "safe_by_at": counted_instant(at.fillna(day), version.last_day),
            "closes_on": last_day_of(closes_at, version.clock),
            "over_on": last_day_of(over_at, version.clock),
            "is_hour_missing": at.isna(),
            "is_hour_unused": False,
        },
        index=rows.index,
    )
