"""A page, a markdown file or a plain text as lines to read: what is a heading, what stands in which box. Pure.

Nothing of a page is run or fetched; scripts, styles, menus, footers, comments and what is struck out are left out.

What a page leaves over are lines that may speak of an outage, and pages that may not be the one meant. A page on which
no notice was read may vouch for the record only when none of its lines is left, and when it shows what it is: a sign-in
page, an error page and a page that draws itself by a script say nothing of an outage either.

The English and the French of one notice, from two pages, meet as they are entered. What both say alike is one outage,
that of the page read first. Where they say two things both count, and it is told: see read.py for the two languages of
one page. Of one that tells no time and one that does, the window may be what the other calls now.
"""

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.model.problem import Problem
from reporter.model.shapes import UNDATED, UNSPECIFIED
from reporter.outages.notice.times import WindowText, said_windows
from reporter.outages.notice.words import (
    DAY_NAME,
    WEEKDAYS,
    Clock,
    Day,
    durations,
    fold,
    language_of,
    named_services,
    says,
    tokens,
    without_old_days,
)
from reporter.text.time_zones import OTTAWA, zone

_IS_HTML = re.compile(
    r"<(?:!doctype|html|head|body|main|div|section|article|p|h[1-6]|ul|ol|li|span|table|details|aside)\b", re.I
)
_SKIPPED = frozenset({
    "script", "style", "noscript", "template", "nav", "footer", "head", "svg", "select", "option", "button",
    "iframe", "object", "del", "s", "strike",
})  # fmt: skip
_DEEPEST = 300  # elements inside one another; what lies deeper belongs to the last of them
_WIDEST = 200  # rows or columns that a cell goes over
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_FLOWING = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q",
    "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "u", "var",
})  # fmt: skip
_BOX = re.compile(r"(?:^|[\s_-])(?:alert|notice|banner|warning|outage|panne|avis)(?:$|[\s_-])")
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:hidden|hide|d-none|is-hidden|mfp-hide|invisible)(?:$|\s)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"(?:=+|-{3,})\s*$")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,2}[.)])\s+")
_FRONT = re.compile(r"\A﻿?---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,2000}\)")
_LOOSE = re.compile(r"<(?=[^<>]*(?:<|\Z))")  # opens nothing, but costs a search to the end of the page each time
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LANG = re.compile(r"^lang:\s*[\"']?(en|fr)", re.MULTILINE)
_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)

SHOWN = 12
"""Lines kept of such a page, to know it again and to show it to whoever sees to it."""
PAGE_FAULTS = frozenset({"notice_page_blank", "notice_page_cut", "notice_page_partial", "notice_page_strange"})
"""Why a page as a whole is not taken for the one that was meant."""
_OF_THE_PAGE = re.compile(
    r"^\W*(?:posted|published|updated|last (?:updated|modified)|date modified|generated|as of|"
    r"publi[ée]|mis[e]? [àa] jour|derni[èe]re (?:mise|modification)|date de (?:modification|publication))\b",
    re.IGNORECASE,
)
_HAS_VERB = re.compile(r"\b(?:is|are|will|has|have|cannot|can't|est|sont|sera|seront|ne|a ete|ont)\b")
_OPENED = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:html|body|main)\s*>", re.IGNORECASE)
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})
"""What is shown on a page and stands in another."""
_SOON = re.compile(
    r"\b(?:this|next|coming|upcoming|later|tonight|tomorrow|prochain\w*|cette|"
    rf"ce soir|demain|fin de semaine|{DAY_NAME})\b"
)
_FEWEST_WORDS = 3
_A_STATE = 4  # words: `Out of service`, in a cell or behind a name

OF_NOTICES = "notice-"
"""How the ids of all outages read from notices begin."""
_NEAR = Timedelta(hours=36)


class PageLine(Struct, frozen=True):
    """One paragraph, item or heading; `level` is 1 to 6 for a heading, 0 for anything else."""

    text: str
    level: int = 0
    box: int = 0
    is_hidden: bool = False
    is_item: bool = False
    language: str = ""
    cell: tuple[int, int, int] = (0, 0, 0)  # table, row and column where it stands in one, each from 1
    height: int = 1  # rows that its cell goes over


class NoticePage(Struct, frozen=True):
    """A source taken apart: its title and its lines, and whether a part of it stands in another page."""

    title: str
    lines: tuple[PageLine, ...]
    is_page: bool
    is_framed: bool = False


