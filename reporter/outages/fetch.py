"""Fetching what the sources publish: politely, within limits, and without mistaking a log-in page for "no outages".

Every source ends as one `Fetched`; a source that fails costs the others nothing. What a page says is not read here.
"""

import ipaddress
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import httpx2
from pandas import Timestamp
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

log = logging.getLogger(__name__)
LARGEST_BYTES = 5_000_000
LONGEST_SECONDS = 60.0
TRIES = 3
REDIRECTS = 5
PAGES = ("notice", "page")  # kinds of source that are web pages; any other that answers with one is behind a log-in
GOOD = ("read", "unchanged")
_TIMEOUT = httpx2.Timeout(20.0, connect=10.0)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEADERS = {"User-Agent": "reporter (outage record; reads public status pages)", "Accept-Encoding": "identity"}


class Cache(Protocol):
    """What is remembered of each address between two fetches, and where changed pages are kept."""

    def seen(self, url: str) -> Mapping[str, str]:
        """etag, last_modified and sha256 of the last page that was accepted; empty when there is none."""

    def note(self, url: str, said: Mapping[str, str]) -> None:
        """Remember them."""

    def keep(self, content: bytes) -> str:
        """Keep the page under its SHA-256, and return that."""


@dataclass(frozen=True)
class Address:
    """One source: where it is, and its kind as the adapters call it (empty: told by the content)."""

    url: str
    kind: str = ""


@dataclass(frozen=True)
class FetchResult:
    """What came of one source.

    `status` is read (something new in `content`), unchanged, captive_portal (a web page where data was due),
    too_large, refused (an address or redirect that is not allowed), missing_page (4xx) or failed; `why` says more.
    """

    address: Address
    status: str
    fetched_at: Timestamp
    content: bytes = b""
    sha256: str = ""
    why: str = ""
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether somebody really looked: only then may the record count as complete to this instant."""
        return self.status in GOOD


class _PassingError(Exception):
    """It may work on the next try."""


class _FinalError(Exception):
    """It will not; `status` says in which way."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status


def fetch(
    sources: Sequence[Address], cache: Cache, *, now: Timestamp, sleep: Callable[[float], None] = time.sleep
) -> tuple[FetchResult, ...]:
    """Each source as it stands now, in the order given; a page that changed is kept in the cache.

    A page is remembered as seen only when the caller has read it and says so (`accept`): one that could not be
    read is fetched again the next time, instead of passing for unchanged.
    """
    with httpx2.Client(timeout=_TIMEOUT, headers=_HEADERS, follow_redirects=False) as client:
        found = tuple(_one(client, address, cache, now, sleep) for address in sources)
    log.info("fetched: %d sources, %d of them failed", len(found), sum(not one.is_good for one in found))
    return found


def accept(cache: Cache, fetched: FetchResult) -> None:
    """Remember a page that was read, so that it is not fetched again until it changes."""
    if fetched.status == "read":
        cache.note(fetched.address.url, {**fetched.said, "sha256": fetched.sha256})


def _one(
    client: httpx2.Client, address: Address, cache: Cache, now: Timestamp, sleep: Callable[[float], None]
) -> FetchResult:
    seen = cache.seen(address.url)
    tries = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(initial=1, max=20, jitter=2),
        retry=retry_if_exception_type(_PassingError),
        sleep=sleep,
        reraise=True,
    )
    try:
        page = tries(_page, client, address, seen)
    except _PassingError as e:
        return FetchResult(address, "failed", now, why=str(e))
    except _FinalError as e:
        return FetchResult(address, e.status, now, why=str(e))
    if page is None:
        return FetchResult(address, "unchanged", now, sha256=seen.get("sha256", ""))
    content, said = page
    sha256 = cache.keep(content)
    status = "unchanged" if sha256 == seen.get("sha256") else "read"
    return FetchResult(address, status, now, content, sha256, said=said)


def _page(client: httpx2.Client, address: Address, seen: Mapping[str, str]) -> tuple[bytes, dict[str, str]] | None:
    """The page and what the server says of it; None when it has not changed. Raises one of the two errors."""
    try:
        return _followed(client, address, seen)
    except httpx2.InvalidURL as e:
        raise _FinalError("refused", "the address is not one") from e
    except httpx2.UnsupportedProtocol as e:
        raise _FinalError("refused", "the address must begin with https://") from e
    except httpx2.DecodingError as e:
        raise _FinalError("failed", "the answer is packed in a way that cannot be read") from e
    except httpx2.TransportError as e:
        raise _PassingError(f"no answer ({type(e).__name__})") from e


def _followed(client: httpx2.Client, address: Address, seen: Mapping[str, str]) -> tuple[bytes, dict[str, str]] | None:
    asked = httpx2.URL(address.url)
    request = client.build_request("GET", asked, headers=_conditions(seen))
    deadline = time.monotonic() + LONGEST_SECONDS
    for _ in range(REDIRECTS + 1):
        _check_allowed(request.url, asked)
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                return _answer(response, address, asked, deadline)
        finally:
            response.close()
        request = response.next_request
    raise _FinalError("refused", f"more than {REDIRECTS} redirects")


def _conditions(seen: Mapping[str, str]) -> dict[str, str]:
    names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
    return {names[key]: seen[key] for key in names if seen.get(key)}


def _check_allowed(url: httpx2.URL, asked: httpx2.URL) -> None:
    """Only https; plain http on this machine alone, and nobody outside may send us there."""
    if _is_loopback(asked):
        return
    if not url.host:
        raise _FinalError("refused", "the address is not one")
    if url.scheme != "https":
        raise _FinalError("refused", "the address, or where it leads, does not begin with https://")
    if _is_loopback(url):
        raise _FinalError("refused", "the address leads back to this machine")


def _is_loopback(url: httpx2.URL) -> bool:
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return url.host == "localhost"


def _answer(
    response: httpx2.Response, address: Address, asked: httpx2.URL, deadline: float
) -> tuple[bytes, dict[str, str]] | None:
    code = response.status_code
    if code == 304:
        return None
    if code in _PASSING:
        raise _PassingError(f"the server answered {code}")
    if code != 200:
        raise _FinalError("missing_page" if 400 <= code < 500 else "failed", f"the server answered {code}")
    content = _bounded(response, deadline)
    if _is_web_page(content) and (address.kind not in PAGES or response.url.host != asked.host):
        raise _FinalError("captive_portal", "a web page came instead of the data; is there a log-in in between?")
    said = {"etag": response.headers.get("ETag", ""), "last_modified": response.headers.get("Last-Modified", "")}
    return content, said


def _bounded(response: httpx2.Response, deadline: float) -> bytes:
    """The bytes as they come, until there are too many or it takes too long; what the header promises is not asked."""
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BYTES:
            raise _FinalError("too_large", f"more than {LARGEST_BYTES // 1_000_000} MB")
        if time.monotonic() > deadline:
            raise _PassingError("the answer took too long")
    return b"".join(parts)


def _is_web_page(content: bytes) -> bool:
    start = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<?xml") and b"<html" in start)
