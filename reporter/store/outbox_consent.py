"""To whom a person has agreed that mail goes: whoever was sent one before, or was agreed to by name of the mail."""

from collections.abc import Collection

from pandas import Timestamp
from sqlalchemy import select

from reporter.model.mail import CLAIMED, SENT, UNTOUCHED
from reporter.store.database import Store
from reporter.store.outbox import note
from reporter.store.tables import outbox, outbox_attempts

AGREED = "agreed"


def waiting(store: Store, *, organisation: str = "", series: str = "") -> tuple[tuple[int, str, bool], ...]:
    """Each mail that may be sent sooner or later: its number, its recipient, and whether it was agreed to.

    Takes: organisation, series - only the mails of that report; of any, where they are empty.
    """
    agreed = select(outbox_attempts.c.outbox_number).where(outbox_attempts.c.why == AGREED)
    query = select(outbox.c.number, outbox.c.recipient, outbox.c.number.in_(agreed))
    ours = [outbox.c[name] == value for name, value in (("organisation", organisation), ("series", series)) if value]
    untouched = query.where(outbox.c.state.in_((*UNTOUCHED, CLAIMED)), *ours).order_by(outbox.c.number)
    with store.begin() as connection:
        rows = connection.execute(untouched).fetchall()
    return tuple((number, recipient, bool(is_agreed)) for number, recipient, is_agreed in rows)


def known_recipients(store: Store) -> frozenset[str]:
    """Whoever was sent a mail before, or had one agreed to."""
    joined = outbox_attempts.join(outbox, outbox.c.number == outbox_attempts.c.outbox_number)
    is_known = (outbox_attempts.c.state == SENT) | (outbox_attempts.c.why == AGREED)
    query = select(outbox.c.recipient).select_from(joined).where(is_known).distinct()
    with store.begin() as connection:
        return frozenset(connection.execute(query).scalars())


def agree(store: Store, numbers: Collection[int], at: Timestamp) -> None:
    """Write down that a person agreed to these mails; what is written stays."""
    query = select(outbox.c.number, outbox.c.attempts, outbox.c.state).where(outbox.c.number.in_(numbers))
    with store.begin() as connection:
        for row in connection.execute(query).fetchall():
            note(connection, row.number, row.attempts, row.state, at, why=AGREED)
