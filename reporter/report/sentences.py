"""What the digest says of single duties and of single outages, as plain words ready for both templates.

Only what is shown is put into words: 25 duties and 10 outages at most. Never a name: a person is an id here.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.model.levels import AT_RISK, BY_NAME
from reporter.model.report import Report
from reporter.model.shapes import INSTITUTION
from reporter.text import formats
from reporter.text.catalogue import counted, words
from reporter.text.time_zones import zone

ROWS = 25
FIRST = 5
OUTAGES = 10
SOON_HOURS = 72  # below this, what is left is told in hours of filing time; above, in days
COLUMNS = (
    "level", "person_id", "deadline", "title", "closes_on", "closes_at", "closes_local", "last_safe_at",
    "last_safe_local", "left_hours", "usable_hours", "reason", "action", "cite", "link", "is_past", "is_filed",
    "is_weekend", "is_unverified", "date_certainty", "full_name", "unit", "lost_72h", "relief",
    "quiet_until", "holder", "over_on", "over_local", "is_over", "left_days", "past_days",
    "disposition", "is_down", "covers_close", "who", "outages", "time_zone", "group",
)  # fmt: skip
OUTAGE_COLUMNS = ("outage_id", "title", "kind", "services", "began_at", "ended_at", "verification", "source_url",
                  "precision")  # fmt: skip
Fact = dict[str, Any]


class AtRisk:
    """The findings a reader has to act on, as plain facts: a recipient's few are picked without a frame.

    Takes: findings - TOLD, of the whole; those of one recipient keep its index.
    """

    def __init__(self, findings: DataFrame) -> None:
        rows = findings.loc[findings["level"].isin(AT_RISK), list(COLUMNS)]
        places = rows.index.tolist()
        self._facts = {place: {"place": place, **fact} for place, fact in zip(places, row_dicts(rows), strict=True)}

    def of(self, findings: DataFrame) -> list[Fact]:
        """Those among these findings, in their order."""
        return [self._facts[n] for n in findings.index.tolist() if n in self._facts]

    def told(self, index: "pd.Index[int]", change: Callable[[str], str]) -> "AtRisk":
        """Those of these numbers alone, every text of theirs changed."""
        few = copy(self)
        few._facts = {
            n: {name: change(value) if isinstance(value, str) else value for name, value in self._facts[n].items()}
            for n in index.tolist()
            if n in self._facts
        }
        return few


def at_risk(report: Report, known: AtRisk | None = None) -> list[Fact]:
    """The findings of one report that a reader has to act on, in its order.

    Takes: known - those of the whole, when they have been gathered already.
    """
    return (known or AtRisk(report.findings)).of(report.findings)


def is_open(duty: Fact) -> bool:
    """Whether it can still be filed: not past, not filed, and with a date."""
    return not duty["is_past"] and not duty["is_filed"] and not pd.isna(duty["last_safe_at"])


def has_filing_hour(duty: Mapping[str, Any]) -> bool:
    """Whether there is an hour to file before; for a trip or the end of a passport only the date counts."""
    return bool(one_line(duty["last_safe_local"]))


def is_weighed_first(duty: Mapping[str, Any]) -> bool:
    """Whether a licensed person or counsel says what to ask for: such a duty has a cut-off, and no filing is named."""
    return duty["group"] in ("restoration", "court")


def is_of_institution(duty: Fact) -> bool:
    """Whether it is a duty of the institution itself; its id stands where a person's does."""
    return bool(duty["holder"] == INSTITUTION)


def is_quiet(duty: Fact) -> bool:
    """Whether the office asked not to be told of it again for now; its level stands all the same."""
    return not pd.isna(duty["quiet_until"])


def next_to_run_out(duties: list[Fact], as_of: Timestamp) -> str:
    """The earliest hour, on its person's clock, after which a filing is no longer dependable; empty if none."""
    ahead = [duty for duty in duties if is_open(duty) and has_filing_hour(duty) and duty["last_safe_at"] > as_of]
    return one_line(min(ahead, key=lambda duty: duty["last_safe_at"])["last_safe_local"]) if ahead else ""


