"""Where the bytes of a finished mail are: in the outbox until it was sent, then in the folder of its run alone.

A mail is a file of its run from the beginning, and stands in the outbox as well so that what is sent can never be
something else. Once it was sent that is of no use any more, and of all that a store holds it is the most.
"""

import hashlib
from pathlib import Path

from reporter.model.mail import MAIL, POINTER
from reporter.store.database import Store
from reporter.store.outbox import OutboxEntry, content, empty_mails, sent_with_content

NAMES = {MAIL: "{slug}.eml", POINTER: "{slug}-pointer.eml"}
"""By channel; an alert is in no folder."""


def mail_file(out: Path, entry: OutboxEntry) -> Path | None:
    """Where its run put that mail; whether it is there, and still the same, is not looked at.

    Takes: out - the folder in which each run has its own.
    """
    name = NAMES.get(entry.channel)
    if name is None:
        return None
    return out / entry.run_id / "digests" / name.format(slug=entry.slug)


def mail_bytes(out: Path, store: Store, entry: OutboxEntry) -> bytes:
    """The mail as it went; nothing of one that is in neither place any more."""
    return content(store, entry.number) or _from_folder(out, entry)


def drop_copies(out: Path, store: Store, *, is_dry: bool = False) -> int:
    """Empty the outbox of every sent mail that lies in its run's folder, byte for byte; how many there are.

    Its state and its address stay: who was told what, and when.
    """
    doubled = [entry.number for entry in sent_with_content(store) if _from_folder(out, entry)]
    if doubled and not is_dry:
        empty_mails(store, doubled)
    return len(doubled)


def _from_folder(out: Path, entry: OutboxEntry) -> bytes:
    file = mail_file(out, entry)
    try:
        found = b"" if file is None else file.read_bytes()
    except OSError:
        return b""
    return found if hashlib.sha256(found).hexdigest() == entry.content_sha256 else b""
