"""What the weeks owe, by the store alone: from it come success, the exit code, the status, pings and reminders.

A week is done when nothing of it is owed. What stands open is told by its cause, whose key is the same from look to
look: `roster:students.csv`, `reader:ops/withheld`.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import PurePath
from urllib.parse import urlsplit

from pandas import DataFrame, Timestamp

from reporter.errors import (
    ClockError,
    DeliveryError,
    Exit,
    NotesError,
    OutageFileError,
    ReporterError,
    RosterError,
    RulebookError,
    SettingsError,
    StoreError,
    WithheldError,
    refused,
)
from reporter.model.mail import FAILED, HELD, UNTOUCHED
from reporter.model.report import AHEAD, OLD, RosterDate
from reporter.pipeline.assemble.report_identity import ReportKey, report_of
from reporter.pipeline.send.deliver import outstanding
from reporter.pipeline.send.plan import period
from reporter.report.record_context import looked_status
from reporter.settings import Settings
from reporter.store.alerts import OwnerNotice, standing_notices
from reporter.store.database import Store
from reporter.store.debts import EXCUSED, OWED, Cause, WeekKey, debts_of, excuse_debt, write_excused
from reporter.store.outbox import OutboxEntry, undo_week
from reporter.store.runs import run_instants
from reporter.text.catalogue import words
from reporter.text.formats import day

KINDS: Mapping[type[ReporterError], str] = {
    RosterError: "roster",
    OutageFileError: "outages",
    NotesError: "notes",
    SettingsError: "settings",
    RulebookError: "rules",
    StoreError: "store",
    ClockError: "clock",
}
LATER_WEEK = "week:later"


def _uses(settings: Settings) -> dict[str, str]:
    used = {"roster": [one.path for one in settings.roster], "outages": [one.path for one in settings.outages]}
    used |= {"duties": [one.path for one in settings.duties]}
    return {PurePath(path).name: kind for kind, paths in used.items() for path in paths}


def week_key(settings: Settings, as_of: Timestamp) -> WeekKey:
    """The report of these settings, in the week of that instant."""
    return report_of(settings).in_week(period(as_of, settings.office.time_zone))


def cause_of(error: ReporterError, settings: Settings) -> Cause:
    """What an error is about, by a key that stays: a file goes by what the settings use it for."""
    said = error.where.partition(": ")[0]
    known = settings.roster_name(said)  # of one file of several, the folder
    where = known if known != said else settings.roster_name(PurePath(said).name)
    kind = _uses(settings).get(where) or KINDS.get(type(error), "run")
    key = f"{kind}:{where}" if where else kind
    if isinstance(error, DeliveryError):
        key = f"reader:{error.where}/{'withheld' if isinstance(error, WithheldError) else 'unmade'}"
    return Cause(key, int(error.exit_code), str(error), error.in_language("fr"))


def later_week(week: str) -> Cause:
    """A run told nobody, because a later week stands."""
    error = refused(DeliveryError, "stop_later_week", week=week)
    return Cause(LATER_WEEK, int(Exit.NOT_DELIVERED), str(error), error.in_language("fr"))


def ledger_broken() -> Cause:
    """A run found the record of outages not to be what was written."""
    error = refused(ReporterError, "stop_ledger_broken")
    return Cause("ledger", int(Exit.NOT_INTACT), str(error), error.in_language("fr"))


def source_causes(looked: DataFrame, named: Collection[str]) -> tuple[Cause, ...]:
    """The sources of the settings of which nobody knows what they say now: never read, failed, or read too long ago.

    Takes: LOOKED; named - as the ledger names them. A source goes by its host: an address can hold a key.
    """
    owed = looked[looked["source"].isin(named) & (looked["is_failed"] | looked["is_old"])]
    hosts = [urlsplit(source).hostname or source for source in owed["source"]]
    found = dict(zip(hosts, owed["status"], strict=True))
    return tuple(_source_cause(host, status) for host, status in found.items())


def _source_cause(host: str, status: str) -> Cause:
    error = refused(ReporterError, "stop_source_owed", where=host, what=partial(looked_status, status))
    return Cause(f"source:{host}", int(Exit.RECORD_STALE), str(error), error.in_language("fr"))


def roster_causes(dates: Sequence[RosterDate]) -> tuple[Cause, ...]:
    """The dated exports of which no new one came, or whose newest hides those to come."""
    return tuple(_roster_cause(one) for one in dates if one.verdict in (OLD, AHEAD))


def _roster_cause(one: RosterDate) -> Cause:
    on = partial(day, Timestamp(str(one.dated_on)))
    error = refused(ReporterError, f"stop_roster_{one.verdict}", where=one.name, file=one.file, day=on, n=one.days)
    return Cause(f"roster-age:{one.name}", int(Exit.RECORD_STALE), str(error), error.in_language("fr"))


def mail_cause(entry: OutboxEntry) -> Cause:
    """A reader whose mail did not arrive, and why; put off is one cause, whatever a server says each time."""
    kind = "waiting" if entry.state in UNTOUCHED and entry.state != HELD else entry.state
    kind = entry.why if entry.state in FAILED and entry.why else kind
    english, french = (_mail_told(entry, language) for language in ("en", "fr"))
    return Cause(f"reader:{entry.slug}/{kind}", int(Exit.NOT_DELIVERED), english, french)


def _mail_told(entry: OutboxEntry, language: str) -> str:
    w = words("mail", language)
    why = w.get(f"why_{entry.why}", "") if entry.why else ""
    told = w["of_cause"].format(slug=entry.slug, number=entry.number, period=entry.period, state=w[entry.state])
    return " ".join(part for part in (told, why) if part)


def owed_mails(store: Store, report: ReportKey) -> tuple[OutboxEntry, ...]:
    """The mails of this report that did not arrive, less those that somebody excused."""
    found = outstanding(store, report)
    if not found:
        return ()
    debts = debts_of(store, report.organisation, report.series)
    excused = {(debt.period, debt.cause) for debt in debts if debt.state == EXCUSED}
    return tuple(entry for entry in found if (entry.period, mail_cause(entry).key) not in excused)


def open_causes(store: Store, report: ReportKey) -> tuple[Cause, ...]:
    """All that this report owes: what its last run left open, and the mails that did not arrive."""
    debts = debts_of(store, report.organisation, report.series)
    owed = [debt.as_cause for debt in debts if debt.state == OWED]
    causes = (*owed, *(mail_cause(entry) for entry in owed_mails(store, report)))
    return tuple({cause.key: cause for cause in causes}.values())


def standing_causes(store: Store, report: ReportKey) -> tuple[Cause, ...]:
    """The same, and what the last look stopped at."""
    stops = (notice.as_cause for notice in standing_stops(store, report))
    return tuple({cause.key: cause for cause in (*stops, *open_causes(store, report))}.values())


def standing_stops(store: Store, report: ReportKey) -> tuple[OwnerNotice, ...]:
    """What ended the last look; the next one alone can tell that it is over."""
    notices = standing_notices(store, report.organisation, report.series)
    return tuple(notice for notice in notices if notice.is_stop)


def take_week_back(store: Store, week: WeekKey, time_zone: str, now: Timestamp) -> int:
    """Take a week back that a wrong clock made, with every run as of it; how many mails no longer stand in the way."""
    instants = run_instants(store, week.series)
    made = [run_id for run_id, as_of in instants.items() if period(as_of, time_zone) == week.period]
    return undo_week(store, week, made, now)


def exit_code_of(causes: Sequence[Cause]) -> Exit:
    """What a run that leaves these open answers: a forged record before all, then the first of them."""
    codes = [Exit(cause.code) for cause in causes]
    return Exit.NOT_INTACT if Exit.NOT_INTACT in codes else next(iter(codes), Exit.DONE)


def excuse_cause(store: Store, report: ReportKey, key: str, who: str, reason: str, now: Timestamp) -> None:
    """Somebody takes it upon themselves that this stays undone.

    Raises: DeliveryError - nothing of that name is owed, or it stops the whole report.
    """
    known = debts_of(store, report.organisation, report.series)
    debts = [debt for debt in known if debt.state == OWED and debt.cause == key]
    mails = [entry for entry in owed_mails(store, report) if mail_cause(entry).key == key]
    if not debts and not mails:
        is_stop = any(notice.cause == key for notice in standing_stops(store, report))
        raise refused(DeliveryError, "stop_not_excused" if is_stop else "stop_no_cause", where=key)
    with store.begin() as connection:
        for debt in debts:
            excuse_debt(connection, debt.number, who, reason, now)
        for period_of_mail in {entry.period for entry in mails}:
            cause = next(mail_cause(entry) for entry in mails if entry.period == period_of_mail)
            write_excused(connection, report.in_week(period_of_mail), cause, who, reason, now)
