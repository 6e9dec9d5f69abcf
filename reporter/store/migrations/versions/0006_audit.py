"""The audit record, which only grows; a file of evidence leaves its list once the record says so."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from reporter.store.migrations.only_grows import only_grows

revision = "0006"
down_revision = "0005"

TEXTS = ("at", "event", "subject", "facts", "previous_sha256", "content_sha256")
SAID = "SELECT 1 FROM audit WHERE event = 'evidence_erased' AND subject = OLD.number || ':' || OLD.sha256"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sqlite_strict=True,
    )
    op.create_index("audit_by_event", "audit", ["event", "subject"])
    connection = op.get_bind()
    dialect = connection.dialect.name
    for statement in only_grows(dialect, "audit", "the audit record"):
        connection.exec_driver_sql(statement)
    for statement in _sqlite() if dialect == "sqlite" else _postgresql():
        connection.exec_driver_sql(statement)


def _sqlite() -> Iterator[str]:
    yield "DROP TRIGGER evidence_files_no_delete"
    yield (
        f"CREATE TRIGGER evidence_files_no_delete BEFORE DELETE ON evidence_files WHEN NOT EXISTS ({SAID}) "
        "BEGIN SELECT RAISE(ABORT, 'the list of evidence only grows'); END"
    )


def _postgresql() -> Iterator[str]:
    yield "DROP TRIGGER evidence_files_only_grows ON evidence_files"
    yield (
        "CREATE FUNCTION evidence_leaves_when_said() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF TG_OP = 'DELETE' THEN IF EXISTS ({SAID}) THEN RETURN OLD; END IF; END IF; "
        "RAISE EXCEPTION 'the list of evidence only grows'; END $$"
    )
    yield (
        "CREATE TRIGGER evidence_files_only_grows BEFORE UPDATE OR DELETE ON evidence_files "
        "FOR EACH ROW EXECUTE FUNCTION evidence_leaves_when_said()"
    )
