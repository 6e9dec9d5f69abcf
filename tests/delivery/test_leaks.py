"""Ways to give somebody away, all seen; and what gives nobody away."""

import pickle
from functools import partial

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import at
from msgspec.structs import replace
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from reporter.delivery.leak_scan import find_leaks, holds_leak
from reporter.delivery.mail_texts import XLSX, fold_all, fold_text, squeeze, whereabouts
from reporter.delivery.message import Attachment, Bodies, message
from reporter.model.report import Recipient
from reporter.model.shapes import ROSTER, ROWS
from reporter.pipeline.run import leak_guard
from reporter.settings import Settings

ZWJ, ZWNJ, ZWSP, SHY, NBSP = "\u200d", "\u200c", "\u200b", "\u00ad", "\u00a0"
OWN, OTHER = "lab@example.org", "ops@example.org"
NAMES = ("person_id", "full_name", "given_names", "family_name", "email", "permit_number", "unit", "contact_email")
STAFF = [
    ("E1001", "Bo Marchand", None, None, "bo.marchand@staff.example.org", "U100000001", "Marchand Lab", OWN),
    ("E1013", "Maria Silva Costa", None, None, None, None, "Marchand Lab", OWN),
    ("E1002", "Chloé Yorgle", "Chloé", "Yorgle", "chloe.yorgle@staff.example.org", "U900000011", "Ops", OTHER),
    ("574300", "Quillfeather, Nora", None, None, None, "F 123-456-789", "Ops", OTHER),
    ("E1004", "王小明", None, None, None, None, "Ops", OTHER),
    ("E1005", f"زهرا می{ZWNJ}خواهی", None, None, None, None, "Ops", OTHER),
    ("E1006", "Łukasz Ørsted-Strauß", "Łukasz", "Ørsted-Strauß", None, None, "Ops", OTHER),
    ("E1007", "Maria Silva", None, None, None, None, "Ops", OTHER),
    ("12-34", "Al Lonto", None, None, None, None, "Ops", OTHER),
    ("E1008", "Suhartono", None, None, None, None, "Ops", OTHER),
    ("E1009", "क्षमा शर्मा", None, None, None, None, "Ops", OTHER),
    ("20260915", "Ed Page", None, None, None, "1234567890", "Ops", OTHER),
    ("E1010", "Grace Marchand", None, None, None, None, "Ops", OTHER),
    ("E1011", "Pilar Ines Ruiz", None, None, None, None, "Ops", OTHER),
    ("E1014", "Kai Wong", None, None, None, None, "Ops", OTHER),
    ("E1015", "Ana Maria van der Berg", None, None, None, None, "Ops", OTHER),
    ("E1016", "Ivo Zarzosa Lindqvist", "Ivo", "Zarzosa Lindqvist", None, None, "Ops", OTHER),
    ("E1017", "Norman, Al", None, None, None, None, "Ops", OTHER),
    ("E1018", "Mariana Quill", "Quill", "Mariana", None, None, "Ops", OTHER),
    ("JSMITHY", "Jo Smithson", None, None, "js@x.example.org", None, "Ops", OTHER),
]


def frames(staff=STAFF):
    source = [f"staff.csv!:{n}" for n in range(2, len(staff) + 2)]
    people = pd.DataFrame(staff, columns=NAMES).assign(source_row=source)
    return ROWS.cast(people.assign(outcome="assessed")), ROSTER.cast(people)


def reader(address=OWN, staff=STAFF, house=()):
    """Everybody, and what the reader at that address may see."""
    rows, roster = frames(staff)
    known = leak_guard.everybody(Settings(), rows, roster)
    places, spoken = list(enumerate(known.pairs)), leak_guard.words_spoken_in(rows, roster, known.parts)
    mine = leak_guard.reach_of(Settings(), Recipient("lab", address), places, frozenset(), spoken)
    return replace(known.people, ours=partial(leak_guard.our_texts, house, [], [])), mine


PEOPLE, LAB = reader()


def mail(subject="Digest", page="<p>x</p>", text="x", attachments=()):
    return message(
        Recipient("lab", OWN), Bodies(subject, page, text), attachments,
        sender="r@example.org", message_id="<1@example.org>", date=at(),
    )  # fmt: skip


