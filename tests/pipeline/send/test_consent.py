"""Nobody is written to before the office has agreed to it."""

from email import message_from_bytes
from email.policy import default

import msgspec
import pytest
from click.testing import CliRunner
from made_runs import at, restored, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.errors import Exit, SettingsError
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.send.deliver import deliver_due, rehearse
from reporter.pipeline.send.transports import open_sending, open_transport
from reporter.settings import MailSettings
from reporter.store.database import open_store
from reporter.store.outbox import entries

pytestmark = pytest.mark.enable_socket
PEOPLE = [
    ("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15"),
    ("02", "Bo Invented", "Ops", "ops@example.org", "Ontario", "Work permit", "2026-09-18"),
    ("03", "Cy Invented", "Far", "far@example.net", "Ontario", "Work permit", "2026-09-18"),
]


@pytest.fixture
def served(tmp_path):
    """A mail server, and the settings of an office that writes to its own domain only."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    people = roster(tmp_path / "staff.csv", PEOPLE)
    with MailServer() as server:
        mail = MailSettings(
            transport="smtp", host="localhost", port=server.port, ca_file="ca.pem", allow=("example.org",)
        )
        yield server, settings(tmp_path, [people], sender="reports@example.org", mail=mail)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of an office whose mails are planned, what its run made, and a copy of the folder."""
    home = tmp_path_factory.mktemp("planned") / "home"
    home.mkdir()
    mail = MailSettings(transport="smtp", host="localhost", ca_file="ca.pem", allow=("example.org",))
    known = settings(home, [roster(home / "staff.csv", PEOPLE)], sender="reports@example.org", mail=mail)
    AUTHORITY.cert_pem.write_to_path(str(home / "ca.pem"))
    outcome = pipeline.run(known, at(), clock=at, deliver=False)
    return home, restored(home.parent / "kept", home), known, outcome


@pytest.fixture
def planned(made):
    """A mail server, and the settings of that office."""
    home, kept, known, _ = made
    restored(home, kept)
    with MailServer() as server:
        yield server, changed(known, port=server.port)


def changed(known, **mail):
    return msgspec.structs.replace(known, mail=msgspec.structs.replace(known.mail, **mail))


def whys(known):
    store = open_store(known.store_url)
    try:
        return {entry.slug.split("-")[0]: (entry.state, entry.why) for entry in entries(store)}
    finally:
        store.close()


def taken(server):
    return sorted(to for _, recipients, _ in server.mails for to in recipients)


def test_a_first_mail_waits_for_a_yes(served):
    """Nothing is connected; the run is no success; and once a person has agreed, the mail goes."""
    server, known = served
    first = pipeline.run(known, at(), clock=at)

    assert ([], []) == (server.steps, server.mails)
    assert Exit.NOT_DELIVERED == first.exit_code
    assert {("refused", "first_time")} == set(whys(known).values())
    store = open_store(known.store_url)
    deliver_due(store, open_sending(known, at), yes=True)
    store.close()
    assert ["lab@example.org", "ops@example.org"] == taken(server)
    assert ("refused", "not_allowed") == whys(known)["far"]


def test_whoever_was_written_to_before_is_no_stranger(served):
    """The next week's mail goes by itself."""
    server, known = served
    pipeline.run(known, at(), clock=at, yes=True)
    later = "2026-09-16T13:00:00Z"
    pipeline.run(known, at(later), clock=lambda: at(later))

    assert ["lab@example.org", "lab@example.org", "ops@example.org", "ops@example.org"] == taken(server)


def test_a_yes_outlasts_a_server_that_says_later(planned):
    """What was agreed to and put off is not asked for again."""
    server, known = planned
    server.answers["rcpt"] = ["450 4.2.0 later"] * 2
    store = open_store(known.store_url)
    deliver_due(store, open_sending(known, at), yes=True)
    assert [] == taken(server)
    deliver_due(store, open_sending(known, lambda: at("2026-09-09T14:00:00Z")))
    store.close()

    assert ["lab@example.org", "ops@example.org"] == taken(server)


def test_more_mails_than_the_office_has_set_wait_for_a_yes(served):
    """All of them: which of them are too many nobody can tell."""
    server, known = served
    known = changed(known, most=2, first_time_limit=9)
    pipeline.run(known, at(), clock=at)

    assert [] == server.steps
    assert {("refused", "too_many")} == set(whys(known).values())


