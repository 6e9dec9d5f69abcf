"""This side of the reading process: starts it with next to nothing, feeds it, and gathers what it answers.

Knows nothing of spreadsheets. However the process ends, the caller gets an answer or one clear refusal.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from reporter.readers.limits import Limits
from reporter.readers.refusal import refuse

log = logging.getLogger(__name__)
CHILD = ("-m", "reporter.readers.child")
PIPE = 1_048_576
KEPT = ("SYSTEMROOT", "TEMP", "TMP")  # Windows starts no program without the first
QUIET = {
    "RUST_BACKTRACE": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@contextmanager
def reading_process(kind: str, limits: Limits) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that waits for the bytes of a file, and is gone at the end whatever happens.

    It is started before the file is weighed, so that its start costs no time.
    """
    bounds = (limits.cells, limits.text, limits.faults, limits.seconds, limits.memory)
    command = [sys.executable, "-P", *CHILD, kind, *map(str, bounds)]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment = {**kept, **QUIET, "PYTHONPATH": os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, pipesize=PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def feed(process: "subprocess.Popen[bytes]", content: bytes) -> None:
    """Hand the whole file over; a process that died of it is noticed when its answer is gathered."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(content)
    with suppress(BrokenPipeError):
        process.stdin.close()
    process.stdin = None


def gather(source: str, process: "subprocess.Popen[bytes]", until: float) -> tuple[dict[str, Any], list[pa.Table]]:
    """The answer and the tables behind it, in order.

    Takes:  `until`, a moment of time.monotonic().
    Raises: FileRefusedError when the process refuses the file, dies of it or takes too long.
    """
    try:
        output, _ = process.communicate(timeout=max(until - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired as e:
        raise refuse(source, "file_too_slow") from e
    if process.returncode != 0:
        log.info("the reading process ended with %d", process.returncode)
        raise refuse(source, "file_stops_the_reader")
    end = output.index(b"\n") + 1
    answer = json.loads(output[:end])
    if "refused" in answer:
        raise refuse(source, answer["refused"], **answer.get("details", {}))
    stream = pa.BufferReader(pa.py_buffer(output).slice(end))
    return answer, [pa.ipc.open_stream(stream).read_all() for _ in answer["sheets"]]
