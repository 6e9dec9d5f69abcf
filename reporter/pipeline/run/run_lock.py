"""One run of a report at a time, on this machine and on others, and only by a clock that can be believed.

Two locks, because each knows what the other cannot. A lock of the system, beside the store, is let go when a process
dies, however it dies. A lease in the store holds between machines; there only its signs of life tell.
"""

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from msgspec import Struct
from msgspec.structs import astuple
from pandas import Timedelta, Timestamp
from sqlalchemy import Connection

from reporter.delivery.webhook import server_time
from reporter.errors import ClockError, LockedError, refused
from reporter.model.mail import ReportKey
from reporter.pipeline.run.refusals import NO_WAIVERS, Waivers
from reporter.pipeline.run.run_folder import put_file
from reporter.pipeline.send.deliver import boot, place
from reporter.settings import OwnerSettings, Settings
from reporter.store.database import Store, open_store
from reporter.store.ledger_rows import instant_text
from reporter.store.runs import Lease, beat, give_back, holds, lease_of, take

log = logging.getLogger(__name__)
Clock = Callable[[], Timestamp]
MARK = ".reporter-running-{name}.lock"
TOKEN = ".reporter-running-{name}.token"
BEHIND, AHEAD = Timedelta(hours=24), Timedelta(days=14)


class Turn(Struct, frozen=True):
    """The right to run, as long as the lease is held. Without a store that others share, nobody contests it."""

    store: Store | None = None
    lease: Lease | None = None
    clock: Clock | None = None

    def beat(self) -> None:
        """Give a sign of life. Raises: LockedError - another run took over meanwhile, say while this machine slept."""
        if self.store and self.lease and self.clock and not beat(self.store, self.lease, self.clock()):
            raise _taken_over()

    def check(self, connection: Connection) -> None:
        """The same within the transaction that writes: a run that lost its turn records nothing."""
        if self.lease and self.clock and not holds(connection, self.lease, self.clock()):
            raise _taken_over()

    def tick(self) -> Timestamp:
        """The clock's instant, and a sign of life."""
        assert self.clock is not None
        self.beat()
        return self.clock()


FREE = Turn()
"""The turn of a run that nobody can contest."""


def lease_name(report: ReportKey) -> str:
    """The report's name among the leases, which shows nothing of the office."""
    return hashlib.sha256("\n".join(astuple(report)).encode()).hexdigest()[:16]


@contextmanager
def take_turn(
    settings: Settings, clock: Clock | None, waivers: Waivers = NO_WAIVERS, *, is_unattended: bool = False
) -> Iterator[Turn]:
    """Take the report's turn, and give it back at the end; without a clock, or a store to share, it is free.

    Raises: LockedError - another run has it. ClockError - unattended, and the clock cannot be believed.
    """
    if clock is None or settings.store in ("sqlite://", "sqlite:///"):
        yield Turn(clock=clock)
        return
    with closing(open_store(settings.store_url)) as store:
        folder, name = store.folder(settings.home), lease_name(settings.report)
        with _system_lock(folder / MARK.format(name=name), store, name) as is_locked:
            _mind_the_clock(settings.owner, lease_of(store, name), clock(), is_unattended and not waivers.clock)
            token = folder / TOKEN.format(name=name)
            lease = _take(store, name, token, clock(), is_locked)
            try:
                yield Turn(store, lease, clock)
            finally:
                give_back(store, lease, clock())
                if is_locked:
                    token.unlink(missing_ok=True)


@contextmanager
def _system_lock(file: Path, store: Store, name: str) -> Iterator[bool]:
    """Whether the system's lock is held; not in a folder that cannot be written to, where the lease alone must do."""
    lock, is_locked = FileLock(file, mode=0o600), False
    try:
        lock.acquire(timeout=0)
        is_locked = True
    except Timeout:  # NOTE: it is an OSError too
        raise _locked(lease_of(store, name)) from None
    except OSError:
        log.warning("the folder of the store cannot be written to: only the store keeps a second run out")
    try:
        yield is_locked
    finally:
        lock.release()


def _take(store: Store, name: str, token: Path, now: Timestamp, is_locked: bool) -> Lease:
    """The lease, with its token in the folder whose lock is held.

    A holder is known to have ended when its lock is ours, and it was of this very folder: that is so of a store that
    lies in it, or when its token does, and the machine has not been started since. Two machines can have one name, one
    path and, as containers, one start; a token is copied only with the whole folder, and a copy is started anew.
    """
    wanted = Lease(name, uuid.uuid4().hex, place(token.parent), boot(), instant_text(now), instant_text(now))

    def is_gone(other: Lease) -> bool:
        if not is_locked or other.place != wanted.place:
            return False
        return not store.is_shared or (bool(other.boot) and other.boot == wanted.boot and _read(token) == other.holder)

    holder = take(store, wanted, now, is_gone)
    if holder is not None:
        raise _locked(holder)
    if is_locked:
        put_file(token, wanted.holder.encode())
    return wanted


def _read(token: Path) -> str:
    try:
        return token.read_text("utf-8")
    except OSError:
        return ""


def _mind_the_clock(owner: OwnerSettings, last: Lease | None, now: Timestamp, is_refused: bool) -> None:
    """Notice a clock that went back or leapt since the last run; a person at the desk is only told.

    A leap ahead is also what a machine looks like that was off for weeks. That the clock says the same an hour later
    proves nothing: it is believed when somebody else's clock bears it out.
    """
    if last is None:
        return
    ahead = now - Timestamp(last.beat_at)
    if -BEHIND <= ahead <= AHEAD:
        return
    way, seen = "ahead" if ahead > AHEAD else "behind", f"{last.beat_at[:16]}Z"
    log.warning("the clock is %d days %s, by the last run (%s)", abs(ahead).days, way, seen)
    if not is_refused or (ahead > AHEAD and has_witness(owner, now)):
        return
    raise refused(ClockError, f"stop_clock_{way}", where="clock", days=abs(ahead).days, last=seen)


def has_witness(owner: OwnerSettings, now: Timestamp) -> bool:
    """Whether the watching service's clock is near this one.

    NOTE: the time of a file proves nothing: this machine may have written it by the same wrong clock.
    """
    said = server_time(owner.ping_url, seconds=owner.ping_seconds) if owner.ping_url else None
    return said is not None and abs(Timestamp(said) - now) <= BEHIND


def _locked(holder: Lease | None) -> LockedError:
    if holder and holder.holder:
        return refused(LockedError, "stop_running_since", where="store", since=f"{holder.since_at[:16]}Z")
    return refused(LockedError, "stop_running", where="store")


def _taken_over() -> LockedError:
    return refused(LockedError, "stop_taken_over", where="store")
