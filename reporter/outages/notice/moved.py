"""What a notice says of a day that no longer holds, or is excepted: `instead of Tuesday`, `sauf le 4 février`. Pure.

Such a day or hour is taken out before the windows are read, so that it is neither a beginning nor an end.
"""

import re

from reporter.outages.notice.words import Token, blank, fold, says, tokens

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_OLD = re.compile(
    r"\b(?:instead of|rather than|in place of|no longer|and not|but not|not on|replac\w+|"
    r"(?:originally|initially|first|previously) (?:\w+ )?(?:for|on|to)?|"
    r"(?:was|were|had been) "
    r"(?:(?:\w+ )?to (?:end|finish|be (?:over|back|restored))|to (?:be|take place|happen)|"
    r"(?:\w+ )?(?:planned|scheduled|announced|set|expected)) (?:for|on|at|by)?|"
    r"au lieu d[eu]|plutot qu(?:e|')(?:\s*a)?|et non|non pas|en remplacement d[eu]|ne \w+ plus|"
    r"(?:initialement|d'abord|precedemment) (?:prevue?s?|annoncee?s?|planifiee?s?|fixee?s?)?|"
    r"prevue?s? (?:initialement|a l'origine|d'abord)|"
    r"(?:qui |il |elle )?(?:devai\w+|aurai\w+ du) (?:avoir lieu|se tenir|etre \w+|se terminer|prendre fin|finir))"
    rf"(?:\s+(?:on|for|the|le|la|du|de|au|a|from|{_WEEKDAY}),?)*\s*"
)
_FROM = re.compile(
    r"\b(?:moved|postponed|rescheduled|pushed (?:back|forward)?|shifted|brought forward|changed|"
    r"deplace\w*|reporte\w*|devance\w*|avance\w*|remis\w*|decale\w*)\s+(?:from|du|de)\s+(?:the\s+|le\s+)?"
)
_GONE = re.compile(
    r"\b(?:(?:has|have) been|is|are|will be|a ete|est|sera)\s+"
    r"(?:moved|pushed|postponed|rescheduled|shifted|brought forward|reportee?s?|deplacee?s?|devancee?s?|decalee?s?)\b"
)
_EXCEPTED = re.compile(
    r"\b(?:except(?:ing)?|excluding|with the exception of|other than|apart from|sauf|excepte|hormis|a l'exception d\w*)"
    rf"(?:\W+(?:for|from|between|on|the|de|du|d|le|la|les|entre|hours?|periode|{_WEEKDAY}))*\W*"
)
_POSTED = re.compile(
    r"\b(?:posted|published|issued|(?:last )?(?:updated|modified)|date modified|publiee?|affichee?|mise? a jour|"
    r"derniere (?:mise a jour|modification)|date de (?:modification|publication))\s*(?:on|at|le|a)?\s*:?\s*(?:on |le )?"
    rf"(?:{_WEEKDAY},?\s*)?"
)
_MOVES = (_OLD, _FROM, _GONE)
_RANGE = 6  # letters between two ends of one stretch of hours
_CLOSE = 14  # letters between a day and the hours that belong to it


def without_old_days(text: str) -> str:
    """The text with the days that no longer hold made spaces, and the hours told with them; as long as it was."""
    folded = fold(text)
    if not any(pattern.search(folded) for pattern in (*_MOVES, _POSTED, _EXCEPTED)):
        return text
    stamps, whens = _stamps(text, folded)
    spans = [*_old_days(folded, whens), *_exceptions(folded, whens)]
    return blank(text, [*stamps, *spans] if _leaves_a_window(whens, spans) else stamps)


def is_moved(text: str) -> bool:
    """Whether another day holds than one that was told before: it is taken out, or said to be replaced."""
    folded = fold(text)
    if not any(pattern.search(folded) for pattern in _MOVES) and not says(text, "replaced"):
        return False
    whens = _stamps(text, folded)[1]
    old = _old_days(folded, whens)
    n_days = len({token.what[:2] for token in whens if token.kind == "D"})
    return bool(old and _leaves_a_window(whens, old)) or (n_days > 1 and says(text, "replaced"))


def is_hour_moved(text: str) -> bool:
    """Whether an hour is moved, `from 3 a.m. to 5 a.m.`, which is no window: which end it is, only a reader knows."""
    hours = [token.start for token in tokens(text) if token.kind == "T"]
    return any(match.end() in hours for match in _FROM.finditer(fold(text)))


def is_excepted(text: str) -> bool:
    """Whether a day or hours are taken out in which the service is there after all."""
    folded = fold(text)
    return bool(_EXCEPTED.search(folded) and _exceptions(folded, _stamps(text, folded)[1]))


