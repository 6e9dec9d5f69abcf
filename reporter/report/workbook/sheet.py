"""One sheet as a value: lines of words over a table.

A table is put into words once, for everybody; a recipient's workbook takes rows of it. (The library merges
cells above the header row only, and writes the table from Arrow in one go.)
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.levels import BY_NAME, LEVELS
from reporter.model.report import Report
from reporter.text.catalogue import counted, words

if TYPE_CHECKING:
    from rustpy_xlsxwriter import Format
log = logging.getLogger(__name__)
LONGEST = 32_767  # characters a cell can hold
CONTROL = "[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]"
FIRST_SECOND = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


def ready(frame: DataFrame, headers: Mapping[str, str], language: str) -> Any:
    """An Arrow table of the columns named, under their headers, in a form the library writes; no cell is lost.

    Takes: headers - the header of each column to be shown, by the column's name, in order.
    """
    return pa.table({header: _fit(frame[name], language) for name, header in headers.items()})


def _fit(column: Any, language: str) -> Any:
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_object_dtype(column.dtype):
        column = column.astype("str")
    values = pa.array(column)
    if pa.types.is_large_string(values.type) or pa.types.is_string(values.type):
        return _text(values, language)
    return _instants(values) if pa.types.is_timestamp(values.type) else values


def _text(values: Any, language: str) -> Any:
    if pc.any(pc.match_substring_regex(values, CONTROL)).as_py():
        values = pc.replace_substring_regex(values, CONTROL, "")
    if (pc.max(pc.utf8_length(values)).as_py() or 0) > LONGEST:
        mark = words("workbook", language)["cut"]
        is_long = pc.greater(pc.utf8_length(values), LONGEST)
        log.warning("workbook: %d texts cut to the length of a cell", pc.sum(is_long).as_py())
        cut = pc.utf8_slice_codeunits(values, 0, LONGEST - len(mark))
        end, nothing = pa.scalar(mark, values.type), pa.scalar("", values.type)
        values = pc.if_else(is_long, pc.binary_join_element_wise(cut, end, nothing), values)
    return values


def _instants(values: Any) -> Any:
    """Dates as they are; the whole column as text when a single one is outside the spreadsheet's calendar."""
    seconds = pc.cast(values, pa.timestamp("s", values.type.tz), safe=False)
    ends = pc.min_max(pc.cast(seconds, pa.int64())).as_py()
    if ends["min"] is None or (ends["min"] >= FIRST_SECOND and ends["max"] <= LAST_SECOND):
        return values
    log.warning("workbook: a column of dates is written as text, one is before 1900 or after 9999")
    return pc.strftime(pc.cast(seconds, pa.timestamp("s")), format="%Y-%m-%d")


def put_words(column: "Series[Any]", wording: Callable[[Any], str], absent: str = "") -> "Series[str]":
    """Each value as its wording, a missing one as `absent`; as fast on ten rows as on a hundred thousand."""
    codes, distinct = pd.factorize(column)
    told = np.array([*map(wording, distinct), absent], dtype="object")
    return Series(told[codes], index=column.index, dtype="str")  # a missing value's code is -1: the last wording


def level_words(levels: "Series[str]", language: str) -> "Series[str]":
    """Each level as its symbol and its word; empty stays empty."""

    def told(name: str) -> str:
        return f"{BY_NAME[name].symbol} {BY_NAME[name].word(language)}" if name else ""

    return put_words(levels, told)


def code_words(codes: "Series[str]", part: str, language: str) -> "Series[str]":
    """Each code as the reader's words; a code without words stays as it is, rather than vanish."""
    w = words("workbook", language)
    return put_words(codes, lambda code: w.get(f"{part}_{code}", code))


NAVY, WHITE, GREY, LINE, BAND, ENTRY = "#1F3A5F", "#FFFFFF", "#4A5560", "#C9D1DA", "#F3F5F8", "#FFFCEB"
SYMBOL_OF_DOUBT = "!"


