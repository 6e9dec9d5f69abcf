"""What is kept twice is kept once, what is old goes, and a year of folders costs a week's purge nothing."""

import hashlib
import json
from email import message_from_bytes, policy
from functools import partial

import msgspec
import pytest
from made_runs import at, outages, restored, roster, settings

from reporter.errors import FolderError
from reporter.model.mail import SENT
from reporter.pipeline.assemble.inputs import given_names
from reporter.pipeline.questions.history import LATEST, report_asked, tellings
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.run_folder import verify_run
from reporter.pipeline.send.deliver import drop_copies, mail_bytes
from reporter.pipeline.upkeep import privacy
from reporter.pipeline.upkeep.privacy import disk_use, erase_person, export_person, purge
from reporter.settings import MailSettings, RetentionSettings, WeeklySettings
from reporter.store.database import open_store
from reporter.store.outbox import content, entries
from reporter.weekly import once

PEOPLE = [
    ("0017", "Ana Bel", "Robotics", "hr1@example.org", "ON", "Study permit", "2026-09-15"),
    ("0018", "Bo Chen", "Sales", "hr2@example.org", "BC", "Work permit", "2026-09-30"),
]
TWO_MONTHS = "2026-11-10T13:00:00Z"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """An office after one report, whose mails went to a folder."""
    home = tmp_path_factory.mktemp("retention") / "home"
    home.mkdir()
    (home / "share").mkdir()
    mail = MailSettings(transport="folder", share="share", allow=("example.org",), first_time_limit=9)
    known = settings(home, [roster(home / "staff.csv", PEOPLE)], [outages(home / "o.json", [])], mail=mail)
    known = msgspec.structs.replace(known, weekly=WeeklySettings())
    pipeline.run(known, at(), clock=at)
    return known, home, restored(home.parent / "kept", home)


@pytest.fixture
def office(kept):
    known, home, copy = kept
    restored(home, copy)
    store = open_store(known.store_url)
    yield known, store
    store.close()


def folder_of(known):
    return next(path.parent for path in known.runs_folder.glob("*/manifest.json"))


def parts_of(mail):
    """Every part of a mail as it is shown, by its type."""
    found = [part for part in message_from_bytes(mail, policy=policy.default).walk() if not part.is_multipart()]
    return [part.get_payload(decode=True) for part in found]


def test_what_a_mail_holds_too_goes_after_two_months(office):
    """The mail stays, with every page, workbook and calendar that went: what a reader was told is not lost."""
    known, store = office
    digests = folder_of(known) / "digests"
    before = {path.name: path.read_bytes() for path in digests.iterdir()}
    purge(known, store, at("2026-11-08T12:00:00Z"), classes=["renderings"])
    early = {path.name for path in digests.iterdir()}
    purge(known, store, at(TWO_MONTHS), classes=["renderings"])
    left = {path.name: path.read_bytes() for path in digests.iterdir()}
    gone = before.keys() - left.keys() - {"index.html"}
    mailed = {part.replace(b"\r\n", b"\n").strip() for name in left for part in parts_of(left[name])}

    assert early == before.keys()
    assert {name for name in before if name.endswith(".eml")} == left.keys()
    assert {"html", "txt", "xlsx", "ics"} == {name.rpartition(".")[2] for name in gone}
    assert [] == [name for name in gone if before[name].replace(b"\r\n", b"\n").strip() not in mailed]
    assert verify_run(folder_of(known)).is_intact


def test_a_file_that_no_mail_holds_stays(office):
    """A workbook that was too large for its mail, say: only the folder has it."""
    known, store = office
    digests = folder_of(known) / "digests"
    book = next(digests.glob("robotics*.xlsx"))
    book.write_bytes(b"another workbook")
    purge(known, store, at(TWO_MONTHS), classes=["renderings"])

    assert b"another workbook" == book.read_bytes()
    assert not book.with_suffix(".txt").exists()


def test_a_mail_that_was_sent_is_kept_once(office):
    """The folder of its run has it; the outbox keeps who was told and when, and finds the bytes there."""
    known, store = office
    before = {entry.number: content(store, entry.number) for entry in entries(store)}
    bytes_of = partial(mail_bytes, known.runs_folder, store)
    said = tellings(store, report_asked(known), "0017", given_names(roster_of(known)), bytes_of, most=LATEST)
    dropped = [
        drop_copies(known.runs_folder, store, is_dry=True),
        drop_copies(known.runs_folder, store),
        drop_copies(known.runs_folder, store),
    ]
    after = entries(store)

    assert [len(before), len(before), 0] == dropped
    assert {b""} == {content(store, entry.number) for entry in after}
    assert before == {entry.number: mail_bytes(known.runs_folder, store, entry) for entry in after}
    assert {SENT} == {entry.state for entry in after}
    assert [] == [entry for entry in after if not entry.address]
    names = given_names(roster_of(known))
    assert said and said == tellings(store, report_asked(known), "0017", names, bytes_of, most=LATEST)


