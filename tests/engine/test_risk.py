"""The judgement: what decides, what is held down, and that more trouble never looks like less."""

from functools import cache
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import RULEBOOK, findings, instant, outages, roster
from msgspec.structs import replace

from reporter.engine.risk import compare, joined, judge, numbered, steps, worst_reading
from reporter.model.levels import NAMES, RANK
from reporter.model.shapes import FACTS, FINDINGS

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


@settings(max_examples=7, deadline=None, derandomize=True)
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
    clear = [person(days, person_id=f"{days}", source_row=f"a!S:{days}") for days in (2, 40)]
    found = worst_reading(findings(roster([clear[0], *both, clear[1]]), outages([]), AS_OF))
    told = found.loc[found["person_id"] == "1"].iloc[0]

    assert {"1", "2", "40"} == set(found["person_id"])
    assert [*range(len(found))] == list(found.index)
    assert ("high", april, march) == tuple(told[["level", "counted_on", "other_on"]])
    assert found.loc[found["person_id"] != "1", "other_on"].isna().all()


ALWAYS = replace(RULEBOOK.risks[-1], id="always", level="none", when={}, is_note=False)
BOOK = replace(RULEBOOK, risks=(*RULEBOOK.risks, ALWAYS))
TESTS = [(fact, test) for risk in BOOK.risks for fact, test in risk.when.items()]


def meeting(test, draw):
    """A value that just meets a test."""
    if test.is_ is not None:
        return draw.choice(test.is_) if isinstance(test.is_, tuple) else test.is_
    return draw.choice([limit for limit in (test.at_least, test.at_most) if limit is not None])


def failing(test, draw):
    """A value that just does not: of a number the next on the wrong side of a limit, or none."""
    if isinstance(test.is_, bool):
        return not test.is_
    if test.is_ is not None:
        return "something else"
    near = [(test.at_least, -0.01), (test.at_most, 0.01)]
    return draw.choice([float("nan"), *(limit + step for limit, step in near if limit is not None)])


def scene(risk, draw):
    """Facts that just meet a risk, or but for one of its tests, beside others that meet or fail some test."""
    facts = {fact: draw.choice([meeting, failing, failing])(test, draw) for fact, test in TESTS}
    facts |= {fact: meeting(test, draw) for fact, test in risk.when.items()}
    if risk.when and draw.random() < 0.4:
        fact = draw.choice(list(risk.when))
        facts[fact] = failing(risk.when[fact], draw)
    return facts | {"confidence": draw.choice(["official", "official", "unverified"])}


def holds(risk, facts):
    """Whether every test of a risk holds of these facts."""
    for fact, test in risk.when.items():
        if isinstance(test.is_, bool):
            is_met = facts[fact] == test.is_
        elif test.is_ is not None:
            is_met = facts[fact] in ((test.is_,) if isinstance(test.is_, str) else test.is_)
        else:
            low, high = (limit if limit is not None else facts[fact] for limit in (test.at_least, test.at_most))
            is_met = low <= facts[fact] <= high
        if not is_met:
            return False
    return True


def verdict(facts, sure):
    """Level, deciding risk, the others that hold, and whether the level is held down, by going through the rulebook."""
    floor = RANK[RULEBOOK.limits.unverified_rule] if facts["confidence"] == "unverified" else 0
    cap = RANK[RULEBOOK.limits.unconfirmed_outage]
    best, rule, is_held, also = len(NAMES), None, False, []
    for risk in BOOK.risks:
        if not holds(risk, facts):
            continue
        also += [risk.id] if risk.is_note or risk.level != "none" else []
        is_sure = not risk.rests_on_outage or holds(risk, sure)
        rank = max(floor, RANK[risk.level] if is_sure else max(RANK[risk.level], cap))
        if not risk.is_note and rank < best:
            best, rule, is_held = rank, risk.id, not is_sure and RANK[risk.level] < cap
    return NAMES[best], rule, ";".join(name for name in also if name != rule), is_held


def as_findings(scenes):
    """FINDINGS with nothing but these facts, a row each, under the number of the row."""
    blank = FINDINGS.blank(pd.RangeIndex(len(scenes)))
    told = pd.DataFrame(scenes)
    return FINDINGS.cast(
        blank.assign(
            person_id=[f"{n:04}" for n in range(len(scenes))],
            **{name: told[name].astype("category") if told[name].dtype == "str" else told[name] for name in told},
        )
    )


@pytest.mark.parametrize("copies", [0, 5])
def test_every_duty_is_judged_as_somebody_who_reads_the_rulebook_judges(copies):
    """At each limit of each test and just beyond it: the level, what decides, what else holds, on what outages."""
    draw = Random(copies)
    scenes = [scene(risk, draw) for risk in BOOK.risks for _ in range(copies)]
    outage = [fact for fact in scenes[0] if fact in FACTS.names] if scenes else []
    sure = [
        facts | {fact: other[fact] for fact in outage if draw.random() < 0.2}
        for facts, other in zip(scenes, [*scenes[1:], *scenes[:1]], strict=True)
    ]
    whole, certain = (as_findings(each) for each in (scenes, sure)) if scenes else (FINDINGS.empty(), FINDINGS.empty())
    found = judge(whole.drop(columns=FACTS.names), whole[FACTS.names], certain[FACTS.names], BOOK)
    expected = [verdict(facts, certainly) for facts, certainly in zip(scenes, sure, strict=True)]
    told = found.set_index("person_id").sort_index()

    assert sorted(found["level"].cat.codes) == found["level"].cat.codes.to_list()
    assert expected == [*told[["level", "rule", "also", "is_unverified"]].itertuples(index=False, name=None)]


def test_the_findings_of_parts_are_those_of_the_whole():
    """Judged apart and joined, they stand in the same order with the same labels."""
    rows = [person(days, person_id=f"{days:02}", source_row=f"a!S:{days}") for days in range(1, 40, 3)]
    apart = [findings(roster(rows[n::2]), outages([window(5, 20)]), AS_OF) for n in (0, 1)]
    whole = findings(roster(rows), outages([window(5, 20)]), AS_OF)

    pd.testing.assert_frame_equal(whole.astype("object"), joined(apart).astype("object"))


def test_the_duties_of_one_kind_of_a_person_are_numbered_by_their_end():
    """The only one is 0; of several the first to end is, whatever stands first."""
    ends = pd.to_datetime(["2026-10-03", "2026-10-01", "2026-10-02", "2026-10-01"], utc=True)
    told = pd.DataFrame({"person_id": ["1", "1", "1", "2"], "deadline": "letter", "closes_at": ends})

    assert [2, 0, 1, 0] == numbered(told)["occurrence"].to_list()


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
