"""What is past its time goes, and a person goes on request, and both are on record."""

import hashlib
import hmac
import json
import os
import re

import msgspec
import pytest
from click.testing import CliRunner
from made_runs import at, outages, restored, roster, settings
from sqlalchemy import select, text

from reporter.cli import cli
from reporter.errors import StoreError
from reporter.pipeline.assemble.inputs import listed_now
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run import run_folder
from reporter.pipeline.run.run_folder import verify_run
from reporter.pipeline.run.run_lock import take_turn
from reporter.pipeline.upkeep.privacy import erase_person, export_person, files_naming, naming, purge
from reporter.settings import MailSettings, RecipientSettings, RetentionSettings
from reporter.store.audit import audit_events, note_event, verify_audit
from reporter.store.captures import evidence_beside, evidence_of, file_evidence
from reporter.store.database import open_store
from reporter.store.outbox import entries
from reporter.store.privacy import own_secret
from reporter.store.tables import outbox, run_findings

PEOPLE = [
    ("0017", "Ana Bel", "Robotics", "hr1@example.org", "ON", "Study permit", "2026-09-15"),
    ("0018", "Bo Chen", "Robotics", "hr2@example.org", "BC", "Work permit", "2026-09-30"),
    ("0021", "Eli Fox", "Sales", "hr2@example.org", "QC", "Work permit", "31/02/2026"),
]
CHECKSUM = re.compile(rb"[0-9a-f]{40,}")  # one in some hundreds holds four given figures
MAIL = MailSettings(transport="smtp", host="localhost", allow=("example.org",))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("privacy") / "home"


@pytest.fixture(scope="module")
def made(home):
    """Settings after one run whose mails are planned and not sent, and where that is kept."""
    home.mkdir()
    known = settings(home, [roster(home / "staff.csv", PEOPLE)], [outages(home / "o.json", [])])
    boss = RecipientSettings(address="boss@example.org", role="people_manager", units=("Robotics",))
    known = msgspec.structs.replace(known, mail=MAIL, sender="reports@example.org", recipients=(boss,))
    pipeline.run(known, at(), deliver=False)
    return known, restored(home.parent / "kept", home)


@pytest.fixture
def office(home, made):
    """Those settings and an open store; whatever a test does to them is its own."""
    known, kept = made
    restored(home, kept)
    store = open_store(known.store_url)
    yield known, store
    store.close()


def folder_of(known):
    return next(path.parent for path in known.runs_folder.glob("*/manifest.json"))


def kept_in(store, column):
    with store.begin() as connection:
        return list(connection.execute(select(column)).scalars())


def test_a_dry_run_removes_nothing(office):
    """It counts, and neither store nor folder is touched, and nothing is written down."""
    known, store = office
    done = purge(known, store, at("2030-01-01T00:00Z"), is_dry=True)

    assert all(one.rows or one.files for one in done if one.kind in ("runs", "digests", "rosters"))
    assert verify_run(folder_of(known)).is_intact
    assert ["run"] == [event.event for event in audit_events(store)]


def test_zero_days_keep_a_class(office):
    """However old it is."""
    known, store = office
    nothing = RetentionSettings(**dict.fromkeys(RetentionSettings.__struct_fields__, 0))
    done = purge(msgspec.structs.replace(known, retention=nothing), store, at("2099-01-01T00:00Z"))

    assert not any(one.rows or one.files for one in done)
    assert verify_run(folder_of(known)).is_intact


@pytest.mark.parametrize(("days", "expected"), [(29, True), (31, False)])
def test_copies_of_cells_go_after_thirty_days(office, days, expected):
    """By default the rows set aside and the quoted cells of a run are kept thirty days, the digests longer."""
    known, store = office
    purge(known, store, at() + days * (at("2026-09-10T00:00Z") - at("2026-09-09T00:00Z")))
    folder = folder_of(known)

    assert (expected, expected) == ((folder / "set-aside.xlsx").exists(), (folder / "problems.csv").exists())
    assert (folder / "digests" / "index.html").exists()


def test_a_run_that_was_purged_is_still_intact(office):
    """`reporter verify` tells what a purge took from what somebody else took."""
    known, store = office
    purge(known, store, at("2030-01-01T00:00Z"))
    found = verify_run(folder_of(known))

    assert (True, (), ()) == (found.is_intact, found.whole, found.missing)
    assert "risk.xlsx" in found.purged
    assert [] == kept_in(store, run_findings.c.person_id)


