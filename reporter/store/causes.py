"""What is not as it should be: what each week owes, and what its owner was told of what lasts.

A week owes a roster that could not be read, a reader whose digest could not be made. Every item stays owed until a
later try of the same week leaves it done, a named person excuses it, or the report of a later week is made, which says
itself what it lacks; if that week is taken back, it is owed again. The mails that wait stand in the outbox, and not
here too: but they go with a week that is taken back, and are doubted where the store was put back.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace
from pandas import Timestamp
from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select, update

from reporter.model.mail import AMBIGUOUS, CANCELLED, CLAIMED, FAILED, HELD, PLANNED, UNTOUCHED, ReportKey, WeekKey
from reporter.store.database import Store, lock_table
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import cancel, is_of_report, note
from reporter.store.tables import doubted_weeks, outbox, outbox_attempts, owner_notices, runs, week_debts

OWED, DONE, EXCUSED, OVERTAKEN = "owed", "done", "excused", "overtaken"


class Cause(Struct, frozen=True):
    """One thing that is not as it should be; `key` is the same as long as it is the same thing."""

    key: str
    code: int
    english: str
    french: str

    def told(self, language: str) -> str:
        """Why, in that language."""
        return self.french if language == "fr" and self.french else self.english


class KeptCause(Struct, frozen=True):
    """A cause as a row of the store has it, in whatever table."""

    number: int
    cause: str
    code: int
    english: str
    french: str

    @property
    def as_cause(self) -> Cause:
        """What it is."""
        return Cause(self.cause, self.code, self.english, self.french)


class Debt(KeptCause, frozen=True):
    """One item of a week as it stands. Instants are the store's text; an empty one is none."""

    period: str
    mark: str
    owed_at: str
    tried_at: str
    state: str
    settled_at: str
    who: str
    reason: str


_DEBT = tuple(week_debts.c[name] for name in Debt.__struct_fields__)


def book_debts(connection: Connection, week: WeekKey, causes: Sequence[Cause], mark: str, now: Timestamp) -> None:
    """Write down what a run of that week leaves open, in the transaction of the run's record.

    What the same week owed and is not among them is done; what an earlier week owed is overtaken. An item that a
    person excused stays excused.
    """
    at, left = instant_text(now), {cause.key: cause for cause in causes}
    for debt in _debts(connection, week.report):
        is_over = debt.period < week.period or (debt.period == week.period and debt.cause not in left)
        if debt.state == OWED and is_over:
            _settle(connection, debt.number, DONE if debt.period == week.period else OVERTAKEN, at)
    for cause in left.values():
        book_one(connection, week, cause, mark, now)


def undo_debts(connection: Connection, week: WeekKey, since: str, now: Timestamp) -> None:
    """A week is taken back: what it owed is owed no more, and what it had overtaken is owed again.

    Takes: since - when the week was first made, as the store writes instants.
    """
    for debt in _debts(connection, week.report):
        if debt.period == week.period and debt.state == OWED:
            _settle(connection, debt.number, OVERTAKEN, instant_text(now))
        elif debt.period < week.period and debt.state == OVERTAKEN and debt.settled_at >= since:
            _settle(connection, debt.number, OWED, "")


def debts_of(store: Store, report: ReportKey) -> tuple[Debt, ...]:
    """All that the report ever owed, with what became of it, in the order in which it came to owe it."""
    with store.begin() as connection:
        return _debts(connection, report)


def excuse_debt(connection: Connection, number: int, who: str, reason: str, now: Timestamp) -> None:
    """Somebody takes it upon themselves that this is not done."""
    _settle(connection, number, EXCUSED, instant_text(now), who=who, reason=reason)


def write_excused(connection: Connection, week: WeekKey, cause: Cause, who: str, reason: str, now: Timestamp) -> None:
    """The same for a mail, which is owed by the outbox: its excuse alone stands here."""
    book_one(connection, week, cause, "", now)
    ours = is_of_report(week_debts, week.report) & (week_debts.c.period == week.period)
    number = connection.execute(select(week_debts.c.number).where(ours, week_debts.c.cause == cause.key)).scalar_one()
    excuse_debt(connection, number, who, reason, now)


