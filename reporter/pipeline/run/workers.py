"""Who does what can be shared out: this process, some processes of this machine, or a Dask cluster.

All of them do the same: a function of values, item by item, answers in the order of the items. Readers' mails and
books are shared out all at once; where one takes its process along, the caller says what stands for it. Of the parts
of a very large roster no more are in hand than there are hands, and one that takes its process along again and again
stops the run.
"""

import ctypes
import gc
import logging
import multiprocessing
import os
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from reporter.errors import SettingsError, refused
from reporter.model.progress import counting
from reporter.resources import library
from reporter.settings import EngineSettings

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Answer = TypeVar("Answer")
AHEAD = 1  # items that wait for each hand, so that none is idle
TRIES = 3
WORTHWHILE = 12  # readers; fewer are done before the processes have started
_work: Callable[[Any], Any] | None = None
"""In a process of the pool: what it does with each item."""


def worker_count() -> int:
    """How many processes this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def release_memory() -> None:
    """Let the system have what was freed; the usual allocator of Linux keeps it, a third of all of a large run."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def share_out(
    work: Callable[[Item], Answer], items: Sequence[Item], *, lost: Callable[[Item], Answer], hands: int | None = None
) -> Callable[[], list[Answer]]:
    """Begin the work, and give back what waits for the answers; between the two, the caller is free.

    Takes:  lost - the answer for an item whose process died of it; hands - how many processes, else as many as fit.
    Raises: whatever the work raises, once waited for.
    """
    release_memory()
    hands = worker_count() if hands is None else hands
    if hands < 2 or len(items) < WORTHWHILE:
        return lambda: [work(item) for item in counting(items)]
    crew = _pool(work, min(hands, len(items)))
    waiting = [crew.submit(_do, item) for item in items]

    def answers() -> list[Answer]:
        with crew:
            return [_answer(future, work, item, lost) for future, item in counting(zip(waiting, items, strict=True))]

    return answers


def _answer(future: "Future[Answer]", work: Any, item: Item, lost: Callable[[Item], Answer]) -> Answer:
    """What came of one item. Dying, a process takes the others' work along: each is then tried alone."""
    try:
        return future.result()
    except BrokenProcessPool:
        with _pool(work, 1) as crew:
            alone: Future[Answer] = crew.submit(_do, item)
            return lost(item) if isinstance(alone.exception(), BrokenProcessPool) else alone.result()


Workers = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
"""From the work and the items to the answers, in the order of the items, as `map`.

Raises: whatever the work raises; SettingsError - a process died of one item again and again.
"""


@contextmanager
def open_workers(engine: EngineSettings, path: Callable[[str], Path]) -> Iterator[Workers]:
    """Those of the settings. Takes: path - where a file stands that they name.

    Raises: SettingsError - a library is missing, or the cluster does not answer.
    """
    if engine.cluster:
        with _cluster(engine, path) as client:
            yield partial(by_cluster, client)
    else:
        yield local_workers(engine)


def local_workers(engine: EngineSettings) -> Workers:
    """Those of this machine."""
    return partial(by_pool, engine.workers) if engine.workers > 1 else map


def by_pool(hands: int, work: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """By so many processes of this machine; see Workers."""
    pool = _pool(work, hands)
    waiting: deque[tuple[Item, Future[Answer]]] = deque()
    left = iter(items)
    tries = 0
    try:
        while True:
            while len(waiting) < hands + AHEAD and (item := next(left, _NONE)) is not _NONE:
                waiting.append((item, pool.submit(_do, item)))
            if not waiting:
                return
            try:
                answer = waiting[0][1].result()
            except BrokenProcessPool:
                tries += 1
                if tries == TRIES:
                    raise refused(SettingsError, "stop_part_died", where="engine.part_people") from None
                log.warning("a process of the engine died; its parts are done again")
                pool.shutdown(wait=False)
                pool = _pool(work, hands)
                waiting = deque((item, pool.submit(_do, item)) for item, _ in waiting)
                continue
            tries = 0
            waiting.popleft()
            yield answer
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_NONE: Any = object()


def _pool(work: Callable[[Any], Any], hands: int) -> ProcessPoolExecutor:
    # NOTE: macOS can fork and its system libraries break when it does; Windows cannot.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    gc.freeze()  # what exists already is garbage in no process: none should touch, and so copy, its pages
    return ProcessPoolExecutor(hands, mp_context=context, initializer=_begin, initargs=(work,))


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work


def _do(item: Any) -> Any:
    assert _work is not None
    return _work(item)


def by_cluster(client: Any, work: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """By the workers of a Dask cluster; see Workers.

    NOTE: what all items need goes along with each. `scatter` would send it once, but what was scattered is lost with
    the worker that held it and nobody can make it again, and a broadcast fails when a worker dies meanwhile.
    """
    hands = max(1, sum(client.nthreads().values()))
    waiting: deque[Any] = deque()
    left = iter(items)
    try:
        while True:
            while len(waiting) < hands + AHEAD and (item := next(left, _NONE)) is not _NONE:
                waiting.append(_submit(client, work, item))
            if not waiting:
                return
            yield _answer_of(waiting.popleft())
    finally:
        client.cancel([*waiting])


def _submit(client: Any, work: Callable[[Item], Answer], item: Item) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")  # a part is what it is, and each goes once
        return client.submit(_apply, work, item, pure=False, retries=TRIES - 1)


def _answer_of(future: Any) -> Any:
    distributed = library("distributed", "cluster", where="engine.cluster")
    try:
        return future.result()
    except distributed.KilledWorker:
        raise refused(SettingsError, "stop_part_died", where="engine.part_people") from None
    finally:
        future.release()


def _apply(work: Callable[[Item], Answer], item: Item) -> Answer:
    return work(item)


@contextmanager
def _cluster(engine: EngineSettings, path: Callable[[str], Path]) -> Iterator[Any]:
    """A client of the cluster; whatever it says of itself, people's rows go no way but the one that was named."""
    distributed = library("distributed", "cluster", where="engine.cluster")
    security = None
    if urlsplit(engine.cluster).scheme == "tls":
        files = {name: str(path(getattr(engine, name))) for name in ("ca_file", "cert_file", "key_file")}
        security = distributed.Security(
            require_encryption=True,
            tls_ca_file=files["ca_file"],
            tls_client_cert=files["cert_file"],
            tls_client_key=files["key_file"],
        )
    try:
        client = distributed.Client(engine.cluster, security=security, timeout="20s", set_as_default=False)
    except (OSError, ValueError) as error:
        what = type(error).__name__
        raise refused(SettingsError, "stop_cluster_silent", where=engine.cluster, what=what) from error
    try:
        yield client
    finally:
        client.close()
