"""Windows that repeat in words: `every Thursday in March`, `chaque nuit du 1er au 5 mars`. Pure.

Each occurrence that the text bounds is a window of its own; one without a bound, or by a rhythm that is not plain,
cannot be listed, and is left for somebody to write out.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

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
    r"|(?P<any>days?|nights?|mornings?|evenings?|jours?|nuits?|matins?|soirs?)"
    r"|(?P<rhythm>weeks?|months?|semaines?|mois))\b"
)
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


def _rhythm(text: str) -> "dict[str, str | None] | None":
    """What the text says of how often: the parts of _EVERY, or of a weekday in the plural, `on Mondays`."""
    folded = fold(text)
    if _FROM_DAY_TO_DAY.search(folded):
        return {"odd": "from day to day", "rhythm": None}
    match = _EVERY.search(folded) or _PLURAL.search(folded)
    if match:
        return match.groupdict()
    n_days = sum(isinstance(token.what, Day) for token in tokens(text))
    adverb = _ADVERB.search(folded) if n_days != 1 else None  # `the weekly maintenance, on March 4` is that once
    return {"odd": None, "day": None, "jour": None, "dim": None} | adverb.groupdict() if adverb else None


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
    word = said["day"] or said["jour"] or said["dim"]
    days = [on for on in _days(*bounds) if word is None or on.weekday() == WEEKDAYS[word]]
    if not 0 < len(days) <= MOST:
        return None
    return [replace(hours[0], began_on=Day(on.month, on.day, on.year), ended_on=None) for on in days]


def _clocks(window: WindowText) -> tuple[object, object]:
    return window.began, window.ended


def _bounds(text: str, here: date) -> tuple[date, date] | None:
    """The first and the last day: two dates, or a month by its name."""
    days = [token.what for token in tokens(text) if isinstance(token.what, Day)]
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
