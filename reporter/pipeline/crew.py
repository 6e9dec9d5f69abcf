"""The same work on many items in several processes, which share what was made before them. Knows nothing of reports.

Where a process can be forked, its memory is the parent's and nothing is copied; elsewhere the work is pickled once
for each process. The answers are the same as in one process, in the order of the items.
"""

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

WORTHWHILE = 12  # items; fewer are done before the processes have started

_work: Callable[[Any], Any] | None = None
"""In a process of the crew: what it does with each item."""


def workers() -> int:
    """How many processes this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_out(
    work: Callable[[Item], Answer], items: Sequence[Item], *, lost: Callable[[Item], Answer], hands: int | None = None
) -> Callable[[], list[Answer]]:
    """Begin the work, and give back what waits for the answers; between the two, the caller is free.

    Takes:  lost - the answer for an item whose process died of it; hands - how many processes, else as many as fit.
    Raises: whatever the work raises, once waited for.
    """
    hands = workers() if hands is None else hands
    if hands < 2 or len(items) < WORTHWHILE:
        return lambda: [work(item) for item in items]
    crew = _crew(work, min(hands, len(items)))
    waiting = [crew.submit(_do, item) for item in items]

    def answers() -> list[Answer]:
        with crew:
            return [_answer(future, work, item, lost) for future, item in zip(waiting, items, strict=True)]

    return answers


def _answer(future: "Future[Answer]", work: Any, item: Item, lost: Callable[[Item], Answer]) -> Answer:
    """What came of one item. Dying, a process takes the others' work along: each is then tried alone."""
    try:
        return future.result()
    except BrokenProcessPool:
        with _crew(work, 1) as crew:
            alone: Future[Answer] = crew.submit(_do, item)
            return lost(item) if isinstance(alone.exception(), BrokenProcessPool) else alone.result()


def _crew(work: Callable[[Any], Any], hands: int) -> ProcessPoolExecutor:
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
