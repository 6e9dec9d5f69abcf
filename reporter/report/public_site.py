"""The public record as a site: the signed document with its schema, and what is made of it for people and programs.

In: the record, and what its services are called. Out: files by name, the same bytes for the same record. No clock: what
lasts and what is over is told as of the instant to which the record is complete.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pandas import Timedelta, Timestamp

from reporter.model.published_record import TAKEN_BACK, PublicEntry, PublicFacts, PublicRecord, schema, written
from reporter.model.rulebook import Service
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words
from reporter.text.formats import day_in_year
from reporter.text.time_zones import OTTAWA, zone

RECORD = "record.json"
PAGES = {"en": "index.html", "fr": "index.fr.html"}
ATOM, CALENDAR, SCHEMA = "outages.atom", "outages.ics", "record.schema.json"
NEWEST = 100
"""Entries of the feed."""
IMPACTS = {"unplanned": "major", "security": "critical", "degraded": "minor", "intermittent": "minor"}
STATES = {"ongoing": "investigating", "announced": "scheduled", "resolved": "resolved"}
MAINTENANCE = {"ongoing": "in_progress", "announced": "scheduled", "resolved": "completed"}
PARTS = {"unplanned": "major_outage", "security": "major_outage", "planned": "under_maintenance"}
_ATOM = "http://www.w3.org/2005/Atom"
_HERE = Path(__file__).parent
_SECOND = Timedelta(seconds=1)


def site_files(record: PublicRecord, services: Mapping[str, Service]) -> dict[str, bytes]:
    """Every file of the site by its place in it."""
    standing = [entry for entry in record.newest().values() if entry.action != TAKEN_BACK]
    newest_first = sorted(standing, key=lambda entry: (entry.outage.began_at, entry.outage.outage_id), reverse=True)
    titles = {key: service.title for key, service in services.items()}
    return {
        RECORD: written(record),
        SCHEMA: schema(),
        ATOM: _feed(record),
        CALENDAR: _calendar(record),
        **{f"api/v2/{name}.json": _json(whole) for name, whole in _statuspage(record, newest_first).items()},
        **{
            name: _page(record, newest_first, {key: title.of(language) for key, title in titles.items()}, language)
            for language, name in PAGES.items()
        },
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _titles(record: PublicRecord, entry: PublicEntry, language: str) -> str:
    """The services as they are called, for people."""
    return ", ".join(getattr(record.services[key], language) if key in record.services else key
                     for key in entry.outage.services)  # fmt: skip


def _name(record: PublicRecord, entry: PublicEntry) -> str:
    """The title; where there is none, what was down, in both languages."""
    return entry.outage.title or _services(record, entry)


def _services(record: PublicRecord, entry: PublicEntry) -> str:
    return " / ".join(dict.fromkeys(_titles(record, entry, language) for language in PAGES))


def _headline(record: PublicRecord, entry: PublicEntry) -> str:
    """What was down, in both languages, and the title."""
    return ": ".join(filter(None, (_services(record, entry), entry.outage.title)))


def _uid(record: PublicRecord, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"outage-record:{record.record}:{name}"))


# --- Statuspage v2 -----------------------------------------------------------------------------------------------


def _statuspage(record: PublicRecord, entries: Sequence[PublicEntry]) -> dict[str, dict[str, Any]]:
    """What programs that read status pages ask for; what was taken back or cancelled is not in it."""
    told = [entry for entry in entries if entry.outage.status != "cancelled"]
    planned = [_incident(record, entry) for entry in told if entry.outage.kind == "planned"]
    others = [_incident(record, entry) for entry in told if entry.outage.kind != "planned"]
    page = {"id": record.record, "name": record.publisher, "time_zone": "Etc/UTC", "updated_at": _updated(record)}
    is_open = ("investigating", "scheduled", "in_progress")
    left = [one for one in others if one["status"] in is_open]
    summary = {
        "page": page,
        "status": _overall(left),
        "components": _components(record, told),
        "incidents": left,
        "scheduled_maintenances": [one for one in planned if one["status"] in is_open],
    }
    return {
        "summary": summary,
        "status": {"page": page, "status": _overall(left)},
        "incidents": {"page": page, "incidents": others},
        "scheduled-maintenances": {"page": page, "scheduled_maintenances": planned},
    }


def _updated(record: PublicRecord) -> str:
    """The instant as of which the record speaks: up to which it is complete, or of its newest entry."""
    return max(record.complete_to, record.entries[-1].recorded_at if record.entries else "")


def _state(record: PublicRecord, one: PublicFacts) -> str:
    """What it is by then: an announced one begins and ends by itself."""
    if one.status == "cancelled":
        return one.status
    if one.status == "resolved" or (one.ended_at and one.ended_at <= _updated(record)):
        return "resolved"
    return "announced" if one.began_at > _updated(record) else "ongoing"


def _overall(left: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    ranks = ("none", "minor", "major", "critical")
    worst = max((one["impact"] for one in left), key=ranks.index, default="none")
    return {"indicator": worst, "description": "All Systems Operational" if worst == "none" else "Service Disruption"}


def _components(record: PublicRecord, entries: Sequence[PublicEntry]) -> list[dict[str, Any]]:
    """Every service that the record speaks of; one is down while an outage of it lasts."""
    down = {
        key: PARTS.get(entry.outage.kind, "degraded_performance")
        for entry in reversed(entries)
        if _state(record, entry.outage) == "ongoing"
        for key in entry.outage.services
    }
    return [_component(record, key) | {"status": down.get(key, "operational")} for key in record.services]


def _component(record: PublicRecord, key: str) -> dict[str, Any]:
    title = record.services[key].en if key in record.services else key
    return {"id": key, "name": title, "page_id": record.record}


def _incident(record: PublicRecord, entry: PublicEntry) -> dict[str, Any]:
    one = entry.outage
    is_planned = one.kind == "planned"
    now = _state(record, one)
    state = MAINTENANCE[now] if is_planned else STATES[now]
    parts = [_component(record, key) for key in one.services]
    update = {
        "id": _uid(record, entry.sha256),
        "incident_id": one.outage_id,
        "status": state,
        "body": _name(record, entry),
        "created_at": entry.recorded_at,
        "updated_at": entry.recorded_at,
        "display_at": entry.recorded_at,
        "affected_components": [{"code": part["id"], "name": part["name"]} for part in parts],
    }
    times = {"scheduled_for": one.began_at, "scheduled_until": one.ended_at or None} if is_planned else {}
    return {
        "id": one.outage_id,
        "name": _name(record, entry),
        "status": state,
        "impact": "maintenance" if is_planned else IMPACTS[one.kind],
        "created_at": one.announced_at or one.began_at,
        "started_at": one.began_at,
        "updated_at": entry.recorded_at,
        "monitoring_at": None,
        "resolved_at": (one.ended_at or None) if now == "resolved" else None,
        "shortlink": one.source_url,
        "page_id": record.record,
        "components": parts,
        "incident_updates": [update],
        **times,
    }


# --- feed and calendar -------------------------------------------------------------------------------------------


def _feed(record: PublicRecord) -> bytes:
    """Each entry as it was made, the newest first: a change is told as one."""
    Xml.register_namespace("", _ATOM)
    feed = Xml.Element(f"{{{_ATOM}}}feed")
    last = record.entries[-1].recorded_at if record.entries else "1970-01-01T00:00:00Z"
    for name, text in (("id", f"urn:uuid:{_uid(record, '')}"), ("title", record.publisher), ("updated", last)):
        _child(feed, name, text)
    _child(_child(feed, "author"), "name", record.publisher)
    for entry in reversed(record.entries[-NEWEST:]):
        _entry(_child(feed, "entry"), record, entry)
    Xml.indent(feed, " ")
    body: bytes = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _entry(node: Xml.Element, record: PublicRecord, entry: PublicEntry) -> None:
    one = entry.outage
    span = f"{one.began_at} – {one.ended_at or '…'}"
    _child(node, "id", f"urn:uuid:{_uid(record, entry.sha256)}")
    _child(node, "title", _headline(record, entry))
    _child(node, "updated", entry.recorded_at)
    _child(node, "link", href=one.source_url)
    for term in (entry.action, one.kind, one.status, *one.services):
        _child(node, "category", term=term)
    _child(node, "summary", span)


def _child(node: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    child = Xml.SubElement(node, f"{{{_ATOM}}}{name}", attributes)
    child.text = text or None
    return child


def _calendar(record: PublicRecord) -> bytes:
    """An event for each outage, under an id that stays; one that was taken back is cancelled."""
    from icalendar import Calendar

    whole = Calendar()
    whole.add("prodid", "-//reporter//public record//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", record.publisher)
    versions = {entry.outage.outage_id: 0 for entry in record.entries}
    for entry in record.entries:
        versions[entry.outage.outage_id] += 1
    for entry in record.newest().values():
        whole.add_component(_event(record, entry, versions[entry.outage.outage_id] - 1))
    return bytes(whole.to_ical())


def _event(record: PublicRecord, entry: PublicEntry, sequence: int) -> Any:
    from icalendar import Event

    one, event = entry.outage, Event()
    is_off = entry.action == TAKEN_BACK or one.status == "cancelled"
    event.add("uid", _uid(record, one.outage_id))
    event.add("sequence", sequence)
    event.add("dtstamp", Timestamp(entry.recorded_at).to_pydatetime())
    event.add("dtstart", Timestamp(one.began_at).to_pydatetime())
    if one.ended_at:
        event.add("dtend", Timestamp(one.ended_at).to_pydatetime())
    event.add("summary", _headline(record, entry))
    event.add("categories", [one.kind])
    event.add("url", one.source_url)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


# --- the page ----------------------------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _page(record: PublicRecord, entries: Sequence[PublicEntry], titles: Mapping[str, str], language: str) -> bytes:
    w = words("public", language)
    other = next(name for name in PAGES if name != language)
    rows = [_row(record, entry, titles, language) for entry in entries]
    gone = [entry for entry in record.newest().values() if entry.action == TAKEN_BACK]
    facts = {
        "w": w,
        "language": language,
        "other": {"language": other, "page": PAGES[other], "name": words("public", other)["own_name"]},
        "publisher": record.publisher,
        "complete": _reach(record, language),
        "counts": count_sentence(w, "counts", len(entries), language),
        "now": [row for state in ("ongoing", "announced") for row in reversed(rows) if row["state"] == state],
        "years": _years([row for row in rows if row["state"] in ("resolved", "cancelled")]),
        "gone": [_row(record, entry, titles, language) | {"state": "resolved"} for entry in gone],
        "key": record.key,
        "head": f"{len(record.entries)}:{record.head}",
        "files": {"record": RECORD, "schema": SCHEMA, "atom": ATOM, "calendar": CALENDAR,
                  "statuspage": "api/v2/summary.json"},
    }  # fmt: skip
    return (_environment().get_template("public_site.html.j2").render(facts) + "\n").encode()


def _reach(record: PublicRecord, language: str) -> str:
    w = words("public", language)
    if not record.complete_to:
        return w["complete_none"]
    at = formats.clock(Timestamp(record.complete_to), zone(OTTAWA), language)
    return w["complete_to"].format(clock=at)


def _years(rows: Iterable[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    """By the year in which each began on Ottawa's clock, the newest first."""
    years: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        years.setdefault(row["year"], []).append(row)
    return sorted(years.items(), reverse=True)


