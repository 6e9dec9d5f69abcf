"""What a recorded filing says of a duty: made, late, returned, refused, or a second one. Pure.

Everything is told as recorded: nothing here says what a filing keeps alive.
"""

from __future__ import annotations

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.engine.closing import closing_instant, opening_instant
from reporter.model.rulebook import Deadline

PERSON = ["person_id", "reading"]
"""One person, in one reading of an ambiguous date."""
RECORDED = ("pending", "approved", "refused")
"""Outcomes that say an application was made, even when its instant is not recorded."""


def filing_standing(people: DataFrame, stay_ends_on: Series) -> DataFrame:
    """The roster with the application that stands, and `second_filing`: how a second one stands to the first.

    A second application stands in place of one that was returned, and of one that was refused when the second was
    received before the stay ended (`counted`). Else it is only told: `in_time` or `late`.

    Takes: ROSTER; the end of each row's stay.
    """
    at, outcome = people["second_application_filed_at"], people["application_outcome"].fillna("")
    is_made = at.notna() & (people["second_application_outcome"].fillna("") != "returned")
    in_time = is_made & (at < closing_instant(stay_ends_on, "utc"))
    counted = is_made & (outcome == "returned") | in_time & (outcome == "refused")
    said = Series("", index=people.index, dtype="str").mask(is_made, "late").mask(in_time, "in_time")
    return people.assign(
        second_filing=said.mask(counted, "counted"),
        application_filed_at=people["application_filed_at"].mask(counted, at),
        application_outcome=people["application_outcome"].mask(counted, people["second_application_outcome"]),
        application_decided_on=people["application_decided_on"].mask(counted),
    )


def filing(rows: DataFrame, part: DataFrame, deadline: Deadline) -> dict[str, Series]:
    """Whether a filing is recorded for this duty, and whether it came too late.

    A filing older than the permit it should extend is the one that led to that permit, and does not count.
    A returned application counts as not made; one refused by the last day leaves the duty as it was.
    """
    if not deadline.filed_by:
        nothing = Series(False, index=rows.index)
        return {
            "filed_at": no_instant(rows.index),
            "is_filed": nothing,
            "is_filed_late": nothing,
        }
    at = rows[deadline.filed_by]
    outcome = rows["application_outcome"].fillna("")
    since = part["opens_at"]
    undated = Series(False, index=rows.index)
    if deadline.filing_counts_from == "issued":
        since = opening_instant(rows["permit_issued_on"], "utc")
        undated = at.isna() & outcome.isin(RECORDED)
    before = (outcome == "refused") & (rows["application_decided_on"] <= part["closes_on"])
    counts = at.notna() & ~(at < since) & (outcome != "returned") & ~before
    if deadline.filing_counts_from == "always":
        counts = at.notna()
    return {
        "filed_at": at.where(counts),
        "is_filed": counts | undated & ~before,
        "is_filed_late": counts & (at >= part["over_at"]),
    }


def is_second_after_refusal(rows: DataFrame, part: DataFrame) -> Series:
    """One filing of the person for this duty is recorded as refused, and another came after the end."""
    beside = (rows["second_filing"] == "late") & (rows["application_outcome"].fillna("") == "refused")
    if not part["is_filed_late"].any():
        return beside
    people = [rows[name] for name in PERSON]
    refused = (rows["application_outcome"].fillna("") == "refused").groupby(people, dropna=False).transform("any")
    late: Series = part["is_filed_late"].groupby(people, dropna=False).transform("any")
    return late & refused & (part["filed_at"].groupby(people, dropna=False).transform("nunique") > 1) | beside


def is_over(rows: DataFrame, deadline: Deadline, as_of: Timestamp) -> Series:
    """The stay is over by the reading that warns and nothing that stands was filed before its end.

    A refusal with its day no longer stands.
    """
    ended_at = closing_instant(rows["stay_ends_on"], "utc")
    at = rows[deadline.filed_by] if deadline.filed_by else no_instant(rows.index)
    outcome = rows["application_outcome"].fillna("")
    issued = opening_instant(rows["permit_issued_on"], "utc")
    in_time = (at < ended_at) & ~(at < issued) | at.isna() & outcome.isin(RECORDED)
    stands = (outcome != "returned") & ~((outcome == "refused") & rows["application_decided_on"].notna())
    covered = (in_time & stands).groupby([rows[name] for name in PERSON], dropna=False).transform("any")
    over: Series = (ended_at <= as_of) & ~covered
    return over


def no_instant(index: pd.Index[int]) -> Series:
    return Series(pd.NaT, index=index, dtype="datetime64[us, UTC]")
