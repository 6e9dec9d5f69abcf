"""What day a cell means: the forms that are read, the order that a column proves, and the doubt that is kept."""

from functools import reduce
from itertools import chain
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_rosters import codes, expiries, outcomes, reading

from reporter.readers.dates import (
    DateEvidence,
    DateRules,
    date_evidence,
    earliest_receipts,
    read_dates,
    receipt_instants,
    told_instants,
)
from reporter.readers.roster import ReadOptions, read_roster

DAY = pd.Timestamp("2026-03-31")


def column(cells, **rules):
    """A column of these cells, as read."""
    return read_dates(pd.Series(cells, dtype="str"), DateRules(**rules))


def days(cells, **rules):
    """The days of a column, as text; empty where there is none."""
    return ["" if pd.isna(on) else f"{on:%Y-%m-%d}" for on in column(cells, **rules)["on"]]


def people(*cells, **options):
    """A roster with these permit expiries, one a person."""
    return reading([["ID", "Permit expiry"], *[[str(n), cell] for n, cell in enumerate(cells, start=1)]], **options)


@pytest.mark.parametrize("sign", ["″", '"', ",,", '- " -', "〃"])
def test_a_sign_for_the_cell_above_is_no_empty_cell(sign):
    """The row has an end, and nobody can tell which once the rows are in another order: it is set aside."""
    rows = [["ID", "Name", "Work permit expiry"], ["1", "Ana", "2026-09-12"], ["2", "Bo", sign]]

    assert [("assessed", ""), ("set_aside", "date_unreadable")] == outcomes(reading(rows))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-31 14:30", "2026-03-31T14:30:00Z"),
        ("2026-03-31T14:30:00Z", "2026-03-31T14:30:00Z"),
        ("2026-03-31T14:30:00-04:00", "2026-03-31T18:30:00Z"),
        ("2026-03-31T14:30:00+05:30", "2026-03-31T09:00:00Z"),
        ("2026-03-31 00:00:01", "2026-03-31T00:00:01Z"),
        ("2026-03-31 00:00", None),
        ("2026-03-31", None),
        ("46112.75", "2026-03-31T18:00:00Z"),
        ("46113.75", "2026-04-01T18:00:00Z"),
        ("2026-03-31T14:30:00+10:00", "2026-03-31T04:30:00Z"),
        ("2026-03-31 12:30 am", "2026-03-31T00:30:00Z"),
        ("2026-03-31 11:30 a.m.", "2026-03-31T11:30:00Z"),
        ("2026-03-31 12:15 PM", "2026-03-31T12:15:00Z"),
        ("2026-03-31 1:05:09 PM", "2026-03-31T13:05:09Z"),
        ("31 mars 2026 23:59:59", "2026-03-31T23:59:59Z"),
        ("31 mars 2026 24:00:00", None),
        ("2026-03-31 19:75", None),
        ("31 mars 2026 à 14 h", "2026-03-31T14:00:00Z"),
        ("2026-03-31 7pm EST", "2026-04-01T00:00:00Z"),
        ("2026-03-31 @ 2:30 PM", "2026-03-31T14:30:00Z"),
    ],
)
def test_an_hour_beside_a_day_is_the_instant_it_says_and_without_a_zone_that_of_utc(text, instant):
    """A midnight is how a sheet writes a day alone."""
    read = column([text])
    told = told_instants(read["on"], read)[0]

    assert told == pd.Timestamp(instant) if instant else pd.isna(told)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-31",
        "2026-03-31 00:00:00",
        "2026-03-31T00:00:00",
        "2026-03-31 23:59",
        "2026/03/31",
        "2026.3.31",
        "20260331",
        "46112",
        "46112.75",
        "31-Mar-26",
        "31 mars 2026",
        "31 Mars 2026",
        "mars 31, 2026",
        "March 31, 2026",
        "Mar. 31, 2026",
        "March 31st, 2026",
        "31st of March 2026",
        "31/03/2026",
        "31.03.2026",
        "03/31/2026",
        "31-03-2026",
        "Tuesday, March 31, 2026",
        "le 31 mars 2026",
        "mardi 31 mars 2026",
        "2026-Mar-31",
        "31MAR2026",
        "31\u00a0mars\u00a02026",
        "\u200e31/03/2026",
    ],
)
def test_one_day_in_all_the_forms_that_are_read(text):
    """Each form gives the same day, without doubt."""
    read = column([text])

    assert (DAY, "clear", "date") == (read["on"][0], read["certainty"][0], read["state"][0])


CLOCKS = {
    "America/St_Johns": ("NST HNT", "NDT HAT"),
    "America/Halifax": ("AST HNA", "ADT HAA"),
    "America/Toronto": ("EST HNE", "EDT HAE"),
    "America/Winnipeg": ("CST HNC", "CDT HAC"),
    "America/Denver": ("MST HNR", "MDT HAR"),
    "America/Los_Angeles": ("PST HNP", "PDT HAP"),
    "UTC": ("Z UTC GMT", "Z UTC GMT"),
}
"""For each zone what its clocks are called in English and French, in winter and in summer."""


def test_an_hour_with_the_name_of_a_clock_is_the_instant_that_it_shows_there():
    """Standard and daylight time of every zone of Canada, in both languages."""
    told = [
        (f"{day} 12:00 {name}", pd.Timestamp(f"{day} 12:00", tz=zone))
        for zone, names in CLOCKS.items()
        for day, of_season in zip(("2025-01-15", "2025-07-15"), names, strict=True)
        for name in of_season.split()
    ]
    read = column([text for text, _ in told])

    assert [at for _, at in told] == told_instants(read["on"], read).to_list()


