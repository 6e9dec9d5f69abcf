"""The windows a notice tells, as its words stand: which day goes with which time. Pure: no files, no clock.

The words come in every order (date, time and zone before or behind one another, several windows to a sentence). Each
text becomes a line of letters, one for each date (D) and time (T) and for what joins them, and the known orders are
looked up in that line. What no order explains is left over, and said.

Windows that repeat in words (`every Thursday in March`, `chaque nuit du 1er au 5 mars`) are each a window of its own
where the text bounds them; one without a bound, or by a rhythm that is not plain, cannot be listed, and is left for
somebody to write out.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, cast

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import Timestamp

from reporter.outages.notice.words import (
    DAY_NAME,
    MONTHS,
    UNKNOWN_ZONE,
    WEEKDAYS,
    Clock,
    Day,
    Token,
    Zone,
    blank,
    fold,
    minutes_from_utc,
    says,
    tokens,
    without_old_days,
)
from reporter.text import formats
from reporter.text.time_zones import OTTAWA, zone

_ORDERS = re.compile(
    r"(?P<dtdt>Da?T[Ra]Da?T)"  # from June 8 at 10 p.m. to June 9 at 2 a.m.
    r"|(?P<tdtd>TD[Ra]TD)"  # from 10 p.m. June 8 to 2 a.m. June 9
    r"|(?P<ddtt>DRDa?T[Ra]T)"  # June 8 to June 9, from 10 p.m. to 2 a.m.
    r"|(?P<ttdd>T[Ra]TDRD)"  # from 10 p.m. to 2 a.m., June 8 to 9
    r"|(?P<dttd>Da?T[Ra]TD(?![a]?T))"  # June 8, from 10 p.m. to 2 a.m. June 9
    r"|(?P<each>D(?:nD)+a?T[Ra]T(?:nT[Ra]T)*)"  # on June 8 and 9, from 1 to 3 a.m.
    r"|(?P<list>Da?T[Ra]T(?:nT[Ra]T)*)"  # on June 8 from 1 to 3 a.m. and from 5 to 6 a.m.
    r"|(?P<listd>T[Ra]T(?:nT[Ra]T)*D(?:nD)*)"  # from 1 to 3 a.m. on June 8 and June 9
    r"|(?P<tdt>TD[Ra]T)"  # from 10 p.m. June 8 until 2 a.m.
    r"|(?P<dtd>Da?T[R]D)"  # from June 8 at 10 p.m. to June 9: no time at the end
    r"|(?P<dt>Da?T|TD)"  # June 8 at 10 p.m.: how long is told elsewhere, or not at all
    r"|(?P<tt>T[Ra]T(?:nT[Ra]T)*)"  # from 1 to 3 a.m.: the day stands elsewhere
    r"|(?P<dd>DRD)"  # from June 8 to June 9
    r"|(?P<d>D)"
    r"|(?P<t>T)"
)
_FILLER = r"(?:on|at|the|le|la|les|a|from|de|du|des|d|in|evening|morning|night|nuit|soir|matin|of|about|around|vers|environ|approximately|its?|be|il|heures?|hours?|dans|en|then|meme|same|day|jour|matinee|et|and|between|entre|again|also|nouveau|aussi|encore)"  # noqa: E501
_ENDED = (
    r"(?:and )?(?:(?:was|were|is) )?(?:resolved|restored|fixed|ended|over|back)"
    r"|(?:et )?(?:a ete |s'est )?(?:retablie?s?|resolue?s?|reglee?s?|terminee?s?)"
)
_RANGE = rf"(?:to|until|till|through|thru|jusqu'a|jusqu'au|jusque|au|ending|finishing|{_ENDED})"
_TO = re.compile(rf"\W*(?:{_FILLER}\W+)*{_RANGE}(?:\W+{_FILLER})*\W*")
_TO_AT_LAST = re.compile(rf".*\b(?:until|till|jusqu'a|jusqu'au)(?:\W+{_FILLER})*\W*", re.DOTALL)
_DASH = re.compile(r"\W*-\W*")
_AND = re.compile(
    rf"\W*(?:{_FILLER}\W+)*?(?:and|et|as well as|ainsi que|puis|then|&)(?:\W+{_FILLER})*\W*|\s*&\s*|\s*;\s*"
)
_NEXT_DAY = re.compile(rf"\W*(?:(?:{_FILLER}|following|next|lendemain|suivante?)\W+)*")
_LIST = re.compile(rf"\s*[,/]\s*(?:{_FILLER}\W+)*")
_A = re.compile(r"\W*a\W*")
_STOP = re.compile(r"[.!?](?:\s|$)|\n\s*\n")
_IS_WHOLE = re.compile(r"Da?T[Ra]T$")
_TOLD_END = re.compile(r"[Ra]TD?$")
_WAS_OVER = re.compile(
    r"\b(?:(?:was|were|has been|have been) (?:\w+ )?(?:completed|finished|restored|resolved|over)"
    r"|(?:ended|finished|completed)"
    r"|s'est terminee?|se sont terminee?s|a pris fin|(?:a|ont) ete (?:termine|retabli|acheve)\w*)\b"
)
_IS_OPEN = re.compile(r"(?:^|\|)(?:(?!R|Ta)[^|])*TD?$")
_SAME_HOURS = re.compile(r"[\s()/,;=\[\]]*(?:(?:or|soit|ou|i\.?e\.?)\b[\s,]*)?")
_AGAIN = re.compile(r"[\s,]*(?:[(/\[=]|(?:that is|soit|i\.?e\.?)\b)[\s,(]*(?:(?:from|between|de|entre)\s+)?")
_FIRST_HOURS = {
    "afternoon": 1, "apres-midi": 1, "evening": 4, "soiree": 4, "soir": 4, "tonight": 6, "overnight": 6, "night": 6,
    "nuit": 6,
}  # fmt: skip
"""The parts of a day behind noon, and from which hour on one is surely meant so."""
_PART_BEFORE = re.compile(rf"\b(?<!good )(?:{'|'.join(_FIRST_HOURS)})\b")
_NIGHT_OF = re.compile(r"\b(?:night|nuit) (?:of|from|between|du|de|entre)\b")
_NIGHT_ON = re.compile(r"\b(?:night of|nuit du)\b")
_EARLY = 6
_AN_HOUR = 60
_FURTHEST = 70
_LONGEST = 20_000
_WEEKDAYS = re.compile(rf"\b{DAY_NAME}\b")

MOST = 60
_ADVERB = re.compile(
    r"\b(?:(?P<any>nightly|daily|quotidien\w*)|(?P<rhythm>weekly|biweekly|fortnightly|monthly|hebdomadaire\w*|mensuel\w*))\b"
)
_EVERY = re.compile(
    r"\b(?:every|each|tous les|toutes les|chaque)\s+"
    r"(?P<odd>(?:other|second|third|two|three|deux|trois|premier|dernier|first|last)\s+)?"
    r"(?:(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)s?"
    r"|(?P<jour>lun|mar|mer|jeu|ven|sam)(?:di|credi|dredi|edi)s?|(?P<dim>dim)anches?"
    r"|(?P<work>week-?days?|(?:business|working) days?|jours (?:ouvrables|de semaine))"
    r"|(?P<any>days?|nights?|mornings?|evenings?|jours?|nuits?|matins?|soirs?)"
    r"|(?P<rhythm>weeks?|months?|semaines?|mois))\b"
)
_ALSO = re.compile(rf"(?:\s*,\s*|,?\s+(?:and|et|&)\s+)(?:(?:every|each|on|les|tous les|chaque)\s+)?({DAY_NAME})s?\b")
_PARTS = re.compile(rf"\b{DAY_NAME}(?:(?:,|,? and) {DAY_NAME})* (?:nights|mornings|evenings|afternoons)\b")
_ODD = re.compile(
    r"\b(?:once|twice|\w+ times) (?:a|per|each|every) (?:day|night|week|month)\b"
    r"|\bfois par (?:jour|nuit|semaine|mois)\b"
    rf"|\b(?:jour|nuit|soir|semaine|{DAY_NAME}) sur (?:deux|trois|quatre)\b"
    rf"|\b(?:first|second|third|last|alternate) (?:\w+ )?{DAY_NAME}s?\b(?! \d)"
    rf"|\b(?:premiere?|deuxieme|troisieme|derniere?)s? {DAY_NAME}s?\b(?! \d)"
)
_UNTIL = re.compile(r"\b(?:until|till|through|up to|jusqu'au|d'ici)\W+(?:and including\W+)?(?:le\W+)?$")
_PLURAL = re.compile(
    r"\b(?:(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)s"
    rf"|(?P<jour>lun|mar|mer|jeu|ven|sam)(?:di|credi|dredi|edi)s|(?P<dim>dim)anches)\b(?!,?\s*(?:\d|{'|'.join(MONTHS)}))"
)
_IN = re.compile(
    r"\b(?:in|of|during|throughout|en|de|du mois de|pendant|durant)\s+"
    rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?(?:\s+(?P<year>20\d\d))?(?!\s*\d)"
)
_FROM_DAY_TO_DAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\s+(?:to|through|-)\s+\w+days\b"
    r"|\b(?:du|chaque) (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) au \w+di\b(?! \d)"
)


class WindowText(Struct, frozen=True):
    """One window as written: an end or a day may be missing. `whole_days` has no time of day at all."""

    began_on: Day | None
    began: Clock | None
    ended_on: Day | None
    ended: Clock | None
    zone: Zone | None
    start: int
    end: int
    ended_zone: Zone | None = None  # where the end has a zone of its own, as on the night the clocks change
    is_apart: bool = (
        False  # its days and its hours stand apart, `March 6-7, 1 a.m. to 3 a.m.`: it may be each of the days
    )

    @property
    def whole_days(self) -> bool:
        """Only dates are told."""
        return self.began is None and self.ended is None


def said_windows(text: str) -> list[WindowText]:
    """Every window of a text in its order; dates without a time only when nothing better is there.

    A text longer than any notice is read as far as a notice would go.
    """
    text, found, aside = _whens(text)
    whens = [token for token in found if token.kind != "Z"]
    letters, places = _letters(text, whens, aside)
    windows: list[WindowText] = []
    for match in _ORDERS.finditer(letters):
        parts = [whens[places[at]] for at in range(match.start(), match.end()) if at in places]
        order = str(match.lastgroup)
        if order == "dttd" and _is_of_something_else(text, parts):
            order, parts = "listd", parts[1:]
        windows += _windows(order, parts, lambda ends: _zones_near(found, ends, whens))
    return [of_night(window, text) for window in _with_days(windows)]


def _is_of_something_else(text: str, parts: list[Token]) -> bool:
    """Whether the first day is that of other words: `said on March 1 that it will be down from 1 to 3 on March 4`."""
    first, last = (cast(Day, parts[at].what) for at in (0, -1))
    is_next = (last.month, last.day) == (first.month, first.day + 1) or last.day == 1
    return not is_next and not _NEXT_DAY.fullmatch(fold(text[parts[0].end : parts[1].start]))


def hours_left(text: str, windows: Iterable[WindowText]) -> bool:
    """Whether a text tells an hour that none of these windows has, and that was not put off since."""
    text, found, aside = _whens(text)
    whens = [token for token in found if token.kind != "Z"]
    zones = [token for token in aside if token.kind == "Z"]
    told = [whens[number] for number in _letters(text, whens, aside)[1].values()]
    clocks = [one.what for one in told if not any(place.start <= one.start < place.end for place in zones)]
    held = {(clock.hour, clock.minute) for one in windows for clock in (one.began, one.ended) if clock}
    return any((clock.hour, clock.minute) not in held for clock in clocks if isinstance(clock, Clock))


def _whens(text: str) -> tuple[str, list[Token], list[Token]]:
    """The text as far as a notice would go, its days, hours and zones that hold, and what stands aside of a window."""
    text = without_old_days(text[:_LONGEST])
    every = _with_parts(text, tokens(text))
    found = _without_restatements(text, _with_first_zone(text, every))
    return text, found, [token for token in every if token.kind == "Z" or token not in found]


def is_of_night(text: str) -> bool:
    """Whether it names a night by the two days it lies between."""
    return bool(_NIGHT_OF.search(fold(text)))


def is_of_either_night(window: WindowText, text: str) -> bool:
    """Whether its hours are the small ones of `the night of March 4`, which begins or ends on that day."""
    is_small = window.began is not None and _on_24(window.began, window.began.half).hour < _EARLY
    days = {token.what[:2] for token in tokens(text) if token.kind == "D"}
    return is_small and len(days) == 1 and bool(_NIGHT_ON.search(fold(text)))


def of_night(window: WindowText, text: str) -> WindowText:
    """`dans la nuit du 4 au 5, de 1 h à 4 h` is on the 5th."""
    first, last, began = window.began_on, window.ended_on, window.began
    if not window.is_apart or first is None or last is None or began is None:
        return window
    is_next = (last.month, last.day) == (first.month, first.day + 1) or last.day == 1
    is_small = _on_24(began, began.half).hour < _NOON
    is_night = is_of_night(text[max(window.start - _FURTHEST, 0) : window.end])
    return (
        replace(window, began_on=last, ended_on=None, is_apart=False) if is_next and is_small and is_night else window
    )


def _with_parts(text: str, found: list[Token]) -> list[Token]:
    """Hours behind the part of the day they are of: `on the evening of March 4, from 9:00`, `en après-midi, de 1 h`."""
    folded, at = fold(text), 0
    kept = list[Token]()
    for token in found:
        kept.append(token)
        clock = token.what
        if isinstance(clock, Clock):
            parts = _PART_BEFORE.findall(_STOP.split(folded[at : token.start])[-1][-_FURTHEST:])
            is_plain = clock.half in ("", "h") and not clock.is_word and not folded.startswith("0", token.start)
            is_late = bool(parts) and is_plain and _FIRST_HOURS[parts[-1]] <= clock.hour < _NOON
            kept[-1:] = [token._replace(what=clock._replace(half="pm"))] if is_late else [token]
            at = token.end
    return kept


def _with_first_zone(text: str, found: list[Token]) -> list[Token]:
    """Of `1 a.m. to 3 a.m. (06:00 to 08:00 UTC)` the first hours with Ottawa's zone, where they are the same there.

    Where they are not, only those with a zone count.
    """
    folded, kept = fold(text), list[Token]()
    for token in found:
        kept.append(token)
        cut = _told_again(folded, kept) if token.kind == "Z" else 0
        if not cut:
            continue
        second = kept[cut:]
        first = kept[cut - sum(one.kind == "T" for one in second) : cut]
        ottawa = Token("Z", first[-1].end, first[-1].end, _EASTERN)
        is_same = _compared(text, [*first, ottawa], second)[0]
        kept = [*kept[:cut], ottawa, *second] if is_same else [*kept[: cut - len(first)], *second]
    return kept


def _told_again(folded: str, found: list[Token]) -> int:
    """Where hours with the zone that ends this line begin, right behind as many without one; 0 where there are none."""
    for cut in takewhile(lambda at: found[at].kind != "Z", range(len(found) - 2, 0, -1)):
        hours = [one for one in found[cut:] if one.kind == "T"]
        first = found[max(cut - len(hours), 0) : cut]
        if _AGAIN.fullmatch(folded[found[cut - 1].end : found[cut].start]):
            is_plain = bool(hours) and [one.kind for one in first] == ["T"] * len(hours)
            return cut if is_plain and ")" not in folded[hours[-1].end : found[-1].start] else 0
    return 0


def _without_restatements(text: str, found: list[Token]) -> list[Token]:
    """Without the same hours told again in another zone, as in `10 p.m. ET (7 p.m. PT)`.

    The day is of those told first. Ottawa's hours count where both fall on it, whatever the law of other places is.
    """
    kept: list[Token] = []
    before: list[Token] = []
    since: list[Token] = []
    for token in found:
        since.append(token)
        if token.kind != "Z":
            continue
        is_same, is_one_day = _compared(text, before, since)
        if not is_same:
            kept, before = kept + since, since
        elif is_one_day and cast(Zone, token.what).name == OTTAWA:
            kept = [*(one for one in kept if one not in before or one.kind == "D"), *since]
        since = []
    return [*kept, *since]


def _compared(text: str, before: list[Token], since: list[Token]) -> tuple[bool, bool]:
    """Whether two groups of hours, each with its zone, are the same hours, and fall on one day in both zones."""
    if not before or not _SAME_HOURS.fullmatch(fold(text[before[-1].end : since[0].start])):
        return False, False
    first, second = ([token.what for token in group if isinstance(token.what, Clock)] for group in (before, since))
    zones = [minutes_from_utc(cast(Zone, group[-1].what)) for group in (before, since)]
    if not first or len(first) != len(second) or before[-1].what == since[-1].what:
        return False, False
    if zones[0] is None or zones[1] is None:
        return True, False
    gaps = [
        _minutes(_on_24(two, two.half)) - _minutes(_on_24(one, one.half))
        for one, two in zip(first, second, strict=True)
    ]
    apart = [gap - zones[1] + zones[0] for gap in gaps]
    # Of `8-10 a.m.` the first leaves its half to the second, and each may be in summer or in winter.
    is_same = all((one + _AN_HOUR) % (12 * _AN_HOUR) <= 2 * _AN_HOUR for one in apart)
    return is_same, is_same and all(abs(one) <= _AN_HOUR for one in apart)


def _letters(text: str, whens: list[Token], aside: list[Token]) -> tuple[str, dict[int, int]]:
    """The line of letters, and which token each letter is; the zones, and hours told again, are `aside`."""
    folded = _WEEKDAYS.sub(lambda m: " " * len(m.group()), blank(fold(text), [(z.start, z.end) for z in aside]))
    places: dict[int, int] = {}
    line, is_between, at = "", False, 0
    kinds = "".join(token.kind for token in whens)
    for number, token in enumerate(whens):
        gap = folded[at : token.start]
        is_between = is_between or bool(re.search(r"\b(?:between|entre)\b", gap))
        joint = cast(Day, token.what).joint if token.kind == "D" else ""
        if number:
            is_apart = kinds[number - 1] == token.kind or kinds[max(number - 2, 0) : number + 2] == "DTDT"
            joint = joint or _joint(gap, is_apart=is_apart, is_open=bool(_IS_OPEN.search(line[-_FURTHEST:])))
        told = _TOLD_END.search(line)
        if token.kind == "T" and told and (says(gap, "extended") or _is_ended_anew(gap)):
            places[told.start() + 1] = number  # `from 1 to 3 a.m., extended to 5 a.m.`: the first end holds no more
            at = token.end
            continue
        if token.kind == "D" and _IS_WHOLE.search(line) and not _NEXT_DAY.fullmatch(gap):
            joint = joint or "|"  # `March 4, 1 a.m. to 3 a.m. (back-up date: March 6)`
        if joint == "n" and is_between:
            joint, is_between = "R", False
        line += joint
        places[len(line)] = number
        line += token.kind
        at = token.end
    return line, places


def _is_ended_anew(gap: str) -> bool:
    """Whether the words say that it was over at another hour than the one announced."""
    return len(gap) <= _FURTHEST and not _STOP.search(gap) and bool(_WAS_OVER.search(gap))


def _joint(gap: str, *, is_apart: bool, is_open: bool) -> str:
    """R for `to`, n for `and`, a for the French `à` (which is `at` or `to`), | for a stop, nothing if they touch.

    A dash is `to` only between two things that stand `is_apart`; between a date and its own time it is a comma. What
    says that service resumes is `to` where the window before it `is_open`: it has no end yet.
    """
    if _DASH.fullmatch(gap):
        return "R" if is_apart else ""
    if _A.fullmatch(gap):
        return "a"
    last = _STOP.split(gap)[-1]
    if is_open and len(gap) <= 2 * _FURTHEST and says(last, "ends"):
        return "R"
    if _TO.fullmatch(gap) or (len(gap) <= 2 * _FURTHEST and _TO_AT_LAST.fullmatch(gap)):
        return "R"
    if _AND.fullmatch(gap) or (is_apart and _LIST.fullmatch(gap)):
        return "n"
    return "|" if len(gap) > _FURTHEST or _STOP.search(gap) else ""


def _zones_near(found: list[Token], parts: list[Token], whens: list[Token]) -> tuple[Zone | None, Zone | None]:
    """The zones of beginning and end: told within or right after the window; else the first of the text."""
    after = [token.start for token in whens if token.start > parts[-1].start]
    limit = after[0] if after else 10**9
    zones = [token for token in found if token.kind == "Z"]
    near = [token for token in zones if parts[0].start <= token.start < limit]
    behind = [token for token in zones if token.start >= limit]
    chosen = near or behind[:1] or zones[:1]
    if not chosen:
        return None, None
    has_own = len(near) > 1 and near[0].start < parts[-1].start
    ended = cast(Zone, chosen[-1].what)
    return (cast(Zone, chosen[0].what) if has_own else ended), ended


def _windows(
    order: str, parts: list[Token], zones_of: Callable[[list[Token]], tuple[Zone | None, Zone | None]]
) -> list[WindowText]:
    """The windows one order of words tells, each pair of hours in its own zone."""
    days = [cast(Day, token.what) for token in parts if token.kind == "D"]
    clocks = [cast(Clock, token.what) for token in parts if token.kind == "T"]
    start, end, zones = parts[0].start, parts[-1].end, zones_of(parts)

    def one(began_on: Day | None, began: Clock | None, ended_on: Day | None, ended: Clock | None) -> WindowText:
        return WindowText(began_on, began, ended_on, ended, zones[0], start, end, zones[1])

    if order in ("dtdt", "tdtd", "ddtt", "ttdd", "dttd"):
        return [replace(one(days[0], clocks[0], days[1], clocks[1]), is_apart=order in ("ddtt", "ttdd"))]
    if order in ("each", "list", "listd", "tt"):
        hours = [token for token in parts if token.kind == "T"]
        pairs = list(zip(hours[::2], hours[1::2], strict=True))
        own = [zones_of([*pair]) if len(pairs) > 1 else zones for pair in pairs]
        told = [
            (one(None, cast(Clock, a.what), None, cast(Clock, b.what)), *zone)
            for (a, b), zone in zip(pairs, own, strict=True)
        ]
        on: list[Day | None] = [*days] or [None]
        return [replace(window, began_on=day, zone=a, ended_zone=b) for day in on for window, a, b in told]
    if order == "tdt":
        return [one(days[0], clocks[0], None, clocks[1])]
    if order in ("dt", "dtd"):
        return [one(days[0], clocks[0], days[1] if len(days) > 1 else None, None)]
    if order in ("d", "dd"):
        return [one(days[0], None, days[-1], None)]
    return [one(None, clocks[0], None, None)]


def _with_days(windows: list[WindowText]) -> list[WindowText]:
    """Times without a date take the one before them, else the one behind; a lone date then has said its part."""
    timed = [window for window in windows if window.began is not None and window.ended is not None]
    begun = [window for window in windows if window.began is not None and window.began_on is not None]
    if not timed and not begun:
        return [window for window in windows if window.began_on] or windows[:1]
    kept: list[WindowText] = []
    for number, window in enumerate(windows):
        if window.whole_days or (window.began_on is None and window.ended is None and (timed or begun)):
            continue
        kept.append(window if window.began_on else _dated(window, windows[:number], windows[number + 1 :]))
    return kept


def _dated(window: WindowText, before: list[WindowText], behind: list[WindowText]) -> WindowText:
    days = [other.began_on for other in [*reversed(before), *behind] if other.began_on]
    ends = [other.ended_on for other in [*reversed(before), *behind] if other.began_on and other.whole_days]
    ended_on = ends[0] if ends and ends[0] != days[0] else None
    return replace(window, began_on=days[0] if days else None, ended_on=ended_on)


_EASTERN = Zone(OTTAWA, "")
_NOON = 12
_FAR_DAYS = 400


class Doubt(Struct, frozen=True):
    """One thing assumed or amiss: a code of problems/notices.toml and what fills its sentences."""

    code: str
    details: tuple[tuple[str, str], ...] = ()


class NoticeWindow(Struct, frozen=True):
    """One stretch of down time: UTC instants (no end when none is told), and the doubts about it."""

    began_at: Timestamp
    ended_at: Timestamp | None
    is_day: bool = False
    doubts: tuple[Doubt, ...] = ()


class Unreadable(ValueError):  # noqa: N818 - a reason, caught in this room
    """The window cannot be one; `args[0]` is the reason."""


def window_doubt(code: str, **details: str) -> Doubt:
    """A doubt with its details."""
    return Doubt(code, tuple(details.items()))


def resolve_window(said: WindowText, captured_at: Timestamp, *, minutes: int | None = None) -> NoticeWindow:
    """The instants of a window; `minutes` is how long it will take, told elsewhere, for one without an end.

    Raises: Unreadable with a reason when there is no day, no such date, or no sense in the two ends.
    """
    if said.began_on is None:
        raise Unreadable("no_date")
    place = said.zone or _EASTERN
    if UNKNOWN_ZONE in (place.name, (said.ended_zone or place).name):
        raise Unreadable("zone_unknown")
    here = captured_at.tz_convert(zone(place.name)).date()
    began_on, ended_on, doubts = _days(said, here)
    if said.began is None:
        return _whole_days(began_on, ended_on or began_on, place, doubts)
    began, ended, halves = _halves(said.began, said.ended, is_one_day=ended_on in (None, began_on))
    start = _wall(began_on, began)
    end = None if ended is None else _wall(ended_on or began_on, ended)
    start, end, slips = _in_sequence(start, end, began, ended, has_end_day=said.ended_on is not None)
    start, end, midnights = _midnights(start, end, said)
    doubts = [*doubts, *halves, *slips, *midnights, *_each_day(start, end, said)]
    if end is None and ended_on and ended_on != began_on:  # an end that is only a date is that whole day
        end = datetime.combine(ended_on + timedelta(days=1), datetime.min.time())
        doubts.append(window_doubt("notice_whole_day"))
    places = (place, said.ended_zone or place)
    return _window(start, end, places, has_zone=said.zone is not None, minutes=minutes, doubts=doubts)


def _whole_days(began_on: date, ended_on: date, place: Zone, doubts: list[Doubt]) -> NoticeWindow:
    midnight = datetime.min.time()
    start = datetime.combine(began_on, midnight)
    end = datetime.combine(max(began_on, ended_on) + timedelta(days=1), midnight)
    told = [*doubts, window_doubt("notice_whole_day")]
    return replace(_window(start, end, (place, place), has_zone=True, minutes=None, doubts=told), is_day=True)


def _window(
    start: datetime,
    end: datetime | None,
    places: tuple[Zone, Zone],
    *,
    has_zone: bool,
    minutes: int | None,
    doubts: list[Doubt],
) -> NoticeWindow:
    began_at, odd = _instant(start, places[0])
    ended_at, odd_end = (None, []) if end is None else _instant(end, places[1], is_end=True)
    if ended_at is None and minutes is not None:
        ended_at = began_at + pd.Timedelta(minutes=minutes)
        doubts = [*doubts, window_doubt("notice_end_from_duration", minutes=str(minutes))]
    if ended_at is not None and ended_at <= began_at:
        raise Unreadable("ends_before_it_begins")
    if not has_zone:
        doubts = [*doubts, window_doubt("notice_zone_assumed")]
    return NoticeWindow(began_at, ended_at, doubts=(*doubts, *odd, *odd_end, *_mislabelled(began_at, ended_at, places)))


def _days(said: WindowText, here: date) -> tuple[date, date | None, list[Doubt]]:
    """The dates of the beginning and of the end; a missing year is the other's, else the nearest."""
    began_on, ended_on = said.began_on, said.ended_on
    assert began_on is not None
    if began_on.is_unsure or (ended_on is not None and ended_on.is_unsure):
        raise Unreadable("date_order")
    years = [day.year for day in (began_on, ended_on) if day and day.year]
    begins = _date(began_on, began_on.year or (years[0] if years else None), here)
    doubts = [] if years else [window_doubt("notice_year_assumed", used=str(begins.year))]
    ends = _date(ended_on, ended_on.year or begins.year, here) if ended_on else None
    if ends and ends < begins:
        begins, ends = _across_new_year(said, begins, ends, here)
    doubts += [found for day, on in ((began_on, begins), (ended_on, ends)) for found in _weekday(day, on)]
    if abs((begins - here).days) > _FAR_DAYS and begins > here:
        doubts.append(window_doubt("notice_year_far", used=begins.isoformat()))
    return begins, ends, doubts


