"""The JSON of a status page as outages."""

import json
from itertools import permutations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import codes, only, utc

from reporter.errors import OutageFileError
from reporter.model.shapes import OUTAGES, require
from reporter.outages.door import read_document
from reporter.outages.source import SourceDocument

NAMES = {"gckey": "gckey", "cle gc": "gckey", "ircc portal": "ircc_portal", "portail d ircc": "ircc_portal"}
PAGE = {"id": "p1", "name": "Page", "url": "https://status.example", "updated_at": "2026-03-10T00:00:00.000-05:00"}
INCIDENT = {
    "id": "k1",
    "name": "Sign-in fails",
    "status": "resolved",
    "impact": "major",
    "created_at": "2026-03-01T10:05:00.123-05:00",
    "started_at": "2026-03-01T10:00:00.000-05:00",
    "updated_at": "2026-03-01T13:00:00.000-05:00",
    "resolved_at": "2026-03-01T12:00:00.000-05:00",
    "shortlink": "https://stspg.example/k1",
    "components": [{"id": "c1", "name": "GCKey", "status": "operational"}],
    "incident_updates": [],
}
WINDOW = INCIDENT | {
    "id": "m1",
    "status": "scheduled",
    "impact": "maintenance",
    "created_at": "2026-02-20T09:00:00Z",
    "started_at": "2026-02-20T09:00:00Z",
    "resolved_at": None,
    "scheduled_for": "2026-03-08T05:00:00Z",
    "scheduled_until": "2026-03-08T09:30:00Z",
}


def read(*incidents, maintenances=(), as_of=None, components=None, services="", **page):
    whole = {"page": PAGE, "incidents": list(incidents), "scheduled_maintenances": list(maintenances)} | page
    return read_json(whole, as_of=as_of, components=components or {}, services=services)


def read_json(whole, **told):
    content = whole if isinstance(whole, bytes) else json.dumps(whole).encode()
    return read_document(SourceDocument("incidents.json", content, NAMES, **told))


def update(status, at, body=""):
    return {"status": status, "created_at": at, "display_at": at, "body": body}


def test_an_incident_lasts_from_its_start_to_its_resolution():
    """started_at to resolved_at, in UTC, with the page's own id, link and service, and no problem."""
    reading = read(INCIDENT)
    row = only(reading)

    require(reading.outages, OUTAGES)
    assert ("statuspage:k1", "gckey", utc("2026-03-01T15:00"), utc("2026-03-01T17:00"), "official", ()) == (
        *(row[name] for name in ("outage_id", "services", "began_at", "ended_at", "verification")),
        reading.problems,
    )


def test_without_a_start_it_begins_when_it_was_posted():
    """created_at stands in for a missing started_at."""
    assert utc("2026-03-01T15:05") == only(read(INCIDENT | {"started_at": None}))["began_at"]


@pytest.mark.parametrize(
    ("impact", "kind"),
    [("critical", "unplanned"), ("major", "unplanned"), ("minor", "degraded"), ("none", "degraded")],
)
def test_the_impact_says_what_kind_it_is(impact, kind):
    """Only critical and major are down; minor and none are degraded."""
    assert kind == only(read(INCIDENT | {"impact": impact}))["kind"]


def test_no_impact_is_told_once():
    """However many incidents state no impact, one line says so, with their number."""
    reading = read(INCIDENT | {"impact": "none"}, INCIDENT | {"id": "k2", "impact": "none"})

    assert [("source_impact_none", "2")] == [(p.code, p.details["count"]) for p in reading.problems]


@pytest.mark.parametrize("status", ["investigating", "identified", "monitoring"])
def test_an_incident_that_is_watched_is_not_over(status):
    """Until it is resolved nobody knows its end, also while a cure is being watched."""
    row = only(read(INCIDENT | {"status": status, "resolved_at": None}))

    assert (True, "ongoing") == (pd.isna(row["ended_at"]), row["status"])


