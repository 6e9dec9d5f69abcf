"""How the answer of `what-if` looks: clearly invented, level by level, and person by person."""

import sys
from typing import Any

import click
from pandas import Timestamp
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reporter.cli.desk import stamps
from reporter.cli.show import COLOURS, PLAIN_WIDTH
from reporter.model.levels import BY_NAME, LEVELS
from reporter.pipeline.assemble.inputs import Inputs
from reporter.pipeline.questions.what_if import WhatIf
from reporter.text import formats
from reporter.text.catalogue import counted as number_of
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

SHOWN = 12
FACTS = ["person_id", "was_level", "level", "deadline", "closes_at", "last_safe_at", "rule", "reason"]


def console() -> Console:
    """Standard output; of a fixed width where it is no terminal."""
    return Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False, soft_wrap=False)


def not_read(inputs: Inputs, language: str) -> None:
    """What could not be read, on stderr: an answer without it is an answer about fewer people."""
    for failure in inputs.gathered.failures:
        click.echo(
            "reporter: " + words("questions", language)["not_read"].format(message=failure.told(language)), err=True
        )


def level_text(name: str, language: str) -> Text:
    """A level as its symbol and word, in its colour."""
    level = BY_NAME[name]
    return Text(f"{level.symbol} {level.word(language)}", style=COLOURS.get(name, ""))


def facts(answer: WhatIf, as_of: Timestamp) -> dict[str, Any]:
    """The answer for a program; `what_if` stands first, so that nobody takes it for a report."""
    outage, changed = answer.outage.iloc[0], answer.changed
    shown = changed.assign(**{name: stamps(changed[name]) for name in ("closes_at", "last_safe_at")})[FACTS]
    return {
        "what_if": True,
        "as_of": _stamp(as_of),
        "outage": {
            "services": str(outage["services"]).split(";"),
            "began_at": _stamp(outage["began_at"]),
            "ended_at": _stamp(outage["ended_at"]),
            "kind": outage["kind"],
        },
        "people_by_level": {name: {"now": answer.now[name], "then": answer.then[name]} for name in answer.now},
        "people_hit": answer.people_hit,
        "duties_hit": answer.duties_hit,
        "people_covered": answer.covered,
        "changed": shown.to_dict("records"),
    }


def show(answer: WhatIf, inputs: Inputs, language: str) -> None:
    """Print the answer for a person."""
    w, out = words("questions", language), console()
    for line in _heading(answer, inputs, language):
        out.print(line, soft_wrap=True, markup=False)
    out.print(_levels(answer, language), end="")
    if answer.changed.empty:
        out.print(w["nobody"])
        return
    out.print(_people(answer, language), end="")


def _heading(answer: WhatIf, inputs: Inputs, language: str) -> list[str]:
    w, office = words("questions", language), zone(inputs.settings.office.time_zone)
    outage = answer.outage.iloc[0]
    titles = [inputs.rulebook.services[key].title.of(language) for key in str(outage["services"]).split(";")]
    length = (outage["ended_at"] - outage["began_at"]).total_seconds() / 3600
    return [
        w["what_if"],
        w["invented"].format(
            services=", ".join(titles),
            began=formats.clock(outage["began_at"], office, language),
            ended=formats.clock(outage["ended_at"], office, language),
            hours=formats.span(length),
            kind=w[f"kind_{outage['kind']}"],
        ),
        w["judged"].format(clock=formats.clock(inputs.as_of, office, language)),
        w["hit"].format(
            people=counted(answer.people_hit, "person", language),
            duties=counted(answer.duties_hit, "duty", language),
            covered=counted(answer.covered, "person", language),
        ),
        "",
    ]


def counted(value: int, noun: str, language: str) -> str:
    """A count with its noun, `person` or `duty`."""
    return number_of(words("questions", language), noun, value, language)


def _levels(answer: WhatIf, language: str) -> Table:
    w = words("questions", language)
    table = table_of(w["levels"])
    table.add_column(w["level"])
    for name in ("now", "then", "difference"):
        table.add_column(w[name], justify="right")
    for level in LEVELS:
        now, then = answer.now.get(level.name, 0), answer.then.get(level.name, 0)
        more = f"{then - now:+d}".replace("-", "−") if then != now else "="
        table.add_row(
            level_text(level.name, language), formats.number(now, language), formats.number(then, language), more
        )
    return table


def _people(answer: WhatIf, language: str) -> Table:
    w = words("questions", language)
    table = table_of(w["changed"])
    for name in ("person", "now", "then", "due", "closes", "last_safe"):
        table.add_column(w[name], no_wrap=name in ("person", "now", "then"))
    for row in answer.changed.head(SHOWN).to_dict("records"):
        table.add_row(
            Text(str(row["person_id"])),
            level_text(row["was_level"], language),
            level_text(row["level"], language),
            *(Text(str(row[name])) for name in ("title", "closes_local", "last_safe_local")),
        )
    if len(answer.changed) > SHOWN:
        table.caption = w["more"].format(n=formats.number(len(answer.changed) - SHOWN, language))
        table.caption_justify = "left"
    return table


def table_of(title: str) -> Table:
    """A table without columns yet, as all of these questions have it."""
    return Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)


def _stamp(at: Timestamp) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
