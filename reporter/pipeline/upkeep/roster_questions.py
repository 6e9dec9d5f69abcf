"""The questions about a roster: the problems and refusals that reading tells anyway, and the answers they propose.

Each answer is the line of the settings that a sentence proposes: whatever the readers learn to ask, the dialogue asks.
Pure: it reads no file and writes none.
"""

import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from reporter.errors import ReporterError
from reporter.model.problem import Problem
from reporter.readers.headers import field_label, fields_of_roster
from reporter.readers.roster import RosterReading
from reporter.text.catalogue import words
from reporter.text.formats import fold_name

PROPOSED = re.compile(r'\b(columns\.\w+|date_order|sheet|header_row|person_id_from) = ("(?:[^"\\]|\\.)*"|\d+)')
"""The lines of the settings that a sentence proposes."""
BLANKS = re.compile(r"THE HEADING|THAT HEADING|that heading|HEADING", re.ASCII)
"""What stands in such a line for a heading that somebody has to name."""
BLANK_FIELD = "FIELD"
ORDERS = ("dmy", "mdy")
ASKED = ("header_unclear", "unread_ends", "unread_kinds", "unread_dates", "value_unknown", "date_ambiguous")
"""The problems that an answer settles, the gravest first: what ends a stay, what a word means, which day it is."""
MANY = ("ignored", "dropped")
"""The fields that several headings may have, with ; between."""
CURE = re.compile(r"settings|réglages|paramètres|\bcolumns\.")
"""What a sentence speaks of that says how to change the settings by hand: the dialogue does it."""
Way = tuple[str, ...]


class Choice(Struct, frozen=True):
    """One answer: how it is told, and the setting of the roster that it makes."""

    label: str
    way: Way
    value: str | int

    @property
    def is_open(self) -> bool:
        """Whether somebody has to name the heading or the field first."""
        return BLANK_FIELD in self.way or bool(BLANKS.search(str(self.value)))

    def named(self, text: str) -> "Choice":
        """The choice with the heading or the field that was left for somebody to name."""
        if BLANK_FIELD in self.way:
            return replace(self, way=tuple(text if part == BLANK_FIELD else part for part in self.way))
        return replace(self, value=text)


class Question(Struct, frozen=True):
    """What is asked, in the sentence that says what depends on it, and the answers there are.

    `key` is the same in every language; `usual` is what stood there; `blank` says what nothing typed means; `is_free`
    where more may be typed than the choices; `is_settled` where the settings answer it already; `readings` are the
    roster's, as it is read now.
    """

    key: str
    part: str
    text: str
    choices: tuple[Choice, ...] = ()
    usual: str = ""
    blank: str = ""
    notes: tuple[str, ...] = ()
    is_free: bool = True
    is_file: bool = False
    is_settled: bool = False
    roster: str = ""
    readings: tuple[RosterReading, ...] = ()
    complaint: Callable[[str], str] = field(default=lambda typed: "")

    def chosen(self, typed: str) -> Choice | None:
        """The one choice of that number, label, value or field."""
        if typed.isdecimal() and 0 < int(typed) <= len(self.choices):
            return self.choices[int(typed) - 1]
        said = typed.strip().casefold()
        if not said:
            return None
        found = [one for one in self.choices if said in (one.label.casefold(), str(one.value).casefold(), _field(one))]
        return found[0] if len(found) == 1 else None

    def refusal(self, typed: str, language: str) -> str:
        """Why that is no answer; nothing where it is one. Nothing typed leaves a choice open."""
        if not self.is_free and typed and self.chosen(typed) is None:
            return words("setup", language)["not_a_choice"].format(most=len(self.choices))
        return self.complaint(typed)

    def told(self, typed: str) -> str:
        """The answer as a person reads it."""
        choice = self.chosen(typed) if typed and not self.is_free else None
        return choice.label if choice else typed


def _field(choice: Choice) -> str:
    return choice.way[-1] if choice.way[:1] == ("columns",) else ""


def answer_of(question: Question, spoken: str) -> Generator[Question, str, Choice | None]:
    """The choice, and where it is open, the heading or field that it wants, asked for by itself."""
    choice = question.chosen((yield question))
    if choice is None or not choice.is_open:
        return choice
    naming = _naming(question, choice, spoken)
    typed = (yield naming).strip()
    return naming.chosen(typed) or (choice.named(typed) if typed and naming.is_free else None)


def _naming(question: Question, choice: Choice, spoken: str) -> Question:
    w, is_field = words("setup", spoken), BLANK_FIELD in choice.way
    named = _fields(spoken) if is_field else {one: one for one in headings(question.readings)}
    choices = tuple(replace(choice.named(key), label=label) for key, label in named.items())
    text = w["which_field"].format(heading=choice.value) if is_field else w["which_heading"].format(line=choice.label)
    key = f"{question.key} {choice.way[-1]} {choice.value}"
    return replace(question, key=key, text=text, choices=choices, is_free=not choices, blank=w["blank_open"])


def _fields(spoken: str) -> dict[str, str]:
    """Every field that a column may be, by its key, in the order of the reader's alphabet."""
    labels = {key: field_label(key, spoken) for key in fields_of_roster() - {"dropped", "ignored"}}
    ignored = {"ignored": words("setup", spoken)["means_ignored"]}
    return ignored | dict(sorted(labels.items(), key=lambda one: fold_name(one[1])))


