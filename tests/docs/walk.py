"""Reads a page as a reader follows it: the files it tells to write, and the commands it tells to run."""

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from reporter.cli import cli

ROOT = Path(__file__).parents[2]
STEP = re.compile(
    r"(?:<!-- (?P<mark>file|exit): (?P<told>[^>]*?) -->\s*\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Command:
    """One command of a page, and what the page says that it prints."""

    words: tuple[str, ...]
    printed: tuple[str, ...]
    exit_code: int


@dataclass(frozen=True)
class Written:
    """One file that a page tells its reader to write."""

    path: str
    text: str


def steps(page: Path) -> list[Command | Written]:
    """The steps of a page, in order."""
    found: list[Command | Written] = []
    for match in STEP.finditer(page.read_text("utf-8")):
        if match["mark"] == "file":
            found.append(Written(match["told"], match["text"]))
        elif match["kind"] == "console":
            found += _commands(match["text"], int(match["told"] or 0))
    return found


def _commands(text: str, exit_code: int) -> list[Command]:
    parts = re.split(r"^\$ ", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    lines = [part.splitlines() for part in parts]
    return [Command(tuple(shlex.split(first)), tuple(rest), exit_code) for first, *rest in lines]


def follow(page: Path, home: Path, demo: tuple[str, Path] | None = None) -> list[tuple[Command, str, int]]:
    """Do what the page says, in `home`, where a copy of the samples stands: each command, its output and exit code.

    `demo` is what the demo prints and the folder it writes, where it was made before.
    """
    done = []
    for step in steps(page):
        if isinstance(step, Written):
            path = home / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, "utf-8")
        elif step.words == ("reporter", "demo") and demo:
            shutil.copytree(demo[1], home / demo[1].name)
            done.append((step, demo[0], 0))
        elif step.words[0] == "reporter":
            outcome = CliRunner().invoke(cli, list(step.words[1:]), prog_name="reporter")
            done.append((step, outcome.output, outcome.exit_code))
    return done
