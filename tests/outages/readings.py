"""What tests ask of a reading of outages."""

import pandas as pd


def only(reading):
    """Its one outage, by column."""
    (row,) = reading.outages.to_dict("records")
    return row


def codes(reading):
    """The codes of its problems, in order."""
    return [problem.code for problem in reading.problems]


def bounds(reading):
    """From when to when each of its outages lasts."""
    return list(zip(reading.outages["began_at"], reading.outages["ended_at"], strict=True))


def utc(text):
    """An instant: in UTC where the text has no offset."""
    at = pd.Timestamp(text)
    return at.tz_localize("UTC") if at.tz is None else at.tz_convert("UTC")
