"""How each level of a person, or of a duty of the institution, came about, from what a run reads. Writes nothing.

`explain` tells all of it; `cards_of` what a reader asks first, a card of twelve lines, also of a row set aside. A card
asks the engine as seldom as it can: the copies of a person that sign in otherwise, or whose date reads otherwise, are
judged together, as if they were other people.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.engine.downtime import METHODS, route_key, routes
from reporter.engine.due import authorized_stays, is_dated_anew, stay_steps
from reporter.errors import ReporterError, RosterError, refused
from reporter.model.levels import AT_RISK, RANK
from reporter.model.problem import Problem
from reporter.model.rulebook import Deadline, Risk, Rulebook, Test, earliest_of
from reporter.model.shapes import INSTITUTION, ROSTER, people_part
from reporter.pipeline.assemble.gather import Intake
from reporter.pipeline.assemble.inputs import (
    Inputs,
    given_names,
    read_for_question,
    state_fates,
    verification_standing,
)
from reporter.pipeline.questions.history import LATEST, Telling, WeekOfDuty, report_asked, tellings, weeks_of_duty
from reporter.pipeline.send.deliver import mail_bytes
from reporter.report.headline import relief_of_findings
from reporter.report.people import gravity
from reporter.report.trace import Counterfactual, TraceContext, TracedDuty, chain, row_without_duty
from reporter.rules.wording import tell
from reporter.settings import Settings
from reporter.store.ledger import reliefs
from reporter.text.time_zones import zone

MINUTE = Timedelta(minutes=1)
LAST_DAYS, MARGIN = Timedelta(days=3), Timedelta(days=90)
APPLICATION = "application_filed_at"
MOST_OUTAGES = 10  # tried one by one, the latest first
Finding = Mapping[Any, Any]


class Again:
    """The engine on the rows of one id, asked again and again; the same question is answered once.

    Takes: ROSTER of the person; OWN of the institution's duty of that id.
    """

    def __init__(self, inputs: Inputs, people: DataFrame, duties: DataFrame) -> None:
        self.inputs = replace(inputs, rulebook=_bearing(inputs.rulebook, people))
        self.people, self.duties = people, duties
        self.answers: dict[tuple[object, ...], DataFrame] = {}
        self.dated: DataFrame | None = None
        self.record = _recent(inputs.gathered.record.outages, self.as_it_is(), inputs.as_of)

    def as_it_is(self, as_of: Timestamp | None = None) -> DataFrame:
        """FINDINGS of the person as recorded, at that instant."""
        at = as_of or self.inputs.as_of
        record = self.record if self.answers else None  # the first answer says which outages can matter
        return self._asked(("at", at), outages=record, as_of=at)

    def filed(self, source_row: str, at: Timestamp, deadline: Deadline) -> DataFrame:
        """FINDINGS had that row an answer to the duty received then, looked at then or at the run's instant."""
        kind = deadline.usual_kind or next(iter(deadline.answered_by), "")
        people, duties, by = self.people, self.duties, deadline.filed_by
        if by in duties:
            duties = _with_receipt(duties, source_row, by, at)
        elif by:
            people = _with_receipt(people, source_row, by, at)
        if by == APPLICATION:
            here = people["source_row"] == source_row
            people = people.assign(
                application_outcome=people["application_outcome"].mask(here, "pending"),
                application_kind=people["application_kind"].mask(here, kind or None),
            )
        then = max(at, self.inputs.as_of)
        asked = ("filed", source_row, at, by, kind)
        return self._asked(asked, roster=people, duties=duties, outages=self.record, as_of=then)

    def confirmed(self, outages: tuple[str, ...]) -> DataFrame:
        """FINDINGS were these outages confirmed by the department, to the minute."""
        here = self.record["outage_id"].isin(outages)
        sure = {"verification": self.record["verification"].mask(here, "official")}
        sure["precision"] = self.record["precision"].mask(here, "minute")
        return self._asked(("confirmed", outages), outages=self.record.assign(**sure))

    def of_copies(self, copies: Mapping[str, Mapping[str, Any]], mark: str) -> DataFrame:
        """FINDINGS of copies of the rows, each with something changed; the id of each ends with the mark and its name.

        A copy that changes the reading has the rows of the other reading alone.
        """
        roster, duties = (
            pd.concat([_copy(frame, change, f"{mark}{name}") for name, change in copies.items()], ignore_index=True)
            for frame in (self.people, self.duties)
        )
        return self.inputs.findings(roster=roster, duties=duties, outages=self.record)

    def without(self, outages: tuple[str, ...]) -> DataFrame:
        """FINDINGS had these outages not happened."""
        record = self.record
        return self._asked(("without", outages), outages=record[~record["outage_id"].isin(outages)])

    def _asked(self, key: tuple[object, ...], **changed: Any) -> DataFrame:
        if key not in self.answers:
            asked = {"roster": self.people, "duties": self.duties} | changed
            self.answers[key] = self.inputs.findings(**asked, dated=self._dated(asked))
        return self.answers[key]

    def _dated(self, asked: Mapping[str, Any]) -> DataFrame:
        """The dates of a roster are the same at every instant at which they are asked for, unless a rule says else."""
        roster, as_of = asked["roster"], asked.get("as_of")
        if roster is not self.people or is_dated_anew(self.inputs.rulebook):
            return self.inputs.dates(roster, as_of)
        if self.dated is None:
            self.dated = self.inputs.dates(roster, as_of)
        return self.dated


