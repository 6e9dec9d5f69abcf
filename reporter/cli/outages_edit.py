"""`outages add`, `amend`, `withdraw` and `merge`: entries made by a person, each kept as a version of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli.context import (
    Desk,
    as_json,
    on_ledger,
    options,
    outage_records,
    print_json,
    print_problems,
    recorded_at,
)
from reporter.cli.help import misuse
from reporter.errors import OutageFileError, refused

if TYPE_CHECKING:
    from datetime import datetime

    from pandas import DataFrame, Timestamp

    from reporter.model.report import Relief
    from reporter.store.ledger import Provenance
SOURCE_KINDS = ("official_notice", "official_post", "own_capture", "press", "user_report", "none")
RELIEFS = ("none", "unknown", "extension", "re_invitation", "other_channel_accepted", "other_channel_refused")
VERIFIED = {"official_notice": "official", "official_post": "official", "press": "press", "user_report": "user_report"}
FACTS = (
    "services",
    "began_at",
    "ended_at",
    "kind",
    "verification",
    "status",
    "announced_at",
    "source_url",
    "title",
    "note",
)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
SERVICES = click.option("--services", help="Ids or names of the services, with ; between.")
TITLE = click.option("--title")
KIND = click.option("--kind", type=click.Choice(["unplanned", "planned", "degraded", "intermittent", "security"]))
VERIFICATION = click.option("--verification", type=click.Choice(["official", "press", "user_report", "unverified"]))
fact_options = options(
    SERVICES,
    click.option(
        "--began", "began_at", metavar="WHEN", help="2026-09-08T00:00-04:00; Ottawa's clock without an offset."
    ),
    click.option("--ended", "ended_at", metavar="WHEN", help="Left out: not known to have ended."),
    KIND,
    VERIFICATION,
    click.option("--status", type=click.Choice(["announced", "ongoing", "resolved", "cancelled"])),
    click.option("--announced", "announced_at", metavar="WHEN"),
    TITLE,
    click.option("--note"),
    click.option("--source-url", metavar="URL", help="Where it was read; a record without a source is unverified."),
    click.option("--source-kind", type=click.Choice(SOURCE_KINDS), help="What kind of source that is."),
    click.option("--source-lang", type=click.Choice(["en", "fr"]), help="The language of the source."),
    click.option("--raw", default="", help="The words of the source."),
    click.option("--capture", type=_THERE, help="A saved page or picture; kept beside the database."),
    click.option("--captured-at", metavar="WHEN", help="When it was saved; now, if left out."),
    click.option("--relief", type=click.Choice(RELIEFS), help="What the department granted."),
    click.option("--relief-until", type=click.DateTime(["%Y-%m-%d"]), help="For an extension: to which day."),
    click.option("--relief-scope", default="", help="For whom."),
    click.option("--relief-limits", default="", help="For whom not."),
    click.option("--relief-reference", default="", help="Its number or name."),
    click.option("--relief-source", default="", help="Where that is written."),
)
"""What an outage was, and where that was read."""


def _fields_of(said: Mapping[str, Any]) -> dict[str, str]:
    """What was given of the outage itself."""
    return {name: str(said[name]) for name in FACTS if said[name] is not None}


def _changes_of(said: Mapping[str, Any]) -> dict[str, str]:
    """What was given, and what follows from it: the status from a new end, the verification from a new source."""
    given = _fields_of(said)
    follows = {"status": ""} if given.get("ended_at") else {}
    if said["source_kind"] in VERIFIED:
        follows["verification"] = VERIFIED[said["source_kind"]]
    return follows | given


def _source_of(said: Mapping[str, Any], at: Desk, moment: Timestamp) -> Provenance:
    """Where it was read; a saved page is kept beside the database."""
    from reporter.store.ledger import Provenance

    sha256 = at.captures.keep(said["capture"].read_bytes()) if said["capture"] else ""
    captured_at = at.instant(said["captured_at"]) if said["captured_at"] else moment if sha256 else None
    kind = said["source_kind"] or ("own_capture" if sha256 else "")
    return Provenance(kind, said["source_url"] or "", said["source_lang"] or "", captured_at, sha256)


def _typed_relief(said: Mapping[str, Any]) -> Relief | None:
    """What was granted, if anything was said of it."""
    from reporter.model.report import Relief

    until: datetime | None = said["relief_until"]
    if not said["relief"]:
        return None
    if said["relief"] == "extension" and until is None:
        raise misuse("relief_until")
    until_on = until.date() if until else None
    words = {name: said[f"relief_{name}"] for name in ("scope", "limits", "reference", "source")}
    return Relief(said["relief"], until_on, **words)


@click.command()
@on_ledger(recorded_at)
@click.option(
    "--id", "outage_id", default="", help="Its id; made from the services, the beginning and the title, else."
)
@fact_options
@as_json
def add(at: Desk, as_of: str | None, as_json: bool, **said: Any) -> None:
    """Put one outage on record. Asks for what is missing, on a terminal."""
    from reporter.store.ledger import amend as amend_one
    from reporter.store.ledger import history, import_outages

    moment = at.instant(as_of)
    fields = _fields_of(said) | {"outage_id": said["outage_id"]}
    fields = _asked(fields, at)
    vouched = VERIFIED.get(said["source_kind"] or "", "unverified")
    outages = _read({"verification": vouched} | fields, at, moment)
    outage_id = str(outages["outage_id"].iloc[0])
    if not history(at.store, outage_id).empty:
        raise refused(OutageFileError, "outage_there", where=outage_id)
    source, relief = _source_of(said, at, moment), _typed_relief(said)
    import_outages(at.store, outages, source=source, recorded_at=moment, raw=said["raw"], came_by="hand")
    if relief:
        amend_one(at.store, outage_id, {}, relief=relief, recorded_at=moment, source=source)
    _tell(at, outage_id, "added_one", as_json)


@click.command()
@click.argument("outage_id")
@on_ledger(recorded_at)
@fact_options
@click.option("--reopen", is_flag=True, help="It is not over after all: take its end away.")
@as_json
def amend(at: Desk, outage_id: str, as_of: str | None, reopen: bool, as_json: bool, **said: Any) -> None:
    """Write other facts over one outage; what is not given stays. The earlier version is kept."""
    from reporter.store.ledger import amend as amend_one

    moment, was = at.instant(as_of), _newest(at, outage_id)
    changes = _changes_of(said) | ({"ended_at": "", "status": "ongoing"} if reopen else {})
    if not changes and not said["relief"]:
        raise click.UsageError(at.words["nothing_given"])
    written = _written(was, changes, at, moment)
    source, relief = _source_of(said, at, moment), _typed_relief(said)
    amend_one(at.store, outage_id, written, recorded_at=moment, source=source, raw=said["raw"], relief=relief)
    _tell(at, outage_id, "amended_one", as_json)


@click.command()
@click.argument("outage_id")
@click.option("--reason", help="Why it is no outage, or none of ours; asked for on a terminal.")
@on_ledger(recorded_at, as_json)
def withdraw(at: Desk, outage_id: str, reason: str | None, as_of: str | None, as_json: bool) -> None:
    """Take one outage out of every later report; its versions stay in the ledger, with the reason."""
    from reporter.store.ledger import withdraw as withdraw_one

    _newest(at, outage_id)
    why = reason or _ask("reason", "--reason", at)
    version = withdraw_one(at.store, outage_id, why, recorded_at=at.instant(as_of))
    _tell_gone(at, {"outage_id": outage_id, "version": version, "action": "withdrawn"}, "withdrawn_one", as_json)


@click.command()
@click.argument("outage_id")
@click.argument("into")
@on_ledger(recorded_at, as_json)
def merge(at: Desk, outage_id: str, into: str, as_of: str | None, as_json: bool) -> None:
    """Say that OUTAGE_ID is the same outage as INTO, which stands for both from now on, with its own facts."""
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
    from reporter.pipeline.upkeep.intake import read_entry

    outages, problems = read_entry(fields, at.names, moment, at.words["this_entry"])
    print_problems(problems, at.language)
    return outages


def _newest(at: Desk, outage_id: str) -> dict[str, str]:
    """The facts of the newest version as text. Raises OutageFileError when there is no such outage."""
    newest = at.versions(outage_id).iloc[-1]
    return {name: str(newest[name]) for name in ("outage_id", *FACTS)}


def _tell(at: Desk, outage_id: str, sentence: str, as_json: bool) -> None:
    from reporter.store.ledger import outages_known_at

    outages = outages_known_at(at.store)
    one = outages[outages["outage_id"] == outage_id]
    if as_json:
        print_json(outage_records(one, ("versions",))[0])
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
