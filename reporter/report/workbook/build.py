"""Which sheets a workbook has, in which order, and the one call that turns them into bytes."""

import logging
from io import BytesIO
from itertools import chain

from reporter.model.report import Report
from reporter.report.workbook.about import about
from reporter.report.workbook.evidence import evidence
from reporter.report.workbook.findings import at_risk, everyone
from reporter.report.workbook.notes import left
from reporter.report.workbook.options import options
from reporter.report.workbook.own import own_duties
from reporter.report.workbook.records import amended, changes, outages, rules, set_aside, sources
from reporter.report.workbook.sheet import ROWS_A_SHEET, Sheet, split, target
from reporter.report.workbook.stock import Stock
from reporter.report.workbook.summary import summary
from reporter.report.workbook.timeline import timeline
from reporter.report.workbook.units import SHOWN, by_unit, units
from reporter.report.workbook.why import why

log = logging.getLogger(__name__)
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


def sheets(report: Report, stock: Stock, rows_a_sheet: int = ROWS_A_SHEET, *, is_short: bool = False) -> list[Sheet]:
    """Every sheet in the order of the tabs."""
    found, none = report.findings.index, report.findings.index[:0]
    people = stock.persons.of(found)
    alike = stock.office if report.recipient is None else stock.readers
    counts, shown = by_unit(report, people), none if is_short else found
    reasons, pairs = stock.why.of(shown), stock.evidence.of(shown)
    # The lines above a table, and so the row it begins at, do not hang on the links in it.
    proof, chain_of = (target(one, report, rows_a_sheet) for one in (evidence(report, pairs), why(report, reasons)))
    relied_on = outages(report, stock.outages.of(report.outages.index), pairs, proof)
    acts = at_risk(report, stock.at_risk.of(found), pairs, proof, chain_of)
    to_acts, to_outages = (target(one, report, rows_a_sheet) for one in (acts, relied_on))
    tables = [
        acts,
        *([] if is_short else [everyone(report, stock.everyone.of(found), people)]),
        *([own_duties(report, report.own, stock.own)] if report.own and stock.own else []),
        *([units(report, counts)] if len(counts) > SHOWN else []),
        relied_on,
        *timeline(report, stock.down.of(report.outages.index)),
        *([] if is_short else [evidence(report, pairs, to_acts, to_outages)]),
        *sources(report, alike.sources),
        *([] if is_short else [why(report, reasons, to_acts)]),
        set_aside(report, stock.set_aside.of(report.set_aside.index)),
        changes(report, stock.changes.of(report.changes.index)),
        *amended(report),
        *([left(report, stock.left.of(report.left.index))] if len(report.left) else []),
        rules(report, stock.rules),
        about(report, alike.about),
    ]
    parts = (split(table, report, rows_a_sheet) for table in tables)
    return [summary(report, counts, stock.duties.of(report.findings)), *chain.from_iterable(parts)]