def _stamps(text: str, folded: str) -> tuple[list[tuple[int, int]], list[Token]]:
    """Where the day stands on which the notice was posted, and all other days and hours."""
    whens = [token for token in tokens(text) if token.kind != "Z"]
    stamps = [span for match in _POSTED.finditer(folded) for span in _old_span(folded, match, whens, is_stamp=True)]
    return stamps, [token for token in whens if not _is_inside(token, stamps)]


def _old_days(folded: str, whens: list[Token]) -> list[tuple[int, int]]:
    return [
        *(span for match in _OLD.finditer(folded) for span in _old_span(folded, match, whens)),
        *(span for match in _FROM.finditer(folded) for span in _first_of_two(folded, match.end(), whens)),
        *(span for match in _GONE.finditer(folded) for span in _before(folded, match, whens)),
    ]


def _exceptions(folded: str, whens: list[Token]) -> list[tuple[int, int]]:
    """What stands right behind `except`, to the end of the clause; an exception that names a service is none."""
    found = []
    for match in _EXCEPTED.finditer(folded):
        behind = [token for token in whens if token.start >= match.end() - 1]
        if not behind or behind[0].start > match.end() + 1:
            continue
        last = behind[0]
        for token in behind[1:]:
            last = token if not _stops(folded[last.end : token.start]) and token.start - last.end < _CLOSE else last
        found.append((match.start(), last.end))
    return found


def _is_inside(token: Token, spans: list[tuple[int, int]]) -> bool:
    return any(start <= token.start < end for start, end in spans)


def _before(folded: str, match: "re.Match[str]", whens: list[Token]) -> list[tuple[int, int]]:
    """Of `the outage on one day has been pushed to another` the first, and its hours where the other has some."""
    bare = blank(folded, [(token.start, token.end) for token in whens])  # `3 a.m.` ends no sentence
    earlier = [t for t in whens if t.end <= match.start() and not re.search("[.;!?]", bare[t.end : match.start()])]
    kinds = {token.kind for token in whens if token.start >= match.end()}
    return [(token.start, token.end) for token in earlier if token.kind in kinds] if "D" in kinds else []


def _old_span(
    folded: str, match: "re.Match[str]", whens: list[Token], *, is_stamp: bool = False
) -> list[tuple[int, int]]:
    """The day right behind the words, and its hours; a weekday alone where no date stands there."""
    days = [token for token in whens if token.kind == "D" and match.start() <= token.start <= match.end() + 1]
    hour = next((token for token in whens if token.kind == "T" and match.end() <= token.start <= match.end() + 1), None)
    if not days and hour is not None and not is_stamp:  # `instead of 6 a.m.`
        behind = [token for token in whens if token.kind == "T" and hour.end <= token.start <= hour.end + _RANGE]
        return [(match.start(), behind[0].end if behind else hour.end)] if len(whens) > 1 + len(behind[:1]) else []
    if not days:
        return [match.span()] if re.search(_WEEKDAY, match.group()) and not is_stamp else []
    start, end = match.start(), days[-1].end
    joined = [token for token in whens if token.kind == "D" and token.start == end]
    end = joined[-1].end if joined else end
    for token in whens:
        if token.kind == "T" and end <= token.start <= end + _CLOSE and not _stops(folded[end : token.start]):
            end = token.end
    after = [token for token in whens if token.start >= end]
    has_hours = any(token.kind == "T" for token in after) or any(t.kind == "T" and t.end <= start for t in whens)
    return [(start, end if has_hours or is_stamp else days[-1].end)]


def _stops(gap: str) -> bool:
    return bool(re.search(r"[.;!?)]|,\s*\w+ (?:will|sera)", gap))


def _first_of_two(folded: str, at: int, whens: list[Token]) -> list[tuple[int, int]]:
    """Of `moved from one day to another` the first."""
    behind = [token for token in whens if token.start >= at]
    days = [token for token in behind if token.kind == "D"]
    if len(days) < 2 or days[0].start > at + _CLOSE:
        return []
    first, second = days[0], days[1]
    if second.start == first.end:  # `du 4 au 6 fevrier` is one stretch of text
        numbers = re.match(r"\d{1,2}\w{0,2}\s*(?:au|to|a|-)\s*", folded[first.start :])
        return [(first.start, first.start + numbers.end())] if numbers else []
    return [(first.start, second.start)]


def _leaves_a_window(whens: list[Token], spans: list[tuple[int, int]]) -> bool:
    """Whether a day or an hour is left: a notice that only says what is off keeps its day."""
    return any(not _is_inside(token, spans) for token in whens)
