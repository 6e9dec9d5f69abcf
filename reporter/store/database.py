"""Opening the store: SQLite by default, PostgreSQL through the same code, and the schema brought up to date.

The only place that knows which database it is talking to. Every error leaves as a StoreError that says what
to do and shows neither a password nor a value from a row.
"""

import logging
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Executable, Table, create_engine, event, insert, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from reporter.errors import StoreError, refused
from reporter.store.tables import HEAD, VERSION_TABLE, ledger_identity

log = logging.getLogger(__name__)
_PATIENCE = "busy_timeout = 10000"  # milliseconds; said first, since the next question may meet a lock
_PRAGMAS = (
    "foreign_keys = ON",
    "journal_mode = DELETE",
    "synchronous = EXTRA",
    "secure_delete = ON",
    "cache_size = -65536",  # KiB: a large run is written in one go instead of spilling and syncing in between
)
READY_MADE = files("reporter.store") / "migrations" / "sqlite_head.sql"
"""What all migrations together make of a new SQLite file, by docs/make_schema.py; a test holds the two together."""
MUCH, SHARE = 4_000_000, 0.25
"""A file is made smaller when so many bytes of it, and such a share, are free."""
INCREMENTAL = 2  # how SQLite calls a file that can give back its free end
TEMPORARY = "SQLITE_TMPDIR"
_UPGRADE_LOCK = 7_215_002  # any number, the same in every process
_ADVICE = {  # what the database says -> the sentence that tells what it means and what to do
    "locked": "store_locked",
    "not a database": "store_no_database",
    "malformed": "store_damaged",
    "unable to open": "store_not_opened",
    "readonly": "store_readonly",
    "disk is full": "store_disk_full",
    "already exists": "store_tables",
}


class Store(Struct, frozen=True):
    """An open store; `where` names it in messages, without login or folder."""

    engine: Engine
    where: str

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: kept as a whole, or not at all. Raises StoreError."""
        driver_error = self.engine.dialect.loaded_dbapi.Error  # what it raises itself, where runs.py talks to it
        with _told(self.where, driver_error), self.engine.begin() as connection:
            yield connection

    def rows(self, query: Executable) -> Sequence[Any]:
        """The rows that answer a question, asked in a transaction of its own. Raises StoreError."""
        with self.begin() as connection:
            return connection.execute(query).fetchall()

    def row(self, query: Executable) -> Any:
        """The first row of the answer; None where there is none."""
        return next(iter(self.rows(query)), None)

    def scalars(self, query: Executable) -> Sequence[Any]:
        """The first cell of each row of the answer."""
        return [row[0] for row in self.rows(query)]

    def scalar(self, query: Executable) -> Any:
        """The first cell of the answer; None where there is none."""
        return next(iter(self.scalars(query)), None)

    def folder(self, otherwise: Path) -> Path:
        """The folder of an SQLite file; with a database server, or in memory, the one given instead."""
        database = self.engine.url.database or ""
        is_file = self.engine.dialect.name == "sqlite" and database and not database.startswith((":", "file:"))
        return Path(database).absolute().parent if is_file else otherwise

    @property
    def is_shared(self) -> bool:
        """Whether processes may use it whose files and locks this one cannot see; a file lies beside its locks."""
        return self.engine.dialect.name != "sqlite"

    def is_sound(self) -> bool:
        """Whether the database finds no damage in itself; a server looks after that alone."""
        with self.begin() as connection:
            if connection.dialect.name != "sqlite":
                return connection.exec_driver_sql("SELECT 1").scalar() == 1
            return connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"

    def shrink(self) -> int:
        """Give the disk back what was removed from an SQLite file, where it is much; how many bytes.

        A file of an older version is written anew for that, once, and gives its free end back from then on. Neither is
        done for a little: the next run would take it again. A server sees to it alone.

        Raises: StoreError - there is no room to write it anew, or somebody else has it open. It is whole all the same.
        """
        if self.engine.dialect.name != "sqlite":
            return 0
        with _told(self.where), closing(self.engine.raw_connection()) as connection, closing(connection.cursor()) as to:
            before = _sizes(to)
            if before["freelist_count"] < max(MUCH / before["page_size"], before["page_count"] * SHARE):
                return 0
            if before["auto_vacuum"] == INCREMENTAL:
                _give_back_end(to)
            else:
                self._write_anew(to, before["page_count"] * before["page_size"])
            given = (before["page_count"] - _sizes(to)["page_count"]) * before["page_size"]
        log.info("store: %d bytes given back", given)
        return given

    def _write_anew(self, cursor: Any, size: int) -> None:
        """NOTE: SQLite writes a copy, and a journal as large. The copy holds people: it stays on the disk of the file,
        not where programs put what they throw away."""
        folder = self.folder(Path.cwd())
        if shutil.disk_usage(folder).free < size * 2:
            raise refused(StoreError, "store_no_room", where=self.where, megabytes=f"{2 * size / 1e6:.0f}")
        kept = os.environ.get(TEMPORARY)
        os.environ[TEMPORARY] = str(folder)
        try:
            cursor.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
            cursor.execute("VACUUM")
        finally:
            os.environ.pop(TEMPORARY)
            os.environ |= {} if kept is None else {TEMPORARY: kept}

    def size(self) -> tuple[int, int]:
        """The bytes that the database takes on the disk, and those of them that are free to be used again."""
        with self.begin() as connection:
            if connection.dialect.name != "sqlite":
                return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0), 0
            found = _sizes(connection.connection.cursor())
        return found["page_count"] * found["page_size"], found["freelist_count"] * found["page_size"]

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The store at that address (`sqlite:///reporter.db`, `postgresql+psycopg://…`), its schema up to date.

    Raises: StoreError when it cannot be opened, or was made by a newer version of the program.
    """
    parsed = _parse(url)
    where = _where(parsed)
    with _told(where):
        store = Store(_engine(parsed), where)
    try:
        with store.begin() as connection:
            _upgrade(connection, where)
    except StoreError:
        store.close()
        raise
    return store


