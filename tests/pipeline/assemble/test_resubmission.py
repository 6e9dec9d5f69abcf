"""Rows set aside go out as a workbook, come back mended, and then say what a clean roster would have said."""

from contextlib import nullcontext

import openpyxl
import pytest
from made_runs import findings, outages, roster, run

from reporter.errors import RosterError
from reporter.model.shapes import ASIDE_HEADER_ROW, ASIDE_MARK
from reporter.pipeline.run.refusals import Waivers, refuse_replaced

HEADER = ("Employee No.", "Legal name", "Department", "Permit type", "Permit expiry", "Passport expiry")
CLEAN = [
    ("01", "Ana Bel", "Robotics", "Study permit", "15/09/2026", "03/04/2027"),
    ("02", "Bo Chen", "Robotics", "Work permit", "30/09/2026", "01/02/2028"),
    ("03", "=cmd()", "Sales", "Work permit", "28/02/2027", "05/06/2028"),
    ("04", "Dia Eze", "Sales", "Work permit", "05/10/2026", "07/08/2027"),
]
FAULTS = {2: ("03", "=cmd()", "Sales", "Work permit", "31/02/2027", "05/06/2028 00:00:00"), 3: ("", *CLEAN[3][1:])}


def without_source(folder):
    return [{name: value for name, value in row.items() if name != "source_row"} for row in findings(folder)]


def mend(path, fixes):
    """What somebody does in a spreadsheet program: change the wrong cells and save."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[ASIDE_HEADER_ROW]]
    for row in sheet.iter_rows(min_row=ASIDE_HEADER_ROW + 1):
        name = row[headers.index("Legal name")].value
        for header, value in fixes.get(name, {}).items():
            row[headers.index(header)].value = value
    book.save(path)


def test_mended_rows_say_what_a_clean_roster_says(tmp_path):
    """The findings are those of the clean roster, but for where the rows stand; that has no workbook of rows to mend.

    In the workbook each row stands with its own cells as text, its address, the fault and what is allowed.
    """
    record = [outages(tmp_path / "record.json", [])]
    for name in ("clean", "faulty"):
        (tmp_path / name).mkdir()
    clean = roster(tmp_path / "clean" / "staff.csv", CLEAN, HEADER)
    run(tmp_path / "clean", [clean], record)
    rows = [FAULTS.get(number, row) for number, row in enumerate(CLEAN)]
    faulty = roster(tmp_path / "faulty" / "staff.csv", rows, HEADER)
    assert 2 == run(tmp_path / "faulty", [faulty], record).run.account.set_aside
    aside = tmp_path / "faulty" / "set-aside.xlsx"
    (tmp_path / "faulty" / "out" / "set-aside.xlsx").rename(aside)
    sheet = openpyxl.load_workbook(aside).worksheets[0]
    header, first, second = list(sheet.iter_rows(min_row=ASIDE_HEADER_ROW, values_only=True))

    assert (ASIDE_MARK, "staff.csv") == (sheet["A1"].value, sheet["C1"].value)
    assert ("staff.csv!:4", (*FAULTS[2][:5], "05/06/2028")) == (first[0], first[1:7])
    assert "31/02/2027" in first[7]
    assert "person id" in second[7]
    assert "Legal name" == header[2]
    heading, width = sheet.row_dimensions[ASIDE_HEADER_ROW], sheet.column_dimensions["A"].width
    assert heading.height >= 15 * len(header[0]) / width  # none of its words is cut off
    assert not (tmp_path / "clean" / "out" / "set-aside.xlsx").exists()
    mend(aside, {"=cmd()": {"Permit expiry": "28/02/2027"}, "Dia Eze": {"Employee No.": "04"}})
    outcome = run(tmp_path / "faulty", [faulty, aside], record)

    assert without_source(tmp_path / "clean") == without_source(tmp_path / "faulty")
    assert (6, 4, 2) == (outcome.run.account.read, outcome.run.account.assessed, outcome.run.account.set_aside)


def test_a_roster_that_shrank_stops_the_run(tmp_path):
    """A fall of more than 30 % since the last run, or an empty roster, stops before anything is written."""
    people = [(f"{n:02}", f"P {n}", "Sales", "Work permit", "2027-02-28", "") for n in range(10)]
    path = roster(tmp_path / "staff.csv", people, HEADER)
    run(tmp_path, [path], as_of="2026-09-02T13:00:00Z")
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    for now in (6, 0):
        roster(path, people[:now], HEADER)
        with pytest.raises(RosterError, match="--accept-shrink"):
            run(tmp_path, [path])
        assert before == (tmp_path / "out" / "manifest.json").read_bytes()
    roster(path, people[:7], HEADER)
    assert 7 == run(tmp_path, [path]).run.account.read
    roster(path, [], HEADER)
    assert 0 == run(tmp_path, [path], waivers=Waivers(shrink=True)).run.account.read


@pytest.mark.parametrize(("stayed", "others", "stops"), [(4, 6, True), (5, 5, False), (4, 0, True), (10, 30, False)])
def test_a_file_of_other_people_stops_the_run(stayed, others, stops):
    """However many they are: most of whom the last run had would be told as gone."""
    before = {f"{n:02}" for n in range(10)}
    now = {f"{n:02}" for n in range(stayed)} | {f"x{n}" for n in range(others)}
    with pytest.raises(RosterError, match="on no roster any more") if stops else nullcontext():
        refuse_replaced(before, now, ["staff.csv"])
