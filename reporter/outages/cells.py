"""An outage file as text cells under the contract's column names, each row with its address.

CSV, XLSX and JSON come out alike. This room opens the file; what the cells mean is records.py's affair.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from pandas import DataFrame

from reporter.errors import OutageFileError
from reporter.model.problem import Problem
from reporter.outages.terms import HEADERS, by_name
from reporter.text.folding import fold_name

FIELDS = tuple(HEADERS)
LARGEST_BYTES = 64_000_000
_HEADER_ROWS = 30  # a header row stands among these, under whatever banner
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")
_FIELD_OF = by_name(HEADERS)


@dataclass(frozen=True)
class Cells:
    """A file's records: `frame` has FIELDS as text ('' when empty) and `row`; `letters` names the columns."""

    source: str
    sha256: str
    frame: DataFrame
    sheet: str = ""
    letters: tuple[tuple[str, str], ...] = ()
    complete_to: str = ""
    problems: tuple[Problem, ...] = ()


def read_cells(path: Path) -> Cells:
    """The file's records as text. Raises OutageFileError when there is no table of outages in it."""
    try:
        content = path.read_bytes()
    except OSError as e:
        raise OutageFileError(f"cannot be opened ({e.strerror}); check the name and the rights", where=path.name) from e
    if len(content) > LARGEST_BYTES:
        raise OutageFileError("is larger than 64 MB; split it by year", where=path.name)
    sha256 = hashlib.sha256(content).hexdigest()
    if content.startswith(b"PK"):
        return _from_workbook(content, path.name, sha256)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise OutageFileError("is an old or protected workbook; save it as .xlsx without a password", where=path.name)
    if path.suffix.lower() == ".json" or content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _from_json(content, path.name, sha256)
    return _from_csv(content, path.name, sha256)


def _from_json(content: bytes, source: str, sha256: str) -> Cells:
    try:
        whole = json.loads(content.decode(json.detect_encoding(content)))
    except (ValueError, RecursionError) as e:
        raise OutageFileError(f"is not JSON ({e}); check it in an editor", where=source) from e
    complete_to = _text(whole.get("complete_to")) if isinstance(whole, dict) else ""
    records = whole.get("outages") if isinstance(whole, dict) else whole
    if not isinstance(records, list):
        raise OutageFileError('has no list of outages; write [..] or {"outages": [..]}', where=source)
    rows = {row: _fields(item) for row, item in enumerate(records, 1) if isinstance(item, dict)}
    odd = [
        Problem(source, "outage_not_a_record", row=row, value=_text(item)[:80])
        for row, item in enumerate(records, 1)
        if row not in rows
    ]
    unused = sorted(
        {key for item in records if isinstance(item, dict) for key in item if fold_name(key) not in _FIELD_OF}
    )
    odd += [Problem(source, "outage_column_unused", column=key[:80], value=key[:80]) for key in unused]
    texts = {field: [row.get(field, "") for row in rows.values()] for field in FIELDS}
    frame = DataFrame(texts, dtype="str").assign(row=list(rows))
    return Cells(source, sha256, frame, complete_to=complete_to, problems=tuple(odd))


def _fields(item: dict[str, Any]) -> dict[str, str]:
    return {_FIELD_OF[fold_name(key)]: _text(value) for key, value in item.items() if fold_name(key) in _FIELD_OF}


def _from_workbook(content: bytes, source: str, sha256: str) -> Cells:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > 4 * LARGEST_BYTES:
                raise OutageFileError("unpacks to more than 256 MB; it is refused", where=source)
        sheets = pd.read_excel(
            io.BytesIO(content), engine="calamine", sheet_name=None, header=None, dtype=object, na_filter=False
        )
    except OutageFileError:
        raise
    except Exception as e:  # a broken workbook fails in as many ways as it has parts
        raise OutageFileError("is not a workbook that can be read; save it again as .xlsx", where=source) from e
    for name, sheet in sheets.items():
        grid = [list(row) for row in sheet.itertuples(index=False, name=None)]
        if (header := _header_row(grid)) is not None:
            return _from_grid(grid, header, source, sha256, sheet=str(name))
    raise _no_table(source)


def _from_csv(content: bytes, source: str, sha256: str) -> Cells:
    text, notes = decode(content, source)
    for separator in (",", ";", "\t"):
        grid, is_patched = split_rows(text, separator)
        if (header := _header_row(grid)) is not None:
            if is_patched:
                notes = (*notes, Problem(source, "outage_quotes"))
            return _from_grid(grid, header, source, sha256, notes=notes)
    raise _no_table(source)


