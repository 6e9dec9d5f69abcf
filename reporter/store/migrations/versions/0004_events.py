"""The calendar events of each run, and the list of evidence, which only grows."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EVIDENCE_TEXTS = ("person_id", "kind", "happened_at", "recorded_at", "sha256", "suffix")


def upgrade() -> None:
    op.create_table(
        "run_events",
        sa.Column("run_number", sa.Integer, sa.ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("starts_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("is_cancelled", sa.Integer, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evidence_files",
        sa.Column("number", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in EVIDENCE_TEXTS),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("evidence_files_by_person", "evidence_files", ["person_id"])
    for statement in _locks(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_table("evidence_files")
    op.drop_table("run_events")


def _locks(dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'the list of evidence only grows'); END"
        for deed in ("UPDATE", "DELETE"):
            yield f"CREATE TRIGGER evidence_files_no_{deed.lower()} BEFORE {deed} ON evidence_files {refuse}"
        # INSERT OR REPLACE takes the old row out without asking the triggers of DELETE
        yield (
            "CREATE TRIGGER evidence_files_no_replace BEFORE INSERT ON evidence_files "
            f"WHEN EXISTS (SELECT 1 FROM evidence_files WHERE number = NEW.number) {refuse}"
        )
        return
    for name, when, each in (("only_grows", "UPDATE OR DELETE", "ROW"), ("is_not_emptied", "TRUNCATE", "STATEMENT")):
        yield (
            f"CREATE TRIGGER evidence_files_{name} BEFORE {when} ON evidence_files "
            f"FOR EACH {each} EXECUTE FUNCTION ledger_only_grows()"
        )
