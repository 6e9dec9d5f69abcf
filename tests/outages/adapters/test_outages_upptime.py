"""What a repository of a monitor knows."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import codes, only, utc

from reporter.errors import OutageFileError
from reporter.model.shapes import OUTAGES, require
from reporter.outages.door import read_document, settle_states
from reporter.outages.source import SourceDocument

NAMES = {"gckey": "gckey", "cle gc": "gckey", "ircc portal": "ircc_portal", "portail d ircc": "ircc_portal"}
ISSUE = {
    "number": 12,
    "title": "🛑 GCKey is down",
    "labels": [{"name": "status"}, {"name": "gckey"}],
    "state": "closed",
    "created_at": "2026-01-05T10:00:00Z",
    "closed_at": "2026-01-05T10:40:00Z",
    "html_url": "https://code.example/o/r/issues/12",
    "body": "In [`abc`](https://code.example/c), GCKey was **down**:\n- HTTP code: 0",
    "user": {"login": "jo-doe"},
}
COMMENT = (
    "<!--\nstart: 2026-02-24T13:00:00+00:00\nend: 2026-02-24T14:00:00+00:00\nexpectedDown: gckey, ircc-portal\n-->"
)
WINDOW = ISSUE | {
    "number": 13,
    "title": "Maintenance",
    "labels": [{"name": "maintenance"}],
    "state": "open",
    "closed_at": None,
    "created_at": "2026-02-01T09:00:00Z",
    "body": f"{COMMENT}\nUpdates by @jo-doe.",
}
SITE = {"name": "GCKey", "slug": "gckey", "url": "https://g.example", "status": "up", "uptime": "99%"}


def read(content, name="issues.json", kind=None, **told):
    whole = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_document(SourceDocument(name, whole, NAMES, **told), kind)


def yml(status="down", at="2026-01-05T10:00:00.413Z", name="gckey.yml", **told):
    lines = f"url: https://g.example\nstatus: {status}\ncode: 0\nresponseTime: 0\nlastUpdated: {at}\n"
    return read(f"{lines}startTime: 2021-04-20T09:46:06.000Z\ngenerator: Upptime\n".encode(), name, **told)


def test_an_incident_lasts_while_its_issue_is_open():
    """From created_at to closed_at, under the slug and the number of the issue."""
    reading = read([ISSUE])
    row = only(reading)

    assert ("upptime:gckey#12", "gckey", utc("2026-01-05T10:00"), utc("2026-01-05T10:40"), "unplanned", ()) == (
        *(row[name] for name in ("outage_id", "services", "began_at", "ended_at", "kind")),
        reading.problems,
    )


def test_an_open_issue_is_an_open_outage():
    """Not closed: not known to have ended."""
    row = only(read([ISSUE | {"state": "open", "closed_at": None}]))

    assert (True, "ongoing") == (pd.isna(row["ended_at"]), row["status"])


def test_degraded_performance_is_degraded():
    """The title says which of the two it was."""
    assert "degraded" == only(read([ISSUE | {"title": "⚠️ GCKey has degraded performance"}]))["kind"]


def test_the_window_of_a_maintenance_stands_in_its_comment():
    """start, end and expectedDown of the HTML comment; the slugs become services."""
    row = only(read([WINDOW]))

    assert (utc("2026-02-24T13:00"), utc("2026-02-24T14:00"), "planned", "gckey;ircc_portal") == tuple(
        row[name] for name in ("began_at", "ended_at", "kind", "services")
    )


def test_expected_degraded_alone_is_degraded():
    """A maintenance that only slows a site does not take it down."""
    body = WINDOW["body"].replace("expectedDown", "expectedDegraded")

    assert "degraded" == only(read([WINDOW | {"body": body}]))["kind"]


def test_a_time_without_an_offset_is_utc():
    """The monitor runs on UTC, and so reads its own comments."""
    body = WINDOW["body"].replace("+00:00", "")

    assert utc("2026-02-24T13:00") == only(read([WINDOW | {"body": body}]))["began_at"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "closed", "closed_at": "2026-02-20T00:00:00Z"},
        {"state": "closed", "closed_at": "2026-02-25T00:00:00Z", "state_reason": "not_planned"},
    ],
)
def test_a_maintenance_called_off_is_cancelled(change):
    """Closed before it began, or closed as not planned."""
    assert "cancelled" == only(read([WINDOW | change]))["status"]


def test_a_maintenance_without_a_comment_begins_with_its_issue():
    """Nothing says when it ends, so it is open."""
    row = only(read([WINDOW | {"body": "Tonight."}]))

    assert (utc("2026-02-01T09:00"), True) == (row["began_at"], pd.isna(row["ended_at"]))


@pytest.mark.parametrize(
    ("slug", "title"),
    [
        ("gckey-en", "🛑 GCKey (EN) is down"),
        ("gckey-fr", "🛑 GCKey (FR) is down"),
        ("cle-gc", "🛑 Clé GC is down"),
        ("gckey-cle-gc", "🛑 GCKey - Clé GC is down"),
    ],
)
def test_both_languages_of_a_site_are_one_service(slug, title):
    """A slug with its language, in the other language, or a bilingual title: the same id."""
    reading = read([ISSUE | {"labels": ["status", slug], "title": title}])

    assert ("gckey", ()) == (only(reading)["services"], reading.problems)


def test_half_a_bilingual_title_is_not_enough():
    """`GCKey - Help pages` is not GCKey."""
    reading = read([ISSUE | {"labels": ["status", "gckey-help"], "title": "🛑 GCKey - Help pages is down"}])

    assert ("unspecified", ["source_component_unmapped"]) == (only(reading)["services"], codes(reading))


def test_an_issue_that_is_neither_is_counted_and_left_out():
    """A feature request is no outage."""
    reading = read([ISSUE, ISSUE | {"number": 1, "labels": [{"name": "bug"}]}])

    assert (1, ["source_not_incidents"]) == (len(reading.outages), codes(reading))


def test_what_the_command_line_of_the_host_exports_is_read_too():
    """createdAt, closedAt and url in place of their other spellings."""
    issue = {key: ISSUE[key] for key in ("number", "title", "labels", "body")}
    row = only(read([issue | {"createdAt": ISSUE["created_at"], "closedAt": ISSUE["closed_at"], "state": "CLOSED"}]))

    assert (utc("2026-01-05T10:40"), "resolved", "unverified") == (row["ended_at"], row["status"], row["verification"])


def test_the_note_has_the_words_and_nobodys_name():
    """The comment and account names are taken out."""
    note = only(read([WINDOW]))["note"]

    assert ("Updates by ….", False) == (note, "jo-doe" in note)


@pytest.mark.parametrize(
    ("as_of", "began", "ended"),
    [
        (None, "05 23:50", "06 00:00"),
        ("2026-01-06T00:00", "05 23:50", "06 00:00"),
        ("2026-01-05T09:00", "05 00:00", "05 00:10"),
    ],
)
def test_a_day_with_minutes_is_down_for_them(as_of, began, ended):
    """Ten minutes of a UTC day, nobody knows which: the last of a day that is over, the first of today; and told."""
    reading = read(
        [SITE | {"dailyMinutesDown": {"2026-01-05": 10}}], "summary.json", as_of=None if as_of is None else utc(as_of)
    )
    row = only(reading)

    assert ("upptime:gckey@2026-01-05", began, ended, "unplanned", "day", "unverified") == (
        row["outage_id"],
        f"{row['began_at']:%d %H:%M}",
        f"{row['ended_at']:%d %H:%M}",
        *(row[name] for name in ("kind", "precision", "verification")),
    )
    assert (["source_days_only"], True) == (codes(reading), "10 min" in row["note"])


@pytest.mark.parametrize(("minutes", "left"), [(60, 0), (80, 20)])
def test_minutes_of_an_outage_that_was_seen_are_not_counted_twice(minutes, left):
    """An hour seen from 9:30 to 10:30 is the hour of that day; only what is beyond it is a stretch of its own."""
    site, known = SITE | {"dailyMinutesDown": {"2026-01-05": minutes}}, yml(at="2026-01-05T09:30:00Z").outages
    seen = known.assign(ended_at=utc("2026-01-05T10:30"), status="resolved")
    settled = settle_states(read([site], "summary.json", as_of=utc("2026-01-07T10:00")), seen).outages

    assert left == (settled["ended_at"] - settled["began_at"]).sum() / pd.Timedelta(minutes=1)


def test_minutes_from_before_the_first_sight_belong_to_the_outage_that_lasts():
    """Seen down at ten, and the page counts 200 minutes at noon: since 8:40, once."""
    known = read([SITE | {"status": "down"}], "summary.json", as_of=utc("2026-01-05T10:00")).outages
    noon = read(
        [SITE | {"status": "down", "dailyMinutesDown": {"2026-01-05": 200}}],
        "summary.json",
        as_of=utc("2026-01-05T12:00"),
    )
    row = only(settle_states(noon, known))

    assert ("upptime:gckey@2026-01-05T10:00:00Z", utc("2026-01-05T08:40")) == (row["outage_id"], row["began_at"])


def test_a_day_that_was_down_throughout_is_down():
    """1440 minutes leave no doubt which."""
    reading = read([SITE | {"dailyMinutesDown": {"2026-01-05": 1440}}], "summary.json")

    assert ("unplanned", ()) == (only(reading)["kind"], reading.problems)


def test_a_day_nobody_can_read_costs_only_itself():
    """The other days of the site are kept."""
    days = {"2026-01-05": 10, "yesterday": 3, "2026-02-30": 1, "2026-01-06": "many", "2026-01-07": -1, "2026-01-08": 0}
    reading = read([SITE | {"dailyMinutesDown": days}], "summary.json")

    assert (1, 4) == (len(reading.outages), codes(reading).count("source_day_unreadable"))


def test_a_site_that_is_down_now_is_down_since_it_was_read():
    """The summary has no times, and counts no minutes of that day: the instant of reading, and a warning."""
    reading = read([SITE | {"status": "down"}], "summary.json", as_of=utc("2026-01-05T10:00"))
    row = only(reading)

    assert (utc("2026-01-05T10:00"), True, "ongoing", ["source_state_only"]) == (
        row["began_at"],
        pd.isna(row["ended_at"]),
        row["status"],
        codes(reading),
    )


def test_a_site_that_is_down_at_an_unknown_instant_is_an_error():
    """No outage can be made of it, and it does not pass in silence."""
    reading = read([SITE | {"status": "down"}], "summary.json")

    assert (0, ["error"]) == (len(reading.outages), [p.severity for p in reading.problems])


def test_a_history_file_is_one_look():
    """Down when it was last updated; the slug is the file's name."""
    reading = yml()
    row = only(reading)

    assert ("upptime:gckey@2026-01-05T10:00:00Z", "gckey", True, ["source_state_only"]) == (
        row["outage_id"],
        row["services"],
        pd.isna(row["ended_at"]),
        codes(reading),
    )


