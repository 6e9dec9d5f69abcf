"""Sends what is due to one person of the office instead of its recipients; the outbox stays as it is.

What was shown this way counts as told to nobody: the mails are still due afterwards.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pandas import Timestamp

from reporter.delivery.message import as_rehearsal
from reporter.model.mail import Envelope, Outcome, Transport, wire_address
from reporter.pipeline.deliver import GENERAL_AT_MOST, Clock, Result, due
from reporter.pipeline.planning import Post
from reporter.pipeline.postmark import sender_domain
from reporter.pipeline.transports import envelope_sender
from reporter.settings import Settings
from reporter.store.database import Store
from reporter.store.outbox import content
from reporter.text.catalogue import words

log = logging.getLogger(__name__)


def rehearse(
    store: Store,
    settings: Settings,
    transport: Transport,
    address: str,
    clock: Clock,
    posts: Sequence[Post] | None = None,
) -> tuple[Result, ...]:
    """Send each mail that is due to that address, and say what came of it.

    Takes: transport - opened for that address only, so that nothing can go to anybody else;
           posts - these mails instead, which were never planned: those of a report as of another week.
    """
    waiting = _due(store, clock()) if posts is None else _unplanned(posts)
    results: list[Result] = []
    in_a_row = 0
    try:
        for mail in waiting:
            outcome = _show(settings, transport, wire_address(address), mail)
            results.append(Result(mail.number, mail.slug, outcome.state, outcome))
            in_a_row = in_a_row + 1 if outcome.is_general else 0
            if outcome.is_final or in_a_row >= GENERAL_AT_MOST:
                break
    finally:
        transport.close()
    log.info("mails shown: %d", sum(result.state == "sent" for result in results))
    return tuple(results)


@dataclass(frozen=True)
class Mail:
    """A mail to be shown; without content when the outbox no longer holds what was put there."""

    number: int
    slug: str
    message_id: str
    channel: str
    content: bytes


def _due(store: Store, now: Timestamp) -> Iterator[Mail]:
    for entry in due(store, now):
        whole = content(store, entry.number)
        is_whole = hashlib.sha256(whole).hexdigest() == entry.content_sha256
        yield Mail(entry.number, entry.slug, entry.message_id, entry.channel, whole if is_whole else b"")


def _unplanned(posts: Sequence[Post]) -> Iterator[Mail]:
    """Numbered in their order: the outbox has not seen them."""
    for number, post in enumerate(posts, start=1):
        letter = post.letter
        yield Mail(number, letter.slug, letter.message_id, letter.key.channel, letter.content)


def _show(settings: Settings, transport: Transport, address: str, mail: Mail) -> Outcome:
    if not mail.content:
        return Outcome("refused", why="damaged", phase="gate")
    name = hashlib.sha256(f"{mail.message_id}\n{address.casefold()}".encode()).hexdigest()[:16]
    own = f"<rehearsal.{name}@{sender_domain(settings)}>"
    subject = words("mail", settings.language)["rehearsal"].replace("{slug}", mail.slug)
    shown = as_rehearsal(mail.content, message_id=own, subject=subject, address=address)
    return transport.deliver(
        shown, Envelope(envelope_sender(settings), address, mail.slug, own, mail.channel), _nothing
    )


def _nothing() -> None:
    """There is nothing to write down before the last step: nobody is told by this mail."""
