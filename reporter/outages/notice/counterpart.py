"""The English and the French of one notice, from two pages: they meet as they are entered. Pure: no files, no clock.

What both say alike is one outage, that of the page read first. Where they say two things both count, and it is told:
see read.py for the two languages of one page. Of one that tells no time and one that does, the window may be what the
other calls now.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas import DataFrame, Series, Timedelta

from reporter.model.open_items import UNDATED
from reporter.model.problem import Problem
from reporter.outages.notice.words import language_of
from reporter.outages.records import UNSPECIFIED

OF_NOTICES = "notice-"
"""How the ids of all outages read from notices begin."""
_NEAR = Timedelta(hours=36)


@dataclass(frozen=True)
class Meeting:
    """What of a page is new, how many of its outages the other language has told already, and what to tell of both."""

    outages: DataFrame
    met: int = 0
    problems: tuple[Problem, ...] = ()


def meet_counterparts(outages: DataFrame, known: DataFrame, source: str) -> Meeting:
    """The outages of a page without those that a notice in the other language told alike.

    Takes: OUTAGES as read from notices; known - those on record or waiting, with the words of each in `note`; source -
    how problems call the page.
    """
    mine, others = _in_languages(outages), _in_languages(known)
    is_again = outages["outage_id"].isin(known["outage_id"])
    twins = {
        row["outage_id"]: str(alike["outage_id"].iloc[0])
        for row in mine[~is_again.loc[mine.index]].to_dict("records")
        if len(alike := others[_is_alike(others, row)])
    }
    free = others[~others["outage_id"].isin(list(twins.values()))]
    rest = mine[~is_again.loc[mine.index] & ~mine["outage_id"].isin(list(twins))]
    told = [
        Problem(source, "notice_other_language", value=mine_id, details={"other": one})
        for mine_id, one in twins.items()
    ]
    told += [_disagreement(source, row, near) for row in rest.to_dict("records") if (near := _nearest_other(free, row))]
    return Meeting(outages[~outages["outage_id"].isin(list(twins))], len(twins), tuple(told))


def _in_languages(outages: DataFrame) -> DataFrame:
    """Those read from notices that stand, with the language of their words."""
    found = outages[outages["outage_id"].str.startswith(OF_NOTICES) & (outages["status"] != "cancelled")]
    words = found["note"].where(found["note"].fillna("") != "", found["title"]).fillna("")
    return found.assign(language=words.map(language_of))


def _is_alike(others: DataFrame, row: Mapping[Hashable, Any]) -> "Series[bool]":
    """The other language, the same service, and the same window; of two that tell no time, both open."""
    is_same: Series[bool] = (others["language"] != row["language"]) & (others["services"] == row["services"])
    if str(row["outage_id"]).startswith(UNDATED):
        is_open: Series[bool] = others["outage_id"].str.startswith(UNDATED) & others["ended_at"].isna()
        return is_same & is_open
    ends = others["ended_at"].isna() if pd.isna(row["ended_at"]) else others["ended_at"] == row["ended_at"]
    is_window: Series[bool] = (others["began_at"] == row["began_at"]) & ends
    return is_same & is_window


def _nearest_other(free: DataFrame, row: Mapping[Hashable, Any]) -> Mapping[Hashable, Any] | None:
    """The window of the other language that must mean the same: of a service they share, and about the same day.

    Two that tell no time are alike, or of two outages. One that tells none was met while the other's window lasts.
    """
    mine = {*str(row["services"]).split(";")} - {UNSPECIFIED}
    shares = free["services"].map(lambda services: bool(mine & {*services.split(";")})).astype("bool")
    away = (free["began_at"] - row["began_at"]).abs()
    is_now, are_now = str(row["outage_id"]).startswith(UNDATED), free["outage_id"].str.startswith(UNDATED)
    is_near = shares & (free["language"] != row["language"]) & (away <= _NEAR) & ~(are_now & is_now)
    near = free.assign(away=away)[is_near & ((are_now == is_now) | _lasts_at_once(free, row))]
    near = near.sort_values("away", kind="stable")
    return None if near.empty else near.to_dict("records")[0]


def _lasts_at_once(free: DataFrame, row: Mapping[Hashable, Any]) -> "Series[bool]":
    """Whether the windows share an instant; an end that nobody tells is none."""
    later = free["began_at"].where(free["began_at"] > row["began_at"], row["began_at"])
    mine_lasts = pd.Series(pd.isna(row["ended_at"]) or later <= row["ended_at"], index=free.index)
    lasts: Series[bool] = mine_lasts & (free["ended_at"].isna() | (free["ended_at"] >= later))
    return lasts


def _disagreement(source: str, row: Mapping[Hashable, Any], other: Mapping[Hashable, Any]) -> Problem:
    words = {str(one["language"]): _window_words(one) for one in (row, other)}
    details = {"english": words["en"], "french": words["fr"]}
    return Problem(source, "notice_pages_disagree", value=str(row["outage_id"]), details=details)


def _window_words(row: Mapping[Hashable, Any]) -> str:
    began, ended = (pd.Timestamp(str(row[name])) for name in ("began_at", "ended_at"))
    return f"{row['services']} {began:%Y-%m-%dT%H:%MZ} – {'?' if pd.isna(ended) else f'{ended:%Y-%m-%dT%H:%MZ}'}"
