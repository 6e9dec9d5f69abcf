"""The lines of a mail: whom to see to, at most eight, one entry each; and what was or will be down. Pure.

Of the others the mail says how many there are at which level. What is down now comes first, then what is ahead.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
from msgspec import Struct
from pandas import Timestamp

from reporter.model.levels import NAMES, UNSETTLED
from reporter.model.report import Report
from reporter.report.people import (
    OUTAGE_COLUMNS,
    WEEK_DAYS,
    Fact,
    Facts,
    PersonAtRisk,
    badge,
    civil_day,
    has_filing_hour,
    is_date_uncertain,
    is_open,
    is_quiet,
    is_weighed_first,
    is_within_week,
    link,
    one_line,
    people_at_risk,
    row_dicts,
    today_of,
)
from reporter.text import formats
from reporter.text.catalogue import count_sentence, counted, words
from reporter.text.time_zones import zone

SHOWN = 8
A_MINUTE = 1 / 60
WITH_CUT_OFF = ("file_before_outage", "cut_off_outage", "hour_gone")
WITH_HOUR = ("file_before", "cut_off", *WITH_CUT_OFF)
"""The standings that name an hour, and those that name the cut-off beside it."""

_SHORTEST_DAY = pd.Timedelta(hours=23)
OUTAGES = 3
TENSES = ("down", "announced", "over")


def todo(duties: list[Fact], report: Report, most: int = SHOWN) -> tuple[list[Fact], str]:
    """The first people to see to, each as the words of an entry; and the others, counted by level.

    Whoever the office asked not to hear of again for now is neither; the digest counts them in a line of its own.
    """
    told = [(person, lead) for person in people_at_risk(duties, today_of(report)) if (lead := _spoken(person))]
    shown, rest = told[:most], [person for person, _ in told[most:]]
    entries = [{"number": n, **_entry(person, lead, report)} for n, (person, lead) in enumerate(shown, start=1)]
    return _said_once(entries, report), _rest(rest, report)


def _said_once(entries: list[Fact], report: Report) -> list[Fact]:
    """An action that stands above with its provision is told by the number of that entry, and so is what was granted;
    an address is given once, and a title is not said again in the next entry of its level.
    """
    w = words("people", report.language)
    first: dict[tuple[str, str], int] = {}
    granted: dict[str, int] = {}
    linked: dict[str, int] = {}
    told: list[Fact] = []
    for entry in entries:
        number = entry["number"]
        above = first.setdefault((entry["action"], entry["cite"]), number)
        same = w["same"].format(n=above) if entry["action"] and above != number else ""
        relief = entry["relief"]
        if relief and (before := granted.setdefault(relief, number)) != number:
            relief = w["same"].format(n=before)
        beside = {
            "is_linked_above": linked.setdefault(entry["link"], number) != number,
            "is_titled_above": bool(told) and all(told[-1][name] == entry[name] for name in ("title", "level")),
        }
        told.append(entry | {"same": same, "relief": relief} | beside)
    return told


def _spoken(person: PersonAtRisk) -> Fact | None:
    """The duty a person is told by: the first that is not snoozed."""
    return next((duty for duty in person.duties if not is_quiet(duty)), None)


def _entry(person: PersonAtRisk, lead: Fact, report: Report) -> Fact:
    standing, marks = stands(lead, report), remarks_beside(person, lead, report)
    return {
        "level": badge(person.level, report.language),
        "person": called(person, report),
        "title": one_line(lead["title"]),
        "stands": standing,
        "marks": marks,
        "standing": ", ".join([standing, *marks]),
        "action": one_line(lead["action"]),
        "is_touched": bool(one_line(lead["outages"])),
        "relief": one_line(lead["relief"]),
        "cite": one_line(lead["cite"]),
        "link": link(lead["link"]),
    }


def remarks_beside(person: PersonAtRisk, lead: Fact, report: Report) -> list[str]:
    """What has to be known beside how a person's duty stands, and how many others of theirs are at risk."""
    w = words("people", report.language)
    others = sum(duty is not lead and not is_quiet(duty) for duty in person.duties)
    more = [counted(w, "other_duties", others, report.language)] if others else []
    return [*_marks(lead, report, w), *more]


def called(person: PersonAtRisk, report: Report) -> str:
    """How the reader wants people called in the text of a mail: by id, initials or name; the id where there is none."""
    how = report.recipient.called if report.recipient else "id"
    name = one_line(person.lead.get("full_name"))
    if how == "id" or not name or person.is_own:
        return one_line(person.person_id)
    if how == "name":
        return f"{name} ({one_line(person.person_id)})"
    initials = ".".join(part[0].upper() for part in name.replace("-", " ").split() if part[0].isalpha())
    return f"{initials}. ({one_line(person.person_id)})" if initials else one_line(person.person_id)


class AskedAt(Struct, frozen=True):
    """When, where and in which language somebody asks how a duty stands."""

    as_of: Timestamp
    office_zone: str
    language: str

    @property
    def civil_day(self) -> Timestamp:
        """The civil day on the office's calendar."""
        return civil_day(self.as_of, self.office_zone)


