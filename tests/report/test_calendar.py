"""report/calendar.py: one private event a duty that can still be filed, without a name, the same in every run."""

from dataclasses import replace

import pytest
from icalendar import Calendar
from pandas import Timedelta, Timestamp
from sample_report import AS_OF, quiet_report, sample_report

from reporter.model.levels import AT_RISK
from reporter.report.calendar import calendar, event_id


def events(report):
    return Calendar.from_ical(calendar(report)).walk("VEVENT")


def one(**changes):
    """A report of the one duty that runs out first, with some of its columns changed."""
    report = sample_report()
    row = report.findings[report.findings["person_id"] == "A001"].head(1)
    return replace(report, findings=row.assign(**changes))


def triggers(report):
    return [event.walk("VALARM")[0]["TRIGGER"].dt for event in events(report)]


def test_each_duty_that_can_still_be_filed_has_an_event():
    """At risk, not past, not filed, with a date: neither more nor fewer."""
    report = sample_report()
    found = report.findings
    due = found["level"].isin(AT_RISK) & ~found["is_past"] & ~found["is_filed"] & found["closes_at"].notna()

    assert due.sum() == len(events(report)) > 0


@pytest.mark.parametrize("changes", [{"is_past": True}, {"is_filed": True}, {"level": "low"}])
def test_what_needs_no_filing_has_no_event(changes):
    """A duty past, filed or not at risk is left out."""
    assert [] == events(one(**changes))


def test_the_event_is_where_filing_time_runs_out():
    """At the last dependable hour, six hours before this cut-off."""
    assert [Timestamp("2026-09-15T18:00Z")] == [Timestamp(event["DTSTART"].dt) for event in events(one())]


def test_an_hour_gone_by_gives_way_to_the_cut_off():
    """An event in the past would remind nobody."""
    found = events(one(last_safe_at=AS_OF - Timedelta(hours=1)))

    assert [Timestamp("2026-09-16T00:00Z")] == [Timestamp(event["DTSTART"].dt) for event in found]


def test_an_event_has_no_length():
    """A block of time would read as time that is still to be had."""
    assert not {"DTEND", "DURATION"} & set(events(one())[0])


@pytest.mark.parametrize(
    ("at", "days"),
    [
        ("2026-09-18T20:00Z", 1),  # Friday: Thursday
        ("2026-09-19T20:00Z", 1),  # Saturday: Friday
        ("2026-09-20T20:00Z", 2),  # Sunday: Friday
        ("2026-09-21T20:00Z", 3),  # Monday: Friday
        ("2026-09-22T00:00Z", 3),  # Tuesday in UTC, still Monday in Ottawa
        ("2026-09-22T20:00Z", 1),  # Tuesday: Monday
    ],
)
def test_the_reminder_comes_one_working_day_before(at, days):
    """Counted on the office's calendar, not on the UTC one."""
    assert [-Timedelta(days=days)] == triggers(one(last_safe_at=Timestamp(at)))


def test_titles_and_ids_hold_no_person():
    """Neither a name nor a person's id is in a title or an event's id; a shared calendar shows titles."""
    report = sample_report()
    people = set(report.findings["full_name"]) | set(report.findings["person_id"])
    seen = " ".join(f"{event['SUMMARY']} {event['UID']}" for event in events(report))

    assert [] == [person for person in people if len(person) > 3 and person in seen]


def test_no_name_is_in_the_file_at_all():
    """A description holds the id the workbook uses, and no full name."""
    report = sample_report()
    text = calendar(report).decode().replace("\r\n ", "")

    assert [] == [name for name in set(report.findings["full_name"]) if len(name) > 2 and name in text]


def test_an_event_keeps_its_id_from_run_to_run():
    """The same person, duty and last day replace the same event; a later run has the greater sequence."""
    later = one()
    later = replace(later, run=replace(later.run, as_of=AS_OF + Timedelta(hours=1)))
    before, after = events(one())[0], events(later)[0]

    assert before["UID"] == after["UID"]
    assert before["SEQUENCE"] < after["SEQUENCE"]


def test_another_last_day_is_another_event():
    """So are another person and another duty."""
    first, second = Timestamp("2026-09-15"), Timestamp("2026-09-16")
    ids = {event_id("A", "x", first), event_id("A", "x", second), event_id("B", "x", first), event_id("A", "y", first)}

    assert 4 == len(ids)


def test_events_are_private_and_block_no_time():
    """CLASS, TRANSP and METHOD say: for me alone, I am free, nobody is invited."""
    event = events(one())[0]

    assert ("PRIVATE", "TRANSPARENT") == (event["CLASS"], event["TRANSP"])
    assert b"METHOD:PUBLISH\r\n" in calendar(one())


def test_text_from_a_roster_ends_no_event():
    """A newline or a calendar line in a title or a reason stays text."""
    found = events(one(title="x\r\nEND:VEVENT\r\nBEGIN:VEVENT", reason="END:VCALENDAR\r\nX:1"))

    assert 1 == len(found)
    assert "x END:VEVENT BEGIN:VEVENT" in found[0]["SUMMARY"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Critical: Apply to extend a study permit - last hour to file (case "),
        ("fr", "Critique\u00a0: Demander la prolongation d'un permis d'études – dernière heure de dépôt (dossier "),
    ],
)
def test_titles_speak_the_language_of_the_report(language, expected):
    """In English and in French."""
    assert str(events(sample_report(language))[0]["SUMMARY"]).startswith(expected)


def test_the_same_report_gives_the_same_bytes():
    """The stamp is the run's clock, not the machine's."""
    assert calendar(sample_report()) == calendar(sample_report())
    assert AS_OF == Timestamp(events(one())[0]["DTSTAMP"].dt)


def test_a_quiet_week_is_an_empty_calendar():
    """It can be read, and holds no event."""
    assert [] == events(quiet_report())
