"""A digest that shows somebody else's people is not written and not sent."""

import re
from pathlib import Path

import msgspec
import numpy as np
import openpyxl
import pandas as pd
import pytest
from made_runs import at, roster, run, settings
from msgspec.structs import replace

from reporter.cli.terminal import print_failures
from reporter.delivery.mail_texts import Opened, texts
from reporter.errors import DeliveryError, Exit, RosterError, WithheldError
from reporter.pipeline.run import audience, mail_package
from reporter.pipeline.run import run as pipeline
from reporter.report import recipients
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


def all_said(outcome):
    """Every file of the digests by name, workbooks as the text of their cells, and what the files are called."""
    for path in sorted((outcome.folder / "digests").iterdir()):
        if path.suffix in (".html", ".txt", ".ics", ".xlsx") and path.name != "index.html":
            yield path.name, path.name + (book_said(path) if path.suffix == ".xlsx" else path.read_text("utf-8"))


def book_said(path):
    return "\n".join(
        str(cell) for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True) for cell in row
    )


def test_whoever_sees_only_their_own_people_gets_their_digest(tmp_path):
    """Nothing is withheld where nothing is wrong, though every mail names people.

    Neither for somebody called like the office's licensed contact, a name that holds another's, a person in two units
    whose readers both may know, nor an id such as 12, which cannot be told from a count.
    """
    long, short = ("M0001", "Maria Silva Costa", *PEOPLE[0][2:7]), ("M0002", "Maria Silva", *PEOPLE[3][2:7])
    twice = (*PEOPLE[0][:2], "Ops", "ops@example.org", *PEOPLE[0][4:])
    counted = [(str(n), f"Zoë Placeholder{n}", "Num", "num@example.org", *PEOPLE[0][4:7]) for n in range(1, 10)]
    known = settings(tmp_path, [roster(tmp_path / "staff.csv", [*PEOPLE, long, short, twice, *counted], HEADER)])
    office = msgspec.structs.replace(known.office, licensed_contact="Ana Invented11, RCIC")
    outcome = pipeline.run(msgspec.structs.replace(known, office=office), at(), out=tmp_path / "out")

    assert (set(), {"lab", "ops", "far", "num"}) == withheld(outcome)
    assert b"E0001" in b"".join(path.read_bytes() for path in (outcome.folder / "digests").glob("lab*.html"))


PRINTED = ["E0011", "Ana Invented11", "Invented11, Ana", "ana.invented11@staff.example.org", "U900000011",
           "ANA  INVENTED11", "Ana <b>Invented11</b>",
           "<a href='mailto:ana.invented11%40staff.example.org'>x</a>"]  # fmt: skip


def units_beside(person, count):
    """A roster of so many units of one person each, and one unit more with that person."""
    own = [(f"K{n:03d}", f"Zoë Placeholder{n}", f"Lab {n:02d}", f"lab{n:02d}@example.org", *PEOPLE[0][4:7])
           for n in range(count)]  # fmt: skip
    return [*own, person]


def test_a_template_that_prints_another_units_person_is_caught(tmp_path):
    """However it spells them. The others get theirs, the exit code is 6, and the refusal names nobody."""
    shipped = Path(__file__).parents[3] / "templates"
    (tmp_path / "own").mkdir()
    prints = "".join(f'{{% if unit == "Lab {n:02d}" %}}<p>{one}</p>{{% endif %}}' for n, one in enumerate(PRINTED))
    path = tmp_path / "own" / "digest.html.j2"
    path.write_text((shipped / path.name).read_text("utf-8").replace("</body>", f"{prints}</body>"), "utf-8")
    rows = units_beside(PEOPLE[3], len(PRINTED) + 1)
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", rows, HEADER)], templates="own")
    whole = [path.name for path in (outcome.folder / "digests").glob("*.eml")]

    assert ["lab-08", "ops"] == sorted(re.sub(r"-[^-]*$", "", name) for name in whole)
    assert Exit.NOT_DELIVERED == outcome.exit_code
    said = " ".join(map(str, outcome.failures))
    assert not [one for one in (PEOPLE[3][0], PEOPLE[3][1], PEOPLE[3][7], PEOPLE[3][8]) if one in said]


def test_a_filter_that_gives_away_a_row_is_caught(tmp_path, staff, monkeypatch):
    """However the digests are cut, who may see whom is known from the rows themselves."""
    whole = recipients._places

    def gives_away(numbers):
        found = whole(numbers)
        if len(found) > 1:
            found[0] = np.append(found[0], found[1][:1])
        return found

    monkeypatch.setattr(recipients, "_places", gives_away)
    missing, written = withheld(run(tmp_path, [staff]))

    assert (1, 2) == (len(missing), len(written))


