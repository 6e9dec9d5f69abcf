"""What a week owes stays owed until it is done, excused, or overtaken: by exit code, status, ping, file and mail.

Two walks through whole runs, with a mail server and a watching service; for the rest, an office whose reports are a
line each.
"""

from datetime import date, timedelta

import msgspec
import pytest
from light_office import OWNER, LightOffice
from loopback import Server
from made_runs import at, outages, roster, settings
from mail_server import AUTHORITY, MailServer
from makers import record_check

from reporter.errors import Exit, ReporterError
from reporter.model.mail import HELD
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.run_lock import take_turn
from reporter.pipeline.send.status import acknowledge_cause, excuse_cause, last_failure, report_standing, take_week_back
from reporter.settings import (
    MailSettings,
    OfficeSettings,
    OwnerSettings,
    SourceSettings,
    UnitSettings,
    WeeklySettings,
)
from reporter.store.causes import debts_of, standing_notices
from reporter.store.database import open_store
from reporter.store.outbox import entries, release_mail
from reporter.weekly import once

MONDAY, LATER, NEXT = "2026-11-30T12:30:00Z", "2026-11-30T13:30:00Z", "2026-12-07T12:30:00Z"
SOURCE = "https://status.example.org/feed.json"
ALL = ("lab", "ops", "far", "dean")
RHYTHMS = ("daily", "weekly", "fortnightly", "monthly")


# --- whole runs -----------------------------------------------------------------------------------------------------


class Week:
    """An office with a mail server, a watching service and a clock that the test sets."""

    def __init__(self, known, server, web):
        self.settings, self.server, self.web = known, server, web

    def look(self, when):
        """The exit code of one look, raised or answered; a run that it makes answers the same."""
        try:
            done = once(self.settings, clock=lambda: at(when))
        except ReporterError as error:
            return error.exit_code
        assert done.made is None or done.code == done.made.exit_code
        return done.code

    def counts(self):
        return [sum(to == (f"{unit}@example.org",) for _, to, _ in self.server.mails) for unit in ALL]

    def keys(self, when):
        store = open_store(self.settings.store_url)
        try:
            return {cause.key.partition("-")[0] for cause in report_standing(store, self.settings, at(when)).causes}
        finally:
            store.close()

    def runs(self):
        return len(list(self.settings.runs_folder.glob("*/manifest.json")))

    def pings(self):
        asked = [path.rpartition("/")[2] for path, _ in self.web.asked]
        self.web.asked.clear()
        return asked

    def looked(self, when, status):
        """What `outages fetch` notes of a source."""
        store = open_store(self.settings.store_url)
        record_check(store, SOURCE, at(when), status=status, complete_to=at(when) if status == "read" else None)
        store.close()


def person(n, unit):
    return (f"E7700{n}", f"Placeholder Number{n}", unit, f"{unit.lower()}@example.org", "ON", "work", "2026-12-04")


