"""One model of people: each once, by the worst of all their duties, the gravest first."""

from itertools import permutations
from typing import Any

import pandas as pd
import pytest
from pandas import Timedelta, Timestamp

from reporter.report.people import Fact, people_at_risk, state_of

TODAY = Timestamp("2026-11-30")
AS_OF = Timestamp("2026-11-30T13:00Z")


def duty(person: str = "P", days: float = 20, **changes: Any) -> Fact:
    """A duty as the writers see it, so many days before its last day; `changes` replace its facts."""
    closes = AS_OF + Timedelta(days=days)
    last_day = (closes - Timedelta(hours=13)).tz_localize(None).normalize()
    past = days <= 0
    return {
        "person_id": person, "holder": "person", "deadline": "work-permit-renewal", "level": "high",
        "closes_at": closes, "closes_on": last_day, "last_safe_at": closes, "last_safe_local": "an hour",
        "left_hours": 24.0 * days, "left_days": days // 1, "is_past": past, "is_over": past,
        "is_filed": False, "is_down": False,
        "disposition": "missed" if past else "open", "lost_72h": 0.0, "who": "the office",
        "time_zone": "America/Toronto", "date_certainty": "clear",
    } | changes  # fmt: skip


STANDING = (
    ("ended", duty(days=-3)),
    ("late", duty(days=-3, is_filed=True, disposition="late")),
    ("refused", duty(days=-3, is_filed=True, disposition="refused")),
    ("careful", duty(days=-3, is_over=False, disposition="open")),
    ("doubtful", duty(days=-3, date_certainty="ambiguous")),
    ("doubtful", duty(days=-3, date_certainty="uncertain", is_filed=True, disposition="late")),
    ("refused", duty(days=-3, date_certainty="uncertain", is_filed=True, disposition="refused")),
    ("hours", duty(days=3, date_certainty="uncertain")),
    ("hours", duty(days=3)),
    ("waiting", duty(days=3.1)),
    ("down", duty(days=3.1, is_down=True)),
    ("down", duty(days=7.5, is_down=True)),  # a Monday to the next: seven days, whatever the hours
    ("waiting", duty(days=8.1, is_down=True)),  # somebody with more than a week has nothing to do today
    ("hours", duty(days=2, is_down=True)),
    ("waiting", duty(days=2, is_filed=True, is_down=True, disposition="in_time")),
    ("unread", duty(days=-3, level="data_problem")),
    ("waiting", duty(days=-3, last_safe_local=float("nan"))),  # nothing is filed by it: a passport that ran out
)


@pytest.mark.parametrize(("state", "one"), STANDING)
def test_a_duty_stands_by_its_gravest_fact(state: str, one: Fact) -> None:
    """How a duty stands follows from its own facts, on both sides of each edge."""
    assert state == state_of(one)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_person_stands_by_the_worst_of_all_duties(order: tuple[int, ...]) -> None:
    """A permit that ended speaks for the person, not the far date by which the status can be restored."""
    duties = [
        duty(days=-3, level="critical"),
        duty(days=87, level="critical", deadline="restoration"),
        duty(days=5, level="medium", deadline="document"),
    ]

    (person,) = people_at_risk([duties[n] for n in order], TODAY)

    assert ("ended", TODAY) == (person.state, person.act_on)
    assert "work-permit-renewal" == person.lead["deadline"]
    assert 3 == len(person.duties)


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_people_stand_by_consequence_then_by_day(order: tuple[int, ...]) -> None:
    """An hour that runs out next does not push back somebody whose case is graver, in whatever order they come."""
    duties = [
        duty("ended", days=-30, level="critical"),
        duty("today", days=0.2, level="critical"),
        duty("tomorrow", days=1.2, level="critical"),
        duty("high-soon", days=0.1),
        duty("high-later", days=9),
    ]

    people = people_at_risk([duties[n] for n in order], TODAY)

    assert ["ended", "today", "tomorrow", "high-soon", "high-later"] == [person.person_id for person in people]


def test_lost_time_is_counted_over_all_duties_of_a_person() -> None:
    """Whoever lost hours before a cut-off that is past has lost them, also where another duty leads."""
    (person,) = people_at_risk([duty(days=-1, level="critical"), duty(days=9, lost_72h=5.0)], TODAY)

    assert person.has_lost_time


@pytest.mark.parametrize(
    ("last_safe", "place", "expected"),
    [
        ("2026-12-10T00:00Z", "America/Toronto", "2026-12-09"),
        ("2026-12-09T05:00Z", "America/Toronto", "2026-12-08"),  # midnight in Ottawa ends the day before
        ("2026-12-09T05:01Z", "America/Toronto", "2026-12-09"),
        ("2026-12-09T05:01Z", "America/Vancouver", "2026-12-08"),
    ],
)
def test_the_next_action_lies_before_an_announced_outage(last_safe: str, place: str, expected: str) -> None:
    """The day to act by is that of the last dependable hour, on the person's own calendar."""
    one = duty(closes_on=Timestamp("2026-12-09"), last_safe_at=Timestamp(last_safe), time_zone=place)
    (person,) = people_at_risk([one], TODAY)

    assert Timestamp(expected) == person.act_on


def test_a_person_without_a_date_stands_after_those_with_one() -> None:
    """No date is no day to act by, and no reason to vanish."""
    nowhere = dict.fromkeys(("closes_at", "closes_on", "last_safe_at"), pd.NaT)
    people = people_at_risk([duty("b", left_hours=float("nan"), **nowhere), duty("a")], TODAY)

    assert ["a", "b"] == [person.person_id for person in people]
