"""Words of a closed list: permit kinds, provinces, yes and no, outcomes, in English and French (`values.toml`).

What is not in the list is told once, with how often it stands there, and left missing. Pure: no files, no clock.
"""

import tomllib
import zoneinfo
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.readers.spelling import key, plain
from reporter.text.time_zones import zone

LISTED = (
    "permit_kind", "population", "language", "province", "application_outcome", "enrolment_status", "sign_in_method",
    "letter_kind", "document_state", "second_application_outcome",
)  # fmt: skip
SAME_WORDS = {"second_application_outcome": "application_outcome"}
"""Columns that are read by the list of another."""
Lookup = Callable[[str], str | None]


def spelled(text: str) -> str:
    """What two spellings of one value have in common; a sign (`✓`, `#N/A`) is its own spelling."""
    return plain(text) if text.startswith("#") else key(text) or plain(text)


@cache
def words(name: str) -> Mapping[str, str]:
    """One list: each spelling and the word it stands for."""
    return {
        spelled(said): word for word, spellings in _source()[SAME_WORDS.get(name, name)].items() for said in spellings
    }


def is_blank_word(text: str) -> bool:
    """True of `N/A`, `-`, `s/o`: a cell that is filled and says nothing."""
    return (not key(text) and "?" not in text) or words("date_state").get(spelled(text)) == "missing"


def read_words(cells: Series, lookup: Lookup) -> tuple[Series, DataFrame]:
    """The column in the roster's words, and what was not understood.

    Takes:   cells - tidied text; lookup - a spelling to its word, None when it is not in the list.
    Returns: the words (missing where there is none); value, count, row for each value not in the list.
    """
    codes, uniques = pd.factorize(cells)
    found = [lookup(text) for text in uniques]
    known = pd.array([*found, None], dtype="str")
    read = Series(known.take(codes), index=cells.index, dtype="str")
    strange = np.array([w is None and not is_blank_word(t) for w, t in zip(found, uniques, strict=True)], dtype=bool)
    return read, _strange(cells, codes, np.flatnonzero(strange))


def _strange(cells: Series, codes: NDArray[np.intp], places: NDArray[np.intp]) -> DataFrame:
    """Each of these distinct values with how often it stands there and the first row where it does."""
    seen, first, count = np.unique(codes, return_index=True, return_counts=True)
    at = np.searchsorted(seen, places)
    rows = first[at]
    return DataFrame({"value": cells.iloc[rows].array, "count": count[at], "row": cells.index[rows]})


def lookup(name: str) -> Lookup:
    """The lookup of one list; `time_zone` is the list of the world's zones."""
    return _zone if name == "time_zone" else lambda text: words(name).get(spelled(text))


def _zone(text: str) -> str | None:
    try:
        zone(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return text


@cache
def _source() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files("reporter.readers") / "values.toml").read_text("utf-8"))
