"""The sample rosters: the same cells on every machine, invented people, and the stories the demo shows."""

import importlib
import re
import sys
import tomllib
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
MADE = ("employer.xlsx", "messy.xlsx", "universite.csv", "universite.xlsx")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]+")


@pytest.fixture(scope="module")
def maker():
    """The script as a module, with the modules beside it, and both gone again afterwards."""
    sys.path.insert(0, str(SAMPLES))
    before = set(sys.modules)
    yield importlib.import_module("make_samples")
    sys.path.remove(str(SAMPLES))
    for name in {"make_samples", "books", "layouts", "people"} - before:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def made(maker):
    """Every sample as the script makes it now."""
    return maker.make_all()


@pytest.fixture
def script(maker, made, monkeypatch):
    """The script, which has made its samples: what it compares and writes is asked, not how they are made."""
    monkeypatch.setattr(maker, "make_all", lambda: made)
    return maker


def rows(content: bytes, sheet: str) -> list[tuple]:
    """The rows of one sheet."""
    return list(openpyxl.load_workbook(BytesIO(content))[sheet].iter_rows(values_only=True))


def table(content: bytes, sheet: str, header: int) -> list[dict]:
    """The rows under the heading in that row, by heading."""
    found = rows(content, sheet)
    return [dict(zip(found[header - 1], row, strict=True)) for row in found[header:]]


def staff(made: dict[str, bytes]) -> list[dict]:
    """The employer's rows that are about a worker."""
    found = table(made["employer.xlsx"], "Staff 2026", 4)
    return [row for row in found if row["Legal name"] and row["Employee No."] not in ("Employee No.", "Total")]


def students(made: dict[str, bytes]) -> list[dict]:
    """The university's rows that are about a student."""
    return [row for row in table(made["universite.xlsx"], "Étudiants A2026", 5) if row["Nom"]]


def test_the_files_on_disk_are_what_the_script_writes(maker):
    """Nobody changed a sample by hand, and nobody changed the script without running it."""

    assert [] == maker.differences(SAMPLES)


def test_making_twice_gives_the_same_bytes(maker, made):
    """Neither the clock nor the order of a set gets into a file."""

    assert made == maker.make_all()


def test_a_changed_cell_is_told(script, tmp_path):
    """The check names the file of which somebody changed one cell."""
    script.write(tmp_path)
    book = openpyxl.load_workbook(tmp_path / "messy.xlsx")
    book.active["B5"] = "Somebody Else"
    book.save(tmp_path / "messy.xlsx")

    assert ["messy.xlsx: other cells than make_samples.py writes"] == script.differences(tmp_path)


def test_an_absent_file_is_told(script, tmp_path):
    """The check names every file that is not there."""

    assert [f"{name}: not there" for name in MADE] == sorted(script.differences(tmp_path))


def test_the_check_answers_through_its_exit_code(script, monkeypatch, tmp_path):
    """A script can ask: 1 where a file differs, 0 where all are as written."""
    monkeypatch.setattr(sys, "argv", ["make_samples.py", "--check", "--folder", str(tmp_path)])
    before = script.main()
    script.write(tmp_path)

    assert (1, 0) == (before, script.main())


@pytest.mark.parametrize("name", MADE)
def test_every_address_belongs_to_nobody(maker, made, name):
    """Only the domains reserved for examples are used, so that no mail can reach a person."""
    text = str(maker.cells(name, made[name]))
    domains = {address.split("@")[1] for address in ADDRESS.findall(text)}

    assert domains and domains <= {"example.org", "example.ca"}


def test_the_rosters_are_of_an_office_s_size(made):
    """Each roster has between two and four hundred people."""
    sizes = (len(staff(made)), len(students(made)))

    assert (262, 321) == sizes


@pytest.mark.parametrize(("office", "contacts"), [(staff, 4), (students, 5)])
def test_a_few_contacts_share_the_people(made, office, contacts):
    """Each department or faculty has one contact; one row's is missing or mistyped."""
    column = "HR contact e-mail" if office is staff else "Courriel du responsable"
    found = {row[column] for row in office(made) if ADDRESS.fullmatch(row[column] or "")}

    assert contacts == len(found)


