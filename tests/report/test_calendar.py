"""One private event a duty that can still be filed, without a name, the same in every run."""

import pytest
from icalendar import Calendar
from msgspec.structs import replace
from pandas import Series, Timedelta, Timestamp
from sample_report import AS_OF, quiet_report, sample_report

from reporter.model.levels import AT_RISK
from reporter.model.shapes import EVENTS
from reporter.report import calendar as room
from reporter.report.calendar import agenda, event_id


def held(report, before=None):
    """The agenda of a report whose every row goes to one reader."""
    findings = report.findings.assign(occurrence=0)
    readers = Series("unit-1", index=findings.index, dtype="str")
    return agenda(findings, readers, report.run.as_of, EVENTS.empty() if before is None else before.events)


def calendar(report, before=None):
    return room.calendar(report, held(report, before))


def events(report, before=None):
    """The events of a report; `before` is the agenda that was told last time."""
    return Calendar.from_ical(calendar(report, before)).walk("VEVENT")


def a_week_later(report):
    return replace(report, run=replace(report.run, as_of=AS_OF + Timedelta(hours=12)))


def without(report):
    return replace(report, findings=report.findings.head(0))


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
    due = (
        found["level"].isin(AT_RISK) & ~found["is_past"] & (found["disposition"] == "open") & found["closes_at"].notna()
    )

    assert due.sum() == len(events(report)) > 0


@pytest.mark.parametrize("changes", [{"is_past": True}, {"disposition": "in_time"}, {"level": "low"}])
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


def test_where_nothing_is_filed_the_event_is_a_day():
    """A trip is on a date: no hour of it is told, and no hour to file."""
    event = events(one(last_safe_local=None))[0]

    assert one().findings["closes_on"].iloc[0].date() == event["DTSTART"].dt
    assert "file" not in event["SUMMARY"]


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


def test_an_event_that_says_the_same_stays_as_it_is():
    """The same duty in a later run has the same id and the same sequence, although a day less is left."""
    before, after = events(one())[0], events(a_week_later(one()), held(one()))[0]

    assert (before["UID"], before["SEQUENCE"]) == (after["UID"], after["SEQUENCE"])
    assert before["DTSTAMP"].dt < after["DTSTAMP"].dt


@pytest.mark.parametrize(
    "changes",
    [
        {"last_safe_at": Timestamp("2026-09-15T10:00Z")},
        {"closes_at": Timestamp("2026-09-18T00:00Z"), "last_safe_at": Timestamp("2026-09-18T00:00Z")},
        {"level": "high"},
        {"outages": "another"},
    ],
)
def test_an_event_that_says_something_else_replaces_the_old_one(changes):
    """Another hour, another last day, another level, another outage: the same id with a greater sequence."""
    before, after = events(one())[0], events(a_week_later(one(**changes)), held(one()))[0]

    assert before["UID"] == after["UID"]
    assert before["SEQUENCE"] < after["SEQUENCE"]


def test_a_change_within_a_minute_counts():
    """Two runs of one instant, the second of which knows of another outage."""
    before, after = events(one())[0], events(one(outages="another"), held(one()))[0]

    assert before["SEQUENCE"] < after["SEQUENCE"]


@pytest.mark.parametrize("changes", [{"disposition": "in_time"}, {"level": "low"}, {"person_id": "Z999"}])
def test_what_was_told_and_is_no_longer_so_is_cancelled(changes):
    """Filed, no longer at risk, no longer listed: the old event comes again, cancelled, with a greater sequence."""
    before = events(one())[0]
    after = next(e for e in events(a_week_later(one(**changes)), held(one())) if e["UID"] == before["UID"])

    assert ("CANCELLED", before["DTSTART"].dt) == (after["STATUS"], after["DTSTART"].dt)
    assert before["SEQUENCE"] < after["SEQUENCE"]


def test_a_cancelled_event_is_told_again_as_it_was():
    """Who missed one mail hears of it in the next; nothing changes in the calendar of who did not."""
    first = held(a_week_later(without(one())), held(one()))
    again = held(a_week_later(without(one())), first)

    assert first.events.to_dict("records") == again.events.to_dict("records")


def test_an_event_whose_hour_has_gone_by_is_not_cancelled():
    """It was true in its time."""
    told = held(one())
    late = replace(without(one()), run=replace(one().run, as_of=Timestamp("2026-09-15T18:00Z")))

    assert [] == events(late, told)


def test_an_event_comes_back_when_its_duty_does():
    """Cancelled last time and at risk again: confirmed, with a greater sequence than the cancelling."""
    cancelled = held(a_week_later(without(one())), held(one()))
    back = events(a_week_later(one()), cancelled)[0]

    assert "CONFIRMED" == back["STATUS"]
    assert cancelled.events["sequence"].max() < back["SEQUENCE"]


def test_a_duty_that_went_to_another_reader_is_cancelled_for_the_first_only():
    """The office, which sees everything, still has it."""
    report = one()
    before = held(report)
    findings = report.findings.assign(occurrence=0)
    now = agenda(findings, Series("unit-2", index=findings.index, dtype="str"), AS_OF, before.events)

    assert (1, 0, 0) == tuple(len(now.taken_back(slug)) for slug in ("unit-1", "unit-2", None))


def test_each_person_duty_and_occurrence_has_an_id_of_its_own():
    """A person may have two duties of one kind."""
    assert 4 == len({event_id("A", "x", 0), event_id("A", "x", 1), event_id("B", "x", 0), event_id("A", "y", 0)})


def test_an_address_for_an_id_is_not_written():
    """An office whose key of a person is an e-mail address has it nowhere in a calendar."""
    assert b"@example.org" not in calendar(one(person_id="ana.bel@example.org")).replace(b"\r\n ", b"")


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
