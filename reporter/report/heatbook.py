"""The workbook of a stress test: the worst moments, days by lengths, and a sheet of hours by days for each length.

Pure: values to bytes. One shade means the same count on every sheet (the library's own colour scale would begin anew
in each column), the count stands in the cell, and a column says the worst of the day in words.
"""

from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame, Series

from reporter.report.heatmap import HOURS, bins, colour, grid, worst_words
from reporter.report.workbook.looks import NAVY, WHITE, header_format
from reporter.text import formats
from reporter.text.catalogue import counted, words
from reporter.text.time_zones import zone

COUNTS = ("worse", "closing", "last_24h", "last_72h")


def stress_workbook(moments: DataFrame, worst: DataFrame, zone_name: str, language: str) -> bytes:
    """All sheets as an .xlsx file.

    Takes: moments - hours, began_at and last_24h; worst - hours, began_at, until_at and the four counts.
    """
    from rustpy_xlsxwriter import FastExcel

    w = words("questions", language)
    lengths = moments["hours"].drop_duplicates().tolist()
    grids = {hours: grid(moments[moments["hours"] == hours], zone_name) for hours in lengths}
    sheets = {w["sheet_worst"]: _worst(worst, zone_name, language), w["sheet_days"]: _days(grids, language)}
    sheets |= {formats.span(hours).replace("\u00a0", " "): _hours(cells, language) for hours, cells in grids.items()}
    steps = bins(max(int(cells["n"].max()) for cells in grids.values()))
    buffer = BytesIO()
    book = FastExcel(buffer)
    for n, (name, frame) in enumerate(sheets.items()):
        book.freeze(row=2, col=1, sheet=name)
        book.sheet(name, _cells(frame), **_options(frame, w["book_says"].format(zone=zone_name), steps if n else []))
    book.save()
    return buffer.getvalue()


def _worst(worst: DataFrame, zone_name: str, language: str) -> DataFrame:
    w, office = words("questions", language), zone(zone_name)
    clocks = {w[name]: worst[column].map(lambda at: formats.clock(at, office, language))
              for name, column in (("begins", "began_at"), ("until", "until_at"))}  # fmt: skip
    return DataFrame({w["col_hours"]: worst["hours"], **clocks, **{w[name]: worst[name] for name in COUNTS}})


def _days(grids: dict[float, DataFrame], language: str) -> DataFrame:
    """The most people of each day, a column a length."""
    w = words("questions", language)
    most = {formats.span(hours): cells.groupby("on")["n"].max() for hours, cells in grids.items()}
    table = pd.DataFrame(most).fillna(0).astype("int64")
    peak = table.max(axis=1).map(lambda n: counted(w, "person", int(n), language))
    return _dated(table, peak.where(table.max(axis=1) > 0, w["map_none"]), language)


def _hours(cells: DataFrame, language: str) -> DataFrame:
    """The people of each day and hour, and the worst hour of the day in words."""
    table = cells.set_index(["on", "hour"])["n"].unstack()  # noqa: PD010  nothing is summed
    table = table.reindex(columns=range(HOURS))
    told = {on: worst_words(one, language, "sheet_hour") for on, one in cells.groupby("on")}
    none = words("questions", language)["map_none"]
    named = Series(told).where(table.max(axis=1) > 0, none)
    return _dated(table.rename(columns=lambda hour: f"{hour:02}"), named, language)


def _dated(table: DataFrame, told: "Series[Any]", language: str) -> DataFrame:
    w = words("questions", language)
    whole = table.reset_index(drop=True)
    whole.insert(0, w["col_day"], table.index.astype("datetime64[us]"))
    return whole.assign(**{w["col_words"]: told.to_numpy()})


def _cells(frame: DataFrame) -> Any:
    columns = {}
    for name in frame:
        is_text = frame[name].dtype == object or isinstance(frame[name].dtype, pd.StringDtype)
        columns[str(name)] = (
            pa.array(frame[name].astype("str"), pa.large_string()) if is_text else pa.array(frame[name])
        )
    return pa.table(columns)


def _options(frame: DataFrame, says: str, steps: list[tuple[int, int]]) -> dict[str, Any]:
    """What the library is told of one sheet; a map has steps of shade."""
    from rustpy_xlsxwriter import Format

    names = [str(name) for name in frame]
    told = Format().set_background_color(NAVY).set_font_color(WHITE).set_text_wrap().set_align("vcenter")
    is_map = pd.api.types.is_datetime64_any_dtype(frame[names[0]])
    counts = names[1:-1] if is_map else []
    shades = [_shade(step, steps) for step in steps]
    look = {names[0]: Format().set_num_format("yyyy-mm-dd").set_align("left")} if is_map else {}
    wide = max(len(names) - 1, 8)
    return {
        "header_row": 1,
        "header_format": header_format(),
        "merge_ranges": [(0, 0, 0, wide, says, told)],
        "row_heights": {0: 48.0},
        "column_widths": [
            14.0,
            *([30.0, 30.0, *[12.0] * 4] if not is_map else [*[_width(counts)] * len(counts), 28.0]),
        ],
        "column_formats": look | {name: Format().set_num_format('0;-0;""').set_align("center") for name in counts},
        "conditional_formats": dict.fromkeys(counts, shades),
        "autofilter": not is_map,
        "page_setup": {"landscape": True, "fit_to_pages": (1, 0)},
    }


def _shade(step: tuple[int, int], steps: list[tuple[int, int]]) -> dict[str, Any]:
    from rustpy_xlsxwriter import Format

    paper, ink = colour(step[0], steps)
    look = Format().set_background_color(paper).set_font_color(ink)
    return {"type": "cell", "criteria": "between", "min": step[0], "max": step[1], "format": look}


def _width(counts: list[str]) -> float:
    return 4.2 if len(counts) == HOURS else 12.0
