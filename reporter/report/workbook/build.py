"""Which sheets a workbook has, in which order, and the one call that turns them into bytes."""

import logging
from io import BytesIO
from itertools import chain

from reporter.model.report import Report
from reporter.report.workbook.findings import at_risk, everyone
from reporter.report.workbook.options import options
from reporter.report.workbook.records import changes, outages, rules, set_aside
from reporter.report.workbook.sheet import ROWS_A_SHEET, Sheet, split
from reporter.report.workbook.summary import summary
from reporter.report.workbook.units import SHOWN, by_unit, units

log = logging.getLogger(__name__)


def workbook(report: Report, *, rows_a_sheet: int = ROWS_A_SHEET) -> bytes:
    """The whole report as an .xlsx file, in the report's language.

    Takes:   rows_a_sheet - the most rows of data one sheet holds; the rest goes to "Everyone 2" and so on.
    Returns: the bytes of the file.
    """
    # Imported here: loading it takes longer than many a command of this program lasts.
    from rustpy_xlsxwriter import FastExcel

    buffer = BytesIO()
    book = FastExcel(buffer).format(inf_value="∞")
    for sheet in sheets(report, rows_a_sheet):
        book.freeze(row=sheet.header_row + 1 if sheet.is_frozen else 0, col=sheet.frozen_columns, sheet=sheet.name)
        book.sheet(sheet.name, sheet.cells, **options(sheet))
    book.save()
    log.info("workbook: %d findings, %d bytes", len(report.findings), buffer.tell())
    return buffer.getvalue()


def sheets(report: Report, rows_a_sheet: int = ROWS_A_SHEET) -> list[Sheet]:
    """Every sheet in the order of the tabs."""
    counts, relied_on = by_unit(report), outages(report)
    tables = [at_risk(report, relied_on), everyone(report)]
    tables += [units(report, counts)] if len(counts) > SHOWN else []
    tables += [relied_on, set_aside(report), changes(report), rules(report)]
    parts = (split(table, report, rows_a_sheet) for table in tables)
    return [summary(report, counts), *chain.from_iterable(parts)]