def _with_receipt(frame: DataFrame, source_row: str, name: str, at: Timestamp) -> DataFrame:
    """The rows with this receipt in one of them, its hour known."""
    here, from_name = frame["source_row"] == source_row, earliest_of(name)
    receipt = frame[name].mask(here, at).astype("datetime64[us, UTC]")
    return frame.assign(**{name: receipt, from_name: frame[from_name].mask(here)})


def _copy(frame: DataFrame, change: Mapping[str, Any], mark: str) -> DataFrame:
    """The rows of somebody else who is the same but for this change."""
    key = "person_id" if "person_id" in frame else "duty_id"
    if "reading" in change and "reading" in frame:
        frame, change = frame[frame["reading"] != change["reading"]], {}
    told = {name: Series(value, index=frame.index, dtype="str") for name, value in change.items() if name in frame}
    return frame.assign(**{key: frame[key] + mark}, **told)


def _recent(record: DataFrame, findings: DataFrame, as_of: Timestamp) -> DataFrame:
    """The outages that were not long over when the first of these windows opened: no fact looks at the others."""
    first = min(findings["opens_at"].min(), (findings["closes_at"] - LAST_DAYS).min(), as_of)
    if findings["opens_at"].isna().any() or pd.isna(first):
        return record
    kept: DataFrame = record[record["ended_at"].isna() | (record["ended_at"] > first - MARGIN)]
    return kept


def _bearing(rulebook: Rulebook, people: DataFrame) -> Rulebook:
    """The rulebook without the duties that none of these rows can have: nothing is found of them, and slowly."""
    kept = {name: deadline for name, deadline in rulebook.deadlines.items() if _can_have(deadline, people)}
    if not any(deadline.ends_stay for deadline in kept.values()):
        return rulebook
    return replace(rulebook, deadlines=kept)


def _can_have(deadline: Deadline, people: DataFrame) -> bool:
    if deadline.counts_from in people and people[deadline.counts_from].isna().all():
        return False
    return all(people[name].fillna("").isin(values).any() for name, values in deadline.applies.items())


def counterfactuals(again: Again, finding: Finding) -> Iterator[Counterfactual]:
    """Everything that would change the level of this duty, as the engine answers."""
    yield from _filed(again, finding)
    yield from _without(again, finding)
    yield from _until(again, finding)


def _filed_answer(again: Again, finding: Finding) -> Iterator[Counterfactual]:
    """With a filing recorded in the last safe minute, or in the last of all where that one has gone by."""
    if not _is_fileable(again, finding):
        return
    closes_at: Timestamp = finding["closes_at"]
    safe: Timestamp = finding["last_safe_at"]
    is_safe_ahead = bool(pd.notna(safe) and safe - MINUTE > max(again.inputs.as_of, finding["opens_at"]))
    yield from _filed_at(again, finding, "filed", (safe if is_safe_ahead else closes_at) - MINUTE)


