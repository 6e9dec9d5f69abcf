"""Rows set aside come back mended: a workbook that report/set_aside.py wrote is read sheet by sheet. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reporter.readers.grid import Book, Sheet
from reporter.report.set_aside import HEADER_ROW, MARK

ORDER = re.compile(r"(\w+)=(dmy|mdy)")


@dataclass(frozen=True)
class Mended:
    """One sheet of such a workbook as a book of its own, and the roster its rows came from."""

    source: str
    date_orders: dict[str, str]
    book: Book


def mended(book: Book) -> list[Mended]:
    """The sheets that carry the mark; none when the book is a roster like any other."""
    return list(_sheets(book))


def _sheets(book: Book) -> Iterator[Mended]:
    for sheet in book.sheets:
        if _top(sheet, 0) == MARK:
            rows = sheet.cells.loc[sheet.cells.index >= HEADER_ROW]
            only = replace(book, sheets=(replace(sheet, cells=rows),))
            yield Mended(_top(sheet, 2), dict(ORDER.findall(_top(sheet, 4))), only)


def _top(sheet: Sheet, column: int) -> str:
    """The text of a cell in the first row."""
    if 1 not in sheet.cells.index or column not in sheet.cells:
        return ""
    value = sheet.cells.loc[1, column]
    return value if isinstance(value, str) else ""
