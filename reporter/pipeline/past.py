"""A roster and a record as they stood at an instant, as far as their own dates tell. Pure; reads no future."""

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.model.shapes import OUTAGES, ROSTER

DECIDED = "pending"
"""What an application was before its outcome, and after it too where the roster has no day of the decision."""
HAPPENED = ("application_decided_on", "completed_on", "enrolment_ended_on", "biometrics_taken_on")
"""Events: before their date, nobody could have written them down."""
LETTER = ("letter_kind", "letter_dated_on", "letter_due_on")
SECOND = ("second_application_filed_at", "second_application_outcome")
APPLICATION = ("application_filed_at", "application_number", "application_outcome")


def roster_at(roster: DataFrame, at: Timestamp) -> DataFrame:
    """The rows of today's roster with only what its dates allow to have been known then.

    A filing received later is not yet filed; one received before is pending, whatever came of it, unless the day of
    the decision is there and past. A letter dated later has not come; a permit issued later is not there. What has
    no date of its own stands as it is today.

    Takes and returns: ROSTER.
    """
    day = at.tz_localize(None)
    kept = roster[~(roster["permit_issued_on"] > day)].reset_index(drop=True)
    is_later, has_come = kept["application_filed_at"] > at, ~(kept["letter_dated_on"] > day)
    is_decided, is_second_later = kept["application_decided_on"] <= day, kept["second_application_filed_at"] > at
    first, second = kept["application_outcome"], kept["second_application_outcome"]
    outcomes = {
        "application_outcome": first.mask(first.notna() & kept["application_filed_at"].notna() & ~is_decided, DECIDED),
        "second_application_outcome": second.mask(
            second.notna() & kept["second_application_filed_at"].notna(), DECIDED
        ),
    }
    known = kept.assign(**outcomes, **{name: kept[name].where(~(kept[name] > day)) for name in HAPPENED})
    blank = {name: known[name].mask(is_later) for name in APPLICATION}
    blank |= {name: known[name].mask(is_second_later) for name in SECOND}
    letters = {name: known[name].where(has_come) for name in LETTER}
    return ROSTER.cast(known.assign(**blank, **letters))


def record_at(record: DataFrame, at: Timestamp) -> DataFrame:
    """The outages of a file that had begun or been announced by then, still going on where they ended later.

    A file does not say when a row was written: the outage counts as known from its beginning. The ledger does.

    Takes and returns: OUTAGES.
    """
    told_at = record["announced_at"].where(record["announced_at"].notna(), record["began_at"])
    known = record[(told_at <= at) | (record["began_at"] <= at)].reset_index(drop=True)
    is_planned = (known["kind"] == "planned") & (known["announced_at"] <= at)
    is_open = (known["ended_at"] > at) & ~is_planned
    ended_at = known["ended_at"].mask(is_open, pd.NaT)
    return OUTAGES.cast(known.assign(ended_at=ended_at, status=known["status"].mask(is_open, "ongoing")))
