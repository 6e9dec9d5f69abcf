"""The reviewed copy of an office's own workbook: a few columns more, and every other part of the file as it was."""

import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from made_runs import HEADER, at, roster, settings
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from reporter.errors import AnnotateError
from reporter.pipeline.upkeep.annotate import AnnotatedCopy, annotate

SOFFICE = shutil.which("soffice")
HOSTILE = '=HYPERLINK("http://x","y")'
PEOPLE = [
    ("E1", "Ana Example", "Lab", "lab@example.org", "ON", "work", "2026-09-12"),
    ("E2", HOSTILE, "Field", "field@example.org", "ON", "work", "2027-09-16"),
    ("E3", "Cy Example", "Field", "field@example.org", "ON", "work", "soon"),
]
EXTRA = {  # parts that no library of ours would write, each named by nothing but its folder
    "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0macros",
    "xl/slicers/slicer1.xml": b"<slicers/>",
    "xl/slicerCaches/slicerCache1.xml": b"<slicerCacheDefinition/>",
    "xl/pivotCache/pivotCacheDefinition1.xml": b"<pivotCacheDefinition/>",
    "xl/media/image1.png": b"\x89PNG\r\n",
    "xl/printerSettings/printerSettings1.bin": b"\x00\x01printer",
    "customXml/item1.xml": b"<office>ours</office>",
    "xl/richData/rdrichvalue.xml": b"<rvData/>",
}


def rich(path: Path, *, extra: bool = True) -> Path:
    """A workbook with a title above the table, and much that an office puts into one."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Staff & co"
    sheet["A1"] = "Our people"
    for n, line in enumerate([HEADER, *PEOPLE], start=3):
        for m, value in enumerate(line, start=1):
            sheet.cell(n, m).value = value
            sheet.cell(n, m).data_type = "s"
    sheet["A3"].font, sheet["A3"].fill = Font(bold=True), PatternFill("solid", fgColor="1F3A5F")
    sheet["B4"].comment = Comment("ask her", "me")
    sheet.conditional_formatting.add(
        "A4:A6", CellIsRule("equal", ['"E1"'], fill=PatternFill("solid", bgColor="FF0000"))
    )
    choice = DataValidation(type="list", formula1='"work,study"')
    choice.add("F4:F6")
    sheet.add_data_validation(choice)
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=4, max_row=6))
    sheet.add_chart(chart, "J9")
    sheet.auto_filter.ref = "A3:G6"
    sheet.freeze_panes, sheet.print_title_rows = "B4", "3:3"
    book.defined_names["everybody"] = DefinedName("everybody", attr_text="'Staff & co'!$A$4:$A$6")
    other = book.create_sheet("Lists")
    other.append(["Code", "Meaning"])
    other.append(["w", "work"])
    other.add_table(Table(displayName="codes", ref="A1:B2"))
    other.protection.sheet = True
    book.save(path)
    if extra:
        with zipfile.ZipFile(path, "a") as package:
            for name, content in EXTRA.items():
                package.writestr(name, content)
    return path


def review(path: Path, *, out: Path | None = None, language: str = "en") -> AnnotatedCopy:
    known = settings(path.parent, [path], language=language)
    return annotate(known, known.roster[0], at(), out=out)


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as package:
        return {part.filename: hashlib.sha256(package.read(part)).hexdigest() for part in package.infolist()}


def ours(path: Path, row: int) -> dict[str, object]:
    """The new cells of one row, by header."""
    sheet = openpyxl.load_workbook(path)["Staff & co"]
    named = {cell.value: cell.column for cell in sheet[3] if str(cell.value).startswith("reporter: ")}
    return {name.removeprefix("reporter: "): sheet.cell(row, column).value for name, column in named.items()}


@pytest.mark.parametrize("name", ["staff.xlsx", "staff.xlsm"])
def test_only_the_sheets_own_part_changes(name, tmp_path):
    """Macros, slicers, pictures, comments, styles, printer settings, custom XML: the same bytes in the same order."""
    original = rich(tmp_path / name)
    done = review(original)
    before, after = parts(original), parts(done.path)

    assert f"staff.reviewed{original.suffix}" == done.path.name
    assert list(before) == list(after)
    assert ["xl/worksheets/sheet1.xml"] == [part for part in before if before[part] != after[part]]


def test_the_original_is_not_written_to(tmp_path):
    """The office's own file has the same bytes after as before."""
    original = rich(tmp_path / "staff.xlsx")
    before = original.read_bytes()
    review(original)

    assert before == original.read_bytes()


