"""An invented university with lifelike histories: used documents, renewals, earlier degrees, families. `make alarms`
judges it and prints how many people stand at each level, and by what: a level that nobody can act on is a defect.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
from pandas import DataFrame

from reporter.engine.downtime import information, routes
from reporter.engine.due import Basis, duties
from reporter.engine.exposure import measure
from reporter.engine.risk import judge
from reporter.model.levels import NAMES
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import OUTAGES, ROSTER
from reporter.rules.load import load_rulebook

Person = dict[str, Any]
SEED = 20260909
TODAY = date(2026, 9, 9)
AS_OF = pd.Timestamp("2026-09-09T13:00:00Z")
SIZE = 5_000
YEAR = 365
PAL_SINCE = date(2024, 1, 22)


def university(size: int, seed: int = SEED) -> DataFrame:
    """ROSTER of so many people: students for the most part, then graduates, staff and families."""
    draw = Random(seed)
    rows = [row for number in range(size) for row in _person(draw, f"U{number:05d}")]
    texts = {"date_certainty": "clear", "reading": "", "permit_expires_state": "date"}
    filled = [texts | {"source_row": f"made.xlsx!All:{n}"} | row for n, row in enumerate(rows, start=2)]
    frame = DataFrame(filled)
    for name in ROSTER.of_kind("date"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    for name in ROSTER.of_kind("instant"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name], utc=True)
    return ROSTER.cast(frame)


def _person(draw: Random, name: str) -> Iterator[Person]:
    kind = draw.choices((_student, _graduate, _employee, _couple), (70, 12, 14, 4))[0]
    yield from kind(draw, name)


def _student(draw: Random, name: str) -> Iterator[Person]:
    """A permit of two to four years on an attestation letter; one in six after an earlier degree here."""
    issued = TODAY - timedelta(days=draw.randrange(20, 3 * YEAR))
    expires = issued + timedelta(days=draw.choice((2, 3, 4)) * YEAR)
    person: Person = {
        "person_id": name,
        "permit_kind": "study",
        "permit_issued_on": issued,
        "permit_expires_on": expires,
        "pal_expires_on": date(issued.year, 12, 31) if issued >= PAL_SINCE else None,
        "medical_expires_on": issued + timedelta(days=draw.randrange(60, YEAR)),
        "passport_expires_on": expires + timedelta(days=draw.choice((0, 0, 30, 200, 900))),
        "enrolment_status": "enrolled",
    }
    if draw.random() < 0.2:
        person["caq_expires_on"] = expires
    if draw.random() < 1 / 6:
        person["completed_on"] = issued - timedelta(days=draw.randrange(40, 200))
    yield from _renewed(draw, person)


def _graduate(draw: Random, name: str) -> Iterator[Person]:
    """A post-graduation permit of up to three years, the study permit before it still on the roster for some."""
    completed = TODAY - timedelta(days=draw.randrange(100, 2 * YEAR))
    issued = completed + timedelta(days=draw.randrange(20, 90))
    if draw.random() < 0.3:
        before = {"permit_issued_on": completed - timedelta(days=2 * YEAR), "completed_on": completed}
        yield {"person_id": name, "permit_kind": "study", "permit_expires_on": issued + timedelta(days=60), **before}
    permit = {"permit_kind": "pgwp", "permit_issued_on": issued, "permit_expires_on": issued + timedelta(days=3 * YEAR)}
    yield {"person_id": name, "enrolment_status": "completed", **permit}


def _employee(draw: Random, name: str) -> Iterator[Person]:
    """A work permit issued on an assessment that ended soon after."""
    issued = TODAY - timedelta(days=draw.randrange(20, 2 * YEAR))
    expires = issued + timedelta(days=draw.choice((1, 2, 2, 3)) * YEAR)
    person: Person = {
        "person_id": name,
        "permit_kind": "work",
        "permit_issued_on": issued,
        "permit_expires_on": expires,
        "lmia_expires_on": issued + timedelta(days=draw.randrange(10, 170)),
        "sin_expires_on": expires,
    }
    yield from _renewed(draw, person)


def _couple(draw: Random, name: str) -> Iterator[Person]:
    """A worker and a spouse whose permit ends the same day, as it ordinarily does."""
    principal = next(_employee(draw, name))
    yield principal
    permit = {key: principal[key] for key in ("permit_issued_on", "permit_expires_on")}
    spouse = {"person_id": f"{name}S", "permit_kind": "work", "principal_id": name, **permit}
    for key in ("application_kind", "application_filed_at", "application_outcome"):
        if key in principal:
            spouse[key] = principal[key]
    yield spouse


def _renewed(draw: Random, person: Person) -> Iterator[Person]:
    """What most people do: apply two to three months ahead. Very few do not, and the roster shows who."""
    left = (person["permit_expires_on"] - TODAY).days
    if left < 75 and draw.random() < 0.97:
        filed = person["permit_expires_on"] - timedelta(days=draw.randrange(76, 100))
        person |= {"application_kind": "extension", "application_outcome": "pending"}
        person["application_filed_at"] = pd.Timestamp(filed, tz="UTC") + pd.Timedelta(hours=16)
        if left < -150:
            person |= {
                "permit_issued_on": person["permit_expires_on"] + timedelta(days=60),
                "application_outcome": None,
            }
            person["permit_expires_on"] = person["permit_issued_on"] + timedelta(days=2 * YEAR)
            if "passport_expires_on" in person:
                person["passport_expires_on"] = person["permit_expires_on"]
    yield person


def standing_by_rule(roster: DataFrame, rulebook: Rulebook) -> DataFrame:
    """How many people stand at each level by their worst duty, and by which judgement: level, rule, people, do."""
    due = duties(roster, Basis(rulebook, AS_OF))
    facts = measure(due, OUTAGES.empty(), routes(rulebook), AS_OF, information=information(rulebook))
    return counted(judge(due, facts, facts, rulebook), rulebook)


def counted(findings: DataFrame, rulebook: Rulebook) -> DataFrame:
    """The people of these findings, which stand worst first, by level and judgement."""
    worst = findings.drop_duplicates("person_id")
    people = worst.groupby(["level", "rule"], observed=True).size().rename("people").reset_index()
    people["level"] = pd.Categorical(people["level"], NAMES)
    does = people["rule"].astype("str").map(lambda name: rulebook.risk(name).do.en)
    return people.assign(do=does).sort_values(["level", "people"], ascending=[True, False], kind="stable")


def shown(title: str, people: DataFrame) -> None:
    """Print them, worst first, with what each is asked to do."""
    whole = people["people"].sum()
    print(f"{title}: {whole:,} people")
    for level in NAMES:
        rows = people[people["level"] == level]
        print(f"  {level:13} {rows['people'].sum():6,} people  {rows['people'].sum() / whole:6.1%}")
        for row in rows.itertuples(index=False):
            print(f"      {row.people:6,}  {row.rule:40} {row.do}")


def main(files: Sequence[str]) -> None:
    """Print the alarms of a Monday at the university, then those of each `findings.csv` named."""
    rulebook = load_rulebook()
    shown(f"an invented university, {AS_OF:%Y-%m-%d}", standing_by_rule(university(SIZE), rulebook))
    for file in files:
        shown(file, counted(pd.read_csv(file, dtype="str"), rulebook))


if __name__ == "__main__":
    main(sys.argv[1:])
