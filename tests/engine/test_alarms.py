"""The alarm budget: on a Monday few stand at the upper levels, and each of them for something that can be done."""

from functools import cache

import pytest
from makers import RULEBOOK

from benchmarks.university import standing_by_rule, university

BUDGET = {"critical": 0.01, "high": 0.04, "data_problem": 0.01, "medium": 0.12}
"""The largest share of the people of a university at each level, when nothing is down and nearly all did their part."""


@cache
def monday():
    """An invented university of 800 on a Monday."""
    return standing_by_rule(university(800), RULEBOOK)


@pytest.mark.parametrize("level", list(BUDGET))
def test_few_stand_at_a_level_that_asks_for_something(level):
    """No more than the budget stand at each level."""
    counted = monday()

    assert counted.loc[counted["level"] == level, "people"].sum() / counted["people"].sum() <= BUDGET[level]


def test_most_are_told_that_nothing_calls_for_action():
    """Three in four at least have nothing to do."""
    counted = monday()

    assert counted.loc[counted["level"] == "none", "people"].sum() / counted["people"].sum() >= 0.75


def test_each_alarm_says_what_to_do():
    """Nobody stands above `none` for a judgement that asks for nothing."""
    counted = monday()
    above = counted[counted["level"] != "none"]

    assert [] == above.loc[above["do"].isin(["None.", "Nothing to do for this."]), "rule"].tolist()


def test_a_used_document_an_earlier_degree_and_a_spouse_are_no_alarm():
    """None of the judgements that such a history once met decides for anybody."""
    rules = set(monday()["rule"])

    assert set() == rules & {"program-window-closed", "no-longer-enrolled", "restoration-running", "before-the-rule"}