def test_student_numbers_keep_their_leading_zeros(made):
    """A matricule is text of eight digits, and one is missing."""
    numbers = [row["Matricule"] for row in students(made)]

    assert {"00"} | {None} == {number and number[:2] for number in numbers}


def test_one_student_holds_two_permits(made):
    """One number stands in two rows, with a permit of each kind."""
    numbers = [row["Matricule"] for row in students(made) if row["Matricule"]]
    twice = [number for number in set(numbers) if numbers.count(number) > 1]
    kinds = {row["Type de permis"] for row in students(made) if row["Matricule"] in twice}

    assert (1, {"Permis d'études", "Permis de travail"}) == (len(twice), kinds)


def test_the_slashed_dates_prove_their_order(made):
    """Of the university's slashed expiries, one at least can only be day first and none only month first."""
    column = "Date d'expiration du permis d'études"
    slashed = [row[column].split("/") for row in students(made) if re.fullmatch(r"\d\d/\d\d/\d{4}", str(row[column]))]

    assert (True, False) == (any(int(d) > 12 for d, _, _ in slashed), any(int(m) > 12 for _, m, _ in slashed))


def test_the_messy_expiries_do_not_prove_theirs(made):
    """In the messy roster no number of a slashed date is above twelve, save the year."""
    texts = [str(row[7]) for row in rows(made["messy.xlsx"], "Sheet1")[2:]]
    numbers = [int(number) for text in texts for number in re.findall(r"(\d+)/(\d+)/", text) for number in number]

    assert numbers and max(numbers) <= 12


@pytest.mark.parametrize("day", [8, 9, 10, 15])
def test_permits_end_on_the_days_around_the_windows(made, day):
    """Somebody's permit ends on each day the demo is about, with nothing filed."""
    ends = [row["Work permit expiry"] for row in staff(made) if not row["Renewal filed on"]]
    ends += [row["Date d'expiration du permis d'études"] for row in students(made) if not row["Demande déposée le"]]

    assert f"2026-09-{day:02d}" in {str(end)[:10] for end in ends}


def test_somebody_filed_on_the_day_and_too_late_by_utc(made):
    """One filing at 20:30 in Ottawa stands on its permit's last day: the next day has begun in UTC."""
    late = [row for row in staff(made) if row["Renewal filed on"] == "2026-08-28 20:30"]

    assert ["2026-08-28"] == [str(row["Work permit expiry"])[:10] for row in late]


def test_most_people_need_nothing(made):
    """As in a real office, at least three in four permits end more than four months ahead."""
    ends = [row["Work permit expiry"] for row in staff(made)]
    fine = [end for end in ends if isinstance(end, datetime) and end.date() > date(2027, 1, 7)]

    assert 0.7 < len(fine) / len(ends) < 0.9


@pytest.mark.parametrize("fault", ["31/02/2026", "#REF!", "TBD", "In process"])
def test_the_employer_s_faults_are_there(made, fault):
    """What people type in place of a date stands in the expiry column once."""

    assert 1 == [row["Work permit expiry"] for row in staff(made)].count(fault)


def test_no_permit_was_issued_in_the_future(made):
    """A roster of today has no document of tomorrow."""
    issued = [row["Issue date"] for row in staff(made)]

    assert max(on.date() for on in issued if isinstance(on, datetime)) <= date(2026, 9, 9)


def test_the_settings_name_files_and_headings_that_exist(made):
    """Every roster and heading of the demo's settings is in the samples."""
    settings = tomllib.loads((SAMPLES / "reporter.toml").read_text("utf-8"))
    headings = {value for name in MADE if name.endswith("x") for value in _texts(made[name])}
    named = {heading for roster in settings["roster"] for heading in roster.get("columns", {}).values()}

    assert (set(), True) == (named - headings, all(roster["path"] in made for roster in settings["roster"]))


def _texts(content: bytes) -> set[object]:
    book = openpyxl.load_workbook(BytesIO(content))
    return {value for sheet in book for row in sheet.iter_rows(max_row=6, values_only=True) for value in row}
