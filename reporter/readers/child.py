"""The process that meets a stranger's file: limited in memory and time, and nothing is lost if it dies.

Run as `python -m reporter.readers.child KIND CELLS TEXT FAULTS SECONDS MEMORY`: the bytes of the file come on
standard input; the answer goes to standard output: one line of JSON, then one Arrow stream a sheet.
It imports only what reading needs, opens no file and follows no link; macros are never run.

Embedded charts of an .xls have cells of their own, and one reader in common use puts them over the sheet's; xlrd, which
reads here first, leaves them out.
"""

import io
import json
import os
import struct
import sys
import zipfile
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

import pyarrow as pa
import pyarrow.compute as pc

ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
BROKEN = (ValueError, IndexError, KeyError, TypeError, AttributeError, AssertionError, struct.error)
MOST_EXACT = 10**15  # whole numbers below are kept to the last digit
DAY_ZERO = "1899-12-31"  # the day on which a spreadsheet's bare time of day lies
LAST_DAY = 2_958_466  # the day after the last that a spreadsheet knows
SHORTEST = 10  # bytes of the shortest record of a cell
MANY_BLANKS = struct.pack("<H", 0x00BE)
CHART = b"\x09\x08\x10\x00\x00\x06\x20\x00"  # where a chart's own records begin
COLUMNS = 256
EMPTY, TEXT, NUMBER, DATE, TRUTH, ERROR, BLANK = range(7)
FIRST_DAY = datetime(1899, 12, 31)  # noqa: DTZ001 - a cell has no zone
INSTANT, IN_UTC = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%SZ"
Answer = dict[str, Any]
Sheets = tuple[Answer, list[pa.Table]]


class UnreadableError(ValueError):
    """What is answered in place of cells: a code of problems/files.toml, and what fills its sentence."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.answer = {"refused": code, **({"details": details} if details else {})}


def serve(arguments: list[str]) -> None:
    """Read what comes in, answer, and end; a fault in the file is an answer, not an error."""
    kind, (cells, text, faults, seconds, memory) = arguments[0], map(int, arguments[1:])
    limit_self(seconds, memory)
    content = sys.stdin.buffer.read()
    try:
        answer, tables = READERS.get(kind, read_workbook)(content, cells)
        if sum(table.nbytes for table in tables) > text:
            raise UnreadableError("file_too_much_text", allowed=text // 1_000_000)
        if sum(len(sheet["faults"]) for sheet in answer["sheets"]) > faults:
            raise UnreadableError("file_too_many_faults", allowed=faults)
    except UnreadableError as e:
        answer, tables = e.answer, []
    send(answer, tables)


def limit_self(seconds: int, memory: int) -> None:
    """Bind this process; Windows has no such bounds, and there only the parent's clock holds."""
    try:
        import resource
    except ImportError:
        return
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,  # a dump would hold people's data
        resource.RLIMIT_FSIZE: 0,  # and so would any file
    }
    for what, bound in bounds.items():
        _, most = resource.getrlimit(what)
        bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
        with suppress(ValueError, OSError):  # macOS knows some of these names and refuses them
            resource.setrlimit(what, (bound, bound))


def require_few(count: int, cells: int) -> None:
    """Raises UnreadableError - more cells than the limits allow."""
    if count > cells:
        raise UnreadableError("file_too_many_cells", allowed=cells)


def read_text(content: bytes, cells: int) -> Sheets:
    """A delimited text as one sheet without a name."""
    from reporter.readers import delimited

    try:
        read = delimited.read_delimited(content, cells)
    except delimited.StrayMarksError as e:
        raise UnreadableError("file_stray_marks", lines=str(e)) from e
    except delimited.TooManyCellsError as e:
        raise UnreadableError("file_too_many_cells", allowed=cells) from e
    facts = {"name": "", "visible": "visible", "first": 0, "faults": []}
    facts |= {"widths": read.widths, "stray": list(read.stray.items())}
    return {"sheets": [facts], "notes": read.notes}, [read.table]


