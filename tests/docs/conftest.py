"""The demo, made once for all pages that tell of it."""

import contextlib
import os

import pytest
from click.testing import CliRunner
from filelock import FileLock

from reporter.cli import cli
from reporter.pipeline.assemble import gather

READ = {}
"""What was read of a book, by its name, its bytes and what the settings say of it."""


@pytest.fixture(autouse=True, scope="module")
def rosters_at_hand():
    """Two dozen commands of the pages read the same samples: what is read of a book under one setting is read once."""
    read = gather.read_tables

    def once(book, options):
        key = (book.source, book.sha256, repr(options))
        if key not in READ:
            READ[key] = read(book, options)
        return READ[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gather, "read_tables", once)
        yield


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """What the demo prints, and the folder it writes: of two workers, the first makes it."""
    own = tmp_path_factory.getbasetemp()
    home = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demo"
    told = home / "told.txt"
    home.mkdir(exist_ok=True)
    with FileLock(home / "lock"), contextlib.chdir(home):
        if not told.exists():
            outcome = CliRunner().invoke(cli, ["demo"], prog_name="reporter")
            assert 0 == outcome.exit_code, outcome.output
            told.write_text(outcome.output, "utf-8")
    return told.read_text("utf-8"), home / "demo-out"
