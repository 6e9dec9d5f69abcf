"""The parts of an .xlsx or .ods: found by relationships, whatever they are called, and what they tell beside the cells.

Most programs call the parts alike, and the readers trust that. A package with other names (back-slashes, capitals,
other folders) or with parts in UTF-16 is put together anew under the usual ones, so that all readers see the same book.

The second look is for hidden rows and columns, formulas without a value, merged cells and formats that add zeros. A
sheet goes by in pieces that end with whole rows, and each is searched for a few telling bytes first: a sheet without
such things costs little more than its unpacking. Pure: bytes in, bytes and marks out.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice, product
from posixpath import dirname, join, normpath
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import quoteattr, unescape

from defusedxml.ElementTree import fromstring
from msgspec import Struct, field

from reporter.readers.sandbox import UTF16_MARKS, column_number, unpack

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
NAMESPACE = "http://schemas.openxmlformats.org/package/2006/"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
CONTENT_TYPES = {"worksheet": "worksheet", "sharedStrings": "sharedStrings", "styles": "styles"}
ENCODING = re.compile(r"\bencoding=[\"'][^\"']{1,20}[\"']")
USUAL = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}

TRUE = ("1", "true")
LONGEST_ROW = 32 * 1_048_576
SMALL_PIECES = 8
LAST_ROW = 1_048_576
LONG_NUMBER = re.compile(rb">(?:\d{16,40}|\d(?:\.\d{1,20})?[eE]\+?\d\d)</")
RANGE = rb'"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
MOST_MERGED = 100_000
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class Relation(Struct, frozen=True):
    """One relationship: its id, the last word of its type, its type, and the part it leads to, plain and as written."""

    key: str
    kind: str
    type: str
    part: str
    written: str


class Package:
    """An archive whose parts are looked up without regard to capitals and the direction of slashes."""

    def __init__(self, content: bytes, members: list[zipfile.ZipInfo]) -> None:
        self.content = content
        self.members = {_plain(member.orig_filename): member for member in members}
        self.names = {member.orig_filename for member in members}

    def workbook(self) -> str:
        """The part that the package says is its workbook; empty where it says none."""
        targets = [r.part for r in self.relations("") if r.kind == "officeDocument"]
        return next((part for part in targets if part in self.members), "")

    def relations(self, part: str) -> list[Relation]:
        """Where the relationships of a part lead; those of the package itself for an empty name."""
        place = _plain(join(dirname(part), "_rels", f"{part.rpartition('/')[2]}.rels"))
        if place not in self.members:
            return []
        try:
            entries = [e for e in fromstring(self.read(place)).iter() if _local(e) == "Relationship"]
        except (ParseError, ValueError):
            return []
        return [_relation(entry, dirname(part)) for entry in entries]

    def read(self, part: str) -> bytes:
        """The whole of a part, in UTF-8."""
        return b"".join(self.pieces(part))

    def pieces(self, part: str) -> Iterator[bytes]:
        """The part in pieces as it stands, or in one when it had to be put into UTF-8."""
        pieces = unpack(self.content, self.members[part])
        first = next(pieces, b"")
        if first.startswith(UTF16_MARKS):
            text = b"".join([first, *pieces]).decode("utf-16", "replace")
            first, pieces = ENCODING.sub("", text, count=1).encode(), iter(())
        yield first
        yield from pieces


def workbook_part(content: bytes, members: list[zipfile.ZipInfo]) -> str:
    """The name of the workbook's part, without capitals; empty where there is none."""
    package = Package(content, members)
    try:
        return package.workbook() or next(
            (name for name in (WORKBOOK, "xl/workbook.bin") if name in package.members), ""
        )
    except zlib.error:
        return ""


def with_usual_names(content: bytes, members: list[zipfile.ZipInfo]) -> bytes:
    """The package itself where its parts are called as usual, else the same book under the usual names.

    Takes: the bytes of an archive that has passed the preflight, and its parts.
    """
    package = Package(content, members)
    try:
        workbook = package.workbook()
        relations = [r for r in package.relations(workbook) if r.part in package.members] if workbook else []
        if not workbook or _is_usual(package, workbook, relations):
            return content
        return _rebuilt(package, workbook, relations)
    except zlib.error:
        return content


