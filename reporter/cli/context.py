"""Options that several commands share, and how the settings file and the command line become one."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import replace

from reporter.cli.help import misuse, spoken_in
from reporter.errors import OutageFileError, refused
from reporter.text.catalogue import count_sentence, words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pandas import DataFrame, Series, Timestamp

    from reporter.model.problem import Problem
    from reporter.page.server import LocalServer
    from reporter.pipeline.upkeep.record_outages import OpenLedger
    from reporter.settings import Settings
    from reporter.store.captures import Captures
    from reporter.store.database import Store
Command = Callable[..., None]
FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
SETTINGS = Path("reporter.toml")
"""The settings file of a command that names none, where the folder it runs in has one."""
SHOWN, EACH = 25, 3
"""The most lines about problems, and about those of one kind in one column."""


def settings_here() -> Path | None:
    """The settings file of this folder; None where there is none, and every setting is the usual one."""
    return SETTINGS if SETTINGS.is_file() else None


config = click.option(
    "--config", type=FILE, default=settings_here, help="The settings file; reporter.toml of this folder, if left out."
)
store = click.option("--store", metavar="URL", help="The database, e.g. sqlite:///reporter.db.")
language = click.option("--lang", type=click.Choice(["en", "fr"]), help="The office's language.")
rosters = click.option("--roster", "rosters", type=FILE, multiple=True, help="A roster; may be given several times.")
outages = click.option("--outages", type=FILE, multiple=True, help="An outage record; may be given several times.")
accept_shrink = click.option(
    "--accept-shrink", is_flag=True, help="Go on although a roster lost many rows since its last run."
)
accept_rosters = click.option(
    "--accept-rosters", is_flag=True, help="The report goes on with other rosters than before, or is another one."
)
accept_store = click.option(
    "--accept-store", is_flag=True, help="The store was put back; what it has unsent of this week may have arrived."
)
as_of = click.option("--as-of", "as_of", metavar="INSTANT", help="The clock of the report; now, if left out.")
out_folder = click.option("--out", type=FOLDER, help="The folder to write; a fresh one, else.")


def options(*wanted: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one, in that order."""
    return lambda command: reduce(lambda made, option: option(made), reversed(wanted), command)


def typed_instant(text: str | None, zone_name: str, option: str = "--as-of") -> Timestamp:
    """The instant that was typed, or now. Without an offset it is on the office's clock; a bare date is its start.

    Raises: Misuse - it is not ISO 8601.
    """
    import pandas as pd

    from reporter.text.time_zones import zone

    if text is None:
        return pd.Timestamp(datetime.now(zone("UTC"))).floor("s").as_unit("us")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise misuse("instant", option=option, value=text) from error
    known = at if at.tzinfo else at.replace(tzinfo=zone(zone_name))
    return pd.Timestamp(known).tz_convert("UTC").as_unit("us")


def this_instant() -> Timestamp:
    """This instant, to the microsecond: the clock by which mails are tried, put off and given up."""
    import pandas as pd

    return pd.Timestamp(datetime.now(UTC)).as_unit("us")


def typed_head(text: str | None) -> tuple[int, str] | None:
    """The head of a record as it was printed, `NUMBER:SEAL`. Raises: Misuse."""
    number, _, seal = (text or "").partition(":")
    if text is not None and not (number.isdigit() and seal):
        raise misuse("head", option="--head")
    return None if text is None else (int(number), seal)


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
    from reporter.pipeline.assemble.report_identity import overlay_rosters, settle_identity
    from reporter.settings import DutiesSettings, OutageSettings, RosterSettings, load_settings

    _speak(language or spoken_in(config))
    known = load_settings(config)
    # a code page is a guess of ours: whoever looks after the settings is told of it
    from reporter.settings_text import WINDOWS

    if config and known.encoding == WINDOWS:
        saved = words("setup", known.language)["saved_as"]
        click.echo("reporter: " + saved.format(name=config.name, encoding=known.encoding), err=True)
    _refuse_kinds(config, known)
    changes: dict[str, object] = {}
    for key, paths, shape in (
        ("roster", rosters, RosterSettings),
        ("outages", outages, OutageSettings),
        ("duties", duties, DutiesSettings),
    ):
        said = {Path(entry.path).name: entry for entry in getattr(known, key)}
        # the file that was named goes before what stands elsewhere
        here = {"address": "", "query": ""} if key == "roster" else {}
        called = known.roster_name if key == "roster" else str
        given = [(path, said.get(called(path.name), shape(path=""))) for path in paths]
        if given:
            changes[key] = tuple(replace(one, path=str(path.absolute()), **here) for path, one in given)
    if annotations:
        changes["annotations"] = tuple(str(path.absolute()) for path in annotations)
    if language:
        changes |= {"language": language, "also": ""}
    if store:
        changes["store"] = store
    changed = replace(known, **changes)
    return settle_identity(overlay_rosters(known, changed) if rosters else changed)


