"""Which sheets a workbook has, in which order, and the one call that turns them into bytes."""

import logging
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import Any

import numpy as np

from reporter.model.report import Report
from reporter.report.mail.role_mails import soonest, stands
from reporter.report.recipients import roles
from reporter.report.sentences import AtRisk, row_dicts
from reporter.report.workbook.findings import (
    SHOWN,
    Persons,
    at_risk_rows,
    at_risk_sheet,
    by_unit,
    entry,
    everyone,
    everyone_rows,
    fold_key,
    institution_sheet,
    left_rows,
    own_rows,
    units,
    unmatched_notes_sheet,
)
from reporter.report.workbook.reasons import Pairs, evidence_rows, evidence_sheet, reasons_sheet, why_rows
from reporter.report.workbook.records import (
    amended_sheet,
    change_rows,
    changes_sheet,
    outage_rows,
    outages,
    rule_rows,
    rules,
    set_aside,
    set_aside_rows,
    source_rows,
    sources_sheet,
)
from reporter.report.workbook.sheet import (
    BAND,
    NUMBERS,
    PAPERS,
    ROWS_A_SHEET,
    BannerLine,
    BookSheet,
    Table,
    TableColumn,
    column_format,
    header_format,
    merges,
    rules_of,
    scope,
    split,
    table,
    target,
)
from reporter.report.workbook.summary import about, about_rows, summary_sheet
from reporter.report.workbook.timeline import Down, timeline
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
A_LINE = 15.0  # points
BANDED_TO = 2_000  # rows; bands cost a fifth of the time it takes to write
TALLEST = 26  # lines a row may grow to


def options(sheet: BookSheet) -> dict[str, Any]:
    """The arguments for one sheet; columns are named by their header."""
    headers = sheet.cells.column_names
    kinds = dict(zip(headers, (column.kind for column in sheet.table.columns), strict=True))
    shown = {kind for kind in kinds.values() if kind in NUMBERS or not sheet.is_compact}
    looks = {kind: column_format(kind) for kind in shown}
    marks = {header: rules_of(kind, sheet.language) for header, kind in kinds.items()}
    return {
        "column_widths": list(sheet.widths),
        "column_formats": {header: looks[kind] for header, kind in kinds.items() if kind in looks},
        "header_format": header_format(),
        "header_row": sheet.header_row,
        "merge_ranges": merges(sheet.lines, sheet.widths),
        "row_heights": {sheet.header_row: sheet.header_height, **heights(sheet)},
        "banded_rows": BAND if _is_banded(sheet) else None,
        "autofilter": sheet.has_filter,
        "url_columns": links(sheet),
        "conditional_formats": {header: rules for header, rules in marks.items() if rules},
        "ignore_errors": [header for header, kind in kinds.items() if kind == "id"],
        "data_validations": {header: rule for header, kind in kinds.items() if (rule := entry(kind, sheet.language))},
        "outline": fold_key(headers),
        "page_setup": page(sheet),
        "sheet_view": {"tab_color": sheet.tab, "gridlines": sheet.is_frozen},
        "charts": list(sheet.charts),
    }


def links(sheet: BookSheet) -> dict[str, str]:
    """The columns of links, each with the column whose words stand for it (its own, where that is not there)."""
    columns = sheet.table.columns
    headers = dict(zip((column.name for column in columns), sheet.cells.column_names, strict=True))
    return {headers[c.name]: headers.get(c.shows, headers[c.name]) for c in columns if c.kind == "link"}


