"""The end of an authorized stay: from which dates it came about, and which of them decides."""

import tomllib
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import RULEBOOK, roster

from reporter.engine.due import authorized_stays, stay_steps

CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "derived" / "stay.toml").read_text("utf-8"))["case"]
DAYS = st.integers(0, 900)


@cache
def steps_of_cases():
    """The steps of every case, each a person of one roster."""
    rows = [
        {"person_id": case["name"]}
        | {k: pd.Timestamp(v) if k.endswith(("_on", "_at")) else v for k, v in person.items()}
        for case in CASES
        for person in case["people"]
    ]
    return stay_steps(authorized_stays(roster(rows), RULEBOOK), RULEBOOK)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_end_of_a_stay(case):
    """The end and the step that decides are those of the table."""
    steps = steps_of_cases()[steps_of_cases()["person_id"] == case["name"]]
    if "ends" not in case:
        assert steps.empty, case["name"]
        return
    decides = steps[steps["is_deciding"]]

    assert [pd.Timestamp(case["ends"])] == decides["on"].to_list(), case["name"]
    assert [case["decides"]] == decides["what"].to_list(), case["name"]
    assert case.get("by", decides["deadline"].iloc[0]) == decides["deadline"].iloc[0], case["name"]
    assert case.get("told", "printed") in set(steps["what"]), case["name"]


def test_every_step_has_its_law():
    """A date that bears on a stay names the provision that says so."""
    told = steps_of_cases()

    assert {"printed", "leave_by", "counted", "two_permits", "several", "limit", "decision", "passport"} == set(
        told["what"]
    )
    assert (told["cite"] != "").all()


def test_the_steps_of_a_person_are_numbered_from_one_and_one_decides():
    """Each is told once, in its order."""
    for _, steps in steps_of_cases().groupby("person_id"):
        assert [*range(1, len(steps) + 1)] == steps["number"].to_list()
        assert 1 == steps["is_deciding"].sum()


@pytest.mark.parametrize(("other", "what"), [(4, ["several"]), (5, []), (6, ["several"])])
def test_two_ends_are_told_only_where_they_differ(other, what):
    """Of two rows that end on different days, the later one stands once more, as the end of several."""
    people = [{"person_id": "1", "permit_kind": "visitor", "permit_expires_on": day(n)} for n in (5, other)]
    steps = stay_steps(authorized_stays(roster(people), RULEBOOK), RULEBOOK)
    told = steps[steps["what"].isin(["several", "two_permits"])]

    assert what == told["what"].to_list()
    assert [day(max(5, other))] * len(told) == told["on"].to_list()


def day(number):
    return pd.Timestamp("2029-01-01") + pd.Timedelta(days=number)


def oracle(person):
    """The same by hand, for one permit."""
    end = day(person["expires"])
    if person["leave"] is not None:
        end = max(end, day(person["leave"]))
    if person["completed"] is not None and day(person["completed"] + 89) < day(person["expires"]):
        end = min(end, day(person["completed"] + 89))
    if person["biometrics"]:
        end = min(end, day(person["biometrics"]))
    return end


PERSON = st.fixed_dictionaries(
    {"expires": DAYS, **{name: st.none() | DAYS for name in ("leave", "completed", "biometrics")}}
)


def row(number, person):
    dates = {
        "permit_expires_on": day(person["expires"]),
        "must_leave_by_on": None if person["leave"] is None else day(person["leave"]),
        "completed_on": None if person["completed"] is None else day(person["completed"]),
        "biometrics_taken_on": person["biometrics"] and day(person["biometrics"]) - pd.DateOffset(years=10),
    }
    return {"person_id": f"P{number:03}", "permit_kind": "study", **{k: v for k, v in dates.items() if v}}


@settings(deadline=None, max_examples=8)
@given(st.lists(PERSON, min_size=1, max_size=80))
def test_one_step_decides_and_it_is_the_end(people):
    """Whatever the dates, the end is that of a slow reading, and exactly one step of each person gives it."""
    rows = roster(row(number, person) for number, person in enumerate(people))
    steps = stay_steps(authorized_stays(rows, RULEBOOK), RULEBOOK)
    ends = [oracle(person) for person in people]

    assert ends == steps.drop_duplicates("person_id")["stay_ends_on"].to_list()
    assert ends == steps.loc[steps["is_deciding"], "on"].to_list()
