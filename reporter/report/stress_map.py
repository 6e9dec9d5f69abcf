"""The map of a stress test: days across, hours of the day down, one panel for each length. Pure: values to text.

The colour only repeats what the legend, the outline and the sentence under each panel say.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame, Series, Timestamp

from reporter.report.mail.templates import render
from reporter.report.workbook.sheet import HEADER, NAVY, WHITE, CellLook, NumberRule, Page, Properties
from reporter.report.workbook.writer import package
from reporter.text import formats
from reporter.text.catalogue import counted, words
from reporter.text.time_zones import zone

PLOT, LEFT, TOP, ROW, BETWEEN = 960.0, 70, 122, 7, 72
DARK, LIGHT = "#1B2733", "#FFFFFF"
SHADES = (("#FFE3B0", DARK), ("#FDB863", DARK), ("#EE8A4E", DARK), ("#B5322A", LIGHT), ("#7A0F16", LIGHT))
"""Paper and ink, light to dark: told apart in grey too."""
HOURS = 24
MAP = "stress.svg.j2"
MAPPED = "last_24h"


def grid(moments: DataFrame, zone_name: str) -> DataFrame:
    """The moments of one length on local days and hours: on, hour and the most people of the hour.

    An hour that a change of the clocks brings twice is shown once, with the larger count.
    """
    local = moments["began_at"].dt.tz_convert(zone_name)
    cells = DataFrame({"on": local.dt.tz_localize(None).dt.normalize(), "hour": local.dt.hour, "n": moments[MAPPED]})
    return cells.sort_values("n", ascending=False, kind="stable").drop_duplicates(["on", "hour"]).sort_index()


def heat_map(
    moments: DataFrame,
    zone_name: str,
    language: str,
    *,
    services: str,
    worst: DataFrame,
    templates: Path | None = None,
) -> str:
    """An SVG picture of all lengths, with a title, a description and words beside every colour.

    Takes: moments - hours, began_at and last_24h; services - what is down, in the reader's words;
           worst - the worst moment of each length, as the table of the answer has it: hours, began_at and the counts;
           templates - a folder whose files stand before ours.
    """
    context = map_facts(moments, zone_name, language, services=services, worst=worst)
    return render(MAP, context, language=language, templates=templates)


def map_facts(moments: DataFrame, zone_name: str, language: str, *, services: str, worst: DataFrame) -> dict[str, Any]:
    """What the template of the map is given."""
    w = words("questions", language)
    lengths = moments["hours"].drop_duplicates().tolist()
    grids = [grid(moments[moments["hours"] == hours], zone_name) for hours in lengths]
    first = min(one["on"].min() for one in grids)
    days = int((max(one["on"].max() for one in grids) - first).days) + 1
    most = max(int(one["n"].max()) for one in grids)
    steps, tall = bins(most), ROW * HOURS
    firsts = dict(zip(worst["hours"], worst.to_dict("records"), strict=True))
    panels = [
        _panel(one, firsts.get(hours), (first, days, hours), steps, zone_name, language)
        | {"y": TOP + n * (tall + BETWEEN)}
        for n, (one, hours) in enumerate(zip(grids, lengths, strict=True))
    ]
    return {
        "language": language,
        "width": int(PLOT) + LEFT + 30,
        "height": TOP + len(panels) * (tall + BETWEEN),
        "left": LEFT,
        "plot": PLOT,
        "tall": tall,
        "title": w["map_title"].format(services=services),
        "subtitle": w["map_says"].format(
            place=formats.place_word(zone(zone_name), language),
            began=formats.day(first, language),
            ended=formats.day(first + pd.Timedelta(days=days - 1), language),
        ),
        "desc": " ".join(str(panel["words"]) for panel in panels),
        "legend": _legend(steps, language),
        "panels": panels,
        "hours": [{"y": hour * ROW + 9, "label": formats.full_hour(hour, language)} for hour in (0, 6, 12, 18)],
        "months": _dates(first, days, language),
    }


def bins(most: int) -> list[tuple[int, int]]:
    """Up to five steps of whole people, from 1 to the most."""
    size = max(1, math.ceil(most / len(SHADES)))
    return [(start, min(start + size - 1, most)) for start in range(1, most + 1, size)]


def worst_words(cells: DataFrame, language: str) -> str:
    """The hour of a day with most people, in a sentence; where nobody is touched the caller says so."""
    w = words("questions", language)
    worst = cells.sort_values("n", ascending=False, kind="stable").iloc[0].to_dict()
    people = counted(w, "person", int(worst["n"]), language)
    return w["sheet_hour"].format(hour=formats.full_hour(int(worst["hour"]), language), people=people)


def _panel(
    cells: DataFrame,
    worst: Mapping[Any, Any] | None,
    frame: tuple[Timestamp, int, float],
    steps: list[tuple[int, int]],
    zone_name: str,
    language: str,
) -> dict[str, Any]:
    """One length. Takes: worst - its worst moment; frame - the first day, how many days, and the length."""
    (first, days, hours), w = frame, words("questions", language)
    width = PLOT / days
    boxes = [
        _box(one, first, width) | {"colour": colour(one["n"], steps)[0]} for one in _stretches(cells[cells["n"] > 0])
    ]
    return {
        "title": w["map_of"].format(hours=formats.span(hours)),
        "cells": boxes,
        "worst": _box(_cell_of(worst, zone_name), first, width) if worst else None,
        "words": _moment_said(worst, zone_name, language) if worst else w["map_nobody"],
    }


def _cell_of(worst: Mapping[Any, Any], zone_name: str) -> dict[str, Any]:
    """The hour of the map in which that moment lies."""
    local = worst["began_at"].tz_convert(zone_name)
    return {"on": local.tz_localize(None).normalize(), "hour": local.hour, "last": local.hour}


def _moment_said(worst: Mapping[Any, Any], zone_name: str, language: str) -> str:
    """The worst moment with its counts, as the table of the answer has it."""
    w = words("questions", language)
    clock = formats.clock(worst["began_at"], zone(zone_name), language)
    return w["map_worst"].format(
        clock=clock, **{name: counted(w, "person", int(worst[name]), language) for name in COUNTS}
    )


def _stretches(cells: DataFrame) -> list[dict[str, Any]]:
    """Hours of one day that follow one another with the same count, as one box."""
    follows = (cells["on"] == cells["on"].shift()) & (cells["hour"] == cells["hour"].shift() + 1)
    stretch = (~(follows & (cells["n"] == cells["n"].shift()))).cumsum()
    merged = cells.groupby(stretch.to_numpy()).agg(
        on=("on", "first"), hour=("hour", "first"), last=("hour", "last"), n=("n", "first")
    )
    return [{str(key): value for key, value in one.items()} for one in merged.to_dict("records")]


def _box(one: Mapping[str, Any], first: Timestamp, width: float) -> dict[str, float]:
    day = (one["on"] - first).days
    height = (one["last"] - one["hour"] + 1) * ROW
    return {"x": round(day * width, 2), "y": one["hour"] * ROW, "width": round(width, 2), "height": height}


def colour(count: int, steps: list[tuple[int, int]]) -> tuple[str, str]:
    """The paper and the ink of a count."""
    place = next(n for n, (_, end) in enumerate(steps) if count <= end)
    return SHADES[-1] if len(steps) == 1 else SHADES[round(place * (len(SHADES) - 1) / (len(steps) - 1))]


def _legend(steps: list[tuple[int, int]], language: str) -> list[dict[str, Any]]:
    w = words("questions", language)
    labels = [w["map_none"]] + [f"{start}" if start == end else f"{start}–{end}" for start, end in steps]
    colours = ["#F3F5F8"] + [colour(start, steps)[0] for start, _ in steps]
    return [
        {"x": LEFT + 90 * n, "colour": colour, "label": label}
        for n, (colour, label) in enumerate(zip(colours, labels, strict=True))
    ]


DATES_AT_MOST = 9


def _dates(first: Timestamp, days: int, language: str) -> list[dict[str, Any]]:
    """A date under each week of the map, or under every second, third… where there are many."""
    weeks = -(-days // (7 * DATES_AT_MOST)) or 1
    starts = enumerate(pd.date_range(first, periods=days, freq="D"))
    wanted = [(n, on) for n, on in starts if n % (7 * weeks) == 0]
    return [{"x": round(n * PLOT / days, 2), "label": formats.day(on, language)} for n, on in wanted]


COUNTS = ("worse", "closing", "last_24h", "last_72h")


def stress_workbook(moments: DataFrame, worst: DataFrame, zone_name: str, language: str) -> bytes:
    """All sheets as an .xlsx file, made by the clock of the first moment that was tried.

    Takes: moments - hours, began_at and last_24h; worst - hours, began_at, until_at and the four counts.
    """
    w = words("questions", language)
    lengths = moments["hours"].drop_duplicates().tolist()
    grids = {hours: grid(moments[moments["hours"] == hours], zone_name) for hours in lengths}
    sheets = {w["sheet_worst"]: _worst(worst, zone_name, language), w["sheet_days"]: _days(grids, language)}
    sheets |= {formats.span(hours).replace("\u00a0", " "): _hours(cells, language) for hours, cells in grids.items()}
    steps = bins(max(int(cells["n"].max()) for cells in grids.values()))
    says = w["book_says"].format(zone=zone_name)
    pages = [_page(name, frame, says, steps if n else []) for n, (name, frame) in enumerate(sheets.items())]
    author = words("workbook", language)["author"]
    return package(pages, Properties(w["sheet_worst"], author, language, moments["began_at"].min()))


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
    told = {on: worst_words(one, language) for on, one in cells.groupby("on")}
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


def _page(name: str, frame: DataFrame, says: str, steps: list[tuple[int, int]]) -> Page:
    """One sheet as the writer takes it; a map has steps of shade."""
    names = [str(column) for column in frame]
    told = CellLook(WHITE, NAVY, is_wrapped=True, down="vcenter")
    is_map = pd.api.types.is_datetime64_any_dtype(frame[names[0]])
    counts = names[1:-1] if is_map else []
    look = {names[0]: CellLook(number="yyyy-mm-dd", across="left")} if is_map else {}
    widths = (14.0, *([_width(counts)] * len(counts) + [28.0] if is_map else [30.0, 30.0, *[12.0] * 4]))
    return Page(
        name=name,
        cells=_cells(frame),
        header_row=1,
        header=HEADER,
        widths=widths,
        looks=look | {column: CellLook(number='0;-0;""', across="center") for column in counts},
        merges=((0, 0, 0, max(len(names) - 1, 8), says, told),),
        heights={0: 48.0},
        rules={column: [_shade(step, steps) for step in steps] for column in counts},
        has_filter=not is_map,
        frozen=(2, 1),
    )


def _shade(step: tuple[int, int], steps: list[tuple[int, int]]) -> NumberRule:
    paper, ink = colour(step[0], steps)
    return NumberRule(step[0], step[1], CellLook(ink, paper))


def _width(counts: list[str]) -> float:
    return 4.2 if len(counts) == HOURS else 12.0
