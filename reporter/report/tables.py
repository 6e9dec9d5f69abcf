"""The tables of a run beside its workbook: findings.csv, problems.csv, and set-aside.xlsx. Pure.

The first two have the same columns in every language, for other programs to read. The last holds the rows that could
not be assessed, with their own cells, to be mended and given back: each of its sheets says in its first row which
roster it came from, so that the reader finds its way (see `ASIDE_MARK`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from pandas import DataFrame, Series, Timestamp
from pyarrow import csv

from reporter.model.problem import Problem, problems_frame
from reporter.model.shapes import ASIDE_HEADER_ROW, ASIDE_MARK, FINDINGS, SET_ASIDE
from reporter.report.workbook.sheet import HEADER, NAVY, WHITE, CellLook, Page, Print, Properties, TableColumn, lines_of
from reporter.report.workbook.writer import package
from reporter.text.catalogue import words

ROW, WHY = "reporter: row", "reporter: what is wrong and what is allowed"
NARROWEST, WIDEST, WHY_WIDTH, LEAST_WHY = 8, 24, 70, 48
PAGE = 215.0  # characters across a printed page that can still be read
A_LINE, MOST_LINES = 15.0, 26
LONGEST_NAME = 31
MIDNIGHT = " 00:00:00"  # behind a day, where the cell holds a date: no office writes it, and it says nothing

COLUMNS = (
    "person_id", "deadline", "level", "rule", "reason", "action", "cite", "opens_at", "closes_at", "over_at",
    "safe_by_at", "left_hours", "lost_hours", "lost_72h", "lost_24h", "usable_hours", "usable_hours_worst",
    "last_safe_at", "is_past", "is_filed", "is_down", "covers_close", "was_down_at_close", "all_routes_down",
    "outages", "source_row", "is_filed_late", "filed_at", "counted_on", "other_on", "closes_on", "stay_ends_on", "also",
    "is_unverified", "date_certainty", "degraded_hours", "planned_hours", "time_zone",
    "is_over", "over_on", "lost_hours_confirmed", "lost_72h_confirmed", "lost_24h_confirmed",
    "is_down_confirmed",
    "disposition", "filing_answer", "application_kind", "is_kind_inferred", "document_need", "filed_from_at",
)  # fmt: skip
"""The contract's columns, then those beside them."""
ROWS = 10_000  # put into text at a time
FORMULA = tuple("=+-@\t\r\x00＝＋－＠")
"""How a text begins that a spreadsheet would run as a formula."""


class Aside(Struct, frozen=True):
    """The rows of one roster that were set aside: `originals` has their cells as text, by source_row."""

    source: str
    date_orders: Mapping[str, str]
    originals: DataFrame


def set_aside_workbook(
    parts: Sequence[Aside], problems: Sequence[Problem], language: str, *, as_of: Timestamp
) -> bytes:
    """One sheet a roster, each row with the address it came from and what is wrong with it."""
    why = _reasons(problems, language)
    pages = [_page(part, number, why, language) for number, part in enumerate(parts, start=1)]
    w = words("workbook", language)
    return package(pages, Properties(w["title_set_aside"], w["author"], language, as_of))


def _page(part: Aside, number: int, why: Mapping[str, str], language: str) -> Page:
    frame = part.originals.drop(columns=[ROW, WHY], errors="ignore").reset_index(names=ROW)
    frame = frame.assign(**{WHY: frame[ROW].map(why)}).fillna("").astype("str")
    shown = {str(name): frame[name].str.removesuffix(MIDNIGHT) for name in frame}
    cells = pa.table({name: pa.array(column, pa.large_string()) for name, column in shown.items()})
    widths = _fitting([_width(name, cells.column(name)) for name in cells.column_names[:-1]])
    told, wrapped = CellLook(WHITE, NAVY, is_bold=True), CellLook(is_wrapped=True, down="top")
    marks = [
        (0, 0, 0, 1, ASIDE_MARK, told),
        (0, 2, 0, 3, part.source, told),
        (0, 4, 0, 5, _orders(part.date_orders), told),
    ]
    advice = (1, 0, 1, max(len(widths) - 1, 5), words("cli", language)["mend"], wrapped)
    return Page(
        name=_name(part.source, number),
        cells=cells,
        header_row=ASIDE_HEADER_ROW - 1,
        header=HEADER,
        widths=widths,
        looks=dict.fromkeys(cells.column_names, wrapped),
        merges=(*marks, advice),
        heights={1: 32.0, ASIDE_HEADER_ROW - 1: _header_height(cells, widths), **_heights(cells, widths)},
        has_filter=True,
        frozen=(ASIDE_HEADER_ROW, 1),
        print=Print(has_gridlines=True),
    )


