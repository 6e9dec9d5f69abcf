"""Nobody just vanishes: whoever had a person learns that the roster has them no more, or that another has them."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

import msgspec
import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.refusals import Waivers
from reporter.settings import MailSettings, OfficeSettings

pytestmark = pytest.mark.enable_socket
HELP = "office@example.org"
WEEKS = [f"2026-{day}T13:00:00Z" for day in ("11-23", "11-30", "12-07")]
LAB, OPS = ("Lab", "lab@example.org"), ("Ops", "ops@example.org")


def person(n, where=OPS, last_day="2026-12-04"):
    return (f"E7700{n}", f"Placeholder Number{n}", *where, "Ontario", "Work permit", last_day)


class Mailboxes(MailServer):
    """A mail server some of whose mailboxes are full for now."""

    full = frozenset()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.full:
            return "452 4.2.2 later"
        return await super().handle_RCPT(server, session, envelope, address, options)


@dataclass
class Reports:
    """An office that sends each week, and what it sent."""

    settings: object
    server: Mailboxes

    def send(self, week, rows, **how):
        roster(self.settings.path("staff.csv"), rows)
        self.server.mails.clear()
        when = at(WEEKS[week])
        return pipeline.run(self.settings, when, clock=lambda: when, waivers=Waivers(shrink=True), **how)

    def text(self, name):
        """The mail to that reader, as plain words; empty where there was none."""
        found = [mail for _, to, mail in self.server.mails if to == (f"{name}@example.org",)]
        if not found:
            return ""
        letter = message_from_bytes(found[-1], policy=default)
        body = letter.get_body(("plain",)).get_content()
        return re.sub(r"\s+", " ", f"{letter['Subject']} {body}")


@contextmanager
def an_office(folder):
    AUTHORITY.cert_pem.write_to_path(str(folder / "ca.pem"))
    with Mailboxes() as server:
        mail = MailSettings(transport="smtp", host="localhost", port=server.port, ca_file="ca.pem",
                            allow=("example.org",), first_time_limit=99)  # fmt: skip
        known = settings(folder, ["staff.csv"], sender="reports@example.org", mail=mail, out=str(folder / "out"))
        office = OfficeSettings(address=HELP)
        yield Reports(msgspec.structs.replace(known, office=office), server)


FAR_OFF = person(9, last_day="2028-06-30")
DEAN, CALM, DOCK = (("Dean", "dean@example.org"), ("Calm", "calm@example.org"), ("Dock", "dock@example.org"))
ODD = ("E7 7007", *person(7)[1:])
FIRST = [
    *(person(0), person(1), person(2, last_day="2026-12-23"), person(3, last_day="2026-12-24"), person(4), ODD),
    *(person(5, LAB), person(6, DEAN, last_day="2026-11-20"), (*FAR_OFF[:2], *CALM, *FAR_OFF[4:]), person(8, CALM)),
    *(person(20, DOCK), person(21, DOCK)),
]
NOW_WITH_LAB = [(*row[:2], *LAB, *row[4:]) for row in (person(4), ODD)]
SECOND = [FIRST[0], *NOW_WITH_LAB, person(5, LAB), FIRST[8], person(20, DOCK)]


@pytest.fixture(scope="module")
def three_weeks(tmp_path_factory):
    """What each reader was told in the week after the first and in the one after that, and what could not be made.

    In the second, Ops has one person left of six: two were at High, one a day short of it, and two are with Lab. Dean
    has nobody left, Calm, who wants no mail of a quiet week, one person whose day is far, and Dock a full mailbox.
    """
    with an_office(tmp_path_factory.mktemp("office")) as reports:
        units = {"units": {"Calm": {"address": CALM[1], "quiet": "skip"}}}
        known = msgspec.convert(units, type(reports.settings)).units
        reports.settings = msgspec.structs.replace(reports.settings, units=known)
        told = []
        for week, rows in enumerate((FIRST, SECOND, SECOND)):
            reports.server.full = {"dock@example.org"} if week == 1 else set()
            made = reports.send(week, rows)
            told.append({name: reports.text(name) for name in ("ops", "lab", "dean", "calm", "dock", "office")})
            assert () == made.failures
        return told[1:]


def test_who_is_off_the_roster_is_told_to_their_reader_and_to_the_office(three_weeks):
    """By id, with the last day, in the subject too; others hear nothing."""
    told = "E77001 is no longer on the roster ("
    second = three_weeks[0]

    assert (True, True, False) == tuple(told in second[name] for name in ("ops", "office", "lab"))
    assert "last day Friday, Dec 4)." in second["ops"]
    assert "2 no longer on the roster" in second["ops"][:120]


def test_it_is_told_once(three_weeks):
    """The week after, the reader has a report without them."""
    assert "E77001" not in three_weeks[1]["ops"] + three_weeks[1]["office"]


def test_only_whoever_was_at_high_or_worse_is_told_by_name(three_weeks):
    """Thirty days before the last day a permit is high; of one more, medium."""
    assert [True, False] == [f"E7700{n} is no longer" in three_weeks[0]["ops"] for n in (2, 3)]


def test_who_moved_is_told_to_the_old_reader_and_new_to_the_new_one(three_weeks):
    """The old one learns the id and nothing else; to the office nobody has moved away, and nobody is new."""
    second = three_weeks[0]

    assert "E77004 now goes to another reader" in second["ops"]
    assert "Number4" not in second["ops"]
    assert "2 new" in second["lab"]
    assert (False, False) == tuple(text in second["office"] for text in ("another reader", "1 new"))


def test_a_reader_who_has_nobody_left_is_told_whom_they_had(three_weeks):
    """In the one farewell."""
    assert "E77006 is no longer on the roster" in three_weeks[0]["dean"]
    assert "" == three_weeks[1]["dean"]


def test_in_a_quiet_week_it_is_told_all_the_same(three_weeks):
    """Silence is not safety: who wants no mail of such a week gets one."""
    assert "E77008 is no longer on the roster" in three_weeks[0]["calm"]


def test_an_id_of_two_words_that_moved_is_no_leak(three_weeks):
    """The leak scan knows whom the reader had; a name, or another's id, still stops the mail."""
    assert "E7 7007 now goes to another reader" in three_weeks[0]["ops"]


def test_a_level_is_told_in_words_and_what_to_do_once(three_weeks):
    """Two people are off the roster, and two have moved: four lines and two steps, under whom to see to first."""
    text = three_weeks[0]["ops"]

    assert text.index("TO DO") < text.index("NO LONGER HERE") < text.index("E77001 is no longer")
    assert "(high, last day Friday, Dec 4)." in text
    assert (1, 1) == (text.count("Row lost?"), text.count("Still yours?"))
    assert "No duty has changed" not in text


def test_a_mail_that_failed_does_not_use_it_up(three_weeks):
    """Whoever did not get last week's learns it this week."""
    assert "" == three_weeks[0]["dock"]
    assert "E770021 is no longer on the roster" in three_weeks[1]["dock"]


def test_nobody_is_off_a_roster_that_could_not_be_read(tmp_path):
    """Its people are told once it can be read, also when others left meanwhile."""
    with an_office(tmp_path) as reports:
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
