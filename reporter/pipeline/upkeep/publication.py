"""What this office publishes of its ledger: a signed record that only grows, its site, a part of it to give, its key.

Public is what an official source or the press confirms, told by an address. Of an outage somebody else publishes
nothing is published again, and nothing that names a person of the rosters: not in a title, an id or an address.

Where the public records of others and our own say otherwise of one outage, `disagreements` shows both side by side, and
nobody decides here. Each that says something stands on record under an id of its own, so that the hours of all count;
`outages merge` says which of them stands for the others. What two say alike is on record once, and is no difference.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pandas as pd
from msgspec import Struct
from pandas import DataFrame, Timedelta, Timestamp

from reporter.delivery.leak_scan import Identifiers
from reporter.delivery.mail_texts import fold_text
from reporter.errors import OutageFileError, SettingsError, StoreError, refused
from reporter.model.published_record import (
    FORMAT,
    PREFIX,
    TAKEN_BACK,
    LedgerRow,
    PublicEntry,
    PublicFacts,
    PublicRecord,
    ServiceTitle,
    sealed,
    written,
)
from reporter.model.rulebook import Rulebook, Service
from reporter.model.shapes import UNSPECIFIED
from reporter.outages.adapters.record import EXTRA, KEY, checked_record
from reporter.outages.source import SourceDocument, short_note
from reporter.pipeline.assemble.gather import gather_inputs
from reporter.pipeline.assemble.inputs import source_names
from reporter.pipeline.run.leak_guard import everybody
from reporter.pipeline.upkeep.record_outages import OpenLedger, enter_bytes
from reporter.report.people import row_dicts
from reporter.report.public_site import RECORD, site_files
from reporter.resources import library, samples
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import Settings
from reporter.store.captures import Captures, write_whole
from reporter.store.database import Store
from reporter.store.ledger import has_head, identity, outages_known_at, raw_texts, versions_after
from reporter.store.ledger_items import complete_to
from reporter.store.ledger_rows import Head

PRIVATE_KEY = "record-key.pem"
HISTORY = "outages/history.csv"
CONFIRMED = ("official", "press")
GONE = ("merged", "withdrawn")
_READ_BY_ALL, _OF_OWNER = 0o644, 0o077
Change = tuple[str, str, PublicFacts]
"""What became of an outage, when, and what is public of it."""


class Publication(Struct, frozen=True):
    """What was published: the whole record, and how many of its entries are new."""

    record: PublicRecord
    new: int


def publish(
    settings: Settings, store: Store, captures: Captures, folder: Path, *, at: Timestamp, with_history: bool = True
) -> Publication:
    """Write the site. What stands in the folder is gone on from: an entry that was published stays as it is.

    The first time the packaged history goes on record before it, unless it is not wanted.

    Raises: ReporterError - there is no key or no name; what stands there is of another key or ledger; a roster cannot
    be read, so that nobody knows whether a person stands in what is new.
    """
    key, book = _key_and_rules(settings)
    if folder.resolve() in (settings.path(PRIVATE_KEY).resolve().parents):
        raise refused(SettingsError, "stop_record_key_in_site", where=str(folder))
    before = _published(folder / RECORD, store, _public_text(key))
    if before is None and with_history:
        content = (samples() / HISTORY).read_bytes()
        enter_bytes(OpenLedger(store, captures, service_names(book)), Path(HISTORY).name, content, at=at)
    entries = before.entries if before else ()
    news, row = _changes(store, before, _censor(settings, book, at))
    reach = complete_to(store, at, together=source_names(settings.sources))
    told = max("" if reach is None else f"{reach:%Y-%m-%dT%H:%M:%SZ}", before.complete_to if before else "")
    whole = sealed(_name(store), news, entries)
    record = _record(settings.office.name, store, book.services, whole, row, key, complete_to=told)
    for name, content in site_files(record, book.services).items():
        _write(folder / name, content)
    return Publication(record, len(news))


def give(settings: Settings, store: Store, path: Path, outage_ids: Sequence[str], *, at: Timestamp) -> PublicRecord:
    """Write a signed file with these outages, for the office whose record lacks them or has them otherwise.

    Raises: ReporterError - as `publish`; one of them is not confirmed here.
    """
    key, book = _key_and_rules(settings)
    rows = {str(row["outage_id"]): row for row in versions_after(store, 0)}
    clean, news = _censor(settings, book, at), list[Change]()
    for outage_id in dict.fromkeys(outage_ids):
        shown = outage_id if outage_id.startswith(PREFIX) else _public_id(outage_id, clean)
        facts = _public(rows[outage_id], shown, clean) if outage_id in rows else None
        if facts is None:
            raise refused(OutageFileError, "stop_record_not_confirmed", where=outage_id)
        news.append(("added", _second(rows[outage_id]["recorded_at"]), facts))
    last = max((rows[one] for one in outage_ids), key=lambda row: int(row["number"]))
    row = LedgerRow(int(last["number"]), str(last["content_sha256"]))
    record = _record(settings.office.name, store, book.services, sealed(_name(store), news), row, key, is_part=True)
    _write(path, written(record))
    return record


def _key_and_rules(settings: Settings) -> tuple[Any, Rulebook]:
    """What a record is signed with, and the rules by which it names services; one is made in somebody's name."""
    key, book = _private_key(settings.path(PRIVATE_KEY)), load_rulebook(settings.rules_path, settings.register_path)
    if not settings.office.name:
        raise refused(SettingsError, "stop_record_no_name", where="office.name")
    return key, book


