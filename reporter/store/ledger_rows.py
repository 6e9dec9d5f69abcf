"""The rows of the outage ledger: facts as text, each row sealed over the row in front of it, appended and verified."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas import DataFrame, Series, Timestamp
from sqlalchemy import ColumnElement, Connection, insert, select

from reporter.model.shapes import OUTAGES
from reporter.store.database import Store
from reporter.store.hash_chain import START, broken_rows, seal_rows
from reporter.store.tables import ledger_checks, outage_versions

FACTS = tuple(name for name in OUTAGES.names if name in outage_versions.c and name != "outage_id")
INSTANTS = tuple(name for name in FACTS if name.endswith("_at"))
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Head:
    """The newest row: how many there are, its seal, and when it was recorded (empty in an empty ledger)."""

    number: int = 0
    sha256: str = START
    recorded_at: str = ""


@dataclass(frozen=True)
class LedgerFault:
    """One row that is not as it was written: `what` is changed, missing or unchained."""

    number: int
    outage_id: str
    what: str


def instant_text(at: Timestamp) -> str:
    """An instant as text that sorts by time."""
    return at.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_text(outages: DataFrame) -> DataFrame:
    """The facts of OUTAGES as the ledger writes them, by outage id; nothing is an empty text."""
    texts = {name: _written_all(outages[name]) if name in INSTANTS else _clean(outages[name]) for name in FACTS}
    return DataFrame(texts).set_axis(pd.Index(_clean(outages["outage_id"]), name="outage_id"))


def as_outages(rows: DataFrame) -> DataFrame:
    """Rows of the ledger as OUTAGES."""
    instants = {name: pd.to_datetime(rows[name].replace("", None), utc=True, format="ISO8601") for name in INSTANTS}
    return OUTAGES.cast(rows.assign(**instants))


def storable_text(text: str) -> str:
    """The text without what a database cannot hold: NUL and halves of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def head(connection: Connection, wanted: ColumnElement[bool] | None = None) -> Head:
    """The newest row of the ledger, or the newest of those wanted."""
    table = outage_versions.c
    query = select(table.number, table.content_sha256, table.recorded_at).order_by(table.number.desc()).limit(1)
    row = connection.execute(query if wanted is None else query.where(wanted)).one_or_none()
    return Head() if row is None else Head(*row)


def append(connection: Connection, rows: Sequence[dict[str, Any]], recorded_at: Timestamp) -> Head:
    """Put the rows behind the newest, numbered and sealed; one writer at a time.

    NOTE: nothing is written into the past. An instant before that of the newest row counts as that row's.
    """
    last = head(connection)
    moment = max(instant_text(recorded_at), last.recorded_at)
    whole = seal_rows(outage_versions, (row | {"recorded_at": moment} for row in rows), last.number, last.sha256)
    for start in range(0, len(whole), _AT_ONCE):
        connection.execute(insert(outage_versions), whole[start : start + _AT_ONCE])
    return Head(last.number + len(whole), whole[-1]["content_sha256"], moment) if whole else last


def lock_ledger(connection: Connection) -> None:
    """Keep other writers out until this transaction is over; SQLite has done so at its beginning."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE outage_versions IN EXCLUSIVE MODE")


def verify_ledger(store: Store, *, expected: Head | None = None) -> tuple[LedgerFault, ...]:
    """Every row that is not as it was written; `expected` is a head kept elsewhere that must still be in the chain."""
    with store.begin() as connection:
        rows = connection.execute(select(outage_versions).order_by("number")).fetchall()
    kept = None if expected is None else (expected.number, expected.sha256)
    place = list(outage_versions.c.keys()).index("outage_id")
    return tuple(
        LedgerFault(fault.number, fault.row[place] if fault.row else "", fault.what)
        for fault in broken_rows(outage_versions, rows, kept)
    )


def _written_all(at: Series) -> Series:
    text: Series = at.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").fillna("").astype("str")
    return text.to_frame().set_axis(range(len(text))).iloc[:, 0]


def _clean(text: Series) -> Series:
    plain = text.astype("str").fillna("").reset_index(drop=True)
    return plain.str.replace("\0", "", regex=False)


SOURCES = ["source", "checked_at", "status", "looked_at", "complete_to", "age_days"]


def record_check(
    store: Store,
    source: str,
    checked_at: Timestamp,
    *,
    status: str = "read",
    complete_to: Timestamp | None = None,
    sha256: str = "",
) -> None:
    """Note that a source was looked at. `complete_to` is the instant up to which it then missed nothing."""
    until = "" if complete_to is None else instant_text(complete_to)
    row = {"source": source, "checked_at": instant_text(checked_at), "status": status, "complete_to": until}
    row["sha256"] = sha256
    with store.begin() as connection:
        connection.execute(insert(ledger_checks), row)


def was_last(connection: Connection, source: str, sha256: str) -> bool:
    """Whether these very bytes are the last that were read from the source."""
    table = ledger_checks.c
    query = select(table.sha256).where(table.source == source, table.sha256 != "").order_by(table.number.desc())
    return bool(sha256) and connection.execute(query.limit(1)).scalar() == sha256


def source_ages(store: Store, as_of: Timestamp) -> DataFrame:
    """Each source ever looked at, as of that instant: how old its last good look is, and how the last one went.

    Returns: SOURCES - checked_at and status of the last look; looked_at of the last one that did not fail;
    complete_to (UTC; missing when no look said so); age_days since complete_to, else since looked_at.
    """
    table = ledger_checks.c
    query = select(table.source, table.checked_at, table.status, table.complete_to).where(
        table.checked_at <= instant_text(as_of)
    )
    with store.begin() as connection:
        rows = connection.execute(query.order_by(table.checked_at, table.number)).fetchall()
    checks = DataFrame([tuple(row) for row in rows], columns=["source", "checked_at", "status", "complete_to"])
    texts = checks.assign(looked_at=checks["checked_at"].where(checks["status"].isin(["read", "unchanged", "empty"])))
    texts = texts.assign(complete_to=texts["complete_to"].replace("", None))
    found = texts.groupby("source").agg(
        checked_at=("checked_at", "last"), status=("status", "last"), looked_at=("looked_at", "max"),
        complete_to=("complete_to", "max"),
    ).reset_index()  # fmt: skip
    instants = {name: _instants(found[name]) for name in ("checked_at", "looked_at", "complete_to")}
    whole = found.assign(**instants).astype({"source": "str", "status": "str"})
    since = whole["complete_to"].fillna(whole["looked_at"])
    return whole.assign(age_days=(as_of - since).dt.total_seconds() / 86_400)[SOURCES]


def _instants(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, utc=True, format="ISO8601").astype("datetime64[us, UTC]")