@pytest.mark.parametrize(
    ("text", "zone", "first", "last"),
    [
        ("2026-03-30", "America/Toronto", "2026-03-30T04:00Z", "2026-03-31T03:59Z"),
        ("2026-03-30 00:00:00", "America/Vancouver", "2026-03-30T07:00Z", "2026-03-31T06:59Z"),
        ("mars 2026", "America/Toronto", "2026-03-01T05:00Z", "2026-04-01T03:59Z"),
        ("2026-03-30 14:00", "America/Toronto", None, "2026-03-30T18:00Z"),
        ("2026-03-30T00:00:00Z", "America/Toronto", None, "2026-03-30T00:00Z"),
        ("2026-03-30T14:00:00-07:00", "America/Toronto", None, "2026-03-30T21:00Z"),
        ("2026-11-01 01:30", "America/Toronto", None, "2026-11-01T06:30Z"),
        ("2026-03-08 02:30", "America/Toronto", None, "2026-03-08T07:00Z"),
        ("2020-11-01", "America/Havana", "2020-11-01T04:00Z", "2020-11-02T04:59Z"),
        ("", "America/Toronto", None, None),
    ],
)
def test_a_receipt_is_any_moment_that_its_cell_allows(text, zone, first, last):
    """A day from its first moment to its last minute, a month likewise; an hour is itself, and of two the later."""
    cells = [text, "2026-05-05 10:00", "2026-05-05T10:00:00Z"]
    read, zones = column(cells, is_receipt=True), pd.Series([zone, "UTC", "Asia/Tokyo"])
    found = [of(read["on"], read, zones)[0] for of in (earliest_receipts, receipt_instants)]

    assert [first and pd.Timestamp(first), last and pd.Timestamp(last)] == [None if pd.isna(at) else at for at in found]


MONTHS = (
    "jan january janv janvier", "feb february févr février", "mar march mars", "apr april avr avril", "may mai",
    "jun june juin", "jul july juil juill juillet", "aug august août aoû", "sep sept september septembre",
    "oct october octobre", "nov november novembre", "dec december déc décembre",
)  # fmt: skip


def test_months_are_read_in_english_and_french():
    """Month names, whole and short, with and without dots, accents and capitals."""
    names = [(number, name) for number, line in enumerate(MONTHS, start=1) for name in line.split()]
    forms = [f"15 {form} 2026" for _, name in names for form in (name, f"{name}.")]
    capitals = [f"1er {name.upper()} 2026" for _, name in names]

    assert [f"2026-{number:02}-15" for number, _ in names for _ in "ab"] == days(forms)
    assert [f"2026-{number:02}-01" for number, _ in names] == days(capitals)
    assert ["2028-02-29"] == days(["29 Feb 2028"])


@pytest.mark.parametrize(
    "text", ["31/02/2026", "2026-02-31", "2026-02-29", "31 avril 2026", "20261301", "13/13/2026", "0/5/2026"]
)
def test_a_day_that_the_calendar_does_not_have_is_impossible(text):
    """It is never moved to a day that there is."""
    read = column([text])

    assert ("date_impossible", True) == (read["code"][0], pd.isna(read["on"][0]))


@pytest.mark.parametrize(
    "text", ["soon", "Mar-26", "31 March", "10", "2026", "19999", "80001", "12345678", "May", "1/2/3/4"]
)
def test_a_text_without_a_whole_date_is_unreadable(text):
    """Nothing is filled in from a clock."""
    assert "date_unreadable" == column([text])["code"][0]


@pytest.mark.parametrize(("serial", "day"), [("20000", "1954-10-03"), ("46112", "2026-03-31"), ("80000", "2119-01-11")])
def test_serials_count_from_1900(serial, day):
    """From 20000 to 80000 a number in a date column is a spreadsheet's day; a far year is told apart."""
    assert [day if day < "2090" else ""] == days([serial])


def test_serials_count_from_1904_in_such_a_workbook():
    """The same number is four years and a day later."""
    assert ["2030-04-01"] == days(["46112"], is_1904=True)


@pytest.mark.parametrize(
    ("text", "day"), [("31-Mar-49", "2049-03-31"), ("31-Mar-50", "1950-03-31"), ("31-Mar-00", "2000-03-31")]
)
def test_two_digit_years_follow_the_pivot(text, day):
    """Below 50 it is 20yy, from 50 on 19yy."""
    assert [day] == days([text])


def test_two_digit_years_are_told():
    """The pivot in use is stated once a column."""
    read = people("31-Mar-26", "30-Apr-26")

    assert (["two_digit_years"], "2", "50") == (
        codes(read),
        read.problems[0].details["count"],
        read.problems[0].details["pivot"],
    )


@pytest.mark.parametrize(("proof", "day"), [("13/02/2026", "2026-04-03"), ("02/13/2026", "2026-03-04")])
def test_one_part_over_twelve_proves_the_order_of_the_column(proof, day):
    """The other cells are read in the proven order."""
    assert day == days([proof, "03/04/2026"])[1]


@pytest.mark.parametrize("proof", ["12/02/2026", "02/12/2026"])
def test_a_part_of_twelve_proves_nothing(proof):
    """Both parts can still be a month."""
    assert ["ambiguous", "ambiguous"] == list(column([proof, "03/04/2026"])["certainty"])


