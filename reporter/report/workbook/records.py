"""The sheets behind the findings: evidence, outages and their weeks, rows set aside, what changed, and the rules.

Evidence is each duty at risk beside each outage it relies on; the sheet of reasons is the chain behind a level.

The sheet of weeks says for how long each service was down, planned and unplanned apart, as a table and two charts.
Every outage relied on is in it, however long ago it was; where that is more weeks than can be seen, a row is a month.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.engine.downtime import DOWN_KINDS
from reporter.engine.spans import HOUR, Instants, merge, micros
from reporter.model.levels import AT_RISK
from reporter.model.report import Report
from reporter.report.headline import (
    amended_words,
    causes,
    day_of_report,
    looked_status,
    mark,
    relief_words,
    why_changed,
)
from reporter.report.people import row_dicts
from reporter.report.recipients import Places
from reporter.report.workbook.sheet import (
    BookSheet,
    ChartPlan,
    ChartSeries,
    Table,
    TableColumn,
    code_words,
    columns_of,
    level_words,
    lines_of,
    put_words,
    sheet,
    table,
)
from reporter.text.catalogue import words
from reporter.text.formats import capitalized, clock, clock_alone, day, join_phrases, number
from reporter.text.time_zones import OTTAWA, zone

PLACE = r"^(?P<file>[^!]*?)(?:!(?P<sheet>.*?))?(?::(?P<row>\d+))?$"
SLOT = re.compile(r"\{(\w+)\}")
WEB = re.compile(r"(?i)https?://[^\s]+$")


WEEKS = 26  # more, and the time is told in months
SERVICES = 5  # with columns of their own
CHART_ROWS = 15
KINDS = ("unplanned", "planned")
COLOURS = ("#1F3A5F", "#B7791F", "#0B6E69", "#5B3FA0", "#9B1C1C", "#4A5560")


def outage_rows(report: Report) -> Table:
    """The outages relied on, on Ottawa's clock and in UTC, with how sure each is in words."""
    known, language = report.outages, report.language
    w = words("workbook", language)
    until = known["ended_at"].fillna(report.run.as_of)
    lasted = (until - known["began_at"]).dt.total_seconds() / 3600
    shown = known.assign(
        services=_titles(known["services"], report),
        began_local=_on_ottawas_clock(known["began_at"], language),
        ended_local=_on_ottawas_clock(known["ended_at"], language, w["not_ended"]),
        hours=lasted.clip(lower=0).round(2),
        kind=code_words(known["kind"], "kind", language),
        verification=code_words(known["verification"], "sure", language),
        status=code_words(known["status"], "status", language),
        precision=code_words(known["precision"], "precision", language),
        source_url=_web(known["source_url"]),
        note=_with_what_is_no_link(known["note"], known["source_url"], language),
    )
    return table(shown.assign(**_beside(report)), (*columns_of("outages"), *_yardsticks(report)), language)


def _beside(report: Report) -> dict[str, "Series[str]"]:
    """What was granted because of each outage, and which rules would count it."""
    known, beside, language = report.outages, report.beside, report.language
    ids, titles = known["outage_id"].tolist(), known["title"].fillna("").tolist()
    on, told = day_of_report(report), zip(ids, titles, strict=True)
    relief = [relief_words(beside.granted.get(key), title, language, on) for key, title in told]
    w = words("beside", language)
    answers = beside.counts.reindex(ids, fill_value="")
    counts = {
        f"counts_{key}": [w.get(f"counts_{answer}", answer) for answer in answers[key]] for key in beside.yardsticks
    }
    columns = {"relief": relief, **counts}
    return {name: Series(texts, index=known.index, dtype="str") for name, texts in columns.items()}


def _yardsticks(report: Report) -> list[TableColumn]:
    """A column for each profile, under its title; two of one title are told apart by their keys."""
    form, known = words("beside", report.language)["counts_header"], report.beside.yardsticks
    titles = [title.of(report.language) for title in known.values()]
    headers = [
        form.format(title=title if titles.count(title) == 1 else f"{title} ({key})")
        for key, title in zip(known, titles, strict=True)
    ]
    return [TableColumn(f"counts_{key}", "text", 22, header=header) for key, header in zip(known, headers, strict=True)]


def outages(report: Report, rows: Table) -> BookSheet:
    """The outages; or why there are none: nobody looked, or none found."""
    w = words("workbook", report.language)
    key = "none_outages_stale" if report.run.is_record_stale else "none_outages"
    why = w[key if report.run.has_outage_record else "none_outages_absent"]
    yardsticks = report.beside.yardsticks
    note = " ".join([w["note_outages"], *([words("beside", report.language)["counts_note"]] if yardsticks else [])])
    look: dict[str, Any] = {"tab": "#B7791F", "frozen_columns": 1, "header_height": 78}
    return sheet(report, "outages", rows, why_empty=why, note=note, **look)


