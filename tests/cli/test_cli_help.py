"""The first page of the command line, and the completion of what is typed."""

import re
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from reporter.cli import cli
from reporter.cli.help import FIRST, GROUPS, SHELLS, completion, show_misuse, spoken_in


def listed(*words):
    """The commands that a page of help shows, in order."""
    _, _, text = CliRunner().invoke(cli, [*words], prog_name="reporter").output.partition("Every week:")
    return [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line.split()[0] in cli.commands]


def test_the_first_page_has_eight_commands_and_the_other_all_of_them():
    """A newcomer reads eight lines; nothing is hidden."""
    assert (set(FIRST) & set(cli.commands)) == set(listed("--help"))
    assert sorted(cli.commands) == sorted(listed("--all"))


@pytest.mark.parametrize("typed", [[], ["outages"]])
def test_a_group_alone_shows_what_there_is(monkeypatch, capsys, typed):
    """Whoever types `reporter` and nothing else gets the first page, and no error."""
    monkeypatch.setattr(sys, "argv", ["reporter", *typed])
    with pytest.raises(click.exceptions.NoArgsIsHelpError) as alone:
        cli(typed, standalone_mode=False, prog_name="reporter")
    show_misuse(alone.value, "")
    told = capsys.readouterr().err

    assert told.startswith("Usage: reporter")
    assert "Error" not in told


def test_every_command_has_its_group():
    """Each stands under one heading, by what it is for."""
    grouped = [name for names in GROUPS.values() for name in names]

    assert [] == sorted(set(cli.commands) - set(grouped)) + sorted(set(FIRST) - set(grouped))
    assert len(grouped) == len(set(grouped))


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_installed_once(shell, tmp_path, monkeypatch):
    """Asked for twice, the shell reads it once; what stood in its file stays."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", f"/bin/{shell}")
    (tmp_path / f".{shell}rc").write_text("alias x=y", "utf-8")
    done = [CliRunner().invoke(completion).exit_code for _ in range(2)]
    start = (tmp_path / f".{shell}rc").read_text("utf-8")

    assert [0, 0] == done
    assert start.startswith("alias x=y") and start.count("reporter completion") == (shell != "fish")


def test_an_unknown_shell_is_told_which_there_are(monkeypatch):
    """PowerShell has none."""
    monkeypatch.setenv("SHELL", "/usr/bin/pwsh")

    assert "bash, zsh, fish" in CliRunner().invoke(completion).output


def test_what_is_typed_is_completed():
    """The program itself answers the shell."""
    env = {"_REPORTER_COMPLETE": "bash_complete", "COMP_WORDS": "reporter outa", "COMP_CWORD": "1", "PATH": ""}
    code = "import sys; sys.argv = ['reporter']; from reporter.cli import start; start()"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)

    assert "plain,outages\n" == done.stdout, done.stderr


def test_the_language_of_a_unit_is_not_that_of_the_office(tmp_path):
    """What is wrong with the settings is told in the language at their top."""
    settings = tmp_path / "reporter.toml"
    for top, expected in (("", "en"), ('language = "fr+en"\n', "fr")):
        settings.write_text(f'{top}[units.Atelier]\naddress = "a@example.org"\nlanguage = "fr"\n', "utf-8")

        assert expected == spoken_in(settings)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["run", "--frob"], "option inconnue\u00a0: --frob"),
        (["explain"], "il manque l’argument PERSON"),
        (["what-if", "--kind", "x"], "--kind\u00a0: x n’est pas l’un de ces choix"),
        (["evidence", "add", "P1", "none.txt"], "none.txt n’existe pas"),
        (["runn"], "Vouliez-vous écrire run\u00a0?"),
        (["run", "--as-of", "tomorrow"], "tomorrow n’est pas un instant"),
    ],
)
def test_what_is_wrong_with_a_command_line_is_told_in_the_reader_s_language(monkeypatch, capsys, typed, told):
    """What click finds, and what a command of ours finds; none of it in English."""
    monkeypatch.setattr("sys.argv", ["reporter", *typed, "--lang", "fr"])
    with pytest.raises(click.ClickException) as raised:
        cli.main([*typed, *(["--lang", "fr"] if typed[0] != "runn" else [])], standalone_mode=False)
    show_misuse(raised.value, "")
    said = capsys.readouterr().err

    assert (True, True) == ("Utilisation\u00a0:" in said, told in said)
    assert not re.search(r"\b(Error|Usage|Invalid|No such|Missing|is not)\b", said)
