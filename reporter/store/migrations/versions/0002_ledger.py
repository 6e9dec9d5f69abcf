"""The outage ledger, which only grows: a row that is there cannot be changed, taken out or written over."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from reporter.store.migrations.only_grows import only_grows

revision = "0002"
down_revision = "0001"

VERSION_TEXTS = (
    "recorded_at", "action", "came_by", "services", "began_at", "ended_at", "kind", "verification", "status",
    "announced_at", "source_url", "title", "note", "precision", "source_row", "unspecified_components", "merged_into",
    "relief", "told", "source_kind", "source_address", "source_language", "raw_text", "captured_at",
    "captured_sha256", "previous_sha256", "content_sha256",
)
TABLES = ("outage_versions", "ledger_checks")


def upgrade() -> None:
    op.create_table(
        "outage_versions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("outage_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in VERSION_TEXTS),
        sa.UniqueConstraint("outage_id", "version", name="outage_versions_once"),
        sqlite_strict=True,
    )
    op.create_index("outage_versions_by_time", "outage_versions", ["recorded_at"])
    op.create_table(
        "ledger_checks",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Text, nullable=False),
        sa.Column("complete_to", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ledger_checks_by_source", "ledger_checks", ["source", "checked_at"])
    for statement in _locks(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def _locks(dialect: str) -> Iterator[str]:
    if dialect != "sqlite":
        yield (
            "CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$"
        )
    for table in TABLES:
        yield from only_grows(dialect, table, "the ledger")
    if dialect == "sqlite":
        yield (
            "CREATE TRIGGER outage_versions_no_second BEFORE INSERT ON outage_versions WHEN EXISTS "
            "(SELECT 1 FROM outage_versions WHERE outage_id = NEW.outage_id AND version = NEW.version) "
            "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
        )
