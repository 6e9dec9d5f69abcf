"""A run with a sheet of the institution's own duties: told like people's, and never counted as one of them."""

import csv
import json
from email import message_from_bytes, policy
from io import BytesIO

import openpyxl
import pytest
from made_runs import at, outages, roster, run, settings

from reporter.errors import Exit
from reporter.pipeline.questions.explain import explain
from reporter.settings import DutiesSettings, OfficeSettings

PEOPLE = [
    ("0017", "Ana Bel", "Robotics", "hr1@example.org", "ON", "Study permit", "2026-09-15"),
    ("0018", "Bo Chen", "Robotics", "office@example.org", "BC", "Work permit", "2026-09-30"),
]
SHEET = """Duty ID,Kind,Sent on,Done at
R-1,Compliance report,2026-07-15,
C-1,Correction,2026-08-20,
X-1,Audit,2026-08-20,
"""
DOWN = {"services": "dli_portal", "began_at": "2026-09-09T08:00Z", "ended_at": None, "status": "ongoing"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("outcome")
    (tmp_path / "duties.csv").write_text(SHEET, "utf-8")
    known = DutiesSettings(path=str(tmp_path / "duties.csv"))
    files = [roster(tmp_path / "staff.csv", PEOPLE)], [outages(tmp_path / "record.json", [DOWN])]
    return run(tmp_path, *files, duties=(known,), office=OfficeSettings(address="office@example.org"))


def sheet_names(mail):
    """The sheets of the workbook that a mail carries."""
    parts = message_from_bytes(mail, policy=policy.default).iter_attachments()
    book = next(part for part in parts if part.get_filename().endswith(".xlsx"))
    return openpyxl.load_workbook(BytesIO(book.get_content())).sheetnames


def test_the_duties_have_a_file_and_an_account_of_their_own(outcome):
    """duties.csv has the columns of findings.csv, worst first; the manifest balances their rows."""
    with (outcome.folder / "duties.csv").open(newline="", encoding="utf-8") as file:
        found = [(row["person_id"], row["level"], row["rule"]) for row in csv.DictReader(file)]
    account = json.loads((outcome.folder / "manifest.json").read_text("utf-8"))["duties"]

    assert [("C-1", "critical", "own-missed"), ("R-1", "high", "own-portal-down")] == found
    assert {"rows_read": 3, "rows_assessed": 2, "rows_set_aside": 1, "rows_excluded": 0, "findings": 2} == account


def test_a_duty_is_nobody(outcome):
    """People, rows and levels are counted as if there were no sheet of duties."""
    listed = outcome.manifest

    assert (2, 2, 0) == (listed["people"], listed["rows_read"], listed["rows_set_aside"])
    assert 2 == sum(listed["people_by_level"].values())


def test_an_outage_that_only_a_duty_relies_on_is_listed(outcome):
    """The portal of the schools is no part of anybody's route, and is told all the same."""
    assert ["o0"] == outcome.manifest["outages_used"]


def test_a_duty_without_a_contact_is_the_offices(outcome):
    """The sheet stands in the office's workbook and in its digest's; another contact's has none."""
    mails = {path.stem: path.read_bytes() for path in (outcome.folder / "digests").glob("*.eml")}
    seen = {name.partition("-")[0] for name, mail in mails.items() if "Duties" in sheet_names(mail)}

    assert "Duties" in openpyxl.load_workbook(outcome.folder / "risk.xlsx").sheetnames
    assert 2 == len(mails)
    assert {"office"} == seen


ROUTED = """Duty ID,Kind,Sent on,Due on,Unit,Contact email
C-1,Correction,2026-08-20,,Registrar,law@example.org
0017,Compliance report,2026-07-15,,Registrar,hr1@example.org
L-9,LMIA,,2026-12-30,Registrar,law@example.org
"""


@pytest.fixture(scope="module")
def routed(tmp_path_factory):
    """Duties with contacts: one who has nobody's row, and one who has a person of the very same id."""
    tmp_path = tmp_path_factory.mktemp("routed")
    (tmp_path / "duties.csv").write_text(ROUTED, "utf-8")
    known = DutiesSettings(path=str(tmp_path / "duties.csv"))
    files = [roster(tmp_path / "staff.csv", PEOPLE)], [outages(tmp_path / "record.json", [DOWN])]
    return run(tmp_path, *files, duties=(known,), office=OfficeSettings(address="office@example.org"))


def mails(outcome):
    """The text and the workbook of each mail, by address."""
    parsed = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in outcome.folder.rglob("*.eml")]
    return {
        mail["To"]: (mail, mail.get_body(("plain",)).get_content(), sheet_names(mail.as_bytes())) for mail in parsed
    }


def test_a_duty_goes_to_its_contact_and_to_nobody_else(routed):
    """In the body and on the sheet of duties; the office, which hears of everything, has it too."""
    told = mails(routed)

    assert {"law@example.org", "hr1@example.org", "office@example.org"} == set(told)
    assert set(told) == {to for to, (_, _, names) in told.items() if "Duties" in names}
    assert {"law@example.org", "office@example.org"} == {to for to, (_, text, _) in told.items() if "C-1" in text}


