"""What is refused as a whole, and that it is said in one line: wrong kinds, passwords, and files made to do harm."""

import io
import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from quick_reading import START_ANEW

from reporter.errors import Exit, RosterError
from reporter.readers import sandbox
from reporter.readers.book import open_book
from reporter.readers.sandbox import FileLimits, FileRefusedError
from reporter.text.catalogue import problem_sentences

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


@pytest.fixture(autouse=True)
def started_anew(monkeypatch):
    """The reading process is started as the program starts it, each time."""
    monkeypatch.setattr(sandbox, "reading_process", START_ANEW)


def refusal(path: Path, **limits: int) -> str:
    """The code with which a file is refused, once it is sure that the sentence is one line and quick."""
    began = time.monotonic()
    with pytest.raises(RosterError) as caught:
        open_book(path, FileLimits(**limits))
    assert time.monotonic() - began < 10
    assert isinstance(caught.value, FileRefusedError)
    assert str(caught.value).startswith(f"{path.name}: ")
    assert "\n" not in str(caught.value)
    return caught.value.problem.code


def saved(folder: Path, content: bytes, name: str = "roster.xlsx") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def parts_of_a_workbook(cells: dict[str, object] | None = None) -> dict[str, bytes]:
    packed = io.BytesIO()
    workbook = openpyxl.Workbook()
    for address, value in (cells or {"A1": "Kim"}).items():
        workbook.active[address] = value
    workbook.save(packed)
    with zipfile.ZipFile(packed) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(folder: Path, **changed: bytes) -> Path:
    """A workbook with some parts replaced or added: `sheet`, `strings`, `extra`."""
    places = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "extra": "xl/media/extra.bin"}
    parts = parts_of_a_workbook() | {places[name]: content for name, content in changed.items()}
    with zipfile.ZipFile(folder / "roster.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return folder / "roster.xlsx"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n\x00", "file_empty"),
        (b"%PDF-1.7 ...", "file_pdf"),
        (b"\x89PNG\r\n\x1a\n....", "file_picture"),
        (bytes(range(256)) * 20, "file_not_a_spreadsheet"),
        (OLE, "file_office_document"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "file_password"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "file_web_page"),
        (b"\xef\xbb\xbf  <!-- export --> <!-- x --><TABLE border=1>", "file_web_page"),
        ("<html><table>".encode("utf-16"), "file_web_page"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "file_web_page"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "file_web_page"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "file_xml"),
        (b"PK\x03\x04 cut short", "file_damaged"),
        (b"id,name\n" + b'1,"Kim\n' * 502, "file_stray_marks"),
        (b'[["id", "name"],\n ["1", "Kim"]]', "file_json"),
        (b'{"id": "1", "name": "Kim"}\n{"id": "2", "name": "Ng"}\n', "file_json"),
        (b'{\n  "people": [1, 2]\n}\n', "file_json"),
        (b" id | name\n----+-----\n 1  | Kim\n", "file_drawn_table"),
        (b"| id | name |\n|----|------|\n| 1  | Kim  |\n", "file_drawn_table"),
        ("┌────┬─────┐\n│ id │ nom │\n├────┼─────┤\n│ 1  │ Kim │\n".encode(), "file_drawn_table"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "file_in_the_cloud"),
        (b"\x00" * 4096, "file_in_the_cloud"),
    ],
)
def test_what_is_no_roster_is_refused_in_words(tmp_path, content, code):
    """Each kind of wrong file is called what it is."""
    assert code == refusal(saved(tmp_path, content, "roster.xls"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("~$staff.xlsx", "file_lock"),
        (".~lock.staff.ods#", "file_lock"),
        ("._staff.xlsx", "file_lock"),
        ("Staff.gsheet", "file_in_the_cloud"),
        (".staff.xlsx.icloud", "file_in_the_cloud"),
    ],
)
def test_what_stands_beside_or_for_a_file_is_called_what_it_is(tmp_path, name, code):
    """A lock file is not a damaged workbook, and a placeholder has no content to save again."""
    assert code == refusal(saved(tmp_path, b"\x00\x05\x16\x07" + b"x" * 50, name))


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    """A missing file is refused like any other, without its folder in the sentence."""
    assert "file_missing" == refusal(tmp_path / "absent.xlsx")


