"""The chain behind each level at risk, a row a duty: cell, date, rule, cut-off, outages, deciding judgement. Pure.

Whole columns, each distinct text made once; `reporter explain` tells the whole chain of one person.
"""

from collections.abc import Mapping

import pandas as pd
from pandas import DataFrame, Series

from reporter.engine.due import stay_steps
from reporter.model.levels import AT_RISK
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import WHY
from reporter.report.chain import in_force
from reporter.report.stay import STAY, stays_said
from reporter.rules.conditions import deciding
from reporter.rules.wording import cite_text

MOST = 5_000
"""Duties shown, the worst first; the sheet says so, and every other one can be explained by itself."""
SOURCE_ROW = r"^(.*):(\d+)$"
Headings = Mapping[tuple[str, str], str]
"""The letter of the column that holds a field, by file!sheet and field."""


def why_frame(
    findings: DataFrame, told: DataFrame, people: DataFrame, rulebook: Rulebook, headings: Headings, language: str
) -> DataFrame:
    """The rows behind the duties at risk, on their own index.

    Takes:   FINDINGS; TOLD on the same rows; ROSTER.
    Returns: WHY.
    """
    shown = findings[findings["level"].isin(AT_RISK)].head(MOST)
    said = told.loc[shown.index]
    columns = ["level", "person_id", "title", "closes_on", "closes_local", "last_safe_local", "outages", "cite"]
    return WHY.cast(
        said[columns].assign(
            cell=_cells(shown, rulebook, headings),
            counted_on=shown["counted_on"],
            date_certainty=shown["date_certainty"].astype("str"),
            closes_at=shown["closes_at"],
            stay=_stays(shown, people, rulebook, language),
            **_rules(shown, rulebook, language),
            rule=shown["rule"].astype("str"),
            conditions=deciding(shown, rulebook, language),
            also=shown["also"].astype("str").str.replace(";", "; "),
        )
    )


def _stays(findings: DataFrame, people: DataFrame, rulebook: Rulebook, language: str) -> "Series[str]":
    """How the end of each person's stay came about; empty where no date says one."""
    theirs = people[people["person_id"].isin(findings["person_id"].unique())]
    said = stays_said(stay_steps(theirs, rulebook), rulebook, language)
    beside = findings[STAY].merge(said, how="left", on=STAY)["stay"].fillna("")
    return beside.astype("str").set_axis(findings.index)


def _cells(findings: DataFrame, rulebook: Rulebook, headings: Headings) -> "Series[str]":
    """Where the date stands that each duty counts from; the row alone where it comes of several cells."""
    place = findings["source_row"].str.extract(SOURCE_ROW)
    keys = DataFrame({"sheet": place[0], "deadline": findings["deadline"], "kind": findings["permit_kind"]})
    code = keys.groupby(list(keys), observed=True, sort=False, dropna=False).ngroup()
    letters = {
        number: _letter(str(row["sheet"]), str(row["deadline"]), str(row["kind"]), rulebook, headings)
        for number, row in zip(code[~code.duplicated()], keys[~code.duplicated()].to_dict("records"), strict=True)
    }
    letter = code.map(letters).astype("str")
    cell = place[0].str.removesuffix("!") + "!" + letter + place[1]  # a text file has no sheet
    return cell.where(letter != "", findings["source_row"])


def _letter(sheet: str, deadline: str, kind: str, rulebook: Rulebook, headings: Headings) -> str:
    field = rulebook.deadlines[deadline].counts_from
    return headings.get((sheet, f"{kind}_{field}")) or headings.get((sheet, field), "")


def _rules(findings: DataFrame, rulebook: Rulebook, language: str) -> "dict[str, Series[str]]":
    """The version of the deadline that holds: since when, its law and where to read it."""
    keys = findings[["deadline", "counted_on"]]
    code = keys.groupby(list(keys), observed=True, sort=False, dropna=False).ngroup()
    firsts = keys[~code.duplicated()].to_dict("records")
    held = [in_force(rulebook.deadlines[str(row["deadline"])], row["counted_on"]) for row in firsts]
    said = {
        "in_force": [f"{row['deadline']}, {v.from_.isoformat()}" for row, v in zip(firsts, held, strict=True)],
        "law": [cite_text(version.cite, language) for version in held],
        "link": [version.link for version in held],
    }
    return {
        name: Series(pd.array(texts, dtype="str").take(code.to_numpy()), index=findings.index)
        for name, texts in said.items()
    }
