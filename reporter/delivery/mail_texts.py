"""Opens a finished mail: every text in it, with the part it stands in; and whether it names somebody. Pure.

Every part is opened, as the leak scan goes through it: subject, file names, text, HTML with its attributes and
comments, the calendar, and every piece of a workbook. What cannot be opened is told as such.
"""

import hashlib
import html
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from html import unescape
from io import BytesIO
from itertools import islice
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from reporter.delivery.message import Headings

SOFT, EDGE = "\x01", "\n"
"""What may stand within a word unseen (a tag, a soft hyphen, a joiner), and where a cell or a block ends."""
FEW = 64  # different letters that are replaced one after another; with more, it is faster to go through the text
ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
"""Accents and points. A vowel sign of an Indic script is none of them: without it the name is another."""
ALIKE = {
    "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "ŧ": "t", "ħ": "h",
    "\u06a9": "\u0643", "\u06cc": "\u064a", "\u0649": "\u064a",
}  # fmt: skip
"""Letters that no decomposition brings together, and that are typed for one another."""
TWINS = dict(zip("авеікмнорстухѕјԁһԛԝαβεικμνορτυχ", "abeikmhopctyxsjdhqwabeikmvoptux", strict=True))
"""Cyrillic and Greek letters that are seen, and pasted, as Latin ones; a name in those scripts is folded alike."""
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
"""Fillers and selectors, which no category tells from letters and accents."""
_KEPT = b"0123456789abcdefghijklmnopqrstuvwxyz" + bytes(range(0x80, 0x100))
_GONE = bytes(sorted(set(range(256)) - set(_KEPT)))
_GONE_BUT_EDGES = _GONE.replace(EDGE.encode(), b"")
_BLANK = bytes(code if code in _KEPT else 0x20 for code in range(256))
_IS_KEPT: NDArray[np.bool_] = np.isin(np.arange(256), list(_KEPT))
_ODD = re.compile(r"[^\x00-\x7f]")

WHOLE_CELL = re.compile(r"<t[^>]*>([^<]*)</t>")
OWN = b"PK"
"""The first bytes of a workbook and of every other zip."""
LOCKED = b"\xd0\xcf\x11\xe0"
"""The first bytes of an encrypted workbook."""


class _Folding(dict[int, str]):
    """Each letter folded, worked out when it first occurs."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _folded(chr(code))
        return found


def _folded(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in UNSEEN or unicodedata.category(letter) in ("Cf", "Cs"):
        return SOFT
    apart = ACCENTS.sub("", unicodedata.normalize("NFKD", letter.casefold())).casefold()
    return "".join(_bare(one) for one in apart)


def _bare(letter: str) -> str:
    if letter.isdigit():
        return str(unicodedata.digit(letter))
    if letter.isascii() or letter in ALIKE:
        return ALIKE.get(letter, letter)
    if letter in TWINS:
        return TWINS[letter]
    return letter if unicodedata.category(letter)[0] in "LMN" else " "


_folding = _Folding()


def fold_text(text: str) -> bytes:
    """Small letters without accents; what is no letter stays between them."""
    if not text.isascii():
        odd = set(_ODD.findall(text))
        if len(odd) > FEW:
            text = text.translate(_folding)
        else:
            for letter in odd:
                text = text.replace(letter, _folding[ord(letter)])
    return text.encode("utf-8", "replace").lower()


def squeeze(folded: bytes) -> bytes:
    """The letters and digits alone."""
    return folded.translate(None, _GONE)


def squeeze_lines(folded: bytes) -> list[bytes]:
    """The letters and digits of each cell or block."""
    return folded.translate(None, _GONE_BUT_EDGES).split(EDGE.encode())


def whereabouts(folded: bytes) -> NDArray[np.intp]:
    """Where each byte of the squeezed text stands in the folded one."""
    return np.flatnonzero(_IS_KEPT[np.frombuffer(folded, dtype=np.uint8)])


def is_letter(code: int) -> bool:
    """Whether a byte of a folded text is (part of) a letter or a digit."""
    return bool(_IS_KEPT[code])


def fold_all(texts: Sequence[str]) -> list[bytes]:
    """Each text folded, its words with one blank between; all in one go, since a roster has many."""
    whole = fold_text(EDGE.join(text.replace(EDGE, " ") for text in texts))
    return [b" ".join(one.translate(_BLANK).split()) for one in whole.split(EDGE.encode())] if texts else []


TAG = re.compile(r"<!--.*?-->|<style\b.*?</style>|<[^>]*>", re.DOTALL)
INLINE = re.compile(
    r"</?(?:a|abbr|b|code|em|font|i|mark|s|small|span|strong|sub|sup|u|wbr)\b[^>]*>|<!--.*?-->", re.DOTALL
)
"""Tags that a word can be cut up by without being seen to be."""
LOOKS = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b[0-9.]+(?:px|pt|em|rem|%|vh|vw)?(?=[;\"'\s!)])")
"""Colours and measures within a tag or a style sheet."""
NAMED = "".join(f"(?<!{name})" for name in ("display", "tooltip", "name", "title", "descr", "location", "Target"))
MEASURE = re.compile(NAMED + r'="[-+0-9.eE]+%?"')
"""An attribute of a workbook's own language that is a number: how wide, how high, which style, which row."""
CELL = re.compile(r"<t(?: [^>]*)?>([^<]+)<|>(?![-+0-9.eE]*<)([^<]+)<|>(\d{6,})<")
"""What stands in a cell: a text, or else whatever is no number of under six digits: a count, a day, an amount."""
ADDRESS = re.compile(r'<c r="([A-Z]+\d+)"')
STRING = re.compile(r"<(si|is)\b[^>]*>(.*?)</\1>", re.DOTALL)
SHEET = re.compile(r'<sheet name="([^"]*)"')
HEADER_CODE = re.compile(r"&amp;[A-Z]")
"""In the header of a printed page: what follows stands left, in bold, and so on."""
FOLD = re.compile(r"\r?\n[ \t]")
LINE = b"\r\n"
BLANK = LINE + LINE
POLICY = default.clone(header_factory=Headings())
ADDRESSED = ("from", "to", "reply-to", "message-id", "references", "in-reply-to", "list-id", "date", "content-type")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADERS, FILE_NAME, TEXT, PAGE, CALENDAR, BOOK, OTHER = "headers", "file", "text", "page", "calendar", "book", "other"
"""The parts of a mail; what is told of each is in words/mail.toml, as `part_` and its name."""


