"""Which of the finished mails name a person: read part by part, down to the cells of the workbooks in them. Pure."""

import re
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes
from html import unescape
from io import BytesIO

CELL = re.compile(r"<t[^>]*>([^<]*)</t>")
OWN = b"PK"
"""The first bytes of a workbook and of every other zip."""
LOCKED = b"\xd0\xcf\x11\xe0"
"""The first bytes of an encrypted workbook."""


def word_of(person_id: str) -> re.Pattern[str]:
    """The id as a word of its own."""
    return re.compile(rf"(?<![\w-]){re.escape(person_id)}(?![\w-])")


def naming(person_id: str) -> Callable[[bytes], bool]:
    """Whether a mail or a workbook names that person, in whatever part of it, or may, since it is encrypted."""
    word = word_of(person_id)
    return lambda content: any(is_named_in(word, text) for text in texts_of(content, is_mail=True))


def is_named_in(word: re.Pattern[str], text: str | None) -> bool:
    """Whether a text has that word; nobody can tell of one that is encrypted, so it may."""
    return text is None or bool(word.search(text))


def texts_of(content: bytes, *, is_mail: bool = False) -> Iterator[str | None]:
    """The text of a file: of each part of a mail, and of the cells of a workbook; never its numbers and styles.

    None is the text of an encrypted workbook, of which nobody can tell whom it names.
    """
    if content.startswith(LOCKED):
        yield None
    elif content.startswith(OWN):
        try:
            with zipfile.ZipFile(BytesIO(content)) as parts:
                for name in parts.namelist():
                    text = parts.read(name).decode("utf-8", "replace")
                    yield from (unescape(cell) for cell in CELL.findall(text))
        except zipfile.BadZipFile:
            return
    elif is_mail:
        for part in message_from_bytes(content).walk():
            payload = None if part.is_multipart() else part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield from texts_of(payload)
    else:
        yield unescape(content.decode("utf-8", "replace"))
