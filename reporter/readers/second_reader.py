"""Reads an .xlsx that the first reader refuses, in the reading process: slower, and more patient with odd cells.

One error value or cell type that is newer than a reader must not make a sound file "damaged". Imports only what
reading needs.
"""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from reporter.readers.legacy_workbook import FAULTS, Answer, UnreadableError, sparse_table, whole_number

DAY_ZERO = datetime(1899, 12, 31)  # noqa: DTZ001 - a cell has no zone


def read_patiently(content: bytes) -> tuple[Answer, list[pa.Table]]:
    """Every sheet of a workbook as text; row 1 of the sheet is the first row of its table.

    Raises: UnreadableError.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        parts = [_sheet(sheet) for sheet in book.worksheets]
    except (InvalidFileException, zipfile.BadZipFile, ParseError, OverflowError, *FAULTS) as e:
        raise UnreadableError from e
    return {"sheets": [facts for facts, _ in parts], "notes": [("second_reader", "")]}, [table for _, table in parts]


def _sheet(sheet: Any) -> tuple[Answer, pa.Table]:
    sheet.reset_dimensions()
    columns: dict[int, dict[int, str]] = {}
    faults: list[tuple[int, int, str]] = []
    for row, cells in enumerate(sheet.iter_rows()):
        for column, cell in enumerate(cells):
            if cell.value is None or cell.value == "":
                continue
            if cell.data_type == "e":
                faults.append((row, column, str(cell.value)))
            else:
                columns.setdefault(column, {})[row] = _text(cell.value)
    facts = {"name": sheet.title, "visible": sheet.sheet_state, "first": 0, "faults": faults}
    return facts, sparse_table(columns, faults)


def _text(value: object) -> str:
    """A value as text, as grid.py promises."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, time):
        return f"{datetime.combine(DAY_ZERO, value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, timedelta):
        return str(DAY_ZERO + value)
    if isinstance(value, date):  # also a moment
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return whole_number(value) if isinstance(value, int | float) else str(value)
