"""The outage ledger: what was known of each outage, and when. The department takes its notices down; this stays.

Every edit, reopening, renaming, merge or withdrawal adds a version; no version is ever changed. What reads the
ledger takes a mark: an instant, the number of a row (see `Head`), or None for everything that is known.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pandas import DataFrame, Timestamp
from sqlalchemy import ColumnElement, Select, Table, func, select, true

from reporter.model.report import Relief, relief_of
from reporter.model.shapes import OUTAGES, Shape, shape
from reporter.store.captures import Captures, captures_beside, write_whole
from reporter.store.database import Store
from reporter.store.ledger_edits import Imported, Provenance, amend, import_outages, merge_outages, rename, withdraw
from reporter.store.ledger_items import (
    Kept,
    Settlement,
    accept_head,
    accepted_heads,
    kept_item,
    open_items,
    settle_item,
)
from reporter.store.ledger_looks import (
    GOOD,
    Look,
    account_of_items,
    asked_later,
    captured_alike,
    complete_to,
    last_condition,
    last_mark,
    last_person_look,
    person_look,
    record_check,
    record_look,
    source_ages,
)
from reporter.store.ledger_rows import (
    CHAINED,
    FACTS,
    Head,
    LedgerFault,
    as_outages,
    as_text,
    head,
    instant_text,
    newest,
    text_frame,
    verify_ledger,
)
from reporter.store.tables import ledger_checks, ledger_identity, ledger_items, outage_versions

RECORDS = (outage_versions, ledger_items)
__all__ = [
    "AMENDED",
    "Captures",
    "Head",
    "Imported",
    "Kept",
    "LedgerFault",
    "Look",
    "Mark",
    "Provenance",
    "Relief",
    "Settlement",
    "accept_head",
    "accepted_heads",
    "account_of_items",
    "amend",
    "amended_outages",
    "as_records",
    "asked_later",
    "captured",
    "captured_alike",
    "captures_beside",
    "complete_to",
    "has_head",
    "history",
    "identity",
    "import_outages",
    "kept_item",
    "known_ids",
    "last_condition",
    "last_mark",
    "last_person_look",
    "ledger_head",
    "merge_outages",
    "open_items",
    "outages_known_at",
    "person_look",
    "raw_texts",
    "record_check",
    "record_look",
    "record_mark",
    "relief_of",
    "reliefs",
    "rename",
    "settle_item",
    "source_ages",
    "told_by",
    "verify_ledger",
    "versions_after",
    "withdraw",
    "write_whole",
]  # fmt: skip
Mark = Timestamp | int | None
GONE = ("merged", "withdrawn")
BESIDE = shape(
    "BESIDE",
    """
    versions               count   how many there were of the outage
    recorded_at            instant of the last of them
    unspecified_components text    one a line
    source_kind            text    how it was told
    source_language        text    en, fr or both
    source_address         text    the file or address its newest version came from; empty for one by hand
    relief                 text    JSON, see `relief_of`
    """,
)
KNOWN = Shape("KNOWN", (*OUTAGES.columns, *BESIDE.columns))
AMENDED = ["outage_id", "title", "was_version", "version", "action", "recorded_at", "column", "was", "now"]
_TOLD = (*FACTS, "unspecified_components", "relief")
_TELLING = tuple(name for name in _TOLD if name != "source_row")


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
    with store.begin() as connection:
        return int(connection.execute(select(func.max(outage_versions.c.number))).scalar() or 0)


def has_head(store: Store, kept: Head) -> bool:
    """Whether that head is still a row of the chain."""
    with store.begin() as connection:
        return any(newest(connection, table, _is(table, kept)).number for table in CHAINED)


def identity(store: Store) -> str:
    """What tells this ledger, and every copy of it, from another; empty where somebody took that out."""
    with store.begin() as connection:
        return connection.execute(select(ledger_identity.c.identity)).scalar() or ""


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
        recorded_at=pd.to_datetime(rows["recorded_at"], utc=True, format="ISO8601").astype("datetime64[us, UTC]"),
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
    with store.begin() as connection:
        rows = connection.execute(select(outage_versions).where(table.number > number).order_by(table.number))
        return [dict(row._mapping) for row in rows]


def known_ids(store: Store) -> set[str]:
    """Every outage that was ever on record, withdrawn and merged ones too."""
    with store.begin() as connection:
        return set(connection.execute(select(outage_versions.c.outage_id).distinct()).scalars())


def told_by(store: Store, address: str) -> set[str]:
    """Every outage of which that source told at least one version."""
    table = outage_versions.c
    with store.begin() as connection:
        query = select(table.outage_id).where(table.source_address == address).distinct()
        return set(connection.execute(query).scalars())


def captured(store: Store) -> list[str]:
    """The SHA-256 of every captured file that a version names, an item that awaits somebody, or a look."""
    columns = (outage_versions.c.captured_sha256, ledger_items.c.captured_sha256, ledger_checks.c.sha256)
    with store.begin() as connection:
        named = {text for column in columns for text in connection.execute(select(column).distinct()).scalars()}
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
    wanted = sorted(_changed(store, since, now) & set(outage_ids))
    if not wanted:
        return DataFrame(columns=AMENDED)
    of_them = outage_versions.c.outage_id.in_(wanted)
    then, today = (_facts(_rows(store, _latest(mark, of_them))) for mark in (since, now))
    both = then.merge(today, left_index=True, right_index=True, suffixes=("_was", "_now"))
    newer = both[both["version_now"] > both["version_was"]]
    parts = [_told_otherwise(newer, name) for name in _TELLING] + [_gone(newer)]
    whole = pd.concat([part for part in parts if len(part)] or [DataFrame(columns=AMENDED)], ignore_index=True)
    return whole.sort_values(["outage_id", "column"], kind="stable").reset_index(drop=True)[AMENDED]


def _changed(store: Store, since: Mark, now: Mark) -> set[str]:
    """The outages of which a version was recorded between the two marks."""
    query = select(outage_versions.c.outage_id).where(~_up_to(since), _up_to(now)).distinct()
    with store.begin() as connection:
        return set(connection.execute(query).scalars())


def _facts(rows: DataFrame) -> DataFrame:
    return rows.set_index("outage_id")[["version", "action", "recorded_at", "merged_into", *_TOLD]]


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
