"""Several files as one record."""

from itertools import permutations

import pandas as pd
import pytest

from reporter.model.shapes import OUTAGES, require
from reporter.outages.reading import OutageReading, merge_readings


def ids(reading):
    return reading.outages["outage_id"].to_list()


@pytest.mark.parametrize("order", list(permutations(["a", "b", "c"])))
def test_the_order_of_files_does_not_matter(read, order):
    """Whatever the order of files, the outages come by beginning, then by id."""
    readings = [read({"outage_id": name}, name=name) for name in order]

    assert ["a", "b", "c"] == ids(merge_readings(readings))


def test_an_outage_in_two_files_counts_once(read):
    """The same content in two files is one outage, with a word."""
    whole = merge_readings([read({}, name="first"), read({}, name="second")])

    assert (["one"], ["outage_same_twice"]) == (ids(whole), [p.code for p in whole.problems])


def test_the_later_file_corrects_the_earlier(read):
    """The same id with another end: the later file is believed, and the warning names both rows."""
    whole = merge_readings([read({}, name="first"), read({"ended_at": "2026-09-01T13:00Z"}, name="second")])
    (problem,) = whole.problems

    assert (["second.csv:2"], ("first.csv", 2, "first.csv:2", "second.csv:2")) == (
        whole.outages["source_row"].to_list(),
        (problem.source, problem.row, problem.details["dropped"], problem.details["kept"]),
    )


def test_the_problems_of_all_files_are_kept(read):
    """Gathering loses no problem."""
    whole = merge_readings(
        [read({"began_at": ""}, name="first"), read({"kind": "x", "outage_id": "two"}, name="second")]
    )

    assert ["outage_began_missing", "outage_word_unknown"] == [p.code for p in whole.problems]


def test_the_record_reaches_as_far_as_its_latest_file():
    """Of several promises of completeness the latest counts; a file without one takes none away."""
    ends = [pd.Timestamp("2026-09-01", tz="UTC"), None, pd.Timestamp("2026-09-08", tz="UTC")]
    whole = merge_readings([OutageReading(OUTAGES.empty(), (), "0", end) for end in ends])

    assert ends[2] == whole.complete_to


def test_no_file_at_all_is_an_empty_record():
    """Nothing gathered has the right shape and promises nothing."""
    whole = merge_readings([])

    assert (0, None) == (len(require(whole.outages, OUTAGES)), whole.complete_to)
