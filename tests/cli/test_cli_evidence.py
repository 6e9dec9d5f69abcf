"""One person's case, from the files an office keeps to the folder and the zip."""

import hashlib
import json
import re
import zipfile

import pytest
from click.testing import CliRunner
from made_runs import outages, roster

from reporter.cli import cli
from reporter.errors import OutageFileError, ReporterError, RosterError, StoreError

AS_OF = "2026-09-09T13:00:00Z"
NAME = "Anaïs Invented-Belrose"
DOWN = {
    "services": "ircc_secure_account",
    "began_at": "2026-09-08T20:00Z",
    "ended_at": "2026-09-08T21:50Z",
    "title": "<b>Account</b> down",
}


def an_office(tmp_path):
    """`reporter evidence …` with a roster of one person and a ledger of one outage beside it."""
    people = roster(tmp_path / "staff.csv", [("0017", NAME, "Robotics", "", "ON", "Work permit", "2026-09-15")])
    record = outages(tmp_path / "record.json", [DOWN])
    (tmp_path / "reporter.toml").write_text(f'[[roster]]\npath = "{people.name}"\n', "utf-8")
    config = ["--config", str(tmp_path / "reporter.toml")]

    def invoke(*words):
        result = CliRunner().invoke(cli, [*words, *config])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    assert 0 == invoke("outages", "import", str(record), "--as-of", "2026-09-08T22:00Z").exit_code
    return invoke


@pytest.fixture
def office(tmp_path):
    return an_office(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The pack of each language, to be read."""
    folder = tmp_path_factory.mktemp("made")
    invoke = an_office(folder)
    for language in ("en", "fr"):
        words = ("--as-of", AS_OF, "--out", str(folder / language), "--lang", language)
        assert 0 == invoke("evidence", "0017", *words).exit_code
    return folder


@pytest.fixture
def pack(office, tmp_path):
    def make(*words, name="pack"):
        office("evidence", "0017", "--as-of", AS_OF, "--out", str(tmp_path / name), *words)
        return tmp_path / name

    return make


def test_the_pack_lists_every_file_with_its_hash(made):
    """The manifest names what is there, neither more nor less, and each hash is right."""
    folder = made / "en"
    listed = {one["path"]: one["sha256"] for one in json.loads((folder / "manifest.json").read_text())["outputs"]}
    there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}

    assert set(there) - {"manifest.json"} == set(listed)
    assert all(sha256 == hashlib.sha256(there[name].read_bytes()).hexdigest() for name, sha256 in listed.items())


def test_a_duty_that_is_no_part_of_the_case_is_left_out(office, pack, tmp_path):
    """A start of years ago and a passport that ends years ahead; each is there when it is asked for."""
    (tmp_path / "staff.csv").write_text(
        "Employee ID,Full name,Permit type,Permit expiry,Passport expiry,Job start date\n"
        f"0017,{NAME},Work permit,2026-09-15,2029-05-01,2022-01-10\n",
        "utf-8",
    )
    told = json.loads((pack() / "manifest.json").read_text())["deadlines"]
    sheet = (pack("--deadline", "passport-expiry", name="asked") / "fact-sheet.txt").read_text("utf-8")

    assert ["work-permit-renewal"] == told
    assert "2029" in sheet


def test_the_zip_holds_the_same_and_is_always_the_same(pack):
    """Made twice, it has the same bytes; it holds every file of the folder."""
    folder, other = pack(), None
    first = folder.with_name("pack.zip").read_bytes()
    other = pack().with_name("pack.zip")
    with zipfile.ZipFile(other) as archive:
        names = {name.removeprefix("pack/") for name in archive.namelist()}

    assert first == other.read_bytes()
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == names


def test_the_outage_comes_with_its_versions_and_its_captured_file(made):
    """As the ledger has them, and the file that was read is there byte for byte."""
    folder = made / "en"
    record = json.loads(next(folder.glob("outages/*/record.json")).read_text("utf-8"))
    capture = next(folder.glob("captures/*"))

    assert ["added"] == [version["action"] for version in record["versions"]]
    assert record["versions"][0]["captured_sha256"] == hashlib.sha256(capture.read_bytes()).hexdigest()


def test_looks_that_changed_no_hour_leave_their_files_with_the_office(office, pack, tmp_path):
    """Of ten looks at a page whose words change each day, the pack holds the first, the last, and the new end's."""
    for day in range(10):
        ended = "2026-09-08T21:50Z" if day < 5 else "2026-09-08T21:55Z"
        record = outages(
            tmp_path / "record.json", [DOWN | {"outage_id": "one", "ended_at": ended, "note": f"Post {day}"}]
        )
        office("outages", "import", str(record), "--as-of", f"2026-09-08T23:{day:02}Z")
    folder = pack("--outage", "one")
    record = json.loads(next(folder.glob("outages/*one/record.json")).read_text("utf-8"))

    assert (10, 3) == (len(record["versions"]), len(list(folder.glob("captures/*"))))
    assert "stay with the office: 7" in " ".join((folder / "fact-sheet.txt").read_text("utf-8").split())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["2026-09-16T00:00:00Z", "Sep 15, 2026, 20:00 Ottawa time", "1 h 50 min (110 min)", "no extension"]),
        (
            "fr",
            [
                "2026-09-16T00:00:00Z",
                "15 sept. 2026 à 20 h, heure d’Ottawa",
                "1 h 50 min (110 min)",
                "aucune prolongation",
            ],
        ),
    ],
)
def test_the_sheet_says_when_it_closed_and_what_was_down(made, language, said):
    """The closing instant in UTC and local, the overlap to the minute, the relief known: in text and in HTML."""
    folder = made / language
    for name in ("fact-sheet.html", "fact-sheet.txt"):
        text = re.sub(r"\s+", " ", (folder / name).read_text("utf-8"))

        assert [] == [words for words in said if words not in text], name


