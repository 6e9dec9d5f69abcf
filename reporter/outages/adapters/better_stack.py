"""Better Stack: the incidents of its monitors (`/api/v2/incidents`), and the reports of a status page (`index.json`).

An incident lasts from `started_at` to `resolved_at`; a report from `starts_at` to `ends_at`. The address of an incident
is that of the thing watched, not of a page that tells of it, so it proves nothing and is not kept. Pure.
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
    contradiction,
    known_by,
    object_in,
    objects,
    require_keys,
    to_reading,
)

_REPORTS = "status_report"
_GOOD = ("", "operational", "resolved", "maintenance")


def recognises(source: SourceDocument) -> bool:
    """Entries of type `incident`, or a status page with what it includes."""
    return bool(_listed(source.json))


def read(source: SourceDocument) -> OutageReading:
    """The incidents or reports. Raises OutageFileError when it has no longer the form of Better Stack's API."""
    listed = _listed(source.document)
    if not listed:
        raise source.refuse("stop_outage_form", count=0, names="data / included")
    records = [(row, {"id": one.get("id"), **object_in(one, "attributes")}) for row, one in enumerate(listed, 1)]
    told = [(row, one) for row, one in records if one.get("started_at") or one.get("starts_at")]
    require_keys(source, records, ("started_at", "starts_at", "public_name", "aggregate_state"))
    page = object_in(source.document, "pagination")
    odd = [source.problem("source_page_left_out")] if page.get("next") else []
    items = [_report(row, one) if one.get("starts_at") else _incident(row, one) for row, one in told]
    state = clean_value(object_in(object_in(source.document, "data"), "attributes").get("aggregate_state"))
    odd += contradiction(source, "" if state in _GOOD else state, is_told=bool(items))
    return to_reading(source, items, odd)


def _listed(whole: object) -> list[dict[str, Any]]:
    """The incidents, or all that a status page includes, which may hold no report at all."""
    if not isinstance(whole, dict):
        return []
    if object_in(whole, "data").get("type") == "status_page":
        return [object_in(whole, "data"), *objects(whole.get("included"))]
    return [one for one in objects(whole.get("data")) if one.get("type") in ("incident", _REPORTS)]


def _incident(row: int, record: Record) -> Item:
    ended = at_utc(record.get("resolved_at"))
    fields = known_by("betterstack", record.get("id"), record.get("name")) | {
        "began_at": at_utc(record.get("started_at")),
        "ended_at": ended,
        "kind": "unplanned",
        "status": "resolved" if ended else "ongoing",
        "note": clean_value(record.get("cause")),
    }
    return Item(row, fields, ((fields["title"],),) if fields["title"] else ())


def _report(row: int, record: Record) -> Item:
    ended = at_utc(record.get("ends_at"))
    is_planned = clean_value(record.get("report_type")) == "maintenance"
    states = {clean_value(part.get("status")) for part in objects(record.get("affected_resources"))}
    is_slow = bool(states) and states <= {"degraded", "resolved", "operational"} and "degraded" in states
    fields = known_by("betterstack", f"report-{clean_value(record.get('id'))}", record.get("title")) | {
        "began_at": at_utc(record.get("starts_at")),
        "ended_at": ended,
        "kind": "planned" if is_planned else "degraded" if is_slow else "unplanned",
        "status": "" if is_planned else "resolved" if ended else "ongoing",
    }
    return Item(row, fields, hint=fields["title"])


ADAPTERS = (Adapter("better-stack", recognises, read),)
