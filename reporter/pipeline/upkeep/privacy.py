"""What is past its time goes, by class; and all that is held of one person, to give it out or to erase it.

No record that only grows is purged: the ledger, the audit record, evidence, manifests and the captured pages that the
ledger rests on stay whatever the settings say. A year of folders is passed over by their names: a week's purge costs
what that week lets go of.
"""

import csv
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from pandas import Timedelta, Timestamp
from sqlalchemy import Connection

from reporter.delivery.mail_texts import naming
from reporter.delivery.message import carries
from reporter.errors import FolderError, refused
from reporter.model.mail import SENT
from reporter.model.report import OFFICE_SLUG
from reporter.pipeline.run.run_folder import (
    MANIFEST,
    OUR_NOTES,
    PURGED,
    begun_in,
    listed_in,
    manifest_bytes,
    purged_from,
    put_file,
    take_unfinished,
)
from reporter.pipeline.send.deliver import drop_copies, mail_file
from reporter.report.calendar import event_id
from reporter.settings import Settings
from reporter.store.audit import person_digest
from reporter.store.captures import captures_beside, evidence_beside, evidence_of
from reporter.store.database import Store
from reporter.store.ledger import captured
from reporter.store.outbox import alerts_about, entries
from reporter.store.privacy import (
    Holdings,
    duties_of,
    erase,
    findings_kept,
    holdings_of,
    mails_kept,
    note_purge,
    oldest_settled,
    own_secret,
    purge_findings,
    purge_outbox,
)
from reporter.store.runs import named_folders

log = logging.getLogger(__name__)
CLASSES = ("runs", "digests", "renderings", "rosters", "outbox", "captures")
CELLS = ("set-aside.xlsx", "problems.csv")
"""The files of a run that repeat the cells of a roster as they stood."""
DIGESTS, PREVIEW = "digests", "digests/index.html"
RUN_NAME = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}")
"""The name of a run's folder, where no person gave it one: it says as of when the run was made."""


class PurgeResult(Struct, frozen=True):
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
    done, folders = [], list(run_folders(settings.runs_folder, store))
    places = settings.runs_folder, settings.home
    for kind in classes:
        days = float(getattr(settings.retention, kind)) if older_than is None else older_than
        if days <= 0 and older_than is None:
            continue
        one = _purge(places, store, folders, PurgeResult(kind, days), now, is_dry=is_dry)
        done.append(one)
        if not is_dry and (one.rows or one.files):
            note_purge(store, kind, {"days": int(days), "rows": one.rows, "files": one.files}, now)
        log.info("purge of %s: %d rows, %d files", kind, one.rows, one.files)
    return tuple(done)


class DiskUse(Struct, frozen=True):
    """What stands on the disk, in bytes, and from which instant on the oldest of each class goes, if it ever does."""

    store: int
    free: int  # of those of the store
    folders: int  # how many
    runs: int
    captures: int
    goes: Mapping[str, Timestamp]  # by class; one that is kept for good, or of which nothing is there, is not in it


def disk_use(settings: Settings, store: Store) -> DiskUse:
    """How much room all of it takes, and what goes next."""
    folders = sorted(run_folders(settings.runs_folder, store), key=_made_at)
    size, free = store.size()
    captures = captures_beside(store, settings.home).folder
    oldest = {kind: next((_made_at(one) for one in folders if REMAINS[kind](one)), None) for kind in REMAINS}
    unused = [path.stat().st_mtime for path in _unused_captures(settings.home, store)]
    oldest |= {
        "outbox": oldest_settled(store),
        "captures": Timestamp(min(unused), unit="s", tz="UTC") if unused else None,
    }
    days = {kind: float(getattr(settings.retention, kind)) for kind in CLASSES}
    goes = {kind: at + Timedelta(days=days[kind]) for kind in CLASSES if (at := oldest[kind]) and days[kind] > 0}
    return DiskUse(size, free, len(folders), sum(map(_bytes_in, folders)), _bytes_in(captures), goes)


def _made_at(folder: Path) -> Timestamp:
    """As of when the run in that folder was made, or begun."""
    if named := RUN_NAME.fullmatch(folder.name):
        return Timestamp(named[1])
    content = json.loads(manifest_bytes(folder)) if (folder / MANIFEST).is_file() else begun_in(folder)
    return Timestamp(content.get("as_of") or "1970-01-01T00:00:00Z")