def test_a_share_that_mixes_up_two_readers_is_caught(tmp_path, staff, monkeypatch):
    """Where everybody's rows go to the wrong reader, nobody gets anything."""
    whole = audience.share

    def swapped(*arguments, **more):
        parts = whole(*arguments, **more)
        return replace(parts, number=(parts.number + 1) % parts.owners)

    monkeypatch.setattr(audience, "share", swapped)

    assert ({"lab", "ops", "far"}, set()) == withheld(run(tmp_path, [staff]))


def test_what_a_role_does_not_see_is_looked_for_too(tmp_path, staff, monkeypatch):
    """A pay office that is shown names gets nothing, though it may know of these people."""
    known = settings(tmp_path, [staff], recipients=(RecipientSettings("pay@example.org", "payroll"),))
    assert set() == withheld(pipeline.run(known, at(), out=tmp_path / "out"))[0]
    role = recipients.roles()["payroll"]
    shown = {"payroll": msgspec.structs.replace(role, sees=(*role.sees, "full_name"))}
    monkeypatch.setattr(recipients, "roles", lambda: mail_package.roles() | shown)
    monkeypatch.setattr("reporter.report.workbook.build.roles", lambda: mail_package.roles() | shown, raising=False)
    whole = mail_package.brief

    def tells(report, **more):
        told = whole(report, **more)
        return replace(told, text=told.text + " ".join(report.findings["full_name"].dropna()))

    monkeypatch.setattr(mail_package, "brief", tells)

    assert {"payroll"} == withheld(pipeline.run(known, at(), out=tmp_path / "out"))[0]


def test_free_text_that_names_somebody_gives_way_in_the_mails(tmp_path):
    """To a mark in that mail, its title and its files; the office is told of row, cell and rule, and sees the text.

    A unit named after somebody, one named by somebody's id (which would stand in the subject and in names of files),
    and a colleague's name where a date belongs: each reader is told of their row all the same.
    """
    named = (*PEOPLE[0][:2], "Ana Invented11 Centre", "one@example.org", *PEOPLE[0][4:])
    numbered = (*PEOPLE[1][:2], PEOPLE[3][0], "two@example.org", *PEOPLE[1][4:])
    dated = (*PEOPLE[2][:6], "see Ana Invented12", *PEOPLE[2][7:])
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", [named, numbered, dated, *PEOPLE[3:6]], HEADER)])
    told = {(one.row, one.column): one.details["rule"] for one in outcome.problems if one.code == "text_left_out"}
    said = dict(all_said(outcome))

    assert (set(), {"contact", "lab", "ops"}) == withheld(outcome)
    assert ("the name of a person", {2, 3, 4}) == (told[2, "C"], {row for row, _ in told})
    for whose, hidden in (("E0001", "Invented11"), ("E0002", PEOPLE[3][0]), ("E0003", "Invented12")):
        mails = [text for text in said.values() if whose in text and "E0012" not in text]
        assert (True, []) == (bool(mails), [text for text in mails if hidden in text])
    assert "Ana Invented11 Centre" in book_said(outcome.folder / "risk.xlsx")
    assert "see Ana Invented12" in (outcome.folder / "problems.csv").read_text("utf-8")


def test_a_note_that_names_a_colleague_keeps_no_mail_back(tmp_path, staff):
    """What the office wrote beside a duty is left out of the mail of whoever may not see that colleague."""
    run(tmp_path, [staff])
    book = openpyxl.load_workbook(tmp_path / "out" / "risk.xlsx")
    sheet = book["At risk"]
    header = next(row for row in sheet.iter_rows(max_row=20) if "Note" in [cell.value for cell in row])
    place = {cell.value: cell.column for cell in header}
    row = next(n for n in range(header[0].row, 40) if sheet.cell(n, place["Person id"]).value == "E0001")
    sheet.cell(row, place["Note"]).value = "Ask Ana Invented11, who knows"
    book.save(tmp_path / "last.xlsx")
    outcome = run(tmp_path, [staff], as_of="2026-09-10T13:00:00Z", annotations=(str(tmp_path / "last.xlsx"),))

    assert (set(), {"lab", "ops", "far"}) == withheld(outcome)
    assert ["note, in the office’s notes"] == [one.column for one in outcome.problems if one.code == "text_left_out"]
    assert not [name for name, said in all_said(outcome) if name.startswith("lab") and "Invented11" in said]
    assert "Ask Ana Invented11, who knows" in book_said(outcome.folder / "risk.xlsx")


def test_a_sheet_or_a_file_named_after_somebody_is_left_out_alike(tmp_path):
    """Where a row stands is told to its reader, and the name of a file is free text too."""
    outcome = run(tmp_path, [roster(tmp_path / "Ana Invented11.csv", PEOPLE, HEADER)])

    assert (set(), {"lab", "ops", "far"}) == withheld(outcome)
    assert not [name for name, said in all_said(outcome) if name.startswith("lab") and "Invented11" in said]


