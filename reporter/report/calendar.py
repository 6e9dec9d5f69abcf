"""The deadlines at risk as a calendar: one private event a duty, where its filing time runs out. Pure.

No name and no person's id stands in a title or an event's own id; a person is a case number in both. An event
has a beginning and no length: a block of an hour would read as an hour that is still to be had.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event
from pandas import Timestamp

from reporter.model.levels import BY_NAME
from reporter.model.places import zone
from reporter.model.report import Report
from reporter.report.duties import AtRisk, at_risk, is_open, plain
from reporter.report.words import words

BACK_TO_A_WORKING_DAY = {0: 3, 6: 2}  # from a Monday and a Sunday to the Friday; else one day


def calendar(report: Report, *, known: AtRisk | None = None) -> bytes:
    """An event for each duty that is at risk and can still be filed, with a reminder one working day before.

    Takes: known - see `duties.at_risk`.
    """
    w = words("digest", report.language)
    whole = Calendar()
    whole.add("prodid", "-//reporter//EN" if report.language == "en" else "-//reporter//FR")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", w["calendar_name"])
    for duty in filter(is_open, at_risk(report, known)):
        whole.add_component(_event(duty, report))
    return bytes(whole.to_ical())


def _event(row: dict[str, Any], report: Report) -> Event:
    w = words("digest", report.language)
    uid = event_id(str(row["person_id"]), str(row["deadline"]), row["closes_on"])
    level = BY_NAME[row["level"]].word(report.language)
    summary = w["calendar_summary"].format(level=level, title=plain(row["title"]), case=uid[:8])
    at = _runs_out_at(row, report.run.as_of)
    event = Event()
    event.add("uid", f"{uid}@reporter")
    event.add("dtstamp", report.run.as_of.to_pydatetime())
    # NOTE: a client takes a changed event only when its sequence has grown
    event.add("sequence", int(report.run.as_of.timestamp()) // 60)
    event.add("dtstart", at.to_pydatetime())
    event.add("summary", summary)
    event.add("description", _description(row, w))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    event.add_component(_alarm(summary, at.tz_convert(zone(report.office.time_zone))))
    return event


def _runs_out_at(row: dict[str, Any], as_of: Timestamp) -> Timestamp:
    """The last dependable hour; the cut-off itself once that hour has gone by."""
    at: Timestamp = row["last_safe_at"] if row["last_safe_at"] > as_of else row["closes_at"]
    return at


def _description(row: dict[str, Any], w: Mapping[str, str]) -> str:
    person = w["calendar_person"].format(person=plain(row["person_id"]))
    closes = w["closes"].format(when=plain(row["closes_local"]))
    told = [person, closes, plain(row["reason"]), plain(row["action"]), plain(row["cite"])]
    return "\n".join([*(line for line in told if line), "", w["calendar_note"]])


def event_id(person_id: str, deadline: str, closes_on: Timestamp) -> str:
    """The same duty has the same id in every run, so that a calendar replaces its event."""
    return hashlib.sha256(f"{person_id}\n{deadline}\n{closes_on:%Y-%m-%d}".encode()).hexdigest()[:32]


def _alarm(summary: str, local: Timestamp) -> Alarm:
    """A reminder at the same hour one working day before, by the office's calendar; holidays are not known here."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -timedelta(days=BACK_TO_A_WORKING_DAY.get(local.day_of_week, 1)))
    return alarm
