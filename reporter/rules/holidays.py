"""The holidays: the federal ones that a reader is told of, and those over which the law itself carries a date."""

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
from dateutil.easter import easter
from pandas import DatetimeIndex

FIRST_YEAR, LAST_YEAR = 2000, 2060
FEDERAL_DAYS = files("reporter.rules") / "federal_days.txt"
"""The days as the library `holidays` has them, by docs/make_federal_days.py; a test holds the two together. To load it
takes longer than to read a small roster."""


@cache
def federal_holidays() -> DatetimeIndex:
    """The federal statutory holidays, observed days included, as civil dates; only told, nothing moves by them."""
    return pd.DatetimeIndex(FEDERAL_DAYS.read_text("utf-8").split()).as_unit("us")


@cache
def legal_holidays() -> tuple[dt.date, ...]:
    """The days, beside Saturdays and Sundays, over which a version `carried over` moves; see holidays.toml."""
    rules = tomllib.loads((files("reporter.rules") / "holidays.toml").read_text("utf-8"))["holiday"]
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return tuple(sorted({on for rule in rules for year in years for on in _kept(rule, year)}))


def _kept(rule: Mapping[str, Any], year: int) -> Iterator[dt.date]:
    """The day of one holiday in one year, and the day after where that is kept too."""
    if year < rule.get("since", FIRST_YEAR):
        return
    if "easter" in rule:
        yield easter(year) + dt.timedelta(days=rule["easter"])
        return
    on = dt.date.fromisoformat(f"{year}-{rule['on']}")
    if rule.get("is_monday"):
        on += dt.timedelta(days=-on.weekday() % 7)
    yield on
    if rule.get("monday_after_sunday") and on.isoweekday() == 7:
        yield on + dt.timedelta(days=1)
