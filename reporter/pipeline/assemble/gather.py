"""The first step of a run: read every roster and outage file, each fault told with its address, and date the rosters.

A roster in several files, a folder or those that fit a pattern, is read as the one list that they are together. What a
column proves (the order of day and month, the middle of its dates) it proves over all files; where the headings stand,
and which lines are totals or notes, each file says for itself.

The name of a dated export tells its day, else the time of its last change. One that is too old is owed; a roster of one
name may stand unchanged for good reasons, and is only told of.
"""

import calendar
import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Series, Timestamp

from reporter.engine.filing import earliest
from reporter.errors import NotesError, ReporterError, RosterError, recast, refused
from reporter.model.problem import Problem
from reporter.model.progress import begin_stage, counting
from reporter.model.report import AHEAD, OLD, SAME, Note, NotRead, RosterDate
from reporter.model.rulebook import Rulebook, earliest_of
from reporter.model.shapes import ASIDE_HEADER_ROW, ASIDE_MARK, CELLS, ONE_PERSON, OWN, ROSTER, ROWS, OpenItem
from reporter.outages.door import read_file
from reporter.outages.source import OutageReading, items_left, merge_readings
from reporter.readers.book import Book, Sheet, file_content, open_book, read_book
from reporter.readers.dates import RECEIPTS
from reporter.readers.identity import row_problem, settle_people
from reporter.readers.institution import OwnReading, read_own_duties
from reporter.readers.mapped_table import RosterEvidence
from reporter.readers.roster import ReadOptions, RosterReading, read_roster, read_tables, roster_evidence
from reporter.readers.values import python_texts
from reporter.report.annotations import read_notes, settle
from reporter.report.recipients import unusable_contacts
from reporter.rules.load import own_duty_names, service_names
from reporter.settings import (
    RosterSettings,
    Settings,
    file_age,
    is_parted,
    load_profile,
    profile_path,
    refuse_alike,
)
from reporter.store.runs import RunRecord
from reporter.text.time_zones import OTTAWA, zone

HIDDEN, MARK = (".", "~$"), "_"
"""How the names of files begin that programs keep beside those of a data set; with the last, also those of people."""


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
        columns=load_profile(profile_path(settings.home, Path(settings.roster_name(roster)))) | dict(entry.columns),
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


def _read_parts(files: Mapping[str, Path], options: ReadOptions) -> tuple[Read, dict[str, str], list[ReporterError]]:
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


def part_readings(name: str, content: bytes, options: ReadOptions) -> tuple[str, tuple[RosterReading, ...]]:
    """One file as the whole would be read: its digest and its tables. Raises: RosterError."""
    book = read_book(name, content)
    return book.sha256, read_tables(book, options)


log = logging.getLogger(__name__)
ORDER = re.compile(r"(\w+)=(dmy|mdy)")


class ResubmittedSheet(Struct, frozen=True):
    """One sheet of such a workbook as a book of its own, and the roster its rows came from."""

    source: str
    date_orders: dict[str, str]
    book: Book


def _resubmitted_sheets(book: Book) -> Iterator[ResubmittedSheet]:
    """The sheets that carry the mark; none when the book is a roster like any other."""
    for sheet in book.sheets:
        if _top(sheet, 0) == ASIDE_MARK:
            rows = sheet.cells.loc[sheet.cells.index >= ASIDE_HEADER_ROW]
            only = replace(book, sheets=(replace(sheet, cells=rows),))
            yield ResubmittedSheet(_top(sheet, 2), dict(ORDER.findall(_top(sheet, 4))), only)


def _top(sheet: Sheet, column: int) -> str:
    """The text of a cell in the first row."""
    if 1 not in sheet.cells.index or column not in sheet.cells:
        return ""
    value = sheet.cells.loc[1, column]
    return value if isinstance(value, str) else ""


UNREAD = "roster_unread"
ADDRESS_END = re.compile(r":\d+$")  # the row at which reading gave up
WITHIN_SHEET = ("table_left", "table_below")
"""Why a part of a sheet that is read is not."""
OF_PERSONS = ("citizen_or_permanent_resident", "hidden_by_choice")
"""The rules that leave out a person's row; the others leave out rows that are nobody's."""


