"""What each reader last had in hand: the report that the next one is compared with, reader by reader.

A mail that was put off, refused or lost moves nobody's mark but that of its own reader. So each is told once of what
changed since, and whoever got theirs is not told again.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.engine.changes import compare, numbered
from reporter.errors import RosterError
from reporter.model.levels import RANK
from reporter.model.mail import MAIL, SENT
from reporter.model.report import OFFICE_SLUG, Edition, Recipient, RecordContext, Run, reader_key
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import CAUSES, CHANGES, DEPARTED, EVENTS, is_institution, people_part
from reporter.pipeline.assemble.examine import Judged, holders, worst
from reporter.pipeline.assemble.inputs import Inputs
from reporter.pipeline.assemble.report_identity import series
from reporter.pipeline.compare.attribution import attribute_changes
from reporter.pipeline.compare.departures import (
    TOLD_FROM,
    Whereabouts,
    departures,
    known_before,
    with_absence,
    without_moved,
)
from reporter.pipeline.compare.record_context import since_then
from reporter.pipeline.compare.status import last_told
from reporter.pipeline.send.deliver import Of
from reporter.pipeline.send.plan import reader_id
from reporter.pipeline.send.transports import is_sending
from reporter.report.recipients import Audience
from reporter.settings import Settings
from reporter.store.alerts import alerts_of
from reporter.store.database import Store
from reporter.store.ledger import Mark
from reporter.store.outbox import OutboxEntry, content, entries
from reporter.store.runs import RunRecord, events_of, findings_of, owners_found, run_instants, runs_named

log = logging.getLogger(__name__)
Leavers = tuple[Recipient, ...]
APART = " apart"
"""Ends the name of a comparison in which whoever came from another reader is new."""


@dataclass(frozen=True)
class Baselines:
    """The run that the office's own workbook is compared with, and that of each reader by `recipient_id`.

    `readers` is None where nothing is sent: then everybody has what the office has. A reader who is not among them
    was never sent anything.
    """

    office: RunRecord | None = None
    readers: Mapping[str, RunRecord] | None = None
    mails: Mapping[str, OutboxEntry] = field(default_factory=dict)  # the last that each reader was sent

    def of(self, recipient: str) -> RunRecord | None:
        """What that reader had last; None for a first report."""
        return self.office if self.readers is None else self.readers.get(recipient)


def last_heard(store: Store, settings: Settings, before: Timestamp) -> Baselines:
    """What everybody has in hand of the reports as of an earlier instant."""
    office = last_told(store, settings, before)
    if not is_sending(settings):
        return Baselines(office)
    earlier = run_instants(store, series(settings), before)
    latest = {mail.recipient: mail for mail in _sent(store, settings) if mail.run_id in earlier}
    known = runs_named(store, {mail.run_id for mail in latest.values()})
    return Baselines(office, {recipient: known[mail.run_id] for recipient, mail in latest.items()}, latest)


def leavers(
    store: Store,
    heard: Baselines,
    recipients: Sequence[Recipient],
    as_of: Timestamp,
    language: str,
    absent: Mapping[str, str],
) -> Leavers:
    """Whoever has no row any more, and had somebody at High or worse, or has dates still to come in a calendar of ours:
    to be told that once.

    Takes: recipients - who has rows now; language - of a reader whose last mail is not kept any more; absent - the
           addresses of readers whose mails may have gone to a stand-in, by `recipient_id`.
    """
    here = {reader_id(recipient) for recipient in recipients}
    by_run: dict[str, list[OutboxEntry]] = defaultdict(list)
    for reader, mail in heard.mails.items():
        if reader not in here:
            by_run[mail.run_id].append(mail)
    return tuple(
        Recipient(
            mail.slug, absent.get(mail.recipient, mail.address), _language(content(store, mail.number)) or language
        )
        for run_id, mails in by_run.items()
        for open_ones in [_open(events_of(store, run_id), as_of)]
        for worried in [_worried(store, run_id)]
        for mail in mails
        for address in [absent.get(mail.recipient, mail.address)]
        if mail.address and (mail.slug in open_ones or reader_key(mail.slug) in worried)
    )


def _worried(store: Store, run_id: str) -> set[str]:
    """Who had somebody at High or worse in that run, by `reader_key`."""
    is_grave = findings_of(store, run_id)["level"].map(RANK) <= TOLD_FROM
    return set(owners_found(store, run_id)[is_grave])


def _open(events: DataFrame, as_of: Timestamp) -> set[str]:
    """The slugs of those in whose calendar something still stands ahead."""
    ahead = events[~events["is_cancelled"] & (events["starts_at"] > as_of)]
    return set(ahead["recipient"])


def _language(mail: bytes) -> str:
    """The language that a mail says it is written in, or the first of two."""
    parts = BytesParser(EmailMessage, policy=default).parsebytes(mail).walk()
    said = next((str(part["Content-Language"]) for part in parts if part["Content-Language"]), "")
    return said.partition(",")[0].strip()


def _sent(store: Store, settings: Settings) -> Iterator[OutboxEntry]:
    """The mails of this report that arrived, in the order in which they tell of the weeks."""
    ours = Of(settings.organisation, series(settings))
    found = (entry for entry in entries(store, state=SENT) if ours.holds(entry) and entry.channel == MAIL)
    yield from sorted(found, key=lambda entry: (entry.period, entry.edition))


def events_in_hand(store: Store, heard: Baselines, recipients: Sequence[Recipient]) -> DataFrame:
    """EVENTS that the calendar of each of these recipients holds, under the slug that the recipient has now."""
    parts = [EVENTS.empty()]
    for run_id, theirs in _by_run(heard, recipients).items():
        events, now = events_of(store, run_id), {reader_key(one.slug): one.slug for one in theirs}
        slugs = events["recipient"].map(reader_key).map(now)
        parts.append(events.assign(recipient=slugs.astype("str"))[slugs.notna()])
    return EVENTS.cast(pd.concat(parts, ignore_index=True))


def _by_run(heard: Baselines, recipients: Sequence[Recipient]) -> dict[str, list[Recipient]]:
    found: dict[str, list[Recipient]] = defaultdict(list)
    for recipient in recipients:
        if (run := heard.of(reader_id(recipient))) is not None and not recipient.role:
            found[run.run_id].append(recipient)
    return found


@dataclass(frozen=True)
class Comparison:
    """This run as seen from one baseline: the run that some readers had last, or none."""

    run: Run
    beside: RecordContext
    changes: DataFrame = field(default_factory=CHANGES.empty)
    causes: DataFrame = field(default_factory=CAUSES.empty)  # CAUSES, on the rows of the changes
    was: Series | None = None  # each person's worst level at the baseline, by person_id; None on a first run
    people_by_level: Mapping[str, int] = field(default_factory=dict)  # of the baseline
    told: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # what that report said, by `reader_key`
    departed: DataFrame = field(default_factory=DEPARTED.empty)

    @property
    def is_first(self) -> bool:
        """Whether there is nothing to compare with."""
        return self.run.previous_as_of is None


@dataclass(frozen=True)
class Comparisons:
    """The comparison with each baseline, and which is whose; `reader_id` names a reader.

    A comparison goes by the baseline's run_id; where somebody moved from reader to reader since, there is one `APART`.
    """

    each: Mapping[str, Comparison]
    office: str
    readers: Mapping[str, str]
    alerted: Mapping[str, tuple[tuple[Timestamp, int], ...]] = field(default_factory=dict)  # by `reader_id`

    @property
    def of_office(self) -> Comparison:
        """That of the office's own workbook."""
        return self.each[self.office]

    def baseline(self, reader: Recipient) -> str:
        """What this reader is compared with."""
        return self.readers[reader_id(reader)]

    def edition(self, reader: Recipient, language: str) -> Edition:
        """The edition that this reader gets in that language."""
        return Edition(language, self.baseline(reader))


