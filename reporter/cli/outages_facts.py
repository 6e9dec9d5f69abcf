"""The flags that say what an outage was, where that was read and what was granted, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reporter.cli.desk import Desk

if TYPE_CHECKING:
    from datetime import datetime

    from pandas import Timestamp

    from reporter.store.ledger import Provenance, Relief
F = TypeVar("F", bound=Callable[..., Any])
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
_OPTIONS = (
    click.option("--services", help="Ids or names of the services, with ; between."),
    click.option(
        "--began", "began_at", metavar="WHEN", help="2026-09-08T00:00-04:00; Ottawa's clock without an offset."
    ),
    click.option("--ended", "ended_at", metavar="WHEN", help="Left out: not known to have ended."),
    click.option("--kind", type=click.Choice(["unplanned", "planned", "degraded", "intermittent", "security"])),
    click.option("--verification", type=click.Choice(["official", "press", "user_report", "unverified"])),
    click.option("--status", type=click.Choice(["announced", "ongoing", "resolved", "cancelled"])),
    click.option("--announced", "announced_at", metavar="WHEN"),
    click.option("--title"),
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


def facts(command: F) -> F:
    """The options that say what an outage was and where that was read."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def fields_of(said: Mapping[str, Any]) -> dict[str, str]:
    """What was given of the outage itself."""
    return {name: str(said[name]) for name in FACTS if said[name] is not None}


def changes_of(said: Mapping[str, Any]) -> dict[str, str]:
    """What was given, and what follows from it: the status from a new end, the verification from a new source."""
    given = fields_of(said)
    follows = {"status": ""} if given.get("ended_at") else {}
    if said["source_kind"] in VERIFIED:
        follows["verification"] = VERIFIED[said["source_kind"]]
    return follows | given


def verified(said: Mapping[str, Any]) -> str:
    """How far the kind of source vouches for the record, where nothing else was said."""
    return VERIFIED.get(said["source_kind"] or "", "unverified")


def source_of(said: Mapping[str, Any], at: Desk, moment: Timestamp) -> Provenance:
    """Where it was read; a saved page is kept beside the database."""
    from reporter.store.ledger import Provenance

    sha256 = at.captures.keep(said["capture"].read_bytes()) if said["capture"] else ""
    captured_at = at.instant(said["captured_at"]) if said["captured_at"] else moment if sha256 else None
    kind = said["source_kind"] or ("own_capture" if sha256 else "")
    return Provenance(kind, said["source_url"] or "", said["source_lang"] or "", captured_at, sha256)


def relief_of(said: Mapping[str, Any]) -> Relief | None:
    """What was granted, if anything was said of it."""
    from reporter.store.ledger import Relief

    until: datetime | None = said["relief_until"]
    if not said["relief"]:
        return None
    if said["relief"] == "extension" and until is None:
        raise click.UsageError("--relief extension needs --relief-until")
    until_on = until.date() if until else None
    words = {name: said[f"relief_{name}"] for name in ("scope", "limits", "reference", "source")}
    return Relief(said["relief"], until_on, **words)
