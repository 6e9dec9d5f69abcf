"""Upptime, from its repository: incident issues, history/summary.json and history/*.yml. Pure.

The issues are the record proper. The other two are what is left when the issues are gone: the summary knows minutes
a day but not which minutes, so a day down in part is down for that many, with day precision: the last of a day that is
over, since a way in that was shut up to midnight UTC costs most; of the day of the look the first, which are past in
any case. A history file knows one state at one instant, so it opens an outage that only a later look can close.

Upptime runs on UTC, so its days are UTC days and a time without an offset is UTC. In a bilingual repository the English
and the French site of one service are two slugs; source.py takes them to one service.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from reporter.model.problem import Problem
from reporter.outages.records import one_instant
from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    Snapshot,
    SourceDocument,
    clean_value,
    held_down,
    id_of,
    records_in,
    to_reading,
)

STATES = ("up", "down", "degraded")
_DAY = re.compile(r"20\d\d-\d\d-\d\d")
_WHOLE_DAY = 1440
_A_DAY, _ROUNDING = pd.Timedelta(days=1), pd.Timedelta(minutes=30)
_LINE = re.compile(r"^(\w+):(.*)$", re.MULTILINE)


def recognises_summary(source: SourceDocument) -> bool:
    """A list of sites with their uptime."""
    if not source.looks_like_json or not isinstance(source.document, list):
        return False
    return any(isinstance(item, dict) and ("dailyMinutesDown" in item or "uptime" in item) for item in source.document)


def read_summary(source: SourceDocument) -> OutageReading:
    """The days of history/summary.json, and the sites that are down as it was read.

    Raises: OutageFileError when it is no list of sites.
    """
    if not isinstance(source.document, list):
        raise source.refuse("stop_outage_summary")
    sites, odd = records_in(source, source.document)
    if sites and not any("dailyMinutesDown" in site or "status" in site for _, site in sites):
        raise source.refuse("stop_outage_sites")
    days = [_days(source, row, site) for row, site in sites]
    now = [_now(source, row, site) for row, site in sites]
    items = [item for found, _ in days for item in found] + [item for found, _ in now for item in found]
    problems = [*odd, *(p for _, found in days for p in found), *(p for _, found in now for p in found)]
    if count := sum(_is_part(item) for found, _ in days for item in found):
        problems.append(source.problem("source_days_only", column="dailyMinutesDown", count=str(count)))
    return to_reading(source, items, problems, states=_states(source, [site for _, site in sites]))


def _days(source: SourceDocument, row: int, site: Mapping[str, Any]) -> tuple[list[Item], list[Problem]]:
    stated = site.get("dailyMinutesDown")
    minutes = {clean_value(day): number for day, number in stated.items()} if isinstance(stated, dict) else {}
    good = {day: float(number) for day, number in minutes.items() if _is_day(day, number)}
    odd = [
        source.problem(
            "source_day_unreadable",
            row,
            "dailyMinutesDown",
            f"{day}: {clean_value(number)}",
            record_id=f"{_slug(site)} {day}",
        )
        for day, number in minutes.items()
        if day not in good
    ]
    told = _told_now(source, site)
    return [
        _day(row, site, day, number, source.as_of) for day, number in good.items() if number > 0 and day not in told
    ], odd


def _is_day(day: str, number: object) -> bool:
    is_number = isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < 10**6
    try:
        return is_number and bool(_DAY.fullmatch(day)) and bool(date.fromisoformat(day))
    except ValueError:
        return False


def _day(row: int, site: Mapping[str, Any], day: str, minutes: float, as_of: pd.Timestamp | None) -> Item:
    midnight, length = pd.Timestamp(day, tz="UTC"), pd.Timedelta(minutes=min(minutes, _WHOLE_DAY))
    is_over = as_of is None or as_of >= midnight + _A_DAY
    began = midnight + _A_DAY - length if is_over else midnight
    fields = _fields(site) | {
        "outage_id": id_of("upptime", f"{_slug(site)}@{day}"),
        "began_at": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "ended_at": f"{began + length:%Y-%m-%dT%H:%M:%SZ}",
        "kind": "unplanned",
        "status": "resolved",
        "note": f"{minutes:g} min / {day} UTC",
    }
    return Item(row, fields, _parts(site), is_day=True)


def _is_part(item: Item) -> bool:
    """Whether the day was down for less than all of it."""
    return float(item.fields["note"].partition(" ")[0]) < _WHOLE_DAY


def _told_now(source: SourceDocument, site: Mapping[str, Any]) -> set[str]:
    """The days whose minutes are those of the outage that still lasts."""
    if source.as_of is None or clean_value(site.get("status")) != "down":
        return set()
    first = _since(source.as_of, _minutes(site)).floor("D")
    return {f"{day:%Y-%m-%d}" for day in pd.date_range(first, source.as_of, freq="D")}


def _now(source: SourceDocument, row: int, site: Mapping[str, Any]) -> tuple[list[Item], list[Problem]]:
    """The outage of a site that is down as the summary was read; without the instant of reading, only a word."""
    state, name = clean_value(site.get("status")), clean_value(site.get("name")) or _slug(site)
    if state not in ("down", "degraded"):
        return [], []
    if source.as_of is None:
        return [], [source.problem("source_down_since_unknown", row, "status", name)]
    return _seen_down(source, row, site, _since(source.as_of, _minutes(site)))


def _minutes(site: Mapping[str, Any]) -> dict[str, float]:
    """The minutes of down time by day that can be read."""
    stated = site.get("dailyMinutesDown")
    listed = {clean_value(day): number for day, number in stated.items()} if isinstance(stated, dict) else {}
    return {day: float(number) for day, number in listed.items() if _is_day(day, number) and number}


def _since(seen: pd.Timestamp, minutes: Mapping[str, float]) -> pd.Timestamp:
    """Since when a site that is down has been, by the page's own minutes of this day and the full ones before it."""
    began, midnight = seen - pd.Timedelta(minutes=minutes.get(f"{seen:%Y-%m-%d}", 0.0)), seen.floor("D")
    while began <= midnight + _ROUNDING and (more := minutes.get(f"{midnight - _A_DAY:%Y-%m-%d}", 0.0)):
        began, midnight = midnight - pd.Timedelta(minutes=more), midnight - _A_DAY
    return max(began, midnight).floor("min")


