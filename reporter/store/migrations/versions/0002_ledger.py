"""The outage ledger, which only grows: a row that is there cannot be changed, taken out or written over."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

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


def downgrade() -> None:
    op.drop_table("ledger_checks")
    op.drop_table("outage_versions")
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql("DROP FUNCTION ledger_only_grows()")


def _locks(dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        yield from _sqlite_locks()
        return
    yield (
        "CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$"
    )
    for table in TABLES:
        yield (
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_only_grows()"
        )
        yield (
            f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows()"
        )


def _sqlite_locks() -> Iterator[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    for table in TABLES:
        for deed in ("UPDATE", "DELETE"):
            yield f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} {refuse}"
        # INSERT OR REPLACE takes the old row out without asking the triggers of DELETE
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number) {refuse}"
        )
    yield (
        "CREATE TRIGGER outage_versions_no_second BEFORE INSERT ON outage_versions WHEN EXISTS "
        f"(SELECT 1 FROM outage_versions WHERE outage_id = NEW.outage_id AND version = NEW.version) {refuse}"
    )
