"""Instatus's `summary.json`: what is active now. Pure.

The list is whole: an incident that is gone from it has ended (see door.py). A maintenance lasts from `start` for
`duration` minutes.
"""

import pandas as pd

from reporter.outages.records import one_instant
from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    Record,
    SourceDocument,
    address_of,
    at_utc,
    clean_value,
    contradiction,
    known_by,
    listed_objects,
    object_in,
    source_parts,
    to_reading,
    whole_list,
)

_LISTS = ("activeIncidents", "activeMaintenances")
_KINDS = {"degradedperformance": "degraded", "operational": "degraded", "undermaintenance": "planned"}
_STATUSES = {"resolved": "resolved", "completed": "resolved", "notstartedyet": "announced", "inprogress": "ongoing"}
_PREFIX = "instatus"
_BAD = ("HASISSUES", "UNDERMAINTENANCE")


def recognises(source: SourceDocument) -> bool:
    """A page whose state is one word in capitals, with or without what is active on it."""
    whole = source.json
    page = whole.get("page") if isinstance(whole, dict) else None
    return isinstance(whole, dict) and (
        any(name in whole for name in _LISTS)
        or (isinstance(page, dict) and {*whole} == {"page"} and clean_value(page.get("status")).isupper())
    )


def read(source: SourceDocument) -> OutageReading:
    """The active incidents and maintenances. Raises OutageFileError when it has no longer that form."""
    if not recognises(source):
        raise source.refuse("stop_outage_form", count=0, names=" / ".join(_LISTS))
    (incidents, odd), (planned, others) = (listed_objects(source, source.document, name) for name in _LISTS)
    items = [_incident(row, one) for row, one in enumerate(incidents, 1)]
    items += [_maintenance(row, one) for row, one in enumerate(planned, len(items) + 1)]
    state = clean_value(object_in(source.document, "page").get("status")).upper()
    odd += contradiction(source, state if state in _BAD else "", is_told=bool(items))
    return to_reading(source, items, (*odd, *others), whole=whole_list(source, _PREFIX))


def _incident(row: int, record: Record) -> Item:
    status, impact = clean_value(record.get("status")).lower(), clean_value(record.get("impact")).lower()
    is_over = _STATUSES.get(status) == "resolved"
    fields = _fields(record, "started") | {
        "ended_at": at_utc(record.get("resolved") or record.get("updatedAt")) if is_over else "",
        "kind": _KINDS.get(impact, "unplanned"),
        "status": "resolved" if is_over else "ongoing",
    }
    return Item(row, fields, source_parts(record.get("components"), "name", "id"), hint=fields["title"])


def _maintenance(row: int, record: Record) -> Item:
    began, minutes = at_utc(record.get("start")), clean_value(record.get("duration"))
    at = one_instant(began)
    is_long = at is not None and minutes.isdecimal() and 0 < int(minutes) < 10**6
    ended = at + pd.Timedelta(minutes=int(minutes)) if at is not None and is_long else None
    fields = _fields(record, "start") | {
        "ended_at": at_utc(record.get("end")) or ("" if ended is None else f"{ended:%Y-%m-%dT%H:%M:%SZ}"),
        "kind": "planned",
        "status": _STATUSES.get(clean_value(record.get("status")).lower(), ""),
    }
    return Item(row, fields, source_parts(record.get("components"), "name", "id"), hint=fields["title"])


def _fields(record: Record, began: str) -> dict[str, str]:
    address = address_of(record.get("url"))
    number = clean_value(record.get("id")) or address.rstrip("/").rpartition("/")[2]
    return known_by(_PREFIX, number, record.get("name"), address) | {"began_at": at_utc(record.get(began))}


ADAPTERS = (Adapter("instatus", recognises, read),)
