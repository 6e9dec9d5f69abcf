"""Reads an .xls in the reading process: every sheet as text, with what is hidden, merged and in error.

Embedded charts have cells of their own, and one reader in common use puts them over the sheet's; xlrd, which reads
here, leaves them out. Imports only what reading needs.
"""

import io
import struct
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

import pyarrow as pa
import pyarrow.compute as pc

from reporter.readers.package import as_shown, padding

FAULTS = (ValueError, IndexError, KeyError, TypeError, AttributeError, AssertionError, struct.error)
MOST_EXACT = 10**15  # whole numbers below are kept to the last digit
DAY_ZERO = "1899-12-31"  # the day on which a spreadsheet's bare time of day lies
LAST_DAY = 2_958_466  # the day after the last that a spreadsheet knows
SHORTEST = 10  # bytes of the shortest record of a cell
MANY_BLANKS = struct.pack("<H", 0x00BE)
CHART = b"\x09\x08\x10\x00\x00\x06\x20\x00"  # where a chart's own records begin
COLUMNS = 256
EMPTY, TEXT, NUMBER, DATE, TRUTH, ERROR, BLANK = range(7)
Answer = dict[str, Any]


class UnreadableError(ValueError):
    """The reader cannot make sense of the file; another may."""


class TooWideError(ValueError):
    """More cells than the limits allow."""


def read_legacy(content: bytes, cells: int) -> tuple[Answer, list[pa.Table]]:
    """Every sheet of an .xls; row 1 of the sheet is the first row of its table.

    Raises: UnreadableError, TooWideError.
    """
    import xlrd

    if record_count(content) > cells:
        raise TooWideError
    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, ragged_rows=True, logfile=io.StringIO())
        parts = [_sheet(book, sheet) for sheet in book.sheets()]
    except (xlrd.XLRDError, *FAULTS) as e:
        raise UnreadableError from e
    return {"sheets": [facts for facts, _ in parts], "notes": [], "is_1904": book.datemode == 1}, [t for _, t in parts]


def record_count(content: bytes) -> int:
    """How many cells the file can hold at most, by the shortest record of one: told before any of them is made."""
    blanks = content.count(MANY_BLANKS) * COLUMNS
    return len(content) // SHORTEST + blanks


def _sheet(book: Any, sheet: Any) -> tuple[Answer, pa.Table]:
    """One sheet's cells and its facts; errors are told apart, with their place from 0."""
    columns: dict[int, dict[int, str]] = {}
    faults: list[tuple[int, int, str]] = []
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            text = _text(book, cell)
            if text is None:
                continue
            if cell.ctype == ERROR:
                faults.append((row, column, text))
            else:
                columns.setdefault(column, {})[row] = text
    return _facts(sheet, faults), sparse_table(columns, faults)


def sparse_table(columns: dict[int, dict[int, str]], faults: list[tuple[int, int, str]]) -> pa.Table:
    """The texts by column and row as a table that reaches to the last of them, or to the last error."""
    rows = max([row + 1 for texts in columns.values() for row in texts] + [row + 1 for row, _, _ in faults], default=0)
    width = max([column + 1 for column in columns] + [column + 1 for _, column, _ in faults], default=0)
    arrays = [_array(columns.get(column, {}), rows) for column in range(width)]
    return pa.table(arrays, names=[str(n) for n in range(width)])


def _array(texts: dict[int, str], rows: int) -> pa.Array:
    return pa.array([texts.get(row) for row in range(rows)], pa.string()) if texts else pa.nulls(rows, pa.string())


def _facts(sheet: Any, faults: list[tuple[int, int, str]]) -> Answer:
    return {
        "name": sheet.name,
        "visible": "visible" if sheet.visibility == 0 else "hidden",
        "first": 0,
        "faults": faults,
        "hidden_rows": [row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden],
        "hidden_columns": [column for column, info in sheet.colinfo_map.items() if info.hidden],
        "merged": [(top + 1, left, bottom, right - 1) for top, bottom, left, right in sheet.merged_cells],
    }