def test_equal_parts_need_no_order():
    """The fifth of May is the same both ways."""
    assert ["clear"] == list(column(["05/05/2026"])["certainty"])


@pytest.mark.parametrize(("order", "day"), [("dmy", "2026-04-03"), ("mdy", "2026-03-04")])
def test_the_settings_decide_an_order_that_nothing_proves(order, day):
    """With an order given there is no doubt."""
    read = column(["03/04/2026"], order=order)

    assert (pd.Timestamp(day), "clear") == (read["on"][0], read["certainty"][0])


def test_the_header_can_declare_the_order():
    """`(JJ/MM/AAAA)` in the header is as good as a setting."""
    read = reading([["ID", "Permit expiry (JJ/MM/AAAA)"], ["1", "03/04/2026"]])

    assert (["2026-04-03"], []) == (expiries(read), codes(read))


def test_settings_that_the_column_contradicts_decide_nothing():
    """With 31/03 in a month-first column, the ambiguous cells keep both readings."""
    assert ["clear", "ambiguous"] == list(column(["31/03/2026", "03/04/2026"], order="mdy")["certainty"])


def test_a_column_of_mixed_orders_is_read_where_it_is_proven():
    """13/02 and 02/13 are both the 13th of February; 03/04 stays open."""
    read = column(["13/02/2026", "02/13/2026", "03/04/2026"])

    assert (["2026-02-13"] * 2, ["", "", "date_mixed_order"]) == (
        [f"{on:%Y-%m-%d}" for on in read["on"][:2]],
        list(read["code"]),
    )


def test_the_order_does_not_depend_on_the_order_of_the_rows():
    """The proof may stand in the last row."""
    assert days(["13/02/2026", "03/04/2026"]) == days(["03/04/2026", "13/02/2026"])[::-1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Tue 04/05/2027", "05/06/2027"], ["2027-05-04", "2027-06-05"]),
        (["Lun. 04/05/2027", "05/06/2027"], ["2027-04-05", "2027-05-06"]),
        (["mar 04/05/27", "mar 5 2027", "05/06/27"], ["2027-05-04", "2027-03-05", "2027-06-05"]),
        (["Tue 04/05/2027", "Mon 04/05/2027"], ["2027-05-04", "2027-04-05"]),
    ],
)
def test_a_weekday_beside_a_date_proves_its_order(cells, expected):
    """Of its own cell, and of the column where nothing else does."""
    read = column(cells)

    assert (expected, {"clear"}) == (days(cells), set(read["certainty"]))


@pytest.mark.parametrize("cell", ["Wed 2026-12-01", "vend. 1 déc. 2026", "Friday 13/05/2027", "Mon 31-Mar-26"])
def test_a_weekday_that_the_day_has_not_leaves_it_in_doubt(cell):
    """Either may be the slip."""
    read = people(cell)

    assert (["uncertain"], "date_weekday") == (list(read.roster["date_certainty"]), codes(read)[0])


@pytest.mark.parametrize(
    ("cells", "doubted"),
    [
        (["2026-31-12", "2027-05-04"], ["2027-05-04"]),
        (["2026-31-12", "2027-05-04 00:00:00", "2027-06-06", "2027-15-01"], ["2027-05-04 00:00:00"]),
        (["2026/31/12", "2027/05/04"], ["2027/05/04"]),
        (["2026-31-12", "2027-05-04", "2027-05-14"], []),
        (["2026-31-02", "2027-05-04"], []),
        (["2026-13-13", "2027-05-04"], []),
    ],
)
def test_dates_beside_those_with_the_day_in_the_middle_are_in_doubt(cells, doubted):
    """Unless as many can only have the month there, which makes the others slips."""
    read = people(*cells)

    assert doubted == [p.value for p in read.problems if p.code == "date_day_second"]
    assert len(doubted) == (read.roster["date_certainty"] == "uncertain").sum()


def test_an_excluded_row_proves_nothing():
    """A note under the table does not decide the order."""
    read = reading([["ID", "Permit expiry"], ["1", "03/04/2026"], ["Total", None], ["* on 13/02/2026"]])

    assert ["day_first", "month_first"] == list(read.roster["reading"])


def test_an_ambiguous_date_is_kept_in_both_readings():
    """One row of the sheet, two of the roster, and a warning with both dates and the line that decides."""
    read = people("03/04/2026")
    told = read.problems[0]

    assert (["2026-04-03", "2026-03-04"], ["day_first", "month_first"], ["ambiguous"] * 2, 1) == (
        expiries(read),
        list(read.roster["reading"]),
        list(read.roster["date_certainty"]),
        len(read.rows),
    )
    assert all(part in told.message() for part in ("2026-04-03", "2026-03-04", 'date_order = "dmy"'))
    assert told.severity == "warning" and told.cell == "Staff!B2"


def test_all_ambiguous_columns_of_a_row_are_flipped_together():
    """Two doubtful dates give two readings, not four."""
    read = reading([["ID", "Permit expiry", "Must leave Canada by"], ["1", "03/04/2026", "05/06/2026"]])
    pairs = [
        (f"{a:%m-%d}", f"{b:%m-%d}")
        for a, b in zip(read.roster["permit_expires_on"], read.roster["must_leave_by_on"], strict=True)
    ]

    assert [("04-03", "06-05"), ("03-04", "05-06")] == pairs


