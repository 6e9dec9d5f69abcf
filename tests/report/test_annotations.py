"""Notes beside the findings of the next run: carried, ended when their grounds are gone, and never lost."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_notes import carried_into
from sample_report import AS_OF, sample_report

from reporter.model.report import Note, NoteFields, NoteKey
from reporter.report.mail.digest import digest, digest_facts

EARLIER = "20260907T1100"
WORK, STUDY = "work-permit-renewal", "study-permit-renewal"


def note(said, person="B001", deadline=STUDY, closes_on="2026-09-20", level="high", occurrence=0):
    return Note(NoteKey(person, deadline, occurrence, closes_on, level, "finding", EARLIER), said)


def beside(report, person="B001"):
    rows = report.findings[report.findings["person_id"] == person]
    return rows.iloc[0][["status", "owner", "due_on", "note", "quiet_until"]].to_dict()


def snoozed(until, **more):
    return note(NoteFields("snoozed", due_on=until), **more)


def test_a_note_stands_beside_its_duty():
    """Owner, date, status and words are those that were written."""
    report, carried = carried_into(sample_report(), note(NoteFields("in_progress", "Roy", "2026-09-18", "called")))
    found = beside(report)

    assert ("in_progress", "Roy", pd.Timestamp("2026-09-18"), "called") == tuple(found.values())[:4]
    assert pd.isna(found["quiet_until"])
    assert carried.left.empty


@pytest.mark.parametrize(
    ("until", "level", "status", "quiet"),
    [
        ("2026-09-13", "high", "look_again", None),  # the day before the run
        ("2026-09-14", "high", "look_again", None),  # its day has come
        ("2026-09-15", "high", "snoozed", "2026-09-15"),
        ("2026-09-18", "medium", "look_again", None),  # worse than when it was snoozed
        ("2026-09-18", "critical", "snoozed", "2026-09-18"),  # better than it was
        ("2026-12-01", "high", "snoozed", "2026-09-20"),  # never past the last day itself
        ("", "high", "snoozed", None),  # without a date it keeps nothing quiet
    ],
)
def test_a_snooze_holds_until_its_date_and_while_the_level_does_not_get_worse(until, level, status, quiet):
    """B001 is at the high level, with a last day of 2026-09-20, on 2026-09-14."""
    found = beside(carried_into(sample_report(), snoozed(until, level=level))[0])

    assert status == found["status"]
    assert pd.isna(found["quiet_until"]) if quiet is None else pd.Timestamp(quiet) == found["quiet_until"]


def test_a_decision_about_another_date_is_to_be_looked_at_again():
    """The duty has moved from 2026-08-20: what was filed then says nothing of this one; its words stay."""
    found = beside(carried_into(sample_report(), note(NoteFields("filed", note="receipt"), closes_on="2026-08-20"))[0])

    assert ("look_again", "receipt") == (found["status"], found["note"])


def test_a_note_whose_finding_is_gone_is_listed():
    """Nobody called Z999 has a finding; the words are kept with whose they were."""
    _, carried = carried_into(sample_report(), note(NoteFields(note="left in May"), person="Z999"))

    assert [("Z999", "left in May", "gone")] == list(
        carried.left[["person_id", "note", "why"]].itertuples(index=False, name=None)
    )


def test_a_note_on_a_duty_no_longer_at_risk_is_kept_with_those_left():
    """D001 is at the low level, which no sheet to write in shows: the note would be lost beside it."""
    row = sample_report().findings.query("person_id == 'D001'").iloc[0]
    key = {"person": "D001", "deadline": row["deadline"], "closes_on": f"{row['closes_on']:%Y-%m-%d}"}
    _, carried = carried_into(sample_report(), note(NoteFields(note="done"), **key))

    assert "low" == row["level"]
    assert ["done"] == carried.left["note"].tolist()


def test_levels_are_the_same_with_and_without_decisions():
    """A snooze changes no level and takes no row away."""
    plain = sample_report()
    quiet, _ = carried_into(plain, snoozed("2026-09-19"))

    assert plain.findings["level"].tolist() == quiet.findings["level"].tolist()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_digest_keeps_quiet_about_a_snoozed_duty_and_says_so(language):
    """Its line is gone from text and HTML, one sentence says until when, and the counts are as before."""
    plain = sample_report(language)
    quiet, _ = carried_into(plain, snoozed("2026-09-19"))
    told, before = digest(quiet), digest(plain)
    when = {"en": "Sep\u00a019, 2026", "fr": "19\u00a0sept.\u00a02026"}[language]

    assert "B001" in before.text
    assert "B001" not in told.text + told.html
    assert when in digest_facts(quiet)["snoozed"]
    assert digest_facts(plain)["since"] == digest_facts(quiet)["since"]


KEYS = st.tuples(
    st.sampled_from(["A001", "B001", "B004", "D000", "Z999"]),
    st.sampled_from([STUDY, WORK, "pgwp-application", "document-request"]),
    st.sampled_from(["2026-09-20", "2026-09-15", "2026-01-01", ""]),
)


@settings(max_examples=25, deadline=None)
@given(keys=st.sets(KEYS, max_size=12))
def test_no_note_is_lost_and_none_stands_twice(keys):
    """Every note is beside one finding or among those left, whatever the duties are."""
    notes = [note(NoteFields(note=f"n{n}"), *key) for n, key in enumerate(sorted(keys))]
    _, carried = carried_into(SAMPLE, *notes)
    kept = [*carried.beside["note"][carried.beside["note"] != ""], *carried.left["note"]]

    assert sorted(f"n{n}" for n in range(len(notes))) == sorted(kept)


SAMPLE = sample_report()
assert AS_OF == SAMPLE.run.as_of
