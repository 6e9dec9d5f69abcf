"""What a workbook's cells become: text, at the addresses that a spreadsheet program shows."""

import hashlib
import io
import struct
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import rustpy_xlsxwriter
import xlwt
from msgspec.structs import replace
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from pandas import DataFrame

from reporter.readers import sandbox
from reporter.readers.book import Book, open_book
from reporter.readers.sandbox import LIMITS

CELLS = [
    (date(2026, 3, 31), "2026-03-31 00:00:00"),
    (datetime(2026, 3, 31, 14, 5, 6), "2026-03-31 14:05:06"),  # noqa: DTZ001 - a cell has no zone
    (time(8, 30), "1899-12-31 08:30:00"),
    (12, "12"),
    (12.0, "12"),
    (12.5, "12.5"),
    (123456789012, "123456789012"),
    (123456789012345, "123456789012345"),
    ("00123", "00123"),
    ("  Ng ", "  Ng "),
    ("NA", "NA"),
    ("a\nb", "a\nb"),
    ("=1+1 ", "=1+1 "),
    (True, "true"),
    (False, "false"),
    (date(9999, 12, 31), "9999-12-31 00:00:00"),
]
XML = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


def saved(workbook: openpyxl.Workbook, folder: Path, name: str = "roster.xlsx") -> Path:
    workbook.save(folder / name)
    return folder / name


def with_cells(cells: dict[str, object]) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    for address, value in cells.items():
        cell = workbook.active[address]
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
    return workbook


def with_sheet_xml(folder: Path, body: str, prefix: str = "") -> Path:
    """A workbook whose one sheet is this XML."""
    packed = io.BytesIO()
    openpyxl.Workbook().save(packed)
    path = folder / "roster.xlsx"
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = XML.format(body) if name == "xl/worksheets/sheet1.xml" else old.read(name)
            if prefix and isinstance(text, str):
                text = text.replace("</", f"</{prefix}:").replace("<", f"<{prefix}:").replace(f"<{prefix}:/", "</")
                text = text.replace("xmlns=", f"xmlns:{prefix}=")
            new.writestr(name, text)
    return path


def texts(book: Book, sheet: int = 0) -> list[list[object]]:
    cells = book.sheets[sheet].cells.astype(object)
    return cells.where(cells.notna(), None).to_numpy().tolist()


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory):
    """All the kinds of cells in one file, since each reading starts a process."""
    cells = {f"A{row}": value for row, (value, _) in enumerate(CELLS, start=1)}
    return texts(open_book(saved(with_cells(cells), tmp_path_factory.mktemp("cells"))))


@pytest.mark.parametrize("row", range(len(CELLS)), ids=[repr(value) for value, _ in CELLS])
def test_each_kind_of_cell_has_one_text(every_kind, row):
    """Dates, numbers, words and truths come as the text that grid.py promises."""

    assert CELLS[row][1] == every_kind[row][0]


def test_rows_and_columns_keep_their_numbers(tmp_path):
    """Empty rows above and empty columns before the roster are counted."""
    sheet = open_book(saved(with_cells({"C4": "first", "D6": "last"}), tmp_path)).sheets[0]

    assert (6, 4) == sheet.cells.shape
    assert "first" == sheet.cells.loc[4, 2]
    assert "last" == sheet.cells.loc[6, 3]


def test_an_empty_cell_is_missing(tmp_path):
    """A cell without a value, and one whose text is empty, are missing."""
    rows = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t></t></is></c><c r="C1"><v>1</v></c></row></sheetData>'

    assert [[None, None, "1"]] == texts(open_book(with_sheet_xml(tmp_path, rows)))


def test_every_column_is_text(tmp_path):
    """The columns are of the pandas type for text, also those with nothing in them."""
    cells = open_book(saved(with_cells({"B2": 1, "D3": "x"}), tmp_path)).sheets[0].cells

    assert {"str"} == set(map(str, cells.dtypes))
    assert (3, 4) == cells.shape


def test_a_sheet_without_cells_is_empty(tmp_path):
    """A sheet with nothing in it is there, with no rows."""
    assert (0, 0) == open_book(saved(openpyxl.Workbook(), tmp_path)).sheets[0].cells.shape


def test_cells_without_addresses_are_counted(tmp_path):
    """A writer may leave out the addresses; the cells follow one another."""
    rows = "<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c/><c><v>3</v></c></row></sheetData>"

    assert [["1", "2"], [None, None], [None, "3"]] == texts(open_book(with_sheet_xml(tmp_path, rows)))


