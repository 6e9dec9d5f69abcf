"""A mail on its way, as values: what is to be told to whom, the envelope, and what came of an attempt.

The states of a mail in the outbox:

    planned      written down with its bytes; nobody has it in hand
    held         written down to be looked over; sent only when somebody releases it
    claimed      one process has it in hand; nothing irreversible was done, so after a crash it is safe to try again
    handed_over  committed just before the last irreversible step; after a crash nobody can tell whether it arrived
    sent         the server took it
    deferred     the server or the way to it said "later"
    refused      it will not be taken as it is; tried again only when somebody says so
    ambiguous    handed over, and no answer came: it may have arrived. Held, and told to the owner
    dead         deferred until patience ran out
    cancelled    a later mail to the same recipient took its place before it was sent
"""

import hashlib
from collections.abc import Callable
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import astuple

PLANNED, CLAIMED, HANDED_OVER = "planned", "claimed", "handed_over"
SENT, DEFERRED, REFUSED, AMBIGUOUS = "sent", "deferred", "refused", "ambiguous"
DEAD, CANCELLED, HELD = "dead", "cancelled", "held"
STATES = (PLANNED, HELD, CLAIMED, HANDED_OVER, SENT, DEFERRED, REFUSED, AMBIGUOUS, DEAD, CANCELLED)
UNTOUCHED = (PLANNED, DEFERRED, HELD)
"""States from which nothing has left the house and nobody is at it."""
IN_HAND = (CLAIMED, HANDED_OVER)
"""States in which a process is at it, or was when it died."""
FAILED = (REFUSED, DEAD)
MAIL = "mail"
"""The channel, whichever server carries it: changing the server must not tell anybody twice."""
POINTER = "pointer"
"""The channel of the mail that says where a digest lies, beside the digest's own."""
ALERT = "alert"
"""The channel of what is told between two reports; each of a week is an edition of its own."""
MAY_HAVE_LEFT = (CLAIMED, HANDED_OVER, SENT, AMBIGUOUS)
"""States in which a mail has reached its reader, or may have."""
ONE_ADDRESS = r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+"
"""One e-mail address, as somebody types it."""
AMBIGUOUS_LETTERS = frozenset("ßẞς\u200c\u200d")
"""In a domain, the old and the new standard write these in different ways: two different servers."""


class ReportKey(Struct, frozen=True):
    """Which report is meant: of an organisation, by its id there; where either is empty, any."""

    organisation: str = ""
    series: str = ""

    def in_week(self, period: str) -> "WeekKey":
        """The report of one week."""
        return WeekKey(self, period)


EVERY_REPORT = ReportKey()


class WeekKey(Struct, frozen=True):
    """One report of one week."""

    report: ReportKey
    period: str


class Key(Struct, frozen=True):
    """What makes a mail the same mail: one report of one period to one recipient by one channel."""

    report: ReportKey
    period: str
    recipient: str
    channel: str = MAIL


class Letter(Struct, frozen=True):
    """A finished mail. `substance_sha256` is of what it says, without the hours that pass by themselves.

    `why` is not empty when it cannot be sent at all, e.g. because the recipient has no address.
    """

    key: Key
    run_id: str
    slug: str
    address: str
    message_id: str
    substance_sha256: str
    content: bytes
    why: str = ""


class Envelope(Struct, frozen=True):
    """Who it goes from and to, as the mail server is told; `slug` names the recipient in logs and messages."""

    sender: str
    recipient: str
    slug: str
    message_id: str
    channel: str = MAIL


class Outcome(Struct, frozen=True):
    """What came of one attempt.

    `why` is a key of words/mail.toml. `phase` is how far the talk had come, `code`, `enhanced` and `said` the server's
    answer, addresses cut out. `is_general`: the way to the server is at fault, not this mail; `is_final`: and trying
    the next mail would do no good. `wait_seconds`: how long the server asked to be left alone.
    """

    state: Literal["sent", "deferred", "refused", "ambiguous"]
    why: str = ""
    phase: str = ""
    code: int = 0
    enhanced: str = ""
    said: str = ""
    is_general: bool = False
    is_final: bool = False
    wait_seconds: float = 0.0


HandOver = Callable[[], None]
"""Called by a transport just before its irreversible step; when it raises, the step must not be taken."""


class Transport(Protocol):
    """One way to send. `deliver` never raises for what a server or the network does: that is an Outcome.

    `greet` tries the way and sends nothing; None when all went well.
    """

    @property
    def name(self) -> str: ...

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome: ...

    def greet(self) -> Outcome | None: ...

    def close(self) -> None: ...


def wire_address(address: str) -> str:
    """The address as it stands on the wire: a domain in any script is written in ASCII."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{ascii_domain(domain) or domain}"


def ascii_domain(domain: str) -> str:
    """The domain in small letters and ASCII, as servers know it; empty where that cannot be said for certain."""
    if AMBIGUOUS_LETTERS.intersection(domain):
        return ""
    try:
        return domain.encode("idna").decode("ascii").casefold()
    except UnicodeError:
        return ""


def recipient_id(address: str, part: str = "") -> str:
    """A name for an address that does not show it; `part` tells apart what one address gets in several roles."""
    text = "\n".join((address.strip().casefold(), *([part] if part else [])))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def message_id(key: Key, domain: str, edition: int = 0) -> str:
    """The mail's own id: the same for the same key, with nothing of the recipient in it."""
    return f"<{key.period}.{_thread(key)}{f'.{edition}' if edition else ''}@{domain}>"


def thread_id(key: Key, domain: str) -> str:
    """What all mails of a report to one recipient answer to, so that the weeks stand together."""
    return f"<report.{_thread(key)}@{domain}>"


def _thread(key: Key) -> str:
    parts = (*astuple(key.report), key.recipient, *([] if key.channel == MAIL else [key.channel]))
    text = "\n".join(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
