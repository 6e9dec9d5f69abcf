"""The words of a notice that carry time: dates, clocks, zones and durations, in English and French. Pure.

A text is first folded (lower case, no accents, plain quotes and dashes) without changing its length, so that every
place found in the folded text is a place in the text as written.

A day that no longer holds, or is excepted (`instead of Tuesday`, `sauf le 4 février`), is taken out before the windows
are read, so that it is neither a beginning nor an end.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import urlsplit

import tomli
from msgspec import Struct

from reporter.model.shapes import UNSPECIFIED
from reporter.text.formats import fold_name
from reporter.text.time_zones import OTTAWA, zone

MONTHS = {
    "january": 1, "janvier": 1, "jan": 1, "janv": 1, "february": 2, "fevrier": 2, "feb": 2, "fevr": 2, "fev": 2,
    "march": 3, "mars": 3, "mar": 3, "april": 4, "avril": 4, "apr": 4, "avr": 4, "may": 5, "mai": 5, "june": 6,
    "juin": 6, "jun": 6, "july": 7, "juillet": 7, "jul": 7, "juil": 7, "august": 8, "aout": 8, "aug": 8,
    "september": 9, "septembre": 9, "sept": 9, "sep": 9, "october": 10, "octobre": 10, "oct": 10, "november": 11,
    "novembre": 11, "nov": 11, "december": 12, "decembre": 12, "dec": 12,
}  # fmt: skip
WEEKDAYS = {
    "mon": 0, "lun": 0, "tue": 1, "mar": 1, "wed": 2, "mer": 2, "thu": 3, "jeu": 3, "fri": 4, "ven": 4, "sat": 5,
    "sam": 5, "sun": 6, "dim": 6,
}  # fmt: skip
_ZONE_NAMES = {
    "eastern": OTTAWA, "l'est": OTTAWA, "ottawa": OTTAWA, "toronto": OTTAWA, "pacific": "America/Vancouver",
    "pacifique": "America/Vancouver", "mountain": "America/Edmonton", "rocheuses": "America/Edmonton",
    "central": "America/Winnipeg", "centre": "America/Winnipeg", "atlantic": "America/Halifax",
    "l'atlantique": "America/Halifax", "newfoundland": "America/St_Johns", "terre-neuve": "America/St_Johns",
    "atlantique": "America/Halifax", "est": OTTAWA, "montreal": OTTAWA, "vancouver": "America/Vancouver",
    "victoria": "America/Vancouver", "calgary": "America/Edmonton", "edmonton": "America/Edmonton",
    "winnipeg": "America/Winnipeg", "halifax": "America/Halifax",
}  # fmt: skip
# The clock a label stands for: its zone, and minutes from UTC in its standard and its daylight form.
_LABELS = {
    ("ET", "HE"): (OTTAWA, ("EST", "HNE"), ("EDT", "HAE"), -300),
    ("PT", "HP"): ("America/Vancouver", ("PST", "HNP"), ("PDT", "HAP"), -480),
    ("MT", "HR"): ("America/Edmonton", ("MST", "HNR"), ("MDT", "HAR"), -420),
    ("CT", "HC"): ("America/Winnipeg", ("CST", "HNC"), ("CDT", "HAC"), -360),
    ("AT", "HA"): ("America/Halifax", ("AST", "HNA"), ("ADT", "HAA"), -240),
    ("NT", "HT"): ("America/St_Johns", ("NST", "HNT"), ("NDT", "HAT"), -210),
}


DAY_NAME = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche)"
_OLD = re.compile(
    r"\b(?:instead of|rather than|in place of|no longer|not|replac\w+|"
    r"(?:originally|initially|first|previously) (?:\w+ )?(?:for|on|to)?|"
    r"(?:was|were|had been) "
    r"(?:(?:\w+ )?to (?:end|finish|be (?:over|back|restored))|to (?:be|take place|happen)|"
    r"(?:\w+ )?(?:planned|scheduled|announced|set|expected)) (?:for|on|at|by)?|"
    r"au lieu d[eu]|plutot qu(?:e|')(?:\s*a)?|et non|non pas|en remplacement d[eu]|ne \w+ plus|"
    r"(?:initialement|d'abord|precedemment) (?:prevue?s?|annoncee?s?|planifiee?s?|fixee?s?)?|"
    r"prevue?s? (?:initialement|a l'origine|d'abord)|"
    r"(?:qui |il |elle )?(?:devai\w+|aurai\w+ du) (?:avoir lieu|se tenir|etre \w+|se terminer|prendre fin|finir))"
    rf"(?:\s+(?:on|for|the|le|la|du|de|au|a|from|{DAY_NAME}),?)*\s*"
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
    rf"(?:\W+(?:for|from|between|on|the|de|du|d|le|la|les|entre|hours?|periode|{DAY_NAME}))*\W*"
)
_POSTED = re.compile(
    r"\b(?:(?:posted|published|issued|(?:last )?(?:updated|modified)|date modified|publiee?|affichee?|mise? a jour|"
    r"derniere (?:mise a jour|modification)|date de (?:modification|publication))\s*(?:on|at|le|a)?\s*:?\s*(?:on |le )?"
    rf"|(?:update|mise a jour)\s*[(\[]\s*)(?:{DAY_NAME},?\s*)?"
)
_VAGUE = re.compile(
    r"\b(?:week|weekend|week-end|fin de semaine|semaine) (?:of|beginning|starting|commencing|du|commencant)\s+"
    rf"(?:the |le )?(?:(?:{DAY_NAME}),? )?|\b(?:before|prior to|avant)\s+(?:the |le )?"
)
_WEEKS_ON = re.compile(
    r"\bweeks? (?:from|after)\b|\bin (?:a|an|one|two|three|\d+) (?:days?|weeks?)\b|\b(?:dans|d'ici) (?:[\w-]+ )"
    r"(?:jours?|semaines?)\b|\ben (?:huit|quinze)\b"
)
_PUT_OFF = re.compile(
    r"\b(?:postponed|rescheduled|moved|pushed(?: back)?|brought forward|deferred|reportee?s?|deplacee?s?|devancee?s?|"
    r"repoussee?s?|remise?s?) (?:until|till|to|for|a|au|jusqu'a)\s+(?:(?:this|next|the|ce|cette|la|le)\s+)?"
    rf"(?:tomorrow|tonight|later|demain|soir|week\w*|semaine|fin de semaine|{DAY_NAME})\b"
)
_ENDS_WINDOW = re.compile(r"\b(?:from|between|de|entre|since|depuis)\b")
_SHIFTED = re.compile(
    r"\b(?:moved|shifted|pushed|brought|delayed|advanced|postponed|shortened|reduced|devancee?s?|avancee?s?|retardee?s?|"
    r"decalee?s?|repoussee?s?|reportee?s?|ecourtee?s?|raccourcie?s?)(?: (?:back|up|forward|ahead))? (?:by |de |d')?"
)
_SOONER = re.compile(
    r"\b(?:start|begin|commenc|debut)\w* (?:[\w']+ ){1,4}?(?:later|earlier|sooner|plus t(?:ard|ot))\b(?! t(?:oday|his))"
)
_MOVES = (_OLD, _FROM, _GONE)
_RANGE = 6  # letters between two ends of one stretch of hours
_CLOSE = 14  # letters between a day and the hours that belong to it


class Clock(NamedTuple):
    """A time of day as written; `half` is am, pm or nothing. `hour` 24 ends the day."""

    hour: int
    minute: int = 0
    half: str = ""
    is_bare: bool = False  # a number alone, as in `12 to 6 pm`
    is_word: bool = False  # noon or midnight by its name, which leaves no doubt


class Day(NamedTuple):
    """A date as written; no year or no weekday where none stands there."""

    month: int
    day: int
    year: int | None = None
    weekday: int | None = None
    joint: str = ""  # R or n: what joins it to the day before it, where both share one month
    is_unsure: bool = False  # in numbers alone, and nothing tells which is the day and which the month


class Zone(NamedTuple):
    """A zone as written; `offset` is what its label promises, in minutes, where it promises one."""

    name: str
    word: str
    offset: int | None = None


class Token(NamedTuple):
    """One date (D), time (T) or zone (Z) and where it stands."""

    kind: str
    start: int
    end: int
    what: Clock | Day | Zone


_NAMES_OF_MONTHS = "|".join(sorted((name for name in MONTHS if name != "may"), key=len, reverse=True))
_NOT_A_VERB = r"(?!\s+(?:be|not|have|occur|experience|result|also|take|cause|need|see|no|still|then)\b)"
_A_WEEKDAY = rf"(?:(?:the\s+|le\s+)?{DAY_NAME}[.,]*\s+)?"
_ORDINAL = r"(?:er|st|nd|rd|th)?"
_NOT_A_TIME = r"(?!\d|:\d|\s*(?:h\b|h\d|heures?\b|[ap]\.?\s?m\b))"


def _month(n: int) -> str:
    return rf"(?:(?P<m{n}>{_NAMES_OF_MONTHS})\b\.?|(?P<may{n}>may)\b{_NOT_A_VERB})"


def _weekday(n: int) -> str:
    ends = "day|sday|nesday|rs|rsday|urday|di|credi|dredi|edi|anche"
    return rf"(?:\b(?P<w{n}>{'|'.join(WEEKDAYS)})(?:{ends})?\b[.,]*\s*(?:the\s+|le\s+)?)?"


def _year(n: int) -> str:
    return rf"(?:\s*,?\s*\(?(?P<y{n}>20\d\d)(?![\d-])\)?)?"


def _more(n: int) -> str:
    """Further days of the same month before the last, as in `June 8, 9 and 10`."""
    return rf"(?P<x{n}>(?:\s*,\s*\d{{1,2}}{_NOT_A_TIME})+(?=\s*,?\s*(?:and|et|&)\s*\d{{1,2}}{_ORDINAL}{_NOT_A_TIME}))?"


def _last(n: int) -> str:
    """A second day of the same month, as in `June 8 to 9`."""
    return (
        rf"(?:\s*,?\s*(?P<j{n}>-|to|and|au|et|a|&)\s*(?:the\s+|du\s+|le\s+)?{_A_WEEKDAY}"
        rf"(?P<e{n}>\d{{1,2}}){_ORDINAL}(?=\W|$){_NOT_A_TIME})?"
    )


_DATE = re.compile(
    rf"{_weekday(1)}\b{_month(1)}\s*(?P<d1>\d{{1,2}}){_ORDINAL}{_NOT_A_TIME}{_more(1)}{_last(1)}{_year(1)}"
    rf"|{_weekday(2)}(?<![\d:.])(?P<d2>\d{{1,2}}){_ORDINAL}{_more(2)}{_last(2)}\s*(?:of\s+|de\s+)?\b{_month(2)}{_year(2)}"
    rf"|{_weekday(3)}(?<!\d)(?P<y3>20\d\d)-(?P<m3>\d\d)-(?P<d3>\d\d)(?!\d)"
)
_NUMERIC = re.compile(
    rf"{_weekday(4)}(?<![\w./$-])(?:(?P<year>20\d\d)(?P<s1>[/.-])(?P<month>\d\d?)(?P=s1)(?P<day>\d\d?)"
    r"|(?P<one>\d\d?)(?P<s2>[/.-])(?P<two>\d\d?)(?P=s2)(?P<last>20\d\d)"
    r"|(?P<a>\d\d?)(?P<s3>[/-])(?P<b>\d\d?)(?P=s3)(?P<c>\d\d)"
    r"|(?<=\bon )(?P<bare>\d\d?/\d\d?)|(?<=\ble )(?P<nu>\d\d?/\d\d?))(?![\w/$%-]|[.,:]\d)"
)
_PART = r"du matin|du soir|de l'apres-midi|de la nuit|in the (?:morning|afternoon|evening)|at night"
_HALF = r"(?P<half>[ap]\.?\s?m\b\.?|noon|midnight)"
_MILITARY = (r"(?:[01]\d|2[0-3])", r"[0-5]\d")  # `2200 to 0200`
_CLOCK = re.compile(
    r"(?<![\d:.$/])(?:"
    r"(?P<word>\b(?:midnight|noon|minuit|(?<!apres-)(?<!apres )midi)\b)"
    rf"|(?P<h1>\d{{1,2}})(?::(?P<m1>[0-5]\d)(?::[0-5]\d)?)?\s*{_HALF}"
    rf"|(?P<h2>\d{{1,2}}):(?P<m2>[0-5]\d)(?::[0-5]\d)?(?![\d:])(?:\s+(?P<part2>{_PART})\b)?"
    r"|(?P<h3>\d{1,2})\s?(?:h\s?(?P<m3>[0-5]\d)(?!\d)|heures?\s+(?P<m4>[0-5]\d)(?!\d)|(?:h|heures?)\b(?!\s+sur))"
    rf"(?:\s+(?P<part3>{_PART})\b)?"
    rf"|(?P<h6>\d{{1,2}})(?:\s*o'clock)?\s+(?P<part6>{_PART})\b"
    rf"|(?P<h4>{_MILITARY[0]})(?P<m5>{_MILITARY[1]})(?:h\b|(?=\s?(?:hours|hrs?|heures)\b)|(?=\s*(?:to|-|until)\s*{_MILITARY[0]}{_MILITARY[1]}\b))"
    rf"|(?:(?<=\d\d to )|(?<=\d\d until )|(?<=\d\d-)|(?<=\d\d - ))"
    rf"(?P<h5>{_MILITARY[0]})(?P<m6>{_MILITARY[1]})(?![\d-])(?=\s|[.,;)]|$)"
    r"|(?P<bare>\d{1,2})(?=\s*(?:to|-|until|till|and)\s*\d{1,2}(?::[0-5]\d)?"
    r"\s*(?:[ap]\.?\s?m\b|noon|midnight|in the|at night))"
    r"|(?P<bare24>\d{1,2})(?=\s*(?:a|-|et)\s*\d{1,2}\s?h)"
    r")"
)
_ISO = re.compile(
    r"(?<!\d)(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)"
    r"t(?P<time>(?P<hour>[01]\d|2[0-4]):(?P<minute>[0-5]\d)(?::\d\d(?:[.,]\d+)?)?)"
    r"(?P<zone>z|(?P<ahead>[+-](?:0\d|1[0-2]))(?::?(?P<half>[03]0))?)?(?![\d:])"
)
_HALF_HOURS = {270: "Asia/Kabul", 330: "Asia/Kolkata", 390: "Asia/Yangon", 570: "Australia/Darwin"}
"""By minutes ahead of UTC, places that keep them; any other half hour is held against Newfoundland's, and told."""
_CITIES = "ottawa|toronto|montreal|vancouver|victoria|calgary|edmonton|winnipeg|halifax"
_LONG_ZONE = re.compile(
    rf"\b(?P<en>eastern|pacific|mountain|central|atlantic|newfoundland|{_CITIES})"
    r"(?:\s+(?P<en_form>standard|daylight(?:\s+saving)?s?))?\s+time\b"
    r"|\bheure\s+(?P<fr_form>normale\s+|avancee\s+|d'ete\s+)?(?:de\s+|du\s+|des\s+|d')"
    rf"(?P<fr>l'est|pacifique|rocheuses|centre|l'atlantique|terre-neuve|{_CITIES})"
    r"(?:\s*\(?(?P<fr_form2>normale|avancee)\)?)?"
)
_BARE_ZONE = re.compile(
    r"(?:in )?(?:Eastern|Pacific|Mountain|Central|Atlantic|Newfoundland|Pacifique|Atlantique|Est)\b(?![-'’])"
)
_STRANGE_ZONE = re.compile(
    r"[A-Z]{2,4}T\b|local time\b|heure (?:locale|d[eu'’] ?[A-ZÉ]\w+)"
    r"|(?!(?:This|That|The|Same|Any|Each|Every|During|Some|All|No|Last|Next|First|Down|Wait|At|In|By|For|Response|Processing"
    r"|Estimated|Expected|Maintenance)\b)[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:standard |daylight |summer )?time\b"
)
_ALL_TIMES = re.compile(
    r"\b(?:times|hours):? (?:(?:are|is|all|shown|listed|given|indicated|expressed|in|as|the)\s+)*"
    r"|\bheures (?:(?:sont|toutes|indiquees?|donnees?|exprimees?|affichees?|en)\s+)*"
)
_IN_BRACKETS = re.compile(r"\((?=(?:[EPMCN][SD]?T|H[NA]?[EPCT]|UTC|GMT)\))")
UNKNOWN_ZONE = "?"
_SHORT_ZONE = re.compile(
    r"\b(?:(?:UTC|GMT)\s?(?P<sign>[-+−])\s?(?P<hours>\d{1,2})(?::?00)?\b|[EPMCAN][SD]?T\b|H[NA]?[EPRCAT]\b|UTC\b|GMT\b)|Z\b"
)
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "un": 1, "une": 1, "two": 2, "deux": 2, "three": 3, "trois": 3, "four": 4, "quatre": 4,
    "five": 5, "cinq": 5, "six": 6, "seven": 7, "sept": 7, "eight": 8, "huit": 8, "nine": 9, "neuf": 9, "ten": 10,
    "dix": 10, "eleven": 11, "onze": 11, "twelve": 12, "douze": 12, "fifteen": 15, "quinze": 15, "twenty": 20,
    "vingt": 20, "twenty-four": 24, "vingt-quatre": 24, "thirty": 30, "trente": 30, "forty-five": 45,
    "quarante-cinq": 45, "forty-eight": 48, "quarante-huit": 48, "ninety": 90, "quatre-vingt-dix": 90,
}  # fmt: skip
_COUNT = r"(?:\d{1,3}(?:[.,]\d)?(?:\s?½|\s+1/2)?|½|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_HALF_MORE = r"(?:\s+(?:and a half|et demie?))"
_OR_MORE = r"\s*(?:-|to|a|or|ou)\s*"
_LASTS = r"(?:nearly|almost|roughly|pres de|presque|approximately|approx\.?|about|around|for|(?<!minimum )of|last(?:s|ed)?|lasting|up to|d'environ|environ|dure(?:r|ra|e)?|(?:duration|duree)(?: prevue| estimee| totale| approximative| maximale)?(?: of| de)?\s*:?|d'|pendant|durant|panne de|interruption de|service de|periode de|d'au plus|maximum de)"  # noqa: E501
_NOT_A_SPAN = r"(?!\s*\d{0,2}\s*(?:a|-|jusqu'a)\s*\d{1,2}\s?h)"  # `panne de 7 h 30 a 10 h 15` tells both its ends
_DURATION = re.compile(
    rf"(?P<half_hour>\bhalf an hour\b|\bune demi-?\s?heure\b)"
    rf"|\b(?P<quarters>a|one|un|three|trois)[\s-](?:quarters? of an hour|quarts? d'heure)\b"
    rf"|(?:\b{_LASTS}\s*)(?P<hours>{_COUNT})(?:{_OR_MORE}(?P<hours_to>{_COUNT}))?(?P<half>{_HALF_MORE})?"
    rf"\s*(?:hours?|hrs?|heures?|h)\b{_NOT_A_SPAN}(?P<half_more>{_HALF_MORE})?"
    rf"(?:\s*(?:and|et)?\s*(?:(?P<extra>\d{{1,2}})(?:\s*(?:minutes?|mins?)\b)?|(?P<extra_said>{_COUNT})\s*minutes?\b))?"
    rf"|(?:\b{_LASTS}\s*)(?P<days>{_COUNT})(?:{_OR_MORE}(?P<days_to>{_COUNT}))?\s*(?:full |whole )?(?:days?|jours?)\b"
    rf"|(?<!\dh)(?<!\d h)(?<!\dh )(?<!\d h )\b"
    rf"(?P<minutes>{_COUNT})(?:{_OR_MORE}(?P<minutes_to>{_COUNT}))?\s*-?(?:minutes?|mins?)\b"
)
_EXTENDED_BY = re.compile(
    r"\b(?:extended|prolonged|prolongee?s?) (?:by|de|d')\s*(?:up to |about |another |an additional |environ )?"
)
_CLOSE_BEHIND = 40  # letters of a length in words
_MOST_DAYS = 14  # a longer stretch is that of a permit or a delay, not of an outage


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """The text in lower case without accents, with plain quotes, dashes and spaces; as long as it was."""
    if text.isascii():
        return text.lower().replace("`", "'")
    return "".join(map(_fold_letter, text))


