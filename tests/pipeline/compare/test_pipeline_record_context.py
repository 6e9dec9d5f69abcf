"""Amended evidence reaches those whose people's findings relied on it, and nobody else."""

import datetime as dt
import json
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from made_runs import at, outages, restored, roster, run, settings
from makers import outages as record
from makers import record_check

from reporter.model.report import Relief
from reporter.pipeline.compare.record_context import _places, _ranges
from reporter.pipeline.run import run as pipeline
from reporter.store.database import open_store
from reporter.store.ledger import Provenance, amend, import_outages, merge_outages, withdraw

FIRST, SECOND = "2026-09-02T13:00:00Z", "2026-09-09T13:00:00Z"
WORK = ("01", "Ana Invented", "Mill", "mill@example.org", "ON", "Work permit", "2026-09-15")
STUDY = ("02", "Bo Invented", "Dean", "dean@example.org", "ON", "Work permit", "2027-06-30")
ONE = {"outage_id": "one", "services": "ircc_secure_account", "title": "Account down", "source_url": "https://e.org/1"}
SPAN = {"began_at": "2026-09-01T10:00Z", "ended_at": "2026-09-01T16:00Z"}
AMENDED = "The record has changed since the last report"


@pytest.fixture
def people(tmp_path):
    """One person whose last day is near, and one whose duty cannot be done yet."""
    return [roster(tmp_path / "staff.csv", [WORK, STUDY])]


def looked_at(folder):
    """A ledger with one outage, looked at on the morning of the first run."""
    opened = open_store(f"sqlite:///{folder}/reporter.db")
    import_outages(opened, record([ONE | SPAN]), source=Provenance(address="page.json"), recorded_at=at(FIRST))
    record_check(opened, "https://status.example.org/?key=1", at(FIRST), complete_to=at(FIRST))
    return opened


