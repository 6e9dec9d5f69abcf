"""Where the roster's table is: which sheet, which header row, which columns, and what else stands around it.

A sheet made by a person has titles above the table, labels over groups of columns, a second list beside or
below. The table is where the known headers are. Pure: no files, no clock.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.errors import RosterError, refused
from reporter.model.account import NotRead
from reporter.model.problem import Problem
from reporter.readers.dates import DateEvidence, parts_of
from reporter.readers.grid import Book, Sheet, letter
from reporter.readers.headers import Binding, BoundColumn, Meaning, header_key, meaning
from reporter.readers.values import (
    is_blank_word,
    office_values,
    quoted,
    says_settled,
    spelled,
    spelling_key,
    tidy,
    tidy_column,
    unaccented,
    value_list,
)

LOOK = 30  # a header stands within the first rows
DEEPEST = 2_000  # rows in which one is looked for to tell where it stands
ENOUGH = 2  # known headers that make a row a header, and filled cells that make a row seem a person
SAMPLE = 200  # rows in which a date is looked for
MOST_BLOCKS = 200  # tables under one another
MOSTLY = 0.5  # of a column's filled cells
NEXT = 4  # rows in which the first person of a table is looked for, under its headings
Cells = dict[int, str]


@dataclass(frozen=True)
class Heading:
    """One possible header: its last row, the text over each column, and how many of these are known.

    `settled` is how many can mean one thing only: a label over `Expires` may decide which. `dated` is what makes the
    form of a table: the dates that it has, each with its kind of permit.
    """

    row: int
    texts: Cells
    known: int
    has_person: bool
    settled: int = 0
    depth: int = 1  # in rows
    dated: frozenset[object] = frozenset()

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The more headers that mean one thing the better, and one with an id column before one without."""
        return self.has_person, self.settled, self.known


@dataclass(frozen=True)
class FoundTable:
    """The table found: `rows` has the sheet's row numbers and columns, without the blank rows at its end."""

    source: str
    sheet: Sheet
    heading: Heading
    rows: DataFrame
    notes: tuple[Problem, ...] = ()

    def with_column(self, column: int, header: str, cells: Series) -> "FoundTable":
        """The table with one more column, in front of the others."""
        heading = replace(self.heading, texts={column: header, **self.heading.texts})
        left = self.rows.drop(columns=column, errors="ignore")
        return replace(self, heading=heading, rows=pd.concat([cells.rename(column), left], axis=1))

    def is_numbered(self, column: int) -> bool:
        """Whether a digit stands in most of the column's cells; a column without any cell says nothing against it."""
        cells = tidy_column(self.rows[column]).dropna()
        return cells.empty or bool(truth(cells.str.contains(r"\d")).mean() >= MOSTLY)

    @property
    def where(self) -> str:
        """How a message in any language names it: `staff.xlsx!Toronto:1`, as a spreadsheet writes an address."""
        return f"{'!'.join(filter(None, (self.source, self.sheet.name)))}:{self.heading.row}"


@dataclass(frozen=True)
class Found:
    """The tables of one form that make the roster, and the parts of the book that are none of it."""

    tables: tuple[FoundTable, ...]
    not_read: tuple[NotRead, ...]


def find_tables(book: Book, *, sheet: str | None, header_row: int | None, wanted: Iterable[str] = ()) -> Found:
    """The tables of the roster in the book, and what of the book is none; `wanted` are headers that the settings name.

    The sheet with the most known headers decides the form, the first of equals: never the longer one, or a roster
    would change its people by growing.

    Raises: RosterError when there is no such sheet, or no table anywhere.
    """
    extra = frozenset(header_key(text) for text in wanted)
    open_to = _candidates(book, sheet)
    found = {s.name: headings for s in open_to if (headings := find_headings(s.cells, header_row, extra))}
    if not found:
        raise _nothing(open_to, header_row, book.source, extra)
    heading = max((h for headings in found.values() for h in headings), key=lambda h: h.rank)
    search = _Search(book, heading, extra)
    for each in book.sheets:
        search.look(each, found.get(each.name, []), is_open=each in open_to)
    return search.found()