def read_parquet(content: bytes, cells: int) -> Sheets:
    """A Parquet file as one sheet without a name: its columns' names are row 1, and no cell is ever guessed at."""
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        require_few((file.metadata.num_rows + 1) * file.metadata.num_columns, cells)
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as e:
        raise UnreadableError("file_damaged") from e
    facts = {"name": "", "visible": "visible", "first": 0, "faults": []}
    return {"sheets": [facts], "notes": []}, [typed_sheet(table)]


def read_workbook(content: bytes, cells: int) -> Sheets:
    """Every sheet of a workbook as text; row 1 of the sheet is the first row of its table."""
    import fastexcel

    try:
        reader = fastexcel.read_excel(content)
        loaded = [reader.load_sheet(name, header_row=None, dtypes="string", skip_rows=0) for name in reader.sheet_names]
    except fastexcel.FastExcelError as e:
        if "password" in str(e).lower():
            raise UnreadableError("file_password") from e
        return read_patiently(content, cells)
    require_few(sum(sheet.total_height * (first_column(sheet) + sheet.width) for sheet in loaded), cells)
    parts = [read_sheet(sheet) for sheet in loaded]
    return {"sheets": [facts for facts, _ in parts], "notes": []}, [table for _, table in parts]


def read_old_workbook(content: bytes, cells: int) -> Sheets:
    """Every sheet of an .xls: by the reader that knows its charts and hidden rows, else as of any workbook."""
    import xlrd

    require_few(record_count(content), cells)
    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, ragged_rows=True, logfile=io.StringIO())
        parts = [old_sheet(book, sheet) for sheet in book.sheets()]
    except (xlrd.XLRDError, *BROKEN) as e:
        if CHART in content:  # the next reader puts the values of charts over the cells
            raise UnreadableError("file_chart_over_cells") from e
        answer, tables = read_workbook(content, cells)
        return {**answer, "notes": [("hidden_not_checked", "xls")]}, tables
    return {"sheets": [facts for facts, _ in parts], "notes": [], "is_1904": book.datemode == 1}, [t for _, t in parts]


def first_column(sheet: Any) -> int:
    """How many empty columns lie before the first that holds something."""
    columns = sheet.available_columns()
    return int(columns[0].absolute_index) if columns else 0


def read_sheet(sheet: Any) -> tuple[Answer, pa.Table]:
    """One sheet's cells and its facts; `faults` are the cells that are no text: (row, column, what was found)."""
    batch, faults = sheet.to_arrow_with_errors()
    first = first_column(sheet)
    found = [(f.position[0], f.position[1] + first, f.detail) for f in faults.errors] if faults else []
    facts = {"name": sheet.name, "visible": sheet.visible, "first": first, "faults": [*map(plain_fault, found)]}
    return facts, pa.table(batch.columns, names=[str(column) for column in range(batch.num_columns)])


def plain_fault(fault: tuple[int, int, str]) -> tuple[int, int, str]:
    """The fault in the words of a spreadsheet (`#REF!`); what is no error there keeps its text (`PT08H30M00S`)."""
    row, column, detail = fault
    inner = detail.partition("(")[2].rpartition(")")[0].strip('"')
    return row, column, ERRORS.get(inner, inner)


def send(answer: Answer, tables: list[pa.Table]) -> None:
    """Write the answer and the sheets behind one another."""
    out = sys.stdout.buffer
    out.write(json.dumps(answer).encode() + b"\n")
    for table in tables:
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
    out.flush()


def record_count(content: bytes) -> int:
    """How many cells the file can hold at most, by the shortest record of one: told before any of them is made."""
    blanks = content.count(MANY_BLANKS) * COLUMNS
    return len(content) // SHORTEST + blanks


def old_sheet(book: Any, sheet: Any) -> tuple[Answer, pa.Table]:
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
        "struck_rows": struck_rows(sheet),
        "notes": [(row + 1, column, note.text) for (row, column), note in sheet.cell_note_map.items()],
    }


def struck_rows(sheet: Any) -> list[int]:
    """The rows with a filled cell that is struck through, or a part of whose text is."""
    fonts = {number for number, font in enumerate(sheet.book.font_list) if font.struck_out}
    formats = {number for number, form in enumerate(sheet.book.xf_list) if form.font_index in fonts}
    in_part = {row for (row, _), runs in sheet.rich_text_runlist_map.items() if any(font in fonts for _, font in runs)}
    if not formats and not in_part:
        return []
    return [
        row + 1
        for row in range(sheet.nrows)
        if row in in_part or any(c.xf_index in formats and c.ctype not in (EMPTY, BLANK) for c in sheet.row(row))
    ]


