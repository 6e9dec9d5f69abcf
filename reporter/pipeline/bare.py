"""A mail that is larger than its server takes, planned again with nothing attached; it says where its files are.

What a server takes it says only once it is spoken to, when the report is no longer at hand: the smaller mail is made
of the one in the outbox. The steps before it are in parcel.py, by the limit that the settings give.
"""

import hashlib
import logging

from pandas import Timestamp
from sqlalchemy import Connection

from reporter.delivery.message import as_bare
from reporter.model.mail import Key, Letter, message_id
from reporter.settings import Settings
from reporter.store.claims import Claim
from reporter.store.outbox import add, one, unsettled_mails
from reporter.text.catalogue import words

log = logging.getLogger(__name__)


def plan_bare(connection: Connection, settings: Settings, taken: Claim, now: Timestamp) -> None:
    """Write the smaller mail down as the next edition, in the transaction that settles the one refused.

    Nothing is written where it had no files, or where a newer one takes its place anyway.
    """
    refused = one(connection, taken.number)
    key = Key(refused.organisation, refused.series, refused.period, refused.recipient, refused.channel)
    there = unsettled_mails(connection, key.organisation, key.series, key.period)
    if any((e.recipient, e.channel) == (key.recipient, key.channel) and e.number > refused.number for e in there):
        return
    edition = refused.edition + 1
    own = message_id(key, refused.message_id.rpartition("@")[2].rstrip(">"), edition)
    notes = {language: _note(settings, refused.run_id, refused.slug, language) for language in ("en", "fr")}
    content = as_bare(taken.content, message_id=own, notes=notes)
    if content is None:
        return
    letter = Letter(key, refused.run_id, refused.slug, taken.address, own, refused.substance_sha256, content)
    add(connection, letter, edition, hashlib.sha256(content).hexdigest(), now)
    log.warning("mail %d: larger than the server takes, planned again with nothing attached", taken.number)


def _note(settings: Settings, run_id: str, slug: str, language: str) -> str:
    w, shelf = words("parcel", language), settings.mail.shelf
    where = w["shelf"].format(shelf=shelf) if shelf else w["no_shelf"]
    return f"{w['bare']} {w['kept'].format(where=where, file=f'{run_id}/digests/{slug}.xlsx')}"
