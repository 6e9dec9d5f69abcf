"""What is new is new to each reader by itself: since the report that this reader was sent last, whatever failed."""

import re
from collections import Counter
from email import message_from_bytes
from email.policy import default

import msgspec
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from icalendar import Calendar
from made_runs import HEADER, at, roster, settings
from mail_server import AUTHORITY, MailServer
from sqlalchemy import update

from reporter.engine.risk import compare
from reporter.model.mail import AMBIGUOUS, CANCELLED, DEAD, DEFERRED, REFUSED, SENT, Key, Letter
from reporter.pipeline.compare.baseline import last_heard
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.send.plan import period
from reporter.settings import MailSettings, RosterSettings, Settings
from reporter.store.database import open_store
from reporter.store.outbox import add
from reporter.store.runs import RunRecord, findings_of, record_run
from reporter.store.tables import outbox

pytestmark = pytest.mark.enable_socket
KNOWN = Settings(store="sqlite://", mail=MailSettings(transport="smtp"))
FIRST = at("2026-09-07T11:00:00Z")
LEVELS = ["low", "medium", "high", "critical"]
READERS, PEOPLE = 3, 6
FAILED = (DEFERRED, REFUSED, DEAD, AMBIGUOUS, CANCELLED)


def week(number):
    return FIRST + pd.Timedelta(weeks=number)


def found(levels):
    """FOUND of as many people, each at one level."""
    names = [f"E{n}" for n in range(len(levels))]
    closes = pd.Series([at("2027-01-01T00:00:00Z")] * len(levels), dtype="datetime64[us, UTC]")
    columns = {"person_id": names, "deadline": "permit", "occurrence": 0, "level": levels, "rule": "r"}
    return pd.DataFrame(columns).assign(closes_at=closes)


def report(store, number, levels, states):
    """A run of that week, and the mail to each reader in that state."""
    record = RunRecord(run_id=f"r{number}", series=KNOWN.report.series, as_of=week(number), finished_at=week(number))
    record_run(store, record, found(levels))
    for n, state in enumerate(states):
        key = Key(KNOWN.report, period(week(number), KNOWN.office.time_zone), f"reader{n}")
        letter = Letter(key, record.run_id, f"reader{n}", f"r{n}@example.org", f"<{number}.{n}@x>", "s", b"x")
        with store.begin() as connection:
            mail = add(connection, letter, 0, "c", week(number))
            connection.execute(update(outbox).where(outbox.c.number == mail).values(state=state))


def alerts(store, number, reader, levels):
    """The levels that people of that reader reached, by what the reader was sent before."""
    base = last_heard(store, KNOWN, week(number)).of(f"reader{reader}")
    was = found([]) if base is None else findings_of(store, base.run_id)
    before = dict(zip(was["person_id"], was["level"].astype(str), strict=True))
    for row in compare(was, found(levels)).itertuples():
        lowest = LEVELS.index(before[row.person_id]) + 1 if row.person_id in before else 0
        if int(row.person_id[1:]) % READERS == reader:
            yield from ((row.person_id, level) for level in LEVELS[lowest : LEVELS.index(row.level) + 1])


fates = st.one_of(st.none(), st.tuples(*[st.sampled_from([SENT, SENT, *FAILED])] * READERS))


@tried(max_examples=15, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 1)] * PEOPLE), min_size=1, max_size=6), st.data())
def test_each_reader_is_told_of_each_threshold_once(steps, data):
    """Whatever weeks were missed and whatever mails failed: as often, and of the same, as if none had."""
    by_week = [[LEVELS[min(3, sum(s[k] for s in steps[: n + 1]))] for k in range(PEOPLE)] for n in range(len(steps))]
    told = [Counter() for _ in range(READERS)]
    store = open_store("sqlite://")
    for number, levels in enumerate(by_week):
        is_last = number == len(by_week) - 1
        states = (SENT,) * READERS if is_last else data.draw(fates)
        if states is None:
            continue  # the machine was off
        for reader, state in enumerate(states):
            if state == SENT:
                told[reader].update(alerts(store, number, reader, levels))
        report(store, number, levels, states)
    store.close()
    reached = [
        Counter((f"E{n}", level) for n in range(reader, PEOPLE, READERS)
                for level in LEVELS[: LEVELS.index(by_week[-1][n]) + 1])
        for reader in range(READERS)
    ]  # fmt: skip

    assert reached == told


ROWS = [
    ("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-12-15"),
    ("02", "Bo Invented", "Ops", "ops@example.org", "Ontario", "Work permit", "2026-12-18"),
]
WORSE = [(*row[:-1], "2026-09-25") for row in ROWS]
LATER = "450 4.2.0 later"


