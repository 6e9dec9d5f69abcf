"""Who a row is about: ids, names, repeated and conflicting rows, people with several permits."""

import pandas as pd
import pytest
from made_rosters import codes, expiries, outcomes, reading

HEADERS = ["Student ID", "Name", "Study permit expiry"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("00123", "00123"),
        ("  00123\u00a0", "00123"),
        ("\u200b00123\ufeff", "00123"),
        ("\u202e00123\u202c", "00123"),
        ("００１２３", "00123"),
        ("TREM12345678", "TREM12345678"),
    ],
)
def test_ids_are_text_without_what_nobody_sees(written, kept):
    """Leading zeros stay; spaces, zero-width and direction marks go; wide digits are digits."""
    assert [kept] == list(reading([HEADERS, [written, "Ana", "2026-03-31"]]).roster["person_id"])


def test_names_are_kept_as_written_in_nfc():
    """An accent typed as two characters becomes one; nothing else changes."""
    assert ["Zoé O'Néill-LI"] == list(
        reading([HEADERS, ["1", "Zoe\u0301  O'Ne\u0301ill-LI", "2026-03-31"]]).roster["full_name"]
    )


@pytest.mark.parametrize("missing", [None, "", " ", "\u200b", "N/A", "-", "TBD", "?"])
def test_a_row_without_an_id_is_set_aside(missing):
    """There is nobody to tell about."""
    read = reading([HEADERS, [missing, "Ana", "2026-03-31"]])

    assert ([("set_aside", "no_person_id")], ["no_person_id"], 0) == (outcomes(read), codes(read), len(read.roster))


@pytest.mark.parametrize("text", ["1.23457E+11", "1,23E+10"])
def test_an_id_cut_short_by_a_spreadsheet_is_set_aside(text):
    """Several people may share what is left of it."""
    assert [("set_aside", "id_shortened")] == outcomes(reading([HEADERS, [text, "Ana", "2026-03-31"]]))


@pytest.mark.parametrize(
    "text",
    [
        "e.g. 12345",
        "E.g.: 12345",
        "(e.g. 12345)",
        "Example",
        "Exemple : 12345",
        "ex. 1234",
        "p. ex. 1234",
        "(ex.: 00123)",
    ],
)
def test_the_row_that_shows_how_to_fill_in_a_list_is_nobody(text):
    """It is set aside and told: to assess it would be to warn of somebody who is not there."""
    read = reading([HEADERS, [text, "Jane Doe", "2026-03-31"], ["1001", "Ana", "2026-03-31"]])

    assert (["id_example", ""], ["1001"]) == (list(read.rows["rule"]), list(read.roster["person_id"]))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("EXAMPLE", "id_example"),
        ("Exemple : Roy, Ana", "id_example"),
        ("e.g. Ana Roy", "id_example"),
        ("(ex. : Roy)", "id_example"),
        ("E.G. Roy", ""),
        ("Ana Sample", ""),
        ("Exley Roy", ""),
        ("Ana Example", ""),
    ],
)
def test_an_example_may_be_told_by_its_name_alone(name, rule):
    """A number stands beside it as if it were somebody's; a name that only begins like one is a person's."""
    assert [rule, ""] == list(reading([HEADERS, ["12345", name, "2026-03-31"], ["2", "Bo", "2026-03-31"]]).rows["rule"])


@pytest.mark.parametrize("number", ["EX-1001", "EG1001", "Example-7", "EXT. 12", "Exner"])
def test_a_number_with_such_letters_is_one(number):
    """What is written before the digits may be any office's own."""
    assert [number] == list(reading([HEADERS, [number, "Ana", "2026-03-31"]]).roster["person_id"])


@pytest.mark.parametrize(
    "text",
    [
        "1001\n1002",
        "E1001 \r\n\r\nE1002",
        "1001 / 1002",
        "1001;1002",
        "1001 & 1002",
        "1001, 1002",
        "E1001 and E1002",
        "1001 et 1002",
        "1001 | 1002 | 1003",
    ],
)
def test_a_cell_with_two_numbers_is_set_aside(text):
    """As one person, the second would be told of nothing by a number of their own."""
    assert [("set_aside", "id_several")] == outcomes(reading([HEADERS, [text, "Ana", "2026-03-31"]]))