def do_first(duties: list[Fact], report: Report) -> list[Fact]:
    """At most five duties to see to first, each as the words of its line."""
    return [{"number": place, **_duty(row, report)} for place, row in enumerate(most_urgent(duties), start=1)]


def most_urgent(duties: list[Fact]) -> list[Fact]:
    """At most five critical or high duties: those whose clock still runs come first, the soonest on top."""
    urgent = [duty for duty in duties if duty["level"] in ("critical", "high")]

    def order(duty: Fact) -> tuple[bool, float]:
        at: Timestamp = duty["last_safe_at"]
        return not is_open(duty), math.inf if pd.isna(at) else at.value

    return sorted(urgent, key=order)[:FIRST]


def duty_lines(duties: list[Fact], report: Report, most: int = ROWS) -> list[Fact]:
    """The first 25 duties at risk, or as many as told, each as the words of its line."""
    return [_duty(row, report) for row in duties[:most]]


def outages_relied_on(report: Report, most: int = OUTAGES) -> list[Fact]:
    """The first outages relied on: what, when on the office's clock, and how far each is confirmed."""
    in_order = sorted(row_dicts(report.outages, OUTAGE_COLUMNS), key=lambda row: (row["began_at"], row["outage_id"]))
    return [_outage(row, report) for row in in_order[:most]]


def provisions(duties: list[Fact]) -> list[tuple[str, str]]:
    """Each provision these duties rest on, once, with where to read it."""
    return sorted({(duty["cite"], duty["link"]) for duty in duties if duty["cite"] and duty["link"]})


