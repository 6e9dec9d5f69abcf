"""Whose turn it is to run a report: one row a report, taken, kept alive and given back.

The row stays between runs: its last sign of life tells whether the clock has gone back or leapt since.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from typing import Any

from pandas import Timedelta, Timestamp
from sqlalchemy import Connection, insert, select, update

from reporter.store.database import Store
from reporter.store.ledger_rows import instant_text
from reporter.store.tables import run_leases

BEAT = Timedelta(minutes=10)
"""No step of a run goes longer without a sign of life."""
LEASE = 3 * BEAT


@dataclass(frozen=True)
class Lease:
    """One row, as the store has it: instants are its text, and an empty one is none."""

    name: str
    holder: str
    place: str
    boot: str
    since_at: str
    beat_at: str
    doubted_at: str = ""

    def is_over(self, now: Timestamp) -> bool:
        """Whether nobody holds it, or whoever did has given no sign of life for too long.

        NOTE: a sign of life from far ahead of this clock is no sign: one of the two clocks was wrong.
        """
        return not self.holder or abs(now - Timestamp(self.beat_at)) > LEASE


_LEASE = tuple(run_leases.c[field.name] for field in fields(Lease))


@contextmanager
def _turns(store: Store) -> Iterator[Connection]:
    """One transaction that keeps others from the leases; SQLite keeps them out by itself."""
    with store.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE run_leases IN EXCLUSIVE MODE")
        yield connection


def lease_of(store: Store, name: str) -> Lease | None:
    """The lease as it stands; None when that report was never run."""
    with store.begin() as connection:
        return _read(connection, name)


def take(store: Store, wanted: Lease, now: Timestamp, is_gone: Callable[[Lease], bool]) -> Lease | None:
    """Take the lease, and give back None; or, when somebody holds it, give back theirs and change nothing.

    Takes: is_gone - whether the holder of that lease is known to have ended; else its signs of life tell.
    """
    with _turns(store) as connection:
        there = _read(connection, wanted.name)
        if there is None:
            connection.execute(insert(run_leases).values(_values(wanted)))
            return None
        if not there.is_over(now) and not is_gone(there):
            return there
        connection.execute(update(run_leases).where(run_leases.c.name == wanted.name).values(_values(wanted)))
        return None


def beat(store: Store, lease: Lease, now: Timestamp) -> bool:
    """Give a sign of life; False when another has taken the lease over."""
    with store.begin() as connection:
        return holds(connection, lease, now)


def holds(connection: Connection, lease: Lease, now: Timestamp) -> bool:
    """Whether the lease is still this run's, asked in the transaction that depends on it."""
    done = connection.execute(update(run_leases).where(_held(lease)).values(beat_at=instant_text(now)))
    return done.rowcount == 1


def give_back(store: Store, lease: Lease, now: Timestamp) -> None:
    """Let the next one run."""
    with store.begin() as connection:
        connection.execute(update(run_leases).where(_held(lease)).values(holder="", beat_at=instant_text(now)))


def _read(connection: Connection, name: str) -> Lease | None:
    row = connection.execute(select(*_LEASE).where(run_leases.c.name == name)).one_or_none()
    return None if row is None else Lease(*row)


def _held(lease: Lease) -> Any:
    return (run_leases.c.name == lease.name) & (run_leases.c.holder == lease.holder)


def _values(lease: Lease) -> dict[str, str]:
    return dict(zip((field.name for field in fields(lease)), astuple(lease), strict=True))
