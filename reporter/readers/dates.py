"""A column of dates: the order of day and month is proven by the whole column, never guessed cell by cell.

Where nothing proves it, both readings are kept. Two-digit years: below the pivot 20yy, from it on 19yy.
The last or first day of a century, far ahead, means that no expiry is stated (9999-12-31); any other year so far off
is a slip or another calendar, and is told. Pure: no files, no clock.
"""

import re
import unicodedata
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.readers.values import is_bare_sign, one_of, spelled, spelling_key, unaccented, value_list
from reporter.text.time_zones import ZONES

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
    r"(?:(?P<wd>monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thurs?|fri|sat|sun|"
    r"lun(?:di)?|mar(?:di)?|mer(?:credi)?|jeu(?:di)?|ven(?:d|dredi)?|sam(?:edi)?|dim(?:anche)?)[.,]*\s+)?"
    r"(?:le\s+|the\s+)?"
)
WEEKDAYS = {
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6,
}  # fmt: skip
ZONE_WORDS = {
    "z": 0, "utc": 0, "gmt": 0, "nst": -210, "ndt": -150, "ast": -240, "adt": -180, "est": -300, "edt": -240,
    "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "hnt": -210, "hat": -150,
    "hna": -240, "haa": -180,
    "hne": -300, "hae": -240, "hnc": -360, "hac": -300, "hnr": -420, "har": -360, "hnp": -480, "hap": -420,
}  # fmt: skip
TIME = (
    r"(?:[t,\s]\s*(?:at\s+|a\s+|@\s*|-\s+)?(?P<hour>\d{1,2})"
    r"(?:\s?[:h]\s?(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?|\s?h|(?=\s?[ap]\.?m))"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*\(?(?P<zone>[a-z]{1,3}|[+-]\d{2}:?\d{2})?\)?)?"
)
YEAR_SIGN, MONTH_SIGN, DAY_SIGN = (
    f"(?:{'|'.join(unicodedata.normalize('NFKD', sign) for sign in signs)})" for signs in ("年년", "月월", "日号일")
)
MARKS = str.maketrans("’‘ʼ`´′＇‐‑‒–—−⁄∕", "'" * 7 + "-" * 6 + "//")
YEAR = r"(?P<y>\d{4}|'?\d{2})"
FORMS = (
    r"(?P<y>\d{4})(?P<sep>[-/ ']|\. ?)(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})",
    rf"(?P<y>\d{{4}}) ?{YEAR_SIGN} ?(?P<m>\d{{1,2}}) ?{MONTH_SIGN} ?(?P<d>\d{{1,2}}) ?{DAY_SIGN}?",
    rf"(?P<y>\d{{4}})[-/. ]*{MONTH}[-/. ]*(?P<d>\d{{1,2}})",
    rf"(?P<d>\d{{1,2}}) ?(?:er|st|nd|rd|th)?[-/. ,]*(?:of |de )?{MONTH}[-/. ,]*(?:de )?{YEAR}",
    rf"{MONTH}[-/. ]*(?P<d>\d{{1,2}})(?:er|st|nd|rd|th)?[-/. ,]+{YEAR}",
    r"(?P<a>\d{1,2})(?P<sep>[-/. '])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d{2})",
    r"(?P<y>(?:19|20|21)\d{2})(?P<m>\d{2})(?P<d>\d{2})",
    rf"(?:(?P<last>fin|end)(?: of| de| d')? ?)?{MONTH}[-/. ,]*(?P<y>\d{{4}}|'\d{{2}})",
    rf"(?P<y>\d{{4}})[-/. ]*{MONTH}",
    r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})",
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})",
)
COMPACT = r"(?P<a>\d{1,2})(?P<b>\d{2})(?P<c>(?:19|20)\d{2})"  # alone in its cell only
NEAR = r"[^\w(\[]*[a-z]?[^\w(\[]*"
TORN_BEFORE = re.compile(rf"(?<!\d)\d{{1,4}}{NEAR}$")
TORN_AFTER = re.compile(rf"{NEAR}\d{{1,4}}(?!\d)(?!\s*[a-z]{{2}}|[:h]\d)")
"""Digits beside a date with no word between: not a file number, nor `2 months`, nor the time of day."""
FULL_STOP = re.compile(r"(?<=\d\d)\.$")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
SERIALS = (20000, 80000)


