"""The rows of the outage ledger: facts as text, each row sealed over the row in front of it, appended and verified.

The ledger is one chain over three tables: the versions of the outages, the looks at their sources, and the items that
await somebody. One number says where each row stands, and a row of one is sealed over a row of another.

The chain: each seal is of the row and of the seal in front of it. The rows may stand in several tables: the number says
where each stands in the one chain. It makes a changed, missing or exchanged row show. It cannot show that the newest
rows were cut off, or that all of it was written anew: for that, keep the newest seal of each run elsewhere (the
manifest does).
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from heapq import merge
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from pandas import DataFrame, Series, Timestamp
from sqlalchemy import ColumnElement, Connection, Table, insert, select

from reporter.model.shapes import OUTAGES
from reporter.store.database import Store
from reporter.store.tables import ledger_checks, ledger_items, outage_versions

CHAINED = (outage_versions, ledger_checks, ledger_items)
FACTS = tuple(name for name in OUTAGES.names if name in outage_versions.c and name != "outage_id")
INSTANTS = tuple(name for name in FACTS if name.endswith("_at"))
_TIMES = {"outage_versions": "recorded_at", "ledger_checks": "checked_at", "ledger_items": "at"}
_AT_ONCE = 5_000

START = "0" * 64  # what stands in front of the first row
SEAL, BEFORE, NUMBER = "content_sha256", "previous_sha256", "number"
_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Rows = Iterable[Sequence[Any]]
Anchor = tuple[int, str]


class Head(Struct, frozen=True):
    """The newest row: how many there are, its seal, and when it was recorded (empty in an empty ledger)."""

    number: int = 0
    sha256: str = START
    recorded_at: str = ""


def instant_text(at: Timestamp) -> str:
    """An instant as text that sorts by time."""
    return at.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instants_in(texts: Series) -> Series:
    """The instants of such texts; none where one is empty or missing."""
    return pd.to_datetime(texts.replace("", None), utc=True, format="ISO8601").astype("datetime64[us, UTC]")


def as_text(outages: DataFrame) -> DataFrame:
    """The facts of OUTAGES as the ledger writes them, by outage id; nothing is an empty text."""
    texts = {name: _written_all(outages[name]) if name in INSTANTS else _clean(outages[name]) for name in FACTS}
    return DataFrame(texts).set_axis(pd.Index(_clean(outages["outage_id"]), name="outage_id"))


def as_outages(rows: DataFrame) -> DataFrame:
    """Rows of the ledger as OUTAGES."""
    return OUTAGES.cast(rows.assign(**{name: instants_in(rows[name]) for name in INSTANTS}))


def text_frame(names: Iterable[str], rows: Sequence[Sequence[Any]], numbers: Collection[str] = ()) -> DataFrame:
    """Rows of the ledger as they are: text, but for the columns that hold whole numbers."""
    names = list(names)
    columns = zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True)
    return DataFrame(
        {
            name: np.array(cells, dtype=np.int64) if name in numbers else pd.array(list(cells), dtype="str")
            for name, cells in columns
        }
    )


def storable_text(text: str) -> str:
    """The text without what a database cannot hold: NUL and halves of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def head(connection: Connection) -> Head:
    """The newest row of the ledger, of whichever table."""
    return max((newest(connection, table) for table in CHAINED), key=lambda one: one.number)


def newest(connection: Connection, table: Table, wanted: ColumnElement[bool] | None = None) -> Head:
    """The newest row of one table, or the newest of those wanted."""
    query = (
        select(table.c.number, table.c.content_sha256, table.c[_TIMES[table.name]])
        .order_by(table.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query if wanted is None else query.where(wanted)).one_or_none()
    return Head() if row is None else Head(*row)


def append(connection: Connection, rows: Sequence[dict[str, Any]], recorded_at: Timestamp) -> Head:
    """Put versions behind the newest row; one writer at a time.

    NOTE: nothing is written into the past. An instant before that of the newest version counts as that version's.
    """
    moment = max(instant_text(recorded_at), newest(connection, outage_versions).recorded_at)
    return append_to(connection, outage_versions, [row | {"recorded_at": moment} for row in rows])


def append_to(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> Head:
    """Put rows of one table behind the newest of the ledger, numbered and sealed."""
    last = head(connection)
    whole = seal_rows(table, rows, last.number, last.sha256)
    for start in range(0, len(whole), _AT_ONCE):
        connection.execute(insert(table), whole[start : start + _AT_ONCE])
    return Head(whole[-1]["number"], whole[-1]["content_sha256"]) if whole else last


def verify_ledger(store: Store, *, expected: Iterable[Head] = ()) -> "tuple[BrokenRow, ...]":
    """Every row that is not as it was written; `expected` are heads kept elsewhere that must still be in the chain."""
    tables = [(table, store.rows(select(table).order_by("number"))) for table in CHAINED]
    return tuple(broken_rows(tables, [(one.number, one.sha256) for one in expected]))


def _written_all(at: Series) -> Series:
    text: Series = at.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").fillna("").astype("str")
    return text.to_frame().set_axis(range(len(text))).iloc[:, 0]


def _clean(text: Series) -> Series:
    plain = text.astype("str").fillna("").reset_index(drop=True)
    return plain.str.replace("\0", "", regex=False)


class BrokenRow(Struct, frozen=True):
    """One row that is not as it was written: `what` is changed, missing or unchained; `row` is empty when missing."""

    number: int
    what: str
    row: tuple[Any, ...] = ()
    table: str = ""

    @property
    def outage_id(self) -> str:
        """Which outage the row is of; empty for a row that is gone, or of another table."""
        is_version = self.table == outage_versions.name
        return str(self.row[list(outage_versions.c.keys()).index("outage_id")]) if is_version else ""


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
