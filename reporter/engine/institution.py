"""The institution's own duties: between which instants each can be done, and whether it was. Pure.

Every length comes from the rulebook; see duties.toml.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas import DataFrame, DatetimeIndex, Series, Timestamp

from reporter.engine.closing import closing_instant, days_off, move, opening_instant
from reporter.engine.due import joined_route
from reporter.engine.filing import (
    disposition,
    filing_of_reply,
    is_filed_hour_missing,
    is_filed_in_doubt,
    no_instant,
)
from reporter.engine.windows import CountedFrom, windows
from reporter.model.rulebook import Deadline, OwnDuty, Rulebook, earliest_of
from reporter.model.shapes import FACTS, FINDINGS, INSTITUTION, OWN, require


def institution_duties(
    rows: DataFrame, rulebook: Rulebook, as_of: Timestamp, *, holidays: DatetimeIndex, office_zone: str
) -> DataFrame:
    """One row a duty of the institution, as `due.duties` has one for a person's; `person_id` is the duty's id.

    A duty without a date to count from stays, without instants, so that it is told and not lost.

    Takes:   OWN; the rulebook's own part (`Rulebook.institution`).
    Returns: the columns of FINDINGS that do not depend on outages, in the order of the rows.
    """
    require(rows, OWN)
    rows = rows[rows["kind"].isin(list(rulebook.deadlines))].reset_index(drop=True)
    off = DatetimeIndex(rulebook.legal_holidays)
    held = set(rows["kind"]) or {next(iter(rulebook.deadlines))}
    known = pd.concat(
        _dates(rows[rows["kind"] == name], duty, as_of, off)
        for name, duty in rulebook.deadlines.items()
        if name in held
    ).sort_index()
    done = known.assign(**filing_of_reply(known["filed_at"], known["filed_from_at"], known))
    no_outcome = Series("", index=known.index, dtype="str")
    kinds = pd.CategoricalDtype(list(rulebook.deadlines))
    deadline, method = rows["kind"].astype(kinds), rows["sign_in_method"].fillna("unknown").astype("category")
    is_missing = known["closes_on"].isna() & ~known["is_before_the_rule"]
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
            is_filed=done["is_filed"],
            is_filed_in_doubt=is_filed_in_doubt(known),
            is_filed_hour_missing=is_filed_hour_missing(known),
            is_filed_late=done["is_filed_late"],
            disposition=disposition(done, as_of, no_outcome).astype("category"),
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


def _dates(rows: DataFrame, duty: Deadline, as_of: Timestamp, holidays: DatetimeIndex) -> DataFrame:
    """WINDOWS of each, and when it was done; a date that the letter itself prints goes before the count."""
    assert isinstance(duty, OwnDuty)
    counted = _received(rows, duty)
    window = windows(rows, counted, duty, as_of=as_of, holidays=holidays)
    filed_at = filed_from_at = no_instant(rows.index)
    if duty.filed_by:
        filed_at, filed_from_at = rows[duty.filed_by], rows[earliest_of(duty.filed_by)]
    window = window.assign(filed_at=filed_at, filed_from_at=filed_from_at)
    if not duty.printed_in:
        return window
    printed = rows[duty.printed_in]
    clock = duty.in_force[-1].clock
    at = {"closes_at": closing_instant(printed, clock), "over_at": closing_instant(printed, clock)}
    at |= {"safe_by_at": opening_instant(printed, clock)}
    on = {name: printed.fillna(window[name]) for name in ("closes_on", "over_on")}
    whole = window.assign(**on, **{name: window[name].mask(printed.notna(), said) for name, said in at.items()})
    opens_at = whole["opens_at"].fillna(opening_instant(whole["closes_on"], clock))
    counted_on = whole["counted_on"].fillna(whole["closes_on"])
    return whole.assign(opens_at=opens_at, counted_on=counted_on)


def _received(rows: DataFrame, duty: OwnDuty) -> CountedFrom:
    """The earlier and the later of the recorded receipt and the day on which the law deems it.

    Where the day of sending is not recorded, it was that of the receipt at the latest.
    """
    received = rows[duty.counts_from]
    if not duty.deemed_from:
        return CountedFrom(received, received)
    deemed = move(rows[duty.deemed_from], duty.deemed_after)
    at_latest = move(rows[duty.deemed_from].fillna(received), duty.deemed_after)
    first, last = (
        pd.concat([received, of], axis=1).agg(how, axis=1).astype("datetime64[us]")
        for of, how in ((deemed, "min"), (at_latest, "max"))
    )
    return CountedFrom(first, last)