@pytest.mark.parametrize(
    ("text", "day", "code"),
    [
        ("done 8/22/2026", "2026-08-22", "date_annotated"),
        ("date?? 8/31/2026", "2026-08-31", "date_annotated"),
        ("2026-03-31 (tbc)", "2026-03-31", "date_annotated"),
        ("1 er mars 2026?", "2026-03-01", "date_annotated"),
        ("renewed until March 2027", "2027-03-01", "date_month_only"),
        ("mars 2027", "2027-03-01", "date_month_only"),
        ("03/2027", "2027-03-01", "date_month_only"),
    ],
)
def test_a_date_beside_a_note_is_uncertain(text, day, code):
    """The value is kept, never as a clean date, and the note is told."""
    read = people(text)

    assert ([day], ["uncertain"], [code]) == (expiries(read), list(read.roster["date_certainty"]), codes(read))


def test_an_ambiguous_date_beside_a_note_tells_both():
    """`8/10/2026?` is doubtful in two ways."""
    assert ["date_ambiguous", "date_annotated"] == codes(people("8/10/2026?"))


@pytest.mark.parametrize(
    ("cells", "doubted"),
    [
        (["2026-09-01", "2026-08-02", "2026-07-03", "2026-09-1"], ["2026-09-1"]),
        (["01/09/2026", "02/08/2026", "03/07/2026", "1/09/2026"], ["1/09/2026"]),
        (["2026-09-01", "2026-08-02", "2026-07-03", "2026-09-1", "2026-9-12"], []),
        (["2026-09-01", "2026-08-02", "2026-09-1"], []),
        (["2026-09-01 00:00:00", "2026-08-02 00:00:00", "2026-07-03 00:00:00", "2026-09-1"], []),
        (["01/09/2026", "02/08/2026", "03/07/2026", "1/01/2100"], []),
    ],
    ids=["last line cut", "first digit lost", "two hands", "too few to tell", "real dates", "no end"],
)
def test_the_one_date_without_its_zero_may_be_cut_short(cells, doubted):
    """A file that ends in the middle of its last date names another day: it is told, and never certain."""
    read = people(*cells, date_order="dmy")

    assert doubted == [p.value for p in read.problems if p.code == "date_cut"]
    assert len(doubted) == (read.roster["date_certainty"] == "uncertain").sum()


def test_a_date_that_can_be_read_two_ways_is_told_as_that():
    """Whether or not it may be cut short beside it."""
    assert ["date_ambiguous"] * 4 == list(column(["01/09/2026", "02/08/2026", "03/07/2026", "1/09/2026"])["code"])


SLIPS = ['"', " ", ",", "x", "\n", "1", "-"]


@pytest.mark.parametrize(
    "text", ["2026-03-31", "31/03/2026", "03/31/2026", "31 March 2026", "Mar 31, 2026", "31-Mar-26", "2026年3月31日"]
)
def test_a_slip_in_a_date_never_makes_it_another_day(text):
    """Whatever is typed into it, at whatever place, the cell says its own day or is told as unread."""
    cells = [text[:place] + slip + text[place:] for place in range(len(text) + 1) for slip in SLIPS]
    read = [column([cell]) for cell in dict.fromkeys(cells)]

    assert {DAY} == {day for one in read for day in one["on"].dropna()}
    assert all(one["state"][0] == "unknown" for one in read if pd.isna(one["on"][0]))


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('2026-09-1"2', "unknown"),
        ("2026-09- 12", "unknown"),
        ("1 2 sept. 2026", "unknown"),
        ('12/09/20"26', "unknown"),
        ("2026-09-12 (2)", "date"),
        ("2026-09-12, 2 months", "date"),
        ("2026-09-12 W123456789", "date"),
        ("no. 2: 2026-09-12", "date"),
        ("2026-09-12, 10:30 or so", "date"),
        ("12/09/2026 2", "date"),
        ("2 2026-09-12", "date"),
        ("2 12/09/2026", "unknown"),
    ],
)
def test_digits_beside_a_date_are_its_own_unless_they_say_what_they_are(text, state):
    """A bracket, a word, a long number or an hour is a note; a bare digit at an open end is a torn date."""
    assert [state] == list(column([text])["state"])


def test_two_dates_in_one_cell_set_the_row_aside():
    """Nobody can say which counts."""
    assert ("set_aside", "date_several") == outcomes(people("2025-03-31 / 2026-03-31"))[0]


@pytest.mark.parametrize("text", ["applied 2026-03-01", "2028-12-15 requested", "2028-12-15 (demandé)"])
def test_a_filing_date_in_an_expiry_cell_is_not_the_expiry(text):
    """`applied 2026-03-01` says that an application is under way, and so does an end that somebody asked for."""
    read = people(text)

    assert ([""], ["in_process"], ["date_in_process"]) == (
        expiries(read),
        list(read.roster["permit_expires_state"]),
        codes(read),
    )


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("2026-03-31", "date"),
        (None, "missing"),
        ("N/A", "missing"),
        ("-", "missing"),
        ("—", "missing"),
        ("s/o", "missing"),
        ("9999-12-31 00:00:00", "no_expiry"),
        ("indefinite", "no_expiry"),
        ("D/S", "no_expiry"),
        ("Open", "no_expiry"),
        ("Permanent", "no_expiry"),
        ("indéfini", "no_expiry"),
        ("31/12/2099", "no_expiry"),
        ("In process", "in_process"),
        ("pending", "in_process"),
        ("TBD", "in_process"),
        ("en cours", "in_process"),
        ("?", "unknown"),
        ("??", "unknown"),
        ("unknown", "unknown"),
        ("Inconnu", "unknown"),
        ("1900-01-00", "missing"),
    ],
)
def test_what_an_expiry_cell_says(text, state):
    """A word in place of the date is a fact, and the row is assessed."""
    read = people(text, "2026-04-01")

    assert (state, ("assessed", ""), []) == (
        read.roster["permit_expires_state"].iloc[0],
        outcomes(read)[0],
        codes(read),
    )


