"""Which mails wait for a person's yes: the first to a recipient, and more in one round than the office has set."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pandas import Timestamp

from reporter.settings import Settings
from reporter.store.database import Store
from reporter.store.outbox import agree, known_recipients, waiting

FIRST_TIME, TOO_MANY = "first_time", "too_many"
ASKING = (FIRST_TIME, TOO_MANY)


@dataclass(frozen=True)
class Asked:
    """The mails that were looked at, and why some of them wait: a key of words/mail.toml."""

    seen: frozenset[int] = frozenset()
    held: Mapping[int, str] = field(default_factory=dict)


def ask(store: Store, settings: Settings, *, organisation: str = "", series: str = "") -> Asked:
    """Look at every mail of that report, or of any, that may be sent sooner or later."""
    known, there = known_recipients(store), waiting(store, organisation=organisation, series=series)
    open_ones = {number: recipient for number, recipient, is_agreed in there if not is_agreed}
    held = {number: FIRST_TIME for number, recipient in open_ones.items() if recipient not in known}
    if len(set(map(open_ones.__getitem__, held))) <= settings.mail.first_time_limit:
        held = {}
    if len(open_ones) > settings.mail.most:
        held = dict.fromkeys(open_ones, TOO_MANY) | held
    return Asked(frozenset(number for number, _, _ in there), held)


def agreed(store: Store, asked: Asked, now: Timestamp) -> Asked:
    """The same mails, to which a person has now said yes."""
    agree(store, list(asked.held), now)
    return Asked(asked.seen)
