"""Which duties each row has, the institution's own too, and between which instants each can be done. Pure.

Every date, length and list of services comes from the rulebook; see deadlines.toml and duties.toml.

Each row that was to be assessed has a finding, or another row of the person stands for it: a renewed permit leaves the
old one without a finding, and two rows may say one thing. Neither is a row lost, and each says which row it gives way
to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd
from msgspec import Struct, field
from numpy.typing import NDArray
from pandas import DataFrame, DatetimeIndex, Series, Timestamp

from reporter.engine import authorized_stay
from reporter.engine.closing import CountedFrom, closing_instant, days_off, move, opening_instant, windows
from reporter.engine.downtime import route_key
from reporter.engine.filing import (
    OF_FILING,
    PERSON,
    WHO,
    Kinds,
    carrying,
    disposition,
    filing,
    filing_of_reply,
    is_filed_hour_missing,
    is_filed_in_doubt,
    is_second_after_refusal,
    is_stay_in_doubt,
    missed_at,
    no_filing,
    no_instant,
    possible_kinds,
)
from reporter.model.rulebook import CONFIDENCES, Deadline, OwnDuty, Rulebook, earliest_of, hour_of
from reporter.model.shapes import FACTS, FATES_OF_ROWS, FINDINGS, INSTITUTION, ONE_PERSON, OWN, ROSTER, WINDOWS, require
from reporter.text.time_zones import OTTAWA, ZONES

NO_PERMIT, NO_DUTY = "no_permit", "row_without_duty"


def document_needs(whole: DataFrame, person: DataFrame, rulebook: Rulebook) -> Series:
    """For each duty what its date bears on; empty for one that is no document.

    `next`: the next application needs it and must come first; `later`: the stay ends sooner than it, so the stay's own
    end decides; `used`: the permit on record rests on it; else what the rulebook says that it serves.

    Takes: the duties; the roster's row of each, with `issued_on`, the day of the person's last permit.
    """
    need = Series("", index=whole.index, dtype="str")
    for name in whole["deadline"].unique():
        deadline = rulebook.deadlines[name]
        if deadline.serves:
            here = whole["deadline"] == name
            need = need.mask(here, _of_application(whole["closes_on"], person, deadline))
    return need


def _of_application(ends_on: Series, person: DataFrame, deadline: Deadline) -> Series:
    if deadline.serves != "application":
        return Series(deadline.serves, index=ends_on.index, dtype="str")
    stay_ends_on, issued_on = person["stay_ends_on"], person["issued_on"]
    no_date = Series(pd.NaT, index=ends_on.index, dtype="datetime64[us]")
    begins_on = move(ends_on, deadline.begins) if deadline.begins else no_date
    first_on = move(stay_ends_on, deadline.next_within) if deadline.next_within else no_date
    is_known = issued_on.notna() & begins_on.notna()
    is_used = is_known & (issued_on >= begins_on) | ~is_known & (ends_on < first_on) | (issued_on > ends_on)
    said = Series("next", index=ends_on.index, dtype="str").mask(ends_on > stay_ends_on, "later")
    return said.mask(is_used, "used")


Rows = NDArray[np.bool_]
OF_ENDS = ["counted_on", "closes_on", "over_on", "in_force_on"]


class Basis(Struct, frozen=True):
    """What duties are dated and judged by: the rules, an instant, the office's time zone, and the holidays to mark.

    Nothing is ever carried over a holiday. `degraded_share` is how much of an hour counts in which a service was slow.
    """

    rulebook: Rulebook
    as_of: Timestamp
    office_zone: str = OTTAWA
    holidays: DatetimeIndex = field(default_factory=lambda: DatetimeIndex([]))
    degraded_share: float = 0.0


def duties(roster: DataFrame, basis: Basis) -> DataFrame:
    """One row a person and duty: DUTIES, with what the judgement and the reader need beside them.

    A permit that a later one of the same kind supersedes has no duty of its own, and rows that say the same
    twice count once; both stay accounted for as rows.

    Takes:   ROSTER.
    Returns: the columns of FINDINGS that do not depend on outages, in the order of roster and rulebook.
    """
    return duties_at(dated_duties(authorized_stays(roster, basis.rulebook), basis), basis.as_of)


def is_dated_anew(rulebook: Rulebook) -> bool:
    """Whether the dates of a duty hang on the day on which they are asked for: that chooses the version in force."""
    return any(deadline.applies_to == "filing" for deadline in rulebook.deadlines.values())


class Stays(Struct, frozen=True):
    """The roster with the end of each person's authorized stay, and the WINDOWS that it comes of, by deadline.

    `people` has the person of each row, in one reading, as a number (`who`).
    """

    people: DataFrame
    windows: Mapping[str, DataFrame]

    def of(self, persons: Series) -> Stays:
        """Those of some people. Takes: their ids."""
        people = self.people[self.people["person_id"].isin(persons)]
        return Stays(people, {name: one[one.index.isin(people.index)] for name, one in self.windows.items()})


def authorized_stays(roster: DataFrame, rulebook: Rulebook) -> Stays:
    """When each person's authorized stay ends. Takes: ROSTER."""
    people = _with_latest_permit(require(roster, ROSTER).reset_index(drop=True))
    ending = {name: deadline for name, deadline in rulebook.deadlines.items() if deadline.ends_stay}
    found = _windows(people, ending, rulebook)
    return Stays(_with_principal(authorized_stay.with_stay(people, _ends(found, rulebook), rulebook)), found)