class Intake(Struct, frozen=True):
    """What was read: the rosters as one, the institution's own duties, the account of all rows, the outages, faults."""

    roster: DataFrame
    duties: DataFrame  # OWN
    rows: DataFrame  # ROWS, of people and of the institution
    readings: tuple[RosterReading, ...]
    sources: tuple[str, ...]  # the roster each reading came from
    record: OutageReading
    problems: tuple[Problem, ...]
    failures: tuple[ReporterError, ...]
    inputs: tuple[tuple[str, str], ...]
    has_outage_record: bool
    duty_readings: tuple[OwnReading, ...] = ()
    looked: tuple[tuple[str, str, Timestamp | None], ...] = ()  # each outage file: name, read or failed, complete to
    file_items: tuple[tuple[str, int, tuple[OpenItem, ...]], ...] = ()  # of each: how many are entered, what is left
    files: tuple[str, ...] = ()  # of the rosters that were read, by name
    unread: tuple[NotRead, ...] = ()  # rosters, or files of one, of which no row could be read
    contacts: DataFrame | None = None  # contact_email and language of all rows, where the roster is not of everybody

    @property
    def not_read(self) -> tuple[NotRead, ...]:
        """What of all rosters was not read as rows, in their order; a sheet that another entry reads is read."""
        read = {(source, reading.sheet) for source, reading in zip(self.sources, self.readings, strict=True)}
        parts = (part for reading in self.readings for part in reading.not_read)
        return tuple(p for p in dict.fromkeys(parts) if p.why in WITHIN_SHEET or (p.source, p.sheet) not in read)

    @property
    def beside_rows(self) -> tuple[NotRead, ...]:
        """All that stands beside the account of the rows: nobody takes the sum for everybody."""
        return (*self.not_read, *self.unread)

    @property
    def cells(self) -> DataFrame:
        """CELLS of the person or duty that was to be shown, over all rosters and sheets of duties."""
        parts = [*(one.cells for one in self.readings), *(one.cells for one in self.duty_readings)]
        return CELLS.cast(pd.concat([CELLS.empty(), *parts], ignore_index=True))


def gather_inputs(
    settings: Settings, rulebook: Rulebook, as_of: Timestamp, ledger: OutageReading | None, *, shown: str = ""
) -> Intake:
    """Read every roster and outage file; one that cannot be read costs the others nothing.

    What the files say of an outage goes before what the ledger says of it.
    The cells of the person `shown` are kept as they stand.

    Raises: ReporterError - there is no roster at all, or none that can be read.
    """
    if not settings.roster:
        raise refused(RosterError, "stop_no_roster")
    refuse_alike(settings)
    failures: list[ReporterError] = []
    readings: list[RosterReading] = []
    sources: list[str] = []
    inputs: list[tuple[str, str]] = []
    begin_stage("read", len(settings.roster) + len(settings.outages))
    for entry in counting(settings.roster):
        try:
            found, file, left = read_rosters(settings, entry, shown)
        except ReporterError as error:
            failures.append(error)
            continue
        readings += [reading for _, reading in found]
        sources += [source for source, _ in found]
        failures += left
        inputs.append(file)
    if not readings:
        raise none_read(failures)
    files = ReadFiles(tuple(dict.fromkeys(name for name, _ in inputs)), tuple(inputs), tuple(failures))
    return with_record(settings, rulebook, as_of, ledger, joined_rosters(readings, sources, as_of), files, shown)


def none_read(failures: Sequence[ReporterError]) -> ReporterError:
    """What is to be raised where no roster could be read."""
    return refused(RosterError, "stop_none_read", failures=failures) if len(failures) > 1 else failures[0]


class JoinedRosters(Struct, frozen=True):
    """People as one list, once it is settled who is who: the readings, ROSTER, ROWS and what was noticed."""

    readings: tuple[RosterReading, ...]
    sources: tuple[str, ...]  # the roster each reading came from
    roster: DataFrame
    rows: DataFrame
    problems: tuple[Problem, ...]


def joined_rosters(readings: Sequence[RosterReading], sources: Sequence[str], as_of: Timestamp) -> JoinedRosters:
    """All that was read of people, or of a part of them no one of whom stands in another."""
    settled = [_without_filings_ahead(reading, as_of) for reading in settle_people(readings)]
    return JoinedRosters(
        tuple(settled),
        tuple(sources),
        ROSTER.cast(pd.concat([reading.roster for reading in settled], ignore_index=True)),
        ROWS.cast(
            _without_words(pd.concat([reading.rows for reading in settled], ignore_index=True)).assign(
                holder=ONE_PERSON
            )
        ),
        tuple(problem for reading in settled for problem in reading.problems),
    )


