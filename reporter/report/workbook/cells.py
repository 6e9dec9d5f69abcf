"""Makes a frame fit for the spreadsheet library, so that nothing is dropped without a word.

Found by trying, each with its test: the library writes a Categorical column and a date before 1900 as blanks,
raises on a text of more than 32,767 characters, writes control characters as `_x0001_`, and writes an index
with gaps as one more column. It takes Arrow tables as they are, which have no index and cost less to make.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas import DataFrame

from reporter.text.catalogue import words

log = logging.getLogger(__name__)
LONGEST = 32_767  # characters a cell can hold
CONTROL = "[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]"
FIRST_SECOND = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


def ready(frame: DataFrame, headers: Mapping[str, str], language: str) -> Any:
    """An Arrow table of the columns named, under their headers, in a form the library writes; no cell is lost.

    Takes: headers - the header of each column to be shown, by the column's name, in order.
    """
    return pa.table({header: _fit(frame[name], language) for name, header in headers.items()})


def _fit(column: Any, language: str) -> Any:
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_object_dtype(column.dtype):
        column = column.astype("str")
    values = pa.array(column)
    if pa.types.is_large_string(values.type) or pa.types.is_string(values.type):
        return _text(values, language)
    return _instants(values) if pa.types.is_timestamp(values.type) else values


def _text(values: Any, language: str) -> Any:
    if pc.any(pc.match_substring_regex(values, CONTROL)).as_py():
        values = pc.replace_substring_regex(values, CONTROL, "")
    if (pc.max(pc.utf8_length(values)).as_py() or 0) > LONGEST:
        mark = words("workbook", language)["cut"]
        is_long = pc.greater(pc.utf8_length(values), LONGEST)
        log.warning("workbook: %d texts cut to the length of a cell", pc.sum(is_long).as_py())
        cut = pc.utf8_slice_codeunits(values, 0, LONGEST - len(mark))
        end, nothing = pa.scalar(mark, values.type), pa.scalar("", values.type)
        values = pc.if_else(is_long, pc.binary_join_element_wise(cut, end, nothing), values)
    return values


def _instants(values: Any) -> Any:
    """Dates as they are; the whole column as text when a single one is outside the spreadsheet's calendar."""
    seconds = pc.cast(values, pa.timestamp("s", values.type.tz), safe=False)
    ends = pc.min_max(pc.cast(seconds, pa.int64())).as_py()
    if ends["min"] is None or (ends["min"] >= FIRST_SECOND and ends["max"] <= LAST_SECOND):
        return values
    log.warning("workbook: a column of dates is written as text, one is before 1900 or after 9999")
    return pc.strftime(pc.cast(seconds, pa.timestamp("s")), format="%Y-%m-%d")
