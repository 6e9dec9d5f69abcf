"""What is known of mail servers that take passwords from programs, with the day it was said. Facts, no connections."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Fact:
    """How one provider stands to passwords: what holds, until when, and what to use instead."""

    provider: str
    hosts: tuple[str, ...]
    state: str
    instead: str
    ends_about: date | None
    stated_on: date | None  # by the provider itself; None where others report it


FACTS = (
    Fact(
        provider="Microsoft 365",
        hosts=("smtp.office365.com",),
        state="Passwords work until about the end of December 2026, and are then off unless an administrator turns "
        "them on again; tenants made later have none. The day of the final end is to be told "
        "in the second half of 2027.",
        instead='transport = "graph", or a relay of your own',
        ends_about=date(2026, 12, 31),
        stated_on=date(2026, 1, 27),
    ),
    Fact(
        provider="Google",
        hosts=("smtp.gmail.com",),
        state="The account's own password has not worked since May 1, 2025. An app password works where two-step "
        "verification is on and the administrator allows it.",
        instead="an app password, or smtp-relay.gmail.com by the machine's address",
        ends_about=None,
        stated_on=None,
    ),
)


def basic_auth(host: str) -> Fact | None:
    """What is known of passwords at that mail server; None where nothing is."""
    name = host.strip().rstrip(".").casefold()
    return next((fact for fact in FACTS if name in fact.hosts), None)
