"""Unattended: what is due is made once, what was missed is named, and the owner learns of what failed."""

import json
import logging
import signal
from datetime import date, timedelta
from types import SimpleNamespace

import msgspec
import pytest
from loopback import Server
from made_runs import at, outages, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter import weekly
from reporter.cli.context import this_instant
from reporter.cli.run import _show as show_weekly
from reporter.errors import ClockError, Exit, ReporterError
from reporter.pipeline.send.status import last_failure, report_standing
from reporter.settings import MailSettings, OwnerSettings, RetentionSettings, SourceSettings, WeeklySettings
from reporter.store.database import open_store
from reporter.store.outbox import entries
from reporter.text.catalogue import words
from reporter.weekly import Done, attempt, once, plan

pytestmark = pytest.mark.enable_socket
ROW = ("E1", "Ada Placeholder", "Ops", "hr@example.org", "ON", "work", "2026-10-20")
TUESDAY = "2026-09-08T13:00:00Z"


@pytest.fixture
def office(tmp_path):
    record = outages(tmp_path / "o.json", [{"services": "ircc_secure_account", "began_at": "2026-09-01T10:00:00Z",
                                            "ended_at": "2026-09-01T14:00:00Z"}])  # fmt: skip
    known = settings(tmp_path, [roster(tmp_path / "staff.csv", [ROW])], [record], out=str(tmp_path / "out"))
    return msgspec.structs.replace(known, weekly=WeeklySettings())


def look(known, when, **how):
    return once(known, clock=lambda: at(when), **how)


def manifest_runs(known):
    return sorted(path.name[:8] for path in known.runs_folder.iterdir())


def told(done):
    """The digests, with plain blanks."""
    files = done.made.told.files
    return [content.decode().replace("\u00a0", " ") for name, content in files.items() if name.endswith(".txt")]


def test_what_is_due_is_made_once(office, web):
    """Asked every few minutes of a week, one report is made; a watching service hears of its start and success alone.

    It says when the next is expected, so that a missing one is missed by its readers too, and its manifest is that of
    any run. Within the week all is well; two hours after the next hour it is not.
    """
    known = pinged(office, web)
    moments = ["2026-09-08T13:00:00Z", "2026-09-08T13:05:00Z", "2026-09-10T13:00:00Z", "2026-09-14T10:59:00Z"]
    first, *rest = (look(known, when) for when in moments)
    store = open_store(office.store_url)
    found = [report_standing(store, known, at(when)) for when in ("2026-09-14T12:30:00Z", "2026-09-14T13:01:00Z")]
    store.close()
    texts = told(first)

    assert ([0, 0, 0, 0], ["20260908"]) == ([first.code, *(one.code for one in rest)], manifest_runs(known))
    assert ["/secret/start", "/secret"] == [path for path, _ in web.asked]
    assert texts
    assert [] == [text for text in texts if "next report" not in text.lower() or "Sep 14" not in text]
    assert json.loads((first.made.folder / "manifest.json").read_text())["run_id"] == first.made.run.run_id
    assert [True, False] == [one.is_well for one in found]


CALM = b"<!doctype html><html><body><main><p>Sign in with GCKey.</p></main></body></html>"
DOWN = b'{"outages": [{"services": "gckey", "began_at": "2026-09-08T09:00:00Z", "kind": "unplanned"}]}'


def with_source(known, server, path, content, **weekly):
    server.answers[path] = (200, {}, content)
    sources = (*known.sources, SourceSettings(url=server.url(path), kind="notice" if path == "/page" else ""))
    return msgspec.structs.replace(known, sources=sources, weekly=WeeklySettings(**weekly))


def test_a_report_begins_with_a_look_at_the_sources(office, web):
    """What they say is in it beside the office's own record, complete to that look; an idle look asks nobody."""
    known = with_source(with_source(office, web, "/page", CALM), web, "/data", DOWN)
    manifest = look(known, TUESDAY).made.manifest
    look(known, "2026-09-08T14:00:00Z")

    assert (["/data", "/page"], TUESDAY) == (sorted(p for p, _ in web.asked), manifest["outage_record_complete_to"])
    assert {"entered": 2} == {name: n for name, n in manifest["outage_items"].items() if n}


def test_a_source_that_fails_costs_the_report_nothing(office, web):
    """It is made, and says that the source was never read."""
    known = with_source(office, web, "/data", DOWN)
    web.answers["/data"] = (404, {}, b"")
    done = look(known, TUESDAY)

    assert done.made
    assert "NEVER READ" in " ".join(told(done))


def test_an_office_that_looks_by_itself_is_not_fetched_for(office, web):
    """`weekly.fetch = false`."""
    look(with_source(office, web, "/data", DOWN, fetch=False), TUESDAY)

    assert [] == web.asked


