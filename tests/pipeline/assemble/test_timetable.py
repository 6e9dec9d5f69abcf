"""Which report is due is counted from what was made, on the office's clock."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import at

from reporter.pipeline.assemble.timetable import Timetable
from reporter.settings import DAYS, WeeklySettings

MONDAYS = WeeklySettings()
TORONTO = "America/Toronto"


def found(now, last, weekly=MONDAYS, zone=TORONTO):
    known = Timetable(weekly, zone).due(at(now), at(last) if last else None)
    return (
        str(known.waiting.on) if known.waiting else "",
        [str(slot.on) for slot in known.missed],
        str(known.following.on),
    )


def test_nothing_is_due_before_the_hour():
    """A minute before seven on Monday, last week's report is the latest."""
    assert ("", [], "2026-09-14") == found("2026-09-14T06:59:00-04:00", "2026-09-07T07:00:00-04:00")


def test_the_report_is_due_from_the_hour_on():
    """At seven it is due."""
    assert ("2026-09-14", [], "2026-09-21") == found("2026-09-14T07:00:00-04:00", "2026-09-07T07:00:00-04:00")


def test_a_report_that_was_made_is_not_due_again():
    """A run at the hour itself is the week's report."""
    assert ("", [], "2026-09-21") == found("2026-09-14T07:00:01-04:00", "2026-09-14T07:00:00-04:00")


def test_a_machine_off_on_monday_reports_on_tuesday():
    """What was not made is due until it is made."""
    assert ("2026-09-14", [], "2026-09-21") == found("2026-09-15T11:00:00-04:00", "2026-09-07T07:00:00-04:00")


def test_after_weeks_only_the_latest_is_due_and_the_others_are_named():
    """A machine off for three weeks makes one report, not three."""
    missed = ["2026-09-14", "2026-09-21"]

    assert ("2026-09-28", missed, "2026-10-05") == found("2026-10-01T11:00:00-04:00", "2026-09-07T07:00:00-04:00")


def test_the_first_report_is_due_at_once():
    """Where nothing was ever made, nothing was missed."""
    assert ("2026-09-14", [], "2026-09-21") == found("2026-09-16T11:00:00-04:00", None)


def test_a_run_by_hand_after_the_hour_is_the_report():
    """Whoever made it, it was made."""
    assert ("", [], "2026-09-21") == found("2026-09-17T11:00:00-04:00", "2026-09-14T09:30:00-04:00")


@pytest.mark.parametrize(
    ("zone", "on", "hour", "expected"),
    [
        (TORONTO, "2026-03-08", "02:30", "2026-03-08T07:30:00Z"),  # skipped: taken after the change
        (TORONTO, "2026-11-01", "01:30", "2026-11-01T05:30:00Z"),  # twice: taken the first time
        (TORONTO, "2026-11-01", "07:00", "2026-11-01T12:00:00Z"),
        (TORONTO, "2026-10-25", "07:00", "2026-10-25T11:00:00Z"),
        ("America/Vancouver", "2026-10-25", "07:00", "2026-10-25T14:00:00Z"),
        ("America/Vancouver", "2026-11-08", "07:00", "2026-11-08T14:00:00Z"),  # the clock is not set back any more
        ("America/St_Johns", "2026-11-08", "07:00", "2026-11-08T10:30:00Z"),
    ],
)
def test_the_hour_is_the_offices_whatever_the_clock_does(zone, on, hour, expected):
    """Summer and winter, the report is due at the same hour of the office's clock."""
    weekly = WeeklySettings(day="sunday", at=hour)

    assert at(expected) == Timetable(weekly, zone).due(at(f"{on}T23:00:00Z"), None).waiting.at


@pytest.mark.parametrize(
    ("day", "now", "expected"),
    [
        ("monday", "2026-09-07", "2026-09-08"),  # Labour Day
        ("friday", "2026-04-03", "2026-04-02"),  # Good Friday: no working day of that week is left
        ("thursday", "2026-12-24", "2026-12-24"),
        ("friday", "2026-12-25", "2026-12-24"),  # Christmas Day
    ],
)
def test_a_report_is_moved_off_a_holiday_within_its_week(day, now, expected):
    """By setting, to the next working day; where the week has none left, to the last one before."""
    weekly = WeeklySettings(day=day, on_holiday="next_workday")
    sunday = date.fromisoformat(now) + timedelta(days=6 - date.fromisoformat(now).weekday())

    assert expected == found(f"{sunday}T23:00:00-04:00", None, weekly)[0]


def test_without_the_setting_a_holiday_changes_nothing():
    """Labour Day is a Monday like any other."""
    assert "2026-09-07" == found("2026-09-07T08:00:00-04:00", None)[0]


hours = st.integers(0, 24 * 7 * 30)
plans = st.builds(
    WeeklySettings,
    day=st.sampled_from(DAYS),
    at=st.sampled_from(["00:00", "01:30", "02:30", "07:00", "23:59"]),
    on_holiday=st.sampled_from(["same", "next_workday"]),
)


@given(plans, st.sampled_from([TORONTO, "America/Vancouver", "UTC"]), hours, hours)
def test_every_week_is_made_or_missed_once(weekly, zone, first, later):
    """Of two runs, however far apart, each week between belongs to one: none is made twice, none forgotten."""
    start = at("2026-02-02T00:00:00Z")
    one = start + pd.Timedelta(hours=min(first, later))
    two = start + pd.Timedelta(hours=max(first, later))
    known = Timetable(weekly, zone).due(two, one)
    open_weeks = sorted(
        slot.on.isocalendar()[:2] for slot in (*known.missed, *([known.waiting] if known.waiting else []))
    )
    every_hour = {
        slot.on.isocalendar()[:2]
        for n in range(int((two - one) / pd.Timedelta(hours=1)) // 24 + 1)
        if (slot := Timetable(weekly, zone).due(min(one + pd.Timedelta(days=n), two), None).waiting) and slot.at > one
    } | ({known.waiting.on.isocalendar()[:2]} if known.waiting else set())

    assert sorted(every_hour) == open_weeks


@pytest.mark.parametrize(
    ("rhythm", "edge", "before", "after", "following"),
    [
        ("daily", "2026-11-01T07:00:00-05:00", "2026-10-31", "2026-11-01", "2026-11-02"),  # the clock is set back
        ("daily", "2026-03-08T07:00:00-04:00", "2026-03-07", "2026-03-08", "2026-03-09"),  # and forward
        ("fortnightly", "2026-10-12T07:00:00-04:00", "2026-09-28", "2026-10-12", "2026-10-26"),
        ("fortnightly", "2027-01-04T07:00:00-05:00", "2026-12-21", "2027-01-04", "2027-01-18"),  # after a week 53
        ("monthly", "2026-11-02T07:00:00-05:00", "2026-10-05", "2026-11-02", "2026-12-07"),
        ("monthly", "2027-02-01T07:00:00-05:00", "2027-01-04", "2027-02-01", "2027-03-01"),
    ],
)
def test_a_rhythm_begins_at_its_hour(rhythm, edge, before, after, following):
    """The minute before, at the hour, and a month later: the latest is the one due, and the next is known."""
    moments = [at(edge) - pd.Timedelta(minutes=1), at(edge), at(edge) + pd.Timedelta(hours=1)]

    assert [before, after, after] == [str(Timetable(MONDAYS, TORONTO).latest(now, rhythm).on) for now in moments]
    assert following == str(Timetable(MONDAYS, TORONTO).due(at(edge), at(edge), rhythm).following.on)
    assert Timetable(MONDAYS, TORONTO).due(at(edge), at(edge), rhythm).waiting is None
