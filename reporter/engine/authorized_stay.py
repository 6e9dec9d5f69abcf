"""When each person's authorized stay ends, of all the dates that bear on it, and which of them decides. Pure.

A permit allows until its printed date, or until a later must-leave-by date; a rule that ends the permit sooner goes
before both. Of several permits the later holds. What limits the person and no permit (biometrics) goes before all.
"""

from collections.abc import Mapping

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.engine.closing import closing_instant, later, move, opening_instant
from reporter.engine.filing import PERSON, WHO, carries_a_stay, carrying, earliest, filing_standing
from reporter.model.rulebook import Deadline, Rulebook, State
from reporter.model.shapes import STEPS

PRINTED, LEAVE_BY, PASSPORT = "permit_expires_on", "must_leave_by_on", "passport_expires_on"
ORDER = ("printed", "leave_by", "counted", "two_permits", "several", "limit", "decision", "passport")
DECIDES = ("counted", "printed", "leave_by", "limit", "decision")
"""What can be the end, first named first where two fall on one day."""
Ends = Mapping[str, DataFrame]
"""For each deadline that ends a stay, WINDOWS of the rows that have it: `closes_on` warns, `over_on` is the latest."""


def with_stay(people: DataFrame, ends: Ends, rulebook: Rulebook) -> DataFrame:
    """The roster with the application that stands, and `stay_ends_on`: missing where no permit says an end.

    An application received before the end and refused after it carries the count to the day of the refusal, by the
    latest reading to a later one (see states.toml); received by its day alone, and that the last, it may have come
    before the end, and does so by the latest reading. `stay_over_on` is the end by the latest reading of every text.

    Takes: ROSTER with an index of its own; the ends of its rows.
    """
    dated, latest = (_dated_end(people, ends, rulebook, reading) for reading in ("closes_on", "over_on"))
    carriers, decision = carrying(rulebook), _explaining("decision", rulebook)
    known = filing_standing(people, dated, latest, carriers)
    at, from_at = known["application_filed_at"], known["application_filed_from_at"]
    refused_on = _of_person(_refused_after(known, dated, carriers, at), people)
    told_on = _of_person(_refused_after(known, dated, carriers, earliest(at, from_at)), people)
    told_on = move(told_on, decision.over) if decision else told_on
    return known.assign(stay_ends_on=refused_on.fillna(dated), stay_over_on=later(latest, told_on))


def _refused_after(people: DataFrame, dated: Series, carriers: frozenset[str], at: Series) -> Series:
    """The day of a refusal after the end, of an application received (`at`) before it that carries a stay."""
    issued = opening_instant(people["permit_issued_on"], "utc")
    in_time = (at < closing_instant(dated, "utc")) & ~(at < issued)
    in_time &= carries_a_stay(people["application_kind"], carriers)
    on = people["application_decided_on"]
    return on.where(in_time & (people["application_outcome"].fillna("") == "refused") & (on > dated))


def _dated_end(people: DataFrame, ends: Ends, rulebook: Rulebook, reading: str = "closes_on") -> Series:
    """The end of each row's person by the dates of the permits alone, in one reading of the texts."""
    rows = _row_ends(people, ends, rulebook, reading)
    stay = _of_person(rows, people)
    for name in _of_sort(ends, rulebook, "limit"):
        if ends[name].empty:
            continue
        limit = _of_person(ends[name][reading].reindex(people.index), people)
        stay = _first(people, [stay, limit]).where(stay.notna())
    return stay


def stay_dates(people: DataFrame, ends: Ends, rulebook: Rulebook) -> DataFrame:
    """How each end came about, a row a date: what it is, the cell's column it comes of, and whether it decides.

    Takes and returns: what `with_stay` made, and the ends that it made it of; STEPS, by person, then in the order of
    reading.
    """
    stay = people["stay_ends_on"]
    dated = [_dated(name, end, rulebook.deadlines[name]) for name, end in ends.items() if len(end)]
    told = pd.concat([*dated, *_of_states(people, ends, stay, rulebook)])
    told = told[stay.loc[told.index].notna().to_numpy(dtype=bool)]
    who = people.loc[told.index, [*PERSON, "source_row"]].fillna({"reading": ""})
    steps = told.assign(**{str(name): who[name] for name in who}, stay_ends_on=stay.loc[told.index], row=told.index)
    steps = steps.assign(stay_over_on=people["stay_over_on"].loc[told.index])
    steps = steps.assign(place=steps["what"].map(ORDER.index)).sort_values(
        [*PERSON, "place", "row", "on"], kind="stable"
    )
    steps = steps.drop_duplicates([*PERSON, "what", "deadline", "counted_on", "on"]).reset_index(drop=True)
    number = steps.groupby(PERSON).cumcount() + 1
    return STEPS.cast(steps.assign(number=number, is_deciding=_decides(steps)))


