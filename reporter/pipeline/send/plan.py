"""From the finished mails of a run to the rows of the outbox: which are new, which changed, which are known.

A mail is known by its report, week and recipient. One that says the same as the last of its key is not sent again;
one that says something else goes out as an update, with an id of its own. Of an earlier week, what was not sent is
taken back: the later digest says how things stand now.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import astuple, replace
from pandas import Timedelta, Timestamp
from sqlalchemy import Connection

from reporter.delivery.message import Attachment, Bodies, as_update, message, with_note
from reporter.model.mail import (
    ALERT,
    FAILED,
    HELD,
    MAIL,
    MAY_HAVE_LEFT,
    UNTOUCHED,
    Key,
    Letter,
    ReportKey,
    message_id,
    recipient_id,
    thread_id,
    wire_address,
)
from reporter.model.report import Recipient, Report
from reporter.report.recipients import substance
from reporter.settings import Settings, StandInSettings
from reporter.store.database import lock_table
from reporter.store.outbox import (
    AlertFact,
    AlertTelling,
    OutboxEntry,
    add,
    cancel,
    last_planned,
    note_facts,
    state_of_mail,
    unsettled_mails,
)
from reporter.store.tables import outbox
from reporter.text.catalogue import words
from reporter.text.formats import day
from reporter.text.time_zones import zone

log = logging.getLogger(__name__)
Timing = Callable[[str, str], str]
"""From a reader's slug, and when a mail to them was planned last, to `usual`; `anew`: their next report falls due
within the week; `update`: only whoever has one of this week hears what changed; or `none`: they hear another day."""


class Post(Struct, frozen=True):
    """A finished mail, and what an update of it needs besides: the reader's language and the domain of its ids."""

    letter: Letter
    language: str
    domain: str


class Plan(Struct, frozen=True):
    """How many mails are new, are updates of one that left, are known already, and took the place of an unsent one.

    `later`: that week was planned before; nothing of this one is sent any more. `is_rehearsed`: the report is as
    of another week than this one, to be looked at only. `is_held`: what is planned waits for a release.
    """

    new: int = 0
    updates: int = 0
    known: int = 0
    superseded: int = 0
    later: str = ""
    is_rehearsed: bool = False
    is_held: bool = False


def plan_mail(
    connection: Connection,
    posts: Sequence[Post],
    now: Timestamp,
    *,
    is_held: bool = False,
    is_concerned: Callable[[Letter], bool] = lambda _: True,
    timing: Timing = lambda *_: "usual",
) -> Plan:
    """Write down what is to be sent, in the transaction of the run's record.

    Takes: is_held - nothing of it is sent before somebody releases it;
           is_concerned - whether that letter is news to a reader who has one of this week; else only who has none;
           timing - how a letter stands to its reader's rhythm, by when a mail to that reader was planned last.
    """
    if not posts:
        return Plan()
    lock_table(connection, outbox)
    first = posts[0].letter.key
    there = unsettled_mails(connection, first.report.in_week(first.period))
    if later := {entry.period for entry in there if entry.period > first.period and not entry.undone_at}:
        return Plan(later=min(later))
    by_recipient: dict[tuple[str, str], list[OutboxEntry]] = defaultdict(list)
    for entry in there:
        by_recipient[entry.recipient, entry.channel].append(entry)
    last = last_planned(connection, first.report)
    done = []
    for post in {post.letter.key: post for post in posts}.values():
        key = post.letter.key
        there_already = by_recipient[key.recipient, key.channel]
        has_one = any(entry.period == first.period for entry in there_already)
        when = timing(post.letter.slug, last.get(key.recipient, ""))
        is_due = when in ("usual", "anew") or (when == "update" and has_one)
        if is_due and (is_concerned(post.letter) or not has_one):
            done.append(_plan_one(connection, post, there_already, now, is_held=is_held, is_anew=when == "anew"))
    kinds = [kind for kind, _ in done]
    # what was to be told before this report and has not left: the report tells how things stand now
    readers = {post.letter.key.recipient for post in posts}
    late = [e.number for e in there if e.channel == ALERT and e.recipient in readers and e.state in UNTOUCHED]
    cancel(connection, late, "superseded", now)
    plan = Plan(
        new=kinds.count("new"),
        updates=kinds.count("updates"),
        known=kinds.count("known"),
        superseded=sum(number for _, number in done),
        is_held=is_held,
    )
    log.info("mails planned: %d new, %d updates, %d known, %d superseded", *astuple(plan)[:4])
    return plan