def test_a_history_file_that_is_up_is_no_outage():
    """It says nothing of the past."""
    reading = yml("up")

    assert (0, ()) == (len(require(reading.outages, OUTAGES)), reading.problems)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ({"2026-01-05": 90}, "05 08:30"),
        ({"2026-01-05": 600, "2026-01-04": 120}, "04 22:00"),
        ({"2026-01-05": 595, "2026-01-04": 1440, "2026-01-03": 60}, "03 23:00"),
        ({"2026-01-05": 900}, "05 00:00"),
    ],
)
def test_a_site_that_is_down_now_is_down_since_the_pages_own_minutes(minutes, expected):
    """The minutes of this day, and those of the days before it that reach midnight."""
    reading = read(
        [SITE | {"status": "down", "dailyMinutesDown": minutes}], "summary.json", as_of=utc("2026-01-05T10:00")
    )
    (row,) = [one for one in reading.outages.itertuples() if one.status == "ongoing"]

    assert expected == f"{row.began_at:%d %H:%M}"


def test_a_second_look_at_the_same_minutes_changes_nothing():
    """Down since half past nine on both looks, and the summary has no other day."""
    site = SITE | {"status": "down", "dailyMinutesDown": {"2026-01-05": 30}}
    known = read([site], "summary.json", as_of=utc("2026-01-05T10:00")).outages
    later = read([site | {"dailyMinutesDown": {"2026-01-05": 90}}], "summary.json", as_of=utc("2026-01-05T11:00"))

    assert (1, 0) == (len(known), len(settle_states(later, known).outages))


