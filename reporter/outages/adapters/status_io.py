"""Status.io's public status (`result` with incidents and maintenance). Pure.

It lists what is active and what is to come, and nothing that is over: the list is whole, so an incident that is gone
from it has ended (see door.py). The code of the newest message says how bad it is: 300 is slow, 600 security.
"""

from typing import Any

from reporter.outages.records import one_instant
from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    Record,
    SourceDocument,
    at_utc,
    clean_value,
    contradiction,
    held_down,
    known_by,
    listed_objects,
    object_in,
    objects,
    source_parts,
    to_reading,
    whole_list,
)

_KINDS = {"300": "degraded", "600": "security", "200": "planned"}
_PREFIX = "statusio"


def recognises(source: SourceDocument) -> bool:
    """A result with the overall status."""
    return bool(_result(source.json))


def read(source: SourceDocument) -> OutageReading:
    """The incidents and maintenances. Raises OutageFileError when it has no longer that form."""
    result = _result(source.document)
    if not isinstance(result.get("incidents"), list) and not object_in(result, "maintenance"):
        raise source.refuse("stop_outage_form", count=0, names="incidents / maintenance")
    planned = object_in(result, "maintenance")
    active, odd = listed_objects(source, planned, "active")
    coming, more = listed_objects(source, planned, "upcoming")
    incidents, others = listed_objects(source, result, "incidents")
    planned_ones = [*((one, "ongoing") for one in active), *((one, "") for one in coming)]
    items = [_item(row, one) for row, one in enumerate(incidents, 1)]
    items += [_item(row, *one) for row, one in enumerate(planned_ones, len(items) + 1)]
    seen = held_down(one_instant(at_utc(object_in(result, "status_overall").get("updated"))), source.as_of)
    odd += contradiction(source, _bad_state(result), is_told=bool(items))
    return to_reading(source, items, (*odd, *more, *others), complete_to=seen, whole=whole_list(source, _PREFIX))


def _bad_state(result: Record) -> str:
    """The overall state, where it is worse than operational (100)."""
    overall = object_in(result, "status_overall")
    code = clean_value(overall.get("status_code"))
    return (clean_value(overall.get("status")) or code) if code.isdecimal() and int(code) > 100 else ""


def _result(whole: object) -> dict[str, Any]:
    result = object_in(whole, "result")
    return result if "status_overall" in result else {}


def _item(row: int, record: Record, planned: str | None = None) -> Item:
    """An incident; or planned work, with the status that its list gives it."""
    is_planned = planned is not None
    messages = sorted(objects(record.get("messages")), key=lambda one: clean_value(one.get("datetime")))
    newest: Record = messages[-1] if messages else {}
    kind = "planned" if is_planned else _KINDS.get(clean_value(newest.get("status")), "unplanned")
    ended = at_utc(record.get("datetime_planned_end" if is_planned else "datetime_resolved"))
    number = record.get("_id") or record.get("id")
    fields = known_by(_PREFIX, number, record.get("name"), record.get("url")) | {
        "began_at": at_utc(record.get("datetime_planned_start") if is_planned else record.get("datetime_open")),
        "ended_at": ended,
        "kind": kind,
        "status": planned if planned is not None else "resolved" if ended else "ongoing",
        "announced_at": at_utc(record.get("datetime_open")),
        "note": clean_value(newest.get("details")),
    }
    parts = source_parts(record.get("components_affected"), "name", "_id")
    return Item(row, fields, parts, hint=fields["title"])


ADAPTERS = (Adapter("statusio", recognises, read),)
