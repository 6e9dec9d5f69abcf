"""Which duties each row of the roster has, and between which instants each can be done. Pure.

Every date, length and list of services comes from the rulebook; see deadlines.toml.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, DatetimeIndex, Series, Timestamp

from reporter.engine import authorized_stay
from reporter.engine.closing import closing_instant, days_off, move, opening_instant
from reporter.engine.downtime import route_key
from reporter.engine.filing import PERSON, filing, is_over, is_second_after_refusal, no_instant
from reporter.model.rulebook import CONFIDENCES, Deadline, Rulebook, Version
from reporter.model.shapes import ONE_PERSON, ROSTER, require
from reporter.text.time_zones import ZONES

Rows = NDArray[np.bool_]


INTERIM = "wp_ext"
"""The letter that says an extension is being decided; its date is no end of anything."""


@dataclass(frozen=True)
class VersionWindow:
    """One version of one deadline over the rows that have it."""

    counted_on: Series
    opens_on: Series
    closes_on: Series
    confidence: pd.Categorical[str]


def duties(
    roster: DataFrame, rulebook: Rulebook, as_of: Timestamp, *, holidays: DatetimeIndex, office_zone: str
) -> DataFrame:
    """One row a person and duty: DUTIES, with what the judgement and the reader need beside them.

    A permit that a later one of the same kind supersedes has no duty of its own, and rows that say the same
    twice count once; both stay accounted for as rows.

    Takes:   ROSTER; the rulebook; the holidays to mark (nothing is ever carried over them).
    Returns: the columns of FINDINGS that do not depend on outages, in the order of roster and rulebook.
    """
    require(roster, ROSTER)
    people = roster.reset_index(drop=True)
    people = authorized_stay.with_stay(people, _ends(people, rulebook), rulebook)
    dated = {name: deadline for name, deadline in rulebook.deadlines.items() if deadline.counts_from}
    held = [name for name, deadline in dated.items() if _applies(people, deadline).any()] or [next(iter(dated))]
    parts = [_of_kind(people, name, dated[name], as_of) for name in held]
    parts += [
        _undated(people, name, deadline) for name, deadline in rulebook.deadlines.items() if _is_undated(deadline)
    ]
    parts.append(_without_end(people, rulebook))
    whole = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return _with_person(_governing(whole, people), people, rulebook, as_of, holidays, office_zone)


def stay_steps(roster: DataFrame, rulebook: Rulebook) -> DataFrame:
    """How the end of each person's authorized stay came about, a row a date.

    Takes and returns: ROSTER; STEPS.
    """
    people = require(roster, ROSTER).reset_index(drop=True)
    return authorized_stay.stay_dates(people, _ends(people, rulebook), rulebook)


def _ends(people: DataFrame, rulebook: Rulebook) -> dict[str, DataFrame]:
    """The last days of the duties that end a stay, for the rows that have them."""
    ending = {name: deadline for name, deadline in rulebook.deadlines.items() if deadline.ends_stay}
    windows = {name: _window(people, deadline) for name, deadline in ending.items()}
    return {name: DataFrame({"counted_on": w.counted_on, "on": w.closes_on}) for name, w in windows.items()}


def _of_kind(people: DataFrame, name: str, deadline: Deadline, as_of: Timestamp) -> DataFrame:
    window = _window(people, deadline)
    rows = people.loc[window.closes_on.index]
    closes_at = closing_instant(window.closes_on, deadline.clock)
    part = DataFrame(
        {
            "row": rows.index,
            "deadline": name,
            "opens_at": opening_instant(window.opens_on, deadline.clock),
            "closes_at": closes_at,
            "safe_by_at": opening_instant(window.closes_on, deadline.clock),
            "counted_on": window.counted_on,
            "closes_on": window.closes_on,
            "confidence": window.confidence,
        }
    )
    part = part.assign(**filing(rows, part, deadline))
    part = part.assign(is_second_after_refusal=is_second_after_refusal(rows, part))
    return part[is_over(rows, deadline, as_of)] if deadline.once_missed else part


def _window(people: DataFrame, deadline: Deadline) -> VersionWindow:
    """The dates of one deadline, for the rows that have it."""
    if not deadline.counts_from or deadline.counts_from not in people:
        none = Series(dtype="datetime64[us]", index=people.index[:0])
        return VersionWindow(none, none, none, _sure(none))
    rows = people[_applies(people, deadline)]
    counted_on = rows[deadline.counts_from]
    starts = pd.DatetimeIndex([pd.Timestamp(v.from_) for v in deadline.in_force])
    version = starts.searchsorted(pd.DatetimeIndex(counted_on), side="right") - 1
    opens_on, closes_on = counted_on.copy(), counted_on.copy()
    in_force = np.zeros(len(rows), dtype=bool)
    for number, rule in enumerate(deadline.in_force):
        here = version == number
        in_force |= here & (not rule.ends)
        opens_on = opens_on.where(~here, _opens_on(rows, counted_on, deadline, rule))
        closes_on = closes_on.where(~here, move(counted_on, rule.last_day))
    if deadline.only_if_before:
        limit = rows[deadline.only_if_before]
        in_force &= ((closes_on < limit) | limit.isna()).to_numpy(dtype=bool)
    places = np.array([CONFIDENCES.index(rule.confidence) for rule in deadline.in_force], dtype=np.int8)
    confidence = pd.Categorical.from_codes(places[version[in_force]], pd.Index(CONFIDENCES))
    return VersionWindow(counted_on[in_force], opens_on[in_force], closes_on[in_force], confidence)


def _sure(rows: Series) -> pd.Categorical[str]:
    """So many rows whose rule is official."""
    return pd.Categorical.from_codes(np.zeros(len(rows), dtype=np.int8), pd.Index(CONFIDENCES))


def _applies(people: DataFrame, deadline: Deadline) -> Rows:
    rows = np.ones(len(people), dtype=bool)
    if deadline.counts_from:
        rows = people[deadline.counts_from].notna().to_numpy(dtype=bool)
    for column, values in deadline.applies.items():
        rows = rows & people[column].fillna("").isin(values).to_numpy(dtype=bool)
    for column in deadline.only_without:
        rows = rows & people[column].isna().to_numpy(dtype=bool)
    return rows


def _opens_on(rows: DataFrame, counted_on: Series, deadline: Deadline, rule: Version) -> Series:
    planned = move(counted_on, rule.opens)
    if not deadline.opens_from:
        return planned
    known = rows[deadline.opens_from]
    return known.where(known <= counted_on, planned)


def _without_end(people: DataFrame, rulebook: Rulebook) -> DataFrame:
    """The rows whose permit has no end that can be read, when nothing else says when the stay ends.

    A row that names no permit is one of them, whatever else is dated (a passport, a start): nothing else says when
    the stay ends. It is not where another row of the person tells an end, or where it only carries a letter.
    """
    names = [name for name, d in rulebook.deadlines.items() if d.group == "unknown" and not _is_undated(d)]
    kind, ends = people["permit_kind"].fillna(""), people["permit_expires_on"].notna()
    same = [*(people[name] for name in PERSON), kind]
    has_end = ends.groupby(same, dropna=False).transform("any")
    person_has = ends.groupby(people["person_id"], dropna=False).transform("any")
    is_letter = people["letter_kind"].notna()
    wanted = ~has_end & (kind != "none") & ~((kind == "") & (person_has | is_letter))
    rows = people.index[wanted] if names else people.index[:0]
    return _blank(rows, names[0] if names else "")


def _is_undated(deadline: Deadline) -> bool:
    """Whether it stands for something recorded without the date that it is due."""
    return not deadline.counts_from and bool(deadline.applies)


def _undated(people: DataFrame, name: str, deadline: Deadline) -> DataFrame:
    return _blank(people.index[_applies(people, deadline)], name)


def _blank(rows: pd.Index[int], name: str) -> DataFrame:
    """A duty of these rows for which no date can be counted."""
    return DataFrame(
        {
            "row": rows,
            "deadline": name,
            "confidence": _sure(Series(0, index=rows)),
            "is_second_after_refusal": False,
            **{name: no_instant(rows) for name in ("opens_at", "closes_at", "safe_by_at", "filed_at")},
            **{name: no_instant(rows).dt.tz_localize(None) for name in ("counted_on", "closes_on")},
            "is_filed": False,
            "is_filed_late": False,
        },
        index=rows,
    )


def _governing(whole: DataFrame, people: DataFrame) -> DataFrame:
    """Each duty once: of one person's permits of a kind the renewal governs, and repeated rows say it once.

    The later permit is no renewal where it was issued first, or was cancelled: then both stand.
    """
    keys = people.loc[whole["row"], PERSON].reset_index(drop=True).fillna("")
    known = pd.concat([keys, whole[["deadline", "closes_at"]]], axis=1)
    once = ~known.duplicated()
    by = [keys["person_id"], keys["reading"], whole["deadline"]]
    asked = ["permit_expires_on", "permit_issued_on", "document_state"]
    permit = people.loc[whole["row"], asked].reset_index(drop=True)
    holds = whole["closes_at"].where(permit["document_state"].fillna("") != "cancelled")
    latest = holds.groupby(by).transform("max")
    issued = permit["permit_issued_on"].where(holds == latest).groupby(by).transform("max")
    is_renewed = (whole["closes_at"] < latest) & ~(permit["permit_issued_on"] > issued)
    superseded = is_renewed & (whole["counted_on"] == permit["permit_expires_on"])
    return whole[once & ~superseded].reset_index(drop=True)


def _with_person(
    whole: DataFrame,
    people: DataFrame,
    rulebook: Rulebook,
    as_of: Timestamp,
    holidays: DatetimeIndex,
    office_zone: str,
) -> DataFrame:
    """The duties with the route each needs and the person's own facts beside them."""
    person = people.loc[whole["row"]].reset_index(drop=True)
    deadline = whole["deadline"].astype("category")
    group = deadline.map({name: rulebook.deadlines[name].group for name in deadline.cat.categories}).astype("category")
    method = person["sign_in_method"].fillna("unknown")
    gap = whole["closes_on"] - person["stay_ends_on"]
    visa_gap = (whole["counted_on"] - person["trv_expires_on"]).where(group == "travel")
    beside = ["person_id", "stay_ends_on", "reading", "source_row"]
    labels = ["population", "permit_kind", "application_outcome", "permit_expires_state", "date_certainty"]
    labels += ["enrolment_status", "document_state", "letter_kind", "second_filing"]
    return whole.drop(columns="row").assign(
        deadline=deadline,
        group=group,
        route=joined_route(deadline, method.astype("category")),
        gap_days=gap.dt.days.astype("float64"),
        visa_gap_days=visa_gap.dt.days.astype("float64"),
        interim_letter_days=_interim_letter_days(person, as_of),
        is_weekend=days_off(whole["closes_on"], holidays),
        time_zone=_zones(person, office_zone),
        sign_in_method=method.astype("category"),
        holder=Series(ONE_PERSON, index=person.index).astype("category"),
        **{name: person[name] for name in beside},
        **{name: person[name].fillna("").astype("category") for name in labels},
    )


def _interim_letter_days(person: DataFrame, as_of: Timestamp) -> Series:
    """Days from now to the date on an interim letter of a work permit; missing for any other letter."""
    left = closing_instant(person["letter_due_on"], "utc") - as_of
    days: Series = left.dt.days.astype("float64").where(person["letter_kind"].fillna("") == INTERIM)
    return days


def joined_route(deadline: Series, method: Series) -> Series:
    """The key of each duty's route, from two columns of few values."""
    count = len(method.cat.categories)
    code = deadline.cat.codes.to_numpy(dtype=np.int64) * count + method.cat.codes.to_numpy(dtype=np.int64)
    keys = [route_key(name, way) for name in deadline.cat.categories for way in method.cat.categories]
    return Series(pd.Categorical.from_codes(code, pd.Index(keys)), index=deadline.index)


def _zones(person: DataFrame, office_zone: str) -> Series:
    return person["time_zone"].fillna(person["province"].map(ZONES)).fillna(office_zone).astype("category")
