"""`reporter explain`: what a person at the terminal, and what a program, gets to see."""

import json
import re

import made_runs
import pytest
from click.testing import CliRunner

from reporter.cli import cli, terminal
from reporter.errors import ReporterError
from reporter.model.shapes import FINDINGS

ROW = ["P1", "Ana Invented", "Sales", "hr@example.org", "BC", "Work permit", "2026-09-15"]
DOWN = {"services": "ircc_secure_account", "began_at": "2026-09-15T22:00:00Z", "ended_at": "2026-09-16T02:00:00Z"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli_explain")
    made_runs.roster(folder / "staff.csv", [ROW])
    made_runs.outages(folder / "down.json", [DOWN])
    return folder


def explained(home, *more, person="P1"):
    files = ["--roster", str(home / "staff.csv"), "--outages", str(home / "down.json")]
    store = ["--store", f"sqlite:///{home / 'none.db'}"]
    words = ["explain", person, *files, *store, "--as-of", made_runs.AS_OF, *more]
    return CliRunner().invoke(cli, words)


@pytest.fixture(scope="module")
def duty(home):
    """The only duty, as a program gets it."""
    (found,) = json.loads(explained(home, "--json").stdout)
    assert not (home / "none.db").exists(), "no store is made for a question"
    return found


def test_a_program_gets_one_object_a_duty_with_the_finding_s_columns_and_steps(duty):
    """Each step says what it is, where it comes from, what it says and the law."""
    assert set() == set(FINDINGS.names) - set(duty)
    assert {("what", "from", "value", "cite", "link")} == {tuple(step) for step in duty["steps"]}
    assert ("critical", "2026-09-16T00:00:00Z", True) == (duty["level"], duty["closes_at"], duty["covers_close"])


def test_what_would_change_the_level_is_among_it(duty):
    """The change, the instant or the outages, and the level that the engine then gives."""
    without = next(answer for answer in duty["otherwise"] if answer["change"] == "without")

    assert (["o0"], "high") == (without["outages"], without["level"])


@pytest.mark.parametrize(("language", "word"), [("en", "Otherwise"), ("fr", "Sinon")])
def test_a_person_reads_the_chain_in_their_language(home, language, word):
    """The steps have their names in either language, and nothing is coloured where nobody looks."""
    output = explained(home, "--full", "--lang", language).stdout

    assert word in output
    assert "\x1b" not in output


def test_only_the_duty_that_was_asked_for_is_shown(home):
    """A name of no duty of the person shows none."""
    assert [] == json.loads(explained(home, "--json", "--deadline", "travel").stdout)


def test_an_unknown_person_is_an_error_of_the_input(home):
    """The message names nobody and the exit code is that of the input."""
    error = explained(home, person="P7").exception

    assert isinstance(error, ReporterError)
    assert (4, False) == (error.exit_code, "P7" in str(error))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_card_has_twelve_lines_at_most_and_nothing_of_the_program_in_it(home, monkeypatch, language):
    """At 80 columns: what, until when, why, who does what, how sure, since when, who was told, what would change it."""
    monkeypatch.setattr(terminal, "PLAIN_WIDTH", 80)
    output = explained(home, "--lang", language).stdout
    said = output.replace("staff.csv", "")  # the office's own file is where the cell stands

    assert 12 >= len(output.splitlines())
    assert 80 >= max(len(line) for line in output.splitlines())
    assert not re.search(r"\w_\w|\.toml|\bNaN\b|\b[a-z]+-[a-z]+-[a-z]+\b(?= ·)", said)


def test_a_card_says_what_a_filing_a_confirmation_and_the_other_sign_in_would_do(home):
    """The outage is official: there is nothing to confirm; a filing in the last safe minute is enough."""
    output = " ".join(explained(home).stdout.split())

    assert "filed by then: ○ Low" in output.replace("\u00a0", " ")
    assert "confirmed: ▲" not in output
