"""The command line: the only room that reads the clock, prints, and turns errors into exit codes.

Commands import what they need when they run, so that `reporter --help` answers at once.
Called by `__main__`.
"""

import atexit
import gc
import logging
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import click

import reporter
from reporter.cli.check import annotate, check
from reporter.cli.deliver import deliver, outbox, readers
from reporter.cli.explain import evidence, explain, history
from reporter.cli.help import GroupedCommands, completion, show_all, show_misuse
from reporter.cli.outages import outages
from reporter.cli.privacy import audit, person, purge, verify
from reporter.cli.questions import backtest, stress, what_if
from reporter.cli.rules import rules, templates
from reporter.cli.run import demo, run, schedule, weekly
from reporter.cli.settings_file import init, settings
from reporter.cli.status import doctor, status, trim
from reporter.cli.streams import hold_streams
from reporter.errors import Exit, ReporterError
from reporter.text.catalogue import words


@click.group(cls=GroupedCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(reporter.__version__, prog_name="reporter")
@click.option("--all", is_flag=True, is_eager=True, expose_value=False, callback=show_all, help="Show every command.")
@click.option("-v", "--verbose", is_flag=True, help="Log each stage to stderr; never a person, only counts.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress, not even on a terminal.")
@click.pass_context
def cli(context: click.Context, verbose: bool, quiet: bool) -> None:
    """Tell schools and employers whose permit deadlines an outage of IRCC's e-services has put at risk.

    It gives dates, facts and referrals, never immigration advice.

    Exit codes: 0 done, 1 a fault of the program itself, 2 usage, 3 settings or rules cannot be used, 4 input cannot be
    used, 5 rows set aside (--strict) or a text of the law changed (rules drift), 6 not everyone got their digest,
    7 a source of outages not read, or the record stale (--strict), 8 another run holds the lock, 9 a record or a run
    folder is not as it was written, 130 stopped by Ctrl-C, 143 told to end.
    """
    if isinstance(context.obj, dict):
        context.obj["quiet"] = quiet
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s %(message)s")


for command in (
    run,
    init,
    annotate,
    doctor,
    audit,
    verify,
    purge,
    person,
    check,
    explain,
    history,
    outages,
    evidence,
    rules,
    templates,
    weekly,
    status,
    readers,
    schedule,
    settings,
    completion,
    trim,
    deliver,
    outbox,
    demo,
    what_if,
    stress,
    backtest,
):
    cli.add_command(command)


def start() -> None:
    """The program as it is typed. What it made is flushed and closed, so it ends at once.

    To take apart one by one all the objects of the libraries costs a third of a second, a tenth of a usual run.
    """
    code = main()
    if threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()
    os._exit(code)


def main() -> int:
    """Run the command line; an error is one line on stderr and the code of its kind, which is given back."""
    spoken: dict[str, Any] = {}  # the office's language, once a command knows it
    gc.set_threshold(3_000_000)  # what a command makes it needs: of two million objects 935 were left over
    os.umask(0o077)  # whatever a command writes is its owner's alone; Windows takes the rights of the folder
    out, err = hold_streams()
    code = _answer(spoken)
    out.flush()
    if out.fault:
        told = words("setup", spoken.get("language", "en"))["not_printed"]
        click.echo("reporter: " + told.format(what=out.fault), err=True)
    err.flush()
    return code


def _answer(spoken: dict[str, Any]) -> int:
    """The code that the command ends with; what stops it is told."""
    try:
        # NOTE: outside standalone mode click returns the code that a command exits with, and raises nothing
        code = cli(standalone_mode=False, obj=spoken)
    except ReporterError as error:
        click.echo(f"reporter: {error.in_language(spoken.get('language', 'en'))}", err=True)
        return error.exit_code
    except click.ClickException as error:
        show_misuse(error, spoken.get("language", ""))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:  # noqa: BLE001  its text and its frames can hold a cell of somebody's roster
        click.echo(f"reporter: {_unforeseen(error)}", err=True)
        return Exit.UNEXPECTED
    return code if isinstance(code, int) else 0


def _unforeseen(error: Exception) -> str:
    """A fault of ours: its kind and the line of ours it came from, and nothing that it may quote."""
    place = next((at for at in reversed(traceback.extract_tb(error.__traceback__)) if "reporter" in at.filename), None)
    where = f" at {Path(place.filename).name}:{place.lineno}" if place else ""
    return f"a fault of the program itself ({type(error).__name__}{where}); nothing was reported. Please tell us."