def _without_filings_ahead(reading: RosterReading, as_of: Timestamp) -> RosterReading:
    """The reading without receipts that are still ahead: what somebody means to file counts as no filing, and is told.

    An outcome that is pending is pending of nothing then.
    """
    roster, told = reading.roster, []
    mapped = {column.field for column in reading.mapping}
    for name in RECEIPTS:
        first = earliest(roster[name], roster[earliest_of(name)])
        is_ahead = (first > as_of).to_numpy(dtype=bool)
        if not is_ahead.any():
            continue
        field = name if name in mapped else "application_filed"
        days = first[is_ahead].dt.tz_convert(OTTAWA).dt.strftime("%Y-%m-%d").set_axis(roster["source_row"][is_ahead])
        days = days[~days.index.duplicated()]
        told += [row_problem(reading, "filed_ahead", row, field=field, value=day) for row, day in days.items()]
        roster = roster.assign(**{part: roster[part].mask(is_ahead) for part in (name, earliest_of(name))})
        outcome = name.replace("filed_at", "outcome")
        if outcome != name:
            is_pending = (roster[outcome] == "pending").fillna(False).to_numpy(dtype=bool)
            roster = roster.assign(**{outcome: roster[outcome].mask(is_ahead & is_pending)})
    return reading.with_rows(reading.rows, roster, told) if told else reading


class ReadFiles(Struct, frozen=True):
    """Which rosters were read, by name; the digest of each file; what could not be read."""

    names: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]
    failures: tuple[ReporterError, ...]


def with_record(
    settings: Settings,
    rulebook: Rulebook,
    as_of: Timestamp,
    ledger: OutageReading | None,
    people: JoinedRosters,
    read: ReadFiles,
    shown: str = "",
) -> Intake:
    """The people of the rosters, with the outages and the institution's own duties beside."""
    failures, inputs = list(read.failures), list(read.inputs)
    records = [] if ledger is None else [ledger]
    looked: list[tuple[str, str, Timestamp | None]] = []
    file_items: list[tuple[str, int, tuple[OpenItem, ...]]] = []
    for source in counting(settings.outages):
        try:
            outages = _read_outages(settings.path(source.path), source.complete_to, service_names(rulebook), as_of)
        except ReporterError as error:
            failures.append(error)
            looked.append((Path(source.path).name, "failed", None))
            continue
        looked.append((Path(source.path).name, "read", outages.complete_to))
        file_items.append((Path(source.path).name, len(outages.outages), outages.open_items))
        records.append(outages)
        inputs.append((Path(source.path).name, outages.sha256))
    record, sheets = merge_readings(records), _duty_sheets(settings, rulebook, shown)
    rows = pd.concat([people.rows, *(one.rows for one in sheets.readings)], ignore_index=True)
    of_duties = (problem for reading in sheets.readings for problem in reading.problems)
    problems = (*people.problems, *unusable_contacts(ROWS.cast(rows)), *record.problems, *of_duties)
    log.info("gathered: %d rows, %d outages, %d problems", len(rows), len(record.outages), len(problems))
    return Intake(
        roster=people.roster,
        duties=OWN.cast(pd.concat([OWN.empty(), *(one.duties for one in sheets.readings)], ignore_index=True)),
        rows=ROWS.cast(rows),
        readings=people.readings,
        sources=people.sources,
        record=record,
        problems=problems,
        failures=(*failures, *sheets.failures),
        inputs=(*inputs, *sheets.inputs),
        has_outage_record=bool(records),
        duty_readings=tuple(sheets.readings),
        looked=tuple(looked),
        file_items=tuple(file_items),
        files=read.names,
        unread=tuple(NotRead(ADDRESS_END.sub("", error.where), "", 0, UNREAD) for error in read.failures),
    )


