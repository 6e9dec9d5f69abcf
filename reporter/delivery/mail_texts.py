"""Opens a finished mail: every text in it, with the part it stands in; and whether it names somebody. Pure.

Every part is opened, as the leak scan goes through it: subject, file names, text, HTML with its attributes and
comments, the calendar, and every piece of a workbook. What cannot be opened is told as such.
"""

import binascii
import hashlib
import html
import io
import re
import struct
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
OWN_HEADER, LENGTHS = 30, struct.Struct("<HH")
"""How long the header of each piece of a zip is; it ends with how long the name is and what stands behind it."""
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
    of a sheet, or whatever else it was made of: a cell's address is looked up in them. Where nobody is in the text, the
    rows, and the piece as it was `packed`, are clean: they need not be gone through again.
    """

    part: str
    text: bytes | None
    piece: str = ""
    is_markup: bool = False
    rows: tuple[str, ...] = ()
    packed: bytes = b""

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
    the SHA-256 of each that may stand in a mail; `clean` rows, tags and packed pieces of a workbook in which nobody was
    found in an earlier mail.
    """

    books: Mapping[str, bytes]
    pictures: frozenset[str] = frozenset()
    clean: Set[str | bytes] = frozenset()


def texts(content: bytes, opened: Opened) -> Iterator[Passage]:
    """What stands in every part of the mail, and in its headers."""
    for n, part in enumerate(_parts(content)):
        if part is None:
            yield Passage(OTHER, None)
            continue
        if n == 0:
            headers = ((name, said) for name, said in part.mail.raw_items() if name.lower() not in ADDRESSED)
            said = (str(POLICY.header_fetch_parse(name, value)) for name, value in headers)
            yield Passage(HEADERS, fold_text(EDGE.join(said)))
        if name := part.mail.get_filename():
            yield Passage(FILE_NAME, fold_text(name))
        if not part.is_multipart:
            yield from _of_part(part, opened)


@dataclass(frozen=True)
class _Part:
    """One part of a mail, opened no further than its headers, and what is in it as it is sent."""

    mail: EmailMessage
    kind: str
    body: bytes = b""

    @property
    def is_multipart(self) -> bool:
        return self.kind.startswith("multipart/")

    @property
    def content(self) -> bytes:
        """What is in it. Lines of faultless base64 mean one thing to everybody; all else is the library's to read."""
        if self.mail.get("content-transfer-encoding") == "base64":
            try:
                return binascii.a2b_base64(self.body.replace(LINE, b""), strict_mode=True)
            except binascii.Error:
                pass
        self.mail.set_payload(self.body.decode("ascii", "surrogateescape"))
        found = self.mail.get_payload(decode=True)
        return found if isinstance(found, bytes) else b""

    @property
    def text(self) -> str:
        """The same as text, in the letters that it is said to be in."""
        return self.content.decode(self.mail.get_content_charset("ascii"), "replace")


def _parts(content: bytes) -> Iterator[_Part | None]:
    """The mail and each part of it, opened no further than their headers; None for what is not made as it should be.

    The library's own parser would go through a workbook line by line.
    """
    head, blank, body = content.partition(BLANK)
    mail = BytesParser(EmailMessage, policy=POLICY).parsebytes(head + BLANK, headersonly=True)
    kind = mail.get_content_type()
    if not blank or mail.get_payload():  # among the headers stands a line that is none
        yield None
    elif kind.startswith("multipart/"):
        yield _Part(mail, kind)
        start, *inner, end = (LINE + body).split(LINE + b"--" + (mail.get_boundary() or "").encode())
        if start or end.strip() != b"--" or not all(one.startswith(LINE) for one in inner):
            yield None
        for one in inner:
            yield from _parts(one.removeprefix(LINE))
    else:
        yield _Part(mail, kind, body)


def _of_part(part: _Part, opened: Opened) -> Iterator[Passage]:
    try:
        if part.kind == XLSX:
            book = part.content
            book = opened.books.get(hashlib.sha256(book).hexdigest(), book) if opened.books else book
            yield from _of_book(book, opened.clean)
        elif part.kind.startswith("image/"):
            if hashlib.sha256(part.content).hexdigest() not in opened.pictures:
                yield Passage(OTHER, None)
        elif not part.kind.startswith("text/"):
            yield Passage(OTHER, None)
        else:
            yield from _of_text(part.kind, part.text, opened.clean)
    except (LookupError, UnicodeError, ValueError, zipfile.BadZipFile):
        yield Passage(BOOK if part.kind == XLSX else OTHER, None)


def _of_text(kind: str, text: str, clean: Set[str | bytes]) -> Iterator[Passage]:
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


def _of_book(content: bytes, clean: Set[str | bytes]) -> Iterator[Passage]:
    """What stands in the cells of a workbook, and anywhere else in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = [html.unescape(name) for name in SHEET.findall(book.read("xl/workbook.xml").decode("utf-8-sig"))]
        for part in book.infolist():
            name, packed = part.filename, _packed(content, part)
            if not name.endswith((".xml", ".rels", ".vml")):
                yield Passage(BOOK, None, name)
                continue
            if name not in clean:
                yield Passage(BOOK, fold_text(name), name, is_markup=True, rows=(name,))
            if packed in clean:
                continue
            number = name.removeprefix("xl/worksheets/sheet").removesuffix(".xml")
            title = names[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(names) else name
            yield from _of_piece(title, book.read(part).decode("utf-8-sig"), packed, clean)


def _packed(content: bytes, part: zipfile.ZipInfo) -> bytes:
    """How a piece is packed, and the bytes of it: two that are packed alike are alike."""
    start = part.header_offset + OWN_HEADER
    name, more = LENGTHS.unpack_from(content, start - LENGTHS.size)
    start += name + more
    return bytes([part.compress_type]) + content[start : start + part.compress_size]


def _of_piece(title: str, piece: str, packed: bytes, clean: Set[str | bytes]) -> Iterator[Passage]:
    head, _, after = piece.partition("<sheetData>")
    whole, is_sheet, tail = after.partition("</sheetData>")
    if is_sheet:
        rows = tuple(row for row in whole.split("</row>") if row not in clean)
        yield Passage(BOOK, _cells("".join(rows)), title, rows=rows)
        around = tuple(one for one in (head + tail).split("<") if one not in clean)
        yield Passage(BOOK, _frame(EDGE.join(around)), title, is_markup=True, rows=around)
    elif strings := [string for _, string in STRING.findall(piece)]:
        yield Passage(BOOK, fold_text(_plain(EDGE.join(strings))), title)
        yield Passage(BOOK, _rest(piece), title, is_markup=True)
    else:
        yield Passage(BOOK, _rest(piece), title, is_markup=True, packed=packed)


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
    """The text of shared strings or comments, whatever runs they are made of."""
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
