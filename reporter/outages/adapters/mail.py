"""A mail: an alert of a status page, or a notice that somebody passed on, read as the notice that it holds. Pure.

The subject is its heading. What a mail program wrote about a mail that was passed on (from whom, to whom, when) is
taken off, and its date counts as the day on which the words were seen; so nobody's address stands among the words.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from html import escape

import pandas as pd
from msgspec import Struct
from pandas import Timestamp

from reporter.outages.source import Adapter, OutageReading, SourceDocument

_HEAD = re.compile(
    rb"(?:(?:return-path|received|delivered-to|dkim-signature|authentication-results|arc-[\w-]+|x-[\w-]+|from|to|cc|"
    rb"subject|date|message-id|mime-version|content-type|reply-to|list-[\w-]+|sender):[^\n]*\n(?:[ \t][^\n]*\n)*){3}",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^\s*(?:(?:fwd?|re|tr|rép|réf|transf)\s*:\s*)+", re.IGNORECASE)
_HEADING = r"(?:from|de|sent|envoyé|date|to|à|cc|cci|bcc|subject|objet|reply-to|répondre à|importance)"
_PASSED_ON = re.compile(
    rf"^[ >]*(?:[-_]{{3,}}.*|begin forwarded message:|début du message (?:réexpédié|transféré) ?:)?[ \t]*\n*"
    rf"(?:[ >*]*{_HEADING}\s*:.*\n+){{2,}}",
    re.IGNORECASE | re.MULTILINE,
)
_WHEN = re.compile(r"^[ >*]*(?:sent|envoyé|date)\s*:\**\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_SUBJECT = re.compile(r"^[ >*]*(?:subject|objet)\s*:\**\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_ANSWERED = re.compile(
    r"^[ >]*(?:On [^\n]*\d[^\n]*(?:\n[^\n]*)?\bwrote|Le [^\n]*\d[^\n]*(?:\n[^\n]*)?\ba écrit)[  ]*:[ \t]*$",
    re.MULTILINE,
)
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)
_SIGNATURE = re.compile(r"^-- ?$.*", re.MULTILINE | re.DOTALL)
_HTML_PASSED_ON = re.compile(
    rf"<(div|p)\b[^>]*>(?:(?!</?\1\b).)*?\b{_HEADING}\s*:(?:(?!</?\1\b).)*?\b(?:subject|objet)\s*:(?:(?!</?\1\b).)*</\1>",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<br\b[^>]*>|<[^>]+>")
SMALLEST_PICTURE = 20_000
"""Bytes of a picture inside a mail that is kept though nobody attached it: a sign or a button has fewer."""


def recognises(source: SourceDocument) -> bool:
    """Text that begins with three headings of a mail."""
    return is_mail(source.content)


def is_mail(content: bytes) -> bool:
    """The same of bytes."""
    return bool(_HEAD.match(content[:20_000].lstrip(b"\xef\xbb\xbf\r\n").replace(b"\r\n", b"\n")))


class WordAnswer(Struct, frozen=True):
    """An answer of one word: to which mails, of whom, and when, where it says so."""

    word: str
    to: tuple[str, ...]
    who: str
    sent_at: Timestamp | None


def one_word_answer(content: bytes) -> WordAnswer | None:
    """The answer that a mail is, when all that its writer wrote is one word; what is quoted below it does not count."""
    try:
        mail = message_from_bytes(content, EmailMessage, policy=default)
        body = mail.get_body(("plain",))
        text = str(body.get_content()) if body is not None else ""
    except (MessageError, LookupError, ValueError, KeyError):
        return None
    first, _, rest = text.strip().partition("\n")
    to = tuple(f"{mail['In-Reply-To'] or ''} {mail['References'] or ''}".split())
    word = first.strip().strip(".!").casefold()
    if not to or not word or len(word.split()) > 1 or (rest.strip() and rest[:1].strip() and rest[:1] != ">"):
        return None
    name, address = parseaddr(str(mail["From"] or ""))
    return WordAnswer(word, to, name or address.partition("@")[0], _answered_at(mail))


def _answered_at(mail: EmailMessage) -> Timestamp | None:
    try:
        sent = parsedate_to_datetime(str(mail["Date"]))
    except (TypeError, ValueError):
        return None
    return None if sent.tzinfo is None else Timestamp(sent).tz_convert("UTC").as_unit("us")


def read(source: SourceDocument) -> OutageReading:
    """The notice in it, as drafts. Raises OutageFileError when nobody says when it came, and where it has no words."""
    from reporter.outages.notice.read import notice_items, read_notice

    if not recognises(source):
        raise source.refuse("stop_outage_not_a_mail")
    if source.as_of is None:
        raise source.refuse("stop_outage_no_clock")
    mail = _innermost(_parsed(source.content))
    text, subject, seen_at = _words(mail)
    if not text.strip() and not subject:
        raise source.refuse("stop_outage_mail_empty")
    at = min(source.as_of, seen_at or _sent_at(mail) or source.as_of)
    page = source.page or source.name
    reading = read_notice(_under_its_subject(text, subject), source.names, page=page, captured_at=at)
    if not reading.raw and not notice_items(reading):  # `GCKey unavailable`, and then: we are looking into it
        sentence = " ".join(_TAG.sub(" ", f"{subject}. {text}").split())
        reading = read_notice(sentence, source.names, page=page, captured_at=at)
    return OutageReading(
        reading.outages, reading.problems, source.sha256, open_items=notice_items(reading), raw=reading.raw
    )


def attachments(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What came with a mail, by name: files that somebody attached, and pictures too large for a sign."""
    for number, part in enumerate(_parsed(content).walk()):
        if part.is_multipart() or not isinstance(part, EmailMessage):
            continue
        is_attached = part.get_content_disposition() == "attachment"
        inner = part.get_payload(decode=True)
        if not isinstance(inner, bytes) or not inner:
            continue
        if is_attached or (part.get_content_maintype() == "image" and len(inner) >= SMALLEST_PICTURE):
            yield _file_name(part, number), inner


