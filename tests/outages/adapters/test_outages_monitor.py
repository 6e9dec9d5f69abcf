"""States, flips and lists of downs; up time is no outage, and no row is lost without a word."""

import json

import pandas as pd
import pytest
from readings import only

from reporter.outages.door import read_document, source_kind
from reporter.outages.source import SourceDocument

NAMES = {"gckey": "gckey", "epay": "epay"}
SPAN = ("09-08 06:15", "09-08 07:45")


def read(content, **told):
    """A monitor's file, recognised and read; its outages as (service, beginning, end) on Ottawa's clock."""
    text = content if isinstance(content, str) else json.dumps(content)
    source = SourceDocument("monitor", text.encode(), NAMES, as_of=pd.Timestamp("2026-09-10T13:00Z"), **told)
    assert "monitor" == source_kind(source)
    reading = read_document(source)
    spans = [(one.services, clock(one.began_at), clock(one.ended_at)) for one in reading.outages.itertuples()]
    return spans, {problem.code for problem in reading.problems}


def clock(at):
    return "" if pd.isna(at) else f"{at.tz_convert('America/Toronto'):%m-%d %H:%M}"


UP = {"status": "up", "timefrom": 1788912000, "timeto": 1788948900}
DOWN = {"status": "down", "timefrom": 1788948900, "timeto": 1788954300}
SINGLE = [
    "State,Start,Stop\ndown,2026-09-08 06:15,2026-09-08 07:45\nup,2026-09-08 07:45,2026-09-09 07:00\n",
    "État;Début;Fin\nen panne;2026-09-08 06:15;2026-09-08 07:45\nen ligne;2026-09-08 07:45;2026-09-09 07:00\n",
    "Event,At\nup,2026-09-08 07:45\ndown,2026-09-08 06:15\n",
    "Event,Date-Time,Reason,Duration\nUp,2026-09-08 07:45,OK,23 hrs\nDown,2026-09-08 06:15,500,\"1 hrs, 30 mins\"\n",
    "Monitor,Started at,Duration (in mins.)\n,2026-09-08 06:15,90\n",
    "Started,Duration\n2026-09-08 06:15,1:30:00\n",
    "Started,Duration (s)\n2026-09-08 06:15,5400\n",
    [{"at": "2026-09-08T10:15:00Z", "ok": False}, {"at": "2026-09-08T11:45:00Z", "ok": True}],
    [{"timestamp": "2026-09-08T11:45:00+00:00", "up": 1}, {"timestamp": "2026-09-08T10:15:00+00:00", "up": 0}],
    {"flips": [{"timestamp": "2026-09-08T10:15:00Z", "up": 0}, {"timestamp": "2026-09-08T11:45:00Z", "up": 1}]},
    {"logs": [{"type": 2, "datetime": 1788867900, "duration": 60}, {"type": 1, "datetime": 1788862500}]},
    '{"at": "2026-09-08T10:15:00Z", "ok": false}\n{"at": "2026-09-08T11:45:00Z", "ok": true}\n',
    "Start,End,Affected\n2026-09-08 06:15,2026-09-08 07:45,yes\n2026-09-07 06:15,2026-09-07 07:45,no\n",
    "Start,End,Status,Down?\n2026-09-08 06:15,2026-09-08 07:45,Resolved,Y\n2026-09-07 06:15,2026-09-07 07:45,,N\n",
    "Start,End,Up\n2026-09-08 06:15,2026-09-08 07:45,non\n2026-09-07 06:15,2026-09-07 07:45,oui\n",
    "Start,End,Status\n2026-09-08 06:15,2026-09-08 07:45,Resolved\n2026-09-07 06:15,2026-09-07 07:45,No outage\n",
    "Timestamp,Start,End,Status\n2026-09-09 09:00,2026-09-08 06:15,2026-09-08 07:45,down\n",
    "Date,Time,Event\n2026-09-08,06:15,down\n2026-09-08,7:45 AM,up\n",
    [{"at": "2026-09-08T10:15:00Z", "is_down": True}, {"at": "2026-09-08T11:45:00Z", "is_down": False}],
]  # fmt: skip


