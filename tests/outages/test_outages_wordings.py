"""Two hundred wordings, each with what it means; what cannot be read says why."""

import pandas as pd
import pytest
from notice_wordings import WORDINGS

from reporter.outages.notice.read import read_notice

NAMES = {
    "all services": "ircc_online",
    "gckey": "gckey",
    "clegc": "gckey",
    "ircc portal": "ircc_portal",
    "portail d ircc": "ircc_portal",
}
READ_AT = pd.Timestamp("2027-01-20T09:00-05:00").tz_convert("UTC")


def on_the_clock(at):
    """An instant on Ottawa's clock; `?` for none."""
    return "?" if pd.isna(at) else f"{at.tz_convert('America/Toronto'):%m-%d %H:%M}"


def meant(text):
    """The windows and refusals of a text, in the form of the table."""
    reading = read_notice(text, NAMES, captured_at=READ_AT)
    windows = [
        f"{'cancelled ' * (one.status == 'cancelled')}{one.services} "
        f"{on_the_clock(one.began_at)} {on_the_clock(one.ended_at)}"
        for one in reading.outages.itertuples()
    ]
    return [*windows, *(f"!{code}" for _, code in reading.refused)], {problem.code for problem in reading.problems}


def test_there_are_two_hundred():
    """Ten kinds, in both languages."""
    assert len({text for text, _ in WORDINGS}) >= 200


@pytest.mark.parametrize(("text", "expected"), WORDINGS)
def test_a_wording_means_what_it_says(text, expected):
    """Its windows, and the doubts that must be told."""
    found, told = meant(text)
    doubts = {code for code in expected if code.startswith(("notice_", "tz_"))}

    assert ([one for one in expected if one not in doubts], doubts) == (found, doubts & told)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GCKey is back to normal as of 8:15 a.m. ET.", "01-20 08:15"),
        ("La CléGC est de nouveau accessible depuis 8 h 15 (heure de l'Est).", "01-20 08:15"),
        ("GCKey was restored on January 19, 2027, at 5 p.m. ET.", "01-19 17:00"),
        ("GCKey has been restored. The next update is at 11 a.m. ET.", "01-20 09:00"),
    ],
)
def test_what_is_back_is_back_since_the_hour_told(text, expected):
    """On the day of the capture where no other is named, and never later than it."""
    (one,) = read_notice(text, NAMES, captured_at=READ_AT).restored

    assert ("gckey", expected) == (one.services, on_the_clock(one.at))
