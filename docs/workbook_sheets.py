"""The page of the workbook: each sheet in the order of its tabs, what it is for, and its columns in both languages."""

from reporter.report.workbook.sheet import columns_of
from reporter.text.catalogue import words

SHEETS: dict[str, str] = {
    "summary": "Always the first: one sentence, how old the record is, where every row went, what to do first.",
    "at_risk": "In the office's own book more columns are folded away behind a “+” over the sheet, marked below.",
    "everyone": "",
    "set_aside": "There when a row has to be corrected.",
    "evidence": "There when somebody at Medium or worse relies on an outage.",
    "own": "There when a sheet of the institution's own duties was read.",
    "units": "There when the people belong to more units than the first sheet has columns for; a column a level.",
    "notes_left": "There when a note stands beside no finding now.",
}
RECORD: dict[str, str] = {
    "outages": "Then a column for each office's rule of when an outage counts.",
    "timeline": "There when an outage took a service down: a table, a column a service, over its charts.",
    "sources": "",
    "amended": "There when the record says otherwise now.",
    "changes": "Then a column for each cause; together they make the whole change.",
    "why": "",
    "rules": "",
    "about": "",
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
    parts += [_sheet(part, more) for part, more in SHEETS.items()]
    parts.append("\n# The sheets of record.xlsx\n\nWhat the report rests on, for the office alone.\n")
    parts += [_sheet(part, more) for part, more in RECORD.items()]
    return "".join(parts)


def _sheet(part: str, more: str) -> str:
    english, french = words("workbook", "en"), words("workbook", "fr")
    about = english.get(f"note_{part}", "").replace(" Rulebook {sha}.", "")
    told = " ".join(text for text in (about, more) if text)
    title = f"\n## {english[f'sheet_{part}']} ({french[f'sheet_{part}']})\n\n{told}\n"
    told_columns = [c for c in columns_of(part) if c.kind != "key"]
    if not told_columns:
        return title
    keys = [f"col_{column.word or column.name}" for column in told_columns]
    folds = [" (folded)" if column.is_folded else "" for column in told_columns]
    rows = [f"| {english[key]}{fold} | {french[key]} |\n" for key, fold in zip(keys, folds, strict=True)]
    return title + "\n| English | French |\n| --- | --- |\n" + "".join(rows)
