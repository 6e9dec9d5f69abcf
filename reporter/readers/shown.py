"""The cells of one person as they stand in the file, for whoever asks how a date came about. Pure: no files, no clock.

Columns that are dropped on reading (passport numbers, birth dates, insurance numbers) are not among them.
"""

from collections.abc import Mapping

import pandas as pd
from pandas import DataFrame, Series

from reporter.model.shapes import CELLS
from reporter.readers.dates import DateColumn
from reporter.readers.grid import letter
from reporter.readers.headers import Bound
from reporter.readers.page import Page, truth


def shown_cells(
    page: Page, ids: Series, dates: Mapping[int, DateColumn], aside: Series, excluded: Series, person: str
) -> DataFrame:
    """Every cell that was read of that person's rows, whatever became of the row.

    Takes:   ids, aside, excluded - by the sheet's row numbers; dates - by column.
    Returns: CELLS, in the order of the sheet.
    """
    if not person:
        return CELLS.empty()
    mine = page.index[truth(ids.str.casefold() == person.strip().casefold())]
    parts = [_cell(page, bound, int(row), dates) for row in mine for bound in page.binding.bound]
    cells = CELLS.cast(DataFrame([part for part in parts if part], columns=["row", *CELLS.names]))
    rows = Series([part["row"] for part in parts if part], dtype="int64")
    rule = rows.map(excluded.where(excluded != "", aside)).astype("str")
    outcome = Series("assessed", index=rows.index, dtype="str").mask(rows.map(aside != "").astype(bool), "set_aside")
    return cells.assign(rule=rule, outcome=outcome.mask(rows.map(excluded != "").astype(bool), "excluded"))


def _cell(page: Page, bound: Bound, row: int, dates: Mapping[int, DateColumn]) -> dict[str, object]:
    if bound.field == "dropped":
        return {}
    place = int(page.index.get_indexer(pd.Index([row]))[0])
    said = page.table.rows[bound.column].array[place]
    told = {
        "row": row,
        "source_row": page.source_rows[row],
        "field": page.name(bound),
        "header": bound.header,
        "address": f"{letter(bound.column)}{row}",
        "said": "" if said is None or said != said else " ".join(str(said).split()).removesuffix(" 00:00:00"),
    }
    return told | (_date(dates[bound.column], place) if bound.column in dates else {})


def _date(column: DateColumn, place: int) -> dict[str, object]:
    fact = column.facts.iloc[int(column.codes[place])].to_dict()
    return {
        "on": fact["on"],
        "other": fact["other"],
        "form": fact["form"] if pd.notna(fact["on"]) else "",
        "order": column.proven,
        "doubt": fact["certainty"],
    }
