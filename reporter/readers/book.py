"""Opens a roster's file: bytes in, cells as text with the addresses that a spreadsheet program shows.

Content decides, never the extension. The file is read once, weighed here, and parsed in a process of its
own whose end harms nobody; macros are never run and links never followed. LibreOffice, where the machine has it, is
asked last, before anybody says that a file is damaged: in a folder and with a profile of its own, gone afterwards.

Every cell is text: a real date or time is `2026-03-31 00:00:00`, a whole number has no decimal point, a truth is `true`
or `false`, an empty cell is missing. The date system is already applied to real dates; a bare number in a date column
is a serial and needs `is_1904`.
"""

import hashlib
import logging
import re
import shutil
import struct
import subprocess
import tempfile
import time
import zlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any
from zipfile import ZipInfo

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from pandas import DataFrame, Timestamp

from reporter.errors import is_json, nearest_file
from reporter.readers import package, sandbox
from reporter.readers.delimited import HEAD, UTF16_MARKS, looks_wide
from reporter.readers.package import Marks, WorkbookFacts, as_shown, with_usual_names, workbook_part
from reporter.readers.sandbox import LIMITS, MEGABYTE, FileLimits, FileRefusedError, open_archive, refuse, unpack
from reporter.readers.values import python_texts

log = logging.getLogger(__name__)
WORKBOOK_STREAM = re.compile(b"|".join(name.encode("utf-16-le") for name in ("Workbook", "Book\0")), re.IGNORECASE)
"""What the list of an .xls calls its workbook, in whatever letters."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PARQUET = b"PAR1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OTHERS = (
    (b"%PDF", "file_pdf", ""),
    (b"\x89PNG", "file_picture", "PNG"),
    (b"\xff\xd8\xff", "file_picture", "JPEG"),
    (b"GIF8", "file_picture", "GIF"),
    (b"{\\rtf", "file_text_document", "RTF"),
    (b"\x1f\x8b", "file_archive", "gzip"),
    (b"7z\xbc\xaf", "file_archive", "7z"),
    (b"Rar!", "file_archive", "RAR"),
    (b"SQLite format 3", "file_database", "SQLite"),
)
WEB_PAGE = re.compile(
    r"\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|style|div)\b", re.I | re.S
)
MAIL_PAGE = re.compile(r"\s*(?:mime-version|content-type):", re.I)
XML_PAGE = re.compile(r"\s*<\?xml\b", re.I)
LOCK = "~$"
APPLE_DOUBLE = b"\x00\x05\x16\x07"
SHORTCUTS = (".gsheet", ".icloud", ".url", ".webloc", ".lnk", ".cloud", ".cloudf")
POINTER = b"version https://git-lfs."
RULE_LINE = re.compile(r"[ \t]*[+|├└┌╞╔╠╚]?[ \t]*[-=─═]{3,}[-=─═+| \t:┼┬┴┤┐┘╪╡╬╦╩╣╗╝]*")
DRAWN_LINES = 40
CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x00"))
FILE_PASSWORD, DATE_SYSTEM, END_OF_GLOBALS = 0x2F, 0x22, 0x0A
PROGRAMS = ("soffice", "libreoffice", "localc")
SAFE_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>1</value></prop>
</item></oor:items>
"""


class Sheet(Struct, frozen=True):
    """One sheet: `cells` has the columns 0, 1, 2… (A, B, C…) and the sheet's row numbers as its index."""

    name: str
    cells: DataFrame
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    has_filter: bool = False
    errors: dict[tuple[int, int], str] = field(default_factory=dict)  # (row, column) -> '#REF!'
    uncomputed: frozenset[tuple[int, int]] = frozenset()  # formulas without a stored value
    bands: Mapping[int, Mapping[int, int]] = field(default_factory=dict)  # row -> first to last column of merged cells
    widths: tuple[int, ...] = ()  # of a text: how many cells each record has; empty where all have as many
    stray: Mapping[int, int] = field(default_factory=dict)  # row -> line whose quotation marks are not to be trusted
    struck_rows: frozenset[int] = frozenset()  # rows with a cell that is struck through
    notes: Mapping[tuple[int, int], str] = field(default_factory=dict)  # (row, column) -> what was noted on the cell


