"""What a week owes stays owed until it is done, excused, or overtaken: by exit code, status, ping, file and mail."""

from dataclasses import dataclass

import msgspec
import pytest
from loopback import Server
from made_runs import at, outages, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.errors import Exit, ReporterError
from reporter.model.mail import HELD
from reporter.pipeline.compare.status import report_standing
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.send.alerts import acknowledge_cause, last_failure
from reporter.pipeline.send.plan import series
from reporter.pipeline.send.week_account import excuse_cause
from reporter.settings import MailSettings, OwnerSettings, SourceSettings, WeeklySettings
from reporter.store.database import open_store
from reporter.store.debts import debts_of
from reporter.store.ledger import record_check
from reporter.store.notices import standing_notices
from reporter.store.outbox import entries, release_mail, undo_week
from reporter.weekly import once

pytestmark = pytest.mark.enable_socket
OWNER = "it@example.net"
MONDAY, LATER, NEXT = "2026-11-30T12:30:00Z", "2026-11-30T13:30:00Z", "2026-12-07T12:30:00Z"


def person(n, unit, last_day="2026-12-04"):
    return (f"E7700{n}", f"Placeholder Number{n}", unit, f"{unit.lower()}@example.org", "ON", "work", last_day)


@dataclass
class Week:
    """An office with a mail server, a watching service and a clock that the test sets."""

    settings: object
    server: MailServer
    web: Server

    def look(self, when, **how):
        """The exit code of one look, raised or answered."""
        try:
            return once(self.settings, clock=lambda: at(when), **how).code
        except ReporterError as error:
            return error.exit_code

    def to(self, address):
        return [content for _, to, content in self.server.mails if to == (address,)]

    def counts(self, *units):
        return [len(self.to(f"{unit}@example.org")) for unit in units]

    def standing(self, when):
        store = open_store(self.settings.store_url)
        try:
            return report_standing(store, self.settings, at(when))
        finally:
            store.close()

    def keys(self, when):
        return [cause.key for cause in self.standing(when).causes]

    def mails(self):
        store = open_store(self.settings.store_url)
        try:
            return entries(store)
        finally:
            store.close()

    def change(self, **more):
        self.settings = msgspec.structs.replace(self.settings, **more)

    def mail(self, **more):
        self.change(mail=msgspec.structs.replace(self.settings.mail, **more))

    def pings(self):
        asked = [path.rpartition("/")[2] for path, _ in self.web.asked]
        self.web.asked.clear()
        return asked


