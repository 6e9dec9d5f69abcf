"""The workbook for those who see few colours, or none: what can be told from the parts of the file itself.

What a program that reads it aloud makes of it is not tried.
"""

import re
from functools import cache
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from sample_report import sample_report

from reporter.report.workbook import record_book, workbook

WHITE, BLACK = "FFFFFF", "000000"
ENOUGH = 4.5  # to 1, of WCAG level AA for text
LANGUAGES = ["en", "fr"]


@cache
def book(language="en"):
    return openpyxl.load_workbook(BytesIO(workbook(sample_report(language))))


def light(colour):
    """The relative luminance of WCAG."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def colour(found, otherwise):
    """The last six digits of a colour, where one is given as such."""
    return found.rgb[-6:] if found is not None and isinstance(found.rgb, str) else otherwise


def faint(pairs):
    return {pair for pair in pairs if contrast(*pair) < ENOUGH}


def test_the_measure_is_that_of_the_guideline():
    """Black on white is 21 to 1, and a grey known to be just enough is just enough."""
    assert (21.0, True, False) == (
        contrast(BLACK, WHITE),
        contrast("767676", WHITE) >= 4.5,
        contrast("777777", WHITE) >= 4.5,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cell_has_enough_contrast(language):
    """The letters against what the cell is filled with."""
    pairs = {
        (colour(cell.font.color, BLACK), colour(cell.fill.fgColor if cell.fill.fill_type == "solid" else None, WHITE))
        for sheet in book(language)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }

    assert len(pairs) > 3
    assert set() == faint(pairs)


def test_every_rule_that_colours_leaves_enough_contrast():
    """Of levels, changes and how sure something is."""
    rules = [rule for sheet in book() for area in sheet.conditional_formatting for rule in area.rules if rule.dxf]
    pairs = {
        (colour(r.dxf.font and r.dxf.font.color, BLACK), colour(r.dxf.fill and r.dxf.fill.bgColor, WHITE))
        for r in rules
    }

    assert len(pairs) > 3
    assert set() == faint(pairs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_rule_colours_says_it_in_words_too(language):
    """A rule looks for how the text of the cell begins: without the colour nothing is lost."""
    kinds = {
        rule.type
        for sheet in book(language)
        for area in sheet.conditional_formatting
        for rule in area.rules
        if rule.dxf
    }

    assert {"beginsWith"} == kinds


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_one_row_of_headers_and_no_joined_cells_below(language):
    """A program that reads cell by cell finds the column's name right above, and no hole in the table."""
    for sheet in book(language):
        joined = max((area.max_row for area in sheet.merged_cells.ranges), default=0)
        headers = [cell.value for cell in sheet[joined + 1] if cell.value is not None]

        assert headers, sheet.title
        assert len(headers) == len(set(headers)), sheet.title


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_begins_with_what_it_is(language):
    """The first cell has the sheet's title, so that whoever comes to it by its tab hears where they are."""
    empty = [sheet.title for sheet in book(language) if not sheet["A1"].value]

    assert [] == empty


def test_a_chart_has_a_title_and_its_numbers_in_cells():
    """Nobody has to see the picture: what it shows stands in the table of the same sheet."""
    drawn = [sheet for sheet in openpyxl.load_workbook(BytesIO(workbook(sample_report()))) if sheet._charts]

    assert drawn
    assert all(chart.title is not None for sheet in drawn for chart in sheet._charts)
    assert all(
        sheet.title in series.val.numRef.f for sheet in drawn for chart in sheet._charts for series in chart.series
    )


@pytest.mark.parametrize("make", [workbook, record_book])
def test_every_chart_and_every_table_is_told_in_words(make):
    """Alternative text: what a chart shows with its figures, and what a table is."""
    with ZipFile(BytesIO(make(sample_report()))) as parts:
        texts = {name: parts.read(name).decode() for name in parts.namelist()}
    drawings = [text for name, text in texts.items() if name.startswith("xl/drawings/drawing")]
    tables = [text for name, text in texts.items() if name.startswith("xl/tables/")]

    assert drawings
    assert tables
    assert all(re.findall(r'descr="[^"]+: \d', text) for text in drawings)
    assert all('altTextSummary="' in text for text in tables)
