"""Notices as people publish them, in English and French, to draft outages: for somebody to confirm, or refused.

Pure: the text, the page it came from and the instant of its capture are handed in. Nothing said in a notice is
lost in silence: each fragment that speaks of an outage becomes a draft or is refused with a reason.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES
from reporter.outages.notice_drafts import Draft, drafts_frame, one_for_both_languages, one_of_each
from reporter.outages.notice_instants import Doubt, Unreadable, Window, doubt, resolve
from reporter.outages.notice_kinds import around, kind_of, status_of
from reporter.outages.notice_page import Line, Page, read_page
from reporter.outages.notice_sections import Section, day_meant, heading_windows, minutes_told, sections
from reporter.outages.notice_terms import is_address, language_of, says, service_of
from reporter.outages.notice_times import Said, said_windows
from reporter.outages.notice_words import Day, Zone, fold, zone_told

__all__ = ["NoticeReading", "read_notice"]
log = logging.getLogger(__name__)
LONGEST = 2_000_000
STALE_DAYS = 30
_SHOWN = 300
_IS_END = re.compile(r"\b(?:by|until|till|before|back|d'ici|jusqu'a|jusqu'au|avant)\W+(?:\w+\W+){0,2}$")


@dataclass(frozen=True)
class NoticeReading:
    """What a notice says: OUTAGES to be confirmed, problems, what was refused and why, and the words of each draft.

    `refused` holds (fragment as written, code of problems/notices.toml); `raw` the text of each outage by its id.
    """

    outages: DataFrame
    problems: tuple[Problem, ...]
    refused: tuple[tuple[str, str], ...]
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Reader:
    """Gathers the drafts and refusals of one page."""

    page: str
    names: Mapping[str, str]
    captured_at: Timestamp
    language: str | None
    is_page: bool
    drafts: list[Draft] = field(default_factory=list)
    refused: list[tuple[str, str, int]] = field(default_factory=list)

    def refuse(self, text: str, reason: str, number: int) -> None:
        """Keeps the fragment and why it is no outage."""
        self.refused.append((text[:_SHOWN], reason, number))


def read_notice(
    text: str,
    names: Mapping[str, str],
    *,
    page: str = "",
    captured_at: Timestamp,
    language: str | None = None,
    stale_days: int = STALE_DAYS,
) -> NoticeReading:
    """The outages a notice, a saved page or a maintenance file speaks of, as drafts; never raises on any text.

    `page` is the address or file name it came from: it decides what "this online service" means, and only an
    address of the government itself makes a draft official. A window that ended more than `stale_days` before the
    capture is kept as history. A missing year is the one nearest to the capture.

    Takes:   text - HTML, markdown or plain; names - plain service names to ids; captured_at - UTC.
    Returns: OUTAGES by beginning, each with its raw text; problems; what was refused.
    """
    source = page or "notice"
    if len(text) > LONGEST:
        problem = Problem(source, "notice_too_long", value=text[:_SHOWN], details={"limit": str(LONGEST)})
        return NoticeReading(OUTAGES.empty(), (problem,), ((text[:_SHOWN], "notice_too_long"),))
    whole = read_page(text)
    reader = _Reader(page, names, captured_at, language, whole.is_page)
    for section in sections(whole):
        _read_section(section, reader)
    if not reader.drafts and not reader.refused:
        reader.refuse(_first_words(whole), "notice_no_outage", 0)
    each = one_of_each([_aged(draft, captured_at, stale_days) for draft in reader.drafts])
    drafts = one_for_both_languages(each)
    outages, raw = drafts_frame(drafts, page, captured_at)
    problems = [Problem(source, code, row=number, value=words[:120]) for words, code, number in reader.refused]
    problems += [problem for draft in drafts for problem in draft.problems(source)]
    log.info("%s: %d drafts, %d refused", "page" if is_address(page) else "text", len(outages), len(reader.refused))
    refused = tuple((words, code) for words, code, _ in reader.refused)
    return NoticeReading(outages, tuple(sorted(problems, key=lambda problem: problem.row)), refused, raw)


def _first_words(page: Page) -> str:
    return page.lines[0].text if page.lines else ""


def _read_section(section: Section, reader: _Reader) -> None:
    if section.is_dated and _is_maintenance(section):
        _read_dated(section, reader)
        return
    day = next((window.began_on for window in said_windows(section.heading) if window.began_on), None)
    zone = zone_told(section.heading)
    is_listed = says(section.heading, "down", "degraded", "works")
    for at, (number, line) in enumerate(section.lines):
        below = [other for _, other in section.lines[at + 1 :]]
        if _is_opening(line, below):  # `unavailable on June 9:` and then a list of the hours
            day, is_listed = next((w.began_on for w in said_windows(line.text) if w.began_on), day), True
            zone = zone_told(line.text) or zone
            continue
        context = _Above(day, zone if line.is_item else None, is_listed)
        last = _read_line(line, number, section, reader, context)
        day = last or day
        is_listed = is_listed if line.is_item else says(line.text, "down", "degraded", "works")


def _is_maintenance(section: Section) -> bool:
    """Whether a dated heading announces work or an outage; a news item may have a date for a title too."""
    whole = f"{section.context}. {section.heading}\n\n{section.body}"
    is_told = says(f"{section.context}. {section.heading}", "down", "works", "planned")
    is_timed = any(window.began for window in said_windows(section.heading))
    return says(whole, "down", "degraded", "planned", "works") and (is_told or is_timed)


def _is_opening(line: Line, below: list[Line]) -> bool:
    """A sentence that leaves the hours to the items under it."""
    if line.is_item or not below or not below[0].is_item or not says(line.text, "down", "degraded", "works"):
        return False
    is_timed = any(window.began for window in said_windows(line.text))
    return not is_timed and any(window.began for window in said_windows(below[0].text))


def _read_dated(section: Section, reader: _Reader) -> None:
    """A heading with a date, and what stands under it: one window for each the heading tells."""
    whole = f"{section.heading}\n\n{section.body}".strip()
    where = _Where(section, minutes_told(section.body), section.body or whole, section.is_hidden)
    for said in heading_windows(section):
        _add(said, whole, section.number, reader, where)


@dataclass(frozen=True)
class _Where:
    """Where a window stands: its section, how long the text says it takes, and the words that tell the service."""

    section: Section
    minutes: int | None
    about: str
    is_hidden: bool = False
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class _Above:
    """What the lines above a line have told: the day, the zone, and whether they spoke of an outage."""

    day: Day | None
    zone: Zone | None
    is_listed: bool


def _read_line(line: Line, number: int, section: Section, reader: _Reader, above: _Above) -> Day | None:
    """One paragraph or item: its drafts or its refusal. Returns the last day it names, for the items after it."""
    text = line.text
    windows = [_in_zone(one, above.zone) for one in said_windows(text)]
    days = [window.began_on for window in windows if window.began_on]
    if not _is_about(line, windows, is_listed=above.is_listed, is_notice=bool(section.box) or not reader.is_page):
        return days[-1] if days else None
    where = _Where(section, minutes_told(text), text, line.is_hidden or section.is_hidden)
    timed = [window for window in windows if window.began is not None or not reader.is_page or section.box]
    dated = [window for window in timed if window.began_on] or _placed(timed, text, above.day, reader.captured_at)
    if dated and (days or not says(text, "standing")):
        if above.day is None and not days:
            where = replace(where, doubts=(doubt("notice_day_assumed"),))
        for said in dated:
            _add(said, text, number, reader, where)
    else:
        _read_undated(text, number, windows, reader, where)
    return days[-1] if days else None


def _in_zone(said: Said, zone: Zone | None) -> Said:
    return said if said.zone else replace(said, zone=zone, ended_zone=zone)


def _is_about(line: Line, windows: list[Said], *, is_listed: bool, is_notice: bool) -> bool:
    """Whether a line speaks of an outage: by its words, as an item under such words, or as work with its hours.

    `is_notice` is a box or a text that is no page: there, `is now available` speaks of an outage too.
    """
    if says(line.text, "down", "degraded") or (is_notice and says(line.text, "over")):
        return True
    if is_listed and (line.is_item or is_notice):
        return True
    return says(line.text, "works") and any(window.ended for window in windows)


def _placed(windows: list[Said], text: str, day: Day | None, captured_at: Timestamp) -> list[Said]:
    """Windows with times only, on the day of the item before them or the one meant by `tonight`."""
    day = day or day_meant(text, captured_at)
    return [replace(window, began_on=day) for window in windows if window.ended is not None] if day else []


def _read_undated(text: str, number: int, windows: list[Said], reader: _Reader, where: _Where) -> None:
    """No day to go by: down at this moment, or refused with the reason."""
    if says(text, "standing"):
        reader.refuse(text, "notice_static_help", number)
    elif says(text, "over"):
        reader.refuse(text, "notice_restored", number)
    elif where.section.is_dated and says(text, "down", "degraded"):
        for said in said_windows(where.section.heading):
            _add(said, text, number, reader, where)
    elif says(text, "now") and says(text, "down", "degraded"):
        if where.is_hidden:
            reader.refuse(text, "notice_hidden_undated", number)
        else:
            window = Window(reader.captured_at, None, doubts=(doubt("notice_began_at_capture"),))
            _keep(window, text, number, reader, where, is_now=True)
    elif windows and any(window.began for window in windows):
        reader.refuse(text, "notice_no_date", number)
    elif not reader.is_page or where.section.box:
        reader.refuse(text, "notice_no_time", number)


def _add(said: Said, text: str, number: int, reader: _Reader, where: _Where) -> None:
    """One window as a draft; one that makes no sense is refused alone."""
    try:
        window = resolve(said, reader.captured_at, minutes=where.minutes)
    except Unreadable as e:
        reader.refuse(text, f"notice_{e.args[0]}", number)
        return
    except (OverflowError, pd.errors.OutOfBoundsDatetime):
        reader.refuse(text, "notice_no_such_date", number)
        return
    window, is_now = _turned(window, said, text, where, reader.captured_at)
    _keep(window, text, number, reader, where, is_now=is_now)


def _turned(window: Window, said: Said, text: str, where: _Where, captured_at: Timestamp) -> tuple[Window, bool]:
    """A single instant that is the end (`back by 5 p.m.`) begins at the capture; an unknown end is told."""
    if said.ended is not None or window.ended_at is not None:
        return window, False
    is_end = bool(_IS_END.search(fold(text)[: said.start])) if where.about is text else False
    if is_end and window.began_at > captured_at:
        began = doubt("notice_began_at_capture")
        return replace(window, began_at=captured_at, ended_at=window.began_at, doubts=(*window.doubts, began)), True
    code = "notice_open_end" if says(text, "until_told") else "notice_no_end"
    return replace(window, doubts=(*window.doubts, doubt(code))), False


def _keep(window: Window, text: str, number: int, reader: _Reader, where: _Where, *, is_now: bool = False) -> None:
    heading = where.section.heading
    services, how = service_of(where.about, f"{heading}. {where.section.context}", reader.page, reader.names)
    doubts = around(text, services, how, is_hidden=where.is_hidden)
    reader.drafts.append(
        Draft(
            window=replace(window, doubts=(*where.doubts, *window.doubts, *doubts)),
            services=services,
            kind=kind_of(f"{heading}. {where.section.context}", text, window, reader.captured_at, is_now=is_now),
            status=status_of(window, text, reader.captured_at),
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
    return replace(draft, status=status).with_doubt(doubt("notice_stale", days=str((captured_at - last).days)))
