"""The outbox: each mail with its bytes, written down before the first attempt, and in whose hand it is since.

What is planned, cancelled, listed, and decided by a person; then the claims.

A claim is a mail in hand: taken, handed over, settled, and found again after a crash. Every step is one transaction
that is kept only if the mail still stands as the step before left it. So two processes cannot hand over the same mail,
on one machine or on several.

Of an alert it is kept too which outages it told of whom.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import asdict
from pandas import Timedelta, Timestamp
from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, func, insert, or_, select, update

from reporter.errors import DeliveryError, refused
from reporter.model.mail import (
    ALERT,
    AMBIGUOUS,
    CANCELLED,
    CLAIMED,
    DEAD,
    DEFERRED,
    EVERY_REPORT,
    FAILED,
    HANDED_OVER,
    HELD,
    IN_HAND,
    MAIL,
    MAY_HAVE_LEFT,
    PLANNED,
    REFUSED,
    SENT,
    UNTOUCHED,
    Letter,
    Outcome,
    ReportKey,
    WeekKey,
)
from reporter.store.audit import TOLD, note_event
from reporter.store.database import Store
from reporter.store.ledger_rows import instant_text
from reporter.store.tables import alert_facts, outbox, outbox_attempts, runs

RETRIED = (PLANNED, DEFERRED, REFUSED, DEAD)
UNSETTLED = (*UNTOUCHED, *IN_HAND, *FAILED, AMBIGUOUS)
"""The states of a mail that its reader does not have, as far as anybody knows."""

LEASE = Timedelta(minutes=30)
"""Longer than all phases before the last step may take together, and longer than the last step."""


class OutboxEntry(Struct, frozen=True):
    """One mail as it stands, without its bytes. Instants are the store's text; an empty one is none."""

    number: int
    organisation: str
    series: str
    period: str
    recipient: str
    channel: str
    edition: int
    run_id: str
    slug: str
    state: str
    why: str
    planned_at: str
    changed_at: str
    attempts: int
    next_at: str
    substance_sha256: str
    message_id: str
    address: str
    size: int
    content_sha256: str
    lease_until: str
    undone_at: str = ""

    @property
    def report(self) -> ReportKey:
        """Whose mail it is."""
        return ReportKey(self.organisation, self.series)

    def is_due(self, now: str) -> bool:
        """Whether it may be sent at that instant, as the store writes it."""
        is_left = self.state == CLAIMED and self.lease_until < now
        return self.state == PLANNED or (self.state == DEFERRED and self.next_at <= now) or is_left


class Attempt(Struct, frozen=True):
    """One thing that happened to a mail."""

    outbox_number: int
    attempt: int
    at: str
    state: str
    why: str
    phase: str
    code: int
    enhanced: str
    said: str


_ENTRY = tuple(outbox.c[name] for name in OutboxEntry.__struct_fields__)
_ATTEMPT = tuple(outbox_attempts.c[name] for name in Attempt.__struct_fields__)


def unsettled_mails(connection: Connection, week: WeekKey) -> tuple[OutboxEntry, ...]:
    """The mails of this report that a plan must look at: of this week or a later one, or not yet sent."""
    ours = is_of_report(outbox, week.report)
    near = or_(outbox.c.period >= week.period, outbox.c.state.in_(UNTOUCHED))
    query = select(*_ENTRY).where(ours, near).order_by(outbox.c.period, outbox.c.edition, outbox.c.number)
    return tuple(OutboxEntry(*row) for row in connection.execute(query))


