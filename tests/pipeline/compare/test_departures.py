"""Nobody just vanishes: whoever had a person learns that the roster has them no more, or that another has them."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

import msgspec
import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.pipeline.run import run as pipeline
from reporter.settings import MailSettings, OfficeSettings

pytestmark = pytest.mark.enable_socket
HELP = "office@example.org"
WEEKS = [f"2026-{day}T13:00:00Z" for day in ("11-23", "11-30", "12-07")]
LAB, OPS = ("Lab", "lab@example.org"), ("Ops", "ops@example.org")


def person(n, where=OPS, last_day="2026-12-04"):
    return (f"E7700{n}", f"Placeholder Number{n}", *where, "Ontario", "Work permit", last_day)


@dataclass
class Reports:
    """An office that sends each week, and what it sent."""

    settings: object
    server: MailServer

    def send(self, week, rows, **how):
        roster(self.settings.path("staff.csv"), rows)
        self.server.mails.clear()
        when = at(WEEKS[week])
        return pipeline.run(self.settings, when, clock=lambda: when, accept_shrink=True, **how)

    def text(self, name):
        """The mail to that reader, as plain words; empty where there was none."""
        found = [mail for _, to, mail in self.server.mails if to == (f"{name}@example.org",)]
        if not found:
            return ""
        letter = message_from_bytes(found[-1], policy=default)
        body = letter.get_body(("plain",)).get_content()
        return re.sub(r"\s+", " ", f"{letter['Subject']} {body}")


@pytest.fixture
def reports(tmp_path):
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with MailServer() as server:
        mail = MailSettings(transport="smtp", host="localhost", port=server.port, ca_file="ca.pem",
                            allow=("example.org",), first_time_limit=99)  # fmt: skip
        known = settings(tmp_path, ["staff.csv"], sender="reports@example.org", mail=mail, out=str(tmp_path / "out"))
        office = OfficeSettings(address=HELP)
        yield Reports(msgspec.structs.replace(known, office=office), server)


FAR_OFF = person(9, last_day="2028-06-30")


def test_who_is_off_the_roster_is_told_to_their_reader_and_to_the_office(reports):
    """By id, with the last day, in the subject too; others hear nothing."""
    reports.send(0, [person(0), person(1), person(2, LAB)])
    reports.send(1, [person(0), person(2, LAB)])
    told = "E77001 is no longer on the roster ("

    assert (True, True, False) == tuple(told in reports.text(name) for name in ("ops", "office", "lab"))
    assert "last day Friday, Dec 4)." in reports.text("ops")
    assert "1 no longer on the roster" in reports.text("ops")[:120]


def test_it_is_told_once(reports):
    """The week after, the reader has a report without them."""
    reports.send(0, [person(0), person(1)])
    for week in (1, 2):
        reports.send(week, [person(0)])

    assert "E77001" not in reports.text("ops") + reports.text("office")


def test_a_mail_that_failed_does_not_use_it_up(reports):
    """Whoever did not get last week's learns it this week."""
    reports.send(0, [person(0), person(1)])
    reports.server.answers["mail"] = "450 4.2.0 later"
    reports.send(1, [person(0)])
    reports.server.answers.clear()
    reports.send(2, [person(0)])

    assert "E77001 is no longer on the roster" in reports.text("ops")


@pytest.mark.parametrize(("last_day", "is_told"), [("2026-12-23", True), ("2026-12-24", False)])
def test_only_whoever_was_at_high_or_worse_is_told_by_name(reports, last_day, is_told):
    """Thirty days before the last day a permit is high; of one more, medium."""
    reports.send(0, [person(0), person(1, last_day=last_day)])
    reports.send(1, [person(0)])

    assert is_told == ("E77001 is no longer" in reports.text("ops"))


def test_who_moved_is_told_to_the_old_reader_and_new_to_the_new_one(reports):
    """The old one learns the id and nothing else; to the office nobody has moved away, and nobody is new."""
    reports.send(0, [person(0), person(1), person(2, LAB)])
    reports.send(1, [person(0), person(1, LAB), person(2, LAB)])

    assert "E77001 now goes to another reader" in reports.text("ops")
    assert "Number1" not in reports.text("ops")
    assert "1 new" in reports.text("lab")
    assert (False, False) == tuple(text in reports.text("office") for text in ("another reader", "1 new"))


def test_a_reader_who_has_nobody_left_is_told_whom_they_had(reports):
    """In the one farewell."""
    reports.send(0, [person(0), person(1), person(2, LAB, last_day="2026-11-20")])
    reports.send(1, [person(0), person(1)])

    assert "E77002 is no longer on the roster" in reports.text("lab")


def test_in_a_quiet_week_it_is_told_all_the_same(reports):
    """Silence is not safety: who wants one line of such a week, or none, gets a mail."""
    quiet = msgspec.structs.replace(reports.settings.mail, quiet="skip")
    reports.settings = msgspec.structs.replace(reports.settings, mail=quiet)
    reports.send(0, [FAR_OFF, person(1)])
    reports.send(1, [FAR_OFF])

    assert "E77001 is no longer on the roster" in reports.text("ops")


def test_an_id_of_two_words_that_moved_is_no_leak(reports):
    """The leak scan knows whom the reader had; a name, or another's id, still stops the mail."""
    odd = ("E7 7001", *person(1)[1:])
    reports.send(0, [person(0), odd])
    made = reports.send(1, [person(0), (*odd[:2], *LAB, *odd[4:])])

    assert () == made.failures
    assert "E7 7001 now goes to another reader" in reports.text("ops")


def test_nobody_is_off_a_roster_that_could_not_be_read(reports):
    """Its people are told once it can be read, also when others left meanwhile."""
    more = roster(reports.settings.path("more.csv"), [person(5, LAB), person(6, LAB)])
    both = (*reports.settings.roster, msgspec.structs.replace(reports.settings.roster[0], path="more.csv"))
    reports.settings = msgspec.structs.replace(reports.settings, roster=both)
    reports.send(0, [person(0), person(1)])
    more.unlink()
    reports.send(1, [person(0)])
    during = reports.text("lab") + reports.text("ops") + reports.text("office")
    roster(more, [person(5, LAB)])
    reports.send(2, [person(0)])

    assert "no longer on the roster (" not in during
    assert "E77001 is no longer" in reports.text("ops")
    assert "E77006 is no longer" in reports.text("lab")


def test_a_level_is_told_in_words_and_what_to_do_once(reports):
    """Two people are off the roster, and one has moved: three lines and two steps, under the first people to see to."""
    reports.send(0, [person(0), person(1), person(2), person(3)])
    reports.send(1, [person(0), person(3, LAB)])
    text = " ".join(reports.text("ops").split())

    assert text.index("TO DO") < text.index("NO LONGER HERE") < text.index("E77001 is no longer")
    assert "(high, last day Friday, Dec 4)." in text
    assert (1, 1) == (text.count("Row lost?"), text.count("Still yours?"))
    assert "No duty has changed" not in text
