"""The audit record: what was run, on what, by which rules, who was told what and when, and what was purged since.

It holds digests and counts, never a name or an address, so that it can be kept when everything else has gone. Each
row is sealed over the one in front of it, as the ledger's are.
"""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from pandas import Timestamp
from sqlalchemy import Connection, insert, select

from reporter.store.database import Store, lock_table
from reporter.store.ledger_rows import START, BrokenRow, broken_rows, instant_text, seal_rows
from reporter.store.tables import audit

RUN, TOLD, PURGE, ERASURE, EVIDENCE_ERASED = "run", "told", "purge", "erasure", "evidence_erased"


class Event(Struct, frozen=True):
    """One row of the record."""

    number: int
    at: str
    event: str
    subject: str
    facts: Mapping[str, Any]


def note_event(connection: Connection, event: str, subject: str, facts: Mapping[str, Any], at: Timestamp) -> None:
    """Put one event behind the newest, in the transaction of what it tells of: never the one without the other.

    NOTE: the last thing that a transaction locks, everywhere; so two of them cannot wait for each other.
    """
    lock_table(connection, audit)
    query = select(audit.c.number, audit.c.content_sha256, audit.c.at).order_by(audit.c.number.desc()).limit(1)
    last = connection.execute(query).one_or_none()
    number, previous, not_before = (0, START, "") if last is None else last
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    row = {"at": max(instant_text(at), not_before), "event": event, "subject": subject, "facts": text}
    connection.execute(insert(audit), seal_rows(audit, [row], number, previous))


def audit_events(store: Store) -> tuple[Event, ...]:
    """The whole record, oldest first."""
    table = audit.c
    query = select(table.number, table.at, table.event, table.subject, table.facts).order_by(table.number)
    return tuple(
        Event(number, at, event, subject, json.loads(facts)) for number, at, event, subject, facts in store.rows(query)
    )


def audit_head(store: Store) -> tuple[int, str]:
    """The number and the seal of the newest row: kept elsewhere, they tell when rows were cut off."""
    query = select(audit.c.number, audit.c.content_sha256).order_by(audit.c.number.desc()).limit(1)
    row = store.row(query)
    return (0, START) if row is None else (row.number, row.content_sha256)


def has_event(store: Store, number: int, sha256: str) -> bool:
    """Whether the record holds that row; a store put back from a backup ends before it."""
    query = select(audit.c.content_sha256).where(audit.c.number == number)
    return bool(store.scalar(query) == sha256)


def verify_audit(store: Store, expected: tuple[int, str] | None = None) -> tuple[BrokenRow, ...]:
    """Every row that is not as it was written; `expected` is a head kept elsewhere that must still be there."""
    rows = store.rows(select(audit).order_by(audit.c.number))
    return tuple(broken_rows([(audit, rows)], [expected] if expected else []))


def person_digest(person_id: str, secret: bytes) -> str:
    """What the record calls a person after their erasure; without the store's secret nobody can make it again."""
    return hmac.digest(secret, f"person\n{person_id}".encode(), "sha256").hex()
