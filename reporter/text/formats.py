"""Dates, hours, counts and numbers as a reader of English or French expects them; names as people compare them. Pure.

English follows Canadian usage with a 24-hour clock, since the cut-off is a UTC instant and a.m./p.m. slips
cost days. French follows the Office québécois: no-break spaces, `20 h`, `1er`, `heure d’Ottawa`. No clock, no locale.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # errors speak through this room, and `--help` waits for no frame
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from pandas import DatetimeIndex, Timestamp

SPOKEN = {"en": ("en",), "fr": ("fr",), "both": ("en", "fr"), "en+fr": ("en", "fr"), "fr+en": ("fr", "en")}
"""What a setting may say of a reader's language, and in which order a mail in both has its parts."""
NBSP = "\u00a0"
THIN = "\u202f"
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avril", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc."),
}
WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
FRENCH_ZONES = {
    "NST": "HNT", "NDT": "HAT", "AST": "HNA", "ADT": "HAA", "EST": "HNE", "EDT": "HAE", "CST": "HNC",
    "CDT": "HAC", "MST": "HNR", "MDT": "HAR", "PST": "HNP", "PDT": "HAP",
}  # fmt: skip
PLACES = {
    "America/Toronto": {"en": "Ottawa", "fr": "Ottawa"},
    "America/St_Johns": {"en": "St. John’s", "fr": "Saint-Jean"},
}
"""How a clock is called where its zone's own name is not what people there say."""


def day(on: date, language: str = "en", *, weekday: bool = False) -> str:
    """A civil date: `Sep 15, 2026` or `15 sept. 2026`, with its weekday in front when asked."""
    month = MONTHS[language][on.month - 1]
    if language == "fr":
        number = "1er" if on.day == 1 else str(on.day)
        text = f"{number}{NBSP}{month}{NBSP}{on.year}"
        return f"{WEEKDAYS['fr'][on.weekday()]} {text}" if weekday else text
    text = f"{month}{NBSP}{on.day}, {on.year}"
    return f"{WEEKDAYS['en'][on.weekday()]}, {text}" if weekday else text


def days(known: Sequence[Timestamp], language: str = "en", *, most: int = 4) -> str:
    """Several days in a row of words; more than `most` as the first, the last and how many."""
    if len(known) > most:
        return f"{day(known[0], language)} – {day(known[-1], language)} ({number(len(known), language)})"
    return ", ".join(day(on, language) for on in known)


@lru_cache(maxsize=100_000)  # the same instants stand in sentence after sentence, and in every mail of a run
def clock(at: Timestamp, zone: ZoneInfo, language: str = "en") -> str:
    """An instant on the clock of a place, always with its local date: `Sep 15, 2026, 20:00 Ottawa time`."""
    return local_clock(at.tz_convert(zone), language)


def clocks(instants: DatetimeIndex, zone: ZoneInfo, language: str = "en") -> list[str]:
    """Each of many instants as `clock` says it; taken to the place’s clock together, they cost a third."""
    return [local_clock(local, language) for local in instants.tz_convert(zone).to_pydatetime()]


def clock_alone(at: Timestamp, zone: ZoneInfo, language: str = "en") -> str:
    """The same without the place, where a heading names it: `Sep 15, 2026, 20:00` or `15 sept. 2026, 20 h`."""
    local = at.tz_convert(zone)
    return f"{day(local, language)}, {hour(local, language)}"


def local_clock(local: datetime, language: str = "en") -> str:
    """The same of an instant that is on its clock already."""
    return _on_day(local.date(), language) + _at_hour(local.time(), _place(local, language), language)


@lru_cache(maxsize=100_000)  # thousands of duties close on the same days
def _on_day(on: date, language: str) -> str:
    return f"{day(on, 'fr')} à " if language == "fr" else f"{day(on, 'en')}, "


@lru_cache(maxsize=100_000)
def _at_hour(at: time, place: str, language: str) -> str:
    """In French, with a comma before the place: a clock stands within brackets often, and brackets do not nest."""
    if language == "en":
        return f"{hour(at)} {place}"
    return f"{hour(at, 'fr')}{NBSP}UTC" if place == "UTC" else f"{hour(at, 'fr')}, {place}"


def _place(local: datetime, language: str) -> str:
    """Whose clock it is; with the zone's own short name in the hour that comes twice in autumn."""
    where = local.tzinfo
    if where is None or (key := getattr(where, "key", None)) is None:
        return _zone_word(local, language)
    place = _place_word(key, language)
    if not (_is_put_back(where, local.date()) and _offset(local, fold=0) > _offset(local, fold=1)):
        return place
    return f"{place} ({_zone_word(local, language)})"


