"""delivery/secrets.py: tokens of Microsoft and Google, and logins with them; against stand-ins on this machine."""

import base64
import json
import logging
import sys
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from mail_server import AUTHORITY, MailServer, TokenMailServer
from web_server import TENANT, WebServer

from reporter.delivery.secrets import SMTP_SCOPE, GoogleTokens, MicrosoftTokens, Tokens
from reporter.delivery.smtp import Server, SmtpTransport
from reporter.errors import SettingsError
from reporter.model.mail import Envelope, Outcome
from reporter.pipeline.send.transports import open_transport
from reporter.settings import MailSettings, Settings

pytestmark = pytest.mark.enable_socket
ENVELOPE = Envelope("desk@example.org", "lab@example.org", "lab-1", "<1@example.org>")
MAIL = b"To: lab@example.org\r\n\r\nx"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def web():
    with WebServer() as there:
        yield there


def pem(key):
    """The private key and a certificate for it, in one text."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "reporter")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins,
                                   begins + timedelta(days=365)).sign(key, hashes.SHA256())  # fmt: skip
    return private(key) + made.public_bytes(serialization.Encoding.PEM).decode()


def private(key):
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form).decode()


def service_account(web, key):
    return json.dumps({"type": "service_account", "client_email": "robot@project.example.org", "private_key_id": "1",
                       "private_key": private(key), "token_uri": f"{web.url}/token"})  # fmt: skip


def one_user(web):
    return json.dumps({"type": "authorized_user", "client_id": "app", "client_secret": "s3cret",
                       "refresh_token": "r3fresh", "token_uri": f"{web.url}/token"})  # fmt: skip


def microsoft(web, authority, secret="s3cret"):
    return MicrosoftTokens(f"{web.url}/{TENANT}", "app", secret, SMTP_SCOPE, ca_file=authority, seconds=5)


def google(web, authority, secret):
    return GoogleTokens(secret, "desk@example.org", ca_file=authority, seconds=5)


def asked(source, times=1):
    """What came of asking, and the source hangs up."""
    found = [source.token() for _ in range(times)]
    source.close()
    return found


def claims(token):
    """What a signed statement says, without looking at its seal."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_microsoft_is_asked_once_for_all_mails(web, authority):
    """With the application's secret; the token is kept while it holds."""
    found = asked(microsoft(web, authority), 3)
    (form,) = web.forms

    assert ["t1"] * 3 == found
    assert ("client_credentials", "app", "s3cret") == (form["grant_type"], form["client_id"], form["client_secret"])
    assert SMTP_SCOPE in form["scope"]


def test_microsoft_takes_a_certificate_instead_of_a_secret(web, authority, key):
    """The private key signs a statement, and never leaves the machine."""
    found = asked(microsoft(web, authority, pem(key)))

    assert ["t1"] == found
    assert "app" == claims(web.forms[0]["client_assertion"])["sub"]
    assert "PRIVATE KEY" not in str(web.forms)


def test_google_lets_a_service_account_act_for_the_mailbox(web, authority, key):
    """The statement names the mailbox and what is wanted of it: to send mail."""
    found = asked(google(web, authority, service_account(web, key)), 2)
    said = claims(web.forms[0]["assertion"])

    assert ["t1", "t1"] == found
    assert ("desk@example.org", "https://mail.google.com/") == (said["sub"], said["scope"])


def test_google_takes_the_refresh_token_of_one_user(web, authority):
    """For a mailbox without an administrator's delegation."""
    found = asked(google(web, authority, one_user(web)))

    assert ["t1"] == found
    assert ("refresh_token", "r3fresh") == (web.forms[0]["grant_type"], web.forms[0]["refresh_token"])


@pytest.mark.parametrize("provider", ["microsoft", "google"])
def test_a_token_that_ends_is_asked_for_again(web, authority, provider):
    """One with a minute to live is not used."""
    web.token = (200, {"expires_in": 60})
    source = microsoft(web, authority) if provider == "microsoft" else google(web, authority, one_user(web))

    assert ["t1", "t2"] == asked(source, 2)


REFUSALS = [
    ("microsoft", 400, {"error": "invalid_client", "error_codes": [7000222]}, "no_token", "invalid_client 7000222"),
    ("microsoft", 401, {"error": "unauthorized_client"}, "no_token", "unauthorized_client"),
    ("microsoft", 500, {}, "server_refuses_us", "MsalServiceError"),
    ("google", 400, {"error": "invalid_grant", "error_description": "desk@example.org"}, "no_token_google",
     "invalid_grant"),
    ("google", 401, {"error": "unauthorized_client"}, "no_token_google", "unauthorized_client"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "code", "answer", "why", "said"), REFUSALS)
def test_a_refusal_is_the_way_at_fault(web, authority, provider, code, answer, why, said):
    """No mail was named: it waits, and the server's own word for it is told, without its sentences."""
    web.token = (code, answer)
    source = microsoft(web, authority) if provider == "microsoft" else google(web, authority, one_user(web))
    (found,) = asked(source)

    assert Outcome("deferred", why=why, phase="login", said=said, is_general=True) == found


@pytest.mark.parametrize("provider", ["microsoft", "google"])
def test_nobody_who_cannot_be_trusted_is_shown_a_secret(web, provider):
    """Without our own authority, the stand-in's certificate is nobody's."""
    source = microsoft(web, None) if provider == "microsoft" else google(web, None, one_user(web))
    (found,) = asked(source)

    assert ("deferred", "not_reached", "connect", []) == (found.state, found.why, found.phase, web.forms)


