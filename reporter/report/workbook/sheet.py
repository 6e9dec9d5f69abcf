"""One sheet as a value, and what the library has to be told to write it.

A sheet is lines of words over a table: the library merges cells above the header row only, and writes
the table from a frame in one go.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pandas import DataFrame

from reporter.model.report import Report
from reporter.model.speech import plural
from reporter.report.words import words
from reporter.report.workbook.banner import Line, rows_needed
from reporter.report.workbook.cells import ready

ROWS_A_SHEET = 1_048_576 - 16  # less the lines above the table
COMPACT_FROM = 20_000  # rows
LINKS_A_SHEET = 65_530
LETTER, LEGAL = 1, 5


@dataclass(frozen=True)
class Column:
    """One column of a table: the frame's column, its kind (see looks.py) and its width in characters."""

    name: str
    kind: str
    width: float
    word: str = ""  # key of the header in words/workbook.toml, without `col_`; the name when empty
    header: str = ""  # the header itself, where it is no fixed word


@dataclass(frozen=True)
class Sheet:
    """One sheet: `cells` is an Arrow table with a column for each of `columns`, under its header."""

    name: str
    language: str
    lines: tuple[Line, ...]
    columns: tuple[Column, ...]
    cells: Any
    run_id: str
    tab: str = "#1F3A5F"
    paper: int = LETTER
    frozen_columns: int = 0
    is_frozen: bool = True
    has_filter: bool = True
    header_height: float = 33
    charts: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    @property
    def widths(self) -> list[float]:
        """The columns' widths, in characters."""
        return [column.width for column in self.columns]

    @property
    def header_row(self) -> int:
        """The row of the header, counted from 0."""
        return sum(rows_needed(line, self.widths) for line in self.lines)

    @property
    def is_compact(self) -> bool:
        """True for a table so long that its rows stay one line high and its text cells plain."""
        return len(self.cells) > COMPACT_FROM


def table(
    report: Report,
    part: str,
    frame: DataFrame,
    columns: Sequence[Column],
    *,
    why_empty: str = "",
    note: str = "",
    **more: Any,
) -> Sheet:
    """A sheet of one table under its title, or the reason why there is nothing in it.

    Takes: part - the sheet's key in the words (`at_risk`); frame - whatever holds the columns, by name.
    """
    w = words("workbook", report.language)
    headers = {c.name: c.header or w[f"col_{c.word or c.name}"] for c in columns}
    shown = ready(frame, headers, report.language)
    count = plural(len(frame), w["rows_one"], w["rows_many"], report.language)
    about = note or w[f"note_{part}"]
    line = Line.of(about, "note") if len(frame) else Line.of(why_empty or w[f"none_{part}"], "label")
    title = " · ".join([w[f"sheet_{part}"], *scope(report), count])
    lines = (Line.of(title, "title"), line)
    name = w[f"sheet_{part}"]
    return Sheet(name, report.language, lines, tuple(columns), shown, report.run.run_id, **more)


def scope(report: Report) -> list[str]:
    """Whom the sheet is for: the recipient's unit, or the office."""
    name = report.recipient.title if report.recipient else report.office.name
    return [name] if name else []


def split(sheet: Sheet, report: Report, most: int) -> list[Sheet]:
    """The sheet, or as many as its rows need, each saying loudly which part it is."""
    parts = math.ceil(len(sheet.cells) / most)
    if parts <= 1:
        return [sheet]
    w = words("workbook", report.language)
    names = [sheet.name, *(f"{sheet.name} {n}" for n in range(2, parts + 1))]
    made = []
    for n, name in enumerate(names):
        key = "part" if n + 1 < parts else "part_last"
        following = names[min(n + 1, parts - 1)]
        told = w[key].format(part=n + 1, parts=parts, next=following, before=names[n - 1])
        rows = sheet.cells.slice(n * most, most)
        made.append(replace(sheet, name=name, cells=rows, lines=(*sheet.lines, Line.of(f"! {told}", "doubt"))))
    return made
