"""`reporter run`: one run, from rosters to reports."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.streams import question_left, report_left, watching
from reporter.errors import FolderError, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.pipeline.send.plan import Post
    from reporter.settings import Settings


@click.command()
@context.config
@context.rosters
@context.outages
@click.option("--duties", type=context.FILE, multiple=True, help="A sheet of the institution's own duties.")
@context.as_of
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write; a fresh one, else.")
@context.language
@context.store
@click.option(
    "--no-deliver", is_flag=True, help="Write the digests and hold them; `deliver --release` alone sends them."
)
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
@context.accept_shrink
@context.accept_rosters
@context.accept_store
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
    accept_rosters: bool,
    accept_store: bool,
    as_json: bool,
) -> None:
    """Read the rosters and outage records, judge every duty, and write the workbook and the digests.

    Digests are written as files (.eml, .html, .txt) and, when the settings name a mail server, sent: once a week to
    each recipient, and again only when what they say has changed. With --as-of in another week they are files only.
    """
    known = context.settings(
        config, rosters=rosters, outages=outages, duties=duties, language=lang, store=store, annotations=annotations
    )
    at = context.typed_instant(as_of, known.office.time_zone)
    mark = context.typed_instant(as_known, known.office.time_zone, "--as-known") if as_known else None
    from reporter.cli.terminal import show_run
    from reporter.pipeline.run import run as pipeline
    from reporter.pipeline.run.refusals import take_turn

    with watching(known.language, report_left(known)), take_turn(known, context.this_instant) as turn:
        outcome = pipeline.run(
            known,
            at,
            out=out,
            strict=strict,
            accept_shrink=accept_shrink,
            accept_rosters=accept_rosters,
            accept_store=accept_store,
            as_known=mark,
            clock=context.this_instant,
            deliver=not (no_deliver or to_me),
            hold=no_deliver,
            yes=yes,
            past_too=past_week,
            turn=turn,
        )
    show_run(outcome, known.language, as_json=as_json)
    if outcome.is_told:
        _tell_over(known)
    posts = outcome.told.posts if outcome.plan.is_rehearsed else None
    code = _show_me(known, to_me, posts) if to_me else 0
    click.get_current_context().exit(outcome.exit_code or code)


def _tell_over(known: Settings) -> None:
    """Whatever a look was stopped by, and was told of, is over."""
    from reporter.pipeline.send.status import tell_over
    from reporter.store.database import open_store

    store = open_store(known.store_url)
    try:
        tell_over(known, store, context.this_instant(), is_made=True)
    finally:
        store.close()


def _show_me(known: Settings, address: str, posts: Sequence[Post] | None) -> int:
    from reporter.cli.deliver import show_me
    from reporter.store.database import open_store

    store = open_store(known.store_url)
    try:
        return show_me(store, known, address, posts)
    finally:
        store.close()


def _write_samples(folder: Path) -> None:
    """The rosters, records and settings that came with the program, without the scripts that made them."""
    from reporter.resources import samples

    if folder.is_dir() and any(folder.iterdir()):
        raise refused(FolderError, "stop_not_empty", where=str(folder))
    shutil.copytree(samples(), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    click.echo(str(folder))


AS_OF = "2026-09-09T09:00:00-04:00"
A_WEEK_EARLIER = "2026-09-02T09:00:00-04:00"


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-out"), show_default=True)
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option(
    "--samples",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only write the sample files into this folder: the `samples/` of the documentation's examples.",
)
def demo(out: Path, lang: str, folder: Path | None) -> None:
    """Run on the sample rosters (invented people) and real outage history; everything stays in one folder.

    It runs twice, a week apart, so that the report can say what changed. No network and no server is needed.
    """
    if folder is not None:
        _write_samples(folder)
        return
    import msgspec

    from reporter.cli.terminal import show_run
    from reporter.pipeline.run import run as pipeline
    from reporter.resources import samples
    from reporter.settings import Identity

    home = out.absolute()
    shutil.rmtree(home / "last-week", ignore_errors=True)
    (home / "reporter.db").unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    known = context.settings(samples() / "reporter.toml", language=lang, store=f"sqlite:///{home / 'reporter.db'}")
    known = msgspec.structs.replace(known, identity=Identity())  # nothing is noted beside the samples
    with watching(lang, question_left(lang)):
        for as_of, folder in ((A_WEEK_EARLIER, home / "last-week"), (AS_OF, home)):
            outcome = pipeline.run(known, context.typed_instant(as_of, known.office.time_zone), out=folder)
    show_run(outcome, lang, as_json=False)
    click.get_current_context().exit(outcome.exit_code)