def test_a_tenant_that_does_not_exist_is_told(web, authority):
    """Before the secret is sent anywhere."""
    (found,) = asked(MicrosoftTokens(f"{web.url}/elsewhere", "app", "s3cret", SMTP_SCOPE, ca_file=authority))

    assert ("no_token", []) == (found.why, web.forms)


CLEAR = '{"refresh_token": "r", "client_id": "c", "client_secret": "s", "token_uri": "http://x.example.org"}'
BAD_SECRETS = ["{", "[]", "{}", '{"type": "service_account"}', CLEAR]


@pytest.mark.parametrize("secret", BAD_SECRETS)
def test_a_key_that_is_none_is_refused_without_being_shown(secret):
    """So is one that would send itself in the clear."""
    with pytest.raises(SettingsError, match="not the JSON key") as refused:
        GoogleTokens(secret, "desk@example.org")

    assert secret not in str(refused.value)


def test_half_a_certificate_is_refused(key):
    """A private key alone cannot show which one it is."""
    with pytest.raises(SettingsError, match="both its private key and its certificate"):
        MicrosoftTokens(f"https://localhost/{TENANT}", "app", private(key), SMTP_SCOPE)


@pytest.mark.parametrize(("way", "module", "extra"), [("microsoft", "msal", "microsoft"),
                                                      ("google", "google.auth.exceptions", "google")])  # fmt: skip
def test_a_library_that_is_not_there_is_named_with_its_command(monkeypatch, way, module, extra):
    """Before any mail is written down."""
    monkeypatch.setenv("WORD", "{}")
    monkeypatch.setitem(sys.modules, module, None)
    mail = MailSettings(transport="smtp", host="localhost", tenant="t", client_id="c", password_env="WORD",
                        auth=f"xoauth2-{way}", allow=("example.org",))  # fmt: skip

    with pytest.raises(SettingsError, match=rf"pip install 'ircc-outage-reporter\[{extra}\]'"):
        open_transport(Settings(sender="desk@example.org", mail=mail))


def transport(there, authority, source, user="desk@example.org"):
    known = Server("localhost", there.port, user=user, tokens=Tokens(source), ca_file=authority, phase_seconds=5,
                   dot_seconds=5)  # fmt: skip
    return SmtpTransport(known)


def deliver(way):
    return way.deliver(MAIL, ENVELOPE, lambda: None)


def test_a_mail_server_is_shown_the_token_instead_of_a_password(web, authority):
    """It lets the application in for its mailbox."""
    with TokenMailServer("t1") as there:
        way = transport(there, authority, microsoft(web, authority))
        outcome = deliver(way)
        way.close()

    assert ("sent", 1) == (outcome.state, len(there.mails))


def test_a_refused_token_is_told_by_a_challenge_and_then_a_refusal(web, authority):
    """The challenge is answered with nothing, as the protocol asks; the way is at fault, and the mail waits."""
    with TokenMailServer("t1") as there:
        way = transport(there, authority, microsoft(web, authority), user="other@example.org")
        outcome = deliver(way)
        way.close()

    assert ("deferred", "token_refused", 535, True) == (outcome.state, outcome.why, outcome.code, outcome.is_general)
    assert [b""] == there.challenged
    assert ([], 1) == (there.mails, web.given)


def test_a_token_that_lapsed_is_renewed_once(web, authority):
    """A server that took it before and takes it no more gets another one; one that was never taken is not renewed."""
    with TokenMailServer("t1") as there:
        way = transport(there, authority, microsoft(web, authority))
        first = deliver(way)
        there.good = ("t2",)
        there.answers["mail"] = [MailServer.DROP]
        second = deliver(way)
        there.good = ()
        there.answers["mail"] = [MailServer.DROP]
        third = deliver(way)
        way.close()

    assert ["sent", "sent", "deferred"] == [first.state, second.state, third.state]
    assert ("token_refused", 3, 2) == (third.why, web.given, len(there.mails))


def test_no_token_no_secret_and_no_mailbox_is_logged(web, authority, caplog, tmp_path):
    """At the finest level of every library."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "secret").write_text("s3cret-word")
    with TokenMailServer("t1") as there:
        mail = MailSettings(transport="smtp", host="localhost", port=there.port, tenant=TENANT, client_id="app",
                            authority=web.url, password_file="secret", auth="xoauth2-microsoft", ca_file=authority,
                            allow=("example.org",))  # fmt: skip
        way = open_transport(Settings(folder=str(tmp_path), sender="desk@example.org", mail=mail))
        outcome = deliver(way)
        way.close()
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("mail.log")]

    assert "sent" == outcome.state
    assert [] == [line for line in ours if any(word in line for word in ("s3cret-word", "desk@", '"t1"', "auth="))]


def test_the_sign_in_server_is_spoken_to_in_secret_only(monkeypatch):
    """The application's secret would be read on the way."""
    monkeypatch.setenv("SECRET", "s3cret")
    mail = MailSettings(transport="graph", tenant="t", client_id="app", password_env="SECRET", allow=("example.org",))
    known = Settings(sender="desk@example.org", mail=mail)
    open_transport(known).close()
    plain = msgspec.structs.replace(mail, authority="http://login.example.org")
    with pytest.raises(SettingsError, match=r"mail\.authority"):
        open_transport(msgspec.structs.replace(known, mail=plain))
