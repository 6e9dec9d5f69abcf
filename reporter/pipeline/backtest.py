"""Past weeks again: from what the runs of then found, or by judging a dated roster with what was known each week."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.engine.backtest import SEEN, ended, score
from reporter.errors import StoreError
from reporter.model.rulebook import Rulebook
from reporter.outages.reading import gather
from reporter.pipeline.gather import gather_inputs
from reporter.pipeline.inputs import Inputs
from reporter.pipeline.past import record_at, roster_at
from reporter.pipeline.record import ledger_reading
from reporter.store.database import Store
from reporter.store.runs import findings_of, runs_between

log = logging.getLogger(__name__)
WEEK = pd.Timedelta(days=7)


@dataclass(frozen=True)
class BackTest:
    """What past weeks said and what came of it: SEEN, ENDED and SCORED of the engine.

    `source` is `runs` (what was recorded then) or `replay` (judged again, by today's rules).
    """

    source: str
    instants: tuple[Timestamp, ...]
    seen: DataFrame
    outcomes: DataFrame
    scores: DataFrame


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
        message = f"keeps {len(found)} runs of these rosters in the period; two are needed, or a roster to replay"
        raise StoreError(f"{message} (--roster FILE)", where=store.where)
    parts = [findings_of(store, one.run_id).assign(seen_at=one.as_of) for one in found]
    whole = pd.concat(parts, ignore_index=True)
    states = {rule: _state_of(rule, rulebook) for rule in whole["rule"].unique()}
    seen = whole.assign(state=whole["rule"].map(states))
    return _tested("runs", tuple(one.as_of for one in found), seen, rulebook)


def replayed(inputs: Inputs, instants: Sequence[Timestamp]) -> BackTest:
    """By judging the roster again as of each instant, with the outages known by then."""
    files = gather_inputs(inputs.settings, inputs.rulebook, inputs.as_of, None)
    parts = []
    for at in instants:
        ledger = ledger_reading(inputs.store, at, at)
        known = replace(files.record, outages=record_at(files.record.outages, at))
        record = gather([*([ledger] if ledger else []), known]).outages
        found = inputs.findings(roster=roster_at(files.roster, at), outages=record, as_of=at)
        parts.append(found.assign(seen_at=at, state=_states(found)))
    columns = [frame[SEEN.names].astype({"deadline": "str", "level": "str", "rule": "str"}) for frame in parts]
    return _tested("replay", tuple(instants), pd.concat(columns, ignore_index=True), inputs.rulebook)


def _tested(source: str, instants: tuple[Timestamp, ...], seen: DataFrame, rulebook: Rulebook) -> BackTest:
    """Only duties that a filing can end are scored: nothing tells whether any other was done."""
    filed = {name for name, deadline in rulebook.deadlines.items() if deadline.filed_by and deadline.route}
    kept = SEEN.cast(seen[seen["deadline"].isin(filed) & seen["closes_at"].notna()].reset_index(drop=True))
    outcomes = ended(kept, instants[0], instants[-1])
    log.info("back-test: %d instants, %d duties ended", len(instants), len(outcomes))
    return BackTest(source, instants, kept, outcomes, score(kept, outcomes))


def _states(findings: DataFrame) -> Series:
    """How each duty stands; a filing without its instant tells nothing of the weeks before."""
    state = Series("open", index=findings.index, dtype="str")
    state = state.mask(findings["is_past"] & ~findings["is_filed"], "missed").mask(findings["is_filed"], "filed")
    return state.mask(findings["is_filed"] & findings["filed_at"].isna(), "untold")


def _state_of(rule: str, rulebook: Rulebook) -> str:
    """What a recorded rule says of the duty: only what it tests is known."""
    risk = next((risk for risk in rulebook.risks if risk.id == rule), None)
    if risk is None:
        return "untold"
    says = {fact: test.is_ for fact, test in risk.when.items() if isinstance(test.is_, bool)}
    if says.get("is_filed"):
        return "filed"
    if says.get("is_past") or says.get("was_down_at_close") or says.get("is_filed_late"):
        return "missed"
    return "open" if says.get("is_past") is False or says.get("is_filed") is False else "untold"
