"""A digest that shows somebody else's people is not written and not sent."""

import dataclasses
import shutil
from pathlib import Path

import msgspec
import numpy as np
import openpyxl
import pytest
from made_runs import at, roster, run, settings

from reporter.cli.mail_status import print_failures
from reporter.delivery.leak_scan import Identifiers, Reach, leak_count
from reporter.delivery.message import Attachment, Bodies, message
from reporter.errors import DeliveryError, Exit, RosterError, WithheldError
from reporter.model.report import Recipient
from reporter.pipeline.run import mail_package
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run import run as run_module
from reporter.report import scope
from reporter.settings import RecipientSettings

HEADER = ("Employee No.", "Legal name", "Department", "HR contact email", "Province", "Permit type", "Permit expiry",
          "Work email", "Document number")  # fmt: skip
PEOPLE = [
    (f"E{n:04d}", f"Ana Invented{n}", unit, f"{unit.lower()}@example.org", "Ontario", "Work permit", "2026-09-15",
     f"ana.invented{n}@staff.example.org", f"U90000{n:04d}")
    for unit, numbers in {"Lab": range(1, 4), "Ops": range(11, 14), "Far": range(21, 24)}.items() for n in numbers
]  # fmt: skip


@pytest.fixture
def staff(tmp_path):
    return roster(tmp_path / "staff.csv", PEOPLE, HEADER)


def withheld(outcome):
    """Which units got no digest, and which did."""
    missing = {failure.where.split("-")[0] for failure in outcome.failures}
    written = {path.name.split("-")[0] for path in (outcome.folder / "digests").glob("*.eml")}
    return missing, written


def test_whoever_sees_only_their_own_people_gets_their_digest(tmp_path, staff):
    """Nothing is withheld where nothing is wrong, though every mail names people."""
    outcome = run(tmp_path, [staff])

    assert (set(), {"lab", "ops", "far"}) == withheld(outcome)
    assert b"E0001" in b"".join(path.read_bytes() for path in (outcome.folder / "digests").glob("lab*.html"))


PRINTED = ["E0011", "Ana Invented11", "Invented11, Ana", "ana.invented11@staff.example.org", "U900000011",
           "ANA  INVENTED11", "Ana <b>Invented11</b>",
           "<a href='mailto:ana.invented11%40staff.example.org'>x</a>"]  # fmt: skip


@pytest.mark.parametrize("printed", PRINTED)
def test_a_template_that_prints_another_units_person_is_caught(tmp_path, staff, printed):
    """The others get theirs, the exit code is 6, and the refusal names nobody."""
    shipped = Path(__file__).parents[3] / "templates"
    (tmp_path / "own").mkdir()
    shutil.copy(shipped / "digest.html.j2", tmp_path / "own")
    path = tmp_path / "own" / "digest.html.j2"
    path.write_text(path.read_text("utf-8").replace("</body>", f"<p>{printed}</p></body>"), "utf-8")
    outcome = run(tmp_path, [staff], templates="own")

    assert ({"lab", "far"}, {"ops"}) == withheld(outcome)
    assert Exit.NOT_DELIVERED == outcome.exit_code
    said = " ".join(map(str, outcome.failures))
    assert not [one for person in PEOPLE for one in (person[0], person[1], person[7], person[8]) if one in said]


def test_a_filter_that_gives_away_a_row_is_caught(tmp_path, staff, monkeypatch):
    """However the digests are cut, who may see whom is known from the rows themselves."""
    whole = scope._places

    def gives_away(numbers):
        found = whole(numbers)
        if len(found) > 1:
            found[0] = np.append(found[0], found[1][:1])
        return found

    monkeypatch.setattr(scope, "_places", gives_away)
    missing, written = withheld(run(tmp_path, [staff]))

    assert (1, 2) == (len(missing), len(written))


