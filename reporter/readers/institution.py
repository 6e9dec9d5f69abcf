"""The door of this room for the institution's own duties: a small sheet in, OWN out, every row accounted for.

Pure: no files, no clock. What is wrong with a cell is a Problem; what is wrong with the whole sheet is a RosterError.
"""

import logging
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
import pandas as pd
import tomli
from msgspec import Struct, field
from pandas import DataFrame, Series

from reporter.errors import RosterError, refused
from reporter.model.problem import Problem, letter
from reporter.model.shapes import CELLS, INSTITUTION, OWN, ROWS, require
from reporter.readers.book import Book, Sheet
from reporter.readers.dates import (
    DateColumn,
    DateRules,
    certainties,
    day_text,
    earliest_receipts,
    read_dates,
    receipt_instants,
    tells_hour,
)
from reporter.readers.headers import header_key
from reporter.readers.values import lookup, read_words, spelling_key, tidy, tidy_column
from reporter.readers.warnings import TWO_READINGS
from reporter.text.formats import fold_name

log = logging.getLogger(__name__)
LOOK = 30  # a header stands within the first rows
DATES = ("sent_on", "received_on", "due_on", "starts_on", "done_at")
LISTED = ("language", "sign_in_method")
LINE = 'date_order = "dmy"'


class OwnReading(Struct, frozen=True):
    """A sheet of duties read. `duties` is OWN, `rows` is ROWS with every row under the header once."""

    duties: DataFrame
    rows: DataFrame
    problems: tuple[Problem, ...]
    cells: DataFrame = field(default_factory=CELLS.empty)  # CELLS of the duty that was to be shown


class _Found(Struct, frozen=True, dict=True):
    """The table: its sheet, the header's row, each field's column, and the tidied cells by field."""

    source: str
    sheet: Sheet
    row: int
    columns: Mapping[str, int]

    @cached_property
    def cells(self) -> DataFrame:
        """The cells under the header, by field; a spreadsheet error or a formula without result is empty."""
        below = self.sheet.cells.loc[self.sheet.cells.index > self.row]
        cells = DataFrame({name: tidy_column(below[column]) for name, column in self.columns.items()})
        return cells.mask(self.is_broken)

    @cached_property
    def is_broken(self) -> DataFrame:
        """Where a cell shows an error instead of what it should."""
        places = {*self.sheet.errors, *self.sheet.uncomputed}
        index = self.sheet.cells.index[self.sheet.cells.index > self.row]
        return DataFrame({f: [(row, c) in places for row in index] for f, c in self.columns.items()}, index=index)

    def problem(self, code: str, row: int, name: str, value: str = "", **details: str) -> Problem:
        """A problem at one cell."""
        where = letter(self.columns[name]) if name in self.columns else ""
        said = {"field": name, "header": self.heading(name)}
        return Problem(self.source, code, self.sheet.name, row, where, value, said | details)

    def heading(self, name: str) -> str:
        """What the office calls the column of a field; the field's own name where there is none."""
        return tidy(str(self.sheet.cells.loc[self.row, self.columns[name]])) if name in self.columns else name


