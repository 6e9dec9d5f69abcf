"""A report in a share, and a mail that says so once it is there."""

from email import message_from_bytes
from email.policy import default

import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer
from sample_report import sample_report

from reporter.errors import Exit, SettingsError
from reporter.model.mail import POINTER, Envelope, Key, ReportKey, message_id, thread_id
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.send.deliver import deliver_due
from reporter.pipeline.send.transports import open_sending, open_transport
from reporter.report.mail.short_mails import pointer
from reporter.settings import MailSettings
from reporter.store.database import open_store
from reporter.store.outbox import entries

PEOPLE = [
    ("E0001", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15"),
    ("E0002", "Bo Invented", "Ops", "ops@example.org", "Ontario", "Work permit", "2026-09-18"),
]


@pytest.fixture
def served(tmp_path):
    """A share, a mail server, and the settings of an office that uses both."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "share").mkdir()
    people = roster(tmp_path / "staff.csv", PEOPLE)
    with MailServer() as server:
        mail = MailSettings(
            transport="folder", share="share", share_as="S:\\permits", pointer="smtp", host="localhost",
            port=server.port, ca_file="ca.pem", allow=("example.org",), first_time_limit=9,
        )  # fmt: skip
        yield server, settings(tmp_path, [people], sender="reports@example.org", mail=mail)


def states(known):
    store = open_store(known.store_url)
    try:
        return {(entry.slug.split("-")[0], entry.channel): (entry.state, entry.why) for entry in entries(store)}
    finally:
        store.close()


@pytest.mark.enable_socket
def test_each_reader_is_told_once_where_their_report_lies(served):
    """The files are in the share, the mail says where, and neither names, ids nor files are in it."""
    server, known = served
    [outcome, _] = [pipeline.run(known, at(), clock=at) for _ in range(2)]
    mails = {to[0]: message_from_bytes(content, policy=default) for _, to, content in server.mails}
    lab = mails["lab@example.org"]
    bodies = [lab.get_body((kind,)).get_content() for kind in ("plain", "html")]

    assert Exit.DONE == outcome.exit_code
    assert {"lab@example.org", "ops@example.org"} == set(mails)
    assert 2 == len(server.mails)
    assert 2 == len(list(known.path("share").glob("*/*.xlsx")))
    assert all("Open S:\\permits\\lab-" in " ".join(body.split()) for body in bodies)
    assert not any(word in str(lab) + "".join(bodies) for word in ("Ana", "E0001", "Invented"))
    assert [] == list(lab.iter_attachments())


@pytest.mark.enable_socket
def test_nobody_is_sent_to_a_share_in_which_nothing_is_yet(served):
    """While the share is away the mails wait; once the report is there, each goes once."""
    server, known = served
    known.path("share").rename(known.path("away"))
    first = pipeline.run(known, at(), clock=at)
    waiting = states(known)
    known.path("away").rename(known.path("share"))
    store = open_store(known.store_url)
    for instant in ("2026-09-09T14:00:00Z", "2026-09-09T16:00:00Z"):
        deliver_due(store, open_sending(known, lambda instant=instant: at(instant)))
    store.close()

    assert Exit.NOT_DELIVERED == first.exit_code
    assert "sent" not in {state for state, _ in waiting.values()}
    assert {("sent", "")} == set(states(known).values())
    assert 2 == len(server.mails)


def test_a_mail_whose_way_the_settings_no_longer_name_waits(tmp_path):
    """It is not put into the share in the place of the report."""
    mail = MailSettings(transport="folder", share=".", allow=("example.org",))
    way = open_transport(settings(tmp_path, [], sender="reports@example.org", mail=mail))
    envelope = Envelope("r@example.org", "lab@example.org", "lab-1", "<2026-W37.abc@example.org>", POINTER)
    outcome = way.deliver(b"To: lab@example.org\r\n\r\nx", envelope, lambda: None)

    assert ("deferred", "no_way_to_point", []) == (outcome.state, outcome.why, list(tmp_path.iterdir()))


def test_the_share_has_a_name_that_readers_know(tmp_path):
    """Without it the settings are refused before anything is read."""
    mail = MailSettings(transport="folder", share=".", pointer="smtp", host="localhost", allow=("example.org",))
    nameless = settings(tmp_path, [], sender="reports@example.org", mail=mail)

    with pytest.raises(SettingsError, match="share_as"):
        open_transport(nameless)


def test_the_mail_stands_in_a_thread_of_its_own():
    """Its id is not that of the digest, whichever way that went in other weeks."""
    ids = [
        (message_id(key, "x"), thread_id(key, "x"))
        for key in (Key(ReportKey("o", "s"), "w", "r"), Key(ReportKey("o", "s"), "w", "r", POINTER))
    ]

    assert not set(ids[0]) & set(ids[1])


def test_a_reader_of_two_languages_is_told_in_both():
    """One mail, the second language below the first."""
    told = pointer(sample_report("fr", unit="Engineering"), "S:\\x", also=sample_report("en", unit="Engineering"))

    assert all("Ouvrez S:\\x" in body and "Open S:\\x" in body for body in (told.html, told.text))
    assert "rapport" in told.subject and "report" in told.subject
