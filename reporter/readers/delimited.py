"""Text in rows and columns: which letters its bytes stand for, what parts its columns, and which records are whole.

A row is a record, as a spreadsheet program numbers it: a quoted cell with a line break in it is part of one row, and an
empty line is a row. Records are held against their physical lines, so that no stray quotation mark joins rows unseen:
one whose marks may have swallowed delimiters or line ends is given up, its first line becomes a row of its own, told
with its number, and the reading goes on at the next line. Pure: bytes in, columns of text out.

The process that meets a stranger's file loads this (see child.py), so that it asks for no library but Arrow.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from msgspec import Struct, field
from msgspec.structs import replace

from reporter.text.formats import old_encoding

DELIMITERS = (",", ";", "\t", "|", "^", "~")
HEAD = 65_536
SAMPLE = 262_144
SAMPLE_ROWS = 300
LONGEST_CELL = 1_000_000
GUARDED = r'^\s*="([^"]*)"\s*$'
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Notes = list[tuple[str, str]]

MARK = '"'
END = "\x00end\x00"
SAMPLE_LINES = 2_000
MOST_STRAY = 500  # lines; beyond, the marks of the whole file are not to be trusted
TOLD = 10


class TooManyCellsError(ValueError):
    """More cells than the limits allow."""


class Delimited(Struct, frozen=True):
    """The columns of a text, and what a table does not show of it.

    `widths` is how many cells each record has, and empty where all have as many; `stray` has, by the place of a row,
    the line whose quotation marks are not to be trusted; `notes` are what was noticed of the text as a whole.
    """

    table: pa.Table
    widths: tuple[int, ...] = ()
    stray: Mapping[int, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=list)


def read_delimited(content: bytes, cells: int) -> Delimited:
    """Every record as a row, short ones filled with missing cells, and what was noticed.

    Decimal commas, spaces and zeros in front stay as they are.

    Raises: StrayMarksError, TooManyCellsError.
    """
    csv.field_size_limit(LONGEST_CELL)
    text, notes = decode(content)
    delimiter, text = _split_directive(text)
    text, unwrapped = _without_wrapping(text)
    delimiter = delimiter or _find_delimiter(text)
    text = _closed_up(text, delimiter)
    if text.count(delimiter) + text.count("\n") > cells:
        raise TooManyCellsError
    table = _plain(text, delimiter)
    read = _records_table(text, delimiter, cells) if table is None else Delimited(table)
    plain = _unguarded(read.table) if '="' in text else read.table
    return replace(read, table=plain, notes=[*notes, *unwrapped])


def _closed_up(text: str, delimiter: str) -> str:
    """The text whose quotation marks stand behind a blank (`1, "Roy, Ana"`), as some systems write them, without it."""
    if f'{delimiter} "' not in text:
        return text
    closer = re.sub(rf'{re.escape(delimiter)} +"', f'{delimiter}"', text)
    is_even = _evenness(closer[:SAMPLE], delimiter) > _evenness(text[:SAMPLE], delimiter)
    return closer if is_even else text


def _unguarded(table: pa.Table) -> pa.Table:
    """The cells that are written `="00412"`, so that a spreadsheet program keeps their zeros, as it shows them."""
    columns = [pc.replace_substring_regex(column, GUARDED, r"\1") for column in table.columns]
    return pa.table(columns, names=table.column_names)


def decode(content: bytes) -> tuple[str, Notes]:
    """The text of the bytes: by its mark, else UTF-8, UTF-16 without a mark, at last one byte a letter with a note."""
    encoding = "utf-16" if content.startswith(UTF16_MARKS) else looks_wide(content[:HEAD])
    notes: Notes = []
    try:
        text = content.decode(encoding, errors="replace") if encoding else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text, note = _foreign(content.removeprefix(codecs.BOM_UTF8))
        notes.append(note)
    text = text.rstrip("\x00\x1a")
    if "\x00" in text:
        notes.append(("nul_removed", str(text.count("\x00"))))
        text = text.replace("\x00", "")
    once, lines = _encoded_once(text)
    return once, [*notes, *([("lines_encoded_twice", told_lines(lines))] if lines else [])]


def _encoded_once(text: str) -> tuple[str, list[int]]:
    """The text in which UTF-8 was read as Windows-1252 and saved again (`CÃ´tÃ©`), as it was meant; and those lines."""
    if not any(sign in text for sign in TWICE_SIGNS):
        return text, []
    lines = text.split("\n")
    once = [_line_encoded_once(line) if any(sign in line for sign in TWICE_SIGNS) else line for line in lines]
    return "\n".join(once), [
        number for number, pair in enumerate(zip(lines, once, strict=True), 1) if pair[0] != pair[1]
    ]


def _line_encoded_once(line: str) -> str:
    try:
        return line.encode("cp1252", errors=UNUSED_BYTE).decode()
    except UnicodeError:
        return line


def _as_unused_byte(error: UnicodeError) -> tuple[bytes, int]:
    """The bytes that Windows-1252 leaves without a letter, which programs keep as they are."""
    assert isinstance(error, UnicodeEncodeError)
    return error.object[error.start : error.end].encode("latin-1"), error.end


TWICE_SIGNS = ("Ã", "Â", "â€", "Å")
UNUSED_BYTE = "reporter.unused_byte_cp1252"
codecs.register_error(UNUSED_BYTE, _as_unused_byte)


def told_lines(numbers: Sequence[int]) -> str:
    """The first of these lines, and how many there are where they are more."""
    return ", ".join(map(str, numbers[:TOLD])) + (f", … ({len(numbers)})" if len(numbers) > TOLD else "")


def _foreign(content: bytes) -> tuple[str, tuple[str, str]]:
    """Text that is not UTF-8 throughout, with a note: the bytes that are none are read by themselves, as Windows-1252.

    One pasted name must not turn the accents of all others into other letters. Where no accent is UTF-8, the file is
    of one older encoding.
    """
    lines = content.splitlines(keepends=True)
    strange = [number for number, line in enumerate(lines, start=1) if not _is_utf8(line)]
    whole = content.decode("utf-8", errors="ignore")
    if whole.isascii():
        encoding = old_encoding(content)
        return content.decode(encoding, errors="replace"), (f"read_as_{encoding}", str(strange[0]))
    return content.decode("utf-8", errors=ONE_BYTE), ("lines_not_utf8", told_lines(strange))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """The bytes that a decoder gives up, as Windows-1252."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