def read_own_duties(
    book: Book,
    kinds: Mapping[str, str],
    *,
    sheet: str | None = None,
    date_order: str | None = None,
    time_zone: str = "America/Toronto",
    shown: str = "",
) -> OwnReading:
    """The duties of one sheet.

    Takes:  kinds - every plain name of a kind of duty, with its entry in the rulebook; shown - the id of the duty
            whose cells are kept as they stand.
    Raises: RosterError - there is no such sheet, or no header with an id and a kind.
    """
    found = _find(book, sheet)
    cells = found.cells.reindex(columns=OWN.names)
    dates = {name: _dates(found, name, date_order, book.is_1904) for name in DATES if name in found.columns}
    kind = Series(
        [kinds.get(fold_name(text)) if isinstance(text, str) else None for text in cells["kind"]], cells.index
    )
    is_blank = found.cells.isna().all(axis=1) & ~found.is_broken.any(axis=1)
    told = [p for problems in (_unfit(found, cells, kind, kinds), _doubted(found, dates)) for p in problems]
    told = [p for p in told if not is_blank.get(p.row, False)]
    aside = _aside(cells, told)
    outcome = np.where(is_blank, "excluded", np.where(aside != "", "set_aside", "assessed"))
    whole = _whole(found, cells.assign(kind=kind), dates, time_zone)
    account = whole.assign(
        person_id=whole["duty_id"], outcome=outcome, rule=aside.mask(is_blank, "blank"), holder=INSTITUTION
    )
    log.info("duties: %d rows read, %d set aside", len(outcome), (outcome == "set_aside").sum())
    return OwnReading(
        require(OWN.cast(whole[outcome == "assessed"].reset_index(drop=True)), OWN),
        require(ROWS.cast(account.reset_index(drop=True)), ROWS),
        tuple(sorted(told, key=lambda p: (p.row, p.column, p.code))),
        _shown(found, account, dates, shown) if shown else CELLS.empty(),
    )


def _shown(found: _Found, account: DataFrame, dates: Mapping[str, DateColumn], shown: str) -> DataFrame:
    """CELLS of the rows of that duty, whatever became of them."""
    mine = account[account["person_id"].str.casefold() == shown.strip().casefold()]
    headers = found.sheet.cells.loc[found.row]
    told = [
        {
            **account.loc[row, ["source_row", "outcome", "rule"]].to_dict(),
            "field": name,
            "header": str(headers[column]).strip(),
            "address": f"{letter(column)}{row}",
            "said": "" if pd.isna(said := found.cells.loc[row, name]) else str(said),
            **(dates[name].as_read(int(found.cells.index.get_indexer(pd.Index([row]))[0])) if name in dates else {}),
        }
        for row in mine.index.tolist()
        for name, column in found.columns.items()
    ]
    return CELLS.cast(DataFrame(told, columns=CELLS.names))


def _find(book: Book, wanted: str | None) -> _Found:
    """The table of the named sheet; else of one that is called so, else of the first that has one."""
    named = set(_source()["sheets"]["names"]) if wanted is None else {wanted}
    called = [s for s in book.sheets if spelling_key(s.name) in {spelling_key(name) for name in named}]
    if wanted is not None and not called:
        names = ", ".join(repr(s.name) for s in book.sheets)
        raise refused(RosterError, "stop_no_sheet", where=book.source, sheet=wanted, names=names)
    for sheet in called or [s for s in book.sheets if not s.is_hidden]:
        for row, texts in zip(sheet.cells.index[:LOOK], sheet.cells.iloc[:LOOK].to_numpy(dtype=object), strict=True):
            columns = _columns(texts)
            if {"duty_id", "kind"} <= set(columns):
                return _Found(book.source, sheet, int(row), columns)
    raise refused(RosterError, "stop_no_duties", where=book.source)


def _columns(texts: "np.ndarray[tuple[int], np.dtype[np.object_]]") -> dict[str, int]:
    """Each field's first column in one row of cells."""
    known = _names()
    columns: dict[str, int] = {}
    for column, text in enumerate(texts):
        name = known.get(header_key(text)) if isinstance(text, str) and text.strip() else None
        if name:
            columns.setdefault(name, column)
    return columns


def _dates(found: _Found, name: str, order: str | None, is_1904: bool) -> DateColumn:
    return read_dates(found.cells[name], DateRules(order=order, is_1904=is_1904, is_receipt=name == "done_at"))