def _fold_letter(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter in "’‘ʼ`´":
        return "'"
    if letter in "‐‑‒–—−":
        return "-"
    if letter.isspace():
        return " "
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return base if len(base) == 1 else letter


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with these stretches made spaces, so that nothing in them is read a second time."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def durations(folded: str) -> list[tuple[int, int, int]]:
    """How long it will take, as (minutes, start, end); of a range the longer."""
    found = ((_minutes(match), *match.span()) for match in _DURATION.finditer(folded))
    return [one for one in found if one[0]]


def minutes_added(text: str) -> int:
    """By how much a text says that the hours it tells are extended; 0 where it tells the new end."""
    folded = fold(text)
    match = _EXTENDED_BY.search(folded)
    is_told = match is not None and any(one.kind == "T" and one.start >= match.end() for one in tokens(text))
    return _length_behind(folded, match.end()) if match and not is_told else 0


def _length_behind(folded: str, at: int) -> int:
    """The minutes of a length that stands right there; 0 where none does."""
    found = durations(f"for {folded[at : at + _CLOSE_BEHIND]}")[:1]
    return found[0][0] if found and found[0][1] == 0 else 0


def _minutes(match: re.Match[str]) -> int:
    said = match.groupdict()
    if said["half_hour"]:
        return 30
    if said["quarters"]:
        return round(15 * _count(said["quarters"]))
    if said["hours"]:
        more = 30 * bool(said["half"] or said["half_more"]) + _count(said["extra"] or said["extra_said"] or "0")
        return round(60 * _count(said["hours_to"] or said["hours"]) + more)
    if said["days"]:
        days = _count(said["days_to"] or said["days"])
        return round(1440 * days) if days <= _MOST_DAYS else 0
    return round(_count(said["minutes_to"] or said["minutes"] or "0"))


def _count(word: str) -> float:
    """A number in digits or in words, with a half behind it: `2,5`, `2 ½`, `deux`."""
    whole = re.sub(r"\s?½$|\s+1/2$", "", word)
    half = 0.5 * (whole != word)
    if word == "½":
        return 0.5
    return half + (_NUMBERS[whole] if whole in _NUMBERS else float(whole.replace(",", ".")))


def tokens(text: str) -> list[Token]:
    """The dates, times and zones of a text, in their order."""
    folded = fold(text)
    rest = blank(folded, [(start, end) for _, start, end in durations(folded)])
    stamps = [token for match in _ISO.finditer(rest) for token in _instant(match)]
    rest = blank(rest, [(token.start, token.end) for token in stamps])
    dates = [token for match in _DATE.finditer(rest) for token in _dates(match)]
    rest = blank(rest, [(token.start, token.end) for token in dates])
    dates += _numeric_dates(rest)
    rest = blank(rest, [(token.start, token.end) for token in dates])
    clocks = [Token("T", *match.span(), clock) for match in _CLOCK.finditer(rest) if (clock := _clock(match))]
    found = sorted([*stamps, *dates, *clocks], key=lambda token: (token.start, token.end))
    return sorted([*found, *_zones(text, folded, found)], key=lambda token: (token.start, token.end))


def _instant(match: re.Match[str]) -> list[Token]:
    """The day, the time and the zone of an instant as programs write it: `2026-09-12T04:00Z`, `…T00:00-04:00`."""
    said = match.groupdict()
    day = Day(int(said["month"]), int(said["day"]), int(said["year"]))
    told = [
        Token("D", match.start("year"), match.end("day"), day),
        Token("T", *match.span("time"), Clock(int(said["hour"]), int(said["minute"]), "h")),
    ]
    if not said["zone"]:
        return told
    hours = int(said["ahead"] or 0)
    place = f"Etc/GMT{-hours:+d}" if hours else "UTC"  # `Etc/GMT+5` is five hours behind
    zone = Zone(place, said["zone"].upper())
    if said["half"] == "30":
        minutes = 60 * hours + (30 if said["ahead"].startswith("+") else -30)
        zone = Zone(_HALF_HOURS.get(minutes, "America/St_Johns"), said["zone"], minutes)
    return [*told, Token("Z", *match.span("zone"), zone)]


def _dates(match: re.Match[str]) -> list[Token]:
    said = {key.rstrip("123"): value for key, value in match.groupdict().items() if value}
    if len(said.get("m", "")) == 2 and said["m"].isdigit():
        month = int(said["m"])
    else:
        month = MONTHS[said.get("m") or said["may"]]
    year = int(said["y"]) if "y" in said else None
    weekday = WEEKDAYS[said["w"]] if "w" in said else None
    first = Day(month, int(said["d"]), year, weekday)
    start, end = match.span()
    if "e" not in said:
        return [Token("D", start, end, first)]
    joint = "n" if said["j"] in ("and", "et", "&") else "R"
    between = [int(day) for day in re.findall(r"\d+", said.get("x", ""))]
    days = [
        first,
        *(Day(month, day, year, None, "n") for day in between),
        Day(month, int(said["e"]), year, None, joint),
    ]
    ends = [start + number for number in range(1, len(days))]
    return [Token("D", at, to, day) for at, to, day in zip([start, *ends], [*ends, end], days, strict=True)]


def _numeric_dates(rest: str) -> list[Token]:
    """The dates in numbers: by their year in front, a number over 12, their weekday, or another date of the text."""
    found = list(_NUMERIC.finditer(rest))
    proofs = set[str]().union(*(orders for match in found if len(orders := _orders(match)) == 1))
    return [Token("D", *match.span(), _numeric_day(match, proofs)) for match in found]


def _orders(match: re.Match[str]) -> set[str]:
    """Which of `day first` and `month first` make a day of it, and the weekday before it where one stands there."""
    said = match.groupdict()
    if not said["last"]:
        return set()
    one, two, year = int(said["one"]), int(said["two"]), int(said["last"])
    if one == two:
        return set()
    able = {order for order, (day, month) in {"d": (one, two), "m": (two, one)}.items() if month <= 12}
    weekday = said["w4"]
    if weekday is None or len(able) < 2:
        return able
    days = {"d": (two, one), "m": (one, two)}
    return {order for order in able if _weekday_of(year, *days[order]) == WEEKDAYS[weekday]} or able


def _weekday_of(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).weekday()
    except ValueError:
        return None


def _numeric_day(match: re.Match[str], proofs: set[str]) -> Day:
    said = match.groupdict()
    weekday = WEEKDAYS[said["w4"]] if said["w4"] else None
    if said["year"]:
        return Day(int(said["month"]), int(said["day"]), int(said["year"]), weekday)
    if not said["last"]:
        return Day(1, 1, None, weekday, is_unsure=True)
    one, two = int(said["one"]), int(said["two"])
    orders = _orders(match)
    order = orders if len(orders) == 1 else proofs
    day, month = (one, two) if order == {"d"} else (two, one)
    return Day(month, day, int(said["last"]), weekday, is_unsure=one != two and len(order) != 1)


def _clock(match: re.Match[str]) -> Clock | None:
    said = match.groupdict()
    if said["word"]:
        return Clock(0 if said["word"].startswith("mi") and said["word"] != "midi" else 12, 0, "h", is_word=True)
    bare = said["bare"] or said["bare24"]
    hour = int(said["h1"] or said["h2"] or said["h3"] or said["h4"] or said["h5"] or said["h6"] or bare or 0)
    minute = int(next((said[key] for key in ("m1", "m2", "m3", "m4", "m5", "m6") if said[key]), 0))
    half = (said["half"] or "")[:1].replace("m", "a").replace("n", "p")
    half = half or _half_of(hour, said["part2"] or said["part3"] or said["part6"] or "")
    if hour > 24 or (half and not 1 <= hour <= 12) or (hour == 24 and minute):
        return None
    is_24 = "h" if said["h3"] or said["h4"] or said["h5"] or said["bare24"] else ""  # French counts to 24
    is_named = (said["half"] or "") in ("noon", "midnight")
    return Clock(hour, minute, f"{half}m" if half else is_24, is_bare=bool(said["bare"]), is_word=is_named)


def _half_of(hour: int, part: str) -> str:
    """a or p, where the words behind an hour say so: `9 h du soir`, `2 in the afternoon`."""
    if not part or not 1 <= hour <= 12:
        return ""
    is_night = part in ("at night", "de la nuit")
    is_early = hour < 6 or hour == 12 if is_night else part in ("du matin", "in the morning")
    return "a" if is_early else "p"


def _zones(text: str, folded: str, found: list[Token]) -> list[Token]:
    """Zones in full words anywhere; an abbreviation only right behind a time or a date, where it can be one.

    What stands there like a zone and is none that is known is a zone that nobody knows, not Ottawa's.
    """
    clocks = [token.end for token in found if token.kind == "T"]
    whole = [_long_zone(match) for match in _LONG_ZONE.finditer(folded)]
    ends = [*(token.end for token in [*found, *whole]), *(match.end() for match in _ALL_TIMES.finditer(folded))]
    ends += [match.end() for match in _IN_BRACKETS.finditer(text)] if clocks else []
    close = {end + len(folded[end:]) - len(folded[end:].lstrip(" ,([/")) for end in ends}
    short = [Token("Z", *match.span(), place) for at in close for match, place in _zone_at(text, at)]
    taken = {token.start for token in [*whole, *short]}
    behind = {end + len(folded[end:]) - len(folded[end:].lstrip(" ,([")) for end in clocks} - taken
    odd = [match for at in behind if (match := _STRANGE_ZONE.match(text, at))]
    return [*whole, *short, *(Token("Z", *match.span(), Zone(UNKNOWN_ZONE, match.group())) for match in odd)]


def _zone_at(text: str, at: int) -> Iterator[tuple["re.Match[str]", Zone]]:
    """The zone whose abbreviation or bare name (`Pacific`) begins there."""
    match = _SHORT_ZONE.match(text, at)
    if match and (place := _short_zone(match)):
        yield match, place
    elif bare := _BARE_ZONE.match(text, at):
        yield bare, Zone(_ZONE_NAMES[fold(bare.group()).split()[-1]], bare.group())


def _short_zone(match: re.Match[str]) -> Zone | None:
    """A zone by its abbreviation, or by its distance from UTC: `UTC-05:00`."""
    if match["hours"] is None:
        return label(match.group()) if match.group() in LABELS else None
    sign = "+" if match["sign"] != "+" else "-"  # `Etc/GMT+5` is five hours behind
    return Zone(f"Etc/GMT{sign}{int(match['hours'])}", match.group()) if int(match["hours"]) <= 12 else None


def _long_zone(match: re.Match[str]) -> Token:
    said = match.groupdict()
    name = _ZONE_NAMES[said["en"] or said["fr"]]
    form = (said["en_form"] or said["fr_form"] or said["fr_form2"] or "").strip()
    standard = next((base for zone, _, _, base in _LABELS.values() if zone == name), 0)
    offsets = {"": None, "s": standard, "n": standard}
    return Token("Z", *match.span(), Zone(name, match.group(), offsets.get(form[:1], standard + 60)))


def zone_told(text: str) -> Zone | None:
    """The zone a text names in full, or behind its dates and times, for what stands under it."""
    return next((token.what for token in tokens(text) if isinstance(token.what, Zone)), None)


def zone_of_all(text: str) -> Zone | None:
    """The zone that a text says of all its times and hours: `All times are in UTC`."""
    return zone_told(text) if _ALL_TIMES.search(fold(text)) else None


def minutes_from_utc(zone_said: Zone) -> int | None:
    """How far it is from UTC in winter; of one that nobody knows nothing."""
    if zone_said.offset is not None or zone_said.name == UNKNOWN_ZONE:
        return zone_said.offset
    ahead = datetime(2026, 1, 1, tzinfo=zone(zone_said.name)).utcoffset()
    return int(ahead.total_seconds()) // 60 if ahead is not None else None


def label(word: str) -> Zone:
    """The zone of an abbreviation, and what it promises."""
    name, offset = LABELS[word]
    return Zone(name, word, offset)


def _labels() -> dict[str, tuple[str, int | None]]:
    table: dict[str, tuple[str, int | None]] = dict.fromkeys(("UTC", "GMT", "Z"), ("UTC", None))
    for plain, (name, standard, daylight, offset) in _LABELS.items():
        table |= dict.fromkeys(plain, (name, None))
        table |= dict.fromkeys(standard, (name, offset))
        table |= dict.fromkeys(daylight, (name, offset + 60))
    return table


LABELS = _labels()
_OFFICIAL = ("canada.ca", "gc.ca")
_CAPITALS = re.compile(r"\b[A-Z]{3,4}\b")  # `AVE` is a service, `ave` may be an address
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý«])")
_SUBJECT_ENDS = re.compile(
    r"\b(?:will|is|are|was|were|has|have|may|could|sera|seront|est|sont|ne|n'|etait|a ete|ont|pourrait|fait|connait)\b"
)


