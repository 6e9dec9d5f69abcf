"""Quotation marks and the shape of records: every physical line is a row, is in a row, or is told with its number."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rosters import codes

from reporter.errors import RosterError
from reporter.readers.book import open_book
from reporter.readers.delimited import MOST_STRAY, StrayMarksError, read_delimited, read_lines
from reporter.readers.roster import RosterReading, read_roster

HEADER = "Staff no,Name,Contract until,Work permit expiry"


def roster(tmp_path, *lines: str, header: str = HEADER) -> RosterReading:
    """What is read of these lines under the header."""
    path = tmp_path / "staff.csv"
    path.write_bytes("\n".join([header, *lines]).encode())
    return read_roster(open_book(path))


def fates(read: RosterReading) -> dict[str, str]:
    """Each person's fate: the rule that set the row aside or excluded it, else the date that is read."""
    dates = dict(zip(read.roster["person_id"], read.roster["permit_expires_on"].astype("str"), strict=True))
    return {p: rule or dates[p] for p, rule in zip(read.rows["person_id"], read.rows["rule"], strict=True)}


ONE, TWO, THREE = (f"{n},P{n},2027-06-30,2026-09-1{n}" for n in (1, 2, 3))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['1,"P1,2027-06-30,2026-09-11', TWO, THREE], {"1": "quote_stray", "2": "2026-09-12", "3": "2026-09-13"}),
        (['1,"P1,2027-06-30,2026-09-11', '2,"P2,2027-06-30,2026-09-12', THREE],
         {"1": "quote_stray", "2": "quote_stray", "3": "2026-09-13"}),
        (['1,"P1,2027-06-30,2026-09-11', TWO, '3,P3",2027-06-30,2026-09-13'],
         {"1": "quote_stray", "2": "2026-09-12", "3": "quote_stray"}),
        (['1,"5"" P1,2027-06-30,2026-09-11', TWO, '3,"P3",2027-06-30,2026-09-13'],
         {"1": "quote_stray", "2": "2026-09-12", "3": "2026-09-13"}),
        ([ONE, TWO, '3,P3,2027-06-30,"2026-09-13'], {"1": "2026-09-11", "2": "2026-09-12", "3": "quote_stray"}),
        (['1,"P1,2027-06-30",2026-09-11', TWO, THREE], {"1": "quote_stray", "2": "2026-09-12", "3": "2026-09-13"}),
        (['1,5" P1,2027-06-30,2026-09-11', TWO, '3,6" P3,2027-06-30,2026-09-13'],
         {"1": "2026-09-11", "2": "2026-09-12", "3": "2026-09-13"}),
    ],
    ids=["never closed", "two open", "closes two lines on", "inch doubled", "last cell", "one delimiter", "inches"],
)  # fmt: skip
def test_a_stray_mark_costs_its_own_line_and_nobody_elses(tmp_path, lines, expected):
    """No row is swallowed by another, and none carries another's date."""
    assert expected == fates(roster(tmp_path, *lines))


def test_the_message_names_the_physical_line(tmp_path):
    """With cells of several lines above it, the row is not the line that an editor shows."""
    read = roster(tmp_path, '1,"P\n1",2027-06-30,2026-09-11', '2,"P2,2027-06-30,2026-09-12', THREE)

    assert "Line 4 holds a quotation mark" in next(p.message() for p in read.problems if p.code == "quote_stray")


@pytest.mark.parametrize(
    "cell", ['"two\nlines"', '"a, b, c"', '"says ""so""\nand, more"', '"one,\n\ntwo, three\n"', '"a\r\nb"']
)
def test_a_cell_of_several_lines_is_one_cell(tmp_path, cell):
    """Well-quoted notes with breaks and commas are read as they were meant."""
    read = roster(
        tmp_path, f"1,P1,2026-09-11,{cell},x", f"2,P2,2026-09-12,{cell},y",
        header="Staff no,Name,Work permit expiry,Comments,Site",
    )  # fmt: skip

    assert {"1": "2026-09-11", "2": "2026-09-12"} == fates(read)


def test_marks_on_too_many_lines_refuse_the_file():
    """Where every line has one, no row can be trusted; the first lines are named."""
    with pytest.raises(StrayMarksError, match=r"^2, 3, 4, "):
        read_lines("a,b\n" + '1,"x\n' * (MOST_STRAY + 1), ",")