@dataclass(frozen=True)
class Passage:
    """The text of one part, or piece of one, folded; None for what cannot be opened.

    `is_markup`: it is what stands between the angle brackets. `piece` names the piece of a workbook, `rows` are those
    of a sheet, or whatever else it was made of: a cell's address is looked up in them.
    """

    part: str
    text: bytes | None
    piece: str = ""
    is_markup: bool = False
    rows: tuple[str, ...] = ()

    def cell(self, place: int) -> str:
        """The address of the cell in which that byte of the text stands; empty where there is none."""
        return self.address((self.text or b"").count(EDGE.encode(), 0, place))

    def address(self, number: int) -> str:
        """The address of the cell of that number, from 0; empty where there is none."""
        raw = "".join(self.rows)
        found = next(islice(CELL.finditer(raw), number, None), None)
        before = [one[1] for one in ADDRESS.finditer(raw, 0, found.start())] if found else []
        return before[-1] if before else ""


@dataclass(frozen=True)
class Opened:
    """What is known of a mail's parts before they are opened.

    `books` is what is in each encrypted workbook, by the SHA-256 of its bytes: any other cannot be opened; `pictures`
    the SHA-256 of each that may stand in a mail; `clean` rows and tags in which nobody was found in an earlier mail.
    """

    books: Mapping[str, bytes]
    pictures: frozenset[str] = frozenset()
    clean: Set[str] = frozenset()


def texts(content: bytes, opened: Opened) -> Iterator[Passage]:
    """What stands in every part of the mail, and in its headers."""
    for n, part in enumerate(_parts(content)):
        if part is None:
            yield Passage(OTHER, None)
            continue
        headers = [(name, said) for name, said in part.raw_items() if n == 0 and name.lower() not in ADDRESSED]
        yield Passage(
            HEADERS, fold_text(EDGE.join(str(POLICY.header_fetch_parse(name, said)) for name, said in headers))
        )
        if name := part.get_filename():
            yield Passage(FILE_NAME, fold_text(name))
        if part.get_content_maintype() != "multipart":
            yield from _of_part(part, opened)


def _parts(content: bytes) -> Iterator[EmailMessage | None]:
    """The mail and each part of it, opened no further than their headers; None for what is not made as it should be.

    The library's own parser would go through a workbook line by line.
    """
    head, blank, body = content.partition(BLANK)
    part = BytesParser(EmailMessage, policy=POLICY).parsebytes(head + BLANK, headersonly=True)
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


def _of_part(part: EmailMessage, opened: Opened) -> Iterator[Passage]:
    kind = part.get_content_type()
    try:
        if kind == XLSX:
            book = part.get_content()
            book = opened.books.get(hashlib.sha256(book).hexdigest(), book) if opened.books else book
            yield from _of_book(book, opened.clean)
        elif part.get_content_maintype() == "image":
            if hashlib.sha256(part.get_content()).hexdigest() not in opened.pictures:
                yield Passage(OTHER, None)
        elif part.get_content_maintype() != "text":
            yield Passage(OTHER, None)
        else:
            yield from _of_text(kind, str(part.get_content()), opened.clean)
    except (LookupError, UnicodeError, ValueError, zipfile.BadZipFile):
        yield Passage(BOOK if kind == XLSX else OTHER, None)