def _text(book: Any, cell: Any) -> str | None:
    """A cell as text, as a sheet of book.py has it; None for an empty one."""
    import xlrd

    if cell.ctype in (EMPTY, BLANK) or cell.value == "":
        return None
    if cell.ctype == TRUTH:
        return "true" if cell.value else "false"
    if cell.ctype == ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#VALUE!"))
    if cell.ctype == DATE:
        return _day(book, cell)
    return str(cell.value) if cell.ctype == TEXT else _number(book, cell)


def _day(book: Any, cell: Any) -> str:
    """A date or an hour; a month alone where its cell shows no day and what was typed is a month."""
    import xlrd

    from reporter.readers.package import is_without_day

    value = cell.value
    if not 0 <= value < LAST_DAY:
        return repr(value)
    moment = xlrd.xldate_as_datetime(value, book.datemode)
    if moment.day == 1 and value.is_integer() and is_without_day(_format(book, cell)):
        return f"{moment:%Y-%m}"
    return f"{DAY_ZERO} {moment:%H:%M:%S}" if value < 1 else f"{moment:%Y-%m-%d %H:%M:%S}"


def _number(book: Any, cell: Any) -> str:
    """A number as its cell shows it, where its format only adds zeros; a whole one has no decimal point."""
    from reporter.readers.package import as_shown, padding

    text = whole_number(cell.value)
    pattern = padding(_format(book, cell))
    return as_shown(text, pattern) if pattern else text


def _format(book: Any, cell: Any) -> str:
    return str(book.format_map[book.xf_list[cell.xf_index].format_key].format_str)


def whole_number(value: float) -> str:
    """A number as text, a whole one without a decimal point, another with the fifteen digits that a cell shows."""
    if not float(value).is_integer():
        return f"{value:.15g}"
    return str(int(value)) if abs(value) < MOST_EXACT else repr(value)


def read_patiently(content: bytes, cells: int) -> Sheets:
    """A workbook that the first reader refuses, by the second, in the same form; damaged is what both refuse."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        parts = [second_sheet(sheet) for sheet in book.worksheets]
    except (InvalidFileException, zipfile.BadZipFile, ParseError, OverflowError, *BROKEN) as e:
        raise UnreadableError("file_damaged") from e
    require_few(sum(table.num_rows * table.num_columns for _, table in parts), cells)
    return {"sheets": [facts for facts, _ in parts], "notes": [("second_reader", "")]}, [table for _, table in parts]


def second_sheet(sheet: Any) -> tuple[Answer, pa.Table]:
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
    """A value as text, as a sheet of book.py has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, time):
        return f"{datetime.combine(FIRST_DAY, value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, timedelta):
        return str(FIRST_DAY + value)
    if isinstance(value, date):  # also a moment
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return whole_number(value) if isinstance(value, int | float) else str(value)


def typed_sheet(table: pa.Table) -> pa.Table:
    """Typed columns, as Parquet keeps them, in the words of a sheet: their names as the first row, every cell as text.

    What a type says is kept (an id of digits keeps its zeros, a day is a day); nothing is guessed.

    Raises: UnreadableError - a column holds lists, records or bytes.
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
        raise UnreadableError("file_column_nested", header=name)
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as e:
        raise UnreadableError("file_column_nested", header=name) from e


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A whole number has no decimal point; what is no number at all is missing."""
    real = pc.if_else(pc.is_finite(column), column, None)
    is_whole = pc.and_(pc.equal(pc.floor(real), real), pc.less(pc.abs(real), 1e15))
    whole = pc.if_else(is_whole, real, 0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(is_whole, whole, real.cast(pa.string()))


READERS = {"text": read_text, "xls": read_old_workbook, "parquet": read_parquet}


if __name__ == "__main__":
    serve(sys.argv[1:])
    # NOTE: Arrow's threads now and then abort a process that takes leave in good form, with its answer given already
    os._exit(0)