def test_a_second_look_does_not_begin_the_outage_again():
    """Down on Monday and on Tuesday is one outage, since Monday."""
    known = yml().outages
    settled = settle_states(yml(at="2026-01-06T10:00:00Z"), known)

    assert 0 == len(settled.outages)


def test_a_look_that_finds_it_up_ends_the_outage():
    """The known outage comes out with its end, under its own id."""
    known = yml().outages
    row = only(settle_states(yml("up", "2026-01-07T10:00:00Z"), known))

    assert ("upptime:gckey@2026-01-05T10:00:00Z", utc("2026-01-07T10:00"), "resolved") == (
        row["outage_id"],
        row["ended_at"],
        row["status"],
    )


def test_the_look_at_one_site_says_nothing_of_another():
    """A site whose slug begins alike stays down."""
    known = yml(name="gckey-fr.yml").outages

    assert 0 == len(settle_states(yml("up", "2026-01-07T10:00:00Z"), known).outages)


def test_a_look_from_before_it_began_ends_nothing():
    """An old snapshot imported late does not close a later outage."""
    known = yml(at="2026-01-07T10:00:00Z").outages

    assert 0 == len(settle_states(yml("up", "2026-01-05T10:00:00Z"), known).outages)


@pytest.mark.parametrize(
    ("name", "kind", "content", "words"),
    [
        ("gckey.yml", None, b"url: x\nstatus: up\n", "lastUpdated"),
        ("gckey.yml", None, b"url: x\nlastUpdated: 2026-01-05T10:00:00Z\n", "status"),
        ("gckey.yml", None, b"url: x\nstatus: fine\nlastUpdated: 2026-01-05T10:00:00Z\n", "none of up, down"),
        ("gckey.yml", None, b"url: x\nstatus: up\nlastUpdated: today\n", "not an instant"),
        ("summary.json", "upptime-summary", b'{"a": 1}', "no list"),
        ("summary.json", None, b'[{"uptime": "99%"}]', "dailyMinutesDown"),
        ("issues.json", "upptime-issues", b'{"message": "Not Found"}', "not a list of issues"),
        ("issues.json", None, b'[{"number": 1, "title": "x"}]', "created_at"),
        ("issues.json", None, b'[{"number": 1, "title"', "cut off"),
    ],
)
def test_drift_is_told_from_a_quiet_repository(name, kind, content, words):
    """A file that lost its form says what is missing."""
    with pytest.raises(OutageFileError, match=rf"^{name}: .*{words}"):
        read(content, name, kind)


