"""One run of a report at a time, and only by a clock that can be believed."""

import os
import time
from contextlib import nullcontext

import msgspec
import pytest
from filelock import FileLock
from forked import fork
from made_runs import at, settings

from reporter.errors import ClockError, Exit, LockedError
from reporter.pipeline.run import run_lock
from reporter.pipeline.run.refusals import Waivers
from reporter.pipeline.run.run_lock import MARK, TOKEN, lease_name, take_turn
from reporter.settings import OwnerSettings
from reporter.store.database import Store, open_store
from reporter.store.runs import Lease, lease_of, take

NOON = at("2026-09-09T12:00:00Z")
SINCE = "2026-09-09T12:00:00.000000Z"


def office(folder):
    return settings(folder, [folder / "roster.csv"])


def clock(text):
    return lambda: at(text)


def test_a_second_run_is_refused(tmp_path):
    """While one run has the turn, another of the same report exits 8 and says since when."""
    with (
        take_turn(office(tmp_path), clock("2026-09-09T12:00:00Z")),
        pytest.raises(LockedError, match="since 2026-09-09T12:00Z") as refused,
        take_turn(office(tmp_path), clock("2026-09-09T12:05:00Z")),
    ):
        pass

    assert Exit.LOCKED == refused.value.exit_code


def test_another_report_is_not_held_up(tmp_path):
    """Reports on other rosters share the store and have a turn of their own."""
    noon, other = clock("2026-09-09T12:00:00Z"), settings(tmp_path, [tmp_path / "other.csv"])
    with take_turn(office(tmp_path), noon), take_turn(other, noon) as turn:
        assert SINCE == turn.lease.since_at


def test_the_system_lock_alone_refuses_a_second_run(tmp_path):
    """A run on this machine is seen although the store says nothing of it."""
    known = office(tmp_path)
    with (
        FileLock(tmp_path / MARK.format(name=lease_name(known.report))),
        pytest.raises(LockedError, match="at work; wait"),
        take_turn(known, clock("2026-09-09T12:00:00Z")),
    ):
        pass


def test_a_folder_that_cannot_be_written_to_leaves_the_lease(tmp_path, monkeypatch):
    """Where the system's lock cannot be had, the lease still keeps the second run out."""

    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(run_lock.FileLock, "acquire", refuse)
    known, noon = office(tmp_path), clock("2026-09-09T12:00:00Z")
    with take_turn(known, noon), pytest.raises(LockedError, match="since"), take_turn(known, noon):
        pass


def test_the_turn_of_a_killed_run_is_taken_over_at_once(tmp_path):
    """A run that was killed keeps nobody waiting on its own machine."""

    def hold():
        with take_turn(office(tmp_path), clock("2026-09-09T12:00:00Z")):
            os.write(1, b"mine\n")
            time.sleep(60)

    with fork(hold) as other:
        assert b"mine\n" == other.stdout.readline()
        with pytest.raises(LockedError), take_turn(office(tmp_path), clock("2026-09-09T12:01:00Z")):
            pass
    with take_turn(office(tmp_path), clock("2026-09-09T12:01:00Z")) as turn:
        assert "2026-09-09T12:01:00.000000Z" == turn.lease.since_at


@pytest.fixture
def twins(tmp_path, monkeypatch):
    """Two folders of one name and path, as two containers of one machine have them, on one store between them."""
    monkeypatch.setattr(Store, "is_shared", True)
    monkeypatch.setattr(Store, "folder", lambda self, otherwise: otherwise)
    monkeypatch.setattr(run_lock, "place", lambda folder: "the same")
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    return [msgspec.structs.replace(settings(folder, ["roster.csv"]), store=f"sqlite:///{tmp_path}/reporter.db")
            for folder in folders]  # fmt: skip


def test_a_twin_never_takes_a_live_lease(twins):
    """The lock of its own folder is free, and proves nothing of the other's."""
    one, two = twins
    first, second = take_turn(one, clock("2026-09-09T12:00:00Z")), take_turn(two, clock("2026-09-09T12:05:00Z"))
    with first, pytest.raises(LockedError), second:
        pass
    with take_turn(two, clock("2026-09-09T12:06:00Z")) as turn:
        assert turn.lease.holder


@pytest.mark.parametrize(
    ("token", "start", "minutes", "is_taken"),
    [("x", "", 1, True), ("", "", 1, False), ("y", "", 1, False), ("x", "earlier", 1, False), ("", "", 31, True)],
)
def test_a_dead_run_is_known_by_its_token_and_the_start_of_the_machine(twins, token, start, minutes, is_taken):
    """Else the lease alone decides: half an hour without a sign of life."""
    one, _ = twins
    store = open_store(one.store_url)
    died = Lease(lease_name(one.report), "x", "the same", start or run_lock.boot(), SINCE, SINCE)
    take(store, died, NOON, lambda _: True)
    store.close()
    if token:
        one.path(TOKEN.format(name=lease_name(one.report))).write_text(token, "utf-8")
    later = take_turn(one, clock(f"2026-09-09T12:{minutes:02}:00Z"))
    with nullcontext() if is_taken else pytest.raises(LockedError), later:
        pass


