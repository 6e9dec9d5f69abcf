"""The second look at an .xlsx, for what its cells do not tell: hidden rows, columns, formulas without a value.

Pure. A sheet goes by in pieces that end with whole rows, and each is searched for a few telling bytes
first: a sheet without such things costs little more than its unpacking.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from posixpath import join, normpath
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from reporter.readers.preflight import column_number, unpack

WORKBOOK = "xl/workbook.xml"
TRUE = ("1", "true")
LONGEST_ROW = 32 * 1_048_576
SMALL_PIECES = 8
LAST_ROW = 1_048_576


@dataclass
class Marks:
    """What one sheet carries beside its cells; rows as a spreadsheet numbers them, columns from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    uncomputed: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)  # only those that the reader drops
    has_filter: bool = False
    has_iso_dates: bool = False


@dataclass(frozen=True)
class WorkbookFacts:
    """The date system of a workbook and the marks of its sheets, by name."""

    is_1904: bool = False
    marks: dict[str, Marks] = field(default_factory=dict)


def look_through(content: bytes, members: list[zipfile.ZipInfo], faults: int) -> WorkbookFacts:
    """Find what stands beside the cells; a part that cannot be understood has nothing to tell.

    Takes: the bytes of an archive that has passed the preflight, its parts, and how many formulas without a
    value to look for at most.
    """
    parts = {member.filename: member for member in members}
    try:
        workbook = fromstring(_whole(content, parts[WORKBOOK]))
        places = _places(fromstring(_whole(content, parts["xl/_rels/workbook.xml.rels"])))
    except (KeyError, ParseError, zlib.error):
        return WorkbookFacts()
    is_1904 = any(e.get("date1904") in TRUE for e in workbook.iter() if _local(e) == "workbookPr")
    sheets = {e.get("name", ""): places.get(_reference(e), "") for e in workbook.iter() if _local(e) == "sheet"}
    return WorkbookFacts(
        is_1904, {name: _marks(content, parts[at], faults) for name, at in sheets.items() if at in parts}
    )


def _whole(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """A small part in one piece; a large one is cut, and no longer XML."""
    return b"".join(islice(unpack(content, member), SMALL_PIECES))


def _local(element: Element) -> str:
    """The name of an element without its namespace: strict and transitional files differ in nothing else."""
    return element.tag.rpartition("}")[2]


def _reference(sheet: Element) -> str:
    return next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")


def _places(relations: Element) -> dict[str, str]:
    """Where the part of each relation lies in the archive."""
    targets = {e.get("Id", ""): e.get("Target", "") for e in relations.iter() if _local(e) == "Relationship"}
    return {key: at.lstrip("/") if at.startswith("/") else normpath(join("xl", at)) for key, at in targets.items()}


def _marks(content: bytes, member: zipfile.ZipInfo, faults: int) -> Marks:
    """The marks of one sheet; the search for formulas ends once there are more than anybody may have."""
    marks, search = Marks(), None
    try:
        for piece in _rows(unpack(content, member)):
            search = search or _Search(piece, faults)
            search.look(piece, marks)
    except zlib.error:
        return marks
    return marks


def _rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut only where a row begins."""
    rest = b""
    for piece in pieces:
        rest += piece
        row = max(rest.rfind(b"<row"), rest.rfind(b":row"))
        cut = rest.rfind(b"<", 0, row + 1) if len(rest) < LONGEST_ROW else len(rest)
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
    yield rest


class _Search:
    """What to look for in a sheet, in the prefix that its elements have (mostly none).

    NOTE: every repetition has a bound, or a sheet made for it would keep the search busy for hours.
    """

    def __init__(self, opening: bytes, faults: int) -> None:
        self.faults = faults
        found = re.search(rb"<([A-Za-z0-9]{1,20}:)?worksheet\b", opening)
        prefix = found[1] or b"" if found else b""
        self.formula, self.filter = b"<%bf" % prefix, b"<%bautoFilter" % prefix
        names = {b"@": prefix, b"~": rb"[^<>]{0,500}", b"_": rb"\s{0,9}"}
        self.hidden_row = _pattern(rb'<@row\b(?=~\shidden="(?:1|true)")~?\sr="(\d{1,7})"', names)
        self.hidden_column = _pattern(rb'<@col\s~\bhidden="(?:1|true)"~>', names)
        self.uncomputed = _pattern(
            rb'<@c\s(?!~\bt="str")(?>~?\br="([A-Z]{1,3})(\d{1,7})")~>_'
            rb"<@f\b~(?:(?<=/)>|>[^<]{0,9999}</@f>)_(?:<@v_/>|<@v></@v>)?_</@c>",
            names,
        )

    def look(self, piece: bytes, marks: Marks) -> None:
        """Add what this piece tells to `marks`."""
        if b"hidden=" in piece and len(marks.hidden_rows) <= LAST_ROW:
            marks.hidden_rows.update(int(row) for row in self.hidden_row.findall(piece))
            for column in self.hidden_column.findall(piece):
                marks.hidden_columns.update(_span(column))
        if self.formula in piece and len(marks.uncomputed) <= self.faults:
            found = self.uncomputed.findall(piece)
            marks.uncomputed.update((int(row), column_number(letters) - 1) for letters, row in found)
        marks.has_filter = marks.has_filter or self.filter in piece
        marks.has_iso_dates = marks.has_iso_dates or b't="d"' in piece


def _pattern(text: bytes, names: dict[bytes, bytes]) -> re.Pattern[bytes]:
    """The search with its short signs spelled out: `@` the prefix, `~` attributes, `_` white space."""
    for sign, meaning in names.items():
        text = text.replace(sign, meaning)
    return re.compile(text)


def _span(column: bytes) -> range:
    """The columns that one entry of the sheet's list of columns speaks of, from 0."""
    bounds = dict(re.findall(rb'\b(min|max)="(\d{1,5})"', column))
    return range(int(bounds.get(b"min", 1)) - 1, min(int(bounds.get(b"max", 0)), 16_384))
