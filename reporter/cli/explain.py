"""`reporter explain`: how one person's levels came about, from the cell to the judgement."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from reporter.model.trace import Counterfactual, TracedDuty
    from reporter.pipeline.questions.explain import Explanation
    from reporter.report.trace import TraceContext


@click.command()
@click.argument("person")
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="A roster; may be given several times.")
@click.option("--outages", type=context.FILE, multiple=True, help="An outage record; may be given several times.")
@context.as_of
@click.option("--as-known", metavar="INSTANT", help="Use the outage ledger exactly as it stood then.")
@context.language
@context.store
@click.option("--deadline", default="", metavar="NAME", help="Only this duty; see `reporter rules`.")
@click.option("--json", "as_json", is_flag=True, help="Print one object a duty, for a program to read.")
def explain(
    person: str,
    config: Path | None,
    rosters: tuple[Path, ...],
    outages: tuple[Path, ...],
    as_of: str | None,
    as_known: str | None,
    lang: str | None,
    store: str | None,
    deadline: str,
    as_json: bool,
) -> None:
    """Show how the levels of PERSON (the office's own number) came about, and what would change them.

    The id of one of the institution's own duties is taken too. The chain goes from the cell of the roster to the date,
    the rule, the cut-off, the outages, the facts and the judgement. What stands under "Otherwise" is the answer of the
    same rules, run again with one thing changed.
    """
    known = context.settings(config, rosters=rosters, outages=outages, language=lang, store=store)
    at = context.typed_instant(as_of, known.office.time_zone)
    mark = context.typed_instant(as_known, known.office.time_zone, "--as-known") if as_known else None
    from reporter.pipeline.questions.explain import explain as explained
    from reporter.text.catalogue import words

    found = explained(known, at, person, deadline=deadline, as_known=mark)
    for failure in found.failures:
        message = failure.in_language(known.language)
        click.echo("reporter: " + words("cli", known.language)["failed"].format(message=message), err=True)
    if as_json:
        objects = [_object(part, found.known) for part in found.parts]
        context.print_json_text(json.dumps(objects, ensure_ascii=False, indent=2))
        return
    _show(found)


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
    from rich.console import Console

    from reporter.cli.terminal import PLAIN_WIDTH
    from reporter.text import formats
    from reporter.text.time_zones import zone

    known = found.known
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    for part in found.parts:
        _part(part, known, console)
    clock = formats.clock(known.as_of, zone("UTC"), known.language)
    console.print(known.words["as_of"].format(clock=clock), style="dim")


def _part(part: TracedDuty, known: TraceContext, console: Console) -> None:
    """One duty: its level and date on a line, then its chain, each kind of step named once."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(_heading(part.finding, known) or part.source_row, style="bold"))
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
    from reporter.report.trace import otherwise_said

    w = known.words
    for name in ("reason", "action", "relief"):
        if part.finding and part.finding[name]:
            yield w[name], part.finding[name], ""
    for step in part.steps:
        beside = " · ".join(text for text in (step.source, step.cite, step.link) if text)
        yield w[step.what], step.value, "" if step.what in ("opens", "closes", "fact") else beside
    answers: tuple[Counterfactual, ...] = part.otherwise
    for answer in answers:
        yield w["otherwise"], otherwise_said(answer, part.finding, known), ""
