"""The workbook of one report: a Summary a busy officer can act on, and the tables behind it.

Pure: values in, bytes out; no file is opened and no clock is read here. (The library that writes the file
stamps it with the machine's time, so two runs give the same cells but not the same bytes.)
"""

from reporter.report.workbook.build import LEFT_OUT, Stock, dates_workbook, workbook

__all__ = ["LEFT_OUT", "Stock", "dates_workbook", "workbook"]
