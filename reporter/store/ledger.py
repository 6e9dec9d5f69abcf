"""The outage ledger: what was known of each outage, and when. The department takes its notices down; this stays.

Every import, and every edit by hand (an amendment, a new title, a merge, a withdrawal, a relief), adds a version; no
version is ever changed. What reads the ledger takes a mark: an instant, the number of a row (see `Head`), or None for
everything that is known.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import pandas as pd
from msgspec import Struct, field
from pandas import DataFrame, Timestamp
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, true

from reporter.errors import StoreError, refused
from reporter.model.report import Relief, relief_of, relief_text
from reporter.model.shapes import OUTAGES, Shape, shape
from reporter.store.database import Store, lock_table
from reporter.store.ledger_items import (
    GOOD,
    Kept,
    Look,
    Settlement,
    add_items,
    add_look,
    close_item,
    was_last,
)
from reporter.store.ledger_rows import (
    CHAINED,
    FACTS,
    INSTANTS,
    Head,
    append,
    as_outages,
    as_text,
    head,
    instant_text,
    instants_in,
    newest,
    storable_text,
    text_frame,
)
from reporter.store.tables import ledger_checks, ledger_identity, ledger_items, outage_versions

RECORDS = (outage_versions, ledger_items)
Mark = Timestamp | int | None
GONE = ("merged", "withdrawn")
BESIDE = shape("BESIDE")
KNOWN = Shape("KNOWN", (*OUTAGES.columns, *BESIDE.columns))
AMENDED = ["outage_id", "title", "was_version", "version", "action", "recorded_at", "column", "was", "now"]
_TOLD = (*FACTS, "unspecified_components", "relief")
_TELLING = tuple(name for name in _TOLD if name != "source_row")

log = logging.getLogger(__name__)
SOURCE_KINDS = ("official_notice", "official_post", "own_capture", "press", "user_report", "none")
KIND_OF = {"official": "official_notice", "press": "press", "user_report": "user_report", "unverified": "none"}
TOLD = (*(name for name in FACTS if name != "source_row"), "unspecified_components")
"""What an import compares: a row's place in its file moves whenever a line is added above it."""
KEPT = (*TOLD, "source_row", "merged_into", "relief")
HIDDEN = {"merged": "merged", "withdrawn": "withdrawn"}  # an outage taken out stays out, whatever its source says


def as_records(outages: DataFrame) -> dict[str, dict[str, str]]:
    """The facts of OUTAGES as the ledger writes them, by outage id: what a draft keeps until it is confirmed."""
    texts = as_text(OUTAGES.cast(outages))
    rows = zip(*(texts[name].tolist() for name in texts), strict=True)
    return {str(key): dict(zip(texts.columns, row, strict=True)) for key, row in zip(texts.index, rows, strict=False)}


def ledger_head(store: Store, as_known: Mark = None) -> Head:
    """The newest row up to the mark; kept with a run, it says exactly what that run could know.

    Of an instant it is the newest version recorded by then: a look may be entered for a day that is past.
    """
    with store.begin() as connection:
        return head(connection) if as_known is None else newest(connection, outage_versions, _up_to(as_known))


def record_mark(store: Store, sources: Iterable[str]) -> str:
    """What a run can take from the record, told apart by its newest rows; that somebody looked again is nothing new.

    Takes: sources - of which it is also told whether the last look went well.
    """
    looks = {name: select(ledger_checks.c.status).where(ledger_checks.c.source == name) for name in sources}
    with store.begin() as connection:
        newest_rows = [connection.execute(select(func.max(table.c.number))).scalar() for table in RECORDS]
        ends = {
            name: connection.execute(query.order_by(ledger_checks.c.number.desc()).limit(1)).scalar()
            for name, query in looks.items()
        }
    return f"{newest_rows} {sorted((name, status in GOOD) for name, status in ends.items())}"


def newest_version(store: Store) -> int:
    """The number of the newest version of any outage; 0 where there is none."""
    return int(store.scalar(select(func.max(outage_versions.c.number))) or 0)


def has_head(store: Store, kept: Head) -> bool:
    """Whether that head is still a row of the chain."""
    with store.begin() as connection:
        return any(newest(connection, table, _is(table, kept)).number for table in CHAINED)


