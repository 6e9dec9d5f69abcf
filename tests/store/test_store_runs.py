"""What earlier runs found."""

from itertools import permutations

import pandas as pd
import pytest
from sqlalchemy import func, select

from reporter.errors import StoreError
from reporter.model.shapes import EVENTS, require
from reporter.store import runs as room
from reporter.store.runs import (
    FOUND,
    LEASE,
    Lease,
    RunRecord,
    beat,
    events_of,
    findings_of,
    give_back,
    last_run,
    lease_of,
    record_run,
    take,
)
from reporter.store.tables import run_events, run_findings, runs

ROWS = [
    ("S01", "work-permit-renewal", 0, "high", "last-day", "2026-09-16"),
    ("S01", "document-request", 1, "low", "quiet", "2026-10-02"),
    ("S01", "document-request", 0, "medium", "near", "2026-09-20"),
    ("S02", "work-permit-renewal", 0, "data_problem", "no-date", None),
]

NOON = pd.Timestamp("2026-09-09T12:00Z")
A = Lease("r", "a", "here", "b1", "2026-09-09T12:00:00.000000Z", "2026-09-09T12:00:00.000000Z")
B = Lease("r", "b", "there", "b2", "2026-09-09T12:01:00.000000Z", "2026-09-09T12:01:00.000000Z")


def utc(text):
    return pd.Timestamp(text, tz="UTC")


def findings(rows=ROWS):
    frame = pd.DataFrame(list(rows), columns=FOUND)
    closes_at = pd.to_datetime(frame["closes_at"], utc=True).astype("datetime64[us, UTC]")
    return frame.assign(closes_at=closes_at).astype(dict.fromkeys(("person_id", "deadline", "level", "rule"), "str"))


def run(run_id="r1", as_of="2026-09-14T12:00", series="acme", **figures):
    return RunRecord(run_id, series, utc(as_of), **figures)


def kept(store, run_id="r1"):
    """The findings as a set of plain rows."""
    rows = findings_of(store, run_id).astype("object")
    return set(rows.where(rows.notna(), None).itertuples(index=False, name=None))


EXPECTED = {
    ("S01", "work-permit-renewal", 0, "high", "last-day", utc("2026-09-16")),
    ("S01", "document-request", 1, "low", "quiet", utc("2026-10-02")),
    ("S01", "document-request", 0, "medium", "near", utc("2026-09-20")),
    ("S02", "work-permit-renewal", 0, "data_problem", "no-date", None),
}


@pytest.mark.parametrize("rows", list(permutations(ROWS))[::5])
def test_findings_come_back_as_recorded(store, rows):
    """Whatever the order of rows, each duty keeps its level, rule, instant and place among its like."""
    record_run(store, run(), findings(rows))

    assert kept(store) == EXPECTED


def test_findings_have_the_kinds_of_the_model(store):
    """What comes back can be joined with FINDINGS: text, whole numbers, instants in UTC."""
    record_run(store, run(), findings())
    kinds = findings_of(store, "r1").dtypes.astype("str").to_dict()

    assert dict(zip(FOUND, ["str", "str", "int64", "str", "str", "datetime64[us, UTC]"], strict=True)) == kinds


@pytest.mark.parametrize("rows", [[], ROWS])
def test_a_run_nobody_recorded_found_nothing(store, rows):
    """An unknown run, and a run without findings, give an empty frame of the same kinds."""
    record_run(store, run(), findings(rows[:0]))
    frame = findings_of(store, "r1" if rows else "r0")

    assert (0, FOUND, "datetime64[us, UTC]") == (len(frame), list(frame.columns), str(frame["closes_at"].dtype))


def test_the_figures_of_a_run_come_back(store):
    """Every field of the record, with its fractions of a second and its French letters."""
    whole = run(
        as_of="2026-09-14T12:00:00.123456",
        finished_at=utc("2026-09-14T12:00:03"),
        rows_read=5,
        rows_assessed=3,
        rows_set_aside=1,
        rows_excluded=1,
        people=3,
        people_by_level={"high": 1, "none": 2},
        rulebook_sha256="ab",
        manifest={"outputs": [{"path": "réponse.xlsx"}]},
    )
    record_run(store, whole, findings())

    assert whole == last_run(store, "acme")


def test_there_is_no_run_before_the_first(store):
    """A first run has nothing to be compared with."""
    record_run(store, run(), findings())

    assert None is last_run(store, "acme", before=utc("2026-09-14T12:00"))


def test_the_last_run_is_the_latest_before(store):
    """By the clock of the runs, not by the order in which they were recorded."""
    for run_id, as_of in (("c", "2026-09-21"), ("a", "2026-09-07"), ("b", "2026-09-14")):
        record_run(store, run(run_id, as_of), findings())

    assert ("b", "c") == (last_run(store, "acme", before=utc("2026-09-21")).run_id, last_run(store, "acme").run_id)


