"""The calendar events of each run, and the list of evidence, which only grows."""

import sqlalchemy as sa
from alembic import op

from reporter.store.migrations.only_grows import only_grows

revision = "0004"
down_revision = "0003"

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
    for statement in only_grows(op.get_bind().dialect.name, "evidence_files", "the list of evidence"):
        op.get_bind().exec_driver_sql(statement)
