"""Where the roster's table is found, and what is said of the rest."""

from itertools import permutations

import pandas as pd
import pytest
from made_rosters import book, codes, expiries, outcomes, reading, sheet

from reporter.errors import RosterError
from reporter.model.report import NotRead
from reporter.readers.roster import ReadOptions, read_roster, read_tables

HEADERS = ["Employee ID", "Name", "Work permit expiry"]
ANA = ["00123", "Ana Novák", "2026-03-31"]


def test_headings_of_groups_with_subtotals_are_nobody():
    """Lines that count are no ids without digits: those would make ids of the headings."""
    groups = [["Lab"], ANA, ["Subtotal Lab", "1"], ["Ops"], ["2", "Bo", "2026-09-12"], ["Subtotal Ops", "1"]]
    read = reading([HEADERS, *groups, ["Grand total", "2"]])

    assert ["group_heading", "", "total", "group_heading", "", "total", "total"] == list(read.rows["rule"])


def test_a_header_in_the_first_row_is_found():
    """A plain table is read from its first row."""
    read = reading([HEADERS, ANA])

    assert (1, "Staff", ["00123"]) == (read.header_row, read.sheet, list(read.roster["person_id"]))


@pytest.mark.parametrize("above", [1, 5, 29])
def test_titles_above_the_table_are_passed_over(above):
    """A header within the first thirty rows is found, under titles and blank rows."""
    read = reading([["Acme: permits, spring 2026"], *[[]] * (above - 1), HEADERS, ANA])

    assert (above + 1, f"acme.xlsx!Staff:{above + 2}") == (read.header_row, read.roster["source_row"].iloc[0])


def test_a_header_below_the_first_thirty_rows_is_pointed_at():
    """It is not taken unasked, but the message has the line that takes it."""
    with pytest.raises(RosterError, match=r"row 31 looks like them.*: header_row = 31$"):
        reading([*[["text"]] * 30, HEADERS, ANA])


def test_the_line_names_the_sheet_where_there_are_several():
    """One of two sheets has its header far down."""
    sheets = [sheet([["text"]], name="Notes"), sheet([*[["text"]] * 99, HEADERS, ANA], name="Staff")]

    with pytest.raises(RosterError, match=r'^acme\.xlsx, Notes, Staff: .*sheet = "Staff"; header_row = 100$'):
        read_roster(book(*sheets))


def test_rows_of_people_without_a_header_are_not_printed():
    """The message asks for headings, in both languages, and has nobody's name in it."""
    with pytest.raises(RosterError, match="holds headings: row 1") as error:
        reading([ANA, ["2", "Bo", "2026-04-01"]])

    assert not [
        word for word in ("Ana", "Bo", "2026") for said in ("en", "fr") if word in error.value.in_language(said)
    ]


def test_a_header_that_nobody_knows_is_quoted_with_the_lines_that_explain_it():
    """Two of its headings, once named, make a table."""
    rows = [["Key", "Who", "Until"], ["1", "Ana", "2026-03-31"]]
    with pytest.raises(RosterError, match=r"row 1 reads “Key · Who · Until”.*columns\.person_id"):
        reading(rows)

    assert ["2026-03-31"] == expiries(reading(rows, columns={"person_id": "Key", "permit_expires_on": "Until"}))


def test_the_settings_can_point_at_a_header_further_down():
    """`header_row` is taken at its word."""
    read = reading([*[["text"]] * 40, HEADERS, ANA], header_row=41)

    assert (41, ["2026-03-31"]) == (read.header_row, expiries(read))


def test_a_header_row_without_headers_is_refused():
    """An empty row cannot be the header."""
    with pytest.raises(RosterError, match="row 1 holds no headings"):
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