def test_back_after_weeks_the_missed_are_named_and_what_is_past_its_time_is_gone(office):
    """Nobody has to ask: the digests of three weeks ago are gone, those of two weeks and the workbooks are not."""
    known = msgspec.structs.replace(office, retention=RetentionSettings(digests=15))
    *_, done = (look(known, when) for when in (TUESDAY, "2026-09-14T12:00:00Z", "2026-09-28T12:00:00Z"))
    folders = sorted(known.runs_folder.iterdir())
    texts = told(done)

    assert [False, True, True] == [(folder / "digests" / "index.html").exists() for folder in folders]
    assert [True] * 3 == [(folder / "risk.xlsx").exists() for folder in folders]
    assert ["Sep 21, 2026"] == [str(day.strftime("%b %d, %Y")) for day in done.made.run.missed_on]
    assert all("Reports not made" in text and "Sep 21, 2026" in text for text in texts)


def test_a_failure_is_written_down_and_taken_back(office):
    """The file stands as long as the failure lasts."""
    file = office.path("staff.csv")
    whole = file.read_bytes()
    file.unlink()
    with pytest.raises(ReporterError):
        look(office, TUESDAY)
    assert "exit code 4" in last_failure(office)
    file.write_bytes(whole)
    look(office, "2026-09-08T14:00:00Z")

    assert "" == last_failure(office)


def test_a_failure_is_written_down_in_the_office_s_language(office):
    """What stopped the run, and what to do; as the command line says it."""
    known = msgspec.structs.replace(office, language="fr", roster=())
    with pytest.raises(ReporterError):
        look(known, TUESDAY)

    assert "aucune liste n’est indiquée" in last_failure(known)
    assert "code de sortie 4" in last_failure(known)


def test_pings_tell_failure(office, web):
    """A failed run is a failure to the watching service."""
    office.path("staff.csv").unlink()
    with pytest.raises(ReporterError):
        look(pinged(office, web), TUESDAY)

    assert ["/secret/start", "/secret/fail"] == [path for path, _ in web.asked]


def test_a_ping_that_fails_stops_nothing(office, web, caplog):
    """The report is made although the watching service is down; its address, a secret, is not logged."""
    caplog.set_level(logging.INFO)
    web.answers = dict.fromkeys(("/secret/start", "/secret"), (500, {}, b""))
    done = look(pinged(office, web), TUESDAY)

    assert Exit.DONE == done.code
    assert "secret" not in caplog.text


def test_a_clock_gone_back_is_told_to_the_owner(office):
    """No report goes out by such a clock, and the owner knows."""
    look(office, TUESDAY)
    with pytest.raises(ClockError):
        look(office, "2026-08-08T13:00:00Z")

    assert "--accept-clock" in last_failure(office)


def test_an_unforeseen_failure_tells_only_its_kind(office, monkeypatch):
    """The text of an error nobody foresaw can hold a cell of the roster."""

    def fail(*_, **__):
        raise ValueError("Ada Placeholder")

    monkeypatch.setattr("reporter.weekly.pipeline.run", fail)

    assert Exit.UNEXPECTED == attempt(office, clock=lambda: at(TUESDAY))
    assert "ValueError" in last_failure(office)
    assert "Ada" not in last_failure(office)


def test_the_loop_rests_for_an_hour_after_a_failure(office):
    """A failing report is not tried every minute."""
    office.path("staff.csv").unlink()
    moments = [at(TUESDAY)]
    jobs = plan(office, clock=lambda: moments[-1])
    written = office.path("last-failure.txt").read_text()
    moments.append(at(TUESDAY) + timedelta(minutes=59))
    jobs.run_all()
    assert written == office.path("last-failure.txt").read_text()
    moments.append(at(TUESDAY) + timedelta(minutes=61))
    jobs.run_all()

    assert written != office.path("last-failure.txt").read_text()


