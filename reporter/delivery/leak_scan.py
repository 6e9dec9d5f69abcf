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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import unquote

from reporter.delivery.message import Headings

WORD = re.compile(r"[^\W_]+")
TAG = re.compile(r"<[^>]*>")
TELLING = re.compile(r"<t(?: [^>]*)?>([^<]+)<|>(?![-+0-9.eE]*<)([^<]+)<|>(\d{7,})<")
"""What stands in a cell: a text, or else whatever is no number of under seven digits: a count, a day, an amount."""
FOLD = re.compile(r"\r?\n[ \t]")
STRING = re.compile(r"<(si|is)\b[^>]*>(.*?)</\1>", re.DOTALL)
HEADER_CODE = re.compile(r"&amp;[A-Z]")
"""In the header of a printed page: what follows stands left, in bold, and so on."""
LINE = b"\r\n"
BLANK = LINE + LINE
POLICY = default.clone(header_factory=Headings())
ADDRESSED = ("from", "to", "reply-to", "message-id", "references", "in-reply-to", "list-id", "date", "content-type")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, eq=False)
class Identifiers:
    """The identifiers of everybody in a run, as words, and to whom each belongs. Made once, asked for each mail."""

    marks: Mapping[str, int] = field(default_factory=dict)  # its words -> place in `bearers`
    plain: Mapping[str, int] = field(default_factory=dict)  # too short or common: counts only as a whole cell
    longest: Mapping[str, int] = field(default_factory=dict)  # first word -> words of the longest that begins so
    bearers: tuple[tuple[frozenset[int], frozenset[str]], ...] = ()  # parts of the roster, and kinds
    pictures: frozenset[str] = frozenset()  # the SHA-256 of each that stands in every mail

    def within(self, found: Sequence[str]) -> Iterator[str]:
        """The words of each identifier in a text; of two that overlap the longer, since names hold other names."""
        end = 0
        for n in [n for n, word in enumerate(found) if word in self.longest]:
            for length in range(self.longest[found[n]] if n >= end else 0, 0, -1):
                if (mark := " ".join(found[n : n + length])) in self.marks:
                    yield mark
                    end = n + length
                    break

    def cell(self, found: Sequence[str]) -> Iterator[str]:
        """The words of each identifier in a cell of a workbook."""
        yield from self.within(found)
        if self.plain and (mark := " ".join(found)) in self.plain:
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


