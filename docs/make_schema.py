"""Writes the ready-made schema of a new SQLite store from the migrations: run it when a migration is added."""

import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from reporter.store.database import READY_MADE, migrate


def statements_of(connection: sqlite3.Connection) -> list[str]:
    """The statements that make what stands in an SQLite file, in their order."""
    made = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    return ["\n".join(line.rstrip() for line in sql.splitlines() if line.strip()) for (sql,) in made]


def main() -> None:
    """Make an empty store by the migrations alone, and write down what stands in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reporter.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            migrate(connection)
        engine.dispose()
        made = sqlite3.connect(path)
        Path(str(READY_MADE)).write_text("\n\n".join(statements_of(made)) + "\n", encoding="utf-8")
        made.close()


if __name__ == "__main__":
    main()
