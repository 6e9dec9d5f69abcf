"""The list of what an office filed for a person; it only grows. The files stand beside the database, by SHA-256."""

import re
from pathlib import Path

from pandas import Timestamp
from sqlalchemy import Row, insert, select

from reporter.model.evidence import Kept
from reporter.store.database import Store
from reporter.store.ledger_captures import Captures, captures_beside
from reporter.store.ledger_rows import written
from reporter.store.tables import evidence_files

FOLDER = "evidence"
SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def evidence_beside(store: Store, otherwise: Path) -> Captures:
    """The folder of evidence, beside that of captures."""
    return Captures(captures_beside(store, otherwise).folder.parent / FOLDER)


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
) -> Kept:
    """Put one file on the list; the same file again gets a line of its own."""
    plain = suffix.lower() if SUFFIX.fullmatch(suffix.lower()) else ""
    values = {
        "person_id": person_id,
        "kind": kind,
        "happened_at": "" if happened_at is None else written(happened_at),
        "recorded_at": written(recorded_at),
        "sha256": sha256,
        "suffix": plain,
        "size": size,
        "note": note.replace("\0", ""),
    }
    with store.begin() as connection:
        row = connection.execute(insert(evidence_files).values(values).returning(*evidence_files.c)).one()
    return _kept(row)


def evidence_of(store: Store, person_id: str) -> tuple[Kept, ...]:
    """What was filed for that person, in the order of filing."""
    query = select(evidence_files).where(evidence_files.c.person_id == person_id).order_by(evidence_files.c.number)
    with store.begin() as connection:
        return tuple(_kept(row) for row in connection.execute(query))


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    return Kept(
        number=row.number,
        kind=row.kind,
        happened_at=Timestamp(row.happened_at) if row.happened_at else None,
        recorded_at=Timestamp(row.recorded_at),
        sha256=row.sha256,
        suffix=row.suffix,
        size=row.size,
        note=row.note,
    )
