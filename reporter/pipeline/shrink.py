"""The shrink guard: a roster that lost many rows since its last run stops the run before anybody is told. Pure."""

from collections.abc import Mapping

from pandas import DataFrame, Series

from reporter.errors import RosterError, refused
from reporter.model.levels import AT_RISK

FILE = r"^(.*)!"
FEWEST = {"rows_read": 5, "people": 5, "at_risk": 10}
"""Below these a fall by a share says nothing: one person more or less is already a third."""
Sizes = Mapping[str, Mapping[str, int]]


def sizes(rows: DataFrame, findings: DataFrame, sources: list[str]) -> Sizes:
    """How large each roster is: rows read, people, and people at risk.

    Takes: ROWS; FINDINGS; the names of the files that were read, since one without rows is in neither frame.
    """
    of_rows, of_findings = _file(rows["source_row"]), _file(findings["source_row"])
    read = of_rows.value_counts()
    people = rows["person_id"].groupby(of_rows).nunique()
    is_at_risk = findings["level"].isin(AT_RISK)
    at_risk = findings.loc[is_at_risk, "person_id"].groupby(of_findings[is_at_risk]).nunique()
    counts = {"rows_read": read, "people": people, "at_risk": at_risk}
    return {name: {key: int(count.get(name, 0)) for key, count in counts.items()} for name in sources}


def refuse_shrunk(now: Sizes, before: Sizes, share: float) -> None:
    """Stop when a roster has no row at all, or lost more than its share since the run before.

    Raises: RosterError naming the roster, what it had and what it has.
    """
    for name, size in now.items():
        if not size["rows_read"]:
            raise refused(RosterError, "stop_no_rows", where=name)
        for key, was in before.get(name, {}).items():
            if was >= FEWEST.get(key, 1) and size.get(key, 0) < was * (1 - share):
                raise refused(
                    RosterError, f"stop_shrunk_{key}", where=name, was=was, now=size[key], percent=round(share * 100)
                )


def _file(source_rows: Series) -> Series:
    files: Series = source_rows.str.extract(FILE, expand=False)
    return files
