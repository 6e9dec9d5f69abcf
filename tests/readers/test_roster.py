"""The door of the room: what a reading holds, and what a spreadsheet's own faults become."""

import logging
import string
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from made_rosters import book, codes, outcomes, reading, sheet

from reporter.model.problem import Problem
from reporter.model.shapes import ROSTER, ROWS, require
from reporter.readers.book import open_book
from reporter.readers.roster import ReadOptions, read_roster

HEADERS = ["Employee ID", "Name", "Department", "HR contact email", "Work permit expiry", "Passport expiry"]
ANA = ["00123", "Ana Novák", "Sales", "hr@example.org", "2026-03-31", "2030-01-01"]

HEADER = ["Employee No.", "Legal name", "Passport number", "Permit type", "Permit expiry"]
PERSONS = [
    ["E1", "Ana Invented", "AB123456", "Work permit", "31/12/2026"],
    ["E2", "Ben Invented", "CD234567", "Work permit", "15/01/2027"],
    ["E1", "Ana Invented", "AB123456", "Study permit", "not a date"],
]


def test_the_frames_have_the_shapes_that_the_other_rooms_expect():
    """ROSTER and ROWS, with their kinds."""
    read = reading([HEADERS, ANA])

    assert (1, 1) == (len(require(read.roster, ROSTER)), len(require(read.rows, ROWS)))


def test_a_row_of_the_account_tells_who_should_hear_of_it():
    """Unit and contact stand beside every row, also one set aside."""
    read = reading([HEADERS, [None, *ANA[1:]]])

    assert ("acme.xlsx!Staff:2", "Sales", "hr@example.org", "set_aside") == tuple(
        read.rows.loc[0, ["source_row", "unit", "contact_email", "outcome"]]
    )


def test_the_rows_set_aside_are_kept_as_they_stood():
    """For the office to mend, under its own headers."""
    read = reading([HEADERS, ANA, ["00124", "Bo Li", "Sales", "hr@example.org", "31/02/2026", None]])

    assert (["acme.xlsx!Staff:3"], HEADERS, "31/02/2026") == (
        list(read.originals.index),
        list(read.originals.columns),
        read.originals["Work permit expiry"].iloc[0],
    )


@pytest.mark.parametrize(
    ("column", "outcome", "code"),
    [
        (0, "set_aside", "cell_error"),
        (4, "set_aside", "cell_error"),
        (5, "assessed", "cell_error_kept"),
        (1, "assessed", "cell_error_kept"),
    ],
)
def test_a_spreadsheet_error_is_never_an_empty_cell(column, outcome, code):
    """In the id or a governing date the row is set aside; elsewhere the value is lost."""
    row = [None if n == column else cell for n, cell in enumerate(ANA)]
    read = read_roster(book(sheet([HEADERS, row], errors={(2, column): "#REF!"})))

    assert ([outcome], True, "#REF!") == ([o for o, _ in outcomes(read)], code in codes(read), read.problems[0].value)


@pytest.mark.parametrize("text", ["#N/A", "########"])
def test_a_spreadsheet_error_written_as_text_is_an_error(text):
    """A delimited file says `#N/A` in letters, and what was too wide for its column as a screen shows it."""
    read = reading([HEADERS, [*ANA[:4], text, None]])

    assert [("set_aside", "cell_error")] == outcomes(read)


def test_a_last_row_that_holds_only_an_error_is_a_row():
    """It may be a person whose look-up failed."""
    read = read_roster(book(sheet([HEADERS, ANA, []], errors={(3, 0): "#REF!"})))

    assert [("assessed", ""), ("set_aside", "no_person_id")] == outcomes(read)


@pytest.mark.parametrize(("column", "outcome"), [(4, "set_aside"), (5, "assessed")])
def test_a_formula_without_its_result_is_told(column, outcome):
    """The file was never calculated; nothing is supposed of it."""
    row = [None if n == column else cell for n, cell in enumerate(ANA)]
    read = read_roster(book(sheet([HEADERS, row], uncomputed=frozenset({(2, column)}))))

    assert (outcome, True) == (outcomes(read)[0][0], codes(read)[0].startswith("formula_uncomputed"))


def test_a_fault_outside_the_columns_that_are_read_is_nobodys():
    """A broken comment column stops nothing."""
    read = read_roster(book(sheet([[*HEADERS, "Comments"], ANA], errors={(2, 6): "#REF!"})))

    assert [] == codes(read)


def test_what_was_noticed_in_opening_the_file_is_told():
    """The book's notes become problems of the file."""
    read = read_roster(book([HEADERS, ANA], notes=(("sheet_hidden", "Old"),)))

    assert Problem("acme.xlsx", "sheet_hidden", value="Old") in read.problems


