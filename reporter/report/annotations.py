"""Reads what the office wrote in a workbook of an earlier run: status, owner, date and note of each duty. Pure.

The sheets are found by the header of the key, whatever they are called, in whatever language, sorted or filtered.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Series, Timestamp

from reporter.errors import NotesError, refused
from reporter.model.levels import AT_RISK, RANK
from reporter.model.problem import Problem, letter
from reporter.model.report import (
    DECISIONS,
    KEY_HEADER,
    LEFT,
    LONGEST,
    NOTHING,
    QUIETING,
    STATUSES,
    Note,
    NoteFields,
    NoteKey,
    bare,
    read_key,
)
from reporter.readers.book import Book, Sheet
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

PARTS = ("status", "owner", "due_on", "note")
LANGUAGES = ("en", "fr")
TOP = 60  # rows in which the header is looked for


class Place(Struct, frozen=True):
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
        raise refused(NotesError, "stop_no_key_column", where=book.source, header=KEY_HEADER)
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
    """The row of the header, and the column of each part: of several so called, the nearest before the key."""
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
            columns[part] = min(known, key=lambda column: (column > key, abs(column - key)))
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


BESIDE = ("status", "owner", "due_on", "note", "quiet_until", "note_key")
DATES = ("due_on", "quiet_until")
Match = Callable[[NoteKey], tuple[object, ...]]
SAME: tuple[Match, ...] = (
    lambda key: (key.person_id, key.deadline, key.occurrence, key.closes_on),
    lambda key: (key.person_id, key.deadline, key.closes_on),
    lambda key: (key.person_id, key.deadline, key.occurrence),
)
"""What makes a finding the one a note is about, the surest first; the last finds a duty whose date has moved."""


class CarriedNotes(Struct, frozen=True):
    """The columns BESIDE for each finding at risk, and LEFT: what the office wrote that has no such finding now."""

    beside: DataFrame
    left: DataFrame


def carry_notes(findings: DataFrame, notes: Sequence[Note], as_of: Timestamp, *, office_zone: str) -> CarriedNotes:
    """The notes beside the findings they are about.

    A duty that is no longer at risk stands on no sheet to write in, so its note is kept with those left.

    Takes: FINDINGS with `occurrence` (see engine/risk.py); the notes of any number of workbooks.
    """
    stamp, today = f"{as_of:%Y%m%dT%H%M}", f"{as_of.tz_convert(zone(office_zone)):%Y-%m-%d}"
    findings = findings[findings["level"].isin(AT_RISK)]
    beside = _untouched(findings, stamp)
    winners, others = settle(notes)
    known = _keys(findings[findings["person_id"].isin({note.key.person_id for note in winners})], stamp)
    left = [*others]
    rows: dict[int, tuple[Any, ...]] = {}
    for note, index in _matched(winners, known):
        if index is None:
            left += [replace(note, key=replace(note.key, kind="gone"))] if not note.said.is_blank else []
            continue
        said, quiet_until = _standing(note, known[index], today)
        sealed = str(replace(known[index], seal=said.seal))
        rows[index] = (said.status, said.owner, _at(said.due_on), said.note, _at(quiet_until), sealed)
    return CarriedNotes(_with(beside, rows), _left(left, stamp))


def _with(beside: DataFrame, rows: Mapping[int, tuple[Any, ...]]) -> DataFrame:
    """The columns with what was written in these rows."""
    told = dict(zip(BESIDE, zip(*rows.values(), strict=True), strict=True)) if rows else {}
    written = {name: Series(values, index=list(rows), dtype=beside[name].dtype) for name, values in told.items()}
    is_told = beside.index.isin(list(rows))
    return beside.assign(
        **{name: beside[name].where(~is_told, column.reindex(beside.index)) for name, column in written.items()}
    )


def _untouched(findings: DataFrame, stamp: str) -> DataFrame:
    """The columns without a word, each row with its key."""
    closes = findings["closes_on"].dt.strftime("%Y-%m-%d").fillna("").astype("str")
    tail = [findings["deadline"].astype("str"), findings["occurrence"].astype("str"), closes,
            findings["level"].astype("str")]  # fmt: skip
    keys = findings["person_id"].astype("str").str.cat(tail, sep="|") + f"|finding|{stamp}|{NOTHING}"
    empty = {name: Series("", index=findings.index, dtype="str") for name in BESIDE[:-1] if name not in DATES}
    dates = {name: Series(pd.NaT, index=findings.index, dtype="datetime64[us]") for name in DATES}
    return DataFrame({**empty, **dates, "note_key": keys})[list(BESIDE)]


def _keys(findings: DataFrame, stamp: str) -> dict[int, NoteKey]:
    """The key of each of these findings, by its number."""
    days = findings["closes_on"].dt.strftime("%Y-%m-%d").fillna("")
    columns = (findings["person_id"], findings["deadline"], findings["occurrence"], days, findings["level"])
    return {
        index: NoteKey(bare(person), deadline, int(occurrence), closes_on, level, "finding", stamp)
        for index, person, deadline, occurrence, closes_on, level in zip(findings.index, *columns, strict=True)
    }


def _matched(notes: Sequence[Note], known: dict[int, NoteKey]) -> Iterator[tuple[Note, int | None]]:
    """Each note with the number of its finding; a finding is given to one note, the one that fits it best."""
    waiting, free = list(notes), dict(known)
    for same in SAME:
        places = {same(key): index for index, key in reversed(free.items())}
        unmatched = []
        for note in waiting:
            index = places.pop(same(note.key), None)
            if index is None:
                unmatched.append(note)
            else:
                del free[index]
                yield note, index
        waiting = unmatched
    yield from ((note, None) for note in waiting)


def _standing(note: Note, key: NoteKey, today: str) -> tuple[NoteFields, str]:
    """What stands beside the finding now, and until when the digest keeps quiet about it."""
    said = note.said
    if said.status in DECISIONS and _is_over(note, key, today):
        said = replace(said, status="look_again")
    if said.status not in QUIETING or not said.due_on:
        return said, ""
    # never past the day on which the duty itself ends
    return said, min(said.due_on, key.closes_on) if today < key.closes_on else said.due_on


def _is_over(note: Note, key: NoteKey, today: str) -> bool:
    """Whether the grounds of the decision are gone."""
    if note.key.closes_on != key.closes_on:
        return True
    if note.said.status not in QUIETING:
        return False
    is_worse = RANK[key.level] < RANK.get(note.key.level, 0)
    written_on = f"{note.key.as_of[:4]}-{note.key.as_of[4:6]}-{note.key.as_of[6:8]}"
    return is_worse or "" < note.said.due_on <= today or written_on <= key.closes_on <= today


def _at(day: str) -> Any:
    return pd.Timestamp(day).as_unit("us") if day else pd.NaT


def _left(notes: Sequence[Note], stamp: str) -> DataFrame:
    rows = [
        (
            note.key.person_id, note.key.deadline, _at(note.key.closes_on), note.said.status, note.said.owner,
            _at(note.said.due_on), note.said.note, note.key.kind, note.source,
            str(replace(note.key, as_of=stamp, seal=note.said.seal)),
        )
        for note in sorted(notes, key=lambda note: (note.key.person_id, note.key.deadline, note.key.kind))
    ]  # fmt: skip
    frame = DataFrame(rows, columns=LEFT.names)
    return LEFT.cast(frame.assign(**{name: pd.to_datetime(frame[name]) for name in LEFT.of_kind("date")}))
