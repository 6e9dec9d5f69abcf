"""Opening, upgrading, and what is said when it cannot be done."""

import os
import sqlite3
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from make_schema import statements_of
from sqlalchemy import create_engine, delete, insert, select

import reporter.store
from reporter.errors import StoreError
from reporter.store import database
from reporter.store.database import INCREMENTAL, _set_up, migrate, open_store
from reporter.store.tables import HEAD, VERSION_TABLE, metadata, runs

RUN = {
    "run_id": "r", "series": "s", "as_of": "2026", "rows_read": 1, "rows_assessed": 1, "rows_set_aside": 0,
    "rows_excluded": 0, "people": 1, "people_by_level": "{}", "rulebook_sha256": "", "manifest": "{}",
}  # fmt: skip


def pragma(store, name):
    with store.begin() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.fixture
def lite(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path}/reporter.db")
    yield opened
    opened.close()


def test_the_migrations_make_the_tables_we_describe(store):
    """What the migrations leave behind is what tables.py says."""
    with store.begin() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})

        assert [] == compare_metadata(context, metadata)


def test_head_is_the_newest_migration():
    """The short way at start-up compares with the newest migration there is."""
    folder = Path(reporter.store.__file__).parent / "migrations"

    assert HEAD == ScriptDirectory(str(folder)).get_current_head()


def test_a_new_store_is_what_the_migrations_make(tmp_path):
    """The ready-made schema is that of the migrations, statement by statement; docs/make_schema.py writes it anew."""
    engine = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()
    open_store(f"sqlite:///{tmp_path}/ready.db").close()
    found = []
    for name in ("migrated.db", "ready.db"):
        with closing(sqlite3.connect(tmp_path / name)) as made:
            rows = made.execute(f"SELECT version_num, (SELECT count(*) FROM ledger_identity) FROM {VERSION_TABLE}")
            found.append((rows.fetchall(), statements_of(made)))

    assert found[0] == found[1]


def test_two_new_stores_are_not_taken_for_one_another(tmp_path):
    """Each store draws its own identity, also when its schema is made at once."""
    drawn = set()
    for name in ("one.db", "other.db"):
        open_store(f"sqlite:///{tmp_path}/{name}").close()
        with closing(sqlite3.connect(tmp_path / name)) as made:
            drawn.add(made.execute("SELECT identity FROM ledger_identity").fetchone()[0])

    assert 2 == len(drawn)


@pytest.mark.parametrize(("size", "shrinks"), [(200_000, True), (20_000, False)])
def test_a_store_that_let_much_go_shrinks(tmp_path, lite, size, shrinks):
    """Forty manifests of 200 kB leave room that the disk gets back; forty small ones are not worth a new file."""
    rows = [RUN | {"run_id": f"r{n}", "manifest": "x" * size} for n in range(40)]
    with lite.begin() as connection:
        connection.execute(insert(runs), rows)
    with lite.begin() as connection:
        connection.execute(delete(runs).where(runs.c.run_id != "r7"))
    path = tmp_path / "reporter.db"
    before = path.stat().st_size
    given = lite.shrink()
    with lite.begin() as connection:
        kept = connection.execute(select(runs.c.run_id)).scalars().all()

    assert ["r7"] == kept
    assert shrinks == (path.stat().st_size < before / 4)
    assert shrinks == (given > 0)


def left_by_an_older_version(path):
    """A store made before files gave their end back, with eight megabytes in it that were let go of."""
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA auto_vacuum = NONE")
        made.execute("CREATE TABLE t (x)")
        made.execute("DROP TABLE t")
        made.commit()
    store = open_store(f"sqlite:///{path}")
    fill_and_let_go(store)
    return store


def fill_and_let_go(store):
    rows = [RUN | {"run_id": f"r{n}", "manifest": "x" * 200_000} for n in range(40)]
    with store.begin() as connection:
        connection.execute(insert(runs), rows)
    with store.begin() as connection:
        connection.execute(delete(runs).where(runs.c.run_id != "r7"))


def mode(path):
    with closing(sqlite3.connect(path)) as found:
        return found.execute("PRAGMA auto_vacuum").fetchone()[0]


def test_an_older_store_is_written_anew_once(tmp_path):
    """From then on it gives its end back as a new one does; nothing of the copy is left in any folder."""
    path = tmp_path / "reporter.db"
    store = left_by_an_older_version(path)
    before, full = mode(path), path.stat().st_size
    store.shrink()
    once, small = mode(path), path.stat().st_size
    with store.begin() as connection:
        connection.execute(delete(runs))
    fill_and_let_go(store)
    assert store.shrink() > 7_000_000
    store.close()

    assert (0, INCREMENTAL) == (before, once)
    assert small < full / 4
    assert path.stat().st_size < full / 4
    assert ["reporter.db"] == [file.name for file in tmp_path.iterdir()]
    assert "SQLITE_TMPDIR" not in os.environ


def test_without_room_for_a_copy_an_older_store_stays_as_it_is(tmp_path, monkeypatch):
    """It takes twice the file, beside the file; how much is said."""
    store = left_by_an_older_version(tmp_path / "reporter.db")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=9_000_000))
    with pytest.raises(StoreError, match=r"1[67] MB"):
        store.shrink()

    assert store.is_sound()