def identity(store: Store) -> str:
    """What tells this ledger, and every copy of it, from another; empty where somebody took that out."""
    return store.scalar(select(ledger_identity.c.identity)) or ""


def _is(table: Table, kept: Head) -> ColumnElement[bool]:
    return (table.c.number == kept.number) & (table.c.content_sha256 == kept.sha256)


def outages_known_at(store: Store, as_known: Mark = None) -> DataFrame:
    """The outages exactly as the ledger stood at the mark, without those withdrawn or merged by then.

    Returns: KNOWN in order of (began_at, outage_id).
    """
    table = outage_versions.c
    rows = _rows(store, _latest(as_known).where(table.action.not_in(GONE)))
    if rows.empty:
        return KNOWN.empty()
    frame = as_outages(rows).assign(
        versions=rows["version"].astype("int64"),
        recorded_at=instants_in(rows["recorded_at"]),
        **{name: rows[name] for name in BESIDE.of_kind("text")},
    )
    in_order = frame.sort_values(["began_at", "outage_id"], kind="stable").reset_index(drop=True)
    return in_order[KNOWN.names]


def history(store: Store, outage_id: str) -> DataFrame:
    """Every version of one outage, oldest first, as the ledger wrote it (text; instants ISO 8601 in UTC)."""
    table = outage_versions.c
    return _rows(store, select(outage_versions).where(table.outage_id == outage_id).order_by(table.version))


def versions_after(store: Store, number: int) -> list[dict[str, Any]]:
    """Every version behind that row of the ledger, in the order in which they were recorded, as the ledger wrote it."""
    table = outage_versions.c
    rows = store.rows(select(outage_versions).where(table.number > number).order_by(table.number))
    return [dict(row._mapping) for row in rows]


def known_ids(store: Store) -> set[str]:
    """Every outage that was ever on record, withdrawn and merged ones too."""
    return set(store.scalars(select(outage_versions.c.outage_id).distinct()))


def told_by(store: Store, address: str) -> set[str]:
    """Every outage of which that source told at least one version."""
    table = outage_versions.c
    return set(store.scalars(select(table.outage_id).where(table.source_address == address).distinct()))


def captured(store: Store) -> list[str]:
    """The SHA-256 of every captured file that a version names, an item that awaits somebody, or a look."""
    columns = (outage_versions.c.captured_sha256, ledger_items.c.captured_sha256, ledger_checks.c.sha256)
    named = {text for column in columns for text in store.scalars(select(column).distinct())}
    return sorted(named - {""})


def reliefs(store: Store, as_known: Mark = None) -> dict[str, Relief]:
    """What was granted because of each outage that stood at the mark, where somebody said so."""
    rows = _rows(store, _latest(as_known).where(outage_versions.c.action.not_in(GONE), outage_versions.c.relief != ""))
    said = ((key, relief_of(text)) for key, text in zip(rows["outage_id"], rows["relief"], strict=True))
    return {key: relief for key, relief in said if relief}


def raw_texts(store: Store, as_known: Mark = None) -> dict[str, str]:
    """The words of the source of each outage that stood at the mark, where they were kept."""
    rows = _rows(store, _latest(as_known).where(outage_versions.c.action.not_in(GONE)))
    with_words = rows[rows["raw_text"] != ""]
    return dict(zip(with_words["outage_id"], with_words["raw_text"], strict=True))


def amended_outages(store: Store, outage_ids: Iterable[str], since: Mark, now: Mark = None) -> DataFrame:
    """What the ledger says otherwise now of outages that an earlier report relied on, fact by fact.

    `since` is the mark of that report: the head it recorded, or the instant to which it was known.

    Returns: AMENDED - one row for each fact that changed (text), in order of outage and column; a merge or a
    withdrawal is the column `action`. Empty when nothing the report relied on has changed.
    """
    recorded = select(outage_versions.c.outage_id).where(~_up_to(since), _up_to(now)).distinct()
    wanted = sorted(set(store.scalars(recorded)) & set(outage_ids))
    if not wanted:
        return DataFrame(columns=AMENDED)
    of_them, told = outage_versions.c.outage_id.in_(wanted), ["version", "action", "recorded_at", "merged_into", *_TOLD]
    then, today = (_rows(store, _latest(mark, of_them)).set_index("outage_id")[told] for mark in (since, now))
    both = then.merge(today, left_index=True, right_index=True, suffixes=("_was", "_now"))
    newer = both[both["version_now"] > both["version_was"]]
    parts = [_told_otherwise(newer, name) for name in _TELLING] + [_gone(newer)]
    whole = pd.concat([part for part in parts if len(part)] or [DataFrame(columns=AMENDED)], ignore_index=True)
    return whole.sort_values(["outage_id", "column"], kind="stable").reset_index(drop=True)[AMENDED]