def plan_alert(
    connection: Connection,
    post: Post | None,
    facts: Sequence[AlertFact],
    before: Sequence[AlertTelling],
    now: Timestamp,
    *,
    is_held: bool,
) -> bool:
    """Write down what a reader is to hear at once, in the place of what they have not heard yet; whether it is new.

    Takes: post - None where there is nothing to tell any more; before - every alert of that reader, as it stood when
           the mail was made: what has left since would be told twice, and the next look tells the rest.
    """
    lock_table(connection, outbox)
    if any(state_of_mail(connection, one.number) != one.state for one in before):
        return False
    unsent = [one for one in before if one.state in (*UNTOUCHED, *FAILED)]
    if post and any(set(one.facts) == set(facts) for one in unsent):
        return False
    cancel(connection, [one.number for one in unsent], "renewed" if post else "recalled", now)
    if post is None:
        return False
    edition = 1 + max((one.edition for one in before if one.period == post.letter.key.period), default=-1)
    letter = _edited(post, edition, "")
    is_held |= any(one.state == HELD for one in unsent)
    number = add(connection, letter, edition, hashlib.sha256(letter.content).hexdigest(), now, is_held=is_held)
    note_facts(connection, number, facts)
    log.info("alert planned: mail %d, %d facts", number, len(facts))
    return True


def _plan_one(
    connection: Connection,
    post: Post,
    there: Sequence[OutboxEntry],
    now: Timestamp,
    *,
    is_held: bool,
    is_anew: bool = False,
) -> tuple[str, int]:
    """Plan one mail beside those of the same recipient, oldest first: what it is, and how many it supersedes.

    What takes the place of a mail that is held for review is held too: nobody has looked at it either. Takes: is_anew -
    the reader's next report within the week: no update, and sent also where it says the same.
    """
    letter = post.letter
    same = [entry for entry in there if entry.period == letter.key.period]
    late = [entry.number for entry in there if entry.period < letter.key.period and entry.state in UNTOUCHED]
    superseded = cancel(connection, late, "superseded", now)
    is_same = bool(same) and same[-1].substance_sha256 == letter.substance_sha256 and not same[-1].undone_at
    if is_same and not is_anew:
        return "known", superseded
    is_held |= any(entry.state == HELD for entry in same)
    unsent = [entry.number for entry in same if entry.state in UNTOUCHED]
    superseded += cancel(connection, unsent, "replaced", now)
    left = [entry for entry in same if entry.state in MAY_HAVE_LEFT]
    edition = same[-1].edition + 1 if same else 0
    letter = _edited(post, edition, left[-1].message_id if left and not is_anew else "")
    add(connection, letter, edition, hashlib.sha256(letter.content).hexdigest(), now, is_held=is_held)
    return ("updates" if left else "new"), superseded


def _edited(post: Post, edition: int, answers_to: str) -> Letter:
    """The mail as that edition: under an id of its own, and said to be an update where one may have arrived before."""
    letter = post.letter
    if edition == 0:
        return letter
    own = message_id(letter.key, post.domain, edition)
    subject = words("mail", post.language)["update"] if answers_to else "{subject}"
    content = as_update(letter.content, message_id=own, subject=subject, answers_to=answers_to)
    return replace(letter, message_id=own, content=content)


NEAR = Timedelta(hours=1)
"""A run that began before midnight, or by a clock a little off, tells of the week that it began in."""


def period(as_of: Timestamp, time_zone: str) -> str:
    """The week told about, on the office's calendar: `2026-W37`, Monday to Sunday. Sorts by time."""
    year, week, _ = as_of.tz_convert(zone(time_zone)).isocalendar()
    return f"{year}-W{week:02d}"


def is_to_be_told(time_zone: str, as_of: Timestamp, now: Timestamp, *, past_too: bool) -> bool:
    """Whether mails tell of that instant: it lies in this week or, if past weeks are told too, in an earlier one.

    Of a week to come nobody is told: its mails would stand in the way of those of the weeks before it.
    """
    told, this = period(as_of, time_zone), period(now, time_zone)
    return told == this or abs(now - as_of) < NEAR or (past_too and told < this)