@pytest.mark.parametrize("content", SINGLE)
def test_one_outage_however_a_monitor_writes_it(content):
    """Tables, events, flips and lengths, in any order, in JSON, JSON Lines and CSV."""
    spans, _ = read(content, services="gckey")

    assert [("gckey", *SPAN)] == spans


def test_pingdoms_states_are_spans():
    """Only what is down between its two instants."""
    spans, told = read({"summary": {"states": [UP, DOWN]}}, services="gckey")

    assert ([("gckey", "09-09 06:15", "09-09 07:45")], True) == (spans, "source_up_passed_over" in told)


def test_each_monitor_has_its_own_flips():
    """The up of one does not end the down of another."""
    rows = "Monitor,Event,At\ngckey,down,2026-09-08 06:15\nepay,up,2026-09-08 06:16\n"
    rows += "epay,down,2026-09-08 06:20\nepay,up,2026-09-08 07:45\n"

    assert [("gckey", "09-08 06:15", ""), ("epay", "09-08 06:20", "09-08 07:45")] == read(rows)[0]


def test_monitors_in_json_name_their_logs():
    """UptimeRobot's logs stand inside their monitors."""
    logs = [{"type": 1, "datetime": 1788862500}, {"type": 2, "datetime": 1788867900}]

    assert [("epay", *SPAN)] == read({"monitors": [{"friendly_name": "epay", "logs": logs}]})[0]


def test_lists_of_one_shape_are_read_together():
    """Only the first was, without a word."""
    flips = [{"at": "2026-09-08T10:15:00Z", "ok": False}, {"at": "2026-09-08T11:45:00Z", "ok": True}]

    assert [("gckey", *SPAN), ("epay", *SPAN)] == sorted(read({"x": {"gckey": flips, "epay": flips}})[0], reverse=True)


def test_down_twice_without_an_up_is_one_outage():
    """A monitor repeats itself while it is down."""
    rows = "Event,At\ndown,2026-09-08 06:15\ndown,2026-09-08 06:20\nup,2026-09-08 07:45\n"

    assert [("gckey", *SPAN)] == read(rows, services="gckey")[0]


def test_a_down_that_no_up_follows_is_open():
    """Though its length so far stands there."""
    rows = "Event,At,Duration\nup,2026-09-08 05:00,75 mins\ndown,2026-09-08 06:15,90 mins\n"

    assert [("gckey", "09-08 06:15", "")] == read(rows, services="gckey")[0]


@pytest.mark.parametrize("word", ["paused", "unconfirmed_down", "unknown"])
def test_a_state_that_is_neither_is_told(word):
    """Nobody looked: that is neither up nor down."""
    spans, told = read(f"State,Start,Stop\n{word},2026-09-08 06:15,2026-09-08 07:45\nup,2026-09-08 07:45,\n")

    assert ([], True) == (spans, "source_state_unknown" in told or "source_state_unsure" in told)


def test_a_length_without_a_unit_is_minutes_and_told():
    """The longer of the usual two."""
    spans, told = read("Monitor,Started at,Duration\ngckey,2026-09-08 06:15,90\n")

    assert ([("gckey", *SPAN)], True) == (spans, "source_unit_assumed" in told)


@pytest.mark.parametrize(
    "columns",
    [
        {"began_at": "Start", "ended_at": "Stop", "status": "State"},
        {"began_at": "Start"},
        {"ended_at": "Stop", "kind": "=security"},
    ],
)
def test_the_callers_columns_go_before_what_is_guessed(columns):
    """And what they leave out is found by itself."""
    assert 1 == len(read(SINGLE[0], services="gckey", columns={k: v for k, v in columns.items() if v[0] != "="})[0])


