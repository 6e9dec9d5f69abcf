"""One question asked everywhere, of every way a duty can end: how did it end, and can it still be filed?"""

import csv
import re

import made_runs
import openpyxl
import pandas as pd
import pytest

from reporter.pipeline.assemble.inputs import read_for_question
from reporter.pipeline.questions.explain import cards_of
from reporter.pipeline.questions.history import history_of
from reporter.pipeline.questions.trials import invented_outage, replay_weeks, run_stress, weeks, what_if
from reporter.pipeline.upkeep.annotate import annotate
from reporter.report.mail.rows import AskedAt, standing_of
from reporter.rules.wording import tell
from reporter.settings import OfficeSettings, RecipientSettings
from reporter.store.database import open_store
from reporter.text.catalogue import words

PAST, AHEAD, EARLY = "2026-08-28", "2026-09-16", "2026-08-20T16:00:00Z"
HEADER = (*made_runs.HEADER, "Application filed on", "Application kind", "Application outcome", "Decided on")
# id: last day, filing; how it ended; what payroll, the sheet of everyone and a test of the past make of it
CASES = {
    "A1": ((PAST, "2026-08-28T23:59:00Z", "extension", "pending", ""), "in_time", None, "yes", "filed"),
    "A2": ((PAST, "2026-08-29T00:00:00Z", "extension", "pending", ""), "late", "after the last day", "late", "missed"),
    "A3": ((PAST, "2026-08-29T00:00:00Z", "extension", "approved", "2026-09-04"), "late", "after", "late", "missed"),
    "A4": ((PAST, PAST, "extension", "pending", ""), "in_doubt", "may not settle", "in doubt", "untold"),
    "A5": ((PAST, EARLY, "visitor record", "pending", ""), "in_doubt", "may not settle", "in doubt", "untold"),
    "A6": ((PAST, EARLY, "extension", "refused", "2026-09-04"), "refused", "a refusal", "refused", "filed"),
    "A7": ((PAST, EARLY, "extension", "refused", PAST), "refused_early", "was refused", "refused", "missed"),
    "A8": ((AHEAD, EARLY, "extension", "refused", PAST), "refused_early", "was refused", "refused", None),
    "A9": ((PAST, EARLY, "extension", "returned", ""), "returned", "as returned", "returned", "missed"),
    "B1": ((AHEAD, EARLY, "extension", "returned", ""), "returned", "as returned", "returned", None),
    "B2": ((PAST, "", "", "", ""), "missed", "no filing is recorded", "no", "missed"),
    "B3": ((AHEAD, "", "", "", ""), "open", "no filing is recorded yet", "no", None),
    "B4": ((PAST, "last week", "extension", "pending", ""), "", None, None, None),  # set aside: nowhere, and said to be
}  # fmt: skip
ENDED = {who: ending for who, (_, ending, *_) in CASES.items() if ending}
TO_FILE = {"A8", "B1", "B3"}
DUTY, TITLE = "work-permit-renewal", "Work permit extension"
BRIEF = words("brief", "fr")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One report to the office, to payroll and to a manager; and its folder."""
    home = tmp_path_factory.mktemp("answers")
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for who, (facts, *_) in CASES.items():
        book.active.append([who, f"Person Invented{who}", "Lab", "hr@example.org", "ON", "Work permit", *facts])
    book.save(home / "staff.xlsx")
    readers = tuple(
        RecipientSettings(address=f"{role}@example.org", role=role) for role in ("payroll", "people_manager")
    )
    more = {"office": OfficeSettings(address="office@example.org"), "recipients": readers}
    made_runs.run(home, [home / "staff.xlsx"], **more)
    return made_runs.settings(home, [home / "staff.xlsx"], **more), home / "out"


@pytest.fixture(scope="module")
def inputs(office):
    return read_for_question(office[0], made_runs.at())


def text_of(out, name):
    (path,) = (out / "digests").glob(f"{name}*.txt")
    return path.read_text("utf-8")


def test_the_column_that_all_others_read(office):
    """Every duty has the ending of the table; of a row set aside there is none."""
    with (office[1] / "findings.csv").open(encoding="utf-8") as file:
        found = {row["person_id"]: row["disposition"] for row in csv.DictReader(file) if row["deadline"] == DUTY}

    assert ENDED == found


def test_payroll_and_a_manager_are_reassured_by_nothing_else(office):
    """Whoever did not file in time is listed; each line but that of an open date asks for the office first."""
    told = {
        entry.split(" ", 1)[0]: " ".join(entry.split()) for entry in text_of(office[1], "payroll").split("\n* ")[1:]
    }
    listed = {who: words for who, (_, _, words, *_) in CASES.items() if words}
    manager = text_of(office[1], "people-manager")

    assert set(listed) == set(told)
    assert not [who for who, words in listed.items() if words not in told[who]]
    assert {"B3"} == {who for who, said in told.items() if "ask the office before" not in said}
    assert set(listed) == set(re.findall(r"Invented(\w\d)", manager))
    assert all("le bureau avant" in w for name, w in BRIEF.items() if re.match("stands_(?!in_time|open)", name))
    assert all("no all-clear" in text and "1 set aside" in text for text in (text_of(office[1], "payroll"), manager))


def test_the_sheet_of_everyone_says_yes_of_a_filing_in_time_alone(office):
    """By the worst duty of each person, where that is this one."""
    rows = list(openpyxl.load_workbook(office[1] / "risk.xlsx")["Everyone"].iter_rows(values_only=True))
    head = next(row for row in rows if row and "Filing recorded" in row)
    who, filed = head.index("Person id"), head.index("Filing recorded")
    said = {row[who]: row[filed] for row in rows if TITLE in row}

    assert said
    assert said == {who: CASES[who][3] for who in said}


def test_what_can_still_be_filed_is_the_same_everywhere(office, inputs):
    """Calendar, annotated copy, first screens, an invented outage and the worst moments name these people alone."""
    known, out = office
    feed = (out / "calendar.ics").read_text("utf-8").replace("\r\n ", "")
    events = [event for event in feed.split("BEGIN:VEVENT")[1:] if f"SUMMARY:High: {TITLE}" in event]
    copy = openpyxl.load_workbook(annotate(known, known.roster[0], made_runs.at()).path).active
    head, *rows = copy.iter_rows(values_only=True)
    before = {row[0]: row[head.index("reporter: file before")] for row in rows if TITLE in str(row)}
    asked = invented_outage(
        ("ircc_secure_account",), made_runs.at(f"{AHEAD}T20:00:00Z"), pd.Timedelta(hours=6), "unplanned"
    )
    moved = what_if(inputs, asked, "en").moved
    stress = run_stress(inputs, (), (6.0,), days=10, step=pd.Timedelta(hours=6), kind="unplanned")
    findings = inputs.findings()
    told = tell(findings, inputs.gathered.roster, inputs.rulebook, "en")
    every = told.assign(**{name: findings[name] for name in findings if name not in told}).to_dict("records")
    said = {row["person_id"]: standing_of(row, AT) for row in every if row["deadline"] == DUTY}

    assert TO_FILE == {re.search(r"Person (\w\d)", event)[1] for event in events}
    assert TO_FILE == {who for who, hour in before.items() if hour}
    assert TO_FILE == set(moved.loc[moved["deadline"] == DUTY, "person_id"])
    assert TO_FILE == set(stress.touched(6.0, stress.worst(6.0, 1)["began_at"].iloc[0])["closing"])
    assert TO_FILE == {who for who, line in said.items() if "file before Wednesday" in line}


AT = AskedAt(made_runs.at(), "America/Toronto", "en")


def test_a_test_of_the_past_counts_a_warning_by_the_same_ending(inputs):
    """What is returned has no day, and is known today: it was told as filed in time."""
    last = made_runs.at()
    ends = replay_weeks(inputs, weeks(last - pd.Timedelta(weeks=3), last)).outcomes
    ends = ends[ends["deadline"] == DUTY].set_index("person_id")["outcome"].astype("str").to_dict()

    assert {who: state for who, (*_, state) in CASES.items() if state} == ends


def test_a_row_set_aside_is_told_by_every_question_about_the_person(office):
    """A past without reports is no past without a doubt."""
    known, _ = office
    store = open_store(known.store_url)
    past = history_of(store, known, "B4", made_runs.at())
    store.close()
    (card,) = cards_of(known, made_runs.at(), "B4").cards

    assert (0, 1) == (len(past.weeks), past.rows_set_aside)
    assert ("critical", {}) == (card.worst, card.finding)


def test_a_day_alone_has_no_hour_in_any_sentence(office):
    """Nor beside another duty, to which that filing is no answer."""
    with (office[1] / "findings.csv").open(encoding="utf-8") as file:
        said = [row["reason"] for row in csv.DictReader(file) if row["person_id"] == "A4"]

    assert len(said) > 1
    assert all("hour not recorded" in reason and "UTC) asks" not in reason for reason in said)
