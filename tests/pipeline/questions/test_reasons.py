"""The sheet of reasons in a run's book of record: who is at risk there too, and what the run found."""

import csv

import made_runs
import openpyxl
import pytest

from reporter.model.levels import AT_RISK
from reporter.report import trace
from reporter.text.catalogue import words

PEOPLE = [
    ["P1", "Ana Invented", "Sales", "hr@example.org", "BC", "Work permit", "2026-09-15"],
    ["P2", "Ben Invented", "Sales", "hr@example.org", "ON", "Work permit", "2026-10-20"],
    ["P3", "Cam Invented", "Sales", "hr@example.org", "QC", "Study permit", "2029-10-20"],
]
DOWN = {"services": "ircc_secure_account", "began_at": "2026-09-15T22:00:00Z", "ended_at": "2026-09-16T02:00:00Z"}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Of one run in each language the sheets At risk and Why, with the folder and the words."""

    def sheets(language):
        home = tmp_path_factory.mktemp("why")
        roster = made_runs.roster(home / "staff.csv", PEOPLE)
        made_runs.run(home, [roster], [made_runs.outages(home / "down.json", [DOWN])], language=language)
        risk, record = (openpyxl.load_workbook(home / "out" / name) for name in ("risk.xlsx", "record.xlsx"))
        w = words("workbook", language)
        return risk[w["sheet_at_risk"]], record[w["sheet_why"]], home, w

    return {language: sheets(language) for language in ("en", "fr")}


@pytest.fixture(params=["en", "fr"])
def made(request, both):
    return both[request.param]


def column(sheet, header):
    """The cells under a heading, with the row of each."""
    place = [cell for row in sheet.iter_rows() for cell in row if cell.value == header][-1]  # not the title
    return [row[place.column - 1] for row in sheet.iter_rows(min_row=place.row + 1) if row[0].value]


def test_each_row_at_risk_has_its_chain_in_the_book_of_record(made):
    """The same people in both, found by their id."""
    acts, reasons, _, w = made

    assert ["P1", "P2"] == [cell.value for cell in column(acts, w["col_person_id"])]
    assert ["P1", "P2"] == [cell.value for cell in column(reasons, w["col_person_id"])]


def test_the_chain_names_the_cell_that_the_date_stands_in(made):
    """The column is that of the heading it was read under."""
    _, reasons, _, w = made

    assert ["staff.csv!G2", "staff.csv!G3"] == [c.value for c in column(reasons, w["col_why_cell"])]


def test_the_judgement_and_its_facts_stand_beside(made):
    """The rule is that of findings.csv, and its conditions are told with the values."""
    _, reasons, home, w = made
    with (home / "out" / "findings.csv").open(encoding="utf-8", newline="") as file:
        rules = [row["rule"] for row in csv.DictReader(file) if row["level"] in AT_RISK]
    told = [cell.value for cell in column(reasons, w["col_why_conditions"])]

    assert rules == [cell.value for cell in column(reasons, w["col_why_rule"])]
    assert all(told)


def test_only_so_many_are_shown_as_the_sheet_says(monkeypatch, tmp_path):
    """Beyond the limit a duty at risk has no chain there; nothing else is lost."""
    monkeypatch.setattr(trace, "MOST", 1)
    made_runs.run(tmp_path, [made_runs.roster(tmp_path / "staff.csv", PEOPLE)])
    counts = {
        name: len(column(openpyxl.load_workbook(tmp_path / "out" / name)[sheet], "Person id"))
        for name, sheet in (("risk.xlsx", "At risk"), ("record.xlsx", "Why"))
    }

    assert {"risk.xlsx": 2, "record.xlsx": 1} == counts


def test_the_limit_is_the_one_that_the_note_tells():
    """The sentence above the table names the number."""
    assert f"{trace.MOST:,}" in words("workbook", "en")["note_why"]


def test_a_run_in_which_nobody_is_at_risk_says_so_there(tmp_path):
    """The sheet stands without rows, with the reason."""
    made_runs.run(tmp_path, [made_runs.roster(tmp_path / "staff.csv", PEOPLE[2:])])
    sheet = openpyxl.load_workbook(tmp_path / "out" / "record.xlsx")["Why"]

    assert words("workbook", "en")["none_why"] in {cell.value for row in sheet.iter_rows() for cell in row}
