"""Where the roster's table is: which sheet, which header row, which columns, and what else stands around it.

A sheet made by a person has titles above the table, labels over groups of columns, a second list beside or
below. The table is where the known headers are. Pure: no files, no clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import pandas as pd
from pandas import DataFrame

from reporter.errors import RosterError, refused
from reporter.model.problem import Problem
from reporter.readers.aliases import header_key, meaning
from reporter.readers.grid import Book, Sheet
from reporter.readers.spelling import tidy

LOOK = 30  # a header stands within the first rows
ENOUGH = 2  # known headers that make a row a header
Cells = dict[int, str]


@dataclass(frozen=True)
class Heading:
    """One possible header: its last row, the text over each column, and how many of these are known."""

    row: int
    texts: Cells
    known: int
    has_person: bool

    @property
    def rank(self) -> tuple[bool, int]:
        """The more known headers the better, and one with an id column before one without."""
        return self.has_person, self.known


@dataclass(frozen=True)
class Table:
    """The table found: `rows` has the sheet's row numbers and columns, without the blank rows at its end."""

    source: str
    sheet: Sheet
    heading: Heading
    rows: DataFrame
    notes: tuple[Problem, ...] = ()

    @property
    def where(self) -> str:
        """How a message names it."""
        return ", ".join(part for part in (self.source, self.sheet.name, f"row {self.heading.row}") if part)


def find_table(book: Book, *, sheet: str | None, header_row: int | None, wanted: Iterable[str] = ()) -> Table:
    """The roster's table in the book; `wanted` are headers that the settings name.

    Raises: RosterError when there is no such sheet, or no table anywhere.
    """
    extra = frozenset(header_key(text) for text in wanted)
    open_to = _candidates(book, sheet)
    found = [(s, headings) for s in open_to if (headings := find_headings(s.cells, header_row, extra))]
    if not found:
        raise _nothing(open_to, header_row, book.source)
    chosen, headings = max(found, key=lambda pair: (max(h.rank for h in pair[1]), len(pair[0].cells)))
    heading = max(headings, key=lambda h: h.rank)
    rows = chosen.cells.loc[chosen.cells.index > heading.row, list(heading.texts)]
    notes = (*_sheet_notes(book, chosen, heading, found), *_beside(book, chosen, heading, headings))
    return Table(book.source, chosen, heading, _without_tail(rows, chosen), notes)


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
            found.append(joined)
    return found


def _heading(row: int, texts: Cells, extra: frozenset[str]) -> Heading:
    told = {c: meaning(text) for c, text in texts.items()}
    named = {header_key(text) for text in texts.values()} & extra if extra else extra
    fields = {m.field or m.fields for m in told.values() if m}
    return Heading(row, texts, len(fields) + len(named), "person_id" in fields or bool(named))


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


def _nothing(sheets: Iterable[Sheet], header_row: int | None, where: str) -> RosterError:
    names = ", ".join(repr(s.name) for s in sheets) or "–"
    if header_row is not None:
        return refused(RosterError, "stop_header_row", where=where, row=header_row, names=names)
    return refused(RosterError, "stop_no_table", where=where, rows=LOOK, names=names)


def _sheet_notes(
    book: Book, chosen: Sheet, heading: Heading, found: list[tuple[Sheet, list[Heading]]]
) -> Iterable[Problem]:
    if len(book.sheets) > 1:
        yield Problem(
            book.source, "sheet_chosen", chosen.name, value=chosen.name, details={"known": str(heading.known)}
        )
    for other, headings in found:
        if other is not chosen and any(h.has_person for h in headings):
            yield Problem(book.source, "sheet_with_table_left", other.name, value=other.name)
    for other in book.sheets:
        if other.is_hidden and other is not chosen:
            yield Problem(book.source, "sheet_hidden", other.name, value=other.name)
    hidden_rows = [row for row in chosen.hidden_rows if row > heading.row]
    if hidden_rows:
        yield Problem(book.source, "rows_hidden", chosen.name, min(hidden_rows), value=str(len(hidden_rows)))
    if chosen.hidden_columns & set(heading.texts):
        count = len(chosen.hidden_columns & set(heading.texts))
        yield Problem(book.source, "columns_hidden", chosen.name, value=str(count))


def _beside(book: Book, chosen: Sheet, heading: Heading, headings: list[Heading]) -> Iterable[Problem]:
    for other in headings:
        if other is not heading:
            first = next(iter(other.texts.values()))
            yield Problem(book.source, "table_left", chosen.name, other.row, value=first)


def starts_another(table: Table) -> "pd.Index[int]":
    """The rows of a second table under the first: from a header after a blank row, to the end of the sheet.

    A header equal to the table's own is a repeated header, not another table.
    """
    blank = np.logical_not(table.rows.notna().to_numpy().any(axis=1))
    after = [i + 1 for i in np.flatnonzero(blank)[:200] if i + 1 < len(blank) and not blank[i + 1]]
    own = {header_key(text) for text in table.heading.texts.values()}
    for place in after:
        texts = _texts(table.rows.iloc[place].to_numpy(dtype=object))
        keys = {header_key(text) for text in texts.values()}
        found = _heading(0, texts, frozenset())
        if found.has_person and found.known > ENOUGH and len(keys & own) < len(keys):
            return table.rows.index[place:]
    return table.rows.index[:0]