def _across_new_year(said: WindowText, begins: date, ends: date, here: date) -> tuple[date, date]:
    """`December 31 to January 1`: whichever of the two has no year of its own gives way."""
    assert said.began_on is not None
    assert said.ended_on is not None
    if said.ended_on.year is None:
        return begins, _date(said.ended_on, ends.year + 1, here)
    if said.began_on.year is None:
        return _date(said.began_on, begins.year - 1, here), ends
    raise Unreadable("ends_before_it_begins")


def _date(day: Day, year: int | None, here: date) -> date:
    """The day in that year, else in the year that brings it nearest to the capture. Raises Unreadable."""
    on = _date_or_none(day, year) if year else _nearest(day, here)
    if on is None:
        raise Unreadable("no_such_date")
    return on


def _nearest(day: Day, here: date) -> date | None:
    found = (_date_or_none(day, year) for year in (here.year - 1, here.year, here.year + 1))
    return min((on for on in found if on), key=lambda on: abs((on - here).days), default=None)


def _date_or_none(day: Day, year: int) -> date | None:
    try:
        return date(year, day.month, day.day)
    except ValueError:
        return None


def _weekday(day: Day | None, on: date | None) -> Iterable[Doubt]:
    if day is not None and on is not None and day.weekday is not None and day.weekday != on.weekday():
        yield window_doubt(
            "notice_weekday_mismatch",
            date=on.isoformat(),
            said=formats.WEEKDAYS["en"][day.weekday],
            is_on=formats.WEEKDAYS["en"][on.weekday()],
            said_fr=formats.WEEKDAYS["fr"][day.weekday],
            is_on_fr=formats.WEEKDAYS["fr"][on.weekday()],
        )


