"""Delivers what is due in the outbox, one mail at a time, and says who did not get theirs.

Each mail is claimed, asked at the gate, handed over and settled; nothing is sent that was not claimed first, and
nothing irreversible is done before it is written down. One mail's trouble costs only itself; trouble on the way to
the server stops the round after three mails.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from pandas import Timedelta, Timestamp
from sqlalchemy import Connection

from reporter.delivery.patience import next_try
from reporter.errors import DeliveryError
from reporter.model.mail import (
    AMBIGUOUS,
    CANCELLED,
    DEAD,
    DEFERRED,
    FAILED,
    IN_HAND,
    MAIL,
    POINTER,
    REFUSED,
    SENT,
    Envelope,
    Outcome,
    Transport,
)
from reporter.pipeline.bare import plan_bare
from reporter.pipeline.consent import ASKING, Asked, agreed, ask
from reporter.pipeline.transports import envelope_sender
from reporter.pipeline.worker import Worker
from reporter.settings import Settings
from reporter.store.claims import Claim, claim, hand_over, postpone, recover, release, settle_claim, times_ambiguous
from reporter.store.database import Store
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import OutboxEntry, entries, one, retry, sibling_mail

log = logging.getLogger(__name__)
Clock = Callable[[], Timestamp]
GENERAL_AT_MOST = 3
RESENT_AFTER = Timedelta(minutes=5)


@dataclass(frozen=True)
class Result:
    """One mail of this round: what it became, and the outcome that made it so."""

    number: int
    slug: str
    state: str
    outcome: Outcome


@dataclass(frozen=True)
class Round:
    """What this round did, who still waits (see `outstanding`), and why it was stopped early, if it was."""

    results: tuple[Result, ...] = ()
    outstanding: tuple[OutboxEntry, ...] = ()
    stopped: str = ""

    @property
    def sent(self) -> int:
        """How many mails a server took."""
        return sum(result.state == SENT for result in self.results)


@dataclass(frozen=True)
class Of:
    """Which mails are meant: of one report of one organisation, or, when empty, all."""

    organisation: str = ""
    series: str = ""

    def holds(self, entry: OutboxEntry) -> bool:
        """Whether that mail is one of them."""
        return (not self.organisation or entry.organisation == self.organisation) and (
            not self.series or entry.series == self.series
        )


def deliver_due(
    store: Store,
    settings: Settings,
    transport: Transport,
    clock: Clock,
    of: Of = Of(),
    *,
    yes: bool = False,
) -> Round:
    """Send every mail that is due, but those that wait for a person's yes; `yes`: it was given.

    Takes:  transport - behind the gate, see `open_transport`.
    Raises: StoreError - the outbox cannot be read or written.
    """
    results: list[Result] = []
    stopped, in_a_row = "", 0
    try:
        with Worker(store.folder(settings.path("."))) as worker:
            _find_lost(store, settings, worker, clock)
            asked = _asked(store, settings, of, clock, yes=yes)
            while not stopped:
                taken = claim(store, worker.name, clock(), organisation=of.organisation, series=of.series)
                if taken is None:
                    break
                if taken.number not in asked.seen:  # planned by another process since
                    asked = ask(store, settings, organisation=of.organisation, series=of.series)
                result = _deliver(store, settings, transport, clock, taken, asked.held.get(taken.number, ""))
                results.append(result)
                in_a_row = in_a_row + 1 if result.outcome.is_general else 0
                if result.outcome.is_final or in_a_row >= GENERAL_AT_MOST:
                    stopped = result.outcome.why
    finally:
        transport.close()
    done = Round(tuple(results), outstanding(store, of), stopped)
    log.info("mails: %d sent, %d tried, %d outstanding", done.sent, len(results), len(done.outstanding))
    return done


def _asked(store: Store, settings: Settings, of: Of, clock: Clock, *, yes: bool) -> Asked:
    """Which mails wait for a yes; once it is given, those that were refused for want of it are due again."""
    if not yes:
        return ask(store, settings, organisation=of.organisation, series=of.series)
    for entry in outstanding(store, of):
        if entry.state == REFUSED and entry.why in ASKING:
            retry(store, entry.number, clock())
    return agreed(store, ask(store, settings, organisation=of.organisation, series=of.series), clock())


def find_lost(store: Store, settings: Settings, clock: Clock, of: Of = Of()) -> int:
    """Take up what processes that died have left, where they left anything; how many mails are in doubt by it."""
    if not any(entry.state in IN_HAND for entry in entries(store) if of.holds(entry)):
        return 0
    with Worker(store.folder(settings.path("."))) as worker:
        return _find_lost(store, settings, worker, clock)


def _find_lost(store: Store, settings: Settings, worker: Worker, clock: Clock) -> int:
    """What they had only claimed is due again; what they had handed over is held, or sent again by setting."""
    lost = recover(store, clock(), worker.is_gone)
    for number in lost:
        log.warning("mail %d was handed over by a run that died; nobody can tell whether it arrived", number)
        if _is_resent(store, settings, number):
            postpone(store, number, clock(), clock())
    return len(lost)


def outstanding(store: Store, of: Of = Of()) -> tuple[OutboxEntry, ...]:
    """The mails whose recipients did not get theirs: the last of each recipient, where it was not sent.

    One that was refused, or given up, counts as long as its report has told nobody of a later week.
    """
    known = [entry for entry in entries(store) if of.holds(entry)]
    latest = {(e.organisation, e.series, e.channel, e.recipient): e for e in sorted(known, key=_age)}
    newest = {(e.organisation, e.series): e.period for e in sorted(known, key=_age)}
    return tuple(
        sorted(
            (
                e
                for e in latest.values()
                if e.state not in (SENT, CANCELLED)
                and not (e.state in FAILED and e.period < newest[e.organisation, e.series])
            ),
            key=lambda e: e.number,
        )
    )


def _age(entry: OutboxEntry) -> tuple[str, int]:
    return entry.period, entry.edition


def _deliver(store: Store, settings: Settings, transport: Transport, clock: Clock, taken: Claim, held: str) -> Result:
    """One attempt with one mail, from the claim to what is written down of it; `held`: why it waits for a yes."""
    envelope = Envelope(envelope_sender(settings), taken.address, taken.slug, taken.message_id, taken.channel)
    try:
        outcome = (
            _refused_here(taken, held)
            or _waiting(store, taken)
            or transport.deliver(taken.content, envelope, lambda: hand_over(store, taken, clock()))
        )
    except DeliveryError:  # another process has it now, and tells what becomes of it
        return Result(taken.number, taken.slug, "claimed", Outcome("deferred", why="taken_over", phase="claim"))
    except BaseException:
        release(store, taken, clock())
        raise
    state, next_at = _state(store, settings, taken, outcome, clock())
    settle_claim(
        store, taken, outcome, clock(), state=state, next_at=next_at, beside=_instead(settings, taken, outcome, clock())
    )
    log.info("mail %d: %s %s %s %s", taken.number, state, outcome.phase, outcome.code or "", outcome.enhanced)
    return Result(taken.number, taken.slug, state, outcome)


def _instead(settings: Settings, taken: Claim, outcome: Outcome, now: Timestamp) -> Callable[[Connection], None] | None:
    """What takes the place of a mail that the server finds too large, written down as that one is settled."""
    if outcome.state != REFUSED or outcome.why != "too_large":
        return None
    return lambda connection: plan_bare(connection, settings, taken, now)


def _refused_here(taken: Claim, held: str) -> Outcome | None:
    """What keeps a mail from being sent before the gate is asked."""
    if hashlib.sha256(taken.content).hexdigest() != taken.content_sha256:
        return Outcome("refused", why="damaged", phase="gate")
    return Outcome("refused", why=held, phase="gate") if held else None


def _waiting(store: Store, taken: Claim) -> Outcome | None:
    """What keeps a mail that says where a digest lies: nobody is sent to a folder in which it is not yet."""
    if taken.channel != POINTER:
        return None
    with store.begin() as connection:
        digest = sibling_mail(connection, one(connection, taken.number), MAIL)
    is_there = digest is not None and digest.state == SENT
    return None if is_there else Outcome("deferred", why="not_there_yet", phase="gate")


def _state(
    store: Store, settings: Settings, taken: Claim, outcome: Outcome, now: Timestamp
) -> tuple[str, Timestamp | None]:
    if outcome.state == AMBIGUOUS and _is_resent(store, settings, taken.number, more=1):
        return DEFERRED, now + RESENT_AFTER
    if outcome.state != DEFERRED:
        return outcome.state, None
    patience = Timedelta(hours=settings.mail.patience_hours)
    next_at = next_try(taken.first_tried_at, now, patience)
    asked = now + Timedelta(seconds=outcome.wait_seconds)
    return (DEAD, None) if next_at is None else (DEFERRED, max(next_at, asked))


def _is_resent(store: Store, settings: Settings, number: int, *, more: int = 0) -> bool:
    """Whether the office wants a mail sent again that may have arrived; once, and then it is held."""
    return settings.mail.ambiguous == "resend" and times_ambiguous(store, number) + more <= 1


def due(store: Store, now: Timestamp) -> tuple[OutboxEntry, ...]:
    """The mails that `deliver_due` would try at that instant."""
    return tuple(entry for entry in entries(store) if entry.is_due(instant_text(now)))
