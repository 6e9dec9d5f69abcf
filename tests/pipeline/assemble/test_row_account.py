"""The account of the rows from the files to every place that tells it: the manifest, the mails, the workbook."""

import csv
import json

import openpyxl
import pandas as pd
import pytest
from made_runs import HEADER, findings, roster, run
from msgspec.structs import replace

from reporter.errors import ReporterError
from reporter.pipeline.assemble import inputs
from reporter.pipeline.assemble.inputs import rows_without_end
from reporter.pipeline.run.refusals import Waivers

ANA = ["1", "Ana Roy", "R", "", "ON", "Work permit"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A run over two lists: a renewal, a second list of one person, a number that two people have, a row of none."""
    tmp_path = tmp_path_factory.mktemp("told")
    first = [[*ANA, "2027-09-12"], [*ANA, "2026-09-12"], ["2", "Bo Li", "R", "", "ON", "None", ""]]
    second = [
        [*ANA, "2027-09-12"],
        ["3", "Cy", "R", "", "", "WP", "2027-09-12"],
        ["3", "Di", "R", "", "", "WP", "2026-09-12"],
    ]
    files = [roster(tmp_path / name, rows, HEADER) for name, rows in (("a.csv", first), ("b.csv", second))]
    run(tmp_path, files)
    return tmp_path / "out"


def test_the_manifest_has_every_fate(told):
    """Six rows read; each has one fate, and the people of a shared number are two."""
    manifest = json.loads((told / "manifest.json").read_text("utf-8"))
    fates = {name: manifest[f"rows_{name}"] for name in ("assessed", "superseded", "repeated", "set_aside", "excluded")}

    assert {"assessed": 1, "superseded": 1, "repeated": 1, "set_aside": 2, "excluded": 1} == fates
    assert (6, {"no_permit": 1}, 3) == (manifest["rows_read"], manifest["rows_excluded_by_rule"], manifest["people"])


def test_every_mail_and_the_workbook_print_the_same_line(told):
    """One sentence, the sum of which is the rows read."""
    line = "6 read = 1 assessed + 1 superseded + 1 repeated + 2 set aside + 1 excluded"
    summary = openpyxl.load_workbook(told / "risk.xlsx").worksheets[0]
    cells = [str(cell) for row in summary.iter_rows(values_only=True) for cell in row if cell]

    assert any(line in cell for cell in cells)
    assert line in " ".join((told / "digests" / "office.txt").read_text("utf-8").split())


def test_each_row_that_gives_way_says_to_which(told):
    """Also where that row stands in another list."""
    problems = (told / "problems.csv").read_text("utf-8")

    assert "gives way to the one on row 2, which ends on 2027-09-12" in problems
    assert "says no more of this person than row 2 of a.csv" in problems


ROWS_READ = pd.DataFrame(
    {
        "source_row": [f"a.csv!:{n}" for n in range(2, 7)],
        "outcome": ["assessed", "assessed", "set_aside", "excluded", ""],
    }
)


def test_a_row_without_finding_or_fate_is_open():
    """Assessed without a finding, or with a fate that nobody knows: both are named."""
    findings = pd.DataFrame({"source_row": ["a.csv!:2"]})

    assert ["a.csv!:3", "a.csv!:6"] == list(rows_without_end(ROWS_READ, findings))


def without_second(frame):
    """The frame without what stands in row 3 of the file."""
    return frame[frame["source_row"] != "a.csv!:3"].reset_index(drop=True)


def loses_a_row(gathered):
    return replace(gathered, rows=without_second(gathered.rows))


def loses_a_person(gathered):
    return replace(gathered, roster=without_second(gathered.roster))


def gives_no_fate(gathered):
    is_second = gathered.rows["source_row"] == "a.csv!:3"
    return replace(gathered, rows=gathered.rows.assign(outcome=gathered.rows["outcome"].mask(is_second, "")))


def loses_it_whole(gathered):
    return loses_a_row(loses_a_person(gathered))


@pytest.mark.parametrize("fault", [loses_a_row, loses_a_person, gives_no_fate, loses_it_whole])
def test_a_run_from_whose_account_a_row_is_missing_stops(tmp_path, monkeypatch, fault):
    """Wherever below the readers a row is lost, nothing is written, and the message names the row."""
    people = [[str(n), "Ana Roy", *ANA[2:], "2027-09-12"] for n in (1, 2, 3)]
    whole = inputs.gather_inputs
    monkeypatch.setattr(inputs, "gather_inputs", lambda *one, **more: fault(whole(*one, **more)))

    with pytest.raises(ReporterError, match=r" 1 ended .*\(a\.csv!:3\)"):
        run(tmp_path, [roster(tmp_path / "a.csv", people, HEADER)])
    assert not (tmp_path / "out").exists()


def test_a_row_whose_finding_is_lost_is_set_aside_with_its_sentence(tmp_path, monkeypatch):
    """A duty lost in the engine is no silence either: its row is told as one that no rule could judge."""
    people = [[str(n), "Ana Roy", *ANA[2:], "2027-09-12"] for n in (1, 2)]
    whole = inputs.people_part
    monkeypatch.setattr(
        inputs, "people_part", lambda frame: without_second(whole(frame)) if "level" in frame else whole(frame)
    )
    outcome = run(tmp_path, [roster(tmp_path / "a.csv", people, HEADER)])

    assert [3] == [one.row for one in outcome.problems if one.code == "row_without_duty"]
    assert (1, 1) == (outcome.manifest["rows_assessed"], outcome.manifest["rows_set_aside"])


@pytest.mark.parametrize("rows", [[[*ANA, "soon"]], [[*ANA, "2027-09-12"], ["1", "Zed Li", *ANA[2:], "2026-09-12"]]])
def test_a_list_of_which_every_row_is_set_aside_is_told(tmp_path, rows):
    """Nobody is left to judge: that is a report, not a crash."""
    run(tmp_path, [roster(tmp_path / "a.csv", rows, HEADER)])
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))

    assert (0, len(rows)) == (manifest["rows_assessed"], manifest["rows_set_aside"])


LATER = "2026-09-10T13:00:00Z"


def campuses(path, second):
    """A workbook of two campuses, the second under these headings."""
    workbook = openpyxl.Workbook()
    for name, header, first in (("Vancouver", HEADER, 0), ("Toronto", second, 50)):
        sheet = workbook.create_sheet(name)
        for row in [header, *[[str(first + n), "A", "R", "", "ON", "WP", f"2026-10-1{n}"] for n in range(4)]]:
            sheet.append(row)
    workbook.remove(workbook.worksheets[0])
    workbook.save(path)
    return path


def test_a_sheet_that_was_read_before_is_not_dropped_in_silence(tmp_path):
    """Its people would be told as gone; whoever means it says so."""
    path = campuses(tmp_path / "a.xlsx", HEADER)
    run(tmp_path, [path])
    campuses(path, ["Employee No.", "Who", "Dept", "Contact", "Prov", "Kind", "Until"])

    with pytest.raises(ReporterError, match="sheet “Toronto” was read at the last run"):
        run(tmp_path, [path], as_of=LATER, shrink_share=0.9)
    assert 4 == run(tmp_path, [path], as_of=LATER, waivers=Waivers(shrink=True)).manifest["rows_read"]


def test_a_date_older_than_its_rule_is_a_problem_of_its_row(tmp_path):
    """The day before the first version, and not that day; each date once, with its field, its line and what it says."""
    rows = [[str(n), f"Ana Roy{n}", "R", "", "ON", "Study permit", "2027-09-12", day]
            for n, day in enumerate(("2014-05-31", "2014-06-01"), start=1)]  # fmt: skip
    run(tmp_path, [roster(tmp_path / "a.csv", rows, (*HEADER, "Completed on"))])
    with (tmp_path / "out" / "problems.csv").open(newline="", encoding="utf-8") as file:
        old = [row for row in csv.DictReader(file) if row["code"] == "date_before_rule"]

    assert [("a.csv", "2", "2014-05-31")] == [(row["source"], row["row"], row["value"]) for row in old]


def test_a_filing_that_is_still_ahead_is_none_and_is_told(tmp_path):
    """Neither by its date nor as pending; one a minute before the report, or of its day alone, is one."""
    filed = ("2026-09-09 08:59", "2026-09-09 09:01", "2026-09-10", "2026-09-09")
    rows = [[str(n), f"Ana Roy{n}", "R", "", "ON", "Work permit", "2026-09-30", at, "Pending"]
            for n, at in enumerate(filed, start=1)]  # fmt: skip
    run(tmp_path, [roster(tmp_path / "a.csv", rows, (*HEADER, "Filed on", "Outcome"))])
    with (tmp_path / "out" / "problems.csv").open(newline="", encoding="utf-8") as file:
        told = [(row["row"], row["value"]) for row in csv.DictReader(file) if row["code"] == "filed_ahead"]

    assert [("3", "2026-09-09"), ("4", "2026-09-10")] == told
    assert {"1": "true", "2": "false", "3": "false", "4": "true"} == {
        f["person_id"]: f["is_filed"] for f in findings(tmp_path)
    }