def _of_text(kind: str, text: str, clean: Set[str]) -> Iterator[Passage]:
    if kind == "text/html":
        yield Passage(PAGE, fold_text(html.unescape(shown(text))))
        drawn = tuple(tag for tag in dict.fromkeys(TAG.findall(text)) if tag not in clean)
        yield Passage(PAGE, fold_text(unquote(html.unescape(_tags(drawn)))), is_markup=True, rows=drawn)
    elif kind == "text/calendar":
        yield Passage(CALENDAR, fold_text(re.sub(r"\\[nN]", " ", FOLD.sub("", text))))
    else:
        yield Passage(TEXT, fold_text(text.replace("\r\n", " ").replace("\n", " ")))


def shown(page: str) -> str:
    """What a page shows: a block ends with an EDGE, and a tag within a line cuts up no word."""
    return TAG.sub(EDGE, INLINE.sub(SOFT, page.replace("\r", " ").replace(EDGE, " ")))


def tags(page: str) -> str:
    """What stands within its tags and comments, less colours and measures."""
    return _tags(TAG.findall(page))


def _tags(drawn: Iterable[str]) -> str:
    return LOOKS.sub(" ", EDGE.join(drawn))


def _of_book(content: bytes, clean: Set[str]) -> Iterator[Passage]:
    """What stands in the cells of a workbook, and anywhere else in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = [html.unescape(name) for name in SHEET.findall(book.read("xl/workbook.xml").decode("utf-8-sig"))]
        for name in book.namelist():
            if not name.endswith((".xml", ".rels", ".vml")):
                yield Passage(BOOK, None, name)
                continue
            yield Passage(BOOK, fold_text(name), name, is_markup=True)
            number = name.removeprefix("xl/worksheets/sheet").removesuffix(".xml")
            title = names[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(names) else name
            yield from _of_piece(title, book.read(name).decode("utf-8-sig"), clean)


def _of_piece(title: str, piece: str, clean: Set[str]) -> Iterator[Passage]:
    head, _, after = piece.partition("<sheetData>")
    whole, is_sheet, tail = after.partition("</sheetData>")
    if is_sheet:
        rows = tuple(row for row in whole.split("</row>") if row not in clean)
        yield Passage(BOOK, _cells("".join(rows)), title, rows=rows)
        around = tuple(one for one in (head + tail).split("<") if one not in clean)
        yield Passage(BOOK, _frame(EDGE.join(around)), title, is_markup=True, rows=around)
    elif piece not in clean:
        strings = [_plain(string) for _, string in STRING.findall(piece)]
        yield Passage(BOOK, fold_text(EDGE.join(strings)), title)
        yield Passage(BOOK, _rest(piece), title, is_markup=True, rows=() if strings else (piece,))


def _cells(rows: str) -> bytes:
    """What stands in the cells of these rows, each with an EDGE after it."""
    for end_of_line in ("\n", "\r", "&#10;"):
        rows = rows.replace(end_of_line, " ")
    found = CELL.findall(_one_run(rows) if "<r>" in rows or "<rPr>" in rows else rows)
    return fold_text(html.unescape(EDGE.join([text or other or number for text, other, number in found])))


def _frame(piece: str) -> bytes:
    """What stands around the rows of a sheet: links, headers, lists to choose from; hardly a text among the tags."""
    rest = HEADER_CODE.sub(" ", MEASURE.sub("", piece)).replace(">", EDGE)
    return fold_text(unquote(html.unescape(rest)))


def _rest(piece: str) -> bytes:
    rest = MEASURE.sub("", STRING.sub("", piece))
    return fold_text(html.unescape(TAG.sub(EDGE, rest)) + EDGE + unquote(html.unescape(EDGE.join(TAG.findall(rest)))))


def _one_run(rows: str) -> str:
    """The same rows, each text in one run."""
    return STRING.sub(lambda found: f"<is><t>{TAG.sub(SOFT, found[2])}</t></is>", rows)


def _plain(string: str) -> str:
    """The text of a shared string or a comment, whatever runs it is made of."""
    return html.unescape(TAG.sub(SOFT, string))


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
                    yield from (unescape(cell) for cell in WHOLE_CELL.findall(text))
        except zipfile.BadZipFile:
            return
    elif is_mail:
        for part in message_from_bytes(content).walk():
            payload = None if part.is_multipart() else part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield from _texts(payload)
    else:
        yield unescape(content.decode("utf-8", "replace"))
