"""Two years unattended: what is kept stays bounded, and the last week's work is that of the second."""

import pytest
from year import Office, sizes, weeks

from reporter.settings import RetentionSettings

WEEKS, PEOPLE, READERS = 104, 12, 2
EARLY, LATE = range(24, 28), range(WEEKS - 4, WEEKS)
"""By the first every class of what is kept has begun to go, so that from then on the weeks are alike."""
LIMITS = RetentionSettings(runs=140, digests=100, renderings=30, outbox=60, captures=60)
A_WEEK = 40_000
"""Bytes: at most so much more of the store each week, for what is kept for good: who was told what and when, of two
readers and the office, what a source said, the figures of the run and the record of all of them."""


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    """The work of each week, that of the look after it, and what is on the disk when it is over."""
    office = Office(tmp_path_factory.mktemp("year") / "home", PEOPLE, READERS, LIMITS)
    found = []
    for _, report, idle in weeks(office, WEEKS, calls=(*EARLY, *LATE)):
        found.append((report, idle, sizes(office)))
    return found


def middle(values):
    return sorted(values)[len(values) // 2]


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_the_last_weeks_cost_what_the_early_ones_did(years):
    """In questions to the store, in its steps and in calls of functions; the look when nothing is due as well."""
    for part, factor in ((0, 1.03), (1, 1.25)):  # a look goes by the names of all run folders
        early, late = ([years[n][part] for n in when] for when in (EARLY, LATE))

        assert middle([one.statements for one in late]) <= middle([one.statements for one in early]) + 10
        assert middle([one.calls for one in late]) <= factor * middle([one.calls for one in early])
    steps = [middle([years[n][0].steps for n in when]) for when in (EARLY, LATE)]
    mails = (WEEKS - EARLY[0]) * (READERS + 1)

    assert (
        steps[1] - steps[0] <= 0.6 * mails
    )  # thousands: a few hundred steps for each mail on record, some microseconds


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_what_is_kept_stays_within_its_bounds(years):
    """Run folders and captured pages stop growing; of the store grows only what is kept for good."""
    early, late = years[EARLY[-1]][2], years[-1][2]
    week = years[0][2]["reporter-out"]

    assert late["reporter-out"] <= 1.1 * early["reporter-out"] + (WEEKS - EARLY[-1]) * 20_000  # manifests stay
    assert late["reporter-out"] <= 0.35 * WEEKS * week
    assert late["captures"] <= WEEKS * 400  # the captured file of each week, on which the ledger rests
    assert late["store"] <= early["store"] + (WEEKS - EARLY[-1]) * A_WEEK
