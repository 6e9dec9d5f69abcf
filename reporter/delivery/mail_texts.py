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
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import lru_cache
from html import unescape
from io import BytesIO
from itertools import islice
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
from msgspec import Struct
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
_BLANK = bytes(code if code in _KEPT or code == ord(EDGE) else 0x20 for code in range(256))
_IS_KEPT = bytes(code in _KEPT for code in range(256))
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


def squeeze_column(folded: pa.BinaryArray) -> tuple[NDArray[np.uint8], NDArray[np.intp], NDArray[np.intp]]:
    """The letters and digits of all texts, one after another; where those of each begin, and how many there are."""
    offsets = np.frombuffer(folded.buffers()[1], dtype=np.int32, count=len(folded) + 1, offset=4 * folded.offset)
    data = folded.buffers()[2]
    whole = memoryview(data)[offsets[0] : offsets[-1]].tobytes() if data else b""
    gone = np.flatnonzero(np.frombuffer(whole.translate(_IS_KEPT), dtype=np.uint8) == 0)
    ends = offsets - offsets[0] - np.searchsorted(gone, offsets - offsets[0])
    return np.frombuffer(squeeze(whole), dtype=np.uint8), ends[:-1], np.diff(ends)


def squeeze_lines(folded: bytes) -> list[bytes]:
    """The letters and digits of each cell or block."""
    return folded.translate(None, _GONE_BUT_EDGES).split(EDGE.encode())


def whereabouts(folded: bytes) -> NDArray[np.intp]:
    """Where each byte of the squeezed text stands in the folded one."""
    return np.flatnonzero(np.frombuffer(folded.translate(_IS_KEPT), dtype=np.bool_))


