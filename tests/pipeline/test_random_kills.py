"""Killed at moments nobody chose, with a mail server listening, and started again until all is done.

REPORTER_TEST_KILLS says how many offices are tried, REPORTER_TEST_SEED where the dice start.
"""

import os
import random
import select
import time
from collections import Counter
from email import message_from_bytes
from email.policy import default

import pytest
from machines import Machine, judged, office
from mail_server import MailServer
from postfix_server import Postfix, needs_postfix

from reporter.errors import Exit

pytestmark = [pytest.mark.enable_socket, pytest.mark.slow, pytest.mark.timeout(14_400)]
TRIALS, SEED = int(os.environ.get("REPORTER_TEST_KILLS", "12")), int(os.environ.get("REPORTER_TEST_SEED", "7"))
PEOPLE = [
    (f"{n:02}", f"Ana Invented{n}", unit, f"{unit.lower()}@example.org", "Ontario", "Work permit", "2026-09-18")
    for n, unit in enumerate(("Lab", "Ops", "Far", "Bay"), start=1)
]
WAYS = [[["run"]], [["weekly", "--once"]], [["run", "--no-deliver"], ["deliver", "--release", "all", "--yes"]]]
STEPS_OF_A_ROUND = 5 * (len(PEOPLE) + 1) + 3  # mail, rcpt, data, dot, taken; and banner, ehlo twice


def moment(minute):
    return f"2026-09-09T13:{minute:02}:00+00:00"


def kill_somewhen(job, server, dice, length):
    """Kill it at a random instant, or a random while after a random step of the talk with the server."""
    until, steps = time.monotonic() + 60, len(server.steps)
    if not server.shows_steps or dice.random() < 0.4:
        until = time.monotonic() + dice.uniform(0, length)
        steps += 10_000
    else:
        steps += dice.randint(1, STEPS_OF_A_ROUND)
    while time.monotonic() < until and len(server.steps) < steps and not _is_over(job):
        time.sleep(0.001)
    time.sleep(dice.choice([0, 0, 0.002, 0.01, 0.03]))
    return job.kill()


def length_of_a_run(machine, folder):
    """Seconds that a run takes here and now."""
    with MailServer() as server:
        began = time.monotonic()
        assert machine.start(office(folder, server.port, PEOPLE), moment(0), "run").wait() == Exit.DONE
        return time.monotonic() - began


def _is_over(job):
    return bool(select.select([job.answers], [], [], 0)[0])


def trial(machine, server, folder, dice, length):
    """One office: each of its commands is killed up to three times, and then left alone. What it came to."""
    way, policy, minute, kills = dice.choice(WAYS), dice.choice(["hold", "hold", "resend"]), 0, 0
    office(folder, server.port, PEOPLE, ambiguous=policy)
    for command in way:
        for _ in range(dice.randint(1, 3)):
            minute += 1
            kills += kill_somewhen(machine.start(folder, moment(minute), *command), server, dice, length)
        minute += 1
        last = machine.start(folder, moment(minute), *command)
        last.wait()
    return {"way": " ".join(way[0]), "policy": policy, "kills": kills, "last": last}


def test_nothing_is_lost_or_doubled_or_half_whenever_it_is_killed(tmp_path):
    """Each mailbox has its mail once and whole; one in doubt may be missing, and is told, or come twice by setting."""
    sums = Counter()
    with Machine() as machine:
        length = length_of_a_run(machine, tmp_path / "first")
        for number in range(TRIALS):
            dice = random.Random(f"{SEED}.{number}")
            with MailServer() as server:
                folder = tmp_path / str(number)
                done = trial(machine, server, folder, dice, length)
                mails = [(to, message_from_bytes(content, policy=default)) for _, (to,), content in server.mails]
                sums += told(done, judged(folder, PEOPLE, mails, done["last"], f"{SEED}.{number}"))
    print("\n", dict(sorted(sums.items())))  # noqa: T201  what a hand-made round of hundreds reports

    assert TRIALS == sums["offices"]


@needs_postfix
def test_nothing_is_lost_or_doubled_or_half_by_way_of_a_postfix(tmp_path):
    """The same with a mail server as offices have them, killed by the clock alone; the mailboxes are counted."""
    sums = Counter()
    with Machine() as machine:
        length = length_of_a_run(machine, tmp_path / "first")
        for number in range(max(1, TRIALS // 4)):
            dice = random.Random(f"{SEED}.postfix.{number}")
            with Postfix("lab", "ops", "far", "bay", "desk") as server:
                folder = tmp_path / str(number)
                done = trial(machine, server, folder, dice, length)
                mails = [(f"{box}@example.org", mail) for box, mail in server.arrived()]
                sums += told(done, judged(folder, PEOPLE, mails, done["last"], f"{SEED}.postfix.{number}"))
    print("\n", dict(sorted(sums.items())))  # noqa: T201  what a hand-made round of hundreds reports

    assert max(1, TRIALS // 4) == sums["offices"]


def told(done, sums):
    """The sums of one office, with how it was killed."""
    return sums + Counter(offices=1, kills=done["kills"], **{done["way"]: 1, done["policy"]: 1})
