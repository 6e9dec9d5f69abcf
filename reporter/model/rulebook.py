"""The rulebook as values: deadlines, services and risks, and the law they rest on, as `rules/load.py` checked them.

Each struct is also the schema of its table in TOML: an unknown key or a value of the wrong kind is refused.

The law stands here as hashes and dates: what was read of each provision, by whom, and what became of it. No text of the
law is kept anywhere in the program.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct, field

from reporter.model.shapes import column_words

LevelName = Literal["critical", "high", "data_problem", "medium", "low", "none"]
Confidence = Literal["official", "secondary", "unverified"]
CONFIDENCES: tuple[Confidence, ...] = ("official", "secondary", "unverified")
APPLICATION_KINDS = column_words("application_kind")
Serves = Literal["", "application", "entry", "stay", "itself", "permit", "family", "payroll"]
Explains = Literal["", "leave_by", "two_permits", "several", "decision", "passport"]
Who = Literal["person", "office", "licensed_contact", "payroll", "registrar"]
OF_THE_DUTY = "duty"
"""As the cite of a judgement: the provision of the duty itself."""
SPAN = re.compile(r"on the day|(\d+) days (before|after)|(\d+) years after")

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


def reach(span: str) -> float:
    """About how many days a phrase of the rulebook moves a date, to put two of them in order."""
    found = SPAN.fullmatch(span)
    assert found, span
    days, side, years = found.groups()
    return 365.25 * int(years) if years else int(days or 0) * (1 if side == "after" else -1)


def hour_of(column: str) -> str:
    """The column that keeps the instant of a civil date, where its cell tells one."""
    return f"{column.removesuffix('_on')}_at"


def earliest_of(column: str) -> str:
    """The column that keeps the first moment that a receipt can be, where its cell does not tell the hour."""
    return f"{column.removesuffix('_at')}_from_at"


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence or title in both languages."""

    en: str
    fr: str

    def of(self, language: str) -> str:
        """The text for a reader."""
        return self.fr if language == "fr" else self.en


def link_for(version: "Version | StateVersion", language: str) -> str:
    """Where a reader of that language reads it; a link without a language is for all."""
    return version.link.of(language) if isinstance(version.link, Words) else version.link


class Version(Struct, frozen=True, forbid_unknown_fields=True):
    """What a deadline rule said from one day on. `ends` true: repealed from that day.

    `last_day` is the reading that warnings count by, the earlier one where the text leaves a choice of days; `over`
    is the latest that the text allows, and only after it may anything be told as past. Empty: the same day.
    `clock` is whose midnight ends a day; `to_the_minute`: the text counts from an instant and not from a day.
    `on_holiday`: whether the law carries the date over to the next day that is none, which moves `over` alone.
    `binds` is false where what ends a stay may do so for some people only: then it is told, and ends none here.
    `worded_on`: since when the cited text reads as it was read; how it was worded before is not known here.
    """

    from_: dt.date = field(name="from")
    cite: str
    basis: str
    link: Words | str
    read_on: dt.date
    on_holiday: Literal["stays", "carried over"]
    opens: str = "on the day"
    last_day: str = "on the day"
    over: str = ""
    clock: str = "utc"
    to_the_minute: bool = False
    confidence: Confidence = "official"
    worded_on: dt.date | None = None
    binds: bool = True
    ends: bool = False
    note: Words | None = None

    @property
    def latest(self) -> str:
        """The latest reading of the last day."""
        return self.over or self.last_day