def _row(record: PublicRecord, entry: PublicEntry, titles: Mapping[str, str], language: str) -> dict[str, str]:
    w, one = words("public", language), entry.outage
    services, state = ", ".join(titles.get(key, key) for key in one.services), _state(record, one)
    return {
        "id": one.outage_id,
        "year": f"{Timestamp(one.began_at).tz_convert(zone(OTTAWA)):%Y}",
        "services": services,
        "title": "" if one.title == services else one.title,
        "span": _span(entry, language),
        "kind": w[f"kind_{one.kind}"],
        "status": w.get(f"status_{state}", ""),
        "state": state,
        "source": w[f"source_{one.verification}"],
        "url": one.source_url,
    }


def _span(entry: PublicEntry, language: str) -> str:
    """From when to when, on Ottawa's clock; whole days where the source says no hour."""
    w, one = words("public", language), entry.outage
    began = Timestamp(one.began_at).tz_convert(zone(OTTAWA))
    ended = Timestamp(one.ended_at).tz_convert(zone(OTTAWA)) if one.ended_at else None
    if one.precision == "day":
        return _days(began, ended, language)
    return formats.time_span(began, ended, w, language)


def _days(began: Timestamp, ended: Timestamp | None, language: str) -> str:
    """The first day and the last one: an end at midnight is that of the day before."""
    w, first = words("public", language), day_in_year(began.tz_localize(None), began, language)
    if ended is None:
        return w["span_open"].format(began=first)
    last = (ended - _SECOND).tz_localize(None)
    if last.date() <= began.date():
        return first
    return w["span"].format(began=first, ended=day_in_year(last, began, language))
