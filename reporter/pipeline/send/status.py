"""How a report stands, by the store alone: what its weeks owe, who was told last, and how its owner learns of it.

A week is done when nothing of it is owed. What stands open is told by its cause, whose key is the same from look to
look: `roster:students.csv`, `reader:ops/withheld`. From it come success, the exit code, the status and what whoever
looks after the unattended runs is told by more than one way: a file, a ping, a mail. A new cause is mailed at once; one
that lasts is mailed again at each report that falls due meanwhile, and daily after the second. The store keeps which
cause was mailed when, and the file says just that. Nothing here stops a run, and nothing that is told names a person:
only the errors of the report are quoted, which never do.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from msgspec import Struct, field
from pandas import DataFrame, Timedelta, Timestamp

from reporter.delivery.webhook import ping, post_notice
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
from reporter.model.levels import BY_NAME
from reporter.model.mail import ALERT, FAILED, HELD, SENT, STATES, UNTOUCHED, Envelope, ReportKey, WeekKey
from reporter.model.report import AHEAD, OLD, RosterDate
from reporter.pipeline.assemble.timetable import Timetable
from reporter.pipeline.send.plan import period, sender_domain
from reporter.pipeline.send.transports import open_transport
from reporter.report.headline import looked_status
from reporter.settings import OwnerSettings, Settings
from reporter.store.captures import write_whole
from reporter.store.causes import (
    DONE,
    EXCUSED,
    OWED,
    Cause,
    OwnerNotice,
    acknowledge,
    debts_of,
    excuse_debt,
    keep_notices,
    note_told,
    standing_notices,
    undo_week,
    write_excused,
)
from reporter.store.database import Store
from reporter.store.ledger_items import open_items
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import OutboxEntry, alerts_of, count_mails, entries, late_mails
from reporter.store.runs import RunRecord, last_made, run_instants, runs_before
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
    return settings.report.in_week(period(as_of, settings.office.time_zone))


def cause_of(error: ReporterError, settings: Settings) -> Cause:
    """What an error is about, by a key that stays: a file goes by what the settings use it for."""
    said = error.where.partition(": ")[0]
    known = settings.roster_name(said)  # of one file of several, the folder
    where = known if known != said else settings.roster_name(PurePath(said).name)
    kind = _uses(settings).get(where) or KINDS.get(type(error), "run")
    key = f"{kind}:{where}" if where else kind
    if isinstance(error, DeliveryError):
        key = f"reader:{error.where}/{'withheld' if isinstance(error, WithheldError) else 'unmade'}"
    return _cause(key, error.exit_code, error)


def _cause(key: str, code: int, error: ReporterError) -> Cause:
    return Cause(key, int(code), str(error), error.in_language("fr"))


def later_week(week: str) -> Cause:
    """A run told nobody, because a later week stands."""
    return _cause(LATER_WEEK, Exit.NOT_DELIVERED, refused(DeliveryError, "stop_later_week", week=week))


def ledger_broken() -> Cause:
    """A run found the record of outages not to be what was written."""
    return _cause("ledger", Exit.NOT_INTACT, refused(ReporterError, "stop_ledger_broken"))


def source_causes(looked: DataFrame, named: Collection[str]) -> tuple[Cause, ...]:
    """The sources of the settings of which nobody knows what they say now: never read, failed, or read too long ago.

    Takes: LOOKED; named - as the ledger names them. A source goes by its host: an address can hold a key.
    """
    owed = looked[looked["source"].isin(named) & (looked["is_failed"] | looked["is_old"])]
    hosts = [urlsplit(source).hostname or source for source in owed["source"]]
    causes = []
    for host, status in dict(zip(hosts, owed["status"], strict=True)).items():
        error = refused(ReporterError, "stop_source_owed", where=host, what=partial(looked_status, status))
        causes.append(_cause(f"source:{host}", Exit.RECORD_STALE, error))
    return tuple(causes)


def roster_causes(dates: Sequence[RosterDate]) -> tuple[Cause, ...]:
    """The dated exports of which no new one came, or whose newest hides those to come."""
    causes = []
    for one in dates:
        if one.verdict in (OLD, AHEAD):
            on, code = partial(day, Timestamp(str(one.dated_on))), f"stop_roster_{one.verdict}"
            error = refused(ReporterError, code, where=one.name, file=one.file, day=on, n=one.days)
            causes.append(_cause(f"roster-age:{one.name}", Exit.RECORD_STALE, error))
    return tuple(causes)


def _mail_cause(entry: OutboxEntry) -> Cause:
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
    found = late_mails(store, report)
    if not found:
        return ()
    debts = debts_of(store, report)
    excused = {(debt.period, debt.cause) for debt in debts if debt.state == EXCUSED}
    return tuple(entry for entry in found if (entry.period, _mail_cause(entry).key) not in excused)


def open_causes(store: Store, report: ReportKey) -> tuple[Cause, ...]:
    """All that this report owes: what its last run left open, and the mails that did not arrive."""
    debts = debts_of(store, report)
    owed = [debt.as_cause for debt in debts if debt.state == OWED]
    causes = (*owed, *(_mail_cause(entry) for entry in owed_mails(store, report)))
    return tuple({cause.key: cause for cause in causes}.values())


def standing_causes(store: Store, report: ReportKey) -> tuple[Cause, ...]:
    """The same, and what the last look stopped at."""
    stops = (notice.as_cause for notice in _standing_stops(store, report))
    return tuple({cause.key: cause for cause in (*stops, *open_causes(store, report))}.values())


def _standing_stops(store: Store, report: ReportKey) -> tuple[OwnerNotice, ...]:
    """What ended the last look; the next one alone can tell that it is over."""
    notices = standing_notices(store, report)
    return tuple(notice for notice in notices if notice.is_stop)


def take_week_back(store: Store, week: WeekKey, time_zone: str, now: Timestamp) -> int:
    """Take a week back that a wrong clock made, with every run as of it; how many mails no longer stand in the way."""
    instants = run_instants(store, week.report.series)
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
    known = debts_of(store, report)
    debts = [debt for debt in known if debt.state == OWED and debt.cause == key]
    mails = [entry for entry in owed_mails(store, report) if _mail_cause(entry).key == key]
    if not debts and not mails:
        is_stop = any(notice.cause == key for notice in _standing_stops(store, report))
        raise refused(DeliveryError, "stop_not_excused" if is_stop else "stop_no_cause", where=key)
    with store.begin() as connection:
        for debt in debts:
            excuse_debt(connection, debt.number, who, reason, now)
        for period_of_mail in {entry.period for entry in mails}:
            cause = next(_mail_cause(entry) for entry in mails if entry.period == period_of_mail)
            write_excused(connection, report.in_week(period_of_mail), cause, who, reason, now)


log = logging.getLogger(__name__)
DAILY = Timedelta(days=1)
SLOTS_BEFORE_DAILY = 2


def last_failure(settings: Settings) -> str:
    """What is written of the causes that last; empty when there is none."""
    try:
        return settings.failure_path.read_text("utf-8")
    except OSError:
        return ""


def tell_start(owner: OwnerSettings) -> None:
    """A run begins."""
    _ping(owner, "start")


def tell_owner(
    settings: Settings,
    store: Store,
    causes: Sequence[Cause],
    now: Timestamp,
    *,
    stops: Collection[str] = (),
    is_mail_down: bool = False,
    was_run: bool = True,
) -> None:
    """Tell how it stands: write down what is open, ping, and mail what is due to be mailed, if a mail can be sent.

    Takes: stops - the keys of the causes that ended the look;
           was_run - a report was made or tried: without one, a look that finds all well pings only after a repair.
    """
    report, file = settings.report, settings.failure_path
    notices, ended = keep_notices(store, report, causes, stops, now)
    if not notices:
        _take_away(file)
        if was_run or ended:
            _ping(settings.owner, "success")
        return
    _ping(settings.owner, "failure")
    numbers, text = [notice.number for notice in notices], _told(notices, settings.language, now)
    is_able = bool(settings.owner.address) and settings.is_sending and not is_mail_down
    timetable = Timetable.of(settings)
    is_due = any(_is_due(timetable, notice, notice.mailed_at, now) for notice in notices)
    if is_able and is_due and _mail(settings, words("owner", settings.language)["subject"], text, now):
        note_told(store, numbers, "mailed_at", now)
    is_due = any(_is_due(timetable, notice, notice.posted_at, now) for notice in notices)
    if is_due and _post(settings, "subject", text, {"causes": [notice.cause for notice in notices]}):
        note_told(store, numbers, "posted_at", now)
    notices, _ = keep_notices(store, report, causes, stops, now)
    _write(file, _told(notices, settings.language, now, is_file=True))


def tell_over(settings: Settings, store: Store, now: Timestamp, *, is_made: bool = False) -> None:
    """A person has done something about what the owner was told of: what is over ends at once, by file and ping.

    What it leaves open, or begins, is mailed by the next look. Takes: is_made - a report was made and told: whatever
    stopped the last look is over too.
    """
    report, file = settings.report, settings.failure_path
    standing = standing_notices(store, report)
    if not standing:
        return
    causes = open_causes(store, report) if is_made else standing_causes(store, report)
    stops = [] if is_made else [notice.cause for notice in standing if notice.is_stop]
    notices, ended = keep_notices(store, report, causes, stops, now)
    if notices:
        _write(file, _told(notices, settings.language, now, is_file=True))
        return
    _take_away(file)
    if ended:
        _ping(settings.owner, "success")


def _take_away(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)


def tell_made(settings: Settings, counts: Mapping[str, int], sent: int, waiting: int) -> None:
    """A report was made: how many people stand at which level, and how many mails went. Counts, and no person."""
    w = words("owner", settings.language)
    levels = ", ".join(f"{BY_NAME[name].word(settings.language)} {count}" for name, count in counts.items() if count)
    text = w["posted_made"].format(levels=levels or w["none"], sent=sent, waiting=waiting)
    _post(settings, "posted_subject", text, {"people_by_level": dict(counts), "sent": sent, "waiting": waiting})


def acknowledge_cause(store: Store, report: ReportKey, key: str, who: str, until: Timestamp, now: Timestamp) -> None:
    """Somebody knows of that cause: no reminder of it, and of it alone, before that instant.

    Raises: DeliveryError - nothing of that name is open.
    """
    causes, stops = standing_causes(store, report), standing_notices(store, report)
    stopped = [notice.cause for notice in stops if notice.is_stop]
    notices, _ = keep_notices(store, report, causes, stopped, now)
    found = next((notice for notice in notices if notice.cause == key), None)
    if found is None:
        raise refused(DeliveryError, "stop_no_cause", where=key)
    acknowledge(store, found.number, who, until)


def tell_without_store(settings: Settings, cause: Cause, now: Timestamp) -> None:
    """The same when the store itself cannot be opened: the file alone remembers, and is compared by its words."""
    w, before = words("owner", settings.language), last_failure(settings)
    said = cause.told(settings.language)
    mailed = w["mailed_plain"] if said in before and w["mailed_plain"] in before else ""
    text = _text([said], cause.code, settings.language, now)
    _ping(settings.owner, "failure")
    if not mailed and settings.owner.address and settings.is_sending and _mail(settings, w["subject"], text, now):
        mailed = w["mailed_plain"]
    _write(settings.failure_path, text + (mailed + "\n" if mailed else ""))


def _is_due(timetable: Timetable, notice: OwnerNotice, told_at: str, now: Timestamp) -> bool:
    """Whether the owner is told of it now, by the way that told it last at that instant: never yet, or again."""
    if notice.is_quiet(now):
        return False
    if not told_at:
        return True
    mailed_at, plan = Timestamp(told_at), timetable.due(now, Timestamp(notice.began_at))
    slots = [slot.at for slot in (*plan.missed, *([plan.waiting] if plan.waiting else []))]
    is_daily = len(slots) >= SLOTS_BEFORE_DAILY and now - mailed_at >= DAILY
    return is_daily or any(at > mailed_at for at in slots)


def _told(notices: Sequence[OwnerNotice], language: str, now: Timestamp, *, is_file: bool = False) -> str:
    """Every cause with its key, since when and, in the file, whether the owner was mailed it."""
    w = words("owner", language)
    lines: list[str] = []
    for notice in notices:
        line = w["cause"].format(key=notice.cause, what=notice.as_cause.told(language))
        since = w["since"].format(at=_minute(notice.began_at))
        mailed = w["mailed"].format(at=_minute(notice.mailed_at)) if notice.mailed_at else w["not_mailed"]
        mailed += f" {w['posted'].format(at=_minute(notice.posted_at))}" if notice.posted_at else ""
        quiet = w["quiet"].format(at=_minute(notice.quiet_until), who=notice.quiet_by) if notice.is_quiet(now) else ""
        lines.append(" ".join(part for part in (line, since, mailed if is_file else "", quiet) if part))
    left = sum(notice.cause.startswith("reader:") for notice in notices)
    lines += [w["undelivered"].format(n=left)] if left else []
    return _text(lines, exit_code_of([notice.as_cause for notice in notices]), language, now)


def _text(lines: Sequence[str], code: int, language: str, now: Timestamp) -> str:
    w = words("owner", language)
    at = f"{now:%Y-%m-%d %H:%M}Z"
    cures = {Exit.NOT_DELIVERED: "cure_mail", Exit.UNEXPECTED: "cure_unexpected"}
    return w["failure"].format(at=at, code=int(code), what="\n".join(lines), cure=w[cures.get(Exit(code), "cure")])


def _minute(at: str) -> str:
    return f"{Timestamp(at):%Y-%m-%d %H:%M}Z"


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text.encode())
    except OSError as error:
        log.error("the failure cannot be written down: %s", type(error).__name__)


def _ping(owner: OwnerSettings, what: str) -> None:
    if owner.ping_url:
        ping(owner.ping_url, what, seconds=owner.ping_seconds)


def _post(settings: Settings, subject: str, text: str, facts: Mapping[str, Any]) -> bool:
    """The same by the webhook; False where there is none, or nobody took it."""
    owner, title = settings.owner, words("owner", settings.language)[subject]
    facts = {"office": settings.office.name, **facts}
    kind, seconds = owner.webhook_kind, owner.ping_seconds
    return bool(owner.webhook_url) and post_notice(owner.webhook_url, kind, title, text, facts, seconds=seconds)


def _mail(settings: Settings, subject: str, text: str, now: Timestamp) -> bool:
    """One mail to the owner, past the outbox: it is no report, and may be lost. False when it was not taken."""
    letter, own = EmailMessage(), f"<failure.{now:%Y%m%dT%H%M%S%f}@{sender_domain(settings.sender)}>"
    letter["From"], letter["To"], letter["Subject"] = settings.sender, settings.owner.address, subject
    letter["Date"], letter["Message-ID"] = format_datetime(now.to_pydatetime()), own
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    try:
        transport = open_transport(settings)
        try:
            envelope = Envelope(settings.envelope_sender, settings.owner.address, "owner", own)
            content = letter.as_bytes(policy=letter.policy.clone(linesep="\r\n"))
            outcome = transport.deliver(content, envelope, lambda: None)  # nothing is written down before it goes
        finally:
            transport.close()
    except ReporterError as error:
        log.warning("mail to the owner: %s", type(error).__name__)
        return False
    log.info("mail to the owner: %s %s", outcome.state, outcome.why)
    return outcome.state in ("sent", "ambiguous")


GRACE = pd.Timedelta(hours=2)
"""A report that is due may still be in the making."""


class ReportStanding(Struct, frozen=True):
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
    report, zone = settings.report, settings.office.time_zone
    debts = debts_of(store, report)
    untold = {debt.period for debt in debts if debt.cause == LATER_WEEK and debt.state != DONE}

    def mails(week: str) -> Sequence[OutboxEntry]:
        return entries(store, report=report, period=week) if settings.is_sending else ()

    found = (run for run in runs_before(store, report.series, before) if _is_told(run, mails, untold, zone))
    return next(found, None)


def report_standing(store: Store | None, settings: Settings, now: Timestamp) -> ReportStanding:
    """How the report of these settings stands at that instant; without a store, as one that was never made."""
    until = now + pd.Timedelta(microseconds=1)
    made = last_made(store, settings.report.series, until) if store else None
    plan = None
    if settings.weekly:
        plan, _ = Timetable.of(settings).due_run(now, made, is_daily=settings.is_daily)
    slot = plan.waiting if plan else None
    return ReportStanding(
        due_on=slot.on if slot else None,
        is_late=slot is not None and now - slot.at > GRACE,
        missed_on=tuple(slot.on for slot in plan.missed) if plan else (),
        following_on=plan.following.on if plan else None,
        failure="" if store else last_failure(settings),
        can_send=settings.is_sending,
        **(_recorded(store, settings, until) if store else {}),
    )


def _recorded(store: Store, settings: Settings, until: Timestamp) -> dict[str, Any]:
    """What the store alone knows: the last run, the last report that was delivered, and the mails."""
    report = settings.report
    run = next(runs_before(store, report.series, until), None)
    told = last_told(store, settings, until) if settings.is_sending else None
    states = count_mails(store, report)
    alerts = alerts_of(store, report)
    since = [one.state for one in alerts if run and Timestamp(one.planned_at) > run.as_of]
    return {
        "last_run_at": run.as_of if run else None,
        "last_told_at": told.as_of if told else None,
        "outstanding": len(owed_mails(store, report)),
        "causes": standing_causes(store, report),
        "stops": tuple(notice.cause for notice in _standing_stops(store, report)),
        "mails": {state: states[state] for state in STATES if state in states},
        "alerts": {state: since.count(state) for state in STATES if state in since},
        "to_settle": len(open_items(store)),
    }


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
