"""What a look shows beside what is known; and which sources say that their lists are whole."""

import json

import pandas as pd
import pytest

from reporter.model.shapes import OUTAGES
from reporter.outages.door import ended_by, read_document, settle_states
from reporter.outages.source import OutageReading, Snapshot, SourceDocument, Whole

NAMES = {"gckey": "gckey"}
LOOK = pd.Timestamp("2026-09-10T12:00Z")
BEFORE = pd.Timestamp("2026-09-10T09:00Z")


def known(outage_id="page:a", began="2026-09-10T08:00Z", ended=None, status="ongoing"):
    """One outage on record."""
    row = {"outage_id": outage_id, "services": "gckey", "kind": "unplanned", "status": status, "note": "said"}
    times = {"began_at": pd.Timestamp(began), "ended_at": pd.Timestamp(ended) if ended else None}
    blank = {name: "" for name in OUTAGES.names if name not in (*row, *times, "announced_at")}
    return OUTAGES.cast(pd.DataFrame([row | times | blank | {"announced_at": None}]))


def look(**seen):
    """A reading without outages that saw this."""
    return OutageReading(OUTAGES.empty(), (), "", **seen)


def settled(reading, *frames, own=None, last_look=BEFORE):
    """What the look makes of what is known, as (id, end, status, note)."""
    found = settle_states(reading, pd.concat(frames), own=own, last_look=last_look, source="page")
    ends = found.outages["ended_at"].dt.strftime("%d %H:%M").fillna("")
    return [*zip(found.outages["outage_id"], ends, found.outages["status"], found.outages["note"], strict=True)]


def test_an_outage_gone_from_a_whole_list_is_over():
    """At the first look without it; its note names the last sight too."""
    expected = "[ended_at: 2026-09-10T09:00Z – 2026-09-10T12:00Z] said"

    assert [("page:a", "10 12:00", "resolved", expected)] == settled(look(whole=(Whole("page:", LOOK),)), known())


def test_one_never_seen_since_it_began_has_its_beginning_for_a_bound():
    """The look before it was earlier than the outage."""
    assert "08:00Z – " in settled(look(whole=(Whole("page:", LOOK),)), known(), last_look=None)[0][3]


@pytest.mark.parametrize(
    ("whole", "row"),
    [
        (Whole("other:", LOOK), known()),
        (Whole("page:", LOOK, since=pd.Timestamp("2026-09-10T08:01Z")), known()),
        (Whole("page:", LOOK, told_to=pd.Timestamp("2026-09-10T07:59Z")), known()),
        (Whole("page:", LOOK), known(status="resolved", ended="2026-09-10T08:30Z")),
        (Whole("page:", LOOK), known(began="2026-09-11T08:00Z", status="announced")),
    ],
)
def test_what_a_list_could_not_name_stays(whole, row):
    """Another source's, one older than the list or newer than its writing, one that is over, one still to come."""
    assert [] == settled(look(whole=(whole,)), row)


def test_a_list_that_goes_back_far_enough_ends_what_is_gone():
    """The incident began after the oldest entry of a full list."""
    whole = Whole("page:", LOOK, since=pd.Timestamp("2026-09-10T08:00Z"))

    assert 1 == len(settled(look(whole=(whole,)), known()))


def test_an_outage_another_page_told_stays():
    """Ids of one form are no sign of one source."""
    assert [] == settled(look(whole=(Whole("page:", LOOK),)), known(), own={"page:b"})


def test_one_that_stands_in_the_list_stays_open():
    """The list itself tells how it stands."""
    reading = OutageReading(known(), (), "", whole=(Whole("page:", LOOK),))

    assert [("page:a", "", "ongoing", "said")] == settled(reading, known())


def test_a_stated_end_that_has_passed_is_its_end():
    """A maintenance that is over by its own account leaves no doubt."""
    row = known(ended="2026-09-10T10:00Z")

    assert [("page:a", "10 10:00", "resolved", "said")] == settled(look(whole=(Whole("page:", LOOK),)), row)


def test_an_announced_window_that_is_gone_is_told():
    """It may have been called off: for somebody to say."""
    reading = settle_states(look(whole=(Whole("page:", LOOK),)), known(began="2026-09-11T08:00Z", status="announced"))

    assert ["source_gone_before_start"] == [problem.code for problem in reading.problems]


