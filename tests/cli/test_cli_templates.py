"""Our templates taken out, changed and tried."""

import pytest
from click.testing import CliRunner

from reporter import resources
from reporter.cli import cli
from reporter.errors import SettingsError


def invoke(*words):
    return CliRunner().invoke(cli, ["templates", *map(str, words)], catch_exceptions=False)


def test_ejected_templates_are_all_of_ours_and_sound(tmp_path):
    """Each with the version it was taken from; tried at once, they have no fault."""
    invoke("eject", tmp_path)
    names = {path.name for path in tmp_path.iterdir()}

    assert {path.name for path in resources.templates().glob("*.j2")} == names
    assert all("Taken from reporter" in path.read_text("utf-8") for path in tmp_path.iterdir())
    assert 0 == invoke("check", tmp_path).exit_code


def test_what_an_office_changed_is_not_written_over(tmp_path):
    """Not without --force, and then no other file is written either."""
    (tmp_path / "digest.txt.j2").write_text("ours", "utf-8")
    result = CliRunner().invoke(cli, ["templates", "eject", str(tmp_path)])

    assert isinstance(result.exception, SettingsError)
    assert ["ours"] == [path.read_text("utf-8") for path in tmp_path.iterdir()]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """A misspelt folder must not pass for one without faults."""
    with pytest.raises(SettingsError):
        invoke("check", tmp_path / "no")
