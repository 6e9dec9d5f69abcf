"""What each answer of Microsoft 365 means for the mail; against a stand-in on this machine."""

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from mail_server import AUTHORITY
from web_server import HANG_UP, TENANT, WebServer

from reporter.delivery import graph
from reporter.delivery.graph import GraphServer, GraphTransport
from reporter.delivery.secrets import GRAPH_SCOPE, MicrosoftTokens, Tokens
from reporter.model.mail import Envelope, Outcome

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


WORKBOOK = bytes(range(256)) * 13_000  # more than a piece
SMALL = b"x" * 2_000
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
DRAFT = f"{SENDER}/messages/AA%3D%2Fbb"
STEPS = ["draft", "attach", "session", "piece"]


@pytest.fixture
def small(monkeypatch):
    """The sizes of Graph, made small, so that many mails can be large."""
    monkeypatch.setattr(graph, "LARGEST", 1_500)
    monkeypatch.setattr(graph, "PIECE", 500)


def large(workbook=SMALL, text="Bonjour, élève"):
    """A mail as ours are, with a workbook too large to go at once."""
    mail = EmailMessage(policy=SMTP)
    mail["To"], mail["Message-ID"], mail["Subject"] = "lab@example.org", "<1@example.org>", "Permis : 3 urgents"
    mail["References"] = " ".join(f"<report.{n:040}@example.org>" for n in range(4))
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p>", subtype="html")
    mail.add_attachment(workbook, maintype="application", subtype="octet-stream", filename="risk.xlsx")
    mail.add_attachment(CALENDAR, maintype="text", subtype="calendar", filename="dates.ics")
    return mail.as_bytes()


def test_a_large_mail_is_a_draft_with_its_files_and_then_sent(server, way):
    """Nothing is lost on the way: what is read, each header, each byte of each file; and it is handed over last."""
    content, at_handover = large(WORKBOOK), []
    outcome = way.deliver(content, ENVELOPE, lambda: at_handover.append(list(server.asked)))
    draft, whole = (message_from_bytes(one, policy=SMTP) for one in (server.mails[0][1], content))
    workbook, calendar = server.attached

    assert ("sent", 202) == (outcome.state, outcome.code)
    assert [*at_handover[0], f"{DRAFT}/send"] == server.asked
    assert [f"{SENDER}/messages", f"{DRAFT}/attachments/createUploadSession", f"{DRAFT}/attachments"] == at_handover[0]
    assert [WORKBOOK] == [bytes(file) for file in server.pieces.values()]
    assert ("risk.xlsx", len(WORKBOOK), "file") == (workbook["name"], workbook["size"], workbook["attachmentType"])
    assert ("dates.ics", "text/calendar") == (calendar["name"], calendar["contentType"])
    assert CALENDAR == base64.b64decode(calendar["contentBytes"])
    assert dict(whole.items()) == dict(draft.items())
    assert [part.get_content() for part in list(whole.walk())[2:4]] == [
        part.get_content() for part in list(draft.walk())[2:4]
    ]
    assert [] == list(draft.iter_attachments()) and [] == server.deleted


@pytest.mark.parametrize("size", [1_999, 2_000, 2_001, 2_500])
def test_a_file_arrives_whole_wherever_its_pieces_end(server, way, small, size):
    """The stand-in takes each piece only where the one before ended."""
    outcome = way.deliver(large(b"x" * size), ENVELOPE, lambda: None)

    assert ("sent", [size]) == (outcome.state, [len(file) for file in server.pieces.values()])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("answer", [(HANG_UP, {}), (500, {}), (503, {"Retry-After": "60"})])
def test_what_breaks_before_the_last_step_sends_nothing(server, way, small, step, answer):
    """The mail waits, was never handed over, and its draft is thrown away."""
    server.answers[step] = answer
    outcome = way.deliver(large(), ENVELOPE, lambda: pytest.fail("handed over"))

    assert ("deferred", answer[0] == 503) == (outcome.state, outcome.wait_seconds == 60)
    assert not any(path.endswith("/send") for path in server.asked)
    assert ([] if step == "draft" else [DRAFT]) == server.deleted


ENDS = [
    ((202, {"Retry-After": "5"}), "sent", False),
    ((HANG_UP, {}), "ambiguous", False),
    ((500, {}), "ambiguous", False),
    ((429, {"Retry-After": "900"}), "deferred", True),
    ((400, {}), "refused", True),
]


@pytest.mark.parametrize(("answer", "state", "is_thrown_away"), ENDS)
def test_the_last_step_is_taken_once(server, way, small, answer, state, is_thrown_away):
    """Where nobody can tell whether it was taken, the draft is left to be looked at, and nothing is tried again."""
    server.answers["send"] = answer
    outcome = way.deliver(large(), ENVELOPE, lambda: None)

    assert (state, 1) == (outcome.state, sum(path.endswith("/send") for path in server.asked))
    assert ([DRAFT] if is_thrown_away else []) == server.deleted


def test_the_last_step_is_not_taken_when_the_hand_over_is_not_written(server, way, small):
    """The disk may be full; then the mail goes another time."""

    def full():
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        way.deliver(large(), ENVELOPE, full)

    assert ([DRAFT], False) == (server.deleted, any(path.endswith("/send") for path in server.asked))


def test_without_the_right_to_drafts_only_large_mails_are_refused(server, way, small):
    """The next mail may be small."""
    server.answers["draft"] = (403, {})
    outcome = way.deliver(large(), ENVELOPE, lambda: None)

    assert ("refused", "graph_no_drafts", False, False) == (
        outcome.state, outcome.why, outcome.is_general, outcome.is_final,
    )  # fmt: skip


def test_a_token_that_lapsed_among_the_pieces_begins_a_new_draft(server, way, small):
    """With a new token; handed over once."""
    handed = []
    way.deliver(MAIL, ENVELOPE, lambda: None)
    server.answers["attach"] = [(401, {})]
    outcome = way.deliver(large(), ENVELOPE, lambda: handed.append(1))

    assert ("sent", [1], 2, [DRAFT]) == (outcome.state, handed, server.given, server.deleted)


def test_a_text_too_large_for_a_draft_is_refused_before_anything_is_asked(server, way, small):
    """Graph takes files in pieces, and nothing else."""
    outcome = way.deliver(large(text="x" * 1_500), ENVELOPE, lambda: pytest.fail("handed over"))

    assert (Outcome("refused", why="too_large", phase="size", said="SIZE 1500"), []) == (outcome, server.asked)