class _Search:
    """Goes through the sheets of a book for the tables of one form, and keeps account of what has another."""

    def __init__(self, book: Book, heading: Heading, extra: frozenset[str]) -> None:
        self.book, self.heading, self.extra = book, heading, extra
        self.tables: list[FoundTable] = []
        self.not_read: list[NotRead] = []
        self.notes: list[Problem] = []

    def look(self, sheet: Sheet, headings: list[Heading], *, is_open: bool) -> None:
        """Take the tables of one sheet, or tell that it has others."""
        alike = [h for h in headings if h is self.heading or self._is_alike(h)]
        mine = max(alike, key=lambda h: (h is self.heading, h.rank), default=None)
        if mine is None:
            self._leave_sheet(sheet, headings, is_open=is_open)
            return
        starts = [*_headings_above(sheet.cells, mine, self.extra), mine]
        self._leave_above(sheet, starts[0])
        for start, end in pairwise(starts):
            self._take_between(sheet, start, end.row - end.depth + 1, "table_left")
        self._take(sheet, mine)
        self.notes += _marks_of(self.book, sheet, mine)
        for other in headings:
            if other is not mine:
                self._leave_beside(sheet, other)

    def found(self) -> Found:
        """The tables, the one whose form was looked for first; what was noticed stands with it."""
        tables = sorted(self.tables, key=lambda t: t.heading is not self.heading)
        names = list(dict.fromkeys(t.sheet.name for t in tables))
        notes = [*_chosen(self.book, self.heading, names), *self.notes]
        return Found((replace(tables[0], notes=tuple(notes)), *tables[1:]), tuple(self.not_read))

    def _is_alike(self, heading: Heading) -> bool:
        return heading.has_person and bool(heading.dated) and heading.dated == self.heading.dated

    def _take(self, sheet: Sheet, heading: Heading) -> None:
        """The table under a heading, and those further down: of the same form they are read, others are told."""
        below = sheet.cells.loc[sheet.cells.index > heading.row]
        starts = [heading, *_further_headings(below, heading, self.extra)]
        ends = [*(other.row for other in starts[1:]), int(sheet.cells.index[-1]) + 1]
        for start, end in zip(starts, ends, strict=True):
            self._take_between(sheet, start, end, "table_below")

    def _take_between(self, sheet: Sheet, heading: Heading, end: int, why: str) -> None:
        """The rows under a heading, down to the next: read where the form is that of the roster, else told."""
        inside = (sheet.cells.index > heading.row) & (sheet.cells.index < end)
        cells = sheet.cells.loc[inside, list(heading.texts)]
        if heading is not self.heading and not self._is_alike(heading):
            self._leave(why, sheet, heading.row, cells, next(iter(heading.texts.values())))
        elif why != "table_left" or cells.notna().to_numpy().any():
            self.tables.append(FoundTable(self.book.source, sheet, heading, _without_tail(cells, sheet)))

    def _leave_sheet(self, sheet: Sheet, headings: list[Heading], *, is_open: bool) -> None:
        known = headings or find_headings(sheet.cells, None, self.extra)
        best = max(known, key=lambda h: h.rank, default=None)
        is_told = best is not None and best.has_person
        if not is_told and not holds_dates(sheet.cells):
            if sheet.is_hidden:
                self.notes.append(Problem(self.book.source, "sheet_hidden", sheet.name, value=sheet.name))
            return
        row = best.row if best else 0
        why = "sheet_hidden_left" if sheet.is_hidden else "sheet_with_table_left" if is_open else "sheet_not_named"
        self._leave(why, sheet, row, sheet.cells, sheet.name, headings=1)

    def _leave_above(self, sheet: Sheet, heading: Heading) -> None:
        """Tell of rows over the first heading that are like people's: a title has no three cells and a date."""
        cells = sheet.cells.loc[sheet.cells.index <= heading.row - heading.depth]
        lines = (list(_texts(line).values()) for line in cells.to_numpy(dtype=object))
        alike = [len(texts) > ENOUGH and any(map(is_date, texts)) for texts in lines]
        if any(alike):
            rows = cells.iloc[alike.index(True) :]
            self._leave("table_left", sheet, int(rows.index[0]), rows, str(rows.iloc[0].dropna().iloc[0]))

    def _leave_beside(self, sheet: Sheet, other: Heading) -> None:
        cells = sheet.cells.loc[sheet.cells.index > other.row, list(other.texts)]
        first = next(iter(other.texts.values()))
        if other.has_person or holds_dates(cells):
            self._leave("table_left", sheet, other.row, cells, first)
        else:
            self.notes.append(Problem(self.book.source, "table_beside", sheet.name, other.row, value=first))

    def _leave(self, why: str, sheet: Sheet, row: int, cells: DataFrame, value: str, *, headings: int = 0) -> None:
        """Tell of a part that is not read, with how many people it seems to hold, if it seems to hold any."""
        rows = _seeming_people(cells) - headings
        if rows > 0:
            self.not_read.append(NotRead(self.book.source, sheet.name, rows, why))
            details = {"count": str(rows)}
            self.notes.append(Problem(self.book.source, why, sheet.name, row, value=value, details=details))


def _seeming_people(cells: DataFrame) -> int:
    """How many rows may be people's: those with more than one cell, and those with nothing but what is like an id."""
    filled = cells.notna().to_numpy().sum(axis=1)
    lone = cells[filled == 1].bfill(axis=1)
    ids = sum(_is_like_id(tidy(str(text)), coded=True) for text in (lone.iloc[:, 0] if len(lone) else ()))
    return int((filled >= ENOUGH).sum()) + ids


