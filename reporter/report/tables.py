"""findings.csv and problems.csv: the same columns in every language, for other programs to read. Pure."""

from collections.abc import Callable, Sequence
from io import BytesIO

import pandas as pd
import pyarrow as pa
from pandas import DataFrame, Series
from pyarrow import csv

from reporter.model.problem import Problem, problems_frame
from reporter.model.shapes import FINDINGS

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
ROWS = 5_000  # put into text at a time
FORMULA = r"^[=+\-@\t\r\x00＝＋－＠]"
"""How a text begins that a spreadsheet would run as a formula."""


def findings_csv(findings: DataFrame, told: DataFrame) -> bytes:
    """Every finding, one row a person and duty, in their order.

    Takes: FINDINGS; TOLD on the same rows, for the sentences.
    """
    kinds = {column.name: column.kind for column in FINDINGS.columns}
    whole = findings.assign(**{name: told[name] for name in ("reason", "action", "cite")})[list(COLUMNS)]
    return _csv(whole, lambda column: _written(column, kinds.get(str(column.name), "text")))


def problems_csv(problems: Sequence[Problem], language: str) -> bytes:
    """Every problem with its address, in the order of the files."""
    return _csv(problems_frame(problems, language), lambda column: _guarded(column.astype("str")))


def _written(column: Series, kind: str) -> Series:
    """The column as text, each distinct value written once."""
    if kind == "text":
        return _guarded(column)
    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts = pd.Index([*_texts(Series(values), kind), ""], dtype="str")
    return Series(texts.take(codes), index=column.index)


def _texts(values: Series, kind: str) -> list[str]:
    if kind == "instant":
        return list(values.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    if kind == "date":
        return list(values.dt.strftime("%Y-%m-%d"))
    if kind == "truth":
        return ["true" if value else "false" for value in values]
    if kind in ("hours", "share", "days"):
        return [f"{value:.2f}" for value in values]
    return list(_guarded(values.astype("str")))


def _guarded(column: Series) -> Series:
    """Text that a spreadsheet would run gets an apostrophe in front."""
    text = column.fillna("")
    runs = text.str.match(FORMULA)
    return text.where(~runs, "'" + text) if runs.any() else text


def _csv(frame: DataFrame, written: Callable[[Series], Series]) -> bytes:
    """The frame as it is written, some rows at a time: the text of many people stands in memory once."""
    out, schema = BytesIO(), pa.schema([(str(name), pa.large_string()) for name in frame])
    with csv.CSVWriter(out, schema, write_options=csv.WriteOptions(quoting_style="needed")) as writer:
        for start in range(0, len(frame), ROWS):
            part = frame.iloc[start : start + ROWS]
            columns = [pa.array(written(part[name]), type=pa.large_string()) for name in part]
            writer.write_table(pa.table(columns, schema=schema))
    return out.getvalue()  # not copied
