"""How long each outage shut each duty, to the microsecond. Pure.

`overlaps` is made for one person's few duties: every duty is laid beside every outage, which nobody should do for a
whole roster. `relied_on` takes a whole roster, and only the pairs that its findings name.
"""

from collections.abc import Mapping

from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.engine.downtime import DOWN_KINDS
from reporter.engine.routes import Route
from reporter.model.shapes import EVIDENCE

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
        began_at=pairs["began_at"].where(pairs["began_at"] > pairs["opens_at"], pairs["opens_at"]),
        ended_at=ended.where(ended < pairs["closes_at"], pairs["closes_at"]),
        is_down=pairs["kind"].isin(DOWN_KINDS),
    ).reset_index(drop=True)


def relied_on(findings: DataFrame, outages: DataFrame, as_of: Timestamp, most: int) -> tuple[DataFrame, int]:
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
    start, stop = began.where(began > opens, opens), ended.where(ended < closes, closes)
    hours = {
        name: _minutes(since, closes, began, ended) / HOUR_MINUTES
        for name, since in (("hours", opens), ("hours_72h", closes - LAST), ("hours_24h", closes - LAST_DAY))
    }
    covers = (began < closes) & (ended >= closes)
    told = both[["finding", "outage_id"]].assign(began_at=start, ended_at=stop, covers_close=covers, **hours)
    return EVIDENCE.cast(told), int(sizes.sum())


def _minutes(opens: Series, closes: Series, began: Series, ended: Series) -> Series:
    start, stop = began.where(began > opens, opens), ended.where(ended < closes, closes)
    minutes: Series = ((stop - start).dt.total_seconds() / 60).clip(lower=0).round(2)
    return minutes