def dated_duties(stays: Stays, basis: Basis) -> DataFrame:
    """What of `duties` is the same at every instant (but see `is_dated_anew`): a question that asks for many needs it
    once.

    Returns: the duties, with those that begin to be one only at `begins_at`.
    """
    people, rulebook = stays.people, basis.rulebook
    others = {name: deadline for name, deadline in rulebook.deadlines.items() if not deadline.ends_stay}
    known = {**stays.windows, **_windows(people, others, rulebook, basis.as_of)}
    found = {name: known[name] for name in rulebook.deadlines if name in known}
    kinds = _kinds(people, found, rulebook)
    applications = people[_of_applications(rulebook.deadlines[name] for name in found)]
    parts = [_of_kind(applications, name, window, kinds, rulebook) for name, window in found.items()]
    without = {
        name: _applies(people, deadline) for name, deadline in rulebook.deadlines.items() if _is_undated(deadline)
    }
    without |= _without_end(people, rulebook)
    parts += [_blank(people.index[rows], name) for name, rows in without.items() if rows.any()]
    whole = pd.concat([part for part in parts if len(part)] or [_blank(people.index[:0], "")], ignore_index=True)
    return _with_person(_governing(whole, people, rulebook), people, basis)


def duties_at(dated: DataFrame, as_of: Timestamp) -> DataFrame:
    """The duties that are one at that instant, and how they stand then. Takes: the frame of `dated_duties`."""
    begun = dated["begins_at"].isna() | (dated["begins_at"] <= as_of)
    here = dated if begun.all() else _only(dated, begun)
    letter_days = (closing_instant(here["letter_due_on"], "utc") - as_of).dt.days
    decided_days = (as_of - opening_instant(here["application_decided_on"], "utc")).dt.days
    return here.drop(columns=["begins_at", "letter_due_on", "application_decided_on"]).assign(
        is_stay_over=(closing_instant(here["stay_over_on"], "utc") <= as_of),
        letter_days=letter_days.astype("float64"),
        decided_days=decided_days.astype("float64"),
        disposition=disposition(here, as_of, here["application_outcome"]).astype("category"),
    )


def _only(dated: DataFrame, which: Series) -> DataFrame:
    """Some of the duties, as if there had never been others."""
    here = dated[which].reset_index(drop=True)
    labels = {name: here[name].cat.remove_unused_categories() for name in here.select_dtypes("category")}
    here = here.assign(**labels | {"confidence": here["confidence"]})
    return here.assign(route=_joined_route(here["deadline"], here["sign_in_method"]))


def stay_steps(stays: Stays, rulebook: Rulebook) -> DataFrame:
    """STEPS: how the end of each person's authorized stay came about, a row a date."""
    return authorized_stay.stay_dates(stays.people, _ends(stays.windows, rulebook), rulebook)


def _ends(ending: Mapping[str, DataFrame], rulebook: Rulebook) -> dict[str, DataFrame]:
    """The last days, by both readings, of the duties that end a stay, for the rows that have them."""
    ends = {}
    for name, window in ending.items():
        loose = [Timestamp(version.from_) for version in rulebook.deadlines[name].in_force if not version.binds]
        is_end = window["closes_on"].notna() & ~window["in_force_on"].isin(loose)
        ends[name] = window.loc[is_end, OF_ENDS]
    return ends


