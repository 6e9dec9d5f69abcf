"""What is printed reaches whoever reads it, and costs nobody the work that was done when it does not.

A pipe of Windows has a code page without our signs; a reader such as `head` goes away; a task without a window has no
stdout at all. None of these is a fault of the run.

Whoever looks on sees one line after two seconds: the stage, how many pieces of it are done, and about how long the
rest takes. Nothing at all is printed where stderr is no terminal. Ctrl-C and a request to end stop the work where that
leaves nothing half done, and what was left undone and what was sent is told from what is on record.
"""

from __future__ import annotations

import codecs
import errno
import math
import os
import signal
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from reporter.text.catalogue import count_sentence, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import Timestamp
    from rich.progress import Progress, Task

    from reporter.settings import Settings

PLAIN = str.maketrans(
    {
        "▲": "^", "◆": "#", "●": "*", "○": "o", "◇": "+", "■": "#", "□": "o", "✓": "v", "✕": "x", "☐": "o", "▾": "v",
        "★": "*", "→": "->", "←": "<-", "↑": "^", "↓": "v", "≤": "<=", "≥": ">=", "≠": "<>", "×": "x", "−": "-",
        "·": "-", "•": "-", "–": "-", "—": "-", "…": "...", "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"',
        "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "€": "EUR", "\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u200b": "",
        "─": "-", "━": "-", "│": "|", "┃": "|",
    }
)  # fmt: skip
"""What stands for a sign that a code page lacks; a letter stands for itself without its accent."""
GONE = (errno.EPIPE, errno.EINVAL, errno.EBADF)
"""The reader went away: Windows has the second number for it, and a closed handle the third."""


def _plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(PLAIN)
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return bare.encode("ascii", "replace").decode("ascii"), error.end


codecs.register_error("reporter-plain", _plain_letters)


class SteadyStream:
    """A text stream that prints what its encoding can say, and goes quiet when nobody reads any more.

    NOTE: it has no `buffer` and takes no empty bytes, by which click asks whether a stream is binary: it would write
    bytes of its own choice of encoding, and replace the letters that encoding lacks.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.errors = "reporter-plain"
        self.is_gone = False
        self.before: Callable[[], object] | None = None
        """What makes room for what is printed: a line that shows how far the work has come goes first."""
        self.fault = ""
        """Why what was printed is not whole, when it is not the reader who went away: a full disk."""

    def write(self, text: str | bytes) -> int:
        """Print the text, or nothing to a reader who is gone; click gives bytes where it completes."""
        if text == b"":
            raise TypeError("this is a stream of text")
        if not self.is_gone:
            letters = text.decode() if isinstance(text, bytes) else text
            if self.before and letters:
                self._try(self.before)
            self._try(self.stream.write, letters.encode(self.encoding, "reporter-plain").decode(self.encoding))
        return len(text)

    def flush(self) -> None:
        """Hand on what was printed."""
        if not self.is_gone:
            self._try(self.stream.flush)

    def isatty(self) -> bool:
        """Whether a person sits before it."""
        return not self.is_gone and not self.stream.closed and self.stream.isatty()

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.stream, name)

    def _try(self, deed: Any, *words: str) -> None:
        try:
            deed(*words)
        except (OSError, ValueError) as error:  # the second: the file was closed
            self.is_gone = True
            if isinstance(error, OSError) and error.errno not in GONE:
                self.fault = error.strerror or type(error).__name__
            _let_go(self.stream)


def _let_go(stream: TextIO) -> None:
    """What is still held back goes nowhere, so that the end of the process has no fault to tell."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def hold_streams() -> tuple[SteadyStream, SteadyStream]:
    """Put steady streams in the place of stdout and stderr, and nowhere in the place of those that are missing."""
    sys.stdin = sys.stdin or _nowhere("r")
    out, err = SteadyStream(sys.stdout or _nowhere("w")), SteadyStream(sys.stderr or _nowhere("w"))
    sys.stdout, sys.stderr = out, err
    return out, err


