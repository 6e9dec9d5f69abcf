"""`reporter deliver`, `outbox` and `readers`: send what waits, settle what only a person can, and who gets what."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict, replace

from reporter.cli import context
from reporter.cli.context import on_settings, on_store
from reporter.cli.streams import report_left, watching
from reporter.errors import DeliveryError, Exit, SettingsError, refused
from reporter.model.mail import AMBIGUOUS, HELD, PLANNED, SENT, STATES
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandas import Timestamp

    from reporter.pipeline.run.audience import ReaderStanding
    from reporter.pipeline.send.plan import Post
    from reporter.settings import Settings
    from reporter.store.database import Store
    from reporter.store.outbox import OutboxEntry


ARRIVED = {"sent": True, "not-sent": False}


@click.command()
@on_store(context.store, context.language)
@click.option("--retry", "retried", type=int, multiple=True, metavar="ID", help="Try this mail again now.")
@click.option(
    "--resolve",
    "resolved",
    type=(str, click.Choice(list(ARRIVED))),
    multiple=True,
    metavar="ID|all sent|not-sent",
    help="Say what became of a mail that may have arrived, or of all; one that did not is sent again.",
)
@click.option(
    "--release",
    "released",
    multiple=True,
    metavar="READER",
    help="Send what is held for review for this reader, by the name of the digest, or for `all`.",
)
@click.option(
    "--undo-week", metavar="WEEK", help="Take back a week that a wrong clock made, e.g. 2027-W05; send nothing."
)
@click.option("--dry-run", is_flag=True, help="List what would be sent, and connect to nobody.")
@click.option("--to-me", metavar="ADDRESS", help="Send what is due to this address alone; nobody is told by it.")
@click.option("--yes", is_flag=True, help="Do not ask; agree to first mails to a recipient, and to many at once.")
def deliver(
    known: Settings,
    store: Store,
    retried: tuple[int, ...],
    resolved: tuple[tuple[str, str], ...],
    released: tuple[str, ...],
    undo_week: str | None,
    dry_run: bool,
    to_me: str | None,
    yes: bool,
) -> None:
    """Send the mails that are due: those put off, or left behind by a run that died.

    What is held for review, by `run --no-deliver` or `review = true`, waits for --release. Nothing is sent twice. A
    mail that was handed over and never answered for is held too: find out what became of it, and say so with --resolve.
    """
    from reporter.pipeline.send.status import tell_over

    if dry_run:
        _list_due(store, known)
        return
    if undo_week:
        from reporter.pipeline.send.status import take_week_back

        n = take_week_back(store, known.report.in_week(undo_week), known.office.time_zone, context.this_instant())
        click.echo(words("mail", known.language)["undone"].format(week=undo_week, n=n))
        tell_over(known, store, context.this_instant())
        return
    _decide(store, known, retried, resolved)
    _release(store, known, released)
    code = show_me(store, known, to_me) if to_me else _send(store, known, yes=yes)
    tell_over(known, store, context.this_instant())
    click.get_current_context().exit(code)


def _decide(store: Store, known: Settings, retried: tuple[int, ...], resolved: tuple[tuple[str, str], ...]) -> None:
    from reporter.store.outbox import resolve_mail, retry

    w = words("mail", known.language)
    for number in retried:
        retry(store, number, context.this_instant())
        click.echo(w["settled"].format(number=number, state=w[PLANNED]), err=True)
    for which, what in resolved:
        for number in _meant(store, known, which):
            resolve_mail(store, number, context.this_instant(), arrived=ARRIVED[what])
            click.echo(w["settled"].format(number=number, state=w[SENT if ARRIVED[what] else PLANNED]), err=True)


def _meant(store: Store, known: Settings, which: str) -> list[int]:
    """The mail of that number, or all of this report that may have arrived."""
    from reporter.store.outbox import entries

    if which == "all":
        return [entry.number for entry in entries(store, state=AMBIGUOUS, report=known.report)]
    if not which.isdecimal():
        raise click.BadParameter(f"{which!r} is neither the number of a mail nor `all`", param_hint="--resolve")
    return [int(which)]


def _release(store: Store, known: Settings, readers: Sequence[str]) -> None:
    """Let go what is held for these readers. Raises: DeliveryError - nothing is held for one of them."""
    from reporter.store.outbox import entries, release_mail

    held = entries(store, state=HELD, report=known.report)
    for reader in readers:
        theirs = [entry for entry in held if reader in ("all", entry.slug)]
        if not theirs and reader != "all":
            raise refused(DeliveryError, "stop_not_held", where=reader)
        for entry in theirs:
            release_mail(store, entry.number, context.this_instant())
        held = tuple(entry for entry in held if entry not in theirs)
        click.echo(words("mail", known.language)["released"].format(n=len(theirs)), err=True)


def _send(store: Store, known: Settings, *, yes: bool) -> int:
    from reporter.model.mail import ReportKey
    from reporter.pipeline.assemble.report_identity import note_sending
    from reporter.pipeline.run.refusals import mind_store
    from reporter.pipeline.send.deliver import Round, deliver_due, due_mails
    from reporter.pipeline.send.status import week_key
    from reporter.pipeline.send.transports import open_sending
    from reporter.store.outbox import late_mails

    ours = ReportKey(known.organisation)
    waiting = due_mails(store, context.this_instant(), ours)
    if not known.is_sending:
        if waiting:
            raise _no_way()
        done = Round(outstanding=late_mails(store, ours))
    else:
        sending = open_sending(known, context.this_instant)
        if waiting and not yes and sys.stdin.isatty():
            yes = click.confirm(
                count_sentence(words("mail", known.language), "ask", len(waiting), known.language), abort=True, err=True
            )
        week = week_key(known, context.this_instant())
        mind_store(store, known, week)
        with watching(known.language, report_left(known)), note_sending(known, store, week.period) as note:
            done = deliver_due(store, replace(sending, note=note), ours, yes=yes)
    from reporter.cli.terminal import mails_summary, print_undelivered

    click.echo(mails_summary(done, known.language))
    print_undelivered(done, known.language)
    return Exit.NOT_DELIVERED if done.outstanding else Exit.DONE


def show_me(store: Store, known: Settings, address: str, posts: Sequence[Post] | None = None) -> int:
    """Send what is due, or those mails, to that address alone, and say how that went."""
    from reporter.cli.terminal import print_shown
    from reporter.pipeline.send.deliver import rehearse
    from reporter.pipeline.send.transports import open_transport

    if not known.is_sending:
        raise _no_way()
    results = rehearse(store, known, open_transport(known, only_to=address), address, context.this_instant, posts)
    print_shown(results, known.language, is_planned=posts is None)
    return Exit.DONE if all(result.state == SENT for result in results) else Exit.NOT_DELIVERED


def _no_way() -> Exception:

    return refused(SettingsError, "stop_no_way", where="mail.transport")


def _list_due(store: Store, known: Settings) -> None:
    from reporter.cli.terminal import reason_text
    from reporter.delivery.policy import read_allow_list
    from reporter.model.mail import ReportKey
    from reporter.pipeline.send.deliver import ask, due_mails
    from reporter.pipeline.send.transports import SendingPolicy

    w = words("mail", known.language)
    ours = ReportKey(known.organisation)
    waiting = due_mails(store, context.this_instant(), ours)
    held = ask(store, SendingPolicy.of(known), ours).held
    allowed = read_allow_list(known.mail.allow) if known.is_sending else None
    for entry in waiting:
        reason = "not_allowed" if allowed and not allowed.holds(entry.address) else held.get(entry.number, "")
        line = w["would"].format(number=entry.number, period=entry.period, slug=entry.slug, size=entry.size)
        click.echo("  ".join(part for part in (line, reason_text(reason, known.language)) if part))
    if not waiting:
        click.echo(w["none_due"])


FIELDS = ("number", "period", "slug", "edition", "state", "why", "attempts", "planned_at", "changed_at", "next_at")
PLAIN_WIDTH = 160
BESIDE = ("organisation", "series", "run_id", "message_id", "size", "content_sha256")


@click.command()
@on_store(context.store, context.language)
@click.option("--state", type=click.Choice(STATES), help="Only the mails in this state.")
@click.option("--addresses", is_flag=True, help="Show the recipients' addresses too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program, with every attempt.")
def outbox(known: Settings, store: Store, state: str | None, addresses: bool, as_json: bool) -> None:
    """List the mails: to whom, of which week, in which state, and what to do about it.

    Recipients go by the names of their digests; their addresses are shown only when asked for.
    """
    from reporter.model.mail import ReportKey
    from reporter.store.outbox import attempts, entries

    found = entries(store, state=state, report=ReportKey(known.organisation))
    if as_json:
        context.print_json([_record(entry, attempts(store, entry.number), addresses) for entry in found])
        return
    _print(found, known.language, addresses)

    if not known.is_sending:
        click.echo(words("mail", known.language)["no_way"])


def _record(entry: OutboxEntry, history: tuple[Any, ...], addresses: bool) -> dict[str, Any]:
    whole = {name: getattr(entry, name) for name in (*FIELDS, *BESIDE)}
    steps = [{name: value for name, value in asdict(step).items() if name != "outbox_number"} for step in history]
    return whole | ({"address": entry.address} if addresses else {}) | {"history": steps}


def _print(found: tuple[OutboxEntry, ...], language: str, addresses: bool) -> None:
    from rich.text import Text

    from reporter.cli.terminal import reason_text, table_of, terminal

    w = words("mail", language)
    if not found:
        click.echo(w["empty"])
        return
    columns = ("number", "period", "slug", "state", "attempts", *(("address",) if addresses else ()), "reason")
    table = table_of(w, *columns, held=("number", "period", "state"))
    for entry in found:
        cells = {name: str(getattr(entry, name, "")) for name in columns}
        cells |= {"state": w[entry.state], "reason": reason_text(entry.why, language)}
        table.add_row(*(Text(cells[name]) for name in columns))
    terminal(PLAIN_WIDTH).print(table, end="")


@click.command()
@on_settings(context.rosters, context.as_of, context.store, context.language)
@click.option("--addresses", is_flag=True, help="Show the readers' addresses too.")
@context.as_json
def readers(known: Settings, as_of: Timestamp, addresses: bool, as_json: bool) -> None:
    """List every reader: role, rhythm, rows and columns, what is kept from them, the last mail and the next.

    Nothing is written or sent. Readers go by the names of their digests; addresses are shown only when asked for.
    """
    from reporter.pipeline.run.audience import reader_standings

    found = reader_standings(known, as_of)
    if as_json:
        context.print_json([_told(one, addresses) for one in found])
    else:
        _show(found, known, addresses)
    heard = {one.address.strip().casefold() for one in found}
    for n, one in enumerate(known.stand_ins):
        if one.reader.strip().casefold() not in heard:
            click.echo(words("setup", known.language)["reader_no_such"].format(n=n), err=True)


def _told(one: ReaderStanding, addresses: bool) -> dict[str, object]:
    told = {name: value for name, value in asdict(one).items() if addresses or name != "address"}
    shown = ("address", "begins_on", "ends_on") if addresses else ("begins_on", "ends_on")
    days = [{name: getattr(stand_in, name) for name in shown} for stand_in in one.stand_ins]
    return told | {"stand_ins": days}


def _show(found: Sequence[ReaderStanding], known: Settings, addresses: bool) -> None:
    from rich.text import Text

    from reporter.cli.terminal import table_of, terminal

    w, columns = words("setup", known.language), words("workbook", known.language)
    address = ("reader_address",) if addresses else ()
    table = table_of(w, "reader", *address, "reader_rhythm", "reader_gets", "reader_mails")
    for one in found:
        cells = [
            _who(one, w),
            *([one.address] if addresses else []),
            _rhythm(one, w),
            _gets(one, w, columns),
            _mails(one, known, addresses),
        ]
        table.add_row(*map(Text, cells))
    terminal().print(table, end="")


def _who(one: ReaderStanding, w: Mapping[str, str]) -> str:
    return "\n".join(part for part in (one.slug, one.title, w.get(f"reader_{one.role}", "")) if part)


def _rhythm(one: ReaderStanding, w: Mapping[str, str]) -> str:
    said = w["reader_hears"].format(languages=", ".join(one.languages), quiet=w[f"reader_quiet_{one.quiet}"])
    return f"{w[f'rhythm_{one.rhythm}']}, {said}"


def _gets(one: ReaderStanding, w: Mapping[str, str], columns: Mapping[str, str]) -> str:
    named = [columns[f"col_{name}"] for name in one.hidden if f"col_{name}" in columns]
    lines = [w["reader_rows"].format(rows=one.rows, kept=one.rows_kept_back)]
    if one.levels:
        lines.append(w["reader_levels"].format(levels=", ".join(one.levels)))
    if one.hidden:
        lines.append(w["reader_hidden"].format(names=", ".join(named), count=len(one.hidden) - len(named)))
    return "\n".join(lines)


def _mails(one: ReaderStanding, known: Settings, addresses: bool) -> str:
    """The last mail on the office's clock, the day of the next report, and who stands in meanwhile."""
    import pandas as pd

    language = known.language
    w, states = words("setup", language), words("mail", language)
    last = w["reader_none"]
    if one.last_mail_at:
        at = formats.clock(pd.Timestamp(one.last_mail_at), context.office_zone(known.office.time_zone), language)
        last = w["reader_last"].format(at=at, state=states[one.last_mail_state])
    following = [w["reader_next"].format(on=formats.day(pd.Timestamp(one.next_on), language))] if one.next_on else []
    away = []
    for two in one.stand_ins:
        begins, ends = (formats.day(on, language) for on in (two.begins_on, two.ends_on))
        away.append(w["reader_stand_in"].format(begins=begins, ends=ends, address=two.address if addresses else ""))
    return "\n".join([last, *following, *(line.strip() for line in away)])
