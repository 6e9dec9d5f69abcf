"""A very large roster in parts: people by a digest of their number, each part read, settled and judged like any roster.

A file's rows go to the parts of their people (`cut_rows`). A part is judged by the function that judges everybody at
once (`examine`); of its findings the text is kept, with keys to order them by, but the frames only of people whom a
workbook or a mail will name (`judge_part`). Both take and give values alone, so that any process of any machine may do
them. A person whose stay rests on another's has that other's rows beside them, judged and then left out.
"""

import pickle
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timestamp
from pyarrow import parquet

from reporter.engine.backtest import duty_states
from reporter.engine.due import Basis
from reporter.engine.risk import ORDER, numbered
from reporter.model.levels import AT_RISK
from reporter.model.problem import Problem
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import OWN, ROSTER, ROWS
from reporter.outages.source import OutageReading
from reporter.pipeline.assemble.gather import Intake, JoinedRosters, joined_rosters
from reporter.pipeline.assemble.inputs import close_account, examine
from reporter.readers.identity import number_keys
from reporter.readers.roster import RosterReading
from reporter.report.tables import findings_text
from reporter.rules.load import federal_holidays
from reporter.rules.wording import tell

GROUP = 4_000  # rows of a group of a Parquet part: the least that is read of it at once
SAMPLE = 250  # of so many findings one shows where the parts are cut to be put in order
SIZE = 8  # bytes that tell how large a packed part is
STORED = ("person_id", "deadline", "occurrence", "level", "rule", "closes_at", "state", "source_row")
"""What the store keeps of a finding; the last tells whose it is."""
KEY = "key_"
"""Begins the names of these among the columns of text."""
Sorted = tuple[int, float, str, str, str]
"""Where a finding stands among all: see `engine/risk.py: ORDER`."""


def person_keys(rows: DataFrame) -> Series:
    """What two spellings of a number have in common, see identity.py; a row without a number goes by its address."""
    return number_keys(rows["person_id"]).fillna(rows["source_row"])


def part_numbers(keys: Series, count: int) -> NDArray[np.intp]:
    """The part of each person, the same on every machine and in every week."""
    return np.asarray(
        pd.util.hash_array(keys.to_numpy(dtype=object), categorize=False) % np.uint64(count), dtype=np.intp
    )


class CutRows(Struct, frozen=True):
    """One reading less its rows, and its rows by part: packed ROSTER and ROWS, indexed by the place in the reading.

    `links` are the keys that rows of each part rest on.
    """

    reading: RosterReading
    parts: Mapping[int, bytes]
    rows: int
    links: Mapping[int, frozenset[str]] = field(default_factory=dict)


def cut_rows(reading: RosterReading, count: int) -> CutRows:
    """The rows of a reading by part; what is told of it, and its rows set aside, stay with it."""
    rows, roster = reading.rows.reset_index(drop=True), reading.roster
    number = Series(part_numbers(person_keys(rows), count), index=rows["source_row"])
    of_roster = roster["source_row"].map(number[~number.index.duplicated()]).to_numpy(dtype=np.intp)
    filled = roster.dropna(axis=1, how="all")
    parts = {}
    for part in np.unique(number.to_numpy()):
        mine = rows[number.to_numpy() == part]
        parts[int(part)] = packed(filled[of_roster == part], mine)
    rests = roster["principal_id"].notna().to_numpy(dtype=bool)
    keys = person_keys(DataFrame({"person_id": roster["principal_id"], "source_row": roster["source_row"]})[rests])
    links = {int(part): frozenset(keys[of_roster[rests] == part]) for part in np.unique(of_roster[rests])}
    bare = replace(reading, roster=ROSTER.empty(), rows=ROWS.empty(), lines=DataFrame())
    return CutRows(bare, parts, len(rows), links)


def packed(roster: DataFrame, rows: DataFrame) -> bytes:
    """Both frames as they travel."""
    content = pickle.dumps((roster, rows), protocol=5)
    return len(content).to_bytes(SIZE, "big") + bytes(pa.compress(content, codec="zstd", asbytes=True))


def unpacked(content: bytes) -> tuple[DataFrame, DataFrame]:
    """The frames that were packed, by this run: nothing else is ever read so."""
    size = int.from_bytes(content[:SIZE], "big")
    found: tuple[DataFrame, DataFrame] = pickle.loads(
        pa.decompress(content[SIZE:], decompressed_size=size, codec="zstd", asbytes=True)
    )
    return found


class PartRows(Struct, frozen=True):
    """The rows of one part: for each of the roster's readings, by its number, what `cut_rows` kept of it.

    `beside` are rows of people whom some here rest on: see the module.
    """

    number: int
    rows: tuple[tuple[int, bytes], ...]
    beside: tuple[tuple[int, bytes], ...] = ()


class JudgedBy(Struct, frozen=True):
    """What every part is judged by, and what of it is kept: `watched` are people to be told of at any level."""

    rulebook: Rulebook
    record: OutageReading
    as_of: Timestamp
    office_zone: str
    degraded_share: float
    language: str
    readings: tuple[RosterReading, ...]
    sources: tuple[str, ...]
    watched: frozenset[str] = frozenset()

    @property
    def basis(self) -> Basis:
        """The same for the engine."""
        return Basis(self.rulebook, self.as_of, self.office_zone, federal_holidays(), self.degraded_share)


