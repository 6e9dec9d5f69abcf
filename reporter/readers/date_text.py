"""One cell's text taken apart as a date: a closed list of forms, in English and French. No order is decided here.

`03/04/2026` comes back as its three numbers: which is the day is for the whole column to say (dates.py).
Pure: no files, no clock.
"""

import re
from typing import NamedTuple

MONTH = (
    r"(?P<mon>jan(?:uary|vier|v)?|feb(?:ruary|r)?|fev(?:rier|r)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|june?|juin|"
    r"jul(?:y)?|juil(?:let|l)?|aug(?:ust)?|aou(?:t)?|sept?(?:ember|embre)?|oct(?:ober|obre)?|nov(?:ember|embre)?|"
    r"dec(?:ember|embre)?)\.?"
)
MONTHS = {
    "jan": 1, "feb": 2, "fev": 2, "mar": 3, "apr": 4, "avr": 4, "may": 5, "mai": 5, "jun": 6, "juin": 6, "jul": 7,
    "juil": 7, "aug": 8, "aou": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
WEEKDAY = (
    r"(?:(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thurs?|fri|sat|sun|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)[.,]*\s+)?(?:le\s+|the\s+)?"
)
ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "nst": -210, "ndt": -150, "ast": -240, "adt": -180, "est": -300, "edt": -240,
    "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "hnt": -210, "hat": -150,
    "hna": -240, "haa": -180,
    "hne": -300, "hae": -240, "hnc": -360, "hac": -300, "hnr": -420, "har": -360, "hnp": -480, "hap": -420,
}  # fmt: skip
TIME = (
    r"(?:[t,\s]\s*(?:at\s+|a\s+)?(?P<hour>\d{1,2})\s?[:h]\s?(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*\(?(?P<zone>[a-z]{1,3}|[+-]\d{2}:?\d{2})?\)?)?"
)
YEAR = r"(?P<y>\d{4}|'?\d{2})"
FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<y>\d{4})(?P<sep>[-/. ])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})",
        rf"(?P<y>\d{{4}})[-/. ]*{MONTH}[-/. ]*(?P<d>\d{{1,2}})",
        rf"(?P<d>\d{{1,2}})(?:er|st|nd|rd|th)?[-/. ,]*(?:of |de )?{MONTH}[-/. ,]*(?:de )?{YEAR}",
        rf"{MONTH}[-/. ]*(?P<d>\d{{1,2}})(?:er|st|nd|rd|th)?[-/. ,]+{YEAR}",
        r"(?P<a>\d{1,2})(?P<sep>[-/. ])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d{2})",
        r"(?P<y>(?:19|20|21)\d{2})(?P<m>\d{2})(?P<d>\d{2})",
        rf"{MONTH}[-/. ,]*(?P<y>\d{{4}})",
        rf"(?P<y>\d{{4}})[-/. ]*{MONTH}",
        r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})",
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})",
    )
)
WHOLE = tuple(re.compile(rf"{WEEKDAY}{form.pattern}{TIME}") for form in FORMS)
INSIDE = tuple(re.compile(rf"(?<![\d/.-])(?<![a-z]){form.pattern}(?!\d)(?![/.-]\d)(?![a-z]{{2}})") for form in FORMS)
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
SERIALS = (20000, 80000)


class Parts(NamedTuple):
    """What a text says of a date.

    `numbers` is the three numbers of `03/04/2026` as written, and then year, month and day are 0.
    `day` is 0 where only the month is told. `seconds` is the time of day, `offset` minutes from UTC.
    """

    year: int = 0
    month: int = 0
    day: int = 0
    numbers: tuple[int, int, int] = (0, 0, 0)
    is_short: bool = False  # a year of two digits
    seconds: int | None = None
    offset: int | None = None
    note: str = ""  # what stands around the date, when anything does
    several: bool = False  # the cell holds more than one date
    serial: float = 0.0


def parts_of(text: str) -> Parts | None:
    """The date in a text (see spelling.plain), or None when there is none."""
    if SERIAL.fullmatch(text):
        number = float(text)
        return Parts(serial=number) if SERIALS[0] <= number <= SERIALS[1] else None
    for form in WHOLE:
        if (match := form.fullmatch(text)) and _zone_is_known(match):
            return _with_time(_parts(match), match)
    return _within(text)


def _within(text: str) -> Parts | None:
    """The date inside other words: `done 8/22/2026`, `renewed until march 2027`."""
    rest, found = text, []
    for form in INSIDE:
        while match := form.search(rest):
            found.append(_parts(match))
            rest = f"{rest[: match.start()]} … {rest[match.end() :]}"
    if not found:
        return None
    several = len(set(found)) > 1
    return found[0]._replace(note=" ".join(rest.replace("…", " ").split()) or text, several=several)


def _parts(match: re.Match[str]) -> Parts:
    said = match.groupdict()
    if said.get("a"):
        numbers = (int(said["a"]), int(said["b"]), int(said["c"]))
        return Parts(numbers=numbers, is_short=len(said["c"]) == 2)
    written = said["y"].lstrip("'")
    return Parts(int(written), _month(said), int(said.get("d") or 0), is_short=len(written) == 2)


def _month(said: dict[str, str | None]) -> int:
    name = said.get("mon")
    if name is None:
        return int(said["m"] or 0)
    return MONTHS.get(name[:4], MONTHS.get(name[:3], 0))


def _with_time(parts: Parts, match: re.Match[str]) -> Parts:
    said = match.groupdict()
    if not said.get("hour"):
        return parts
    hour, half = int(said["hour"]), said["half"]
    if half:
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    seconds = hour * 3600 + int(said["minute"]) * 60 + int(said["second"] or 0)
    return parts._replace(seconds=seconds if seconds < 86400 else None, offset=_offset(said["zone"]))


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone in ZONES:
        return ZONES[zone]
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


def _zone_is_known(match: re.Match[str]) -> bool:
    zone = match.groupdict().get("zone")
    return not zone or zone in ZONES or not zone.isalpha()