def on_settings(*more: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command the settings as the command line changes them, in place of the options that say so.

    Takes: more - which of these there are beside `config`. Of `as_of` and `as_known` the command gets the instants.
    """

    def of(command: Command) -> Command:
        @wraps(command)
        def settled(
            config: Path | None,
            rosters: tuple[Path, ...] = (),
            outages: tuple[Path, ...] = (),
            duties: tuple[Path, ...] = (),
            annotations: tuple[Path, ...] = (),
            lang: str | None = None,
            store: str | None = None,
            **given: Any,
        ) -> None:
            known = settings(
                config, rosters=rosters, outages=outages, duties=duties, language=lang, store=store,
                annotations=annotations,
            )  # fmt: skip
            zone_name = known.office.time_zone
            if "as_of" in given:
                given["as_of"] = typed_instant(given["as_of"], zone_name)
            if mark := given.get("as_known"):
                given["as_known"] = typed_instant(mark, zone_name, "--as-known")
            command(known, **given)

        return options(config, *more)(settled)

    return of


def on_store(*more: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command the settings, see `on_settings`, and their store, open until it is over."""

    def of(command: Command) -> Command:
        @wraps(command)
        def opened(known: Settings, **given: Any) -> None:
            from reporter.store.database import open_store

            with closing(open_store(known.store_url)) as found:
                command(known, found, **given)

        return on_settings(*more)(opened)

    return of


def _refuse_kinds(config: Path | None, known: Settings) -> None:
    """A kind of source that is misspelt would leave the source unread; what kinds there are only `outages` knows.

    Raises: SettingsError naming the table.
    """
    said = [(n, one.kind) for n, one in enumerate(known.sources) if one.kind]
    if config is None or not said:
        return
    from reporter.outages.door import require_kind

    for n, kind in said:
        require_kind(kind, f"{config.name}: sources[{n}].kind")


def _speak(language: str) -> None:
    """Have whatever stops the command told in that language; see `main`."""
    context = click.get_current_context(silent=True)
    spoken = context.find_root().obj if context else None
    if isinstance(spoken, dict):
        spoken["language"] = language


as_known = click.option("--as-known", metavar="INSTANT", help="What was known at that instant, and nothing later.")
recorded_at = click.option(
    "--as-of", "as_of", metavar="INSTANT", help="The instant to record it under; now, if left out."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")


class Desk(Struct, frozen=True):
    """An open ledger with all that belongs to it."""

    known: Settings
    store: Store
    captures: Captures
    names: Mapping[str, str]
    words: Mapping[str, str]

    @property
    def language(self) -> str:
        """Of what is printed."""
        return self.known.language

    @property
    def ledger(self) -> OpenLedger:
        """What an entry is made with."""
        from reporter.pipeline.upkeep.record_outages import OpenLedger

        return OpenLedger(self.store, self.captures, self.names)

    def instant(self, text: str | None) -> Timestamp:
        """The instant that was typed; or now, to the microsecond, since two entries may come in one second."""
        return this_instant() if text is None else typed_instant(text, self.known.office.time_zone)

    def versions(self, outage_id: str) -> DataFrame:
        """Every version of one outage. Raises: OutageFileError - there is none of that id."""
        from reporter.store.ledger import history

        found = history(self.store, outage_id)
        if found.empty:
            raise refused(OutageFileError, "outage_not_there", where=outage_id)
        return found

    def in_words(self, name: str, text: str) -> str:
        """A fact of an outage in words; an instant on the office's clock."""
        if not text or not name.endswith("_at"):
            return self.words.get(f"{name}_{text}", text)
        from pandas import Timestamp

        from reporter.text.formats import clock

        return clock(Timestamp(text), office_zone(self.known.office.time_zone), self.language)

    def on_clock(self, text: str) -> str:
        """A sentence with its instants on the office's clock; one in quotation marks stays as its source writes it."""
        return _INSTANT.sub(lambda found: self.in_words("_at", found[0]), text)

    def mark(self, text: str | None) -> Timestamp | None:
        """The instant up to which the ledger is to be read; None for all of it."""
        return None if text is None else self.instant(text)


_INSTANT = re.compile(r"(?<![“\w-])(?<!«\u00a0)20\d\d-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z\b")


@contextmanager
def desk(config: Path | None, store: str | None, lang: str | None) -> Iterator[Desk]:
    """The ledger of these settings, open until the command is over."""
    known = settings(config, language=lang, store=store)
    from reporter.pipeline.assemble.ledger_anchor import keep_head
    from reporter.rules.load import load_rulebook, service_names
    from reporter.store.captures import captures_beside
    from reporter.store.database import open_store

    book = load_rulebook(known.rules_path, known.register_path)
    with closing(open_store(known.store_url)) as opened:
        captures = captures_beside(opened, known.home)
        yield Desk(known, opened, captures, service_names(book), words("outages_cli", known.language))
        keep_head(known.home, opened)


def on_ledger(*more: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command the ledger, open until it is over, in place of the options that say which one is meant.

    Takes: more - options that stand behind those, such as `recorded_at` and `as_json`; the command gets them itself.
    """

    def of(command: Command) -> Command:
        @wraps(command)
        def opened(config: Path | None, store: str | None, lang: str | None, **given: Any) -> None:
            with desk(config, store, lang) as at:
                command(at, **given)

        return options(config, store, language, *more)(opened)

    return of


def show_page(server: LocalServer, language: str, *, shows: bool) -> None:
    """Say where a page of this machine is, open it in a browser where that is wanted, and answer until it is closed."""
    w = words("page", language)
    click.echo(w["page_at"].format(address=server.address))
    click.echo(w["page_ends"], err=True)
    sys.stdout.flush()
    if shows:
        click.launch(server.address)
    server.run()


def print_json(value: object) -> None:
    """One JSON document on stdout; a pipe that cannot carry every letter gets them as JSON spells them, and loses none.

    It is laid out by msgspec, ten times as fast as by the standard library.
    """
    import re

    import msgspec

    from reporter.cli.streams import can_say_all

    def spelled(found: re.Match[str]) -> str:
        units = found[0].encode("utf-16-be").hex()
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    click.echo(text if can_say_all(sys.stdout) else re.sub(r"[^\x00-\x7f]", spelled, text))


def outage_records(outages: DataFrame, beside: Sequence[str] = ()) -> list[dict[str, Any]]:
    """OUTAGES as records of the outage file's shape: instants in UTC, an unknown end empty."""
    from reporter.outages.records import FIELDS

    columns = {name: stamps(outages[name]) if name.endswith("_at") else outages[name] for name in (*FIELDS, *beside)}
    # NOTE: column by column this is seven times as fast as DataFrame.to_dict, which looks at every value
    return [dict(zip(columns, row, strict=True)) for row in zip(*(c.tolist() for c in columns.values()), strict=True)]


def stamps(at: Series) -> Series:
    """Instants as text: `2026-09-16T00:00:00Z`, with its fraction where there is one, and nothing for none."""
    text: Series = at.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").fillna("").astype("str")
    short: Series = text.str.replace(r"\.0*Z$|(?<=[1-9])0+Z$", "Z", regex=True)
    return short


def second_text(at: Timestamp | None) -> str | None:
    """One instant as text, to the second."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def problem_record(problem: Problem, language: str) -> dict[str, Any]:
    """A problem as problems.csv has it."""
    return {
        "source": problem.source,
        "sheet": problem.sheet,
        "row": problem.row or None,
        "column": problem.column,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message(language),
        "value": problem.value,
    }


def print_problems(problems: Sequence[Problem], language: str, *, shown: int = SHOWN) -> None:
    """The problems on stderr, as many as can be read."""
    for line in problem_lines(problems, language, shown=shown):
        click.echo(line, err=True)


def problem_lines(
    problems: Sequence[Problem], language: str, *, shown: int = SHOWN, is_named: bool = True
) -> list[str]:
    """The problems in so many lines at most, the worst first.

    Of one kind in one column the first three are printed and the others counted, so that 3,000 cells with one fault
    leave room for the next fault. `is_named`: each line names its file.
    """
    from reporter.model.problem import of_one_kind

    w = words("cli", language)
    lines: list[str] = []
    told = 0
    for kind in of_one_kind(problems):
        if len(lines) >= shown:
            break
        first = kind[:EACH] if len(kind) > EACH + 1 else kind
        first = first[: shown - len(lines)]
        for one in first:
            place = one.cell if one.cell and not is_named else f"{one.source} {one.cell}".strip()
            lines.append(w["problem_at"].format(severity=w[one.severity], place=place, message=one.message(language)))
        if len(kind) > len(first) and len(lines) < shown:
            lines.append("  " + count_sentence(w, "more_alike", len(kind) - len(first), language, last=kind[-1].cell))
            first = kind
        told += len(first)
    left, key = len(problems) - told, "more" if is_named else "more_problems"
    return lines + ([count_sentence(w, key, left, language)] if left else [])
