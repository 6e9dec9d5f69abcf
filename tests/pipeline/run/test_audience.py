"""Who gets what, asked before anything is sent."""

import json
from contextlib import closing
from datetime import date
from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner
from made_runs import AS_OF, at, roster, settings
from makers import EMPTY

from reporter.cli import cli
from reporter.cli.deliver import _mails
from reporter.model.mail import Key, Letter, ReportKey, recipient_id
from reporter.pipeline.run.audience import reader_standings
from reporter.settings import (
    MailSettings,
    OfficeSettings,
    RecipientSettings,
    Settings,
    StandInSettings,
    UnitSettings,
    WeeklySettings,
)
from reporter.store.database import open_store
from reporter.store.outbox import add
from reporter.store.runs import RunRecord, record_run

ROWS = [
    ("1", "Ada Inventée", "Génie", "", "ON", "Work permit", "2026-09-15"),
    ("2", "Bo Inventé", "Génie", "", "ON", "Work permit", "2026-12-15"),
    ("3", "Cy Inventé", "Sales", "cy.hr@example.org", "ON", "Work permit", "2026-10-15"),
    ("4", "Di Inventée", "", "", "ON", "Work permit", "2026-10-15"),
]


@pytest.fixture
def known(tmp_path):
    return settings(
        tmp_path,
        [roster(tmp_path / "staff.csv", ROWS)],
        office=OfficeSettings(address="office@example.org"),
        units={"Génie": UnitSettings(address="genie@example.org", language="fr", quiet="skip")},
        recipients=(RecipientSettings(address="pay@example.org", role="payroll", units=("Génie",)),),
        weekly=WeeklySettings(day="monday", at="07:00"),
    )


def by_address(known):
    return {one.address: one for one in reader_standings(known, at())}


def test_each_reader_has_the_rows_of_a_run_and_the_rest_is_kept_back(known):
    """A unit those that name nobody, a contact those that name it, the office all, a role those of its units."""
    rows = {address: (one.rows, one.rows_kept_back) for address, one in by_address(known).items()}

    assert {
        "genie@example.org": (2, 2),
        "cy.hr@example.org": (1, 3),
        "office@example.org": (4, 0),
        "pay@example.org": (2, 2),
    } == rows


def test_a_role_has_its_columns_and_levels(known):
    """Payroll sees who and when; a unit sees all."""
    found = by_address(known)

    assert {"full_name", "reason"} <= set(found["pay@example.org"].hidden)
    assert ("critical", "high", "data_problem") == found["pay@example.org"].levels
    assert ((), ()) == (found["genie@example.org"].hidden, found["genie@example.org"].levels)


def test_the_rhythm_is_what_the_settings_say(known):
    """Language, quiet weeks, and the day of the next report, which is each reader's own."""
    one = by_address(known)["genie@example.org"]
    units = {"Génie": msgspec.structs.replace(known.units["Génie"], rhythm="daily")}
    mail = MailSettings(rhythm="monthly")
    others = by_address(msgspec.structs.replace(known, units=units, mail=mail))
    rhythms = {name.partition("@")[0]: (two.rhythm, two.next_on) for name, two in others.items()}

    assert (("fr",), "skip", "2026-09-14", "") == (one.languages, one.quiet, one.next_on, one.last_mail_at)
    assert {
        "genie": ("daily", "2026-09-10"),
        "cy.hr": ("monthly", "2026-10-05"),
        "pay": ("monthly", "2026-10-05"),
        "office": ("weekly", "2026-09-14"),
    } == rhythms


def test_a_stand_in_is_listed_until_the_last_day(known):
    """Beside the reader whose mails they get."""
    days = {"begins_on": date(2026, 9, 1), "ends_on": date(2026, 9, 9)}
    away = StandInSettings("Genie@example.org", "other@example.org", **days)
    known = msgspec.structs.replace(known, stand_ins=(away,))
    shown = [
        [two for one in reader_standings(known, at(when)) for two in one.stand_ins]
        for when in (AS_OF, "2026-09-10T13:00:00Z")
    ]

    assert [[away], []] == shown


def test_looking_makes_no_store(known, tmp_path):
    """Asking who gets what leaves nothing behind."""
    reader_standings(known, at())

    assert ["staff.csv"] == [path.name for path in tmp_path.iterdir()]


def test_the_last_mail_is_that_of_this_report(known):
    """The same reader hears from another office of the same database: its mails are none of this one's."""
    mine = known.report
    reader = recipient_id("genie@example.org")
    keys = [Key(mine, "2026-W36", reader), Key(ReportKey("Another", "s"), "2026-W37", reader)]
    with closing(open_store(known.store_url)) as store:
        for number, (key, on) in enumerate(zip(keys, ("2026-09-01", "2026-09-08"), strict=True)):
            record = RunRecord(f"r{number}", key.report.series, at(f"{on}T12:00:00Z"))
            record_run(store, record, EMPTY.assign(occurrence=0))
            letter = Letter(key, f"r{number}", "genie", "genie@example.org", f"<{number}@x>", "s", b"mail")
            with store.begin() as connection:
                add(connection, letter, 0, "h", at(f"{on}T12:00:00Z"))

    assert "2026-09-01" == by_address(known)["genie@example.org"].last_mail_at[:10]


def test_an_address_is_shown_only_when_asked_for(known, tmp_path):
    """Readers go by the names of their digests."""
    words = ["readers", "--roster", str(tmp_path / "staff.csv"), "--store", f"sqlite:///{tmp_path}/s.db", "--json"]
    told = [CliRunner().invoke(cli, [*words, *more]).stdout for more in ([], ["--addresses"])]

    assert [False, True] == ["cy.hr@example.org" in text for text in told]
    assert any(one["slug"].startswith("sales-") for one in json.loads(told[0]))


def test_the_mails_of_a_reader_are_told_in_words_and_on_the_offices_clock():
    """No UTC with parts of a second, and no English state, in a French table."""
    away = StandInSettings("", "deputy@example.org", date(2026, 12, 1), date(2026, 12, 20))
    one = SimpleNamespace(
        last_mail_at="2026-11-30T16:21:18.523754Z", last_mail_state="refused", next_on="2026-12-07", stand_ins=[away]
    )
    told = _mails(one, Settings(language="fr"), addresses=False).replace("\u00a0", " ")

    assert "30 nov. 2026 à 11 h 21, heure d’Ottawa, refusé" in told
    assert "7 déc. 2026" in told and "20 déc. 2026" in told
    assert "deputy" not in told
