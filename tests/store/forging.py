"""What somebody with the rights to do so can do to a record that only grows."""

from sqlalchemy import select, text, update

from reporter.store.ledger_rows import BEFORE, NUMBER, SEAL, START, seal_rows
from reporter.store.tables import ledger_checks, ledger_items, outage_versions


def forge(store, table, *statements):
    """Take the locks of the table off, and write."""
    with store.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement))


def seal_anew(store):
    """Write every seal of the chain anew, so that all of it fits again."""
    previous = START
    with store.begin() as connection:
        rows = [
            (row[NUMBER], table, dict(row))
            for table in (outage_versions, ledger_checks, ledger_items)
            for row in connection.execute(select(table)).mappings()
        ]
        for number, table, row in sorted(rows, key=lambda one: one[0]):
            (whole,) = seal_rows(table, [row], number - 1, previous)
            previous = whole[SEAL]
            kept = {BEFORE: whole[BEFORE], SEAL: previous}
            connection.execute(update(table).where(table.c[NUMBER] == number).values(kept))