class Terms(Struct, frozen=True):
    """The tables of `notice.toml`, ready to be looked up."""

    says: Mapping[str, re.Pattern[str]]
    pages: Mapping[str, str]
    also_called: Mapping[str, str]
    never: frozenset[str]
    english: frozenset[str]
    french: frozenset[str]


@cache
def terms() -> Terms:
    """The tables, read once."""
    table = tomli.loads((files("reporter.outages") / "notice.toml").read_text("utf-8"))
    says = {name: re.compile("|".join(f"(?:{_edged(one)})" for one in words)) for name, words in table["says"].items()}
    small = {language: frozenset(words.split()) for language, words in table["small_words"].items()}
    never = frozenset(table["never"]["words"])
    return Terms(says, table["pages"], table["also_called"], never, small["en"], small["fr"])


def _edged(pattern: str) -> str:
    return pattern if pattern.startswith(("\\b", "(?:^")) else rf"\b{pattern}"


_DENIED = re.compile(
    r"\b(?:is|are|was|were|be|been|will|would|has|have|had|does|do|did)(?:n't| not)(?! only)(?: \w+){0,2} "
    r"(?:down|unavailable|inaccessible|off-?line|out of service|interrupted|an? (?:outage|interruption)"
    r"|(?:experienc\w+|having)(?: \w+){0,3} (?:outages?|interruptions?|problems?|issues?|difficult\w+))\b(?! for\b)"
    r"|\bno (?:\w+ ){0,2}(?:outages?|interruptions?|down ?time)\b"
    r"|\b(?:ne |n')(?:est|sont|etait|etaient|sera|seront) pas (?:\w+ ){0,2}"
    r"(?:indisponibles?|inaccessibles?|en panne|hors (?:service|ligne)|interrompue?s?|fermee?s?)\b"
    r"|\baucune? (?:\w+ )?(?:panne|interruption)\b|\bpas (?:de |d')(?:panne|interruption)\b"
)
_DENIABLE = frozenset({"down", "degraded", "trouble"})


