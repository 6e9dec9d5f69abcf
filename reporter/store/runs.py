"""What earlier runs found, so that a report can say what is new, worse, better or gone; and whose turn it is to run.

A run is recorded in one transaction; recorded again, it replaces itself. Findings are kept for the last KEPT_RUNS runs
of a series, and for those that some reader had last; the figures of a run for good.

A lease is one row a report, taken, kept alive and given back. The row stays between runs: its last sign of life tells
whether the clock has gone back or leapt since.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import count, repeat
from typing import Any

import pandas as pd
from msgspec import Struct, field
from msgspec.structs import asdict
from pandas import DataFrame, Series, Timedelta, Timestamp
from sqlalchemy import Connection, Row, Select, Table, delete, func, insert, select, update

from reporter.model.mail import MAIL, SENT, ReportKey
from reporter.model.shapes import EVENTS as SHAPE_OF_EVENTS
from reporter.store.database import Store, lock_table
from reporter.store.ledger_rows import instant_text
from reporter.store.tables import outbox, report_names, run_events, run_findings, run_folders, run_leases, runs

log = logging.getLogger(__name__)
KEPT_RUNS = 60
KEPT_EVENTS = 8  # runs; beside those that some reader had last, only the latest are ever asked for
EVENTS = ["recipient", "uid", "sequence", "starts_at", "mark", "is_cancelled"]
FOUND = ["person_id", "deadline", "occurrence", "level", "rule", "closes_at"]
BESIDE = ["reader", "state"]
KEPT = [*FOUND, *BESIDE]

BEAT = Timedelta(minutes=10)
"""No step of a run goes longer without a sign of life."""
LEASE = 3 * BEAT


class RunRecord(Struct, frozen=True):
    """One run's figures. `series` says which rosters it read: runs of one series are compared."""

    run_id: str
    series: str
    as_of: Timestamp
    finished_at: Timestamp | None = None
    rows_read: int = 0
    rows_assessed: int = 0
    rows_set_aside: int = 0
    rows_excluded: int = 0
    people: int = 0
    people_by_level: Mapping[str, int] = field(default_factory=dict)
    rulebook_sha256: str = ""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""  # where its files are, if a person named the place


def record_run(
    store: Store,
    run: RunRecord,
    findings: DataFrame | Iterable[DataFrame],
    events: DataFrame | None = None,
    beside: Callable[[Connection], object] = lambda _: None,
) -> None:
    """Keep the run with its findings and calendar events, all or nothing; the same run_id again replaces what was kept.

    Takes: findings - FOUND, one row a duty; `occurrence` tells a person's several duties of one kind apart; with
           `reader` and `state` beside where it is known whose row it was and how the duty stood; or several such
           frames, one asked for at a time; EVENTS.
           beside - what else is written in the same transaction: the mails the run leads to.
    """
    parts = [findings] if isinstance(findings, DataFrame) else findings
    told = [] if events is None else _event_columns(events)
    with store.begin() as connection:
        connection.execute(delete(runs).where(runs.c.run_id == run.run_id))
        number = connection.execute(insert(runs).values(_values(run)).returning(runs.c.number)).scalar_one()
        _insert(connection, run_findings.name, KEPT, _numbered(number, parts))
        if told:
            _insert(connection, run_events.name, EVENTS, zip(repeat(number), count(), *told, strict=False))
        _prune(connection, run.series)
        beside(connection)
    log.info("run recorded")


def _numbered(run: int, parts: Iterable[DataFrame]) -> Iterator[tuple[Any, ...]]:
    """The rows of all parts, each with the number of its run and its place among all."""
    place = 0
    for part in parts:
        yield from zip(repeat(run), range(place, place + len(part)), *_columns(part), strict=False)
        place += len(part)


def last_run(store: Store, series: str, before: Timestamp | None = None) -> RunRecord | None:
    """The latest run of the series, or the latest whose as_of is before that instant; None on a first run."""
    query = select(runs).where(runs.c.series == series).order_by(runs.c.as_of.desc(), runs.c.number.desc()).limit(1)
    if before is not None:
        query = query.where(runs.c.as_of < instant_text(before))
    row = store.row(query)
    return None if row is None else _record(row)


def latest_manifests(store: Store, most: int) -> list[Mapping[str, Any]]:
    """The manifests of the runs recorded last, of whichever series."""
    query = select(runs.c.manifest).order_by(runs.c.number.desc()).limit(most)
    return [json.loads(text) for text in store.scalars(query)]