NAMES = st.text(st.sampled_from('ab ,"\n;é'), max_size=8)


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_what_a_program_writes_is_read_as_written_or_told(made):
    """Every record that the standard library writes is a row as it was, or its lines are told one by one."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("id", "name", "note", "end"), *((*row, "x") for row in made)])
    found = read_lines(text.getvalue(), ",")

    if not found.stray:
        assert [["id", "name", "note", "end"], *([*row, "x"] for row in made)] == found.rows
    lines = text.getvalue().splitlines()
    assert all('"' in lines[line - 1] for line in found.stray.values())


@given(st.lists(st.integers(0, 5), min_size=2, max_size=6), st.lists(st.integers(0, 28), max_size=3))
@settings(max_examples=120, deadline=None, derandomize=True)
def test_wherever_marks_are_put_every_line_is_a_row(lengths, places):
    """Each line of a text with marks at random is a row with its own id, whole or told."""
    lines = [f"{n},{'x' * length},2026-09-1{n % 10}" for n, length in enumerate(lengths)]
    text = "\n".join(["id,name,end", *lines, ""])
    for place in places:
        text = text[: place + 12] + '"' + text[place + 12 :]
    found = read_lines(text, ",")

    assert [str(n) for n in range(len(lines))] == [row[0].strip('"') for row in found.rows[1:]]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2,Placeholder, Otto,2027-06-30,2026-09-11", "record_long"),
        ("2,P2,2027-06-30", "record_short"),
        ("2,P", "record_short"),
    ],
)
def test_a_row_of_another_shape_is_set_aside(tmp_path, line, code):
    """A comma in a name moves its dates under the next heading; a line broken in two loses them."""
    assert {"1": "2026-09-11", "2": code, "3": "2026-09-13"} == fates(roster(tmp_path, ONE, line, THREE))


def test_a_row_that_is_longer_by_an_empty_cell_only_is_set_aside(tmp_path):
    """The last column is empty in most rows, so that nothing stands right of the headings when the others move."""
    read = roster(
        tmp_path, "1,P1,2026-09-11,2030-01-01,", "2,Place, Otto,2026-09-12,2030-01-01,", "3,P3,2026-09-13,2030-01-01,",
        header="Staff no,Name,Work permit expiry,Passport expiry,Comments",
    )  # fmt: skip

    assert {"1": "2026-09-11", "2": "record_long", "3": "2026-09-13"} == fates(read)


def test_a_moved_row_proves_nothing_of_its_columns(tmp_path):
    """Its 31st would prove an order of day and month for all others."""
    read = roster(tmp_path, "1,P1,x,03/04/2026", "2,A, B,y,31/12/2026,z")

    assert ["date_ambiguous", "record_long"] == sorted(set(codes(read)) - {"two_digit_years"})


def test_empty_cells_that_a_program_left_out_at_the_end_of_a_block_are_no_fault(tmp_path):
    """A spreadsheet decides for sixteen rows together how many empty cells at their end it writes."""
    full = [f"{n},P{n},2026-09-11,2030-01-01" for n in range(2, 17)]
    bare = [f"{n},P{n},2026-09-11" for n in range(17, 33)]
    read = roster(tmp_path, *full, *bare, header="Staff no,Name,Work permit expiry,Passport expiry")

    assert {"assessed"} == set(read.rows["outcome"])


def test_notes_in_a_column_without_a_heading_move_nobody(tmp_path):
    """The heading's own record reaches over them, and they are no dates."""
    read = roster(tmp_path, "1,P1,2026-09-11,ask Jo", "2,P2,2026-09-12,", header="Staff no,Name,Work permit expiry,")

    assert {"1": "2026-09-11", "2": "2026-09-12"} == fates(read)


@pytest.mark.parametrize("header", ["Staff no,Name", "Staff no,Name,Work permit expiry"])
def test_a_list_without_one_date_is_refused(tmp_path, header):
    """Its people could be told of nothing; "2 assessed" would be an all-clear that nobody gave."""
    with pytest.raises(RosterError, match=r"no heading is known to hold dates|not one cell under Work permit expiry"):
        roster(tmp_path, "1,P1,", "2,P2,", header=header)


def test_one_strange_byte_changes_no_other_name():
    """A name pasted in Windows-1252 is read as such, the UTF-8 of all others as UTF-8, and the line is told."""
    content = "id,nom\n1,Hélène Côté\n".encode() + "2,José\n".encode("cp1252") + "3,Zoë Ngô\n".encode()
    read = read_delimited(content, 1_000)

    assert (["nom", "Hélène Côté", "José", "Zoë Ngô"], [("lines_not_utf8", "3")]) == (
        read.table.column(1).to_pylist(),
        read.notes,
    )


def test_lines_in_quotation_marks_are_unwrapped():
    """A second export puts each line of the first into one cell."""
    read = read_delimited(b'"id,name"\n"1,Kim"\n"2,""Ng, A"""\n', 1_000)

    assert ([["id", "1", "2"], ["name", "Kim", "Ng, A"]], [("lines_in_quotes", "")]) == (
        [column.to_pylist() for column in read.table.columns],
        read.notes,
    )