@pytest.mark.parametrize("text", ["left 2026-09-30", "depuis le 31/03/2026", "issued March 31, 2026"])
def test_the_day_of_something_else_in_an_expiry_cell_is_no_end(text):
    """Nobody can tell when the permit ends: the row is set aside. Under another heading it is a date with a note."""
    assert ("set_aside", "date_unreadable") == outcomes(people(text))[0]
    assert "date_annotated" == column([text])["code"][0]


@pytest.mark.parametrize("text", ["2099-12-31", "2100-01-01", "2100-12-31", "31/12/2999", "9999-12-31", "9999-01-01"])
def test_the_edge_of_a_far_century_is_how_a_system_writes_no_end(text):
    """The permit has none, as recorded: nothing is to be mended."""
    read = people(text)

    assert (["no_expiry"], []) == (list(read.roster["permit_expires_state"]), codes(read))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2206-09-12", "date_far"),
        ("12/09/2126", "date_far"),
        ("2090-06-30", "date_far"),
        ("1919-12-31", "date_far"),
        ("1900-12-31", "date_far"),
        ("2100-01-02", "date_far"),
        ("0026-09-12", "date_far"),
        ("80000", "date_far"),
        ("2569-09-12", "date_calendar"),
        ("1448-03-30", "date_calendar"),
        ("۱۴۰۵/۰۶/۲۱", "date_calendar"),
    ],
)
def test_a_year_that_no_date_of_a_roster_has_is_told_with_its_cell(text, code):
    """A slip in the year is no permit without end: the row is set aside, and what stands there is quoted."""
    read = people(text, "2026-04-01")

    assert (("set_aside", code), [(code, "B2", text)]) == (
        outcomes(read)[0],
        [(p.code, f"{p.column}{p.row}", p.value) for p in read.problems],
    )


@pytest.mark.parametrize(("year", "outcome"), [("1920", "assessed"), ("2089", "assessed"), ("2090", "set_aside")])
def test_the_years_of_a_roster_end_with_2089(year, outcome):
    """The day before the edge is a date, the day after is told."""
    assert outcome == outcomes(people(f"{year}-03-31"))[0][0]


def test_a_far_year_in_a_date_that_governs_nothing_is_told_and_left_empty():
    """The permit is assessed; the passport's date is said to be lost, and where."""
    read = reading([["ID", "Permit expiry", "Passport expiry"], ["1", "2026-03-31", "2206-09-12"]])

    assert ([("assessed", "")], ["date_far_kept"], "C") == (outcomes(read), codes(read), read.problems[0].column)


@pytest.mark.parametrize(
    "text",
    [
        "٢٠٢٦-٠٣-٣١",
        "۲۰۲۶/۰۳/۳۱",
        "३१/०३/२०२६",
        "๓๑/๐๓/๒๐๒๖",
        "２０２６/０３/３１",
        "2026年3月31日",
        "２０２６年０３月３１日",
        "2026년 3월 31일",
        "31032026",
        "3/31/2026",
        "'2026-03-31",
        "’31/03/2026",
        "31 mars '26",
        "31 mars ’26",
        "2026'03'31",
        "2026.03.31.",
        "2026. 3. 31.",
        "2026–03–31",
        "31⁄03⁄2026",
        "fin mars 2026",
        "Fin de mars 2026",
        "end of March 2026",
    ],
)
def test_a_date_in_another_script_or_dress_is_read(text):
    """The digits of every script count the same; an apostrophe in front is how a spreadsheet marks text."""
    read = column([text])

    assert (DAY, "") == (read["on"][0], read["note"][0])


def test_every_mark_that_stands_for_an_apostrophe_a_dash_or_a_slash_is_read():
    """Whatever a keyboard or a program made of it."""
    forms = {"31 mars {}26": "'’‘ʼ´′＇", "2026{}03{}31": "-‐‑‒–—−", "31{0}03{0}2026": "/⁄∕"}
    cells = [form.replace("{}", mark).replace("{0}", mark) for form, marks in forms.items() for mark in marks]

    assert {DAY} == set(column(cells)["on"])


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("2026-03-31", ""),
        ("2026-03-31 (tbc)", "(tbc)"),
        ("ends 2026-03-31, tbc", "ends , tbc"),
        ("2026-03-31 2026-03-31", "2026-03-31 2026-03-31"),
    ],
)
def test_what_stands_around_a_date_is_its_note(text, note):
    """The words without the date; the whole cell where it says the date twice and nothing else."""
    assert note == column([text])["note"][0]


@pytest.mark.parametrize(("text", "code"), [("?", "date_not_known"), ("n/a", ""), ("pending", ""), ("indefinite", "")])
def test_a_word_in_place_of_a_date_is_told_only_where_it_says_that_none_is_known(text, code):
    """And of an expiry it is a fact."""
    assert (code, "") == (column([text])["code"][0], column([text], is_expiry=True)["code"][0])


@pytest.mark.parametrize(
    ("cells", "proven"),
    [(["13/02/2026"], "dmy"), (["02/13/2026"], "mdy"), (["13/02/2026", "02/13/2026"], ""), (["03/04/2026"], "")],
)
def test_the_order_that_a_column_proves_is_told_where_it_is_one(cells, proven):
    """Of a mixed column none is."""
    assert proven == column(cells).proven


