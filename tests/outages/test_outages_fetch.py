"""Against a real server on this machine."""

import hashlib

import pandas as pd
import pytest

from reporter.outages import fetch as room
from reporter.outages.fetch import Address, fetch

pytestmark = pytest.mark.enable_socket
NOW = pd.Timestamp("2026-09-09T09:00", tz="UTC")
PAGE = b'{"page": {}, "incidents": []}'
PORTAL = b"<!DOCTYPE html><title>Hotel Wi-Fi</title>"


@pytest.fixture
def get(server):
    """Fetch these paths of the server, waiting for nothing; one path alone gives its one result."""

    def fetch_paths(*paths, kind="statuspage", seen=None, **limits):
        addresses = [Address(path if "://" in path else server.url(path), kind, seen or {}) for path in paths]
        found = fetch(addresses, now=NOW, sleep=lambda _: None, **limits)
        return found[0] if len(paths) == 1 else found

    return fetch_paths


def last_seen(found):
    """What is remembered of a page that was read."""
    return {**found.said, "sha256": found.sha256}


def test_a_page_is_fetched(server, get):
    """Its bytes, their SHA-256 and the instant."""
    server.answers["/a"] = (200, {}, PAGE)
    found = get("/a")

    assert ("read", PAGE, NOW) == (found.status, found.content, found.fetched_at)
    assert hashlib.sha256(PAGE).hexdigest() == found.sha256


def test_an_unchanged_page_is_not_sent_again(server, get):
    """The server is asked with the ETag of the page that was accepted, and says 304."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, PAGE)
    again = get("/a", seen=last_seen(get("/a")))

    assert ("unchanged", b"", '"1"') == (again.status, again.content, server.asked[-1][1]["If-None-Match"])


def test_the_date_of_a_page_is_sent_back(server, get):
    """A server without ETags is asked with If-Modified-Since."""
    server.answers["/a"] = (200, {"Last-Modified": "Mon, 07 Sep 2026 09:00:00 GMT"}, PAGE)
    get("/a", seen=last_seen(get("/a")))

    assert "Mon, 07 Sep 2026 09:00:00 GMT" == server.asked[-1][1]["If-Modified-Since"]


def test_the_same_bytes_are_unchanged_whatever_the_server_says(server, get):
    """A server that knows neither is compared by SHA-256."""
    server.answers["/a"] = (200, {}, PAGE)

    assert "unchanged" == get("/a", seen=last_seen(get("/a"))).status


def test_304_to_a_question_never_asked_is_no_look(server, get):
    """A page that was never read cannot be unchanged."""
    server.answers["/a"] = (304, {}, b"")
    found = [get("/a"), get("/a", seen={"sha256": "a" * 64})]

    assert [("failed", False)] * 2 == [(one.status, one.is_good) for one in found]


@pytest.mark.parametrize("body", [PORTAL, b"\n  <html><body>Sign in", b'<?xml version="1.0"?><html/>'])
def test_a_log_in_page_is_no_empty_feed(server, get, body):
    """HTML with 200 where data was due: nobody looked."""
    server.answers["/a"] = (200, {}, body)
    found = get("/a")

    assert ("captive_portal", False, b"") == (found.status, found.is_good, found.content)


def test_a_notice_is_a_web_page(server, get):
    """Where a page is due, a page is right."""
    server.answers["/a"] = (200, {}, PORTAL)

    assert "read" == get("/a", kind="notice").status


def test_a_notice_that_leads_to_another_host_is_a_log_in_page(server, get):
    """The hotel's page came from the hotel."""
    server.answers["/a"] = (302, {"Location": server.url("/b").replace("127.0.0.1", "localhost")}, b"")
    server.answers["/b"] = (200, {}, PORTAL)

    assert "captive_portal" == get("/a", kind="notice").status


def test_a_server_in_trouble_is_asked_again(server, get):
    """Twice 503, then the page."""
    server.answers["/a"] = [(503, {}, b""), (503, {}, b""), (200, {}, PAGE)]

    assert ("read", 3) == (get("/a").status, len(server.asked))


def test_a_server_is_not_asked_for_ever(server, get):
    """After three tries it has failed, and what it said is told."""
    server.answers["/a"] = (500, {}, b"")
    found = get("/a")

    assert ("failed", "the server answered 500", room.TRIES) == (found.status, str(found.why), len(server.asked))


def test_waiting_grows_and_is_never_the_same(server):
    """Back-off with jitter, so that many offices do not knock together."""
    server.answers["/a"] = (500, {}, b"")
    waits = []
    fetch([Address(server.url("/a"))], now=NOW, sleep=waits.append)

    assert (2, True, True) == (len(waits), 1 <= waits[0] <= 3, 2 <= waits[1] <= 4)


@pytest.mark.parametrize(("code", "status"), [(404, "missing_page"), (403, "missing_page"), (501, "failed")])
def test_a_page_that_is_not_there_is_not_asked_for_again(server, get, code, status):
    """Trying again would not help."""
    server.answers["/a"] = (code, {}, b"")

    assert (status, 1) == (get("/a").status, len(server.asked))


def test_a_page_without_end_is_cut(server, get, monkeypatch):
    """Whatever its header promises, no more than the limit is read."""
    monkeypatch.setattr(room, "LARGEST_BYTES", 10_000)
    server.answers["/a"] = (200, {}, b"x" * 10_001)
    server.answers["/b"] = (200, {}, b"x" * 10_000)

    assert ["too_large", "read"] == [found.status for found in get("/a", "/b")]


