"""`reporter weekly`: the same run, every week, for machines without a timer of their own."""

from pathlib import Path

import click

from reporter.cli import options

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@click.command()
@options.config
@click.option("--day", type=click.Choice(DAYS), default="monday", show_default=True)
@click.option("--at", "hour", default="07:00", show_default=True, help="HH:MM on the office's clock.")
def weekly(config: Path | None, day: str, hour: str) -> None:
    """Stay up and run every week; a timer of the system that calls `reporter run` does the same."""
    known = options.settings(config)
    from reporter.weekly import keep_running

    keep_running(known, day=day, at=hour)
