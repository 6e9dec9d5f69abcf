"""The Set aside sheet: what would settle the most people first, then the rows set aside, then the doubts. Pure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas import DataFrame

from reporter.model.problem import Problem
from reporter.model.shapes import SET_ASIDE

TWO_READINGS = ("date_ambiguous", "date_mixed_order")
TOLD = ["source_row", "cell", "value", "what", "severity"]


def set_aside_frame(problems: Sequence[Problem], rows: DataFrame, language: str) -> DataFrame:
    """Every doubt about a row, with whose row it is, in the order in which it pays to settle them.

    A column whose dates can be read two ways comes first, with the number of people whom deciding its order once
    would settle; it belongs to no single row.

    Takes:   the problems of the rosters; ROWS.
    Returns: SET_ASIDE.
    """
    whose = rows[["source_row", "person_id", "unit", "contact_email", "outcome"]].drop_duplicates("source_row")
    about = [p for p in problems if p.row and p.severity != "info"]
    frame = DataFrame([(_row(p), p.cell, p.value, p.message(language), p.severity) for p in about], columns=TOLD)
    joined = frame.astype("str").merge(whose, on="source_row", how="inner")
    order = np.lexsort((np.arange(len(joined)), joined["outcome"] != "set_aside"))
    leading = DataFrame(_columns(about, whose, language), columns=TOLD)
    return SET_ASIDE.cast(pd.concat([leading.astype("str"), joined.iloc[order]], ignore_index=True))


def _columns(problems: Sequence[Problem], whose: DataFrame, language: str) -> list[tuple[str, str, str, str, str]]:
    """For each column read two ways: the first such cell, and how many people it leaves in doubt; most first."""
    person = dict(zip(whose["source_row"], whose["person_id"], strict=True))
    found: dict[tuple[str, str, str], list[Problem]] = {}
    for p in problems:
        if p.code in TWO_READINGS:
            found.setdefault((p.source, p.sheet, p.column), []).append(p)
    people = {place: len({person.get(_row(p)) for p in cells}) for place, cells in found.items()}
    leads: list[tuple[str, str, str, str, str]] = []
    for place in sorted(found, key=lambda key: (-people[key], key)):
        first = found[place][0]
        details = {"people": str(people[place]), "cells": str(len(found[place])), "cell": first.cell}
        lead = Problem(first.source, "column_two_readings", first.sheet, 0, first.column, first.value, details)
        told = lead.message(language)
        leads.append((f"{first.source}!{first.sheet}:0", first.cell, first.value, told, lead.severity))
    return leads


def _row(problem: Problem) -> str:
    return f"{problem.source}!{problem.sheet}:{problem.row}"
