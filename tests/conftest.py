"""What every test shares."""

import gc
import sys

import pytest
from hypothesis import settings
from loopback import Server
from quick_reading import quick_reading

import reporter.text.time_zones  # noqa: F401  one copy of the time-zone rules, before anything looks one up
from reporter.readers import book, sandbox
from reporter.store import database

settings.register_profile("patient", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("patient")


@pytest.fixture(autouse=True, scope="session")
def no_office_program():
    """LibreOffice takes seconds, and not every machine has it: no test rests on it unasked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "PROGRAMS", ())
        yield


@pytest.fixture(autouse=True, scope="session")
def readers_at_hand():
    """A process that reads a file is forked, not started: hundreds of tests read one."""
    if sys.platform != "linux":
        yield
        return
    with quick_reading() as forked, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "reading_process", forked)
        yield


@pytest.fixture(autouse=True, scope="session")
def questions_at_hand():
    """What a question is in SQL is worked out once for all stores in files: a process of the program has one, each test
    some of its own."""
    make, first = database.create_engine, database.create_engine("sqlite://", query_cache_size=5_000)
    first.connect().close()
    made = [first]

    def alike(*said, **more):
        engine = make(*said, **more)
        made.append(engine)
        if engine.dialect.name == first.dialect.name:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", alike)
        yield made
    _close(made, 0)


@pytest.fixture(autouse=True)
def stores_closed(questions_at_hand):
    """A store that a test opened is closed when it ends: from Python 3.13 on, one that is left open is a warning."""
    before = len(questions_at_hand)
    yield
    _close(questions_at_hand, before)


def _close(engines, first):
    for engine in engines[first:]:
        engine.dispose()
    del engines[first:]


@pytest.fixture
def server():
    """A web server on this machine, that answers what a test tells it to."""
    running = Server()
    yield running
    running.close()


def pytest_collection_finish():
    """What is there before the first test stays to the end: the collector need not look through it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as a process that stays up has it
