"""The outage table an office keeps: CSV, XLSX or JSON in the contract's shape.

One bad record never costs the rest; a file that cannot be used at all is an OutageFileError.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pandas import Timestamp

from reporter.model.problem import Problem
from reporter.outages.reading import OutageReading, merge_readings, without_twice
from reporter.outages.records import Cells, read_cells, read_instants, read_records

log = logging.getLogger(__name__)
__all__ = ["OutageReading", "merge_readings", "read_outages"]


def read_outages(path: Path, names: Mapping[str, str], *, as_of: Timestamp | None = None) -> OutageReading:
    """The outages of one file, ready for the engine, and all that was wrong or had to be assumed.

    `names` maps plain service names, aliases and ids (see text/folding.py) to ids. `as_of` lets an unstated
    status be told from the clock, and holds a `complete_to` from the future down to the present.

    Raises: OutageFileError when the file as a whole cannot be used.
    """
    cells = read_cells(path)
    records, odd = read_records(cells, names, as_of)
    outages, twice = without_twice(records)
    complete_to, doubts = _complete_to(cells, as_of)
    problems = (*cells.problems, *odd, *twice, *doubts)
    log.info("%s: %d records, %d outages, %d problems", path.name, len(cells.frame), len(outages), len(problems))
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