def _halves(began: Clock, ended: Clock | None, *, is_one_day: bool) -> tuple[Clock, Clock | None, list[Doubt]]:
    """Both times on the 24-hour clock; a half that only one of the two tells goes for both, if that makes sense."""
    if ended is None:
        return _on_24(began, began.half), None, []
    if began.half in ("", "h") and ended.half in ("am", "pm") and 1 <= began.hour <= _NOON and not began.is_word:
        first = _on_24(began, ended.half)
        last = _on_24(ended, ended.half)
        is_other = is_one_day and _minutes(first) >= _minutes(last)
        first = _on_24(began, "am" if ended.half == "pm" else "pm") if is_other else first
        is_plain = not is_other and not began.half and began.hour != _NOON  # `1 to 3 a.m.` leaves no doubt
        return first, last, [] if is_plain else [window_doubt("notice_half_assumed", used=_text(first))]
    if began.half in ("am", "pm") and ended.half in ("", "h") and not ended.is_word and 1 <= ended.hour <= _NOON:
        first = _on_24(began, began.half)
        both = sorted(
            (_on_24(ended, "am"), _on_24(ended, "pm")), key=lambda end: (_minutes(end) <= _minutes(first), end)
        )
        return first, both[0], [window_doubt("notice_half_assumed", used=_text(both[0]))]
    return _on_24(began, began.half), _on_24(ended, ended.half), []