def read_page(text: str) -> NoticePage:
    """The lines of a source, whichever of the three it is."""
    if _IS_HTML.search(text):
        return _read_html(text)
    return _read_text(text)


def page_tables(text: str) -> dict[int, list[list[str]]]:
    """The tables of a page as rows of cells, by their number, from 1; a table inside another is one of its own.

    A cell that goes over several rows holds for each of them.
    """
    tables: dict[int, dict[int, dict[int, list[str]]]] = {}
    lines = [line for line in read_page(text).lines if line.cell[2]] if _IS_HTML.search(text) else []
    for line in lines:
        table, row, column = line.cell
        tables.setdefault(table, {}).setdefault(row, {}).setdefault(column, []).append(line.text)
    for line in lines:
        table, row, column = line.cell
        for below in (number for number in tables[table] if row < number < row + line.height):
            tables[table][below].setdefault(column, []).append(line.text)
    return {
        number: [[" ".join(row.get(at, ())) for at in range(1, max(row) + 1)] for row in rows.values()]
        for number, rows in tables.items()
    }


def _read_text(text: str) -> NoticePage:
    """Markdown and plain text alike: blank lines part paragraphs, lines that run on are joined."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    fields = front.group(1) if front else ""
    body = _COMMENT.sub(" ", text[front.end() :] if front else text)
    language = match.group(1) if (match := _LANG.search(fields)) else ""
    title = match.group(1) if (match := _TITLE.search(fields)) else ""
    lines: list[PageLine] = []
    gathered: list[str] = []
    is_item = False

    def flush(level: int = 0) -> None:
        if gathered:
            lines.append(PageLine(_plain_markdown(" ".join(gathered)), level, is_item=is_item, language=language))
        gathered.clear()

    for raw in body.split("\n"):
        stripped = raw.strip().lstrip(">").strip()
        if heading := _HEADING.match(stripped):
            flush()
            lines.append(PageLine(_plain_markdown(heading.group(2)), len(heading.group(1)), language=language))
        elif _UNDERLINE.match(stripped) and len(gathered) == 1 and not is_item:
            flush(level=1 if stripped.startswith("=") else 2)
        elif not stripped or set(stripped) <= set("-*_= "):
            flush()
            is_item = False
        else:
            if item := _ITEM.match(stripped):
                flush()
                is_item = True
                stripped = stripped[item.end() :]
            gathered.append(stripped)
    flush()
    return NoticePage(
        title, tuple(line for line in lines if line.text), bool(front) or any(line.level for line in lines)
    )


def _plain_markdown(text: str) -> str:
    return re.sub(r"\*\*|__|`", "", _LINK.sub(r"\1", text)).strip("*_ ")


def html_lines(text: str, *, breaks: frozenset[str] = frozenset()) -> tuple[PageLine, ...]:
    """The lines of HTML inside something else, such as an entry of a feed; `breaks` are tags that end one too."""
    return tuple(_gathered(text, breaks).lines)


def _read_html(text: str) -> NoticePage:
    reader = _gathered(text, frozenset())
    return NoticePage(" ".join("".join(reader.title).split()), tuple(reader.lines), True, reader.is_framed)


def _gathered(text: str, breaks: frozenset[str]) -> "_Reader":
    reader = _Reader(breaks=breaks)
    try:
        reader.feed(_LOOSE.sub("&lt;", _COMMENT.sub(" ", text)))
        reader.close()
    except AssertionError:  # what html.parser answers to a broken <![ section; the lines so far stand
        pass
    reader.flush()
    return reader


class _Element(Struct):
    tag: str
    is_skipped: bool
    is_hidden: bool
    box: int
    language: str
    cell: tuple[int, int, int] = (0, 0, 0)
    height: int = 1


@dataclass
class _Reader(HTMLParser):
    """Gathers the lines of a page; an element that is never closed costs nothing but its own box."""

    breaks: frozenset[str] = frozenset()
    lines: list[PageLine] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    opened: list[_Element] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    boxes: int = 0
    tables: int = 0
    rows: int = 0
    columns: dict[tuple[int, int], int] = field(default_factory=dict)
    held: dict[int, dict[int, int]] = field(default_factory=dict)
    """Of each table the columns that a cell above goes down into, and over how many rows more."""
    in_title: bool = False
    is_framed: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element; what is inside is hidden, boxed or in a language as its parents say, or itself."""
        if tag in self.breaks:
            self.flush()
        elif tag == "br":
            self.words.append(" ")
        elif tag == "img":
            self._see_picture(attrs)
        elif tag in _FRAMES:
            self._see_frame(attrs)
        self.in_title = tag == "title" and "svg" not in {element.tag for element in self.opened}
        if tag in _VOID:
            return
        if tag not in _FLOWING:
            self.flush()
        if tag in ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6"):
            self._close_paragraph()
        if len(self.opened) >= _DEEPEST:
            return
        said = {name: (value or "") for name, value in attrs}
        parent = self.opened[-1] if self.opened else _Element("", False, False, 0, "")
        is_box = bool(_BOX.search(said.get("class", "").lower())) or said.get("role") == "alert"
        self.boxes += is_box
        cell, height = self._cell(tag, parent.cell, said)
        self.opened.append(
            _Element(
                tag,
                parent.is_skipped or tag in _SKIPPED,
                parent.is_hidden or _is_hidden(said),
                self.boxes if is_box else parent.box,
                said.get("lang", "")[:2].lower() or parent.language,
                cell,
                height if cell != parent.cell else parent.height,
            )
        )

    def _see_picture(self, attrs: list[tuple[str, str | None]]) -> None:
        """What a picture says that stands for an outage: a line of its own."""
        said = next((value or "" for name, value in attrs if name == "alt"), "")
        inside = self.opened[-1] if self.opened else _Element("", False, False, 0, "")
        if not inside.is_skipped and says(said, "down", "degraded"):
            self.lines.append(PageLine(said, 0, inside.box, inside.is_hidden, False, inside.language, inside.cell))

    def _see_frame(self, attrs: list[tuple[str, str | None]]) -> None:
        """One that nobody sees only counts visits."""
        said, inside = {name: value or "" for name, value in attrs}, self.opened[-1] if self.opened else None
        is_seen = not _is_hidden(said) and not {said.get("width"), said.get("height")} & {"0", "1", "0px", "1px"}
        self.is_framed |= is_seen and not (inside and (inside.is_skipped or inside.is_hidden))

    def _cell(
        self, tag: str, inside: tuple[int, int, int], said: Mapping[str, str]
    ) -> tuple[tuple[int, int, int], int]:
        """Where in which table what this element holds will stand, and how many rows it goes over."""
        table, row, _ = inside
        if tag == "table":
            self.tables += 1
            return (self.tables, 0, 0), 1
        if tag == "tr" and table:
            self.rows += 1
            self.held[table] = {at: left - 1 for at, left in self.held.get(table, {}).items() if left > 1}
            return (table, self.rows, 0), 1
        if tag in ("td", "th") and row:
            held = self.held.setdefault(table, {})
            column = self.columns.get((table, row), 0) + 1
            while column in held:
                column += 1
            self.columns[table, row] = column + _span(said, "colspan") - 1
            height = _span(said, "rowspan")
            held |= dict.fromkeys(range(column, self.columns[table, row] + 1), height) if height > 1 else {}
            return (table, row, column), height
        return inside, 1

    def handle_endtag(self, tag: str) -> None:
        """Closes the element and what was left open inside it; an end without a beginning is passed over."""
        self.in_title = self.in_title and tag != "title"
        places = [place for place, element in enumerate(self.opened) if element.tag == tag]
        if not places:
            return
        if tag not in _FLOWING or tag in self.breaks:
            self.flush()
        del self.opened[places[-1] :]

    def handle_data(self, data: str) -> None:
        """Words, kept unless their element is left out."""
        if self.in_title:
            self.title.append(data)
        elif not (self.opened and self.opened[-1].is_skipped):
            self.words.append(data)

    def _close_paragraph(self) -> None:
        """A new paragraph or heading ends the paragraph before it, closed or not."""
        if self.opened and self.opened[-1].tag == "p":
            self.opened.pop()

    def flush(self) -> None:
        """Ends the line."""
        text = " ".join("".join(self.words).split())
        self.words.clear()
        if not text:
            return
        inside = self.opened[-1] if self.opened else _Element("", False, False, 0, "")
        tags = [element.tag for element in self.opened]
        headings = [int(tag[1]) for tag in tags if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()]
        level = headings[-1] if headings else 0
        self.lines.append(
            PageLine(
                text, level, inside.box, inside.is_hidden, "li" in tags, inside.language, inside.cell, inside.height
            )
        )