def holds_dates(cells: DataFrame) -> bool:
    """Whether a date stands anywhere in the first rows of these cells."""
    texts = pd.unique(cells.iloc[:SAMPLE].to_numpy(dtype=object).ravel())
    return any(isinstance(text, str) and is_date(text) for text in texts)


def is_date(text: str) -> bool:
    """Whether the text is a date and nothing else; a bare number is none."""
    found = parts_of(unaccented(text))
    return found is not None and not found.note and not found.serial


def find_headings(cells: DataFrame, header_row: int | None, extra: frozenset[str]) -> list[Heading]:
    """The header of each block of columns in the sheet's first rows; blocks are parted by blank columns."""
    top = cells.iloc[:LOOK] if header_row is None else cells.loc[cells.index <= header_row].iloc[-2:]
    lines = [(int(row), _texts(values)) for row, values in zip(top.index, top.to_numpy(dtype=object), strict=True)]
    if header_row is not None:
        return _forced(lines, header_row, extra)
    best = [h for h in _headings(lines, extra) if h.known >= ENOUGH]
    if not best:
        return []
    whole = max(best, key=lambda h: h.rank)
    return _blocks(whole, cells, extra)


def _texts(values: Iterable[object]) -> Cells:
    texts = ((c, tidy(v)) for c, v in enumerate(values) if isinstance(v, str))
    return {c: text for c, text in texts if text}


def _forced(lines: list[tuple[int, Cells]], header_row: int, extra: frozenset[str]) -> list[Heading]:
    single = [_heading(row, texts, extra) for row, texts in lines if row == header_row and texts]
    pairs = [h for h in _headings(lines, extra) if h.row == header_row]
    return [max([*single, *pairs], key=lambda h: h.rank)] if single else []


def _headings(lines: list[tuple[int, Cells]], extra: frozenset[str]) -> list[Heading]:
    """Every row as a header, and every row under the labels of the row above, where that makes more sense."""
    single = {row: _heading(row, texts, extra) for row, texts in lines}
    found = list(single.values())
    for (above, upper), (below, lower) in pairwise(lines):
        if not (single[below].known and upper):
            continue
        joined = _heading(below, _joined(upper, lower, extra), extra)
        if joined.rank > max(single[above].rank, single[below].rank):
            found.append(replace(joined, depth=2))
    return found


def _heading(row: int, texts: Cells, extra: frozenset[str]) -> Heading:
    told = {c: meaning(text) for c, text in texts.items()}
    named = {header_key(text) for text in texts.values()} & extra if extra else extra
    fields = {m.field or m.fields for m in told.values() if m}
    settled = len({m.field for m in told.values() if m and m.field}) + len(named)
    dated = {(m.field, m.kind, m.fields) for m in told.values() if m and _is_dated(m)}
    return Heading(
        row=row,
        texts=texts,
        known=len(fields) + len(named),
        has_person=_has_person([m for m in told.values() if m]) or bool(named),
        settled=settled,
        dated=frozenset(dated | named),
    )


def _has_person(told: Sequence[Meaning]) -> bool:
    """Whether a number for each person has a header; `Student` may be one beside a name, and alone is a kind's too."""
    others = {name for m in told if "person_id" not in m.fields for name in (m.field, *m.fields)}
    unclear = [m for m in told if "person_id" in m.fields]
    return "person_id" in others or any(not others.isdisjoint(m.beside) for m in unclear)


def _is_dated(told: Meaning) -> bool:
    return any(name.endswith(("_on", "_at")) for name in (told.field, *told.fields))


def _joined(upper: Cells, lower: Cells, extra: frozenset[str]) -> Cells:
    """Each column's text under its group's label: `Study permit` over `Expiry` is `Study permit Expiry`."""
    joined, label = {}, ""
    for column in sorted(upper | lower):
        label = upper.get(column, label if column in lower else "")
        joined[column] = _one_of(label, lower.get(column, ""), extra)
    return joined


def _one_of(label: str, text: str, extra: frozenset[str]) -> str:
    both = f"{label} {text}".strip()
    if not (label and text):
        return both
    told = meaning(both)
    return both if (told and told.field) or header_key(both) in extra else text


def _blocks(whole: Heading, cells: DataFrame, extra: frozenset[str]) -> list[Heading]:
    """The heading cut at blank columns, where both parts could be a table; else the heading as it is."""
    below = cells.loc[cells.index > whole.row]
    span = range(min(whole.texts), max(whole.texts) + 1)
    blank = {c for c in span if c not in whole.texts and (c not in below or below[c].isna().all())}
    runs = [list(run) for is_blank, run in groupby(span, key=lambda c: c in blank) if not is_blank]
    parts = [_heading(whole.row, {c: whole.texts[c] for c in run if c in whole.texts}, extra) for run in runs]
    if sum(part.has_person for part in parts) > 1:
        return [part for part in parts if part.has_person]
    strange = [part for part in parts if not part.known and len(part.texts) > 1]
    ours = {c: text for part in parts if part not in strange for c, text in part.texts.items()}
    return [_heading(whole.row, ours, extra), *strange]


