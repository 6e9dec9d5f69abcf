"""The audit record, which only grows; a file of evidence leaves its list once the record says so."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

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
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgresql():
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    evidence = (
        ["DROP TRIGGER evidence_files_no_delete",
         "CREATE TRIGGER evidence_files_no_delete BEFORE DELETE ON evidence_files "
         "BEGIN SELECT RAISE(ABORT, 'the list of evidence only grows'); END"]
        if is_sqlite
        else ["DROP TRIGGER evidence_files_only_grows ON evidence_files",
              "DROP FUNCTION evidence_leaves_when_said()",
              "CREATE TRIGGER evidence_files_only_grows BEFORE UPDATE OR DELETE ON evidence_files "
              "FOR EACH ROW EXECUTE FUNCTION ledger_only_grows()"]
    )  # fmt: skip
    for statement in evidence:
        connection.exec_driver_sql(statement)
    op.drop_table("audit")


def _sqlite() -> Iterator[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit record only grows'); END"
    for deed in ("UPDATE", "DELETE"):
        yield f"CREATE TRIGGER audit_no_{deed.lower()} BEFORE {deed} ON audit {refuse}"
    # INSERT OR REPLACE takes the old row out without asking the triggers of DELETE
    yield (
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit "
        f"WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number) {refuse}"
    )
    yield "DROP TRIGGER evidence_files_no_delete"
    yield (
        f"CREATE TRIGGER evidence_files_no_delete BEFORE DELETE ON evidence_files WHEN NOT EXISTS ({SAID}) "
        "BEGIN SELECT RAISE(ABORT, 'the list of evidence only grows'); END"
    )


def _postgresql() -> Iterator[str]:
    for name, when, each in (("only_grows", "UPDATE OR DELETE", "ROW"), ("is_not_emptied", "TRUNCATE", "STATEMENT")):
        yield (
            f"CREATE TRIGGER audit_{name} BEFORE {when} ON audit "
            f"FOR EACH {each} EXECUTE FUNCTION ledger_only_grows()"
        )
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
