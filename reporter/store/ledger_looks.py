"""When each source was last looked at, what came of it, and until when the record is complete.

"No outages" and "nobody looked" never look alike: a look that failed is kept, and moves nothing forward. Nor does a
look beyond an item that nobody has seen to: the record is complete to the last look before it was first met.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd
from pandas import DataFrame, Timestamp
from sqlalchemy import ColumnElement, Connection, select, true

from reporter.model.open_items import FATES
from reporter.model.shapes import shape
from reporter.store.database import Store
from reporter.store.ledger_items import Kept, add_items, note_sights, open_rows
from reporter.store.ledger_rows import append_to, instant_text, lock_ledger, storable_text, text_frame
from reporter.store.tables import ledger_checks

SOURCES = shape(
    "SOURCES",
    """
    source       text    the address, or the name of a file
    checked_at   instant of the last look
    status       text    how that look went
    looked_at    instant of the last look that did not fail
    complete_to  instant to which it missed nothing; missing when no look said so
    age_days     days    since complete_to, else since looked_at
    open_items   count   how many await somebody
    """,
)
ACCOUNT = ["number", "source", "checked_at", "status", "complete_to", *FATES]
GOOD = ("read", "unchanged", "empty")
CONDITION = ("etag", "last_modified", "sha256", "clockless_sha256")


@dataclass(frozen=True)
class Look:
    """One look at a source: what was seen, when, by which condition, and what is left to see to.

    `complete_to` is the instant up to which the source then missed nothing. `said` are the ETag and date of the
    answer; `reader_sha256` is of the settings by which it was read: read otherwise, it says other things. `is_ours`
    is a file of the office's own, where an item that is refused no more was mended. `back` are the drafts without a
    time of their own that it says to be over, by id, and since when.
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
    back: Mapping[str, Timestamp] = field(default_factory=dict)


SEEN = frozenset({"read", "unchanged", "empty", "not_understood"})
"""How a look ends that saw what the source says."""
PERSON = "office"
"""The source under which people say that they read the notices; who did stands where a server's mark would."""


def person_look(at: Timestamp, who: str, to: Timestamp | None = None) -> Look:
    """Somebody read the notices, and by then nothing was missing."""
    return Look(PERSON, at, complete_to=to or at, said={"etag": who})


def last_person_look(store: Store, as_of: Timestamp) -> tuple[Timestamp, str] | None:
    """When somebody of the office read the notices last, and who, as far as that was said; None for never."""
    table = ledger_checks.c
    query = select(table.checked_at, table.etag).where(
        table.source == PERSON, table.status.in_(GOOD), table.checked_at <= instant_text(as_of)
    )
    with store.begin() as connection:
        row = connection.execute(query.order_by(table.checked_at.desc(), table.number.desc()).limit(1)).one_or_none()
    return None if row is None else (Timestamp(row.checked_at), row.etag)


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
    if look.status in SEEN:
        offered = None if look.status == "unchanged" else {kept.item.outage_id for kept in look.items}
        note_sights(connection, storable_text(look.source), offered, look.back, look.checked_at)
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


def last_mark(store: Store, source: str) -> str:
    """Where a record that somebody publishes stood on the last look that read it; nothing before the first."""
    table = ledger_checks.c
    of_source = select(table.etag).where(table.source == source, table.etag != "", table.status.in_(GOOD))
    with store.begin() as connection:
        return connection.execute(of_source.order_by(table.number.desc()).limit(1)).scalar() or ""


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

    Returns: SOURCES; no item of the source's holds its complete_to back.
    """
    checks, left = _looks(store, as_of, mark)
    if checks.empty:
        return SOURCES.empty()
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
    return whole.assign(age_days=(as_of - since).dt.total_seconds() / 86_400, open_items=counts)[SOURCES.names]


def complete_to(
    store: Store, as_of: Timestamp, mark: int | None = None, together: Collection[str] = ()
) -> Timestamp | None:
    """Until when the record misses nothing: no look counts beyond the first item that nobody has seen to.

    The sources that are read `together` vouch for the record together, and reach as far as the one that reaches least;
    any other (a file, somebody who read the notices) vouches for it alone.
    """
    checks, left = _looks(store, as_of, mark)
    if checks.empty:
        return None
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
    return text_frame(ACCOUNT, rows, ("number", *FATES)), left


def _instants(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, utc=True, format="ISO8601").astype("datetime64[us, UTC]")
