"""The windows a notice tells, as its words stand: which day goes with which time. Pure: no files, no clock.

The words come in every order (date, time and zone before or behind one another, several windows to a sentence).
Each text becomes a line of letters, one for each date (D) and time (T) and for what joins them, and the known
orders are looked up in that line. What no order explains is left over, and said.
"""

import re
from dataclasses import dataclass, replace
from typing import cast

from reporter.outages.notice_words import Clock, Day, Token, Zone, blank, fold, tokens

_ORDERS = re.compile(
    r"(?P<dtdt>Da?T[Ra]Da?T)"  # from June 8 at 10 p.m. to June 9 at 2 a.m.
    r"|(?P<tdtd>TD[Ra]TD)"  # from 10 p.m. June 8 to 2 a.m. June 9
    r"|(?P<ddtt>DRDa?T[Ra]T)"  # June 8 to June 9, from 10 p.m. to 2 a.m.
    r"|(?P<ttdd>T[Ra]TDRD)"  # from 10 p.m. to 2 a.m., June 8 to 9
    r"|(?P<dttd>Da?T[Ra]TD(?![a]?T))"  # June 8, from 10 p.m. to 2 a.m. June 9
    r"|(?P<each>D(?:nD)+a?T[Ra]T)"  # on June 8 and 9, from 1 to 3 a.m.
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
_FILLER = r"(?:on|at|the|le|la|les|a|from|de|du|des|d|in|evening|morning|night|nuit|soir|matin|of|about|around|vers|environ|approximately|its?|be|il|heures?|hours?|dans|en|then|meme|same|day|jour|matinee|et|and|between|entre)"  # noqa: E501
_RANGE = r"(?:to|until|till|through|thru|jusqu'a|jusqu'au|jusque|au|ending|finishing)"
_TO = re.compile(rf"\W*(?:{_FILLER}\W+)*{_RANGE}(?:\W+{_FILLER})*\W*")
_TO_AT_LAST = re.compile(rf".*\b(?:until|till|jusqu'a|jusqu'au)(?:\W+{_FILLER})*\W*", re.DOTALL)
_DASH = re.compile(r"\W*-\W*")
_AND = re.compile(
    rf"\W*(?:{_FILLER}\W+)*?(?:and|et|as well as|ainsi que|puis|then|&)(?:\W+{_FILLER})*\W*|\s*&\s*|\s*;\s*"
)
_A = re.compile(r"\W*a\W*")
_STOP = re.compile(r"[.!?](?:\s|$)|\n\s*\n")
_FURTHEST = 70
_LONGEST = 20_000
_WEEKDAYS = re.compile(
    r"\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b"
)


@dataclass(frozen=True)
class Said:
    """One window as written: an end or a day may be missing. `whole_days` has no time of day at all."""

    began_on: Day | None
    began: Clock | None
    ended_on: Day | None
    ended: Clock | None
    zone: Zone | None
    start: int
    end: int
    ended_zone: Zone | None = None  # where the end has a zone of its own, as on the night the clocks change

    @property
    def whole_days(self) -> bool:
        """Only dates are told."""
        return self.began is None and self.ended is None


def said_windows(text: str) -> list[Said]:
    """Every window of a text in its order; dates without a time only when nothing better is there.

    A text longer than any notice is read as far as a notice would go.
    """
    text = text[:_LONGEST]
    found = _without_restatements(tokens(text))
    whens = [token for token in found if token.kind != "Z"]
    letters, places = _letters(text, whens, [token for token in found if token.kind == "Z"])
    windows: list[Said] = []
    for match in _ORDERS.finditer(letters):
        parts = [whens[places[at]] for at in range(match.start(), match.end()) if at in places]
        windows += _windows(str(match.lastgroup), parts, _zones_near(found, parts, whens))
    return _with_days(windows)


def _without_restatements(found: list[Token]) -> list[Token]:
    """Without the same hours told again in another zone, as in `10 p.m. ET (7 p.m. PT)`."""
    kept: list[Token] = []
    since: list[Token] = []
    first: Zone | None = None
    for token in found:
        since.append(token)
        if token.kind != "Z":
            continue
        zone = cast(Zone, token.what)
        is_again = first is not None and zone.name != first.name and not any(one.kind == "D" for one in since)
        kept += [] if is_again else since
        first, since = first or zone, []
    return [*kept, *since]


def _letters(text: str, whens: list[Token], zones: list[Token]) -> tuple[str, dict[int, int]]:
    """The line of letters, and which token each letter is."""
    folded = _WEEKDAYS.sub(lambda m: " " * len(m.group()), blank(fold(text), [(z.start, z.end) for z in zones]))
    line, places, is_between, at = "", {}, False, 0
    kinds = "".join(token.kind for token in whens)
    for number, token in enumerate(whens):
        gap = folded[at : token.start]
        is_between = is_between or bool(re.search(r"\b(?:between|entre)\b", gap))
        joint = cast(Day, token.what).joint if token.kind == "D" else ""
        if number:
            is_apart = kinds[number - 1] == token.kind or kinds[max(number - 2, 0) : number + 2] == "DTDT"
            joint = joint or _joint(gap, is_apart=is_apart)
        if joint == "n" and is_between:
            joint, is_between = "R", False
        line += joint
        places[len(line)] = number
        line += token.kind
        at = token.end
    return line, places


def _joint(gap: str, *, is_apart: bool) -> str:
    """R for `to`, n for `and`, a for the French `à` (which is `at` or `to`), | for a stop, nothing if they touch.

    A dash is `to` only between two things that stand `is_apart`; between a date and its own time it is a comma.
    """
    if _DASH.fullmatch(gap):
        return "R" if is_apart else ""
    if _A.fullmatch(gap):
        return "a"
    if _TO.fullmatch(gap) or (len(gap) <= 2 * _FURTHEST and _TO_AT_LAST.fullmatch(gap)):
        return "R"
    if _AND.fullmatch(gap):
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


def _windows(order: str, parts: list[Token], zones: tuple[Zone | None, Zone | None]) -> list[Said]:
    """The windows one order of words tells."""
    days = [cast(Day, token.what) for token in parts if token.kind == "D"]
    clocks = [cast(Clock, token.what) for token in parts if token.kind == "T"]
    start, end = parts[0].start, parts[-1].end

    def one(began_on: Day | None, began: Clock | None, ended_on: Day | None, ended: Clock | None) -> Said:
        return Said(began_on, began, ended_on, ended, zones[0], start, end, zones[1])

    if order in ("dtdt", "tdtd", "ddtt", "ttdd", "dttd"):
        return [one(days[0], clocks[0], days[1], clocks[1])]
    if order in ("each", "list", "listd", "tt"):
        pairs = list(zip(clocks[::2], clocks[1::2], strict=True))
        on: list[Day | None] = [*days] or [None]
        return [one(day, a, None, b) for day in on for a, b in pairs]
    if order == "tdt":
        return [one(days[0], clocks[0], None, clocks[1])]
    if order in ("dt", "dtd"):
        return [one(days[0], clocks[0], days[1] if len(days) > 1 else None, None)]
    if order in ("d", "dd"):
        return [one(days[0], None, days[-1], None)]
    return [one(None, clocks[0], None, None)]


def _with_days(windows: list[Said]) -> list[Said]:
    """Times without a date take the one before them, else the one behind; a lone date then has said its part."""
    timed = [window for window in windows if window.began is not None and window.ended is not None]
    begun = [window for window in windows if window.began is not None and window.began_on is not None]
    if not timed and not begun:
        return [window for window in windows if window.began_on] or windows[:1]
    kept: list[Said] = []
    for number, window in enumerate(windows):
        if window.whole_days or (window.began_on is None and window.ended is None and (timed or begun)):
            continue
        kept.append(window if window.began_on else _dated(window, windows[:number], windows[number + 1 :]))
    return kept


def _dated(window: Said, before: list[Said], behind: list[Said]) -> Said:
    days = [other.began_on for other in [*reversed(before), *behind] if other.began_on]
    ends = [other.ended_on for other in [*reversed(before), *behind] if other.began_on and other.whole_days]
    ended_on = ends[0] if ends and ends[0] != days[0] else None
    return replace(window, began_on=days[0] if days else None, ended_on=ended_on)
