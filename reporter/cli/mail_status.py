"""What a person is told of mails: how many went out, and each that did not, with its cure; never an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reporter.errors import DeliveryError, WithheldError
from reporter.model.mail import SENT
from reporter.text import formats
from reporter.text.catalogue import words

if TYPE_CHECKING:
    from reporter.errors import ReporterError
    from reporter.model.problem import Problem
    from reporter.pipeline.run.run import FinishedRun
    from reporter.pipeline.send.deliver import Result, Round
    from reporter.store.outbox import OutboxEntry
SHOWN = 12


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
