"""A calendar of maintenance windows as outages."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import only, utc

from reporter.errors import OutageFileError
from reporter.model.shapes import OUTAGES, require
from reporter.outages.door import read_document
from reporter.outages.source import SourceDocument

NAMES = {"gckey": "gckey", "ircc portal": "ircc_portal"}
EVENT = {
    "UID": "w1@example",
    "SUMMARY": "GCKey maintenance",
    "DTSTART": "20260908T040000Z",
    "DTEND": "20260908T093000Z",
}
TORONTO = "DTSTART;TZID=America/Toronto"


def calendar(*events, head=""):
    """Events (property with its parameters → value; None leaves it out) as a calendar."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *head.split()]
    for event in events:
        told = [f"{name}:{value}" for name, value in event.items() if value is not None]
        lines += ["BEGIN:VEVENT", *told, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def read(*events, head="", **told):
    return read_text(calendar(*events, head=head), **told)


def read_text(content, **told):
    raw = content if isinstance(content, bytes) else content.encode()
    return read_document(SourceDocument("windows.ics", raw, NAMES, **told))


def begins(name, value, **others):
    """EVENT with another beginning, and without an end unless one is given."""
    rest = {key: value for key, value in EVENT.items() if key not in ("DTSTART", "DTEND")}
    return {**rest, name: value} | others


def codes(reading):
    return [problem.code for problem in reading.problems if problem.severity != "info"]


def times(reading):
    row = only(reading)
    return row["began_at"], row["ended_at"]


def starts(reading):
    return [f"{at:%m-%dT%H:%M}" for at in reading.outages["began_at"]]


def test_an_event_is_a_planned_outage():
    """From DTSTART to DTEND, under its UID, for the service its summary names."""
    reading = read(EVENT)
    row = only(reading)

    require(reading.outages, OUTAGES)
    assert ("ical:w1@example", "gckey", utc("2026-09-08T04:00"), utc("2026-09-08T09:30"), "planned") == tuple(
        row[name] for name in ("outage_id", "services", "began_at", "ended_at", "kind")
    )


def test_a_duration_is_as_good_as_an_end():
    """PT5H30M after the beginning."""
    assert utc("2026-09-08T09:30") == times(read(begins("DTSTART", "20260908T040000Z", DURATION="PT5H30M")))[1]


def test_an_hour_is_an_hour_when_the_clocks_go_back():
    """Three hours from 00:00 in the night of 1 November end at 02:00 on Ottawa's clock."""
    reading = read(begins(TORONTO, "20261101T000000", DURATION="PT3H"))

    assert (utc("2026-11-01T04:00"), utc("2026-11-01T07:00")) == times(reading)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (TORONTO, "20260908T000000", "2026-09-08T04:00"),
        ("DTSTART;TZID=America/Vancouver", "20261215T000000", "2026-12-15T07:00"),
        ("DTSTART", "20260908T000000", "2026-09-08T04:00"),
        ("DTSTART", "20260908T040000Z", "2026-09-08T04:00"),
    ],
)
def test_a_time_is_read_in_its_zone_and_a_floating_one_in_ottawas(name, value, expected):
    """TZID, nothing, or UTC."""
    assert utc(expected) == times(read(begins(name, value, DURATION="PT1H")))[0]


@pytest.mark.parametrize(
    ("zone", "began"), [("America/Vancouver", "07:00"), ("America/Montreal", "04:00"), ("Nowhere", "04:00")]
)
def test_a_calendar_names_the_zone_of_its_floating_times(zone, began):
    """They were Ottawa's, three hours off; a time with its own zone is what it says."""
    head = f"X-WR-TIMEZONE:{zone}"
    own = begins("DTSTART;TZID=America/Toronto", "20260908T000000", UID="own")

    assert [f"09-08T{began}"] == starts(read(begins("DTSTART", "20260908T000000"), head=head))
    assert ["09-08T04:00"] == starts(read(own, head=head))


