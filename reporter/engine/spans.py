"""Interval arithmetic on whole columns: merged spans, and how much of them lies before any instant. Pure.

Instants are int64 microseconds since 1970 in UTC; spans are half-open.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from pandas import Series, Timestamp

Instants = NDArray[np.int64]
Truths = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
HOUR = 3_600_000_000


def micros(column: Series) -> Instants:
    """The column's instants as int64; a missing one is the smallest int64."""
    return column.to_numpy(dtype="datetime64[us]").astype(np.int64)


def instant_micros(at: Timestamp) -> int:
    """One instant as int64."""
    return int(at.value) // 1000


class Spans(Struct, frozen=True):
    """Stretches that neither overlap nor touch, in order, with the length of all those before each."""

    began: Instants
    ended: Instants
    before: Instants

    def total(self, at: Instants) -> Instants:
        """How much of the spans lies before each instant, in microseconds."""
        if not len(self.began):
            return np.zeros(len(at), dtype=np.int64)
        last = self._last_before(at)
        here = np.minimum(at, self.ended[last]) - self.began[last]
        total: Instants = np.where(last >= 0, self.before[last] + here, 0)
        return total

    def within(self, start: Instants, end: Instants) -> Instants:
        """How much of the spans lies in each `[start, end)`; zero where the end does not follow the start."""
        inside: Instants = np.maximum(self.total(np.maximum(start, end)) - self.total(start), 0)
        return inside

    def reaching(self, at: Instants) -> tuple[Truths, Instants]:
        """Whether a stretch begins before each instant and ends at or after it, and where it begins."""
        if not len(self.began):
            return np.zeros(len(at), dtype=bool), at
        last = self._last_before(at)
        reaches = (last >= 0) & (self.ended[last] >= at)
        return reaches, np.where(reaches, self.began[last], at)

    def holding(self, at: Instants) -> Truths:
        """Whether each instant lies in a stretch: one reaches the moment after it."""
        return self.reaching(at + 1)[0]

    def _last_before(self, at: Instants) -> NDArray[np.intp]:
        """The place of the last stretch that begins before each instant; -1 before the first."""
        return np.searchsorted(self.began, at) - 1


class WithOutage(Struct, frozen=True):
    """Spans with one more interval beside them, another for each row of a question."""

    spans: Spans
    began: Instants
    ended: Instants

    def within(self, start: Instants, end: Instants) -> Instants:
        """How much of each `[start, end)` lies in the spans or in its row's own interval, nothing counted twice."""
        low, high = np.maximum(start, self.began), np.minimum(end, self.ended)
        more: Instants = np.maximum(high - low, 0) - self.spans.within(low, high)
        return self.spans.within(start, end) + more

    def reaching(self, at: Instants) -> tuple[Truths, Instants]:
        """As of the spans: whether a stretch reaches each instant, and where the unbroken stretch begins."""
        reaches, since = self.spans.reaching(at)
        hits = (self.began < at) & (self.ended >= at)
        joined = np.where(self.ended >= since, np.minimum(self.began, since), since)
        return reaches | hits, self.spans.reaching(joined)[1]


def merge(began: Instants, ended: Instants) -> Spans:
    """Join what overlaps or touches, so that no minute is counted twice; empty intervals vanish."""
    real = ended > began
    order = np.argsort(began[real], kind="stable")
    began, ended = began[real][order], ended[real][order]
    reach = np.maximum.accumulate(ended)
    first = np.ones(len(began), dtype=bool)
    first[1:] = began[1:] > reach[:-1]
    starts = np.flatnonzero(first)
    ends = reach[np.append(starts[1:] - 1, len(began) - 1)] if len(began) else reach
    lengths = ends - began[starts]
    return Spans(began[starts], ends, np.cumsum(lengths) - lengths)


def clip(spans: Spans, start: int) -> Spans:
    """What of the spans lies at or after an instant."""
    return merge(np.maximum(spans.began, start), spans.ended)
