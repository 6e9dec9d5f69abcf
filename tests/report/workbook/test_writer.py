"""What stands in a workbook's parts, which a program that reads cells passes over."""

import re
from io import BytesIO
from itertools import product
from posixpath import normpath
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pytest
from pandas import DataFrame, Timestamp
from python_calamine import CalamineWorkbook
from sample_report import sample_report

from reporter.report.workbook import record_book, workbook
from reporter.report.workbook.ooxml import pack_text
from reporter.report.workbook.sheet import CellLook, Entry, Page, Properties, TextRule, ready
from reporter.report.workbook.writer import LONGEST_LINK, ROWS, package

ABOUT = Properties("Title", "Author", "en", Timestamp("2026-09-14T11:00Z"))
BOOKS = {"risk": lambda: workbook(sample_report("fr")), "record": lambda: record_book(sample_report())}


def page(values, **more):
    """A page of one column, `c`."""
    return Page("S", ready(DataFrame({"c": values}), {"c": "c"}, "en"), **more)


def parts(content):
    with ZipFile(BytesIO(content)) as book:
        assert book.testzip() is None
        return {name: book.read(name).decode() for name in book.namelist()}


def sheet(content):
    return openpyxl.load_workbook(BytesIO(content))["S"]


@pytest.mark.parametrize("name", BOOKS)
def test_every_part_is_sound_and_listed_and_every_tie_leads_to_one(name):
    """A spreadsheet calls a file broken for one part that is not well formed, not listed or not there."""
    held = parts(BOOKS[name]())
    listed = set(re.findall(r'PartName="/([^"]+)"', held["[Content_Types].xml"]))
    ties = {
        normpath(f"{path.partition('_rels/')[0]}{target}")
        for path, text in held.items()
        if path.endswith(".rels")
        for target in re.findall(r'Target="([^"]+)"/>', text)
    }

    assert all(ElementTree.fromstring(text) is not None for text in held.values())
    assert {path for path in held if path.endswith(".xml")} == {*listed, "[Content_Types].xml"}
    assert listed == ties


@pytest.mark.parametrize("name", BOOKS)
def test_two_readers_find_the_same_in_every_cell(name):
    """What one of them makes of a part, the other does too."""
    content = BOOKS[name]()
    one, other = openpyxl.load_workbook(BytesIO(content)), CalamineWorkbook.from_filelike(BytesIO(content))

    assert one.sheetnames == other.sheet_names
    for title in one.sheetnames:
        rows, held = other.get_sheet_by_name(title).to_python(skip_empty_area=False), one[title]
        texts = [(row, n) for row, n in product(range(len(rows)), range(len(rows[0]))) if isinstance(rows[row][n], str)]
        assert [] == [at for at in texts if rows[at[0]][at[1]] != (held.cell(at[0] + 1, at[1] + 1).value or "")]


def test_a_table_longer_than_what_is_made_at_a_time_is_whole():
    """Its rows stand one behind another, each once."""
    values = [*range(ROWS * 2 + 1)]

    assert values == [row[0] for row in sheet(package([page(values)], ABOUT)).iter_rows(min_row=2, values_only=True)]


@pytest.mark.parametrize("text", ['a & b <c> "d"', "_x000D_", "_x005F_", "é’∞–🙂", "]]>", "a\u00a0b", "  two  "])
def test_marks_of_the_file_itself_are_text(text):
    """What means something to XML, or to a spreadsheet, comes back as it was."""
    read = CalamineWorkbook.from_filelike(BytesIO(package([page([text])], ABOUT))).get_sheet_by_index(0).to_python()

    assert [["c"], [text]] == read


def test_a_number_without_end_is_its_sign_and_no_number_is_no_cell():
    """A spreadsheet knows neither."""
    cells = sheet(package([page([1.5, float("inf"), float("-inf"), float("nan"), 2.0])], ABOUT))

    assert [1.5, "∞", "-∞", None, 2] == [row[0] for row in cells.iter_rows(min_row=2, values_only=True)]


def test_an_address_too_long_for_a_spreadsheet_is_a_text():
    """The cell is there, and no link makes the file a broken one."""
    long, good = "https://example.org/" + "x" * LONGEST_LINK, "https://example.org/a b?c=%20"
    cells = sheet(package([page([long, good], links=("c",))], ABOUT))

    assert (long, None) == (cells["A2"].value, cells["A2"].hyperlink)
    assert "https://example.org/a%20b?c=%20" == cells["A3"].hyperlink.target


def test_what_is_to_be_filled_in_has_its_look_where_nothing_stands():
    """And says what may be entered."""
    look = CellLook(paper="#FFFCEB")
    entry = Entry("Choose.", "Not that.", choices=("a", 'b "c"'))
    cells = sheet(package([page([None, "x"], looks={"c": look}, entries={"c": entry})], ABOUT))
    (said,) = cells.data_validations.dataValidation

    assert (None, "FFFFFCEB") == (cells["A2"].value, cells["A2"].fill.fgColor.rgb)
    assert ("A2:A3", '"a,b "c""', "Choose.", "Not that.") == (str(said.sqref), said.formula1, said.prompt, said.error)


def test_a_rule_counts_characters():
    """`LEFT` of a sign and a word, and a quotation mark doubled."""
    rule = TextRule('▲ "x"', CellLook(ink="#FF0000"))
    cells = sheet(package([page(['▲ "x" y'], rules={"c": [rule]})], ABOUT))
    ((area, (found,)),) = cells.conditional_formatting._cf_rules.items()

    assert ("A2", ['LEFT(A2,5)="▲ ""x"""']) == (str(area.sqref), found.formula)


def test_a_filter_without_a_table_is_told_of_twice():
    """In the sheet, and as a name that a spreadsheet looks for."""
    held = parts(package([page([1], has_filter=True)], ABOUT))

    assert '<autoFilter ref="A1:A2"/>' in held["xl/worksheets/sheet1.xml"]
    assert "hidden=\"1\">'S'!$A$1:$A$2<" in held["xl/workbook.xml"]


def test_the_same_small_parts_are_packed_once():
    """Another reader's book finds them ready."""
    pack_text.cache_clear()
    for text in ("x", "y"):
        package([page([text])], ABOUT)

    assert pack_text.cache_info().hits >= 5


def test_cells_without_rows_are_a_sheet():
    """Of an empty table not even its header is written."""
    cells = pa.table({"c": pa.array([], pa.large_string())})

    assert [] == list(sheet(package([Page("S", cells)], ABOUT)).iter_rows(values_only=True))