def test_a_reopened_incident_has_no_end():
    """A resolved_at left over from before it was opened again is not believed, and told."""
    reading = read(INCIDENT | {"status": "investigating"})

    assert (True, ["source_reopened"]) == (pd.isna(only(reading)["ended_at"]), codes(reading))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_end_is_that_of_the_update_that_resolves_it(order):
    """Without resolved_at: not the post-mortem of a week later, whatever the order of the updates."""
    updates = [
        update("investigating", "2026-03-01T15:00:00Z"),
        update("resolved", "2026-03-01T18:00:00Z"),
        update("postmortem", "2026-03-08T18:00:00Z"),
    ]
    incident = INCIDENT | {
        "status": "postmortem",
        "resolved_at": None,
        "incident_updates": [updates[n] for n in order],
    }
    reading = read(incident)

    assert (utc("2026-03-01T18:00"), ["source_end_from_update"]) == (only(reading)["ended_at"], codes(reading))


def test_the_window_of_a_maintenance_is_the_one_scheduled():
    """scheduled_for to scheduled_until; started_at is when it was posted, and would be weeks too early."""
    row = only(read(maintenances=[WINDOW]))

    assert (utc("2026-03-08T05:00"), utc("2026-03-08T09:30"), "planned", "announced", utc("2026-02-20T09:00")) == tuple(
        row[name] for name in ("began_at", "ended_at", "kind", "status", "announced_at")
    )


@pytest.mark.parametrize(
    ("status", "expected", "ended"),
    [
        ("scheduled", "announced", "2026-03-08T09:30"),
        ("in_progress", "ongoing", "2026-03-08T09:30"),
        ("verifying", "ongoing", "2026-03-08T09:30"),
        ("completed", "resolved", "2026-03-08T06:00"),
    ],
)
def test_a_maintenance_keeps_its_window_until_it_is_completed(status, expected, ended):
    """Completed early or late, it lasted until then."""
    window = WINDOW | {"status": status, "resolved_at": "2026-03-08T06:00:00Z"}
    row = only(read(maintenances=[window], as_of=utc("2026-03-08T08:00")))

    assert (utc(ended), expected) == (row["ended_at"], row["status"])


def test_a_maintenance_completed_before_it_began_keeps_its_window():
    """What was completed then was not it."""
    row = only(read(maintenances=[WINDOW | {"status": "completed", "resolved_at": "2026-03-08T05:00:00Z"}]))

    assert utc("2026-03-08T09:30") == row["ended_at"]


@pytest.mark.parametrize(("hour", "is_over"), [("09:29", False), ("09:30", True)])
def test_a_maintenance_under_way_behind_its_end_has_none(hour, is_over):
    """It overran: the announced end told the run that it was over."""
    reading = read(maintenances=[WINDOW | {"status": "in_progress"}], as_of=utc(f"2026-03-08T{hour}"))

    assert (is_over, is_over) == (pd.isna(only(reading)["ended_at"]), "source_overran" in codes(reading))


def test_a_moved_window_keeps_its_id():
    """Another scheduled_for is another version of the same outage."""
    before = only(read(maintenances=[WINDOW]))
    after = only(read(maintenances=[WINDOW | {"scheduled_for": "2026-03-08T06:00:00Z"}]))

    assert (before["outage_id"], utc("2026-03-08T06:00")) == (after["outage_id"], after["began_at"])


def test_a_component_nobody_knows_is_kept_and_listed():
    """It is `unspecified` beside the known one, its words stand in the note, and one warning counts it."""
    parts = [{"id": "c1", "name": "GCKey"}, {"id": "c2", "name": "Teleporter"}]
    reading = read(INCIDENT | {"components": parts}, INCIDENT | {"id": "k2", "components": parts})
    (problem,) = reading.problems

    assert ({"gckey;unspecified"}, {"[Teleporter]"}) == (
        set(reading.outages["services"]),
        set(reading.outages["note"]),
    )
    assert ("source_component_unmapped", "Teleporter", "2") == (problem.code, problem.value, problem.details["count"])
    assert {"statuspage:k1": ("Teleporter",), "statuspage:k2": ("Teleporter",)} == reading.unspecified


