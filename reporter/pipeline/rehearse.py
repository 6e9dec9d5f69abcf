"""Sends what is due to one person of the office instead of its recipients; the outbox stays as it is.

What was shown this way counts as told to nobody: the mails are still due afterwards.
"""

import hashlib
import logging

from reporter.delivery.message import as_rehearsal
from reporter.model.mail import Envelope, Outcome, Transport, wire_address
from reporter.pipeline.deliver import GENERAL_AT_MOST, Clock, Result, due
from reporter.pipeline.postmark import sender_domain
from reporter.pipeline.transports import envelope_sender
from reporter.report.words import words
from reporter.settings import Settings
from reporter.store.database import Store
from reporter.store.outbox import Entry, content

log = logging.getLogger(__name__)


def rehearse(
    store: Store,
    settings: Settings,
    transport: Transport,
    address: str,
    clock: Clock,
) -> tuple[Result, ...]:
    """Send each mail that is due to that address, and say what came of it.

    Takes: transport - opened for that address only, so that nothing can go to anybody else.
    """
    results: list[Result] = []
    in_a_row = 0
    try:
        for entry in due(store, clock()):
            outcome = _show(store, settings, transport, wire_address(address), entry)
            results.append(Result(entry.number, entry.slug, outcome.state, outcome))
            in_a_row = in_a_row + 1 if outcome.is_general else 0
            if outcome.is_final or in_a_row >= GENERAL_AT_MOST:
                break
    finally:
        transport.close()
    log.info("mails shown: %d", sum(result.state == "sent" for result in results))
    return tuple(results)


def _show(store: Store, settings: Settings, transport: Transport, address: str, entry: Entry) -> Outcome:
    whole = content(store, entry.number)
    if hashlib.sha256(whole).hexdigest() != entry.content_sha256:
        return Outcome("refused", why="damaged", phase="gate")
    name = hashlib.sha256(f"{entry.message_id}\n{address.casefold()}".encode()).hexdigest()[:16]
    own = f"<rehearsal.{name}@{sender_domain(settings)}>"
    subject = words("mail", settings.language)["rehearsal"].replace("{slug}", entry.slug)
    shown = as_rehearsal(whole, message_id=own, subject=subject, address=address)
    return transport.deliver(
        shown, Envelope(envelope_sender(settings), address, entry.slug, own, entry.channel), _nothing
    )


def _nothing() -> None:
    """There is nothing to write down before the last step: nobody is told by this mail."""
