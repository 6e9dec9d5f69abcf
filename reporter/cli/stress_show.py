"""How the answer of `stress` looks: for each length, the stretches of beginnings that would touch most people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd
from pandas import Timestamp
from rich.table import Table
from rich.text import Text

from reporter.cli.desk import stamps
from reporter.cli.whatif_show import console, table_of
from reporter.errors import ReporterError
from reporter.pipeline.assemble.inputs import Inputs
from reporter.pipeline.questions.stress import WORST_FIRST, StressResult
from reporter.pipeline.run.write import MANIFEST
from reporter.report.stress_map import heat_map, stress_workbook
from reporter.text import formats
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

SHOWN, LISTED = 5, 50


def facts(answer: StressResult, as_of: Timestamp, lengths: Sequence[float]) -> dict[str, Any]:
    """The answer for a program: the worst stretches of each length, at most fifty."""
    return {
        "what_if": True,
        "as_of": f"{as_of:%Y-%m-%dT%H:%M:%SZ}",
        "services": list(answer.services),
        "kind": answer.kind,
        "days": answer.days,
        "step_hours": answer.step.total_seconds() / 3600,
        "lengths": [{"hours": hours, "worst": _stretches(answer, hours)} for hours in lengths],
    }


def _stretches(answer: StressResult, hours: float) -> list[dict[str, Any]]:
    worst = answer.worst(hours, LISTED)
    told = worst.assign(**{name: stamps(worst[name]) for name in ("began_at", "until_at")})
    return [{str(key): value for key, value in row.items()} for row in told.to_dict("records")]


def show(answer: StressResult, inputs: Inputs, lengths: Sequence[float], language: str) -> None:
    """Print the answer for a person."""
    w, out = words("questions", language), console()
    office = zone(inputs.settings.office.time_zone)
    titles = [inputs.rulebook.services[key].title.of(language) for key in answer.services]
    ended = inputs.as_of + pd.Timedelta(days=answer.days)
    tried = w["stressed"].format(
        services=", ".join(titles) or w["all_services"],
        step=formats.span(answer.step.total_seconds() / 3600),
        began=formats.clock(inputs.as_of, office, language),
        ended=formats.clock(ended, office, language),
        kind=w[f"kind_{answer.kind}"],
    )
    for line in (w["stress"], tried, w["counts_mean"], ""):
        out.print(line, soft_wrap=True, markup=False)
    for hours in lengths:
        out.print(_table(answer, hours, inputs.settings.office.time_zone, language))


def write(answer: StressResult, inputs: Inputs, lengths: Sequence[float], language: str, out: Path) -> None:
    """Write the workbook and the map into a folder that no run has written.

    Raises: ReporterError - the folder holds a report, or cannot be written.
    """
    w, zone_name = words("questions", language), inputs.settings.office.time_zone
    if (out / MANIFEST).exists():
        raise ReporterError("holds the report of a run; name a folder of its own for what is invented", where=str(out))
    titles = [inputs.rulebook.services[key].title.of(language) for key in answer.services]
    worst = pd.concat([answer.worst(hours, LISTED).assign(hours=hours) for hours in lengths], ignore_index=True)
    services = ", ".join(titles) or w["all_services"].lower()
    settings = inputs.settings
    templates = settings.path(settings.templates) if settings.templates else None
    files = {
        "stress.xlsx": stress_workbook(answer.moments, worst, zone_name, language),
        "stress.svg": heat_map(answer.moments, zone_name, language, services=services, templates=templates).encode(),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
            click.echo(w["wrote"].format(path=out / name), err=True)
    except OSError as error:
        raise ReporterError(f"cannot be written ({error.strerror})", where=str(out)) from error


def _table(answer: StressResult, hours: float, zone_name: str, language: str) -> Table | str:
    w, office = words("questions", language), zone(zone_name)
    worst = answer.worst(hours, SHOWN)
    if worst.empty:
        return w["harmless"].format(hours=formats.span(hours)) + "\n"
    table = table_of(w["worst_of"].format(hours=formats.span(hours)))
    for name in ("begins", "until"):
        table.add_column(w[name])
    for name in WORST_FIRST:
        table.add_column(w[name], justify="right")
    for row in worst.to_dict("records"):
        instants = (Text(formats.clock(row[name], office, language)) for name in ("began_at", "until_at"))
        table.add_row(*instants, *(formats.number(int(row[name]), language) for name in WORST_FIRST))
    return table