def _file_name(part: EmailMessage, number: int) -> str:
    """The name it was given; a made one where that leads elsewhere, or is none."""
    name = (part.get_filename() or "").replace("\\", "/").rpartition("/")[2].strip()
    return name or f"part-{number}.{part.get_content_subtype()}"


def _parsed(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content.lstrip(b"\xef\xbb\xbf\r\n"), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def _innermost(mail: EmailMessage) -> EmailMessage:
    """The mail that was passed on as an attachment, where there is one: the alert itself."""
    for part in mail.walk():
        if part is not mail and part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            if isinstance(inner, EmailMessage):
                return _innermost(inner)
    return mail


def _words(mail: EmailMessage) -> tuple[str, str, Timestamp | None]:
    """The text or page in it, what it is called, and when a mail that it passes on was sent."""
    body = mail.get_body(preferencelist=("plain", "html"))
    text = _decoded(body) if body is not None else ""
    subject = _REPLY.sub("", " ".join(str(mail.get("subject", "")).split()))
    is_page = body is not None and body.get_content_subtype() == "html"
    text = text if is_page else _QUOTED.sub("", _ANSWERED.sub("\n", text))
    pattern = _HTML_PASSED_ON if is_page else _PASSED_ON
    heads = [_TAG.sub("\n", found[0]) if is_page else found[0] for found in pattern.finditer(text)]
    last = heads[-1] if heads else ""
    inner = _SUBJECT.search(last)
    text = pattern.sub("\n\n", text) if is_page else _SIGNATURE.sub("", pattern.sub("\n\n", text))
    return text, _REPLY.sub("", inner[1].strip()) if inner else subject, _written_at(last, mail)


def _decoded(body: MIMEPart) -> str:
    """The words of a part, whatever it says of its letters."""
    try:
        return str(body.get_content())
    except (LookupError, MessageError, UnicodeError):
        payload = body.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _written_at(head: str, mail: EmailMessage) -> Timestamp | None:
    """When the mail that was passed on was sent, on Ottawa's clock; None where that is not plain."""
    from reporter.outages.notice.times import Unreadable, resolve_window, said_windows

    found, now = _WHEN.search(head), _sent_at(mail)
    if found is None or now is None:
        return None
    windows = [one for one in said_windows(found[1]) if one.began_on and one.began]
    try:
        return resolve_window(windows[0], now).began_at if windows else None
    except (Unreadable, OverflowError, pd.errors.OutOfBoundsDatetime):
        return None


def _sent_at(mail: EmailMessage) -> Timestamp | None:
    try:
        at = pd.Timestamp(parsedate_to_datetime(str(mail.get("date", ""))))
    except (ValueError, TypeError):
        return None
    return (at.tz_localize("UTC") if at.tzinfo is None else at.tz_convert("UTC")).as_unit("us")


def _under_its_subject(text: str, subject: str) -> str:
    if "<" in text and re.search(r"<(?:html|body|div|p|table)\b", text, re.IGNORECASE):
        heading = f"<h1>{escape(subject)}</h1>"
        found = re.search(r"<body\b[^>]*>", text, re.IGNORECASE)
        return (
            text[: found.end()] + heading + text[found.end() :]
            if found
            else f"<html><body>{heading}{text}</body></html>"
        )
    return f"# {subject}\n\n{text}" if subject else text


ADAPTERS = (Adapter("mail", recognises, read),)
