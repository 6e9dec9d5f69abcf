"""Opens a roster's file: bytes in, cells as text with the addresses that a spreadsheet program shows.

Content decides, never the extension. The file is read once, weighed here, and parsed in a process of its
own whose end harms nobody; macros are never run and links never followed.
"""

import hashlib
import logging
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from reporter.readers import ods_pass, parent, preflight, sniff, workbook_pass
from reporter.readers.cells import TooManyFaultsError, sheet_of
from reporter.readers.grid import Book, Sheet
from reporter.readers.limits import LIMITS, MEGABYTE, Limits
from reporter.readers.refusal import refuse
from reporter.readers.workbook_pass import Marks, WorkbookFacts

log = logging.getLogger(__name__)
Answer = dict[str, Any]
PASSES = {"xlsx": workbook_pass.look_through, "ods": ods_pass.look_through}
WORKBOOK_SUFFIXES = (".xls", ".xlsx", ".xlsm", ".ods")


def open_book(path: str | Path, limits: Limits = LIMITS) -> Book:
    """Read a whole file into cells with their addresses, so that every fault in it can be pointed at.

    Takes:   an .xlsx, .xlsm, .xls, .ods or delimited text, under any name.
    Returns: a Book; hidden sheets, rows and columns are read too, and marked.
    Raises:  FileRefusedError (a RosterError) when the file as a whole cannot be used.
    """
    path = Path(path)
    until = time.monotonic() + limits.seconds
    content = _bytes_of(path, limits)
    kind = sniff.kind_of(path.name, content)
    with parent.reading_process(kind, limits) as process:
        if kind in PASSES:
            preflight.check_archive(path.name, content, limits)
        parent.feed(process, content)
        facts = _facts(path.name, kind, content, limits)
        answer, tables = parent.gather(path.name, process, until)
    sheets = _sheets(path.name, kind, list(zip(answer["sheets"], tables, strict=True)), facts, limits)
    notes = (*_notes(path, kind, content), *((code, value) for code, value in answer["notes"]))
    log.info("%s: %d sheets, %d rows", kind, len(sheets), sum(len(sheet.cells) for sheet in sheets))
    return Book(path.name, hashlib.sha256(content).hexdigest(), sheets, facts.is_1904, notes)


def _bytes_of(path: Path, limits: Limits) -> bytes:
    """The file, read once, and never more of it than is allowed."""
    try:
        with path.open("rb") as file:
            content = file.read(limits.size + 1)
    except FileNotFoundError as e:
        raise refuse(path.name, "file_missing") from e
    except OSError as e:
        raise refuse(path.name, "file_cannot_be_opened") from e
    if len(content) > limits.size:
        raise refuse(path.name, "file_too_large", allowed=limits.size // MEGABYTE)
    return content


def _facts(source: str, kind: str, content: bytes, limits: Limits) -> WorkbookFacts:
    """What is known beside the cells, found while the other process reads."""
    if kind not in PASSES:
        return WorkbookFacts(is_1904=kind == "xls" and sniff.legacy_facts(content).is_1904)
    facts = PASSES[kind](content, preflight.open_archive(source, content), limits.faults)
    if sum(len(marks.uncomputed) + len(marks.errors) for marks in facts.marks.values()) > limits.faults:
        raise refuse(source, "file_too_many_faults", allowed=limits.faults)
    return facts


def _sheets(
    source: str, kind: str, parts: list[tuple[Answer, pa.Table]], facts: WorkbookFacts, limits: Limits
) -> tuple[Sheet, ...]:
    """The sheets in the order of the file, each with its own marks."""
    written_errors = limits.faults if kind in ("ods", "text") else 0
    try:
        return tuple(
            sheet_of(part, table, facts.marks.get(part["name"], Marks()), written_errors) for part, table in parts
        )
    except TooManyFaultsError as e:
        raise refuse(source, "file_too_many_faults", allowed=limits.faults) from e


def _notes(path: Path, kind: str, content: bytes) -> tuple[tuple[str, str], ...]:
    """What a reader of the report should know of this file as such."""
    if kind == "text" and path.suffix.lower() in WORKBOOK_SUFFIXES:
        return (("text_named_as_workbook", path.suffix),)
    if kind == "xls":
        return (("hidden_not_checked", kind),)
    return (("macros_not_run", ""),) if kind == "xlsx" and b"xl/vbaProject.bin" in content else ()
