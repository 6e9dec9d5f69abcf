"""What a notice says of a day that no longer holds: `instead of Tuesday`, `plutôt que le 4 février`. Pure.

Such a day is taken out before the windows are read, so that it is neither a beginning nor an end.
"""

import re

from reporter.outages.notice.words import Token, blank, fold, tokens

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_OLD = re.compile(
    r"\b(?:instead of|rather than|in place of|no longer|and not|but not|not on|replac\w+|"
    r"(?:originally|initially|first|previously) (?:\w+ )?(?:for|on|to)?|"
    r"(?:was|were|had been) "
    r"(?:to (?:be|take place|happen)|(?:\w+ )?(?:planned|scheduled|announced|set|expected)) (?:for|on)?|"
    r"au lieu d[eu]|plutot qu(?:e|')|et non|non pas|en remplacement d[eu]|ne \w+ plus|"
    r"(?:initialement|d'abord|precedemment) (?:prevue?s?|annoncee?s?|planifiee?s?|fixee?s?)?|"
    r"prevue?s? (?:initialement|a l'origine|d'abord)|"
    r"(?:qui |il |elle )?(?:devai\w+|aurai\w+ du) (?:avoir lieu|se tenir|etre \w+))"
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
_POSTED = re.compile(
    r"\b(?:posted|published|issued|(?:last )?(?:updated|modified)|date modified|publiee?|affichee?|mise? a jour|"
    r"derniere (?:mise a jour|modification)|date de (?:modification|publication))\s*(?:on|at|le|a)?\s*:?\s*(?:on |le )?"
    rf"(?:{_WEEKDAY},?\s*)?"
)
_CLOSE = 14  # letters between a day and the hours that belong to it


def without_old_days(text: str) -> str:
    """The text with the days that no longer hold made spaces, and the hours told with them; as long as it was."""
    folded = fold(text)
    if not any(pattern.search(folded) for pattern in (_OLD, _FROM, _GONE, _POSTED)):
        return text
    whens = [token for token in tokens(text) if token.kind != "Z"]
    stamps = [span for match in _POSTED.finditer(folded) for span in _old_span(folded, match, whens, is_stamp=True)]
    text = blank(text, stamps)
    whens = [token for token in whens if not _is_inside(token, stamps)]
    spans = [span for match in _OLD.finditer(folded) for span in _old_span(folded, match, whens)]
    spans += [span for match in _FROM.finditer(folded) for span in _first_of_two(folded, match.end(), whens)]
    spans += [span for match in _GONE.finditer(folded) for span in _before(folded, match, whens)]
    return blank(text, spans) if _leaves_a_window(whens, spans) else text


def is_moved(text: str) -> bool:
    """Whether a day was taken out because another holds; the day a notice was posted on is no such day."""
    folded = fold(text)
    return any(one.search(folded) for one in (_OLD, _FROM, _GONE)) and without_old_days(text) != text


def _is_inside(token: Token, spans: list[tuple[int, int]]) -> bool:
    return any(start <= token.start < end for start, end in spans)


def _before(folded: str, match: "re.Match[str]", whens: list[Token]) -> list[tuple[int, int]]:
    """Of `the outage on one day has been pushed to another` the first, with its hours."""
    earlier = [token for token in whens if token.end <= match.start() and not _stops(folded[token.end : match.start()])]
    is_followed = any(token.kind == "D" and token.start >= match.end() for token in whens)
    return [(token.start, token.end) for token in earlier] if is_followed else []


def _old_span(
    folded: str, match: "re.Match[str]", whens: list[Token], *, is_stamp: bool = False
) -> list[tuple[int, int]]:
    """The day right behind the words, and its hours; a weekday alone where no date stands there."""
    days = [token for token in whens if token.kind == "D" and match.start() <= token.start <= match.end() + 1]
    hour = next((token for token in whens if token.kind == "T" and match.end() <= token.start <= match.end() + 1), None)
    if not days and hour is not None and not is_stamp:  # `instead of 6 a.m.`
        return [(match.start(), hour.end)] if len(whens) > 1 else []
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
