"""Every error the program raises on purpose: one base, one class a room, an exit code on each.

A fault in somebody's file is a `Problem` (model/problem.py) and is returned, never raised. What is raised
here stops the run. Messages say where, what was found and what to do, and never name a person.
"""

import json
import re
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

from reporter.text.catalogue import problem_sentences
from reporter.text.formats import join_phrases, nearest


class Exit(IntEnum):
    """What the process answers to its caller; see docs/reference.md."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    SETTINGS = 3
    INPUT = 4
    ROWS_SET_ASIDE = 5
    LAW_CHANGED = 5  # the same number: what was read is not all that there is
    NOT_DELIVERED = 6
    RECORD_STALE = 7
    LOCKED = 8
    NOT_INTACT = 9


class ReporterError(Exception):
    """The base of all: `where` is a file, sheet or key; `exit_code` is what the command line answers."""

    exit_code = Exit.UNEXPECTED

    def __init__(self, message: str, *, where: str = "", french: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where, self.english, self.french = where, message, french

    def __reduce__(self) -> tuple[Any, ...]:
        """The same error in another process: it is not made anew, since some kinds are made of other things."""
        return _restored, (type(self), self.args, self.__dict__)

    def in_language(self, language: str) -> str:
        """The line in that language, as far as somebody wrote it in French."""
        if language != "fr" or not self.french:
            return str(self)
        return f"{self.where}\u00a0: {self.french}" if self.where else self.french


def _restored(kind: type[ReporterError], args: tuple[Any, ...], facts: dict[str, Any]) -> ReporterError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class SettingsError(ReporterError):
    """The settings file cannot be used."""

    exit_code = Exit.SETTINGS


class RulebookError(ReporterError):
    """A rule cannot be used; `where` is the file and the key."""

    exit_code = Exit.SETTINGS


class RosterError(ReporterError):
    """A roster as a whole cannot be read: no table, no id column, an unusable file."""

    exit_code = Exit.INPUT


class OutageFileError(ReporterError):
    """An outage file as a whole cannot be read; `status` is how a look at it is noted."""

    exit_code = Exit.INPUT
    status = "schema_drift"


class MissingLibraryError(OutageFileError):
    """A source cannot be read here, since its extra is not installed: nothing is wrong with the source."""

    status = "extra_missing"


class AlteredRecordError(OutageFileError):
    """Somebody's public record is not what its publisher signed, or not what it was."""

    status = "altered"


class StoreError(ReporterError):
    """The database cannot be used."""

    exit_code = Exit.SETTINGS


class DeliveryError(ReporterError):
    """A message cannot be built or handed over; names the recipient by id, never by address."""

    exit_code = Exit.NOT_DELIVERED


class WithheldError(DeliveryError):
    """A finished message is kept back, since it would show its reader what the reader may not see."""


class NotesError(ReporterError):
    """A workbook with notes cannot be taken back: it is damaged, or none of ours."""

    exit_code = Exit.INPUT


class AnnotateError(ReporterError):
    """A copy of a workbook with what was found cannot be written."""

    exit_code = Exit.INPUT


class FolderError(ReporterError):
    """A folder that was named cannot be written, emptied or used."""

    exit_code = Exit.SETTINGS


class RunFolderError(ReporterError):
    """A folder is no run, or none that is as it was written."""

    exit_code = Exit.NOT_INTACT


class LockedError(ReporterError):
    """Another run holds the lock."""

    exit_code = Exit.LOCKED


class ClockError(ReporterError):
    """The machine's clock cannot be right."""

    exit_code = Exit.SETTINGS


class ShapeError(AssertionError):
    """A frame is not of the shape its room promised: a fault of ours, and it may crash."""


E = TypeVar("E", bound=ReporterError)


def refused(kind: type[E], code: str, /, *, where: str = "", **details: object) -> E:
    """The error of that kind, ready to be raised, with the sentence of `problems/*.toml` in both languages.

    Takes: details - what fills its placeholders; errors among them are told in the same language, and so is what
           a function of the language returns.
    """
    entry = problem_sentences()[code]
    english, french = (
        entry[language].format(**{name: _said(detail, language) for name, detail in details.items()})
        for language in ("en", "fr")
    )
    return kind(english, where=where, french=french)


def _said(detail: object, language: str) -> object:
    if isinstance(detail, ReporterError):
        return detail.in_language(language)
    if callable(detail):
        return detail(language)
    return join_phrases([str(_said(one, language)) for one in detail], language) if isinstance(detail, list) else detail


def recast(kind: type[E], error: ReporterError, *, where: str | None = None) -> E:
    """The same refusal as an error of another kind, at another place where one is given."""
    return kind(error.english, where=error.where if where is None else where, french=error.french)


def is_json(text: str | bytes) -> bool:
    """Whether the text is one JSON document, so that a file can be refused, or read, for what it is."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def nearest_file(path: Path) -> str:
    """The file of the same kind in that folder whose name was most likely meant; nothing where none is like it."""
    folder = path.absolute().parent
    names = {one.stem: one.name for one in folder.iterdir() if one.suffix == path.suffix} if folder.is_dir() else {}
    return names.get(nearest(path.stem, names), "")


KNOWN_FAULTS = {
    "stop_unknown_field": r"Object contains unknown field `(?P<name>.*)`",
    "stop_field_missing": r"Object missing required field `(?P<name>.*)`",
    "stop_kind": r"Expected `(?P<wanted>.*)`, got `(?P<found>.*)`",
    "stop_choice": r"Invalid enum value '(?P<found>.*)'",
}
"""What msgspec says of a TOML file that is not of its shape, by the code of our sentence."""


def refused_value(kind: type[E], error: Exception, where: str) -> E:
    """What msgspec says of settings or rules that are not of their shape, as a refusal; its place has the key."""
    what, _, place = str(error).partition(" - at `$")
    code, details = _fault(what)
    return refused(kind, code, where=": ".join(part for part in (where, place.strip(".`")) if part), **details)


def _fault(what: str) -> tuple[str, Mapping[str, str]]:
    """The code of the sentence and what fills it; msgspec's own words, where they are not known."""
    for code, pattern in KNOWN_FAULTS.items():
        if found := re.fullmatch(pattern, what):
            return code, found.groupdict()
    return "stop_value", {"what": what}