class Book(Struct, frozen=True):
    """One file: its name (no folder), its SHA-256, its sheets, and what was noticed in opening it."""

    source: str
    sha256: str
    sheets: tuple[Sheet, ...]
    is_1904: bool = False
    notes: tuple[tuple[str, str], ...] = ()  # (problem code, value), e.g. ("read_as_cp1252", "")


class LegacyFacts(Struct, frozen=True):
    """What the first records of an .xls tell: whether it is encrypted, and whether it counts days from 1904."""

    is_encrypted: bool = False
    is_1904: bool = False


def _file_kind(source: str, content: bytes) -> str:
    """Whether the content is `xlsx`, `xls`, `ods`, `parquet` or `text`, so that the right reader gets it.

    Raises: FileRefusedError for anything else, for a password and for an empty file.
    """
    _refuse_stand_in(source, content)
    if not content.strip(b"\x00 \t\r\n\x1a"):
        raise refuse(source, "file_empty")
    if content.startswith(OLE):
        return _kind_of_ole(source, content)
    if content.startswith(ZIP):
        return _kind_of_zip(source, content)
    if content.startswith(PARQUET):
        return "parquet"
    for magic, code, name in OTHERS:
        if content.startswith(magic):
            raise refuse(source, code, name=name)
    return _kind_of_text(source, content)


def _refuse_stand_in(source: str, content: bytes) -> None:
    """Refuse the small files that other programs put beside or in place of the one that is meant."""
    name = PurePath(source).name
    if name.startswith(LOCK):
        raise refuse(source, "file_lock", meant=name.removeprefix(LOCK))
    if name.startswith(".~lock."):
        raise refuse(source, "file_lock", meant=name.removeprefix(".~lock.").removesuffix("#"))
    if name.startswith("._") and content.startswith(APPLE_DOUBLE):
        raise refuse(source, "file_lock", meant=name.removeprefix("._"))
    is_hollow = bool(content) and not content.strip(b"\x00")
    if is_hollow or source.endswith(SHORTCUTS) or content.startswith(POINTER):
        raise refuse(source, "file_in_the_cloud")


