"""Rows set aside go out as a workbook and come back mended: what is written here, `gather` reads again. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from pandas import DataFrame

from reporter.model.problem import Problem
from reporter.readers.grid import Book, Sheet
from reporter.readers.roster import RosterReading

MARK = "reporter: set aside"
"""In cell A1 of each sheet: such a workbook is read sheet by sheet, each as the roster named in B1."""

HEADER_ROW = 3
EXPLAINED = ("reporter: row", "reporter: what is wrong and what is allowed")


def is_mended(book: Book) -> bool:
    """Whether the book is one that `set_aside_book` made."""
    return any(_first(sheet, 0) == MARK for sheet in book.sheets)


def mended_sheets(book: Book) -> list[tuple[str, Book]]:
    """The name of the roster each sheet came from, and the sheet as a book of its own, marks left out."""
    return [(str(_first(sheet, 1)), _only(book, sheet)) for sheet in book.sheets if _first(sheet, 0) == MARK]


def set_aside_frames(readings: Sequence[tuple[str, RosterReading]], language: str) -> dict[str, DataFrame]:
    """One sheet a roster with rows set aside: their original cells, the row they came from, and why.

    Takes: (roster's file name, its reading). Returns: sheet name -> frame; the file name is in `frame.attrs`.
    """
    frames = {}
    for number, (source, reading) in enumerate(readings, start=1):
        if len(reading.originals):
            frame = reading.originals.reset_index(names=EXPLAINED[0])
            why = _reasons(reading.problems, language)
            frame[EXPLAINED[1]] = frame[EXPLAINED[0]].map(why).astype("str")
            frame.attrs["source"] = source
            frames[f"{number}"] = frame
    return frames


def _reasons(problems: Sequence[Problem], language: str) -> dict[str, str]:
    told: dict[str, list[str]] = {}
    for p in problems:
        if p.row and p.severity == "error":
            told.setdefault(f"{p.source}!{p.sheet}:{p.row}", []).append(f"{p.cell}: {p.message(language)}")
    return {row: "\n".join(texts) for row, texts in told.items()}


def _first(sheet: Sheet, column: int) -> str | None:
    cells = sheet.cells
    if cells.empty or column not in cells or 1 not in cells.index:
        return None
    value = cells.loc[1, column]
    return str(value) if isinstance(value, str) else None


def _only(book: Book, sheet: Sheet) -> Book:
    return replace(book, sheets=(replace(sheet, cells=sheet.cells.loc[sheet.cells.index >= HEADER_ROW]),))