def says(text: str, *names: str) -> bool:
    """Whether the text has a phrase of any of these lists; that something is not down says that of nothing."""
    folded = fold(text)
    asserted = _DENIED.sub(" ", folded) if _DENIABLE.intersection(names) else folded
    return any(terms().says[name].search(asserted if name in _DENIABLE else folded) for name in names)


_CLAUSE = re.compile(
    r"(?:(?<=[.!?])\s+(?!(?:Eastern|Pacific|Mountain|Central|Atlantic|Newfoundland)\b)(?=[A-ZÀ-Ý«](?:[a-zà-ÿ'’]|\s)))"
    r"|;\s+|,?\s+(?:but|however|whereas|mais|cependant|toutefois|tandis que|alors que)\b"
)
_SENTENCES = re.compile(rf"{_CLAUSE.pattern}|(?<=[.!?])(?<![ap]\.m\.)\s+(?=[A-ZÀ-Ý«])|\n")
_TO_COME = re.compile(
    r"\b(?:until|till|once(?! again)|as soon as|when|before|unless|if"
    r"|jusqu|des qu\w*|lorsqu\w*|quand|avant|une fois|si)\b[^.;!?]*"
)


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    return [one for one in _SENTENCES.split(text) if one]


def clauses_over(text: str) -> tuple[str, str]:
    """What a text says to be back, and the rest of it; what will be back one day (`until it is fixed`) is of the rest.

    Where something is down again since, nothing of it is over.
    """
    if is_relapse(text):
        return "", text
    clauses = [one for one in _CLAUSE.split(text) if one]
    is_over = [says(_TO_COME.sub(" ", fold(one)), "over") for one in clauses]
    over, rest = (
        " ".join(one for one, held in zip(clauses, is_over, strict=True) if held is wanted) for wanted in (True, False)
    )
    return over, rest