def _legacy_facts(content: bytes) -> LegacyFacts:
    """Walk the opening records of an .xls, as far as they lie together, for the password and the date system."""
    start = content.find(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    place, facts = start, dict[int, bytes]()
    while place >= 0 and place + 6 <= len(content):
        kind, length = struct.unpack_from("<HH", content, place)
        facts.setdefault(kind, content[place + 4 : place + 4 + length])
        if kind in (END_OF_GLOBALS, 0):
            break
        place += 4 + length
    return LegacyFacts(FILE_PASSWORD in facts, facts.get(DATE_SYSTEM, b"")[:1] == b"\x01")


def _kind_of_ole(source: str, content: bytes) -> str:
    """An .xls, or the wrapping of an encrypted workbook."""
    if "EncryptedPackage".encode("utf-16-le") in content or _legacy_facts(content).is_encrypted:
        raise refuse(source, "file_password")
    if WORKBOOK_STREAM.search(content):
        return "xls"
    raise refuse(source, "file_office_document")


def _kind_of_zip(source: str, content: bytes) -> str:
    """An .xlsx or .ods by the parts it has."""
    members = open_archive(source, content)
    workbook = workbook_part(content, members)
    if workbook.endswith(".bin"):
        raise refuse(source, "file_binary_workbook")
    if workbook:
        return "xlsx"
    if b"opendocument.spreadsheet" in content[:200]:
        return _kind_of_open_document(source, content, members)
    raise refuse(source, "file_archive_without_workbook")


def _kind_of_open_document(source: str, content: bytes, members: list[ZipInfo]) -> str:
    """An .ods, unless its list of parts says that they are encrypted."""
    manifest = next((member for member in members if member.filename == "META-INF/manifest.xml"), None)
    try:
        opening = next(unpack(content, manifest), b"") if manifest else b""
    except zlib.error as e:
        raise refuse(source, "file_damaged") from e
    if b"encryption-data" in opening:
        raise refuse(source, "file_password")
    return "ods"


def _kind_of_text(source: str, content: bytes) -> str:
    """Text in rows, unless it is a page, an XML document or no text at all."""
    head = content[:HEAD]
    is_wide = head.startswith(UTF16_MARKS) or looks_wide(head) != ""
    if not is_wide and len(head.translate(None, CONTROL)) < 0.98 * len(head):
        raise refuse(source, "file_not_a_spreadsheet")
    opening = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").decode("latin-1")
    if WEB_PAGE.match(opening) or MAIL_PAGE.match(opening):
        raise refuse(source, "file_web_page")
    if XML_PAGE.match(opening):
        is_page = re.search(r"<html\b", opening, re.I)
        raise refuse(source, "file_web_page") if is_page else refuse(source, "file_xml")
    if _is_json_text(content):
        raise refuse(source, "file_json")
    if _is_drawn(head):
        raise refuse(source, "file_drawn_table")
    return "text"


def _is_json_text(content: bytes) -> bool:
    """Whether the text is one JSON document, or one a line."""
    opening = content[:HEAD].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not opening.startswith((b"[", b"{")):
        return False
    first = opening.partition(b"\n")[0].strip().rstrip(b",")
    ends = content.rstrip(b"\x00 \t\r\n\x1a")[-1:]
    return ends in (b"]", b"}") and (first in (b"[", b"{") or is_json(first) or is_json(content))


def _is_drawn(head: bytes) -> bool:
    """Whether a table is drawn with lines of dashes, as terminals and plain-text reports have it."""
    lines = [line for line in head.decode("utf-8", "replace").splitlines()[:DRAWN_LINES] if line.strip()]
    drawn = [n for n, line in enumerate(lines) if RULE_LINE.fullmatch(line) and len(set(line.strip())) > 1]
    return any("|" in line or "│" in line or "║" in line for n in drawn for line in lines[max(n - 1, 0) : n + 2])


Place = tuple[int, int]
ISO_INSTANT = r"^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})"
ISO_TIME = re.compile(r"PT(\d{1,6})H(\d{1,6})M(\d{1,6})(?:[.,]\d+)?S")
FIRST_OF_MONTH = "-01 00:00:00"
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
        cells=_as_seen(_frame(columns, first, table.num_rows, has_iso_dates=marks.has_iso_dates), marks),
        is_hidden=part["visible"] != "visible",
        hidden_rows=frozenset(marks.hidden_rows),
        hidden_columns=frozenset(marks.hidden_columns),
        struck_rows=frozenset(marks.struck_rows),
        notes=marks.notes,
        has_filter=marks.has_filter,
        errors={(row + 1, column): found for (row, column), found in sorted(errors.items())} | marks.errors,
        uncomputed=frozenset(marks.uncomputed),
        widths=tuple(part.get("widths", ())),
        bands=_bands(marks),
        stray={place + 1: line for place, line in part.get("stray", ())},
    )


def _bands(marks: Marks) -> dict[int, dict[int, int]]:
    """The cells of one row that are merged over several columns: by row, the first and the last of these."""
    bands: dict[int, dict[int, int]] = {}
    for top, left, bottom, right in marks.merged:
        if top == bottom and right > left:
            bands.setdefault(top, {})[left] = right
    return bands


def _with_times(table: pa.Table, times: dict[Place, str], first: int) -> list[pa.ChunkedArray]:
    """The columns with the times of day of an .ods in their places; calamine gives those as faults."""
    columns = list(table.columns)
    for column in {column for _, column in times}:
        texts = columns[column - first].to_pylist()
        for row in (row for row, at in times if at == column):
            texts[row] = _instant_of(times[row, column])
        columns[column - first] = pa.chunked_array([pa.array(texts, pa.string())])
    return columns


def _instant_of(duration: str) -> str:
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
    whole = [pa.chunked_array([pa.nulls(rows, pa.string())])] * first + filled
    cells = DataFrame({number: python_texts(column) for number, column in enumerate(whole)}, index=range(1, rows + 1))
    cells.columns = pd.RangeIndex(len(whole))
    if has_iso_dates:
        cells = cells.apply(lambda column: column.str.replace(ISO_INSTANT, r"\1 \2", regex=True))
    return cells


def _as_seen(cells: DataFrame, marks: Marks) -> DataFrame:
    """The cells as whoever opens the sheet sees them: long numbers whole, zeros shown, merged cells filled down."""
    told: dict[int, dict[int, str]] = {}
    for (row, column), text in marks.written.items():
        told.setdefault(column, {})[row] = text
    for (row, column), pattern in marks.shown.items():
        number = told.get(column, {}).get(row) or _text_at(cells, row, column)
        if isinstance(number, str):
            told.setdefault(column, {})[row] = as_shown(number, pattern)
    for row, column in marks.months:
        day = _text_at(cells, row, column)
        if day and day.endswith(FIRST_OF_MONTH):  # what was typed is a month
            told.setdefault(column, {})[row] = day.removesuffix(FIRST_OF_MONTH)
    for top, column, bottom, _ in marks.merged:
        value = told.get(column, {}).get(top) or _text_at(cells, top, column)
        if isinstance(value, str):
            told.setdefault(column, {}).update(dict.fromkeys(range(top + 1, min(bottom, len(cells)) + 1), value))
    return _with(cells, told) if told else cells


