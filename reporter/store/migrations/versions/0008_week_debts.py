"""What each week owes, what its owner was told, and a week that a person took back."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

REPORT = ("organisation", "series")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("undone_at", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "week_debts",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts(*REPORT, "period", "cause"),
        sa.Column("code", sa.Integer, nullable=False),
        *_texts("english", "french", "mark", "owed_at", "tried_at", "state", "settled_at", "who", "reason"),
        sa.UniqueConstraint(*REPORT, "period", "cause", name="week_debts_once"),
        sqlite_strict=True,
    )
    op.create_table(
        "owner_notices",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts(*REPORT, "cause"),
        sa.Column("code", sa.Integer, nullable=False),
        *_texts("english", "french"),
        sa.Column("is_stop", sa.Integer, nullable=False),
        *_texts("began_at", "mailed_at", "quiet_until", "quiet_by", "ended_at"),
        sqlite_strict=True,
    )
    op.create_index("owner_notices_by_report", "owner_notices", [*REPORT, "ended_at"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
