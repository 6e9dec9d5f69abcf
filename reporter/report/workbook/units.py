"""How many people each unit has at each level, each person counted once, by the worst level."""

import numpy as np
import pandas as pd
from pandas import DataFrame

from reporter.model.levels import BY_NAME, NAMES, RANK
from reporter.model.report import Report
from reporter.report.words import words
from reporter.report.workbook.sheet import Column, Sheet, table

SHOWN = 6  # units that get a column of their own on the Summary


def by_unit(report: Report) -> DataFrame:
    """Counts with a row for each unit (worst hit first) and a column for each level.

    A person all of whose rows were set aside counts under data_problem. What the report counts beyond the
    people known here (a row set aside that has no id) stands under "no unit", so that the sums agree.
    """
    nowhere = words("workbook", report.language)["no_unit"]
    people = _people(report)
    unit, names = pd.factorize(people["unit"].fillna("").replace("", nowhere), sort=True)
    rank = people["level"].map(RANK).to_numpy(dtype="int64")
    tally = np.bincount(unit * len(NAMES) + rank, minlength=len(names) * len(NAMES)).reshape(-1, len(NAMES))
    counts = DataFrame(tally, index=[str(name) for name in names], columns=list(NAMES))
    left = np.array([report.people_by_level.get(name, 0) for name in NAMES]) - tally.sum(axis=0)
    if left.any():
        counts.loc[nowhere] = left + (counts.loc[nowhere].to_numpy() if nowhere in counts.index else 0)
    return counts.sort_values(list(NAMES), ascending=False, kind="stable").astype("int64")


def _people(report: Report) -> DataFrame:
    """Each person once, with a unit and the worst level; the findings stand worst first."""
    assessed = report.findings[["person_id", "unit", "level"]].drop_duplicates("person_id")
    aside = report.set_aside[report.set_aside["severity"] == "error"][["person_id", "unit"]].drop_duplicates(
        "person_id"
    )
    aside = aside[aside["person_id"].fillna("") != ""]
    if aside.empty:
        return assessed
    # NOTE: isin() of a long list of texts is slow in pandas; the rows set aside are the short side.
    both = assessed["person_id"][assessed["person_id"].isin(aside["person_id"])]
    return pd.concat([assessed, aside[~aside["person_id"].isin(both)].assign(level="data_problem")])


def units(report: Report, counts: DataFrame) -> Sheet:
    """The sheet of all units, for when there are more than the Summary has room for."""
    frame = counts.assign(unit=counts.index.astype("str"), people=counts.sum(axis=1)).reset_index(drop=True)
    levels = [Column(n, "count", 15, header=f"{BY_NAME[n].symbol} {BY_NAME[n].word(report.language)}") for n in NAMES]
    columns = (Column("unit", "text", 40), Column("people", "count", 12), *levels)
    return table(report, "units", frame, columns, frozen_columns=1)
