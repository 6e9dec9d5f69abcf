"""Who a row is about: ids kept as text, the rows without one, and the rows that say one thing twice.

Two ids are never joined by a name. Pure: no files, no clock.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.readers.page import Page, Truth, truth
from reporter.readers.rows import lone_texts
from reporter.readers.spelling import key

NO_ID = (
    "n/a",
    "na",
    "-",
    "--",
    "—",
    "–",
    "none",
    "tbd",
    "tbc",
    "?",
    "??",
    "unknown",
    "pending",
    "s/o",
    "inconnu",
    "à venir",
    "aucun",
    "null",
    "nil",
)
REASONS = ("no_person_id", "id_shortened", "lone_text")


def person_ids(cells: Series) -> Series:
    """The ids as compared and kept: in NFKC, leading zeros as they stand; words for `no id` are missing."""
    arrow = pc.utf8_normalize(pa.array(cells.array), "NFKC")
    ids = Series(pd.array(arrow, dtype="str"), index=cells.index)
    return ids.mask(ids.str.lower().isin(NO_ID))


def without_person(page: Page, ids: Series, among: Truth) -> tuple[Series, list[Problem]]:
    """The rows that cannot be anybody's: no id, a heading between groups, or an id cut short by a spreadsheet.

    Takes:   ids - see person_ids; among - the rows that are not excluded.
    Returns: each row's problem code, empty where there is an id; the problems.
    """
    code = Series("", index=page.index, dtype="str")
    code[truth(ids.str.fullmatch(r"\d(?:[.,]\d+)?[eE]\+?\d+"))] = "id_shortened"
    code[ids.isna()] = "no_person_id"
    code[lone_texts(page)] = "lone_text"
    code[~among] = ""
    bound = page.bound("person_id")[0]
    return code, [p for name in REASONS for p in page.problems(name, page.index[code == name].tolist(), bound)]


def repeated_people(page: Page, ids: Series, among: Truth) -> tuple[Truth, list[Problem]]:
    """The rows equal to an earlier one (to be assessed once), and ids that stand beside different names."""
    repeated = np.zeros(len(ids), dtype=bool)
    again = among & truth(ids.duplicated(keep=False) & ids.notna())
    if not again.any():
        return repeated, []
    lines = page.cells.loc[again].assign(person=ids[again])
    same = lines.duplicated()
    repeated[again] = same
    first = lines.groupby(list(lines.columns), dropna=False, sort=False).ngroup()
    firsts = Series(lines.index, index=first).groupby(level=0).first()
    told = [
        page.problem("duplicate_row", row, page.bound("person_id")[0].column, ids[row], first=str(firsts[first[row]]))
        for row in lines.index[same]
    ]
    return repeated, [*told, *_shared(page, lines)]


def _shared(page: Page, lines: DataFrame) -> list[Problem]:
    """One id under two names: one person who writes a name in two ways, or two people and a typing slip."""
    columns = [b.column for name in ("full_name", "family_name", "given_names") for b in page.bound(name)]
    if not columns:
        return []
    parts: list[Any] = [lines[c].fillna("") for c in columns]
    whole = parts[0].str.cat(parts[1:], sep=" ") if len(parts) > 1 else parts[0]
    names = whole.map(lambda text: " ".join(sorted(key(text).split())))
    told = DataFrame({"person": lines["person"], "name": names, "row": lines.index})
    firsts = told.drop_duplicates(["person", "name"])
    shared = firsts[firsts["person"].duplicated(keep="first")]
    at = firsts.drop_duplicates("person").set_index("person")["row"]
    column = page.bound("person_id")[0].column
    return [
        page.problem("id_shared", row, column, person, first=str(at[person]))
        for person, row in zip(shared["person"], shared["row"], strict=True)
    ]