@lru_cache(maxsize=100_000)  # thousands of duties close on the same days
def _is_put_back(where: tzinfo, on: date) -> bool:
    """Whether the clocks of a place show some minutes of that day twice."""
    start = datetime(on.year, on.month, on.day, tzinfo=where)
    return _offset(start, fold=0) > _offset(start + timedelta(days=1), fold=0)


def _offset(local: datetime, *, fold: int) -> timedelta:
    return local.replace(fold=fold).utcoffset() or timedelta(0)


def short_clock(at: Timestamp, zone: ZoneInfo, language: str = "en") -> str:
    """An instant on one line of a table, in spaces that hold: `Sep 15, 16:00` or `15 sept., 16 h`."""
    local = at.tz_convert(zone)
    month = MONTHS[language][local.month - 1]
    if language == "fr":
        return f"{'1er' if local.day == 1 else local.day}{NBSP}{month},{NBSP}{hour(local, 'fr')}"
    return f"{month}{NBSP}{local.day},{NBSP}{hour(local)}"


def day_in_year(on: Timestamp, today: Timestamp, language: str = "en") -> str:
    """A civil date with its weekday, and with its year only where that is another: `Thursday, Dec 3`."""
    text = day(on, language, weekday=True)
    year = f"{NBSP}{on.year}" if language == "fr" else f", {on.year}"
    return text.removesuffix(year) if on.year == today.year else text


def placed_clock(at: Timestamp, zone: ZoneInfo, today: Timestamp, language: str = "en") -> str:
    """An instant on the clock of a place that is named: `Thursday, Dec 3, 17:00 Vancouver time`."""
    local = at.tz_convert(zone)
    if language == "fr":
        there = _at_hour(local.time(), _place(local, "fr"), "fr")
        return f"{day_in_year(local.tz_localize(None), today, 'fr')} à {there}"
    return f"{clock_in_year(local, today, language)} {_place(local, language)}"


def clock_in_year(local: Timestamp, today: Timestamp, language: str = "en") -> str:
    """The same without the place, where another line names it."""
    on = day_in_year(local.tz_localize(None), today, language)
    return f"{on} à {hour(local, 'fr')}" if language == "fr" else f"{on}, {hour(local)}"


def time_span(began: Timestamp, ended: Timestamp | None, w: Mapping[str, str], language: str = "en") -> str:
    """From when to when on one clock, on one day or over several, or without an end, in the words of a page."""
    first = clock_in_year(began, began, language)
    if ended is None:
        return w["span_open"].format(began=first)
    if ended.date() == began.date():
        on = day_in_year(began.tz_localize(None), began, language)
        return w["span_day"].format(day=on, began=hour(began, language), ended=hour(ended, language))
    return w["span"].format(began=first, ended=clock_in_year(ended, began, language))


def hour(local: datetime | time, language: str = "en") -> str:
    """An hour on its clock: `08:00` or `8 h`, `08:30` or `8 h 30`; French has no leading zero and no `00`."""
    if language == "en":
        return f"{local.hour:02}:{local.minute:02}"
    return f"{local.hour}{NBSP}h" + (f"{NBSP}{local.minute:02}" if local.minute else "")


def full_hour(number: int, language: str = "en") -> str:
    """An hour of the day by its number: `09:00` or `9 h`."""
    return f"{number}{NBSP}h" if language == "fr" else f"{number:02}:00"


def place_word(zone: ZoneInfo, language: str = "en") -> str:
    """Whose clock it is, by the name of a place: `Vancouver time` or `heure de Vancouver`."""
    return _place_word(zone.key or "UTC", language)


@cache
def _place_word(key: str, language: str) -> str:
    if key in ("UTC", "Etc/UTC"):
        return "UTC"
    name = PLACES.get(key, {}).get(language) or key.rpartition("/")[2].replace("_", " ")
    if language == "en":
        return f"{name}{NBSP}time"
    return f"heure d’{name}" if name[0] in "AEIOUÉ" else f"heure de{NBSP}{name}"


def _zone_word(local: datetime, language: str = "en") -> str:
    """The zone's short name on that date, or `UTC-7` where it has none."""
    name = local.tzname() or "UTC"
    if name[0] in "+-":
        sign = "−" if name[0] == "-" else "+"
        hours, minutes = name[1:3].lstrip("0") or "0", name[3:]
        return f"UTC{sign}{hours}{':' + minutes if minutes else ''}"
    return FRENCH_ZONES.get(name, name) if language == "fr" else name


def span(hours: float) -> str:
    """A length of time to the minute: `1 h 50 min`, `45 min`, `9 h`; the same in both languages."""
    minutes = round(hours * 60)
    whole, rest = divmod(minutes, 60)
    parts = [f"{whole}{NBSP}h"] if whole or not rest else []
    return NBSP.join([*parts, *([f"{rest}{NBSP}min"] if rest else [])])


