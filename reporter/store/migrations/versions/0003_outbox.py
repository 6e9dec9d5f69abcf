"""The outbox: every mail with its bytes and its state, and the attempts made with it, which only grow."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = ("organisation", "series", "period", "recipient", "channel", "edition")


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in KEY[:-1]),
        sa.Column("edition", sa.Integer, nullable=False),
        *_texts("run_id", "slug", "state", "why", "planned_at", "changed_at"),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("first_tried_at", "next_at", "claimed_by", "lease_until", "substance_sha256", "message_id", "address"),
        sa.Column("size", sa.Integer, nullable=False),
        *_texts("content_sha256"),
        sa.Column("content", sa.LargeBinary),
        sa.UniqueConstraint(*KEY, name="outbox_once"),
        sqlite_strict=True,
    )
    op.create_index("outbox_by_state", "outbox", ["state", "number"])
    op.create_table(
        "outbox_attempts",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("outbox_number", sa.Integer, sa.ForeignKey("outbox.number"), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        *_texts("at", "state", "why", "phase"),
        sa.Column("code", sa.Integer, nullable=False),
        *_texts("enhanced", "said"),
        sqlite_strict=True,
    )
    op.create_index("outbox_attempts_by_mail", "outbox_attempts", ["outbox_number", "number"])
    for statement in _locks(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_table("outbox_attempts")
    op.drop_table("outbox")
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql("DROP FUNCTION attempts_only_grow()")


def _texts(*names: str) -> Iterator[sa.Column[str]]:
    return (sa.Column(name, sa.Text, nullable=False) for name in names)


def _locks(dialect: str) -> Iterator[str]:
    table, fault = "outbox_attempts", "the record of attempts only grows"
    if dialect == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{fault}'); END"
        for deed in ("UPDATE", "DELETE"):
            yield f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} {refuse}"
        # INSERT OR REPLACE takes the old row out without asking the triggers of DELETE
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number) {refuse}"
        )
        return
    yield (
        "CREATE FUNCTION attempts_only_grow() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{fault}'; END $$"
    )
    rows, all_rows = ("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")
    for number, (deed, each) in enumerate((rows, all_rows)):
        yield (
            f"CREATE TRIGGER {table}_only_grow_{number} BEFORE {deed} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION attempts_only_grow()"
        )
