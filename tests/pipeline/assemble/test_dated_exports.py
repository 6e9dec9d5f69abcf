"""A roster that is a new file each week is one roster: `path = "staff-*.csv"`."""

import os
from types import SimpleNamespace

import pytest
from made_runs import at, roster, run, settings

from reporter.errors import Exit, RosterError
from reporter.pipeline.assemble.gather import date_rosters
from reporter.pipeline.run import run as pipeline
from reporter.settings import RosterSettings, Settings
from reporter.store.database import open_store
from reporter.store.runs import last_run

PEOPLE = [(f"E{n:03}", f"Invented Person{n}", "Lab", "lab@example.org", "Ontario", "Work permit", "2027-01-31")
          for n in range(12)]  # fmt: skip
LATER = "2026-09-16T13:00:00Z"


@pytest.mark.parametrize(
    ("newest", "names", "expected"),
    [
        ("name", ["staff-2026-12-07.csv", "staff-2026-11-30.csv"], "staff-2026-12-07.csv"),
        ("name", ["staff-10.csv", "staff-9.csv"], "staff-10.csv"),
        ("time", ["staff-Nov.csv", "staff-Dec.csv"], "staff-Dec.csv"),
        ("name", ["staff-1.csv", "~$staff-2.csv", ".staff-3.csv", "staff-4.xlsx"], "staff-1.csv"),
        ("name", [], "staff-*.csv"),
    ],
)
def test_the_newest_file_that_fits_is_the_roster(tmp_path, newest, names, expected):
    """By the numbers in its name, or by the time of its change; what a program keeps beside an open file is none."""
    for hour, name in enumerate(names):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (hour, hour))
    known = Settings(folder=str(tmp_path), roster=(RosterSettings(path="staff-*.csv", newest=newest),))

    assert expected == known.path("staff-*.csv").name


@pytest.mark.parametrize(("file", "expected"), [("staff-1.csv", "staff-*.csv"), ("other-1.csv", "other-1.csv")])
def test_it_goes_by_its_pattern(file, expected):
    """The name from week to week; a file that no pattern fits has its own."""
    assert expected == Settings(roster=(RosterSettings(path="in/staff-*.csv"),)).roster_name(file)


def test_the_next_export_is_the_same_report_and_meets_its_guard(tmp_path):
    """It is compared with last week's file; one that lost a third of its people stops."""
    roster(tmp_path / "staff-2026-09-09.csv", PEOPLE)
    first = run(tmp_path, ["staff-*.csv"])
    roster(tmp_path / "staff-2026-09-16.csv", PEOPLE[:11])
    second = run(tmp_path, ["staff-*.csv"], as_of=LATER)
    roster(tmp_path / "staff-2026-09-23.csv", PEOPLE[:4])
    with pytest.raises(RosterError, match="staff-"):
        run(tmp_path, ["staff-*.csv"], as_of="2026-09-23T13:00:00Z")
    (tmp_path / "staff-2026-09-23.csv").unlink()
    late = run(tmp_path, ["staff-*.csv"], as_of="2026-10-14T13:00:00Z")
    (mail,) = (file.read_text("utf-8") for file in (late.folder / "digests").glob("lab*.txt"))

    assert [["staff-2026-09-09.csv"], ["staff-2026-09-16.csv"]] == [list(one.run.rosters) for one in (first, second)]
    assert first.run.as_of == second.told.office.run.previous_as_of
    assert (Exit.DONE, Exit.RECORD_STALE) == (second.exit_code, late.exit_code)
    assert ["roster-age:staff-*.csv"] == [owed["cause"] for owed in late.manifest["owed"]]
    assert "28 days old (Sep 16, 2026)" in mail.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("file", "read_at", "most", "verdict"),
    [
        ("staff-2026-11-09.csv", None, 21, ""),
        ("staff-20261108.csv", None, 21, "old"),
        ("staff-2026-W45.csv", None, 21, "old"),  # its Sunday is November 8
        ("staff-2026-W46.csv", None, 21, ""),
        ("staff-2026-10.csv", None, 21, "old"),
        ("staff-2026-11.csv", None, 21, ""),  # may be of today
        ("staff-2026-10.csv", None, 0, ""),
        ("staff-2062-11-30.csv", None, 21, "ahead"),
        ("staff-2026-12-04.csv", None, 21, ""),
        ("staff-7.csv", None, 21, "old"),  # by its time: 1970
        ("staff-2026-11-30.csv", "2026-11-23", 21, "same"),
        ("staff-2026-11-30.csv", "2026-11-29", 21, ""),  # the report is made again
        ("staff.csv", "2026-11-23", 21, ""),
        ("staff.csv", "2026-11-02", 21, "same"),
        ("staff.csv", "2026-11-02", 0, ""),
    ],
)
def test_how_old_a_roster_is(tmp_path, file, read_at, most, verdict):
    """By its name, else by its time; and the same bytes again are told of, as of the first report that read them."""
    (tmp_path / file).touch()
    os.utime(tmp_path / file, (0, 0))
    path = file if file == "staff.csv" else "staff-*.csv"
    known = Settings(folder=str(tmp_path), roster=(RosterSettings(path=path, stale_after_days=most),))
    then = {"as_of": f"{read_at}T12:00:00Z", "inputs": [{"path": file, "sha256": "a"}]} if read_at else {}
    before = SimpleNamespace(manifest=then) if read_at else None
    gathered = SimpleNamespace(inputs=((file, "a"),), files=(file,))
    (found,) = date_rosters(known, gathered, before, at("2026-11-30T13:00:00Z"))

    assert (path, verdict) == (found.name, found.verdict)


def test_no_export_at_all_is_a_roster_that_cannot_be_read(tmp_path):
    """Named by its pattern."""
    known = settings(tmp_path, ["staff-*.csv"])
    with pytest.raises(RosterError, match=r"staff-\*\.csv"):
        pipeline.run(known, at())
    store = open_store(known.store_url)
    assert last_run(store, "") is None
    store.close()
