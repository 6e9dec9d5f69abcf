"""The command line as somebody types it: exit codes, one line on stderr, data on stdout."""

import contextlib
import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reporter.cli import main
from reporter.errors import Exit

ROWS = [
    ("Employee No.", "Legal name", "Permit type", "Permit expiry"),
    ("01", "Ana Bel", "Study permit", "2026-09-15"),
    ("02", "Bo Chen", "Work permit", "31/02/2026"),
]


def reporter(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The whole command line, in this process."""
    rights, whole = os.umask(0o077), sys.argv
    sys.argv = ["reporter", *map(str, arguments)]
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        try:
            code = main()
        finally:
            os.umask(rights)
            sys.argv = whole
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def started(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, as a script starts it."""
    command = [sys.executable, "-W", "error", "-m", "reporter", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def home(tmp_path):
    with (tmp_path / "staff.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(ROWS)
    return tmp_path


def test_run_prints_the_manifest_for_programs(home):
    """--json gives the manifest on stdout and nothing else there; the exit code reaches whoever started it."""
    words = ("run", "--roster", "staff.csv", "--as-of", "2026-09-09T09:00:00-04:00", "--out", "out", "--json")
    done = started(*words, "--strict", cwd=home)

    assert 5 == done.returncode, done.stderr
    assert json.loads((home / "out" / "manifest.json").read_text("utf-8")) == json.loads(done.stdout)
    assert "2026-09-09T13:00:00Z" == json.loads(done.stdout)["as_of"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "--roster", "nobody.xlsx"], 4, "nobody.xlsx"),
        (["run"], 4, "--roster FILE"),
        (["run", "--roster", "staff.csv", "--as-of", "yesterday"], Exit.USAGE, "2026-09-09T09:00:00-04:00"),
        (["run", "--config", "none.toml"], 3, "none.toml"),
        (["run", "--config", "bad.toml"], 3, "rooster"),
        (["run", "--rooster", "staff.csv"], Exit.USAGE, "--rooster"),
        (["check", "two.csv"], 4, 'columns.permit_expires_on = "Expiry"'),
    ],
)
def test_each_failure_has_its_code_and_its_line(home, arguments, code, said):
    """The exit code tells the kind of fault, and stderr what, where and what to do, without a traceback."""
    (home / "bad.toml").write_text('rooster = "x"\n', "utf-8")
    (home / "two.csv").write_text("Student ID,Expiry\n1,2026-09-15\n", "utf-8")
    done = reporter(*arguments, cwd=home)

    assert code == done.returncode, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_settings_of_the_folder_hold_where_none_are_named(home):
    """Of any command, also one that was not understood."""
    (home / "reporter.toml").write_text('language = "fr"\n', "utf-8")
    empty, misused = reporter("outbox", cwd=home), reporter("outbox", "--rooster", cwd=home)

    assert "La boîte d’envoi est vide." in empty.stdout
    assert (Exit.USAGE, True) == (misused.returncode, "option" in misused.stderr and "No such" not in misused.stderr)


def test_check_prints_what_was_understood(home):
    """The mapping, the rows and the problems, as JSON in the contract's shape; nothing is written."""
    done = reporter("check", "staff.csv", "--json", cwd=home)
    told = json.loads(done.stdout)

    assert (2, 1, 1, 0) == tuple(told[f"rows_{name}"] for name in ("read", "ready", "set_aside", "excluded"))
    assert ("", 1) == (told["sheet"], told["header_row"])
    assert "Permit expiry" == told["mapping"]["permit_expires_on"]
    assert [] == told["unmapped"]
    assert [("date_impossible", 3, "D")] == [(p["code"], p["row"], p["column"]) for p in told["problems"]]
    assert {"staff.csv"} == {path.name for path in home.iterdir()}


def test_what_is_so_of_a_whole_file_is_said_of_the_file(tmp_path):
    """It has no cell to name."""
    (tmp_path / "liste.csv").write_bytes(
        "Matricule,Nom,Fin du permis de travail\n1,Zoé Été,2026-12-01\n".encode("cp1252")
    )

    assert "\nWARNING liste.csv: line 2 is not UTF-8" in reporter("check", "liste.csv", cwd=tmp_path).stdout