def test_series_do_not_mix(store):
    """One office's runs are not compared with another's."""
    record_run(store, run("a", "2026-09-07"), findings())
    record_run(store, run("b", "2026-09-14", series="other"), findings())

    assert "a" == last_run(store, "acme").run_id


def test_the_same_run_again_replaces_itself(store):
    """Recorded twice, a run has the second findings only, and there is one of it."""
    record_run(store, run(people=1), findings())
    record_run(store, run(people=2), findings(ROWS[:1]))
    with store.begin() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar() for table in (runs, run_findings)
        ]

    assert ([1, 1], 2) == (counts, last_run(store, "acme").people)


def test_a_run_that_fails_to_record_leaves_the_old_one(store):
    """The replaced run is back when the new one cannot be written."""
    record_run(store, run(), findings())
    broken = findings().assign(level=None)
    with pytest.raises(StoreError):
        record_run(store, run(people=9), broken)

    assert kept(store) == EXPECTED


def test_old_findings_are_forgotten_and_old_figures_kept(store, monkeypatch):
    """Of a series only the latest runs keep their findings; another series is not touched."""
    monkeypatch.setattr(room, "KEPT_RUNS", 2)
    record_run(store, run("x", "2026-01-01", series="other"), findings())
    for week in (1, 2, 3):
        record_run(store, run(f"r{week}", f"2026-09-0{week}"), findings())

    assert [4, 0, 4, 4] == [len(findings_of(store, run_id)) for run_id in ("x", "r1", "r2", "r3")]
    assert "r1" == last_run(store, "acme", before=utc("2026-09-02")).run_id


def events(*uids):
    rows = [("unit-1", uid, 29_000_000, utc("2026-09-16"), "m", uid == "gone") for uid in uids]
    return EVENTS.cast(pd.DataFrame(rows, columns=EVENTS.names))


def test_calendar_events_come_back_as_recorded(store):
    """In order, with their kinds; a run without any gives an empty frame of the same kinds."""
    record_run(store, run(), findings(), events("b", "gone", "a"))
    record_run(store, run("r2", "2026-09-21"), findings())

    assert events("b", "gone", "a").to_dict("records") == events_of(store, "r1").to_dict("records")
    assert 0 == len(require(events_of(store, "r2"), EVENTS))


def test_old_events_are_forgotten(store, monkeypatch):
    """Only the events of the latest runs are ever asked for."""
    monkeypatch.setattr(room, "KEPT_EVENTS", 1)
    for run_id, as_of in (("a", "2026-09-07"), ("b", "2026-09-14")):
        record_run(store, run(run_id, as_of), findings(), events(run_id))
    with store.begin() as connection:
        kept = connection.execute(select(run_events.c.uid)).scalars().all()

    assert ["b"] == kept


def nobody_knows(_):
    return False


def test_the_first_to_ask_gets_the_lease(store):
    """A lease that nobody holds is given."""
    assert None is take(store, A, NOON, nobody_knows)


def test_a_held_lease_is_not_given(store):
    """The second to ask is told who holds it."""
    take(store, A, NOON, nobody_knows)

    assert A == take(store, B, NOON, nobody_knows)


def test_a_lease_given_back_is_free(store):
    """After the end of a run the next one may begin."""
    take(store, A, NOON, nobody_knows)
    give_back(store, A, NOON)

    assert None is take(store, B, NOON, nobody_knows)


@pytest.mark.parametrize(("silent", "is_given"), [(LEASE, False), (LEASE + pd.Timedelta(seconds=1), True)])
def test_a_silent_holder_loses_the_lease(store, silent, is_given):
    """Three missed signs of life, and the lease is taken over."""
    take(store, A, NOON, nobody_knows)

    assert is_given == (take(store, B, NOON + silent, nobody_knows) is None)


def test_a_sign_of_life_keeps_the_lease(store):
    """A long run that shows it is alive is left alone."""
    take(store, A, NOON, nobody_knows)
    beat(store, A, NOON + LEASE)

    assert "a" == take(store, B, NOON + LEASE + LEASE, nobody_knows).holder


def test_whoever_lost_the_lease_is_told(store):
    """A run that slept through the loss of its lease learns of it at its next sign of life."""
    take(store, A, NOON, nobody_knows)
    take(store, B, NOON, lambda _: True)

    assert not beat(store, A, NOON)


def test_a_late_return_does_not_free_anothers_lease(store):
    """Giving back what was lost changes nothing."""
    take(store, A, NOON, nobody_knows)
    take(store, B, NOON, lambda _: True)
    give_back(store, A, NOON)

    assert "b" == lease_of(store, "r").holder