class DateParts(NamedTuple):
    """What a text says of a date.

    `numbers` is the three numbers of `03/04/2026` as written, and then year, month and day are not told.
    `day` is 0 where only the month is told. `seconds` is the time of day, `offset` minutes from UTC.
    """

    year: int = 0
    month: int = 0
    day: int = 0
    numbers: tuple[int, int, int] | None = None
    is_short: bool = False  # a year of two digits
    seconds: int | None = None
    offset: int | None = None
    note: str = ""  # what stands around the date, when anything does
    is_last: bool = False  # `end of August`: the last day of the month that is told
    several: bool = False  # the cell holds more than one date
    serial: float = 0.0
    weekday: int | None = None  # Monday is 0


@cache  # to make them takes longer than to read a small roster, and one whose dates are cells of dates needs none
def _whole_forms() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"{WEEKDAY}{form}{TIME}") for form in (COMPACT, *FORMS))


@cache
def _inside_forms() -> tuple[re.Pattern[str], ...]:
    bounds = r"(?<![\d/.-])(?<![a-z])", r"(?!\d)(?![/.-]\d)(?![a-z]{2})"
    return tuple(re.compile(form.join(bounds)) for form in FORMS)


def parts_of(text: str) -> DateParts | None:
    """The date in a text (see spelling.plain), or None when there is none."""
    text = western(text)
    if SERIAL.fullmatch(text):
        number = float(text)
        return DateParts(serial=number) if SERIALS[0] <= number <= SERIALS[1] else None
    for form in _whole_forms():
        if (match := form.fullmatch(text)) and _zone_is_known(match):
            return _with_time(_parts(match), match)
    return _within(text)


def western(text: str) -> str:
    """The text with the digits of every script as 0 to 9, one kind of apostrophe, dash and slash, and none around it.

    A spreadsheet's `'2026-03-31` is text for certain, and a date for certain.
    """
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in text.translate(MARKS))
    return FULL_STOP.sub("", text.strip("' "))


def _within(text: str) -> DateParts | None:
    """The date inside other words: `done 8/22/2026`, `renewed until march 2027`."""
    rest, matches = text, []
    for form in _inside_forms():
        while match := form.search(rest):
            matches.append(match)
            rest = f"{rest[: match.start()]} … {rest[match.end() :]}"
    if not matches or (len(matches) == 1 and _is_torn(matches[0])):
        return None
    found = [_parts(match) for match in matches]
    several = len(set(found)) > 1
    return found[0]._replace(note=" ".join(rest.replace("…", " ").split()) or text, several=several)


def _is_torn(match: re.Match[str]) -> bool:
    """Whether a slip may have cut digits off the date: of `2026-09-1"2`, the first of September is not what was meant.

    A year of four digits at an end is whole.
    """
    before = "" if match[0][:4].isdecimal() else match.string[: match.start()]
    after = "" if match[0][-4:].isdecimal() else match.string[match.end() :]
    return bool(TORN_BEFORE.search(before) or TORN_AFTER.match(after))


def _parts(match: re.Match[str]) -> DateParts:
    said = match.groupdict()
    weekday = WEEKDAYS[said["wd"][:3]] if said.get("wd") else None
    if said.get("a"):
        numbers = (int(said["a"]), int(said["b"]), int(said["c"]))
        return DateParts(numbers=numbers, is_short=len(said["c"]) == 2, weekday=weekday)
    written = said["y"].lstrip("'")
    day, is_last = int(said.get("d") or 0), bool(said.get("last"))
    return DateParts(int(written), _month(said), day, is_short=len(written) == 2, is_last=is_last, weekday=weekday)


def _month(said: dict[str, str]) -> int:
    name = said.get("mon")
    return (MONTHS.get(name[:4]) or MONTHS[name[:3]]) if name else int(said["m"])


def _with_time(parts: DateParts, match: re.Match[str]) -> DateParts:
    said = match.groupdict()
    if not said.get("hour"):
        return parts
    hour, half = int(said["hour"]), said["half"]
    if half:
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    minute, second = int(said["minute"] or 0), int(said["second"] or 0)
    is_hour = hour < 24 and max(minute, second) < 60
    seconds = hour * 3600 + minute * 60 + second
    return parts._replace(seconds=seconds if is_hour else None, offset=_offset(said["zone"]))


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone in ZONE_WORDS:
        return ZONE_WORDS[zone]
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


def _zone_is_known(match: re.Match[str]) -> bool:
    zone = match.groupdict().get("zone")
    return not zone or zone in ZONE_WORDS or not zone.isalpha()