def test_the_outbox_is_emptied_of_addresses_and_content_once_settled(office):
    """Mails that were sent lose both; one that waits keeps them."""
    known, store = office
    with store.begin() as connection:
        connection.execute(text("UPDATE outbox SET state = 'sent' WHERE number = 1"))
    purge(known, store, at("2030-01-01T00:00Z"), classes=["outbox"])

    assert ["", "hr2@example.org"] == [entry.address for entry in entries(store)][:2]
    assert [True, False] == [content is None for content in kept_in(store, outbox.c.content)][:2]


def test_each_purge_is_on_record_in_counts(office):
    """The audit record says what class went, and how much; a second purge that finds nothing says nothing."""
    known, store = office
    for _ in range(2):
        purge(known, store, at("2030-01-01T00:00Z"), classes=["rosters"])

    assert [{"days": 30, "rows": 0, "files": 2}] == [e.facts for e in audit_events(store) if e.event == "purge"]


def file_for(store, known, person, content=b"proof"):
    folder = evidence_beside(store, known.home)
    sha256 = folder.keep(content)
    file_evidence(
        store, person, "other", sha256, suffix=".txt", size=5, happened_at=None, recorded_at=at(), note=""
    )  # fmt: skip
    return folder.folder / sha256


def test_a_mail_names_a_person_also_in_its_workbook(office):
    """The text, and the attached workbook, which is packed twice over, are both read; another's mail is not taken."""
    _, store = office
    contents = kept_in(store, outbox.c.content)

    assert [True, False] == [naming("0017")(bytes(one)) for one in contents][:2]
    assert [True, False] == [naming("Ana Bel")(bytes(one)) for one in contents][:2]


def test_an_erased_person_is_gone_from_the_store(office):
    """Findings, mails and evidence of that person go; those of others stay, and the chain is whole.

    A manager's mail and workbook give the name and no id.
    """
    known, store = office
    mine, other = file_for(store, known, "0017"), file_for(store, known, "0018", b"other")
    names = listed_now(known, "0017", at()).names
    erased = erase_person(known, store, "0017", at(), names=names, is_dry=False)
    gone = {entry.slug.rpartition("-")[0]: entry.address for entry in entries(store) if entry.state == "cancelled"}
    kept = [bytes(one) for one in kept_in(store, outbox.c.content) if one]

    assert {"0018"} == set(kept_in(store, run_findings.c.person_id)) - {"0021"}
    assert {"robotics": "", "people-manager": ""} == gone
    assert (["Ana Bel"], False, True) == (list(names), any(map(naming("0017", "Ana Bel"), kept)), bool(kept))
    assert any("manager" in path.name for path in erased.remaining)
    assert (False, True) == (mine.exists(), other.exists())
    assert ((), 1) == (evidence_of(store, "0017"), len(evidence_of(store, "0018")))
    assert () == verify_audit(store)
    assert b"0017" not in CHECKSUM.sub(b"", known.path("reporter.db").read_bytes())


def test_a_dry_erasure_erases_nothing(office):
    """It says what would go, and what delivered files still name the person."""
    known, store = office
    erased = erase_person(known, store, "0017", at(), is_dry=True)

    assert (1, True) == (len(erased.held.mails), "0017" in kept_in(store, run_findings.c.person_id))
    assert "risk.xlsx" in {path.name for path in erased.remaining}


def test_the_record_of_an_erasure_cannot_be_guessed(office):
    """Whoever has the record and a list of ids, but not the store's secret, does not find out who was erased."""
    known, store = office
    erase_person(known, store, "0017", at(), is_dry=False)
    (event,) = [event for event in audit_events(store) if event.event == "erasure"]
    key = known.path("audit.key").read_bytes()
    plain = [hashlib.sha256(text).hexdigest() for text in (b"0017", b"person\n0017")]

    assert 64 == len(event.subject)
    assert event.subject not in plain
    assert hmac.new(key, b"person\n0017", "sha256").hexdigest() == event.subject
    assert "0017" not in str(event)
    assert key not in known.path("reporter.db").read_bytes()


def test_a_dry_erasure_makes_no_secret(office):
    """It is made when it is first needed, for its owner's eyes, and then stays the same."""
    known, store = office
    erase_person(known, store, "0017", at(), is_dry=True)
    before = known.path("audit.key").exists()
    first = own_secret(known.home)
    rights = known.path("audit.key").stat().st_mode & 0o777

    assert (False, first, True) == (before, own_secret(known.home), os.name != "posix" or rights == 0o600)


def test_half_a_secret_is_refused(tmp_path):
    """A process was killed while it wrote one; a digest with nothing in it would be as good as plain."""
    (tmp_path / "audit.key").write_bytes(b"")
    with pytest.raises(StoreError, match=r"audit\.key: is damaged"):
        own_secret(tmp_path)


