"""Whole processes of `reporter` that a test starts, kills and starts again, each under a clock of its own.

They are forked from one process that has imported everything, so that a test can afford hundreds of them.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from made_runs import roster
from mail_server import AUTHORITY

MOTHER = """
import json, os, sys
import psycopg, time_machine
import reporter.cli.run, reporter.cli.deliver, reporter.cli.weekly, reporter.cli.show, reporter.cli.mails
import reporter.pipeline.run, reporter.pipeline.alone, reporter.pipeline.rehearse, reporter.weekly
import reporter.readers.sheets, reporter.readers.delimited
from reporter.cli import main
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
        except SystemExit as end:
            code = end.code or 0
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
    """Runs one command of `reporter` after the other, in the folder of an office."""

    def __init__(self):
        environment = os.environ | {"PYTHONPATH": ":".join(path for path in sys.path if path)}
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
        said = {name: str(folder / f"said.{name}") for name in ("stdout", "stderr")}
        job = {"folder": str(folder), "at": at, "arguments": [*arguments, "--config", "reporter.toml"], **said}
        self.mother.stdin.write(json.dumps(job) + "\n")
        self.mother.stdin.flush()
        return Job(int(self.mother.stdout.readline()), self.mother.stdout, folder)


class Job:
    """One such process."""

    def __init__(self, pid, answers, folder):
        self.pid, self.answers, self.folder, self.code = pid, answers, folder, None

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
        return Path(self.folder / "said.stderr").read_text("utf-8")