def compare_with_baselines(
    inputs: Inputs,
    run: Run,
    judged: Judged,
    beside: RecordContext,
    *,
    heard: Baselines,
    readers: Audience,
    known: Mark,
) -> Comparisons:
    """What changed for the office and for each of the readers, each earlier report looked up once.

    Takes: run, beside - compared with nothing yet; known - see `since_then`.
    """
    baselines = {reader_id(one): heard.of(reader_id(one)) for one in readers.recipients}
    is_whole = not any(isinstance(failure, RosterError) for failure in inputs.gathered.failures)
    now = Whereabouts.of(inputs.gathered.rows, readers, is_whole=is_whole)
    records = {_name(record): record for record in (heard.office, *baselines.values())}
    each: dict[str, Comparison] = {}
    for name, record in records.items():
        each |= _comparisons(inputs, Comparison(run, beside), judged, record, known=known, now=now, name=name)
    log.info("compared with %d earlier reports", sum(record is not None for record in records.values()))
    names = {reader_id(one): _name_for(one, baselines[reader_id(one)], each) for one in readers.recipients}
    return Comparisons(each, _name(heard.office), names, alerted_since(inputs, readers, baselines))


def alerted_since(
    inputs: Inputs, readers: Audience, baselines: Mapping[str, RunRecord | None]
) -> dict[str, tuple[tuple[Timestamp, int], ...]]:
    """When each reader was told between the report that they had last and this one, and of how many people.

    The office, which gets everybody, is told of the alerts to all.
    """
    settings = inputs.settings
    left = [one for one in alerts_of(inputs.store, settings.organisation, series(settings)) if one.has_left]
    told: dict[str, tuple[tuple[Timestamp, int], ...]] = {}
    for one in readers.recipients if left else ():
        reader, since = reader_id(one), baselines[reader_id(one)]
        people: dict[Timestamp, set[str]] = defaultdict(set)
        for alert in left:
            at, is_theirs = Timestamp(alert.planned_at), one.slug == OFFICE_SLUG or alert.recipient == reader
            if is_theirs and not one.role and since and since.as_of < at <= inputs.as_of:
                people[at].update(fact.person_id for fact in alert.facts)
        told[reader] = tuple((at, len(those)) for at, those in sorted(people.items()))
    return told