FORMS = {"46112": "", "2026-03-31": "", "2026-03-31 00:00:00": "real", "31-Mar-26": "short", "31/03/2026": "numbers"}


def test_how_each_date_is_written():
    """A real date, a year of two digits, three numbers, or none of these."""
    assert list(FORMS.values()) == list(column(list(FORMS))["form"])


REAL_DATES = ["2026-03-04 00:00:00", "2026-05-06 00:00:00", "2026-07-08 00:00:00"]
MORE_DATES = ["2026-09-10 00:00:00", "2026-11-12 00:00:00", "2027-02-01 00:00:00", "2027-06-03 00:00:00"]
CELLS = st.sampled_from(
    [
        None, "2026-03-04 00:00:00", "2026-05-06 00:00:00", "2026-07-08 00:00:00", "2026-07-13 00:00:00", "2026-03-31",
        "03/04/2026", "13/02/2026", "02/13/2026", "05/06/26", "26-03-31", "28-03-19", "1/09/2026", "01/09/2026",
        "02/09/2026", "03/09/2026", "2/09/2026", "46112.5", "mars 2027", "done 8/22/2026", "n/a", "soon", "9999-12-31",
    ]
)  # fmt: skip


def apart(*files):
    """Files of these cells, all of rows that count."""
    return [[(cell, True) for cell in file] for file in files]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.tuples(CELLS, st.booleans()), max_size=6), min_size=2, max_size=3))
@example(apart(REAL_DATES[:2], [REAL_DATES[2], "31/03/2026"]))
@example(apart([*REAL_DATES, "2026-07-13 00:00:00"], ["31/03/2026"]))
@example(apart(["31/03/2026"], [*REAL_DATES, "2026-07-13 00:00:00"]))
@example(apart(["01/09/2026", "02/09/2026"], ["03/09/2026", "1/09/2026", "13/02/2026"]))
@example(apart(["1/09/2026", "13/02/2026"], ["01/09/2026", "02/09/2026", "03/09/2026"]))
@example(apart(["1/09/2026", "13/02/2026"], ["01/09/2026", "02/09/2026", "03/09/2026", "2/09/2026"]))
def test_the_files_of_a_roster_are_read_as_one_column(files):
    """Cut into files, every cell says what it says in the whole; the middle date is that of all rows that count."""
    whole = column([cell for file in files for cell, _ in file])
    parts = [column([cell for cell, _ in file]) for file in files]
    among = [np.array([counts for _, counts in file], dtype=bool) for file in files]
    shown = reduce(DateEvidence.joined, map(date_evidence, parts, among))
    again = [column([cell for cell, _ in file], whole=shown) for file in files]
    on = [day for day, (_, counts) in zip(whole["on"], chain(*files), strict=True) if counts and not pd.isna(day)]
    middle = median([(day - pd.Timestamp(0)).days for day in on]) if on else np.nan

    for name in whole.facts:
        expected = whole[name].reset_index(drop=True)
        pd.testing.assert_series_equal(expected, pd.concat([read[name] for read in again], ignore_index=True))
    assert {whole.proven} == {read.proven for read in again}
    assert all((len(on), middle) == pytest.approx(read.middle, nan_ok=True) for read in again)


@pytest.mark.parametrize("text", ["九月十二日", "12 сентября 2026", "令和8年9月12日", "سبتمبر", "Sep-26", "१"])
def test_a_text_in_any_script_is_never_an_empty_cell(text):
    """What cannot be read is told as such, with the row and the cell."""
    read = people(text)

    assert (["date_unreadable"], text) == (codes(read), read.problems[0].value)


def test_eight_digits_in_a_row_prove_an_order_for_their_column():
    """31122026 can be only one day, so 09122026 beside it has the day first."""
    assert ["2026-12-31", "2026-12-09"] == days(["31122026", "09122026"])


def test_the_end_of_a_month_is_held_uncertain_and_told():
    """`Fin août` may be said of its last days: nothing is sure but that the first is wrong."""
    read = people("fin août 2026")

    assert (["date_month_end"], ["2026-08-31"], ["uncertain"]) == (
        codes(read),
        expiries(read),
        list(read.roster["date_certainty"]),
    )


@pytest.mark.parametrize("text", ["31/02/2026", "not a date"])
def test_a_fault_in_a_governing_date_sets_the_row_aside(text):
    """No deadline can be counted from it."""
    read = people(text)

    assert (0, "set_aside", "error") == (len(read.roster), outcomes(read)[0][0], read.problems[0].severity)


@pytest.mark.parametrize("text", ["31/02/2026", "not a date"])
def test_a_fault_in_another_date_loses_only_the_value(text):
    """The passport's date governs nothing: the row is assessed, with a warning."""
    read = reading([["ID", "Permit expiry", "Passport expiry"], ["1", "2026-03-31", text]])

    assert ([("assessed", "")], "warning", True) == (
        outcomes(read),
        read.problems[0].severity,
        pd.isna(read.roster["passport_expires_on"].iloc[0]),
    )


@pytest.mark.parametrize(
    ("birth", "fate"), [("2011-04-01", "assessed"), ("2011-03-30", "set_aside"), ("2041-04-02", "set_aside")]
)
def test_a_date_over_fifteen_years_from_the_middle_of_its_column_is_out_of_line(birth, fate):
    """A birth date among expiry dates is told; the middle is a fact of the file, not of a clock."""
    assert fate == outcomes(people("2026-03-31", "2026-04-01", "2026-03-31", birth))[-1][0]