def test_without_a_list_nothing_is_read_and_nothing_sent(served):
    """The settings are refused before the run, and say what to add."""
    server, known = served
    with pytest.raises(SettingsError, match=r"allow = \["):
        pipeline.run(changed(known, allow=()), at(), clock=at)

    assert [] == server.steps


def test_everything_that_is_due_can_be_shown_to_one_person(planned, made):
    """Each mail says for whom it is, goes to that person alone, and is still due to its recipient afterwards."""
    server, known = planned
    store = open_store(known.store_url)
    rehearse(store, known, open_transport(known, only_to="me@example.org"), "me@example.org", at)
    store.close()
    shown = [message_from_bytes(content, policy=default) for _, _, content in server.mails]

    assert ["me@example.org"] * 3 == taken(server)
    assert {"me@example.org"} == {str(mail["To"]) for mail in shown}
    slugs = [recipient.slug for recipient in made[3].told.recipients]
    assert all(any(slug in mail["Subject"] for mail in shown) for slug in slugs)
    assert {("planned", "")} == set(whys(known).values())


def test_whoever_is_not_on_the_list_is_shown_nothing(served):
    """Not even when it is asked for."""
    _, known = served
    with pytest.raises(SettingsError, match="list"):
        open_transport(known, only_to="me@example.net")


def test_a_dry_run_says_who_would_not_get_theirs(planned, monkeypatch):
    """And connects to nobody."""
    from reporter.cli import cli, context

    server, known = planned
    monkeypatch.setattr(context, "settings", lambda *_, **__: known)
    monkeypatch.setattr(context, "this_instant", at)
    said = CliRunner().invoke(cli, ["deliver", "--dry-run"]).output

    assert [] == server.steps
    assert (2, 1) == (said.count("never written to before"), said.count("mail.allow"))


@pytest.mark.parametrize("day", [pytest.param("2026-09-02", marks=pytest.mark.slow), "2026-12-02"])
def test_a_report_as_of_another_week_is_a_rehearsal(served, day):
    """Nothing is planned or sent, whatever was agreed to; the week itself is told afterwards as if nothing had been."""
    server, known = served
    rehearsed = pipeline.run(known, at(f"{day}T13:00:00Z"), clock=at, yes=True)

    assert (True, [], {}) == (rehearsed.plan.is_rehearsed, server.steps, whys(known))
    pipeline.run(known, at(), clock=at, yes=True)
    assert ["lab@example.org", "ops@example.org"] == taken(server)


@pytest.mark.slow
def test_an_earlier_week_is_told_when_somebody_says_so(served):
    """After a machine was off, its last report can still be sent by hand; one of a week to come never is."""
    server, known = served
    past = pipeline.run(known, at("2026-09-02T13:00:00Z"), clock=at, yes=True, past_too=True)
    ahead = pipeline.run(known, at("2026-12-02T13:00:00Z"), clock=at, yes=True, past_too=True)

    assert (3, True) == (past.plan.new, ahead.plan.is_rehearsed)
    assert ["lab@example.org", "ops@example.org"] == taken(server)


def test_a_run_that_began_before_midnight_tells_of_the_week_it_began_in(served):
    """The clock goes on while it works; it is no rehearsal for that."""
    server, known = served
    pipeline.run(known, at("2026-09-14T03:59:58Z"), clock=lambda: at("2026-09-14T04:00:03Z"), yes=True)

    assert ["lab@example.org", "ops@example.org"] == taken(server)


def test_a_rehearsal_of_another_week_can_be_shown_to_one_person(served):
    """Each of its mails, though none was planned, and none is due afterwards."""
    server, known = served
    outcome = pipeline.run(known, at("2026-12-02T13:00:00Z"), clock=at, deliver=False)
    store = open_store(known.store_url)
    way = open_transport(known, only_to="me@example.org")
    shown = rehearse(store, known, way, "me@example.org", at, outcome.told.posts)
    store.close()

    assert (["me@example.org"] * 3, {}) == (taken(server), whys(known))
    assert ["sent"] * 3 == [result.state for result in shown]