def test_a_share_that_mixes_up_two_readers_is_caught(tmp_path, staff, monkeypatch):
    """Where everybody's rows go to the wrong reader, nobody gets anything."""
    whole = run_module.share

    def swapped(*arguments, **more):
        parts = whole(*arguments, **more)
        return dataclasses.replace(parts, number=(parts.number + 1) % parts.owners)

    monkeypatch.setattr(run_module, "share", swapped)

    assert ({"lab", "ops", "far"}, set()) == withheld(run(tmp_path, [staff]))


def test_what_a_role_does_not_see_is_looked_for_too(tmp_path, staff, monkeypatch):
    """A pay office that is shown names gets nothing, though it may know of these people."""
    known = settings(tmp_path, [staff], recipients=(RecipientSettings("pay@example.org", "payroll"),))
    assert set() == withheld(pipeline.run(known, at(), out=tmp_path / "out"))[0]
    role = scope.roles()["payroll"]
    shown = {"payroll": msgspec.structs.replace(role, sees=(*role.sees, "full_name"))}
    monkeypatch.setattr(scope, "roles", lambda: mail_package.roles() | shown)
    monkeypatch.setattr("reporter.report.workbook.build.roles", lambda: mail_package.roles() | shown, raising=False)
    whole = mail_package.brief

    def tells(report, **more):
        told = whole(report, **more)
        return dataclasses.replace(told, text=told.text + " ".join(report.findings["full_name"].dropna()))

    monkeypatch.setattr(mail_package, "brief", tells)

    assert {"payroll"} == withheld(pipeline.run(known, at(), out=tmp_path / "out"))[0]


def test_words_that_are_told_to_everybody_are_nobodys_name(tmp_path, staff):
    """A person called like the office's licensed contact does not keep the others' digests back."""
    known = settings(tmp_path, [staff])
    office = msgspec.structs.replace(known.office, licensed_contact="Ana Invented11, RCIC")
    outcome = pipeline.run(msgspec.structs.replace(known, office=office), at(), out=tmp_path / "out")

    assert set() == withheld(outcome)[0]


def test_a_name_that_holds_anothers_name_is_its_bearers_own(tmp_path):
    """Maria Silva of one unit is not given away by Maria Silva Costa of another."""
    long, short = (*PEOPLE[0][:1], "Maria Silva Costa", *PEOPLE[0][2:]), (*PEOPLE[3][:1], "Maria Silva", *PEOPLE[3][2:])
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", [long, short], HEADER)])

    assert set() == withheld(outcome)[0]


def test_short_numbers_for_ids_do_not_stop_every_mail(tmp_path):
    """An id such as 12 cannot be told from a count; it is looked for under no number, but by name, mail and permit."""
    people = [(str(n), *PEOPLE[n - 1][1:]) for n in range(1, 10)]
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", people, HEADER)])

    assert (set(), {"lab", "ops", "far"}) == withheld(outcome)


HIS = Identifiers({"e0011": 0, "ana invented11": 1}, {"12": 0}, {"e0011": 1, "ana": 2},
             ((frozenset({1}), frozenset({"id"})), (frozenset({1}), frozenset({"name"}))))  # fmt: skip


def mail(subject="Digest", page="<p>x</p>", text="x", attachments=()):
    return message(
        Recipient("lab", "lab@example.org"), Bodies(subject, page, text), attachments,
        sender="r@example.org", message_id="<1@example.org>", date=at(),
    )  # fmt: skip


def book(tmp_path, change):
    path = tmp_path / "book.xlsx"
    made = openpyxl.Workbook()
    change(made)
    made.save(path)
    return Attachment("book.xlsx", mail_package.XLSX, path.read_bytes())


CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:due\\nAna Inven\r\n ted11\r\nEND:VCALENDAR\r\n"
PLACES = [
    {"subject": "Ana Invented11"},
    {"text": "for ANA INVENTED11."},
    {"page": "<p title='E0011'>x</p>"},
    {"page": "<p>&#69;0011</p>"},
    {"page": "<!-- E0011 -->"},
    {"attachments": [Attachment("E0011.txt", "text/plain", b"x")]},
    {"attachments": [Attachment("x.ics", "text/calendar", CALENDAR.encode())]},
    {"attachments": [Attachment("x.bin", "application/octet-stream", b"x")]},
]


@pytest.mark.parametrize("place", PLACES)
def test_every_part_of_a_mail_is_looked_into(place):
    """Its subject, both bodies, comments and attributes, file names, the calendar; what cannot be opened is refused."""

    assert 0 == leak_count(mail(), HIS, Reach(frozenset({2})))
    assert 0 < leak_count(mail(**place), HIS, Reach(frozenset({2})))


CELLS = [
    lambda book: book.active.cell(1, 1, "Ana Invented11"),
    lambda book: book.active.cell(1, 1, "12"),
    lambda book: setattr(book.active, "title", "E0011"),
    lambda book: setattr(book.properties, "title", "E0011"),
    lambda book: setattr(book.active.oddHeader.center, "text", "E0011"),
    lambda book: setattr(book.active.cell(1, 1, "x"), "hyperlink", "mailto:E0011"),
    lambda book: setattr(book.active.cell(1, 1, "x"), "comment", openpyxl.comments.Comment("E0011", "x")),
]


@pytest.mark.parametrize("change", CELLS)
def test_every_piece_of_a_workbook_is_looked_into(tmp_path, change):
    """Cells, names of sheets, comments, links, headers and properties; a number that counts something is nobody's."""
    harmless = book(tmp_path, lambda made: made.active.cell(1, 1, 12))
    reader = Reach(frozenset({2}))

    assert 0 == leak_count(mail(attachments=[harmless]), HIS, reader)
    assert 0 < leak_count(mail(attachments=[book(tmp_path, change)]), HIS, reader)


ODD = [
    lambda mail: mail.replace(b"\r\n\r\n", b"\r\nE0011\r\n\r\n", 1),
    lambda mail: mail.replace(b"\r\n\r\n", b"\r\n\r\nE0011", 1),
    lambda mail: mail + b"E0011",
    lambda mail: mail.rpartition(b"--")[0].rpartition(b"--")[0],
    lambda mail: mail.replace(b"\r\n", b"\n"),
]


@pytest.mark.parametrize("change", ODD)
def test_a_mail_that_is_not_made_as_ours_are_is_refused(change):
    """A line that is no header, text beside the parts, a part without an end, other ends of lines."""

    assert 0 < leak_count(change(mail()), HIS, Reach(frozenset({1, 2})))


def test_whoever_may_see_a_person_may_be_told(tmp_path):
    """The same mail to the right reader holds nobody outside."""

    assert 0 == leak_count(mail(text="E0011"), HIS, Reach(frozenset({1})))


def test_a_person_in_two_units_is_both_readers_business(tmp_path):
    """Whoever has one row of a person may be told of that person."""
    twice = (*PEOPLE[0][:2], "Ops", "ops@example.org", *PEOPLE[0][4:])
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", [*PEOPLE, twice], HEADER)])

    assert set() == withheld(outcome)[0]


@pytest.mark.parametrize(
    ("language", "headings"),
    [("en", ["WITHHELD", "NO DIGEST", "NOT READ"]), ("fr", ["RETENU", "AUCUN BULLETIN", "NON LU"])],
)
def test_a_digest_withheld_is_not_told_as_a_file_not_read(capsys, language, headings):
    """Each kind of failure has a heading of its own, in the office's language."""
    failed = [WithheldError("it shows", where="lab"), DeliveryError("cannot", where="ops"), RosterError("no table")]
    print_failures(failed, language)
    lines = capsys.readouterr().err.replace("\u00a0", " ").splitlines()

    assert headings == [line.removeprefix("reporter: ").partition(":")[0].strip() for line in lines]
