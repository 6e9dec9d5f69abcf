"""Each thing broken in turn is named, and nothing else is."""

import json
import os
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from made_runs import AS_OF, at, outages, roster, run, settings
from mail_server import AUTHORITY, PASSWORD, USER, MailServer
from makers import record_check
from web_server import TENANT, WebServer

from reporter.cli import cli
from reporter.errors import Exit
from reporter.pipeline.upkeep import doctor
from reporter.settings import MailSettings, OfficeSettings, RosterSettings
from reporter.store.database import open_store
from reporter.text.catalogue import words

PEOPLE = [("0017", "Ana Bel", "Robotics", "hr1@example.org", "ON", "Study permit", "2026-09-15")]
MAIL = MailSettings(transport="smtp", host="mail.example.org", allow=("example.org",))


@pytest.fixture(autouse=True, scope="module")
def templates_looked_at_once():
    """Ours are filled in for each state of a report, a third of a second each time; somebody's own are looked at."""
    whole, number = doctor.check_templates, doctor.check_templates(None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "check_templates", lambda own, offices: whole(own, offices) if own else number)
        yield


@pytest.fixture
def known(tmp_path):
    """Settings with nothing wrong about them, before the first run."""
    return settings(tmp_path, [roster(tmp_path / "staff.csv", PEOPLE)], [outages(tmp_path / "o.json", [])])


def wrong(known, now=AS_OF, **changes):
    """What the doctor finds wrong, as the keys of its sentences with their states."""
    found = doctor.examine_all(msgspec.structs.replace(known, **changes), at(now))
    return {check.what: check.state for check in found if check.state != "ok"}


def test_nothing_is_wrong_with_a_whole_office(known):
    """No warning before a first run, and every check is made."""
    assert {} == wrong(known)


def test_old_time_zone_rules_are_a_fault(known, monkeypatch):
    """Rules that do not know the clock laws of 2026 would shift hours in the West."""
    monkeypatch.setattr(doctor, "PINNED", {"America/Vancouver": timedelta(hours=-8)})

    assert {"zones_old": "fault"} == wrong(known)


def test_people_whom_no_scan_can_find_are_told(tmp_path):
    """After a run on ids of two digits without names, the doctor says that a leak of them would not be seen."""
    bare = [(str(n), "", "Lab", "hr1@example.org", "ON", "Study permit", "2026-09-15") for n in (11, 12)]
    run(tmp_path, [roster(tmp_path / "staff.csv", bare)])

    assert "warning" == wrong(settings(tmp_path, [tmp_path / "staff.csv"])).get("scan_blind")


def test_a_roster_that_is_gone_is_a_fault(known, tmp_path):
    """The key is named, not what the file is called."""
    (tmp_path / "staff.csv").unlink()

    assert {"path_missing": "fault"} == wrong(known)


def test_two_rosters_of_one_name_are_a_fault(known, tmp_path):
    """As a run refuses them: their rows could not be told apart."""
    (tmp_path / "law").mkdir()
    other = roster(tmp_path / "law" / "staff.csv", PEOPLE)

    assert {"refused": "fault"} == wrong(known, roster=(*known.roster, RosterSettings(str(other))))


def test_a_folder_that_cannot_be_written_is_a_fault(known, tmp_path, monkeypatch):
    """The first folder above it that is there is named; said in root's place, who may write everywhere."""
    (tmp_path / "shut").mkdir(mode=0o500)
    monkeypatch.setattr(doctor.os, "access", lambda path, _: path.name != "shut")

    assert {"not_writable": "fault"} == wrong(known, out="shut/out")


def test_a_path_that_windows_does_not_take_is_foreseen():
    """A run adds up to so many letters to the path of its folder."""
    root = len(str(Path.cwd())) + 1

    assert [False, True] == [
        doctor.is_deep(Path("x" * (doctor.LONGEST_PATH - doctor.BELOW + n - root))) for n in (0, 1)
    ]


def test_a_folder_copied_to_a_cloud_is_a_warning(known):
    """Such programs lock files and double them."""
    assert {"synced": "warning"} == wrong(known, out="OneDrive - Office/out")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such bits")
def test_a_store_that_others_can_read_is_a_warning(known, tmp_path):
    """With the command that mends it."""
    open_store(known.store_url).close()
    (tmp_path / "reporter.db").chmod(0o644)

    assert "warning" == wrong(known)["rights_wide"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such bits")
def test_a_password_that_others_can_read_is_a_warning(known, tmp_path):
    """The file that the settings name, wherever it is."""
    (tmp_path / "word").write_text("s3cret-word")
    (tmp_path / "word").chmod(0o640)
    mail = msgspec.structs.replace(MAIL, user="desk", password_file="word")

    assert {"rights_wide": "warning"} == wrong(known, mail=mail, sender="a@example.org")


def test_an_office_without_a_roster_is_a_warning(known):
    """One may be given with each run."""
    assert {"no_roster": "warning"} == wrong(known, roster=())


@pytest.mark.parametrize(("free", "expected"), [(900_000_000, "warning"), (1_000_000, "fault")])
def test_a_disk_that_fills_is_told(known, monkeypatch, free, expected):
    """First as a warning, then as a fault."""
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(free))

    assert {"disk_low": expected} == wrong(known)


