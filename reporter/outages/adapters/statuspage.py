"""Atlassian Statuspage v2 JSON: summary, incidents and scheduled-maintenances, as the page serves them. Pure.

How a page's words become ours stands here and nowhere else:

* impact critical or major is `unplanned`, minor or none `degraded`, maintenance `planned`; no impact is `unplanned`;
* an incident lasts from started_at (else created_at) to resolved_at, while its status is resolved or postmortem;
  `monitoring` is not over. Without resolved_at the end is its last update that says resolved, else its last update
  before the post-mortem, else updated_at. A resolved_at under an open status is a re-opening: the end is not known;
* a list of a page names every open incident, back to its oldest entry once it is full; one gone from it is over;
* a component that is not operational although nothing on the page says why is an outage from its first sight;
* a maintenance lasts from scheduled_for to scheduled_until, or to resolved_at once it is completed. One under way
  behind its end has none that is known. Its started_at is when it was posted, and is not read.
"""

from collections.abc import Sequence

from pandas import Timestamp

from reporter.model.problem import Problem
from reporter.outages.records import one_instant
from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    Record,
    Snapshot,
    SourceDocument,
    Whole,
    clean_value,
    contradiction,
    held_down,
    id_of,
    known_by,
    objects,
    records_in,
    require_keys,
    source_parts,
    to_reading,
)

KINDS = {
    "critical": "unplanned",
    "major": "unplanned",
    "minor": "degraded",
    "none": "degraded",
    "maintenance": "planned",
}
STATUSES = {
    "investigating": "ongoing",
    "identified": "ongoing",
    "monitoring": "ongoing",
    "update": "ongoing",
    "resolved": "resolved",
    "postmortem": "resolved",
    "scheduled": "announced",
    "in_progress": "ongoing",
    "verifying": "ongoing",
    "completed": "resolved",
    "canceled": "cancelled",
    "cancelled": "cancelled",
}
_LISTS = ("incidents", "scheduled_maintenances")
_MARKS = ("incident_updates", "scheduled_for", "impact", "shortlink")
_UP = ("operational", "")
_PARTS = {
    "major_outage": "unplanned",
    "partial_outage": "unplanned",
    "degraded_performance": "degraded",
    "under_maintenance": "planned",
}
_FULL = 50  # as many as a page lists


def recognises(source: SourceDocument) -> bool:
    """An object with a page or with incidents, or a bare list of what only Statuspage writes."""
    whole = source.json
    if isinstance(whole, dict):
        return "page" in whole or "incident" in whole or any(name in whole for name in _LISTS)
    listed = whole[:50] if isinstance(whole, list) else []
    return any(isinstance(item, dict) and any(mark in item for mark in _MARKS) for item in listed)


def read(source: SourceDocument) -> OutageReading:
    """The incidents and maintenances of one Statuspage document.

    Raises: OutageFileError when it is no JSON, or no longer has the form of Statuspage v2.
    """
    records, odd = records_in(source, _listed(source))
    require_keys(source, records, ("id",), ("status",), ("started_at", "created_at", "scheduled_for"))
    page = source.document.get("page") if isinstance(source.document, dict) else None
    page = page if isinstance(page, dict) else {}
    in_time = sorted(records, key=lambda numbered: clean_value(numbered[1].get("updated_at")))  # the last edit stands
    items = [_item(row, record, clean_value(page.get("url"))) for row, record in in_time]
    complete_to = held_down(one_instant(clean_value(page.get("updated_at"))), source.as_of)
    parts = _components_listed(source)
    bare = _unexplained(parts, records)
    if source.as_of is not None:
        items += [_first_sight(source, row, part) for row, part in enumerate(bare, len(records) + 1)]
    told = contradiction(source, _bad_state(source), is_told=bool(bare) or any(_is_open(one) for _, one in records))
    problems = (*odd, *told, *_doubts(source, records), *(_told_down(source, part) for part in bare))
    whole = _whole(source, records, complete_to) if page and source.as_of is not None else ()
    return to_reading(source, items, problems, complete_to=complete_to, states=_states(source, parts), whole=whole)


