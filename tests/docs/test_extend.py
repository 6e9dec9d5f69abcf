"""docs/extend.md, "Add a deadline kind": what the page says is done to a copy of the program, and works there."""

import csv
import json
import re

import pytest
from extending import PAGE, ROOT, answers, copy_of_the_program, python

CASES = re.search(r"<!-- cases -->\n```toml\n(.*?)```", PAGE, re.DOTALL)[1]
WALK = """
import sys, tomllib
import pandas as pd
sys.path.append(sys.argv[1])
from makers import findings, instant, one, outages, roster
for case in tomllib.loads(sys.argv[2])["case"]:
    person = {key: pd.Timestamp(value) if key.endswith("_on") else value for key, value in case["person"].items()}
    found = findings(roster([{**person, "person_id": "a"}]), outages([]), instant(case["as_of"].isoformat()))
    row = one(found, case["expects"]["deadline"])
    print({name: row[name] for name in case["expects"]} == case["expects"])
"""
ROSTER = (
    "Employee ID,Permit type,Work permit expiry,Provincial nomination expiry\nA1,Work permit,2027-08-31,2026-09-20\n"
)
AT = ("--as-of", "2026-09-14T12:00Z")
TITLES = {"en": "End of the provincial nomination", "fr": "Fin de la désignation provinciale"}


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the program with the entry of the page and the column that it counts from, and a roster."""
    home = copy_of_the_program(tmp_path_factory.mktemp("deadline"), "Add a deadline kind")
    (home / "people.csv").write_text(ROSTER, "utf-8")
    return home


@pytest.fixture(scope="module")
def told(extended):
    """What the extended program reads of the roster; and, by language, what a run says and what who asks is told."""
    asked = [["check", "people.csv", "--json"]]
    for language in TITLES:
        known = ["--roster", "people.csv", *AT, "--lang", language]
        asked += [["run", *known, "--out", f"told-{language}", "--no-deliver"], ["explain", "A1", *known]]
    checked, *rest = answers(extended, *asked)
    return checked, dict(zip(TITLES, zip(rest[::2], rest[1::2], strict=True), strict=True))


def test_each_case_of_the_page_holds(extended):
    """The day before, the day, the day after."""
    walked = python(extended, "-c", WALK, str(ROOT / "tests"), CASES)

    assert ["True"] * 3 == walked.stdout.split(), walked.stderr


def test_a_heading_of_the_new_document_is_read(told):
    """As the end of that document."""
    (_, checked, _), _ = told

    assert "Provincial nomination expiry" == json.loads(checked)["mapping"]["nomination_expires_on"]


@pytest.mark.parametrize(("language", "title"), TITLES.items())
def test_the_new_duty_is_judged_and_told(extended, told, language, title):
    """In the findings, in the mail, and when somebody asks why."""
    (_, _, fault), (_, explained, _) = told[1][language]
    home = extended / f"told-{language}"
    rows = csv.DictReader((home / "findings.csv").read_text("utf-8").splitlines())
    mails = "".join(path.read_text("utf-8") for path in (home / "digests").glob("*.txt"))

    assert "medium" == {row["deadline"]: row["level"] for row in rows}["nomination-end"], fault
    assert (True, True) == (title in " ".join(mails.split()), title in " ".join(explained.split()))
