"""The workbook of a role that sees dates only: one sheet, a row a person."""

from io import BytesIO

from reporter.model.report import Report
from reporter.report.brief import soonest, stands
from reporter.report.duties import records
from reporter.report.roles import roles
from reporter.report.workbook.banner import Line
from reporter.report.workbook.options import options
from reporter.report.workbook.sheet import Column, Sheet, scope, table
from reporter.text.catalogue import words

COLUMNS = {
    "full_name": Column("full_name", "text", 34),
    "person_id": Column("person_id", "id", 16),
    "unit": Column("unit", "text", 26),
    "title": Column("title", "text", 34),
    "closes_on": Column("closes_on", "date", 16),
}


def dates(report: Report) -> bytes:
    """The .xlsx file of one view, in its language: only the columns that its role sees."""
    from rustpy_xlsxwriter import FastExcel

    buffer = BytesIO()
    page = dates_sheet(report)
    book = FastExcel(buffer)
    book.freeze(row=page.header_row + 1, col=1, sheet=page.name)
    book.sheet(page.name, page.cells, **options(page))
    book.save()
    return buffer.getvalue()


def dates_sheet(report: Report) -> Sheet:
    """The one sheet; how a permit stands is its last column, where the role sees it."""
    w = words("brief", report.language)
    assert report.recipient is not None
    seen = roles()[report.recipient.role].sees
    found = soonest(report.findings)
    columns = [column for name, column in COLUMNS.items() if name in seen]
    if "is_filed" in seen:
        found = found.assign(stands=[stands(row, report.language) for row in records(found)])
        columns.append(Column("stands", "text", 48, header=w["brief_state"]))
    title = " · ".join([w["brief_sheet"], *scope(report)])
    own = [report.office.disclaimer, " · ".join(report.office.signature)]
    small = [Line.of(text, "small") for text in own if text]
    lines = (Line.of(title, "title"), Line.of(w["brief_sentence"], "note"), *small)
    return Sheet(w["brief_sheet"], report.language, lines, table(found, columns, report.language), report.run.run_id)
