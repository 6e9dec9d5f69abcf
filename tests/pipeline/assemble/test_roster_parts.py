"""A roster that is a folder: each of its files is told by its own name, and what is not read is never left unsaid."""

import json

import pandas as pd
import pytest
from makers import instant
from pandas import DataFrame

from reporter.errors import RosterError
from reporter.pipeline.assemble.gather import part_files
from reporter.pipeline.run.run import run
from reporter.settings import RosterSettings, load_settings

STAFF = DataFrame(
    {
        "Employee No.": ["0017", "E2", "E3"],
        "Permit type": ["Work permit", "Study permit", "Work permit"],
        "Permit expiry": pd.to_datetime(["2026-09-20", "2026-10-01", None]).date,
        "Unit": pd.Categorical(["North", "South", "North"]),
        "Hours": [37.5, 40.0, None],
    }
)


@pytest.fixture
def folder(tmp_path):
    """Settings of a roster that is a folder."""
    (tmp_path / "people").mkdir()
    (tmp_path / "s.toml").write_text('[office]\nname = "O"\naddress = "o@example.org"\n[[roster]]\npath = "people/"\n')
    return tmp_path


def outcome(folder):
    """How a run of these settings ended: itself, what its manifest says, and its findings."""
    out = folder / "out"
    done = run(load_settings(folder / "s.toml"), instant("2026-09-09T13:00:00Z"), out=out)
    found = pd.read_csv(out / "findings.csv", dtype="str", keep_default_na=False)
    return done, json.loads((out / "manifest.json").read_text()), found


@pytest.mark.slow
def test_parquet_and_csv_are_parts_of_one_roster(folder):
    """A day is a day and an id keeps its zeros, whichever kind of file they stand in; the account is of both."""
    STAFF.to_parquet(folder / "people" / "p-1.parquet", index=False)
    STAFF.assign(**{"Employee No.": ["E7", "E2", "E9"]}).to_csv(folder / "people" / "p-2.csv", index=False)
    _, manifest, found = outcome(folder)

    assert (6, 5, 1) == tuple(manifest[f"rows_{fate}"] for fate in ("read", "assessed", "repeated"))
    assert {"0017": "people/p-1.parquet!:2", "E7": "people/p-2.csv!:2"}.items() <= dict(
        zip(found["person_id"], found["source_row"], strict=True)
    ).items()
    assert ["2026-09-20"] == sorted(set(found.loc[found["person_id"].isin(["0017", "E7"]), "closes_on"]))
    assert ["people"] == manifest["roster_names"] == list(manifest["rosters"])


@pytest.mark.slow
def test_a_part_that_cannot_be_read_costs_the_others_nothing(folder):
    """It is told by its name, the week owes its people an answer, and the rest is reported."""
    STAFF.to_csv(folder / "people" / "p-1.csv", index=False)
    (folder / "people" / "p-2.csv").write_bytes(b"%PDF-1.7 of nobody")
    done, manifest, found = outcome(folder)

    assert ["people/p-2.csv"] == [failure.where for failure in done.failures]
    assert ["roster:people"] == [one["cause"] for one in manifest["owed"]]
    assert {"0017", "E2", "E3"} == set(found["person_id"])


@pytest.mark.parametrize("name", ["2025", "_2025"])
def test_a_folder_within_the_folder_is_refused(folder, name):
    """Its files would not be read, and nobody would know."""
    (folder / "people" / name).mkdir()
    (folder / "people" / "p.csv").touch()

    with pytest.raises(RosterError, match="2025"):
        part_files(str(folder), RosterSettings("people/"))


def test_files_stand_in_the_order_of_their_numbers(tmp_path):
    """9 stands before 10, and what programs leave beside is no part."""
    for name in ("p-10.csv", "p-9.csv", "_SUCCESS", ".p-9.csv.crc", "~$p-1.xlsx", "_new hires.csv"):
        (tmp_path / name).touch()
    entry = RosterSettings(f"{tmp_path.name}/p-*.csv", parts=True)

    assert [f"{tmp_path.name}/p-9.csv", f"{tmp_path.name}/p-10.csv"] == list(part_files(str(tmp_path.parent), entry))
    assert f"{tmp_path.name}/_new hires.csv" in part_files(str(tmp_path.parent), RosterSettings(tmp_path.name))
