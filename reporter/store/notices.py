"""What the owner of the unattended runs was told: each cause from its first look to its last, and when it was mailed.

A cause that comes back is a new one. What is acknowledged is silent until its day, and nothing else with it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from pandas import Timestamp
from sqlalchemy import Connection, and_, insert, select, update

from reporter.store.database import Store
from reporter.store.debts import Cause
from reporter.store.ledger_rows import instant_text
from reporter.store.tables import owner_notices


@dataclass(frozen=True)
class OwnerNotice:
    """One cause as the owner was told of it. Instants are the store's text; an empty one is none."""

    number: int
    cause: str
    code: int
    english: str
    french: str
    is_stop: int
    began_at: str
    mailed_at: str
    quiet_until: str
    quiet_by: str
    posted_at: str

    @property
    def as_cause(self) -> Cause:
        """What it is."""
        return Cause(self.cause, self.code, self.english, self.french)

    def is_quiet(self, now: Timestamp) -> bool:
        """Whether somebody has acknowledged it for this long."""
        return instant_text(now) < self.quiet_until


_NOTICE = tuple(owner_notices.c[field.name] for field in fields(OwnerNotice))


def standing_notices(store: Store, organisation: str, series: str) -> tuple[OwnerNotice, ...]:
    """The causes that last, as of the last look."""
    with store.begin() as connection:
        return _notices(connection, organisation, series)


def keep_notices(
    store: Store, organisation: str, series: str, causes: Iterable[Cause], stops: Collection[str], now: Timestamp
) -> tuple[tuple[OwnerNotice, ...], int]:
    """Begin a notice for each cause that has none, end those that are over; what stands now, and how many ended.

    Takes: stops - the keys of the causes that ended the look.
    """
    wanted, at = {cause.key: cause for cause in causes}, instant_text(now)
    with store.begin() as connection:
        there = {notice.cause: notice for notice in _notices(connection, organisation, series)}
        over = [notice.number for key, notice in there.items() if key not in wanted]
        connection.execute(update(owner_notices).where(owner_notices.c.number.in_(over)).values(ended_at=at))
        for key, cause in wanted.items():
            said = {"code": int(cause.code), "english": cause.english, "french": cause.french}
            said |= {"is_stop": int(key in stops)}
            if key in there:
                here = owner_notices.c.number == there[key].number
                connection.execute(update(owner_notices).where(here).values(said))
                continue
            blank = dict.fromkeys(("mailed_at", "quiet_until", "quiet_by", "ended_at"), "")
            whose = {"organisation": organisation, "series": series, "cause": key, "began_at": at}
            connection.execute(insert(owner_notices).values(whose | said | blank))
        return _notices(connection, organisation, series), len(over)


def note_told(store: Store, numbers: Collection[int], way: str, now: Timestamp) -> None:
    """The owner was sent these: in a mail that a server took (`mailed_at`), or by a webhook (`posted_at`)."""
    with store.begin() as connection:
        these = owner_notices.c.number.in_(numbers)
        connection.execute(update(owner_notices).where(these).values({way: instant_text(now)}))


def acknowledge(store: Store, number: int, who: str, until: Timestamp) -> None:
    """Somebody knows of it, and wants no reminder before that instant."""
    values = {"quiet_until": instant_text(until), "quiet_by": who}
    with store.begin() as connection:
        connection.execute(update(owner_notices).where(owner_notices.c.number == number).values(values))


def _notices(connection: Connection, organisation: str, series: str) -> tuple[OwnerNotice, ...]:
    ours = and_(owner_notices.c.organisation == organisation, owner_notices.c.series == series)
    query = select(*_NOTICE).where(ours, owner_notices.c.ended_at == "").order_by(owner_notices.c.number)
    return tuple(OwnerNotice(*row) for row in connection.execute(query))