def read_rosters(
    settings: Settings, entry: RosterSettings, shown: str = ""
) -> tuple[list[tuple[str, RosterReading]], tuple[str, str], list[ReporterError]]:
    """One roster read as the settings and its mapping profile say; its name with its bytes' digest; and those of its
    files that could not be read, where it has several.

    A workbook of rows set aside by an earlier run, mended, is read sheet by sheet as the rosters they came from.

    Raises: RosterError or SettingsError - the file cannot be used as it stands.
    """
    if is_parted(settings.folder, entry):
        name = Path(entry.path).name
        options = replace(read_options(settings, entry, name), shown=shown)
        found, digests, failures = _read_parts(part_files(settings.folder, entry), options)
        return found, (name, whole_digest(digests)), failures
    if entry.address:
        from reporter.pipeline.assemble.remote_rosters import roster_file  # what speaks with servers is slow to load

        with roster_file(settings, entry) as path:
            book = open_book(path)
    else:
        book = open_book(settings.path(entry.path))
    sheets = list(_resubmitted_sheets(book))
    if not sheets:
        options = replace(read_options(settings, entry, Path(entry.path).name), shown=shown)
        return [(book.source, reading) for reading in read_tables(book, options)], (book.source, book.sha256), []
    known = {settings.roster_name(Path(other.path).name): other for other in settings.roster}
    readings = []
    for sheet in sheets:
        own = known.get(settings.roster_name(sheet.source), entry)
        options = read_options(settings, own, sheet.source)
        options = replace(options, shown=shown, sheet=None, header_row=ASIDE_HEADER_ROW, date_orders=sheet.date_orders)
        readings.append((sheet.source, read_roster(sheet.book, options)))
    return readings, (book.source, book.sha256), []


class _DutySheets(Struct, frozen=True):
    """The sheets of the institution's own duties: what was read, of which files, and what could not be."""

    readings: list[OwnReading]
    inputs: list[tuple[str, str]]
    failures: list[ReporterError]


def _duty_sheets(settings: Settings, rulebook: Rulebook, shown: str) -> _DutySheets:
    """Every sheet of duties that the settings name; one that cannot be read costs the others nothing."""
    sheets = _DutySheets([], [], [])
    for entry in settings.duties:
        try:
            book = open_book(settings.path(entry.path))
            reading = read_own_duties(
                book,
                own_duty_names(rulebook),
                sheet=entry.sheet,
                date_order=entry.date_order,
                time_zone=settings.office.time_zone,
                shown=shown,
            )
        except ReporterError as error:
            sheets.failures.append(error)
            continue
        sheets.readings.append(reading)
        sheets.inputs.append((Path(entry.path).name, book.sha256))
    return sheets


def _without_words(rows: DataFrame) -> DataFrame:
    """The rows, where one that is no person's (a heading, a total, a note) names no person, unit or contact."""
    is_nobody = (rows["outcome"] == "excluded") & ~rows["rule"].isin(OF_PERSONS)
    return rows.assign(**{name: rows[name].mask(is_nobody) for name in ("person_id", "unit", "contact_email")})


def _read_outages(path: Path, complete_to: str | None, names: Mapping[str, str], as_of: Timestamp) -> OutageReading:
    """The file's outages, and up to when it misses none, where the office says so."""
    reading = read_file(path, names, as_of=as_of)
    if left := items_left(reading):  # a file of which something could not be read is not complete, whatever it says
        return replace(reading, open_items=left, complete_to=None)
    if complete_to is None:
        return reading
    return replace(reading, complete_to=min(pd.Timestamp(complete_to).tz_convert("UTC"), as_of))


DAY = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d{2})\2(\d{2})(?!\d)")
WEEK = re.compile(r"(?<!\d)(\d{4})[-_.]?[Ww](\d{2})(?!\d)")
MONTH = re.compile(r"(?<!\d)(\d{4})[-_.](\d{2})(?!\d)")
EARLY_DAYS = 7
"""An export may bear the day for which it was made; one that is further ahead would hide those to come."""
WEEKLY_DAYS = 5
"""A dated export that is the same after more days than these is last week's under a new name, or none came."""


def date_rosters(
    settings: Settings, gathered: Intake, before: RunRecord | None, as_of: Timestamp
) -> tuple[RosterDate, ...]:
    """The age of each roster that was read. Takes: before - the run before, which says what it read."""
    read, then = dict(gathered.inputs), before.manifest if before else {}
    today = as_of.tz_convert(zone(settings.office.time_zone)).date()
    entries = {settings.roster_name(Path(entry.path).name): entry for entry in settings.roster}
    found = []
    for file in gathered.files:
        name = settings.roster_name(file)
        if (entry := entries.get(name)) is None:
            continue
        same_since = _same_since(name, file, read[file], then)
        first, last = _span(settings, entry, file) if "*" in name else (None, None)
        on = first if first and first > today else last and min(last, today)
        one = RosterDate(name, file, on, same_since, (today - on).days if on else 0)
        found.append(replace(one, verdict=_verdict(one, entry.stale_after_days, as_of)))
    return tuple(found)


