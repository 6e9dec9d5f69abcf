"""`outages add`, `amend`, `withdraw` and `merge`: entries made by a person, each kept as a version of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import options
from reporter.cli.desk import Desk, as_json, desk, print_json, print_problems, recorded_at, records
from reporter.cli.outages_facts import FACTS, changes_of, facts, fields_of, relief_of, source_of, verified
from reporter.errors import OutageFileError

if TYPE_CHECKING:
    from pandas import DataFrame, Timestamp


@click.command()
@options.config
@options.store
@options.language
@recorded_at
@click.option(
    "--id", "outage_id", default="", help="Its id; made from the services, the beginning and the title, else."
)
@facts
@as_json
def add(
    config: Path | None, store: str | None, lang: str | None, as_of: str | None, as_json: bool, **said: Any
) -> None:
    """Put one outage on record. Asks for what is missing, on a terminal."""
    with desk(config, store, lang) as at:
        from reporter.store.ledger import amend as amend_one
        from reporter.store.ledger import history, import_outages

        moment = at.instant(as_of)
        fields = fields_of(said) | {"outage_id": said["outage_id"]}
        fields = _asked(fields, at)
        outages = _read({"verification": verified(said)} | fields, at, moment)
        outage_id = str(outages["outage_id"].iloc[0])
        if not history(at.store, outage_id).empty:
            raise OutageFileError(at.words["there_already"], where=outage_id)
        source, relief = source_of(said, at, moment), relief_of(said)
        import_outages(at.store, outages, source=source, recorded_at=moment, raw=said["raw"], came_by="hand")
        if relief:
            amend_one(at.store, outage_id, {}, relief=relief, recorded_at=moment, source=source)
        _tell(at, outage_id, "added_one", as_json)


@click.command()
@click.argument("outage_id")
@options.config
@options.store
@options.language
@recorded_at
@facts
@click.option("--reopen", is_flag=True, help="It is not over after all: take its end away.")
@as_json
def amend(
    outage_id: str,
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
    reopen: bool,
    as_json: bool,
    **said: Any,
) -> None:
    """Write other facts over one outage; what is not given stays. The earlier version is kept."""
    with desk(config, store, lang) as at:
        from reporter.store.ledger import amend as amend_one

        moment, was = at.instant(as_of), _newest(at, outage_id)
        changes = changes_of(said) | ({"ended_at": "", "status": "ongoing"} if reopen else {})
        if not changes and not said["relief"]:
            raise click.UsageError(at.words["nothing_given"])
        written = _written(was, changes, at, moment)
        source, relief = source_of(said, at, moment), relief_of(said)
        amend_one(at.store, outage_id, written, recorded_at=moment, source=source, raw=said["raw"], relief=relief)
        _tell(at, outage_id, "amended_one", as_json)


@click.command()
@click.argument("outage_id")
@click.option("--reason", help="Why it is no outage, or none of ours; asked for on a terminal.")
@options.config
@options.store
@options.language
@recorded_at
@as_json
def withdraw(
    outage_id: str,
    reason: str | None,
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Take one outage out of every later report; its versions stay in the ledger, with the reason."""
    with desk(config, store, lang) as at:
        from reporter.store.ledger import withdraw as withdraw_one

        _newest(at, outage_id)
        why = reason or _ask("reason", "--reason", at)
        version = withdraw_one(at.store, outage_id, why, recorded_at=at.instant(as_of))
        _tell_gone(at, {"outage_id": outage_id, "version": version, "action": "withdrawn"}, "withdrawn_one", as_json)


@click.command()
@click.argument("outage_id")
@click.argument("into")
@options.config
@options.store
@options.language
@recorded_at
@as_json
def merge(
    outage_id: str,
    into: str,
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Say that OUTAGE_ID is the same outage as INTO, which stands for both from now on, with its own facts."""
    with desk(config, store, lang) as at:
        from reporter.store.ledger import merge_outages as merge_one

        if outage_id == into:
            raise click.UsageError(at.words["same_twice"])
        for one in (outage_id, into):
            _newest(at, one)
        version = merge_one(at.store, outage_id, into, recorded_at=at.instant(as_of))
        told = {"outage_id": outage_id, "version": version, "action": "merged", "merged_into": into}
        _tell_gone(at, told, "merged_one", as_json)


def _written(was: Mapping[str, str], changes: Mapping[str, str], at: Desk, moment: Timestamp) -> dict[str, Any]:
    """The facts to be written; one that was not given is not read again, so that it stays to the letter."""
    if not changes:
        return {}
    row = _read({**was, **changes}, at, moment).iloc[0]
    touched = {*changes} | ({"verification"} if "source_url" in changes else set())
    if "began_at" in changes or row["precision"] == "day":
        touched.add("precision")
    return {name: row[name] for name in touched}


def _asked(fields: dict[str, str], at: Desk) -> dict[str, str]:
    """With what is still missing asked for, on a terminal; elsewhere it is a fault of usage."""
    asked = {"services": None, "began_at": None, "ended_at": "", "kind": "unplanned", "source_url": "", "title": ""}
    needed = {"services": "--services", "began_at": "--began"}
    missing = [name for name in needed if not fields.get(name)]
    if not missing:
        return fields
    flags = " ".join(needed[name] for name in missing)
    answers = {name: _ask(name, flags, at, usual) for name, usual in asked.items() if not fields.get(name)}
    return fields | {name: text for name, text in answers.items() if text}


def _ask(name: str, flags: str, at: Desk, usual: str | None = None) -> str:
    """The answer of a person at a terminal; where there is none, a fault of usage that names the flags."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(at.words["missing"].format(names=flags))
    return str(click.prompt(at.words[f"ask_{name}"], default=usual, show_default=bool(usual), err=True))


def _read(fields: Mapping[str, str], at: Desk, moment: Timestamp) -> DataFrame:
    """One record through the same reader as a file; what it assumes is told. Raises OutageFileError."""
    from pandas import DataFrame

    from reporter.outages.records import FIELDS, Cells, read_records

    frame = DataFrame({name: [fields.get(name, "")] for name in FIELDS}, dtype="str").assign(row=1)
    outages, problems = read_records(Cells(at.words["this_entry"], "", frame), at.names, moment)
    if outages.empty:
        raise OutageFileError(problems[0].message(at.language), where=at.words["this_entry"])
    print_problems([p for p in problems if p.code not in ("outage_ids_made", "outage_word_missing")], at.language)
    return outages


def _newest(at: Desk, outage_id: str) -> dict[str, str]:
    """The facts of the newest version as text. Raises OutageFileError when there is no such outage."""
    from reporter.store.ledger import history

    versions = history(at.store, outage_id)
    if versions.empty:
        raise OutageFileError(at.words["not_there"], where=outage_id)
    newest = versions.iloc[-1]
    return {name: str(newest[name]) for name in ("outage_id", *FACTS)}


def _tell(at: Desk, outage_id: str, sentence: str, as_json: bool) -> None:
    from reporter.store.ledger import known

    outages = known(at.store)
    one = outages[outages["outage_id"] == outage_id]
    if as_json:
        print_json(records(one, ("versions",))[0])
        return
    row = one.iloc[0]
    click.echo(at.words[sentence].format(id=outage_id, n=row["versions"]))
    if row["verification"] == "unverified":
        click.echo(at.words["unverified_note"], err=True)


def _tell_gone(at: Desk, told: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    click.echo(at.words[sentence].format(id=told["outage_id"], into=told.get("merged_into", "")))
