"""What becomes of a row that no finding is about: which other row stands for it, and why."""

import tomllib
from functools import cache
from itertools import permutations, product
from pathlib import Path

import pandas as pd
import pytest
from makers import RULEBOOK, findings, instant, outages, receipts, roster
from makers import findings as one_of_people
from msgspec.structs import replace
from pandas import DataFrame

from reporter.engine.closing import move
from reporter.engine.downtime import information, routes
from reporter.engine.due import Basis, document_needs, institution_duties, is_dated_anew, silent_rows
from reporter.engine.exposure import measure
from reporter.engine.risk import judge, together
from reporter.model.shapes import FINDINGS, OWN, ROSTER
from reporter.rules.wording import cite_text, tell

AS_OF = "2026-09-09T13:00:00Z"
OLD, NEW = pd.Timestamp("2026-09-12"), pd.Timestamp("2027-09-12")

OURS = RULEBOOK.institution
CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "own" / "duties.toml").read_text("utf-8"))["case"]
NAMED = {case["name"]: case for case in CASES}
NUMBERS = {"left_hours", "left_days", "lost_24h", "planned_72h"}


def fates(*rows):
    """The fate of each row without a finding, by the number of its row, with the row that stands for it."""
    people = roster(rows)
    told = silent_rows(people, findings(people, outages([]), AS_OF))
    number = {row: int(row.rpartition(":")[2]) for row in people["source_row"]}
    return {number[r.source_row]: (r.outcome, r.rule, number.get(r.of)) for r in told.itertuples()}


def work(on, **more):
    """A work permit of one person."""
    return {"person_id": "1", "permit_kind": "work", "permit_expires_on": on, **more}


@pytest.mark.parametrize("kind", ["work", "iec", "pgwp"])
def test_a_permit_that_was_renewed_gives_way_to_the_later(kind):
    """It says to which row, also where the later one is a work permit of another kind."""
    assert {3: ("superseded", "permit_superseded", 2)} == fates(work(NEW), work(OLD, permit_kind=kind))


@pytest.mark.parametrize("rows", list(permutations([work(OLD), work(NEW), work(pd.Timestamp("2025-09-12"))])))
def test_the_order_of_the_rows_does_not_matter(rows):
    """All older permits give way to the last."""
    last = 2 + [row["permit_expires_on"] for row in rows].index(NEW)

    assert {n: ("superseded", "permit_superseded", last) for n in (2, 3, 4) if n != last} == fates(*rows)


@pytest.mark.parametrize(
    ("issued_old", "issued_new", "found"),
    [
        ("2024-09-01", "2026-08-01", {3: ("superseded", "permit_superseded", 2)}),
        ("2026-08-01", "2026-08-01", {3: ("superseded", "permit_superseded", 2)}),
        ("2026-08-02", "2026-08-01", {}),
    ],
)
def test_the_later_permit_is_a_renewal_only_if_it_was_not_issued_first(issued_old, issued_new, found):
    """The day before, the day of and the day after: a permit issued since then is another one, and both stand."""
    rows = work(NEW, permit_issued_on=pd.Timestamp(issued_new)), work(OLD, permit_issued_on=pd.Timestamp(issued_old))

    assert found == fates(*rows)


def test_of_two_later_permits_that_both_stand_the_last_is_named():
    """The one issued in between was issued after the last, and both are judged."""
    later = [work(NEW, permit_issued_on=pd.Timestamp("2026-08-02"))]
    last = [work(pd.Timestamp("2028-09-12"), permit_issued_on=pd.Timestamp("2026-08-01"))]

    assert {4: ("superseded", "permit_superseded", 3)} == fates(*later, *last, work(OLD))
    assert {4: ("superseded", "permit_superseded", 2)} == fates(*last, *later, work(OLD))


def test_a_cancelled_permit_absorbs_none():
    """The one that ends first is judged."""
    assert 3 not in fates(work(NEW, document_state="cancelled"), work(OLD))


def test_a_permit_of_another_kind_absorbs_none():
    """Both are judged."""
    assert {} == fates(work(NEW), work(OLD) | {"permit_kind": "study"})


def test_the_later_permit_of_its_own_kind_stands_for_a_row():
    """Also where a permit of another kind ends later still."""
    rows = [work(NEW), work(OLD), work(pd.Timestamp("2028-09-12"), permit_kind="study")]

    for order in permutations(rows):
        at = 2 + [row["permit_expires_on"] for row in order].index(OLD)
        last = 2 + [row["permit_expires_on"] for row in order].index(NEW)
        assert {at: ("superseded", "permit_superseded", last)} == fates(*order)


def test_a_row_that_says_no_more_than_another_is_repeated():
    """Two units list one person: assessed once, and the second row says where, also beside a later permit of a kind
    that replaces neither."""
    twice = work(OLD, unit="A"), work(OLD, unit="B")

    assert {3: ("repeated", "row_repeated", 2)} == fates(*twice)
    assert {3: ("repeated", "row_repeated", 2)} == fates(*twice, work(NEW, permit_kind="visitor"))