def _without_tail(rows: DataFrame, sheet: Sheet) -> DataFrame:
    """The rows up to the last one that holds anything; a spreadsheet error is something."""
    filled = rows.notna().to_numpy().any(axis=1) | rows.index.isin(
        [row for row, column in sheet.errors if column in rows]
    )
    return rows.iloc[: int(filled.nonzero()[0][-1]) + 1] if filled.any() else rows.iloc[:0]


def _candidates(book: Book, sheet: str | None) -> list[Sheet]:
    if sheet is None:
        return [s for s in book.sheets if not s.is_hidden]
    same = [s for s in book.sheets if s.name.strip().casefold() == sheet.strip().casefold()]
    if not same:
        names = ", ".join(repr(s.name) for s in book.sheets)
        raise refused(RosterError, "stop_no_sheet", where=book.source, sheet=sheet, names=names)
    return same


def _nothing(sheets: Sequence[Sheet], header_row: int | None, source: str, extra: frozenset[str]) -> RosterError:
    """Why there is no table, by what stands there, with a cure that fits it."""
    where = ", ".join(part for part in (source, *(s.name for s in sheets)) if part)
    if header_row is not None:
        return refused(RosterError, "stop_header_row", where=where, row=header_row)
    if deep := _further_down(sheets, extra):
        sheet, heading = deep
        line = f"header_row = {heading.row}"
        lines = f"sheet = {quoted(sheet.name)}; {line}" if len(sheets) > 1 else line
        return refused(RosterError, "stop_table_deep", where=where, rows=LOOK, row=heading.row, lines=lines)
    row, texts = _first_line(sheets)
    if len(texts) < ENOUGH or any(c.isdigit() or c == "@" for text in texts for c in text):
        return refused(RosterError, "stop_no_headings", where=where, rows=LOOK, row=row)
    headings = " · ".join(texts)[:LONGEST_TEXT]  # words alone: a person's row would not be printed
    return refused(RosterError, "stop_no_table", where=where, rows=LOOK, row=row, headings=headings)


def _further_down(sheets: Iterable[Sheet], extra: frozenset[str]) -> tuple[Sheet, Heading] | None:
    """The first heading below the rows in which one is looked for."""
    for sheet in sheets:
        for start in range(LOOK - 1, min(len(sheet.cells), DEEPEST), LOOK - 1):
            if found := find_headings(sheet.cells.iloc[start:], None, extra):
                return sheet, max(found, key=lambda h: h.rank)
    return None


def _first_line(sheets: Iterable[Sheet]) -> tuple[int, list[str]]:
    """The first row that holds anything, with its texts; row 1 where none does."""
    for sheet in sheets:
        for row, line in zip(sheet.cells.index[:LOOK], sheet.cells.to_numpy(dtype=object), strict=False):
            if texts := _texts(line):
                return int(row), list(texts.values())
    return 1, []


def _chosen(book: Book, heading: Heading, names: list[str]) -> Iterable[Problem]:
    """Which of several sheets are read."""
    if len(names) > 1:
        yield Problem(book.source, "sheets_read", value=", ".join(names))
    elif len(book.sheets) > 1:
        known = {"known": str(heading.known)}
        yield Problem(book.source, "sheet_chosen", names[0], value=names[0], details=known)


def _marks_of(book: Book, sheet: Sheet, heading: Heading) -> Iterable[Problem]:
    """What of a sheet that is read is hidden from whoever looks at it."""
    hidden_rows = [row for row in sheet.hidden_rows if row > heading.row]
    if hidden_rows:
        yield Problem(book.source, "rows_hidden", sheet.name, min(hidden_rows), value=str(len(hidden_rows)))
    if sheet.hidden_columns & set(heading.texts):
        count = len(sheet.hidden_columns & set(heading.texts))
        yield Problem(book.source, "columns_hidden", sheet.name, value=str(count))


def _headings_above(cells: DataFrame, heading: Heading, extra: frozenset[str]) -> list[Heading]:
    """The headings of tables that stand over the one found, each with a person's id."""
    top = cells.loc[cells.index <= heading.row - heading.depth].iloc[:LOOK]
    lines = [(int(row), _texts(values)) for row, values in zip(top.index, top.to_numpy(dtype=object), strict=True)]
    return [h for h in (_heading(row, texts, extra) for row, texts in lines) if h.has_person and h.known >= ENOUGH]


