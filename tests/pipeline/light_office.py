"""An office whose reports are a line each: everything of a week is real but what is read, judged and written.

So a test can look a thousand times: at the timetable, the account, the outbox, the lease, the alerts and the store. The
mail server is a file; each step of a run may be the one at which its process dies.
"""

import hashlib
import json
import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from made_runs import settings
from msgspec.structs import asdict
from pandas import DataFrame, Series

from reporter.errors import Exit, LockedError, ReporterError, RosterError
from reporter.model.mail import AMBIGUOUS, Letter, Outcome, message_id
from reporter.model.report import Recipient
from reporter.model.shapes import EVENTS
from reporter.pipeline.assemble.report_identity import settle_identity
from reporter.pipeline.run import refusals, run_lock
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.planning import NO_MENDING, planning_of
from reporter.pipeline.run.refusals import NO_WAIVERS, Waivers
from reporter.pipeline.run.run_folder import note_planned
from reporter.pipeline.send import status, transports
from reporter.pipeline.send.plan import MailIdentity, Post
from reporter.pipeline.send.status import cause_of, report_standing, week_key
from reporter.pipeline.send.transports import open_sending
from reporter.report.recipients import Audience
from reporter.settings import Identity, MailSettings, OwnerSettings, Settings, WeeklySettings
from reporter.store.database import open_store
from reporter.store.runs import RunRecord
from reporter.weekly import once

OWNER = "it@example.net"
KILLED = 137
STEPS = ("planned", "claimed", "handed_over", "accepted", "recorded", "told")


@dataclass
class Chance:
    """What the next look meets: how the server answers, and at which step, and which time, its process dies.

    At the step `copied`, the first time, somebody makes a backup of the store.
    """

    answer: str = "yes"  # yes, later, or lost: it takes the mail, and its answer is lost
    step: str = ""
    times: int = 0
    copied: str = ""
    copies: tuple[Path, Path] = (Path(), Path())
    passed: dict[str, int] = field(default_factory=dict)

    def reach(self, step):
        """That step is about to be taken, or was."""
        self.passed[step] = self.passed.get(step, 0) + 1
        if step == self.copied and self.passed[step] == 1:
            copy_store(*self.copies)
        if step == self.step and self.passed[step] == self.times:
            os._exit(KILLED)


@dataclass(frozen=True)
class FileServer:
    """A way to send that takes each mail into a file, a line of JSON each."""

    file: Path
    chance: Chance
    name: str = "file"

    def deliver(self, content, envelope, on_handover):
        is_report = envelope.slug != "owner"
        if is_report:
            self.chance.reach("claimed")
        if self.chance.answer == "later":
            return Outcome("deferred", why="later", phase="mail", code=450)
        on_handover()
        if is_report:
            self.chance.reach("handed_over")
        with self.file.open("a") as file:
            file.write(
                json.dumps({"to": envelope.recipient, "id": envelope.message_id, "said": content.decode()}) + "\n"
            )
        if is_report:
            self.chance.reach("accepted")
            if self.chance.answer == "lost":
                return Outcome(AMBIGUOUS, why="no_answer", phase="dot")
        return Outcome("sent", phase="dot", code=250)

    def greet(self):
        return None

    def close(self):
        return None


