"""Closes the account of the rows once they are judged: every row has a finding, or a fate with its reason.

A run whose account stays open stops here. `close_account` is pure; `read_alone` reads one roster, for a question
about it.
"""

from dataclasses import replace
from typing import Any

import msgspec
import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.engine.due import duties
from reporter.engine.fates import silent_rows
from reporter.errors import ReporterError, refused
from reporter.model.account import FATES
from reporter.model.problem import Problem
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import ROSTER, ROWS, people_part
from reporter.pipeline.assemble.gather import Intake, gather_inputs
from reporter.readers.identity import row_problem
from reporter.readers.roster import RosterReading
from reporter.rules.holidays import federal_holidays
from reporter.rules.load import load_rulebook
from reporter.settings import Settings

NAMED = 5
"""How many rows without a fate a message names."""


def close_account(gathered: Intake, findings: DataFrame, rulebook: Rulebook) -> Intake:
    """What was gathered, with the fate of every row, once none is left without one.

    Takes:  FINDINGS of its whole roster.
    Raises: ReporterError - a row has neither a finding nor a fate, or was lost on the way from the file: nothing may be
            said of the others.
    """
    closed = state_fates(gathered, findings, rulebook)
    left = [*lost_rows(closed), *rows_without_end(people_part(closed.rows), findings)]
    if left:
        rows = ", ".join(left[:NAMED])
        raise refused(ReporterError, "stop_account_open", read=len(closed.rows), count=len(left), rows=rows)
    return closed


def lost_rows(gathered: Intake) -> Series:
    """The addresses of the rows that a roster has under its headings and that the account does not know."""
    read = pd.concat([Series(one.lines.index, dtype="str") for one in gathered.readings], ignore_index=True)
    return read[~read.isin(gathered.rows["source_row"])]


def rows_without_end(rows: DataFrame, findings: DataFrame) -> Series:
    """The addresses of the rows that vanished: without a known fate, or assessed and in no finding.

    Takes: ROWS of people; FINDINGS.
    """
    is_silent = (rows["outcome"] == "assessed") & ~rows["source_row"].isin(findings["source_row"])
    return rows.loc[is_silent | ~rows["outcome"].isin(FATES), "source_row"]


def state_fates(gathered: Intake, findings: DataFrame, rulebook: Rulebook) -> Intake:
    """What was gathered, in which a row that no finding is about says what became of it, and a date too old is told.

    Takes: FINDINGS of its roster.
    """
    gathered = replace(gathered, problems=(*gathered.problems, *_too_old(gathered, findings, rulebook)))
    fates = silent_rows(gathered.roster, findings).set_index("source_row")
    if fates.empty:
        return gathered
    rows, at = gathered.rows, gathered.rows["source_row"]
    is_open = (rows["outcome"] == "assessed") & at.isin(fates.index)
    settled = rows.assign(
        outcome=rows["outcome"].mask(is_open, at.map(fates["outcome"])),
        rule=rows["rule"].mask(is_open, at.map(fates["rule"])),
    )
    aside = fates.index[fates["outcome"] == "set_aside"]
    return replace(
        gathered,
        rows=ROWS.cast(settled),
        roster=ROSTER.cast(gathered.roster[~gathered.roster["source_row"].isin(aside)].reset_index(drop=True)),
        readings=tuple(_kept(reading, settled) for reading in gathered.readings) if len(aside) else gathered.readings,
        problems=(*gathered.problems, *_told(gathered, fates)),
    )


def read_alone(settings: Settings, as_of: Timestamp) -> list[RosterReading]:
    """The first roster of the settings as a run would read it, with the fate of every row; nothing is written.

    Raises: ReporterError - the roster or the rules cannot be used.
    """
    only = msgspec.structs.replace(settings, roster=settings.roster[:1], outages=(), duties=())
    rulebook = load_rulebook(settings.rules_path, settings.register_path)
    gathered = gather_inputs(only, rulebook, as_of, None)
    office_zone = settings.office.time_zone
    found = duties(gathered.roster, rulebook, as_of, holidays=federal_holidays(), office_zone=office_zone)
    closed = close_account(gathered, found, rulebook)
    return [_of_file(reading, closed, is_first=not n) for n, reading in enumerate(closed.readings)]


def _of_file(reading: RosterReading, closed: Intake, *, is_first: bool) -> RosterReading:
    """One table's reading with its rows as the account has them; what was told of the whole stands with the first."""
    rows = closed.rows[closed.rows["source_row"].isin(reading.rows["source_row"])]
    return replace(reading, rows=rows, problems=closed.problems if is_first else ())


def _kept(reading: RosterReading, rows: DataFrame) -> RosterReading:
    """The reading with its rows set aside as they stood."""
    aside = rows.loc[rows["outcome"] == "set_aside", "source_row"]
    return replace(reading, originals=reading.lines[reading.lines.index.isin(aside)])


def _told(gathered: Intake, fates: DataFrame) -> list[Problem]:
    """Each such row's own sentence; the excluded ones are told by their rule."""
    names = Series(fates.index)
    holder = {row: reading for reading in gathered.readings for row in names[names.isin(reading.rows["source_row"])]}
    told: list[Problem] = []
    for fate in fates[fates["outcome"] != "excluded"].reset_index().to_dict("records"):
        told.append(_sentence(holder[fate["source_row"]], fate))
    return told


def _too_old(gathered: Intake, findings: DataFrame, rulebook: Rulebook) -> list[Problem]:
    """The dates that are older than every version of the rule that counts from them, each told once."""
    old = findings[findings["is_before_the_rule"]]
    told: dict[tuple[str, str], str] = {}
    for row in old[["source_row", "deadline", "counted_on"]].to_dict("records"):
        field = rulebook.deadlines[str(row["deadline"])].counts_from
        told.setdefault((row["source_row"], field), f"{row['counted_on']:%Y-%m-%d}")
    known = {row: reading for reading in gathered.readings for row in reading.rows["source_row"]} if told else {}
    return [
        row_problem(known[row], "date_before_rule", row, "", field=field, value=value)
        for (row, field), value in sorted(told.items())
        if row in known
    ]


def _sentence(reading: RosterReading, fate: dict[Any, Any]) -> Problem:
    code, row, other = fate["rule"], fate["source_row"], "" if fate["of"] != fate["of"] else fate["of"]
    if fate["outcome"] != "superseded":
        return row_problem(reading, code, row, other, field="person_id")
    ends, later = (f"{fate[name]:%Y-%m-%d}" for name in ("ends_on", "later_on"))
    return row_problem(reading, code, row, other, field="permit_expires_on", value=ends, second=later)
