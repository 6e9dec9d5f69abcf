"""How a phrase of the rulebook counts days, by the Interpretation Act where it applies."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from makers import RULEBOOK, instant

from reporter.engine.closing import closing_instant, days_off, move
from reporter.rules.holidays import federal_holidays

CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "derived" / "counting.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_counting(case):
    """The last day, the first instant too late, and the mark of a day off are those of the table."""
    on = pd.Series([pd.Timestamp(case["on"])]).astype("datetime64[us]")
    day = move(on, case["span"])

    assert [pd.Timestamp(case["day"])] == day.to_list(), case["name"]
    assert [instant(case["late"].isoformat())] == closing_instant(day, "utc").to_list(), case["name"]
    assert [case.get("off", False)] == days_off(day, federal_holidays()).to_list(), case["name"]


def test_no_version_of_any_duty_is_carried_over_a_holiday():
    """Every version of every duty stays on its day."""
    versions = [version for deadline in RULEBOOK.deadlines.values() for version in deadline.in_force]

    assert {"stays"} == {version.on_holiday for version in versions}
