"""What was known of each outage, and when."""

import datetime as dt
import random
import re
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from forging import forge, seal_anew
from makers import outages, record_check
from sqlalchemy import text

from reporter.errors import StoreError
from reporter.model.report import Relief, relief_of
from reporter.model.shapes import OUTAGES, require
from reporter.pipeline.assemble.ledger_anchor import keep_head, ledger_state
from reporter.settings import Settings
from reporter.store.ledger import (
    Provenance,
    amend,
    amended_outages,
    history,
    import_outages,
    ledger_head,
    merge_outages,
    outages_known_at,
    raw_texts,
    reliefs,
    withdraw,
)
from reporter.store.ledger_items import source_ages
from reporter.store.ledger_rows import FACTS, verify_ledger
from reporter.store.tables import outage_versions

ONE = {
    "outage_id": "one",
    "services": "gckey",
    "began_at": "2026-09-01T10:00Z",
    "ended_at": "2026-09-01T12:00Z",
    "source_url": "https://example.org/1",
    "title": "One",
}
PAGE = Provenance(address="page.json")


def utc(instant):
    return pd.Timestamp(instant, tz="UTC")


MONDAY, TUESDAY, WEDNESDAY = utc("2026-09-07T09:00"), utc("2026-09-08T09:00"), utc("2026-09-09T09:00")


def put(store, *rows, at=MONDAY, source=PAGE, **options):
    """Import the record ONE with these changes, once for each row."""
    frame = outages([ONE | row for row in rows])
    return import_outages(store, frame, source=source, recorded_at=at, **options)


def newest(store, outage_id="one"):
    return history(store, outage_id).iloc[-1].to_dict()


def actions(store, outage_id="one"):
    return history(store, outage_id)["action"].tolist()


def counts(imported):
    return (imported.read, imported.added, imported.changed, imported.unchanged, imported.refused)


def test_the_ledger_writes_every_fact_of_an_outage():
    """A column added to OUTAGES is a column of the ledger, or this fails."""
    assert {*OUTAGES.names} == {*FACTS, "outage_id"}


def test_what_is_imported_is_known(store):
    """The facts come back as they went in, in the shape the engine takes."""
    put(store, {}, {"outage_id": "two", "began_at": "2026-08-01T00:00:00.250Z", "ended_at": None})
    frame = outages_known_at(store)

    require(frame[OUTAGES.names], OUTAGES)
    assert [("two", utc("2026-08-01T00:00:00.25"), 1), ("one", utc("2026-09-01T10:00"), 1)] == list(
        frame[["outage_id", "began_at", "versions"]].itertuples(index=False, name=None)
    )
    assert frame["ended_at"].isna().tolist() == [True, False]


def test_an_empty_ledger_knows_nothing(store):
    """Before the first import there are no outages, in the same shape."""
    frame = outages_known_at(store)

    require(frame[OUTAGES.names], OUTAGES)
    assert (0, (), 0) == (len(frame), verify_ledger(store), ledger_head(store).number)


def test_the_same_import_again_adds_nothing(store):
    """Re-importing a file leaves the ledger as it was."""
    first = put(store, {}, {"outage_id": "two"})
    again = put(store, {}, {"outage_id": "two"}, at=TUESDAY)

    assert ((2, 2, 0, 0, 0), (2, 0, 0, 2, 0), 2) == (counts(first), counts(again), ledger_head(store).number)


def test_a_row_that_moved_in_its_file_has_not_changed(store):
    """A line added above another changes the place of that one, not what it says."""
    put(store, {"source_row": "a.csv:2"})
    again = put(store, {"source_row": "a.csv:3"}, at=TUESDAY)

    assert 1 == again.unchanged


def test_a_changed_import_adds_versions_only_where_something_changed(store):
    """Of two outages one has a new end: that one gets a second version."""
    put(store, {}, {"outage_id": "two"})
    again = put(store, {}, {"outage_id": "two", "ended_at": "2026-09-01T13:00Z"}, at=TUESDAY)

    assert ((2, 0, 1, 1, 0), [1, 2]) == (counts(again), sorted(outages_known_at(store)["versions"]))


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ({}, {"ended_at": None}, "reopened"),
        ({}, {"status": "ongoing"}, "reopened"),
        ({}, {"title": "Another"}, "renamed"),
        ({}, {"title": "Another", "note": "more"}, "amended"),
        ({"ended_at": None, "status": "ongoing"}, {}, "amended"),
    ],
)
def test_a_version_says_what_it_is(store, before, after, action):
    """Ended and then not is a reopening, another title alone a renaming, anything else an amendment."""
    put(store, before)
    imported = put(store, after, at=TUESDAY)

    assert (["added", action], action == "reopened") == (actions(store), imported.reopened == 1)