@pytest.fixture
def served(tmp_path):
    """A mail server, and the settings of an office that sends by it."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    people = roster(tmp_path / "staff.csv", ROWS)
    with MailServer() as server:
        mail = MailSettings(allow=("example.org",), first_time_limit=9, transport="smtp", host="localhost",
                            port=server.port, ca_file="ca.pem")  # fmt: skip
        yield server, settings(tmp_path, [people], sender="reports@example.org", mail=mail)


def tell(known, day, rows=None):
    """One run of that day, with its mails."""
    if rows is not None:
        roster(known.path(known.roster[0].path), rows)
    return pipeline.run(known, at(f"2026-09-{day}T13:00:00Z"), clock=lambda: at(f"2026-09-{day}T13:00:00Z"))


def changes_told(server):
    """The line about changes of the last mail to each mailbox."""
    said = {}
    for _, (to,), content in server.mails:
        mail = message_from_bytes(content, policy=default)
        text = mail.get_body(("plain",)).get_content().replace("\u00a0", " ")
        found = re.search(r"(Duties: |No duty has|First report)[^.:]*", " ".join(text.split()))
        said[to.partition("@")[0]] = found[0]
    return said


def test_a_mail_that_was_put_off_costs_only_its_reader_the_comparison(served):
    """Who had theirs is told of nothing twice; who had not, of all since the one before; who is new, no comparison."""
    server, known = served
    tell(known, "02")
    server.answers["rcpt"] = [None, LATER]
    tell(known, "09", WORSE)
    tell(known, "16", [*WORSE, ("03", "Cy Invented", "Far", "far@example.org", *ROWS[0][4:])])
    said = changes_told(server)

    assert said["lab"].startswith("No duty has changed")
    assert said["ops"].startswith("Duties: ")
    assert "worse" in said["ops"]
    assert "First report" in said["far"]


@pytest.mark.slow
def test_whoever_was_refused_before_is_told_all_once_cured(served):
    """A refusal holds the others back in nothing, and costs the refused reader nothing once it is cured."""
    server, known = served
    tell(known, "02")
    for day, rows in (("09", WORSE), ("16", None)):
        server.answers["rcpt"] = [None, "550 5.1.1 nobody here"]
        tell(known, day, rows)
    tell(known, "22")
    said = changes_told(server)

    assert said["lab"].startswith("No duty has changed")
    assert said["ops"].startswith("Duties: ")


@pytest.mark.slow
def test_an_office_that_takes_its_files_itself_has_what_was_written(tmp_path):
    """Without a way to send, everybody is compared with the last run."""
    known = settings(tmp_path, [roster(tmp_path / "staff.csv", ROWS)])
    for day, rows in (("02", ROWS), ("09", WORSE)):
        outcome = tell(known, day, rows)
    texts = [content.decode() for name, content in outcome.told.files.items() if name.endswith(".txt")]

    assert 2 == sum("Duties: " in text.replace("\u00a0", " ") for text in texts)


def test_what_a_reader_had_last_outlives_the_pruning_of_runs(monkeypatch):
    """However often the office looks in between, what a reader's next mail is compared with stays."""
    monkeypatch.setattr("reporter.store.runs.KEPT_RUNS", 2)
    store = open_store("sqlite://")
    for number, states in enumerate([(SENT, SENT), (SENT, DEFERRED), *[(DEFERRED, DEFERRED)] * 5]):
        report(store, number, LEVELS, states)
    kept = [number for number in range(7) if len(findings_of(store, f"r{number}"))]
    store.close()

    assert [0, 1, 5, 6] == kept


def last_mail(server, mailbox):
    """The last mail to that mailbox."""
    return next(
        message_from_bytes(content, policy=default)
        for _, (to,), content in reversed(server.mails)
        if to.startswith(mailbox)
    )


def statuses(mail):
    """The status of each event in the calendar of a mail, by the event's id."""
    (file,) = [part for part in mail.iter_attachments() if part.get_content_type() == "text/calendar"]
    found = {}
    for event in Calendar.from_ical(file.get_content()).events:
        found[str(event["uid"])] = str(event["status"])
    return found


def test_whoever_has_no_row_any_more_is_told_so_once_and_the_calendar_is_emptied(served):
    """The events of the last mail are taken back under their own ids; a mail put off is made again, one sent is not."""
    server, known = served
    tell(known, "02", WORSE)
    before = statuses(last_mail(server, "ops"))
    server.answers["rcpt"] = [None, LATER]
    tell(known, "09", WORSE[:1])
    tell(known, "16", WORSE[:1])
    mail = last_mail(server, "ops")
    tell(known, "22", WORSE[:1])
    boxes = Counter(to for _, (to,), _ in server.mails)

    assert {"CONFIRMED"} == set(before.values())
    assert dict.fromkeys(before, "CANCELLED") == statuses(mail)
    assert "nobody listed any more" in mail["Subject"]
    assert "names nobody under your address" in mail.get_body(("plain",)).get_content().replace("\n", " ")
    assert {"lab@example.org": 4, "ops@example.org": 2} == boxes


@pytest.mark.slow
def test_nobody_has_left_a_roster_that_could_not_be_read(served):
    """A file that is missing for once takes nobody's dates back."""
    server, known = served
    other = roster(known.path("other.csv"), WORSE[1:])
    roster(known.path(known.roster[0].path), WORSE[:1])
    both = msgspec.structs.replace(known, roster=(*known.roster, RosterSettings(path=str(other))))
    tell(both, "02")
    other.unlink()
    tell(both, "09")

    assert {"lab@example.org": 2, "ops@example.org": 1} == Counter(to for _, (to,), _ in server.mails)


@pytest.mark.slow
def test_the_last_word_is_in_the_language_of_the_mail_before(served):
    """The roster no longer says which it was."""
    server, known = served
    people = [(*row, language) for row, language in zip(WORSE, ("en", "fr"), strict=True)]
    path = known.path(known.roster[0].path)
    roster(path, people, (*HEADER, "Language"))
    tell(known, "02")
    roster(path, people[:1], (*HEADER, "Language"))
    tell(known, "09")

    assert "plus personne d\u2019inscrit" in last_mail(server, "ops")["Subject"]