def roster_of(known):
    from reporter.pipeline.assemble.inputs import read_for_question

    people = read_for_question(known, at()).gathered.roster
    return people[people["person_id"] == "0017"]


@pytest.mark.parametrize("what", ["changed", "gone", "waits"])
def test_a_mail_that_nothing_else_holds_stays_in_the_outbox(office, what):
    """Its file is another one by now, or is gone, or it is still to be sent."""
    known, store = office
    entry = next(one for one in entries(store) if one.slug.startswith("robotics"))
    file = folder_of(known) / "digests" / f"{entry.slug}.eml"
    if what == "changed":
        file.write_bytes(file.read_bytes() + b" ")
    elif what == "gone":
        file.unlink()
    else:
        with store.begin() as connection:
            connection.exec_driver_sql(f"UPDATE outbox SET state = 'planned' WHERE number = {entry.number}")
    purge(known, store, at(), classes=["outbox"])

    assert [entry.number] == [one.number for one in entries(store) if content(store, one.number)]


def test_a_mail_that_only_the_folder_has_is_still_given_out_and_told_of(office):
    """To whoever asks what is held of them; and whoever erases them is told which file still names them."""
    known, store = office
    before = export_person(known.runs_folder, store, "0017", ["Ana Bel"])["mails"]
    drop_copies(known.runs_folder, store)
    after = export_person(known.runs_folder, store, "0017", ["Ana Bel"])["mails"]
    erased = erase_person(known, store, "0017", at(), names=["Ana Bel"], is_dry=True)

    assert before and before == after
    assert [path for path in erased.remaining if path.suffix == ".eml"]


def test_a_year_of_folders_is_passed_over_by_name(office, monkeypatch):
    """A week's purge reads the manifests of what it takes from, not of every run that ever was."""
    known, store = office
    own = folder_of(known).name
    for week in range(60):
        made = known.runs_folder / f"2025{1 + week // 5:02d}{1 + week % 5:02d}T130000Z-{week:08x}"
        made.mkdir()
        (made / "manifest.json").write_text(json.dumps({"as_of": "2025-01-01T00:00:00Z", "outputs": []}), "utf-8")
    read = []
    whole = privacy.manifest_bytes
    monkeypatch.setattr(privacy, "manifest_bytes", lambda folder: read.append(folder.name) or whole(folder))
    purge(known, store, at(TWO_MONTHS))

    assert {own} == set(read)


def test_what_cannot_be_removed_is_told_and_costs_the_report_nothing(office, monkeypatch):
    """The owner reads it; the week's exit code is that of the report, and the next one tries again."""
    known, _ = office

    def held(*_, **__):
        raise FolderError("cannot be removed", where="digests")

    monkeypatch.setattr("reporter.weekly.purge", held)
    done = once(known, clock=lambda: at("2026-09-14T13:00:00Z"))
    told = known.path(known.owner.failure_file).read_text("utf-8")
    monkeypatch.undo()
    once(known, clock=lambda: at("2026-09-21T13:00:00Z"))

    assert (0, True) == (done.code, done.made is not None)
    assert "[retention]" in told and "cannot be removed" in told
    assert not known.path(known.owner.failure_file).exists()


def test_records_and_what_they_rest_on_are_of_no_class(office):
    """The manifest, the audit record and captured pages on which the ledger rests outlive every limit."""
    known, store = office
    captures = known.path("captures")
    captures.mkdir(exist_ok=True)
    (captures / hashlib.sha256(b"page").hexdigest()).write_bytes(b"page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(privacy, "captured", lambda store: [hashlib.sha256(b"page").hexdigest()])
        purge(known, store, at("2099-01-01T00:00:00Z"))

    assert (folder_of(known) / "manifest.json").exists()
    assert [hashlib.sha256(b"page").hexdigest()] == [path.name for path in captures.iterdir()]
    assert verify_run(folder_of(known)).is_intact


def test_how_much_room_it_takes_and_what_goes_when(office):
    """In bytes, and by class from which instant on; what is kept for good, or not there, has none."""
    known, store = office
    use = disk_use(msgspec.structs.replace(known, retention=RetentionSettings(runs=0)), store)
    folder = folder_of(known)

    assert known.path("reporter.db").stat().st_size == use.store
    assert (1, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())) == (use.folders, use.runs)
    days = {kind: (when - at()).days for kind, when in use.goes.items()}
    assert {"digests": 730, "renderings": 60, "rosters": 30, "outbox": 90} == days
