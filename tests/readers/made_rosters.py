"""Small makers of sheets and books, so that a test writes its rows where it reads them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from reporter.readers.book import Book, Sheet
from reporter.readers.roster import ReadOptions, RosterReading, read_roster

Rows = Sequence[Sequence[str | None]]


def sheet(rows: Rows, name: str = "Staff", **marks: Any) -> Sheet:
    """A sheet of these rows, the first being row 1; short rows are filled with empty cells."""
    width = max((len(row) for row in rows), default=0)
    cells = [[*row, *[None] * (width - len(row))] for row in rows]
    frame = pd.DataFrame(cells, index=range(1, len(rows) + 1), columns=range(width), dtype="object")
    return Sheet(name, frame.astype("str"), **marks)


def book(*sheets: Sheet | Rows, **marks: Any) -> Book:
    """A book of these sheets."""
    made = tuple(one if isinstance(one, Sheet) else sheet(one) for one in sheets)
    return Book("acme.xlsx", "0" * 64, made, **marks)


def reading(rows: Rows, **options: Any) -> RosterReading:
    """What is read from one sheet of these rows."""
    return read_roster(book(rows), ReadOptions(**options))


def codes(read: RosterReading) -> list[str]:
    """The codes of its problems, in order."""
    return [problem.code for problem in read.problems]


def outcomes(read: RosterReading) -> list[tuple[str, str]]:
    """Each row's outcome and rule."""
    return list(read.rows[["outcome", "rule"]].itertuples(index=False, name=None))


def expiries(read: RosterReading) -> list[str]:
    """The expiry dates of the roster, empty where there is none."""
    return ["" if pd.isna(on) else f"{on:%Y-%m-%d}" for on in read.roster["permit_expires_on"]]
