"""`reporter init`: from an office's own files to its settings and a first look, in a dialogue on the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import context
from reporter.cli.init_roster import Choice, Question, ask_on_terminal, settle_roster, uncontacted_units
from reporter.cli.usage import misuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tomlkit import TOMLDocument

    from reporter.errors import ReporterError
    from reporter.readers.roster import RosterReading
    from reporter.settings import Settings
ROSTERS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv")
OFFICE = ("name", "address", "time_zone", "licensed_contact")
FIRST_LOOK = "first-look"


@dataclass(frozen=True)
class Dialogue:
    """How answers are had: typed, or, when nothing may be asked, as they stand."""

    words: Mapping[str, str]
    language: str
    is_silent: bool

    def text(self, key: str, before: str) -> str:
        """One line of text; Enter keeps what stood there."""
        return before if self.is_silent else click.prompt(self.words[key], default=before, show_default=bool(before))

    def agrees(self, key: str, *, default: bool = True) -> bool:
        """Whether somebody agrees; silence agrees to nothing."""
        return not self.is_silent and click.confirm(self.words[key], default=default)

    def choice(self, question: Question) -> Choice | None:
        """The answer to a question about a roster."""
        return None if self.is_silent else ask_on_terminal(question, self.language)


@click.command()
@click.option("--config", type=context.FILE, default="reporter.toml", show_default=True, help="The file to write.")
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="A roster; may be given several times.")
@click.option("--name", help="The office's name.")
@click.option("--address", help="Who gets the rows that name nobody.")
@click.option("--time-zone", help="The office's time zone, such as America/Toronto.")
@click.option("--licensed-contact", help="To whom cases are referred.")
@click.option("--outages", multiple=True, help="An outage record: a file, or an address that is fetched.")
@click.option("--unit", "units", multiple=True, metavar="NAME=ADDRESS", help="Who gets the rows of a unit.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Any key, such as roster[0].date_order=dmy.")
@click.option("--yes", "is_silent", is_flag=True, help="Ask nothing: the options, and what is known without them.")
@click.option("--try/--no-try", "is_tried", default=None, help="Make a first report at once, sent to nobody.")
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
    lang: str | None,
    **office: str | None,
) -> None:
    """Write the settings file: which rosters, what their headings and values mean, who gets what; and try it.

    It shows how each roster is read, and asks one thing at a time what nobody but the office knows. Nothing is
    written before the end. Run again, it changes what you change and keeps the rest, comments too.
    """
    from reporter.text.catalogue import words

    document, language = _opened(config, lang, is_silent=is_silent)
    talk = Dialogue(words("setup", language), language, is_silent)
    if lang:
        _put(document, ("language",), lang)
    _ask_office(document, office, talk)
    home = config.absolute().parent
    names = [_from_home(path, home) for path in _asked_rosters(rosters, document, home, talk)]
    for name in names:
        _put_roster(document, {"path": name})
    for text in changes:
        _put(document, *_typed_change(text))
    draft = _draft(config, document)
    readings = [one for name in names for one in _roster(name, document, draft, talk)]
    _ask_units(document, units, readings, talk)
    _ask_outages(document, outages, home, talk)
    _draft(config, document)  # refuses what cannot be used before it is written
    _write(config, document)
    click.echo(talk.words["written"].format(path=config))
    if is_tried or (is_tried is None and talk.agrees("try_it")):
        _try(config, home)
    if is_timed or (is_timed is None and talk.agrees("time_it", default=False)):
        _install_timer(config, talk)
    click.echo(talk.words["next"].format(path=config))


def _opened(config: Path, lang: str | None, *, is_silent: bool) -> tuple[TOMLDocument, str]:
    """The settings as they stand, or a new file's outline in the language of the office."""
    import tomlkit

    from reporter.settings import load_settings
    from reporter.settings_text import read_typed
    from reporter.text.catalogue import words

    if config.exists():
        known = load_settings(config)
        return tomlkit.parse(read_typed(config).text), lang or known.language
    usual = "fr" if os.environ.get("LANG", "").startswith("fr") else "en"
    if not (lang or is_silent):
        lang = click.prompt("English or French / anglais ou français", type=click.Choice(["en", "fr"]), default=usual)
    language = lang or usual
    return tomlkit.parse(words("setup", language)["outline"]), language


