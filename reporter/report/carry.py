"""Puts what the office wrote beside the findings of this run; what has no finding is kept apart, never lost. Pure.

Nothing here changes a level. A decision whose grounds are gone (another date, a worse level, its day has come)
turns into "look again", which the office sees and the digest no longer keeps quiet about.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.model.annotations import DECISIONS, LEFT, NOTHING, QUIETING, Note, NoteFields, NoteKey, bare
from reporter.model.levels import AT_RISK, RANK
from reporter.report.notes import settle
from reporter.text.time_zones import zone

BESIDE = ("status", "owner", "due_on", "note", "quiet_until", "note_key")
DATES = ("due_on", "quiet_until")
Match = Callable[[NoteKey], tuple[object, ...]]
SAME: tuple[Match, ...] = (
    lambda key: (key.person_id, key.deadline, key.occurrence, key.closes_on),
    lambda key: (key.person_id, key.deadline, key.closes_on),
    lambda key: (key.person_id, key.deadline, key.occurrence),
)
"""What makes a finding the one a note is about, the surest first; the last finds a duty whose date has moved."""


@dataclass(frozen=True)
class Carried:
    """The columns BESIDE for each finding at risk, and LEFT: what the office wrote that has no such finding now."""

    beside: DataFrame
    left: DataFrame


def carry(findings: DataFrame, notes: Sequence[Note], as_of: Timestamp, *, office_zone: str) -> Carried:
    """The notes beside the findings they are about.

    A duty that is no longer at risk stands on no sheet to write in, so its note is kept with those left.

    Takes: FINDINGS with `occurrence` (see engine/changes.py); the notes of any number of workbooks.
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
    return Carried(_with(beside, rows), _left(left, stamp))


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
