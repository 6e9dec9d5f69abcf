"""Whose turn it is: one row a report, with its last sign of life."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TEXTS = ("holder", "place", "boot", "since_at", "beat_at", "doubted_at")


def upgrade() -> None:
    op.create_table(
        "run_leases",
        sa.Column("name", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sqlite_strict=True,
    )