def _with_latest_permit(people: DataFrame) -> DataFrame:
    """The roster with each person as a number, and the day of their last permit, of the row's kind and of any."""
    who = people[PERSON].fillna("").groupby(PERSON, sort=False).ngroup()
    issued = people["permit_issued_on"]
    of_kind = issued.groupby([who, people["permit_kind"]], dropna=False).transform("max")
    latest = issued.groupby(who).transform("max")
    return people.assign(**{WHO: who}, of_kind_issued_on=of_kind, issued_on=latest)


def _with_principal(people: DataFrame) -> DataFrame:
    """The roster with the end of the stay that an accompanying person's own rests on; the earlier of two readings."""
    ends = people.groupby("person_id")["stay_ends_on"].min()
    ends_on = ends.reindex(people["principal_id"]).set_axis(people.index)  # `map` fails where nobody is left to judge
    return people.assign(principal_ends_on=ends_on.astype("datetime64[us]"))


def _kinds(people: DataFrame, found: Mapping[str, DataFrame], rulebook: Rulebook) -> dict[str, Kinds]:
    """What each application on record can be, by the duties that it may be about."""
    opens = {name: window["opens_at"] for name, window in found.items() if rulebook.deadlines[name].usual_kind}
    return {prefix: possible_kinds(people, opens, rulebook, prefix) for prefix in ("application_", "other_")}


def _of_applications(deadlines: Iterable[Deadline]) -> list[str]:
    """The columns that tell what was filed, and until when one may stay."""
    filed = [name for one in deadlines if one.filed_by for name in (one.filed_by, earliest_of(one.filed_by))]
    return list(dict.fromkeys((WHO, *OF_FILING, *filed)))


def _of_kind(
    people: DataFrame,
    name: str,
    window: DataFrame,
    kinds: Mapping[str, Kinds],
    rulebook: Rulebook,
) -> DataFrame:
    deadline = rulebook.deadlines[name]
    rows, carriers = people.loc[window.index], carrying(rulebook)
    filed = filing(rows, window, deadline, {key: possible[window.index] for key, possible in kinds.items()})
    begins_at = missed_at(rows, deadline, carriers) if deadline.once_missed else no_instant(rows.index)
    whole = window.assign(
        row=rows.index,
        deadline=name,
        is_second_after_refusal=is_second_after_refusal(rows, filed),
        begins_at=begins_at,
        is_stay_in_doubt=is_stay_in_doubt(rows, carriers) if deadline.once_missed else False,
        **filed,
    )
    return whole[begins_at.notna()] if deadline.once_missed else whole


def _windows(
    people: DataFrame, deadlines: Mapping[str, Deadline], rulebook: Rulebook, as_of: Timestamp | None = None
) -> dict[str, DataFrame]:
    """WINDOWS of each deadline that any row has, for those rows; a rule that is repealed leaves none.

    What ends a stay never goes by the day of a filing (the rules are refused else), and needs no `as_of`.
    """
    dated = {name: deadline for name, deadline in deadlines.items() if deadline.counts_from in people}
    applies = {name: _applies(people, deadline) for name, deadline in dated.items()}
    return {
        name: _window(people[_looked_at(dated[name], people)][rows], dated[name], rulebook, as_of)
        for name, rows in applies.items()
        if rows.any()
    }


def _window(rows: DataFrame, deadline: Deadline, rulebook: Rulebook, as_of: Timestamp | None) -> DataFrame:
    counted = CountedFrom(
        on=rows[deadline.counts_from],
        latest_on=rows[deadline.over_from or deadline.counts_from],
        opened_on=rows[deadline.opens_from] if deadline.opens_from else None,
    )
    window = windows(rows, counted, deadline, as_of=as_of, holidays=DatetimeIndex(rulebook.legal_holidays))
    held = window["closes_on"].notna() | window["is_before_the_rule"]
    if deadline.only_if_before:
        limit = rows[deadline.only_if_before]
        held &= (window["closes_on"].fillna(window["counted_on"]) < limit) | limit.isna()
    if deadline.event:
        issued_on = rows["issued_on" if deadline.superseded_by == "any" else "of_kind_issued_on"]
        held &= ~(issued_on > rows[deadline.event])
    return window[held]


