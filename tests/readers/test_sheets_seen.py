"""A workbook as whoever opens it sees it: formats of ids, merged cells, bands, and packages that others write."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlwt
from made_rosters import expiries
from odf.element import Element
from odf.number import Number, NumberStyle
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from test_book import with_sheet_xml

from reporter.readers import book
from reporter.readers.book import open_book
from reporter.readers.package import as_shown, padding
from reporter.readers.roster import RosterReading, read_roster
from reporter.readers.sandbox import FileRefusedError

HEADER = ["Employee ID", "Full name", "Department", "Permit type", "Permit expiry"]
Change = Callable[[openpyxl.Workbook], None]


def read(folder: Path, *rows: list[object], change: Change = lambda _: None) -> RosterReading:
    """What is read of these rows, in a workbook that somebody changed before saving it."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    change(workbook)
    workbook.save(folder / "staff.xlsx")
    return read_roster(open_book(folder / "staff.xlsx"))


def rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    """The same package with each part's name and content changed."""
    packed = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            called, content = change(name, old.read(name))
            part = zipfile.ZipInfo("x")
            part.filename = part.orig_filename = called  # as written, also with back-slashes
            new.writestr(part, content)
    return path


def struck(*cells: str) -> Change:
    """What strikes these cells through."""

    def change(workbook: openpyxl.Workbook) -> None:
        for cell in cells:
            workbook.active[cell].font = Font(strike=True)

    return change


PEOPLE = [["1001", "Ana", "Lab", "WP", date(2026, 9, 12)], ["1002", "Bo", "Lab", "WP", date(2026, 10, 12)]]


def test_rows_that_somebody_struck_through_are_read_and_told(tmp_path):
    """Whether such a person has left is not for us to say; that they were struck through is."""
    read_ = read(tmp_path, HEADER, *PEOPLE, ["1003", "Cy"], change=struck("A3", "B3", "E2", "D4"))
    (told,) = [problem for problem in read_.problems if problem.code == "rows_struck"]

    assert (["1001", "1002", "1003"], "Sheet", 2) == (list(read_.roster["person_id"]), told.sheet, told.row)
    assert "struck through in 2 rows (2, 3)" in told.message()


MONTHS = [["1", "Ana", "Lab", "WP", date(2026, 9, 1)], ["2", "Bo", "Lab", "WP", date(2026, 9, 30)]]


@pytest.mark.parametrize(
    ("code", "certainty"),
    [
        ("mmm-yy", ["uncertain", "clear"]),
        ("[$-C0C]mmmm yyyy;@", ["uncertain", "clear"]),
        ("dd-mmm-yy", ["clear", "clear"]),
    ],
)
def test_a_date_that_is_shown_without_its_day_is_a_month(tmp_path, code, certainty):
    """`2026-09` is typed and the first of the month is stored: nobody said the first. Another day was typed."""

    def change(workbook: openpyxl.Workbook) -> None:
        for cell in ("E2", "E3"):
            workbook.active[cell].number_format = code

    assert certainty == list(read(tmp_path, HEADER, *MONTHS, change=change).roster["date_certainty"])
    old = xlwt.Workbook()
    sheet, style = old.add_sheet("Staff"), xlwt.easyxf(num_format_str=code)
    for row, cells in enumerate([HEADER, *MONTHS]):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell, style)
    old.save(str(tmp_path / "staff.xls"))
    assert certainty == list(read_roster(open_book(tmp_path / "staff.xls")).roster["date_certainty"])


THREAD = "[Threaded comment]\n\nRead more: https://go.microsoft.com/fwlink/?linkid=870924\n\nComment:\n    {}"


def test_notes_on_cells_that_tell_of_a_stay_are_told_without_their_text(tmp_path):
    """`Extended to 2027` stood on a cell, and the date in it was the end. Notes of other things say nothing here."""
    noted = {
        "E1": "2027-01-31",
        "E2": "Extended to 2027-05-06",
        "B3": THREAD.format("application refused"),
        "A2": "nice",
    }

    def change(workbook: openpyxl.Workbook) -> None:
        for cell, text in noted.items():
            workbook.active[cell].comment = Comment(text, "HR")

    (told,) = read(tmp_path, HEADER, *PEOPLE, change=change).problems
    noted = {"A2": THREAD.format("has a new desk")}

    assert ("unread_notes", "E", 2, "2") == (told.code, told.column, told.row, told.details["count"])
    assert "2027" not in told.message() + told.value
    assert () == read(tmp_path, HEADER, *PEOPLE, change=change).problems


