"""The digest of a document without the clocks in it: two that differ in nothing else say the same. Pure.

A clock is an instant that a document says of itself: in the head of a feed, a calendar or a status page, or behind
words such as `last updated`. The instants of its items are never clocks, however close to the capture: an outage that
began five minutes ago may have the words of yesterday's.
"""

import hashlib
import json
import re
from typing import Any

_OF_ITSELF = frozenset(
    ("updated_at", "updatedat", "last_updated", "lastupdated", "generated_at", "generatedat", "generated", "timestamp",
     "now", "fetched_at", "server_time", "servertime", "last_modified", "lastmodified", "request_id", "requestid")
)  # fmt: skip
_HEADS = frozenset(("page", "meta", "status_page", "statuspage", "info"))
_MONTH = r"(?:[a-zéû]{3,9}\.?)"
_LABEL = (
    r"((?:last (?:updated|modified|checked|refreshed)|(?:page )?(?:generated|rendered|loaded)(?: on| at)?|"
    r"(?:current|server) time|date modified|derni[èe]re mise [àa] jour|mise [àa] jour|"
    r"date de modification|heure actuelle|g[ée]n[ée]r[ée]e? le)\W{0,12}(?:le |on |at |[àa] )?)"
)
_STAMP = (
    rf"(?:{_MONTH} )?\d[\d:./,+\- TZ]*(?:{_MONTH}[\d:./,+\- TZ]+)?(?:(?:at|[àa]) [\d:]+)?"
    r"(?: ?[ap]\.?m\b\.?)?(?: ?(?:UTC|GMT|[ECMP][SD]T)\b)?"
)
_LABELLED = re.compile(_LABEL + _STAMP, re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEAD_OF_FEED = re.compile(r"<(lastBuildDate|pubDate|updated|dc:date)>[^<]*</\1>", re.IGNORECASE)
_FIRST_ENTRY = re.compile(r"<(?:item|entry)[\s>]", re.IGNORECASE)
_OF_CALENDAR = re.compile(r"^DTSTAMP[^\r\n]*\r?\n?", re.MULTILINE)


def clockless_sha256(content: bytes) -> str:
    """The digest of the document without its clocks."""
    return hashlib.sha256(_clockless(content.decode("utf-8", "replace")).encode("utf-8", "replace")).hexdigest()


def _clockless(text: str) -> str:
    start = text[:1000].lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        return _json(text)
    if start.upper().startswith("BEGIN:VCALENDAR"):
        return _OF_CALENDAR.sub("", text)
    return _markup(text) if start[:1] == "<" else text


def _markup(text: str) -> str:
    first = _FIRST_ENTRY.search(text)
    if first is None:
        return _LABELLED.sub(r"\1", _COMMENT.sub("", text))
    return _HEAD_OF_FEED.sub("", text[: first.start()]) + text[first.start() :]


def _json(text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(document, dict):
        return text
    heads = {key: _headless(value) for key, value in document.items() if key.lower() in _HEADS}
    return json.dumps(_headless(document) | heads, sort_keys=True, ensure_ascii=False)


def _headless(record: Any) -> Any:
    """An object without the instants it says of itself."""
    if not isinstance(record, dict):
        return record
    return {key: value for key, value in record.items() if key.lower() not in _OF_ITSELF or isinstance(value, dict)}