def make_key(path: Path) -> tuple[str, bool]:
    """The public key as others state it, and whether it was made just now; the private one stays there.

    Raises: SettingsError - it cannot be written, or what stands there cannot be used.
    """
    is_new = not path.exists()
    if is_new:
        ed25519, serialization = _libraries()
        content = ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            write_whole(path, content)
        except OSError as error:
            raise refused(SettingsError, "stop_unwritten", where=path.name, what=error.strerror) from error
    return _public_text(_private_key(path)), is_new


def _libraries() -> tuple[Any, Any]:
    ed25519 = library("cryptography.hazmat.primitives.asymmetric.ed25519", EXTRA, where=EXTRA)
    return ed25519, library("cryptography.hazmat.primitives.serialization", EXTRA, where=EXTRA)


def _private_key(path: Path) -> Any:
    """The key to sign with, which nobody else may read."""
    ed25519, serialization = _libraries()
    if not path.exists():
        raise refused(SettingsError, "stop_record_no_private_key", where=path.name)
    if os.name == "posix" and path.stat().st_mode & _OF_OWNER:
        raise refused(SettingsError, "stop_record_open_key", where=path.name)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, OSError) as error:
        raise refused(SettingsError, "stop_record_damaged_key", where=path.name) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise refused(SettingsError, "stop_record_damaged_key", where=path.name)
    return key


def _public_text(key: Any) -> str:
    return KEY + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _signed(record: PublicRecord, key: Any) -> PublicRecord:
    return msgspec.structs.replace(record, signature=base64.b64encode(key.sign(written(record))).decode())


def _name(store: Store) -> str:
    """What tells the record from another: it comes of the ledger, and a copy of the ledger goes on with it."""
    return hashlib.sha256(identity(store).encode()).hexdigest()[:12]


def _record(
    publisher: str,
    store: Store,
    services: Mapping[str, Service],
    entries: tuple[PublicEntry, ...],
    row: LedgerRow,
    key: Any,
    *,
    is_part: bool = False,
    complete_to: str = "",
) -> PublicRecord:
    """The record, signed with that key."""
    used = sorted({name for entry in entries for name in entry.outage.services if name in services})
    record = PublicRecord(
        format=FORMAT,
        record=_name(store),
        publisher=publisher,
        key=_public_text(key),
        is_part=is_part,
        complete_to=complete_to,
        ledger=row,
        services={name: ServiceTitle(services[name].title.of("en"), services[name].title.of("fr")) for name in used},
        entries=entries,
    )
    return _signed(record, key)