def _name(record: RunRecord | None) -> str:
    return record.run_id if record else ""


def _name_for(reader: Recipient, record: RunRecord | None, each: Mapping[str, Comparison]) -> str:
    """That of the reader: whoever gets rows whole never had those who came from elsewhere; office and views had."""
    apart = f"{_name(record)}{APART}"
    return apart if apart in each and not reader.role and reader.slug != OFFICE_SLUG else _name(record)


def _comparisons(
    inputs: Inputs,
    first: Comparison,
    judged: Judged,
    baseline: RunRecord | None,
    *,
    known: Mark,
    now: Whereabouts,
    name: str,
) -> dict[str, Comparison]:
    """The comparison with that baseline, and the one apart where it is another."""
    was = _kept(inputs, baseline)
    if baseline is None or was is None:
        return {name: first}
    was = was.assign(reader=owners_found(inputs.store, baseline.run_id))
    before = known_before(inputs.store, baseline, was)
    departed = departures(before, holders(before["deadline"], inputs.rulebook), now)
    apart = without_moved(was, now)
    parts = {name: was} | ({f"{name}{APART}": apart} if len(apart) < len(was) else {})
    begun = replace(first, departed=departed, beside=since_then(inputs.store, first.beside, baseline, known))
    return {name: _comparison(inputs, begun, judged, baseline, part, now) for name, part in parts.items()}


def _comparison(
    inputs: Inputs, begun: Comparison, judged: Judged, baseline: RunRecord, was: DataFrame, now: Whereabouts
) -> Comparison:
    found = numbered(judged.findings)
    changed = with_absence(compare(was, found), now)
    run = replace(begun.run, previous_as_of=baseline.as_of)
    return replace(
        begun,
        run=run,
        changes=changed.assign(holder=holders(changed["deadline"], inputs.rulebook)),
        causes=attribute_changes(inputs, run, found, was, baseline),
        was=worst(was, inputs.rulebook),
        people_by_level=baseline.people_by_level,
        told={reader_key(slug): counts for slug, counts in baseline.manifest.get("told", {}).items()},
    )


def _kept(inputs: Inputs, baseline: RunRecord | None) -> DataFrame | None:
    """What that run found; None where a purge took it, since everything would then look new."""
    if baseline is None:
        return None
    was = findings_of(inputs.store, baseline.run_id)
    return None if was.empty and baseline.manifest.get("findings") else was


def change_words(findings: DataFrame, compared: Comparison) -> Series:
    """How each finding stands beside the baseline: new, worse, better or same; empty where there is none."""
    if compared.is_first:
        return Series("", index=findings.index, dtype="str")
    keys = ["person_id", "deadline", "closes_at"]
    known = compared.changes[[*keys, "change"]].drop_duplicates(keys)
    now = findings[keys].astype({"deadline": "str"})
    return now.merge(known, how="left", on=keys)["change"].fillna("same").set_axis(findings.index)


def departed_frame(found: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """DEPARTED with the deadline's title beside."""
    return found.assign(title=titles(found["deadline"], rulebook, language))


def changes_frame(found: DataFrame, told: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """CHANGES with the deadline's title and the person's name beside."""
    people = people_part(told)
    names = people.drop_duplicates("person_id").set_index("person_id")["full_name"]
    return found.assign(
        title=titles(found["deadline"], rulebook, language),
        full_name=found["person_id"].map(names).mask(is_institution(found)).astype("str"),
    )


def titles(deadlines: Series, rulebook: Rulebook, language: str) -> Series:
    """The title of each deadline."""
    known = {key: deadline.title.of(language) for key, deadline in rulebook.whole.deadlines.items()}
    return deadlines.map(known).astype("str")