def forgotten_runs(store: Store, run_ids: Collection[str]) -> list[str]:
    """Those of these runs that the store has neither on record nor in a mail."""
    asked = [select(table.c.run_id).where(table.c.run_id.in_(run_ids)) for table in (runs, outbox)]
    known = set(store.scalars(asked[0].union(asked[1])))
    return [run_id for run_id in run_ids if run_id not in known]


def known_report(store: Store, name: str) -> tuple[str, str] | None:
    """The organisation and the id of the report that has or had this name; None when none ever had."""
    query = select(report_names.c.organisation, report_names.c.series).where(report_names.c.name == name)
    row = store.row(query)
    return None if row is None else (row.organisation, row.series)


def organisations_of(store: Store, series: str) -> list[str]:
    """Under which names of organisations that report has planned mails."""
    query = select(outbox.c.organisation).where(outbox.c.series == series).distinct().order_by(outbox.c.organisation)
    return list(store.scalars(query))


def note_names(connection: Connection, names: tuple[str, str], report: ReportKey) -> None:
    """Write down that the report goes by these names too, or again: its own, and one that another may have already."""
    row, (own, shared) = asdict(report), names
    if connection.execute(update(report_names).where(report_names.c.name == own).values(row)).rowcount == 0:
        connection.execute(insert(report_names).values(row | {"name": own}))
    there = connection.execute(select(report_names.c.name).where(report_names.c.name == shared)).first()
    if there is None:
        connection.execute(insert(report_names).values(row | {"name": shared}))


def named_folders(store: Store) -> list[str]:
    """Where people had runs written, or begun to be, beside the folder of the settings."""
    finished, begun = select(runs.c.folder).where(runs.c.folder != ""), select(run_folders.c.folder)
    return sorted(store.scalars(finished.union(begun)))


def note_folder(store: Store, folder: str) -> None:
    """Write down that a run is to be written there, before the first of its files is."""
    with store.begin() as connection:
        if connection.execute(select(run_folders).where(run_folders.c.folder == folder)).first() is None:
            connection.execute(insert(run_folders).values(folder=folder))


def runs_between(store: Store, series: str, first_at: Timestamp, last_at: Timestamp) -> list[RunRecord]:
    """The runs of the series whose as_of lies within the period, oldest first; of one instant, the last recorded."""
    within = runs.c.as_of.between(instant_text(first_at), instant_text(last_at))
    query = select(runs).where(runs.c.series == series, within).order_by(runs.c.as_of, runs.c.number)
    rows = store.rows(query)
    return list({row.as_of: _record(row) for row in rows}.values())


def last_made(store: Store, series: str, before: Timestamp) -> Timestamp | None:
    """As of when the latest report before that instant was made; one made for a future instant is none yet."""
    is_real = runs.c.finished_at.is_(None) | (runs.c.as_of <= runs.c.finished_at)
    query = select(func.max(runs.c.as_of)).where(runs.c.series == series, runs.c.as_of < instant_text(before), is_real)
    found = store.scalar(query)
    return None if found is None else Timestamp(found)


def runs_before(store: Store, series: str, before: Timestamp) -> Iterator[RunRecord]:
    """The runs of the series as of an earlier instant, the latest first, one asked for at a time."""
    at = before
    while (found := last_run(store, series, at)) is not None:
        yield found
        at = found.as_of


def run_instants(store: Store, series: str) -> dict[str, Timestamp]:
    """As of when the runs of the series are, by id: what a run says can be long."""
    query = select(runs.c.run_id, runs.c.as_of).where(runs.c.series == series)
    return {row.run_id: Timestamp(row.as_of) for row in store.rows(query)}


def latest_of_each_series(store: Store, before: Timestamp) -> dict[str, str]:
    """Of the runs as of an earlier instant, the one recorded last of every report in the store: run_id by series."""
    last = select(func.max(runs.c.number)).where(runs.c.as_of < instant_text(before)).group_by(runs.c.series)
    query = select(runs.c.series, runs.c.run_id).where(runs.c.number.in_(last)).order_by(runs.c.number.desc())
    return {row.series: row.run_id for row in store.rows(query)}


def runs_named(store: Store, run_ids: Collection[str]) -> dict[str, RunRecord]:
    """These runs, by id."""
    rows = store.rows(select(runs).where(runs.c.run_id.in_(run_ids)))
    return {row.run_id: _record(row) for row in rows}


