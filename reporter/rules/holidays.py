"""The federal holidays, only to say that a date falls on one: nothing is ever carried over them."""

from functools import cache

import pandas as pd
from pandas import DatetimeIndex

FIRST_YEAR, LAST_YEAR = 2000, 2060


@cache
def federal_holidays() -> DatetimeIndex:
    """The federal statutory holidays, observed days included, as civil dates."""
    import holidays

    days = holidays.country_holidays("CA", categories=("government",), years=range(FIRST_YEAR, LAST_YEAR + 1))
    return pd.DatetimeIndex(sorted(days)).as_unit("us")
