"""`outages lint`: what looks wrong in the windows on record, or in files not yet on record."""

from __future__ import annotations

from pathlib import Path

import click

from reporter.cli import options
from reporter.cli.desk import as_json, as_known, desk, print_json, problem_record, recorded_at

LONGEST_HOURS = 72.0


@click.command()
@click.argument("files", nargs=-1, type=options.FILE)
@options.config
@options.store
@options.language
@recorded_at
@as_known
@click.option("--longest", "longest_hours", type=float, default=LONGEST_HOURS, show_default=True, metavar="HOURS")
@as_json
def lint(
    files: tuple[Path, ...],
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
    as_known: str | None,
    longest_hours: float,
    as_json: bool,
) -> None:
    """Look for slips: a wrong weekday or zone, an end before the beginning, a duplicate. Changes nothing."""
    from reporter.text.catalogue import counted

    with desk(config, store, lang) as at:
        from reporter.outages.lint import lint as lint_all
        from reporter.pipeline.upkeep.record_outages import read_files
        from reporter.store.ledger import known, raw_texts

        moment = at.instant(as_of)
        if files:
            outages, problems, raw = *read_files(files, at.names, at=moment), {}
        else:
            outages, problems, raw = known(at.store, at.mark(as_known)), (), raw_texts(at.store, at.mark(as_known))
        found = (*problems, *lint_all(outages, as_of=moment, longest_hours=longest_hours, raw=raw))
        if as_json:
            print_json([problem_record(p, at.language) for p in found])
            return
        for problem in found:
            place = f"{problem.source} {problem.cell}".strip()
            click.echo(f"{at.words[problem.severity]} {problem.code} {place}: {problem.message(at.language)}")
        click.echo(
            at.words["linted"].format(
                outages=counted(at.words, "outage", len(outages), at.language),
                found=counted(at.words, "finding", len(found), at.language),
            ),
            err=True,
        )