def people_found(store: Store, run_id: str, levels: Collection[str] = ()) -> set[str]:
    """The ids of everybody whom that run found something of, or something at one of these levels."""
    query = (
        select(run_findings.c.person_id)
        .join(runs, runs.c.number == run_findings.c.run_number)
        .where(runs.c.run_id == run_id)
        .distinct()
    )
    if levels:
        query = query.where(run_findings.c.level.in_(levels))
    return set(store.scalars(query))


def _in_order(table: Table, names: Iterable[str], run_id: str) -> Select[Any]:
    """These columns of what that run left in the table, in the order recorded."""
    of_run = select(*(table.c[name] for name in names)).join(runs, runs.c.number == table.c.run_number)
    return of_run.where(runs.c.run_id == run_id).order_by(table.c.position)


def findings_of(store: Store, run_id: str, among: AbstractSet[str] | None = None) -> DataFrame:
    """What that run found: FOUND, in the order recorded; empty when it is not kept. Takes: among - of whom alone."""
    query = _in_order(run_findings, FOUND, run_id)
    rows = [row for row in store.rows(query) if among is None or row.person_id in among]
    columns = list(zip(*rows, strict=True)) or [()] * len(FOUND)
    frame = DataFrame(dict(zip(FOUND, columns, strict=True)))
    closes_at = _instants(frame["closes_at"])
    kinds = dict.fromkeys(("person_id", "deadline", "level", "rule"), "str") | {"occurrence": "int64"}
    return frame.assign(closes_at=closes_at).astype(kinds)


def owners_found(store: Store, run_id: str, among: AbstractSet[str] | None = None) -> Series:
    """Whose row each finding of that run was, on the index of `findings_of`; empty where that was not kept."""
    return _beside(store, run_id, "reader", among)


def states_found(store: Store, run_id: str) -> Series:
    """How each duty stood at that run, on the index of `findings_of`; empty where that was not kept."""
    return _beside(store, run_id, "state")


def _beside(store: Store, run_id: str, name: str, among: AbstractSet[str] | None = None) -> Series:
    query = _in_order(run_findings, (name, "person_id"), run_id)
    found = [said for said, person in store.rows(query) if among is None or person in among]
    return Series(found, dtype="str")


def events_of(store: Store, run_id: str) -> DataFrame:
    """The calendar events of that run: EVENTS, in the order recorded; empty when they are not kept."""
    rows = store.rows(_in_order(run_events, EVENTS, run_id))
    columns = list(zip(*rows, strict=True)) or [()] * len(EVENTS)
    frame = DataFrame(dict(zip(EVENTS, columns, strict=True)))
    return SHAPE_OF_EVENTS.cast(frame.assign(starts_at=_instants(frame["starts_at"])))


def _columns(findings: DataFrame) -> list[list[Any]]:
    """The columns of KEPT as plain values: the fastest thing a driver takes."""
    known = findings.assign(**{name: "" for name in BESIDE if name not in findings})
    columns = known[KEPT].assign(closes_at=_seconds(findings["closes_at"]))
    return [columns[name].tolist() for name in KEPT]


def _seconds(at: Series) -> Series:
    """Whole seconds since 1970, and None where there is no instant."""
    seconds = at.astype("datetime64[s, UTC]").astype("int64").astype("object")
    return seconds.where(at.notna(), None)


def _event_columns(events: DataFrame) -> list[list[Any]]:
    plain = events[EVENTS].assign(starts_at=_seconds(events["starts_at"]), is_cancelled=events["is_cancelled"] * 1)
    return [plain[name].tolist() for name in EVENTS]


def _instants(seconds: Series) -> Series:
    """Whole seconds since 1970 as instants."""
    return pd.to_datetime(seconds.astype("Int64"), unit="s", utc=True).astype("datetime64[us, UTC]")


