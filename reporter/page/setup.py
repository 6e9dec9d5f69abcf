"""The page of `reporter init --page`: the questions of the settings, one at a time, and a first report on the spot.

It asks what the dialogue asks (pipeline/upkeep/setup.py) and keeps the answers by their keys: each visit goes through
the dialogue with them, up to the first question that has none. So an answer can be changed, and the others stay.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import pandas as pd
from msgspec import Struct, field

from reporter.page.server import GoTo, PageRoute, Reply, Shown, Visit
from reporter.pipeline.run.run import FinishedRun
from reporter.pipeline.upkeep.roster_questions import Question
from reporter.pipeline.upkeep.setup import FIRST_LOOK, SettledRoster, Setup
from reporter.readers.headers import field_label
from reporter.readers.roster import RosterReading
from reporter.readers.warnings import missing_fields
from reporter.report.headline import account_said, headline
from reporter.report.mail.rows import todo
from reporter.report.people import at_risk
from reporter.report.recipients import account
from reporter.text import formats
from reporter.text.catalogue import words
from reporter.text.formats import join_phrases
from reporter.text.time_zones import zone

STEPS = ("office", "rosters", "units", "outages", "readers", "finish")
FIRST_ROWS, FIRST_FIELDS = 3, 8
SHORT_LIST = 12
"""The most answers that stand one below the other; more are chosen from a list."""


class Walk(Struct, frozen=True):
    """How far the dialogue goes with the answers: what was asked, the rosters settled, and the question reached."""

    asked: tuple[tuple[Question, str], ...]
    settled: tuple[SettledRoster, ...]
    question: Question | None


class SetupPage(Struct):
    """The answers so far, and what the next page tells; `timer` writes the timer and says what is left to do."""

    setup: Setup
    timer: Callable[[], Sequence[str]]
    answers: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    look: FinishedRun | None = None
    is_written: bool = False
    turn: Lock = field(default_factory=Lock)

    def routes(self) -> tuple[PageRoute, ...]:
        """Every address of the page; one visit at a time, since all go through the one dialogue."""
        ways = (
            ("", self.reached, False),
            ("question/{number}", self.question, False),
            ("answer", self.answer, True),
            ("try", self.first_report, True),
            ("write", self.write, True),
            ("timer", self.write_timer, True),
        )
        return tuple(PageRoute(place, self._in_turn(answer), is_posted) for place, answer, is_posted in ways)

    def _in_turn(self, answer: Callable[[Visit], Reply]) -> Callable[[Visit], Reply]:
        def answered(visit: Visit) -> Reply:
            with self.turn:
                return answer(visit)

        return answered

    def reached(self, visit: Visit) -> Reply:
        """The first question without an answer; else everything, to be looked over, tried and written."""
        walk = self._walk(visit.language)
        return self._asked(walk, visit) if walk.question else self._review(walk, visit)

    def question(self, visit: Visit) -> Reply:
        """One that was answered, to be answered anew."""
        number = visit.parts["number"]
        asked = self._walk(visit.language).asked
        if not number.isdecimal() or not 0 < int(number) <= len(asked):
            return GoTo()
        return self._asked(self._walk(visit.language, asked[int(number) - 1][0].key), visit)

    def answer(self, visit: Visit) -> Reply:
        """Keep what was answered, where it is an answer; a file that was handed over goes beside the settings."""
        walk, w = self._walk(visit.language, visit.text("key")), words("setup", visit.language)
        question = walk.question
        if question is None or question.key != visit.text("key"):
            return GoTo()
        typed = "" if visit.text("blank") else self._typed(question, visit)
        for file in visit.files if question.is_file and not visit.text("blank") else ():
            if not self.setup.keep(file.name, file.content):
                return self._asked(walk, visit, w["other_file"].format(name=file.name))
            typed = file.name
        if not (typed or visit.text("blank")) and question.blank:
            return self._asked(walk, visit, w["nothing_chosen"])
        if fault := question.refusal(typed, visit.language):
            return self._asked(walk, visit, fault)
        self.answers[question.key] = typed
        self.look, self.is_written = None, False
        return GoTo()

    def first_report(self, visit: Visit) -> Reply:
        """Make a report of the answers at once; nobody is told."""
        if self._walk(visit.language).question is None:
            self.look = self.setup.first_look()
        return GoTo()

    def write(self, visit: Visit) -> Reply:
        """Write the settings file."""
        if self._walk(visit.language).question is None:
            self.setup.write()
            self.is_written = True
            self.said.append(words("setup", visit.language)["written"].format(path=self.setup.config))
        return GoTo()

    def write_timer(self, visit: Visit) -> Reply:
        """Write the timer, once there is a file that it can name."""
        if self.is_written:
            self.said += self.timer()
        return GoTo()

    def _walk(self, language: str, until: str = "") -> Walk:
        """The dialogue with the answers there are, up to the first that is missing, or to the question of that key."""
        dialogue = self.setup.dialogue(language)
        asked: list[tuple[Question, str]] = []
        settled: list[SettledRoster] = []
        step = next(dialogue, None)
        while step is not None:
            answer = ""
            if isinstance(step, SettledRoster):
                settled.append(step)
            else:
                known = self.answers.get(step.key, step.usual if step.is_settled else None)
                if known is None or step.key == until:
                    return Walk(tuple(asked), tuple(settled), step)
                asked.append((step, answer := known))
            try:
                step = dialogue.send(answer)
            except StopIteration:
                step = None
        return Walk(tuple(asked), tuple(settled), None)

    def _typed(self, question: Question, visit: Visit) -> str:
        """What was typed, else what was picked: a file by its name, an answer by its number."""
        picked = visit.text("picked")
        choice = question.chosen(picked) if picked else None
        return visit.text("typed") or (str(choice.value) if choice and question.is_free else picked)

    def _asked(self, walk: Walk, visit: Visit, fault: str = "") -> Reply:
        """The page of one question, with the roster as it is read meanwhile."""
        question = walk.question
        assert question is not None
        before = self.answers.get(question.key, question.usual)
        choices = [
            {
                "number": number,
                "label": choice.label,
                "is_picked": before in (str(number), str(choice.value)) if before else False,
            }
            for number, choice in enumerate(question.choices, 1)
        ]
        facts = {
            "said": [],
            "fault": fault,
            "question": question,
            "choices": choices,
            "is_short": len(choices) <= SHORT_LIST,
            "typed": visit.text("typed") or ("" if choices else before),
            "back": len(walk.asked),
            "steps": _steps(question.part, visit.language),
            "read": _understood(question.readings, visit.language),
        }
        return Shown("question.html.j2", facts, 400 if fault else 200)

    def _review(self, walk: Walk, visit: Visit) -> Reply:
        """All answers, each roster as it is read, the file as it would be written, and the first report."""
        w, language = words("setup", visit.language), visit.language
        said, self.said = self.said, []
        answers = [
            {"number": n, "part": one.part, "text": one.text, "told": one.told(typed) or one.blank or w["empty"]}
            for n, (one, typed) in enumerate(walk.asked, 1)
        ]
        rosters = [
            {
                "name": one.name,
                "stop": f"{one.stop.in_language(language).rstrip('.')}. {w['not_read_yet']}" if one.stop else "",
                "read": _understood(one.readings, language),
            }
            for one in walk.settled
        ]
        facts = {
            "said": said,
            "steps": _steps("finish", language),
            "parts": [(part, [one for one in answers if one["part"] == part]) for part in STEPS],
            "rosters": rosters,
            "text": self.setup.text,
            "path": self.setup.config,
            "is_written": self.is_written,
            "next": w["next"].format(path=self.setup.config),
            "look": self._look(),
        }
        return Shown("review.html.j2", facts)

    def _look(self) -> dict[str, Any] | None:
        """What the first report says, in the office's own words."""
        if self.look is None:
            return None
        report = self.look.told.office
        duties = at_risk(report)
        entries, more = todo(duties, report)
        return {
            "language": report.language,
            "said": headline(report, duties)[0],
            "account": account_said(report.account, report.language),
            "people": entries,
            "more": more,
            "folder": self.setup.home / FIRST_LOOK,
        }


