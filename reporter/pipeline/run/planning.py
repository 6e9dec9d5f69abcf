"""To whom a run's mails are news, and when a week that owes something is tried again.

The same input gives the same output, so a try on the same files could only fail the same way, and leave a folder. So a
week is tried again as soon as anything that its run reads has changed, and each day; and what a new try mends is told
only to those whom it concerns.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from pandas import Series, Timedelta, Timestamp

from reporter.model.mail import Letter, WeekKey
from reporter.model.report import OFFICE_SLUG
from reporter.pipeline.assemble.gather import rosters_of
from reporter.pipeline.assemble.inputs import watched_names
from reporter.pipeline.assemble.timetable import Timetable
from reporter.pipeline.run.mail_package import missing
from reporter.pipeline.send.plan import Timing, period
from reporter.pipeline.send.status import week_key
from reporter.report.recipients import Audience
from reporter.settings import Identity, Settings
from reporter.store.causes import OWED, Cause, debts_of
from reporter.store.database import Store
from reporter.store.ledger import record_mark
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import later_period

PAUSE = Timedelta(days=1)


class Mending(Struct, frozen=True):
    """What an earlier run of a week left open and a new one tries again; without a week, nothing."""

    week: str = ""
    causes: frozenset[str] = frozenset()


NO_MENDING = Mending()


def mending_due(store: Store, settings: Settings, made_at: Timestamp | None, now: Timestamp) -> Mending:
    """What the report that was made last still owes, where a new try could leave it done."""
    if made_at is None:
        return NO_MENDING
    week, report = period(made_at, settings.office.time_zone), settings.report
    debts = tuple(debt for debt in debts_of(store, report) if debt.state == OWED and debt.period >= week)
    if not debts:
        return NO_MENDING
    mark = mark_of(store, settings, now)
    is_old = any(debt.tried_at <= instant_text(now - PAUSE) for debt in debts)
    if not is_old and all(debt.mark == mark for debt in debts):
        return NO_MENDING
    oldest = debts[0].period
    return Mending(oldest, frozenset(debt.cause for debt in debts if debt.period == oldest))


def mark_of(store: Store, settings: Settings, now: Timestamp) -> str:
    """A digest of all that a run reads: settings, files, ledger, passwords, and whether a later week stands.

    Not of the report's own id, which the first run alone does not have yet.
    """
    text = "\n".join(_parts(store, settings, period(now, settings.office.time_zone)))
    return hashlib.sha256(text.encode()).hexdigest()


def _parts(store: Store, settings: Settings, week: str) -> Iterator[str]:
    yield msgspec.json.encode(msgspec.structs.replace(settings, folder="", identity=Identity())).decode()
    yield from (str(error) for error in missing(settings))
    yield record_mark(store, watched_names(settings))
    yield later_period(store, week)
    noted = (settings.annotations,) if isinstance(settings.annotations, str) else settings.annotations
    named = [one.path for one in settings.roster] + [one.path for one in settings.outages]
    named += [one.path for one in settings.duties] + [name for name in noted if name]
    for name in dict.fromkeys(named):
        yield f"{name} {_file_digest(settings.path(name))}"


def _file_digest(path: Path) -> str:
    """Of a folder nothing is said: it holds what the runs write themselves."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return type(error).__name__


class Planning(Struct, frozen=True):
    """How a run's mails go to the outbox, and what it leaves open."""

    is_told: bool
    is_held: bool
    is_concerned: Callable[[Letter], bool]
    causes: tuple[Cause, ...]
    week: WeekKey
    timing: Timing = lambda *_: "usual"
    doubted: str = ""  # the store was put back: up to that week nothing is sent by itself


def planning_of(
    settings: Settings,
    readers: Audience,
    mends: Mending,
    causes: tuple[Cause, ...],
    *,
    hold: bool,
    is_told: bool,
    as_of: Timestamp,
    is_between: bool = False,
    doubted: str = "",
) -> Planning:
    """That of a run; one that mends an earlier one is news only to those whom what it mended concerns."""
    mended = mends.causes - {cause.key for cause in causes}
    week = week_key(settings, as_of)
    week = replace(week, period=mends.week) if mends.week else week
    is_news_to_all = not mends.week or any(key.partition(":")[0] not in ("roster", "reader") for key in mended)
    slugs = concerned_slugs(readers, mended, settings.roster_name)
    return Planning(
        is_told,
        hold or settings.mail.review,
        lambda one: is_news_to_all or one.slug in slugs,
        causes,
        week,
        timing=timing_of(Timetable.of(settings), readers, as_of, is_between=is_between),
        doubted=doubted,
    )


def timing_of(timetable: Timetable, readers: Audience, as_of: Timestamp, *, is_between: bool) -> Timing:
    """How each letter stands to the rhythm of its reader.

    Whoever hears less often than every week is told when an instant of theirs has passed since a mail was planned for
    them that may still arrive: one that was refused, or a week without a report, costs nobody theirs.
    """
    rhythms = {one.slug: one.rhythm for one in readers.recipients}
    latest = {rhythm: instant_text(timetable.latest(as_of, rhythm).at) for rhythm in {*rhythms.values()}}

    def timing(slug: str, last: str) -> str:
        rhythm = rhythms.get(slug, "weekly")
        is_due = last < latest[rhythm]
        if rhythm == "daily":
            return "anew" if last and is_due else "usual"
        if is_between:
            return "none"
        return "usual" if rhythm == "weekly" or is_due else "update"

    return timing


def concerned_slugs(readers: Audience, mended: Collection[str], called: Callable[[str], str]) -> frozenset[str]:
    """Who has rows of a roster that can be read again, or a digest that can be made again.

    The office and the views may hold any row of a roster. Takes: called - what the settings call the roster of a file.
    """
    rosters = [key.partition(":")[2] for key in mended if key.startswith("roster:")]
    again = [key.partition(":")[2].partition("/")[0] for key in mended if key.startswith("reader:")]
    sources = Series(readers.number.index.astype("str"), index=readers.number.index)
    numbers = readers.number[rosters_of(sources, called).isin(rosters)].unique()
    slugs = {readers.recipients[int(n)].slug for n in numbers}
    wide = (one.slug for one in readers.recipients if rosters and (one.role or one.slug == OFFICE_SLUG))
    return frozenset(slugs.union(again, wide))
