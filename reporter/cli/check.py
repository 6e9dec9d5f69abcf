"""`reporter check`: what the program understands of a roster, before anything is done with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from reporter.cli import context
from reporter.cli.context import problem_lines, problem_record
from reporter.cli.streams import question_left, watching
from reporter.text.catalogue import words
from reporter.text.formats import join_phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.model.problem import Problem
    from reporter.model.report import Account
    from reporter.readers.roster import RosterReading


@click.command()
@click.argument("roster", type=context.FILE)
@context.config
@context.language
@click.option("--save-mapping", is_flag=True, help="Keep this mapping; a later run stops when a header has changed.")
@click.option("--json", "as_json", is_flag=True, help="Print the account, the mapping and the problems as JSON.")
def check(roster: Path, config: Path | None, lang: str | None, save_mapping: bool, as_json: bool) -> None:
    """Read and map ROSTER, and print what was understood and what was not. Writes nothing unless told to."""
    known = context.settings(config, rosters=(roster,), language=lang)
    from reporter.model.progress import begin_stage
    from reporter.pipeline.assemble.inputs import read_alone
    from reporter.settings import profile_path, save_profile

    with watching(known.language, question_left(known.language)):
        begin_stage("read")
        readings = read_alone(known, context.typed_instant(None, known.office.time_zone))
    if save_mapping:
        path = profile_path(known.home, roster)
        save_profile(path, _mapping(readings[0]))
        click.echo(str(path), err=True)
    if as_json:
        context.print_json(_facts(readings, known.language))
        return
    show_reading(readings, known.language)


def _mapping(reading: RosterReading) -> dict[str, str]:
    return {m.field: m.header for m in reading.mapping if m.field != "dropped"}


def _facts(readings: list[RosterReading], language: str) -> dict[str, Any]:
    from reporter.readers.warnings import missing_fields

    whole, reading = _account(readings), readings[0]
    return {
        "rows_read": whole.read,
        "rows_ready": whole.assessed,
        "rows_superseded": whole.superseded,
        "rows_repeated": whole.repeated,
        "rows_set_aside": whole.set_aside,
        "rows_excluded": whole.excluded,
        "not_read": [asdict(part) for part in whole.not_read],
        "sheet": reading.sheet,
        "header_row": reading.header_row,
        "tables": [{"sheet": one.sheet, "header_row": one.header_row, "rows_read": len(one.rows)} for one in readings],
        "mapping": _mapping(reading),
        "unmapped": [header for header, _ in reading.unmapped],
        "missing": list(missing_fields([m.field for m in reading.mapping])),
        "problems": [problem_record(problem, language) for problem in _problems(readings)],
    }


def _account(readings: Sequence[RosterReading]) -> Account:
    import pandas as pd

    from reporter.report.recipients import account

    rows = pd.concat([reading.rows for reading in readings], ignore_index=True)
    return account(rows, [part for reading in readings for part in reading.not_read])


def _problems(readings: Sequence[RosterReading]) -> list[Problem]:
    """Everything that was noticed, each once: a note that is more than information is among the problems as well."""
    told = [p for reading in readings for p in (*reading.notes, *reading.problems)]
    return list({(p.source, p.sheet, p.row, p.column, p.code, p.value): p for p in told}.values())


def show_reading(readings: Sequence[RosterReading], language: str) -> None:
    """Print how a roster is read: each column with its field and a few values, the account, and what was noticed."""
    from reporter.cli.terminal import account_line, terminal

    show_mapping(readings, language)
    console = terminal()
    console.print(account_line(_account(readings), language), soft_wrap=True)
    for line in problem_lines(_problems(readings), language, is_named=False):
        console.print(line, markup=False, soft_wrap=True)


def show_mapping(readings: Sequence[RosterReading], language: str) -> None:
    """Print where the headings were found, each column with its field and a few values, and what has no column."""
    from rich.text import Text

    from reporter.cli.terminal import table_of, terminal
    from reporter.readers.headers import field_label
    from reporter.readers.warnings import missing_fields

    reading, console = readings[0], terminal()
    w = words("cli", language)
    table = table_of(w, "field", "header", "column", "how", "samples")
    for mapped in reading.mapping:
        samples = Text(" · ".join(mapped.samples), overflow="ellipsis", no_wrap=True)
        table.add_row(
            field_label(mapped.field, language), Text(mapped.header), mapped.column, w[f"how_{mapped.how}"], samples
        )
    for one in readings:
        found = w["sheet_found" if one.sheet else "header_found"]
        console.print(found.format(sheet=one.sheet, row=one.header_row), markup=False)
    console.print(table)
    left = ", ".join(f"{header} ({column})" for header, column in reading.unmapped)
    console.print(w["left_over"].format(headers=left or "–"), markup=False, soft_wrap=True)
    lacking = [f"{name} ({w[f'lacking_{name}']})" for name in missing_fields([m.field for m in reading.mapping])]
    if lacking:
        console.print(w["lacking"].format(fields=join_phrases(lacking, language)), markup=False, soft_wrap=True)


@click.command()
@click.argument("roster", type=context.FILE)
@context.config
@context.as_of
@context.language
@context.store
@click.option("--out", type=context.FILE, help="The copy; NAME.reviewed.xlsx beside the roster, if left out.")
def annotate(
    roster: Path, config: Path | None, as_of: str | None, lang: str | None, store: str | None, out: Path | None
) -> None:
    """Write a copy of the workbook ROSTER with level, reason, file-before hour and outage hours on each row.

    The columns stand at the right of all others; nothing else in the file changes, and the original is never written
    to. Only .xlsx and .xlsm.
    """
    known = context.settings(config, rosters=(roster,), language=lang, store=store)
    at = context.typed_instant(as_of, known.office.time_zone)
    from reporter.pipeline.upkeep.annotate import annotate as write

    done = write(known, known.roster[0], at, out=out)
    w = words("cli", known.language)
    click.echo(w["annotate_done"].format(path=done.path, rows=done.rows, sheet=done.sheet))
    for note in done.notes:
        click.echo(w[note], err=True)