@dataclass(frozen=True)
class Tone:
    """The look of a line of words: its ink on its paper, and a symbol that says the same without colour."""

    ink: str
    paper: str
    symbol: str = ""
    size: float = 11
    is_bold: bool = False


TONES = {
    "title": Tone(WHITE, NAVY, size=20, is_bold=True),
    "subtitle": Tone(WHITE, NAVY, size=11),
    "heading": Tone(NAVY, WHITE, size=14, is_bold=True),
    "label": Tone(NAVY, "#EEF2F7", is_bold=True),
    "plain": Tone("#1B2733", WHITE),
    "small": Tone(GREY, WHITE, size=9),
    "note": Tone(GREY, "#F5F7FA", size=10),
    "act": Tone(BY_NAME["critical"].ink, BY_NAME["critical"].paper, BY_NAME["critical"].symbol, 15, True),
    "high": Tone(BY_NAME["high"].ink, BY_NAME["high"].paper, BY_NAME["high"].symbol, 15, True),
    "watch": Tone(BY_NAME["medium"].ink, BY_NAME["medium"].paper, BY_NAME["medium"].symbol, 15, True),
    "calm": Tone(BY_NAME["low"].ink, BY_NAME["low"].paper, "✓", 15, True),
    "unknown": Tone("#3D2E00", "#FFC94D", SYMBOL_OF_DOUBT, 15, True),
    "unread": Tone(WHITE, "#3B2A63", "?", 15, True),
    "doubt": Tone("#3D2E00", "#FFE29A", SYMBOL_OF_DOUBT, is_bold=True),
    "good": Tone("#1D4731", "#EAF6EE", "✓"),
    **{f"level_{level.name}": Tone(level.ink, level.paper, level.symbol, is_bold=True) for level in LEVELS},
}
# kind of column: its number format; numbers stand right, dates left
NUMBERS = {"date": "yyyy-mm-dd", "instant": "yyyy-mm-dd hh:mm", "hours": "#,##0.00", "days": "0"}
NUMBERS |= {"entered_date": "yyyy-mm-dd", "count": '#,##0;-#,##0;"–"', "difference": '+#,##0;−#,##0;"–"'}
DATES = ("date", "instant", "entered_date")


@cache
def tone_format(tone: Tone) -> "Format":
    """The look of a banner line."""
    from rustpy_xlsxwriter import Format

    look = Format().set_font_color(tone.ink).set_background_color(tone.paper).set_font_size(tone.size)
    look = look.set_align("vcenter").set_align("left").set_text_wrap().set_indent(1)
    return look.set_bold() if tone.is_bold else look


@cache
def column_format(kind: str) -> "Format":
    """The look of a column of that kind: top aligned, numbers with their unit's decimals, text wrapped."""
    from rustpy_xlsxwriter import Format

    look = Format().set_align("top").set_indent(1)
    if kind == "key":
        return look.set_font_color(GREY).set_align("left")
    if kind.startswith("entered"):
        look = look.set_background_color(ENTRY).set_border("thin").set_border_color(LINE)
    if kind in NUMBERS:
        return look.set_num_format(NUMBERS[kind]).set_align("left" if kind in DATES else "right")
    look = look.set_align("left").set_text_wrap()
    if kind in ("level", "change"):
        look = look.set_bold()
    return look.set_font_color("#0B5394") if kind == "link" else look


@cache
def header_format() -> "Format":
    """The look of a table's header row."""
    from rustpy_xlsxwriter import Format

    look = Format().set_bold().set_font_color(WHITE).set_background_color(NAVY).set_text_wrap()
    return look.set_align("vcenter").set_align("left").set_indent(1).set_border("thin").set_border_color(LINE)


@cache
def rules_of(kind: str, language: str) -> list[dict[str, Any]]:
    """The conditional formats of a column of that kind, matched by how its text begins."""
    if kind == "level":
        return [_rule(f"{level.symbol} {level.word(language)}", TONES[f"level_{level.name}"]) for level in LEVELS]
    w = words("workbook", language)
    if kind == "sure":
        doubtful = (w["sure_unverified"], w["sure_press"], w["sure_user_report"])
        return [_rule(text, TONES["doubt"]) for text in doubtful]
    if kind == "change":
        inks = {"new": "#7A1F1F", "worse": "#7A1F1F", "better": "#1D4731", "gone": "#1D4731", "same": GREY}
        return [_rule(w[f"change_{change}"], Tone(ink, WHITE)) for change, ink in inks.items()]
    return []


