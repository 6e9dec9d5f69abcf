"""Random rosters across both changes of the clocks, beside the calendar and a count hour by hour."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from makers import RULEBOOK, findings, outages, roster
from oracle import Duty, Outage, Person, due, facts

from reporter.engine.downtime import routes

ROUTES = routes(RULEBOOK)
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)  # the clocks change in Toronto
SERVICES = ("ircc_secure_account", "gckey", "ircc_online", "iec", "epay", "web_form")
HOURS = (
    "left_hours", "lost_hours", "lost_72h", "lost_24h", "degraded_hours", "usable_hours", "usable_hours_worst",
)  # fmt: skip
EXACT = ("is_past", "is_over", "is_down", "covers_close", "is_cover_open", "was_down_at_close", "all_routes_down")
near = st.integers(min_value=-12, max_value=12)
hours = st.integers(min_value=-12 * 24, max_value=12 * 24)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "permit": st.sampled_from(["study", "work", "pgwp"]),
            "expires": near,
            "issued": st.none() | st.integers(min_value=-400, max_value=-60),
            "completed": st.none() | st.integers(min_value=-100, max_value=-78),
            "leaves": st.none() | near,
            "decision": st.none() | st.integers(min_value=-17, max_value=-6),
            "accepted": st.none() | st.integers(min_value=-22 * 24, max_value=-18 * 24),
            "filed": st.none() | hours,
        }
    ),
    min_size=1,
    max_size=4,
)
RECORD = st.lists(
    st.builds(
        lambda services, began, length, kind, status: Outage(
            frozenset(services), began, None if length is None else began + length, kind, status
        ),
        st.lists(st.sampled_from(SERVICES), min_size=1, max_size=2),
        hours,
        st.none() | st.integers(min_value=1, max_value=80),
        st.sampled_from(["unplanned", "planned", "degraded"]),
        st.sampled_from(["resolved", "ongoing", "cancelled"]),
    ),
    max_size=4,
)


def read(told, epoch):
    """A person from days and hours around the change of the clocks; dates that could not be are left out."""
    day = {name: None if told[name] is None else epoch + timedelta(days=told[name]) for name in
           ("expires", "issued", "completed", "leaves", "decision")}  # fmt: skip
    at = {name: None if told[name] is None else start(epoch) + timedelta(hours=told[name]) for name in
          ("accepted", "filed")}  # fmt: skip
    only_study = day | ({} if told["permit"] == "study" else {"completed": None})
    one_letter = at if day["decision"] is None else at | {"accepted": None}
    return Person(told["permit"], **only_study, **one_letter)


def start(epoch):
    return datetime(epoch.year, epoch.month, epoch.day, tzinfo=UTC)


def as_row(number, person):
    """The row of the roster that says the same."""
    letter = {"letter_kind": "decision", "letter_dated_on": person.decision} if person.decision else {}
    if person.accepted:
        letter = {"letter_kind": "iec_work_permit", "letter_dated_on": person.accepted.date()}
        letter |= {"letter_dated_at": person.accepted}
    dates = {
        "permit_expires_on": person.expires,
        "permit_issued_on": person.issued,
        "completed_on": person.completed,
        "must_leave_by_on": person.leaves,
    }
    words = {name: letter.pop(name) for name in ("letter_kind",) if name in letter}
    words |= {"application_kind": "extension"} if person.filed else {}
    told = {name: value for name, value in (dates | letter).items() if value is not None}
    told |= {"application_filed_at": person.filed} if person.filed else {}
    person_of = {"person_id": f"P{number}", "permit_kind": person.permit, "sign_in_method": "gckey"}
    return person_of | words | {name: pd.Timestamp(value) for name, value in told.items()}


def as_frame(record, epoch):
    def at(hour):
        return None if hour is None else pd.Timestamp(start(epoch) + timedelta(hours=hour))

    return outages(
        [
            {"outage_id": f"n{number}", "services": ";".join(sorted(one.services)), "began_at": at(one.began),
             "ended_at": at(one.ended), "kind": one.kind, "status": one.status, "verification": "official"}
            for number, one in enumerate(record)
        ]
    )  # fmt: skip


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(people=PEOPLE, record=RECORD, now=hours, epoch=st.sampled_from([SPRING, AUTUMN]))
def test_a_roster_is_judged_on_the_dates_and_hours_that_a_calendar_gives(people, record, now, epoch):
    """Every duty of every person has the windows of a calendar and the facts of a count hour by hour, and no other."""
    known, as_of = [read(told, epoch) for told in people], start(epoch) + timedelta(hours=now)
    found = findings(roster(as_row(n, person) for n, person in enumerate(known)), as_frame(record, epoch), str(as_of))
    found = found.set_index(["person_id", "deadline"])

    for number, person in enumerate(known):
        expected = due(person, as_of)
        assert set(expected) == set(found.loc[f"P{number}"].index)
        for deadline, (opens, closes, over) in expected.items():
            row = found.loc[(f"P{number}", deadline)]
            assert (opens, closes, over) == (row["opens_at"], row["closes_at"], row["over_at"]), deadline
            route = ROUTES[f"{deadline}|gckey"]
            steps = [int((instant - start(epoch)) / timedelta(hours=1)) for instant in (opens, closes, over)]
            counted = facts(Duty(*steps, route.services, tuple(route.alternatives)), record, now)
            for name in HOURS:
                assert counted[name] == pytest.approx(row[name], abs=1e-9), (deadline, name)
            for name in EXACT:
                assert counted[name] == row[name], (deadline, name)
