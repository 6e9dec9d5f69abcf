"""From the finished mails of a run to the rows of the outbox: which are new, which changed, which are known.

A mail is known by its report, week and recipient. One that says the same as the last of its key is not sent again;
one that says something else goes out as an update, with an id of its own. Of an earlier week, what was not sent is
taken back: the later digest says how things stand now.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from pandas import Timestamp
from sqlalchemy import Connection

from reporter.delivery.message import as_update
from reporter.model.mail import AMBIGUOUS, CLAIMED, HANDED_OVER, SENT, UNTOUCHED, Letter, message_id
from reporter.store.outbox import OutboxEntry, add, cancel, lock_outbox, unsettled_mails
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
MAY_HAVE_LEFT = (CLAIMED, HANDED_OVER, SENT, AMBIGUOUS)


@dataclass(frozen=True)
class Post:
    """A finished mail, and what an update of it needs besides: the reader's language and the domain of its ids."""

    letter: Letter
    language: str
    domain: str


@dataclass(frozen=True)
class Plan:
    """How many mails are new, are updates of one that left, are known already, and took the place of an unsent one.

    `is_past`: a later week was planned before; nothing of this one is sent any more. `is_rehearsed`: the report is as
    of another week than this one, to be looked at only.
    """

    new: int = 0
    updates: int = 0
    known: int = 0
    superseded: int = 0
    is_past: bool = False
    is_rehearsed: bool = False


def plan_mail(connection: Connection, posts: Sequence[Post], now: Timestamp) -> Plan:
    """Write down what is to be sent, in the transaction of the run's record."""
    if not posts:
        return Plan()
    lock_outbox(connection)
    first = posts[0].letter.key
    there = unsettled_mails(connection, first.organisation, first.series, first.period)
    if any(entry.period > first.period for entry in there):
        return Plan(is_past=True)
    by_recipient: dict[tuple[str, str], list[OutboxEntry]] = defaultdict(list)
    for entry in there:
        by_recipient[entry.recipient, entry.channel].append(entry)
    done = [
        _plan_one(connection, post, by_recipient[_reader(post)], now)
        for post in {post.letter.key: post for post in posts}.values()
    ]
    kinds = [kind for kind, _ in done]
    plan = Plan(
        new=kinds.count("new"),
        updates=kinds.count("updates"),
        known=kinds.count("known"),
        superseded=sum(number for _, number in done),
    )
    log.info("mails planned: %d new, %d updates, %d known, %d superseded", *astuple(plan)[:4])
    return plan


def _reader(post: Post) -> tuple[str, str]:
    return post.letter.key.recipient, post.letter.key.channel


def _plan_one(connection: Connection, post: Post, there: Sequence[OutboxEntry], now: Timestamp) -> tuple[str, int]:
    """Plan one mail beside those of the same recipient, oldest first: what it is, and how many it supersedes."""
    letter = post.letter
    same = [entry for entry in there if entry.period == letter.key.period]
    late = [entry.number for entry in there if entry.period < letter.key.period and entry.state in UNTOUCHED]
    superseded = cancel(connection, late, "superseded", now)
    if same and same[-1].substance_sha256 == letter.substance_sha256:
        return "known", superseded
    unsent = [entry.number for entry in same if entry.state in UNTOUCHED]
    superseded += cancel(connection, unsent, "replaced", now)
    left = [entry for entry in same if entry.state in MAY_HAVE_LEFT]
    edition = same[-1].edition + 1 if same else 0
    letter = _edited(post, edition, left[-1].message_id if left else "")
    add(connection, letter, edition, hashlib.sha256(letter.content).hexdigest(), now)
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
