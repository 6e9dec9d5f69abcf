"""Writes a copy of an office's own workbook with what was found in a few columns at the right of its rows.

Only the part of the package that holds the sheet is changed: every other part is copied from the original, byte for
byte, so that macros, pictures, slicers and formats are as they were. The original is never written to.
"""

import logging
import math
import re
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from pandas import DataFrame, Timestamp

from reporter.errors import AnnotateError, refused
from reporter.model.levels import level_word, still_to_file
from reporter.model.report import CONTROL
from reporter.model.shapes import people_part
from reporter.pipeline.assemble.gather import Intake
from reporter.pipeline.assemble.inputs import read_for_question
from reporter.report.tables import set_aside_frame
from reporter.resources import library
from reporter.rules.wording import tell
from reporter.settings import RosterSettings, Settings
from reporter.store.captures import write_whole
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
COLUMNS = ("person", "level", "title", "reason", "file_before", "outage_hours")
SUFFIXES = (".xlsx", ".xlsm")
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
SPANS = re.compile(rb'(<row\b[^>]*?)\s+spans="[^"]*"')
FORMULA = re.compile(r"^[=+\-@]")
LONGEST = 32_767
Row = tuple[str | float | None, ...]
Place = tuple[str, int]  # a sheet and one of its rows


class AnnotatedCopy(Struct, frozen=True):
    """What was written where; `notes` are codes of what a reader of the copy should know (cli.toml, annotate_*)."""

    path: Path
    sheet: str
    rows: int
    notes: tuple[str, ...]


def annotate(settings: Settings, roster: RosterSettings, as_of: Timestamp, *, out: Path | None = None) -> AnnotatedCopy:
    """Judge one roster, and write its reviewed copy.

    Raises: AnnotateError - the file is no .xlsx or .xlsm, or the copy may not be written there; RosterError.
    """
    source = settings.path(roster.path)
    target = _target(source, out)
    inputs = read_for_question(msgspec.structs.replace(settings, roster=(roster,)), as_of)
    readings = inputs.gathered.readings
    headers = {reading.sheet: reading.header_row for reading in reversed(readings)}  # of each sheet, its first table's
    findings, language = inputs.findings(), settings.language
    told = tell(findings, inputs.gathered.roster, inputs.rulebook, language)
    rows = _rows(told, inputs.gathered, language)
    content = source.read_bytes()
    made, notes = _written(content, headers, rows, language)
    _save(target, _package(content, made))
    log.info("annotate: %d rows", len(rows))
    return AnnotatedCopy(target, ", ".join(reversed(headers)), len(rows), notes)


def _target(source: Path, out: Path | None) -> Path:
    """Where the copy goes: beside the original, under a name that is not taken."""
    if source.suffix.lower() not in SUFFIXES or (source.is_file() and not zipfile.is_zipfile(source)):
        raise refused(AnnotateError, "stop_annotate_kind", where=source.name)
    if out is not None:
        if out.suffix.lower() != source.suffix.lower():
            raise refused(AnnotateError, "stop_annotate_suffix", where=str(out), suffix=source.suffix)
        if out.exists():
            raise refused(AnnotateError, "stop_annotate_there", where=str(out))
        return out
    stem = source.stem.removesuffix(".reviewed")
    names = (f"{stem}.reviewed{n}{source.suffix}" for n in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path for path in map(source.with_name, names) if not path.exists())


def _rows(told: DataFrame, gathered: Intake, language: str) -> dict[Place, Row]:
    """What each row of a sheet gets: the worst of its findings, or why it could not be assessed."""
    aside = set_aside_frame(gathered.problems, people_part(gathered.rows), language)
    aside = aside[(aside["severity"] == "error") & aside["person_id"].notna()].drop_duplicates("source_row")
    unknown = level_word("data_problem", language)
    rows: dict[Place, Row] = {
        _place(place): (person, unknown, "", what, "", None)
        for place, person, what in zip(aside["source_row"], aside["person_id"], aside["what"], strict=True)
    }
    worst = told.drop_duplicates("source_row")
    # there is nothing to file before for what is over or filed
    worst = worst.assign(last_safe_local=worst["last_safe_local"].where(still_to_file(worst)).fillna(""))
    names = ("source_row", "person_id", "level", "title", "reason", "last_safe_local", "lost_hours")
    for place, person, level, title, reason, before, hours in zip(*(worst[name] for name in names), strict=True):
        lost = None if hours is None or math.isnan(hours) else round(float(hours), 2)
        rows[_place(place)] = (person, level_word(level, language), title, reason, before, lost)
    return rows


