"""The kinds of source there are, and the reading of a document of one of them; see door.py for the way in.

A new kind is a file with `ADAPTERS`, and a line here (docs/extend.md shows one being added).
"""

import logging
from dataclasses import replace
from importlib import import_module

import pandas as pd
from pandas import DataFrame

from reporter.errors import SettingsError, refused
from reporter.model.shapes import OUTAGES
from reporter.outages.reading import OutageReading, Snapshot, in_order
from reporter.outages.records import LARGEST_BYTES
from reporter.outages.source import Adapter, SourceDocument

log = logging.getLogger(__name__)
# The modules of this room that read one kind each, in the order in which they are asked: the narrower first.
MODULES = (
    "feed",
    "ical",
    "upptime_issues",
    "google_cloud",
    "cachet",
    "better_stack",
    "status_io",
    "instatus",
    "incident_io",
    "upptime",
    "statuspage",
    "monitor",
    "mapped",
    "web_table",
    "table",
    "pairs",
    "notice",
)
ADAPTERS: tuple[Adapter, ...] = tuple(
    adapter for name in MODULES for adapter in import_module(f"reporter.outages.{name}").ADAPTERS
)
KINDS = tuple(adapter.kind for adapter in ADAPTERS)


def read_document(source: SourceDocument, kind: str = "") -> OutageReading:
    """The outages of a document of any kind of KINDS; see items.Source for what the caller may say about it.

    Raises: OutageFileError when it cannot be used as a whole; SettingsError when a mapping or the kind cannot.
    """
    require_kind(kind)
    _refuse_hopeless(source)
    adapter = _adapter(source, kind)
    if source.columns and not adapter.takes_columns:
        raise source.refuse("stop_outage_columns", found=adapter.kind)
    reading = adapter.read(source)
    log.info("%s (%s): %d outages, %d problems", source.name, adapter.kind, len(reading.outages), len(reading.problems))
    return reading


def require_kind(kind: str, where: str = "kind") -> None:
    """Raises SettingsError when there is no such kind of source; nothing means that its content tells."""
    if kind and kind not in (*KINDS, *ALSO):
        raise refused(SettingsError, "stop_outage_kind", where=where, found=kind, names=", ".join(KINDS))


ALSO = {"page": "notice"}
"""Other names that a kind may go by in the settings."""


def source_kind(source: SourceDocument) -> str:
    """The kind the content shows, or nothing.

    Raises: OutageFileError when it is JSON that is cut off.
    """
    return next((adapter.kind for adapter in ADAPTERS if adapter.recognises(source)), "")


def _adapter(source: SourceDocument, kind: str) -> Adapter:
    wanted = ALSO.get(kind, kind) or source_kind(source)
    found = next((adapter for adapter in ADAPTERS if adapter.kind == wanted), None)
    if found is None and source.is_web_page:
        raise source.refuse("stop_outage_page")
    if found is None:
        raise source.refused(f"is of no kind that can be recognised; say which it is: {', '.join(KINDS)}")
    return found


def _refuse_hopeless(source: SourceDocument) -> None:
    """What is no source of any kind, and must never pass for an empty one."""
    if len(source.content) > LARGEST_BYTES:
        raise source.refused("is larger than 64 MB; split it by year")
    if not source.start.strip():
        raise source.refused("is empty; that is not the same as a source without outages")


def continue_notices(drafts: DataFrame, known: DataFrame, prefix: str) -> DataFrame:
    """The notices, where one without a time of its own, met again while its outage is open, keeps that outage's id.

    Else a page that says "unavailable" for a week would make an outage of each day.

    Takes: OUTAGES read from a page; OUTAGES of the ledger; how the ids of notices without a time begin.
    """
    same = ["source_url", "services"]
    opened = known[
        known["outage_id"].str.startswith(prefix) & known["ended_at"].isna() & (known["status"] == "ongoing")
    ]
    first = opened.sort_values("began_at").drop_duplicates(same)[[*same, "outage_id", "began_at"]]
    met = drafts[same].merge(first, how="left", on=same).set_index(drafts.index)
    is_met = drafts["outage_id"].str.startswith(prefix) & met["began_at"].le(drafts["began_at"])
    return drafts.assign(**{name: drafts[name].mask(is_met, met[name]) for name in ("outage_id", "began_at")})


def settle_states(reading: OutageReading, known: DataFrame) -> OutageReading:
    """The reading with its snapshots put right: an outage already open is not begun again, one that is over ends.

    An outage of a series is one whose id is the series, `@`, and the instant at which it was first seen.

    Takes:   known - OUTAGES, the last version of each outage of the ledger.
    Returns: the reading; its outages hold the ended version of each known outage that a state shows to be over.
    """
    outages = reading.outages
    for state in reading.states:
        opened = known[_is_open(known, state)]
        begun = outages[_is_open(outages, state)]
        if state.is_down and len(opened):
            outages = outages.drop(begun.index)
        elif not state.is_down and len(opened):
            outages = pd.concat([outages, opened.assign(ended_at=state.at, status="resolved")])
    return replace(reading, outages=in_order(OUTAGES.cast(outages)))


def _is_open(outages: DataFrame, state: Snapshot) -> "pd.Series[bool]":
    """The open outages of the series that began before it was looked at."""
    is_own = outages["outage_id"].str.startswith(f"{state.series}@")
    return is_own & outages["ended_at"].isna() & (outages["began_at"] <= state.at) & (outages["status"] == "ongoing")
