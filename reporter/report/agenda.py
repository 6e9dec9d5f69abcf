"""Which calendar events there are now, against those that were told last time: kept, changed, new or cancelled. Pure.

An event is one duty that is at risk and can still be filed. It keeps its id while the duty lasts, also when its date
moves; its sequence grows only when what it says has changed, so that a calendar does not ring for nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import AT_RISK
from reporter.model.shapes import EVENTS
from reporter.report.duties import Fact, records

MARKED = ("starts_at", "closes_at", "level", "rule", "outages")
"""What a reader would want to be told of again. The days left are not among it: they change with every run."""


@dataclass(frozen=True)
class Agenda:
    """The events by the place of their finding, those taken back by recipient, and both as EVENTS to remember."""

    live: Mapping[int, Fact]
    cancelled: Mapping[str, tuple[Fact, ...]]
    events: DataFrame

    def taken_back(self, slug: str | None) -> tuple[Fact, ...]:
        """The cancelled events of one recipient; of all for None, without those that only went to another reader."""
        if slug is not None:
            return self.cancelled.get(slug, ())
        live = {event["uid"] for event in self.live.values()}
        gone = {e["uid"]: e for events in self.cancelled.values() for e in events if e["uid"] not in live}
        return tuple(gone[uid] for uid in sorted(gone))


def agenda(findings: DataFrame, readers: Series, as_of: Timestamp, before: DataFrame) -> Agenda:
    """The events of these findings, and the cancelled ones that have not gone by.

    Takes: TOLD with `occurrence` beside; `readers`: the slug of each finding's recipient; EVENTS of the run before.
    """
    now = _events(findings, readers, as_of)
    live, cancelled = _numbered(now, before, as_of), _cancelled(now, before, as_of)
    by_reader = {str(slug): tuple(records(rows)) for slug, rows in cancelled.groupby("recipient", sort=True)}
    return Agenda(
        live=dict(zip(live.index.tolist(), records(live), strict=True)),
        cancelled=by_reader,
        events=pd.concat([live, cancelled], ignore_index=True) if len(cancelled) else live.reset_index(drop=True),
    )


def event_id(person_id: str, deadline: str, occurrence: int) -> str:
    """The same duty has the same id in every run, so that a calendar replaces its event."""
    return _digest(f"{person_id}\n{deadline}\n{occurrence}")


def _events(findings: DataFrame, readers: Series, as_of: Timestamp) -> DataFrame:
    is_open = findings["level"].isin(AT_RISK) & ~findings["is_past"] & ~findings["is_filed"]
    rows = findings[is_open & findings["last_safe_at"].notna()]
    # the last dependable hour; the cut-off itself once that hour has gone by
    rows = rows.assign(starts_at=rows["last_safe_at"].where(rows["last_safe_at"] > as_of, rows["closes_at"]))
    said = rows[list(MARKED)].astype("str").agg("|".join, axis=1) if len(rows) else Series(dtype="str")
    keys = zip(rows["person_id"], rows["deadline"], rows["occurrence"], strict=True)
    frame = rows[["starts_at"]].assign(
        recipient=readers.loc[rows.index],
        uid=[event_id(*key) for key in keys],
        sequence=0,
        mark=[_digest(text)[:16] for text in said],
        is_cancelled=False,
    )
    return EVENTS.cast(frame)


def _numbered(now: DataFrame, before: DataFrame, as_of: Timestamp) -> DataFrame:
    """Each event with its sequence: that of last time where nothing changed, else a greater one."""
    known = before.set_index(["recipient", "uid"])[["sequence", "mark", "is_cancelled"]]
    was = known.reindex(pd.MultiIndex.from_frame(now[["recipient", "uid"]]))
    is_same = (was["mark"].to_numpy() == now["mark"].to_numpy()) & (was["is_cancelled"] == False).to_numpy()  # noqa: E712
    last = was["sequence"].fillna(0).to_numpy(dtype=np.int64)
    return now.assign(sequence=np.where(is_same, last, np.maximum(_minutes(as_of), last + 1)))


def _cancelled(now: DataFrame, before: DataFrame, as_of: Timestamp) -> DataFrame:
    """What was told and is no longer so; told again until its hour has gone by, for who missed it."""
    ahead = before[before["starts_at"] > as_of]
    told = pd.MultiIndex.from_frame(ahead[["recipient", "uid"]])
    gone = ahead[~told.isin(pd.MultiIndex.from_frame(now[["recipient", "uid"]]))]
    sequence = gone["sequence"].where(gone["is_cancelled"], np.maximum(gone["sequence"] + 1, _minutes(as_of)))
    return EVENTS.cast(gone.assign(sequence=sequence, is_cancelled=True).sort_values(["recipient", "uid"]))


def _minutes(as_of: Timestamp) -> int:
    return int(as_of.timestamp()) // 60


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
