"""A reader who is away: their mails go to somebody else for some days, and both are told."""

import re
from datetime import date
from email import message_from_bytes
from email.policy import default

import msgspec
import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.errors import SettingsError
from reporter.pipeline.run import run as pipeline
from reporter.settings import MailSettings, OfficeSettings, StandInSettings, load_settings
from reporter.store.database import open_store
from reporter.store.outbox import entries

LAB, DEPUTY = "lab@example.org", "deputy@example.org"
AWAY = StandInSettings(
    reader="Lab@Example.org", address=DEPUTY, begins_on=date(2026, 11, 30), ends_on=date(2026, 12, 7)
)
TWO = (("E77001", "Lab", LAB), ("E77002", "Ops", "ops@example.org"))
ROWS = [(n, "Placeholder Number", unit, to, "Ontario", "Work permit", "2026-12-16") for n, unit, to in TWO]


def plain(mail):
    letter = message_from_bytes(mail, policy=default)
    page = letter.get_body(("html",)).get_content()
    text = re.sub(r"\s+", " ", letter.get_body(("plain",)).get_content())
    return text, page


@pytest.mark.enable_socket
def test_mails_go_to_the_stand_in_on_these_days_and_both_are_told(tmp_path):
    """From the first day to the last on the office's calendar; rows and history stay the reader's."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    roster(tmp_path / "staff.csv", ROWS)
    known = settings(tmp_path, ["staff.csv"], sender="reports@example.org", out=str(tmp_path / "out"))
    known = msgspec.structs.replace(known, stand_ins=(AWAY,), office=OfficeSettings(address="office@example.org"))
    got = []
    with MailServer() as server:
        mail = MailSettings(transport="smtp", host="localhost", port=server.port, ca_file="ca.pem",
                            allow=("example.org",), first_time_limit=99)  # fmt: skip
        known = msgspec.structs.replace(known, mail=mail)
        # the first is one of Sunday evening, the third begins on the last day's evening in Ottawa
        for when in ("2026-11-30T04:30:00Z", "2026-11-30T13:00:00Z", "2026-12-08T04:30:00Z", "2026-12-14T13:00:00Z"):
            server.mails.clear()
            pipeline.run(known, at(when), clock=lambda when=when: at(when))
            got.append({to[0]: plain(mail) for _, to, mail in server.mails})
    store = open_store(known.store_url)
    kept = {(entry.recipient, entry.slug) for entry in entries(store) if entry.address in (LAB, DEPUTY)}
    store.close()
    away = [week[DEPUTY] for week in got[1:3]]
    meant, back = "This report is meant for Lab.", "your reports went to a stand-in"

    assert [LAB, DEPUTY, DEPUTY, LAB] == [next(to for to in (LAB, DEPUTY) if to in week) for week in got]
    assert all(
        meant in text and meant in page and "E77001" in text for week in got[1:3] for text, page in [week[DEPUTY]]
    )
    assert [False, True] == [back in week[LAB][0] for week in (got[0], got[3])]
    assert not [week for week in got for to, (text, _) in week.items() if meant in text and to != DEPUTY]
    assert not [text for text, _ in away if "E77002" in text]
    assert 1 == len(kept)


WRONG = [
    ('ends_on = 2026-11-29\naddress = "b@example.org"', "ends before it begins"),
    ('ends_on = 2026-12-07\naddress = "A@example.org"', "stands in for themselves"),
    ('ends_on = "soon"\naddress = "b@example.org"', "is not a date"),
]


@pytest.mark.parametrize(("lines", "said"), WRONG)
def test_an_absence_that_makes_no_sense_is_refused(tmp_path, lines, said):
    """With the place in the file."""
    text = f'[[stand_ins]]\nreader = "a@example.org"\nbegins_on = 2026-11-30\n{lines}\n'
    (tmp_path / "r.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=rf"stand_ins\[0\].*{said}"):
        load_settings(tmp_path / "r.toml")


def test_a_reader_has_one_stand_in_a_day(tmp_path):
    """The days of one end before those of the next begin."""
    one = 'reader = "a@example.org"\nbegins_on = 2026-11-30\nends_on = 2026-12-07\n'
    (tmp_path / "r.toml").write_text(
        f'[[stand_ins]]\naddress = "b@example.org"\n{one}[[stand_ins]]\naddress = "c@example.org"\n{one}', "utf-8"
    )
    with pytest.raises(SettingsError, match=r"stand_ins\[1\]"):
        load_settings(tmp_path / "r.toml")
