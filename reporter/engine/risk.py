"""Judges each duty by the risks of the rulebook, and says what is new, worse, better or gone since the last run. Pure.

All risks that hold are kept, the worst decides. What changed is told for each person and duty, and by how much.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame, Series
from pandas.api.types import union_categoricals

from reporter.engine.exposure import with_confirmed
from reporter.model.levels import NAMES, RANK
from reporter.model.rulebook import Risk, Rulebook, Test
from reporter.model.shapes import CHANGES, FINDINGS

Truths = NDArray[np.bool_]
ORDER = ("level", "closes_at", "person_id", "deadline", "source_row")

KEY = ["person_id", "deadline", "occurrence"]


def judge(duties: DataFrame, facts: DataFrame, confirmed: DataFrame, rulebook: Rulebook) -> DataFrame:
    """Every duty with its level and the rule that decides, worst first.

    A risk that rests on an outage raises its full level only when it also holds on the confirmed outages
    alone; else it is held down to the limit of the rulebook, and the finding says that it is unverified.
    A duty whose date comes from an unverified rule is held down to the limit of such rules.

    Takes:   the frame of `due.duties`; FACTS on all outages; FACTS on the confirmed ones, on the same index.
    Returns: FINDINGS, ordered by level, closing instant and person.
    """
    on_all = pd.concat([duties, with_confirmed(facts, confirmed)], axis=1)
    is_all = confirmed is facts  # the usual: no outage is unconfirmed, and nothing need be asked twice
    on_confirmed = on_all if is_all else pd.concat([duties, confirmed], axis=1)
    decided = decide(on_all, on_confirmed, rulebook)
    judged = _named(decided.best, decided.rule, decided.all_that_hold, rulebook.risks)
    return worst_first(FINDINGS.cast(on_all.assign(**judged, is_unverified=decided.is_held)))


class Decision(Struct, frozen=True):
    """For each row the rank of its level, the number of the risk that decides, and all that hold, bit by bit."""

    best: NDArray[np.int8]
    rule: NDArray[np.int16]
    is_held: Truths  # down to the limit, because the outage is not confirmed
    all_that_hold: NDArray[np.int64]


def decide(on_all: DataFrame, on_confirmed: DataFrame, rulebook: Rulebook) -> Decision:
    """What the risks make of each row, in the order of the rows.

    Takes: two frames on one index with the facts that the risks test, on all outages and on the confirmed alone.
    """
    tests = _Tests(on_all)
    confirmed_tests = tests if on_confirmed is on_all else _Tests(on_confirmed)
    best = np.full(len(on_all), len(NAMES), dtype=np.int8)
    rule = np.zeros(len(on_all), dtype=np.int16)
    held = np.zeros(len(on_all), dtype=bool)
    all_that_hold = np.zeros((len(on_all), -(-len(rulebook.risks) // 63)), dtype=np.int64)
    cap = RANK[rulebook.limits.unconfirmed_outage]
    floor = np.where(on_all["confidence"] == "unverified", RANK[rulebook.limits.unverified_rule], 0).astype(np.int8)
    for number, risk in enumerate(rulebook.risks):
        holds = tests.all_of(risk.when)
        all_that_hold[:, number // 63] |= holds.astype(np.int64) << (number % 63)
        if risk.is_note:
            continue
        rank = RANK[risk.level]
        sure = confirmed_tests.all_of(risk.when) if risk.rests_on_outage else holds
        for which, level, is_held in ((holds & sure, rank, False), (holds & ~sure, max(rank, cap), rank < cap)):
            capped = np.maximum(floor, level)
            worse = which & (capped < best)
            best[worse], rule[worse], held[worse] = capped[worse], number, is_held
    return Decision(best, rule, held, all_that_hold)


def together(people: DataFrame, institution: DataFrame) -> DataFrame:
    """The findings about people and those about the institution as one, worst first. Takes and returns: FINDINGS."""
    return people if institution.empty else joined([people, institution])


def joined(parts: Sequence[DataFrame]) -> DataFrame:
    """The findings of several parts as one, worst first. Takes and returns: FINDINGS."""
    labels = {name: union_categoricals([_labels(part[name]) for part in parts]) for name in FINDINGS.of_kind("label")}
    whole = pd.concat([part.drop(columns=list(labels)) for part in parts], ignore_index=True)
    return worst_first(FINDINGS.cast(whole.assign(**labels)))


def _labels(column: Series) -> pd.Categorical:
    """The same labels as text: an empty column has labels of no kind, which join with no others."""
    return pd.Categorical.from_codes(column.cat.codes, column.cat.categories.astype("str"))


def worst_reading(findings: DataFrame) -> DataFrame:
    """Of the two readings of an ambiguous date, the worse for each person and duty, with the other date beside."""
    two = (findings["reading"].fillna("") != "").to_numpy(dtype=bool)
    if not two.any():
        return findings
    keys = findings[["person_id", "deadline", "source_row"]].astype("str")
    again = two & keys.duplicated().to_numpy(dtype=bool)
    other = keys[again].assign(other_on=findings.loc[again, "counted_on"])
    beside = keys[~again].merge(other, how="left", on=list(keys))["other_on"].to_numpy()
    worse: DataFrame = findings[~again].assign(other_on=beside).reset_index(drop=True)
    return worse


class _Tests:
    """The comparisons of the rulebook on one frame, each made once."""

    def __init__(self, frame: DataFrame) -> None:
        self.frame = frame
        self.made: dict[tuple[str, Test], Truths] = {}

    def all_of(self, when: Mapping[str, Test]) -> Truths:
        """Where every test holds; a missing value holds none."""
        holds = np.ones(len(self.frame), dtype=bool)
        for fact, test in when.items():
            holds = holds & self.one(fact, test)
        return holds

    def one(self, fact: str, test: Test) -> Truths:
        if (fact, test) not in self.made:
            self.made[fact, test] = _compare(self.frame[fact], test)
        return self.made[fact, test]


def _compare(column: Series, test: Test) -> Truths:
    if isinstance(test.is_, bool):
        values = column.to_numpy(dtype=bool)
        return values if test.is_ else ~values
    if test.is_ is not None:
        return _is_among(column, (test.is_,) if isinstance(test.is_, str) else test.is_)
    numbers = column.to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        over = np.ones(len(numbers), dtype=bool) if test.at_least is None else numbers >= test.at_least
        under = np.ones(len(numbers), dtype=bool) if test.at_most is None else numbers <= test.at_most
    return over & under


def _is_among(column: Series, words: tuple[str, ...]) -> Truths:
    """Whether each label is one of these, asked of each distinct label once."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.isin(words).to_numpy(dtype=bool)
    is_one = np.array([label in words for label in column.cat.categories] + [False])
    among: Truths = is_one[column.cat.codes.to_numpy()]  # -1, where there is none, is the last
    return among


