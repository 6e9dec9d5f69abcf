"""How the answer of `what-if` looks: clearly invented, level by level, and person by person."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd
from pandas import DataFrame, Timestamp
from rich.table import Table
from rich.text import Text

from reporter.cli.context import second_text, stamps
from reporter.cli.terminal import level_text, table_of, terminal
from reporter.engine.backtest import missed_by
from reporter.errors import FolderError, refused
from reporter.model.levels import BY_NAME, LEVELS
from reporter.model.rulebook import Rulebook
from reporter.pipeline.assemble.inputs import Inputs
from reporter.pipeline.questions.trials import WORST_FIRST, BackTest, StressResult, WhatIf
from reporter.pipeline.run.run_folder import MANIFEST
from reporter.report.stress_map import heat_map, stress_workbook
from reporter.rules.manual import rule_in_words
from reporter.rules.wording import service_phrase
from reporter.text import formats
from reporter.text.catalogue import counted as number_of
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

SHOWN = 12
HOURS = ("closes_at", "was_safe_at", "last_safe_at")
MOVED = ["person_id", "deadline", *HOURS]
FACTS = ["person_id", "was_level", "level", "deadline", "closes_at", "last_safe_at", "rule", "reason"]


def what_if_answer(answer: WhatIf, as_of: Timestamp) -> dict[str, Any]:
    """The answer for a program; `what_if` stands first, so that nobody takes it for a report."""
    outage, changed = answer.outage.iloc[0], answer.changed
    shown = changed.assign(**{name: stamps(changed[name]) for name in ("closes_at", "last_safe_at")})[FACTS]
    return {
        "what_if": True,
        "as_of": second_text(as_of),
        "outage": {
            "services": str(outage["services"]).split(";"),
            "began_at": second_text(outage["began_at"]),
            "ended_at": second_text(outage["ended_at"]),
            "kind": outage["kind"],
        },
        "people_by_level": {name: {"now": answer.now[name], "then": answer.then[name]} for name in answer.now},
        "people_hit": answer.people_hit,
        "duties_hit": answer.duties_hit,
        "people_covered": answer.covered,
        "hit": list(answer.hit),
        "moved": answer.moved.assign(**{name: stamps(answer.moved[name]) for name in HOURS})[MOVED].to_dict("records"),
        "changed": shown.to_dict("records"),
    }


def show_what_if(answer: WhatIf, inputs: Inputs, language: str) -> None:
    """Print the answer for a person."""
    w, out = words("questions", language), terminal()
    for line in _heading(answer, inputs, language):
        out.print(line, markup=False)
    out.print(_levels(answer, language), end="")
    for rows, shown, none in ((answer.moved, _safe_hours, "none_moved"), (answer.changed, _people, "nobody")):
        out.print(shown(answer, language) if len(rows) else f"{w[none]}\n", end="")


def _asked(answer: WhatIf, inputs: Inputs, language: str) -> str:
    """The invented outage in words, for an answer that says of what it is one."""
    w, office = words("questions", language), zone(inputs.settings.office.time_zone)
    outage = answer.outage.iloc[0]
    titles = [inputs.rulebook.services[key].title.of(language) for key in str(outage["services"]).split(";")]
    length = (outage["ended_at"] - outage["began_at"]).total_seconds() / 3600
    return w["invented"].format(
        services=", ".join(titles),
        began=formats.clock(outage["began_at"], office, language),
        ended=formats.clock(outage["ended_at"], office, language),
        hours=formats.span(length),
        kind=w[f"kind_{outage['kind']}"],
    )


def _heading(answer: WhatIf, inputs: Inputs, language: str) -> list[str]:
    w, office = words("questions", language), zone(inputs.settings.office.time_zone)
    people, duties = (
        _counted_noun(count, noun, language)
        for count, noun in ((answer.people_hit, "person"), (answer.duties_hit, "duty"))
    )
    named = [w["hit_who"].format(people=_named_people(answer.hit, language))] if answer.hit else []
    return [
        w["what_if"],
        _asked(answer, inputs, language),
        w["judged"].format(clock=formats.clock(inputs.as_of, office, language)),
        w["hit"].format(
            people=people,
            duties=duties,
            covered=_counted_noun(answer.covered, "person", language),
            moved=_counted_noun(answer.moved["person_id"].nunique(), "person", language),
        ),
        *named,
        "",
    ]


def _named_people(people: Sequence[str], language: str) -> str:
    """People by id, as many as can be read, and how many more."""
    more = len(people) - SHOWN
    told = [words("questions", language)["more_people"].format(n=formats.number(more, language))] if more > 0 else []
    return ", ".join([*people[:SHOWN], *told])


def _safe_hours(answer: WhatIf, language: str) -> Table:
    """Whose last dependable hour moves, from when to when."""
    w = words("questions", language)
    table = table_of(w, "person", "due", "moved_from", "moved_to", title=w["moved"], held=("person",))
    for row in answer.moved.head(SHOWN).to_dict("records"):
        table.add_row(*(Text(str(row[name])) for name in ("person_id", "title", "was_safe_local", "last_safe_local")))
    return _with_rest(table, len(answer.moved), language)


def _with_rest(table: Table, count: int, language: str) -> Table:
    """The table, with how many rows it has not room for."""
    if count > SHOWN:
        table.caption = words("questions", language)["more"].format(n=formats.number(count - SHOWN, language))
        table.caption_justify = "left"
    return table


def _counted_noun(value: int, noun: str, language: str) -> str:
    """A count with its noun, `person` or `duty`."""
    return number_of(words("questions", language), noun, value, language)


def _levels(answer: WhatIf, language: str) -> Table:
    w = words("questions", language)
    counts = ("now", "then", "difference")
    table = table_of(w, "level", *counts, title=w["levels"], figures=counts)
    for level in LEVELS:
        now, then = answer.now.get(level.name, 0), answer.then.get(level.name, 0)
        more = f"{then - now:+d}".replace("-", "−") if then != now else "="
        table.add_row(
            level_text(level.name, language), formats.number(now, language), formats.number(then, language), more
        )
    return table


def _people(answer: WhatIf, language: str) -> Table:
    w = words("questions", language)
    held = ("person", "now", "then")
    table = table_of(w, *held, "due", "closes", "last_safe", title=w["changed"], held=held)
    for row in answer.changed.head(SHOWN).to_dict("records"):
        table.add_row(
            Text(str(row["person_id"])),
            level_text(row["was_level"], language),
            level_text(row["level"], language),
            *(Text(str(row[name])) for name in ("title", "closes_local", "last_safe_local")),
        )
    return _with_rest(table, len(answer.changed), language)


STRETCHES_SHOWN, LISTED = 5, 50


def stress_answer(answer: StressResult, as_of: Timestamp, lengths: Sequence[float]) -> dict[str, Any]:
    """The answer for a program: the worst stretches of each length, at most fifty."""
    return {
        "what_if": True,
        "as_of": second_text(as_of),
        "services": list(answer.services),
        "kind": answer.kind,
        "days": answer.days,
        "step_hours": answer.step.total_seconds() / 3600,
        "lengths": [{"hours": hours, "worst": _stretches(answer, hours)} for hours in lengths],
    }


def _stretches(answer: StressResult, hours: float) -> list[dict[str, Any]]:
    worst = answer.worst(hours, LISTED)
    first = [answer.touched(hours, at) for at in worst["began_at"].head(STRETCHES_SHOWN)]
    named: list[dict[str, tuple[str, ...]] | None] = [*first, *[None] * (len(worst) - len(first))]
    told = worst.assign(**{name: stamps(worst[name]) for name in ("began_at", "until_at")})
    rows = told.to_dict("records")
    return [{str(k): v for k, v in row.items()} | {"people": who} for row, who in zip(rows, named, strict=True)]


def show_stress(answer: StressResult, inputs: Inputs, lengths: Sequence[float], language: str) -> None:
    """Print the answer for a person."""
    w, out = words("questions", language), terminal()
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
        out.print(line, markup=False)
    for hours in lengths:
        out.print(_table(answer, hours, inputs.settings.office.time_zone, language, tried), end="")
        for line in _worst_people(answer, hours, inputs.settings.office.time_zone, language):
            out.print(line, markup=False)
        out.print()


def _worst_people(answer: StressResult, hours: float, zone_name: str, language: str) -> list[str]:
    """Whom the worst moment of the table would touch, the gravest first; who loses hours alone is named once."""
    w, worst = words("questions", language), answer.worst(hours, 1)
    if worst.empty:
        return []
    began_at, done, lines = worst["began_at"].iloc[0], set[str](), []
    touched = answer.touched(hours, began_at)
    for name in WORST_FIRST:
        people = [one for one in touched[name] if name in ("worse", "closing") or one not in done]
        done |= set(people)
        if people:
            lines.append(w[f"who_{name}"].format(people=_named_people(people, language)))
    return [w["who_worst"].format(when=formats.clock(began_at, zone(zone_name), language)), *lines]


def write(answer: StressResult, inputs: Inputs, lengths: Sequence[float], language: str, out: Path) -> None:
    """Write the workbook and the map into a folder that no run has written.

    Raises: FolderError - the folder holds a report, or cannot be written.
    """
    w, zone_name = words("questions", language), inputs.settings.office.time_zone
    if (out / MANIFEST).exists():
        raise refused(FolderError, "stop_folder_of_run", where=str(out))
    named = [f"{service_phrase([key], inputs.rulebook, language)}" for key in answer.services]
    worst = pd.concat([answer.worst(hours, LISTED).assign(hours=hours) for hours in lengths], ignore_index=True)
    services = ", ".join(named) or w["all_services"].lower()
    settings = inputs.settings
    templates = settings.path(settings.templates) if settings.templates else None
    files = {
        "stress.xlsx": stress_workbook(answer.moments, worst, zone_name, language),
        "stress.svg": heat_map(
            answer.moments, zone_name, language, services=services, worst=_firsts(answer, lengths), templates=templates
        ).encode(),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
            click.echo(w["wrote"].format(path=out / name), err=True)
    except OSError as error:
        raise refused(FolderError, "stop_unwritten", where=str(out), what=error.strerror) from error


def _firsts(answer: StressResult, lengths: Sequence[float]) -> DataFrame:
    """The worst moment of each length, as the first line of its table has it."""
    return pd.concat([answer.worst(hours, 1).assign(hours=hours) for hours in lengths], ignore_index=True)


def _table(answer: StressResult, hours: float, zone_name: str, language: str, tried: str) -> Table | str:
    w, office = words("questions", language), zone(zone_name)
    worst = answer.worst(hours, STRETCHES_SHOWN)
    if worst.empty:
        return w["harmless"].format(hours=formats.span(hours), tried=tried) + "\n"
    title, held = w["worst_of"].format(hours=formats.span(hours)), ("begins", "until")
    table = table_of(w, *held, *WORST_FIRST, title=title, held=held, figures=WORST_FIRST)
    for row in worst.to_dict("records"):
        instants = (Text(formats.short_clock(row[name], office, language)) for name in ("began_at", "until_at"))
        table.add_row(*instants, *(formats.number(int(row[name]), language) for name in WORST_FIRST))
    return table


COUNTS = ("ended_missed", "led_to_nothing", "not_flagged")
THRESHOLD = "high"  # whom to name: missed without ever having been at this level


def backtest_answer(answer: BackTest) -> dict[str, Any]:
    """The answer for a program."""
    ends, scores = answer.outcomes, answer.scores
    missed = missed_by(answer.seen, ends, THRESHOLD)
    return {
        "source": answer.source,
        "reports": [second_text(at) for at in answer.instants],
        "duties": {str(name): int(count) for name, count in ends["outcome"].value_counts().sort_index().items()},
        "scores": [
            {key: None if value != value else value for key, value in row.items()}  # a lead without a flag
            for row in scores.to_dict("records")
        ],
        "alarms": answer.alarms.to_dict("records"),
        f"missed_below_{THRESHOLD}": missed.assign(closes_at=stamps(missed["closes_at"])).to_dict("records"),
    }


def show_backtest(answer: BackTest, rulebook: Rulebook, zone_name: str, language: str) -> None:
    """Print the answer for a person, what the words mean before the numbers."""
    w, out = words("questions", language), terminal()
    ends = answer.outcomes["outcome"]
    first, last = (_day(at, zone_name, language) for at in (answer.instants[0], answer.instants[-1]))
    told = _counted_noun(int((ends != "untold").sum()), "duty", language)
    lines = [
        w["back_test"].format(began=first, ended=last, count=len(answer.instants), duties=told),
        w["by_runs" if answer.source == "runs" else "by_replay"],
        w["defined"],
        w["untold"].format(n=int((ends == "untold").sum())),
        "",
    ]
    for line in lines:
        out.print(line, soft_wrap=True, markup=False)
    for part in ("level", "rule"):
        out.print(_backtest_table(answer, part, rulebook, language))
    out.print(_alarms_table(answer, rulebook, language))
    people = missed_by(answer.seen, answer.outcomes, THRESHOLD)["person_id"].drop_duplicates().tolist()
    line = w["missed_who"].format(level=BY_NAME[THRESHOLD].word(language), people=", ".join(people) or "–")
    out.print(line, soft_wrap=True, markup=False)


def _rule_named(rule: str, rulebook: Rulebook, language: str) -> str:
    """A judgement by what it tests."""
    return rule_in_words(rule, rulebook, language) or words("questions", language)["rule_gone"]


def _backtest_table(answer: BackTest, part: str, rulebook: Rulebook, language: str) -> Table:
    w = words("questions", language)
    figures = ("flagged", "lead", *COUNTS)
    table = table_of(w, part, *figures, title=w[f"scores_{part}"], figures=figures)
    for row in answer.scores[answer.scores["part"] == part].to_dict("records"):
        leads = [row[f"lead_{name}_days"] for name in ("min", "median", "max")]
        lead = " / ".join(formats.decimal(value, language) for value in leads) if row["flagged"] else "–"
        named = (
            level_text(row["name"], language) if part == "level" else Text(_rule_named(row["name"], rulebook, language))
        )
        # A rule that did not decide has not missed anybody: another one may have.
        counts = [str(row[name]) if part == "level" or name != "not_flagged" else "" for name in COUNTS]
        table.add_row(named, str(row["flagged"]), lead, *counts)
    return table


def _alarms_table(answer: BackTest, rulebook: Rulebook, language: str) -> Table:
    """How many people a report named at each level, and by which judgement: what the office had to read each week."""
    w = words("questions", language)
    figures = ("alarms_median", "alarms_max", "alarms_share")
    table = table_of(w, "level", *figures, title=w["alarms"], figures=figures)
    for row in answer.alarms.to_dict("records"):
        named = (
            level_text(row["name"], language)
            if row["part"] == "level"
            else Text(f"  {_rule_named(row['name'], rulebook, language)}")
        )
        share = formats.percent(row["share_max"], language, is_fine=True)
        table.add_row(named, str(row["people_median"]), str(row["people_max"]), share)
    return table


def _day(at: Timestamp, zone_name: str, language: str) -> str:
    return formats.day(at.tz_convert(zone(zone_name)), language)
