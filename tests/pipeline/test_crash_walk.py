"""A run that is killed at any step, and then run again: nobody is told twice, and nobody is forgotten unsaid."""

import os
import signal
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from forked import fork
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.errors import Exit
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.send import deliver
from reporter.pipeline.send.deliver import Worker
from reporter.pipeline.send.status import last_failure
from reporter.settings import MailSettings, WeeklySettings
from reporter.store.database import open_store
from reporter.store.outbox import attempts, claim, entries, hand_over, resolve_mail
from reporter.weekly import once

pytestmark = pytest.mark.enable_socket
PEOPLE = [
    ("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15"),
    ("02", "Bo Invented", "Ops", "ops@example.org", "Ontario", "Work permit", "2026-09-18"),
]
STEPS = [
    # where it dies, whether a mail is then in doubt, how many were taken before
    ("run:write_run:after", False, 0),
    ("run:record_run:after", False, 0),
    ("deliver:claim:after", False, 0),
    ("deliver:hand_over:before", False, 0),
    ("deliver:hand_over:after", True, 0),
    ("deliver:settle_claim:before", True, 1),
    ("deliver:settle_claim:after", False, 1),
]


@pytest.fixture
def served(tmp_path):
    """A mail server, and the settings of an office that sends by it."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    people = roster(tmp_path / "staff.csv", PEOPLE)
    with MailServer() as server:
        mail = MailSettings(
            allow=("example.org",),
            first_time_limit=9,
            transport="smtp",
            host="localhost",
            port=server.port,
            ca_file="ca.pem",
        )
        yield server, settings(tmp_path, [people], sender="reports@example.org", mail=mail)


def kill_at(step, known):
    """Run in a process of its own, which is killed there."""
    room, name, when = step.split(":")
    module = {"run": pipeline, "deliver": deliver}[room]
    whole = getattr(module, name)

    def dies(*arguments, **more):
        if when == "after":
            whole(*arguments, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    def run():
        setattr(module, name, dies)
        pipeline.run(known, at(), clock=at)

    assert (b"", -signal.SIGKILL) == fork(run).read()


def outbox(known):
    """The mails as they stand, and what happened to each."""
    store = open_store(known.store_url)
    try:
        found = entries(store)
        return found, {entry.number: [step.state for step in attempts(store, entry.number)] for entry in found}
    finally:
        store.close()


@pytest.mark.slow
@pytest.mark.parametrize(("step", "is_doubtful", "taken"), STEPS)
def test_a_killed_run_is_taken_up_again(served, step, is_doubtful, taken):
    """Each mail arrives once; one that was just being handed over arrives at most once, and is told as ambiguous."""
    server, known = served
    kill_at(step, known)
    before = len(server.mails)
    again = pipeline.run(known, at(), clock=at)
    found, _ = outbox(known)
    boxes = Counter(server.ids)

    assert taken == before
    assert (["ambiguous", "sent"] if is_doubtful else ["sent", "sent"]) == sorted(entry.state for entry in found)
    for entry in found:
        assert boxes[entry.message_id] in ((0, 1) if entry.state == "ambiguous" else (1,))
    assert (Exit.NOT_DELIVERED if is_doubtful else Exit.DONE) == again.exit_code


def test_a_doubtful_mail_is_sent_again_when_the_office_says_so(served):
    """By setting, once, under the same id, so that a mailbox can tell that it is the same."""
    server, known = served
    known = msgspec.structs.replace(known, mail=msgspec.structs.replace(known.mail, ambiguous="resend"))
    kill_at("deliver:settle_claim:before", known)
    pipeline.run(known, at(), clock=at)

    assert {2, 1} == set(Counter(server.ids).values())
    assert ["sent", "sent"] == [entry.state for entry in outbox(known)[0]]


def test_the_same_week_is_told_once_whatever_the_hour_of_the_run(served):
    """A second run in the week sends nothing; a changed date sends an update to whom it concerns, in the thread.

    Looked over again for its own sake, an old week tells nobody what no longer holds.
    """
    server, known = served
    pipeline.run(known, at(), clock=at)
    second = pipeline.run(known, at("2026-09-10T09:00:00Z"), clock=at)
    before = len(server.mails)
    people = Path(known.roster[0].path)
    people.write_text(people.read_text("utf-8").replace("2026-09-18", "2026-09-11"), "utf-8")
    third = pipeline.run(known, at("2026-09-10T10:00:00Z"), clock=at)
    update = server.mails[-1][2].decode()

    assert (2, 2, 1, 1) == (before, second.plan.known, third.plan.updates, third.plan.known)
    assert ("ops@example.org",) == server.mails[-1][1]
    assert "Subject: Update: " in update
    assert f"In-Reply-To: {outbox(known)[0][1].message_id}" in update
    past = pipeline.run(known, at("2026-09-02T13:00:00Z"), clock=at, past_too=True)
    assert ("2026-W37", 3) == (past.plan.later, len(server.mails))


def test_a_later_week_takes_the_place_of_what_was_not_sent(served):
    """The old digest is taken back and says so; the recipient gets the new one only."""
    server, known = served
    server.answers["rcpt"] = ["450 4.2.1 later", "450 4.2.1 later"]
    first = pipeline.run(known, at(), clock=at)
    later = pipeline.run(known, at("2026-09-16T13:00:00Z"), clock=lambda: at("2026-09-16T13:00:00Z"))
    found, steps = outbox(known)

    assert (Exit.NOT_DELIVERED, Exit.DONE, 2) == (first.exit_code, later.exit_code, later.plan.superseded)
    assert ["cancelled", "cancelled", "sent", "sent"] == [entry.state for entry in found]
    assert (["planned", "deferred", "cancelled"], "superseded") == (steps[1], found[0].why)


def test_three_faults_on_the_way_stop_the_round(served):
    """A password that is refused is not tried for every recipient until the account is locked."""
    server, known = served
    names = [(f"{n:02}", "Ana Invented", f"U{n}", f"u{n}@example.org", *PEOPLE[0][4:]) for n in range(5)]
    roster(Path(known.roster[0].path), names)
    server.answers["ehlo"] = "550 5.7.1 not you"
    done = pipeline.run(known, at(), clock=at)

    assert ("server_refuses_us", 3, 5) == (done.round.stopped, len(done.round.results), len(done.round.outstanding))
    assert Exit.NOT_DELIVERED == done.exit_code


def test_a_doubt_is_settled_by_a_person(served):
    """Told that it arrived, the next run is content; nothing is sent again."""
    server, known = served
    server.answers["taken"] = [MailServer.DROP]
    first = pipeline.run(known, at(), clock=at)
    store = open_store(known.store_url)
    resolve_mail(store, first.round.outstanding[0].number, at(), arrived=True)
    store.close()
    again = pipeline.run(known, at(), clock=at)

    assert (Exit.NOT_DELIVERED, Exit.DONE, 2) == (first.exit_code, again.exit_code, len(server.mails))


def test_a_look_finds_what_a_dead_process_had_handed_over(served):
    """Also when nothing else is due: the mails are held, and the owner is told at once, not with the next report."""
    _, known = served
    known = msgspec.structs.replace(known, weekly=WeeklySettings())
    pipeline.run(known, at(), clock=at, deliver=False)
    store = open_store(known.store_url)
    with Worker(store.folder(known.home)) as dead:
        while taken := claim(store, dead.name, at()):
            hand_over(store, taken, at())
    store.close()
    done = once(known, clock=lambda: at("2026-09-09T14:00:00Z"))

    assert (Exit.NOT_DELIVERED, ["ambiguous", "ambiguous"]) == (done.code, [entry.state for entry in outbox(known)[0]])
    assert "recipients: 2." in last_failure(known)