def stands(duty: Fact, report: Report) -> str:
    """How the duty stands, as what follows its title: until which hour, or what became of it."""
    return standing_of(duty, AskedAt(report.run.as_of, report.office.time_zone, report.language))


def standing_of(duty: Mapping[Any, Any], at: AskedAt) -> str:
    """The same for whoever asks of one duty alone."""
    w = words("people", at.language)
    if pd.isna(duty["closes_on"]):
        return w["stands_undated"]
    closes, over = (formats.day_in_year(duty[name], at.civil_day, at.language) for name in ("closes_on", "over_on"))
    key = _standing(duty, at.as_of)
    hour = _hour(duty, duty["last_safe_at"], at) if key in WITH_HOUR else ""
    cut_off = _cut_off(duty, at) if key in WITH_CUT_OFF else ""
    left = _left(duty, at, w) if key in ("file_before", "cut_off", "on_day") else ""
    said = w[f"stands_{key}"].format(closes=closes, over=over, hour=hour, cut_off=cut_off) + left
    return w[f"again_{duty['disposition']}"].format(stands=said) if _is_to_file_again(duty) else said


def _is_to_file_again(duty: Mapping[Any, Any]) -> bool:
    """Whether what was filed counts for nothing, and the date is ahead: then its hour is told, as of any other."""
    return duty["disposition"] in UNSETTLED and is_open(duty)


def _standing(duty: Mapping[Any, Any], as_of: Timestamp) -> str:
    if duty["disposition"] in UNSETTLED and not is_open(duty):
        is_doubtful = duty["disposition"] == "late" and is_date_uncertain(duty)
        return "doubtful_late" if is_doubtful else str(duty["disposition"])
    if duty["disposition"] == "in_time":
        return "filed"
    if not has_filing_hour(duty) or pd.isna(duty["last_safe_at"]):
        return "was_on_day" if duty["is_past"] else "on_day"
    if duty["is_past"]:
        return "careful" if not duty["is_over"] else "doubtful" if is_date_uncertain(duty) else "ended"
    if duty["last_safe_at"] <= as_of:
        return "hour_gone"
    key = "cut_off" if is_weighed_first(duty) else "file_before"
    return key if duty["last_safe_at"] == duty["closes_at"] else f"{key}_outage"


def _hour(duty: Mapping[Any, Any], instant: Timestamp, at: AskedAt) -> str:
    place = duty["time_zone"] if isinstance(duty["time_zone"], str) else at.office_zone
    return formats.placed_clock(instant, zone(place), at.civil_day, at.language)


def _cut_off(duty: Mapping[Any, Any], at: AskedAt) -> str:
    """The cut-off beside the last dependable hour: its own hour alone where both are on one day."""
    place = zone(duty["time_zone"] if isinstance(duty["time_zone"], str) else at.office_zone)
    closes, safe = (duty[name].tz_convert(place) for name in ("closes_at", "last_safe_at"))
    is_same_day = closes.date() == safe.date()
    return formats.hour(closes, at.language) if is_same_day else _hour(duty, duty["closes_at"], at)


def _left(duty: Mapping[Any, Any], at: AskedAt, w: Mapping[str, str]) -> str:
    """How long that is, in brackets; nothing within a week, of which the day of the week tells as much."""
    days = duty["left_days"]
    return (
        "" if pd.isna(days) or days <= WEEK_DAYS else w["left"].format(days=counted(w, "day", int(days), at.language))
    )


def _marks(duty: Fact, report: Report, w: Mapping[str, str]) -> list[str]:
    """What has to be known beside the date: hours lost, the way in down, a date that may be another."""
    # of somebody with more than a week, the outage stands in its own line below
    is_near = not duty["is_filed"] and is_within_week(duty)
    is_told = _standing(duty, report.run.as_of) in WITH_CUT_OFF  # that an outage takes the cut-off
    is_down = duty["is_down"] and is_near and is_open(duty) and not is_told
    told = {
        "lost": is_near and duty["lost_72h"] > _hours_ahead(duty, report) + A_MINUTE,
        "down_maybe": is_down and not duty["is_down_confirmed"],
        "down": is_down and duty["is_down_confirmed"],
        "weekend": is_near and bool(duty["is_weekend"]) and not duty["is_past"],
        "uncertain": is_date_uncertain(duty),
    }
    lost = formats.span(duty["lost_72h"]) if told["lost"] else ""
    return [w[f"mark_{key}"].format(lost=lost) for key, holds in told.items() if holds]


def _hours_ahead(duty: Fact, report: Report) -> float:
    """The hours lost of which the standing tells already: those from the last dependable hour to the cut-off."""
    if _standing(duty, report.run.as_of) not in WITH_CUT_OFF:
        return 0.0
    return float((duty["closes_at"] - duty["last_safe_at"]) / pd.Timedelta(hours=1))


def _rest(people: Sequence[PersonAtRisk], report: Report) -> str:
    """Who is not shown, by level, and where they stand; whoever has no duty has a row to correct, told beside."""
    if not people:
        return ""
    w, levels = words("people", report.language), Counter(person.level for person in people)
    of_levels = words("digest", report.language)
    told = ", ".join(counted(of_levels, name, levels[name], report.language) for name in NAMES if levels[name])
    sheet = words("workbook", report.language)["sheet_at_risk"]
    return w["more"].format(counts=told, sheet=sheet)


