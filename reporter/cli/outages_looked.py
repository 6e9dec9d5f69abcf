"""`outages looked`: somebody read the notices and found nothing new, which is worth as much as an outage."""

from __future__ import annotations

from pathlib import Path

import click

from reporter.cli import options
from reporter.cli.desk import desk, recorded_at


@click.command()
@options.config
@options.store
@options.language
@recorded_at
@click.option("--source", default="office", show_default=True, help="What was looked at, in a few words.")
@click.option("--to", "until", metavar="INSTANT", help="Up to when nothing is missed; the present, if left out.")
def looked(
    config: Path | None, store: str | None, lang: str | None, as_of: str | None, source: str, until: str | None
) -> None:
    """Note that the notices were read, so that a quiet record is not taken for one that nobody keeps."""
    with desk(config, store, lang) as at:
        from reporter.store.ledger import record_check
        from reporter.text.formats import clock

        moment = at.instant(as_of)
        to = min(moment, at.instant(until) if until else moment)
        record_check(at.store, source, moment, status="read", complete_to=to)
        told = clock(to, options.office_zone(at.known.office.time_zone), at.language)
        click.echo(at.words["looked_one"].format(source=source, clock=told))
