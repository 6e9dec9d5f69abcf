"""What each refusal, hang and broken line means, told by a real server on this machine."""

import logging
import re

import pytest
import trustme
from mail_server import AUTHORITY, PASSWORD, USER, MailServer

from reporter.delivery.smtp import Server, SmtpTransport
from reporter.errors import DeliveryError
from reporter.model.mail import Envelope

pytestmark = pytest.mark.enable_socket
MAIL = b"Message-ID: <w37@example.org>\r\nTo: ana@example.org\r\n\r\n.leading dot\r\n.\r\nQUIT\r\nend\r\n"
TO_ANA = Envelope("bounces@example.org", "ana@example.org", "lab-1", "<w37@example.org>")
DROP, HANG, DRIP = MailServer.DROP, MailServer.HANG, MailServer.DRIP


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The file with the authority that signed the test servers' certificates."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(autouse=True)
def _quiet_server():
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)


def transport(server, authority, **changes):
    usual = {"security": "tls" if server.tls == "tls" else "starttls", "phase_seconds": 0.5, "dot_seconds": 0.6}
    return SmtpTransport(Server("localhost", server.port, ca_file=authority, **{**usual, **changes}))


def attempt(server, authority, mails=1, **changes):
    """The outcomes of so many mails over one transport, and how often it said that it hands over."""
    way, handed = transport(server, authority, **changes), []
    outcomes = [way.deliver(MAIL, TO_ANA, lambda: handed.append(1)) for _ in range(mails)]
    way.close()
    return outcomes, len(handed)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_arrives_byte_for_byte(authority, tls):
    """Over both kinds of encryption; lines that begin with a dot are lines, and nothing in a mail ends it early."""
    with MailServer(tls=tls) as server:
        (outcome,), handed = attempt(server, authority)

    assert ("sent", 1) == (outcome.state, handed)
    assert [("bounces@example.org", ("ana@example.org",), MAIL)] == server.mails


REFUSALS = [
    # step, what the server says, state, why, phase, whether the mail was handed over
    ("banner", "421 4.3.2 closing", "deferred", "server_refuses_us", "connect", False),
    ("banner", "554 5.7.1 not you", "deferred", "server_refuses_us", "connect", False),
    ("ehlo", "550 5.7.1 not you", "deferred", "server_refuses_us", "ehlo", False),
    ("mail", "451 4.3.0 later", "deferred", "later", "mail", False),
    ("mail", "550 5.7.1 no", "refused", "refused", "mail", False),
    ("mail", "552 5.3.4 too big", "refused", "too_large", "mail", False),
    ("rcpt", "450 4.2.1 greylisted", "deferred", "later", "rcpt", False),
    ("rcpt", "550 5.1.1 nobody", "refused", "refused", "rcpt", False),
    ("rcpt", "421 4.7.0 closing", "deferred", "later", "rcpt", False),
    ("rcpt", "552 5.2.2 mailbox full", "refused", "refused", "rcpt", False),
    ("data", "451 4.3.0 later", "deferred", "later", "data", False),
    ("data", "554 5.5.1 no", "refused", "refused", "data", False),
    ("dot", "451 4.3.0 later", "deferred", "later", "dot", True),
    ("dot", "552 5.3.4 too big", "refused", "too_large", "dot", True),
    ("dot", "550 5.2.3 over the limit of this mailbox", "refused", "too_large", "dot", True),
    ("dot", "552 5.2.2 mailbox full", "refused", "refused", "dot", True),
    ("dot", "554 5.7.1 spam", "refused", "refused", "dot", True),
    ("dot", "550 5.7.30 Basic authentication is not supported", "refused", "basic_auth_off", "dot", True),
]  # fmt: skip


@pytest.mark.parametrize(("step", "answer", "state", "why", "phase", "was_handed"), REFUSALS)
def test_each_refusal_is_told_apart(authority, step, answer, state, why, phase, was_handed):
    """Later is later, no is no, at whatever step it is said; and nothing was taken."""
    with MailServer() as server:
        server.answers[step] = answer
        (outcome,), handed = attempt(server, authority)

    assert (state, why, phase) == (outcome.state, outcome.why, outcome.phase)
    assert (int(answer[:3]), answer.split()[1], was_handed) == (outcome.code, outcome.enhanced, bool(handed))
    assert [] == server.mails


@pytest.mark.parametrize("how", [DROP, HANG])
@pytest.mark.parametrize("step", ["banner", "ehlo", "mail", "rcpt", "data"])
def test_a_line_that_breaks_before_the_dot_sent_nothing(authority, step, how):
    """Dropped or silent, the mail is put off and was not handed over."""
    with MailServer() as server:
        server.answers[step] = how
        (outcome,), handed = attempt(server, authority)

    assert ("deferred", 0, []) == (outcome.state, handed, server.mails)


@pytest.mark.parametrize(
    ("step", "how"), [("dot", DROP), ("dot", HANG), ("dot", DRIP), ("taken", DROP), ("taken", HANG)]
)
def test_a_line_that_breaks_after_the_dot_leaves_a_doubt(authority, step, how):
    """Nobody can tell whether the mail arrived: in half of these cases it did."""
    with MailServer() as server:
        server.answers[step] = how
        (outcome,), handed = attempt(server, authority)

    assert ("ambiguous", "no_answer", "dot", 1) == (outcome.state, outcome.why, outcome.phase, handed)
    assert (1 if step == "taken" else 0) == len(server.mails)


