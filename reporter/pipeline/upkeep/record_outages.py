"""From a source to the ledger: read it, see what is new, keep the bytes it came from, and note that somebody looked."""

import logging
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.errors import OutageFileError
from reporter.model.problem import Problem
from reporter.outages.door import Described, read_file
from reporter.outages.fetch import PAGES, Address, FetchResult, accept, fetch
from reporter.outages.notice.read import NOW, read_notice
from reporter.outages.reading import OutageReading, merge_readings
from reporter.outages.sources import continue_notices, settle_states
from reporter.store.database import Store
from reporter.store.ledger import (
    Captures,
    Imported,
    Provenance,
    import_outages,
    known_ids,
    outages_known_at,
    record_check,
    source_ages,
    told_by,
)

log = logging.getLogger(__name__)
LONG_AGO = pd.Timestamp("1990-01-01", tz="UTC").as_unit("us")
NOTHING = Imported(0, 0, 0, 0)
SUFFIXES = {"statuspage": ".json", "feed": ".xml", "ical": ".ics", "table": ".csv", "pairs": ".csv"}


@dataclass(frozen=True)
class IntakeResult:
    """What came of one source: `status` is read, unchanged, empty, schema_drift or what the fetch says.

    `drafts` counts the notices read that are not on record yet, because nobody has confirmed them.
    """

    name: str
    status: str
    imported: Imported
    problems: tuple[Problem, ...] = ()
    why: str = ""
    drafts: int = 0


def enter_file(
    store: Store,
    captures: Captures,
    path: Path,
    names: Mapping[str, str],
    *,
    at: Timestamp,
    told: Described | None = None,
    address: str = "",
    complete_to: Timestamp | None = None,
) -> IntakeResult:
    """Read one file and put what it says into the ledger; its bytes are kept under their SHA-256.

    Raises: OutageFileError when the file as a whole cannot be used; nothing is recorded then.
    """
    told = told or Described()
    reading, clock_told = _read(path, names, told, at)
    reading = _settled(store, reading, address or path.name, at)
    sha256 = captures.keep(path.read_bytes())
    refused, twice = _given_up(reading.problems)
    imported = import_outages(
        store,
        reading.outages,
        source=Provenance(address=address or path.name, language=told.language, captured_at=at, sha256=sha256),
        recorded_at=at,
        unspecified=_unspecified(reading),
        clock_told=clock_told,
        refused=refused,
    )
    status = "read" if len(reading.outages) else "empty"
    until = complete_to if complete_to is not None else reading.complete_to
    record_check(store, address or path.name, at, status=status, complete_to=until, sha256=sha256)
    return IntakeResult(path.name, status, with_twice(imported, twice), reading.problems)


