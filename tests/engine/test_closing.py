"""The two readings, the clocks and the minutes of a window, beside plain arithmetic of the standard library."""

import datetime as dt
from random import Random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from makers import RULEBOOK, findings, outages, roster
from msgspec.structs import replace

from reporter.engine.closing import move, version_numbers
from reporter.rules.load import legal_holidays

UTC, OTTAWA = dt.UTC, ZoneInfo("America/Toronto")
DAYS = [dt.date(2022, 1, 1) + dt.timedelta(days=n) for n in range(9 * 365 + 3)]
"""Nine years of days: every change of the clocks, leap days, and each day of the week on each holiday's date."""


def midnight(day: dt.date, zone: dt.tzinfo) -> pd.Timestamp:
    """The end of a civil day on a clock."""
    return pd.Timestamp(dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)).tz_convert("UTC")


def found(deadline, people, as_of="2026-09-01T12:00Z"):
    """The finding of that deadline for each of these people, in their order, as dictionaries."""
    rows = [{"person_id": str(number), **person} for number, person in enumerate(people)]
    whole = findings(roster(rows), outages([]), as_of)
    named = whole[whole["deadline"] == deadline].set_index("person_id")
    assert len(people) == len(named)
    return named.loc[[row["person_id"] for row in rows]].to_dict("records")


def test_the_court_warns_on_its_day_and_is_over_on_the_next_that_is_none():
    """Eastern midnight of the fifteenth day, and for `over_at` of the first that is no weekend and no holiday."""
    people = [{"letter_kind": "decision", "letter_dated_on": pd.Timestamp(day)} for day in DAYS]
    expected = []
    for day in DAYS:
        last = late = day + dt.timedelta(days=15)
        while late.isoweekday() > 5 or late in legal_holidays():
            late += dt.timedelta(days=1)
        expected.append((midnight(last, OTTAWA), midnight(late, OTTAWA), late > last))

    assert expected == [
        (row["closes_at"], row["over_at"], row["is_carried_over"]) for row in found("federal-court", people)
    ]


def test_an_exchange_permit_runs_twenty_days_to_the_minute():
    """Twenty times 24 hours from the instant of acceptance, whatever the clocks do."""
    draw = Random(20)
    at = [dt.datetime.combine(day, dt.time(draw.randrange(24), draw.randrange(60)), UTC) for day in DAYS]
    people = [
        {"letter_kind": "iec_work_permit", "letter_dated_on": pd.Timestamp(moment.date()), "letter_dated_at": moment}
        for moment in at
    ]
    ends = [pd.Timestamp(moment + dt.timedelta(days=20)) for moment in at]

    assert [(end, end) for end in ends] == [
        (row["closes_at"], row["over_at"]) for row in found("iec-work-permit-undated", people)
    ]


def test_restoration_after_completion_is_over_a_day_later_than_it_warns():
    """The careful stay ends 89 days after completion and the latest 90; restoration follows each by 90."""
    permit = {"permit_kind": "study", "permit_expires_on": pd.Timestamp("2040-01-01")}
    for year in range(2022, 2031):
        days = [day for day in DAYS if day.year == year]
        people = [{**permit, "completed_on": pd.Timestamp(day)} for day in days]
        rows = found("restoration", people, midnight(days[-1] + dt.timedelta(days=100), UTC))

        assert [
            (midnight(day + dt.timedelta(days=179), UTC), midnight(day + dt.timedelta(days=180), UTC)) for day in days
        ] == [(row["closes_at"], row["over_at"]) for row in rows]


VERSIONED = RULEBOOK.deadlines["post-graduation-work-permit"]
"""90 days after completion until 2019-02-13, 180 since."""


def chosen(applies_to, counted, filed=None, as_of="2026-09-09T12:00Z"):
    """The place of the version that holds for one person."""
    rows = pd.DataFrame({"application_filed_at": pd.to_datetime([filed], utc=True).as_unit("us")})
    deadline = replace(VERSIONED, applies_to=applies_to)
    return version_numbers(rows, pd.Series(pd.to_datetime([counted]).as_unit("us")), deadline, pd.Timestamp(as_of))[0]