def test_a_server_that_trickles_does_not_hold_us_for_ever(authority):
    """A letter every now and then is not an answer: the step is over when its time is."""
    with MailServer() as server:
        server.answers["banner"] = DRIP
        (outcome,), _ = attempt(server, authority)

    assert ("deferred", "connect") == (outcome.state, outcome.phase)


UNTRUSTED = [
    ({"tls": "none"}, {}, "no_starttls"),
    ({"hostname": "mail.example.org"}, {}, "bad_certificate"),
    ({"authority": trustme.CA()}, {}, "bad_certificate"),
    ({"tls": "tls", "authority": trustme.CA()}, {}, "bad_certificate"),
    ({"tls": "none"}, {"security": "tls"}, "tls_failed"),
]


@pytest.mark.parametrize(("served", "asked", "why"), UNTRUSTED)
def test_nothing_is_said_to_a_server_that_cannot_be_trusted(authority, served, asked, why):
    """No encryption, the wrong name, an unknown authority: neither mail nor password goes over that line."""
    with MailServer(**served, login=True) as server:
        (outcome,), _ = attempt(server, authority, user=USER, password=PASSWORD, **asked)

    assert ("deferred", why, True) == (outcome.state, outcome.why, outcome.is_general)
    assert ([], [], []) == (server.mails, server.logins, [step for step in server.steps if step == "mail"])


def test_the_password_is_used_and_never_shown(authority):
    """A login that works; the server's description does not print its password."""
    with MailServer(login=True) as server:
        (outcome,), _ = attempt(server, authority, user=USER, password=PASSWORD)
        shown = repr(Server("localhost", 25, user=USER, password=PASSWORD))

    assert ("sent", (USER, PASSWORD)) == (outcome.state, server.logins[0])
    assert PASSWORD not in shown


def test_a_wrong_password_is_the_way_at_fault_and_not_the_mail(authority):
    """535 puts the mail off and says that all others would fare alike."""
    with MailServer(login=True) as server:
        (outcome,), _ = attempt(server, authority, user=USER, password="wrong")

    assert ("deferred", "login_refused", 535, True) == (outcome.state, outcome.why, outcome.code, outcome.is_general)


def test_a_server_that_takes_no_password_is_told_apart(authority):
    """A user where none is asked for is a fault of the settings."""
    with MailServer() as server:
        (outcome,), _ = attempt(server, authority, user=USER, password=PASSWORD)

    assert ("deferred", "no_login_offered") == (outcome.state, outcome.why)


def test_a_mail_larger_than_the_server_takes_is_not_sent_at_all(authority):
    """SIZE is read before the mail is begun."""
    with MailServer(size=20) as server:
        (outcome,), _ = attempt(server, authority)

    assert ("refused", "too_large", "size") == (outcome.state, outcome.why, outcome.phase)
    assert "mail" not in server.steps


def test_one_connection_carries_many_mails(authority):
    """A refused recipient in between does not cost the others a new connection."""
    with MailServer() as server:
        server.answers["rcpt"] = [None, "550 5.1.1 nobody", None]
        outcomes, _ = attempt(server, authority, mails=3)

    assert ["sent", "refused", "sent"] == [outcome.state for outcome in outcomes]
    assert 1 == server.steps.count("banner")


@pytest.mark.parametrize("answer", [DROP, "421 4.4.2 too long"])
def test_a_connection_that_was_closed_meanwhile_is_opened_again(authority, answer):
    """Between two mails servers hang up; this costs the second mail nothing."""
    with MailServer() as server:
        server.answers["mail"] = [None, answer, None]
        outcomes, _ = attempt(server, authority, mails=2)

    assert (["sent", "sent"], 2) == ([outcome.state for outcome in outcomes], len(server.mails))


def test_the_dot_is_not_sent_when_the_hand_over_is_not_written(authority):
    """A mail that another process has taken over meanwhile is let go of, and the server forgets it."""

    def taken_over():
        raise DeliveryError("taken over", where="lab-1")

    with MailServer() as server:
        way = transport(server, authority)
        with pytest.raises(DeliveryError):
            way.deliver(MAIL, TO_ANA, taken_over)
        outcome = way.deliver(MAIL, TO_ANA, lambda: None)
        way.close()

    assert ("sent", 1) == (outcome.state, len(server.mails))


def test_a_servers_words_are_kept_without_addresses(authority):
    """What it says of a mailbox is told; whose mailbox it is, not."""
    with MailServer() as server:
        server.answers["rcpt"] = "550 5.1.1 <ana@example.org>: ana@example.org unknown SRS0=x=example.org"
        (outcome,), _ = attempt(server, authority)

    assert "5.1.1 (…): (…) unknown (…)" == outcome.said
    assert not re.search(r"ana|example", outcome.said)


def test_nobody_listens(authority):
    """A closed port is the way at fault."""
    with MailServer() as server:
        port = server.port
    way = SmtpTransport(Server("localhost", port, ca_file=authority, phase_seconds=0.5))

    assert ("deferred", "not_reached", True) == (
        (outcome := way.deliver(MAIL, TO_ANA, lambda: None)).state,
        outcome.why,
        outcome.is_general,
    )


def test_a_server_can_be_greeted_without_a_mail(authority):
    """The way is tried up to the login, and nothing is asked to be sent."""
    with MailServer(login=True) as server:
        good = transport(server, authority, user=USER, password=PASSWORD).greet()
        bad = transport(server, authority, user=USER, password="wrong").greet()

    assert (None, "login_refused") == (good, bad.why)
    assert [] == server.mails
