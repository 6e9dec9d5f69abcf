"""Opens a finished mail and looks for people who are none of its reader's business. Pure: bytes in, a count out.

Every part is opened: subject, file names, text, HTML with its attributes, the calendar, and every piece of a workbook.
What is found there word for word is looked up among the identifiers of everybody in the run. It does not matter how
the mail was made: a template, a filter or a writer that gives away too much is caught all the same.
"""

import hashlib
import html
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import default
from urllib.parse import unquote

WORD = re.compile(r"[^\W_]+")
TAG = re.compile(r"<[^>]*>")
NODE = re.compile(r">([^<]+)<")
FOLD = re.compile(r"\r?\n[ \t]")
STRING = re.compile(r"<(si|is)\b[^>]*>(.*?)</\1>", re.DOTALL)
ROWS = re.compile(r"<sheetData\b.*?</sheetData>", re.DOTALL)
HEADER_CODE = re.compile(r"&amp;[A-Z]")
"""In the header of a printed page: what follows stands left, in bold, and so on."""
NUMBER = re.compile(r"[-+0-9.eE]+")
LONG_NUMBER = 7
"""A number in a cell with fewer digits is a count, a day or an amount; identifiers are written as text."""
ADDRESSED = ("from", "to", "reply-to", "message-id", "references", "in-reply-to", "list-id", "date", "content-type")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class People:
    """The identifiers of everybody in a run, as words, and to whom each belongs. Made once, asked for each mail."""

    marks: Mapping[str, int] = field(default_factory=dict)  # its words -> place in `bearers`
    plain: Mapping[str, int] = field(default_factory=dict)  # too short or common: counts only as a whole cell
    longest: Mapping[str, int] = field(default_factory=dict)  # first word -> words of the longest that begins so
    bearers: tuple[tuple[frozenset[int], frozenset[str]], ...] = ()  # parts of the roster, and kinds
    pictures: frozenset[str] = frozenset()  # the SHA-256 of each that stands in every mail

    def within(self, text: str) -> Iterator[str]:
        """The words of each identifier in a text; of two that overlap the longer, since names hold other names."""
        found = words(text)
        end = 0
        for n, word in enumerate(found):
            for length in range(self.longest.get(word, 0) if n >= end else 0, 0, -1):
                if (mark := " ".join(found[n : n + length])) in self.marks:
                    yield mark
                    end = n + length
                    break

    def cell(self, text: str) -> Iterator[str]:
        """The words of each identifier in a cell of a workbook."""
        yield from self.within(text)
        if self.plain and (mark := " ".join(words(text))) in self.plain:
            yield mark

    def of(self, mark: str) -> tuple[frozenset[int], frozenset[str]]:
        """Where the bearers of an identifier stand in the roster, and of which kinds it is."""
        return self.bearers[self.marks[mark] if mark in self.marks else self.plain[mark]]


@dataclass(frozen=True)
class Reach:
    """What one reader may see: parts of the roster, less the kinds of identifier that a role does not see."""

    parts: frozenset[int]
    hidden: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()  # words of the mail's own ids, which are nobody's


def words(text: str) -> list[str]:
    """The words of a text in small letters, without marks, however its letters are put together."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return WORD.findall(plain.casefold())


def outside(content: bytes, people: People, reach: Reach) -> int:
    """How many identifiers the mail holds that its reader may not see; a part that cannot be opened counts as one."""
    seen: set[str] = set()
    unread = 0
    for part in _parts(content, people.pictures):
        if part is None:
            unread += 1
            continue
        texts, cells = part
        seen.update(mark for text in texts for mark in people.within(text))
        seen.update(mark for cell in cells for mark in people.cell(cell))
    return unread + sum(not _may_see(*people.of(mark), reach) for mark in seen - reach.own)


def _may_see(parts: frozenset[int], kinds: frozenset[str], reach: Reach) -> bool:
    return bool(parts & reach.parts) and not kinds <= reach.hidden


Opened = tuple[Iterable[str], Iterable[str]]
"""The running texts of a part, and its cells."""


def _parts(content: bytes, pictures: frozenset[str]) -> Iterator[Opened | None]:
    """Every part of the mail, opened; None for one that cannot be. A picture is let pass when it is a known one."""
    mail = BytesParser(EmailMessage, policy=default).parsebytes(content)
    yield [str(value) for name, value in mail.items() if name.lower() not in ADDRESSED], ()
    for part in mail.walk():
        yield [part.get_filename() or ""], ()
        if not part.is_multipart():
            yield ((), ()) if _is_known(part, pictures) else _opened(part)


def _is_known(part: MIMEPart, pictures: frozenset[str]) -> bool:
    is_picture = part.get_content_maintype() == "image"
    return is_picture and hashlib.sha256(part.get_content()).hexdigest() in pictures


def _opened(part: MIMEPart) -> Opened | None:
    kind = part.get_content_type()
    try:
        if kind == XLSX:
            return _book(part.get_content())
        if part.get_content_maintype() != "text":
            return None
        text = str(part.get_content())
    except (LookupError, UnicodeError, ValueError, zipfile.BadZipFile):
        return None
    if kind == "text/html":
        return [html.unescape(TAG.sub(" ", text)), unquote(html.unescape(text))], ()
    if kind == "text/calendar":
        return [re.sub(r"\\[nN]", " ", FOLD.sub("", text))], ()
    return [text], ()


def _book(content: bytes) -> Opened | None:
    """The texts of a workbook: those in cells, and those anywhere else in it."""
    texts: list[str] = []
    cells: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if not name.endswith((".xml", ".rels", ".vml")):
                return None
            piece = book.read(name).decode("utf-8-sig")
            cells.update(html.unescape(TAG.sub("", string)) for _, string in STRING.findall(piece))
            for rows in ROWS.findall(piece):
                cells.update(html.unescape(node) for node in NODE.findall(rows) if _is_telling(node))
            rest = HEADER_CODE.sub(" ", ROWS.sub("", STRING.sub("", piece)))
            texts += [name, html.unescape(TAG.sub(" ", rest)), html.unescape(rest)]
    return texts, cells


def _is_telling(node: str) -> bool:
    return not NUMBER.fullmatch(node) or (node.isdigit() and len(node) >= LONG_NUMBER)
