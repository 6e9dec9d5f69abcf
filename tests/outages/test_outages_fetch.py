"""Against a real server on this machine."""

import hashlib

import pandas as pd
import pytest
from loopback import Server

from reporter.outages import fetch as room
from reporter.outages.fetch import Address, accept, fetch

pytestmark = pytest.mark.enable_socket
NOW = pd.Timestamp("2026-09-09T09:00", tz="UTC")
PAGE = b'{"page": {}, "incidents": []}'
PORTAL = b"<!DOCTYPE html><title>Hotel Wi-Fi</title>"


class Cache:
    """Remembers in memory what reporter/store/captures.py remembers on disk."""

    def __init__(self):
        self.noted, self.kept = {}, {}

    def seen(self, url):
        return self.noted.get(url, {})

    def note(self, url, said):
        self.noted[url] = dict(said)

    def keep(self, content):
        sha256 = hashlib.sha256(content).hexdigest()
        self.kept[sha256] = content
        return sha256


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


@pytest.fixture
def cache():
    return Cache()


@pytest.fixture
def get(server, cache):
    """Fetch these paths of the server, waiting for nothing; one path alone gives its one result."""

    def fetch_paths(*paths, kind="statuspage"):
        addresses = [Address(path if "://" in path else server.url(path), kind) for path in paths]
        found = fetch(addresses, cache, now=NOW, sleep=lambda _: None)
        return found[0] if len(paths) == 1 else found

    return fetch_paths


def test_a_page_is_fetched_and_kept(server, cache, get):
    """Its bytes, their SHA-256, the instant; and a capture of it."""
    server.answers["/a"] = (200, {}, PAGE)
    found = get("/a")

    assert ("read", PAGE, NOW, PAGE) == (found.status, found.content, found.fetched_at, cache.kept[found.sha256])


def test_an_unchanged_page_is_not_sent_again(server, cache, get):
    """The server is asked with the ETag of the page that was accepted, and says 304."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, PAGE)
    accept(cache, get("/a"))
    again = get("/a")

    assert ("unchanged", b"", '"1"') == (again.status, again.content, server.asked[-1][1]["If-None-Match"])


def test_the_date_of_a_page_is_sent_back(server, cache, get):
    """A server without ETags is asked with If-Modified-Since."""
    server.answers["/a"] = (200, {"Last-Modified": "Mon, 07 Sep 2026 09:00:00 GMT"}, PAGE)
    accept(cache, get("/a"))
    get("/a")

    assert "Mon, 07 Sep 2026 09:00:00 GMT" == server.asked[-1][1]["If-Modified-Since"]


def test_the_same_bytes_are_unchanged_whatever_the_server_says(server, cache, get):
    """A server that knows neither is compared by SHA-256."""
    server.answers["/a"] = (200, {}, PAGE)
    accept(cache, get("/a"))

    assert "unchanged" == get("/a").status


def test_a_page_nobody_could_read_is_fetched_again(server, get):
    """Only a page that was accepted counts as seen."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, PAGE)
    get("/a")

    assert "read" == get("/a").status


@pytest.mark.parametrize("body", [PORTAL, b"\n  <html><body>Sign in", b'<?xml version="1.0"?><html/>'])
def test_a_log_in_page_is_no_empty_feed(server, cache, get, body):
    """HTML with 200 where data was due: nobody looked."""
    server.answers["/a"] = (200, {}, body)
    found = get("/a")

    assert ("captive_portal", False, {}) == (found.status, found.is_good, cache.kept)


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

    assert ("failed", "the server answered 500", room.TRIES) == (found.status, found.why, len(server.asked))


def test_waiting_grows_and_is_never_the_same(server, cache):
    """Back-off with jitter, so that many offices do not knock together."""
    server.answers["/a"] = (500, {}, b"")
    waits = []
    fetch([Address(server.url("/a"))], cache, now=NOW, sleep=waits.append)

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

    assert ("failed", "the answer took too long") == (get("/a").status, get("/a").why)


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