def _further_headings(below: DataFrame, heading: Heading, extra: frozenset[str]) -> list[Heading]:
    """The headings of further tables under the first; one equal to the table's own is a repeated header, and none."""
    if below.empty:
        return []
    after = _after_breaks(below)
    told = {c: meaning(text) for c, text in heading.texts.items()}
    telling = [c for c, m in told.items() if m and (m.field == "person_id" or m.field.endswith("_on"))]
    named = [place for column in telling for place in _headers_among(below[column])]
    own = {header_key(text) for text in heading.texts.values()}
    found = []
    for place in sorted({*after, *named}):
        other = _heading(int(below.index[place]), _texts(below.iloc[place].to_numpy(dtype=object)), extra)
        keys = {header_key(text) for text in other.texts.values()}
        is_known = other.has_person and other.known > (ENOUGH if place in named else 1)
        if keys - own and (is_known or (place in after and _heads_dates(below, place, heading))):
            found.append(other)
    return found


def _after_breaks(below: DataFrame) -> list[int]:
    """The places of rows of plain words that follow a blank row, a total or another short line."""
    filled = below.notna().to_numpy().sum(axis=1)
    follows = np.concatenate([[False], filled[:-1] <= ENOUGH]) & (filled >= ENOUGH)
    lines = below[follows]
    said = np.zeros(len(lines), dtype=bool)
    for column in lines:
        said |= truth(lines[column].str.contains(r"\d"))
    return [int(place) for place in np.flatnonzero(follows)[~said][:MOST_BLOCKS]]


def _headers_among(cells: Series) -> list[int]:
    """Where a known header stands among ids or dates."""
    codes, texts = pd.factorize(cells.mask(cells.str.contains(r"\d", na=True)))
    is_header = np.array([meaning(text) is not None for text in texts] + [False])
    return [int(place) for place in np.flatnonzero(is_header[codes])[:MOST_BLOCKS]]


def _heads_dates(below: DataFrame, place: int, heading: Heading) -> bool:
    """Whether a row of plain words stands over a date, or where dates should and dates are under it: headings."""
    dated = [c for c, text in heading.texts.items() if (told := meaning(text)) and told.field.endswith("_on")]
    texts = _texts(below.iloc[place].to_numpy(dtype=object))
    said = {spelling_key(text) or text for text in texts.values() if not is_blank_word(text)}
    if len(said) <= ENOUGH or any(c.isdigit() or c == "@" for text in texts.values() for c in text):
        return False
    over = [c for c, text in _first_full_line(below.iloc[place + 1 :]).items() if is_date(text)]
    words = [c for c in (*dated, *over) if c in texts and spelled(texts[c]) not in value_list("date_state")]
    return bool(over and words) and not _shares_value(below, place)


def _first_full_line(cells: DataFrame) -> Cells:
    """The first of the next rows that is no heading of a group and not blank."""
    lines = (_texts(line) for line in cells.iloc[:NEXT].to_numpy(dtype=object))
    return next((texts for texts in lines if len(texts) > 1), {})


def _shares_value(below: DataFrame, place: int) -> bool:
    """Whether a text of the row stands in its column on another row too, as a person's unit does, and no heading."""
    same = below.eq(below.iloc[place]).fillna(False).to_numpy(dtype=bool)
    filled = int(below.iloc[place].notna().sum())
    counts = same.sum(axis=1)
    return bool(((counts > 0) & (counts < filled)).any())


Truth = NDArray[np.bool_]


def truth(cells: Series) -> Truth:
    """The series as true and false, its own to change; a missing cell is false."""
    return np.array(cells.fillna(False), dtype=bool)


def _is_error(text: str) -> bool:
    return text.casefold() in value_list("cell_error")


@dataclass(frozen=True)
class ReadOptions:
    """What the settings say of one roster.

    `columns` binds a field to a header. `date_order` is dmy, mdy or ymd, for columns that do not prove their own;
    `date_orders` is the same for single fields, and goes first.
    `two_digit_pivot`: 49 is 2049 and 50 is 1950 when it is 50. `population`, `school_level` and `time_zone` are for
    rows that say nothing. `person_id_from` is `name and unit` where the list has no numbers.
    `values` says, for a field, what an office's own values mean.
    `ambiguous` knows one answer, `both`: both readings of a date are kept.
    `shown` is the person whose cells are kept as they stand; nobody's, else. `evidence` is what the whole roster shows,
    where it stands in several files.
    """

    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    date_orders: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    two_digit_pivot: int = 50
    population: str = ""
    school_level: str = ""
    person_id_from: str = ""
    time_zone: str = "America/Toronto"
    skip_hidden_rows: bool = False
    ambiguous: str = "both"
    shown: str = ""
    evidence: "RosterEvidence | None" = None