def test_the_1904_date_system_is_applied_and_told(tmp_path):
    """A workbook that counts from 1904 gives the same dates, and says that its serials differ."""
    workbook = openpyxl.Workbook()
    workbook.epoch = CALENDAR_MAC_1904
    workbook.active.append([date(2026, 3, 31), 44650])
    book = open_book(saved(workbook, tmp_path))

    assert book.is_1904
    assert [["2026-03-31 00:00:00", "44650"]] == texts(book)


def test_a_plain_workbook_counts_from_1900(tmp_path):
    """Without the mark of 1904, serials count from 1900."""
    assert not open_book(saved(with_cells({"A1": 1}), tmp_path)).is_1904


def test_dates_of_a_strict_workbook_look_like_all_others(tmp_path):
    """A date kept as ISO text (strict Open XML) has a space between day and hour."""
    rows = '<sheetData><row r="1"><c r="A1" t="d"><v>2026-03-31T00:00:00</v></c></row></sheetData>'

    assert [["2026-03-31 00:00:00"]] == texts(open_book(with_sheet_xml(tmp_path, rows)))


def test_a_strict_workbook_is_read(tmp_path):
    """A workbook in the strict form of Open XML is read like any other."""
    path = saved(with_cells({"B2": "Kim"}), tmp_path)
    strict = tmp_path / "strict.xlsx"
    old, new = (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(strict, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(old, new))

    assert [[None, None], [None, "Kim"]] == texts(open_book(strict))


def test_error_cells_are_told_with_their_address(tmp_path):
    """An error is missing among the cells, and stands in `errors` with its row and column."""
    rows = '<sheetData><row r="3"><c r="B3" t="e"><v>#REF!</v></c><c r="C3" t="e"><v>#N/A</v></c></row></sheetData>'
    sheet = open_book(with_sheet_xml(tmp_path, rows)).sheets[0]

    assert {(3, 1): "#REF!", (3, 2): "#N/A"} == sheet.errors
    assert sheet.cells.isna().all(axis=None)


@pytest.mark.parametrize("prefix", ["", "x"])
def test_formulas_without_a_value_are_told(tmp_path, prefix):
    """A formula that was never computed is told apart from one whose result is an empty text."""
    cells = (
        '<c r="A2"><f>1+1</f></c><c r="B2"><f>1+1</f><v/></c><c r="C2"><f>1+1</f><v></v></c>'
        '<c r="D2" t="str"><f>""</f><v></v></c><c r="E2"><f>1+1</f><v>2</v></c>'
        '<c r="F2" s="1"><f t="shared" si="0"/></c>'
    )
    sheet = open_book(with_sheet_xml(tmp_path, f'<sheetData><row r="2">{cells}</row></sheetData>', prefix)).sheets[0]

    assert {(2, 0), (2, 1), (2, 2), (2, 5)} == sheet.uncomputed
    assert "2" == sheet.cells.loc[2, 4]


def test_formulas_that_openpyxl_wrote_have_no_value(tmp_path):
    """A workbook made by a program that does not compute tells so, cell by cell."""
    workbook = openpyxl.Workbook()
    workbook.active["B3"] = "=TODAY()"

    assert {(3, 1)} == open_book(saved(workbook, tmp_path)).sheets[0].uncomputed


@pytest.mark.parametrize("prefix", ["", "x"])
def test_hidden_rows_and_columns_are_told(tmp_path, prefix):
    """Hidden rows and columns are read and marked."""
    body = (
        '<cols><col min="2" max="3" width="9" hidden="1"/><col min="5" max="5" hidden="0"/></cols><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="1"><c r="A2"><v>2</v></c></row>'
        '<row hidden="true" r="4"><c r="A4"><v>4</v></c></row><row r="5" hidden="0"/></sheetData>'
    )
    sheet = open_book(with_sheet_xml(tmp_path, body, prefix)).sheets[0]

    assert {2, 4} == sheet.hidden_rows
    assert {1, 2} == sheet.hidden_columns
    assert 4 == len(sheet.cells)


def test_marks_are_found_far_down_a_large_sheet(tmp_path):
    """A hidden row and a formula beyond the first megabytes are found like those at the top."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{n:090d}</t></is></c></row>' for n in range(1, 30_000)
    )
    last = '<row r="30000" hidden="1"><c r="A30000"><f>1</f></c></row>'
    sheet = open_book(with_sheet_xml(tmp_path, f"<sheetData>{rows}{last}</sheetData>")).sheets[0]

    assert {30_000} == sheet.hidden_rows
    assert {(30_000, 0)} == sheet.uncomputed


def test_a_filter_is_told(tmp_path):
    """A sheet with a filter may show less than it has."""
    workbook = with_cells({"A1": "id", "A2": 1})
    workbook.active.auto_filter.ref = "A1:A2"

    assert open_book(saved(workbook, tmp_path)).sheets[0].has_filter


def test_hidden_sheets_are_read_and_marked(tmp_path):
    """A hidden sheet, also one that no menu shows, is read and marked."""
    workbook = with_cells({"A1": 1})
    for name, state in (("Old", "hidden"), ("Lists", "veryHidden")):
        workbook.create_sheet(name).sheet_state = state
    sheets = open_book(saved(workbook, tmp_path)).sheets

    assert [("Sheet", False), ("Old", True), ("Lists", True)] == [(sheet.name, sheet.is_hidden) for sheet in sheets]


def test_marks_belong_to_their_own_sheet(tmp_path):
    """The marks follow the sheet's name, not the order of the parts in the file."""
    workbook = with_cells({"A1": 1})
    second = workbook.create_sheet("Été & co", 0)
    second["A1"] = "=1"
    first, other = open_book(saved(workbook, tmp_path)).sheets

    assert ("Été & co", {(1, 0)}) == (first.name, first.uncomputed)
    assert frozenset() == other.uncomputed


def test_a_chart_sheet_has_no_rows(tmp_path):
    """A sheet that is only a chart does no harm."""
    workbook = with_cells({"A1": 1})
    workbook.create_chartsheet("Chart")

    assert [1, 0] == [len(sheet.cells) for sheet in open_book(saved(workbook, tmp_path)).sheets]


def test_the_digest_is_of_the_bytes_of_the_file(tmp_path):
    """The SHA-256 is that of the file, and the name has no folder."""
    path = saved(with_cells({"A1": 1}), tmp_path)
    book = open_book(path)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == book.sha256
    assert "roster.xlsx" == book.source


def test_the_extension_does_not_matter(tmp_path):
    """A workbook under a wrong name is read as the workbook that it is."""
    path = saved(with_cells({"A1": "Kim"}), tmp_path).rename(tmp_path / "roster.csv")

    assert [["Kim"]] == texts(open_book(path))


def test_macros_are_not_run_and_that_is_told(tmp_path):
    """An .xlsm is read for its cells, with a note."""
    path = saved(with_cells({"A1": "Kim"}), tmp_path, "roster.xlsm")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"not run")
    book = open_book(path)

    assert [["Kim"]] == texts(book)
    assert (("macros_not_run", ""),) == book.notes


