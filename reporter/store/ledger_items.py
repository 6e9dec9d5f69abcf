"""The queue of the ledger, what sources offered that is not on record yet; and when each was last looked at.

An item is closed by being on record under its outage's id, by a person with a reason, or, in a file of the office's
own, by being mended there. One that asks for which service an outage counts is closed once every outage that raised it
has its services, or is taken out. Nothing else closes it: that a source offers it no more does not say that it was
nothing.

"No outages" and "nobody looked" never look alike: a look that failed is kept, and moves nothing forward. Nor does a
look beyond an item that nobody has seen to: the record is complete to the last look before it was first met.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct, field
from pandas import DataFrame, Timestamp
from sqlalchemy import ColumnElement, Connection, func, select, true

from reporter.errors import StoreError, refused
from reporter.model.shapes import (
    ACCEPTED,
    DRAFT,
    FATES,
    OPEN,
    OPEN_FATES,
    SETTLED,
    UNDATED,
    UNPLACED,
    UNSPECIFIED,
    OpenItem,
    shape,
)
from reporter.store.database import Store, lock_table
from reporter.store.ledger_rows import append_to, instant_text, instants_in, storable_text, text_frame
from reporter.store.tables import ledger_checks, ledger_items, outage_versions

log = logging.getLogger(__name__)
BY_IMPORT = "import"
SIGHTS = "notice_sights"
_LONGEST = 2_000
_TOLD = 120  # letters of a source's word for a service; a problem tells no more of it
_COLUMNS = tuple(column.name for column in ledger_items.columns if not column.name.endswith("_sha256"))

SOURCES = shape("SOURCES")
ACCOUNT = ["number", "source", "checked_at", "status", "complete_to", *FATES]
GOOD = ("read", "unchanged", "empty")
CONDITION = ("etag", "last_modified", "sha256", "clockless_sha256")


class Kept(Struct, frozen=True):
    """An item with what is needed to put it on record later: a draft's facts as text, and the captured file."""

    item: OpenItem
    record: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""


class Settlement(Struct, frozen=True):
    """An item that a person closes: who says so, and why."""

    item_id: str
    who: str
    why: str


def add_items(
    connection: Connection, source: str, items: Collection[Kept], at: Timestamp, *, is_ours: bool = False
) -> dict[str, int]:
    """Put items behind the newest row; one that is there already stays as it is.

    Returns: how many items of the source are a draft or refused by now, and how many of these were set aside.
    """
    offered = dict(zip(_ids(source, items), items, strict=True))
    there = _newest_rows(connection, ledger_items.c.source == source)
    known = dict(zip(there["item_id"], there["fate"], strict=True))
    new = [_row(source, key, one, at) for key, one in offered.items() if key not in known]
    mended = there[there["fate"].isin(OPEN_FATES) & ~there["item_id"].isin(list(offered))] if is_ours else there[:0]
    closed = [_closing(row, at, BY_IMPORT, "mended") for row in _dicts(mended)]
    append_to(connection, ledger_items, [*new, *closed])
    left = open_rows(connection, source=source)["fate"]
    settled = sum(known.get(key) == SETTLED for key in offered)
    return {fate: int((left == fate).sum()) for fate in OPEN_FATES} | {SETTLED: settled}


def note_sights(
    connection: Connection, source: str, offered: Collection[str] | None, back: Mapping[str, Timestamp], at: Timestamp
) -> None:
    """Write what a look saw of the drafts of a source that have no time of their own behind their newest row.

    A draft that is offered again was seen again, and has no end. One that is said to be back has that end; one that
    is gone without a word has lasted, as far as anybody knows, from its first sight to its last.

    Takes: offered - the ids that the source still names; None where it says what it said before.
    """
    rows = open_rows(connection, source=source)
    waiting = _dicts(rows[(rows["fate"] == DRAFT) & rows["outage_id"].str.startswith(UNDATED)])
    found = [_seen(row, offered, back.get(row["outage_id"]), at) for row in waiting]
    append_to(connection, ledger_items, [row for row in found if row])