@pytest.mark.parametrize("word", ["Teleporter", "teleporter", "c2"])
def test_the_settings_can_map_a_component_by_name_or_id(word):
    """A mapping of the settings stands before the list of services."""
    reading = read(INCIDENT | {"components": [{"id": "c2", "name": "Teleporter"}]}, components={word: "ircc_portal"})

    assert ("ircc_portal", ()) == (only(reading)["services"], reading.problems)


def test_components_may_stand_in_the_updates_only():
    """Older incidents list no components; their updates do, with the group before the part."""
    updates = [update("investigating", "2026-03-01T15:00:00Z") | {"affected_components": [{"name": "Sign-in - GCKey"}]}]
    reading = read(INCIDENT | {"components": [], "incident_updates": updates})

    assert ("gckey", ()) == (only(reading)["services"], reading.problems)


def test_a_title_that_names_a_service_serves_when_no_component_does():
    """And says that it was read there."""
    reading = read(INCIDENT | {"components": [], "name": "Slow sign-in with GCKey and the IRCC Portal"})

    assert ("gckey;ircc_portal", ["source_services_from_title"]) == (only(reading)["services"], codes(reading))


def test_no_component_at_all_is_unspecified_never_none():
    """Nothing names a service: the outage stays, and is counted."""
    reading = read(INCIDENT | {"components": []})

    assert ("unspecified", ["source_component_missing"]) == (only(reading)["services"], codes(reading))


def test_the_caller_may_say_which_service_a_bare_page_is_about():
    """The services given stand where the source names none."""
    reading = read(INCIDENT | {"components": []}, services="IRCC Portal")

    assert ("ircc_portal", ()) == (only(reading)["services"], reading.problems)


def test_a_duplicate_incident_counts_once_in_its_last_edit():
    """Of two with one id, the one updated later stands, wherever it is listed."""
    edited = INCIDENT | {"name": "Edited", "updated_at": "2026-03-02T00:00:00.000-05:00"}
    reading = read(edited, INCIDENT)

    assert ("Edited", ["outage_id_twice"]) == (only(reading)["title"], codes(reading))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"resolved_at": "2026-03-01T09:00:00.000-05:00"}, "outage_ends_before_it_begins"),
        ({"started_at": "soon"}, "outage_began_unreadable"),
        ({"started_at": "9999-12-31T00:00:00Z"}, "outage_began_unreadable"),
    ],
)
def test_a_bad_incident_costs_only_itself(change, code):
    """It is refused with an error; its neighbours are kept."""
    reading = read(INCIDENT, INCIDENT | {"id": "bad"} | change, INCIDENT | {"id": "z"})

    assert (["statuspage:k1", "statuspage:z"], [("error", 2)]) == (
        sorted(reading.outages["outage_id"]),
        [(p.severity, p.row) for p in reading.problems if p.code == code],
    )


def test_a_beginning_years_after_its_posting_is_doubted():
    """A slip in the year is kept, with a warning."""
    reading = read(maintenances=[WINDOW | {"scheduled_for": "2062-03-08T05:00:00Z", "scheduled_until": None}])

    assert (1, ["source_far_ahead"]) == (len(reading.outages), codes(reading))


def test_a_component_that_is_down_without_an_incident_is_told():
    """A summary may mark a part as down although nothing says since when: no outage, and no silence."""
    part = {"id": "c9", "name": "IRCC Portal", "status": "major_outage"}
    reading = read_json({"page": PAGE, "incidents": [], "components": [part]})

    assert (0, ["source_component_down"]) == (len(reading.outages), codes(reading))


def test_a_component_that_an_incident_explains_is_not_told():
    """The incident says it already."""
    part = {"id": "c1", "name": "GCKey", "status": "major_outage"}

    assert () == read_json({"page": PAGE, "incidents": [INCIDENT], "components": [part]}).problems


