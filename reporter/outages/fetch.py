"""Fetching what the sources publish: politely, within limits, and without mistaking a log-in page for "no outages".

Every source ends as one `Fetched`; a source that fails costs the others nothing, not even their time. What a page
says is not read here.

A mailbox that alerts and forwarded notices come to is opened for reading alone: nothing is marked, moved or removed, so
that people may use it beside the program. What was read is known by the number that the server gave the last mail.
"""

import hashlib
import imaplib
import ipaddress
import json
import logging
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.request import getproxies

import httpx2
import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import Timedelta, Timestamp
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from reporter.errors import MissingLibraryError, OutageFileError, refused
from reporter.resources import library

log = logging.getLogger(__name__)
_ISO = "%Y-%m-%dT%H:%MZ"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class LeadsAstrayError(Exception):
    """The address, or where it leads, is not allowed; the message is the entry of problems/*.toml that says so."""


def _check_allowed(url: httpx2.URL, asked: httpx2.URL, *, is_private: bool = False) -> None:
    """Before a question is put to `url`; `asked` is what the office wrote. Raises LeadsAstrayError.

    An office that writes the address of its own machine means it, over plain http too; nobody outside may send us
    there. `is_private` allows what stands in the office's own network.
    """
    if not url.host:
        raise LeadsAstrayError("fetch_not_an_address")
    if _is_own_machine(asked) and _is_own_machine(url):
        return
    if url.scheme != "https" and not is_private:
        raise LeadsAstrayError("fetch_not_https")
    if not is_private and any(not _is_public(address) for address in _addresses(url)):
        raise LeadsAstrayError("fetch_private")


def _check_peer(response: httpx2.Response, asked: httpx2.URL, *, is_private: bool = False) -> None:
    """The same of the machine that answered, as far as the connection tells. Raises LeadsAstrayError."""
    stream = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream is not None else None
    if is_private or peer is None or getproxies() or (_is_own_machine(asked) and _is_own_machine(response.url)):
        return
    if not _is_public(str(peer[0])):
        raise LeadsAstrayError("fetch_private")


def _is_own_machine(url: httpx2.URL) -> bool:
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return url.host == "localhost"


def _addresses(url: httpx2.URL) -> list[str]:
    """Every address that the name stands for; none where it cannot be looked up: then nothing is reached either."""
    try:
        ipaddress.ip_address(url.host)
    except ValueError:
        pass
    else:
        return [url.host]
    if url.host == "localhost":
        return ["127.0.0.1"]
    if getproxies():
        return []
    try:
        found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (address, *_embedded(address)))


