"""What the office has: the last report that was delivered. What each reader has is test_baseline.py."""

import msgspec
import pandas as pd
import pytest
from made_runs import at
from sqlalchemy import update

from reporter.model.mail import AMBIGUOUS, DEFERRED, REFUSED, SENT, Key, Letter
from reporter.pipeline.send.plan import period
from reporter.pipeline.send.status import last_told
from reporter.settings import MailSettings, Settings
from reporter.store.database import open_store
from reporter.store.outbox import add
from reporter.store.runs import RunRecord, record_run
from reporter.store.tables import outbox

KNOWN = Settings(store="sqlite://", mail=MailSettings(transport="smtp"))
FIRST = at("2026-09-07T11:00:00Z")


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
    record = RunRecord(run_id=f"r{week}", series=known.report.series, as_of=as_of, finished_at=as_of)
    record_run(store, record, found(list(levels)))
    for n, state in enumerate(states):
        key = Key(known.report, period(as_of, known.office.time_zone), f"reader{n}")
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