def add(
    connection: Connection,
    letter: Letter,
    edition: int,
    content_sha256: str,
    planned_at: Timestamp,
    *,
    is_held: bool = False,
) -> int:
    """Write one mail down, and give back its number; one that cannot be sent is refused at once, and says why."""
    at, state = instant_text(planned_at), REFUSED if letter.why else HELD if is_held else PLANNED
    values = {name: getattr(letter, name) for name in ("run_id", "slug", "message_id", "substance_sha256", "address")}
    key = asdict(letter.key.report) | {name: getattr(letter.key, name) for name in ("period", "recipient", "channel")}
    blank = dict.fromkeys(("first_tried_at", "next_at", "claimed_by", "lease_until"), "")
    row = key | values | blank | {
        "edition": edition, "state": state, "why": letter.why, "planned_at": at, "changed_at": at, "attempts": 0,
        "size": len(letter.content), "content_sha256": content_sha256, "content": letter.content,
    }  # fmt: skip
    number: int = connection.execute(insert(outbox).values(row).returning(outbox.c.number)).scalar_one()
    note(connection, number, 0, state, planned_at, why=letter.why)
    return number


def cancel(connection: Connection, numbers: Sequence[int], why: str, at: Timestamp) -> int:
    """Take back mails that nobody has in hand; how many there were."""
    taken = outbox.c.number.in_(numbers) & outbox.c.state.in_(UNTOUCHED)
    values = {"state": CANCELLED, "why": why, "next_at": "", "changed_at": instant_text(at)}
    done = connection.execute(update(outbox).where(taken).values(values).returning(outbox.c.number, outbox.c.attempts))
    rows = done.fetchall()
    for number, attempts in rows:
        note(connection, number, attempts, CANCELLED, at, why=why)
    return len(rows)


def note(
    connection: Connection,
    number: int,
    attempt: int,
    state: str,
    at: Timestamp,
    *,
    why: str = "",
    outcome: Outcome | None = None,
) -> None:
    """Write down what happened to a mail; what is written stays."""
    answer = outcome or Outcome("refused")
    said = {name: getattr(answer, name) for name in ("phase", "code", "enhanced", "said")}
    row = {"outbox_number": number, "attempt": attempt, "at": instant_text(at), "state": state, "why": why}
    connection.execute(insert(outbox_attempts).values(row | said))


def entries(
    store: Store,
    *,
    state: str | None = None,
    states: Collection[str] = (),
    report: ReportKey = EVERY_REPORT,
    period: str = "",
) -> tuple[OutboxEntry, ...]:
    """Every mail, in the order in which they were planned.

    Takes: state, states - only those in it, or in one of them; report, period - only those of that report and week.
    NOTE: a store of two years holds tens of thousands. Whoever needs a few asks for those few.
    """
    wanted, asked = asdict(report) | {"period": period}, states or (state and (state,))
    query = select(*_ENTRY).order_by(outbox.c.number)
    if asked:
        query = query.where(outbox.c.state.in_(asked), *of_report(report))
        wanted = {"period": period}
    query = query.where(*(outbox.c[name] == value for name, value in wanted.items() if value))
    return tuple(OutboxEntry(*row) for row in store.rows(query))


def is_of_report(table: Table, report: ReportKey) -> ColumnElement[bool]:
    """That a row is of that one report."""
    return (table.c.organisation == report.organisation) & (table.c.series == report.series)


def of_report(report: ReportKey) -> list[ColumnElement[bool]]:
    """That a mail is of that report, asked so that the database looks the few states up, and not all of the report.

    NOTE: without the empty text SQLite takes the index of the report, and goes through every mail that it ever had.
    """
    return [outbox.c[name].concat("") == value for name, value in asdict(report).items() if value]


