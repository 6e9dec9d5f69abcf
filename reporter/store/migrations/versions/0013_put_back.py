"""What a store must know of before it is so: where a run is being written, and which weeks another store may have told."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table("run_folders", sa.Column("folder", sa.Text, primary_key=True), sqlite_strict=True)
    op.create_table(
        "doubted_weeks",
        sa.Column("organisation", sa.Text, primary_key=True),
        sa.Column("series", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        sqlite_strict=True,
    )
