"""The sheet of weeks: for how long each service was down, planned and unplanned apart, as a table and two charts.

Every outage relied on is in it, however long ago it was; where that is more weeks than can be seen, a row is a month.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pandas import DataFrame, Timedelta, Timestamp

from reporter.engine.downtime import DOWN_KINDS
from reporter.engine.spans import HOUR, Instants, merge, micros
from reporter.model.report import Report
from reporter.report.workbook.sheet import BookSheet, ChartPlan, ChartSeries, Table, TableColumn, lines_of, sheet
from reporter.text.catalogue import words
from reporter.text.formats import day, join_phrases, number
from reporter.text.time_zones import OTTAWA, zone

WEEKS = 26  # more, and the time is told in months
SERVICES = 5  # with columns of their own
CHART_ROWS = 15
KINDS = ("unplanned", "planned")
COLOURS = ("#1F3A5F", "#B7791F", "#0B6E69", "#5B3FA0", "#9B1C1C", "#4A5560")


@dataclass(frozen=True)
class Down:
    """The outages that took a service down, as numbers: a reader's few are picked without a frame."""

    index: "pd.Index[int]"
    began: Instants
    ended: Instants
    is_planned: NDArray[np.bool_]
    services: NDArray[np.object_]  # of each, a frozenset

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def among(cls, outages: DataFrame, as_of: Timestamp) -> "Down":
        """Those of OUTAGES; one that has not ended is taken to last until `as_of`."""
        down = outages[outages["kind"].isin(DOWN_KINDS)]
        services = np.empty(len(down), dtype="object")
        services[:] = [frozenset(text.split(";")) for text in down["services"]]
        return cls(
            down.index,
            micros(down["began_at"]),
            micros(down["ended_at"].fillna(as_of)),
            (down["kind"] == "planned").to_numpy(dtype=bool),
            services,
        )

    def of(self, index: "pd.Index[int]") -> "Down":
        """Those of these outages, in their order."""
        places = self.index.get_indexer(index)
        here = places[places >= 0]
        return Down(
            self.index.take(here), self.began[here], self.ended[here], self.is_planned[here], self.services[here]
        )


def timeline(report: Report, down: Down) -> list[BookSheet]:
    """One row a week, Monday to Sunday in Ottawa, or a month; no sheet where no outage took a service down."""
    if not len(down):
        return []
    edges = time_edges(report, down)
    hours = _hours(down, edges, report)
    columns = [TableColumn("week", "text", 16, header=words("workbook", report.language)["col_from"])]
    for n, (kind, service) in enumerate(hours):
        told = words("workbook", report.language)[f"timeline_{kind}"]
        columns.append(TableColumn(f"hours_{n}", "hours", 19, header=f"{service} – {told}"))
    begins = pa.array([day(at, report.language) for at in edges[:-1]], type=pa.large_string())
    cells = pa.table(dict(zip((column.header for column in columns), (begins, *hours.values()), strict=True)))
    rows = Table(tuple(columns), cells, pd.RangeIndex(len(begins)), lines_of(begins, columns[0]))
    return [_with_charts(sheet(report, "timeline", rows, tab="#B7791F", header_height=56), hours, report)]


def _with_charts(made: BookSheet, hours: Mapping[tuple[str, str], Any], report: Report) -> BookSheet:
    """The charts of each kind, under the table that they are drawn from."""
    headers = dict(zip(hours, (column.header for column in made.table.columns[1:]), strict=True))
    shown = [kind for kind in KINDS if any(k == kind for k, _ in hours)]
    charts = []
    for n, kind in enumerate(shown):
        series = {header: hours[key].sum() for key, header in headers.items() if key[0] == kind}
        charts.append(_chart(series, kind, made, len(made.table) + n * CHART_ROWS, report))
    return replace(made, charts=tuple(charts), is_frozen=False, has_filter=False)


def _chart(series: Mapping[str, float], kind: str, made: BookSheet, down: int, report: Report) -> ChartPlan:
    w = words("workbook", report.language)
    title = w[f"timeline_chart_{kind}"]
    hours = (f"{header}: {number(round(total), report.language)} h" for header, total in series.items())
    told = join_phrases(hours, report.language)
    return ChartPlan(
        title=title,
        told=f"{title}. {told}.",
        axis=w["col_hours"],
        categories=made.table.columns[0].header,
        series=tuple(ChartSeries(header, colour) for header, colour in zip(series, COLOURS, strict=False)),
        rows=len(made.table),
        row=made.header_row + down + 2,
        width=900,
        height=285,
        is_stacked=True,
    )


def time_edges(report: Report, down: Down) -> pd.DatetimeIndex:
    """Where the rows begin, and the end of the last: from the first outage to the last one, the report between."""
    local = zone(OTTAWA)
    instants = [pd.Timestamp(at, unit="us", tz="UTC") for at in (down.began.min(), down.ended.max())]
    ends = [at.tz_convert(local).tz_localize(None).normalize() for at in (*instants, report.run.as_of)]
    first, last = (at - Timedelta(days=at.day_of_week) for at in (min(ends), max(ends)))
    if (last - first) / Timedelta(weeks=1) < WEEKS:
        return pd.date_range(first, last + Timedelta(weeks=1), freq="7D").tz_localize(local)
    return pd.date_range(min(ends).replace(day=1), max(ends) + pd.offsets.MonthBegin(), freq="MS").tz_localize(local)


def _hours(down: Down, rows: pd.DatetimeIndex, report: Report) -> dict[tuple[str, str], Any]:
    """Hours a row by kind and service, worst hit services first; no hour of one service counts twice."""
    edges = micros(rows.to_series())

    def lost(services: frozenset[str], planned: bool) -> Any:
        here = np.array([not services.isdisjoint(names) for names in down.services], dtype=bool)
        here &= down.is_planned == planned
        return (merge(down.began[here], down.ended[here]).within(edges[:-1], edges[1:]) / HOUR).round(2)

    alone = [frozenset([key]) for key in frozenset().union(*down.services)]
    single = {key: (lost(one, False), lost(one, True)) for one in alone for key in one}
    order = sorted(single, key=lambda key: (-sum(part.sum() for part in single[key]), key))
    groups = {report.service_titles.get(key, key): frozenset([key]) for key in order[:SERVICES]}
    if len(order) > SERVICES:
        groups[words("workbook", report.language)["timeline_others"]] = frozenset(order[SERVICES:])
    told = {(kind, title): lost(keys, kind == "planned") for kind in KINDS for title, keys in groups.items()}
    return {key: numbers for key, numbers in told.items() if numbers.any()}
