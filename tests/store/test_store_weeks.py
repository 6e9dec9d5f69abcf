"""Scenes of weeks on PostgreSQL: after each look, what exit code, status, file, pings and mails say is what is so.

A scene is a list of steps; a look says which exit code it must have. Two machines or two offices share one database.
"""

import uuid
from collections import Counter

import msgspec
import pytest
from light_office import OWNER, LightOffice
from made_runs import at
from pandas import Timedelta
from sqlalchemy import create_engine

from reporter.cli.status import _record
from reporter.errors import Exit
from reporter.model.mail import AMBIGUOUS, HELD
from reporter.pipeline.assemble.report_identity import IDENTITIES
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.run_lock import take_turn
from reporter.pipeline.send.status import excuse_cause, last_failure, take_week_back, tell_over
from reporter.settings import OfficeSettings
from reporter.store.outbox import entries, release_mail, resolve_mail

ROSTERS = {"staff.csv": ("lab", "ops", "far"), "students.csv": ("dean",)}
OTHERS = {"staff.csv": ("bay", "sea"), "students.csv": ("hill",)}
MONDAY, HOUR, WEEK = at("2026-11-30T12:30:00Z"), Timedelta(hours=1), Timedelta(weeks=1)
SOME = ("lab@example.org", "ops@example.org", "dean@example.org", OWNER)


