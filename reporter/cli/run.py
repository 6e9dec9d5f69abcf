"""`reporter run`: one run, from rosters to reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.pipeline.send.plan import Post
    from reporter.settings import Settings


@click.command()
@options.config
@click.option("--roster", "rosters", type=options.FILE, multiple=True, help="A roster; may be given several times.")
@click.option("--outages", type=options.FILE, multiple=True, help="An outage record; may be given several times.")
@click.option("--duties", type=options.FILE, multiple=True, help="A sheet of the institution's own duties.")
@options.as_of
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write; a fresh one, else.")
@options.language
@options.store
@click.option("--no-deliver", is_flag=True, help="Write and plan the digests, and send nothing yet.")
@click.option("--to-me", metavar="ADDRESS", help="Send the mails to this address alone; nobody is told by it.")
@click.option("--yes", is_flag=True, help="Agree to first mails to a recipient, and to many at once.")
@click.option("--past-week", is_flag=True, help="Plan and send mails although --as-of lies in an earlier week.")
@click.option("--strict", is_flag=True, help="Exit 5 when rows were set aside, 7 when the outage record is stale.")
@click.option(
    "--annotations",
    type=click.Path(path_type=Path),
    multiple=True,
    help="The last workbook, with what the office wrote in it, or the folder it is in; may be given several times.",
)
@click.option("--as-known", metavar="INSTANT", help="Use the outage ledger exactly as it stood then.")
@click.option("--accept-shrink", is_flag=True, help="Go on although a roster lost many rows since its last run.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest instead of the summary.")
def run(
    config: Path | None,
    rosters: tuple[Path, ...],
    outages: tuple[Path, ...],
    duties: tuple[Path, ...],
    as_of: str | None,
    as_known: str | None,
    out: Path | None,
    lang: str | None,
    store: str | None,
    no_deliver: bool,
    to_me: str | None,
    yes: bool,
    past_week: bool,
    strict: bool,
    annotations: tuple[Path, ...],
    accept_shrink: bool,
    as_json: bool,
) -> None:
    """Read the rosters and outage records, judge every duty, and write the workbook and the digests.

    Digests are written as files (.eml, .html, .txt) and, when the settings name a mail server, sent: once a week to
    each recipient, and again only when what they say has changed. With --as-of in another week they are files only.
    """
    known = options.settings(
        config, rosters=rosters, outages=outages, duties=duties, language=lang, store=store, annotations=annotations
    )
    at = options.instant(as_of, known.office.time_zone)
    mark = options.instant(as_known, known.office.time_zone, "--as-known") if as_known else None
    from reporter.cli.show import show
    from reporter.pipeline.run import run as pipeline
    from reporter.pipeline.run.run_lock import take_turn

    with take_turn(known, options.now) as turn:
        outcome = pipeline.run(
            known,
            at,
            out=out,
            strict=strict,
            accept_shrink=accept_shrink,
            as_known=mark,
            clock=options.now,
            deliver=not (no_deliver or to_me),
            yes=yes,
            past_too=past_week,
            turn=turn,
        )
    show(outcome, known.language, as_json=as_json)
    posts = outcome.told.posts if outcome.plan.is_rehearsed else None
    code = _show_me(known, to_me, posts) if to_me else 0
    click.get_current_context().exit(outcome.exit_code or code)


def _show_me(known: Settings, address: str, posts: Sequence[Post] | None) -> int:
    from reporter.cli.deliver import show_me
    from reporter.store.database import open_store

    store = open_store(known.store_url)
    try:
        return show_me(store, known, address, posts)
    finally:
        store.close()
