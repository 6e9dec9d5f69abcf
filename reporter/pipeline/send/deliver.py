"""Delivers what is due in the outbox, one mail at a time, and says who did not get theirs.

Each mail is claimed, asked at the gate, handed over and settled; nothing is sent that was not claimed first, and
nothing irreversible is done before it is written down. One mail's trouble costs only itself; trouble on the way to
the server stops the round after three mails.

The bytes of a finished mail are a file of its run from the beginning, and stand in the outbox as well so that what is
sent can never be something else. Once it was sent that is of no use any more, and is the most of what a store holds.
"""

import hashlib
import logging
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import accumulate
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout
from msgspec import Struct, field
from pandas import Timedelta, Timestamp
from sqlalchemy import Connection

from reporter.delivery.message import as_bare, as_rehearsal
from reporter.delivery.policy import NOT_ALLOWED, AllowList, read_allow_list
from reporter.errors import DeliveryError
from reporter.model.mail import (
    AMBIGUOUS,
    CLAIMED,
    DEAD,
    DEFERRED,
    EVERY_REPORT,
    IN_HAND,
    MAIL,
    PLANNED,
    POINTER,
    REFUSED,
    SENT,
    Envelope,
    Key,
    Letter,
    Outcome,
    ReportKey,
    Transport,
    message_id,
    wire_address,
)
from reporter.model.progress import advance_stage, begin_stage, unbroken
from reporter.pipeline.send.plan import Post, sender_domain
from reporter.pipeline.send.transports import Clock, Sending, SendingPolicy
from reporter.settings import Settings
from reporter.store.database import Store
from reporter.store.ledger_rows import instant_text
from reporter.store.outbox import (
    Claim,
    OutboxEntry,
    add,
    agree,
    claim,
    content,
    empty_mails,
    entries,
    hand_over,
    known_recipients,
    late_mails,
    one,
    postpone,
    recover,
    release,
    retry,
    sent_with_content,
    settle_claim,
    sibling_mail,
    times_ambiguous,
    unsettled_mails,
    waiting,
)
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
PAUSES = tuple(Timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))


def _plan_bare(connection: Connection, shelf: str, taken: Claim, now: Timestamp) -> None:
    """Write the smaller mail down as the next edition, in the transaction that settles the one refused.

    `shelf` is how the office calls the place where its run folders are kept.
    Nothing is written where it had no files, or where a newer one takes its place anyway.
    """
    refused = one(connection, taken.number)
    key = Key(refused.report, refused.period, refused.recipient, refused.channel)
    there = unsettled_mails(connection, key.report.in_week(key.period))
    if any((e.recipient, e.channel) == (key.recipient, key.channel) and e.number > refused.number for e in there):
        return
    edition = refused.edition + 1
    own = message_id(key, refused.message_id.rpartition("@")[2].rstrip(">"), edition)
    notes = {language: _note(shelf, refused.run_id, refused.slug, language) for language in ("en", "fr")}
    content = as_bare(taken.content, message_id=own, notes=notes)
    if content is None:
        return
    letter = Letter(key, refused.run_id, refused.slug, taken.address, own, refused.substance_sha256, content)
    add(connection, letter, edition, hashlib.sha256(content).hexdigest(), now)
    log.warning("mail %d: larger than the server takes, planned again with nothing attached", taken.number)


def _note(shelf: str, run_id: str, slug: str, language: str) -> str:
    w = words("parcel", language)
    where = w["shelf"].format(shelf=shelf) if shelf else w["no_shelf"]
    return f"{w['bare']} {w['kept'].format(where=where, file=f'{run_id}/digests/{slug}.xlsx')}"


FIRST_TIME, TOO_MANY = "first_time", "too_many"
ASKING = (FIRST_TIME, TOO_MANY)


class ConsentCheck(Struct, frozen=True):
    """The mails that were looked at, and why some of them wait: a key of words/mail.toml."""

    seen: frozenset[int] = frozenset()
    held: Mapping[int, str] = field(default_factory=dict)


def ask(store: Store, policy: SendingPolicy, report: ReportKey = EVERY_REPORT) -> ConsentCheck:
    """Look at every mail of that report, or of any, that may be sent sooner or later."""
    known, there = known_recipients(store), waiting(store, report)
    open_ones = {number: recipient for number, recipient, is_agreed in there if not is_agreed}
    held = {number: FIRST_TIME for number, recipient in open_ones.items() if recipient not in known}
    if len(set(map(open_ones.__getitem__, held))) <= policy.first_time_limit:
        held = {}
    if len(open_ones) > policy.most:
        held = dict.fromkeys(open_ones, TOO_MANY) | held
    return ConsentCheck(frozenset(number for number, _, _ in there), held)


MARK = ".reporter-delivering-{token}.lock"


def place(folder: Path, start: str = "") -> str:
    """A name for this machine and folder, and for one start of the machine, that shows none of them."""
    return hashlib.sha256(f"{socket.gethostname()}\n{folder.resolve()}\n{start}".encode()).hexdigest()[:12]


BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """Which start of the machine this is, where the system says so."""
    try:
        return hashlib.sha256(BOOT.read_bytes()).hexdigest()[:12]
    except OSError:
        return ""


class Worker:
    """This process, in a folder it shares with the others that use the same store.

    Its mark lies in the folder: of a process without one here, on a twin of this machine say, nothing is known, nor of
    one of an earlier start of the machine, whose mark may have come with a copy of the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = uuid.uuid4().hex
        self.place = place(folder, boot())
        self._lock: FileLock | None = None
        self._ended: set[str] = set()

    @property
    def name(self) -> str:
        """What stands in the store as the holder of a claim."""
        return f"{self.place}/{self.token}" if self._lock is not None else self.token

    def __enter__(self) -> "Worker":
        lock = FileLock(self._file(self.token))
        with suppress(OSError, Timeout):  # a folder that cannot be written to: the lease alone tells
            lock.acquire(timeout=0)
            self._lock = lock
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
            self._file(self.token).unlink(missing_ok=True)

    def is_gone(self, name: str) -> bool:
        """Whether that process is known to have ended."""
        place, _, token = name.rpartition("/")
        if name in self._ended:
            return True
        file = self._file(token)
        if place != self.place or token == self.token or not file.exists():
            return False
        try:
            FileLock(file).acquire(timeout=0).lock.release()
        except (OSError, Timeout):
            return False
        file.unlink(missing_ok=True)
        self._ended.add(name)
        return True

    def _file(self, token: str) -> Path:
        return self.folder / MARK.format(token=token)


GENERAL_AT_MOST = 3
MAY_BE_DUE = (PLANNED, DEFERRED, CLAIMED)
RESENT_AFTER = Timedelta(minutes=5)


class Result(Struct, frozen=True):
    """One mail of this round: what it became, and the outcome that made it so."""

    number: int
    slug: str
    state: str
    outcome: Outcome


class Round(Struct, frozen=True):
    """What this round did, who still waits (see `late_mails`), and why it was stopped early, if it was."""

    results: tuple[Result, ...] = ()
    outstanding: tuple[OutboxEntry, ...] = ()
    stopped: str = ""

    @property
    def sent(self) -> int:
        """How many mails a server took."""
        return sum(result.state == SENT for result in self.results)


def deliver_due(store: Store, sending: Sending, report: ReportKey = EVERY_REPORT, *, yes: bool = False) -> Round:
    """Send every mail that is due, but those that wait for a person's yes; `yes`: it was given.

    Raises: StoreError - the outbox cannot be read or written.
    """
    results: list[Result] = []
    stopped, in_a_row = "", 0
    try:
        with Worker(store.folder(sending.policy.folder)) as worker:
            _find_lost(store, sending.policy, worker, sending.clock)
            asked = _asked(store, sending, report, yes=yes)
            begin_stage("send", len(due_mails(store, sending.clock(), report)))
            while not stopped:
                taken = claim(store, worker.name, sending.clock(), report)
                if taken is None:
                    break
                if taken.number not in asked.seen:  # planned by another process since
                    asked = ask(store, sending.policy, report)
                result = _deliver(store, sending, taken, asked.held.get(taken.number, ""))
                results.append(result)
                advance_stage()
                in_a_row = in_a_row + 1 if result.outcome.is_general else 0
                if result.outcome.is_final or in_a_row >= GENERAL_AT_MOST:
                    stopped = result.outcome.why
    finally:
        sending.transport.close()
    done = Round(tuple(results), late_mails(store, report), stopped)
    log.info("mails: %d sent, %d tried, %d outstanding", done.sent, len(results), len(done.outstanding))
    return done


def _asked(store: Store, sending: Sending, report: ReportKey, *, yes: bool) -> ConsentCheck:
    """Which mails wait for a yes; once it is given, those that were refused for want of it are due again."""
    if not yes:
        return ask(store, sending.policy, report)
    for entry in late_mails(store, report):
        if entry.state == REFUSED and entry.why in ASKING:
            retry(store, entry.number, sending.clock())
    asked = ask(store, sending.policy, report)
    agree(store, list(asked.held), sending.clock())
    return ConsentCheck(asked.seen)


def retry_allowed(store: Store, listed: Sequence[str], now: Timestamp, report: ReportKey = EVERY_REPORT) -> int:
    """Have those mails tried again that the list kept back and allows by now; how many there are."""
    kept = [mail for mail in late_mails(store, report) if mail.state == REFUSED and mail.why == NOT_ALLOWED]
    allowed = read_allow_list(listed) if kept else AllowList()
    mended = [mail.number for mail in kept if allowed.holds(mail.address)]
    for number in mended:
        retry(store, number, now)
    return len(mended)


def find_lost(store: Store, policy: SendingPolicy, clock: Clock, report: ReportKey = EVERY_REPORT) -> int:
    """Take up what processes that died have left, where they left anything; how many mails are in doubt by it."""
    if not entries(store, states=IN_HAND, report=report):
        return 0
    with Worker(store.folder(policy.folder)) as worker:
        return _find_lost(store, policy, worker, clock)


def _find_lost(store: Store, policy: SendingPolicy, worker: Worker, clock: Clock) -> int:
    """What they had only claimed is due again; what they had handed over is held, or sent again by setting."""
    lost = recover(store, clock(), worker.is_gone)
    for number in lost:
        log.warning("mail %d was handed over by a run that died; nobody can tell whether it arrived", number)
        if _is_resent(store, policy, number):
            postpone(store, number, clock(), clock())
    return len(lost)


def _deliver(store: Store, sending: Sending, taken: Claim, held: str) -> Result:
    """One attempt with one mail; broken off once it is handed over, it is still settled before the round ends."""
    with ExitStack() as to_the_end:
        return _attempt(store, sending, taken, held, lambda: to_the_end.enter_context(unbroken()))


def _attempt(store: Store, sending: Sending, taken: Claim, held: str, on_handover: Callable[[], object]) -> Result:
    """From the claim to what is written down of it; `held`: why it waits for a yes."""
    policy, clock = sending.policy, sending.clock

    def handed() -> None:
        on_handover()
        hand_over(store, taken, clock())
        sending.note(taken.number, taken.message_id, taken.attempt)

    envelope = Envelope(policy.envelope_sender, taken.address, taken.slug, taken.message_id, taken.channel)
    try:
        outcome = (
            _refused_here(taken, held)
            or _waiting(store, taken)
            or sending.transport.deliver(taken.content, envelope, handed)
        )
    except DeliveryError:  # another process has it now, and tells what becomes of it
        return Result(taken.number, taken.slug, "claimed", Outcome("deferred", why="taken_over", phase="claim"))
    except BaseException:
        release(store, taken, clock())
        raise
    state, next_at = _state(store, policy, taken, outcome, clock())
    settle_claim(
        store, taken, outcome, clock(), state=state, next_at=next_at, beside=_instead(policy, taken, outcome, clock())
    )
    log.info("mail %d: %s %s %s %s", taken.number, state, outcome.phase, outcome.code or "", outcome.enhanced)
    return Result(taken.number, taken.slug, state, outcome)


def _instead(
    policy: SendingPolicy, taken: Claim, outcome: Outcome, now: Timestamp
) -> Callable[[Connection], None] | None:
    """What takes the place of a mail that the server finds too large, written down as that one is settled."""
    if outcome.state != REFUSED or outcome.why != "too_large":
        return None
    return lambda connection: _plan_bare(connection, policy.shelf, taken, now)


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
    store: Store, policy: SendingPolicy, taken: Claim, outcome: Outcome, now: Timestamp
) -> tuple[str, Timestamp | None]:
    if outcome.state == AMBIGUOUS and _is_resent(store, policy, taken.number, more=1):
        return DEFERRED, now + RESENT_AFTER
    if outcome.state != DEFERRED:
        return outcome.state, None
    # the longer it has been put off, the later the next try
    waited = now - taken.first_tried_at
    pause = next((p for p, reached in zip(PAUSES, accumulate(PAUSES), strict=True) if waited < reached), PAUSES[-1])
    at = now + pause
    next_at = None if at > policy.patience(taken.first_tried_at) else at
    asked = now + Timedelta(seconds=outcome.wait_seconds)
    return (DEAD, None) if next_at is None else (DEFERRED, max(next_at, asked))


def _is_resent(store: Store, policy: SendingPolicy, number: int, *, more: int = 0) -> bool:
    """Whether the office wants a mail sent again that may have arrived; once, and then it is held."""
    return policy.is_resending and times_ambiguous(store, number) + more <= 1


def due_mails(store: Store, now: Timestamp, report: ReportKey = EVERY_REPORT) -> tuple[OutboxEntry, ...]:
    """The mails that `deliver_due` would try at that instant."""
    there = entries(store, states=MAY_BE_DUE, report=report)
    return tuple(entry for entry in there if entry.is_due(instant_text(now)))


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
    waiting = _due(store, clock(), ReportKey(settings.organisation)) if posts is None else _unplanned(posts)
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


class Mail(Struct, frozen=True):
    """A mail to be shown; without content when the outbox no longer holds what was put there."""

    number: int
    slug: str
    message_id: str
    channel: str
    content: bytes


def _due(store: Store, now: Timestamp, report: ReportKey) -> Iterator[Mail]:
    for entry in due_mails(store, now, report):
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
    own = f"<rehearsal.{name}@{sender_domain(settings.sender)}>"
    subject = words("mail", settings.language)["rehearsal"].replace("{slug}", mail.slug)
    shown = as_rehearsal(mail.content, message_id=own, subject=subject, address=address)
    envelope = Envelope(settings.envelope_sender, address, mail.slug, own, mail.channel)
    return transport.deliver(shown, envelope, lambda: None)  # nobody is told by this mail: nothing is written down


FILE_NAMES = {MAIL: "{slug}.eml", POINTER: "{slug}-pointer.eml"}
"""By channel; an alert is in no folder."""


def mail_file(out: Path, entry: OutboxEntry) -> Path | None:
    """Where its run put that mail; whether it is there, and still the same, is not looked at.

    Takes: out - the folder in which each run has its own.
    """
    name = FILE_NAMES.get(entry.channel)
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
