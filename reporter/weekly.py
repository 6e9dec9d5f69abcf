"""The weekly loop around `pipeline.run`: it waits, runs, and outlives a run that fails."""

import logging
import re
import time
from datetime import datetime

import pandas as pd
import schedule

from reporter.errors import SettingsError
from reporter.model.places import zone
from reporter.pipeline import run as pipeline
from reporter.settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS = 20


def keep_running(settings: Settings, *, day: str, at: str) -> None:
    """Run every week on that day and hour of the office's clock, until the process is stopped."""
    jobs = plan(settings, day=day, at=at)
    while True:
        jobs.run_pending()
        time.sleep(PAUSE_SECONDS)


def plan(settings: Settings, *, day: str, at: str) -> schedule.Scheduler:
    """The schedule with its one job.

    Raises: SettingsError - `at` is not an hour and minute.
    """
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise SettingsError(f"{at!r} is not an hour such as 07:00", where="--at")
    jobs = schedule.Scheduler()
    getattr(jobs.every(), day).at(at, settings.office.time_zone).do(run_once, settings)
    return jobs


def run_once(settings: Settings) -> None:
    """One run now. A failure is logged and the loop goes on: the next week must not be lost with this one."""
    try:
        outcome = pipeline.run(settings, _now().floor("s"), clock=_now)
    except Exception as error:  # noqa: BLE001  the top of an unattended job
        # The text of an unforeseen error can hold a cell of the roster: only its kind is logged.
        log.error("the run failed: %s", type(error).__name__)
        return
    log.info("run %s: exit code %d", outcome.run.run_id, outcome.exit_code)


def _now() -> pd.Timestamp:
    return pd.Timestamp(datetime.now(zone("UTC"))).as_unit("us")
