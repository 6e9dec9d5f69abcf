"""`reporter outages`: the office's own record of what was down, and of what was known when; its public part too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.context import Desk, as_json, as_known, on_ledger, print_json, problem_record, recorded_at
from reporter.cli.outages_edit import add, amend, merge, withdraw
from reporter.cli.outages_enter import fetch, import_, inbox, notice, pending
from reporter.cli.outages_show import history, list_, show, sources, verify

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
@on_ledger(recorded_at)
@click.option("--no-history", is_flag=True, help="Begin without the past outages that come with the program.")
def publish(at: Desk, folder: Path, as_of: str | None, no_history: bool) -> None:
    """Write the confirmed outages as a site for anybody to follow: signed, append-only, with nobody named in it.

    Again into the same folder, it goes on from what stands there. Put the folder on any web server.
    """
    from reporter.pipeline.upkeep.publication import publish as publish_site
    from reporter.text.catalogue import counted

    done = publish_site(at.known, at.store, at.captures, folder, at=at.instant(as_of), with_history=not no_history)
    entries = counted(at.words, "entry", len(done.record.entries), at.language)
    click.echo(at.words["published"].format(folder=folder, entries=entries, new=done.new))


@click.command()
@click.argument("path", type=context.FILE, metavar="FILE")
@click.argument("outage_ids", nargs=-1, required=True, metavar="OUTAGE_ID...")
@on_ledger(recorded_at)
def give(at: Desk, path: Path, outage_ids: tuple[str, ...], as_of: str | None) -> None:
    """Write a signed file with some of your outages, for an office whose record lacks them or has them otherwise.

    There it is read with outages import FILE --key KEY, and waits until somebody confirms it.
    """
    from reporter.pipeline.upkeep.publication import give as give_outages
    from reporter.text.catalogue import counted

    record = give_outages(at.known, at.store, path, outage_ids, at=at.instant(as_of))
    outages = counted(at.words, "outage", len(record.entries), at.language)
    click.echo(at.words["given"].format(path=path, outages=outages, key=record.key))


@click.command()
@on_ledger(as_json)
def compare(at: Desk, as_json: bool) -> None:
    """Show side by side what the public records of others and your own say otherwise of one outage."""
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


@click.command()
@on_ledger(recorded_at)
@click.option("--source", default="office", show_default=True, help="What was looked at, in a few words.")
@click.option("--who", metavar="NAME", help="Who looked; whoever is logged in, if left out.")
@click.option("--to", "until", metavar="INSTANT", help="Up to when nothing is missed; the present, if left out.")
def looked(at: Desk, as_of: str | None, source: str, who: str | None, until: str | None) -> None:
    """Note that the notices were read, so that a quiet record is not taken for one that nobody keeps.

    The office's report says who looked, and when.
    """
    import getpass
    from dataclasses import replace

    from reporter.store.ledger import person_look, record_look
    from reporter.text.formats import clock

    moment = at.instant(as_of)
    to = min(moment, at.instant(until) if until else moment)
    record_look(at.store, replace(person_look(moment, who or getpass.getuser(), to), source=source))
    told = clock(to, context.office_zone(at.known.office.time_zone), at.language)
    click.echo(at.words["looked_one"].format(source=source, clock=told))


@click.command()
@on_ledger(recorded_at, as_json)
def probe(at: Desk, as_of: str | None, as_json: bool) -> None:
    """Ask once whether the public pages of the services answer; a timer may call it every five minutes.

    Off unless the settings say probe.on. It never signs in, asks no page more often than that, and follows robots.txt.
    Three failures in a row over ten minutes make a draft, unverified, where a control address answers.
    """
    from dataclasses import asdict

    from reporter.pipeline.upkeep.probe import probe as ask_pages

    done = ask_pages(at.known, at.store, at.names, at=at.instant(as_of))
    if as_json:
        print_json(asdict(done))
        return
    for page in done.pages:
        why = f"{at.words['colon']} {page.why}" if page.why else ""
        click.echo(f"{page.service}  {page.address}  {at.words[f'probe_{page.state}']}{why}")
        if page.draft:
            click.echo(at.words["probe_draft"])
    if done.between:
        click.echo(at.words[f"probe_{done.between}"], err=True)


LONGEST_HOURS = 72.0


@click.command()
@click.argument("files", nargs=-1, type=context.FILE)
@on_ledger(recorded_at, as_known)
@click.option("--longest", "longest_hours", type=float, default=LONGEST_HOURS, show_default=True, metavar="HOURS")
@click.option("--all", "is_all", is_flag=True, help="Every finding, also about windows long past.")
@as_json
def lint(
    at: Desk,
    files: tuple[Path, ...],
    as_of: str | None,
    as_known: str | None,
    longest_hours: float,
    is_all: bool,
    as_json: bool,
) -> None:
    """Look for slips: a wrong weekday or zone, an end before the beginning, a duplicate. Changes nothing."""
    from reporter.outages.lint import lint as lint_all
    from reporter.outages.lint import worth_acting_on
    from reporter.pipeline.upkeep.record_outages import read_files
    from reporter.store.ledger import outages_known_at, raw_texts
    from reporter.text.catalogue import counted, words

    moment = at.instant(as_of)
    if files:
        outages, problems, raw = *read_files(files, at.names, at=moment), {}
    else:
        outages, problems, raw = (
            outages_known_at(at.store, at.mark(as_known)),
            (),
            raw_texts(at.store, at.mark(as_known)),
        )
    found = (*problems, *lint_all(outages, as_of=moment, longest_hours=longest_hours, raw=raw))
    found = found if is_all else worth_acting_on(found, outages, as_of=moment)
    if as_json:
        print_json([problem_record(p, at.language) for p in found])
        return
    severities = words("cli", at.language)
    for problem in found:
        place = f"{problem.source} {problem.cell}".strip()
        click.echo(f"{severities[problem.severity]} {problem.code} {place}: {problem.message(at.language)}")
    click.echo(
        at.words["linted"].format(
            outages=counted(at.words, "outage", len(outages), at.language),
            found=counted(at.words, "finding", len(found), at.language),
        ),
        err=True,
    )


@click.command()
@context.config
@context.rosters
@click.option("--outages", "records", type=context.FILE, multiple=True, help="An outage record; may be repeated.")
@context.as_of
@context.store
@context.language
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write; a fresh one, else.")
def helpdesk(
    config: Path | None,
    rosters: tuple[Path, ...],
    records: tuple[Path, ...],
    as_of: str | None,
    store: str | None,
    lang: str | None,
    out: Path | None,
) -> None:
    """Write a fact sheet of each open outage for the portal's helpdesk, in English and French, with nobody named.

    It has the services, the hours, how many people are hit, and the text of a technical report for the web form.
    """
    known = context.settings(config, rosters=rosters, outages=records, language=lang, store=store)
    at = context.typed_instant(as_of, known.office.time_zone)
    from reporter.pipeline.questions.evidence import write_sheets
    from reporter.text.catalogue import words

    written = write_sheets(known, at, out or known.path(known.out) / f"helpdesk-{at:%Y%m%dT%H%M%SZ}")
    for path in written:
        click.echo(path)
    if not written:
        click.echo(words("helpdesk", known.language)["none_open"])


@click.command()
@context.config
@context.language
@click.option("--dry-run", is_flag=True, help="Print the mail, and send nothing.")
def drill(config: Path | None, lang: str | None, dry_run: bool) -> None:
    """Send the alert of an invented outage to the office's own address, to see that alerts arrive and are understood.

    It is marked as a drill. The record of outages, the outbox and the people of the rosters stay out of it.
    """
    known = context.settings(config, language=lang)
    from reporter.cli.deliver import reason_text
    from reporter.errors import Exit
    from reporter.model.mail import SENT
    from reporter.pipeline.run.outage_alert import drill_mail, send_drill
    from reporter.text.catalogue import words

    if dry_run:
        from email import message_from_bytes, policy

        mail = message_from_bytes(drill_mail(known, context.this_instant()).letter.content, policy=policy.default)
        body = mail.get_body(("plain",))
        click.echo(f"{mail['Subject']}\n\n{body.get_content() if body else ''}")
        return
    outcome = send_drill(known, context.this_instant)
    w = words("alert", known.language)
    why = reason_text(outcome.why, known.language) if outcome.why else ""
    click.echo(" ".join(filter(None, (w["drill_sent" if outcome.state == SENT else "drill_not_sent"], why))))
    click.get_current_context().exit(Exit.DONE if outcome.state == SENT else Exit.NOT_DELIVERED)


@click.group()
def outages() -> None:
    """Keep the record of outages: it only grows, so it can say what was known on any day."""


ENTERING = (add, amend, withdraw, merge, import_, notice, inbox, fetch, looked, pending, probe)
READING = (list_, show, history, lint, sources, verify, helpdesk, compare, drill)
PUBLIC = (key, publish, give)
for command in (*READING, *ENTERING, *PUBLIC):
    outages.add_command(command)
