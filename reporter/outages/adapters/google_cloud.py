"""Google Cloud's `incidents.json`, and the pages of Google that have its form. Pure.

An incident lasts from `begin` to `end`; without an end it is still open. What is called information is no outage of a
service and counts as slow; a disruption counts as down, since nothing says how much of it was.
"""

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
    source_parts,
    to_reading,
)

_KINDS = {"SERVICE_INFORMATION": "degraded", "AVAILABLE": "degraded"}
_MARKS = ("external_desc", "most_recent_update", "status_impact")


def recognises(source: SourceDocument) -> bool:
    """A list of incidents in Google's words."""
    return any(mark in one for one in objects(source.json)[:50] for mark in _MARKS)


def read(source: SourceDocument) -> OutageReading:
    """The incidents. Raises OutageFileError when it has no longer that form."""
    whole = source.document
    if not isinstance(whole, list):
        raise source.refuse("stop_outage_form", count=0, names="begin")
    records, odd = records_in(source, whole)
    require_keys(source, records, ("id", "number"), ("begin",))
    return to_reading(source, [_item(row, record) for row, record in records], odd)


def _item(row: int, record: Record) -> Item:
    ended = at_utc(record.get("end"))
    parts = source_parts(record.get("affected_products"), "title", "id")
    fields = known_by("google", record.get("id") or record.get("number"), record.get("external_desc")) | {
        "began_at": at_utc(record.get("begin")),
        "ended_at": ended,
        "kind": _KINDS.get(clean_value(record.get("status_impact")), "unplanned"),
        "status": "resolved" if ended else "ongoing",
        "announced_at": at_utc(record.get("created")),
        "note": clean_value(object_in(record, "most_recent_update").get("text")),
    }
    return Item(
        row, fields, parts or source_parts([{"name": record.get("service_name")}], "name"), hint=fields["title"]
    )


ADAPTERS = (Adapter("google-cloud", recognises, read),)
