"""Whose row each finding was, for whoever lost a person; where runs were written; what a webhook took."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run_findings", sa.Column("reader", sa.Text, nullable=False, server_default=""))
    op.add_column("owner_notices", sa.Column("posted_at", sa.Text, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("folder", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("runs", "folder")
    op.drop_column("owner_notices", "posted_at")
    op.drop_column("run_findings", "reader")
