"""`reporter weekly`: the same run, every week, by a timer of the system or by staying up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.cli import options

if TYPE_CHECKING:
    from reporter.weekly import Done
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@click.command()
@options.config
@options.store
@click.option("--day", type=click.Choice(DAYS), help="Instead of weekly.day; monday, if neither is given.")
@click.option("--at", "hour", help="HH:MM on the office's clock, instead of weekly.at; 07:00, if neither is given.")
@click.option("--once", "is_once", is_flag=True, help="Do what is due and exit: for a timer of the system.")
@click.option("--accept-clock", is_flag=True, help="The machine's clock is right, although it leapt or went back.")
def weekly(
    config: Path | None, store: str | None, day: str | None, hour: str | None, is_once: bool, accept_clock: bool
) -> None:
    """Make the report that is due, send the mails that wait, and tell the owner how it went; stay up, or do it once.

    What is due is counted from what was made: a machine that was off makes the latest report when it is back, once,
    and the report names those that were missed. The first report is made at once.
    """
    known = options.settings(config, store=store)
    import msgspec

    from reporter.settings import WeeklySettings, refuse_hour

    if hour:
        refuse_hour(hour, "--at")
    planned = known.weekly or WeeklySettings()
    changes = {name: value for name, value in (("day", day), ("at", hour)) if value}
    known = msgspec.structs.replace(known, weekly=msgspec.structs.replace(planned, **changes))
    from reporter.weekly import keep_running, once

    if not is_once:
        keep_running(known, clock=options.now, accept_clock=accept_clock)
    done = once(known, clock=options.now, accept_clock=accept_clock)
    _show(done, known.language)
    click.get_current_context().exit(done.code)


def _show(done: Done, language: str) -> None:
    import pandas as pd

    from reporter.cli.mails import print_failures, print_undelivered
    from reporter.text import formats
    from reporter.text.catalogue import words

    w = words("owner", language)
    if done.made and done.made_for:
        print_undelivered(done.made.round, language)
        print_failures(done.made.failures, language)
        key, day = "made_not_well" if done.code else "made", formats.day(pd.Timestamp(done.made_for), language)
        click.echo(w[key].format(day=day, folder=done.made.folder, code=int(done.code)))
        return
    print_undelivered(done.round, language)
    following = formats.day(pd.Timestamp(done.following), language) if done.following else ""
    is_sent = done.round is not None and done.round.results
    click.echo(w["sent"] if is_sent else w["nothing"].format(day=following))
