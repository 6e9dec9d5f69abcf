"""Where the roster's table is: which sheet, which header row, which columns, and what else stands around it.

A sheet made by a person has titles above the table, labels over groups of columns, a second list beside or
below. The table is where the known headers are. Pure: no files, no clock.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

import numpy as np
import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Series

from reporter.errors import RosterError, refused
from reporter.model.problem import Problem, letter
from reporter.model.report import NotRead
from reporter.readers.book import Book, Sheet
from reporter.readers.dates import parts_of
from reporter.readers.headers import (
    Meaning,
    agreed_meaning,
    header_key,
    is_of_others,
    meaning,
)
from reporter.readers.values import (
    DIGIT,
    is_blank_word,
    matches,
    quoted,
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
LONGEST_TEXT = 200  # of what stood there, as it is told
TOLD = 10  # rows that are named
NEXT = 4  # rows in which the first person of a table is looked for, under its headings
FIRST_COLUMNS = 3  # in which headings are looked for one under another
PARTS = re.compile(r"[^\s,;|^~:]+")
LAST_COLUMN = 16_384
OF_UNITS = frozenset(["unit", "contact_email", "province", "language", "time_zone"])
Cells = dict[int, str]
Bands = Mapping[int, Mapping[int, int]]


class Heading(Struct, frozen=True):
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


class FoundTable(Struct, frozen=True):
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
        return cells.empty or bool(matches(cells, DIGIT).mean() >= MOSTLY)

    @property
    def where(self) -> str:
        """How a message in any language names it: `staff.xlsx!Toronto:1`, as a spreadsheet writes an address."""
        return f"{'!'.join(filter(None, (self.source, self.sheet.name)))}:{self.heading.row}"


class Found(Struct, frozen=True):
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
    found = {s.name: headings for s in open_to if (headings := _find_headings(s.cells, header_row, extra, s.bands))}
    if not found:
        raise _nothing(book, open_to, header_row, extra)
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
        known = headings or _find_headings(sheet.cells, None, self.extra, sheet.bands)
        best = max(known, key=lambda h: h.rank, default=None)
        is_told = best is not None and best.has_person
        if not is_told and not _holds_dates(sheet.cells):
            if sheet.is_hidden:
                self.notes.append(Problem(self.book.source, "sheet_hidden", sheet.name, value=sheet.name))
            return
        row = best.row if best else 0
        why = "sheet_hidden_left" if sheet.is_hidden else "sheet_with_table_left" if is_open else "sheet_not_named"
        is_headed = bool(known) or not _is_like_a_persons(_first_line([sheet])[1])
        self._leave(why, sheet, row, sheet.cells, sheet.name, headings=int(is_headed))

    def _leave_above(self, sheet: Sheet, heading: Heading) -> None:
        """Tell of rows over the first heading that are like people's: a title has no three cells and a date."""
        cells = sheet.cells.loc[sheet.cells.index <= heading.row - heading.depth]
        lines = (list(_texts(line).values()) for line in cells.to_numpy(dtype=object))
        alike = [_is_like_a_persons(texts) for texts in lines]
        if any(alike):
            rows = cells.iloc[alike.index(True) :]
            self._leave("table_left", sheet, int(rows.index[0]), rows, str(rows.iloc[0].dropna().iloc[0]))

    def _leave_beside(self, sheet: Sheet, other: Heading) -> None:
        cells = sheet.cells.loc[sheet.cells.index > other.row, list(other.texts)]
        first = next(iter(other.texts.values()))
        if other.has_person or _holds_dates(cells):
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


def _is_like_a_persons(texts: Sequence[str]) -> bool:
    """Whether a row may be a person's: no title has three cells and a date."""
    return len(texts) > ENOUGH and any(map(is_date, texts))


def _seeming_people(cells: DataFrame) -> int:
    """How many rows may be people's: those with more than one cell, and those with nothing but what is like an id."""
    filled = cells.notna().to_numpy().sum(axis=1)
    lone = cells[filled == 1].bfill(axis=1)
    ids = sum(is_like_id(tidy(str(text)), coded=True) for text in (lone.iloc[:, 0] if len(lone) else ()))
    return int((filled >= ENOUGH).sum()) + ids


def is_like_id(text: str, coded: bool) -> bool:
    """Whether a text that stands alone is like a number of a person; `coded` where the others hold digits."""
    if " " in text or text.endswith((":", ".")) or text.startswith("*") or len(text) > 40:
        return False
    return any(c.isdigit() for c in text) or not coded