def headings(readings: Sequence[RosterReading]) -> list[str]:
    """The headings of the first table as the settings name them, with the column's letter where one stands twice."""
    found = [(one.header, one.column) for one in readings[0].mapping if one.column] if readings else []
    found += list(readings[0].unmapped) if readings else []
    texts = [header for header, _ in found]
    return [f"{text} [{column}]" if texts.count(text) > 1 else text for text, column in found]


def look_over(readings: Sequence[RosterReading], number: int, spoken: str) -> Question | None:
    """Whether a column is read as something that it is not; only somebody who knows the file can tell."""
    choices = tuple(Choice(one, ("columns", BLANK_FIELD), one) for one in headings(readings))
    w = words("setup", spoken)
    question = Question(f"look {number}", "rosters", w["look_over"], choices, blank=w["blank_right"], is_free=False)
    return question if choices else None


def with_choice(entry: dict[str, Any], choice: Choice) -> dict[str, Any]:
    """The roster's table with that answer; a heading means one thing, and several may be left out."""
    if choice.way[0] != "columns":
        return with_setting(entry, choice.way, choice.value)
    name, heading = choice.way[1], str(choice.value)
    columns = {key: [one for one in value.split(";") if one != heading] for key, value in
               entry.get("columns", {}).items()}  # fmt: skip
    columns[name] = [*(columns.get(name, []) if name in MANY else []), heading]
    return {**entry, "columns": {key: ";".join(value) for key, value in columns.items() if value}}


def with_setting(table: dict[str, Any], way: Sequence[str], value: object) -> dict[str, Any]:
    """The table with that value at the end of the way."""
    first, *rest = way
    return {**table, first: with_setting(table.get(first, {}), rest, value) if rest else value}


def without_cure(text: str) -> str:
    """What was found and what depends on it, without the lines that somebody else would have to type."""
    sentences = re.split(r"(?<=\.) (?=[A-ZÀ-Ý])", text)
    return " ".join(one for one in sentences if not CURE.search(one)) or text


def name_fields(text: str, language: str) -> str:
    """The sentence with each field called as its reader calls it, instead of by its key."""

    def label(found: re.Match[str]) -> str:
        return field_label(found[0], language).partition(" (")[0]

    keys = "|".join(sorted((name for name in fields_of_roster() if "_" in name), key=len, reverse=True))
    return re.sub(rf"(?<!['\"“\u00a0])\b(?:{keys})\b", label, text)  # a heading between quotes stays


def open_questions(readings: Sequence[RosterReading], stop: ReporterError | None, language: str) -> list[Question]:
    """What an answer would settle: the refusal where no setting but one lets it be read, else each problem."""
    if stop is None:
        return questions_of((p for one in readings for p in (*one.notes, *one.problems)), language)
    choices = tuple(proposed(stop.english, language))
    return [_choose(stop.english, stop.in_language(language), choices, language)] if choices else []


def questions_of(problems: Iterable[Problem], language: str) -> list[Question]:
    """What an answer would settle, the gravest first, each once for its column or value."""
    found: dict[str, Question] = {}
    told = [one for one in problems if one.code in ASKED]
    for one in sorted(told, key=lambda problem: ASKED.index(problem.code)):
        key = one.code if one.code == "date_ambiguous" else f"{one.code} {one.column} {one.value}"
        found.setdefault(key, _choose(key, one.message(language), tuple(_choices(one, language)), language))
    return list(found.values())


def _choose(key: str, sentence: str, choices: tuple[Choice, ...], language: str) -> Question:
    blank = words("setup", language)["blank_open"]
    return Question(key, "rosters", name_fields(without_cure(sentence), language), choices, blank=blank, is_free=False)


def _choices(problem: Problem, language: str) -> Iterator[Choice]:
    """The answers to one problem."""
    details, w = problem.details, words("setup", language)
    if problem.code == "value_unknown":
        kinds = words("evidence", language)
        for word in details["words"].split(", "):
            label = w.get(f"value_{word}") or kinds.get(f"permit_{word}")
            yield Choice(f"{word}: {label}" if label else word, ("values", details["field"], problem.value), word)
    elif problem.code == "date_ambiguous":
        for order, reading in zip(ORDERS, (details["first"], details["second"]), strict=True):
            yield Choice(f"{reading} ({order})", ("date_order",), order)
    elif problem.code == "header_unclear":
        for name in (*details["fields"].split(", "), "ignored"):
            yield _means(name, problem.value, language)
    else:
        first = [one for one in proposed(problem.message("en"), language) if not one.is_open]
        others = [_means(name, problem.value, language) for name in (BLANK_FIELD, "ignored")]
        yield from (*first, *(one for one in others if one.way not in [known.way for known in first]))


def _means(name: str, heading: str, language: str) -> Choice:
    """That a heading is a field, as the reader calls it; is nothing; or is one that is still to be named."""
    w = words("setup", language)
    label = {"ignored": w["means_ignored"], BLANK_FIELD: w["means_other"]}.get(name) or field_label(name, language)
    return Choice(label, ("columns", name), heading)


def proposed(sentence: str, language: str) -> Iterator[Choice]:
    """The lines of settings that an English sentence proposes."""
    w = words("setup", language)
    for name, text in dict.fromkeys(PROPOSED.findall(sentence)):
        way, value = tuple(name.split(".")), json.loads(text)
        if value == "":
            continue
        if way[0] == "columns":
            choice = _means(way[1], value, language)
            blank = w["that_heading"] if BLANKS.search(value) else value
            yield replace(choice, label=w["means"].format(heading=blank, meaning=choice.label))
        else:
            yield Choice(w[f"line_{name}"].format(value=value), way, value)