def book_one(connection: Connection, week: WeekKey, cause: Cause, mark: str, now: Timestamp) -> None:
    """Write one item down as owed, or as owed still; one that a person excused stays as it is."""
    at = instant_text(now)
    there = {(debt.period, debt.cause): debt for debt in _debts(connection, week.report)}
    known = there.get((week.period, cause.key))
    said = {"code": int(cause.code), "english": cause.english, "french": cause.french, "mark": mark, "tried_at": at}
    if known is None:
        key = asdict(week.report) | {"period": week.period, "cause": cause.key}
        blank = dict.fromkeys(("settled_at", "who", "reason"), "")
        connection.execute(insert(week_debts).values(key | said | blank | {"owed_at": at, "state": OWED}))
    elif known.state != EXCUSED:
        again = said | {"state": OWED, "settled_at": ""}
        connection.execute(update(week_debts).where(week_debts.c.number == known.number).values(again))


def _debts(connection: Connection, report: ReportKey) -> tuple[Debt, ...]:
    query = select(*_DEBT).where(is_of_report(week_debts, report)).order_by(week_debts.c.number)
    return tuple(Debt(*row) for row in connection.execute(query))


def _settle(connection: Connection, number: int, state: str, at: str, *, who: str = "", reason: str = "") -> None:
    values = {"state": state, "settled_at": at, "who": who, "reason": reason}
    connection.execute(update(week_debts).where(week_debts.c.number == number).values(values))


class OwnerNotice(KeptCause, frozen=True):
    """One cause as the owner was told of it. Instants are the store's text; an empty one is none."""

    is_stop: int
    began_at: str
    mailed_at: str
    quiet_until: str
    quiet_by: str
    posted_at: str

    def is_quiet(self, now: Timestamp) -> bool:
        """Whether somebody has acknowledged it for this long."""
        return instant_text(now) < self.quiet_until


_NOTICE = tuple(owner_notices.c[name] for name in OwnerNotice.__struct_fields__)


def standing_notices(store: Store, report: ReportKey) -> tuple[OwnerNotice, ...]:
    """The causes that last, as of the last look."""
    with store.begin() as connection:
        return _notices(connection, report)


def keep_notices(
    store: Store, report: ReportKey, causes: Iterable[Cause], stops: Collection[str], now: Timestamp
) -> tuple[tuple[OwnerNotice, ...], int]:
    """Begin a notice for each cause that has none, end those that are over; what stands now, and how many ended.

    Takes: stops - the keys of the causes that ended the look.
    """
    wanted, at = {cause.key: cause for cause in causes}, instant_text(now)
    with store.begin() as connection:
        there = {notice.cause: notice for notice in _notices(connection, report)}
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
            whose = asdict(report) | {"cause": key, "began_at": at}
            connection.execute(insert(owner_notices).values(whose | said | blank))
        return _notices(connection, report), len(over)


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


def _notices(connection: Connection, report: ReportKey) -> tuple[OwnerNotice, ...]:
    ours = is_of_report(owner_notices, report)
    query = select(*_NOTICE).where(ours, owner_notices.c.ended_at == "").order_by(owner_notices.c.number)
    return tuple(OwnerNotice(*row) for row in connection.execute(query))


def undo_week(store: Store, week: WeekKey, run_ids: Collection[str], at: Timestamp) -> int:
    """Take a whole week back that a wrong clock made: what waits is cancelled, and nothing of it stands in the way.

    What was sent stays sent. The runs of that week go too, or the true one would be taken for made; what it had
    overtaken, mails and debts of the weeks before, is owed again.

    Takes: run_ids - the runs as of that week: one whose mails were all known already left none.
    """
    ours = is_of_report(outbox, week.report)
    with store.begin() as connection:
        lock_table(connection, outbox)
        asked = select(outbox.c.number, outbox.c.planned_at, outbox.c.run_id)
        asked = asked.where(ours, outbox.c.period == week.period, outbox.c.undone_at == "")
        undone = connection.execute(asked).fetchall()
        if not undone:
            return 0
        numbers, since = [entry.number for entry in undone], min(entry.planned_at for entry in undone)
        cancel(connection, numbers, "undone", at)
        connection.execute(update(outbox).where(outbox.c.number.in_(numbers)).values(undone_at=instant_text(at)))
        connection.execute(delete(runs).where(runs.c.run_id.in_({*run_ids, *(entry.run_id for entry in undone)})))
        _bring_back(connection, ours & (outbox.c.period < week.period), since, at)
        undo_debts(connection, week, since, at)
    return len(undone)


