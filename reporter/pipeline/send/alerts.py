"""Whoever looks after the unattended runs learns of each cause by more than one way: a file, a ping, a mail.

A new cause is mailed at once; one that lasts is mailed again at each report that falls due meanwhile, and daily after
the second. The store keeps which cause was mailed when, and the file says just that. Nothing here stops a run, and
nothing that is told names a person: only the report's own errors are quoted, which never do.
"""

import logging
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from pandas import Timedelta, Timestamp

from reporter.delivery.webhook import ping, post_notice
from reporter.errors import DeliveryError, Exit, ReporterError, refused
from reporter.model.levels import BY_NAME
from reporter.model.mail import Envelope
from reporter.pipeline.assemble.report_identity import ReportKey, report_of
from reporter.pipeline.assemble.timetable import due_slot
from reporter.pipeline.send.plan import sender_domain
from reporter.pipeline.send.transports import envelope_sender, is_sending, open_transport
from reporter.pipeline.send.week_account import exit_code_of, open_causes, standing_causes
from reporter.settings import OwnerSettings, Settings, WeeklySettings
from reporter.store.alerts import OwnerNotice, acknowledge, keep_notices, note_told, standing_notices
from reporter.store.database import Store
from reporter.store.debts import Cause
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
DAILY = Timedelta(days=1)
SLOTS_BEFORE_DAILY = 2


def last_failure(settings: Settings) -> str:
    """What is written of the causes that last; empty when there is none."""
    try:
        return _failure_file(settings).read_text("utf-8")
    except OSError:
        return ""


def tell_start(settings: Settings) -> None:
    """A run begins."""
    _ping(settings.owner, "start")


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
    report, file = report_of(settings), _failure_file(settings)
    notices, ended = keep_notices(store, report.organisation, report.series, causes, stops, now)
    if not notices:
        _take_away(file)
        if was_run or ended:
            _ping(settings.owner, "success")
        return
    _ping(settings.owner, "failure")
    numbers, text = [notice.number for notice in notices], _told(notices, settings.language, now)
    is_able = bool(settings.owner.address) and is_sending(settings) and not is_mail_down
    is_due = any(_is_due(settings, notice, notice.mailed_at, now) for notice in notices)
    if is_able and is_due and _mail(settings, words("owner", settings.language)["subject"], text, now):
        note_told(store, numbers, "mailed_at", now)
    is_due = any(_is_due(settings, notice, notice.posted_at, now) for notice in notices)
    if is_due and _post(settings, "subject", text, {"causes": [notice.cause for notice in notices]}):
        note_told(store, numbers, "posted_at", now)
    notices, _ = keep_notices(store, report.organisation, report.series, causes, stops, now)
    _write(file, _told(notices, settings.language, now, is_file=True))


def tell_over(settings: Settings, store: Store, now: Timestamp, *, is_made: bool = False) -> None:
    """A person has done something about what the owner was told of: what is over ends at once, by file and ping.

    What it leaves open, or begins, is mailed by the next look. Takes: is_made - a report was made and told: whatever
    stopped the last look is over too.
    """
    report, file = report_of(settings), _failure_file(settings)
    standing = standing_notices(store, report.organisation, report.series)
    if not standing:
        return
    causes = open_causes(store, report) if is_made else standing_causes(store, report)
    stops = [] if is_made else [notice.cause for notice in standing if notice.is_stop]
    notices, ended = keep_notices(store, report.organisation, report.series, causes, stops, now)
    if notices:
        _write(file, _told(notices, settings.language, now, is_file=True))
        return
    _take_away(file)
    if ended:
        _ping(settings.owner, "success")


def _failure_file(settings: Settings) -> Path:
    return settings.path(settings.owner.failure_file)


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
    causes, stops = standing_causes(store, report), standing_notices(store, report.organisation, report.series)
    stopped = [notice.cause for notice in stops if notice.is_stop]
    notices, _ = keep_notices(store, report.organisation, report.series, causes, stopped, now)
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
    if not mailed and settings.owner.address and is_sending(settings) and _mail(settings, w["subject"], text, now):
        mailed = w["mailed_plain"]
    _write(_failure_file(settings), text + (mailed + "\n" if mailed else ""))


def _is_due(settings: Settings, notice: OwnerNotice, told_at: str, now: Timestamp) -> bool:
    """Whether the owner is told of it now, by the way that told it last at that instant: never yet, or again."""
    if notice.is_quiet(now):
        return False
    if not told_at:
        return True
    weekly, mailed_at = settings.weekly or WeeklySettings(), Timestamp(told_at)
    plan = due_slot(weekly, settings.office.time_zone, now, Timestamp(notice.began_at))
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
    return w["failure"].format(at=at, code=int(code), what="\n".join(lines), cure=w[_cure(code)])


def _minute(at: str) -> str:
    return f"{Timestamp(at):%Y-%m-%d %H:%M}Z"


def _cure(code: int) -> str:
    return {Exit.NOT_DELIVERED: "cure_mail", Exit.UNEXPECTED: "cure_unexpected"}.get(Exit(code), "cure")


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.touch(mode=0o600)
        beside.write_text(text, "utf-8")
        beside.replace(file)
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
            envelope = Envelope(envelope_sender(settings), settings.owner.address, "owner", own)
            outcome = transport.deliver(letter.as_bytes(policy=letter.policy.clone(linesep="\r\n")), envelope, _go)
        finally:
            transport.close()
    except ReporterError as error:
        log.warning("mail to the owner: %s", type(error).__name__)
        return False
    log.info("mail to the owner: %s %s", outcome.state, outcome.why)
    return outcome.state in ("sent", "ambiguous")


def _go() -> None:
    """Nothing is written down before this mail goes."""
