"""What people hand in, by whichever way: one intake, and one transaction for each thing, which ends in a stated fate.

A table of outages goes on record as it is read; a notice becomes drafts, until somebody confirms them; what cannot be
read, a picture among it, is kept by its hash and awaits somebody. Nobody guesses at the words of a picture.
"""

import hashlib
import logging
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Timestamp

from reporter.errors import MissingLibraryError, OutageFileError, ReporterError, SettingsError, recast, refused
from reporter.model.problem import Problem
from reporter.model.report import OFFICE_SLUG
from reporter.model.shapes import DRAFT, REFUSED, UNSPECIFIED, OpenItem
from reporter.outages.adapters.mail import attachments, is_mail, one_word_answer
from reporter.outages.door import FOLDER, MAILBOX, DescribedSource, kind_of_offer, read_bytes
from reporter.outages.fetch import MailboxAddress, new_mails
from reporter.outages.records import FIELDS, Cells, bytes_of, known_services, read_records, service_ids
from reporter.pipeline.assemble.credentials import authority_file, mail_password
from reporter.pipeline.send.transports import SMTP_TOKENS, is_loopback
from reporter.pipeline.upkeep.record_outages import (
    NOTHING,
    IntakeResult,
    OpenLedger,
    confirm_item,
    draft_facts,
    enter_bytes,
    enter_sources,
    reader_sha256,
    unplaced_items,
)
from reporter.settings import MailSettings, Settings
from reporter.store.captures import Captures
from reporter.store.database import Store
from reporter.store.ledger import Provenance, amend, history, import_outages
from reporter.store.ledger_items import (
    Kept,
    Look,
    Settlement,
    kept_item,
    last_condition,
    last_person_look,
    person_look,
    record_look,
)
from reporter.store.outbox import recipients_written_to
from reporter.text.catalogue import count_sentence, words
from reporter.text.time_zones import OTTAWA, zone

