"""What is new, worse, better or gone since the last run, for each person and duty, and by how much. Pure."""

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from reporter.model.levels import NAMES, RANK
from reporter.model.shapes import CHANGES

KEY = ["person_id", "deadline", "occurrence"]


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
