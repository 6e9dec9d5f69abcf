"""What is known of large mail servers that take passwords from programs, and until when. Facts, no connections.

As Microsoft stated on January 27, 2026, and Google in its help pages; both have changed their minds before.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Fact:
    """How one provider's servers stand to passwords; `before` and `after` name sentences of words/doctor.toml."""

    domains: tuple[str, ...]
    before: str
    after: str = ""
    ends_on: date | None = None

    def said_on(self, day: date) -> str:
        """The sentence that holds on that day."""
        return self.after if self.ends_on is not None and day > self.ends_on else self.before


FACTS = (
    Fact(("smtp-hve.office365.com",), "microsoft_volume", "microsoft_volume_over", date(2028, 9, 30)),
    Fact(("office365.com", "outlook.com"), "microsoft_before", "microsoft_after", date(2026, 12, 31)),
    Fact(("gmail.com", "googlemail.com", "google.com"), "google"),
)
"""The narrower name first."""


def basic_auth(host: str) -> Fact | None:
    """What is known of passwords at that mail server; None where nothing is."""
    name = f".{host.strip().rstrip('.').casefold()}"
    return next((fact for fact in FACTS if name.endswith(tuple(f".{domain}" for domain in fact.domains))), None)