def is_relapse(text: str) -> bool:
    """Whether it was back, and is down again."""
    return says(text, "relapse") and says(text, "over")


def is_standing(text: str) -> bool:
    """Whether each sentence that says that something is down is help that stands on the page for good."""
    telling = [(one, end) for one in _CLAUSE.split(text) if one and (end := _told_by(one))]
    if not telling:
        return says(text, "standing", "conditional")
    return all(says(one, "standing") or says(one[:end], "conditional") for one, end in telling)


def _told_by(text: str) -> int:
    """Where the words end that first say that something is down; 0 where none do."""
    names = ("down", "degraded", "trouble")
    ends = [match.end() for name in names if (match := terms().says[name].search(fold(text)))]
    return min(ends, default=0)


def service_of(text: str, heading: str, page: str, names: Mapping[str, str]) -> tuple[str, str]:
    """The service ids of a notice, joined by `;`, and how they were found: named, page or nowhere.

    The subject of the sentence is asked first; where it is "this online service", the page
    it came from; then the rest of the text, and what stands above it.
    """
    text, spared = without_spared(text), _spared_words(text)
    known = _telling_names(f"{heading} {text}", names)
    if spared:
        left_out = set(_named(spared, known)) - set(_named(text, known))
        known = {name: service for name, service in known.items() if service not in left_out}
    subjects = " ".join(_subjects(text))
    if found := _named(subjects, known):
        return ";".join(found), "named"
    service = _page_service(page)
    service = service if service in set(known.values()) or not spared else None
    if service and says(subjects, "this_one"):
        return service, "page"
    for part in (text, heading):
        if found := _named(part, known):
            return ";".join(found), "named"
    return (service, "page") if service else (UNSPECIFIED, "nowhere")