class Deadline(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of duty: who has it, what date it counts from, which services it needs.

    `applies` maps a roster column to the values that have the duty ("" stands for an empty cell).
    `only_if_before` keeps the duty only when its last day falls before that date; `only_without` only when
    those columns are empty; `once_missed` only when the stay is over and nothing was filed in time.
    `ends_stay` says that the authorized stay ends with its last day. `consequence` is what may follow a missed
    last day, the gravest first. `upstream` lists services that must have done their part before this one begins.
    `weighed_first` where a licensed person or counsel says what to ask for, so that no filing is named to others.
    `has_filing` is false where nothing is sent and only the date counts: a trip, the end of a passport.
    `applies_to` says which day chooses the version in force: that of the event it counts from, that of the filing
    (now, where none is recorded), or that of the end it leads to. `over_from` is the date that the latest reading
    counts from, where it is another. `quiet` names when nothing calls for action, due or past: else every kind
    has to reach a level in both.

    `event` is the date of what happened under a permit: one issued after it is another permit, and not touched;
    `superseded_by` says whether that is one of the same kind, or any.
    `answered_by` lists the applications that answer the duty (none listed: any does) and `carried_by` those that
    carry the stay and no right to work or study; `usual_kind` is what an application without its kind can be here.
    `carries` is false where no application carries the stay to its decision.
    `serves` says what the date of a document is for: the next application, entry to Canada, the stay, the permit that
    rests on it, or itself. A document can have begun no sooner than `begins`, so a permit issued since then rests on
    it; where that cannot be told, it counts when it ends in the days `next_within` before the stay does.
    `limits` says whose stay its end bounds: that of one permit, or the person's, whatever the permits.
    `line` names the permits that follow one another: of those of one line the later one governs (none: its own kind).
    `stands_for` names what is missing when the duty is only told: the permit's end. `beside` is a date to compare.
    """

    title: Words
    for_whom: Words
    group: str
    consequence: tuple[str, ...]
    counts_from: str
    in_force: tuple[Version, ...]
    applies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    route: tuple[str, ...] = ()
    instead: tuple[tuple[str, ...], ...] = ()
    upstream: tuple[str, ...] = ()
    applies_to: Literal["event", "filing", "end"] = "event"
    over_from: str = ""
    quiet: tuple[Literal["due", "past"], ...] = ()
    opens_from: str = ""
    only_if_before: str = ""
    only_without: tuple[str, ...] = ()
    once_missed: bool = False
    ends_stay: bool = False
    filed_by: str = ""
    filing_counts_from: Literal["issued", "opens", "always"] = "issued"
    has_filing: bool = True
    weighed_first: bool = False
    event: str = ""
    superseded_by: Literal["same_kind", "any"] = "same_kind"
    only_with: tuple[str, ...] = ()
    answered_by: tuple[str, ...] = ()
    carried_by: tuple[str, ...] = ()
    usual_kind: str = ""
    line: str = ""
    carries: bool = True
    serves: Serves = ""
    begins: str = ""
    next_within: str = ""
    limits: Literal["permit", "person"] = "permit"
    stands_for: Literal["", "end"] = ""
    beside: str = ""


class OwnDuty(Deadline, frozen=True, forbid_unknown_fields=True):
    """One kind of duty of the institution itself; its dates are columns of the sheet of duties.

    `aliases` are what a sheet may call it. The earlier of the recorded receipt and `deemed_after` the date of
    `deemed_from` warns; only the later of the two is told as past. A date in `printed_in` is the last day, whatever
    the count says.
    `relief` says what the law offers when it could not be done.
    """

    aliases: tuple[str, ...] = ()
    deemed_from: str = ""
    deemed_after: str = "on the day"
    printed_in: str = ""
    relief: Words | None = None


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """One online service: its names, what it depends on, and what its failure means.

    `phrase` is its title as it stands in a sentence, with its article; the verb beside it may be a plural.
    `sign_in` lists the credentials that open it; which one counts is the person's `sign_in_method`.
    An `information` service never raises a filing risk. `blocks` says what cannot be done while it is down.
    """

    title: Words
    role: Literal["base", "credential", "account", "payment", "backup", "information", "partner"]
    used_for: Words
    blocks: Words
    cite: str
    aliases: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    sign_in: tuple[str, ...] = ()
    confidence: Confidence = "official"
    phrase: Words | None = None
    is_plural: bool = False


class Test(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A comparison of one fact. `is_` may list several values, any of which will do."""

    at_least: float | None = None
    at_most: float | None = None
    is_: bool | str | tuple[str, ...] | None = field(name="is", default=None)


class Risk(Struct, frozen=True, forbid_unknown_fields=True):
    """One judgement: when all its tests hold, a duty has at least this level, for this reason.

    `rests_on_outage`: the level is held down when only unconfirmed outages support it.
    `is_note`: never decides; its sentence is added to the reason. `who`: whose turn it is, first name first.
    `confidence`: where it is not official, the sentence says so and raises nothing alone, so it is a note.
    `note` is what the cite does not say of itself, for those who check the rules.
    """

    id: str
    level: LevelName
    who: tuple[Who, ...]
    when: Mapping[str, Test]
    say: Words
    do: Words
    cite: str
    rests_on_outage: bool = False
    is_note: bool = False
    confidence: Confidence = "official"
    note: Words | None = None


class StateVersion(Struct, frozen=True, forbid_unknown_fields=True):
    """What was so of a state from one day on."""

    from_: dt.date = field(name="from")
    says: Words
    cite: str
    basis: str
    link: Words | str
    read_on: dt.date
    confidence: Confidence = "official"
    worded_on: dt.date | None = None


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a reader of dates must know and that is no date: maintained status, hours of work.

    `explains` is the step in an authorized stay that it gives the reason for, if any.
    """

    title: Words
    in_force: tuple[StateVersion, ...]
    explains: Explains = ""
    over: str = "on the day"  # the latest reading of its date, where it has one
    of_kinds: tuple[tuple[str, ...], ...] = ()  # only for people with a permit of each of these groups


class LevelLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for all risks: the highest level that an unconfirmed outage, or an unverified rule, can raise.

    `secondary` is said after a judgement that does not come from an official text.
    """

    unconfirmed_outage: LevelName
    unverified_rule: LevelName
    confirmed: tuple[str, ...]
    cite: str
    secondary: Words = Words(en="", fr="")


class Change(Struct, frozen=True):
    """One thing that an office's own file `source` adds (`own`), changes, or switches off (`why`), with its cite.

    `what` is the key that was changed, from `old` to `new`; `group` that of a kind of duty switched off.
    """

    part: str
    id: str
    kind: Literal["own", "changed", "off"]
    source: str
    what: str = ""
    old: Words = Words(en="", fr="")
    new: Words = Words(en="", fr="")
    cite: str = ""
    title: Words = Words(en="", fr="")
    why: Words | None = None
    group: str = ""


class Rulebook(Struct, frozen=True):
    """All rules of one run; `sha256` is of the files they were read from, `changes` what an office's own say."""

    deadlines: Mapping[str, Deadline]
    services: Mapping[str, Service]
    risks: tuple[Risk, ...]
    limits: LevelLimits
    states: Mapping[str, State]
    sha256: str
    changes: tuple[Change, ...] = ()
    legal_holidays: tuple[dt.date, ...] = ()  # the days that carry a date over, beside Saturdays and Sundays
    institution: "Rulebook | None" = None  # the institution's own duties, as a rulebook of their own
    law: Law = Law()  # what was read of the provisions that they rest on, and what has changed since

    @property
    def whole(self) -> "Rulebook":
        """The rules of people and of the institution as one: to look up what a finding rests on, not to judge by."""
        ours = self.institution
        if ours is None:
            return self
        known = {risk.id for risk in self.risks}
        risks = (*self.risks, *(risk for risk in ours.risks if risk.id not in known))
        return msgspec.structs.replace(self, deadlines={**self.deadlines, **ours.deadlines}, risks=risks)

    def risk(self, rule: str) -> Risk:
        """The risk of that id."""
        return next(risk for risk in self.risks if risk.id == rule)