def test_the_text_of_others_stays_text(made):
    """A tag in an outage's title is shown, not obeyed."""
    html = (made / "en" / "fact-sheet.html").read_text("utf-8")

    assert "<b>" not in html
    assert "&lt;b&gt;Account" in html


def test_no_file_name_holds_a_name_or_a_key(pack, office, tmp_path):
    """Neither the person's name, nor their key, nor the name a screenshot came with."""
    shot = tmp_path / "Belrose-0017.png"
    shot.write_bytes(b"\x89PNG")
    office("evidence", "add", "0017", str(shot), "--kind", "screenshot")
    names = " ".join(str(path) for path in pack().rglob("*"))

    assert [] == [word for word in ("Belrose", "Ana", "0017") if word in names.replace(str(tmp_path), "")]


def test_what_is_filed_is_no_longer_missing(pack, office, tmp_path):
    """Missing without it; there with it; three attempts are asked for, and those in the outage are counted."""
    before = json.loads((pack() / "manifest.json").read_text())["checklist"]
    proof = tmp_path / "try.txt"
    proof.write_text("503")
    office("evidence", "add", "0017", str(proof), "--kind", "error_text")
    for at in ("2026-09-08T20:10Z", "2026-09-08T21:00Z", "2026-09-09T01:00Z"):
        office("evidence", "add", "0017", str(proof), "--kind", "attempt", "--at", at)
    folder = pack()
    after = json.loads((folder / "manifest.json").read_text())["checklist"]

    assert ("missing", "missing") == (before["error_text"], before["attempt"])
    assert ("there", "there", "missing") == (after["error_text"], after["attempt"], after["screenshot"])
    text = re.sub(r"\s+", " ", (folder / "fact-sheet.txt").read_text("utf-8"))
    assert "3 on record, 2 during an outage" in text


def test_a_filed_file_that_was_changed_is_refused(pack, office, tmp_path):
    """Listed as changed, and no pack is made with it."""
    proof = tmp_path / "try.txt"
    proof.write_text("503")
    office("evidence", "add", "0017", str(proof), "--kind", "error_text")
    kept = next((tmp_path / "evidence").iterdir())
    kept.chmod(0o600)
    kept.write_text("504")

    assert "gone or changed" in office("evidence", "list", "0017").output
    with pytest.raises(StoreError):
        pack()


def test_a_captured_file_that_was_changed_is_told_and_left_out(pack, tmp_path):
    """The sheet says which; what cannot be vouched for is not copied."""
    for kept in (tmp_path / "captures").iterdir():
        kept.chmod(0o600)
        kept.write_text("other")
    folder = pack()

    assert [] == list(folder.glob("captures/*"))
    assert "gone or changed since it was captured" in " ".join((folder / "fact-sheet.txt").read_text("utf-8").split())


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["9999"], RosterError),
        (["0017", "--outage", "nothing"], OutageFileError),
        (["0017", "--deadline", "nothing"], RosterError),
    ],
)
def test_what_is_not_there_is_refused(office, tmp_path, words, kind):
    """A person, an outage, a duty; nothing is written and the message holds no key."""
    with pytest.raises(kind) as fault:
        office("evidence", *words, "--as-of", AS_OF, "--out", str(tmp_path / "no"))

    assert isinstance(fault.value, ReporterError)
    assert "9999" not in str(fault.value)
    assert not (tmp_path / "no").exists()


def test_the_pack_is_its_owners_only(made):
    """Folder, zip and files."""
    folder = made / "en"

    assert (0o700, 0o600) == (folder.stat().st_mode & 0o777, folder.with_name("en.zip").stat().st_mode & 0o777)
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