def _on_24(clock: Clock, half: str) -> Clock:
    if half not in ("am", "pm"):
        return clock
    return Clock(clock.hour % 12 + (12 if half == "pm" else 0), clock.minute, half, is_word=clock.is_word)


def _minutes(clock: Clock) -> int:
    return clock.hour * 60 + clock.minute


def _text(clock: Clock) -> str:
    return f"{clock.hour:02d}:{clock.minute:02d}"


def _wall(on: date, clock: Clock) -> datetime:
    """What a clock on the wall shows; 24:00 is the next day's midnight."""
    return datetime.combine(on, datetime.min.time()) + timedelta(minutes=_minutes(clock))


def _in_sequence(
    start: datetime, end: datetime | None, began: Clock, ended: Clock | None, *, has_end_day: bool
) -> tuple[datetime, datetime | None, list[Doubt]]:
    """The end behind the beginning: on the next morning, or half a day off where a.m. and p.m. were mixed up."""
    if end is None or ended is None:
        return start, end, []
    half_day = timedelta(hours=12)
    is_midnight_after = (ended.hour, ended.minute) == (0, 0) and end.date() == start.date()
    if end <= start and (is_midnight_after or (not has_end_day and began.hour >= _NOON > ended.hour)):
        end += timedelta(days=1)
    if end > start:
        return start, end, _longer_than_meant(start, end, began, ended)
    if end == start and not has_end_day:  # `2 a.m. to 2 a.m.`: the longer counts
        used = end + timedelta(days=1)
        return start, used, [window_doubt("notice_half_slip", said=_text(ended), used=_shown(used))]
    if end + half_day > start and (not has_end_day or ended.hour < _NOON):
        used = end + half_day
        return start, used, [window_doubt("notice_half_slip", said=_text(ended), used=f"{used:%H:%M}")]
    raise Unreadable("ends_before_it_begins")


