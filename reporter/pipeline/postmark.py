"""What makes a mail this mail: which report, of which week, to whom. Two runs in one week make the same mail."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pandas import Timedelta, Timestamp

from reporter.delivery.message import Attachment, Bodies, message
from reporter.model.mail import MAIL, Key, Letter, message_id, recipient_id, thread_id, wire_address
from reporter.model.report import Recipient, Report
from reporter.pipeline.planning import Post
from reporter.report.digest_fingerprint import substance
from reporter.settings import Settings
from reporter.text.time_zones import zone

NEAR = Timedelta(hours=1)
"""A run that began before midnight, or by a clock a little off, tells of the week that it began in."""


def series(settings: Settings) -> str:
    """The report's name: runs on the same rosters are of one series, whatever their order, unless the office says."""
    names = sorted(Path(entry.path).name for entry in settings.roster)
    return settings.series or hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def period(as_of: Timestamp, time_zone: str) -> str:
    """The week told about, on the office's calendar: `2026-W37`, Monday to Sunday. Sorts by time."""
    year, week, _ = as_of.tz_convert(zone(time_zone)).isocalendar()
    return f"{year}-W{week:02d}"


def is_to_be_told(settings: Settings, as_of: Timestamp, now: Timestamp, *, past_too: bool) -> bool:
    """Whether mails tell of that instant: it lies in this week or, if past weeks are told too, in an earlier one.

    Of a week to come nobody is told: its mails would stand in the way of those of the weeks before it.
    """
    zone = settings.office.time_zone
    told, this = period(as_of, zone), period(now, zone)
    return told == this or abs(now - as_of) < NEAR or (past_too and told < this)


def key(settings: Settings, as_of: Timestamp, recipient: Recipient) -> Key:
    """The key of the mail that a run at that instant sends to that recipient."""
    return Key(
        organisation=settings.office.name,
        series=series(settings),
        period=period(as_of, settings.office.time_zone),
        recipient=reader_id(recipient),
    )


def reader_id(recipient: Recipient) -> str:
    """A name for the reader that holds from week to week, whatever the units are called."""
    return recipient_id(recipient.address, recipient.slug if recipient.role else "")


def sender_domain(settings: Settings) -> str:
    """The domain of the sender's address: that of message ids."""
    return settings.sender.rpartition("@")[2].strip("<> ")


def finished(
    settings: Settings,
    report: Report,
    recipient: Recipient,
    bodies: Bodies,
    attachments: Sequence[Attachment],
    channel: str = MAIL,
) -> Post:
    """The mail to one recipient, complete. Raises: DeliveryError - an address or header is not allowed."""
    ours, domain = replace(key(settings, report.run.as_of, recipient), channel=channel), sender_domain(settings)
    own = message_id(ours, domain)
    content = message(
        recipient,
        bodies,
        attachments,
        sender=settings.sender,
        message_id=own,
        date=report.run.as_of,
        thread=thread_id(ours, domain),
        reply_to=settings.mail.reply_to,
    )
    letter = Letter(
        key=ours,
        run_id=report.run.run_id,
        slug=recipient.slug,
        address=wire_address(recipient.address),
        message_id=own,
        substance_sha256=substance(report),
        content=content,
        why="" if recipient.address else "no_address",
    )
    return Post(letter, recipient.language, domain)
