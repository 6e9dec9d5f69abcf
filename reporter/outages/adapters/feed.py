"""Statuspage history as Atom or RSS: the only times are in the HTML of each entry, without a year. Pure.

The newest post of an entry is given the year that brings it nearest to the entry's own date; each earlier post the last
year that puts it before the one after it. An entry that says SCHEDULED EVENT is a maintenance, with that window.
An incident lasts from its first post to the last that says Resolved, while no later post reopens it. A feed states no
impact: an incident is `unplanned`, unless its title speaks only of slowness or degradation. Nothing is ever fetched.

An entry of another feed, with no post in it, is a notice where its words tell a day or an hour, understood or not, or
where they say that it is over and its title does not say that something is down. One whose title says that something
works (`GCKey is UP`) is no outage, and somebody has to see which one it ends.
"""

import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from pandas import Timestamp

from reporter.errors import MissingLibraryError, OutageFileError
from reporter.model.problem import Problem
from reporter.model.shapes import UNDATED
from reporter.outages.adapters.statuspage import STATUSES
from reporter.outages.records import by_name, one_instant
from reporter.outages.source import (
    Adapter,
    Item,
    OutageReading,
    SourceDocument,
    address_of,
    clean_value,
    held_down,
    id_of,
    merge_readings,
    to_reading,
)
from reporter.resources import library
from reporter.text.formats import fold_name
from reporter.text.time_zones import OTTAWA, zone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_STAMP = r"([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2})\s*,\s*(\d{1,2}):(\d\d)"
_ZONE = r"\s+([A-Za-z]{1,5}|[+-]\d\d(?::?\d\d)?)"
_POST = re.compile(rf"^\s*{_STAMP}{_ZONE}\s*$")
_SAID = re.compile(r"^\s*([A-Z][A-Za-z ]{2,20}?)\s+-\s*(.*)$", re.DOTALL)
_WINDOW = re.compile(
    rf"SCHEDULED EVENT\s+{_STAMP}\s+-\s+(?:([A-Za-z]{{3}})[a-z]*\.?\s+(\d{{1,2}})\s*,\s*)?(\d{{1,2}}):(\d\d){_ZONE}"
)
_BREAKS = frozenset(["br", "small"])
_A_DAY = timedelta(days=1)
# The zones a page's settings can name. A feed is written by a machine, so PST and PDT mean what they say.
_HOURS = {
    "utc": 0.0, "gmt": 0.0, "z": 0.0, "nst": -3.5, "ndt": -2.5, "ast": -4.0, "adt": -3.0, "est": -5.0, "edt": -4.0,
    "hne": -5.0, "hae": -4.0, "cst": -6.0, "cdt": -5.0, "mst": -7.0, "mdt": -6.0, "pst": -8.0, "pdt": -7.0,
    "akst": -9.0, "akdt": -8.0, "hst": -10.0, "wet": 0.0, "west": 1.0, "bst": 1.0, "cet": 1.0, "cest": 2.0,
    "eet": 2.0, "eest": 3.0, "msk": 3.0, "jst": 9.0, "kst": 9.0, "awst": 8.0, "aest": 10.0, "aedt": 11.0,
    "nzst": 12.0, "nzdt": 13.0,
}  # fmt: skip
_ON_OTTAWAS_CLOCK = ("et", "he")


class Post(Struct, frozen=True):
    """One update of an entry: when, what it says the state is (in lower case), and its words."""

    at: str
    status: str
    text: str


def lines_of(html: str) -> list[str]:
    """The text of each block of the HTML, without its tags; a break, and the small type of a date, end a line too."""
    from reporter.outages.notice.page import html_lines  # only a feed with words in it needs the reader of pages

    return [text for line in html_lines(html, breaks=_BREAKS) if (text := clean_value(line.text))]


def posts_in(lines: list[str], anchor: datetime | None) -> tuple[list[Post], tuple[str, ...]]:
    """The posts, newest first, with their instants, and the zones nobody knows (read on Ottawa's clock).

    `anchor` is the entry's own date in UTC: the newest post is nearest to it. Without one no year can be told.
    """
    stamps = [(number, match.groups()) for number, line in enumerate(lines) if (match := _POST.match(line))]
    posts: list[Post] = []
    before: datetime | None = None
    for number, stamp in stamps if anchor else []:
        if anchor and (at := _dated(stamp, anchor, before)) is not None:
            posts.append(_post(at, _after(lines[number + 1 :])))
            before = at
    return posts, tuple(stamp[-1] for _, stamp in stamps if not _is_known(stamp[-1]))


def _dated(stamp: tuple[str, ...], anchor: datetime, before: datetime | None) -> datetime | None:
    """The post's instant: nearest to the entry's date, or the last one that is not after the post that followed it."""
    near = before or anchor
    dates = [at for year in range(near.year - 1, near.year + 2) if (at := _post_instant(year, *stamp)) is not None]
    if before is None:
        return min(dates, key=lambda at: abs(at - anchor), default=None)
    return max((at for at in dates if at <= before + _A_DAY), default=None)