def test_the_input_is_not_changed():
    """The book is as it was."""
    made = book([HEADERS, ANA, ["00124", "Bo", None, None, "03/04/2026", None]])
    before = made.sheets[0].cells.copy()
    read_roster(made)

    assert before.equals(made.sheets[0].cells)


def test_the_same_book_gives_the_same_reading():
    """Nothing depends on anything but the book."""
    rows = [HEADERS, ANA, ["00124", "Bo", None, None, "03/04/2026", "x"], ["1", None, None, None, "31/02/2026", None]]
    one, two = reading(rows), reading(rows)

    assert (True, one.problems, one.mapping) == (one.roster.equals(two.roster), two.problems, two.mapping)


def test_problems_stand_in_the_order_of_the_sheet():
    """An officer goes down the list with the file open."""
    read = reading([HEADERS, *[[str(n), "x", None, None, "31/02/2026", "nope"] for n in range(4)]])

    assert sorted((p.row, p.column) for p in read.problems) == [(p.row, p.column) for p in read.problems]


def test_no_person_is_in_the_log(caplog):
    """Counts only."""
    with caplog.at_level(logging.DEBUG):
        reading([HEADERS, ANA])

    assert (True, False) == ("1 rows read" in caplog.text, any(cell in caplog.text for cell in ANA))


def test_every_problem_of_a_messy_roster_can_be_said_in_both_languages():
    """No sentence lacks one of its details."""
    rows = [
        ["ID", "Name", "Permit expiry", "Permit issue date", "Passport expiry", "Date submitted", "Province", "Status"],
        ["1", "Ana", "03/04/2026", "2027-01-01", "nope", "2026-03-01", "Ontaria", "Active"],
        ["1", "Bo", "8/10/2026?", "31/02/2026", "2020-01-01", "?", "ON", None],
        ["2", "Cy", "31/02/2026", None, "1/2/2026 or 3/4/2026", "March 2026", "ON", None],
        ["3", "Di", "done 2026-08-22", "1900-05-05", None, None, "ON", None],
        ["4", "Ed", "applied 2026-03-01", None, None, None, "ON", None],
        ["5", "Flo", "2026-08-22", None, None, None, "ON", None],
        ["5", "Flo", "2026-08-22", None, None, None, "ON", None],
        ["5", "Flo", "2027-08-22", None, None, None, "ON", None],
        ["6", "Gus", "5-6-26", "26-03-31", None, None, "ON", None],
        ["1.2E+12", "Hal", "2026-08-22"],
        ["Faculty of Arts"],
        [None, "Ida", "2026-08-22"],
        ["7", "Jo", "2006-08-22", None, "1990-08-22"],
        ["8", "Ko", "2026-08-22", "2010-01-01", "2026-01-01"],
    ]
    read = read_roster(
        book(sheet(rows, errors={(8, 6): "#REF!", (7, 2): "#N/A"}, uncomputed=frozenset({(9, 4), (9, 2)})))
    )
    said = [problem.message(language) for problem in (*read.problems, *read.notes) for language in ("en", "fr")]

    assert (True, True) == (len(set(codes(read))) > 20, all(said))


def sentences():
    """This room's sentences, by code."""
    return tomllib.loads((files("reporter.text") / "problems" / "roster.toml").read_text("utf-8"))


def test_french_sentences_have_their_no_break_spaces():
    """Before : ; ! ? and inside « », everywhere in this room's sentences."""
    french = [entry["fr"] for entry in sentences().values()]
    bad = [text for text in french if any(f" {mark}" in text for mark in ":;!?»") or "« " in text]

    assert [] == bad


def test_every_placeholder_of_a_sentence_is_in_both_languages():
    """What English tells, French tells."""
    fields = {
        code: [{name for _, name, _, _ in string.Formatter().parse(entry[lang]) if name} for lang in ("en", "fr")]
        for code, entry in sentences().items()
    }

    assert [] == [code for code, (en, fr) in fields.items() if en != fr]


def test_a_file_on_disk_is_read_the_same_way(tmp_path: Path):
    """From the file to the people, through the room's other half."""
    path = tmp_path / "acme.csv"
    path.write_text("Employee ID,Name,Work permit expiry\n00123,Zoé,2026-03-31\n", "utf-8")
    read = read_roster(open_book(path))

    assert (["00123"], ["Zoé"]) == (list(read.roster["person_id"]), list(read.roster["full_name"]))


def test_the_options_are_frozen():
    """A reading cannot change what the next one is told."""
    with pytest.raises(AttributeError):
        ReadOptions().sheet = "x"  # type: ignore[misc]


def shown(person, rows=PERSONS):
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
