"""Rosters that stand elsewhere, each against a real server of its kind on this machine."""

import asyncio
import hashlib
import json
import sqlite3
import tempfile
import threading
from pathlib import Path

import asyncssh
import msgspec
import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY
from web_server import TENANT, WebServer

from reporter.errors import Exit, RosterError
from reporter.pipeline.assemble import remote_rosters
from reporter.pipeline.assemble.remote_rosters import fetch_roster, roster_file
from reporter.pipeline.run import run as pipeline
from reporter.settings import MailSettings, RosterSettings, load_settings

pytestmark = pytest.mark.enable_socket
PEOPLE = [("0017", "Ana Bel", "Robotics", "hr1@example.org", "ON", "Study permit", "2026-09-15")]
ADDRESS = "https://example.sharepoint.com/sites/hr/Shared Documents/staff.csv"
USER, PASSWORD = "reporter", "s3cret of the server"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch, tmp_path):
    """Tries follow one another at once, and copies lie where the test can look for them."""
    monkeypatch.setattr(remote_rosters, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
    (tmp_path / "copies").mkdir()
    monkeypatch.setenv("SECRET", PASSWORD)


def office(tmp_path, *entries, **more):
    """Settings with these rosters, and one on this machine."""
    here = roster(tmp_path / "here.csv", [("0018", *PEOPLE[0][1:])])
    known = settings(tmp_path, [here], **more)
    return msgspec.structs.replace(known, roster=(*known.roster, *entries))


def content(tmp_path, name="made.csv"):
    return roster(tmp_path / name, PEOPLE).read_bytes()


@pytest.fixture
def graph(tmp_path):
    """Graph with one file, and the settings that lead there."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with WebServer() as server:
        server.files[ADDRESS] = content(tmp_path)
        mail = MailSettings(tenant=TENANT, client_id="app", authority=server.url, graph_url=f"{server.url}/v1.0",
                            password_env="SECRET", ca_file="ca.pem", phase_seconds=5)  # fmt: skip
        yield server, office(tmp_path, RosterSettings("staff.csv", address=ADDRESS), mail=mail)


def test_a_file_of_sharepoint_is_a_roster_of_the_run(tmp_path, graph):
    """By the address that the browser shows; its digest is among the inputs, and no copy of it is left."""
    server, known = graph
    outcome = pipeline.run(known, at(), out=tmp_path / "out")

    assert (Exit.DONE, 2) == (outcome.exit_code, outcome.run.account.read)
    assert ("staff.csv", hashlib.sha256(server.files[ADDRESS]).hexdigest()) in outcome.run.inputs
    assert ["Bearer t1", None] == server.bearers  # the second is the other host that Graph sends us to
    assert [] == list((tmp_path / "copies").iterdir())


ANSWERS = [(403, "does not let us in"), (404, "nothing at this address"), (503, "could not be reached")]


@pytest.mark.parametrize(("code", "said"), ANSWERS)
def test_a_roster_that_cannot_be_had_was_not_read(tmp_path, graph, code, said):
    """The others are reported, the week owes it, the exit code says so, and neither address nor secret is told."""
    server, known = graph
    server.answers["file"] = (code, {})
    outcome = pipeline.run(known, at(), out=tmp_path / "out")
    (failure,) = outcome.failures
    owed = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["owed"]

    assert (Exit.INPUT, 1) == (outcome.exit_code, outcome.run.account.read)
    assert ["roster:staff.csv"] == [one["cause"] for one in owed]
    assert said in str(failure)
    assert not [secret for secret in (PASSWORD, "Shared Documents") if secret in str(failure)]


class Files(threading.Thread):
    """An SFTP server of a folder."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.key, self.folder, self.ready = asyncssh.generate_private_key("ssh-ed25519"), folder, threading.Event()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        self.stop, self.loop = asyncio.Event(), asyncio.get_running_loop()

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self):
                return True

            def validate_password(self, username, password):
                return (username, password) == (USER, PASSWORD)

        def chroot(channel):
            return asyncssh.SFTPServer(channel, chroot=str(self.folder).encode())

        server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[self.key], server_factory=Door,
                                       sftp_factory=chroot)  # fmt: skip
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.stop.wait()
        server.close()
        await server.wait_closed()

    @property
    def host_key(self):
        return self.key.export_public_key().decode().strip()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    server = Files(tmp_path_factory.mktemp("served"))
    server.start()
    assert server.ready.wait(10)
    yield server
    server.loop.call_soon_threadsafe(server.stop.set)
    server.join(10)


