"""What explanation.md says of kinds of duty is what the rulebook says."""

import re

import pytest
from makers import RULEBOOK
from walk import ROOT

PAGE = (ROOT / "docs" / "explanation.md").read_text("utf-8")
TEXT = " ".join(PAGE.split())
KINDS = RULEBOOK.whole.deadlines
WORDS = {"ten": 10, "thirty": 30, "sixty": 60, "ninety": 90}
UNKNOWN = re.compile(r"has no rule|no rule for|is not known to|are not known to|counts nothing", re.IGNORECASE)
FILLER = {"date", "dates", "document", "permit", "expiry", "letter", "last", "application", "recorded", "status", "not"}


def row(start):
    """The cells of a row of a table, by how it starts."""
    (found,) = [line for line in PAGE.splitlines() if line.startswith(f"| {start}")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def days(text):
    return re.search(r"(\d+) days|\b(ten|thirty|sixty|ninety) days", text)


def number(text):
    found = days(text)
    return int(found[1]) if found[1] else WORDS[found[2]]


def sentence(words):
    (found,) = [one for one in re.split(r"(?<=[.;:?]) ", TEXT) if words in one]
    return found


def test_no_kind_that_has_a_rule_is_called_unknown():
    """A sentence that says that something has no rule, or is not known, names no kind that the rulebook has."""
    said = [one for one in re.split(r"(?<=[.|]) ", TEXT) if UNKNOWN.search(one)]
    names = {key: set(key.split("-")) - FILLER for key in KINDS}
    wrong = [
        (key, one)
        for one in said
        for key, parts in names.items()
        if parts and parts <= set(re.findall(r"\w+", one.lower()))
    ]

    assert said
    assert [] == wrong


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("How long is the time for a medical", "medical-letter-undated"),
        ("When does a 2026 attestation", "attestation-letter-expiry"),
    ],
)
def test_a_question_has_the_confidence_of_its_kind(start, kind):
    """The table of what is not known, and the newest version of the rule."""
    assert KINDS[kind].in_force[-1].confidence == row(start)[2]


def test_the_days_of_a_medical_letter_are_those_of_its_rule():
    """Counted where the letter has no date."""
    assert (
        KINDS["medical-letter-undated"].in_force[-1].last_day == f"{number(row('How long is the time')[1])} days after"
    )


def test_the_two_readings_are_those_of_the_rule():
    """The later one is the day that the page names; the earlier one comes before it."""
    version = KINDS["study-permit-after-completion"].in_force[-1]

    assert version.latest == f"{number(sentence('a study permit becomes'))} days after"
    assert int(version.last_day.split()[0]) < int(version.latest.split()[0])


def test_a_notice_is_deemed_received_after_the_days_of_the_rules():
    """Of every duty of the institution that counts from a notice by its sending."""
    deemed = {duty.deemed_after for duty in KINDS.values() if getattr(duty, "deemed_from", "")}

    assert f"{number(TEXT.partition('a notice is deemed received')[2])} days after" in deemed


def test_what_is_read_by_another_clock_has_one():
    """The Federal Court and the years of attestation letters by Eastern time; an exchange invitation to the minute."""
    told = sentence("go by Eastern time")
    eastern = {key for key, one in KINDS.items() if any(v.clock == "America/Toronto" for v in one.in_force)}
    minute = {key for key, one in KINDS.items() if any(v.to_the_minute for v in one.in_force)}

    assert "Federal Court" in told
    assert {"federal-court", "attestation-letter-expiry"} <= eastern
    assert {key for key in minute if key.startswith("iec-")}
    assert {key.partition("-")[0] for key in eastern} == {"federal", "attestation"}


def test_a_second_application_raises_nothing_by_the_press_alone():
    """What the page calls secondary is secondary in the rules, and there a note."""
    second = [risk for risk in RULEBOOK.risks if risk.id.startswith("second-") and risk.confidence == "secondary"]

    assert "secondary" == row("What does a second application")[2]
    assert [True] * len(second) == [risk.is_note for risk in second]