def _bring_back(connection: Connection, earlier: ColumnElement[bool], since: str, at: Timestamp) -> None:
    """The mails that a later week superseded from that instant on wait again, as they did before: held if held."""
    taken = earlier & (outbox.c.state == CANCELLED) & (outbox.c.why == "superseded") & (outbox.c.changed_at >= since)
    taken &= func.length(outbox.c.content) > 0  # a purge empties what it lets go of
    for number in connection.execute(select(outbox.c.number).where(taken)).scalars().all():
        before = select(outbox_attempts.c.state).where(
            outbox_attempts.c.outbox_number == number, outbox_attempts.c.state != CANCELLED
        )
        last = connection.execute(before.order_by(outbox_attempts.c.number.desc())).scalars().first()
        state = HELD if last == HELD else PLANNED
        values = {"state": state, "why": "", "changed_at": instant_text(at)}
        connection.execute(update(outbox).where(outbox.c.number == number).values(values))
        note(connection, number, 0, state, at, why="undone")


def has_unsent(store: Store, week: WeekKey) -> bool:
    """Whether mails of this report, of that week or an earlier one, may still be sent by themselves or by a person."""
    return bool(store.row(_unsent(week)))


def _unsent(week: WeekKey) -> Select[Any]:
    """Number and attempts of each; one that was refused or given up may be sent as long as no later week was told."""
    ours = is_of_report(outbox, week.report) & (outbox.c.undone_at == "")
    newest = select(func.max(outbox.c.period)).where(ours).scalar_subquery()
    is_failed = outbox.c.state.in_(FAILED) & (outbox.c.period == newest) & (outbox.c.address != "")
    is_open = or_(outbox.c.state.in_((*UNTOUCHED, CLAIMED)), is_failed)
    return select(outbox.c.number, outbox.c.attempts).where(ours, outbox.c.period <= week.period, is_open)


def doubt_mails(connection: Connection, week: WeekKey, until: str, at: Timestamp) -> int:
    """A store was put back, and may not know whom it told: what it has unsent up to a week may have arrived.

    Nothing of it is sent before somebody has said of each what became of it; how many there are.

    Takes: week - this one; until - the last that may have been told. Both are noted, where this one may have been.
    """
    lock_table(connection, outbox)
    for period in {until, min(week.period, until)}:
        known = asdict(week.report) | {"period": period}
        if not _is_doubted(connection, replace(week, period=period)):
            connection.execute(insert(doubted_weeks).values(known))
    return _doubt(connection, _unsent(replace(week, period=until)), at)


def _is_doubted(connection: Connection, week: WeekKey) -> bool:
    here = is_of_report(doubted_weeks, week.report) & (doubted_weeks.c.period == week.period)
    return connection.execute(select(doubted_weeks).where(here)).first() is not None


def doubt_new(connection: Connection, week: WeekKey, run_id: str, at: Timestamp) -> int:
    """The same of the first mails that a later run of such a week plans, say once a roster can be read again."""
    if not _is_doubted(connection, week):
        return 0
    is_new = and_(outbox.c.run_id == run_id, outbox.c.period == week.period, outbox.c.edition == 0)
    return _doubt(connection, _unsent(week).where(is_new), at)


def _doubt(connection: Connection, query: Select[Any], at: Timestamp) -> int:
    values = {"state": AMBIGUOUS, "why": "store_back", "changed_at": instant_text(at), "next_at": "", "lease_until": ""}
    rows = connection.execute(query).fetchall()
    for number, attempts in rows:
        connection.execute(update(outbox).where(outbox.c.number == number).values(values))
        note(connection, number, attempts, AMBIGUOUS, at, why="store_back")
    return len(rows)