def is_there(url: str) -> bool:
    """Whether there is something to open, so that a question asked of the store need not make one."""
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        return True
    return bool(parsed.database) and Path(parsed.database or "").exists()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except (ArgumentError, ValueError):
        raise refused(StoreError, "store_address", where="store") from None
    family = parsed.get_backend_name()
    if family not in ("sqlite", "postgresql"):
        raise refused(StoreError, "store_family", where="store", family=family)
    return parsed.set(drivername="sqlite" if family == "sqlite" else "postgresql+psycopg")


def _where(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return Path(url.database or ":memory:").name
    return f"database {url.database or ''} on {url.host or 'this machine'}"


def _engine(url: URL) -> Engine:
    """An engine that starts its own transactions: the driver's habits differ between Python versions."""
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        database = url.database
        if database and not database.startswith((":", "file:")) and Path(database).parent.is_dir():
            Path(database).touch(mode=0o600, exist_ok=True)  # SQLite gives its journal the same rights
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _give_back_end(cursor: Any) -> None:
    """NOTE: it gives back one page a step, and the driver takes but one step with a question that has no columns; of a
    script it takes all. Outside a transaction it says nothing of a reader in its way."""
    try:
        cursor.executescript("BEGIN IMMEDIATE; PRAGMA incremental_vacuum; COMMIT")
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            cursor.execute("ROLLBACK")
        raise


def _sizes(cursor: Any) -> dict[str, int]:
    names = ("freelist_count", "page_count", "page_size", "auto_vacuum")
    return {name: int(cursor.execute(f"PRAGMA {name}").fetchone()[0]) for name in names}


def _set_up(connection: Any, _: object) -> None:
    """NOTE: how a file gives its end back is said before the first table. Of one that is there it would be written to
    at every opening, and so wait for whoever writes."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA {_PATIENCE}").close()
    if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
        connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}").close()
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _upgrade(connection: Connection, where: str) -> None:
    """Bring the schema to HEAD; when it is there already, or all of it is still to come, alembic is not imported."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _UPGRADE_LOCK})
    version = _version(connection)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise refused(StoreError, "store_newer", where=where)
    if version is None and connection.dialect.name == "sqlite":
        _make_whole(connection)
    else:
        migrate(connection)
    log.info("store brought from schema %s to %s", version or "nothing", HEAD)


def _make_whole(connection: Connection) -> None:
    """The schema of a new SQLite file at once."""
    for statement in READY_MADE.read_text("utf-8").split("\n\n"):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (HEAD,))
    connection.execute(insert(ledger_identity), {"identity": secrets.token_hex(16)})


def migrate(connection: Connection) -> None:
    """Every migration that is not made yet, one after the other."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    command.upgrade(config, "head")


def lock_table(connection: Connection, table: Table) -> None:
    """Keep other writers of a table out until this transaction is over; SQLite has done so at its beginning.

    NOTE: a weaker lock lets a claim take its row and wait for the table, while the planner waits for the row.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()


@contextmanager
def _told(where: str, driver_error: type[Exception] = sqlite3.Error) -> Iterator[None]:
    """Turn what the database says into what to do about it.

    NOTE: not chained. PostgreSQL puts the values of the failing row into its message, and a row is a person.
    """
    try:
        yield
    except (SQLAlchemyError, driver_error) as e:
        raise _refusal(getattr(e, "orig", None) or e, where) from None
    except ModuleNotFoundError as e:
        raise refused(StoreError, "store_driver", where=where, name=e.name) from e
    except OSError as e:
        raise refused(StoreError, "store_closed", where=where, what=e.strerror) from e


def _refusal(e: BaseException, where: str) -> StoreError:
    said = str(e).lower()
    if known := next((code for words, code in _ADVICE.items() if words in said), None):
        return refused(StoreError, known, where=where)
    if "connect" in said:
        return refused(StoreError, "store_not_reached", where=where)
    kind = f"{type(e).__name__} {getattr(e, 'sqlstate', None) or ''}".strip()
    return refused(StoreError, "store_failed", where=where, what=kind)
