"""samples/outages: the record the demonstration runs on."""

import csv
import json
from pathlib import Path

import pytest
from makers import read_outages
from readings import utc

from reporter.errors import OutageFileError
from reporter.outages.source import merge_readings

SAMPLES = Path(__file__).parents[2] / "samples" / "outages"


def names():
    with (SAMPLES / "history.csv").open(encoding="utf-8") as file:
        ids = {service for row in csv.DictReader(file) for service in row["services"].split(";")}
    return {service.replace("_", " "): service for service in ids}


@pytest.fixture(scope="module")
def history():
    return read_outages(SAMPLES / "history.csv", names())


@pytest.fixture(scope="module")
def maintenance():
    return read_outages(SAMPLES / "maintenance.json", names())


def test_the_history_is_clean(history):
    """Every row is read; the only remarks are on bare dates."""
    assert {"outage_bare_date"} == {problem.code for problem in history.problems}


def test_every_row_of_the_history_is_an_outage(history):
    """As many outages as lines under the header, none open, none unspecified."""
    with (SAMPLES / "history.csv").open(encoding="utf-8") as file:
        lines = len(list(csv.DictReader(file)))

    assert (lines, 0, 0) == (
        len(history.outages),
        int(history.outages["ended_at"].isna().sum()),
        int(history.outages["services"].str.contains("unspecified").sum()),
    )


def test_the_day_everything_was_down(history):
    """2018-09-10, 07:31 to 18:10 in Ottawa, is 11:31 to 22:10 UTC."""
    row = history.outages.set_index("outage_id").loc["2018-09-10-all-online"]

    assert (utc("2018-09-10T11:31"), utc("2018-09-10T22:10")) == (row["began_at"], row["ended_at"])


def test_the_evening_window_covers_midnight_utc(history):
    """2023-04-18, 18:00 to 22:00 in Ottawa, is 22:00 to 02:00 UTC."""
    row = history.outages.set_index("outage_id").loc["2023-04-18-pr-portal"]

    assert (utc("2023-04-18T22:00"), utc("2023-04-19T02:00")) == (row["began_at"], row["ended_at"])


def test_the_planned_windows_say_how_far_they_reach(maintenance):
    """The JSON file is complete to 08:00 of 9 September in Ottawa, and reads without a remark."""
    assert (utc("2026-09-09T12:00"), ()) == (maintenance.complete_to, maintenance.problems)


def test_what_is_invented_says_so():
    """An invented window is titled Sample, points to example.org, and its note says so."""
    records = json.loads((SAMPLES / "maintenance.json").read_text("utf-8"))["outages"]
    invented = [record for record in records if "example.org" in record["source_url"]]

    assert 4 == len(invented)
    assert all(r["title"].startswith("Sample:") and "Invented for the samples" in r["note"] for r in invented)


def test_the_two_files_share_one_window(history, maintenance):
    """The window of 8 September stands in both, and counts once."""
    together = merge_readings([history, maintenance]).outages

    assert len(history.outages) + len(maintenance.outages) - 1 == len(together)


def test_what_cannot_be_dated_cannot_be_joined():
    """undated.csv is for reading by people; the program refuses it as an outage file."""
    with pytest.raises(OutageFileError):
        read_outages(SAMPLES / "undated.csv", {})
