"""The sheets of findings: At risk, for those who act, and Everyone, for those who look somebody up."""

from dataclasses import replace

import numpy as np
from pandas import DataFrame, Series

from reporter.model.levels import AT_RISK
from reporter.model.report import Report
from reporter.report.words import words
from reporter.report.workbook.codes import coded, level_words, put
from reporter.report.workbook.sheet import LEGAL, LINKS_A_SHEET, Column, Sheet, table

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
    Column("mind", "text", 20),
    Column("cite", "text", 13),
    Column("outages", "text", 17),
    Column("see", "link", 11),
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
    Column("reason", "text", 40),
    Column("source_row", "text", 20),
)
MADE = ("mind", "see")
HOURS = ("usable_hours", "usable_hours_worst", "lost_hours", "lost_72h")


def at_risk(report: Report, outages: Sheet) -> Sheet:
    """One row for each person and duty somebody has to look at, worst first; links lead to the sheet of outages."""
    needed = [column.name for column in AT_RISK_COLUMNS if column.name not in MADE]
    needed += ["is_weekend", "is_unverified", "date_certainty"]
    findings = report.findings[needed][report.findings["level"].isin(list(AT_RISK))]
    made = {"see": _places(findings, report, outages), "mind": _doubts(findings, report.language)}
    shown = in_words(findings, report.language).assign(**made)
    sheet = table(report, "at_risk", shown, AT_RISK_COLUMNS, frozen_columns=4, header_height=78)
    return replace(sheet, tab="#9B1C1C", paper=LEGAL)


def everyone(report: Report) -> Sheet:
    """All findings, whatever the level, in fewer columns."""
    w = words("workbook", report.language)
    findings = report.findings[[column.name for column in EVERYONE_COLUMNS]]
    filed = put(findings["is_filed"], lambda is_filed: w["yes"] if is_filed else w["no"])
    shown = in_words(findings, report.language).assign(is_filed=filed)
    return table(report, "everyone", shown, EVERYONE_COLUMNS, frozen_columns=3, header_height=48)


def in_words(findings: DataFrame, language: str) -> DataFrame:
    """The findings with levels and changes as a reader sees them, and hours to two decimals.

    Takes: TOLD, or as many of its columns as the sheet shows.
    """
    made = {name: findings[name].round(2) for name in HOURS if name in findings}
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


def _places(findings: DataFrame, report: Report, outages: Sheet) -> "Series[str]":
    """A link to the first outage relied on; a sheet holds no more than 65,530 of them."""
    top = outages.header_row + 2  # the first row of data, as the spreadsheet counts
    places = {key: f"internal:{outages.name}!A{row}" for row, key in enumerate(report.outages["outage_id"], start=top)}
    first = findings["outages"].str.replace(";.*", "", regex=True).str.strip()
    return put(first, lambda key: places.get(key, "")).head(LINKS_A_SHEET).reindex(findings.index).astype("str")