def test_a_folder_cannot_be_opened(tmp_path):
    """A folder under the name of a roster is refused."""
    (tmp_path / "roster.xlsx").mkdir()

    assert "file_cannot_be_opened" == refusal(tmp_path / "roster.xlsx")


def test_a_refusal_ends_with_the_code_for_unusable_input(tmp_path):
    """The command line answers 4 for a file that cannot be used."""
    with pytest.raises(FileRefusedError) as caught:
        open_book(saved(tmp_path, b""))

    assert Exit.INPUT == caught.value.exit_code


def test_a_refusal_is_said_in_french_too(tmp_path):
    """The problem behind the error has the French sentence."""
    with pytest.raises(FileRefusedError) as caught:
        open_book(saved(tmp_path, b""))

    assert "le fichier est vide" in caught.value.problem.message("fr")


def test_each_sentence_is_there_in_both_languages():
    """No sentence about files lacks a language, and no French one has a plain space before its signs."""
    entries = [entry for code, entry in problem_sentences().items() if code.startswith("file_")]

    assert all({"severity", "en", "fr"} == entry.keys() for entry in entries)
    assert not [entry["fr"] for entry in entries if any(f" {sign}" in entry["fr"] for sign in ";:?!")]


@pytest.mark.parametrize(
    ("name", "code"),
    [("word/document.xml", "file_archive_without_workbook"), ("xl/workbook.bin", "file_binary_workbook")],
)
def test_an_archive_without_a_readable_workbook_is_refused(tmp_path, name, code):
    """Other archives are refused, binary workbooks with what to do."""
    with zipfile.ZipFile(tmp_path / "roster.xlsx", "w") as archive:
        archive.writestr(name, b"x")

    assert code == refusal(tmp_path / "roster.xlsx")


def test_an_old_workbook_with_a_password_is_refused(tmp_path):
    """The record of a password in an .xls is seen among the first."""
    book = xlwt.Workbook()
    book.add_sheet("Staff")
    book.save(str(tmp_path / "roster.xls"))
    content = bytearray((tmp_path / "roster.xls").read_bytes())
    second = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20
    content[second : second + 2] = struct.pack("<H", 0x2F)

    assert "file_password" == refusal(saved(tmp_path, bytes(content), "roster.xls"))


