"""This side of the reading process: starts it with next to nothing, feeds it, and gathers what it answers.

Knows nothing of spreadsheets. However the process ends, the caller gets an answer or one clear refusal.
"""

import codecs
import io
import json
import logging
import os
import re
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

import pyarrow as pa
from msgspec import Struct

from reporter.errors import RosterError
from reporter.model.problem import Problem

log = logging.getLogger(__name__)
MEGABYTE = 1_000_000


class FileLimits(Struct, frozen=True):
    """The most that a file may be or need; past any of them it is refused in words.

    `size` counts the bytes of the file, `expanded` those of its parts once unpacked and `ratio` how many
    times larger they become; `memory` and `seconds` bind the process that reads it. `text` is the most
    that the cells of one file may hold, in bytes; `faults` the most cells in error, or never computed.
    """

    size: int = 50 * MEGABYTE
    members: int = 2_000
    expanded: int = 300 * MEGABYTE
    ratio: int = 200
    cells: int = 20_000_000
    text: int = 500 * MEGABYTE
    faults: int = 500_000
    seconds: int = 60
    memory: int = 2_000 * MEGABYTE


LIMITS = FileLimits()


class FileRefusedError(RosterError):
    """A file that cannot be used; `problem` holds the same sentence in both languages, for problems.csv."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message("en"), where=problem.source, french=problem.message("fr"))
        self.problem = problem


def refuse(source: str, code: str, **details: object) -> FileRefusedError:
    """The error for `code`, ready to be raised; `source` is the file's name without its folder."""
    return FileRefusedError(Problem(source, code, details={key: str(detail) for key, detail in details.items()}))


