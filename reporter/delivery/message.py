"""One e-mail as the bytes that go on the wire: text and HTML, the workbook and the calendar attached. Pure.

The same input gives the same bytes, so that a message kept before its first attempt is the one that is sent.
"""

import binascii
import hashlib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, Policy
from email.utils import format_datetime
from functools import cache, lru_cache

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from pandas import Timestamp

from reporter.errors import DeliveryError, refused
from reporter.model.mail import wire_address
from reporter.model.report import Recipient


@cache
def _kind(name: str) -> type[BaseHeader]:
    return _library[name]


@lru_cache(maxsize=256)
def _header(name: str, value: str) -> BaseHeader:
    return _kind(name)(name, value)


class WholeSubject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # the stubs disagree on max_count
    """A subject that comes out in every client as it was meant.

    Where a word beyond ASCII is near the end of a line, the library encodes words one by one and loses the blanks
    between them; encoded as a whole, the blanks are among what is encoded. One that fits on a line of its own it puts
    there, and leaves the first line empty: the blank that folds it is then read as part of the subject.
    """

    def fold(self, *, policy: Policy) -> str:
        """The header on its lines."""
        if str(self).isascii():
            return f"{_folded(f'{self.name}: {self}', policy.linesep)}{policy.linesep}"
        lines = Header(str(self), "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {lines}{policy.linesep}"


def _folded(header: str, linesep: str) -> str:
    """The header on lines as long as a header's may be, each broken before a blank."""
    first, *others = re.findall(r" *[^ ]+", header)
    lines = [first]
    for word in others:
        if len(lines[-1]) + len(word) > MAX_HEADER and lines[-1] != first:
            lines.append(word)
        else:
            lines[-1] += word
    return linesep.join(lines)


class Headings(HeaderRegistry):
    """The library's own headers, which nobody changes once they are made, kept for the next mail."""

    def __getitem__(self, name: str) -> type[BaseHeader]:
        """The kind of header of that name."""
        return _kind(name.lower())

    def __call__(self, name: str, value: str) -> BaseHeader:
        """The header; an address is no text, and is not kept."""
        return _header(name, value) if isinstance(value, str) else _kind(name)(name, value)


_library = HeaderRegistry()
_library.map_to_type("subject", WholeSubject)
NO_ADDRESS = "undisclosed-recipients:;"
BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)
LINE = b"\r\n"
MAX_HEADER = 78  # characters a line
HOLE = "\0"  # stands in no header
NO_DIGEST = "0" * 24
"""What stands in a frame for the digest in the boundaries."""
PLAIN_VALUE = re.compile(
    r"[\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)*|<[\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)*>", re.ASCII
)
"""An address, or an id, of which there is but one way to write it."""
PLAIN_TEXT = re.compile(r"[!-~](?:[ -~]*[!-~])?")
PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]{8,60}")
STAND_INS = "ghijklmnopqrstuvwxyz"  # none of them stands in a digest
BASE64_LINE = 76  # characters
POLICY = SMTP.clone(header_factory=Headings())


class Attachment(Struct, frozen=True):
    """One file beside the mail, or inside its HTML under a `cid`: no personal data in its name; type `main/sub`."""

    name: str
    mime: str
    content: bytes
    cid: str = ""


class Bodies(Struct, frozen=True):
    """The mail's subject and its two bodies, which say the same; `inside` are the pictures that the HTML points at."""

    subject: str
    html: str
    text: str
    inside: tuple[Attachment, ...] = ()


def message(
    recipient: Recipient,
    bodies: Bodies,
    attachments: Sequence[Attachment],
    *,
    sender: str,
    message_id: str,
    date: Timestamp,
    thread: str = "",
    reply_to: str = "",
) -> bytes:
    """The message to one recipient; one without an address is written, and addressed to nobody.

    Takes:  thread - the id that all messages of this report to this recipient answer to.
    Raises: DeliveryError, naming the recipient by slug, when an address, a header or a file's name is not allowed.
    """
    try:
        headers = _headers(recipient, bodies.subject, sender=sender, message_id=message_id, date=date)
        headers += [("Reply-To", _ascii(reply_to))] if reply_to else []
        headers += [("In-Reply-To", _ascii(thread)), ("References", _ascii(thread))] if thread else []
        lines = (_header_line(name, value) for name, value in headers)
        return b"".join([*lines, *_parts(recipient, bodies, attachments, message_id)])
    except (MessageError, ValueError, IndexError, AttributeError) as error:
        # The text of the fault can hold the address: only its kind is told.
        kind = type(error).__name__
        raise refused(DeliveryError, "mail_header", where=recipient.slug, what=kind) from None


