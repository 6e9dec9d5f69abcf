"""A roster in several files: a folder, or the files that fit a pattern, read as the one list that they are together.

What a column proves (the order of day and month, the middle of its dates) it proves over all files; where the headings
stand, and which lines are totals or notes, each file says for itself. The last two functions are all that another
process is asked for here: bytes in, values out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from reporter.errors import ReporterError, RosterError, refused
from reporter.readers.book import Book, file_content, read_book
from reporter.readers.mapped_table import RosterEvidence
from reporter.readers.roster import ReadOptions, RosterReading, read_tables, roster_evidence
from reporter.settings import RosterSettings, Settings, file_age, load_profile, profile_path

HIDDEN, MARK = (".", "~$"), "_"
"""How the names of files begin that programs keep beside those of a data set; with the last, also those of people."""


def is_parted(home: str, entry: RosterSettings) -> bool:
    """Whether that roster stands in several files. Takes: home - the folder of the settings."""
    return not entry.address and (entry.parts or (Path(home) / entry.path).is_dir())


def part_files(home: str, entry: RosterSettings) -> dict[str, Path]:
    """The files of such a roster in the order of their names, 9 before 10, by what each is called: `people/9.csv`.

    Raises: RosterError - there is none, or the folder holds another.
    """
    whole = Path(home) / entry.path
    folder, pattern = (whole, "*") if whole.is_dir() else (whole.parent, whole.name)
    found = [path for path in folder.glob(pattern) if not _is_kept_beside(path)]
    nested = sorted(path.name for path in found if path.is_dir())
    if nested:
        raise refused(RosterError, "stop_parts_nested", where=whole.name, name=nested[0])
    if not found:
        raise refused(RosterError, "stop_parts_none", where=whole.name)
    ordered = sorted(found, key=lambda path: file_age(path.name, 0, "name"))
    return {f"{folder.name}/{path.name}": path for path in ordered}


def _is_kept_beside(path: Path) -> bool:
    """Whether a program left that file beside those of a data set: `_SUCCESS`, but not `_new hires.csv`."""
    return path.name.startswith(HIDDEN) or (path.name.startswith(MARK) and not path.suffix and path.is_file())


def read_options(settings: Settings, entry: RosterSettings, roster: str) -> ReadOptions:
    """What is known of a roster: the settings go before the profile."""
    return ReadOptions(
        sheet=entry.sheet,
        header_row=entry.header_row,
        columns=load_profile(profile_path(settings.path("."), Path(settings.roster_name(roster))))
        | dict(entry.columns),
        date_order=entry.date_order,
        values=entry.values,
        two_digit_pivot=entry.two_digit_pivot,
        population=entry.population or "",
        school_level=entry.school_level or "",
        skip_hidden_rows=entry.skip_hidden_rows,
        person_id_from=entry.person_id_from or "",
        time_zone=settings.office.time_zone,
    )


def whole_digest(digests: Mapping[str, str]) -> str:
    """One digest of all files, whatever their order."""
    return hashlib.sha256(
        "".join(f"{name} {sha256}\n" for name, sha256 in sorted(digests.items())).encode()
    ).hexdigest()


Read = list[tuple[str, RosterReading]]


def read_parts(files: Mapping[str, Path], options: ReadOptions) -> tuple[Read, dict[str, str], list[ReporterError]]:
    """Every file as the whole would be read; one that cannot be read costs the others nothing.

    Returns: the readings, each with its file's name; the digests of the files; what could not be read.
    Raises: RosterError - none can be read.
    """
    books: list[Book] = []
    shown: list[RosterEvidence] = []
    failures: list[ReporterError] = []
    for name, path in files.items():
        try:
            book = read_book(name, file_content(path))
            shown.append(roster_evidence(book, options))
            books.append(book)
        except RosterError as error:
            failures.append(error)
    if not books:
        raise failures[0]
    known = with_evidence(options, shown)
    readings = [(book.source, reading) for book in books for reading in read_tables(book, known)]
    return readings, {book.source: book.sha256 for book in books}, failures


def with_evidence(options: ReadOptions, shown: Sequence[RosterEvidence]) -> ReadOptions:
    """How each file is to be read, once all have shown what they hold."""
    return replace(options, evidence=reduce(RosterEvidence.joined, shown))


def part_evidence(name: str, content: bytes, options: ReadOptions) -> RosterEvidence:
    """What one file shows. Raises: RosterError."""
    return roster_evidence(read_book(name, content), options)


def part_readings(name: str, content: bytes, options: ReadOptions) -> tuple[str, tuple[RosterReading, ...]]:
    """One file as the whole would be read: its digest and its tables. Raises: RosterError."""
    book = read_book(name, content)
    return book.sha256, read_tables(book, options)
