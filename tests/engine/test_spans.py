"""Interval arithmetic held against sets of minutes: every question at every minute, for any intervals."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reporter.engine.spans import WithOutage, clip, merge

MINUTES = np.arange(-2, 13)
"""Wider than any interval below, by two on either side."""
PAIRS = np.array([(start, end) for start in MINUTES for end in MINUTES]).T
INTERVALS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), max_size=5)
TOUCHING, NESTED, APART, NOTHING = (
    [(3, 5), (0, 3)],
    [(0, 9), (2, 4), (5, 9)],
    [(0, 2), (4, 6), (8, 9)],
    [(4, 4), (6, 2)],
)
any_intervals = settings(max_examples=150, deadline=None)


def spans(intervals):
    return merge(*np.array(intervals, dtype=np.int64).reshape(-1, 2).T)


def minutes(*intervals):
    """Each minute that one of the intervals lasts through."""
    return {minute for began, ended in intervals for minute in range(began, ended)}


def stretch_to(at, held):
    """Where the unbroken stretch begins that reaches an instant; the instant itself where none does."""
    while at - 1 in held:
        at -= 1
    return at


@any_intervals
@given(INTERVALS)
@example(TOUCHING)
@example(NESTED)
@example(APART)
@example(NOTHING)
def test_merged_spans_are_the_unbroken_stretches(intervals):
    """What overlaps or touches is one, in order; what has no length is none; and each knows what lies before it."""
    held = minutes(*intervals)
    began = sorted(minute for minute in held if minute - 1 not in held)
    ended = sorted(minute + 1 for minute in held if minute + 1 not in held)
    merged = spans(intervals)

    assert (began, ended) == (merged.began.tolist(), merged.ended.tolist())
    assert [len({minute for minute in held if minute < start}) for start in began] == merged.before.tolist()


@any_intervals
@given(INTERVALS)
@example(TOUCHING)
@example(NESTED)
@example(APART)
@example(NOTHING)
def test_spans_answer_as_a_set_of_minutes_does(intervals):
    """How much lies before and between instants, what holds one, and what reaches it and from where."""
    held, merged = minutes(*intervals), spans(intervals)
    reaching, since = merged.reaching(MINUTES)

    assert [len({minute for minute in held if minute < at}) for at in MINUTES] == merged.total(MINUTES).tolist()
    assert [len(held & {*range(*pair)}) for pair in PAIRS.T] == merged.within(*PAIRS).tolist()
    assert [at in held for at in MINUTES] == merged.holding(MINUTES).tolist()
    assert [at - 1 in held for at in MINUTES] == reaching.tolist()
    assert [stretch_to(at, held) for at in MINUTES] == since.tolist()
    assert [at for at in MINUTES if at in held and at >= 4] == MINUTES[clip(merged, 4).holding(MINUTES)].tolist()


@any_intervals
@given(INTERVALS, st.tuples(st.integers(0, 10), st.integers(1, 10)))
@example(TOUCHING, (5, 3))
@example(APART, (2, 2))
@example(APART, (5, 1))
@example(NOTHING, (3, 2))
def test_one_more_outage_answers_as_if_it_had_been_merged(intervals, more):
    """Beside each row's own interval, nothing is counted twice, and an unbroken stretch may run through both."""
    began, ended = more[0], sum(more)
    held = minutes(*intervals, (began, ended))
    alone, pairs = (
        WithOutage(spans(intervals), *np.full((2, n), [[began], [ended]])) for n in (len(MINUTES), len(PAIRS.T))
    )
    reaching, since = alone.reaching(MINUTES)

    assert [len(held & {*range(*pair)}) for pair in PAIRS.T] == pairs.within(*PAIRS).tolist()
    assert [at - 1 in held for at in MINUTES] == reaching.tolist()
    assert [stretch_to(at, held) for at in MINUTES] == since.tolist()