def _span(said: Mapping[str, str], name: str) -> int:
    """Over how many rows or columns a cell goes; 0 is to the end of the table."""
    word = said.get(name, "").strip()
    whole = _WIDEST if name == "rowspan" else 1
    return min(int(word) or whole, _WIDEST) if word.isascii() and word.isdigit() and len(word) < 6 else 1


def _is_hidden(said: dict[str, str]) -> bool:
    return (
        "hidden" in said
        or said.get("aria-hidden") == "true"
        or bool(_HIDDEN_CLASS.search(said.get("class", "").lower()))
        or bool(_HIDDEN_STYLE.search(said.get("style", "").lower()))
    )


_TODAY = re.compile(
    r"\b(?:today|tonight|this (?:morning|afternoon|evening)|overnight"
    r"|aujourd'hui|cet apres-midi|ce soir|cette nuit|ce matin)\b"
)
_TONIGHT = re.compile(r"\b(?:tonight|overnight|cette nuit|ce soir)\b")
_NIGHT_OF_A_DAY = re.compile(
    rf"\b(?:tomorrow|{DAY_NAME}) (?:night|evening)\b|\b(?:demain|{DAY_NAME}) soir\b|"
    rf"\bnuit de {DAY_NAME}\b(?! a\b)"
)
_NEXT = re.compile(rf"\bnext {DAY_NAME}\b|\b{DAY_NAME} prochain\b")
_TO_A_DAY = re.compile(rf"(?:\b(?:to|until|till|through|a|au|jusqu'a|jusqu'au)|-) (?:on |next |this )?{DAY_NAME}\b")
_SMALL_HOURS = 6 * 60
_YESTERDAY = re.compile(r"\b(?:yesterday|last night|hier|la nuit derniere)\b")
_TOMORROW = re.compile(r"\b(?:tomorrow|demain)\b")
_ON_A_WEEKDAY = re.compile(
    r"\b(?:on|this|next|ce|le|du|of)?\s*(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)\b"
    r"|\b(lun|mar|mer|jeu|ven|sam)(?:di|credi|dredi|edi)\b|\b(dim)anche\b"
)