def test_a_template_that_cannot_be_used_is_a_fault(known, tmp_path):
    """As a run would refuse it."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "digest.txt.j2").write_text("{{ nobody }}")

    assert {"refused": "fault"} == wrong(known, templates="mine")


def test_law_read_long_ago_is_a_warning(known):
    """After a year, the rules concerned are named."""
    assert "warning" == wrong(known, "2031-01-01T00:00Z")["rules_unread"]


def test_a_mail_server_without_a_name_is_a_fault(known):
    """What the transport would refuse is refused here, without connecting."""
    mail = msgspec.structs.replace(MAIL, host="")

    assert "fault" == wrong(known, mail=mail, sender="a@example.org")["refused"]


def greeted(known, **changes):
    """What the doctor says of the way to send when it may try it."""
    mail = msgspec.structs.replace(MAIL, **changes)
    looked = msgspec.structs.replace(known, mail=mail, sender="desk@example.org")
    found = doctor.examine_all(looked, at(), is_online=True)
    return [(check.what, check.said.get("why")) for check in found if check.name == "mail"]


@pytest.fixture
def ca_file(tmp_path):
    path = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("word", "said"), [(PASSWORD, ("mail_greeted", None)), ("x", ("mail_refused", "login_refused"))]
)
def test_a_mail_server_is_greeted_and_sent_nothing(known, monkeypatch, ca_file, word, said):
    """Up to the login, and no further."""
    monkeypatch.setenv("MAIL_WORD", word)
    with MailServer(login=True) as server:
        found = greeted(known, host="localhost", port=server.port, ca_file=ca_file, user=USER, password_env="MAIL_WORD")

    assert [said] == found
    assert [] == [step for step in server.steps if step not in ("banner", "ehlo")]


@pytest.mark.enable_socket
@pytest.mark.parametrize(("most", "said"), [(20_000, "mail_greeted"), (20_001, "mail_takes_less")])
def test_a_server_that_takes_less_than_the_largest_mail_is_told_of(known, ca_file, most, said):
    """With what it takes, so that the settings can say the same."""
    with MailServer(size=20_000) as server:
        found = greeted(known, host="localhost", port=server.port, ca_file=ca_file, max_bytes=most)

    assert [(said, None)] == found


@pytest.mark.enable_socket
@pytest.mark.parametrize(("code", "said"), [(200, ("mail_token", None)), (401, ("mail_refused", "no_token"))])
def test_microsoft_is_asked_for_a_token_and_sent_nothing(known, monkeypatch, ca_file, code, said):
    """The secret's end is found here, and not by the first report."""
    monkeypatch.setenv("MAIL_WORD", "s3cret-word")
    with WebServer() as web:
        web.token = (code, {} if code == 200 else {"error": "invalid_client"})
        found = greeted(known, transport="graph", tenant=TENANT, client_id="app", authority=web.url, ca_file=ca_file,
                        password_env="MAIL_WORD")  # fmt: skip

    assert ([said], []) == (found, web.mails)


@pytest.mark.parametrize(("share", "said"), [(".", ("mail_folder", None)), ("gone", ("mail_refused", "no_folder"))])
def test_a_share_that_is_not_mounted_is_found(known, share, said):
    """Before a report finds it."""
    assert [said] == greeted(known, transport="folder", share=share)


@pytest.mark.parametrize(
    ("host", "now", "expected"),
    [
        ("smtp.office365.com", AS_OF, "microsoft_before"),
        ("smtp.office365.com", "2027-02-01T00:00Z", "microsoft_after"),
        ("smtp.gmail.com", AS_OF, "google"),
    ],
)
def test_the_end_of_passwords_is_told_with_its_dates(known, monkeypatch, host, now, expected):
    """The two large hosts are known by name; what is said depends on the day."""
    monkeypatch.setenv("MAIL_WORD", "s3cret-word")
    mail = msgspec.structs.replace(MAIL, host=host, user="desk", password_env="MAIL_WORD")

    assert "warning" == wrong(known, now, mail=mail, sender="a@example.org")[expected]


def test_who_logs_in_with_a_token_is_told_nothing_of_passwords(known, monkeypatch):
    """They have done what the sentence asks."""
    monkeypatch.setenv("MAIL_WORD", "s3cret-word")
    mail = msgspec.structs.replace(MAIL, host="smtp.office365.com", user="a@example.org", password_env="MAIL_WORD",
                                   auth="xoauth2-microsoft", tenant="t", client_id="c")  # fmt: skip

    assert {} == wrong(known, mail=mail, sender="a@example.org")