def test_the_version_of_a_filing_is_that_of_its_day_and_without_one_that_of_the_report():
    """A filing from before the duty opened, the day before it did, is none of it; on the day it opened it is."""
    assert ("2008-04-21", "2019-02-14") == tuple(str(version.from_) for version in VERSIONED.in_force)
    days = {day: chosen("filing", "2019-01-10", f"{day}T12:00Z") for day in ("2019-02-13", "2019-02-14", "2019-01-10")}
    assert {"2019-02-13": 0, "2019-02-14": 1, "2019-01-10": 0} == days
    assert (1, 0) == (
        chosen("filing", "2019-01-10", "2019-01-09T12:00Z"),
        chosen("filing", "2019-01-10", as_of="2019-02-13T12:00Z"),
    )
    assert -1 == chosen("filing", "2008-01-10", "2008-04-20T12:00Z")


def test_the_version_of_an_end_is_the_last_that_held_when_it_came():
    """A period that was still running on the day a rule began follows it, one that ended the day before does not."""
    first = pd.Timestamp("2019-02-14") - pd.Timedelta(days=180)

    assert (0, 1) == (chosen("end", first - pd.Timedelta(days=1)), chosen("end", first))
    assert -1 == chosen("end", "2007-12-01")


LETTER = pd.Timestamp("2026-08-10")


def at(day, hours=0.0):
    """An instant so many days and hours from the first moment of the letter's day."""
    return LETTER.tz_localize("UTC") + pd.Timedelta(days=day, hours=hours)


@pytest.mark.parametrize(
    ("hour", "closes", "over", "safe_by", "closes_on", "over_on"),
    [
        (None, at(1), at(1), at(0), 0, 0),
        (0.5, at(0, 0.5), at(0, 0.5), at(0, 0.5), 0, 0),
        (0, at(0), at(0), at(0), -1, -1),
    ],
    ids=["the day alone", "half past midnight", "midnight"],
)
def test_a_printed_end_to_the_minute(hour, closes, over, safe_by, closes_on, over_on):
    """The instant that the letter prints; of its day alone the end of that day, as of any printed day."""
    told = {} if hour is None else {"letter_due_at": at(0, hour)}
    row = found("iec-invitation", [{"letter_kind": "iec_invitation", "letter_due_on": LETTER, **told}], at(-2))[0]

    assert (closes, over, safe_by) == (row["closes_at"], row["over_at"], row["safe_by_at"])
    assert (closes_on, over_on) == tuple((row[name] - LETTER).days for name in ("closes_on", "over_on"))
    assert (hour is None, False, False) == (row["is_hour_missing"], row["is_hour_unused"], row["is_carried_over"])


@pytest.mark.parametrize(
    ("hour", "closes", "over", "safe_by"),
    [(None, at(20), at(21), at(20)), (10, at(20, 10), at(20, 10), at(20, 10))],
    ids=["the day alone", "an hour"],
)
def test_a_count_to_the_minute(hour, closes, over, safe_by):
    """Twenty times 24 hours from the instant; of a day alone from its first moment, and at the latest from its last."""
    told = {} if hour is None else {"letter_dated_at": at(0, hour)}
    letter = {"letter_kind": "iec_work_permit", "letter_dated_on": LETTER}
    row = found("iec-work-permit-undated", [letter | told], at(-2))[0]

    assert (closes, over, safe_by) == (row["closes_at"], row["over_at"], row["safe_by_at"])
    assert (hour is None) == row["is_hour_missing"]


def test_a_letter_opens_on_its_own_day():
    """The day before it is due, that day, and the day after, which cannot be: then as where no day is recorded."""
    letter = {"letter_kind": "document_request", "letter_due_on": LETTER, "letter_due_at": at(0, 15)}
    dated = [{"letter_dated_on": LETTER + pd.Timedelta(days=day)} for day in (-30, -1, 0, 1)]
    *known, impossible, unknown = found("document-request", [letter | more for more in (*dated, {})], at(-2))

    assert [at(-30), at(-1), at(0)] == [row["opens_at"] for row in known]
    assert at(-1) > unknown["opens_at"] == impossible["opens_at"]
    for row in (*known, impossible, unknown):
        assert (False, True, at(1)) == (row["is_hour_missing"], row["is_hour_unused"], row["closes_at"])


def test_without_a_date_no_version_holds():
    """Neither the first nor the one before it."""
    assert -1 == chosen("start", None)


@pytest.mark.parametrize(
    ("day", "years", "end"),
    [("2024-02-29", 1, "2025-02-28"), ("2024-02-29", 4, "2028-02-29"), ("2025-12-31", 10, "2035-12-31")],
)
def test_a_period_of_years_ends_on_the_same_day_or_the_last_of_its_month(day, years, end):
    """A leap day has one in four years only."""
    assert [pd.Timestamp(end)] == move(pd.Series([pd.Timestamp(day)]), f"{years} years after").to_list()
