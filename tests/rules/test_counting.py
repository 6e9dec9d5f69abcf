"""How a phrase of the rulebook counts days, by the Interpretation Act where it applies."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from holidays import country_holidays
from makers import RULEBOOK, instant

from reporter.engine.closing import carried_over, closing_instant, days_off, move
from reporter.rules.holidays import FIRST_YEAR, LAST_YEAR, federal_holidays, legal_holidays

CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "derived" / "counting.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_counting(case):
    """The last day, the first instant too late, and the mark of a day off are those of the table."""
    on = pd.Series([pd.Timestamp(case["on"])]).astype("datetime64[us]")
    day = move(on, case["span"])

    assert [pd.Timestamp(case["day"])] == day.to_list(), case["name"]
    assert [instant(case["late"].isoformat())] == closing_instant(day, "utc").to_list(), case["name"]
    assert [case.get("off", False)] == days_off(day, federal_holidays()).to_list(), case["name"]


def test_the_federal_holidays_are_those_of_the_library():
    """Day by day; docs/make_federal_days.py writes them anew."""
    days = country_holidays("CA", categories=("government",), years=range(FIRST_YEAR, LAST_YEAR + 1))

    assert sorted(days) == federal_holidays().date.tolist()


def test_only_the_court_carries_a_day_over():
    """Every version of every duty stays on its day, save those of the Federal Court."""
    carried = {
        key
        for key, deadline in RULEBOOK.deadlines.items()
        for version in deadline.in_force
        if version.on_holiday == "carried over"
    }

    assert {"federal-court", "federal-court-abroad"} == carried


@pytest.mark.parametrize(
    ("on", "day"),
    [
        ("2026-09-11", "2026-09-11"),  # a Friday
        ("2026-09-12", "2026-09-14"),
        ("2026-09-05", "2026-09-08"),  # the Saturday before Labour Day
        ("2026-04-03", "2026-04-07"),  # Good Friday and Easter Monday
        ("2026-12-26", "2026-12-28"),  # Boxing Day is no holiday of the Act, but a Saturday
        ("2029-07-01", "2029-07-03"),  # Canada Day on a Sunday is kept on the Monday
        ("2020-09-30", "2020-09-30"),
        ("2021-09-30", "2021-10-01"),  # a holiday since that year
    ],
)
def test_a_day_is_carried_over_to_the_next_that_is_none(on, day):
    """Saturdays, Sundays and the holidays of the Interpretation Act are passed over, and nothing else."""
    moved = carried_over(pd.Series([pd.Timestamp(on)]).astype("datetime64[us]"), pd.DatetimeIndex(legal_holidays()))

    assert [pd.Timestamp(day)] == moved.to_list()
