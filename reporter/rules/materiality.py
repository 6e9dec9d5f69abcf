"""Which outages the rules of other offices would count for relief: read from TOML, answered beside the facts.

A yardstick for the reader of the outage sheet; it changes no fact, no level and no deadline.
"""

import datetime as dt
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pandas as pd
import tomli
from msgspec import Struct
from pandas import DataFrame, Series

from reporter.errors import RulebookError, refused, refused_value
from reporter.model.rulebook import Confidence, Words
from reporter.model.shapes import RULES
from reporter.rules.wording import cite_text
from reporter.text.time_zones import OTTAWA, zone

FILE = "materiality.toml"
_NEEDS = {"any": None, "confirmed": ("official", "press"), "official": ("official",)}
_DAY = pd.Timedelta(days=1)


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule about outages: see the top of materiality.toml for what each key means."""

    title: Words
    needs: Literal["any", "confirmed", "official"]
    kinds: tuple[Literal["unplanned", "planned", "degraded", "intermittent", "security"], ...]
    on_last_day: bool
    cite: str
    link: str
    read_on: dt.date
    confidence: Confidence
    note: Words
    min_hours: float = 0
    over_hours: float = 0
    after: str = ""
    any_after: str = ""
    planned_min_hours: float = 0
    planned_notice_days: int = 0


def load_profiles(folder: Path | None = None) -> dict[str, Profile]:
    """The profiles of that folder, or, where it has none, those that ship with the program. Raises RulebookError."""
    own = folder is not None and (folder / FILE).exists()
    try:
        text = ((folder if own and folder else files("reporter.rules")) / FILE).read_text("utf-8")
        return msgspec.convert(tomli.loads(text), dict[str, Profile])
    except OSError as error:
        raise refused(RulebookError, "stop_unread", where=FILE, what=error.strerror) from error
    except tomli.TOMLDecodeError as error:
        raise refused(RulebookError, "stop_not_toml", where=FILE, what=error) from error
    except msgspec.ValidationError as error:
        raise refused_value(RulebookError, error, FILE) from error


def materiality(outages: DataFrame, profiles: Mapping[str, Profile]) -> DataFrame:
    """For each outage and profile, whether it would count, one column a profile, `counts_<profile>`.

    `yes`: it counts; `last_day`: it does for a duty whose last day it touches; `no`; `unknown`: its end or its notice
    is not known.

    Takes:   OUTAGES.
    Returns: the columns, in the rows of `outages`; the outages themselves stay as they are.
    """
    if outages.empty:  # the usual week, whose columns would take longer to make than many an outage's
        return DataFrame(columns=[f"counts_{key}" for key in profiles], index=outages.index, dtype="str")
    columns = {f"counts_{key}": _counts(outages, profile) for key, profile in profiles.items()}
    return DataFrame(columns, index=outages.index).astype("str")


def profiles_frame(profiles: Mapping[str, Profile], language: str) -> DataFrame:
    """The profiles as rows of RULES, so that a reader of the answers finds what they rest on."""
    rows = [
        {
            "part": "yardstick",
            "id": key,
            "title": profile.title.of(language),
            "says": profile.note.of(language),
            "level": "",
            "cite": cite_text(profile.cite, language),
            "link": profile.link,
            "read_on": str(profile.read_on),
            "confidence": profile.confidence,
        }
        for key, profile in profiles.items()
    ]
    return DataFrame(rows, columns=RULES.names, dtype="str").fillna("")


def _counts(outages: DataFrame, profile: Profile) -> Series:
    allowed = _NEEDS[profile.needs]
    can = outages["kind"].isin(profile.kinds) & (outages["status"] != "cancelled")
    if allowed:
        can &= outages["verification"].isin(allowed)
    is_long, is_known = _is_long(outages, profile)
    planned, is_doubtful = _is_planned_enough(outages, profile)
    yes = "last_day" if profile.on_last_day else "yes"
    answer = Series("no", index=outages.index, dtype="object")
    answer = answer.mask(can & planned & ~is_known, "unknown").mask(can & planned & is_long, yes)
    return answer.mask(can & is_doubtful & is_long, "unknown")


def _is_long(outages: DataFrame, profile: Profile) -> tuple[Series, Series]:
    """Whether it lasted long enough, and whether that is known: of an open outage it is not, unless any will do."""
    began, ended = outages["began_at"], outages["ended_at"]
    hours = _hours_after(began, ended, profile.after) if profile.after else _hours(ended - began)
    is_long = (hours >= profile.min_hours) & ((hours > profile.over_hours) | (profile.over_hours == 0))
    if profile.any_after:
        is_long |= _hours_after(began, ended, profile.any_after) > 0
    takes_any = not (profile.min_hours or profile.over_hours)
    is_known = ended.notna() | takes_any
    return is_long | (ended.isna() & takes_any), is_known


def _hours(length: Series) -> Series:
    """Hours that went by, whatever the clocks on the wall did meanwhile."""
    hours: Series = length.dt.total_seconds() / 3600
    return hours


def _hours_after(began: Series, ended: Series, clock: str) -> Series:
    """The longest time that it lasted after that hour of one day, up to midnight; the hour is Ottawa's."""
    since = pd.Timedelta(clock + ":00")
    first = began.dt.tz_convert(zone(OTTAWA)).dt.tz_localize(None).dt.normalize()
    one, other = (
        _hours_between(began, ended, _in_ottawa(day + since), _in_ottawa(day + _DAY)) for day in (first, first + _DAY)
    )  # of an outage that lasts longer still, the second day is a whole one
    longest: Series = one.where((one > other) | other.isna(), other)
    return longest.clip(lower=0)


def _hours_between(began: Series, ended: Series, since: Series, until: Series) -> Series:
    """The hours of an outage within these bounds; below nothing outside them, none where its end is unknown."""
    last = ended.where((ended < until) | ended.isna(), until)
    return _hours(last - began.where(began > since, since))


def _in_ottawa(wall: Series) -> Series:
    """The instant at which Ottawa's clock shows this; no rule here asks for an hour that comes twice or not at all."""
    local = wall.dt.tz_localize(zone(OTTAWA), ambiguous=np.ones(len(wall), dtype=bool), nonexistent="shift_forward")
    at: Series = local.dt.tz_convert("UTC")
    return at


def _is_planned_enough(outages: DataFrame, profile: Profile) -> tuple[Series, Series]:
    """Whether it is not planned or long enough, and whether that hangs on a length or a notice that is not known.

    A notice that is short leaves the doubt too: the days are counted without holidays.
    """
    is_planned = (outages["kind"] == "planned") & (profile.planned_min_hours > 0)
    if not is_planned.any():
        return ~is_planned, is_planned
    hours = _hours(outages["ended_at"] - outages["began_at"])
    is_short = is_planned & ~(hours >= profile.planned_min_hours)
    is_open = is_planned & hours.isna()
    return ~is_short, is_open | (is_short & ~_had_notice(outages, profile.planned_notice_days))


def _had_notice(outages: DataFrame, working_days: int) -> Series:
    """Whether it was announced so many working days ahead (Monday to Friday; holidays are not counted out)."""
    dates = outages[["announced_at", "began_at"]].apply(lambda at: at.dt.tz_convert(zone(OTTAWA)).dt.tz_localize(None))
    told = dates.dropna().to_numpy("datetime64[D]")
    days = Series(np.busday_count(told[:, 0], told[:, 1]), index=dates.dropna().index)
    return days.reindex(outages.index, fill_value=-1) >= working_days