@pytest.mark.parametrize(
    ("length", "minutes"),
    [("1h30m", 90), ("3h30", 210), ("3 h 30", 210), ("2h0m30s", 120.5), ("1 hrs, 30 mins", 90), ("2 j 3 h", 3060)],
)
def test_a_length_may_be_written_without_blanks(length, minutes):
    """Of `1h30m` no part is left out: half an hour would be told for an hour and a half."""
    text = f'Service,Started,Duration\ngckey,2026-09-08T06:15Z,"{length}"\n'
    row = only(read_document(SourceDocument("m.csv", text.encode(), NAMES)))

    assert pd.Timedelta(minutes=minutes) == row["ended_at"] - row["began_at"]


def test_a_length_that_cannot_be_read_is_told():
    """The outage has no end by it, and the cell says why."""
    source = SourceDocument("m.csv", b"Service,Started,Duration\ngckey,2026-09-08T06:15Z,about an hour\n", NAMES)
    reading = read_document(source)
    told = [(p.code, p.row, p.value) for p in reading.problems if p.code == "source_length_unreadable"]

    assert ([("source_length_unreadable", 2, "about an hour")], True) == (told, pd.isna(only(reading)["ended_at"]))


@pytest.mark.parametrize(
    "text",
    [
        "services,began_at,ended_at,status\ngckey,2026-09-08 06:15,2026-09-08 07:45,resolved\n",
        "services,began_at,kind,duration\ngckey,2026-09-08 06:15,planned,90\n",
    ],
)
def test_the_offices_own_table_is_no_monitor(text):
    """Its status says how an outage stands, not what the service did."""
    assert "table" == source_kind(SourceDocument("own", text.encode(), NAMES))


@pytest.mark.parametrize(
    "rows",
    [
        "State,Start (UTC),Stop (UTC)\ndown,2026-09-08 10:15,2026-09-08 11:45\nup,2026-09-08 11:45,\n",
        "Event,At (UTC)\ndown,2026-09-08 10:15\nup,2026-09-08 11:45\n",
        "Started at (UTC),Duration (min)\n2026-09-08 10:15,90\n",
        "Event,At (PT)\ndown,2026-09-08 03:15\nup,2026-09-08 04:45\n",
        "Event,At,Time zone\ndown,2026-09-08 03:15,PT\nup,2026-09-08 11:45,UTC\n",
        "State,Start,Stop,tz\ndown,2026-09-08 10:15,2026-09-08 11:45,UTC\nup,2026-09-08 11:45,,UTC\n",
        "Started at,Duration (min),Timezone\n2026-09-08 10:15,90,UTC\n",
    ],
)
def test_the_heading_of_an_instant_gives_its_zone(rows):
    """It was taken for Ottawa's clock, four hours off."""
    assert [("gckey", *SPAN)] == read(rows, services="gckey")[0]


@pytest.mark.parametrize(("state", "other"), [("Type", "Panne"), ("Status", "Up"), ("Affected", "no")])
def test_what_else_an_own_list_says_is_kept(state, other):
    """A column of `outage` or `yes` made a monitor of it, and its links, kinds and ids were not read."""
    rows = f"id,service,start,end,{state},kind,verification,source,title\n"
    rows += "o1,gckey,2026-09-08 06:15,2026-09-08 07:45,down,maintenance,official,https://x.example/1,Night work\n"
    rows += f"o2,epay,2026-09-08 06:15,2026-09-08 07:45,{other},,,,\n"
    reading = read_document(SourceDocument("own.csv", rows.replace(",down,", f",{_yes(state)},").encode(), NAMES))
    row = reading.outages[reading.outages["services"] == "gckey"].iloc[0]

    kept = ("planned", "official", "https://x.example/1", "Night work")
    assert kept == tuple(row[["kind", "verification", "source_url", "title"]])
    assert ("o1" == row["outage_id"]) == (state != "Status")


def _yes(state):
    return {"Type": "Outage", "Status": "Down", "Affected": "yes"}[state]
