"""What the recorded applications are to each duty: which of them answers it, and how the duty ended. Pure.

An application answers the duties that its kind answers, and no other. Where its kind is not recorded, it is every
kind that it can be: what all of these are to a duty is told as such, and what they differ in is told as unclear.
Everything is told as recorded: nothing here says what was decided.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timestamp

from reporter.engine.closing import closing_instant, opening_instant
from reporter.model.levels import ANSWERS
from reporter.model.rulebook import APPLICATION_KINDS, Deadline, Rulebook, earliest_of

Kinds = NDArray[np.int64]
"""For each row the kinds that an application can be, a bit for each of APPLICATION_KINDS."""
PERSON = ["person_id", "reading"]
"""One person, in one reading of an ambiguous date."""
WHO = "who"
"""The same as a number (see `due.authorized_stays`): people are grouped by it a dozen times."""
RECORDED = ("pending", "approved", "refused")
"""Outcomes that say an application was made, even when its instant is not recorded."""
APPLICATION = ("filed_at", "filed_from_at", "outcome", "decided_on", "kind")
"""What is recorded of each application."""
OF_FILING = (
    *(f"{prefix}{part}" for prefix in ("application_", "other_") for part in APPLICATION),
    "permit_issued_on",
    "second_filing",
    "stay_ends_on",
    "stay_over_on",
)
"""What this room looks at of a row, beside what a letter is answered by."""
REFUSED_BEFORE = "refused"
"""What an application is to a duty in place of one of ANSWERS, when it was refused with time left: the duty is open."""
WHOLE_ANSWER = ("answers", "")
"""What settles a duty; a filing of any other of ANSWERS leaves it in doubt. Empty where no kind is asked for."""


def carrying(rulebook: Rulebook) -> frozenset[str]:
    """The kinds of application that carry a stay to their decision when they are made in time."""
    ending = [deadline for deadline in rulebook.deadlines.values() if deadline.ends_stay and deadline.carries]
    return frozenset(kind for deadline in ending for kind in (*deadline.answered_by, *deadline.carried_by))


def filing_standing(
    people: DataFrame, stay_ends_on: Series, stay_over_on: Series, carriers: frozenset[str]
) -> DataFrame:
    """The roster with the application that stands, and `second_filing`: how a second one stands to the first.

    A second application stands in place of one that was returned, and of one that was refused when the second was
    received before the stay ended (`instead`, `counted`). Else it is only told: `in_time`, `between` the careful
    end and the latest that the text allows, or perhaps so (its hour is not recorded), or `late`; and is `other_…`.

    Takes: ROSTER; the end of each row's stay, by either reading; the kinds that carry a stay.
    """
    at, outcome = people["second_application_filed_at"], people["application_outcome"].fillna("")
    is_made = at.notna() & (people["second_application_outcome"].fillna("") != "returned")
    in_time = is_made & (at < closing_instant(stay_ends_on, "utc"))
    carries = carries_a_stay(people["second_application_kind"], carriers)
    instead, again = is_made & (outcome == "returned") & carries, in_time & (outcome == "refused") & carries
    counted = instead | again
    said = Series("", index=people.index, dtype="str").mask(is_made, "late")
    from_at = earliest(at, people["second_application_filed_from_at"])
    said = said.mask(is_made & (from_at < closing_instant(stay_over_on, "utc")), "between").mask(in_time, "in_time")
    first, second = (
        {part: people[f"{prefix}application_{part}"] for part in APPLICATION} for prefix in ("", "second_")
    )
    return people.assign(
        second_filing=said.mask(instead, "instead").mask(again, "counted"),
        **{f"application_{part}": first[part].mask(counted, second[part]) for part in APPLICATION},
        **{f"other_{part}": second[part].mask(counted) for part in APPLICATION},
    )


def earliest(at: Series, from_at: Series) -> Series:
    """The first moment that each receipt can be: its own where the hour is recorded."""
    return from_at.fillna(at).where(at.notna())


def carries_a_stay(kind: Series, carriers: frozenset[str]) -> Series:
    """Whether an application of this kind carries a stay; one whose kind is not recorded is taken to."""
    return kind.isna() | kind.isin(list(carriers))


def possible_kinds(people: DataFrame, opens: Mapping[str, Series], rulebook: Rulebook, prefix: str) -> Kinds:
    """What each row's application can be: its kind, or the usual kind of every duty that it may be about.

    Takes: the roster of `standing`; for each deadline the first instants of the rows that have it; `application_`
           or `other_`.
    """
    kind, at = people[f"{prefix}kind"], people[f"{prefix}filed_at"]
    known = kind.map({name: 1 << place for place, name in enumerate(APPLICATION_KINDS)})
    possible = np.zeros(len(people), dtype=np.int64)
    issued = opening_instant(people["permit_issued_on"], "utc")
    for name, opened in opens.items():
        deadline, filed_at = rulebook.deadlines[name], at.reindex(opened.index)
        is_of_permit = deadline.filing_counts_from == "issued"
        since = issued.reindex(opened.index) if is_of_permit else opened
        may_be = ~(filed_at < since) & (filed_at.notna() | is_of_permit)
        rows = opened.index[may_be]
        possible[people.index.get_indexer(rows)] |= _bits((deadline.usual_kind,))
    return np.where(known.notna(), known.fillna(0).to_numpy(dtype=np.int64), possible)


def _bits(kinds: tuple[str, ...]) -> int:
    return sum(1 << APPLICATION_KINDS.index(kind) for kind in dict.fromkeys(kinds))


class Filed(Struct, frozen=True):
    """One application seen from one duty: whether it counts as made for it, and what it is to it (see ANSWERS)."""

    at: Series
    from_at: Series
    is_made: Series  # a receipt or an outcome says so, and nothing takes it away
    is_refused_before: Series  # it was, and was refused by the last day
    outcome: Series
    kind: Series
    is_inferred: Series
    rank: NDArray[np.int8]


def filing(rows: DataFrame, part: DataFrame, deadline: Deadline, kinds: Mapping[str, Kinds]) -> dict[str, Series]:
    """Whether a filing is recorded for this duty, what it is to it, and whether it came too late.

    A filing older than the permit it should extend is the one that led to that permit, and does not count.
    A returned application counts as not made; one refused by the last day leaves the duty as it was.

    Takes: the rows of the roster; their `opens_at`, `over_at` and `closes_on`; the kinds that their applications
           can be, by prefix.
    """
    if not deadline.filed_by:
        return no_filing(rows.index)
    if deadline.filed_by != "application_filed_at":
        return filing_of_reply(rows[deadline.filed_by], rows[earliest_of(deadline.filed_by)], part)
    seen = _seen(rows, part, deadline, "application_", kinds["application_"])
    other = _seen(rows, part, deadline, "other_", kinds["other_"])
    is_other = Series((other.rank < seen.rank) & other.at.notna().to_numpy(), index=rows.index)
    at, from_at = seen.at.mask(is_other, other.at), seen.from_at.mask(is_other, other.from_at)
    outcome = seen.outcome.mask(is_other, other.outcome)
    rank = np.where(is_other, other.rank, seen.rank)
    is_made = seen.is_made.mask(is_other, other.is_made)
    answer = Series(pd.Categorical.from_codes(rank, pd.Index(ANSWERS)), index=rows.index)
    good = ("answers", "carries_stay", "not_carried", *(("unclear",) if deadline.ends_stay else ()))
    is_filed = is_made & answer.isin(good)
    filed_at, filed_from_at = at.where(is_filed), from_at.where(is_filed)
    return {
        "filed_at": filed_at,
        "filed_from_at": filed_from_at,
        "is_filed": is_filed,
        "is_filed_late": is_filed & (earliest(filed_at, filed_from_at) >= part["over_at"]),
        "filing_answer": answer.astype("str")
        .where(is_made, "")
        .mask(~is_made & seen.is_refused_before, REFUSED_BEFORE),
        "seen_filed_at": at.where(is_made & ~is_filed),
        "seen_filed_from_at": from_at.where(is_made & ~is_filed),
        "application_kind": seen.kind.mask(is_other, other.kind).where(is_made, ""),
        "is_kind_inferred": seen.is_inferred.mask(is_other, other.is_inferred) & is_made,
        "filing_outcome": outcome,
    }


def _seen(rows: DataFrame, part: DataFrame, deadline: Deadline, prefix: str, possible: Kinds) -> Filed:
    at, outcome = rows[f"{prefix}filed_at"], rows[f"{prefix}outcome"].fillna("")
    is_undated = Series(False, index=rows.index)
    since = part["opens_at"]
    if deadline.filing_counts_from == "issued":
        since = opening_instant(rows["permit_issued_on"], "utc")
        is_undated = at.isna() & outcome.isin(RECORDED)
    before = (outcome == "refused") & (rows[f"{prefix}decided_on"] <= part["closes_on"])
    recorded = at.notna() & ~(at < since) | is_undated
    made = recorded & (outcome != "returned") & ~before
    is_one = (possible & (possible - 1)) == 0
    rank, kind = _rank(possible, deadline), rows[f"{prefix}kind"]
    names = np.array([*APPLICATION_KINDS, ""], dtype=object)
    place = np.where(is_one & (possible > 0), np.log2(np.maximum(possible, 1)).astype(np.int64), len(names) - 1)
    return Filed(
        at=at,
        from_at=rows[f"{prefix}filed_from_at"],
        is_made=made,
        outcome=outcome,
        kind=Series(names[place], index=rows.index, dtype="str"),
        is_refused_before=recorded & before & (rank == ANSWERS.index("answers")),
        is_inferred=kind.isna() & is_one & (possible > 0),
        rank=np.where(made, rank, len(ANSWERS) - 1).astype(np.int8),
    )


def _rank(possible: Kinds, deadline: Deadline) -> NDArray[np.int8]:
    """The place in ANSWERS of what can be these kinds."""
    full, some = _bits(deadline.answered_by), _bits((*deadline.answered_by, *deadline.carried_by))
    best = ANSWERS.index("answers" if deadline.carries else "not_carried")
    if not deadline.answered_by:
        return np.full(len(possible), best, dtype=np.int8)
    all_full = (possible & ~full) == 0
    all_some = (possible & ~some) == 0
    none = (possible & some) == 0
    rank = np.full(len(possible), ANSWERS.index("unclear"), dtype=np.int8)
    rank[none] = ANSWERS.index("another")
    rank[all_some] = ANSWERS.index("carries_stay")
    rank[all_full] = best
    rank[possible == 0] = ANSWERS.index("unclear")
    return rank


def filing_of_reply(at: Series, from_at: Series, part: DataFrame) -> dict[str, Series]:
    """The reply to a letter, whenever it was sent, or a duty of the institution, whenever it was done.

    Takes: the receipts, and the first moments that those can be whose hour is not recorded.
    """
    return no_filing(at.index) | {
        "filed_at": at,
        "filed_from_at": from_at,
        "is_filed": at.notna(),
        "is_filed_late": at.notna() & (earliest(at, from_at) >= part["over_at"]),
        "filing_answer": Series("", index=at.index, dtype="str").mask(at.notna(), "answers"),
    }


def disposition(part: DataFrame, as_of: Timestamp, outcome: Series) -> Series:
    """How each duty ended: one of DISPOSITIONS (model/levels.py), for everybody who asks.

    A filing that came too late is late whatever was decided of it: no decision brings the date back.

    Takes: the instants and the filing of each duty; what was decided of the application that stands for it.
    """
    is_filed = part["is_filed"]
    is_doubtful = is_filed_in_doubt(part) | ~part["filing_answer"].isin(WHOLE_ANSWER)
    said = Series("open", index=part.index, dtype="str").mask(part["over_at"] <= as_of, "missed")
    said = said.mask(outcome == "returned", "returned").mask(part["filing_answer"] == REFUSED_BEFORE, "refused_early")
    said = said.mask(is_filed, "in_time")
    said = said.mask(is_filed & is_doubtful, "in_doubt").mask(is_filed & (outcome == "refused"), "refused")
    return said.mask(part["is_filed_late"], "late")


def is_filed_in_doubt(part: DataFrame) -> Series:
    """Whether a filing is late by the reading that warns or by the last hour of its day, and not by all of them.

    A filing recorded by its day alone can be any hour of it: it is late only when the whole day is.
    """
    from_at = earliest(part["filed_at"], part["filed_from_at"])
    doubtful: Series = (part["filed_at"] >= part["closes_at"]) & (from_at < part["over_at"])
    return doubtful


def is_filed_hour_missing(part: DataFrame) -> Series:
    """Whether a filing is recorded by its day alone."""
    return part["filed_at"].notna() & part["filed_from_at"].notna()


def no_filing(index: "pd.Index[int]") -> dict[str, Series]:
    """No filing is recorded, or none is asked for."""
    text, truth = Series("", index=index, dtype="str"), Series(False, index=index)
    return {
        "filed_at": no_instant(index),
        "filed_from_at": no_instant(index),
        "is_filed": truth,
        "is_filed_late": truth,
        "filing_answer": text,
        "seen_filed_at": no_instant(index),
        "seen_filed_from_at": no_instant(index),
        "application_kind": text,
        "is_kind_inferred": truth,
        "filing_outcome": text,
    }


def is_second_after_refusal(rows: DataFrame, filed: Mapping[str, Series]) -> Series:
    """One filing of the person for this duty is recorded as refused, and another came after the end."""
    beside = (rows["second_filing"] == "late") & (rows["application_outcome"].fillna("") == "refused")
    if not filed["is_filed_late"].any():
        return beside
    who = rows[WHO]
    refused = (rows["application_outcome"].fillna("") == "refused").groupby(who).transform("any")
    late: Series = filed["is_filed_late"].groupby(who).transform("any")
    return late & refused & (filed["filed_at"].groupby(who).transform("nunique") > 1) | beside


def missed_at(rows: DataFrame, deadline: Deadline, carriers: frozenset[str]) -> Series:
    """When the stay is over by the reading that warns; missing where something that stands was filed before its end.

    A refusal with its day no longer stands.
    """
    ended_at = closing_instant(rows["stay_ends_on"], "utc")
    at = rows[deadline.filed_by] if deadline.filed_by else no_instant(rows.index)
    return ended_at.mask(_is_carried(rows, at, ended_at, carriers))


def is_stay_in_doubt(rows: DataFrame, carriers: frozenset[str]) -> Series:
    """Whether a filing may have come, at some hour of its day, before the latest end of the stay that the text allows.

    Takes: the rows of which `missed_at` says that by the careful reading it did not.
    """
    at = earliest(rows["application_filed_at"], rows["application_filed_from_at"])
    return _is_carried(rows, at, closing_instant(rows["stay_over_on"], "utc"), carriers)


def _is_carried(rows: DataFrame, at: Series, ended_at: Series, carriers: frozenset[str]) -> Series:
    """Whether something of the person that stands was received (`at`) before the end of the stay."""
    outcome = rows["application_outcome"].fillna("")
    issued = opening_instant(rows["permit_issued_on"], "utc")
    in_time = (at < ended_at) & ~(at < issued) | at.isna() & outcome.isin(RECORDED)
    stands = (outcome != "returned") & ~((outcome == "refused") & rows["application_decided_on"].notna())
    carried = in_time & stands & carries_a_stay(rows["application_kind"], carriers)
    covered: Series = carried.groupby(rows[WHO]).transform("any")
    return covered


def no_instant(index: "pd.Index[int]") -> Series:
    return Series(pd.NaT, index=index, dtype="datetime64[us, UTC]")
