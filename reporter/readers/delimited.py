"""Text in rows and columns: which letters its bytes stand for, what parts its columns, and its cells.

Pure: bytes in, columns of text out. A row is a record, as a spreadsheet program numbers it: a quoted cell
with a line break in it is part of one row, and an empty line is a row.
"""

import codecs
import csv
import io
from collections import Counter
from itertools import islice

import pyarrow as pa
import pyarrow.csv

DELIMITERS = (",", ";", "\t", "|")
HEAD = 65_536
SAMPLE = 262_144
SAMPLE_ROWS = 300
LONGEST_CELL = 1_000_000
END = "\x00end\x00"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Notes = list[tuple[str, str]]


class UnclosedQuoteError(ValueError):
    """A quotation mark that is opened and never closed: the rows behind it would be lost in one cell."""


class TooManyCellsError(ValueError):
    """More cells than the limits allow."""


def read_delimited(content: bytes, cells: int) -> tuple[pa.Table, Notes]:
    """Every record as a row, short ones filled with missing cells, and what was noticed.

    Decimal commas, spaces and zeros in front stay as they are.

    Raises: UnclosedQuoteError, TooManyCellsError.
    """
    csv.field_size_limit(LONGEST_CELL)
    text, notes = decode(content)
    delimiter, text = split_directive(text)
    delimiter = delimiter or find_delimiter(text)
    if text.count(delimiter) + text.count("\n") > cells:
        raise TooManyCellsError
    table = _plain(text, delimiter)
    return (_any(text, delimiter, cells) if table is None else table), notes


def decode(content: bytes) -> tuple[str, Notes]:
    """The text of the bytes: by its mark, else UTF-8, UTF-16 without a mark, at last Windows-1252 with a note."""
    encoding = "utf-16" if content.startswith(UTF16_MARKS) else looks_wide(content[:HEAD])
    notes: Notes = []
    try:
        text = content.decode(encoding, errors="replace") if encoding else content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        notes.append(("read_as_cp1252", str(content.count(b"\n", 0, e.start) + 1)))
        text = content.removeprefix(codecs.BOM_UTF8).decode("cp1252", errors="replace")
    text = text.rstrip("\x00\x1a")
    if "\x00" in text:
        notes.append(("nul_removed", str(text.count("\x00"))))
        text = text.replace("\x00", "")
    return text, notes


def looks_wide(head: bytes) -> str:
    """`utf-16-le` or `utf-16-be` when every other byte is mostly NUL, as in text of two bytes a letter; else ''."""
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    first, second = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if second > 0.4 * pairs and first < 0.1 * pairs:
        return "utf-16-le"
    return "utf-16-be" if first > 0.4 * pairs and second < 0.1 * pairs else ""


def split_directive(text: str) -> tuple[str, str]:
    """The delimiter that a first line such as `sep=;` sets, and the text behind it, as a spreadsheet reads it."""
    first, _, rest = text.partition("\n")
    first = first.strip("\r\"'")
    is_directive = len(first) == 5 and first[:4].lower() == "sep="
    return (first[4], rest) if is_directive else ("", text)


def find_delimiter(text: str) -> str:
    """The character that parts the first rows most evenly; of equals, the one that makes more columns."""
    sample = text[:SAMPLE]
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    """The share of the first rows with the commonest number of columns, and that number."""
    rows = islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), SAMPLE_ROWS)
    try:
        widths = Counter(len(row) for row in rows if any(row))
    except csv.Error:
        return 0.0, 0
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


def _any(text: str, delimiter: str, cells: int) -> pa.Table:
    """The careful way: quoted cells, empty lines, rows of any length."""
    break_before = "" if text.endswith(("\n", "\r")) or not text else "\n"
    reader = csv.reader(io.StringIO(f"{text}{break_before}{END}", newline=""), delimiter=delimiter)
    try:
        rows = list(reader)
    except csv.Error as e:
        raise UnclosedQuoteError from e
    if rows.pop() != [END]:
        raise UnclosedQuoteError
    if len(rows) * max(map(len, rows), default=0) > cells:
        raise TooManyCellsError
    columns = _columns(rows)
    return pa.table(columns, names=[str(column) for column in range(len(columns))])


def _columns(rows: list[list[str]]) -> list[pa.Array]:
    """The rows turned on their side, missing cells at the end of the short ones."""
    width = max(map(len, rows), default=0)
    padded = (row + [None] * (width - len(row)) for row in rows)
    return [pa.array(column, pa.string()) for column in zip(*padded, strict=True)]
