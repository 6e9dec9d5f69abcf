"""A page cut into notices: a dated heading with what stands under it, a box, or a stretch of plain paragraphs. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pandas import Timestamp

from reporter.outages.notice_page import Line, Page
from reporter.outages.notice_times import Said, said_windows
from reporter.outages.notice_words import WEEKDAYS, Clock, Day, durations, fold
from reporter.text.time_zones import OTTAWA, zone

_TODAY = re.compile(r"\b(?:today|tonight|this (?:morning|afternoon|evening)|aujourd'hui|ce soir|cette nuit|ce matin)\b")
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
    lines: list[tuple[int, Line]] = field(default_factory=list)
    number: int = 0
    language: str = ""

    @property
    def body(self) -> str:
        """What stands under the heading."""
        return "\n\n".join(line.text for _, line in self.lines)


def sections(page: Page) -> list[Section]:
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


def _opened(line: Line, number: int, context: str, is_dated: bool) -> Section:
    return Section(
        line.text, context, line.level, line.box, line.is_hidden, is_dated, number=number, language=line.language
    )


def heading_windows(section: Section) -> list[Said]:
    """The windows of a dated heading; the times its heading lacks are looked for under it."""
    windows = [window for window in said_windows(section.heading) if window.began_on]
    below = said_windows(section.body)
    if all(window.whole_days for window in windows):
        first = windows[0].began_on
        timed = [window for window in said_windows(f"{section.heading}.\n\n{section.body}") if window.began]
        return [window for window in timed if window.began_on and _same_day(window.began_on, first)] or windows
    return [_ended_below(window, below) for window in windows]


def _ended_below(window: Said, below: Sequence[Said]) -> Said:
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


def _may_be(began: Clock | None, other: Said) -> bool:
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


def day_meant(text: str, captured_at: Timestamp) -> Day | None:
    """`tonight`, `demain` or a weekday alone, counted from the capture on Ottawa's calendar; nearest for a weekday."""
    folded = fold(text)
    here = captured_at.tz_convert(zone(OTTAWA)).date()
    weekday = _ON_A_WEEKDAY.search(folded)
    if _TODAY.search(folded):
        on = here
    elif _TOMORROW.search(folded):
        on = here + timedelta(days=1)
    elif weekday:
        wanted = WEEKDAYS[next(word for word in weekday.groups() if word)]
        on = here + timedelta(days=(wanted - here.weekday() + 3) % 7 - 3)
    else:
        return None
    return Day(on.month, on.day, on.year)
