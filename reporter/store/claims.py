"""Which mail is in whose hand: taken, handed over, settled, and found again after a crash.

Every step is one transaction that is kept only if the mail still stands as the step before left it. So two processes
cannot hand over the same mail, on one machine or on several.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pandas import Timedelta, Timestamp
from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from reporter.errors import DeliveryError, refused
from reporter.model.mail import AMBIGUOUS, CLAIMED, DEFERRED, HANDED_OVER, MAIL, PLANNED, SENT, Outcome
from reporter.store.audit import TOLD, note_event
from reporter.store.database import Store
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import note
from reporter.store.tables import outbox, outbox_attempts

LEASE = Timedelta(minutes=30)
"""Longer than all phases before the last step may take together, and longer than the last step."""


@dataclass(frozen=True)
class Claim:
    """A mail in hand, with all that sending it needs."""

    number: int
    worker: str
    attempt: int
    slug: str
    period: str
    address: str
    message_id: str
    first_tried_at: Timestamp
    content_sha256: str
    content: bytes
    channel: str = MAIL


def claim(store: Store, worker: str, now: Timestamp, *, organisation: str = "", series: str = "") -> Claim | None:
    """Take the next mail that is due, of that report or of any; None when there is none.

    NOTE: a claim whose lease is over is taken too: its holder never handed it over, and no longer can.
    """
    at = instant_text(now)
    due = or_(
        outbox.c.state == PLANNED,
        and_(outbox.c.state == DEFERRED, outbox.c.next_at <= at),
        and_(outbox.c.state == CLAIMED, outbox.c.lease_until < at),
    )
    ours = [outbox.c[name] == value for name, value in (("organisation", organisation), ("series", series)) if value]
    query = select(outbox.c.number, outbox.c.first_tried_at).where(due, *ours).order_by(outbox.c.number).limit(1)
    with store.begin() as connection:
        next_one = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
        return None if next_one is None else _take(connection, next_one, worker, now)


def hand_over(store: Store, claim: Claim, now: Timestamp) -> None:
    """Write down that the irreversible step comes next; once this returns it is on the disk.

    Raises: DeliveryError - somebody else has the mail by now; the step must not be taken.
    """
    values = {"state": HANDED_OVER, "changed_at": instant_text(now), "lease_until": instant_text(now + LEASE)}
    with store.begin() as connection:
        done = connection.execute(update(outbox).where(_held(claim), outbox.c.state == CLAIMED).values(values))
    if done.rowcount != 1:
        raise refused(DeliveryError, "mail_taken_over", where=claim.slug)


def settle_claim(
    store: Store,
    claim: Claim,
    outcome: Outcome,
    now: Timestamp,
    *,
    state: str,
    next_at: Timestamp | None = None,
    beside: Callable[[Connection], None] | None = None,
) -> bool:
    """Write down what came of the attempt; False when the mail is no longer this process's to settle.

    An answer that comes after others took the mail for ambiguous still counts: it is the truth.

    Takes: beside - what else is written in the same transaction, when it is.
    """
    values = {
        "state": state,
        "why": outcome.why,
        "changed_at": instant_text(now),
        "next_at": "" if next_at is None else instant_text(next_at),
    }
    mine = _held(claim) & outbox.c.state.in_((CLAIMED, HANDED_OVER, AMBIGUOUS))
    with store.begin() as connection:
        done = connection.execute(update(outbox).where(mine).values(values))
        note(connection, claim.number, claim.attempt, outcome.state, now, why=outcome.why, outcome=outcome)
        if outcome.state in (SENT, AMBIGUOUS):
            told = {"mail": claim.number, "period": claim.period, "state": outcome.state}
            note_event(connection, TOLD, claim.slug, told | {"message_sha256": claim.content_sha256}, now)
        if beside is not None and done.rowcount == 1:
            beside(connection)
    return done.rowcount == 1


def release(store: Store, claim: Claim, now: Timestamp) -> None:
    """Put a mail back that was not handed over."""
    values = {"state": PLANNED, "changed_at": instant_text(now), "lease_until": ""}
    with store.begin() as connection:
        connection.execute(update(outbox).where(_held(claim), outbox.c.state == CLAIMED).values(values))


def recover(store: Store, now: Timestamp, is_gone: Callable[[str], bool]) -> tuple[int, ...]:
    """Find the mails of processes that died: those only claimed are planned again, those handed over are ambiguous.

    Takes:   is_gone - whether that process is known to have ended; else its lease tells.
    Returns: the numbers of the mails that are ambiguous now.
    """
    query = select(outbox).where(outbox.c.state.in_((CLAIMED, HANDED_OVER))).order_by(outbox.c.number)
    columns = [outbox.c[name] for name in ("number", "state", "attempts", "claimed_by", "lease_until")]
    with store.begin() as connection:
        rows = connection.execute(query.with_only_columns(*columns)).fetchall()
        gone = {worker: is_gone(worker) for worker in {row.claimed_by for row in rows}}
        left = [row for row in rows if gone[row.claimed_by] or row.lease_until < instant_text(now)]
        return tuple(row.number for row in left if _recover(connection, row, now) == AMBIGUOUS)


def was_tried(store: Store, number: int = 0, message_id: str = "", attempt: int = 0) -> bool:
    """Whether the store knows of that attempt with that mail; of none, it does."""
    query = select(outbox.c.attempts).where(outbox.c.number == number, outbox.c.message_id == message_id)
    with store.begin() as connection:
        return (connection.execute(query).scalar() or 0) >= attempt


def times_ambiguous(store: Store, number: int) -> int:
    """How often nobody could tell whether that mail arrived."""
    ours = (outbox_attempts.c.outbox_number == number) & (outbox_attempts.c.state == AMBIGUOUS)
    with store.begin() as connection:
        return connection.execute(select(func.count()).select_from(outbox_attempts).where(ours)).scalar_one()


def postpone(store: Store, number: int, now: Timestamp, next_at: Timestamp) -> None:
    """Have an ambiguous mail sent again, with the same id, because the office has said so."""
    values = {"state": DEFERRED, "why": "resent", "changed_at": instant_text(now), "next_at": instant_text(next_at)}
    with store.begin() as connection:
        ours = (outbox.c.number == number) & (outbox.c.state == AMBIGUOUS)
        row = connection.execute(update(outbox).where(ours).values(values).returning(outbox.c.attempts)).one_or_none()
        if row is not None:
            note(connection, number, row.attempts, DEFERRED, now, why="resent")


def _take(connection: Connection, found: Row[Any, Any], worker: str, now: Timestamp) -> Claim:
    first = found.first_tried_at or instant_text(now)
    values = {
        "state": CLAIMED,
        "claimed_by": worker,
        "lease_until": instant_text(now + LEASE),
        "changed_at": instant_text(now),
        "first_tried_at": first,
        "attempts": outbox.c.attempts + 1,
    }
    names = ("number", "attempts", "slug", "period", "address", "message_id", "content_sha256", "content", "channel")
    taken = update(outbox).where(outbox.c.number == found.number).values(values)
    row = connection.execute(taken.returning(*(outbox.c[name] for name in names))).one()
    number, attempt, slug, period, address, message_id, content_sha256, content, channel = row
    return Claim(
        number=number,
        worker=worker,
        attempt=attempt,
        slug=slug,
        period=period,
        address=address,
        message_id=message_id,
        first_tried_at=Timestamp(first),
        content_sha256=content_sha256,
        content=bytes(content or b""),
        channel=channel,
    )


def _held(claim: Claim) -> ColumnElement[bool]:
    """The mail is still in the hand of this claim, and of no later one."""
    ours = (outbox.c.number == claim.number) & (outbox.c.claimed_by == claim.worker)
    return ours & (outbox.c.attempts == claim.attempt)


def _recover(connection: Connection, row: Row[Any], now: Timestamp) -> str:
    state, why = (PLANNED, "") if row.state == CLAIMED else (AMBIGUOUS, "died")
    values = {"state": state, "why": why, "changed_at": instant_text(now)}
    connection.execute(update(outbox).where(outbox.c.number == row.number).values(values))
    note(connection, row.number, row.attempts, state, now, why=why or "interrupted")
    return state
