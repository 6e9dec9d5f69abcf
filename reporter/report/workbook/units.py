"""The people of a report, each once, and how many each unit has at each level."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame

from reporter.model.levels import BY_NAME, NAMES, RANK
from reporter.model.report import Report
from reporter.report.workbook.sheet import Column, Places, Sheet, sheet, table
from reporter.text.catalogue import words

SHOWN = 6  # units that get a column of their own on the Summary
Counts = Mapping[str, list[int]]
"""How many people a unit has at each level, by the unit's name; worst hit first."""


@dataclass(frozen=True)
class Persons:
    """Whose each finding of the whole is, in which unit and at which level, as numbers."""

    index: "pd.Index[int]"
    person: Places
    person_ids: "pd.Index[str]"
    unit: Places
    units: "pd.Index[str]"
    rank: Places

    @classmethod
    def among(cls, findings: DataFrame, nowhere: str) -> "Persons":
        """Those of the findings of the whole; who has no unit is in the one called `nowhere`."""
        person, person_ids = pd.factorize(findings["person_id"])
        unit, units = pd.factorize(findings["unit"].fillna("").replace("", nowhere), sort=True)
        rank = np.asarray(findings["level"].map(RANK), dtype=np.intp)
        return cls(findings.index, person, person_ids, unit, units, rank)

    def of(self, index: "pd.Index[int]") -> "People":
        """The people of the findings with these numbers, which stand worst first."""
        places = self.index.get_indexer(index)
        _, firsts, counts = np.unique(self.person[places], return_index=True, return_counts=True)
        order = np.argsort(firsts)
        return People(self, places[firsts[order]], firsts[order], counts[order] - 1)


@dataclass(frozen=True)
class People:
    """The people of one report: where the worst finding of each stands, and how many others each has."""

    known: Persons
    places: Places  # in the whole
    firsts: Places  # in the report
    others: NDArray[np.int64]

    @property
    def person_ids(self) -> "pd.Index[str]":
        """Who they are."""
        return self.known.person_ids.take(self.known.person[self.places])

    def by_unit(self) -> dict[str, list[int]]:
        """How many there are at each level, by unit; only units that have any."""
        unit, levels = self.known.unit[self.places], len(NAMES)
        cell = unit * levels + self.known.rank[self.places]
        tally = np.bincount(cell, minlength=len(self.known.units) * levels).reshape(-1, levels)
        return {str(self.known.units[n]): tally[n].tolist() for n in np.unique(unit)}


def by_unit(report: Report, people: People) -> Counts:
    """The people of each unit by level, each counted once.

    A person all of whose rows were set aside counts under data_problem. What the report counts beyond the
    people known here (a row set aside that has no id) stands under "no unit", so that the sums agree.
    """
    nowhere = words("workbook", report.language)["no_unit"]
    counts = people.by_unit()
    for unit in _units_set_aside(report, people):
        counts.setdefault(unit or nowhere, [0] * len(NAMES))[RANK["data_problem"]] += 1
    told = [sum(numbers) for numbers in zip(*counts.values(), strict=True)] or [0] * len(NAMES)
    left = [report.people_by_level.get(name, 0) - number for name, number in zip(NAMES, told, strict=True)]
    if any(left):
        known = counts.get(nowhere, [0] * len(NAMES))
        counts[nowhere] = [a + b for a, b in zip(known, left, strict=True)]
    return dict(sorted(sorted(counts.items()), key=lambda item: [-number for number in item[1]]))


def _units_set_aside(report: Report, people: People) -> list[str]:
    """The unit of each person none of whose rows was assessed."""
    if report.set_aside.empty:
        return []
    rows = report.set_aside.fillna({"person_id": "", "unit": ""})
    aside = rows[(rows["severity"] == "error") & (rows["person_id"] != "")].drop_duplicates("person_id")
    # NOTE: isin() of a long list of texts is slow in pandas; the rows set aside are the short side.
    both = people.person_ids[people.person_ids.isin(aside["person_id"])]
    return aside.loc[~aside["person_id"].isin(both), "unit"].tolist()


def units(report: Report, counts: Counts) -> Sheet:
    """The sheet of all units, for when there are more than the Summary has room for."""
    frame = DataFrame.from_dict(dict(counts), orient="index", columns=list(NAMES)).astype("int64")
    frame = frame.assign(unit=list(counts), people=frame.sum(axis=1)).reset_index(drop=True)
    levels = [Column(n, "count", 15, header=f"{BY_NAME[n].symbol} {BY_NAME[n].word(report.language)}") for n in NAMES]
    columns = (Column("unit", "text", 40), Column("people", "count", 12), *levels)
    return sheet(report, "units", table(frame, columns, report.language), frozen_columns=1)
