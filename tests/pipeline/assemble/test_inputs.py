"""A question reads what a run reads, and leaves no trace."""

import msgspec
import pandas as pd
import pytest
from made_runs import at, outages, roster, run, settings

from reporter.errors import SettingsError
from reporter.pipeline.assemble.inputs import read_for_question
from reporter.rules.law import REGISTER
from reporter.settings import DutiesSettings, RosterSettings, Settings, refuse_alike

PEOPLE = [("01", "Ana Bel", "Ops", "", "ON", "Study permit", "2026-09-15")]
DOWN = {"services": "gckey", "began_at": "2026-09-15T12:00:00Z", "ended_at": "2026-09-15T18:00:00Z"}


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_question_finds_what_the_run_finds(tmp_path):
    """Examined as they are, the inputs give the findings of the run."""
    people, record = roster(tmp_path / "staff.csv", PEOPLE), outages(tmp_path / "o.json", [DOWN])
    told = run(tmp_path, [people], [record]).told.office.findings
    found = read_for_question(settings(tmp_path, [people], [record]), at()).findings()

    pd.testing.assert_frame_equal(
        told[["person_id", "level", "rule", "lost_24h"]].astype({"level": "str", "rule": "str"}),
        found[["person_id", "level", "rule", "lost_24h"]].astype({"level": "str", "rule": "str"}),
    )


def test_a_question_makes_no_store(tmp_path):
    """Where no run was made before, no database comes to be."""
    people = roster(tmp_path / "staff.csv", PEOPLE)
    read_for_question(settings(tmp_path, [people]), at())

    assert {"staff.csv"} == {path.name for path in tmp_path.iterdir()}


def test_a_question_changes_no_byte_of_the_store(tmp_path):
    """After a run, a question leaves every file as it stands."""
    people = roster(tmp_path / "staff.csv", PEOPLE)
    run(tmp_path, [people])
    before = files(tmp_path)
    read_for_question(settings(tmp_path, [people]), at()).findings()

    assert before == files(tmp_path)


def test_the_register_of_the_law_is_an_input_and_makes_another_run(tmp_path):
    """What the report says of the law beside its rules comes from it, so the same id would be of another report."""
    people = roster(tmp_path / "staff.csv", PEOPLE)
    known = settings(tmp_path, [people])
    before = read_for_question(known, at()).gathered.inputs
    known.register_path.write_text("\t".join(REGISTER) + "\n", "utf-8")
    after = read_for_question(known, at()).gathered.inputs

    assert [known.register_path.name] == [name for name, _ in set(after) - set(before)]


@pytest.mark.parametrize(
    ("paths", "what"),
    [
        (["law/staff.csv", "arts/staff.csv"], "roster\\[1\\].path: staff.csv is the name of another file"),
        (["law/staff-*.csv", "arts/staff-1.csv"], "roster\\[1\\].path: staff-1.csv is the name of another file"),
        (["law", "arts/law"], "roster\\[1\\].path: law is the name of another file"),
        (["law/staff.csv", "arts/../law/staff.csv"], "roster\\[1\\].path: staff.csv is named here and by roster"),
        (["law/staff.csv"], "duties\\[0\\].path: staff.csv is the name of another file"),
    ],
)
def test_two_files_of_one_name_are_refused(tmp_path, paths, what):
    """A row goes by the name of its file: those of the second would go to the readers of the first."""
    for name in ("law/staff.csv", "arts/staff.csv", "law/staff-1.csv", "arts/staff-1.csv", "arts/law/a.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        roster(tmp_path / name, PEOPLE)
    duties = (DutiesSettings("arts/staff.csv"),) if len(paths) == 1 else ()
    known = Settings(folder=str(tmp_path), roster=tuple(map(RosterSettings, paths)), duties=duties)

    with pytest.raises(SettingsError, match=what):
        refuse_alike(known)


def test_two_sheets_of_one_workbook_are_two_rosters(tmp_path):
    """Where each names its sheet; a sheet of duties may stand in the workbook of people."""
    sheets = tuple(RosterSettings("staff.xlsx", sheet=name) for name in ("North", "South"))
    known = Settings(folder=str(tmp_path), roster=sheets, duties=(DutiesSettings("staff.xlsx", sheet="Duties"),))
    refuse_alike(known)

    with pytest.raises(SettingsError, match="each row would count twice"):
        refuse_alike(msgspec.structs.replace(known, roster=(*sheets, RosterSettings("staff.xlsx"))))
