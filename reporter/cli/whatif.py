"""`reporter what-if`: who would be hit by an outage that has not happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context
from reporter.cli.context import print_json
from reporter.cli.usage import misuse

if TYPE_CHECKING:
    from reporter.model.rulebook import Rulebook


@click.command("what-if")
@click.option("--service", required=True, metavar="SERVICE", help="What is down: names or ids, `;` between several.")
@click.option("--from", "began", required=True, metavar="INSTANT", help="When it would begin.")
@click.option("--hours", required=True, type=click.FloatRange(min=0, min_open=True), help="How long it would last.")
@click.option("--kind", type=click.Choice(["unplanned", "planned"]), default="unplanned", show_default=True)
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="A roster; may be given several times.")
@click.option("--outages", type=context.FILE, multiple=True, help="An outage record; may be given several times.")
@context.as_of
@context.language
@context.store
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
def what_if(
    service: str,
    began: str,
    hours: float,
    kind: str,
    config: Path | None,
    rosters: tuple[Path, ...],
    outages: tuple[Path, ...],
    as_of: str | None,
    lang: str | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Ask who would be hit, level by level, if one more outage were on record. Writes and remembers nothing."""
    known = context.settings(config, rosters=rosters, outages=outages, language=lang, store=store)
    zone_name = known.office.time_zone
    at, began_at = context.typed_instant(as_of, zone_name), context.typed_instant(began, zone_name, "--from")
    import pandas as pd

    from reporter.cli import answers
    from reporter.pipeline.assemble.inputs import read_for_question
    from reporter.pipeline.questions.what_if import invented_outage
    from reporter.pipeline.questions.what_if import what_if as ask

    inputs = read_for_question(known, at)
    down = services(service, inputs.rulebook, known.language)
    answer = ask(inputs, invented_outage(down, began_at, pd.Timedelta(hours=hours), kind), known.language)
    answers.not_read(inputs, known.language)
    if as_json:
        print_json(answers.what_if_answer(answer, at))
    else:
        answers.show_what_if(answer, inputs, known.language)


def services(text: str, rulebook: Rulebook, language: str) -> tuple[str, ...]:
    """The ids of the services that were typed.

    Raises: Misuse - a name that no service has.
    """
    from reporter.pipeline.questions.what_if import services_of

    ids, unknown = services_of(text, rulebook)
    if unknown or not ids:
        known = ", ".join(sorted(service.title.of(language) for service in rulebook.services.values()))
        raise misuse("service", option="--service", value="; ".join(unknown) or text, services=known)
    return ids
