"""Who is not where a reader's last report had them: off the roster, or with another reader. Nobody just vanishes.

Whoever had a person at High or worse is told by that person's id; the office is told of everybody whom the roster has
no more. A reader to whom a person comes was never told of them: for that reader, all of it is new.
"""

from dataclasses import dataclass

import pandas as pd
from pandas import DataFrame, MultiIndex, Series

from reporter.model.levels import RANK
from reporter.model.report import reader_key
from reporter.model.shapes import DEPARTED, ONE_PERSON
from reporter.report.recipients import Audience
from reporter.store.database import Store
from reporter.store.runs import RunRecord, findings_of, owners_found, runs_before

GONE, OFF_ROSTER, UNREAD = "gone", "off_roster", "unread"
TOLD_FROM = RANK["high"]
WHOSE = ["person_id", "reader"]


@dataclass(frozen=True)
class Whereabouts:
    """Who stands on the rosters of this run, and with whom; where a roster could not be read, who is missing is open.

    `pairs` are the person_id and the reader of each row, whatever became of it.
    """

    pairs: DataFrame
    is_whole: bool

    @classmethod
    def of(cls, rows: DataFrame, parts: Audience, *, is_whole: bool) -> "Whereabouts":
        """Those of these rows. Takes: ROWS."""
        pairs = DataFrame({"person_id": rows["person_id"], "reader": owners_of(rows["source_row"], parts)})
        return cls(pairs.dropna().drop_duplicates(), is_whole)

    def is_listed(self, people: Series) -> Series:
        """Whether each has a row."""
        return people.isin(self.pairs["person_id"])

    def is_still_with(self, those: DataFrame) -> Series:
        """Whether each person has a row with that reader."""
        here = MultiIndex.from_frame(those[WHOSE]).isin(MultiIndex.from_frame(self.pairs))
        return Series(here, index=those.index)


def owners_of(source_rows: Series, parts: Audience) -> Series:
    """Who gets each row whole, by `reader_key`."""
    keys = dict(enumerate(reader_key(one.slug) for one in parts.recipients))
    return source_rows.map(parts.number).map(keys).astype("str")


def known_before(store: Store, baseline: RunRecord) -> DataFrame:
    """What the baseline found, FOUND with `reader`; of people whom it could not read, what the run before it found.

    A roster that fails must not be the week in which its people, or those of another, go without a word.
    """
    parts = [_owned(store, baseline)]
    if is_partial(baseline):
        for run in runs_before(store, baseline.series, baseline.as_of):
            parts.append(_owned(store, run))
            if not is_partial(run):
                break
    known = pd.concat(parts, ignore_index=True)
    first = known.assign(part=[n for n, part in enumerate(parts) for _ in range(len(part))])
    latest = first["part"] == first.groupby("person_id")["part"].transform("min")
    return known[latest.to_numpy(dtype=bool)].reset_index(drop=True)


def is_partial(run: RunRecord) -> bool:
    """Whether a roster could not be read in that run."""
    return any(one["cause"].startswith("roster:") for one in run.manifest.get("owed", ()))


def _owned(store: Store, run: RunRecord) -> DataFrame:
    return findings_of(store, run.run_id).assign(reader=owners_found(store, run.run_id))


def departures(known: DataFrame, holders: Series, now: Whereabouts) -> DataFrame:
    """Who was at High or worse with a reader that has them no more, each by the worst duty.

    Takes:   FOUND with `reader`; whose each of the duties is.
    Returns: DEPARTED; nobody where a roster could not be read.
    """
    is_told = (known["level"].map(RANK) <= TOLD_FROM) & (known["reader"] != "") & (holders == ONE_PERSON)
    those = known[is_told.to_numpy(dtype=bool)]
    if those.empty or not now.is_whole:
        return DEPARTED.empty()
    away = those[~now.is_still_with(those)]
    rank = away["level"].map(RANK)
    worst = away.assign(rank=rank).sort_values(["rank", "closes_at", "person_id"], kind="stable")
    each = worst.drop_duplicates(WHOSE)
    return DEPARTED.cast(each.assign(is_listed=now.is_listed(each["person_id"])).reset_index(drop=True))


def without_moved(was: DataFrame, readers: Series, now: Whereabouts) -> DataFrame:
    """An earlier run less what it found of people who are with another reader now: to that one they are new.

    Takes: readers - whose each finding was, empty where that is not known.
    """
    owned = was.assign(reader=readers)
    is_moved = now.is_listed(was["person_id"]) & (readers != "") & ~now.is_still_with(owned)
    return was[~is_moved.to_numpy(dtype=bool)].reset_index(drop=True)


def with_absence(changes: DataFrame, now: Whereabouts) -> DataFrame:
    """CHANGES in which what is gone together with its person is not told as what was seen to."""
    is_absent = (changes["change"] == GONE) & ~now.is_listed(changes["person_id"])
    return changes.assign(change=changes["change"].mask(is_absent, OFF_ROSTER if now.is_whole else UNREAD))