def _nowhere(mode: str) -> TextIO:
    """A stream that nobody reads.

    NOTE: it takes the lowest number that is free, that of the stream that is missing. A database that came first would
    be printed into by whatever writes to that number.
    """
    return cast(TextIO, open(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8", closefd=False))


def can_say_all(stream: Any) -> bool:
    """Whether every letter can be printed there."""
    name = getattr(stream, "encoding", None) or "utf-8"
    return codecs.lookup(name).name.startswith("utf")


SOON = 2.0
"""Seconds; work that is over by then shows nothing."""
A_SECOND = 2
"""How often the line is drawn: more would be felt in the work."""
ERASE = b"\r\x1b[2K"
STOPS = ("SIGINT", "SIGTERM")
ON_RECORD = ("record", "send", "tidy")
"""The stages of a run that begin when its report is on record."""
PATIENCE = 3
"""The stop is asked for so often before what cleans up after the first is broken off too."""


class BrokenOff(KeyboardInterrupt):
    """Somebody asked for the end; `code` is what the process ends with: 130 for Ctrl-C, 143 for a request to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


class Onlooker:
    """Whoever sits before the terminal: sees how far the work has come, and may break it off."""

    def __init__(self, w: Mapping[str, str], line: Line | None) -> None:
        self.stage = ""
        self.words = w
        self._line = line
        self._process = os.getpid()
        self._depth = self._pending = self._asked = 0
        self._is_stopping = False

    def begin(self, stage: str, total: int) -> None:
        """Show the stage and, where it is known, how many pieces it has."""
        self.stage = stage
        if self._line:
            self._line.begin(self.words[f"stage_{stage}"], total)

    def advance(self) -> None:
        """Count one piece."""
        if self._line:
            self._line.advance()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Hold back a stop until the end; asked for twice, it comes at once."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._pending and not self._depth:
            self._stop(self._pending)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While it lasts a stop is an exception in the work; what the process was told to ignore it goes on to."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [number for name in STOPS if (number := getattr(signal, name, None)) is not None]
        before = {number: signal.getsignal(number) for number in numbers}
        before = {number: known for number, known in before.items() if known is not signal.SIG_IGN}
        for number in before:
            signal.signal(number, self._hear)
        try:
            yield
        finally:
            for number, known in before.items():
                signal.signal(number, signal.SIG_DFL if known is None else known)

    def close(self) -> None:
        """The work is over; the line goes."""
        if self._line:
            self._line.close()

    def _hear(self, number: int, _: object) -> None:
        if os.getpid() != self._process:  # a process of the crew, which has heard it too: its work is nobody's any more
            os._exit(128 + number)
        self._asked += 1
        if self._is_stopping and self._asked < PATIENCE:
            return
        if self._depth and not self._pending:
            self._pending = number
            if self._line:
                self._line.say(self.words["finishing"])
            return
        self._stop(number)

    def _stop(self, number: int) -> None:
        self._is_stopping = True
        if crew := sys.modules.get("multiprocessing"):  # they would be waited for, each with all that it still has
            for child in crew.active_children():
                child.terminate()
        raise BrokenOff(number)


class Line:
    """One line of the terminal, drawn by rich from a thread of its own, which the work does not wait for.

    NOTE: it is written to a copy of stderr. The work forks, and what another thread holds of a stream at that moment is
    held for good in the new process: nothing there ever touches the copy.
    """

    def __init__(self, w: Mapping[str, str]) -> None:
        from rich.console import Console

        self._stream = open(  # noqa: SIM115, PTH123 - closed at the end of the work
            os.dup(2), "w", encoding=getattr(sys.stderr, "encoding", None), errors="replace", newline=""
        )
        console = Console(file=self._stream, force_terminal=True, highlight=False)
        self._bar = _bar(w, console)
        self._task = self._bar.add_task("", total=None, visible=False)
        self._lock, self._is_over = threading.Lock(), False
        self._soon = threading.Timer(SOON, self._open)
        self._soon.daemon = True
        self._soon.start()

    def begin(self, what: str, total: int) -> None:
        """Another stage: its clock begins anew."""
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=total or None)

    def advance(self) -> None:
        """One piece more."""
        self._bar.advance(self._task)

    def say(self, what: str) -> None:
        """What the line says from now on, whatever the stage."""
        self._bar.update(self._task, description=what, total=None)

    def close(self) -> None:
        """Take the line away."""
        self._soon.cancel()
        with self._lock:
            self._is_over = True
            if isinstance(sys.stderr, SteadyStream):
                sys.stderr.before = None
            with suppress(OSError, ValueError):  # the terminal is gone
                self._bar.stop()
                self._stream.close()

    def _open(self) -> None:
        with self._lock:
            if self._is_over:
                return
            self._bar.start()
            if isinstance(sys.stderr, SteadyStream):
                sys.stderr.before = lambda: os.write(2, ERASE)  # a warning stands on a line of its own


def _bar(w: Mapping[str, str], console: Any) -> Progress:
    """The line as rich lays it out; without colour where NO_COLOR says so."""
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Count(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.total is None else f"{task.completed:.0f}/{task.total:.0f}")

    class Left(ProgressColumn):
        max_refresh = 1.0

        def render(self, task: Task) -> Text:
            return Text(left(task.time_remaining, w))

    what = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    count, rest = (kind(table_column=Column(no_wrap=True, overflow="ellipsis")) for kind in (Count, Left))
    columns = (what, BarColumn(bar_width=20), count, rest)
    return Progress(
        *columns, console=console, transient=True, refresh_per_second=A_SECOND,
        redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip


def left(seconds: float | None, w: Mapping[str, str]) -> str:
    """About how long the rest takes, rounded up; nothing where nobody can say."""
    if seconds is None:
        return ""
    unit, size = next(
        (unit, size) for unit, size, most in (("seconds", 1, 90), ("minutes", 60, 5_400), ("hours", 3_600, math.inf))
        if seconds <= most
    )  # fmt: skip
    return w[f"{unit}_left"].format(n=math.ceil(seconds / size))


def is_watched() -> bool:
    """Whether somebody sits before stderr and wants to see it: `--quiet` and a terminal that draws nothing say no."""
    said = (click.get_current_context(silent=True) or click.Context(click.Command(""))).find_root().obj
    is_quiet = isinstance(said, dict) and said.get("quiet")
    return not is_quiet and sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


@contextmanager
def watching(language: str, tell: Callable[[str], str]) -> Iterator[None]:
    """Show how far the work has come; broken off, say what is left of it and end with 130, or 143 on a request to end.

    Takes: tell - from the stage, empty before the first, to what is left undone; called when all is cleaned up.
    """
    from reporter.model.progress import watched

    w = words("progress", language)
    onlooker = Onlooker(w, Line(w) if is_watched() else None)
    try:
        with onlooker.listening(), watched(onlooker):
            yield
    except KeyboardInterrupt as stop:
        onlooker.close()
        stage = w.get(f"stage_{onlooker.stage}", "")
        said = w["stopped_at" if stage else "stopped"].format(stage=stage, what=tell(onlooker.stage))
        click.echo(f"reporter: {said}", err=True)
        click.get_current_context().exit(getattr(stop, "code", 130))
    finally:
        onlooker.close()


def question_left(language: str) -> Callable[[str], str]:
    """What is left of a question that is broken off: nothing."""

    return lambda _: words("progress", language)["left_question"]


def report_left(known: Settings) -> Callable[[str], str]:
    """What is left of a report that is broken off, and who was told; from what stands on record by then."""
    import pandas as pd

    began, w = pd.Timestamp(datetime.now(UTC)).as_unit("us"), words("progress", known.language)

    def tell(stage: str) -> str:
        if stage not in ON_RECORD:
            return w["left_look" if stage == "look" else "left_no_report"]
        return " ".join([w["left_tidy" if stage == "tidy" else "left_report"], *_mails_told(known, began, w)])

    return tell


def _mails_told(known: Settings, began: Timestamp, w: Mapping[str, str]) -> Iterator[str]:
    """How many mails went since then, how many wait, and how many nobody can tell of."""
    from reporter.model.mail import CLAIMED, HANDED_OVER, SENT, UNTOUCHED
    from reporter.store.database import open_store
    from reporter.store.outbox import count_mails

    if not known.is_sending:
        return
    report, store = known.report, open_store(known.store_url)
    with closing(store):
        ours = partial(count_mails, store, report)
        sent = ours(states=(SENT,), since=began).get(SENT, 0)
        open_ones = ours(states=(*UNTOUCHED, CLAIMED, HANDED_OVER))
    yield count_sentence(w, "sent", sent, known.language) if sent else w["sent_none"]
    in_hand = open_ones.pop(HANDED_OVER, 0)
    for key, count in (("waiting", sum(open_ones.values())), ("in_hand", in_hand)):
        if count:
            yield count_sentence(w, key, count, known.language)
