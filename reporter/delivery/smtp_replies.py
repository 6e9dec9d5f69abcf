"""What a mail server's answer means for the mail: taken, later, never, and whose fault it is. Pure."""

import re
from typing import Literal

from reporter.model.mail import Outcome

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
ADDRESS = re.compile(r"<[^<>]*>|\S+@\S+|\b\S+=\S+\.\S+\b")
SAID_AT_MOST = 300
TAKEN = 250
GENERAL = ("connect", "ehlo", "starttls", "login")
"""Phases before the mail is even named: what goes wrong there goes wrong for every mail."""
BASIC_OFF = "5.7.30"
"""Microsoft 365: no more passwords for sending."""


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
        state, why = "refused", "too_large" if code == 552 else "refused"
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
