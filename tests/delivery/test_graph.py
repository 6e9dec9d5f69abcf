"""delivery/graph.py: what each answer of Microsoft 365 means for the mail; against a stand-in on this machine."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from aiosmtpd.smtp import MISSING, AuthResult
from mail_server import AUTHORITY, MailServer

from reporter.delivery.graph import GRAPH_SCOPE, LARGEST, GraphServer, GraphTransport
from reporter.delivery.smtp import Server, SmtpTransport
from reporter.delivery.tokens import Tokens
from reporter.errors import SettingsError
from reporter.model.mail import Envelope
from reporter.pipeline.transports import open_transport
from reporter.settings import MailSettings, Settings

pytestmark = pytest.mark.enable_socket

ENVELOPE = Envelope("r@example.org", "lab@example.org", "lab-1", "<1@example.org>")
MAIL = b"To: lab@example.org\r\n\r\nx"
HANG_UP = 0


class StandIn(ThreadingHTTPServer):
    """Gives tokens, takes mails, and answers as it is told to."""

    def __init__(self):
        self.token, self.answer, self.mails, self.asked = 200, (202, {}), [], []
        super().__init__(("127.0.0.1", 0), Talk)


class Talk(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        if self.path == "/token":
            self.say(self.server.token, {}, json.dumps({"access_token": "t0ken", "expires_in": 3600}).encode())
            return
        self.server.mails.append((dict(self.headers), base64.b64decode(body)))
        code, headers = self.server.answer
        if code != HANG_UP:
            self.say(code, headers, b"" if code == 202 else b"about lab@example.org")

    def say(self, code, headers, body):
        self.send_response(code)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with StandIn() as there:
        thread = threading.Thread(target=there.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield there
        there.shutdown()
        thread.join(5)


@pytest.fixture
def way(server):
    here = f"http://127.0.0.1:{server.server_port}"
    tokens = Tokens(f"{here}/token", "app", "s3cret", GRAPH_SCOPE, 5)
    made = GraphTransport(GraphServer("desk@example.org", f"{here}/v1.0", 5, 5), tokens)
    yield made
    made.close()


def test_the_finished_mail_is_posted_as_it_is(server, way):
    """Byte for byte, as text that holds it, for the mailbox named, with one token for all mails."""
    outcomes = [way.deliver(MAIL, ENVELOPE, lambda: None) for _ in range(2)]
    headers, content = server.mails[0]

    assert ["sent", "sent"] == [outcome.state for outcome in outcomes]
    assert (MAIL, "text/plain", "Bearer t0ken") == (content, headers["Content-Type"], headers["Authorization"])
    assert ["/token", *["/v1.0/users/desk%40example.org/sendMail"] * 2] == server.asked


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
    ((302, {"Location": "http://127.0.0.1:1/"}), "ambiguous", "no_answer", False),
    ((HANG_UP, {}), "ambiguous", "no_answer", False),
]


@pytest.mark.parametrize(("answer", "state", "why", "is_final"), ANSWERS)
def test_each_answer_means_one_thing(server, way, answer, state, why, is_final):
    """Taken is taken; later and no are plain; anything else, and silence, may have been taken. One POST, no address."""
    server.answer = answer
    outcome = way.deliver(MAIL, ENVELOPE, lambda: None)

    assert (state, why, is_final) == (outcome.state, outcome.why, outcome.is_final)
    assert 1 == len(server.mails)
    assert "lab@" not in outcome.said
    assert (900.0 if answer[0] == 429 else 0.0) == outcome.wait_seconds


@pytest.mark.parametrize(("code", "why"), [(400, "no_token"), (401, "no_token"), (500, "server_refuses_us")])
def test_without_a_token_no_mail_is_named(server, way, code, why):
    """The way is at fault, not the mail, which waits."""
    server.token = code
    outcome = way.deliver(MAIL, ENVELOPE, lambda: pytest.fail("handed over"))

    assert ("deferred", why, True, []) == (outcome.state, outcome.why, outcome.is_general, server.mails)


def test_a_mail_that_is_too_large_is_refused_before_anything_is_asked(server, way):
    """Graph takes such mails only in pieces."""
    outcome = way.deliver(b"x" * (LARGEST + 1), ENVELOPE, lambda: None)

    assert ("refused", "too_large", []) == (outcome.state, outcome.why, server.asked)


def test_nothing_goes_in_the_clear_but_on_this_machine(monkeypatch):
    """The secret would be read on the way."""
    monkeypatch.setenv("SECRET", "s3cret")
    mail = MailSettings(transport="graph", tenant="t", client_id="app", password_env="SECRET", allow=("example.org",))
    known = Settings(sender="desk@example.org", mail=mail)
    open_transport(known).close()
    plain = msgspec.structs.replace(mail, token_url="http://login.example.org/token")
    with pytest.raises(SettingsError, match=r"mail\.token_url"):
        open_transport(msgspec.structs.replace(known, mail=plain))


class TokenMailServer(MailServer):
    """A mail server that lets in whoever has the token."""

    async def auth_XOAUTH2(self, server, args):
        said = base64.b64decode(args[1]) if len(args) > 1 else MISSING
        self.logins.append(said)
        return AuthResult(success=said == b"user=desk@example.org\x01auth=Bearer t0ken\x01\x01", handled=False)


@pytest.mark.parametrize(("user", "state", "why"), [("desk", "sent", ""), ("other", "deferred", "login_refused")])
def test_a_mail_server_is_shown_the_token_instead_of_a_password(server, tmp_path, user, state, why):
    """It lets the application in for its mailbox, and for no other."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tokens = Tokens(f"http://127.0.0.1:{server.server_port}/token", "app", "s3cret", "scope", 5)
    with TokenMailServer() as there:
        known = Server("localhost", there.port, user=f"{user}@example.org", tokens=tokens,
                       ca_file=str(tmp_path / "ca.pem"), phase_seconds=5, dot_seconds=5)  # fmt: skip
        way = SmtpTransport(known)
        outcome = way.deliver(MAIL, ENVELOPE, lambda: None)
        way.close()

    assert (state, why) == (outcome.state, outcome.why)
    assert (1 if state == "sent" else 0) == len(there.mails)