def test_a_first_sight_is_never_moved_later():
    """A page that only says when it was updated last does not make the outage younger at each look."""
    reading = OutageReading(known(began="2026-09-10T11:00Z"), (), "", first_seen=frozenset({"page:a"}))

    assert ["08:00"] == settle_states(reading, known()).outages["began_at"].dt.strftime("%H:%M").to_list()


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ({}, "12 10:00"),
        ({"2026-09-10": 90.0}, "10 21:30"),
        ({"2026-09-10": 240.0, "2026-09-11": 360.0}, "11 06:00"),
        ({"2026-09-10": 235.0, "2026-09-11": 1440.0, "2026-09-12": 30.0}, "12 00:30"),
        ({"2026-09-10": 90.0, "2026-09-11": 360.0}, "10 21:30"),
        ({"2026-09-10": 5000.0}, "11 00:00"),
    ],
)
def test_a_monitor_that_counts_minutes_says_when_it_was_up_again(minutes, expected):
    """Not the next look, which may be a week later."""
    state = Snapshot("site", pd.Timestamp("2026-09-12T10:00Z"), False, minutes)

    assert expected == f"{ended_by(pd.Timestamp('2026-09-10T20:00Z'), state):%d %H:%M}"


def page(parts=(), incidents=(), **lists):
    """A Statuspage document."""
    whole = {"page": {"url": "https://s.example", "updated_at": "2026-09-10T11:00Z"}, "incidents": list(incidents)}
    return whole | ({"components": list(parts), "scheduled_maintenances": []} if lists.get("summary", True) else {})


def read(document, as_of=LOOK):
    """A document as it was looked at."""
    return read_document(SourceDocument("page", json.dumps(document).encode(), NAMES, as_of=as_of))


def part(status, name="GCKey"):
    """A component of a summary."""
    return {"id": "c1", "name": name, "status": status}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("major_outage", "unplanned"),
        ("partial_outage", "unplanned"),
        ("degraded_performance", "degraded"),
        ("under_maintenance", "planned"),
        ("melted", "unplanned"),
    ],
)
def test_a_component_down_without_an_incident_is_an_outage_from_its_first_sight(status, kind):
    """Nothing on the page says since when."""
    outages = read(page([part(status)])).outages

    assert [("gckey", "10 12:00", kind, True)] == [
        (one.services, f"{one.began_at:%d %H:%M}", one.kind, pd.isna(one.ended_at)) for one in outages.itertuples()
    ]


def test_a_component_that_stays_down_is_one_outage_and_ends_when_it_is_up():
    """Three looks, one outage."""
    first = read(page([part("major_outage")])).outages
    again = settle_states(read(page([part("major_outage")]), LOOK + pd.Timedelta("1D")), first)
    over = settle_states(read(page([part("operational")]), LOOK + pd.Timedelta("2D")), first)

    assert (0, ["2026-09-12 12:00"]) == (
        len(again.outages), over.outages["ended_at"].dt.strftime("%Y-%m-%d %H:%M").to_list()
    )  # fmt: skip


def test_a_component_that_gets_worse_is_an_outage_of_its_own():
    """Slow on Monday does not hide down on Tuesday."""
    slow = read(page([part("degraded_performance")])).outages
    worse = settle_states(read(page([part("major_outage")]), LOOK + pd.Timedelta("1D")), slow).outages

    assert [("degraded", False), ("unplanned", True)] == [
        (one.kind, pd.isna(one.ended_at)) for one in worse.sort_values("kind").itertuples()
    ]


INCIDENT = {"id": "a", "name": "GCKey", "status": "investigating", "created_at": "2026-09-10T08:00Z"}


def test_an_incident_gone_from_a_summary_is_over():
    """It had stayed open for ever."""
    before = read(page(incidents=[INCIDENT])).outages
    after = settle_states(read(page(), LOOK + pd.Timedelta("1h")), before, source="page")

    assert ([False], ["source_gone"]) == (
        after.outages["ended_at"].isna().to_list(), [problem.code for problem in after.problems]
    )  # fmt: skip


def test_a_full_list_says_nothing_of_what_is_older():
    """A page shows its newest fifty."""
    full = [INCIDENT | {"id": f"i{n}", "created_at": "2026-09-10T09:00Z"} for n in range(50)]
    (whole,) = read(page(incidents=full, summary=False)).whole

    assert pd.Timestamp("2026-09-10T09:00Z") == whole.since


@pytest.mark.parametrize("document", [[INCIDENT | {"impact": "major"}], {"incident": INCIDENT}])
def test_what_is_no_list_of_a_page_is_not_whole(document):
    """One incident, or a cut of an export."""
    assert () == read(document).whole
