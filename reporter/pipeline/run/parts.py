"""A run over a very large roster: its files are read and its people judged in parts, by as many hands as there are.

First every file shows what its columns hold; then its rows go to the parts of their people; then each part is judged,
and its findings stay on the disk, in a private folder that is gone at the end. They are put into one order piece by
piece. What comes back is what any run has, but that the frames are only of people whom a workbook or a mail will name.
"""

import logging
import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Timestamp
from pyarrow import parquet

from reporter.engine.risk import ORDER, joined, worst_first
from reporter.errors import ReporterError, RosterError, refused
from reporter.model.levels import AT_RISK, NAMES
from reporter.model.problem import Problem
from reporter.model.report import Note
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import ROSTER, ROWS
from reporter.outages.source import OutageReading
from reporter.pipeline.assemble.gather import (
    Intake,
    JoinedRosters,
    ReadFiles,
    none_read,
    part_files,
    part_readings,
    read_options,
    read_rosters,
    whole_digest,
    with_evidence,
    with_record,
)
from reporter.pipeline.assemble.inputs import Gather, Judged, examine
from reporter.pipeline.assemble.part_findings import (
    KEY,
    STORED,
    CutRows,
    JudgedBy,
    PartFindings,
    PartRows,
    Sorted,
    cut_rows,
    judge_part,
    packed,
    part_numbers,
    person_keys,
    unpacked,
)
from reporter.pipeline.compare.baseline import is_partial, last_heard
from reporter.pipeline.run.workers import Workers, local_workers, open_workers
from reporter.readers.book import file_content, read_book
from reporter.readers.mapped_table import RosterEvidence
from reporter.readers.roster import ReadOptions, RosterReading, in_place, roster_evidence
from reporter.report.recipients import unusable_contacts
from reporter.report.tables import COLUMNS, csv_rows, findings_head
from reporter.settings import RosterSettings, Settings, is_parted, refuse_alike
from reporter.store.database import open_store
from reporter.store.runs import people_found, runs_before

log = logging.getLogger(__name__)
FOLDER = ".parts-"
PIECE = 40_000  # findings that are put in order at once


class FileToRead(Struct, frozen=True):
    """One file of a roster, in hand, or why it is not."""

    name: str
    content: bytes = b""
    failure: ReporterError | None = None


class ReadFile(Struct, frozen=True):
    """What came of one file: its digest and its tables, cut by part; or why it cannot be read."""

    name: str
    sha256: str = ""
    tables: tuple[CutRows, ...] = ()
    failure: ReporterError | None = None


def show_file(options: ReadOptions, file: FileToRead) -> RosterEvidence | ReporterError:
    """What the columns of one file hold, or why it cannot be read."""
    if file.failure:
        return file.failure
    try:
        return roster_evidence(read_book(file.name, file.content), options)
    except RosterError as error:
        return error


def cut_file(options: ReadOptions, count: int, file: FileToRead) -> ReadFile:
    """One file as the whole would be read, its rows by part; or why it cannot be read."""
    if file.failure:
        return ReadFile(file.name, failure=file.failure)
    try:
        sha256, readings = part_readings(file.name, file.content, options)
    except RosterError as error:
        return ReadFile(file.name, failure=error)
    return ReadFile(file.name, sha256, tuple(cut_rows(reading, count) for reading in readings))


@contextmanager
def open_parts(out: Path, made: "Callable[[Path], InParts] | None") -> Iterator["InParts | None"]:
    """The parts of a run, where it has any; what they keep on the disk is gone at the end.

    Takes: out - the folder of the settings; made - to be called with the folder of these parts.
    """
    if made is None:
        yield None
        return
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in out.glob(f"{FOLDER}*"):  # of a run that was killed: whoever has the turn may take it away
        shutil.rmtree(old, ignore_errors=True)
    with TemporaryDirectory(prefix=FOLDER, dir=out) as folder:
        yield made(Path(folder))


