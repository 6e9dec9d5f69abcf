"""What people write, as UTC."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import utc

from reporter.outages.records import one_instant, read_instants


def read(text, *, is_end=False):
    return read_instants(pd.Series([text], dtype="str"), is_end=is_end).iloc[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-09-10T07:31-04:00", "2018-09-10T11:31"),
        ("2018-09-10T07:31:20-0400", "2018-09-10T11:31:20"),
        ("2018-09-10 11:31Z", "2018-09-10T11:31"),
        ("2018-09-10 11:31 UTC", "2018-09-10T11:31"),
        ("2018-09-10T17:01+05:30", "2018-09-10T11:31"),
        ("2018-09-10t07:31:20.750-04", "2018-09-10T11:31:20"),
    ],
)
def test_an_offset_is_obeyed(text, expected):
    """An instant with an offset is what it says, to the second."""
    assert utc(expected) == read(text)["at"]


@pytest.mark.parametrize(
    ("text", "expected"), [("2026-07-01 09:00", "2026-07-01T13:00"), ("2026-01-15T09:00", "2026-01-15T14:00")]
)
def test_a_time_without_offset_is_on_ottawas_clock(text, expected):
    """In summer Ottawa is four hours behind UTC, in winter five."""
    assert utc(expected) == read(text)["at"]


@pytest.mark.parametrize(("is_end", "expected"), [(False, "2026-09-15T04:00"), (True, "2026-09-16T04:00")])
def test_a_bare_date_is_the_whole_ottawa_day(is_end, expected):
    """It begins at Ottawa's midnight and ends at the next one."""
    found = read("2026-09-15", is_end=is_end)

    assert (utc(expected), True) == (found["at"], found["is_day"])


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-09-15", 24)])
def test_a_day_on_which_the_clocks_change_has_its_own_length(day, hours):
    """A whole day is 23 hours in March and 25 in November."""
    assert pd.Timedelta(hours=hours) == read(day, is_end=True)["at"] - read(day)["at"]


@pytest.mark.parametrize(("is_end", "expected"), [(False, "2026-11-01T05:30"), (True, "2026-11-01T06:30")])
def test_the_hour_that_comes_twice_loses_no_down_minute(is_end, expected):
    """A beginning takes the first 01:30 of the November night, an end the second; both are told."""
    found = read("2026-11-01 01:30", is_end=is_end)

    assert (utc(expected), True) == (found["at"], found["is_twice"])


@pytest.mark.parametrize("text", ["2026-11-01 00:59", "2026-11-01 02:00", "2026-11-01T01:30-04:00"])
def test_only_the_doubtful_hour_is_told(text):
    """The minutes around it, and a time with an offset, are certain."""
    assert not read(text)["is_twice"]


@pytest.mark.parametrize(("is_end", "expected"), [(False, "2026-03-08T07:00"), (True, "2026-03-08T07:30")])
def test_the_hour_that_does_not_exist_is_moved_forward(is_end, expected):
    """02:30 of the March night becomes 03:00 for a beginning and 03:30 for an end; both are told."""
    found = read("2026-03-08 02:30", is_end=is_end)

    assert (utc(expected), True, False) == (found["at"], found["is_skipped"], found["is_twice"])


@pytest.mark.parametrize("text", ["2026-03-08 01:59", "2026-03-08 03:00", "2026-03-08T02:30-05:00"])
def test_the_hours_around_the_gap_exist(text):
    """The minute before and the minute after the gap are on the clock."""
    assert not read(text)["is_skipped"]


def test_twenty_four_oclock_is_the_next_midnight():
    """`24:00` ends the day it is written on."""
    assert utc("2026-09-09T04:00") == read("2026-09-08 24:00")["at"]


@pytest.mark.parametrize(
    "text",
    [
        "n/a",
        "2026-13-01",
        "2026-02-30",
        "08/09/2026",
        "9999-12-31",
        "2026-09-08 25:00",
        "2026-09-08T05:00+99:00",
        "45000",
    ],
)
def test_what_is_no_instant_is_unreadable(text):
    """Nothing is guessed: day and month in doubt, impossible days and serial numbers are not instants."""
    found = read(text)

    assert (True, True) == (pd.isna(found["at"]), found["is_unreadable"])


def test_nothing_is_not_a_fault():
    """An empty cell is missing, not unreadable."""
    found = read("")

    assert (True, False) == (pd.isna(found["at"]), found["is_unreadable"])


DAYS = st.dates(pd.Timestamp("2000-01-01").date(), pd.Timestamp("2099-12-31").date()).map(str) | st.sampled_from(
    ["2026-03-08", "2026-11-01", "2026-02-30", "2026-13-01", "1999-01-01", "yesterday"]
)
CLOCKS = st.times().map(lambda at: f"T{at:%H:%M}") | st.sampled_from(
    ["", " 24:00", " 24:01", "T25:00", " 9:05", "T01:30", "T02:30", "T10:15:20.5", "T10:15:61", " 24:00:30"]
)
OFFSETS = st.sampled_from(["", "Z", " utc", "+05:30", "-0400", "-04", "+15:00", "-14:00"])


@given(st.builds("{}{}{}".format, DAYS, CLOCKS, OFFSETS))
def test_one_text_says_what_a_column_of_it_says(text):
    """The way without a frame has the same instants."""
    expected = read(text)["at"]

    assert (None if pd.isna(expected) else expected) == one_instant(text)
