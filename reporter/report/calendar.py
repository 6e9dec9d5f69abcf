"""The deadlines at risk as a calendar: one private event a duty, where its filing time runs out. Pure.

No name and no person's id stands in a title or an event's own id; a person is a case number in both. An event
has a beginning and no length: a block of an hour would read as an hour that is still to be had.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import AT_RISK, BY_NAME, still_to_file
from reporter.model.report import OFFICE_SLUG, Report
from reporter.model.shapes import EVENTS
from reporter.report.people import AtRisk, Fact, at_risk, has_filing_hour, is_of_institution, one_line, row_dicts
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

MARKED = ("starts_at", "closes_at", "level", "rule", "outages")
"""What a reader would want to be told of again. The days left are not among it: they change with every run."""


class Agenda(Struct, frozen=True):
    """The events by the place of their finding, those taken back by recipient, and both as EVENTS to remember."""

    live: Mapping[int, Fact]
    cancelled: Mapping[str, tuple[Fact, ...]]
    events: DataFrame

    def taken_back(self, slug: str | None) -> tuple[Fact, ...]:
        """The cancelled events of one recipient; of all for None, without those that only went to another reader."""
        if slug is not None:
            return self.cancelled.get(slug, ())
        live = {event["uid"] for event in self.live.values()}
        gone = {e["uid"]: e for events in self.cancelled.values() for e in events if e["uid"] not in live}
        return tuple(gone[uid] for uid in sorted(gone))


def agenda(findings: DataFrame, readers: Series, as_of: Timestamp, before: DataFrame) -> Agenda:
    """The events of these findings, and the cancelled ones that have not gone by.

    Takes: TOLD with `occurrence` beside; `readers`: the slug of each finding's recipient; EVENTS of the run before.
    """
    now = _events(findings, readers, as_of)
    live, cancelled = _numbered(now, before, as_of), _cancelled_events(now, before, as_of)
    by_reader = {str(slug): tuple(row_dicts(rows)) for slug, rows in cancelled.groupby("recipient", sort=True)}
    return Agenda(
        live=dict(zip(live.index.tolist(), row_dicts(live), strict=True)),
        cancelled=by_reader,
        events=pd.concat([live, cancelled], ignore_index=True) if len(cancelled) else live.reset_index(drop=True),
    )


def event_id(person_id: str, deadline: str, occurrence: int) -> str:
    """The same duty has the same id in every run, so that a calendar replaces its event."""
    return _digest(f"{person_id}\n{deadline}\n{occurrence}")


def _events(findings: DataFrame, readers: Series, as_of: Timestamp) -> DataFrame:
    is_open = findings["level"].isin(AT_RISK) & still_to_file(findings)
    rows = findings[is_open & findings["last_safe_at"].notna()]
    # the last dependable hour; the cut-off itself once that hour has gone by
    rows = rows.assign(starts_at=rows["last_safe_at"].where(rows["last_safe_at"] > as_of, rows["closes_at"]))
    said = rows[list(MARKED)].astype("str").agg("|".join, axis=1) if len(rows) else Series(dtype="str")
    keys = zip(rows["person_id"], rows["deadline"], rows["occurrence"], strict=True)
    frame = rows[["starts_at"]].assign(
        recipient=readers.loc[rows.index],
        uid=[event_id(*key) for key in keys],
        sequence=0,
        mark=[_digest(text)[:16] for text in said],
        is_cancelled=False,
    )
    return EVENTS.cast(frame)


def _numbered(now: DataFrame, before: DataFrame, as_of: Timestamp) -> DataFrame:
    """Each event with its sequence: that of last time where nothing changed, else a greater one."""
    known = before.set_index(["recipient", "uid"])[["sequence", "mark", "is_cancelled"]]
    was = known.reindex(pd.MultiIndex.from_frame(now[["recipient", "uid"]]))
    is_same = (was["mark"].to_numpy() == now["mark"].to_numpy()) & (was["is_cancelled"] == False).to_numpy()  # noqa: E712
    last = was["sequence"].fillna(0).to_numpy(dtype=np.int64)
    return now.assign(sequence=np.where(is_same, last, np.maximum(_minutes(as_of), last + 1)))


def _cancelled_events(now: DataFrame, before: DataFrame, as_of: Timestamp) -> DataFrame:
    """What was told and is no longer so; told again until its hour has gone by, for who missed it."""
    ahead = before[before["starts_at"] > as_of]
    told = pd.MultiIndex.from_frame(ahead[["recipient", "uid"]])
    gone = ahead[~told.isin(pd.MultiIndex.from_frame(now[["recipient", "uid"]]))]
    sequence = gone["sequence"].where(gone["is_cancelled"], np.maximum(gone["sequence"] + 1, _minutes(as_of)))
    return EVENTS.cast(gone.assign(sequence=sequence, is_cancelled=True).sort_values(["recipient", "uid"]))


def _minutes(as_of: Timestamp) -> int:
    return int(as_of.timestamp()) // 60


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


BACK_TO_A_WORKING_DAY = {0: 3, 6: 2}  # from a Monday and a Sunday to the Friday; else one day


def calendar(report: Report, agenda: Agenda, *, known: AtRisk | None = None) -> bytes:
    """An event for each duty that is at risk and can still be filed, and the events that are taken back.

    Takes: agenda - of the whole; known - see `people.at_risk`.
    """
    reader = report.recipient.slug if report.recipient else OFFICE_SLUG
    duties = [(duty, live) for duty in at_risk(report, known) if (live := agenda.live.get(duty["place"]))]
    events = [_event(duty, live, report) for duty, live in duties]
    # the office has everybody's
    events += [_cancelled(event, report) for event in agenda.taken_back(None if reader == OFFICE_SLUG else reader)]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//reporter//{report.language.upper()}", "METHOD:PUBLISH"]
    named = f"X-WR-CALNAME:{_escaped(words('digest', report.language)['calendar_name'])}"
    return b"\r\n".join([*map(_folded, [*head, named, *chain.from_iterable(events), "END:VCALENDAR"]), b""])


LONGEST_LINE = 74  # bytes


def _folded(line: str) -> bytes:
    """The line as RFC 5545 wants a long one: on several, no sign and no escape cut in two."""
    lines, rest = [], line.encode()
    while len(rest) > LONGEST_LINE:
        end = LONGEST_LINE
        while rest[end] & 0xC0 == 0x80:  # within a sign of several bytes
            end -= 1
        end -= rest[end - 1 : end] in (b"\\", b"^")
        lines.append(rest[:end])
        rest = rest[end:]
    return b"\r\n ".join([*lines, rest])


def _escaped(text: str) -> str:
    r"""The text as RFC 5545 wants it: `a, b` as `a\, b`, and what follows on another line behind `\n`."""
    return text.replace("\\", "\\\\").replace(";", r"\;").replace(",", r"\,").replace("\n", r"\n")


def _event(row: dict[str, Any], known: Fact, report: Report) -> list[str]:
    """One duty, with a reminder one working day before."""
    w = words("digest", report.language)
    level = BY_NAME[row["level"]].word(report.language)
    key = "calendar_summary" if has_filing_hour(row) else "calendar_summary_day"
    summary = w[key].format(level=level, title=one_line(row["title"]), case=_case(known))
    # of what has no hour to file before: a day of the calendar, not an hour of it
    starts = "" if has_filing_hour(row) else f"DTSTART;VALUE=DATE:{row['closes_on']:%Y%m%d}"
    local = known["starts_at"].tz_convert(zone(report.office.time_zone))
    told = [f"DESCRIPTION:{_escaped(_description(row, w))}"]
    return _lines(known, summary, "CONFIRMED", report, starts=starts, told=told, alarm=_alarm(summary, local))


def _cancelled(known: Fact, report: Report) -> list[str]:
    """An event that a calendar takes out again: the duty was filed, moved away or is no longer at risk."""
    w = words("digest", report.language)
    return _lines(known, w["calendar_cancelled"].format(case=_case(known)), "CANCELLED", report)


def _lines(
    known: Fact,
    summary: str,
    status: str,
    report: Report,
    *,
    starts: str = "",
    told: Sequence[str] = (),
    alarm: Sequence[str] = (),
) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"SUMMARY:{_escaped(summary)}",
        starts or f"DTSTART:{known['starts_at']:{INSTANT}}",
        f"DTSTAMP:{report.run.as_of:{INSTANT}}",
        f"UID:{known['uid']}@reporter",
        f"SEQUENCE:{int(known['sequence'])}",  # a client takes a changed event only when it has grown
        "CLASS:PRIVATE",
        *told,
        f"STATUS:{status}",
        "TRANSP:TRANSPARENT",
        *alarm,
        "END:VEVENT",
    ]


INSTANT = "%Y%m%dT%H%M%SZ"  # of an instant in UTC


def _case(known: Fact) -> str:
    return str(known["uid"])[:8]


def _description(row: dict[str, Any], w: Mapping[str, str]) -> str:
    """What is due and why; the office's own key of the person, unless that key is an address."""
    person_id = one_line(row["person_id"])
    key = "calendar_duty" if is_of_institution(row) else "calendar_person"
    person = "" if "@" in person_id else w[key].format(person=person_id)
    closes = w["closes"].format(when=one_line(row["closes_local"])) if has_filing_hour(row) else ""
    told = [person, closes, one_line(row["reason"]), one_line(row["action"]), one_line(row["cite"])]
    return "\n".join([*(line for line in told if line), "", w["calendar_note"]])


def _alarm(summary: str, local: Timestamp) -> list[str]:
    """A reminder at the same hour one working day before, by the office's calendar; holidays are not known here."""
    before = f"TRIGGER:-P{BACK_TO_A_WORKING_DAY.get(local.day_of_week, 1)}D"
    return ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_escaped(summary)}", before, "END:VALARM"]
