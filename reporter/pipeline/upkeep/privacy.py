"""Everything that is held of one person: to give it out, or to erase it."""

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pandas import Timedelta, Timestamp
from sqlalchemy import Connection

from reporter.delivery.mail_texts import naming
from reporter.errors import FolderError, refused
from reporter.pipeline.run.run_folder import (
    MANIFEST,
    PURGED,
    begun_in,
    listed_in,
    manifest_bytes,
    purged_from,
    put_file,
    take_unfinished,
)
from reporter.report.calendar import event_id
from reporter.settings import Settings
from reporter.store.alerts import alerts_about
from reporter.store.audit import person_digest
from reporter.store.captures import evidence_beside, evidence_of
from reporter.store.database import Store
from reporter.store.ledger import captured, captures_beside
from reporter.store.privacy import (
    Holdings,
    duties_of,
    erase,
    findings_kept,
    holdings_of,
    mails_kept,
    note_purge,
    own_secret,
    purge_findings,
    purge_outbox,
)
from reporter.store.runs import named_folders

log = logging.getLogger(__name__)
CLASSES = ("runs", "digests", "rosters", "outbox", "captures")
CELLS = ("set-aside.xlsx", "problems.csv")
"""The files of a run that repeat the cells of a roster as they stood."""


@dataclass(frozen=True)
class PurgeResult:
    """What a purge of one class took, or would take: rows of the store, files, and their bytes."""

    kind: str
    days: float
    rows: int = 0
    files: int = 0
    size: int = 0


def purge(
    settings: Settings,
    store: Store,
    now: Timestamp,
    *,
    classes: Sequence[str] = CLASSES,
    older_than: float | None = None,
    is_dry: bool = False,
) -> tuple[PurgeResult, ...]:
    """Remove what is older than `older_than` days, or than the settings allow to each class; 0 there keeps it.

    Raises: FolderError - a file cannot be removed. What was removed before it is on record.
    """
    done = []
    for kind in classes:
        days = float(getattr(settings.retention, kind)) if older_than is None else older_than
        if days <= 0 and older_than is None:
            continue
        one = _purge(settings, store, kind, days, now, is_dry=is_dry)
        done.append(one)
        if not is_dry and (one.rows or one.files):
            note_purge(store, kind, {"days": int(days), "rows": one.rows, "files": one.files}, now)
        log.info("purge of %s: %d rows, %d files", kind, one.rows, one.files)
    return tuple(done)


def run_folders(settings: Settings, store: Store) -> Iterator[Path]:
    """The folders of runs, finished or not: where the settings put them, and where a person had one written."""
    there = [*settings.path(settings.out).glob("*/"), *map(Path, named_folders(store))]
    yield from sorted({path for path in there if (path / MANIFEST).is_file() or begun_in(path)})


def _purge(settings: Settings, store: Store, kind: str, days: float, now: Timestamp, *, is_dry: bool) -> PurgeResult:
    before = now - Timedelta(days=days)
    if kind == "outbox":
        return PurgeResult(kind, days, rows=purge_outbox(store, before, is_dry=is_dry))
    if kind == "captures":
        paths = _unused_captures(settings.path("."), store, before)
        size = sum(path.stat().st_size for path in paths)
        if not is_dry:
            _unlink_file(paths)
        return PurgeResult(kind, days, files=len(paths), size=size)
    rows = purge_findings(store, before, is_dry=is_dry) if kind == "runs" else 0
    taken = [_purge_folder(folder, kind, before, now, is_dry=is_dry) for folder in run_folders(settings, store)]
    return PurgeResult(kind, days, rows, sum(files for files, _ in taken), sum(size for _, size in taken))