def sftp(files, name, **more):
    address = f"sftp://{USER}@127.0.0.1:{files.port}/{name}"
    more = {"host_key": files.host_key, "password_env": "SECRET"} | more
    return RosterSettings(name, address=address, **more)


def test_the_newest_file_of_an_sftp_server_is_read_under_its_own_name(tmp_path, files):
    """9 stands before 10, as on this machine; files that a program keeps beside an open one are none."""
    for name in ("staff-9.csv", "staff-10.csv", "~$staff-11.csv", "other-12.csv"):
        (files.folder / name).write_bytes(name.encode())
    with roster_file(office(tmp_path), sftp(files, "staff-*.csv")) as path:
        assert ("staff-10.csv", b"staff-10.csv") == (path.name, path.read_bytes())
    assert not path.exists()


REFUSALS = [
    ({"name": "gone.csv"}, "nothing at this address"),
    ({"password_env": "OTHER"}, "does not let us in"),
    ({"host_key": asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()}, "shows another key"),
    ({"host_key": "ssh-ed25519 AAAA"}, "cannot be used"),
]


@pytest.mark.parametrize(("wrong", "said"), REFUSALS)
def test_an_sftp_server_that_does_not_serve_is_told_with_the_cure(tmp_path, files, monkeypatch, wrong, said):
    """Above all one whose key is not the one that was confirmed: it gets no password."""
    monkeypatch.setenv("OTHER", "wrong")
    entry = sftp(files, wrong.get("name", "staff-10.csv"), **{k: v for k, v in wrong.items() if k != "name"})
    with pytest.raises(RosterError, match=said):
        fetch_roster(office(tmp_path), entry, tmp_path)


def test_a_server_that_is_not_there_is_told_as_such(tmp_path, files):
    """After a few tries."""
    entry = msgspec.structs.replace(sftp(files, "staff.csv"), address=f"sftp://{USER}@127.0.0.1:9/staff.csv")
    with pytest.raises(RosterError, match="could not be reached"):
        fetch_roster(office(tmp_path), entry, tmp_path)


@pytest.fixture
def database(tmp_path):
    with sqlite3.connect(tmp_path / "hr.db") as made:
        made.execute("CREATE TABLE staff (number TEXT, name TEXT, permit TEXT, until DATE, salary REAL)")
        made.execute("INSERT INTO staff VALUES ('0017', 'Ana Bel', 'Study permit', '2026-09-15', NULL)")
    made.close()
    return tmp_path / "hr.db"


def asked(query):
    return RosterSettings("hr", address="sqlite:///hr.db", query=query)


def test_the_rows_of_a_query_are_a_roster(tmp_path, database):
    """With the zeros of a number, and nothing where there is nothing."""
    query = (
        "SELECT number AS person_id, name AS full_name, permit AS permit_kind, until AS permit_expires_on FROM staff"
    )
    outcome = pipeline.run(office(tmp_path, asked(query)), at(), out=tmp_path / "out")

    assert (Exit.DONE, 2) == (outcome.exit_code, outcome.run.account.read)
    assert {"0017", "0018"} == set(outcome.told.office.findings["person_id"])
    assert "hr" in dict(outcome.run.inputs)


@pytest.mark.parametrize("query", ["DELETE FROM staff", "SELECT nothing FROM staff"])
def test_a_query_changes_nothing(tmp_path, database, query):
    """What the database refuses is told without quoting it."""
    was = database.read_bytes()
    with pytest.raises(RosterError, match="refused the query") as told:
        fetch_roster(office(tmp_path), asked(query), tmp_path)

    assert was == database.read_bytes()
    assert "staff" not in str(told.value)


WRONG = [
    ('address = "sftp://u:pw@host/f.csv"\nhost_key = "ssh-ed25519 AAAA"', "no password stands in an address"),
    ('address = "sftp://host/f.csv"', "`host_key` is missing"),
    ('address = "staff.csv"', "begins with https://"),
    ('address = "sqlite:///hr.db"', "begins with https://"),
    ('query = "SELECT 1"', "begins with https://"),
]


@pytest.mark.parametrize(("lines", "said"), WRONG)
def test_an_address_that_cannot_be_used_is_refused_at_once(tmp_path, lines, said):
    """With its key, before anything is read."""
    (tmp_path / "r.toml").write_text(f'[[roster]]\npath = "f.csv"\n{lines}\n', "utf-8")
    with pytest.raises(Exception, match=r"roster\[0\]\.address") as told:
        load_settings(Path(tmp_path / "r.toml"))

    assert said in str(told.value)
    assert "pw" not in str(told.value).replace("password", "")