def test_what_was_known_then_stays_what_was_known_then(store):
    """On Tuesday the end of the outage was another than on Monday, and on Sunday nobody knew of it."""
    put(store, {})
    put(store, {"ended_at": "2026-09-01T18:00Z"}, at=TUESDAY)
    ends = [outages_known_at(store, mark)["ended_at"].tolist() for mark in (utc("2026-09-06"), MONDAY, TUESDAY, None)]

    assert [[], [utc("2026-09-01T12:00")], [utc("2026-09-01T18:00")], [utc("2026-09-01T18:00")]] == ends


def test_what_is_known_at_an_instant_includes_what_was_recorded_at_it(store):
    """The instant itself counts, the microsecond before it does not."""
    put(store, {})

    assert [1, 0] == [len(outages_known_at(store, mark)) for mark in (MONDAY, MONDAY - pd.Timedelta(microseconds=1))]


def test_a_row_number_is_a_mark_too(store):
    """The head that a run recorded gives exactly what that run could know, whatever the clocks said."""
    put(store, {})
    mark = ledger_head(store).number
    put(store, {"outage_id": "two"})

    assert (1, 2) == (len(outages_known_at(store, mark)), len(outages_known_at(store)))


def test_nothing_is_written_into_the_past(store):
    """A clock that went back does not change what was known before."""
    put(store, {}, at=TUESDAY)
    put(store, {"outage_id": "two"}, at=MONDAY)

    assert (0, 2) == (len(outages_known_at(store, MONDAY)), len(outages_known_at(store, TUESDAY)))


def test_withdrawn_and_merged_outages_are_gone_from_then_on(store):
    """They leave the list, and what was known before stays."""
    put(store, {}, {"outage_id": "two"}, {"outage_id": "three"})
    withdraw(store, "two", "a drill", recorded_at=TUESDAY)
    merge_outages(store, "three", "one", recorded_at=WEDNESDAY)

    assert [3, 2, 1] == [len(outages_known_at(store, mark)) for mark in (MONDAY, TUESDAY, WEDNESDAY)]
    assert ("one", "a drill") == (newest(store, "three")["merged_into"], newest(store, "two")["note"])


@pytest.mark.parametrize("take_out", ["withdraw", "merge"])
def test_what_was_taken_out_stays_out_whatever_its_source_says(store, take_out):
    """A new word of the source is recorded, and does not bring the outage back; an amendment by hand does."""
    put(store, {}, {"outage_id": "two"})
    if take_out == "merge":
        merge_outages(store, "one", "two", recorded_at=TUESDAY)
    else:
        withdraw(store, "one", "a drill", recorded_at=TUESDAY)
    again = put(store, {"ended_at": "2026-09-01T18:00Z"}, at=WEDNESDAY)
    hidden = outages_known_at(store)["outage_id"].tolist()
    amend(store, "one", {"kind": "planned"}, recorded_at=WEDNESDAY)

    assert (1, ["two"], ["one", "two"]) == (again.changed, hidden, outages_known_at(store)["outage_id"].tolist())


def test_the_office_s_own_word_stands_against_a_source_that_repeats_itself(store):
    """A correction by hand is not undone by importing the same file again."""
    put(store, {})
    amend(store, "one", {"ended_at": utc("2026-09-01T15:00")}, recorded_at=TUESDAY)
    again = put(store, {}, at=WEDNESDAY)

    assert (1, utc("2026-09-01T15:00")) == (again.unchanged, outages_known_at(store)["ended_at"].iloc[0])


def test_a_source_s_news_does_not_undo_what_the_office_said_of_another_fact(store):
    """The source has a new title; the end that a person corrected stays, this time and the next."""
    put(store, {})
    amend(store, "one", {"ended_at": utc("2026-09-01T15:00")}, recorded_at=TUESDAY)
    news = put(store, {"title": "New"}, at=WEDNESDAY)
    again = put(store, {"title": "New"}, at=WEDNESDAY)
    row = outages_known_at(store).iloc[0]

    assert (1, 1, "New", utc("2026-09-01T15:00")) == (news.changed, again.unchanged, row["title"], row["ended_at"])