def _published(path: Path, store: Store, key: str) -> PublicRecord | None:
    """What was published there before, once it holds and comes of this ledger."""
    if not path.exists():
        return None
    try:
        record = checked_record(SourceDocument(path.name, path.read_bytes(), {}, key=key))
    except OutageFileError as error:
        raise refused(StoreError, "stop_record_site", where=str(path), fault=error) from error
    row = record.ledger
    if record.record != _name(store) or (row.number and not has_head(store, Head(row.number, row.sha256))):
        raise refused(StoreError, "stop_record_other_ledger", where=str(path), number=row.number)
    return record


def _changes(store: Store, before: PublicRecord | None, clean: Callable[[str], bool]) -> tuple[list[Change], LedgerRow]:
    """What the ledger has had since, as far as it is public, and the row up to which that was looked at."""
    row = before.ledger if before else LedgerRow(0, "")
    shown = {key: e.outage for key, e in before.newest().items() if e.action != TAKEN_BACK} if before else {}
    found: list[Change] = []
    for version in versions_after(store, row.number):
        row = LedgerRow(int(version["number"]), str(version["content_sha256"]))
        outage_id = _public_id(str(version["outage_id"]), clean, shown)
        is_ours = not outage_id.startswith(PREFIX)
        now = _public(version, outage_id, clean) if is_ours else None
        was, at = shown.get(outage_id), _second(version["recorded_at"])
        if now is not None and now != was:
            found.append(("added" if was is None else "amended", at, now))
            shown[outage_id] = now
        elif now is None and was is not None:
            found.append((TAKEN_BACK, at, shown.pop(outage_id)))
    return found, row


def _public(version: Mapping[str, Any], outage_id: str, clean: Callable[[str], bool]) -> PublicFacts | None:
    """What is public of a version of an outage; nothing where it is not confirmed, or taken out."""
    services = tuple(key for key in str(version["services"]).split(";") if key and key != UNSPECIFIED)
    url = _public_url(str(version["source_url"]), clean)
    is_confirmed = version["verification"] in CONFIRMED and version["action"] not in GONE
    if not is_confirmed or not services or not url:
        return None
    title = short_note(str(version["title"]))
    facts = {
        "outage_id": outage_id,
        "services": services,
        "began_at": _second(version["began_at"]),
        "ended_at": _second(version["ended_at"]),
        "announced_at": _second(version["announced_at"]),
        "source_url": url,
        "title": title if clean(title) else "",
        **{name: str(version[name]) for name in ("precision", "kind", "verification", "status")},
    }
    return msgspec.convert(facts, PublicFacts)


def _public_id(outage_id: str, clean: Callable[[str], bool], shown: Collection[str] = ()) -> str:
    """The id; one that names a person is a digest of it. An outage that is published already keeps the one it has."""
    hidden = f"out-{hashlib.sha256(outage_id.encode()).hexdigest()[:12]}"
    return next((one for one in (outage_id, hidden) if one in shown), outage_id if clean(outage_id) else hidden)


def _public_url(url: str, clean: Callable[[str], bool]) -> str:
    """The address where it was announced, as far as it names nobody and lets nobody in."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    return bare if parts.hostname and "@" not in bare and clean(bare) else ""


def _second(text: str) -> str:
    """An instant of the ledger, to the second."""
    return f"{text[:19]}Z" if text else ""


def _censor(settings: Settings, book: Rulebook, at: Timestamp) -> Callable[[str], bool]:
    """Tells whether a text names nobody of the rosters. They are read when it is first asked.

    Raises: ReporterError, when asked - one of them cannot be read.
    """

    @cache
    def people() -> Identifiers:
        intake = gather_inputs(settings, book, at, None)
        if intake.failures:
            raise intake.failures[0]
        return everybody(settings, intake.rows, intake.roster).people

    def is_clean(text: str) -> bool:
        if not settings.roster or not text:
            return True
        return not people().names(fold_text(text))

    return is_clean


def _write(path: Path, content: bytes) -> None:
    """A file that a web server may read, there whole or not at all. Raises: SettingsError - it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, mode=_READ_BY_ALL)
    except OSError as error:
        raise refused(SettingsError, "stop_unwritten", where=str(path), what=error.strerror) from error


