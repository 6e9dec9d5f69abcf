"""What is wrong with a command line, in the reader's language: what click finds in it, and what our commands find."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from reporter.text.catalogue import words

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

    from reporter.errors import SettingsError
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
