"""The rows of the outage ledger: facts as text, each row sealed over the row in front of it, appended and verified.

The ledger is one chain over three tables: the versions of the outages, the looks at their sources, and the items that
await somebody. One number says where each row stands, and a row of one is sealed over a row of another.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from pandas import DataFrame, Series, Timestamp
from sqlalchemy import ColumnElement, Connection, Table, insert, select, true

from reporter.model.open_items import FATES
from reporter.model.shapes import OUTAGES
from reporter.store.database import Store
from reporter.store.hash_chain import START, broken_rows, seal_rows
from reporter.store.ledger_items import Kept, add_items, open_rows
from reporter.store.tables import ledger_checks, ledger_items, outage_versions

CHAINED = (outage_versions, ledger_checks, ledger_items)
FACTS = tuple(name for name in OUTAGES.names if name in outage_versions.c and name != "outage_id")
INSTANTS = tuple(name for name in FACTS if name.endswith("_at"))
_TIMES = {"outage_versions": "recorded_at", "ledger_checks": "checked_at", "ledger_items": "at"}
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


def lock_ledger(connection: Connection) -> None:
    """Keep other writers out until this transaction is over; SQLite has done so at its beginning."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE outage_versions IN EXCLUSIVE MODE")


def verify_ledger(store: Store, *, expected: Iterable[Head] = ()) -> tuple[LedgerFault, ...]:
    """Every row that is not as it was written; `expected` are heads kept elsewhere that must still be in the chain."""
    with store.begin() as connection:
        tables = [(table, connection.execute(select(table).order_by("number")).fetchall()) for table in CHAINED]
    faults = broken_rows(tables, [(one.number, one.sha256) for one in expected])
    return tuple(LedgerFault(fault.number, _of_fault(fault.table, fault.row), fault.what) for fault in faults)


def _of_fault(table: str, row: Sequence[Any]) -> str:
    """Which outage a row is of; empty for a row that is gone, or of another table."""
    return str(row[list(outage_versions.c.keys()).index("outage_id")]) if table == outage_versions.name else ""


def _written_all(at: Series) -> Series:
    text: Series = at.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").fillna("").astype("str")
    return text.to_frame().set_axis(range(len(text))).iloc[:, 0]


def _clean(text: Series) -> Series:
    plain = text.astype("str").fillna("").reset_index(drop=True)
    return plain.str.replace("\0", "", regex=False)


SOURCES = ["source", "checked_at", "status", "looked_at", "complete_to", "age_days", "open_items"]
ACCOUNT = ["number", "source", "checked_at", "status", "complete_to", *FATES]
GOOD = ("read", "unchanged", "empty")
CONDITION = ("etag", "last_modified", "sha256", "clockless_sha256")


@dataclass(frozen=True)
class Look:
    """One look at a source: what was seen, when, by which condition, and what is left to see to.

    `complete_to` is the instant up to which the source then missed nothing. `said` are the ETag and date of the
    answer; `reader_sha256` is of the settings by which it was read: read otherwise, it says other things. `is_ours`
    is a file of the office's own, where an item that is refused no more was mended.
    """

    source: str
    checked_at: Timestamp
    status: str = "read"
    complete_to: Timestamp | None = None
    sha256: str = ""
    clockless_sha256: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    ask_after: Timestamp | None = None
    reader_sha256: str = ""
    items: Collection[Kept] = ()
    is_ours: bool = False


def record_check(
    store: Store,
    source: str,
    checked_at: Timestamp,
    *,
    status: str = "read",
    complete_to: Timestamp | None = None,
    sha256: str = "",
) -> None:
    """Note that a source was looked at and nothing entered. `complete_to`: up to when it then missed nothing."""
    record_look(store, Look(source, checked_at, status, complete_to, sha256))


def record_look(store: Store, look: Look) -> Mapping[str, int]:
    """Note a look by itself, and what it left open. Returns: the account of its items."""
    with store.begin() as connection:
        lock_ledger(connection)
        return add_look(connection, look)


def add_look(connection: Connection, look: Look, *, entered: int = 0, unchanged: int = 0) -> Mapping[str, int]:
    """Write a look behind what it led to, in the same transaction. Returns: the account of its items."""
    fates = add_items(connection, storable_text(look.source), look.items, look.checked_at, is_ours=look.is_ours)
    if look.status == "unchanged":
        unchanged = _offered_last(connection, look.source)
    account = {"entered": entered, "unchanged": unchanged, **fates}
    row = {
        "source": storable_text(look.source),
        "checked_at": instant_text(look.checked_at),
        "complete_to": "" if look.complete_to is None else instant_text(look.complete_to),
        "status": "empty" if look.status == "not_understood" and not fates["refused"] else look.status,
        "sha256": look.sha256,
        "clockless_sha256": look.clockless_sha256,
        "etag": look.said.get("etag", ""),
        "last_modified": look.said.get("last_modified", ""),
        "ask_after": "" if look.ask_after is None else instant_text(look.ask_after),
        "reader_sha256": look.reader_sha256,
    }
    append_to(connection, ledger_checks, [row | account])
    return account


def _offered_last(connection: Connection, source: str) -> int:
    """How many of its items were on record after the last look: a page that did not change offers them again."""
    table = ledger_checks.c
    query = select(table.entered + table.unchanged).where(table.source == source).order_by(table.number.desc()).limit(1)
    return connection.execute(query).scalar() or 0


