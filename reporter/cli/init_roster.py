"""What only the office knows of a roster, asked one question at a time: headings, values, the order of dates.

The questions are the problems and refusals that reading tells anyway; each answer is the line of the settings that its
sentence proposes. So whatever the readers learn to ask, the dialogue asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from reporter.errors import ReporterError
    from reporter.model.problem import Problem
    from reporter.readers.roster import RosterReading
    from reporter.settings import Settings
PROPOSED = re.compile(r'\b(columns\.\w+|date_order|sheet|header_row|person_id_from) = ("(?:[^"\\]|\\.)*"|\d+)')
"""The lines of the settings that a sentence proposes."""
BLANKS = re.compile(r"THE HEADING|THAT HEADING|that heading|HEADING", re.ASCII)
"""What stands in such a line for a heading that somebody has to name."""
ORDERS = ("dmy", "mdy")
ASKED = ("header_unclear", "unread_ends", "unread_kinds", "unread_dates", "value_unknown", "date_ambiguous")
"""The problems that an answer settles, the gravest first: what ends a stay, what a word means, which day it is."""


@dataclass(frozen=True)
class Choice:
    """One answer: how it is told, and the setting of the roster that it makes."""

    label: str
    way: tuple[str, ...]
    value: str | int

    @property
    def is_open(self) -> bool:
        """Whether somebody has to name the heading or the field first."""
        return "FIELD" in self.way or bool(BLANKS.search(str(self.value)))


@dataclass(frozen=True)
class Question:
    """What is asked, in the sentence that says what depends on it, and the answers there are."""

    key: str
    text: str
    choices: tuple[Choice, ...]


Answer = Callable[[Question], Choice | None]
Show = Callable[["list[RosterReading]"], None]
CURE = re.compile(r"settings|réglages|paramètres|\bcolumns\.")
"""What a sentence speaks of that says how to change the settings by hand: the dialogue does it."""


def settle_roster(
    draft: Settings, entry: dict[str, Any], read: Callable[[Settings], list[RosterReading]], answer: Answer, show: Show
) -> tuple[dict[str, Any], list[RosterReading], ReporterError | None]:
    """The roster's settings with every answer, how it is read by them, and what still stops it.

    Takes: entry - the roster's table; answer - asks one question; None leaves it open; show - shows how it is read,
           once before the first question that reading leaves.
    """
    from reporter.errors import ReporterError

    asked: set[str] = set()
    is_shown = False
    while True:
        readings: list[RosterReading] = []
        try:
            readings, stop = read(_with_roster(draft, entry)), None
            questions = questions_of((p for one in readings for p in (*one.notes, *one.problems)), draft.language)
        except ReporterError as error:
            stop, questions = error, question_of(error, draft.language)
        left = [one for one in questions if one.key not in asked]
        if not left:
            return entry, readings, stop
        if readings and not is_shown:
            show(readings)
            is_shown = True
        asked.add(left[0].key)
        if choice := answer(left[0]):
            entry = with_setting(entry, choice.way, choice.value)


def _with_roster(draft: Settings, entry: dict[str, Any]) -> Settings:
    import msgspec

    from reporter.settings import RosterSettings

    return msgspec.structs.replace(draft, roster=(msgspec.convert(entry, RosterSettings),))


def with_setting(table: dict[str, Any], way: Sequence[str], value: object) -> dict[str, Any]:
    """The table with that value at the end of the way."""
    first, *rest = way
    return {**table, first: with_setting(table.get(first, {}), rest, value) if rest else value}


def without_cure(text: str) -> str:
    """What was found and what depends on it, without the lines that somebody else would have to type."""
    sentences = re.split(r"(?<=\.) (?=[A-ZÀ-Ý])", text)
    return " ".join(one for one in sentences if not CURE.search(one)) or text


def question_of(error: ReporterError, language: str) -> list[Question]:
    """What would let a roster be read that cannot be; nothing where no setting would."""
    choices = tuple(proposed(error.english))
    return [Question(error.english, without_cure(error.in_language(language)), choices)] if choices else []


def questions_of(problems: Iterable[Problem], language: str) -> list[Question]:
    """What an answer would settle, the gravest first, each once for its column or value."""
    from reporter.text.catalogue import words

    found: dict[str, Question] = {}
    told = [one for one in problems if one.code in ASKED]
    kinds = words("evidence", language)
    for one in sorted(told, key=lambda problem: ASKED.index(problem.code)):
        key = one.code if one.code == "date_ambiguous" else f"{one.code} {one.column} {one.value}"
        found.setdefault(key, Question(key, without_cure(one.message(language)), tuple(_choices(one, kinds, language))))
    return list(found.values())


def _choices(problem: Problem, kinds: Mapping[str, str], language: str) -> Iterator[Choice]:
    """The answers to one problem."""
    from reporter.cli.terminal import field_label

    details = problem.details
    if problem.code == "value_unknown":
        for word in details["words"].split(", "):
            label = f"{word}: {kinds[f'permit_{word}']}" if f"permit_{word}" in kinds else word
            yield Choice(label, ("values", details["field"], problem.value), word)
    elif problem.code == "date_ambiguous":
        for order, reading in zip(ORDERS, (details["first"], details["second"]), strict=True):
            yield Choice(f"{reading} ({order})", ("date_order",), order)
    elif problem.code == "header_unclear":
        for name in (*details["fields"].split(", "), "ignored"):
            yield Choice(field_label(name, language), ("columns", name), problem.value)
    else:
        yield from proposed(problem.message("en"))


def proposed(sentence: str) -> Iterator[Choice]:
    """The lines of settings that an English sentence proposes."""
    for name, text in dict.fromkeys(PROPOSED.findall(sentence)):
        value = json.loads(text)
        if value != "":
            yield Choice(f"{name} = {text}", tuple(name.split(".")), value)


def ask_on_terminal(question: Question, language: str) -> Choice | None:
    """The answer that somebody types: a number, the word itself, or nothing, which leaves it open."""
    from reporter.text.catalogue import words

    w = words("setup", language)
    click.echo("\n" + question.text)
    for number, choice in enumerate(question.choices, 1):
        click.echo(f"  {number}  {choice.label}")
    while True:
        typed = click.prompt(w["which"], default="", show_default=False).strip()
        if not typed:
            return None
        if chosen := chosen_by(typed, question.choices):
            return _named(chosen, w["name_it"]) if chosen.is_open else chosen
        click.echo(w["not_a_choice"].format(most=len(question.choices)))


def chosen_by(typed: str, choices: Sequence[Choice]) -> Choice | None:
    """The one choice of that number, label, value or field."""
    if typed.isdecimal() and 0 < int(typed) <= len(choices):
        return choices[int(typed) - 1]
    said = typed.casefold()
    found = [one for one in choices if said in (one.label.casefold(), str(one.value).casefold(), _field(one))]
    return found[0] if len(found) == 1 else None


def _field(choice: Choice) -> str:
    return choice.way[-1] if choice.way[0] == "columns" else ""


def _named(choice: Choice, told: str) -> Choice | None:
    """The choice with the heading or field that was left for somebody to name."""
    typed = click.prompt(told.format(line=choice.label), default="", show_default=False).strip()
    if not typed:
        return None
    if "FIELD" in choice.way:
        return Choice(choice.label, tuple(typed if part == "FIELD" else part for part in choice.way), choice.value)
    return Choice(choice.label, choice.way, typed)


def uncontacted_units(readings: Iterable[RosterReading]) -> dict[str, int]:
    """How many rows of each unit name nobody who gets them."""
    counts: dict[str, int] = {}
    for reading in readings:
        rows = reading.roster
        alone = rows.loc[rows["unit"].notna() & rows["contact_email"].isna(), "unit"]
        for unit, count in alone.value_counts().sort_index().items():
            counts[str(unit)] = counts.get(str(unit), 0) + int(count)
    return counts
