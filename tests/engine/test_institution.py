"""The institution's own duties: the cases an officer can write, and that each has its line of law."""

import tomllib
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from makers import RULEBOOK, instant, outages, receipts, roster
from makers import findings as one_of_people
from pandas import DataFrame, DatetimeIndex

from reporter.engine.downtime import information, routes
from reporter.engine.exposure import measure
from reporter.engine.institution import institution_duties
from reporter.engine.risk import judge, together
from reporter.model.shapes import FINDINGS, OWN, ROSTER
from reporter.rules.wording import cite_text, tell

OURS = RULEBOOK.institution
CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "own" / "duties.toml").read_text("utf-8"))["case"]
NAMED = {case["name"]: case for case in CASES}
NUMBERS = {"left_hours", "left_days", "lost_24h", "planned_72h"}


def own(rows):
    """An OWN frame of these duties."""
    known = [{"duty_id": f"D{n}", "source_row": f"duties.csv!:{n}", **row} for n, row in enumerate(rows, start=2)]
    return OWN.cast(DataFrame(known))


def findings(rows, record, as_of):
    ways, informing = routes(OURS), information(OURS)
    due = institution_duties(rows, OURS, instant(as_of), holidays=DatetimeIndex([]), office_zone="America/Toronto")
    facts = measure(due, record, ways, instant(as_of), information=informing)
    return judge(due, facts, facts, OURS)


def scene(case):
    """When it is and what is down: cases that share it are judged together."""
    return case["as_of"].isoformat(), repr(case.get("outage", []))


def as_duty(name, duty):
    """The duty of a case as a row of OWN, by the name of the case."""
    dates = {field: pd.Timestamp(value) for field, value in duty.items() if field.endswith("_on")}
    instants = [receipts(field, value) for field, value in duty.items() if field.endswith("_at")]
    return {**duty, **dates, **{name: at for receipt in instants for name, at in receipt.items()}, "duty_id": name}


@cache
def judged(as_of, down):
    """What is found of every case of one scene, by name."""
    cases = {name: case for name, case in NAMED.items() if scene(case) == (as_of, down)}
    rows = next(iter(cases.values())).get("outage", [])
    record = [{k: v.isoformat() if k.endswith("_at") else v for k, v in row.items()} for row in rows]
    duties = own(as_duty(name, case["duty"]) for name, case in cases.items())
    return findings(duties, outages(record), as_of).set_index("person_id")


def of_case(name):
    """What is found of a case's one duty."""
    return judged(*scene(NAMED[name])).loc[name]


@pytest.mark.parametrize("name", list(NAMED))
def test_own_case(name):
    """The report says of the institution's duty what the officer expects."""
    row = of_case(name)
    for fact, value in NAMED[name]["expects"].items():
        if fact in NUMBERS:
            assert value == pytest.approx(row[fact], abs=0.005), fact
        elif fact.endswith("_at"):
            assert instant(value.isoformat()) == row[fact], fact
        else:
            assert (pd.Timestamp(value) if fact.endswith("_on") else value) == row[fact], fact


def test_every_own_judgement_has_a_case():
    """Each judgement of duties.toml is raised by a case, as the rule that decides."""
    raised = {of_case(name)["rule"] for name in NAMED}

    assert set() == {risk.id for risk in OURS.risks if not risk.is_note} - raised


def test_every_own_duty_has_three_cases():
    """The day before, of and after stand in the cases of each kind."""
    counted = pd.Series([case["duty"]["kind"] for case in CASES]).value_counts()

    assert set() == {name for name in OURS.deadlines if counted.get(name, 0) < 3}


def test_the_order_of_the_sheet_does_not_matter():
    """The same duties in another order give the same findings."""
    rows = [
        {"duty_id": f"D{n}", "kind": kind, "sent_on": pd.Timestamp("2026-09-01"), "due_on": pd.Timestamp("2026-09-30")}
        for n, kind in enumerate(OURS.deadlines)
    ]
    known = [row | {"source_row": f"d.csv!:{n}"} for n, row in enumerate(rows)]
    straight = findings(own(known), outages([]), "2026-09-20T12:00Z")
    turned = findings(own(known[::-1]), outages([]), "2026-09-20T12:00Z")

    pd.testing.assert_frame_equal(straight.astype("object"), turned.astype("object"))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("kind", "route"),
    [
        ("dli-acceptance-confirmation", "222.1(2)"),
        ("dli-compliance-report", "222.1(2)"),
        ("dli-finding-reply", "222.4(2)"),
        ("employer-finding-reply", "209.3(3)"),
        ("employer-offer", "200(3)"),
    ],
)
def test_a_missed_duty_names_what_the_law_offers(kind, route, language):
    """The step of a missed duty names the provision for a failure of infrastructure, the cite the duty's own."""
    day = pd.Timestamp("2026-06-01")
    rows = own([{"kind": kind, "sent_on": day, "due_on": day}])
    told = tell(findings(rows, outages([]), "2026-09-20T12:00Z"), ROSTER.cast(rows), OURS, language).iloc[0]

    assert route in told["reason"]
    assert cite_text(OURS.deadlines[kind].in_force[-1].cite, language) == told["cite"]


def test_people_and_institution_stand_in_one_order():
    """Worst first, whoever has the duty; every label is as it was in its own frame, also beside an empty one."""
    dated = {"person_id": "1", "permit_kind": "work", "permit_expires_on": pd.Timestamp("2026-09-30")}
    people = one_of_people(roster([dated]), outages([]), "2026-09-20T12:00Z")
    missed = own([{"kind": "dli-correction", "sent_on": pd.Timestamp("2026-08-01")}])
    ours = findings(missed, outages([]), "2026-09-20T12:00Z")
    both = together(people, ours)

    assert [("D2", "institution"), ("1", "person")] == list(zip(both["person_id"], both["holder"], strict=True))
    for name in FINDINGS.of_kind("label"):
        assert [*ours[name].astype("str"), *people[name].astype("str")] == both[name].astype("str").tolist(), name
    assert together(people, ours.iloc[:0]) is people
    pd.testing.assert_frame_equal(
        together(people.iloc[:0], ours).astype("object"), ours.astype("object"), check_dtype=False
    )