def _named(
    best: NDArray[np.int8], rule: NDArray[np.int16], held: NDArray[np.int64], risks: tuple[Risk, ...]
) -> dict[str, pd.Categorical]:
    """Level, rule and the other rules that hold, as words."""
    if (best == len(NAMES)).any():
        raise AssertionError("a duty that no risk judges: the rulebook needs one that always holds")
    keys = DataFrame(np.column_stack([rule, held]))
    numbers = keys.groupby([*keys], sort=False).ngroup()
    firsts = np.flatnonzero(~numbers.duplicated())
    texts = [_others(held[first], int(rule[first]), risks) for first in firsts]
    labels = list(dict.fromkeys(texts))
    place = np.array([labels.index(text) for text in texts], dtype=np.int64)
    return {
        "level": pd.Categorical.from_codes(best, pd.Index(NAMES)),
        "rule": pd.Categorical.from_codes(rule, pd.Index([risk.id for risk in risks])),
        "also": pd.Categorical.from_codes(place[numbers], pd.Index(labels, dtype="str")),
    }


def _others(held: Iterable[int], rule: int, risks: tuple[Risk, ...]) -> str:
    words = [int(word) for word in held]
    others = (risk for n, risk in enumerate(risks) if words[n // 63] >> (n % 63) & 1 and n != rule)
    return ";".join(risk.id for risk in others if risk.is_note or risk.level != "none")


def worst_first(findings: DataFrame) -> DataFrame:
    """Worst first, then by closing instant, then by person; a duty without an instant comes last of its level."""
    keys = findings[list(ORDER)].assign(
        level=findings["level"].cat.codes.to_numpy(), deadline=findings["deadline"].astype("str")
    )
    return findings.loc[keys.sort_values(list(ORDER), kind="stable").index].reset_index(drop=True)


def numbered(findings: DataFrame) -> DataFrame:
    """The findings with `occurrence`: 0, 1… for a person's several duties of one kind, in order of closes_at."""
    keys = findings[["person_id", "deadline", "closes_at"]].astype({"deadline": "str"})
    several = keys[keys.duplicated(["person_id", "deadline"], keep=False)].sort_values("closes_at", kind="stable")
    number = several.groupby(["person_id", "deadline"], sort=False).cumcount()
    return findings.assign(occurrence=number.reindex(findings.index, fill_value=0))


def compare(before: DataFrame, now: DataFrame) -> DataFrame:
    """Each finding that changed, as CHANGES, and nothing for one that did not; see `differences`."""
    return CHANGES.cast(differences(before, now))


def steps(levels: Series) -> Series:
    """How grave each level is, so that differences add up: none is 1, critical 6, and no finding at all 0."""
    return (len(NAMES) - levels.map(RANK).astype("float64")).fillna(0).astype("int64")


def differences(before: DataFrame, now: DataFrame) -> DataFrame:
    """The columns of CHANGES, and `occurrence`, on the same rows.

    Takes: two frames with person_id, deadline, occurrence, level and closes_at.
    """
    columns = [*KEY, "level", "closes_at"]
    old = before[columns].astype({"deadline": "str", "level": "str"})
    new = now[columns].astype({"deadline": "str", "level": "str"})
    both = old.merge(new, on=KEY, how="outer", suffixes=("_was", ""), indicator="side")
    was, level = both["level_was"].map(RANK), both["level"].map(RANK)
    kinds = [both["side"] == "right_only", both["side"] == "left_only", level < was, level > was]
    change = np.select([kind.to_numpy(dtype=bool) for kind in kinds], ["new", "gone", "worse", "better"], default="")
    named = both.assign(change=change, was_level=both["level_was"], was_closes_at=both["closes_at_was"])
    changed = named[named["change"] != ""]
    order = pd.concat([changed["level"].map(RANK), changed["was_level"].map(RANK)], axis=1).min(axis=1)
    return changed.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