def _holds_dates(cells: DataFrame) -> bool:
    """Whether a date stands anywhere in the first rows of these cells."""
    texts = pd.unique(cells.iloc[:SAMPLE].to_numpy(dtype=object).ravel())
    return any(isinstance(text, str) and is_date(text) for text in texts)


def is_date(text: str) -> bool:
    """Whether the text is a date and nothing else; a bare number is none."""
    found = parts_of(unaccented(text))
    return found is not None and not found.note and not found.serial


def _find_headings(cells: DataFrame, header_row: int | None, extra: frozenset[str], bands: Bands) -> list[Heading]:
    """The header of each block of columns in the sheet's first rows; blocks are parted by blank columns."""
    top = cells.iloc[:LOOK] if header_row is None else cells.loc[cells.index <= header_row].iloc[-2:]
    lines = [(int(row), _texts(values)) for row, values in zip(top.index, top.to_numpy(dtype=object), strict=True)]
    if header_row is not None:
        return _forced(lines, header_row, extra, bands)
    best = [h for h in _headings(lines, extra, bands) if h.known >= ENOUGH]
    if not best:
        return []
    whole = max(best, key=lambda h: h.rank)
    return _blocks(whole, cells, extra)


def _texts(values: Iterable[object]) -> Cells:
    texts = ((c, tidy(v)) for c, v in enumerate(values) if isinstance(v, str))
    return {c: text for c, text in texts if text}


def _forced(lines: list[tuple[int, Cells]], header_row: int, extra: frozenset[str], bands: Bands) -> list[Heading]:
    single = [_heading(row, texts, extra) for row, texts in lines if row == header_row and texts]
    pairs = [h for h in _headings(lines, extra, bands) if h.row == header_row]
    return [max([*single, *pairs], key=lambda h: h.rank)] if single else []


def _headings(lines: list[tuple[int, Cells]], extra: frozenset[str], bands: Bands) -> list[Heading]:
    """Every row as a header, and every row under the labels of the row above, where that makes more sense.

    Under a label of several columns that names somebody else or another time (`Spouse`, `Previous`), a header never
    stands without it; over the number of the person too, or over every date, it is a title.
    """
    single = {row: _heading(row, texts, extra) for row, texts in lines}
    found = dict(single)
    for (above, upper), (below, lower) in pairwise(lines):
        if not (single[below].known and upper):
            continue
        joined = _heading(below, _joined(upper, lower, extra, bands.get(above, {})), extra)
        is_over_all = not joined.has_person or bool(single[below].dated and not joined.dated)
        is_over_others = not is_over_all and any(map(is_of_others, upper.values()))
        if (is_over_others and single[below].rank > single[above].rank) or joined.rank > max(
            single[above].rank, single[below].rank
        ):
            found[below] = replace(joined, depth=2)
    return list(found.values())


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


def _joined(upper: Cells, lower: Cells, extra: frozenset[str], ends: Mapping[int, int]) -> Cells:
    """Each column's text under its group's label: `Study permit` over `Expiry` is `Study permit Expiry`.

    A label that is merged over columns holds for these, by `ends`; any other down to the next.
    """
    over, first = {}, -1
    for column in sorted(upper | lower):
        if column in upper:
            first = column
        elif column > ends.get(first, LAST_COLUMN):
            first = -1
        if first not in ends and header_key(upper.get(first, "")) == header_key(lower.get(column, "")):
            first = -1  # a cell merged over both rows is no label
        over[column] = first
    groups = Counter(first for column, first in over.items() if column in lower)
    return {
        column: _one_of(upper.get(column) or upper.get(first, ""), lower.get(column, ""), extra, groups[first] > 1)
        for column, first in over.items()
    }


def _one_of(label: str, text: str, extra: frozenset[str], is_group: bool) -> str:
    both = f"{label} {text}".strip()
    if header_key(label) == header_key(text):
        return text
    if not (label and text) or (is_group and is_of_others(label)):
        return both
    told = meaning(both)
    return both if (told and told.field and told != meaning(text)) or header_key(both) in extra else text