def word_spans(folded: bytes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where in a folded text each stretch of letters and digits begins, and where it ends."""
    kept = np.frombuffer(b"\0" + folded.translate(_IS_KEPT) + b"\0", dtype=np.bool_)
    turns = np.flatnonzero(kept[1:] != kept[:-1])
    return turns[::2], turns[1::2]


def is_letter(code: int) -> bool:
    """Whether a byte of a folded text is (part of) a letter or a digit."""
    return bool(_IS_KEPT[code])


def fold_column(texts: Sequence[str]) -> pa.BinaryArray:
    """Each text folded, its words with one blank between; all in one go, since a roster has many."""
    said = EDGE.join([*texts, ""])
    if said.count(EDGE) != len(texts):
        said = EDGE.join([*(text.replace(EDGE, " ") for text in texts), ""])
    whole = fold_text(said).translate(_BLANK)
    letters = np.frombuffer(whole, dtype=np.uint8)
    letters = letters[~((letters == ord(" ")) & _is_empty(np.append(letters[1:], ord(EDGE))))]
    letters = letters[~((letters == ord(" ")) & (np.append(ord(EDGE), letters[:-1]) == ord(EDGE)))]
    is_end = letters == ord(EDGE)
    offsets = np.append(0, np.flatnonzero(is_end) - np.arange(len(texts))).astype(np.int32)
    return pa.Array.from_buffers(
        pa.binary(), len(texts), [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(letters[~is_end].tobytes())]
    )


def _is_empty(letters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (letters == ord(" ")) | (letters == ord(EDGE))
    return found


def fold_all(texts: Sequence[str]) -> list[bytes]:
    """The same as a list."""
    found: list[bytes] = fold_column(texts).to_pylist()
    return found


TAG = re.compile(r"(<!--.*?-->|<style\b.*?</style>|<[^>]*>)", re.DOTALL)
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
BEGIN_OF_ROWS, END_OF_ROWS = "<sheetData>", "</sheetData>"
NODE = re.compile(r">([^<]+)<")
"""Whatever stands between two tags."""
COUNT = re.compile(r"(?!\d{6,}\Z)[-+0-9.eE]+")
"""A number that is no text of a cell."""
ADDRESS = re.compile(r'<c r="([A-Z]+\d+)"')
STRING = re.compile(r"<(si|is)\b[^>]*>(.*?)</\1>", re.DOTALL)
PLAIN_STRING = re.compile(r"<si><t(?: xml:space=\"preserve\")?>([^<]*)</t></si>")
"""A shared string of one run, as nearly all are."""
SHEET = re.compile(r'<sheet name="([^"]*)"')
HEADER_CODE = re.compile(r"&amp;[A-Z]")
"""In the header of a printed page: what follows stands left, in bold, and so on."""
FOLD = re.compile(r"\r?\n[ \t]")
ODD = 255  # for the library to unpack
OWN_HEADER, LENGTHS = 30, struct.Struct("<HH")
"""How long the header of each piece of a zip is; it ends with how long the name is and what stands behind it."""
LINE = b"\r\n"
BLANK = LINE + LINE
POLICY = default.clone(header_factory=Headings())
ADDRESSED = ("from", "to", "reply-to", "message-id", "references", "in-reply-to", "list-id", "date", "content-type")
PLAIN_LINE = re.compile(
    r"content-type: (?P<kind>[a-z]+/[a-z0-9.+-]+)"
    r'(?:; (?:charset="(?P<charset>[a-z0-9-]+)"|boundary="(?P<boundary>[a-z0-9=_.-]+)"))?'
    r"|content-transfer-encoding: (?P<encoding>base64)"
    r'|content-disposition: (?:attachment|inline); filename="(?P<name>[\w.-]+)"'
    rf"|(?:{'|'.join(ADDRESSED[:-1])}): [ -~]*"
    r"|(?!content-(?:type|transfer-encoding|disposition):)[a-z-]+: (?P<other>[ -~]+)",
    re.ASCII | re.IGNORECASE,
)
"""A line of a head that means one thing to everybody."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADERS, FILE_NAME, TEXT, PAGE, CALENDAR, BOOK, OTHER = "headers", "file", "text", "page", "calendar", "book", "other"
"""The parts of a mail; what is told of each is in words/mail.toml, as `part_` and its name."""


class Passage(Struct, frozen=True):
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


class Opened(Struct, frozen=True):
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
            yield Passage(HEADERS, fold_text(EDGE.join(part.head.said)))
        if part.head.name:
            yield Passage(FILE_NAME, fold_text(part.head.name))
        if not part.head.is_multipart:
            yield from _of_part(part, opened)


class _Head(Struct, frozen=True):
    """What the head of a part says of it; `said` is what else the head of a mail says, and to whom, is left out."""

    raw: bytes
    kind: str
    name: str = ""
    charset: str = "ascii"
    boundary: str = ""
    encoding: str = ""
    said: Sequence[str] = ()
    is_whole: bool = True  # no line among the headers is none

    @classmethod
    def of(cls, raw: bytes) -> "_Head":
        """Plain lines mean one thing to everybody; a head in which others stand is the library's to read."""
        lines = FOLD.sub(" ", raw.decode("latin-1")).split("\r\n")
        read = [PLAIN_LINE.fullmatch(line) for line in lines]
        said = [(key, value) for line in read if line for key, value in line.groupdict().items() if value]
        told, others = dict(said), [value for key, value in said if key == "other"]
        is_plain = all(read) and len(said) == len(told) + max(0, len(others) - 1)
        if not is_plain or "kind" not in told or b"=?" in raw:
            return cls._of_library(raw)
        kind, charset = told["kind"].lower(), told.get("charset", "ascii").lower()
        boundary, encoding = told.get("boundary", ""), told.get("encoding", "").lower()
        return cls(raw, kind, told.get("name", ""), charset, boundary, encoding, others)

    @classmethod
    def _of_library(cls, raw: bytes) -> "_Head":
        mail = _library_head(raw)
        headers = ((name, said) for name, said in mail.raw_items() if name.lower() not in ADDRESSED)
        return cls(
            raw,
            mail.get_content_type(),
            mail.get_filename() or "",
            mail.get_content_charset("ascii"),
            mail.get_boundary() or "",
            str(mail.get("content-transfer-encoding", "")),
            [str(POLICY.header_fetch_parse(name, value)) for name, value in headers],
            is_whole=not mail.get_payload(),
        )

    @property
    def is_multipart(self) -> bool:
        return self.kind.startswith("multipart/")


def _library_head(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=POLICY).parsebytes(raw + BLANK, headersonly=True)


class _Part(Struct, frozen=True):
    """One part of a mail, opened no further than its headers, and what is in it as it is sent."""

    head: _Head
    body: bytes = b""

    @property
    def content(self) -> bytes:
        """What is in it. Lines of faultless base64 mean one thing to everybody; all else is the library's to read."""
        if self.head.encoding == "base64":
            try:
                return binascii.a2b_base64(self.body.replace(LINE, b""), strict_mode=True)
            except binascii.Error:
                pass
        mail = _library_head(self.head.raw)
        mail.set_payload(self.body.decode("ascii", "surrogateescape"))
        found = mail.get_payload(decode=True)
        return found if isinstance(found, bytes) else b""

    @property
    def text(self) -> str:
        """The same as text, in the letters that it is said to be in."""
        return self.content.decode(self.head.charset, "replace")


def _parts(content: bytes) -> Iterator[_Part | None]:
    """The mail and each part of it, opened no further than their headers; None for what is not made as it should be.

    The library's own parser would go through a workbook line by line.
    """
    raw, blank, body = content.partition(BLANK)
    head = _Head.of(raw)
    if not (blank and head.is_whole):
        yield None
    elif head.is_multipart:
        yield _Part(head)
        start, *inner, end = (LINE + body).split(LINE + b"--" + head.boundary.encode())
        if start or end.strip() != b"--" or not all(one.startswith(LINE) for one in inner):
            yield None
        for one in inner:
            yield from _parts(one.removeprefix(LINE))
    else:
        yield _Part(head, body)


def _of_part(part: _Part, opened: Opened) -> Iterator[Passage]:
    kind = part.head.kind
    try:
        if kind == XLSX:
            book = part.content
            book = opened.books.get(hashlib.sha256(book).hexdigest(), book) if opened.books else book
            yield from _of_book(book, opened.clean)
        elif kind.startswith("image/"):
            if hashlib.sha256(part.content).hexdigest() not in opened.pictures:
                yield Passage(OTHER, None)
        elif not kind.startswith("text/"):
            yield Passage(OTHER, None)
        else:
            yield from _of_text(kind, part.text, opened.clean)
    except (LookupError, struct.error, UnicodeError, ValueError, zipfile.BadZipFile, zlib.error):
        yield Passage(BOOK if kind == XLSX else OTHER, None)


def _of_text(kind: str, text: str, clean: Set[str | bytes]) -> Iterator[Passage]:
    if kind == "text/html":
        between, drawn = _split_page(text)
        yield Passage(PAGE, fold_text(html.unescape(between)))
        drawn = tuple(tag for tag in drawn if tag not in clean)
        yield Passage(PAGE, fold_text(unquote(html.unescape(_tags(drawn)))), is_markup=True, rows=drawn)
    elif kind == "text/calendar":
        yield Passage(CALENDAR, fold_text(re.sub(r"\\[nN]", " ", FOLD.sub("", text))))
    else:
        yield Passage(TEXT, fold_text(text.replace("\r\n", " ").replace("\n", " ")))


def shown(page: str) -> str:
    """What a page shows: a block ends with an EDGE, and a tag within a line cuts up no word."""
    return _split_page(page)[0]


def _split_page(page: str) -> tuple[str, Iterable[str]]:
    """What a page shows, and its tags, each once: whatever stands in it is in one of the two."""
    pieces = TAG.split(page)
    cuts = {tag: SOFT if INLINE.fullmatch(tag) else EDGE for tag in pieces[1::2]}
    pieces[::2] = [text.replace("\r", " ").replace(EDGE, " ") for text in pieces[::2]]
    pieces[1::2] = [cuts[tag] for tag in pieces[1::2]]
    return "".join(pieces), cuts


def tags(page: str) -> str:
    """What stands within its tags and comments, less colours and measures."""
    return _tags(TAG.findall(page))


def _tags(drawn: Iterable[str]) -> str:
    return LOOKS.sub(" ", EDGE.join(drawn))


def _of_book(content: bytes, clean: Set[str | bytes]) -> Iterator[Passage]:
    """What stands in the cells of a workbook, and anywhere else in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        listed = book.getinfo("xl/workbook.xml")
        names = _sheet_names(_unpack(book, listed, _packed(content, listed)))
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
            yield from _of_piece(title, _unpack(book, part, packed).decode("utf-8-sig"), packed, clean)


@lru_cache(maxsize=64)  # the books of a run have the same few lists of sheets
def _sheet_names(contents: bytes) -> Sequence[str]:
    return [html.unescape(name) for name in SHEET.findall(contents.decode("utf-8-sig"))]


def _packed(content: bytes, part: zipfile.ZipInfo) -> bytes:
    """How a piece is packed, and the bytes of it: two that are packed alike are alike."""
    start = part.header_offset + OWN_HEADER
    name, more = LENGTHS.unpack_from(content, start - LENGTHS.size)
    is_ours = content[start : start + name] == part.filename.encode() and not part.flag_bits
    start += name + more
    return bytes([part.compress_type if is_ours else ODD]) + content[start : start + part.compress_size]


def _unpack(book: zipfile.ZipFile, part: zipfile.ZipInfo, packed: bytes) -> bytes:
    """What is in a piece. Raises: BadZipFile, zlib.error - it cannot be read.

    The library goes through a piece in bits; what is packed as our own writers do, it need not.
    """
    if packed[0] != zipfile.ZIP_DEFLATED:
        return book.read(part)
    found = zlib.decompress(packed[1:], -zlib.MAX_WBITS)
    if len(found) != part.file_size or zlib.crc32(found) != part.CRC:
        raise zipfile.BadZipFile
    return found


def _of_piece(title: str, piece: str, packed: bytes, clean: Set[str | bytes]) -> Iterator[Passage]:
    begins = piece.find(BEGIN_OF_ROWS)
    ends = piece.find(END_OF_ROWS, begins) if begins >= 0 else -1
    if ends >= 0:  # cut once: such a piece can have a hundred megabytes
        whole = piece[begins + len(BEGIN_OF_ROWS) : ends]
        rows = () if _is_of_counts(whole) else tuple(row for row in whole.split("</row>") if row not in clean)
        yield Passage(BOOK, _cells("".join(rows)), title, rows=rows)
        frame = piece[:begins] + piece[ends + len(END_OF_ROWS) :]
        around = tuple(one for one in frame.split("<") if one not in clean)
        yield Passage(BOOK, _frame(EDGE.join(around)), title, is_markup=True, rows=around)
        return
    strings, rest = _strings(piece)
    if strings:
        yield Passage(BOOK, fold_text(html.unescape(EDGE.join(strings))), title)
        yield Passage(BOOK, _rest(rest), title, is_markup=True)
    else:
        yield Passage(BOOK, _rest(piece), title, is_markup=True, packed=packed)


def _is_of_counts(rows: str) -> bool:
    """Whether no cell holds anything but a number that is no text: the texts of our sheets stand in a piece apart."""
    if "<t>" in rows or "<t " in rows:
        return False
    return all(map(COUNT.fullmatch, {found[1] for found in NODE.finditer(rows)}))


def _strings(piece: str) -> tuple[list[str], str]:
    """The texts of shared strings or comments, whatever runs they are made of, and what stands around them."""
    around = PLAIN_STRING.split(piece)
    strings, rest = around[1::2], "".join(around[::2])
    if STRING.search(rest):
        strings, rest = [_plain(string) for _, string in STRING.findall(piece)], STRING.sub("", piece)
    return strings, rest


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
    rest = MEASURE.sub("", piece)
    return fold_text(html.unescape(TAG.sub(EDGE, rest)) + EDGE + unquote(html.unescape(EDGE.join(TAG.findall(rest)))))


def _one_run(rows: str) -> str:
    """The same rows, each text in one run."""
    return STRING.sub(lambda found: f"<is><t>{TAG.sub(SOFT, found[2])}</t></is>", rows)


def _plain(string: str) -> str:
    """The text of a string, whatever runs it is made of."""
    return TAG.sub(SOFT, string)


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
