"""The sheet of reasons: the chain behind each duty at risk, linked from its row on At risk and back to it."""

from pandas import DataFrame

from reporter.model.report import Report
from reporter.report.workbook.codes import level_words, put
from reporter.report.workbook.sheet import Column, Sheet, Table, Target, sheet, table
from reporter.text.catalogue import words

WHY_COLUMNS = (
    Column("level", "level", 17),
    Column("person_id", "id", 12),
    Column("title", "text", 24),
    Column("cell", "text", 24, "why_cell"),
    Column("counted_on", "date", 13, "why_counted_on"),
    Column("date_certainty", "text", 14, "why_date_certainty"),
    Column("in_force", "text", 26, "why_in_force"),
    Column("law", "text", 20, "why_law"),
    Column("stay", "text", 40, "why_stay"),
    Column("closes_at", "instant", 19),
    Column("closes_local", "text", 18),
    Column("last_safe_local", "text", 18),
    Column("outages", "text", 24),
    Column("rule", "text", 22, "why_rule"),
    Column("conditions", "text", 48, "why_conditions"),
    Column("also", "text", 24, "why_also"),
    Column("cite", "text", 16),
    Column("link", "link", 30),
    Column("back", "link", 12, shows="person_id"),
)


def why_rows(why: DataFrame, language: str) -> Table:
    """The chain of each duty at risk in words; the links back are empty until a workbook has them."""
    w = words("workbook", language)
    shown = why.assign(
        level=level_words(why["level"], language),
        date_certainty=put(why["date_certainty"], lambda code: w.get(f"certainty_{code}", code)),
        outages=why["outages"].str.replace(";", "; "),
        back="",
    )
    return table(shown, WHY_COLUMNS, language)


def why(report: Report, rows: Table, acts: Target | None = None) -> Sheet:
    """One row for each duty at risk, up to the limit that the note tells; linked where At risk is there already."""
    linked = rows.put("back", acts.to(rows.index)) if acts else rows
    return sheet(report, "why", linked, frozen_columns=3, header_height=48, tab="#5B3FA0", is_wide=True)
