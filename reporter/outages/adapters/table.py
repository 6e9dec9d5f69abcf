"""The outage table an office keeps: CSV, XLSX, JSON or JSON Lines in the contract's shape.

One bad record never costs the rest; a file that cannot be used at all is an OutageFileError.
"""

import logging

import pandas as pd
from msgspec.structs import replace
from pandas import Timestamp

from reporter.errors import OutageFileError
from reporter.model.problem import Problem
from reporter.outages.records import (
    Cells,
    cells_in,
    is_contract_csv,
    is_contract_json,
    read_instants,
    read_records,
)
from reporter.outages.source import Adapter, OutageReading, SourceDocument, known_words, without_twice

log = logging.getLogger(__name__)
_BOOKS = (b"PK", b"\xd0\xcf\x11\xe0")


def recognises(source: SourceDocument) -> bool:
    """A workbook, or rows whose headings or keys say when an outage began and something else of the contract."""
    if source.content.startswith(_BOOKS):
        return True
    try:
        if source.looks_like_json:
            return is_contract_json(source.document)
        return source.looks_like_table and is_contract_csv(source.content, source.name)
    except OutageFileError:
        return False


def read(source: SourceDocument) -> OutageReading:
    """The outages of a table, ready for the engine, and all that was wrong or had to be assumed.

    What the caller says of services and components counts as in any other source. `as_of` lets an unstated status be
    told from the clock, and holds a `complete_to` from the future down to the present.

    Raises: OutageFileError when the file as a whole cannot be used.
    """
    known, stated = known_words(source)
    cells = cells_in(source.content, source.name)
    services = cells.frame["services"].mask(cells.frame["services"] == "", stated)
    records, odd = read_records(replace(cells, frame=cells.frame.assign(services=services)), known, source.as_of)
    outages, twice = without_twice(records)
    complete_to, doubts = _complete_to(cells, source.as_of)
    problems = (*cells.problems, *odd, *twice, *doubts)
    log.info("%s: %d records, %d outages, %d problems", source.name, len(cells.frame), len(outages), len(problems))
    return OutageReading(outages, problems, cells.sha256, complete_to)


def _complete_to(cells: Cells, as_of: Timestamp | None) -> tuple[Timestamp | None, tuple[Problem, ...]]:
    """Up to when the file says it misses nothing; nobody can vouch for what is still to come."""
    if not cells.complete_to:
        return None, ()
    stated = read_instants(pd.Series([cells.complete_to], dtype="str"), is_end=True)["at"].iloc[0]
    if pd.isna(stated):
        return None, (_doubt(cells, "outage_complete_to_unreadable"),)
    if as_of is not None and stated > as_of:
        return as_of, (_doubt(cells, "outage_complete_to_ahead"),)
    return stated, ()


def _doubt(cells: Cells, code: str) -> Problem:
    return Problem(cells.source, code, column="complete_to", value=cells.complete_to[:80])


ADAPTERS = (Adapter("table", recognises, read),)
