"""A run takes back what the office wrote in the last workbook, and none of it can stop the run."""

import csv
import shutil
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from made_runs import at, findings, restored, roster, run, settings

from reporter.errors import Exit
from reporter.model.report import KEY_HEADER
from reporter.pipeline.assemble.gather import gather_notes
from reporter.pipeline.run.refusals import Waivers

pytestmark = pytest.mark.slow  # minutes of whole runs: part of `make check`
PEOPLE = [
    ("E1", "Ana Example", "Lab", "lab@example.org", "ON", "work", "2026-09-15"),
    ("E2", "Bo Example", "Field", "field@example.org", "ON", "work", "2026-09-16"),
]
LATER = "2026-09-10T13:00:00Z"


def book_of(path: Path):
    return openpyxl.load_workbook(path)


def write(path: Path, person: str, *, saved: Path | None = None, **said: str) -> None:
    """Write beside a person's first duty on the sheet At risk, and save."""
    book = book_of(path)
    sheet = book["At risk"]
    header = next(row for row in sheet.iter_rows(max_row=20) if KEY_HEADER in [cell.value for cell in row])
    named = {cell.value: cell.column for cell in header}
    row = next(r for r in range(header[0].row + 1, sheet.max_row + 1)
               if sheet.cell(r, named["Person id"]).value == person)  # fmt: skip
    for name, value in said.items():
        sheet.cell(row, named[name]).value = value
    book.save(saved or path)


def told(path: Path | BytesIO) -> str:
    return "\n".join(str(cell.value) for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a first run, with its workbook apart from the folder that the next run clears, and a copy of it."""
    home = tmp_path_factory.mktemp("notes") / "home"
    home.mkdir()
    run(home, [roster(home / "staff.csv", PEOPLE)])
    (home / "last").mkdir()
    shutil.copy(home / "out" / "risk.xlsx", home / "last" / "risk.xlsx")
    return home, restored(home.parent / "kept", home)


@pytest.fixture
def first(made):
    return restored(*made)


def again(folder: Path, *files: Path, **more: object):
    return run(folder, [folder / "staff.csv"], as_of=LATER, annotations=tuple(map(str, files)), **more)


def test_a_note_is_in_the_next_workbook_and_only_in_its_own_recipients(first):
    """The office sees both notes, a recipient the one beside their own row; the manifest names the workbook."""
    last = first / "last" / "risk.xlsx"
    write(last, "E1", Note="note-of-ana")
    write(last, "E2", Note="note-of-bo")
    outcome = again(first, last)
    mail = message_from_bytes(next((first / "out" / "digests").glob("lab*.eml")).read_bytes(), policy=policy.default)
    attached = next(part.get_content() for part in mail.iter_attachments() if part.get_filename().endswith(".xlsx"))

    assert ("risk.xlsx", at(LATER)) == (outcome.manifest["inputs"][-1]["path"], outcome.run.as_of)
    assert "note-of-ana" in (theirs := told(BytesIO(attached)))
    assert "note-of-bo" not in theirs
    assert {"note-of-ana", "note-of-bo"} <= set(told(first / "out" / "risk.xlsx").split("\n"))


def test_a_note_on_somebody_who_left_is_only_in_the_offices_workbook(first):
    """It stands among the notes without a finding, and comes back from there in the run after."""
    last = first / "last" / "risk.xlsx"
    write(last, "E2", Note="note-of-bo")
    roster(first / "staff.csv", PEOPLE[:1])
    again(first, last, waivers=Waivers(shrink=True))
    shutil.copy(first / "out" / "risk.xlsx", first / "last" / "risk2.xlsx")
    again(first, first / "last" / "risk2.xlsx", waivers=Waivers(shrink=True))

    assert "Notes without a finding" in book_of(first / "out" / "risk.xlsx").sheetnames
    assert "note-of-bo" in told(first / "out" / "risk.xlsx")


def test_levels_and_findings_are_untouched_by_a_snooze(first):
    """findings.csv says the same with the workbook as without."""
    again(first)
    before = findings(first)
    last = first / "last" / "risk.xlsx"
    write(last, "E1", Status="Snoozed until Due", Due="2026-09-12")
    again(first, last)

    assert before == findings(first)
    assert "E1" not in next((first / "out" / "digests").glob("lab*.txt")).read_text("utf-8")


def test_a_workbook_that_cannot_be_read_costs_only_itself(first):
    """Everything is written, each failure names its file, and the exit code says that an input was unusable."""
    damaged = [first / "last" / f"risk-{name}.xlsx" for name in ("torn", "empty", "text")]
    for path, content in zip(damaged, (b"PK\x03\x04 torn", b"", b"person,level\nE1,high\n"), strict=True):
        path.write_bytes(content)
    outcome = again(first, *damaged)

    assert Exit.INPUT == outcome.exit_code
    assert [path.name for path in damaged] == [
        next(path.name for path in damaged if path.name in str(failure)) for failure in outcome.failures
    ]
    assert (first / "out" / "manifest.json").exists()


def test_two_workbooks_that_disagree_are_both_kept(first):
    """One stands beside the finding, the other among the notes without one, and problems.csv says so."""
    last = first / "last" / "risk.xlsx"
    write(last, "E1", saved=first / "last" / "theirs.xlsx", Note="she has filed")
    write(last, "E1", Note="she has not filed")
    again(first, last, first / "last" / "theirs.xlsx")
    with (first / "out" / "problems.csv").open(newline="", encoding="utf-8") as file:
        codes = [row["code"] for row in csv.DictReader(file)]

    assert {"she has filed", "she has not filed"} <= set(told(first / "out" / "risk.xlsx").split("\n"))
    assert "note_conflict" in codes


def test_of_a_folder_the_newest_risk_workbook_counts_and_every_other_that_was_put_there(first):
    """Two risk workbooks and one that a recipient gave back: the older risk workbook is passed over."""
    last = first / "last"
    write(last / "risk.xlsx", "E1", saved=last / "lab-1a2b.xlsx", Note="from the lab")
    write(last / "risk.xlsx", "E1", saved=last / "risk-2.xlsx", Note="newer")
    noted = gather_notes(settings(first, [], annotations="last"))

    assert ["risk-2.xlsx", "lab-1a2b.xlsx"] == [name for name, _ in noted.inputs]


def test_a_folder_of_runs_is_looked_through(first):
    """Where each run has its own folder, the newest workbook among them counts."""
    noted = gather_notes(settings(first, [], annotations="."))

    assert ["risk.xlsx"] == [name for name, _ in noted.inputs]