def named_services(text: str, names: Mapping[str, str]) -> list[str]:
    """The services a text names, wherever in it and whatever it says of them."""
    return _named(text, _telling_names(text, names))


def _telling_names(text: str, names: Mapping[str, str]) -> dict[str, str]:
    """The names by which a text may mean a service; a short one only where it stands in capitals."""
    is_common = terms().never - {word.lower() for word in _CAPITALS.findall(text)}
    known = {name: service for name, service in names.items() if name not in is_common and len(name) > 2}
    return known | {name: service for name, service in terms().also_called.items() if service in set(names.values())}


def _subjects(text: str) -> list[str]:
    """What stands before the verb in the sentences that tell of the outage; else of the work that causes it."""
    sentences = _SENTENCE.split(text)
    telling = [one for one in sentences if says(one, "down", "degraded")]
    telling = telling or [one for one in sentences if says(one, "planned", "works")] or [text]
    verbs = [_SUBJECT_ENDS.search(fold(one)) for one in telling]
    return [one[: verb.start()] if verb else one for one, verb in zip(telling, verbs, strict=True)]


def _named(text: str, known: Mapping[str, str]) -> list[str]:
    """The services a text names, longer names first, in the order of the text."""
    words = f" {fold_name(text)} "
    found: dict[str, int] = {}
    for name in sorted(known, key=lambda name: (-len(name), name)):
        at = words.find(f" {name} ")
        if at >= 0:
            found.setdefault(known[name], at)
            words = words.replace(f" {name} ", " " + "·" * len(name) + " ")
    return sorted(found, key=lambda service: found[service])


