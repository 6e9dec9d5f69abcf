"""Where mail cannot go, a webhook tells the owner what is open, and that a report was made: in counts."""

import json

import pytest
from light_office import OWNER, LightOffice
from loopback import Server
from made_runs import at

from reporter.delivery.webhook import post_notice, teams_card
from reporter.pipeline.send.status import last_failure
from reporter.settings import OwnerSettings

pytestmark = pytest.mark.enable_socket
MONDAY, LATER, TUESDAY = (at(f"2026-{day}:00Z") for day in ("11-30T12:30", "11-30T13:30", "12-01T13:00"))
PATH = "/hook/s3cret"


@pytest.fixture
def web():
    server = Server()
    server.answers[PATH] = (202, {}, b"")
    yield server
    server.close()


@pytest.fixture
def office(tmp_path, monkeypatch, web):
    """Two rosters, one of which is missing, and an owner whom no mail reaches."""
    made = LightOffice(tmp_path, monkeypatch, {"staff.csv": ("lab", "ops"), "students.csv": ("dean",)})
    (tmp_path / "students.csv").unlink()
    made.change(owner=OwnerSettings(address=OWNER, webhook_url=web.url(PATH)))
    return made


def titles(web):
    return [json.loads(body)["title"] for body in web.posted]


MADE, NEEDED = "The weekly report was made", "The weekly report needs you"


def test_a_cause_is_posted_once_and_the_report_in_counts(office, web):
    """Not again at each look; the file says what was taken, and no mail is claimed that was not."""
    for when in (MONDAY, LATER):
        office.look(when, answer="later")

    assert [MADE, NEEDED] == titles(web)
    assert "roster:students.csv" in json.loads(web.posted[1])["causes"]
    assert {"people_by_level": {"critical": 0, "high": 2}}.items() <= json.loads(web.posted[0]).items()
    assert "was not mailed of it. The webhook took it on 2026-11-30 12:30Z" in last_failure(office.settings)


def test_what_nobody_took_is_posted_again(office, web):
    """At the next look, as a mail is; the owner's mail went meanwhile, once."""
    web.answers[PATH] = [(500, {}, b""), (500, {}, b""), (202, {}, b"")]
    for when in (MONDAY, LATER):
        office.look(when)

    assert [MADE, NEEDED, NEEDED] == titles(web)
    assert 1 == sum(mail["to"] == OWNER for mail in office.mails())


def test_teams_gets_a_card_whose_marks_are_told_as_they_stand():
    """A line each, and nothing in bold because a key has stars."""
    blocks = teams_card("A title", "one *two*\n\nthree")["attachments"][0]["content"]["body"]

    assert ["A title", r"one \*two\*", "three"] == [block["text"] for block in blocks]


@pytest.mark.parametrize("kind", ["json", "teams"])
def test_the_address_stays_out_of_the_log(web, caplog, kind):
    """It is a secret; that nobody took the notice is told."""
    web.answers[PATH] = (404, {}, b"")

    assert not post_notice(web.url(PATH), kind, "t", "x", {}, seconds=5)
    assert not post_notice("http://127.0.0.1:1/s3cret", kind, "t", "x", {}, seconds=5)
    assert "answered 404" in caplog.text
    assert "s3cret" not in caplog.text