def test_a_heading_that_is_struck_through_and_a_font_that_nobody_uses_say_nothing(tmp_path):
    """Only people's rows are told."""
    assert [] == [p.code for p in read(tmp_path, HEADER, *PEOPLE, change=struck("A1", "F9")).problems]


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("00000000", "413395", "00413395"),
        ("00000000", "123456789", "123456789"),
        ("000\\-000", "1234", "001-234"),
        ('"E"0000', "42", "E0042"),
        ("00000;-00000;;@", "7", "00007"),
        ("#0000", "12345", "12345"),
        ("00000", "A7", "A7"),
    ],
)
def test_an_id_has_the_zeros_and_signs_of_its_format(code, number, shown):
    """What a payroll export stores as 413395 and shows as 00413395 is compared as shown."""
    assert shown == as_shown(number, padding(code))


@pytest.mark.parametrize("code", ["General", "0", "0.00", "#,##0", "yyyy-mm-dd", "0%", "0.00E+00", "@", "[h]:mm"])
def test_a_format_that_does_more_than_add_zeros_is_left_alone(code):
    """Amounts, dates and shares are no ids."""
    assert "" == padding(code)


def test_ids_are_read_as_their_cells_show_them(tmp_path):
    """Only where the format says so, cell by cell."""

    def padded(workbook: openpyxl.Workbook) -> None:
        workbook.active["A2"].number_format = "00000000"

    rows = [[413395, "A", "R", "Work permit", date(2026, 9, 12)], [12, "B", "R", "Work permit", date(2026, 9, 12)]]

    assert ["00413395", "12"] == list(read(tmp_path, HEADER, *rows, change=padded).roster["person_id"])


@pytest.mark.parametrize(
    "written", ["123456789012345678", "1.23456789012345E+17", "9999999999999999", "46000.25", "123456789012345"]
)
def test_long_numbers_keep_the_digits_that_are_in_the_file(tmp_path, written):
    """A reader that makes them numbers changes the last ones; one that was cut is seen to be."""
    row = f'<sheetData><row r="1"><c r="A1"><v>{written}</v></c></row></sheetData>'

    assert written == open_book(with_sheet_xml(tmp_path, row)).sheets[0].cells.loc[1, 0]


def test_an_id_that_became_a_date_is_told(tmp_path):
    """`2026-1` typed into a cell."""
    rows = [[date(2026, 1, 1), "H", "R", "Work permit", date(2026, 9, 12)], [1, "A", "R", "x", date(2026, 9, 12)]]

    assert ["id_is_date", ""] == list(read(tmp_path, HEADER, *rows).rows["rule"])


def test_a_merged_cell_holds_for_each_of_its_rows(tmp_path):
    """Two permits of one person, and a department over two people."""

    def merged(workbook: openpyxl.Workbook) -> None:
        for cells in ("A2:A3", "B2:B3", "C2:C4"):
            workbook.active.merge_cells(cells)

    rows = [[1, "A", "R", "Work permit", date(2026, 9, 12)], [None, None, None, "Study permit", date(2026, 9, 30)],
            [2, "B", None, "Work permit", date(2026, 9, 13)]]  # fmt: skip
    roster = read(tmp_path, HEADER, *rows, change=merged).roster

    assert [("1", "R", "work"), ("1", "R", "study"), ("2", "R", "work")] == list(
        roster[["person_id", "unit", "permit_kind"]].itertuples(index=False, name=None)
    )


def test_one_band_over_people_is_no_person(tmp_path):
    """A heading merged over the columns is a heading, also when it stands alone."""

    def merged(workbook: openpyxl.Workbook) -> None:
        workbook.active.merge_cells("A3:E3")

    rows = [[1, "A", "R", "Work permit", date(2026, 9, 12)], ["Faculty of Arts"], [2, "B", "R", "x", date(2026, 9, 13)]]

    assert ["", "group_heading", ""] == list(read(tmp_path, HEADER, *rows, change=merged).rows["rule"])


