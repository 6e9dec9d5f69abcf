"""Between two reports: a reader hears at once of an outage on somebody's last days, once, and of nobody else's."""

import json
import os
import re
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

import msgspec
import pandas as pd
import pytest
from loopback import Server
from made_runs import at, outages, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter import weekly
from reporter.cli.explain import _mail_said
from reporter.errors import Exit, SettingsError
from reporter.pipeline.questions.history import history_of
from reporter.pipeline.run import outage_alert
from reporter.pipeline.send.status import report_standing
from reporter.pipeline.upkeep.privacy import erase_person, export_person
from reporter.settings import (
    AlertSettings,
    MailSettings,
    OfficeSettings,
    Settings,
    SourceSettings,
    UnitSettings,
    WeeklySettings,
)
from reporter.store.database import open_store
from reporter.store.ledger import newest_version
from reporter.store.outbox import alerts_of, content, entries, release_mail
from reporter.text.catalogue import words
from reporter.weekly import once

pytestmark = pytest.mark.enable_socket
PEOPLE = [
    ("E1", "Ada Placeholder", "Ops", "hr@example.org", "ON", "work", "2026-09-10"),
    ("E2", "Bob Specimen", "Ops", "hr@example.org", "ON", "work", "2026-10-20"),
    ("E3", "Cyd Example", "Labs", "labs@example.org", "BC", "work", "2026-09-12"),
    ("E4", "Dee Exemplar", "Far", "far@example.org", "ON", "work", "2026-09-25"),
]
DOWN = {"services": "ircc_secure_account", "began_at": "2026-09-10T17:40:00Z", "kind": "unplanned", "outage_id": "gone"}
TUESDAY, TWO_O_CLOCK, NEXT = "2026-09-08T13:00:00Z", "2026-09-10T18:00:00Z", "2026-09-14T12:00:00Z"


class Office:
    """An office whose readers hear between reports, with a web page of outages and a mail server of this machine."""

    def __init__(self, folder, server, web, **more):
        AUTHORITY.cert_pem.write_to_path(str(folder / "ca.pem"))
        record = outages(folder / "o.json", [])
        mail = MailSettings(transport="smtp", host="localhost", port=server.port, ca_file="ca.pem",
                            allow=("example.org",), first_time_limit=9)  # fmt: skip
        known = settings(folder, [roster(folder / "staff.csv", PEOPLE)], [record], out=str(folder / "out"))
        usual = {
            "weekly": WeeklySettings(), "alerts": AlertSettings(on=True), "mail": mail, "sender": "r@example.org",
            "sources": (SourceSettings(url=web.url("/data")),),
            "office": OfficeSettings(name="Specimen office", address="office@example.org"),
        }  # fmt: skip
        self.settings, self.server, self.web = msgspec.structs.replace(known, **(usual | more)), server, web
        self.say()

    def say(self, *records):
        self.web.answers["/data"] = (200, {}, json.dumps({"outages": list(records)}).encode())

    def change(self, **mail):
        """The same office that sends otherwise."""
        mail = msgspec.structs.replace(self.settings.mail, **mail)
        self.settings = msgspec.structs.replace(self.settings, mail=mail)

    def look(self, when):
        """The mails of one look, by reader."""
        before = len(self.server.mails)
        self.code = once(self.settings, clock=lambda: at(when)).code
        return {to[0].partition("@")[0]: message_from_bytes(content, policy=default)
                for _, to, content in self.server.mails[before:]}  # fmt: skip

    def with_store(self, ask):
        store = open_store(self.settings.store_url)
        try:
            return ask(store)
        finally:
            store.close()

    def alerts(self):
        return self.with_store(lambda store: alerts_of(store, self.settings.report))


@pytest.fixture
def world(tmp_path):
    web = Server()
    with MailServer() as server:
        yield SimpleNamespace(server=server, office=lambda **more: Office(tmp_path, server, web, **more))
    web.close()