CHILD = ("-m", "reporter.readers.child")
PIPE = 1_048_576
KEPT = ("SYSTEMROOT", "TEMP", "TMP")  # Windows starts no program without the first
QUIET = {
    "RUST_BACKTRACE": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@contextmanager
def reading_process(kind: str, limits: FileLimits) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that waits for the bytes of a file, and is gone at the end whatever happens.

    It is started before the file is weighed, so that its start costs no time.
    """
    bounds = (limits.cells, limits.text, limits.faults, limits.seconds, limits.memory)
    command = [sys.executable, "-P", *CHILD, kind, *map(str, bounds)]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment = {**kept, **QUIET, "PYTHONPATH": os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, pipesize=PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def feed(process: "subprocess.Popen[bytes]", content: bytes) -> None:
    """Hand the whole file over; a process that died of it is noticed when its answer is gathered."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(content)
    with suppress(BrokenPipeError):
        process.stdin.close()
    process.stdin = None


def gather_answer(
    source: str, process: "subprocess.Popen[bytes]", until: float
) -> tuple[dict[str, Any], list[pa.Table]]:
    """The answer and the tables behind it, in order.

    Takes:  `until`, a moment of time.monotonic().
    Raises: FileRefusedError when the process refuses the file, dies of it or takes too long.
    """
    try:
        output, _ = process.communicate(timeout=max(until - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired as e:
        raise refuse(source, "file_too_slow") from e
    if process.returncode != 0:
        log.info("the reading process ended with %d", process.returncode)
        raise refuse(source, "file_stops_the_reader")
    end = output.index(b"\n") + 1
    answer = json.loads(output[:end])
    if "refused" in answer:
        raise refuse(source, answer["refused"], **answer.get("details", {}))
    stream = pa.BufferReader(pa.py_buffer(output).slice(end))
    return answer, [pa.ipc.open_stream(stream).read_all() for _ in answer["sheets"]]


BLOCK = 131_072
PIECE = 1_048_576
OVERLAP = 64
LONGEST_CELL = 2_000  # from a cell's beginning to its value
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SMALL = MEGABYTE  # a part below this may be squeezed as hard as it likes
ENTRY = b"PK\x01\x02"
MOST_ENTRIES = 10_000  # of this archive and of those it may hold
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
ROW = b"row r="
ROW_NUMBER = re.compile(ROW + rb"[\"']([0-9]{1,7})")
COLUMN = re.compile(rb" r=[\"']([A-Z]{1,3})[0-9]")
FILLED = re.compile(
    rb"<(?:\w{1,20}:)?c\b[^<>]{0,500}?\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"'][^<>]{0,500}?(?<!/)>"
    rb"\s{0,9}<(?:\w{1,20}:)?(?:v|is|f)\b"
)
WIDE_COLUMN = re.compile(rb" r=[\"']([A-Z]{2,3})[0-9]")


def check_archive(source: str, content: bytes, limits: FileLimits) -> None:
    """Refuse an archive that is a bomb, hides parts in one another, or reaches to a far cell.

    A far cell is looked for where honest programs write addresses; a file that hides one better meets the
    limits of the reading process.
    """
    members = open_archive(source, content)
    _check_directory(source, content, members, limits)
    expanded = 0
    for member in members:
        expanded += _check_member(source, content, member, limits, expanded)


def is_whole(source: str, content: bytes, limits: FileLimits) -> bool:
    """Whether an archive passes and each XML part ends where it should: of a part cut short, only some rows would be
    read by a reader that makes do."""
    try:
        check_archive(source, content, limits)
        for member in open_archive(source, content):
            if member.filename.lower().endswith((".xml", ".rels")):
                _parse_whole(unpack(content, member))
    except (FileRefusedError, ExpatError, zlib.error):
        return False
    return True


def _parse_whole(pieces: Iterator[bytes]) -> None:
    parser = ParserCreate()
    for piece in pieces:
        parser.Parse(piece)
    parser.Parse(b"", True)


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


def _check_directory(source: str, content: bytes, members: list[zipfile.ZipInfo], limits: FileLimits) -> None:
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


def _most(limits: FileLimits) -> dict[str, int]:
    return {"allowed": limits.expanded // MEGABYTE, "ratio": limits.ratio}


def _check_member(source: str, content: bytes, member: zipfile.ZipInfo, limits: FileLimits, before: int) -> int:
    """Unpack one part without keeping it, and return how large it truly is, in bytes."""
    is_xml = member.filename.lower().endswith((".xml", ".rels"))
    most = max(limits.ratio * member.compress_size, SMALL)
    reach = _Reach(limits.cells)
    size, tail, letters = 0, b"", None
    try:
        for piece in unpack(content, member):
            size += len(piece)
            if size > most or before + size > limits.expanded:
                raise refuse(source, "file_expands_too_far", **_most(limits))
            if is_xml:
                letters = letters or _letters_of(piece)
                tail = _check_piece(source, tail + letters(piece), reach)
        if reach.is_far:
            _check_filled(source, unpack(content, member), limits)
    except zlib.error as e:
        raise refuse(source, "file_damaged") from e
    return size


def _letters_of(piece: bytes) -> Callable[[bytes], bytes]:
    """How to read a part that begins so: as it stands, or in UTF-16, as Power Query keeps its own."""
    if not piece.startswith(UTF16_MARKS):
        return bytes
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    return lambda more: decoder.decode(more).encode()


def _check_filled(source: str, pieces: Iterator[bytes], limits: FileLimits) -> None:
    """Refuse a sheet whose filled cells reach too far; a format in the last row of a sheet fills nothing."""
    rows = columns = 0
    tail = b""
    for piece in pieces:
        text = tail + piece
        found = FILLED.findall(text)
        rows = max([rows, *(int(row) for _, row in found)])
        columns = max([columns, *map(column_number, {letters for letters, _ in found})])
        if rows * columns > limits.cells:
            raise refuse(source, "file_far_cell", rows=rows, columns=columns, allowed=limits.cells)
        tail = text[-LONGEST_CELL:]


def _check_piece(source: str, piece: bytes, reach: "_Reach") -> bytes:
    """Look through one piece of an XML part and return its end, to be looked at again with the next."""
    if b"!" in piece and DECLARATION.search(piece):
        raise refuse(source, "file_declares_entities")
    reach.look(piece)
    return piece[-OVERLAP:]


class _Reach:
    """The last row and the last column that a part mentions: readers make room for all between."""

    def __init__(self, cells: int) -> None:
        self.cells, self.rows, self.columns = cells, 0, 0

    def look(self, piece: bytes) -> None:
        """Take the last row and the widest column of this piece.

        Columns of one letter are looked for in the first piece, and where the rows make them matter.
        """
        place = piece.rfind(ROW)
        found = ROW_NUMBER.match(piece, place) if place >= 0 else None
        is_first = self.rows == 0
        self.rows = max(self.rows, int(found[1]) if found else 0)
        column = COLUMN if is_first or self.rows * 26 > self.cells else WIDE_COLUMN
        if column.search(piece):
            self.columns = max(self.columns, *map(column_number, set(column.findall(piece))))

    @property
    def is_far(self) -> bool:
        """Whether it mentions more cells than are allowed, filled or not."""
        return self.rows * self.columns > self.cells


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
