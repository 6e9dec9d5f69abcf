"""The sheets of findings: At risk, a row a duty, for those who act; Everyone, a row a person, to look somebody up."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas import DataFrame, Series

from reporter.model.levels import AT_RISK
from reporter.model.report import Report
from reporter.report.workbook.codes import coded, level_words, put
from reporter.report.workbook.evidence import Pairs, to_evidence
from reporter.report.workbook.notes import NOTED
from reporter.report.workbook.sheet import LINKS_A_SHEET, Column, Sheet, Table, Target, sheet, table
from reporter.report.workbook.units import People
from reporter.text.catalogue import words

AT_RISK_COLUMNS = (
    Column("level", "level", 17),
    Column("change", "change", 12.5),
    Column("person_id", "id", 11),
    Column("full_name", "text", 22),
    Column("unit", "text", 15),
    Column("title", "text", 20),
    Column("closes_on", "date", 13),
    Column("closes_local", "text", 14),
    Column("last_safe_local", "text", 15),
    Column("left_days", "days", 9.5),
    Column("usable_hours", "hours", 10.5),
    Column("usable_hours_worst", "hours", 12),
    Column("lost_hours", "hours", 9.5),
    Column("lost_72h", "hours", 10),
    Column("reason", "text", 32),
    Column("action", "text", 32),
    Column("who", "text", 14),
    *NOTED,
    Column("mind", "text", 20),
    Column("cite", "text", 13),
    Column("outages", "text", 17),
    Column("see", "link", 11, shows="person_id"),
    Column("why", "link", 11, "why_link", shows="person_id"),
    Column("source_row", "text", 16),
)
EVERYONE_COLUMNS = (
    Column("level", "level", 16),
    Column("person_id", "id", 12),
    Column("full_name", "text", 26),
    Column("unit", "text", 20),
    Column("title", "text", 26),
    Column("closes_on", "date", 13),
    Column("closes_local", "text", 25),
    Column("left_days", "days", 9),
    Column("usable_hours", "hours", 10),
    Column("lost_hours", "hours", 9),
    Column("is_filed", "text", 9.5),
    Column("others", "count", 9),
    Column("reason", "text", 40),
    Column("source_row", "text", 20),
)
RELIEF = Column("relief", "text", 34)
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


def at_risk(report: Report, rows: Table, pairs: Pairs, proof: Target, reasons: Target) -> Sheet:
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
    filed = put(found["is_filed"], lambda is_filed: w["yes"] if is_filed else w["no"])
    shown = in_words(found, language).assign(is_filed=filed, others=0)
    return table(shown, _with_relief(EVERYONE_COLUMNS, found), language)


def _with_relief(columns: tuple[Column, ...], findings: DataFrame) -> tuple[Column, ...]:
    """The columns with what the department granted before the last; as they are in a week without any."""
    has_any = bool((findings["relief"].fillna("") != "").any())
    return (*columns[:-1], RELIEF, columns[-1]) if has_any else columns


def everyone(report: Report, rows: Table, people: People) -> Sheet:
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
        made["status"] = coded(findings["status"], "note_status", language)
    if "change" in findings:
        made["change"] = coded(findings["change"], "change", language)
    if "outages" in findings:
        made["outages"] = findings["outages"].str.replace(";", "; ")
    return findings.assign(level=level_words(findings["level"], language), **made)


def _doubts(findings: DataFrame, language: str) -> "Series[str]":
    """What keeps a date or a level from being certain, in one sentence each."""
    w = words("workbook", language)
    doubts = put(findings["date_certainty"], lambda code: w.get(f"mind_{code}", ""))
    for name in ("is_weekend", "is_unverified"):
        doubts = doubts + np.where(findings[name], f" {w[f'mind_{name}']}", "")
    return doubts.str.strip()
