"""Draft outages of one notice: the English and the French of one window joined, and all as OUTAGES. Pure."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pandas import DataFrame, Timestamp

from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES
from reporter.outages.notice_instants import Doubt, Window, doubt
from reporter.outages.notice_terms import is_address, is_official
from reporter.outages.reading import in_order
from reporter.outages.services import UNSPECIFIED
from reporter.text.time_zones import OTTAWA, zone

_TITLE = 90
_NOTE = 1000


@dataclass(frozen=True)
class Draft:
    """One outage as a notice tells it; `number` is the line it stands on, `is_now` that it has no time of its own."""

    window: Window
    services: str
    kind: str
    status: str
    title: str
    raw: str
    language: str
    number: int
    is_now: bool = False

    def with_doubt(self, added: Doubt) -> "Draft":
        """The draft with one more doubt."""
        return replace(self, window=replace(self.window, doubts=(*self.window.doubts, added)))

    def problems(self, source: str) -> list[Problem]:
        """The doubts, each with the line and its words; one of a kind."""
        found = dict.fromkeys(self.window.doubts)
        value = " ".join(self.raw.split())[:120]
        return [Problem(source, one.code, row=self.number, value=value, details=dict(one.details)) for one in found]


def one_of_each(drafts: list[Draft]) -> list[Draft]:
    """A window told twice in one language once; where only the ends differ, the later counts, with a doubt."""
    kept: dict[tuple[str, str, Timestamp], Draft] = {}
    for draft in drafts:
        key = (draft.language, draft.services, draft.window.began_at)
        before = kept.get(key)
        if before is None or before.window.ended_at == draft.window.ended_at:
            kept[key] = before or draft
            continue
        ends = [one.window.ended_at for one in (before, draft)]
        ended = None if None in ends else max(end for end in ends if end is not None)
        told = doubt("notice_told_twice", one=_text(before), other=_text(draft))
        kept[key] = replace(before, window=replace(before.window, ended_at=ended)).with_doubt(told)
    return list(kept.values())


def one_for_both_languages(drafts: list[Draft]) -> list[Draft]:
    """The English and the French of one window as one draft; where they disagree, a doubt, and no down time lost.

    Of two that overlap the longer reach counts; two that do not are kept apart.
    """
    english = [draft for draft in drafts if draft.language != "fr"]
    french = [draft for draft in drafts if draft.language == "fr"]
    if not english or not french:
        return drafts
    pairs, left, rest = _matched(english, french, _agree)
    close, left, rest = _matched(left, rest, _overlap)
    pairs += close
    if len(left) == len(rest):
        pairs += list(zip(left, rest, strict=True))
        left = rest = []
    joined = [draft for first, second in pairs for draft in _joined(first, second)]
    return sorted([*joined, *left, *rest], key=lambda draft: draft.number)


def _matched(
    english: list[Draft], french: list[Draft], fit: Callable[[Draft, Draft], bool]
) -> tuple[list[tuple[Draft, Draft]], list[Draft], list[Draft]]:
    """The pairs that fit, and what is left of each language."""
    pairs: list[tuple[Draft, Draft]] = []
    left: list[Draft] = []
    rest = list(french)
    for draft in english:
        match = next((other for other in rest if fit(draft, other)), None)
        if match is None:
            left.append(draft)
        else:
            rest.remove(match)
            pairs.append((draft, match))
    return pairs, left, rest


def _agree(one: Draft, other: Draft) -> bool:
    same_services = one.services == other.services or UNSPECIFIED in (one.services, other.services)
    return same_services and _bounds(one) == _bounds(other)


def _bounds(draft: Draft) -> tuple[Timestamp, Timestamp | None]:
    return draft.window.began_at, draft.window.ended_at


def _joined(one: Draft, other: Draft) -> list[Draft]:
    services = other.services if one.services == UNSPECIFIED else one.services
    raw = f"{one.raw}\n\n{other.raw}"
    if _bounds(one) == _bounds(other) and (one.services == services == other.services or _agree(one, other)):
        doubts = [
            found for found in one.window.doubts if found in other.window.doubts or found.code not in _ONE_IS_ENOUGH
        ]
        doubts += [found for found in other.window.doubts if found.code not in _ONE_IS_ENOUGH]
        return [replace(one, services=services, raw=raw, window=replace(one.window, doubts=tuple(doubts)))]
    told = doubt("notice_languages_disagree", english=_text(one), french=_text(other))
    if _overlap(one, other):
        began = min(one.window.began_at, other.window.began_at)
        ends = [draft.window.ended_at for draft in (one, other)]
        ended = None if None in ends else max(end for end in ends if end is not None)
        doubts = [*one.window.doubts, *other.window.doubts, told]
        return [replace(one, raw=raw, window=Window(began, ended, one.window.is_day, tuple(doubts)))]
    return [one.with_doubt(told), other.with_doubt(told)]


# What the other language may settle: a service or a year it names.
_ONE_IS_ENOUGH = frozenset({"notice_service_unknown", "notice_service_from_page", "notice_year_assumed"})


def _overlap(one: Draft, other: Draft) -> bool:
    """Whether two drafts of the same services share an instant."""
    if one.services != other.services:
        return False
    first, second = sorted((one, other), key=lambda draft: draft.window.began_at)
    return first.window.ended_at is None or second.window.began_at < first.window.ended_at


def _text(draft: Draft) -> str:
    began, ended = _bounds(draft)
    return f"{draft.services} {_iso(began)} – {_iso(ended) if ended is not None else '?'}"


def _iso(at: Timestamp) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")


NOW = "notice-now-"
"""How the id of an outage begins whose notice gives no time: see `continued` in states.py."""


def drafts_frame(drafts: list[Draft], page: str, captured_at: Timestamp) -> tuple[DataFrame, Mapping[str, str]]:
    """The drafts as OUTAGES, and the words of each by its id; a window told twice counts once."""
    rows = {row["outage_id"]: row for row in reversed([_row(draft, page, captured_at) for draft in drafts])}
    if not rows:
        return OUTAGES.empty(), {}
    raw = {row["outage_id"]: str(row["raw"]) for row in rows.values()}
    return in_order(OUTAGES.cast(DataFrame(list(rows.values())))), raw


def _row(draft: Draft, page: str, captured_at: Timestamp) -> dict[str, Any]:
    title = " ".join(draft.title.split())
    return {
        "outage_id": _id(draft, page, captured_at),
        "services": draft.services,
        "began_at": draft.window.began_at,
        "ended_at": draft.window.ended_at,
        "kind": draft.kind,
        "verification": "official" if is_official(page) else "unverified",
        "status": draft.status,
        "announced_at": None,
        "source_url": page if is_address(page) else "",
        "title": title if len(title) <= _TITLE else f"{title[: _TITLE - 1].rstrip()}…",
        "note": " ".join(draft.raw.split())[:_NOTE],
        "precision": "day" if draft.window.is_day else "minute",
        "source_row": f"{page or 'notice'}:{draft.number}",
        "raw": draft.raw,
    }


def _id(draft: Draft, page: str, captured_at: Timestamp) -> str:
    """The same notice read again has the same id. Without a time of its own, it is the outage of that Ottawa day."""
    day = captured_at.tz_convert(zone(OTTAWA)).strftime("%Y-%m-%d")
    when = day if draft.is_now else _iso(draft.window.began_at)
    seed = "|".join((draft.services, when, "now" if draft.is_now else "", page.lower()))
    return (NOW if draft.is_now else "notice-") + hashlib.sha256(seed.encode()).hexdigest()[:12]
