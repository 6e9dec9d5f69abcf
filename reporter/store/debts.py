"""What each week owes: a roster that could not be read, a reader whose digest could not be made.

Every item stays owed until a later try of the same week leaves it done, a named person excuses it, or the report of a
later week is made, which says itself what it lacks; if that week is taken back, it is owed again. The mails that wait
stand in the outbox, and not here too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from pandas import Timestamp
from sqlalchemy import Connection, and_, insert, select, update

from reporter.store.database import Store
from reporter.store.ledger_rows import instant_text
from reporter.store.tables import week_debts

OWED, DONE, EXCUSED, OVERTAKEN = "owed", "done", "excused", "overtaken"


@dataclass(frozen=True)
class WeekKey:
    """One report of one week."""

    organisation: str
    series: str
    period: str


@dataclass(frozen=True)
class Cause:
    """One thing that is not as it should be; `key` is the same as long as it is the same thing."""

    key: str
    code: int
    english: str
    french: str

    def told(self, language: str) -> str:
        """Why, in that language."""
        return self.french if language == "fr" and self.french else self.english


@dataclass(frozen=True)
class Debt:
    """One item of a week as it stands. Instants are the store's text; an empty one is none."""

    number: int
    period: str
    cause: str
    code: int
    english: str
    french: str
    mark: str
    owed_at: str
    tried_at: str
    state: str
    settled_at: str
    who: str
    reason: str

    @property
    def as_cause(self) -> Cause:
        """What it is."""
        return Cause(self.cause, self.code, self.english, self.french)


_DEBT = tuple(week_debts.c[field.name] for field in fields(Debt))


def book_debts(connection: Connection, week: WeekKey, causes: Sequence[Cause], mark: str, now: Timestamp) -> None:
    """Write down what a run of that week leaves open, in the transaction of the run's record.

    What the same week owed and is not among them is done; what an earlier week owed is overtaken. An item that a
    person excused stays excused.
    """
    at = instant_text(now)
    for debt in _debts(connection, week.organisation, week.series):
        is_over = debt.period < week.period or (debt.period == week.period and _is_gone(debt.cause, causes))
        if debt.state == OWED and is_over:
            _settle(connection, debt.number, DONE if debt.period == week.period else OVERTAKEN, at)
    for cause in {one.key: one for one in causes}.values():
        book_one(connection, week, cause, mark, now)


def undo_debts(connection: Connection, week: WeekKey, since: str, now: Timestamp) -> None:
    """A week is taken back: what it owed is owed no more, and what it had overtaken is owed again.

    Takes: since - when the week was first made, as the store writes instants.
    """
    for debt in _debts(connection, week.organisation, week.series):
        if debt.period == week.period and debt.state == OWED:
            _settle(connection, debt.number, OVERTAKEN, instant_text(now))
        elif debt.period < week.period and debt.state == OVERTAKEN and debt.settled_at >= since:
            _settle(connection, debt.number, OWED, "")


def open_debts(store: Store, organisation: str, series: str) -> tuple[Debt, ...]:
    """What that report still owes, in the order in which it came to owe it."""
    return tuple(debt for debt in debts_of(store, organisation, series) if debt.state == OWED)


def debts_of(store: Store, organisation: str, series: str) -> tuple[Debt, ...]:
    """All that the report ever owed, with what became of it."""
    with store.begin() as connection:
        return _debts(connection, organisation, series)


def excuse_debt(connection: Connection, number: int, who: str, reason: str, now: Timestamp) -> None:
    """Somebody takes it upon themselves that this is not done."""
    _settle(connection, number, EXCUSED, instant_text(now), who=who, reason=reason)


def write_excused(connection: Connection, week: WeekKey, cause: Cause, who: str, reason: str, now: Timestamp) -> None:
    """The same for a mail, which is owed by the outbox: its excuse alone stands here."""
    book_one(connection, week, cause, "", now)
    ours = and_(*(week_debts.c[name] == getattr(week, name) for name in ("organisation", "series", "period")))
    number = connection.execute(select(week_debts.c.number).where(ours, week_debts.c.cause == cause.key)).scalar_one()
    excuse_debt(connection, number, who, reason, now)


def book_one(connection: Connection, week: WeekKey, cause: Cause, mark: str, now: Timestamp) -> None:
    """Write one item down as owed, or as owed still; one that a person excused stays as it is."""
    at = instant_text(now)
    there = {(debt.period, debt.cause): debt for debt in _debts(connection, week.organisation, week.series)}
    known = there.get((week.period, cause.key))
    said = {"code": int(cause.code), "english": cause.english, "french": cause.french, "mark": mark, "tried_at": at}
    if known is None:
        key = {"organisation": week.organisation, "series": week.series, "period": week.period, "cause": cause.key}
        blank = dict.fromkeys(("settled_at", "who", "reason"), "")
        connection.execute(insert(week_debts).values(key | said | blank | {"owed_at": at, "state": OWED}))
    elif known.state != EXCUSED:
        again = said | {"state": OWED, "settled_at": ""}
        connection.execute(update(week_debts).where(week_debts.c.number == known.number).values(again))


def _debts(connection: Connection, organisation: str, series: str) -> tuple[Debt, ...]:
    ours = and_(week_debts.c.organisation == organisation, week_debts.c.series == series)
    query = select(*_DEBT).where(ours).order_by(week_debts.c.number)
    return tuple(Debt(*row) for row in connection.execute(query))


def _is_gone(cause: str, causes: Sequence[Cause]) -> bool:
    return cause not in {one.key for one in causes}


def _settle(connection: Connection, number: int, state: str, at: str, *, who: str = "", reason: str = "") -> None:
    values = {"state": state, "settled_at": at, "who": who, "reason": reason}
    connection.execute(update(week_debts).where(week_debts.c.number == number).values(values))
