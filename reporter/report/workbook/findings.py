"""The sheets of findings: At risk, a row a duty, for those who act; Everyone, a row a person, to look somebody up."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.levels import AT_RISK, BY_NAME, NAMES, RANK, STILL_TO_FILE
from reporter.model.report import Report
from reporter.report.headline import account_said
from reporter.report.recipients import Places
from reporter.report.workbook.sheet import (
    BookSheet,
    Table,
    TableColumn,
    code_words,
    columns_of,
    level_words,
    put_words,
    sheet,
    table,
)
from reporter.text.catalogue import words
from reporter.text.formats import day, join_phrases

SHOWN = 6  # units that get a column of their own on the Summary
Counts = Mapping[str, list[int]]
"""How many people a unit has at each level, by the unit's name; worst hit first."""


class Persons(Struct, frozen=True):
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

    def of(self, index: "pd.Index[int]") -> "PersonRows":
        """The people of the findings with these numbers, which stand worst first."""
        places = self.index.get_indexer(index)
        _, firsts, counts = np.unique(self.person[places], return_index=True, return_counts=True)
        order = np.argsort(firsts)
        return PersonRows(self, places[firsts[order]], firsts[order], counts[order] - 1)


class PersonRows(Struct, frozen=True):
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
        units, which = np.unique(self.known.unit[self.places], return_inverse=True)
        cell = which * len(NAMES) + self.known.rank[self.places]
        tally = np.bincount(cell, minlength=len(units) * len(NAMES)).reshape(-1, len(NAMES))
        return {str(self.known.units[n]): counts for n, counts in zip(units.tolist(), tally.tolist(), strict=True)}


def by_unit(report: Report, people: PersonRows) -> Counts:
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


def _units_set_aside(report: Report, people: PersonRows) -> list[str]:
    """The unit of each person none of whose rows was assessed."""
    if report.set_aside.empty:
        return []
    rows = report.set_aside.fillna({"person_id": "", "unit": ""})
    aside = rows[(rows["severity"] == "error") & (rows["person_id"] != "")].drop_duplicates("person_id")
    # NOTE: isin() of a long list of texts is slow in pandas; the rows set aside are the short side.
    both = people.person_ids[people.person_ids.isin(aside["person_id"])]
    return aside.loc[~aside["person_id"].isin(both), "unit"].tolist()


def units(report: Report, counts: Counts) -> BookSheet:
    """The sheet of all units, for when there are more than the Summary has room for."""
    frame = DataFrame.from_dict(dict(counts), orient="index", columns=list(NAMES)).astype("int64")
    frame = frame.assign(unit=list(counts), people=frame.sum(axis=1)).reset_index(drop=True)
    levels = [
        TableColumn(n, "count", 15, header=f"{BY_NAME[n].symbol} {BY_NAME[n].word(report.language)}") for n in NAMES
    ]
    columns = (TableColumn("unit", "text", 40), TableColumn("people", "count", 12), *levels)
    return sheet(report, "units", table(frame, columns, report.language), frozen_columns=1)


def left_rows(report: Report) -> Table:
    """What the office wrote that stands beside no finding, and why."""
    rows, language = report.left, report.language
    w = words("workbook", language)
    why = put_words(rows["why"], lambda code: w[f"why_left_{code}"])
    shown = rows.assign(status=code_words(rows["status"], "note_status", language), why=why)
    return table(shown, columns_of("notes_left"), language)


MADE = ("due", "file_before", "mind", "others")
NEEDED = (
    "title",
    "closes_on",
    "last_safe_local",
    "is_past",
    "is_over",
    "is_filed",
    "disposition",
    "is_weekend",
    "is_unverified",
    "date_certainty",
    "relief",
)
FILING_HOURS = {"usable_hours", "usable_hours_worst"}  # of no meaning where nothing is filed
HOURS = ("usable_hours", "usable_hours_worst", "lost_hours", "lost_72h")


def at_risk_rows(findings: DataFrame, language: str) -> Table:
    """The duties somebody has to look at, worst first, with what only the office needs behind the fold."""
    needed = {column.name: None for column in columns_of("at_risk") if column.name not in MADE} | dict.fromkeys(NEEDED)
    found = findings.loc[findings["level"].isin(AT_RISK), list(needed)]
    shown = in_words(found, language).assign(
        due=_due(found, language),
        file_before=_file_before(found),
        reason=(found["reason"] + " " + found["relief"].fillna("")).str.strip(),
        mind=_doubts(found, language),
    )
    return table(shown, columns_of("at_risk"), language)


