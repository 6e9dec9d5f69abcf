"""`reporter init` and `reporter settings`: a settings file made by questions and answers, and what one says.

`init` types the dialogue of pipeline/upkeep/setup.py, or shows it on a page; `settings` tells where each value comes
from, and what an editor may know of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import tomli

from reporter.cli import context
from reporter.cli.help import misuse
from reporter.errors import SettingsError, refused
from reporter.text.catalogue import words

if TYPE_CHECKING:
    from reporter.pipeline.upkeep.roster_questions import Question
    from reporter.pipeline.upkeep.setup import SettledRoster, Setup
    from reporter.settings import Settings
    from reporter.settings_text import Key, TypedFile


@click.group()
def settings() -> None:
    """Look at a settings file: what holds and from where; a schema for editors."""


@settings.command()
@click.argument("file", type=context.FILE, required=False)
@context.config
@context.language
@context.as_json
@click.pass_context
def check(ctx: click.Context, file: Path | None, config: Path | None, lang: str | None, as_json: bool) -> None:
    """Read the settings FILE as a run would, and print every value with the line that it comes from.

    What the file does not say holds by default. A file that it names and that is not there is told, and ends with 4.
    """
    path = config or file
    if path is None:
        raise misuse("which_file")
    known = context.settings(path, language=lang)
    from reporter.settings_text import read_typed

    typed = read_typed(path)
    _refuse_unread(known, typed)
    values = list(_values(known, typed))
    gone = [(key, place) for key, place in known.named_files() if not place.exists()]
    if as_json:
        told = {"file": str(path.absolute()), "encoding": typed.encoding, "missing": [str(place) for _, place in gone]}
        context.print_json({**told, "values": values})
    else:
        _show(path, typed, values, gone, known.language)
    ctx.exit(4 if gone else 0)


def _refuse_unread(known: Settings, typed: TypedFile) -> None:
    """What the readers would refuse of a roster's own headings and values, before there is a roster to read.

    Raises: SettingsError - there is no such field, or no such word of it.
    """
    from reporter.readers.headers import fields_of_roster
    from reporter.readers.values import office_values
    from reporter.settings_text import line_of, line_told, spelled_way
    from reporter.text.formats import nearest

    for n, entry in enumerate(known.roster):
        for name in (one for one in entry.columns if one not in fields_of_roster()):
            way, near = ("roster", n, "columns", name), nearest(name, fields_of_roster())
            said = {"line": line_told(line_of(typed.text, way)), "name": name, "near": near}
            code = "stop_key_near" if near else "stop_no_field"
            raise refused(SettingsError, code, where=f"{typed.name}: {spelled_way(way)}", **said)
        office_values(entry.values)


def _show(
    path: Path, typed: TypedFile, values: list[dict[str, Any]], gone: list[tuple[str, Path]], language: str
) -> None:

    w = words("setup", language)
    click.echo(w["settings_file"].format(path=path.absolute(), encoding=typed.encoding))
    width = max(len(one["key"]) for one in values)
    for one in values:
        source = w["from_line"].format(line=one["line"]) if one["line"] else w["from_default"]
        click.echo(f"{one['key']:<{width}}  {json.dumps(one['value'], ensure_ascii=False):<40}  {source}")
    for key, place in gone:
        click.echo(w["gone"].format(key=key, path=place.absolute()), err=True)


def _values(known: Settings, typed: TypedFile) -> Iterator[dict[str, Any]]:
    """Every value with its key and line, 0 for what holds by default; in the order of the reference."""
    import msgspec

    from reporter.settings import INTERNAL
    from reporter.settings_text import leaves, line_of, settings_table, spelled_way

    table = settings_table(typed)
    for way, value in leaves(msgspec.to_builtins(known)):
        if way[0] in INTERNAL:
            continue
        line = line_of(typed.text, way) if _is_said(table, way) else 0
        shown = table["language"] if way == ("language",) and line else value
        yield {"key": spelled_way(way), "value": shown, "line": line}


def _is_said(table: Any, way: Key) -> bool:
    """Whether the file itself has that key."""
    for part in way:
        try:
            table = table[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


@settings.command()
def schema() -> None:
    """Print the JSON Schema of the settings file, by which an editor completes and checks it.

    Save it beside the settings, and begin them with: #:schema reporter.schema.json
    """
    import msgspec

    from reporter.resources import meanings
    from reporter.settings import INTERNAL, Identity, Settings

    (whole,), parts = msgspec.json.schema_components([Settings], ref_template="#/$defs/{name}")
    told = tomli.loads(meanings().read_text("utf-8"))["settings"]
    for name, part in parts.items():
        for key, entry in part.get("properties", {}).items():
            if meaning := told.get(name, {}).get(key):
                entry["description"] = meaning
    for key in INTERNAL:
        parts["Settings"]["properties"].pop(key)
    parts.pop(Identity.__name__)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "reporter.toml"}
    context.print_json({**head, **whole, "$defs": parts})


@click.command()
@click.option("--config", type=context.FILE, default="reporter.toml", show_default=True, help="The file to write.")
@context.rosters
@click.option("--name", help="The office's name.")
@click.option("--address", help="The office's own: gets the report on everybody.")
@click.option("--time-zone", help="The office's time zone, such as America/Toronto.")
@click.option("--licensed-contact", help="To whom cases are referred.")
@click.option("--outages", multiple=True, help="An outage record: a file, or an address that is fetched.")
@click.option("--unit", "units", multiple=True, metavar="NAME=ADDRESS", help="Who gets the rows of a unit.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Any key, such as roster[0].date_order=dmy.")
@click.option("--yes", "is_silent", is_flag=True, help="Ask nothing: the options, and what is known without them.")
@click.option("--try/--no-try", "is_tried", default=None, help="Make a first report at once, sent to nobody.")
@click.option("--page", "on_page", is_flag=True, help="Ask on a page of this machine instead of the terminal.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port of the page; any that is free, if left out.")
@click.option("--no-browser", is_flag=True, help="Only print the address of the page.")
@click.option("--timer/--no-timer", "is_timed", default=None, help="Write the usual timer of this system too.")
@context.language
def init(
    config: Path,
    rosters: tuple[Path, ...],
    outages: tuple[str, ...],
    units: tuple[str, ...],
    changes: tuple[str, ...],
    is_silent: bool,
    is_tried: bool | None,
    is_timed: bool | None,
    on_page: bool,
    port: int | None,
    no_browser: bool,
    lang: str | None,
    **office: str | None,
) -> None:
    """Write the settings file: which rosters, what their headings and values mean, who gets what; and try it.

    It shows how each roster is read, and asks one thing at a time what nobody but the office knows. Nothing is
    written before the end. Run again, it changes what you change and keeps the rest, comments too. With --page the
    same is asked in a browser, by a page that only this machine can open.
    """
    from reporter.pipeline.upkeep.setup import GivenAnswers, Setup

    given = GivenAnswers(
        language=lang or "",
        office={key: text for key, text in office.items() if text},
        rosters=rosters,
        outages=outages,
        units=dict(_typed_unit(text) for text in units),
        changes=tuple(_typed_change(text) for text in changes),
    )
    setup = Setup(config, given, context.this_instant)
    if on_page:
        _open_page(setup, port or 0, shows=not no_browser)
        return
    _ask_all(setup, is_silent=is_silent)
    setup.write()
    w = _words(setup)
    click.echo(w["written"].format(path=config))
    if _wants(is_tried, w["try_it"], is_silent=is_silent):
        from reporter.cli.terminal import show_run

        show_run(setup.first_look(), setup.language, as_json=False)
    if _wants(is_timed, w["time_it"], is_silent=is_silent, usual=False):
        for line in _timer(setup):
            click.echo(line)
    click.echo(w["next"].format(path=config))


def _wants(said: bool | None, question: str, *, is_silent: bool, usual: bool = True) -> bool:
    """Whether somebody agrees; silence agrees to nothing."""
    return said if said is not None else not is_silent and click.confirm(question, default=usual)


def _words(setup: Setup) -> Any:

    return words("setup", setup.language or "en")


def _ask_all(setup: Setup, *, is_silent: bool) -> None:
    """Put every question of the dialogue and send the answer back; show a roster before the first one about it."""
    from reporter.pipeline.upkeep.roster_questions import Question

    dialogue = setup.dialogue()
    shown: set[str] = set()
    step = next(dialogue, None)
    while step is not None:
        if isinstance(step, Question):
            answer = _silence(step) if is_silent else _typed(step, setup, shown)
        else:
            answer = ""
            _show_settled(step, setup, shown)
        try:
            step = dialogue.send(answer)
        except StopIteration:
            step = None


def _silence(question: Question) -> str:
    """What nobody is asked stays as it stands; no roster is taken that nobody named."""
    return "" if question.is_file else question.usual


def _typed(question: Question, setup: Setup, shown: set[str]) -> str:
    """What somebody types, once it is an answer. A unit whose address is known is not asked about again."""
    if question.is_settled and question.part == "units":
        return question.usual
    w = _words(setup)
    if question.roster and question.roster not in shown:
        _show_mapping(question, w, setup.language, shown)
    for note in question.notes:
        click.echo(note)
    while True:
        typed = _prompted(question, w)
        if not (fault := question.refusal(typed, setup.language or "en")):
            return typed
        click.echo(fault)


def _show_mapping(question: Question, w: Any, language: str, shown: set[str]) -> None:
    from reporter.cli.check import show_mapping

    click.echo("\n" + w["roster_is"].format(name=question.roster))
    if question.readings:
        shown.add(question.roster)
        show_mapping(question.readings, language)


LISTED = 16
"""The most answers that are listed; of more, such as every field there is, one is typed by its name."""


def _prompted(question: Question, w: Any) -> str:
    """One line; Enter takes what stood there, or leaves a choice open."""
    hint = "" if question.usual or not question.blank else " " + w["enter"].format(blank=question.blank)
    if not question.is_free and not question.usual:
        click.echo("\n" + question.text)
        for number, choice in enumerate(question.choices if len(question.choices) <= LISTED else (), 1):
            click.echo(f"  {number}  {choice.label}")
        return str(click.prompt(w["which"] + hint, default="", show_default=False)).strip()
    listed = None if question.is_free else click.Choice([str(one.value) for one in question.choices])
    told = question.text + hint
    return str(click.prompt(told, default=question.usual, show_default=bool(question.usual), type=listed)).strip()


def _show_settled(roster: SettledRoster, setup: Setup, shown: set[str]) -> None:
    """How it is read at last, or what still stops it."""
    from reporter.cli.check import show_reading

    w = _words(setup)
    if roster.name not in shown:
        click.echo("\n" + w["roster_is"].format(name=roster.name))
    if roster.stop:
        click.echo(roster.stop.in_language(setup.language), err=True)
        click.echo(w["not_read_yet"], err=True)
    else:
        show_reading(roster.readings, setup.language)


def _typed_unit(text: str) -> tuple[str, str]:
    name, sign, address = text.partition("=")
    if not sign:
        raise misuse("key_value", option="--unit", value=text)
    return name.strip(), address.strip()


def _typed_change(text: str) -> tuple[tuple[str | int, ...], Any]:
    """`roster[0].date_order=dmy`: the way, and the value as TOML where it is that, else as text."""
    import re

    import tomli

    key, sign, typed = text.partition("=")
    if not sign:
        raise misuse("key_value", option="--set", value=text)
    parts = re.findall(r'"([^"]+)"|\[(\d+)\]|([^.\[\]"]+)', key.strip())
    way = tuple(int(index) if index else quoted or name for quoted, index, name in parts)
    try:
        return way, tomli.loads(f"value = {typed}")["value"]
    except tomli.TOMLDecodeError:
        return way, typed.strip()


def _timer(setup: Setup) -> list[str]:
    """Write what `schedule install` does of itself, and tell what is left to do; one that is there stays as it is."""
    from reporter.cli.run import install_usual

    told = install_usual(context.settings(setup.config), setup.config)
    return told or [_words(setup)["timer_there"].format(path=setup.config)]


def _open_page(setup: Setup, port: int, *, shows: bool) -> None:
    """Ask on a page, until it is closed."""
    from reporter.page.server import LocalServer
    from reporter.page.setup import SetupPage

    language = setup.language or "en"
    server = LocalServer(SetupPage(setup, lambda: _timer(setup)).routes(), "setup", language=language, port=port)
    context.show_page(server, language, shows=shows)
