"""The two readings, the clocks and the minutes of a window, beside plain arithmetic of the standard library."""

import datetime as dt
from zoneinfo import ZoneInfo

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import findings, one, outages, roster

from reporter.rules.holidays import legal_holidays

UTC, OTTAWA = dt.UTC, ZoneInfo("America/Toronto")
DAYS = st.dates(dt.date(2022, 1, 1), dt.date(2030, 12, 31)) | st.sampled_from(
    [dt.date(2026, 3, 8), dt.date(2026, 11, 1), dt.date(2026, 9, 5), dt.date(2028, 2, 29), dt.date(2026, 12, 25)]
)
MINUTES = st.integers(0, 1439)
FAST = settings(max_examples=25, deadline=None, derandomize=True)


def midnight(day: dt.date, zone: dt.tzinfo) -> pd.Timestamp:
    """The end of a civil day on a clock."""
    return pd.Timestamp(dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)).tz_convert("UTC")


def found(deadline, **person):
    """The only finding of that deadline, for one person, on an ordinary day."""
    row = {"person_id": "1", **person}
    return one(findings(roster([row]), outages([]), "2026-09-01T12:00Z"), deadline)


@FAST
@given(DAYS)
def test_the_court_warns_on_its_day_and_is_over_on_the_next_that_is_none(day):
    """Eastern midnight of the fifteenth day, and for `over_at` of the first that is no weekend and no holiday."""
    row = found("federal-court", letter_kind="decision", letter_dated_on=pd.Timestamp(day))
    last = day + dt.timedelta(days=15)
    late = last
    while late.isoweekday() > 5 or late in legal_holidays():
        late += dt.timedelta(days=1)

    assert (midnight(last, OTTAWA), midnight(late, OTTAWA)) == (row["closes_at"], row["over_at"])
    assert (late > last) == row["is_carried_over"]


@FAST
@given(DAYS, MINUTES)
def test_an_exchange_permit_runs_twenty_days_to_the_minute(day, minute):
    """Twenty times 24 hours from the instant of acceptance, whatever the clocks do."""
    at = dt.datetime.combine(day, dt.time(), UTC) + dt.timedelta(minutes=minute)
    letter = {"letter_dated_on": pd.Timestamp(day), "letter_dated_at": pd.Timestamp(at)}
    row = found("iec-work-permit-undated", letter_kind="iec_work_permit", **letter)

    assert {pd.Timestamp(at + dt.timedelta(days=20))} == {row["closes_at"], row["over_at"]}


@FAST
@given(DAYS)
def test_restoration_after_completion_is_over_a_day_later_than_it_warns(day):
    """The careful stay ends 89 days after completion and the latest 90; restoration follows each by 90."""
    later = pd.Timestamp("2040-01-01")
    people = roster([
        {"person_id": "1", "permit_kind": "study", "permit_expires_on": later, "completed_on": pd.Timestamp(day)}
    ])  # fmt: skip
    as_of = midnight(day + dt.timedelta(days=100), UTC)
    row = one(findings(people, outages([]), as_of), "restoration")

    assert midnight(day + dt.timedelta(days=179), UTC) == row["closes_at"]
    assert midnight(day + dt.timedelta(days=180), UTC) == row["over_at"]
