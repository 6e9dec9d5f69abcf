"""Past weeks judged again: with what was known then, and nothing more."""

import pandas as pd
import pytest
from made_runs import HEADER, at, outages, roster, run, settings

from reporter.errors import StoreError
from reporter.pipeline.assemble.inputs import read_for_question
from reporter.pipeline.questions.trials import from_runs, record_at, replay_weeks, roster_at, weeks
from reporter.rules.load import load_rulebook
from reporter.store.database import open_store
from reporter.store.ledger import Provenance, import_outages

pytestmark = pytest.mark.slow  # minutes of whole runs: part of `make check`
FILED = (*HEADER, "Permit issue date", "Application filed at", "Application status")
PEOPLE = [
    ("01", "Ana Bel", "Ops", "", "ON", "Study permit", "2026-08-20"),
    ("02", "Bo Chen", "Ops", "", "ON", "Work permit", "2026-08-20", "", "2026-08-15T12:00:00Z", "approved"),
]
FIRST, LAST = at("2026-08-05T13:00:00Z"), at("2026-09-09T13:00:00Z")
DOWN = {"services": "ircc_secure_account", "began_at": "2026-08-20T12:00:00Z", "ended_at": "2026-08-21T12:00:00Z"}


def asked(folder, *records, people=PEOPLE):
    return read_for_question(settings(folder, [roster(folder / "staff.csv", people, FILED)], records), LAST)


def levels(answer, person, before):
    """The levels of one person in the reports before an instant, in order."""
    mine = answer.seen[(answer.seen["person_id"] == person) & (answer.seen["seen_at"] < at(before))]
    return mine.sort_values("seen_at")["level"].tolist()


def in_ledger(folder, recorded_at):
    """The outage on record in the ledger since that instant."""
    store = open_store(settings(folder, []).store_url)
    told = read_for_question(settings(folder, [folder / "staff.csv"], [outages(folder / "o.json", [DOWN])]), LAST)
    import_outages(store, told.gathered.record.outages, source=Provenance(), recorded_at=at(recorded_at))
    store.close()


def test_an_outage_recorded_later_does_not_leak_into_an_earlier_week(tmp_path):
    """The weeks before the ledger knew of it look as they do without it, though it had begun by then."""
    roster(tmp_path / "staff.csv", PEOPLE, FILED)
    without = replay_weeks(asked(tmp_path), weeks(FIRST, LAST)).seen
    in_ledger(tmp_path, "2026-09-01T00:00:00Z")
    known = replay_weeks(asked(tmp_path), weeks(FIRST, LAST)).seen
    early = [frame[frame["seen_at"] < at("2026-09-01T00:00:00Z")].reset_index(drop=True) for frame in (without, known)]
    late = [frame.loc[frame["seen_at"] > at("2026-09-01T00:00:00Z"), "rule"].tolist() for frame in (without, known)]

    pd.testing.assert_frame_equal(*early)
    assert late[0] != late[1]


def test_a_filing_received_later_was_not_yet_filed(tmp_path):
    """Filed on August 15, the duty was open in the weeks before, and ended as filed."""
    answer = replay_weeks(asked(tmp_path), weeks(FIRST, LAST))
    ends = answer.outcomes.set_index("person_id")["outcome"].to_dict()

    assert ["high", "high"] == levels(answer, "02", "2026-08-15T12:00:00Z")
    assert {"01": "missed", "02": "filed"} == ends


def test_an_application_is_pending_until_its_undated_outcome(tmp_path):
    """Whatever came of it, a filing on record counts as pending in an earlier week."""
    people = asked(tmp_path).gathered.roster

    assert ["pending"] == roster_at(people, at("2026-08-20T00:00:00Z"))["application_outcome"].dropna().tolist()
    assert [] == roster_at(people, at("2026-08-10T00:00:00Z"))["application_outcome"].dropna().tolist()


@pytest.mark.parametrize(
    ("day", "known"),
    [("2026-08-31", ("pending", "")), ("2026-09-02", ("refused", "")), ("2026-09-06", ("refused", "pending"))],
)
def test_a_decision_and_a_second_application_are_known_from_their_day(tmp_path, day, known):
    """Refused on September 1 and filed again on the 5th: before each, nobody could have known of it."""
    rows = (
        asked(tmp_path)
        .gathered.roster.iloc[[1]]
        .assign(
            application_outcome="refused",
            application_decided_on=pd.Timestamp("2026-09-01").as_unit("us"),
            second_application_filed_at=at("2026-09-05T12:00:00Z"),
            second_application_outcome="approved",
        )
    )
    then = roster_at(rows, at(f"{day}T13:00:00Z")).fillna({"second_application_outcome": ""}).iloc[0]

    assert known == (then["application_outcome"], then["second_application_outcome"])


def test_a_permit_issued_later_was_not_there(tmp_path):
    """Its row is left out of the weeks before its date of issue."""
    people = asked(tmp_path, people=[("01", "Ana", "", "", "ON", "Work permit", "2028-01-01", "2026-08-12")])
    found = [len(roster_at(people.gathered.roster, at(f"2026-08-{day}T00:00:00Z"))) for day in (11, 13)]

    assert [0, 1] == found


def test_an_outage_of_a_file_counts_from_its_beginning_and_is_open_until_it_ended(tmp_path):
    """A day before it begins it is not known; while it lasts nobody knows its end."""
    record = asked(tmp_path, outages(tmp_path / "o.json", [DOWN])).gathered.record.outages
    days = [record_at(record, at(f"2026-08-{day}")) for day in ("20T00:00:00Z", "20T18:00:00Z", "22T00:00:00Z")]

    assert [[], [True], [False]] == [frame["ended_at"].isna().tolist() for frame in days]


def test_recorded_runs_are_scored_as_they_were(tmp_path):
    """From the store: flagged high before the cut-off in the first run, missed by the second.

    With fewer than two runs in the period there is nothing to compare, and the message says what to do.
    """
    path = roster(tmp_path / "staff.csv", PEOPLE[:1], FILED)
    known = settings(tmp_path, [path])
    run(tmp_path, [path], as_of="2026-08-05T13:00:00Z")
    with pytest.raises(StoreError, match="--roster FILE"):
        from_runs(open_store(known.store_url), load_rulebook(), known.report.series, FIRST, LAST)
    run(tmp_path, [path], as_of="2026-09-02T13:00:00Z")
    answer = from_runs(open_store(known.store_url), load_rulebook(), known.report.series, FIRST, LAST)
    high = answer.scores.set_index("name").loc["high"]

    assert ["missed"] == list(answer.outcomes["outcome"])
    assert (1, 1, 0, 0) == tuple(high[["flagged", "ended_missed", "led_to_nothing", "not_flagged"]])


def test_runs_and_replay_score_the_same_roster_alike(tmp_path):
    """Where nothing on the roster changed meanwhile, replaying the weeks says what the recorded runs say."""
    path, instants = roster(tmp_path / "staff.csv", PEOPLE[:1], FILED), weeks(at("2026-08-19T13:00:00Z"), LAST)
    for one in instants:
        run(tmp_path, [path], as_of=f"{one:%Y-%m-%dT%H:%M:%SZ}")
    known = settings(tmp_path, [path])
    recorded = from_runs(open_store(known.store_url), load_rulebook(), known.report.series, FIRST, LAST)

    pd.testing.assert_frame_equal(recorded.scores, replay_weeks(read_for_question(known, LAST), instants).scores)