def _width(name: str, column: pa.ChunkedArray) -> float:
    """As wide as its cells ask for."""
    longest: int = pc.max(pc.utf8_length(column)).as_py() or 0
    return float(min(max(longest + 2, len(name) // 2 + 3, NARROWEST), WIDEST))


def _fitting(asked: Sequence[float]) -> tuple[float, ...]:
    """The widths cut so far that a roster of many columns can still be read on one page across; what is wrong last."""
    cuts = range(WIDEST, NARROWEST, -1)
    most = next((cut for cut in cuts if sum(min(w, cut) for w in asked) + LEAST_WHY <= PAGE), NARROWEST + 1)
    widths = [min(width, float(most)) for width in asked]
    return (*widths, min(float(WHY_WIDTH), max(float(LEAST_WHY), PAGE - sum(widths))))


def _heights(cells: pa.Table, widths: Sequence[float]) -> dict[int, float]:
    """The height of each row, by the cell that needs most lines."""
    columns = [TableColumn(name, "text", width) for name, width in zip(cells.column_names, widths, strict=True)]
    lines = np.max([lines_of(cells.column(c.name), c) for c in columns], axis=0)
    return dict(enumerate((np.minimum(lines, MOST_LINES) * A_LINE + 2).tolist(), start=ASIDE_HEADER_ROW))


def _header_height(cells: pa.Table, widths: Sequence[float]) -> float:
    """The height of the headings, none of which is cut off: letters are bold, and a word may stand on its own line."""
    lines = [math.ceil(len(name) / max(width - 2, 1)) for name, width in zip(cells.column_names, widths, strict=True)]
    return min(max(2, *lines), MOST_LINES) * A_LINE + 2


def _orders(orders: Mapping[str, str]) -> str:
    """`permit_expires_on=dmy;…`, or a dash."""
    return ";".join(f"{field}={order}" for field, order in sorted(orders.items())) or "-"


def _reasons(problems: Sequence[Problem], language: str) -> Mapping[str, str]:
    told: dict[str, list[str]] = {}
    for p in problems:
        if p.row and p.severity == "error":
            told.setdefault(f"{p.source}!{p.sheet}:{p.row}", []).append(f"{p.cell}: {p.message(language)}")
    return {row: "\n".join(texts) for row, texts in told.items()}


def _name(source: str, number: int) -> str:
    """A sheet name that Excel allows, and no two alike."""
    plain = "".join(letter for letter in source if letter not in "[]:*?/\\'")
    return f"{number} {plain}"[:LONGEST_NAME]


TWO_READINGS = ("date_ambiguous", "date_mixed_order")
TOLD = ["source_row", "cell", "value", "what", "severity"]


def set_aside_frame(problems: Sequence[Problem], rows: DataFrame, language: str) -> DataFrame:
    """Every doubt about a row, with whose row it is, in the order in which it pays to settle them.

    A column whose dates can be read two ways comes first, with the number of people whom deciding its order once
    would settle; it belongs to no single row.

    Takes:   the problems of the rosters; ROWS.
    Returns: SET_ASIDE.
    """
    about = [p for p in problems if p.row and (p.severity != "info" or p.code.startswith("excluded_"))]
    if not about:
        return SET_ASIDE.empty()
    whose = rows[["source_row", "person_id", "unit", "contact_email", "outcome"]].drop_duplicates("source_row")
    frame = DataFrame([(_row(p), p.cell, p.value, p.message(language), p.severity) for p in about], columns=TOLD)
    joined = frame.astype("str").merge(whose, on="source_row", how="inner")
    order = np.lexsort((np.arange(len(joined)), joined["outcome"] != "set_aside"))
    leading = DataFrame(_columns(about, whose, language), columns=TOLD)
    return SET_ASIDE.cast(pd.concat([leading.astype("str"), joined.iloc[order]], ignore_index=True))


def _columns(problems: Sequence[Problem], whose: DataFrame, language: str) -> list[tuple[str, str, str, str, str]]:
    """For each column read two ways: the first such cell, and how many people it leaves in doubt; most first."""
    person = dict(zip(whose["source_row"], whose["person_id"], strict=True))
    found: dict[tuple[str, str, str], list[Problem]] = {}
    for p in problems:
        if p.code in TWO_READINGS:
            found.setdefault((p.source, p.sheet, p.column), []).append(p)
    people = {place: len({person.get(_row(p)) for p in cells}) for place, cells in found.items()}
    leads: list[tuple[str, str, str, str, str]] = []
    for place in sorted(found, key=lambda key: (-people[key], key)):
        first = found[place][0]
        details = {"people": str(people[place]), "cells": str(len(found[place])), "cell": first.cell}
        lead = Problem(first.source, "column_two_readings", first.sheet, 0, first.column, first.value, details)
        told = lead.message(language)
        leads.append((f"{first.source}!{first.sheet}:0", first.cell, first.value, told, lead.severity))
    return leads


def _row(problem: Problem) -> str:
    return f"{problem.source}!{problem.sheet}:{problem.row}"


def findings_csv(findings: DataFrame, told: DataFrame) -> Iterator[bytes]:
    """Every finding, one row a person and duty, in their order; piece by piece, as a file is written.

    Takes: FINDINGS; TOLD on the same rows, for the sentences.
    """
    yield findings_head()
    for at in range(0, len(findings), ROWS):
        yield csv_rows(findings_text(findings.iloc[at : at + ROWS], told.iloc[at : at + ROWS]))


def findings_head() -> bytes:
    """The first line of findings.csv."""
    return csv_rows(_SCHEMA.empty_table(), is_first=True)


def findings_text(findings: DataFrame, told: DataFrame) -> pa.Table:
    """The cells of findings.csv as they are written. Takes: FINDINGS; TOLD on the same rows."""
    whole = findings.assign(**{name: told[name] for name in ("reason", "action", "cite")})[list(COLUMNS)]
    cells = [_written(whole[name], _KINDS.get(name, "text")) for name in COLUMNS]
    return pa.table(cells, schema=_SCHEMA)


def csv_rows(table: pa.Table, *, is_first: bool = False) -> bytes:
    """Rows of text as they stand in the file; with the line of names where they are the first."""
    out = BytesIO()
    options = csv.WriteOptions(quoting_style="needed", include_header=is_first)
    with csv.CSVWriter(out, table.schema, write_options=options) as writer:
        writer.write_table(table)
    return out.getvalue()


_KINDS = {column.name: column.kind for column in FINDINGS.columns}
_SCHEMA = pa.schema([(name, pa.large_string()) for name in COLUMNS])


def problems_csv(problems: Sequence[Problem], language: str) -> bytes:
    """Every problem with its address, in the order of the files; some rows at a time: their text stands here once."""
    frame, out = problems_frame(problems, language), BytesIO()
    schema = pa.schema([(str(name), pa.large_string()) for name in frame])
    with csv.CSVWriter(out, schema, write_options=csv.WriteOptions(quoting_style="needed")) as writer:
        for start in range(0, len(frame), ROWS):
            part = frame.iloc[start : start + ROWS]
            texts = [part[name].fillna("").astype("str").map(_harmless) for name in part]
            writer.write_table(pa.table([pa.array(one, type=pa.large_string()) for one in texts], schema=schema))
    return out.getvalue()  # not copied


def _written(column: Series, kind: str) -> Any:
    """The column as Arrow texts, each distinct value written once; a missing one is empty."""
    if kind == "text":
        return _harmless_texts(pa.array(column.array, type=pa.large_string(), from_pandas=True).fill_null(""))
    codes, values = (column.cat.codes.to_numpy(), column.cat.categories) if kind == "label" else pd.factorize(column)
    texts = pa.array([*_texts(values, kind), ""], type=pa.large_string())
    return texts.take(pa.array(np.where(codes < 0, len(values), codes)))


def _texts(values: Any, kind: str) -> list[str]:
    """Each value as it is written. Takes: values - an index of them, or an array of truths."""
    if kind == "instant":
        return [f"{at}Z" for at in np.datetime_as_string(values.tz_convert(None).to_numpy(), unit="s").tolist()]
    if kind == "date":
        return list(np.datetime_as_string(values.to_numpy(), unit="D").tolist())
    if kind == "truth":
        return ["true" if value else "false" for value in values]
    if kind in ("hours", "share", "days"):
        return [f"{value:.2f}" for value in values.tolist()]
    return [_harmless(str(value)) for value in values]


def _harmless_texts(texts: Any) -> Any:
    """Arrow texts as `_harmless` has each."""
    runs = pc.is_in(pc.utf8_slice_codeunits(texts, 0, 1), value_set=pa.array(FORMULA, pa.large_string()))
    if not pc.any(runs).as_py():
        return texts
    return pc.if_else(runs, pc.binary_join_element_wise("'", texts, ""), texts)


def _harmless(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(FORMULA) else text