def _embedded(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The older addresses that a newer one stands for, by whichever bridge."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    teredo = address.teredo[1] if address.teredo else None
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None
    return [one for one in (address.ipv4_mapped, address.sixtofour, teredo, nat64) if one is not None]


LARGEST_BYTES = 5_000_000
LONGEST_SECONDS = 60.0
ALL_SECONDS = 180.0
"""After so long a fetch is over, whichever of its sources have answered by then."""
AT_ONCE = 8
TRIES = 3
REDIRECTS = 5
SOON_SECONDS = 20.0
"""A server that asks to come back within so long is waited for; another is asked again on a later look."""
LATEST = Timedelta(days=1)
PAGES = ("notice", "page")  # kinds of source that are web pages; a named other one that answers so is behind a log-in
GOOD = ("read", "unchanged")
_TIMEOUT = httpx2.Timeout(20.0, connect=10.0)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEADERS = {"User-Agent": "reporter (outage record; reads public status pages)", "Accept-Encoding": "identity"}


class Address(Struct, frozen=True):
    """One source: where it is, and its kind as the adapters call it (empty: told by the content).

    `seen` is what it was last seen to be (etag, last_modified, sha256; see `last_condition`), `not_before` the instant
    before which its server asked not to be asked again, `is_private` that it may stand in the office's own network.
    """

    url: str
    kind: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    not_before: Timestamp | None = None
    is_private: bool = False


class FetchResult(Struct, frozen=True):
    """What came of one source.

    `status` is read (something new in `content`), unchanged, captive_portal (a web page where data was due),
    too_large, refused (an address or redirect that is not allowed), missing_page (4xx), later (the server asks not to
    be asked before `not_before`) or failed; `why` says more. `said` is for the condition of the next question,
    `answered` the number of a refusal, where a server answered with one; `landed` where a page was found in the end.
    """

    address: Address
    status: str
    fetched_at: Timestamp
    content: bytes = b""
    sha256: str = ""
    why: OutageFileError | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    not_before: Timestamp | None = None
    answered: int = 0
    landed: str = ""

    @property
    def is_good(self) -> bool:
        """Whether somebody really looked: only then may the record count as complete to this instant."""
        return self.status in GOOD

    @property
    def is_page(self) -> bool:
        """Whether a web page came."""
        return _is_web_page(self.content)


def reason(code: str, **details: object) -> OutageFileError:
    """Why a source was not read, in both languages; kept with what came of it, and told, not raised."""
    return refused(OutageFileError, code, where="", **details)


class _PassingError(Exception):
    """It may work on the next try; after `seconds`, where the server said so."""

    def __init__(self, why: OutageFileError, seconds: float | None = None, number: int = 0) -> None:
        super().__init__(str(why))
        self.why, self.seconds, self.number = why, seconds, number


class _FinalError(Exception):
    """It will not; `status` says in which way."""

    def __init__(
        self,
        status: str,
        why: OutageFileError,
        not_before: Timestamp | None = None,
        number: int = 0,
        landed: str = "",
    ) -> None:
        super().__init__(str(why))
        self.status, self.why, self.not_before, self.number, self.landed = status, why, not_before, number, landed


class _Question(Struct, frozen=True):
    """One source, and the limits within which it is asked."""

    address: Address
    at: Timestamp
    sleep: Callable[[float], None]
    deadline: float
    tries: int = TRIES


def fetch(
    sources: Sequence[Address],
    *,
    now: Timestamp,
    sleep: Callable[[float], None] = time.sleep,
    seconds: float = ALL_SECONDS,
    tries: int = TRIES,
) -> tuple[FetchResult, ...]:
    """Each source as it stands now, in the order given, several at a time; after `seconds` what is left has failed.

    NOTE: the threads are not waited for: one that hangs in a server's headers may outlive the fetch, and must not
    hold up the end of the program either.
    """
    deadline = time.monotonic() + seconds
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, FetchResult]] = queue.SimpleQueue()
    for number in range(len(sources)):
        todo.put(number)
    for _ in range(min(AT_ONCE, len(sources))):
        work = (sources, todo, done, now, sleep, deadline, tries)
        threading.Thread(target=_work, args=work, daemon=True).start()
    found = {
        number: FetchResult(one, "failed", now, why=reason("fetch_not_done")) for number, one in enumerate(sources)
    }
    for _ in sources:
        try:
            number, fetched = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[number] = fetched
    log.info("fetched: %d sources, %d of them failed", len(found), sum(not one.is_good for one in found.values()))
    return tuple(found[number] for number in range(len(sources)))


def _work(
    sources: Sequence[Address],
    todo: "queue.SimpleQueue[int]",
    done: "queue.SimpleQueue[tuple[int, FetchResult]]",
    now: Timestamp,
    sleep: Callable[[float], None],
    deadline: float,
    tries: int,
) -> None:
    """One source after the other, until none is left."""
    with httpx2.Client(timeout=_TIMEOUT, headers=_HEADERS, follow_redirects=False) as client:
        while True:
            try:
                number = todo.get_nowait()
            except queue.Empty:
                return
            until = min(deadline, time.monotonic() + LONGEST_SECONDS)
            question = _Question(sources[number], now, sleep, until, tries)
            done.put((number, _one(client, question)))


def _one(client: httpx2.Client, question: _Question) -> FetchResult:
    address, now = question.address, question.at
    if address.not_before is not None and now < address.not_before:
        return FetchResult(
            address,
            "later",
            now,
            why=reason("fetch_later", at=f"{address.not_before:{_ISO}}"),
            not_before=address.not_before,
        )
    tries = Retrying(
        stop=stop_after_attempt(question.tries),
        wait=_wait,
        retry=retry_if_exception_type(_PassingError),
        sleep=question.sleep,
        reraise=True,
    )
    try:
        page = tries(_page, client, question)
    except _PassingError as e:
        return FetchResult(address, "failed", now, why=e.why, answered=e.number)
    except _FinalError as e:
        told = FetchResult(address, e.status, now, why=e.why, not_before=e.not_before)
        return replace(told, answered=e.number, landed=e.landed)
    except Exception as e:  # noqa: BLE001 - a fault of ours in one source must not cost the others
        log.warning("one source broke: %s", type(e).__name__)
        return FetchResult(address, "failed", now, why=reason("fetch_broke", kind=type(e).__name__))
    return _judged(page, address, now)