def _longer_than_meant(start: datetime, end: datetime, began: Clock, ended: Clock) -> list[Doubt]:
    """`9:00 p.m. to 9:10 a.m.` may be a slip for ten minutes: told, but the longer stretch counts."""
    if {began.half, ended.half} == {"am", "pm"} and timedelta(hours=12) < end - start < timedelta(hours=13):
        proposed = end - timedelta(hours=12)
        return [window_doubt("notice_half_suspect", said=_text(ended), proposed=f"{proposed:%H:%M}")]
    return _noon_or_midnight(start, end, began, ended)


def _noon_or_midnight(start: datetime, end: datetime, began: Clock, ended: Clock) -> list[Doubt]:
    """`12:00 p.m. to 5:00 a.m.`: 12 p.m. is noon, but who writes it often means midnight. Told; the longer counts."""
    half_day = timedelta(hours=12)
    for clock, stretch in ((began, (start + half_day, end)), (ended, (start, end - half_day))):
        is_twelve = clock.hour == _NOON or (clock.half in ("am", "pm") and clock.hour == 0)
        if is_twelve and not clock.is_word and half_day < end - start <= 2 * half_day and stretch[0] < stretch[1]:
            used, meant = f"{(start if clock is began else end):%H:%M}", stretch[0] if clock is began else stretch[1]
            return [window_doubt("notice_noon_or_midnight", used=used, proposed=f"{meant:%Y-%m-%d %H:%M}")]
    return []