def _text_at(cells: DataFrame, row: int, column: int) -> str | None:
    """The text of one cell; None for an empty one, and beyond the cells."""
    is_in = 1 <= row <= len(cells) and 0 <= column < cells.shape[1]
    value = cells[column].array[row - 1] if is_in else None
    return value if isinstance(value, str) else None


def _with(cells: DataFrame, told: dict[int, dict[int, str]]) -> DataFrame:
    """The cells with these texts in their places, by column and row."""
    columns = {}
    for column in cells.columns.astype(int).tolist():
        texts = {row: text for row, text in told.get(column, {}).items() if row <= len(cells)}
        seen = cells[column].to_numpy(dtype=object).copy()
        seen[[row - 1 for row in texts]] = list(texts.values())
        columns[column] = pd.Series(seen, index=cells.index, dtype="str") if texts else cells[column]
    return DataFrame(columns, index=cells.index)


def _missing_where(column: pa.ChunkedArray, where: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with these cells missing; untouched where there is none."""
    return pc.if_else(where, None, column) if pc.any(where).as_py() else column


Answer = dict[str, Any]
PASSES = {"xlsx": package.look_through, "ods": package.look_through_ods}
WORKBOOK_SUFFIXES = (".xls", ".xlsx", ".xlsm", ".ods")


def open_book(path: str | Path, limits: FileLimits = LIMITS) -> Book:
    """Read a whole file into cells with their addresses, so that every fault in it can be pointed at.

    Takes:   an .xlsx, .xlsm, .xls, .ods, Parquet or delimited text, under any name.
    Returns: a Book; hidden sheets, rows and columns are read too, and marked.
    Raises:  FileRefusedError (a RosterError) when the file as a whole cannot be used.
    """
    path = Path(path)
    return read_book(path.name, file_content(path, limits), limits)


def read_book(source: str, content: bytes, limits: FileLimits = LIMITS) -> Book:
    """The same of a file that is in hand. Takes: source - what it is called in every address."""
    until, file = time.monotonic() + limits.seconds, PurePath(source)
    kind = _file_kind(source, content)
    notes = _notes(file, kind, content)
    try:
        answer, tables, facts = _read(source, kind, content, limits, until)
    except FileRefusedError as refusal:
        kind, (answer, tables, facts) = "xlsx", _read_at_last(source, kind, content, limits, until, refusal)
        notes = (*notes, ("third_reader", ""))
    sheets = _sheets(source, kind, list(zip(answer["sheets"], tables, strict=True)), facts, limits)
    log.info("%s: %d sheets, %d rows", kind, len(sheets), sum(len(sheet.cells) for sheet in sheets))
    notes = (*notes, *((code, value) for code, value in answer["notes"]))
    return Book(source, hashlib.sha256(content).hexdigest(), sheets, facts.is_1904, notes)


Cells = tuple[Answer, list[pa.Table], WorkbookFacts]


def _read(source: str, kind: str, content: bytes, limits: FileLimits, until: float) -> Cells:
    """What the reading process answers, and what is known beside the cells."""
    with sandbox.reading_process(kind, limits) as process:
        if kind in PASSES:
            sandbox.check_archive(source, content, limits)
        usual = with_usual_names(content, sandbox.open_archive(source, content)) if kind == "xlsx" else content
        sandbox.feed(process, usual)
        facts = _facts(source, kind, usual, limits)
        answer, tables = sandbox.gather_answer(source, process, until)
    return answer, tables, _with_answer(facts, answer)


def _read_at_last(
    source: str, kind: str, content: bytes, limits: FileLimits, until: float, refusal: FileRefusedError
) -> Cells:
    """The same, of a file that our readers find damaged, from the copy that LibreOffice makes of it.

    Raises: FileRefusedError - as before, where there is no such copy or it cannot be read either.
    """
    is_for_another = refusal.problem.code in ("file_damaged", "file_chart_over_cells") and kind not in (
        "text",
        "parquet",
    )
    if not is_for_another or (kind in PASSES and not sandbox.is_whole(source, content, limits)):
        raise refusal
    copy = as_workbook(content, kind, until - time.monotonic())
    if copy is None:
        raise refusal
    try:
        return _read(source, "xlsx", copy, limits, until)
    except FileRefusedError as e:
        raise refusal from e


def file_content(path: Path, limits: FileLimits = LIMITS) -> bytes:
    """The file, read once, and never more of it than is allowed. Raises: FileRefusedError."""
    try:
        with path.open("rb") as file:
            content = file.read(limits.size + 1)
    except FileNotFoundError as e:
        near = nearest_file(path)
        code = "file_missing_near" if near else "file_missing"
        raise refuse(path.name, code, folder=path.absolute().parent, near=near) from e
    except OSError as e:
        raise refuse(path.name, "file_cannot_be_opened") from e
    if len(content) > limits.size:
        raise refuse(path.name, "file_too_large", allowed=limits.size // MEGABYTE)
    return content


def _facts(source: str, kind: str, content: bytes, limits: FileLimits) -> WorkbookFacts:
    """What is known beside the cells, found while the other process reads."""
    if kind not in PASSES:
        return WorkbookFacts(is_1904=kind == "xls" and _legacy_facts(content).is_1904)
    facts = PASSES[kind](content, sandbox.open_archive(source, content), limits.faults)
    if sum(len(marks.uncomputed) + len(marks.errors) for marks in facts.marks.values()) > limits.faults:
        raise refuse(source, "file_too_many_faults", allowed=limits.faults)
    return facts


def _with_answer(facts: WorkbookFacts, answer: Answer) -> WorkbookFacts:
    """What the other process found beside the cells, where it is the one that knows."""
    marks = {
        part["name"]: Marks(
            hidden_rows=set(part["hidden_rows"]),
            hidden_columns=set(part["hidden_columns"]),
            struck_rows=set(part["struck_rows"]),
            notes={(row, column): text for row, column, text in part["notes"]},
            merged=[(top, left, bottom, right) for top, left, bottom, right in part["merged"]],
        )
        for part in answer["sheets"]
        if "merged" in part
    }
    return WorkbookFacts(answer.get("is_1904", facts.is_1904), facts.marks | marks)


def _sheets(
    source: str, kind: str, parts: list[tuple[Answer, pa.Table]], facts: WorkbookFacts, limits: FileLimits
) -> tuple[Sheet, ...]:
    """The sheets in the order of the file, each with its own marks."""
    written_errors = limits.faults if kind in ("ods", "text") else 0
    try:
        return tuple(
            sheet_of(part, table, facts.marks.get(part["name"], Marks()), written_errors) for part, table in parts
        )
    except TooManyFaultsError as e:
        raise refuse(source, "file_too_many_faults", allowed=limits.faults) from e


def _notes(path: PurePath, kind: str, content: bytes) -> tuple[tuple[str, str], ...]:
    """What a reader of the report should know of this file as such."""
    if kind == "text" and path.suffix.lower() in WORKBOOK_SUFFIXES:
        return (("text_named_as_workbook", path.suffix),)
    return (("macros_not_run", ""),) if kind == "xlsx" and b"xl/vbaProject.bin" in content else ()


def as_workbook(content: bytes, kind: str, seconds: float) -> bytes | None:
    """The same workbook as an .xlsx; None without LibreOffice, or where it cannot read the file either.

    Takes: kind - xlsx, xls or ods, as the content was found to be; seconds - the time that is left.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None or seconds <= 0:
        return None
    with tempfile.TemporaryDirectory(prefix="reporter-") as folder:
        return _converted(program, Path(folder), content, kind, seconds)


def _converted(program: str, folder: Path, content: bytes, kind: str, seconds: float) -> bytes | None:
    given, made = folder / f"given.{kind}", folder / "made" / "given.xlsx"
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(SAFE_PROFILE, "utf-8")
    given.write_bytes(content)
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck"]
    command += ["--convert-to", "xlsx", "--outdir", str(made.parent), str(given)]
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=seconds, cwd=folder, check=False)
    except (subprocess.TimeoutExpired, OSError) as e:
        log.info("LibreOffice did not read the file (%s)", type(e).__name__)
        return None
    return made.read_bytes() if made.is_file() else None
