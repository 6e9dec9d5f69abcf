"""What an invented outage would do, asked of the engine itself."""

import pandas as pd
import pytest
from made_runs import HEADER, at, outages, roster, run, settings

from reporter.pipeline.assemble.inputs import read_for_question
from reporter.pipeline.questions.trials import invented_outage, services_of, what_if, with_outage

SIGN_IN = (*HEADER, "Sign-in method")
PEOPLE = [
    ("01", "Ana Bel", "Ops", "", "ON", "Study permit", "2026-09-30", "gckey"),
    ("02", "Bo Chen", "Ops", "", "ON", "Work permit", "2026-09-30", "sign-in partner"),
    ("03", "Cy Diaz", "Ops", "", "ON", "Work permit", "2027-09-30", "gckey"),
]


def asked(folder, *, services=("gckey",), began="2026-09-30T20:00:00Z", hours=12.0):
    """The answer on these people, on an empty record."""
    path = roster(folder / "staff.csv", PEOPLE, SIGN_IN)
    inputs = read_for_question(settings(folder, [path]), at())
    return what_if(inputs, invented_outage(services, at(began), pd.Timedelta(hours=hours), "unplanned"), "en")


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    return asked(tmp_path_factory.mktemp("answer"))


def test_who_is_covered_changes_level_and_who_needs_no_such_service_does_not(answer):
    """The cut-off covered makes critical the person who signs in that way, and nobody else.

    Filing is no longer safe once the invented outage begins.
    """
    columns = ["person_id", "was_level", "level", "last_safe_at"]

    assert [("01", "high", "critical", at("2026-09-30T20:00:00Z"))] == list(
        answer.changed[columns].itertuples(index=False, name=None)
    )


def test_the_counts_now_and_then_are_those_of_two_runs(tmp_path, answer):
    """Level by level, the answer says what a run says without the outage, and what it says with it."""
    people, none = roster(tmp_path / "staff.csv", PEOPLE, SIGN_IN), outages(tmp_path / "none.json", [])
    down = {"services": "gckey", "began_at": "2026-09-30T20:00:00Z", "ended_at": "2026-10-01T08:00:00Z"}
    record = outages(tmp_path / "o.json", [down | {"status": "announced"}])
    runs = [run(tmp_path, [people], [file]).told.office.people_by_level for file in (none, record)]

    assert runs == [dict(answer.now), dict(answer.then)]


def test_people_are_hit_without_a_change_of_level(tmp_path):
    """Hours lost long before the last days count as hit, and change nobody's level; the cut-off stays dependable."""
    answer = asked(tmp_path, began="2026-09-12T00:00:00Z")

    assert (1, 1, 0, True) == (answer.people_hit, answer.duties_hit, answer.covered, answer.changed.empty)
    assert (("01",), 0) == (answer.hit, len(answer.moved))


def test_a_question_leaves_every_file_as_it_stands(tmp_path):
    """Neither the store nor a report folder knows that somebody asked."""
    path = roster(tmp_path / "staff.csv", PEOPLE, SIGN_IN)
    run(tmp_path, [path])
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    asked(tmp_path)

    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}


def test_the_record_given_is_not_changed(tmp_path):
    """The invented outage stands in a record of its own."""
    inputs = read_for_question(settings(tmp_path, [roster(tmp_path / "staff.csv", PEOPLE, SIGN_IN)]), at())
    record = inputs.gathered.record.outages
    more = with_outage(record, invented_outage(("gckey",), at(), pd.Timedelta(hours=1), "planned"))

    assert (0, 1) == (len(record), len(more))


@pytest.mark.parametrize(
    ("text", "ids", "unknown"),
    [
        ("GCKey; IRCC secure account", ("gckey", "ircc_secure_account"), ()),
        ("CléGC", ("gckey",), ()),
        ("gckey;the moon", ("gckey",), ("the moon",)),
    ],
)
def test_a_service_goes_by_any_of_its_names(tmp_path, text, ids, unknown):
    """In English, in French or by its id; a name nobody knows is told."""
    path = roster(tmp_path / "staff.csv", PEOPLE, SIGN_IN)
    rulebook = read_for_question(settings(tmp_path, [path]), at()).rulebook

    assert (ids, unknown) == services_of(text, rulebook)


LONGER = {"services": "gckey", "began_at": "2026-09-30T22:00:00Z", "ended_at": "2026-10-01T04:00:00Z"}


def test_whose_last_safe_hour_moves_is_named_from_when_to_when(tmp_path):
    """The cut-off was down before: nothing is newly covered, and two hours of safe filing are lost all the same."""
    path = roster(tmp_path / "staff.csv", PEOPLE, SIGN_IN)
    inputs = read_for_question(settings(tmp_path, [path], [outages(tmp_path / "o.json", [LONGER])]), at())
    outage = invented_outage(("gckey",), at("2026-09-30T20:00:00Z"), pd.Timedelta("12h"), "unplanned")
    answer = what_if(inputs, outage, "en")
    moved = answer.moved[["person_id", "was_safe_at", "last_safe_at"]].itertuples(index=False, name=None)

    assert (0, ("01",)) == (answer.covered, answer.hit)
    assert [("01", at("2026-09-30T22:00:00Z"), at("2026-09-30T20:00:00Z"))] == list(moved)
