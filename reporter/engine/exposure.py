"""How each duty stands against the outage record: the facts of the contract, on whole columns. Pure.

Duties fall into few distinct windows (one route, one opening, one closing), so the facts are computed once a
window and handed to every duty that has it: the cost grows with windows and outages, not with their product.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.engine.closing import last_day_of
from reporter.engine.downtime import DOWN_KINDS, Downtime, Record, Route, StruckDowntime, outage_record
from reporter.engine.spans import HOUR, Instants, Spans, WithOutage, instant_micros, micros
from reporter.model.shapes import DUTIES, EVIDENCE, FACTS, OUTAGES, require
from reporter.text.time_zones import zone

MISSING = np.iinfo(np.int64).min
DAY_HOURS = 24
LAST_DAYS_HOURS = 72


def measure(
    duties: DataFrame,
    outages: DataFrame,
    routes: Mapping[str, Route],
    as_of: Timestamp,
    *,
    information: frozenset[str] = frozenset(),
    degraded_share: float = 0.0,
) -> DataFrame:
    """The facts of every duty: filing time lost and left, and whether the cut-off itself is down.

    A service is down over the union of its outages that are not cancelled; a degraded or intermittent one counts apart.
    An outage with no known end counts until `as_of`, save in `is_down` and `usable_hours_worst`, and touches only the
    windows that have opened by then; one that is still ahead lasts past the cut-off, for `covers_close` and
    `last_safe_at` too. What is told of confirmed outages alone is of this record (see `with_confirmed`).

    Takes:   DUTIES; OUTAGES; the routes by key; `information`: services that only inform;
             `degraded_share`: how much of a degraded hour an office counts as lost.
    Returns: FACTS on the index of the duties; numbers are missing where a duty has no closing instant.
    """
    require(duties, DUTIES)
    known = outage_record(require(outages, OUTAGES), as_of)
    window, firsts = _windows(duties)
    facts = _by_window(duties.iloc[firsts], known, routes, information, degraded_share)
    whole = FACTS.cast(facts).take(window).set_axis(duties.index)
    own = _calendar(duties, as_of) | {"was_down_at_filing": _down_at_filing(duties, known, routes)}
    return require(whole.assign(**own), FACTS)


def with_confirmed(facts: DataFrame, confirmed: DataFrame) -> DataFrame:
    """FACTS on all outages, with the hours that the confirmed ones alone have taken, and what they alone keep down.

    Takes: FACTS on all outages, and on the confirmed ones, on the same index.
    """
    return facts.assign(**{name: confirmed[name] for name in FACTS.names if name.endswith("_confirmed")})


def _calendar(duties: DataFrame, as_of: Timestamp) -> dict[str, NDArray[Any]]:
    """What is told in days, by the calendar where the person is: left, past, and the day of the window; and `is_over`.

    A frame of DUTIES alone has no zone and no printed dates: those of UTC stand for them.
    """
    opens, closes, over = (micros(duties[name]) for name in ("opens_at", "closes_at", "over_at"))
    last = np.where(over == MISSING, closes, over)
    today, now = _today(duties, as_of), instant_micros(as_of)
    is_open, is_dated = (opens != MISSING) & (opens <= now), closes != MISSING
    opened = np.where(is_open, np.maximum(today - _days(duties["opens_at"]) + 1, 1), 0)
    return {
        "left_days": _printed(duties, "closes") - today,
        "past_days": np.maximum(today - _printed(duties, "over"), 0),
        "opened_days": np.where(is_dated, opened, np.nan),
        "is_over": (last != MISSING) & (last <= now),
    }


def _printed(duties: DataFrame, name: str) -> NDArray[np.float64]:
    return _days(duties[f"{name}_on"] if f"{name}_on" in duties else last_day_of(duties[f"{name}_at"], "utc"))


def _days(dates: Series) -> NDArray[np.float64]:
    """Each civil date, or that of an instant in UTC, as days since 1970; a missing one is no number."""
    at = micros(dates)
    days = np.floor_divide(at, DAY_HOURS * HOUR).astype(np.float64)
    days[at == MISSING] = np.nan
    return days


def _today(duties: DataFrame, as_of: Timestamp) -> NDArray[np.float64]:
    """The civil date of as_of on each person's own clock, as days since 1970."""
    if "time_zone" not in duties:
        return np.full(len(duties), float(instant_micros(as_of) // (DAY_HOURS * HOUR)))
    zones = duties["time_zone"].cat
    days = [as_of.tz_convert(zone(name)).tz_localize(None).normalize() for name in zones.categories]
    return np.append(_days(Series(days, dtype="datetime64[us]")), np.nan)[zones.codes.to_numpy()]


def _down_at_filing(duties: DataFrame, known: Record, routes: Mapping[str, Route]) -> NDArray[np.bool_]:
    """Whether each recorded filing falls into down time of the duty's own route; it has no window of its own.

    Of a filing whose hour is not recorded it cannot be said.
    """
    filed = micros(duties["filed_at"])
    rows = np.flatnonzero((filed != MISSING) & (micros(duties["filed_from_at"]) == MISSING))
    codes = duties["route"].cat.codes.to_numpy()
    was_down = np.zeros(len(duties), dtype=bool)
    for code in np.unique(codes[rows]):
        here = rows[codes[rows] == code]
        route = routes[duties["route"].cat.categories[code]]
        was_down[here] = Downtime.on(known, route.services).counted.holding(filed[here])
    return was_down


def _windows(duties: DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Number the distinct (route, opening, closing), and find a duty of each."""
    keys = (duties["route"].cat.codes, micros(duties["opens_at"]), micros(duties["closes_at"]))
    coded = [pd.factorize(key) for key in keys]
    codes, sizes = [code for code, _ in coded], [len(values) for _, values in coded]
    numbers, _ = pd.factorize(np.ravel_multi_index(codes, sizes))
    return numbers, np.flatnonzero(~Series(numbers).duplicated())


def _by_window(
    windows: DataFrame,
    known: Record,
    routes: Mapping[str, Route],
    information: frozenset[str],
    degraded_share: float,
) -> DataFrame:
    opens, closes, safe_by = (micros(windows[name]) for name in ("opens_at", "closes_at", "safe_by_at"))
    keys, has_opened = windows["route"].astype("object").to_numpy(), opens <= known.as_of
    is_info_down = known.any_down(information)
    parts = []
    for key, is_open in dict.fromkeys(zip(keys.tolist(), has_opened.tolist(), strict=True)):
        here = np.flatnonzero((keys == key) & (has_opened == is_open))
        down = Downtime.on(known, routes[key].services, is_open)
        facts = facts_of_route(
            opens[here],
            closes[here],
            safe_by[here],
            route=routes[key],
            down=down,
            known=known,
            degraded_share=degraded_share,
        )
        touched = down.touched(opens[here], closes[here], with_slow=degraded_share > 0)
        named = {"outages": touched.ids, "best_verification": touched.best, "worst_verification": touched.worst}
        parts.append(facts.assign(**named).set_axis(here))
    if not parts:
        return FACTS.empty()
    facts = pd.concat(parts).sort_index()
    return _nothing_claimed(facts.assign(is_info_down=is_info_down & ~facts["is_down"]), closes != MISSING)


def facts_of_route(
    opens: Instants,
    closes: Instants,
    safe_by: Instants,
    *,
    route: Route,
    down: Downtime | StruckDowntime,
    known: Record,
    degraded_share: float,
) -> DataFrame:
    """The facts of the windows of one route against its down time, without the names of its outages."""
    as_of = known.as_of
    start, last_day = np.maximum(opens, as_of), closes - DAY_HOURS * HOUR
    covers, stretch_began = down.reach.reaching(closes)
    is_past = closes <= as_of
    is_down = known.any_down(route.services)
    ahead = down.announced
    window = np.where(closes > opens, closes - opens, HOUR) / HOUR  # nothing is lost of one without length
    day = DAY_HOURS * HOUR

    def hours(
        began: Instants, ended: Instants, spans: Spans | WithOutage, at_all: Spans | WithOutage
    ) -> NDArray[np.float64]:
        down_for = spans.within(began, ended)
        if not degraded_share:
            return down_for / HOUR
        return (down_for + degraded_share * (at_all.within(began, ended) - down_for)) / HOUR

    lost = partial(hours, spans=down.counted, at_all=down.touched_at_all)
    lost_at_worst = hours(start, closes, down.worst, down.touched_at_worst)
    slow_or_down = down.touched_at_all.within(opens, closes)
    counted = {
        "lost_hours": lost(opens, closes),
        "lost_72h": lost(closes - LAST_DAYS_HOURS * HOUR, closes),
        "lost_24h": lost(last_day, closes),
    }
    return DataFrame(
        {
            **counted,
            **{f"{name}_confirmed": values for name, values in counted.items()},
            "left_hours": (closes - as_of) / HOUR,
            "window_days": np.floor_divide(closes - opens, day),
            "lost_share": counted["lost_hours"] / window,
            "lost_24h_share": counted["lost_24h"] / DAY_HOURS,
            "degraded_hours": (slow_or_down - down.counted.within(opens, closes)) / HOUR,
            "planned_hours": ahead.within(opens, closes) / HOUR,
            "planned_72h": ahead.within(closes - LAST_DAYS_HOURS * HOUR, closes) / HOUR,
            "usable_hours": np.maximum(closes - start, 0) / HOUR - lost(start, closes),
            "usable_hours_worst": np.maximum(np.maximum(closes - start, 0) / HOUR - lost_at_worst, 0),
            "last_safe_at": Series(stretch_began).astype("datetime64[us, UTC]"),
            "is_past": is_past,
            "is_down": is_down,
            "is_down_confirmed": is_down,
            "is_down_maybe": is_down and not all(known.any_down(way) for way in route.variants),
            "is_upstream_down": known.any_down(route.upstream),
            "covers_safe_by": down.counted.reaching(safe_by)[0],
            "covers_close": covers,
            "is_cover_open": covers & ~down.counted.reaching(closes)[0],
            "was_down_at_close": covers & is_past,
            "all_routes_down": is_down and all(known.any_down(way) for way in route.alternatives),
        }
    )


def _nothing_claimed(facts: DataFrame, is_known: NDArray[np.bool_]) -> DataFrame:
    """The facts, where a duty without a closing instant has no numbers and nothing is said to be so."""
    blank = {"truth": False, "label": ""}
    told = FACTS.cast(facts)
    if is_known.all():
        return told
    return DataFrame({c.name: told[c.name].where(is_known, blank.get(c.kind)) for c in FACTS.columns})


LAST = Timedelta(hours=72)
LAST_DAY = Timedelta(hours=24)
HOUR_MINUTES = 60


def overlaps(findings: DataFrame, outages: DataFrame, routes: Mapping[str, Route], as_of: Timestamp) -> DataFrame:
    """Each duty beside each outage of a service it needs.

    An outage without a known end counts until `as_of`; a cancelled one does not count; a degraded one is listed with
    `is_down` false.

    Takes:   FINDINGS of one person; OUTAGES.
    Returns: deadline, outage_id, services (those of the duty's route), began_at, ended_at (the overlap), minutes,
             minutes_72h, is_down; minutes is 0 where they do not touch.
    """
    known = outages.loc[outages["status"] != "cancelled", ["outage_id", "services", "kind", "began_at", "ended_at"]]
    duties = findings.loc[findings["closes_at"].notna(), ["deadline", "route", "opens_at", "closes_at"]]
    pairs = duties.astype({"deadline": "str", "route": "str"}).merge(known, how="cross")
    shared = [
        ";".join(s for s in named.split(";") if s in routes[route].services)
        for named, route in zip(pairs["services"], pairs["route"], strict=True)
    ]
    pairs = pairs.assign(services=Series(shared, index=pairs.index, dtype="str"))
    pairs = pairs[pairs["services"] != ""]
    ended = pairs["ended_at"].fillna(as_of)
    return pairs.assign(
        minutes=_minutes(pairs["opens_at"], pairs["closes_at"], pairs["began_at"], ended),
        minutes_72h=_minutes(pairs["closes_at"] - LAST, pairs["closes_at"], pairs["began_at"], ended),
        began_at=pairs["began_at"].clip(lower=pairs["opens_at"]),
        ended_at=ended.clip(upper=pairs["closes_at"]),
        is_down=pairs["kind"].isin(DOWN_KINDS),
    ).reset_index(drop=True)


def evidence_pairs(findings: DataFrame, outages: DataFrame, as_of: Timestamp, most: int) -> tuple[DataFrame, int]:
    """Each duty beside each outage that its finding names, and how many such pairs there are in all.

    The first findings come first, and none is begun that does not fit whole. An outage without a known end counts
    until `as_of`.

    Takes:   FINDINGS, worst first; OUTAGES; `most`: the most pairs wanted.
    Returns: EVIDENCE.
    """
    named = findings["outages"].astype("str")
    duties = findings.loc[named != "", ["opens_at", "closes_at"]]
    ids = named[named != ""]
    sizes = ids.str.count(";") + 1
    first = duties[sizes.cumsum() <= most]
    pairs = first.assign(finding=first.index, outage_id=ids[first.index].str.split(";")).explode("outage_id")
    known = outages[["outage_id", "began_at", "ended_at"]]
    both = pairs.astype({"outage_id": "str"}).merge(known, on="outage_id", how="left")
    opens, closes, began, ended = both["opens_at"], both["closes_at"], both["began_at"], both["ended_at"].fillna(as_of)
    start, stop = began.clip(lower=opens), ended.clip(upper=closes)
    hours = {
        name: _minutes(since, closes, began, ended) / HOUR_MINUTES
        for name, since in (("hours", opens), ("hours_72h", closes - LAST), ("hours_24h", closes - LAST_DAY))
    }
    covers = ended >= closes  # an outage that is named began before it
    told = both[["finding", "outage_id"]].assign(began_at=start, ended_at=stop, covers_close=covers, **hours)
    return EVIDENCE.cast(told), int(sizes.sum())


def _minutes(opens: Series, closes: Series, began: Series, ended: Series) -> Series:
    start, stop = began.clip(lower=opens), ended.clip(upper=closes)
    minutes: Series = ((stop - start).dt.total_seconds() / 60).clip(lower=0).round(2)
    return minutes