def _text(book: Any, cell: Any) -> str | None:
    """A cell as text, as grid.py promises; None for an empty one."""
    import xlrd

    if cell.ctype in (EMPTY, BLANK) or cell.value == "":
        return None
    if cell.ctype == TRUTH:
        return "true" if cell.value else "false"
    if cell.ctype == ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#VALUE!"))
    if cell.ctype == DATE:
        return _day(book, cell.value)
    return str(cell.value) if cell.ctype == TEXT else _number(book, cell)


def _day(book: Any, value: float) -> str:
    import xlrd

    if not 0 <= value < LAST_DAY:
        return repr(value)
    moment = xlrd.xldate_as_datetime(value, book.datemode)
    return f"{DAY_ZERO} {moment:%H:%M:%S}" if value < 1 else f"{moment:%Y-%m-%d %H:%M:%S}"


def _number(book: Any, cell: Any) -> str:
    """A number as its cell shows it, where its format only adds zeros; a whole one has no decimal point."""
    text = whole_number(cell.value)
    code = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
    pattern = padding(code)
    return as_shown(text, pattern) if pattern else text


def whole_number(value: float) -> str:
    """A number as text, a whole one without a decimal point, another with the fifteen digits that a cell shows."""
    if not float(value).is_integer():
        return f"{value:.15g}"
    return str(int(value)) if abs(value) < MOST_EXACT else repr(value)


FIRST_DAY = datetime(1899, 12, 31)  # noqa: DTZ001 - a cell has no zone


def read_patiently(content: bytes) -> tuple[Answer, list[pa.Table]]:
    """Every sheet of a workbook as text; row 1 of the sheet is the first row of its table.

    Raises: UnreadableError.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        parts = [_second_sheet(sheet) for sheet in book.worksheets]
    except (InvalidFileException, zipfile.BadZipFile, ParseError, OverflowError, *FAULTS) as e:
        raise UnreadableError from e
    return {"sheets": [facts for facts, _ in parts], "notes": [("second_reader", "")]}, [table for _, table in parts]


def _second_sheet(sheet: Any) -> tuple[Answer, pa.Table]:
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
                columns.setdefault(column, {})[row] = _second_text(cell.value)
    facts = {"name": sheet.title, "visible": sheet.sheet_state, "first": 0, "faults": faults}
    return facts, sparse_table(columns, faults)


def _second_text(value: object) -> str:
    """A value as text, as grid.py promises."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, time):
        return f"{datetime.combine(FIRST_DAY, value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, timedelta):
        return str(FIRST_DAY + value)
    if isinstance(value, date):  # also a moment
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return whole_number(value) if isinstance(value, int | float) else str(value)


INSTANT, IN_UTC = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%SZ"


class NoTextError(ValueError):
    """A column holds lists, records or bytes; the text of the error is its name."""


def typed_sheet(table: pa.Table) -> pa.Table:
    """Typed columns, as Parquet keeps them, in the words of a sheet: their names as the first row, every cell as text.

    What a type says is kept (an id of digits keeps its zeros, a day is a day); nothing is guessed.

    Raises: NoTextError.
    """
    pairs = zip(table.column_names, table.columns, strict=True)
    columns = [_with_name(name, _as_text(name, column)) for name, column in pairs]
    return pa.table(columns, names=[str(place) for place in range(len(columns))])


def _with_name(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([name], pa.string()), *column.chunks], pa.string())


def _as_text(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(name, column.cast(kind.value_type))
    if pa.types.is_date(kind):
        return pc.strftime(column.cast(pa.timestamp("s")), format="%Y-%m-%d 00:00:00")
    if pa.types.is_timestamp(kind):
        seconds = column.cast(pa.timestamp("s", "UTC" if kind.tz else None), safe=False)
        return pc.strftime(seconds, format=IN_UTC if kind.tz else INSTANT)
    if pa.types.is_floating(kind):
        return _numbers(column.cast(pa.float64()))
    if pa.types.is_decimal(kind):
        return pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise NoTextError(name)
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as e:
        raise NoTextError(name) from e


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A whole number has no decimal point; what is no number at all is missing."""
    real = pc.if_else(pc.is_finite(column), column, None)
    is_whole = pc.and_(pc.equal(pc.floor(real), real), pc.less(pc.abs(real), 1e15))
    whole = pc.if_else(is_whole, real, 0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(is_whole, whole, real.cast(pa.string()))
