"""Any source of outages but the office's own table: what kind it is, told from its content, and its reading.

A new kind is a file with `recognises` and `read`, and a line here. This module opens the file; the adapters do not.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from reporter.outages import feed, ical, mapped, pairs, statuspage, upptime, upptime_issues
from reporter.outages.cells import LARGEST_BYTES
from reporter.outages.items import Source
from reporter.outages.reading import OutageReading

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adapter:
    """One kind of source: its name in the settings, how it is told, how it is read."""

    kind: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source], OutageReading]


# In the order in which they are asked: the narrower before the wider.
ADAPTERS = (
    Adapter("feed", feed.recognises, feed.read),
    Adapter("ical", ical.recognises, ical.read),
    Adapter("upptime-issues", upptime_issues.recognises, upptime_issues.read),
    Adapter("upptime-summary", upptime.recognises_summary, upptime.read_summary),
    Adapter("statuspage", statuspage.recognises, statuspage.read),
    Adapter("mapped", mapped.recognises, mapped.read),
    Adapter("upptime-history", upptime.recognises_history, upptime.read_history),
    Adapter("pairs", pairs.recognises, pairs.read),
)
KINDS = tuple(adapter.kind for adapter in ADAPTERS)


def read_document(source: Source, kind: str | None = None) -> OutageReading:
    """The outages of a document of any kind of ADAPTERS; see items.Source for what the caller may say about it.

    Raises: OutageFileError when it cannot be used as a whole; SettingsError when a mapping cannot.
    """
    _refuse_hopeless(source)
    adapter = _adapter(source, kind)
    reading = adapter.read(source)
    log.info("%s (%s): %d outages, %d problems", source.name, adapter.kind, len(reading.outages), len(reading.problems))
    return reading


def kind_of(source: Source) -> str:
    """The kind the content shows, or nothing: the office's own table is of no kind here (see table.py).

    Raises: OutageFileError when it is JSON that is cut off.
    """
    return next((adapter.kind for adapter in ADAPTERS if adapter.recognises(source)), "")


def _adapter(source: Source, kind: str | None) -> Adapter:
    wanted = kind_of(source) if kind is None else kind
    found = next((adapter for adapter in ADAPTERS if adapter.kind == wanted), None)
    if found is None and wanted:
        raise source.refused(f"'{wanted}' is not a kind of source; use {', '.join(KINDS)}")
    if found is None:
        raise source.refused(f"is of no kind that can be recognised; say which it is: {', '.join(KINDS)}")
    return found


def _refuse_hopeless(source: Source) -> None:
    """What is no source of any kind, and must never pass for an empty one."""
    if len(source.content) > LARGEST_BYTES:
        raise source.refused("is larger than 64 MB; split it by year")
    if not source.start.strip():
        raise source.refused("is empty; that is not the same as a source without outages")
    if source.start.startswith(("<!doctype html", "<html")) or "<html" in source.start[:600]:
        raise source.refused("is a web page (HTML), perhaps the sign-in page of a network; fetch the source again")