def _told_otherwise(newer: DataFrame, name: str) -> DataFrame:
    rows = newer[newer[f"{name}_was"] != newer[f"{name}_now"]]
    return _amended(rows, name, rows[f"{name}_was"].tolist(), rows[f"{name}_now"].tolist())


def _gone(newer: DataFrame) -> DataFrame:
    """The outages that were taken out since: `merged` says into which."""
    rows = newer[newer["action_now"].isin(GONE) & ~newer["action_was"].isin(GONE)]
    now = (rows["action_now"] + " " + rows["merged_into_now"]).str.strip()
    return _amended(rows, "action", rows["action_was"].tolist(), now.tolist())


def _amended(rows: DataFrame, column: str, was: list[str], now: list[str]) -> DataFrame:
    renamed = {"title_now": "title", "version_was": "was_version", "version_now": "version"}
    plain = rows.rename(columns=renamed | {"action_now": "action", "recorded_at_now": "recorded_at"}).reset_index()
    return plain.assign(column=column, was=was, now=now)[AMENDED]


def _latest(mark: Mark, wanted: ColumnElement[bool] | None = None) -> Select[tuple[object, ...]]:
    """The newest version of each outage (of each wanted) up to the mark."""
    rows = (_up_to(mark), true() if wanted is None else wanted)
    newest = select(func.max(outage_versions.c.number)).where(*rows).group_by(outage_versions.c.outage_id)
    return select(outage_versions).where(outage_versions.c.number.in_(newest)).order_by(outage_versions.c.number)


def _up_to(mark: Mark) -> ColumnElement[bool]:
    if mark is None:
        return true()
    return (
        outage_versions.c.number <= mark
        if isinstance(mark, int)
        else outage_versions.c.recorded_at <= instant_text(mark)
    )


def _rows(store: Store, query: Select[tuple[object, ...]]) -> DataFrame:
    with store.begin() as connection:
        result = connection.execute(query)
        return text_frame(result.keys(), result.fetchall(), ("number", "version"))


class Provenance(Struct, frozen=True):
    """Where facts come from. An empty `kind` is read off each record's verification; `address` is a file or URL."""

    kind: str = ""
    address: str = ""
    language: str = ""
    captured_at: Timestamp | None = None
    sha256: str = ""

    def __post_init__(self) -> None:
        if self.kind and self.kind not in SOURCE_KINDS:
            raise refused(StoreError, "ledger_source", where="source", kind=self.kind, names=", ".join(SOURCE_KINDS))


BY_HAND = Provenance("own_capture")


def amend(
    store: Store,
    outage_id: str,
    facts: Mapping[str, Any],
    *,
    recorded_at: Timestamp,
    source: Provenance = BY_HAND,
    raw: str = "",
    relief: Relief | None = None,
    closed: Settlement | None = None,
) -> int:
    """Write other facts (columns of OUTAGES) or a relief over one outage; one taken out comes back.

    Takes:   closed - the item that is seen to by this.
    Returns: the number of its newest version: the old one, when nothing is different.
    Raises: StoreError - there is no such outage, or no such column.
    """
    if odd := set(facts) - set(FACTS):
        raise refused(StoreError, "ledger_fact", where=outage_id, names=", ".join(sorted(odd)))
    texts = {name: _fact(name, value) for name, value in facts.items()}
    changes = texts | ({"relief": relief_text(relief)} if relief else {})

    def change(was: dict[str, str]) -> tuple[str, dict[str, str]]:
        is_out = was["action"] in HIDDEN
        action = action_of({**was, "action": ""}, was | changes) if not is_out else "amended"
        return action, changes | {"merged_into": ""}

    return _by_hand(store, outage_id, change, recorded_at, source, raw, closed)


