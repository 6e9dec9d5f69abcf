"""Whether a finished mail, or a file of a run, names a person: for whoever is asked what is held of them. Pure."""

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


def naming(*names: str, is_mail: bool = True) -> Callable[[bytes], bool]:
    """Whether a mail or a file gives one of these ids or names, in any part of it, or may, since it is encrypted."""
    any_of = "|".join(r"\s+".join(map(re.escape, name.split())) for name in names)  # a line may end within a name
    word = re.compile(rf"(?<![\w-])(?:{any_of})(?![\w-])")
    return lambda content: any(_is_of(word, text) for text in _texts(content, is_mail=is_mail))


def _is_of(word: re.Pattern[str], text: str | None) -> bool:
    return text is None or bool(word.search(text))


def _texts(content: bytes, *, is_mail: bool = False) -> Iterator[str | None]:
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
                yield from _texts(payload)
    else:
        yield unescape(content.decode("utf-8", "replace"))
