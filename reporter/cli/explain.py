"""`reporter explain`, `history` and `evidence`: how one person stands and why, since when, and the case's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from reporter.cli import context
from reporter.cli.context import (
    Desk,
    as_json,
    as_known,
    on_ledger,
    on_settings,
    on_store,
    print_json,
    recorded_at,
    second_text,
)
from reporter.cli.help import misuse
from reporter.cli.streams import question_left, watching
from reporter.errors import StoreError
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pandas import Timestamp
    from rich.console import Console

    from reporter.model.rulebook import Rulebook
    from reporter.pipeline.questions.explain import Card, Cards, Explanation
    from reporter.pipeline.questions.history import History, Telling, WeekOfDuty
    from reporter.report.mail.rows import AskedAt
    from reporter.report.trace import Counterfactual, TraceContext, TracedDuty
    from reporter.settings import Settings
    from reporter.store.database import Store


EVIDENCE_KINDS = ("screenshot", "error_text", "attempt", "confirmation", "other")
MAILS_SHOWN = 12


@click.command()
@click.argument("person")
@on_settings(
    context.rosters,
    context.outages,
    click.option("--duties", type=context.FILE, multiple=True, help="A sheet of duties; may be given several times."),
    context.as_of,
    click.option("--as-known", metavar="INSTANT", help="Use the outage ledger exactly as it stood then."),
    context.language,
    context.store,
)
@click.option("--deadline", default="", metavar="NAME", help="Only this duty; see `reporter rules`.")
@click.option("--full", is_flag=True, help="Every step from the cell to the level, and all that would change it.")
@click.option("--json", "as_json", is_flag=True, help="Print one object a duty, for a program to read.")
def explain(
    known: Settings,
    person: str,
    as_of: Timestamp,
    as_known: Timestamp | None,
    deadline: str,
    full: bool,
    as_json: bool,
) -> None:
    """Tell how PERSON (the office's own number) stands: until when, why, what to do, and what would change it.

    The id of one of the institution's own duties is taken too. With --full, the chain of every duty goes from the cell
    of the roster to the date, the rule, the cut-off, the outages, the facts and the judgement. What stands under "If"
    and "Otherwise" is the answer of the same rules, run again with one thing changed.
    """
    from reporter.cli.terminal import print_failures

    if not (full or as_json):
        from reporter.pipeline.questions.explain import cards_of

        with watching(known.language, question_left(known.language)):
            cards = cards_of(known, as_of, person, deadline=deadline, as_known=as_known)
        print_failures(cards.failures, known.language)
        _show_cards(cards)
        return
    from reporter.pipeline.questions.explain import explain as explained

    with watching(known.language, question_left(known.language)):
        found = explained(known, as_of, person, deadline=deadline, as_known=as_known)
    print_failures(found.failures, known.language)
    if as_json:
        print_json([_object(part, found.known) for part in found.parts])
        return
    _show(found)


def _show_cards(found: Cards) -> None:
    """Each card: its heading on a line, then a label and a sentence a line."""
    from rich.text import Text

    from reporter.cli.terminal import rows_filled, said_table, terminal
    from reporter.report.card import MOST_COLUMNS, MOST_LINES, fitted
    from reporter.report.mail.rows import AskedAt
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
    from reporter.model.levels import level_word
    from reporter.report.card import card_heading

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
    from reporter.cli.terminal import terminal
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
    from reporter.model.levels import level_word

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


@click.command()
@click.argument("person")
@on_store(
    click.option(
        "--roster", "rosters", type=context.FILE, multiple=True, help="A roster; tells which report is meant."
    ),
    context.store,
    context.language,
)
@as_json
def history(known: Settings, store: Store, person: str, as_json: bool) -> None:
    """Tell since when PERSON (the office's own number) stands as they do, and which mails told of it.

    It reads what the runs and the outbox keep of this report. That somebody looked is written into the audit record,
    with a checksum of the number. A reader is named as in `reporter outbox`, never by address.
    """
    from reporter.pipeline.questions.history import history_of
    from reporter.rules.load import load_rulebook

    past = history_of(store, known, person, context.this_instant())
    rulebook = load_rulebook(known.rules_path, known.register_path).whole
    if as_json:
        print_json(_history_record(past))
        return
    _show_history(past, known, rulebook)


def _history_record(past: History) -> dict[str, Any]:
    weeks = [_week_record(asdict(week)) for week in past.weeks]
    mails = [_week_record(asdict(telling)) for telling in past.tellings]
    return {"reports": weeks, "mails": mails, "rows_set_aside": past.rows_set_aside}


def _week_record(values: dict[str, Any]) -> dict[str, Any]:
    """Instants as text, a missing one as null."""
    return {
        name: second_text(value) if name.endswith("_at") or name == "as_of" else value for name, value in values.items()
    }


def _show_history(past: History, known: Settings, rulebook: Rulebook) -> None:
    from rich.text import Text

    from reporter.cli.terminal import said_table, terminal

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
    from reporter.text.time_zones import zone

    w = words("card", known.language)
    title = rulebook.deadlines[deadline].title.of(known.language) if deadline in rulebook.deadlines else w["rule_gone"]
    if closes_at is None:
        return w["history_undated"].format(title=title)
    clock = formats.clock(closes_at, zone(known.office.time_zone), known.language)
    return w["history_duty"].format(title=title, closes=clock)


def _weeks_said(weeks: list[WeekOfDuty], known: Settings, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """The reports in which the level or its reason changed, and how many said the same after each."""
    from reporter.model.levels import level_word
    from reporter.pipeline.questions.history import changed_weeks
    from reporter.rules.manual import rule_in_words

    w = words("card", known.language)
    changed = changed_weeks(tuple(weeks))
    places = [weeks.index(week) for week in changed]
    for week, place, following in zip(changed, places, [*places[1:], len(weeks)], strict=True):
        why = rule_in_words(week.rule, rulebook, known.language) or w["rule_gone"]
        yield _day(week.as_of, known), w["history_by"].format(level=level_word(week.level, known.language), why=why)
        if following - place > 1:
            yield "", count_sentence(w, "history_same", following - place - 1, known.language)


def _day(at: Timestamp, known: Settings) -> str:
    from reporter.text.time_zones import zone

    return formats.day(at.tz_convert(zone(known.office.time_zone)), known.language)


LARGEST = 50_000_000  # bytes


class PackUnlessNamed(click.Group):
    """A group whose first word may be a person: `evidence PERSON` is `evidence pack PERSON`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What was typed, with `pack` in front where no command stands there."""
        is_said = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_said or not args else ["pack", *args])


@click.group(cls=PackUnlessNamed)
def evidence() -> None:
    """Keep what shows that a filing was tried during an outage: `reporter evidence PERSON` makes the pack."""


@evidence.command()
@click.argument("person")
@click.option("--outage", "outages_wanted", multiple=True, metavar="ID", help="Only this outage; may be repeated.")
@click.option("--deadline", default="", metavar="NAME", help="Only this duty, e.g. study-permit-renewal.")
@context.out_folder
@on_settings(context.rosters, context.outages, context.as_of, as_known, context.language, context.store)
def pack(
    known: Settings,
    person: str,
    outages_wanted: tuple[str, ...],
    deadline: str,
    out: Path | None,
    as_of: Timestamp,
    as_known: Timestamp | None,
) -> None:
    """Make the evidence pack of one person: a folder and a zip, with a fact sheet for the licensed contact."""
    from reporter.pipeline.questions.evidence import PackRequest, make_pack

    made = make_pack(known, as_of, PackRequest(person, outages_wanted, deadline, as_known), out=out)
    w = words("cli", known.language)
    count, names = len(made.files), {"folder": str(made.folder), "archive": made.archive.name}
    click.echo(count_sentence(w, "pack", count, known.language, **names))
    missing = sum(state == "missing" for state in made.standing.values())
    click.echo(count_sentence(w, "pack_missing", missing, known.language))


@evidence.command()
@click.argument("person")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(EVIDENCE_KINDS), required=True, help="What the files show.")
@click.option("--at", "happened", metavar="INSTANT", help="When it was taken or tried; not said, if left out.")
@click.option("--note", default="", help="What else is to be known, e.g. a confirmation number.")
@on_ledger(recorded_at)
def add(
    at: Desk, person: str, files: tuple[Path, ...], kind: str, happened: str | None, note: str, as_of: str | None
) -> None:
    """File screenshots, error texts, confirmations or attempts of a person, each kept under its SHA-256."""
    for path in files:
        if path.stat().st_size > LARGEST:
            raise misuse("too_large", name=path.suffix or "FILE", most=LARGEST // 1_000_000)
    from reporter.store.captures import evidence_beside, file_evidence

    folder, moment = evidence_beside(at.store, at.known.home), at.instant(as_of)
    happened_at = None if happened is None else context.typed_instant(happened, at.known.office.time_zone, "--at")
    for path in files:
        content = path.read_bytes()
        kept = file_evidence(
            at.store,
            person,
            kind,
            folder.keep(content),
            suffix=path.suffix,
            size=len(content),
            happened_at=happened_at,
            recorded_at=moment,
            note=note,
        )
        click.echo(words("cli", at.language)["filed_one"].format(name=kept.name, sha256=kept.sha256))


@evidence.command("list")
@click.argument("person")
@on_ledger(as_json)
def list_(at: Desk, person: str, as_json: bool) -> None:
    """List what was filed for a person, and say when a file is gone or was changed."""
    from reporter.store.captures import evidence_beside, evidence_of

    folder, w = evidence_beside(at.store, at.known.home), words("cli", at.language)
    rows = []
    for kept in evidence_of(at.store, person):
        try:
            is_whole = bool(folder.read(kept.sha256)) or not kept.size
        except StoreError:
            is_whole = False
        stamps = {"happened_at": second_text(kept.happened_at) or "", "recorded_at": second_text(kept.recorded_at)}
        rows.append({"name": kept.name, **asdict(kept), **stamps, "is_whole": is_whole})
    if as_json:
        print_json(rows)
        return
    for row in rows:
        lost = "" if row["is_whole"] else f"  {w['filed_lost']}"
        click.echo(f"{row['name']}  {row['happened_at'] or '–'}  {row['note']}{lost}".rstrip())
    if not rows:
        click.echo(w["filed_nothing"])
