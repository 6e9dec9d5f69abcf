"""The unattended run: what is due is made, what waits is sent, and the owner learns of what failed.

The store knows what was done. So it does not matter who calls `once`, how often, or what was missed: this loop, a timer
of the system, or a person.
"""

import gc
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import partial

import schedule
from msgspec import Struct
from msgspec.structs import replace
from pandas import Timedelta, Timestamp

from reporter.errors import Exit, LockedError, ReporterError
from reporter.model.mail import WeekKey
from reporter.model.progress import begin_stage
from reporter.pipeline.assemble.report_identity import keep_identity
from reporter.pipeline.assemble.timetable import DueSlot, Timetable
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.outage_alert import alert_readers
from reporter.pipeline.run.planning import NO_MENDING, Mending, mending_due
from reporter.pipeline.run.refusals import NO_WAIVERS, Waivers, mind_store, take_store_back
from reporter.pipeline.run.run_lock import Turn, take_turn
from reporter.pipeline.send.deliver import Round, due_mails, find_lost, retry_allowed
from reporter.pipeline.send.status import (
    cause_of,
    exit_code_of,
    open_causes,
    owed_mails,
    tell_made,
    tell_owner,
    tell_start,
    tell_without_store,
    week_key,
)
from reporter.pipeline.send.transports import SendingPolicy, open_sending
from reporter.pipeline.upkeep.intake import look
from reporter.pipeline.upkeep.privacy import purge
from reporter.pipeline.upkeep.record_outages import OpenLedger
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import Settings, WeeklySettings
from reporter.store.captures import captures_beside
from reporter.store.causes import Cause
from reporter.store.database import Store, open_store
from reporter.store.runs import last_made
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
PAUSE_SECONDS = 20
AFTER_FAILURE = Timedelta(hours=1)
ALERTING = Timedelta(minutes=55)
"""How often the sources are looked at for an alert, by a process that stays up: each time by a timer of an hour."""
Clock = Callable[[], Timestamp]


class Done(Struct, frozen=True):
    """What one look did: the run it made, or how the mails stand without one; what is open; the next day."""

    code: int
    following: date | None = None
    made: pipeline.FinishedRun | None = None
    made_for: date | None = None
    round: Round | None = None
    causes: tuple[Cause, ...] = ()


def keep_running(settings: Settings, *, clock: Clock, waivers: Waivers = NO_WAIVERS) -> None:
    """Look every minute whether something is due, until the process is told to end; a look that has begun is finished.

    NOTE: as the first process of a container it is not ended by a signal that it does not answer, but killed later.
    """
    gc.set_threshold(50_000)  # unlike a command, this stays up for months
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    jobs = plan(settings, clock=clock, waivers=waivers)
    while not ending.wait(PAUSE_SECONDS):
        jobs.run_pending()


def plan(settings: Settings, *, clock: Clock, waivers: Waivers = NO_WAIVERS) -> schedule.Scheduler:
    """The schedule with its one job; after a failure it rests for an hour."""
    rest_until: list[Timestamp] = []
    alerted_at: list[Timestamp] = []

    def look() -> None:
        if rest_until and clock() < rest_until[-1]:
            return
        rest_until.clear()
        is_alerting = not alerted_at or clock() >= alerted_at[-1] + ALERTING
        alerted_at[:] = [clock()] if is_alerting else alerted_at
        code = attempt(settings, clock=clock, waivers=waivers, is_alerting=is_alerting)
        if code not in (Exit.DONE, Exit.LOCKED):
            rest_until.append(clock() + AFTER_FAILURE)

    jobs = schedule.Scheduler()
    jobs.every(1).minutes.do(look)
    jobs.run_all()
    return jobs


