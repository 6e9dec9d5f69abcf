"""Instants as people write them, as UTC. Pure: no files, no clock.

A time with an offset is what it says. A time without one is on Ottawa's clock. A bare date is the whole
Ottawa day. Where Ottawa's clock says a time twice or not at all, the reading that loses no down minute is taken.
"""

import re

import pandas as pd
from pandas import DataFrame, Series

from reporter.text.time_zones import OTTAWA, zone

_WRITTEN = re.compile(
    r"^(?P<day>20\d\d-\d\d-\d\d)"
    r"(?:[T ] ?(?P<clock>\d\d?:\d\d)(?::(?P<seconds>\d\d)(?:[.,]\d+)?)? ?(?P<offset>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?$",
    re.IGNORECASE,
)
_ONE_DAY = pd.Timedelta(days=1)
_CLOCK_CHANGE = pd.Timedelta(hours=1)
_FURTHEST_OFFSET = 14 * 60


def read_instants(text: Series, *, is_end: bool = False) -> DataFrame:
    """The column as UTC instants, with what had to be assumed about each, so that it can be told.

    `is_end` reads a bare date as the first instant of the next day, and a doubtful local time as the later.

    Takes:   text - `2026-09-08T05:30-04:00`, `2026-09-08 05:30`, `2026-09-08` or nothing.
    Returns: at (UTC; missing when empty or unreadable), is_day, is_twice, is_skipped, is_unreadable.
    """
    parts = text.str.extract(_WRITTEN)
    minutes = parts["offset"].map({word: _offset(word) for word in parts["offset"].dropna().unique()})
    has_offset, is_day = parts["offset"].notna(), parts["day"].notna() & parts["clock"].isna()
    wall = _wall(parts, is_day & is_end)
    earlier, later, is_skipped = _in_ottawa(wall)
    exact = (wall - pd.to_timedelta(minutes.astype("float64"), unit="min")).dt.tz_localize("UTC")
    at = exact.where(has_offset, later if is_end else earlier)
    return DataFrame(
        {
            "at": at.astype("datetime64[us, UTC]"),
            "is_day": is_day & at.notna(),
            "is_twice": (earlier != later) & wall.notna() & ~has_offset & ~is_skipped,
            "is_skipped": is_skipped & ~has_offset,
            "is_unreadable": (text != "") & at.isna(),
        }
    )


def _wall(parts: DataFrame, is_whole_day: "Series[bool]") -> Series:
    """What a clock on the wall shows; `24:00` and the end of a whole day are the next day's midnight."""
    is_midnight = is_whole_day | (parts["clock"] == "24:00")
    clock = parts["clock"].fillna("00:00").where(~is_midnight, "00:00")
    shown = parts["day"] + " " + clock + ":" + parts["seconds"].fillna("00")
    wall = pd.to_datetime(shown, format="%Y-%m-%d %H:%M:%S", errors="coerce").astype("datetime64[us]")
    return wall.where(~is_midnight, wall + _ONE_DAY)


def _in_ottawa(wall: Series) -> "tuple[Series, Series, Series[bool]]":
    """The earlier and the later instant at which Ottawa's clock shows this, and whether it never does."""
    ottawa, first, second = zone(OTTAWA), wall.map(lambda _: True), wall.map(lambda _: False)
    is_skipped = wall.dt.tz_localize(ottawa, ambiguous=first.to_numpy(bool), nonexistent="NaT").isna() & wall.notna()
    earlier = wall.dt.tz_localize(ottawa, ambiguous=first.to_numpy(bool), nonexistent="shift_forward")
    later = wall.dt.tz_localize(ottawa, ambiguous=second.to_numpy(bool), nonexistent=_CLOCK_CHANGE)
    return earlier.dt.tz_convert("UTC"), later.dt.tz_convert("UTC"), is_skipped


def _offset(word: str) -> float:
    """The minutes of `-04:00`, `-0400`, `-04` or `Z`; not a number when no place on earth keeps them."""
    if word[0] not in "+-":
        return 0.0
    size = int(word[1:3]) * 60 + int(word[3:].lstrip(":") or 0)
    signed = -size if word[0] == "-" else size
    return float(signed) if size <= _FURTHEST_OFFSET else float("nan")