def late_mails(store: Store, report: ReportKey = EVERY_REPORT) -> tuple[OutboxEntry, ...]:
    """The mails whose readers did not get theirs: the last of each reader, where it was not sent.

    One that was refused, or given up, counts as long as its report has told nobody of a later week; one that may have
    arrived counts until somebody says whether it did.
    """
    other = outbox.alias("other")
    same = [other.c[name] == outbox.c[name] for name in ("organisation", "series")]
    is_later_week = and_(*same, other.c.period > outbox.c.period, other.c.undone_at == "")
    theirs = [other.c[name] == outbox.c[name] for name in ("channel", "recipient")]
    is_next = and_(*same, *theirs, other.c.period == outbox.c.period, other.c.edition > outbox.c.edition)
    is_last = ~exists().where(is_later_week, *theirs) & ~exists().where(is_next, other.c.undone_at == "")
    is_given_up = outbox.c.state.in_(FAILED) & exists().where(is_later_week)
    is_late = or_(outbox.c.state == AMBIGUOUS, is_last & ~is_given_up)
    query = select(*_ENTRY).where(outbox.c.state.in_(UNSETTLED), outbox.c.undone_at == "", is_late)
    query = query.where(*of_report(report)).order_by(outbox.c.number)
    return tuple(OutboxEntry(*row) for row in store.rows(query))


def last_sent(store: Store, report: ReportKey, before: Timestamp) -> dict[str, OutboxEntry]:
    """The last mail that each reader was sent of the runs as of an earlier instant, by `recipient_id`."""
    earlier = select(runs.c.run_id).where(runs.c.series == report.series, runs.c.as_of < instant_text(before))
    newest = func.row_number().over(
        partition_by=outbox.c.recipient, order_by=(outbox.c.period.desc(), outbox.c.edition.desc())
    )
    ours = is_of_report(outbox, report) & (outbox.c.channel == MAIL)
    sent = select(*_ENTRY, newest.label("place")).where(ours, outbox.c.state == SENT, outbox.c.run_id.in_(earlier))
    each = sent.subquery()
    query = select(*(each.c[name] for name in OutboxEntry.__struct_fields__)).where(each.c.place == 1)
    found = [OutboxEntry(*row) for row in store.rows(query.order_by(each.c.period, each.c.edition))]
    return {mail.recipient: mail for mail in found}


def later_period(store: Store, period: str) -> str:
    """The newest week after that one of which any mail of the store tells; empty for none."""
    query = select(func.max(outbox.c.period)).where(outbox.c.period > period, outbox.c.undone_at == "")
    return store.scalar(query) or ""


def count_mails(
    store: Store, report: ReportKey, *, states: Collection[str] = (), since: Timestamp | None = None
) -> dict[str, int]:
    """How many mails of that report are in each state. Takes: since - only what came to be so from that instant on."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    if states:
        query = query.where(outbox.c.state.in_(states), *of_report(report))
    else:
        query = query.where(is_of_report(outbox, report))
    if since is not None:
        query = query.where(outbox.c.changed_at >= instant_text(since))
    return {row[0]: row[1] for row in store.rows(query)}


def one(connection: Connection, number: int) -> OutboxEntry:
    """The mail of that number."""
    return OutboxEntry(*connection.execute(select(*_ENTRY).where(outbox.c.number == number)).one())


def recipients_written_to(store: Store, message_ids: Collection[str]) -> frozenset[str]:
    """The slugs of those whom a mail of one of these ids went to."""
    query = select(outbox.c.slug).where(outbox.c.message_id.in_(message_ids), outbox.c.state == SENT)
    return frozenset(store.scalars(query))


def last_planned(connection: Connection, report: ReportKey) -> dict[str, str]:
    """When the latest report to each recipient was planned, of those that were not taken back, refused or given up."""
    ours = is_of_report(outbox, report) & (outbox.c.channel == MAIL)
    is_live = outbox.c.state.not_in((CANCELLED, *FAILED)) & (outbox.c.undone_at == "")
    query = select(outbox.c.recipient, func.max(outbox.c.planned_at)).where(ours, is_live)
    return {row[0]: row[1] for row in connection.execute(query.group_by(outbox.c.recipient))}


def state_of_mail(connection: Connection, number: int) -> str:
    """In which state the mail of that number is."""
    state: str = connection.execute(select(outbox.c.state).where(outbox.c.number == number)).scalar_one()
    return state


def sibling_mail(connection: Connection, entry: OutboxEntry, channel: str) -> OutboxEntry | None:
    """The newest mail of the same report and week to the same reader by another channel."""
    there = unsettled_mails(connection, entry.report.in_week(entry.period))
    same = (entry.period, entry.recipient, channel)
    return next((e for e in reversed(there) if (e.period, e.recipient, e.channel) == same), None)


def sent_with_content(store: Store) -> tuple[OutboxEntry, ...]:
    """The mails that were sent and whose bytes are still here."""
    query = select(*_ENTRY).where(outbox.c.state == SENT, outbox.c.content.is_not(None)).order_by(outbox.c.number)
    return tuple(OutboxEntry(*row) for row in store.rows(query))


def empty_mails(store: Store, numbers: Sequence[int]) -> None:
    """Let go of the bytes of mails that were sent; what is known of them stays."""
    with store.begin() as connection:
        for lot in batched(numbers, 500):
            sent = outbox.c.number.in_(lot) & (outbox.c.state == SENT)
            connection.execute(update(outbox).where(sent).values(content=None))


def batched(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The same, so many at a time: a database takes only so many values in one question."""
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def content(store: Store, number: int) -> bytes:
    """The bytes of one mail; none where they were let go of: `mail_bytes` knows where else they may be."""
    return bytes(store.scalar(select(outbox.c.content).where(outbox.c.number == number)) or b"")