ONE_BYTE = "reporter.one_byte_cp1252"
codecs.register_error(ONE_BYTE, _as_cp1252)


def looks_wide(head: bytes) -> str:
    """`utf-16-le` or `utf-16-be` when every other byte is mostly NUL, as in text of two bytes a letter; else ''."""
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    first, second = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if second > 0.4 * pairs and first < 0.1 * pairs:
        return "utf-16-le"
    return "utf-16-be" if first > 0.4 * pairs and second < 0.1 * pairs else ""


def _split_directive(text: str) -> tuple[str, str]:
    """The delimiter that a first line such as `sep=;` sets, and the text behind it, as a spreadsheet reads it."""
    first, _, rest = text.partition("\n")
    first = first.strip("\r\"'")
    is_directive = len(first) == 5 and first[:4].lower() == "sep="
    return (first[4], rest) if is_directive else ("", text)


def _without_wrapping(text: str) -> tuple[str, Notes]:
    """The text whose every line is one quoted cell, as a second export leaves it, without that cell; and a note."""
    if not text.startswith(MARK) or any(
        len(cells_of(line, d)) > 1 for line in text[:SAMPLE].splitlines()[:SAMPLE_ROWS] for d in DELIMITERS
    ):
        return text, []
    inner = [cells_of(line, DELIMITERS[0]) for line in _physical_lines(text)]
    if any(len(cells) > 1 for cells in inner):
        return text, []
    unwrapped = "\n".join(cell for cells in inner for cell in cells or [""])
    return (unwrapped, [("lines_in_quotes", "")]) if _evenness(unwrapped, _find_delimiter(unwrapped))[0] else (text, [])


def _find_delimiter(text: str) -> str:
    """The character that parts the first rows most evenly; of equals, the one that makes more columns."""
    sample = text[:SAMPLE]
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    """The share of the first rows with the commonest number of columns, and that number.

    Rows are records, or single lines where a stray quotation mark leaves more to those.
    """
    lines = [cells_of(line, delimiter) for line in _physical_lines(text)[:SAMPLE_ROWS]]
    return max(_commonest(list(islice(_read(text, delimiter), SAMPLE_ROWS))), _commonest(lines))


def _read(text: str, delimiter: str) -> Iterator[list[str]]:
    """The records of a text, as far as they can be read."""
    with suppress(csv.Error):
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _commonest(rows: list[list[str]]) -> tuple[float, int]:
    widths = Counter(len(row) for row in rows if any(row))
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return 0.0, 0
    width = max(wide, key=lambda width: (wide[width], width))
    return round(wide[width] / widths.total(), 1), width


def _plain(text: str, delimiter: str) -> pa.Table | None:
    """The fast way, for text without quotation marks or empty lines whose rows are equally long; else None."""
    width = text.partition("\n")[0].count(delimiter) + 1
    if '"' in text or width < 2:
        return None
    names = [str(column) for column in range(width)]
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    try:
        return pa.csv.read_csv(
            pa.py_buffer(text.encode()),
            read_options=pa.csv.ReadOptions(column_names=names),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=convert,
        )
    except pa.ArrowInvalid:
        return None


