"""Windows that repeat in words: `every Thursday in March`, `chaque nuit du 1er au 5 mars`. Pure.

Each occurrence that the text bounds is a window of its own; one without a bound, or by a rhythm that is not plain,
cannot be listed, and is left for somebody to write out.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from reporter.outages.notice.times import WindowText
from reporter.outages.notice.words import MONTHS, WEEKDAYS, Day, fold, tokens

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
_DAY_NAME = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche)"
_ALSO = re.compile(rf"(?:\s*,\s*|,?\s+(?:and|et|&)\s+)(?:(?:every|each|on|les|tous les|chaque)\s+)?({_DAY_NAME})s?\b")
_PARTS = re.compile(rf"\b{_DAY_NAME}(?:(?:,|,? and) {_DAY_NAME})* (?:nights|mornings|evenings|afternoons)\b")
_ODD = re.compile(
    r"\b(?:once|twice|\w+ times) (?:a|per|each|every) (?:day|night|week|month)\b"
    r"|\bfois par (?:jour|nuit|semaine|mois)\b"
    rf"|\b(?:jour|nuit|soir|semaine|{_DAY_NAME}) sur (?:deux|trois|quatre)\b"
    rf"|\b(?:first|second|third|last|alternate) (?:\w+ )?{_DAY_NAME}s?\b(?! \d)"
    rf"|\b(?:premiere?|deuxieme|troisieme|derniere?)s? {_DAY_NAME}s?\b(?! \d)"
)
_UNTIL = re.compile(r"\b(?:until|till|through|up to|jusqu'au|d'ici)\W+(?:and including\W+)?(?:le\W+)?$")
_PLURAL = re.compile(
    r"\b(?:on|les)\s+(?:(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)s"
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


def is_repeated(text: str) -> bool:
    """Whether the text says that its hours come again."""
    return _rhythm(text) is not None


def _rhythm(text: str) -> "dict[str, Any] | None":
    """What the text says of how often: the parts of _EVERY, or of a weekday in the plural, `on Mondays`.

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
    return tuple(WEEKDAYS[name[:3]] for name in re.findall(_DAY_NAME, folded))


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
    days = [on for on in _days(*bounds) if not said["on"] or on.weekday() in said["on"]]
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
        year = days[1].year or days[0].year or _nearest(days[0], here)
        first, last = (_date(day, day.year or year) for day in days)
        return (first, last) if first and last and first <= last else None
    month = _IN.search(fold(text))
    if days or month is None:
        return None
    number = MONTHS[month["month"]]
    first = date(int(month["year"] or _nearest(Day(number, 1), here)), number, 1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _nearest(day: Day, here: date) -> int:
    years = (here.year - 1, here.year, here.year + 1)
    found = [on for year in years if (on := _date(day, year)) is not None]
    return min(found, key=lambda on: abs((on - here).days)).year if found else here.year


def _date(day: Day, year: int) -> date | None:
    try:
        return date(year, day.month, day.day)
    except ValueError:
        return None


def _days(first: date, last: date) -> Iterator[date]:
    for number in range(min((last - first).days + 1, 400)):
        yield first + timedelta(days=number)
