"""What the words of a notice say against themselves: weekday, zone label, a.m. and p.m., languages. Pure."""

import re
from collections.abc import Iterator

import pandas as pd
from pandas import Timestamp

from reporter.outages.notice_instants import Doubt, Unreadable, Window, resolve
from reporter.outages.notice_sections import minutes_told
from reporter.outages.notice_terms import language_of
from reporter.outages.notice_times import said_windows

_CODES = {
    "notice_weekday_mismatch": "lint_weekday",
    "tz_label_mismatch": "lint_zone_label",
    "notice_half_slip": "lint_half_slip_said",
    "notice_half_suspect": "lint_half_suspect",
}
# Without one of these a text has nothing that could disagree, and most of a long record has none.
_MAY_DISAGREE = re.compile(
    r"\n\n|\d\s*[ap]\.?\s?m\b|[A-Z][SD]T\b|H[NA][A-Z]\b|normale|avanc|standard|daylight"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:lun|mar|mercre|jeu|vendre|same)di\b|\bdimanche\b",
    re.IGNORECASE,
)


def doubts_in(text: str, began_at: Timestamp) -> Iterator[tuple[str, dict[str, str]]]:
    """The doubts of a notice's windows as lint codes with their details, each once.

    A year that the words leave out is the one nearest to `began_at`, as the record has it.
    """
    if not _MAY_DISAGREE.search(text):
        return
    windows: dict[str, list[Window]] = {"en": [], "fr": []}
    minutes = minutes_told(text)
    for paragraph in text.split("\n\n"):
        windows[language_of(paragraph)] += list(_windows(paragraph, began_at, minutes))
    told = dict.fromkeys(doubt for found in windows.values() for window in found for doubt in window.doubts)
    for one in told:
        if one.code in _CODES:
            yield _CODES[one.code], dict(one.details)
    english, french = ({_bounds(window) for window in windows[language]} for language in ("en", "fr"))
    if english and french and english != french:
        yield "lint_languages", {"english": ", ".join(sorted(english)), "french": ", ".join(sorted(french))}


def _windows(paragraph: str, began_at: Timestamp, minutes: int | None) -> Iterator[Window]:
    for said in said_windows(paragraph):
        try:
            yield resolve(said, began_at, minutes=minutes)
        except (Unreadable, OverflowError, pd.errors.OutOfBoundsDatetime) as e:
            if e.args[:1] == ("ends_before_it_begins",):
                yield Window(began_at, None, doubts=(Doubt("notice_half_slip", (("said", "?"), ("used", "?"))),))


def _bounds(window: Window) -> str:
    ended = "?" if window.ended_at is None else f"{window.ended_at:%Y-%m-%dT%H:%MZ}"
    return f"{window.began_at:%Y-%m-%dT%H:%MZ} – {ended}"
