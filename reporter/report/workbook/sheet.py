"""Sheets as values: what a writer of workbooks is given, and how a table comes to be one. Pure.

One sheet is lines of words over a table. A table is put into words once, for everybody; a recipient's workbook takes
rows of it.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import tomli
from msgspec import Struct, field
from msgspec.structs import astuple, replace
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import BY_NAME, LEVELS, level_word
from reporter.model.report import KEY_HEADER, STATUSES, Report
from reporter.report.recipients import Places, is_stretch
from reporter.text.catalogue import counted, words

log = logging.getLogger(__name__)
LONGEST = 32_767  # characters a cell can hold
CONTROL = "[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]"
FIRST_SECOND = int(datetime(1900, 3, 1, tzinfo=UTC).timestamp())  # before it spreadsheets count a day that never was
MICROS_A_DAY, DAYS_TO_1970 = 86_400_000_000, 25_569
LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())

CORE = "docProps/core.xml"


class Properties(Struct, frozen=True):
    """What the file says of itself; `created` is the clock of the report."""

    title: str
    author: str
    language: str
    created: Timestamp

    @property
    def core(self) -> str:
        """The part that says what the file is, in the language it is in, by the clock of the report."""
        at = _stamp(self.created)
        author = escape(self.author)
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
            'xmlns:dcmitype="http://purl.org/dc/dcmitype/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<dc:title>{escape(self.title)}</dc:title><dc:creator>{author}</dc:creator>"
            f"<cp:lastModifiedBy>{author}</cp:lastModifiedBy>"
            f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>'
            f'<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified>'
            f"<dc:language>{self.language}</dc:language></cp:coreProperties>"
        )


@lru_cache(maxsize=16)  # every book of a run has the same
def _stamp(created: Timestamp) -> str:
    return f"{created.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"


class CellLook(Struct, frozen=True, dict=True):
    """The look of a cell; what is not named stays as the spreadsheet has it."""

    ink: str = ""
    paper: str = ""
    size: float = 0
    is_bold: bool = False
    is_wrapped: bool = False
    across: str = ""  # left, right or center
    down: str = ""  # top or vcenter
    indent: int = 0
    number: str = ""  # the number format
    border: str = ""  # the colour of a thin line all around

    def __hash__(self) -> int:
        """Worked out once: a writer asks for each line of a page."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(astuple(self))


class TextRule(Struct, frozen=True):
    """Cells whose text begins so look so, wherever sorting takes them."""

    begins: str
    look: CellLook


class NumberRule(Struct, frozen=True):
    """Cells whose number lies between the two look so."""

    least: float
    most: float
    look: CellLook


class Entry(Struct, frozen=True):
    """What may be entered in a column: one of `choices`, or where there are none a whole number of `bounds`."""

    advice: str
    refusal: str
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] = (0, 0)


class ChartSeries(Struct, frozen=True):
    """One series of a chart: the column of that header, in rows of the page's table."""

    header: str
    colour: str


class ChartPlan(Struct, frozen=True):
    """A chart of columns over the first rows of the page's own table; `told` says in words what it shows."""

    title: str
    told: str
    axis: str
    categories: str  # the header of the column of names
    series: tuple[ChartSeries, ...]
    rows: int  # how many rows of the table are drawn
    row: int
    width: int = 860
    height: int = 240
    is_stacked: bool = False


class Print(Struct, frozen=True):
    """How a page goes on paper: as wide as one sheet, and as many sheets long as `tall` says (0: as it needs)."""

    paper: int = 1
    is_landscape: bool = True
    tall: int = 0
    footer: str = ""
    has_gridlines: bool = False
    is_centred: bool = False


class Page(Struct, frozen=True, dict=True):
    """One sheet: joined cells above, one table under them. Columns are named by header, places counted from 0.

    `merges` are (first row, first column, last row, last column, text, look); `links` are the columns of web
    addresses; `hidden` columns are folded away behind a group.
    """

    name: str
    cells: Any  # an Arrow table
    header_row: int = 0
    header: CellLook = field(default_factory=CellLook)
    widths: tuple[float, ...] = ()
    looks: Mapping[str, CellLook] = field(default_factory=dict)
    merges: tuple[tuple[int, int, int, int, str, CellLook], ...] = ()
    heights: Mapping[int, float] = field(default_factory=dict)
    rules: Mapping[str, Sequence[TextRule | NumberRule]] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    numbers_as_text: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    charts: tuple[ChartPlan, ...] = ()
    table: str = ""  # the table's name, which is what makes it a table of the spreadsheet's own
    told: str = ""  # its alternative text
    has_filter: bool = False
    frozen: tuple[int, int] = (0, 0)  # rows and columns that stay in sight
    tab: str = ""
    has_gridlines: bool = True
    print: Print = field(default_factory=Print)

    @cached_property
    def names(self) -> list[str]:
        """The headers, in order."""
        return list(self.cells.column_names)

    @property
    def top(self) -> int:
        """The first row of data."""
        return self.header_row + 1

    @property
    def bottom(self) -> int:
        """The last row of data; that of the header when there is none."""
        return self.header_row + len(self.cells)

    def cells_of(self, header: str, rows: int) -> str:
        """The first rows of that column, as a formula names them."""
        letters, name = column_letters(self.names.index(header)), self.name.replace("'", "''")
        return f"'{name}'!${letters}${self.top + 1}:${letters}${self.top + rows}"


