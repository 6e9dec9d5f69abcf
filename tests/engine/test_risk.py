"""The judgement: what decides, what is held down, and that more trouble never looks like less."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import findings, instant, outages, roster

from reporter.engine.changes import compare, numbered
from reporter.engine.risk import worst_reading
from reporter.model.levels import RANK

AS_OF = "2026-09-09T13:00:00Z"


def person(days: int, **more: object) -> dict[str, object]:
    on = pd.Timestamp("2026-09-09") + pd.Timedelta(days=days)
    return {"person_id": "1", "permit_kind": "study", "permit_expires_on": on} | more


def level(people: list[dict[str, object]], record: list[dict[str, object]], at: str = AS_OF) -> int:
    """The person's worst level as a rank, 0 for critical."""
    return int(findings(roster(people), outages(record), at)["level"].astype("str").map(RANK).min())


def window(start_hours: int, length: int, **more: object) -> dict[str, object]:
    began = instant(AS_OF) + pd.Timedelta(hours=start_hours)
    return {"services": "ircc_secure_account", "began_at": began, "ended_at": began + pd.Timedelta(hours=length)} | more


@settings(max_examples=60, deadline=None, derandomize=True)
@given(days=st.integers(-5, 200), start=st.integers(-200, 400), length=st.integers(1, 300))
def test_more_outage_never_lowers_a_level(days, start, length):
    """With an outage more, nobody looks safer."""
    assert level([person(days)], [window(start, length)]) <= level([person(days)], [])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(days=st.integers(-80, 200), less=st.integers(1, 30))
def test_less_time_never_lowers_a_level(days, less):
    """A date that is nearer, or further past, is never judged milder."""
    assert level([person(days - less)], []) <= level([person(days)], [])


@pytest.mark.parametrize("service", ["eta_form", "pr_portal", "chatbot", "citizenship_test"])
def test_an_outage_off_the_route_changes_nothing(service):
    """A service that the duty does not need cannot change its level or its facts."""
    people = roster([person(5)])
    without = findings(people, outages([]), AS_OF)
    beside = findings(people, outages([window(-5, 200, services=service)]), AS_OF)
    columns = ["deadline", "level", "rule", "lost_hours", "usable_hours", "covers_close", "outages"]

    pd.testing.assert_frame_equal(without[columns].astype("object"), beside[columns].astype("object"))


@pytest.mark.parametrize(
    ("verification", "expected", "is_held"),
    [
        ("official", "critical", False),
        ("press", "critical", False),
        ("user_report", "high", True),
        ("unverified", "high", True),
    ],
)
def test_an_unconfirmed_outage_raises_a_level_at_most_to_high(verification, expected, is_held):
    """What only users report is held down, and the finding says so."""
    hit = window(5, 4, kind="planned", status="announced", verification=verification)
    found = findings(roster([person(0)]), outages([hit]), AS_OF).iloc[0]

    assert (expected, is_held) == (found["level"], bool(found["is_unverified"]))


def test_a_confirmed_outage_beside_an_unconfirmed_one_still_counts_in_full():
    """The unconfirmed one holds nothing down that the confirmed one raises by itself."""
    both = [window(5, 2), window(5, 3, verification="user_report")]

    assert RANK["critical"] == level([person(0)], both)


def test_of_two_readings_the_worse_is_told_and_the_other_date_beside():
    """One finding for the duty, at the worse level, naming both dates."""
    march, april = pd.Timestamp("2026-10-09"), pd.Timestamp("2026-09-10")
    both = [
        person(0, permit_expires_on=march, reading="day_first", date_certainty="ambiguous", source_row="a!S:2"),
        person(0, permit_expires_on=april, reading="month_first", date_certainty="ambiguous", source_row="a!S:2"),
    ]
    found = worst_reading(findings(roster(both), outages([]), AS_OF))

    assert [("high", april, march)] == list(
        found[["level", "counted_on", "other_on"]].itertuples(index=False, name=None)
    )


def test_changes_are_told_for_each_duty():
    """New, worse, better and gone; what stays the same is not a change."""
    before = findings(roster([person(40), person(200, person_id="2"), person(5, person_id="3")]), outages([]), AS_OF)
    now = findings(roster([person(5), person(200, person_id="2"), person(90, person_id="4")]), outages([]), AS_OF)
    told = compare(numbered(before), numbered(now))

    assert {("1", "worse"), ("3", "gone"), ("4", "new")} == set(
        told[["person_id", "change"]].itertuples(index=False, name=None)
    )
