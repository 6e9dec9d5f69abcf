"""How a command is found: `--help` in groups, `reporter completion`, and what is wrong with a command line.

The last in the reader's language: what click finds in it, and what our commands find.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from reporter.errors import SettingsError
from reporter.text.catalogue import words

GROUPS = {
    "Every week": ("run", "weekly", "status", "deliver", "outbox", "readers"),
    "Look closer": ("check", "explain", "history", "what-if", "stress", "backtest", "annotate", "rules"),
    "Outages": ("outages",),
    "Keep and prove": ("evidence", "verify", "audit", "person", "purge"),
    "Set up": ("init", "demo", "doctor", "settings", "templates", "schedule", "completion", "trim"),
}
FIRST = ("run", "status", "check", "explain", "outages", "evidence", "init", "doctor")
"""What the first page shows; `--all` shows the rest."""

CLICK_SAYS = {
    "no_subcommand": r"Missing command\.",
    "lacks_argument": r"Missing argument '(?P<name>.*?)'\..*",
    "lacks_option": r"Missing option '(?P<name>.*?)'\..*",
    "extra": r"Got unexpected extra arguments? \((?P<said>.*)\)",
    "needs_value": r"Option '(?P<name>.*?)' requires .*",
    "takes_none": r"Option '(?P<name>.*?)' does not take a value\.",
    "of_option": r"Invalid value for '?(?P<name>.*?)'?: (?P<what>.*)",
    "choice": r"'(?P<value>.*?)' is not (?:one of )?(?P<choices>'.*')\.",
    "number": r"'(?P<value>.*?)' is not a valid .*",
    "range": r"(?P<value>\S+) is not in the range (?P<range>.*)\.",
    "date": r"'(?P<value>.*?)' does not match the formats? (?P<forms>.*)\.",
    "absent": r"\w+ '(?P<name>.*?)' does not exist\.",
    "folder": r"\w+ '(?P<name>.*?)' is a directory\.",
    "file": r"\w+ '(?P<name>.*?)' is a file\.",
    "unreadable": r"\w+ '(?P<name>.*?)' is not readable\.",
    "unwritable": r"\w+ '(?P<name>.*?)' is not writable\.",
}
"""How click says it in English, by the key of our sentence."""


class GroupedCommands(click.Group):
    """The commands under headings: eight of them with `--help`, every one with `--all`."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the headings with their commands, each command with its first sentence."""
        shown = set(self.commands) if ctx.meta.get("all") else self.commands.keys() & set(FIRST)
        grouped = {name for names in GROUPS.values() for name in names}
        others = tuple(sorted(shown - grouped))
        widest = max(map(len, shown))
        limit = formatter.width - widest - 4
        for heading, names in {**GROUPS, "Others": others}.items():
            there = [name for name in names if name in shown]
            rows = [(name, self.commands[name].get_short_help_str(limit)) for name in there]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows, col_max=widest, col_spacing=widest + 2 - max(len(name) for name in there))
        if left := len(self.commands) - len(shown):
            formatter.write_paragraph()
            formatter.write_text(f"{left} more commands: reporter --all")


