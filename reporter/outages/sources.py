"""Any source of outages but the office's own table: what kind it is, told from its content, and its reading.

A new kind is a file with `recognises` and `read`, and a line here. This module opens the file; the adapters do not.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pandas as pd
from pandas import DataFrame

from reporter.model.shapes import OUTAGES
from reporter.outages.adapters import feed, ical, mapped, statuspage, upptime
from reporter.outages.reading import OutageReading, Snapshot, in_order
from reporter.outages.records import LARGEST_BYTES
from reporter.outages.source import SourceDocument

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adapter:
    """One kind of source: its name in the settings, how it is told, how it is read."""

    kind: str
    recognises: Callable[[SourceDocument], bool]
    read: Callable[[SourceDocument], OutageReading]


# In the order in which they are asked: the narrower before the wider.
ADAPTERS = (
    Adapter("feed", feed.recognises, feed.read),
    Adapter("ical", ical.recognises, ical.read),
    Adapter("upptime-issues", upptime.recognises, upptime.read),
    Adapter("upptime-summary", upptime.recognises_summary, upptime.read_summary),
    Adapter("statuspage", statuspage.recognises, statuspage.read),
    Adapter("mapped", mapped.recognises, mapped.read),
    Adapter("upptime-history", upptime.recognises_history, upptime.read_history),
    Adapter("pairs", mapped.recognises_pairs, mapped.read_pairs),
)
KINDS = tuple(adapter.kind for adapter in ADAPTERS)


def shown_address(url: str) -> str:
    """The address without a password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def read_document(source: SourceDocument, kind: str | None = None) -> OutageReading:
    """The outages of a document of any kind of ADAPTERS; see items.Source for what the caller may say about it.

    Raises: OutageFileError when it cannot be used as a whole; SettingsError when a mapping cannot.
    """
    _refuse_hopeless(source)
    adapter = _adapter(source, kind)
    reading = adapter.read(source)
    log.info("%s (%s): %d outages, %d problems", source.name, adapter.kind, len(reading.outages), len(reading.problems))
    return reading


def source_kind(source: SourceDocument) -> str:
    """The kind the content shows, or nothing: the office's own table is of no kind here (see table.py).

    Raises: OutageFileError when it is JSON that is cut off.
    """
    return next((adapter.kind for adapter in ADAPTERS if adapter.recognises(source)), "")


def _adapter(source: SourceDocument, kind: str | None) -> Adapter:
    wanted = source_kind(source) if kind is None else kind
    found = next((adapter for adapter in ADAPTERS if adapter.kind == wanted), None)
    if found is None and wanted:
        raise source.refused(f"'{wanted}' is not a kind of source; use {', '.join(KINDS)}")
    if found is None:
        raise source.refused(f"is of no kind that can be recognised; say which it is: {', '.join(KINDS)}")
    return found


def _refuse_hopeless(source: SourceDocument) -> None:
    """What is no source of any kind, and must never pass for an empty one."""
    if len(source.content) > LARGEST_BYTES:
        raise source.refused("is larger than 64 MB; split it by year")
    if not source.start.strip():
        raise source.refused("is empty; that is not the same as a source without outages")
    if source.start.startswith(("<!doctype html", "<html")) or "<html" in source.start[:600]:
        raise source.refused("is a web page (HTML), perhaps the sign-in page of a network; fetch the source again")


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
