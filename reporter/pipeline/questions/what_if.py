"""What an invented outage would do: the engine run again on the same people, and what differs. Remembers nothing.

`what_if` invents one; `run_stress` tries every moment, for the worst ones.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.engine.due import duties
from reporter.engine.spans import instant_micros
from reporter.engine.stress import COUNTS, OutageTrial, StressBaseline, people_touched, stand, stress
from reporter.model.levels import still_to_file
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import OUTAGES, UNSPECIFIED
from reporter.outages.records import known_services, service_ids
from reporter.pipeline.assemble.inputs import Inputs, verification_standing
from reporter.report.scope import people_by_level
from reporter.rules.load import federal_holidays, service_names
from reporter.rules.wording import tell

log = logging.getLogger(__name__)
INVENTED = "what-if"
DUTY = ["person_id", "deadline", "closes_at", "source_row"]
TOUCHED = ["lost_hours", "lost_72h", "usable_hours", "usable_hours_worst", "covers_close", "is_down", "last_safe_at"]
WORST_FIRST = ["worse", "closing", "last_24h", "last_72h"]


@dataclass(frozen=True)
class WhatIf:
    """Now, and with the invented outage: people by level, who is hit, and who changes level.

    `changed` has TOLD of the duty that then decides, worst first, with was_level and was_title beside; `moved` has TOLD
    of each duty whose last dependable hour comes earlier, with was_safe_at and was_safe_local beside.
    """

    outage: DataFrame
    now: Mapping[str, int]
    then: Mapping[str, int]
    people_hit: int
    duties_hit: int
    covered: int  # people whose cut-off it covers, and nothing covered before
    hit: tuple[str, ...]  # whom it costs filing time, by id
    moved: DataFrame
    changed: DataFrame


def services_of(text: str, rulebook: Rulebook) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the services named, and the names that nobody knows."""
    ids, unknown = service_ids(text, known_services(service_names(rulebook)))
    return tuple(name for name in ids.split(";") if name != UNSPECIFIED), unknown


def invented_outage(services: tuple[str, ...], began_at: Timestamp, length: Timedelta, kind: str) -> DataFrame:
    """OUTAGES of one row: an outage that counts as fully confirmed, under a name that says what it is."""
    row = {
        "outage_id": INVENTED,
        "services": ";".join(services),
        "began_at": began_at,
        "ended_at": began_at + length,
        "kind": kind,
        "verification": "official",
        "status": "announced",
        "title": INVENTED,
        "precision": "minute",
    }
    return OUTAGES.cast(DataFrame([row]))


def with_outage(record: DataFrame, outage: DataFrame) -> DataFrame:
    """The record and one outage more."""
    return OUTAGES.cast(pd.concat([OUTAGES.cast(record), outage], ignore_index=True))


def what_if(inputs: Inputs, outage: DataFrame, language: str) -> WhatIf:
    """Compare what is found now with what would be found if this outage were on record too.

    Takes: OUTAGES of one row, see `invented`.
    """
    before = inputs.findings()
    after = inputs.findings(outages=with_outage(inputs.gathered.record.outages, outage))
    hit = _hit(before, after)
    rows = inputs.gathered.rows
    log.info("what if: %d duties hit", len(hit))
    return WhatIf(
        outage=outage,
        now=people_by_level(before, rows),
        then=people_by_level(after, rows),
        people_hit=hit["person_id"].nunique(),
        duties_hit=len(hit),
        covered=hit.loc[hit["covers_close"] & ~hit["covers_close_was"], "person_id"].nunique(),
        hit=tuple(sorted(hit["person_id"].unique())),
        moved=_moved(hit, after, inputs, language),
        changed=_changed(before, after, inputs, language),
    )


def _hit(before: DataFrame, after: DataFrame) -> DataFrame:
    """The duties still open, not filed, whose facts the outage changes."""
    keys = {"deadline": "str"}
    was, now = (frame[[*DUTY, "disposition", "is_past", *TOUCHED]].astype(keys) for frame in (before, after))
    both = now.assign(place=now.index).merge(was[[*DUTY, *TOUCHED]], on=DUTY, suffixes=("", "_was"))
    differs = Series(False, index=both.index)
    for name in TOUCHED:
        differs |= (both[name] != both[f"{name}_was"]) & both[name].notna()
    return both[differs & still_to_file(both)]


