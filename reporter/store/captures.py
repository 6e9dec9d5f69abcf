"""Captured files beside the database, each under the SHA-256 of its bytes, so that a changed one shows."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from msgspec import Struct
from pandas import Timestamp
from sqlalchemy import Row, insert, select

from reporter.errors import StoreError, refused
from reporter.model.report import FiledEvidence
from reporter.store.database import Store
from reporter.store.ledger_rows import instant_text
from reporter.store.tables import evidence_files

FOLDER = "captures"


class Captures(Struct, frozen=True):
    """The folder of captured files; made when the first file is kept, readable by its owner only."""

    folder: Path

    def keep(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256; the same bytes are kept once."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not (self.folder / sha256).exists():
            self._write(sha256, content)
        return sha256

    def holds(self, sha256: str) -> bool:
        """Whether a file of that name is there; whether it is whole, `read` tells."""
        return (self.folder / sha256).is_file()

    def read(self, sha256: str) -> bytes:
        """The bytes as captured. Raises StoreError when they are gone, or are not what was captured."""
        if len(sha256) != 64 or not sha256.isalnum():
            raise refused(StoreError, "capture_no_sha", where=sha256[:70])
        try:
            content = (self.folder / sha256).read_bytes()
        except OSError as e:
            raise refused(StoreError, "capture_unread", where=sha256, what=e.strerror) from e
        if hashlib.sha256(content).hexdigest() != sha256:
            raise refused(StoreError, "capture_changed", where=sha256)
        return content

    def _write(self, name: str, content: bytes) -> None:
        try:
            write_whole(self.folder / name, content)
        except OSError as e:
            raise refused(StoreError, "capture_not_kept", where=self.folder.name, what=e.strerror) from e


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """A file that is there whole or not at all, readable by its owner only: written beside, then put in place."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    except OSError:
        with suppress(OSError, UnboundLocalError):
            Path(file.name).unlink(missing_ok=True)
        raise


def noted_in(path: Path) -> dict[str, Any]:
    """What a small JSON file says that is kept beside; nothing where there is none that can be read."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def note_in(path: Path, facts: Mapping[str, Any]) -> None:
    """Write such a file whole."""
    write_whole(path, json.dumps(facts, indent=1, sort_keys=True).encode() + b"\n")


def captures_beside(store: Store, otherwise: Path) -> Captures:
    """The captures beside an SQLite file; with a database server, those in the folder given instead."""
    return Captures(store.folder(otherwise) / FOLDER)


EVIDENCE_FOLDER = "evidence"
SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def evidence_beside(store: Store, otherwise: Path) -> Captures:
    """The folder of evidence, beside that of captures."""
    return Captures(captures_beside(store, otherwise).folder.parent / EVIDENCE_FOLDER)


def file_evidence(
    store: Store,
    person_id: str,
    kind: str,
    sha256: str,
    *,
    suffix: str,
    size: int,
    happened_at: Timestamp | None,
    recorded_at: Timestamp,
    note: str,
) -> FiledEvidence:
    """Put one file on the list; the same file again gets a line of its own."""
    plain = suffix.lower() if SUFFIX.fullmatch(suffix.lower()) else ""
    values = {
        "person_id": person_id,
        "kind": kind,
        "happened_at": "" if happened_at is None else instant_text(happened_at),
        "recorded_at": instant_text(recorded_at),
        "sha256": sha256,
        "suffix": plain,
        "size": size,
        "note": note.replace("\0", ""),
    }
    with store.begin() as connection:
        row = connection.execute(insert(evidence_files).values(values).returning(*evidence_files.c)).one()
    return _kept(row)


def evidence_of(store: Store, person_id: str) -> tuple[FiledEvidence, ...]:
    """What was filed for that person, in the order of filing."""
    query = select(evidence_files).where(evidence_files.c.person_id == person_id).order_by(evidence_files.c.number)
    return tuple(_kept(row) for row in store.rows(query))


def _kept(row: Row[tuple[object, ...]]) -> FiledEvidence:
    return FiledEvidence(
        number=row.number,
        kind=row.kind,
        happened_at=Timestamp(row.happened_at) if row.happened_at else None,
        recorded_at=Timestamp(row.recorded_at),
        sha256=row.sha256,
        suffix=row.suffix,
        size=row.size,
        note=row.note,
    )