@pytest.mark.parametrize("make", [left_by_an_older_version, None])
def test_a_store_that_somebody_reads_is_left_alone(tmp_path, make, monkeypatch):
    """Whoever reads goes on to; it is told as a lock, and made smaller the next time."""
    monkeypatch.setattr("reporter.store.database._PATIENCE", "busy_timeout = 50")
    path = tmp_path / "reporter.db"
    store = make(path) if make else open_store(f"sqlite:///{path}")
    if not make:
        fill_and_let_go(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM runs").fetchone()
        with pytest.raises(StoreError, match="in use"):
            store.shrink()
    given = store.shrink()
    store.close()

    assert given > 7_000_000


def test_opening_a_store_writes_nothing(tmp_path):
    """Somebody may be writing, and whoever only looks need not wait."""
    path = tmp_path / "reporter.db"
    open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with closing(sqlite3.connect(path)) as other:
            _set_up(other, None)

    assert INCREMENTAL == mode(path)


def test_a_store_is_opened_again_with_what_it_kept(url):
    """The second opening finds the first one's rows."""
    first = open_store(url)
    with first.begin() as connection:
        connection.execute(insert(runs).values(RUN))
    first.close()
    second = open_store(url)
    with second.begin() as connection:
        kept = connection.execute(select(runs.c.run_id)).scalars().all()
    second.close()

    assert ["r"] == kept


def test_an_up_to_date_store_is_opened_without_alembic(tmp_path):
    """Starting up does not pay for migrations that are not needed."""
    url = f"sqlite:///{tmp_path}/reporter.db"
    open_store(url).close()
    script = (
        "import sys; from reporter.store.database import open_store; "
        f"open_store({url!r}).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "False" == done.stdout.strip()


def test_a_transaction_is_all_or_nothing(store):
    """An error halfway leaves nothing behind, not even on SQLite."""
    with pytest.raises(ZeroDivisionError), store.begin() as connection:
        connection.execute(insert(runs).values(RUN))
        raise ZeroDivisionError
    with store.begin() as connection:
        assert [] == connection.execute(select(runs)).all()


def test_many_may_open_an_empty_store_together(empty_url):
    """Several starts at once make one schema, and none fails."""
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(open_store, [empty_url] * 6))
    for store in stores:
        store.close()

    assert 6 == len(stores)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("journal_mode", "delete"),
        ("synchronous", 3),
        ("foreign_keys", 1),
        ("busy_timeout", 10_000),
        ("secure_delete", 1),
    ],
)
def test_sqlite_is_set_for_safety(lite, name, expected):
    """A rollback journal, every write flushed, deleted rows overwritten, keys enforced, patience with others."""
    assert expected == pragma(lite, name)


def test_a_writer_takes_its_lock_at_the_beginning(lite):
    """BEGIN IMMEDIATE: no transaction reads first and then fails to write."""
    with lite.begin():
        other = sqlite3.connect(lite.engine.url.database, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_the_file_is_for_its_owner_only(lite):
    """Nobody else on the machine can read the store."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such rights")

    assert 0o600 == Path(lite.engine.url.database).stat().st_mode & 0o777


def test_a_store_of_a_newer_program_is_left_alone(url):
    """An older program does not touch what it does not know, and says to update."""
    store = open_store(url)
    with store.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreError, match="newer version of the program"):
        open_store(url)


def test_a_file_that_is_no_database_says_so(tmp_path):
    """A text file under the store's name is refused, not overwritten."""
    path = tmp_path / "reporter.db"
    path.write_text("This is a letter, not a database. " * 100)
    with pytest.raises(StoreError, match=r"^reporter\.db: is not a database"):
        open_store(f"sqlite:///{path}")

    assert path.read_text().startswith("This is a letter")


def test_a_folder_that_does_not_exist_says_so(tmp_path):
    """The message names the file and what to check."""
    with pytest.raises(StoreError, match=r"^reporter\.db: cannot be opened; check that the folder exists"):
        open_store(f"sqlite:///{tmp_path}/none/reporter.db")


def test_a_locked_store_says_so(tmp_path, monkeypatch):
    """Somebody else's transaction is waited for, and then named as what it is."""
    monkeypatch.setattr(database, "_PRAGMAS", ("busy_timeout = 1",))
    store = open_store(f"sqlite:///{tmp_path}/reporter.db")
    other = sqlite3.connect(tmp_path / "reporter.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="in use by another program"), store.begin():
        pass
    other.close()
    store.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://office:hunter2@127.0.0.1:1/reporter",
        "postgresql://127.0.0.1:1/reporter?user=office&password=hunter2",
        "mysql://office:hunter2@127.0.0.1/reporter",
        "postgresql://office:hunter2@127.0.0.1:port/reporter",
        "hunter2",
    ],
)
def test_no_password_is_shown(url):
    """Whatever is wrong with the address, the message says what to do without showing it."""
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        open_store(url)

    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_no_value_of_a_row_is_shown(store):
    """A failing statement is told without the values it carried."""
    with pytest.raises(StoreError) as caught, store.begin() as connection:
        connection.execute(insert(runs).values(RUN | {"series": "S0012345", "people": None}))

    assert "S0012345" not in "".join(traceback.format_exception(caught.value))
