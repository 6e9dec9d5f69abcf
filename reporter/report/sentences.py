"""What first screens need to know of single duties, and how a roster's text and a feed's address become fit to show.

Pure: it says nothing itself (see people.py and mail/todo.py).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from pandas import DataFrame

from reporter.model.disposition import STILL_TO_FILE
from reporter.model.levels import AT_RISK, BY_NAME
from reporter.model.report import Report
from reporter.model.shapes import INSTITUTION

SOON_HOURS = 72  # below this, what is left is told in hours of filing time; above, in days
COLUMNS = (
    "level", "person_id", "deadline", "title", "closes_on", "closes_at", "closes_local", "last_safe_at",
    "last_safe_local", "left_hours", "usable_hours", "reason", "action", "cite", "link", "is_past", "is_filed",
    "is_weekend", "is_unverified", "date_certainty", "full_name", "unit", "lost_72h", "relief",
    "quiet_until", "holder", "over_on", "over_local", "is_over", "left_days", "past_days",
    "disposition", "is_down", "is_down_confirmed", "covers_close", "who", "outages", "time_zone", "is_weighed_first",
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


def is_date_uncertain(duty: Mapping[Any, Any]) -> bool:
    """Whether the date that it counts from may be another one: read in two ways, or beside words that are no date."""
    return duty["date_certainty"] in ("uncertain", "ambiguous")


def is_open(duty: Mapping[Any, Any]) -> bool:
    """Whether it can still be filed: not past, not filed, and with a date."""
    is_ahead = not duty["is_past"] and not pd.isna(duty["last_safe_at"])
    return bool(is_ahead and duty["disposition"] in STILL_TO_FILE)


def has_filing_hour(duty: Mapping[Any, Any]) -> bool:
    """Whether there is an hour to file before; for a trip or the end of a passport only the date counts."""
    return bool(one_line(duty["last_safe_local"]))


def is_weighed_first(duty: Mapping[str, Any]) -> bool:
    """Whether a licensed person or counsel says what to ask for: such a duty has a cut-off, and no filing is named."""
    return bool(duty["is_weighed_first"])


def is_of_institution(duty: Fact) -> bool:
    """Whether it is a duty of the institution itself; its id stands where a person's does."""
    return bool(duty["holder"] == INSTITUTION)


def is_quiet(duty: Fact) -> bool:
    """Whether the office asked not to be told of it again for now; its level stands all the same."""
    return not pd.isna(duty["quiet_until"])


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


def link(url: object) -> str:
    """An address a reader may follow: http or https only, so that a roster or a feed cannot plant a script."""
    text = one_line(url)
    return text if urlsplit(text).scheme in ("http", "https") and " " not in text else ""