def _place(source_row: str) -> Place:
    sheet, _, number = source_row.partition("!")[2].rpartition(":")
    return sheet, int(number)


def _written(
    content: bytes, headers: Mapping[str, int], rows: Mapping[Place, Row], language: str
) -> tuple[bytes, tuple[str, ...]]:
    """The workbook with the columns of each of its sheets filled, and what is to be said of them.

    NOTE: it is closed here: what the library holds of it may be freed by the thread that opened it and by no other.
    """
    wolfxl = library("wolfxl", "annotate", kind=AnnotateError, where="annotate")
    try:
        with closing(wolfxl.load_workbook(content, modify=True)) as book:
            said: dict[str, None] = {}
            for sheet, header_row in reversed(list(headers.items())):
                of_sheet = {number: row for (at, number), row in rows.items() if at == sheet}
                said |= dict.fromkeys(_fill(book[sheet], header_row, of_sheet, language))
            made = _saved(book)
    except (ValueError, KeyError, OSError, NotImplementedError, RuntimeError) as error:
        raise refused(AnnotateError, "stop_annotate_failed", where=sheet, what=type(error).__name__) from error
    return made, tuple(said)


def _fill(page: Any, header_row: int, rows: Mapping[int, Row], language: str) -> tuple[str, ...]:
    """Fill the columns of one sheet, and return what is to be said of it."""
    last = max((cell.row for row in page.iter_rows(max_col=1) for cell in row), default=header_row)
    places, is_again = _places(page, header_row)
    for place, name in zip(places, COLUMNS, strict=True):
        page.cell(header_row, place).value = words("cli", language)[f"annotate_col_{name}"]
    untold = range(header_row + 1, last + 1) if is_again else ()
    for number in sorted({*rows, *untold}):
        for place, value in zip(places, rows.get(number, (None,) * len(places)), strict=True):
            page.cell(number, place).value = _cell(value)
    return _said_of(page, is_again=is_again)


def _saved(book: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # the library saves to a path only
        path = Path(folder) / "made.xlsx"
        book.save(path)
        return path.read_bytes()


def _places(page: Any, header_row: int) -> tuple[list[int], bool]:
    """The column of each of ours: where an earlier copy has it, else the next one right of everything."""
    told = {page.cell(header_row, n).value: n for n in range(1, page.max_column + 1)}
    known = [
        next((told[text] for lang in ("en", "fr") if (text := words("cli", lang)[f"annotate_col_{name}"]) in told), 0)
        for name in COLUMNS
    ]
    following = page.max_column
    places = []
    for place in known:
        following += 0 if place else 1
        places.append(place or following)
    return places, any(known)


def _cell(value: str | float | None) -> str | float | None:
    """The value as a cell takes it: no control characters, and text that begins like a formula stays text."""
    if not isinstance(value, str):
        return value
    text = CONTROL.sub("", value)[: LONGEST - 1]
    return f" {text}" if FORMULA.match(text) else text or None


def _said_of(page: Any, *, is_again: bool) -> tuple[str, ...]:
    said = {
        "annotate_again": is_again,
        "annotate_filter": bool(page.auto_filter.ref) or bool(page.tables),
        "annotate_protected": bool(page.protection.sheet),
    }
    return tuple(code for code, holds in said.items() if holds)


def _package(content: bytes, made: bytes) -> bytes:
    """The original package with the sheet's own part in its place, and nothing else.

    NOTE: the library writes too narrow `spans` on rows that grow at the right; they are hints, and left out.
    """
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as before,
        zipfile.ZipFile(BytesIO(made)) as after,
        zipfile.ZipFile(buffer, "w") as package,
    ):
        for part in before.infolist():
            old = before.read(part)
            is_sheet = SHEET_PART.fullmatch(part.filename) is not None
            new = after.read(part.filename) if is_sheet else old
            package.writestr(part, old if new == old else SPANS.sub(rb"\1", new))
    return buffer.getvalue()


def _save(target: Path, content: bytes) -> None:
    try:
        write_whole(target, content)
    except OSError as error:
        raise refused(AnnotateError, "stop_unwritten", where=str(target), what=error.strerror) from error