def test_a_row_without_any_date_beside_one_with_an_end_is_repeated():
    """The list of contacts adds nothing to what the roster says."""
    assert {3: ("repeated", "row_repeated", 2)} == fates(work(OLD), {"person_id": "1"})


@pytest.mark.parametrize(
    ("last", "row", "fate"),
    [
        ({"permit_expires_on": NEW}, work(OLD), ("superseded", "permit_superseded")),
        ({}, work(OLD, unit="B"), ("repeated", "row_repeated")),
        ({}, {"permit_kind": None}, ("repeated", "row_repeated")),
    ],
)
def test_each_row_gives_way_to_one_of_its_own_person(last, row, fate):
    """Two people, whose rows stand in the other order the second time."""
    first = [work(OLD, person_id=who) | last for who in "21"]

    assert {4: (*fate, 3), 5: (*fate, 2)} == fates(*first, *(row | {"person_id": who} for who in "12"))


def test_a_row_that_says_no_permit_and_nothing_else_is_excluded_by_a_rule():
    """It is counted under that rule, not among the assessed."""
    assert {2: ("excluded", "no_permit", None)} == fates({"person_id": "1", "permit_kind": "none"})


def test_a_permit_that_ended_before_the_rules_begin_has_a_finding():
    """It cannot be assessed by them, and is lost to nobody."""
    found = findings(roster([work(pd.Timestamp("1999-09-12"))]), outages([]), AS_OF)

    assert {"data_problem"} == set(found["level"].astype("str"))
    assert {} == fates(work(pd.Timestamp("1999-09-12")))


@pytest.mark.parametrize("column", ["passport_expires_on", "caq_expires_on", "job_starts_on", "trv_expires_on"])
def test_whoever_has_no_end_on_record_cannot_be_assessed_whatever_else_is_dated(column):
    """A passport says nothing of the stay: never `None`."""
    people = roster([{"person_id": "1", column: pd.Timestamp("2030-01-01")}])
    found = findings(people, outages([]), AS_OF)

    assert "data_problem" in set(found["level"].astype("str"))
    assert "end-not-recorded" in set(found["deadline"].astype("str"))


def test_another_row_that_tells_the_end_is_enough():
    """A second roster with passports only does not make its people unknown."""
    people = roster([work(NEW), {"person_id": "1", "passport_expires_on": pd.Timestamp("2030-01-01")}])

    assert "end-not-recorded" not in set(findings(people, outages([]), AS_OF)["deadline"].astype("str"))


def own(rows):
    """An OWN frame of these duties."""
    known = [{"duty_id": f"D{n}", "source_row": f"duties.csv!:{n}", **row} for n, row in enumerate(rows, start=2)]
    return OWN.cast(DataFrame(known))


def own_findings(rows, record, as_of):
    ways, informing = routes(OURS), information(OURS)
    due = institution_duties(rows, Basis(OURS, instant(as_of)))
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
    return own_findings(duties, outages(record), as_of).set_index("person_id")


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
    straight = own_findings(own(known), outages([]), "2026-09-20T12:00Z")
    turned = own_findings(own(known[::-1]), outages([]), "2026-09-20T12:00Z")

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
    told = tell(own_findings(rows, outages([]), "2026-09-20T12:00Z"), ROSTER.cast(rows), OURS, language).iloc[0]

    assert route in told["reason"]
    assert cite_text(OURS.deadlines[kind].in_force[-1].cite, language) == told["cite"]


def test_people_and_institution_stand_in_one_order():
    """Worst first, whoever has the duty; every label is as it was in its own frame, also beside an empty one."""
    dated = {"person_id": "1", "permit_kind": "work", "permit_expires_on": pd.Timestamp("2026-09-30")}
    people = one_of_people(roster([dated]), outages([]), "2026-09-20T12:00Z")
    missed = own([{"kind": "dli-correction", "sent_on": pd.Timestamp("2026-08-01")}])
    ours = own_findings(missed, outages([]), "2026-09-20T12:00Z")
    both = together(people, ours)

    assert [("D2", "institution"), ("1", "person")] == list(zip(both["person_id"], both["holder"], strict=True))
    for name in FINDINGS.of_kind("label"):
        assert [*ours[name].astype("str"), *people[name].astype("str")] == both[name].astype("str").tolist(), name
    assert together(people, ours.iloc[:0]) is people
    pd.testing.assert_frame_equal(
        together(people.iloc[:0], ours).astype("object"), ours.astype("object"), check_dtype=False
    )


SERVING = {name: kind for name, kind in RULEBOOK.deadlines.items() if kind.serves}


def moved(on, span):
    return move(pd.Series([on]), span)[0] if span else None


def bears_on(kind, ends, stay, issued):
    """What the date of a document bears on, by hand."""
    begins, first = moved(ends, kind.begins), moved(stay, kind.next_within)
    if kind.serves != "application":
        return kind.serves
    if issued and (issued > ends or (begins and issued >= begins)):
        return "used"
    if not (issued and begins) and first and ends < first:
        return "used"
    return "later" if ends > stay else "next"