def test_records_of_before_the_secret_stay_true(office):
    """An older erasure stands with its plain digest; the chain over both is whole."""
    known, store = office
    with store.begin() as connection:
        note_event(connection, "erasure", hashlib.sha256(b"person\n0018").hexdigest(), {"findings": 1}, at())
    erase_person(known, store, "0017", at(), is_dry=False)

    assert () == verify_audit(store)


def test_all_that_is_held_of_a_person_can_be_given_out(office):
    """Findings of each run, mails, evidence, and the rows and files of the run folders."""
    known, store = office
    file_for(store, known, "0017")
    held = export_person(known.runs_folder, store, "0017")
    json.dumps(held)

    assert all(held[name] for name in ("findings", "mails", "evidence", "files", "rows"))
    assert {"0017"} == {row["person_id"] for row in held["rows"]}


def test_a_file_of_somebody_else_is_not_listed(office):
    """An id that is part of another word is not that person."""
    known, store = office

    assert () == files_naming(known.runs_folder, store, "001")


def test_the_commands_say_what_they_would_do(office, tmp_path):
    """`purge --dry-run` and `person erase` without --yes only tell."""
    known, _ = office
    url = ["--store", known.store_url]
    purged = CliRunner().invoke(cli, ["purge", "--class", "outbox", "--dry-run", *url])
    erased = CliRunner().invoke(cli, ["person", "erase", "0017", *url])

    assert (0, 0) == (purged.exit_code, erased.exit_code)
    assert "would be removed" in purged.stdout
    assert "Would be erased" in erased.stdout


LATER = at("2026-09-16T13:00:00Z")


class PowerCut(BaseException):
    """Nothing of the program runs on."""


@pytest.fixture(scope="module")
def cut(home, made):
    """The same after a second run that died while its digests were written."""
    known, kept = made
    restored(home, kept)
    die_writing(known)
    return restored(home.parent / "cut", home)


def die_writing(known, out=None):
    """A run that ends while its digests are written."""
    whole = run_folder.put_file

    def dying(path, content):
        whole(path, content)
        if path.name == "index.html":
            raise PowerCut

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_folder, "put_file", dying)
        with pytest.raises(PowerCut), take_turn(known, lambda: LATER) as turn:
            pipeline.run(known, LATER, clock=lambda: LATER, deliver=False, turn=turn, out=out)


@pytest.fixture
def half(home, made, cut):
    """The folder of that run, with the settings and the store beside it."""
    known, _ = made
    restored(home, cut)
    store = open_store(known.store_url)
    yield known, store, next(path.parent for path in known.runs_folder.glob(f"*/{run_folder.UNFINISHED}"))
    store.close()


def test_a_folder_that_was_not_finished_is_known_of_a_person(half):
    """Whoever asks what is held of somebody hears of it."""
    known, store, half = half

    assert half / "risk.xlsx" in files_naming(known.runs_folder, store, "0017")
    assert str(half / "risk.xlsx") in export_person(known.runs_folder, store, "0017")["files"]


@pytest.mark.parametrize(("day", "is_there"), [("2026-09-17", True), ("2031-09-17", False)])
def test_a_folder_that_was_not_finished_is_purged(half, day, is_there):
    """With the runs, when its own time is over."""
    known, store, half = half
    purge(known, store, at(f"{day}T13:00:00Z"))

    assert is_there == half.exists()


def test_the_next_run_of_the_report_sweeps_it_away(half):
    """And no other file: who has the turn knows that nobody is at it."""
    known, _, half = half
    (half / "own.txt").write_text("of the office")
    later = at("2026-09-16T14:00:00Z")
    with take_turn(known, lambda: later) as turn:
        pipeline.run(known, later, clock=lambda: later, deliver=False, turn=turn)

    assert ["own.txt"] == [path.name for path in half.iterdir()]
    assert folder_of(known).exists()


def test_a_folder_that_a_person_named_is_known_too(office, tmp_path):
    """`run --out DIR`: listed, and purged with the others; of a run that died, swept by the next."""
    known, store = office
    die_writing(known, tmp_path / "half")
    half = files_naming(known.runs_folder, store, "0017")
    with take_turn(known, lambda: LATER) as turn:
        pipeline.run(known, LATER, out=tmp_path / "own", clock=lambda: LATER, deliver=False, turn=turn)
    named, is_left = files_naming(known.runs_folder, store, "0017"), (tmp_path / "half").exists()
    purge(known, store, at("2031-09-17T13:00:00Z"))

    assert (tmp_path / "half" / "risk.xlsx" in half, is_left) == (True, False)
    assert tmp_path / "own" / "risk.xlsx" in named
    assert not (tmp_path / "own" / "risk.xlsx").exists()
