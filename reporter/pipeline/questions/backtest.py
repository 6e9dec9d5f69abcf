"""Past weeks again: from what the runs of then found, or by judging a dated roster with what was known each week."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.engine.backtest import DUTY, SEEN, alarm_counts, duty_endings, duty_states, score
from reporter.errors import StoreError, refused
from reporter.model.levels import RANK
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import OUTAGES, ROSTER
from reporter.outages.source import merge_readings
from reporter.pipeline.assemble.gather import gather_inputs
from reporter.pipeline.assemble.inputs import Inputs, ledger_reading
from reporter.store.database import Store
from reporter.store.runs import RunRecord, findings_of, runs_between, states_found

log = logging.getLogger(__name__)
DECIDED = "pending"
"""What an application was before its outcome, and after it too where the roster has no day of the decision."""
HAPPENED = (
    "application_decided_on",
    "second_application_decided_on",
    "completed_on",
    "enrolment_ended_on",
    "biometrics_taken_on",
)
"""Events: before their date, nobody could have written them down."""
LETTER = ("letter_kind", "letter_dated_on", "letter_due_on")
APPLICATION = (
    "application_kind",
    "application_filed_at",
    "application_filed_from_at",
    "application_number",
    "application_outcome",
)
SECOND = tuple(f"second_{name}" for name in APPLICATION)


def roster_at(roster: DataFrame, at: Timestamp) -> DataFrame:
    """The rows of today's roster with only what its dates allow to have been known then.

    A filing received later is not yet filed; one received before is pending, whatever came of it, unless the day of
    the decision is there and past. A letter dated later has not come; a permit issued later is not there. What has
    no date of its own stands as it is today.

    Takes and returns: ROSTER.
    """
    day = at.tz_localize(None)
    kept = roster[~(roster["permit_issued_on"] > day)].reset_index(drop=True)
    is_later, has_come = kept["application_filed_at"] > at, ~(kept["letter_dated_on"] > day)
    is_decided, is_second_later = kept["application_decided_on"] <= day, kept["second_application_filed_at"] > at
    first, second = kept["application_outcome"], kept["second_application_outcome"]
    outcomes = {
        "application_outcome": first.mask(first.notna() & kept["application_filed_at"].notna() & ~is_decided, DECIDED),
        "second_application_outcome": second.mask(
            second.notna()
            & kept["second_application_filed_at"].notna()
            & ~(kept["second_application_decided_on"] <= day),
            DECIDED,
        ),
    }
    known = kept.assign(**outcomes, **{name: kept[name].where(~(kept[name] > day)) for name in HAPPENED})
    blank = {name: known[name].mask(is_later) for name in APPLICATION}
    blank |= {name: known[name].mask(is_second_later) for name in SECOND}
    letters = {name: known[name].where(has_come) for name in LETTER}
    return ROSTER.cast(known.assign(**blank, **letters))


def record_at(record: DataFrame, at: Timestamp) -> DataFrame:
    """The outages of a file that had begun or been announced by then, still going on where they ended later.

    A file does not say when a row was written: the outage counts as known from its beginning. The ledger does.

    Takes and returns: OUTAGES.
    """
    told_at = record["announced_at"].where(record["announced_at"].notna(), record["began_at"])
    known = record[(told_at <= at) | (record["began_at"] <= at)].reset_index(drop=True)
    is_planned = (known["kind"] == "planned") & (known["announced_at"] <= at)
    is_open = (known["ended_at"] > at) & ~is_planned
    ended_at = known["ended_at"].mask(is_open, pd.NaT)
    return OUTAGES.cast(known.assign(ended_at=ended_at, status=known["status"].mask(is_open, "ongoing")))


WEEK = pd.Timedelta(days=7)


@dataclass(frozen=True)
class BackTest:
    """What past weeks said and what came of it: SEEN, ENDED, SCORED and ALARMS of the engine.

    `source` is `runs` (what was recorded then) or `replay` (judged again, by today's rules).
    """

    source: str
    instants: tuple[Timestamp, ...]
    seen: DataFrame
    outcomes: DataFrame
    scores: DataFrame
    alarms: DataFrame


def weeks(first_at: Timestamp, last_at: Timestamp) -> tuple[Timestamp, ...]:
    """An instant each week, counted back from the last."""
    count = int((last_at - first_at) // WEEK)
    return tuple(last_at - WEEK * n for n in range(count, -1, -1))


def from_runs(store: Store, rulebook: Rulebook, series: str, first_at: Timestamp, last_at: Timestamp) -> BackTest:
    """By the runs recorded in the period; none is judged again.

    Raises: StoreError - there are not two of them, so nothing can be told.
    """
    found = runs_between(store, series, first_at, last_at)
    if len(found) < 2:
        raise refused(StoreError, "stop_few_runs", where=store.where, count=len(found))
    seen = pd.concat([_found_then(store, one) for one in found], ignore_index=True)
    return _tested("runs", tuple(one.as_of for one in found), seen, rulebook)


def _found_then(store: Store, run: RunRecord) -> DataFrame:
    """What a run found, and how each duty stood: a run of before that was kept tells nothing of it."""
    state = states_found(store, run.run_id).replace("", "untold")
    return findings_of(store, run.run_id).assign(seen_at=run.as_of, state=state)


def replay_weeks(inputs: Inputs, instants: Sequence[Timestamp]) -> BackTest:
    """By judging the roster again as of each instant, with the outages known by then."""
    files = gather_inputs(inputs.settings, inputs.rulebook, inputs.as_of, None)
    parts = []
    for at in instants:
        ledger = ledger_reading(inputs.store, at, at)
        known = replace(files.record, outages=record_at(files.record.outages, at))
        record = merge_readings([*([ledger] if ledger else []), known]).outages
        found = inputs.findings(roster=roster_at(files.roster, at), outages=record, as_of=at)
        parts.append(found.assign(seen_at=at, state=duty_states(found)))
    ends = inputs.findings(roster=files.roster, outages=record, as_of=at)  # an outcome without its day is known now
    *whole, last = (_as_seen(frame) for frame in (*parts, ends.assign(seen_at=at, state=duty_states(ends))))
    return _tested("replay", tuple(instants), pd.concat(whole, ignore_index=True), inputs.rulebook, last)


def _as_seen(findings: DataFrame) -> DataFrame:
    return findings[SEEN.names].astype({"deadline": "str", "level": "str", "rule": "str"})


def _tested(
    source: str, instants: tuple[Timestamp, ...], seen: DataFrame, rulebook: Rulebook, ends: DataFrame | None = None
) -> BackTest:
    """Only duties that a filing can end are scored: nothing tells whether any other was done.

    Takes: ends - how the duties ended, by what is known today; else as the last report had it. Both as SEEN.
    """
    filed = {name for name, deadline in rulebook.deadlines.items() if deadline.filed_by and deadline.route}
    people = seen[seen["deadline"].isin(list(rulebook.deadlines))]
    worst = people.assign(rank=people["level"].map(RANK)).sort_values("rank", kind="stable")
    alarms = alarm_counts(worst.drop_duplicates(["seen_at", "person_id"]))
    kept = SEEN.cast(seen[seen["deadline"].isin(filed) & seen["closes_at"].notna()].reset_index(drop=True))
    outcomes = duty_endings(kept if ends is None else _settled(kept, ends), instants[0], instants[-1])
    log.info("back-test: %d instants, %d duties ended", len(instants), len(outcomes))
    return BackTest(source, instants, kept, outcomes, score(kept, outcomes), alarms)


def _settled(seen: DataFrame, ends: DataFrame) -> DataFrame:
    """What was seen, with how it ended after it: of the duties seen, and of no other."""
    known = ends.merge(seen[DUTY].drop_duplicates(), on=DUTY)
    return pd.concat([seen, SEEN.cast(known)], ignore_index=True)
