"""When a week that owes something is tried again: as soon as anything that its run reads has changed, and each day.

The same input gives the same output, so a try on the same files could only fail the same way, and leave a folder.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from pandas import Timedelta, Timestamp

from reporter.pipeline.assemble.inputs import watched_names
from reporter.pipeline.assemble.report_identity import series
from reporter.pipeline.run.mail_package import missing
from reporter.pipeline.send.plan import period
from reporter.settings import Identity, Settings
from reporter.store.database import Store
from reporter.store.debts import open_debts
from reporter.store.ledger import record_mark
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import entries

PAUSE = Timedelta(days=1)


@dataclass(frozen=True)
class Mending:
    """What an earlier run of a week left open and a new one tries again; without a week, nothing."""

    week: str = ""
    causes: frozenset[str] = frozenset()


NO_MENDING = Mending()


def mending_due(store: Store, settings: Settings, made_at: Timestamp | None, now: Timestamp) -> Mending:
    """What the report that was made last still owes, where a new try could leave it done."""
    if made_at is None:
        return NO_MENDING
    week = period(made_at, settings.office.time_zone)
    debts = tuple(d for d in open_debts(store, settings.organisation, series(settings)) if d.period >= week)
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
    yield max((mail.period for mail in entries(store) if mail.period > week and not mail.undone_at), default="")
    noted = (settings.annotations,) if isinstance(settings.annotations, str) else settings.annotations
    named = [one.path for one in settings.roster] + [one.path for one in settings.outages]
    named += [one.path for one in settings.duties] + [name for name in noted if name]
    for name in dict.fromkeys(named):
        yield f"{name} {_file_digest(settings, name)}"


def _file_digest(settings: Settings, name: str) -> str:
    """Of a folder nothing is said: it holds what the runs write themselves."""
    try:
        with settings.path(name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return type(error).__name__