def _unfit(found: _Found, cells: DataFrame, kind: Series, kinds: Mapping[str, str]) -> list[Problem]:
    """Cells that show an error, rows without an id or of an unknown kind, and ids that stand twice."""
    ids = cells["duty_id"]
    places = [(int(row), name, c) for name, c in found.columns.items() for row in ids.index[found.is_broken[name]]]
    told = [found.problem("cell_error", row, name, found.sheet.errors.get((row, c), "")) for row, name, c in places]
    told += [found.problem("own_without_id", int(row), "duty_id") for row in ids.index[ids.isna()]]
    allowed = ", ".join(sorted(set(kinds.values())))
    for row, text in cells["kind"][kind.isna()].fillna("").items():
        told.append(found.problem("own_kind_unknown", int(str(row)), "kind", text, allowed=allowed))
    first = Series(ids.index, index=ids.index).groupby(ids).transform("first")
    for row in ids.index[ids.duplicated() & ids.notna()]:
        told.append(found.problem("own_repeated", int(row), "duty_id", str(ids[row]), first=f"{first[row]:.0f}"))
    return told


def _doubted(found: _Found, dates: Mapping[str, DateColumn]) -> list[Problem]:
    """Cells that are no date, that can be read two ways, or that do not tell the hour where it counts."""
    told = []
    for name, column in dates.items():
        codes = column["code"]
        for row in codes.index[codes != ""]:
            code = "own_two_readings" if codes[row] in TWO_READINGS else str(codes[row])
            details = {part: day_text(column[fact][row]) for part, fact in (("first", "on"), ("second", "other"))}
            value = str(found.cells[name].fillna("")[row])
            note = str(column["note"][row])
            told.append(found.problem(code, int(row), name, value, **details, note=note, line=LINE, count="1"))
    if "done_at" in dates:
        bare = dates["done_at"]["on"].notna() & ~tells_hour(dates["done_at"])
        for row in bare.index[bare][:1]:
            more = {"count": str(int(bare.sum()))}
            told.append(
                found.problem("filed_without_hour", int(row), "done_at", str(found.cells["done_at"][row]), **more)
            )
    return told


def _aside(cells: DataFrame, told: list[Problem]) -> Series:
    """Each row's reason to be set aside, empty where there is none."""
    aside = Series("", index=cells.index, dtype="str")
    for problem in told:
        if problem.severity == "error" and not aside[problem.row]:
            aside[problem.row] = problem.code
    return aside


def _whole(found: _Found, cells: DataFrame, dates: Mapping[str, DateColumn], time_zone: str) -> DataFrame:
    """Every row in the columns of OWN; of two readings of a date the earlier, or for what was done the later."""
    days = {name: column["on"].where(column["other"].isna(), _two(name, column)) for name, column in dates.items()}
    if "done_at" in days:
        zones = Series(time_zone, index=cells.index, dtype="str")
        days["done_from_at"] = _done_from(dates["done_at"], zones)
        days["done_at"] = receipt_instants(days["done_at"], dates["done_at"], zones)
    listed = {name: read_words(cells[name], lookup(name))[0] for name in LISTED if name in found.columns}
    certainty = certainties([*dates.values()], cells.index)
    prefix = f"{found.source}!{found.sheet.name}:"
    rows = [f"{prefix}{row}" for row in cells.index]
    return OWN.cast(cells.assign(**days, **listed, date_certainty=certainty, source_row=rows))


def _two(name: str, column: DateColumn) -> Series:
    both = pd.concat([column["on"], column["other"]], axis=1)
    one: Series = both.max(axis=1) if name == "done_at" else both.min(axis=1)
    return one


def _done_from(column: DateColumn, zones: Series) -> Series:
    """The first moment at which each can have been done, where the cell does not tell the hour, or tells two days."""
    first = column["on"].where(~(column["other"] < column["on"]), column["other"])
    of_two = receipt_instants(first, column, zones).where(column["other"].notna())
    return earliest_receipts(first, column, zones).fillna(of_two)


@cache
def _source() -> dict[str, dict[str, list[str]]]:
    return tomli.loads((files("reporter.readers") / "own_duties.toml").read_text("utf-8"))


@cache
def _names() -> Mapping[str, str]:
    return {header_key(name): field for field, names in _source()["is"].items() for name in (field, *names)}