def show_all(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Print the help with every command, and end."""
    if is_asked:
        ctx.meta["all"] = True
        click.echo(ctx.get_help())
        ctx.exit()


SHELLS = ("bash", "zsh", "fish")
STARTED_BY = {"bash": ".bashrc", "zsh": ".zshrc"}


@click.command()
@click.option("--shell", type=click.Choice(SHELLS), help="Which shell; the one that you use, if left out.")
@click.option("--print", "is_print", is_flag=True, help="Print the script, and write none.")
def completion(shell: str | None, is_print: bool) -> None:
    """Install the completion of commands, options and files for bash, zsh or fish; it works in the next shell."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise misuse("shell", option="--shell", shells=", ".join(SHELLS))
    script = _script(name)
    if is_print:
        click.echo(script)
        return
    for path in _installed(name, script, Path.home()):
        click.echo(path)


def _script(shell: str) -> str:
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    maker = get_completion_class(shell)
    assert maker is not None, shell
    return maker(root, {}, "reporter", "_REPORTER_COMPLETE").source()


def _installed(shell: str, script: str, home: Path) -> list[Path]:
    """Write the script, and the line that reads it where the shell has no folder of its own for such; once."""
    if shell == "fish":
        file = home / ".config" / "fish" / "completions" / "reporter.fish"
        return [_write(file, script)]
    file, start = home / ".local" / "share" / "reporter" / f"completion.{shell}", home / STARTED_BY[shell]
    written, line = [_write(file, script)], f'. "{file}"  # reporter completion'
    before = start.read_text("utf-8") if start.exists() else ""
    if line not in before.splitlines():
        with start.open("a", encoding="utf-8") as appended:
            appended.write(("" if before.endswith("\n") or not before else "\n") + line + "\n")
        written.append(start)
    return written


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


class Misuse(click.UsageError):
    """A command line that a command of ours does not understand; told in whichever language is asked for."""

    def __init__(self, key: str, option: str, details: Mapping[str, object]) -> None:
        self.key, self.option, self.details = key, option, details
        super().__init__(self.said("en"), click.get_current_context(silent=True))

    def said(self, language: str) -> str:
        """The sentence, after the option that it is about."""
        w = words("usage", language)
        told = w[self.key].format(**self.details)
        return w["of_option"].format(name=self.option, what=told) if self.option else told


def misuse(key: str, /, *, option: str = "", **details: object) -> Misuse:
    """The error, ready to be raised: the key of its sentence in `usage.toml`, the option, and what fills it."""
    return Misuse(key, option, details)


def show_misuse(error: click.ClickException, spoken: str) -> None:
    """Print a usage error on stderr. Takes: spoken - the language that the command knew of, if it got so far."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # a group alone asks what there is
        click.echo(error.format_message(), err=True)
        return
    language = spoken or _asked_for(sys.argv[1:])
    w = words("usage", language)
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(context.get_usage().replace("Usage:", w["usage"], 1), err=True)
        click.echo(w["hint"].format(command=context.command_path) + "\n", err=True)
    click.echo(w["error"].format(message=_said(error, language)), err=True)


def _said(error: click.ClickException, language: str) -> str:
    w = words("usage", language)
    if isinstance(error, Misuse):
        return error.said(language)
    if isinstance(error, click.NoSuchOption | click.exceptions.NoSuchCommand):
        kind = "option" if isinstance(error, click.NoSuchOption) else "command"
        name = error.option_name if isinstance(error, click.NoSuchOption) else error.command_name
        near = ", ".join(error.possibilities or ())
        return w[f"no_{kind}_near" if near else f"no_{kind}"].format(name=name, near=near)
    return _translated(error.format_message(), w)


def _translated(text: str, w: Mapping[str, str]) -> str:
    """A sentence of click in our words; its own, where it is not known."""
    for key, pattern in CLICK_SAYS.items():
        if found := re.fullmatch(pattern, text, re.DOTALL):
            told = found.groupdict()
            return w[key].format(**(told | {"what": _translated(told["what"], w)} if "what" in told else told))
    return text


def _asked_for(typed: Sequence[str]) -> str:
    """The language that a command line asks for before any command has read it: by --lang, or by its settings."""
    said = {name: value for name, value in _valued(typed) if name in ("--lang", "--config")}
    if said.get("--lang") in ("en", "fr"):
        return said["--lang"]
    path = Path(said.get("--config", "reporter.toml"))
    return spoken_in(path) if path.is_file() else "en"


def spoken_in(config: Path | None) -> str:
    """The language that a settings file asks for at its top, whatever else is wrong with it."""
    import re

    from reporter.settings_text import read_typed

    try:
        top = re.split(r"^\s*\[", read_typed(config).text, maxsplit=1, flags=re.MULTILINE)[0] if config else ""
        said = re.search(r"^\s*language\s*=\s*[\"'](\w+)", top, re.MULTILINE)
    except SettingsError:  # the command says so itself, in English
        said = None
    return "fr" if said and said[1].startswith("fr") else "en"  # of two, the first


def _valued(typed: Sequence[str]) -> list[tuple[str, str]]:
    """The options with their values, written `--name value` or `--name=value`."""
    beside = zip(typed, [*typed, ""][1:], strict=True)
    return [(name, value if sign else after) for one, after in beside for name, sign, value in [one.partition("=")]]