def attempt(settings: Settings, *, clock: Clock, waivers: Waivers = NO_WAIVERS, is_alerting: bool = True) -> int:
    """One look that never raises: the next week must not be lost with this one."""
    try:
        return once(settings, clock=clock, waivers=waivers, is_alerting=is_alerting).code
    except ReporterError as error:
        log.error("%s", error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001  the top of an unattended job
        # The text of an unforeseen error can hold a cell of the roster: only its kind is logged.
        log.error("the run failed: %s", type(error).__name__)
        return Exit.UNEXPECTED


def once(settings: Settings, *, clock: Clock, waivers: Waivers = NO_WAIVERS, is_alerting: bool = True) -> Done:
    """Make the report that is due, or send the mails that wait; the owner is told how it went.

    Takes: waivers - what a person lets pass, for this look;
           is_alerting - what cannot wait for the next report is looked for, where the settings want alerts.

    Raises: LockedError - another run is at it, and tells the owner itself. ReporterError, or whatever the program did
    not foresee - once the owner was told.
    """
    try:
        with take_turn(settings, clock, waivers, is_unattended=True) as turn:
            return _do(settings, clock, turn, waivers, is_alerting=is_alerting and settings.alerts.on)
    except LockedError:
        raise
    except ReporterError as error:
        _tell_stop(settings, cause_of(error, settings), clock())
        raise
    except Exception as error:
        kind = type(error).__name__
        english, french = (words("owner", language)["unforeseen"].format(kind=kind) for language in ("en", "fr"))
        _tell_stop(settings, Cause(f"program:{kind}", int(Exit.UNEXPECTED), english, french), clock())
        raise


def _do(settings: Settings, clock: Clock, turn: Turn, waivers: Waivers, *, is_alerting: bool) -> Done:
    with closing(open_store(settings.store_url)) as store:
        at = clock().floor("s")
        report = settings.report
        week = week_key(settings, at)
        doubted = mind_store(store, settings, week, waivers)
        if settings.is_sending and not doubted:
            retry_allowed(store, settings.mail.allow, at, report)
        made = last_made(store, report.series, at + Timedelta(microseconds=1))
        planned, is_between = Timetable.of(settings).due_run(at, made, is_daily=settings.is_daily)
        mends = NO_MENDING if planned.waiting else mending_due(store, settings, made, at)
        if planned.waiting or mends.week:
            is_between = is_between and planned.waiting is not None
            make = partial(pipeline.run, turn=turn, waivers=waivers, is_between=is_between)
            done = _made(settings, store, clock, make, planned, mends)
            if planned.waiting or not is_alerting:
                return done
        else:
            done = None
            if is_alerting:
                _look(settings, store, at)
            if doubted:
                take_store_back(store, settings.runs_folder, week, doubted, at)
            find_lost(store, SendingPolicy.of(settings), clock, report)
        left = _alert(settings, store, clock, turn) if is_alerting else ()
        sent = _send(settings, store, clock, week)
        causes, stops = (*left, *open_causes(store, settings.report)), [cause.key for cause in left]
        is_mail_down = bool(sent and sent.stopped)
        tell_owner(settings, store, causes, clock(), stops=stops, is_mail_down=is_mail_down, was_run=False)
        keep_identity(settings, store, week.period)
        sent = sent or Round(outstanding=owed_mails(store, report))
        after = Done(exit_code_of(causes), planned.following.on, round=sent, causes=causes)
        return replace(done, code=after.code, causes=causes) if done else after


def _made(
    settings: Settings,
    store: Store,
    clock: Clock,
    make: Callable[..., pipeline.FinishedRun],
    planned: DueSlot,
    mends: Mending,
) -> Done:
    """Make the report that is due, or try again what the last one left open; a new one begins with a look."""
    tell_start(settings.owner)
    if planned.waiting:
        _look(settings, store, clock().floor("s"))
    outcome = make(settings, clock().floor("s"), clock=clock, mends=mends)
    causes = open_causes(store, settings.report)
    code = exit_code_of(causes)
    log.info("run %s: exit code %d", outcome.run.run_id, code)
    done = outcome.round or Round()
    if settings.owner.webhook_url and (planned.waiting or done.sent):
        tell_made(settings, outcome.told.office.people_by_level, done.sent, len(done.outstanding))
    told = (*causes, *_let_go(settings, store, clock()))
    tell_owner(settings, store, told, clock(), is_mail_down=bool(outcome.round and outcome.round.stopped))
    return Done(code, planned.following.on, outcome, planned.waiting.on if planned.waiting else None, causes=causes)


def _look(settings: Settings, store: Store, at: Timestamp) -> None:
    """What the sources say, put on record before the report; one that fails is told in it, and costs it nothing."""
    if not settings.is_looking or not (settings.weekly or WeeklySettings()).fetch:
        return
    begin_stage("look")
    try:
        names = service_names(load_rulebook(settings.rules_path, settings.register_path))
        found = look(OpenLedger(store, captures_beside(store, settings.home), names), settings, at=at)
    except ReporterError as error:
        log.error("the sources of outages were not looked at: %s", error)
        return
    log.info(
        "looked at %d sources, %d of them wholly accounted for", len(found), sum(o.is_accounted_for for o in found)
    )


def _alert(settings: Settings, store: Store, clock: Clock, turn: Turn) -> tuple[Cause, ...]:
    """Plan what cannot wait for the next report; what keeps somebody from hearing it is owed, and costs no other mail.

    Raises: LockedError - another run is at it.
    """
    try:
        return alert_readers(settings, store, clock().floor("s"), turn)
    except LockedError:
        raise
    except ReporterError as error:
        log.error("alerts: %s", error)
        return (cause_of(error, settings),)


def _let_go(settings: Settings, store: Store, at: Timestamp) -> tuple[Cause, ...]:
    """What is past its time goes in the turn of each report: a year unattended leaves no more than [retention] says.

    The report is made and told by then, and its code stays. What could not be removed the owner is told of; the next
    report tries again.
    """
    begin_stage("tidy")
    failures: list[ReporterError] = []
    for step in (partial(purge, settings, store, at), store.shrink):
        try:
            step()
        except ReporterError as error:
            log.error("%s", error)
            failures.append(error)
    if not failures:
        return ()
    first = failures[0]
    said = [words("owner", one)["not_let_go"].format(what=first.in_language(one)) for one in ("en", "fr")]
    return (Cause("retention", int(first.exit_code), *said),)


def _tell_stop(settings: Settings, cause: Cause, at: Timestamp) -> None:
    """What ended the look, beside all that stands open; the file alone where there is no store to keep it."""
    try:
        store = open_store(settings.store_url)
    except ReporterError:
        tell_without_store(settings, cause, at)
        return
    with closing(store):
        tell_owner(settings, store, (cause, *open_causes(store, settings.report)), at, stops=(cause.key,))


def _send(settings: Settings, store: Store, clock: Clock, week: WeekKey) -> Round | None:
    """The mails that wait, if their time has come."""
    if not settings.is_sending or not due_mails(store, clock(), week.report):
        return None
    return pipeline.deliver_noted(settings, store, open_sending(settings, clock), week)
