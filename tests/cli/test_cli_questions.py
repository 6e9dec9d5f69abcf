"""`what-if`, `stress` and `backtest` as somebody types them."""

import csv
import json

import pytest
from click.testing import CliRunner

from reporter.cli import cli

ROWS = [
    ("Employee No.", "Legal name", "Permit type", "Permit expiry"),
    ("01", "Ana Bel", "Study permit", "2026-09-30"),
]
AS_OF = ("--as-of", "2026-09-09T09:00:00-04:00")
ASKED = ("what-if", "--roster", "staff.csv", "--from", "2026-09-30T16:00-04:00", "--hours", "12", *AS_OF)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "staff.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(ROWS)
    return tmp_path


def asked(*arguments):
    return CliRunner().invoke(cli, list(arguments), prog_name="reporter")


@pytest.mark.parametrize(("language", "first"), [("en", "WHAT IF: "), ("fr", "ET SI\u00a0: ")])
def test_what_if_says_first_that_it_is_invented(home, language, first):
    """Before anything else; people stand in it by id only, and neither a report folder nor a database comes to be."""
    done = asked(*ASKED, "--service", "gckey", "--lang", language)

    assert 0 == done.exit_code, done.output
    assert done.output.startswith(first)
    assert (True, False) == ("01" in done.output, "Ana" in done.output)
    assert {"staff.csv"} == {path.name for path in home.iterdir()}


def test_what_if_for_a_program(home):
    """JSON says that it is a question, who changes level, and the counts before and after."""
    told = json.loads(asked(*ASKED, "--service", "gckey", "--json").stdout)

    assert told["what_if"]
    assert {"now": 0, "then": 1} == told["people_by_level"]["critical"]
    assert [("01", "high", "critical", "2026-10-01T00:00:00Z", "2026-09-30T20:00:00Z")] == [
        (p["person_id"], p["was_level"], p["level"], p["closes_at"], p["last_safe_at"]) for p in told["changed"]
    ]


def test_what_if_refuses_a_service_nobody_knows(home):
    """Exit code 2, with the services that there are."""
    done = asked(*ASKED, "--service", "the moon")

    assert 2 == done.exit_code
    assert "GCKey" in done.output


STRESS = ("stress", "--roster", "staff.csv", "--hours", "4", "--days", "30", *AS_OF)


def test_stress_finds_the_hours_before_the_cut_off(home):
    """The worst hours to begin are the four up to the cut-off of the only person."""
    told = json.loads(asked(*STRESS, "--service", "gckey", "--json").stdout)
    worst = told["lengths"][0]["worst"][0]

    assert ("2026-09-30T20:00:00Z", "2026-09-30T23:00:00Z") == (worst["began_at"], worst["until_at"])
    assert (1, 1, 1, 1) == tuple(worst[name] for name in ("closing", "last_24h", "last_72h", "worse"))


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "The worst moments for an outage of 4\u00a0h"), ("fr", "Les pires moments pour une panne de 4\u00a0h")],
)
def test_stress_prints_a_table(home, language, said):
    """In the reader's language, and for people who cannot be hit, that nobody is."""
    assert said in asked(*STRESS, "--lang", language).stdout
    assert said not in asked(*STRESS, "--lang", language, "--service", "epay").stdout


@pytest.mark.parametrize(
    "odd", [("--hours", "4,x"), ("--hours", "0"), ("--step", "soon"), ("--step", "0h"), ("--step", "2h", "--out", "x")]
)
def test_stress_refuses_what_is_no_length(home, odd):
    """Exit code 2, and the option is named."""
    done = asked(*STRESS, *odd)

    assert 2 == done.exit_code
    assert odd[0] in done.output


def test_stress_writes_into_a_folder_of_its_own(home):
    """The workbook and the map, and never beside the report of a run."""
    (home / "report").mkdir()
    (home / "report" / "manifest.json").write_text("{}")
    done = [asked(*STRESS, "--out", folder) for folder in ("new", "report")]

    assert {"stress.xlsx", "stress.svg"} == {path.name for path in (home / "new").iterdir()}
    assert "a folder of its own" in str(done[1].exception)
    assert {"manifest.json"} == {path.name for path in (home / "report").iterdir()}


BACK = ("backtest", "--roster", "staff.csv", "--to", "2026-10-07T09:00-04:00", "--weeks", "4")


def test_backtest_for_a_program(home):
    """JSON has the reports, how the duties ended, and a line a level and rule."""
    told = json.loads(asked(*BACK, "--json").stdout)

    assert ("replay", 5, {"missed": 1}) == (told["source"], len(told["reports"]), told["duties"])
    assert (1, 1, 0) == tuple(told["scores"][1][name] for name in ("flagged", "ended_missed", "not_flagged"))


@pytest.mark.parametrize(("language", "said"), [("en", "The roster has no history"), ("fr", "n’a pas d’historique")])
def test_backtest_says_what_limits_it(home, language, said):
    """The definitions and the limits stand before the numbers, in both languages."""
    assert said in asked(*BACK[:-1], "2", "--lang", language).stdout


def test_backtest_without_a_store_says_what_to_do(home):
    """No run was recorded: the message names the other way, and no database is made."""
    done = asked("backtest")

    assert "--roster FILE" in str(done.exception)
    assert {"staff.csv"} == {path.name for path in home.iterdir()}