def _each_day(start: datetime, end: datetime | None, said: WindowText) -> list[Doubt]:
    """`March 6-7, 1 a.m. to 3 a.m.` may be one window or one a day, where its hours would fit into a day."""
    if not said.is_apart or end is None or end.time() <= start.time():
        return []
    return [window_doubt("notice_each_day", began=f"{start:%H:%M}", ended=f"{end:%H:%M}")]


def _midnights(
    start: datetime, end: datetime | None, said: WindowText
) -> tuple[datetime, datetime | None, list[Doubt]]:
    """`to midnight Sunday` may be Sunday's beginning or its end, and so `from midnight Saturday`: the longer counts."""
    day, is_one_day = timedelta(days=1), said.ended_on in (None, said.began_on)
    if end is None or is_one_day:
        return start, end, []
    if said.ended is not None and said.ended.is_word and (end.hour, end.minute) == (0, 0):
        used = end + day
        return start, used, [window_doubt("notice_midnight", used=_shown(used), proposed=_shown(end))]
    is_midnight = said.began is not None and said.began.is_word and (start.hour, start.minute) == (0, 0)
    if is_midnight and start + day < end:
        return start, end, [window_doubt("notice_midnight", used=_shown(start), proposed=_shown(start + day))]
    return start, end, []


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _instant(wall: datetime, place: Zone, *, is_end: bool = False) -> tuple[Timestamp, list[Doubt]]:
    """The instant; an hour that comes twice is told apart by EST or EDT, else read towards more down time."""
    local = Timestamp(wall).as_unit("us")
    here = zone(place.name)
    earlier, later = (local.tz_localize(here, ambiguous=first, nonexistent="shift_forward") for first in (True, False))
    if earlier.tz_localize(None) != local:  # a bound inside the missing hour moves to its end, and an end by an hour
        moved = local.tz_localize(here, nonexistent=pd.Timedelta(hours=1)) if is_end else earlier
        return moved.tz_convert("UTC"), [window_doubt("notice_hour_skipped", used=_iso(moved))]
    if earlier == later:
        return earlier.tz_convert("UTC"), []
    labelled = [at for at in (earlier, later) if _offset(at) == place.offset]
    if labelled:
        return labelled[0].tz_convert("UTC"), []
    used = later if is_end else earlier
    return used.tz_convert("UTC"), [window_doubt("notice_hour_twice", used=_iso(used))]


