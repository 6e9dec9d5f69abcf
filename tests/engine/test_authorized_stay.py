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


def last_day(permit):
    """The end that one permit says, by its own dates alone."""
    end = day(permit["expires"])
    if permit["leave"] is not None:
        end = max(end, day(permit["leave"]))
    if permit["completed"] is not None and permit["completed"] + 89 < permit["expires"]:
        end = min(end, day(permit["completed"] + 89))
    return end


def oracle(permits):
    """The end of a stay and the latest reading of it, by hand: in midnights of UTC, without whole columns."""
    dated = max(map(last_day, permits))
    limits = [day(permit["biometrics"]) for permit in permits if permit["biometrics"] is not None]
    dated = min([dated, max(limits)] if limits else [dated])
    refused = [
        dated + pd.Timedelta(days=permit["decided"])
        for permit in permits
        if permit["decided"] is not None
        and permit["decided"] > 0
        and received(permit, dated) < dated + DAY
        and received(permit, dated) >= dated + pd.Timedelta(days=ISSUED)
    ]
    return max([dated, *refused])


DAY, ISSUED = pd.Timedelta(days=1), -300
RECEIVED = [
    pd.Timedelta(days=ISSUED),
    pd.Timedelta(days=ISSUED, minutes=-1),
    pd.Timedelta(days=1),
    pd.Timedelta(hours=23),
]
"""From the first moment of the last day: as the permit is issued, a minute before, when the day is over, and before."""


def received(permit, dated):
    return dated + RECEIVED[permit["received"]]


DAYS = st.integers(0, 20).map(lambda week: 40 * week)
LIMITS = {"expires": DAYS, **{name: st.none() | DAYS for name in ("leave", "biometrics")}}
COMPLETED = st.fixed_dictionaries({**LIMITS, "completed": st.none() | DAYS, "decided": st.none()})
REFUSED = st.fixed_dictionaries(
    {
        **LIMITS,
        "completed": st.none(),
        "decided": st.sampled_from([None, -1, 0, 1, 30]),
        "received": st.integers(0, len(RECEIVED) - 1),
    }
)
PERSON = st.lists(COMPLETED, min_size=1, max_size=2) | st.lists(REFUSED, min_size=1, max_size=2)


def rows_of(number, permits):
    """A row of the roster for each permit of a person."""
    dated = oracle([permit | {"decided": None} for permit in permits])
    for permit in permits:
        dates = {
            "permit_expires_on": day(permit["expires"]),
            "must_leave_by_on": None if permit["leave"] is None else day(permit["leave"]),
            "completed_on": None if permit["completed"] is None else day(permit["completed"]),
            "biometrics_taken_on": None if permit["biometrics"] is None else day(permit["biometrics"]) - TEN_YEARS,
        }
        filing = {"application_kind": "extension", "application_outcome": "refused"}
        if permit["decided"] is not None:
            dates["permit_issued_on"] = dated + pd.Timedelta(days=ISSUED)
            dates["application_decided_on"] = dated + pd.Timedelta(days=permit["decided"])
            dates["application_filed_at"] = received(permit, dated).tz_localize("UTC")
        said = {name: on for name, on in dates.items() if on is not None}
        yield {"person_id": f"P{number:03}", "permit_kind": "study", **filing, **said}


TEN_YEARS = pd.DateOffset(years=10)


@settings(deadline=None, max_examples=8)
@given(st.lists(PERSON, min_size=1, max_size=80))
def test_one_step_decides_and_it_is_the_end(people):
    """Whatever the dates, the end is that of a slow reading, and exactly one step of each person gives it."""
    rows = roster(row for number, permits in enumerate(people) for row in rows_of(number, permits))
    steps = stay_steps(authorized_stays(rows, RULEBOOK), RULEBOOK)
    ends = [oracle(permits) for permits in people]

    assert ends == steps.drop_duplicates("person_id")["stay_ends_on"].to_list()
    assert ends == steps.loc[steps["is_deciding"], "on"].to_list()
    dated = [oracle([permit | {"decided": None} for permit in permits]) for permits in people]
    assert {f"P{n:03}" for n, (end, before) in enumerate(zip(ends, dated, strict=True)) if end != before} == set(
        steps.loc[steps["what"] == "decision", "person_id"]
    )