class PartFindings(Struct, frozen=True):
    """What was found of one part.

    `table` is a Parquet file of all its findings in order: their text, and the keys of STORED; `sample` is where some
    of them stand. `rows` is ROWS with `reading` and `place`; `levels` has person_id, source_row, level and holder of
    every finding. `findings`, `roster` and `stays` are of people who are told of alone. `contacts` are the languages
    that rows name for their contacts. `settled` are problems by reading, `closing` those of the account.
    """

    number: int
    count: int
    table: bytes
    sample: tuple[Sorted, ...]
    rows: DataFrame
    levels: DataFrame
    findings: DataFrame
    roster: DataFrame
    stays: DataFrame
    contacts: DataFrame
    used: tuple[str, ...]
    settled: tuple[tuple[int, tuple[Problem, ...]], ...]
    closing: tuple[Problem, ...]


def judge_part(by: JudgedBy, part: PartRows) -> PartFindings:
    """What is found of one part, its account closed. Raises: ReporterError - it stays open."""
    readings, places = _readings(by, part)
    people = joined_rosters(readings, by.sources, by.as_of)
    judged = examine(people.roster, OWN.empty(), by.record.outages, by.basis)
    gathered = close_account(_intake(by, people), judged.findings, by.rulebook)
    rows = gathered.rows.assign(**places)[places["is_here"].to_numpy()].drop(columns="is_here")
    mine = set(rows["source_row"])
    found = judged.findings[judged.findings["source_row"].isin(mine)].reset_index(drop=True)
    roster = gathered.roster
    own = roster[roster["source_row"].isin(mine)]
    at_risk = set(found.loc[found["level"].isin(AT_RISK), "person_id"])
    named = at_risk | by.watched
    rests = set(own.loc[own["person_id"].isin(named), "principal_id"].dropna())
    position = _positions(found)
    return PartFindings(
        number=part.number,
        count=len(found),
        table=_table(found, own, by),
        sample=tuple(position(n) for n in range(0, len(found), SAMPLE)),
        rows=rows,
        levels=found[["person_id", "source_row", "level", "holder"]],
        findings=found[found["person_id"].isin(named)].reset_index(drop=True),
        roster=roster[roster["person_id"].isin(named | rests)],
        stays=judged.stays[judged.stays["person_id"].isin(at_risk)],
        contacts=own[["contact_email", "language", "source_row"]].dropna().drop_duplicates("contact_email"),
        used=tuple(sorted(_used(found))),
        settled=tuple((n, _of(one.problems, mine)) for n, one in enumerate(people.readings) if one.problems),
        closing=_of(gathered.problems[len(people.problems) :], mine),
    )


def _of(problems: Iterable[Problem], rows: AbstractSet[str]) -> tuple[Problem, ...]:
    """Those at these rows."""
    return tuple(p for p in problems if f"{p.source}!{p.sheet}:{p.row}" in rows)


def _used(found: DataFrame) -> set[str]:
    """The outages that these findings rely on."""
    names = found["outages"].cat.remove_unused_categories().cat.categories
    return {name for together in names for name in together.split(";") if name}


def _readings(by: JudgedBy, part: PartRows) -> tuple[list[RosterReading], DataFrame]:
    """The readings with the rows of this part; and of each its reading and place, and whether it is of this part."""
    pieces: dict[int, list[tuple[DataFrame, DataFrame]]] = {}
    for is_here, contents in ((True, part.rows), (False, part.beside)):
        for n, content in contents:
            roster, rows = unpacked(content)
            pieces.setdefault(n, []).append((ROSTER.cast(roster), rows.assign(is_here=is_here, reading=n)))
    readings, places = [], []
    for n, bare in enumerate(by.readings):
        if n not in pieces:
            readings.append(replace(bare, problems=()))
            continue
        roster, rows = (pd.concat(frames).sort_index(kind="stable") for frames in zip(*pieces[n], strict=True))
        places.append(rows[["reading", "is_here"]].assign(place=rows.index))
        whole = ROWS.cast(rows.drop(columns=["is_here", "reading"]).reset_index(drop=True))
        lines = DataFrame(index=pd.Index(rows["source_row"], name="source_row"))
        people = roster.reset_index(drop=True)
        readings.append(replace(bare, roster=people, rows=whole, problems=(), lines=lines))
    return readings, pd.concat(places, ignore_index=True)


def _intake(by: JudgedBy, people: JoinedRosters) -> Intake:
    return Intake(
        roster=people.roster,
        duties=OWN.empty(),
        rows=people.rows,
        readings=people.readings,
        sources=people.sources,
        record=by.record,
        problems=people.problems,
        failures=(),
        inputs=(),
        has_outage_record=True,
    )


def _table(found: DataFrame, roster: DataFrame, by: JudgedBy) -> bytes:
    """The findings as a Parquet file: the cells of findings.csv, and beside them what the store keeps."""
    text = findings_text(found, tell(found, roster, by.rulebook.whole, by.language))
    stored = numbered(found).assign(state=duty_states(found))[list(STORED)]
    plain = stored.astype(dict.fromkeys(("deadline", "level", "rule", "state"), "str"))
    keys = pa.Table.from_pandas(plain, preserve_index=False)
    for name in STORED:
        text = text.append_column(f"{KEY}{name}", keys[name])
    out = pa.BufferOutputStream()
    parquet.write_table(text, out, row_group_size=GROUP, compression="zstd", compression_level=1)
    content: bytes = out.getvalue().to_pybytes()
    return content


def _positions(found: DataFrame) -> Callable[[int], Sorted]:
    """Where a finding of these stands among all."""
    level, closes_at = found["level"].cat.codes.to_numpy(), found["closes_at"]
    at = closes_at.astype("int64").where(closes_at.notna(), np.inf).to_numpy(dtype=float)
    texts = [found[name].astype("str").array for name in ORDER[2:]]
    return lambda n: (int(level[n]), float(at[n]), str(texts[0][n]), str(texts[1][n]), str(texts[2][n]))