def _seen_down(
    source: SourceDocument, row: int, site: Mapping[str, Any], since: pd.Timestamp
) -> tuple[list[Item], list[Problem]]:
    began = f"{since:%Y-%m-%dT%H:%M:%SZ}"
    fields = _fields(site) | {
        "outage_id": id_of("upptime", f"{_slug(site)}@{since:%Y-%m-%dT%H:%M:%SZ}"),
        "began_at": began,
        "kind": "unplanned" if clean_value(site.get("status")) == "down" else "degraded",
        "status": "ongoing",
    }
    told = source.problem("source_state_only", row, "status", clean_value(site.get("name")) or _slug(site), used=began)
    return [Item(row, fields, _parts(site))], [told]


def _states(source: SourceDocument, sites: list[Any]) -> tuple[Snapshot, ...]:
    if source.as_of is None:
        return ()
    known = [(site, clean_value(site.get("status"))) for site in sites if clean_value(site.get("status")) in STATES]
    return tuple(Snapshot(series(_slug(site)), source.as_of, state != "up", _minutes(site)) for site, state in known)


def series(slug: str) -> str:
    """What the ids of all outages seen at one site begin with."""
    return id_of("upptime", slug)


def _fields(site: Mapping[str, Any]) -> dict[str, str]:
    return {"verification": "unverified", "title": clean_value(site.get("name")) or _slug(site)}


def _slug(site: Mapping[str, Any]) -> str:
    return clean_value(site.get("slug")) or clean_value(site.get("name")) or "site"


def _parts(site: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    part = tuple(dict.fromkeys(text for key in ("name", "slug", "url") if (text := clean_value(site.get(key)))))
    return (part,) if part else ()


def recognises_history(source: SourceDocument) -> bool:
    """A few lines `key: value`, among them an address and what Upptime writes beside it."""
    keys = {key for key, _ in _LINE.findall(source.text[:4096])}
    return "url" in keys and bool(keys & {"status", "lastUpdated", "responseTime", "generator"})


def read_history(source: SourceDocument) -> OutageReading:
    """What one history/<slug>.yml saw; the slug is the name of the file.

    The lines are flat by construction, so no YAML is needed. Raises: OutageFileError when a line is missing.
    """
    lines = {key: clean_value(value).strip("'\"") for key, value in _LINE.findall(source.text)}
    for key in ("status", "lastUpdated"):
        if not lines.get(key):
            raise source.refuse("stop_outage_key", key=key)
    if lines["status"] not in STATES:
        raise source.refuse("stop_outage_state", names=", ".join(STATES))
    at = one_instant(_utc(lines["lastUpdated"]))
    if at is None:
        raise source.refuse("stop_outage_updated")
    site = {"slug": source.name.rpartition("/")[2].removesuffix(".yml"), "status": lines["status"], "url": lines["url"]}
    items, told = _seen_down(source, 1, site, at) if site["status"] != "up" else ([], [])
    state = Snapshot(series(_slug(site)), held_down(at, source.as_of) or at, site["status"] != "up")
    return to_reading(source, items, told, states=(state,))


def _utc(text: str) -> str:
    """A time without an offset is on the clock of the machine that wrote it, which keeps UTC."""
    return f"{text}Z" if re.fullmatch(r"[\d-]{10}[T ]\d\d?:\d\d(:\d\d([.,]\d+)?)?", text) else text


ADAPTERS = (
    Adapter("upptime-summary", recognises_summary, read_summary),
    Adapter("upptime-history", recognises_history, read_history),
)
