"""Statuspage history as Atom or RSS: the only times are in the HTML of each entry, without a year. Pure.

The newest post of an entry is given the year that brings it nearest to the entry's own date; each earlier post the last
year that puts it before the one after it. An entry that says SCHEDULED EVENT is a maintenance, with that window.
An incident lasts from its first post to the last that says Resolved, while no later post reopens it. A feed states no
impact: an incident is `unplanned`, unless its title speaks only of slowness or degradation. Nothing is ever fetched.
"""

import io
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import feedparser

from reporter.errors import OutageFileError
from reporter.model.problem import Problem
from reporter.outages.items import Item, Source, clean, held_down, id_of, one_instant, to_reading
from reporter.outages.posts import Post, lines_of, posts_in, window_in
from reporter.outages.reading import OutageReading
from reporter.outages.statuspage import STATUSES

_SLOW = re.compile(
    r"\b(degraded|degradation|slow|slowness|delay(s|ed)?|latency|intermittent(e|ly)?|intermittence|dégradée?s?|lent(s|eur)?)\b"
)
_HARD = re.compile(r"\b(outage|unavailable|down|offline|panne|indisponible)\b")
_CODE = re.compile(r"/incidents/([\w-]+)")
_OVER = ("resolved", "completed", "cancelled")


def recognises(source: Source) -> bool:
    """XML whose first element is that of a feed."""
    return bool(re.search(r"<(?:\w+:)?(rss|feed|rdf)\b", source.start)) and not source.start.startswith(
        "<!doctype html"
    )


def read(source: Source) -> OutageReading:
    """The entries of a status page's feed as outages.

    Raises: OutageFileError when it is no feed, or declares entities of its own.
    """
    if re.search(rb"<!ENTITY", source.content, re.IGNORECASE):
        raise source.refused("declares XML entities, which no status page does; it is refused")
    found = _parsed(source)
    entries = found.get("entries", [])
    problems: list[Problem] = []
    if found.get("bozo"):
        problems.append(source.problem("source_feed_damaged", value=clean(found.get("bozo_exception"))[:120]))
    if not entries and not found.get("version"):
        raise source.refused("is not a feed that can be read; it may have been cut off: fetch it again")
    items = [item for row, entry in enumerate(entries, 1) if (item := _item(source, row, entry, problems))]
    updated = one_instant(_iso(found.get("feed", {}).get("updated_parsed")))
    return to_reading(source, items, problems, complete_to=held_down(updated, source.as_of))


def _parsed(source: Source) -> feedparser.FeedParserDict:
    """The feed, from bytes in memory: given a text, feedparser would open an address or a file of that name."""
    try:
        return feedparser.parse(io.BytesIO(source.content), sanitize_html=False, resolve_relative_uris=False)
    except OutageFileError:
        raise
    except Exception as e:  # a damaged feed fails in as many ways as the parsers below it
        raise source.refused("is not a feed that can be read; fetch it again") from e


def _item(source: Source, row: int, entry: feedparser.FeedParserDict, problems: list[Problem]) -> Item:
    html, anchor = _html(entry), _instant(entry.get("published_parsed")) or _instant(entry.get("updated_parsed"))
    lines = lines_of(html)
    posts, unknown = posts_in(lines, anchor)
    window, odd = window_in(lines, anchor)
    if window is None and entry.get("maintenanceenddate"):
        window = (_iso(entry.get("published_parsed")), _mailed(entry["maintenanceenddate"]))
    link = clean(entry.get("link"))
    number = match[1] if (match := _CODE.search(link)) else clean(entry.get("id") or link).rpartition("/")[2]
    problems += [source.problem("source_zone_unknown", row, value=zone) for zone in dict.fromkeys((*unknown, *odd))]
    if not posts and window is None:
        problems.append(source.problem("source_posts_missing", row, value=number))
    title = clean(entry.get("title"))
    began, ended, status = _when(posts, window, _iso(entry.get("published_parsed") or entry.get("updated_parsed")))
    is_web = link.startswith(("https://", "http://")) and " " not in link
    fields = {
        "outage_id": id_of("feed", number),
        "began_at": began,
        "ended_at": ended,
        "kind": "planned" if window else _kind(title),
        "verification": "official" if is_web else "unverified",
        "status": status,
        "announced_at": posts[-1].at if posts else _iso(entry.get("published_parsed")),
        "source_url": link if is_web else "",
        "title": title,
        "note": posts[0].text if posts else "",
    }
    return Item(row, fields, hint=title)


def _when(posts: list[Post], window: tuple[str, str] | None, published: str) -> tuple[str, str, str]:
    """Beginning, end and status; posts come newest first, and a post-mortem says nothing of either."""
    told = [post for post in posts if post.status != "postmortem"]
    newest = STATUSES.get(told[0].status, "ongoing") if told else ""
    if window:
        return *window, newest
    if not posts:
        return published, "", "ongoing"
    if newest not in _OVER:
        return posts[-1].at, "", "ongoing" if told else "resolved"
    return posts[-1].at, told[0].at, newest


def _kind(title: str) -> str:
    plain_title = title.lower()
    if not _SLOW.search(plain_title) or _HARD.search(plain_title):
        return "unplanned"
    return "intermittent" if "intermitten" in plain_title else "degraded"


def _html(entry: feedparser.FeedParserDict) -> str:
    content = entry.get("content") or [{}]
    return str(content[0].get("value") or entry.get("summary") or "")[:200_000]


def _instant(parsed: object) -> datetime | None:
    """What feedparser made of a date: a UTC clock, which a hostile feed may set to anything."""
    try:
        return datetime(*parsed[:6])  # type: ignore[index]  # noqa: DTZ001
    except (TypeError, ValueError):
        return None


def _mailed(text: object) -> str:
    """The form of a date in mail, which RSS has for the end of a maintenance."""
    try:
        return f"{parsedate_to_datetime(clean(text)[:80]).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError):
        return ""


def _iso(parsed: object) -> str:
    at = _instant(parsed)
    return f"{at.isoformat()}Z" if at and at.year >= 1000 else ""