class Scene:
    """Office `a`, its twin `b` on another machine, and another office `c`, on one database and by one mail server."""

    def __init__(self, folder, patch, server, set_up):
        self.server, self.name = server.replace("postgresql://", "postgresql+psycopg://"), f"t{uuid.uuid4().hex[:12]}"
        self.copies, self.now, self.answer, self.undone = [], MONDAY, "yes", Counter()
        self.sql(f"CREATE DATABASE {self.name} TEMPLATE {set_up}")
        url = self.server.replace("/postgres?", f"/{self.name}?")
        for one, rosters, name in (("a", ROSTERS, "North"), ("b", ROSTERS, "North"), ("c", OTHERS, "South")):
            (folder / one).mkdir()
            made = LightOffice(folder / one, patch, rosters)
            made.change(store=url, office=OfficeSettings(name=name, time_zone="America/Toronto"))
            setattr(self, one, made)
        self.post = self.c  # what was made last has patched the way out

    def sql(self, text):
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(text)
        engine.dispose()

    def look(self, one, expected, pause=HOUR, **how):
        self.now += pause
        office = getattr(self, one)
        office.change()  # a new process settles whose report it is
        self.post.pings[:] = []
        code = office.look(self.now, answer=self.answer, **how) if office is self.post else self._look(office, **how)
        assert expected == code, (one, last_failure(office.settings))
        self.agreed(office, code)

    def _look(self, office, **how):
        office.chance, office.pings = self.post.chance, self.post.pings
        return office.look(self.now, answer=self.answer, **how)

    def agreed(self, office, code):
        """By every way that tells; and nobody has a week twice."""
        known, standing = office.settings, office.standing(self.now)
        file, told, said = last_failure(known), _record(standing), self.post.to_owner()
        keys = [one["cause"] for one in told["causes"]]
        is_well = code == Exit.DONE
        assert (is_well, is_well, is_well) == (told["is_well"], not keys, not file)
        assert [] == [key for key in keys if key not in file]
        if self.answer != "later" and OWNER in known.mail.allow:
            assert [] == [key for key in keys if not any(key in mail for mail in said)]
        assert self.post.pings[-1:] in ([], ["success"] if is_well else ["failure"])
        twice = {key: n for key, n in Counter(map(tuple, self.post.told())).items() if n > 1 + self.undone[key[0]]}
        assert {} == twice

    def killed(self, one, step, times):
        office = getattr(self, one)
        office.chance, self.now = self.post.chance, self.now + HOUR
        assert office.killed_look(self.now, step, times, answer=self.answer)

    def lose(self, one, *names):
        for name in names:
            (getattr(self, one).folder / name).unlink()

    def find(self, one, *names):
        for name in names:
            (getattr(self, one).folder / name).write_text("\n".join(ROSTERS[name]), "utf-8")

    def change(self, one, **more):
        office = getattr(self, one)
        mail = msgspec.structs.replace(office.settings.mail, **more.pop("mail", {}))
        office.change(mail=mail, **more)

    def rename(self, one, name, new):
        office = getattr(self, one)
        (office.folder / name).rename(office.folder / new)
        rosters = [msgspec.structs.replace(r, path=new if r.path == name else r.path) for r in office.settings.roster]
        office.change(roster=tuple(rosters))

    def server_is(self, answer):
        self.answer = answer

    def copy(self):
        self.copies.append(f"{self.name}c{len(self.copies)}")
        self.sql(f"CREATE DATABASE {self.copies[-1]} TEMPLATE {self.name}")

    def put_back(self):
        self.sql(f"DROP DATABASE {self.name}")
        self.sql(f"CREATE DATABASE {self.name} TEMPLATE {self.copies[-1]}")

    def leap(self, by):
        self.now += by

    def undo(self, one, week):
        known = getattr(self, one).settings
        with getattr(self, one).opened() as store:
            self.undone[week] += 1
            assert take_week_back(store, known.report.in_week(week), known.office.time_zone, self.now)

    def resolve(self, one):
        """Somebody asks the readers."""
        taken = {mail["id"] for mail in self.post.mails()}
        with getattr(self, one).opened() as store:
            for mail in entries(store, state=AMBIGUOUS):
                resolve_mail(store, mail.number, self.now, arrived=mail.message_id in taken)

    def release(self, one):
        with getattr(self, one).opened() as store:
            for mail in entries(store, state=HELD):
                release_mail(store, mail.number, self.now)

    def excuse(self, one, key):
        office = getattr(self, one)
        with office.opened() as store:
            excuse_cause(store, office.settings.report, key, "Kim", "it is known", self.now)
            tell_over(office.settings, store, self.now)
        self.agreed(office, Exit.DONE)

    def run_by_hand(self, one):
        """As `reporter run` does it: what stopped the looks is over at once."""
        office, self.now = getattr(self, one), self.now + HOUR
        with take_turn(office.settings, lambda: self.now) as turn:
            pipeline.run(office.settings, self.now, clock=lambda: self.now, turn=turn)
        with office.opened() as store:
            tell_over(office.settings, store, self.now, is_made=True)
        self.agreed(office, Exit.DONE)

    def forget(self, one):
        """A machine is set up anew: the settings are there, what the program noted beside them is not."""
        (getattr(self, one).folder / IDENTITIES).unlink(missing_ok=True)
        getattr(self, one).change()

    def told(self, **expected):
        told = Counter(unit for _, unit in self.post.told())
        assert expected == {unit: told[unit] for unit in expected}

    def said(self, one, words):
        assert words in last_failure(getattr(self, one).settings)


