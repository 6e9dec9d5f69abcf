"""Workbooks that an office worked in: written by us, edited as somebody would in a spreadsheet program."""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from msgspec.structs import replace
from sample_report import sample_report

from reporter.model.report import KEY_HEADER, Note, Report
from reporter.readers.book import open_book
from reporter.report.annotations import CarriedNotes, carry_notes, read_notes
from reporter.report.workbook import workbook

AT_RISK = {"en": "At risk", "fr": "À risque"}


def carried_into(report: Report, *notes: Note, **changes: Any) -> tuple[Report, CarriedNotes]:
    """The report with the notes beside its findings; `changes` replace columns of the findings first."""
    found = report.findings.assign(**changes)
    carried = carry_notes(numbered(found), notes, report.run.as_of, office_zone=report.office.time_zone)
    left = carried.left.assign(title=carried.left["deadline"].astype("str"))
    return replace(report, findings=found.assign(**carried.beside), left=left), carried


def numbered(findings: Any) -> Any:
    order = findings.sort_values("closes_at", kind="stable").groupby(["person_id", "deadline"]).cumcount()
    return findings.assign(occurrence=order.reindex(findings.index))


def written(language: str = "en", *notes: Note, **options: Any) -> openpyxl.Workbook:
    """The workbook of the sample report as an office opens it."""
    plain = not notes and not options
    return openpyxl.load_workbook(BytesIO(_plain(language) if plain else _bytes(language, *notes, **options)))


@cache
def _plain(language: str) -> bytes:
    return _bytes(language)


def _bytes(language: str, *notes: Note, **options: Any) -> bytes:
    report, _ = carried_into(sample_report(language, **options), *notes)
    return workbook(report)


def columns(sheet: Any) -> tuple[int, Mapping[str, int]]:
    """The row of the header, and the column of each header, counted from 1."""
    for row in sheet.iter_rows(max_row=20):
        texts = {cell.value: cell.column for cell in row if cell.value}
        if KEY_HEADER in texts:
            return row[0].row, texts
    raise AssertionError("no header")


def rows_of(sheet: Any) -> dict[tuple[str, str], int]:
    """The row of each duty, by person and the title of the duty, without its last day."""
    top, named = columns(sheet)
    person, title = (named.get(n) or named[f] for n, f in (("Person id", "Identifiant"), ("What is due", "Échéance")))
    return {
        (sheet.cell(n, person).value, sheet.cell(n, title).value.split(", ")[0]): n
        for n in range(top + 1, sheet.max_row + 1)
        if sheet.cell(n, person).value
    }


def write(sheet: Any, row: int, **said: Any) -> None:
    """Write in the cells of a row: status, owner, due, note."""
    _, named = columns(sheet)
    headers = {"status": ("Status", "État"), "owner": ("Owner", "Responsable"), "due": ("Due", "Pour le"),
               "note": ("Note", "Note")}  # fmt: skip
    for part, value in said.items():
        column = next(named[header] for header in headers[part] if header in named)
        sheet.cell(row, column).value = value


def given_back(book: openpyxl.Workbook, folder: Path, name: str = "risk.xlsx") -> list[Note]:
    """What is read of the workbook once it is saved."""
    book.save(folder / name)
    return read_notes(open_book(folder / name))[0]