def was_last(connection: Connection, source: str, sha256: str) -> bool:
    """Whether these very bytes are the last that were read from the source."""
    table = ledger_checks.c
    query = select(table.sha256).where(table.source == source, table.sha256 != "").order_by(table.number.desc())
    return bool(sha256) and connection.execute(query.limit(1)).scalar() == sha256


def last_condition(store: Store, source: str, reader_sha256: str) -> Mapping[str, str]:
    """What the source was last seen to be, for the next question; nothing where that was not read, or otherwise."""
    table = ledger_checks.c
    query = select(table.status, table.reader_sha256, *(table[name] for name in CONDITION))
    of_source = query.where(table.source == source, table.sha256 != "").order_by(table.number.desc()).limit(1)
    with store.begin() as connection:
        row = connection.execute(of_source).one_or_none()
    if row is None or row.status not in GOOD or row.reader_sha256 != reader_sha256:
        return {}
    return {name: getattr(row, name) for name in CONDITION}


def asked_later(store: Store, source: str) -> Timestamp | None:
    """Until when the source's server asked not to be asked, on the last look."""
    table = ledger_checks.c
    query = select(table.ask_after).where(table.source == source).order_by(table.number.desc()).limit(1)
    with store.begin() as connection:
        text = connection.execute(query).scalar()
    return Timestamp(text) if text else None


def captured_alike(store: Store, clockless_sha256: str) -> str:
    """The capture that differs from these bytes in nothing but a clock; empty when there is none."""
    table = ledger_checks.c
    query = select(table.sha256).where(table.clockless_sha256 == clockless_sha256, table.sha256 != "")
    with store.begin() as connection:
        return connection.execute(query.order_by(table.number).limit(1)).scalar() or ""


def source_ages(store: Store, as_of: Timestamp, mark: int | None = None) -> DataFrame:
    """Each source ever looked at, as of that instant: how old its last good look is, and how the last one went.

    Returns: SOURCES - checked_at and status of the last look; looked_at of the last one that did not fail;
    complete_to (UTC; missing when no look said so), which no item of the source's holds back; age_days since
    complete_to, else since looked_at; open_items, how many await somebody.
    """
    checks, left = _looks(store, as_of, mark)
    firsts = left.groupby("source")["number"].min()
    held = checks["number"] > checks["source"].map(firsts).astype("float64").fillna(float("inf"))
    texts = checks.assign(
        looked_at=checks["checked_at"].where(checks["status"].isin(GOOD)),
        complete_to=checks["complete_to"].replace("", None).mask(held),
    )
    found = texts.groupby("source").agg(
        checked_at=("checked_at", "last"), status=("status", "last"), looked_at=("looked_at", "max"),
        complete_to=("complete_to", "max"),
    ).reset_index()  # fmt: skip
    instants = {name: _instants(found[name]) for name in ("checked_at", "looked_at", "complete_to")}
    whole = found.assign(**instants).astype({"source": "str", "status": "str"})
    since = whole["complete_to"].fillna(whole["looked_at"])
    counts = whole["source"].map(left["source"].value_counts()).fillna(0).astype("int64")
    return whole.assign(age_days=(as_of - since).dt.total_seconds() / 86_400, open_items=counts)[SOURCES]


def complete_to(
    store: Store, as_of: Timestamp, mark: int | None = None, together: Collection[str] = ()
) -> Timestamp | None:
    """Until when the record misses nothing: no look counts beyond the first item that nobody has seen to.

    The sources that are read `together` vouch for the record together, and reach as far as the one that reaches least;
    any other (a file, somebody who read the notices) vouches for it alone.
    """
    checks, left = _looks(store, as_of, mark)
    before = checks if left.empty else checks[checks["number"] < left["number"].min()]
    reached = before[before["complete_to"] != ""].groupby("source")["complete_to"].max()
    alone = reached[~reached.index.isin(list(together))].tolist()
    jointly = reached.reindex(list(together))
    ends = [*alone, *([jointly.min()] if len(jointly) and jointly.notna().all() else [])]
    return Timestamp(max(ends)).tz_convert("UTC").as_unit("us") if ends else None


def account_of_items(store: Store, as_of: Timestamp, mark: int | None = None) -> dict[str, int]:
    """How the items that the sources offer end: of the last look at each that was read, and all that is open."""
    checks, left = _looks(store, as_of, mark)
    last = checks[checks[list(FATES)].sum(axis=1) > 0].drop_duplicates("source", keep="last")
    counts = {name: int(last[name].sum()) for name in FATES}
    return counts | {fate: int((left["fate"] == fate).sum()) for fate in ("draft", "refused")}


def _looks(store: Store, as_of: Timestamp, mark: int | None) -> tuple[DataFrame, DataFrame]:
    """ACCOUNT of every look by then, in order of the looks' instants, and the items that were open then."""
    table = ledger_checks.c
    wanted: ColumnElement[bool] = true() if mark is None else table.number <= mark
    query = select(*(table[name] for name in ACCOUNT)).where(table.checked_at <= instant_text(as_of), wanted)
    with store.begin() as connection:
        rows = connection.execute(query.order_by(table.checked_at, table.number)).fetchall()
        left = open_rows(connection, as_of, mark)
    checks = DataFrame([tuple(row) for row in rows], columns=ACCOUNT)
    kinds = dict.fromkeys(("source", "checked_at", "status", "complete_to"), "str")
    return checks.astype(kinds | dict.fromkeys(("number", *FATES), "int64")), left


def _instants(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, utc=True, format="ISO8601").astype("datetime64[us, UTC]")