def _page_service(page: str) -> str | None:
    """What `this online service` means on that page, if the table says."""
    address = page.lower()
    return next((service for part, service in terms().pages.items() if part in address), None)


def is_official(page: str) -> bool:
    """Whether the address is the government's own: the host itself or one below it, never a look-alike."""
    try:
        parts = urlsplit(page.strip())
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and any(host == one or host.endswith(f".{one}") for one in _OFFICIAL)


def is_web_address(page: str) -> bool:
    """Whether the page is a web address, not the name of a file."""
    return bool(re.match(r"https?://\S+$", page, re.IGNORECASE))


def language_of(text: str) -> str:
    """English or French, by the small words; English when they say nothing."""
    words = re.findall(r"[a-z']+", fold(text))
    french = sum(word in terms().french or word.startswith(("l'", "d'", "qu'", "n'")) for word in words)
    return "fr" if french > sum(word in terms().english for word in words) else "en"


_WILL = r"(?:will|would|should|is|are|was|were)"
_NOT_UP = r"(?! (?:\w+ )?(?:un|in(?:acc|op|term)|down|off|out|closed|slow|degraded|experienc|not\b|having|under))"
_UNTOUCHED = (
    rf"(?:(?:{_WILL} )?not (?:be )?|won't be |isn't |aren't |{_WILL} un)"
    r"(?:affected|touched|impacted|concerned|interrupted|part of)\b"
    rf"|(?:(?:will )?(?:stays?|remains?|continues? to (?:be|work|function)|keeps? working)|{_WILL} still)\b{_NOT_UP}"
    r" ?(?:open|available|accessible|online|up|in service|operational|unaffected|normally|as usual)?"
    r"|works? (?:normally|as usual)|fonctionn\w+ normalement"
    r"|will continue (?:to \w+|as usual|normally)"
    r"|ne (?:sera|seront|est|sont|serait) pas (?:touche|vise|affecte|concerne|interromp|perturbe)\w*"
    r"|(?:reste|restent|restera|resteront|demeure|demeurent|demeurera|demeureront)\s+"
    r"(?:ouvert|disponible|accessible|en ligne|en service|offert|operationnel|fonctionnel)\w*"
    r"|continuera?(?:ont)? (?:de|a) fonctionner|n'(?:est|sera|sont|seront) pas (?:touche|vise|affecte|concerne)\w*"
)
_BEFORE = re.compile(rf"\b(?:{_UNTOUCHED})")
_AFTER = re.compile(
    r"\b(?:(?:(?:does|do|will|should|would) not|(?:does|do|wo|should|would)n't)"
    r" (?:affect|touch|impact|concern|interrupt|involve)|without affecting"
    r"|(?:has|have|will have) no (?:effect|impact) on|no (?:effect|impact) on"
    r"|no (?:interruption|disruption|change|outage)s? (?:to|of|for|in)"
    r"|aucune? (?:interruption|incidence|perturbation|effet) \w+"
    r"|n'(?:affecte\w*|aura pas d'\w+ sur|a pas d'\w+ sur)(?: pas)?|ne (?:touche|vise|concerne|perturbe)\w* pas"
    r"|sans (?:toucher|affecter|incidence sur)"
    r"|except(?:ing)?(?: for)?|with the exception of|other than|apart from|but not"
    r"|sauf|a l'exception d\w*|hormis|excepte|mais pas)\b"
)
_CLAUSE_ENDS = re.compile(
    r"[.;:!?\n]|,\s*(?:which|who|but|and|qui|mais)\b|\b(?:while|when|whereas|pendant|tandis que|alors que)\b"
    r"|\b(?:will|is|are|sera|seront|est|sont)\b|\b(?:on|from|le|du|au)\s+(?:\w+,?\s+){0,2}\d"
)
_CLAUSE_BEGINS = re.compile(
    r"[.;:!?\n]|\b(?:unavailable|inaccessible|not available|down|offline|out of service|maintenance|while|but|whereas"
    r"|however|although|because|indisponibles?|hors service|en panne|tandis que|mais|alors que"
    r"|toutefois|cependant|pendant que)\b"
)


