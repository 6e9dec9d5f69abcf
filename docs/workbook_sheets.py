"""The page of the workbook: each sheet in the order of its tabs, what it is for, and its columns in both languages."""

from collections.abc import Sequence

from reporter.report.workbook.findings import AT_RISK_COLUMNS, EVERYONE_COLUMNS, LEFT_COLUMNS, OWN_COLUMNS
from reporter.report.workbook.records import (
    AMENDED_COLUMNS,
    CHANGE_COLUMNS,
    EVIDENCE_COLUMNS,
    OUTAGE_COLUMNS,
    RULE_COLUMNS,
    SET_ASIDE_COLUMNS,
    SOURCE_COLUMNS,
    WHY_COLUMNS,
)
from reporter.report.workbook.sheet import TableColumn
from reporter.report.workbook.summary import ABOUT_COLUMNS
from reporter.text.catalogue import words

SHEETS: dict[str, tuple[Sequence[TableColumn], str]] = {
    "summary": ((), "Always the first: one sentence, how old the record is, where every row went, what to do first."),
    "at_risk": (
        AT_RISK_COLUMNS,
        "In the office's own book more columns are folded away behind a “+” over the sheet, marked below.",
    ),
    "everyone": (EVERYONE_COLUMNS, ""),
    "set_aside": (SET_ASIDE_COLUMNS, "There when a row has to be corrected."),
    "evidence": (EVIDENCE_COLUMNS, "There when somebody at Medium or worse relies on an outage."),
    "own": (OWN_COLUMNS, "There when a sheet of the institution's own duties was read."),
    "units": ((), "There when the people belong to more units than the first sheet has columns for; a column a level."),
    "notes_left": (LEFT_COLUMNS, "There when a note stands beside no finding now."),
}
RECORD: dict[str, tuple[Sequence[TableColumn], str]] = {
    "outages": (OUTAGE_COLUMNS, "Then a column for each office's rule of when an outage counts."),
    "timeline": ((), "There when an outage took a service down: a table, a column a service, over its charts."),
    "sources": (SOURCE_COLUMNS, ""),
    "amended": (AMENDED_COLUMNS, "There when the record says otherwise now."),
    "changes": (CHANGE_COLUMNS, "Then a column for each cause; together they make the whole change."),
    "why": (WHY_COLUMNS, ""),
    "rules": (RULE_COLUMNS, ""),
    "about": (ABOUT_COLUMNS, ""),
}


def workbook_page() -> str:
    """The whole page."""
    known = {key.removeprefix("sheet_") for key in words("workbook", "en") if key.startswith("sheet_")}
    if known != {*SHEETS, *RECORD}:
        raise SystemExit(f"workbook_sheets.py: {sorted(known ^ {*SHEETS, *RECORD})} stands on one side only")
    parts = [
        "# The sheets of the workbook\n\nIn the order of their tabs. A recipient's workbook has the same sheets with"
        " their own rows; a [role](how-to-readers.md#tell-each-role-its-part) has fewer columns. A sheet of more rows"
        " than Excel holds goes on in “Everyone 2”, and each part says so. `findings.csv` has the same facts under one"
        " set of names in both languages.\n"
    ]
    parts += [_sheet(part, columns, more) for part, (columns, more) in SHEETS.items()]
    parts.append("\n# The sheets of record.xlsx\n\nWhat the report rests on, for the office alone.\n")
    parts += [_sheet(part, columns, more) for part, (columns, more) in RECORD.items()]
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
    folds = [" (folded)" if column.is_folded else "" for column in told_columns]
    rows = [f"| {english[key]}{fold} | {french[key]} |\n" for key, fold in zip(keys, folds, strict=True)]
    return title + "\n| English | French |\n| --- | --- |\n" + "".join(rows)