def _blocks(whole: Heading, cells: DataFrame, extra: frozenset[str]) -> list[Heading]:
    """The heading cut at blank columns, where both parts could be a table; else the heading as it is."""
    below = cells.loc[cells.index > whole.row]
    span = range(min(whole.texts), max(whole.texts) + 1)
    blank = {c for c in span if c not in whole.texts and (c not in below or below[c].isna().all())}
    runs = [list(run) for is_blank, run in groupby(span, key=lambda c: c in blank) if not is_blank]
    parts = [_heading(whole.row, {c: whole.texts[c] for c in run if c in whole.texts}, extra) for run in runs]
    if sum(part.has_person for part in parts) > 1:
        return [part for part in parts if part.has_person]
    strange = [part for part in parts if len(part.texts) > 1 and (not part.known or _lists_units(part, whole, below))]
    ours = {c: text for part in parts if part not in strange for c, text in part.texts.items()}
    return [_heading(whole.row, ours, extra), *strange]


def _lists_units(part: Heading, whole: Heading, below: DataFrame) -> bool:
    """Whether the columns are a list of units or their contacts, which only stands beside one of people.

    Such a list begins with the first row, has no gaps, and is half as long as the other or less, or longer.
    """
    told = {m.field for text in part.texts.values() if (m := meaning(text))}
    if part.known > len(told) or not told or not told <= OF_UNITS:
        return False
    others = [column for column in whole.texts if column not in part.texts]
    mine, theirs = (np.any(below[columns].notna().to_numpy(), axis=1) for columns in (list(part.texts), others))
    count, people = int(mine.sum()), int(theirs.sum())
    return bool(mine[:count].all()) and count > 0 and (2 * count <= people or count > people)


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


def _nothing(book: Book, sheets: Sequence[Sheet], header_row: int | None, extra: frozenset[str]) -> RosterError:
    """Why there is no table, by what stands there, with a cure that fits it."""
    where = ", ".join(part for part in (book.source, *(s.name for s in sheets)) if part)
    if header_row is not None:
        return refused(RosterError, "stop_header_row", where=where, row=header_row)
    if deep := _further_down(sheets, extra):
        sheet, heading = deep
        line = f"header_row = {heading.row}"
        lines = f"sheet = {quoted(sheet.name)}; {line}" if len(sheets) > 1 else line
        return refused(RosterError, "stop_table_deep", where=where, rows=LOOK, row=heading.row, lines=lines)
    hidden = (s for s in book.sheets if s not in sheets and _find_headings(s.cells, None, extra, s.bands))
    if away := next(hidden, None):
        return refused(RosterError, "stop_sheet_hidden", where=where, sheet=away.name, quoted=quoted(away.name))
    if column := next(filter(None, (_heads_downwards(s.cells, extra) for s in sheets)), ""):
        return refused(RosterError, "stop_headings_down", where=where, column=column)
    if any(_is_unparted(s.cells) for s in sheets):
        return refused(RosterError, "stop_one_column", where=where)
    row, texts = _first_line(sheets)
    if len(texts) < ENOUGH or any(c.isdigit() or c == "@" for text in texts for c in text):
        return refused(RosterError, "stop_no_headings", where=where, rows=LOOK, row=row)
    headings = " · ".join(texts)[:LONGEST_TEXT]  # words alone: a person's row would not be printed
    return refused(RosterError, "stop_no_table", where=where, rows=LOOK, row=row, headings=headings)


def _further_down(sheets: Iterable[Sheet], extra: frozenset[str]) -> tuple[Sheet, Heading] | None:
    """The first heading below the rows in which one is looked for."""
    for sheet in sheets:
        for start in range(LOOK - 1, min(len(sheet.cells), DEEPEST), LOOK - 1):
            if found := _find_headings(sheet.cells.iloc[start:], None, extra, sheet.bands):
                return sheet, max(found, key=lambda h: h.rank)
    return None


def _heads_downwards(cells: DataFrame, extra: frozenset[str]) -> str:
    """The letter of a column in which headings stand one under another, as in a form or a table on its side."""
    for place in range(min(FIRST_COLUMNS, cells.shape[1])):
        down = _heading(0, _texts(cells.iloc[:LOOK, place]), extra)
        if down.has_person and down.known > ENOUGH:
            return letter(int(cells.columns[place]))
    return ""


