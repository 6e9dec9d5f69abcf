"""What every command on the ledger needs: the settings, the open store, its captures, the service names, the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import options

if TYPE_CHECKING:
    from pandas import DataFrame, Series, Timestamp

    from reporter.model.problem import Problem
    from reporter.settings import Settings
    from reporter.store.database import Store
    from reporter.store.ledger import Captures
as_known = click.option("--as-known", metavar="INSTANT", help="What was known at that instant, and nothing later.")
recorded_at = click.option(
    "--as-of", "as_of", metavar="INSTANT", help="The instant to record it under; now, if left out."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")


@dataclass(frozen=True)
class Desk:
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

    def instant(self, text: str | None) -> Timestamp:
        """The instant that was typed; or now, to the microsecond, since two entries may come in one second."""
        if text is not None:
            return options.instant(text, self.known.office.time_zone)
        import pandas as pd

        return pd.Timestamp(datetime.now(UTC)).as_unit("us")

    def mark(self, text: str | None) -> Timestamp | None:
        """The instant up to which the ledger is to be read; None for all of it."""
        return None if text is None else self.instant(text)


@contextmanager
def desk(config: Path | None, store: str | None, lang: str | None) -> Iterator[Desk]:
    """The ledger of these settings, open until the command is over."""
    known = options.settings(config, language=lang, store=store)
    from reporter.rules.load import load_rulebook, service_names
    from reporter.store.database import open_store
    from reporter.store.ledger import captures_beside
    from reporter.text.catalogue import words

    book = load_rulebook(known.path(known.rules) if known.rules else None)
    opened = open_store(known.store_url)
    try:
        captures = captures_beside(opened, known.path("."))
        yield Desk(known, opened, captures, service_names(book), words("outages_cli", known.language))
    finally:
        opened.close()


def print_json(value: object) -> None:
    """One JSON document on stdout; laid out by msgspec, ten times as fast as by the standard library."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def records(outages: DataFrame, beside: Sequence[str] = ()) -> list[dict[str, Any]]:
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


def print_problems(problems: Sequence[Problem], language: str, *, shown: int = 25) -> None:
    """The problems on stderr, the worst first, as many as can be read."""
    from reporter.text.catalogue import words

    w = words("outages_cli", language)
    ranks = ("error", "warning", "info")
    for problem in sorted(problems, key=lambda p: ranks.index(p.severity))[:shown]:
        place = f"{problem.source} {problem.cell}".strip()
        click.echo(f"{w[problem.severity]} {place}: {problem.message(language)}", err=True)
    if len(problems) > shown:
        click.echo(w["more"].format(n=len(problems) - shown), err=True)
