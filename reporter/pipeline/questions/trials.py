"""Trials of the rules: an invented outage, the worst moments for one, and past weeks again. Nothing is remembered."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.engine.backtest import DUTY, SEEN, alarm_counts, duty_endings, duty_states, score
from reporter.engine.due import duties
from reporter.engine.spans import instant_micros
from reporter.engine.stress import COUNTS, OutageTrial, StressBaseline, people_touched, stand, stress
from reporter.errors import StoreError, refused
from reporter.model.levels import RANK, still_to_file
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import OUTAGES, ROSTER, UNSPECIFIED
from reporter.outages.records import known_services, service_ids
from reporter.outages.source import merge_readings
from reporter.pipeline.assemble.gather import gather_inputs
from reporter.pipeline.assemble.inputs import Inputs, ledger_reading, verification_standing
from reporter.report.recipients import people_by_level
from reporter.rules.load import service_names
from reporter.rules.wording import tell
from reporter.store.database import Store
from reporter.store.runs import RunRecord, findings_of, runs_between, states_found

log = logging.getLogger(__name__)
INVENTED = "what-if"
FOUND_ON = ["person_id", "deadline", "closes_at", "source_row"]
TOUCHED = ["lost_hours", "lost_72h", "usable_hours", "usable_hours_worst", "covers_close", "is_down", "last_safe_at"]
WORST_FIRST = ["worse", "closing", "last_24h", "last_72h"]


class WhatIf(Struct, frozen=True):
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
    was, now = (frame[[*FOUND_ON, "disposition", "is_past", *TOUCHED]].astype(keys) for frame in (before, after))
    both = now.assign(place=now.index).merge(was[[*FOUND_ON, *TOUCHED]], on=FOUND_ON, suffixes=("", "_was"))
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


class StressResult(Struct, frozen=True):
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
    rulebook, record, basis = inputs.rulebook, inputs.gathered.record.outages, inputs.basis()
    due = duties(inputs.gathered.roster, basis)
    down = services or tuple(rulebook.services)
    confirmed = record[verification_standing(record).isin(rulebook.limits.confirmed)]
    here = stand(due, (record, confirmed), basis, frozenset(down))
    first = (inputs.as_of + Timedelta(microseconds=1)).ceil(step)
    began = np.arange(
        instant_micros(first),
        instant_micros(inputs.as_of) + int(days * 86_400e6) + 1,
        int(step.total_seconds() * 1_000_000),
    )
    moments = stress(here, OutageTrial(frozenset(down), began, kind == "planned"), hours)
    log.info("stress: %d distinct duties, %d moments", len(here.duties), len(moments))
    return StressResult(services, kind, days, step, moments, here)


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


class BackTest(Struct, frozen=True):
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