class Section(Struct):
    """Lines that belong together. `heading` is the one right above them, `context` all those above it."""

    heading: str = ""
    context: str = ""
    level: int = 0
    box: int = 0
    is_hidden: bool = False
    is_dated: bool = False
    lines: list[tuple[int, PageLine]] = []
    number: int = 0
    language: str = ""

    @property
    def body(self) -> str:
        """What stands under the heading."""
        return "\n\n".join(line.text for _, line in self.lines)


def sections(page: NoticePage) -> list[Section]:
    """The notices and other stretches of a page, in order; every line stands in one."""
    found: list[Section] = [Section()]
    above: list[tuple[int, str]] = []
    for number, line in enumerate(page.lines, 1):
        last = found[-1]
        if line.level:
            above = [(level, text) for level, text in above if level < line.level]
            is_dated = any(window.began_on for window in said_windows(line.text))
            if is_dated or not (last.is_dated and line.level > last.level):
                context = ". ".join([page.title, *(text for _, text in above)])
                found.append(_opened(line, number, context, is_dated))
            above.append((line.level, line.text))
            continue
        if line.box != last.box and not (last.is_dated and not said_windows(line.text)):
            found.append(replace(_opened(line, number, page.title, False), heading="", level=0))
        found[-1].lines.append((number, line))
    return found


def _opened(line: PageLine, number: int, context: str, is_dated: bool) -> Section:
    return Section(
        line.text, context, line.level, line.box, line.is_hidden, is_dated, number=number, language=line.language
    )


def heading_windows(section: Section) -> list[WindowText]:
    """The windows of a dated heading; the times its heading lacks are looked for under it."""
    windows = [window for window in said_windows(section.heading) if window.began_on]
    below = said_windows(section.body)
    if all(window.whole_days for window in windows):
        first = windows[0].began_on
        timed = [window for window in said_windows(f"{section.heading}.\n\n{section.body}") if window.began]
        return [window for window in timed if window.began_on and _same_day(window.began_on, first)] or windows
    return [_ended_below(window, below) for window in windows]