def _due(findings: DataFrame, language: str) -> "Series[str]":
    """What is due, with its last day where there is one."""
    w = words("workbook", language)
    days = put_words(findings["closes_on"], lambda on: w["due_by"].format(on=day(on, language)))
    return (findings["title"] + days).astype("str")


def _file_before(findings: DataFrame) -> "Series[str]":
    """Until when a filing can be counted on, on the person's clock; empty where it is over or filed, or nothing is."""
    is_open = ~findings["is_over"] & findings["disposition"].isin(STILL_TO_FILE)
    return findings["last_safe_local"].fillna("").where(is_open, "")


def at_risk_sheet(report: Report, rows: Table) -> BookSheet:
    """One row for each person and duty; a reader's has no details."""
    shown = rows if report.recipient is None else rows.unfolded()
    return sheet(report, "at_risk", shown, frozen_columns=2, tab="#9B1C1C", header_height=30)


def everyone_rows(findings: DataFrame, language: str) -> Table:
    """All findings, whatever the level, in fewer columns; a workbook shows the worst of each person."""
    found = findings[[column.name for column in columns_of("everyone") if column.name not in MADE]]
    filed = _endings(findings, language)
    return table(in_words(found, language).assign(is_filed=filed, others=0), columns_of("everyone"), language)


def _endings(findings: DataFrame, language: str) -> "Series[str]":
    """Whether a filing is recorded and what it is worth: `yes` stands for a duty that ended in time alone."""
    w = words("people", language)
    return put_words(findings["disposition"], lambda how: w[f"ending_{how}"])


def everyone(report: Report, rows: Table, people: PersonRows) -> BookSheet:
    """One row a person, with the worst duty and how many others there are."""
    firsts = rows.take(people.firsts).put("others", pa.array(people.others))
    return sheet(report, "everyone", firsts, frozen_columns=2, header_height=30, is_upright=True)


def in_words(findings: DataFrame, language: str) -> DataFrame:
    """The findings with levels and changes as a reader sees them, and hours to two decimals.

    Takes: TOLD, or as many of its columns as the sheet shows.
    """
    made = {name: findings[name].round(2) for name in HOURS if name in findings}
    for name in FILING_HOURS.intersection(made):
        made[name] = made[name].where(findings["last_safe_local"].fillna("") != "")
    if "status" in findings:
        made["status"] = code_words(findings["status"], "note_status", language)
    if "change" in findings:
        made["change"] = code_words(findings["change"], "change", language)
    if "outages" in findings:
        made["outages"] = findings["outages"].str.replace(";", join_phrases(("", ""), language))
    return findings.assign(level=level_words(findings["level"], language), **made)


def _doubts(findings: DataFrame, language: str) -> "Series[str]":
    """What keeps a date or a level from being certain, in one sentence each."""
    w = words("workbook", language)
    doubts = put_words(findings["date_certainty"], lambda code: w.get(f"mind_{code}", ""))
    for name in ("is_weekend", "is_unverified"):
        doubts = doubts + np.where(findings[name], f" {w[f'mind_{name}']}", "")
    return doubts.str.strip()


def own_rows(findings: DataFrame, language: str) -> Table:
    """Every duty of the sheet, worst first, whatever the level. Takes: TOLD of the institution."""
    found = findings[[column.name for column in columns_of("own")]]
    done = _endings(findings, language)
    left = found["left_days"].where(found["closes_on"].notna(), np.nan)
    return table(in_words(found, language).assign(is_filed=done, left_days=left), columns_of("own"), language)


def institution_sheet(report: Report, known: Table) -> list[BookSheet]:
    """The sheet, with the account of its rows over the table; none where there is no sheet of duties to account for.

    Takes: known - the rows of the whole.
    """
    if report.duties_account is None:
        return []
    w, rows = words("workbook", report.language), known.of(report.of_institution.index)
    note = f"{w['note_own']} {w['own_rows']} {account_said(report.duties_account, report.language)}."
    return [sheet(report, "own", rows, note=note, frozen_columns=3, header_height=56, tab="#0B6E69")]