def reader_id(recipient: Recipient) -> str:
    """A name for the reader that holds from week to week, whatever the units are called, or the address is by now."""
    return recipient_id(recipient.formerly or recipient.address, recipient.slug if recipient.role else "")


def sender_domain(sender: str) -> str:
    """The domain of the sender's address: that of message ids."""
    return sender.rpartition("@")[2].strip("<> ")


class MailIdentity(Struct, frozen=True):
    """Whose mails they are, of which report, and on which calendar its weeks are counted."""

    report: ReportKey
    time_zone: str
    sender: str
    domain: str  # of message ids
    reply_to: str = ""
    stand_ins: tuple[StandInSettings, ...] = ()
    week: str = ""  # the one they tell of, where that is not the week of the run

    @classmethod
    def of(cls, settings: Settings) -> "MailIdentity":
        """That of the report of these settings."""
        return cls(
            report=settings.report,
            time_zone=settings.office.time_zone,
            sender=settings.sender,
            domain=sender_domain(settings.sender),
            reply_to=settings.mail.reply_to,
            stand_ins=settings.stand_ins,
        )

    def key(self, as_of: Timestamp, recipient: Recipient, channel: str = MAIL) -> Key:
        """The key of the mail that a run at that instant sends to that recipient."""
        week = self.week or period(as_of, self.time_zone)
        return Key(self.report, week, reader_id(recipient), channel)


class _Addressing(Struct, frozen=True):
    """Whom one mail goes to, and what it says of that above everything else; mostly nothing."""

    recipient: Recipient
    note: str = ""


BACK = Timedelta(days=7)
"""For so long after the last day of an absence the reader is told of it: the first report of a weekly rhythm."""


def _addressing(identity: MailIdentity, recipient: Recipient, as_of: Timestamp) -> _Addressing:
    """The reader, or who stands in on that day; by the calendar of the office."""
    on = as_of.tz_convert(zone(identity.time_zone)).date()
    for one in identity.stand_ins:
        if not one.is_for(recipient.address):
            continue
        if one.begins_on <= on <= one.ends_on:
            return _Addressing(replace(recipient, address=one.address), _told(one, recipient, "stand_in_now"))
        if one.ends_on < on <= (one.ends_on + BACK):
            return _Addressing(recipient, _told(one, recipient, "stand_in_over"))
    return _Addressing(recipient)


def _told(one: StandInSettings, recipient: Recipient, key: str) -> str:
    """In the languages of the mail, without an address: the reader is known by what the report is called."""

    def said(language: str) -> str:
        w = words("mail", language)
        begins, ends = (day(Timestamp(on), language) for on in (one.begins_on, one.ends_on))
        return w[key].format(reader=recipient.title or w["stand_in_reader"], begins=begins, ends=ends)

    return " ".join(said(language) for language in recipient.languages)


def finished(
    identity: MailIdentity,
    report: Report,
    recipient: Recipient,
    bodies: Bodies,
    attachments: Sequence[Attachment],
    channel: str = MAIL,
) -> Post:
    """The mail to one recipient, complete. Raises: DeliveryError - an address or header is not allowed."""
    ours = identity.key(report.run.as_of, recipient, channel)
    own = message_id(ours, identity.domain)
    to = _addressing(identity, recipient, report.run.as_of)
    content = message(
        to.recipient,
        with_note(bodies, to.note) if to.note else bodies,
        attachments,
        sender=identity.sender,
        message_id=own,
        date=report.run.as_of,
        thread=thread_id(ours, identity.domain),
        reply_to=identity.reply_to,
    )
    letter = Letter(
        key=ours,
        run_id=report.run.run_id,
        slug=recipient.slug,
        address=wire_address(to.recipient.address),
        message_id=own,
        substance_sha256=_substance(report, "" if to.recipient == recipient else to.recipient.address),
        content=content,
        why="" if recipient.address else "no_address",
    )
    return Post(letter, recipient.language, identity.domain)


def _substance(report: Report, stand_in: str) -> str:
    """What the mail says, and to whom where that is not its reader: then it is news to the one as to the other."""
    said = substance(report)
    return hashlib.sha256(f"{said}\n{recipient_id(stand_in)}".encode()).hexdigest() if stand_in else said
