"""The worst moments for an outage, from what a run reads. Remembers nothing."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pandas import DataFrame, Timedelta, Timestamp

from reporter.engine.due import duties
from reporter.engine.spans import instant_micros
from reporter.engine.stress import COUNTS, OutageTrial, StressBaseline, people_touched, stand, stress
from reporter.pipeline.assemble.examine import verification_standing
from reporter.pipeline.assemble.inputs import Inputs
from reporter.rules.holidays import federal_holidays

log = logging.getLogger(__name__)
WORST_FIRST = ["worse", "closing", "last_24h", "last_72h"]


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


def by_day(moments: DataFrame, zone_name: str) -> DataFrame:
    """The most people touched at any moment of each local day: on, hours, and the moment's counts and local hour."""
    local = moments["began_at"].dt.tz_convert(zone_name)
    dated = moments.assign(on=local.dt.tz_localize(None).dt.normalize(), hour=local.dt.hour, local=local)
    order = dated.sort_values(["hours", "on", *WORST_FIRST], ascending=[True, True, *[False] * 4], kind="stable")
    return order.drop_duplicates(["hours", "on"]).reset_index(drop=True)
