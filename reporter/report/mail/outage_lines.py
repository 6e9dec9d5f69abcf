"""What was down and what is announced, in the lines of a mail: what is down now first, then what is ahead. Pure."""

from collections.abc import Mapping

import pandas as pd

from reporter.model.report import Report
from reporter.report.people import today_of
from reporter.report.sentences import OUTAGE_COLUMNS, Fact, link, one_line, row_dicts
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words
from reporter.text.time_zones import zone

_SHORTEST_DAY = pd.Timedelta(hours=23)
OUTAGES = 3
TENSES = ("down", "announced", "over")


def relied_outages(report: Report) -> list[Fact]:
    """The outages relied on, with what their lines are made of."""
    return row_dicts(report.outages, OUTAGE_COLUMNS)


def outage_lines(report: Report, rows: list[Fact], most: int = OUTAGES) -> tuple[list[Fact], str]:
    """The first of the outages relied on, each as the words of its line, and how many more the workbook has."""
    rows = sorted(rows, key=lambda row: _order(row, report))
    ahead = sum(_tense(row, report) != "over" for row in rows)
    shown = rows[: min(most, max(ahead, most - 1))]  # what is over takes no third line
    return [_line(row, report) for row in shown], _rest(rows[len(shown) :], report)


def _rest(rows: list[Fact], report: Report) -> str:
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
    w, place, today = words("people", report.language), zone(report.office.time_zone), today_of(report)
    first = row["began_at"].tz_convert(place)
    began = formats.clock_in_year(first, today, report.language)
    if pd.isna(row["ended_at"]):
        return w["from_no_end" if tense == "announced" else "since_no_end"].format(began=began)
    last = row["ended_at"].tz_convert(place)
    if tense == "down":
        return w["since_until"].format(began=began, ended=formats.clock_in_year(last, today, report.language))
    if first.date() != last.date():
        return w["from_until"].format(began=began, ended=formats.clock_in_year(last, today, report.language))
    on = formats.day_in_year(first.tz_localize(None), today, report.language)
    hours = {"began": formats.hour(first, report.language), "ended": formats.hour(last, report.language)}
    return w["within_day"].format(on=on, **hours)
