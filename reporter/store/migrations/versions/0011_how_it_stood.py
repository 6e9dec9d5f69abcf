"""How each duty stood at a run: a test of the past asks that, and not the rule that decided."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run_findings", sa.Column("state", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("run_findings", "state")
