"""Reads what the office wrote in a workbook of an earlier run: status, owner, date and note of each duty. Pure.

The sheets are found by the header of the key, whatever they are called, in whatever language, sorted or filtered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pandas as pd
from pandas import DataFrame

from reporter.errors import NotesError
from reporter.model.annotations import KEY_HEADER, LONGEST, STATUSES, Note, NoteFields, NoteKey, bare, read_key
from reporter.model.problem import Problem
from reporter.readers.grid import Book, Sheet, letter
from reporter.text.catalogue import words

PARTS = ("status", "owner", "due_on", "note")
LANGUAGES = ("en", "fr")
TOP = 60  # rows in which the header is looked for


@dataclass(frozen=True)
class Place:
    """One row of a sheet, for the problems found in it."""

    source: str
    sheet: str
    row: int
    columns: Mapping[str, int]

    def problem(self, code: str, part: str, value: str = "") -> Problem:
        """A fault of one of the four cells."""
        column = letter(self.columns[part]) if part in self.columns else ""
        return Problem(self.source, code, self.sheet, self.row, column, value)


def read_notes(book: Book) -> tuple[list[Note], list[Problem]]:
    """Every row in which something is written, or was and is no longer.

    Raises: NotesError - no sheet has the key's column: this is no workbook of ours.
    """
    notes: list[Note] = []
    problems: list[Problem] = []
    headers = {sheet.name: found for sheet in book.sheets if (found := _header(sheet))}
    if not headers:
        raise NotesError(f"has no column “{KEY_HEADER}”: it is no risk workbook, or the column was deleted",
                         where=book.source)  # fmt: skip
    for sheet in (sheet for sheet in book.sheets if sheet.name in headers):
        row, columns = headers[sheet.name]
        problems += [Problem(book.source, "note_no_column", sheet.name, row, value=part)
                     for part in PARTS if part not in columns]  # fmt: skip
        for number, cells in _rows(sheet, row, columns):
            note, faults = _note(cells, Place(book.source, sheet.name, number, columns))
            problems += faults
            if note.is_edited or not note.said.is_blank:
                notes.append(note)
    return notes, problems


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row of the header, and the column of each part: of several so called, the nearest to the key."""
    top = sheet.cells.head(TOP)
    found = (top == KEY_HEADER).to_numpy(dtype=bool).nonzero()
    if not len(found[0]):
        return None
    place, key = int(found[0][0]), int(found[1][0])
    texts = [text.strip().casefold() for text in top.iloc[place].fillna("")]
    columns = {"key": key}
    for part in PARTS:
        known = [column for column, text in enumerate(texts) if text in _headers()[part]]
        if known:
            columns[part] = min(known, key=lambda column: abs(column - key))
    return int(top.index[place]), columns


@cache
def _headers() -> Mapping[str, frozenset[str]]:
    return {
        part: frozenset(words("workbook", lang)[f"col_noted_{part}"].casefold() for lang in LANGUAGES) for part in PARTS
    }


@cache
def _statuses() -> Mapping[str, str]:
    """Each status by its words in both languages."""
    return {
        _folded(words("workbook", language)[f"note_status_{code}"]): code for language in LANGUAGES for code in STATUSES
    }


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())


def _rows(sheet: Sheet, header: int, columns: Mapping[str, int]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows under the header that have a word in one of the columns, as text by part."""
    under: DataFrame = sheet.cells.loc[sheet.cells.index > header, list(columns.values())]
    under = under.set_axis(list(columns), axis=1).dropna(how="all").fillna("")
    under = under[~_is_untouched(under)]
    for number, *values in under.itertuples(name=None):
        yield number, dict(zip(under.columns, values, strict=True))


def _is_untouched(rows: DataFrame) -> Any:
    """The rows that were written without a word and have none: most of a long sheet."""
    blank = rows["key"].str.endswith("|-")
    for part in rows.columns.drop("key"):
        blank &= rows[part] == ""
    return blank


def _note(cells: Mapping[str, str], place: Place) -> tuple[Note, list[Problem]]:
    key, problems = read_key(cells["key"]), []
    status, owner, due, note = (bare(cells.get(part, "")) for part in PARTS)
    code, due_on = _statuses().get(_folded(status), ""), _day(due)
    # what is no status and no date is kept in the note, in its own words
    asides = [text for text, is_known in ((status, code), (due, due_on)) if text and not is_known]
    problems += [place.problem("note_status_unknown", "status", status)] if status and not code else []
    problems += [place.problem("note_date_unknown", "due_on", due)] if due and not due_on else []
    note = "\n".join([*(f"[{text}]" for text in asides), *([note] if note else [])])
    if key is None and (code or owner or due_on or note):
        problems.append(place.problem("note_no_key", "key"))
    cut = [part for part, text in (("owner", owner), ("note", note)) if len(text) > LONGEST[part]]
    problems += [place.problem("note_too_long", part) for part in cut]
    said = NoteFields(code, owner[: LONGEST["owner"]].strip(), due_on, note[: LONGEST["note"]].strip())
    return Note(key or NoteKey(), said, place.source), problems


def _day(text: str) -> str:
    """A date cell, or a date written as 2026-03-31, as 2026-03-31; empty when it is neither."""
    at = pd.to_datetime(text, format="ISO8601", errors="coerce") if text[:4].isdecimal() and "-" in text else pd.NaT
    return "" if pd.isna(at) else f"{at:%Y-%m-%d}"


def settle(notes: Sequence[Note]) -> tuple[list[Note], list[Note]]:
    """One note for each duty, and those that say another thing about the same duty.

    A row that the office changed goes before one it left alone, and the newest run before an older one; only where
    nobody touched the row since does a change in an older workbook, given back late, still count.
    """
    groups: dict[tuple[str, str, int, str], list[Note]] = {}
    others = [note for note in notes if note.key.kind in ("other", "unknown")]
    for note in (note for note in notes if note.key.kind not in ("other", "unknown")):
        key = note.key
        groups.setdefault((key.person_id, key.deadline, key.occurrence, key.closes_on), []).append(note)
    winners = []
    for group in groups.values():
        winner, losers = _settle(group)
        winners.append(winner)
        others += [replace(note, key=replace(note.key, kind="other")) for note in losers]
    distinct = {(note.key.person_id, note.key.deadline, note.key.closes_on, note.said): note for note in others}
    return winners, [note for note in distinct.values() if not note.said.is_blank]


def _settle(group: Sequence[Note]) -> tuple[Note, list[Note]]:
    newest = max(note.key.as_of for note in group)
    current = sorted(
        (note for note in group if note.key.as_of == newest), key=lambda note: (not note.is_edited, note.said.is_blank)
    )
    late = [note for note in group if note.key.as_of < newest and note.is_edited]
    winner = current[0]
    if not winner.is_edited:
        winner = next((note for note in late if note.key.seal == winner.said.seal), winner)
    edits = [note for note in (*current, *late) if note.is_edited]
    losers = {note.said: note for note in edits if note.said != winner.said and not note.said.is_blank}
    return winner, list(losers.values())