@pytest.mark.parametrize("label", ["Visa / Permit", "Current permit", "Permis actuel", "Work permit"])
def test_a_band_over_the_headings_says_what_ends(tmp_path, label):
    """`Expires` alone may be a passport's; under its band it is the permit's."""
    bands = ["Worker", None, label, None, None]
    header = ["Employee ID", "Worker", "Type", "Issued", "Expires"]
    made = read(tmp_path, bands, header, [1, "A", "Work permit", date(2024, 9, 12), date(2026, 9, 12)])

    assert (2, ["2026-09-12"]) == (made.header_row, expiries(made))


def moved(name: str, content: bytes) -> tuple[str, bytes]:
    """Every part in another folder than usual."""
    places = {"xl/": "content/", "/xl/": "/content/"}
    if name.endswith((".rels", "[Content_Types].xml")):
        for old, new in places.items():
            content = content.replace(f'"{old}'.encode(), f'"{new}'.encode())
    return name.replace("xl/", "content/"), content


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: (name.replace("/", "\\"), content),
        lambda name, content: (name.upper() if name.startswith("xl/") else name, content),
        moved,
        lambda name, content: (
            name,
            content.decode().replace("utf-8", "utf-16").replace("UTF-8", "UTF-16").encode("utf-16")
            if name.startswith("xl/") and name.endswith(".xml")
            else content,
        ),
    ],
    ids=["back-slashes", "capitals", "another folder", "utf-16"],
)
def test_a_package_is_found_by_its_relationships(tmp_path, change):
    """Its cells, hidden rows, uncomputed formulas and date system come out as from the usual one."""
    workbook = openpyxl.Workbook()
    workbook.epoch = CALENDAR_MAC_1904
    for row in (HEADER, ["1", "A", "R", "Work permit", date(2026, 9, 12)], ["2", "=1+1", "R", "x", date(2026, 9, 13)]):
        workbook.active.append(row)
    workbook.active.row_dimensions[3].hidden = True
    workbook.active["A2"].number_format = "00000"
    workbook.save(tmp_path / "staff.xlsx")
    usual = open_book(tmp_path / "staff.xlsx")
    other = open_book(rewritten(tmp_path / "staff.xlsx", change))

    assert usual.sheets[0].cells.equals(other.sheets[0].cells)
    assert (True, frozenset({3}), frozenset({(3, 1)})) == (
        other.is_1904,
        other.sheets[0].hidden_rows,
        other.sheets[0].uncomputed,
    )


def test_a_part_in_utf_16_beside_the_sheets_does_no_harm(tmp_path):
    """Power Query keeps its own part so, and saving the book again changes nothing of it."""
    workbook = openpyxl.Workbook()
    workbook.active.append(HEADER)
    workbook.save(tmp_path / "staff.xlsx")
    with zipfile.ZipFile(tmp_path / "staff.xlsx", "a") as archive:
        archive.writestr("customXml/item1.xml", '<?xml version="1.0" encoding="utf-16"?><DataMashup/>'.encode("utf-16"))

    assert 1 == len(open_book(tmp_path / "staff.xlsx").sheets[0].cells)


