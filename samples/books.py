"""How the sample rosters look: banners, headings, hidden sheets and the many ways people write a date."""

from collections.abc import Callable, Sequence
from datetime import date
from random import Random
from typing import Any

from layouts import (
    CSV_FIELDS,
    EMPLOYER_FOOT,
    EMPLOYER_NOTES,
    ETUDIANTS,
    MESSY,
    MESSY_EXPIRIES,
    STAFF,
    UNIVERSITY_FOOT,
    Columns,
)
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from people import SEED, Person, students, workers

Write = Callable[[date], tuple[Any, str]]  # a day to a cell's value and number format

FRENCH_MONTHS = (
    "janvier", "févr.", "mars", "avril", "mai", "juin", "juillet", "août", "sept.", "oct.", "nov.", "déc."
)  # fmt: skip
FACE = "Calibri"
HEAD = PatternFill("solid", fgColor="1F4E5F")
BAND = PatternFill("solid", fgColor="EEF4F6")
THIN = Border(bottom=Side("thin", color="C9D6DB"))


def employer() -> Workbook:
    """An employer's workbook: three banner rows, a heading repeated half-way, a total and notes below."""
    book = Workbook()
    _lines(book.active, "Read me", EMPLOYER_NOTES)
    sheet = book.create_sheet("Staff 2026")
    banner = (
        "Northlake Robotics (invented) – work authorization register",
        "Source: HRIS extract of 2026-09-08, kept by Mobility & Immigration. Confidential.",
        "Dates: yyyy-mm-dd. Colours are for reading only.",
    )
    _banner(sheet, banner, STAFF)
    people, rng = workers(), Random(SEED + 10)
    half = len(people) // 2
    row = _table(sheet, 4, STAFF, people[:half], lambda: rng.choices(ENGLISH, (88, 7, 5))[0])
    row = _table(sheet, row, STAFF, people[half:], lambda: rng.choices(ENGLISH, (88, 7, 5))[0])
    _foot(sheet, row, ("Total", f"{len(people)} employees"), EMPLOYER_FOOT)
    sheet["I40"].comment = Comment("Copy of the permit asked for on 2026-09-02.", "Mobility")
    _lists(book, sheet, "Lookup", (("Permit type", "Work permit", "Open work permit", "PGWP", "PR", "Citizen"),), "F")
    book.active = 1
    return book


def university() -> Workbook:
    """A university's workbook, in French: the heading on row 5, numbers with leading zeros, dates in four styles."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Étudiants A2026"
    banner = (
        "Université du Saint-Fleuve (inventée)",
        "Bureau des étudiants internationaux – suivi des permis, trimestre d'automne 2026",
        "Extraction du 8 septembre 2026. Renseignements confidentiels.",
    )
    _banner(sheet, banner, ETUDIANTS)
    people, rng = students(), Random(SEED + 11)
    row = _table(sheet, 5, ETUDIANTS, people, lambda: rng.choices(FRENCH, (80, 9, 8, 3))[0])
    _foot(sheet, row, (f"Nombre de dossiers : {len(people)}",), UNIVERSITY_FOOT)
    _lists(book, sheet, "Listes", (("Mode de connexion", "CléGC", "Partenaire de connexion"),), "Q")
    return book


def small_csv() -> bytes:
    """A small French export as an old system writes it: semicolons, Windows-1252, CRLF."""
    stories = ({"permit_expires_on": date(2026, 9, 25)}, {"permit_expires_on": "s. o."}, {"enrolment_status": "Retiré"})
    people = [p for p in students(48, seed=SEED + 2, stories=stories) if _is_western(p)][:40]
    columns = [ETUDIANTS[number] for number in CSV_FIELDS]
    lines = [[heading for heading, _, _ in columns]]
    lines += [[_plain(person.get(field)) for _, field, _ in columns] for person in people]
    return "".join(";".join(line) + "\r\n" for line in lines).encode("cp1252")


def messy() -> Workbook:
    """What arrives from a small office: two rows of headings, days and months that can be swapped, remarks."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    for column, (group, heading, width) in enumerate(MESSY, start=1):
        _heading(sheet.cell(1, column, group or None))
        _heading(sheet.cell(2, column, heading))
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.merge_cells("E1:H1")
    sheet.merge_cells("A1:B1")
    people = [person for person in workers() if isinstance(person["permit_expires_on"], date) and person["person_id"]]
    for row, person in enumerate(people[: len(MESSY_EXPIRIES)], start=3):
        expiry = MESSY_EXPIRIES[row - 3]
        remark = "left voicemail" if row % 9 == 0 else None
        line = [f"{row - 2:03d}", f" {person['full_name']} ", person["unit"], person["contact_email"]]
        line += [person["permit_kind"], person["permit_number"], person["permit_issued_on"], expiry, remark]
        for column, value in enumerate(line, start=1):
            _put(sheet.cell(row, column), value)
    sheet["A9"].value = "006"  # the number of the row above once more
    sheet["A20"].value = None
    sheet.row_dimensions[15].hidden = True
    return book


