"""What a reader asks first of one person, of a duty of the institution or of a row set aside: a card of twelve lines.

It asks the engine as seldom as it can: the copies of a person that sign in otherwise, or whose date reads otherwise,
are judged together, as if they were other people. Writes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas import DataFrame, Timedelta, Timestamp

from reporter.engine.downtime import METHODS, route_key, routes
from reporter.errors import ReporterError
from reporter.model.levels import AT_RISK
from reporter.model.problem import Problem
from reporter.model.shapes import ROSTER
from reporter.model.trace import Counterfactual
from reporter.pipeline.questions.explain import (
    Again,
    Finding,
    PersonRead,
    filed_answer,
    finding_of,
    findings_said,
    read_person,
)
from reporter.pipeline.questions.history import Telling, WeekOfDuty, latest_tellings, weeks_of_duty
from reporter.report.people import gravity
from reporter.report.trace import TraceContext
from reporter.settings import Settings

MARK = "\x1f"
"""Between the id of a copy and what was changed in it; no id of a roster holds it."""
SIGN_INS = ("gckey", "signin_partner")
WORST_DAY = Timedelta(days=1)


@dataclass(frozen=True)
class Card:
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


@dataclass(frozen=True)
class Cards:
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
    return Cards(
        cards=(*([duty] if duty else []), *(_of_row(row, found) for row in rows)),
        known=known,
        tellings=latest_tellings(inputs.store, settings, person, found.again.people),
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
    findings, spoken, known = findings_said(again, found.known, as_known)
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
        weeks=weeks_of_duty(again.inputs.store, settings, lead["person_id"], lead["deadline"]),
    )
    return card, known


def _unconfirmed(finding: Finding, known: TraceContext) -> Iterator[str]:
    """The outages in the window that are not confirmed."""
    names = (name for name in str(finding["outages"]).split(";") if name)
    return (name for name in names if known.standing[name] not in known.rulebook.limits.confirmed)


def _changes(again: Again, finding: Finding, unconfirmed: tuple[str, ...]) -> Iterator[Counterfactual]:
    """What would change the level: a filing, a confirmation, the other sign-in, the other reading of the date."""
    yield from filed_answer(again, finding)
    if unconfirmed:
        yield finding_of(again.confirmed(unconfirmed), finding, "confirmed", outages=unconfirmed)
    copies = dict(_copies(again, finding))
    if not copies:
        return
    whole = again.of_copies(copies, MARK)
    for change in copies:
        mine = whole[whole["person_id"].str.endswith(f"{MARK}{change}")]
        yield finding_of(mine, finding, change)


def _copies(again: Again, finding: Finding) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The other ways to sign in, where they open the duty by other services, and the other reading of its date."""
    ways = routes(again.inputs.rulebook.whole)
    services = {way: ways[route_key(finding["deadline"], way)].services for way in METHODS}
    recorded = str(finding["sign_in_method"])
    for way in SIGN_INS:
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
