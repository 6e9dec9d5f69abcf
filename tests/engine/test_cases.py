"""The cases an officer can write: who, when, what went down, and what the report must say."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from makers import RULEBOOK, findings, instant, one, outages, roster

NAMED = {
    f"{path.stem}: {case['name']}": case
    for path in sorted((Path(__file__).parent.parent / "cases").glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
}
NUMBERS = {"left_hours", "lost_24h", "lost_72h", "lost_hours", "usable_hours", "usable_hours_worst", "left_days"}


def as_row(person):
    dates = {name: pd.Timestamp(value) for name, value in person.items() if name.endswith("_on")}
    instants = {name: instant(value.isoformat()) for name, value in person.items() if name.endswith("_at")}
    return {"person_id": "P1", **person, **dates, **instants}


@pytest.mark.parametrize("case", list(NAMED.values()), ids=list(NAMED))
def test_case(case):
    """The report says what the officer expects."""
    people = [as_row(person) for person in case.get("people", [case.get("person", {})])]
    down = [{k: v.isoformat() if k.endswith("_at") else v for k, v in row.items()} for row in case.get("outage", [])]
    found = findings(roster(people), outages(down), instant(case["as_of"].isoformat()))
    expects = dict(case["expects"])
    deadline = expects.pop("deadline")
    if expects.get("absent"):
        assert deadline not in set(found["deadline"]), case["name"]
        return
    row = one(found, deadline)
    holds = {row["rule"], *row["also"].split(";")}
    assert set(expects.pop("also_has", [])) <= holds, case["name"]
    assert not set(expects.pop("spares", [])) & holds, case["name"]
    for name, value in expects.items():
        if name in NUMBERS:
            assert value == pytest.approx(row[name], abs=0.005), (case["name"], name)
        elif name.endswith("_at"):
            assert instant(value.isoformat()) == row[name], (case["name"], name)
        else:
            assert value == row[name], (case["name"], name)


def test_every_judgement_that_needs_no_other_has_a_case():
    """Each risk of the rulebook is raised by at least one case, as the rule that decides or a note beside it."""
    raised = set()
    for case in NAMED.values():
        people = [as_row(person) for person in case.get("people", [case.get("person", {})])]
        down = [
            {k: v.isoformat() if k.endswith("_at") else v for k, v in row.items()} for row in case.get("outage", [])
        ]
        found = findings(roster(people), outages(down), instant(case["as_of"].isoformat()))
        raised |= set(found["rule"]) | {name for names in found["also"] for name in names.split(";")}

    assert set() == {risk.id for risk in RULEBOOK.risks} - raised


def test_every_deadline_has_a_case():
    """Each kind of duty stands in at least one case."""
    named = {case["expects"]["deadline"] for case in NAMED.values()}

    assert set() == set(RULEBOOK.deadlines) - named
