"""delivery/graph.py: what each answer of Microsoft 365 means for the mail; against a stand-in on this machine."""

import pytest
from mail_server import AUTHORITY
from web_server import HANG_UP, TENANT, WebServer

from reporter.delivery.graph import LARGEST, GraphServer, GraphTransport
from reporter.delivery.tokens import Tokens
from reporter.delivery.tokens_microsoft import GRAPH_SCOPE, MicrosoftTokens
from reporter.model.mail import Envelope

pytestmark = pytest.mark.enable_socket

ENVELOPE = Envelope("r@example.org", "lab@example.org", "lab-1", "<1@example.org>")
MAIL = b"To: lab@example.org\r\n\r\nx"
SENDER = "/v1.0/users/desk%40example.org"


@pytest.fixture
def server():
    with WebServer() as there:
        yield there


@pytest.fixture
def way(server, tmp_path):
    ca_file = str(tmp_path / "ca.pem")
    AUTHORITY.cert_pem.write_to_path(ca_file)
    source = MicrosoftTokens(f"{server.url}/{TENANT}", "app", "s3cret", GRAPH_SCOPE, ca_file=ca_file, seconds=5)
    made = GraphTransport(GraphServer("desk@example.org", f"{server.url}/v1.0", ca_file, 5, 5), Tokens(source))
    yield made
    made.close()


def test_the_finished_mail_is_posted_as_it_is(server, way):
    """Byte for byte, as text that holds it, for the mailbox named, with one token for all mails."""
    outcomes = [way.deliver(MAIL, ENVELOPE, lambda: None) for _ in range(2)]
    headers, content = server.mails[0]

    assert ["sent", "sent"] == [outcome.state for outcome in outcomes]
    assert (MAIL, "text/plain", "Bearer t1") == (content, headers["Content-Type"], headers["Authorization"])
    assert ([f"{SENDER}/sendMail"] * 2, 1) == (server.asked, server.given)


ANSWERS = [
    ((202, {"Retry-After": "5"}), "sent", "", False),
    ((429, {"Retry-After": "900"}), "deferred", "later", False),
    ((503, {}), "deferred", "later", False),
    ((401, {}), "refused", "graph_forbids", True),
    ((403, {}), "refused", "graph_forbids", True),
    ((400, {}), "refused", "refused", False),
    ((413, {}), "refused", "too_large", False),
    ((500, {}), "ambiguous", "no_answer", False),
    ((504, {}), "ambiguous", "no_answer", False),
    ((302, {"Location": "https://localhost:1/"}), "ambiguous", "no_answer", False),
    ((HANG_UP, {}), "ambiguous", "no_answer", False),
]


@pytest.mark.parametrize(("answer", "state", "why", "is_final"), ANSWERS)
def test_each_answer_means_one_thing(server, way, answer, state, why, is_final):
    """Taken is taken; later and no are plain; anything else, and silence, may have been taken. One POST, no address."""
    server.answers["mail"] = answer
    outcome = way.deliver(MAIL, ENVELOPE, lambda: None)

    assert (state, why, is_final) == (outcome.state, outcome.why, outcome.is_final)
    assert 1 == len(server.mails)
    assert "lab@" not in outcome.said
    assert (900.0 if answer[0] == 429 else 0.0) == outcome.wait_seconds


@pytest.mark.parametrize(("code", "why"), [(400, "no_token"), (401, "no_token"), (500, "server_refuses_us")])
def test_without_a_token_no_mail_is_named(server, way, code, why):
    """The way is at fault, not the mail, which waits."""
    server.token = (code, {})
    outcome = way.deliver(MAIL, ENVELOPE, lambda: pytest.fail("handed over"))

    assert ("deferred", why, True, []) == (outcome.state, outcome.why, outcome.is_general, server.mails)


def test_a_mail_that_is_too_large_is_refused_before_anything_is_asked(server, way):
    """Graph takes such mails only in pieces."""
    outcome = way.deliver(b"x" * (LARGEST + 1), ENVELOPE, lambda: None)

    assert ("refused", "too_large", []) == (outcome.state, outcome.why, server.asked)


def test_a_token_that_lapsed_is_renewed_once(server, way):
    """The answer 401 has taken nothing; a token that was never taken is not renewed."""
    server.good = ("t1",)
    first = way.deliver(MAIL, ENVELOPE, lambda: None)
    server.good = ("t2",)
    handed = []
    second = way.deliver(MAIL, ENVELOPE, lambda: handed.append(1))
    server.good = ("none",)
    third = way.deliver(MAIL, ENVELOPE, lambda: None)

    assert ["sent", "sent", "refused"] == [first.state, second.state, third.state]
    assert ([1], 2, 3) == (handed, len(server.mails), server.given)