def test_a_zone_nobody_knows_is_ottawas_and_told():
    """Never silently UTC."""
    reading = read(begins("DTSTART;TZID=Mars/Phobos", "20260908T000000", DURATION="PT1H"))

    assert (utc("2026-09-08T04:00"), ["source_zone_unknown"]) == (times(reading)[0], codes(reading))


@pytest.mark.parametrize(
    ("last", "expected"),
    [("20260910", "2026-09-10T04:00"), ("20260911", "2026-09-11T04:00"), (None, "2026-09-10T04:00")],
)
def test_an_all_day_event_ends_before_the_day_its_end_names(last, expected):
    """DTEND is the first free day; without it the event is one day."""
    event = begins("DTSTART;VALUE=DATE", "20260909") | {"DTEND;VALUE=DATE": last}
    reading = read(event)

    assert (utc("2026-09-09T04:00"), utc(expected), "day") == (*times(reading), only(reading)["precision"])


def test_an_event_without_an_end_is_open():
    """The reading that loses no down time, with a warning."""
    reading = read(EVENT | {"DTEND": None})

    assert (True, ["source_event_without_end"]) == (pd.isna(only(reading)["ended_at"]), codes(reading))


@pytest.mark.parametrize(
    ("event", "head"), [({"STATUS": "CANCELLED"}, ""), ({}, "METHOD:CANCEL"), ({"SUMMARY": "CANCELED: GCKey"}, "")]
)
def test_a_cancelled_event_is_cancelled(event, head):
    """By its own status, because the whole calendar calls off, or in the first word of its title."""
    assert "cancelled" == only(read(EVENT | event, head=head))["status"]


def test_of_two_versions_the_later_sequence_stands():
    """Whatever their order in the file."""
    assert "New" == only(read(EVENT | {"SEQUENCE": "2", "SUMMARY": "New"}, EVENT | {"SEQUENCE": "1"}))["title"]


@pytest.mark.parametrize(
    ("category", "kind", "services"), [("Security", "security", "gckey"), ("IRCC Portal", "planned", "ircc_portal")]
)
def test_a_category_is_a_kind_or_a_component(category, kind, services):
    """A word of the closed list is the kind; any other names what is down."""
    row = only(read(EVENT | {"CATEGORIES": category}))

    assert (kind, services) == (row["kind"], row["services"])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;COUNT=3;BYDAY=TU", ["10-27T04:00", "11-03T05:00", "11-10T05:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20261110T050000Z", ["10-27T04:00", "11-10T05:00"]),
        ("FREQ=DAILY;UNTIL=20261028", ["10-27T04:00", "10-28T04:00"]),
        ("FREQ=MONTHLY;COUNT=2;BYDAY=4TU", ["10-27T04:00", "11-24T05:00"]),
    ],
)
def test_a_plain_repetition_is_listed_on_its_own_clock(rule, expected):
    """Midnight in Ottawa before and after the clocks go back; each occurrence has its own id."""
    reading = read(begins(TORONTO, "20261027T000000", DURATION="PT5H", RRULE=rule))

    assert (expected, len(expected)) == (starts(reading), reading.outages["outage_id"].nunique())
    assert {pd.Timedelta(hours=5)} == set(reading.outages["ended_at"] - reading.outages["began_at"])


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=DAILY;COUNT=999",
        "FREQ=DAILY;UNTIL=29991231",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=3",
        "FREQ=DAILY;COUNT=3;INTERVAL=0",
        "garbage",
    ],
)
def test_a_repetition_without_end_is_refused_but_for_its_first(rule):
    """Nothing is listed for ever, and nothing is lost in silence."""
    reading = read(EVENT | {"RRULE": rule})

    assert (1, True) == (len(reading.outages), "source_repeats_refused" in codes(reading))


