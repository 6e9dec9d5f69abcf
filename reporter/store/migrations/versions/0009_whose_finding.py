"""Whose row each finding was, for whoever lost a person; where runs were written; what a webhook took."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("run_findings", sa.Column("reader", sa.Text, nullable=False, server_default=""))
    op.add_column("owner_notices", sa.Column("posted_at", sa.Text, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("folder", sa.Text, nullable=False, server_default=""))
