"""What every adapter of this room gives back, and how the readings of several files become one. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.model.open_items import REFUSED, UNPLACED, OpenItem
from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES

__all__ = ["OpenItem", "OutageReading", "Snapshot", "in_order", "items_left", "merge_readings", "without_twice"]
_SHORT = (
    "source_page_left_out",
    "source_list_unread",
    "source_feed_damaged",
    "source_state_contradicted",
    "source_list_unreadable",
)
"""What says of a source as a whole that it may hold more outages than were read."""
_LOSING = ("outage_id_twice", "source_day_unreadable", "source_state_unsure", "source_up_first")
"""What says so of one record, though it is no fault in the source."""
_SAME = [name for name in OUTAGES.names if name != "source_row"]


@dataclass(frozen=True)
class Snapshot:
    """What a monitor saw at one instant, without a word on before or after (see states.py).

    `minutes` are those of down time a day (UTC), where the source counts them though it does not say which they were.
    """

    series: str
    at: Timestamp
    is_down: bool
    minutes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Whole:
    """A list that declares itself whole: every outage of its source that is not over by `at` stands in it.

    `series` is how the ids of its outages begin; `since` bounds it where the list only goes back so far, and `told_to`
    where the source was written before it was looked at.
    """

    series: str
    at: Timestamp
    since: Timestamp | None = None
    told_to: Timestamp | None = None


@dataclass(frozen=True)
class OutageReading:
    """One source read: OUTAGES in order of (began_at, outage_id), what was wrong, and the source's digest.

    `complete_to` is the instant up to which the source says it misses nothing; None when it does not say.
    `states` are what a snapshot saw; `unspecified` the component names, by outage id, that mean no known service;
    `open_items` are those an adapter hands on as a draft or refuses beside its problems: see `items_left`;
    `whole` the lists that name every open outage, so that one that is gone from them is over; `first_seen` the ids of
    outages whose beginning is only that of a sight, which an earlier sight goes before (see states.py); `raw` the
    words of each outage by its id, where it was read from a notice; `mark` where a record that somebody publishes
    stands: it vouches no further than its publisher does, however late it is looked at.
    """

    outages: DataFrame
    problems: tuple[Problem, ...]
    sha256: str
    complete_to: Timestamp | None = None
    states: tuple[Snapshot, ...] = ()
    unspecified: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_items: tuple[OpenItem, ...] = ()
    whole: tuple[Whole, ...] = ()
    first_seen: frozenset[str] = frozenset()
    raw: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""


def items_left(reading: OutageReading) -> tuple[OpenItem, ...]:
    """Every item the source offers that is not among its outages: the adapter's own, then each record refused.

    A record refused is one with an error at its place, or one overruled by another record of the same id. So is what
    the source holds beyond what was read, and each word for a service that nobody knows: it may be one we know.
    """
    places = {item.row for item in reading.open_items if item.row}
    lost: dict[tuple[str, int], Problem] = {}
    for problem in reading.problems:
        if problem.row and problem.row not in places and _is_refusal(problem):
            lost.setdefault((problem.sheet, problem.row), problem)
    short = [problem for problem in reading.problems if problem.code in _SHORT]
    refused = (_refused_item(problem) for problem in (*lost.values(), *short))
    return (*reading.open_items, *refused, *_unplaced_items(reading))


def _is_refusal(problem: Problem) -> bool:
    return problem.severity == "error" or problem.code in _LOSING


def _unplaced_items(reading: OutageReading) -> list[OpenItem]:
    """Each word for a service that nobody knows once, and each record without any."""
    ids = dict(zip(reading.outages["source_row"], reading.outages["outage_id"], strict=True))
    found: dict[str, OpenItem] = {}
    for problem in reading.problems:
        if problem.code not in UNPLACED:
            continue
        place = f"{problem.source}!{problem.sheet}:" if problem.sheet else f"{problem.source}:"
        outage_id = str(ids.get(f"{place}{problem.row}", ""))
        if problem.code == "outage_services_missing" and outage_id:
            words = problem.details.get("record", outage_id)
            found[outage_id] = OpenItem(REFUSED, problem.code, words, problem.row, outage_id)
        elif problem.code == "source_component_unmapped":
            found[problem.value] = OpenItem(REFUSED, problem.code, problem.value, details=problem.details)
        elif problem.code == "outage_services_unknown" and outage_id:
            for word in problem.details["unknown"].split("; "):
                found[word] = OpenItem(REFUSED, problem.code, word, details={"unknown": word})
    return list(found.values())


def _refused_item(problem: Problem) -> OpenItem:
    words, key = problem.details.get("record", problem.value), problem.details.get("record_id", "")
    details = {**problem.details, "value": problem.value}
    return OpenItem(REFUSED, problem.code, words, problem.row, details=details, key=key)


def merge_readings(readings: Sequence[OutageReading]) -> OutageReading:
    """Several readings as one, each outage once, in a stable order.

    An id met twice with the same content is kept once; with another content, the later file's later row is
    taken to be the correction. The digest is that of the digests, in the order given.
    """
    frames = [reading.outages for reading in readings if len(reading.outages)]
    whole = pd.concat(frames, ignore_index=True) if frames else OUTAGES.empty()
    outages, twice = without_twice(whole)
    return OutageReading(
        outages,
        (*(problem for reading in readings for problem in reading.problems), *twice),
        hashlib.sha256("".join(reading.sha256 for reading in readings).encode()).hexdigest(),
        _reach(readings),
        tuple(state for reading in readings for state in reading.states),
        {outage_id: parts for reading in readings for outage_id, parts in reading.unspecified.items()},
        tuple(item for reading in readings for item in reading.open_items),
        tuple(whole for reading in readings for whole in reading.whole),
        frozenset(one for reading in readings for one in reading.first_seen),
        {outage_id: words for reading in readings for outage_id, words in reading.raw.items()},
    )


def _reach(readings: Sequence[OutageReading]) -> Timestamp | None:
    """Until when all of them together miss nothing: one that has something open holds the others back."""
    held = [reading.complete_to for reading in readings if reading.open_items]
    if held:
        return None if None in held else min(end for end in held if end is not None)
    return max((reading.complete_to for reading in readings if reading.complete_to is not None), default=None)


def without_twice(outages: DataFrame) -> tuple[DataFrame, tuple[Problem, ...]]:
    """Each outage id once, the last row winning, in order of (began_at, outage_id).

    Takes:   OUTAGES in the order of files and rows.
    Returns: OUTAGES, and a problem for each row given up.
    """
    is_dropped = outages.duplicated("outage_id", keep="last")
    kept = outages[~is_dropped]
    winners = kept.set_index("outage_id")
    is_same = outages.duplicated(_SAME, keep="last")
    told = outages.assign(
        code=is_same.map({True: "outage_same_twice", False: "outage_id_twice"}),
        kept=outages["outage_id"].map(winners["source_row"]),
    )
    rows = told.loc[is_dropped, ["source_row", "outage_id", "code", "kept"]].itertuples(index=False, name=None)
    return in_order(kept), tuple(_twice(*row) for row in rows)


def in_order(outages: DataFrame) -> DataFrame:
    """The outages by beginning and id, so that no later stage depends on the order of rows."""
    return outages.sort_values(["began_at", "outage_id"], kind="stable").reset_index(drop=True)


def _twice(source_row: str, outage_id: str, code: str, kept: str) -> Problem:
    place, _, row = source_row.rpartition(":")
    source, _, sheet = place.partition("!")
    return Problem(source, code, sheet, int(row), "outage_id", outage_id, {"dropped": source_row, "kept": kept})
