"""A run folder and the record of runs, checked after the fact."""

import hashlib
import json
import shutil

import pytest
from click.testing import CliRunner
from made_runs import roster, run

from reporter.cli import cli
from reporter.errors import Exit, ReporterError
from reporter.pipeline.run.run_folder import verify_run
from reporter.store.audit import audit_events
from reporter.store.database import open_store

PEOPLE = [("0017", "Ana Bel", "Robotics", "hr1@example.org", "ON", "Study permit", "2026-09-15")]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A folder with one finished run, which the tests copy from."""
    folder = tmp_path_factory.mktemp("verify")
    run(folder, [roster(folder / "staff.csv", PEOPLE)])
    return folder


@pytest.fixture
def out(done, tmp_path):
    return shutil.copytree(done / "out", tmp_path / "out")


def test_a_run_is_as_its_manifest_says(out):
    """Nothing is missing, changed or put there right after a run."""
    found = verify_run(out)

    assert found.is_intact
    assert len(json.loads((out / "manifest.json").read_text("utf-8"))["outputs"]) == len(found.whole)


@pytest.mark.parametrize("what", ["missing", "changed", "extra"])
def test_each_kind_of_tampering_is_named(out, what):
    """A file taken out, a changed byte and a file put there are told apart, with the path."""
    path = out / ("digests/new.html" if what == "extra" else "findings.csv")
    if what == "missing":
        path.unlink()
    elif what == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    else:
        path.write_text("x")

    assert (path.relative_to(out).as_posix(),) == getattr(verify_run(out), what)


def test_a_run_and_a_database_that_stand_in_the_folder_are_no_tampering(out, done):
    """The demo keeps last week and its database there; each is named, and any other file is what was put there."""
    shutil.copytree(done / "out", out / "last-week")
    (out / "kept.db").write_bytes(b"SQLite format 3\0 and so on")
    (out / "kept.txt").write_text("x")
    found = verify_run(out)

    assert (("kept.db", "last-week/"), ("kept.txt",)) == (found.beside, found.extra)


def test_a_folder_without_a_manifest_is_no_run(tmp_path):
    """What was cut off before its end is refused with what it lacks."""
    with pytest.raises(ReporterError, match=r"manifest\.json"):
        verify_run(tmp_path)


def test_the_command_answers_nine_for_a_run_that_was_changed(out):
    """`reporter verify` names the file on stderr and exits 9; whole, it exits 0."""
    good = CliRunner().invoke(cli, ["verify", str(out)])
    (out / "risk.xlsx").write_bytes(b"")
    bad = CliRunner().invoke(cli, ["verify", str(out)])

    assert (Exit.DONE, Exit.NOT_INTACT) == (good.exit_code, bad.exit_code)
    assert "risk.xlsx: changed" in bad.stderr


def test_a_run_is_on_record_with_its_inputs_and_the_digest_of_its_manifest(done):
    """The audit record names the rosters by digest, the rules, and what the folder's manifest must be."""
    store = open_store(f"sqlite:///{done}/reporter.db")
    (event,) = audit_events(store)
    store.close()

    assert "run" == event.event
    assert hashlib.sha256((done / "staff.csv").read_bytes()).hexdigest() == event.facts["inputs"][0]["sha256"]
    assert verify_run(done / "out").manifest_sha256 == event.facts["manifest_sha256"]


def test_the_record_is_shown_and_verified(done):
    """`audit show` lists the run and `audit verify` prints the head to keep."""
    url = f"sqlite:///{done}/reporter.db"
    shown = json.loads(CliRunner().invoke(cli, ["audit", "show", "--json", "--store", url]).stdout)
    checked = CliRunner().invoke(cli, ["audit", "verify", "--store", url])
    wrong = CliRunner().invoke(cli, ["audit", "verify", "--store", url, "--head", "2:" + "0" * 64])

    assert ["run"] == [event["event"] for event in shown]
    assert (Exit.DONE, Exit.NOT_INTACT) == (checked.exit_code, wrong.exit_code)


def test_what_a_run_writes_is_its_owners_alone(done):
    """Folders are 0700 and files 0600, whatever the umask was."""
    folders = {path.stat().st_mode & 0o777 for path in [done / "out", done / "out" / "digests"]}
    files = {path.stat().st_mode & 0o777 for path in (done / "out").rglob("*") if path.is_file()}

    assert ({0o700}, {0o600}) == (folders, files)