def _post(at: datetime, words: str) -> Post:
    said = _SAID.match(words)
    return (
        Post(_post_iso(at), said[1].lower().replace(" ", "_"), said[2])
        if said
        else Post(_post_iso(at), "update", words)
    )


def _after(lines: Iterable[str]) -> str:
    """What stands under a date, up to the next."""
    words = []
    for line in lines:
        if _POST.match(line):
            break
        words.append(line)
    return " ".join(words)


def window_in(lines: list[str], anchor: datetime | None) -> tuple[tuple[str, str] | None, tuple[str, ...]]:
    """The window of a scheduled event, nearest to the entry's own date; an end without a date is of the same night."""
    match = _WINDOW.search(" ".join(lines))
    if match is None or anchor is None:
        return None, ()
    month, day, hour, minute, to_month, to_day, to_hour, to_minute, zone_name = match.groups()
    years = (anchor.year - 1, anchor.year, anchor.year + 1)
    starts = [
        (year, at) for year in years if (at := _post_instant(year, month, day, hour, minute, zone_name)) is not None
    ]
    if not starts:
        return None, ()
    year, began = min(starts, key=lambda pair: abs(pair[1] - anchor))
    ends = [_post_instant(y, to_month or month, to_day or day, to_hour, to_minute, zone_name) for y in (year, year + 1)]
    ended = next((at for at in ends if at is not None and at > began), None)
    if to_month is None and ends[0] is not None and ends[0] <= began:
        ended = ends[0] + _A_DAY
    odd = () if _is_known(zone_name) else (zone_name,)
    return (_post_iso(began), _post_iso(ended) if ended else ""), odd


def _is_known(zone_name: str) -> bool:
    name = zone_name.lower()
    return name in _HOURS or name in _ON_OTTAWAS_CLOCK or name[0] in "+-"


def _post_instant(year: int, month: str, day: str, hour: str, minute: str, zone_name: str) -> datetime | None:
    """The UTC clock at that wall time; nothing when the calendar has no such day (29 February)."""
    try:
        at = datetime(year, _MONTHS.index(month.lower()) + 1, int(day), int(hour) % 24, int(minute))  # noqa: DTZ001
        if (hours := _offset(zone_name)) is not None:
            return at - timedelta(hours=hours)
        offset = at.replace(tzinfo=zone(OTTAWA)).utcoffset()
        return at - (offset or timedelta())
    except (ValueError, OverflowError):
        return None


def _offset(zone_name: str) -> float | None:
    """Hours from UTC; none where the clock of Ottawa decides, season and all."""
    if zone_name[0] not in "+-":
        return _HOURS.get(zone_name.lower())
    digits = zone_name[1:].replace(":", "").ljust(4, "0")
    hours = int(digits[:2]) + int(digits[2:]) / 60
    return -hours if zone_name[0] == "-" else hours


def _post_iso(at: datetime) -> str:
    return f"{at.isoformat()}Z"


_SLOW = re.compile(
    r"\b(degraded|degradation|slow|slowness|delay(s|ed)?|latency|intermittent(e|ly)?|intermittence|dégradée?s?|lent(s|eur)?)\b"
)
_HARD = re.compile(r"\b(outage|unavailable|down|offline|panne|indisponible)\b")
_CODE = re.compile(r"/incidents/([\w-]+)")
_SAID_UP = re.compile(r"(?:\b(?:is|are|now|back|est|sont)\s|[:–-])\s*([\w ]+?)(?:\s+(?:again|now))?\W*$", re.IGNORECASE)
_FIRST = re.compile(r"\W*(\w+)\s*[^\w\s]")
_FURTHER = ("next", "prev-archive")
"""How a feed links to the entries that it holds no more: see RFC 5005."""
_OVER = ("resolved", "completed", "cancelled")


def recognises(source: SourceDocument) -> bool:
    """XML whose first element is that of a feed."""
    return bool(re.search(r"<(?:\w+:)?(rss|feed|rdf)\b", source.start)) and not source.start.startswith(
        "<!doctype html"
    )


