"""`reporter schedule install`: have the system itself call the weekly report."""

import os
import sys
from pathlib import Path

import click

from reporter.cli import options
from reporter.cli.timers import KINDS, timer

USUAL = {"darwin": "launchd", "win32": "windows"}


@click.group()
def schedule() -> None:
    """Have the system call the weekly report, with nothing that must stay up."""


@schedule.command()
@click.option("--config", type=options.FILE, required=True, help="The settings file of the report.")
@click.option("--kind", type=click.Choice(KINDS), help="Which timer; the usual one of this system, if left out.")
@click.option("--print", "is_print", is_flag=True, help="Print the files, and write none.")
@click.option("--force", is_flag=True, help="Write over what is there.")
def install(config: Path, kind: str | None, is_print: bool, force: bool) -> None:
    """Write the timer that calls `reporter weekly --once` each hour, and say where, and how to switch it on.

    Whether a report is due is told by the settings and the store, not by the timer.
    """
    known = options.settings(config)
    chosen = kind or USUAL.get(sys.platform, "systemd")
    command = (sys.executable, "-m", "reporter", "weekly", "--once", "--config", str(config.absolute()))
    minute = int(known.weekly.at[3:]) if known.weekly else 0
    made = timer(chosen, command, Path.home(), minute=minute, time_zone=known.office.time_zone)
    if is_print:
        for file, content in made.files.items():
            click.echo(f"# {file}", err=True)
            click.echo(content.decode("utf-16" if chosen == "windows" else "utf-8"), nl=False)
        return
    there = [file for file in made.files if file.exists()]
    if there and not force:
        raise click.UsageError(f"{there[0]} is there already; --force writes over it")
    for file, content in made.files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_bytes(content)
        beside.replace(file)
        click.echo(file)
    click.echo(f"{chosen}: {made.then}", err=True)
