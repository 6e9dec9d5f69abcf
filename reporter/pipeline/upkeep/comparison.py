"""Where the public records of others and our own say otherwise of one outage: side by side, and nobody decides here.

Each that says something stands on record under an id of its own, so that the hours of all count; `outages merge` says
which of them stands for the others. What two say alike is on record once, and is no difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas import DataFrame, Timedelta

from reporter.model.published_record import PREFIX
from reporter.report.people import row_dicts
from reporter.store.database import Store
from reporter.store.ledger import outages_known_at, raw_texts

COMPARED = ("services", "began_at", "ended_at", "kind", "status")
_TOLD = (*COMPARED, "outage_id", "verification", "title")
_LONGEST = Timedelta(days=3)
"""How long an outage without an end is taken to last, to say whether another is the same."""


@dataclass(frozen=True)
class Disagreement:
    """One outage as each tells it: `publisher` is empty for us; `differ` are the facts on which they do not agree."""

    outages: tuple[dict[str, str], ...]
    differ: tuple[str, ...]


def disagreements(store: Store) -> tuple[Disagreement, ...]:
    """Every outage of which two say something, and not the same; in order of its beginning."""
    known, origins = outages_known_at(store), raw_texts(store)
    known = known.assign(record=known["outage_id"].map(record_of), bare=known["outage_id"].map(bare_id))
    found = []
    for ids in _groups(_pairs(known)):
        rows = known[known["outage_id"].isin(list(ids))].sort_values(["record", "outage_id"], kind="stable")
        told = tuple(_told(row, origins) for row in row_dicts(rows))
        differ = tuple(name for name in COMPARED if len({one[name] for one in told}) > 1)
        if differ:
            found.append((rows["began_at"].min(), str(rows["outage_id"].iloc[0]), Disagreement(told, differ)))
    return tuple(one for *_, one in sorted(found, key=lambda part: part[:2]))


def record_of(outage_id: str) -> str:
    """The record of others that an outage is of; empty for our own."""
    return outage_id.removeprefix(PREFIX).partition(":")[0] if outage_id.startswith(PREFIX) else ""


def bare_id(outage_id: str) -> str:
    """What an outage goes by in the record that it is of."""
    return outage_id.removeprefix(PREFIX).partition(":")[2] if outage_id.startswith(PREFIX) else outage_id


def _told(row: dict[str, Any], origins: dict[str, str]) -> dict[str, str]:
    told = {name: _text(row[name]) for name in _TOLD}
    publisher = origins.get(row["outage_id"], "").partition(" · ")[0] if row["record"] else ""
    return {"publisher": publisher or row["record"], **told, "came_from": row["source_address"] or ""}


def _text(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    return f"{value:%Y-%m-%dT%H:%MZ}" if isinstance(value, pd.Timestamp) else str(value)


def _pairs(known: DataFrame) -> Iterable[tuple[str, str]]:
    """Those of two tellers that are one outage: by the id that it goes by, or by service and hours."""
    ended = known["ended_at"].fillna(known["began_at"] + _LONGEST)
    spans = known.assign(until=ended, service=known["services"].str.split(";")).explode("service")
    names = ["outage_id", "record", "began_at", "until"]
    theirs = spans[spans["record"] != ""]
    by_id = theirs[["bare", *names]].merge(known.assign(until=ended)[["bare", *names]], on="bare")
    by_hours = theirs[["service", *names]].merge(spans[["service", *names]], on="service")
    is_within = (by_hours["began_at_x"] < by_hours["until_y"]) & (by_hours["began_at_y"] < by_hours["until_x"])
    both = pd.concat([by_id, by_hours[is_within]])
    both = both[both["record_x"] != both["record_y"]]
    return zip(both["outage_id_x"], both["outage_id_y"], strict=True)


def _groups(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """The outages that hang together."""
    groups: list[set[str]] = []
    for one, other in pairs:
        touched = [group for group in groups if one in group or other in group]
        groups = [group for group in groups if group not in touched]
        groups.append({one, other}.union(*touched))
    return groups
