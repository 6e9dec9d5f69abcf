"""What delimited text becomes: its letters, its columns, and rows numbered as a spreadsheet program does."""

from pathlib import Path

import pytest

from reporter.readers.book import open_book
from reporter.readers.delimited import read_delimited
from reporter.readers.grid import Book


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


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
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
