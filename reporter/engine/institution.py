"""The institution's own duties: between which instants each can be done, and whether it was. Pure.

Every length comes from the rulebook; see duties.toml.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas import DataFrame, DatetimeIndex, Series

from reporter.engine.closing import closing_instant, days_off, move, opening_instant
from reporter.engine.due import joined_route
from reporter.model.rulebook import Deadline, OwnDuty, Rulebook
from reporter.model.shapes import FACTS, FINDINGS, INSTITUTION, OWN, require


def institution_duties(rows: DataFrame, rulebook: Rulebook, *, holidays: DatetimeIndex, office_zone: str) -> DataFrame:
    """One row a duty of the institution, as `due.duties` has one for a person's; `person_id` is the duty's id.

    A duty without a date to count from stays, without instants, so that it is told and not lost.

    Takes:   OWN; the rulebook's own part (`Rulebook.institution`).
    Returns: the columns of FINDINGS that do not depend on outages, in the order of the rows.
    """
    require(rows, OWN)
    rows = rows[rows["kind"].isin(list(rulebook.deadlines))].reset_index(drop=True)
    dates = [_dates(rows[rows["kind"] == name], duty) for name, duty in rulebook.deadlines.items()]
    known = pd.concat([part for part in dates if len(part)] or dates[:1]).sort_index()
    filed_at = known["filed_at"]
    kinds = pd.CategoricalDtype(list(rulebook.deadlines))
    deadline, method = rows["kind"].astype(kinds), rows["sign_in_method"].fillna("unknown").astype("category")
    is_missing = known["closes_on"].isna()
    group = deadline.map({name: duty.group for name, duty in rulebook.deadlines.items()}).astype("category")
    facts = set(FACTS.names)
    return (
        FINDINGS.blank(rows.index)
        .drop(columns=[name for name in FINDINGS.names if name in facts])
        .assign(
            **known,
            person_id=rows["duty_id"],
            deadline=deadline,
            group=group,
            route=joined_route(deadline, method),
            is_filed=filed_at.notna(),
            is_filed_late=(filed_at >= known["closes_at"]).fillna(False),
            is_weekend=days_off(known["closes_on"], holidays),
            time_zone=Series(office_zone, index=rows.index).astype("category"),
            sign_in_method=method,
            permit_expires_state=Series(np.where(is_missing, "missing", "date"), index=rows.index).astype("category"),
            date_certainty=rows["date_certainty"].fillna("clear").astype("category"),
            reading="",
            source_row=rows["source_row"],
            holder=Series(INSTITUTION, index=rows.index).astype("category"),
        )
    )


def _dates(rows: DataFrame, duty: Deadline) -> DataFrame:
    """What each counts from, its last day and its instants, by the version in force on the day it counts from."""
    assert isinstance(duty, OwnDuty)
    counted_on = rows[duty.counts_from]
    if duty.deemed_from:
        deemed = move(rows[duty.deemed_from], duty.deemed_after)
        counted_on = pd.concat([counted_on, deemed], axis=1).min(axis=1).astype("datetime64[us]")
    starts = pd.DatetimeIndex([pd.Timestamp(version.from_) for version in duty.in_force])
    version = starts.searchsorted(pd.DatetimeIndex(counted_on), side="right") - 1
    nothing = Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    opens_on, closes_on = nothing, nothing
    for number, rule in enumerate(duty.in_force):
        here = (version == number) & counted_on.notna().to_numpy() & (not rule.ends)
        opens_on = opens_on.mask(here, move(counted_on, rule.opens))
        closes_on = closes_on.mask(here, move(counted_on, rule.last_day))
    if duty.printed_in:
        closes_on = rows[duty.printed_in].fillna(closes_on)
        opens_on = opens_on.fillna(closes_on)
    return DataFrame(
        {
            "counted_on": counted_on.fillna(closes_on),
            "closes_on": closes_on,
            "opens_at": opening_instant(opens_on, duty.clock),
            "closes_at": closing_instant(closes_on, duty.clock),
            "safe_by_at": opening_instant(closes_on, duty.clock),
            "filed_at": rows[duty.filed_by] if duty.filed_by else nothing.dt.tz_localize("UTC"),
        }
    )
