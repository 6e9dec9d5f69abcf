"""`reporter outbox`: every mail that was planned, and how it stands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import options
from reporter.model.mail import STATES

if TYPE_CHECKING:
    from reporter.store.outbox import OutboxEntry
FIELDS = ("number", "period", "slug", "edition", "state", "why", "attempts", "planned_at", "changed_at", "next_at")
PLAIN_WIDTH = 160
BESIDE = ("organisation", "series", "run_id", "message_id", "size", "content_sha256")


@click.command()
@options.config
@options.store
@options.language
@click.option("--state", type=click.Choice(STATES), help="Only the mails in this state.")
@click.option("--addresses", is_flag=True, help="Show the recipients' addresses too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program, with every attempt.")
def outbox(
    config: Path | None, store: str | None, lang: str | None, state: str | None, addresses: bool, as_json: bool
) -> None:
    """List the mails: to whom, of which week, in which state, and what to do about it.

    Recipients go by the names of their digests; their addresses are shown only when asked for.
    """
    known = options.settings(config, language=lang, store=store)
    from reporter.cli.desk import print_json
    from reporter.store.database import open_store
    from reporter.store.outbox import attempts, entries

    opened = open_store(known.store_url)
    try:
        found = entries(opened, state=state)
        if as_json:
            histories = {entry.number: attempts(opened, entry.number) for entry in found}
            print_json([_record(entry, histories[entry.number], addresses) for entry in found])
            return
    finally:
        opened.close()
    _print(found, known.language, addresses)


def _record(entry: OutboxEntry, history: tuple[Any, ...], addresses: bool) -> dict[str, Any]:
    from dataclasses import asdict

    whole = {name: getattr(entry, name) for name in (*FIELDS, *BESIDE)}
    steps = [{name: value for name, value in asdict(step).items() if name != "outbox_number"} for step in history]
    return whole | ({"address": entry.address} if addresses else {}) | {"history": steps}


def _print(found: tuple[OutboxEntry, ...], language: str, addresses: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reporter.cli.mails import why
    from reporter.text.catalogue import words

    w = words("mail", language)
    if not found:
        click.echo(w["empty"])
        return
    columns = ("number", "period", "slug", "state", "attempts", *(("address",) if addresses else ()), "reason")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(w[name], no_wrap=name in ("number", "period", "state"))
    for entry in found:
        cells = {name: str(getattr(entry, name, "")) for name in columns}
        cells |= {"state": w[entry.state], "reason": why(entry.why, language)}
        table.add_row(*(Text(cells[name]) for name in columns))
    Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False).print(table, end="")
