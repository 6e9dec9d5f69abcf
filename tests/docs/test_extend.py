"""docs/extend.md, "Add a deadline kind": what the page says is done to a copy of the program, and works there."""

import csv
import json
import re

import pytest
from extending import PAGE, ROOT, ask, copy_of_the_program, python

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


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the program with the entry of the page and the column that it counts from, and a roster."""
    home = copy_of_the_program(tmp_path_factory.mktemp("deadline"), "Add a deadline kind")
    (home / "people.csv").write_text(ROSTER, "utf-8")
    return home


def test_each_case_of_the_page_holds(extended):
    """The day before, the day, the day after."""
    walked = python(extended, "-c", WALK, str(ROOT / "tests"), CASES)

    assert ["True"] * 3 == walked.stdout.split(), walked.stderr


def test_a_heading_of_the_new_document_is_read(extended):
    """As the end of that document."""
    checked = ask(extended, "check", "people.csv", "--json")

    assert "Provincial nomination expiry" == json.loads(checked.stdout)["mapping"]["nomination_expires_on"]


@pytest.mark.parametrize(
    ("language", "title"), [("en", "End of the provincial nomination"), ("fr", "Fin de la désignation provinciale")]
)
def test_the_new_duty_is_judged_and_told(extended, language, title):
    """In the findings, in the mail, and when somebody asks why."""
    told = f"told-{language}"
    run = ask(extended, "run", "--roster", "people.csv", *AT, "--out", told, "--lang", language, "--no-deliver")
    rows = csv.DictReader((extended / told / "findings.csv").read_text("utf-8").splitlines())
    mails = "".join(path.read_text("utf-8") for path in (extended / told / "digests").glob("*.txt"))
    asked = ask(extended, "explain", "A1", "--roster", "people.csv", *AT, "--lang", language)

    assert "medium" == {row["deadline"]: row["level"] for row in rows}["nomination-end"], run.stderr
    assert (True, True) == (title in " ".join(mails.split()), title in " ".join(asked.stdout.split()))