def read(source: SourceDocument) -> OutageReading:
    """The entries of a status page's feed as outages.

    Raises: OutageFileError when it is no feed, or declares entities of its own.
    """
    if re.search(rb"<!ENTITY", source.content, re.IGNORECASE):
        raise source.refuse("stop_outage_entities")
    found = _parsed(source)
    entries = found.get("entries", [])
    problems: list[Problem] = []
    if found.get("bozo") and type(found.get("bozo_exception")).__name__ != "CharacterEncodingOverride":
        problems.append(
            source.problem(
                "source_feed_damaged", value=clean_value(found.get("bozo_exception"))[:120], record_id="feed"
            )
        )
    if any(link.get("rel") in _FURTHER for link in found.get("feed", {}).get("links", [])):
        problems.append(source.problem("source_page_left_out"))
    if not entries and not found.get("version"):
        raise source.refuse("stop_outage_feed")
    items: list[Item] = []
    notices: list[OutageReading] = []
    for row, entry in enumerate(entries, 1):
        told = _told(entry)
        if notice := _as_notice(source, entry, told):
            notices.append(notice)
        elif not told.posts and told.window is None and _is_up(title := clean_value(entry.get("title"))):
            number = clean_value(entry.get("id") or entry.get("link") or title)
            problems.append(source.problem("source_entry_up", row, value=title, record=title, record_id=number))
        else:
            items.append(_item(source, row, entry, told, problems))
    updated = one_instant(_iso(found.get("feed", {}).get("updated_parsed")))
    reading = to_reading(source, items, problems, complete_to=held_down(updated, source.as_of))
    return replace(merge_readings([reading, *notices]), sha256=source.sha256) if notices else reading


class EntryTimes(Struct, frozen=True):
    """What an entry tells of times: its lines, its posts, its window, and the zones that nobody knows."""

    lines: list[str]
    posts: list[Post]
    window: tuple[str, str] | None
    odd: tuple[str, ...]


def _told(entry: Mapping[str, Any]) -> EntryTimes:
    anchor = _instant(entry.get("published_parsed")) or _instant(entry.get("updated_parsed"))
    lines = lines_of(_html(entry))
    posts, unknown = posts_in(lines, anchor)
    window, odd = window_in(lines, anchor)
    if window is None and entry.get("maintenanceenddate"):
        window = (_iso(entry.get("published_parsed")), _mailed(entry["maintenanceenddate"]))
    return EntryTimes(lines, posts, window, (*unknown, *odd))


def _is_up(title: str) -> bool:
    """Whether a title says that something works (`GCKey is UP`, `Portal: operational`), or begins with `[Resolved]`."""
    said, mark = _SAID_UP.search(title), _FIRST.match(title)
    is_up = said is not None and by_name("monitor_states").get(fold_name(said[1])) == "up"
    return is_up or (mark is not None and by_name("status").get(fold_name(mark[1])) == "resolved")


def _as_notice(source: SourceDocument, entry: Mapping[str, Any], told: EntryTimes) -> OutageReading | None:
    """The entry as the notice that it is: it shows no posts, and its words tell other times than its publication."""
    published = _instant(entry.get("published_parsed")) or _instant(entry.get("updated_parsed"))
    at = source.as_of if published is None else Timestamp(published, tz="UTC").as_unit("us")
    if told.posts or told.window is not None or at is None:
        return None
    from reporter.outages.notice.read import notice_items, read_notice  # only a feed of notices needs their reader
    from reporter.outages.notice.words import says, tokens, without_old_days

    link, title = address_of(entry.get("link")), clean_value(entry.get("title"))
    words = "\n\n".join([f"# {title}", *told.lines] if title else told.lines)
    reading = read_notice(words, source.names, page=link or source.name, captured_at=at)
    is_timed = any(token.kind in "DT" for token in tokens(without_old_days(words))) and not reading.raw
    is_timed |= any(not outage_id.startswith(UNDATED) for outage_id in reading.raw)
    is_over = bool(reading.restored) and not says(title, "down", "degraded", "trouble")
    if not is_timed and not is_over:
        return None
    return OutageReading(
        reading.outages, reading.problems, source.sha256, open_items=notice_items(reading), raw=reading.raw
    )


def _parsed(source: SourceDocument) -> Mapping[str, Any]:
    """The feed, from bytes in memory: given a text, feedparser would open an address or a file of that name."""
    feedparser = library("feedparser", "feeds", kind=MissingLibraryError, where=source.name)
    try:
        found: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(source.content), sanitize_html=False, resolve_relative_uris=False
        )
    except OutageFileError:
        raise
    except Exception as e:  # a damaged feed fails in as many ways as the parsers below it
        raise source.refuse("stop_outage_feed") from e
    return found


def _item(
    source: SourceDocument, row: int, entry: Mapping[str, Any], told: EntryTimes, problems: list[Problem]
) -> Item:
    posts, window = told.posts, told.window
    link = clean_value(entry.get("link"))
    number = match[1] if (match := _CODE.search(link)) else clean_value(entry.get("id") or link).rpartition("/")[2]
    problems += [source.problem("source_zone_unknown", row, value=zone) for zone in dict.fromkeys(told.odd)]
    if not posts and window is None:
        problems.append(source.problem("source_posts_missing", row, value=number))
    title = clean_value(entry.get("title"))
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


def _html(entry: Mapping[str, Any]) -> str:
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
        return f"{parsedate_to_datetime(clean_value(text)[:80]).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError):
        return ""


def _iso(parsed: object) -> str:
    at = _instant(parsed)
    return f"{at.isoformat()}Z" if at and at.year >= 1000 else ""


ADAPTERS = (Adapter("feed", recognises, read),)
