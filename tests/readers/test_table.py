"""Where the roster's table is found, and what is said of the rest."""

import pytest
from made_rosters import book, codes, expiries, outcomes, reading, sheet

from reporter.errors import RosterError
from reporter.readers.roster import ReadOptions, read_roster

HEADERS = ["Employee ID", "Name", "Work permit expiry"]
ANA = ["00123", "Ana Novák", "2026-03-31"]


def test_a_header_in_the_first_row_is_found():
    """A plain table is read from its first row."""
    read = reading([HEADERS, ANA])

    assert (1, "Staff", ["00123"]) == (read.header_row, read.sheet, list(read.roster["person_id"]))


@pytest.mark.parametrize("above", [1, 5, 29])
def test_titles_above_the_table_are_passed_over(above):
    """A header within the first thirty rows is found, under titles and blank rows."""
    read = reading([["Acme: permits, spring 2026"], *[[]] * (above - 1), HEADERS, ANA])

    assert (above + 1, f"acme.xlsx!Staff:{above + 2}") == (read.header_row, read.roster["source_row"].iloc[0])


def test_a_header_below_the_first_thirty_rows_is_not_looked_for():
    """Without a header in thirty rows there is no table, and the message says how to point at one."""
    with pytest.raises(RosterError, match=r"no table found in the first 30 rows.*header_row = 1"):
        reading([*[["text"]] * 30, HEADERS, ANA])


def test_the_settings_can_point_at_a_header_further_down():
    """`header_row` is taken at its word."""
    read = reading([*[["text"]] * 40, HEADERS, ANA], header_row=41)

    assert (41, ["2026-03-31"]) == (read.header_row, expiries(read))


def test_a_header_row_without_headers_is_refused():
    """An empty row cannot be the header."""
    with pytest.raises(RosterError, match="row 1 holds no headers"):
        reading([[], HEADERS, ANA], header_row=1)


def test_blank_columns_in_front_do_not_matter():
    """Columns keep the letters that the spreadsheet shows."""
    read = reading([[None, None, *HEADERS], [None, None, *ANA]])

    assert [("person_id", "C"), ("full_name", "D"), ("permit_expires_on", "E")] == [
        (m.field, m.column) for m in read.mapping
    ]


def test_labels_over_groups_of_columns_are_joined_to_the_header():
    """`Study permit` over `Expiry` is the study permit's expiry, and `Passport` over `Expiry` is not."""
    read = reading(
        [
            ["Student ID", "Name", "Study permit", None, "Passport", None],
            [None, None, "Number", "Expiry", "Number", "Expiry"],
            ["7", "Ana", "S123", "2026-03-31", "X1", "2030-01-01"],
        ]
    )

    assert (2, ["2026-03-31"], "study", "S123") == (
        read.header_row,
        expiries(read),
        read.roster["permit_kind"].iloc[0],
        read.roster["permit_number"].iloc[0],
    )


def test_a_label_that_adds_nothing_is_left_out():
    """Under `Personal` and `Immigration`, the header's own words are enough."""
    read = reading([["Personal", None, "Immigration"], HEADERS, ANA])

    assert ({"person_id", "full_name", "permit_expires_on"}, 2) == ({m.field for m in read.mapping}, read.header_row)


def test_a_first_row_of_data_is_not_taken_for_a_second_header():
    """A row that says `Student` and `Study permit` is a row, not a header."""
    read = reading(
        [["ID", "Population", "Permit type", "Permit expiry"], ["7", "Student", "Study permit", "2026-03-31"]]
    )

    assert (1, 1) == (read.header_row, len(read.rows))


def test_the_sheet_with_the_most_known_headers_is_read_and_the_choice_is_told():
    """A sheet of notes in front is passed over."""
    read = read_roster(book(sheet([["Notes"], ["Ask Jo"]], "Read me"), sheet([HEADERS, ANA], "Staff")))

    assert ("Staff", ["sheet_chosen"]) == (read.sheet, [note.code for note in read.notes])


def test_a_second_sheet_that_looks_like_a_roster_is_a_warning():
    """A sheet of people is never left out in silence."""
    more = [[*HEADERS, "Email"], [*ANA, "ana@example.org"]]
    read = read_roster(book(sheet([HEADERS, ANA], "Old"), sheet(more, "Staff")))

    assert ("Staff", ["sheet_with_table_left"], "Old") == (read.sheet, codes(read), read.problems[0].value)


def test_the_settings_name_the_sheet():
    """The name is compared without case."""
    read = read_roster(book(sheet([HEADERS, ANA], "Old"), sheet([HEADERS], "New")), ReadOptions(sheet="old"))

    assert ("Old", 1) == (read.sheet, len(read.roster))


def test_a_sheet_that_is_not_there_is_refused_with_the_names_that_are():
    """The message lists the sheets."""
    with pytest.raises(RosterError, match="no sheet 'Saff'; the sheets are 'Staff'"):
        reading([HEADERS, ANA], sheet="Saff")


