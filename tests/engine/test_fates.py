"""What becomes of a row that no finding is about: which other row stands for it, and why."""

from itertools import permutations

import pandas as pd
import pytest
from makers import findings, outages, roster

from reporter.engine.fates import silent_rows

AS_OF = "2026-09-09T13:00:00Z"
OLD, NEW = pd.Timestamp("2026-09-12"), pd.Timestamp("2027-09-12")


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
    """Two units list one person: assessed once, and the second row says where."""
    assert {3: ("repeated", "row_repeated", 2)} == fates(work(OLD, unit="A"), work(OLD, unit="B"))


def test_a_row_without_any_date_beside_one_with_an_end_is_repeated():
    """The list of contacts adds nothing to what the roster says."""
    assert {3: ("repeated", "row_repeated", 2)} == fates(work(OLD), {"person_id": "1"})


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