@dataclass(frozen=True)
class RosterEvidence:
    """What the columns of a roster in several files show together, so that each file is read as the whole would be.

    `dates` is by field and kind of permit; `ids` counts the ids that hold a digit, and all of them; `says_dates` is
    whether any cell says anything of a date.
    """

    dates: Mapping[tuple[str, str], DateEvidence] = field(default_factory=dict)
    ids: tuple[int, int] = (0, 0)
    says_dates: bool = False
    has_people: bool = False

    def joined(self, other: "RosterEvidence") -> "RosterEvidence":
        """What both files show together."""
        both = {key: DateEvidence() for key in (*self.dates, *other.dates)}
        dates = {key: self.dates.get(key, none).joined(other.dates.get(key, none)) for key, none in both.items()}
        ids = (self.ids[0] + other.ids[0], self.ids[1] + other.ids[1])
        return RosterEvidence(dates, ids, self.says_dates or other.says_dates, self.has_people or other.has_people)


@dataclass(frozen=True)
class MappedTable:
    """The table and its columns, read once: every frame and series here has the sheet's row numbers as index."""

    table: FoundTable
    binding: Binding
    options: ReadOptions

    @property
    def index(self) -> pd.Index:
        """The sheet's row numbers."""
        return self.table.rows.index

    @cached_property
    def cells(self) -> DataFrame:
        """The tidied cells of the columns that are read, by column number; dropped columns are not among them."""
        cells = self._tidied
        if self.broken.empty:
            return cells
        broken = np.zeros(cells.shape, dtype=bool)
        columns = {c: place for place, c in enumerate(cells.columns)}
        broken[self.index.get_indexer(pd.Index(self.broken["row"])), [columns[c] for c in self.broken["column"]]] = True
        return cells.mask(broken)

    @cached_property
    def _tidied(self) -> DataFrame:
        read = [b.column for b in self.binding.bound if b.field != "dropped"]
        return DataFrame({c: tidy_column(self.table.rows[c]) for c in read}, index=self.index)

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, str]]:
        """What the office's own values mean, by field and spelling."""
        return office_values(self.options.values)

    @cached_property
    def broken(self) -> DataFrame:
        """The read cells that hold a spreadsheet error or a formula without its result: row, column, code, value."""
        sheet, cells = self.table.sheet, self._tidied
        found = {place: ("cell_error", error) for place, error in sheet.errors.items()}
        found |= {place: ("formula_uncomputed", "") for place in sheet.uncomputed if place not in found}
        for column in cells.columns.tolist():
            texts = cells[column][truth(cells[column].str.startswith("#"))]
            found |= {(int(str(r)), int(column)): ("cell_error", str(t)) for r, t in texts.items() if _is_error(str(t))}
        rows = set(self.index.tolist())
        kept = [(r, c, *what) for (r, c), what in sorted(found.items()) if c in cells and r in rows]
        return DataFrame(kept, columns=["row", "column", "code", "value"])

    @cached_property
    def source_rows(self) -> Series:
        """Each row's address: file!sheet:row."""
        prefix = f"{self.table.source}!{self.table.sheet.name}:"
        rows = pc.cast(pa.array(self.index.to_numpy()), pa.string())
        return Series(pd.array(pc.binary_join_element_wise(prefix, rows, ""), dtype="str"), index=self.index)

    def bound(self, name: str) -> tuple[BoundColumn, ...]:
        """The columns of a field; more than one only where they name different kinds of permit."""
        return tuple(b for b in self.binding.bound if b.field == name)

    def of(self, name: str) -> Series | None:
        """The tidied cells of a field's (first) column."""
        found = self.bound(name)
        return self.cells[found[0].column] if found else None

    def problem(self, code: str, row: int = 0, column: int | None = None, value: str = "", **details: str) -> Problem:
        """A problem at a cell of this table."""
        where = "" if column is None else letter(column)
        return Problem(self.table.source, code, self.table.sheet.name, int(row), where, value, details)

    def problems(self, code: str, rows: Iterable[int], bound: BoundColumn, **details: str) -> list[Problem]:
        """The same problem at several cells of one column, each with its value."""
        cells, name = self.cells[bound.column], self.name(bound)
        at = list(rows)
        values = cells.loc[at].fillna("")
        return [
            self.problem(code, r, bound.column, v, field=name, header=bound.header, **details)
            for r, v in zip(at, values, strict=True)
        ]

    def name(self, bound: BoundColumn) -> str:
        """The field as the settings write it: `work_permit_expires_on` where several kinds have a column."""
        several = bound.kind and len(self.bound(bound.field)) > 1
        return f"{bound.kind}_{bound.field}" if several else bound.field


TOTAL = re.compile(
    r"(?:(?:grand|sub|sous|net) ?)?tota(?:l|ls|ux)(?: .*)?"
    r"|(?:nombre|number|count|somme|sum|effectif|compte|nb)(?: (?:of|de|d|total|des).*|\s*\d*)?"
)
FIRST = 2  # the columns in which a note stands
FEWEST_GROUPS = 2  # lone texts between people that make headings of them
LONGEST_NAME = 5  # blanks in a name that ends in a period
FAMILY_FIRST = re.compile(r"[^\W\d]+, [^\W\d]+(?: [^\W\d]+)*")
LISTED = ("note", "total", "group_heading")
LONGEST_TEXT = 200