def test_an_archive_with_a_password_is_refused(tmp_path):
    """A part that is marked as encrypted asks for a copy without a password."""
    content = bytearray(workbook(tmp_path).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1

    assert "file_password" == refusal(saved(tmp_path, bytes(content)))


def test_an_open_document_with_a_password_is_refused(tmp_path):
    """An encrypted .ods says so in its list of parts."""
    with zipfile.ZipFile(tmp_path / "roster.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
        archive.writestr("content.xml", b"\x8f\x11\x07")

    assert "file_password" == refusal(tmp_path / "roster.ods")


def test_a_file_cut_short_is_damaged(tmp_path):
    """Half a download is refused."""
    content = workbook(tmp_path).read_bytes()

    assert "file_damaged" == refusal(saved(tmp_path, content[: len(content) // 2]))


def test_a_sheet_that_is_no_xml_is_damaged(tmp_path):
    """A part that the reader cannot follow is refused, not read as empty."""
    assert "file_damaged" == refusal(workbook(tmp_path, sheet=b"<worksheet><sheetData><row><c r='A1'"))


def test_a_file_over_the_limit_is_refused_unread(tmp_path):
    """A file larger than allowed is refused before it is looked into."""
    assert "file_too_large" == refusal(saved(tmp_path, b"id,name\n" * 1_000), size=5_000)


def test_a_bomb_of_one_part_is_refused(tmp_path):
    """A part that unpacks a thousandfold is refused, whatever it is."""
    assert "file_expands_too_far" == refusal(workbook(tmp_path, extra=bytes(40_000_000)))


def test_a_bomb_in_a_part_of_the_workbook_is_refused(tmp_path):
    """All parts together may not unpack to more than is allowed, however well they are squeezed."""
    path = workbook(tmp_path, strings=b" " * 10_000_000, extra=bytes(10_000_000))

    assert "file_expands_too_far" == refusal(path, expanded=15_000_000, ratio=5_000)


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path):
    """The size is counted while unpacking: what the file says of itself does not matter."""
    path = workbook(tmp_path, extra=bytes(40_000_000))
    content = path.read_bytes().replace(struct.pack("<I", 40_000_000), struct.pack("<I", 4_000))

    assert "file_expands_too_far" == refusal(saved(tmp_path, content))


def test_many_small_parts_are_refused(tmp_path):
    """An archive with more parts than any workbook has is refused."""
    with zipfile.ZipFile(workbook(tmp_path), "a") as archive:
        for number in range(2_001):
            archive.writestr(f"xl/media/{number}.bin", b"")

    assert "file_too_many_parts" == refusal(tmp_path / "roster.xlsx")


def test_a_table_of_contents_made_to_fill_the_memory_is_refused(tmp_path):
    """The entries are counted before any is looked at."""
    content = workbook(tmp_path).read_bytes() + b"PK\x01\x02" * 200_000

    assert "file_too_many_parts" == refusal(saved(tmp_path, content))


def test_parts_that_lie_over_one_another_are_refused(tmp_path):
    """Two entries that unpack the same bytes are refused."""
    path = workbook(tmp_path, extra=b"x" * 500)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0].header_offset
    last = content.rindex(b"PK\x01\x02")
    content[last + 42 : last + 46] = struct.pack("<I", first)

    assert "file_overlapping_parts" == refusal(saved(tmp_path, bytes(content)))


def test_billion_laughs_are_refused(tmp_path):
    """A part that declares entities is refused before any reader sees it."""
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + HEAD + TAIL

    assert "file_declares_entities" == refusal(workbook(tmp_path, sheet=laughs))


def test_a_declaration_across_two_pieces_is_found(tmp_path):
    """A declaration that lies where one piece ends and the next begins is found."""
    laughs = b" " * (1_048_576 - 5) + b"<!DOCTYPE x []>" + HEAD + TAIL

    assert "file_declares_entities" == refusal(workbook(tmp_path, sheet=laughs), ratio=5_000)


@pytest.mark.parametrize("address", ["XFD1048576", "Z1048576", "XFD5000", "ZZ1"])
def test_one_far_cell_does_not_fill_the_memory(tmp_path, address):
    """A single far cell is refused with what to delete, unless it is near enough to be read."""
    packed = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"], book.active[address] = "id", "far"
    book.save(packed)
    path = saved(tmp_path, packed.getvalue())

    if address == "ZZ1":
        assert (1, 702) == open_book(path).sheets[0].cells.shape
    else:
        assert "file_far_cell" == refusal(path)


def test_a_far_cell_in_single_quotes_is_seen(tmp_path):
    """XML may put the addresses in quotes of either kind."""
    far = HEAD + b"<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='Z1048576'><v>2</v></c></row>" + TAIL

    assert "file_far_cell" == refusal(workbook(tmp_path, sheet=far))


def test_a_far_cell_that_is_hidden_from_the_first_look_stops_only_the_reader(tmp_path):
    """Addresses with a space before the sign pass the first look; the reading process dies of them, alone."""
    far = (
        HEAD + b'<row r="1"><c r="A1"><v>1</v></c></row><row r ="1048576"><c r ="XFD1048576"><v>2</v></c></row>' + TAIL
    )

    assert "file_stops_the_reader" == refusal(workbook(tmp_path, sheet=far))


def test_a_far_cell_of_an_open_document_is_refused(tmp_path):
    """A cell repeated over a whole sheet does not fill the memory."""
    document = OpenDocumentSpreadsheet()
    table, row = Table(name="A"), TableRow(numberrowsrepeated=1_048_574)
    cell = TableCell(numbercolumnsrepeated=16_384, valuetype="string")
    cell.addElement(P(text="x"))
    row.addElement(cell)
    table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(str(tmp_path / "roster.ods"))

    assert refusal(tmp_path / "roster.ods") in ("file_damaged", "file_too_many_cells", "file_stops_the_reader")


def test_more_cells_than_allowed_are_refused(tmp_path):
    """A workbook and a text with too many cells are refused alike."""
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, 200))

    assert "file_far_cell" == refusal(workbook(tmp_path, sheet=HEAD + rows + TAIL), cells=100)
    assert "file_too_many_cells" == refusal(
        workbook(tmp_path, sheet=HEAD + rows.replace(b'r="', b'r ="') + TAIL), cells=100
    )
    assert "file_too_many_cells" == refusal(saved(tmp_path, b"a,b\n" * 200), cells=100)


def test_more_faulty_cells_than_allowed_are_refused(tmp_path):
    """Errors and formulas without a value fill the memory too; both are counted, in a text as well."""
    row = b'<row r="%d"><c r="A%d" t="e"><v>#N/A</v></c></row>'
    errors = b"".join(row % (n, n) for n in range(1, 200))
    formulas = b"".join(b'<row r="%d"><c r="A%d"><f>1</f></c></row>' % (n, n) for n in range(1, 200))

    assert "file_too_many_faults" == refusal(workbook(tmp_path, sheet=HEAD + errors + TAIL), faults=100)
    assert "file_too_many_faults" == refusal(workbook(tmp_path, sheet=HEAD + formulas + TAIL), faults=100)
    assert "file_too_many_faults" == refusal(saved(tmp_path, b"a,#N/A\n" * 200), faults=100)


def test_one_long_text_in_many_cells_is_refused(tmp_path):
    """A text that many cells share is counted as often as it is shown."""
    strings = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%b</t></si></sst>'
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 5_000))
    path = workbook(tmp_path, sheet=HEAD + rows + TAIL, strings=strings % (b"x" * 30_000))

    assert "file_too_much_text" == refusal(path, text=50_000_000)


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("import os; os.abort()", "file_stops_the_reader"),
        ("raise SystemError", "file_stops_the_reader"),
        ("bytearray(10**13)", "file_stops_the_reader"),
        ("while True: pass", "file_too_slow"),
    ],
)
def test_however_the_reading_process_ends_there_is_one_line(tmp_path, monkeypatch, fate, code):
    """An abort, a fault, no memory and an endless loop each end in a sentence."""
    monkeypatch.setattr(sandbox, "CHILD", ("-c", f"import sys; sys.stdin.buffer.read()\n{fate}"))

    assert code == refusal(workbook(tmp_path), seconds=1)


