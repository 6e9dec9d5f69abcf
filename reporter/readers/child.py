"""The process that meets a stranger's file: limited in memory and time, and nothing is lost if it dies.

Run as `python -m reporter.readers.child KIND CELLS TEXT FAULTS SECONDS MEMORY`: the bytes of the file come on
standard input; the answer goes to standard output: one line of JSON, then one Arrow stream a sheet.
It imports only what reading needs, opens no file and follows no link; macros are never run.
"""

import json
import os
import sys
from contextlib import suppress
from typing import Any

import pyarrow as pa

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
Answer = dict[str, Any]


def serve(arguments: list[str]) -> None:
    """Read what comes in, answer, and end; a fault in the file is an answer, not an error."""
    kind, (cells, text, faults, seconds, memory) = arguments[0], map(int, arguments[1:])
    limit_self(seconds, memory)
    content = sys.stdin.buffer.read()
    answer, tables = READERS.get(kind, read_workbook)(content, cells)
    if sum(table.nbytes for table in tables) > text:
        answer, tables = {"refused": "file_too_much_text", "details": {"allowed": text // 1_000_000}}, []
    if sum(len(sheet["faults"]) for sheet in answer.get("sheets", ())) > faults:
        answer, tables = {"refused": "file_too_many_faults", "details": {"allowed": faults}}, []
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


def read_text(content: bytes, cells: int) -> tuple[Answer, list[pa.Table]]:
    """A delimited text as one sheet without a name."""
    from reporter.readers import delimited

    try:
        read = delimited.read_delimited(content, cells)
    except delimited.StrayMarksError as e:
        return {"refused": "file_stray_marks", "details": {"lines": str(e)}}, []
    except delimited.TooManyCellsError:
        return {"refused": "file_too_many_cells", "details": {"allowed": cells}}, []
    facts = {"name": "", "visible": "visible", "first": 0, "faults": []}
    facts |= {"widths": read.widths, "stray": list(read.stray.items())}
    return {"sheets": [facts], "notes": read.notes}, [read.table]


def read_parquet(content: bytes, cells: int) -> tuple[Answer, list[pa.Table]]:
    """A Parquet file as one sheet without a name: its columns' names are row 1, and no cell is ever guessed at."""
    from pyarrow import parquet

    from reporter.readers import other_readers

    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        if (file.metadata.num_rows + 1) * file.metadata.num_columns > cells:
            return {"refused": "file_too_many_cells", "details": {"allowed": cells}}, []
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return {"refused": "file_damaged"}, []
    try:
        sheet = other_readers.typed_sheet(table)
    except other_readers.NoTextError as e:
        return {"refused": "file_column_nested", "details": {"header": str(e)}}, []
    facts = {"name": "", "visible": "visible", "first": 0, "faults": []}
    return {"sheets": [facts], "notes": []}, [sheet]


def read_workbook(content: bytes, cells: int) -> tuple[Answer, list[pa.Table]]:
    """Every sheet of a workbook as text; row 1 of the sheet is the first row of its table."""
    import fastexcel

    try:
        reader = fastexcel.read_excel(content)
        loaded = [reader.load_sheet(name, header_row=None, dtypes="string", skip_rows=0) for name in reader.sheet_names]
    except fastexcel.FastExcelError as e:
        return ({"refused": "file_password"}, []) if "password" in str(e).lower() else read_again(content, cells)
    if sum(sheet.total_height * (first_column(sheet) + sheet.width) for sheet in loaded) > cells:
        return {"refused": "file_too_many_cells", "details": {"allowed": cells}}, []
    parts = [read_sheet(sheet) for sheet in loaded]
    return {"sheets": [facts for facts, _ in parts], "notes": []}, [table for _, table in parts]


def read_again(content: bytes, cells: int) -> tuple[Answer, list[pa.Table]]:
    """A workbook that the first reader refuses, by the second; damaged is what both refuse."""
    from reporter.readers import other_readers

    try:
        answer, tables = other_readers.read_patiently(content)
    except other_readers.UnreadableError:
        return {"refused": "file_damaged"}, []
    if sum(table.num_rows * table.num_columns for table in tables) > cells:
        return {"refused": "file_too_many_cells", "details": {"allowed": cells}}, []
    return answer, tables


def read_old_workbook(content: bytes, cells: int) -> tuple[Answer, list[pa.Table]]:
    """Every sheet of an .xls: by the reader that knows its charts and hidden rows, else as of any workbook."""
    from reporter.readers import other_readers

    try:
        return other_readers.read_legacy(content, cells)
    except other_readers.TooWideError:
        return {"refused": "file_too_many_cells", "details": {"allowed": cells}}, []
    except other_readers.UnreadableError:
        if other_readers.CHART in content:  # the next reader puts the values of charts over the cells
            return {"refused": "file_chart_over_cells"}, []
        answer, tables = read_workbook(content, cells)
        if "refused" in answer:
            return answer, tables
        return {**answer, "notes": [("hidden_not_checked", "xls")]}, tables


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


READERS = {"text": read_text, "xls": read_old_workbook, "parquet": read_parquet}


if __name__ == "__main__":
    serve(sys.argv[1:])
    # NOTE: Arrow's threads now and then abort a process that takes leave in good form, with its answer given already
    os._exit(0)
