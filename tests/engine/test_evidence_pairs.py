"""One person's duties beside each outage, to the minute."""

import pytest
from makers import RULEBOOK, findings, instant, outages, roster

from reporter.engine.downtime import routes
from reporter.engine.exposure import evidence_pairs, overlaps

AS_OF = "2026-09-10T12:00Z"
PERSON = {
    "person_id": "A1", "permit_kind": "work", "permit_expires_on": "2026-09-15", "sign_in_method": "gckey",
    "population": "worker",
}  # fmt: skip
ACCOUNT = {"services": "ircc_secure_account", "began_at": "2026-09-08T00:00Z", "ended_at": "2026-09-08T01:37Z"}


def laid(*records):
    """The overlaps of the person's extension with these outages, and its finding."""
    record, people = outages(records), roster([PERSON])
    found = findings(people, record, AS_OF)
    shared = overlaps(found, record, routes(RULEBOOK), instant(AS_OF))
    is_renewal = shared["deadline"] == "work-permit-renewal"
    return shared[is_renewal], found[found["deadline"] == "work-permit-renewal"].iloc[0]


def test_the_overlap_is_to_the_minute():
    """An hour and 37 minutes inside the window."""
    assert [97.0] == laid(ACCOUNT)[0]["minutes"].tolist()


def test_one_outage_is_what_the_engine_counted():
    """With one outage, the overlap is the finding's lost_hours, and so are its last 72 hours."""
    late = ACCOUNT | {"began_at": "2026-09-15T20:00Z", "ended_at": "2026-09-16T03:00Z"}
    shared, found = laid(late)

    assert (found["lost_hours"] * 60, found["lost_72h"] * 60) == (shared["minutes"].sum(), shared["minutes_72h"].sum())


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({"ended_at": "2026-09-17T00:00Z", "began_at": "2026-09-15T23:00Z"}, [60.0]),  # cut at the closing instant
        ({"ended_at": None, "began_at": "2026-09-10T11:00Z"}, [60.0]),  # no known end: until as_of
        ({"began_at": "2026-09-16T00:00Z", "ended_at": "2026-09-16T05:00Z"}, [0.0]),  # after it
        ({"status": "cancelled"}, []),
        ({"services": "citizenship_test"}, []),
    ],
)
def test_only_what_falls_in_the_window_counts(changes, minutes):
    """Cut at both ends; open until as_of; nothing for a cancelled one or for a service that is not needed."""
    assert minutes == laid(ACCOUNT | changes)[0]["minutes"].tolist()


SECOND = ACCOUNT | {"outage_id": "late", "began_at": "2026-09-15T20:00Z", "ended_at": "2026-09-16T03:00Z"}


def paired(most=100):
    """The pairs of two people's duties with two outages, the findings they belong to, and how many there are."""
    record, people = outages([ACCOUNT, SECOND]), roster([PERSON, PERSON | {"person_id": "A2"}])
    found = findings(people, record, AS_OF)
    pairs, every = evidence_pairs(found, record, instant(AS_OF), most)
    return pairs, found, every


def test_each_outage_that_a_finding_names_is_a_pair_of_its_own():
    """No pair more and none less than the findings say, in the order of the findings."""
    pairs, found, every = paired()
    named = [(n, key) for n, keys in found["outages"].astype("str").items() for key in keys.split(";") if key]

    assert named == list(zip(pairs["finding"], pairs["outage_id"], strict=True))
    assert len(named) == every


def test_outages_apart_add_up_to_the_hours_lost():
    """Where no two outages are at once, their hours are the finding's: of the window, of 72 and of 24 hours."""
    pairs, found, _ = paired()
    told = pairs.groupby("finding")[["hours", "hours_72h", "hours_24h"]].sum().round(2)
    counted = found.loc[told.index, ["lost_hours", "lost_72h", "lost_24h"]].round(2)

    assert counted.to_numpy().tolist() == told.to_numpy().tolist()


def test_only_the_outage_that_lasts_to_the_cut_off_covers_it():
    """The flag of the pair is that of the finding."""
    pairs, found, _ = paired()

    assert {"late"} == set(pairs.loc[pairs["covers_close"], "outage_id"])
    assert set(found.index[found["covers_close"]]) == set(pairs.loc[pairs["covers_close"], "finding"])


def test_beyond_the_limit_whole_duties_are_left_out_and_counted():
    """No duty stands there with half of its outages."""
    pairs, found, every = paired(most=3)
    first = found.index[found["outages"].astype("str") != ""][0]

    assert {first} == set(pairs["finding"])
    assert every > len(pairs)