def test_the_reading_process_binds_its_own_memory(tmp_path):
    """A workbook that needs more memory than is allowed stops the reading process and nothing else."""
    row = b'<row r="%d"><c r="A%d"><v>1</v></c><c r="KN%d"><v>1</v></c></row>'
    rows = b"".join(row % (n, n, n) for n in range(1, 60_000))

    assert "file_stops_the_reader" == refusal(workbook(tmp_path, sheet=HEAD + rows + TAIL), memory=500_000_000)


def test_the_reading_process_is_told_nothing_of_its_surroundings(tmp_path, monkeypatch):
    """No secret of the environment reaches the reading process."""
    monkeypatch.setenv("REPORTER_SMTP_PASSWORD", "secret")
    known = "{'REPORTER_SMTP_PASSWORD', 'HOME', 'PATH'} & set(os.environ)"
    script = f"import os, sys; sys.stdin.buffer.read(); sys.exit(bool({known}))"
    monkeypatch.setattr(sandbox, "CHILD", ("-c", script))

    with sandbox.reading_process("text", FileLimits()) as process:
        sandbox.feed(process, b"x")
        assert 0 == process.wait(timeout=10)


def test_no_process_is_left_behind(tmp_path):
    """After a refusal the reading process is gone."""
    with pytest.raises(RuntimeError), sandbox.reading_process("text", FileLimits()) as process:
        raise RuntimeError

    assert process.poll() is not None


def test_a_sheet_made_to_keep_the_searches_busy_is_quick(tmp_path):
    """Unclosed marks by the thousand do not slow the second look down."""
    noise = b"<c " + b' r="A1"' * 60 + b"<f " + b"<row " * 60 + b" hidden="
    sheet = HEAD + noise * 20_000 + TAIL

    assert refusal(workbook(tmp_path, sheet=sheet), ratio=5_000) in ("file_damaged", "file_stops_the_reader")