def page(sheet: BookSheet) -> dict[str, Any]:
    """Print set-up: landscape, one page wide or two, the header on each page, the run and the page in the footer."""
    w = words("workbook", sheet.language)
    told = w["footer"].format(run=sheet.run_id).replace("&", "&&")
    setup: dict[str, Any] = {
        "landscape": True,
        "paper_size": PAPERS[sheet.paper],
        "fit_to_pages": (2 if sheet.is_wide else 1, 0 if sheet.is_frozen else 1),
        "margins": {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.65, "header": 0.3, "footer": 0.3},
        "footer": f"&L&8{told[:180]}&R&8{w['page']}",
    }
    if not sheet.is_frozen:
        return {**setup, "center_horizontally": True}
    if sheet.is_wide and sheet.frozen_columns:
        setup["repeat_columns"] = (0, sheet.frozen_columns - 1)
    return {**setup, "repeat_rows": sheet.header_row, "print_gridlines": not _is_banded(sheet)}


def _is_banded(sheet: BookSheet) -> bool:
    return sheet.is_frozen and 0 < len(sheet.cells) <= BANDED_TO


def heights(sheet: BookSheet) -> dict[int, float]:
    """The height each row needs for its longest wrapped text: LibreOffice does not work it out on opening."""
    if sheet.is_compact:
        return {}
    tall = np.minimum(sheet.table.lines, TALLEST) * A_LINE + 2
    return dict(enumerate(tall.tolist(), start=sheet.header_row + 1))


@dataclass(frozen=True)
class Alike:
    """The tables that are the same for everybody but the office, and those of the office."""

    sources: Table
    about: Table

    @classmethod
    def of(cls, whole: Report, *, is_office: bool) -> "Alike":
        """Both, from the report on everybody."""
        looked = whole.beside.looked if is_office else whole.beside.looked_outside
        return cls(sources=source_rows(looked, whole), about=about_rows(whole, is_office=is_office))


@dataclass(frozen=True)
class Stock:
    """The tables of the whole; the duties at risk and the persons, for counts and sentences."""

    duties: AtRisk
    persons: Persons
    at_risk: Table
    everyone: Table
    outages: Table
    set_aside: Table
    changes: Table
    left: Table
    rules: Table
    why: Table
    evidence: Pairs
    own: Table
    down: Down
    office: Alike
    readers: Alike

    @classmethod
    def of(cls, whole: Report) -> "Stock":
        """Everything made, from the report on everybody."""
        language = whole.language
        return cls(
            duties=AtRisk(whole.findings),
            persons=Persons.among(whole.of_people, words("workbook", language)["no_unit"]),
            at_risk=at_risk_rows(whole.findings, language),
            everyone=everyone_rows(whole.of_people, language),
            outages=outage_rows(whole),
            set_aside=set_aside_rows(whole),
            changes=change_rows(whole),
            left=left_rows(whole),
            rules=rule_rows(whole),
            why=why_rows(whole.why, language),
            evidence=evidence_rows(whole),
            own=own_rows(whole.of_institution, language),
            down=Down.among(whole.outages, whole.run.as_of),
            office=Alike.of(whole, is_office=True),
            readers=Alike.of(whole, is_office=False),
        )


LEFT_OUT = ("everyone", "evidence", "why")
"""The sheets that a short workbook does without: the longest, and those that say why. What is to be done stays."""


def workbook(
    report: Report, *, stock: Stock | None = None, rows_a_sheet: int = ROWS_A_SHEET, is_short: bool = False
) -> bytes:
    """The whole report as an .xlsx file, in the report's language.

    Takes:   stock - of the whole this report was cut from, when there is one;
             rows_a_sheet - the most rows of data one sheet holds; the rest goes to "Everyone 2" and so on;
             is_short - without the sheets named in LEFT_OUT, for a mail that may be no larger.
    Returns: the bytes of the file.
    """
    # Imported here: loading it takes longer than many a command of this program lasts.
    from rustpy_xlsxwriter import FastExcel

    buffer = BytesIO()
    book = FastExcel(buffer).format(inf_value="∞")
    for part in sheets(report, stock or Stock.of(report), rows_a_sheet, is_short=is_short):
        book.freeze(row=part.header_row + 1 if part.is_frozen else 0, col=part.frozen_columns, sheet=part.name)
        book.sheet(part.name, part.cells, **options(part))
    book.save()
    log.debug("workbook: %d findings, %d bytes", len(report.findings), buffer.tell())
    return buffer.getvalue()


