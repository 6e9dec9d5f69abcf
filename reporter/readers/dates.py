"""A column of dates: the order of day and month is proven by the whole column, never guessed cell by cell.

Where nothing proves it, both readings are kept. Two-digit years: below the pivot 20yy, from it on 19yy.
A year from 2090 on means that no expiry is stated. Pure: no files, no clock.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.readers.date_text import Parts, parts_of
from reporter.readers.spelling import key, plain
from reporter.readers.values import spelled, words

Truth = NDArray[np.bool_]
REAL = r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?"
NO_EXPIRY_FROM = 2090
SHORT_YEARS = range(20, 41)  # where a two-digit year could stand first
ENOUGH_REAL = 3
ONE_ROSTER = 12  # the years of one roster's dates lie within so many


@dataclass(frozen=True)
class DateRules:
    """How a column is read: `order` dmy, mdy or ymd where the settings or the header say; `is_receipt` where the
    later day is the careful one; `is_expiry` where a word in place of the date is a fact."""

    order: str | None = None
    pivot: int = 50
    is_1904: bool = False
    is_expiry: bool = False
    is_receipt: bool = False


@dataclass(frozen=True)
class Told:
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


@dataclass(frozen=True)
class DateColumn:
    """A column read: `facts` has a row for each distinct text, the last one for an empty cell.

    `proven` is dmy or mdy where the column or the settings decide the order of day and month, else empty.
    """

    codes: NDArray[np.intp]
    facts: DataFrame
    index: pd.Index
    proven: str = ""

    def __getitem__(self, name: str) -> Series:
        """One fact of every row, see Told."""
        return Series(self.facts[name].array.take(self.codes), index=self.index)

    def says(self, name: str, *values: str) -> Truth:
        """Which rows have one of these values of a fact."""
        hits = self.facts[name].isin(values).to_numpy(dtype=bool)
        return hits[self.codes] if hits.any() else np.zeros(len(self.codes), dtype=bool)


MISSING = Told(state="missing")


def read_dates(cells: Series, rules: DateRules) -> DateColumn:
    """The column of tidied text as dates, with the doubt that remains.

    Real dates and ISO text are read together; what else there is, one distinct text at a time.
    """
    codes, uniques = pd.factorize(cells)
    texts = Series(uniques, dtype="str")
    fast = _real(texts)
    slow = texts.index[fast["on"].isna()]
    read = {int(i): _first_look(texts[i], rules) for i in slow}
    order = _proven(_numbers(read), rules)
    told = [_decide(found, order, rules) for found in read.values()]
    slower = _frame([*told, MISSING], [*slow, len(texts)])
    facts = pd.concat([fast.drop(index=slow), slower]).sort_index()
    proven = next(iter(order.ways)) if len(order.ways) == 1 else ""
    return DateColumn(codes, _doubt_swapped(facts, _numbers(read)), cells.index, proven)


def _doubt_swapped(facts: DataFrame, found: list[Parts]) -> DataFrame:
    """Doubt real dates that a spreadsheet may have swapped as it read text in the other order.

    It turns into dates what it can, and leaves `31/03/2026` as text. So real dates that are all at or before the
    12th, beside text that all has a part over 12, are suspect.
    """
    is_real = (facts["form"] == "real").to_numpy(dtype=bool)
    past_12 = [max(p.numbers[:2]) > 12 for p in found if not p.note]
    if is_real.sum() < ENOUGH_REAL or not past_12 or not all(past_12) or (facts["on"][is_real].dt.day > 12).any():
        return facts
    doubted = is_real & (facts["on"].dt.day != facts["on"].dt.month).to_numpy(dtype=bool)
    return facts.assign(
        certainty=facts["certainty"].mask(doubted, "uncertain"), code=facts["code"].mask(doubted, "date_swapped")
    )


def _frame(told: list[Told], index: list[int]) -> DataFrame:
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
    is_real = texts.str.fullmatch(REAL).fillna(False).astype(bool)
    at = pd.to_datetime(texts.where(is_real).str.slice(0, 19), format="ISO8601", errors="coerce").astype(
        "datetime64[us]"
    )
    at = at.where(at.dt.year.between(1920, NO_EXPIRY_FROM - 1))
    on = at.dt.normalize()
    seconds = (at - on).dt.total_seconds().where(texts.str.len() > 10)
    clear = _frame([Told()], [0]).take(np.zeros(len(texts), dtype=np.intp)).set_axis(texts.index)
    form = clear["form"].mask((seconds == 0).fillna(False), "real")
    return clear.assign(on=on, seconds=seconds, form=form)


def _first_look(text: str, rules: DateRules) -> Told | Parts:
    """The word that stands for no date, or the date's parts."""
    state = _state(text)
    if state:
        code = "date_not_known" if state == "unknown" and not rules.is_expiry else ""
        return Told(state=state, code=code)
    parts = parts_of(plain(text))
    if parts is None:
        return Told(state="unknown", code="date_unreadable")
    if parts.several:
        return Told(state="unknown", code="date_several", note=parts.note)
    if rules.is_expiry and parts.note and not words("under_way").keys().isdisjoint(key(parts.note).split()):
        return Told(state="in_process", certainty="uncertain", code="date_in_process", note=parts.note)
    return parts


