"""Snapshots that see one state at one instant, read beside what the ledger already knows. Pure.

A monitor that was down on Monday's look and on Tuesday's was down once, not twice; one that is up on Wednesday's is
over. No single snapshot can say so: it takes the outages already known.
"""

from dataclasses import replace

import pandas as pd
from pandas import DataFrame

from reporter.model.shapes import OUTAGES
from reporter.outages.reading import OutageReading, State, in_order


def continued(drafts: DataFrame, known: DataFrame, prefix: str) -> DataFrame:
    """The notices, where one without a time of its own, met again while its outage is open, keeps that outage's id.

    Else a page that says "unavailable" for a week would make an outage of each day.

    Takes: OUTAGES read from a page; OUTAGES of the ledger; how the ids of notices without a time begin.
    """
    same = ["source_url", "services"]
    opened = known[
        known["outage_id"].str.startswith(prefix) & known["ended_at"].isna() & (known["status"] == "ongoing")
    ]
    first = opened.sort_values("began_at").drop_duplicates(same)[[*same, "outage_id", "began_at"]]
    met = drafts[same].merge(first, how="left", on=same).set_index(drafts.index)
    is_met = drafts["outage_id"].str.startswith(prefix) & met["began_at"].le(drafts["began_at"])
    return drafts.assign(**{name: drafts[name].mask(is_met, met[name]) for name in ("outage_id", "began_at")})


def settle(reading: OutageReading, known: DataFrame) -> OutageReading:
    """The reading with its snapshots put right: an outage already open is not begun again, one that is over ends.

    An outage of a series is one whose id is the series, `@`, and the instant at which it was first seen.

    Takes:   known - OUTAGES, the last version of each outage of the ledger.
    Returns: the reading; its outages hold the ended version of each known outage that a state shows to be over.
    """
    outages = reading.outages
    for state in reading.states:
        opened = known[_is_open(known, state)]
        begun = outages[_is_open(outages, state)]
        if state.is_down and len(opened):
            outages = outages.drop(begun.index)
        elif not state.is_down and len(opened):
            outages = pd.concat([outages, opened.assign(ended_at=state.at, status="resolved")])
    return replace(reading, outages=in_order(OUTAGES.cast(outages)))


def _is_open(outages: DataFrame, state: State) -> "pd.Series[bool]":
    """The open outages of the series that began before it was looked at."""
    is_own = outages["outage_id"].str.startswith(f"{state.series}@")
    return is_own & outages["ended_at"].isna() & (outages["began_at"] <= state.at) & (outages["status"] == "ongoing")