Truth = NDArray[np.bool_]
REAL = r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?"
YEARS = range(1920, 2090)  # those that a date of a roster can have
OTHER_CALENDARS = (range(1300, 1500), range(2400, 2700))  # Islamic and Persian; Buddhist
SHORT_YEARS = range(20, 41)  # where a two-digit year could stand first
ENOUGH_REAL = 3
ENOUGH_SWAPPED = {" 00:00:00": 4, "": 8}
"""Early dates and late texts together that make a swap likely: of cells of dates, by their end, and of ISO text."""
FIRST_HALF = 12  # days that may be months
MOST_LATE = 2  # with more of them past the 12th, the others are as they should be
NUMERIC = r"(?:\d{4}|\d{1,2})[-/.]\d{1,2}[-/.](?:\d{4}|\d{1,2})"
YEAR_FIRST = r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(?: 00:00:00)?$"
ONE_DIGIT, ZERO_IN_FRONT = r"(?<!\d)\d(?!\d)", r"(?<!\d)0\d(?!\d)"
ONE_ROSTER = 12  # the years of one roster's dates lie within so many
NEAR_YEARS = 5  # a year that is near others of its column


class DateRules(Struct, frozen=True):
    """How a column is read: `order` dmy, mdy or ymd where the settings or the header say; `is_receipt` where the
    later day is the careful one; `is_expiry` where a word in place of the date is a fact; `whole` what the same column
    shows in all files of a roster, where this is one of several."""

    order: str | None = None
    pivot: int = 50
    is_1904: bool = False
    is_expiry: bool = False
    is_receipt: bool = False
    whole: "DateEvidence | None" = None


class DateEvidence(Struct, frozen=True):
    """What decides how a column of dates is read, without its cells: of any number of files it stays small.

    `numbers` are the dates written as three numbers, each once, and those of which the second can only be the day; of
    the texts that only have to be counted there are no more than the count that decides. `days` says in how many rows
    that count each date stands, without its hour; a day that is clear is DateParts of its year, month and day.
    """

    numbers: frozenset[DateParts] = frozenset()
    real: frozenset[str] = frozenset()  # cells that are dates and ISO text; of each sort no more than decide
    bare: frozenset[str] = frozenset()  # numeric texts with a lone digit; no more than ENOUGH_REAL
    padded: frozenset[str] = frozenset()  # numeric texts with zeros in front; no more than ENOUGH_REAL
    days: Mapping[DateParts, int] = field(default_factory=dict)

    def joined(self, other: "DateEvidence") -> "DateEvidence":
        """What both columns show together."""
        return DateEvidence(
            self.numbers | other.numbers,
            _enough_real(self.real | other.real),
            _enough(self.bare | other.bare),
            _enough(self.padded | other.padded),
            Counter(self.days) + Counter(other.days),
        )