@pytest.mark.parametrize(
    ("band", "own", "theirs", "read_as"),
    [
        ("Spouse / dependant", "Work permit expiry", ("Full name", "Study permit expiry"), []),
        ("Emergency contact", "Permit expiry", ("Name", "Email"), []),
        ("Supervisor", "Permit expiry", ("Name", "Email"), [("Supervisor Email", "contact_email")]),
        ("Ancien permis", "Permit expiry", ("Type de permis", "Fin"), []),
        ("Family name", "Permit expiry", ("Unit", "Email"), [("Unit", "unit"), ("Email", "email")]),
    ],
)
def test_columns_under_a_label_of_somebody_else_are_never_the_persons(band, own, theirs, read_as):
    """The supervisor's name and the spouse's permit were read as the person's: they are unread and told."""
    first = ["Employee ID", "First name", own]
    rows = [[*first, band, None], [*first, *theirs, "Province"], ["7", "Ana", "2026-03-31", "S", "s", "ON"]]
    read = read_roster(book(sheet(rows, bands={1: {3: 4}})), ReadOptions())

    assert (2, ["2026-03-31"]) == (read.header_row, expiries(read))
    assert [*read_as, ("Province", "province")] == [(m.header, m.field) for m in read.mapping[3:]]


@pytest.mark.parametrize(
    ("band", "begins", "ends"),
    [("Permit validity", "From", "To"), ("Validité du permis de travail", "Du", "Au"), ("Permit", "Start", "End")],
)
def test_the_beginning_of_a_permit_is_not_its_end(band, begins, ends):
    """`Du` under `Validité du permis` said nothing, so that the beginning was read as the end."""
    read = reading(
        [["No", "Nom", band, None], ["Employee ID", "Name", begins, ends], ["7", "Ana", "2025-03-31", "2026-03-31"]]
    )

    assert (["2026-03-31"], "2025-03-31") == (expiries(read), f"{read.roster['permit_issued_on'].iloc[0]:%Y-%m-%d}")


def test_a_list_of_units_beside_gives_nobody_a_unit():
    """The first people of the list had the units and the contacts of a list that stands beside it."""
    people = [[str(n), f"N{n}", "2026-03-31", None, None, None] for n in range(6)]
    beside = [["Department", "HR contact"], ["Lab", "lab@example.org"], ["Ops", "ops@example.org"]]
    rows = [[*row[:4], *pair] for row, pair in zip([[*HEADERS, None], *people[:2]], beside, strict=True)]
    read = reading([*rows, *people[2:]])

    assert (True, ["table_beside"]) == (read.roster["unit"].isna().all(), [note.code for note in read.notes])
    filled = reading([rows[0], *([*row[:4], "Lab", "lab@example.org"] for row in people)])
    assert ["Lab"] * 6 == list(filled.roster["unit"])


@pytest.mark.parametrize(
    "title",
    [
        ["Former staff"],
        [None, "Old and new permits"],
        [None, "Manager: J. Doe"],
        ["Family permits", None, "Old list"],
        ["Unit", "Manager", "J. Doe"],
    ],
)
def test_a_title_that_names_others_is_no_label(title):
    """It stands over everything, or says who made the list."""
    assert ["2026-03-31"] == expiries(reading([title, HEADERS, ANA]))


def test_a_label_merged_over_columns_holds_although_the_first_of_them_says_the_same():
    """`Program` over `Program` and `End`: nothing said whose end that was, and the list was refused."""
    labels, headers = ["Person", "Program", None, "Permit", None], ["ID", "Program", "End", "Type", "End"]
    rows = [labels, headers, ["7", "BSc", "2027-06-01", "Work", "2026-03-31"]]

    assert ["2026-03-31"] == expiries(read_roster(book(sheet(rows, bands={1: {1: 2, 3: 4}}))))


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


def people(*readings):
    """Everybody who is read, with the row."""
    rows = pd.concat([one.rows for one in readings])
    return dict(zip(rows["source_row"], rows["person_id"], strict=True))


BO = ["00124", "Bo Li", "2026-04-01"]
MORE = [[*HEADERS, "Email"], [*BO, "bo@example.org"]]


@pytest.mark.parametrize("order", list(permutations([sheet([HEADERS, ANA], "Toronto"), sheet(MORE, "Vancouver")])))
def test_sheets_of_one_form_are_one_roster(order):
    """A campus, a year: each row comes with its sheet, whichever stands first and has more columns."""
    assert {"acme.xlsx!Toronto:2": "00123", "acme.xlsx!Vancouver:2": "00124"} == people(*read_tables(book(*order)))


