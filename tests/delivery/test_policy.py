"""Who may be written to; nobody, until the office says so."""

from email.message import EmailMessage

import pytest

from reporter.delivery.policy import Gate, may_send, read_allow_list
from reporter.errors import SettingsError
from reporter.model.mail import Envelope, Outcome, wire_address

LISTED = ("example.org", "*.example.com", "HR@Example.net", "université.example")


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org",
        "A.B@EXAMPLE.ORG",
        "a@hr.example.com",
        "a@x.hr.example.com",
        "hr@example.net",
        "Hr@EXAMPLE.net",
        "a@université.example",
        "a@xn--universit-j4a.example",
        "a@Université.Example",
    ],
)
def test_whoever_is_on_the_list_may_be_written_to(address):
    """Domains and addresses alike, in whatever case and script they are written."""

    assert read_allow_list(LISTED).holds(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@example.org",
        "a@example.com",
        "a@evilexample.org",
        "a@example.org.evil.test",
        "a@sub.example.org",
        "other@example.net",
        "a@exаmple.org",  # the fourth letter is Cyrillic
        "a@universite.example",
        "a@example.org.",
        "a@example.org\nb@evil.test",
        '"x@evil.test"@example.org',
        "x%evil.test@example.org",
        "evil.test!x@example.org",
        "@evil.test:x@example.org",
        "a b@example.org",
        "a@example.org, b@evil.test",
    ],
)
def test_nobody_else_may(address):
    """Nor anybody whose address only looks like one on the list, or could be taken for two."""

    assert not read_allow_list(LISTED).holds(address)


@pytest.mark.parametrize(
    "entries",
    [(), ("org",), ("*.org",), ("*",), ("",), ("a@",), ("@example.org",), ("gmail.com",), ("a@*.example.org",)],
)
def test_a_list_of_nobody_or_of_everybody_is_refused(entries):
    """The message names the key; an empty list says what to write there."""
    with pytest.raises(SettingsError) as refused:
        read_allow_list(entries)

    assert "mail.allow" == refused.value.where
    assert entries or "example.org" in str(refused.value)


def test_an_address_at_a_domain_of_everybody_may_be_named_by_itself():
    """One mailbox there is one person's; the domain is anybody's."""

    assert read_allow_list(["ana@gmail.com"]).holds("Ana@gmail.com")


def test_a_domain_in_any_script_goes_on_the_wire_in_ascii():
    """Else no server could be told of it."""

    assert "a@xn--universit-j4a.example" == wire_address("a@université.example")


def mail(**headers):
    made = EmailMessage()
    for name, value in ({"To": "hr@example.org"} | headers).items():
        made[name] = value
    made.set_content("digest")
    return made.as_bytes()


ENVELOPE = Envelope("reports@example.org", "hr@example.org", "hr", "<1@example.org>")


@pytest.mark.parametrize("headers", [{"To": "b@example.org"}, {"Cc": "b@example.org"}, {"Bcc": "b@example.org"}])
def test_a_mail_that_names_another_reader_is_refused(headers):
    """Some ways to send take the readers from the mail itself, and not from the envelope."""

    assert "other_recipient" == may_send(ENVELOPE, mail(**headers), read_allow_list(LISTED))


def test_a_mail_to_the_one_it_names_may_go():
    """In whatever case the address is written."""

    assert "" == may_send(ENVELOPE, mail(To="HR@example.org"), read_allow_list(LISTED))


def test_everything_goes_to_the_one_who_looks_it_over():
    """And nothing to anybody else on the list."""

    assert "other_recipient" == may_send(ENVELOPE, mail(), read_allow_list(LISTED), "me@example.org")


def test_the_gate_stands_before_every_way_to_send():
    """What it refuses never reaches the way itself."""

    class Way:
        name = "way"

        def deliver(self, content, envelope, on_handover):
            raise AssertionError("reached")

    gate = Gate(Way(), read_allow_list(["example.net"]))

    assert Outcome("refused", why="not_allowed", phase="gate") == gate.deliver(mail(), ENVELOPE, lambda: None)