def test_a_run_that_lost_its_turn_records_nothing(tmp_path):
    """Asked within the transaction that would record it, a lost turn stops the run."""
    known = office(tmp_path)
    with take_turn(known, clock("2026-09-09T12:00:00Z")) as turn:
        store = open_store(known.store_url)
        take(store, Lease(lease_name(known.report), "x", "p", "b", SINCE, SINCE), NOON, lambda _: True)
        with pytest.raises(LockedError, match="took over"), store.begin() as connection:
            turn.check(connection)
        store.close()


@pytest.mark.parametrize("now", ["2026-09-08T11:59:00Z", "2026-09-23T12:01:00Z"])
def test_a_clock_gone_back_or_leapt_stops_an_unattended_run(tmp_path, now):
    """More than a day behind the last run, or more than two weeks ahead, nobody is told anything by that clock."""
    _run(tmp_path, "2026-09-09T12:00:00Z")
    with pytest.raises(ClockError, match="--accept-clock"):
        _run(tmp_path, now, is_unattended=True)


@pytest.mark.parametrize("now", ["2026-09-08T12:01:00Z", "2026-09-23T11:59:00Z"])
def test_a_clock_near_the_last_run_is_believed(tmp_path, now):
    """A clock set back by some hours, or a machine that was off for some days, is nothing odd."""
    _run(tmp_path, "2026-09-09T12:00:00Z")
    _run(tmp_path, now, is_unattended=True)

    assert f"{now[:-1]}.000000Z" == _last(tmp_path).beat_at


def test_a_person_at_the_desk_is_only_told_of_the_clock(tmp_path, caplog):
    """A manual run goes on, with a warning."""
    _run(tmp_path, "2026-09-09T12:00:00Z")
    _run(tmp_path, "2027-09-09T12:00:00Z")

    assert ["the clock is 365 days ahead, by the last run (2026-09-09T12:00Z)"] == caplog.messages


def test_an_accepted_clock_is_used(tmp_path):
    """Somebody says that the clock is right."""
    _run(tmp_path, "2026-09-09T12:00:00Z")
    _run(tmp_path, "2026-08-09T12:00:00Z", is_unattended=True, waivers=Waivers(clock=True))

    assert "2026-08-09T12:00:00.000000Z" == _last(tmp_path).beat_at


def test_a_leap_is_not_believed_because_it_lasts(tmp_path):
    """A wrong clock says the same an hour later, and a day later."""
    _run(tmp_path, "2026-09-09T12:00:00Z")
    for doubted in ("2026-11-09T12:00:00Z", "2026-11-09T13:01:00Z", "2026-11-10T13:00:00Z"):
        with pytest.raises(ClockError, match="no other clock"):
            _run(tmp_path, doubted, is_unattended=True)


@pytest.mark.parametrize(("said", "is_believed"), [("2026-11-09T11:00:00Z", True), ("2026-09-10T11:00:00Z", False)])
def test_a_leap_is_believed_when_another_clock_bears_it_out(tmp_path, monkeypatch, said, is_believed):
    """A machine that was off for weeks, beside a watching service that was not."""
    known = msgspec.structs.replace(office(tmp_path), owner=OwnerSettings(ping_url="https://watch.example.org/x"))
    monkeypatch.setattr(run_lock, "server_time", lambda url, seconds: at(said))
    with take_turn(known, clock("2026-09-09T12:00:00Z")):
        pass
    late = take_turn(known, clock("2026-11-09T12:00:00Z"), is_unattended=True)
    with nullcontext() if is_believed else pytest.raises(ClockError), late:
        pass


def test_a_clock_gone_back_is_never_believed_by_waiting(tmp_path):
    """What was told under a later date cannot be told again under an earlier one."""
    _run(tmp_path, "2026-09-09T12:00:00Z")
    for doubted in ("2026-08-09T12:00:00Z", "2026-08-09T14:00:00Z"):
        with pytest.raises(ClockError, match="behind the last run"):
            _run(tmp_path, doubted, is_unattended=True)


def _run(folder, now, **how):
    with take_turn(office(folder), clock(now), **how):
        pass


def _last(folder):
    store = open_store(office(folder).store_url)
    found = lease_of(store, lease_name(office(folder).report))
    store.close()
    return found