def test_an_occurrence_left_out_is_left_out():
    """EXDATE takes one of the list away."""
    event = begins(TORONTO, "20261027T000000", DURATION="PT5H", RRULE="FREQ=WEEKLY;COUNT=3")
    reading = read(event | {"EXDATE;TZID=America/Toronto": "20261103T000000"})

    assert ["10-27T04:00", "11-10T05:00"] == starts(reading)


def test_an_occurrence_that_was_moved_keeps_its_place():
    """RECURRENCE-ID: under the id of the occurrence it replaces, at its new time."""
    event = begins(TORONTO, "20261027T000000", DURATION="PT5H", RRULE="FREQ=WEEKLY;COUNT=2")
    moved = begins(TORONTO, "20261104T000000", DURATION="PT5H") | {
        "RECURRENCE-ID;TZID=America/Toronto": "20261103T000000"
    }
    reading = read(event, moved)

    assert (["10-27T04:00", "11-04T05:00"], "ical:w1@example#2026-11-03T05:00:00Z", []) == (
        starts(reading),
        reading.outages["outage_id"].iloc[1],
        codes(reading),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"DTSTART": "99991231T235959Z", "DTEND": None, "DURATION": "P9D"},
        {"DTSTART": "soon"},
        {"DTSTART": None},
        {"DTSTART": "20260908T050000Z", "DTEND": "20260908T040000Z"},
    ],
)
def test_a_bad_event_costs_only_itself(change):
    """It is refused with an error; its neighbour is kept."""
    reading = read(EVENT | {"UID": "bad"} | change, EVENT)

    assert (["ical:w1@example"], True) == (
        reading.outages["outage_id"].to_list(),
        any(p.severity == "error" for p in reading.problems),
    )


def test_an_id_holds_no_semicolon():
    """Ids are listed with semicolons between."""
    assert "ical:a-b" == only(read(EVENT | {"UID": "a\\;b"}))["outage_id"]


def test_a_folded_line_and_an_escaped_comma_are_put_right():
    """What the format does to long text is undone."""
    reading = read(EVENT | {"DESCRIPTION": "Short\\, planned\r\n  work"})

    assert "Short, planned work" == only(reading)["note"]


@pytest.mark.parametrize("content", [calendar(EVENT)[:-40], "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "BEGIN:VCALENDAR"])
def test_a_calendar_that_was_cut_off_is_refused(content):
    """Never an empty record."""
    with pytest.raises(OutageFileError, match=r"^windows\.ics: is not"):
        read_text(content)


def test_an_empty_calendar_is_a_quiet_record():
    """No events: no outages and no problem."""
    reading = read()

    assert (0, ()) == (len(require(reading.outages, OUTAGES)), reading.problems)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_damaged_bytes_are_read_or_refused(data):
    """Never an exception of another kind."""
    repeated = begins(TORONTO, "20261027T000000", DURATION="PT5H", RRULE="FREQ=WEEKLY;COUNT=3;BYDAY=TU")
    content = calendar(
        repeated | {"EXDATE;TZID=America/Toronto": "20261103T000000"}, EVENT | {"CATEGORIES": "a,b"}
    ).encode()
    at = data.draw(st.integers(0, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=3)) + content[at + data.draw(st.integers(0, 12)) :]
    try:
        require(read_text(damaged).outages, OUTAGES)
    except OutageFileError as e:
        assert str(e).startswith("windows.ics: ")


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(
        ["DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "RECURRENCE-ID", "SEQUENCE", "UID", "URL"]
    ),
    st.sampled_from(
        ["00010101T000000Z", "99991231T235959Z", "99991231", "P99999999999D", "-P1D", "FREQ=DAILY;COUNT=3", "x;y"]
    )
    | st.text(alphabet="0123456789TZPDHM-+:;=,", max_size=16),
)
def test_a_property_of_any_value_costs_at_most_its_event(name, value):
    """Whatever stands in a property, its neighbour is read."""
    reading = read(EVENT | {"UID": "odd", name: value}, EVENT)

    assert "ical:w1@example" in set(reading.outages["outage_id"])
