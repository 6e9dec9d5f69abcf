"""Facts and tests of facts in words."""

import json

import pytest
from makers import RULEBOOK, findings, outages, roster

from reporter.model.rulebook import Test
from reporter.rules.manual import (
    all_met,
    all_said,
    deciding_tests,
    export_schema,
    fact_said,
    facts,
    test_met,
    test_said,
)

test_met.__test__ = test_said.__test__ = Test.__test__ = False
SPACES = {"\u00a0": " "}


def plain(text):
    return text.translate(str.maketrans(SPACES))


SAID = [
    ("left_hours", Test(at_most=72), "the time left is at most 72 h", "le temps qui reste est d’au plus 72 h"),
    (
        "left_days",
        Test(at_least=8, at_most=30),
        "the time left is 8 days to 30 days",
        "le temps qui reste est de 8 jours à 30 jours",
    ),
    (
        "lost_24h",
        Test(at_least=0.01),
        "the time lost to outages in the last 24 hours is more than nothing",
        "le temps perdu en pannes dans les 24 dernières heures n’est pas nul",
    ),
    (
        "lost_24h_share",
        Test(at_least=0.5),
        "the share of the last 24 hours lost to outages is at least 50%",
        "la part des 24 dernières heures perdue en pannes est d’au moins 50 %",
    ),
    ("is_filed", Test(is_=False), "no filing is recorded", "aucun dépôt n’est consigné"),
    (
        "permit_kind",
        Test(is_=("work", "trp")),
        "the recorded permit is work permit or temporary resident permit",
        "le permis consigné est : permis de travail ou permis de séjour temporaire",
    ),
]


@pytest.mark.parametrize(("name", "asked", "en", "fr"), SAID)
def test_a_test_reads_as_part_of_a_sentence(name, asked, en, fr):
    """The threshold is told with its unit, in both languages."""
    assert (en, fr) == tuple(plain(test_said(name, asked, RULEBOOK, language)) for language in ("en", "fr"))


def test_a_test_that_is_met_tells_the_value():
    """The reader sees what was asked and what was found."""
    said = test_met("left_hours", Test(at_most=72), 12.5, RULEBOOK, "en")

    assert "the time left is at most 72 h (here 12 h 30 min)" == plain(said)


def test_a_number_that_is_missing_is_said_to_be():
    """Nothing recorded is no zero."""
    assert "the time left: nothing recorded" == fact_said("left_hours", float("nan"), RULEBOOK, "en")


def test_every_fact_that_a_judgement_tests_has_words():
    """A fact without words in facts.toml would be shown by its name in code."""
    tested = {name for risk in RULEBOOK.risks for name in risk.when}

    assert set() == tested - set(facts())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_judgement_is_told_in_code(language):
    """No name of a fact, and no word of the rulebook, stands in a sentence."""
    odd = {risk.id for risk in RULEBOOK.risks if "_" in all_said(risk, RULEBOOK, language)}

    assert set() == odd


def test_the_conditions_of_a_column_are_those_of_each_row():
    """Made once for each distinct set of values, they are what one row alone would say."""
    people = [
        {"person_id": f"P{n}", "permit_kind": "work", "permit_expires_on": f"2026-{n:02}-15"} for n in range(9, 13)
    ]
    found = findings(roster(people), outages([]), "2026-09-09T13:00:00Z")
    alone = [all_met(RULEBOOK.risk(row["rule"]), row, RULEBOOK, "fr") for row in found.to_dict("records")]

    assert alone == list(deciding_tests(found, RULEBOOK, "fr"))


def test_the_schema_names_the_kinds_that_a_rule_may_have():
    """Those of applications, of what may follow and of what a rule rests on, as an entry of deadlines.toml may say."""
    shapes = json.loads(export_schema())["$defs"]
    told = {name: shapes["Deadline"]["properties"][name] for name in ("answered_by", "consequence", "usual_kind")}

    assert {"extension", "pgwp"} <= set(told["answered_by"]["items"]["enum"])
    assert {"status_loss", "none"} <= set(told["consequence"]["items"]["enum"])
    assert {"", "extension"} <= set(told["usual_kind"]["enum"])
    assert {"regulation", "office"} <= set(shapes["Version"]["properties"]["basis"]["enum"])
