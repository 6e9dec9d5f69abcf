"""Whatever fails, in whatever order: no success while anything is owed, everybody told once, every open cause known.

A machine that draws failures, looks, repairs, kills and clocks, with the law of the account as its invariants.
"""

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, currently_in_test_context, event
from hypothesis import settings as tried
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from light_office import OWNER, STEPS, LightOffice
from made_runs import at

from reporter.errors import Exit
from reporter.model.mail import AMBIGUOUS
from reporter.pipeline.send.plan import period
from reporter.pipeline.send.status import (
    acknowledge_cause,
    last_failure,
    report_standing,
    standing_causes,
    take_week_back,
)
from reporter.store.outbox import entries, resolve_mail

ZONE = "America/Toronto"
ROSTERS = {"staff.csv": ("lab", "ops"), "students.csv": ("dean",)}
HOUR, DAY, WEEK = pd.Timedelta(hours=1), pd.Timedelta(days=1), pd.Timedelta(weeks=1)
LEAP = 9 * WEEK
ALL, SOME = ("example.org", OWNER), ("lab@example.org", OWNER)
EXAMPLES, LENGTH = int(os.environ.get("REPORTER_TEST_WEEKS", "5")), 44


class Weeks(RuleBasedStateMachine):
    """An office and its operator, from a Monday on."""

    @initialize()
    def open(self):
        self.patch = pytest.MonkeyPatch()
        memory = Path("/dev/shm")  # thousands of small transactions, none of which has to outlive the machine
        self.folder = Path(tempfile.mkdtemp(prefix="weeks-", dir=memory if memory.is_dir() else None))
        self.office = LightOffice(self.folder, self.patch, ROSTERS)
        self.now, self.answer_of_server, self.leapt = at("2026-11-30T12:30:00Z"), "yes", pd.Timedelta(0)
        self.code, self.undone, self.is_watched, self.acknowledged = None, Counter(), True, set()
        self.names, self.renamed, self.backup = {name: name for name in ROSTERS}, 0, b""

    @property
    def clock(self):
        """What this machine takes for now; the watching service knows better."""
        self.office.witness = self.now if self.is_watched else None
        return self.now + self.leapt

    # --- looks, which are half of what happens --------------------------------------------------------------------

    @rule(pause=st.sampled_from([HOUR, HOUR, 5 * HOUR, DAY, 2 * DAY]))
    def look(self, pause):
        self.now += pause
        self.code = self.office.look(self.clock, answer=self.answer_of_server)
        say(f"exit {int(self.code)}")

    @rule()
    def look_at_once(self):
        self.look(HOUR)

    @rule(weeks=st.sampled_from([1, 1, 3]))
    def look_after_weeks(self, weeks):
        self.look(weeks * WEEK)

    @rule(step=st.sampled_from(STEPS), times=st.integers(1, 2))
    def look_that_dies(self, step, times):
        self.now, self.code = self.now + HOUR, None
        is_killed = self.office.killed_look(self.clock, step, times, answer=self.answer_of_server)
        say(f"killed: {is_killed}")

    # --- failures, repairs and what the operator does ---------------------------------------------------------------

    @rule(what=st.sampled_from(["lose", "lose", "find"]), name=st.sampled_from(list(ROSTERS)))
    def rosters(self, what, name):
        self.lose(name) if what == "lose" else self.find(name)

    @rule(answer=st.sampled_from(["yes", "later", "lost", "lost"]))
    def server(self, answer):
        self.answer_of_server, self.code = answer, None

    @rule(domains=st.sampled_from([ALL, SOME]))
    def allow(self, domains):
        self.office.change(mail=_with(self.office.settings.mail, allow=domains))
        self.code = None

    @rule(is_there=st.booleans())
    def watch(self, is_there):
        """The watching service can be asked for the time, or not."""
        self.is_watched = is_there

    @rule()
    def clock_goes_wrong_or_right(self):
        """A wrong one is believed where somebody says so."""
        self.leapt, self.code = pd.Timedelta(0) if self.leapt else LEAP, None

    @rule()
    def believe_the_clock(self):
        self.now += HOUR
        self.code = self.office.look(self.clock, answer=self.answer_of_server, clock=True)

    @rule(number=st.integers(0, 5))
    def acknowledge(self, number):
        """A person knows of a cause: nothing that is owed changes by that."""
        with self.office.opened() as store:
            causes = standing_causes(store, self.office.settings.report)
            if causes:
                key = causes[number % len(causes)].key
                acknowledge_cause(store, self.office.settings.report, key, "Kim", self.clock + WEEK, self.clock)
                self.acknowledged.add(key)

    @rule()
    def resolve(self):
        """Somebody asks the readers of mails in doubt."""
        self.settle_doubts()
        self.code = None

    @precondition(lambda self: not self.leapt)
    @rule()
    def undo_weeks_to_come(self):
        """Somebody takes back what a wrong clock told."""
        self.take_back()
        self.code = None

    @rule(name=st.sampled_from(list(ROSTERS)), is_found=st.booleans())
    def rename_roster(self, name, is_found):
        """In the folder and in the settings; whether it is the same report is asked where nobody can tell."""
        self.renamed += 1
        old, new = self.folder / self.names[name], f"{name.removesuffix('.csv')}-{self.renamed}.csv"
        if old.exists() and is_found:
            old.rename(self.folder / new)
        old.unlink(missing_ok=True)
        self.names[name] = new
        known = self.office.settings.roster
        self.office.change(
            roster=tuple(_with(one, path=self.names[key]) for one, key in zip(known, ROSTERS, strict=True))
        )
        self.code = None

    @rule()
    def rename_office(self):
        self.renamed += 1
        self.office.change(office=_with(self.office.settings.office, name=f"Office {self.renamed}"))
        self.code = None

    @rule()
    def answer(self):
        """Somebody says that the rosters are meant, and that a store that was put back is."""
        self.now += HOUR
        self.code = self.office.look(self.clock, answer=self.answer_of_server, rosters=True, store=True)

    @rule()
    def back_up(self):
        if self.store_file.exists():
            self.backup = self.store_file.read_bytes()

    @rule(is_fresh=st.booleans())
    def put_back(self, is_fresh):
        """The store as it was at the last backup, or none at all."""
        self.store_file.unlink(missing_ok=True)
        if self.backup and not is_fresh:
            self.store_file.write_bytes(self.backup)
        self.undone.update({week for week, _ in self.office.told() if week > self.week})  # nobody can take them back
        self.code = None

    @property
    def store_file(self):
        return self.folder / "reporter.db"

    def lose(self, name):
        (self.folder / self.names[name]).unlink(missing_ok=True)
        self.code = None

    def find(self, name):
        (self.folder / self.names[name]).write_text("\n".join(ROSTERS[name]), "utf-8")
        self.code = None

    # --- the law ------------------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_told_twice(self):
        if not hasattr(self, "office"):
            return
        for (week, reader), count in Counter(map(tuple, self.office.told())).items():
            assert count <= 1 + self.undone[week], (week, reader, count)

    @invariant()
    def success_means_that_nothing_is_owed(self):
        if getattr(self, "code", None) is None:
            return
        is_success = self.code == Exit.DONE
        if is_success:
            told = Counter(map(tuple, self.office.told()))
            weeks = (
                self.week,
                period(self.clock, ZONE),
            )  # one that is late is made on a Monday before seven, as of then
            for unit in (unit for units in ROSTERS.values() for unit in units):
                assert any(told[week, unit] for week in weeks), (weeks, unit)
        with self.office.opened() as store:
            doubtful = [mail for mail in entries(store, state=AMBIGUOUS) if not mail.undone_at]
            assert not (is_success and doubtful)
            assert is_success == report_standing(store, self.office.settings, self.clock).is_well
        assert is_success == (self.office.pings[-1:] != ["fail"] and "failure" not in self.office.pings)

    @invariant()
    def the_operator_knows_every_open_cause(self):
        if getattr(self, "code", None) in (None, Exit.LOCKED):
            return
        with self.office.opened() as store:
            keys = {cause.key for cause in standing_causes(store, self.office.settings.report)}
        said, mailed = last_failure(self.office.settings), self.mailed_to_owner()
        assert set() == {key for key in keys if key not in said}
        if self.answer_of_server != "later":
            assert set() == {key for key in keys - self.acknowledged if key not in mailed}
        if self.code == Exit.DONE:
            assert (set(), "") == (keys, said)

    def teardown(self):
        if not hasattr(self, "office"):
            return
        try:
            self.repair_everything()
        finally:
            self.close()

    def close(self):
        self.patch.undo()
        shutil.rmtree(self.folder)

    def repair_everything(self, looks=4):
        """By the second look at the latest all is well, and everybody has this week's report."""
        for name in ROSTERS:
            self.find(name)
        self.allow(ALL)
        self.leapt, self.answer_of_server = pd.Timedelta(0), "yes"
        self.take_back()
        for _ in range(looks):
            self.settle_doubts()
            self.now += 13 * HOUR
            self.code = self.office.look(self.clock, clock=True, rosters=True, store=True)
            self.success_means_that_nothing_is_owed()
            self.nobody_is_told_twice()
        assert Exit.DONE == self.code, last_failure(self.office.settings)

    # --- helpers ------------------------------------------------------------------------------------------------

    @property
    def week(self):
        """The week whose report is due last: on a Monday before seven that is the one before."""
        return period(self.clock - 7 * HOUR, ZONE)

    def mailed_to_owner(self):
        return "\n".join(mail["said"] for mail in self.office.mails() if mail["to"] == OWNER)

    def settle_doubts(self):
        taken = {mail["id"] for mail in self.office.mails()}
        with self.office.opened() as store:
            for mail in entries(store, state=AMBIGUOUS):
                resolve_mail(store, mail.number, self.clock, arrived=mail.message_id in taken)

    def take_back(self):
        known = self.office.settings
        with self.office.opened() as store:
            for week in {mail.period for mail in entries(store) if mail.period > self.week and not mail.undone_at}:
                take_week_back(store, known.report.in_week(week), ZONE, self.clock)
                self.undone[week] += 1