@pytest.mark.parametrize("count", [1, 2, 60])
def test_what_is_read_does_not_hang_on_how_long_a_sheet_is(count):
    """Of two sheets of other forms the first is read, this week and next; the other is named with its people."""
    visitors = [["Employee ID", "Name", "Visitor record expiry"], *[[f"9{n}", "X", "2026-05-01"] for n in range(count)]]
    staff = [HEADERS, *[[f"1{n}", "X", "2026-05-01"] for n in range(60 - count)]]
    read = read_roster(book(sheet(staff, "Staff"), sheet(visitors, "Visitors")))

    assert ("Staff", (NotRead("acme.xlsx", "Visitors", count, "sheet_with_table_left"),)) == (read.sheet, read.not_read)


def test_a_sheet_under_headings_nobody_knows_is_named_when_it_holds_dates():
    """Somebody else's list of people; a list of codes without a date is none."""
    other = sheet([["Emp. code", "Nm", "WP exp"], ["9", "Zoé", "2026-03-31"], ["10", "Al", "2026-04-30"]], "2025")
    read = read_roster(book(sheet([HEADERS, ANA], "2026"), other, sheet([["Code", "Sense"], ["A", "x"]], "Codes")))

    assert [("2025", 2)] == [(part.sheet, part.rows) for part in read.not_read]


def test_one_sheet_proves_the_order_of_day_and_month_for_all():
    """`13/04/2026` in Toronto decides `03/04/2026` in Vancouver."""
    days = {"Toronto": "13/04/2026", "Vancouver": "03/04/2026"}
    readings = read_tables(book(*(sheet([HEADERS, [name, "Ana", day]], name) for name, day in days.items())))

    assert ([["2026-04-13"], ["2026-04-03"]], [[], []]) == ([*map(expiries, readings)], [*map(codes, readings)])


def test_a_sheet_of_the_same_form_that_cannot_be_mapped_is_named():
    """Two of its columns claim one field."""
    twice = [[*HEADERS, "Name"], [*BO, "Bo"]]
    read = read_roster(book(sheet([HEADERS, ANA], "Toronto"), sheet(twice, "Vancouver")))

    assert ([("Vancouver", 1)], ["sheet_with_table_left"]) == ([(p.sheet, p.rows) for p in read.not_read], codes(read))


@pytest.mark.parametrize("count", [1, 2])
def test_a_sheet_without_headings_is_named_with_everybody_on_it(count):
    """Its first row is a person's: counted as headings, somebody alone there was not told of at all."""
    more = sheet([[f"{n}", "Bo", "2026-04-01"] for n in range(count)], "More")
    read = read_roster(book(sheet([HEADERS, ANA], "Staff"), more, sheet([["Printed", "2026-03-01"]], "Cover")))

    assert [("More", count, "sheet_with_table_left")] == [(part.sheet, part.rows, part.why) for part in read.not_read]


def test_a_sheet_that_the_settings_do_not_name_is_named_to_the_office():
    """The sheet was chosen two years ago; another has come since."""
    read = read_roster(book(sheet([HEADERS, ANA], "Staff"), sheet([HEADERS, BO], "New")), ReadOptions(sheet="Staff"))

    assert [("New", 1, "sheet_not_named")] == [(part.sheet, part.rows, part.why) for part in read.not_read]


def test_the_settings_name_the_sheet():
    """The name is compared without case."""
    read = read_roster(book(sheet([HEADERS, ANA], "Old"), sheet([HEADERS], "New")), ReadOptions(sheet="old"))

    assert ("Old", 1) == (read.sheet, len(read.roster))


def test_a_sheet_that_is_not_there_is_refused_with_the_names_that_are():
    """The message lists the sheets."""
    with pytest.raises(RosterError, match="no sheet 'Saff'; the sheets are 'Staff'"):
        reading([HEADERS, ANA], sheet="Saff")