def copy_store(source, target):
    """As a backup does while others are at work."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


def readers_of(file):
    """The units of a light roster, a line each."""
    return file.read_text("utf-8").split()


def light_run(chance):
    """What stands in the place of a whole run; it plans, records, books and sends as that does."""

    def run(
        known, as_of, *, clock, turn, mends=NO_MENDING, is_between=False, waivers=NO_WAIVERS, hold=False, **_,
    ):  # fmt: skip
        here, gone = [], []
        for one in known.roster:
            path = known.path(one.path)
            (here if path.exists() else gone).append(path.name)
        failures = [RosterError("cannot be read", where=name) for name in gone]
        if not here:
            raise failures[0]
        store = open_store(known.store_url)
        try:
            rows = [(f"{name}!S:{unit}", unit) for name in here for unit in readers_of(known.path(name))]
            doubted = refusals.mind_store(store, known, week_key(known, as_of), waivers)
            found = DataFrame(rows, columns=["source_row", "person_id"], dtype="str")
            if not waivers.rosters:
                refusals.mind_names(store, known, found, as_of)
            return _made(known, store, rows, failures, as_of, clock, turn, mends, hold=hold, doubted=doubted,
                         is_between=is_between)  # fmt: skip
        finally:
            store.close()

    def _made(known, store, rows, failures, as_of, clock, turn, mends, *, hold, doubted, is_between):
        rhythms = {unit: one.rhythm for unit, one in known.units.items()}
        readers = tuple(
            Recipient(unit, f"{unit}@example.org", title=unit, rhythm=rhythms.get(unit) or "weekly") for _, unit in rows
        )
        parts = Audience(readers, Series(range(len(rows)), index=[row for row, _ in rows]))
        causes = tuple(cause_of(failure, known) for failure in failures)
        run_id = f"{as_of:%Y%m%dT%H%M%SZ}"
        identity = MailIdentity.of(known)
        if mends.week:
            identity = type(identity)(**{**asdict(identity), "week": mends.week})
        posts = tuple(_post(identity, one, as_of, run_id) for one in readers)
        manifest = dict.fromkeys(("as_of", "inputs", "rulebook_sha256", "versions", "ledger", "recipients"), "")
        people = Series([row.partition("!")[0] for row, _ in rows]).value_counts()
        manifest |= {
            "roster_names": list(known.roster_names),
            "rosters": {n: {"people": int(c)} for n, c in people.items()},
        }
        record = RunRecord(run_id, known.report.series, as_of, finished_at=clock(), manifest=manifest)
        closes = Series([as_of] * len(rows), dtype="datetime64[us, UTC]")
        found = DataFrame({"person_id": [unit for _, unit in rows], "deadline": "d", "occurrence": 0, "level": "low",
                           "rule": "r", "disposition": "open", "is_over": False, "is_filed": False,
                           "filed_at": pd.NaT}).assign(closes_at=closes)  # fmt: skip
        planning = planning_of(
            known, parts, mends, causes, hold=hold, is_told=True, as_of=as_of, doubted=doubted, is_between=is_between
        )
        rendered = SimpleNamespace(posts=posts, events=EVENTS.empty())
        chance.reach("planned")
        pipeline._remember(SimpleNamespace(store=store, settings=known), record, found, rendered, turn, planning)
        chance.reach("recorded")
        note_planned(known.runs_folder / run_id, record.series, planning.week.period)
        if doubted:
            refusals.drop_planned(store, known.runs_folder, planning.week)
        sent = pipeline.deliver_noted(known, store, open_sending(known, turn.tick), planning.week)
        chance.reach("told")
        office = SimpleNamespace(people_by_level={"critical": 0, "high": len(rows)})
        told = SimpleNamespace(office=office)
        return SimpleNamespace(run=SimpleNamespace(run_id=run_id), round=sent, told=told)

    return run


def _post(identity, one, as_of, run_id):
    key = identity.key(as_of, one)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "reports@example.org", one.address, f"{key.period} {one.slug}"
    mail["Message-ID"] = own = message_id(key, "example.org")
    mail.set_content(f"{key.period} {one.slug}")
    said = hashlib.sha256(f"{key.period} {one.slug}".encode()).hexdigest()
    return Post(Letter(key, run_id, one.slug, one.address, own, said, mail.as_bytes()), "en", "example.org")


class LightOffice:
    """The office in a folder, with its clock in the test's hand."""

    def __init__(self, folder, patch, rosters):
        self.folder, self.chance, self.box = folder, Chance(), folder / "accepted"
        for name, units in rosters.items():
            (folder / name).write_text("\n".join(units), "utf-8")
        mail = MailSettings(transport="smtp", host="localhost", allow=("example.org", OWNER), first_time_limit=99)
        known = settings(folder, list(rosters), out=str(folder / "out"), mail=mail, sender="reports@example.org")
        self.settings = pd.NA
        self.change(
            known, weekly=WeeklySettings(), owner=OwnerSettings(address=OWNER, ping_url="https://p.example.org/x")
        )
        self.pings = []
        patch.setitem(transports.TRANSPORTS, "smtp", lambda _: FileServer(self.box, self.chance))
        patch.setattr(pipeline, "run", light_run(self.chance))
        self.witness = None  # what time it is by the watching service
        patch.setattr(run_lock, "server_time", lambda url, *, seconds: self.witness)
        patch.setattr(status, "ping", lambda url, what, *, seconds: self.pings.append(what))

    def change(self, known=None, **more):
        """Settings that differ in these."""
        fields = {**_fields(known or self.settings), **more, "identity": Identity(file="reporter.toml")}
        self.settings = settle_identity(Settings(**fields))

    def look(self, now, *, answer="yes", **how):
        """One look of the timer, and its exit code."""
        self.chance.answer, self.chance.step, self.pings[:] = answer, "", []
        self.chance.passed.clear()
        try:
            return once(self.settings, clock=lambda: now, waivers=Waivers(**how)).code
        except LockedError:
            return Exit.LOCKED
        except ReporterError as error:
            return error.exit_code

    def killed_look(self, now, step, times, *, answer="yes", copied=""):
        """The same in a process that dies at that step; True when it came to that.

        Takes: copied - the step at which, the first time, the store is copied to `backup.db`.
        """
        child = os.fork()
        if child == 0:
            try:
                self.chance.copied = copied
                self.chance.copies = (self.folder / "reporter.db", self.folder / "backup.db")
                self.chance.answer, self.chance.step, self.chance.times = answer, step, times
                self.chance.passed.clear()
                once(self.settings, clock=lambda: now)
            finally:
                os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED

    def mails(self):
        """Every mail that the server took."""
        return [json.loads(line) for line in self.box.read_text("utf-8").splitlines()] if self.box.exists() else []

    def told(self):
        """The week and reader of every report that arrived, in order."""
        return [
            mail["said"].replace("\r\n", "\n").split("\n\n", 1)[1].split()
            for mail in self.mails()
            if mail["to"] != OWNER
        ]

    def counts(self, *units):
        """How many reports each of these got."""
        told = [unit for _, unit in self.told()]
        return [told.count(unit) for unit in units]

    def to_owner(self):
        """What the owner was mailed, in order."""
        return [mail["said"] for mail in self.mails() if mail["to"] == OWNER]

    def standing(self, now):
        """How the report stands, by `status`."""
        with self.opened() as store:
            return report_standing(store, self.settings, now)

    def keys(self, now):
        """The causes that are open, by `status`."""
        return [cause.key for cause in self.standing(now).causes]

    @contextmanager
    def opened(self):
        """The store, for a moment."""
        store = open_store(self.settings.store_url)
        try:
            yield store
        finally:
            store.close()


def _fields(struct):
    return {name: getattr(struct, name) for name in type(struct).__struct_fields__}
