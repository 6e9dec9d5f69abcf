"""`reporter history`: one person's levels, report by report, why each changed, and which mails told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import context
from reporter.cli.audit import store_of_command
from reporter.cli.context import as_json, print_json

if TYPE_CHECKING:
    from pandas import Timestamp

    from reporter.model.rulebook import Rulebook
    from reporter.pipeline.questions.history import History, Telling, WeekOfDuty
    from reporter.settings import Settings

MAILS_SHOWN = 12


@click.command()
@click.argument("person")
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="A roster; tells which report is meant.")
@context.store
@context.language
@as_json
def history(
    person: str,
    config: Path | None,
    rosters: tuple[Path, ...],
    store: str | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Tell since when PERSON (the office's own number) stands as they do, and which mails told of it.

    It reads what the runs and the outbox keep of this report. That somebody looked is written into the audit record,
    with a checksum of the number. A reader is named as in `reporter outbox`, never by address.
    """
    with store_of_command(config, store, lang, rosters) as (known, found):
        from reporter.pipeline.questions.history import history_of
        from reporter.rules.load import load_rulebook

        past = history_of(found, known, person, context.this_instant())
        rulebook = load_rulebook(known.rules_path, known.register_path).whole
    if as_json:
        print_json(_object(past))
        return
    _show(past, known, rulebook)


def _object(past: History) -> dict[str, Any]:
    weeks = [_plain(vars(week)) for week in past.weeks]
    mails = [_plain(vars(telling)) for telling in past.tellings]
    return {"reports": weeks, "mails": mails, "rows_set_aside": past.rows_set_aside}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Instants as text, a missing one as null."""
    return {name: _stamp(value) if name.endswith("_at") or name == "as_of" else value for name, value in values.items()}


def _stamp(at: Timestamp | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _show(past: History, known: Settings, rulebook: Rulebook) -> None:
    from rich.text import Text

    from reporter.cli.console import said_table, terminal
    from reporter.text.catalogue import count_sentence, words

    w, out = words("card", known.language), terminal()
    if not past.weeks:
        out.print(Text(w["history_none"]))
    if past.rows_set_aside:
        out.print(Text(count_sentence(w, "history_aside", past.rows_set_aside, known.language)))
    for (deadline, closes_at), weeks in _by_duty(past.weeks).items():
        out.print(Text(_title(deadline, closes_at, known, rulebook), style="bold"))
        out.print(said_table(list(_weeks_said(weeks, known, rulebook))))
    out.print(Text(w["mails"] if past.tellings else w["mails_none"], style="bold"))
    if past.tellings:
        told = [(_day(one.sent_at, known), _mail_said(one, w)) for one in past.tellings[:MAILS_SHOWN]]
        more = len(past.tellings) - len(told)
        rest = [("", count_sentence(w, "mails_more", more, known.language))] if more else []
        out.print(said_table([*told, *rest]))
    out.print(Text(w["history_limits"], style="dim"))


def _mail_said(one: Telling, w: Mapping[str, str]) -> str:
    said = w["mail_sent" if one.by == "id" else "mail_sent_by_name"].format(slug=one.slug, number=one.number)
    return f"{said} {w['mail_alert']}" if one.is_alert else said


def _by_duty(weeks: tuple[WeekOfDuty, ...]) -> dict[tuple[str, Timestamp | None], list[WeekOfDuty]]:
    """The weeks of each duty; one whose date was moved is another."""
    found: dict[tuple[str, Timestamp | None], list[WeekOfDuty]] = {}
    for week in weeks:
        found.setdefault((week.deadline, week.closes_at), []).append(week)
    return found


def _title(deadline: str, closes_at: Timestamp | None, known: Settings, rulebook: Rulebook) -> str:
    from reporter.text import formats
    from reporter.text.catalogue import words
    from reporter.text.time_zones import zone

    w = words("card", known.language)
    title = rulebook.deadlines[deadline].title.of(known.language) if deadline in rulebook.deadlines else w["rule_gone"]
    if closes_at is None:
        return w["history_undated"].format(title=title)
    clock = formats.clock(closes_at, zone(known.office.time_zone), known.language)
    return w["history_duty"].format(title=title, closes=clock)


def _weeks_said(weeks: list[WeekOfDuty], known: Settings, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """The reports in which the level or its reason changed, and how many said the same after each."""
    from reporter.pipeline.questions.history import changed_weeks
    from reporter.report.trace import level_word
    from reporter.rules.conditions import rule_in_words
    from reporter.text.catalogue import count_sentence, words

    w = words("card", known.language)
    changed = changed_weeks(tuple(weeks))
    places = [weeks.index(week) for week in changed]
    for week, place, following in zip(changed, places, [*places[1:], len(weeks)], strict=True):
        why = rule_in_words(week.rule, rulebook, known.language) or w["rule_gone"]
        yield _day(week.as_of, known), w["history_by"].format(level=level_word(week.level, known.language), why=why)
        if following - place > 1:
            yield "", count_sentence(w, "history_same", following - place - 1, known.language)


def _day(at: Timestamp, known: Settings) -> str:
    from reporter.text import formats
    from reporter.text.time_zones import zone

    return formats.day(at.tz_convert(zone(known.office.time_zone)), known.language)