def test_a_source_may_correct_what_the_office_said(store):
    """When the source itself moves the end, its new word counts."""
    put(store, {})
    amend(store, "one", {"ended_at": utc("2026-09-01T15:00")}, recorded_at=TUESDAY)
    put(store, {"ended_at": "2026-09-01T16:00Z"}, at=WEDNESDAY)

    assert utc("2026-09-01T16:00") == outages_known_at(store)["ended_at"].iloc[0]


def test_an_edit_that_goes_back_is_a_version(store):
    """A, then B, then A again: three versions."""
    for day, title in ((MONDAY, "A"), (TUESDAY, "B"), (WEDNESDAY, "A")):
        put(store, {"title": title}, at=day)

    assert ["A", "B", "A"] == history(store, "one")["title"].tolist()


def test_two_sources_of_one_outage_do_not_take_turns(store):
    """Each imported again unchanged, neither writes over the other."""
    other = Provenance(address="other.json")
    put(store, {})
    put(store, {"title": "Otherwise"}, source=other)
    again = [put(store, {}), put(store, {"title": "Otherwise"}, source=other)]

    assert [1, 1] == [imported.unchanged for imported in again]


def test_an_old_copy_says_nothing_new(store):
    """A file that agreed, imported again with the same bytes, does not undo a later correction by another."""
    copy = Provenance(address="copy.json", sha256="c" * 64)
    put(store, {})
    put(store, {}, source=copy)
    record_check(store, "copy.json", MONDAY, sha256="c" * 64)
    put(store, {"title": "Corrected"}, at=TUESDAY)
    put(store, {}, at=WEDNESDAY, source=copy)

    assert "Corrected" == outages_known_at(store)["title"].iloc[0]


def test_time_passing_is_no_change(store):
    """A status that nobody stated, only read off the clock, makes no version by itself."""
    put(store, {"status": "announced"}, clock_told=["one"])
    again = put(store, {"status": "resolved"}, at=TUESDAY, clock_told=["one"])
    ended = put(store, {"status": "resolved", "title": "New"}, at=TUESDAY, clock_told=["one"])

    assert (1, 1, "resolved") == (again.unchanged, ended.changed, outages_known_at(store)["status"].iloc[0])


def test_an_outage_its_source_no_longer_names_stays(store):
    """The department takes its notices down; the record does not forget."""
    put(store, {}, {"outage_id": "two"})
    put(store, {"outage_id": "two"}, at=TUESDAY)

    assert 2 == len(outages_known_at(store))


def test_a_record_without_a_source_is_unverified(store):
    """However it calls itself."""
    put(store, {"source_url": ""}, source=Provenance("none"))

    assert "unverified" == outages_known_at(store)["verification"].iloc[0]


def test_every_version_keeps_its_source(store):
    """Kind, address, language, words, capture: of the import, and of the amendment after it."""
    put(store, {}, source=Provenance("", "page.json", "fr", MONDAY, "a" * 64), raw={"one": "en panne"})
    amend(
        store,
        "one",
        {"note": "seen"},
        recorded_at=TUESDAY,
        source=Provenance("press", "https://example.org/p"),
        raw="down",
    )
    names = ["source_kind", "source_address", "source_language", "raw_text", "captured_sha256"]

    assert [
        ("official_notice", "page.json", "fr", "en panne", "a" * 64),
        ("press", "https://example.org/p", "", "down", ""),
    ] == list(history(store, "one")[names].itertuples(index=False, name=None))
    assert {"one": "down"} == raw_texts(store)


def test_names_that_mean_no_service_are_kept(store):
    """They stand beside the outage, one a line."""
    put(store, {"services": "unspecified"}, unspecified={"one": "Tax portal\nDog licences"})

    assert "Tax portal\nDog licences" == outages_known_at(store)["unspecified_components"].iloc[0]


def test_an_amendment_that_changes_nothing_adds_nothing(store):
    """The newest version stays the first."""
    put(store, {})

    assert (1, 1) == (amend(store, "one", {"title": "One"}, recorded_at=TUESDAY), len(history(store, "one")))