def test_a_hidden_sheet_is_declared_and_not_read():
    """Hidden sheets are not read unless named."""
    read = read_roster(book(sheet([HEADERS, ANA], "Staff"), sheet([HEADERS, ANA], "Old", is_hidden=True)))

    assert ("Staff", ["sheet_chosen", "sheet_hidden"]) == (read.sheet, [note.code for note in read.notes])


def test_a_book_without_a_table_is_refused():
    """A sheet of prose is no roster."""
    with pytest.raises(RosterError, match="no table found"):
        reading([["Dear all,"], ["nothing here"]])


def test_hidden_rows_are_read_and_declared():
    """Hiding a row in the spreadsheet does not take a person out of the report."""
    read = read_roster(book(sheet([HEADERS, ANA, ["2", "Bo", "2026-04-01"]], hidden_rows=frozenset({3}))))

    assert (2, ["rows_hidden"]) == (len(read.roster), [note.code for note in read.notes])


def test_hidden_rows_are_excluded_when_the_office_says_so():
    """By choice, a hidden row is excluded and counted."""
    rows = sheet([HEADERS, ANA, ["2", "Bo", "2026-04-01"]], hidden_rows=frozenset({3}))
    read = read_roster(book(rows), ReadOptions(skip_hidden_rows=True))

    assert [("assessed", ""), ("excluded", "hidden_by_choice")] == outcomes(read)


def test_a_second_table_beside_is_left_and_reported():
    """Of two tables side by side, the one with more known headers is read."""
    read = reading([[*HEADERS, None, "Student ID", "Name"], [*ANA, None, "9", "Zoé"]])

    assert (["00123"], ["table_left"]) == (list(read.roster["person_id"]), codes(read))


def test_a_list_of_codes_beside_adds_no_people():
    """Rows of a list beside that is longer than the table are blank rows of the table, or none."""
    read = reading([[*HEADERS, None, "Code", "Sense"], [*ANA, None, "A", "x"], [None, None, None, None, "B", "y"]])

    assert [("assessed", "")] == outcomes(read)


def test_the_rows_of_a_second_table_below_are_excluded_by_name():
    """A second list under the first is counted, told and not read under the wrong header."""
    below = [["Student ID", "Study permit expiry", "Email"], ["9", "2026-05-01", "z@example.org"]]
    read = reading([HEADERS, ANA, [], *below])

    assert (["assessed", "blank", "other_table", "other_table"], ["table_below"]) == (
        [rule or outcome for outcome, rule in outcomes(read)],
        codes(read),
    )


def test_a_header_repeated_at_a_page_break_is_excluded():
    """A repeated header is not a person."""
    read = reading([HEADERS, ANA, ["employee id", "Name", "Work permit expiry"], ["2", "Bo", "2026-04-01"]])

    assert [("assessed", ""), ("excluded", "repeated_header"), ("assessed", "")] == outcomes(read)


@pytest.mark.parametrize(
    "line", [["Total", "12"], ["Sous-total :", None, "12"], ["Nombre d'employés : 12"], [None, "Grand total", "12"]]
)
def test_a_line_that_counts_is_excluded(line):
    """A total is not a person."""
    read = reading([HEADERS, ANA, line])

    assert ("excluded", "total") == outcomes(read)[-1]


def test_a_person_is_not_a_total():
    """Somebody called Total, with an id and a date, is assessed."""
    read = reading([HEADERS, ["TOTAL", "Jo Total", "2026-04-01"], ["2", "Total", "2026-04-01"]])

    assert [("assessed", ""), ("assessed", "")] == outcomes(read)


def test_notes_under_the_table_are_excluded():
    """A lone text after the last person is a note."""
    read = reading([HEADERS, ANA, [], ["* Source: HR system, 2026-03-01"], ["Printed by Jo"]])

    assert ["", "blank", "note", "note"] == [rule for _, rule in outcomes(read)]


def test_a_lone_text_between_people_is_set_aside():
    """A heading in the middle could hide a person: it is told, not dropped."""
    read = reading([HEADERS, ANA, ["Faculty of Arts"], ["00124", "Bo", "2026-04-01"]])

    assert ("set_aside", "lone_text") == outcomes(read)[1]


@pytest.mark.parametrize("row", [[None, "Bo Li", None], [None, None, "2026-04-01"]])
def test_a_last_row_with_a_lone_name_or_date_is_no_note(row):
    """What may be a person without an id is set aside."""
    read = reading([HEADERS, ANA, row])

    assert ("set_aside", "no_person_id") == outcomes(read)[-1]


def test_a_lone_id_is_a_person():
    """An id without anything else is assessed, with its expiry missing."""
    read = reading([HEADERS, ANA, ["00124"]])

    assert (("assessed", ""), "missing") == (outcomes(read)[-1], read.roster["permit_expires_state"].iloc[-1])


def test_an_empty_table_is_read_as_nobody():
    """Headers without rows give no people and no problem."""
    read = reading([HEADERS])

    assert (0, 0, ()) == (len(read.roster), len(read.rows), read.problems)


def test_rows_of_spaces_at_the_end_are_not_people():
    """Cells that hold only spaces are empty."""
    read = reading([HEADERS, ANA, ["  ", "\u00a0", None]])

    assert ("excluded", "blank") == outcomes(read)[-1]
