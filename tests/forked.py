"""A process of its own without its start, which takes longer than most of what is done in one.

It is forked from the tests, which have loaded what it needs. The program in one has the streams, the terminal, the
folder and the environment that it is given; how it is started anew is held by the tests of streams that are closed.
"""

import io
import os
import signal
import time

from reporter.cli import main

STEP = 0.01


class Forked:
    """What the callers use of a process."""

    def __init__(self, pid, stdout):
        self.pid, self.stdout, self.returncode = pid, stdout, None

    def poll(self):
        """Its exit code, where it has ended."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, seconds=60):
        """Its exit code, within so many seconds."""
        until = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < until:
            time.sleep(STEP)
        assert self.returncode is not None, "it does not end"
        return self.returncode

    def read(self):
        """All that it prints, and its exit code."""
        with self:
            return self.stdout.read(), self.wait()

    def send_signal(self, number):
        os.kill(self.pid, number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stdout.close()
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)
            self.wait()


def fork_reporter(home, words, *, encoding="utf-8", before=lambda: None, stdin=None, stderr=None, **environment):
    """The command in `home`, its stdout of that encoding; `before` is called in the new process."""
    return fork(lambda: _run(home, words, encoding, before, environment), stdin=stdin, stderr=stderr)


def fork(deed, *, stdin=None, stderr=None):
    """A process that does it and ends with the code that it gives; its stdout is a pipe.

    Takes: stdin, stderr - numbers of open files, nowhere without.
    """
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid:
        os.close(theirs)
        return Forked(pid, open(ours, "rb"))  # noqa: PTH123
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number, file in enumerate((stdin, theirs, stderr)):
            os.dup2(nowhere if file is None else file, number)
        code = deed()
    finally:
        os._exit(code)


def _run(home, words, encoding, before, environment):
    import sys

    sys.stdin = io.TextIOWrapper(open(0, "rb"))  # noqa: SIM115
    sys.stdout = io.TextIOWrapper(open(1, "wb"), encoding, write_through=True)  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(open(2, "wb"), write_through=True)  # noqa: SIM115
    sys.argv = ["reporter", *words]
    os.environ.update(environment)
    os.chdir(home)
    before()
    return main()
