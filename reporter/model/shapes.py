"""The shape of every frame that passes from one room to another; and of what a source offers and is not on record.

A column's suffix is its unit: `_on` a civil date, `_at` an instant in UTC, `_hours` and `_days` numbers, `_share` a
number from 0 to 1, `is_`, `was_`, `covers_` truth. The rules use the same names.

Not on record are drafts nobody has confirmed, and items nobody could understand.

The columns stand in `shapes.toml`; what one of a closed list may hold, kinds of permits, applications and letters with
the rest, in `values.toml`.
"""

from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files

import pandas as pd
import pyarrow as pa
import tomli
from msgspec import Struct, field
from pandas import DataFrame, Series

from reporter.errors import ShapeError

DTYPES = {
    "text": "str",
    "label": "category",  # few values, many rows
    "date": "datetime64[us]",
    "instant": "datetime64[us, UTC]",
    "hours": "float64",
    "days": "float64",
    "share": "float64",
    "truth": "bool",
    "count": "int64",
}
# Most frames are small: a step on one of texts that are objects of Python costs a tenth of a step on one of Arrow's.
pd.set_option("mode.string_storage", "python")
# Arrow's own pool keeps what it once had: of a run over many people, a fifth of all its memory.
pa.set_memory_pool(pa.system_memory_pool())
_DTYPES = {kind: pd.api.types.pandas_dtype(name) for kind, name in DTYPES.items()}  # to read a name takes long
_EMPTY = dict.fromkeys(("hours", "days", "share"), "float64")


DRAFT, REFUSED, SETTLED, ACCEPTED = "draft", "refused", "settled", "accepted"
UNSPECIFIED = "unspecified"
"""The service of an outage that names none (see services.toml): it counts for none until somebody says for which."""
UNDATED = "notice-now-"
"""How the id of an outage begins whose notice gives no time of its own: it is down at the moment of a look."""
OPEN_FATES = (DRAFT, REFUSED)
UNPLACED = ("source_component_unmapped", "source_component_missing", "outage_services_unknown",
            "outage_services_missing", "notice_service_unknown")  # fmt: skip
"""Why an outage that is on record is open all the same: nobody knows for which service it counts."""
FATES = ("entered", "unchanged", DRAFT, REFUSED, SETTLED)
"""How each item that a source offers may end; an account names them all."""


class Column(Struct, frozen=True):
    """One column: its name, its kind (a key of DTYPES) and what it means."""

    name: str
    kind: str
    meaning: str