def test_a_hidden_sheet_is_declared_and_not_read():
    """Hidden sheets are not read unless named; one that seems to hold people is told with how many."""
    hidden = [sheet([HEADERS, ANA], "Old", is_hidden=True), sheet([["a", "b"]], "Lists", is_hidden=True)]
    read = read_roster(book(sheet([HEADERS, ANA], "Staff"), *hidden))

    assert (["sheet_chosen", "sheet_hidden_left", "sheet_hidden"], [("Old", 1)]) == (
        [note.code for note in read.notes],
        [(part.sheet, part.rows) for part in read.not_read],
    )


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["Dear all,"], ["nothing here"]], "no row of the first 30 holds headings"),
        ([[",".join(HEADERS)], [",".join(ANA)]], "each row stands in one cell"),
        ([["Employee ID    Name   Expiry"], ["00123    Ana Roy    2026-03-31"]], "each row stands in one cell"),
        ([*map(list, zip(HEADERS, ANA, strict=True))], "one under another in column A"),
        ([["", "Permits"], *(["", *pair] for pair in zip(HEADERS, ANA, strict=True))], "one under another in column B"),
    ],
)
def test_a_book_without_a_table_is_refused_by_what_it_holds(rows, says):
    """Prose, a text that was pasted into one column, a table on its side: each has a cure of its own."""
    with pytest.raises(RosterError, match=says):
        reading([[cell or None for cell in row] for row in rows])


def test_a_table_that_is_hidden_alone_is_named():
    """Headings over the note on the sheet that is shown were asked for; named, the hidden sheet is read."""
    hidden = book(sheet([["Ask the office"]], "Read me"), sheet([HEADERS, ANA], "Data", is_hidden=True))
    with pytest.raises(RosterError, match=r"hidden sheet 'Data' does.*sheet = .Data."):
        read_roster(hidden)

    assert ["2026-03-31"] == expiries(read_roster(hidden, ReadOptions(sheet="Data")))


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
    """Of two tables side by side, the one with more known headers is read; the people of the other are counted."""
    read = reading([[*HEADERS, None, "Student ID", "Name"], [*ANA, None, "9", "Zoé"]])

    assert (["00123"], ["table_left"], [1]) == (
        list(read.roster["person_id"]),
        codes(read),
        [part.rows for part in read.not_read],
    )


def test_a_list_of_codes_beside_adds_no_people():
    """Rows of a list beside that is longer than the table are blank rows of the table, or none."""
    read = reading([[*HEADERS, None, "Code", "Sense"], [*ANA, None, "A", "x"], [None, None, None, None, "B", "y"]])

    assert [("assessed", "")] == outcomes(read)


@pytest.mark.parametrize("between", [[], [[]], [[], []]])
def test_a_second_table_below_of_the_same_form_is_read(between):
    """Its headings may be worded and ordered otherwise."""
    below = [["Work permit expiry date", "Employee number", "Full name"], ["2026-05-01", "9", "Zoé"]]
    readings = read_tables(book([HEADERS, ANA, *between, *below]))

    assert ([["2026-03-31"], ["2026-05-01"]], {"00123", "9"}) == (
        [*map(expiries, readings)],
        set(people(*readings).values()),
    )


def left(read):
    """The parts that are not read."""
    return [(part.sheet, part.rows, part.why) for part in read.not_read]


@pytest.mark.parametrize("between", [[], ["Total", "1"], ["Toronto"]])
@pytest.mark.parametrize("under", [[], [["Toronto"]], [[], ["Toronto"]]], ids=["", "group", "blank, group"])
def test_headings_that_nobody_knows_end_the_table(between, under):
    """Plain words over dates, under a blank row, a total or a title, are the headings of another table."""
    below = [["9", "Bo", None, "2026-05-01"], ["10", "Cy", None, "2026-05-02"]]
    read = reading([HEADERS, ANA, between, ["Clé", "Qui", "Notes", "Jusqu'au"], *under, *below])

    assert [("Staff", 2, "table_below")] == left(read)


@pytest.mark.parametrize(
    "row",
    [
        ["eve", "Eve Roy", "Sales", "ask her"],
        ["eve@acme.example", "Eve Roy", "Legal", "to see"],
        ["eve", "Eve Roy", "Legal", "in renewal", "see file"],
    ],
)
def test_a_person_of_words_alone_under_a_short_line_heads_no_table(row):
    """A unit that others have too, an address or a word for a date is no heading, whoever stands below."""
    header = ["Employee ID", "Name", "Department", "Work permit expiry", "Note"]
    below = [["bo", "Bo Roy", "Sales", "2026-05-01"], ["cy", "Cy Roy", "Finance", "2026-05-02", "Work permit"]]
    read = reading([header, ["al", "Al Roy", "Sales", "2026-04-01"], ["Toronto"], row, *below])

    assert ([], 5) == (left(read), len(read.rows))


