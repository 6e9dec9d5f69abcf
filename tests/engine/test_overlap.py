"""engine/overlap.py: one person's duties beside each outage, to the minute."""

import pytest
from makers import RULEBOOK, findings, instant, outages, roster

from reporter.engine.overlap import overlaps
from reporter.engine.routes import routes

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