def number(value: int, language: str = "en") -> str:
    """A whole number: `12,345` or `12 345`."""
    return f"{value:,}".replace(",", THIN) if language == "fr" else f"{value:,}"


def decimal(value: float, language: str = "en") -> str:
    """A number with one decimal: `4.5` or `4,5`."""
    text = f"{value:,.1f}"
    return text.replace(",", THIN).replace(".", ",") if language == "fr" else text


def form(value: int, language: str = "en") -> str:
    """Which form of a word a number asks for: one, other, or many, which is French for whole millions.

    As the Unicode CLDR has it; a test holds it to Babel's copy.
    """
    if abs(value) == 1 or (value == 0 and language == "fr"):
        return "one"
    return "many" if language == "fr" and value % 1_000_000 == 0 else "other"


def plural(value: int, one: str, other: str, language: str = "en", *, many: str = "") -> str:
    """The number with its noun in the form it asks for: French counts zero as singular, English does not."""
    noun = {"one": one, "other": other, "many": many or other}[form(int(value), language)]
    return f"{number(value, language)}{NBSP}{noun}"


class NounPhrase:
    """One thing or another as it stands in a sentence, with its article; a template asks it for the form of a verb.

    `{services} {services:is|are} down` says `the IRCC secure account is down`.
    """

    def __init__(self, phrases: Sequence[str], language: str = "en", *, is_plural: bool = False) -> None:
        self._text = {"en": " or ", "fr": " ou "}[language].join(phrases)
        self._is_plural = is_plural

    def __format__(self, spec: str) -> str:
        one, _, other = spec.partition("|")
        return (other if self._is_plural else one) if spec else self._text


def capitalized(text: str) -> str:
    """The same with a capital at its beginning, where the sentence begins with a phrase that has none."""
    return text[:1].upper() + text[1:]


_BEFORE_NOUN = re.compile(r"(\{(?:n|count|people|days|rows|window)\}|(?<![\w.])\d+) (?=[a-zà-ÿ])")


def held_numbers(sentence: str) -> str:
    """A French sentence in which no line ends between a number, or its place, and what it counts."""
    return _BEFORE_NOUN.sub(rf"\1{NBSP}", sentence)


def join_phrases(phrases: Iterable[str], language: str = "en") -> str:
    """Several phrases as one text with semicolons, before which French sets a blank that does not break."""
    return (f"{NBSP}; " if language == "fr" else "; ").join(phrases)


def percent(share: float, language: str = "en", *, is_fine: bool = False) -> str:
    """A share of one in hundredths: `50%` or `50 %`, and `4.5%` or `4,5 %` where it is told finely."""
    told = decimal(share * 100, language) if is_fine else str(round(share * 100))
    return f"{told}{NBSP if language == 'fr' else ''}%"


_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold_name(text: str) -> str:
    """The text as lower-case words without accents or punctuation, so that two spellings of a name meet.

    `Clé GC`, `cle-gc` and `CLE GC` are one name; `CléGC` is another, and wants its own alias.
    """
    if text.isascii():
        return _BETWEEN_WORDS.sub(" ", text.lower()).strip()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    bare = "".join(one for one in apart if not unicodedata.combining(one) and unicodedata.category(one) != "Cf")
    return _BETWEEN_WORDS.sub(" ", bare).strip()


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that was most likely meant; nothing where none is like it."""
    import difflib  # slow to load, and wanted when something is misspelt

    plain = {one.casefold(): one for one in names}
    found = difflib.get_close_matches(name.casefold(), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else ""


OLDER = ("cp850", "mac_roman")
AMID_LETTERS = re.compile("(?<=[A-Za-z])(?:[‚ƒ„†‡ˆ‰‹“•˜›¤¦](?=[A-Za-z])|[ŽŠŒŸ](?=[a-z]))|\ufffd")
WESTERN = re.compile("[À-ÖØ-öø-ÿ]")
FRENCH = re.compile("[àâäçéèêëîïôöùûüÀÂÇÉÈÊËÎÏÔ]")


def old_encoding(content: bytes) -> str:
    """What a file of one byte a letter is written in, so that no name and no heading is read as another.

    It is Windows-1252, unless the letters of that are few beside signs in the midst of words (`H‚lŠne`): then DOS or an
    old Mac, whichever makes more letters of French.
    """
    text = content.decode("cp1252", errors="replace")
    odd, letters = len(AMID_LETTERS.findall(text)), len(WESTERN.findall(text))
    if not odd or letters > odd:
        return "cp1252"
    return max(OLDER, key=lambda name: len(FRENCH.findall(content.decode(name))))
