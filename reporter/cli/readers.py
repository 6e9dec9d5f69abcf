"""`reporter readers`: who gets the report, what of it, and when."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reporter.pipeline.questions.readers import ReaderStanding


@click.command()
@context.config
@click.option("--roster", "rosters", type=context.FILE, multiple=True, help="A roster; may be given several times.")
@context.as_of
@context.store
@context.language
@click.option("--addresses", is_flag=True, help="Show the readers' addresses too.")
@context.as_json
def readers(
    config: Path | None,
    rosters: tuple[Path, ...],
    as_of: str | None,
    store: str | None,
    lang: str | None,
    addresses: bool,
    as_json: bool,
) -> None:
    """List every reader: role, rhythm, rows and columns, what is kept from them, the last mail and the next.

    Nothing is written or sent. Readers go by the names of their digests; addresses are shown only when asked for.
    """
    known = context.settings(config, rosters=rosters, language=lang, store=store)
    from reporter.pipeline.questions.readers import reader_standings
    from reporter.text.catalogue import words

    found = reader_standings(known, context.typed_instant(as_of, known.office.time_zone))
    if as_json:
        context.print_json([_told(one, addresses) for one in found])
    else:
        _show(found, known.language, addresses)
    heard = {one.address.strip().casefold() for one in found}
    for n, one in enumerate(known.stand_ins):
        if one.reader.strip().casefold() not in heard:
            click.echo(words("setup", known.language)["reader_no_such"].format(n=n), err=True)


def _told(one: ReaderStanding, addresses: bool) -> dict[str, object]:
    told = {name: value for name, value in asdict(one).items() if addresses or name != "address"}
    days = [{name: value for name, value in asdict(stand_in).items() if addresses or name != "address"}
            for stand_in in one.stand_ins]  # fmt: skip
    return told | {"stand_ins": days}


def _show(found: Sequence[ReaderStanding], language: str, addresses: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from reporter.cli.console import terminal
    from reporter.text.catalogue import words

    w, columns = words("setup", language), words("workbook", language)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("reader", *(("reader_address",) if addresses else ()), "reader_rhythm", "reader_gets", "reader_mails"):
        table.add_column(w[name])
    for one in found:
        cells = [
            _who(one, w),
            *([one.address] if addresses else []),
            _rhythm(one, w),
            _gets(one, w, columns),
            _mails(one, w, addresses),
        ]
        table.add_row(*map(Text, cells))
    terminal().print(table, end="")


def _who(one: ReaderStanding, w: Mapping[str, str]) -> str:
    return "\n".join(part for part in (one.slug, one.title, w.get(f"reader_{one.role}", "")) if part)


def _rhythm(one: ReaderStanding, w: Mapping[str, str]) -> str:
    said = w["reader_hears"].format(languages=", ".join(one.languages), quiet=w[f"reader_quiet_{one.quiet}"])
    return f"{w[f'rhythm_{one.rhythm}']}, {said}"


def _gets(one: ReaderStanding, w: Mapping[str, str], columns: Mapping[str, str]) -> str:
    named = [columns[f"col_{name}"] for name in one.hidden if f"col_{name}" in columns]
    lines = [w["reader_rows"].format(rows=one.rows, kept=one.rows_kept_back)]
    if one.levels:
        lines.append(w["reader_levels"].format(levels=", ".join(one.levels)))
    if one.hidden:
        lines.append(w["reader_hidden"].format(names=", ".join(named), count=len(one.hidden) - len(named)))
    return "\n".join(lines)


def _mails(one: ReaderStanding, w: Mapping[str, str], addresses: bool) -> str:
    last = (
        w["reader_last"].format(at=one.last_mail_at, state=one.last_mail_state)
        if one.last_mail_at
        else w["reader_none"]
    )
    following = [w["reader_next"].format(on=one.next_on)] if one.next_on else []
    away = [
        w["reader_stand_in"].format(begins=two.begins_on, ends=two.ends_on, address=two.address if addresses else "")
        for two in one.stand_ins
    ]
    return "\n".join([last, *following, *(line.strip() for line in away)])
