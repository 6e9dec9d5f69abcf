"""The columns that an office writes in, and the sheet of what it wrote that has no finding any more."""

from collections.abc import Sequence
from typing import Any

from reporter.model.annotations import KEY_HEADER, STATUSES
from reporter.model.report import Report
from reporter.report.workbook.codes import coded, put
from reporter.report.workbook.sheet import Column, Sheet, Table, sheet, table
from reporter.text.catalogue import words

NOTED = (
    Column("status", "entered_status", 16, "noted_status"),
    Column("owner", "entered_text", 15, "noted_owner"),
    Column("due_on", "entered_date", 13, "noted_due_on"),
    Column("note", "entered_text", 28, "noted_note"),
    Column("note_key", "key", 9, header=KEY_HEADER),
)
LEFT_COLUMNS = (
    Column("person_id", "id", 13),
    Column("title", "text", 30),
    Column("closes_on", "date", 13),
    *NOTED,
    Column("why", "text", 50, "why_left"),
    Column("source", "text", 26, "left_source"),
)
DAYS = (36_526, 73_050)  # 2000-01-01 to 2099-12-31, as a spreadsheet counts days


def left_rows(report: Report) -> Table:
    """What the office wrote that stands beside no finding, and why."""
    rows, language = report.left, report.language
    w = words("workbook", language)
    why = put(rows["why"], lambda code: w[f"why_left_{code}"])
    shown = rows.assign(status=coded(rows["status"], "note_status", language), why=why)
    return table(shown, LEFT_COLUMNS, language)


def left(report: Report, rows: Table) -> Sheet:
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


def folded(headers: Sequence[str]) -> dict[str, Any] | None:
    """The key's column folded away: it is for the program, and must come back."""
    if KEY_HEADER not in headers:
        return None
    return {"columns": [{"from": KEY_HEADER, "to": KEY_HEADER, "collapsed": True}]}