def sheets(
    report: Report, stock: Stock, rows_a_sheet: int = ROWS_A_SHEET, *, is_short: bool = False
) -> list[BookSheet]:
    """Every sheet in the order of the tabs."""
    found, none = report.findings.index, report.findings.index[:0]
    persons, ours = report.of_people.index, report.of_institution.index
    people = stock.persons.of(persons)
    alike = stock.office if report.recipient is None else stock.readers
    counts, shown = by_unit(report, people), none if is_short else found
    reasons, pairs = stock.why.of(shown), stock.evidence.of(shown)
    # The lines above a table, and so the row it begins at, do not hang on the links in it.
    proof, chain_of = (
        target(one, report, rows_a_sheet) for one in (evidence_sheet(report, pairs), reasons_sheet(report, reasons))
    )
    relied_on = outages(report, stock.outages.of(report.outages.index), pairs, proof)
    acts = at_risk_sheet(report, stock.at_risk.of(found), pairs, proof, chain_of)
    to_acts, to_outages = (target(one, report, rows_a_sheet) for one in (acts, relied_on))
    tables = [
        acts,
        *([] if is_short else [everyone(report, stock.everyone.of(persons), people)]),
        *institution_sheet(report, stock.own.of(ours)),
        *([units(report, counts)] if len(counts) > SHOWN else []),
        relied_on,
        *timeline(report, stock.down.of(report.outages.index)),
        *([] if is_short else [evidence_sheet(report, pairs, to_acts, to_outages)]),
        *sources_sheet(report, alike.sources),
        *([] if is_short else [reasons_sheet(report, reasons, to_acts)]),
        set_aside(report, stock.set_aside.of(report.set_aside.index)),
        changes_sheet(report, stock.changes.of(report.changes.index)),
        *amended_sheet(report),
        *([unmatched_notes_sheet(report, stock.left.of(report.left.index))] if len(report.left) else []),
        rules(report, stock.rules),
        about(report, alike.about),
    ]
    parts = (split(table, report, rows_a_sheet) for table in tables)
    return [summary_sheet(report, counts, stock.duties.of(report.findings)), *chain.from_iterable(parts)]


COLUMNS = {
    "full_name": TableColumn("full_name", "text", 34),
    "person_id": TableColumn("person_id", "id", 16),
    "unit": TableColumn("unit", "text", 26),
    "title": TableColumn("title", "text", 34),
    "closes_on": TableColumn("closes_on", "date", 16),
}


def dates_workbook(report: Report) -> bytes:
    """The .xlsx file of one view, in its language: only the columns that its role sees."""
    from rustpy_xlsxwriter import FastExcel

    buffer = BytesIO()
    page = dates_sheet(report)
    book = FastExcel(buffer)
    book.freeze(row=page.header_row + 1, col=1, sheet=page.name)
    book.sheet(page.name, page.cells, **options(page))
    book.save()
    return buffer.getvalue()


def dates_sheet(report: Report) -> BookSheet:
    """The one sheet; how a permit stands is its last column, where the role sees it."""
    w = words("brief", report.language)
    assert report.recipient is not None
    seen = roles()[report.recipient.role].sees
    found = soonest(report.findings)
    columns = [column for name, column in COLUMNS.items() if name in seen]
    if "is_filed" in seen:
        found = found.assign(stands=[stands(row, report.language) for row in row_dicts(found)])
        columns.append(TableColumn("stands", "text", 48, header=w["brief_state"]))
    title = " · ".join([w["brief_sheet"], *scope(report)])
    own = [report.office.disclaimer, " · ".join(report.office.signature)]
    small = [BannerLine.of(text, "small") for text in own if text]
    lines = (BannerLine.of(title, "title"), BannerLine.of(w["brief_sentence"], "note"), *small)
    return BookSheet(
        w["brief_sheet"], report.language, lines, table(found, columns, report.language), report.run.run_id
    )