@pytest.mark.parametrize("number", ["2026/0012", "12-34", "1 001", "1,001", "A 12", "100 200", "B&B 12"])
def test_a_number_in_parts_is_one_number(number):
    """A sign within a number is how an office writes it."""
    assert [number] == list(reading([HEADERS, [number, "Ana", "2026-03-31"]]).roster["person_id"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [("1001.0", "1001"), ("1001.00", "1001"), ("1001,0", "1001"), ("'00101", "00101"), ("'A-12", "A-12")],
)
def test_what_an_export_adds_to_a_number_is_no_part_of_it(written, kept):
    """It is read as the sheet showed it, and that is told once, at the first such row."""
    read = reading([HEADERS, ["7", "Cy", "2026-03-31"], [written, "Ana", "2026-03-31"], [written, "Ana", "2027-03-31"]])
    (told,) = read.problems

    assert (["7", kept, kept], "ids_exported", "Staff!A3") == (list(read.roster["person_id"]), told.code, told.cell)
    assert f"(2 cells, the first here): “{written}” is read as {kept}." in told.message()


@pytest.mark.parametrize("number", ["1001.5", "0101.0", "1.0.0", "A1.0", "O'Neill7"])
def test_other_points_and_signs_are_part_of_a_number(number):
    """No program writes these of a number of its own accord."""
    read = reading([HEADERS, [number, "Ana", "2026-03-31"]])

    assert ([number], []) == (list(read.roster["person_id"]), codes(read))


def test_one_person_may_have_several_permits():
    """Rows with one id are all kept, each with its permit."""
    rows = [["ID", "Permit type", "Permit expiry"], ["1", "Study permit", "2026-03-31"], ["1", "PGWP", "2027-03-31"]]
    read = reading(rows)

    assert (["study", "pgwp"], ["1", "1"], []) == (
        list(read.roster["permit_kind"]),
        list(read.roster["person_id"]),
        codes(read),
    )


def test_an_exact_repetition_is_assessed_once_and_counted():
    """Both rows are accounted for, the second as repeated; the roster has one of them."""
    row = ["1", "Ana", "2026-03-31"]
    read = reading([HEADERS, row, ["2", "Bo", "2026-03-31"], row])

    assert (["1", "2"], ["assessed", "assessed", "repeated"], ["duplicate_row"], "2") == (
        list(read.roster["person_id"]),
        [outcome for outcome, _ in outcomes(read)],
        codes(read),
        read.problems[0].details["first"],
    )


def test_two_ids_with_one_name_are_two_people():
    """Names join nobody."""
    read = reading([HEADERS, ["1", "Ana Roy", "2026-03-31"], ["2", "Ana Roy", "2027-03-31"]])

    assert (["1", "2"], []) == (list(read.roster["person_id"]), codes(read))


BOTH = ["ID", "Population", "Study permit expiry", "Work permit expiry"]


def test_two_permit_columns_give_two_rows_of_the_roster_for_one_row_of_the_sheet():
    """The account counts the row once."""
    read = reading([BOTH, ["1", "student", "2026-03-31", "2026-04-30"]])

    assert (["study", "work"], ["2026-03-31", "2026-04-30"], 1, 1) == (
        list(read.roster["permit_kind"]),
        expiries(read),
        read.roster["source_row"].nunique(),
        len(read.rows),
    )


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        (["1", "student", "2026-03-31", None], ["study"]),
        (["1", "worker", None, "2026-04-30"], ["work"]),
        (["1", "worker", None, None], ["work"]),
        (["1", None, None, None], ["study"]),
        (["1", "student", "in process", "2026-04-30"], ["study", "work"]),
        (["1", "student", "N/A", "2026-04-30"], ["work"]),
    ],
)
def test_a_permit_column_without_a_permit_gives_no_row(row, kinds):
    """But a person always keeps one, of the kind that the row says."""
    other = ["2", "student", "2026-05-31", None]
    roster = reading([BOTH, row, other]).roster

    assert kinds == list(roster["permit_kind"][roster["person_id"] == "1"])


def test_the_mapping_names_both_permit_columns():
    """Each has a name of its own, which the settings take too."""
    read = reading([BOTH, ["1", "student", "2026-03-31", "2026-04-30"]])

    assert ["study_permit_expires_on", "work_permit_expires_on"] == [m.field for m in read.mapping[2:]]


