"""The sheet of weeks: for how long each service was down, planned and unplanned apart, as a table and two charts.

The library draws a chart only from the table of the sheet it stands on, and takes no alternative text for it: the
table under the charts says the same in figures.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, Timedelta, Timestamp

from reporter.engine.downtime import DOWN_KINDS
from reporter.engine.spans import HOUR, Instants, merge, micros
from reporter.model.places import OTTAWA, zone
from reporter.model.report import Report
from reporter.model.speech import day
from reporter.report.words import words
from reporter.report.workbook.banner import Line
from reporter.report.workbook.sheet import Column, Sheet, sheet, table

BEFORE, AHEAD = 12, 4  # weeks shown before and after that of the report
SERVICES = 5  # with columns of their own
CHART_ROWS = 15
KINDS = ("unplanned", "planned")


def timeline(report: Report) -> list[Sheet]:
    """One row a week, Monday to Sunday in Ottawa; no sheet where no outage took a service down."""
    down = report.outages[report.outages["kind"].isin(DOWN_KINDS)]
    if down.empty:
        return []
    mondays = _mondays(report, down)
    hours = _hours(down, mondays, report)
    w, frame = (
        words("workbook", report.language),
        DataFrame({"week": [day(at, report.language) for at in mondays[:-1]]}),
    )
    columns = [Column("week", "text", 14)]
    for n, ((kind, service), numbers) in enumerate(hours.items()):
        frame[f"hours_{n}"] = numbers
        columns.append(Column(f"hours_{n}", "hours", 19, header=f"{service} – {w[f'timeline_{kind}']}"))
    made = sheet(report, "timeline", table(frame, columns, report.language), tab="#B7791F", header_height=63)
    series = {kind: [c.header for c, (k, _) in zip(columns[1:], hours, strict=True) if k == kind] for kind in KINDS}
    shown = [kind for kind in KINDS if series[kind]]
    at = made.header_row
    charts = tuple(
        _chart(series[kind], f"timeline_chart_{kind}", at + n * CHART_ROWS, report) for n, kind in enumerate(shown)
    )
    lines = (*made.lines, *[Line.of("")] * CHART_ROWS * len(shown))
    return [replace(made, lines=lines, charts=charts, is_frozen=False, has_filter=False)]


def _chart(series: list[str], title: str, row: int, report: Report) -> dict[str, Any]:
    w = words("workbook", report.language)
    where = {"row": row, "col": 0, "width": 900, "height": 285}
    look = {"title": w[title], "y_axis": w["col_hours"], "legend": True, "style": 3}
    return {"type": "column_stacked", "series": series, "categories": w["col_week"], **where, **look}


def _mondays(report: Report, down: DataFrame) -> list[Timestamp]:
    """The beginnings of the weeks shown, and the end of the last: none before the first outage or after the last."""
    place = zone(OTTAWA)
    now = _monday(report.run.as_of.tz_convert(place))
    last = _monday(down["ended_at"].fillna(report.run.as_of).max().tz_convert(place))
    first = _monday(down["began_at"].min().tz_convert(place))
    first, last = max(min(first, now), now - Timedelta(weeks=BEFORE)), min(max(last, now), now + Timedelta(weeks=AHEAD))
    days = pd.date_range(first, last + Timedelta(weeks=1), freq="7D")
    return [at.tz_localize(place) for at in days]


def _monday(local: Timestamp) -> Timestamp:
    return local.tz_localize(None).normalize() - Timedelta(days=local.day_of_week)


def _hours(down: DataFrame, mondays: list[Timestamp], report: Report) -> dict[tuple[str, str], Any]:
    """Hours a week by kind and service, worst hit services first; no hour of one service counts twice."""
    edges: Instants = np.array([int(at.value) // 1000 for at in mondays], dtype=np.int64)
    began, ended = micros(down["began_at"]), micros(down["ended_at"].fillna(report.run.as_of))
    named = [frozenset(text.split(";")) for text in down["services"]]
    is_planned = (down["kind"] == "planned").to_numpy(dtype=bool)

    def lost(services: frozenset[str], planned: bool) -> Any:
        here = np.array([not services.isdisjoint(names) for names in named], dtype=bool) & (is_planned == planned)
        return (merge(began[here], ended[here]).within(edges[:-1], edges[1:]) / HOUR).round(2)

    single = {key: (lost(frozenset([key]), False), lost(frozenset([key]), True)) for key in frozenset().union(*named)}
    order = sorted(single, key=lambda key: (-sum(part.sum() for part in single[key]), key))
    groups = {report.service_titles.get(key, key): frozenset([key]) for key in order[:SERVICES]}
    if len(order) > SERVICES:
        groups[words("workbook", report.language)["timeline_others"]] = frozenset(order[SERVICES:])
    told = {(kind, title): lost(keys, kind == "planned") for kind in KINDS for title, keys in groups.items()}
    return {key: numbers for key, numbers in told.items() if numbers.any()}