def _ask_office(document: TOMLDocument, said: Mapping[str, str | None], talk: Dialogue) -> None:
    from reporter.text.time_zones import zone

    table = document.get("office", {})
    for key in OFFICE:
        before = str(table.get(key, "America/Toronto" if key == "time_zone" else ""))
        value = said.get(key) or talk.text(f"office_{key}", before)
        while key == "time_zone" and not talk.is_silent and not _holds(zone, value):
            click.echo(talk.words["no_zone"].format(name=value))
            value = talk.text(f"office_{key}", before)
        if value != before or key in table:
            _put(document, ("office", key), value)


def _holds(make: Callable[[str], object], text: str) -> bool:
    try:
        make(text)
    except (KeyError, ValueError):
        return False
    return True


def _asked_rosters(said: Sequence[Path], document: TOMLDocument, home: Path, talk: Dialogue) -> list[Path]:
    """The rosters to be looked at: those of the options; else those that are typed, with what the folder holds."""
    if said or talk.is_silent:
        return list(said)
    named = [str(one["path"]) for one in document.get("roster", [])]
    there = sorted(one.name for one in home.iterdir() if one.suffix.lower() in ROSTERS and one.name not in named)
    if named:
        click.echo(talk.words["rosters_named"].format(names=", ".join(named)))
    if there:
        click.echo(talk.words["rosters_there"].format(names=", ".join(there)))
    usual = "" if named else next(iter(there), "")
    paths: list[Path] = []
    while typed := talk.text("roster_next" if paths or named else "roster_first", "" if paths else usual).strip("\"' "):
        path = home / typed
        if path.is_file():
            paths.append(path)
        else:
            click.echo(talk.words["no_such_file"].format(path=path))
    return paths


def _roster(name: str, document: TOMLDocument, draft: Settings, talk: Dialogue) -> list[RosterReading]:
    """Settle one roster with whoever answers, show how it is read, and put it into the document."""
    import msgspec

    from reporter.cli.check import show_mapping, show_reading
    from reporter.pipeline.assemble.row_account import read_alone

    entry = _without_defaults(next(msgspec.to_builtins(one) for one in draft.roster if one.path == name))

    def read(known: Settings) -> list[RosterReading]:
        return read_alone(known, context.typed_instant(None, known.office.time_zone))

    click.echo("\n" + talk.words["roster_is"].format(name=name))

    def show(readings: list[RosterReading]) -> None:
        if not talk.is_silent:
            show_mapping(readings, talk.language)

    settled, readings, stop = settle_roster(draft, entry, read, talk.choice, show)
    if stop:
        _tell_stop(stop, talk)
    else:
        show_reading(readings, talk.language)
    _put_roster(document, settled)
    return readings


def _tell_stop(stop: ReporterError, talk: Dialogue) -> None:
    click.echo(stop.in_language(talk.language), err=True)
    click.echo(talk.words["not_read_yet"], err=True)


def _without_defaults(entry: dict[str, Any]) -> dict[str, Any]:
    from reporter.settings import RosterSettings

    usual = RosterSettings(path="")
    return {key: value for key, value in entry.items() if value != getattr(usual, key)}


def _put_roster(document: TOMLDocument, entry: dict[str, Any]) -> None:
    """The roster's table with every setting of it; a new one at the end of the others."""
    import tomlkit

    if "roster" not in document:
        document.append("roster", tomlkit.aot())
    tables = document["roster"]
    number = next((n for n, one in enumerate(tables) if one["path"] == entry["path"]), len(tables))
    if number == len(tables):
        tables.append(tomlkit.table())
    for way, value in _leaves(entry):
        _put(document, ("roster", number, *way), value)