def test_what_many_cells_share_is_said_of_three_and_the_others_are_counted(tmp_path):
    """One fault of a whole column leaves room for the next one; no more lines than can be read, and all are counted."""
    bad = [f"{n},Work permit,soon,{'x' * (n % 2)}\n" for n in range(2000, 5000)]
    head = "Employee No.,Permit type,Permit expiry,Passport expiry\n"
    (tmp_path / "staff.csv").write_text(head + "1,Work permit,2026-12-01,\n" + "".join(bad), encoding="utf-8")

    told = reporter("check", "staff.csv", cwd=tmp_path).stdout.splitlines()
    french = reporter("check", "staff.csv", "--lang", "fr", cwd=tmp_path).stdout

    at = next(n for n, line in enumerate(told) if line.startswith("ERROR C3"))
    assert [f"ERROR C{n}: " for n in (3, 4, 5)] == [line[:10] for line in told[at : at + 3]]
    assert "  and 2,997 more of this kind in the column, down to C3002" == told[at + 3]
    assert "and 1,497 more of this kind in the column, down to D" in "\n".join(told[at + 4 :])
    assert "  et 2\u202f997\u00a0autres du même genre dans la colonne, jusqu’à C3002" in french.splitlines()


def test_a_header_that_changed_since_the_mapping_was_saved_stops_the_run(home):
    """The saved profile is used; when its header is gone the run stops and names it."""
    assert 0 == reporter("check", "staff.csv", "--save-mapping", cwd=home).returncode
    assert 0 == reporter("run", "--roster", "staff.csv", "--out", "out", cwd=home).returncode
    text = (home / "staff.csv").read_text("utf-8")
    (home / "staff.csv").write_text(text.replace("Permit expiry", "Permit valid to"), "utf-8")
    done = reporter("run", "--roster", "staff.csv", "--out", "out", cwd=home)

    assert done.returncode in (3, 4)
    assert "Permit expiry" in done.stderr


def test_rules_print_the_law_beside_each_rule(home):
    """Every rule with its sentence and its citation, and the digest of the rulebook."""
    done = reporter("rules", "--lang", "fr", cwd=home)

    assert "deadline work-permit-renewal" in done.stdout
    assert "RIPR 201(1)a), 186u)" in done.stdout
    assert "sha256 " in done.stdout


def test_help_answers_without_loading_the_frames(home):
    """`reporter --help` imports neither pandas nor the database."""
    code = "import sys, reporter.cli; sys.exit(bool({'pandas', 'sqlalchemy', 'jinja2'} & set(sys.modules)))"

    assert 0 == subprocess.run([sys.executable, "-c", code], cwd=home, check=False).returncode


def test_a_run_loads_no_library_that_it_does_not_need(home):
    """Nothing is fetched, no mailbox read and no schema changed: what those need takes longer than a small run."""
    dear = {"httpx2", "tenacity", "imaplib", "alembic", "holidays", "plistlib", "openpyxl", "tomlkit", "starlette"}
    code = f"""import sys; from reporter.cli import main
sys.argv = ["reporter", "run", "--roster", "staff.csv", "--as-of", "2026-09-09T09:00-04:00", "--no-deliver"]
main()
print("sqlalchemy" in sys.modules, {dear!r} & set(sys.modules))"""
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True)

    assert "True set()" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["check", "two.csv", "--lang", "fr"], 4, "two.csv:1\u00a0: l’en-tête"),
        (["run", "--config", "fr.toml"], 4, "aucune liste n’est indiquée"),
        (
            ["run", "--config", "bad.toml"],
            3,
            "bad.toml: rooster\u00a0: ligne 2, clé inconnue\u00a0; s’agirait-il de [[roster]]\u00a0?",
        ),
        (
            ["run", "--config", "bad.toml", "--lang", "en"],
            3,
            "bad.toml: rooster: line 2, unknown key; did you mean [[roster]]?",
        ),
    ],
)
def test_what_stops_a_command_is_told_in_the_office_s_language(home, arguments, code, said):
    """That of --lang, else of the settings, even of those that cannot be used."""
    (home / "fr.toml").write_text('language = "fr"\n', "utf-8")
    (home / "bad.toml").write_text('language = "fr"\nrooster = "x"\n', "utf-8")
    (home / "two.csv").write_text("Student ID,Expiry\n1,2026-09-15\n", "utf-8")
    done = reporter(*arguments, cwd=home)

    assert code == done.returncode
    assert said in done.stderr


def test_a_source_that_was_not_read_is_named_by_the_run(tmp_path):
    """The mail has it in its last lines; whoever looks at the screen has to see it there."""
    (tmp_path / "staff.csv").write_text("Employee No.,Permit type,Permit expiry\n01,Work permit,2028-09-15\n", "utf-8")
    (tmp_path / "reporter.toml").write_text(
        '[[roster]]\npath = "staff.csv"\n[[sources]]\nurl = "http://127.0.0.1:9/x.json"\nprivate = true\n', "utf-8"
    )
    done = reporter("run", "--as-of", "2026-09-09T09:00-04:00", "--no-deliver", cwd=tmp_path)

    assert "(1 of 1): http://127.0.0.1:9/x.json (NEVER READ)." in done.stdout