def text(mail, kind="plain"):
    return " ".join(
        re.sub(r"<[^>]*>", " ", mail.get_body((kind,)).get_content())
        .replace("\u00a0", " ")
        .replace("\u202f", " ")
        .split()
    )


SAID = {
    "hr": ("Down now: IRCC secure account, since Thursday, Sep 10, 13:40", "E1", "Work permit extension",
           "file before Thursday, Sep 10, 20:00 Ottawa time"),
    "labs": ("En panne : Compte sécurisé d’IRCC, depuis le jeudi 10 sept. à 13 h 40", "E3",
             "Prolongation du permis de travail", "déposer avant le samedi 12 sept. à 17 h, heure de Vancouver"),
}  # fmt: skip
SUBJECTS = {
    "hr": "Outage: 1 person to file by Thursday, Sep 10 - Ops",
    "labs": "Panne : 1 personne doit déposer au plus tard le samedi 12 sept. – Labs",
}
OVER = {"hr": "Over: IRCC secure account", "labs": "Terminée : Compte sécurisé d’IRCC"}
BETWEEN = {
    "hr": "Alerts sent between the reports: Thursday, Sep 10, 14:00 Ottawa time (1 person)",
    "labs": "Alertes envoyées entre les rapports : jeudi 10 sept. à 14 h, heure d’Ottawa (1 personne)",
}


def test_an_outage_at_two_on_somebody_s_last_day_is_told_at_two(world):
    """To the reader concerned alone, once; amended, once more; then the report says what was told, and all agree."""
    office = world.office(units={"Labs": UnitSettings(address="labs@example.org", language="fr")})
    first, calm = office.look(TUESDAY), office.look("2026-09-10T17:00:00Z")
    office.say(DOWN)
    told, again = office.look(TWO_O_CLOCK), office.look("2026-09-10T19:00:00Z")

    assert ({"hr", "labs", "far", "office"}, {}, {"hr", "labs"}, {}) == (set(first), calm, set(told), again)
    for name, mail in told.items():
        for body in (text(mail), text(mail, "html")):
            assert [] == [part for part in SAID[name] if part not in body]
            others = {"E1", "E2", "E3", "E4", "Ada", "Placeholder"} - set(SAID[name])
            assert [] == [part for part in others if part in body]
        assert SUBJECTS[name] == mail["Subject"].replace("\u00a0", " ")
        assert len(_above_the_law(mail)) <= 120

    office.say(DOWN | {"ended_at": "2026-09-10T19:30:00Z"})
    amended = office.look("2026-09-10T20:00:00Z")
    assert dict.fromkeys(OVER, True) == {name: OVER[name] in text(mail) for name, mail in amended.items()}

    standing = office.with_store(lambda store: report_standing(store, office.settings, at(NEXT)))
    past = office.with_store(lambda store: history_of(store, office.settings, "E1", at(NEXT)))
    assert ({"sent": 4}, 0) == (standing.alerts, office.code)
    assert [True, True, False, False] == [one.is_alert for one in past.tellings]
    assert "alert between two reports" in _mail_said(past.tellings[0], words("card", "en"))

    report = office.look(NEXT)
    assert [True, True] == [BETWEEN[name] in text(report[name]) for name in BETWEEN]
    assert [False, True] == ["Alerts sent" in text(report[name]) for name in ("far", "office")]

    held = office.with_store(lambda store: export_person(office.settings.runs_folder, store, "E1"))["alerts"]
    office.with_store(lambda store: erase_person(office.settings, store, "E1", at(NEXT), is_dry=False))
    assert ["gone", "gone"] == [one["outage_id"] for one in held]
    assert {"E3"} == {fact.person_id for one in office.alerts() for fact in one.facts}


def _above_the_law(mail):
    law = words("digest", "fr" if "Panne" in mail["Subject"] else "en")["disclaimer"].split("{")[0]
    return text(mail).split(" ".join(law.split()[:3]))[0].split()


