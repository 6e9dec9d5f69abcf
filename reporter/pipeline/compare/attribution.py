"""Why levels changed since the last run: the engine asked again in steps, so that the parts add up to the change.

The order is fixed: first today's roster and rules as they would have stood at the last run's instant, with the outages
as known then; then the time passed; then the outages as known now. What the first step cannot tell apart is said
to be one or the other. Only people with a change are judged again.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pandas import DataFrame, Series

from reporter.engine.changes import KEY, differences, numbered, steps
from reporter.model.report import Run
from reporter.model.shapes import CAUSES, OUTAGES
from reporter.pipeline.assemble.inputs import Inputs
from reporter.store.ledger import outages_known_at
from reporter.store.runs import RunRecord

log = logging.getLogger(__name__)
COUNTED = ["outage_id", "services", "began_at", "ended_at", "kind", "verification", "status", "precision"]
"""Of an outage, what a level can hang on."""
COUNTS_BY = ("reporter", "pandas", "tzdata")
"""What a level can hang on, of the versions of a run; the library that writes its workbooks moves none."""
MOST_KEPT = 2_000
"""Outages of files kept with a run; of more, the next run cannot tell what changed in them."""


def attribute_changes(inputs: Inputs, run: Run, findings: DataFrame, was: DataFrame, previous: RunRecord) -> DataFrame:
    """How many steps of level each cause moved each finding that changed, on the rows of the changes.

    Takes:   findings - FINDINGS of this run with `occurrence`; was - those of the run before, as kept.
    Returns: CAUSES.
    """
    changed = differences(was, findings)
    before = _record_then(inputs, previous)
    roster = inputs.gathered.roster
    people = roster[roster["person_id"].isin(changed["person_id"])].reset_index(drop=True)
    duties = inputs.gathered.duties[inputs.gathered.duties["duty_id"].isin(changed["person_id"])]
    record = inputs.gathered.record.outages
    then = record if before is None else before
    began = _steps(changed, inputs.findings(roster=people, duties=duties, outages=then, as_of=previous.as_of))
    was_steps, now_steps = steps(changed["was_level"]), steps(changed["level"])
    is_same = before is None or _rows(before) == _rows(record)
    passed = now_steps if is_same else _steps(changed, inputs.findings(roster=people, duties=duties, outages=then))
    start = _start(run, previous.manifest, knows_record=before is not None)
    log.info("changes explained: %d findings of %d rows judged again", len(changed), len(people))
    moved = {"by_start": began - was_steps, "by_time": passed - began, "by_outages": now_steps - passed}
    return CAUSES.cast(DataFrame({"start": start, **moved}, index=changed.index))


def kept_record(inputs: Inputs) -> dict[str, list[list[str]]]:
    """For the manifest: what the next run needs of outages that the ledger does not have, or has otherwise."""
    rows, mark = _rows(inputs.gathered.record.outages), int(inputs.ledger["number"])
    known = outages_known_at(inputs.store, mark)
    of_ledger = {tuple(row) for row in _rows(known)} if len(known) else set()
    of_files = [row for row in rows if tuple(row) not in of_ledger]
    return {"outages_of_files": of_files} if len(of_files) <= MOST_KEPT else {}


def _steps(changed: DataFrame, findings: DataFrame) -> Series:
    """How grave each of these findings is among others; 0 where it is not there."""
    there = numbered(findings)[[*KEY, "level"]].astype({"deadline": "str", "level": "str"})
    told = changed[KEY].merge(there, how="left", on=KEY)
    return steps(told["level"]).set_axis(changed.index)


def _record_then(inputs: Inputs, previous: RunRecord) -> DataFrame | None:
    """The outages as the last run knew them; None when that was not kept."""
    kept = previous.manifest
    if "outages_of_files" not in kept or "ledger" not in kept:
        return None
    ledger = outages_known_at(inputs.store, int(kept["ledger"]["number"]))
    rows = DataFrame(kept["outages_of_files"], columns=COUNTED)
    instants = {name: pd.to_datetime(rows[name].replace("", None), utc=True, format="ISO8601") for name in _INSTANTS}
    files = OUTAGES.cast(rows.assign(**instants))
    return pd.concat([OUTAGES.cast(ledger[~ledger["outage_id"].isin(files["outage_id"])]), files], ignore_index=True)


_INSTANTS = ("began_at", "ended_at")


def _rows(outages: DataFrame) -> list[list[str]]:
    """What is counted of each outage, as text in order of the ids."""
    counted = outages.sort_values("outage_id", kind="stable")[COUNTED]
    texts = {name: counted[name].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").astype("object") for name in _INSTANTS}
    plain = counted.astype("object").assign(**texts)
    told: list[list[str]] = plain.where(plain.notna(), "").to_numpy().tolist()
    return told


def _start(run: Run, then: Mapping[str, Any], *, knows_record: bool) -> str:
    """What the first step can be: roster, rules, or one of several that cannot be told apart."""
    inputs: Sequence[Mapping[str, str]] = then.get("inputs", ())
    was = {(one["path"], one["sha256"]) for one in inputs}
    is_same_roster = {pair for pair in run.inputs if pair[0] in run.rosters} <= was
    same_rules = (
        then.get("rulebook_sha256") == run.rulebook_sha256
        and then.get("settings") == dict(run.settings)
        and all(then.get("versions", {}).get(name) == run.versions.get(name) for name in COUNTS_BY)
    )
    parts = [*([] if is_same_roster else ["roster"]), *([] if same_rules else ["rules"])]
    parts += [] if knows_record else ["outages"]
    return "_".join(parts) or "rules"