COMPARED = ("services", "began_at", "ended_at", "kind", "status")
_TOLD = (*COMPARED, "outage_id", "verification", "title")
_LONGEST = Timedelta(days=3)
"""How long an outage without an end is taken to last, to say whether another is the same."""


class Disagreement(Struct, frozen=True):
    """One outage as each tells it: `publisher` is empty for us; `differ` are the facts on which they do not agree."""

    outages: tuple[dict[str, str], ...]
    differ: tuple[str, ...]


def disagreements(store: Store) -> tuple[Disagreement, ...]:
    """Every outage of which two say something, and not the same; in order of its beginning."""
    known, origins = outages_known_at(store), raw_texts(store)
    known = known.assign(record=known["outage_id"].map(_record_of), bare=known["outage_id"].map(_bare_id))
    found = []
    for ids in _groups(_pairs(known)):
        rows = known[known["outage_id"].isin(list(ids))].sort_values(["record", "outage_id"], kind="stable")
        told = tuple(_told(row, origins) for row in row_dicts(rows))
        differ = tuple(name for name in COMPARED if len({one[name] for one in told}) > 1)
        if differ:
            found.append((rows["began_at"].min(), str(rows["outage_id"].iloc[0]), Disagreement(told, differ)))
    return tuple(one for *_, one in sorted(found, key=lambda part: part[:2]))


def _record_of(outage_id: str) -> str:
    """The record of others that an outage is of; empty for our own."""
    return outage_id.removeprefix(PREFIX).partition(":")[0] if outage_id.startswith(PREFIX) else ""


def _bare_id(outage_id: str) -> str:
    """What an outage goes by in the record that it is of."""
    return outage_id.removeprefix(PREFIX).partition(":")[2] if outage_id.startswith(PREFIX) else outage_id


def _told(row: dict[str, Any], origins: dict[str, str]) -> dict[str, str]:
    told = {name: _text(row[name]) for name in _TOLD}
    publisher = origins.get(row["outage_id"], "").partition(" · ")[0] if row["record"] else ""
    return {"publisher": publisher or row["record"], **told, "came_from": row["source_address"] or ""}


def _text(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    return f"{value:%Y-%m-%dT%H:%MZ}" if isinstance(value, pd.Timestamp) else str(value)


def _pairs(known: DataFrame) -> Iterable[tuple[str, str]]:
    """Those of two tellers that are one outage: by the id that it goes by, or by service and hours."""
    ended = known["ended_at"].fillna(known["began_at"] + _LONGEST)
    spans = known.assign(until=ended, service=known["services"].str.split(";")).explode("service")
    names = ["outage_id", "record", "began_at", "until"]
    theirs = spans[spans["record"] != ""]
    by_id = theirs[["bare", *names]].merge(known.assign(until=ended)[["bare", *names]], on="bare")
    by_hours = theirs[["service", *names]].merge(spans[["service", *names]], on="service")
    is_within = (by_hours["began_at_x"] < by_hours["until_y"]) & (by_hours["began_at_y"] < by_hours["until_x"])
    both = pd.concat([by_id, by_hours[is_within]])
    both = both[both["record_x"] != both["record_y"]]
    return zip(both["outage_id_x"], both["outage_id_y"], strict=True)


def _groups(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """The outages that hang together."""
    groups: list[set[str]] = []
    for one, other in pairs:
        touched = [group for group in groups if one in group or other in group]
        groups = [group for group in groups if group not in touched]
        groups.append({one, other}.union(*touched))
    return groups
