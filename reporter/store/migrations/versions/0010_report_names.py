"""Under which names a report went, so that a renamed one keeps its history."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "report_names",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sqlite_strict=True,
    )