def _decides(steps: DataFrame) -> Series:
    """The one step of each person whose date is the end."""
    rank = steps["what"].map({what: place for place, what in enumerate(DECIDES)})
    fits = rank.where(steps["on"] == steps["stay_ends_on"]).dropna().sort_values(kind="stable")
    first = steps.loc[fits.index, PERSON].drop_duplicates().index
    return Series(steps.index.isin(first), index=steps.index)


def _sort(deadline: Deadline) -> str:
    """What a deadline says of the stay: a printed date, one counted for a permit, or a limit of the person."""
    if deadline.limits == "person":
        return "limit"
    return "printed" if deadline.counts_from == PRINTED else "counted"


def _of_sort(ends: Ends, rulebook: Rulebook, sort: str) -> list[str]:
    return [name for name in ends if _sort(rulebook.deadlines[name]) == sort]


def _row_ends(people: DataFrame, ends: Ends, rulebook: Rulebook, reading: str = "closes_on") -> Series:
    """Until when each row's permit allows the stay."""
    printed = _first(people, [ends[name][reading] for name in _of_sort(ends, rulebook, "printed")])
    allowed = later(printed, people[LEAVE_BY])
    return _first(people, [allowed, *(ends[name][reading] for name in _of_sort(ends, rulebook, "counted"))])


def _first(people: DataFrame, dates: list[Series]) -> Series:
    none = Series(pd.NaT, index=people.index, dtype="datetime64[us]")
    told = [on.reindex(people.index) for on in dates if len(on)]
    first: Series = pd.concat([none, *told], axis=1).min(axis=1) if told else none
    return first.astype("datetime64[us]")


def _of_person(dates: Series, people: DataFrame) -> Series:
    """The latest of the person's rows, on every row of the person."""
    latest: Series = dates.groupby(people[WHO]).transform("max")
    return latest


def _dated(name: str, end: DataFrame, deadline: Deadline) -> DataFrame:
    """The steps of one deadline, with the provision in force on the date it counts from."""
    cites = {Timestamp(version.from_): version.cite for version in deadline.in_force}
    return DataFrame(
        {
            "counted_on": end["counted_on"],
            "on": end["closes_on"],
            "what": _sort(deadline),
            "column": deadline.counts_from,
            "deadline": name,
            "cite": end["in_force_on"].map(cites),
        }
    )


def _of_states(people: DataFrame, ends: Ends, stay: Series, rulebook: Rulebook) -> list[DataFrame]:
    """The steps that no deadline gives: a must-leave-by date, the later of two permits, a passport that ends first."""
    rows = _row_ends(people, ends, rulebook)
    several = rows.groupby(people[WHO]).transform("nunique") > 1
    latest = rows.where(several & (rows == _of_person(rows, people)))
    is_pair = _hold_each(people, _explaining("two_permits", rulebook))
    passport = people[PASSPORT].where(people[PASSPORT] < stay)
    dated, at = _dated_end(people, ends, rulebook), people["application_filed_at"]
    refused_on = _refused_after(people, dated, carrying(rulebook), at)
    found = (
        ("decision", refused_on, "application_decided_on"),
        ("leave_by", people[LEAVE_BY], LEAVE_BY),
        ("two_permits", latest.where(is_pair), PRINTED),
        ("several", latest.where(~is_pair), PRINTED),
        ("passport", passport, PASSPORT),
    )
    return [_told(what, on.dropna(), column, rulebook) for what, on, column in found]


def _hold_each(people: DataFrame, state: State | None) -> Series:
    """Whether the row's person holds a permit of each group of kinds that the state is about."""
    held = Series(True, index=people.index)
    for kinds in state.of_kinds if state else ():
        is_one = people["permit_kind"].isin(kinds)
        held &= is_one.groupby(people[WHO]).transform("any")
    return held


def _told(what: str, on: Series, column: str, rulebook: Rulebook) -> DataFrame:
    state = _explaining(what, rulebook)
    cite = state.in_force[-1].cite if state else ""
    return DataFrame({"counted_on": on, "on": on, "what": what, "column": column, "deadline": "", "cite": cite})


def _explaining(what: str, rulebook: Rulebook) -> State | None:
    """The entry of states.toml that gives the reason for a step, where no deadline does."""
    return next((state for state in rulebook.states.values() if state.explains == what), None)
