"""The cases an officer can write: who, when, what went down, and what the report must say."""

import tomllib
from datetime import UTC
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from makers import EMPTY, RULEBOOK, instant, judged, outages, receipts, roster

from reporter.engine.due import Basis, authorized_stays, dated_duties, duties_at, is_dated_anew

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
    return case["as_of"].astimezone(UTC).isoformat(), repr(case.get("outage", []))


@cache
def dated(day):
    """Every case's duties with their dates, which are the same on every `day`, unless a rule goes by that of a filing.

    Each case has a person, or several rows of one, of its own.
    """
    people = [
        as_row(name, person) for name, case in NAMED.items() for person in case.get("people", [case.get("person", {})])
    ]
    return dated_duties(authorized_stays(roster(people), RULEBOOK), Basis(RULEBOOK, day))


@cache
def found_in(as_of, down):
    """The findings of every case of one scene."""
    cases = {name: case for name, case in NAMED.items() if scene(case) == (as_of, down)}
    rows = next(iter(cases.values())).get("outage", [])
    record = [{k: v.isoformat() if k.endswith("_at") else v for k, v in row.items()} for row in rows]
    at = instant(as_of)
    due = dated(at if is_dated_anew(RULEBOOK) else next(iter(NAMED.values()))["as_of"])
    here = due[due["person_id"].isin(cases)].reset_index(drop=True)
    return judged(duties_at(here, at), outages(record), at)


def faults(case, found):
    """What the report says otherwise than the officer expects."""
    expects = dict(case["expects"])
    deadline = expects.pop("deadline")
    rows = found[found["deadline"] == deadline]
    if expects.pop("absent", False) or len(rows) != 1:
        is_right = not len(rows) and "absent" in case["expects"]
        return [] if is_right else [f"{len(rows)} findings of {deadline}, among {[*found['deadline']]}"]
    row = rows.iloc[0]
    holds = {row["rule"], *row["also"].split(";")}
    wrong = [f"{one} does not hold" for one in expects.pop("also_has", []) if one not in holds]
    wrong += [f"{one} holds" for one in expects.pop("spares", []) if one in holds]
    told = {field: instant(value.isoformat()) if field.endswith("_at") else value for field, value in expects.items()}
    wrong += [
        f"{field} is {row[field]}, not {value}"
        for field, value in told.items()
        if not (abs(row[field] - value) <= 0.005 if field in NUMBERS else row[field] == value)
    ]
    return wrong


@pytest.mark.parametrize("file", sorted({name.partition(":")[0] for name in NAMED}))
def test_every_case_of_a_file_holds(file):
    """The report says what the officer expects; each case that fails is named, with what is said instead."""
    cases = {name: case for name, case in NAMED.items() if name.startswith(f"{file}:")}
    by_person = {key: dict(list(found_in(*key).groupby("person_id"))) for key in {*map(scene, cases.values())}}
    told = {name: faults(case, by_person[scene(case)].get(name, EMPTY)) for name, case in cases.items()}

    assert {} == {name: wrong for name, wrong in told.items() if wrong}


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
