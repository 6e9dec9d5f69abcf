"""What was written down stays, and what was changed behind its back shows."""

from functools import partial

import pandas as pd
import pytest
from forging import forge
from forked import fork
from sqlalchemy import text

from reporter.errors import StoreError
from reporter.model.mail import Key, Letter, Outcome, ReportKey, recipient_id
from reporter.store.audit import audit_events, audit_head, note_event, verify_audit
from reporter.store.database import open_store
from reporter.store.outbox import add, claim, hand_over, settle_claim


def at(text="2026-09-07T12:00"):
    return pd.Timestamp(text, tz="UTC").as_unit("us")


def put(store, *subjects, when=None):
    for subject in subjects:
        with store.begin() as connection:
            note_event(connection, "run", subject, {"é": 1}, when or at())


def faults(store, expected=None):
    return [(fault.number, fault.what) for fault in verify_audit(store, expected)]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET subject = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE number = 2"]
)
def test_the_record_only_grows(store, statement):
    """The database itself refuses to change a row or to take one out."""
    put(store, "a", "b")
    with pytest.raises(StoreError), store.begin() as connection:
        connection.execute(text(statement))

    assert ["a", "b"] == [event.subject for event in audit_events(store)]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["UPDATE audit SET facts = '{}' WHERE number = 2"], [(2, "changed")]),
        (["UPDATE audit SET at = '2020' WHERE number = 1"], [(1, "changed")]),
        (["DELETE FROM audit WHERE number = 2"], [(2, "missing")]),
        (
            [f"UPDATE audit SET number = {b} WHERE number = {a}" for a, b in ((2, 9), (3, 2), (9, 3))],
            [(2, "changed"), (3, "changed")],
        ),
    ],
)
def test_a_forged_row_is_found(store, statements, expected):
    """A row changed, taken out or moved in spite of the locks no longer fits its seal or its place."""
    put(store, "a", "b", "c")
    assert [] == faults(store)
    forge(store, "audit", *statements)

    assert expected == faults(store)


def test_a_record_cut_short_is_found_by_a_head_kept_elsewhere(store):
    """The chain alone cannot know its end."""
    put(store, "a", "b")
    head = audit_head(store)
    forge(store, "audit", "DELETE FROM audit WHERE number = 2")

    assert ([], [(2, "missing")]) == (faults(store), faults(store, head))


def test_nothing_is_written_into_the_past(store):
    """A clock gone back does not put a row in front of another."""
    put(store, "a", when=at("2026-09-08"))
    put(store, "b", when=at("2026-09-07"))
    first, second = audit_events(store)

    assert first.at == second.at


@pytest.mark.parametrize(("state", "expected"), [("sent", ["sent"]), ("ambiguous", ["ambiguous"]), ("refused", [])])
def test_who_was_told_is_on_record_without_an_address(store, state, expected):
    """A mail that left, or may have, is noted by its recipient's slug and the digest of its bytes."""
    key = Key(ReportKey("Office", "acme"), "2026-W37", recipient_id("ana@example.org"))
    with store.begin() as connection:
        add(connection, Letter(key, "r1", "hr-1", "ana@example.org", "<m@example.org>", "s", b"mail"), 0, "abc", at())
    taken = claim(store, "one", at())
    hand_over(store, taken, at())
    settle_claim(store, taken, Outcome(state, phase="dot"), at(), state=state)
    events = audit_events(store)

    assert expected == [event.facts["state"] for event in events if event.subject == "hr-1"]
    assert all("abc" == event.facts["message_sha256"] for event in events)
    assert "example.org" not in str(events)


def write(url, name):
    """A machine that writes twenty events."""
    other = open_store(url)
    for n in range(20):
        with other.begin() as connection:
            note_event(connection, "run", f"{name}-{n}", {}, at())
    return 0


def test_two_processes_write_one_chain(store, url):
    """As from two machines at once: no row is lost, none is doubled, and every seal fits."""
    writers = [fork(partial(write, url, name)) for name in ("a", "b")]

    assert [(b"", 0)] * 2 == [writer.read() for writer in writers]
    assert {f"{name}-{n}" for name in ("a", "b") for n in range(20)} == {e.subject for e in audit_events(store)}
    assert (40, ()) == (len(audit_events(store)), verify_audit(store))
