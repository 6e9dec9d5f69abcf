"""A server that takes no mail of that size gets it with nothing attached, once."""

from email import message_from_bytes
from email.policy import default

import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.delivery.message import Attachment, Bodies, as_bare, message
from reporter.errors import Exit
from reporter.model.report import Recipient
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.send.deliver import deliver_due
from reporter.pipeline.send.transports import open_sending
from reporter.settings import MailSettings
from reporter.store.database import open_store
from reporter.store.outbox import entries, late_mails

PEOPLE = [("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15")]
NOTES = {"en": "Nothing is attached <here>.", "fr": "Rien n’est joint."}
FILES = (Attachment("lab.xlsx", "application/zip", b"PK"), Attachment("lab.ics", "text/calendar", b"BEGIN"))


def mail(language="fr", files=FILES, page="<html><body class=x><p>Été</p></body></html>"):
    bodies = Bodies("Objet", page, "Été\n")
    how = {"sender": "r@example.org", "message_id": "<1@example.org>", "date": at(), "thread": "<t@example.org>"}
    return message(Recipient("lab", "lab@example.org", language), bodies, files, **how)


def test_the_bodies_stay_and_say_first_what_is_missing():
    """In the language of the mail, and as text where it is HTML."""
    bare = message_from_bytes(as_bare(mail(), message_id="<2@example.org>", notes=NOTES), policy=default)
    text, page = (bare.get_body((kind,)).get_content() for kind in ("plain", "html"))

    assert "Rien n’est joint.\n\nÉté\n" == text.replace("\r\n", "\n")
    assert "<body class=x><p>Rien n’est joint.</p><p>Été</p>" in page
    assert ([], "fr") == (list(bare.iter_attachments()), bare.get_body(("html",))["Content-Language"])


def test_it_has_an_id_of_its_own_in_the_same_thread():
    """A reader's program keeps the weeks together."""
    bare = message_from_bytes(as_bare(mail("en"), message_id="<2@example.org>", notes=NOTES), policy=default)

    assert ("<2@example.org>", "<t@example.org>") == (bare["Message-ID"], bare["References"])
    assert "&lt;here&gt;" in bare.get_body(("html",)).get_content()


def test_a_mail_without_files_cannot_be_made_smaller():
    """Then there is nothing to plan."""
    assert as_bare(mail(files=()), message_id="<2@example.org>", notes=NOTES) is None


@pytest.fixture
def served(tmp_path):
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with MailServer(size=200_000) as server:
        known = MailSettings(
            transport="smtp",
            host="localhost",
            port=server.port,
            ca_file="ca.pem",
            allow=("example.org",),
            shelf="R:\\x",
        )
        people = roster(tmp_path / "staff.csv", PEOPLE)
        yield server, settings(tmp_path, [people], sender="reports@example.org", mail=known)


@pytest.mark.enable_socket
def test_a_server_that_takes_less_gets_the_mail_without_its_files(served):
    """It arrives once, in the same round; the outbox keeps both, and nobody is without theirs."""
    server, known = served
    server.size = 32_000
    outcome = pipeline.run(known, at(), clock=at, yes=True)
    store = open_store(known.store_url)
    states = [(entry.edition, entry.state, entry.why) for entry in entries(store)]
    again = deliver_due(store, open_sending(known, at))
    waiting = late_mails(store)
    store.close()
    [(_, _, content)] = server.mails
    arrived = message_from_bytes(content, policy=default)
    said = " ".join(arrived.get_body(("plain",)).get_content().split())

    assert [(0, "refused", "too_large"), (1, "sent", "")] == states
    assert (Exit.DONE, 0, ()) == (outcome.exit_code, again.sent, waiting)
    assert f"is kept in R:\\x: {outcome.run.run_id}/digests/{outcome.told.recipients[0].slug}.xlsx" in said
    assert [] == list(arrived.iter_attachments())


@pytest.mark.slow
@pytest.mark.enable_socket
def test_a_mail_too_large_even_so_is_told_and_not_tried_for_ever(served):
    """It stays refused, and the exit code says that somebody is without theirs."""
    server, known = served
    server.size = 20
    outcome = pipeline.run(known, at(), clock=at, yes=True)

    assert (Exit.NOT_DELIVERED, []) == (outcome.exit_code, server.mails)
    assert 2 == len(outcome.round.results)
