"""What the office wrote comes back: exactly its edits, whatever it did to the sheet, in either language."""

from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_notes import AT_RISK, carried_into, columns, given_back, rows_of, write, written
from msgspec.structs import replace
from sample_report import sample_report

from reporter.errors import NotesError
from reporter.model.levels import AT_RISK as RISKY
from reporter.model.report import KEY_HEADER, LONGEST, STATUSES, Note, NoteFields, NoteKey, read_key
from reporter.readers.book import open_book
from reporter.report.annotations import read_notes, settle
from reporter.report.workbook import workbook
from reporter.text.catalogue import words

DUTY = ("B001", "Apply to extend a study permit")


def said(notes):
    """What each person's notes say."""
    return {note.key.person_id: note.said for note in notes}


def test_a_workbook_nobody_wrote_in_says_nothing(tmp_path):
    """Every row is as it was written, so there is no note."""
    assert [] == given_back(written(), tmp_path)


@pytest.mark.parametrize(("language", "status"), [("en", "Snoozed until Due"), ("fr", "En pause jusqu’à la date")])
def test_the_four_cells_come_back_as_codes_and_dates(language, status, tmp_path):
    """A status is read in either language, a date from a date cell, and words as they stand."""
    book = written(language)
    sheet = book[AT_RISK[language]]
    row = next(n for (person, _), n in rows_of(sheet).items() if person == "B001")
    write(sheet, row, status=status, owner="M. Roy", due=date(2026, 9, 21), note="Called her.\nWill file.")

    assert {"B001": NoteFields("snoozed", "M. Roy", "2026-09-21", "Called her.\nWill file.")} == said(
        given_back(book, tmp_path)
    )


def test_a_renamed_sheet_with_more_columns_is_read(tmp_path):
    """The key's header finds the sheet; a column put in front shifts the others, and a second “Note” is not ours."""
    book = written()
    sheet = book["At risk"]
    write(sheet, rows_of(sheet)[DUTY], note="mine")
    sheet.title = "Ours (copy)"
    top, _ = columns(sheet)
    last = sheet.max_column + 1
    sheet.cell(top, last).value = "Note"
    sheet.cell(top + 1, last).value = "not ours"

    assert {"B001": NoteFields(note="mine")} == said(given_back(book, tmp_path))


def test_what_is_no_status_or_date_goes_into_the_note_and_is_told(tmp_path):
    """Nothing that was written is lost, and the problem says in which cell it stood."""
    book = written()
    row = rows_of(book["At risk"])[DUTY]
    write(book["At risk"], row, status="nearly", due="next week", note="see mail")
    book.save(tmp_path / "risk.xlsx")
    notes, problems = read_notes(open_book(tmp_path / "risk.xlsx"))

    assert [NoteFields(note="[nearly]\n[next week]\nsee mail")] == [note.said for note in notes]
    assert ["note_status_unknown", "note_date_unknown"] == [problem.code for problem in problems]
    assert {row} == {problem.row for problem in problems}


def test_text_is_data_when_it_is_written_again(tmp_path):
    """A formula, control characters and a text longer than is kept come back as plain text of bounded length."""
    hostile = '=HYPERLINK("http://x","y")'
    notes = [
        Note(
            NoteKey("B001", "study-permit-renewal", 0, "2026-09-20", kind="finding"),
            NoteFields(owner="x", note=hostile),
        )
    ]
    book = written("en", *notes)
    sheet = book["At risk"]
    row = rows_of(sheet)[DUTY]
    cell = sheet.cell(row, columns(sheet)[1]["Note"])

    assert (hostile, "s") == (cell.value, cell.data_type)

    write(sheet, row, note="a\u202eb" + "x" * 20_000)
    note = given_back(book, tmp_path)[0]

    assert ("abx", LONGEST["note"]) == (note.said.note[:3], len(note.said.note))


def test_a_row_that_lost_its_key_is_kept(tmp_path):
    """What it says goes to the notes without a finding."""
    book = written()
    sheet = book["At risk"]
    row = rows_of(sheet)[DUTY]
    write(sheet, row, note="whose?")
    sheet.cell(row, columns(sheet)[1][KEY_HEADER]).value = None
    _, carried = carried_into(sample_report(), *given_back(book, tmp_path))

    assert [("whose?", "unknown")] == list(zip(carried.left["note"], carried.left["why"], strict=True))


