"""What was told between two reports: readers of an outage, and the owner of what went wrong.

Of readers: of whom, of which outage, and with which mail of the outbox. A row is written with its mail, in one
transaction. It counts as told only while that mail has left, or may have.

Of the owner: each cause from its first look to its last, and when it was mailed. A cause that comes back is a new one.
What is acknowledged is silent until its day, and nothing else with it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple

from pandas import Timestamp
from sqlalchemy import Connection, and_, insert, select, update

from reporter.model.mail import ALERT, MAY_HAVE_LEFT
from reporter.store.database import Store
from reporter.store.debts import Cause
from reporter.store.ledger_rows import instant_text
from reporter.store.tables import alert_facts, outbox, owner_notices


class AlertFact(NamedTuple):
    """One person beside one outage; `fact` is a digest of what is told of the outage, empty where it is taken back."""

    person_id: str
    outage_id: str
    fact: str


@dataclass(frozen=True)
class AlertTelling:
    """One alert of the outbox, and what it tells. Instants are the store's text."""

    number: int
    recipient: str
    slug: str
    period: str
    edition: int
    state: str
    planned_at: str
    facts: tuple[AlertFact, ...]

    @property
    def has_left(self) -> bool:
        """Whether its reader has it, or may have."""
        return self.state in MAY_HAVE_LEFT


_MAIL = tuple(outbox.c[name] for name in ("number", "recipient", "slug", "period", "edition", "state", "planned_at"))


def alerts_of(store: Store, organisation: str, series: str) -> tuple[AlertTelling, ...]:
    """Every alert of that report, in the order in which they were planned."""
    ours = and_(outbox.c.organisation == organisation, outbox.c.series == series, outbox.c.channel == ALERT)
    facts: dict[int, list[AlertFact]] = defaultdict(list)
    told = select(*(alert_facts.c[name] for name in ("outbox_number", *AlertFact._fields)))
    told = told.join(outbox, outbox.c.number == alert_facts.c.outbox_number).where(ours).order_by(alert_facts.c.number)
    with store.begin() as connection:
        for number, *fact in connection.execute(told):
            facts[number].append(AlertFact(*fact))
        mails = connection.execute(select(*_MAIL).where(ours).order_by(outbox.c.number)).fetchall()
    return tuple(AlertTelling(facts=tuple(facts[mail.number]), **mail._mapping) for mail in mails)


def note_facts(connection: Connection, number: int, facts: Iterable[AlertFact]) -> None:
    """Write down what the alert of that number tells."""
    rows = [fact._asdict() | {"outbox_number": number} for fact in facts]
    connection.execute(insert(alert_facts), rows)


def alerts_about(connection: Connection, person_id: str) -> list[dict[str, object]]:
    """Each alert that tells of that person, and of which outage."""
    names = ("number", "planned_at", "changed_at", "slug", "state")
    query = select(*(outbox.c[name] for name in names), alert_facts.c.outage_id)
    query = query.join(outbox, outbox.c.number == alert_facts.c.outbox_number)
    query = query.where(alert_facts.c.person_id == person_id).order_by(alert_facts.c.number)
    return [dict(row._mapping) for row in connection.execute(query)]


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
