"""What readers heard between two reports: of whom, of which outage, and with which mail of the outbox.

A row is written with its mail, in one transaction. It counts as told only while that mail has left, or may have.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, insert, select

from reporter.model.mail import ALERT, MAY_HAVE_LEFT
from reporter.store.database import Store
from reporter.store.tables import alert_facts, outbox


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
