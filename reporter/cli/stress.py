"""`reporter stress`: the worst moments of the coming months for an outage of a given length."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.context import print_json
from reporter.cli.usage import misuse
from reporter.cli.whatif import services

if TYPE_CHECKING:
    from pandas import Timedelta
HOUR = 3600
LONGEST_DAYS = 1000


@click.command()
@click.option("--hours", default="4,12,96", show_default=True, metavar="H,H", help="Lengths to try, in hours.")
@click.option("--days", type=click.FloatRange(0, LONGEST_DAYS, min_open=True), default=180, show_default=True)
@click.option("--step", default="1h", show_default=True, help="How far apart the moments tried are: 30min, 1h, 6h.")
@click.option("--service", metavar="SERVICE", help="What is down: names or ids, `;` between; all of them, else.")
@click.option("--kind", type=click.Choice(["unplanned", "planned"]), default="unplanned", show_default=True)
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="A roster; may be given several times.")
@click.option("--outages", type=context.FILE, multiple=True, help="An outage record; may be given several times.")
@context.as_of
@context.language
@context.store
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="A folder for the workbook and the map.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
def stress(
    hours: str,
    days: float,
    step: str,
    service: str | None,
    kind: str,
    config: Path | None,
    rosters: tuple[Path, ...],
    outages: tuple[Path, ...],
    as_of: str | None,
    lang: str | None,
    store: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Find the worst moments for an outage of each length, within the coming days. Remembers nothing.

    With --out it also writes stress.xlsx and the map stress.svg, into a folder of their own.
    """
    lengths, apart = _lengths(hours), _step(step)
    if out and apart.total_seconds() > HOUR:
        raise misuse("map_step", option="--step")
    known = context.settings(config, rosters=rosters, outages=outages, language=lang, store=store)
    at = context.typed_instant(as_of, known.office.time_zone)
    from reporter.cli import answers
    from reporter.pipeline.assemble.inputs import read_for_question
    from reporter.pipeline.questions.what_if import run_stress

    inputs = read_for_question(known, at)
    down = services(service, inputs.rulebook, known.language) if service else ()
    answer = run_stress(inputs, down, lengths, days=days, step=apart, kind=kind)
    answers.not_read(inputs, known.language)
    if out:
        answers.write(answer, inputs, lengths, known.language, out)
    if as_json:
        print_json(answers.stress_answer(answer, at, lengths))
    else:
        answers.show_stress(answer, inputs, lengths, known.language)


def _lengths(text: str) -> tuple[float, ...]:
    try:
        lengths = tuple(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError as error:
        raise misuse("hours", option="--hours", value=text) from error
    if not all(0 < hours <= LONGEST_DAYS * 24 for hours in lengths):
        raise misuse("no_hours", option="--hours", value=text)
    return lengths


def _step(text: str) -> Timedelta:
    import pandas as pd

    try:
        step = pd.Timedelta(text)
    except ValueError as error:
        raise misuse("length", option="--step", value=text) from error
    if not step.total_seconds() >= HOUR / 60:
        raise misuse("least_step", option="--step")
    return step
