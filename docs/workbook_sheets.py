"""The page of the workbook: each sheet in the order of its tabs, what it is for, and its columns in both languages."""

from collections.abc import Sequence

from reporter.report.workbook.findings import AT_RISK_COLUMNS, EVERYONE_COLUMNS, LEFT_COLUMNS, OWN_COLUMNS
from reporter.report.workbook.reasons import EVIDENCE_COLUMNS, WHY_COLUMNS
from reporter.report.workbook.records import (
    AMENDED_COLUMNS,
    CHANGE_COLUMNS,
    OUTAGE_COLUMNS,
    RULE_COLUMNS,
    SET_ASIDE_COLUMNS,
    SOURCE_COLUMNS,
)
from reporter.report.workbook.sheet import TableColumn
from reporter.report.workbook.summary import ABOUT_COLUMNS
from reporter.text.catalogue import words

SHEETS: dict[str, tuple[Sequence[TableColumn], str]] = {
    "summary": ((), "Always the first: one sentence, how old the record is, where every row went, what to do first."),
    "at_risk": (AT_RISK_COLUMNS, "Work in this one: the yellow columns come back with the next report."),
    "everyone": (EVERYONE_COLUMNS, ""),
    "own": (OWN_COLUMNS, "There when a sheet of the institution's own duties was read."),
    "units": ((), "There when the people belong to more units than the first sheet has columns for; a column a level."),
    "outages": (OUTAGE_COLUMNS, "Then a column for each office's rule of when an outage counts."),
    "timeline": ((), "There when an outage took a service down: two charts over their table, a column a service."),
    "evidence": (EVIDENCE_COLUMNS, "Links lead to the person on “At risk” and to the outage on “Outages”."),
    "sources": (SOURCE_COLUMNS, ""),
    "why": (WHY_COLUMNS, "A link leads back to the row on “At risk”."),
    "set_aside": (SET_ASIDE_COLUMNS, ""),
    "changes": (CHANGE_COLUMNS, "Then a column for each cause; together they make the whole change."),
    "amended": (AMENDED_COLUMNS, "There when the record says otherwise now."),
    "notes_left": (LEFT_COLUMNS, "There when a note stands beside no finding now."),
    "rules": (RULE_COLUMNS, "The office's has every rule; a recipient's those that its rows met."),
    "about": (ABOUT_COLUMNS, ""),
}


def workbook_page() -> str:
    """The whole page."""
    known = {key.removeprefix("sheet_") for key in words("workbook", "en") if key.startswith("sheet_")}
    if known != set(SHEETS):
        raise SystemExit(f"workbook_sheets.py: {sorted(known ^ set(SHEETS))} stands on one side only")
    parts = [
        "# The sheets of the workbook\n\nIn the order of their tabs. A recipient's workbook has the same sheets with"
        " their own rows; a [role](how-to.md#tell-each-role-its-part) has fewer columns. A sheet of more rows than"
        " Excel holds goes on in “Everyone 2”, and each part says so. `findings.csv` has the same facts under one"
        " set of names in both languages.\n"
    ]
    for part, (columns, more) in SHEETS.items():
        parts.append(_sheet(part, columns, more))
    return "".join(parts)


def _sheet(part: str, columns: Sequence[TableColumn], more: str) -> str:
    english, french = words("workbook", "en"), words("workbook", "fr")
    about = english.get(f"note_{part}", "").replace(" Rulebook {sha}.", "")
    told = " ".join(text for text in (about, more) if text)
    title = f"\n## {english[f'sheet_{part}']} ({french[f'sheet_{part}']})\n\n{told}\n"
    if not columns:
        return title
    told_columns = [c for c in columns if c.kind != "key"]
    keys = [f"col_{column.word or column.name}" for column in told_columns]
    rows = [f"| {english[key]} | {french[key]} |\n" for key in keys]
    return title + "\n| English | French |\n| --- | --- |\n" + "".join(rows)
