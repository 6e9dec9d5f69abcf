"""Levels and rules held against how each duty ended."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.engine.backtest import SEEN, THRESHOLDS, alarm_counts, duty_endings, duty_states, missed_by, score
from reporter.model.levels import NAMES, RANK

START = pd.Timestamp("2026-06-01T00:00:00Z").as_unit("us")
DAY = pd.Timedelta(days=1)
LAST = START + 100 * DAY


def seen(rows):
    """SEEN of (day, person, day of the cut-off, level, state); the rule is named after the level."""
    return SEEN.cast(
        pd.DataFrame(
            [
                {"seen_at": START + day * DAY, "person_id": person, "deadline": "study-permit-renewal",
                 "closes_at": START + closes * DAY, "level": level, "rule": f"rule-{level}", "state": state}
                for day, person, closes, level, state in rows
            ],
            columns=SEEN.names,
        )
    )  # fmt: skip


def line(frame, name, outcomes=None):
    """The line of a level, as a mapping."""
    scores = score(frame, duty_endings(frame, START, LAST) if outcomes is None else outcomes)
    return scores[scores["name"] == name].iloc[0].to_dict()


def test_the_lead_is_from_the_first_flag_at_that_level_or_worse():
    """Flagged medium on day 1 and high on day 8, the cut-off on day 12: 11 days at medium, 4 at high."""
    frame = seen([(1, "a", 12, "medium", "open"), (8, "a", 12, "high", "open"), (15, "a", 12, "none", "filed")])

    assert (11.0, 4.0) == (line(frame, "medium")["lead_min_days"], line(frame, "high")["lead_min_days"])


def test_missed_and_never_flagged_before():
    """A duty missed that was only ever low is not flagged at high, and is named."""
    frame = seen([(1, "a", 12, "low", "open"), (15, "a", 12, "critical", "missed")])

    assert (0, 1) == (line(frame, "high")["flagged"], line(frame, "high")["not_flagged"])
    assert ["a"] == list(missed_by(frame, duty_endings(frame, START, LAST), "high")["person_id"])


def test_a_level_after_the_cut_off_is_no_warning():
    """What is said once the cut-off has passed does not count as flagged."""
    frame = seen([(1, "a", 12, "none", "open"), (12, "a", 12, "critical", "missed")])

    assert (0, 1) == (line(frame, "critical")["flagged"], line(frame, "critical")["not_flagged"])


def test_an_alarm_that_led_to_nothing():
    """Flagged, then filed; and flagged, then no longer on the roster."""
    frame = seen(
        [(1, "a", 12, "high", "open"), (15, "a", 12, "low", "filed"), (1, "b", 12, "high", "open")]
    )  # fmt: skip

    assert (2, 0, 2) == tuple(line(frame, "high")[name] for name in ("flagged", "ended_missed", "led_to_nothing"))


def test_the_latest_report_after_the_cut_off_decides_how_it_ended():
    """A receipt entered two weeks late still makes it filed."""
    frame = seen([(1, "a", 12, "high", "open"), (15, "a", 12, "critical", "missed"), (22, "a", 12, "low", "filed")])

    assert ["filed"] == list(duty_endings(frame, START, LAST)["outcome"])


def test_a_cut_off_outside_the_period_is_not_scored():
    """Neither one that had passed before the first report nor one still to come after the last."""
    frame = seen([(1, "a", -5, "critical", "missed"), (1, "b", 200, "high", "open")])

    assert duty_endings(frame, START, LAST).empty


def test_a_report_at_the_very_instant_of_the_cut_off_warns_nobody():
    """A minute before it, it still does."""
    minute = 1 / 1440
    frame = seen(
        [(12 - minute, "a", 12, "high", "open"), (12, "b", 12, "high", "open"), (15, "b", 12, "high", "missed")]
    )

    assert (1, 1) == (line(frame, "high")["flagged"], line(frame, "high")["not_flagged"])
    assert ["b"] == list(missed_by(frame, duty_endings(frame, START, LAST), "high")["person_id"])


def test_the_period_begins_after_its_first_report_and_ends_with_its_last():
    """A cut-off at the instant of the first report had passed then; one at that of the last had too, and is scored."""
    frame = seen([(100, "a", 0, "high", "missed"), (100, "b", 100, "high", "missed"), (100, "c", 101, "high", "open")])

    assert {"b": "missed"} == duty_endings(frame, START, LAST).set_index("person_id")["outcome"].to_dict()


def test_nothing_seen_gives_no_flags():
    """Without a single duty every level has a line, and no rule has."""
    scores = score(seen([]), duty_endings(seen([]), START, LAST))

    assert list(THRESHOLDS) == list(scores["name"])
    assert 0 == scores["flagged"].sum()


def test_the_rules_stand_by_how_many_they_flagged_and_those_that_flagged_nobody_are_left_out():
    """Also rules of the lowest level; equal ones by name; a rule whose only duty ends later has no line yet."""
    known = [
        (1, "a", 12, "low", "open"),
        *((1, who, 12, "medium", "open") for who in "bc"),
        (1, "d", 12, "high", "open"),
    ]
    frame = seen([*known, (1, "e", 200, "critical", "open")])
    scores = score(frame, duty_endings(frame, START, LAST))
    rules = scores[scores["part"] == "rule"]

    assert [*range(len(scores))] == list(scores.index)
    assert [("rule-medium", 2), ("rule-high", 1), ("rule-low", 1)] == [
        *zip(rules["name"], rules["flagged"], strict=True)
    ]


OBSERVED = st.tuples(
    st.sampled_from([0, 9, 10, 11, 29, 30, 31, 60]), st.sampled_from("ab"), st.sampled_from([10, 30]),
    st.sampled_from(NAMES), st.sampled_from(["open", "filed", "missed"]),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(OBSERVED, min_size=1, max_size=25, unique_by=lambda row: row[:3]))
def test_counts_as_somebody_with_a_pencil_counts(rows):
    """For any weeks, every count of every level is that of a plain loop over duties."""
    frame = seen(rows)
    told, lost = {}, {}
    for level in THRESHOLDS:
        flagged = missed = nothing = 0
        never = set()
        for duty in {row[1:3] for row in rows}:
            mine = sorted(row for row in rows if row[1:3] == duty)
            before = [r for r in mine if r[0] < duty[1] and r[4] == "open" and RANK[r[3]] <= RANK[level]]
            after = [r[4] for r in mine if r[0] >= duty[1]]
            is_missed = bool(after) and after[-1] == "missed"
            flagged += bool(before)
            missed += bool(before) and is_missed
            nothing += bool(before) and not is_missed
            never |= {duty} if is_missed and not before else set()
        told[level], lost[level] = (flagged, missed, nothing, len(never)), never
    columns = ["flagged", "ended_missed", "led_to_nothing", "not_flagged"]
    endings = duty_endings(frame, START, LAST)
    scores = score(frame, endings).set_index("name")[columns]
    alone = {level: missed_by(frame, endings, level) for level in THRESHOLDS}

    assert told == {level: tuple(scores.loc[level]) for level in THRESHOLDS}
    assert lost == {
        level: {(who, (at - START).days) for who, at in zip(found["person_id"], found["closes_at"], strict=True)}
        for level, found in alone.items()
    }


@pytest.mark.parametrize(
    ("disposition", "is_over", "is_filed", "filed", "state"),
    [
        ("open", False, False, None, "open"),
        ("returned", False, False, None, "open"),
        ("returned", True, False, None, "missed"),
        ("refused_early", True, False, START, "missed"),
        ("missed", True, False, None, "missed"),
        ("in_time", True, True, START, "filed"),
        ("in_time", False, True, START, "filed"),
        ("in_time", True, True, None, "untold"),
        ("refused", True, True, START, "filed"),
        ("late", True, True, START, "missed"),
        ("in_doubt", False, True, START, "untold"),
    ],
)
def test_how_a_duty_stands_to_a_test_of_the_past(disposition, is_over, is_filed, filed, state):
    """What is to be filed again is missed once its date is over; a filing without its instant tells of no end."""
    told = pd.DataFrame(
        {"disposition": [disposition], "is_over": [is_over], "is_filed": [is_filed], "filed_at": pd.Series([filed])}
    )

    assert [state] == duty_states(told).to_list()


def standing(rows):
    """A row a person and report: (day, level, rule)."""
    frame = pd.DataFrame(rows, columns=["day", "level", "rule"])
    return frame.assign(seen_at=[START + day * DAY for day in frame["day"]])


def test_the_alarm_budget_counts_people_of_each_report():
    """One of two people in a week and the only one in the next: the most is one person, and half of the roster."""
    told = alarm_counts(standing([(0, "high", "one-week"), (0, "none", "nothing-near"), (7, "critical", "missed")]))
    high = told[told["name"] == "high"].iloc[0]

    assert (1, 1, 0.5) == (high["reports"], high["people_max"], high["share_max"])
    assert ["missed", "one-week"] == told.loc[told["part"] == "rule", "name"].tolist()


def test_a_report_without_a_level_counts_as_nobody():
    """A level seen in one report of three has a median of nobody."""
    told = alarm_counts(standing([(0, "high", "a"), (7, "none", "b"), (14, "none", "b")]))

    assert [0] == told.loc[told["name"] == "high", "people_median"].tolist()


def test_of_the_rules_of_a_level_the_one_with_most_people_stands_first():
    """Whatever their names; the levels stand before all rules."""
    told = alarm_counts(standing([(0, "high", "a"), (0, "high", "b"), (0, "high", "b"), (0, "critical", "c")]))

    assert ["c", "b", "a"] == told.loc[told["part"] == "rule", "name"].tolist()
    assert ["level", "rule"] == told["part"].drop_duplicates().tolist()