def _verdict(one: RosterDate, most: float, as_of: Timestamp) -> str:
    if one.days < -EARLY_DAYS:
        return AHEAD
    if not most or one.days > most:
        return OLD if most else ""
    least = WEEKLY_DAYS if one.dated_on else most
    return SAME if one.same_since is not None and (as_of - one.same_since).days > least else ""


def _span(settings: Settings, entry: RosterSettings, file: str) -> tuple[date, date] | tuple[None, None]:
    """The first and the last day that an export can be of."""
    if named := next(_named(file), None):
        return named
    with suppress(OSError):
        if not entry.address:
            changed = Timestamp(settings.path(entry.path).stat().st_mtime, unit="s", tz="UTC")
            on = changed.tz_convert(zone(settings.office.time_zone)).date()
            return on, on
    return None, None


def _named(file: str) -> Iterator[tuple[date, date]]:
    """The day, week or month that the name of a file says; what is no date of the calendar says nothing."""
    for year, _, month, day in DAY.findall(file):
        with suppress(ValueError):
            yield (date(int(year), int(month), int(day)),) * 2
    for year, week in WEEK.findall(file):
        with suppress(ValueError):
            yield date.fromisocalendar(int(year), int(week), 1), date.fromisocalendar(int(year), int(week), 7)
    for year, month in MONTH.findall(file):
        with suppress(ValueError):
            first = date(int(year), int(month), 1)
            yield first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _same_since(name: str, file: str, sha256: str, then: Mapping[str, Any]) -> Timestamp | None:
    """As of which report these bytes were first read, where every one since has read them too."""
    was = then.get("roster_dates", {}).get(name, {})
    before = {one["path"]: one["sha256"] for one in then.get("inputs", ())}
    if before.get(was.get("file", file)) != sha256:
        return None
    return Timestamp(was.get("same_since") or then["as_of"])


RISK = "risk*.xlsx"


class OfficeNotes(Struct, frozen=True):
    """What the office wrote, in which files, and what could not be read of it."""

    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    failures: tuple[ReporterError, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()


def gather_notes(settings: Settings) -> OfficeNotes:
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
            failures.append(error if isinstance(error, NotesError) else recast(NotesError, error))
            continue
        notes += found
        problems += faults
        inputs.append((book.source, book.sha256))
    problems += [Problem(note.source, "note_conflict") for note in _new_conflicts(notes)]
    log.info("notes: %d rows from %d workbooks, %d failures", len(notes), len(inputs), len(failures))
    return OfficeNotes(tuple(notes), tuple(problems), tuple(failures), tuple(inputs))


def with_notes(gathered: Intake, noted: OfficeNotes) -> Intake:
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


RECORD = "record.xlsx"  # what the report rests on: nobody writes in it


def _of_folder(folder: Path) -> list[Path]:
    """Where the folder holds none, the folders in it are looked through: each run has its own."""
    here = [
        path
        for path in folder.glob("*.xlsx")
        if not path.name.startswith(("~$", ".", "set-aside")) and path.name != RECORD
    ]
    risks = [path for path in here if path.match(RISK)] or list(folder.glob(f"*/{RISK}"))
    newest = sorted(risks, key=lambda path: (path.stat().st_mtime_ns, str(path)))[-1:]
    return [*newest, *sorted(path for path in here if not path.match(RISK))]


FILE = "^(?P<file>.*)!"


def file_names(source_rows: Series) -> Series:
    """The file of each row, by its address."""
    found = pc.extract_regex(pa.array(source_rows.array), FILE)
    return Series(python_texts(pc.struct_field(found, "file")), index=source_rows.index)


def rosters_of(source_rows: Series, called: Callable[[str], str]) -> Series:
    """The roster of each row, as the settings call that of a file."""
    files = file_names(source_rows)
    return files.map({file: called(file) for file in files.dropna().unique()})
