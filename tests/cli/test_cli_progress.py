"""How far a long work has come, on a real terminal; and what a real Ctrl-C leaves in each stage."""

import errno
import os
import pty
import select
import signal
import sys
import time

import pytest
from forked import fork_reporter
from made_runs import outages, roster

from reporter.cli import streams
from reporter.cli.streams import left
from reporter.delivery import folder
from reporter.model import progress as stages
from reporter.model.mail import SENT
from reporter.store.database import open_store
from reporter.store.outbox import entries
from reporter.text.catalogue import words

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is asked for")
STAGES = ["read", "judge", "words", "digest", "files", "record", "send"]


@pytest.fixture
def office(tmp_path):
    """Three readers, whose mails go to a folder."""
    rows = [
        (f"E{n}", f"Ana Invented{n}", f"Unit {n}", f"hr{n}@example.org", "ON", "Work permit", "2099-09-15")
        for n in range(3)
    ]
    roster(tmp_path / "staff.csv", rows)
    outages(tmp_path / "o.json", [], complete_to=None)
    (tmp_path / "share").mkdir()
    (tmp_path / "reporter.toml").write_text(
        '[[roster]]\npath = "staff.csv"\n[[outages]]\npath = "o.json"\n[mail]\ntransport = "folder"\nshare = "share"\n'
        'allow = ["example.org"]\nfirst_time_limit = 9\n', "utf-8",
    )  # fmt: skip
    return tmp_path


def slowed(stage, pause, soon, in_hand):
    """Say on stdout, and wait, at that stage, and where `in_hand` with a mail in hand."""
    begun, whole = stages.begin_stage, folder.FolderTransport.deliver

    def say(what, seconds):
        sys.stdout.write(f"AT {what}\n")
        sys.stdout.flush()
        time.sleep(seconds)

    def begin_stage(name, total=0):
        begun(name, total)
        if name == stage:
            say(name, pause)

    def deliver(self, content, envelope, on_handover):
        def handed():
            on_handover()
            if in_hand:
                say("hand", 1)

        return whole(self, content, envelope, handed)

    streams.SOON = soon
    for module in list(sys.modules.values()):
        if getattr(module, "begin_stage", None) is begun:
            module.begin_stage = begin_stage
    folder.FolderTransport.deliver = deliver


def begin(home, *arguments, stage="", pause=0.0, soon=2.0, in_hand=False, piped=False, **more):
    """The command on a terminal of its own: its process, the terminal's other end, and what it prints to stdout."""
    ours, theirs = pty.openpty()

    def before():
        own(theirs)
        os.environ.pop("NO_COLOR", None)
        slowed(stage, pause, soon, in_hand)

    look = {"TERM": "xterm", "COLUMNS": "100", **more}
    process = fork_reporter(home, arguments, stdin=theirs, stderr=None if piped else theirs, before=before, **look)
    os.close(theirs)
    return process, ours


def own(terminal):
    """The terminal is that of this process: a Ctrl-C typed there reaches it and all that it starts.

    Tests that a script runs behind itself ignore that signal, and what they start would too.
    """
    import fcntl
    import termios

    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def wait_for(process, mark):
    for line in process.stdout:
        if line.decode().strip() == mark:
            return
    raise AssertionError(f"{mark} was never reached")


def finish(process, terminal):
    """What stood on the terminal, and the exit code."""
    said, until = b"", time.monotonic() + 120
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                part = os.read(terminal, 65_536)
            except OSError as error:
                assert error.errno == errno.EIO
                break
            if not part:
                break
            said += part
        elif process.poll() is not None:
            break
    with process:
        out = process.stdout.read()
        code = process.wait(60)
    os.close(terminal)
    return code, said.decode(), out.decode()


def mails(folder):
    if not (folder / "reporter.db").exists():
        return []
    store = open_store(f"sqlite:///{folder / 'reporter.db'}")
    try:
        return [entry.state for entry in entries(store)]
    finally:
        store.close()


def run_folders(folder):
    return sorted(path for path in (folder / "reporter-out").glob("*") if any(path.rglob("*")))


def test_long_work_shows_its_stage_count_and_time_left(office):
    """On a terminal; when the work is over the line is gone, and what is printed stands where it always did."""
    process, terminal = begin(office, "run", stage="digest", pause=1.5, soon=0.2)
    code, seen, out = finish(process, terminal)

    assert code == 0
    assert "Making the digests" in seen and "0/4" in seen
    assert seen.rindex("\x1b[2K") > seen.rindex("Making the digests")
    assert "Making the digests" not in out
    assert "reporter-out" in out


