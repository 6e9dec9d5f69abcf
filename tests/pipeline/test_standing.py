"""What changed is told since the last report that was delivered, whatever was missed in between."""

import msgspec
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import at
from sqlalchemy import update

from reporter.engine.changes import compare
from reporter.model.mail import AMBIGUOUS, DEFERRED, REFUSED, SENT, Key, Letter
from reporter.pipeline.postmark import period, series
from reporter.pipeline.standing import last_told
from reporter.settings import MailSettings, Settings
from reporter.store.database import open_store
from reporter.store.outbox import add
from reporter.store.runs import RunRecord, findings_of, record_run
from reporter.store.tables import outbox

KNOWN = Settings(store="sqlite://", mail=MailSettings(transport="smtp"))
FIRST = at("2026-09-07T11:00:00Z")
LEVELS = ["low", "medium", "high", "critical"]


def found(levels):
    """FOUND of as many people, each at one level."""
    n = len(levels)
    names = [f"E{k}" for k in range(n)]
    closes = pd.Series([at("2027-01-01T00:00:00Z")] * n, dtype="datetime64[us, UTC]")
    columns = {"person_id": names, "deadline": "permit", "occurrence": 0, "level": levels, "rule": "r"}
    return pd.DataFrame(columns).assign(closes_at=closes)


def report(store, week, levels=(), states=(SENT,), known=KNOWN):
    """A run of that week, with one mail to each of several readers in these states."""
    as_of = FIRST + pd.Timedelta(weeks=week)
    record = RunRecord(run_id=f"r{week}", series=series(known), as_of=as_of, finished_at=as_of)
    record_run(store, record, found(list(levels)))
    for n, state in enumerate(states):
        key = Key(known.office.name, series(known), period(as_of, known.office.time_zone), f"reader{n}")
        with store.begin() as connection:
            letter = Letter(key, record.run_id, f"reader{n}", f"r{n}@example.org", f"<{week}.{n}@x>", "s", b"x")
            number = add(connection, letter, 0, "c", as_of)
            connection.execute(update(outbox).where(outbox.c.number == number).values(state=state))


def told_before(store, week, known=KNOWN):
    run = last_told(store, known, FIRST + pd.Timedelta(weeks=week))
    return run.run_id if run else None


@pytest.fixture
def memory():
    opened = open_store("sqlite://")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((SENT, SENT), "r1"),
        ((SENT, DEFERRED), "r0"),
        ((SENT, AMBIGUOUS), "r0"),
        ((SENT, REFUSED), "r1"),  # one who is refused for good does not hold back the others
        ((REFUSED, REFUSED), "r0"),
        ((), "r1"),  # nobody was to be written to
    ],
)
def test_a_report_that_was_not_delivered_is_not_the_one_to_compare_with(memory, states, expected):
    """The comparison goes back to the last report that arrived."""
    report(memory, 0)
    report(memory, 1, states=states)

    assert expected == told_before(memory, 2)


def test_without_a_way_to_send_a_written_run_counts(memory):
    """The office takes the files itself."""
    known = msgspec.structs.replace(KNOWN, mail=MailSettings())
    report(memory, 0, known=known)
    report(memory, 1, states=(DEFERRED,), known=known)

    assert "r1" == told_before(memory, 2, known)


weeks = st.lists(st.tuples(*[st.integers(0, 1)] * 4), min_size=2, max_size=7)


@settings(max_examples=20, deadline=None)
@given(weeks, st.data())
def test_missed_weeks_hide_no_threshold(steps, data):
    """People only get worse: whoever is told to be worse, without a gap, is told so with any gap, and as bad."""
    by_week = [[LEVELS[min(3, sum(s[k] for s in steps[: n + 1]))] for k in range(4)] for n in range(len(steps))]
    fates = data.draw(st.lists(st.sampled_from(["sent", "missed", "undelivered"]), min_size=len(steps) - 2,
                               max_size=len(steps) - 2))  # fmt: skip

    assert _alerts(by_week, ["sent"] * len(by_week)) == _alerts(by_week, ["sent", *fates, "sent"])


def _alerts(by_week, fates):
    """The worst that each person was told to be worse, by the reports that were delivered."""
    store, worst = open_store("sqlite://"), {}
    try:
        for week, (levels, fate) in enumerate(zip(by_week, fates, strict=True)):
            if fate == "missed":
                continue
            run = last_told(store, KNOWN, FIRST + pd.Timedelta(weeks=week))
            if run and fate == "sent":
                changes = compare(findings_of(store, run.run_id), found(levels))
                worst |= dict(zip(changes["person_id"], changes["level"].astype(str), strict=True))
            report(store, week, levels, (SENT if fate == "sent" else DEFERRED,))
    finally:
        store.close()
    return worst
