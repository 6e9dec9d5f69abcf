"""Makes sheets of what the reading process answered: the sheet's own numbers, errors apart, empty text missing.

Pure: Arrow tables in, sheets out.
"""

import re
from datetime import timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas import DataFrame, Timestamp

from reporter.readers.grid import Sheet
from reporter.readers.workbook_pass import Marks

Place = tuple[int, int]
ISO_INSTANT = r"^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})"
ISO_TIME = re.compile(r"PT(\d{1,6})H(\d{1,6})M(\d{1,6})(?:[.,]\d+)?S")
DAY_ZERO = Timestamp("1899-12-31")  # the day on which a spreadsheet's bare time of day lies
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!")
ERRORS_FR = ("#NOM?", "#NUL!", "#NOMBRE!", "#VALEUR!")
ERRORS_LIBREOFFICE = tuple(f"Err:{number}" for number in range(501, 541))
ERROR_WORDS = pa.array([*ERRORS, *ERRORS_FR, *ERRORS_LIBREOFFICE])


class TooManyFaultsError(ValueError):
    """More cells in error than a roster that somebody uses can have."""


def sheet_of(part: dict[str, Any], table: pa.Table, marks: Marks, written_errors: int) -> Sheet:
    """One sheet from the other process's answer and the marks found on this side.

    Takes:  `written_errors`, how many there may be in a file that writes `#REF!` as any other word (.ods and
            text); 0 for the files that do not.
    Raises: TooManyFaultsError when there are more of them.
    """
    first = part["first"]
    faults = {(row, column): found for row, column, found in part["faults"]}
    errors = {at: found for at, found in faults.items() if found.startswith("#")}
    columns = _with_times(table, {at: found for at, found in faults.items() if at not in errors}, first)
    if written_errors:
        errors |= _written_errors(columns, first, written_errors)
        columns = [_missing_where(column, pc.is_in(column, value_set=ERROR_WORDS)) for column in columns]
    return Sheet(
        name=part["name"],
        cells=_frame(columns, first, table.num_rows, has_iso_dates=marks.has_iso_dates),
        is_hidden=part["visible"] != "visible",
        hidden_rows=frozenset(marks.hidden_rows),
        hidden_columns=frozenset(marks.hidden_columns),
        has_filter=marks.has_filter,
        errors={(row + 1, column): found for (row, column), found in sorted(errors.items())} | marks.errors,
        uncomputed=frozenset(marks.uncomputed),
    )


def _with_times(table: pa.Table, times: dict[Place, str], first: int) -> list[pa.ChunkedArray]:
    """The columns with the times of day of an .ods in their places; calamine gives those as faults."""
    columns = list(table.columns)
    for column in {column for _, column in times}:
        texts = columns[column - first].to_pylist()
        for row in (row for row, at in times if at == column):
            texts[row] = instant_of(times[row, column])
        columns[column - first] = pa.chunked_array([pa.array(texts, pa.string())])
    return columns


def instant_of(duration: str) -> str:
    """A time of day of an .ods (`PT08H30M00S`) as other kinds of file give it; anything else as it stands."""
    found = ISO_TIME.fullmatch(duration)
    if not found:
        return duration
    hours, minutes, seconds = map(int, found.groups())
    return str(DAY_ZERO + timedelta(hours=hours, minutes=minutes, seconds=seconds))


def _written_errors(columns: list[pa.ChunkedArray], first: int, most: int) -> dict[Place, str]:
    """The errors that stand in the cells as words, by their place."""
    places = [pc.indices_nonzero(pc.is_in(column, value_set=ERROR_WORDS)) for column in columns]
    if sum(map(len, places)) > most:
        raise TooManyFaultsError
    found = [rows.to_pylist() for rows in places]
    return {(row, first + number): columns[number][row].as_py() for number, rows in enumerate(found) for row in rows}


def _frame(columns: list[pa.ChunkedArray], first: int, rows: int, *, has_iso_dates: bool) -> DataFrame:
    """The cells with the sheet's own numbers: its empty columns in front restored, empty text missing."""
    filled = [_missing_where(column, pc.equal(pc.binary_length(column), 0)) for column in columns]
    whole = [pa.nulls(rows, pa.string())] * first + filled
    cells: DataFrame = pa.table(whole, names=[str(number) for number in range(len(whole))]).to_pandas()
    if has_iso_dates:
        cells = cells.apply(lambda column: column.str.replace(ISO_INSTANT, r"\1 \2", regex=True))
    cells.columns, cells.index = pd.RangeIndex(len(whole)), pd.RangeIndex(1, rows + 1)
    return cells.astype("str")


def _missing_where(column: pa.ChunkedArray, where: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with these cells missing; untouched where there is none."""
    return pc.if_else(where, None, column) if pc.any(where).as_py() else column
