"""The table's cells, tidied, with each field's column and the address of every cell. Pure: no files, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.readers.grid import letter
from reporter.readers.headers import Binding, Bound
from reporter.readers.spelling import tidy_column
from reporter.readers.table import Table
from reporter.readers.values import words

Truth = NDArray[np.bool_]


def truth(cells: Series) -> Truth:
    """The series as true and false, its own to change; a missing cell is false."""
    return np.array(cells.fillna(False), dtype=bool)


def _is_error(text: str) -> bool:
    return text.casefold() in words("cell_error")


@dataclass(frozen=True)
class ReadOptions:
    """What the settings say of one roster.

    `columns` binds a field to a header. `date_order` is dmy, mdy or ymd, for columns that do not prove their own;
    `date_orders` is the same for single fields, and goes first.
    `two_digit_pivot`: 49 is 2049 and 50 is 1950 when it is 50. `population` and `time_zone` are for rows that say
    nothing. `ambiguous` knows one answer, `both`: both readings of a date are kept.
    `shown` is the person whose cells are kept as they stand; nobody's, else.
    """

    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    date_orders: Mapping[str, str] = field(default_factory=dict)
    two_digit_pivot: int = 50
    population: str = ""
    time_zone: str = "America/Toronto"
    skip_hidden_rows: bool = False
    ambiguous: str = "both"
    shown: str = ""


@dataclass(frozen=True)
class Page:
    """The table and its columns, read once: every frame and series here has the sheet's row numbers as index."""

    table: Table
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

    def bound(self, name: str) -> tuple[Bound, ...]:
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

    def problems(self, code: str, rows: Iterable[int], bound: Bound, **details: str) -> list[Problem]:
        """The same problem at several cells of one column, each with its value."""
        cells, name = self.cells[bound.column], self.name(bound)
        at = list(rows)
        values = cells.loc[at].fillna("")
        return [
            self.problem(code, r, bound.column, v, field=name, header=bound.header, **details)
            for r, v in zip(at, values, strict=True)
        ]

    def name(self, bound: Bound) -> str:
        """The field as the settings write it: `work_permit_expires_on` where several kinds have a column."""
        several = bound.kind and len(self.bound(bound.field)) > 1
        return f"{bound.kind}_{bound.field}" if several else bound.field
