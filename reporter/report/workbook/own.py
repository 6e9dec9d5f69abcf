"""The sheet of the institution's own duties: what the school or employer itself owes, a row a duty."""

import numpy as np

from reporter.model.report import OwnDuties, Report
from reporter.report.account import account_said
from reporter.report.workbook.codes import put
from reporter.report.workbook.findings import in_words
from reporter.report.workbook.sheet import Column, Sheet, Table, sheet, table
from reporter.text.catalogue import words

OWN_COLUMNS = (
    Column("level", "level", 17),
    Column("person_id", "id", 14, "duty_id"),
    Column("title", "text", 26),
    Column("unit", "text", 15),
    Column("closes_on", "date", 13),
    Column("closes_local", "text", 15),
    Column("last_safe_local", "text", 15),
    Column("left_days", "days", 9.5),
    Column("usable_hours", "hours", 10.5),
    Column("lost_hours", "hours", 9.5),
    Column("is_filed", "text", 10, "is_done"),
    Column("reason", "text", 38),
    Column("action", "text", 44),
    Column("who", "text", 14),
    Column("cite", "text", 15),
    Column("link", "link", 22),
    Column("outages", "text", 17),
    Column("source_row", "text", 17),
)


def own_rows(own: OwnDuties, language: str) -> Table:
    """Every duty of the sheet, worst first, whatever the level."""
    w = words("workbook", language)
    found = own.findings[[column.name for column in OWN_COLUMNS]]
    done = put(found["is_filed"], lambda is_done: w["yes"] if is_done else w["no"])
    left = found["left_days"].where(found["closes_on"].notna(), np.nan)
    return table(in_words(found, language).assign(is_filed=done, left_days=left), OWN_COLUMNS, language)


def own_duties(report: Report, own: OwnDuties, rows: Table) -> Sheet:
    """The sheet, with the account of its rows over the table."""
    w = words("workbook", report.language)
    note = f"{w['note_own']} {w['own_rows']} {account_said(own.account, report.language)}."
    return sheet(report, "own", rows, note=note, frozen_columns=3, header_height=64, tab="#0B6E69", is_wide=True)
