"""May a mail go to this recipient at all, and to nobody else; and what a server's answer means for it.

Every way to send is wrapped in a Gate, so that no mail comes to a socket without having been asked about. An answer
means taken, later or never, and it says whose fault it is.
"""

import re
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Literal

from msgspec import Struct

from reporter.errors import SettingsError, refused
from reporter.model.mail import Envelope, HandOver, Outcome, Transport, ascii_domain, wire_address

LOCAL = re.compile(r"[A-Za-z0-9.#$&'*+/=?^_`{|}~-]+")
"""What may stand before the @. Marks that servers once took for a way through to somebody else are not among them."""
DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
ANYBODYS = {
    "aol.com", "bell.net", "gmail.com", "gmx.com", "googlemail.com", "hotmail.ca", "hotmail.com", "icloud.com",
    "live.ca", "live.com", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com", "rogers.com", "shaw.ca",
    "sympatico.ca", "telus.net", "videotron.ca", "yahoo.ca", "yahoo.com", "yahoo.fr",
}  # fmt: skip
"""Domains at which anybody can have a mailbox: there, each address is named by itself."""
WHERE = "mail.allow"

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
ADDRESS = re.compile(r"<[^<>]*>|\S+@\S+|\b\S+=\S+\.\S+\b")
SAID_AT_MOST = 300
TAKEN = 250
GENERAL = ("connect", "ehlo", "starttls", "login")
"""Phases before the mail is even named: what goes wrong there goes wrong for every mail."""
BASIC_OFF = "5.7.30"
"""Microsoft 365: no more passwords for sending."""


MAILBOX_FULL, TOO_LARGE = "5.2.2", ("5.2.3", "5.3.4")
"""A reader's mailbox that takes nothing more, and a mail over a limit of the mailbox or of the server (RFC 3463)."""


class AllowList(Struct, frozen=True):
    """The domains and addresses that may be written to, as they stand on the wire, in small letters."""

    domains: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()  # the domains below these
    addresses: frozenset[str] = frozenset()

    def holds(self, address: str) -> bool:
        """Whether that address may be written to; one that is not plainly one address may not."""
        local, at, domain = address.strip().rpartition("@")
        wire = ascii_domain(domain)
        if not at or not LOCAL.fullmatch(local) or not DOMAIN.fullmatch(wire):
            return False
        parents = {wire.split(".", n)[n] for n in range(1, wire.count(".") + 1)}
        return f"{local.casefold()}@{wire}" in self.addresses or wire in self.domains or bool(parents & self.above)


def read_allow_list(entries: Sequence[str]) -> AllowList:
    """The list as the settings give it. Raises: SettingsError - it is empty, or an entry allows too much or nothing."""
    if not entries:
        raise refused(SettingsError, "stop_allow_none", where=WHERE)
    domains: set[str] = set()
    above: set[str] = set()
    addresses: set[str] = set()
    for entry in entries:
        text = entry.strip()
        local, at, domain = text.rpartition("@")
        wire = ascii_domain(domain.removeprefix("*."))
        if not DOMAIN.fullmatch(wire) or (at and (not LOCAL.fullmatch(local) or domain.startswith("*."))):
            raise refused(SettingsError, "stop_allow_entry", where=WHERE, entry=entry)
        if at:
            addresses.add(f"{local.casefold()}@{wire}")
        elif wire in ANYBODYS:
            raise refused(SettingsError, "stop_allow_anybody", where=WHERE, domain=wire)
        else:
            (above if domain.startswith("*.") else domains).add(wire)
    return AllowList(frozenset(domains), frozenset(above), frozenset(addresses))


NOT_ALLOWED = "not_allowed"
NAMING = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
"""Headers from which a server may take who is to get the mail."""


def may_send(envelope: Envelope, content: bytes, allowed: AllowList, only_to: str = "") -> str:
    """An empty text when it may; else why not, a key of words/mail.toml.

    Takes: only_to - the one address to which everything goes while mails are looked over.
    """
    if not envelope.recipient:
        return "no_address"
    if not allowed.holds(envelope.recipient):
        return NOT_ALLOWED
    if only_to and wire_address(only_to).casefold() != wire_address(envelope.recipient).casefold():
        return "other_recipient"
    if _named(content) - {wire_address(envelope.recipient).casefold()}:
        return "other_recipient"
    return ""


def _named(content: bytes) -> set[str]:
    """Everybody the mail's headers name as a reader."""
    headers = BytesHeaderParser(policy=default).parsebytes(content)
    found = [value for name, value in headers.items() if name.lower() in NAMING]
    return {wire_address(one.addr_spec).casefold() for value in found for one in value.addresses}


class TalkError(Exception):
    """The talk with a server is over; `outcome` is what came of it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


class Gate:
    """A way to send that first asks whether the mail may be sent."""

    def __init__(self, transport: Transport, allowed: AllowList, only_to: str = "") -> None:
        self.transport, self.allowed, self.only_to = transport, allowed, only_to

    @property
    def name(self) -> str:
        """That of the way itself."""
        return self.transport.name

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Send it, or refuse it before anything is connected."""
        if why := may_send(envelope, content, self.allowed, self.only_to):
            return Outcome("refused", why=why, phase="gate")
        return self.transport.deliver(content, envelope, on_handover)

    def greet(self) -> Outcome | None:
        """Try the way itself; nothing is sent by that."""
        return self.transport.greet()

    def close(self) -> None:
        """Let go of the way itself."""
        self.transport.close()


def without_addresses(text: str) -> str:
    """A server's words, on one line, with everything that looks like an address cut out."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return ADDRESS.sub("(…)", plain)[:SAID_AT_MOST]


def answered(phase: str, code: int, message: bytes | str) -> Outcome:
    """The outcome of an answer that is not the one hoped for, or of the final one.

    A server that says "later" or "no" after the last dot has not taken the mail: nothing is in doubt then.
    """
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    enhanced = match[1] if (match := ENHANCED.search(text)) else ""
    is_general = phase in GENERAL
    state: Literal["sent", "deferred", "refused"] = "deferred"
    if phase == "dot" and code == TAKEN:
        state, why = "sent", ""
    elif enhanced == BASIC_OFF:
        state, why, is_general = "refused", "basic_auth_off", True
    elif phase == "login" and code >= 500:
        why = "login_refused"
    elif is_general:
        why = "server_refuses_us"
    elif 500 <= code < 600:
        is_large = enhanced in TOO_LARGE or (code == 552 and enhanced != MAILBOX_FULL)
        state, why = "refused", "too_large" if is_large else "refused"
    else:
        why = "later"
    return Outcome(
        state,
        why=why,
        phase=phase,
        code=code,
        enhanced=enhanced,
        said=without_addresses(text),
        is_general=is_general,
        is_final=enhanced == BASIC_OFF,
    )


def broken_talk(phase: str, *, why: str = "", said: str = "") -> Outcome:
    """The outcome of a talk that broke off: before the last dot nothing was sent, after it nobody can tell."""
    if phase == "dot":
        return Outcome("ambiguous", why="no_answer", phase=phase, said=said)
    is_general = phase in GENERAL
    return Outcome(
        "deferred",
        why=why or ("not_reached" if is_general else "dropped"),
        phase=phase,
        said=said,
        is_general=is_general,
    )
