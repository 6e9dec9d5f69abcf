"""The cells of one person, for whoever asks how a date came about."""

from made_rosters import reading

HEADER = ["Employee No.", "Legal name", "Passport number", "Permit type", "Permit expiry"]
ROWS = [
    ["E1", "Ana Invented", "AB123456", "Work permit", "31/12/2026"],
    ["E2", "Ben Invented", "CD234567", "Work permit", "15/01/2027"],
    ["E1", "Ana Invented", "AB123456", "Study permit", "not a date"],
]


def shown(person, rows=ROWS):
    return reading([HEADER, *rows], shown=person).cells


def test_every_cell_of_the_person_is_kept_with_its_address():
    """The cell, its heading and what stands there come as the spreadsheet shows them."""
    cell = shown("E2").set_index("field").loc["permit_expires_on"]

    assert ("E3", "Permit expiry", "15/01/2027") == (cell["address"], cell["header"], cell["said"])


def test_the_date_read_stands_beside_the_cell_and_why():
    """The column proves that the day stands first."""
    cell = shown("E2").set_index("field").loc["permit_expires_on"]

    assert ("2027-01-15", "numbers", "dmy") == (f"{cell['on']:%Y-%m-%d}", cell["form"], cell["order"])


def test_a_column_that_is_dropped_is_not_shown():
    """A passport number is in no cell that is kept."""
    cells = shown("E1")

    assert not cells.astype("str").apply(lambda column: column.str.contains("AB123456")).to_numpy().any()


def test_a_row_set_aside_is_shown_with_its_reason():
    """The cells of a row that is not judged are there too."""
    cells = shown("E1")

    assert {("assessed", ""), ("set_aside", "date_unreadable")} == set(
        zip(cells["outcome"], cells["rule"], strict=True)
    )


def test_nobody_else_is_shown():
    """Without a person no cell is kept, and with one only theirs."""
    assert shown("").empty
    assert {"Ana Invented"} == set(shown("e1 ").set_index("field").loc["full_name", "said"])
