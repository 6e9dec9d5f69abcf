"""A whole run, from files to files: what it writes, who gets what, and what it remembers."""

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from icalendar import Calendar
from made_runs import HEADER, findings, outages, restored, roster, run

from reporter.errors import Exit, RosterError
from reporter.pipeline.run.refusals import Waivers
from reporter.report.tables import COLUMNS
from reporter.settings import UnitSettings

PEOPLE = [
    ("0017", "Ana Bel", "Robotics", "hr1@example.org", "ON", "Study permit", "2026-09-15"),
    ("0018", "Bo Chen", "Robotics", "hr1@example.org", "BC", "Work permit", "2026-09-30"),
    ("0019", "Cléo Dû", "Sales", "hr2@example.org", "QC", "Work permit", "2027-09-30"),
    ("0020", "Dia Eze", "Sales", "", "QC", "Work permit", "2026-08-01"),
    ("0021", "Eli Fox", "Sales", "not an address", "QC", "Work permit", "31/02/2026"),
]
EVENING = {
    "services": "ircc_secure_account",
    "began_at": "2026-09-15T18:00-04:00",
    "ended_at": "2026-09-15T22:00-04:00",
    "kind": "planned",
    "status": "announced",
}


@pytest.fixture
def files(tmp_path):
    return [roster(tmp_path / "staff.csv", PEOPLE)], [outages(tmp_path / "record.json", [EVENING])]


@dataclass(frozen=True)
class Whole:
    """The usual run, what it gave back and all that it logged."""

    folder: Path
    outcome: object
    logged: str


@pytest.fixture
def again(whole, tmp_path):
    """The folder of that run, and its files, to run once more."""
    folder = restored(tmp_path / "again", whole.folder)
    return folder, [folder / "staff.csv"], [folder / "record.json"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    log, heard = logging.getLogger("reporter"), StringIO()
    handler, level = logging.StreamHandler(heard), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        files = [roster(folder / "staff.csv", PEOPLE)], [outages(folder / "record.json", [EVENING])]
        return Whole(folder, run(folder, *files), heard.getvalue())
    finally:
        log.setLevel(level)
        log.removeHandler(handler)


def test_the_folder_holds_what_the_contract_names(whole):
    """Workbook, digests, calendar, findings, problems and the manifest that lists them with their digests."""
    tmp_path = whole.folder
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    names = {output["path"] for output in listed["outputs"]}

    assert {"risk.xlsx", "calendar.ics", "findings.csv", "problems.csv", "digests/index.html"} <= names
    assert Exit.DONE == whole.outcome.exit_code
    for output in listed["outputs"]:
        content = (tmp_path / "out" / output["path"]).read_bytes()
        assert output["sha256"] == hashlib.sha256(content).hexdigest()


def test_every_row_is_accounted_for(whole):
    """Rows read are the sum of those assessed, set aside and excluded, in manifest, workbook and digest."""
    tmp_path = whole.folder
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    first = openpyxl.load_workbook(tmp_path / "out" / "risk.xlsx").worksheets[0]
    said = " ".join(str(cell.value) for row in first.iter_rows() for cell in row if cell.value)

    assert (5, 4, 1, 0) == tuple(listed[f"rows_{name}"] for name in ("read", "assessed", "set_aside", "excluded"))
    assert "5 read = 4 assessed + 1 set aside + 0 excluded" in said


def test_findings_are_written_as_the_contract_says(whole):
    """Columns in order, instants with Z, hours with two decimals, truth in words, worst first."""
    tmp_path = whole.folder
    rows = findings(tmp_path)
    ana = next(row for row in rows if row["person_id"] == "0017")

    assert list(COLUMNS) == list(rows[0])
    assert ("study-permit-renewal", "critical", "cut-off-covered") == (ana["deadline"], ana["level"], ana["rule"])
    assert ("2026-09-16T00:00:00Z", "2026-09-15T00:00:00Z") == (ana["closes_at"], ana["safe_by_at"])
    assert ("155.00", "2.00", "153.00") == (ana["left_hours"], ana["lost_24h"], ana["usable_hours"])
    assert ("true", "false", "o0") == (ana["covers_close"], ana["is_past"], ana["outages"])
    order = ["critical", "high", "data_problem", "medium", "low", "none"]
    keys = [(order.index(row["level"]), row["closes_at"] or "9", row["person_id"]) for row in rows]
    assert sorted(keys) == keys


def test_each_contact_gets_only_their_own_people(tmp_path, files):
    """The parts are disjoint and complete; rows without a usable contact go to their unit, else to the office."""
    units = {"Sales": UnitSettings(address="sales@example.org", language="fr")}
    outcome = run(tmp_path, *files, units=units)
    folder = tmp_path / "out" / "digests"
    people = {"0017", "0018", "0019", "0020"}
    seen = {}
    for recipient in outcome.told.recipients:
        mail = message_from_bytes((folder / f"{recipient.slug}.eml").read_bytes(), policy=policy.default)
        book = next(part for part in mail.iter_attachments() if part.get_filename().endswith(".xlsx"))
        (tmp_path / "part.xlsx").write_bytes(book.get_content())
        sheets = openpyxl.load_workbook(tmp_path / "part.xlsx").worksheets
        cells = {str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row}
        seen[mail["To"]] = people & cells

    expected = {"hr1@example.org": {"0017", "0018"}, "hr2@example.org": {"0019"}, "sales@example.org": {"0020"}}
    assert expected == seen


def test_no_name_and_no_address_in_names_subjects_and_log(whole):
    """File names, subjects and the log hold counts and units, never a person, an address or a permit date."""
    tmp_path = whole.folder
    names = [str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*")]
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in tmp_path.rglob("*.eml")]
    said = "\n".join(
        [*names, *(mail["Subject"] for mail in mails), *(mail["Message-ID"] for mail in mails), whole.logged]
    )

    assert (3, True) == (len(mails), "read" in whole.logged)
    for secret in ("Ana", "Bel", "Cléo", "hr1", "hr2", "example.org", "2026-09-15T", "not an address"):
        assert secret not in said, secret


def test_the_same_input_gives_the_same_findings(again):
    """Run twice, the tables, digests, calendar and mails are the same byte for byte.

    Run on fewer, a digest of a contact who is gone does not stay beside the new ones.
    """
    folder, *files = again
    first = {p: p.read_bytes() for p in (folder / "out").rglob("*") if p.suffix in (".csv", ".html", ".txt", ".ics")}
    run(folder, *files)

    assert len(first) > 8
    assert {path: path.read_bytes() for path in first} == first
    roster(files[0][0], [*PEOPLE[:2], *PEOPLE[3:]])
    run(folder, *files)
    assert 1 == sum(path.suffix == ".html" and not path.exists() for path in first)


def test_the_next_run_says_what_changed(tmp_path, files):
    """New, worse, better and gone, for each person and duty."""
    run(tmp_path, files[0], as_of="2026-08-30T13:00:00Z")
    changed = [PEOPLE[0], PEOPLE[2], PEOPLE[3], ("0099", "Gus Hal", "Sales", "", "QC", "Work permit", "2026-12-01")]
    roster(tmp_path / "staff.csv", changed)
    outcome = run(tmp_path, *files, waivers=Waivers(shrink=True))
    told = {(row.person_id, row.change) for row in outcome.told.office.changes.itertuples()}

    assert {("0017", "worse"), ("0099", "new"), ("0018", "off_roster")} == told


def test_a_roster_that_cannot_be_read_costs_only_itself(tmp_path, files):
    """The other roster is reported, the fault is named, and the exit code says so."""
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"%PDF-1.7 not a workbook")
    outcome = run(tmp_path, [*files[0], broken], files[1])

    assert Exit.INPUT == outcome.exit_code
    assert 4 == outcome.run.account.assessed
    assert ["broken.xlsx"] == [re.split(r"[:,]", str(failure))[0] for failure in outcome.failures]


