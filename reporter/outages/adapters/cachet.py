"""Cachet, versions 2 and 3: `/api/v1/incidents`, `/api/incidents` and the schedules beside them. Pure.

An incident lasts from `occurred_at` (else its creation) to the update that says fixed, else its last change; a
schedule from `scheduled_at` to `completed_at`. A component is a number here: map it, or the title is asked.
Cachet writes the clock of the machine it runs on, which is UTC unless somebody changed it; that is told.
"""

from typing import Any

from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    Record,
    SourceDocument,
    at_utc,
    clean_value,
    known_by,
    object_in,
    objects,
    records_in,
    require_keys,
    to_reading,
)

_FIXED = ("4", "fixed", "resolved", "complete", "completed")
_MARKS = ("occurred_at", "occurred", "human_status", "scheduled_at", "component_id")


def recognises(source: SourceDocument) -> bool:
    """A `data` list whose entries have what only Cachet writes."""
    listed = objects(source.json.get("data"))[:50] if isinstance(source.json, dict) else []
    return any(mark in _flat(one) for one in listed for mark in _MARKS)


def read(source: SourceDocument) -> OutageReading:
    """The incidents or schedules. Raises OutageFileError when it has no longer the form of Cachet's API."""
    whole = source.document
    listed = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(listed, list):
        raise source.refuse("stop_outage_form", count=0, names="data")
    records, odd = records_in(source, listed)
    flat = [(row, _flat(record)) for row, record in records]
    require_keys(source, flat, ("name",), ("occurred_at", "occurred", "scheduled_at", "created_at", "created"))
    items = [_item(source, row, record) for row, record in flat]
    if naive := sum("+" not in _time(one, "occurred_at", "scheduled_at", "created_at")[10:] for _, one in flat):
        odd.append(source.problem("source_utc_assumed", count=str(naive)))
    links = object_in(object_in(object_in(whole, "meta"), "pagination"), "links")
    if links.get("next_page") or object_in(whole, "links").get("next"):
        odd.append(source.problem("source_page_left_out"))
    return to_reading(source, items, odd)


def _flat(record: Record) -> dict[str, Any]:
    """Version 3 keeps the facts of an entry one level down."""
    return {**record, **object_in(record, "attributes")}


def _item(source: SourceDocument, row: int, record: Record) -> Item:
    is_planned = bool(_time(record, "scheduled_at"))
    is_over = _status(record) in _FIXED
    number = f"{'schedule-' if is_planned else ''}{clean_value(record.get('id'))}"
    fields = known_by("cachet", number, record.get("name"), record.get("permalink"), record.get("link")) | {
        "began_at": _time(record, "scheduled_at", "occurred_at", "created_at"),
        "ended_at": _time(record, "completed_at") if is_planned else _end(record) if is_over else "",
        "kind": "planned" if is_planned else "unplanned",
        "status": ("resolved" if is_over else "") if is_planned else "resolved" if is_over else "ongoing",
        "announced_at": _time(record, "created_at"),
        "note": clean_value(record.get("message")),
    }
    return Item(row, fields, _parts(source, record), hint=fields["title"])


def _end(record: Record) -> str:
    """The update that says fixed, else the last change."""
    fixed = [_time(one, "created_at") for one in objects(record.get("updates")) if _status(one) in _FIXED]
    return max(fixed, default="") or _time(record, "updated_at")


def _status(record: Record) -> str:
    """`4`, or in version 3 an object whose words say fixed."""
    latest = record.get("latest_status") or record.get("status")
    return clean_value(latest.get("human") if isinstance(latest, dict) else latest).lower()


def _time(record: Record, *keys: str) -> str:
    """The first of these instants; version 3 writes an object, `occurred` for `occurred_at`."""
    for key in keys:
        found = record.get(key) or record.get(key.removesuffix("_at"))
        if text := clean_value(found.get("string") if isinstance(found, dict) else found):
            return at_utc(text)
    return ""


def _parts(source: SourceDocument, record: Record) -> tuple[tuple[str, ...], ...]:
    """The component by name; by its number alone only where the caller says what that means."""
    named = object_in(record, "component")
    number = clean_value(record.get("component_id"))
    if named.get("name"):
        return ((clean_value(named["name"]), number),)
    return ((number,),) if number and number in source.components else ()


ADAPTERS = (Adapter("cachet", recognises, read),)