class Shape(Struct, frozen=True, dict=True):
    """A frame's columns, in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [column.name for column in self.columns]

    def of_kind(self, kind: str) -> list[str]:
        """The names of the columns of one kind."""
        return [column.name for column in self.columns if column.kind == kind]

    def empty(self) -> DataFrame:
        """A frame of this shape without rows."""
        return self._without_rows.copy()

    @cached_property
    def _without_rows(self) -> DataFrame:
        return DataFrame({c.name: pd.Series(dtype=_DTYPES[c.kind]) for c in self.columns})

    def blank(self, index: "pd.Index[int]") -> DataFrame:
        """So many rows with nothing in them: no text, no date, not true, an empty label."""
        fill = {"text": None, "truth": False, "label": "", "count": 0, "date": pd.NaT, "instant": pd.NaT}
        whole = DataFrame({c.name: [fill.get(c.kind, float("nan"))] * len(index) for c in self.columns}, index=index)
        dated = whole.assign(**{n: pd.to_datetime(whole[n], utc=True) for n in self.of_kind("instant")})
        return dated.astype({c.name: DTYPES[c.kind] for c in self.columns})

    def cast(self, frame: DataFrame) -> DataFrame:
        """The frame with exactly these columns, in order and of the right kind; absent ones are empty."""
        found = frame.dtypes.to_dict()
        missing = [column for column in self.columns if column.name not in found]
        nothing = {kind: _nothing(kind, frame.index) for kind in {column.kind for column in missing}}
        whole = frame.assign(**{column.name: nothing[column.kind] for column in missing})[self.names]
        wrong = [c for c in self.columns if c.name in found and not _is_of(found[c.name], c.kind)]
        return whole.assign(**{c.name: whole[c.name].astype(_DTYPES[c.kind]) for c in wrong}) if wrong else whole


def _nothing(kind: str, index: "pd.Index[int]") -> Series:
    return pd.Series(None, index=index, dtype=_EMPTY.get(kind, "object")).astype(_DTYPES[kind])


def _is_of(found: object, kind: str) -> bool:
    is_label = isinstance(found, pd.CategoricalDtype)
    return is_label if kind == "label" else bool(found == _DTYPES[kind])


def require(frame: DataFrame, shape: Shape) -> DataFrame:
    """The frame itself, when it has the columns of the shape and their kinds; else a ShapeError."""
    found = frame.dtypes.to_dict()
    for column in shape.columns:
        if column.name not in found:
            raise ShapeError(f"{shape.name} has no column {column.name}")
        if not _is_of(found[column.name], column.kind):
            raise ShapeError(f"{shape.name}.{column.name} is {found[column.name]}, not {DTYPES[column.kind]}")
    return frame


SAME_WORDS = {"second_application_outcome": "application_outcome", "second_application_kind": "application_kind"}
"""Columns that hold the words of another."""


@cache
def value_spellings() -> Mapping[str, Mapping[str, list[str]]]:
    """Every closed list of `values.toml`: its words, and for each the ways to spell it."""
    return tomli.loads((files("reporter.model") / "values.toml").read_text("utf-8"))


def column_words(column: str) -> tuple[str, ...]:
    """The words that a column may hold; none where it may hold any text."""
    return tuple(value_spellings().get(SAME_WORDS.get(column, column), ()))


@cache
def _tables() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    return tomli.loads((files("reporter.model") / "shapes.toml").read_text("utf-8"))


def shape(name: str) -> Shape:
    """The shape of that name in `shapes.toml`."""
    return Shape(name, tuple(Column(of, kind, _meant(of, meaning)) for of, (kind, meaning) in _tables()[name].items()))


def _meant(column: str, meaning: str) -> str:
    if "{words}" not in meaning:
        return meaning
    *words, last = column_words(column)
    return meaning.replace("{words}", f"{', '.join(words)} or {last}")


ROSTER = shape("ROSTER")
OWN = shape("OWN")
ROWS = shape("ROWS")
FATES_OF_ROWS = shape("FATES_OF_ROWS")
CELLS = shape("CELLS")
OUTAGES = shape("OUTAGES")
WINDOWS = shape("WINDOWS")
DUTIES = shape("DUTIES")
FACTS = shape("FACTS")
FINDINGS = Shape("FINDINGS", (*DUTIES.columns, *FACTS.columns, *shape("FINDINGS").columns))
ONE_PERSON, INSTITUTION = "person", "institution"
"""The holders of duties. What names none is a person's."""


def is_institution(frame: DataFrame) -> "Series[bool]":
    """Which rows tell of the institution's own duties. Takes: any frame with `holder`."""
    return (frame["holder"] == INSTITUTION).astype(bool)


def people_part(frame: DataFrame) -> DataFrame:
    """The rows about people; the frame itself where there are no others."""
    ours = is_institution(frame)
    return frame[~ours] if ours.any() else frame


def institution_part(frame: DataFrame) -> DataFrame:
    """The rows about the institution's own duties."""
    return frame[is_institution(frame)]


TOLD = shape("TOLD")
SET_ASIDE = shape("SET_ASIDE")
ASIDE_MARK, ASIDE_HEADER_ROW = "reporter: set aside", 3
"""In cell A1 of a sheet of set-aside.xlsx: it holds rows of the roster named in C1; E1 tells the order its date columns
proved. The headings stand in that row."""
EVENTS = shape("EVENTS")
RULES = shape("RULES")
WHY = shape("WHY")
STEPS = shape("STEPS")
"""How the end of each authorized stay came about, a row a date."""
EVIDENCE = shape("EVIDENCE")
CHANGES = shape("CHANGES")
DEPARTED = shape("DEPARTED")
CAUSES = shape("CAUSES")
OPEN = shape("OPEN")


class OpenItem(Struct, frozen=True):
    """One item a source offers that is not on record by its being read: somebody has to see to it.

    `fate` is draft (read, to be confirmed; `outage_id` is its row of OUTAGES) or refused (not understood). `code` is
    the problem that says why, empty where nothing is wrong; `row` is where it stands, `text` its own words. `key` is
    what the record goes by at its source, so that it is the same item next week, whatever else is said in it by then.
    """

    fate: str
    code: str
    text: str
    row: int = 0
    outage_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
