"""`outages key`, `publish`, `give` and `compare`: the public record, and how others' stand beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.context import Desk, as_json, desk, print_json, recorded_at

if TYPE_CHECKING:
    from rich.table import Table

    from reporter.pipeline.upkeep.publication import Disagreement
COMPARED = ("outage_id", "services", "began_at", "ended_at", "kind", "verification", "status", "title", "came_from")


@click.command()
@context.config
@context.language
def key(config: Path | None, lang: str | None) -> None:
    """Print the key that others check your public record by; the first time, make it.

    The private half is written beside the settings, readable by you alone (record-key.pem). Keep a copy of it apart.
    """
    known = context.settings(config, language=lang)
    from reporter.pipeline.upkeep.publication import PRIVATE_KEY, make_key
    from reporter.text.catalogue import words

    text, is_new = make_key(known)
    click.echo(text)
    if is_new:
        said = words("outages_cli", known.language)["key_made"]
        click.echo(said.format(path=known.path(PRIVATE_KEY)), err=True)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@context.config
@context.store
@context.language
@recorded_at
@click.option("--no-history", is_flag=True, help="Begin without the past outages that come with the program.")
def publish(
    folder: Path, config: Path | None, store: str | None, lang: str | None, as_of: str | None, no_history: bool
) -> None:
    """Write the confirmed outages as a site for anybody to follow: signed, append-only, with nobody named in it.

    Again into the same folder, it goes on from what stands there. Put the folder on any web server.
    """
    with desk(config, store, lang) as at:
        from reporter.pipeline.upkeep.publication import publish as publish_site
        from reporter.text.catalogue import counted

        done = publish_site(at.known, at.store, at.captures, folder, at=at.instant(as_of), with_history=not no_history)
        entries = counted(at.words, "entry", len(done.record.entries), at.language)
        click.echo(at.words["published"].format(folder=folder, entries=entries, new=done.new))


@click.command()
@click.argument("path", type=context.FILE, metavar="FILE")
@click.argument("outage_ids", nargs=-1, required=True, metavar="OUTAGE_ID...")
@context.config
@context.store
@context.language
@recorded_at
def give(
    path: Path, outage_ids: tuple[str, ...], config: Path | None, store: str | None, lang: str | None, as_of: str | None
) -> None:
    """Write a signed file with some of your outages, for an office whose record lacks them or has them otherwise.

    There it is read with outages import FILE --key KEY, and waits until somebody confirms it.
    """
    with desk(config, store, lang) as at:
        from reporter.pipeline.upkeep.publication import give as give_outages
        from reporter.text.catalogue import counted

        record = give_outages(at.known, at.store, path, outage_ids, at=at.instant(as_of))
        outages = counted(at.words, "outage", len(record.entries), at.language)
        click.echo(at.words["given"].format(path=path, outages=outages, key=record.key))


@click.command()
@context.config
@context.store
@context.language
@as_json
def compare(config: Path | None, store: str | None, lang: str | None, as_json: bool) -> None:
    """Show side by side what the public records of others and your own say otherwise of one outage."""
    with desk(config, store, lang) as at:
        from reporter.pipeline.upkeep.publication import disagreements

        found = disagreements(at.store)
        if as_json:
            print_json([{"differ": one.differ, "outages": one.outages} for one in found])
            return
        from reporter.cli.console import terminal

        for one in found:
            terminal().print(_table(at, one))
        if not found:
            click.echo(at.words["no_difference"])


def _table(at: Desk, one: Disagreement) -> Table:
    """A column for each that says something, a line for each fact, and a mark where they differ."""
    from rich.text import Text

    from reporter.cli.console import table_of

    w, table = at.words, table_of("")
    table.title = None
    table.add_column("")
    for told in one.outages:
        table.add_column(Text(told["publisher"] or w["ours"]), overflow="fold")
    for name in COMPARED:
        said = [_shown(at, name, told[name]) for told in one.outages]
        table.add_row(Text(("≠ " if name in one.differ else "  ") + w[name]), *map(Text, said))
    return table


def _shown(at: Desk, name: str, text: str) -> str:
    """A fact in words; an instant on the office's clock."""
    if not text:
        return at.words["open"] if name == "ended_at" else "–"
    if not name.endswith("_at"):
        return at.words.get(f"{name}_{text}", text)
    from pandas import Timestamp

    from reporter.text.formats import clock

    return clock(Timestamp(text), context.office_zone(at.known.office.time_zone), at.language)