def book(folder, change):
    made = openpyxl.Workbook()
    change(made)
    made.save(folder / "book.xlsx")
    return {"attachments": [Attachment("book.xlsx", XLSX, (folder / "book.xlsx").read_bytes())]}


def cells(*row):
    return lambda made: made.active.append(row)


def ics(text):
    return {
        "attachments": [
            Attachment("x.ics", "text/calendar", f"BEGIN:VCALENDAR\r\n{text}\r\nEND:VCALENDAR\r\n".encode())
        ]
    }


SAID = [
    "Chloé Yorgle", "Chloe Yorgle", "CHLOÉ YORGLE", "chloe yorgle", "Yorgle, Chloé", "Yorgle Chloé", "Chloé  Yorgle",
    f"Chloé{NBSP}Yorgle", "Chloé\nYorgle", "Chlo\u0065\u0301 Yorgle", "Ｃｈｌｏé Ｙｏｒｇｌｅ", f"Yor{SHY}gle",
    f"Yor{ZWSP}gle", f"Chlo{ZWJ}é Yor{ZWJ}gle", "Chloé-Yorgle", "Chloé_Yorgle", "Chloé.Yorgle",
    "Ask Yorgle about it", "Ms YORGLE’s permit", "Nora Quillfeather", "Quillfeather", "nora quillfeather",
    "E1002", "e1002", f"E{ZWSP}1002", "(E1002)", "E1002;E1001", "Ｅ１００２", "574300", "no. 574300.",
    "U900000011", "U 900 000 011", "U-900-000-011", "U900.000.011", "u900000011", "F123456789", "F 123 456 789",
    "1234567890", "12-3456-7890", "12 34 56 78 90",
    "chloe.yorgle@staff.example.org", "CHLOE.YORGLE@STAFF.EXAMPLE.ORG", "chloe.yorgle at staff.example.org",
    "王小明", "学生王小明的许可", f"زهرا می{ZWNJ}خواهی", "زهرا میخواهی", "زهرا ميخواهى",
    "Lukasz Orsted-Strauss", "Łukasz Ørsted Strauß", "Orsted-Strauß", "LUKASZ ØRSTED-STRAUSS",
    "Y O R G L E", "Y.o.r.g.l.e", "y-o-r-g-l-e", "Pilar Ruiz", "Ines Ruiz", "Ruiz, Pilar", "Yorgle/Chloé", "@yorgle",
    "Yorgle's", "Yörglé", "𝐘𝐨𝐫𝐠𝐥𝐞", "Ⓨⓞⓡⓖⓛⓔ", "chloe_yorgle.pdf", "ChloéYorgle", "C. Yorgle", "Dr.Yorgle",
    "G. Marchand", "G.Marchand", "Marchand, G.", "Marchand G.", "K. Wong", "Wong, K", "Yor gle", "Yor-gle",
    "Quill-\nfeather",    "Y\u043erglе", "Y\u03bfrgle", "Sm\u0456thson", "E-1002", "E_1002", "e.1002", "E/1002",
    "van der Berg", "Zarzosa", "Lindqvist",
    "Suhartono", "क्षमा शर्मा", f"क्ष{ZWJ}मा शर्मा", "JSMITHY", "Grace Marchand", "Al Lonto",
]  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_a_stranger_is_seen_however_written(said):
    """No accents, another order, joined and parted, unseen marks, other scripts and digits, a number in groups."""
    assert find_leaks(mail(text=f"before {said} after"), PEOPLE, LAB)
    assert () == find_leaks(mail(text=f"before {said} after"), PEOPLE, replace(LAB, parts=frozenset({0, 1})))


DRAWN = [
    "<p>Yor<b>gle</b></p>", "<p>E10<i>02</i></p>", "<p>Yor<!-- x -->gle</p>", "<p>Yor<wbr>gle</p>",
    "<p>Yor&shy;gle</p>", "<p>Yor&#8203;gle</p>", "<p>Chlo&eacute; Yorgle</p>",
    "<p>&#69;1002</p>", "<p>&#x45;1002</p>",
    "<tr><td>Chloé</td><td>Yorgle</td></tr>", "<tr><td>Maria</td><td>Silva</td></tr>", "<p>Chloé<br>Yorgle</p>",
    "<p title='E1002'>x</p>", "<!-- E1002 -->", "<a href='mailto:chloe.yorgle%40staff.example.org'>x</a>",
    "<img alt='Chloé Yorgle'>", "<style>/* E1002 */</style>", "<p>574300</p>",
    "<span>U</span><span>900000011</span>", "<p>Yor<font color='#fff'>gle</font></p>",
]  # fmt: skip


