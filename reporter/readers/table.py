"""Where the roster's table is: which sheet, which header row, which columns, and what else stands around it.

A sheet made by a person has titles above the table, labels over groups of columns, a second list beside or
below. The table is where the known headers are. Pure: no files, no clock.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.errors import RosterError, refused
from reporter.model.problem import Problem
from reporter.readers.dates import parts_of
from reporter.readers.grid import Book, Sheet, letter
from reporter.readers.headers import Binding, BoundColumn, header_key, meaning
from reporter.readers.values import office_values, says_settled, spelling_key, tidy, tidy_column, unaccented, value_list

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
class FoundTable:
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


def find_table(book: Book, *, sheet: str | None, header_row: int | None, wanted: Iterable[str] = ()) -> FoundTable:
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
    return FoundTable(book.source, chosen, heading, _without_tail(rows, chosen), notes)


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


def starts_another(table: FoundTable) -> "pd.Index[int]":
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
    `two_digit_pivot`: 49 is 2049 and 50 is 1950 when it is 50. `population` and `time_zone` are for rows that say
    nothing. `values` says, for a field, what an office's own values mean. `ambiguous` knows one answer, `both`: both readings of a date are kept.
    `shown` is the person whose cells are kept as they stand; nobody's, else.
    """

    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    date_orders: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    two_digit_pivot: int = 50
    population: str = ""
    time_zone: str = "America/Toronto"
    skip_hidden_rows: bool = False
    ambiguous: str = "both"
    shown: str = ""


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


def excluded_rows(page: MappedTable) -> Series:
    """The rule that takes a row out, empty where none does: blank, repeated_header, other_table, total, note…"""
    blank = _blank(page)
    rule = Series("", index=page.index, dtype="str")
    totals = _totals(page)
    rule[_notes(page, blank | totals)] = "note"
    rule[totals] = "total"
    rule[_repeated(page)] = "repeated_header"
    rule[page.index.isin(starts_another(page.table))] = "other_table"
    if page.options.skip_hidden_rows:
        rule[page.index.isin(sorted(page.table.sheet.hidden_rows))] = "hidden_by_choice"
    rule[blank] = "blank"
    return rule


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
        says[says] = ~_holds_date(page, says)
    return says


def _says_total(cells: Series) -> Truth:
    found = truth(cells.str.match(r"(?i)(?:grand|sub|sous|net|tota|nombre|number|count|somme|sum|effectif|compte|nb)"))
    found[found] = [bool(TOTAL.fullmatch(spelling_key(text))) for text in cells[found]]
    return found


def _first_filled(page: MappedTable, which: Truth) -> Series:
    """The first text of each of these rows, in any column of the table."""
    lines = page.table.rows.loc[which].drop(columns=[b.column for b in page.bound("dropped")]).astype("object")
    return lines.bfill(axis=1).iloc[:, 0].astype("str").str.strip()


def _holds_date(page: MappedTable, which: Truth) -> Truth:
    columns = [b.column for b in page.binding.bound if b.field.endswith(("_on", "_at"))]
    lines = page.cells.loc[which, columns]
    return np.array(
        [any(parts_of(unaccented(v)) for v in line if isinstance(v, str)) for line in lines.to_numpy(dtype=object)]
    )


def _notes(page: MappedTable, other: Truth) -> Truth:
    """Lines of text under the table: one lone text, which is no id, after the last row that holds more than one."""
    lone = lone_texts(page)
    people = np.flatnonzero(~other & ~lone)
    after = np.arange(len(lone)) > (people[-1] if len(people) else -1)
    return lone & after


def lone_texts(page: MappedTable) -> Truth:
    """Rows whose one filled cell, in the first columns, is no id, name or date: a note, a heading between groups."""
    filled = page.table.rows.notna().to_numpy()
    lone: Truth = filled.sum(axis=1) == 1
    column, columns = page.bound("person_id")[0].column, list(page.table.heading.texts)
    named = {b.column for name in ("full_name", "family_name", "given_names") for b in page.bound(name)}
    coded = truth(page.cells[column].str.contains(r"\d")).sum() * 2 > len(lone)
    places = np.flatnonzero(lone)
    spots = filled[places].argmax(axis=1)
    texts = page.table.rows.iloc[places].to_numpy(dtype=object)[np.arange(len(places)), spots]
    for place, spot, written in zip(places, spots.tolist(), texts, strict=True):
        at, text = columns[spot], tidy(str(written))
        is_like_id = at == column and _is_like_id(text, bool(coded))
        is_name = at in named and not _is_remark(text)
        lone[place] = (at == column or spot < FIRST) and not is_like_id and not is_name and _is_text(text)
    return lone


def _is_text(text: str) -> bool:
    found = parts_of(unaccented(text))
    return any(c.isalpha() for c in text) and (found is None or bool(found.note))


def _is_remark(text: str) -> bool:
    """More than a name: a sentence, a label, a footnote."""
    return text.startswith("*") or text.endswith(".") or ":" in text or text.count(" ") > 3


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
