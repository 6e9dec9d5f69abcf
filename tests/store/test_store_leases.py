"""Whose turn it is: a lease is held by one, kept alive, taken over and given back, on either database."""

import pandas as pd
import pytest

from reporter.store.leases import LEASE, Lease, beat, give_back, lease_of, take

NOON = pd.Timestamp("2026-09-09T12:00Z")
A = Lease("r", "a", "here", "b1", "2026-09-09T12:00:00.000000Z", "2026-09-09T12:00:00.000000Z")
B = Lease("r", "b", "there", "b2", "2026-09-09T12:01:00.000000Z", "2026-09-09T12:01:00.000000Z")


def nobody_knows(_):
    return False


def test_the_first_to_ask_gets_the_lease(store):
    """A lease that nobody holds is given."""
    assert None is take(store, A, NOON, nobody_knows)


def test_a_held_lease_is_not_given(store):
    """The second to ask is told who holds it."""
    take(store, A, NOON, nobody_knows)

    assert A == take(store, B, NOON, nobody_knows)


def test_a_lease_given_back_is_free(store):
    """After the end of a run the next one may begin."""
    take(store, A, NOON, nobody_knows)
    give_back(store, A, NOON)

    assert None is take(store, B, NOON, nobody_knows)


@pytest.mark.parametrize(("silent", "is_given"), [(LEASE, False), (LEASE + pd.Timedelta(seconds=1), True)])
def test_a_silent_holder_loses_the_lease(store, silent, is_given):
    """Three missed signs of life, and the lease is taken over."""
    take(store, A, NOON, nobody_knows)

    assert is_given == (take(store, B, NOON + silent, nobody_knows) is None)


def test_a_sign_of_life_keeps_the_lease(store):
    """A long run that shows it is alive is left alone."""
    take(store, A, NOON, nobody_knows)
    beat(store, A, NOON + LEASE)

    assert "a" == take(store, B, NOON + LEASE + LEASE, nobody_knows).holder


def test_whoever_lost_the_lease_is_told(store):
    """A run that slept through the loss of its lease learns of it at its next sign of life."""
    take(store, A, NOON, nobody_knows)
    take(store, B, NOON, lambda _: True)

    assert not beat(store, A, NOON)


def test_a_late_return_does_not_free_anothers_lease(store):
    """Giving back what was lost changes nothing."""
    take(store, A, NOON, nobody_knows)
    take(store, B, NOON, lambda _: True)
    give_back(store, A, NOON)

    assert "b" == lease_of(store, "r").holder