@pytest.fixture
def store(tmp_path):
    opened = looked_at(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The folder of an office after its first run."""
    folder = tmp_path_factory.mktemp("first") / "home"
    folder.mkdir()
    looked_at(folder).close()
    run(folder, [roster(folder / "staff.csv", [WORK, STUDY])], as_of=FIRST)
    return folder, restored(folder.parent / "kept", folder)


@pytest.fixture
def told_once(first):
    """That folder, its rosters and its ledger."""
    folder = restored(*first)
    opened = open_store(f"sqlite:///{folder}/reporter.db")
    yield folder, [folder / "staff.csv"], opened
    opened.close()


def digests(folder):
    """The text of each recipient's digest, by unit."""
    found = {path.name.partition("-")[0]: path.read_text("utf-8") for path in (folder / "out/digests").glob("*.txt")}
    return {unit: " ".join(text.split()) for unit, text in found.items()}


def sheets(folder):
    return openpyxl.load_workbook(BytesIO((folder / "out/record.xlsx").read_bytes()))


def told(folder):
    """Which recipients are told of an amendment."""
    return [unit for unit, text in sorted(digests(folder).items()) if AMENDED.casefold() in text.casefold()]


def test_only_whose_findings_rely_on_it_hear_of_an_amendment_and_once(told_once):
    """Old and new; the other recipient's digest is silent, and the office's workbook lists it.

    The run after it compares with what that run knew.
    """
    folder, people, store = told_once
    amend(store, "one", {"ended_at": pd.Timestamp("2026-09-01T18:00Z")}, recorded_at=at("2026-09-05T13:00:00Z"))
    run(folder, people, as_of=SECOND)

    assert ["mill"] == told(folder)
    assert "Sep 1, 2026, 12:00 Ottawa time → Sep 1, 2026, 14:00 Ottawa time" in digests(folder)["mill"].replace(
        "\u00a0", " "
    )
    assert "Amended evidence" in sheets(folder).sheetnames
    run(folder, people, as_of="2026-09-10T13:00:00Z")
    assert [] == told(folder)


@pytest.mark.parametrize("deed", ["withdraw", "merge"])
def test_who_relied_on_an_outage_that_was_taken_out_hears_of_it(told_once, deed):
    """Though no finding of this run names it any longer."""
    folder, people, store = told_once
    later = at("2026-09-05T13:00:00Z")
    if deed == "withdraw":
        withdraw(store, "one", "it was another department's", recorded_at=later)
    else:
        other = ONE | SPAN | {"outage_id": "two"}
        import_outages(store, record([other]), source=Provenance(address="other.json"), recorded_at=later)
        merge_outages(store, "one", "two", recorded_at=later)
    outcome = run(folder, people, as_of=SECOND)

    assert "one" not in outcome.manifest["outages_used"]
    assert ["mill"] == told(folder)


def test_what_was_granted_reaches_the_people_whose_findings_rely_on_the_outage(tmp_path, people, store):
    """And their recipients only."""
    relief = Relief("extension", dt.date(2026, 9, 20), "work permits", "PP-1", "https://e.org/r", "visitors")
    amend(store, "one", {}, relief=relief, recorded_at=at(FIRST))
    run(tmp_path, people, as_of=SECOND)
    texts = digests(tmp_path)

    assert ["mill"] == [unit for unit, text in sorted(texts.items()) if "PP-1" in text]
    assert "It does not cover, as recorded: visitors." in texts["mill"]


def test_a_first_run_tells_how_old_each_source_is_and_of_no_amendment(tmp_path, people, store):
    """However often the outage was edited before; a page a week old is named, and a recipient sees its host alone."""
    amend(store, "one", {"title": "Other"}, recorded_at=at("2026-09-05T13:00:00Z"))
    run(tmp_path, people, as_of=SECOND)
    text = digests(tmp_path)["mill"]

    assert [] == told(tmp_path)
    assert "status.example.org (OLD" in text
    assert "key=1" not in text
    assert "https://status.example.org/?key=1" in [
        row[1] for row in sheets(tmp_path)["Sources"].iter_rows(values_only=True)
    ]


def test_an_outage_file_is_a_source_too(tmp_path, people):
    """As old as the instant to which it says it is complete; one that cannot be read is named.

    Of an outage in a file only nothing is known to be granted: the columns are there all the same.
    """
    broken = tmp_path / "broken.json"
    broken.write_text("{", "utf-8")
    good = outages(tmp_path / "outages.json", [ONE | SPAN], complete_to="2026-09-08T13:00:00Z")
    run(tmp_path, people, [good, broken], as_of=SECOND)
    book = sheets(tmp_path)
    sources = {row[1]: row for row in book["Sources"].iter_rows(values_only=True) if row[1]}
    rows = list(book["Outages"].iter_rows(values_only=True))
    top = next(n for n, row in enumerate(rows) if "What the department granted" in row)

    assert ("looked at", 1) == (sources["outages.json"][0], sources["outages.json"][5])
    assert "NEVER READ" == sources["broken.json"][0]
    assert "Not known: nothing is recorded." in rows[top + 1]
    assert "Counts under: Office practice" in rows[top]


def test_a_run_of_an_older_state_of_the_record_is_marked_as_such(tmp_path, people, store):
    """So that the next run tells what changed since that state."""
    amend(store, "one", {"title": "Other"}, recorded_at=at("2026-09-05T13:00:00Z"))
    known = settings(tmp_path, people)
    pipeline.run(known, at(FIRST), out=tmp_path / "out", as_known=at(FIRST))
    manifest = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    run(tmp_path, people, as_of=SECOND)

    assert ("1", ["mill"]) == (manifest["ledger"]["number"], told(tmp_path))


@pytest.mark.parametrize("places", [[], [0], [0, 1, 2, 7], [3, 5, 6, 10]])
def test_places_are_written_short_and_read_back(places):
    """As runs of neighbours."""
    assert places == _places(_ranges(places))
