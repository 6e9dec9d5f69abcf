"""The screen: how lines and tables are laid out on it, with spaces that hold, and what stands on it when a run is over.

The worst cases, the row account, the paths, and of mails how many went out, and each that did not, with its cure; never
an address.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from reporter.cli.context import print_json
from reporter.errors import DeliveryError, ReporterError, WithheldError
from reporter.model.levels import BY_NAME, level_word
from reporter.model.mail import SENT
from reporter.model.report import Account, Report
from reporter.report.headline import account_said, headline, is_doubtful, looked_line, trust_notes
from reporter.report.mail.rows import todo
from reporter.report.people import at_risk
from reporter.text import formats
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

if TYPE_CHECKING:
    from reporter.model.problem import Problem
    from reporter.pipeline.run.run import FinishedRun
    from reporter.pipeline.send.deliver import Result, Round
    from reporter.store.outbox import OutboxEntry

PLAIN_WIDTH = 118
COLOURS = {"critical": "bold red", "high": "yellow", "data_problem": "magenta", "medium": "cyan"}
HELD = str.maketrans({"\u00a0": "\ue000", "\u202f": "\ue001"})
"""No-break spaces while lines are laid out: rich takes every space for a place to break a line."""
FREED = str.maketrans({"\ue000": "\u00a0", "\ue001": "\u202f"})


class Terminal(Console):
    """A console on which a no-break space holds: `20 h 00` and `Sep 15` stay on one line."""

    def print(self, *objects: Any, **more: Any) -> None:
        """Print, with the no-break spaces of every text held."""
        super().print(*(_held(one) for one in objects), **more)

    def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
        """The laid-out text, with its own spaces again."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text.translate(FREED), style, control)


def _held(one: Any) -> Any:
    if isinstance(one, str):
        return one.translate(HELD)
    if isinstance(one, Text):
        one.plain = one.plain.translate(HELD)
    if isinstance(one, Table):
        one.title, one.caption = _held(one.title), _held(one.caption)
        for column in one.columns:
            column.header, column._cells = _held(column.header), [_held(cell) for cell in column._cells]
    return one


def terminal(plain_width: int = 0, *, widest: int = 0) -> Terminal:
    """Standard output; of a fixed width where it is no terminal. Takes: widest - however wide the terminal is."""
    made = Terminal(width=None if sys.stdout.isatty() else plain_width or PLAIN_WIDTH, highlight=False, soft_wrap=False)
    if widest:
        made.width = min(made.width, widest)
    return made


def said_table(lines: Sequence[tuple[str, str]]) -> Table:
    """A label and a sentence a line; a label that comes again is left out."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    before = ""
    for label, text in lines:
        table.add_row(Text("" if label == before else label, style="bold"), Text(text))
        before = label
    return table


def rows_filled(lines: Sequence[tuple[str, str]], width: int) -> int:
    """How many rows of a screen of that width such a table fills."""
    beside = max(len(label) for label, _ in lines)
    room = width - beside - 1 if beside else width
    return sum(len(wrap(text, room, break_on_hyphens=False)) or 1 for _, text in lines)


def level_text(name: str, language: str) -> Text:
    """A level as its symbol and word, in its colour."""
    return Text(level_word(name, language), style=COLOURS.get(name, ""))


def table_of(
    w: Mapping[str, str],
    *columns: str,
    title: str | None = None,
    held: Collection[str] = (),
    figures: Collection[str] = (),
) -> Table:
    """A table without rows yet, as every command has it. Takes: held - what stays on one line; figures - numbers."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for name in columns:
        table.add_column(w[name], no_wrap=name in held, justify="right" if name in figures else "left")
    return table


SHOWN = 8
"""The most people of the table."""
MAILS_SHOWN = 12
WIDTHS = {"due": 20, "stands": 36}
FILES = {
    "workbook": "risk.xlsx",
    "grounds": "record.xlsx",
    "digests": "digests",
    "preview": "digests/index.html",
    "calendar": "calendar.ics",
    "findings": "findings.csv",
    "duties": "duties.csv",
    "problems": "problems.csv",
    "set_aside": "set-aside.xlsx",
    "manifest": "manifest.json",
}


