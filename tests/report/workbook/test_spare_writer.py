"""The books of openpyxl beside those of the fast library: whoever opens one cannot tell which wrote it."""

import re
import sys
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest
from pandas import DataFrame, Timestamp
from sample_report import sample_report

from reporter.report.stress_map import stress_workbook
from reporter.report.workbook import record_book, workbook
from reporter.report.workbook.sheet import Page, Properties, ready
from reporter.report.workbook.writer import FAST, SPARE, package, writer_library

PAPER = ("orientation", "paperSize", "fitToWidth", "fitToHeight")
MARGINS = ("left", "right", "top", "bottom", "header", "footer")
ABOUT = Properties("Title", "Author", "en", Timestamp("2026-09-14T11:00Z"))


def stress():
    hours = pd.date_range("2026-09-14T00:00Z", periods=60, freq="h")
    moments = DataFrame({"hours": 24.0, "began_at": hours, "last_24h": [n % 7 for n in range(60)]})
    worst = DataFrame({"hours": [24.0], "began_at": hours[:1], "until_at": hours[24:25], "worse": [1], "closing": [2]})
    worst = worst.assign(last_24h=3, last_72h=4)
    return stress_workbook(moments, worst, "America/Toronto", "fr")


BOOKS = {
    "risk": lambda: workbook(sample_report("fr")),
    "record": lambda: record_book(sample_report()),
    "stress": stress,
}


def by(library, make, monkeypatch):
    """The book, written as on a machine that has that library first."""
    if library == SPARE:
        monkeypatch.setitem(sys.modules, "rvgsrust_xlsxwriter", None)
    content = make()
    monkeypatch.undo()
    return content


def colour(found):
    return found.rgb if found is not None and found.type == "rgb" else None


def look(cell):
    """What is seen of a cell."""
    font, fill, border = cell.font, cell.fill, cell.border
    return (
        (font.name, font.sz, bool(font.b), colour(font.color)),
        (fill.fill_type, colour(fill.fgColor) if fill.fill_type else None),
        (cell.alignment.horizontal, cell.alignment.vertical, bool(cell.alignment.wrap_text), cell.alignment.indent),
        [(side.style, colour(side.color)) for side in (border.left, border.right, border.top, border.bottom) if side],
        cell.number_format,
    )


def cells(sheet):
    return {
        cell.coordinate: (cell.data_type, cell.value, cell.hyperlink and cell.hyperlink.target, *look(cell))
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None or cell.has_style
    }


def rules(sheet):
    """How far LEFT counts is left out: the fast library counts bytes, the same to a cell of just that text."""

    def seen(rule):
        formula = [re.sub(r",\d+\)", "", text) for text in rule.formula]
        return rule.type, rule.operator, rule.text, formula, colour(rule.dxf.font.color), colour(paper(rule.dxf))

    def paper(dxf):
        return dxf.fill and dxf.fill.bgColor

    return {str(area.sqref): [seen(rule) for rule in area.rules] for area in sheet.conditional_formatting}


def entries(sheet):
    said = ("type", "formula1", "formula2", "prompt", "error")
    shown = ("allow_blank", "showInputMessage", "showErrorMessage")
    return [
        (str(one.sqref), one.operator or "between", [getattr(one, name) for name in said],
         [bool(getattr(one, name)) for name in shown])
        for one in sheet.data_validations.dataValidation
    ]  # fmt: skip


def tables(sheet):
    return [(t.displayName, t.ref, t.autoFilter and t.autoFilter.ref, t.tableStyleInfo.name,
             bool(t.tableStyleInfo.showRowStripes), t.column_names) for t in sheet.tables.values()]  # fmt: skip


def charts(sheet):
    return [
        (chart.grouping, chart.overlap, chart.gapWidth, chart.legend and chart.legend.position, chart.anchor._from.row,
         "".join(run.t for run in chart.title.tx.rich.p[0].r), "".join(r.t for r in chart.y_axis.title.tx.rich.p[0].r),
         bool(chart.x_axis.delete), bool(chart.y_axis.delete),
         [(s.tx.v, s.val.numRef.f.replace("'", ""), (s.cat.strRef or s.cat.numRef).f.replace("'", ""),
           str(s.graphicalProperties.solidFill.srgbClr)) for s in chart.series])
        for chart in sheet._charts
    ]  # fmt: skip


def columns(sheet):
    held = sheet.column_dimensions.values()
    return {
        n: (c.width, bool(c.hidden), c.outlineLevel) for c in held for n in range(c.min, c.max + 1) if c.customWidth
    }


def page(sheet):
    """How the sheet is seen and printed."""
    return {
        "paper": [1 if (set_to := getattr(sheet.page_setup, name)) is None else set_to for name in PAPER],
        "margins": [getattr(sheet.page_margins, name) for name in MARGINS],
        "fits": sheet.sheet_properties.pageSetUpPr.fitToPage,
        "print": (bool(sheet.print_options.gridLines), bool(sheet.print_options.horizontalCentered)),
        "titles": sheet.print_title_rows,
        "footer": [(part.text, part.size) for part in (sheet.oddFooter.left, sheet.oddFooter.right)],
        "frozen": sheet.freeze_panes,
        "tab": colour(sheet.sheet_properties.tabColor),
        "gridlines": sheet.sheet_view.showGridLines in (None, True),
        "filter": sheet.auto_filter.ref,
        "merged": sorted(map(str, sheet.merged_cells.ranges)),
        "heights": {row: round(one.height, 6) for row, one in sheet.row_dimensions.items() if one.height},
        "columns": columns(sheet),
    }


def parts(content, *patterns):
    """What stands in the parts themselves, which openpyxl does not read."""
    with ZipFile(BytesIO(content)) as book:
        text = "".join(book.read(name).decode() for name in sorted(book.namelist()) if "sharedStrings" not in name)
    return [sorted(re.findall(pattern, text)) for pattern in patterns]


def read(content):
    book = openpyxl.load_workbook(BytesIO(content))
    said = (book.properties.title, book.properties.creator, book.properties.language, book.properties.created)
    looks = (cells, rules, entries, tables, charts, page)
    return said, {sheet.title: {one.__name__: one(sheet) for one in looks} for sheet in book}


def test_a_library_that_fails_stops_no_book(monkeypatch, caplog):
    """An address that the fast library finds too long is an ordinary cell of the other, and the log says who wrote."""
    address = "https://example.org/" + "x" * 2_100
    page = Page("S", ready(DataFrame({"c": [address]}), {"c": "c"}, "en"), links={"c": "c"})

    with caplog.at_level("WARNING"):
        sheet = openpyxl.load_workbook(BytesIO(package([page], ABOUT)))["S"]

    assert address == sheet["A2"].value
    assert f"{FAST} failed (ValueError), {SPARE} writes it" in caplog.text
    assert address not in caplog.text
    assert FAST == writer_library()


@pytest.mark.parametrize("name", BOOKS)
def test_both_libraries_write_the_same_book(name, monkeypatch):
    """Every cell with its look, link and form; tables, rules, charts, folds, print set-up, alternative texts."""
    fast, spare = (by(library, BOOKS[name], monkeypatch) for library in (FAST, SPARE))
    patterns = r'descr="[^"]*"', r"<x14:table [^>]*/>", r"<ignoredErrors>.*?</ignoredErrors>"

    assert read(fast) == read(spare)
    assert parts(fast, *patterns) == parts(spare, *patterns)
    assert spare == by(SPARE, BOOKS[name], monkeypatch)