def mailing(known, server, tmp_path):
    """That office, with a mail server and an owner who reads mail."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mail = MailSettings(transport="smtp", host="localhost", port=server.port, ca_file="ca.pem",
                        allow=("example.org", "it@example.net"), first_time_limit=9)  # fmt: skip
    owner = OwnerSettings(address="it@example.net")
    return msgspec.structs.replace(known, mail=mail, owner=owner, sender="reports@example.org")


def written_to(server, address):
    return [content for _, to, content in server.mails if to == (address,)]


def test_a_process_that_stays_up_ends_when_it_is_told_to(office, monkeypatch):
    """A signal to end is answered between two looks: as the first process of a container it would be killed instead."""
    looks = []

    def look_and_be_ended():
        looks.append(1)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(weekly, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(weekly, "plan", lambda *_, **__: SimpleNamespace(run_pending=look_and_be_ended))
    before = signal.getsignal(signal.SIGTERM)
    try:
        weekly.keep_running(office, clock=this_instant)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert [1] == looks


def test_the_owner_gets_one_mail_of_a_failure_that_lasts(office, tmp_path):
    """By the mail server that still works; the next looks write the file anew, and mail no more. No person is named."""
    office.path("staff.csv").unlink()
    with MailServer() as server:
        known = mailing(office, server, tmp_path)
        for hour in ("13", "14", "15"):
            with pytest.raises(ReporterError):
                look(known, f"2026-09-08T{hour}:00:00Z")
    (letter,) = written_to(server, "it@example.net")

    assert b"exit code 4" in letter
    assert b"Ada" not in letter
    assert last_failure(known).startswith("2026-09-08 15:00Z")


def test_the_owner_gets_the_mail_once_the_server_takes_it(office, tmp_path):
    """While it takes none, the file says so; nothing is lost by that."""
    office.path("staff.csv").unlink()
    with MailServer() as server:
        known = mailing(office, server, tmp_path)
        server.answers["ehlo"] = "550 5.7.1 not you"
        with pytest.raises(ReporterError):
            look(known, TUESDAY)
        before, is_told = len(server.mails), "sent a mail" in last_failure(known)
        server.answers.clear()
        with pytest.raises(ReporterError):
            look(known, "2026-09-08T14:00:00Z")

    assert (0, False) == (before, is_told)
    assert 1 == len(written_to(server, "it@example.net"))


def test_a_mail_that_is_put_off_until_patience_ends_is_given_up_and_told(office, tmp_path):
    """Again after 5 min, 15 min, 1 h, 4 h and 12 h, for two days; then the owner learns of it, and no look is well."""
    with MailServer() as server:
        known = mailing(office, server, tmp_path)
        known = msgspec.structs.replace(known, mail=msgspec.structs.replace(known.mail, patience_hours=48))
        server.answers["rcpt"] = "450 4.2.1 later"
        moment, tried = at(TUESDAY), []
        while moment is not None:
            code = look(known, moment.isoformat()).code
            (mail,) = outbox(known)
            tried.append((moment - at(TUESDAY)) / timedelta(minutes=1))
            moment = at(mail.next_at) if mail.next_at else None
        server.answers.clear()
        later = look(known, "2026-09-11T13:00:00Z").code
    store = open_store(known.store_url)
    found = report_standing(store, known, at("2026-09-11T13:00:00Z"))
    store.close()

    assert [0, 5, 20, 80, 320, 1040, 1760, 2480] == tried
    assert ("dead", Exit.NOT_DELIVERED, Exit.NOT_DELIVERED) == (mail.state, code, later)
    assert (1, False) == (len(written_to(server, "it@example.net")), found.is_well)
    assert "did not reach" in last_failure(known)


def test_a_run_whose_mail_failed_never_calls_itself_a_success(office, tmp_path, web):
    """One reader of one refused: the exit code, the ping, the file and the words of the command say so."""
    with MailServer() as server:
        known = mailing(office, server, tmp_path)
        owner = msgspec.structs.replace(known.owner, ping_url=web.url("/secret"))
        known = msgspec.structs.replace(known, owner=owner)
        server.answers["rcpt"] = ["550 5.1.1 nobody"]
        done = look(known, TUESDAY)

    assert (Exit.NOT_DELIVERED, ["/secret/start", "/secret/fail"]) == (done.code, [path for path, _ in web.asked])
    assert "exit code 6" in last_failure(known)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_words_of_a_run_whose_mail_failed_do_not_say_that_it_went_well(office, language, capsys):
    """The line on stdout has the exit code in it."""
    made = SimpleNamespace(round=None, failures=(), problems=(), folder="out")
    show_weekly(Done(Exit.NOT_DELIVERED, made=made, made_for=date(2026, 9, 7)), language)
    told = capsys.readouterr().out

    assert "6)" in told
    assert words("owner", language)["made"].partition("{day}")[2].partition("{")[0] not in told


def outbox(known):
    store = open_store(known.store_url)
    try:
        return entries(store)
    finally:
        store.close()


def test_a_run_for_a_day_to_come_is_not_the_report(office):
    """Asking how next month looks does not make next month's report."""
    from reporter.pipeline.run import run as pipeline

    pipeline.run(office, at("2026-10-06T13:00:00Z"), clock=lambda: at(TUESDAY))

    assert "2026-09-07" == str(look(office, TUESDAY).made_for)


def pinged(known, server):
    return msgspec.structs.replace(known, owner=OwnerSettings(ping_url=server.url("/secret"), ping_seconds=5))


@pytest.fixture
def web():
    server = Server()
    server.answers = dict.fromkeys(("/secret/start", "/secret", "/secret/fail"), (200, {}, b"OK"))
    yield server
    server.close()
