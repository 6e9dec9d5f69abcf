"""Notices as people publish them, in English and French, to draft outages: for somebody to confirm, or refused.

Pure: the text, the page it came from and the instant of its capture are handed in. Nothing said in a notice is
lost in silence: each fragment that speaks of an outage becomes a draft or is refused with a reason.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise, takewhile
from typing import Any

import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import DataFrame, Timestamp

from reporter.model.problem import Problem
from reporter.model.shapes import DRAFT, OUTAGES, REFUSED, UNDATED, UNSPECIFIED, OpenItem
from reporter.outages.notice.page import (
    NoticePage,
    PageLine,
    Section,
    day_ended,
    day_meant,
    heading_windows,
    lines_left,
    minutes_told,
    page_fault,
    read_page,
    sections,
)
from reporter.outages.notice.times import (
    Doubt,
    NoticeWindow,
    Unreadable,
    WindowText,
    hours_left,
    is_of_either_night,
    is_of_night,
    is_repeated,
    of_night,
    repeated_windows,
    resolve_window,
    said_windows,
    window_doubt,
)
from reporter.outages.notice.words import (
    UNKNOWN_ZONE,
    Day,
    Zone,
    clauses_over,
    denies,
    fold,
    is_excepted,
    is_hour_moved,
    is_moved,
    is_official,
    is_put_off,
    is_relapse,
    is_standing,
    is_vague,
    is_web_address,
    language_of,
    minutes_added,
    named_services,
    says,
    sentences,
    service_of,
    tokens,
    without_old_days,
    without_spared,
    zone_of_all,
    zone_told,
)
from reporter.outages.records import decode_record
from reporter.outages.source import OutageReading, SourceDocument, in_order
from reporter.text.time_zones import OTTAWA, zone

log = logging.getLogger(__name__)


def _surrounding_doubts(text: str, services: str, how: str, *, is_hidden: bool) -> list[Doubt]:
    """The doubts that come from where a notice stands and whom it speaks of."""
    is_test = says(text, "test_only") and not says(text, "production")
    found = {
        window_doubt("notice_service_from_page", used=services): how == "page",
        window_doubt("notice_service_unknown"): services == UNSPECIFIED,
        window_doubt("notice_hidden"): is_hidden,
        window_doubt("notice_test_environment"): is_test,
        window_doubt("notice_moved"): is_moved(text),
        window_doubt("notice_excepted"): is_excepted(text),
        window_doubt("notice_extended"): says(text, "extended"),
    }
    return [one for one, holds in found.items() if holds]


def _notice_kind(heading: str, text: str, window: NoticeWindow, captured_at: Timestamp, *, is_now: bool) -> str:
    """Security, degraded, intermittent, planned or unplanned: what the words say, else whether it was told beforehand.

    Maintenance that "may cause instability" is planned, so that its hours count as down.
    """
    if says(text, "security"):
        return "security"
    if says(text, "degraded") and not says(text, "down") and (is_now or not says(text, "works")):
        return "intermittent" if says(text, "intermittent") else "degraded"
    if is_now:
        return "planned" if says(text, "works") else "unplanned"
    if says(text, "planned", "works") or says(heading, "planned", "works"):
        return "planned"
    is_begun = window.began_at < captured_at and (says(text, "now") or not says(text, "ahead"))
    return "unplanned" if is_begun or says(text, "past", "over") else "planned"


def _calls_off(sentence: str, window: NoticeWindow) -> bool:
    """Whether it says that something is cancelled, and names no other day than that of the window."""
    days = [(token.what.month, token.what.day) for token in tokens(sentence) if isinstance(token.what, Day)]
    on = window.began_at.tz_convert(zone(OTTAWA))
    return says(sentence, "cancelled") and (not days or (on.month, on.day) in days)


def _status_of(window: NoticeWindow, text: str, captured_at: Timestamp) -> str:
    """Cancelled by its words, unless another day holds instead; else what the clock says at the capture."""
    if not is_moved(text) and any(_calls_off(one, window) for one in sentences(text)):
        return "cancelled"
    if window.began_at > captured_at:
        return "announced"
    return "resolved" if window.ended_at is not None and window.ended_at <= captured_at else "ongoing"


_TITLE = 90
_NOTE = 1000


class Draft(Struct, frozen=True):
    """One outage as a notice tells it; `number` is the line it stands on, `is_now` that it has no time of its own."""

    window: NoticeWindow
    services: str
    kind: str
    status: str
    title: str
    raw: str
    language: str
    number: int
    is_now: bool = False

    def with_doubt(self, added: Doubt) -> "Draft":
        """The draft with one more doubt."""
        return replace(self, window=replace(self.window, doubts=(*self.window.doubts, added)))

    def problems(self, source: str) -> list[Problem]:
        """The doubts, each with the line and its words; one of a kind."""
        found = dict.fromkeys(self.window.doubts)
        value = " ".join(self.raw.split())[:120]
        return [Problem(source, one.code, row=self.number, value=value, details=dict(one.details)) for one in found]


def _one_of_each(drafts: list[Draft]) -> list[Draft]:
    """A window told twice in one language once; where only the ends differ, the later counts, with a doubt."""
    kept: dict[tuple[str, str, Timestamp], Draft] = {}
    for draft in drafts:
        key = (draft.language, draft.services, draft.window.began_at)
        before = kept.get(key)
        if before is None or before.window.ended_at == draft.window.ended_at:
            kept[key] = before or draft
            continue
        ends = [one.window.ended_at for one in (before, draft)]
        ended = None if None in ends else max(end for end in ends if end is not None)
        told = window_doubt("notice_told_twice", one=_text(before), other=_text(draft))
        kept[key] = replace(before, window=replace(before.window, ended_at=ended)).with_doubt(told)
    return list(kept.values())


def _one_for_both_languages(drafts: list[Draft]) -> list[Draft]:
    """The English and the French of one window as one draft; where they disagree, a doubt, and no down time lost.

    Of two that overlap the longer reach counts; two that do not are kept apart.
    """
    english = [draft for draft in drafts if draft.language != "fr"]
    french = [draft for draft in drafts if draft.language == "fr"]
    if not english or not french:
        return drafts
    pairs, left, rest = _matched(english, french, _agree)
    close, left, rest = _matched(left, rest, _overlap)
    pairs += close
    if len(left) == len(rest):
        pairs += list(zip(left, rest, strict=True))
        left = rest = []
    joined = [draft for first, second in pairs for draft in _joined(first, second)]
    return sorted([*joined, *left, *rest], key=lambda draft: draft.number)


def _matched(
    english: list[Draft], french: list[Draft], fit: Callable[[Draft, Draft], bool]
) -> tuple[list[tuple[Draft, Draft]], list[Draft], list[Draft]]:
    """The pairs that fit, and what is left of each language."""
    pairs: list[tuple[Draft, Draft]] = []
    left: list[Draft] = []
    rest = list(french)
    for draft in english:
        match = next((other for other in rest if fit(draft, other)), None)
        if match is None:
            left.append(draft)
        else:
            rest.remove(match)
            pairs.append((draft, match))
    return pairs, left, rest


def _agree(one: Draft, other: Draft) -> bool:
    same_services = one.services == other.services or UNSPECIFIED in (one.services, other.services)
    return same_services and _bounds(one) == _bounds(other)


def _bounds(draft: Draft) -> tuple[Timestamp, Timestamp | None]:
    return draft.window.began_at, draft.window.ended_at


def _joined(one: Draft, other: Draft) -> list[Draft]:
    services = other.services if one.services == UNSPECIFIED else one.services
    raw = f"{one.raw}\n\n{other.raw}"
    if _bounds(one) == _bounds(other) and (one.services == services == other.services or _agree(one, other)):
        doubts = [
            found for found in one.window.doubts if found in other.window.doubts or found.code not in _ONE_IS_ENOUGH
        ]
        doubts += [found for found in other.window.doubts if found.code not in _ONE_IS_ENOUGH]
        return [replace(one, services=services, raw=raw, window=replace(one.window, doubts=tuple(doubts)))]
    told = window_doubt("notice_languages_disagree", english=_text(one), french=_text(other))
    if _overlap(one, other):
        began = min(one.window.began_at, other.window.began_at)
        ends = [draft.window.ended_at for draft in (one, other)]
        ended = None if None in ends else max(end for end in ends if end is not None)
        doubts = [*one.window.doubts, *other.window.doubts, told]
        return [replace(one, raw=raw, window=NoticeWindow(began, ended, one.window.is_day, tuple(doubts)))]
    return [one.with_doubt(told), other.with_doubt(told)]


# What the other language may settle: a service or a year it names.
_ONE_IS_ENOUGH = frozenset({"notice_service_unknown", "notice_service_from_page", "notice_year_assumed"})


def _overlap(one: Draft, other: Draft) -> bool:
    """Whether two drafts of the same services share an instant."""
    if one.services != other.services:
        return False
    first, second = sorted((one, other), key=lambda draft: draft.window.began_at)
    return first.window.ended_at is None or second.window.began_at < first.window.ended_at


def _text(draft: Draft) -> str:
    began, ended = _bounds(draft)
    return f"{draft.services} {_iso(began)} – {_iso(ended) if ended is not None else '?'}"


def _iso(at: Timestamp) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")


def _drafts_frame(drafts: list[Draft], page: str, captured_at: Timestamp) -> tuple[DataFrame, Mapping[str, str]]:
    """The drafts as OUTAGES, and the words of each by its id; a window told twice counts once."""
    rows = {row["outage_id"]: row for row in reversed([_draft_row(draft, page, captured_at) for draft in drafts])}
    if not rows:
        return OUTAGES.empty(), {}
    raw = {row["outage_id"]: str(row["raw"]) for row in rows.values()}
    return in_order(OUTAGES.cast(DataFrame(list(rows.values())))), raw


def _draft_row(draft: Draft, page: str, captured_at: Timestamp) -> dict[str, Any]:
    title = " ".join(draft.title.split())
    return {
        "outage_id": _id(draft, page, captured_at),
        "services": draft.services,
        "began_at": draft.window.began_at,
        "ended_at": draft.window.ended_at,
        "kind": draft.kind,
        "verification": "official" if is_official(page) else "unverified",
        "status": draft.status,
        "announced_at": None,
        "source_url": page if is_web_address(page) else "",
        "title": title if len(title) <= _TITLE else f"{title[: _TITLE - 1].rstrip()}…",
        "note": " ".join(draft.raw.split())[:_NOTE],
        "precision": "day" if draft.window.is_day else "minute",
        "source_row": f"{page or 'notice'}:{draft.number}",
        "raw": draft.raw,
    }


def _id(draft: Draft, page: str, captured_at: Timestamp) -> str:
    """The same notice read again has the same id. Without a time of its own, it is the outage of that Ottawa day."""
    day = captured_at.tz_convert(zone(OTTAWA)).strftime("%Y-%m-%d")
    when = day if draft.is_now else _iso(draft.window.began_at)
    seed = "|".join((draft.services, when, "now" if draft.is_now else "", page.lower()))
    return (UNDATED if draft.is_now else "notice-") + hashlib.sha256(seed.encode()).hexdigest()[:12]


__all__ = ["NoticeReading", "read_notice"]
LONGEST = 2_000_000
STALE_DAYS = 30
NO_OUTAGE = frozenset({"notice_no_outage", "notice_static_help", "notice_hidden_undated"})
"""Why a fragment of a page is no outage by its nature; any other that is refused may be one."""
_SHOWN = 300
_IS_HEADED = re.compile(r"\s*(?:[^\W\d][\w .()/'-]{0,40}([,;\t]) ?)(?:[\w .()/'-]{0,40}\1 ?)*[\w .()/'-]{0,40}\r?\n")
"""Headings of a table: a line of short words between separators, which no notice begins with."""
_SINCE = re.compile(
    r"\b(?:since|depuis|as of|starting|beginning|effective|a (?:compter|partir) d\w*|des)\W+(?:\w+\W+){0,3}$"
)
_PRESENT = re.compile(r"\b(?:is|are|has|have|cannot|can't|seems?|appears?|est|sont|ne|n'|semble(?:nt)?|connai\w+)\b")
_CUT = re.compile(r"[.!?;](?:\s|$)|\b(?:begin\w*|start\w*|commenc\w*|debut\w*)")
_AT = re.compile(r"\b(?:at|on|by|around|about|since|a|le|vers|depuis)\W+$")
_IN_FRONT = re.compile(r"\W*(?:(?!on\b|le\b|this\b|ce\b)\w+\W+){0,2}")
_AT_LEAST = re.compile(
    r"\b(?:at least|at the earliest|no (?:earlier|sooner) than|au moins|au plus tot|au minimum)\b"
    r"(?! (?:\w+ ){0,2}(?:hours?|minutes?|heures?)\b)"
)
_NEAR = 25  # letters between the hours of a window and words about its end
_BEGAN = re.compile(r"\b(?:began|begun|started|(?:a|avait|ont|avaient) (?:debute|commence))\b")
_A_NAME = 8  # words
_CLOSE = 60  # letters between the words for an end and its instant


class NoticeReading(Struct, frozen=True):
    """What a notice says: OUTAGES to be confirmed, problems, what was refused and why, and the words of each draft.

    `refused` holds (fragment as written, code of problems/notices.toml); `raw` the text of each outage by its id;
    `restored` what is said to be back: the end of an outage that is on record.
    """

    outages: DataFrame
    problems: tuple[Problem, ...]
    refused: tuple[tuple[str, str], ...]
    raw: Mapping[str, str] = field(default_factory=dict)
    restored: tuple["Restored", ...] = ()


class Restored(Struct, frozen=True):
    """What a notice says is back: its services, since when (the capture, where no time is told), in which words."""

    services: str
    at: Timestamp
    text: str


class _Reader(Struct):
    """Gathers the drafts and refusals of one page."""

    page: str
    names: Mapping[str, str]
    captured_at: Timestamp
    language: str | None
    is_page: bool
    zone: Zone | None = None
    """That of all its times, where a line says so."""
    drafts: list[Draft] = field(default_factory=list)
    refused: list[tuple[str, str, int]] = field(default_factory=list)
    restored: list[Restored] = field(default_factory=list)
    met: set[int] = field(default_factory=set)
    """The numbers of the lines that are accounted for."""

    def refuse(self, text: str, reason: str, number: int) -> None:
        """Keeps the fragment and why it is no outage."""
        self.met.add(number)
        self.refused.append((text[:_SHOWN], reason, number))


def read_notice(
    text: str,
    names: Mapping[str, str],
    *,
    page: str = "",
    captured_at: Timestamp,
    language: str | None = None,
    stale_days: int = STALE_DAYS,
    tables_read: Collection[int] = (),
) -> NoticeReading:
    """The outages a notice, a saved page or a maintenance file speaks of, as drafts; never raises on any text.

    `page` is the address or file name it came from: it decides what "this online service" means, and only an
    address of the government itself makes a draft official. A window that ended more than `stale_days` before the
    capture is kept as history. A missing year is the one nearest to the capture.

    Takes:   text - HTML, markdown or plain; names - plain service names to ids; captured_at - UTC; tables_read - the
    tables of the page, from 1, that were read as such: only what stands beside them is read here.
    Returns: OUTAGES by beginning, each with its raw text; problems; what was refused.
    """
    source = page or "notice"
    if len(text) > LONGEST:
        problem = Problem(source, "notice_too_long", value=text[:_SHOWN], details={"limit": str(LONGEST)})
        return NoticeReading(OUTAGES.empty(), (problem,), ((text[:_SHOWN], "notice_too_long"),))
    whole = read_page(text)
    beside = tuple(line for line in whole.lines if line.cell[0] not in tables_read)
    whole = replace(whole, lines=beside) if tables_read else whole
    reader = _Reader(page, names, captured_at, language, whole.is_page)
    reader.zone = next((said for line in whole.lines if (said := zone_of_all(line.text))), None)
    for section in sections(whole):
        _read_section(section, reader)
    if whole.is_page:
        reader.refused += [(words, code, number) for code, number, words in lines_left(whole, reader.met, names)]
    if not reader.drafts and not reader.refused and not tables_read:
        _refuse_whole(whole, text, reader)
    each = _one_of_each([_aged(draft, captured_at, stale_days) for draft in reader.drafts])
    drafts = _one_for_both_languages(each)
    outages, raw = _drafts_frame(drafts, page, captured_at)
    problems = [Problem(source, code, row=number, value=words[:120]) for words, code, number in reader.refused]
    problems += [problem for draft in drafts for problem in draft.problems(source)]
    log.info("%s: %d drafts, %d refused", "page" if is_web_address(page) else "text", len(outages), len(reader.refused))
    refused = tuple((words, code) for words, code, _ in reader.refused)
    in_order = tuple(sorted(problems, key=lambda problem: problem.row))
    return NoticeReading(outages, in_order, refused, raw, tuple(reader.restored))


def _refuse_whole(page: NoticePage, text: str, reader: _Reader) -> None:
    """Nothing in it says that something is down; a line with a day and its hours is named, for it may mean it."""
    if page.is_page and (fault := page_fault(page, text, reader.names)):
        reader.refuse(fault[1], fault[0], 0)
        return
    timed = [
        (number, line.text)
        for number, line in enumerate(page.lines, 1)
        if not reader.is_page and any(one.began_on and one.began and one.ended for one in said_windows(line.text))
    ]
    for number, text in timed:
        reader.refuse(text, "notice_hours_only", number)
    whole = " ".join(line.text for line in page.lines)
    if not timed:
        code = "notice_unclear" if not reader.is_page and _may_tell(whole, reader) else "notice_no_outage"
        reader.refuse(whole if code == "notice_unclear" else page.lines[0].text if page.lines else "", code, 0)


def _may_tell(text: str, reader: _Reader) -> bool:
    """Whether words of which none was understood may tell an outage: they name a service, and are no known help."""
    names_one = bool(named_services(text, reader.names)) or says(text, "this_one")
    return names_one and not says(text, "standing", "conditional", "none") and not clauses_over(text)[0]


def _read_section(section: Section, reader: _Reader) -> None:
    if section.is_dated and _is_maintenance(section):
        _read_dated(section, reader)
        return
    day = next((window.began_on for window in said_windows(section.heading) if window.began_on), None)
    zone = zone_told(section.heading)
    is_listed, before = says(section.heading, "down", "degraded", "works"), len(reader.drafts)
    subject = ""
    for at, (number, given) in enumerate(section.lines):
        if number in reader.met:
            continue
        line = _with_listed(given, section.lines[at + 1 :], reader)
        below = [other for _, other in section.lines[at + 1 :]]
        if _is_opening(line, below):  # `unavailable on June 9:` and then a list of the hours
            reader.met.add(number)
            day, is_listed = next((w.began_on for w in said_windows(line.text) if w.began_on), day), True
            zone = zone_told(line.text) or zone
            continue
        if is_listed and _is_subject(line, below, reader.names):
            reader.met.add(number)
            subject = line.text
            continue
        subject = subject if line.is_item else ""
        line = replace(line, text=f"{subject}: {line.text}") if subject else line
        if zone_of_all(line.text) and not said_windows(line.text):
            reader.met.add(number)
            continue
        context = _Above(day, zone if line.is_item else None, is_listed)
        last = _read_line(line, number, section, reader, context)
        day = last or day
        is_listed = is_listed if line.is_item else says(line.text, "down", "degraded", "works")
    if len(reader.drafts) == before and says(section.heading, "now") and says(section.heading, "down", "degraded"):
        _read_undated(section.heading, section.number, [], reader, _Where(section, None, section.heading))
    is_told = any(number in reader.met for number, _ in section.lines)
    if section.box and reader.is_page and not is_told and not section.is_hidden and _may_tell(section.body, reader):
        reader.refuse(section.body, "notice_unclear", section.lines[0][0])


def _with_listed(line: PageLine, below: list[tuple[int, PageLine]], reader: _Reader) -> PageLine:
    """The line with the items under it that only name a service: `The following will be unavailable:`."""
    if line.is_item or not line.text.endswith(":") or not any(one.began for one in said_windows(line.text)):
        return line
    items = list(takewhile(lambda one: one[1].is_item, below))
    if not items or any(said_windows(one.text) or not named_services(one.text, reader.names) for _, one in items):
        return line
    reader.met.update(number for number, _ in items)
    return replace(line, text=f"{line.text} {', '.join(one.text for _, one in items)}")


def _is_subject(line: PageLine, below: list[PageLine], names: Mapping[str, str]) -> bool:
    """A line that only names a service, above items with its hours."""
    is_name = len(line.text.split()) <= _A_NAME and bool(named_services(line.text, names))
    return is_name and not said_windows(line.text) and bool(below) and below[0].is_item and _is_hours(below[0].text)


def _is_hours(text: str) -> bool:
    return any(one.began for one in said_windows(text))


def _is_maintenance(section: Section) -> bool:
    """Whether a dated heading announces work or an outage; a news item may have a date for a title too."""
    whole = f"{section.context}. {section.heading}\n\n{section.body}"
    is_told = says(f"{section.context}. {section.heading}", "down", "works", "planned")
    is_timed = any(window.began for window in said_windows(section.heading))
    return says(whole, "down", "degraded", "planned", "works") and (is_told or is_timed)


def _is_opening(line: PageLine, below: list[PageLine]) -> bool:
    """A sentence that leaves the hours to the items under it."""
    if line.is_item or not below or not below[0].is_item or not says(line.text, "down", "degraded", "works"):
        return False
    is_timed = any(window.began for window in said_windows(line.text))
    return not is_timed and any(window.began for window in said_windows(below[0].text))


def _read_dated(section: Section, reader: _Reader) -> None:
    """A heading with a date, and what stands under it: one window for each the heading tells."""
    whole = f"{section.heading}\n\n{section.body}".strip()
    reader.met.update({section.number, *(number for number, _ in section.lines)})
    where = _Where(section, minutes_told(section.body), section.body or whole, section.is_hidden)
    windows = heading_windows(section)
    for said in windows:
        _add(said, whole, section.number, reader, where)
    if _is_left(whole, windows):
        reader.refuse(whole, "notice_days_left", section.number)


class _Where(Struct, frozen=True):
    """Where a window stands: its section, how long the text says it takes, and the words that tell the service.

    `between` are services named between the windows of one line: nobody can tell which window is whose.
    """

    section: Section
    minutes: int | None
    about: str
    is_hidden: bool = False
    doubts: tuple[Doubt, ...] = ()
    between: tuple[str, ...] = ()


class _Above(Struct, frozen=True):
    """What the lines above a line have told: the day, the zone, and whether they spoke of an outage."""

    day: Day | None
    zone: Zone | None
    is_listed: bool


def _read_line(line: PageLine, number: int, section: Section, reader: _Reader, above: _Above) -> Day | None:
    """One paragraph or item: its drafts or its refusal. Returns the last day it names, for the items after it."""
    text = line.text
    windows = [_in_zone(one, above.zone) for one in said_windows(text)]
    if is_repeated(text) and _is_about(line, windows, is_listed=above.is_listed, is_notice=True):
        _read_repeated(text, number, windows, reader, _Where(section, None, text, line.is_hidden))
        return None
    days = [window.began_on for window in windows if window.began_on]
    if not _is_about(line, windows, is_listed=above.is_listed, is_notice=bool(section.box) or not reader.is_page):
        return days[-1] if days else None
    where = _Where(section, minutes_told(text), text, line.is_hidden or section.is_hidden)
    timed = [window for window in windows if window.began is not None or not reader.is_page or section.box]
    dated = [window for window in timed if window.began_on] or _placed(timed, text, above.day, reader.captured_at)
    is_again = is_relapse(text) and not any(one.ended for one in windows)
    is_crossed = "respectiv" in fold(text) and len(dated) > 1 and len(named_services(text, reader.names)) < 2
    is_again = (
        is_again or is_crossed or any(is_of_either_night(one, text) or _is_since_back(text, one) for one in windows)
    )
    if is_again or any(is_unclear(text) for is_unclear in (is_hour_moved, is_vague, is_put_off, denies)):
        reader.refuse(text, "notice_unclear", number)
    elif clauses_over(text)[0] and not any(one.ended or one.ended_on for one in windows) and not is_standing(text):
        _restore(text, number, reader, where)
    elif dated and (days or not is_standing(text)):
        if above.day is None and not days:
            where = replace(where, doubts=(window_doubt("notice_day_assumed"),))
        where = replace(where, between=_services_between(text, dated, reader))
        for said in dated:
            _add(said, text, number, reader, where)
        if _is_left(text, dated):
            reader.refuse(text, "notice_days_left", number)
        elif says(text, "until_told") and all(one.ended for one in dated):  # `from March 4 on, from 1 a.m. to 3 a.m.`
            reader.refuse(text, "notice_repeats", number)
    else:
        _read_undated(text, number, windows, reader, where)
    return days[-1] if days else None


def _services_between(text: str, windows: list[WindowText], reader: _Reader) -> tuple[str, ...]:
    """The services that a line names only after the first of its windows and before another, none of them spared."""
    if len(windows) > 1 and "respectiv" in fold(text):
        return tuple(named_services(text, reader.names))
    gaps = [text[one.end : other.start] for one, other in pairwise(windows) if one.end <= other.start]
    found = named_services(without_spared(" · ".join(gaps)), reader.names)
    return tuple(found) if set(found) - set(named_services(text[: windows[0].end], reader.names)) else ()


def _is_left(text: str, windows: list[WindowText]) -> bool:
    """Whether the words name a day or an hour that none of these windows holds, nor says to be moved or excepted."""
    if is_moved(text):
        return False
    told = [token.what for token in tokens(without_old_days(text)) if isinstance(token.what, Day)]
    spans = [(one.began_on, one.ended_on or one.began_on) for one in windows if one.began_on]
    held = [((first.month, first.day), (last.month, last.day)) for first, last in spans if first and last]
    days = [day for day in told if not any(_holds(first, last, (day.month, day.day)) for first, last in held)]
    return (bool(days) and not is_of_night(text)) or hours_left(text, windows) or says(text, "same_hours")


def _holds(first: tuple[int, int], last: tuple[int, int], day: tuple[int, int]) -> bool:
    return first <= day <= last if first <= last else day >= first or day <= last


def _read_repeated(text: str, number: int, windows: list[WindowText], reader: _Reader, where: _Where) -> None:
    """A window for each day it comes on; where that is not plain, somebody has to write them out."""
    found = repeated_windows(text, windows, reader.captured_at.tz_convert(zone(OTTAWA)).date())
    if found is None:
        reader.refuse(text, "notice_repeats", number)
    for said in found or ():
        _add(said, text, number, reader, where)


def _in_zone(said: WindowText, zone: Zone | None) -> WindowText:
    return said if said.zone else replace(said, zone=zone, ended_zone=zone)


def _is_about(line: PageLine, windows: list[WindowText], *, is_listed: bool, is_notice: bool) -> bool:
    """Whether a line speaks of an outage: by its words, as an item under such words, or as work with its hours.

    `is_notice` is a box or a text that is no page: there, `is now available` speaks of an outage too.
    """
    if says(line.text, "down", "degraded"):
        return True
    if is_notice and (says(line.text, "extended", "trouble") or clauses_over(line.text)[0]):
        return True
    if is_listed and (line.is_item or is_notice):
        return bool(windows) or not says(line.text, "aside", "courtesy")
    is_off = says(line.text, "cancelled") and any(window.began_on for window in windows)
    is_window = any(window.ended for window in windows) or says(line.text, "until_told")
    return says(line.text, "works", "blocked") and (is_off or is_window)


def _placed(windows: list[WindowText], text: str, day: Day | None, captured_at: Timestamp) -> list[WindowText]:
    """Windows with times only, on the day of the item before them or the one meant by `tonight`.

    An hour since when, or until when, something is down is of the day of the capture, or next to it.
    """
    timed = [window for window in windows if window.ended is not None or _is_bound(text, window)]
    days = [
        day or day_meant(text, captured_at, window.began) or _day_about(window, text, captured_at) for window in timed
    ]
    placed = [replace(window, began_on=on) for window, on in zip(timed, days, strict=True) if on]
    if len(placed) != 1 or not days[0]:
        return placed
    ended_on = day_ended(text, days[0], text[placed[0].start : placed[0].end])
    return [of_night(replace(placed[0], ended_on=ended_on, is_apart=bool(ended_on) and is_of_night(text)), text)]


def _is_bound(text: str, said: WindowText) -> bool:
    return _is_since(text, said) or _is_until(text, said)


def _day_about(said: WindowText, text: str, captured_at: Timestamp) -> Day | None:
    """The day of the capture, else the day before it for an hour since when, and the day behind for one until when."""
    is_bound = _is_since(text, said) or (said.ended is None and _is_until(text, said))
    if not is_bound or (said.zone and said.zone.name == UNKNOWN_ZONE):
        return None
    local = captured_at.tz_convert(zone(said.zone.name if said.zone else OTTAWA))
    at = resolve_window(replace(said, began_on=Day(local.month, local.day, local.year)), captured_at).began_at
    is_off = at > captured_at if _is_since(text, said) else at <= captured_at
    on = local + pd.Timedelta(days=is_off * (-1 if _is_since(text, said) else 1))
    return Day(on.month, on.day, on.year)


def _read_undated(text: str, number: int, windows: list[WindowText], reader: _Reader, where: _Where) -> None:
    """No day to go by: down at this moment, or refused with the reason."""
    if is_standing(text):
        is_timed = any(one.began and one.ended for one in windows)
        reader.refuse(text, "notice_no_date" if is_timed else "notice_static_help", number)
    elif clauses_over(text)[0]:
        _restore(text, number, reader, where)
    elif where.section.is_dated and says(text, "down", "degraded"):
        for said in said_windows(where.section.heading):
            _add(said, text, number, reader, where)
    elif _is_now(text, reader, where):
        if where.is_hidden:
            reader.refuse(text, "notice_hidden_undated", number)
        else:
            window = NoticeWindow(reader.captured_at, None, doubts=(window_doubt("notice_began_at_capture"),))
            _keep(window, text, number, reader, where, is_now=True)
            if any(one.began and one.ended for one in windows):
                reader.refuse(text, "notice_no_date", number)
    elif windows and any(window.began for window in windows):
        reader.refuse(text, "notice_no_date", number)
    elif not reader.is_page or where.section.box:
        reader.refuse(text, "notice_no_time", number)


def _is_now(text: str, reader: _Reader, where: _Where) -> bool:
    """Whether it is down at this moment: by its words, or, of a notice, by its tense alone."""
    if not says(text, "down", "degraded", "trouble") or says(where.section.heading, "over"):
        return False
    is_present = bool(_PRESENT.search(fold(text))) and not says(text, "ahead", "past")
    is_notice = not reader.is_page or bool(where.section.box)
    return says(text, "now") or (is_notice and is_present and bool(named_services(text, reader.names)))


def _restore(text: str, number: int, reader: _Reader, where: _Where) -> None:
    """It is back: no outage, but the end of one, at the time told or else by the capture; what is not, is down."""
    over, rest = clauses_over(text)
    heading = f"{where.section.heading}. {where.section.context}"
    services, how = service_of(over, heading, reader.page, reader.names)
    services = services if how == "named" else service_of(text, heading, reader.page, reader.names)[0]
    local = reader.captured_at.tz_convert(zone(OTTAWA))
    today = day_meant(over, reader.captured_at) or Day(local.month, local.day, local.year)
    placed = [replace(one, began_on=one.began_on or today) for one in said_windows(over) if one.began]
    if whole := _both_ends(rest, placed):
        _add(whole, text, number, reader, replace(where, about=text))
    try:
        told = [resolve_window(one, reader.captured_at).began_at for one in placed]
    except (Unreadable, OverflowError, pd.errors.OutOfBoundsDatetime):
        told = []
    at = min([*told, reader.captured_at])
    reader.restored.append(Restored(services, at, text[:_SHOWN]))
    if not whole:
        reader.refuse(text, "notice_restored", number)
    if says(rest, "now") and says(rest, "down", "degraded", "trouble"):
        _read_undated(rest, number, said_windows(rest), reader, replace(where, about=rest))


def _both_ends(rest: str, back: list[WindowText]) -> WindowText | None:
    """The whole window where what is back is told with since when it was away: `The outage began at 9:05 a.m.`"""
    begun = [one for one in said_windows(rest) if one.began and not one.ended] if _BEGAN.search(fold(rest)) else []
    if len(begun) != 1 or len(back) != 1:
        return None
    (first,), (last,) = begun, back
    zone = first.zone or last.zone
    began_on, ended_on = first.began_on or last.began_on, last.began_on
    return replace(
        first, began_on=began_on, ended=last.began, ended_on=ended_on, zone=zone, ended_zone=last.zone or zone
    )


def _add(said: WindowText, text: str, number: int, reader: _Reader, where: _Where) -> None:
    """One window as a draft; one that makes no sense is refused alone."""
    said = _in_zone(said, reader.zone)
    try:
        window = resolve_window(said, reader.captured_at, minutes=where.minutes)
    except Unreadable as e:
        reader.refuse(text, f"notice_{e.args[0]}", number)
        return
    except (OverflowError, pd.errors.OutOfBoundsDatetime):
        reader.refuse(text, "notice_no_such_date", number)
        return
    if window.ended_at is not None and (added := minutes_added(text)):
        window = replace(window, ended_at=window.ended_at + pd.Timedelta(minutes=added))
    if _is_of_another_year(window, text, reader.captured_at):
        reader.refuse(text, "notice_unclear", number)
        return
    window, is_now = _turned(window, said, text, where, reader.captured_at)
    if window.ended_at is not None and _AT_LEAST.search(fold(text)[max(said.start - _NEAR, 0) : said.end + _NEAR]):
        window = replace(window, ended_at=None, doubts=(*window.doubts, window_doubt("notice_no_end")))
    _keep(window, text, number, reader, where, is_now=is_now)


def _is_of_another_year(window: NoticeWindow, text: str, captured_at: Timestamp) -> bool:
    """Whether what will be is dated long ago, on a weekday that the day was not: the year may be a slip."""
    is_odd = any(doubt.code == "notice_weekday_mismatch" for doubt in window.doubts)
    return is_odd and window.began_at < captured_at - pd.Timedelta(days=STALE_DAYS) and says(text, "ahead")


def _turned(
    window: NoticeWindow, said: WindowText, text: str, where: _Where, captured_at: Timestamp
) -> tuple[NoticeWindow, bool]:
    """A single instant that is the end (`back by 5 p.m.`) begins at the capture; an unknown end is told.

    A day since when something is down is no day on which it was.
    """
    is_day = said.whole_days and said.began_on == said.ended_on
    if is_day and (_is_since(text, said) or (window.began_at <= captured_at and _is_day_of_news(text, said))):
        window = replace(window, ended_at=None)
    elif not said.whole_days and (said.ended is not None or window.ended_at is not None):
        return window, False
    is_end = where.about is text and _is_until(text, said)
    if is_end and window.began_at > captured_at:
        began = window_doubt("notice_began_at_capture")
        ended_at = window.began_at if window.ended_at is None else window.ended_at
        return replace(window, began_at=captured_at, ended_at=ended_at, doubts=(*window.doubts, began)), True
    if window.ended_at is not None:
        return window, False
    code = "notice_open_end" if says(text, "until_told") else "notice_no_end"
    return replace(window, doubts=(*window.doubts, window_doubt(code))), False


def _is_day_of_news(text: str, said: WindowText) -> bool:
    """Whether a day in front of the words is that of the notice: `January 20 – GCKey is currently unavailable`."""
    return bool(_IN_FRONT.fullmatch(fold(text)[: said.start])) and says(text, "now") and not says(text, "ahead")


def _is_since(text: str, said: WindowText) -> bool:
    """Whether the words right before a day or an hour make it a beginning without an end."""
    return bool(_SINCE.search(fold(text)[: said.start]))


def _is_since_back(text: str, said: WindowText) -> bool:
    """Whether the words right before a window make its beginning the end of an outage: `restored at 2 a.m.`."""
    before = fold(text)[: said.start]
    return said.ended is not None and bool(_AT.search(before)) and says(_CUT.split(before)[-1][-_CLOSE:], "over")


def _is_until(text: str, said: WindowText) -> bool:
    """Whether they make it the end."""
    return says(_CUT.split(fold(text)[: said.start])[-1][-_CLOSE:], "ends")


def _keep(
    window: NoticeWindow, text: str, number: int, reader: _Reader, where: _Where, *, is_now: bool = False
) -> None:
    heading = where.section.heading
    reader.met.add(number)
    services, how = service_of(where.about, f"{heading}. {where.section.context}", reader.page, reader.names)
    doubts = _surrounding_doubts(text, services, how, is_hidden=where.is_hidden)
    if where.between and how == "named":
        services = ";".join(dict.fromkeys([*services.split(";"), *where.between]))
        doubts.append(window_doubt("notice_services_mixed", used=services))
    reader.drafts.append(
        Draft(
            window=replace(window, doubts=(*where.doubts, *window.doubts, *doubts)),
            services=services,
            kind=_notice_kind(f"{heading}. {where.section.context}", text, window, reader.captured_at, is_now=is_now),
            status=_status_of(window, f"{heading}. {text}", reader.captured_at),
            title=heading or text,
            raw=text,
            language=reader.language or where.section.language or language_of(text),
            number=number,
            is_now=is_now,
        )
    )


def _aged(draft: Draft, captured_at: Timestamp, stale_days: int) -> Draft:
    """A window long past is history: told, and never alerted on. One without an end is taken for past too."""
    last = draft.window.ended_at if draft.window.ended_at is not None else draft.window.began_at
    if draft.is_now or last >= captured_at - pd.Timedelta(days=stale_days):
        return draft
    status = draft.status if draft.status == "cancelled" else "resolved"
    return replace(draft, status=status).with_doubt(window_doubt("notice_stale", days=str((captured_at - last).days)))


def recognises(source: SourceDocument) -> bool:
    """A page or a text with a notice that can be dated; a log-in page has none."""
    is_text = source.is_web_page or (source.looks_like_table and not _IS_HEADED.match(source.text))
    if source.as_of is None or not is_text or len(source.content) > LONGEST:
        return False
    return bool(len(_of_source(source).outages))


def read(source: SourceDocument) -> OutageReading:
    """The notices as drafts: each outage is an item to be confirmed, each fragment refused one to be seen to.

    Raises: OutageFileError when nobody says when it was captured.
    """
    if source.as_of is None:
        raise source.refuse("stop_outage_no_clock")
    reading = _of_source(source)
    return OutageReading(
        reading.outages, reading.problems, source.sha256, open_items=notice_items(reading), raw=reading.raw
    )


def notice_items(reading: NoticeReading) -> tuple[OpenItem, ...]:
    """What a notice leaves for somebody: each draft to be confirmed, each fragment refused that may be an outage."""
    drafts = [
        OpenItem(DRAFT, "", reading.raw[outage_id], _row(place), outage_id)
        for outage_id, place in zip(reading.outages["outage_id"], reading.outages["source_row"], strict=True)
    ]
    return (*drafts, *(OpenItem(REFUSED, code, text) for text, code in reading.refused if code not in NO_OUTAGE))


def _of_source(source: SourceDocument) -> NoticeReading:
    assert source.as_of is not None
    page = source.page or source.name
    return read_notice(decode_record(source.content, source.name)[0], source.names, page=page, captured_at=source.as_of)


def _row(place: str) -> int:
    return int(place.rpartition(":")[2] or 0)