def _is_fileable(again: Again, finding: Finding) -> bool:
    """Whether a filing could change anything: there is something to file, and none that stands is recorded."""
    deadline = again.inputs.rulebook.whole.deadlines[finding["deadline"]]
    is_open = finding["disposition"] not in ("in_time", "refused") and finding["level"] != "none"
    return bool(deadline.filed_by and is_open and pd.notna(finding["closes_at"]))


def _filed(again: Again, finding: Finding) -> Iterator[Counterfactual]:
    """With a filing recorded in the last safe minute, and one at the very cut-off, which is too late."""
    yield from _filed_answer(again, finding)
    if _is_fileable(again, finding):
        yield from _filed_at(again, finding, "filed_late", finding["closes_at"])


def _filed_at(again: Again, finding: Finding, change: Any, at: Timestamp) -> Iterator[Counterfactual]:
    deadline = again.inputs.rulebook.whole.deadlines[finding["deadline"]]
    yield _finding_of(again.filed(finding["source_row"], at, deadline), finding, change, at=at)


def _without(again: Again, finding: Finding) -> Iterator[Counterfactual]:
    """Had each outage in the window not happened, and had none of them."""
    names = [name for name in str(finding["outages"]).split(";") if name]
    for name in names[-MOST_OUTAGES:]:
        yield _finding_of(again.without((name,)), finding, "without", outages=(name,))
    if len(names) > 1:
        yield _finding_of(again.without(tuple(names)), finding, "without", outages=tuple(names))


def _until(again: Again, finding: Finding) -> Iterator[Counterfactual]:
    """The first minute at which the level is worse, if nothing is recorded until then."""
    if pd.isna(finding["closes_at"]):
        return
    rank, before = RANK[finding["level"]], again.inputs.as_of
    for at in moments(again.inputs, finding):
        if _rank(again.as_it_is(at + MINUTE), finding) < rank:
            first = _first(again, finding, before, at + MINUTE)
            yield _finding_of(again.as_it_is(first), finding, "until", at=first)
            return
        before = at + MINUTE


def _first(again: Again, finding: Finding, before: Timestamp, after: Timestamp) -> Timestamp:
    """The first minute at which the level is worse; it is not so at `before`, and is at `after`.

    The two minutes at the end are tried first: mostly a threshold lies there.
    """
    rank = RANK[finding["level"]]
    for at in (after - MINUTE, after - 2 * MINUTE):
        if at <= before or _rank(again.as_it_is(at), finding) >= rank:
            return at + MINUTE
    low, high = before, after - 2 * MINUTE
    while high - low > MINUTE:
        middle = low + (high - low) // 2
        middle = middle.floor("min") if middle.floor("min") > low else low + MINUTE
        low, high = (low, middle) if _rank(again.as_it_is(middle), finding) < rank else (middle, high)
    return high


def moments(inputs: Inputs, finding: Finding) -> list[Timestamp]:
    """The instants after the run at which a worse judgement may begin to hold, in order.

    They come of the thresholds of the judgements that are worse, and of the beginnings and ends of outages; the
    engine alone says what holds there.
    """
    closes_at = finding["closes_at"]
    spans = {span for risk in _worse(inputs.rulebook, finding) for span in _spans(risk)}
    record = inputs.gathered.record.outages
    edges = pd.concat([record["began_at"], record["ended_at"]]).dropna()
    near = edges[edges <= closes_at + max(spans, default=Timedelta(0))]
    found = {closes_at, finding["last_safe_at"], *near, *(closes_at + span for span in spans)}
    return sorted(at for at in found if pd.notna(at) and at > inputs.as_of)


def _worse(rulebook: Rulebook, finding: Finding) -> Iterator[Risk]:
    ours = rulebook.institution
    for risk in (ours if ours and finding["holder"] == INSTITUTION else rulebook).risks:
        words = [(name, test) for name, test in risk.when.items() if isinstance(test.is_, str | tuple)]
        if RANK[risk.level] < RANK[finding["level"]] and all(_is_so(finding[name], test) for name, test in words):
            yield risk


