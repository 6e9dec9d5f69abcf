"""`reporter deliver`, `outbox` and `readers`: send what waits, settle what only a person can, and who gets what.

Also what a person is told of mails after a run: how many went out, and each that did not, with its cure; never an
address.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import context
from reporter.cli.streams import report_left, watching
from reporter.errors import DeliveryError, WithheldError
from reporter.model.mail import SENT, STATES
from reporter.text import formats
from reporter.text.catalogue import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reporter.errors import ReporterError
    from reporter.model.problem import Problem
    from reporter.pipeline.questions.readers import ReaderStanding
    from reporter.pipeline.run.run import FinishedRun
    from reporter.pipeline.send.deliver import Result, Round
    from reporter.pipeline.send.plan import Post
    from reporter.settings import Settings
    from reporter.store.database import Store
    from reporter.store.outbox import OutboxEntry


ARRIVED = {"sent": True, "not-sent": False}
SHOWN = 12


@click.command()
@context.config
@context.store
@context.language
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
    config: Path | None,
    store: str | None,
    lang: str | None,
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
    known = context.settings(config, language=lang, store=store)
    from reporter.pipeline.send.alerts import tell_over
    from reporter.store.database import open_store

    opened = open_store(known.store_url)
    try:
        if dry_run:
            _list_due(opened, known)
            return
        if undo_week:
            _undo(opened, known, undo_week)
            tell_over(known, opened, context.this_instant())
            return
        _decide(opened, known, retried, resolved)
        _release(opened, known, released)
        code = show_me(opened, known, to_me) if to_me else _send(opened, known, yes=yes)
        tell_over(known, opened, context.this_instant())
    finally:
        opened.close()
    click.get_current_context().exit(code)


def _decide(store: Store, known: Settings, retried: tuple[int, ...], resolved: tuple[tuple[str, str], ...]) -> None:
    from reporter.model.mail import PLANNED, SENT
    from reporter.store.outbox import resolve_mail, retry
    from reporter.text.catalogue import words

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
    from reporter.model.mail import AMBIGUOUS
    from reporter.pipeline.assemble.report_identity import report_of
    from reporter.store.outbox import entries

    if which == "all":
        ours = report_of(known)
        return [entry.number for entry in entries(store, state=AMBIGUOUS) if ours.holds(entry)]
    if not which.isdecimal():
        raise click.BadParameter(f"{which!r} is neither the number of a mail nor `all`", param_hint="--resolve")
    return [int(which)]


def _undo(store: Store, known: Settings, week: str) -> None:
    from reporter.pipeline.assemble.report_identity import report_of
    from reporter.pipeline.send.week_account import take_week_back
    from reporter.text.catalogue import words

    n = take_week_back(store, report_of(known).in_week(week), known.office.time_zone, context.this_instant())
    click.echo(words("mail", known.language)["undone"].format(week=week, n=n))


def _release(store: Store, known: Settings, readers: Sequence[str]) -> None:
    """Let go what is held for these readers. Raises: DeliveryError - nothing is held for one of them."""
    from reporter.errors import DeliveryError, refused
    from reporter.model.mail import HELD
    from reporter.pipeline.assemble.report_identity import report_of
    from reporter.store.outbox import entries, release_mail
    from reporter.text.catalogue import words

    ours = report_of(known)
    held = [entry for entry in entries(store, state=HELD) if ours.holds(entry)]
    for reader in readers:
        theirs = [entry for entry in held if reader in ("all", entry.slug)]
        if not theirs and reader != "all":
            raise refused(DeliveryError, "stop_not_held", where=reader)
        for entry in theirs:
            release_mail(store, entry.number, context.this_instant())
        held = [entry for entry in held if entry not in theirs]
        click.echo(words("mail", known.language)["released"].format(n=len(theirs)), err=True)


def _send(store: Store, known: Settings, *, yes: bool) -> int:
    from dataclasses import replace

    from reporter.errors import Exit
    from reporter.pipeline.assemble.report_identity import ReportKey, note_sending
    from reporter.pipeline.run.refusals import mind_store
    from reporter.pipeline.send.deliver import Round, deliver_due, due_mails, outstanding
    from reporter.pipeline.send.transports import is_sending, open_sending
    from reporter.pipeline.send.week_account import week_key
    from reporter.text.catalogue import count_sentence, words

    ours = ReportKey(known.organisation)
    waiting = due_mails(store, context.this_instant(), ours)
    if not is_sending(known):
        if waiting:
            raise _no_way()
        done = Round(outstanding=outstanding(store, ours))
    else:
        sending = open_sending(known, context.this_instant)
        if waiting and not yes and sys.stdin.isatty():
            yes = click.confirm(
                count_sentence(words("mail", known.language), "ask", len(waiting), known.language), abort=True, err=True
            )
        week = week_key(known, context.this_instant())
        mind_store(store, known, week, accept_store=False)
        with watching(known.language, report_left(known)), note_sending(known, store, week.period) as note:
            done = deliver_due(store, replace(sending, note=note), ours, yes=yes)
    click.echo(mails_summary(done, known.language))
    print_undelivered(done, known.language)
    return Exit.NOT_DELIVERED if done.outstanding else Exit.DONE


def show_me(store: Store, known: Settings, address: str, posts: Sequence[Post] | None = None) -> int:
    """Send what is due, or those mails, to that address alone, and say how that went."""
    from reporter.errors import Exit
    from reporter.model.mail import SENT
    from reporter.pipeline.send.deliver import rehearse
    from reporter.pipeline.send.transports import is_sending, open_transport

    if not is_sending(known):
        raise _no_way()
    results = rehearse(store, known, open_transport(known, only_to=address), address, context.this_instant, posts)
    print_shown(results, known.language, is_planned=posts is None)
    return Exit.DONE if all(result.state == SENT for result in results) else Exit.NOT_DELIVERED


def _no_way() -> Exception:
    from reporter.errors import SettingsError, refused

    return refused(SettingsError, "stop_no_way", where="mail.transport")


def _list_due(store: Store, known: Settings) -> None:
    from reporter.delivery.policy import read_allow_list
    from reporter.pipeline.assemble.report_identity import ReportKey
    from reporter.pipeline.send.deliver import ask, due_mails
    from reporter.pipeline.send.transports import SendingPolicy, is_sending
    from reporter.text.catalogue import words

    w = words("mail", known.language)
    ours = ReportKey(known.organisation)
    waiting = due_mails(store, context.this_instant(), ours)
    held = ask(store, SendingPolicy.of(known), ours).held
    allowed = read_allow_list(known.mail.allow) if is_sending(known) else None
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
@context.config
@context.store
@context.language
@click.option("--state", type=click.Choice(STATES), help="Only the mails in this state.")
@click.option("--addresses", is_flag=True, help="Show the recipients' addresses too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program, with every attempt.")
def outbox(
    config: Path | None, store: str | None, lang: str | None, state: str | None, addresses: bool, as_json: bool
) -> None:
    """List the mails: to whom, of which week, in which state, and what to do about it.

    Recipients go by the names of their digests; their addresses are shown only when asked for.
    """
    known = context.settings(config, language=lang, store=store)
    from reporter.cli.context import print_json
    from reporter.pipeline.assemble.report_identity import ReportKey
    from reporter.store.database import open_store
    from reporter.store.outbox import attempts, entries

    opened = open_store(known.store_url)
    try:
        found = tuple(entry for entry in entries(opened, state=state) if ReportKey(known.organisation).holds(entry))
        if as_json:
            histories = {entry.number: attempts(opened, entry.number) for entry in found}
            print_json([_record(entry, histories[entry.number], addresses) for entry in found])
            return
    finally:
        opened.close()
    _print(found, known.language, addresses)
    from reporter.pipeline.send.transports import is_sending

    if not is_sending(known):
        from reporter.text.catalogue import words

        click.echo(words("mail", known.language)["no_way"])


def _record(entry: OutboxEntry, history: tuple[Any, ...], addresses: bool) -> dict[str, Any]:
    from dataclasses import asdict

    whole = {name: getattr(entry, name) for name in (*FIELDS, *BESIDE)}
    steps = [{name: value for name, value in asdict(step).items() if name != "outbox_number"} for step in history]
    return whole | ({"address": entry.address} if addresses else {}) | {"history": steps}


def _print(found: tuple[OutboxEntry, ...], language: str, addresses: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from reporter.cli.console import terminal
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
        cells |= {"state": w[entry.state], "reason": reason_text(entry.why, language)}
        table.add_row(*(Text(cells[name]) for name in columns))
    terminal(PLAIN_WIDTH).print(table, end="")


def reason_text(key: str, language: str) -> str:
    """The sentence of that reason, with what to do; empty for none."""
    return words("mail", language).get(f"why_{key}", "") if key else ""


def print_failures(failures: Sequence[ReporterError], language: str) -> None:
    """One line on stderr for each thing that failed in a run: a file not read, a digest withheld or not made."""
    w = words("mail", language)
    for failure in failures:
        key = "withheld" if isinstance(failure, WithheldError) else "unmade"
        form = w[key] if isinstance(failure, DeliveryError) else words("cli", language)["failed"]
        click.echo("reporter: " + form.format(message=failure.in_language(language)), err=True)


def print_left_out(problems: Sequence[Problem], language: str) -> None:
    """One line on stderr for each cell whose text was left out of a mail."""
    form = words("mail", language)["left_out"]
    for one in problems:
        if one.code == "text_left_out":
            place = f"{one.source}!{one.cell}" if one.cell else one.source
            click.echo("reporter: " + form.format(place=place, message=one.message(language)), err=True)


def print_undelivered(done: Round | None, language: str) -> None:
    """One line on stderr for each mail whose recipient did not get it, and why the round was stopped."""
    if done is None:
        return
    w = words("mail", language)
    answers = {result.number: result.outcome for result in done.results}
    for result in done.results:
        if result.state == SENT and result.outcome.why:
            said = w["answer"].format(answer=result.outcome.said)
            click.echo(f"reporter: {result.slug}: {reason_text(result.outcome.why, language)} {said}", err=True)
    for entry in done.outstanding[:SHOWN]:
        line = _line(entry, language)
        if (answer := answers.get(entry.number)) and answer.said:
            line += " " + w["answer"].format(answer=f"{answer.code or ''} {answer.said}".strip())
        click.echo("reporter: " + w["undelivered"].format(message=line.strip()), err=True)
    if len(done.outstanding) > SHOWN:
        click.echo("reporter: " + w["more"].format(n=len(done.outstanding) - SHOWN), err=True)
    if done.stopped:
        click.echo("reporter: " + w["stopped"].format(why=reason_text(done.stopped, language)), err=True)


def mails_summary(done: Round, language: str) -> str:
    """`Mails: 12 sent now, 1 not delivered`, in words."""
    waiting = formats.number(len(done.outstanding), language)
    return words("mail", language)["summary"].format(sent=formats.number(done.sent, language), waiting=waiting)


def print_shown(results: Sequence[Result], language: str, *, is_planned: bool = True) -> None:
    """How many mails were sent to the one who looks them over, and why some were not."""
    w = words("mail", language)
    for result in results:
        if result.state != SENT:
            line = w["one"].format(
                number=result.number,
                slug=result.slug,
                state=w[result.state],
                why=reason_text(result.outcome.why, language),
            )
            click.echo("reporter: " + " ".join([line.strip(), result.outcome.said]).strip(), err=True)
    sent = sum(result.state == SENT for result in results)
    form = w["shown" if is_planned else "rehearsed_shown"]
    click.echo(form.format(sent=formats.number(sent, language), n=formats.number(len(results), language)))


def mail_lines(outcome: FinishedRun, language: str) -> Sequence[str]:
    """What a run says of its mails; nothing when there is no way to send."""
    w, plan = words("mail", language), outcome.plan
    if plan.later:
        return [w["is_past"].format(week=plan.later)]
    if plan.is_rehearsed:
        return [w["rehearsed"]]
    if not outcome.told.posts:
        return []
    planned = formats.number(plan.new + plan.updates, language)
    first = w["held_only" if plan.is_held else "planned_only"].format(n=planned)
    first = first if outcome.round is None or plan.is_held else mails_summary(outcome.round, language)
    beside = [w[name].format(n=n) for name in ("known", "updates", "superseded") if (n := getattr(plan, name))]
    return [" · ".join([first, *beside])]


def _line(entry: OutboxEntry, language: str) -> str:
    w = words("mail", language)
    state, reason = w[entry.state], reason_text(entry.why, language)
    return w["one"].format(number=entry.number, slug=entry.slug, state=state, why=reason)


@click.command()
@context.config
@context.rosters
@context.as_of
@context.store
@context.language
@click.option("--addresses", is_flag=True, help="Show the readers' addresses too.")
@context.as_json
def readers(
    config: Path | None,
    rosters: tuple[Path, ...],
    as_of: str | None,
    store: str | None,
    lang: str | None,
    addresses: bool,
    as_json: bool,
) -> None:
    """List every reader: role, rhythm, rows and columns, what is kept from them, the last mail and the next.

    Nothing is written or sent. Readers go by the names of their digests; addresses are shown only when asked for.
    """
    known = context.settings(config, rosters=rosters, language=lang, store=store)
    from reporter.pipeline.questions.readers import reader_standings
    from reporter.text.catalogue import words

    found = reader_standings(known, context.typed_instant(as_of, known.office.time_zone))
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
    days = [{name: value for name, value in asdict(stand_in).items() if addresses or name != "address"}
            for stand_in in one.stand_ins]  # fmt: skip
    return told | {"stand_ins": days}


def _show(found: Sequence[ReaderStanding], known: Settings, addresses: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from reporter.cli.console import terminal
    from reporter.text.catalogue import words

    w, columns = words("setup", known.language), words("workbook", known.language)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("reader", *(("reader_address",) if addresses else ()), "reader_rhythm", "reader_gets", "reader_mails"):
        table.add_column(w[name])
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
    from datetime import date

    import pandas as pd

    from reporter.text import formats
    from reporter.text.catalogue import words

    language = known.language
    w, states = words("setup", language), words("mail", language)

    def day(text: str) -> str:
        return formats.day(date.fromisoformat(text), language)

    last = w["reader_none"]
    if one.last_mail_at:
        at = formats.clock(pd.Timestamp(one.last_mail_at), context.office_zone(known.office.time_zone), language)
        last = w["reader_last"].format(at=at, state=states[one.last_mail_state])
    following = [w["reader_next"].format(on=day(one.next_on))] if one.next_on else []
    away = [
        w["reader_stand_in"].format(
            begins=day(two.begins_on), ends=day(two.ends_on), address=two.address if addresses else ""
        )
        for two in one.stand_ins
    ]
    return "\n".join([last, *following, *(line.strip() for line in away)])