def _real(on: date) -> tuple[Any, str]:
    return on, "yyyy-mm-dd"


def _iso(on: date) -> tuple[Any, str]:
    return on.isoformat(), "@"


def _month_name(on: date) -> tuple[Any, str]:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{on.day:02d}-{names[on.month - 1]}-{on.year}", "@"


def _french_words(on: date) -> tuple[Any, str]:
    return f"{'1er' if on.day == 1 else on.day} {FRENCH_MONTHS[on.month - 1]} {on.year}", "@"


def _day_first(on: date) -> tuple[Any, str]:
    return f"{on:%d/%m/%Y}", "@"


def _real_day_first(on: date) -> tuple[Any, str]:
    return on, "dd/mm/yyyy"


ENGLISH: tuple[Write, ...] = (_real, _iso, _month_name)
FRENCH: tuple[Write, ...] = (_real, _french_words, _day_first, _real_day_first)


def _table(sheet: Worksheet, top: int, columns: Columns, people: Sequence[Person], style: Callable[[], Write]) -> int:
    """Write a heading and its rows from `top` on; the row after the last."""
    for column, (heading, _, width) in enumerate(columns, start=1):
        _heading(sheet.cell(top, column, heading))
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[top].height = 46
    for row, person in enumerate(people, start=top + 1):
        for column, (_, field, _) in enumerate(columns, start=1):
            cell = sheet.cell(row, column)
            _put(cell, person.get(field), style)
            cell.border = THIN
            if row % 2:
                cell.fill = BAND
    return top + 1 + len(people)


def _put(cell: Cell, value: Any, style: Callable[[], Write] = lambda: _real) -> None:
    """Write one value; text stays text, a day takes one of the styles."""
    if isinstance(value, date):
        cell.value, cell.number_format = style()(value)
        cell.alignment = Alignment(horizontal="center")
        return
    cell.value = value
    if isinstance(value, str) and value.isdigit():
        cell.number_format = "@"


def _heading(cell: Cell) -> None:
    cell.font = Font(name=FACE, bold=True, color="FFFFFF")
    cell.fill = HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="center")


def _banner(sheet: Worksheet, lines: Sequence[str], columns: Columns) -> None:
    """Merged lines across the table, the title large; the table below is frozen and ready to print."""
    last = get_column_letter(len(columns))
    for row, line in enumerate(lines, start=1):
        sheet.cell(row, 1, line).font = Font(name=FACE, size=15 if row == 1 else 10, bold=row == 1, italic=row > 1)
        sheet.merge_cells(f"A{row}:{last}{row}")
    sheet.row_dimensions[1].height = 24
    top = 5 if lines[0].startswith("Univ") else 4
    sheet.freeze_panes = sheet.cell(top + 1, 3)
    sheet.print_title_rows = f"{top}:{top}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "5"  # legal
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _foot(sheet: Worksheet, row: int, total: Sequence[str], notes: Sequence[str]) -> None:
    for column, value in enumerate(total, start=1):
        sheet.cell(row, column, value).font = Font(name=FACE, bold=True)
    for line, note in enumerate(notes, start=row + 2):
        sheet.cell(line, 1, note).font = Font(name=FACE, size=9, italic=True)


def _lines(sheet: Worksheet, title: str, lines: Sequence[str]) -> None:
    sheet.title = title
    sheet.column_dimensions["A"].width = 100
    for row, line in enumerate(lines, start=1):
        sheet.cell(row, 1, line).font = Font(name=FACE, bold=row == 1, size=14 if row == 1 else 11)


def _lists(book: Workbook, sheet: Worksheet, title: str, lists: Sequence[Sequence[str]], column: str) -> None:
    """A hidden sheet of choices, and the drop-down that uses its first list."""
    hidden = book.create_sheet(title)
    hidden.sheet_state = "hidden"
    for number, values in enumerate(lists, start=1):
        for row, value in enumerate(values, start=1):
            hidden.cell(row, number, value)
    choices = DataValidation("list", formula1=f"'{title}'!$A$2:$A${len(lists[0])}", allow_blank=True)
    choices.add(f"{column}6:{column}{sheet.max_row}")
    sheet.add_data_validation(choices)


def _is_western(person: Person) -> bool:
    try:
        f"{person['given_names']}{person['family_name']}".encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else value or ""
