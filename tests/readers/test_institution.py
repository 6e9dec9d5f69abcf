"""The sheet of the institution's own duties: headers in two languages, every row accounted for."""

import pandas as pd
import pytest
from made_rosters import book, sheet
from makers import RULEBOOK

from reporter.errors import RosterError
from reporter.readers.institution import read_own_duties
from reporter.rules.load import own_duty_names

KINDS = own_duty_names(RULEBOOK)
HEADER = ["Duty ID", "Kind", "Sent on", "Received on", "Due on", "Done at", "Contact email"]


def read(*rows, header=HEADER, **options):
    return read_own_duties(book([header, *rows]), KINDS, **options)


def told(reading):
    return [problem.code for problem in reading.problems]


def test_a_sheet_is_read():
    """Dates, the hour of what was done, and the kind by the name an office gives it."""
    reading = read(["R-1", "Compliance report", "2026-07-15", None, None, "2026-08-01T10:00:00-04:00", "a@example.org"])
    duty = reading.duties.iloc[0]

    assert ("R-1", "dli-compliance-report", "a@example.org") == (duty["duty_id"], duty["kind"], duty["contact_email"])
    assert pd.Timestamp("2026-07-15") == duty["sent_on"]
    assert pd.Timestamp("2026-08-01T14:00Z") == duty["done_at"]
    assert "acme.xlsx!Staff:2" == duty["source_row"]


def test_a_french_sheet_is_read():
    """The same in French, with accents or without."""
    header = ["No de référence", "Nature de l’obligation", "Date d’envoi", "Reçu le", "Date limite", "Fait le"]
    reading = read(["R-1", "Rapport de conformite", "2026-07-15", None, None, None], header=header)

    assert ["dli-compliance-report"] == list(reading.duties["kind"])
    assert [pd.Timestamp("2026-07-15")] == list(reading.duties["sent_on"])


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (["", "LOA", "2026-09-01"], "own_without_id", "A"),
        (["X", "Audit", "2026-09-01"], "own_kind_unknown", "B"),
        (["X", "LOA", "31/02/2026"], "date_impossible", "C"),
        (["X", "LOA", "soon-ish"], "date_unreadable", "C"),
        (["X", "LOA", "2026-09-01", "2026-09-02", "two weeks"], "date_unreadable", "E"),
    ],
)
def test_a_row_that_cannot_be_judged_is_set_aside_with_its_cell(row, code, column):
    """The cell is named, the row is counted, and the others are read."""
    reading = read(row, ["Y", "LOA", "2026-09-01"])
    problem = next(p for p in reading.problems if p.severity == "error")

    assert (code, 2, column) == (problem.code, problem.row, problem.column)
    assert [("set_aside", code), ("assessed", "")] == list(
        reading.rows[["outcome", "rule"]].itertuples(index=False, name=None)
    )
    assert ["Y"] == list(reading.duties["duty_id"])


def test_a_blank_row_is_excluded_and_counted():
    """Nothing is told of it, and it is not lost."""
    reading = read(["X", "LOA", "2026-09-01"], [], ["Y", "LOA", "2026-09-02"])

    assert ["assessed", "excluded", "assessed"] == list(reading.rows["outcome"])
    assert [] == told(reading)


def test_a_spreadsheet_error_is_told_and_never_read_as_empty():
    """The row is set aside, though nothing else stands in it that is wrong."""
    broken = sheet([HEADER, ["X", "LOA", None]], errors={(2, 2): "#REF!"})
    reading = read_own_duties(book(broken), KINDS)

    assert ["cell_error"] == told(reading)
    assert ["set_aside"] == list(reading.rows["outcome"])


def test_of_two_readings_the_earlier_is_taken_and_told():
    """Neither the column nor the settings prove the order; the duty is due sooner by the earlier."""
    reading = read(["X", "LOA", "03/09/2026"])

    assert [pd.Timestamp("2026-03-09")] == list(reading.duties["sent_on"])
    assert ["ambiguous"] == list(reading.duties["date_certainty"])
    assert ["own_two_readings"] == told(reading)


def test_the_settings_decide_the_order_of_day_and_month():
    """With date_order the date has one reading."""
    reading = read(["X", "LOA", "03/09/2026"], date_order="dmy")

    assert [pd.Timestamp("2026-09-03")] == list(reading.duties["sent_on"])
    assert [] == told(reading)


def test_an_id_that_stands_twice_is_told_and_both_rows_are_kept():
    """Two requests under one number are two duties until somebody says otherwise."""
    reading = read(["X", "LOA", "2026-09-01"], ["X", "Correction", "2026-09-02"])

    assert ["own_repeated"] == told(reading)
    assert 2 == len(reading.duties)


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("2026-09-11", "2026-09-11T04:00Z", "2026-09-12T03:59Z"),
        ("2026-11-01", "2026-11-01T04:00Z", "2026-11-02T04:59Z"),
        ("2026-03-08", "2026-03-08T05:00Z", "2026-03-09T03:59Z"),
        ("05/06/2026", "2026-05-06T04:00Z", "2026-06-06T03:59Z"),
    ],
)
def test_what_was_done_on_a_day_alone_was_done_between_two_moments(cell, first, last):
    """From the day's first moment to its last minute on the office's clock; of two readings, of the one and the other.

    The evening is the next day in UTC, and a day on which the clocks change is shorter or longer."""
    reading = read(["X", "LOA", "2026-04-01", None, None, cell])
    duty = reading.duties.iloc[0]

    assert (pd.Timestamp(first), pd.Timestamp(last)) == (duty["done_from_at"], duty["done_at"])
    assert "filed_without_hour" in told(reading)


def test_what_was_done_at_an_hour_was_done_then():
    """There is nothing to be in doubt of."""
    reading = read(["X", "LOA", "2026-09-01", None, None, "2026-09-11 10:00"])

    assert [True] == list(reading.duties["done_from_at"].isna())


def test_the_sheet_called_duties_is_found_in_a_workbook():
    """A roster may carry its duties on a sheet of their own."""
    people = sheet([["ID", "Kind"], ["1", "study"]], name="People")
    duties = sheet([HEADER, ["X", "LOA", "2026-09-01"]], name="Obligations")

    assert ["X"] == list(read_own_duties(book(people, duties), KINDS).duties["duty_id"])


def test_a_sheet_that_is_not_there_is_refused_by_name():
    """The message names the sheets there are."""
    with pytest.raises(RosterError, match="there is no sheet 'Dutys'; the sheets are 'Staff'"):
        read(["X", "LOA", "2026-09-01"], sheet="Dutys")


def test_a_file_without_a_table_of_duties_is_refused():
    """What a header needs is said."""
    with pytest.raises(RosterError, match="at least a duty id and a kind"):
        read(["1", "Ana"], header=["Employee", "Name"])
