"""The cases an officer can write: who, when, what went down, and what the report must say."""

import tomllib
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from makers import RULEBOOK, findings, instant, one, outages, receipts, roster

NAMED = {
    f"{path.stem}: {case['name']}": case
    for path in sorted((Path(__file__).parent.parent / "cases").glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
}
NUMBERS = {"left_hours", "lost_24h", "lost_72h", "lost_hours", "usable_hours", "usable_hours_worst", "left_days"}


def as_row(name, person):
    dates = {field: pd.Timestamp(value) for field, value in person.items() if field.endswith("_on")}
    instants = [receipts(field, value) for field, value in person.items() if field.endswith("_at")]
    return {**person, **dates, **{name: at for receipt in instants for name, at in receipt.items()}, "person_id": name}


def scene(case):
    """When it is and what is down: cases that share it are judged together."""
    return case["as_of"].isoformat(), repr(case.get("outage", []))


@cache
def judged(as_of, down):
    """The findings of every case of one scene; each case has a person, or several rows of one, of its own."""
    cases = {name: case for name, case in NAMED.items() if scene(case) == (as_of, down)}
    people = [
        as_row(name, person) for name, case in cases.items() for person in case.get("people", [case.get("person", {})])
    ]
    rows = next(iter(cases.values())).get("outage", [])
    record = [{k: v.isoformat() if k.endswith("_at") else v for k, v in row.items()} for row in rows]
    return findings(roster(people), outages(record), instant(as_of))


@pytest.mark.parametrize("name", list(NAMED))
def test_case(name):
    """The report says what the officer expects."""
    case = NAMED[name]
    whole = judged(*scene(case))
    found = whole[whole["person_id"] == name]
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


def test_every_judgement_has_a_case_that_raises_it():
    """Each risk of the rulebook decides in a case, or stands beside the one that does."""
    raised = set()
    for case in NAMED.values():
        expects = case["expects"]
        raised |= {expects.get("rule"), *expects.get("also", "").split(";"), *expects.get("also_has", [])}

    assert set() == {risk.id for risk in RULEBOOK.risks} - raised


def test_every_judgement_has_a_case_that_just_does_not_raise_it():
    """Each risk of the rulebook is spared by name in a case."""
    spared = {name for case in NAMED.values() for name in case["expects"].get("spares", [])}

    assert set() == {risk.id for risk in RULEBOOK.risks} - spared


def test_every_deadline_has_a_case_on_three_days():
    """Each kind of duty stands in at least three cases: before its last day, on it, and after it."""
    days = {}
    for case in NAMED.values():
        days.setdefault(case["expects"]["deadline"], set()).add(case["as_of"].date())

    assert [] == [key for key in RULEBOOK.deadlines if len(days.get(key, ())) < 3]