def withdraw(store: Store, outage_id: str, reason: str, *, recorded_at: Timestamp) -> int:
    """Take the outage out of every later reading, with the reason; its versions stay. Returns the newest."""
    note = {"note": storable_text(reason)}
    return _by_hand(store, outage_id, lambda _: ("withdrawn", note), recorded_at, BY_HAND, "")


def merge_outages(store: Store, outage_id: str, into: str, *, recorded_at: Timestamp) -> int:
    """Say that the outage is the same as another, which stands for both from now on, with its own facts.

    Raises: StoreError - one of them is not there or is taken out itself, or they are one.
    """
    if outage_id == into:
        raise refused(StoreError, "ledger_itself", where=outage_id)
    with store.begin() as connection:
        other = _newest(connection, into)
    if other["action"] in HIDDEN:
        raise refused(StoreError, "ledger_hidden", where=into, action=other["action"])
    return _by_hand(store, outage_id, lambda _: ("merged", {"merged_into": into}), recorded_at, BY_HAND, "")


def action_of(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What the new version is to the old one; an outage that was taken out stays so."""
    if was["action"] in HIDDEN:
        return HIDDEN[was["action"]]
    was_over = was["ended_at"] and not now["ended_at"]
    if was_over or (was["status"], now["status"]) == ("resolved", "ongoing"):
        return "reopened"
    other = {name for name in (*TOLD, "relief") if was[name] != now[name]}
    return "renamed" if other == {"title"} else "amended"


def _by_hand(
    store: Store,
    outage_id: str,
    change: Callable[[dict[str, str]], tuple[str, dict[str, str]]],
    recorded_at: Timestamp,
    source: Provenance,
    raw: str,
    closed: Settlement | None = None,
) -> int:
    """Add one version to one outage, in one transaction; none when the change changes nothing."""
    with store.begin() as connection:
        lock_table(connection, outage_versions)
        if closed:
            close_item(connection, closed, recorded_at)
        was = _newest(connection, outage_id)
        action, changes = change(was)
        is_same = all(was[name] == value for name, value in changes.items())
        if is_same and was["action"] not in HIDDEN and action not in HIDDEN:
            return int(was["version"])
        row = {name: was[name] for name in (*KEPT, "told")} | changes
        kind = {"source_kind": source.kind or KIND_OF[row["verification"]]}
        seals = {"came_by": "hand", "raw_text": storable_text(raw), **origin(source, recorded_at), **kind}
        version = int(was["version"]) + 1
        numbered = {"outage_id": outage_id, "version": version, "action": action}
        append(connection, [row | seals | numbered], recorded_at)
    log.info("ledger: one outage %s", action)
    return version


def _fact(name: str, value: Any) -> str:
    if name in INSTANTS:
        return "" if value is None or pd.isna(value) else instant_text(value)
    return storable_text(str(value))


def origin(source: Provenance, recorded_at: Timestamp) -> dict[str, str]:
    captured_at = source.captured_at or (recorded_at if source.sha256 else None)
    return {
        "source_kind": source.kind,
        "source_address": storable_text(source.address),
        "source_language": source.language,
        "captured_at": "" if captured_at is None else instant_text(captured_at),
        "captured_sha256": source.sha256,
    }


def _newest(connection: Connection, outage_id: str) -> dict[str, Any]:
    table = outage_versions.c
    query = select(outage_versions).where(table.outage_id == outage_id).order_by(table.version.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise refused(StoreError, "ledger_unknown", where=outage_id)
    return dict(row._mapping)


_FEW = 500
_UNTOLD = dict.fromkeys(("merged_into", "relief", "told"), "")


class Imported(Struct, frozen=True):
    """The account of one import: read = added + changed + unchanged + refused; `reopened` are among the changed.

    `left` says how the items ended that are not on record: draft, refused or settled (see ledger_items.py).
    """

    read: int
    added: int
    changed: int
    unchanged: int
    refused: int = 0
    reopened: int = 0
    left: Mapping[str, int] = field(default_factory=dict)


def import_outages(
    store: Store,
    outages: DataFrame,
    *,
    source: Provenance,
    recorded_at: Timestamp,
    raw: str | Mapping[str, str] = "",
    unspecified: Mapping[str, str] | None = None,
    clock_told: Collection[str] = (),
    refused: int = 0,
    came_by: str = "import",
    look: Look | None = None,
    items: Collection[Kept] = (),
    as_read: Mapping[str, Mapping[str, str]] | None = None,
    closed: Settlement | None = None,
) -> Imported:
    """Put what a source says into the ledger; the same again adds nothing, a change adds a version.

    Bytes that were the last from this source have nothing new to say of an outage that another has changed since.
    An outage the source no longer names stays: the department takes its notices down. One that was withdrawn or
    merged stays out of sight, though what its source says of it is still recorded. A record without any source
    counts as unverified.

    Takes: outages - OUTAGES, each id once; `raw` the text they were read from, for all or by id; `unspecified` by
    id the names that map to no service; `clock_told` the ids whose status was not stated but read off the clock,
    so that time passing is not taken for a change; `look` at the source, kept in the same transaction, and `items`
    that the record itself leaves to see to, where nobody looked just now; `as_read` by id what the source says of a
    new outage that somebody put right; `closed` the item that is on record by this.
    """
    said = _said(outages, source, unspecified or {})
    with store.begin() as connection:
        lock_table(connection, outage_versions)
        wanted = _wanted(said)
        latest, (before, own) = _newest_versions(connection, wanted), _said_before(connection, source.address, wanted)
        is_quiet = was_last(connection, source.address, source.sha256) & ~said.index.isin(own)
        rows = _versions(said[~(is_quiet & said.index.isin(latest.index))], latest, before, frozenset(clock_told))
        texts = raw if isinstance(raw, Mapping) else dict.fromkeys(said.index, raw)
        seals = {"came_by": came_by, **origin(source, recorded_at)}
        kinds = {} if source.kind else dict(zip(said.index, said["verification"].map(KIND_OF), strict=True))
        rows = [_put_right(row, (as_read or {}).get(row["outage_id"], {})) for row in rows]
        append(connection, [_whole(row, seals, kinds, texts) for row in rows], recorded_at)
        left = add_look(connection, look, entered=len(rows), unchanged=len(said) - len(rows)) if look else {}
        add_items(connection, storable_text(source.address), items, recorded_at)
        if closed:
            close_item(connection, closed, recorded_at)
    added = sum(row["action"] == "added" for row in rows)
    reopened = sum(row["action"] == "reopened" for row in rows)
    log.info("ledger: %d read, %d added, %d changed, %d refused", len(said), added, len(rows) - added, refused)
    counts = (len(said) + refused, added, len(rows) - added, len(said) - len(rows))
    return Imported(*counts, refused=refused, reopened=reopened, left=left)


def _said(outages: DataFrame, source: Provenance, unspecified: Mapping[str, str]) -> DataFrame:
    """What the source says, as text by outage id."""
    said = as_text(OUTAGES.cast(outages.drop_duplicates("outage_id", keep="last")))
    named = {storable_text(outage_id): storable_text(names) for outage_id, names in unspecified.items()}
    said = said.assign(unspecified_components=said.index.map(lambda outage_id: named.get(outage_id, "")))
    if source.kind != "none":
        return said
    return said.assign(verification=said["verification"].where(said["source_url"] != "", "unverified"))


def _versions(
    said: DataFrame, latest: DataFrame, before: DataFrame, clock_told: Collection[str]
) -> list[dict[str, Any]]:
    """The rows to be added: one for each new outage, one for each of which its source says something else."""
    compared = list(TOLD)
    new = said[~said.index.isin(latest.index)]
    old = said[said.index.isin(latest.index)]
    was, held = before.reindex(old.index), latest.loc[old.index]
    was = was[compared].where(was[compared].notna(), held[compared])
    is_other = old[compared] != was
    by_clock = old.index.isin(list(clock_told)) & ~is_other.drop(columns="status").any(axis=1)
    is_other = is_other.assign(status=is_other["status"] & ~by_clock)
    is_news = is_other & (old[compared] != held[compared])
    changed = is_news.any(axis=1)
    merged = held[compared].where(~is_other, old[compared])[changed]
    stated = _by_id(old[compared][changed])
    rows = [
        {**_UNTOLD, **facts, "outage_id": outage_id, "version": 1, "action": "added"}
        for outage_id, facts in _by_id(new).items()
    ]
    kept, places = _by_id(held.loc[changed]), said["source_row"].to_dict()
    for outage_id, facts in _by_id(merged).items():
        rows.append(_next(kept[outage_id], facts | {"source_row": places[outage_id]}, stated[outage_id]))
    return rows


def _next(was: dict[str, Any], facts: dict[str, Any], stated: dict[str, Any]) -> dict[str, Any]:
    """The version after that one; what the source says otherwise than the ledger is written beside it."""
    told = {name: value for name, value in stated.items() if facts[name] != value}
    row = {name: was[name] for name in KEPT} | facts
    text = json.dumps(told, sort_keys=True, ensure_ascii=False) if told else ""
    action = action_of(was, row)
    return row | {"outage_id": was["outage_id"], "version": was["version"] + 1, "action": action, "told": text}


def _put_right(row: dict[str, Any], as_read: Mapping[str, str]) -> dict[str, Any]:
    """The first version of an outage that somebody put right, with what its source says otherwise beside it."""
    told = {name: as_read[name] for name in TOLD if name in as_read and as_read[name] != row[name]}
    if row["action"] != "added" or not told:
        return row
    return row | {"told": json.dumps(told, sort_keys=True, ensure_ascii=False)}


def _by_id(frame: DataFrame) -> dict[str, dict[str, Any]]:
    columns = [frame[name].tolist() for name in frame.columns]
    rows = zip(*columns, strict=True) if columns else ()
    return {str(key): dict(zip(frame.columns, row, strict=True)) for key, row in zip(frame.index, rows, strict=True)}


def _whole(
    row: dict[str, Any], seals: dict[str, str], kinds: Mapping[str, str], texts: Mapping[str, str]
) -> dict[str, Any]:
    outage_id = row["outage_id"]
    kind = kinds.get(outage_id, seals["source_kind"])
    return row | seals | {"source_kind": kind, "raw_text": storable_text(texts.get(outage_id, ""))}


def _wanted(said: DataFrame) -> ColumnElement[bool]:
    """The outages a source speaks of, while they are few; a whole history is read in one go."""
    few = len(said) <= _FEW
    return outage_versions.c.outage_id.in_(said.index.tolist()) if few else true()


def _newest_versions(connection: Connection, wanted: ColumnElement[bool]) -> DataFrame:
    """The newest version of every outage that is wanted, by id."""
    newest = select(func.max(outage_versions.c.number)).where(wanted).group_by(outage_versions.c.outage_id)
    return _frame(connection, newest)


def _said_before(connection: Connection, address: str, wanted: ColumnElement[bool]) -> tuple[DataFrame, pd.Index]:
    """What this source said last of each outage; of one it never changed, what any source said last; and its own."""
    table = outage_versions.c
    imported = select(func.max(table.number)).where(wanted, table.came_by == "import").group_by(table.outage_id)
    same = imported.where(table.source_address == address)
    mine = _frame(connection, same)
    any_source = _frame(connection, imported)
    whole = pd.concat([mine, any_source[~any_source.index.isin(mine.index)]])
    told = {outage_id: json.loads(text) for outage_id, text in whole["told"][whole["told"] != ""].items()}
    said = DataFrame.from_dict(told, orient="index").reindex(columns=list(TOLD)).astype("str")
    facts = said.reindex(whole.index).combine_first(whole[list(TOLD)])
    return whole.assign(**{name: facts[name] for name in TOLD}), mine.index


def _frame(connection: Connection, numbers: Any) -> DataFrame:
    names = ["outage_id", "version", "action", "told", *KEPT]
    query = select(*(outage_versions.c[name] for name in names)).where(outage_versions.c.number.in_(numbers))
    columns = list(zip(*connection.execute(query).fetchall(), strict=True)) or [()] * len(names)
    frame = DataFrame(dict(zip(names, map(list, columns), strict=True)))
    typed = frame.astype({name: "int64" if name == "version" else "str" for name in names})
    return typed.set_index("outage_id", drop=False)
