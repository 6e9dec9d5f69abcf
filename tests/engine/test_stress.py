"""The worst moments, held against the engine run once more for each of them."""

from functools import cache
from itertools import pairwise

import pandas as pd
import pytest
from makers import RULEBOOK, outages, roster

from reporter.engine.downtime import information, routes
from reporter.engine.due import Basis, duties
from reporter.engine.exposure import measure, with_confirmed
from reporter.engine.risk import judge
from reporter.engine.stress import COUNTS, OutageTrial, people_touched, stand, stress
from reporter.model.levels import RANK

AS_OF = pd.Timestamp("2026-09-09T13:00Z")
GCKEY, ACCOUNT = frozenset({"gckey"}), frozenset({"ircc_secure_account", "web_form"})
PEOPLE = [
    {"person_id": "3", "permit_kind": "work", "permit_expires_on": "2026-09-16", "sign_in_method": "gckey"},
    {"person_id": "1", "permit_kind": "study", "permit_expires_on": "2026-09-12", "sign_in_method": "gckey"},
    {"person_id": "1", "letter_kind": "document_request", "letter_due_on": "2026-09-12", "sign_in_method": "gckey"},
    {"person_id": "2", "permit_kind": "work", "permit_expires_on": "2026-09-12", "sign_in_method": "signin_partner"},
    {"person_id": "4", "permit_kind": "work", "permit_expires_on": "2026-09-16", "sign_in_method": "gckey"},
    {"person_id": "5", "permit_kind": "work", "permit_expires_on": "2026-09-14",
     "application_filed_at": "2026-09-01T12:00Z"},
    {"person_id": "6", "permit_kind": "study", "permit_expires_on": "2026-09-16"},
    {"person_id": "7", "permit_kind": "study", "permit_expires_on": "2026-09-01", "sign_in_method": "gckey"},
    {"person_id": "8", "permit_kind": "study", "permit_expires_on": "2026-09-30", "sign_in_method": "gckey"},
]  # fmt: skip
RECORD = [
    {"services": "gckey", "began_at": "2026-09-12T10:00Z", "ended_at": "2026-09-12T22:00Z", "kind": "planned"},
    {"services": "gckey", "began_at": "2026-09-14T10:00Z", "ended_at": "2026-09-14T22:00Z", "kind": "degraded"},
    {"services": "ircc_secure_account", "began_at": "2026-09-16T23:00Z", "ended_at": "2026-09-17T02:00Z",
     "verification": "user_report"},
]  # fmt: skip
SHARE = 0.5
MOMENTS = [
    AS_OF + pd.Timedelta(hours=1), *pd.date_range("2026-09-10T00:00Z", "2026-09-17T02:00Z", freq="59h"),
    pd.Timestamp("2026-09-13T00:00Z") - pd.Timedelta(hours=12), pd.Timestamp("2026-09-13T00:00Z"),
    pd.Timestamp("2026-09-14T00:00Z") - pd.Timedelta(hours=12), pd.Timestamp("2026-09-17T00:00Z"),
]  # fmt: skip
"""One every other day; and whose outage ends or begins at a cut-off, or ends 72 hours before one."""


@cache
def due():
    rows = [
        {name: pd.Timestamp(value) if name.endswith(("_on", "_at")) else value for name, value in row.items()}
        for row in PEOPLE
    ]
    return duties(roster(rows), Basis(RULEBOOK, AS_OF))


def confirmed(record):
    return record[record["verification"].isin(RULEBOOK.limits.confirmed)]


def found(rows, record):
    ways, informing = routes(RULEBOOK), information(RULEBOOK)
    facts, sure = (
        measure(rows, one, ways, AS_OF, information=informing, degraded_share=SHARE)
        for one in (record, confirmed(record))
    )
    return judge(rows, with_confirmed(facts, sure), sure, RULEBOOK).astype({"deadline": "str", "level": "str"})


def rank(findings):
    return findings["level"].map(RANK).groupby(findings["person_id"]).min()


def brute(rows, before, services, hours, began_at, kind):
    """Whom an outage touches, by the engine run once more with it on record."""
    more = {"services": ";".join(sorted(services)), "began_at": began_at, "kind": kind}
    ended_at = began_at + pd.Timedelta(hours=hours)
    after = found(rows, outages([*RECORD, more | {"ended_at": ended_at}]))
    both = after.merge(before, on=["person_id", "deadline", "closes_at", "source_row"], suffixes=("", "_was"))
    touched = {
        name: both.loc[~both["is_filed"] & (both[fact] > both[f"{fact}_was"]), "person_id"]
        for name, fact in (("closing", "covers_close"), ("last_24h", "lost_24h"), ("last_72h", "lost_72h"))
    }
    worse = (rank(after) < rank(before)) & (rank(after) <= RANK["high"])
    return {**{name: tuple(sorted({*who})) for name, who in touched.items()}, "worse": tuple(worse.index[worse])}


def standing(rows, services):
    record = outages(RECORD)
    return stand(rows, (record, confirmed(record)), Basis(RULEBOOK, AS_OF, degraded_share=SHARE), services)


def trial(services, kind, moments=MOMENTS):
    began = pd.Series(sorted(moments)).dt.as_unit("us").to_numpy(dtype="datetime64[us]").astype("int64")
    return OutageTrial(services, began, kind == "planned")


@pytest.mark.parametrize(("services", "kind"), [(GCKEY, "planned"), (ACCOUNT, "unplanned")])
def test_each_moment_counts_whom_a_run_of_its_own_finds(services, kind):
    """People covered, people who lose hours and people whose level rises: as the engine finds, moment by moment."""
    rows = due()
    before, here = found(rows, outages(RECORD)), standing(rows, services)
    expected = [brute(rows, before, services, 12, at, kind) for at in sorted(MOMENTS)]
    told = stress(here, trial(services, kind), [12])
    counted = told[list(COUNTS)].to_dict("records")

    assert [{name: len(who) for name, who in each.items()} for each in expected] == counted
    assert all(any(each[name] for each in counted) for name in COUNTS)
    assert sorted(MOMENTS) == told["began_at"].to_list()
    for at, each in zip(sorted(MOMENTS), expected, strict=True):
        assert each == people_touched(here, trial(services, kind, [at]), 12)


def test_a_longer_outage_never_touches_fewer(monkeypatch):
    """At the same moment, the longer one counts at least as many people in every column; each length has its lines.

    Judged a few pairs at a time, the counts are the same.
    """
    lengths = [4, 12, 96]
    told = stress(standing(due(), GCKEY), trial(GCKEY, "unplanned"), lengths)
    each = [told.loc[told["hours"] == hours, list(COUNTS)].to_numpy() for hours in lengths]

    assert all((shorter <= longer).all() for shorter, longer in pairwise(each))
    assert [len(MOMENTS)] * len(lengths) == [len(counts) for counts in each]
    monkeypatch.setattr("reporter.engine.stress.PAIRS", 3)
    pd.testing.assert_frame_equal(told, stress(standing(due(), GCKEY), trial(GCKEY, "unplanned"), lengths))
