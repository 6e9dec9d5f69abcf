"""What a spreadsheet is, once read: cells as text with the addresses a spreadsheet program shows.

Every cell is text: a real date or time is `2026-03-31 00:00:00`, a whole number has no decimal point, a
truth is `true` or `false`, an empty cell is missing. The date system is already applied to real dates;
a bare number in a date column is a serial and needs `is_1904`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pandas import DataFrame


@dataclass(frozen=True)
class Sheet:
    """One sheet: `cells` has the columns 0, 1, 2… (A, B, C…) and the sheet's row numbers as its index."""

    name: str
    cells: DataFrame
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    has_filter: bool = False
    errors: dict[tuple[int, int], str] = field(default_factory=dict)  # (row, column) -> '#REF!'
    uncomputed: frozenset[tuple[int, int]] = frozenset()  # formulas without a stored value
    bands: frozenset[int] = frozenset()  # rows with a cell merged over several columns
    widths: tuple[int, ...] = ()  # of a text: how many cells each record has; empty where all have as many
    stray: Mapping[int, int] = field(default_factory=dict)  # row -> line whose quotation marks are not to be trusted


@dataclass(frozen=True)
class Book:
    """One file: its name (no folder), its SHA-256, its sheets, and what was noticed in opening it."""

    source: str
    sha256: str
    sheets: tuple[Sheet, ...]
    is_1904: bool = False
    notes: tuple[tuple[str, str], ...] = ()  # (problem code, value), e.g. ("read_as_cp1252", "")


def letter(column: int) -> str:
    """The name of a column: 0 is A, 25 is Z, 26 is AA."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name = chr(ord("A") + rest) + name
        column -= 1
    return name
