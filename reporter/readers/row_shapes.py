"""Which rows of a delimited text have more or fewer cells than their neighbours: their cells may have moved. Pure."""

from collections import Counter

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.readers.table import MappedTable, Truth, is_date
from reporter.readers.values import tidy

BLOCK = 16  # rows for which a spreadsheet program decides together how many empty cells at the end it writes


def misshapen_rows(page: MappedTable, among: Truth) -> tuple[Series, list[Problem]]:
    """Each row's problem code, empty where its shape is right; and the problems.

    Takes: among - the rows that are not excluded.
    """
    code = Series("", index=page.index, dtype="str")
    beyond = _beyond(page)
    code[_holds_date_beyond(beyond)] = "record_shifted"
    widths = _widths(page)
    if widths is not None:
        allowed = _heading_width(page)
        is_filled = beyond[[c for c in beyond if int(str(c)) >= allowed]].notna().to_numpy().any(axis=1)
        odd = _stands_alone(page)
        usual = Counter(widths[widths > 0].tolist()).most_common(1)
        is_wide = odd & (widths > max(allowed, usual[0][0] if usual else 0))
        code[is_filled | is_wide] = "record_long"
        code[odd & (widths > 0) & (widths <= _last_date(page))] = "record_short"
    code[page.index.isin(list(page.table.sheet.stray))] = "quote_stray"
    code = code.where(among, "")
    return code, [_problem(page, int(str(row)), str(name)) for row, name in code[code != ""].items()]


def _problem(page: MappedTable, row: int, code: str) -> Problem:
    sheet = page.table.sheet
    found = sheet.widths[row - 1] if sheet.widths else 0
    details = {"line": str(sheet.stray.get(row, row)), "found": str(found), "allowed": str(_heading_width(page))}
    cells = page.table.rows.loc[row].dropna()
    return page.problem(code, row, None, " · ".join(map(str, cells)) if code == "quote_stray" else "", **details)


def _widths(page: MappedTable) -> "np.ndarray[tuple[int], np.dtype[np.int64]] | None":
    """How many cells each row's record has; None where nothing tells."""
    written = page.table.sheet.widths
    return np.array(written, dtype=np.int64)[page.index.to_numpy() - 1] if written else None


def _heading_width(page: MappedTable) -> int:
    written = page.table.sheet.widths
    return written[page.table.heading.row - 1] if written else max(page.table.heading.texts) + 1


def _last_date(page: MappedTable) -> int:
    """The last column that holds dates, or -1."""
    return max((b.column for b in page.binding.bound if b.field.endswith(("_on", "_at"))), default=-1)


def _stands_alone(page: MappedTable) -> Truth:
    """Rows whose block of the file has records of several widths: a slip, not a program's way of writing."""
    widths = Series(page.table.sheet.widths)
    of_block = widths.groupby(widths.index // BLOCK)
    is_mixed: Truth = (of_block.transform("max") > of_block.transform("min")).to_numpy(dtype=bool)
    mine: Truth = is_mixed[page.index.to_numpy() - 1]
    return mine


def _beyond(page: MappedTable) -> DataFrame:
    """The cells right of the last heading, up to the next that has one."""
    sheet, heading = page.table.sheet, page.table.heading
    last = max(heading.texts)
    over = sheet.cells.iloc[int(sheet.cells.index.get_indexer(pd.Index([heading.row]))[0])].tolist()
    free = []
    for column in range(last + 1, len(sheet.cells.columns)):
        text = over[column]
        if isinstance(text, str) and tidy(text):
            break
        free.append(column)
    return sheet.cells.loc[page.index, free]


def _holds_date_beyond(beyond: DataFrame) -> Truth:
    """Rows with a date in the first column without a heading, where few rows have one: it came from its neighbour."""
    if beyond.shape[1] == 0:
        return np.zeros(len(beyond), dtype=bool)
    first = beyond.iloc[:, 0]
    codes, texts = pd.factorize(first)
    dated = np.array([is_date(text) for text in texts] + [False])
    found: Truth = dated[codes]
    return found if found.sum() * 2 <= len(found) else np.zeros(len(beyond), dtype=bool)
