"""The sheets of findings: At risk, a row a duty, for those who act; Everyone, a row a person, to look somebody up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.annotations import KEY_HEADER, STATUSES
from reporter.model.levels import AT_RISK, BY_NAME, NAMES, RANK
from reporter.model.report import Report
from reporter.report.headline import account_said
from reporter.report.workbook.reasons import Pairs, to_evidence
from reporter.report.workbook.sheet import (
    LINKS_A_SHEET,
    BookSheet,
    Places,
    Table,
    TableColumn,
    Target,
    code_words,
    level_words,
    put_words,
    sheet,
    table,
)
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

    def of(self, index: "pd.Index[int]") -> "PersonRows":
        """The people of the findings with these numbers, which stand worst first."""
        places = self.index.get_indexer(index)
        _, firsts, counts = np.unique(self.person[places], return_index=True, return_counts=True)
        order = np.argsort(firsts)
        return PersonRows(self, places[firsts[order]], firsts[order], counts[order] - 1)


@dataclass(frozen=True)
class PersonRows:
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


NOTED = (
    TableColumn("status", "entered_status", 16, "noted_status"),
    TableColumn("owner", "entered_text", 15, "noted_owner"),
    TableColumn("due_on", "entered_date", 13, "noted_due_on"),
    TableColumn("note", "entered_text", 28, "noted_note"),
    TableColumn("note_key", "key", 9, header=KEY_HEADER),
)
LEFT_COLUMNS = (
    TableColumn("person_id", "id", 13),
    TableColumn("title", "text", 30),
    TableColumn("closes_on", "date", 13),
    *NOTED,
    TableColumn("why", "text", 50, "why_left"),
    TableColumn("source", "text", 26, "left_source"),
)
DAYS = (36_526, 73_050)  # 2000-01-01 to 2099-12-31, as a spreadsheet counts days


def left_rows(report: Report) -> Table:
    """What the office wrote that stands beside no finding, and why."""
    rows, language = report.left, report.language
    w = words("workbook", language)
    why = put_words(rows["why"], lambda code: w[f"why_left_{code}"])
    shown = rows.assign(status=code_words(rows["status"], "note_status", language), why=why)
    return table(shown, LEFT_COLUMNS, language)


def unmatched_notes_sheet(report: Report, rows: Table) -> BookSheet:
    """The sheet of notes without a finding; a workbook has it when there are any."""
    return sheet(report, "notes_left", rows, frozen_columns=1, tab="#5B3FA0")


def entry(kind: str, language: str) -> dict[str, Any] | None:
    """What may be entered in a column of that kind; None where nothing is expected."""
    w = words("workbook", language)
    if kind == "entered_status":
        listed = {"type": "list", "values": [w[f"note_status_{code}"] for code in STATUSES]}
        return listed | {"input_message": w["entry_status"], "error_message": w["entry_status_wrong"]}
    if kind == "entered_date":
        bounds = {"type": "whole_number", "criteria": "between", "min": DAYS[0], "max": DAYS[1]}
        return bounds | {"input_message": w["entry_date"], "error_message": w["entry_date_wrong"]}
    return None


def fold_key(headers: Sequence[str]) -> dict[str, Any] | None:
    """The key's column folded away: it is for the program, and must come back."""
    if KEY_HEADER not in headers:
        return None
    return {"columns": [{"from": KEY_HEADER, "to": KEY_HEADER, "collapsed": True}]}


AT_RISK_COLUMNS = (
    TableColumn("level", "level", 17),
    TableColumn("change", "change", 12.5),
    TableColumn("person_id", "id", 11),
    TableColumn("full_name", "text", 22),
    TableColumn("unit", "text", 15),
    TableColumn("title", "text", 20),
    TableColumn("closes_on", "date", 13),
    TableColumn("closes_local", "text", 14),
    TableColumn("last_safe_local", "text", 15),
    TableColumn("left_days", "days", 9.5),
    TableColumn("usable_hours", "hours", 10.5),
    TableColumn("usable_hours_worst", "hours", 12),
    TableColumn("lost_hours", "hours", 9.5),
    TableColumn("lost_72h", "hours", 10),
    TableColumn("reason", "text", 32),
    TableColumn("action", "text", 32),
    TableColumn("who", "text", 14),
    *NOTED,
    TableColumn("mind", "text", 20),
    TableColumn("cite", "text", 13),
    TableColumn("outages", "text", 17),
    TableColumn("see", "link", 11, shows="person_id"),
    TableColumn("why", "link", 11, "why_link", shows="person_id"),
    TableColumn("source_row", "text", 16),
)
EVERYONE_COLUMNS = (
    TableColumn("level", "level", 16),
    TableColumn("person_id", "id", 12),
    TableColumn("full_name", "text", 26),
    TableColumn("unit", "text", 20),
    TableColumn("title", "text", 26),
    TableColumn("closes_on", "date", 13),
    TableColumn("closes_local", "text", 25),
    TableColumn("left_days", "days", 9),
    TableColumn("usable_hours", "hours", 10),
    TableColumn("lost_hours", "hours", 9),
    TableColumn("is_filed", "text", 9.5),
    TableColumn("others", "count", 9),
    TableColumn("reason", "text", 40),
    TableColumn("source_row", "text", 20),
)
RELIEF = TableColumn("relief", "text", 34)
MADE = ("mind", "see", "why", "others")
FILING_HOURS = {"usable_hours", "usable_hours_worst"}  # of no meaning where nothing is filed
HOURS = ("usable_hours", "usable_hours_worst", "lost_hours", "lost_72h")


