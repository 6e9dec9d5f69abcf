"""Whose row each finding was, so that whoever had a person learns when the roster has the person no more."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run_findings", sa.Column("reader", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("run_findings", "reader")