def source_rows(looked: DataFrame, report: Report) -> Table:
    """How old each source of outages is, those first that failed or are old. Takes: LOOKED."""
    language = report.language
    office = zone(report.office.time_zone)
    shown = looked.assign(
        mark=[mark(row, language) for row in row_dicts(looked)],
        said=[looked_status(status, language) for status in looked["status"]],
        looked_local=put_words(looked["looked_at"], lambda at: clock(at, office, language)),
        complete_local=put_words(looked["complete_to"], lambda at: clock(at, office, language)),
        age_days=looked["age_days"].round(2),
    )
    worst = shown.assign(is_first=shown["is_failed"] | shown["is_old"]).sort_values(
        ["is_first", "age_days"], ascending=False, na_position="first", kind="stable"
    )
    return table(worst, columns_of("sources"), language)


def amended_sheet(report: Report) -> list[BookSheet]:
    """What the record says otherwise of outages that the last report relied on; no sheet where nothing changed."""
    if report.beside.amended.empty:
        return []
    return [
        sheet(report, "amended", table(amended_words(report), columns_of("amended"), report.language), frozen_columns=1)
    ]


def set_aside_rows(report: Report) -> Table:
    """The cells somebody has to mend: where, what was found, what is allowed."""
    rows = report.set_aside
    w = words("workbook", report.language)
    place = rows["source_row"].str.extract(PLACE)
    cell = rows["cell"].str.rsplit("!", n=1).str[-1].fillna("")
    of_row = put_words(place["row"], lambda n: w["row"].format(n=n))
    shown = rows.assign(
        file=place["file"], sheet=place["sheet"], cell=cell.where(cell != "", of_row),
        severity=code_words(rows["severity"], "severity", report.language),
    )  # fmt: skip
    return table(shown, columns_of("set_aside"), report.language)


def change_rows(report: Report) -> Table:
    """What is new, worse, better or gone since the last run, with was and now side by side."""
    rows, language = report.changes, report.language
    parts = causes(report)
    shown = rows.assign(
        **parts,
        net=sum(parts.values()) if parts else 0,
        change=code_words(rows["change"], "change", language),
        was_level=level_words(rows["was_level"], language),
        level=level_words(rows["level"], language),
    )
    if not parts:
        return table(shown, columns_of("changes"), language)
    w = words("workbook", language)
    added = [TableColumn(name, "difference", 15, header=w[f"cause_{name}"]) for name in parts]
    return table(shown, (*columns_of("changes"), *added, TableColumn("net", "difference", 12, "cause_net")), language)


def changes_sheet(report: Report, rows: Table) -> BookSheet:
    """The sheet of changes, or why there are none."""
    w = words("workbook", report.language)
    why = w["none_changes" if report.run.previous_as_of is not None else "none_changes_first"]
    told = why_changed(report)
    note = f"{w['note_changes']} {w['cause_note']} {told}" if told else w["note_changes"]
    return sheet(report, "changes", rows, why_empty=why, note=note, frozen_columns=2, header_height=63)


def rule_rows(report: Report) -> Table:
    """The rules the levels rest on, with where to read them and how sure each is."""
    rows, language = report.rules, report.language
    read_on = pd.to_datetime(rows["read_on"], format="%Y-%m-%d", errors="coerce")
    is_date = read_on.notna() | rows["read_on"].isna() | (rows["read_on"] == "")
    shown = rows.assign(
        part=code_words(rows["part"], "part", language),
        title=put_words(rows["title"], lambda text: as_example(text, language)),
        level=level_words(rows["level"], language),
        link=_web(rows["link"]),
        cite=_with_what_is_no_link(rows["cite"], rows["link"], language),
        read_on=read_on if is_date.all() else rows["read_on"],
        basis=code_words(rows["basis"], "basis", language),
        confidence=code_words(rows["confidence"], "trust", language),
    )
    return table(shown, columns_of("rules"), language)


def as_example(template: str, language: str) -> str:
    """What a judgement says, with an example in each place that a finding fills; a place without one keeps a dash."""
    examples = words("rule_examples", language)
    return capitalized(SLOT.sub(lambda slot: examples.get(slot[1], "–"), template))


def rules(report: Report, rows: Table) -> BookSheet:
    """The sheet of the rules that the findings met, with the digest of the whole rulebook and what the law has read."""
    note = words("workbook", report.language)["note_rules"].format(sha=report.run.rulebook_sha256[:12])
    read = f"{report.law_note} {report.law_foot}".strip() if report.recipient is None else report.law_foot
    shown = rows.take(np.flatnonzero(_met(report)))
    return sheet(report, "rules", shown, note=f"{note} {read}".rstrip(), tab="#4A5560", frozen_columns=2)