def test_a_password_is_never_shown(known, monkeypatch):
    """Not in what the doctor says, whatever is wrong."""
    monkeypatch.setenv("MAIL_WORD", "s3cret-word")
    mail = msgspec.structs.replace(MAIL, user="desk", password_env="MAIL_WORD", host="smtp.gmail.com")
    found = doctor.examine_all(msgspec.structs.replace(known, mail=mail, sender="a@example.org"), at())

    assert "s3cret-word" not in str(found)


def test_a_recipient_outside_the_list_is_a_fault(known):
    """The key is named, and the address is not shown."""
    office = OfficeSettings(address="boss@elsewhere.test")
    changed = msgspec.structs.replace(known, office=office, mail=MAIL, sender="a@example.org")
    found = doctor.examine_all(changed, at())

    assert "fault" == wrong(changed)["recipient_outside"]
    assert "elsewhere" not in str(found)


def test_a_damaged_database_is_a_fault(known, tmp_path):
    """A file that is no database says what to do."""
    (tmp_path / "reporter.db").write_bytes(b"not a database" * 100)
    (tmp_path / "reporter.db").chmod(0o600)

    assert {"refused": "fault"} == wrong(known)


def test_a_database_that_finds_damage_in_itself_is_a_fault(known, monkeypatch):
    """It opens, and its own check says no."""
    open_store(known.store_url).close()
    monkeypatch.setattr("reporter.store.database.Store.is_sound", lambda _: False)

    assert "fault" == wrong(known)["store_damaged"]


def test_after_a_run_all_is_well_until_it_is_late_or_its_record_was_changed(known, tmp_path):
    """More than a week after the last one is a warning; a row of the audit record changed behind its back a fault.

    What no scan looks for is told in the words of the manifest.
    """
    outcome = run(tmp_path, [tmp_path / "staff.csv"], [tmp_path / "o.json"])
    told = {check.what: check.state for check in doctor.examine_all(known, at())}

    assert {} == wrong(known)
    assert {"run_late": "warning"} == wrong(known, "2026-09-25T00:00Z")
    assert "ok" == told["scan_limits"]
    assert words("doctor", "en")["scan_limits"] == outcome.manifest["not_scanned_for"]
    store = open_store(known.store_url)
    with store.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET facts = '{}'")
    store.close()
    assert {"chain_broken": "fault"} == wrong(known)


def test_a_report_that_was_never_made_is_a_warning(known):
    """There is a database, and no run in it."""
    open_store(known.store_url).close()

    assert {"never_run": "warning"} == wrong(known)


def test_mails_that_were_not_delivered_are_a_warning(known, tmp_path):
    """With the command that says why."""
    mail = msgspec.structs.replace(MAIL, transport="folder", share="gone", first_time_limit=9)
    run(tmp_path, [tmp_path / "staff.csv"], [tmp_path / "o.json"], mail=mail, sender="a@example.org")

    assert {"mails_waiting": "warning"} == wrong(known)


def test_a_failure_that_lasts_is_a_warning(known, tmp_path):
    """The file that says why is named; without one, nothing is said."""
    (tmp_path / "last-failure.txt").write_text("2026-09-08, exit code 4")

    assert {"failure_lasts": "warning"} == wrong(known)


@pytest.mark.parametrize(("hours", "expected"), [(72, {}), (73, {"ledger_old": "warning"})])
def test_an_outage_record_that_nobody_has_kept_is_a_warning(known, hours, expected):
    """Three days by default; then somebody should look."""
    store = open_store(known.store_url)
    looked = at() - timedelta(hours=hours)
    record_check(store, "office", looked, status="read", complete_to=looked)
    store.close()

    assert {"never_run": "warning"} | expected == wrong(known, outages=())


def test_an_empty_outage_record_is_a_warning(known):
    """Without a file and without a look, nobody knows of any outage."""
    open_store(known.store_url).close()

    assert "warning" == wrong(known, outages=())["ledger_empty"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_settings_that_cannot_be_used_are_the_one_fault(tmp_path, language):
    """The command exits 3 and names the key."""
    (tmp_path / "r.toml").write_text('colour = "red"\n')
    told = CliRunner().invoke(cli, ["doctor", "--config", str(tmp_path / "r.toml"), "--lang", language])

    assert Exit.SETTINGS == told.exit_code
    assert told.stdout.startswith(words("doctor", language)["state_fault"])
    assert "colour" in told.stdout


def test_a_monitor_gets_json(tmp_path, monkeypatch):
    """One record a check; warnings alone exit 0."""
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(cli, ["doctor", "--json"])

    assert {"check", "state", "what"} == set(json.loads(told.stdout)[0])
    assert Exit.DONE == told.exit_code