def _ended_below(window: WindowText, below: Sequence[WindowText]) -> WindowText:
    """A heading that only tells the beginning has its end where the same beginning stands again."""
    if window.ended is not None or window.ended_on is not None:
        return window
    for other in below:
        if other.ended is not None and _may_be(window.began, other) and _same_day(window.began_on, other.began_on):
            ended_on = other.ended_on and _replace_year(other.ended_on, window.began_on)
            zone_told = window.zone or other.zone
            zones = (zone_told, window.zone or other.ended_zone)
            told = replace(window, began=other.began, ended=other.ended, ended_on=ended_on)
            return replace(told, zone=zones[0], ended_zone=zones[1])
    return window


def _replace_year(day: Day, like: Day | None) -> Day:
    """The day with the other's year where it has none of its own."""
    return day._replace(year=day.year or (like.year if like else None))


def _may_be(began: Clock | None, other: WindowText) -> bool:
    """Whether two beginnings can be the same one; a bare hour takes its half from its end."""
    if began is None or other.began is None or other.ended is None:
        return False
    half = other.began.half or (other.ended.half if other.began.is_bare else "")
    return _minutes(began.hour, began.minute, began.half) == _minutes(other.began.hour, other.began.minute, half)


def _minutes(hour: int, minute: int, half: str) -> int:
    return (hour % 12 + (12 if half == "pm" else 0) if half in ("am", "pm") else hour) * 60 + minute


def _same_day(one: Day | None, other: Day | None) -> bool:
    return other is None or one is None or (one.month, one.day) == (other.month, other.day)


def minutes_told(text: str) -> int | None:
    """How long it will take, where the text says; the longest it says."""
    return max((minutes for minutes, _, _ in durations(fold(text))), default=None)


def day_meant(text: str, captured_at: Timestamp, began: Clock | None = None) -> Day | None:
    """`tonight`, `demain` or a weekday alone, counted from the capture on Ottawa's calendar.

    A weekday is the next where the words say that it will be, the last where they say that it was, else the nearest.

    The small hours of `tonight` or `Friday night` are those of the next day, unless tonight is already past midnight.
    """
    folded = fold(without_old_days(text))
    local = captured_at.tz_convert(zone(OTTAWA))
    here = local.date()
    weekday = _ON_A_WEEKDAY.search(folded)
    is_small = began is not None and _minutes(began.hour, began.minute, began.half) < _SMALL_HOURS
    is_tonight = bool(_TONIGHT.search(folded)) and local.hour * 60 >= _SMALL_HOURS
    if _TODAY.search(folded):
        on = here
    elif _TOMORROW.search(folded):
        on = here + timedelta(days=1)
    elif _YESTERDAY.search(folded):
        on = here - timedelta(days=1)
    elif weekday:
        wanted = WEEKDAYS[next(word for word in weekday.groups() if word)]
        is_ahead, is_past = says(text, "ahead"), says(text, "past")
        back = 3 if is_ahead is is_past else 0 if is_ahead else 6
        on = here + timedelta(days=(wanted - here.weekday() + back) % 7 - back)
        on += timedelta(days=7 * (on == here and bool(_NEXT.search(folded))))
    else:
        return None
    on += timedelta(days=is_small and (is_tonight or bool(_NIGHT_OF_A_DAY.search(folded))))
    return Day(on.month, on.day, on.year)


def day_ended(text: str, began_on: Day, within: str) -> Day | None:
    """The day of the end where weekdays stand alone: `from Friday at 5 p.m. to Monday at 8 a.m.`.

    Of `from today at 5 p.m. until Friday at 8 a.m.` the weekday stands `within` the words of the window.
    """
    folded = fold(without_old_days(text))
    named = [WEEKDAYS[next(word for word in match.groups() if word)] for match in _ON_A_WEEKDAY.finditer(folded)]
    named = list(dict.fromkeys(named))
    try:
        began = date(began_on.year or 1, began_on.month, began_on.day)
    except ValueError:  # there is no such day, as is told where the line is read
        return None
    is_pair = len(named) == 2 and began.weekday() == named[0]
    is_from_now = len(named) == 1 and bool(_TO_A_DAY.search(fold(within))) and began.weekday() != named[0]
    if not is_pair and not is_from_now:
        return None
    on = began + timedelta(days=(named[-1] - named[0] if is_pair else named[0] - began.weekday()) % 7)
    return Day(on.month, on.day, on.year)


