"""How far a long work has come: what its stages say to whoever looks on, if anybody does. Knows no terminal.

A stage says that it begins, with how many pieces, and then each piece that is done. Where nobody looks on, which is so
of a pipe, a timer and every test, both cost a call and nothing else.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Somebody who looks on, and who may break the work off."""

    def begin(self, stage: str, total: int) -> None:
        """A stage begins, the one before is over. Takes: total - how many pieces it has; 0 where nobody can say."""

    def advance(self) -> None:
        """One piece of the stage is done."""

    def whole(self) -> AbstractContextManager[None]:
        """While it lasts the work is not broken off: what asked for that is heard at its end."""


class Unwatched:
    """Nobody looks on."""

    def begin(self, stage: str, total: int) -> None:
        """Nothing is shown."""

    def advance(self) -> None:
        """Nothing is counted."""

    def whole(self) -> AbstractContextManager[None]:
        """Nothing is held back."""
        return nullcontext()


UNWATCHED = Unwatched()
_onlooker: ContextVar[Progress] = ContextVar("progress", default=UNWATCHED)


@contextmanager
def watched(by: Progress) -> Iterator[None]:
    """While it lasts, the stages of this thread say to that one how far they have come."""
    token = _onlooker.set(by)
    try:
        yield
    finally:
        _onlooker.reset(token)


def begin_stage(stage: str, total: int = 0) -> None:
    """Say that a stage of `words/progress.toml` begins. Takes: total - how many pieces it has; 0: nobody can say."""
    _onlooker.get().begin(stage, total)


def advance_stage() -> None:
    """Say that one piece of the stage is done."""
    _onlooker.get().advance()


def unbroken() -> AbstractContextManager[None]:
    """What must not be broken off half way, once it was begun: a mail that is being handed over, a run on record."""
    return _onlooker.get().whole()


def counting(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, each of which is a piece of the stage, done when the next is asked for."""
    for item in items:
        yield item
        advance_stage()
