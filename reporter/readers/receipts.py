"""When an application was received: the local time of a roster as an instant in UTC. Pure: no files, no clock.

A day without an hour is taken as the last minute of that local day, the later of two hours when a clock is put
back, since an early receipt must never be supposed.
"""

import numpy as np
import pandas as pd
from pandas import Series

from reporter.readers.dates import DateColumn
from reporter.text.time_zones import ZONES

RECEIPTS = ("application_filed_at", "second_application_filed_at", "letter_answered_at")
LAST_MINUTE = 86340  # seconds: 23:59


def row_zones(time_zone: Series | None, province: Series | None, default: str, index: pd.Index) -> Series:
    """Each row's zone: its own, its province's, or the office's."""
    zones = Series(pd.NA, index=index, dtype="str") if time_zone is None else time_zone
    if province is not None:
        zones = zones.fillna(province.map(ZONES).astype("str"))
    return zones.fillna(default)


def has_hour(column: DateColumn) -> Series:
    """Which cells tell the hour; midnight on the dot, without a zone, is how a bare day is stored."""
    seconds = column["seconds"]
    return (seconds.notna() & (seconds != 0)) | (seconds.notna() & column["offset"].notna())


def receipt_instants(on: Series, column: DateColumn, zones: Series) -> Series:
    """The receipts in UTC.

    Takes: on - the days; column - the hours and offsets of the same rows; zones - see row_zones.
    """
    seconds = column["seconds"].where(has_hour(column), LAST_MINUTE)
    local = on + pd.to_timedelta(seconds, unit="s").astype("timedelta64[us]")
    offset = column["offset"]
    told = (local - pd.to_timedelta(offset, unit="m").astype("timedelta64[us]")).dt.tz_localize("UTC")
    parts = [told] if offset.notna().any() else []
    for name in zones[local.notna() & offset.isna()].unique():
        here = local.where((zones == name) & offset.isna())
        parts.append(_in_zone(here, name))
    whole = Series(pd.NaT, index=on.index, dtype="datetime64[us, UTC]")
    for part in parts:
        whole = whole.fillna(part)
    return whole


def _in_zone(local: Series, name: str) -> Series:
    later = np.zeros(len(local), dtype=bool)  # the second of two equal hours is standard time
    placed = local.dt.tz_localize(name, ambiguous=later, nonexistent="shift_forward")
    instants: Series = placed.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return instants
