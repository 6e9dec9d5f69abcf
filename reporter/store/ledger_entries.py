"""Entries into the outage ledger by hand: an amendment, a new title, a merge, a withdrawal, a relief."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas import Timestamp
from sqlalchemy import Connection, select

from reporter.errors import StoreError
from reporter.model.report import Relief, relief_text
from reporter.store.database import Store
from reporter.store.ledger_rows import FACTS, INSTANTS, append, clean, lock, written
from reporter.store.tables import outage_versions

log = logging.getLogger(__name__)
SOURCE_KINDS = ("official_notice", "official_post", "own_capture", "press", "user_report", "none")
KIND_OF = {"official": "official_notice", "press": "press", "user_report": "user_report", "unverified": "none"}
TOLD = (*(name for name in FACTS if name != "source_row"), "unspecified_components")
"""What an import compares: a row's place in its file moves whenever a line is added above it."""
KEPT = (*TOLD, "source_row", "merged_into", "relief")
HIDDEN = {"merged": "merged", "withdrawn": "withdrawn"}  # an outage taken out stays out, whatever its source says


@dataclass(frozen=True)
class Source:
    """Where facts come from. An empty `kind` is read off each record's verification; `address` is a file or URL."""

    kind: str = ""
    address: str = ""
    language: str = ""
    captured_at: Timestamp | None = None
    sha256: str = ""

    def __post_init__(self) -> None:
        if self.kind and self.kind not in SOURCE_KINDS:
            raise StoreError(f"{self.kind!r} is not one of {', '.join(SOURCE_KINDS)}", where="source")


BY_HAND = Source("own_capture")


def amend(
    store: Store,
    outage_id: str,
    facts: Mapping[str, Any],
    *,
    recorded_at: Timestamp,
    source: Source = BY_HAND,
    raw: str = "",
    relief: Relief | None = None,
) -> int:
    """Write other facts (columns of OUTAGES) or a relief over one outage; one taken out comes back.

    Returns: the number of its newest version: the old one, when nothing is different.
    Raises: StoreError - there is no such outage, or no such column.
    """
    if odd := set(facts) - set(FACTS):
        raise StoreError(f"{', '.join(sorted(odd))} is not a fact of an outage", where=outage_id)
    texts = {name: _fact(name, value) for name, value in facts.items()}
    changes = texts | ({"relief": relief_text(relief)} if relief else {})

    def change(was: dict[str, str]) -> tuple[str, dict[str, str]]:
        is_out = was["action"] in HIDDEN
        action = action_of({**was, "action": ""}, was | changes) if not is_out else "amended"
        return action, changes | {"merged_into": ""}

    return _by_hand(store, outage_id, change, recorded_at, source, raw)


def rename(store: Store, outage_id: str, title: str, *, recorded_at: Timestamp) -> int:
    """Give the outage another title. Returns the number of its newest version."""
    return _by_hand(store, outage_id, lambda _: ("renamed", {"title": clean(title)}), recorded_at, BY_HAND, "")


def withdraw(store: Store, outage_id: str, reason: str, *, recorded_at: Timestamp) -> int:
    """Take the outage out of every later reading, with the reason; its versions stay. Returns the newest."""
    return _by_hand(store, outage_id, lambda _: ("withdrawn", {"note": clean(reason)}), recorded_at, BY_HAND, "")


def merge(store: Store, outage_id: str, into: str, *, recorded_at: Timestamp) -> int:
    """Say that the outage is the same as another, which stands for both from now on, with its own facts.

    Raises: StoreError - one of them is not there or is taken out itself, or they are one.
    """

    def change(was: dict[str, str]) -> tuple[str, dict[str, str]]:
        return "merged", {"merged_into": into}

    if outage_id == into:
        raise StoreError("an outage cannot be merged into itself", where=outage_id)
    with store.begin() as connection:
        other = _newest(connection, into)
    if other["action"] in HIDDEN:
        raise StoreError(f"has been {other['action']} itself; merge into one that stands", where=into)
    return _by_hand(store, outage_id, change, recorded_at, BY_HAND, "")


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
    source: Source,
    raw: str,
) -> int:
    """Add one version to one outage, in one transaction; none when the change changes nothing."""
    with store.begin() as connection:
        lock(connection)
        was = _newest(connection, outage_id)
        action, changes = change(was)
        is_same = all(was[name] == value for name, value in changes.items())
        if is_same and was["action"] not in HIDDEN and action not in HIDDEN:
            return int(was["version"])
        row = {name: was[name] for name in (*KEPT, "told")} | changes
        kind = {"source_kind": source.kind or KIND_OF[row["verification"]]}
        seals = {"came_by": "hand", "raw_text": clean(raw), **origin(source, recorded_at), **kind}
        version = int(was["version"]) + 1
        numbered = {"outage_id": outage_id, "version": version, "action": action}
        append(connection, [row | seals | numbered], recorded_at)
    log.info("ledger: one outage %s", action)
    return version


def _fact(name: str, value: Any) -> str:
    if name in INSTANTS:
        return "" if value is None or pd.isna(value) else written(value)
    return clean(str(value))


def origin(source: Source, recorded_at: Timestamp) -> dict[str, str]:
    captured_at = source.captured_at or (recorded_at if source.sha256 else None)
    return {
        "source_kind": source.kind,
        "source_address": clean(source.address),
        "source_language": source.language,
        "captured_at": "" if captured_at is None else written(captured_at),
        "captured_sha256": source.sha256,
    }


def _newest(connection: Connection, outage_id: str) -> dict[str, Any]:
    table = outage_versions.c
    query = select(outage_versions).where(table.outage_id == outage_id).order_by(table.version.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise StoreError("there is no such outage in the ledger; see `reporter outages list`", where=outage_id)
    return dict(row._mapping)