def _rule(text: str, tone: Tone) -> dict[str, Any]:
    from rustpy_xlsxwriter import Format

    # A `cell` rule of this library compares numbers only: words are matched by a `text` rule.
    look = Format().set_font_color(tone.ink)
    look = look if tone.paper == WHITE else look.set_background_color(tone.paper)
    return {"type": "text", "criteria": "begins_with", "value": text, "format": look}


READ_WIDTH = 130.0  # characters; further right a line is off the screen
SPARE_WIDTH = 9.1  # of a column nobody gave a width
A_ROW = 15.0  # points, the height of a row nobody gave a height


@dataclass(frozen=True)
class BannerLine:
    """One line over the table: pieces of (text, tone, share of the width)."""

    pieces: tuple[tuple[str, str, float], ...]

    @classmethod
    def of(cls, text: str, tone: str = "plain") -> "BannerLine":
        """A line of one piece."""
        return cls(((text, tone, 1.0),))


def merges(lines: Sequence[BannerLine], widths: tuple[float, ...]) -> list[tuple[Any, ...]]:
    """The merged cells, from the top: (first row, first column, last row, last column, text, look)."""
    looks = {tone: tone_format(TONES[tone]) for line in lines for _, tone, _ in line.pieces}
    made: list[tuple[Any, ...]] = []
    row = 0
    for line in lines:
        last = row + rows_needed(line, widths) - 1
        made += [
            (row, start, last, end, clean(text), looks[tone]) for start, end, text, tone, _ in _place(line, widths)
        ]
        row = last + 1
    return made


def rows_needed(line: BannerLine, widths: tuple[float, ...]) -> int:
    """How many rows of the sheet the line takes, so that none of its words is cut off."""
    tall = max(_height(text, tone, room) for _, _, text, tone, room in _place(line, widths))
    return max(1, math.ceil((tall - 2) / A_ROW))


@lru_cache(maxsize=128)  # asked for by the rows, the header and the merged cells of one sheet
def _place(line: BannerLine, widths: tuple[float, ...]) -> list[tuple[int, int, str, str, float]]:
    """Each piece as (first column, last column, text, tone, room in characters), and a blank one to the edge."""
    edges = _edges(widths)
    reach = _column_at(edges, min(READ_WIDTH, edges[-1]))
    reach = len(edges) - 1 if len(edges) - 1 - reach < 2 else reach
    placed, start, share = [], 0, 0.0
    for place, (text, tone, width) in enumerate(line.pieces):
        share += width
        is_last = place == len(line.pieces) - 1
        end = reach if is_last else max(start + 1, _column_at(edges, share * edges[reach]))
        placed.append((start, end, text, tone, edges[end] - (edges[start - 1] if start else 0)))
        start = end + 1
    if start < len(edges):
        placed.append((start, len(edges) - 1, "", line.pieces[-1][1], 99.0))
    return placed


@cache
def _edges(widths: tuple[float, ...]) -> list[float]:
    """The right edge of each column; a narrow table gets spare columns, so that a line has room."""
    edges: list[float] = []
    while len(edges) < max(8, len(widths)) or edges[-1] < READ_WIDTH:
        width = widths[len(edges)] if len(edges) < len(widths) else SPARE_WIDTH
        edges.append(width + (edges[-1] if edges else 0))
    return edges


def _column_at(edges: list[float], place: float) -> int:
    return min(range(len(edges)), key=lambda n: abs(edges[n] - place))


def _height(text: str, tone: str, room: float) -> float:
    look = TONES[tone]
    a_line = max(8.0, (room - 3) * 11 / look.size * (0.95 if look.is_bold else 1.08))
    lines = sum(max(1, math.ceil(len(part) / a_line)) for part in text.split("\n"))
    return lines * look.size * 1.3 + (4 if look.size > 11 else 0)