def test_a_run_without_an_outage_record_never_looks_like_an_all_clear(tmp_path, files):
    """Nobody looked: the digests say so in their subject and on top."""
    run(tmp_path, files[0])
    texts = [" ".join(path.read_text("utf-8").split()) for path in (tmp_path / "out" / "digests").glob("*.txt")]

    assert all("No outage record was read" in text or "nobody looked for outages" in text for text in texts)


def test_strict_tells_rows_set_aside_and_a_stale_record(tmp_path, files):
    """--strict answers 5 for rows set aside, and 7 for a record that is too old."""
    assert Exit.ROWS_SET_ASIDE == run(tmp_path, *files, strict=True).exit_code
    clean = [roster(tmp_path / "clean.csv", PEOPLE[:3])]
    old = [outages(tmp_path / "old.json", [EVENING], complete_to="2026-09-05T00:00:00Z")]
    assert Exit.RECORD_STALE == run(tmp_path, clean, old, strict=True).exit_code
    assert Exit.DONE == run(tmp_path, clean, old).exit_code


def test_no_roster_at_all_is_an_input_error(tmp_path):
    """Without a roster there is nothing to report, and what to do is said."""
    with pytest.raises(RosterError, match="--roster FILE"):
        run(tmp_path, [])


def test_when_no_roster_can_be_read_each_is_told(tmp_path):
    """Whoever mends one need not run again to hear of the next."""
    for name in ("empty.csv", "blank.csv"):
        (tmp_path / name).write_bytes(b"")

    with pytest.raises(RosterError, match=r"empty\.csv.*blank\.csv"):
        run(tmp_path, [tmp_path / "empty.csv", tmp_path / "blank.csv"])


def test_outages_of_the_future_count_by_their_stated_end(whole):
    """The run looks ahead: an announced window is in the facts before it begins."""
    ana = next(row for row in findings(whole.folder) if row["person_id"] == "0017")

    assert "2026-09-15T22:00:00Z" == ana["last_safe_at"]


def test_a_filed_duty_is_cancelled_in_the_next_calendar(again):
    """The contact's calendar and the office's hold the event of last week, taken back."""
    folder, people, record = again
    before = _events(folder / "out" / "calendar.ics")
    filed = [[*row, "2026-09-08"] if row[0] == "0017" else row for row in PEOPLE]
    roster(people[0], filed, [*HEADER, "Application submitted"])
    run(folder, people, record, as_of="2026-09-10T13:00:00Z")
    after = _events(folder / "out" / "calendar.ics")

    assert 1 == len(gone := {uid for uid, event in after.items() if event["STATUS"] == "CANCELLED"})
    assert gone < set(before)
    assert all(before[uid]["SEQUENCE"] == after[uid]["SEQUENCE"] for uid in set(before) - gone)


def _events(path):
    return {str(event["UID"]): event for event in Calendar.from_ical(path.read_bytes()).walk("VEVENT")}
