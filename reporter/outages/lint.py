"""What looks wrong in an outage record, from whatever source: said, with what counts meanwhile, and never mended here.

Pure. Whole columns at a time; two sources telling one outage are found by a sorted sweep, never by comparing all.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from msgspec.structs import replace
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES, require
from reporter.outages.notice.page import minutes_told
from reporter.outages.notice.times import Doubt, NoticeWindow, Unreadable, resolve_window, said_windows
from reporter.outages.notice.words import Day, language_of

log = logging.getLogger(__name__)
_CODES = {
    "notice_weekday_mismatch": "lint_weekday",
    "tz_label_mismatch": "lint_zone_label",
    "notice_half_slip": "lint_half_slip_said",
    "notice_half_suspect": "lint_half_suspect",
    "notice_midnight": "lint_midnight",
}
# Without one of these a text has nothing that could disagree, and most of a long record has none.
_MAY_DISAGREE = re.compile(
    r"\n\n|\d\s*[ap]\.?\s?m\b|[A-Z][SD]T\b|H[NA][A-Z]\b|normale|avanc|standard|daylight|midnight|minuit"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:lun|mar|mercre|jeu|vendre|same)di\b|\bdimanche\b",
    re.IGNORECASE,
)
TIMED = r"\b20\d\d\b|\d{1,2}:\d\d|\d\s*(?:[ap]\.?m\b|h\b)"
"""What a post must hold to say when something was."""
_HOURS_BEFORE = pd.Timedelta(hours=1)
_A_DAY, _FURTHEST = pd.Timedelta(days=1), pd.Timedelta(days=30)


def _post_at_odds(text: str, began_at: Timestamp, ended_at: Timestamp | None) -> str:
    """The window a post tells where it begins an hour before the record's, or in another year; else nothing.

    Hours without a day are of the day the record begins on, if the post tells both ends; without a zone they may be of
    any, so that only a whole day counts.
    """
    for said in said_windows(text):
        if said.began is None or (said.ended is None and said.began_on is None):
            continue
        day = said.began_on or Day(began_at.month, began_at.day, began_at.year)
        try:
            window = resolve_window(replace(said, began_on=day), began_at)
        except (Unreadable, OverflowError, pd.errors.OutOfBoundsDatetime):
            continue
        years = {at.year for at in (began_at, ended_at) if at is not None}
        is_other_year = day.year is not None and day.year not in years
        far = _HOURS_BEFORE if said.zone else _A_DAY
        if is_other_year or far <= began_at - window.began_at <= _FURTHEST:
            return _word_bounds(window)
    return ""


def _doubts_in(text: str, began_at: Timestamp) -> Iterator[tuple[str, dict[str, str]]]:
    """The doubts of a notice's windows as lint codes with their details, each once.

    A year that the words leave out is the one nearest to `began_at`, as the record has it.
    """
    if not _MAY_DISAGREE.search(text):
        return
    windows: dict[str, list[NoticeWindow]] = {"en": [], "fr": []}
    minutes = minutes_told(text)
    for paragraph in text.split("\n\n"):
        windows[language_of(paragraph)] += list(_windows(paragraph, began_at, minutes))
    told = dict.fromkeys(doubt for found in windows.values() for window in found for doubt in window.doubts)
    for one in told:
        if one.code in _CODES:
            yield _CODES[one.code], dict(one.details)
    english, french = ({_word_bounds(window) for window in windows[language]} for language in ("en", "fr"))
    if english and french and english != french:
        yield "lint_languages", {"english": ", ".join(sorted(english)), "french": ", ".join(sorted(french))}


def _windows(paragraph: str, began_at: Timestamp, minutes: int | None) -> Iterator[NoticeWindow]:
    for said in said_windows(paragraph):
        try:
            yield resolve_window(said, began_at, minutes=minutes)
        except (Unreadable, OverflowError, pd.errors.OutOfBoundsDatetime) as e:
            if e.args[:1] == ("ends_before_it_begins",):
                yield NoticeWindow(began_at, None, doubts=(Doubt("notice_half_slip", (("said", "?"), ("used", "?"))),))


def _word_bounds(window: NoticeWindow) -> str:
    ended = "?" if window.ended_at is None else f"{window.ended_at:%Y-%m-%dT%H:%MZ}"
    return f"{window.began_at:%Y-%m-%dT%H:%MZ} – {ended}"


_FAR_FROM_POSTING = Timedelta(days=300)
_ABOUT = Timedelta(minutes=15)
_HALF_DAY = Timedelta(hours=12)
_LONGEST = Timedelta(hours=72)
_NAMED = 5
STALE_DAYS = 30
"""A window that ended so long ago is nothing anybody can still act on."""


def lint(
    outages: DataFrame,
    *,
    as_of: Timestamp,
    raw: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Problem, ...]:
    """All that looks wrong in a record of outages, in its order, with what counts meanwhile.

    Cancelled outages are only asked whether their words agree. Nothing is changed: two outages that look like one
    are proposed for merging.

    Takes:   OUTAGES; raw - the words of a notice by outage id, where they are known.
    Returns: problems whose `value` is the outage id.
    """
    require(outages, OUTAGES)
    live = outages[outages["status"] != "cancelled"]
    found = [
        *_bounds(live, as_of),
        *_standing(live, as_of),
        *_words(outages, raw),
        *_posts(live, raw),
        *_twice(live, as_of),
    ]
    place = {outage_id: number for number, outage_id in enumerate(outages["outage_id"])}
    found.sort(key=lambda problem: (place[problem.value], problem.code))
    log.info("%d outages linted, %d problems", len(outages), len(found))
    return tuple(found)


def _bounds(live: DataFrame, as_of: Timestamp) -> Iterator[Problem]:
    """Ends that are missing, before their beginning or far behind it, and years far from the posting."""
    began, ended = live["began_at"], live["ended_at"]
    is_inverted = ended < began
    proposed = (ended + _HALF_DAY).where(ended + _HALF_DAY > began, ended + 2 * _HALF_DAY)
    yield from _told(
        live[is_inverted],
        "lint_half_slip",
        "ended_at",
        began=began,
        ended=ended,
        proposed=proposed.where(proposed > began),
    )
    yield from _told(live[ended.isna()], "lint_no_end", "ended_at", began=began)
    length = ended.fillna(as_of) - began
    hours = (length.dt.total_seconds() // 3600).astype("float64")
    limit = f"{_LONGEST / Timedelta(hours=1):g}"
    yield from _told(live[length > _LONGEST], "lint_long", "ended_at", began=began, hours=hours, limit=limit)
    is_far = (began - live["announced_at"]).abs() > _FAR_FROM_POSTING
    yield from _told(live[is_far], "lint_year_far", "began_at", began=began, announced=live["announced_at"])


def _standing(live: DataFrame, as_of: Timestamp) -> Iterator[Problem]:
    """Ends that have passed while the record still says otherwise."""
    is_past = live["ended_at"] <= as_of
    is_overrun = is_past & (live["kind"] == "planned") & (live["status"] == "ongoing")
    is_left = is_past & live["status"].isin(["ongoing", "announced"]) & ~is_overrun
    yield from _told(live[is_overrun], "lint_overran", "status", ended=live["ended_at"])
    yield from _told(live[is_left], "lint_end_passed", "status", ended=live["ended_at"], status=live["status"])


def _words(outages: DataFrame, raw: Mapping[str, str]) -> Iterator[Problem]:
    """What the words of a notice say against themselves or against the record's instants."""
    told = outages[outages["outage_id"].isin(raw.keys())]
    columns = (told["outage_id"].tolist(), told["source_row"].tolist(), told["began_at"])
    for outage_id, source_row, began_at in zip(*columns, strict=True):
        for code, details in _doubts_in(raw[outage_id], began_at):
            yield _problem(outage_id, source_row, code, "raw", details)