def _seen(
    row: Mapping[str, str], offered: Collection[str] | None, back: Timestamp | None, at: Timestamp
) -> dict[str, object] | None:
    """The row as the look leaves it; None where nothing is new."""
    record = json.loads(row["record"])
    first, last = (Timestamp(record.get(name, row["at"])) for name in ("first_at", "seen_at"))
    is_gone = bool(record.get("gone_at"))
    is_seen = row["outage_id"] in offered if offered is not None else not is_gone
    if Timestamp(row["at"]) >= at or (is_gone and not is_seen):
        return None
    end = None if is_seen else back if back is not None else last if last > first else None
    told = record | {
        "first_at": instant_text(first),
        "seen_at": instant_text(at if is_seen else last),
        "gone_at": "" if is_seen else instant_text(at),
        "ended_at": "" if end is None else instant_text(end),
    }
    sights = {"first": f"{first:%Y-%m-%dT%H:%MZ}", "last": f"{at if is_seen else last:%Y-%m-%dT%H:%MZ}"}
    said = {"at": instant_text(at), "code": SIGHTS, "details": _json(sights), "record": _json(told)}
    return _again(row) | said


def open_rows(
    connection: Connection, as_of: Timestamp | None = None, mark: int | None = None, *, source: str | None = None
) -> DataFrame:
    """The items that were open then (of that source), in the order in which they were met; columns as in the table."""
    table = ledger_items.c
    wanted = true() if as_of is None else table.at <= instant_text(as_of)
    wanted = wanted if mark is None else wanted & (table.number <= mark)
    rows = _newest_rows(connection, wanted if source is None else wanted & (table.source == source))
    left = rows[rows["fate"].isin(OPEN_FATES)]
    if left.empty:
        return left.reset_index(drop=True)
    asks = left["code"].isin(UNPLACED)
    on_record = _on_record(connection, set(left["outage_id"][~asks]) - {""}, mark)
    is_closed = ~asks & left["outage_id"].isin(list(on_record))
    if asks.any():
        ids, parts = _unplaced(connection, mark)
        asked = left["outage_id"].where(left["outage_id"] != "", left["words"].str[:_TOLD])
        is_closed |= asks & ~asked.isin(list(ids | parts))
    return left[~is_closed].reset_index(drop=True)


def open_items(store: Store, as_of: Timestamp | None = None, mark: int | None = None) -> DataFrame:
    """OPEN: what awaits somebody, in the order in which it was met."""
    with store.begin() as connection:
        rows = open_rows(connection, as_of, mark)
    if rows.empty:
        return OPEN.empty()
    records = [json.loads(text) if text else {} for text in rows["record"]]
    facts = {name: [record.get(name, "") for record in records] for name in ("services", "began_at", "ended_at")}
    first = [record.get("first_at", at) for record, at in zip(records, rows["at"], strict=True)]
    frame = rows.assign(**facts, first_at=first)
    instants = {name: instants_in(frame[name]) for name in ("first_at", "began_at", "ended_at")}
    return OPEN.cast(frame.assign(**instants))


