"""The mailbox, in a conversation of IMAP on this machine: what is read of it, once, and what is never done to it."""

from email.message import EmailMessage

import pandas as pd
import pytest
from imap_server import ImapServer, settings_text
from mail_server import AUTHORITY
from makers import png
from sqlalchemy import select, update
from web_server import TENANT, WebServer

from reporter.model.mail import Key, Letter, ReportKey
from reporter.pipeline.upkeep.intake import look
from reporter.pipeline.upkeep.record_outages import OpenLedger
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import load_settings
from reporter.store.captures import captures_beside
from reporter.store.database import open_store
from reporter.store.ledger_items import complete_to, last_person_look, open_items, source_ages
from reporter.store.outbox import add
from reporter.store.tables import ledger_checks, outbox

pytestmark = pytest.mark.enable_socket
NOW = pd.Timestamp("2026-11-29T22:00Z").as_unit("us")
NAMES = service_names(load_rulebook(None, None))
ENGLISH = "GCKey will be unavailable on December {day}, 2026 from midnight to 5:30 a.m. Eastern Time."
FRENCH = "CléGC sera hors service le {day} décembre 2026, de 22 h à 23 h 30 (heure de l’Est)."


def mail(text, *, sender="alerts@example.org", picture=False):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Status <{sender}>", "desk@example.org", "Notice"
    made["Date"] = "Sun, 29 Nov 2026 12:00:00 -0500"
    made.set_content(text, cte="quoted-printable")
    if picture:
        made.add_attachment(png(), maintype="image", subtype="png", filename="screen.png")
    return made.as_bytes()


@pytest.fixture
def server():
    with ImapServer() as started:
        yield started


@pytest.fixture
def office(tmp_path, server):
    """An office that reads that mailbox; each look is of a program begun anew."""

    class Office:
        store = open_store(f"sqlite:///{tmp_path}/reporter.db")

        def look(self, **more):
            (tmp_path / "reporter.toml").write_text(settings_text(server, tmp_path, **more), "utf-8")
            settings = load_settings(tmp_path / "reporter.toml")
            return look(OpenLedger(self.store, captures_beside(self.store, tmp_path), NAMES), settings, at=NOW)

        def waiting(self):
            return open_items(self.store)["fate"].tolist()

    made = Office()
    yield made
    made.store.close()


def test_mails_of_both_languages_become_drafts_once(office, server):
    """A second look reads only what has come since; a mailbox made anew is read again, and nothing enters twice."""
    server.folders["INBOX"] = {3: mail(ENGLISH.format(day=8)), 5: mail(FRENCH.format(day=9), picture=True)}
    first = [(one.name, one.drafts > 0, one.left.get("refused", 0)) for one in office.look()]
    server.folders["INBOX"][6] = mail(ENGLISH.format(day=10))
    server.heard.clear()
    office.look()
    asked = [line for line in server.heard if "BODY.PEEK[]" in line]
    server.validity = 8
    office.look()

    assert [("mailbox", True, 0), ("screen.png", False, 1), ("mailbox", True, 0)] == first
    assert ["6"] == [line.split()[3] for line in asked]
    assert ["draft", "refused", "draft", "draft"] == office.waiting()
    assert None is complete_to(office.store, NOW)


def test_nothing_is_changed_and_no_other_senders_mail_is_opened(office, server):
    """The folder is examined, not selected; headers are looked at; a body is asked for where the sender counts."""
    server.folders["Notices"] = {
        1: mail(ENGLISH.format(day=8), sender="someone@elsewhere.org"),
        2: mail(FRENCH.format(day=9)),
    }
    office.look(folder="Notices", senders=["*@example.org"])
    verbs = {line.split()[1].upper() for line in server.heard if " " in line}

    assert ["draft"] == office.waiting()
    assert {"EXAMINE", "UID"} <= verbs <= {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"}
    assert not [line for line in server.heard if "UID" in line and ("STORE" in line or " BODY[" in line)]
    assert ["2"] == [line.split()[3] for line in server.heard if "BODY.PEEK[]" in line]


def test_what_was_read_before_a_stop_is_kept(office, server):
    """The server breaks off at the second mail: the first is a draft, the look failed, the next goes on behind it."""
    server.folders["INBOX"] = {1: mail(ENGLISH.format(day=8)), 2: mail(FRENCH.format(day=9))}
    server.hang_up_at = 2
    *read, failed = office.look()
    held = office.waiting()
    server.hang_up_at = None
    server.heard.clear()
    office.look()

    assert (1, "failed", ["draft"]) == (len(read), failed.status, held)
    assert ["2"] == [line.split()[3] for line in server.heard if "BODY.PEEK[]" in line]
    assert ["draft", "draft"] == office.waiting()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"user": "other@example.org"}, "does not let us in"),
        ({"folder": "Nowhere"}, "Nowhere"),
        ({"port": 1}, "answer"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_told_and_costs_the_others_nothing(office, more, words):
    """With a cure, without the user's name; the look has failed, and is no quiet week."""
    (failed,) = office.look(**more)

    assert words in str(failed.why)
    assert "@" not in str(failed.why)
    assert ["failed"] == source_ages(office.store, NOW)["status"].tolist()


def test_a_token_opens_it_as_for_sending(office, server, tmp_path):
    """Asked for by the application's secret, and told to the server in place of a password."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    server.folders["INBOX"] = {1: mail(ENGLISH.format(day=8))}
    with WebServer() as web:
        oauth = {"auth": "xoauth2-microsoft", "tenant": TENANT, "client_id": "app", "authority": web.url}
        office.look(**oauth)

    assert ["draft"] == office.waiting()
    assert "AUTHENTICATE XOAUTH2" in [line.partition(" ")[2] for line in server.heard]


def test_an_answer_of_one_word_to_our_own_mail_is_a_look(office, server):
    """Who looked, and when, once; what is quoted below does not count, nor an answer to any other mail."""
    for slug, own in (("office", "<2026-W48.ours@example.org>"), ("ops-1", "<2026-W48.theirs@example.org>")):
        key = Key(ReportKey("", "s"), "2026-W48", slug)
        with office.store.begin() as connection:
            number = add(connection, Letter(key, "r", slug, "a@example.org", own, "", b"x"), 0, "", NOW)
            connection.execute(update(outbox).where(outbox.c.number == number).values(state="sent"))

    def answer(text, to, day):
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = "Jo Example <jo@example.org>", "r@example.org", "Re: Permits"
        made["In-Reply-To"], made["Date"] = to, f"{day} Nov 2026 12:00:00 -0500"
        made.set_content(text)
        return made.as_bytes()

    ours = "<2026-W48.ours@example.org>"
    server.folders["INBOX"] = {
        1: answer("Looked.\n\n> Nobody has looked for outages for 8 days.", ours, 28),
        2: answer("Vu\n", "<2026-W48.theirs@example.org>", 29),
        3: answer("vu, mais une panne manque", ours, 29),
    }
    office.look()
    office.look()

    assert (pd.Timestamp("2026-11-28T17:00Z"), "Jo Example") == last_person_look(office.store, NOW)
    with office.store.begin() as connection:
        looks = connection.execute(select(ledger_checks.c.number).where(ledger_checks.c.source == "office")).fetchall()
    assert 1 == len(looks)
    server.folders["INBOX"][4] = answer("VU", ours, 29)
    office.look()
    assert pd.Timestamp("2026-11-29T17:00Z") == last_person_look(office.store, NOW)[0]
