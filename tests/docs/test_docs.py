"""The pages do what they say: each command runs, each table is current, each link leads somewhere."""

import re
import subprocess
import sys
import tomllib

import click
import pytest
from click.testing import CliRunner
from walk import ROOT, Command, follow, steps

from reporter.cli import cli

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")])
WALKED = [page for page in PAGES if page.name != "README.md" and any(isinstance(s, Command) for s in steps(page))]
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#]*)(#[^)]*)?\)")
SPACES = re.compile(r"[\u00a0\u202f]")
"""What the program prints where a line must not break; a page may write a plain blank."""
PRIVATE = re.compile(r"(?<![\w.])/(?:work|tmp|home|root)/\w|issue #?\d|#\d{1,4}\b", re.IGNORECASE)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder in which the reader stands, with the samples as whoever has the wheel alone gets them."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli, ["demo", "--samples", "samples"]).exit_code == 0
    return tmp_path


@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.name)
def test_every_command_of_a_page_does_what_the_page_says(page, desk, demo):
    """Followed from top to bottom, each command ends as the page says and prints the lines it shows."""
    for command, output, exit_code in follow(page, desk, demo):
        said = " ".join(command.words)

        assert command.exit_code == exit_code, (said, output)
        shown = SPACES.sub(" ", output)
        assert [] == [line for line in command.printed if SPACES.sub(" ", line).strip() not in shown], (said, shown)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_blocks_hold_commands_of_ours_only(page):
    """What the tests cannot run stands in a plain block, so that no command of ours goes untried."""
    allowed = ("reporter", "make") if page.parent == ROOT else ("reporter",)
    odd = [step.words for step in steps(page) if isinstance(step, Command) and step.words[0] not in allowed]

    assert [] == odd


def test_the_made_pages_are_current():
    """What make_reference.py would write is what stands there: asked of a process that other tests cannot touch."""
    command = [sys.executable, str(DOCS / "make_reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert 0 == done.returncode, f"run python docs/make_reference.py\n{done.stdout}{done.stderr}"


def test_every_command_is_in_the_reference():
    """No command of the program is missing from its reference."""
    text = (DOCS / "reference.md").read_text("utf-8")

    assert [] == [name for name in cli.commands if f"### `reporter {name}`" not in text]


def test_every_option_of_a_page_exists():
    """A page names no option that the program does not have."""
    known = {name for command in _all(cli) for parameter in command.params for name in parameter.opts} | {"--help"}
    told = {
        (page.name, word)
        for page in PAGES
        for step in steps(page)
        if isinstance(step, Command) and step.words[0] == "reporter"
        for word in step.words
        if word.startswith("--")
    }

    assert set() == {pair for pair in told if pair[1] not in known}


TEXTS = [tomllib.loads(path.read_text("utf-8")) for path in (ROOT / "reporter/text").glob("*/*.toml")]
SAID = [one[language] for texts in TEXTS for one in texts.values() for language in ("en", "fr")]


def test_every_command_that_a_sentence_names_can_be_typed():
    """The cure that a refusal or a notice names: the command is there, with that option, and the value it needs."""
    told = {command for text in SAID for command in re.findall(r"`reporter ([^`]+)`", text)}
    options = {word for text in SAID for word in re.findall(r"(?<![\w-])--[a-z][\w-]+", text)}
    known = {name for command in _all(cli) for parameter in command.params for name in parameter.opts}

    assert len(told) > 25
    assert {} == {command: fault for command in sorted(told) if (fault := _misfit(command))}
    assert {"--upgrade"} == options - known - {"--help"}  # of pip


def _misfit(typed):
    """What keeps a command line from being taken; nothing where it is one of ours."""
    found, words = cli, typed.split()
    while isinstance(found, click.Group) and words and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    if found is cli:
        return "no command"
    options = {name: one for one in found.params if isinstance(one, click.Option) for name in one.opts}
    for place, word in enumerate(words):
        if not word.startswith("--"):
            continue
        if word not in options:
            return f"no option {word}"
        values = [one for one in words[place + 1 :] if not one.startswith("--")]
        if not options[word].is_flag and len(values) < options[word].nargs:
            return f"{word} needs a value"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    """A link leads to a file that is there, and to a heading that is there."""
    text = page.read_text("utf-8")
    broken = []
    for target, heading in LINK.findall(text):
        other = page if not target else page.parent / target
        if not other.exists() or (heading and heading[1:] not in _anchors(other)):
            broken.append(target + heading)

    assert [] == broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_holds_nothing_of_the_machine_it_was_written_on(page):
    """No path of somebody's machine and no number of a ticket stands in a page."""
    assert [] == PRIVATE.findall(page.read_text("utf-8"))


def _all(command):
    yield command
    if isinstance(command, click.Group):
        for other in command.commands.values():
            yield from _all(other)


def _anchors(page):
    """The names by which a page's headings are linked to."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