def _looked_at(deadline: Deadline, people: DataFrame) -> list[str]:
    """The columns that its dates are counted from, held against or chosen by: to cut all of them out takes long."""
    named = (deadline.counts_from, deadline.over_from, deadline.opens_from, deadline.only_if_before, deadline.event)
    hour = hour_of(deadline.counts_from)
    more = (deadline.filed_by, hour if hour in people else "", "issued_on", "of_kind_issued_on")
    return list(dict.fromkeys(filter(None, (*named, *more))))


def _sure(rows: pd.Index[int]) -> pd.Categorical[str]:
    """So many rows whose rule is official."""
    return pd.Categorical.from_codes(np.zeros(len(rows), dtype=np.int8), pd.Index(CONFIDENCES))


def _applies(people: DataFrame, deadline: Deadline) -> Rows:
    rows = np.ones(len(people), dtype=bool)
    if deadline.counts_from:
        rows = people[deadline.counts_from].notna().to_numpy(dtype=bool)
    if not rows.any():
        return rows
    for column, values in deadline.applies.items():
        rows = rows & _is_one_of(people[column], values)
    for column in deadline.only_without:
        rows = rows & people[column].isna().to_numpy(dtype=bool)
    for column in deadline.only_with:
        rows = rows & people[column].notna().to_numpy(dtype=bool)
    return rows


def _is_one_of(column: Series, values: Collection[str]) -> Rows:
    """Whether each cell is one of these; an empty one is "", as the rules write it."""
    found = column.isin(list(values)).to_numpy(dtype=bool)
    return found | column.isna().to_numpy(dtype=bool) if "" in values else found


def _without_end(people: DataFrame, rulebook: Rulebook) -> dict[str, Rows]:
    """The rows whose permit has no end that can be read, when nothing else says when the stay ends.

    A row that names no permit is one of them, whatever else is dated (a passport, a start): nothing else says when
    the stay ends. It is not where another row of the person tells an end, or where it only carries a letter.
    """
    names = [name for name, deadline in rulebook.deadlines.items() if deadline.stands_for == "end"]
    if not names:
        return {}
    kind, ends = people["permit_kind"].fillna(""), people["permit_expires_on"].notna()
    has_end = ends.groupby([people[WHO], kind]).transform("any")
    person_has = ends.groupby(people["person_id"], dropna=False).transform("any")
    is_letter = people["letter_kind"].notna()
    wanted = ~has_end & (kind != "none") & ~((kind == "") & (person_has | is_letter))
    return {names[0]: wanted.to_numpy(dtype=bool) & _applies(people, rulebook.deadlines[names[0]])}


def _is_undated(deadline: Deadline) -> bool:
    """Whether it stands for something recorded without the date that it is due."""
    return not deadline.counts_from and not deadline.stands_for


def _blank(rows: pd.Index[int], name: str) -> DataFrame:
    """A duty of these rows for which no date can be counted."""
    return WINDOWS.blank(rows).assign(
        row=rows,
        deadline=name,
        confidence=_sure(rows),
        is_second_after_refusal=False,
        is_stay_in_doubt=False,
        begins_at=no_instant(rows),
        **no_filing(rows),
    )


def _governing(whole: DataFrame, people: DataFrame, rulebook: Rulebook) -> DataFrame:
    """Each duty once: of one person's permits of a line the later governs, and repeated rows say it once.

    The later permit is no renewal where it was issued first, or was cancelled: then both stand.
    """
    whose = people[WHO].loc[whole["row"]].to_numpy()
    deadline, names = pd.factorize(whole["deadline"])
    once = ~DataFrame({"whose": whose, "deadline": deadline, "closes_at": whole["closes_at"]}).duplicated()
    lines, _ = pd.factorize(np.array([rulebook.deadlines[name].line or name for name in names], dtype=object))
    by = whose * len(names) + lines[deadline]
    asked = ["permit_expires_on", "permit_issued_on", "document_state"]
    permit = people.loc[whole["row"], asked].reset_index(drop=True)
    closes_at = whole["closes_at"].fillna(opening_instant(whole["counted_on"], "utc"))
    holds = closes_at.where(permit["document_state"].fillna("") != "cancelled")
    latest = holds.groupby(by).transform("max")
    issued = permit["permit_issued_on"].where(holds == latest).groupby(by).transform("max")
    is_renewed = (closes_at < latest) & ~(permit["permit_issued_on"] > issued)
    superseded = is_renewed & (whole["counted_on"] == permit["permit_expires_on"])
    return whole[once & ~superseded].reset_index(drop=True)