def test_two_dates_make_no_middle():
    """With fewer than three dates nothing is out of line."""
    assert [] == codes(people("1990-03-31", "2026-04-01"))


@pytest.mark.parametrize(
    ("cells", "is_doubted"),
    [
        ([*REAL_DATES, "13/03/2026"], True),
        ([*REAL_DATES, "13/03/2026", "14 mai 2026"], True),
        ([*REAL_DATES, "12/03/2026"], False),
        ([*REAL_DATES, "05/06/26"], False),
        ([*REAL_DATES, "done 8/22/2026"], False),
        ([*REAL_DATES, "31/03/2026", "05/06/2026"], False),
        ([*REAL_DATES, "2026-07-12 00:00:00", "31/03/2026"], True),
        ([*REAL_DATES, "2026-07-13 00:00:00", "31/03/2026"], False),
        ([*REAL_DATES[:1], "31/03/2026"], False),
        ([cell[:10] for cell in REAL_DATES] + ["31/03/2026"], False),
        ([*REAL_DATES, *MORE_DATES, "2026-07-13 00:00:00", "31/03/2026"], True),
        ([*REAL_DATES[:1] * 2, "31/03/2026", "30/04/2026"], True),
        ([cell[:10] for cell in (*REAL_DATES, *MORE_DATES)] + ["31/03/2026"], True),
        ([cell[:10] for cell in (*REAL_DATES, *MORE_DATES)] + ["2026-07-13", "31/03/2026"], False),
    ],
    ids=[
        "text past it",
        "a month in words",
        "not past it",
        "a short year",
        "a note",
        "some",
        "the 12th",
        "the 13th",
        "few",
        "text",
        "one typed since",
        "few beside more text",
        "much text, as a CSV has it",
        "much text, one later",
    ],
)
def test_real_dates_that_a_spreadsheet_may_have_swapped_are_uncertain(cells, is_doubted):
    """All real dates at or before the 12th, beside text past it: the file was opened in the other order."""
    read = column([*cells, "2026-04-04 00:00:00"])

    assert is_doubted == ("date_swapped" in set(read["code"]))
    assert ["uncertain" if is_doubted else "clear"] * 2 == list(read["certainty"][:2])
    assert "clear" == read["certainty"].iloc[-1]  # the fourth of April is the same both ways


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["26-03-31"], ["2026-03-31"]),
        (["31/03/26", "15/04/27"], ["2026-03-31", "2027-04-15"]),
        (["26/03/31", "27/04/15"], ["2026-03-31", "2027-04-15"]),
        (["20-01-01"], ["2020-01-01"]),
        (["40-12-01"], ["2040-12-01"]),
        (["19-05-01"], ["2001-05-19"]),
        (["41-05-01"], [""]),
        (["26-05-19"], ["2026-05-19"]),
        (["26-13-19", "26-01-19"], ["", "2019-01-26"]),
        (["26-05-32"], ["2032-05-26"]),
        (["21-05-20", "33-05-20"], ["2020-05-21", "2033-05-20"]),
        (["21-05-20", "34-05-20"], ["2020-05-21", ""]),
        (["26-05-20", "13/02/2026", "03/04/2026"], ["2020-05-26", "2026-02-13", "2026-04-03"]),
        (["28-02-19", "02/13/2026", "03/04/2026"], ["2028-02-19", "2026-02-13", "2026-03-04"]),
    ],
)
def test_a_two_digit_year_may_stand_first(cells, expected):
    """The end that holds years of one roster is the year; undecided, the earlier day is taken.

    A date whose year stands first proves no order of day and month.
    """
    assert expected == days(cells)


def test_a_two_digit_year_in_front_among_those_at_the_end_is_in_doubt():
    """`26-12-15` was a day of 2015; a date that is as near by its end, or a list that says its order, is clear."""
    cells = ["31-12-26", "05-04-27", "26-12-15", "27-12-25"]

    assert ["clear", "clear", "uncertain", "clear"] == list(column(cells)["certainty"])
    assert {"clear"} == set(column(cells, order="dmy")["certainty"])


@pytest.mark.parametrize(("order", "day"), [("dmy", "2021-04-03"), ("mdy", "2021-03-04"), ("ymd", "2003-04-21")])
def test_the_settings_say_where_a_two_digit_year_stands(order, day):
    """With an order given nothing is guessed."""
    assert [day] == days(["03-04-21"], order=order)


@pytest.mark.parametrize(("is_receipt", "day"), [(False, "2020-05-26"), (True, "2026-05-20")])
def test_of_the_days_that_a_two_digit_year_leaves_the_careful_one_is_taken(is_receipt, day):
    """An expiry is the earlier, a receipt the later; the doubt is told."""
    read = column(["26-05-20"], is_receipt=is_receipt)

    assert (pd.Timestamp(day), "uncertain", "date_short_unclear") == tuple(
        read[name][0] for name in ("on", "certainty", "code")
    )


def test_an_undecided_place_of_a_two_digit_year_is_uncertain():
    """`26-03-31` alone could be 2031; the doubt is told. `26-05-32` could not: no month has 32 days."""
    read = people("26-03-31")

    assert ["clear"] == list(column(["26-05-32"])["certainty"])

    assert (["uncertain"], "date_short_unclear") == (list(read.roster["date_certainty"]), codes(read)[0])


