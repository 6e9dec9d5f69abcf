"""The checks of the ledger and the items that await somebody join its versions in one chain, which only grows.

Rows of checks that are there already are sealed behind the newest version, in their order.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from reporter.store.migrations.only_grows import only_grows

revision = "0007"
down_revision = "0006"

OLD = ("source", "checked_at", "complete_to", "status", "sha256")
CONDITION = ("clockless_sha256", "etag", "last_modified", "ask_after", "reader_sha256")
COUNTS = ("entered", "unchanged", "draft", "refused", "settled")
SEALS = ("previous_sha256", "content_sha256")
ITEM = ("item_id", "at", "fate", "source", "place", "code", "details", "words", "outage_id", "record",
        "captured_sha256", "who", "why")  # fmt: skip
TABLES = ("ledger_checks", "ledger_items")


def upgrade() -> None:
    connection = op.get_bind()
    kept = connection.execute(sa.text(f"SELECT {', '.join(OLD)} FROM ledger_checks ORDER BY number")).fetchall()
    op.drop_table("ledger_checks")
    checks = op.create_table(
        "ledger_checks",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in (*OLD, *CONDITION)),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.Text, nullable=False) for name in SEALS),
        sqlite_strict=True,
    )
    op.create_index("ledger_checks_by_source", "ledger_checks", ["source", "checked_at"])
    op.create_table(
        "ledger_items",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer if name == "place" else sa.Text, nullable=False) for name in (*ITEM, *SEALS)),
        sqlite_strict=True,
    )
    op.create_index("ledger_items_by_item", "ledger_items", ["item_id"])
    identity = op.create_table("ledger_identity", sa.Column("identity", sa.Text, primary_key=True), sqlite_strict=True)
    connection.execute(sa.insert(identity), {"identity": secrets.token_hex(16)})
    if rows := list(_sealed(connection, kept)):
        connection.execute(sa.insert(checks), rows)
    for table in TABLES:
        for statement in only_grows(connection.dialect.name, table, "the ledger"):
            connection.exec_driver_sql(statement)


def _sealed(connection: sa.Connection, kept: Any) -> Iterator[dict[str, Any]]:
    newest = sa.text("SELECT number, content_sha256 FROM outage_versions ORDER BY number DESC LIMIT 1")
    last = connection.execute(newest).one_or_none()
    number, previous = (0, "0" * 64) if last is None else (last.number, last.content_sha256)
    for place, row in enumerate(kept, number + 1):
        values = (*row, *("" for _ in CONDITION), *(0 for _ in COUNTS), previous)
        text = json.dumps([place, *values], ensure_ascii=False, separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
        names = (*OLD, *CONDITION, *COUNTS, *SEALS)
        yield {"number": place, **dict(zip(names, (*values, previous), strict=True))}