def excluded_rows(page: MappedTable) -> Series:
    """The rule that takes a row out, empty where none does: blank, repeated_header, group_heading, total, note…"""
    blank = _blank(page)
    rule = Series("", index=page.index, dtype="str")
    totals, lone = _totals(page), lone_texts(page)
    rule[lone & _is_after_people(~blank & ~totals & ~lone)] = "note"
    rule[_group_headings(page, blank, totals, lone)] = "group_heading"
    rule[totals] = "total"
    rule[_repeated(page)] = "repeated_header"
    if page.options.skip_hidden_rows:
        rule[page.index.isin(sorted(page.table.sheet.hidden_rows))] = "hidden_by_choice"
    rule[blank] = "blank"
    rule[page.index.isin(list(page.table.sheet.stray))] = ""
    return rule


def excluded_texts(page: MappedTable, rule: Series) -> list[Problem]:
    """What stood in the rows that were taken for no person, so that an officer sees when one was."""
    told = []
    shown = _shown(page)[rule.isin(LISTED).to_numpy(dtype=bool)].astype("object")
    for row, line in zip(shown.index, shown.to_numpy(), strict=True):
        texts = " · ".join(tidy(text) for text in line if isinstance(text, str))
        told.append(page.problem(f"excluded_{rule[row]}", row, None, texts[:LONGEST_TEXT]))
    return told


def _shown(page: MappedTable) -> pd.DataFrame:
    """The table's rows without the columns that are dropped."""
    return page.table.rows.drop(columns=[b.column for b in page.bound("dropped")])


def _blank(page: MappedTable) -> Truth:
    read = page.cells.notna().to_numpy().any(axis=1)
    ids = page.bound("person_id")[0].column
    broken = page.broken[(page.broken["code"] == "cell_error") | (page.broken["column"] == ids)]
    read |= page.index.isin(broken["row"])
    others = page.table.rows.loc[~read].drop(columns=list(page.cells.columns))
    if others.empty:
        return ~read
    read[~read] = np.column_stack([tidy_column(others[c]).notna() for c in others]).any(axis=1)
    return ~read


def _repeated(page: MappedTable) -> Truth:
    """The header again, as page breaks leave it: the id column's own header, and one more where there is one."""
    ids = page.of("person_id")
    assert ids is not None
    texts = {b.column: page.table.heading.texts[b.column] for b in page.binding.bound if b.field != "dropped"}
    maybe = truth(ids.str.lower() == texts[page.bound("person_id")[0].column].lower())
    if not maybe.any():
        return maybe
    lines = page.cells.loc[maybe]
    same = np.column_stack([truth(lines[c].str.lower() == text.lower()) for c, text in texts.items()])
    maybe[maybe] = same.sum(axis=1) >= min(2, len(texts))
    return maybe


def _totals(page: MappedTable) -> Truth:
    """Lines that count: `Total`, `Sous-total :`, `Nombre d'employés`, with no date where a permit's would be."""
    ids = page.of("person_id")
    assert ids is not None
    says = _says_total(ids)
    without = truth(ids.isna())
    if without.any():
        says[without] = _says_total(_first_filled(page, without))
    if says.any():
        says[says] = ~_holds_date(page, says) & ~_is_a_persons(page, says)
    return says


def _is_a_persons(page: MappedTable, which: Truth) -> Truth:
    """Of lines that begin with a word for a total, those of a person called so: with words beside it and no count.

    A kind of permit, a word in place of a date, or `Total, Marie` under the names is nobody's count.
    """
    said = {b.column for name in ("permit_kind", "permit_expires_on") for b in page.bound(name)}
    named = _name_columns(page)
    found = []
    for line in page.cells.loc[which].astype("object").to_dict("records"):
        texts = {c: str(v) for c, v in line.items() if isinstance(v, str)}
        words_beside = [
            c for c, text in texts.items() if not TOTAL.fullmatch(spelling_key(text)) and not _is_count(text)
        ]
        has_count = any(_is_count(text) for text in texts.values())
        is_named = any(FAMILY_FIRST.fullmatch(text) for c, text in texts.items() if c in named)
        found.append(is_named or any(c in said for c in words_beside) or (bool(words_beside) and not has_count))
    return np.array(found, dtype=bool)


def _is_count(text: str) -> bool:
    return text[:1].isdigit() and not parts_of(unaccented(text))


def _says_total(cells: Series) -> Truth:
    found = truth(cells.str.match(r"(?i)(?:grand|sub|sous|net|tota|nombre|number|count|somme|sum|effectif|compte|nb)"))
    found[found] = [bool(TOTAL.fullmatch(spelling_key(text))) for text in cells[found]]
    return found