def row_dicts(frame: DataFrame, names: Sequence[str] = ()) -> list[Fact]:
    """The rows of a frame, each by column name; quicker than to_dict on a few rows of many columns.

    Takes: names - of the columns, when not all are wanted.
    """
    columns = {str(name): frame[name].tolist() for name in names or frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def one_line(text: object) -> str:
    """Somebody's text on one line, without control characters or marks that turn the reading direction."""
    return _plain(text) if isinstance(text, str) else ""


@lru_cache(maxsize=50_000)  # the same titles, reasons and actions come back in digest after digest
def _plain(text: str) -> str:
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp") else " " for c in text)
    return re.sub(r"[ ]+", " ", kept).strip(" ")


def badge(name: str, language: str) -> Fact:
    """A level as a reader sees it: symbol, word and colours; the border keeps its shape when colours are lost."""
    level = BY_NAME[name]
    border = level.paper if level.ink == "#FFFFFF" else level.ink
    shown = {"symbol": level.symbol, "word": level.word(language), "ink": level.ink, "paper": level.paper}
    return {"name": name, "border": border, **shown}


def _duty(row: Mapping[str, Any], report: Report) -> Fact:
    w = words("digest", report.language)
    has_date = not pd.isna(row["closes_on"])
    last_day = row["over_on" if row["is_over"] else "closes_on"]
    return {
        "level": badge(row["level"], report.language),
        "person": one_line(row["person_id"]),
        "title": one_line(row["title"]),
        "last_day": formats.day(last_day, report.language, weekday=True) if has_date else w["no_date"],
        "closes": _closes(row, w),
        "when": _when(row, report, w),
        "left": _left(row, report, w),
        "marks": [w[mark] for mark, holds in _marks(row).items() if holds],
        "reason": one_line(row["reason"]),
        "action": one_line(row["action"]),
        "relief": one_line(row["relief"]),
        "cite": one_line(row["cite"]),
        "link": link(row["link"]),
    }


def _closes(row: Mapping[str, Any], w: Mapping[str, str]) -> str:
    """The cut-off as it stands: ahead, past by the reading that warns alone, or past by every reading."""
    closes, over = one_line(row["closes_local"]), one_line(row["over_local"])
    if not closes or not has_filing_hour(row):
        return ""
    if row["is_over"]:
        return w["closed"].format(when=over)
    return w["careful_passed" if row["is_past"] else "closes"].format(when=closes, over=over)


def _when(row: Mapping[str, Any], report: Report, w: Mapping[str, str]) -> str:
    closes, last_safe = one_line(row["closes_local"]), one_line(row["last_safe_local"])
    if not closes:
        return w["no_date"]
    if not last_safe:
        return w["was_on_day" if row["is_past"] else "on_day"].format(day=closes)
    if row["is_over"]:
        return w["past"].format(when=one_line(row["over_local"]))
    if row["is_filed"]:
        return w["filed"]
    if row["is_past"]:
        return w["careful_gone"].format(when=closes, over=one_line(row["over_local"]))
    if row["last_safe_at"] <= report.run.as_of:
        return w["hour_gone"].format(when=last_safe, closes=closes)
    return w["cut_off" if is_weighed_first(row) else "file_before"].format(when=last_safe or closes)


def _left(row: Mapping[str, Any], report: Report, w: Mapping[str, str]) -> str:
    if row["is_filed"] or pd.isna(row["left_hours"]):
        return ""
    if row["is_over"]:
        return w["past_days"].format(count=_days(row["past_days"], -row["left_hours"], report.language, w))
    if row["is_past"]:
        return ""
    if row["left_hours"] >= SOON_HOURS or not has_filing_hour(row):
        return w["days_left"].format(count=_days(row["left_days"], row["left_hours"], report.language, w))
    if row["usable_hours"] <= 0:
        return w["none_left"]
    return w["hours_left"].format(count=formats.span(row["usable_hours"]))


def _days(days: float, hours: float, language: str, w: Mapping[str, str]) -> str:
    """A length of time in calendar days, or in hours where it is less than one of them."""
    return counted(w, "day", int(days), language) if days >= 1 else formats.span(abs(hours))


def _marks(row: Mapping[str, Any]) -> dict[str, bool]:
    return {
        "filed": bool(row["is_filed"]),
        "weekend": bool(row["is_weekend"]),
        "unverified": bool(row["is_unverified"]),
        "uncertain": row["date_certainty"] in ("uncertain", "ambiguous"),
    }


def _outage(row: Mapping[str, Any], report: Report) -> Fact:
    w = words("digest", report.language)
    titles = [report.service_titles.get(service, service) for service in str(row["services"]).split(";")]
    return {
        "title": one_line(row["title"]) or one_line(row["outage_id"]),
        "kind": w[f"kind_{row['kind']}"],
        "services": ", ".join(one_line(title) for title in titles),
        "when": _interval(row["began_at"], row["ended_at"], report, w) + _how_exact(row, w),
        "verification": w[f"verification_{row['verification']}"],
        "is_confirmed": row["verification"] == "official",
        "link": link(row["source_url"]),
    }


def _how_exact(row: Mapping[str, Any], w: Mapping[str, str]) -> str:
    """How hours came about where the source gives days alone: they count as down as long as nobody knows better."""
    return f" {w['whole_days']}" if row["precision"] == "day" else ""


def _interval(began: Timestamp, ended: Timestamp, report: Report, w: Mapping[str, str]) -> str:
    place = zone(report.office.time_zone)
    start = formats.clock(began, place, report.language)
    if pd.isna(ended):
        return w["from_on"].format(began=start)
    length = formats.span((ended - began).total_seconds() / 3600)
    return w["from_to"].format(began=start, ended=formats.clock(ended, place, report.language), span=length)


def link(url: object) -> str:
    """An address a reader may follow: http or https only, so that a roster or a feed cannot plant a script."""
    text = one_line(url)
    return text if urlsplit(text).scheme in ("http", "https") and " " not in text else ""