BESIDE = ("person_id", "stay_ends_on", "stay_over_on", "reading", "source_row", "letter_due_on",
          "application_decided_on")  # fmt: skip
LABELS = ("population", "permit_kind", "permit_expires_state", "date_certainty", "enrolment_status", "school_level",
          "study_conditions", "document_state", "letter_kind", "second_filing")  # fmt: skip
OF_PERSON = ("sign_in_method", "trv_expires_on", "application_outcome", "issued_on", "of_kind_issued_on",
             "permit_issued_on", "enrolment_ended_on", "time_zone", "province")  # fmt: skip
"""What stands beside a duty as it is, what does as one of few words, and what else is looked at of the person."""


def _with_person(whole: DataFrame, people: DataFrame, basis: Basis) -> DataFrame:
    """The duties with the route each needs and the person's own facts beside them."""
    rulebook = basis.rulebook
    person = people[[*BESIDE, *LABELS, *OF_PERSON]].loc[whole["row"]].reset_index(drop=True)
    deadline = whole["deadline"].astype("category")
    group = deadline.map({name: rulebook.deadlines[name].group for name in deadline.cat.categories}).astype("category")
    method = person["sign_in_method"].fillna("unknown")
    gap = whole["closes_on"] - person["stay_ends_on"]
    compared = deadline.isin([name for name, kind in rulebook.deadlines.items() if kind.beside == "trv_expires_on"])
    visa_gap = (whole["counted_on"] - person["trv_expires_on"]).where(compared)
    outcome = whole["filing_outcome"].where(whole["filing_outcome"] != "", person["application_outcome"].fillna(""))
    said = {
        "application_outcome": outcome,
        "document_need": document_needs(whole, person, rulebook),
        **{name: whole[name] for name in ("filing_answer", "application_kind")},
    }
    return whole.drop(columns=["row", "filing_outcome"]).assign(
        deadline=deadline,
        group=group,
        route=_joined_route(deadline, method.astype("category")),
        is_filed_in_doubt=is_filed_in_doubt(whole),
        is_filed_hour_missing=is_filed_hour_missing(whole),
        gap_days=gap.dt.days.astype("float64"),
        visa_gap_days=visa_gap.dt.days.astype("float64"),
        is_replaced=(person["issued_on"] > person["permit_issued_on"]).to_numpy(dtype=bool),
        is_enrolment_end_dated=person["enrolment_ended_on"].notna().to_numpy(dtype=bool),
        is_earlier_event=(person["enrolment_ended_on"] < person["of_kind_issued_on"]).to_numpy(dtype=bool),
        is_weekend=days_off(whole["closes_on"], basis.holidays),
        time_zone=_zones(person, basis.office_zone),
        sign_in_method=method.astype("category"),
        holder=Series(ONE_PERSON, index=person.index).astype("category"),
        **{name: person[name] for name in BESIDE},
        **{name: person[name].fillna("").astype("category") for name in LABELS},
        **{name: texts.fillna("").astype("category") for name, texts in said.items()},
    )


def _joined_route(deadline: Series, method: Series) -> Series:
    """The key of each duty's route, from two columns of few values."""
    count = len(method.cat.categories)
    code = deadline.cat.codes.to_numpy(dtype=np.int64) * count + method.cat.codes.to_numpy(dtype=np.int64)
    keys = [route_key(name, way) for name in deadline.cat.categories for way in method.cat.categories]
    return Series(pd.Categorical.from_codes(code, pd.Index(keys)), index=deadline.index)


def _zones(person: DataFrame, office_zone: str) -> Series:
    return person["time_zone"].fillna(person["province"].map(ZONES)).fillna(office_zone).astype("category")