def test_a_packed_bomb_is_cut(server, get, monkeypatch):
    """The limit counts what comes out, not what comes in."""
    import gzip

    monkeypatch.setattr(room, "LARGEST_BYTES", 10_000)
    server.answers["/a"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 1_000_000))

    assert "too_large" == get("/a").status


def test_a_page_that_drips_is_given_up(server, get, monkeypatch):
    """A server that answers, but never gets done, has failed."""
    monkeypatch.setattr(room, "LONGEST_SECONDS", -1.0)
    server.answers["/a"] = (200, {}, PAGE)

    assert ("failed", "the answer took too long") == (get("/a").status, str(get("/a").why))


def test_an_answer_that_breaks_off_has_failed(server, get):
    """Half a page is no page."""
    server.answers["/a"] = (200, {"Content-Length": "999", "Connection": "close"}, PAGE)

    assert "failed" == get("/a").status


def test_a_redirect_is_followed(server, get):
    """To where the page has moved."""
    server.answers["/a"] = (301, {"Location": "/b"}, b"")
    server.answers["/b"] = (200, {}, PAGE)

    assert ("read", PAGE) == (get("/a").status, get("/a").content)


def test_redirects_are_not_followed_for_ever(server, get):
    """A page that leads to itself is refused."""
    server.answers["/a"] = (302, {"Location": "/a"}, b"")

    assert ("refused", room.REDIRECTS + 1) == (get("/a").status, len(server.asked))


@pytest.mark.parametrize(
    "url", ["http://example.org/a", "ftp://example.org/a", "file:///etc/passwd", "https://", "https://a:b/", "://"]
)
def test_only_https_is_asked(get, url):
    """Plain http only on this machine, and nothing else at all; no connection is made."""
    assert "refused" == get(url).status


def test_one_source_that_fails_costs_the_others_nothing(server, get):
    """Each has its own result, in the order given; a closed door is one of them."""
    server.answers["/a"] = (200, {}, PAGE)
    server.answers["/b"] = (404, {}, b"")
    found = get("http://127.0.0.1:9/closed", "/b", "/a")

    assert ["failed", "missing_page", "read"] == [one.status for one in found]


@pytest.mark.parametrize("text", ["3600", "Wed, 09 Sep 2026 10:00:00 GMT"])
def test_a_server_that_asks_for_time_is_asked_later(server, get, text):
    """Not three times in a row: not before the instant it names, in either form, and it is told so."""
    server.answers["/a"] = (429, {"Retry-After": text}, b"")
    found = get("/a")

    assert ("later", 1, NOW + pd.Timedelta(hours=1)) == (found.status, len(server.asked), found.not_before)


def test_a_server_is_not_asked_before_its_time(server):
    """On a look before that instant there is no question at all; at the instant there is one."""
    server.answers["/a"] = (200, {}, PAGE)
    asked = [
        fetch([Address(server.url("/a"), not_before=NOW)], now=NOW - pd.Timedelta(minutes=late))[0].status
        for late in (1, 0)
    ]

    assert (["later", "read"], 1) == (asked, len(server.asked))


def test_a_short_wait_is_waited_for(server):
    """As long as the server asks, and once."""
    server.answers["/a"] = [(503, {"Retry-After": "7"}, b""), (200, {}, PAGE)]
    waits = []
    (found,) = fetch([Address(server.url("/a"))], now=NOW, sleep=waits.append)

    assert ("read", [7.0]) == (found.status, waits)


def test_no_server_is_put_off_for_ever(server, get):
    """A Retry-After of years is a day."""
    server.answers["/a"] = (503, {"Retry-After": "999999999"}, b"")

    assert NOW + pd.Timedelta(days=1) == get("/a").not_before


def test_slow_sources_are_waited_for_together(server, get):
    """Four that take half a second each take less than their sum."""
    import threading
    import time

    gate = threading.Barrier(4, timeout=10)
    server.hold = gate.wait
    for name in "abcd":
        server.answers[f"/{name}"] = (200, {}, PAGE)
    began = time.monotonic()

    assert ["read"] * 4 == [found.status for found in get("/a", "/b", "/c", "/d")]
    assert time.monotonic() - began < 10


def test_a_fetch_ends_whoever_has_answered(server, get):
    """A source that hangs costs the others nothing, and the fetch no more than its limit."""
    import threading

    release = threading.Event()
    server.answers["/a"], server.answers["/b"] = (200, {}, PAGE), (200, {}, PAGE)
    server.hold = lambda: release.wait(10) if server.asked[-1][0] == "/a" else None
    try:
        found = get("/a", "/b", seconds=1.0)
    finally:
        release.set()

    assert ["failed", "read"] == [one.status for one in found]


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.5/a", "https://169.254.169.254/latest", "https://[64:ff9b::7f00:1]/", "https://[fd00::1]/"],
)
def test_a_private_address_is_refused(get, url):
    """Whatever bridge leads there; the office's own machine must be written as such, or the source as private."""
    assert ("refused", True) == ((found := get(url)).status, "private" in str(found.why))


def test_a_name_that_leads_into_a_private_network_is_refused(get, monkeypatch):
    """The name is public, and one of its addresses is not."""
    import socket

    known = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "10.1.2.3")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: known)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    assert "refused" == get("https://status.example.org/a").status


@pytest.mark.parametrize("leads_to", ["http://10.0.0.5/a", "https://10.0.0.5/a", "http://example.org/a"])
def test_a_redirect_into_a_private_network_is_refused(server, get, leads_to):
    """Also from the office's own machine, which may be a proxy of others."""
    server.answers["/a"] = (302, {"Location": leads_to}, b"")

    assert ("refused", 1) == (get("/a").status, len(server.asked))
