"""`reporter status` as whatever watches the machine calls it: the exit code tells."""

import json

import pytest
from click.testing import CliRunner
from made_runs import at, roster, settings

from reporter.cli import cli
from reporter.pipeline.run import run as pipeline

ROW = ("E1", "Ada Placeholder", "Ops", "hr@example.org", "ON", "work", "2026-10-20")
MONDAY = "2026-09-07T11:00:00Z"  # 7:00 in Toronto


@pytest.fixture
def office(tmp_path):
    """Settings whose report is due on Mondays at seven."""
    roster(tmp_path / "staff.csv", [ROW])
    (tmp_path / "r.toml").write_text('[[roster]]\npath = "staff.csv"\n[weekly]\nday = "monday"\n', "utf-8")
    return tmp_path


def make(office, when):
    """The report, as of that instant, into the store that the settings name."""
    pipeline.run(
        settings(office, [office / "staff.csv"], store="sqlite:///reporter.db"), at(when), clock=lambda: at(when)
    )


def status(office, when, *more):
    return CliRunner().invoke(cli, ["status", "--config", str(office / "r.toml"), "--as-of", when, *more])


def test_a_report_that_is_late_or_was_missed_fails(office):
    """Within two hours of its time it may be in the making; after them it is late, and a week later one was missed."""
    make(office, MONDAY)
    moments = ["2026-09-14T10:59:00Z", "2026-09-14T13:00:00Z", "2026-09-14T13:00:01Z", "2026-09-21T11:00:01Z"]
    told = [status(office, when, "--json") for when in moments]
    missed = [json.loads(one.stdout)["missed_on"] for one in told]

    assert [0, 0, 6, 6] == [one.exit_code for one in told]
    assert [[], [], [], ["2026-09-14"]] == missed


def test_a_report_that_was_never_made_fails(office):
    """A store that is not there, by a wrong path for one, is not taken for a quiet week."""
    assert [0, 6] == [status(office, when).exit_code for when in ("2026-09-07T12:00:00Z", "2026-09-07T14:00:00Z")]
    assert not (office / "reporter.db").exists()


@pytest.mark.parametrize(("language", "words"), [("en", "Something needs you:"), ("fr", "Quelque chose demande")])
def test_a_failure_that_lasts_fails_and_is_quoted(office, language, words):
    """In either language, also before anything was ever made."""
    (office / "last-failure.txt").write_text("2026-09-07 11:00Z, exit code 4", "utf-8")
    told = status(office, "2026-09-07T11:30:00Z", "--lang", language)

    assert 6 == told.exit_code
    assert "exit code 4" in told.stdout and words in told.stdout