def scan_words(text: str) -> list[str]:
    """The words of a text in small letters, without marks, however its letters are put together."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    elif text.isalnum():
        return [text.casefold()]
    return WORD.findall(text.casefold())


def leak_count(
    content: bytes, people: Identifiers, reach: Reach, opened: Mapping[str, bytes] = MappingProxyType({})
) -> int:
    """How many identifiers the mail holds that its reader may not see; a part that cannot be opened counts as one.

    Takes: opened - what is in each encrypted workbook, by the SHA-256 of its bytes; any other cannot be opened.
    """
    seen: set[str] = set()
    unread = 0
    for marks in _of_mail(content, people, opened):
        if marks is None:
            unread += 1
        else:
            seen.update(marks)
    return unread + sum(not _may_see(*people.of(mark), reach) for mark in seen - reach.own)


def _may_see(parts: frozenset[int], kinds: frozenset[str], reach: Reach) -> bool:
    return bool(parts & reach.parts) and not kinds <= reach.hidden


Found = Iterable[str] | None
"""The words of each identifier in a part; None for one that cannot be opened."""


def _of_mail(content: bytes, people: Identifiers, opened: Mapping[str, bytes]) -> Iterator[Found]:
    """What stands in every part of the mail, and in its headers."""
    for n, part in enumerate(_parts(content)):
        if part is None:
            yield None
            continue
        headers = ((name, said) for name, said in part.raw_items() if n == 0 and name.lower() not in ADDRESSED)
        told = [str(POLICY.header_fetch_parse(name, said)) for name, said in headers]
        yield _of_texts([*told, part.get_filename() or ""], people)
        if part.get_content_maintype() != "multipart":
            yield _of_part(part, people, opened)


def _parts(content: bytes) -> Iterator[EmailMessage | None]:
    """The mail and each part of it, opened no further than their headers; None for what is not made as it should be.

    The library's own parser would go through a workbook line by line.
    """
    head, blank, body = content.partition(BLANK)
    part = BytesParser(EmailMessage, policy=POLICY).parsebytes(head + BLANK)
    if not blank or part.get_payload():  # among the headers stands a line that is none
        yield None
    elif part.get_content_maintype() == "multipart":
        yield part
        start, *inner, end = (LINE + body).split(LINE + b"--" + (part.get_boundary() or "").encode())
        if start or end.strip() != b"--" or not all(one.startswith(LINE) for one in inner):
            yield None
        for one in inner:
            yield from _parts(one.removeprefix(LINE))
    else:
        part.set_payload(body.decode("ascii", "surrogateescape"))
        yield part


def _of_texts(texts: Iterable[str], people: Identifiers) -> Iterable[str]:
    return [mark for text in texts for mark in people.within(scan_words(text))]


def _of_part(part: EmailMessage, people: Identifiers, opened: Mapping[str, bytes]) -> Found:
    kind = part.get_content_type()
    try:
        if kind == XLSX:
            book = part.get_content()
            return _of_book(opened.get(hashlib.sha256(book).hexdigest(), book) if opened else book, people)
        if part.get_content_maintype() == "image":  # let pass when it is a known one
            return () if hashlib.sha256(part.get_content()).hexdigest() in people.pictures else None
        if part.get_content_maintype() != "text":
            return None
        text = str(part.get_content())
    except (LookupError, UnicodeError, ValueError, zipfile.BadZipFile):
        return None
    if kind == "text/html":
        return _of_texts([html.unescape(TAG.sub(" ", text)), unquote(html.unescape(text))], people)
    if kind == "text/calendar":
        text = re.sub(r"\\[nN]", " ", FOLD.sub("", text))
    return _of_texts([text], people)


def _of_book(content: bytes, people: Identifiers) -> Found:
    """What stands in the cells of a workbook, and anywhere else in it."""
    found: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if not name.endswith((".xml", ".rels", ".vml")):
                return None
            found.update(people.within(scan_words(name)))
            piece = book.read(name).decode("utf-8-sig")
            head, _, after = piece.partition("<sheetData>")
            rows, is_sheet, tail = after.partition("</sheetData>")
            found.update(*(_of_row(row, people) for row in rows.split("</row>") if is_sheet))
            found.update(*(_of_rest(rest, people) for rest in ((head, tail) if is_sheet else (piece,))))
    return found


@lru_cache(maxsize=4096)  # the rules and the run are told to everybody, row by row in the same words
def _of_row(row: str, people: Identifiers) -> frozenset[str]:
    cells = {html.unescape(text or other or number) for text, other, number in TELLING.findall(row)}
    if row.count("<t>") + row.count("<t ") != row.count("<is"):  # a text of several runs
        cells.update(_plain(string) for _, string in STRING.findall(row))
    nothing: frozenset[str] = frozenset()
    return nothing.union(*(_of_cell(cell, people) for cell in cells))


@lru_cache(maxsize=256)  # so are the looks
def _of_rest(piece: str, people: Identifiers) -> frozenset[str]:
    cells = {_plain(string) for _, string in STRING.findall(piece)}
    rest = HEADER_CODE.sub(" ", STRING.sub("", piece))
    texts = (html.unescape(TAG.sub(" ", rest)), html.unescape(rest))
    return frozenset(_of_texts(texts, people)).union(*(_of_cell(cell, people) for cell in cells))


@lru_cache(maxsize=8192)  # and one sentence stands in many rows
def _of_cell(cell: str, people: Identifiers) -> frozenset[str]:
    return frozenset(people.cell(scan_words(cell)))


def _plain(string: str) -> str:
    """The text of a cell, whatever runs it is made of."""
    return html.unescape(TAG.sub("", string))
