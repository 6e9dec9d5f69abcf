"""Two machines with a folder each and one PostgreSQL between them: one makes the week, each mailbox has one mail."""

import select
import threading
import uuid
from collections import Counter

import pytest
from machines import Machine, office
from mail_server import MailServer
from sqlalchemy import create_engine

from reporter.errors import Exit
from reporter.store.database import open_store
from reporter.store.outbox import entries

pytestmark = pytest.mark.enable_socket
PEOPLE = [
    (f"{n:02}", f"Ana Invented{n}", unit, f"{unit.lower()}@example.org", "Ontario", "Work permit", "2026-09-18")
    for n, unit in enumerate(("Lab", "Ops", "Far"), start=1)
]
NOON, LATER = "2026-09-09T12:00:00+00:00", "2026-09-09T12:31:00+00:00"


class HeldServer(MailServer):
    """A mail server that stands still before the answer to one step, until it is let go on."""

    def __init__(self, step, which=1):
        super().__init__()
        self.step, self.which, self.times = step, which, 0
        self.reached, self.go_on = threading.Event(), threading.Event()

    async def at(self, step, session):
        if step == self.step:
            self.times += 1
            if self.times == self.which:
                self.reached.set()
                await self.loop.run_in_executor(None, self.go_on.wait, 60)
        return await super().at(step, session)


@pytest.fixture
def shared(postgres):
    """The address of an empty database on the server."""
    name = f"t{uuid.uuid4().hex[:12]}"
    engine = create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    url = postgres.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
    open_store(url).close()  # made beforehand, as an office would: the tables are not what they race for
    return url


def two(tmp_path, server, url):
    """The folders of the same office on two machines."""
    return [office(tmp_path / name, server.port, PEOPLE, store=url) for name in ("one", "two")]


def taken(server):
    """How many mails each mailbox has."""
    return Counter(to for _, (to,), _ in server.mails)


ONE_EACH = Counter({f"{unit}@example.org": 1 for unit in ("lab", "ops", "far", "desk")})


def states(url):
    store = open_store(url)
    try:
        return Counter(entry.state for entry in entries(store))
    finally:
        store.close()


def first_to_end(jobs):
    """Those of the jobs that end first, and the others."""
    ended, _, _ = select.select([job.answers for job in jobs], [], [], 120)
    return [job for job in jobs if job.answers in ended], [job for job in jobs if job.answers not in ended]


def test_of_two_runs_at_once_one_makes_the_week(tmp_path, shared):
    """No lock of the system lies between them: the lease in the database keeps the second out, with exit code 8."""
    with HeldServer("ehlo") as server, Machine() as first, Machine() as second:
        one, two_ = two(tmp_path, server, shared)
        jobs = [first.start(one, NOON, "run"), second.start(two_, NOON, "run")]
        refused, at_work = first_to_end(jobs)
        codes = [job.wait() for job in refused]
        server.go_on.set()
        done = [job.wait() for job in at_work]

    assert ([Exit.LOCKED], [Exit.DONE]) == (codes, done), [job.said() for job in jobs]
    assert ONE_EACH == taken(server)


def test_a_twin_of_one_name_and_path_never_takes_what_the_other_has_in_hand(tmp_path, shared):
    """While the first mail waits for its answer, the twin's look is refused and its `deliver` sends nothing of it.

    Of an office that has sent again what may have arrived: the harder one.
    """
    with HeldServer("taken") as server, Machine(is_twin=True) as first, Machine(is_twin=True) as second:
        folders = [tmp_path / "one", tmp_path / "two"]
        one, two_ = (office(at, server.port, PEOPLE, store=shared, ambiguous="resend") for at in folders)
        at_work = first.start(one, NOON, "run")
        assert server.reached.wait(60)
        refused = second.start(two_, NOON, "weekly", "--once").wait()
        sent_beside = second.start(two_, NOON, "deliver", "--yes")
        sent_beside.wait()
        server.go_on.set()
        done = at_work.wait()
        later = second.start(two_, LATER, "weekly", "--once").wait()

    assert (Exit.LOCKED, Exit.DONE, Exit.DONE) == (refused, done, later), (at_work.said(), sent_beside.said())
    assert ONE_EACH == taken(server)


@pytest.mark.slow
def test_what_a_killed_machine_left_is_finished_by_the_other(tmp_path, shared):
    """Killed half-way, its turn is kept for half an hour; then the other machine tells those who had nothing."""
    with HeldServer("rcpt", which=2) as server, Machine() as first, Machine() as second:
        one, two_ = two(tmp_path, server, shared)
        job = first.start(one, NOON, "weekly", "--once")
        assert server.reached.wait(60)
        assert job.kill()
        server.go_on.set()
        early = second.start(two_, NOON, "weekly", "--once").wait()
        before = taken(server)
        late = second.start(two_, LATER, "weekly", "--once")
        late.wait()

    assert (Exit.LOCKED, 1) == (early, before.total())
    assert Exit.DONE == late.code, late.said()
    assert ONE_EACH == taken(server)
    assert Counter({"sent": 4}) == states(shared)


@pytest.mark.slow
def test_what_was_in_doubt_on_a_killed_machine_is_held_by_the_other(tmp_path, shared):
    """Killed between the last dot and the answer, nobody can tell: the other machine says so and sends the rest."""
    with HeldServer("taken") as server, Machine() as first, Machine() as second:
        one, two_ = two(tmp_path, server, shared)
        job = first.start(one, NOON, "run")
        assert server.reached.wait(60)
        assert job.kill()
        server.go_on.set()
        late = second.start(two_, LATER, "run")
        late.wait()

    assert Exit.NOT_DELIVERED == late.code
    assert "may have arrived" in late.said()
    assert ONE_EACH == taken(server)
    assert Counter({"sent": 3, "ambiguous": 1}) == states(shared)


@pytest.mark.slow
def test_two_machines_that_deliver_at_once_share_the_mails(tmp_path, shared):
    """While one has a mail in hand, the other sends those that are left, and no more."""
    with HeldServer("rcpt") as server, Machine() as first, Machine() as second:
        one, two_ = two(tmp_path, server, shared)
        planned = first.start(one, NOON, "run", "--no-deliver").wait()
        slow = first.start(one, NOON, "deliver", "--release", "all", "--yes")
        assert server.reached.wait(60)
        fast = second.start(two_, NOON, "deliver", "--yes").wait()
        between = taken(server)
        server.go_on.set()
        codes = [planned, fast, slow.wait()]

    assert [Exit.DONE, Exit.NOT_DELIVERED, Exit.DONE] == codes
    assert 3 == between.total()
    assert ONE_EACH == taken(server)
    assert Counter({"sent": 4}) == states(shared)