def relied_outages(report: Report, known: Facts | None = None) -> list[Fact]:
    """The outages relied on, with what their lines are made of. Takes: known - those of the whole, if it is known."""
    return known.of(report.outages) if known else row_dicts(report.outages, OUTAGE_COLUMNS)


def outage_lines(report: Report, rows: list[Fact], most: int = OUTAGES) -> tuple[list[Fact], str]:
    """The first of the outages relied on, each as the words of its line, and how many more the workbook has."""
    rows = sorted(rows, key=lambda row: _order(row, report))
    ahead = sum(_tense(row, report) != "over" for row in rows)
    shown = rows[: min(most, max(ahead, most - 1))]  # what is over takes no third line
    return [_line(row, report) for row in shown], _outages_left(rows[len(shown) :], report)


def _outages_left(rows: list[Fact], report: Report) -> str:
    """How many outages have no line: that they are over where all are, else the sheet on which they are found."""
    if not rows:
        return ""
    w = words("people", report.language)
    if all(_tense(row, report) == "over" for row in rows):
        what = w["outages_over_one" if len(rows) == 1 else "outages_over_other"]
    else:
        what = w["outages_listed"].format(sheet=words("workbook", report.language)["sheet_evidence"])
    return count_sentence(w, "more_outages", len(rows), report.language, what=what)


def needs_evidence(report: Report, rows: list[Fact], shown: list[Fact]) -> bool:
    """Whether there is evidence to keep: an outage that is relied on is open, or touches somebody who is listed."""
    return any(_tense(row, report) == "down" for row in rows) or any(entry["is_touched"] for entry in shown)


def _tense(row: Fact, report: Report) -> str:
    if row["began_at"] > report.run.as_of:
        return "announced"
    return "over" if not pd.isna(row["ended_at"]) and row["ended_at"] <= report.run.as_of else "down"


def _order(row: Fact, report: Report) -> tuple[int, int, str]:
    """Down now and announced by their beginning; what is over by its end, the last first."""
    tense = _tense(row, report)
    at = -row["ended_at"].value if tense == "over" else row["began_at"].value
    return TENSES.index(tense), at, row["outage_id"]


def _line(row: Fact, report: Report) -> Fact:
    w = {**words("digest", report.language), **words("people", report.language)}
    tense = _tense(row, report)
    return {
        "tense": w[f"outage_{tense}"],
        "is_down": tense == "down",
        "what": _what(row, tense, report, w),
        "when": _when(row, tense, report) + _certainty(row, w),
        "verification": w[f"sure_{row['verification']}"],
        "is_confirmed": row["verification"] == "official",
        "link": link(row["source_url"]),
    }


def _certainty(row: Fact, w: Mapping[str, str]) -> str:
    """A word where the record knows a day and not its hours: whole days, or hours that lay somewhere in it."""
    if row["precision"] != "day":
        return ""
    return f", {w['whole_days' if _is_whole_days(row) else 'part_of_day']}"


def _is_whole_days(row: Fact) -> bool:
    """Whether it lasts for days, be one of them an hour shorter for the change of clocks."""
    return pd.isna(row["ended_at"]) or row["ended_at"] - row["began_at"] >= _SHORTEST_DAY


def _what(row: Fact, tense: str, report: Report, w: Mapping[str, str]) -> str:
    """The services, in the reader's language; the title is in that of its source. The kind, unless it is plain."""
    titles = [report.service_titles.get(service, service) for service in str(row["services"]).split(";")]
    services = ", ".join(map(one_line, titles))
    if row["kind"] == "unplanned" or (row["kind"] == "planned" and tense != "down"):
        return services
    return w["outage_of"].format(services=services, kind=w[f"kind_{row['kind']}"].lower())


def _when(row: Fact, tense: str, report: Report) -> str:
    """From when to when, on the office's clock, which the heading names."""
    at = today_of(report), report.office.time_zone, report.language
    return _from_until(row["began_at"], row["ended_at"], tense, *at)


@lru_cache(maxsize=4_096)  # the same outages are told to many readers
def _from_until(begins: Timestamp, ends: Timestamp, tense: str, today: Timestamp, time_zone: str, language: str) -> str:
    w, place = words("people", language), zone(time_zone)
    first = begins.tz_convert(place)
    began = formats.clock_in_year(first, today, language)
    if pd.isna(ends):
        return w["from_no_end" if tense == "announced" else "since_no_end"].format(began=began)
    last = ends.tz_convert(place)
    if tense == "down":
        return w["since_until"].format(began=began, ended=formats.clock_in_year(last, today, language))
    if first.date() != last.date():
        return w["from_until"].format(began=began, ended=formats.clock_in_year(last, today, language))
    on = formats.day_in_year(first.tz_localize(None), today, language)
    hours = {"began": formats.hour(first, language), "ended": formats.hour(last, language)}
    return w["within_day"].format(on=on, **hours)