def _enough(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(sorted(texts)[:ENOUGH_REAL])


def _enough_real(texts: Iterable[str]) -> frozenset[str]:
    """Of cells of dates and of ISO text, and of either those past the 12th and the others, as many as can decide."""
    most = max(ENOUGH_SWAPPED.values()) * (1 + MOST_LATE)
    kept: dict[tuple[str, bool], list[str]] = {}
    for text in sorted(texts):
        kept.setdefault((text[10:], int(text[8:10]) > FIRST_HALF), []).append(text)
    return frozenset(text for sort in kept.values() for text in sort[:most])


class ParsedDate(Struct, frozen=True):
    """What one text says: `on` (day first), `other` (month first, where it differs), time, state and doubt.

    `code` is a problem code, without a decision on how grave it is; empty when the text is clear.
    """

    on: date | None = None
    other: date | None = None
    seconds: float = np.nan  # of the day
    offset: float = np.nan  # minutes from UTC
    certainty: str = "clear"
    state: str = "date"
    code: str = ""
    note: str = ""
    form: str = ""  # real, short (a year of two digits), numbers, or empty


class DateColumn(Struct, frozen=True):
    """A column read: `facts` has a row for each distinct text, the last one for an empty cell.

    `proven` is dmy or mdy where the column or the settings decide the order of day and month, else empty. `evidence`
    is what decided, `looks` what each text that is no real date says, and `middle` how many dates the column has over
    all files of its roster and the middle one, in days from 1970; None where it stands in one file alone.
    """

    codes: NDArray[np.intp]
    facts: DataFrame
    index: pd.Index
    proven: str = ""
    evidence: DateEvidence = field(default_factory=DateEvidence)
    looks: Mapping[int, DateParts] = field(default_factory=dict)
    middle: tuple[int, float] | None = None

    def __getitem__(self, name: str) -> Series:
        """One fact of every row, see Told."""
        return Series(self.facts[name].array.take(self.codes), index=self.index)

    def as_read(self, place: int) -> dict[str, object]:
        """How the cell of that place was read, in the columns of CELLS."""
        fact = self.facts.iloc[int(self.codes[place])].to_dict()
        form = fact["form"] if pd.notna(fact["on"]) else ""
        return {
            "on": fact["on"],
            "other": fact["other"],
            "form": form,
            "order": self.proven,
            "doubt": fact["certainty"],
        }

    def says(self, name: str, *values: str) -> Truth:
        """Which rows have one of these values of a fact."""
        hits = self.facts[name].isin(values).to_numpy(dtype=bool)
        return hits[self.codes] if hits.any() else np.zeros(len(self.codes), dtype=bool)


def certainties(columns: Sequence[DateColumn], index: pd.Index) -> Series:
    """How sure the dates of each row are, over all these columns: clear, uncertain or ambiguous."""
    none = np.zeros(len(index), dtype=bool)
    two, odd = (
        np.logical_or.reduce([none, *(column.says("certainty", word) for column in columns)])
        for word in ("ambiguous", "uncertain")
    )
    return Series(one_of(("clear", "uncertain", "ambiguous"), np.where(two, 2, odd)), index=index)


def day_text(day: object) -> str:
    """A day as problems tell it; nothing where there is none."""
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"  # type: ignore[call-overload]


MISSING = ParsedDate(state="missing")


def read_dates(cells: Series, rules: DateRules) -> DateColumn:
    """The column of tidied text as dates, with the doubt that remains.

    Real dates and ISO text are read together; what else there is, one distinct text at a time.
    """
    codes, uniques = pd.factorize(cells)
    texts = Series(uniques, dtype="str")
    fast = _real(texts)
    slow = texts.index[fast["on"].isna()]
    read = {int(i): _first_look(texts[i], rules) for i in slow}
    looks = {i: found for i, found in read.items() if isinstance(found, DateParts)}
    whole = rules.whole or _evidence(texts, fast, looks)
    order = _proven(whole.numbers, rules)
    told = [_decide(found, order, rules) for found in read.values()]
    slower = _frame([*told, MISSING], [*slow, len(texts)])
    facts = pd.concat([fast.drop(index=slow), slower]).sort_index()
    proven = next(iter(order.ways)) if len(order.ways) == 1 else ""
    facts = _doubt_cut(_doubt_day_second(_doubt_swapped(facts, texts, whole), texts, whole), texts, whole)
    middle = _middle(whole, order, rules) if rules.whole else None
    return DateColumn(codes, facts, cells.index, proven, whole, looks, middle)


def _evidence(texts: Series, fast: DataFrame, looks: Mapping[int, DateParts]) -> DateEvidence:
    """What the distinct texts of a column show of it, but for how often each stands there."""
    is_real = (fast["form"] == "real").to_numpy(dtype=bool)
    numeric = texts.str.fullmatch(NUMERIC)
    is_bare = numeric & texts.str.contains(ONE_DIGIT)
    is_padded = numeric & ~is_bare & texts.str.contains(ZERO_IN_FRONT)
    return DateEvidence(
        frozenset(_bare(p) for p in looks.values() if any(p.numbers or ()) or _is_day_second(p)),
        _enough_real(texts[is_real | (fast["on"].notna() & fast["seconds"].isna()).to_numpy(dtype=bool)]),
        _enough(texts[is_bare].head(ENOUGH_REAL)),
        _enough(texts[is_padded].head(ENOUGH_REAL)),
    )


def _is_day_second(parts: DateParts) -> bool:
    """True of `2026-31-12`, a day that there is where the day stands before the month."""
    return parts.month > FIRST_HALF >= parts.day > 0 and civil(parts.year, parts.day, parts.month) is not None


def _bare(parts: DateParts) -> DateParts:
    """The date that a text says, without its hour; what stands around it is no more than a mark."""
    return parts._replace(seconds=None, offset=None, note="…" if parts.note else "", serial=float(int(parts.serial)))


def date_evidence(column: DateColumn, among: Truth) -> DateEvidence:
    """What a column of one file shows, for all files of its roster to be read by. Takes: the rows that count."""
    counts = np.bincount(column.codes[among & (column.codes >= 0)], minlength=len(column.facts) - 1)
    days: Counter[DateParts] = Counter()
    for place, parts in column.looks.items():
        if counts[place]:
            days[_bare(parts)] += int(counts[place])
    clear = np.ones(len(counts), dtype=bool)
    clear[list(column.looks)] = False
    on = column.facts["on"].iloc[: len(counts)]
    clear &= on.notna().to_numpy()
    by_day = Series(counts[clear]).groupby(on[clear].to_numpy()).sum()
    for day, count in zip(pd.DatetimeIndex(by_day.index), by_day.tolist(), strict=True):
        if count:
            days[DateParts(day.year, day.month, day.day)] += count
    return replace(column.evidence, days=days)


def _middle(whole: DateEvidence, order: "_Order", rules: DateRules) -> tuple[int, float]:
    """How many dates a column has over all files, and the middle one of them, in days from 1970."""
    found: Counter[int] = Counter()
    for parts, count in whole.days.items():
        if on := _decide(parts, order, rules).on:
            found[on.toordinal() - date(1970, 1, 1).toordinal()] += count
    days = sorted(found)
    total = sum(found.values())
    if not total:
        return 0, np.nan
    reach = np.cumsum([found[day] for day in days])
    low, high = (days[int(np.searchsorted(reach, place, side="right"))] for place in ((total - 1) // 2, total // 2))
    return total, (low + high) / 2


def _doubt_cut(facts: DataFrame, texts: Series, whole: DateEvidence) -> DataFrame:
    """Doubt the one date of a digit less where the others have zeros in front: `2026-09-1` may be cut short."""
    if len(whole.bare) != 1 or len(whole.padded) < ENOUGH_REAL:
        return facts
    at = texts.index[texts.isin(list(whole.bare))]
    cut = at[(facts.loc[at, "state"] == "date") & (facts.loc[at, "code"] == "")]
    doubt = {"certainty": "uncertain", "code": "date_cut"}
    return facts.assign(**{name: facts[name].mask(facts.index.isin(cut), said) for name, said in doubt.items()})


def _doubt_swapped(facts: DataFrame, texts: Series, whole: DateEvidence) -> DataFrame:
    """Doubt dates that a spreadsheet may have swapped as it read text in the other order.

    It turns into dates what it can, and leaves `31/03/2026` as text. So dates that are nearly all at or before the
    12th, beside text that all has a part over 12, are suspect: cells of dates, and the ISO text that such cells become
    in a CSV. One typed since may be later.
    """
    past_12 = [max(p.numbers[:2]) > FIRST_HALF for p in whole.numbers if p.numbers and not p.note]
    if not past_12 or not all(past_12):
        return facts
    doubted = np.zeros(len(facts), dtype=bool)
    for end, enough in ENOUGH_SWAPPED.items():
        days = [int(text[8:10]) for text in whole.real if text[10:] == end]
        late = sum(day > FIRST_HALF for day in days)
        early = len(days) - late
        if early and late <= MOST_LATE and early + len(past_12) >= enough * (1 + late):
            doubted[: len(texts)] |= texts.str.fullmatch(rf"\d{{4}}-\d{{2}}-\d{{2}}{end}").to_numpy(dtype=bool)
    doubted &= facts["on"].notna().to_numpy() & (facts["on"].dt.day <= FIRST_HALF).to_numpy(dtype=bool)
    doubted &= (facts["on"].dt.day != facts["on"].dt.month).to_numpy(dtype=bool)
    return facts.assign(
        certainty=facts["certainty"].mask(doubted, "uncertain"), code=facts["code"].mask(doubted, "date_swapped")
    )


def _doubt_day_second(facts: DataFrame, texts: Series, whole: DateEvidence) -> DataFrame:
    """Doubt `2027-05-04` beside `2026-31-12`, unless more dates of the column can only have the month second."""
    second = sum(map(_is_day_second, whole.numbers))
    if not second or sum(int(text[8:10]) > FIRST_HALF for text in whole.real) >= second:
        return facts
    day, month = facts["on"].dt.day, facts["on"].dt.month
    doubted = texts.reindex(facts.index).str.match(YEAR_FIRST).fillna(False).astype(bool)
    doubted &= (facts["code"] == "") & (day <= FIRST_HALF) & (day != month)
    doubt = {"certainty": "uncertain", "code": "date_day_second"}
    return facts.assign(**{name: facts[name].mask(doubted, said) for name, said in doubt.items()})


def _frame(told: list[ParsedDate], index: list[int] | None = None) -> DataFrame:
    return DataFrame(
        {
            "on": _days([t.on for t in told]),
            "other": _days([t.other for t in told]),
            "seconds": np.array([t.seconds for t in told], dtype="float64"),
            "offset": np.array([t.offset for t in told], dtype="float64"),
            "certainty": pd.array([t.certainty for t in told], dtype="str"),
            "state": pd.array([t.state for t in told], dtype="str"),
            "code": pd.array([t.code for t in told], dtype="str"),
            "note": pd.array([t.note for t in told], dtype="str"),
            "form": pd.array([t.form for t in told], dtype="str"),
        },
        index=index,
    )


def _days(days: list[date | None]) -> NDArray[np.datetime64]:
    return np.array([np.datetime64(d if d else "NaT", "us") for d in days], dtype="datetime64[us]")


def _real(texts: Series) -> DataFrame:
    """Real dates and ISO text of plausible years, all at once; the others are left empty."""
    real = texts.where(texts.str.fullmatch(REAL))
    at = pd.to_datetime(real, format="ISO8601", errors="coerce").astype("datetime64[us]")
    at = at.where(at.dt.year.isin(YEARS))
    on = at.dt.normalize()
    seconds = (at - on).dt.total_seconds().where(texts.str.contains(" "))
    clear = _frame([ParsedDate()]).take(np.zeros(len(texts), dtype=np.intp)).set_axis(texts.index)
    form = clear["form"].mask(seconds == 0, "real")
    return clear.assign(on=on, seconds=seconds, form=form)


def _first_look(text: str, rules: DateRules) -> ParsedDate | DateParts:
    """The word that stands for no date, or the date's parts."""
    state = _state(text)
    if state:
        is_told = state in ("unknown", "in_process" if rules.is_receipt else "") and not rules.is_expiry
        code = "date_not_known" if is_told else ""
        return ParsedDate(state=state, code=code)
    parts = parts_of(unaccented(text))
    if parts is None:
        return ParsedDate(state="unknown", code="date_unreadable")
    if parts.several:
        return ParsedDate(state="unknown", code="date_several", note=parts.note)
    if rules.is_expiry and _says(parts.note, "no_end"):
        return ParsedDate(state="unknown", code="date_unreadable", note=parts.note)
    if rules.is_expiry and _says(parts.note, "under_way"):
        return ParsedDate(state="in_process", certainty="uncertain", code="date_in_process", note=parts.note)
    if rules.is_receipt and (_says(parts.note, "not_done") or _says_no(parts.note)):
        return ParsedDate(state="unknown", code="date_unreadable", note=parts.note)
    return parts


def _says(note: str, words: str) -> bool:
    """Whether what stands around a date holds one of the words of a list."""
    return bool(note) and not value_list(words).keys().isdisjoint(spelling_key(note).split())


def _says_no(note: str) -> bool:
    """Whether it begins with a no; `no. 123` is a number."""
    first = spelling_key(note).partition(" ")[0]
    return value_list("yes_no").get(first) == "no" and not any(c.isdigit() for c in note)


def _state(text: str) -> str | None:
    if known := value_list("date_state").get(spelled(text)):
        return known
    if "?" in text and not any(c.isalnum() for c in text):
        return "unknown"
    return "missing" if is_bare_sign(text) else None


class _Order(Struct, frozen=True):
    """What the column proves: `ways` holds dmy, mdy, both (mixed) or neither; None: a short year may stand first.

    `years` are the short ones that can only stand last.
    """

    ways: frozenset[str]
    year_first: bool | None
    years: frozenset[int] = frozenset()


def _proven(found: Iterable[DateParts], rules: DateRules) -> _Order:
    found = list(found)
    short = [p.numbers for p in found if p.numbers and p.is_short]
    first = _year_first(short, rules)
    told = [p.numbers for p in found if p.numbers and not (p.is_short and first)]
    ways = {"dmy" for a, b, _ in told if a > 12 >= b} | {"mdy" for a, b, _ in told if b > 12 >= a}
    declared = {rules.order} if rules.order in ("dmy", "mdy") else set()
    ways |= declared
    if not ways:
        ways = {way for p in found if p.weekday is not None and p.numbers for way in _way_of_weekday(p, rules)}
    return _Order(frozenset(ways), first, frozenset(c for a, b, c in short if not _may_stand_first(a, b, c)))


def _way_of_weekday(parts: DateParts, rules: DateRules) -> set[str]:
    """The one order in which the weekday beside a date is that of its day; none where both fit, or neither."""
    a, b, c = parts.numbers or (0, 0, 0)
    year = _year(c, rules.pivot) if parts.is_short else c
    days = {"dmy": civil(year, b, a), "mdy": civil(year, a, b)}
    fits = {way for way, day in days.items() if day and day.weekday() == parts.weekday}
    return fits if len(fits) == 1 else set()


def _may_stand_first(a: int, b: int, c: int) -> bool:
    return a in SHORT_YEARS and 1 <= b <= 12 and 1 <= c <= 31


def _year_first(short: list[tuple[int, int, int]], rules: DateRules) -> bool | None:
    """Whether two-digit years stand first: by the settings, else by which end holds years of one roster."""
    if rules.order:
        return rules.order == "ymd"
    if not short or not all(_may_stand_first(*numbers) for numbers in short):
        return False
    if not all(c in SHORT_YEARS for _, _, c in short):
        return True
    years = [a for a, _, _ in short]
    return False if max(years) - min(years) > ONE_ROSTER else None


def _decide(found: ParsedDate | DateParts, order: _Order, rules: DateRules) -> ParsedDate:
    """The day a text stands for, given what its column proves."""
    if isinstance(found, ParsedDate):
        return found
    on, other, code = _readings(found, order, rules)
    if found.weekday is not None and found.day + bool(found.numbers):
        on, other, code = _on_weekday(on, other, code, found.weekday)
    if on is None:
        return ParsedDate(state="unknown", code="date_impossible", note=found.note)
    if on.year not in YEARS:
        return _far(on)
    doubt = code or ("date_annotated" if found.note else "")
    certainty = "ambiguous" if other else "uncertain" if doubt else "clear"
    seconds = found.serial % 1 * 86400 or found.seconds
    form = "short" if found.is_short else "numbers" if found.numbers else ""
    return ParsedDate(on, other, _number(seconds), _number(found.offset), certainty, "date", doubt, found.note, form)


def _on_weekday(on: date | None, other: date | None, code: str, weekday: int) -> tuple[date | None, date | None, str]:
    """The reading that falls on the weekday of the cell; where none does, a doubt."""
    fits = [day for day in (on, other) if day and day.weekday() == weekday]
    if len(fits) == 1:
        return fits[0], None, "" if other else code
    return on, other, code if fits or not on else code or "date_weekday"


def _far(on: date) -> ParsedDate:
    """A year that no date of a roster has: a system's way to say that there is no end, or a slip to be told."""
    is_edge = (on.month, on.day, on.year % 100) in ((12, 31, 99), (1, 1, 0), (12, 31, 0))
    if on.year not in range(YEARS.start) and (is_edge or on.year == date.max.year):
        return ParsedDate(state="no_expiry")
    is_foreign = any(on.year in years for years in OTHER_CALENDARS)
    return ParsedDate(state="unknown", code="date_calendar" if is_foreign else "date_far", note=str(on.year))


def _number(value: float | None) -> float:
    return np.nan if value is None else round(float(value))


def _readings(parts: DateParts, order: _Order, rules: DateRules) -> tuple[date | None, date | None, str]:
    """The day, the other day it may be, and the doubt."""
    if parts.serial:
        start = date(1904, 1, 1) if rules.is_1904 else date(1899, 12, 30)
        return start + timedelta(days=int(parts.serial)), None, ""
    if parts.numbers:
        return _ordered(parts.numbers, parts.is_short, order, rules)
    year = _year(parts.year, rules.pivot) if parts.is_short else parts.year
    if parts.day == 0:
        return _month_only(year, parts, rules), None, "date_month_end" if parts.is_last else "date_month_only"
    return civil(year, parts.month, parts.day), None, ""


def _ordered(
    numbers: tuple[int, int, int], is_short: bool, order: _Order, rules: DateRules
) -> tuple[date | None, date | None, str]:
    a, b, c = numbers
    year = _year(c, rules.pivot) if is_short else c
    day_first, month_first = civil(year, b, a), civil(year, a, b)
    if is_short and (order.year_first is not False or _is_nearer_first(numbers, order, rules)):
        whole = civil(_year(a, rules.pivot), b, c)
        if order.year_first:
            return whole, None, ""
        days = [d for d in (whole, day_first, month_first) if d]
        careful = max if rules.is_receipt else min
        return (careful(days) if days else None), None, "date_short_unclear"
    if len(order.ways) == 1:
        return (day_first if "dmy" in order.ways else month_first), None, ""
    if day_first and month_first and day_first != month_first:
        return day_first, month_first, "date_mixed_order" if order.ways else "date_ambiguous"
    return day_first or month_first, None, ""


def _is_nearer_first(numbers: tuple[int, int, int], order: _Order, rules: DateRules) -> bool:
    """True of `26-12-15` among `31-12-26` and `05-04-27`: its first part is a year like theirs, and the last is not."""
    first, last = (min((abs(n - year) for year in order.years), default=0) for n in (numbers[0], numbers[2]))
    return not rules.order and _may_stand_first(*numbers) and first <= NEAR_YEARS < last


def _year(short: int, pivot: int) -> int:
    return 2000 + short if short < pivot else 1900 + short


def _month_only(year: int, parts: DateParts, rules: DateRules) -> date | None:
    """The careful day of a month: its first, or its last for a receipt and where the text says `end of`."""
    first = civil(year, parts.month, 1)
    is_last = rules.is_receipt or parts.is_last
    return first.replace(day=monthrange(year, parts.month)[1]) if first and is_last else first


def civil(year: int, month: int, day: int) -> date | None:
    """The day, or None when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def on_utc(column: DateColumn) -> DateColumn:
    """The column whose heading says UTC: an hour without a zone is on that clock. A bare midnight tells none."""
    return replace(column, facts=column.facts.assign(offset=column.facts["offset"].where(~_is_bare(column.facts), 0)))


def _is_bare(facts: DataFrame) -> "Series[bool]":
    """Where an hour is told and no zone."""
    return (facts["seconds"] > 0) & facts["offset"].isna()


def on_days_of(column: DateColumn, zone: str) -> DateColumn:
    """The column of days in which a system's instants are those of a place: `2027-01-01T04:59:59Z` ends Ottawa's 31st.

    Midnight on the dot is how a bare day is stored, in whatever zone.
    """
    facts = column.facts
    told = facts["on"].notna() & (facts["seconds"] > 0) & facts["offset"].notna()
    if not told.any():
        return column
    local = facts["on"] + pd.to_timedelta(facts["seconds"] - facts["offset"] * 60, unit="s").astype("timedelta64[us]")
    day = local.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    return replace(column, facts=facts.assign(on=facts["on"].where(~told, day.astype(facts["on"].dtype))))


RECEIPTS = ("application_filed_at", "second_application_filed_at", "letter_answered_at")
LAST_MINUTE = 86340  # seconds: 23:59


def row_zones(time_zone: Series | None, province: Series | None, default: str, index: pd.Index) -> Series:
    """Each row's zone: its own, its province's, or the office's."""
    zones = Series(pd.NA, index=index, dtype="str") if time_zone is None else time_zone
    if province is not None:
        zones = zones.fillna(province.map(ZONES).astype("str"))
    return zones.fillna(default)


def tells_hour(column: DateColumn) -> Series:
    """Which cells tell the hour; midnight on the dot, without a zone, is how a bare day is stored."""
    seconds = column["seconds"]
    return seconds.notna() & ((seconds != 0) | column["offset"].notna())


def receipt_instants(on: Series, column: DateColumn, zones: Series) -> Series:
    """The receipts in UTC.

    Takes: on - the days; column - the hours and offsets of the same rows; zones - see row_zones.
    """
    return _placed(on, column, zones, is_start=False)


def earliest_receipts(on: Series, column: DateColumn, zones: Series) -> Series:
    """The first moment that each receipt can be, in UTC, where its cell does not tell the hour; else missing.

    Of a month alone it is the first of the month. Takes: see receipt_instants.
    """
    bare = on.where(~tells_hour(column))
    first = bare.mask(column["code"] == "date_month_only", bare.dt.to_period("M").dt.to_timestamp())
    return _placed(first.astype(on.dtype), column, zones, is_start=True)


def _placed(on: Series, column: DateColumn, zones: Series, *, is_start: bool) -> Series:
    seconds, offset = column["seconds"].where(tells_hour(column), 0 if is_start else LAST_MINUTE), column["offset"]
    local = on + pd.to_timedelta(seconds, unit="s").astype("timedelta64[us]")
    whole: Series = (local - pd.to_timedelta(offset, unit="m").astype("timedelta64[us]")).dt.tz_localize("UTC")
    by_place = local.where(offset.isna())
    for name in zones[by_place.notna()].unique():
        whole = whole.fillna(_in_zone(by_place.where(zones == name), name, is_start))
    return whole


def told_instants(on: Series, column: DateColumn) -> Series:
    """The instants of the cells that tell an hour, for what counts to the minute; the others are missing.

    An hour without a zone is read in UTC, as the department's accounts show it: earlier than anywhere in Canada.
    """
    local = on.where(tells_hour(column)) + pd.to_timedelta(column["seconds"], unit="s").astype("timedelta64[us]")
    offset = pd.to_timedelta(column["offset"].fillna(0), unit="m").astype("timedelta64[us]")
    told: Series = (local - offset).dt.tz_localize("UTC")
    return told


def _in_zone(local: Series, name: str, is_start: bool) -> Series:
    """The instants of local times; of two equal hours the second, which is standard time, or for a start the first."""
    first = np.full(len(local), is_start)
    placed = local.dt.tz_localize(name, ambiguous=first, nonexistent="shift_forward")
    instants: Series = placed.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return instants
