"""`reporter explain`: how one person's levels came about, from the cell to the judgement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from reporter.errors import ReporterError
    from reporter.model.trace import Counterfactual, TracedDuty
    from reporter.pipeline.questions.explain import Card, Cards, Explanation
    from reporter.report.mail.rows import AskedAt
    from reporter.report.trace import TraceContext


@click.command()
@click.argument("person")
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="A roster; may be given several times.")
@click.option("--outages", type=context.FILE, multiple=True, help="An outage record; may be given several times.")
@click.option("--duties", type=context.FILE, multiple=True, help="A sheet of duties; may be given several times.")
@context.as_of
@click.option("--as-known", metavar="INSTANT", help="Use the outage ledger exactly as it stood then.")
@context.language
@context.store
@click.option("--deadline", default="", metavar="NAME", help="Only this duty; see `reporter rules`.")
@click.option("--full", is_flag=True, help="Every step from the cell to the level, and all that would change it.")
@click.option("--json", "as_json", is_flag=True, help="Print one object a duty, for a program to read.")
def explain(
    person: str,
    config: Path | None,
    rosters: tuple[Path, ...],
    outages: tuple[Path, ...],
    duties: tuple[Path, ...],
    as_of: str | None,
    as_known: str | None,
    lang: str | None,
    store: str | None,
    deadline: str,
    full: bool,
    as_json: bool,
) -> None:
    """Tell how PERSON (the office's own number) stands: until when, why, what to do, and what would change it.

    The id of one of the institution's own duties is taken too. With --full, the chain of every duty goes from the cell
    of the roster to the date, the rule, the cut-off, the outages, the facts and the judgement. What stands under "If"
    and "Otherwise" is the answer of the same rules, run again with one thing changed.
    """
    known = context.settings(config, rosters=rosters, outages=outages, duties=duties, language=lang, store=store)
    at = context.typed_instant(as_of, known.office.time_zone)
    mark = context.typed_instant(as_known, known.office.time_zone, "--as-known") if as_known else None
    if not (full or as_json):
        from reporter.pipeline.questions.explain import cards_of

        cards = cards_of(known, at, person, deadline=deadline, as_known=mark)
        _print_failures(cards.failures, known.language)
        _show_cards(cards)
        return
    from reporter.pipeline.questions.explain import explain as explained

    found = explained(known, at, person, deadline=deadline, as_known=mark)
    _print_failures(found.failures, known.language)
    if as_json:
        objects = [_object(part, found.known) for part in found.parts]
        context.print_json_text(json.dumps(objects, ensure_ascii=False, indent=2))
        return
    _show(found)


def _print_failures(failures: tuple[ReporterError, ...], language: str) -> None:
    from reporter.text.catalogue import words

    for failure in failures:
        message = failure.in_language(language)
        click.echo("reporter: " + words("cli", language)["failed"].format(message=message), err=True)


def _show_cards(found: Cards) -> None:
    """Each card: its heading on a line, then a label and a sentence a line."""
    from rich.text import Text

    from reporter.cli.console import rows_filled, said_table, terminal
    from reporter.report.card import MOST_COLUMNS, MOST_LINES, fitted
    from reporter.report.mail.rows import AskedAt
    from reporter.text import formats
    from reporter.text.catalogue import words
    from reporter.text.time_zones import zone

    known, out = found.known, terminal(widest=MOST_COLUMNS)
    at = AskedAt(known.as_of, found.office_zone, known.language)
    local = known.as_of.tz_convert(zone(found.office_zone))
    closing = words("card", known.language)["closing"].format(
        day=formats.day(local, known.language), hour=formats.hour(local, known.language)
    )
    for card in found.cards:
        heading, versions = (
            _heading_of(card, found),
            [_card(card, found, at, is_brief=brief) for brief in (False, True)],
        )
        room = MOST_LINES - sum(rows_filled([("", text)], out.width) for text in (heading, closing))
        out.print(Text(heading, style="bold"))
        out.print(said_table(fitted(versions, room, lambda tried: rows_filled(tried, out.width), known.language)))
    out.print(Text(closing, style="dim"))


def _heading_of(card: Card, found: Cards) -> str:
    from reporter.report.card import card_heading
    from reporter.report.trace import level_word

    if card.finding:
        return card_heading(card.finding, found.known)
    return f"{level_word('data_problem', found.known.language)} · {found.person}"


def _card(card: Card, found: Cards, at: AskedAt, *, is_brief: bool) -> list[tuple[str, str]]:
    from reporter.pipeline.questions.history import standing_since
    from reporter.report import card as said

    known, finding = found.known, card.finding
    if not finding:
        return [*said.row_lines(card.source_row, card.problems, known), *said.worst_line(card.worst, known)]
    last = card.weeks[-1] if card.weeks else None
    since = standing_since(card.weeks, finding["level"])
    told = [(telling.slug, telling.sent_at) for telling in found.tellings]
    return [
        *said.duty_lines(finding, known, at),
        said.surety_line(finding, card.unconfirmed, known, has_record=found.has_record, is_brief=is_brief),
        *said.worst_line(card.worst, known),
        said.since_line(since, (last.level, last.as_of) if last else None, told, at, is_brief=is_brief),
        *said.also_line(card.others, known, is_brief=is_brief),
        *said.change_lines(card.changes, finding, known, at, is_brief=is_brief),
    ]


def _object(part: TracedDuty, known: TraceContext) -> dict[str, Any]:
    """One duty for a program: the columns of its finding, its steps and what would change it."""
    from reporter.report.trace import otherwise_said

    steps = [{"what": s.what, "from": s.source, "value": s.value, "cite": s.cite, "link": s.link} for s in part.steps]
    if not part.finding:
        return {"person_id": part.person_id, "deadline": "", "source_row": part.source_row, "steps": steps}
    answers = [
        {
            "change": answer.change,
            "at": _plain(answer.at),
            "outages": list(answer.outages),
            "level": answer.level,
            "rule": answer.rule,
            "says": otherwise_said(answer, part.finding, known),
        }
        for answer in part.otherwise
    ]
    return {name: _plain(value) for name, value in part.finding.items()} | {"steps": steps, "otherwise": answers}


def _plain(value: Any) -> Any:
    """A cell of a finding as JSON has it: instants in UTC, dates, numbers to two decimals, nothing as null."""
    import pandas as pd

    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}" if value.tzinfo else f"{value:%Y-%m-%d}"
    return round(value, 2) if isinstance(value, float) else value


def _show(found: Explanation) -> None:
    from reporter.cli.console import terminal
    from reporter.text import formats
    from reporter.text.time_zones import zone

    known = found.known
    console = terminal()
    for part in found.parts:
        _part(part, known, console)
    clock = formats.clock(known.as_of, zone("UTC"), known.language)
    console.print(known.words["as_of"].format(clock=clock), style="dim")


def _part(part: TracedDuty, known: TraceContext, console: Console) -> None:
    """One duty: its level and date on a line, then its chain, each kind of step named once."""
    from rich.table import Table
    from rich.text import Text

    from reporter.report.card import cell_place

    place = cell_place(part.source_row, part.source_row.rpartition(":")[2])
    console.print(Text(_heading(part.finding, known) or place, style="bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=10)
    table.add_column()
    before = ""
    for label, text, source in _lines(part, known):
        told = Text(text)
        if source:
            told.append(f"\n{source}", style="dim")
        table.add_row(Text("" if label == before else label, style="bold"), told)
        before = label
    console.print(table)
    console.print()


def _heading(finding: Mapping[Any, Any], known: TraceContext) -> str:
    from reporter.report.trace import level_word

    if not finding:
        return ""
    parts = (level_word(finding["level"], known.language), finding["person_id"], finding["title"])
    return " · ".join([*parts, *([finding["closes_local"]] if isinstance(finding["closes_local"], str) else [])])


def _lines(part: TracedDuty, known: TraceContext) -> Iterator[tuple[str, str, str]]:
    from reporter.report.card import step_place
    from reporter.report.trace import otherwise_said

    w = known.words
    for name in ("reason", "action", "relief"):
        if part.finding and part.finding[name]:
            yield w[name], part.finding[name], ""
    for step in part.steps:
        place = step_place(step)
        yield w[step.what], step.value, " · ".join(text for text in (place, step.cite, step.link) if text)
    answers: tuple[Counterfactual, ...] = part.otherwise
    for answer in answers:
        yield w["otherwise"], otherwise_said(answer, part.finding, known), ""