def _steps(now: str, language: str) -> list[dict[str, Any]]:
    w = words("setup", language)
    return [{"name": w[f"step_{step}"], "is_now": step == now} for step in STEPS]


def _understood(readings: Sequence[RosterReading], language: str) -> dict[str, Any] | None:
    """How a roster is read: its columns with their fields, the first rows, the account, and what has no column."""
    if not readings:
        return None
    first, w = readings[0], words("cli", language)
    columns = [(one.header, field_label(one.field, language), " · ".join(one.samples)) for one in first.mapping]
    rows = pd.concat([one.rows for one in readings], ignore_index=True)
    lacking = [f"{name} ({w[f'lacking_{name}']})" for name in missing_fields([one.field for one in first.mapping])]
    return {
        "where": w["sheet_found" if first.sheet else "header_found"].format(sheet=first.sheet, row=first.header_row),
        "columns": columns,
        "left": [header for header, _ in first.unmapped],
        "lacking": w["lacking"].format(fields=join_phrases(lacking, language)) if lacking else "",
        "account": account_said(account(rows, [part for one in readings for part in one.not_read]), language),
        "rows": _first_rows(first, language),
    }


def _first_rows(reading: RosterReading, language: str) -> dict[str, Any]:
    """The first rows as they are understood: every date as a day, every word as the one that it stands for."""
    known = dict.fromkeys(one.field for one in reading.mapping)
    names = [name for name in known if name in reading.roster][:FIRST_FIELDS]
    rows = reading.roster[names].head(FIRST_ROWS)
    return {
        "names": [field_label(name, language).partition(" (")[0] for name in names],
        "rows": [[_cell(value, language) for value in row] for row in rows.itertuples(index=False)],
    }


def _cell(value: Any, language: str) -> str:
    if value is None or value != value or value is pd.NaT:
        return "–"
    if isinstance(value, pd.Timestamp):
        return formats.clock(value, zone("UTC"), language) if value.tzinfo else formats.day(value, language)
    return str(value)