def _is_usual(package: Package, workbook: str, relations: list[Relation]) -> bool:
    if workbook != WORKBOOK or not {WORKBOOK, RELATIONS} <= package.names:
        return False
    needed = [r for r in relations if r.kind in CONTENT_TYPES]
    openings = (next(unpack(package.content, package.members[r.part]), b"") for r in needed)
    return all(r.written in package.names for r in needed) and not any(o.startswith(UTF16_MARKS) for o in openings)


def _rebuilt(package: Package, workbook: str, relations: list[Relation]) -> bytes:
    places = {r.key: USUAL.get(r.kind, f"xl/worksheets/sheet{n}.xml") for n, r in enumerate(relations, start=1)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        new.writestr("[Content_Types].xml", _content_types(relations, places))
        new.writestr("_rels/.rels", _relations_xml([("rId1", OFFICE, WORKBOOK)]))
        new.writestr(WORKBOOK, package.read(workbook))
        new.writestr(RELATIONS, _relations_xml([(r.key, r.type, f"/{places[r.key]}") for r in relations]))
        for place, part in {places[r.key]: r.part for r in relations}.items():
            with new.open(place, "w") as file:
                for piece in package.pieces(part):
                    file.write(piece)
    return buffer.getvalue()


def _relations_xml(entries: list[tuple[str, str, str]]) -> str:
    lines = [f"<Relationship Id={quoteattr(k)} Type={quoteattr(t)} Target={quoteattr(at)}/>" for k, t, at in entries]
    return f'<Relationships xmlns="{NAMESPACE}relationships">{"".join(lines)}</Relationships>'


def _content_types(relations: list[Relation], places: Mapping[str, str]) -> str:
    parts = {WORKBOOK: "sheet.main"} | {
        places[r.key]: CONTENT_TYPES[r.kind] for r in relations if r.kind in CONTENT_TYPES
    }
    lines = [f'<Override PartName="/{name}" ContentType="{TYPES}{kind}+xml"/>' for name, kind in parts.items()]
    defaults = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    defaults += '<Default Extension="xml" ContentType="application/xml"/>'
    return f'<Types xmlns="{NAMESPACE}content-types">{defaults}{"".join(lines)}</Types>'


def _relation(entry: Element, folder: str) -> Relation:
    target, kind = entry.get("Target", ""), entry.get("Type", "")
    plain = normpath(join(folder, target.replace("\\", "/")))  # an absolute target leaves the folder behind
    return Relation(entry.get("Id", ""), kind.rpartition("/")[2], kind, _plain(plain), plain.lstrip("/"))


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


STYLES = "xl/styles.xml"
TOKEN = re.compile(r'\\(.)|"([^"]*)"|\[[^\]]*\]|_.|(.)')
PLAIN_SIGNS = frozenset(" -()+:")
FEWEST_ZEROS = 2
MONTH_AND_YEAR = "17"  # the number of `mmm-yy`, which no file spells out


class CellStyles(Struct, frozen=True):
    """What the styles of a workbook show beside the cells, by their index: `padding` is the pattern of those whose
    format adds zeros or signs to a whole number, `struck` are those whose font is struck through, `months` those that
    show month and year of a date and no day."""

    padding: Mapping[str, str] = field(default_factory=dict)
    struck: tuple[str, ...] = ()
    months: tuple[str, ...] = ()


def _cell_styles(content: bytes, members: Mapping[str, zipfile.ZipInfo]) -> CellStyles:
    """The telling styles of a workbook; none where its part is missing or cannot be understood."""
    if STYLES not in members:
        return CellStyles()
    try:
        styles = fromstring(b"".join(unpack(content, members[STYLES])))
    except (ParseError, ValueError, zlib.error):
        return CellStyles()
    formats = {e.get("numFmtId", ""): e.get("formatCode", "") for e in styles.iter() if e.tag.endswith("}numFmt")}
    patterns = {key: pattern for key, code in formats.items() if (pattern := padding(code))}
    months = {MONTH_AND_YEAR, *(key for key, code in formats.items() if is_without_day(code))}
    fonts, cells = (next((e for e in styles if _local(e) == name), Element(name)) for name in ("fonts", "cellXfs"))
    struck = {str(n) for n, font in enumerate(fonts) if any(map(_is_struck, font))}
    return CellStyles(
        {str(n): patterns[key] for n, e in enumerate(cells) if (key := e.get("numFmtId", "")) in patterns},
        tuple(str(n) for n, e in enumerate(cells) if e.get("fontId") in struck),
        tuple(str(n) for n, e in enumerate(cells) if e.get("numFmtId") in months),
    )


def _is_struck(part: Element) -> bool:
    return _local(part) == "strike" and part.get("val", TRUE[0]) in TRUE


def is_without_day(code: str) -> bool:
    """Whether a format shows month and year of a date, and neither day nor hour: `mmm-yy`."""
    signs = {plain.lower() for _, _, plain in TOKEN.findall(code.partition(";")[0])}
    return {"m", "y"} <= signs and signs.isdisjoint("dhs")


def padding(code: str) -> str:
    """The digits and signs that a format shows, with 0 for each digit; empty where it does more than add such."""
    shown = []
    for escaped, quoted, plain in TOKEN.findall(code.partition(";")[0]):
        if plain and plain not in PLAIN_SIGNS and plain not in "0#":
            return ""
        shown.append(f"\\{escaped}" if escaped else "".join(f"\\{c}" for c in quoted) if quoted else plain)
    pattern = "".join(shown)
    digits = re.sub(r"\\.", "", pattern)
    return pattern if digits.count("0") >= FEWEST_ZEROS or (pattern[:1] == "\\" and "0" in digits) else ""


def as_shown(number: str, pattern: str) -> str:
    """A whole number in its format; any other text as it stands."""
    if not number.isdecimal():
        return number
    signs = [(text[-1], len(text) == 1 and text in "0#") for text in re.findall(r"\\.|.", pattern)]
    left, shown = number, list[str]()
    first = next(n for n, (_, is_digit) in enumerate(signs) if is_digit)
    for n, (sign, is_digit) in reversed(list(enumerate(signs))):
        digit = sign
        if is_digit:
            digit, left = (left, "") if n == first and left else (left[-1:] or sign.replace("#", ""), left[:-1])
        shown.append(digit)
    return "".join(reversed(shown))


class Marks(Struct):
    """What one sheet carries beside its cells; rows as a spreadsheet numbers them, columns from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)  # with a filled cell that is struck through
    months: set[tuple[int, int]] = field(default_factory=set)  # cells that show no day of their date
    notes: dict[tuple[int, int], str] = field(default_factory=dict)  # what somebody noted on a cell
    uncomputed: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)  # only those that the reader drops
    has_filter: bool = False
    has_iso_dates: bool = False
    shown: dict[tuple[int, int], str] = field(default_factory=dict)  # numbers whose format adds zeros: its pattern
    written: dict[tuple[int, int], str] = field(default_factory=dict)  # numbers of more digits than a reader keeps
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row, column, last row, column


class WorkbookFacts(Struct, frozen=True):
    """The date system of a workbook and the marks of its sheets, by name."""

    is_1904: bool = False
    marks: dict[str, Marks] = field(default_factory=dict)


def look_through(content: bytes, members: list[zipfile.ZipInfo], faults: int) -> WorkbookFacts:
    """Find what stands beside the cells; a part that cannot be understood has nothing to tell.

    Takes: the bytes of an archive that has passed the preflight, its parts, and how many formulas without a
    value to look for at most.
    """
    parts, package = {member.filename: member for member in members}, Package(content, members)
    try:
        workbook = fromstring(_whole(content, parts[WORKBOOK]))
        places = {relation.key: relation.written for relation in package.relations(WORKBOOK)}
    except (KeyError, ParseError, zlib.error):
        return WorkbookFacts()
    is_1904 = any(e.get("date1904") in TRUE for e in workbook.iter() if _local(e) == "workbookPr")
    sheets = {e.get("name", ""): places.get(_reference(e), "") for e in workbook.iter() if _local(e) == "sheet"}
    styles = _cell_styles(content, parts)
    marks = {name: _marks(content, parts[at], faults, styles) for name, at in sheets.items() if at in parts}
    for name, found in marks.items():
        found.notes = _notes(package, sheets[name])
    return WorkbookFacts(is_1904, marks)


def _notes(package: Package, sheet: str) -> dict[tuple[int, int], str]:
    """What somebody noted on the cells of a sheet, by row and column; threads stand there too."""
    places = [r.part for r in package.relations(sheet) if r.kind == "comments" and r.part in package.members]
    try:
        noted = [e for place in places for e in fromstring(package.read(place)).iter() if _local(e) == "comment"]
    except (ParseError, ValueError, zlib.error):
        return {}
    found = {CELL.fullmatch(e.get("ref", "")): "".join(e.itertext()) for e in noted}
    return {(int(at[2]), column_number(at[1].encode()) - 1): text for at, text in found.items() if at}


def _whole(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """A small part in one piece; a large one is cut, and no longer XML."""
    return b"".join(islice(unpack(content, member), SMALL_PIECES))


def _local(element: Element) -> str:
    """The name of an element without its namespace: strict and transitional files differ in nothing else."""
    return element.tag.rpartition("}")[2]


def _reference(sheet: Element) -> str:
    return next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")


def _marks(content: bytes, member: zipfile.ZipInfo, faults: int, styles: CellStyles) -> Marks:
    """The marks of one sheet; the search for formulas ends once there are more than anybody may have."""
    marks, search = Marks(), None
    try:
        for piece in _rows(unpack(content, member)):
            search = search or _Search(piece, faults, styles)
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

    def __init__(self, opening: bytes, faults: int, styles: CellStyles) -> None:
        self.faults, self.styles = faults, styles.padding
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
        self.long_number = _pattern(
            rb'<@c\s(?!~\bt="s)(?>~?\br="([A-Z]{1,3})(\d{1,7})")~>_(?:<@f\b~(?:/>|>[^<]{0,9999}</@f>))?_'
            rb"<@v>(\d{16,40}|\d(?:\.\d{1,20})?[eE]\+?(?:1[5-9]|[2-9]\d))</@v>",
            names,
        )
        self.merged, self.merge = b"<%bmergeCell " % prefix, _pattern(rb"<@mergeCell\s~\bref=" + RANGE, names)
        padded, struck, months = (
            b"|".join(key.encode() for key in keys) for keys in (styles.padding, styles.struck, styles.months)
        )
        self.struck_signs, self.month_signs = (
            [b's="%b"' % key.encode() for key in keys] for keys in (styles.struck, styles.months)
        )
        self.month = _pattern(rb'<@c\s(?=~\bs="(?:' + months + rb')")~?\br="([A-Z]{1,3})(\d{1,7})"', names)
        self.struck = _pattern(rb'<@c\s(?=~\bs="(?:' + struck + rb')")~?\br="[A-Z]{1,3}(\d{1,7})"~(?<!/)>', names)
        self.padded = _pattern(rb'<@c\s(?=~\bs="(' + padded + rb')")~?\br="([A-Z]{1,3})(\d{1,7})"', names)

    def look(self, piece: bytes, marks: Marks) -> None:
        """Add what this piece tells to `marks`."""
        if b"hidden=" in piece and len(marks.hidden_rows) <= LAST_ROW:
            marks.hidden_rows.update(int(row) for row in self.hidden_row.findall(piece))
            for column in self.hidden_column.findall(piece):
                marks.hidden_columns.update(_span(column))
        if self.formula in piece and len(marks.uncomputed) <= self.faults:
            found = self.uncomputed.findall(piece)
            marks.uncomputed.update((int(row), column_number(letters) - 1) for letters, row in found)
        if LONG_NUMBER.search(piece):
            found = self.long_number.findall(piece)
            marks.written.update(((int(row), column_number(c) - 1), text.decode()) for c, row, text in found)
        if self.styles:
            padded = self.padded.findall(piece)
            told = (((int(row), column_number(c) - 1), self.styles[key.decode()]) for key, c, row in padded)
            marks.shown.update(told)
        if any(sign in piece for sign in self.struck_signs):
            marks.struck_rows.update(int(row) for row in self.struck.findall(piece))
        if any(sign in piece for sign in self.month_signs):
            marks.months.update((int(row), column_number(c) - 1) for c, row in self.month.findall(piece))
        if self.merged in piece and len(marks.merged) < MOST_MERGED:
            marks.merged += [
                (int(top), column_number(left) - 1, int(bottom), column_number(right) - 1)
                for left, top, right, bottom in self.merge.findall(piece)
            ]
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


ERROR = b'value-type="error"'
ABOUT = rb"(\s[^>]{0,2000}|/?)>"
MARK = re.compile(rb"<table:(table|table-row|table-column)" + ABOUT + rb"()")
MARK_OR_CELL = re.compile(
    rb"<table:(table|table-row|table-column|table-cell|covered-table-cell)" + ABOUT + rb"(?:<text:p>([^<]{0,40})<)?"
)
NAME = re.compile(rb'table:name="([^"]*)"')
SPANNED = b"-spanned="
ROWS_SPANNED = re.compile(rb'table:number-rows-spanned="(\d{1,7})"')
COLUMNS_SPANNED = re.compile(rb'table:number-columns-spanned="(\d{1,5})"')
SPANS = (ROWS_SPANNED, COLUMNS_SPANNED)
PADDED = tuple(b'min-integer-digits="%d"' % digits for digits in range(2, 20))  # formats that add zeros
NUMBER = b'value-type="float"'
WITH_ZEROS = re.compile(rb"0\d{1,30}")
REPEATED = re.compile(rb'table:number-(?:rows|columns)-repeated="(\d{1,7})"')
HIDDEN = re.compile(rb'table:visibility="(?:collapse|filter)"')
LONGEST_MARK = 4_000
LAST_ODS_ROW, LAST_COLUMN = 1_048_576, 16_384


def look_through_ods(content: bytes, members: list[zipfile.ZipInfo], faults: int) -> WorkbookFacts:
    """Find what stands beside the cells of every sheet; a part that is damaged has nothing to tell.

    Takes: the bytes of an archive that has passed the preflight, its parts, and how many errors to look for
    at most.
    """
    part = next((member for member in members if member.filename == "content.xml"), None)
    if part is None:
        return WorkbookFacts()
    count = _Count(faults)
    try:
        has_cells = _mentions(unpack(content, part), (ERROR, SPANNED, *PADDED))
        for kind, about, text in _ods_marks(unpack(content, part), MARK_OR_CELL if has_cells else MARK):
            count.step(kind, about, text)
    except zlib.error:
        return WorkbookFacts()
    return WorkbookFacts(marks=count.sheets)


def _mentions(pieces: Iterator[bytes], words: tuple[bytes, ...]) -> bool:
    """Whether one of the words stands anywhere, also where one piece ends and the next begins."""
    tail, longest = b"", max(map(len, words))
    for piece in pieces:
        if any(word in tail + piece for word in words):
            return True
        tail = piece[-longest:]
    return False


def _ods_marks(pieces: Iterator[bytes], mark: re.Pattern[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
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
                self.marks.hidden_rows.update(range(self.rows.start, min(self.rows.stop, LAST_ODS_ROW + 1)))
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
            self.marks.errors.update(dict.fromkeys(places, _plain_text(text) or "#ERROR!"))
        if NUMBER in about and WITH_ZEROS.fullmatch(text) and len(self.marks.written) <= self.faults:
            places = islice(product(self.rows, range(self.cells, self.cells + times)), self.faults + 1)
            self.marks.written.update(dict.fromkeys(places, text.decode()))
        if SPANNED in about and len(self.marks.merged) < MOST_MERGED:
            down, across = (int(found[1]) if (found := span.search(about)) else 1 for span in SPANS)
            if max(down, across) > 1:
                top = self.rows.start
                self.marks.merged.append((top, self.cells, top + down - 1, self.cells + across - 1))
        self.cells += times


def _name(about: bytes) -> str:
    found = NAME.search(about)
    return _plain_text(found[1]) if found else ""


def _plain_text(text: bytes) -> str:
    """The text of a piece of XML."""
    return unescape(text.decode("utf-8", "replace"), {"&quot;": '"', "&apos;": "'"})