def _listed(source: SourceDocument) -> Sequence[object]:
    """All the page lists, incidents before maintenances."""
    whole = source.document
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict):
        raise source.refuse("stop_outage_statuspage")
    if isinstance(whole.get("incident"), dict):
        return [whole["incident"]]
    found = [name for name in _LISTS if name in whole]
    if not found:
        raise source.refuse("stop_outage_lists", names=", ".join(_LISTS))
    for name in found:
        if not isinstance(whole[name], list):
            raise source.refuse("stop_outage_no_list", name=name)
    return [item for name in found for item in whole[name]]


def _item(row: int, record: Record, page: str) -> Item:
    is_maintenance = bool(record.get("scheduled_for"))
    impact, status = clean_value(record.get("impact")).lower(), clean_value(record.get("status")).lower()
    began = record.get("scheduled_for") or record.get("started_at") or record.get("created_at")
    ended = _planned_end(record) if is_maintenance else _end(record)
    fields = known_by("statuspage", record.get("id"), record.get("name"), _address(record, page)) | {
        "began_at": clean_value(began),
        "ended_at": ended,
        "kind": "planned" if is_maintenance else KINDS.get(impact, impact),
        "status": STATUSES.get(status, status),
        "announced_at": clean_value(record.get("created_at")),
        "note": clean_value(max(_updates(record), key=_posted, default={}).get("body")),
    }
    return Item(row, fields, _components(record), hint=fields["title"])


def _planned_end(record: Record) -> str:
    """When a maintenance ended by its own account, early or late; else when it is to end."""
    began, done = (one_instant(clean_value(record.get(key))) for key in ("scheduled_for", "resolved_at"))
    is_done = STATUSES.get(clean_value(record.get("status")).lower()) == "resolved"
    is_after = began is not None and done is not None and done > began
    return clean_value(record.get("resolved_at" if is_done and is_after else "scheduled_until"))


def _end(record: Record) -> str:
    """When the incident ended by its own account; nothing while it is open."""
    if _is_open(record):
        return ""
    if record.get("resolved_at"):
        return clean_value(record["resolved_at"])
    updates = [update for update in _updates(record) if clean_value(update.get("status")) != "postmortem"]
    said = [update for update in updates if clean_value(update.get("status")) == "resolved"]
    last = max(said or updates, key=_posted, default={})
    return _posted(last) or clean_value(record.get("updated_at"))


def _is_open(record: Record) -> bool:
    return STATUSES.get(clean_value(record.get("status")).lower()) not in ("resolved", "cancelled")


def _updates(record: Record) -> list[Record]:
    return list(objects(record.get("incident_updates")))


def _posted(update: Record) -> str:
    return clean_value(update.get("display_at")) or clean_value(update.get("created_at"))


def _components(record: Record) -> tuple[tuple[str, ...], ...]:
    """The parts by name and id; an incident that lists none has them in its updates, as `Group - Part`."""
    parts = _parts(record.get("components"), "id")
    if not parts:
        parts = [part for update in _updates(record) for part in _parts(update.get("affected_components"), "code")]
        parts = [(*part, part[0].rpartition(" - ")[2]) for part in parts]
    return tuple(dict.fromkeys(parts))


def _parts(found: object, key: str) -> list[tuple[str, ...]]:
    return list(source_parts(found, "name", key))


def _address(record: Record, page: str) -> str:
    link, number = clean_value(record.get("shortlink")), id_of("", clean_value(record.get("id")))[1:]
    if not link and page and number:
        link = f"{page.rstrip('/')}/incidents/{number}"
    return link