def without_spared(text: str) -> str:
    """The text with what it says of services that are spared made spaces, so that none of them is taken for down."""
    folded = fold(text)
    return blank(text, list(_spans(folded)))


def _spared_words(text: str) -> str:
    """The other half: only the words that name what is spared."""
    folded = fold(text)
    return " ; ".join(text[start:end] for start, end in _spans(folded))


def _spans(folded: str) -> Iterator[tuple[int, int]]:
    """The subject of what is untouched, back to where its clause begins; the object of what does not touch it."""
    for match in _BEFORE.finditer(folded):
        begins = [found.end() for found in _CLAUSE_BEGINS.finditer(folded, 0, match.start())]
        yield (begins[-1] if begins else 0), match.end()
    for match in _AFTER.finditer(folded):
        end = _CLAUSE_ENDS.search(folded, match.end())
        yield match.start(), end.start() if end else len(folded)


def without_old_days(text: str) -> str:
    """The text with the days that no longer hold made spaces, and the hours told with them; as long as it was."""
    folded = fold(text)
    if not any(pattern.search(folded) for pattern in (*_MOVES, _POSTED, _EXCEPTED, terms().says["aside"])):
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
    """Whether an hour is moved, `from 3 a.m. to 5 a.m.`, `by an hour`: which end it is, only a reader knows."""
    folded = fold(text)
    hours = [token.start for token in tokens(text) if token.kind == "T"]
    is_by = any(_length_behind(folded, match.end()) for match in _SHIFTED.finditer(folded))
    return is_by or any(match.end() in hours for match in _FROM.finditer(folded)) or bool(_SOONER.search(folded))


def is_put_off(text: str) -> bool:
    """Whether it is moved to a day that is no date: `postponed to tomorrow`, `reporté à lundi`."""
    folded = fold(text)
    days = [token.start for token in tokens(text) if token.kind == "D"]
    return any(not any(at >= match.start() for at in days) for match in _PUT_OFF.finditer(folded))


def denies(text: str) -> bool:
    """Whether it says that something is not down, and of nothing that it is."""
    return bool(_DENIED.search(fold(text))) and not says(text, "down", "degraded", "trouble")


def is_vague(text: str) -> bool:
    """Whether a day stands for more than itself, `the week of March 8`, is counted in weeks, or an hour comes after."""
    text = without_old_days(text)
    folded = fold(text)
    found = tokens(text)
    starts = {token.start for token in found if token.kind == "D" or not _ENDS_WINDOW.search(folded)}
    is_counted = bool(_WEEKS_ON.search(folded)) and not any(token.kind == "D" for token in found)
    return is_counted or any(match.end() in starts for match in _VAGUE.finditer(folded))


def is_excepted(text: str) -> bool:
    """Whether a day or hours are taken out in which the service is there after all."""
    folded = fold(text)
    return bool(_EXCEPTED.search(folded) and _exceptions(folded, _stamps(text, folded)[1]))


def _stamps(text: str, folded: str) -> tuple[list[tuple[int, int]], list[Token]]:
    """Where the day stands on which the notice was posted, and all other days and hours."""
    whens = [token for token in tokens(text) if token.kind != "Z"]
    stamps = [span for match in _POSTED.finditer(folded) for span in _old_span(folded, match, whens, is_stamp=True)]
    stamps += _asides(text, whens)
    return stamps, [token for token in whens if not _is_inside(token, stamps)]


def _asides(text: str, whens: list[Token]) -> list[tuple[int, int]]:
    """The days and hours of a sentence that tells of no outage: when the next word comes, until when to file."""
    starts = [0, *(match.end() for match in _SENTENCES.finditer(text)), len(text)]
    found = []
    for start, end in pairwise(starts):
        clause = text[start:end]
        match = terms().says["aside"].search(fold(clause))
        if match and not says(clause, "down", "degraded", "works", "blocked", "over", "ends"):
            found += [(one.start, one.end) for one in whens if start + match.start() <= one.start < end]
    return found


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
        return [match.span()] if re.search(DAY_NAME, match.group()) and not is_stamp else []
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
