"""One sheet as a value: lines of words over a table.

A table is put into words once, for everybody; a recipient's workbook takes rows of it. (The library merges
cells above the header row only, and writes the table from Arrow in one go.)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas import DataFrame

from reporter.model.report import Report
from reporter.report.workbook.banner import READ_WIDTH, Line, rows_needed
from reporter.report.workbook.cells import ready
from reporter.report.workbook.looks import NUMBERS
from reporter.text.catalogue import counted, words

ROWS_A_SHEET = 1_048_576 - 16  # less the lines above the table
COMPACT_FROM = 20_000  # rows
LINKS_A_SHEET = 65_530
PAPERS = {"letter": 1, "a4": 9}
OF_A_WIDTH = 0.85  # a letter of running text is narrower than the digit widths are counted in
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Column:
    """One column of a table: the frame's column, its kind (see looks.py) and its width in characters."""

    name: str
    kind: str
    width: float
    word: str = ""  # key of the header in words/workbook.toml, without `col_`; the name when empty
    header: str = ""  # the header itself, where it is no fixed word
    shows: str = ""  # of a link: the column whose words it is read by; its address when empty


@dataclass(frozen=True)
class Table:
    """Rows in words: an Arrow table with a column for each of `columns` under its header.

    `index` is that of the frame they were made of; `lines` is how many lines of text each row needs.
    """

    columns: tuple[Column, ...]
    cells: Any
    index: "pd.Index[int]"
    lines: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)

    def of(self, index: "pd.Index[int]") -> "Table":
        """The rows that were made of these, in their order; the table itself when that is all of them."""
        if index.equals(self.index):
            return self
        places = self.index.get_indexer(index)
        return self.take(places[places >= 0])

    def take(self, places: Places) -> "Table":
        """The rows at these places."""
        return replace(self, cells=self.cells.take(places), index=self.index.take(places), lines=self.lines[places])

    def slice(self, start: int, most: int) -> "Table":
        """At most so many rows from a place on."""
        part = slice(start, start + most)
        return replace(self, cells=self.cells.slice(start, most), index=self.index[part], lines=self.lines[part])

    def column(self, name: str) -> Any:
        """The cells of the column of that name."""
        return self.cells.column(self._place(name))

    def put(self, name: str, values: Any) -> "Table":
        """The table with other cells in the column of that name."""
        place = self._place(name)
        cells = self.cells.set_column(place, self.cells.column_names[place], values)
        return replace(self, cells=cells, lines=np.maximum(self.lines, lines_of(values, self.columns[place])))

    def _place(self, name: str) -> int:
        return next(n for n, column in enumerate(self.columns) if column.name == name)


@dataclass(frozen=True)
class Sheet:
    """One sheet: lines of words over a table."""

    name: str
    language: str
    lines: tuple[Line, ...]
    table: Table
    run_id: str
    tab: str = "#1F3A5F"
    paper: str = "letter"
    is_wide: bool = False  # printed two pages wide, the frozen columns on both
    frozen_columns: int = 0
    is_frozen: bool = True
    has_filter: bool = True
    header_height: float = 33
    charts: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    @property
    def cells(self) -> Any:
        """The Arrow table."""
        return self.table.cells

    @cached_property
    def widths(self) -> tuple[float, ...]:
        """The columns' widths, in characters."""
        return tuple(column.width for column in self.table.columns)

    @cached_property
    def header_row(self) -> int:
        """The row of the header, counted from 0."""
        return sum(rows_needed(line, self.widths) for line in self.lines)

    @property
    def is_compact(self) -> bool:
        """True for a table so long that its rows stay one line high and its text cells plain."""
        return len(self.cells) > COMPACT_FROM


def table(frame: DataFrame, columns: Sequence[Column], language: str) -> Table:
    """The columns of a frame, in words already, as a table.

    Takes: frame - whatever holds the columns, by name.
    """
    w = words("workbook", language)
    cells = ready(frame, {c.name: c.header or w[f"col_{c.word or c.name}"] for c in columns}, language)
    lines = np.ones(len(frame))
    for values, column in zip(cells.columns, columns, strict=True):
        lines = np.maximum(lines, lines_of(values, column))
    return Table(tuple(columns), cells, frame.index, lines)


