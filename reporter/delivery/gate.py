"""The last question before a mail leaves the house: may it go to this recipient at all, and to nobody else?

Every way to send is wrapped in a Gate, so that no mail comes to a socket without having been asked about.
"""

from email.parser import BytesHeaderParser
from email.policy import default

from reporter.delivery.allowlist import AllowList
from reporter.model.mail import Envelope, HandOver, Outcome, Transport, wire_address

NAMING = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
"""Headers from which a server may take who is to get the mail."""


def may_send(envelope: Envelope, content: bytes, allowed: AllowList, only_to: str = "") -> str:
    """An empty text when it may; else why not, a key of words/mail.toml.

    Takes: only_to - the one address to which everything goes while mails are looked over.
    """
    if not envelope.recipient:
        return "no_address"
    if not allowed.holds(envelope.recipient):
        return "not_allowed"
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
