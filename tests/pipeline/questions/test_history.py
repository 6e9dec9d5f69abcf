"""One person's past: the levels report by report, and which mails told of it, by number or by name."""

import json

import msgspec
import pytest
from click.testing import CliRunner
from made_runs import at, outages, roster, settings
from sqlalchemy import text

from reporter.cli import cli
from reporter.pipeline.questions.history import changed_weeks, history_of, standing_since
from reporter.pipeline.run import run as pipeline
from reporter.settings import MailSettings, RecipientSettings
from reporter.store.audit import audit_events
from reporter.store.database import open_store

PEOPLE = [
    ("0017", "Ana Invented", "Robotics", "hr1@example.org", "ON", "Work permit", "2026-09-25"),
    ("0018", "Bo Invented", "Robotics", "hr2@example.org", "BC", "Work permit", "2026-09-30"),
]
WEEKS = ("2026-09-09T13:00:00Z", "2026-09-16T13:00:00Z", "2026-09-23T13:00:00Z")
NOW = at("2026-09-23T15:00:00Z")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Three weeks of one report, told to two contacts and to a manager, who reads names alone."""
    home = tmp_path_factory.mktemp("history")
    manager = RecipientSettings(address="boss@example.org", role="people_manager")
    known = msgspec.structs.replace(
        settings(home, [roster(home / "staff.csv", PEOPLE)], [outages(home / "o.json", [])]),
        mail=MailSettings(transport="smtp", host="localhost", allow=("example.org",)),
        sender="reports@example.org",
        recipients=(manager,),
    )
    for week in WEEKS:
        pipeline.run(known, at(week), deliver=False)
        store = open_store(known.store_url)
        with store.begin() as connection:
            connection.execute(text("UPDATE outbox SET state = 'sent', changed_at = :at"), {"at": week})
        store.close()
    store = open_store(known.store_url)
    yield known, store
    store.close()


@pytest.fixture(scope="module")
def past(office):
    known, store = office
    return history_of(store, known, "0017", NOW)


def test_each_report_is_there_with_the_level_that_it_found(past):
    """Oldest first, and since when a level holds is counted without a break."""
    weeks = [week for week in past.weeks if week.deadline == "work-permit-renewal"]

    assert [at(week) for week in WEEKS] == [week.as_of for week in weeks]
    assert (weeks[0].as_of, 3) == standing_since(tuple(weeks), "high")
    assert (None, 0) == standing_since(tuple(weeks), "none")
    assert (weeks[0], weeks[2]) == changed_weeks(tuple(weeks))  # sixteen and nine days are one judgement, two another


def test_a_mail_that_gives_the_name_alone_is_found_and_said_to(past):
    """The contact's mail has the number, the manager's the name; the mail of somebody else's contact has neither."""
    told = {telling.slug: telling.by for telling in past.tellings}

    assert {"id", "name"} == set(told.values())
    assert all(("manager" in slug) == (by == "name") for slug, by in told.items())
    assert not any("hr2" in slug for slug in told)


def test_that_somebody_looked_is_on_record_without_the_number(office, past):
    """By a digest of it, with counts."""
    (looked, *_) = [event for event in audit_events(office[1]) if event.event == "history"]

    assert (False, {"reports": 3, "mails": len(past.tellings)}) == ("0017" in looked.subject, looked.facts)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_command_answers_in_words_and_a_program_in_json(office, language):
    """No field, no rule and no address stands in the words; both have the same mails."""
    known, _ = office
    words = ["history", "0017", "--roster", known.roster[0].path, "--store", known.store_url, "--lang", language]
    said, told = (CliRunner().invoke(cli, [*words, *more]).stdout for more in ([], ["--json"]))

    assert not [word for word in ("work-permit-renewal", "_", "@", "NaN") if word in said]
    assert json.loads(told)["mails"][0]["slug"] in said
