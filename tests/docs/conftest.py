"""The demo, made once for all pages that tell of it."""

import contextlib

import pytest
from click.testing import CliRunner

from reporter.cli import cli


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """What the demo prints, and the folder it writes."""
    home = tmp_path_factory.mktemp("demo")
    with contextlib.chdir(home):
        outcome = CliRunner().invoke(cli, ["demo"], prog_name="reporter")
    assert 0 == outcome.exit_code, outcome.output
    return outcome.output, home / "demo-out"
