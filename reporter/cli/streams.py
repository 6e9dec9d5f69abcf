"""What is printed reaches whoever reads it, and costs nobody the work that was done when it does not.

A pipe of Windows has a code page without our signs; a reader such as `head` goes away; a task without a window has no
stdout at all. None of these is a fault of the run.
"""

import codecs
import errno
import os
import sys
import unicodedata
from contextlib import suppress
from typing import Any, TextIO, cast

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
        self.fault = ""
        """Why what was printed is not whole, when it is not the reader who went away: a full disk."""

    def write(self, text: str | bytes) -> int:
        """Print the text, or nothing to a reader who is gone; click gives bytes where it completes."""
        if text == b"":
            raise TypeError("this is a stream of text")
        if not self.is_gone:
            letters = text.decode() if isinstance(text, bytes) else text
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
