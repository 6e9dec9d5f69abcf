"""`outages pending`: what the sources offer and is not on record, until somebody has seen to it."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reporter.cli import context
from reporter.cli.context import Desk, as_json, desk, print_json, print_problems, recorded_at, stamps
from reporter.cli.usage import misuse

if TYPE_CHECKING:
    from collections.abc import Mapping
F = TypeVar("F", bound=Callable[..., Any])
WIDEST = 100


@click.group(invoke_without_command=True)
@context.config
@context.store
@context.language
@as_json
@click.pass_context
def pending(context: click.Context, config: Path | None, store: str | None, lang: str | None, as_json: bool) -> None:
    """List what the sources offer and is not on record: drafts to confirm, and what could not be understood.

    Until each of these is confirmed or set aside, the record is complete no further than before it was met.
    """
    if context.invoked_subcommand:
        return
    with desk(config, store, lang) as at:
        found = _open(at)
        if as_json:
            print_json(found)
            return
        for one in found:
            click.echo(_line(one, at))
        if not found:
            click.echo(at.words["nothing_pending"])


@pending.command("show")
@click.argument("item")
@context.config
@context.store
@context.language
@as_json
def show_item(item: str, config: Path | None, store: str | None, lang: str | None, as_json: bool) -> None:
    """Show one item whole: where it was met, its words, what was read of it and what was not."""
    with desk(config, store, lang) as at:
        one = _one(item, at)
        if as_json:
            print_json(one)
            return
        for name, value in one.items():
            if value not in ("", None):
                click.echo(f"{at.words.get(f'item_{name}', at.words.get(name, name))}{at.words['colon']} {value}")


_CORRECTIONS = (
    click.option("--services", help="Ids or names of the services, with ; between."),
    click.option("--began", "began_at", metavar="WHEN", help="2026-09-08T00:00; Ottawa's clock without an offset."),
    click.option("--ended", "ended_at", metavar="WHEN", help="Empty text: not known to have ended."),
    click.option("--kind", type=click.Choice(["unplanned", "planned", "degraded", "intermittent", "security"])),
    click.option("--verification", type=click.Choice(["official", "press", "user_report", "unverified"])),
    click.option("--title"),
    click.option("--source-url", metavar="URL"),
)


def _corrections(command: F) -> F:
    """The facts of a draft that may be put right, as on the page."""
    for option in reversed(_CORRECTIONS):
        command = option(command)
    return command


@pending.command("confirm")
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@_corrections
@click.option("--who", metavar="NAME", help="Who confirms it; whoever is logged in, if left out.")
@context.config
@context.store
@context.language
@recorded_at
def confirm(
    items: tuple[str, ...],
    who: str | None,
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
    **facts: str | None,
) -> None:
    """Put drafts on record as they were read, or one of them with what you put right.

    What the source said stays beside a correction, so that the same notice changes nothing when it comes again.
    """
    said = {name: text for name, text in facts.items() if text is not None}
    if said and len(items) > 1:
        raise misuse("correct_one")
    with desk(config, store, lang) as at:
        from reporter.pipeline.upkeep.intake import confirm_facts
        from reporter.pipeline.upkeep.record_outages import confirm_item

        for item in items:
            moment = at.instant(as_of)
            if said:
                done, problems = confirm_facts(at.store, item, said, at.names, at=moment, who=who or getpass.getuser())
                print_problems(problems, at.language)
            else:
                done = confirm_item(at.store, item, moment)
            click.echo(at.words["added_one"].format(id=done))


@pending.command("settle")
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--why", required=True, metavar="TEXT", help="Why: it is no outage, or stands on record under which id.")
@click.option("--who", metavar="NAME", help="Who says so; whoever is logged in, if left out.")
@context.config
@context.store
@context.language
@recorded_at
def settle(
    items: tuple[str, ...],
    why: str,
    who: str | None,
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
) -> None:
    """Set items aside, with who says so and why; both stay in the ledger."""
    with desk(config, store, lang) as at:
        from reporter.store.ledger import settle_item

        for item in items:
            done = settle_item(at.store, item, who=who or getpass.getuser(), why=why, at=at.instant(as_of))
            click.echo(at.words["settled_one"].format(id=done))


def _open(at: Desk) -> list[dict[str, Any]]:
    """Each open item as a record, in the order in which it was met."""
    from reporter.pipeline.upkeep.record_outages import item_reason
    from reporter.store.ledger import open_items

    found = open_items(at.store)
    texts = {name: stamps(found[name]) for name in ("first_at", "began_at", "ended_at")}
    rows = found.assign(**texts).to_dict("records")
    return [
        {**{str(key): value for key, value in row.items() if key != "details"}, "reason": item_reason(row, at.language)}
        for row in rows
    ]


def _one(item: str, at: Desk) -> dict[str, Any]:
    from reporter.store.ledger import kept_item

    row, _ = kept_item(at.store, item)
    return next(one for one in _open(at) if one["item_id"] == row["item_id"])


def _line(one: Mapping[str, Any], at: Desk) -> str:
    words = " ".join(str(one["words"]).split())
    shown = words if len(words) <= WIDEST else f"{words[: WIDEST - 1].rstrip()}…"
    place = f"{one['source']}:{one['place']}" if one["place"] else one["source"]
    reason = f"\n    {one['reason']}" if one["reason"] else ""
    fate = at.words[f"fate_{one['fate']}"]
    return f"{one['item_id']}  {fate}  {one['first_at']}  {place}\n    {shown}{reason}"