def as_update(content: bytes, *, message_id: str, subject: str, answers_to: str) -> bytes:
    """The same message under an id of its own, as a later word on one that was sent before.

    Takes: subject - with a place `{subject}` for the old one; answers_to - the id of the one sent before, if one was.
    """
    mail = _renamed(content, message_id, subject)
    _answer(mail, *str(mail["References"] or "").split(), *answers_to.split())
    _settle_boundaries(mail, _digest(message_id))
    return mail.as_bytes()


def _renamed(content: bytes, message_id: str, subject: str) -> EmailMessage:
    mail = BytesParser(EmailMessage, policy=POLICY).parsebytes(content)
    mail.replace_header("Subject", subject.format(subject=mail["Subject"]))
    mail.replace_header("Message-ID", message_id)
    return mail


def as_rehearsal(content: bytes, *, message_id: str, subject: str, address: str) -> bytes:
    """The same message, addressed to somebody of the office who looks it over; it stands in no thread.

    Takes: subject - with a place `{subject}` for the old one.
    """
    mail = _renamed(content, message_id, subject)
    for name in ("To", "Cc", "Bcc", "In-Reply-To", "References"):
        del mail[name]
    mail["To"] = Address(addr_spec=_ascii(address))
    _settle_boundaries(mail, _digest(message_id))
    return mail.as_bytes()


def as_bare(content: bytes, *, message_id: str, notes: Mapping[str, str]) -> bytes | None:
    """The same message with nothing attached, for a server that takes none of its size; None when nothing was.

    Takes: notes - what it says of that, by language; it stands above everything else in both bodies.
    """
    mail = BytesParser(EmailMessage, policy=POLICY).parsebytes(content)
    files = {id(part) for part in mail.iter_attachments()}
    if not files:
        return None
    mail.set_payload([part for part in mail.iter_parts() if id(part) not in files])
    for part in list(mail.walk()):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html"):
            spoken = str(part["Content-Language"] or "en")
            note = " ".join(text for language, text in notes.items() if language in spoken)
            text = str(part.get_content())
            whole = f"{note}\n\n{text}" if kind == "text/plain" else _above(f"<p>{html.escape(note)}</p>", text)
            said = [f"Content-Language: {spoken}"]
            part.set_content(whole, subtype=kind.partition("/")[2], charset="utf-8", cte="base64", headers=said)
    mail.replace_header("Message-ID", message_id)
    _settle_boundaries(mail, _digest(message_id))
    return mail.as_bytes()


def carries(mail: bytes, content: bytes) -> bool:
    """Whether a mail of ours holds these bytes as one of its parts: as a file, or as a body with ends of lines."""
    text = LINE.join(content.splitlines()) + LINE
    return any(base64_lines(one) in mail for one in (content, text) if one.strip())


def with_note(bodies: Bodies, note: str) -> Bodies:
    """The bodies with a paragraph above everything that they say."""
    page = _above(f"<p>{html.escape(note)}</p>", bodies.html)
    return replace(bodies, text=f"{note}\n\n{bodies.text}", html=page)


def _above(note: str, page: str) -> str:
    """The page with a paragraph before everything that it shows."""
    start = BODY.search(page)
    place = start.end() if start else 0
    return f"{page[:place]}{note}{page[place:]}"


def _answer(mail: EmailMessage, *ids: str) -> None:
    """Stand in a thread: below the last of these ids, the others being above it."""
    if not ids:
        return
    del mail["In-Reply-To"], mail["References"]
    mail["In-Reply-To"] = _ascii(ids[-1])
    mail["References"] = _ascii(" ".join(ids))


def _headers(
    recipient: Recipient, subject: str, *, sender: str, message_id: str, date: Timestamp
) -> list[tuple[str, str]]:
    address = _ascii(wire_address(recipient.address)) if recipient.address else ""
    is_plain = PLAIN_VALUE.fullmatch(address) is not None
    return [
        ("From", sender),
        ("To", address if is_plain else str(Address(addr_spec=address)) if address else NO_ADDRESS),
        ("Subject", subject),
        ("Date", format_datetime(date.to_pydatetime())),
        ("Message-ID", _ascii(message_id)),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("List-Id", f"<reporter.{_domain(sender)}>"),
    ]


@lru_cache(maxsize=64)
def _domain(sender: str) -> str:
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender
    domain: str = mail["From"].addresses[0].domain
    return domain