def at_risk_rows(findings: DataFrame, language: str) -> Table:
    """The duties somebody has to look at, worst first; the links to outages are empty until a workbook has them."""
    needed = [column.name for column in AT_RISK_COLUMNS if column.name not in MADE]
    needed += ["is_weekend", "is_unverified", "date_certainty", "relief"]
    found = findings.loc[findings["level"].isin(AT_RISK), needed]
    shown = in_words(found, language).assign(mind=_doubts(found, language), see="", why="")
    return table(shown, _with_relief(AT_RISK_COLUMNS, found), language)


def at_risk_sheet(report: Report, rows: Table, pairs: Pairs, proof: Target, reasons: Target) -> BookSheet:
    """One row for each person and duty; links lead to the first row of evidence and to the chain behind the level."""
    links = to_evidence(proof, pd.Index(pairs.findings), rows.index)
    is_room = np.arange(len(rows)) < LINKS_A_SHEET - len(reasons.index)
    linked = rows.put("see", pc.if_else(pa.array(is_room), links, pa.scalar(None, links.type)))
    linked = linked.put("why", reasons.to(rows.index))
    return sheet(report, "at_risk", linked, frozen_columns=4, header_height=78, tab="#9B1C1C", is_wide=True)


def everyone_rows(findings: DataFrame, language: str) -> Table:
    """All findings, whatever the level, in fewer columns; a workbook shows the worst of each person."""
    w = words("workbook", language)
    found = findings[
        [*(column.name for column in EVERYONE_COLUMNS if column.name not in MADE), "last_safe_local", "relief"]
    ]
    filed = put_words(found["is_filed"], lambda is_filed: w["yes"] if is_filed else w["no"])
    shown = in_words(found, language).assign(is_filed=filed, others=0)
    return table(shown, _with_relief(EVERYONE_COLUMNS, found), language)


def _with_relief(columns: tuple[TableColumn, ...], findings: DataFrame) -> tuple[TableColumn, ...]:
    """The columns with what the department granted before the last; as they are in a week without any."""
    has_any = bool((findings["relief"].fillna("") != "").any())
    return (*columns[:-1], RELIEF, columns[-1]) if has_any else columns


def everyone(report: Report, rows: Table, people: PersonRows) -> BookSheet:
    """One row a person, with the worst duty and how many others there are."""
    firsts = rows.take(people.firsts).put("others", pa.array(people.others))
    return sheet(report, "everyone", firsts, frozen_columns=3, header_height=48)


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
        made["outages"] = findings["outages"].str.replace(";", "; ")
    return findings.assign(level=level_words(findings["level"], language), **made)


def _doubts(findings: DataFrame, language: str) -> "Series[str]":
    """What keeps a date or a level from being certain, in one sentence each."""
    w = words("workbook", language)
    doubts = put_words(findings["date_certainty"], lambda code: w.get(f"mind_{code}", ""))
    for name in ("is_weekend", "is_unverified"):
        doubts = doubts + np.where(findings[name], f" {w[f'mind_{name}']}", "")
    return doubts.str.strip()


OWN_COLUMNS = (
    TableColumn("level", "level", 17),
    TableColumn("person_id", "id", 14, "duty_id"),
    TableColumn("title", "text", 26),
    TableColumn("unit", "text", 15),
    TableColumn("closes_on", "date", 13),
    TableColumn("closes_local", "text", 15),
    TableColumn("last_safe_local", "text", 15),
    TableColumn("left_days", "days", 9.5),
    TableColumn("usable_hours", "hours", 10.5),
    TableColumn("lost_hours", "hours", 9.5),
    TableColumn("is_filed", "text", 10, "is_done"),
    TableColumn("reason", "text", 38),
    TableColumn("action", "text", 44),
    TableColumn("who", "text", 14),
    TableColumn("cite", "text", 15),
    TableColumn("link", "link", 22),
    TableColumn("outages", "text", 17),
    TableColumn("source_row", "text", 17),
)


def own_rows(findings: DataFrame, language: str) -> Table:
    """Every duty of the sheet, worst first, whatever the level. Takes: TOLD of the institution."""
    w = words("workbook", language)
    found = findings[[column.name for column in OWN_COLUMNS]]
    done = put_words(found["is_filed"], lambda is_done: w["yes"] if is_done else w["no"])
    left = found["left_days"].where(found["closes_on"].notna(), np.nan)
    return table(in_words(found, language).assign(is_filed=done, left_days=left), OWN_COLUMNS, language)


def institution_sheet(report: Report, rows: Table) -> list[BookSheet]:
    """The sheet, with the account of its rows over the table; none where there is no sheet of duties to account for."""
    if report.duties_account is None:
        return []
    w = words("workbook", report.language)
    note = f"{w['note_own']} {w['own_rows']} {account_said(report.duties_account, report.language)}."
    return [sheet(report, "own", rows, note=note, frozen_columns=3, header_height=64, tab="#0B6E69", is_wide=True)]
