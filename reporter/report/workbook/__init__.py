"""The workbooks of one report: what a busy officer has to do, and for the office what that rests on.

Pure: values in, bytes out; no file is opened and no clock is read here. The same report gives the same bytes.
Called by `pipeline`, `report`.
"""

from reporter.report.workbook.build import LEFT_OUT, Stock, dates_workbook, record_book, workbook

__all__ = ["LEFT_OUT", "Stock", "dates_workbook", "record_book", "workbook"]
