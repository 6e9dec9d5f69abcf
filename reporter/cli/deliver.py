"""`reporter deliver`: send what waits in the outbox, and settle what only a person can."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import options

if TYPE_CHECKING:
    from reporter.settings import Settings
    from reporter.store.database import Store

ARRIVED = {"sent": True, "not-sent": False}


@click.command()
@options.config
@options.store
@options.language
@click.option("--retry", "retried", type=int, multiple=True, metavar="ID", help="Try this mail again now.")
@click.option(
    "--resolve",
    "resolved",
    type=(int, click.Choice(list(ARRIVED))),
    multiple=True,
    metavar="ID sent|not-sent",
    help="Say what became of a mail that may have arrived; one that did not is sent again.",
)
@click.option("--dry-run", is_flag=True, help="List what would be sent, and connect to nobody.")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
def deliver(
    config: Path | None,
    store: str | None,
    lang: str | None,
    retried: tuple[int, ...],
    resolved: tuple[tuple[int, str], ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Send the mails that are due: those planned with --no-deliver, put off, or left behind by a run that died.

    Nothing is sent twice. A mail that was handed over and never answered for is held: find out whether it arrived,
    and say so with --resolve.
    """
    known = options.settings(config, language=lang, store=store)
    from reporter.store.database import open_store

    opened = open_store(known.store_url)
    try:
        if dry_run:
            _list_due(opened, known)
            return
        _decide(opened, known, retried, resolved)
        code = _send(opened, known, is_asked=not yes)
    finally:
        opened.close()
    click.get_current_context().exit(code)


def _decide(store: Store, known: Settings, retried: tuple[int, ...], resolved: tuple[tuple[int, str], ...]) -> None:
    from reporter.model.mail import PLANNED, SENT
    from reporter.report.words import words
    from reporter.store.outbox import resolve, retry

    w = words("mail", known.language)
    for number in retried:
        retry(store, number, options.now())
        click.echo(w["settled"].format(number=number, state=w[PLANNED]), err=True)
    for number, what in resolved:
        resolve(store, number, options.now(), arrived=ARRIVED[what])
        click.echo(w["settled"].format(number=number, state=w[SENT if ARRIVED[what] else PLANNED]), err=True)


def _send(store: Store, known: Settings, *, is_asked: bool) -> int:
    from reporter.cli.mails import print_undelivered, summary
    from reporter.errors import Exit
    from reporter.pipeline.deliver import Round, deliver_due, due, outstanding
    from reporter.pipeline.transports import is_sending, open_transport
    from reporter.report.words import words

    waiting = due(store, options.now())
    if not is_sending(known):
        if waiting:
            raise _no_way(known)
        done = Round(outstanding=outstanding(store))
    else:
        transport = open_transport(known)
        if waiting and is_asked and sys.stdin.isatty():
            click.confirm(words("mail", known.language)["ask"].format(n=len(waiting)), abort=True, err=True)
        done = deliver_due(store, known, transport, options.now)
    click.echo(summary(done, known.language))
    print_undelivered(done, known.language)
    return Exit.NOT_DELIVERED if done.outstanding else Exit.DONE


def _no_way(known: Settings) -> Exception:
    from reporter.errors import SettingsError
    from reporter.report.words import words

    return SettingsError(words("mail", known.language)["no_way"], where="mail.transport")


def _list_due(store: Store, known: Settings) -> None:
    from reporter.pipeline.deliver import due
    from reporter.report.words import words

    w = words("mail", known.language)
    waiting = due(store, options.now())
    for entry in waiting:
        click.echo(w["would"].format(number=entry.number, period=entry.period, slug=entry.slug, size=entry.size))
    if not waiting:
        click.echo(w["none_due"])