def _purge_folder(folder: Path, kind: str, before: Timestamp, now: Timestamp, *, is_dry: bool) -> tuple[int, int]:
    """The files of that class in one old run, with their bytes; what was taken is noted beside the manifest first."""
    if begun_in(folder) and not (folder / MANIFEST).exists():
        return _purge_unfinished(folder, kind, before, is_dry=is_dry)
    content = manifest_bytes(folder)
    names = [name for name in listed_in(content, folder) if _is_of_class(name, kind)]
    paths = {name: folder / name for name in names if _is_within(folder / name, folder)}
    if Timestamp(json.loads(content)["as_of"]) >= before or not paths:
        return 0, 0
    if kind == "runs" and (archive := folder.with_name(f"{folder.name}.zip")).is_file():  # of an evidence pack
        paths[archive.name] = archive
    size = sum(path.stat().st_size for path in paths.values())
    if not is_dry:
        note = {"class": kind, "at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        whole = dict(purged_from(folder)) | dict.fromkeys(paths, note)
        put_file(folder / PURGED, json.dumps(whole, indent=1, sort_keys=True).encode())
        _unlink_file(list(paths.values()))
    return len(paths), size


def _purge_unfinished(folder: Path, kind: str, before: Timestamp, *, is_dry: bool) -> tuple[int, int]:
    """The files of a run that never came to its end: they are of the class of runs, all of them."""
    begun = begun_in(folder)
    paths = [folder / name for name in begun["files"] if _is_within(folder / name, folder)]
    if kind != "runs" or not begun["as_of"] or Timestamp(begun["as_of"]) >= before:
        return 0, 0
    size = sum(path.stat().st_size for path in paths)
    if not is_dry:
        take_unfinished(folder)
    return len(paths), size


def _is_of_class(name: str, kind: str) -> bool:
    if kind == "runs":
        return True
    return name.startswith("digests/") if kind == "digests" else name in CELLS


def _is_within(path: Path, folder: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _unused_captures(home: Path, store: Store, before: Timestamp) -> list[Path]:
    """Captured files that no version of the ledger rests on, and that no page is compared with any more."""
    folder = captures_beside(store, home).folder
    seen = folder / "seen.json"
    noted = seen.read_text("utf-8") if seen.is_file() else ""
    named = set(captured(store))
    files = [path for path in folder.glob("*") if len(path.name) == 64 and path.name not in named]
    return sorted(p for p in files if p.name not in noted and p.stat().st_mtime < before.timestamp())


def _unlink_file(paths: Sequence[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise refused(FolderError, "stop_not_removed", where=str(path), what=error.strerror) from error


@dataclass(frozen=True)
class Erasure:
    """What was erased of a person, or would be; `remaining` are files that were delivered and still name them."""

    held: Holdings
    remaining: tuple[Path, ...]


def export_person(settings: Settings, store: Store, person_id: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """What the store and the run folders hold of that person, as plain values for JSON.

    Takes: names - by which a mail or a file may give the person without the id; somebody else may have them too.
    """
    files = evidence_of(store, person_id)
    with store.begin() as connection:
        found = holdings_of(connection, person_id, _uids(connection, person_id), naming(person_id, *names))
        findings, mails = findings_kept(connection, person_id), mails_kept(connection, found.mails)
        alerts = alerts_about(connection, person_id)
    paths = files_naming(settings, store, person_id, names)
    return {
        "person_id": person_id,
        "names": list(names),
        "findings": findings,
        "calendar_events": found.events,
        "mails": mails,
        "alerts": alerts,
        "evidence": [
            {
                "name": kept.name,
                "kind": kept.kind,
                "sha256": kept.sha256,
                "size": kept.size,
                "note": kept.note,
                "happened_at": "" if kept.happened_at is None else kept.happened_at.isoformat(),
                "recorded_at": kept.recorded_at.isoformat(),
            }
            for kept in files
        ],
        "files": [str(path) for path in paths],
        "rows": [row for path in paths if path.suffix == ".csv" for row in _rows(path, person_id)],
    }


def erase_person(
    settings: Settings, store: Store, person_id: str, now: Timestamp, *, names: Sequence[str] = (), is_dry: bool
) -> Erasure:
    """Take the person out of the store, of the outbox and of the evidence; tell which delivered files remain.

    Takes:  names - by which a mail may give the person without the id. A mail that names a namesake goes too: it is
            kept for nothing but what was sent, and a name that stays is not erased.
    Raises: StoreError, and then nothing was erased; FolderError - a file of evidence cannot be removed.
    """
    folder = evidence_beside(store, settings.path(".")).folder
    with store.begin() as connection:
        uids = _uids(connection, person_id)
        found = holdings_of(connection, person_id, uids, naming(person_id, *names))
        if not is_dry:
            subject = person_digest(person_id, own_secret(store.folder(settings.path("."))))
            erase(connection, person_id, uids, found, now, subject=subject, unlink=lambda names: _unlink(folder, names))
    return Erasure(found, files_naming(settings, store, person_id, names))


def files_naming(settings: Settings, store: Store, person_id: str, names: Sequence[str] = ()) -> tuple[Path, ...]:
    """The files in the run folders that name the person, by the id or by one of the names."""
    found: list[Path] = []
    for folder in run_folders(settings, store):
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        theirs = [p for p in paths if naming(person_id, *names, is_mail=p.suffix == ".eml")(p.read_bytes())]
        archive = folder.with_name(f"{folder.name}.zip")  # of an evidence pack, with the same files in it
        found += [*theirs, *([archive] if theirs and archive.is_file() else [])]
    return tuple(found)


def _uids(connection: Connection, person_id: str) -> Sequence[str]:
    """The ids of the person's calendar events: digests, which can only be made again from the duty."""
    return [event_id(person_id, deadline, occurrence) for deadline, occurrence in duties_of(connection, person_id)]


def _rows(path: Path, person_id: str) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [dict(row) | {"file": str(path)} for row in csv.DictReader(file) if row.get("person_id") == person_id]


def _unlink(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise refused(
                FolderError, "stop_not_removed", where=f"evidence {name[:12]}", what=error.strerror
            ) from error