def say(what):
    """A statistic of hypothesis, where it is at work."""
    if currently_in_test_context():
        event(what)


def _with(struct, **more):
    return type(struct)(**{**{name: getattr(struct, name) for name in type(struct).__struct_fields__}, **more})


def walk(examples, length):
    phases = [Phase.generate]  # a machine that fails prints its steps; to make them fewer takes an hour
    known = tried(max_examples=examples, stateful_step_count=length, deadline=None, derandomize=True, database=None,
                  phases=phases,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
    run_state_machine_as_test(Weeks, settings=known)


def test_the_law_of_the_account_holds_whatever_fails():
    """A few offices, for long; REPORTER_TEST_WEEKS says how many are tried."""
    walk(EXAMPLES, LENGTH)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_the_law_of_the_account_holds_for_longer():
    """More offices."""
    walk(EXAMPLES * 2, LENGTH)


KINDS_OF_WEEK = ("calm", "off", "late", "lost", "gone", "renamed", "moved", "killed", "back", "fresh", "leap")


def week_at_random(office, draw):
    """One week, from its Monday on; whether anybody looked at all."""
    kind = draw.choice(
        ["calm", "calm", "off", "late", "lost", "gone", "renamed", "moved", "killed", "back", "fresh", "leap"]
    )
    if kind == "off":
        office.now += WEEK
        return False
    office.back_up() if draw.random() < 0.5 else None
    if kind in ("late", "lost"):
        office.server(answer=kind)
    if kind == "gone":
        office.lose(draw.choice(list(ROSTERS)))
    if kind == "renamed":
        office.rename_roster(name=draw.choice(list(ROSTERS)), is_found=True)
    if kind == "moved":
        office.rename_office()
    if kind == "killed":
        office.look_that_dies(step=draw.choice(STEPS), times=draw.randint(1, 3))
    if kind == "leap":
        office.clock_goes_wrong_or_right()
        office.believe_the_clock() if draw.random() < 0.5 else office.look(HOUR)
        office.clock_goes_wrong_or_right()
        office.take_back()
    for pause in draw.sample([HOUR, 2 * HOUR, 5 * HOUR, DAY], 3):
        office.look(pause)
        held_to_the_law(office)
    if kind in ("back", "fresh"):
        office.put_back(is_fresh=kind == "fresh")
        office.look(HOUR)
        held_to_the_law(office)
    return True


def held_to_the_law(office):
    office.nobody_is_told_twice()
    office.success_means_that_nothing_is_owed()
    office.the_operator_knows_every_open_cause()


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_year_at_random_tells_everybody_what_a_calm_one_tells():
    """Missed weeks, failed mails, renames, restores, leaps and kills: but for the weeks missed, the same, and once.

    REPORTER_TEST_YEARS says how many years are tried; each takes half a minute.
    """
    for seed in range(int(os.environ.get("REPORTER_TEST_YEARS", "1"))):
        draw, office, expected = Random(seed), Weeks(), set()
        office.open()
        monday = office.now
        try:
            for _ in range(52):
                week = period(monday, ZONE)
                if week_at_random(office, draw):
                    office.repair_everything(looks=2)
                    expected |= {(week, unit) for units in ROSTERS.values() for unit in units}
                monday += WEEK
                office.now, office.code = monday, None
            told = Counter(map(tuple, office.office.told()))
            early = {key for key in told if office.undone[key[0]]}  # a wrong clock told of them, and was undone

            assert {} == {key: count for key, count in told.items() if count > 1 + office.undone[key[0]]}, seed
            assert expected - early == set(told) - early, seed
        finally:
            office.close()


def test_a_week_taken_back_brings_back_what_it_had_overtaken(tmp_path, monkeypatch):
    """A mail that waited and a roster that could not be read are owed again, and are told once; then all is well."""
    office, monday = LightOffice(tmp_path, monkeypatch, ROSTERS), at("2026-11-30T12:30:00Z")
    (tmp_path / "students.csv").unlink()
    office.look(monday, answer="later")
    (tmp_path / "students.csv").write_text("dean", "utf-8")
    office.look(monday + LEAP, clock=True)
    with office.opened() as store:
        take_week_back(store, office.settings.report.in_week(period(monday + LEAP, ZONE)), ZONE, monday)
    codes = [office.look(monday + pause, clock=True) for pause in (HOUR, DAY)]
    told = Counter(map(tuple, office.told()))

    assert Exit.DONE == codes[-1]
    assert {("2026-W49", unit): 1 for unit in ("lab", "ops", "dean")} == {
        key: count for key, count in told.items() if key[0] == "2026-W49"
    }