@pytest.mark.parametrize("page", DRAWN)
def test_a_stranger_is_seen_in_a_page(page):
    """Cut up by tags, entities, comments and attributes, and over the cells of a table."""
    assert find_leaks(mail(page=page), PEOPLE, LAB)


def rich(made):
    made.active["A1"] = CellRichText("Yor", TextBlock(InlineFont(b=True), "gle"))


CELLS = [
    cells("Chloé Yorgle"), cells("x", "Chloé", "Yorgle"), cells("Yorgle", "Chloé"), cells("Maria", "Silva"),
    cells("E1002"), cells(574300), cells("574300"), cells("U 900 000 011"), cells("Ask Chloe\nYorgle"),
    rich, cells("Suhartono"), cells("x", 12, 46274, 574300), cells("x", 12, 0.5, "E1002"),
    lambda made: setattr(made.create_sheet("x"), "sheet_state", "hidden") or made["x"].append(["Yorgle"]),
    lambda made: setattr(made.active, "title", "Yorgle"),
    lambda made: setattr(made.properties, "title", "E1002"),
    lambda made: setattr(made.active.oddHeader.center, "text", "E1002"),
    lambda made: setattr(made.active.cell(1, 1, "x"), "hyperlink", "mailto:chloe.yorgle%40staff.example.org"),
    lambda made: setattr(made.active.cell(1, 1, "x"), "comment", openpyxl.comments.Comment("E1002", "x")),
    lambda made: made.defined_names.add(openpyxl.workbook.defined_name.DefinedName("Yorgle", attr_text="Sheet!$A$1")),
]  # fmt: skip


@pytest.mark.parametrize("change", CELLS)
def test_a_stranger_is_seen_in_a_workbook(tmp_path, change):
    """In one cell, in two, in runs, in the name of a sheet, a property, a header, a link, a comment, a name."""
    assert find_leaks(mail(**book(tmp_path, change)), PEOPLE, LAB)


