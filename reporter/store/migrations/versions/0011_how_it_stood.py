"""How each duty stood at a run: a test of the past asks that, and not the rule that decided."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("run_findings", sa.Column("state", sa.Text, nullable=False, server_default=""))