def _leaves(table: Mapping[str, Any], way: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for key, value in table.items():
        found += _leaves(value, (*way, key)) if isinstance(value, dict) else [((*way, key), value)]
    return found


def _put(document: TOMLDocument, way: Sequence[str | int], value: Any) -> None:
    """Set one key; tables on the way are made, and a value that is the same stays as it was typed."""
    import tomlkit

    table: Any = document
    for part in way[:-1]:
        if isinstance(part, str) and part not in table:
            table[part] = tomlkit.table()
        table = table[part]
    if table.get(way[-1]) != value:
        table[way[-1]] = value


def _typed_change(text: str) -> tuple[tuple[str | int, ...], Any]:
    """`roster[0].date_order=dmy`: the way, and the value as TOML where it is that, else as text."""
    import re
    import tomllib

    key, sign, typed = text.partition("=")
    if not sign:
        raise misuse("key_value", option="--set", value=text)
    parts = re.findall(r'"([^"]+)"|\[(\d+)\]|([^.\[\]"]+)', key.strip())
    way = tuple(int(index) if index else quoted or name for quoted, index, name in parts)
    try:
        return way, tomllib.loads(f"value = {typed}")["value"]
    except tomllib.TOMLDecodeError:
        return way, typed.strip()


def _ask_units(document: TOMLDocument, said: Sequence[str], readings: Sequence[RosterReading], talk: Dialogue) -> None:
    """Who gets the rows of a unit that name nobody: one question a unit, with how many rows hang on it."""
    for text in said:
        name, _, address = text.partition("=")
        _put(document, ("units", name.strip(), "address"), address.strip())
    owned = [unit for one in document.get("recipients", []) for unit in one.get("units", [])]
    known = {*document.get("units", {}), *owned}
    for unit, count in uncontacted_units(readings).items():
        if unit in known or talk.is_silent:
            continue
        told = talk.words["unit_address"].format(unit=unit, count=count)
        if address := click.prompt(told, default="", show_default=False).strip():
            _put(document, ("units", unit, "address"), address)


def _ask_outages(document: TOMLDocument, said: Sequence[str], home: Path, talk: Dialogue) -> None:
    """Outage records: a file is read by each run, an address by `outages fetch`."""
    import tomlkit

    typed = list(said)
    if not typed and not talk.is_silent and not (document.get("outages") or document.get("sources")):
        typed = [text for text in [talk.text("outages_from", "").strip("\"' ")] if text]
    for text in typed:
        table, key = ("sources", "url") if "://" in text else ("outages", "path")
        value = text if key == "url" else _from_home(Path(text), home)
        if table not in document:
            document.append(table, tomlkit.aot())
        if value not in [one[key] for one in document[table]]:
            document[table].append(tomlkit.item({key: value}))


def _from_home(path: Path, home: Path) -> str:
    """The path as the settings name it: from their folder where it is below, with strokes that no TOML eats."""
    stands = path.absolute()
    return stands.relative_to(home).as_posix() if stands.is_relative_to(home) else stands.as_posix()


def _draft(config: Path, document: TOMLDocument) -> Settings:
    """The document as settings, checked as a run checks them, without touching the file.

    Raises: SettingsError - an answer cannot be used.
    """
    import tomlkit

    from reporter.settings import load_settings

    with TemporaryDirectory() as folder:
        path = Path(folder) / config.name
        path.write_text(tomlkit.dumps(document), "utf-8")
        known = load_settings(path)
    import msgspec

    return msgspec.structs.replace(known, folder=str(config.absolute().parent))


def _write(config: Path, document: TOMLDocument) -> None:
    import tomlkit

    beside = config.with_name(f".{config.name}.{os.getpid()}")
    config.absolute().parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(tomlkit.dumps(document), "utf-8")
    beside.replace(config)


def _try(config: Path, home: Path) -> None:
    """A first report beside the settings, with a database that is thrown away: it is no week, and nobody is told."""
    from reporter.cli.terminal import show_run
    from reporter.pipeline.run import run as pipeline

    with TemporaryDirectory() as folder:
        known = context.settings(config, store=f"sqlite:///{folder}/try.db")
        at = context.typed_instant(None, known.office.time_zone)
        outcome = pipeline.run(known, at, out=home / FIRST_LOOK)
    show_run(outcome, known.language, as_json=False)


def _install_timer(config: Path, talk: Dialogue) -> None:
    """What `schedule install` does of itself; a timer that is there already stays as it is."""
    from reporter.cli.schedule import install_usual

    if not install_usual(context.settings(config), config):
        click.echo(talk.words["timer_there"].format(path=config))