def test_everything_on_the_sheet_stays_and_the_columns_stand_at_its_right(tmp_path):
    """Cells, rules, validations, filter and panes are those of the original; ours begin in the next column."""
    original = rich(tmp_path / "staff.xlsx")
    was = openpyxl.load_workbook(original)["Staff & co"]
    now = openpyxl.load_workbook(review(original).path)["Staff & co"]

    assert [[cell.value for cell in row] for row in was["A1:G6"]] == [[c.value for c in row] for row in now["A1:G6"]]
    assert (was.auto_filter.ref, was.freeze_panes) == (now.auto_filter.ref, now.freeze_panes)
    assert [r.sqref for r in was.conditional_formatting] == [r.sqref for r in now.conditional_formatting]
    assert was.data_validations.dataValidation[0].sqref == now.data_validations.dataValidation[0].sqref
    assert "reporter: person" == now["H3"].value


@pytest.mark.parametrize(
    ("language", "level", "unknown", "hours"),
    [("en", "level", "? Cannot assess", "outage hours"), ("fr", "niveau", "? À vérifier", "heures de panne")],
)
def test_each_row_has_its_own_level_and_one_that_cannot_be_read_says_why(language, level, unknown, hours, tmp_path):
    """E1 is close to the last day, E2 is not, E3 has no readable date; in the reader's language."""
    path = review(rich(tmp_path / "staff.xlsx"), language=language).path
    near, far, unread = (ours(path, row) for row in (4, 5, 6))

    assert near[level] != far[level]
    assert unknown == unread[level]
    assert (0, None) == (near[hours], unread[hours])
    assert "soon" in str(list(unread.values()))


def test_twice_replaces_the_columns_even_in_the_other_language(tmp_path):
    """The copy annotated again has as many columns, and another name; a row that is gone leaves nothing behind."""
    first = review(rich(tmp_path / "staff.xlsx")).path
    again = review(first, language="fr")
    sheet = openpyxl.load_workbook(again.path)["Staff & co"]

    assert "staff.reviewed-2.xlsx" == again.path.name
    assert openpyxl.load_workbook(first)["Staff & co"].max_column == sheet.max_column
    assert "reporter: personne" == sheet["H3"].value
    assert "annotate_again" in again.notes


def test_a_filter_that_does_not_reach_the_new_columns_is_told(tmp_path):
    """Sorting by it would leave our columns behind."""
    assert ("annotate_filter",) == review(rich(tmp_path / "staff.xlsx")).notes


def test_what_cannot_be_annotated_is_refused_with_what_to_do(tmp_path):
    """Text, whatever it is called, and an original that a copy would be written over."""
    plain = roster(tmp_path / "staff.csv", PEOPLE)
    with pytest.raises(AnnotateError, match=r"staff\.csv: only an \.xlsx or \.xlsm"):
        review(plain)
    with pytest.raises(AnnotateError, match=r"only an \.xlsx or \.xlsm"):
        review(plain.rename(tmp_path / "text.xlsx"))
    original = rich(tmp_path / "staff.xlsx")
    with pytest.raises(AnnotateError, match="nothing is written over"):
        review(original, out=original)
    with pytest.raises(AnnotateError, match=r"must end in \.xlsx"):
        review(original, out=tmp_path / "copy.xlsm")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed: the copy is NOT opened in it")
def test_libreoffice_opens_the_copy(tmp_path):
    """An office program reads the copy and finds our words in it."""
    path = review(rich(tmp_path / "staff.xlsx", extra=False)).path
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [SOFFICE, profile, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", path.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    told = (tmp_path / "staff.reviewed.csv").read_text("utf-8")

    assert 0 == done.returncode
    assert "reporter: level" in told
    assert "Cannot assess" in told
