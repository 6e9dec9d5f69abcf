"""The traps of the library that writes the file, each guarded."""

import logging
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from pandas import DataFrame, Series, Timestamp

from reporter.report.workbook.sheet import LONGEST, Page, Properties, column_look, ready
from reporter.report.workbook.writer import package

ABOUT = Properties("Title", "Author", "en", Timestamp("2026-09-14T11:00Z"))


def written(column: "Series[object]") -> list[object]:
    """The column as a spreadsheet reader gets it back: of days a spreadsheet knows only by the look of their column."""
    cells = ready(DataFrame({"c": column}), {"c": "c"}, "en")
    looks = {"c": column_look("instant")} if pd.api.types.is_datetime64_any_dtype(column) else {}
    sheet = openpyxl.load_workbook(BytesIO(package([Page("S", cells, looks=looks)], ABOUT)))["S"]
    return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_a_categorical_column_is_written():
    """The library writes a Categorical as blanks without a word."""
    assert ["high", "low"] == written(Series(["high", "low"], dtype="category"))


@pytest.mark.parametrize("day", ["1899-12-31", "1900-01-01", "1900-02-28", "1026-09-15", "10000-01-01"])
def test_a_date_outside_the_calendar_of_spreadsheets_is_written_as_text(day, caplog):
    """The library writes a blank or another day; the others of its column become text with it, loudly."""
    column = Series(np.array(["2026-09-15", day], dtype="datetime64[us]"))
    with caplog.at_level(logging.WARNING):
        cells = written(column)

    assert "2026-09-15" == cells[0]
    assert None not in cells
    assert "written as text" in caplog.text


def test_the_first_sure_day_of_the_calendar_is_a_date():
    """Spreadsheets count a February 29, 1900, that never was: from the day after it all agree."""
    assert [Timestamp("1900-03-01")] == written(Series(pd.to_datetime(["1900-03-01"]).astype("datetime64[us]")))


def test_an_instant_loses_its_zone_but_not_its_hour():
    """Spreadsheets know no zones: the instant is written in UTC."""
    column = Series(pd.to_datetime([None, "2026-09-15T23:30Z"], utc=True)).astype("datetime64[us, UTC]")

    assert [None, Timestamp("2026-09-15T23:30")] == written(column)


def test_an_index_with_gaps_is_not_written():
    """The library writes such an index as a column of its own."""
    cells = ready(DataFrame({"c": [1, 2]}, index=[4, 9]), {"c": "c"}, "en")
    book = openpyxl.load_workbook(BytesIO(package([Page("S", cells)], ABOUT)))

    assert [("c",), (1,), (2,)] == list(book["S"].iter_rows(values_only=True))


def test_the_package_is_whole_after_its_properties_are_written_again():
    """Every part can be unpacked, none stands twice, none is left of what the library wrote, and none has a clock."""
    content = package([Page("S", ready(DataFrame({"c": ["x"]}), {"c": "c"}, "en"))], ABOUT)
    with ZipFile(BytesIO(content)) as book:
        names, stamps = book.namelist(), {part.date_time for part in book.infolist()}

        assert book.testzip() is None
    assert len(names) == len(set(names)) == content.count(b"PK\x03\x04")
    assert {(1980, 1, 1, 0, 0, 0)} == stamps


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(caplog):
    """The library refuses more than 32,767 characters, and would lose the whole report for one cell."""
    with caplog.at_level(logging.WARNING):
        cells = written(Series(["x" * (LONGEST + 1), "y"], dtype="str"))

    assert (LONGEST, "y") == (len(str(cells[0])), cells[1])
    assert str(cells[0]).endswith("[cut: too long for a cell]")
    assert "1 texts cut" in caplog.text


def test_a_text_that_just_fits_is_whole():
    """32,767 characters are written as they are."""
    assert ["é" * LONGEST] == written(Series(["é" * LONGEST], dtype="str"))


@pytest.mark.parametrize("mark", ["\x00", "\x01", "\x0b", "\x1f", "\x7f", "\ufffe"])
def test_control_characters_are_dropped(mark):
    """They would be written as _x0001_, or make a file that does not open."""
    assert ["ab"] == written(Series([f"a{mark}b"], dtype="str"))


def test_lines_and_tabs_stay():
    """What a reader may have meant is kept."""
    assert ["a\nb\tc"] == written(Series(["a\nb\tc"], dtype="str"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "'x", "007", "1e5", "2026-09-15", "TRUE", " x "])
def test_text_stays_the_text_it_was(text):
    """Nothing that looks like a formula, a number or a date is taken for one."""
    assert [text] == written(Series([text], dtype="str"))
