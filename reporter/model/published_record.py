"""An office's public record of outages: what stands in it, how its entries are chained, and how it is written.

Each entry is sealed over the one in front of it, the first over the name of the record, and the whole is written in
one way only: whoever reads it can hold every byte against its signature. No person has a place in it. Pure.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

FORMAT: Literal["outage-record/1"] = "outage-record/1"
PREFIX = "record:"
"""How the ids of outages begin that somebody else published."""
TAKEN_BACK = "withdrawn"


class PublicFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """What is public of one outage; instants are UTC, empty where nothing is known."""

    outage_id: str
    services: tuple[str, ...]
    began_at: str
    ended_at: str
    precision: Literal["minute", "hour", "day"]
    kind: Literal["unplanned", "planned", "degraded", "intermittent", "security"]
    verification: Literal["official", "press"]
    status: Literal["announced", "ongoing", "resolved", "cancelled"]
    announced_at: str
    source_url: str
    title: str


class PublicEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: what became of an outage, when the publisher's ledger had it, and the seals that chain it."""

    number: int
    action: Literal["added", "amended", "withdrawn"]
    recorded_at: str
    outage: PublicFacts
    previous_sha256: str
    sha256: str = ""


class LedgerRow(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest row of the publisher's ledger that the record was made of: another ledger does not have it."""

    number: int
    sha256: str


class ServiceTitle(Struct, frozen=True, forbid_unknown_fields=True):
    """What a service is called."""

    en: str
    fr: str


class PublicRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole document. A part holds some outages, given to another office, and is nobody's whole record.

    `record` names the ledger and stays when the key changes; `complete_to` is the instant up to which the publisher
    vouches that nothing is missing, empty for none.
    """

    format: Literal["outage-record/1"]
    record: str
    publisher: str
    key: str
    is_part: bool
    complete_to: str
    ledger: LedgerRow
    services: Mapping[str, ServiceTitle]
    entries: tuple[PublicEntry, ...]
    signature: str = ""

    @property
    def head(self) -> str:
        """The seal of the newest entry; that of the record's name where there is none yet."""
        return self.entries[-1].sha256 if self.entries else _first_seal(self.record)

    def newest(self) -> dict[str, PublicEntry]:
        """The last entry of each outage, in the order in which they were first published."""
        return {entry.outage.outage_id: entry for entry in self.entries}


def _first_seal(record: str) -> str:
    """What the first entry is sealed over: two records never share an entry."""
    return hashlib.sha256(f"{FORMAT}\n{record}".encode()).hexdigest()


def sealed(
    record: str, news: Iterable[tuple[str, str, PublicFacts]], before: Sequence[PublicEntry] = ()
) -> tuple[PublicEntry, ...]:
    """The entries with more behind them. Takes: news - of each its action, when it was recorded, and the facts."""
    done = list(before)
    previous = done[-1].sha256 if done else _first_seal(record)
    for number, (action, at, facts) in enumerate(news, len(done) + 1):
        one = msgspec.convert(
            {"number": number, "action": action, "recorded_at": at, "outage": facts, "previous_sha256": previous},
            PublicEntry,
            from_attributes=True,
        )
        previous = _seal(one)
        done.append(msgspec.structs.replace(one, sha256=previous))
    return tuple(done)


def broken_entry(record: PublicRecord) -> int:
    """The number of the first entry that is not sealed over the one in front of it; 0 when all are."""
    previous = _first_seal(record.record)
    for number, entry in enumerate(record.entries, 1):
        if (entry.number, entry.previous_sha256, entry.sha256) != (number, previous, _seal(entry)):
            return number
        previous = entry.sha256
    return 0


def written(record: PublicRecord) -> bytes:
    """The document in the one way it is written: a line for each fact of the record, a line for each entry."""
    facts = {name: value for name, value in msgspec.to_builtins(record).items() if name != "entries"}
    signature = facts.pop("signature")
    lines = [f"{_json(name)}: {_json(value)}" for name, value in facts.items()]
    entries = ",\n".join(_json(msgspec.to_builtins(entry)) for entry in record.entries)
    lines.append(f'"entries": [\n{entries}\n]' if entries else '"entries": []')
    lines += [f'"signature": {_json(signature)}'] if signature else []
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def schema() -> bytes:
    """The JSON Schema of the document, for whoever reads it with another program."""
    return (json.dumps(msgspec.json.schema(PublicRecord), indent=1, sort_keys=True) + "\n").encode()


def _seal(entry: PublicEntry) -> str:
    facts = msgspec.to_builtins(entry)
    del facts["sha256"]
    return hashlib.sha256(_json(facts).encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