def lines_of(values: Any, column: Column) -> NDArray[np.float64]:
    """How many lines each cell needs in a column of that width; numbers, dates and folded keys need one."""
    if column.kind in (*NUMBERS, "key") or not pa.types.is_large_string(values.type):
        return np.ones(len(values))
    return np.ceil(np.asarray(pc.fill_null(pc.utf8_length(values), 0)) * OF_A_WIDTH / (column.width - 3))


def sheet(report: Report, part: str, rows: Table, *, why_empty: str = "", note: str = "", **more: Any) -> Sheet:
    """A sheet of one table under its title, or the reason why there is nothing in it.

    Takes: part - the sheet's key in the words (`at_risk`).
    """
    w = words("workbook", report.language)
    count = counted(w, "rows", len(rows), report.language)
    about = note or w[f"note_{part}"]
    line = Line.of(about, "note") if len(rows) else Line.of(why_empty or w[f"none_{part}"], "label")
    name = w[f"sheet_{part}"]
    lines = _over(name, " · ".join([*scope(report), count]), line, rows, more)
    return Sheet(name, report.language, lines, rows, report.run.run_id, paper=report.office.paper, **more)


def _over(name: str, told: str, line: Line, rows: Table, more: dict[str, Any]) -> tuple[Line, ...]:
    """The title and the line under it; a sheet two pages wide keeps only its name over the columns both pages have."""
    if not more.get("is_wide"):
        return Line.of(f"{name} · {told}", "title"), line
    widths = [column.width for column in rows.columns]
    share = sum(widths[: more["frozen_columns"]]) / min(sum(widths), READ_WIDTH)
    text, tone, _ = line.pieces[0]
    return Line(((name, "title", share), (told, "title", 1 - share))), Line(
        (("", tone, share), (text, tone, 1 - share))
    )


def scope(report: Report) -> list[str]:
    """Whom the sheet is for: the recipient's unit, or the office."""
    name = report.recipient.title if report.recipient else report.office.name
    return [name] if name else []


@dataclass(frozen=True)
class Target:
    """A table that links lead to, on as many sheets as its rows need."""

    index: "pd.Index[Any]"
    parts: Sequence[Sheet]

    def links(self, places: Places) -> pa.Array:
        """A link to the row of data at each of these places of the table; nothing where a place is negative."""
        starts = np.cumsum([0, *(len(part.table) for part in self.parts)])
        numbers = np.searchsorted(starts, places, side="right") - 1
        pairs = zip(numbers.tolist(), places.tolist(), strict=True)
        links = [self._link(self.parts[n], place - int(starts[n])) if place >= 0 else None for n, place in pairs]
        return pa.array(links, type=pa.large_string())

    def to(self, wanted: "pd.Index[Any]") -> pa.Array:
        """A link to the row of each that is wanted; nothing where it has none."""
        return self.links(self.index.get_indexer(wanted))

    def _link(self, part: Sheet, place: int) -> str:
        return f"internal:'{part.name}'!A{place + part.header_row + 2}"


def target(whole: Sheet, report: Report, most: int) -> Target:
    """Where links to the rows of that sheet lead, once it is split."""
    return Target(whole.table.index, split(whole, report, most))


def split(whole: Sheet, report: Report, most: int) -> list[Sheet]:
    """The sheet, or as many as its rows need, each saying loudly which part it is."""
    parts = math.ceil(len(whole.table) / most)
    if parts <= 1:
        return [whole]
    w = words("workbook", report.language)
    names = [whole.name, *(f"{whole.name} {n}" for n in range(2, parts + 1))]
    made = []
    for n, name in enumerate(names):
        key = "part" if n + 1 < parts else "part_last"
        following = names[min(n + 1, parts - 1)]
        told = w[key].format(part=n + 1, parts=parts, next=following, before=names[n - 1])
        lines = (*whole.lines, Line.of(f"! {told}", "doubt"))
        made.append(replace(whole, name=name, table=whole.table.slice(n * most, most), lines=lines))
    return made
