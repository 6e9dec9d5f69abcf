"""Rows sealed one over the other: each seal is of the row and of the seal in front of it.

The chain makes a changed, missing or exchanged row show. It cannot show that the newest rows were cut off, or that
all of it was written anew: for that, keep the newest seal of each run elsewhere (the manifest does).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

START = "0" * 64  # what stands in front of the first row
SEAL, BEFORE, NUMBER = "content_sha256", "previous_sha256", "number"


@dataclass(frozen=True)
class BrokenRow:
    """One row that is not as it was written: `what` is changed, missing or unchained; `row` is empty when missing."""

    number: int
    what: str
    row: tuple[Any, ...] = ()


def seal_rows(table: Table, rows: Iterable[dict[str, Any]], number: int, previous: str) -> list[dict[str, Any]]:
    """The rows behind that number and seal, numbered and sealed in turn."""
    names = [column.name for column in table.columns if column.name != SEAL]
    done = []
    for place, row in enumerate(rows, number + 1):
        whole = row | {NUMBER: place, BEFORE: previous}
        previous = _seal([whole[name] for name in names])
        done.append(whole | {SEAL: previous})
    return done


def broken_rows(
    table: Table, rows: Iterable[Sequence[Any]], expected: tuple[int, str] | None = None
) -> list[BrokenRow]:
    """Every row that is not as it was written.

    Takes: rows - all of the table, every column, by number; expected - a number and seal kept elsewhere.
    """
    names = [column.name for column in table.columns]
    assert names[-1] == SEAL
    number_at, before_at = names.index(NUMBER), names.index(BEFORE)
    faults, previous, due, seen = [], START, 1, {0: START}
    for row in map(tuple, rows):
        number, seal = row[number_at], row[-1]
        faults += [BrokenRow(gone, "missing") for gone in range(due, number)]
        if seal != _seal(row[:-1]):
            faults.append(BrokenRow(number, "changed", row))
        elif row[before_at] != previous and due == number:
            faults.append(BrokenRow(number, "unchained", row))
        previous, due, seen[number] = seal, number + 1, seal
    if expected is not None and seen.get(expected[0]) != expected[1]:
        faults.append(BrokenRow(expected[0], "changed" if expected[0] in seen else "missing"))
    return faults


def _seal(values: Sequence[Any]) -> str:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
