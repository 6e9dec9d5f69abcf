"""Rounds of mails that go through Microsoft 365 and Google, as stand-ins on this machine."""

import hashlib
import json
from email import message_from_bytes
from email.policy import default

import msgspec
import pytest
from made_runs import at
from mail_server import AUTHORITY, TokenMailServer
from web_server import TENANT, WebServer

from reporter.model.mail import Key, Letter, ReportKey, recipient_id
from reporter.pipeline.send.deliver import deliver_due
from reporter.pipeline.send.transports import open_sending
from reporter.settings import MailSettings, Settings
from reporter.store.database import open_store
from reporter.store.outbox import add

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def office(tmp_path):
    """The settings of an office that sends through Graph, and the sign-in server; five mails wait in its outbox."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "secret").write_text("s3cret-word")
    with WebServer() as web:
        mail = MailSettings(transport="graph", allow=("example.org",), first_time_limit=9, tenant=TENANT,
                            client_id="app", authority=web.url, graph_url=f"{web.url}/v1.0", password_file="secret",
                            ca_file="ca.pem")  # fmt: skip
        known = Settings(folder=str(tmp_path), sender="desk@example.org", mail=mail)
        plan(known, [f"u{n}@example.org" for n in range(5)])
        yield known, web


def plan(known, addresses):
    store = open_store(known.store_url)
    with store.begin() as connection:
        for address in addresses:
            content = f"To: {address}\r\n\r\nx".encode()
            key = Key(ReportKey("Office", "acme"), "2026-W37", recipient_id(address))
            letter = Letter(key, "r1", address[:2], address, f"<{address[:2]}@example.org>", "s1", content)
            add(connection, letter, 0, hashlib.sha256(content).hexdigest(), at())
    store.close()


def through(known, **changes):
    """One round by a way to send."""
    changed = msgspec.structs.replace(known, mail=msgspec.structs.replace(known.mail, **changes))
    store = open_store(known.store_url)
    try:
        return deliver_due(store, open_sending(changed, at))
    finally:
        store.close()


def by_smtp(known, server, **changes):
    usual = {"transport": "smtp", "host": "localhost", "port": server.port, "auth": "xoauth2-microsoft"}
    return through(known, **usual | changes)


def test_a_round_tells_everybody_through_microsoft(office):
    """One token, and one mail to each."""
    known, web = office
    done = through(known)
    told = sorted(message_from_bytes(content, policy=default)["To"] for _, content in web.mails)

    assert (5, 1) == (done.sent, web.given)
    assert [f"u{n}@example.org" for n in range(5)] == told


def test_a_round_tells_everybody_through_google(office):
    """By SMTP, as the mailbox that the digests come from."""
    known, web = office
    key = {"type": "authorized_user", "client_id": "app", "client_secret": "s", "refresh_token": "r"}
    known.path("secret").write_text(json.dumps(key | {"token_uri": f"{web.url}/token"}))
    with TokenMailServer("t1") as server:
        done = by_smtp(known, server, auth="xoauth2-google", tenant="", client_id="")

    assert (5, 5, 1) == (done.sent, len(server.mails), web.given)


def test_three_refused_tokens_stop_the_round(office):
    """The mail server is not asked for every recipient; all five wait, and none is lost."""
    known, _ = office
    with TokenMailServer() as server:
        done = by_smtp(known, server)

    assert ("token_refused", 3, 5) == (done.stopped, len(done.results), len(done.outstanding))
    assert 3 == len(server.logins)


@pytest.mark.parametrize("transport", ["graph", "smtp"])
def test_three_times_no_token_stop_the_round(office, transport):
    """A secret that has expired is not shown for every recipient; no mail was handed over."""
    known, web = office
    web.token = (401, {"error": "invalid_client", "error_codes": [7000222]})
    with TokenMailServer() as server:
        done = by_smtp(known, server, transport=transport)

    assert ("no_token", 3, 5) == (done.stopped, len(done.results), len(done.outstanding))
    assert ([], []) == (web.mails, server.mails)


def test_a_mailbox_that_may_not_be_written_for_stops_the_round_at_once(office):
    """Graph's 403 would meet every mail."""
    known, web = office
    web.answers["mail"] = (403, {})
    done = through(known)

    assert ("graph_forbids", 1, 5) == (done.stopped, len(done.results), len(done.outstanding))


def test_asked_to_wait_a_run_waits_as_long(office):
    """429 with an hour: the mail is put off by that hour, and the others are tried."""
    known, web = office
    web.answers["mail"] = [(429, {"Retry-After": "3600"})]
    done = through(known)
    (waiting,) = done.outstanding

    assert (4, "deferred", "2026-09-09T14:00:00") == (done.sent, waiting.state, waiting.next_at[:19])
