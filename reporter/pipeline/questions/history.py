"""Since when a person stands as they do, and who was told: from what the runs and the outbox keep. Reads only those."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct
from pandas import Timestamp

from reporter.delivery.mail_texts import naming
from reporter.model.levels import RANK
from reporter.model.mail import ALERT, SENT, ReportKey
from reporter.pipeline.assemble.inputs import listed_now
from reporter.pipeline.send.deliver import mail_bytes
from reporter.settings import Settings
from reporter.store.audit import note_event, person_digest
from reporter.store.database import Store
from reporter.store.outbox import OutboxEntry, entries
from reporter.store.privacy import findings_kept, own_secret
from reporter.store.runs import runs_named

ASKED = "history"
"""What the audit record calls a look into one person's past."""
LATEST = 2  # weeks whose mails are looked through for a card


class WeekOfDuty(Struct, frozen=True):
    """One duty as one run found it."""

    run_id: str
    as_of: Timestamp
    deadline: str
    level: str
    rule: str
    closes_at: Timestamp | None


class Telling(Struct, frozen=True):
    """A mail that names the person and was sent: whose, and when.

    `by`: `id`, or `name` where it gives the name alone, which somebody else may have too.
    """

    number: int
    period: str
    slug: str
    sent_at: Timestamp
    run_id: str
    by: str = "id"
    is_alert: bool = False  # sent between two reports


class History(Struct, frozen=True):
    """Every duty of a person, report by report, and every mail kept that names them."""

    weeks: tuple[WeekOfDuty, ...]
    tellings: tuple[Telling, ...]
    rows_set_aside: int = 0  # of the person in today's rosters: no report finds anything of such a row


def history_of(store: Store, settings: Settings, person_id: str, now: Timestamp) -> History:
    """What is kept of one person's past in this report; that it was looked at goes into the audit record."""
    listed, report = listed_now(settings, person_id, now), report_asked(settings)
    bytes_of = partial(mail_bytes, settings.runs_folder, store)
    told = tellings(store, report, person_id, listed.names, bytes_of)
    found = History(_weeks_of(store, report, person_id), told, listed.rows_set_aside)
    subject = person_digest(person_id, own_secret(store.folder(settings.home)))
    with store.begin() as connection:
        facts = {"reports": len({week.run_id for week in found.weeks}), "mails": len(found.tellings)}
        note_event(connection, ASKED, subject, facts, now)
    return found


def _weeks_of(store: Store, report: ReportKey, person_id: str) -> tuple[WeekOfDuty, ...]:
    """Every duty of the person in every run of this report that is kept, oldest first, the worst first in each."""
    with store.begin() as connection:
        kept = findings_kept(connection, person_id)
    runs = runs_named(store, {row["run_id"] for row in kept})
    found = [_week(row) for row in kept if report.series in ("", runs[row["run_id"]].series)]
    return tuple(sorted(found, key=lambda week: (week.as_of, RANK[week.level], week.deadline)))


def weeks_of_duty(store: Store, report: ReportKey, person_id: str, deadline: str) -> tuple[WeekOfDuty, ...]:
    """The same of one kind of duty, one a report: the worst of that kind."""
    mine = (week for week in _weeks_of(store, report, person_id) if week.deadline == deadline)
    first: dict[str, WeekOfDuty] = {}
    for week in mine:
        first.setdefault(week.run_id, week)
    return tuple(first.values())


def report_asked(settings: Settings) -> ReportKey:
    """The report of these settings; every report of the store where they name no roster."""
    return settings.report if settings.roster else ReportKey(settings.organisation)


def _week(row: dict[str, Any]) -> WeekOfDuty:
    closes_at = None if row["closes_at"] is None else Timestamp(row["closes_at"], unit="s", tz="UTC")
    same = {name: row[name] for name in ("run_id", "deadline", "level", "rule")}
    return WeekOfDuty(as_of=Timestamp(row["as_of"]), closes_at=closes_at, **same)


def tellings(
    store: Store,
    report: ReportKey,
    person_id: str,
    called: Sequence[str],
    bytes_of: Callable[[OutboxEntry], bytes],
    *,
    most: int | None = None,
) -> tuple[Telling, ...]:
    """The mails sent that name the person, the newest first; of the last `most` weeks, where that is said.

    Takes: called - the names of the person; bytes_of - a mail as it went, where it is still kept.
    """
    found = []
    sent = [entry for entry in entries(store, state=SENT, report=report) if not entry.undone_at]
    periods = sorted({entry.period for entry in sent}, reverse=True)[:most]
    ways = {"id": naming(person_id)} | ({"name": naming(*called)} if called else {})
    for entry in sorted(sent, key=lambda entry: (entry.changed_at, entry.number), reverse=True):
        whole = bytes_of(entry) if entry.period in periods and entry.size else b""
        by = next((way for way, names in ways.items() if names(whole)), "")
        if by:
            at, is_alert = Timestamp(entry.changed_at), entry.channel == ALERT
            found.append(Telling(entry.number, entry.period, entry.slug, at, entry.run_id, by, is_alert))
    return tuple(found)


def changed_weeks(weeks: tuple[WeekOfDuty, ...]) -> tuple[WeekOfDuty, ...]:
    """Of the weeks of one duty, the first and those in which its level or its reason is another than before."""
    pairs = zip((None, *weeks), weeks, strict=False)
    return tuple(week for was, week in pairs if was is None or (was.level, was.rule) != (week.level, week.rule))


def standing_since(weeks: tuple[WeekOfDuty, ...], level: str) -> tuple[Timestamp | None, int]:
    """Since which report without a break a duty has had that level, and in how many reports; None for never."""
    since, count = None, 0
    for week in reversed(weeks):
        if week.level != level:
            break
        since, count = week.as_of, count + 1
    return since, count
