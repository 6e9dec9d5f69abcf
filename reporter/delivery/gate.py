"""The last question before a mail leaves the house: may it go to this recipient at all?"""

from reporter.model.mail import Envelope


def may_send(envelope: Envelope) -> str:
    """An empty text when it may; else why not, a key of words/mail.toml. Everybody in the outbox may, for now."""
    return "" if envelope.recipient else "no_address"
