"""A ledger falsified in many ways, with the triggers taken off, is found out."""

import shutil

import msgspec
import pytest
from click.testing import CliRunner
from forging import forge, seal_anew
from made_runs import at, roster, settings

from reporter.cli import cli
from reporter.errors import Exit
from reporter.pipeline.assemble.ledger_anchor import accept_lost, keep_head, ledger_state
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.upkeep.record_outages import OpenLedger, enter_bytes
from reporter.rules.load import load_rulebook, service_names
from reporter.store.captures import captures_beside
from reporter.store.database import open_store
from reporter.store.ledger import ledger_head
from reporter.store.ledger_rows import Head

NAMES = service_names(load_rulebook())
ROW = "{},gckey,2026-09-0{}T10:00Z,2026-09-0{}T12:00Z,unplanned,official,resolved,https://example.org/1\n"
HEADER = "outage_id,services,began_at,ended_at,kind,verification,status,source_url\n"
LATER = "2026-09-09T14:00:00Z"


class Office:
    """A roster of one, a store, and what is done with them."""

    def __init__(self, folder):
        self.folder = folder
        people = roster(
            folder / "staff.csv", [("E1", "One Invented", "Lab", "lab@example.org", "ON", "Work", "2026-09-20")]
        )
        self.settings = settings(folder, [people])
        self.store = open_store(self.settings.store_url)

    def enter(self, *ids, when="2026-09-08T12:00:00Z"):
        path = self.folder / "outages.csv"
        path.write_text(HEADER + "".join(ROW.format(name, n, n) for n, name in enumerate(ids, 1)))
        ledger = OpenLedger(self.store, captures_beside(self.store, self.folder), NAMES)
        enter_bytes(ledger, path.name, path.read_bytes(), at=at(when))
        keep_head(self.settings.home, self.store)

    def run(self, when=LATER):
        return pipeline.run(self.settings, at(when), out=self.folder / "out")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The folder of an office with three outages on record and one run."""
    made = Office(tmp_path_factory.mktemp("first"))
    made.enter("a", "b", "c")
    made.run("2026-09-09T13:00:00Z")
    made.store.close()
    return made.folder


@pytest.fixture
def office(first, tmp_path):
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    made = Office(tmp_path)
    yield made
    made.store.close()


FORGERIES = {
    "the last row": "DELETE FROM ledger_checks WHERE number = 4",
    "every row": "DELETE FROM outage_versions; DELETE FROM ledger_checks; DELETE FROM ledger_items",
    "a row in the middle": "DELETE FROM outage_versions WHERE number = 2",
    "an hour": "UPDATE outage_versions SET ended_at = '2026-09-01T11:00:00.000000Z' WHERE number = 1",
    "an end taken away": "UPDATE outage_versions SET ended_at = '' WHERE number = 3",
    "complete_to": "UPDATE ledger_checks SET complete_to = '2026-09-30T00:00:00.000000Z'",
    "the account of a look": "UPDATE ledger_checks SET refused = 0, entered = 9",
    "two rows exchanged": "UPDATE outage_versions SET number = 99 WHERE number = 1; "
    "UPDATE outage_versions SET number = 1 WHERE number = 2; UPDATE outage_versions SET number = 2 WHERE number = 99",
}


def _older(office):
    database = office.folder / "reporter.db"
    shutil.copy(database, office.folder / "older.db")
    office.enter("a", "b", "c", "d", when=LATER)
    office.store.close()
    shutil.copy(office.folder / "older.db", database)
    office.store = open_store(office.settings.store_url)


def _changed_capture(office):
    (capture,) = (office.folder / "captures").iterdir()
    capture.write_bytes(b"all was well")


def _settled(office):
    office.enter("a", "b", "c", "d,gckey,yesterday,2026-09-01T12:00Z,unplanned,official,resolved,\n#")
    forge(office.store, "ledger_items", "UPDATE ledger_items SET fate = 'settled', who = 'x', why = 'y'")


def _anew(*statements):
    def act(office):
        forge(office.store, "outage_versions", *statements)
        seal_anew(office.store)

    return act


DEEDS = {
    "an older copy put back": _older,
    "a capture with other words": _changed_capture,
    "an open item settled": _settled,
    "an hour, and every seal written anew": _anew(
        "UPDATE outage_versions SET ended_at = '2026-09-01T11:00:00.000000Z' WHERE number = 1"
    ),
    "complete_to, and every seal written anew": _anew(
        "UPDATE ledger_checks SET complete_to = '2026-09-30T00:00:00.000000Z'"
    ),
    "a service, and every seal written anew": _anew("UPDATE outage_versions SET services = 'epay' WHERE number = 3"),
}


def _done(office, deed):
    if deed in DEEDS:
        DEEDS[deed](office)
    else:
        forge(office.store, "outage_versions", *FORGERIES[deed].split("; "))


def asked(office, *commands):
    return [CliRunner().invoke(cli, [*words, "--store", office.settings.store_url]).exit_code for words in commands]


@pytest.mark.parametrize("deed", [*FORGERIES, *DEEDS])
def test_every_check_finds_every_forgery(office, deed):
    """`outages verify` exits 9, whatever was done, and so does what `doctor` and a run ask."""
    _done(office, deed)

    assert [Exit.NOT_INTACT] == asked(office, ["outages", "verify"])
    assert 0 < ledger_state(office.settings, office.store).count


def test_a_run_and_the_doctor_tell_of_a_forgery(office, monkeypatch):
    """Both exit 9; the run tells it on page one."""
    _done(office, "every row")
    monkeypatch.chdir(office.folder)
    (doctor,), run = asked(office, ["doctor"]), office.run()
    mail = next((office.folder / "out" / "digests").glob("*.txt")).read_text("utf-8")

    assert [Exit.NOT_INTACT] * 2 == [doctor, run.exit_code]
    assert "NOT what was written" in " ".join(mail.split())


def test_a_whole_ledger_is_no_fault(office):
    """After looks, runs and more entries."""
    office.run()
    office.enter("a", "b", "c", "d", when=LATER)

    assert 0 == ledger_state(office.settings, office.store).count


def test_a_tail_cut_off_and_written_anew_is_found(office):
    """Whoever goes on from the cut makes a chain that fits, and no longer holds what the run named."""
    forge(office.store, "outage_versions", "DELETE FROM ledger_checks WHERE number = 4",
          "DELETE FROM outage_versions WHERE number = 3")  # fmt: skip
    office.enter("a", "b", "x", when=LATER)

    assert [(4, "changed")] == [(f.number, f.what) for f in ledger_state(office.settings, office.store).faults]


def test_an_older_copy_put_back_is_found_and_can_be_accepted(office):
    """Though no run came in between; whoever says why goes on from there."""
    database = office.folder / "reporter.db"
    shutil.copy(database, office.folder / "older.db")
    office.enter("a", "b", "c", "d", when=LATER)
    office.store.close()
    shutil.copy(office.folder / "older.db", database)
    office.store = open_store(office.settings.store_url)
    found = ledger_state(office.settings, office.store).count
    accepted = accept_lost(office.settings, office.store, who="A. Clerk", why="the disk failed", at=at(LATER))

    assert (1, 1, 0) == (found, accepted, ledger_state(office.settings, office.store).count)


@pytest.mark.parametrize("gone", [["reporter.db"], ["reporter.db", "ledger-heads.json"]])
def test_a_ledger_deleted_and_fed_anew_is_found_and_can_be_accepted(office, gone):
    """The note beside the store tells of it, or the folder of a run of which the new one has no record."""
    pipeline.run(office.settings, at("2026-09-09T13:30:00Z"))
    office.store.close()
    for name in gone:
        (office.folder / name).unlink()
    office.store = open_store(office.settings.store_url)
    office.enter("a", "b")
    found = ledger_state(office.settings, office.store).count
    accept_lost(office.settings, office.store, who="A. Clerk", why="we began again", at=at(LATER))

    assert (True, 0) == (found > 0, ledger_state(office.settings, office.store).count)
    assert Exit.DONE == office.run().exit_code


def test_a_store_of_another_name_is_held_to_nothing_once_it_has_a_run(office):
    """Two stores may write into one folder."""
    other = open_store(f"sqlite:///{office.folder}/other.db")
    known = msgspec.structs.replace(office.settings, store=f"sqlite:///{office.folder}/other.db")
    pipeline.run(known, at(LATER))
    pipeline.run(office.settings, at(LATER))
    state = ledger_state(known, other)
    other.close()

    assert 0 == state.count


def test_a_changed_capture_is_found(office):
    """The run exits 9; one that is only gone is told by the check."""
    (capture,) = (office.folder / "captures").iterdir()
    capture.write_bytes(b"all was well")
    changed = ledger_state(office.settings, office.store)
    outcome = office.run()
    capture.unlink()

    assert (1, Exit.NOT_INTACT) == (len(changed.changed), outcome.exit_code)
    assert (0, 1) == ((gone := ledger_state(office.settings, office.store)).count, len(gone.missing))


def test_a_head_kept_by_somebody_is_asked_for(office):
    """It is there, or it is not."""
    head = ledger_head(office.store)
    other = Head(head.number, "0" * 64)

    assert [0, 1] == [ledger_state(office.settings, office.store, expected=one).count for one in (head, other)]
