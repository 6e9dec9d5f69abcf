"""`reporter purge` and `reporter person`: let go of what is past its time, and of one person on request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.audit import store_of_command
from reporter.cli.context import print_json

if TYPE_CHECKING:
    from reporter.settings import Settings

CLASSES = ("runs", "digests", "rosters", "outbox", "captures")


@click.command()
@click.option("--class", "classes", type=click.Choice(CLASSES), multiple=True, help="Only this class; may be repeated.")
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Instead of what [retention] says.")
@click.option("--dry-run", is_flag=True, help="Count what would go, and remove nothing.")
@context.config
@context.store
@context.language
@context.as_of
def purge(
    classes: tuple[str, ...],
    older_than: float | None,
    dry_run: bool,
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
) -> None:
    """Remove copies and renderings past their time, and write down how many; never the office's own files."""
    with store_of_command(config, store, lang) as (known, found):
        from reporter.pipeline.upkeep.privacy import purge as let_go
        from reporter.text.catalogue import words

        at, w = context.typed_instant(as_of, known.office.time_zone), words("keeping", known.language)
        done = let_go(known, found, at, classes=classes or CLASSES, older_than=older_than, is_dry=dry_run)
    for one in done:
        said = vars(one) | {"days": f"{one.days:g}"}
        click.echo(w["would_purge" if dry_run else "purged"].format(**said))
    if not done:
        click.echo(w["purge_kept"])


names = click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="Who it is, where no roster says it any more; may be repeated.",
)


@click.group()
def person() -> None:
    """Give out or erase what is held of one person."""


@person.command()
@click.argument("person_id", metavar="ID")
@names
@context.config
@context.store
@context.language
def export(person_id: str, names: tuple[str, ...], config: Path | None, store: str | None, lang: str | None) -> None:
    """Print all that the database and the run folders hold of the person, as JSON.

    A mail or a file that gives the name alone counts too: the name in the rosters of today, or one given here.
    """
    with store_of_command(config, store, lang) as (known, found):
        from reporter.pipeline.upkeep.privacy import export_person

        print_json(export_person(known, found, person_id, _called(known, person_id, names)))


def _called(known: Settings, person_id: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """By which names to look; a namesake in the rosters is told of."""
    from reporter.pipeline.assemble.inputs import listed_now
    from reporter.text.catalogue import words

    listed = listed_now(known, person_id, context.this_instant())
    if listed.has_namesake:
        click.echo(f"reporter: {words('keeping', known.language)['namesake']}", err=True)
    return tuple(dict.fromkeys((*listed.names, *names)))


@person.command()
@click.argument("person_id", metavar="ID")
@names
@click.option("--yes", is_flag=True, help="Erase; without it, only say what would be erased.")
@context.config
@context.store
@context.language
def erase(
    person_id: str,
    names: tuple[str, ...],
    yes: bool,
    config: Path | None,
    store: str | None,
    lang: str | None,
) -> None:
    """Take the person out of the database, the outbox and the evidence; list the files that still name them.

    A mail or a file that gives the name alone counts too: the name in the rosters of today, or one given here.
    The audit record keeps that somebody was erased, by a checksum of the id. The rosters are the office's: take the
    person out of them too, or the next run finds them again.
    """
    with store_of_command(config, store, lang) as (known, found):
        from reporter.pipeline.upkeep.privacy import erase_person
        from reporter.text.catalogue import words

        now, called = context.this_instant(), _called(known, person_id, names)
        erased = erase_person(known, found, person_id, now, names=called, is_dry=not yes)
        w = words("keeping", known.language)
    held = erased.held
    counts = {"mails": len(held.mails), "evidence": len(held.evidence)}
    said = w["erased" if yes else "would_erase"]
    click.echo(said.format(findings=held.findings, events=held.events, **counts))
    for path in erased.remaining:
        click.echo(w["remaining"].format(path=path))