def institution_duties(rows: DataFrame, basis: Basis) -> DataFrame:
    """One row a duty of the institution, as `due.duties` has one for a person's; `person_id` is the duty's id.

    A duty without a date to count from stays, without instants, so that it is told and not lost.

    Takes:   OWN; a basis with the rulebook's own part (`Rulebook.institution`).
    Returns: the columns of FINDINGS that do not depend on outages, in the order of the rows.
    """
    require(rows, OWN)
    rulebook = basis.rulebook
    rows = rows[rows["kind"].isin(list(rulebook.deadlines))].reset_index(drop=True)
    off = DatetimeIndex(rulebook.legal_holidays)
    held = set(rows["kind"]) or {next(iter(rulebook.deadlines))}
    known = pd.concat(
        _dates(rows[rows["kind"] == name], duty, basis.as_of, off)
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
            route=_joined_route(deadline, method),
            is_filed=done["is_filed"],
            is_filed_in_doubt=is_filed_in_doubt(known),
            is_filed_hour_missing=is_filed_hour_missing(known),
            is_filed_late=done["is_filed_late"],
            disposition=disposition(done, basis.as_of, no_outcome).astype("category"),
            is_weekend=days_off(known["closes_on"], basis.holidays),
            time_zone=Series(basis.office_zone, index=rows.index).astype("category"),
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


def silent_rows(roster: DataFrame, findings: DataFrame) -> DataFrame:
    """The rows without a finding, each with its fate.

    `superseded`: another row of the person has a later permit; `repeated`: another says as much; `excluded`: the row
    says that there is no permit, and nothing else; else `set_aside`, since no rule can judge what it says.

    Takes:   ROSTER; FINDINGS.
    Returns: FATES_OF_ROWS, in the order of the roster.
    """
    require(roster, ROSTER)
    has_one = roster["source_row"].isin(findings["source_row"])
    silent = roster[~has_one].drop_duplicates("source_row").reset_index(drop=True)
    if silent.empty:
        return FATES_OF_ROWS.empty()
    other = roster[has_one & roster["person_id"].isin(silent["person_id"])]
    later, same = _later(silent, other), _same(silent, other)
    is_none = (silent["permit_kind"] == "none") & silent["permit_expires_on"].isna()
    of = later["source_row"].fillna(same).mask(is_none)
    outcome = Series("set_aside", index=silent.index, dtype="str")
    outcome = outcome.mask(of.notna(), "repeated").mask(later["source_row"].notna(), "superseded")
    outcome = outcome.mask(is_none, "excluded")
    rule = outcome.map({"set_aside": NO_DUTY, "repeated": "row_repeated", "superseded": "permit_superseded"})
    return FATES_OF_ROWS.cast(
        silent[["source_row"]].assign(
            outcome=outcome,
            rule=rule.fillna(NO_PERMIT),
            of=of,
            ends_on=silent["permit_expires_on"],
            later_on=later["permit_expires_on"],
        )
    )


def _later(silent: DataFrame, other: DataFrame) -> DataFrame:
    """The person's last permit, of the row's own kind where one ends no earlier, if it ends after the row's."""
    dated = other[other["permit_expires_on"].notna()].sort_values("permit_expires_on", kind="stable")
    found = [_beside(silent, dated.drop_duplicates(by, keep="last"), by) for by in (_KIND, _PERSON)]
    best = found[0].where(found[0]["permit_expires_on"] >= silent["permit_expires_on"], found[1])
    return best.where(best["permit_expires_on"] > silent["permit_expires_on"])


_PERSON = ["person_id"]
_KIND = ["person_id", "permit_kind"]


def _beside(silent: DataFrame, last: DataFrame, by: list[str]) -> DataFrame:
    wanted = [*by, "source_row", "permit_expires_on"]
    return silent[by].merge(last[wanted], how="left", on=by)[["source_row", "permit_expires_on"]]


def _same(silent: DataFrame, other: DataFrame) -> Series:
    """The first row of the person that ends on the same day, else the first one."""
    first = other.drop_duplicates(_PERSON)
    alike = other.drop_duplicates([*_PERSON, "permit_expires_on"])
    by = [*_PERSON, "permit_expires_on"]
    equal = silent[by].merge(alike[[*by, "source_row"]], how="left", on=by)["source_row"]
    whole: Series = equal.fillna(silent[_PERSON].merge(first[[*_PERSON, "source_row"]], how="left")["source_row"])
    return whole