def _is_so(value: object, test: Test) -> bool:
    return value in ((test.is_,) if isinstance(test.is_, str) else test.is_ or ())  # type: ignore[operator]


def _spans(risk: Risk) -> Iterator[Timedelta]:
    """How far from the cut-off each threshold of time lies."""
    for name, test in risk.when.items():
        for edge in (test.at_least, test.at_most):
            if edge is None or name not in ("left_hours", "left_days", "past_days", "usable_hours"):
                continue
            unit = Timedelta(hours=1) if name.endswith("_hours") else Timedelta(days=1)
            side = 1 if name == "past_days" else -1
            yield side * edge * unit
            yield side * (edge + 1) * unit


def _finding_of(findings: DataFrame, finding: Finding, change: Any, **more: Any) -> Counterfactual:
    row = _same(findings, finding) or {"level": "", "rule": ""}
    return Counterfactual(change, row["level"], row["rule"], **more)


def _rank(findings: DataFrame, finding: Finding) -> int:
    row = _same(findings, finding)
    return len(RANK) if row is None else RANK[row["level"]]


def _same(findings: DataFrame, finding: Finding) -> Finding | None:
    """The same duty of the same row among other findings."""
    same = findings[
        (findings["deadline"] == finding["deadline"]) & (findings["source_row"] == finding["source_row"])
    ].to_dict("records")
    counted = [row for row in same if row["counted_on"] == finding["counted_on"]]
    return next(iter(counted or same), None)


_SPOKEN = ("title", "reason", "action", "who", "cite", "link", "closes_local", "last_safe_local", "is_weighed_first")


class Explanation(Struct, frozen=True):
    """Every duty of that id, worst first, then the rows that no duty came of; and what it was told from."""

    parts: tuple[TracedDuty, ...]
    known: TraceContext
    failures: tuple[ReporterError, ...] = ()  # files that could not be read


def explain(
    settings: Settings, as_of: Timestamp, person: str, *, deadline: str = "", as_known: Timestamp | None = None
) -> Explanation:
    """The chain of every duty of one person, or of one of the institution's own, and what would change each level.

    Takes:  person - the id, as a roster or sheet of duties has it; deadline - the only kind wanted, all when empty.
    Raises: RosterError - no roster can be read, or none has that person.
    """
    found = read_person(settings, as_of, person, as_known)
    again, known = found.again, found.known
    duties = tuple(_duties(again, known, deadline, as_known))
    done = {part.source_row for part in duties}
    rows = () if deadline else (row for row in dict.fromkeys(known.cells["source_row"]) if row not in done)
    told = (_row(row, found.gathered, known) for row in rows)
    return Explanation((*duties, *told), known, again.inputs.gathered.failures)


class PersonRead(Struct, frozen=True):
    """One person, or one duty of the institution, with what is told from and the engine to ask again."""

    again: Again
    known: TraceContext
    gathered: Intake  # with the fates of the rows that no finding is about


def read_person(settings: Settings, as_of: Timestamp, person: str, as_known: Timestamp | None) -> PersonRead:
    """Everything that is read of one id.

    Raises: RosterError - no roster can be read, or none has that person.
    """
    inputs = read_for_question(settings, as_of, as_known=as_known, shown=person)
    cells = inputs.gathered.cells
    if cells.empty:
        raise refused(RosterError, "stop_no_person")
    roster, ours = inputs.gathered.roster, inputs.gathered.duties
    people = roster[_is_named(roster["person_id"], person)]
    again = Again(inputs, people, ours[_is_named(ours["duty_id"], person)])
    gathered = _with_fates(inputs, people, again)
    fates = gathered.rows.drop_duplicates("source_row").set_index("source_row")
    cells = cells.assign(**{name: cells["source_row"].map(fates[name]) for name in ("outcome", "rule")})
    known = _known(inputs, cells, people)
    return PersonRead(again, known, gathered)


def _with_fates(inputs: Inputs, people: DataFrame, again: "Again") -> Intake:
    """What was gathered, with what became of those rows of the person that no finding is about.

    Takes: ROSTER of the person.
    """
    if people.empty:
        return inputs.gathered
    gathered = replace(inputs.gathered, roster=people.reset_index(drop=True))
    return state_fates(gathered, people_part(again.as_it_is()), inputs.rulebook)