def lines_left(page: NoticePage, met: Collection[int], names: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Why, where and in which words a page may speak of an outage that was not read: hours together, states each.

    Takes: met - the numbers of the lines that led to a draft or were refused; names - plain service names to ids.
    """
    rest = [(number, line) for number, line in enumerate(page.lines, 1) if number not in met]
    timed = [(number, text) for number, text in _with_rows(rest) if _is_timed(text)]
    words = "\n".join(text for _, text in timed[:SHOWN])
    hours = [("notice_hours_unread", timed[0][0], words)] if timed else []
    known = {number for number, text in timed if page.lines[number - 1].text == text}
    states = {text: number for number, line in rest if number not in known and (text := _state(page, number, names))}
    return [*hours, *(("notice_state_unread", number, text) for text, number in states.items())]


def _with_rows(lines: Sequence[tuple[int, PageLine]]) -> list[tuple[int, str]]:
    """The lines, those of one row of a table as one: the day stands in one cell, and the hours in another."""
    rows: dict[Hashable, list[tuple[int, str]]] = {}
    for number, line in lines:
        rows.setdefault(line.cell[:2] if line.cell[2] else number, []).append((number, line.text))
    return [(parts[0][0], ", ".join(text for _, text in parts)) for parts in rows.values()]


def page_fault(page: NoticePage, source: str, names: Mapping[str, str]) -> tuple[str, str] | None:
    """Why a page without a notice may not be the one meant, and the words that show it; None when it shows what it is.

    Takes: source - the whole page as it came.
    """
    texts = [line.text for line in page.lines]
    heading = " · ".join(dict.fromkeys(text for text in (page.title, *texts[:1]) if text))
    if sum(len(text.split()) for text in texts) < _FEWEST_WORDS:
        return "notice_page_blank", heading
    if _OPENED.search(source) and not _CLOSED.search(source):
        return "notice_page_cut", texts[-1]
    titles = [page.title, *(line.text for line in page.lines if line.level == 1)]
    is_well = any(says(text, "none") for text in texts)
    if (page.is_framed and not is_well) or any(
        says(line.text, "not_ready") for line in page.lines if not line.is_hidden
    ):
        return "notice_page_partial", heading
    is_known = is_well or any(named_services(text, names) for text in texts)
    return None if is_known and not says(". ".join(titles), "error_page") else ("notice_page_strange", heading)


def _is_timed(text: str) -> bool:
    """Whether it gives a day and an hour, and is not about the page itself."""
    is_told = any(one.began_on and one.began for one in said_windows(text))
    return is_told and not _OF_THE_PAGE.match(text)


def _state(page: NoticePage, number: int, names: Mapping[str, str]) -> str:
    """The words by which a line says that a service is down, without a time that could be read; empty if it does not.

    A state alone, `Down`, is shown with what stands in front of it.
    """
    line = page.lines[number - 1]
    text = line.text
    is_dated = any(token.kind == "D" for token in tokens(text)) and not _OF_THE_PAGE.match(text)
    is_soon = says(text, "works") and (is_dated or bool(_SOON.search(fold(text))))
    is_told = is_soon or says(text, "down", "degraded", "trouble", "state")
    if not is_told or says(text, "standing", "conditional", "none"):
        return ""
    if line.level and not _HAS_VERB.search(fold(text)):
        return ""
    if not line.level and len(text.split()) <= _A_STATE:
        return _with_neighbour(page.lines, number)
    return text if (is_soon and is_dated) or named_services(text, names) or says(text, "this_one") else ""


def _with_neighbour(lines: Sequence[PageLine], number: int) -> str:
    line, before = lines[number - 1], lines[number - 2] if number > 1 else None
    is_beside = before is not None and (line.cell[:2] == before.cell[:2]) and not before.level
    return f"{before.text}: {line.text}" if is_beside and before is not None else line.text


class Meeting(Struct, frozen=True):
    """What of a page is new, how many of its outages the other language has told already, and what to tell of both."""

    outages: DataFrame
    met: int = 0
    problems: tuple[Problem, ...] = ()


def meet_counterparts(outages: DataFrame, known: DataFrame, source: str) -> Meeting:
    """The outages of a page without those that a notice in the other language told alike.

    Takes: OUTAGES as read from notices; known - those on record or waiting, with the words of each in `note`; source -
    how problems call the page.
    """
    mine, others = _in_languages(outages), _in_languages(known)
    is_again = outages["outage_id"].isin(known["outage_id"])
    twins = {
        row["outage_id"]: str(alike["outage_id"].iloc[0])
        for row in mine[~is_again.loc[mine.index]].to_dict("records")
        if len(alike := others[_is_alike(others, row)])
    }
    free = others[~others["outage_id"].isin(list(twins.values()))]
    rest = mine[~is_again.loc[mine.index] & ~mine["outage_id"].isin(list(twins))]
    told = [
        Problem(source, "notice_other_language", value=mine_id, details={"other": one})
        for mine_id, one in twins.items()
    ]
    told += [_disagreement(source, row, near) for row in rest.to_dict("records") if (near := _nearest_other(free, row))]
    return Meeting(outages[~outages["outage_id"].isin(list(twins))], len(twins), tuple(told))


def _in_languages(outages: DataFrame) -> DataFrame:
    """Those read from notices that stand, with the language of their words."""
    found = outages[outages["outage_id"].str.startswith(OF_NOTICES) & (outages["status"] != "cancelled")]
    words = found["note"].where(found["note"].fillna("") != "", found["title"]).fillna("")
    return found.assign(language=words.map(language_of))


def _is_alike(others: DataFrame, row: Mapping[Hashable, Any]) -> "Series[bool]":
    """The other language, the same service, and the same window; of two that tell no time, both open."""
    is_same: Series[bool] = (others["language"] != row["language"]) & (others["services"] == row["services"])
    if str(row["outage_id"]).startswith(UNDATED):
        is_open: Series[bool] = others["outage_id"].str.startswith(UNDATED) & others["ended_at"].isna()
        return is_same & is_open
    ends = others["ended_at"].isna() if pd.isna(row["ended_at"]) else others["ended_at"] == row["ended_at"]
    is_window: Series[bool] = (others["began_at"] == row["began_at"]) & ends
    return is_same & is_window


def _nearest_other(free: DataFrame, row: Mapping[Hashable, Any]) -> Mapping[Hashable, Any] | None:
    """The window of the other language that must mean the same: of a service they share, and about the same day.

    Two that tell no time are alike, or of two outages. One that tells none was met while the other's window lasts.
    """
    mine = {*str(row["services"]).split(";")} - {UNSPECIFIED}
    shares = free["services"].map(lambda services: bool(mine & {*services.split(";")})).astype("bool")
    away = (free["began_at"] - row["began_at"]).abs()
    is_now, are_now = str(row["outage_id"]).startswith(UNDATED), free["outage_id"].str.startswith(UNDATED)
    is_near = shares & (free["language"] != row["language"]) & (away <= _NEAR) & ~(are_now & is_now)
    near = free.assign(away=away)[is_near & ((are_now == is_now) | _lasts_at_once(free, row))]
    near = near.sort_values("away", kind="stable")
    return None if near.empty else near.to_dict("records")[0]


def _lasts_at_once(free: DataFrame, row: Mapping[Hashable, Any]) -> "Series[bool]":
    """Whether the windows share an instant; an end that nobody tells is none."""
    later = free["began_at"].where(free["began_at"] > row["began_at"], row["began_at"])
    mine_lasts = pd.Series(pd.isna(row["ended_at"]) or later <= row["ended_at"], index=free.index)
    lasts: Series[bool] = mine_lasts & (free["ended_at"].isna() | (free["ended_at"] >= later))
    return lasts


def _disagreement(source: str, row: Mapping[Hashable, Any], other: Mapping[Hashable, Any]) -> Problem:
    words = {str(one["language"]): _window_words(one) for one in (row, other)}
    details = {"english": words["en"], "french": words["fr"]}
    return Problem(source, "notice_pages_disagree", value=str(row["outage_id"]), details=details)


def _window_words(row: Mapping[Hashable, Any]) -> str:
    began, ended = (pd.Timestamp(str(row[name])) for name in ("began_at", "ended_at"))
    return f"{row['services']} {began:%Y-%m-%dT%H:%MZ} – {'?' if pd.isna(ended) else f'{ended:%Y-%m-%dT%H:%MZ}'}"