def _doubts(source: SourceDocument, records: Sequence[tuple[int, Record]]) -> list[Problem]:
    """What was assumed: no impact, an end taken from an update, a re-opening."""
    real = [(row, record) for row, record in records if not record.get("scheduled_for")]
    none = sum(clean_value(record.get("impact")) == "none" for _, record in real)
    ends = sum(not record.get("resolved_at") and bool(_end(record)) for _, record in real)
    told = [("source_impact_none", "impact", none), ("source_end_from_update", "resolved_at", ends)]
    return [source.problem(code, column=column, count=str(count)) for code, column, count in told if count] + [
        source.problem("source_reopened", row, "resolved_at", clean_value(record.get("id")))
        for row, record in real
        if record.get("resolved_at") and _is_open(record)
    ]


def _components_listed(source: SourceDocument) -> list[Record]:
    """The parts of a summary, without the groups they stand in."""
    whole = source.document
    listed = objects(whole.get("components")) if isinstance(whole, dict) else []
    return [part for part in listed if not part.get("group")]


def _bad_state(source: SourceDocument) -> str:
    """What the page says of itself as a whole, where that is not good."""
    whole = source.document
    state = whole.get("status") if isinstance(whole, dict) else None
    word = clean_value(state.get("indicator")) if isinstance(state, dict) else ""
    return "" if word in ("", "none") else word


def _unexplained(parts: Sequence[Record], records: Sequence[tuple[int, Record]]) -> list[Record]:
    """Components a summary marks as not operational although nothing on the page explains it."""
    named = {text for _, record in records for part in _components(record) for text in part}
    return [
        part
        for part in parts
        if clean_value(part.get("status")) not in _UP
        and not {clean_value(part.get("name")), clean_value(part.get("id"))} & named
    ]


def _series(part: Record, kind: str) -> str:
    """One series for each way to be down, so that a part that gets worse is not held for merely slow."""
    return id_of("statuspage-part", f"{clean_value(part.get('id')) or clean_value(part.get('name'))}/{kind}")


def _states(source: SourceDocument, parts: Sequence[Record]) -> tuple[Snapshot, ...]:
    if source.as_of is None:
        return ()
    return tuple(
        Snapshot(_series(part, kind), source.as_of, _part_kind(part) == kind)
        for part in parts
        for kind in dict.fromkeys(_PARTS.values())
    )


def _part_kind(part: Record) -> str:
    """How a part is down; nothing when it works. A word nobody knows counts as down."""
    state = clean_value(part.get("status"))
    return "" if state in _UP else _PARTS.get(state, "unplanned")


def _first_sight(source: SourceDocument, row: int, part: Record) -> Item:
    began = f"{source.as_of:%Y-%m-%dT%H:%M:%SZ}"
    fields = {
        "outage_id": f"{_series(part, _part_kind(part))}@{began}",
        "began_at": began,
        "kind": _part_kind(part),
        "verification": "unverified",
        "status": "ongoing",
        "title": clean_value(part.get("name")),
    }
    return Item(row, fields, source_parts([part], "name", "id"))


def _told_down(source: SourceDocument, part: Record) -> Problem:
    state, name = clean_value(part.get("status")), clean_value(part.get("name"))
    if source.as_of is None:
        return source.problem("source_component_down", column="components", value=name, state=state)
    used = f"{source.as_of:%Y-%m-%dT%H:%MZ}"
    return source.problem("source_states_first_seen", column="components", value=name, state=state, used=used)


def _whole(
    source: SourceDocument, records: Sequence[tuple[int, Record]], told_to: Timestamp | None
) -> tuple[Whole, ...]:
    """A summary names all that is open; any other list the newest, so that a full one only goes back so far."""
    assert source.as_of is not None
    whole = source.document
    if "components" in whole and all(name in whole for name in _LISTS):
        return (Whole("statuspage:", source.as_of, told_to=told_to),)
    if not records or "incident" in whole:
        return ()
    starts = (
        record.get("scheduled_for") or record.get("started_at") or record.get("created_at") for _, record in records
    )
    oldest = min((at for at in map(one_instant, map(clean_value, starts)) if at is not None), default=None)
    since = oldest if len(records) >= _FULL else None
    return (Whole("statuspage:", source.as_of, since, told_to),)


ADAPTERS = (Adapter("statuspage", recognises, read),)
