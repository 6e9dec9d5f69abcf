"""Runs, and the findings the next run is compared with."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False, unique=True),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("as_of", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text),
        sa.Column("rows_read", sa.Integer, nullable=False),
        sa.Column("rows_assessed", sa.Integer, nullable=False),
        sa.Column("rows_set_aside", sa.Integer, nullable=False),
        sa.Column("rows_excluded", sa.Integer, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("people_by_level", sa.Text, nullable=False),
        sa.Column("rulebook_sha256", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("runs_by_series", "runs", ["series", "as_of"])
    op.create_table(
        "run_findings",
        sa.Column("run_number", sa.Integer, sa.ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("deadline", sa.Text, nullable=False),
        sa.Column("occurrence", sa.Integer, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("closes_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
