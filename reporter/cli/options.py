"""Options that several commands share, and how the settings file and the command line become one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pandas import Timestamp

    from reporter.settings import Settings
FILE = click.Path(path_type=Path, dir_okay=False)
config = click.option("--config", type=FILE, help="The settings file; see samples/reporter.toml.")
store = click.option("--store", metavar="URL", help="The database, e.g. sqlite:///reporter.db.")
language = click.option("--lang", type=click.Choice(["en", "fr"]), help="The office's language.")
as_of = click.option("--as-of", "as_of", metavar="INSTANT", help="The clock of the report; now, if left out.")


def instant(text: str | None, zone_name: str, option: str = "--as-of") -> Timestamp:
    """The instant that was typed, or now. Without an offset it is on the office's clock; a bare date is its start.

    Raises: click.BadParameter - it is not ISO 8601.
    """
    import pandas as pd

    from reporter.text.time_zones import zone

    if text is None:
        return pd.Timestamp(datetime.now(zone("UTC"))).floor("s").as_unit("us")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is not an instant such as 2026-09-09T09:00:00-04:00"
        raise click.BadParameter(message, param_hint=option) from error
    known = at if at.tzinfo else at.replace(tzinfo=zone(zone_name))
    return pd.Timestamp(known).tz_convert("UTC").as_unit("us")


def now() -> Timestamp:
    """This instant, to the microsecond: the clock by which mails are tried, put off and given up."""
    import pandas as pd

    return pd.Timestamp(datetime.now(UTC)).as_unit("us")


def office_zone(name: str) -> ZoneInfo:
    """The office's zone, from its name in the settings."""
    from reporter.text.time_zones import zone

    return zone(name)


def settings(
    config: Path | None,
    *,
    rosters: tuple[Path, ...] = (),
    outages: tuple[Path, ...] = (),
    duties: tuple[Path, ...] = (),
    language: str | None = None,
    store: str | None = None,
    annotations: tuple[Path, ...] = (),
) -> Settings:
    """The settings file with what the command line says in its place; files given there stand from this folder.

    A roster given on the command line that the settings also name keeps what they say of it.
    """
    import msgspec

    from reporter.settings import DutiesSettings, OutageSettings, RosterSettings, load_settings

    _speak(language or spoken_in(config))
    known = load_settings(config)
    changes: dict[str, object] = {}
    if rosters:
        said = {Path(entry.path).name: entry for entry in known.roster}
        changes["roster"] = tuple(
            msgspec.structs.replace(said.get(path.name, RosterSettings(path="")), path=str(path.absolute()))
            for path in rosters
        )
    if outages:
        told = {Path(entry.path).name: entry for entry in known.outages}
        changes["outages"] = tuple(
            msgspec.structs.replace(told.get(path.name, OutageSettings(path="")), path=str(path.absolute()))
            for path in outages
        )
    if duties:
        owed = {Path(entry.path).name: entry for entry in known.duties}
        changes["duties"] = tuple(
            msgspec.structs.replace(owed.get(path.name, DutiesSettings(path="")), path=str(path.absolute()))
            for path in duties
        )
    if annotations:
        changes["annotations"] = tuple(str(path.absolute()) for path in annotations)
    if language:
        changes |= {"language": language, "also": ""}
    if store:
        changes["store"] = store
    return msgspec.structs.replace(known, **changes)


def spoken_in(config: Path | None) -> str:
    """The language that a settings file asks for, whatever else is wrong with it."""
    import tomllib

    try:
        said = tomllib.loads(config.read_text("utf-8")).get("language") if config else "en"
    except (OSError, ValueError):  # the command says so itself, in English
        said = "en"
    return "fr" if str(said).startswith("fr") else "en"  # of two, the first


def _speak(language: str) -> None:
    """Have whatever stops the command told in that language; see `main`."""
    context = click.get_current_context(silent=True)
    spoken = context.find_root().obj if context else None
    if isinstance(spoken, dict):
        spoken["language"] = language
