"""A mailbox that alerts and forwarded notices come to: read over IMAP, never changed.

The folder is opened for reading alone: nothing is marked, moved or removed, so that people may use it beside the
program. What was read is known by the number that the server gave the last mail; what it says is not read here.
"""

import imaplib
import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pandas import Timedelta, Timestamp

from reporter.errors import MissingLibraryError, OutageFileError, refused
from reporter.resources import library

log = logging.getLogger(__name__)
EXTRA = "mailbox"
PORTS = {"tls": 993, "starttls": 143, "none": 143}
SECONDS = 30.0
MOST = 200
"""Mails taken in at one look; the others come at the next."""
LARGEST = 20_000_000
"""Bytes of a mail with what is attached to it."""


@dataclass(frozen=True)
class MailboxAddress:
    """Where it is, which folder of it, whose mails count (patterns such as `*@example.org`), how many days back.

    `token` is one of OAuth, in place of a password.
    """

    host: str
    user: str
    password: str = ""
    token: str = ""
    port: int = 0
    security: str = "tls"
    folder: str = "INBOX"
    senders: tuple[str, ...] = ()
    days: int = 30
    ca_file: str | None = None


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as it came, and the mark by which a later look goes on behind it."""

    content: bytes
    mark: str


def new_mails(where: MailboxAddress, mark: str, *, at: Timestamp) -> Iterator[ReceivedMail]:
    """The mails of the senders that have come since the mark, oldest first; a mark is `number of the box.of the mail`.

    A box that was made anew has other numbers: then all of the last days are read again, which enters nothing twice.

    Raises: OutageFileError - it cannot be reached, does not let us in, or has no such folder.
    """
    tools = library("imap_tools", EXTRA, kind=MissingLibraryError, where="mailbox")
    faults = (OSError, imaplib.IMAP4.error, ValueError, tools.errors.ImapToolsError)
    with _open(tools, where, faults) as box:
        try:
            yield from _since(box, where, mark, at)
        except faults as error:
            raise refused(OutageFileError, "stop_mailbox_broke", where="mailbox", kind=type(error).__name__) from None


@contextmanager
def _open(tools: Any, where: MailboxAddress, faults: tuple[type[Exception], ...]) -> Iterator[Any]:
    """Connected and let in. No text of the server's is told: it may name the user."""
    try:
        box = _connected(tools, where)
    except faults as error:
        raise refused(OutageFileError, "stop_mailbox_away", where="mailbox", kind=type(error).__name__) from None
    try:
        try:
            box.xoauth2(where.user, where.token, None) if where.token else box.login(where.user, where.password, None)
        except faults:
            raise refused(OutageFileError, "stop_mailbox_login", where="mailbox") from None
        try:
            box.folder.set(where.folder, readonly=True)
        except faults:
            raise refused(OutageFileError, "stop_mailbox_folder", where="mailbox.folder", name=where.folder) from None
        yield box
    finally:
        with suppress(*faults):
            box.logout()
        with suppress(*faults):  # a server that broke off was not hung up on
            box.client.shutdown()


def _connected(tools: Any, where: MailboxAddress) -> Any:
    port = where.port or PORTS[where.security]
    if where.security == "none":
        return tools.MailBoxUnencrypted(where.host, port, timeout=SECONDS)
    kind = tools.MailBox if where.security == "tls" else tools.MailBoxStartTls
    context = ssl.create_default_context(cafile=where.ca_file)
    return kind(where.host, port, timeout=SECONDS, ssl_context=context)


def _since(box: Any, where: MailboxAddress, mark: str, at: Timestamp) -> Iterator[ReceivedMail]:
    validity = _number(box.client.response("UIDVALIDITY")[1])
    before, _, last = mark.partition(".")
    first = int(last) + 1 if before == validity and last.isdecimal() else 1
    day = f"{(at - Timedelta(days=where.days)):%d-%b-%Y}"
    numbers = sorted(int(one) for one in box.uids(f"UID {first}:* SINCE {day}", charset=None))
    wanted = [number for number in numbers if number >= first]  # `9:*` always names the last mail
    heads = {int(head.uid): head for head in _heads(box, wanted)}
    count = 0
    for number in wanted:
        if count == MOST or number not in heads or not _is_of(heads[number].from_, where.senders):
            continue
        count += 1
        yield ReceivedMail(_whole(box, number), f"{validity}.{number}")
    log.info("mailbox: %d mails since the last look, %d of them to read", len(wanted), count)


def _heads(box: Any, numbers: Sequence[int]) -> Iterator[Any]:
    """The headings alone: a mail of somebody else's is not asked for."""
    if numbers:
        yield from box.fetch(uid_list=[str(one) for one in numbers], headers_only=True, mark_seen=False, bulk=100)


def _whole(box: Any, number: int) -> bytes:
    """The bytes as the server keeps them; of one that is too large, the first."""
    _, parts = box.client.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{LARGEST}>)")
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")


def _number(parts: Sequence[bytes | None]) -> str:
    return (parts[0] or b"0").decode("ascii", "replace")


def _is_of(address: str, senders: Sequence[str]) -> bool:
    return not senders or any(fnmatchcase(address.lower(), pattern.lower()) for pattern in senders)
