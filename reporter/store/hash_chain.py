"""Rows sealed one over the other: each seal is of the row and of the seal in front of it.

The rows may stand in several tables: the number says where each stands in the one chain. The chain makes a changed,
missing or exchanged row show. It cannot show that the newest rows were cut off, or that all of it was written anew:
for that, keep the newest seal of each run elsewhere (the manifest does).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any

from sqlalchemy import Table

START = "0" * 64  # what stands in front of the first row
SEAL, BEFORE, NUMBER = "content_sha256", "previous_sha256", "number"
_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Rows = Iterable[Sequence[Any]]
Anchor = tuple[int, str]


@dataclass(frozen=True)
class BrokenRow:
    """One row that is not as it was written: `what` is changed, missing or unchained; `row` is empty when missing."""

    number: int
    what: str
    row: tuple[Any, ...] = ()
    table: str = ""


def seal_rows(table: Table, rows: Iterable[dict[str, Any]], number: int, previous: str) -> list[dict[str, Any]]:
    """The rows behind that number and seal, numbered and sealed in turn."""
    names = [column.name for column in table.columns if column.name != SEAL]
    done = []
    for place, row in enumerate(rows, number + 1):
        whole = row | {NUMBER: place, BEFORE: previous}
        previous = _seal([whole[name] for name in names])
        done.append(whole | {SEAL: previous})
    return done


def broken_rows(tables: Sequence[tuple[Table, Rows]], expected: Iterable[Anchor] = ()) -> list[BrokenRow]:
    """Every row that is not as it was written.

    Takes: tables - all rows of each table of the chain, every column, by number; expected - numbers and seals kept
    elsewhere that must still be there.
    """
    faults, previous, due = [], START, 1
    seen: dict[int, str] = {0: START}
    for number, table, row, before in merge(*(_links(table, rows) for table, rows in tables), key=lambda link: link[0]):
        faults += [BrokenRow(gone, "missing") for gone in range(due, number)]
        if row[-1] != _seal(row[:-1]):
            faults.append(BrokenRow(number, "changed", row, table))
        elif number < due or (before != previous and number == due):  # a number met twice, or another row's place
            faults.append(BrokenRow(number, "unchained", row, table))
        previous, due, seen[number] = row[-1], number + 1, row[-1]
    told = {fault.number for fault in faults}
    lost = {number: seal for number, seal in expected if seen.get(number) != seal and number not in told}
    return faults + [BrokenRow(number, "changed" if number in seen else "missing") for number in sorted(lost)]


def _links(table: Table, rows: Rows) -> Iterable[tuple[int, str, tuple[Any, ...], str]]:
    names = [column.name for column in table.columns]
    assert names[-1] == SEAL
    number_at, before_at = names.index(NUMBER), names.index(BEFORE)
    return ((row[number_at], table.name, row, row[before_at]) for row in map(tuple, rows))


def _seal(values: Sequence[Any]) -> str:
    return hashlib.sha256(_WRITTEN(values).encode()).hexdigest()