log = logging.getLogger(__name__)
ANSWERS = frozenset(word for language in ("en", "fr") for word in words("inbox", language)["answers"].split(", "))
"""The one word that says that somebody looked, and nothing is missing."""
LARGEST_OFFER = 20_000_000  # bytes; a screenshot of a large screen has a fifth of it
PICTURES = {
    "image/png": (b"\x89PNG",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF8",),
    "image/webp": (b"RIFF", b"WEBP"),
    "image/bmp": (b"BM", b"\x00\x00\x00\x00"),
    "image/tiff": (b"II*\x00",),
    "image/heic": (b"", b"ftyphei"),
}
"""What a picture begins with, and what else stands in its first bytes."""
WRITTEN = ("notice", "mail", "web-table")
"""Kinds that people wrote for people: what they say goes on record once somebody has confirmed it."""
CORRECTABLE = ("services", "began_at", "ended_at", "kind", "verification", "status", "source_url", "title")
"""The facts of a draft that somebody may put right; of `status`, only that it was cancelled."""
_MINUTE = "%Y-%m-%dT%H:%M"


class Offer(Struct, frozen=True):
    """Something handed in: its bytes, what it is called, the address where it stood, and when it was seen there.

    `look` is the look of whoever found it, kept with what became of it.
    """

    name: str
    content: bytes
    page: str = ""
    seen_at: Timestamp | None = None
    look: Look | None = None


def each_of(offer: Offer) -> tuple[Offer, ...]:
    """A mail behind the files that came with it, so that a stop between them reads all of it again; else the offer."""
    with_it = attachments(offer.content) if is_mail(offer.content) else ()
    return (*(Offer(name, content, seen_at=offer.seen_at) for name, content in with_it), offer)


def take_in(ledger: OpenLedger, offer: Offer, *, at: Timestamp) -> IntakeResult:
    """Read one thing and put it on record, among the drafts, or among what awaits somebody, with the reason."""
    if len(offer.content) > LARGEST_OFFER:
        raise refused(OutageFileError, "stop_intake_large", where=offer.name, size=str(LARGEST_OFFER // 1_000_000))
    if picture_type(offer.content):
        return _kept_unread(ledger, offer, "intake_picture", at)
    told = DescribedSource(page=offer.page)
    try:
        kind = kind_of_offer(offer.name, offer.content, ledger.names, told, as_of=offer.seen_at or at)
        return _read_in(ledger, offer, replace(told, kind=kind), at)
    except MissingLibraryError:
        raise
    except OutageFileError as error:
        return replace(_kept_unread(ledger, offer, "intake_unread", at), why=error)


def picture_type(content: bytes) -> str:
    """The media type of a picture, told by its content; nothing for anything else."""
    start = content[:32]
    return next(
        (
            kind
            for kind, (first, *more) in PICTURES.items()
            if start.startswith(first) and all(m in start for m in more)
        ),
        "",
    )


def _read_in(ledger: OpenLedger, offer: Offer, told: DescribedSource, at: Timestamp) -> IntakeResult:
    """By the road of every file. What people wrote for people vouches for no instant, and awaits a word.

    The address where it stood is a fact of the outage, and no source of the ledger: nobody looked there for the rest.
    """
    is_written = told.kind in WRITTEN
    return enter_bytes(
        ledger,
        offer.name,
        offer.content,
        at=at,
        told=told,
        look=offer.look or (Look(offer.name, at) if is_written else None),
        awaits_word=is_written,
        seen_at=offer.seen_at,
        is_offered=is_written,
    )


def look(ledger: OpenLedger, settings: Settings, *, at: Timestamp) -> tuple[IntakeResult, ...]:
    """Everything that is looked at unasked: the settings' sources, the mailbox, the folder people put things into.

    Raises: SettingsError when a source is of no kind there is.
    """
    found = [*enter_sources(ledger, settings.sources, at=at)]
    if settings.mailbox.host:
        found += _take_in_mails(ledger, settings, at=at)
    if settings.inbox.path:
        folder = settings.path(settings.inbox.path)
        found += _take_in_folder(ledger, folder, at=at, language=settings.language)
    return tuple(found)


def _take_in_mails(ledger: OpenLedger, settings: Settings, *, at: Timestamp) -> tuple[IntakeResult, ...]:
    """Take in the mails that have come since the last look, each with what is attached to it.

    What was read is known from the ledger: the look at a mail keeps its number, in the transaction of what it says. A
    mailbox that cannot be read costs the others nothing.
    """
    store, reader = ledger.store, reader_sha256(DescribedSource("mail"), ledger.names)
    mark = last_condition(store, MAILBOX, reader).get("etag", "")
    done: list[IntakeResult] = []
    try:
        for mail in new_mails(_mailbox_address(settings), mark, at=at):
            seen = Look(MAILBOX, at, said={"etag": mail.mark}, reader_sha256=reader)
            if answer := _answered_look(store, mail.content, at):
                if last_person_look(store, answer.checked_at) != (answer.checked_at, answer.said["etag"]):  # read again
                    record_look(store, answer)
                left = record_look(store, replace(seen, sha256=hashlib.sha256(mail.content).hexdigest()))
                done.append(IntakeResult(MAILBOX, "read", replace(NOTHING, left=left)))
                continue
            offers = each_of(Offer(MAILBOX, mail.content, look=seen))
            done += [take_in(ledger, one, at=at) for one in offers]
    except MissingLibraryError as error:
        return (*done, IntakeResult(MAILBOX, "extra_missing", NOTHING, why=error))
    except (OutageFileError, SettingsError) as error:
        log.warning("mailbox: not read")
        left = record_look(store, Look(MAILBOX, at, "failed"))
        why = error if isinstance(error, OutageFileError) else recast(OutageFileError, error)
        return (*done, IntakeResult(MAILBOX, "failed", replace(NOTHING, left=left), why=why))
    if not done:
        done.append(
            IntakeResult(
                MAILBOX, "unchanged", replace(NOTHING, left=record_look(store, Look(MAILBOX, at, "unchanged")))
            )
        )
    return tuple(done)


def _mailbox_address(settings: Settings) -> MailboxAddress:
    """The mailbox of the settings, with a password or a token by the same ways as for sending.

    Raises: SettingsError naming the key; OutageFileError - no token is given.
    """
    box = settings.mailbox
    if box.security == "none" and not is_loopback(box.host):
        raise refused(SettingsError, "stop_clear", where="mailbox.security")
    shared = {name: getattr(box, name) for name in box.__struct_fields__ if name in MailSettings.__struct_fields__}
    known = msgspec.structs.replace(settings, mail=msgspec.structs.replace(settings.mail, **shared))
    try:
        secret = _secret(known)
        ca_file = authority_file(known)
    except SettingsError as error:
        where = f"mailbox{error.where.removeprefix('mail')}"
        raise recast(SettingsError, error, where=where) from error
    return MailboxAddress(
        box.host, box.user, port=box.port or 0, security=box.security, folder=box.folder, senders=box.senders,
        days=box.days, ca_file=ca_file, **secret,
    )  # fmt: skip


def _secret(settings: Settings) -> dict[str, str]:
    if settings.mail.auth == "password":
        return {"password": mail_password(settings)}
    tokens = SMTP_TOKENS[settings.mail.auth](settings)
    try:
        given = tokens.token()
    finally:
        tokens.close()
    if not isinstance(given, str):
        raise refused(OutageFileError, "stop_mailbox_token", where="mailbox", what=given.said or given.why)
    return {"token": given}


def _answered_look(store: Store, content: bytes, at: Timestamp) -> Look | None:
    """The look that somebody of the office tells of by answering its report with one word; None for any other mail.

    Only an answer to a mail that this program sent to the office counts: the id of that mail is known to nobody else.
    """
    answer = one_word_answer(content)
    if answer is None or answer.word not in ANSWERS or OFFICE_SLUG not in recipients_written_to(store, answer.to):
        return None
    return person_look(min(answer.sent_at or at, at), answer.who)


DONE, BACK = "done", "refused"
"""The folders below the watched one: what is on record or awaits a confirmation, and what somebody has to read."""
_UNFINISHED = (".part", ".crdownload", ".download", ".tmp", ".partial")


def _take_in_folder(ledger: OpenLedger, folder: Path, *, at: Timestamp, language: str) -> tuple[IntakeResult, ...]:
    """Take in each file of the folder, then move it aside with a note of what became of it.

    What was done with a file is known from the ledger, not from where it lies: one that could not be moved, or is put
    there again, is read again and changes nothing. That the folder could be read is known from the ledger too.
    """
    is_there = folder.is_dir()
    left_open = record_look(ledger.store, Look(FOLDER, at, "unchanged" if is_there else "failed"))
    if not is_there:
        why = refused(OutageFileError, "stop_intake_folder", where="inbox.path", folder=folder)
        return (IntakeResult(folder.name, "failed", replace(NOTHING, left=left_open), why=why),)
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink())
    left = [path for path in files if not _is_passing(path)]
    return tuple(one for path in left for one in _taken_from(ledger, path, at=at, language=language))


def _is_passing(path: Path) -> bool:
    """What a program keeps beside an open file, or has not finished writing."""
    return path.name.startswith(("~$", ".")) or path.suffix.lower() in _UNFINISHED


def _taken_from(ledger: OpenLedger, path: Path, *, at: Timestamp, language: str) -> list[IntakeResult]:
    try:
        content = _content_of(path)
        seen_at = min(at, Timestamp(path.stat().st_mtime, unit="s", tz="UTC").as_unit("us"))
        offers = each_of(Offer(path.name, content, seen_at=seen_at))
        done = [take_in(ledger, one, at=at) for one in offers]
    except MissingLibraryError as error:  # nothing is wrong with the file: it stays until it can be read
        return [IntakeResult(path.name, "extra_missing", NOTHING, why=error)]
    except OutageFileError as error:
        done = [IntakeResult(path.name, "schema_drift", NOTHING, why=error)]
    is_back = any(one.why or one.left.get(REFUSED, 0) for one in done)
    try:
        _move(path, path.parent / (BACK if is_back else DONE), "\n".join(_note(one, language) for one in done))
    except OSError as error:
        log.warning("inbox: a file could not be moved: %s", error.strerror)
    return done


def _content_of(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_OFFER:
        raise refused(OutageFileError, "stop_intake_large", where=path.name, size=str(LARGEST_OFFER // 1_000_000))
    return bytes_of(path)


def _move(path: Path, folder: Path, note: str) -> None:
    """Into the folder, under a name that is free there, with the note beside it."""
    folder.mkdir(exist_ok=True)
    free = (folder / f"{path.stem}{f'-{n}' if n else ''}{path.suffix}" for n in count())
    target = next(place for place in free if not place.exists())
    path.rename(target)
    target.with_name(f"{target.name}.txt").write_text(f"{note}\n", "utf-8")


def _note(done: IntakeResult, language: str) -> str:
    """What became of a file, for whoever put it there."""
    w, counts = words("inbox", language), done.imported
    lines = [done.why.in_language(language)] if done.why else []
    if counts.added or counts.changed or counts.unchanged:
        lines.append(w["note_entered"].format(added=counts.added, changed=counts.changed, unchanged=counts.unchanged))
    for fate, key in ((DRAFT, "note_draft"), (REFUSED, "note_refused")):
        if done.left.get(fate, 0):
            lines.append(count_sentence(w, key, done.left[fate], language))
    told = dict.fromkeys(problem.message(language) for problem in done.problems)
    return "\n".join([*lines, *told] or [w["note_nothing"]])


def _kept_unread(ledger: OpenLedger, offer: Offer, code: str, at: Timestamp) -> IntakeResult:
    """Kept by its hash, for somebody to say what it shows."""
    sha256 = ledger.captures.keep(offer.content)
    item = OpenItem(REFUSED, code, offer.name, key=sha256)
    seen = offer.look or Look(offer.name, at)
    look = replace(seen, status="not_understood", sha256=sha256, items=(Kept(item, {}, sha256),))
    left = record_look(ledger.store, look)
    return IntakeResult(
        offer.name, look.status, replace(NOTHING, left=left), (Problem(offer.name, code, value=offer.name),)
    )


def shown_facts(record: Mapping[str, str]) -> dict[str, str]:
    """The facts of a draft as a person may put them right: instants on Ottawa's clock, without seconds."""
    shown = {name: record.get(name, "") for name in CORRECTABLE}
    clocks = {name: _on_the_clock(record[name]) for name in ("began_at", "ended_at") if record.get(name)}
    services = "" if shown["services"] == UNSPECIFIED else shown["services"]
    return shown | clocks | {"services": services, "status": "cancelled" if shown["status"] == "cancelled" else ""}


def _on_the_clock(instant: str) -> str:
    return f"{Timestamp(instant).tz_convert(zone(OTTAWA)):{_MINUTE}}"


def confirm_facts(
    ledger: OpenLedger, item_id: str, facts: Mapping[str, str], *, at: Timestamp, who: str
) -> tuple[str, tuple[Problem, ...]]:
    """Put an item on record as somebody confirmed it: a draft with what was put right, anything else by its facts.

    Takes: facts - CORRECTABLE as text; of a draft, what is as it was shown stays to the letter.
    Returns: the id of the outage, and what was assumed.
    Raises: StoreError - nothing of that id awaits anybody; OutageFileError - the facts are no outage.
    """
    row, record = kept_item(ledger.store, item_id)
    if not record:
        return _entered_by_hand(ledger, row, facts, at, who)
    changes = {name: facts[name] for name in CORRECTABLE if name in facts and facts[name] != shown_facts(record)[name]}
    if not changes:
        return confirm_item(ledger.store, item_id, at), ()
    read, problems = read_entry({**shown_facts(record), **changes, "outage_id": record["outage_id"]}, ledger.names, at)
    outages = draft_facts(record).assign(**{name: read[name].array for name in _changed_with(changes)})
    return confirm_item(ledger.store, item_id, at, outages), problems


def _changed_with(changes: Mapping[str, str]) -> list[str]:
    """The columns that a change writes: times move the state, and a source what it vouches for."""
    more = {"began_at": ("status", "precision"), "ended_at": ("status",), "source_url": ("verification",)}
    return list(dict.fromkeys([*changes, *(one for name in changes for one in more.get(name, ()))]))


def _entered_by_hand(
    ledger: OpenLedger, row: Mapping[str, str], facts: Mapping[str, str], at: Timestamp, who: str
) -> tuple[str, tuple[Problem, ...]]:
    """An outage that somebody read off what the program could not read; the item is closed by it."""
    outages, problems = read_entry(facts, ledger.names, at)
    outage_id = str(outages["outage_id"].iloc[0])
    if not history(ledger.store, outage_id).empty:
        raise refused(OutageFileError, "outage_there", where=outage_id)
    kind = "own_capture" if outages["verification"].iloc[0] == "unverified" and row["captured_sha256"] else ""
    import_outages(
        ledger.store,
        outages,
        source=_origin(row, kind),
        recorded_at=at,
        raw=row["words"],
        came_by="hand",
        items=unplaced_items(outages, row["captured_sha256"]),
        closed=Settlement(row["item_id"], who, outage_id),
    )
    return outage_id, problems


def end_outage(store: Store, item_id: str, outage_id: str, ended_at: str, *, at: Timestamp, who: str) -> None:
    """Write the end that an item tells of (`is back`) over an outage on record; the item is closed by it.

    Raises: OutageFileError - that is no instant after the beginning.
    """
    row, _ = kept_item(store, item_id)
    was = history(store, outage_id).iloc[-1]
    fields = {name: str(was[name]) for name in FIELDS if name in was} | {"ended_at": ended_at, "status": ""}
    read, _ = read_entry(fields, {}, at)
    written = {"ended_at": read["ended_at"].iloc[0], "status": read["status"].iloc[0]}
    closed = Settlement(row["item_id"], who, outage_id)
    amend(store, outage_id, written, recorded_at=at, source=_origin(row, ""), raw=row["words"], closed=closed)


def place_outage(ledger: OpenLedger, item_id: str, services: str, *, at: Timestamp) -> str:
    """Say for which services an outage on record counts; the item that asks is closed once it has some.

    Returns: the id of the outage. Raises: OutageFileError - no service was named.
    """
    row, _ = kept_item(ledger.store, item_id)
    ids, unknown = service_ids(services, known_services(ledger.names))
    if unknown or ids in ("", UNSPECIFIED):
        raise refused(OutageFileError, "stop_intake_services", where=row["outage_id"])
    amend(ledger.store, row["outage_id"], {"services": ids}, recorded_at=at, source=_origin(row, ""))
    return row["outage_id"]


def _origin(row: Mapping[str, str], kind: str) -> Provenance:
    return Provenance(kind, row["source"], "", Timestamp(row["at"]), row["captured_sha256"])


def read_entry(
    fields: Mapping[str, str], names: Mapping[str, str], at: Timestamp, place: str = "entry"
) -> tuple[DataFrame, tuple[Problem, ...]]:
    """One outage as a person typed it, through the same reader as a file, and what that assumed.

    Takes: place - what problems call the entry. Raises: OutageFileError - it is no outage.
    """
    frame = DataFrame({name: [fields.get(name, "")] for name in FIELDS}, dtype="str").assign(row=1)
    outages, problems = read_records(Cells(place, "", frame), names, at)
    if outages.empty:
        raise refused(OutageFileError, "outage_entry", where=place, why=problems[0].message)
    return outages, tuple(p for p in problems if p.code not in ("outage_ids_made", "outage_word_missing"))


def doubts(
    captures: Captures, row: Mapping[str, str], record: Mapping[str, str], names: Mapping[str, str]
) -> tuple[Problem, ...]:
    """What the reader was unsure of when it read a draft: read again from the bytes that were kept, while they are."""
    if not record or not captures.holds(row["captured_sha256"]):
        return ()
    told = DescribedSource("notice", page=record.get("source_url") or row["source"])
    try:
        reading = read_bytes(
            row["source"], captures.read(row["captured_sha256"]), names, told, as_of=Timestamp(row["at"])
        )
    except ReporterError:
        return ()
    return tuple(p for p in reading.problems if p.row == int(row["place"]) and p.severity != "error")