def test_an_outage_is_renamed(store):
    """By hand, as a version of its own."""
    put(store, {})
    amend(store, "one", {"title": "Better"}, recorded_at=TUESDAY)

    assert (["added", "renamed"], "Better") == (actions(store), outages_known_at(store)["title"].iloc[0])


def test_what_the_department_granted_stands_beside_the_outage(store):
    """An extension with its day, scope, reference and source comes back; without one there is none."""
    day = dt.date(2026, 9, 20)
    granted = Relief("extension", day, "study permits", "PP-1", "https://example.org/r", "visitors")
    put(store, {}, {"outage_id": "two"})
    amend(store, "two", {}, relief=granted, recorded_at=TUESDAY)

    assert [None, granted] == [relief_of(text) for text in outages_known_at(store)["relief"]]
    assert ({"two": granted}, {}) == (reliefs(store), reliefs(store, MONDAY))


def test_a_measure_written_before_limits_were_asked_for_is_read():
    """It has none."""
    text = '{"kind": "none", "reference": "", "scope": "all", "source": "", "until_on": ""}'

    assert Relief("none", scope="all") == relief_of(text)


@pytest.mark.parametrize(
    "deed",
    [
        lambda store: amend(store, "none", {"title": "x"}, recorded_at=MONDAY),
        lambda store: amend(store, "one", {"colour": "x"}, recorded_at=MONDAY),
        lambda store: merge_outages(store, "one", "one", recorded_at=MONDAY),
        lambda store: merge_outages(store, "one", "none", recorded_at=MONDAY),
        lambda store: Relief("extension"),
        lambda store: Relief("holiday"),
        lambda store: Provenance("hearsay"),
    ],
)
def test_what_cannot_be_entered_is_refused(store, deed):
    """An outage that is not there, a fact that is none, a merge into itself, a relief without its day."""
    put(store, {})
    with pytest.raises(StoreError):
        deed(store)

    assert 1 == ledger_head(store).number


def test_an_outage_is_not_merged_into_one_that_was_taken_out(store):
    """It would be gone, with nothing to stand for it."""
    put(store, {}, {"outage_id": "two"})
    withdraw(store, "two", "a drill", recorded_at=TUESDAY)
    with pytest.raises(StoreError, match="withdrawn"):
        merge_outages(store, "one", "two", recorded_at=TUESDAY)

    assert ["one"] == outages_known_at(store)["outage_id"].tolist()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outage_versions SET title = 'x'",
        "DELETE FROM outage_versions",
        "UPDATE ledger_checks SET source = 'x'",
        "DELETE FROM ledger_checks",
    ],
)
def test_the_database_refuses_to_change_the_ledger(store, statement):
    """Not even by hand: no update and no deletion, on either database."""
    put(store, {})
    record_check(store, "page.json", MONDAY)
    with pytest.raises(StoreError), store.begin() as connection:
        connection.execute(text(statement))

    assert ("One", 1) == (newest(store)["title"], len(source_ages(store, MONDAY)))


def test_the_database_refuses_to_write_a_row_over(store):
    """INSERT OR REPLACE and TRUNCATE are changes too."""
    put(store, {})
    row = newest(store)
    if store.engine.dialect.name == "sqlite":
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        statements = [
            (f"INSERT OR REPLACE INTO outage_versions ({names}) VALUES ({marks})", changed)
            for changed in (row | {"title": "x"}, row | {"number": 7})
        ]
    else:
        statements = [("TRUNCATE outage_versions", {})]
    for statement, values in statements:
        with pytest.raises(StoreError), store.begin() as connection:
            connection.execute(text(statement), values)

    assert (1, "One") == (ledger_head(store).number, newest(store)["title"])


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE outage_versions SET ended_at = '' WHERE number = 2", [(2, "changed")]),
        ("UPDATE outage_versions SET recorded_at = '2020' WHERE number = 1", [(1, "changed")]),
        ("DELETE FROM outage_versions WHERE number = 2", [(2, "missing")]),
        ("DELETE FROM outage_versions WHERE number = 1", [(1, "missing")]),
    ],
)
def test_a_forged_row_is_found(store, statement, expected):
    """A row changed or taken out in spite of the locks no longer fits its seal or its place."""
    put(store, {}, {"outage_id": "two"}, {"outage_id": "three"})
    assert () == verify_ledger(store)
    forge(store, "outage_versions", statement)

    assert expected == [(fault.number, fault.what) for fault in verify_ledger(store)]


