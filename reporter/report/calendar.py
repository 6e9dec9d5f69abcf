"""The deadlines at risk as a calendar: one private event a duty, where its filing time runs out. Pure.

No name and no person's id stands in a title or an event's own id; a person is a case number in both. An event
has a beginning and no length: a block of an hour would read as an hour that is still to be had.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event
from pandas import Timestamp

from reporter.model.levels import BY_NAME
from reporter.model.report import Report
from reporter.report.agenda import Agenda
from reporter.report.duties import AtRisk, Fact, at_risk, has_hour, plain
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

BACK_TO_A_WORKING_DAY = {0: 3, 6: 2}  # from a Monday and a Sunday to the Friday; else one day


def calendar(report: Report, agenda: Agenda, *, known: AtRisk | None = None) -> bytes:
    """An event for each duty that is at risk and can still be filed, and the events that are taken back.

    Takes: agenda - of the whole; known - see `duties.at_risk`.
    """
    w = words("digest", report.language)
    whole = Calendar()
    whole.add("prodid", "-//reporter//EN" if report.language == "en" else "-//reporter//FR")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", w["calendar_name"])
    for duty in at_risk(report, known):
        if event := agenda.live.get(duty["place"]):
            whole.add_component(_event(duty, event, report))
    for event in agenda.taken_back(report.recipient.slug if report.recipient else None):
        whole.add_component(_cancelled(event, report))
    return bytes(whole.to_ical())


def _event(row: dict[str, Any], known: Fact, report: Report) -> Event:
    """One duty, with a reminder one working day before."""
    w = words("digest", report.language)
    level = BY_NAME[row["level"]].word(report.language)
    key = "calendar_summary" if has_hour(row) else "calendar_summary_day"
    summary = w[key].format(level=level, title=plain(row["title"]), case=_case(known))
    event = _begun(known, summary, "CONFIRMED", report)
    if not has_hour(row):
        event.DTSTART = row["closes_on"].date()  # a day of the calendar, not an hour of it
    event.add("description", _description(row, w))
    event.add_component(_alarm(summary, known["starts_at"].tz_convert(zone(report.office.time_zone))))
    return event


def _cancelled(known: Fact, report: Report) -> Event:
    """An event that a calendar takes out again: the duty was filed, moved away or is no longer at risk."""
    w = words("digest", report.language)
    return _begun(known, w["calendar_cancelled"].format(case=_case(known)), "CANCELLED", report)


def _begun(known: Fact, summary: str, status: str, report: Report) -> Event:
    event = Event()
    event.add("uid", f"{known['uid']}@reporter")
    event.add("dtstamp", report.run.as_of.to_pydatetime())
    # NOTE: a client takes a changed event only when its sequence has grown
    event.add("sequence", int(known["sequence"]))
    event.add("dtstart", known["starts_at"].to_pydatetime())
    event.add("summary", summary)
    event.add("status", status)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event


def _case(known: Fact) -> str:
    return str(known["uid"])[:8]


def _description(row: dict[str, Any], w: Mapping[str, str]) -> str:
    """What is due and why; the office's own key of the person, unless that key is an address."""
    person_id = plain(row["person_id"])
    person = "" if "@" in person_id else w["calendar_person"].format(person=person_id)
    closes = w["closes"].format(when=plain(row["closes_local"])) if has_hour(row) else ""
    told = [person, closes, plain(row["reason"]), plain(row["action"]), plain(row["cite"])]
    return "\n".join([*(line for line in told if line), "", w["calendar_note"]])


def _alarm(summary: str, local: Timestamp) -> Alarm:
    """A reminder at the same hour one working day before, by the office's calendar; holidays are not known here."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -timedelta(days=BACK_TO_A_WORKING_DAY.get(local.day_of_week, 1)))
    return alarm