@pytest.mark.parametrize("name", list(SERVING))
def test_what_the_date_of_a_document_bears_on(name):
    """Before, on and after each limit: its beginning and end, the stay's, and the first day for an application."""
    kind, stay = SERVING[name], pd.Timestamp("2027-09-12")
    edges = [stay, stay - pd.DateOffset(years=3), *filter(None, [moved(stay, kind.next_within)])]
    days = [edge + pd.Timedelta(days=step) for edge in edges for step in (-1, 0, 1)]
    rows = [
        (ends, issued)
        for ends in days
        for issued in (
            None,
            *(edge + pd.Timedelta(days=n) for edge in (ends, moved(ends, kind.begins)) if edge for n in (-1, 0, 1)),
        )
    ]
    whole = pd.DataFrame({"deadline": name, "closes_on": [ends for ends, _ in rows]})
    person = pd.DataFrame(
        {"stay_ends_on": stay, "issued_on": pd.Series([on for _, on in rows], dtype="datetime64[us]")}
    )

    assert [bears_on(kind, ends, stay, issued) for ends, issued in rows] == document_needs(
        whole, person, RULEBOOK
    ).to_list()


def test_an_end_is_asked_for_where_nothing_says_one():
    """Of each kind of permit, with and without its end, a letter, or another row that tells an end."""
    rows, expected = [], {}
    for n, (kind, end, letter, other) in enumerate(
        product((None, "none", "work"), (None, NEW), (None, "other"), (None, "work", "study"))
    ):
        mine = {"person_id": f"P{n}", "permit_kind": kind, "permit_expires_on": end, "letter_kind": letter, "unit": "A"}
        rows += [mine, *([{"person_id": f"P{n}", "permit_kind": other, "permit_expires_on": NEW}] if other else [])]
        is_other_like = other is not None and (kind is None or other == kind)
        expected[f"P{n}"] = not end and kind != "none" and not is_other_like and not (kind is None and letter)
    found = findings(roster(rows), outages([]), AS_OF)
    asked = set(found.loc[found["deadline"] == "end-not-recorded", "person_id"])

    assert {who for who, is_asked in expected.items() if is_asked} == asked
    undated = found[found["deadline"] == "end-not-recorded"]
    assert not undated[["is_second_after_refusal", "is_stay_in_doubt", "is_filed"]].any(axis=None)


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_permit_is_replaced_by_one_that_was_issued_after_it(days):
    """Not by one of the same day; and an enrolment that ended before the permit was issued is an earlier one."""
    issued, next_one = pd.Timestamp("2026-08-01"), pd.Timestamp("2026-08-01") + pd.Timedelta(days=days)
    rows = [
        {"person_id": "1", "permit_kind": "study", "permit_expires_on": OLD, "permit_issued_on": issued},
        {"person_id": "1", "permit_kind": "work", "permit_expires_on": NEW, "permit_issued_on": next_one},
        {"person_id": "2", "permit_kind": "study", "permit_expires_on": NEW, "permit_issued_on": next_one,
         "enrolment_ended_on": issued},
    ]  # fmt: skip
    found = findings(roster(rows), outages([]), AS_OF)
    study = found[found["deadline"] == "study-permit-renewal"].set_index("person_id")

    assert (days > 0) == study.loc["1", "is_replaced"]
    assert (days > 0) == study.loc["2", "is_earlier_event"]
    assert not study.loc["2", "is_replaced"]


@pytest.mark.parametrize(
    ("hours", "letter", "decided", "is_over"), [(-1, 0, 0, False), (0, 0, 1, True), (1, -1, 1, True)]
)
def test_what_is_counted_in_days_turns_with_the_day(hours, letter, decided, is_over):
    """Before the last day is over, then, and after: the days left for a letter, those since a decision, a stay."""
    end = pd.Timestamp("2026-09-08")
    dates = {"permit_expires_on": end, "letter_due_on": end, "application_decided_on": end}
    row = {"person_id": "1", "permit_kind": "work", "letter_kind": "document_request", **dates}
    at = pd.Timestamp("2026-09-09T00:00Z") + pd.Timedelta(hours=hours)
    found = findings(roster([row]), outages([]), at)
    renewal = found[found["deadline"] == "work-permit-renewal"].iloc[0]

    assert (letter, decided, is_over) == (renewal["letter_days"], renewal["decided_days"], renewal["is_stay_over"])
    assert is_over == ("restoration" in set(found["deadline"]))


def test_dates_hang_on_the_day_of_the_report_only_where_a_filing_chooses_the_version():
    """Of a rulebook without such a kind they are the same at every instant."""
    name, kind = next(iter(RULEBOOK.deadlines.items()))
    books = [
        replace(
            RULEBOOK,
            deadlines={other: replace(one, applies_to="start") for other, one in RULEBOOK.deadlines.items()}
            | {name: replace(kind, applies_to=applies_to)},
        )
        for applies_to in ("start", "filing")
    ]

    assert [False, True] == [is_dated_anew(book) for book in books]