def kept_item(store: Store, item_id: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """One item that is open: its row, and a draft's facts. Takes: its id, or the beginning of it.

    Raises: StoreError - no item, or more than one, begins so.
    """
    with store.begin() as connection:
        row = _one(open_rows(connection), item_id)
    return row, json.loads(row["record"]) if row["record"] else {}


def settle_item(store: Store, item_id: str, *, who: str, why: str, at: Timestamp) -> str:
    """Set one item aside: it is no outage, or stands on record otherwise. Returns its whole id.

    Raises: StoreError - nobody, no reason, or no such item.
    """
    with store.begin() as connection:
        lock_table(connection, outage_versions)
        whole = close_item(connection, Settlement(item_id, who, why), at)
    log.info("ledger: one item set aside")
    return whole


def close_item(connection: Connection, closed: Settlement, at: Timestamp) -> str:
    """The same within a transaction that holds the ledger."""
    who, why = closed.who.strip(), closed.why.strip()
    if not who or not why:
        raise refused(StoreError, "stop_item_unsaid", where=closed.item_id)
    row = _one(open_rows(connection), closed.item_id)
    append_to(connection, ledger_items, [_closing(row, at, storable_text(who), storable_text(why))])
    return str(row["item_id"])


def accept_head(store: Store, number: int, sha256: str, *, who: str, why: str, at: Timestamp) -> None:
    """Note that a head kept elsewhere is gone for good: the record was lost, and somebody says so."""
    row = dict.fromkeys((name for name in _COLUMNS if name != "number"), "") | {
        "item_id": f"head:{number}", "at": instant_text(at), "fate": ACCEPTED, "place": number, "words": sha256,
        "captured_sha256": "", "who": storable_text(who), "why": storable_text(why),
    }  # fmt: skip
    with store.begin() as connection:
        lock_table(connection, outage_versions)
        append_to(connection, ledger_items, [row])


def accepted_heads(store: Store) -> set[tuple[int, str]]:
    """The heads of which somebody said that they are gone."""
    query = select(ledger_items.c.place, ledger_items.c.words).where(ledger_items.c.fate == ACCEPTED)
    return {(row.place, row.words) for row in store.rows(query)}


def _ids(source: str, items: Collection[Kept]) -> list[str]:
    """What names each item when it is met again; of several with the same words, their order too."""
    met: Counter[str] = Counter()
    ids = []
    for one in items:
        words = one.item.outage_id or f"{one.item.code}\n{' '.join((one.item.key or one.item.text).split())}"
        seed = f"{source}\n{one.item.fate}\n{words}\n{met[words]}"
        met[words] += 1
        ids.append(hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:12])
    return ids


def _row(source: str, item_id: str, one: Kept, at: Timestamp) -> dict[str, object]:
    return {
        "item_id": item_id,
        "at": instant_text(at),
        "fate": one.item.fate,
        "source": storable_text(source),
        "place": one.item.row,
        "code": one.item.code,
        "details": _json(one.item.details),
        "words": storable_text(one.item.text)[:_LONGEST],
        "outage_id": storable_text(one.item.outage_id),
        "record": _json(one.record),
        "captured_sha256": one.sha256,
        "who": "",
        "why": "",
    }


def _closing(row: Mapping[str, object], at: Timestamp, who: str, why: str) -> dict[str, object]:
    return _again(row) | {"at": instant_text(at), "fate": SETTLED, "who": who, "why": why}


def _again(row: Mapping[str, object]) -> dict[str, object]:
    """What an item's next row takes over from its newest."""
    return {name: value for name, value in row.items() if name not in ("number", "previous_sha256", "content_sha256")}


def _json(facts: Mapping[str, str]) -> str:
    return storable_text(json.dumps(dict(facts), sort_keys=True, ensure_ascii=False)) if facts else ""


def _one(rows: DataFrame, item_id: str) -> dict[str, str]:
    found = rows[rows["item_id"].str.startswith(item_id)] if item_id else rows[:0]
    if len(found) != 1:
        raise refused(StoreError, "stop_item_many" if len(found) else "stop_item_unknown", where=item_id)
    return _dicts(found)[0]


def _dicts(rows: DataFrame) -> list[dict[str, str]]:
    columns = (rows[name].tolist() for name in rows)
    return [dict(zip(map(str, rows), row, strict=True)) for row in zip(*columns, strict=True)]


def _newest_rows(connection: Connection, wanted: ColumnElement[bool]) -> DataFrame:
    """The newest row of each item, in the order of the chain."""
    table = ledger_items.c
    newest = select(func.max(table.number)).where(wanted, table.fate != ACCEPTED).group_by(table.item_id)
    rows = connection.execute(select(ledger_items).where(table.number.in_(newest)).order_by(table.number)).fetchall()
    return text_frame(table.keys(), rows, ("number", "place"))


def _on_record(connection: Connection, outage_ids: Collection[str], mark: int | None = None) -> set[str]:
    """Which of these outages have a version."""
    table = outage_versions.c
    up_to: ColumnElement[bool] = true() if mark is None else table.number <= mark
    query = select(table.outage_id).where(table.outage_id.in_(sorted(outage_ids)), up_to).distinct()
    return set(connection.execute(query).scalars()) if outage_ids else set()