@lru_cache(maxsize=4096)  # most lines stand in every workbook
def clean(text: str) -> str:
    """The text without control characters and marks that turn the reading direction, which would garble the line."""
    return "".join(c for c in text if c == "\n" or c.isprintable() or c in "\u00a0\u202f")


ROWS_A_SHEET = 1_048_576 - 16  # less the lines above the table
COMPACT_FROM = 20_000  # rows
LINKS_A_SHEET = 65_530
PAPERS = {"letter": 1, "a4": 9}
OF_A_WIDTH = 0.85  # a letter of running text is narrower than the digit widths are counted in
Places = NDArray[np.intp]


@dataclass(frozen=True)
class TableColumn:
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

    columns: tuple[TableColumn, ...]
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
class BookSheet:
    """One sheet: lines of words over a table."""

    name: str
    language: str
    lines: tuple[BannerLine, ...]
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


def table(frame: DataFrame, columns: Sequence[TableColumn], language: str) -> Table:
    """The columns of a frame, in words already, as a table.

    Takes: frame - whatever holds the columns, by name.
    """
    w = words("workbook", language)
    cells = ready(frame, {c.name: c.header or w[f"col_{c.word or c.name}"] for c in columns}, language)
    lines = np.ones(len(frame))
    for values, column in zip(cells.columns, columns, strict=True):
        lines = np.maximum(lines, lines_of(values, column))
    return Table(tuple(columns), cells, frame.index, lines)


def lines_of(values: Any, column: TableColumn) -> NDArray[np.float64]:
    """How many lines each cell needs in a column of that width; numbers, dates and folded keys need one."""
    if column.kind in (*NUMBERS, "key") or not pa.types.is_large_string(values.type):
        return np.ones(len(values))
    return np.ceil(np.asarray(pc.fill_null(pc.utf8_length(values), 0)) * OF_A_WIDTH / (column.width - 3))


def sheet(report: Report, part: str, rows: Table, *, why_empty: str = "", note: str = "", **more: Any) -> BookSheet:
    """A sheet of one table under its title, or the reason why there is nothing in it.

    Takes: part - the sheet's key in the words (`at_risk`).
    """
    w = words("workbook", report.language)
    count = counted(w, "rows", len(rows), report.language)
    about = note or w[f"note_{part}"]
    line = BannerLine.of(about, "note") if len(rows) else BannerLine.of(why_empty or w[f"none_{part}"], "label")
    name = w[f"sheet_{part}"]
    lines = _over(name, " · ".join([*scope(report), count]), line, rows, more)
    return BookSheet(name, report.language, lines, rows, report.run.run_id, paper=report.office.paper, **more)


def _over(name: str, told: str, line: BannerLine, rows: Table, more: dict[str, Any]) -> tuple[BannerLine, ...]:
    """The title and the line under it; a sheet two pages wide keeps only its name over the columns both pages have."""
    if not more.get("is_wide"):
        return BannerLine.of(f"{name} · {told}", "title"), line
    widths = [column.width for column in rows.columns]
    share = sum(widths[: more["frozen_columns"]]) / min(sum(widths), READ_WIDTH)
    text, tone, _ = line.pieces[0]
    return BannerLine(((name, "title", share), (told, "title", 1 - share))), BannerLine(
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
    parts: Sequence[BookSheet]

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

    def _link(self, part: BookSheet, place: int) -> str:
        return f"internal:'{part.name}'!A{place + part.header_row + 2}"


def target(whole: BookSheet, report: Report, most: int) -> Target:
    """Where links to the rows of that sheet lead, once it is split."""
    return Target(whole.table.index, split(whole, report, most))


def split(whole: BookSheet, report: Report, most: int) -> list[BookSheet]:
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
        lines = (*whole.lines, BannerLine.of(f"! {told}", "doubt"))
        made.append(replace(whole, name=name, table=whole.table.slice(n * most, most), lines=lines))
    return made