def _posts(live: DataFrame, raw: Mapping[str, str]) -> Iterator[Problem]:
    """What the last post says of the window, where the record has another: hours before it, or another year."""
    told = live[live["note"].fillna("").str.contains(TIMED) & ~live["outage_id"].isin(raw.keys())]
    columns = (told["outage_id"], told["source_row"], told["note"], told["began_at"], told["ended_at"])
    for outage_id, source_row, note, began, ended in zip(*columns, strict=True):
        if words := _post_at_odds(note, began, None if pd.isna(ended) else ended):
            yield _problem(
                outage_id, source_row, "lint_post", "note", {"told": words, "began": f"{began:%Y-%m-%dT%H:%MZ}"}
            )


def worth_acting_on(problems: Sequence[Problem], outages: DataFrame, *, as_of: Timestamp) -> tuple[Problem, ...]:
    """One finding a fault, and one line for all that is about windows long past.

    The same doubt about both ends of a window is one; an outage without an end needs no word on its length; outages
    that overlap in a chain are one question, whoever else they overlap.

    Takes: problems - of the files and of `lint`; outages - OUTAGES they are about.
    """
    rows = outages.drop_duplicates("source_row").set_index("source_row")["outage_id"]
    ids = {id(problem): _outage_of(problem, rows) for problem in problems}
    is_open = {ids[id(problem)] for problem in problems if problem.code == "lint_no_end"}
    kept: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        if problem.code != "lint_duplicate" and not (problem.code == "lint_long" and ids[id(problem)] in is_open):
            kept.setdefault((problem.source, problem.sheet, problem.row, problem.code, _what(problem)), problem)
    told = [*kept.values(), *_clusters([problem for problem in problems if problem.code == "lint_duplicate"])]
    past = set(outages["outage_id"][outages["ended_at"] < as_of - Timedelta(days=STALE_DAYS)])
    old = [problem for problem in told if ids.get(id(problem), problem.value) in past]
    recent = [problem for problem in told if problem not in old]
    count = {"count": str(len(old)), "days": str(STALE_DAYS)}
    return (*recent, *([Problem("outages", "lint_past", details=count)] if old else []))


