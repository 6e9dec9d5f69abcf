"""Whether the outage ledger still is what was written: its chain, the heads kept of it elsewhere, its captured files.

A chain cannot know its own end. So each run names the head it read in its manifest, in the record of runs and in the
audit record, and the newest head stands in a small file beside the store: a ledger cut short, or an older copy of it
put back, no longer holds one of them. Nor does one that was deleted and fed anew, of which that file still tells, and
the folders of runs that it has no record of: whoever began again on purpose says so (`outages verify --accept`).
"""

import logging
from pathlib import Path
from typing import Any

from msgspec import Struct
from pandas import Timestamp

from reporter.errors import StoreError
from reporter.settings import Settings
from reporter.store.audit import RUN, audit_events
from reporter.store.captures import Captures, captures_beside, note_in, noted_in
from reporter.store.database import Store
from reporter.store.ledger import captured, has_head, identity, ledger_head
from reporter.store.ledger_items import accept_head, accepted_heads
from reporter.store.ledger_rows import BrokenRow, Head, verify_ledger
from reporter.store.runs import latest_manifests

log = logging.getLogger(__name__)
HEADS, MANIFEST = "ledger-heads.json", "manifest.json"
LATEST = 5
"""Runs whose manifests are looked into; the audit record names the head of every run."""


class LedgerState(Struct, frozen=True):
    """What was found: rows that are not as written, heads that are gone, captured files changed or missing."""

    faults: tuple[BrokenRow, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many things are not as they were written; what is merely missing beside the store is not among them."""
        return len(self.faults) + len(self.changed)


def ledger_state(settings: Settings, store: Store, *, expected: Head | None = None) -> LedgerState:
    """The whole check. Takes: expected - a head that somebody kept elsewhere."""
    gone = accepted_heads(store)
    heads = {head for head in _known_heads(settings, store) if (head.number, head.sha256) not in gone}
    faults = verify_ledger(store, expected=heads | ({expected} if expected else set()))
    changed, missing = _captures(store, captures_beside(store, settings.home))
    log.info("ledger: %d rows and %d captured files are not as written", len(faults), len(changed))
    return LedgerState(faults, changed, missing)


def _known_heads(settings: Settings, store: Store) -> set[Head]:
    """Every head that was kept of this ledger, wherever one is found."""
    found = [event.facts.get("ledger") for event in audit_events(store) if event.event == RUN]
    found += [manifest.get("ledger") for manifest in latest_manifests(store, LATEST)]
    found += [
        noted_in(_beside(settings.home, store)).get(store.where),
        *_in_folders(settings.runs_folder, store),
    ]
    return {head for head in map(_head, found) if head}


def _in_folders(out: Path, store: Store) -> list[Any]:
    """What the newest runs say in their folders, where the store has no record of any run: it may be made anew.

    NOTE: a store that has a record of runs is held to those alone; two stores may write into one folder.
    """
    if _is_passing(store) or latest_manifests(store, 1):
        return []
    try:
        folders = [one for one in out.iterdir() if one.name[:2].isdecimal()]
    except OSError:
        return []
    return [noted_in(one / MANIFEST).get("ledger") for one in sorted(folders, key=lambda one: one.name)[-LATEST:]]


def keep_head(home: Path, store: Store) -> None:
    """Note the newest head beside the store, unless the one noted before is no longer in the ledger."""
    if _is_passing(store):
        return
    path, newest = _beside(home, store), ledger_head(store)
    before = _head(noted_in(path).get(store.where))
    if not newest.number or (newest.number, newest.sha256) == _pair(before) or (before and not has_head(store, before)):
        return
    try:
        _note(path, store, newest)
    except OSError as error:
        log.warning("the head of the ledger cannot be noted (%s)", error.strerror)


def accept_lost(settings: Settings, store: Store, *, who: str, why: str, at: Timestamp) -> int:
    """Note of each head that is gone that somebody knows, and why. Returns: how many there were."""
    accepted = accepted_heads(store)
    heads = _known_heads(settings, store)
    lost = [head for head in heads if not has_head(store, head) and (head.number, head.sha256) not in accepted]
    for head in sorted(lost, key=lambda one: one.number):
        accept_head(store, head.number, head.sha256, who=who, why=why, at=at)
    if lost and not _is_passing(store):
        _note(_beside(settings.home, store), store, ledger_head(store))
    return len(lost)


def _pair(head: Head | None) -> tuple[int, str]:
    return (head.number, head.sha256) if head else (0, "")


def _note(path: Path, store: Store, newest: Head) -> None:
    kept = {"identity": identity(store), "number": newest.number, "sha256": newest.sha256}
    note_in(path, noted_in(path) | {store.where: kept})


def _beside(home: Path, store: Store) -> Path:
    return store.folder(home) / HEADS


def _is_passing(store: Store) -> bool:
    """A store in memory leaves nothing."""
    return store.engine.dialect.name == "sqlite" and store.engine.url.database in (None, "", ":memory:")


def _captures(store: Store, captures: Captures) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The captured files that are changed, and those that are not there."""
    named = captured(store)
    missing = tuple(sha256 for sha256 in named if not captures.holds(sha256))
    return tuple(sha256 for sha256 in named if sha256 not in missing and not _is_whole(captures, sha256)), missing


def _is_whole(captures: Captures, sha256: str) -> bool:
    try:
        captures.read(sha256)
    except StoreError:
        return False
    return True


def _head(kept: Any) -> Head | None:
    """A head as it was kept; None where there is none that can be read, or it is of an empty ledger."""
    try:
        head = Head(int(kept["number"]), str(kept["sha256"]))
    except (TypeError, KeyError, ValueError):
        return None
    return head if head.number else None
