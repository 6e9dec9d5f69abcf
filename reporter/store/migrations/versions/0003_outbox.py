"""The outbox: every mail with its bytes and its state, and the attempts made with it, which only grow."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from reporter.store.migrations.only_grows import only_grows

revision = "0003"
down_revision = "0002"

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


def _texts(*names: str) -> Iterator[sa.Column[str]]:
    return (sa.Column(name, sa.Text, nullable=False) for name in names)


def _locks(dialect: str) -> Iterator[str]:
    table = "outbox_attempts"
    if dialect == "sqlite":
        yield from only_grows(dialect, table, "the record of attempts")
        return
    yield (
        "CREATE FUNCTION attempts_only_grow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the record of attempts only grows'; END $$"
    )
    for number, (deed, each) in enumerate((("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT"))):
        yield (
            f"CREATE TRIGGER {table}_only_grow_{number} BEFORE {deed} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION attempts_only_grow()"
        )
