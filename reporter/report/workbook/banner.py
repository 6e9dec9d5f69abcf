"""The lines of words over a table, and where they stand in the grid.

The library writes free words only into merged cells above the header row, each at least two columns wide, and
forgets the height of such a row once the next is begun. So a line that needs more room takes more rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from reporter.report.workbook.looks import TONES, tone_format

READ_WIDTH = 130.0  # characters; further right a line is off the screen
SPARE_WIDTH = 9.1  # of a column nobody gave a width
A_ROW = 15.0  # points, the height of a row nobody gave a height


@dataclass(frozen=True)
class Line:
    """One line over the table: pieces of (text, tone, share of the width)."""

    pieces: tuple[tuple[str, str, float], ...]

    @classmethod
    def of(cls, text: str, tone: str = "plain") -> "Line":
        """A line of one piece."""
        return cls(((text, tone, 1.0),))


def merges(lines: Sequence[Line], widths: tuple[float, ...]) -> list[tuple[Any, ...]]:
    """The merged cells, from the top: (first row, first column, last row, last column, text, look)."""
    looks = {tone: tone_format(TONES[tone]) for line in lines for _, tone, _ in line.pieces}
    made: list[tuple[Any, ...]] = []
    row = 0
    for line in lines:
        last = row + rows_needed(line, widths) - 1
        made += [
            (row, start, last, end, clean(text), looks[tone]) for start, end, text, tone, _ in _place(line, widths)
        ]
        row = last + 1
    return made


def rows_needed(line: Line, widths: tuple[float, ...]) -> int:
    """How many rows of the sheet the line takes, so that none of its words is cut off."""
    tall = max(_height(text, tone, room) for _, _, text, tone, room in _place(line, widths))
    return max(1, math.ceil((tall - 2) / A_ROW))


@lru_cache(maxsize=128)  # asked for by the rows, the header and the merged cells of one sheet
def _place(line: Line, widths: tuple[float, ...]) -> list[tuple[int, int, str, str, float]]:
    """Each piece as (first column, last column, text, tone, room in characters), and a blank one to the edge."""
    edges = _edges(widths)
    reach = _column_at(edges, min(READ_WIDTH, edges[-1]))
    reach = len(edges) - 1 if len(edges) - 1 - reach < 2 else reach
    placed, start, share = [], 0, 0.0
    for place, (text, tone, width) in enumerate(line.pieces):
        share += width
        is_last = place == len(line.pieces) - 1
        end = reach if is_last else max(start + 1, _column_at(edges, share * edges[reach]))
        placed.append((start, end, text, tone, edges[end] - (edges[start - 1] if start else 0)))
        start = end + 1
    if start < len(edges):
        placed.append((start, len(edges) - 1, "", line.pieces[-1][1], 99.0))
    return placed


@cache
def _edges(widths: tuple[float, ...]) -> list[float]:
    """The right edge of each column; a narrow table gets spare columns, so that a line has room."""
    edges: list[float] = []
    while len(edges) < max(8, len(widths)) or edges[-1] < READ_WIDTH:
        width = widths[len(edges)] if len(edges) < len(widths) else SPARE_WIDTH
        edges.append(width + (edges[-1] if edges else 0))
    return edges


def _column_at(edges: list[float], place: float) -> int:
    return min(range(len(edges)), key=lambda n: abs(edges[n] - place))


def _height(text: str, tone: str, room: float) -> float:
    look = TONES[tone]
    a_line = max(8.0, (room - 3) * 11 / look.size * (0.95 if look.is_bold else 1.08))
    lines = sum(max(1, math.ceil(len(part) / a_line)) for part in text.split("\n"))
    return lines * look.size * 1.3 + (4 if look.size > 11 else 0)


@lru_cache(maxsize=4096)  # most lines stand in every workbook
def clean(text: str) -> str:
    """The text without control characters and marks that turn the reading direction, which would garble the line."""
    return "".join(c for c in text if c == "\n" or c.isprintable() or c in "\u00a0\u202f")
