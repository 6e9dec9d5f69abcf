"""What each reader last had in hand: the report that the next one is compared with, reader by reader.

A mail that was put off, refused or lost moves nobody's mark but that of its own reader. So each is told once of what
changed since, and whoever got theirs is not told again.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.model.mail import MAIL, SENT
from reporter.model.report import Recipient, reader_key
from reporter.model.shapes import EVENTS
from reporter.pipeline.deliver import Of
from reporter.pipeline.postmark import reader_id, series
from reporter.pipeline.standing import last_told
from reporter.pipeline.transports import is_sending
from reporter.settings import Settings
from reporter.store.database import Store
from reporter.store.outbox import OutboxEntry, content, entries
from reporter.store.runs import RunRecord, events_of, ids_before, runs_named

Leavers = tuple[Recipient, ...]


@dataclass(frozen=True)
class Heard:
    """The run that the office's own workbook is compared with, and that of each reader by `recipient_id`.

    `readers` is None where nothing is sent: then everybody has what the office has. A reader who is not among them
    was never sent anything.
    """

    office: RunRecord | None = None
    readers: Mapping[str, RunRecord] | None = None
    mails: Mapping[str, OutboxEntry] = field(default_factory=dict)  # the last that each reader was sent

    def of(self, recipient: str) -> RunRecord | None:
        """What that reader had last; None for a first report."""
        return self.office if self.readers is None else self.readers.get(recipient)


def last_heard(store: Store, settings: Settings, before: Timestamp) -> Heard:
    """What everybody has in hand of the reports as of an earlier instant."""
    office = last_told(store, settings, before)
    if not is_sending(settings):
        return Heard(office)
    earlier = ids_before(store, series(settings), before)
    latest = {mail.recipient: mail for mail in _sent(store, settings) if mail.run_id in earlier}
    known = runs_named(store, {mail.run_id for mail in latest.values()})
    return Heard(office, {recipient: known[mail.run_id] for recipient, mail in latest.items()}, latest)


def leavers(store: Store, heard: Heard, recipients: Sequence[Recipient], as_of: Timestamp, language: str) -> Leavers:
    """Whoever has no row any more, and has dates still to come in a calendar of ours: to be told that once.

    Takes: recipients - who has rows now; language - of a reader whose last mail is not kept any more.
    """
    here = {reader_id(recipient) for recipient in recipients}
    by_run: dict[str, list[OutboxEntry]] = defaultdict(list)
    for reader, mail in heard.mails.items():
        if reader not in here:
            by_run[mail.run_id].append(mail)
    return tuple(
        Recipient(mail.slug, mail.address, _language(content(store, mail.number)) or language)
        for run_id, mails in by_run.items()
        for open_ones in [_open(events_of(store, run_id), as_of)]
        for mail in mails
        if mail.address and mail.slug in open_ones
    )


def _open(events: DataFrame, as_of: Timestamp) -> set[str]:
    """The slugs of those in whose calendar something still stands ahead."""
    ahead = events[~events["is_cancelled"] & (events["starts_at"] > as_of)]
    return set(ahead["recipient"])


def _language(mail: bytes) -> str:
    """The language that a mail says it is written in, or the first of two."""
    parts = BytesParser(EmailMessage, policy=default).parsebytes(mail).walk()
    said = next((str(part["Content-Language"]) for part in parts if part["Content-Language"]), "")
    return said.partition(",")[0].strip()


def _sent(store: Store, settings: Settings) -> Iterator[OutboxEntry]:
    """The mails of this report that arrived, in the order in which they tell of the weeks."""
    ours = Of(settings.office.name, series(settings))
    found = (entry for entry in entries(store, state=SENT) if ours.holds(entry) and entry.channel == MAIL)
    yield from sorted(found, key=lambda entry: (entry.period, entry.edition))


def events_in_hand(store: Store, heard: Heard, recipients: Sequence[Recipient]) -> DataFrame:
    """EVENTS that the calendar of each of these recipients holds, under the slug that the recipient has now."""
    parts = [EVENTS.empty()]
    for run_id, theirs in _by_run(heard, recipients).items():
        events, now = events_of(store, run_id), {reader_key(one.slug): one.slug for one in theirs}
        slugs = events["recipient"].map(reader_key).map(now)
        parts.append(events.assign(recipient=slugs.astype("str"))[slugs.notna()])
    return EVENTS.cast(pd.concat(parts, ignore_index=True))


def _by_run(heard: Heard, recipients: Sequence[Recipient]) -> dict[str, list[Recipient]]:
    found: dict[str, list[Recipient]] = defaultdict(list)
    for recipient in recipients:
        if (run := heard.of(reader_id(recipient))) is not None and not recipient.role:
            found[run.run_id].append(recipient)
    return found
