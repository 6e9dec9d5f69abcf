"""What the store lets go of: findings and mails past their time, and all that it holds of one person.

Every removal is in one transaction with the row of the audit record that tells of it, in digests and counts.
"""

import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from pandas import Timestamp
from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from reporter.errors import StoreError, refused
from reporter.model.mail import AMBIGUOUS, CANCELLED, DEAD, REFUSED, SENT, UNTOUCHED
from reporter.store.audit import ERASURE, EVIDENCE_ERASED, PURGE, note_event
from reporter.store.database import Store, lock_table
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import cancel
from reporter.store.tables import alert_facts, evidence_files, outbox, run_events, run_findings, runs

SETTLED = (SENT, REFUSED, DEAD, CANCELLED)
"""States in which nobody needs the bytes of a mail any more."""
EMPTY = {"address": "", "content": None}
IS_FULL = and_(outbox.c.state.in_(SETTLED), or_(outbox.c.content.is_not(None), outbox.c.address != ""))
"""A settled mail with anything in it that a purge empties."""


class Holdings(Struct, frozen=True):
    """How much the store holds of a person: findings, events, mails and files of evidence."""

    findings: int
    events: int
    mails: tuple[int, ...]
    evidence: tuple[tuple[int, str], ...]  # number and SHA-256


def purge_findings(store: Store, before: Timestamp, *, is_dry: bool) -> int:
    """Forget the findings and events of runs before that instant; how many. The figures of a run stay."""
    with store.begin() as connection:
        old = select(runs.c.number).where(runs.c.as_of < instant_text(before))
        done = 0
        for table in (run_findings, run_events):
            done += _count(connection, table.c.run_number.in_(old))
            if not is_dry:
                connection.execute(delete(table).where(table.c.run_number.in_(old)))
        return done


def purge_outbox(store: Store, before: Timestamp, *, is_dry: bool) -> int:
    """Empty the settled mails before that instant of addresses and content; how many. Their states stay."""
    old = and_(IS_FULL, outbox.c.changed_at < instant_text(before))
    with store.begin() as connection:
        done = _count(connection, old)
        if done and not is_dry:
            let_go = select(outbox.c.number).where(old)
            connection.execute(delete(alert_facts).where(alert_facts.c.outbox_number.in_(let_go)))
            connection.execute(update(outbox).where(old).values(EMPTY))
    return done


def oldest_settled(store: Store) -> Timestamp | None:
    """Since when the oldest mail that still has an address or its bytes is settled; None where none has."""
    found = store.scalar(select(func.min(outbox.c.changed_at)).where(IS_FULL))
    return Timestamp(found) if found else None


def note_purge(store: Store, kind: str, counts: Mapping[str, int], now: Timestamp) -> None:
    """Write a purge into the audit record."""
    with store.begin() as connection:
        note_event(connection, PURGE, kind, counts, now)


def holdings_of(
    connection: Connection, person_id: str, uids: Sequence[str], holds: Callable[[bytes], bool]
) -> Holdings:
    """What the store holds of that person. Takes: uids - of their calendar events; holds - whether a mail names them.

    NOTE: mails are read one by one, since all of them may be larger than the memory.
    """
    numbers = connection.execute(select(outbox.c.number).where(outbox.c.content.is_not(None))).scalars().all()
    content = select(outbox.c.content)
    named = [
        n for n in numbers if holds(bytes(connection.execute(content.where(outbox.c.number == n)).scalar() or b""))
    ]
    theirs = evidence_files.c.person_id == person_id
    files = select(evidence_files.c.number, evidence_files.c.sha256).where(theirs).order_by(evidence_files.c.number)
    return Holdings(
        findings=_count(connection, run_findings.c.person_id == person_id),
        events=_count(connection, run_events.c.uid.in_(uids)),
        mails=tuple(named),
        evidence=tuple((row.number, row.sha256) for row in connection.execute(files)),
    )


def duties_of(connection: Connection, person_id: str) -> list[tuple[str, int]]:
    """Every duty, with its occurrence, that a run found for that person."""
    theirs = run_findings.c.person_id == person_id
    query = select(run_findings.c.deadline, run_findings.c.occurrence).where(theirs).distinct()
    return [(row.deadline, row.occurrence) for row in connection.execute(query)]


def findings_kept(connection: Connection, person_id: str) -> list[dict[str, Any]]:
    """Each finding of that person, with the run it is of."""
    columns = ("deadline", "occurrence", "level", "rule", "closes_at")
    query = (
        select(runs.c.run_id, runs.c.as_of, *(run_findings.c[name] for name in columns))
        .join(runs, runs.c.number == run_findings.c.run_number)
        .where(run_findings.c.person_id == person_id)
        .order_by(runs.c.number, run_findings.c.position)
    )
    return [dict(row._mapping) for row in connection.execute(query)]


def mails_kept(connection: Connection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """How those mails stand, without their bytes."""
    names = ("number", "period", "slug", "state", "planned_at", "changed_at", "size", "content_sha256")
    query = select(*(outbox.c[name] for name in names)).where(outbox.c.number.in_(numbers)).order_by(outbox.c.number)
    return [dict(row._mapping) for row in connection.execute(query)]


def erase(
    connection: Connection,
    person_id: str,
    uids: Sequence[str],
    found: Holdings,
    now: Timestamp,
    *,
    subject: str,
    unlink: Callable[[Iterable[str]], None],
) -> None:
    """Take out what was found of the person, and note it as of `subject`. Takes: unlink - deletes files by SHA-256.

    NOTE: the files go before the transaction is over. Killed in between, the rows still tell what is to be done again.
    """
    lock_table(connection, outbox)
    connection.execute(delete(run_findings).where(run_findings.c.person_id == person_id))
    connection.execute(delete(run_events).where(run_events.c.uid.in_(uids)))
    connection.execute(delete(alert_facts).where(alert_facts.c.person_id == person_id))
    cancel(connection, found.mails, "erased", now)
    emptied = outbox.c.number.in_(found.mails) & outbox.c.state.in_((*SETTLED, *UNTOUCHED, AMBIGUOUS))
    connection.execute(update(outbox).where(emptied).values(EMPTY))
    for number, sha256 in found.evidence:
        note_event(connection, EVIDENCE_ERASED, f"{number}:{sha256}", {}, now)
        connection.execute(delete(evidence_files).where(evidence_files.c.number == number))
    left = set(connection.execute(select(evidence_files.c.sha256)).scalars())
    unlink({sha256 for _, sha256 in found.evidence} - left)
    counts = {
        "findings": found.findings,
        "events": found.events,
        "mails": len(found.mails),
        "evidence": len(found.evidence),
    }
    note_event(connection, ERASURE, subject, counts, now)


def _count(connection: Connection, wanted: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).where(wanted)).scalar_one()


NAME = "audit.key"
BYTES = 32


def own_secret(folder: Path) -> bytes:
    """The secret in that folder; made when it is first needed. Raises: StoreError - it cannot be kept or read."""
    path = folder / NAME
    try:
        _make(path)
        kept = path.read_bytes()
    except OSError as error:
        raise refused(StoreError, "secret_not_kept", where=NAME, what=error.strerror) from error
    if len(kept) != BYTES:  # a process was killed while it wrote
        raise refused(StoreError, "secret_damaged", where=NAME)
    return kept


def _make(path: Path) -> None:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(BYTES))
        file.flush()
        os.fsync(file.fileno())
