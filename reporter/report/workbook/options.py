"""What the library is told of one sheet: every option it takes is declared here, by the name of its argument."""

from typing import Any

import numpy as np

from reporter.report.workbook.banner import merges
from reporter.report.workbook.looks import BAND, NUMBERS, column_format, header_format, rules_of
from reporter.report.workbook.notes import entry, folded
from reporter.report.workbook.sheet import PAPERS, Sheet
from reporter.text.catalogue import words

A_LINE = 15.0  # points
BANDED_TO = 2_000  # rows; bands cost a fifth of the time it takes to write
TALLEST = 26  # lines a row may grow to


def options(sheet: Sheet) -> dict[str, Any]:
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
        "outline": folded(headers),
        "page_setup": page(sheet),
        "sheet_view": {"tab_color": sheet.tab, "gridlines": sheet.is_frozen},
        "charts": list(sheet.charts),
    }


def links(sheet: Sheet) -> dict[str, str]:
    """The columns of links, each with the column whose words stand for it (its own, where that is not there)."""
    columns = sheet.table.columns
    headers = dict(zip((column.name for column in columns), sheet.cells.column_names, strict=True))
    return {headers[c.name]: headers.get(c.shows, headers[c.name]) for c in columns if c.kind == "link"}


def page(sheet: Sheet) -> dict[str, Any]:
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


def _is_banded(sheet: Sheet) -> bool:
    return sheet.is_frozen and 0 < len(sheet.cells) <= BANDED_TO


def heights(sheet: Sheet) -> dict[int, float]:
    """The height each row needs for its longest wrapped text: LibreOffice does not work it out on opening."""
    if sheet.is_compact:
        return {}
    tall = np.minimum(sheet.table.lines, TALLEST) * A_LINE + 2
    return dict(enumerate(tall.tolist(), start=sheet.header_row + 1))
