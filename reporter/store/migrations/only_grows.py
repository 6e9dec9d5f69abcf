"""What keeps a table from changing or losing a row, for the migrations that make such tables."""

from collections.abc import Iterator


def only_grows(dialect: str, table: str, told: str) -> Iterator[str]:
    """The statements that make the triggers. Takes: told - what it is, for whoever tries: `the ledger`."""
    if dialect == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{told} only grows'); END"
        for deed in ("UPDATE", "DELETE"):
            yield f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} {refuse}"
        # INSERT OR REPLACE takes the old row out without asking the triggers of DELETE
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number) {refuse}"
        )
        return
    for name, when, each in (("only_grows", "UPDATE OR DELETE", "ROW"), ("is_not_emptied", "TRUNCATE", "STATEMENT")):
        yield (
            f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION ledger_only_grows()"
        )