def test_who_has_duties_alone_is_no_farewell(routed):
    """The mail says how the duties stand, and nothing of people that are not there."""
    mail, text, _ = mails(routed)["law@example.org"]

    assert "1 duty of the institution at risk" in mail["Subject"]
    assert "1 duty of the institution is critical." in text
    assert "Out of" not in text
    assert "2 read = 2 assessed" in text


def test_a_week_with_a_duty_at_risk_is_not_quiet(tmp_path):
    """Nobody is at risk, and neither the subject nor the headline of the office's mail says that all is well."""
    (tmp_path / "duties.csv").write_text(SHEET, "utf-8")
    calm = [("0018", "Bo Chen", "Robotics", "office@example.org", "BC", "Work permit", "2029-09-30")]
    found = run(
        tmp_path,
        [roster(tmp_path / "staff.csv", calm)],
        [outages(tmp_path / "record.json", [])],
        duties=(DutiesSettings(path=str(tmp_path / "duties.csv")),),
        office=OfficeSettings(address="office@example.org"),
    )
    mail, text, _ = mails(found)["office@example.org"]

    assert "2 duties of the institution at risk" in mail["Subject"]
    assert "1 person was assessed and was not found at risk." in " ".join(text.split())
    assert "quiet" not in text


def test_a_duty_with_the_id_of_a_person_takes_nothing_of_theirs(routed):
    """Two people are counted, each at their own level, and the duty bears no name."""
    rows = list(openpyxl.load_workbook(routed.folder / "risk.xlsx")["At risk"].iter_rows(values_only=True))
    same = {row[7]: row[1] for row in rows if row[2] == "0017"}

    assert (2, 2) == (routed.manifest["people"], sum(routed.manifest["people_by_level"].values()))
    assert {"Ana Bel", None} == {name or None for name in same.values()}
    assert 2 == len(same)


def test_a_duty_is_compared_with_the_last_run(tmp_path):
    """A correction whose last day goes by is worse for its contact, and time alone made it so."""
    (tmp_path / "duties.csv").write_text("Duty ID,Kind,Sent on\nC-1,Correction,2026-08-28\n", "utf-8")
    more = {"duties": (DutiesSettings(path=str(tmp_path / "duties.csv")),)}
    files = [roster(tmp_path / "staff.csv", PEOPLE)], [outages(tmp_path / "record.json", [])]
    run(tmp_path, *files, as_of="2026-09-02T13:00:00Z", **more)
    second = run(tmp_path, *files, **more).told.office
    ours = second.changes[second.changes["holder"] == "institution"]

    assert [("C-1", "worse", "high", "critical")] == list(
        ours[["person_id", "change", "was_level", "level"]].itertuples(index=False, name=None)
    )
    assert [0] == second.causes.loc[ours.index, "by_start"].tolist()
    assert (second.causes.loc[ours.index, "by_time"] > 0).all()


def test_a_duty_is_explained_by_its_id(tmp_path):
    """From its own cells, by its own rules; done in time, it would be at no level."""
    (tmp_path / "duties.csv").write_text(SHEET, "utf-8")
    known = settings(
        tmp_path,
        [roster(tmp_path / "staff.csv", PEOPLE)],
        duties=(DutiesSettings(path=str(tmp_path / "duties.csv")),),
    )
    (part,) = explain(known, at(), "c-1").parts
    steps = {(step.what, step.source) for step in part.steps}

    assert {("cell", "duties.csv!C3"), ("judgement", "duties.toml: own-missed")} <= steps
    assert ["none", "high"] == [answer.level for answer in part.otherwise if answer.change.startswith("filed")]


def test_a_row_set_aside_is_told_on_the_sheet_of_rows_set_aside(outcome):
    """It names its cell and no person."""
    cells = list(openpyxl.load_workbook(outcome.folder / "risk.xlsx")["To correct"].iter_rows(values_only=True))

    assert [("duties.csv", "B4")] == [(row[1], row[3]) for row in cells if row[6] == "Audit"]


def test_a_sheet_that_cannot_be_read_or_has_no_good_row_costs_only_itself(tmp_path):
    """The people are reported, the exit code says that a sheet could not be read, and the other has its account."""
    (tmp_path / "none.csv").write_text("a,b\n1,2\n", "utf-8")
    (tmp_path / "bad.csv").write_text("Duty ID,Kind,Sent on\nX,Audit,2026-09-01\n", "utf-8")
    people = [roster(tmp_path / "staff.csv", PEOPLE)]
    found = [
        run(tmp_path, people, duties=(DutiesSettings(path=str(tmp_path / name)),)) for name in ("none.csv", "bad.csv")
    ]

    assert [Exit.INPUT, Exit.DONE] == [one.exit_code for one in found]
    assert [2, 2] == [one.manifest["people"] for one in found]
    assert (None, 1) == (found[0].manifest["duties"], found[1].manifest["duties"]["rows_set_aside"])