def _header_line(name: str, value: str) -> bytes:
    """The header on its lines. An address or an id that needs no second line is one as it stands, as is a plain subject
    once it is folded; all else is the library's to write.
    """
    whole = f"{name}: {value}"
    if len(whole) <= MAX_HEADER and PLAIN_VALUE.fullmatch(value):
        return whole.encode() + LINE
    if name == "Subject" and PLAIN_TEXT.fullmatch(value) and "=?" not in value:
        return _folded(whole, LINE.decode()).encode() + LINE
    return _library_line(name, value)


@lru_cache(maxsize=256)  # most are the same in all mails of a run
def _library_line(name: str, value: str) -> bytes:
    mail = EmailMessage(policy=POLICY)
    mail[name] = value
    return mail.as_bytes().removesuffix(LINE)


def _ascii(text: str) -> str:
    """The text itself; an address beyond ASCII would be sent as an encoded word, which no server can deliver."""
    text.encode("ascii")
    return text


def _parts(recipient: Recipient, bodies: Bodies, attachments: Sequence[Attachment], message_id: str) -> Iterator[bytes]:
    """What follows the mail's own headers: the frame that all mails of this shape share, with this one's contents."""
    names = {attached.name: _stand_in(n, attached.name) for n, attached in enumerate(attachments)}
    inside = tuple((shown.mime, shown.name, shown.cid) for shown in bodies.inside)
    beside = tuple((attached.mime, names[attached.name]) for attached in attachments)
    changes = [(NO_DIGEST.encode(), _digest(message_id).encode())]
    changes += [(stand_in.encode(), name.encode()) for name, stand_in in names.items() if stand_in != name]
    texts = [LINE.join(text.encode().splitlines()) + LINE for text in (bodies.text, bodies.html)]
    contents = [*texts, *(one.content for one in (*bodies.inside, *attachments)), b""]
    for around, content in zip(_frame(", ".join(recipient.languages), inside, beside), contents, strict=True):
        for stand_in, own in changes:
            around = around.replace(stand_in, own)
        yield around
        yield base64_lines(content)


def _stand_in(number: int, name: str) -> str:
    """What stands in a frame for the name of a file: a plain name needs no more than as many letters."""
    is_plain = PLAIN_NAME.fullmatch(name) and number < len(STAND_INS)
    return STAND_INS[number] * len(name) if is_plain else name


@lru_cache(maxsize=64)  # the mails of a run have a few shapes
def _frame(
    language: str, inside: tuple[tuple[str, str, str], ...], beside: tuple[tuple[str, str], ...]
) -> tuple[bytes, ...]:
    """What stands around the contents of a mail, made by the library: the parts' headers and boundaries.

    Takes: inside - the type, name and id of each picture; beside - the type and name of each file.
    """
    mail, spoken = EmailMessage(policy=POLICY), [f"Content-Language: {language}"]
    mail.set_content("", subtype="plain", charset="utf-8", cte="base64", headers=spoken)
    mail.add_alternative("", subtype="html", charset="utf-8", cte="base64", headers=spoken)
    page = mail.get_body(("html",))
    assert page is not None
    for mime, name, cid in inside:
        main, _, sub = mime.partition("/")
        page.add_related(b"", main, sub, cid=f"<{cid}>", filename=name, disposition="inline")
    for mime, name in beside:
        main, _, sub = mime.partition("/")
        charset = {"charset": "utf-8"} if main == "text" else None
        mail.add_attachment(b"", maintype=main, subtype=sub, filename=name, params=charset)
    _settle_boundaries(mail, NO_DIGEST)
    for part in mail.walk():
        if not part.is_multipart():
            part.set_payload(HOLE)
    return tuple(mail.as_bytes().split(HOLE.encode()))


def base64_lines(content: bytes) -> bytes:
    """The content in base64, on lines as long as they may be. The library's own way goes line by line."""
    text = binascii.b2a_base64(content, newline=False)
    whole = len(text) // BASE64_LINE * BASE64_LINE
    lines = np.frombuffer(text, dtype=np.uint8, count=whole).reshape(-1, BASE64_LINE)
    ends = np.broadcast_to(np.frombuffer(LINE, dtype=np.uint8), (len(lines), len(LINE)))
    return np.hstack([lines, ends]).tobytes() + (text[whole:] + LINE if whole < len(text) else b"")


def _digest(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[: len(NO_DIGEST)]


def _settle_boundaries(mail: EmailMessage, digest: str) -> None:
    """Give each multipart a boundary made of a digest of the message's own id; the library's are random."""
    parts = [part for part in mail.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        part.set_boundary(f"=_{digest}_{number}")