def test_a_ledger_cut_short_is_found_by_the_head_of_a_run(store):
    """The chain alone cannot know its end; the head kept with a report does."""
    put(store, {}, {"outage_id": "two"})
    head = ledger_head(store)
    forge(store, "outage_versions", "DELETE FROM outage_versions WHERE number = 2")

    assert ((), [(2, "missing")]) == (
        verify_ledger(store),
        [(fault.number, fault.what) for fault in verify_ledger(store, expected=[head])],
    )


def test_a_head_of_old_is_still_in_the_chain(store):
    """Entries after the head do not disturb it."""
    put(store, {})
    head = ledger_head(store)
    put(store, {"title": "New"}, at=TUESDAY)

    assert () == verify_ledger(store, expected=[head])


def test_amended_evidence_is_told_old_and_new(store):
    """Of the outages a report relied on, each fact that the ledger now says otherwise."""
    put(store, {}, {"outage_id": "two"}, {"outage_id": "three"}, {"outage_id": "four"})
    put(store, {"ended_at": "2026-09-01T18:00Z", "title": "Longer"}, {"outage_id": "four", "note": "x"}, at=TUESDAY)
    withdraw(store, "two", "", recorded_at=TUESDAY)
    told = amended_outages(store, ["one", "two", "three"], MONDAY)

    assert [
        ("one", 1, 2, "ended_at", "2026-09-01T12:00:00.000000Z", "2026-09-01T18:00:00.000000Z"),
        ("one", 1, 2, "title", "One", "Longer"),
        ("two", 1, 2, "action", "added", "withdrawn"),
    ] == list(told[["outage_id", "was_version", "version", "column", "was", "now"]].itertuples(index=False, name=None))


def test_the_head_at_a_mark_is_what_a_run_could_know_then(store):
    """So that a run of an older state is compared from that state on, and not from the newest."""
    put(store, {})
    put(store, {"title": "Two"}, at=TUESDAY)

    assert (1, 2, 0) == tuple(ledger_head(store, mark).number for mark in (MONDAY, None, 0))


def test_nothing_amended_is_told_as_nothing(store):
    """Between the report and now nothing changed; what came later is not told either."""
    put(store, {})
    put(store, {"title": "Later"}, at=WEDNESDAY)

    assert (0, 0, 1) == tuple(
        len(amended_outages(store, ids, MONDAY, now))
        for ids, now in ((["one"], TUESDAY), ([], None), (["one"], WEDNESDAY))
    )


def test_how_old_each_source_is(store):
    """A failed look moves nothing forward, and what was looked at later is not known yet."""
    record_check(store, "a.json", MONDAY, complete_to=MONDAY)
    record_check(store, "a.json", TUESDAY, status="captive_portal")
    record_check(store, "b.csv", TUESDAY)
    record_check(store, "c.json", TUESDAY, status="failed")
    record_check(store, "a.json", WEDNESDAY, complete_to=WEDNESDAY)
    found = source_ages(store, TUESDAY + pd.Timedelta(hours=12))

    assert [("a.json", "captive_portal", MONDAY, 1.5), ("b.csv", "read", TUESDAY, 0.5)] == list(
        found[["source", "status", "looked_at", "age_days"]].iloc[:2].itertuples(index=False, name=None)
    )
    assert (True, True) == (pd.isna(found["looked_at"].iloc[2]), pd.isna(found["age_days"].iloc[2]))


def test_nobody_looked_is_no_source_at_all(store):
    """An empty answer has the same columns."""
    assert [
        "source", "checked_at", "status", "looked_at", "complete_to", "age_days", "open_items"
    ] == list(source_ages(store, MONDAY))  # fmt: skip


def test_texts_a_database_cannot_hold_are_made_harmless(store):
    """A NUL or half a character in a notice costs that character only."""
    put(store, {"title": "One\0"}, raw={"one": "raw\0 \ud83d"})

    assert ("One", "raw ?") == (newest(store)["title"], newest(store)["raw_text"])


def test_instants_are_written_for_people(store):
    """ISO 8601 in UTC, as text that sorts by time."""
    put(store, {})

    assert re.fullmatch(r"2026-09-01T10:00:00\.000000Z", newest(store)["began_at"])