def test_a_table_of_lone_ids_is_named():
    """Nobody is silently left who stands under headings of another form with nothing but a number."""
    read = reading([HEADERS, ANA, [], ["Student ID", "Full name", "Study permit expiry"], ["107"]])

    assert [("Staff", 1, "table_below")] == left(read)


@pytest.mark.parametrize(
    "header", [["Student ID", "Study permit expiry", "Email"], ["Emp. code", "Nm", "WP exp"], ["Name", "ID", "Ends"]]
)
def test_a_second_table_below_of_another_form_is_named(header):
    """It is never read under the headings of the first."""
    below = [header, ["9", "2026-05-01", "2026-06-01"], ["10", "2026-05-02", "2026-06-02"]]
    read = reading([HEADERS, ANA, [], *below])

    assert ([("assessed", "")], [("Staff", 2, "table_below")], ["table_below"]) == (
        outcomes(read),
        [(part.sheet, part.rows, part.why) for part in read.not_read],
        codes(read),
    )


@pytest.mark.parametrize("is_french_first", [False, True])
def test_the_headings_once_more_in_the_other_language_hold_no_person_and_lose_none(is_french_first):
    """A bilingual list has a line of each; a heading of the office's own under another says nothing against it."""
    lines = [
        ["Employee No.", "Legal name", "Permit type", "Permit expiry", "Desk"],
        ["No employé", "Nom", "Type de permis", "Expiration du permis", "Poste"],
    ]
    people = [
        ["101", "Ana Bel", "Work permit", "2026-12-01", "A1"],
        ["102", "Bo Chen", "Study permit", "2027-01-01", "B"],
    ]
    read = reading([*(reversed(lines) if is_french_first else lines), *people])

    assert ["2026-12-01", "2027-01-01"] == expiries(read)
    assert {("assessed", "")} == set(outcomes(read)) - {("excluded", "repeated_header")}


def test_the_same_headings_in_another_order_head_a_table_of_their_own():
    """What stands under them is not read as what stands under the first."""
    first = [["Employee No.", "Legal name", "Permit expiry"], ["101", "Ana Bel", "2026-12-01"], ["", "", ""]]
    read = read_tables(
        book([*first, ["Legal name", "Permit expiry", "Employee No."], ["Bo Chen", "2027-01-01", "102"]])
    )

    assert [["101"], ["102"]] == [one.roster["person_id"].to_list() for one in read]


def test_a_line_that_is_numbered_and_waits_for_somebody_is_blank():
    """A column that counts the lines says nothing of anybody; a number that is no count does."""
    lines = [["1", *ANA], ["2", *BO], ["3"], ["4"]]

    assert [["", "", "blank", "blank"], ["", "", "no_person_id", "no_person_id"]] == [
        list(reading([["#", *HEADERS], *rows]).rows["rule"]) for rows in (lines, [*lines[:2], ["7"], ["9"]])
    ]


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


@pytest.mark.parametrize(
    "row",
    [
        [None, "Total, Marie", "Sales", None],
        [None, "Somme, Jean-Luc", None, None],
        ["TOTAL", "Marie Total", "Sales", "in process"],
        ["Count", "Nadia Count", None, "pending"],
    ],
)
def test_a_name_like_a_total_is_a_persons(row):
    """Words beside it and no count: the row is assessed, or set aside for want of an id."""
    read = reading([["Employee ID", "Name", "Department", "Work permit expiry"], ["1", "A", "B", "2026-03-31"], row])

    assert outcomes(read)[1] in [("assessed", ""), ("set_aside", "no_person_id")]


@pytest.mark.parametrize("line", [["Sous-total", "Ventes", "2"], ["Total", "2 people"], [None, "Total", None]])
def test_a_line_that_counts_a_department_is_a_total(line):
    """A word beside the count is its department."""
    assert ("excluded", "total") == outcomes(reading([HEADERS, ANA, BO, line]))[-1]