@cache
def column_letters(place: int) -> str:
    """The name of a column: A, B … Z, AA …"""
    before, rest = divmod(place, 26)
    return (column_letters(before - 1) if before else "") + chr(65 + rest)


def ready(frame: DataFrame, headers: Mapping[str, str], language: str) -> Any:
    """An Arrow table of the columns named, under their headers, in a form the library writes; no cell is lost.

    Takes: headers - the header of each column to be shown, by the column's name, in order.
    """
    return pa.table({header: _fit(frame[name], language) for name, header in headers.items()})


def _fit(column: Any, language: str) -> Any:
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_object_dtype(column.dtype):
        column = column.astype("str")
    if isinstance(column.dtype, pd.StringDtype):
        return _text(pa.array(column, pa.large_string()), language)
    values = pa.array(column)
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
    """Instants as days; the whole column as text when a single one is outside the spreadsheet's calendar."""
    seconds = pc.cast(values, pa.timestamp("s", values.type.tz), safe=False)
    ends = pc.min_max(pc.cast(seconds, pa.int64())).as_py()
    if ends["min"] is None or (ends["min"] >= FIRST_SECOND and ends["max"] <= LAST_SECOND):
        return counted_days(values)
    log.warning("workbook: a column of dates is written as text, one is before March 1900 or after 9999")
    return pc.strftime(pc.cast(seconds, pa.timestamp("s")), format="%Y-%m-%d")


def counted_days(instants: Any) -> Any:
    """Instants as the days that a spreadsheet counts; it knows no zones, so by the clock of UTC."""
    micros = pc.cast(pc.cast(instants, pa.timestamp("us", instants.type.tz)), pa.int64())
    return pc.add(pc.divide(pc.cast(micros, pa.float64()), MICROS_A_DAY), DAYS_TO_1970)


def put_words(column: "Series[Any]", wording: Callable[[Any], str], absent: str = "") -> "Series[str]":
    """Each value as its wording, a missing one as `absent`; as fast on ten rows as on a hundred thousand."""
    codes, distinct = pd.factorize(column)
    told = np.array([*map(wording, distinct), absent], dtype="object")
    return Series(told[codes], index=column.index, dtype="str")  # a missing value's code is -1: the last wording


def level_words(levels: "Series[str]", language: str) -> "Series[str]":
    """Each level as its symbol and its word; empty stays empty."""
    return put_words(levels, lambda name: level_word(name, language) if name else "")


def code_words(codes: "Series[str]", part: str, language: str) -> "Series[str]":
    """Each code as the reader's words; a code without words stays as it is, rather than vanish."""
    w = words("workbook", language)
    return put_words(codes, lambda code: w.get(f"{part}_{code}", code))


NAVY, WHITE, GREY, LINE, ENTRY = "#1F3A5F", "#FFFFFF", "#4A5560", "#C9D1DA", "#FFFCEB"
SYMBOL_OF_DOUBT = "!"


class Tone(Struct, frozen=True):
    """The look of a line of words: its ink on its paper, and a symbol that says the same without colour."""

    ink: str
    paper: str
    symbol: str = ""
    size: float = 11
    is_bold: bool = False


