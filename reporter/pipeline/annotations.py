"""Finds the workbooks that the office worked in, and reads what it wrote; one that cannot be read stops nothing."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from reporter.errors import NotesError, ReporterError
from reporter.model.annotations import Note
from reporter.model.problem import Problem
from reporter.pipeline.gather import Gathered
from reporter.readers.book import open_book
from reporter.report.annotations import read_notes, settle
from reporter.settings import Settings

log = logging.getLogger(__name__)
RISK = "risk*.xlsx"


@dataclass(frozen=True)
class Noted:
    """What the office wrote, in which files, and what could not be read of it."""

    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    failures: tuple[ReporterError, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()


def gather_notes(settings: Settings) -> Noted:
    """The notes of every workbook that the settings or the command line name."""
    notes: list[Note] = []
    problems: list[Problem] = []
    failures: list[ReporterError] = []
    inputs: list[tuple[str, str]] = []
    for path in dict.fromkeys(_workbooks(settings)):
        try:
            book = open_book(path)
            found, faults = read_notes(book)
        except ReporterError as error:
            failures.append(error if isinstance(error, NotesError) else NotesError(str(error), french=error.told("fr")))
            continue
        notes += found
        problems += faults
        inputs.append((book.source, book.sha256))
    problems += [Problem(note.source, "note_conflict") for note in _new_conflicts(notes)]
    log.info("notes: %d rows from %d workbooks, %d failures", len(notes), len(inputs), len(failures))
    return Noted(tuple(notes), tuple(problems), tuple(failures), tuple(inputs))


def with_notes(gathered: Gathered, noted: Noted) -> Gathered:
    """What was read, with the faults of the workbooks and the workbooks among the inputs."""
    return replace(
        gathered,
        problems=(*gathered.problems, *noted.problems),
        failures=(*gathered.failures, *noted.failures),
        inputs=(*gathered.inputs, *noted.inputs),
    )


def _new_conflicts(notes: list[Note]) -> list[Note]:
    """Those that an earlier run has not told of already."""
    told = {(note.key.person_id, note.said) for note in notes if note.key.kind == "other"}
    others = (note for note in settle(notes)[1] if note.key.kind == "other")
    return [note for note in others if (note.key.person_id, note.said) not in told]


def _workbooks(settings: Settings) -> Iterable[Path]:
    """The files named; of a folder, its newest risk workbook and every other workbook that was put there."""
    named = settings.annotations if isinstance(settings.annotations, tuple) else (settings.annotations,)
    for path in (settings.path(name) for name in named if name):
        yield from _of_folder(path) if path.is_dir() else [path]


def _of_folder(folder: Path) -> list[Path]:
    """Where the folder holds none, the folders in it are looked through: each run has its own."""
    here = [path for path in folder.glob("*.xlsx") if not path.name.startswith(("~$", ".", "set-aside"))]
    risks = [path for path in here if path.match(RISK)] or list(folder.glob(f"*/{RISK}"))
    newest = sorted(risks, key=lambda path: (path.stat().st_mtime_ns, str(path)))[-1:]
    return [*newest, *sorted(path for path in here if not path.match(RISK))]
