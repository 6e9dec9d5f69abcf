"""The facts of each duty against the outage record, beside a count made hour by hour."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from makers import RULEBOOK, findings, instant, one, outages, roster
from msgspec.structs import replace
from oracle import SURENESS, Duty, Outage, facts
from pandas import DataFrame

from reporter.engine.downtime import information, routes, way_to
from reporter.engine.exposure import evidence_pairs, measure, overlaps, with_confirmed
from reporter.model.shapes import DUTIES, FACTS

ROUTES = routes(RULEBOOK)
INFORMATION = information(RULEBOOK)
CONFIRMED = {name for name in FACTS.names if name.endswith("_confirmed")}
SERVICES = ("ircc_secure_account", "gckey", "signin_partner", "web_form", "ircc_online", "epay", "chatbot")
SPRING = pd.Timestamp("2026-03-06T00:00Z")  # two days before the clocks go forward in Toronto
AUTUMN = pd.Timestamp("2026-10-30T00:00Z")  # two days before they go back
LATER = 24  # hours from the reading that warns to the latest one
EARLIER = 24  # hours from the conservative reading to the one that warns
moments = st.integers(-4, 12).map(lambda half: 12 * half)
"""Hours, on few half days: what begins, ends, opens, closes and is asked falls together again and again."""
records = st.lists(
    st.builds(
        lambda services, began, length, kind, status, verification: Outage(
            frozenset(services), began, None if length is None else began + length, kind, status, verification
        ),
        st.lists(st.sampled_from(SERVICES), min_size=1, max_size=2),
        moments,
        st.sampled_from([None, 0, 1, 12, 24, 36]),
        st.sampled_from(["unplanned", "planned", "security", "degraded", "intermittent"]),
        st.sampled_from(["resolved", "ongoing", "announced", "cancelled"]),
        st.sampled_from(SURENESS),
    ),
    max_size=6,
)
one_route, another = (st.shared(st.sampled_from(sorted(ROUTES)), key=name) for name in ("one", "another"))
windows = st.lists(
    st.tuples(moments, st.sampled_from([1, 12, 24, 48, 84]), one_route | another, st.none() | moments, st.booleans()),
    min_size=1,
    max_size=8,
)

AS_OF = "2026-09-10T12:00Z"
PERSON = {
    "person_id": "A1", "permit_kind": "work", "permit_expires_on": "2026-09-15", "sign_in_method": "gckey",
    "population": "worker",
}  # fmt: skip
ACCOUNT = {"services": "ircc_secure_account", "began_at": "2026-09-08T00:00Z", "ended_at": "2026-09-08T01:37Z"}


def at(epoch: pd.Timestamp, hour: int | None) -> pd.Timestamp | None:
    return None if hour is None else epoch + pd.Timedelta(hours=hour)


def duties(rows: list[tuple[int, int, str, int | None, bool]], epoch: pd.Timestamp) -> DataFrame:
    """DUTIES with these windows, and last one without any instant.

    Of each row: the opening hour, the length, the route, the hour of a filing, and whether only its day is known.
    """
    known = [
        {
            "route": route,
            "opens_at": at(epoch, opens),
            "closes_at": at(epoch, opens + length),
            "over_at": at(epoch, opens + length + LATER),
            "safe_by_at": at(epoch, opens + length - EARLIER),
            "filed_at": at(epoch, filed),
            "filed_from_at": at(epoch, filed) if is_day else None,
        }
        for opens, length, route, filed, is_day in rows
    ]
    whole = DataFrame([*known, {"route": rows[0][2]}])
    instants = {name: pd.to_datetime(whole[name], utc=True) for name in DUTIES.of_kind("instant")}
    said = {
        "group": "status",
        "is_filed": False,
        "is_filed_late": False,
        "deadline": whole["route"].str.split("|").str[0],
    }
    return DUTIES.cast(whole.assign(person_id=whole.index.astype("str"), **said, **instants))


def as_frame(record: list[Outage], epoch: pd.Timestamp) -> DataFrame:
    return outages(
        [
            {
                "outage_id": f"n{number}",
                "services": ";".join(sorted(outage.services)),
                "began_at": at(epoch, outage.began),
                "ended_at": at(epoch, outage.ended),
                "kind": outage.kind,
                "status": outage.status,
                "verification": outage.verification,
            }
            for number, outage in enumerate(record)
        ]
    )


def agree(rows, record, now, epoch, share):
    """Hold every fact of every duty against the count."""
    known, due = as_frame(record, epoch), duties(rows, epoch)
    sure = known[known["verification"].isin(RULEBOOK.limits.confirmed)]
    measured, confirmed = (
        measure(due, one, ROUTES, at(epoch, now), information=INFORMATION, degraded_share=share)
        for one in (known, sure)
    )
    told = with_confirmed(measured, confirmed)
    is_sure = [outage for outage in record if outage.verification in RULEBOOK.limits.confirmed]
    for number, (opens, length, key, filed, is_day) in enumerate(rows):
        closes, way = opens + length, ROUTES[key]
        duty = Duty(
            opens, closes, closes + LATER, way.services, way.alternatives, way.variants, way.upstream,
            closes - EARLIER, None if is_day else filed,
        )  # fmt: skip
        expected = facts(duty, record, now, share, INFORMATION)
        expected["is_down_confirmed"] = facts(duty, is_sure, now)["is_down"]
        expected["outages"] = ";".join(f"n{n}" for n in expected["outages"])
        found = told.iloc[number].to_dict()
        assert at(epoch, expected.pop("last_safe_at")) == found.pop("last_safe_at")
        assert expected == found
    undated = told.iloc[-1]
    assert set(FACTS.of_kind("truth")) == set(undated.index[undated.eq(False)])
    assert set(FACTS.of_kind("label")) == set(undated.index[undated.eq("")])
    assert set(FACTS.names) == {*undated.index[undated.isna()], *FACTS.of_kind("truth"), *FACTS.of_kind("label")}


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=windows,
    record=records,
    now=moments,
    epoch=st.sampled_from([SPRING, AUTUMN]),
    share=st.sampled_from([0.0, 0.5, 1.0]),
)
@example(  # two outages that touch, and reach the cut-off together
    rows=[(0, 24, "study-permit-renewal|gckey", None, False)],
    record=[Outage(frozenset({"gckey"}), 20, 22), Outage(frozenset({"ircc_secure_account"}), 22, 24)],
    now=2,
    epoch=SPRING,
    share=0.0,
)
@example(  # one inside another, and one without end
    rows=[(0, 48, "work-permit-renewal|unknown", 4, False)],
    record=[
        Outage(frozenset({"ircc_online"}), 2, 15),
        Outage(frozenset({"gckey"}), 3, 5),
        Outage(frozenset({"gckey"}), 17, None, status="ongoing"),
    ],
    now=25,
    epoch=AUTUMN,
    share=0.5,
)
@example(  # an outage announced without an end, still ahead
    rows=[(0, 48, "restoration|email", None, False)],
    record=[Outage(frozenset({"epay"}), 33, None, "planned", "announced")],
    now=17,
    epoch=AUTUMN,
    share=0.5,
)
@example(  # over just before, ended as the window opens, begun this moment without end, and long after it
    rows=[(12, 12, "study-permit-renewal|gckey", 12, False), (0, 96, "study-permit-renewal|gckey", 2, True)],
    record=[
        Outage(frozenset({"gckey"}), 0, 1),
        Outage(frozenset({"gckey"}), 2, 12),
        Outage(frozenset({"gckey"}), 12, None, status="ongoing"),
        Outage(frozenset({"gckey"}), 15, 16, "degraded"),
        Outage(frozenset({"gckey"}), 20, 30, "planned", "announced"),
        Outage(frozenset({"gckey"}), 90, 110, "planned", "announced"),
    ],
    now=12,
    epoch=SPRING,
    share=0.0,
)
@example(  # slow hours inside an outage that is announced without an end
    rows=[(0, 24, "study-permit-renewal|gckey", 21, True), (5, 24, "study-permit-renewal|gckey", 6, False)],
    record=[
        Outage(frozenset({"gckey"}), 20, None, "planned", "announced"),
        Outage(frozenset({"gckey"}), 21, 23, "degraded"),
    ],
    now=2,
    epoch=SPRING,
    share=0.5,
)
def test_every_fact_equals_a_count_hour_by_hour(rows, record, now, epoch, share):
    """Whatever the windows and outages, the engine and the slow count agree on every fact."""
    agree(rows, record, now, epoch, share)


PERMIT = {"person_id": "1", "permit_kind": "study", "permit_expires_on": pd.Timestamp("2018-09-10")}
SHUTDOWN = {
    "services": "ircc_online",
    "began_at": "2018-09-10T07:31-04:00",
    "ended_at": "2018-09-10T18:10-04:00",
    "verification": "press",
}


def test_the_shutdown_of_2018_leaves_110_minutes():
    """A permit printed 2018-09-10 has 1.83 usable hours after the service came back, and is critical."""
    found = one(findings(roster([PERMIT]), outages([SHUTDOWN]), "2018-09-10T18:10-04:00"), "study-permit-renewal")

    assert instant("2018-09-11T00:00Z") == found["closes_at"]
    assert 1.83 == round(found["usable_hours"], 2)
    assert 10.65 == round(found["lost_24h"], 2)
    assert "critical" == found["level"]
    assert "last-day-with-outage" == found["rule"]
    assert not found["covers_close"]


@pytest.mark.parametrize(
    ("expires_on", "lost_24h"),
    [("2026-06-08", 0.0), ("2026-06-09", 5.5), ("2026-06-10", 0.0)],
)
def test_the_tuesday_window_touches_only_its_own_utc_day(expires_on, lost_24h):
    """Maintenance from 00:00 to 05:30 in Ottawa is lost time of the permits printed that day alone."""
    window = {
        "services": "ircc_secure_account",
        "began_at": "2026-06-09T00:00-04:00",
        "ended_at": "2026-06-09T05:30-04:00",
        "kind": "planned",
    }
    people = roster([PERMIT | {"permit_expires_on": pd.Timestamp(expires_on)}])
    found = one(findings(people, outages([window]), "2026-06-08T12:00Z"), "study-permit-renewal")

    assert lost_24h == found["lost_24h"]
    assert not found["covers_close"]


@pytest.mark.parametrize(
    ("ended_at", "covers"),
    [("2023-04-18T23:59Z", False), ("2023-04-19T00:00Z", True), ("2023-04-19T00:01Z", True)],
)
def test_an_outage_covers_the_close_when_it_ends_at_or_after_it(ended_at, covers):
    """One minute short of the cut-off is not covered; up to it and past it is."""
    window = {"services": "ircc_secure_account", "began_at": "2023-04-18T22:00Z", "ended_at": ended_at}
    people = roster([PERMIT | {"permit_expires_on": pd.Timestamp("2023-04-18")}])
    found = one(findings(people, outages([window]), "2023-04-17T12:00Z"), "study-permit-renewal")

    assert covers == found["covers_close"]
    assert instant("2023-04-18T22:00Z" if covers else "2023-04-19T00:00Z") == found["last_safe_at"]


@pytest.mark.parametrize(
    ("method", "is_down", "maybe"),
    [("gckey", True, False), ("signin_partner", False, False), ("email", True, True), ("unknown", True, True)],
)
def test_a_credential_that_is_down_stops_only_those_who_use_it(method, is_down, maybe):
    """GCKey down stops the people registered with it, and may stop those whose sign-in is not known."""
    people = roster([PERMIT | {"sign_in_method": method}])
    down = outages([{"services": "gckey", "began_at": "2018-09-01T00:00Z"}])
    found = one(findings(people, down, "2018-09-02T00:00Z"), "study-permit-renewal")

    assert (is_down, maybe) == (found["is_down"], found["is_down_maybe"])


def test_an_information_service_loses_no_filing_time():
    """A status tracker that is down for a month takes no hour from anybody."""
    down = outages([{"services": "status_tracker;chatbot;call_centre", "began_at": "2018-08-15T00:00Z"}])
    gckey = outages([{"services": "gckey;status_tracker", "began_at": "2018-08-15T00:00Z"}])
    people = roster([PERMIT | {"sign_in_method": "gckey"}])
    found = one(findings(people, down, "2018-09-01T00:00Z"), "study-permit-renewal")
    others = [
        one(findings(people, one_of, "2018-09-01T00:00Z"), "study-permit-renewal") for one_of in (gckey, down[:0])
    ]

    assert (0.0, False, True) == (found["lost_hours"], found["is_down"], found["is_info_down"])
    assert [(True, False), (False, False)] == [(other["is_down"], other["is_info_down"]) for other in others]


@pytest.mark.parametrize("kind", ["degraded", "intermittent"])
def test_a_degraded_service_is_counted_apart(kind):
    """Slow is not down: the hours stand in a column of their own."""
    slow = outages(
        [
            {
                "services": "ircc_secure_account",
                "began_at": "2018-09-01T00:00Z",
                "ended_at": "2018-09-01T06:00Z",
                "kind": kind,
            }
        ]
    )
    found = one(findings(roster([PERMIT]), slow, "2018-09-02T00:00Z"), "study-permit-renewal")

    assert (0.0, 6.0) == (found["lost_hours"], found["degraded_hours"])


def test_the_order_of_rows_and_outages_does_not_matter():
    """Permuted rosters and records give the same findings."""
    people = [
        PERMIT | {"person_id": str(n), "permit_expires_on": pd.Timestamp("2018-09-08") + pd.Timedelta(days=n)}
        for n in range(4)
    ]
    record = [SHUTDOWN, {"services": "gckey", "began_at": "2018-09-09T00:00Z"}, SHUTDOWN | {"services": "epay"}]
    named = [row | {"outage_id": f"x{number}"} for number, row in enumerate(record)]
    rows = [row | {"source_row": f"a.xlsx!S:{number}"} for number, row in enumerate(people)]
    straight = findings(roster(rows), outages(named), "2018-09-10T12:00Z")
    turned = findings(roster(rows[::-1]), outages(named[::-1]), "2018-09-10T12:00Z")

    pd.testing.assert_frame_equal(straight.astype("object"), turned.astype("object"))


@pytest.mark.parametrize(("minute", "is_down"), [("05:59", True), ("06:00", False), ("06:01", False)])
def test_an_outage_is_over_at_its_end(minute, is_down):
    """At the very minute of its end nothing is down any more, nor is what is filed then filed while it was."""
    down = outages([{"services": "gckey", "began_at": "2018-09-01T00:00Z", "ended_at": "2018-09-01T06:00Z"}])
    at = f"2018-09-01T{minute}Z"
    filed = PERMIT | {"sign_in_method": "gckey", "application_filed_at": pd.Timestamp(at)}
    told = one(findings(roster([filed]), down, at), "study-permit-renewal")

    assert (is_down, is_down) == (told["is_down"], told["was_down_at_filing"])


@pytest.mark.parametrize(
    ("as_of", "day"), [("2026-09-09T00:00Z", 1), ("2026-09-09T12:00-04:00", 1), ("2026-09-10T12:00-04:00", 2)]
)
def test_the_day_of_a_window_is_counted_from_one(as_of, day):
    """The 90 days to restore status open when the permit has ended: that day is the first."""
    people = roster([PERMIT | {"permit_expires_on": pd.Timestamp("2026-09-08")}])

    assert day == one(findings(people, outages([]), as_of), "restoration")["opened_days"]


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
        ({"ended_at": "2026-09-08T00:01:20Z"}, [1.33]),
        ({"status": "cancelled"}, []),
        ({"services": "citizenship_test"}, []),
    ],
)
def test_only_what_falls_in_the_window_counts(changes, minutes):
    """Cut at both ends; open until as_of; nothing for a cancelled one or for a service that is not needed."""
    assert minutes == laid(ACCOUNT | changes)[0]["minutes"].tolist()


SECOND = ACCOUNT | {"outage_id": "late", "began_at": "2026-09-14T20:00Z", "ended_at": "2026-09-16T03:00Z"}


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
    assert every == len(paired(most=every)[0])
    assert every > len(paired(most=every - 1)[0])


@pytest.mark.parametrize(
    ("ended_at", "covers"), [("2026-09-15T23:59Z", False), ("2026-09-16T00:00Z", True), ("2026-09-16T00:01Z", True)]
)
def test_an_outage_of_the_evidence_covers_the_cut_off_from_its_very_instant_on(ended_at, covers):
    """A minute before it does not; the hours are those before the cut-off."""
    record, people = outages([SECOND | {"ended_at": ended_at}]), roster([PERSON])
    pairs, _ = evidence_pairs(findings(people, record, AS_OF), record, instant(AS_OF), 100)

    assert {covers} == set(pairs.loc[pairs["hours_24h"] > 3, "covers_close"])


def test_the_way_to_a_service_is_the_shortest_and_ends_with_it():
    """Told one after the other: a portal that needs an account that needs a sign-in; none leads where nothing does."""
    one = next(iter(RULEBOOK.services.values()))
    needs = {"portal": ("store", "account"), "store": (), "account": ("store", "sign"), "sign": ("store",), "alone": ()}
    services = {name: replace(one, needs=others, sign_in=()) for name, others in needs.items()}

    assert ("portal", "account", "sign") == way_to(["alone", "portal"], services, "", "sign")
    assert ("portal", "store") == way_to(["portal"], services, "", "store")
    assert ("alone",) == way_to(["portal", "alone"], services, "", "alone")
    assert () == way_to(["portal"], services, "", "alone")
