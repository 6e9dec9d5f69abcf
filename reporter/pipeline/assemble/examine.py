"""The second step of a run: the findings of these people against this record. Pure: no files, no clock."""

import logging
from dataclasses import dataclass
from functools import partial

from pandas import DataFrame, Series, Timestamp

from reporter.engine.downtime import information, routes
from reporter.engine.due import authorized_stays, dated_duties, duties_at, stay_steps
from reporter.engine.exposure import measure
from reporter.engine.institution import institution_duties
from reporter.engine.risk import judge, together, worst_reading
from reporter.model.levels import AT_RISK, RANK
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import INSTITUTION, ONE_PERSON, is_institution
from reporter.rules.holidays import federal_holidays

log = logging.getLogger(__name__)
LADDER = ("official", "press", "user_report", "unverified")


@dataclass(frozen=True)
class Judged:
    """What was found: FINDINGS of people and of the institution, the OUTAGES they rely on, and STEPS of the stay of
    everybody who has a duty at risk.
    """

    findings: DataFrame
    outages: DataFrame
    stays: DataFrame


def examine(
    roster: DataFrame,
    duties: DataFrame,
    record: DataFrame,
    rulebook: Rulebook,
    as_of: Timestamp,
    *,
    office_zone: str,
    degraded_share: float,
) -> Judged:
    """Judge every duty.

    Takes: ROSTER; OWN; OUTAGES.
    """
    stays = authorized_stays(roster, rulebook)
    dated = dated_duties(stays, rulebook, as_of, holidays=federal_holidays(), office_zone=office_zone)
    findings = judge_dated(
        dated, duties, record, rulebook, as_of, office_zone=office_zone, degraded_share=degraded_share
    )
    used = {name for names in findings["outages"].cat.categories for name in names.split(";")}
    log.info("examined: %d findings", len(findings))
    outages = record[record["outage_id"].isin(used)].reset_index(drop=True)
    at_risk = findings.loc[findings["level"].isin(AT_RISK) & ~is_institution(findings), "person_id"]
    return Judged(findings, outages, stay_steps(stays.of(at_risk.dropna()), rulebook))


def date_people(roster: DataFrame, rulebook: Rulebook, as_of: Timestamp, *, office_zone: str) -> DataFrame:
    """The dates of these people's duties, for `judge_dated`. Takes: ROSTER."""
    stays = authorized_stays(roster, rulebook)
    return dated_duties(stays, rulebook, as_of, holidays=federal_holidays(), office_zone=office_zone)


def judge_dated(
    dated: DataFrame,
    duties: DataFrame,
    record: DataFrame,
    rulebook: Rulebook,
    as_of: Timestamp,
    *,
    office_zone: str,
    degraded_share: float,
) -> DataFrame:
    """The engine from dates, the institution's duties and outages to FINDINGS, worst first.

    Asked as often as a question needs it. Takes: what `date_people` made; OWN; OUTAGES.
    """
    against = partial(_against, record=record, as_of=as_of, degraded_share=degraded_share)
    holidays, ours = federal_holidays(), rulebook.institution
    people = worst_reading(against(duties_at(dated, as_of), rulebook))
    if ours is None or duties.empty:
        return people
    owed = institution_duties(duties, ours, as_of, holidays=holidays, office_zone=office_zone)
    return together(people, against(owed, ours))


def _against(
    due: DataFrame, rulebook: Rulebook, *, record: DataFrame, as_of: Timestamp, degraded_share: float
) -> DataFrame:
    """These duties measured against the record, and judged on it and on what of it is confirmed."""
    ways, informing = routes(rulebook), information(rulebook)
    facts_on = partial(measure, due, routes=ways, as_of=as_of, information=informing, degraded_share=degraded_share)
    facts = facts_on(record)
    is_confirmed = verification_standing(record).isin(rulebook.limits.confirmed)
    sure = facts if is_confirmed.all() else facts_on(record[is_confirmed])
    return judge(due, facts, sure, rulebook)


def verification_standing(record: DataFrame) -> Series:
    """How far each outage is verified: one step less where only its day is known, not its hours."""
    steps = {name: LADDER[min(step + 1, len(LADDER) - 1)] for step, name in enumerate(LADDER)}
    verification = record["verification"]
    return verification.where(record["precision"] != "day", verification.map(steps).astype("str"))


def worst(was: DataFrame, rulebook: Rulebook) -> Series:
    """Each person's worst level among the findings of an earlier run, by person_id."""
    people = was[holders(was["deadline"], rulebook) != INSTITUTION]
    ranked = people.assign(rank=people["level"].map(RANK)).sort_values("rank", kind="stable")
    return ranked.drop_duplicates("person_id").set_index("person_id")["level"]


def holders(deadlines: Series, rulebook: Rulebook) -> Series:
    """Whose duties are of these kinds; an earlier run keeps the kind alone."""
    ours = rulebook.institution.deadlines if rulebook.institution else {}
    return deadlines.isin(list(ours)).map({True: INSTITUTION, False: ONE_PERSON}).astype("str")