def _met(report: Report) -> NDArray[np.bool_]:
    """True for each rule that a finding or an outage of this report rests on, that the office made its own, or that
    stands as a yardstick beside the outages.
    """
    found = report.findings
    named = {*found["deadline"].unique(), *found["rule"].unique()}
    for ids in (*found["also"].unique(), *report.outages["services"].unique()):
        named.update(part.strip() for part in str(ids).split(";"))
    rows = report.rules
    is_met = rows["id"].isin(named) | (rows["own"].fillna("") != "") | (rows["part"] == "yardstick")
    met: NDArray[np.bool_] = is_met.to_numpy(dtype=bool)
    return met


def _titles(services: "Series[str]", report: Report) -> "Series[str]":
    def named(ids: str) -> str:
        keys = [key.strip() for key in ids.split(";")]
        return join_phrases((report.service_titles.get(key, key) for key in keys), report.language)

    return put_words(services, named)


def _on_ottawas_clock(instants: "Series[pd.Timestamp]", language: str, absent: str = "") -> "Series[str]":
    return put_words(instants, lambda at: clock(at, zone(OTTAWA), language), absent)


def _web(addresses: "Series[str]") -> "Series[str]":
    """The web addresses, and nothing that would open a file or a sheet when clicked."""
    return put_words(addresses, lambda address: address if WEB.match(address) else "")


def _with_what_is_no_link(text: "Series[str]", addresses: "Series[str]", language: str) -> "Series[str]":
    """The text with any address that is no web address after it, in a column the library makes no links of."""
    wording = words("workbook", language)["not_web"]
    beside = put_words(
        addresses, lambda address: "" if WEB.match(address) or not address else wording.format(value=address)
    )
    return (text.fillna("") + " " + beside).str.strip()


class Pairs(Struct, frozen=True, dict=True):
    """The rows of the sheet, and the number of the finding of each."""

    table: Table
    findings: Places  # in stretches, one a finding

    @cached_property
    def stretches(self) -> dict[int, range]:
        """Where the rows of each finding stand."""
        numbers, starts, counts = np.unique(self.findings, return_index=True, return_counts=True)
        ranges = map(range, starts.tolist(), (starts + counts).tolist())
        return dict(zip(numbers.tolist(), ranges, strict=True))

    def of(self, findings: "pd.Index[int]") -> "Pairs":
        """The rows of these findings, in the order of these."""
        known = self.stretches
        places = np.array([place for n in findings.tolist() if n in known for place in known[n]], dtype=np.intp)
        return Pairs(self.table.take(places), self.findings[places])


def evidence_rows(report: Report) -> Pairs:
    """Every pair of a duty at risk in words: who has nothing to do needs no proof of it."""
    pairs, language = report.evidence, report.language
    at_risk = report.findings.index[report.findings["level"].isin(AT_RISK)]
    pairs = pairs[pairs["finding"].isin(at_risk) & pairs["outage_id"].isin(report.outages["outage_id"])]
    w = words("workbook", language)
    duties = report.findings.loc[pairs["finding"], ["level", "person_id", "full_name", "title", "closes_local"]]
    known = report.outages.set_index("outage_id").reindex(pairs["outage_id"]).set_axis(pairs.index)
    shown = pairs.assign(
        **duties.set_axis(pairs.index),
        outage_title=known["title"],
        kind=code_words(known["kind"], "kind", language),
        verification=code_words(known["verification"], "sure", language),
        outage_began=put_words(known["began_at"], lambda at: clock_alone(at, zone(OTTAWA), language)),
        outage_ended=put_words(known["ended_at"], lambda at: clock_alone(at, zone(OTTAWA), language), w["not_ended"]),
        covers_close=put_words(pairs["covers_close"], lambda covers: w["yes"] if covers else w["no"]),
        **{name: pairs[name].round(2) for name in ("hours", "hours_72h", "hours_24h")},
    )
    told = shown.assign(level=level_words(shown["level"], language))
    numbers = pairs["finding"].to_numpy(dtype=np.intp)
    return Pairs(table(told, columns_of("evidence"), language), numbers)


def evidence_sheet(report: Report, pairs: Pairs) -> BookSheet:
    """The sheet; it says loudly what it leaves out."""
    w = words("workbook", report.language)
    left = report.evidence_left_out
    more = w["evidence_left_out"].format(n=number(left, report.language)) if left else ""
    note = f"{w['note_evidence']} {more}".strip()
    return sheet(
        report, "evidence", pairs.table, note=note, frozen_columns=2, header_height=43, tab="#B7791F", is_upright=True
    )


def why_rows(why: DataFrame, language: str) -> Table:
    """The chain of each duty at risk in words."""
    w = words("workbook", language)
    shown = why.assign(
        level=level_words(why["level"], language),
        date_certainty=put_words(why["date_certainty"], lambda code: w.get(f"certainty_{code}", code)),
        outages=why["outages"].str.replace(";", join_phrases(("", ""), language)),
    )
    return table(shown, columns_of("why"), language)


class Down(Struct, frozen=True):
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