def _insert(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Many rows at the speed of the driver: COPY where there is one."""
    cursor: Any = connection.connection.cursor()  # the driver's own: it takes an iterator, and can COPY
    names = ["run_number", "position", *columns]
    try:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(names))
            cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
            return
        with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    finally:
        cursor.close()


def _prune(connection: Connection, series: str) -> None:
    """Forget the findings and events of all but the latest runs, and those that some reader had last."""
    latest = select(runs.c.number).where(runs.c.series == series).order_by(runs.c.as_of.desc(), runs.c.number.desc())
    needed = set(connection.execute(_last_sent(series)).scalars())
    for table, kept in ((run_findings, KEPT_RUNS), (run_events, KEPT_EVENTS)):
        old = [row.number for row in connection.execute(latest.offset(kept)) if row.number not in needed]
        if old:
            connection.execute(delete(table).where(table.c.run_number.in_(old)))


def _last_sent(series: str) -> Select[tuple[int]]:
    """The runs of the last mail that each reader was sent: their next one is compared with it."""
    arrived = (outbox.c.series == series) & (outbox.c.state == SENT) & (outbox.c.channel == MAIL)
    last = select(func.max(outbox.c.number)).where(arrived).group_by(outbox.c.organisation, outbox.c.recipient)
    of_mails = select(outbox.c.run_id).where(outbox.c.number.in_(last))
    return select(runs.c.number).where(runs.c.run_id.in_(of_mails))


def _values(run: RunRecord) -> dict[str, Any]:
    plain = {column.name: getattr(run, column.name) for column in runs.columns if column.name != "number"}
    return plain | {
        "as_of": instant_text(run.as_of),
        "finished_at": None if run.finished_at is None else instant_text(run.finished_at),
        "people_by_level": json.dumps(dict(run.people_by_level), sort_keys=True),
        "manifest": json.dumps(dict(run.manifest), sort_keys=True, ensure_ascii=False),
    }


def _record(row: Row[Any]) -> RunRecord:
    kept = dict(row._mapping)
    del kept["number"]
    return RunRecord(
        **kept
        | {
            "as_of": Timestamp(row.as_of),
            "finished_at": None if row.finished_at is None else Timestamp(row.finished_at),
            "people_by_level": json.loads(row.people_by_level),
            "manifest": json.loads(row.manifest),
        }
    )


class Lease(Struct, frozen=True):
    """One row, as the store has it: instants are its text, and an empty one is none."""

    name: str
    holder: str
    place: str
    boot: str
    since_at: str
    beat_at: str
    doubted_at: str = ""

    def is_over(self, now: Timestamp) -> bool:
        """Whether nobody holds it, or whoever did has given no sign of life for too long.

        NOTE: a sign of life from far ahead of this clock is no sign: one of the two clocks was wrong.
        """
        return not self.holder or abs(now - Timestamp(self.beat_at)) > LEASE


_LEASE = tuple(run_leases.c[name] for name in Lease.__struct_fields__)


def lease_of(store: Store, name: str) -> Lease | None:
    """The lease as it stands; None when that report was never run."""
    with store.begin() as connection:
        return _read(connection, name)


def take(store: Store, wanted: Lease, now: Timestamp, is_gone: Callable[[Lease], bool]) -> Lease | None:
    """Take the lease, and give back None; or, when somebody holds it, give back theirs and change nothing.

    Takes: is_gone - whether the holder of that lease is known to have ended; else its signs of life tell.
    """
    with store.begin() as connection:
        lock_table(connection, run_leases)
        there = _read(connection, wanted.name)
        if there is None:
            connection.execute(insert(run_leases).values(asdict(wanted)))
            return None
        if not there.is_over(now) and not is_gone(there):
            return there
        connection.execute(update(run_leases).where(run_leases.c.name == wanted.name).values(asdict(wanted)))
        return None


def beat(store: Store, lease: Lease, now: Timestamp) -> bool:
    """Give a sign of life; False when another has taken the lease over."""
    with store.begin() as connection:
        return holds(connection, lease, now)


def holds(connection: Connection, lease: Lease, now: Timestamp) -> bool:
    """Whether the lease is still this run's, asked in the transaction that depends on it."""
    done = connection.execute(update(run_leases).where(_held(lease)).values(beat_at=instant_text(now)))
    return done.rowcount == 1


def give_back(store: Store, lease: Lease, now: Timestamp) -> None:
    """Let the next one run."""
    with store.begin() as connection:
        connection.execute(update(run_leases).where(_held(lease)).values(holder="", beat_at=instant_text(now)))


def _read(connection: Connection, name: str) -> Lease | None:
    row = connection.execute(select(*_LEASE).where(run_leases.c.name == name)).one_or_none()
    return None if row is None else Lease(*row)


def _held(lease: Lease) -> Any:
    return (run_leases.c.name == lease.name) & (run_leases.c.holder == lease.holder)