def _mislabelled(began_at: Timestamp, ended_at: Timestamp | None, places: tuple[Zone, Zone]) -> list[Doubt]:
    """EST in summer, EDT in winter: the zone's own rules were used. One label for both ends may be right for one."""
    ends = [(began_at, places[0]), *([(ended_at, places[1])] if ended_at is not None else [])]
    local = [(at.tz_convert(zone(place.name)), place) for at, place in ends if place.offset is not None]
    wrong = [(at, place) for at, place in local if _offset(at) != place.offset]
    if not wrong or (places[0] == places[1] and len(wrong) < len(local)):
        return []
    at, place = wrong[0]
    minutes = _offset(at)
    used = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return [
        window_doubt("tz_label_mismatch", label=place.word.upper() if len(place.word) < 4 else place.word, used=used)
    ]


def _offset(at: Timestamp) -> int:
    offset = at.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def _iso(at: Timestamp) -> str:
    return at.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def is_repeated(text: str) -> bool:
    """Whether the text says that its hours come again."""
    return _rhythm(text) is not None


def _rhythm(text: str) -> "dict[str, Any] | None":
    """What the text says of how often: the parts of _EVERY, or of a weekday in the plural, `Mondays`.

    `on` are the weekdays; none where every day is one of them.
    """
    folded = fold(text)
    if odd := _FROM_DAY_TO_DAY.search(folded) or _ODD.search(folded):
        return {"odd": odd.group()}
    if match := _PARTS.search(folded):
        return {"on": _weekdays(match.group())}
    if match := _EVERY.search(folded) or _PLURAL.search(folded):
        return match.groupdict() | {"on": _joined_weekdays(folded, match)}
    adverb = _ADVERB.search(folded)
    days = [token for token in tokens(text) if isinstance(token.what, Day)] if adverb else []
    is_once = len(days) == 1 and not _UNTIL.search(folded[: days[0].start])  # `the weekly maintenance, on March 4`
    return adverb.groupdict() | {"on": ()} if adverb and not is_once else None


