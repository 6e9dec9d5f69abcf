"""Another office's public record of outages, signed, or a part of one that it gave. Pure.

Nothing of it is read before its signature holds under the key that the settings state, every byte is as its publisher
writes it, and its chain is whole from the first entry (see model/published_record.py). A record that was read before
must go on from where it stood. What the publisher took back is cancelled. A part waits to be confirmed: its sender does
not keep our record.
"""

import base64
import binascii
import hashlib

import msgspec
from msgspec.structs import replace

from reporter.errors import AlteredRecordError, MissingLibraryError, SettingsError, refused
from reporter.model.published_record import FORMAT, PREFIX, TAKEN_BACK, PublicEntry, PublicRecord, broken_entry, written
from reporter.model.shapes import DRAFT, OpenItem
from reporter.outages.records import one_instant
from reporter.outages.source import Adapter, Item, OutageReading, SourceDocument, held_down, to_reading
from reporter.resources import library

EXTRA, KEY = "record", "ed25519:"
_BYTE_ORDER = b"\xef\xbb\xbf"
_SHOWN = 12  # characters of a seal


def recognises(source: SourceDocument) -> bool:
    """An object that says that it is one."""
    return source.looks_like_json and isinstance(source.document, dict) and source.document.get("format") == FORMAT


def read(source: SourceDocument) -> OutageReading:
    """The newest entry of each outage.

    Raises: OutageFileError - it is not what its publisher signed, or does not go on from where it stood;
    SettingsError - the stated key is none.
    """
    record = checked_record(source)
    entries = list(record.newest().values())
    reach = None if record.is_part else held_down(one_instant(record.complete_to), source.as_of)
    reading = to_reading(source, [_item(record, entry) for entry in entries], complete_to=reach)
    raw = {_id(record, entry.outage.outage_id): _origin(record, entry) for entry in entries}
    drafts = tuple(_draft(record, entry) for entry in entries if record.is_part)
    mark = "" if record.is_part else mark_of(record)
    return replace(reading, raw=raw, open_items=(*reading.open_items, *drafts), mark=mark)


def checked_record(source: SourceDocument) -> PublicRecord:
    """The document, once everything about it holds. Raises as `read`."""
    try:
        record = msgspec.convert(source.document, PublicRecord)
    except msgspec.ValidationError as e:
        raise source.refuse("stop_record_form", fault=e) from e
    if not source.key:
        raise _altered(source, "stop_record_no_key", found=record.key, publisher=record.publisher)
    if record.key != source.key.strip():
        raise _altered(source, "stop_record_other_key", found=record.key, stated=source.key)
    if not _is_signed(source, record):
        raise _altered(source, "stop_record_signature")
    if number := broken_entry(record):
        raise _altered(source, "stop_record_chain", number=number)
    _refuse_older(source, record)
    return record


def public_key(text: str, where: str = "sources.key") -> bytes:
    """The bytes of a key as it is written. Raises SettingsError when it is none."""
    try:
        raw = base64.b64decode(text.strip().removeprefix(KEY), validate=True)
    except binascii.Error:
        raw = b""
    if not text.strip().startswith(KEY) or len(raw) != 32:
        raise refused(SettingsError, "stop_record_key", where=where)
    return raw


def mark_of(record: PublicRecord) -> str:
    """Where the record stands, for the next look at it; of one key, since a record begun anew has another."""
    return f"{_fingerprint(record.key)}|{len(record.entries)}|{record.head}|{record.complete_to}"


def _is_signed(source: SourceDocument, record: PublicRecord) -> bool:
    """Whether every byte is as its publisher writes it, and signed by the key."""
    name = "cryptography.hazmat.primitives.asymmetric.ed25519"
    ed25519, exceptions = (
        library(one, EXTRA, kind=MissingLibraryError, where=source.name) for one in (name, "cryptography.exceptions")
    )
    if source.content.removeprefix(_BYTE_ORDER) != written(record):
        return False
    unsigned = written(msgspec.structs.replace(record, signature=""))
    try:
        signature = base64.b64decode(record.signature, validate=True)
        ed25519.Ed25519PublicKey.from_public_bytes(public_key(record.key)).verify(signature, unsigned)
    except (binascii.Error, exceptions.InvalidSignature):
        return False
    return True


def _refuse_older(source: SourceDocument, record: PublicRecord) -> None:
    """A record only grows: what was read of it under this key must stand there still."""
    key, *stood = source.mark.split("|")
    if key != _fingerprint(record.key) or record.is_part:
        return
    number, seal, reach = stood
    count = int(number)
    if len(record.entries) < count or record.complete_to < reach:
        raise _altered(source, "stop_record_older", number=len(record.entries), seen=count)
    found = msgspec.structs.replace(record, entries=record.entries[:count]).head
    if found != seal:
        raise _altered(source, "stop_record_fork", number=count, seal=seal[:_SHOWN], found=found[:_SHOWN])


def _altered(source: SourceDocument, code: str, **details: object) -> AlteredRecordError:
    return refused(AlteredRecordError, code, where=source.name, **details)


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _item(record: PublicRecord, entry: PublicEntry) -> Item:
    """An entry as an outage, under an id that no other record has."""
    one = entry.outage
    fields = {
        "outage_id": _id(record, one.outage_id),
        "began_at": one.began_at,
        "ended_at": one.ended_at,
        "kind": one.kind,
        "verification": one.verification,
        "status": "cancelled" if entry.action == TAKEN_BACK else one.status,
        "announced_at": one.announced_at,
        "source_url": one.source_url,
        "title": one.title,
    }
    titles = record.services
    parts = tuple((key, *((titles[key].en, titles[key].fr) if key in titles else ())) for key in one.services)
    return Item(entry.number, fields, parts, is_day=one.precision == "day")


def _id(record: PublicRecord, outage_id: str) -> str:
    """As it is told apart here; one that is given back keeps the name of the record that it is of."""
    return outage_id if outage_id.startswith(PREFIX) else f"{PREFIX}{record.record}:{outage_id}"


def _origin(record: PublicRecord, entry: PublicEntry) -> str:
    """Who says so, and where in their record."""
    return f"{record.publisher} · #{entry.number} · {entry.recorded_at} · {entry.sha256}"


def _draft(record: PublicRecord, entry: PublicEntry) -> OpenItem:
    outage_id = _id(record, entry.outage.outage_id)
    return OpenItem(DRAFT, "", " · ".join((record.publisher, entry.outage.title or outage_id)), outage_id=outage_id)


ADAPTERS = (Adapter("record", recognises, read),)
