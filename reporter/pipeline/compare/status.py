"""What the store remembers of a report: the last one that was told, what is due, and what went wrong."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
from pandas import Timestamp

from reporter.model.mail import ALERT, FAILED, SENT, STATES
from reporter.pipeline.assemble.report_identity import ReportKey, report_of
from reporter.pipeline.assemble.timetable import due_run
from reporter.pipeline.send.alerts import last_failure
from reporter.pipeline.send.plan import period
from reporter.pipeline.send.transports import is_sending
from reporter.pipeline.send.week_account import LATER_WEEK, owed_mails, standing_causes, standing_stops
from reporter.settings import Settings
from reporter.store.alerts import alerts_of
from reporter.store.database import Store
from reporter.store.debts import DONE, Cause, debts_of
from reporter.store.ledger_items import open_items
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import OutboxEntry, count_mails, entries
from reporter.store.runs import RunRecord, last_made, runs_before

GRACE = pd.Timedelta(hours=2)
"""A report that is due may still be in the making."""


@dataclass(frozen=True)
class ReportStanding:
    """How a report stands; instants in UTC, days on the office's calendar."""

    last_run_at: Timestamp | None = None
    last_told_at: Timestamp | None = None
    due_on: date | None = None
    is_late: bool = False
    missed_on: tuple[date, ...] = ()
    following_on: date | None = None
    outstanding: int = 0
    mails: Mapping[str, int] = field(default_factory=dict)
    failure: str = ""  # as written down, where there is no store to ask
    causes: tuple[Cause, ...] = ()  # all that is open, by the account of the weeks
    stops: tuple[str, ...] = ()  # the keys of those that ended the last look
    can_send: bool = True  # a way to send is set; where none is, nothing was ever delivered
    alerts: Mapping[str, int] = field(default_factory=dict)  # since the last report, by the state of the mail
    to_settle: int = 0  # what the sources of outages offer and nobody has seen to yet

    @property
    def is_well(self) -> bool:
        """Nothing was missed, nothing failed, and everybody has theirs."""
        return not (self.is_late or self.missed_on or self.outstanding or self.causes or self.failure)


def last_told(store: Store, settings: Settings, before: Timestamp) -> RunRecord | None:
    """The latest earlier run whose recipients got theirs: what changed since is new to them.

    Without a way to send, a run that was written counts as told.
    """
    report, zone = report_of(settings), settings.office.time_zone
    debts = debts_of(store, report.organisation, report.series)
    untold = {debt.period for debt in debts if debt.cause == LATER_WEEK and debt.state != DONE}
    weeks = partial(_week_mails, store, report) if is_sending(settings) else lambda _: ()
    found = (run for run in runs_before(store, report.series, before) if _is_told(run, weeks, untold, zone))
    return next(found, None)


def report_standing(store: Store | None, settings: Settings, now: Timestamp) -> ReportStanding:
    """How the report of these settings stands at that instant; without a store, as one that was never made."""
    until = now + pd.Timedelta(microseconds=1)
    made = last_made(store, report_of(settings).series, until) if store else None
    plan = None
    if settings.weekly:
        plan, _ = due_run(settings.weekly, settings.office.time_zone, now, made, is_daily=settings.is_daily)
    slot = plan.waiting if plan else None
    return ReportStanding(
        due_on=slot.on if slot else None,
        is_late=slot is not None and now - slot.at > GRACE,
        missed_on=tuple(slot.on for slot in plan.missed) if plan else (),
        following_on=plan.following.on if plan else None,
        failure="" if store else last_failure(settings),
        can_send=is_sending(settings),
        **(_recorded(store, settings, until) if store else {}),
    )


def _recorded(store: Store, settings: Settings, until: Timestamp) -> dict[str, Any]:
    """What the store alone knows: the last run, the last report that was delivered, and the mails."""
    report = report_of(settings)
    run = next(runs_before(store, report.series, until), None)
    told = last_told(store, settings, until) if is_sending(settings) else None
    states = count_mails(store, organisation=report.organisation, series=report.series)
    alerts = alerts_of(store, report.organisation, report.series)
    since = [one.state for one in alerts if run and Timestamp(one.planned_at) > run.as_of]
    return {
        "last_run_at": run.as_of if run else None,
        "last_told_at": told.as_of if told else None,
        "outstanding": len(owed_mails(store, report)),
        "causes": standing_causes(store, report),
        "stops": tuple(notice.cause for notice in standing_stops(store, report)),
        "mails": {state: states[state] for state in STATES if state in states},
        "alerts": {state: since.count(state) for state in STATES if state in since},
        "to_settle": len(open_items(store)),
    }


def _week_mails(store: Store, report: ReportKey, week: str) -> tuple[OutboxEntry, ...]:
    return entries(store, organisation=report.organisation, series=report.series, period=week)


def _is_told(run: RunRecord, mails: Callable[[str], Sequence[OutboxEntry]], untold: Collection[str], zone: str) -> bool:
    """Whether the mails of that run's week, as they stood planned when it was over, were all sent.

    One recipient who is refused for good does not hold back the others, as long as anybody got theirs. A run made
    for an instant still to come was looked at, and told to nobody; nor was one in whose way a later week stood.
    """
    if run.finished_at is not None and run.finished_at < run.as_of:
        return False
    until, week = instant_text(run.finished_at or run.as_of), period(run.as_of, zone)
    planned = [e for e in mails(week) if e.planned_at <= until and e.channel != ALERT]
    latest = {(e.recipient, e.channel): e.state for e in sorted(planned, key=lambda e: e.edition)}
    states = set(latest.values())
    return (week not in untold) if not states else (SENT in states and states <= {SENT, *FAILED})
