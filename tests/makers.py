"""Small makers of frames, so that each test writes its input where it is read."""

import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.engine.downtime import information, routes
from reporter.engine.due import Basis, duties
from reporter.engine.exposure import measure
from reporter.engine.risk import judge
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import FINDINGS, OUTAGES, ROSTER
from reporter.outages.adapters import table
from reporter.outages.records import bytes_of
from reporter.outages.source import SourceDocument
from reporter.rules.load import load_rulebook
from reporter.store.ledger_items import Look, record_look

RULEBOOK: Rulebook = load_rulebook()
ROUTES = routes(RULEBOOK)


def instant(text: str) -> Timestamp:
    """An ISO instant with its offset, in UTC."""
    return pd.Timestamp(text).tz_convert("UTC")


def receipts(field: str, said: Any, zone: str = "America/Toronto") -> dict[str, Timestamp]:
    """A receipt as the reader gives it: a time as it is, of a day alone its first moment and its last minute."""
    if hasattr(said, "hour"):
        return {field: instant(said.isoformat())}
    first = pd.Timestamp(said)
    local = {f"{field.removesuffix('_at')}_from_at": first, field: first + pd.Timedelta(hours=23, minutes=59)}
    return {name: at.tz_localize(zone).tz_convert("UTC") for name, at in local.items()}


def roster(rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    """A ROSTER of these people; what a row does not say is as a clean reading would leave it."""
    clear = {"date_certainty": "clear", "reading": ""}
    filled = [
        {"source_row": f"test.xlsx!Staff:{number}", "permit_expires_state": _state(row), **clear, **row}
        for number, row in enumerate(rows, start=2)
    ]
    return ROSTER.cast(DataFrame(filled))


def outages(rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    """An OUTAGES frame; instants may be text with an offset."""
    usual = {"kind": "unplanned", "verification": "official", "status": "resolved", "precision": "minute"}
    filled = [{"outage_id": f"o{number}", **usual, **row} for number, row in enumerate(rows, start=1)]
    frame = DataFrame(filled, columns=[*OUTAGES.names] if not filled else None)
    for name in OUTAGES.of_kind("instant"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    return OUTAGES.cast(frame)


def findings(
    people: DataFrame, record: DataFrame, as_of: str | Timestamp, *, rulebook: Rulebook = RULEBOOK
) -> DataFrame:
    """The engine from roster and outages to FINDINGS, as the pipeline runs it."""
    at = instant(as_of) if isinstance(as_of, str) else as_of
    return judged(due_of(people, at, rulebook), record, at, rulebook=rulebook)


def due_of(people: DataFrame, at: Timestamp, rulebook: Rulebook = RULEBOOK) -> DataFrame:
    """What these people have to do, whatever is down."""
    return duties(people, Basis(rulebook, at))


def judged(due: DataFrame, record: DataFrame, at: Timestamp, *, rulebook: Rulebook = RULEBOOK) -> DataFrame:
    """FINDINGS of these duties beside that record."""
    ways = ROUTES if rulebook is RULEBOOK else routes(rulebook)
    facts = measure(due, record, ways, at, information=information(rulebook))
    is_confirmed = record["verification"].isin(rulebook.limits.confirmed)
    sure = (
        facts if is_confirmed.all() else measure(due, record[is_confirmed], ways, at, information=information(rulebook))
    )
    return judge(due, facts, sure, rulebook)


def one(frame: DataFrame, deadline: str) -> Mapping[str, Any]:
    """The only finding of that deadline, as a mapping."""
    rows = frame[frame["deadline"] == deadline]
    assert len(rows) == 1, list(frame["deadline"])
    return dict(rows.iloc[0])


def _state(row: Mapping[str, Any]) -> str:
    return "date" if row.get("permit_expires_on") is not None else "missing"


EMPTY = FINDINGS.empty()


def png(width=400, height=100, more=b""):
    """A picture of one colour; `more` makes it longer."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + b"\x1f\x3a\x57" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"") + more
    )


def read_outages(path, names, as_of=None):
    """The office's own outage table in that file, whatever else it may look like."""
    return table.read(SourceDocument(path.name, bytes_of(path), names, as_of=as_of))


def record_check(
    store,
    source,
    checked_at,
    *,
    status="read",
    complete_to=None,
    sha256="",
):
    """Note that a source was looked at and nothing entered. `complete_to`: up to when it then missed nothing."""
    record_look(store, Look(source, checked_at, status, complete_to, sha256))
