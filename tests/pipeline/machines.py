"""Whole processes of `reporter` that a test starts, kills and starts again, each under a clock of its own.

They are forked from one process that has imported everything, so that a test can afford hundreds of them.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from made_runs import roster
from mail_server import AUTHORITY

from reporter.errors import Exit
from reporter.model.mail import AMBIGUOUS, CANCELLED, SENT
from reporter.pipeline.run.run_folder import verify_run
from reporter.pipeline.send.deliver import mail_bytes
from reporter.store.audit import verify_audit
from reporter.store.database import open_store
from reporter.store.outbox import attempts, entries

MOTHER = """
import json, os, sys
import psycopg, time_machine
import reporter.cli.run, reporter.cli.deliver, reporter.cli.run, reporter.cli.terminal
import reporter.pipeline.run.run, reporter.pipeline.run.run_lock, reporter.pipeline.send.deliver, reporter.weekly
import reporter.readers.book, reporter.readers.delimited
from reporter.cli import main
if os.environ.get("REPORTER_TEST_TWIN"):
    same = lambda folder, start="": "one name, one path, one start"
    reporter.pipeline.send.deliver.place = reporter.pipeline.run.run_lock.place = same
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(job["folder"])
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.argv = ["reporter", *job["arguments"]]
        code = 1
        time_machine.travel(job["at"]).start()
        try:
            code = main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(child, flush=True)
    status = os.waitpid(child, 0)[1]
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
CONFIG = """
store = "{store}"
sender = "reports@example.org"

[office]
name = "Invented"
address = "desk@example.org"
time_zone = "America/Toronto"

[[roster]]
path = "staff.csv"

[mail]
transport = "smtp"
host = "localhost"
port = {port}
ca_file = "ca.pem"
allow = ["example.org"]
first_time_limit = 99
ambiguous = "{ambiguous}"

[weekly]
"""


def office(folder, port, people, *, store="sqlite:///reporter.db", ambiguous="hold"):
    """An office's folder: its settings, its roster and the certificate of its mail server's authority."""
    folder.mkdir(parents=True, exist_ok=True)
    AUTHORITY.cert_pem.write_to_path(str(folder / "ca.pem"))
    roster(folder / "staff.csv", people)
    (folder / "reporter.toml").write_text(CONFIG.format(store=store, port=port, ambiguous=ambiguous), "utf-8")
    return folder


class Machine:
    """Runs one command of `reporter` after the other, in the folder of an office.

    Takes: said_in - where what they write to stdout and stderr is kept, if not in that folder;
           is_twin - its host name and folder are those of every other twin, as of two containers of one image.
    """

    def __init__(self, said_in=None, *, is_twin=False):
        self.said_in = said_in
        environment = os.environ | {"PYTHONPATH": ":".join(path for path in sys.path if path)}
        environment |= {"REPORTER_TEST_TWIN": "1"} if is_twin else {}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.mother = subprocess.Popen([sys.executable, "-c", MOTHER], env=environment, text=True, **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.mother.stdin.close()
        self.mother.wait(60)
        self.mother.stdout.close()

    def start(self, folder, at, *arguments):
        """Begin `reporter ARGUMENTS` at that instant of its clock."""
        said_in = self.said_in or folder
        said = {name: str(said_in / f"said.{name}") for name in ("stdout", "stderr")}
        job = {"folder": str(folder), "at": at, "arguments": [*arguments, "--config", "reporter.toml"], **said}
        self.mother.stdin.write(json.dumps(job) + "\n")
        self.mother.stdin.flush()
        return Job(int(self.mother.stdout.readline()), self.mother.stdout, said_in)


class Job:
    """One such process."""

    def __init__(self, pid, answers, said_in):
        self.pid, self.answers, self.said_in, self.code = pid, answers, said_in, None

    def kill(self):
        """As the power goes: nothing of it runs on. True when it was still at work."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    def wait(self):
        """Its exit code; negative for a signal."""
        if self.code is None:
            self.code = int(self.answers.readline())
        return self.code

    def said(self):
        """What it wrote to stderr."""
        return Path(self.said_in / "said.stderr").read_text("utf-8")


def whole(mail):
    """All that a mail says, however a server has folded its head and ended its lines."""
    head = {name: str(mail[name]) for name in ("From", "To", "Subject", "Date", "Message-ID")}
    return head, [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]


def judged(folder, people, mails, last, seed=""):
    """Nothing lost, doubled or half, whatever happened to an office, once its last job is done; its sums.

    Takes: mails - what lies in the mailboxes, as pairs of address and mail; seed - what a fault is told by.
    """
    store, out = open_store(f"sqlite:///{folder}/reporter.db"), Path(folder) / "reporter-out"
    try:
        found = entries(store)
        written = {
            entry.message_id: (entry.address, message_from_bytes(mail_bytes(out, store, entry), policy=default))
            for entry in found
        }
        happened = {entry.number: [step.why for step in attempts(store, entry.number)] for entry in found}
        assert store.is_sound(), seed
        assert () == tuple(verify_audit(store)), seed
    finally:
        store.close()
    boxes = Counter(mail["Message-ID"] for _, mail in mails)
    standing = [entry for entry in found if entry.state != CANCELLED]

    assert len(people) + 1 == len(standing) == len({entry.recipient for entry in standing}), seed  # and the office
    assert {entry.state for entry in standing} <= {SENT, AMBIGUOUS}, seed
    for entry in found:
        count, resent = boxes[entry.message_id], happened[entry.number].count("resent")
        allowed = {SENT: range(1, 2 + resent), AMBIGUOUS: range(2 + resent), CANCELLED: range(1)}[entry.state]
        assert count in allowed, (seed, entry.slug, entry.state, count)
    for to, mail in mails:
        address, sent = written[mail["Message-ID"]]
        assert (address, whole(sent)) == (to, whole(mail)), seed
    doubtful = [entry for entry in standing if entry.state == AMBIGUOUS]
    assert (Exit.NOT_DELIVERED if doubtful else Exit.DONE) == last.code, (seed, last.said())
    told = [line for line in last.said().splitlines() if "NOT DELIVERED" in line and "may have arrived" in line]
    assert len(doubtful) == len(told), (seed, last.said())
    runs = [path.parent for path in folder.glob("reporter-out/*/manifest.json")]
    assert runs, seed
    assert [True] * len(runs) == [verify_run(path).is_intact for path in runs], seed
    twice = sum(count > 1 for count in boxes.values())
    return Counter(doubtful=len(doubtful), twice=twice, mails=len(mails))
