"""How a duty ended is asked once: the office, payroll, the calendar and a test of the past read one answer."""

from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import RULEBOOK, findings, instant, one, outages, receipts, roster

from reporter.engine.backtest import STATE_OF
from reporter.model.levels import DISPOSITIONS, RANK, STILL_TO_FILE, UNSETTLED, still_to_file
from reporter.rules.wording import tell

LAST_DAY, CUT_OFF, LATER = "2026-08-28", "2026-08-29T00:00:00Z", "2026-09-09T13:00:00Z"
RECEIPTS = {
    "in_time": {"application_filed_at": "2026-08-28T23:59:00Z"},
    "late": {"application_filed_at": CUT_OFF},
    "late and refused": {"application_filed_at": CUT_OFF, "application_outcome": "refused"},
    "refused": {"application_filed_at": "2026-08-20T12:00:00Z", "application_outcome": "refused"},
    "refused_early": {
        "application_filed_at": "2026-08-01T12:00:00Z",
        "application_outcome": "refused",
        "application_decided_on": pd.Timestamp("2026-08-28"),
    },
    "returned": {"application_filed_at": "2026-08-20T12:00:00Z", "application_outcome": "returned"},
    "in_doubt": {"application_filed_at": "2026-08-20T12:00:00Z", "application_kind": "visitor_record"},
    "missed": {},
}


@cache
def everybody(as_of):
    """A person for each receipt, and what is found of them."""
    base = {"permit_kind": "work", "permit_expires_on": pd.Timestamp(LAST_DAY)}
    rows = [
        {**base, **receipt, "person_id": name} | {k: instant(v) for k, v in receipt.items() if k.endswith("_at")}
        for name, receipt in RECEIPTS.items()
    ]
    people = roster(rows)
    return people, findings(people, outages([]), as_of)


def found(name, as_of=LATER):
    return tuple(frame[frame["person_id"] == name].reset_index(drop=True) for frame in everybody(as_of))


@pytest.mark.parametrize("name", RECEIPTS)
def test_each_filing_has_one_ending(name):
    """A filing that came at the cut-off is late, whatever was decided of it."""
    _, whole = found(name)

    assert name.split(" ")[0] == one(whole, "work-permit-renewal")["disposition"]


@pytest.mark.parametrize("name", RECEIPTS)
def test_nothing_but_a_filing_in_time_is_told_as_pending(name):
    """`filed-and-pending` says that a filing came before the cut-off: beside a refusal or a doubt it reassures."""
    _, whole = found(name)
    row = one(whole, "work-permit-renewal")

    assert (name == "in_time") == ("filed-and-pending" in {row["rule"], *row["also"].split(";")})


@pytest.mark.parametrize("kind", ["work", "study", "visitor"])
def test_a_refusal_is_never_low(kind):
    """Nor of restoration: its refusal was told as a filing that is pending."""
    filed = {"application_kind": "restoration", "application_filed_at": instant("2026-09-01T12:00:00Z")}
    row = {"person_id": "01", "permit_kind": kind, "permit_expires_on": pd.Timestamp(LAST_DAY)} | filed
    people = roster([row | {"application_outcome": "refused", "application_decided_on": pd.Timestamp("2026-09-08")}])
    whole = findings(people, outages([]), LATER)

    assert RANK[whole["level"].iloc[0]] <= RANK["high"]


@pytest.mark.parametrize("name", ["returned", "refused_early"])
@pytest.mark.parametrize(("as_of", "is_open"), [("2026-08-28T23:59:00Z", True), (CUT_OFF, False)])
def test_what_was_returned_or_refused_early_is_to_be_filed_until_its_cut_off(name, as_of, is_open):
    """It is as if no application had been made."""
    _, whole = found(name, as_of)

    assert [is_open] == still_to_file(whole)[whole["deadline"] == "work-permit-renewal"].tolist()


def test_every_ending_has_its_place():
    """A new one must be given a state of the past, and to be either settled or not."""
    assert set(DISPOSITIONS) == set(STATE_OF) == {*STILL_TO_FILE, *UNSETTLED, "in_time", "missed"}
    assert {name for name, state in STATE_OF.items() if state == "open"} == set(STILL_TO_FILE)


ZONES = ["America/Toronto", "America/St_Johns", "Asia/Tokyo", "Pacific/Kiritimati", "UTC"]
DATES = st.dates(pd.Timestamp("2025-01-01").date(), pd.Timestamp("2027-12-30").date())


@settings(max_examples=4, deadline=None)
@given(st.lists(st.tuples(DATES, st.integers(-3, 3), st.sampled_from(ZONES)), min_size=1, max_size=30))
def test_a_day_alone_is_late_or_in_time_when_every_hour_of_it_is(filings):
    """Each quarter of an hour of the day is tried as a recorded hour: one answer of all, else in doubt."""
    rows = []
    for number, (last, off, zone) in enumerate(filings):
        known = receipts("application_filed_at", (pd.Timestamp(last) + pd.Timedelta(days=off)).date(), zone)
        first, latest = known["application_filed_from_at"], known["application_filed_at"]
        hours = [*pd.date_range(first, latest, freq="15min"), latest]
        base = {"permit_kind": "work", "permit_expires_on": pd.Timestamp(last), "application_kind": "extension"}
        each = [known, *({"application_filed_at": at} for at in hours)]
        rows += [{"person_id": f"{number}:{n}", **base, **row} for n, row in enumerate(each)]
    whole = findings(roster(rows), outages([]), "2028-06-01T00:00Z")
    said = whole[whole["deadline"] == "work-permit-renewal"].set_index("person_id")["disposition"].astype("str")
    of_day = said[said.index.str.endswith(":0")]
    of_hours = said.drop(of_day.index).groupby(lambda one: one.partition(":")[0]).agg(set)

    assert len(filings) == len(of_day) == len(of_hours)
    assert {number: min(each) if len(each) == 1 else "in_doubt" for number, each in of_hours.items()} == {
        one.partition(":")[0]: told for one, told in of_day.items()
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Aug\u00a028, 2026, hour not recorded"), ("fr", "28\u00a0août\u00a02026, heure non consignée")],
)
def test_no_hour_is_told_that_is_not_recorded(language, words):
    """The day stands in the sentence, and neither its last minute nor the next day in UTC."""
    row = {"person_id": "01", "permit_kind": "work", "permit_expires_on": pd.Timestamp(LAST_DAY)}
    people = roster([row | receipts("application_filed_at", pd.Timestamp(LAST_DAY).date())])
    reason = one(tell(findings(people, outages([]), LATER), people, RULEBOOK, language), "work-permit-renewal")[
        "reason"
    ]

    assert words in reason
    assert "03:59" not in reason
