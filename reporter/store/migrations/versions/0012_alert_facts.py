"""What was told between two reports: of whom, and of which outage, so that nobody hears the same twice."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "alert_facts",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("outbox_number", sa.Integer, sa.ForeignKey("outbox.number"), nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("outage_id", sa.Text, nullable=False),
        sa.Column("fact", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("alert_facts_by_mail", "alert_facts", ["outbox_number"])
    op.create_index("alert_facts_by_person", "alert_facts", ["person_id"])
