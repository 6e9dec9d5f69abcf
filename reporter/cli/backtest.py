"""`reporter backtest`: how early past reports warned, whom they missed, and how many alarms led to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.context import print_json
from reporter.cli.usage import misuse

if TYPE_CHECKING:
    from pandas import Timestamp

    from reporter.pipeline.questions.backtest import BackTest
    from reporter.settings import Settings


@click.command()
@click.option("--weeks", type=click.IntRange(1, 520), default=12, show_default=True, help="How many weeks back.")
@click.option("--from", "began", metavar="INSTANT", help="Where the period begins, in place of --weeks.")
@click.option("--to", "ended", metavar="INSTANT", help="Where it ends; now, if left out.")
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="Replay this roster week by week instead.")
@click.option("--outages", type=context.FILE, multiple=True, help="An outage record; may be given several times.")
@context.language
@context.store
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
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
    from reporter.cli.answers import not_read
    from reporter.pipeline.assemble.inputs import read_for_question
    from reporter.pipeline.questions.backtest import replay_weeks, weeks

    inputs = read_for_question(known, last)
    not_read(inputs, known.language)
    return replay_weeks(inputs, weeks(first, last))


def _recorded(known: Settings, first: Timestamp, last: Timestamp) -> BackTest:
    from reporter.errors import StoreError, refused
    from reporter.pipeline.assemble.report_identity import series
    from reporter.pipeline.questions.backtest import from_runs
    from reporter.rules.load import load_rulebook
    from reporter.store.database import is_there, open_store

    if not is_there(known.store_url):
        raise refused(StoreError, "stop_no_store", where="store")
    return from_runs(
        open_store(known.store_url),
        load_rulebook(known.rules_path, known.register_path),
        series(known),
        first,
        last,
    )