def _what(problem: Problem) -> str:
    """What tells two findings of one code and row apart: the outage, where the record is asked; the words of a file."""
    is_of_row = problem.row and not problem.code.startswith("lint_")
    return "" if is_of_row else f"{problem.column}|{problem.value}"


def _outage_of(problem: Problem, rows: Series) -> str:
    """The outage a finding is about: named by it, or read from its row."""
    place = f"{problem.source}!{problem.sheet}" if problem.sheet else problem.source
    return str(rows.get(f"{place}:{problem.row}", "")) if not problem.code.startswith("lint_") else problem.value


def _clusters(pairs: Sequence[Problem]) -> Iterator[Problem]:
    """Pairs that share an outage as one finding: the first of them, with all it may be one with."""
    groups: list[tuple[set[str], Problem]] = []
    for pair in pairs:
        ids = {pair.value, pair.details["other"]}
        touched = [group for group in groups if group[0] & ids]
        groups = [group for group in groups if not group[0] & ids]
        groups.append((ids.union(*(group[0] for group in touched)), touched[0][1] if touched else pair))
    for ids, first in groups:
        others = sorted(ids - {first.value})
        more = f" +{len(others) - _NAMED}" if len(others) > _NAMED else ""
        yield replace(first, details={**first.details, "other": ", ".join(others[:_NAMED]) + more})


def _twice(live: DataFrame, as_of: Timestamp) -> Iterator[Problem]:
    """Outages of one service that overlap and come from two sources, or have the same bounds: proposed as one."""
    pairs = _overlapping(live, as_of)
    if pairs.empty:
        return
    other = live.set_index(live["outage_id"].to_numpy())["outage_id"]
    second = live.drop_duplicates("outage_id").set_index("outage_id", drop=False).loc[pairs["outage_id"]]
    second = second.reset_index(drop=True)
    yield from _told(
        second,
        "lint_duplicate",
        "outage_id",
        other=pairs["other"].map(other[~other.index.duplicated()]).reset_index(drop=True),
        service=pairs["service"].reset_index(drop=True),
    )