def test_a_format_in_the_last_row_refuses_nothing(tmp_path):
    """Nothing is filled there; a value would make room for all between."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="T1048576" s="0"/></row>'

    assert 1 == len(open_book(with_sheet_xml(tmp_path, f"<sheetData>{cells}</sheetData>")).sheets[0].cells)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="A1" t="e"><v>#BUSY!</v></c>', None),
        ('<c r="A1" t="n"><v> 12</v></c>', "12"),
        ('<c r="A1" t="q"><v>12</v></c>', "12"),
    ],
    ids=["a new error", "a space before a number", "a new type"],
)
def test_one_odd_cell_does_not_make_a_file_damaged(tmp_path, cell, expected):
    """What the first reader refuses is read with the second, cell for cell, and that is told."""
    others = (
        '<c r="B1" t="b"><v>1</v></c><c r="C1"><v>12.5</v></c><c r="D1" t="d"><v>2026-03-31T14:05:06</v></c>'
        '<c r="E1" t="inlineStr"><is><t>00123</t></is></c><c r="F1"><v>413395</v></c>'
    )
    book = open_book(with_sheet_xml(tmp_path, f'<sheetData><row r="1">{cell}{others}</row></sheetData>'))
    first, *rest = book.sheets[0].cells.loc[1].astype(object).where(lambda row: row.notna(), None)

    assert (expected, ["true", "12.5", "2026-03-31 14:05:06", "00123", "413395"]) == (first, rest)
    assert (("second_reader", ""),) == book.notes


def open_document(folder: Path, *rows: list[dict[str, object]], style: Element | None = None) -> Path:
    """An .ods of these cells; `style` is the number format of those that name one."""
    document = OpenDocumentSpreadsheet()
    if style:
        document.automaticstyles.addElement(style)
        document.automaticstyles.addElement(Style(name="padded", family="table-cell", datastylename="zeros"))
    table = Table(name="Staff")
    document.spreadsheet.addElement(table)
    for row in rows:
        line = TableRow()
        table.addElement(line)
        for cell in row:
            text, kind = cell.pop("text", ""), cell.pop("kind", TableCell)
            made = kind(**cell)
            if text:
                made.addElement(P(text=text))
            line.addElement(made)
    document.save(str(folder / "staff.ods"))
    return folder / "staff.ods"


def words(*texts: str) -> list[dict[str, object]]:
    return [{"text": text, "valuetype": "string"} for text in texts]


def test_a_merged_cell_of_an_open_document_holds_for_its_rows(tmp_path):
    """A department merged over two people is the second one's too."""
    merged = {"text": "Research", "valuetype": "string", "numberrowsspanned": 2, "numbercolumnsspanned": 1}
    first = [*words("1", "Ana"), merged, *words("Work permit", "2026-09-12")]
    second = [*words("2", "Bo"), {"kind": CoveredTableCell}, *words("Work permit", "2026-09-13")]
    third = [*words("3", "Cy", ""), *words("Work permit", "2026-09-14")]
    found = read_roster(open_book(open_document(tmp_path, words(*HEADER), first, second, third))).roster

    assert ["Research", "Research", None] == [unit if isinstance(unit, str) else None for unit in found["unit"]]


def test_ids_of_an_open_document_keep_the_zeros_they_show(tmp_path):
    """A number that its format shows as 00413395 is that id; one without such a format is not touched."""
    zeros = NumberStyle(name="zeros")
    zeros.addElement(Number(decimalplaces=0, minintegerdigits=8))
    shown = {"text": "00413395", "valuetype": "float", "value": "413395", "stylename": "padded"}
    plain = {"text": "12", "valuetype": "float", "value": "12"}
    rows = [[cell, *words("Ana", "R", "Work permit", "2026-09-12")] for cell in (shown, plain)]
    found = read_roster(open_book(open_document(tmp_path, words(*HEADER), *rows, style=zeros))).roster

    assert ["00413395", "12"] == list(found["person_id"])


def test_a_sound_file_that_our_readers_refuse_is_read_from_a_copy(tmp_path, monkeypatch):
    """LibreOffice is asked before a whole file is called damaged, and the reader is told to look for everybody."""
    row = ["1", "Ana", "R", "Work permit", date(2026, 9, 12)]
    read(tmp_path, HEADER, row)
    copy = (tmp_path / "staff.xlsx").read_bytes()
    monkeypatch.setattr(book, "as_workbook", lambda content, kind, seconds: copy)
    rewritten(tmp_path / "staff.xlsx", lambda name, part: (name, part.replace(b'<row r="2">', b'<row r="two">')))
    found = open_book(tmp_path / "staff.xlsx")

    assert ("Ana", (("third_reader", ""),)) == (found.sheets[0].cells.iloc[1, 1], found.notes)


def test_a_file_cut_short_is_not_given_to_a_reader_that_makes_do(tmp_path, monkeypatch):
    """Of half a sheet, LibreOffice reads half of the people."""
    read(tmp_path, HEADER, *[[str(n), "Ana", "R", "Work permit", date(2026, 9, 12)] for n in range(9)])
    monkeypatch.setattr(book, "as_workbook", lambda content, kind, seconds: pytest.fail("asked"))
    rewritten(tmp_path / "staff.xlsx", lambda name, part: (name, part[: len(part) // 2] if "sheet1" in name else part))

    with pytest.raises(FileRefusedError, match="damaged or incomplete"):
        open_book(tmp_path / "staff.xlsx")
