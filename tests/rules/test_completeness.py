"""A rulebook is held against itself: a kind for which no judgement can hold is refused, with its file and key."""

import pytest

from reporter.errors import RulebookError
from reporter.rules.load import load_rulebook

KIND = """
[deadline.{key}]
title       = {{ en = "A kind of our own", fr = "Un genre à nous" }}
for_whom    = {{ en = "Some.", fr = "Certains." }}
group       = "{group}"
consequence = ["refusal"]
counts_from = "term_starts_on"
{more}

[[deadline.{key}.in_force]]
from       = 2015-01-01
last_day   = "on the day"
on_holiday = "stays"
cite       = "Office manual 9"
basis      = "office"
link       = "https://example.org/manual"
read_on    = 2026-08-20
"""
RISK = """
[risk.{id}]
level = "high"
who   = ["office"]
when  = {{ deadline = {{ is = "our-test" }}, is_past = {{ is = {past} }} }}
say   = {{ en = "Look.", fr = "Voir." }}
do    = {{ en = "Look.", fr = "Voir." }}
cite  = "Office manual 9"
"""


def loaded(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    return load_rulebook(path)


@pytest.mark.parametrize(
    ("more", "missing"),
    [("", "due"), (RISK.format(id="near", past="false"), "past"), (RISK.format(id="gone", past="true"), "due")],
)
def test_a_kind_that_no_judgement_can_reach_is_refused(tmp_path, more, missing):
    """A document kind that is silent when due, or when past, is refused by the office's own file and key."""
    with pytest.raises(RulebookError, match=rf"own\.toml: deadline\.our-test: .*quiet = \['{missing}'\]"):
        loaded(tmp_path, KIND.format(key="our-test", group="document", more="") + more)


@pytest.mark.parametrize(
    ("group", "more", "risks"),
    [
        ("letter", "", ""),
        ("document", 'quiet = ["due", "past"]', ""),
        ("document", 'quiet = ["past"]', RISK.format(id="near", past="false")),
        ("document", "", RISK.format(id="near", past="false") + RISK.format(id="gone", past="true")),
    ],
)
def test_a_kind_that_speaks_or_says_that_it_is_quiet_is_read(tmp_path, group, more, risks):
    """A kind of a group with judgements, one with its own, and one that says when it is quiet are all read."""
    book = loaded(tmp_path, KIND.format(key="our-test", group=group, more=more) + risks)

    assert "our-test" in book.deadlines