def _is_named(ids: Series, name: str) -> "Series[bool]":
    return (ids.str.casefold() == name.strip().casefold()).astype(bool)


def _known(inputs: Inputs, cells: DataFrame, people: DataFrame) -> TraceContext:
    outages = inputs.gathered.record.outages
    return TraceContext(
        rulebook=inputs.rulebook.whole,
        cells=cells,
        people=people,
        stay=stay_steps(authorized_stays(people, inputs.rulebook), inputs.rulebook),
        outages=outages,
        standing=dict(zip(outages["outage_id"], verification_standing(outages), strict=True)),
        as_of=inputs.as_of,
        language=inputs.settings.language,
    )


def _duties(again: Again, known: TraceContext, deadline: str, as_known: Timestamp | None) -> Iterator[TracedDuty]:
    if again.people.empty and again.duties.empty:
        return
    findings, spoken, known = _findings_said(again, known, as_known)
    for finding, words in zip(findings.to_dict("records"), spoken.to_dict("records"), strict=True):
        if deadline in ("", finding["deadline"]):
            steps, answers = tuple(chain(finding, known)), tuple(counterfactuals(again, finding))
            yield TracedDuty(finding["person_id"], finding["source_row"], finding | words, steps, answers)


def _findings_said(
    again: Again, known: TraceContext, as_known: Timestamp | None
) -> tuple[DataFrame, DataFrame, TraceContext]:
    """FINDINGS of the person, their sentences on the same rows, and the context with the outages they name alone."""
    findings = again.as_it_is()
    named = {name for names in findings["outages"] for name in str(names).split(";")}
    known = replace(known, outages=known.outages[known.outages["outage_id"].isin(named)])
    told = tell(findings, known.people, known.rulebook, known.language)
    on = again.inputs.as_of.tz_convert(zone(again.inputs.settings.office.time_zone)).date()
    granted = reliefs(again.inputs.store, as_known)
    relief = relief_of_findings(told["outages"], known.outages, granted, known.language, on)
    return findings, told[list(_SPOKEN)].assign(relief=relief), known


def _row(source_row: str, gathered: Intake, known: TraceContext) -> TracedDuty:
    problems: Any = (p for p in gathered.problems if f"{p.source}!{p.sheet}:{p.row}" == source_row)
    return row_without_duty(source_row, tuple(problems), known)


MARK = "\x1f"
"""Between the id of a copy and what was changed in it; no id of a roster holds it."""
WORST_DAY = Timedelta(days=1)