def _judged(page: tuple[bytes, dict[str, str]] | None, address: Address, now: Timestamp) -> FetchResult:
    seen = address.seen
    if page is None and not _conditions(seen):
        return FetchResult(address, "failed", now, why=reason("fetch_never_asked"))
    if page is None:
        return FetchResult(address, "unchanged", now, sha256=seen.get("sha256", ""), said=seen)
    content, said = page
    sha256 = hashlib.sha256(content).hexdigest()
    status = "unchanged" if sha256 == seen.get("sha256") else "read"
    return FetchResult(address, status, now, content, sha256, said=said, landed=said.get("landed", ""))


_BACK_OFF = wait_exponential_jitter(initial=1, max=20, jitter=2)


def _wait(state: RetryCallState) -> float:
    """As long as the server asks for, else longer each time."""
    error = state.outcome.exception() if state.outcome else None
    seconds = error.seconds if isinstance(error, _PassingError) else None
    return _BACK_OFF(state) if seconds is None else seconds


def _page(client: httpx2.Client, question: _Question) -> tuple[bytes, dict[str, str]] | None:
    """The page and what the server says of it; None when it has not changed. Raises one of the two errors."""
    try:
        return _followed(client, question)
    except LeadsAstrayError as e:
        raise _FinalError("refused", reason(str(e))) from e
    except httpx2.InvalidURL as e:
        raise _FinalError("refused", reason("fetch_not_an_address")) from e
    except httpx2.UnsupportedProtocol as e:
        raise _FinalError("refused", reason("fetch_not_https")) from e
    except httpx2.DecodingError as e:
        raise _FinalError("failed", reason("fetch_packed")) from e
    except httpx2.TransportError as e:
        raise _PassingError(reason("fetch_no_answer", kind=type(e).__name__)) from e


def _followed(client: httpx2.Client, question: _Question) -> tuple[bytes, dict[str, str]] | None:
    address = question.address
    asked = httpx2.URL(address.url)
    request = client.build_request("GET", asked, headers=_conditions(address.seen))
    for _ in range(REDIRECTS + 1):
        _check_allowed(request.url, asked, is_private=address.is_private)
        response = client.send(request, stream=True)
        try:
            _check_peer(response, asked, is_private=address.is_private)
            if response.next_request is None:
                return _answer(response, question, asked)
        finally:
            response.close()
        request = response.next_request
    raise _FinalError("refused", reason("fetch_redirects", count=REDIRECTS))


def _conditions(seen: Mapping[str, str]) -> dict[str, str]:
    names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
    return {names[key]: seen[key] for key in names if seen.get(key)}


def _answer(response: httpx2.Response, question: _Question, asked: httpx2.URL) -> tuple[bytes, dict[str, str]] | None:
    code, kind = response.status_code, question.address.kind
    if code == 304:
        return None
    if code in _PASSING:
        raise _passing(response, question.at)
    if code != 200:
        status = "missing_page" if 400 <= code < 500 else "failed"
        raise _FinalError(status, reason("fetch_answered", number=code), number=code)
    content = _bounded(response, question.deadline)
    is_due = not kind or kind in PAGES
    if _is_web_page(content) and (not is_due or response.url.host != asked.host):
        raise _FinalError("captive_portal", reason("fetch_captive"), landed=str(response.url))
    said = {"etag": response.headers.get("ETag", ""), "last_modified": response.headers.get("Last-Modified", "")}
    return content, said | {"landed": str(response.url)}


def _passing(response: httpx2.Response, now: Timestamp) -> Exception:
    """In trouble for the moment; one that says when to come back is asked then, be it on a later look."""
    number, seconds = response.status_code, _retry_after(response, now)
    if seconds is None or seconds <= SOON_SECONDS:
        return _PassingError(reason("fetch_answered", number=number), seconds, number)
    not_before = now + min(Timedelta(seconds=seconds), LATEST)
    why = reason("fetch_answered_later", number=number, at=f"{not_before:{_ISO}}")
    return _FinalError("later", why, not_before, number)


