"""The records of a delimited text, held against its physical lines: no stray quotation mark joins rows unseen.

A record whose marks may have swallowed delimiters or line ends is given up: its first line becomes a row of its
own, told with its number, and the reading goes on at the next line. Pure: text in, rows out.

The process that meets a stranger's file loads this, so that it asks for no library (see child.py).
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

MARK = '"'
END = "\x00end\x00"
SAMPLE_LINES = 2_000
MOST_STRAY = 500  # lines; beyond, the marks of the whole file are not to be trusted
TOLD = 10


class StrayMarksError(ValueError):
    """So many stray quotation marks that no row can be trusted; the message lists the first lines."""


@dataclass(frozen=True)
class Records:
    """The rows of a text; `stray` has, by the place of a row, the physical line whose marks are not to be trusted."""

    rows: list[list[str]]
    stray: dict[int, int]


def read_lines(text: str, delimiter: str) -> Records:
    """Every record as a row, and every line of a record that cannot be trusted as a row of its own.

    Raises: StrayMarksError.
    """
    lines = physical_lines(text)
    width = usual_width(lines, delimiter)
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


def physical_lines(text: str) -> list[str]:
    """The lines of the text as any editor shows them, each with its end."""
    lines = list(io.StringIO(text, newline=""))
    return [*lines[:-1], lines[-1] + "\n"] if lines and not lines[-1].endswith(("\n", "\r")) else lines


def usual_width(lines: Sequence[str], delimiter: str) -> int:
    """How many cells most lines have, each read by itself; of equals the more."""
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