def attempts(store: Store, number: int) -> tuple[Attempt, ...]:
    """All that happened to one mail, in order."""
    query = select(*_ATTEMPT).where(outbox_attempts.c.outbox_number == number).order_by(outbox_attempts.c.number)
    return tuple(Attempt(*row) for row in store.rows(query))


def retry(store: Store, number: int, at: Timestamp) -> None:
    """Have a mail tried again at once, its patience counted anew.

    Raises: DeliveryError - there is no such mail, or it may have arrived already, or another took its place.
    """
    _decide(store, number, at, PLANNED, RETRIED, "retried")


def release_mail(store: Store, number: int, at: Timestamp) -> None:
    """Have a mail sent that was held for review. Raises: DeliveryError - there is no such mail, or it is not held."""
    _decide(store, number, at, PLANNED, (HELD,), "released")


def resolve_mail(store: Store, number: int, at: Timestamp, *, arrived: bool) -> None:
    """Settle an ambiguous mail as a person has found out: it arrived, or it did not and is sent again.

    Raises: DeliveryError - there is no such mail, or nobody doubts what became of it.
    """
    _decide(store, number, at, SENT if arrived else PLANNED, (AMBIGUOUS,), "arrived" if arrived else "not_arrived")


def _decide(store: Store, number: int, at: Timestamp, state: str, allowed: tuple[str, ...], why: str) -> None:
    values = {"state": state, "why": "", "changed_at": instant_text(at), "next_at": "", "first_tried_at": ""}
    with store.begin() as connection:
        names = ("state", "address", "attempts", "slug", "period", "content_sha256")
        query = select(*(outbox.c[name] for name in names)).where(outbox.c.number == number)
        row = connection.execute(query.with_for_update()).one_or_none()
        if row is None:
            raise refused(DeliveryError, "mail_unknown", where=f"mail {number}")
        if row.state not in allowed:
            raise refused(
                DeliveryError, "mail_state", where=f"mail {number}", state=row.state, names=", ".join(allowed)
            )
        if state == PLANNED and not row.address:
            raise refused(DeliveryError, "mail_no_address", where=f"mail {number}")
        connection.execute(update(outbox).where(outbox.c.number == number).values(values))
        note(connection, number, row.attempts, state, at, why=why)
        if state == SENT:
            told = {"mail": number, "period": row.period, "state": state, "message_sha256": row.content_sha256}
            note_event(connection, TOLD, row.slug, told, at)


AGREED = "agreed"