@pytest.mark.parametrize(
    "how", ["piped", *(pytest.param(one, marks=pytest.mark.slow) for one in ("quiet", "dumb", "soon over"))]
)
def test_nothing_is_shown_where_nobody_wants_it(office, how):
    """In a pipe, as of a timer, with --quiet, on a terminal that draws nothing, and of work that is over by then."""
    more = {"TERM": "dumb"} if how == "dumb" else {}
    words_typed = ["--quiet", "run"] if how == "quiet" else ["run"]
    soon = 300 if how == "soon over" else 0.1
    process, terminal = begin(office, *words_typed, stage="digest", pause=1, soon=soon, piped=how == "piped", **more)
    code, seen, _ = finish(process, terminal)

    assert (0, "") == (code, seen)


@pytest.mark.parametrize(
    ("stage", "how"),
    [
        pytest.param("digest", signal.SIGINT),
        *(pytest.param(one, signal.SIGINT, marks=pytest.mark.slow) for one in STAGES if one != "digest"),
        *(pytest.param(one, signal.SIGTERM, marks=pytest.mark.slow) for one in ("digest", "send")),
    ],
)
def test_broken_off_in_any_stage_it_says_what_is_left_and_the_next_run_goes_on(office, stage, how):
    """No half folder stays, nobody is told twice, and everybody is told in the end."""
    process, terminal = begin(office, "run", stage=stage, pause=1)
    wait_for(process, f"AT {stage}")
    if how == signal.SIGINT:
        os.write(terminal, b"\x03")
    else:
        process.send_signal(how)
    code, seen, _ = finish(process, terminal)
    w, is_made = words("progress", "en"), stage in ("record", "send")
    left_there, planned = run_folders(office), mails(office)
    again, other = begin(office, "run")
    done, _, _ = finish(again, other)

    assert (130 if how == signal.SIGINT else 143) == code
    assert w["left_report" if is_made else "left_no_report"] in seen and w[f"stage_{stage}"] in seen
    assert is_made == ("3 wait: the next run sends them" in seen)
    assert is_made == bool(left_there)
    assert [] == [one for one in left_there if (one / ".unfinished.json").exists()]
    assert (["planned"] * 3 if is_made else []) == planned
    assert "Traceback" not in seen
    assert (0, [SENT] * 3) == (done, mails(office))


def test_a_mail_in_hand_is_settled_first(office):
    """Ctrl-C while a mail is handed over: it is sent and on record, and the count of what went is true."""
    process, terminal = begin(office, "run", in_hand=True)
    wait_for(process, "AT hand")
    os.write(terminal, b"\x03")
    code, seen, _ = finish(process, terminal)

    assert 130 == code
    assert "1 mail was sent. 2 wait: the next run sends them" in seen
    assert [SENT, "planned", "planned"] == sorted(mails(office), reverse=True)


@pytest.mark.slow
def test_asked_twice_it_stops_at_once_and_says_that_nobody_can_tell(office):
    """The mail in hand may have arrived: the next run holds it for somebody to find out."""
    process, terminal = begin(office, "run", in_hand=True)
    wait_for(process, "AT hand")
    os.write(terminal, b"\x03")
    time.sleep(0.3)
    os.write(terminal, b"\x03")
    code, seen, _ = finish(process, terminal)

    assert 130 == code
    assert "No mail was sent. 2 wait" in seen and "1 was being handed over: nobody can tell" in seen
    assert "handed_over" in mails(office)


def test_a_question_that_is_broken_off_says_so_in_french(office):
    """And leaves nothing."""
    before = sorted(path.name for path in office.iterdir())
    process, terminal = begin(office, "check", "staff.csv", "--lang", "fr", stage="read", pause=1)
    wait_for(process, "AT read")
    os.write(terminal, b"\x03")
    code, seen, _ = finish(process, terminal)

    assert 130 == code
    assert "Rien n’a été écrit ni envoyé." in seen
    assert before == sorted(path.name for path in office.iterdir())


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, ""), (0.2, "about 1 s left"), (90, "about 90 s left"), (91, "about 2 min left"), (5_401, "about 2 h left")],
)
def test_the_time_left_is_told_in_one_unit_and_rounded_up(seconds, expected):
    """Where nobody can say, nothing is said."""
    assert expected == left(seconds, words("progress", "en")).replace("\u00a0", " ")