class Card(Struct, frozen=True):
    """One duty, or one row that has none, with what would change its level.

    `finding` is empty for a row that was not judged: then `problems` say why, and `worst` how bad it could be.
    """

    source_row: str
    finding: Finding
    others: tuple[Finding, ...] = ()
    changes: tuple[Counterfactual, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    worst: str = ""
    weeks: tuple[WeekOfDuty, ...] = ()


class Cards(Struct, frozen=True):
    """The worst duty of that id, then each row that was set aside; and what they are told from."""

    cards: tuple[Card, ...]
    known: TraceContext
    tellings: tuple[Telling, ...]
    person: str
    has_record: bool  # an outage record was read
    office_zone: str
    failures: tuple[ReporterError, ...]


def cards_of(
    settings: Settings, as_of: Timestamp, person: str, *, deadline: str = "", as_known: Timestamp | None = None
) -> Cards:
    """The cards of one person, or of one of the institution's own duties.

    Takes:  person - the id, as a roster or sheet of duties has it; deadline - the only kind wanted, all when empty.
    Raises: RosterError - no roster can be read, or none has that person.
    """
    found = read_person(settings, as_of, person, as_known)
    inputs = found.again.inputs
    duty, known = _of_duties(found, settings, deadline, as_known)
    done = {duty.source_row} if duty else set()
    aside = found.known.cells[found.known.cells["outcome"] == "set_aside"]["source_row"].drop_duplicates()
    rows = [] if deadline else [row for row in aside if row not in done]
    bytes_of, names = partial(mail_bytes, settings.runs_folder, inputs.store), given_names(found.again.people)
    return Cards(
        cards=(*([duty] if duty else []), *(_of_row(row, found) for row in rows)),
        known=known,
        tellings=tellings(inputs.store, report_asked(settings), person, names, bytes_of, most=LATEST),
        person=person,
        has_record=inputs.gathered.has_outage_record,
        office_zone=settings.office.time_zone,
        failures=inputs.gathered.failures,
    )


def _of_duties(
    found: PersonRead, settings: Settings, deadline: str, as_known: Timestamp | None
) -> tuple[Card | None, TraceContext]:
    """The card of the worst duty, with the others named on it."""
    again = found.again
    if again.people.empty and again.duties.empty:
        return None, found.known
    findings, spoken, known = _findings_said(again, found.known, as_known)
    whole = [
        {str(name): value for name, value in (finding | words).items()}
        for finding, words in zip(findings.to_dict("records"), spoken.to_dict("records"), strict=True)
        if deadline in ("", finding["deadline"])
    ]
    if not whole:
        return None, known
    lead, *others = sorted(whole, key=gravity)  # as on every first screen
    unconfirmed = tuple(_unconfirmed(lead, known))
    card = Card(
        source_row=lead["source_row"],
        finding=lead,
        others=tuple(other for other in others if other["level"] in AT_RISK),
        changes=tuple(_changes(again, lead, unconfirmed)),
        unconfirmed=unconfirmed,
        worst=_worst(again, lead["person_id"]) if lead["level"] == "data_problem" else "",
        weeks=weeks_of_duty(again.inputs.store, report_asked(settings), lead["person_id"], lead["deadline"]),
    )
    return card, known


def _unconfirmed(finding: Finding, known: TraceContext) -> Iterator[str]:
    """The outages in the window that are not confirmed."""
    names = (name for name in str(finding["outages"]).split(";") if name)
    return (name for name in names if known.standing[name] not in known.rulebook.limits.confirmed)


def _changes(again: Again, finding: Finding, unconfirmed: tuple[str, ...]) -> Iterator[Counterfactual]:
    """What would change the level: a filing, a confirmation, the other sign-in, the other reading of the date."""
    yield from _filed_answer(again, finding)
    if unconfirmed:
        yield _finding_of(again.confirmed(unconfirmed), finding, "confirmed", outages=unconfirmed)
    copies = dict(_copies(again, finding))
    if not copies:
        return
    whole = again.of_copies(copies, MARK)
    for change in copies:
        mine = whole[whole["person_id"].str.endswith(f"{MARK}{change}")]
        yield _finding_of(mine, finding, change)


def _copies(again: Again, finding: Finding) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The other ways to sign in, where they open the duty by other services, and the other reading of its date."""
    rulebook, recorded = again.inputs.rulebook.whole, str(finding["sign_in_method"])
    ways = routes(rulebook)
    services = {way: ways[route_key(finding["deadline"], way)].services for way in METHODS}
    accepted = {way for service in rulebook.services.values() for way in service.sign_in}
    for way in (way for way in METHODS if way in accepted):
        if recorded != way and services[way] != services[recorded] and not finding["is_past"]:
            yield way, {"sign_in_method": way}
    if finding["reading"] and pd.notna(finding["other_on"]):
        yield "other_date", {"reading": finding["reading"]}


def _of_row(source_row: str, found: PersonRead) -> Card:
    """The card of a row that was set aside."""
    problems = (p for p in found.gathered.problems if f"{p.source}!{p.sheet}:{p.row}" == source_row)
    errors = tuple(problem for problem in problems if problem.severity == "error")
    return Card(source_row=source_row, finding={}, problems=errors, worst=_worst(found.again, "row"))


def _worst(again: Again, person: str) -> str:
    """The level, by the same rules, of a permit that ended the day before and for which nothing is recorded."""
    day = again.inputs.as_of.tz_localize(None).normalize() - WORST_DAY
    row = {"person_id": person, "source_row": "worst", "permit_expires_on": day, "permit_expires_state": "date"}
    people = ROSTER.cast(DataFrame([row | {"date_certainty": "clear", "reading": ""}]))
    findings = again.inputs.findings(roster=people)
    return str(findings["level"].iloc[0]) if len(findings) else ""