def decode(content: bytes, source: str) -> tuple[str, tuple[Problem, ...]]:
    """The text of a file in any of the encodings offices use, and a word where it had to be guessed."""
    try:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # what a spreadsheet program calls Unicode text
            return content.decode("utf-16"), ()
        if b"\x00" in content:
            raise OutageFileError("is not text; save it as CSV UTF-8, XLSX or JSON", where=source)
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), (Problem(source, "outage_read_as_cp1252"),)


def split_rows(text: str, separator: str) -> tuple[list[list[str]], bool]:
    """The rows of cells; a quote that is never closed would swallow all rows after it, so it costs only its own."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)), False
    except csv.Error:
        lines = text.splitlines()
        return [next(csv.reader([line[:100_000]], delimiter=separator), []) for line in lines], True


def _header_row(grid: Sequence[Sequence[object]]) -> int | None:
    """The first row that names a beginning and something else of the contract."""
    for number, row in enumerate(grid[:_HEADER_ROWS]):
        named = {_FIELD_OF.get(fold_name(_text(cell))) for cell in row} - {None}
        if "began_at" in named and len(named) > 1:
            return number
    return None


def _no_table(source: str) -> OutageFileError:
    return OutageFileError(
        f"has no header row with began_at and services; the columns are {', '.join(FIELDS)}", where=source
    )


def _from_grid(
    grid: list[list[Any]], header: int, source: str, sha256: str, *, sheet: str = "", notes: Iterable[Problem] = ()
) -> Cells:
    """The rows under the header, by field; empty rows are passed over, nothing else is."""
    used, odd = _columns([_text(cell) for cell in grid[header]], source, sheet, header + 1)
    width = len(grid[header])
    rows = {number: row for number, row in enumerate(grid[header + 1 :], header + 2) if any(_text(c) for c in row)}
    columns = {field: [row[at] if at < len(row) else "" for row in rows.values()] for field, at in used.items()}
    beyond = [
        Problem(
            source, "outage_cells_beyond", sheet, number, _letter(width), _text(" | ".join(map(_text, row[width:])))
        )
        for number, row in rows.items()
        if any(_text(cell) for cell in row[width:])
    ]
    began, ended = (columns.get(field, [""] * len(rows)) for field in ("began_at", "ended_at"))
    pairs = [_bare_midnights(*pair) for pair in zip(began, ended, strict=True)]
    columns = columns | {"began_at": [a for a, _ in pairs], "ended_at": [b for _, b in pairs]}
    texts = {field: [_text(cell) for cell in columns.get(field, [""] * len(rows))] for field in FIELDS}
    letters = tuple((field, _letter(at)) for field, at in used.items())
    frame = DataFrame(texts, dtype="str").assign(row=list(rows))
    return Cells(source, sha256, frame, sheet=sheet, letters=letters, problems=(*notes, *odd, *beyond))


def _columns(headers: list[str], source: str, sheet: str, row: int) -> tuple[dict[str, int], list[Problem]]:
    used: dict[str, int] = {}
    odd = []
    for at, name in enumerate(headers):
        field = _FIELD_OF.get(fold_name(name))
        if field and field not in used:
            used[field] = at
        elif name:
            code = "outage_header_twice" if field else "outage_column_unused"
            odd.append(Problem(source, code, sheet, row, _letter(at), name[:80]))
    return used, odd


def _bare_midnights(began: Any, ended: Any) -> tuple[Any, Any]:
    """A workbook's date and its midnight look the same: it is a time when the row's other instant has one."""
    if _is_midnight(began) and not _is_midnight(ended) and ":" in _text(ended):
        return began, ended
    if _is_midnight(ended) and not _is_midnight(began) and ":" in _text(began) and _text(began) < _text(ended):
        return began, ended
    return tuple(cell.date() if _is_midnight(cell) else cell for cell in (began, ended))


def _is_midnight(cell: object) -> bool:
    return isinstance(cell, datetime) and cell == datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001


def _text(cell: object) -> str:
    """A cell as text; a real date and time to the second, a list with semicolons between."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _CONTROL.sub(" ", cell.replace("\xa0", " ").replace("\r", "")).strip()
    if isinstance(cell, datetime):
        return pd.Timestamp(cell).round("s").isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, list):
        return "; ".join(_text(item) for item in cell)
    return str(cell)


def _letter(column: int) -> str:
    """The name a spreadsheet gives the column: 0 is A, 26 is AA."""
    before, last = divmod(column, 26)
    return (_letter(before - 1) if before else "") + chr(ord("A") + last)