def _state(text: str) -> str | None:
    known = words("date_state").get(spelled(text))
    if known or key(text):
        return known
    return "unknown" if "?" in text else "missing"


def _numbers(read: dict[int, Told | Parts]) -> list[Parts]:
    return [p for p in read.values() if isinstance(p, Parts) and p.numbers != (0, 0, 0)]


@dataclass(frozen=True)
class _Order:
    """What the column proves: `ways` holds dmy, mdy, both (mixed) or neither; None: a short year may stand first."""

    ways: frozenset[str]
    year_first: bool | None


def _proven(found: list[Parts], rules: DateRules) -> _Order:
    short = [p.numbers for p in found if p.is_short]
    first = _year_first(short, rules)
    told = [p.numbers for p in found if not (p.is_short and first)]
    ways = {"dmy" for a, b, _ in told if a > 12 >= b} | {"mdy" for a, b, _ in told if b > 12 >= a}
    declared = {rules.order} if rules.order in ("dmy", "mdy") else set()
    return _Order(frozenset(ways | declared), first)


def _year_first(short: list[tuple[int, int, int]], rules: DateRules) -> bool | None:
    """Whether two-digit years stand first: by the settings, else by which end holds years of one roster."""
    if rules.order:
        return rules.order == "ymd"
    if not short or not all(a in SHORT_YEARS and 1 <= b <= 12 and 1 <= c <= 31 for a, b, c in short):
        return False
    if not all(c in SHORT_YEARS for _, _, c in short):
        return True
    spread = [max(end) - min(end) for end in ([a for a, _, _ in short], [c for _, _, c in short])]
    if spread[0] > ONE_ROSTER:
        return False
    return True if spread[1] > ONE_ROSTER else None


def _decide(found: Told | Parts, order: _Order, rules: DateRules) -> Told:
    """The day a text stands for, given what its column proves."""
    if isinstance(found, Told):
        return found
    on, other, code = _readings(found, order, rules)
    if on is None:
        return Told(state="unknown", code="date_impossible", note=found.note)
    if on.year >= NO_EXPIRY_FROM:
        return Told(state="no_expiry")
    doubt = code or ("date_annotated" if found.note else "")
    certainty = "ambiguous" if other else "uncertain" if doubt else "clear"
    seconds = found.serial % 1 * 86400 if found.serial % 1 else found.seconds
    form = "short" if found.is_short else "numbers" if found.numbers != (0, 0, 0) else ""
    return Told(on, other, _number(seconds), _number(found.offset), certainty, "date", doubt, found.note, form)


def _number(value: float | None) -> float:
    return np.nan if value is None else round(float(value))


def _readings(parts: Parts, order: _Order, rules: DateRules) -> tuple[date | None, date | None, str]:
    """The day, the other day it may be, and the doubt."""
    if parts.serial:
        start = date(1904, 1, 1) if rules.is_1904 else date(1899, 12, 30)
        return start + timedelta(days=int(parts.serial)), None, ""
    if parts.numbers != (0, 0, 0):
        return _ordered(parts, order, rules)
    year = _year(parts.year, rules.pivot) if parts.is_short else parts.year
    if parts.day == 0:
        return _month_only(year, parts.month, rules), None, "date_month_only"
    return civil(year, parts.month, parts.day), None, ""


def _ordered(parts: Parts, order: _Order, rules: DateRules) -> tuple[date | None, date | None, str]:
    a, b, c = parts.numbers
    year = _year(c, rules.pivot) if parts.is_short else c
    day_first, month_first = civil(year, b, a), civil(year, a, b)
    if parts.is_short and order.year_first is not False:
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


def _year(short: int, pivot: int) -> int:
    return 2000 + short if short < pivot else 1900 + short


def _month_only(year: int, month: int, rules: DateRules) -> date | None:
    """The careful day of a month: its first, or its last for a receipt."""
    first = civil(year, month, 1)
    return first.replace(day=monthrange(year, month)[1]) if first and rules.is_receipt else first


def civil(year: int, month: int, day: int) -> date | None:
    """The day, or None when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