def _retry_after(response: httpx2.Response, now: Timestamp) -> float | None:
    """The seconds until the server wants to be asked again, said as such or as a date; None when it does not say."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        at = pd.Timestamp(parsedate_to_datetime(text))
    except (ValueError, TypeError):
        return None
    at = at.tz_localize("UTC") if at.tzinfo is None else at.tz_convert("UTC")
    return max(0.0, (at - now).total_seconds())


def _bounded(response: httpx2.Response, deadline: float) -> bytes:
    """The bytes as they come, until there are too many or it takes too long; what the header promises is not asked."""
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BYTES:
            raise _FinalError("too_large", reason("fetch_too_large", count=LARGEST_BYTES // 1_000_000))
        if time.monotonic() > deadline:
            raise _PassingError(reason("fetch_too_long"))
    return b"".join(parts)


def _is_web_page(content: bytes) -> bool:
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    start = content[:2048].replace(b"\x00", b"")[2 * is_wide :].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith(b"<!doctype html") or (start.startswith(b"<") and b"<html" in start)


_OF_ITSELF = frozenset(
    ("updated_at", "updatedat", "last_updated", "lastupdated", "generated_at", "generatedat", "generated", "timestamp",
     "now", "fetched_at", "server_time", "servertime", "last_modified", "lastmodified", "request_id", "requestid")
)  # fmt: skip
_HEADS = frozenset(("page", "meta", "status_page", "statuspage", "info"))
_MONTH = r"(?:[a-zéû]{3,9}\.?)"
_LABEL = (
    r"((?:last (?:updated|modified|checked|refreshed)|(?:page )?(?:generated|rendered|loaded)(?: on| at)?|"
    r"(?:current|server) time|date modified|derni[èe]re mise [àa] jour|mise [àa] jour|"
    r"date de modification|heure actuelle|g[ée]n[ée]r[ée]e? le)\W{0,12}(?:le |on |at |[àa] )?)"
)
_STAMP = (
    rf"(?:{_MONTH} )?\d[\d:./,+\- TZ]*(?:{_MONTH}[\d:./,+\- TZ]+)?(?:(?:at|[àa]) [\d:]+)?"
    r"(?: ?[ap]\.?m\b\.?)?(?: ?(?:UTC|GMT|[ECMP][SD]T)\b)?"
)
_LABELLED = re.compile(_LABEL + _STAMP, re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEAD_OF_FEED = re.compile(r"<(lastBuildDate|pubDate|updated|dc:date)>[^<]*</\1>", re.IGNORECASE)
_FIRST_ENTRY = re.compile(r"<(?:item|entry)[\s>]", re.IGNORECASE)
_OF_CALENDAR = re.compile(r"^DTSTAMP[^\r\n]*\r?\n?", re.MULTILINE)


def clockless_sha256(content: bytes) -> str:
    """The digest of the document without its clocks."""
    return hashlib.sha256(_clockless(content.decode("utf-8", "replace")).encode("utf-8", "replace")).hexdigest()


def _clockless(text: str) -> str:
    start = text[:1000].lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        return _json(text)
    if start.upper().startswith("BEGIN:VCALENDAR"):
        return _OF_CALENDAR.sub("", text)
    return _markup(text) if start[:1] == "<" else text


def _markup(text: str) -> str:
    first = _FIRST_ENTRY.search(text)
    if first is None:
        return _LABELLED.sub(r"\1", _COMMENT.sub("", text))
    return _HEAD_OF_FEED.sub("", text[: first.start()]) + text[first.start() :]


def _json(text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(document, dict):
        return text
    heads = {key: _headless(value) for key, value in document.items() if key.lower() in _HEADS}
    return json.dumps(_headless(document) | heads, sort_keys=True, ensure_ascii=False)


def _headless(record: Any) -> Any:
    """An object without the instants it says of itself."""
    if not isinstance(record, dict):
        return record
    return {key: value for key, value in record.items() if key.lower() not in _OF_ITSELF or isinstance(value, dict)}


EXTRA = "mailbox"
PORTS = {"tls": 993, "starttls": 143, "none": 143}
SECONDS = 30.0
MOST = 200
"""Mails taken in at one look; the others come at the next."""
LARGEST = 20_000_000
"""Bytes of a mail with what is attached to it."""


class MailboxAddress(Struct, frozen=True):
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


class ReceivedMail(Struct, frozen=True):
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
