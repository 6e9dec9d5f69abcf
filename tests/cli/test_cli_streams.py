"""What a command did is done, whatever becomes of what it prints."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from forked import fork_reporter

import reporter
from reporter.cli import cli
from reporter.cli.streams import SteadyStream

STAFF = "Employee ID,Name,Department,Permit type,Permit expiry\n1,Zoë Łącka,Génie,Work permit,2026-12-03\n"
SETTINGS = 'language = "fr"\n[office]\nname = "Zoë Łącka, Génie"\n'
CHECK = ("settings", "check", "office.toml")
"""A command that starts quickly, and whose words have letters that a code page may lack."""
RUN = ("run", "--roster", "staff.csv", "--as-of", "2026-11-30T09:00-05:00", "--out", "out", "--no-deliver")
WITHOUT_STREAMS = (
    "import sys; sys.stdin = sys.stdout = sys.stderr = None; sys.argv = ['reporter', *{words!r}]; "
    "from reporter.cli import start; start()"
)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "staff.csv").write_text(STAFF, "utf-8")
    (tmp_path / "office.toml").write_text(SETTINGS, "utf-8")
    return tmp_path


def started(home, words, shell=""):
    """The command started anew; `shell` is what stands behind it."""
    command = [sys.executable, "-W", "error", "-m", "reporter", *words]
    if shell:
        command = ["bash", "-c", '"$@" ' + shell, "bash", *command]
    return subprocess.run(command, cwd=home, capture_output=True, timeout=120, check=False)


def printed(home, words, encoding):
    """The exit code of the command, what it printed to a stdout of that encoding, and what to stderr."""
    with (home / "stderr").open("wb") as err:
        told, code = fork_reporter(home, words, stderr=err.fileno(), encoding=encoding).read()
    return code, told.decode(encoding), (home / "stderr").read_text("utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_a_code_page_is_no_fault(home, encoding):
    """What it lacks is spelled plainly; the rest is as it is, and nothing is said to have failed."""
    code, told, fault = printed(home, CHECK, encoding)

    assert (0, "") == (code, fault)
    assert "Genie" in told if encoding == "ascii" else "Génie" in told
    assert ("Łącka" in told) == (encoding == "utf-16")
    assert "?" not in told.replace(" ?", "")


@pytest.mark.parametrize(("encoding", "said"), [("cp850", "Génie Lacka -"), ("cp437", "Génie Lacka -"),
                                                ("cp1252", "Génie Lacka –")])  # fmt: skip
def test_each_code_page_says_what_it_can(encoding, said):
    """And spells the rest."""
    page = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    SteadyStream(page).write("Génie Łącka –")
    page.flush()

    assert said == page.buffer.getvalue().decode(encoding)


def test_a_run_on_a_pipe_of_windows_is_done(home):
    """Its first screen has signs and spaces that the code page lacks."""
    code, told, fault = printed(home, (*RUN, "--lang", "fr"), "cp1252")

    assert (0, True) == (code, (home / "out" / "manifest.json").is_file()), fault
    assert "\u2009" not in told and "classeur" in told.casefold()


def test_json_loses_no_letter(home):
    """A program gets every letter, spelled as JSON spells it."""
    words = ("check", "staff.csv", "--json")
    _, told, _ = printed(home, words, "ascii")
    with contextlib.chdir(home):
        plain = CliRunner().invoke(cli, words)

    assert told.isascii()
    assert json.loads(plain.stdout) == json.loads(told)


@pytest.mark.skipif(os.name != "posix", reason="bash")
@pytest.mark.parametrize("shell", [">&-", "| true; exit ${PIPESTATUS[0]}"])
def test_nobody_who_reads_is_no_fault(home, shell):
    """A closed stdout, a reader who has seen enough: the code is that of the work, and there is nothing to say."""
    done = started(home, CHECK, shell)

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="bash")
def test_a_run_with_everything_closed_is_whole(home):
    """The first file that is opened gets the number of stdout, and must not be printed into."""
    done = started(home, RUN, "<&- >&- 2>&-")
    with contextlib.chdir(home):
        verify = CliRunner().invoke(cli, ("verify", "out"))

    assert (0, 0) == (done.returncode, verify.exit_code), verify.output


def test_a_process_without_a_console_is_served(home):
    """As pythonw starts it: no stdin, stdout or stderr at all."""
    code = WITHOUT_STREAMS.format(words=CHECK)
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, timeout=120, check=False)

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_a_full_disk_is_told_and_the_work_is_done(home):
    """What was printed is not whole, which a program must know; the run is."""
    done = started(home, CHECK, "> /dev/full")

    assert 0 == done.returncode
    assert "ce que la commande a fait est fait" in done.stderr.decode()


def test_the_code_of_a_refusal_outlives_its_reader(home):
    """Nobody reads the sentence; the caller reads the code."""
    done = started(home, ("check", "nobody.csv"), "2>&-" if os.name == "posix" else "")

    assert 4 == done.returncode


def test_every_sentence_can_be_said_plainly():
    """No sign of any catalogue becomes a question mark in the plainest code page."""
    home = Path(reporter.__file__).parent / "text"
    texts = [text for path in home.glob("*/*.toml") for text in _texts(tomllib.loads(path.read_text("utf-8")))]

    assert [] == [text for text in texts if text.encode("ascii", "reporter-plain").count(b"?") != text.count("?")]


def _texts(value):
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def test_a_stream_that_is_gone_takes_words_for_nothing():
    """After the first refusal nothing more is tried."""

    class Closed:
        encoding, closed, tries = "utf-8", False, 0

        def write(self, text):
            self.tries += 1
            raise BrokenPipeError

        def fileno(self):
            raise ValueError

    stream = SteadyStream(Closed())

    assert ([3, 3], 1) == ([stream.write("one"), stream.write("two")], stream.stream.tries)
