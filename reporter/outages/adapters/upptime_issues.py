"""Upptime's incident and maintenance issues, as GitHub's API or `gh issue list --json` give them. Pure.

An incident lasts from the opening of its issue to its closing; a maintenance, and an incident that says so itself,
from `start` to `end` in an HTML comment of the body, whose `expectedDown` and `expectedDegraded` name sites by slug.
A title with `degraded` is `degraded`. An incident closed as not planned, and a maintenance closed before its start, is
`cancelled`. The words of the issue go to the note; who wrote it is not read.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    SourceDocument,
    clean_value,
    id_of,
    records_in,
    require_keys,
    to_reading,
)

_COMMENT = re.compile(r"<!--(.*?)(?:-->|$)", re.DOTALL)
_SAID = re.compile(r"^[ \t]*(start|end|expectedDown|expectedDegraded)[ \t]*:(.*)$", re.MULTILINE)
_NAKED = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?")
_NAME = re.compile(r"^\W*(.*?) (?:is down|has degraded performance|is degraded)\s*$", re.IGNORECASE)
_ANY_DAY = re.compile(r"\bdegraded\b", re.IGNORECASE)
_LONGEST_TITLE = 300
_OURS = ("status", "maintenance")
Issue = Mapping[str, Any]


def recognises(source: SourceDocument) -> bool:
    """Numbered items with labels or a title."""
    if not source.looks_like_json:
        return False
    whole = source.document
    whole = whole.get("items", [whole]) if isinstance(whole, dict) else whole
    listed = whole[:50] if isinstance(whole, list) else []
    return any(isinstance(item, dict) and "number" in item and "title" in item for item in listed)


def read(source: SourceDocument) -> OutageReading:
    """The incidents and maintenances among the issues of an Upptime repository.

    Raises: OutageFileError when it is no list of issues.
    """
    issues, odd = records_in(source, _listed(source))
    require_keys(source, issues, ("number",), ("created_at", "createdAt"))
    ours = [(row, issue) for row, issue in issues if set(_labels(issue)) & {*_OURS}]
    if issues and len(ours) < len(issues):
        odd.append(source.problem("source_not_incidents", column="labels", count=str(len(issues) - len(ours))))
    return to_reading(source, [_item(row, issue) for row, issue in ours], odd)


def _listed(source: SourceDocument) -> list[object]:
    whole = source.document
    if isinstance(whole, dict):
        whole = whole.get("items", [whole] if "number" in whole else None)
    if not isinstance(whole, list):
        raise source.refuse("stop_outage_issues")
    return whole


def _item(row: int, issue: Issue) -> Item:
    body = issue.get("body") if isinstance(issue.get("body"), str) else ""
    said = {key: clean_value(value) for comment in _COMMENT.findall(str(body)) for key, value in _SAID.findall(comment)}
    slugs = [label for label in _labels(issue) if label not in _OURS]
    named = [slug for key in ("expectedDown", "expectedDegraded") for slug in said.get(key, "").split(",")]
    title, address = clean_value(issue.get("title")), clean_value(issue.get("html_url") or issue.get("url"))
    opened = clean_value(issue.get("created_at") or issue.get("createdAt"))
    closed = clean_value(issue.get("closed_at") or issue.get("closedAt"))
    is_maintenance = "maintenance" in _labels(issue)
    began = _utc(said.get("start", "")) or opened
    fields = {
        "outage_id": id_of("upptime", f"{slugs[0] if slugs else 'maintenance'}#{clean_value(issue.get('number'))}"),
        "began_at": began,
        "ended_at": _utc(said.get("end", "")) or ("" if is_maintenance else closed),
        "kind": _kind(title, said, is_maintenance),
        "verification": "official" if address.startswith("https://") else "unverified",
        "status": _status(issue, began, closed, is_maintenance),
        "announced_at": opened,
        "source_url": address if address.startswith("https://") else "",
        "title": title,
        "note": clean_value(_COMMENT.sub(" ", str(body))),
    }
    parts = tuple((slug.strip(),) for slug in named if slug.strip()) or _parts(title, slugs)
    return Item(row, fields, tuple(dict.fromkeys(parts)), hint=title)


def _kind(title: str, said: Mapping[str, str], is_maintenance: bool) -> str:
    if is_maintenance:
        return "degraded" if said.get("expectedDegraded") and not said.get("expectedDown") else "planned"
    return "degraded" if _ANY_DAY.search(title) else "unplanned"


def _status(issue: Issue, began: str, closed: str, is_maintenance: bool) -> str:
    """Open or closed is all an issue says; a maintenance that stays open is read off the clock by records.py."""
    if not closed and clean_value(issue.get("state")).lower() != "closed":
        return "" if is_maintenance else "ongoing"
    if clean_value(issue.get("state_reason") or issue.get("stateReason")).lower() == "not_planned":
        return "cancelled"
    return "cancelled" if is_maintenance and _is_before(closed, began) else "resolved"


def _is_before(first: str, second: str) -> bool:
    """Whether both are instants, and in this order; read without pandas, since it is asked for each issue."""
    try:
        one, other = datetime.fromisoformat(first), datetime.fromisoformat(second)
    except ValueError:
        return False
    return one.replace(tzinfo=one.tzinfo or UTC) < other.replace(tzinfo=other.tzinfo or UTC)


def _parts(title: str, slugs: list[str]) -> tuple[tuple[str, ...], ...]:
    """The site of an incident by its slug and, from the title, by its name."""
    name = match[1] if (match := _NAME.match(title[:_LONGEST_TITLE])) else ""
    if len(slugs) == 1 and name:
        return ((slugs[0], name),)
    return tuple((slug,) for slug in slugs) or (((name,),) if name else ())


def _labels(issue: Issue) -> list[str]:
    found = issue.get("labels")
    listed = found if isinstance(found, list) else clean_value(found).split(",")
    texts = [clean_value(label.get("name")) if isinstance(label, dict) else clean_value(label) for label in listed]
    return [text for text in texts if text]


def _utc(text: str) -> str:
    """A time without an offset is UTC, as Upptime itself reads it."""
    return f"{text}Z" if _NAKED.fullmatch(text) else text


ADAPTERS = (Adapter("upptime-issues", recognises, read),)
