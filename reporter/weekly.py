"""The unattended run: what is due is made, what waits is sent, and the owner learns of what failed.

The store knows what was done. So it does not matter who calls `once`, how often, or what was missed: this loop, a timer
of the system, or a person.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pandas as pd
import schedule
from pandas import Timedelta, Timestamp

from reporter.errors import Exit, LockedError, ReporterError
from reporter.pipeline.assemble.timetable import DueSlot, due_slot
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.run_lock import Turn, take_turn
from reporter.pipeline.send.alerts import is_mail_owed, last_failure, tell_failure, tell_start, tell_success
from reporter.pipeline.send.deliver import Of, Round, deliver_due, due_mails, find_lost, outstanding
from reporter.pipeline.send.plan import series
from reporter.pipeline.send.transports import SendingPolicy, is_sending, open_sending
from reporter.settings import Settings, WeeklySettings
from reporter.store.database import Store, open_store
from reporter.store.runs import last_made
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
PAUSE_SECONDS = 20
AFTER_FAILURE = Timedelta(hours=1)
Clock = Callable[[], Timestamp]


@dataclass(frozen=True)
class Done:
    """What one look did: the run it made, or how the mails stand without one; and the next report's day."""

    code: int
    following: date | None = None
    made: pipeline.FinishedRun | None = None
    made_for: date | None = None
    round: Round | None = None


def keep_running(settings: Settings, *, clock: Clock | None = None, accept_clock: bool = False) -> None:
    """Look every minute whether something is due, until the process is stopped."""
    jobs = plan(settings, clock=clock or now, accept_clock=accept_clock)
    while True:
        jobs.run_pending()
        time.sleep(PAUSE_SECONDS)


def plan(settings: Settings, *, clock: Clock, accept_clock: bool = False) -> schedule.Scheduler:
    """The schedule with its one job; after a failure it rests for an hour."""
    rest_until: list[Timestamp] = []

    def look() -> None:
        if rest_until and clock() < rest_until[-1]:
            return
        rest_until.clear()
        if attempt(settings, clock=clock, accept_clock=accept_clock) not in (Exit.DONE, Exit.LOCKED):
            rest_until.append(clock() + AFTER_FAILURE)

    jobs = schedule.Scheduler()
    jobs.every(1).minutes.do(look)
    jobs.run_all()
    return jobs


def attempt(settings: Settings, *, clock: Clock, accept_clock: bool = False) -> int:
    """One look that never raises: the next week must not be lost with this one."""
    try:
        return once(settings, clock=clock, accept_clock=accept_clock).code
    except ReporterError as error:
        log.error("%s", error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001  the top of an unattended job
        # The text of an unforeseen error can hold a cell of the roster: only its kind is logged.
        log.error("the run failed: %s", type(error).__name__)
        return Exit.UNEXPECTED


def once(settings: Settings, *, clock: Clock, accept_clock: bool = False) -> Done:
    """Make the report that is due, or send the mails that wait; the owner is told how it went.

    Raises: LockedError - another run is at it, and tells the owner itself. ReporterError, or whatever the program did
    not foresee - once the owner was told.
    """
    try:
        with take_turn(settings, clock, is_unattended=True, accept_clock=accept_clock) as turn:
            done = _do(settings, clock, turn)
    except LockedError:
        raise
    except ReporterError as error:
        tell_failure(settings, error.exit_code, error.in_language(settings.language), clock())
        raise
    except Exception as error:
        what = words("owner", settings.language)["unforeseen"].format(kind=type(error).__name__)
        tell_failure(settings, Exit.UNEXPECTED, what, clock())
        raise
    return done


def _do(settings: Settings, clock: Clock, turn: Turn) -> Done:
    store = open_store(settings.store_url)
    try:
        at = clock().floor("s")
        planned = _due(settings, store, at)
        if planned.waiting is not None:
            tell_start(settings)
            outcome = pipeline.run(settings, at, clock=clock, turn=turn)
            log.info("run %s: exit code %d", outcome.run.run_id, outcome.exit_code)
            _tell(
                settings,
                outcome.exit_code,
                "\n".join(failure.in_language(settings.language) for failure in outcome.failures),
                outcome.round,
                clock(),
            )
            return Done(outcome.exit_code, planned.following.on, outcome, planned.waiting.on)
        ours = Of(settings.office.name, series(settings))
        is_news = find_lost(store, SendingPolicy.of(settings), clock, ours) > 0
        sent = _send(settings, store, clock, ours)
        done = sent or Round(outstanding=outstanding(store, ours))
        code = Exit.NOT_DELIVERED if done.outstanding else Exit.DONE
        is_owed = is_mail_owed(settings) if done.outstanding else bool(last_failure(settings))
        if sent or is_news or is_owed:
            _tell(settings, code, "", done, clock())
        return Done(code, planned.following.on, round=done)
    finally:
        store.close()


def _due(settings: Settings, store: Store, at: Timestamp) -> DueSlot:
    made = last_made(store, series(settings), at + Timedelta(microseconds=1))
    return due_slot(settings.weekly or WeeklySettings(), settings.office.time_zone, at, made)


def _send(settings: Settings, store: Store, clock: Clock, ours: Of) -> Round | None:
    """The mails that wait, if their time has come."""
    if not is_sending(settings) or not any(ours.holds(entry) for entry in due_mails(store, clock())):
        return None
    return deliver_due(store, open_sending(settings, clock), ours)


def _tell(settings: Settings, code: int, what: str, sent: Round | None, at: Timestamp) -> None:
    if code == Exit.DONE:
        tell_success(settings)
        return
    w, left = words("owner", settings.language), len(sent.outstanding) if sent else 0
    lines = [what, *([w["undelivered"].format(n=left)] if left else [])]
    tell_failure(settings, code, "\n".join(filter(None, lines)), at, is_mail_down=bool(sent and sent.stopped))


def now() -> Timestamp:
    """This instant: what the loop and its callers go by."""
    return pd.Timestamp(datetime.now(UTC)).as_unit("us")