@pytest.fixture
def week(tmp_path):
    """Three units on the roster of staff, and a second roster of students that a test may take away."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    staff = roster(tmp_path / "staff.csv", [person(n, unit) for n, unit in enumerate(("Lab", "Ops", "Far"))])
    students = roster(tmp_path / "students.csv", [person(7, "Dean")])
    record = outages(tmp_path / "o.json", [], complete_to="2026-12-31T00:00:00Z")
    web = Server()
    web.answers = dict.fromkeys(("/p/start", "/p", "/p/fail"), (200, {}, b"OK"))
    with MailServer() as server:
        mail = MailSettings(transport="smtp", host="localhost", port=server.port, ca_file="ca.pem",
                            allow=("example.org", OWNER), first_time_limit=99)  # fmt: skip
        known = settings(tmp_path, ["staff.csv", "students.csv"], [record], out=str(tmp_path / "out"), mail=mail)
        owner = OwnerSettings(address=OWNER, ping_url=web.url("/p"), ping_seconds=5)
        known = msgspec.structs.replace(known, weekly=WeeklySettings(), owner=owner, sender="reports@example.org")
        assert (staff.name, students.name) == ("staff.csv", "students.csv")
        yield Week(known, server, web)
    web.close()


def hide(week, name):
    """Take a file away; what gives it back."""
    file = week.settings.path(name)
    whole = file.read_bytes()
    file.unlink()
    return lambda: file.write_bytes(whole)


def test_a_missing_roster_stays_owed_at_the_next_look(week):
    """The outcome of a run is state: an hour later nothing is well, by any way that tells."""
    hide(week, "students.csv")
    codes = [week.look(when) for when in (MONDAY, LATER)]

    assert [Exit.INPUT, Exit.INPUT] == codes
    assert ["roster:students.csv"] == week.keys(LATER)
    assert not week.standing(LATER).is_well
    assert "students.csv" in last_failure(week.settings)
    assert ["start", "fail", "fail"] == week.pings()


def test_a_roster_that_comes_back_is_told_to_its_own_readers_alone(week):
    """At the next look; whoever had theirs is not told again."""
    back = hide(week, "students.csv")
    week.look(MONDAY)
    back()
    code = week.look("2026-12-02T13:30:00Z")

    assert (Exit.DONE, [1, 1, 1, 1]) == (code, week.counts("lab", "ops", "far", "dean"))
    assert ("", True) == (last_failure(week.settings), week.standing("2026-12-02T13:31:00Z").is_well)
    assert "p" == week.pings()[-1]


def test_a_try_on_the_same_files_is_not_made_again(week):
    """It could only fail the same way, and would leave a folder each hour; after a day it is made all the same."""
    hide(week, "students.csv")
    moments = (MONDAY, LATER, "2026-11-30T20:00:00Z", "2026-12-01T13:00:00Z")
    folders = []
    for when in moments:
        week.look(when)
        folders.append(len(list(week.settings.path(week.settings.out).iterdir())))

    assert [1, 1, 1, 2] == folders
    assert [1, 1, 1] == week.counts("lab", "ops", "far")


def test_a_later_report_overtakes_what_the_week_before_owed(week):
    """The report of the next week says itself what it lacks; the account says what became of the old item."""
    back = hide(week, "students.csv")
    week.look(MONDAY)
    back()
    code = week.look(NEXT)
    store = open_store(week.settings.store_url)
    states = [(debt.period, debt.state) for debt in debts_of(store, "", series(week.settings))]
    store.close()

    assert (Exit.DONE, [("2026-W49", "overtaken")]) == (code, states)


def test_a_reader_whose_password_is_missing_stays_owed(week, monkeypatch):
    """Withheld like put off: told by name at each look, and sent once the password is there."""
    monkeypatch.delenv("OPS_BOOK", raising=False)
    units = {"Ops": {"address": "ops@example.org", "encrypt": {"env": "OPS_BOOK"}}}
    whole = {"units": units} | {"recipients": []}
    week.change(units=msgspec.convert(whole, type(week.settings)).units)
    codes = [week.look(MONDAY), week.look(LATER)]
    before = week.keys(LATER)
    monkeypatch.setenv("OPS_BOOK", "correct horse battery")
    codes.append(week.look("2026-11-30T14:30:00Z"))

    assert [Exit.NOT_DELIVERED, Exit.NOT_DELIVERED, Exit.DONE] == codes
    assert (1, True) == (len(before), before[0].endswith("/withheld"))
    assert [1, 1, 1, 1] == week.counts("lab", "ops", "far", "dean")


def test_an_outage_record_that_is_missing_stays_owed(week):
    """A source too."""
    back = hide(week, "o.json")
    codes = [week.look(MONDAY), week.look(LATER)]
    back()
    codes.append(week.look("2026-11-30T14:30:00Z"))

    assert [Exit.INPUT, Exit.INPUT, Exit.DONE] == codes


def test_a_new_failure_is_mailed_beside_a_standing_one(week):
    """A reader held for consent must not hide a roster that is gone weeks later."""
    week.mail(first_time_limit=0)
    week.look(MONDAY)
    first = len(week.to(OWNER))
    week.settings.path("staff.csv").unlink()
    week.settings.path("students.csv").unlink()
    week.look(NEXT)

    assert (1, 2) == (first, len(week.to(OWNER)))
    assert b"roster" in week.to(OWNER)[-1]


def test_a_standing_failure_is_mailed_at_each_missed_report_and_daily_after_the_second(week):
    """Not at each look, and not once for all."""
    hide(week, "students.csv"), hide(week, "staff.csv")
    moments = ("11-30T12:30", "11-30T13:30", "12-03T12:30", "12-07T12:30", "12-08T12:40", "12-14T12:30", "12-15T12:40",
               "12-15T13:40", "12-16T12:50")  # fmt: skip
    mailed = []
    for moment in moments:
        week.look(f"2026-{moment}:00Z")
        mailed.append(len(week.to(OWNER)))

    assert [1, 1, 1, 2, 2, 3, 4, 4, 5] == mailed


def test_what_the_file_says_of_the_mail_is_so(week):
    """A mail that the server did not take is not called sent, and the next look makes up for it."""
    hide(week, "students.csv")
    week.server.answers["mail"] = "450 4.3.0 later"
    week.look(MONDAY)
    before = last_failure(week.settings)
    week.server.answers.clear()
    week.look(LATER)

    assert "was not mailed" in before
    assert "was sent a mail of it on 2026-11-30 13:30Z" in last_failure(week.settings)


def test_the_server_is_back_on_thursday_and_the_week_s_report_goes(week):
    """Patience lasts until the next report is due."""
    week.server.answers["mail"] = "450 4.3.0 later"
    for day in range(4):
        for hour in ("00", "06", "13", "19"):
            if (day, hour) >= (0, "13"):
                week.look(f"2026-{['11-30', '12-01', '12-02', '12-03'][day]}T{hour}:00:00Z")
    week.server.answers.clear()
    code = week.look("2026-12-04T09:00:00Z")

    assert (Exit.DONE, [1, 1, 1, 1]) == (code, week.counts("lab", "ops", "far", "dean"))


def test_a_mail_that_is_held_is_never_sent_by_the_timer(week):
    """Made for review at half past six, looked at by the timer; sent to whom it was released, and not before."""
    known, moment = week.settings, at("2026-11-30T11:30:00Z")
    pipeline.run(known, moment, clock=lambda: moment, deliver=False, hold=True)
    week.look("2026-11-30T12:05:00Z")
    before = week.counts("lab", "ops", "far", "dean")
    store = open_store(known.store_url)
    release_mail(store, next(entry.number for entry in entries(store, state=HELD)), at("2026-11-30T12:06:00Z"))
    store.close()
    code = week.look("2026-11-30T12:10:00Z")

    assert ([0, 0, 0, 0], 1) == (before, sum(week.counts("lab", "ops", "far", "dean")))
    assert (Exit.NOT_DELIVERED, 3) == (code, sum(key.endswith("/held") for key in week.keys("2026-11-30T12:11:00Z")))


def test_a_week_told_by_a_wrong_clock_is_taken_back_and_the_true_one_told(week):
    """Silence is not taken for done: until then each look says that a later week stands in the way."""
    week.look("2027-02-01T13:00:00Z")
    codes = [week.look(NEXT, accept_clock=True), week.look("2026-12-07T13:30:00Z")]
    keys = week.keys("2026-12-07T13:31:00Z")
    store = open_store(week.settings.store_url)
    undo_week(store, "", series(week.settings), "2027-W05", at("2026-12-07T13:40:00Z"))
    store.close()
    codes.append(week.look("2026-12-07T14:30:00Z"))

    assert ([Exit.NOT_DELIVERED, Exit.NOT_DELIVERED, Exit.DONE], ["week:later"]) == (codes, keys)
    assert [2, 2, 2, 2] == week.counts("lab", "ops", "far", "dean")


def test_an_acknowledgement_binds_to_its_cause_alone(week):
    """The reminder of one is kept back, that of another is not; what is acknowledged is owed as before."""
    hide(week, "students.csv"), hide(week, "o.json")
    week.look(MONDAY)
    store = open_store(week.settings.store_url)
    acknowledge_cause(store, week.settings, "roster:students.csv", "Kim", at("2027-01-01T00:00:00Z"), at(LATER))
    quiet = {notice.cause: notice.is_quiet(at(LATER)) for notice in standing_notices(store, "", series(week.settings))}
    store.close()

    assert {"roster:students.csv": True, "outages:o.json": False} == quiet
    assert not week.standing(LATER).is_well


def test_an_excused_item_is_owed_no_more(week):
    """Somebody answers for it by name, and the account keeps who and why."""
    hide(week, "students.csv")
    week.look(MONDAY)
    store = open_store(week.settings.store_url)
    excuse_cause(store, week.settings, "roster:students.csv", "Kim", "no intake this term", at(LATER))
    (debt,) = debts_of(store, "", series(week.settings))
    store.close()
    code = week.look(LATER)

    assert (Exit.DONE, "excused", "Kim") == (code, debt.state, debt.who)
    assert "" == last_failure(week.settings)


def test_a_renamed_roster_is_asked_about_before_anybody_is_told_again(week):
    """Under the name that the question gives, the report keeps its history and tells nobody twice."""
    week.look(MONDAY)
    old = series(week.settings)
    week.settings.path("staff.csv").rename(week.settings.path("staff-2026-12.csv"))
    first, *others = week.settings.roster
    week.change(roster=(msgspec.structs.replace(first, path="staff-2026-12.csv"), *others))
    asked = week.look("2026-12-01T13:00:00Z")
    week.change(series=old)
    code = week.look("2026-12-01T14:00:00Z")

    assert (Exit.INPUT, Exit.DONE) == (asked, code)
    assert [1, 1, 1, 1] == week.counts("lab", "ops", "far", "dean")


def test_a_mail_that_the_list_kept_back_goes_once_the_list_allows_it(week):
    """Mended settings are enough: nobody has to find the mail and have it tried again."""
    week.mail(allow=("lab@example.org", "ops@example.org", "far@example.org", OWNER))
    codes = [week.look(MONDAY), week.look(LATER)]
    before = week.counts("dean")
    week.mail(allow=("example.org", OWNER))
    codes.append(week.look("2026-11-30T14:30:00Z"))

    assert ([Exit.NOT_DELIVERED, Exit.NOT_DELIVERED, Exit.DONE], [0]) == (codes, before)
    assert [1, 1, 1, 1] == week.counts("lab", "ops", "far", "dean")


SOURCE = "https://status.example.org/feed.json"


def looked(week, when, status):
    """What `outages fetch` notes of a source."""
    store = open_store(week.settings.store_url)
    record_check(store, SOURCE, at(when), status=status, complete_to=at(when) if status == "read" else None)
    store.close()


def folders(week):
    return len(list(week.settings.path(week.settings.out).iterdir()))


def test_a_source_of_outages_that_failed_is_owed_until_it_was_read(week):
    """The week is not done while nobody knows what the source says; hourly looks at it make no reports."""
    week.change(sources=(SourceSettings(url=SOURCE),))
    looked(week, "2026-11-30T12:00:00Z", "failed")
    codes, made = [week.look(MONDAY)], [folders(week)]
    for hour in ("13", "14"):
        looked(week, f"2026-11-30T{hour}:00:00Z", "failed")
        codes.append(week.look(f"2026-11-30T{hour}:30:00Z"))
        made.append(folders(week))
    keys = week.keys("2026-11-30T14:31:00Z")
    looked(week, "2026-11-30T15:00:00Z", "read")
    codes.append(week.look("2026-11-30T15:30:00Z"))

    assert [Exit.RECORD_STALE] * 3 + [Exit.DONE] == codes
    assert ([1, 1, 1], ["source:status.example.org"]) == (made, keys)
    assert "" == last_failure(week.settings)


def test_a_store_that_forgot_this_week_is_noticed_before_anybody_is_told_again(week):
    """A backup restored on Tuesday, or a fresh store: the run's own folder says that its mails were planned."""
    week.look(MONDAY)
    week.settings.path("reporter.db").rename(week.settings.path("kept.db"))
    refused = week.look("2026-12-01T13:00:00Z")
    told = last_failure(week.settings)
    week.settings.path("kept.db").replace(week.settings.path("reporter.db"))
    code = week.look("2026-12-01T14:00:00Z")

    assert (Exit.SETTINGS, Exit.DONE) == (refused, code)
    assert "2026-W49" in told
    assert [1, 1, 1, 1] == week.counts("lab", "ops", "far", "dean")
