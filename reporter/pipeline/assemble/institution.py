"""The institution's own duties in a run: read, judged by the same engine, and told beside the people's."""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.engine.downtime import information, routes
from reporter.engine.exposure import measure
from reporter.engine.institution import institution_duties
from reporter.engine.risk import judge
from reporter.errors import ReporterError
from reporter.model.problem import Problem
from reporter.model.report import OwnDuties
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import FINDINGS, OWN, ROSTER, ROWS
from reporter.readers.book import open_book
from reporter.readers.institution import OwnReading, read_own_duties
from reporter.report.scope import account
from reporter.rules.holidays import federal_holidays
from reporter.rules.load import own_duty_names
from reporter.rules.wording import tell
from reporter.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Own:
    """What was read of the institution's duties: OWN, the account of its rows as ROWS, and every fault."""

    duties: DataFrame
    rows: DataFrame
    problems: tuple[Problem, ...] = ()
    failures: tuple[ReporterError, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()


def gather_own(settings: Settings, rulebook: Rulebook) -> Own:
    """Every sheet of duties that the settings name; one that cannot be read costs the others nothing."""
    readings: list[OwnReading] = []
    failures: list[ReporterError] = []
    inputs: list[tuple[str, str]] = []
    for entry in settings.duties:
        try:
            book = open_book(settings.path(entry.path))
            reading = read_own_duties(
                book,
                own_duty_names(rulebook),
                sheet=entry.sheet,
                date_order=entry.date_order,
                time_zone=settings.office.time_zone,
            )
        except ReporterError as error:
            failures.append(error)
            continue
        readings.append(reading)
        inputs.append((Path(entry.path).name, book.sha256))
    if not readings:
        return Own(OWN.empty(), ROWS.empty(), failures=tuple(failures))
    return Own(
        duties=OWN.cast(pd.concat([reading.duties for reading in readings], ignore_index=True)),
        rows=ROWS.cast(pd.concat([reading.rows for reading in readings], ignore_index=True)),
        problems=tuple(problem for reading in readings for problem in reading.problems),
        failures=tuple(failures),
        inputs=tuple(inputs),
    )


def judged_own(
    own: DataFrame, record: DataFrame, confirmed: DataFrame, rulebook: Rulebook, as_of: Timestamp, office_zone: str
) -> DataFrame:
    """FINDINGS of the institution's duties, worst first; `person_id` is the duty's id.

    Takes: OWN; OUTAGES; those of them that are confirmed; the rulebook, with its own part.
    """
    rules = rulebook.institution
    if rules is None or own.empty:
        return FINDINGS.empty()
    due = institution_duties(own, rules, as_of, holidays=federal_holidays(), office_zone=office_zone)
    against = partial(measure, due, routes=routes(rules), as_of=as_of, information=information(rules))
    found = judge(due, against(record), against(confirmed), rules)
    log.info("examined: %d duties of the institution", len(found))
    return found


def told_own(own: Own, findings: DataFrame, rulebook: Rulebook, language: str) -> OwnDuties | None:
    """The duties as a reader of that language sees them, with their row account; None when no sheet was read."""
    if not own.inputs or rulebook.institution is None:
        return None
    return OwnDuties(tell(findings, ROSTER.cast(own.duties), rulebook.institution, language), account(own.rows))
