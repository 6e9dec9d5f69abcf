"""`reporter annotate`: a copy of the office's own workbook, with what was found beside each row."""

from pathlib import Path

import click

from reporter.cli import options


@click.command()
@click.argument("roster", type=options.FILE)
@options.config
@options.as_of
@options.language
@options.store
@click.option("--out", type=options.FILE, help="The copy; NAME.reviewed.xlsx beside the roster, if left out.")
def annotate(
    roster: Path, config: Path | None, as_of: str | None, lang: str | None, store: str | None, out: Path | None
) -> None:
    """Write a copy of the workbook ROSTER with level, reason, file-before hour and outage hours on each row.

    The columns stand at the right of all others; nothing else in the file changes, and the original is never written
    to. Only .xlsx and .xlsm.
    """
    known = options.settings(config, rosters=(roster,), language=lang, store=store)
    at = options.instant(as_of, known.office.time_zone)
    from reporter.pipeline.upkeep.annotate import annotate as write
    from reporter.text.catalogue import words

    done = write(known, known.roster[0], at, out=out)
    w = words("cli", known.language)
    click.echo(w["annotate_done"].format(path=done.path, rows=done.rows, sheet=done.sheet))
    for note in done.notes:
        click.echo(w[note], err=True)