def test_fifteen_thousand_issues_are_all_there():
    """A whole repository's issues are read in one go, maintenances as quickly as incidents."""
    issues = [(ISSUE if n % 2 else WINDOW) | {"number": n} for n in range(15_000)]

    assert 15_000 == len(read(issues).outages)


def test_a_hostile_comment_does_not_hold_up_the_reading():
    """Blank lines and spaces without end are passed over in a moment."""
    body = "<!--" + "\n" * 200_000 + "start:" + " " * 200_000 + "x -->" + "<!--" * 50_000

    reading = read([WINDOW | {"body": body, "title": "!" * 200_000}, ISSUE])

    assert (1, True) == (len(reading.outages), "outage_began_unreadable" in codes(reading))


VALUES = st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(ISSUE)), VALUES, max_size=5), st.sampled_from([ISSUE, WINDOW]))
def test_a_field_of_any_value_costs_at_most_its_issue(changes, valid):
    """Whatever stands in a field, the neighbour is read."""
    reading = read([valid | changes, ISSUE | {"number": 99}])

    assert "upptime:gckey#99" in set(reading.outages["outage_id"])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_damaged_bytes_are_read_or_refused(data):
    """Never an exception of another kind."""
    valid = [
        json.dumps([ISSUE, WINDOW]).encode(),
        json.dumps([SITE | {"dailyMinutesDown": {"2026-01-05": 1}}]).encode(),
    ]
    content = data.draw(st.sampled_from([*valid, b"url: x\nstatus: down\nlastUpdated: 2026-01-05T10:00:00Z\n"]))
    at = data.draw(st.integers(0, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=4)) + content[at + data.draw(st.integers(0, 40)) :]
    try:
        require(read(damaged, "x.yml").outages, OUTAGES)
    except OutageFileError as e:
        assert str(e).startswith("x.yml: ")
