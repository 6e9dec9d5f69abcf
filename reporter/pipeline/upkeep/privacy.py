"""Everything that is held of one person: to give it out, or to erase it."""

import csv
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pandas import Timestamp
from sqlalchemy import Connection

from reporter.delivery.mail_texts import naming
from reporter.errors import FolderError, refused
from reporter.model.mail import SENT
from reporter.pipeline.send.deliver import mail_file
from reporter.pipeline.upkeep.retention import run_folders
from reporter.report.calendar import event_id
from reporter.settings import Settings
from reporter.store.alerts import alerts_about
from reporter.store.audit import person_digest
from reporter.store.captures import evidence_beside, evidence_of
from reporter.store.database import Store
from reporter.store.outbox import entries
from reporter.store.privacy import (
    Holdings,
    duties_of,
    erase,
    findings_kept,
    holdings_of,
    mails_kept,
    own_secret,
)

log = logging.getLogger(__name__)


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
    paths = files_naming(settings.path(settings.out), store, person_id, names)
    beside = _mails_in(settings.path(settings.out), store, paths)
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
    folder = evidence_beside(store, settings.path(".")).folder
    with store.begin() as connection:
        uids = _uids(connection, person_id)
        found = holdings_of(connection, person_id, uids, naming(person_id, *names))
        if not is_dry:
            subject = person_digest(person_id, own_secret(store.folder(settings.path("."))))
            erase(connection, person_id, uids, found, now, subject=subject, unlink=lambda names: _unlink(folder, names))
    return Erasure(found, files_naming(settings.path(settings.out), store, person_id, names))


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


def _unlink(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise refused(
                FolderError, "stop_not_removed", where=f"evidence {name[:12]}", what=error.strerror
            ) from error