def _records_table(text: str, delimiter: str, cells: int) -> Delimited:
    """The careful way: quoted cells, empty lines, rows of any length, marks that may have joined rows."""
    found = read_lines(text, delimiter)
    widths = tuple(map(len, found.rows))
    if len(widths) * max(widths, default=0) > cells:
        raise TooManyCellsError
    columns = _columns(found.rows)
    table = pa.table(columns, names=[str(column) for column in range(len(columns))])
    return Delimited(table, widths, found.stray)


def _columns(rows: list[list[str]]) -> list[pa.Array]:
    """The rows turned on their side, missing cells at the end of the short ones."""
    width = max(map(len, rows), default=0)
    padded = (row + [None] * (width - len(row)) for row in rows)
    return [pa.array(column, pa.string()) for column in zip(*padded, strict=True)]


class StrayMarksError(ValueError):
    """So many stray quotation marks that no row can be trusted; the message lists the first lines."""


class Records(Struct, frozen=True):
    """The rows of a text; `stray` has, by the place of a row, the physical line whose marks are not to be trusted."""

    rows: list[list[str]]
    stray: dict[int, int]


def read_lines(text: str, delimiter: str) -> Records:
    """Every record as a row, and every line of a record that cannot be trusted as a row of its own.

    Raises: StrayMarksError.
    """
    lines = _physical_lines(text)
    width = _usual_width(lines, delimiter)
    rows: list[list[str]] = []
    stray: dict[int, int] = {}
    at = doubted = 0  # `doubted`: up to here some record reached that was given up
    while at < len(lines):
        for row, end in _records(lines, at, delimiter):
            span = lines[at:end]
            if _is_stray(row, span, delimiter, width) or (at < doubted and _is_odd(span)):
                stray[len(rows)] = at + 1
                row, doubted, end = _bare(span[0], delimiter), max(doubted, end), at + 1
            rows.append(row)
            at = end
            if len(rows) - 1 in stray:
                break
        if len(stray) > MOST_STRAY:
            raise StrayMarksError(", ".join(map(str, islice(stray.values(), TOLD))))
    return Records(rows, stray)


def _physical_lines(text: str) -> list[str]:
    """The lines of the text as any editor shows them, each with its end."""
    lines = list(io.StringIO(text, newline=""))
    return [*lines[:-1], lines[-1] + "\n"] if lines and not lines[-1].endswith(("\n", "\r")) else lines


def _usual_width(lines: Sequence[str], delimiter: str) -> int:
    """How many cells the records have, where they agree; else most lines, each read by itself, of equals the more."""
    share, width = _commonest(list(_read("".join(lines[:SAMPLE_LINES]), delimiter)))
    if share == 1:
        return width
    widths = Counter(len(cells_of(line, delimiter)) for line in lines[:SAMPLE_LINES] if line.strip())
    wide = {width: count for width, count in widths.items() if width > 1}
    return max(wide, key=lambda width: (wide[width], width)) if wide else 1


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line, as if the text ended with it."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return _bare(line, delimiter)


def _records(lines: Sequence[str], at: int, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """The records from this line on, each with the line behind its last; one that never ends reaches to the end."""
    reader = csv.reader(chain(islice(lines, at, None), [END]), delimiter=delimiter)
    try:
        for row in reader:
            if row == [END]:
                return
            yield row, min(at + reader.line_num, len(lines))
    except csv.Error:  # a cell longer than any that somebody typed
        yield [END], len(lines)


def _is_stray(row: list[str], span: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether marks may have joined what were cells or rows of their own."""
    if any(END in cell for cell in row):
        return True
    if len(span) == 1:
        return len(row) < width and MARK in span[0] and len(_bare(span[0], delimiter)) == width
    if not _closes(span, delimiter):
        return True
    parts = [line.count(delimiter) + 1 for line in span]
    return width > 1 and (any(n >= width for n in parts[1:-1]) or parts.count(width) > 1)


def _is_odd(span: Sequence[str]) -> bool:
    """Whether one line holds a mark without its fellow."""
    return len(span) == 1 and span[0].count(MARK) % 2 == 1


def _closes(span: Sequence[str], delimiter: str) -> bool:
    """Whether each mark that opens a cell is closed at a cell's end."""
    try:
        list(csv.reader(span, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _bare(line: str, delimiter: str) -> list[str]:
    """The cells of a line whose marks are letters of no meaning."""
    return [cell.strip().strip(MARK).strip() for cell in line.rstrip("\r\n").split(delimiter)]