def _moved(hit: DataFrame, after: DataFrame, inputs: Inputs, language: str) -> DataFrame:
    """TOLD of the duties hit whose last dependable hour comes earlier than it does now, the soonest first.

    An outage that reaches the cut-off may lengthen one that already did: nothing is newly covered, and hours are lost.
    """
    earlier = hit[hit["last_safe_at"] < hit["last_safe_at_was"]].sort_values(["last_safe_at", "person_id"])
    rows = after.loc[earlier["place"]].reset_index(drop=True)
    told = tell(rows, inputs.gathered.roster, inputs.rulebook, language)
    was_at = earlier["last_safe_at_was"].reset_index(drop=True)
    was = tell(rows.assign(last_safe_at=was_at), inputs.gathered.roster, inputs.rulebook, language)
    return told.assign(was_safe_at=was_at, was_safe_local=was["last_safe_local"])


def _changed(before: DataFrame, after: DataFrame, inputs: Inputs, language: str) -> DataFrame:
    """TOLD of each person whose worst level changes: the duty that decides then, and what decided before."""
    was, now = (frame.drop_duplicates("person_id") for frame in (before, after))  # worst first, so the first decides
    known = was.set_index("person_id")
    was_level = now["person_id"].map(known["level"].astype("str"))
    moved = now[was_level != now["level"].astype("str")].reset_index(drop=True)
    told = tell(moved, inputs.gathered.roster, inputs.rulebook, language)
    titles = known["deadline"].map({key: one.title.of(language) for key, one in inputs.rulebook.deadlines.items()})
    return told.assign(
        was_level=told["person_id"].map(known["level"].astype("str")).astype("str"),
        was_title=told["person_id"].map(titles.astype("str")).astype("str"),
    )


@dataclass(frozen=True)
class StressResult:
    """What was tried and what came of it: `moments` is a row for each length and each beginning."""

    services: tuple[str, ...]
    kind: str
    days: float
    step: Timedelta
    moments: DataFrame
    baseline: StressBaseline

    def touched(self, hours: float, began_at: Timestamp) -> dict[str, tuple[str, ...]]:
        """Whom an outage of that length would touch that begins then, by each of the counts."""
        began = np.array([instant_micros(began_at)])
        down = OutageTrial(frozenset(self.services or self.baseline.rulebook.services), began, self.kind == "planned")
        return people_touched(self.baseline, down, hours)

    def worst(self, hours: float, most: int) -> DataFrame:
        """The stretches of beginnings, the gravest first by WORST_FIRST: until_at is the last; none is harmless."""
        of_length = self.moments[self.moments["hours"] == hours]
        stretch = (of_length[list(COUNTS)].diff().fillna(1) != 0).any(axis=1).cumsum()
        merged = of_length.groupby(stretch.to_numpy()).agg(
            began_at=("began_at", "first"), until_at=("began_at", "last"), **{name: (name, "first") for name in COUNTS}
        )
        harmful = merged[merged[list(COUNTS)].sum(axis=1) > 0]
        order = harmful.sort_values([*WORST_FIRST, "began_at"], ascending=[False] * len(WORST_FIRST) + [True])
        return order.head(most).reset_index(drop=True)


def run_stress(
    inputs: Inputs, services: tuple[str, ...], hours: Sequence[float], *, days: float, step: Timedelta, kind: str
) -> StressResult:
    """Try an outage of each length at every step of the coming days; none given, all services are down at once."""
    settings, rulebook, record = inputs.settings, inputs.rulebook, inputs.gathered.record.outages
    due = duties(
        inputs.gathered.roster,
        rulebook,
        inputs.as_of,
        holidays=federal_holidays(),
        office_zone=settings.office.time_zone,
    )
    down = services or tuple(rulebook.services)
    here = stand(
        due,
        (record, record[verification_standing(record).isin(rulebook.limits.confirmed)]),
        rulebook,
        inputs.as_of,
        services=frozenset(down),
        degraded_share=settings.degraded_share,
    )
    first = (inputs.as_of + Timedelta(microseconds=1)).ceil(step)
    began = np.arange(
        instant_micros(first), instant_micros(inputs.as_of) + int(days * 86_400e6) + 1, instant_length(step)
    )
    moments = stress(here, OutageTrial(frozenset(down), began, kind == "planned"), hours)
    log.info("stress: %d distinct duties, %d moments", len(here.duties), len(moments))
    return StressResult(services, kind, days, step, moments, here)


def instant_length(step: Timedelta) -> int:
    """A length in microseconds."""
    return int(step.total_seconds() * 1_000_000)
