"""A reading process without its start: forked from one that has loaded what reading needs.

It is a process of its own all the same, with pipes, limits and an end of its own. How it is started is held by
tests/readers/test_sandbox.py, which starts it anew each time, as does every test of the program in another process.
"""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

from reporter.readers import sandbox

START_ANEW = sandbox.reading_process
CHILD = sandbox.CHILD


class Reader:
    """What the callers use of a process."""

    def __init__(self, stdin, stdout, end):
        self.stdin, self._stdout, self._end, self.returncode = stdin, stdout, end, None
        (self.pid,) = struct.unpack("i", end.read(4))

    def communicate(self, timeout=None):
        """All that it answers, and its exit code, within so many seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        if self.stdin:
            with suppress(BrokenPipeError):
                self.stdin.close()
            self.stdin = None
        parts = [] if self.returncode is None else [b""]
        while not parts or parts[-1]:
            left = None if until is None else max(until - time.monotonic(), 0)
            if not select.select([self._stdout], [], [], left)[0]:
                raise subprocess.TimeoutExpired(CHILD, timeout)
            parts.append(self._stdout.read(1_048_576))
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(struct.unpack("i", self._end.read(4))[0])
        return b"".join(parts), None

    def kill(self):
        """End it, if it is still there."""
        if self.returncode is None and not select.select([self._end], [], [], 0)[0]:
            os.kill(self.pid, signal.SIGKILL)

    def close(self):
        for file in (self.stdin, self._stdout, self._end):
            if file:
                with suppress(BrokenPipeError):
                    file.close()


@contextmanager
def quick_reading():
    """In place of `sandbox.reading_process`; whoever gives it another program to start gets that one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {**os.environ, **sandbox.QUIET, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", __file__, str(theirs.fileno())]
    quiet = subprocess.DEVNULL
    parent = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment, stdin=quiet, stdout=quiet)
    theirs.close()

    @contextmanager
    def reading_process(kind, limits):
        if sandbox.CHILD is not CHILD:
            with START_ANEW(kind, limits) as process:
                yield process
            return
        pipes = [os.pipe() for _ in range(3)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        bounds = (limits.cells, limits.text, limits.faults, limits.seconds, limits.memory)
        socket.send_fds(ours, [json.dumps([kind, *map(str, bounds)]).encode()], theirs)
        for end in theirs:
            os.close(end)
        reader = Reader(open(pipes[0][1], "wb"), open(pipes[1][0], "rb", 0), open(pipes[2][0], "rb", 0))  # noqa: PTH123, SIM115
        try:
            yield reader
        finally:
            reader.kill()
            reader.communicate()
            reader.close()

    try:
        yield reading_process
    finally:
        ours.close()
        parent.terminate()
        parent.wait()


def _serve(ours):
    """Fork a keeper for each request, which forks the reader, tells its number and, at the end, how it ended."""
    import fastexcel  # noqa: F401

    from reporter.readers import child, delimited, package  # noqa: F401

    while True:
        words, files, *_ = socket.recv_fds(ours, 1000, 3)
        if not words:
            return
        if os.fork():
            for file in files:
                os.close(file)
            with suppress(ChildProcessError):  # those that ended leave the table
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            continue
        ours.close()
        pid = os.fork()
        if not pid:
            os.close(files[2])
            os.dup2(files[0], 0)
            os.dup2(files[1], 1)
            os.close(files[0])
            os.close(files[1])
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            code = 1
            try:
                child.serve(json.loads(words))
                code = 0
            finally:
                os._exit(code)
        os.close(files[0])
        os.close(files[1])
        os.write(files[2], struct.pack("i", pid))
        os.write(files[2], struct.pack("i", os.waitpid(pid, 0)[1]))
        os._exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