def test_the_page_says_up_to_when_it_is_complete():
    """Its updated_at, but never later than the report."""
    late, early = read(INCIDENT), read(INCIDENT, as_of=utc("2026-03-05"))

    assert (utc("2026-03-10T05:00"), utc("2026-03-05")) == (late.complete_to, early.complete_to)


def test_an_empty_page_is_a_quiet_record():
    """No incidents, no maintenances: no outages and no problem."""
    reading = read()

    assert (0, ()) == (len(require(reading.outages, OUTAGES)), reading.problems)


@pytest.mark.parametrize("whole", [[INCIDENT], {"incident": INCIDENT}])
def test_one_incident_or_a_bare_list_is_read_too(whole):
    """The page also serves an incident alone, and its API a list."""
    assert "statuspage:k1" == only(read_json(whole))["outage_id"]


def test_a_link_is_made_when_the_incident_has_none():
    """The page's address and the id; what is no web address never becomes one."""
    made, wrong = only(read(INCIDENT | {"shortlink": None})), only(read(INCIDENT | {"shortlink": "javascript:x"}))

    assert ("https://status.example/incidents/k1", ("", "unverified")) == (
        made["source_url"],
        (wrong["source_url"], wrong["verification"]),
    )


def test_the_note_names_no_person():
    """The words of the last update, without addresses or account names, and short."""
    body = "Write to jo.doe@example.org or @jo_doe. " + "x" * 1000
    note = only(read(INCIDENT | {"incident_updates": [update("resolved", "2026-03-01T18:00:00Z", body)]}))["note"]

    assert (False, True) == ("jo" in note, len(note) <= 300)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"page": {}, "incidents": [{"id"', "cut off"),
        (b"[" * 100_000, "cut off"),
        (json.dumps({"page": PAGE}).encode(), "incidents"),
        (json.dumps({"page": PAGE, "incidents": {}}).encode(), "incidents is not a list"),
        (json.dumps({"page": PAGE, "incidents": [{"key": "a", "state": "x"}]}).encode(), "none of its 1 items has id"),
        (json.dumps({"page": PAGE, "incidents": [INCIDENT | {"status": None}]}).encode(), "has status"),
    ],
)
def test_drift_is_told_from_a_quiet_page(content, words):
    """A document that lost its form is an error that names what is missing, never an empty record."""
    with pytest.raises(OutageFileError, match=rf"^incidents\.json: .*{words}"):
        read_json(content)


def test_half_a_surrogate_does_not_stop_the_reading():
    """JSON may hold what no file can; it is replaced."""
    assert (
        "a?"
        == only(read_json(json.dumps({"page": PAGE, "incidents": [INCIDENT | {"name": "a\ud800"}]}).encode()))["title"]
    )


def test_fifteen_thousand_incidents_are_all_there():
    """A page's whole history is read in one go."""
    reading = read(*(INCIDENT | {"id": f"k{n}"} for n in range(15_000)))

    assert 15_000 == len(reading.outages)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("2026-03-01T10:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(WINDOW)), JUNK, max_size=6), st.sampled_from([INCIDENT, WINDOW]))
def test_a_field_of_any_value_costs_at_most_its_record(changes, valid):
    """Whatever stands in a field, its neighbour is read and nothing but OutageFileError is raised."""
    reading = read(valid | changes | {"id": "odd"}, INCIDENT)

    assert "statuspage:k1" in set(reading.outages["outage_id"])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_damaged_document_is_read_or_refused(data):
    """Cut and changed bytes give a reading or an OutageFileError, never another exception."""
    content = json.dumps({"page": PAGE, "incidents": [INCIDENT], "scheduled_maintenances": [WINDOW]}).encode()
    at = data.draw(st.integers(0, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=4)) + content[at + data.draw(st.integers(0, 40)) :]
    try:
        require(read_json(damaged).outages, OUTAGES)
    except OutageFileError as e:
        assert str(e).startswith("incidents.json: ")