def _overlapping(live: DataFrame, as_of: Timestamp) -> DataFrame:
    """The pairs, each once: outage_id, other (the one that began first) and service.

    Each outage is held against the one just before it and the one that reaches furthest, of the same service.
    """
    spans = _spans(live, as_of)
    number = np.arange(len(spans))
    groups = spans.groupby("service", sort=False)
    reach = groups["until"].cummax()
    is_furthest = spans["until"] >= reach
    furthest = pd.Series(np.where(is_furthest, number, -1), index=spans.index).groupby(spans["service"]).cummax()
    pairs = []
    for before in (furthest.groupby(spans["service"]).shift(), groups["number"].shift()):
        here = before.notna() & (before >= 0)
        pairs.append(_pairs(spans[here].reset_index(drop=True), spans.iloc[before[here].astype("int64")]))
    return pd.concat(pairs, ignore_index=True).drop_duplicates(["outage_id", "other"]).reset_index(drop=True)


def _spans(live: DataFrame, as_of: Timestamp) -> DataFrame:
    """One row a service and outage, in order; an open one lasts until now, but no longer than is usual."""
    capped = live["began_at"] + _LONGEST
    now = pd.Series(as_of, index=live.index, dtype=capped.dtype)
    until = live["ended_at"].where(live["ended_at"].notna(), capped.where(capped < now, now))
    frame = DataFrame(
        {
            "outage_id": live["outage_id"],
            "service": live["services"].str.split(";"),
            "began_at": live["began_at"],
            "until": until.where(until > live["began_at"], live["began_at"]),
            "source": _sources(live),
        }
    ).explode("service")
    ordered = frame.sort_values(["service", "began_at", "outage_id"], kind="stable").reset_index(drop=True)
    return ordered.assign(number=np.arange(len(ordered), dtype="int64"))


def _sources(live: DataFrame) -> "Series[str]":
    """Who told it: the file of the row and the host of its address."""
    hosts = {url: _host(url) for url in live["source_url"].dropna().unique()}
    file = live["source_row"].fillna("").str.rsplit(":", n=1).str[0]
    source: Series[str] = file + "|" + live["source_url"].map(hosts).fillna("")
    return source


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _pairs(later: DataFrame, earlier: DataFrame) -> DataFrame:
    """Of these neighbours, the ones that look like one outage told twice."""
    earlier = earlier.reset_index(drop=True)
    shared = later["until"].where(later["until"] < earlier["until"], earlier["until"]) - later["began_at"]
    lengths = (later["until"] - later["began_at"], earlier["until"] - earlier["began_at"])
    shorter = lengths[0].where(lengths[0] < lengths[1], lengths[1])
    is_same = (later["began_at"] - earlier["began_at"] <= _ABOUT) & (
        (later["until"] - earlier["until"]).abs() <= _ABOUT
    )
    is_other_source = later["source"] != earlier["source"]
    is_pair = (shared > Timedelta(0)) & (2 * shared >= shorter) & (is_other_source | is_same)
    is_pair &= later["outage_id"] != earlier["outage_id"]
    return DataFrame({"outage_id": later["outage_id"], "other": earlier["outage_id"], "service": later["service"]})[
        is_pair
    ]


def _told(rows: DataFrame, code: str, column: str, **details: Series | str) -> Iterator[Problem]:
    """One problem for each row; a detail is a column, or one word for all."""
    if rows.empty:
        return
    words = {
        name: _text(value.loc[rows.index] if isinstance(value, Series) else value, rows)
        for name, value in details.items()
    }
    for at, (outage_id, source_row) in enumerate(zip(rows["outage_id"], rows["source_row"], strict=True)):
        yield _problem(outage_id, source_row, code, column, {name: values[at] for name, values in words.items()})


def _problem(outage_id: str, source_row: object, code: str, column: str, details: dict[str, str]) -> Problem:
    source, sheet, row = _place(source_row)
    return Problem(source, code, sheet, row, column, outage_id, details)


def _text(value: Series | str, rows: DataFrame) -> list[str]:
    if isinstance(value, str):
        return [value] * len(rows)
    if pd.api.types.is_datetime64_any_dtype(value):
        value = value.dt.strftime("%Y-%m-%dT%H:%MZ").fillna("?")
    if pd.api.types.is_float_dtype(value):
        return [f"{number:g}" for number in value]
    return [str(word) for word in value]


def _place(source_row: object) -> tuple[str, str, int]:
    place, _, row = str(source_row or "").rpartition(":")
    if not row.isdigit():
        return str(source_row or "") or "outages", "", 0
    source, _, sheet = place.partition("!")
    return source or "outages", sheet, int(row)