DONE, INPUT, SETTINGS, OWED = Exit.DONE, Exit.INPUT, Exit.SETTINGS, Exit.NOT_DELIVERED
EACH = {"lab": 1, "ops": 1, "far": 1, "dean": 1}
SCENES = {
    "renamed, office and roster, while the server is down": [
        ("server_is", "later"), ("look", "a", OWED), ("rename", "a", "staff.csv", "staff-2026.csv"),
        ("change", "a", {"office": OfficeSettings(name="North and East", time_zone="America/Toronto")}),
        ("look", "a", OWED), ("server_is", "yes"), ("look", "a", DONE, 60 * HOUR), ("told", EACH),
    ],
    "a copy from between two looks that died": [
        ("killed", "a", "accepted", 1), ("copy",), ("killed", "a", "accepted", 2), ("put_back",),
        ("look", "a", SETTINGS), ("look", "a", OWED, HOUR, {"store": True}), ("resolve", "a"),
        ("look", "a", DONE), ("told", EACH),
    ],
    "that copy, put back in the week after": [
        ("killed", "a", "accepted", 1), ("copy",), ("look", "a", OWED), ("resolve", "a"), ("look", "a", DONE),
        ("put_back",), ("look", "a", SETTINGS, WEEK - 8 * HOUR), ("look", "a", OWED, HOUR, {"store": True}),
        ("resolve", "a"), ("look", "a", DONE, 12 * HOUR), ("told", {"lab": 2, "ops": 2, "far": 2, "dean": 2}),
    ],
    "a roster that one of two machines lacks": [
        ("lose", "a", "students.csv"), ("look", "a", INPUT), ("look", "b", DONE), ("told", EACH),
        ("look", "a", DONE), ("look", "a", INPUT, WEEK), ("look", "b", DONE), ("told", {"lab": 2, "dean": 2}),
    ],
    "two offices with rosters of one name": [
        ("lose", "a", "students.csv"), ("look", "a", INPUT), ("look", "c", DONE), ("told", {"bay": 1, "hill": 1}),
        ("forget", "c"), ("look", "c", DONE), ("forget", "a"), ("find", "a", "students.csv"), ("look", "a", DONE),
        ("told", EACH | {"bay": 1, "hill": 1}),
    ],
    "a wrong clock, a roster gone meanwhile, and the copy of before": [
        ("look", "a", DONE), ("copy",), ("leap", 9 * WEEK), ("lose", "a", "students.csv"),
        ("look", "a", INPUT, HOUR, {"clock": True}), ("leap", -8 * WEEK),
        ("look", "a", INPUT, HOUR, {"clock": True}), ("said", "a", "--undo-week 2027-W05"),
        ("undo", "a", "2027-W05"), ("find", "a", "students.csv"), ("look", "a", DONE, HOUR), ("put_back",),
        ("look", "a", SETTINGS), ("look", "a", OWED, HOUR, {"store": True}), ("resolve", "a"),
        ("look", "a", DONE), ("told", {"lab": 3, "dean": 2}),
    ],
    "held for review, and nobody released it": [
        ("change", "a", {"mail": {"review": True}}), ("look", "a", OWED), ("look", "a", OWED, WEEK),
        ("told", {"lab": 0}), ("release", "a"), ("look", "a", DONE), ("told", EACH),
    ],
    "excused for this week, and not for the next": [
        ("lose", "a", "students.csv"), ("look", "a", INPUT), ("excuse", "a", "roster:students.csv"),
        ("look", "a", DONE), ("look", "a", INPUT, WEEK), ("find", "a", "students.csv"), ("look", "a", DONE),
        ("told", {"lab": 2, "dean": 1}),
    ],
    "stopped, put right, and run by hand": [
        ("lose", "a", "staff.csv", "students.csv"), ("look", "a", INPUT), ("look", "b", DONE, WEEK),
        ("look", "a", DONE), ("lose", "b", "staff.csv", "students.csv"), ("look", "b", INPUT, WEEK),
        ("find", "b", "staff.csv", "students.csv"), ("run_by_hand", "b"), ("look", "a", DONE),
        ("told", {"lab": 2, "dean": 2}),
    ],
    "the list keeps back a reader and the operator": [
        ("change", "a", {"mail": {"allow": SOME[:-1]}}), ("look", "a", OWED), ("said", "a", "was not mailed"),
        ("change", "a", {"mail": {"allow": SOME}}), ("look", "a", OWED), ("excuse", "a", "reader:far/not_allowed"),
        ("look", "a", DONE), ("told", {"lab": 1, "far": 0}),
        ("change", "a", {"mail": {"allow": ("example.org", OWNER)}}), ("look", "a", DONE), ("told", EACH),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SCENES)
def test_what_is_said_is_so(tmp_path, monkeypatch, postgres, set_up, name):
    """Failures, repairs, clocks, renames, restores and twins: each disagreement would be a lie to somebody."""
    scene = Scene(tmp_path, monkeypatch, postgres, set_up)
    for verb, *more in SCENES[name]:
        how = more.pop() if more and isinstance(more[-1], dict) else {}
        getattr(scene, verb)(*more, **how)