def test_an_id_that_is_a_colour_of_ours_stops_nobody(tmp_path):
    """What an empty mail of ours holds is nobody: the ink of a warning, a stop of a gradient, a file's number."""
    people = [(one, *PEOPLE[3 * n][1:]) for n, one in enumerate(("574300", "100000", "E0002"))]
    outcome = run(tmp_path, [roster(tmp_path / "staff-574300.csv", people, HEADER)])

    assert (set(), {"lab", "ops", "far"}) == withheld(outcome)
    assert [] == [one for one in outcome.problems if one.code == "text_left_out"]


def words_of(mails):
    """Every word that stands anywhere in these mails, fonts and tags among them, less those of the roster itself."""
    parts = [passage.text.decode() for mail in mails for passage in texts(mail.read_bytes(), Opened({}))]
    found = {word for part in parts for word in re.findall(r"[^\W\d_]{3,}", part)}
    return sorted(found - {"ana", "invented", "lab", "ops", "staff", "soon"})


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_word_of_ours_is_taken_for_a_person(tmp_path, language):
    """Whoever is called like a font, a month, a level, a place or a word of a rule keeps nobody's mail back."""
    day = at().tz_localize(None).normalize()
    some = [
        (f"E{n:04d}", f"Ana Invented{n}", *(("Lab", "lab@example.org"), ("Ops", "ops@example.org"))[n % 2],
         ("Ontario", "Saskatchewan", "Alberta")[n % 3], ("Work permit", "Study permit", "Visitor record")[n // 2 % 3],
         f"{day + pd.Timedelta(days=9 * n - 30):%Y-%m-%d}" if n % 17 else "soon", f"ana.invented{n}@staff.example.org")
        for n in range(1, 50)
    ]  # fmt: skip
    first = run(tmp_path, [roster(tmp_path / "staff.csv", some, HEADER)], language=language)
    called = words_of((first.folder / "digests").glob("*.eml"))
    far = [
        (f"F{n:05d}", name, "Far", "far@example.org", "Ontario", "Work permit", "2028-09-15")
        for n, name in enumerate([*map(str.title, called), *(f"Zilq {word.title()}" for word in called)])
    ]
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", [*some, *far], HEADER)], language=language)

    assert {"calibri", "microsoft", "page", "regina", "edmonton"} <= set(called)
    assert set() == withheld(outcome)[0]
    assert [] == [one for one in outcome.problems if one.code == "text_left_out"]


def test_whoever_is_called_like_a_word_of_ours_is_still_found(tmp_path, monkeypatch):
    """A word that a text of ours may hold is by itself nobody; the id, the address and the whole name are."""
    names = ["Gamma", "Calibri", "Avril", "Critical", "Summary"]  # two fonts of the workbook, three words of the mail
    called = [(f"E{n:04d}", f"Ana {name}", "Ops", "ops@example.org", *PEOPLE[3][4:7], f"a{n}@staff.example.org")
              for n, name in enumerate(names, start=500)]  # fmt: skip
    forms = [form for one in called for form in (one[0], one[1], ", ".join(reversed(one[1].split())), one[7])]
    printed = {f"Lab {n:02d}": f"see {form} too" for n, form in enumerate([*forms, *names[2:]])}
    whole = mail_package.digest

    def tells(report, *rest, **more):
        said = whole(report, *rest, **more)
        title = report.recipient.title if report.recipient else ""
        return replace(said, text=printed.get(title, said.text))

    monkeypatch.setattr(mail_package, "digest", tells)
    rows = [*units_beside(called[0], len(printed)), *called[1:]]
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", rows, HEADER)])
    written = {re.sub(r"-[^-]*$", "", path.name) for path in (outcome.folder / "digests").glob("*.eml")}

    assert {"ops", *(f"lab-{len(forms) + n:02d}" for n in range(3))} == written


def test_a_refusal_names_part_and_rule_and_a_cure(tmp_path, staff, monkeypatch):
    """Nobody is named in it; it says where to look."""
    whole = mail_package.digest
    monkeypatch.setattr(mail_package, "digest", lambda *one, **more: replace(whole(*one, **more), text="E0011"))
    said = " ".join(map(str, run(tmp_path, [staff]).failures))

    assert "its plain text shows the id of a person" in said
    assert "digest.txt.j2" in said
    assert "E0011" not in said


def test_the_manifest_says_whom_no_scan_can_find(tmp_path):
    """A person known by a short number alone is counted, so that nobody takes silence for safety."""
    people = [(str(n), "", *one[2:7]) for n, one in enumerate(PEOPLE, start=1)]
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", people, HEADER)])

    assert len(PEOPLE) == outcome.manifest["people_not_scanned_for"]


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