@pytest.fixture
def week(tmp_path):
    """Three units on the roster of staff, and a second roster of students."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    roster(tmp_path / "staff.csv", [person(n, unit) for n, unit in enumerate(("Lab", "Ops", "Far"))])
    roster(tmp_path / "students.csv", [person(7, "Dean")])
    record = outages(tmp_path / "o.json", [], complete_to="2026-12-31T00:00:00Z")
    web = Server()
    web.answers = dict.fromkeys(("/p/start", "/p", "/p/fail"), (200, {}, b"OK"))
    with MailServer() as server:
        mail = MailSettings(transport="smtp", host="localhost", port=server.port, ca_file="ca.pem",
                            allow=("example.org", OWNER), first_time_limit=99)  # fmt: skip
        known = settings(tmp_path, ["staff.csv", "students.csv"], [record], out=str(tmp_path / "out"), mail=mail)
        owner = OwnerSettings(address=OWNER, ping_url=web.url("/p"), ping_seconds=5)
        known = msgspec.structs.replace(known, weekly=WeeklySettings(), owner=owner, sender="reports@example.org")
        yield Week(known, server, web)
    web.close()


def hide(office, name):
    """Take a file away; what gives it back."""
    file = office.settings.path(name)
    whole = file.read_bytes()
    file.unlink()
    return lambda: file.write_bytes(whole)


@pytest.mark.enable_socket
def test_readers_who_are_owed_their_report_get_it_once_its_cause_is_mended_and_nobody_else_does(week, monkeypatch):
    """A roster that is missing, and a reader's password: an hour later nothing is well, by any way that tells.

    Then a store that is another one is noticed by the folder of the run, before anybody is told again.
    """
    monkeypatch.delenv("OPS_BOOK", raising=False)
    week.settings = msgspec.structs.replace(week.settings, office=OfficeSettings(address="desk@example.org"))
    units = {"units": {"Ops": {"address": "ops@example.org", "encrypt": {"env": "OPS_BOOK"}}}}
    week.settings = msgspec.structs.replace(week.settings, units=msgspec.convert(units, type(week.settings)).units)
    back = hide(week, "students.csv")
    seen = [(week.look(MONDAY), week.counts()), (week.look(LATER), week.counts())]
    keys, failure, pings = week.keys(LATER), last_failure(week.settings), week.pings()
    back()
    seen.append((week.look("2026-11-30T14:30:00Z"), week.counts()))
    monkeypatch.setenv("OPS_BOOK", "correct horse battery")
    seen.append((week.look("2026-12-02T13:30:00Z"), week.counts()))
    mended = week.keys("2026-12-02T13:31:00Z"), last_failure(week.settings), week.pings()[-1]
    to_office = sum(to == ("desk@example.org",) for _, to, _ in week.server.mails)
    week.settings.path("reporter.db").rename(week.settings.path("kept.db"))
    seen.append((week.look("2026-12-03T13:00:00Z"), week.counts()))
    told = last_failure(week.settings)
    week.settings.path("kept.db").replace(week.settings.path("reporter.db"))

    assert (Exit.INPUT, [1, 0, 1, 0]) == seen[0] == seen[1]
    assert ({"roster:students.csv", "reader:ops"}, ["start", "fail", "fail"]) == (keys, pings)
    assert "students.csv" in failure
    assert [(Exit.NOT_DELIVERED, [1, 0, 1, 1]), (Exit.DONE, [1, 1, 1, 1])] == seen[2:4]
    assert (set(), "", "p", 2) == (*mended, to_office)  # the office is told of the students too
    assert (Exit.SETTINGS, [1, 1, 1, 1]) == seen[4]
    assert "2026-W49" in told
    assert Exit.DONE == week.look("2026-12-03T14:00:00Z")


@pytest.mark.enable_socket
def test_a_record_and_a_source_of_outages_are_owed_until_they_were_read(week):
    """The week is not done while nobody knows what they say; hourly looks at a source that fails make no reports."""
    week.settings = msgspec.structs.replace(week.settings, sources=(SourceSettings(url=SOURCE),))
    back = hide(week, "o.json")
    codes, runs = [], []
    for hour in ("12", "13"):
        week.looked(f"2026-11-30T{hour}:00:00Z", "failed")
        codes.append(week.look(f"2026-11-30T{hour}:30:00Z"))
        runs.append(week.runs())
    keys = week.keys(LATER)
    back()
    codes.append(week.look("2026-11-30T14:30:00Z"))
    week.looked("2026-11-30T15:00:00Z", "read")
    codes.append(week.look("2026-11-30T15:30:00Z"))

    assert [Exit.INPUT, Exit.INPUT, Exit.RECORD_STALE, Exit.DONE] == codes
    assert ([1, 1], {"outages:o.json", "source:status.example.org"}) == (runs, keys)
    assert "" == last_failure(week.settings)


# --- reports of a line ----------------------------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path, monkeypatch):
    return LightOffice(tmp_path, monkeypatch, {"staff.csv": ("lab", "ops", "far"), "students.csv": ("dean",)})


def looks(office, *moments, **how):
    """The exit code of a look at each of these moments."""
    return [office.look(at(when), **how) for when in moments]


def mail(office, **more):
    office.change(mail=msgspec.structs.replace(office.settings.mail, **more))


def test_a_try_on_the_same_files_is_not_made_again(office):
    """It could only fail the same way, and would leave a folder each hour; after a day it is made all the same."""
    hide(office, "students.csv")
    folders = []
    for when in (MONDAY, LATER, "2026-11-30T20:00:00Z", "2026-12-01T13:00:00Z"):
        office.look(at(when))
        office.change()  # as another process, which knows by now whose report it is
        folders.append(len(list(office.settings.runs_folder.iterdir())))

    assert [1, 1, 1, 2] == folders
    assert [1, 1, 1] == office.counts("lab", "ops", "far")


def test_a_later_report_overtakes_what_the_week_before_owed(office):
    """The report of the next week says itself what it lacks; the account says what became of the old item."""
    back = hide(office, "students.csv")
    office.look(at(MONDAY))
    back()
    code = office.look(at(NEXT))
    with office.opened() as store:
        states = [(debt.period, debt.state) for debt in debts_of(store, office.settings.report)]

    assert (Exit.DONE, [("2026-W49", "overtaken")]) == (code, states)


def test_a_new_failure_is_mailed_beside_a_standing_one(office):
    """A reader held for consent must not hide a roster that is gone weeks later."""
    mail(office, first_time_limit=0)
    office.look(at(MONDAY))
    first = len(office.to_owner())
    hide(office, "staff.csv"), hide(office, "students.csv")
    office.look(at(NEXT))

    assert (1, 2) == (first, len(office.to_owner()))
    assert "roster" in office.to_owner()[-1]


def test_a_standing_failure_is_mailed_at_each_missed_report_and_daily_after_the_second(office):
    """Not at each look, and not once for all."""
    hide(office, "students.csv"), hide(office, "staff.csv")
    moments = ("11-30T12:30", "11-30T13:30", "12-03T12:30", "12-07T12:30", "12-08T12:40", "12-14T12:30", "12-15T12:40",
               "12-15T13:40", "12-16T12:50")  # fmt: skip
    mailed = []
    for moment in moments:
        office.look(at(f"2026-{moment}:00Z"))
        mailed.append(len(office.to_owner()))

    assert [1, 1, 1, 2, 2, 3, 4, 4, 5] == mailed


def test_what_the_file_says_of_the_mail_is_so(office):
    """A mail that the server did not take is not called sent, and the next look makes up for it."""
    hide(office, "students.csv")
    looks(office, MONDAY, answer="later")
    before = last_failure(office.settings)
    looks(office, LATER)

    assert "was not mailed" in before
    assert "was sent a mail of it on 2026-11-30 13:30Z" in last_failure(office.settings)


def test_the_server_is_back_on_thursday_and_the_week_s_report_goes(office):
    """Patience lasts until the next report is due."""
    days = ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03")
    moments = [f"{day}T{hour}:00:00Z" for day in days for hour in ("00", "06", "13", "19")]
    looks(office, *moments[2:], answer="later")
    code = office.look(at("2026-12-04T09:00:00Z"))

    assert (Exit.DONE, [1, 1, 1, 1]) == (code, office.counts(*ALL))


def test_a_mail_that_is_held_is_never_sent_by_the_timer(office):
    """Made for review at half past six, looked at by the timer; sent to whom it was released, and not before."""
    moment = at("2026-11-30T11:30:00Z")
    with take_turn(office.settings, lambda: moment) as turn:
        pipeline.run(office.settings, moment, clock=lambda: moment, turn=turn, hold=True)
    looks(office, "2026-11-30T12:05:00Z")
    before = office.counts(*ALL)
    with office.opened() as store:
        release_mail(store, next(entry.number for entry in entries(store, state=HELD)), at("2026-11-30T12:06:00Z"))
    code = office.look(at("2026-11-30T12:10:00Z"))

    assert ([0, 0, 0, 0], 1) == (before, sum(office.counts(*ALL)))
    assert (Exit.NOT_DELIVERED, 3) == (code, sum(k.endswith("/held") for k in office.keys(at("2026-11-30T12:11:00Z"))))


def test_a_week_told_by_a_wrong_clock_is_taken_back_and_the_true_one_told(office):
    """Silence is not taken for done: until then each look says that a later week stands in the way."""
    looks(office, "2027-02-01T13:00:00Z")
    codes = [*looks(office, NEXT, clock=True), *looks(office, "2026-12-07T13:30:00Z")]
    keys, told_at = office.keys(at("2026-12-07T13:31:00Z")), office.standing(at("2026-12-07T13:31:00Z")).last_told_at
    with office.opened() as store:
        take_week_back(
            store,
            office.settings.report.in_week("2027-W05"),
            office.settings.office.time_zone,
            at("2026-12-07T13:40:00Z"),
        )
    codes += looks(office, "2026-12-07T14:30:00Z")

    assert ([Exit.NOT_DELIVERED, Exit.NOT_DELIVERED, Exit.DONE], ["week:later"], None) == (codes, keys, told_at)
    assert [2, 2, 2, 2] == office.counts(*ALL)


def test_an_acknowledgement_binds_to_its_cause_alone(office):
    """The reminder of one is kept back, that of another is not; what is acknowledged is owed as before."""
    hide(office, "students.csv")
    mail(office, allow=("lab@example.org", "ops@example.org", OWNER))
    office.look(at(MONDAY))
    with office.opened() as store:
        until = at("2027-01-01T00:00:00Z")
        acknowledge_cause(store, office.settings.report, "roster:students.csv", "Kim", until, at(LATER))
        notices = standing_notices(store, office.settings.report)
        quiet = {notice.cause: notice.is_quiet(at(LATER)) for notice in notices}

    assert {"roster:students.csv": True, "reader:far/not_allowed": False} == quiet
    assert not office.standing(at(LATER)).is_well


def test_an_excused_item_is_owed_no_more(office):
    """Somebody answers for it by name, and the account keeps who and why."""
    hide(office, "students.csv")
    office.look(at(MONDAY))
    with office.opened() as store:
        excuse_cause(store, office.settings.report, "roster:students.csv", "Kim", "no intake this term", at(LATER))
        (debt,) = debts_of(store, office.settings.report)
    code = office.look(at(LATER))

    assert (Exit.DONE, "excused", "Kim") == (code, debt.state, debt.who)
    assert "" == last_failure(office.settings)


def test_a_mail_that_the_list_kept_back_goes_once_the_list_allows_it(office):
    """Mended settings are enough: nobody has to find the mail and have it tried again."""
    mail(office, allow=("lab@example.org", "ops@example.org", "far@example.org", OWNER))
    codes = looks(office, MONDAY, LATER)
    before = office.counts("dean")
    mail(office, allow=("example.org", OWNER))
    codes += looks(office, "2026-11-30T14:30:00Z")

    assert ([Exit.NOT_DELIVERED, Exit.NOT_DELIVERED, Exit.DONE], [0]) == (codes, before)
    assert [1, 1, 1, 1] == office.counts(*ALL)


# --- rhythms --------------------------------------------------------------------------------------------------------


def test_each_reader_hears_by_their_own_rhythm(tmp_path, monkeypatch):
    """A look that was missed is made up once, over the change of clocks too; what the server put off stays owed; and a
    run by hand tells nobody out of turn."""
    units = {name: UnitSettings(f"{name}@example.org", rhythm=name) for name in RHYTHMS}
    office = LightOffice(tmp_path, monkeypatch, {"staff.csv": list(RHYTHMS)})
    office.change(units=units)
    told = {name: [] for name in RHYTHMS}

    def look(on, hour, **how):
        before = len(office.told())
        code = office.look(at(f"{on:%Y-%m-%d}T{hour}:00Z"), **how)
        for _, name in office.told()[before:]:
            told[name].append(f"{on:%m-%d}")
        return code

    days = [date(2026, 9, 28) + timedelta(days=n) for n in range(36)]  # to November 2; a Monday both
    off = [date(2026, 10, day) for day in (4, 5, 6)]  # the machine was off when the month's first report was due
    for on in (day for day in days if day not in off):
        early = look(on, "10:30") if on.weekday() == 0 and on != days[0] else 0
        assert (0, 6 if on == days[9] else 0) == (early, look(on, "12:01", answer="later" if on == days[9] else "yes"))
        assert on.weekday() not in (0, 2) or look(on, "13:30") == 0
    by_hand = at("2026-11-05T15:00:00Z")
    with take_turn(office.settings, lambda: by_hand) as turn:
        pipeline.run(office.settings, by_hand, clock=lambda: by_hand, turn=turn)

    every = [f"{day:%m-%d}" for day in days if day not in off]
    mondays, fortnight = ["09-28", "10-07", "10-12", "10-19", "10-26", "11-02"], ["09-28", "10-12", "10-26"]
    assert (every, mondays, fortnight) == (told["daily"], told["weekly"], told["fortnightly"])
    assert ["09-28", "10-07", "11-02"] == told["monthly"]
    assert {"daily", "weekly"} >= {name for _, name in office.told()[sum(map(len, told.values())) :]}