def _is_unparted(cells: DataFrame) -> bool:
    """Whether each line stands in one cell, with several words or signs in it."""
    lines = [list(_texts(line).values()) for line in cells.iloc[:LOOK].to_numpy(dtype=object)]
    filled = [texts for texts in lines if texts]
    parted = [len(PARTS.findall(texts[0])) > ENOUGH for texts in filled if len(texts) == 1]
    return len(filled) >= ENOUGH and len(parted) == len(filled) and sum(parted) * 2 > len(parted)


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
    """What of a sheet that is read is hidden from whoever looks at it, or struck through by somebody."""
    hidden_rows = [row for row in sheet.hidden_rows if row > heading.row]
    if hidden_rows:
        yield Problem(book.source, "rows_hidden", sheet.name, min(hidden_rows), value=str(len(hidden_rows)))
    if struck := sorted(row for row in sheet.struck_rows if row > heading.row):
        told = ", ".join(map(str, struck[:TOLD])) + (", …" if len(struck) > TOLD else "")
        yield Problem(
            book.source, "rows_struck", sheet.name, struck[0], value=told, details={"count": str(len(struck))}
        )
    if sheet.hidden_columns & set(heading.texts):
        count = len(sheet.hidden_columns & set(heading.texts))
        yield Problem(book.source, "columns_hidden", sheet.name, value=str(count))


def _headings_above(cells: DataFrame, heading: Heading, extra: frozenset[str]) -> list[Heading]:
    """The headings of tables that stand over the one found, each with a person's id."""
    top = cells.loc[cells.index <= heading.row - heading.depth].iloc[:LOOK]
    lines = [(int(row), _texts(values)) for row, values in zip(top.index, top.to_numpy(dtype=object), strict=True)]
    return [h for h in (_heading(row, texts, extra) for row, texts in lines) if h.has_person and h.known >= ENOUGH]


def _further_headings(below: DataFrame, heading: Heading, extra: frozenset[str]) -> list[Heading]:
    """The headings of further tables under the first; a row that says the table's own once more heads none."""
    if below.empty:
        return []
    after = _after_breaks(below)
    told = {c: meaning(text) for c, text in heading.texts.items()}
    telling = [c for c, m in told.items() if m and (m.field == "person_id" or m.field.endswith("_on"))]
    named = [place for column in telling for place in _headers_among(below[column])]
    found = []
    for place in sorted({*after, *named}):
        other = _heading(int(below.index[place]), _texts(below.iloc[place].to_numpy(dtype=object)), extra)
        is_known = other.has_person and other.known > (ENOUGH if place in named else 1)
        if not is_said_again(heading, other.texts) and (
            is_known or (place in after and _heads_dates(below, place, heading))
        ):
            found.append(other)
    return found


def is_said_again(heading: Heading, texts: Cells) -> bool:
    """Whether a row says the headings once more, each in its own column: word for word, or in the other language.

    The same words in another order head another table, whose columns are not those of this one.
    """
    same = 0
    for column, text in texts.items():
        own = heading.texts.get(column)
        if own is None:
            return False
        mine, told = meaning(own), meaning(text)
        if header_key(own) == header_key(text) or agreed_meaning(mine, told):
            same += 1
        elif mine and told and mine.field and told.field:
            return False
    return same >= min(ENOUGH, len(heading.texts))


def _after_breaks(below: DataFrame) -> list[int]:
    """The places of rows of plain words that follow a blank row, a total or another short line."""
    filled = below.notna().to_numpy().sum(axis=1)
    follows = np.concatenate([[False], filled[:-1] <= ENOUGH]) & (filled >= ENOUGH)
    lines = below[follows]
    said = np.zeros(len(lines), dtype=bool)
    for column in lines:
        said |= matches(lines[column], DIGIT)
    return [int(place) for place in np.flatnonzero(follows)[~said][:MOST_BLOCKS]]


def _headers_among(cells: Series) -> list[int]:
    """Where a known header stands among ids or dates."""
    codes, texts = pd.factorize(cells.mask(matches(cells, DIGIT)))
    is_header = np.array([meaning(text) is not None for text in texts] + [False])
    return [int(place) for place in np.flatnonzero(is_header[codes])[:MOST_BLOCKS]]


def _heads_dates(below: DataFrame, place: int, heading: Heading) -> bool:
    """Whether a row of plain words stands over a date, or where dates should and dates are under it: headings."""
    dated = [c for c, text in heading.texts.items() if (told := meaning(text)) and told.field.endswith("_on")]
    texts = _texts(below.iloc[place].to_numpy(dtype=object))
    said = {c: spelling_key(text) or text for c, text in texts.items() if not is_blank_word(text)}
    if len(set(said.values())) <= ENOUGH or any(c.isdigit() or c == "@" for text in texts.values() for c in text):
        return False
    over = [c for c, text in _first_full_line(below.iloc[place + 1 :]).items() if is_date(text)]
    words = [c for c in (*dated, *over) if c in said and spelled(texts[c]) not in value_list("date_state")]
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
