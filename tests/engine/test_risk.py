"""The judgement: what decides, what is held down, and that more trouble never looks like less."""

from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import findings, instant, outages, roster

from reporter.engine.risk import compare, numbered, steps, worst_reading
from reporter.model.levels import NAMES, RANK

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


def levels(people: list[dict[str, object]], record: list[dict[str, object]]) -> list[int]:
    """Each person's worst level as a rank, in their order; `person_id` is made here."""
    numbered = [row | {"person_id": f"{number:04d}"} for number, row in enumerate(people)]
    found = findings(roster(numbered), outages(record), AS_OF)
    ranks = found["level"].astype("str").map(RANK).groupby(found["person_id"]).min()
    return [int(rank) for rank in ranks.reindex([row["person_id"] for row in numbered])]


@cache
def quiet_levels():
    """The levels of the people below without an outage, which every example is held against."""
    return levels([person(days) for days in range(-5, 60)], [])


@settings(max_examples=12, deadline=None, derandomize=True)
@given(start=st.integers(-200, 400), length=st.integers(1, 300), more=st.integers(-200, 400))
def test_more_outage_never_lowers_a_level(start, length, more):
    """With an outage more, or one that lasts longer, nobody looks safer, however far their date."""
    people = [person(days) for days in range(-5, 60)]
    one, longer = [window(start, length)], [window(start, length + 24)]
    struck = levels(people, one)

    assert all(after <= before for after, before in zip(struck, quiet_levels(), strict=True))
    assert all(after <= before for after, before in zip(levels(people, longer), struck, strict=True))
    assert all(after <= before for after, before in zip(levels(people, [*one, window(more, 5)]), struck, strict=True))


@pytest.mark.parametrize("record", [[], [window(5, 90)], [window(-30, 31)]])
def test_less_time_never_lowers_a_level(record):
    """A permit that ends a day sooner, or ended a day longer ago, is never judged milder."""
    ranks = levels([person(days) for days in range(-120, 200)], record)

    assert sorted(ranks) == ranks


def test_less_time_never_lowers_the_level_of_a_letter():
    """A letter that is due a day sooner, or was a day longer ago, is never judged milder."""
    kinds = ["document_request", "fairness_letter", "express_entry_invitation", "citizenship_test"]
    due = [pd.Timestamp("2026-09-09") + pd.Timedelta(days=days) for days in range(-120, 90)]
    ranks = levels([{"letter_kind": kind, "letter_due_on": on} for kind in kinds for on in due], [])
    each = {kind: ranks[n * len(due) : (n + 1) * len(due)] for n, kind in enumerate(kinds)}

    assert [] == [kind for kind, found in each.items() if sorted(found) != found]


WORSE = [  # of one permit, the better state and the worse
    ({}, {"enrolment_status": "withdrawn"}),
    ({"enrolment_status": "enrolled"}, {"enrolment_status": "transferred"}),
    ({}, {"document_state": "suspended"}),
    (
        {"application_filed_at": instant("2026-09-01T12:00Z"), "application_outcome": "pending"},
        {"application_filed_at": instant("2026-09-01T12:00Z"), "application_outcome": "refused"},
    ),
    (
        {"application_filed_at": instant("2026-09-01T12:00Z"), "application_outcome": "pending"},
        {"application_filed_at": instant("2026-09-01T12:00Z"), "application_outcome": "returned"},
    ),
    ({"application_filed_at": instant("2026-09-01T12:00Z")}, {}),
]


def test_a_worse_state_never_lowers_a_level():
    """What is worse for the person is never judged milder, whatever the time left."""
    pairs = [(person(n, **better), person(n, **worse)) for better, worse in WORSE for n in range(-40, 200, 3)]
    better, worse = (levels([pair[side] for pair in pairs], []) for side in (0, 1))

    assert [] == [pair for pair, one, other in zip(pairs, worse, better, strict=True) if one > other]


@settings(max_examples=6, deadline=None, derandomize=True)
@given(days=st.integers(-5, 60), start=st.integers(-100, 300), length=st.integers(1, 100), seed=st.randoms())
def test_the_order_of_people_and_outages_never_matters(days, start, length, seed):
    """Shuffled rows give the same findings."""
    people = [person(days + n, person_id=str(n), source_row=f"a!S:{n}") for n in range(4)]
    record = [window(start + 7 * n, length, outage_id=f"x{n}") for n in range(3)]
    straight = findings(roster(people), outages(record), AS_OF)
    seed.shuffle(people)
    seed.shuffle(record)

    pd.testing.assert_frame_equal(
        straight.astype("object"), findings(roster(people), outages(record), AS_OF).astype("object")
    )


def test_an_outage_off_the_route_changes_nothing():
    """A service that the duty does not need cannot change its level or its facts."""
    people = roster([person(5)])
    off = [window(-5, 200, services=one) for one in ("eta_form", "pr_portal", "chatbot", "citizenship_test")]
    without, beside = (findings(people, outages(record), AS_OF) for record in ([], off))
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


def test_a_level_is_more_steps_up_the_graver_it_is():
    """One step a level, so that what people went up can be added; who has no finding stands below all."""
    told = steps(pd.Series([*NAMES, None], dtype="str")).to_list()

    assert [*range(len(NAMES), 0, -1), 0] == told