@pytest.mark.parametrize(
    "line",
    [
        ["Sales Count", "2"],
        ["Grand Count", "2"],
        ["Nombre Sales", None, "2"],
        ["Sales Total", None, None, "2"],
        ["Sales Total", None, None, "1900-01-02 00:00:00"],
        ["Total général", "2"],
    ],
)
def test_a_count_under_a_group_is_nobodys_number(line):
    """What a spreadsheet program or a pivot table counts stands where an id, a name or a date would."""
    headers = ["Department", "Employee ID", "Name", "Work permit expiry"]
    people = [["Sales", "1", "Ana", "2026-09-10"], ["Sales", "2", "Bo", "2026-09-12"]]

    assert [("excluded", "total")] == outcomes(reading([headers, *people, line]))[2:]


@pytest.mark.parametrize("line", [["Blood Count", "3"], ["Sales", "3"], ["Sales Count", "3", "Cy"]])
def test_a_number_in_a_unit_that_sounds_like_a_count_is_a_persons(line):
    """Where no such group stands above, or a name stands beside, it is somebody."""
    headers = ["Department", "Employee ID", "Name", "Work permit expiry"]
    people = [["Sales", "1", "Ana", "2026-09-10"], ["Sales", "2", "Bo", "2026-09-12"]]

    assert [("assessed", "")] == outcomes(reading([headers, *people, line]))[2:]


def test_headings_of_groups_are_no_people():
    """Lone words between numbered people, each over its own, are headings; they are listed with their text."""
    read = reading([HEADERS, ["Research"], ANA, ["Human Resources"], BO, ["Legal"]])

    assert (["group_heading", "", "group_heading", "", "note"], {"Research", "Human Resources", "Legal"}) == (
        [rule for _, rule in outcomes(read)],
        {p.value for p in read.problems},
    )


def test_subtotals_of_one_cell_stand_between_groups():
    """A total under each group is left out as one, and heads nobody."""
    read = reading([HEADERS, ["Research"], ANA, ["Total: 1"], ["Legal"], BO, ["Total: 1"]])

    assert ["group_heading", "", "total", "group_heading", "", "total"] == [rule for _, rule in outcomes(read)]


def test_two_lone_names_in_a_row_are_no_headings():
    """Nobody stands under the first: they may be people without an id."""
    read = reading([HEADERS, ANA, ["Zoé Roy"], ["Al Roy"], BO])

    assert [("set_aside", "lone_text")] * 2 == outcomes(read)[1:3]


@pytest.mark.parametrize("text", ["New Person Hired In August Today", "Zoe: see HR", "Maria Jr."])
def test_a_lone_text_under_the_names_may_be_a_person(text):
    """It is set aside and told, not left out as a note."""
    assert ("set_aside", "no_person_id") == outcomes(reading([HEADERS, ANA, [None, text, None]]))[-1]


@pytest.mark.parametrize("text", ["Total", "Source: HR system", "* as of 2026-03-01", "Updated by Jo"])
def test_what_is_left_out_is_listed_with_its_text(text):
    """An officer sees every note and total, and whose row it was."""
    read = reading([HEADERS, ANA, [text, None, None]])

    assert [(3, text)] == [(p.row, p.value) for p in read.problems if p.code.startswith("excluded_")]


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


def test_the_heading_of_a_group_is_the_unit_of_rows_that_name_none():
    """As whoever opens the sheet sees it; a unit that a row names itself stays, and the officer is told."""
    header = ["Employee ID", "Name", "Department", "Work permit expiry"]
    rows = [["Research"], ["1", "Ana", "", "2026-05-01"], ["Finance"], ["2", "Bo", "Payroll", "2026-05-02"]]
    read = reading([header, *rows, ["3", "Cy", "", "2026-05-03"]])

    assert (["Research", "Payroll", "Finance"], 1) == (
        list(read.roster["unit"]),
        codes(read).count("unit_from_heading"),
    )


def test_a_number_headed_student_makes_the_form_of_a_table():
    """`Student · Name` on two sheets is one roster, as `Student ID · Name` is."""
    header = ["Student", "Name", "Study permit expiry"]
    sheets = [sheet([header, [f"10{n}", f"N{n}", "2026-03-31"]], f"S{n}") for n in (1, 2)]

    assert [["101"], ["102"]] == [list(one.roster["person_id"]) for one in read_tables(book(*sheets))]
