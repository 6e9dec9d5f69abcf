"""What is told, as values: the report writers get these and nothing else, and give back bytes or text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pandas import DataFrame, Timestamp

from reporter.model.beside import Beside
from reporter.model.brand import ACCENT, LIGHT, Logo
from reporter.model.notes import LEFT
from reporter.model.told import CAUSES, EVIDENCE, WHY


@dataclass(frozen=True)
class Office:
    """Who sends the report, from the settings, in the words of the report's language."""

    name: str = ""
    address: str = ""
    time_zone: str = "America/Toronto"
    licensed_contact: str = ""
    paper: str = "letter"  # or a4
    accent: str = ACCENT
    ink: str = LIGHT  # what is written on the accent
    logo: Logo | None = None
    signature: tuple[str, ...] = ()
    disclaimer: str = ""  # the office's own, which stands after ours


@dataclass(frozen=True)
class Account:
    """The row account: every row read is in exactly one of the other three."""

    read: int
    assessed: int
    set_aside: int
    excluded: int
    excluded_by_rule: Mapping[str, int] = field(default_factory=dict)

    @property
    def balances(self) -> bool:
        """True when no row has vanished."""
        return self.read == self.assessed + self.set_aside + self.excluded


@dataclass(frozen=True)
class OwnDuties:
    """The institution's own duties: TOLD, in which `person_id` is the duty's id, and the account of their rows."""

    findings: DataFrame
    account: Account


@dataclass(frozen=True)
class Run:
    """One run: its clock, its inputs and what it relied on."""

    run_id: str
    as_of: Timestamp
    account: Account
    rulebook_sha256: str
    inputs: tuple[tuple[str, str], ...] = ()  # (file name, sha256)
    rosters: tuple[str, ...] = ()  # the names of the inputs that are rosters
    versions: Mapping[str, str] = field(default_factory=dict)
    record_complete_to: Timestamp | None = None  # up to when the outage record is known to be complete
    is_record_stale: bool = False
    has_outage_record: bool = True  # False: no outage file at all, nobody looked
    previous_as_of: Timestamp | None = None
    next_report_on: Timestamp | None = None
    settings: Mapping[str, str] = field(default_factory=dict)  # those that move a level or a date, by key
    missed_on: tuple[Timestamp, ...] = ()  # the days of reports that were due before and never made


@dataclass(frozen=True)
class Recipient:
    """One reader: `slug` names files and message ids, and holds no personal data."""

    slug: str
    address: str
    language: str = "en"
    title: str = ""  # the unit or office, as shown in the heading
    role: str = ""  # entry of roles.toml; empty for a contact, who gets rows whole
    also: str = ""  # the language of a second part of the mail, which says the same

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of the mail, in the order of its parts; files are in the first."""
        return (self.language, self.also) if self.also else (self.language,)


@dataclass(frozen=True)
class Report:
    """Everything a reader in one language and one scope may see.

    `findings` is TOLD, `set_aside` SET_ASIDE, `changes` CHANGES (with `title` and `full_name` beside),
    `outages` OUTAGES (only those relied on), `rules` RULES, `left` LEFT with `title` beside. `people_by_level`
    counts each person once, by the worst level; a person all of whose rows were set aside counts under data_problem.
    """

    language: str
    office: Office
    run: Run
    account: Account  # of this scope
    recipient: Recipient | None  # None: the office's own report on everybody
    findings: DataFrame
    outages: DataFrame
    set_aside: DataFrame
    changes: DataFrame
    rules: DataFrame
    service_titles: Mapping[str, str]
    people: int
    people_by_level: Mapping[str, int]
    why: DataFrame = field(default_factory=WHY.empty)  # WHY, on the index of the findings it is about
    previous_people_by_level: Mapping[str, int] = field(default_factory=dict)  # of this scope; empty on a first run
    beside: Beside = field(default_factory=Beside)
    causes: DataFrame = field(default_factory=CAUSES.empty)  # CAUSES, on the rows of the changes; empty: not known
    evidence: DataFrame = field(default_factory=EVIDENCE.empty)  # EVIDENCE, by the numbers of the findings
    evidence_left_out: int = 0  # pairs of a duty and an outage beyond what is shown
    readers: tuple[Recipient, ...] = ()  # who gets what; of the office's own report only
    own: OwnDuties | None = None  # None: no sheet of duties, or not for this reader
    about_files: tuple[str, ...] = ()  # what the mail says of the files that go with it, in words
    left: DataFrame = field(default_factory=lambda: LEFT.empty().assign(title=""))

    @property
    def is_farewell(self) -> bool:
        """Whether its reader has no row any more, and is told so once."""
        return self.recipient is not None and not self.recipient.role and not self.account.read