def waiting(store: Store, report: ReportKey = EVERY_REPORT) -> tuple[tuple[int, str, bool], ...]:
    """Each mail that may be sent sooner or later: its number, its recipient, and whether it was agreed to.

    Takes: report - only its mails; of any, where its key is empty.
    """
    is_agreed = exists().where(outbox_attempts.c.outbox_number == outbox.c.number, outbox_attempts.c.why == AGREED)
    query = select(outbox.c.number, outbox.c.recipient, is_agreed)
    is_open = outbox.c.state.in_((*UNTOUCHED, CLAIMED))
    untouched = query.where(is_open, *of_report(report)).order_by(outbox.c.number)
    rows = store.rows(untouched)
    return tuple((number, recipient, bool(is_agreed)) for number, recipient, is_agreed in rows)


def known_recipients(store: Store) -> frozenset[str]:
    """Whoever was sent a mail before, or had one agreed to."""
    joined = outbox_attempts.join(outbox, outbox.c.number == outbox_attempts.c.outbox_number)
    is_known = (outbox_attempts.c.state == SENT) | (outbox_attempts.c.why == AGREED)
    query = select(outbox.c.recipient).select_from(joined).where(is_known).distinct()
    return frozenset(store.scalars(query))


def agree(store: Store, numbers: Collection[int], at: Timestamp) -> None:
    """Write down that a person agreed to these mails; what is written stays."""
    query = select(outbox.c.number, outbox.c.attempts, outbox.c.state).where(outbox.c.number.in_(numbers))
    with store.begin() as connection:
        for row in connection.execute(query).fetchall():
            note(connection, row.number, row.attempts, row.state, at, why=AGREED)


class Claim(Struct, frozen=True):
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


def claim(store: Store, worker: str, now: Timestamp, report: ReportKey = EVERY_REPORT) -> Claim | None:
    """Take the next mail that is due, of that report or of any; None when there is none.

    NOTE: a claim whose lease is over is taken too: its holder never handed it over, and no longer can.
    """
    at = instant_text(now)
    due = or_(
        outbox.c.state == PLANNED,
        and_(outbox.c.state == DEFERRED, outbox.c.next_at <= at),
        and_(outbox.c.state == CLAIMED, outbox.c.lease_until < at),
    )
    query = select(outbox.c.number, outbox.c.first_tried_at).where(due, *of_report(report))
    query = query.order_by(outbox.c.number).limit(1)
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
    return (store.scalar(query) or 0) >= attempt


def times_ambiguous(store: Store, number: int) -> int:
    """How often nobody could tell whether that mail arrived."""
    ours = (outbox_attempts.c.outbox_number == number) & (outbox_attempts.c.state == AMBIGUOUS)
    return int(store.scalar(select(func.count()).select_from(outbox_attempts).where(ours)))


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


class AlertFact(NamedTuple):
    """One person beside one outage; `fact` is a digest of what is told of the outage, empty where it is taken back."""

    person_id: str
    outage_id: str
    fact: str


class AlertTelling(Struct, frozen=True):
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


_ALERT = tuple(outbox.c[name] for name in ("number", "recipient", "slug", "period", "edition", "state", "planned_at"))


def alerts_of(store: Store, report: ReportKey) -> tuple[AlertTelling, ...]:
    """Every alert of that report, in the order in which they were planned."""
    ours = is_of_report(outbox, report) & (outbox.c.channel == ALERT)
    facts: dict[int, list[AlertFact]] = defaultdict(list)
    told = select(*(alert_facts.c[name] for name in ("outbox_number", *AlertFact._fields)))
    told = told.join(outbox, outbox.c.number == alert_facts.c.outbox_number).where(ours).order_by(alert_facts.c.number)
    with store.begin() as connection:
        for number, *fact in connection.execute(told):
            facts[number].append(AlertFact(*fact))
        mails = connection.execute(select(*_ALERT).where(ours).order_by(outbox.c.number)).fetchall()
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
