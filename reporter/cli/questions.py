"""`reporter what-if`, `stress` and `backtest`: an invented outage, the worst moments for one, past weeks again.

How the answers are told stands in answers.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.context import on_settings, print_json
from reporter.cli.help import misuse
from reporter.cli.streams import question_left, watching
from reporter.errors import StoreError, refused

if TYPE_CHECKING:
    from pandas import Timedelta, Timestamp

    from reporter.model.rulebook import Rulebook
    from reporter.pipeline.questions.trials import BackTest
    from reporter.settings import Settings


HOUR = 3600
LONGEST_DAYS = 1000
kind_of_outage = click.option(
    "--kind", type=click.Choice(["unplanned", "planned"]), default="unplanned", show_default=True
)
asked_of_report = on_settings(context.rosters, context.outages, context.as_of, context.language, context.store)


@click.command("what-if")
@click.option("--service", required=True, metavar="SERVICE", help="What is down: names or ids, `;` between several.")
@click.option("--from", "began", required=True, metavar="INSTANT", help="When it would begin.")
@click.option("--hours", required=True, type=click.FloatRange(min=0, min_open=True), help="How long it would last.")
@kind_of_outage
@asked_of_report
@context.as_json
def what_if(
    known: Settings, service: str, began: str, hours: float, kind: str, as_of: Timestamp, as_json: bool
) -> None:
    """Ask who would be hit, level by level, if one more outage were on record. Writes and remembers nothing."""
    began_at = context.typed_instant(began, known.office.time_zone, "--from")
    import pandas as pd

    from reporter.cli import answers
    from reporter.cli.terminal import print_failures
    from reporter.pipeline.assemble.inputs import read_for_question
    from reporter.pipeline.questions.trials import invented_outage
    from reporter.pipeline.questions.trials import what_if as ask

    with watching(known.language, question_left(known.language)):
        inputs = read_for_question(known, as_of)
        down = services(service, inputs.rulebook, known.language)
        answer = ask(inputs, invented_outage(down, began_at, pd.Timedelta(hours=hours), kind), known.language)
    print_failures(inputs.gathered.failures, known.language)
    if as_json:
        print_json(answers.what_if_answer(answer, as_of))
    else:
        answers.show_what_if(answer, inputs, known.language)


def services(text: str, rulebook: Rulebook, language: str) -> tuple[str, ...]:
    """The ids of the services that were typed.

    Raises: Misuse - a name that no service has.
    """
    from reporter.pipeline.questions.trials import services_of

    ids, unknown = services_of(text, rulebook)
    if unknown or not ids:
        known = ", ".join(sorted(service.title.of(language) for service in rulebook.services.values()))
        raise misuse("service", option="--service", value="; ".join(unknown) or text, services=known)
    return ids


@click.command()
@click.option("--hours", default="4,12,96", show_default=True, metavar="H,H", help="Lengths to try, in hours.")
@click.option("--days", type=click.FloatRange(0, LONGEST_DAYS, min_open=True), default=180, show_default=True)
@click.option("--step", default="1h", show_default=True, help="How far apart the moments tried are: 30min, 1h, 6h.")
@click.option("--service", metavar="SERVICE", help="What is down: names or ids, `;` between; all of them, else.")
@kind_of_outage
@asked_of_report
@click.option("--out", type=context.FOLDER, help="A folder for the workbook and the map.")
@context.as_json
def stress(
    known: Settings,
    hours: str,
    days: float,
    step: str,
    service: str | None,
    kind: str,
    as_of: Timestamp,
    out: Path | None,
    as_json: bool,
) -> None:
    """Find the worst moments for an outage of each length, within the coming days. Remembers nothing.

    With --out it also writes stress.xlsx and the map stress.svg, into a folder of their own.
    """
    lengths, apart = _lengths(hours), _step(step)
    if out and apart.total_seconds() > HOUR:
        raise misuse("map_step", option="--step")
    from reporter.cli import answers
    from reporter.cli.terminal import print_failures
    from reporter.pipeline.assemble.inputs import read_for_question
    from reporter.pipeline.questions.trials import run_stress

    with watching(known.language, question_left(known.language)):
        inputs = read_for_question(known, as_of)
        down = services(service, inputs.rulebook, known.language) if service else ()
        answer = run_stress(inputs, down, lengths, days=days, step=apart, kind=kind)
    print_failures(inputs.gathered.failures, known.language)
    if out:
        answers.write(answer, inputs, lengths, known.language, out)
    if as_json:
        print_json(answers.stress_answer(answer, as_of, lengths))
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


@click.command()
@click.option("--weeks", type=click.IntRange(1, 520), default=12, show_default=True, help="How many weeks back.")
@click.option("--from", "began", metavar="INSTANT", help="Where the period begins, in place of --weeks.")
@click.option("--to", "ended", metavar="INSTANT", help="Where it ends; now, if left out.")
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="Replay this roster week by week instead.")
@context.outages
@context.language
@context.store
@context.as_json
def backtest(
    weeks: int,
    began: str | None,
    ended: str | None,
    config: Path | None,
    rosters: tuple[Path, ...],
    outages: tuple[Path, ...],
    lang: str | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Hold what past weeks said against how each duty ended: from the recorded runs, or by replaying a roster.

    A replay judges each week with what could be known then: no outage recorded later, no filing received later.
    """
    known = context.settings(config, rosters=rosters, outages=outages, language=lang, store=store)
    last = context.typed_instant(ended, known.office.time_zone, "--to")
    import pandas as pd

    first = (
        context.typed_instant(began, known.office.time_zone, "--from") if began else last - pd.Timedelta(weeks=weeks)
    )
    if not first < last:
        raise misuse("before_to", option="--from")
    from reporter.cli import answers
    from reporter.rules.load import load_rulebook

    answer = _replay(known, first, last) if rosters else _recorded(known, first, last)
    if as_json:
        print_json(answers.backtest_answer(answer))
    else:
        rulebook = load_rulebook(known.rules_path, known.register_path)
        answers.show_backtest(answer, rulebook, known.office.time_zone, known.language)


def _replay(known: Settings, first: Timestamp, last: Timestamp) -> BackTest:
    from reporter.cli.terminal import print_failures
    from reporter.pipeline.assemble.inputs import read_for_question
    from reporter.pipeline.questions.trials import replay_weeks, weeks

    with watching(known.language, question_left(known.language)):
        inputs = read_for_question(known, last)
        print_failures(inputs.gathered.failures, known.language)
        return replay_weeks(inputs, weeks(first, last))


def _recorded(known: Settings, first: Timestamp, last: Timestamp) -> BackTest:
    from reporter.pipeline.questions.trials import from_runs
    from reporter.rules.load import load_rulebook
    from reporter.store.database import is_there, open_store

    if not is_there(known.store_url):
        raise refused(StoreError, "stop_no_store", where="store")
    return from_runs(
        open_store(known.store_url),
        load_rulebook(known.rules_path, known.register_path),
        known.report.series,
        first,
        last,
    )