def test_names_of_parts_do_no_harm(tmp_path):
    """A part whose name climbs out of the folder is never written anywhere."""
    path = saved(with_cells({"A1": "Kim"}), tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../escaped.txt", b"x")

    assert [["Kim"]] == texts(open_book(path))
    assert [] == list(tmp_path.parent.glob("escaped.txt"))


def test_what_our_own_writer_writes_is_read_back(tmp_path):
    """A frame written by the report's writer comes back cell for cell."""
    frame = DataFrame({"person_id": ["007", "8"], "permit_expires_on": pd.to_datetime(["2026-03-31", "2026-04-01"])})
    rustpy_xlsxwriter.write_worksheet(frame, str(tmp_path / "own.xlsx"), sheet_name="Staff")

    assert [
        ["person_id", "permit_expires_on"],
        ["007", "2026-03-31 00:00:00"],
        ["8", "2026-04-01 00:00:00"],
    ] == texts(open_book(tmp_path / "own.xlsx"))


def legacy(folder: Path, *, is_1904: bool = False) -> Path:
    """An .xls with one cell of each kind in its third row."""
    workbook = xlwt.Workbook()
    workbook.dates_1904 = is_1904
    sheet = workbook.add_sheet("Staff")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for column, value in enumerate(["00123", 123456789012, 12.5, True], start=1):
        sheet.write(2, column, value)
    sheet.write(2, 5, date(2026, 3, 31), day)
    sheet.row(2).set_cell_error(6, 0x17)
    sheet.row(4).write(1, "hidden")
    sheet.row(4).hidden = True
    sheet.col(2).hidden = True
    workbook.add_sheet("Old").visibility = 1
    workbook.save(str(folder / "roster.xls"))
    return folder / "roster.xls"


def test_an_old_workbook_is_read(tmp_path):
    """An .xls gives the same texts at the same addresses, errors apart, hidden sheets marked."""
    book = open_book(legacy(tmp_path))

    assert [None, "00123", "123456789012", "12.5", "true", "2026-03-31 00:00:00", None] == texts(book)[2]
    assert {(3, 6): "#REF!"} == book.sheets[0].errors
    assert [False, True] == [sheet.is_hidden for sheet in book.sheets]
    assert (frozenset({5}), frozenset({2}), ()) == (
        book.sheets[0].hidden_rows,
        book.sheets[0].hidden_columns,
        book.notes,
    )


def test_a_number_of_an_old_workbook_has_the_digits_that_its_cell_shows(tmp_path):
    """What a computer adds in the sixteenth digit, nobody typed."""
    workbook = xlwt.Workbook()
    workbook.add_sheet("Staff").write(0, 0, 0.1 + 0.2)
    workbook.save(str(tmp_path / "roster.xls"))

    assert [["0.3"]] == texts(open_book(tmp_path / "roster.xls"))


def test_rows_of_an_old_workbook_that_are_struck_through_are_known(tmp_path):
    """A whole cell, or a part of its text; an empty cell is not."""
    workbook = xlwt.Workbook()
    sheet, struck = workbook.add_sheet("Staff"), xlwt.easyxf("font: struck_out on")
    sheet.write(0, 0, "1001", struck)
    sheet.write(1, 0, "1002")
    sheet.write_rich_text(2, 0, [("2026-03-31", struck.font), " 2027-03-31"])
    sheet.write(3, 0, "", struck)
    workbook.save(str(tmp_path / "roster.xls"))

    assert {1, 3} == open_book(tmp_path / "roster.xls").sheets[0].struck_rows


def test_an_old_workbook_is_known_by_its_stream_in_any_letters(tmp_path):
    """Some programs write `WORKBOOK`, and every reader takes it for what it is."""
    path = legacy(tmp_path)
    usual, capitals = (name.encode("utf-16-le") for name in ("Workbook", "WORKBOOK"))
    path.write_bytes(path.read_bytes().replace(usual, capitals))

    assert "00123" == texts(open_book(path))[2][1]


def test_an_old_workbook_shows_its_merged_cells_and_zeros(tmp_path):
    """Formats and merged cells of an .xls count as those of an .xlsx."""
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Staff")
    sheet.write(0, 0, 413395, xlwt.easyxf(num_format_str="00000000"))
    sheet.write_merge(0, 1, 1, 1, "R")
    sheet.write(1, 2, "x")
    workbook.save(str(tmp_path / "roster.xls"))

    assert [["00413395", "R", None], [None, "R", "x"]] == texts(open_book(tmp_path / "roster.xls"))


def test_a_chart_in_an_old_workbook_overwrites_no_cell(tmp_path):
    """The chart's own cells lie at the same addresses, in a stream of its own within the sheet's."""
    workbook = xlwt.Workbook()
    workbook.add_sheet("Staff").write(2, 1, "00123")
    workbook.save(str(tmp_path / "roster.xls"))
    content = (tmp_path / "roster.xls").read_bytes()
    ends = struct.pack("<HH", 0x0A, 0)
    begins = struct.pack("<HHHHHHLL", 0x809, 16, 0x600, 0x20, 0, 0, 0, 0)
    number = struct.pack("<HHHHHd", 0x203, 14, 2, 1, 0, 99.0)  # its own B3
    stream = content[512:4608]
    place = stream.rstrip(b"\x00").rfind(b"\x0a")
    chart = (stream[:place] + begins + number + ends + stream[place:])[: len(stream)]
    (tmp_path / "roster.xls").write_bytes(content[:512] + chart + content[4608:])

    assert [[None, None], [None, None], [None, "00123"]] == texts(open_book(tmp_path / "roster.xls"))


def test_a_far_cell_of_an_old_workbook_fills_no_memory(tmp_path):
    """The last cell that the format has makes room for 16 million others, which hold nothing."""
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Staff")
    sheet.write(0, 0, "a")
    sheet.write(65_535, 255, "far")
    workbook.save(str(tmp_path / "roster.xls"))
    book = open_book(tmp_path / "roster.xls", replace(LIMITS, memory=500_000_000))

    assert (65_536, 256) == book.sheets[0].cells.shape


@pytest.mark.parametrize("is_1904", [True, False])
def test_an_old_workbook_tells_its_date_system(tmp_path, is_1904):
    """The date system of an .xls is found in its first records."""
    assert is_1904 is open_book(legacy(tmp_path, is_1904=is_1904)).is_1904


def open_document(folder: Path) -> Path:
    """An .ods: two empty rows, a row of all kinds, then a hidden row that is repeated."""
    document = OpenDocumentSpreadsheet()
    table = Table(name="L'été <1>")
    document.spreadsheet.addElement(table)
    blank, full, hidden = (
        TableRow(numberrowsrepeated=2),
        TableRow(),
        TableRow(numberrowsrepeated=2, visibility="filter"),
    )
    blank.addElement(TableCell(numbercolumnsrepeated=3))
    for row in (blank, full, hidden):
        table.addElement(row)
    kinds = [
        ("00123", {"valuetype": "string"}),
        ("31/03/2026", {"valuetype": "date", "datevalue": "2026-03-31"}),
        ("31/03/2026", {"valuetype": "date", "datevalue": "2026-03-31T14:05:06"}),
        ("1", {"valuetype": "float", "value": "123456789012"}),
        ("8:30", {"valuetype": "time", "timevalue": "PT08H30M00S"}),
        ("#REF!", {"valuetype": "string"}),
    ]
    full.addElement(TableCell())
    for row, cells in ((full, kinds), (hidden, kinds[:1])):
        for text, about in cells:
            cell = TableCell(**about)
            cell.addElement(P(text=text))
            row.addElement(cell)
    document.save(str(folder / "roster.ods"))
    return folder / "roster.ods"


def test_an_open_document_is_read(tmp_path):
    """An .ods gives texts at their addresses, repeated rows one by one, errors apart."""
    book = open_book(open_document(tmp_path))
    sheet = book.sheets[0]

    assert (5, 7) == sheet.cells.shape
    assert [
        None,
        "00123",
        "2026-03-31",
        "2026-03-31 14:05:06",
        "123456789012",
        "1899-12-31 08:30:00",
        None,
    ] == texts(book)[2]
    assert {(3, 6): "#REF!"} == sheet.errors


def test_hidden_rows_of_an_open_document_are_told(tmp_path):
    """Rows that a filter hides in an .ods are marked, each of the repeated ones."""
    sheet = open_book(open_document(tmp_path)).sheets[0]

    assert ("L'été <1>", {4, 5}) == (sheet.name, sheet.hidden_rows)


def test_errors_of_an_open_document_are_told(tmp_path):
    """An error of an .ods, which its reader gives as an empty cell, stands in `errors`, each time it is repeated."""
    cells = (
        '<table:table-cell table:number-columns-repeated="2"/><table:covered-table-cell/>'
        '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error" '
        'table:number-columns-repeated="2"><text:p>#N/A</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>Kim</text:p></table:table-cell>'
    )
    rows = f'<table:table-row table:number-rows-repeated="3"/><table:table-row>{cells}</table:table-row>'
    path = open_document(tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    begin, end = '<table:table table:name="Staff">', "</table:table>"
    space = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    text = parts["content.xml"].decode()
    head, _, rest = text.partition("<table:table ")
    head = head.replace("<office:document-content ", f"<office:document-content {space} ")
    parts["content.xml"] = f"{head}{begin}{rows}{end}{rest.partition(end)[2]}".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    sheet = open_book(path).sheets[0]

    assert {(4, 3): "#N/A", (4, 4): "#N/A"} == sheet.errors
    assert "Kim" == sheet.cells.loc[4, 5]


LEAVING = """
import atexit, os, runpy
atexit.register(os.abort)
runpy.run_module("reporter.readers.child", run_name="__main__", alter_sys=True)
"""


def test_a_file_that_was_read_is_not_lost_when_its_reader_takes_leave(tmp_path, monkeypatch):
    """Arrow's threads may abort a process that is over; the answer was given before."""
    monkeypatch.setattr(sandbox, "CHILD", ("-c", LEAVING))
    (tmp_path / "staff.csv").write_text("Student ID,Permit expiry\n1,2026-09-15\n", "utf-8")

    assert 2 == len(open_book(tmp_path / "staff.csv").sheets[0].cells)
