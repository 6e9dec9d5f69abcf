"""What delimited text becomes: its letters, its columns, and rows numbered as a spreadsheet program does."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rosters import codes

from reporter.errors import RosterError
from reporter.readers.book import Book, open_book
from reporter.readers.delimited import MOST_STRAY, StrayMarksError, read_delimited, read_lines
from reporter.readers.roster import RosterReading, read_roster

HEADER = "Staff no,Name,Contract until,Work permit expiry"


def saved(folder: Path, content: str | bytes, name: str = "roster.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(book: Book) -> list[list[object]]:
    cells = book.sheets[0].cells.astype(object)
    return cells.where(cells.notna(), None).to_numpy().tolist()


def read(content: str | bytes) -> list[list[object]]:
    """The records of a text, without a file or a process of their own."""
    table = read_delimited(content if isinstance(content, bytes) else content.encode(), cells=1_000_000).table
    return [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
def test_the_file_shows_its_own_delimiter(delimiter):
    """The delimiter is the one that parts the rows evenly."""
    text = "\n".join(delimiter.join(row) for row in (["id", "name", "note"], ["1", "Kim", ""], ["2", "Ng", "x"]))

    assert [["id", "name", "note"], ["1", "Kim", None], ["2", "Ng", "x"]] == read(text)


def test_decimal_commas_stay_and_do_not_part_columns():
    """In a file parted by semicolons, a comma is part of the cell."""
    text = "id;hours\n1;37,5\n2;40,0\n3;12,25\n"

    assert ["3", "12,25"] == read(text)[3]


def test_commas_in_names_do_not_part_columns():
    """Names written `Family, Given` in a tabbed file are single cells."""
    text = "id\tname\n1\tNg, Kim\n2\tRoy, Ana\n"

    assert ["2", "Roy, Ana"] == read(text)[2]


def test_a_blank_before_a_quotation_mark_parts_no_name():
    """`1, "Roy, Ana"` is a number and a name."""
    assert ["1", "Roy, Ana", "2026-03-31"] == [c.strip() for c in read('id, name, end\n1, "Roy, Ana", 2026-03-31\n')[1]]


def test_line_breaks_in_the_same_cells_of_every_record_make_no_rows():
    """Headings and addresses of several lines: what decides is how many cells the records have, not their lines."""
    rows = [
        ["id", "street\nand\nplace", "permit\nend"],
        *([str(n), f"{n} Main\nOld\nTown", "2026\n-03"] for n in range(9)),
    ]
    made = io.StringIO()
    csv.writer(made).writerows(rows)

    assert rows == read(made.getvalue())


def test_accents_that_were_encoded_twice_are_read_as_they_were_meant(tmp_path):
    """UTF-8 opened as Windows-1252 and saved again; a name that has such a letter of its own keeps it."""
    twice = "1,Émilie Côté,À l’œuvre".encode().decode("cp1252", errors="ignore")
    book = open_book(saved(tmp_path, f"id,name,note\n{twice}\n2,JOÃO Åse,Âge\n"))

    assert ([["1", "Émilie Côté", "À l’œuvre"], ["2", "JOÃO Åse", "Âge"]], (("lines_encoded_twice", "2"),)) == (
        rows_of(book)[1:],
        book.notes,
    )


def test_a_single_column_is_one_column():
    """A file with nothing to part is one column."""
    assert [["id"], ["1"], ["2"]] == read("id\n1\n2\n")


def test_a_set_delimiter_is_obeyed_and_its_line_is_no_row():
    """A first line `sep=;` sets the delimiter and is not shown by a spreadsheet program."""
    assert [["a,b", "c"], ["1", "2"]] == read("sep=;\r\na,b;c\r\n1;2\r\n")


def test_a_line_break_in_quotes_is_part_of_its_row(tmp_path):
    """Rows are records: the row after a cell of two lines has the next number."""
    sheet = open_book(saved(tmp_path, 'id,note\n1,"two\nlines"\n2,one\n')).sheets[0]

    assert [1, 2, 3] == list(sheet.cells.index)
    assert "two\nlines" == sheet.cells.loc[2, 1]


def test_empty_lines_are_rows(tmp_path):
    """An empty line keeps its number, so that those after it keep theirs."""
    sheet = open_book(saved(tmp_path, "id,name\n\n1,Kim\n\n\n2,Ng\n")).sheets[0]

    assert 6 == len(sheet.cells)
    assert ["1", "Kim"] == list(sheet.cells.loc[3])
    assert ["2", "Ng"] == list(sheet.cells.loc[6])


def test_rows_of_any_length_are_kept():
    """A short row is filled with missing cells, a long one widens the sheet."""
    text = "id,name,note\n1\n2,Ng,x,beyond\n"

    assert [["id", "name", "note", None], ["1", None, None, None], ["2", "Ng", "x", "beyond"]] == read(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_all_line_endings_give_the_same_rows(end, quote):
    """The last line counts whether or not it is ended, on every system, quoted or not."""
    lines = ["id,name", f"1,{quote}Kim{quote}", f"2,{quote}Ng{quote}"]
    expected = [["id", "name"], ["1", "Kim"], ["2", "Ng"]]

    assert expected == read(end.join(lines))
    assert expected == read(end.join([*lines, ""]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_common_encoding_is_understood(tmp_path, encoding):
    """Text with accents reads the same in UTF-8 and UTF-16, with and without a mark."""
    book = open_book(saved(tmp_path, "id\tnom\n1\tZoé Béland\n2\tŁukasz\n".encode(encoding), "roster.txt"))

    assert [["id", "nom"], ["1", "Zoé Béland"], ["2", "Łukasz"]] == rows_of(book)
    assert () == book.notes


def test_windows_text_is_read_with_a_note(tmp_path):
    """Text that is not UTF-8 is read as Windows-1252, and the note tells the first such line."""
    book = open_book(saved(tmp_path, "id;nom\n1;Kim\n2;Zoé – Œuvre\n".encode("cp1252")))

    assert "Zoé – Œuvre" == book.sheets[0].cells.loc[3, 1]
    assert (("read_as_cp1252", "3"),) == book.notes


OLD = ["Hélène Côté", "Zoé Lévesque", "François Noël", "Ève Müller"]


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman"])
def test_text_of_dos_and_of_old_macs_is_read_and_named(tmp_path, encoding):
    """By the letters of French that stand within words; names and headings would be others, and a column unread."""
    text = "\n".join(["Numéro étudiant;Prénom et nom", *(f"{n};{name}" for n, name in enumerate(OLD))])
    book = open_book(saved(tmp_path, text.encode(encoding)))

    assert (OLD, "Numéro étudiant") == ([row[1] for row in rows_of(book)[1:]], rows_of(book)[0][0])
    assert ((f"read_as_{encoding}", "1"),) == book.notes


@pytest.mark.parametrize(
    "text", ["L’Heureux", "“Bo” Li…", "Jean–Paul", "Œuvre", "Žižka, Šimon", "café", "Øyvind", "5 € • 3‰"]
)
def test_signs_of_windows_text_make_it_no_other(tmp_path, text):
    """Quotation marks, dashes and foreign letters stand in it too."""
    book = open_book(saved(tmp_path, f"id;nom\n1;{text}\n".encode("cp1252")))

    assert ([["id", "nom"], ["1", text]], (("read_as_cp1252", "2"),)) == (rows_of(book), book.notes)


def test_nul_bytes_are_removed_with_a_note(tmp_path):
    """Stray NUL bytes of a faulty export do not cut or lose rows."""
    book = open_book(saved(tmp_path, b"id,name\n1,K\x00im\n2,Ng\n\x00\x00"))

    assert [["id", "name"], ["1", "Kim"], ["2", "Ng"]] == rows_of(book)
    assert (("nul_removed", "1"),) == book.notes


def test_text_under_a_workbooks_name_is_read_with_a_note(tmp_path):
    """An export called .xls that is text is read as the text that it is."""
    book = open_book(saved(tmp_path, "id\tname\n1\tKim\n", "export.xls"))

    assert [["id", "name"], ["1", "Kim"]] == rows_of(book)
    assert (("text_named_as_workbook", ".xls"),) == book.notes


def test_words_stay_as_they_stand():
    """Zeros in front, spaces, `NA` and formulas are text like any other."""
    text = "id,name\n00123, Ng \nNA,=1+1\nnull,None\n"

    assert [["00123", " Ng "], ["NA", "=1+1"], ["null", "None"]] == read(text)[1:]


def test_error_words_are_errors(tmp_path):
    """A spreadsheet exports an error as a word, in its own language; it is an error again."""
    sheet = open_book(saved(tmp_path, "id,permit_expires_on\n1,#REF!\n2,#VALEUR!\n3,2026-03-31\n")).sheets[0]

    assert {(2, 1): "#REF!", (3, 1): "#VALEUR!"} == sheet.errors
    assert [True, True, False] == sheet.cells[1].isna().tolist()[1:]


def test_a_quotation_mark_within_a_cell_is_kept():
    """A quotation mark that does not open a cell is a letter."""
    assert ["1", 'Kim "K" Ng'] == read('id,name\n1,Kim "K" Ng\n')[1]


def test_a_doubled_quotation_mark_is_one():
    """In a quoted cell, two quotation marks stand for one."""
    assert ["1", 'Kim "K" Ng'] == read('id,name\n1,"Kim ""K"" Ng"\n')[1]


@pytest.mark.parametrize("quote", ["", '"'])
def test_no_row_is_lost_in_a_large_file(tmp_path, quote):
    """Every line of a large file is a row, at its own number."""
    lines = ["id,name,day"] + [f"{n},{quote}Person {n}{quote},2026-03-31" for n in range(2, 30_001)]
    cells = open_book(saved(tmp_path, "\n".join(lines))).sheets[0].cells

    assert 30_000 == len(cells)
    assert (cells.index[1:] == cells[0].iloc[1:].astype(int)).all()


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


@pytest.mark.parametrize("line", ["2;Bo;2026-12-30;2026-12-30", "2\tBo Ng\t\t2026-12-30", "2|Bo||2026-12-30"])
def test_a_row_that_is_parted_by_another_sign_is_set_aside(tmp_path, line):
    """At the end of a list it was left out as a note, or was somebody with that for a number."""
    whole = read_roster(open_book(saved(tmp_path, f"{HEADER}\n1,Kim,,2026-03-31\n{line}\n")))

    assert ["", "record_short"] == list(whole.rows["rule"])


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


@pytest.mark.parametrize("guarded", ['="00412"', '"=""00412"""', ' ="00412" '])
def test_a_cell_that_is_guarded_for_spreadsheets_is_read_as_they_show_it(tmp_path, guarded):
    """`="00412"` keeps its zeros in a spreadsheet program, which shows 00412; a formula of more stays as it stands."""
    read = rows_of(open_book(saved(tmp_path, f'ID,Note,Ends\n{guarded},="a"&"b",="2026-10-31"\n')))

    assert ["00412", '="a"&"b"', "2026-10-31"] == read[1]