def test_each_permit_has_its_own_number_and_issue_date():
    """The work permit's number is not the study permit's."""
    read = reading(
        [
            [
                "ID",
                "Study permit no",
                "Study permit expiry",
                "Work permit no",
                "Work permit expiry",
                "Work permit issued",
            ],
            ["1", "S1", "2026-03-31", "W1", "2026-04-30", "2025-01-01"],
        ]
    )

    assert (["S1", "W1"], [True, False]) == (
        list(read.roster["permit_number"]),
        list(read.roster["permit_issued_on"].isna()),
    )


@pytest.mark.parametrize(
    ("population", "kind"), [("student", "study"), ("worker", "work"), ("visitor", "visitor"), ("étudiante", "study")]
)
def test_the_kind_of_permit_falls_back_to_the_population(population, kind):
    """A student's permit without a type is a study permit."""
    assert [kind] == list(
        reading([["ID", "Population", "Permit expiry"], ["1", population, "2026-03-31"]]).roster["permit_kind"]
    )


def test_without_kind_and_population_the_kind_is_missing():
    """Nothing is guessed."""
    assert reading([["ID", "Permit expiry"], ["1", "2026-03-31"]]).roster["permit_kind"].isna().all()


def test_the_settings_population_is_for_rows_without_one():
    """A roster of workers need not say so in every row."""
    read = reading([["ID", "Permit expiry"], ["1", "2026-03-31"]], population="worker")

    assert (["worker"], ["work"]) == (list(read.roster["population"]), list(read.roster["permit_kind"]))


@pytest.mark.parametrize(
    "text", ["PR", "Permanent resident", "Citizen", "Canadian citizen", "RP", "Résidente permanente", "citoyen"]
)
def test_citizens_and_permanent_residents_are_excluded(text):
    """By the expiry cell or by the status, with no permit to watch."""
    by_cell = reading([["ID", "Permit expiry"], ["1", text]])
    by_status = reading([["ID", "Immigration status", "Permit expiry"], ["1", text, "2030-01-01"]])

    assert [("excluded", "citizen_or_permanent_resident")] == outcomes(by_cell) == outcomes(by_status)


def test_a_citizen_beside_the_end_of_a_permit_is_left_out_and_told():
    """Once, with how many there are: a status may be a slip, and a card of permanent residents ends too."""
    rows = [
        ["ID", "Status in Canada", "Status expiry"],
        ["1", "Work permit", "2026-03-31"],
        ["2", "Citizen", "2026-03-31"],
    ]
    read = reading([*rows, ["3", "PR", "2027-03-31"], ["4", "PR", None]])

    assert ["", *["citizen_or_permanent_resident"] * 3] == list(read.rows["rule"])
    assert [("settled_with_end", 3, "2")] == [(p.code, p.row, p.details["count"]) for p in read.problems]


def test_a_permanent_resident_with_a_permit_date_elsewhere_is_set_aside():
    """The row contradicts itself; a person decides."""
    assert ("set_aside", "date_unreadable") == outcomes(reading([BOTH, ["1", "student", "2026-03-31", "PR"]]))[0]


FILED = ["Student ID", "Study permit expiry", "Date filed", "Time zone"]


@pytest.mark.parametrize(
    ("cell", "zone", "first", "last"),
    [
        ("2026-11-20", "America/Toronto", "2026-11-20T05:00Z", "2026-11-21T04:59Z"),
        ("2026-11-20", "America/Vancouver", "2026-11-20T07:00Z", "2026-11-21T06:59Z"),
        ("2026-11-20", "Asia/Tokyo", "2026-11-19T15:00Z", "2026-11-20T14:59Z"),
        ("2026-11-01", "America/Toronto", "2026-11-01T04:00Z", "2026-11-02T04:59Z"),
        ("2026-03-08", "America/Toronto", "2026-03-08T05:00Z", "2026-03-09T03:59Z"),
        ("November 2026", "America/Toronto", "2026-11-01T04:00Z", "2026-12-01T04:59Z"),
        ("2026-11-20 09:30", "America/Toronto", None, "2026-11-20T14:30Z"),
        ("2026-11-20T00:00:00Z", "America/Toronto", None, "2026-11-20T00:00Z"),
    ],
)
def test_a_filing_by_its_day_alone_is_between_two_moments(cell, zone, first, last):
    """The first moment and the last minute of the day where the person is; an hour that is told leaves no doubt."""
    row = reading([FILED, ["1", "2026-12-31", cell, zone]]).roster.iloc[0]

    assert pd.Timestamp(last) == row["application_filed_at"]
    assert (pd.Timestamp(first) if first else pd.NaT) in (row["application_filed_from_at"],)
