"""The second look at an .ods, for hidden rows and columns and for errors; the sibling of workbook_pass.py.

Pure. Only the opening marks of tables, columns, rows and cells are read; each says how often it is repeated.
The reader gives a cell in error as an empty text, so that errors are looked for here.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice, product

from reporter.readers.preflight import unpack
from reporter.readers.workbook_pass import Marks, WorkbookFacts

ERROR = b'value-type="error"'
ABOUT = rb"(\s[^>]{0,2000}|/?)>"
MARK = re.compile(rb"<table:(table|table-row|table-column)" + ABOUT + rb"()")
MARK_OR_CELL = re.compile(
    rb"<table:(table|table-row|table-column|table-cell|covered-table-cell)" + ABOUT + rb"(?:<text:p>([^<]{0,40})<)?"
)
NAME = re.compile(rb'table:name="([^"]*)"')
REPEATED = re.compile(rb'table:number-(?:rows|columns)-repeated="(\d{1,7})"')
HIDDEN = re.compile(rb'table:visibility="(?:collapse|filter)"')
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
LONGEST_MARK = 4_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


def look_through(content: bytes, members: list[zipfile.ZipInfo], faults: int) -> WorkbookFacts:
    """Find what stands beside the cells of every sheet; a part that is damaged has nothing to tell.

    Takes: the bytes of an archive that has passed the preflight, its parts, and how many errors to look for
    at most.
    """
    part = next((member for member in members if member.filename == "content.xml"), None)
    if part is None:
        return WorkbookFacts()
    count = _Count(faults)
    try:
        has_errors = _mentions(unpack(content, part), ERROR)
        for kind, about, text in _marks(unpack(content, part), MARK_OR_CELL if has_errors else MARK):
            count.step(kind, about, text)
    except zlib.error:
        return WorkbookFacts()
    return WorkbookFacts(marks=count.sheets)


def _mentions(pieces: Iterator[bytes], word: bytes) -> bool:
    """Whether the word stands anywhere, also where one piece ends and the next begins."""
    tail = b""
    for piece in pieces:
        if word in tail + piece:
            return True
        tail = piece[-len(word) :]
    return False


def _marks(pieces: Iterator[bytes], mark: re.Pattern[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The marks in order, each with what it says and the text behind it; none is cut between two pieces."""
    rest = b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b"<table:")
        if cut < 0 or len(rest) - cut > LONGEST_MARK:
            cut = rest.rfind(b"<")
        yield from mark.findall(rest[:cut])
        rest = rest[cut:] if len(rest) - cut < LONGEST_MARK else b""
    yield from mark.findall(rest)


class _Count:
    """Where in the document the marks have come to, and what they have told of each sheet."""

    def __init__(self, faults: int) -> None:
        self.faults, self.sheets, self.marks = faults, dict[str, Marks](), Marks()
        self.rows, self.columns, self.cells = range(1, 1), 0, 0

    def step(self, kind: bytes, about: bytes, text: bytes) -> None:
        """Count on by one mark; rows are numbered from 1, columns from 0."""
        repeated = REPEATED.search(about)
        times = int(repeated[1]) if repeated else 1
        if kind == b"table":
            self.marks = self.sheets.setdefault(_name(about), Marks(has_iso_dates=True))
            self.rows, self.columns = range(1, 1), 0
        elif kind == b"table-row":
            self.rows, self.cells = range(self.rows.stop, self.rows.stop + times), 0
            if HIDDEN.search(about):
                self.marks.hidden_rows.update(range(self.rows.start, min(self.rows.stop, LAST_ROW + 1)))
        elif kind == b"table-column":
            self._step_column(about, times)
        else:
            self._step_cell(about, text, times)

    def _step_column(self, about: bytes, times: int) -> None:
        if HIDDEN.search(about):
            self.marks.hidden_columns.update(range(self.columns, min(self.columns + times, LAST_COLUMN)))
        self.columns += times

    def _step_cell(self, about: bytes, text: bytes, times: int) -> None:
        if ERROR in about and len(self.marks.errors) <= self.faults:
            places = islice(product(self.rows, range(self.cells, self.cells + times)), self.faults + 1)
            self.marks.errors.update(dict.fromkeys(places, _plain(text) or "#ERROR!"))
        self.cells += times


def _name(about: bytes) -> str:
    found = NAME.search(about)
    return _plain(found[1]) if found else ""


def _plain(text: bytes) -> str:
    """The text of a piece of XML."""
    plain = text.decode("utf-8", "replace")
    for entity, letter in ENTITIES:
        plain = plain.replace(entity, letter)
    return plain
