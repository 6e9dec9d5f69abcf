"""The law that the rules rest on, as hashes and dates: what was read of each provision, by whom, and what became of it.

No text of the law is kept anywhere in the program.
"""

from collections.abc import Mapping

from msgspec import Struct, field

LANGUAGES = ("en", "fr")


class Provision(Struct, frozen=True, order=True):
    """One provision of an act or regulation, as a cite names it: `IRPR`, `183(4)(c.1)`."""

    instrument: str
    number: str

    @property
    def cite(self) -> str:
        """As the rule files write it."""
        return f"{self.instrument} {self.number}"

    @property
    def section(self) -> str:
        """The number of its section."""
        return self.number.partition("(")[0]


class Reading(Struct, frozen=True):
    """A provision in one language as it stood when it was read; an empty `sha256`: it was not there.

    `last_amended` is that of the whole section, `current_to` the day to which the file of the act was kept.
    """

    provision: Provision
    language: str
    sha256: str
    in_force_since: str = ""
    last_amended: str = ""
    current_to: str = ""
    read_by: str = ""
    read_on: str = ""
    accepted_by: str = ""
    accepted_on: str = ""


class Signature(Struct, frozen=True):
    """Somebody has read a rule beside the law, both as they then stood."""

    rule: str
    rule_sha256: str
    by: str
    on: str
    provisions: Mapping[tuple[Provision, str], str] = field(default_factory=dict)  # SHA-256 by provision and language


class LawChange(Struct, frozen=True, order=True):
    """A cite whose words are not those that were read; `on` is the day of that, `is_gone`: it is no more."""

    provision: Provision
    on: str
    is_gone: bool = False


class Law(Struct, frozen=True):
    """What is known of the law under the rules.

    `read` is what the rules rest on and `seen` what was last seen, by provision and language; `changed` where the two
    differ, which nobody has read again; `accepted` what an office read again; `signatures` the last of each rule.
    """

    read: Mapping[tuple[Provision, str], Reading] = field(default_factory=dict)
    seen: Mapping[tuple[Provision, str], Reading] = field(default_factory=dict)
    changed: Mapping[Provision, LawChange] = field(default_factory=dict)
    accepted: Mapping[Provision, Reading] = field(default_factory=dict)
    signatures: Mapping[str, Signature] = field(default_factory=dict)

    def languages_of(self, provision: Provision) -> dict[str, Reading]:
        """What was read of a provision, by language."""
        return {
            language: self.read[provision, language] for language in LANGUAGES if (provision, language) in self.read
        }
