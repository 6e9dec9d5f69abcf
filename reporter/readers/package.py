"""The parts of an .xlsx, found as the format says: by relationships, whatever the parts are called.

Most programs call them alike, and the readers trust that. A package with other names (back-slashes, capitals, other
folders) or with parts in UTF-16 is put together anew under the usual ones, so that every reader sees the same book.
Pure: bytes in, bytes out.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import quoteattr

from defusedxml.ElementTree import fromstring

from reporter.readers.sandbox import UTF16_MARKS, unpack

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
NAMESPACE = "http://schemas.openxmlformats.org/package/2006/"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
CONTENT_TYPES = {"worksheet": "worksheet", "sharedStrings": "sharedStrings", "styles": "styles"}
ENCODING = re.compile(r"\bencoding=[\"'][^\"']{1,20}[\"']")
USUAL = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}


@dataclass(frozen=True)
class Relation:
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
            entries = [e for e in fromstring(self.read(place)).iter() if e.tag.rpartition("}")[2] == "Relationship"]
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


def padding_styles(content: bytes, members: Mapping[str, zipfile.ZipInfo]) -> dict[str, str]:
    """The styles of a workbook whose format adds zeros or signs to a whole number: the style's index to its pattern."""
    if STYLES not in members:
        return {}
    try:
        styles = fromstring(b"".join(unpack(content, members[STYLES])))
    except (ParseError, ValueError, zlib.error):
        return {}
    formats = {e.get("numFmtId", ""): e.get("formatCode", "") for e in styles.iter() if e.tag.endswith("}numFmt")}
    patterns = {key: pattern for key, code in formats.items() if (pattern := padding(code))}
    cells = next((e for e in styles.iter() if e.tag.endswith("}cellXfs")), ())
    return {str(n): patterns[key] for n, e in enumerate(cells) if (key := e.get("numFmtId", "")) in patterns}


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
