"""incident.io's widget (`/api/v1/summary`): what is going on and what is planned. Pure.

An ongoing incident says when it was updated last, not when it began: its first sight is the beginning, and no later
update moves it (`first_seen`, see door.py). The list is whole: an incident that is gone from it has ended.
"""

from msgspec.structs import replace

from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    Record,
    SourceDocument,
    at_utc,
    clean_value,
    known_by,
    listed_objects,
    source_parts,
    to_reading,
    whole_list,
)

_ONGOING, _UNDER_WAY, _COMING = ("ongoing_incidents", "in_progress_maintenances", "scheduled_maintenances")
_KINDS = {"degraded_performance": "degraded", "operational": "degraded", "under_maintenance": "planned"}
_PREFIX = "incidentio"


def recognises(source: SourceDocument) -> bool:
    """The lists that only this widget has."""
    return isinstance(source.json, dict) and _ONGOING in source.json


def read(source: SourceDocument) -> OutageReading:
    """The incidents and maintenances. Raises OutageFileError when it has no longer that form."""
    if not recognises(source):
        raise source.refuse("stop_outage_form", count=0, names=_ONGOING)
    whole = source.document
    incidents, odd = listed_objects(source, whole, _ONGOING)
    under_way, others = listed_objects(source, whole, _UNDER_WAY)
    coming, more = listed_objects(source, whole, _COMING)
    planned = [*((one, "ongoing") for one in under_way), *((one, "") for one in coming)]
    items = [_incident(row, one) for row, one in enumerate(incidents, 1)]
    unsaid = [item.fields["outage_id"] for item, one in zip(items, incidents, strict=True) if not _began(one)]
    items += [_maintenance(row, *one) for row, one in enumerate(planned, len(items) + 1)]
    if unsaid:
        odd.append(source.problem("source_began_from_update", column="began_at", count=str(len(unsaid))))
    reading = to_reading(source, items, (*odd, *others, *more), whole=whole_list(source, _PREFIX))
    return replace(reading, first_seen=frozenset(unsaid))


def _began(record: Record) -> str:
    return at_utc(record.get("started_at") or record.get("created_at"))


def _incident(row: int, record: Record) -> Item:
    fields = _fields(record) | {
        "began_at": _began(record) or at_utc(record.get("last_update_at")),
        "kind": _KINDS.get(clean_value(record.get("current_worst_impact")), "unplanned"),
        "status": "ongoing",
        "note": clean_value(record.get("last_update_message")),
    }
    return Item(row, fields, _parts(record), hint=fields["title"])


def _maintenance(row: int, record: Record, status: str) -> Item:
    fields = _fields(record) | {
        "began_at": at_utc(record.get("starts_at") or record.get("started_at")),
        "ended_at": at_utc(record.get("ends_at") or record.get("scheduled_end_at")),
        "kind": "planned",
        "status": status,
    }
    return Item(row, fields, _parts(record), hint=fields["title"])


def _parts(record: Record) -> tuple[tuple[str, ...], ...]:
    return source_parts(record.get("affected_components"), "name", "id")


def _fields(record: Record) -> dict[str, str]:
    return known_by(_PREFIX, record.get("id"), record.get("name"), record.get("url"))


ADAPTERS = (Adapter("incidentio", recognises, read),)
