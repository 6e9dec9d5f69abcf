"""The sheet of weeks: for how long each service was down, planned and unplanned apart, as a table and two charts.

The library draws a chart only from the table of the sheet it stands on, and takes no alternative text for it: the
table under the charts says the same in figures.
"""

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
from reporter.report.workbook.sheet import BannerLine, BookSheet, Table, TableColumn, lines_of, sheet
from reporter.text.catalogue import words
from reporter.text.formats import day
from reporter.text.time_zones import OTTAWA, zone

BEFORE, AHEAD = 12, 4  # weeks shown before and after that of the report
SERVICES = 5  # with columns of their own
CHART_ROWS = 15
KINDS = ("unplanned", "planned")


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
    """One row a week, Monday to Sunday in Ottawa; no sheet where no outage took a service down."""
    if not len(down):
        return []
    mondays = _mondays(report, down)
    hours = _hours(down, mondays, report)
    w = words("workbook", report.language)
    columns = [TableColumn("week", "text", 14, header=w["col_week"])]
    for n, (kind, service) in enumerate(hours):
        columns.append(TableColumn(f"hours_{n}", "hours", 19, header=f"{service} – {w[f'timeline_{kind}']}"))
    weeks = pa.array([day(at, report.language) for at in mondays[:-1]], type=pa.large_string())
    cells = pa.table(dict(zip((column.header for column in columns), (weeks, *hours.values()), strict=True)))
    rows = Table(tuple(columns), cells, pd.RangeIndex(len(weeks)), lines_of(weeks, columns[0]))
    made = sheet(report, "timeline", rows, tab="#B7791F", header_height=63)
    series = {kind: [c.header for c, (k, _) in zip(columns[1:], hours, strict=True) if k == kind] for kind in KINDS}
    shown = [kind for kind in KINDS if series[kind]]
    at = made.header_row
    charts = tuple(
        _chart(series[kind], f"timeline_chart_{kind}", at + n * CHART_ROWS, report) for n, kind in enumerate(shown)
    )
    lines = (*made.lines, *[BannerLine.of("")] * CHART_ROWS * len(shown))
    return [replace(made, lines=lines, charts=charts, is_frozen=False, has_filter=False)]


def _chart(series: list[str], title: str, row: int, report: Report) -> dict[str, Any]:
    w = words("workbook", report.language)
    where = {"row": row, "col": 0, "width": 900, "height": 285}
    look = {"title": w[title], "y_axis": w["col_hours"], "legend": True, "style": 3}
    return {"type": "column_stacked", "series": series, "categories": w["col_week"], **where, **look}


def _mondays(report: Report, down: Down) -> pd.DatetimeIndex:
    """The beginnings of the weeks shown, and the end of the last: none before the first outage or after the last."""
    now = _monday(report.run.as_of)
    first, last = (_monday(pd.Timestamp(at, unit="us", tz="UTC")) for at in (down.began.min(), down.ended.max()))
    first, last = max(min(first, now), now - Timedelta(weeks=BEFORE)), min(max(last, now), now + Timedelta(weeks=AHEAD))
    return pd.date_range(first, last + Timedelta(weeks=1), freq="7D").tz_localize(zone(OTTAWA))


def _monday(at: Timestamp) -> Timestamp:
    local = at.tz_convert(zone(OTTAWA))
    return local.tz_localize(None).normalize() - Timedelta(days=local.day_of_week)


def _hours(down: Down, mondays: pd.DatetimeIndex, report: Report) -> dict[tuple[str, str], Any]:
    """Hours a week by kind and service, worst hit services first; no hour of one service counts twice."""
    edges = micros(mondays.to_series())

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