def _first_filled(page: MappedTable, which: Truth) -> Series:
    """The first text of each of these rows, in any column of the table."""
    lines = _shown(page).loc[which].astype("object")
    return lines.bfill(axis=1).iloc[:, 0].astype("str").str.strip()


def _holds_date(page: MappedTable, which: Truth) -> Truth:
    columns = [b.column for b in page.binding.bound if b.field.endswith(("_on", "_at"))]
    lines = page.cells.loc[which, columns]
    return np.array(
        [any(parts_of(unaccented(v)) for v in line if isinstance(v, str)) for line in lines.to_numpy(dtype=object)]
    )


def _is_after_people(people: Truth) -> Truth:
    """The rows under the last that may be a person's."""
    found = np.flatnonzero(people)
    after: Truth = np.arange(len(people)) > (found[-1] if len(found) else -1)
    return after


def _group_headings(page: MappedTable, blank: Truth, totals: Truth, lone: Truth) -> Truth:
    """Lone texts that head groups: merged over several columns, or several, each with a person's row under it."""
    people = ~blank & ~totals & ~lone
    heads = lone & ~totals & ~_is_after_people(people)
    bands = heads & np.asarray(page.index.isin(sorted(page.table.sheet.bands)))
    if heads.sum() < FEWEST_GROUPS:
        return bands
    filled = page.table.rows.loc[heads].notna().to_numpy().argmax(axis=1)
    places = np.flatnonzero(~blank & ~totals)
    following = dict(pairwise(places.tolist()))
    is_head_of_people = all(people[following[place]] for place in np.flatnonzero(heads).tolist())
    is_one_column = len(set(filled.tolist())) == 1
    return heads if is_head_of_people and is_one_column else bands


def _name_columns(page: MappedTable) -> set[int]:
    return {b.column for name in ("full_name", "family_name", "given_names") for b in page.bound(name)}


def lone_texts(page: MappedTable) -> Truth:
    """Rows whose one filled cell, in the first columns, is no id, name or date: a note, a heading between groups."""
    filled = page.table.rows.notna().to_numpy()
    lone: Truth = filled.sum(axis=1) == 1
    column, columns = page.bound("person_id")[0].column, list(page.table.heading.texts)
    named = _name_columns(page)
    with_digit, count = page.options.evidence.ids if page.options.evidence else id_counts(page, ~lone)
    coded = with_digit * 2 > count
    places = np.flatnonzero(lone)
    spots = filled[places].argmax(axis=1)
    texts = page.table.rows.iloc[places].to_numpy(dtype=object)[np.arange(len(places)), spots]
    for place, spot, written in zip(places, spots.tolist(), texts, strict=True):
        at, text = columns[spot], tidy(str(written))
        is_like_id = at == column and _is_like_id(text, bool(coded))
        is_name = at in named and not _is_remark(text)
        lone[place] = (at == column or spot < FIRST) and not is_like_id and not is_name and _is_text(text)
    return lone


def id_counts(page: MappedTable, among: Truth) -> tuple[int, int]:
    """How many ids of these rows hold a digit, and how many there are: those that stand beside something."""
    ids = page.cells.loc[among, page.bound("person_id")[0].column].dropna()
    return int(truth(ids.str.contains(r"\d")).sum()), len(ids)


def _is_text(text: str) -> bool:
    found = parts_of(unaccented(text))
    return any(c.isalpha() for c in text) and (found is None or bool(found.note))


def _is_remark(text: str) -> bool:
    """What no name is like: a footnote, a sentence, a line that says where a list comes from. In doubt it is a name."""
    is_labelled = any(f"{spelling_key(text)} ".startswith(f"{word} ") for word in value_list("remark"))
    is_sentence = text.endswith(".") and text.count(" ") > LONGEST_NAME
    return is_labelled or is_sentence or text[:1] in "*†‡#(" or any(c.isdigit() for c in text)


def _is_like_id(text: str, coded: bool) -> bool:
    if " " in text or text.endswith((":", ".")) or text.startswith("*") or len(text) > 40:
        return False
    return any(c.isdigit() for c in text) or not coded


def not_temporary(page: MappedTable, dated: pd.DataFrame) -> Truth:
    """Citizens and permanent residents, who have no permit to watch: the status says so, or every expiry cell does.

    Takes: dated - for each column of permit expiries, by column number, whether the cell is a date.
    """
    kinds = page.of("permit_kind")
    said: Truth = np.zeros(len(page.index), dtype=bool) if kinds is None else _says_settled(kinds, page)
    columns = [b.column for b in page.bound("permit_expires_on")]
    if not columns:
        return said
    each = np.column_stack([_says_settled(page.cells[c], page) for c in columns])
    return said | (each.any(axis=1) & ~dated[columns].to_numpy().any(axis=1))


def _says_settled(cells: Series, page: MappedTable) -> Truth:
    codes, uniques = pd.factorize(cells)
    settled = np.array([says_settled(text, page.values) for text in uniques] + [False])
    return settled[codes]
