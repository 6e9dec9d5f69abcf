"""A full disk, a locked database, a folder that cannot be written to: nothing is lost by it, and one line says why."""

import os
import sqlite3
import subprocess
from email import message_from_bytes
from email.policy import default

import msgspec
import pytest
from machines import Machine, judged, office
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.errors import Exit, SettingsError
from reporter.pipeline.run import run as pipeline
from reporter.settings import MailSettings, RosterSettings

pytestmark = pytest.mark.enable_socket
PEOPLE = [
    (f"{n:02}", f"Ana Invented{n}", unit, f"{unit.lower()}@example.org", "Ontario", "Work permit", "2026-09-18")
    for n, unit in enumerate(("Lab", "Ops", "Far"), start=1)
]
NOON, LATER = "2026-09-09T12:00:00+00:00", "2026-09-09T12:40:00+00:00"
SIZES = (60, 150, 300, 400, 450, 500, 550, 600, 700, 900)  # KiB of disk


def mails(server):
    return [(to, message_from_bytes(content, policy=default)) for _, (to,), content in server.mails]


def mounted(how, folder):
    done = subprocess.run(["mount", *how.split(), str(folder)], check=False, capture_output=True)
    return done.returncode == 0


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, where one can be had; what is said of a job is kept elsewhere."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not mounted("-t tmpfs -o size=60k tmpfs", folder):
        pytest.skip("FULL DISK NOT TESTED: needs root, and the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=False, capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_a_full_disk_costs_nothing_but_time(tmp_path, disk, size):
    """Wherever it fills up, the run says so in a line; with room, the next one leaves each mailbox its one mail."""
    mounted(f"-o remount,size={size}k", disk)
    with MailServer() as server, Machine(tmp_path) as machine:
        office(disk, server.port, PEOPLE)
        first = machine.start(disk, NOON, "run")
        code, said = first.wait(), first.said()
        mounted("-o remount,size=50m", disk)
        last = machine.start(disk, LATER, "run")
        last.wait()

    assert code in (Exit.DONE, Exit.UNEXPECTED, Exit.SETTINGS, Exit.NOT_DELIVERED), said
    assert code == Exit.DONE or "Traceback" not in said
    judged(disk, PEOPLE, mails(server), last)


@pytest.mark.slow
@pytest.mark.parametrize("command", [["run"], ["weekly", "--once"]])
def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, disk, command):
    """Nobody is told anything; once it can be written to, everybody is told once."""
    mounted("-o remount,size=50m", disk)
    with MailServer() as server, Machine(tmp_path) as machine:
        office(disk, server.port, PEOPLE)
        mounted("-o remount,ro", disk)
        first = machine.start(disk, NOON, *command)
        code, said, steps = first.wait(), first.said(), list(server.steps)
        mounted("-o remount,rw", disk)
        last = machine.start(disk, LATER, *command)
        last.wait()

    assert (Exit.SETTINGS, []) == (code, steps), said
    assert "written" in said or "opened" in said
    judged(disk, PEOPLE, mails(server), last)


@pytest.mark.slow
def test_a_database_that_another_program_holds_is_said(tmp_path):
    """Held for longer than a run can wait, nobody is told; afterwards everybody is, once."""
    with MailServer() as server, Machine() as machine:
        office(tmp_path, server.port, PEOPLE)
        other = sqlite3.connect(tmp_path / "reporter.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        first = machine.start(tmp_path, NOON, "run")
        code, said, steps = first.wait(), first.said(), list(server.steps)
        other.execute("ROLLBACK")
        other.close()
        last = machine.start(tmp_path, LATER, "run")
        last.wait()

    assert (Exit.SETTINGS, []) == (code, steps)
    assert "in use by another program" in said
    judged(tmp_path, PEOPLE, mails(server), last)


@pytest.fixture
def served(tmp_path):
    """A mail server, and the settings of an office that sends by it."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with MailServer() as server:
        mail = MailSettings(allow=("example.org",), first_time_limit=9, transport="smtp", host="localhost",
                            port=server.port, ca_file="ca.pem")  # fmt: skip
        yield server, settings(tmp_path, [roster(tmp_path / "a.csv", PEOPLE)], sender="r@example.org", mail=mail)


def taken(server):
    return sorted(to for _, (to,), _ in server.mails)


def test_one_poisoned_roster_costs_only_its_own_people(served, tmp_path):
    """The others are told; its own are told once it is cured, and nobody twice."""
    server, known = served
    roster(tmp_path / "a.csv", PEOPLE[:2])
    (tmp_path / "b.csv").write_bytes(b"PK\x03\x04" + b"\x00" * 400)
    known = msgspec.structs.replace(known, roster=(*known.roster, RosterSettings(path=str(tmp_path / "b.csv"))))
    first = pipeline.run(known, at(), clock=at)
    before = taken(server)
    roster(tmp_path / "b.csv", PEOPLE[2:])
    second = pipeline.run(known, at(), clock=at)

    assert (Exit.INPUT, ["lab@example.org", "ops@example.org"]) == (first.exit_code, before)
    assert (Exit.DONE, ["far@example.org", *before]) == (second.exit_code, taken(server))


@pytest.mark.slow
def test_a_broken_template_stops_the_run_before_anybody_is_told(served, tmp_path):
    """It says which and where; mended, everybody is told once."""
    server, known = served
    broken = tmp_path / "own" / "digest.txt.j2"
    broken.parent.mkdir()
    broken.write_text("{{ headline", "utf-8")
    ours = msgspec.structs.replace(known, templates="own")
    with pytest.raises(SettingsError, match=r"digest\.txt\.j2"):
        pipeline.run(ours, at(), clock=at)
    assert [] == server.steps
    broken.unlink()
    pipeline.run(ours, at(), clock=at)

    assert ["far@example.org", "lab@example.org", "ops@example.org"] == taken(server)
