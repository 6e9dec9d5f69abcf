"""`reporter audit`, `verify`, `purge` and `person`: what is kept of runs and people, and how it is let go.

The first two prove what was run and who was told, and that a run folder is whole; the others let go of what is past its
time, and of one person on request.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from reporter.cli import context
from reporter.cli.context import as_json, on_store, print_json, typed_head
from reporter.errors import Exit
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words

if TYPE_CHECKING:
    from pandas import Timestamp

    from reporter.settings import Settings
    from reporter.store.audit import Event
    from reporter.store.database import Store


CLASSES = ("runs", "digests", "renderings", "rosters", "outbox", "captures")


@click.command()
@click.option("--class", "classes", type=click.Choice(CLASSES), multiple=True, help="Only this class; may be repeated.")
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Instead of what [retention] says.")
@click.option("--dry-run", is_flag=True, help="Count what would go, and remove nothing.")
@on_store(context.store, context.language, context.as_of)
def purge(
    known: Settings, store: Store, classes: tuple[str, ...], older_than: float | None, dry_run: bool, as_of: Timestamp
) -> None:
    """Remove copies and renderings past their time, and write down how many; never the office's own files."""
    from reporter.pipeline.upkeep.privacy import purge as let_go

    w = words("keeping", known.language)
    done = let_go(known, store, as_of, classes=classes or CLASSES, older_than=older_than, is_dry=dry_run)
    for one in done:
        said = asdict(one) | {"days": f"{one.days:g}"}
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
@on_store(context.store, context.language)
def export(known: Settings, store: Store, person_id: str, names: tuple[str, ...]) -> None:
    """Print all that the database and the run folders hold of the person, as JSON.

    A mail or a file that gives the name alone counts too: the name in the rosters of today, or one given here.
    """
    from reporter.pipeline.upkeep.privacy import export_person

    print_json(export_person(known.runs_folder, store, person_id, _called(known, person_id, names)))


def _called(known: Settings, person_id: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """By which names to look; a namesake in the rosters is told of."""
    from reporter.pipeline.assemble.inputs import listed_now

    listed = listed_now(known, person_id, context.this_instant())
    if listed.has_namesake:
        click.echo(f"reporter: {words('keeping', known.language)['namesake']}", err=True)
    return tuple(dict.fromkeys((*listed.names, *names)))


@person.command()
@click.argument("person_id", metavar="ID")
@names
@click.option("--yes", is_flag=True, help="Erase; without it, only say what would be erased.")
@on_store(context.store, context.language)
def erase(known: Settings, store: Store, person_id: str, names: tuple[str, ...], yes: bool) -> None:
    """Take the person out of the database, the outbox and the evidence; list the files that still name them.

    A mail or a file that gives the name alone counts too: the name in the rosters of today, or one given here.
    The audit record keeps that somebody was erased, by a checksum of the id. The rosters are the office's: take the
    person out of them too, or the next run finds them again.
    """
    from reporter.pipeline.upkeep.privacy import erase_person

    now, called = context.this_instant(), _called(known, person_id, names)
    erased = erase_person(known, store, person_id, now, names=called, is_dry=not yes)
    w, held = words("keeping", known.language), erased.held
    counts = {"mails": len(held.mails), "evidence": len(held.evidence)}
    said = w["erased" if yes else "would_erase"]
    click.echo(said.format(findings=held.findings, events=held.events, **counts))
    for path in erased.remaining:
        click.echo(w["remaining"].format(path=path))


@click.group()
def audit() -> None:
    """Prove what was run, on which inputs and rules, and who was told what and when."""


@audit.command()
@on_store(context.store, context.language)
@as_json
def show(known: Settings, store: Store, as_json: bool) -> None:
    """List the record: runs, mails told, purges and erasures, with checksums and counts, never a person."""
    from reporter.store.audit import audit_events

    events = audit_events(store)
    if as_json:
        print_json([asdict(event) for event in events])
        return
    w = words("keeping", known.language)
    for event in events:
        click.echo(f"{event.number}  {_event_said(event, known)}")
    if not events:
        click.echo(w["audit_empty"])


SHORT = 12  # of a digest: enough to tell two apart; --json has it whole
NAMED = ("erasure", "evidence_erased", "history")


def _event_said(event: Event, known: Settings) -> str:
    """One row as a sentence, on the office's clock."""
    import pandas as pd

    from reporter.text.time_zones import zone

    place, w, mails = zone(known.office.time_zone), words("keeping", known.language), words("mail", known.language)

    def clock(text: str) -> str:
        return formats.clock(pd.Timestamp(text), place, known.language)

    facts = dict(event.facts)
    subject = event.subject[:SHORT] if event.event in NAMED else event.subject
    told = facts | {
        "subject": subject,
        "as_of": clock(str(facts["as_of"])) if "as_of" in facts else "",
        "inputs": ", ".join(one["path"] for one in facts.get("inputs", [])) or "–",
        "recipients": ", ".join(facts.get("recipients", [])) or "–",
        "state": mails.get(str(facts.get("state", "")), str(facts.get("state", ""))),
    }
    return f"{clock(event.at)}  {w[f'said_{event.event}'].format_map(told)}"


@audit.command("verify")
@click.option("--head", metavar="NUMBER:SEAL", help="A head that was kept elsewhere and must still be there.")
@on_store(context.store, context.language)
def verify_record(known: Settings, store: Store, head: str | None) -> None:
    """Check every seal; exit 9 names each row that was changed, taken out or exchanged.

    Keep the head that it prints elsewhere, and give it to --head later: only so does a record cut short show.
    """
    from reporter.store.audit import audit_head, verify_audit

    faults, (number, seal) = verify_audit(store, typed_head(head)), audit_head(store)
    w = words("keeping", known.language)
    for fault in faults:
        click.echo(w["audit_fault"].format(number=fault.number, what=w[f"is_{fault.what}"]), err=True)
    if faults:
        click.get_current_context().exit(Exit.NOT_INTACT)
    click.echo(count_sentence(w, "audit_whole", number, known.language, head=f"{number}:{seal}"))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@context.language
@as_json
def verify(folder: Path, lang: str | None, as_json: bool) -> None:
    """Check a run folder against its manifest, offline; exit 9 names what is missing, changed or put there."""
    from reporter.pipeline.run.run_folder import verify_run

    found, w = verify_run(folder), words("keeping", lang or "en")
    if as_json:
        print_json(asdict(found) | {"is_intact": found.is_intact})
    else:
        for what in ("missing", "changed", "extra", "purged"):
            for name in getattr(found, what):
                click.echo(w["file_fault"].format(name=name, what=w[f"is_{what}"]), err=True)
        for name in found.beside:
            click.echo(w["file_fault"].format(name=name, what=w["is_beside"]), err=True)
        if found.is_intact:
            click.echo(count_sentence(w, "run_whole", len(found.whole), lang or "en", sha256=found.manifest_sha256))
    click.get_current_context().exit(Exit.DONE if found.is_intact else Exit.NOT_INTACT)