def test_a_foreign_workbook_is_refused_by_name(tmp_path):
    """A workbook without the key's column is none of ours."""
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(NotesError, match=r"other\.xlsx: has no column"):
        read_notes(open_book(tmp_path / "other.xlsx"))


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co"]), max_size=40)
EDITS = st.builds(
    NoteFields,
    status=st.sampled_from(["", *STATUSES]),
    owner=TEXT.map(str.strip),
    due_on=st.dates(date(2000, 1, 1), date(2099, 1, 1)).map(str) | st.just(""),
    note=TEXT.map(str.strip),
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), language=st.sampled_from(["en", "fr"]))
def test_write_edit_sort_delete_and_read_gives_exactly_the_edits(data, language, tmp_path):
    """Whatever is written, in whatever order the rows stand, and whichever rows are gone: these edits, and no other."""
    book = written(language)
    sheet = book[AT_RISK[language]]
    top, named = columns(sheet)
    rows = rows_of(sheet)
    edits = data.draw(st.dictionaries(st.sampled_from(sorted(rows)), EDITS, max_size=12))
    for duty, edit in edits.items():
        status = words("workbook", language)[f"note_status_{edit.status}"] if edit.status else None
        due = datetime.fromisoformat(edit.due_on) if edit.due_on else None
        write(sheet, rows[duty], status=status, due=due)
        for part, header in (("owner", ("Owner", "Responsable")), ("note", ("Note", "Note"))):
            cell = sheet.cell(rows[duty], named[header[language == "fr"]])
            cell.value, cell.data_type = getattr(edit, part), "s"
    body = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=top + 1)]
    keys = {line[named[KEY_HEADER] - 1]: duty for line, duty in zip(body, rows, strict=False)}
    deleted = data.draw(st.sets(st.sampled_from(sorted(rows)), max_size=8))
    body = [line for line in data.draw(st.permutations(body)) if keys[line[named[KEY_HEADER] - 1]] not in deleted]
    sheet.delete_rows(top + 1, sheet.max_row)
    for n, line in enumerate(body, start=top + 1):
        for m, value in enumerate(line, start=1):
            cell = sheet.cell(n, m)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    found = {keys[str(note.key)]: note.said for note in given_back(book, tmp_path)}

    assert {duty: edit for duty, edit in edits.items() if duty not in deleted and not edit.is_blank} == found


def note(person="B001", *, text="", base="", as_of="20260907T1100", kind="finding", **key):
    """A note as it came back; `base` is what the row said when it was written."""
    known = {"deadline": "study-permit-renewal", "closes_on": "2026-09-20", "level": "high"} | key
    return Note(
        NoteKey(person, kind=kind, as_of=as_of, seal=NoteFields(note=base).seal, **known), NoteFields(note=text)
    )


@pytest.mark.parametrize(
    ("notes", "wins", "losers"),
    [
        ([note(text="new"), note(text="")], "new", []),
        ([note(text=""), note(text="new")], "new", []),
        ([note(text="a"), note(text="b")], "a", ["b"]),
        ([note(text="", base="a"), note(text="a", base="a")], "", []),
        ([note(text="old", base="old"), note(text="now", base="now", as_of="20260914T1100")], "now", []),
        ([note(text="late"), note(as_of="20260914T1100")], "late", []),
        ([note(text="late"), note(text="x", base="x", as_of="20260914T1100")], "x", ["late"]),
        ([note(text="a"), note(text="a")], "a", []),
    ],
)
def test_of_several_workbooks_the_change_counts_and_a_contradiction_is_kept(notes, wins, losers):
    """A changed row goes before an untouched one, a newer run before an older; what contradicts it is kept beside."""
    winners, others = settle(notes)

    assert [wins] == [winner.said.note for winner in winners]
    assert losers == [other.said.note for other in others]


@pytest.mark.parametrize("text", ["", "x", "a|b|c", "p|d|zero|2026-01-01|high|finding|x|-"])
def test_a_cell_that_holds_no_key_is_none(text):
    """A key has eight parts, and the occurrence is a number."""
    assert read_key(text) is None


def test_a_key_is_read_as_it_was_written():
    """A person's id may hold the sign that divides the parts."""
    key = NoteKey("a|b|0", "study-permit-renewal", 2, "2026-09-20", "high", "finding", "20260914T1100", "-")

    assert key == read_key(str(key))


def test_every_duty_at_risk_has_its_own_key():
    """No two rows of the sheet share a key."""
    sheet = written()["At risk"]
    top, named = columns(sheet)
    keys = [sheet.cell(n, named[KEY_HEADER]).value for n in range(top + 1, sheet.max_row + 1)]

    assert sample_report().findings["level"].isin(RISKY).sum() == len(set(keys))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_list_of_statuses_fits_what_a_spreadsheet_allows(language):
    """The words of a drop-down are divided by commas, and are 255 characters at most."""
    listed = [words("workbook", language)[f"note_status_{code}"] for code in STATUSES]

    assert not any("," in word for word in listed)
    assert 255 >= len(",".join(listed))


def test_a_recipient_gets_only_their_own_notes():
    """The notes stand on the rows of the findings, so a workbook of one unit has that unit's and no other."""
    theirs = [Note(NoteKey(p, "study-permit-renewal", 0, d, kind="finding"), NoteFields(note=f"note-{p}"))
              for p, d in (("B001", "2026-09-20"), ("A003", "2026-09-12"))]  # fmt: skip
    report, _ = carried_into(sample_report(), *theirs)
    one = replace(report, findings=report.findings[report.findings["unit"] == "Computer Science"])
    cells = {cell.value for sheet in openpyxl.load_workbook(BytesIO(workbook(one))) for row in sheet for cell in row}

    assert {"note-B001"} == {value for value in cells if str(value).startswith("note-")}