PLACES = [
    {"subject": "Yorgle"}, {"subject": "Chloé Yorgle"}, {"attachments": [Attachment("E1002.txt", "text/plain", b"x")]},
    {"attachments": [Attachment("x.bin", "application/octet-stream", b"x")]}, ics("SUMMARY:due\\nChloe Yor\r\n gle"),
    ics("ATTENDEE:mailto:chloe.yorgle@staff.example.org"), ics("DESCRIPTION:Yorgle"),
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_every_part_of_a_mail_is_looked_into(place):
    """Its subject, file names and the calendar, folded lines too; what cannot be opened is a leak."""
    assert find_leaks(mail(**place), PEOPLE, LAB)


INNOCENT = [
    "Nothing is due, and all on time.", # Al Lonto, over three words
    "Bo Marchand", "Marchand Lab", "E1001", "bo.marchand@staff.example.org", "U100000001",
    "Maria Silva Costa", # holds another's name, and is its bearer's own
    "Silva", "Costa", # words of the reader's own people
    "E10021", "XE1002", "E100 2 days", "5743001", "574,300", "57 4300", "#574301",
    "12-34", "12:34", "2026-09-15", "20260915", "DTSTART 20260915", "see page 3", "Page", "E 1002 of them",
    "U90000001", "U9000000112", "U900000012", "2026-09-09 12:34:56", "123-4567", "Yorgles", "Quillfeathers",
    "G Marchand", "B. Marchand", "plan K Wong", "a Wong", "the nor man", "Maria Na", "E1-002", "E--1002", "der Berg",
    "Chloé", "Nora", "smith", "Smithsonian", "王小", "Grace", "Maria", "ops@example.org",
]  # fmt: skip


@pytest.mark.parametrize("said", INNOCENT)
def test_what_gives_nobody_away_passes(said):
    """Longer words and numbers, dates and hours, words of the house and of the reader's own people, first names."""
    assert () == find_leaks(mail(subject=said, text=said, page=f"<p>{said}</p>"), PEOPLE, LAB)


@pytest.mark.parametrize("change", [*CELLS, cells("nobody")])
def test_what_was_seen_once_is_seen_again(tmp_path, change):
    """What holds nobody is remembered, so as not to be gone through in each mail; a leak is found in the second too."""
    people, lab = reader()
    whole = mail(**book(tmp_path, change), page="<p title='E1002'>x</p>")
    find_leaks(mail(**book(tmp_path, cells("nobody")), page="<p>x</p>"), people, lab)
    first = find_leaks(whole, people, lab)

    assert first == find_leaks(whole, people, lab)


@pytest.mark.parametrize(
    "page", ["<p style='color:#574300'>x</p>", "<td width='574300'>x</td>", "<p style='margin:574300px'>x</p>"]
)
def test_a_colour_or_measure_is_nobodys_number(page):
    """What draws a page is no person's id, whatever id the office gave out; the same number shown is."""
    assert () == find_leaks(mail(page=page), PEOPLE, LAB)
    assert find_leaks(mail(page=page.replace(">x<", ">574300<")), PEOPLE, LAB)


def test_the_looks_of_a_workbook_are_nobodys_number(tmp_path):
    """Widths, colours and row numbers are no ids; nor are counts, days and amounts in cells."""

    def change(made):
        made.active.append(["x", 12, 1002, 46274, 0.574300])
        made.active.row_dimensions[1].height = 100
        made.active["A1"].fill = openpyxl.styles.PatternFill("solid", fgColor="FF574300")
        made.active.column_dimensions["B"].width = 57.43

    people, lab = reader(
        staff=[*STAFF, *((n, None, None, None, None, None, "Ops", OTHER) for n in ("100000", "12700"))]
    )

    assert () == find_leaks(mail(**book(tmp_path, change)), people, lab)


def test_a_short_mark_counts_as_the_whole_of_a_cell(tmp_path):
    """`Ed` alone in a cell is somebody; within a sentence it is nobody."""
    people, lab = reader(staff=[*STAFF, ("E1020", "Ty", None, None, None, None, "Ops", OTHER)])

    assert find_leaks(mail(**book(tmp_path, cells("Ty"))), people, lab)
    assert () == find_leaks(mail(text="Ty and Tu", **book(tmp_path, cells("Ty and Tu"))), people, lab)


@pytest.mark.parametrize(
    "staff",
    [[], [(None,) * 8], [("7", *(None,) * 7)], [("E1", "Ty", *(None,) * 6)], [("E1001", "王小明", *(None,) * 6)]],
)
def test_a_roster_of_next_to_nobody_keeps_nothing_back(staff):
    """Without any person, or without a mark that can be looked for, a mail passes."""
    people, lab = reader(staff=staff)

    assert () == find_leaks(mail(text="hello all"), people, lab)


IN_WORDS = [(n, squeeze(PEOPLE.index.mark(n))) for n in sorted({*PEOPLE.index.order.tolist()})]


@settings(deadline=None)
@given(st.sampled_from(IN_WORDS), st.data())
def test_whatever_stands_between_its_letters_a_mark_is_found(one, data):
    """Numbers stand for letters in the index: whole words found are those that a search letter by letter finds."""
    mark, letters = one
    cuts = [data.draw(st.sampled_from([b"", b"", b" ", b"\x01", b"-.", b"\n"])) for _ in letters[1:]]
    inner = b"".join(bytes([letter]) + cut for letter, cut in zip(letters, [*cuts, b""], strict=True))
    before, after = data.draw(st.sampled_from([b"", b"a ", b"x1 "])), data.draw(st.sampled_from([b"", b" b", b"\nc"]))
    text = before + inner + after

    assert (mark, len(before), len(before) + len(inner)) in list(PEOPLE.index.find(text))
    assert mark not in PEOPLE.index.find(b"z" + inner).marks


def test_words_told_to_all_are_nobodys_name():
    """Whoever is called like the office's licensed contact keeps no mail back."""
    people, lab = reader(house=["Chloé Yorgle, RCIC"])

    assert () == find_leaks(mail(text="Chloe Yorgle"), people, lab)


def test_a_name_in_the_address_of_a_contact_is_the_address():
    """The contact of a unit may be on a roster too: her address is where reports go, and no secret."""
    staff = [*STAFF, ("E1030", "Tuva Holmberg", None, None, None, None, "Far", "tuva.holmberg@example.org")]
    people, lab = reader(staff=staff)

    assert () == find_leaks(mail(text="write to tuva.holmberg@example.org"), people, lab)
    assert find_leaks(mail(text="Tuva Holmberg"), people, lab)


def test_a_leak_says_where_it_is_and_by_which_rule(tmp_path):
    """Sheet, cell and rule, so that it can be found; the words are not among what is printed."""
    change = book(tmp_path, lambda made: (setattr(made.active, "title", "Staff"), made.active.append(["x", "Yorgle"])))
    leak, *_ = find_leaks(mail(**change), PEOPLE, LAB)

    assert ("book", "surname", "Staff", "B1") == (leak.part, leak.rule, leak.piece, leak.cell)
    assert "orgle" not in repr(leak)


ODD = [
    lambda mail: mail.replace(b"\r\n\r\n", b"\r\nE1002\r\n\r\n", 1),
    lambda mail: mail.replace(b"\r\n\r\n", b"\r\n\r\nE1002", 1),
    lambda mail: mail + b"E1002",
    lambda mail: mail.rpartition(b"--")[0].rpartition(b"--")[0],
    lambda mail: mail.replace(b"\r\n", b"\n"),
]


@pytest.mark.parametrize("change", ODD)
def test_a_mail_that_is_not_made_as_ours_are_is_refused(change):
    """A line that is no header, text beside the parts, a part without an end, other ends of lines."""
    assert find_leaks(change(mail()), PEOPLE, LAB)


def test_whom_no_scan_can_find_is_counted():
    """A short number without a name, an address or a permit number cannot be looked for, and the run says so."""
    bare = [
        (one, None, None, None, None, None, "Ops", OTHER) for one in ("1001", "12-34", "20260915", "10001", "A1001")
    ]

    assert 3 == leak_guard.everybody(Settings(), *frames(bare)).unseen


def test_whose_family_name_no_scan_can_find_alone_is_counted():
    """`Li` and `Kim` stand in other words and names: they are looked for beside the given name, and the run says so."""
    staff = [
        (str(n), name, None, None, None, None, "Ops", OTHER)
        for n, name in enumerate(["Ana Li", "Kim, Sara", "Bo Marchand", "Suhartono", "An Yorgle"], start=10_001)
    ]

    assert 2 == leak_guard.everybody(Settings(), *frames(staff)).half_seen


def test_our_own_words_are_asked_for_only_where_a_stranger_may_stand():
    """They take most of a second: a mail in which no stranger's mark is written as one needs none of them."""
    people = replace(PEOPLE, ours=lambda: pytest.fail("asked for"), clean=set())

    assert () == find_leaks(mail(text="Bo Marchand, and unsuhartonoes"), people, LAB)
    with pytest.raises(pytest.fail.Exception):
        find_leaks(mail(text="Suhartono"), people, LAB)


def test_the_look_up_goes_to_another_process_and_finds_the_same():
    """Where processes cannot be forked it is pickled."""
    assert find_leaks(mail(text="Yorgle"), pickle.loads(pickle.dumps(PEOPLE)), LAB)


@given(st.text(max_size=40))
def test_what_is_squeezed_stands_where_it_is_said_to(text):
    """Each letter of the squeezed text is found at its place in the folded one."""
    folded = fold_text(text)

    assert squeeze(folded) == bytes(folded[n] for n in whereabouts(folded))


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=20), max_size=6))
def test_texts_are_folded_alike_one_by_one_and_in_one_go(several):
    """A roster's names are folded all at once; the letters are those of each by itself."""
    assert [squeeze(fold_text(one)) for one in several] == [squeeze(one) for one in fold_all(several)]


@given(st.integers(0, 0x10FFFF).map(chr))
def test_folding_twice_changes_nothing(letter):
    """A folded text is its own folding."""
    once = fold_text(letter)

    assert once == fold_text(once.decode())


def test_a_text_that_holds_a_leak_is_found():
    """So that the cell it came from can be left out."""
    (leak, *_) = find_leaks(mail(text="Chloe Yorgle"), PEOPLE, LAB)

    assert holds_leak(leak, "c/o Yorgle, Chloé") or holds_leak(leak, "c/o Chloé Yorgle")
    assert not holds_leak(leak, "Chloé Yorgles")
