"""A page, a markdown file or a plain text as lines to read: what is a heading, what stands in which box. Pure.

Nothing of a page is run or fetched; scripts, styles, menus, footers and comments are left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from html.parser import HTMLParser

from pandas import Timestamp

from reporter.outages.notice.moved import without_old_days
from reporter.outages.notice.times import WindowText, said_windows
from reporter.outages.notice.words import WEEKDAYS, Clock, Day, durations, fold, says
from reporter.text.time_zones import OTTAWA, zone

_IS_HTML = re.compile(
    r"<(?:!doctype|html|head|body|main|div|section|article|p|h[1-6]|ul|ol|li|span|table|details|aside)\b", re.I
)
_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "footer",
        "head",
        "svg",
        "select",
        "option",
        "button",
        "iframe",
        "object",
    ]
)
_DEEPEST = 300  # elements inside one another; what lies deeper belongs to the last of them
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_FLOWING = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "dfn",
        "em",
        "font",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
    ]
)
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


@dataclass(frozen=True)
class PageLine:
    """One paragraph, item or heading; `level` is 1 to 6 for a heading, 0 for anything else."""

    text: str
    level: int = 0
    box: int = 0
    is_hidden: bool = False
    is_item: bool = False
    language: str = ""
    cell: tuple[int, int, int] = (0, 0, 0)  # table, row and column where it stands in one, each from 1


@dataclass(frozen=True)
class NoticePage:
    """A source taken apart: its title and its lines."""

    title: str
    lines: tuple[PageLine, ...]
    is_page: bool


def read_page(text: str) -> NoticePage:
    """The lines of a source, whichever of the three it is."""
    if _IS_HTML.search(text):
        return _read_html(text)
    return _read_text(text)


def page_tables(text: str) -> dict[int, list[list[str]]]:
    """The tables of a page as rows of cells, by their number, from 1; a table inside another is one of its own."""
    tables: dict[int, dict[int, dict[int, list[str]]]] = {}
    for line in read_page(text).lines if _IS_HTML.search(text) else ():
        table, row, column = line.cell
        if column:
            tables.setdefault(table, {}).setdefault(row, {}).setdefault(column, []).append(line.text)
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
    return NoticePage(" ".join("".join(reader.title).split()), tuple(reader.lines), True)


def _gathered(text: str, breaks: frozenset[str]) -> "_Reader":
    reader = _Reader(breaks=breaks)
    try:
        reader.feed(_LOOSE.sub("&lt;", _COMMENT.sub(" ", text)))
        reader.close()
    except AssertionError:  # what html.parser answers to a broken <![ section; the lines so far stand
        pass
    reader.flush()
    return reader


@dataclass
class _Element:
    tag: str
    is_skipped: bool
    is_hidden: bool
    box: int
    language: str
    cell: tuple[int, int, int] = (0, 0, 0)


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
    in_title: bool = False

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
        self.opened.append(
            _Element(
                tag,
                parent.is_skipped or tag in _SKIPPED,
                parent.is_hidden or _is_hidden(said),
                self.boxes if is_box else parent.box,
                said.get("lang", "")[:2].lower() or parent.language,
                self._cell(tag, parent.cell),
            )
        )

    def _see_picture(self, attrs: list[tuple[str, str | None]]) -> None:
        """What a picture says that stands for an outage: a line of its own."""
        said = next((value or "" for name, value in attrs if name == "alt"), "")
        inside = self.opened[-1] if self.opened else _Element("", False, False, 0, "")
        if not inside.is_skipped and says(said, "down", "degraded"):
            self.lines.append(PageLine(said, 0, inside.box, inside.is_hidden, False, inside.language, inside.cell))

    def _cell(self, tag: str, inside: tuple[int, int, int]) -> tuple[int, int, int]:
        """Where in which table what this element holds will stand."""
        table, row, _ = inside
        if tag == "table":
            self.tables += 1
            return self.tables, 0, 0
        if tag == "tr" and table:
            self.rows += 1
            return table, self.rows, 0
        if tag in ("td", "th") and row:
            self.columns[table, row] = column = self.columns.get((table, row), 0) + 1
            return table, row, column
        return inside

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
            PageLine(text, level, inside.box, inside.is_hidden, "li" in tags, inside.language, inside.cell)
        )


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
_SMALL_HOURS = 6 * 60
_YESTERDAY = re.compile(r"\b(?:yesterday|last night|hier|la nuit derniere)\b")
_TOMORROW = re.compile(r"\b(?:tomorrow|demain)\b")
_ON_A_WEEKDAY = re.compile(
    r"\b(?:on|this|next|ce|le|du|of)?\s*(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)\b"
    r"|\b(lun|mar|mer|jeu|ven|sam)(?:di|credi|dredi|edi)\b|\b(dim)anche\b"
)


@dataclass
class Section:
    """Lines that belong together. `heading` is the one right above them, `context` all those above it."""

    heading: str = ""
    context: str = ""
    level: int = 0
    box: int = 0
    is_hidden: bool = False
    is_dated: bool = False
    lines: list[tuple[int, PageLine]] = field(default_factory=list)
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
            ended_on = other.ended_on and replace_year(other.ended_on, window.began_on)
            zone_told = window.zone or other.zone
            zones = (zone_told, window.zone or other.ended_zone)
            told = replace(window, began=other.began, ended=other.ended, ended_on=ended_on)
            return replace(told, zone=zones[0], ended_zone=zones[1])
    return window


def replace_year(day: Day, like: Day | None) -> Day:
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

    The small hours of `tonight` are those of the next day, unless it is already past midnight.
    """
    folded = fold(without_old_days(text))
    local = captured_at.tz_convert(zone(OTTAWA))
    here = local.date()
    weekday = _ON_A_WEEKDAY.search(folded)
    is_small = began is not None and _minutes(began.hour, began.minute, began.half) < _SMALL_HOURS
    if _TONIGHT.search(folded) and is_small and local.hour * 60 >= _SMALL_HOURS:
        on = here + timedelta(days=1)
    elif _TODAY.search(folded):
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
    else:
        return None
    return Day(on.month, on.day, on.year)


def day_ended(text: str, began_on: Day) -> Day | None:
    """The day of the end where two weekdays stand alone, as in `from Friday at 5 p.m. to Monday at 8 a.m.`."""
    found = _ON_A_WEEKDAY.finditer(fold(without_old_days(text)))
    named = list(dict.fromkeys(WEEKDAYS[next(word for word in match.groups() if word)] for match in found))
    began = date(began_on.year or 1, began_on.month, began_on.day)
    if len(named) != 2 or began.weekday() != named[0]:
        return None
    on = began + timedelta(days=(named[1] - named[0]) % 7)
    return Day(on.month, on.day, on.year)