def _unplaced(connection: Connection, mark: int | None) -> tuple[set[str], set[str]]:
    """The standing outages that count for no service we know, and the words of sources that stand for none."""
    table = outage_versions.c
    up_to: ColumnElement[bool] = true() if mark is None else table.number <= mark
    newest = select(func.max(table.number)).where(up_to).group_by(table.outage_id)
    query = select(table.outage_id, table.unspecified_components).where(
        table.number.in_(newest), table.services.contains(UNSPECIFIED), table.action.not_in(("merged", "withdrawn"))
    )
    rows = connection.execute(query).fetchall()
    return {row[0] for row in rows}, {part[:_TOLD] for row in rows for part in row[1].split("\n") if part}


class Look(Struct, frozen=True):
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
    row = store.row(query.order_by(table.checked_at.desc(), table.number.desc()).limit(1))
    return None if row is None else (Timestamp(row.checked_at), row.etag)


def record_look(store: Store, look: Look) -> Mapping[str, int]:
    """Note a look by itself, and what it left open. Returns: the account of its items."""
    with store.begin() as connection:
        lock_table(connection, outage_versions)
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
    row = store.row(of_source)
    if row is None or row.status not in GOOD or row.reader_sha256 != reader_sha256:
        return {}
    return {name: getattr(row, name) for name in CONDITION}


def last_mark(store: Store, source: str) -> str:
    """Where a record that somebody publishes stood on the last look that read it; nothing before the first."""
    table = ledger_checks.c
    of_source = select(table.etag).where(table.source == source, table.etag != "", table.status.in_(GOOD))
    return store.scalar(of_source.order_by(table.number.desc()).limit(1)) or ""


def asked_later(store: Store, source: str) -> Timestamp | None:
    """Until when the source's server asked not to be asked, on the last look."""
    table = ledger_checks.c
    query = select(table.ask_after).where(table.source == source).order_by(table.number.desc()).limit(1)
    text = store.scalar(query)
    return Timestamp(text) if text else None


def captured_alike(store: Store, clockless_sha256: str) -> str:
    """The capture that differs from these bytes in nothing but a clock; empty when there is none."""
    table = ledger_checks.c
    query = select(table.sha256).where(table.clockless_sha256 == clockless_sha256, table.sha256 != "")
    return store.scalar(query.order_by(table.number).limit(1)) or ""


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
    instants = {name: instants_in(found[name]) for name in ("checked_at", "looked_at", "complete_to")}
    whole = found.assign(**instants).astype({"source": "str", "status": "str"})
    since = whole["complete_to"].fillna(whole["looked_at"])
    counts = whole["source"].map(left["source"].value_counts()).fillna(0).astype("int64")
    return whole.assign(age_days=(as_of - since).dt.total_seconds() / 86_400, open_items=counts)[SOURCES.names]


def complete_to(store: Store, as_of: Timestamp, *, together: Collection[str] = ()) -> Timestamp | None:
    """Until when the record misses nothing: no look counts beyond the first item that nobody has seen to.

    The sources that are read `together` vouch for the record together, and reach as far as the one that reaches least;
    any other (a file, somebody who read the notices) vouches for it alone.
    """
    checks, left = _looks(store, as_of)
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


def _looks(store: Store, as_of: Timestamp, mark: int | None = None) -> tuple[DataFrame, DataFrame]:
    """ACCOUNT of every look by then, in order of the looks' instants, and the items that were open then."""
    table = ledger_checks.c
    wanted: ColumnElement[bool] = true() if mark is None else table.number <= mark
    query = select(*(table[name] for name in ACCOUNT)).where(table.checked_at <= instant_text(as_of), wanted)
    with store.begin() as connection:
        rows = connection.execute(query.order_by(table.checked_at, table.number)).fetchall()
        left = open_rows(connection, as_of, mark)
    return text_frame(ACCOUNT, rows, ("number", *FATES)), left