@pytest.mark.parametrize(
    ("expiry", "issue", "code"),
    [
        ("2026-03-30", "2026-03-31", ["expires_before_issue"]),
        ("2026-03-31", "2026-03-31", []),
        ("2036-03-31", "2026-03-31", []),
        ("2036-04-01", "2026-03-31", ["permit_over_ten_years"]),
    ],
)
def test_an_expiry_against_its_issue_date(expiry, issue, code):
    """An expiry before its issue, or over ten years after it, is told and uncertain."""
    read = reading([["ID", "Permit expiry", "Permit issue date"], ["1", expiry, issue]])

    assert (code, "uncertain" if code else "clear") == (codes(read), read.roster["date_certainty"].iloc[0])


@pytest.mark.parametrize(("passport", "code"), [("2026-03-30", ["permit_past_passport"]), ("2026-03-31", [])])
def test_a_permit_past_its_passport_is_for_information(passport, code):
    """It is told, and changes nothing."""
    read = reading([["ID", "Permit expiry", "Passport expiry"], ["1", "2026-03-31", passport]])

    assert (code, "clear") == (codes(read), read.roster["date_certainty"].iloc[0])


def filed(cell, province=None, **options):
    """The receipt instant of one filing."""
    rows = [["ID", "Permit expiry", "Date submitted", "Province"], ["1", "2026-03-31", cell, province]]
    return reading(rows, **options).roster["application_filed_at"].iloc[0]


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2026-03-30 14:00", "2026-03-30T14:00Z"),
        ("2026-03-30 14:00:00", "2026-03-30T14:00Z"),
        ("2026-03-30 14:00 EDT", "2026-03-30T18:00Z"),
        ("2026-03-30 00:00:00", "2026-03-31T03:59Z"),
    ],
)
def test_a_heading_that_says_utc_is_the_clock_of_its_cells(cell, instant):
    """It was read on the clock of the place, so that a filing of the last evening came late."""
    read = reading([["ID", "Permit expiry", "Date submitted (UTC)"], ["1", "2026-03-31", cell]])

    assert pd.Timestamp(instant) == read.roster["application_filed_at"].iloc[0]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2027-01-01T04:59:59Z", "2026-12-31"),
        ("2026-12-31T05:00:00Z", "2026-12-31"),
        ("2026-12-31T00:00:00Z", "2026-12-31"),
        ("2026-12-31T00:00:00-05:00", "2026-12-31"),
        ("2026-12-31 23:59:59", "2026-12-31"),
    ],
)
def test_the_day_of_an_instant_is_that_of_the_roster(cell, day):
    """A system that keeps the end of a day in UTC made every permit a day longer."""
    assert [day] == expiries(reading([["ID", "Permit expiry"], ["1", cell]]))


@pytest.mark.parametrize(
    ("cell", "province", "instant"),
    [
        ("2026-03-30 14:00", None, "2026-03-30T18:00Z"),
        ("2026-03-30 14:00", "BC", "2026-03-30T21:00Z"),
        ("2026-03-30 2:00 PM", None, "2026-03-30T18:00Z"),
        ("30 mars 2026 à 14 h 00", "Québec", "2026-03-30T18:00Z"),
        ("2026-03-30T14:00:00Z", "BC", "2026-03-30T14:00Z"),
        ("2026-03-30T14:00:00-07:00", "ON", "2026-03-30T21:00Z"),
        ("2026-03-30 14:00 EDT", "BC", "2026-03-30T18:00Z"),
        ("46111.5", None, "2026-03-30T16:00Z"),
        ("2026-03-30", None, "2026-03-31T03:59Z"),
        ("2026-03-30 00:00:00", None, "2026-03-31T03:59Z"),
        ("2026-03-30T00:00:00Z", None, "2026-03-30T00:00Z"),
        ("2026-11-01 01:30", None, "2026-11-01T06:30Z"),
        ("2026-03-08 02:30", None, "2026-03-08T07:00Z"),
    ],
)
def test_the_instant_of_a_filing(cell, province, instant):
    """Local text is the row's zone; a zone in the text wins; a bare day is its last minute; of two hours, the later."""
    assert pd.Timestamp(instant) == filed(cell, province)


def test_the_offices_zone_is_for_rows_without_one():
    """`time_zone` of the options is the last resort."""
    assert pd.Timestamp("2026-03-30T20:00Z") == filed("2026-03-30 14:00", None, time_zone="America/Edmonton")


@pytest.mark.parametrize(("cell", "told"), [("2026-03-30", ["filed_without_hour"]), ("2026-03-30 00:01", [])])
def test_a_filing_without_an_hour_is_told(cell, told):
    """Once a column, with how many there are."""
    assert told == codes(reading([["ID", "Permit expiry", "Date submitted"], ["1", "2026-03-31", cell]]))


def test_a_yes_or_no_column_may_hold_the_day_of_filing():
    """`Renewal filed: 2026-03-30` is a filing on that day."""
    read = reading(
        [["ID", "Permit expiry", "Renewal filed"], ["1", "2026-03-31", "Y"], ["2", "2026-03-31", "2026-03-30 14:00"]]
    )

    assert ("pending", pd.Timestamp("2026-03-30T18:00Z")) == (
        read.roster["application_outcome"].iloc[0],
        read.roster["application_filed_at"].iloc[1],
    )


def test_the_workbooks_date_system_is_the_books():
    """A 1904 workbook is read as such."""
    from made_rosters import book

    read = read_roster(book([["ID", "Permit expiry"], ["1", "46112"]], is_1904=True), ReadOptions())

    assert ["2030-04-01"] == expiries(read)