def test_an_alert_is_owed_until_it_is_heard_or_no_longer_so(world):
    """A killed look loses and doubles nothing; held, it waits; put off, it is tried again; and it is taken back."""
    office = world.office(alerts=AlertSettings(on=True, within_days=1))
    office.look(TUESDAY)
    office.say(DOWN)
    _dies_while_planning(office, TWO_O_CLOCK)
    office.change(review=True)
    held = office.look("2026-09-10T19:00:00Z"), office.code, [one.state for one in office.alerts()]
    office.say(DOWN | {"ended_at": "2026-09-10T19:30:00Z"})
    amended = office.look("2026-09-10T20:00:00Z"), office.code, [one.state for one in office.alerts()]
    office.with_store(lambda store: release_mail(store, office.alerts()[-1].number, at("2026-09-10T20:30:00Z")))
    world.server.answers["rcpt"] = "450 4.2.1 later"
    later = office.look("2026-09-10T21:00:00Z"), office.code, [one.state for one in office.alerts()]
    world.server.answers.clear()
    sent = office.look("2026-09-10T22:00:00Z")

    assert ({}, 6, ["held"]) == held
    assert ({}, 6, ["cancelled", "held"]) == amended
    assert ({}, 6, ["cancelled", "deferred"]) == later
    assert ({"hr"}, 0) == (set(sent), office.code)

    office.say(DOWN | {"status": "cancelled"})
    office.look("2026-09-10T23:00:00Z")
    back = office.with_store(lambda store: content(store, office.alerts()[-1].number))
    office.change(review=False)
    office.look(NEXT)
    said = "The outage that the alert of Thursday, Sep 10, 16:00 Ottawa time told of for 1 person is off the record."
    assert said in text(message_from_bytes(back, policy=default))
    assert ["cancelled", "sent", "cancelled"] == [one.state for one in office.alerts()]  # the report tells it now


def _dies_while_planning(office, when):
    """A look in a process that dies before what it has planned is committed."""
    child, plan = os.fork(), outage_alert.plan_alert
    if child == 0:
        outage_alert.plan_alert = lambda *said, **more: (plan(*said, **more), os._exit(137))
        try:
            once(office.settings, clock=lambda: at(when))
        finally:
            os._exit(0)
    assert 137 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_drill_goes_to_the_office_alone_and_leaves_no_trace(world):
    """Marked in subject and text; ledger, outbox and rosters stay as they were."""
    office = world.office()
    before = office.with_store(lambda store: (entries(store), newest_version(store)))
    outcome = outage_alert.send_drill(office.settings, lambda: at(TWO_O_CLOCK))
    ((_, to, content),) = world.server.mails
    mail = message_from_bytes(content, policy=default)

    assert ("sent", ("office@example.org",)) == (outcome.state, to)
    assert mail["Subject"].startswith("[DRILL] Outage: 1 person to file by ")
    assert [] == [p for p in ("DRILL: the outage and the person are invented", "DRILL-1") if p not in text(mail)]
    assert before == office.with_store(lambda store: (entries(store), newest_version(store)))
    with pytest.raises(SettingsError):
        outage_alert.drill_mail(Settings(), at(TWO_O_CLOCK))  # no office to send it to


def test_a_process_that_stays_up_looks_at_the_sources_once_an_hour(monkeypatch):
    """It looks every minute whether a report is due; nobody's page is asked as often."""
    asked, moments = [], [at(TUESDAY)]
    monkeypatch.setattr(weekly, "attempt", lambda *_, is_alerting, **__: asked.append(is_alerting) or Exit.DONE)
    jobs = weekly.plan(Settings(), clock=lambda: moments[-1])
    for minutes in (1, 54, 55, 56):
        moments.append(at(TUESDAY) + pd.Timedelta(minutes=minutes))
        jobs.run_all()

    assert [True, False, False, True, False] == asked