def _weekdays(folded: str) -> tuple[int, ...]:
    return tuple(WEEKDAYS[name[:3]] for name in re.findall(DAY_NAME, folded))


def _joined_weekdays(folded: str, match: "re.Match[str]") -> tuple[int, ...]:
    """The weekday of the words, and those joined to it: `les mardis et jeudis`."""
    if match.groupdict().get("work"):
        return (0, 1, 2, 3, 4)
    at = match.end()
    while also := _ALSO.match(folded, at):
        at = also.end()
    return _weekdays(folded[match.start() : at])


def repeated_windows(text: str, windows: list[WindowText], here: date) -> list[WindowText] | None:
    """One window a day it comes on, with the hours of the text; None when nothing bounds them or they are not plain.

    Takes: windows - those the text tells as they stand; here - the day of its capture, near which a missing year is.
    """
    said = _rhythm(text)
    hours = [window for window in windows if window.began is not None and window.ended is not None]
    bounds = _bounds(text, here)
    is_plain = said is not None and not said.get("odd") and not said.get("rhythm")
    if said is None or not is_plain or bounds is None or len({_clocks(one) for one in hours}) != 1:
        return None
    days = [on for on in _days_between(*bounds) if not said["on"] or on.weekday() in said["on"]]
    if not 0 < len(days) <= MOST:
        return None
    return [replace(hours[0], began_on=Day(on.month, on.day, on.year), ended_on=None, is_apart=False) for on in days]


def _clocks(window: WindowText) -> tuple[object, object]:
    return window.began, window.ended


def _bounds(text: str, here: date) -> tuple[date, date] | None:
    """The first and the last day: two dates, the day of the capture and one until which it lasts, or a month."""
    dates = [token for token in tokens(text) if isinstance(token.what, Day)]
    days = [token.what for token in dates if isinstance(token.what, Day)]
    if len(days) == 1 and _UNTIL.search(fold(text)[: dates[0].start]):
        days = [Day(here.month, here.day, here.year), *days]
    if len(days) == 2:
        year = days[1].year or days[0].year or (_nearest(days[0], here) or here).year
        first, last = (_date_or_none(day, day.year or year) for day in days)
        return (first, last) if first and last and first <= last else None
    month = _IN.search(fold(text))
    if days or month is None:
        return None
    number = MONTHS[month["month"]]
    first = _date(Day(number, 1), int(month["year"]) if month["year"] else None, here)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _days_between(first: date, last: date) -> Iterator[date]:
    for number in range(min((last - first).days + 1, 400)):
        yield first + timedelta(days=number)