def _bytes_in(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    with os.scandir(folder) as there:
        return sum(_bytes_in(Path(one.path)) if one.is_dir() else one.stat().st_size for one in there)


def run_folders(runs: Path, store: Store) -> Iterator[Path]:
    """The folders of runs, finished or not: where the settings put them, and where a person had one written."""
    there = [*runs.glob("*/"), *map(Path, named_folders(store))]
    yield from sorted({path for path in there if (path / MANIFEST).is_file() or begun_in(path)})


def _purge(
    places: tuple[Path, Path],
    store: Store,
    folders: Sequence[Path],
    asked: PurgeResult,
    now: Timestamp,
    *,
    is_dry: bool,
) -> PurgeResult:
    """One class. Takes: places - the folder of the runs, and that of the settings; asked - the class and its days."""
    (out, home), kind, days = places, asked.kind, asked.days
    before = now - Timedelta(days=days)
    if kind == "outbox":
        doubled = drop_copies(out, store, is_dry=is_dry)
        return PurgeResult(kind, days, rows=purge_outbox(store, before, is_dry=is_dry) + doubled)
    if kind == "captures":
        paths = [one for one in _unused_captures(home, store) if one.stat().st_mtime < before.timestamp()]
        size = sum(path.stat().st_size for path in paths)
        if not is_dry:
            _unlink_all(paths)
        return PurgeResult(kind, days, files=len(paths), size=size)
    rows = purge_findings(store, before, is_dry=is_dry) if kind == "runs" else 0
    taken = [_purge_folder(one, kind, before, now, is_dry=is_dry) for one in folders if _is_open(one, kind, before)]
    return PurgeResult(kind, days, rows, sum(files for files, _ in taken), sum(size for _, size in taken))


def _is_open(folder: Path, kind: str, before: Timestamp) -> bool:
    """Whether the folder may hold anything of the class that is old enough, as far as names tell."""
    named = RUN_NAME.fullmatch(folder.name)
    return not (named and named[1] >= f"{before:%Y%m%dT%H%M%SZ}") and (REMAINS[kind](folder) or not named)


def _has_digests(folder: Path) -> bool:
    return (folder / DIGESTS).is_dir() and any((folder / DIGESTS).iterdir())


REMAINS: Mapping[str, Callable[[Path], bool]] = {
    "runs": lambda folder: any(path.name not in OUR_NOTES for path in folder.iterdir()),
    "digests": _has_digests,
    "renderings": lambda folder: (folder / PREVIEW).is_file(),  # it goes with them, in one step, and last
    "rosters": lambda folder: any((folder / name).is_file() for name in CELLS),
}
"""Whether there is anything of that class left in a folder, without its manifest being read."""


def _purge_folder(folder: Path, kind: str, before: Timestamp, now: Timestamp, *, is_dry: bool) -> tuple[int, int]:
    """The files of that class in one old run, with their bytes; what was taken is noted beside the manifest first."""
    if begun_in(folder) and not (folder / MANIFEST).exists():
        return _purge_unfinished(folder, kind, before, is_dry=is_dry)
    content = manifest_bytes(folder)
    if Timestamp(json.loads(content)["as_of"]) >= before:
        return 0, 0
    names = [name for name in listed_in(content, folder) if _is_within(folder / name, folder)]
    paths = {name: folder / name for name in _of_class(folder, names, kind)}
    if not paths:
        return 0, 0
    if kind == "runs" and (archive := folder.with_name(f"{folder.name}.zip")).is_file():  # of an evidence pack
        paths[archive.name] = archive
    size = sum(path.stat().st_size for path in paths.values())
    if not is_dry:
        note = {"class": kind, "at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        whole = dict(purged_from(folder)) | dict.fromkeys(paths, note)
        put_file(folder / PURGED, json.dumps(whole, indent=1, sort_keys=True).encode())
        _unlink_all(list(paths.values()))
        if (folder / DIGESTS).is_dir() and not _has_digests(folder):
            (folder / DIGESTS).rmdir()
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


def _of_class(folder: Path, names: Sequence[str], kind: str) -> list[str]:
    """Those of a run's files that are of that class; the page that leads to the digests stands last."""
    if kind == "runs":
        return list(names)
    if kind == "rosters":
        return [name for name in names if name in CELLS]
    digests = [name for name in names if name.startswith(f"{DIGESTS}/")]
    return digests if kind == "digests" else [*_renderings(folder, digests), *(n for n in digests if n == PREVIEW)]


def _renderings(folder: Path, digests: Sequence[str]) -> Iterator[str]:
    """What a mail beside them carries, byte for byte: its page, its text, its workbook and its calendar."""
    beside: dict[str, list[str]] = {}
    for name in digests:
        slug, _, kind = name.removeprefix(f"{DIGESTS}/").partition(".")
        if kind != "eml":
            beside.setdefault(OFFICE_SLUG if slug == "risk" else slug, []).append(name)
    for name in digests:
        slug, _, kind = name.removeprefix(f"{DIGESTS}/").partition(".")
        if kind == "eml" and slug in beside:
            mail = (folder / name).read_bytes()
            yield from (one for one in beside[slug] if carries(mail, (folder / one).read_bytes()))


def _is_within(path: Path, folder: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _unused_captures(home: Path, store: Store) -> list[Path]:
    """Captured files that no version of the ledger rests on."""
    folder = captures_beside(store, home).folder
    named = set(captured(store))
    return sorted(path for path in folder.glob("*") if len(path.name) == 64 and path.name not in named)


def _unlink_all(paths: Sequence[Path], called: str = "") -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise refused(FolderError, "stop_not_removed", where=called or str(path), what=error.strerror) from error


class Erasure(Struct, frozen=True):
    """What was erased of a person, or would be; `remaining` are files that were delivered and still name them."""

    held: Holdings
    remaining: tuple[Path, ...]


def export_person(runs: Path, store: Store, person_id: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """What the store and the run folders hold of that person, as plain values for JSON.

    Takes: runs - where the run folders are kept; names - by which a mail or a file may give the person without the id;
           somebody else may have them too.
    """
    files = evidence_of(store, person_id)
    paths = files_naming(runs, store, person_id, names)
    beside = _mails_in(runs, store, paths)
    with store.begin() as connection:
        found = holdings_of(connection, person_id, _uids(connection, person_id), naming(person_id, *names))
        findings, mails = findings_kept(connection, person_id), mails_kept(connection, sorted({*found.mails, *beside}))
        alerts = alerts_about(connection, person_id)
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
    folder = evidence_beside(store, settings.home).folder
    with store.begin() as connection:
        uids = _uids(connection, person_id)
        found = holdings_of(connection, person_id, uids, naming(person_id, *names))
        if not is_dry:
            subject = person_digest(person_id, own_secret(store.folder(settings.home)))

            def unlink(names: Iterable[str]) -> None:
                for name in names:
                    _unlink_all([folder / name], f"evidence {name[:12]}")

            erase(connection, person_id, uids, found, now, subject=subject, unlink=unlink)
    return Erasure(found, files_naming(settings.runs_folder, store, person_id, names))


def files_naming(runs: Path, store: Store, person_id: str, names: Sequence[str] = ()) -> tuple[Path, ...]:
    """The files in the run folders that name the person, by the id or by one of the names."""
    found: list[Path] = []
    for folder in run_folders(runs, store):
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        theirs = [p for p in paths if naming(person_id, *names, is_mail=p.suffix == ".eml")(p.read_bytes())]
        archive = folder.with_name(f"{folder.name}.zip")  # of an evidence pack, with the same files in it
        found += [*theirs, *([archive] if theirs and archive.is_file() else [])]
    return tuple(found)


def _mails_in(out: Path, store: Store, paths: Iterable[Path]) -> list[int]:
    """The numbers of the mails sent whose bytes are these files: the outbox lets go of its own once they went."""
    named = {path.absolute() for path in paths if path.suffix == ".eml"}
    sent = entries(store, state=SENT) if named else ()
    files = ((entry.number, mail_file(out, entry)) for entry in sent)
    return [number for number, file in files if file is not None and file.absolute() in named]


def _uids(connection: Connection, person_id: str) -> Sequence[str]:
    """The ids of the person's calendar events: digests, which can only be made again from the duty."""
    return [event_id(person_id, deadline, occurrence) for deadline, occurrence in duties_of(connection, person_id)]


def _rows(path: Path, person_id: str) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [dict(row) | {"file": str(path)} for row in csv.DictReader(file) if row.get("person_id") == person_id]