def enter_addresses(
    store: Store,
    captures: Captures,
    wanted: Sequence[tuple[str, Described]],
    names: Mapping[str, str],
    *,
    at: Timestamp,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[IntakeResult, ...]:
    """Fetch each address and put what changed into the ledger; one that fails costs the others nothing."""
    addresses = [Address(url, told.kind) for url, told in wanted]
    fetched = fetch(addresses, captures, now=at, sleep=sleep)
    return tuple(
        _entered(store, captures, one, told, names, at) for one, (_, told) in zip(fetched, wanted, strict=True)
    )


def _settled(store: Store, reading: OutageReading, address: str, at: Timestamp) -> OutageReading:
    """The reading beside what the ledger knows, where it saw states, or lists all that is open."""
    if not (reading.states or reading.whole or reading.first_seen):
        return reading
    looked = source_ages(store, at).set_index("source")["looked_at"].get(address)
    last_look = None if looked is None or pd.isna(looked) else looked
    return settle_states(
        reading, outages_known_at(store), own=told_by(store, address), last_look=last_look, source=address
    )


def read_files(
    paths: Sequence[Path], names: Mapping[str, str], *, at: Timestamp
) -> tuple[DataFrame, tuple[Problem, ...]]:
    """The outages of these files and what was wrong with them; the ledger is not touched."""
    record = merge_readings([read_file(path, names, as_of=at) for path in paths])
    return record.outages, record.problems


def with_twice(imported: Imported, twice: int) -> Imported:
    """The account with the rows that repeat another row of the same file, which change nothing."""
    return Imported(
        imported.read + twice,
        imported.added,
        imported.changed,
        imported.unchanged + twice,
        imported.refused,
        imported.reopened,
    )


def shown_address(url: str) -> str:
    """The address without a password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _entered(
    store: Store, captures: Captures, one: FetchResult, told: Described, names: Mapping[str, str], at: Timestamp
) -> IntakeResult:
    address = shown_address(one.address.url)
    if one.status != "read":
        record_check(store, address, at, status=one.status, complete_to=at if one.is_good else None)
        return IntakeResult(address, one.status, NOTHING, why=one.why)
    if told.kind in PAGES:
        return _entered_notices(store, captures, one, told, names, at)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _file_name(address, told.kind)
        path.write_bytes(one.content)
        try:
            entered = enter_file(store, captures, path, names, at=at, told=told, address=address, complete_to=at)
        except OutageFileError as e:
            record_check(store, address, at, status="schema_drift")
            return IntakeResult(address, "schema_drift", NOTHING, why=str(e))
    accept(captures, one)
    return IntakeResult(address, entered.status, entered.imported, entered.problems)


def _entered_notices(
    store: Store, captures: Captures, one: FetchResult, told: Described, names: Mapping[str, str], at: Timestamp
) -> IntakeResult:
    """The notices of a page: on record if the page is trusted; else drafts, met again until they are."""
    address = shown_address(one.address.url)
    text = one.content.decode("utf-8", "replace")
    reading = read_notice(text, names, page=told.page or address, captured_at=at)
    outages = continue_notices(reading.outages, outages_known_at(store), NOW)
    imported, is_new = NOTHING, ~outages["outage_id"].isin(known_ids(store))
    if told.trusted:
        origin = Provenance(address=address, language=told.language, captured_at=at, sha256=one.sha256)
        raw = {
            now: reading.raw[was] for was, now in zip(reading.outages["outage_id"], outages["outage_id"], strict=True)
        }
        imported = import_outages(store, outages, source=origin, recorded_at=at, raw=raw)
    drafts = 0 if told.trusted else int(is_new.sum())
    if not drafts:
        accept(captures, one)
    status = "read" if len(reading.outages) else "empty"
    record_check(store, address, at, status=status, complete_to=at, sha256=one.sha256)
    return IntakeResult(address, status, imported, reading.problems, drafts=drafts)


def _file_name(address: str, kind: str) -> str:
    """A name that tells the reader where a fault is, of plain letters only."""
    parts = urlsplit(address)
    name = "".join(c if c.isalnum() or c in "-." else "-" for c in f"{parts.hostname}{parts.path}").strip("-.")
    suffix = SUFFIXES.get(kind, "")
    return name[:100] if name.endswith(suffix) else name[:100] + suffix


def _read(path: Path, names: Mapping[str, str], told: Described, at: Timestamp) -> tuple[OutageReading, frozenset[str]]:
    """The reading, and the outages whose status nobody stated: read long ago, these would all be still to come."""
    reading = read_file(path, names, told, as_of=at)
    if not any(p.code == "outage_word_missing" and p.column == "status" for p in reading.problems):
        return reading, frozenset()
    early = read_file(path, names, told, as_of=LONG_AGO).outages.set_index("outage_id")["status"]
    now = reading.outages.set_index("outage_id")["status"]
    return reading, frozenset(now.index[now != early.reindex(now.index)])


def _unspecified(reading: OutageReading) -> dict[str, str]:
    """By outage, the names that mean no known service, one a line."""
    names = {outage_id: "\n".join(parts) for outage_id, parts in reading.unspecified.items()}
    rows = {place.rpartition(":")[2]: str(id_) for place, id_ in _places(reading)}
    for problem in reading.problems:
        if problem.code == "outage_services_unknown" and str(problem.row) in rows:
            names.setdefault(rows[str(problem.row)], problem.details["unknown"].replace("; ", "\n"))
    return names


def _places(reading: OutageReading) -> list[tuple[str, str]]:
    return list(zip(reading.outages["source_row"].tolist(), reading.outages["outage_id"].tolist(), strict=True))


def _given_up(problems: Sequence[Problem]) -> tuple[int, int]:
    """How many records were refused or overruled by a later one, and how many stand twice with the same content."""
    refused = {(p.sheet, p.row) for p in problems if p.row and (p.severity == "error" or p.code == "outage_id_twice")}
    twice = {(p.sheet, p.row) for p in problems if p.code == "outage_same_twice"}
    return len(refused), len(twice - refused)