def show_run(outcome: FinishedRun, language: str, *, as_json: bool) -> None:
    """Print the outcome: the manifest for a program, or a page for a person."""
    print_failures(outcome.failures, language)
    print_left_out(outcome.problems, language)
    print_undelivered(outcome.round, language)
    if as_json:
        print_json(outcome.manifest)
        return
    console = terminal()
    report = outcome.told.office
    said, _ = headline(report, at_risk(report))
    console.print("\n".join(said), soft_wrap=True)
    console.print(_table(report, language), end="")
    for line in _lines(outcome, language):
        console.print(line, soft_wrap=True)


def account_line(account: Account, language: str, key: str = "account") -> str:
    """Where the rows went, after what they are rows of."""
    return words("cli", language)[key].format(account=account_said(account, language))


def _table(report: Report, language: str) -> Table | str:
    """The gravest people, one line each in the order of every first screen, and the others counted by level; nothing
    where there are none, of which the headline tells.
    """
    w, duties = words("cli", language), at_risk(report)
    if not duties:
        return ""
    table = table_of(w, title=w["worst"])
    for name in ("level", "person", "due", "stands", "do"):
        table.add_column(w[name], no_wrap=name in ("level", "person"), max_width=WIDTHS.get(name))
    entries, more = todo(duties, report, SHOWN)
    for entry in entries:
        level = entry["level"]
        table.add_row(
            Text(f"{level['symbol']} {level['word']}", style=COLOURS[level["name"]]),
            Text(entry["person"]),
            Text(entry["title"]),
            Text("\n".join([entry["stands"], *entry["marks"]])),
            Text(entry["action"]),
        )
    if more:
        table.caption, table.caption_justify = more, "left"
    return table


def _lines(outcome: FinishedRun, language: str) -> list[str]:
    w, report, run = words("cli", language), outcome.told.office, outcome.run
    office = zone(report.office.time_zone)
    levels, duties = report.people_by_level, report.of_institution["level"].value_counts()
    lines = [
        "",
        w["as_of"].format(clock=formats.clock(run.as_of, office, language)),
        account_line(run.account, language),
        w["people"].format(counts=_counted(levels, language)),
    ]
    if report.duties_account:
        lines.append(account_line(report.duties_account, language, "duties_account"))
        lines.append(
            w["duties_by"].format(counts=_counted({name: int(duties.get(name, 0)) for name in levels}, language))
        )
    if run.record_complete_to is not None:
        lines.append(w["record"].format(clock=formats.clock(run.record_complete_to, office, language)))
    if not run.has_outage_record:
        lines.append(w["no_record"])
    elif run.is_record_stale:
        lines.append(w["stale"])
    lines += trust_notes(report)
    if any(map(is_doubtful, report.beside.looked_rows)):
        lines.append(looked_line(report))
    return [*lines, *_mail_lines(outcome, language), "", *_paths(outcome, language)]


def _counted(levels: Mapping[str, int], language: str) -> str:
    """How many stand at each level: `Critical 5 · High 15`."""
    return " · ".join(
        f"{BY_NAME[name].word(language)} {formats.number(count, language)}" for name, count in levels.items()
    )


def _paths(outcome: FinishedRun, language: str) -> list[str]:
    w = words("cli", language)
    names = {key: w[key].format(n=len(outcome.told.recipients)) for key in FILES}
    width = max(len(name) for name in names.values())
    here = Path.cwd()
    folder = outcome.folder.relative_to(here) if outcome.folder.is_relative_to(here) else outcome.folder
    present = {key: folder / name for key, name in FILES.items() if (outcome.folder / name).exists()}
    return [f"{names[key]:<{width}}  {path}" for key, path in present.items()]


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
    for entry in done.outstanding[:MAILS_SHOWN]:
        line = _line(entry, language)
        if (answer := answers.get(entry.number)) and answer.said:
            line += " " + w["answer"].format(answer=f"{answer.code or ''} {answer.said}".strip())
        click.echo("reporter: " + w["undelivered"].format(message=line.strip()), err=True)
    if len(done.outstanding) > MAILS_SHOWN:
        click.echo("reporter: " + w["more"].format(n=len(done.outstanding) - MAILS_SHOWN), err=True)
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


def _mail_lines(outcome: FinishedRun, language: str) -> Sequence[str]:
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
