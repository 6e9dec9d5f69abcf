"""Weighs the parts of a workbook before any reader sees it: a small file may unpack to a disk full.

Pure: bytes in, refusal or nothing out; no part is ever written to disk, so that the names of the parts do
no harm. Sizes are counted while unpacking, since the ones that a file states of itself may lie.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from reporter.readers.limits import LIMITS, MEGABYTE, Limits
from reporter.readers.refusal import refuse

BLOCK = 131_072
PIECE = 1_048_576
OVERLAP = 64
SMALL = MEGABYTE  # a part below this may be squeezed as hard as it likes
ENTRY = b"PK\x01\x02"
MOST_ENTRIES = 10_000  # of this archive and of those it may hold
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
ROW = b"row r="
ROW_NUMBER = re.compile(ROW + rb"[\"']([0-9]{1,7})")
COLUMN = re.compile(rb" r=[\"']([A-Z]{1,3})[0-9]")
WIDE_COLUMN = re.compile(rb" r=[\"']([A-Z]{2,3})[0-9]")


def check_archive(source: str, content: bytes, limits: Limits) -> None:
    """Refuse an archive that is a bomb, hides parts in one another, or reaches to a far cell.

    A far cell is looked for where honest programs write addresses; a file that hides one better meets the
    limits of the reading process.
    """
    members = open_archive(source, content)
    _check_directory(source, content, members, limits)
    expanded = 0
    for member in members:
        expanded += _check_member(source, content, member, limits, expanded)


def open_archive(source: str, content: bytes) -> list[zipfile.ZipInfo]:
    """The parts of the archive, in the order in which they lie in the file.

    NOTE: a table of contents may itself be made to fill the memory, so its entries are counted before.
    """
    entries = content.count(ENTRY)
    if entries > MOST_ENTRIES:
        raise refuse(source, "file_too_many_parts", found=entries, allowed=LIMITS.members)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sorted(archive.infolist(), key=lambda member: member.header_offset)
    except (zipfile.BadZipFile, NotImplementedError, struct.error) as e:
        raise refuse(source, "file_damaged") from e


def unpack(content: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of one part in pieces of at most a megabyte, to its true end.

    Raises: zlib.error where the part is damaged.
    """
    start = _data_start(content, member)
    packed = memoryview(content)[start : start + member.compress_size]
    blocks = (bytes(packed[place : place + BLOCK]) for place in range(0, len(packed), BLOCK))
    if member.compress_type == zipfile.ZIP_STORED:
        yield from blocks
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for block in blocks:
        while block and not inflater.eof:
            yield inflater.decompress(block, PIECE)
            block = inflater.unconsumed_tail
    yield inflater.flush()


def _check_directory(source: str, content: bytes, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse what the table of contents alone gives away."""
    if len(members) > limits.members:
        raise refuse(source, "file_too_many_parts", found=len(members), allowed=limits.members)
    if any(member.flag_bits & 1 for member in members):
        raise refuse(source, "file_password")
    if len({member.filename for member in members}) < len(members):
        raise refuse(source, "file_damaged")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise refuse(source, "file_damaged")
    ends = [_data_start(content, member) + member.compress_size for member in members]
    if any(end > after.header_offset for end, after in zip(ends, members[1:], strict=False)):
        raise refuse(source, "file_overlapping_parts")
    if sum(member.file_size for member in members) > limits.expanded:
        raise refuse(source, "file_expands_too_far", **_most(limits))


def _most(limits: Limits) -> dict[str, int]:
    return {"allowed": limits.expanded // MEGABYTE, "ratio": limits.ratio}


def _check_member(source: str, content: bytes, member: zipfile.ZipInfo, limits: Limits, before: int) -> int:
    """Unpack one part without keeping it, and return how large it truly is, in bytes."""
    is_xml = member.filename.lower().endswith((".xml", ".rels"))
    most = max(limits.ratio * member.compress_size, SMALL)
    reach = _Reach(source, limits.cells)
    size, tail = 0, b""
    try:
        for piece in unpack(content, member):
            size += len(piece)
            if size > most or before + size > limits.expanded:
                raise refuse(source, "file_expands_too_far", **_most(limits))
            if is_xml:
                tail = _check_piece(source, tail + piece, reach)
    except zlib.error as e:
        raise refuse(source, "file_damaged") from e
    return size


def _check_piece(source: str, piece: bytes, reach: "_Reach") -> bytes:
    """Look through one piece of an XML part and return its end, to be looked at again with the next."""
    if piece.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse(source, "file_damaged")
    if b"!" in piece and DECLARATION.search(piece):
        raise refuse(source, "file_declares_entities")
    reach.look(piece)
    return piece[-OVERLAP:]


class _Reach:
    """The last row and the last column that a part mentions: readers make room for all between."""

    def __init__(self, source: str, cells: int) -> None:
        self.source, self.cells, self.rows, self.columns = source, cells, 0, 0

    def look(self, piece: bytes) -> None:
        """Take the last row and the widest column of this piece, and refuse more cells than are allowed.

        Columns of one letter are looked for in the first piece, and where the rows make them matter.
        """
        place = piece.rfind(ROW)
        found = ROW_NUMBER.match(piece, place) if place >= 0 else None
        is_first = self.rows == 0
        self.rows = max(self.rows, int(found[1]) if found else 0)
        column = COLUMN if is_first or self.rows * 26 > self.cells else WIDE_COLUMN
        if column.search(piece):
            self.columns = max(self.columns, *map(column_number, set(column.findall(piece))))
        if self.rows * self.columns > self.cells:
            raise refuse(self.source, "file_far_cell", rows=self.rows, columns=self.columns, allowed=self.cells)


def column_number(letters: bytes) -> int:
    """The place of a column: A is 1, Z is 26, XFD is 16384."""
    number = 0
    for byte in letters:
        number = number * 26 + byte - 64
    return number


def _data_start(content: bytes, member: zipfile.ZipInfo) -> int:
    """Where the packed bytes of a part begin: behind its own header, whose lengths the directory does not tell."""
    place = member.header_offset
    lengths = content[place + 26 : place + 30]
    return place + 30 + sum(struct.unpack("<HH", lengths)) if len(lengths) == 4 else len(content) + 1