@dataclass
class InParts:
    """The parts of one run; `gather` stands in the place of `gather_inputs`, and `judged` is known after it.

    `stored` is where the rows that the store keeps of the findings lie, in order.
    """

    settings: Settings
    as_of: Timestamp
    folder: Path
    judged: Judged = field(init=False)
    notes: tuple[Note, ...] = ()
    tables: list[Path] = field(default_factory=list)
    stored: list[Path] = field(default_factory=list)

    def gather_with(self, notes: Sequence[Note]) -> Gather:
        """The same, when it is known of whom the office wrote something."""
        self.notes = tuple(notes)
        return self.gather

    @property
    def findings(self) -> Path:
        """Where findings.csv stands until the run writes it."""
        return self.folder / "findings.csv"

    def found(self) -> Iterator[DataFrame]:
        """What the store keeps of every finding, in order, piece by piece."""
        for path in self.stored:
            yield parquet.read_table(path).to_pandas()

    def gather(
        self, _: object, rulebook: Rulebook, as_of: Timestamp, ledger: OutageReading | None, *, shown: str = ""
    ) -> Intake:
        """Read, judge and order everything. Raises: ReporterError - see `gather_inputs` and `close_account`."""
        settings = self.settings
        if not settings.roster:
            raise refused(RosterError, "stop_no_roster")
        with open_workers(settings.engine, settings.path) as workers:
            read = self._read(workers)
            bare = tuple(cut.reading for cut in read.cuts)
            nobody = JoinedRosters(bare, read.sources, ROSTER.empty(), ROWS.empty(), ())
            intake = with_record(settings, rulebook, as_of, ledger, nobody, read.files, shown)
            by = JudgedBy(
                rulebook,
                intake.record,
                as_of,
                settings.office.time_zone,
                settings.degraded_share,
                settings.language,
                tuple(replace(one, originals=one.originals.iloc[:0], problems=()) for one in bare),
                read.sources,
                self._watched(as_of),
            )
            parts = list(self._judged(workers, by, read))
            self._order(parts)
        whole, self.judged = _together(intake, read, parts, by)
        if (address := urlsplit(settings.engine.cluster)).scheme == "tcp":
            told = Problem("engine.cluster", "cluster_open", value=address.netloc)
            whole = replace(whole, problems=(*whole.problems, told))
        return self._with_lines(whole, read)

    def _watched(self, as_of: Timestamp) -> frozenset[str]:
        """Whom the report tells of at any level: who was at risk in the last that somebody had, and who has a note."""
        store = open_store(self.settings.store_url)
        heard = last_heard(store, self.settings, as_of)
        runs = {run.run_id: run for run in (heard.office, *(heard.readers or {}).values()) if run}
        for run in list(runs.values()):
            before = runs_before(store, run.series, run.as_of) if is_partial(run) else iter(())
            for other in before:  # of people whom it could not read, what the run before found is told
                runs[other.run_id] = other
                if not is_partial(other):
                    break
        people = {person for run_id in runs for person in people_found(store, run_id, AT_RISK)}
        return frozenset(people | {note.key.person_id for note in self.notes})

    def _read(self, workers: Workers) -> "_Read":
        """Every roster, its rows by part, on the disk. Raises: ReporterError - none can be read."""
        plans, failures = self._plans(workers)
        people = sum(plan.options.evidence.ids[1] for plan in plans if plan.options and plan.options.evidence)
        people += sum(len(reading.rows) for plan in plans for _, reading in plan.readings)
        read = _Read(self.folder, max(1, -(-people // self.settings.engine.part_people)))
        read.failures += failures
        for plan in plans:
            if plan.options is None:
                for k, (source, reading) in enumerate(plan.readings):
                    read.take(cut_rows(reading, read.count), source, _Origin(self.settings, plan.entry, k))
                read.inputs.append((plan.name, plan.sha256))
                continue
            digests = {}
            for file in workers(partial(cut_file, plan.options, read.count), _in_hand(plan.files)):
                if file.failure:
                    read.failures.append(file.failure)
                    continue
                digests[file.name] = file.sha256
                for k, cut in enumerate(file.tables):
                    read.take(
                        cut, file.name, _Origin(self.settings, plan.entry, k, plan.files[file.name], plan.options)
                    )
            read.inputs.append((plan.name, whole_digest(digests)))
        if not read.cuts:
            raise none_read(read.failures)
        return read

    def _plans(self, workers: Workers) -> tuple[list["_Plan"], list[ReporterError]]:
        """How each roster is to be read, once the columns of those in several files are known."""
        refuse_alike(self.settings)
        plans: list[_Plan] = []
        failures: list[ReporterError] = []
        for entry in self.settings.roster:
            name = Path(entry.path).name
            try:
                if not is_parted(self.settings.folder, entry):
                    found, (name, sha256), left = read_rosters(self.settings, entry)
                    failures += left
                    plans.append(_Plan(entry, name, None, {}, found, sha256))
                    continue
                files, options = part_files(self.settings.folder, entry), read_options(self.settings, entry, name)
            except ReporterError as error:
                failures.append(error)
                continue
            answers = list(workers(partial(show_file, options), _in_hand(files)))
            shown = dict(zip(files, answers, strict=True))
            failures += [one for one in shown.values() if isinstance(one, ReporterError)]
            known = {file: one for file, one in shown.items() if isinstance(one, RosterEvidence)}
            if known:
                sound = {file: files[file] for file in known}
                plans.append(_Plan(entry, name, with_evidence(options, list(known.values())), sound))
        return plans, failures

    def _judged(self, workers: Workers, by: JudgedBy, read: "_Read") -> Iterator[PartFindings]:
        """What was found of each part; its findings are on the disk from then on."""
        for part in workers(partial(judge_part, by), read.parts()):
            path = self.folder / f"part-{part.number}.parquet"
            path.write_bytes(part.table)
            self.tables.append(path)
            log.info("part %d: %d findings", part.number, part.count)
            yield replace(part, table=b"")

    def _order(self, parts: Sequence[PartFindings]) -> None:
        """Write findings.csv, and what the store keeps of it, in the one order of all findings."""
        sample = sorted(one for part in parts for one in part.sample)
        total = sum(part.count for part in parts)
        step = max(1, len(sample) * PIECE // max(total, 1))
        cuts = [_cuts(path, sample[step::step]) for path in self.tables]
        pieces = [
            [(path, start, stop) for path, (start, stop) in zip(self.tables, spans, strict=True) if stop > start]
            for spans in zip(*cuts, strict=True)
        ]
        workers = local_workers(self.settings.engine)  # a cluster has none of these files
        with self.findings.open("wb") as file:
            file.write(findings_head())
            for n, (text, stored) in enumerate(workers(order_piece, [piece for piece in pieces if piece])):
                file.write(text)
                path = self.folder / f"stored-{n}.parquet"
                path.write_bytes(stored)
                self.stored.append(path)

    def _with_lines(self, whole: Intake, read: "_Read") -> Intake:
        """The same, with the cells of rows that were set aside only once their part was judged: read once more."""
        aside = whole.rows.loc[whole.rows["outcome"] == "set_aside", "source_row"]
        readings = list(whole.readings)
        for n, reading in enumerate(readings):
            prefix = f"{read.sources[n]}!{reading.sheet}:"
            mine = set(aside[aside.str.startswith(prefix)])
            if mine - set(reading.originals.index):
                lines = read.origins[n].lines()
                readings[n] = replace(reading, originals=lines[lines.index.isin(mine)])
        return replace(whole, readings=tuple(readings))


class _Plan(Struct, frozen=True):
    """How one roster is read: the options and the files of one in several; else its readings."""

    entry: RosterSettings
    name: str
    options: ReadOptions | None
    files: Mapping[str, Path]
    readings: Sequence[tuple[str, RosterReading]] = ()
    sha256: str = ""


def _in_hand(files: Mapping[str, Path]) -> Iterator[FileToRead]:
    """The files, each read when its turn comes."""
    for name, path in files.items():
        try:
            file = FileToRead(name, file_content(path))
        except RosterError as error:
            file = FileToRead(name, failure=error)
        yield file


class _Origin(Struct, frozen=True):
    """Where a reading came from."""

    settings: Settings
    entry: RosterSettings
    table: int
    path: Path | None = None
    options: ReadOptions | None = None

    def lines(self) -> DataFrame:
        """The rows as they stand in the file."""
        if self.path is None or self.options is None:
            return read_rosters(self.settings, self.entry)[0][self.table][1].lines
        name = f"{self.path.parent.name}/{self.path.name}"
        return part_readings(name, file_content(self.path), self.options)[1][self.table].lines


class _Read:
    """What was read: the bare readings, and on the disk the rows of each by part."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        self.cuts: list[CutRows] = []
        self.origins: list[_Origin] = []
        self._sources: list[str] = []
        self.spans: list[dict[int, tuple[int, int]]] = []
        self.inputs: list[tuple[str, str]] = []
        self.failures: list[ReporterError] = []
        self.links: dict[int, set[str]] = {}

    @property
    def sources(self) -> tuple[str, ...]:
        """The roster that each reading came from."""
        return tuple(self._sources)

    @property
    def files(self) -> ReadFiles:
        """Which rosters were read."""
        names = tuple(dict.fromkeys(name for name, _ in self.inputs))
        return ReadFiles(names, tuple(self.inputs), tuple(self.failures))

    def take(self, cut: CutRows, source: str, origin: _Origin) -> None:
        """Put the rows of one reading on the disk."""
        spans: dict[int, tuple[int, int]] = {}
        with (self.folder / f"rows-{len(self.cuts)}").open("wb") as file:
            for part, content in cut.parts.items():
                spans[part] = (file.tell(), len(content))
                file.write(content)
        for part, keys in cut.links.items():
            self.links.setdefault(part, set()).update(keys)
        self.cuts.append(replace(cut, parts={}, links={}))
        self.origins.append(origin)
        self._sources.append(source)
        self.spans.append(spans)

    def parts(self) -> Iterator[PartRows]:
        """The rows of each part that has any."""
        beside = self._beside()
        for part in range(self.count):
            if rows := tuple(self._rows(part)):
                yield PartRows(part, rows, tuple(beside.get(part, ())))

    def _rows(self, part: int) -> Iterator[tuple[int, bytes]]:
        for n, spans in enumerate(self.spans):
            if part in spans:
                start, length = spans[part]
                with (self.folder / f"rows-{n}").open("rb") as file:
                    file.seek(start)
                    yield n, file.read(length)

    def _beside(self) -> dict[int, list[tuple[int, bytes]]]:
        """For each part the rows of people in others whom some of its own rest on."""
        asked = [(key, part) for part, keys in self.links.items() for key in keys]
        if not asked:
            return {}
        wanted = DataFrame(asked, columns=["key", "part"])
        wanted = wanted.assign(of=part_numbers(wanted["key"], self.count))
        found: dict[int, list[tuple[int, bytes]]] = {}
        for other, asks in wanted[wanted["of"] != wanted["part"]].groupby("of"):
            for n, content in self._rows(int(str(other))):
                roster, rows = unpacked(content)
                keys = person_keys(rows)
                for part, those in asks.groupby("part")["key"]:
                    mine = rows[keys.isin(those)]
                    if len(mine):
                        theirs = roster[roster["source_row"].isin(mine["source_row"])]
                        found.setdefault(int(str(part)), []).append((n, packed(theirs, mine)))
        return found


KEYS = [f"{KEY}{name}" for name in ("level", "closes_at", "person_id", "deadline", "source_row")]


def _cuts(path: Path, at: Sequence[Sorted]) -> list[tuple[int, int]]:
    """Where the findings of one part are cut so that those of all parts between two places can be put in order."""
    keys = parquet.read_table(path, columns=KEYS)
    level, closes_at, *texts = (keys[name].combine_chunks() for name in KEYS)
    instants = closes_at.cast(pa.int64())

    def position(n: int) -> Sorted:
        instant = instants[n].as_py()
        person, deadline, row = (text[n].as_py() for text in texts)
        return NAMES.index(level[n].as_py()), np.inf if instant is None else float(instant), person, deadline, row

    places = [bisect_left(range(len(keys)), one, key=position) for one in at]
    return list(zip([0, *places], [*places, len(keys)], strict=True))


def order_piece(piece: Sequence[tuple[Path, int, int]]) -> tuple[bytes, bytes]:
    """The lines of findings.csv between two places, and a Parquet file of what the store keeps of them."""
    table = pa.concat_tables([_slice(path, start, stop) for path, start, stop in piece])
    keys = table.select([f"{KEY}{name}" for name in STORED]).rename_columns(list(STORED))
    frame = keys.select(list(ORDER)).to_pandas()
    frame = frame.assign(level=pd.Categorical(frame["level"], NAMES), at=np.arange(len(frame)))
    at = pa.array(worst_first(frame)["at"])
    out = pa.BufferOutputStream()
    parquet.write_table(keys.take(at), out)
    return csv_rows(table.select(list(COLUMNS)).take(at).combine_chunks()), out.getvalue().to_pybytes()


def _slice(path: Path, start: int, stop: int) -> pa.Table:
    """Some rows of a Parquet file, of which only their groups are read."""
    with parquet.ParquetFile(path) as file:
        ends = np.cumsum([file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)])
        first, last = (
            int(np.searchsorted(ends, start, side="right")),
            int(np.searchsorted(ends, stop - 1, side="right")),
        )
        before = int(ends[first - 1]) if first else 0
        return file.read_row_groups(list(range(first, last + 1)), use_threads=False).slice(start - before, stop - start)


def _together(intake: Intake, read: _Read, parts: Sequence[PartFindings], by: JudgedBy) -> tuple[Intake, Judged]:
    """What was read and found of all parts. Raises: ReporterError - a row was lost between the files and the parts."""
    people = pd.concat([part.rows for part in parts], ignore_index=True).sort_values(
        ["reading", "place"], kind="stable"
    )
    asked = sum(cut.rows for cut in read.cuts)
    if len(people) != asked or people.duplicated(["reading", "place"]).any():
        raise refused(ReporterError, "stop_account_open", read=asked, count=abs(asked - len(people)), rows="–")
    rows = ROWS.cast(pd.concat([people.drop(columns=["reading", "place"]), intake.rows], ignore_index=True))
    rank = pd.Series(np.arange(len(people)), index=people["source_row"].to_numpy())
    settled: dict[int, list[Problem]] = {}
    for part in parts:
        for n, problems in part.settled:
            settled.setdefault(n, []).extend(problems)
    readings = tuple(
        replace(cut.reading, problems=in_place((*cut.reading.problems, *settled.get(n, ()))))
        for n, cut in enumerate(read.cuts)
    )
    found, levels = [part.findings for part in parts], pd.concat([_plain(part.levels) for part in parts])
    levels = levels.sort_values("level", kind="stable").reset_index(drop=True)
    used = {name for part in parts for name in part.used}
    if len(intake.duties):
        ours = examine(ROSTER.empty(), intake.duties, by.record.outages, by.basis)
        found.append(ours.findings)
        used |= set(ours.outages["outage_id"])
    findings = joined(found)
    named = frozenset(findings["person_id"]) | by.watched
    left = [problem for problem in intake.problems if problem.code != "contact_unusable"]
    closing = sorted(
        (p for part in parts for p in part.closing),
        key=lambda p: (rank.get(f"{p.source}!{p.sheet}:{p.row}", 0), p.code),
    )
    unnamed = levels["person_id"].nunique() - len(set(levels["person_id"]) & named)
    note = Problem(by.sources[0].partition("/")[0], "parts_unnamed", value=str(unnamed))
    whole = replace(
        intake,
        roster=_roster([part.roster for part in parts], rank),
        rows=rows,
        readings=readings,
        problems=(*(p for one in readings for p in one.problems), *unusable_contacts(rows), *left, *closing, note),
        contacts=_in_rank(pd.concat([part.contacts for part in parts]), rank).drop_duplicates("contact_email"),
    )
    outages = by.record.outages[by.record.outages["outage_id"].isin(used)].reset_index(drop=True)
    stays = pd.concat([part.stays for part in parts], ignore_index=True)
    return whole, Judged(findings, outages, stays, levels, named)


def _plain(levels: DataFrame) -> DataFrame:
    return levels.assign(
        level=pd.Categorical(levels["level"].astype("str"), NAMES, ordered=True), holder=levels["holder"].astype("str")
    )


def _in_rank(frame: DataFrame, rank: "pd.Series[int]") -> DataFrame:
    """In the order of the files and their rows."""
    order = rank[~rank.index.duplicated()].reindex(frame["source_row"]).to_numpy()
    return frame.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _roster(parts: Sequence[DataFrame], rank: "pd.Series[int]") -> DataFrame:
    """ROSTER of all parts, each row once though it stood beside those of another part too."""
    whole = pd.concat([part.assign(part=n) for n, part in enumerate(parts)], ignore_index=True)
    first = whole.groupby("source_row")["part"].transform("min")
    return ROSTER.cast(_in_rank(whole[whole["part"] == first].drop(columns="part"), rank))