TONES = {
    "title": Tone(WHITE, NAVY, size=20, is_bold=True),
    "subtitle": Tone(WHITE, NAVY, size=11),
    "band": Tone(WHITE, NAVY, size=13, is_bold=True),
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


TABLE_SIZE = 10  # points of the letters in a table


@cache
def tone_look(tone: Tone) -> CellLook:
    """The look of a banner line."""
    return CellLook(
        tone.ink, tone.paper, tone.size, tone.is_bold, is_wrapped=True, across="left", down="vcenter", indent=1
    )


@cache
def column_look(kind: str) -> CellLook:
    """The look of a column of that kind: top aligned, numbers with their unit's decimals, text wrapped."""
    look = CellLook(size=TABLE_SIZE, across="left", down="top", border=LINE)
    if kind == "key":
        return replace(look, ink=GREY)
    if kind.startswith("entered"):
        look = replace(look, paper=ENTRY)
    if kind in NUMBERS:
        return replace(
            look, number=NUMBERS[kind], across="left" if kind in DATES else "right", indent=0 if kind in DATES else 1
        )
    look = replace(look, is_wrapped=True, is_bold=kind in ("level", "change"))
    return replace(look, ink="#0B5394") if kind == "link" else look


HEADER = CellLook(WHITE, NAVY, TABLE_SIZE, True, is_wrapped=True, across="left", down="vcenter", border=LINE)
"""The look of a table's header row."""


@cache
def rules_of(kind: str, language: str) -> tuple[TextRule, ...]:
    """The conditional formats of a column of that kind, matched by how its text begins."""
    if kind == "level":
        return tuple(_rule(f"{level.symbol} {level.word(language)}", TONES[f"level_{level.name}"]) for level in LEVELS)
    w = words("workbook", language)
    if kind == "sure":
        doubtful = (w["sure_unverified"], w["sure_press"], w["sure_user_report"])
        return tuple(_rule(text, TONES["doubt"]) for text in doubtful)
    if kind == "change":
        inks = {"new": "#7A1F1F", "worse": "#7A1F1F", "better": "#1D4731", "gone": "#1D4731", "same": GREY}
        inks |= {"off_roster": "#7A1F1F", "unread": "#7A1F1F"}
        return tuple(_rule(w[f"change_{change}"], Tone(ink, WHITE)) for change, ink in inks.items())
    return ()


def _rule(text: str, tone: Tone) -> TextRule:
    return TextRule(text, CellLook(tone.ink, "" if tone.paper == WHITE else tone.paper))


def entry(kind: str, language: str) -> Entry | None:
    """What may be entered in a column of that kind; None where nothing is expected."""
    w = words("workbook", language)
    if kind == "entered_status":
        choices = tuple(w[f"note_status_{code}"] for code in STATUSES)
        return Entry(w["entry_status"], w["entry_status_wrong"], choices=choices)
    if kind == "entered_date":
        return Entry(w["entry_date"], w["entry_date_wrong"], bounds=DAYS)
    return Entry("", "") if kind.startswith("entered") else None


DAYS = (36_526, 73_050)  # 2000-01-01 to 2099-12-31, as a spreadsheet counts days
READ_WIDTH = 130.0  # characters; further right a line is off the screen
SPARE_WIDTH = 9.1  # of a column nobody gave a width
A_ROW = 15.0  # points, the height of a row nobody gave a height
TALLEST_ROW = 400.0  # points; a spreadsheet holds no more than 409


class BannerLine(Struct, frozen=True):
    """One line over the table: pieces of (text, tone, share of the width)."""

    pieces: tuple[tuple[str, str, float], ...]

    @classmethod
    def of(cls, text: str, tone: str = "plain") -> "BannerLine":
        """A line of one piece."""
        return cls(((text, tone, 1.0),))


def merges(lines: Sequence[BannerLine], widths: tuple[float, ...]) -> tuple[tuple[Any, ...], ...]:
    """The joined cells, a row a line: (first row, first column, last row, last column, text, look)."""
    looks = {tone: tone_look(TONES[tone]) for line in lines for _, tone, _ in line.pieces}
    return tuple(
        (row, start, row, end, clean(text), looks[tone])
        for row, line in enumerate(lines)
        for start, end, text, tone, _ in _place(line, widths)
    )


def height_of(line: BannerLine, widths: tuple[float, ...]) -> float:
    """The height of the line's row in points, so that none of its words is cut off."""
    tall = max(_height(text, tone, room) for _, _, text, tone, room in _place(line, widths))
    return min(max(A_ROW, tall + 4), TALLEST_ROW)


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
        end = reach if is_last else max(start, _column_at(edges, share * edges[reach]))
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
PAPERS = {"letter": 1, "a4": 9}
OF_A_WIDTH = 0.78  # a letter of running text is narrower than the digit widths are counted in
LOST_TO_WRAPPING = 3.0  # characters
TITLE_SHARE = 0.38  # of the width over a table


class TableColumn(Struct, frozen=True):
    """One column of a table: the frame's column, its kind (a key of NUMBERS, or a word of its own) and its width."""

    name: str
    kind: str
    width: float
    word: str = ""  # key of the header in words/workbook.toml, without `col_`; the name when empty
    header: str = ""  # the header itself, where it is no fixed word
    is_folded: bool = False  # folded away behind the details


@cache
def columns_of(part: str) -> tuple[TableColumn, ...]:
    """The columns of that sheet, by its key in the words (`at_risk`); none of one whose columns hang on the report."""
    sheets = tomli.loads((files("reporter.report.workbook") / "columns.toml").read_text("utf-8"))
    return tuple(_column(*entry) for entry in sheets.get(part, ()))


def _column(name: str, kind: str, width: float, word: str = "", is_folded: bool = False) -> TableColumn:
    return TableColumn(name, kind, width, word, header=KEY_HEADER if kind == "key" else "", is_folded=is_folded)


class Table(Struct, frozen=True):
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
        """The rows at these places; those that stand side by side are a slice, which copies nothing."""
        if is_stretch(places):
            return self.slice(int(places[0]) if len(places) else 0, len(places))
        return replace(self, cells=self.cells.take(places), index=self.index.take(places), lines=self.lines[places])

    def slice(self, start: int, most: int) -> "Table":
        """At most so many rows from a place on."""
        part = slice(start, start + most)
        return replace(self, cells=self.cells.slice(start, most), index=self.index[part], lines=self.lines[part])

    def column(self, name: str) -> Any:
        """The cells of the column of that name."""
        return self.cells.column(self._place(name))

    def unfolded(self) -> "Table":
        """Without the columns that are folded away; the key of the notes stays, since it has to come back."""
        places = [n for n, column in enumerate(self.columns) if not column.is_folded or column.kind == "key"]
        return replace(self, columns=tuple(self.columns[n] for n in places), cells=self.cells.select(places))

    def put(self, name: str, values: Any) -> "Table":
        """The table with other cells in the column of that name."""
        place = self._place(name)
        cells = self.cells.set_column(place, self.cells.column_names[place], values)
        return replace(self, cells=cells, lines=np.maximum(self.lines, lines_of(values, self.columns[place])))

    def _place(self, name: str) -> int:
        return next(n for n, column in enumerate(self.columns) if column.name == name)


class BookSheet(Struct, frozen=True, dict=True):
    """One sheet: lines of words over a table."""

    name: str
    language: str
    lines: tuple[BannerLine, ...]
    table: Table
    run_id: str
    tab: str = "#1F3A5F"
    paper: str = "letter"
    is_upright: bool = False  # printed in portrait
    told: str = ""  # the table's alternative text
    frozen_columns: int = 0
    is_frozen: bool = True
    has_filter: bool = True
    header_height: float = 33
    charts: tuple[ChartPlan, ...] = field(default_factory=tuple)

    @property
    def cells(self) -> Any:
        """The Arrow table."""
        return self.table.cells

    @cached_property
    def widths(self) -> tuple[float, ...]:
        """The columns' widths, in characters."""
        return tuple(column.width for column in self.table.columns)

    @property
    def header_row(self) -> int:
        """The row of the header, counted from 0."""
        return len(self.lines)

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
        lines = lines if column.is_folded else np.maximum(lines, lines_of(values, column))
    return Table(tuple(columns), cells, frame.index, lines)


def lines_of(values: Any, column: TableColumn) -> NDArray[np.float64]:
    """How many lines each cell needs in a column of that width; numbers, dates and folded keys need one.

    A text of several lines loses some room at the end of each, where the next word did not fit.
    """
    if column.kind in (*NUMBERS, "key") or not pa.types.is_large_string(values.type):
        return np.ones(len(values))
    texts = pc.fill_null(values, "")
    long = np.asarray(pc.utf8_length(texts)) * OF_A_WIDTH
    breaks = np.asarray(pc.count_substring(texts, "\n"))
    wrapped = np.ceil(long / max(column.width - LOST_TO_WRAPPING, 3))
    lines: NDArray[np.float64] = np.where(long <= column.width - 1, 1, np.maximum(wrapped, 2)) + breaks
    return lines


def sheet(report: Report, part: str, rows: Table, *, why_empty: str = "", note: str = "", **more: Any) -> BookSheet:
    """A sheet of one table under one line: its title, and what it is or the reason why there is nothing in it.

    Takes: part - the sheet's key in the words (`at_risk`).
    """
    w = words("workbook", report.language)
    name, count = w[f"sheet_{part}"], counted(w, "rows", len(rows), report.language)
    about = note or w[f"note_{part}"]
    told, tone = (about, "note") if len(rows) else (why_empty or w[f"none_{part}"], "label")
    title = " · ".join([name, *scope(report), count])
    line = BannerLine(((title, "band", TITLE_SHARE), (told, tone, 1 - TITLE_SHARE)))
    look = {"told": about, "paper": report.office.paper, **more}
    return BookSheet(name, report.language, (line,), rows, report.run.run_id, **look)


def scope(report: Report) -> list[str]:
    """Whom the sheet is for: the recipient's unit, or the office."""
    name = report.recipient.title if report.recipient else report.office.name
    return [name] if name else []


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
