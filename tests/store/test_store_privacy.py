"""What goes, goes on both databases, and a list that only grows gives way to the record alone."""

import pandas as pd
import pytest
from sqlalchemy import text

from reporter.errors import StoreError
from reporter.model.mail import Key, Letter, ReportKey, recipient_id
from reporter.store.audit import audit_events, verify_audit
from reporter.store.captures import evidence_of, file_evidence
from reporter.store.outbox import add, entries
from reporter.store.privacy import erase, holdings_of, purge_findings, purge_outbox
from reporter.store.runs import RunRecord, findings_of, last_run, record_run
from reporter.store.tables import outbox


def at(text="2026-09-07T12:00"):
    return pd.Timestamp(text, tz="UTC").as_unit("us")


def filled(store):
    """One run with two people, one mail of each, one file of evidence of each."""
    found = pd.DataFrame(
        {
            "person_id": ["a", "b"], "deadline": "d", "occurrence": 0, "level": "low", "rule": "r",
            "closes_at": pd.to_datetime(["2026-10-01", None], utc=True).as_unit("us"),
        }
    )  # fmt: skip
    record_run(store, RunRecord("r1", "s", at()), found)
    for name in ("a", "b"):
        key = Key(ReportKey("Office", "s"), "2026-W37", recipient_id(name))
        with store.begin() as connection:
            add(connection, Letter(key, "r1", name, f"{name}@x.org", f"<{name}@x>", "s", name.encode()), 0, "h", at())
        file_evidence(
            store, name, "other", name * 64, suffix="", size=1, happened_at=None, recorded_at=at(), note=""
        )  # fmt: skip
    return store


def erased(store, gone):
    with store.begin() as connection:
        found = holdings_of(connection, "a", [], lambda content: content == b"a")
        erase(connection, "a", [], found, at(), subject="x", unlink=gone.extend)
    return found


def test_a_person_is_erased_and_the_others_stay(store):
    """Finding, mail and evidence go, on either database, and the chain stays whole."""
    gone = []
    erased(filled(store), gone)

    assert ["b"] == findings_of(store, "r1")["person_id"].tolist()
    assert [("cancelled", ""), ("planned", "b@x.org")] == [(e.state, e.address) for e in entries(store)]
    assert (["a" * 64], (), 1) == (gone, evidence_of(store, "a"), len(evidence_of(store, "b")))
    assert ((), ["evidence_erased", "erasure"]) == (verify_audit(store), [e.event for e in audit_events(store)])


@pytest.mark.parametrize("statement", ["DELETE FROM evidence_files", "UPDATE evidence_files SET note = 'x'"])
def test_evidence_leaves_its_list_only_when_the_record_says_so(store, statement):
    """The database itself refuses to take out or to change a file that was not erased on record."""
    filled(store)
    with pytest.raises(StoreError), store.begin() as connection:
        connection.execute(text(statement))

    assert 1 == len(evidence_of(store, "a"))


def test_a_fault_in_the_middle_erases_nothing(store):
    """When a file cannot be removed, the transaction is taken back as a whole."""

    def fail(_):
        raise OSError

    filled(store)
    with pytest.raises((OSError, StoreError)), store.begin() as connection:
        erase(
            connection,
            "a",
            [],
            holdings_of(connection, "a", [], lambda content: content == b"a"),
            at(),
            subject="x",
            unlink=fail,
        )

    assert ["a", "b"] == findings_of(store, "r1")["person_id"].tolist()
    assert [] == list(audit_events(store))


@pytest.mark.parametrize(("day", "expected"), [("2026-09-07", 0), ("2026-09-08", 2)])
def test_findings_go_by_the_age_of_their_run(store, day, expected):
    """Those of runs before the instant are forgotten; the run's figures stay."""
    filled(store)

    assert expected == purge_findings(store, at(day), is_dry=True) == purge_findings(store, at(day), is_dry=False)
    assert 2 - expected == len(findings_of(store, "r1"))
    assert "r1" == last_run(store, "s").run_id


def test_a_mail_that_waits_is_not_emptied(store):
    """Only what is settled loses its address and its bytes, and is counted once."""
    filled(store)
    with store.begin() as connection:
        connection.execute(outbox.update().where(outbox.c.slug == "a").values(state="sent"))

    assert (1, 0) == tuple(purge_outbox(store, at("2027-01-01"), is_dry=False) for _ in range(2))
    assert ["", "b@x.org"] == [entry.address for entry in entries(store)]
