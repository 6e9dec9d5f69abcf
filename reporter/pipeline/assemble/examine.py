"""The second step of a run: the findings of these people against this record. Pure: no files, no clock."""

import logging
from dataclasses import dataclass
from functools import partial

from pandas import DataFrame, Series, Timestamp

from reporter.engine.downtime import information, routes
from reporter.engine.due import duties
from reporter.engine.exposure import measure
from reporter.engine.risk import judge, worst_reading
from reporter.model.levels import RANK
from reporter.model.rulebook import Rulebook
from reporter.pipeline.assemble.institution import judged_own
from reporter.rules.holidays import federal_holidays

log = logging.getLogger(__name__)
LADDER = ("official", "press", "user_report", "unverified")


@dataclass(frozen=True)
class Judged:
    """What was found: FINDINGS, and the OUTAGES they rely on."""

    findings: DataFrame
    outages: DataFrame
    own: DataFrame  # FINDINGS of the institution's own duties


def examine(
    roster: DataFrame,
    record: DataFrame,
    rulebook: Rulebook,
    as_of: Timestamp,
    *,
    own: DataFrame,
    office_zone: str,
    degraded_share: float,
) -> Judged:
    """Judge every duty.

    Takes: ROSTER; OUTAGES; OWN.
    """
    findings = judge_roster(roster, record, rulebook, as_of, office_zone=office_zone, degraded_share=degraded_share)
    confirmed = record[verification_standing(record).isin(rulebook.limits.confirmed)]
    found = judged_own(own, record, confirmed, rulebook, as_of, office_zone)
    touching = (*findings["outages"].cat.categories, *found["outages"].cat.categories)
    used = {name for names in touching for name in names.split(";")}
    log.info("examined: %d findings", len(findings))
    relied_on = record[record["outage_id"].isin(used)].reset_index(drop=True)
    return Judged(findings, relied_on, found)


def judge_roster(
    roster: DataFrame,
    record: DataFrame,
    rulebook: Rulebook,
    as_of: Timestamp,
    *,
    office_zone: str,
    degraded_share: float,
) -> DataFrame:
    """The engine from roster and outages to FINDINGS, worst first; as often as a question needs it.

    Takes: ROSTER; OUTAGES.
    """
    ways, informing = routes(rulebook), information(rulebook)
    due = duties(roster, rulebook, as_of, holidays=federal_holidays(), office_zone=office_zone)
    against = partial(measure, due, routes=ways, as_of=as_of, information=informing, degraded_share=degraded_share)
    facts = against(record)
    is_confirmed = verification_standing(record).isin(rulebook.limits.confirmed)
    sure = facts if is_confirmed.all() else against(record[is_confirmed])
    return worst_reading(judge(due, facts, sure, rulebook))


def verification_standing(record: DataFrame) -> Series:
    """How far each outage is verified: one step less where only its day is known, not its hours."""
    steps = {name: LADDER[min(step + 1, len(LADDER) - 1)] for step, name in enumerate(LADDER)}
    verification = record["verification"]
    return verification.where(record["precision"] != "day", verification.map(steps).astype("str"))


def worst(was: DataFrame) -> Series:
    """Each person's worst level among the findings of an earlier run, by person_id."""
    ranked = was.assign(rank=was["level"].map(RANK)).sort_values("rank", kind="stable")
    return ranked.drop_duplicates("person_id").set_index("person_id")["level"]