@pytest.mark.parametrize("seed", range(2))
def test_a_replay_of_edits_answers_for_every_day(store, seed):
    """Whatever a source says day by day, each day's answer is what it had said until then, in as few versions."""
    draw = random.Random(seed)
    said, versions, days = {}, {}, []
    for day in range(12):
        names = draw.sample("abcde", draw.randint(0, 5))
        snapshot = {name: (draw.choice("xy"), draw.choice([None, "2026-09-01T12:00Z"])) for name in names}
        versions = {
            name: versions.get(name, 0) + (said.get(name) != snapshot.get(name, said.get(name))) for name in "abcde"
        }
        said = said | snapshot
        at = MONDAY + pd.Timedelta(days=day)
        rows = [{"outage_id": name, "title": title, "ended_at": end} for name, (title, end) in snapshot.items()]
        put(store, *rows, at=at)
        days.append((at, dict(said)))

    for at, expected in days:
        frame = outages_known_at(store, at)
        ends = ["2026-09-01T12:00Z" if known_end else None for known_end in frame["ended_at"].notna()]
        assert expected == dict(zip(frame["outage_id"], zip(frame["title"], ends, strict=True), strict=True))
    assert {name: count for name, count in versions.items() if count} == dict(
        outages_known_at(store)[["outage_id", "versions"]].itertuples(index=False, name=None)
    )
    assert () == verify_ledger(store)


def test_imports_at_the_same_time_make_one_chain(store):
    """Several programs with the same news: it is entered once, and the chain holds."""
    with ThreadPoolExecutor(4) as pool:
        imported = list(pool.map(lambda _: put(store, {}, {"outage_id": "two"}), range(4)))

    assert ([0, 0, 0, 2], 2, ()) == (
        sorted(one.added for one in imported),
        ledger_head(store).number,
        verify_ledger(store),
    )


@pytest.mark.slow
def test_twenty_years_load_in_seconds(store):
    """15,000 records and 5,000 edits of them, then a list and a look back; loose limits, for a busy machine."""
    began = pd.Timestamp("2006-01-01", tz="UTC") + pd.to_timedelta(range(15_000), unit="h") * 11
    frame = OUTAGES.cast(
        pd.DataFrame(
            {
                "outage_id": [f"o{n}" for n in range(15_000)], "services": "gckey", "began_at": began,
                "ended_at": began + pd.Timedelta(hours=2), "kind": "unplanned", "verification": "official",
                "status": "resolved", "source_url": "https://example.org", "title": "t", "precision": "minute",
            }
        )
    )  # fmt: skip
    start = pd.Timestamp.now()
    import_outages(store, frame, source=PAGE, recorded_at=MONDAY)
    edited = frame.assign(title=frame["title"].where(frame.index >= 5_000, "edited"))
    import_outages(store, edited, source=PAGE, recorded_at=TUESDAY)
    loaded = pd.Timestamp.now()
    then, today = outages_known_at(store, MONDAY), outages_known_at(store)
    listed = pd.Timestamp.now()
    with store.begin() as connection:
        rows = connection.execute(outage_versions.select()).fetchall()

    assert (20_000, 0, 5_000) == (len(rows), (then["title"] == "edited").sum(), (today["title"] == "edited").sum())
    assert (True, True) == ((loaded - start).total_seconds() < 60, (listed - loaded).total_seconds() < 10)


FORGERIES = (
    "UPDATE outage_versions SET services = 'epay' WHERE number = 1",
    "UPDATE outage_versions SET ended_at = '2026-09-01T11:00:00.000000Z' WHERE number = 1",
    "DELETE FROM outage_versions WHERE number = 2",
)


def test_a_forged_ledger_no_longer_holds_the_heads_kept_of_it(store, tmp_path):
    """On either database: the tail cut off, an hour or a service changed and every seal written anew."""
    known = Settings(folder=str(tmp_path))
    put(store, {}, {"outage_id": "two"})
    keep_head(known.home, store)
    found = [ledger_state(known, store).count]
    for statement in FORGERIES:
        forge(store, "outage_versions", statement)
        seal_anew(store)
        found.append(ledger_state(known, store).count)

    assert [False, True, True, True] == [count > 0 for count in found]
