"""What each reader last had in hand, and what became of it: what changed since, why, and who is not there any more.

A mail that was put off, refused or lost moves nobody's mark but that of its own reader. So each is told once of what
changed since, and whoever got theirs is not told again. Whoever had a person at High or worse is told by that person's
id that the roster has them no more, or another reader; the office is told of everybody. A reader to whom a person comes
was never told of them: for that reader, all of it is new.

Why a level changed is found by asking the engine again in steps, so that the parts add up to the change. The order is
fixed: first today's roster and rules as they would have stood at the last run's instant, with the outages as known
then; then the time passed; then the outages as known now. What the first step cannot tell apart is said to be one or
the other. Only people with a change are judged again.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from email import message_from_bytes
from email.policy import default
from typing import Any

import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import DataFrame, MultiIndex, Series, Timestamp

from reporter.engine.risk import KEY, compare, differences, numbered, steps
from reporter.errors import RosterError
from reporter.model.levels import RANK
from reporter.model.report import OFFICE_SLUG, Edition, Recipient, RecordContext, Run, reader_key
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import CAUSES, CHANGES, DEPARTED, EVENTS, ONE_PERSON, OUTAGES, is_institution, people_part
from reporter.pipeline.assemble.inputs import Inputs, Judged, holders, worst
from reporter.pipeline.compare.record_context import since_then
from reporter.pipeline.send.plan import reader_id
from reporter.pipeline.send.status import last_told
from reporter.report.recipients import Audience
from reporter.settings import Settings
from reporter.store.database import Store
from reporter.store.ledger import Mark, outages_known_at
from reporter.store.ledger_rows import instants_in
from reporter.store.outbox import OutboxEntry, alerts_of, last_sent
from reporter.store.runs import (
    RunRecord,
    events_of,
    findings_of,
    owners_found,
    people_found,
    runs_before,
    runs_named,
)

log = logging.getLogger(__name__)
Leavers = tuple[Recipient, ...]
APART = " apart"
"""Ends the name of a comparison in which whoever came from another reader is new."""

GONE, OFF_ROSTER, UNREAD = "gone", "off_roster", "unread"
TOLD_FROM = RANK["high"]
WHOSE = ["person_id", "reader"]


class Whereabouts(Struct, frozen=True):
    """Who stands on the rosters of this run, and with whom; where a roster could not be read, who is missing is open.

    `pairs` are the person_id and the reader of each row, whatever became of it.
    """

    pairs: DataFrame
    is_whole: bool

    @classmethod
    def of(cls, rows: DataFrame, parts: Audience, *, is_whole: bool) -> "Whereabouts":
        """Those of these rows. Takes: ROWS."""
        pairs = DataFrame({"person_id": rows["person_id"], "reader": owners_of(rows["source_row"], parts)})
        return cls(pairs.dropna().drop_duplicates(), is_whole)

    def is_listed(self, people: Series) -> Series:
        """Whether each has a row."""
        return people.isin(self.pairs["person_id"])

    def is_still_with(self, those: DataFrame) -> Series:
        """Whether each person has a row with that reader."""
        here = MultiIndex.from_frame(those[WHOSE]).isin(MultiIndex.from_frame(self.pairs))
        return Series(here, index=those.index)


def owners_of(source_rows: Series, parts: Audience) -> Series:
    """Who gets each row whole, by `reader_key`."""
    keys = dict(enumerate(reader_key(one.slug) for one in parts.recipients))
    return source_rows.map(parts.number).map(keys).astype("str")


def _known_before(
    store: Store, baseline: RunRecord, found: DataFrame, among: AbstractSet[str] | None = None
) -> DataFrame:
    """What the baseline found, FOUND with `reader`; of people whom it could not read, what the run before it found.

    A roster that fails must not be the week in which its people, or those of another, go without a word.
    """
    if not is_partial(baseline):
        return found
    parts = [found]
    for run in runs_before(store, baseline.series, baseline.as_of):
        kept = findings_of(store, run.run_id, among)
        parts.append(kept.assign(reader=owners_found(store, run.run_id, among)))
        if not is_partial(run):
            break
    known = pd.concat(parts, ignore_index=True)
    first = known.assign(part=[n for n, part in enumerate(parts) for _ in range(len(part))])
    latest = first["part"] == first.groupby("person_id")["part"].transform("min")
    return known[latest.to_numpy(dtype=bool)].reset_index(drop=True)


def is_partial(run: RunRecord) -> bool:
    """Whether a roster could not be read in that run."""
    return any(one["cause"].startswith("roster:") for one in run.manifest.get("owed", ()))


def _departures(known: DataFrame, holders: Series, now: Whereabouts) -> DataFrame:
    """Who was at High or worse with a reader that has them no more, each by the worst duty.

    Takes:   FOUND with `reader`; whose each of the duties is.
    Returns: DEPARTED; nobody where a roster could not be read.
    """
    is_told = (known["level"].map(RANK) <= TOLD_FROM) & (known["reader"] != "") & (holders == ONE_PERSON)
    those = known[is_told.to_numpy(dtype=bool)]
    if those.empty or not now.is_whole:
        return DEPARTED.empty()
    away = those[~now.is_still_with(those)]
    rank = away["level"].map(RANK)
    worst = away.assign(rank=rank).sort_values(["rank", "closes_at", "person_id"], kind="stable")
    each = worst.drop_duplicates(WHOSE)
    return DEPARTED.cast(each.assign(is_listed=now.is_listed(each["person_id"])).reset_index(drop=True))


def _without_moved(was: DataFrame, now: Whereabouts) -> DataFrame:
    """An earlier run less what it found of people who are with another reader now: to that one they are new.

    Takes: FOUND with `reader`, empty where it is not known whose a finding was.
    """
    is_moved = now.is_listed(was["person_id"]) & (was["reader"] != "") & ~now.is_still_with(was)
    return was[~is_moved.to_numpy(dtype=bool)].reset_index(drop=True)


class Baselines(Struct, frozen=True):
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
    if not settings.is_sending:
        return Baselines(office)
    latest = last_sent(store, settings.report, before)
    known = runs_named(store, {mail.run_id for mail in latest.values()})
    return Baselines(office, {recipient: known[mail.run_id] for recipient, mail in latest.items()}, latest)


def leavers(
    store: Store,
    heard: Baselines,
    recipients: Sequence[Recipient],
    as_of: Timestamp,
    language: str,
    absent: Mapping[str, str],
    told: Callable[[OutboxEntry], bytes],
) -> Leavers:
    """Whoever has no row any more, and had somebody at High or worse, or has dates still to come in a calendar of ours:
    to be told that once.

    Takes: recipients - who has rows now; language - of a reader whose last mail is not kept any more; absent - the
           addresses of readers whose mails may have gone to a stand-in, by `recipient_id`; told - the bytes of a
           mail that was sent, where they are still kept.
    """
    here = {reader_id(recipient) for recipient in recipients}
    by_run: dict[str, list[OutboxEntry]] = defaultdict(list)
    for reader, mail in heard.mails.items():
        if reader not in here:
            by_run[mail.run_id].append(mail)
    found = []
    for run_id, mails in by_run.items():
        events = events_of(store, run_id)
        is_ahead = ~events["is_cancelled"] & (events["starts_at"] > as_of)
        is_grave = findings_of(store, run_id)["level"].map(RANK) <= TOLD_FROM
        with_dates, worried = set(events.loc[is_ahead, "recipient"]), set(owners_found(store, run_id)[is_grave])
        for mail in mails:
            if mail.address and (mail.slug in with_dates or reader_key(mail.slug) in worried):
                address = absent.get(mail.recipient, mail.address)
                found.append(Recipient(mail.slug, address, _language(told(mail)) or language))
    return tuple(found)


def _language(mail: bytes) -> str:
    """The language that a mail says it is written in, or the first of two."""
    parts = message_from_bytes(mail, policy=default).walk()
    said = next((str(part["Content-Language"]) for part in parts if part["Content-Language"]), "")
    return said.partition(",")[0].strip()


def events_in_hand(store: Store, heard: Baselines, recipients: Sequence[Recipient]) -> DataFrame:
    """EVENTS that the calendar of each of these recipients holds, under the slug that the recipient has now."""
    by_run: dict[str, list[Recipient]] = defaultdict(list)
    for recipient in recipients:
        if (run := heard.of(reader_id(recipient))) is not None and not recipient.role:
            by_run[run.run_id].append(recipient)
    parts = [EVENTS.empty()]
    for run_id, theirs in by_run.items():
        events, now = events_of(store, run_id), {reader_key(one.slug): one.slug for one in theirs}
        slugs = events["recipient"].map(reader_key).map(now)
        parts.append(events.assign(recipient=slugs.astype("str"))[slugs.notna()])
    return EVENTS.cast(pd.concat(parts, ignore_index=True))


class Comparison(Struct, frozen=True):
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


class Comparisons(Struct, frozen=True):
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
    return Comparisons(each, _name(heard.office), names, _alerted_since(inputs, readers, baselines))


def _alerted_since(
    inputs: Inputs, readers: Audience, baselines: Mapping[str, RunRecord | None]
) -> dict[str, tuple[tuple[Timestamp, int], ...]]:
    """When each reader was told between the report that they had last and this one, and of how many people.

    The office, which gets everybody, is told of the alerts to all.
    """
    left = [one for one in alerts_of(inputs.store, inputs.settings.report) if one.has_left]
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
    was = _kept(inputs, baseline, judged.named)
    if baseline is None or was is None:
        return {name: first}
    was = was.assign(reader=owners_found(inputs.store, baseline.run_id, judged.named))
    before = _known_before(inputs.store, baseline, was, judged.named)
    departed = _departures(before, holders(before["deadline"], inputs.rulebook), now)
    apart = _without_moved(was, now)
    parts = {name: was} | ({f"{name}{APART}": apart} if len(apart) < len(was) else {})
    begun = replace(first, departed=departed, beside=since_then(inputs.store, first.beside, baseline, known))
    return {name: _comparison(inputs, begun, judged, baseline, part, now) for name, part in parts.items()}


def _comparison(
    inputs: Inputs, begun: Comparison, judged: Judged, baseline: RunRecord, was: DataFrame, now: Whereabouts
) -> Comparison:
    found = numbered(judged.findings)
    # what is gone together with its person is not told as what was seen to
    changes = compare(was, found)
    is_absent = (changes["change"] == GONE) & ~now.is_listed(changes["person_id"])
    changed = changes.assign(change=changes["change"].mask(is_absent, OFF_ROSTER if now.is_whole else UNREAD))
    run = replace(begun.run, previous_as_of=baseline.as_of)
    return replace(
        begun,
        run=run,
        changes=changed.assign(holder=holders(changed["deadline"], inputs.rulebook)),
        causes=_attribute_changes(inputs, run, found, was, baseline),
        was=worst(was, inputs.rulebook),
        people_by_level=baseline.people_by_level,
        told={reader_key(slug): counts for slug, counts in baseline.manifest.get("told", {}).items()},
    )


def _kept(inputs: Inputs, baseline: RunRecord | None, named: AbstractSet[str] | None) -> DataFrame | None:
    """What that run found, of those whom this one names; None where a purge took it: everything would look new."""
    if baseline is None:
        return None
    was = findings_of(inputs.store, baseline.run_id, named)
    is_kept = (
        len(was) or not baseline.manifest.get("findings") or (named and people_found(inputs.store, baseline.run_id))
    )
    return was if is_kept else None


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


COUNTED = ["outage_id", "services", "began_at", "ended_at", "kind", "verification", "status", "precision"]
"""Of an outage, what a level can hang on."""
COUNTS_BY = ("reporter", "pandas", "tzdata")
"""What a level can hang on, of the versions of a run; the library that writes its workbooks moves none."""
MOST_KEPT = 2_000
"""Outages of files kept with a run; of more, the next run cannot tell what changed in them."""


def _attribute_changes(inputs: Inputs, run: Run, findings: DataFrame, was: DataFrame, previous: RunRecord) -> DataFrame:
    """How many steps of level each cause moved each finding that changed, on the rows of the changes.

    Takes:   findings - FINDINGS of this run with `occurrence`; was - those of the run before, as kept.
    Returns: CAUSES.
    """
    changed = differences(was, findings)
    before = _record_then(inputs, previous)
    roster = inputs.gathered.roster
    people = roster[roster["person_id"].isin(changed["person_id"])].reset_index(drop=True)
    duties = inputs.gathered.duties[inputs.gathered.duties["duty_id"].isin(changed["person_id"])]
    record = inputs.gathered.record.outages
    then = record if before is None else before
    began = _steps(changed, inputs.findings(roster=people, duties=duties, outages=then, as_of=previous.as_of))
    was_steps, now_steps = steps(changed["was_level"]), steps(changed["level"])
    is_same = before is None or _rows(before) == _rows(record)
    passed = now_steps if is_same else _steps(changed, inputs.findings(roster=people, duties=duties, outages=then))
    start = _start(run, previous.manifest, knows_record=before is not None)
    log.info("changes explained: %d findings of %d rows judged again", len(changed), len(people))
    moved = {"by_start": began - was_steps, "by_time": passed - began, "by_outages": now_steps - passed}
    return CAUSES.cast(DataFrame({"start": start, **moved}, index=changed.index))


def kept_record(inputs: Inputs) -> dict[str, list[list[str]]]:
    """For the manifest: what the next run needs of outages that the ledger does not have, or has otherwise."""
    rows, mark = _rows(inputs.gathered.record.outages), int(inputs.ledger["number"])
    known = outages_known_at(inputs.store, mark)
    of_ledger = {tuple(row) for row in _rows(known)} if len(known) else set()
    of_files = [row for row in rows if tuple(row) not in of_ledger]
    return {"outages_of_files": of_files} if len(of_files) <= MOST_KEPT else {}


def _steps(changed: DataFrame, findings: DataFrame) -> Series:
    """How grave each of these findings is among others; 0 where it is not there."""
    there = numbered(findings)[[*KEY, "level"]].astype({"deadline": "str", "level": "str"})
    told = changed[KEY].merge(there, how="left", on=KEY)
    return steps(told["level"]).set_axis(changed.index)


def _record_then(inputs: Inputs, previous: RunRecord) -> DataFrame | None:
    """The outages as the last run knew them; None when that was not kept."""
    kept = previous.manifest
    if "outages_of_files" not in kept or "ledger" not in kept:
        return None
    ledger = outages_known_at(inputs.store, int(kept["ledger"]["number"]))
    rows = DataFrame(kept["outages_of_files"], columns=COUNTED)
    files = OUTAGES.cast(rows.assign(**{name: instants_in(rows[name]) for name in _INSTANTS}))
    return pd.concat([OUTAGES.cast(ledger[~ledger["outage_id"].isin(files["outage_id"])]), files], ignore_index=True)


_INSTANTS = ("began_at", "ended_at")


def _rows(outages: DataFrame) -> list[list[str]]:
    """What is counted of each outage, as text in order of the ids."""
    counted = outages.sort_values("outage_id", kind="stable")[COUNTED]
    texts = {name: counted[name].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").astype("object") for name in _INSTANTS}
    plain = counted.astype("object").assign(**texts)
    told: list[list[str]] = plain.where(plain.notna(), "").to_numpy().tolist()
    return told


def _start(run: Run, then: Mapping[str, Any], *, knows_record: bool) -> str:
    """What the first step can be: roster, rules, or one of several that cannot be told apart."""
    inputs: Sequence[Mapping[str, str]] = then.get("inputs", ())
    was = {(one["path"], one["sha256"]) for one in inputs}
    is_same_roster = {pair for pair in run.inputs if pair[0] in run.rosters} <= was
    same_rules = (
        then.get("rulebook_sha256") == run.rulebook_sha256
        and then.get("settings") == dict(run.settings)
        and all(then.get("versions", {}).get(name) == run.versions.get(name) for name in COUNTS_BY)
    )
    parts = [*([] if is_same_roster else ["roster"]), *([] if same_rules else ["rules"])]
    parts += [] if knows_record else ["outages"]
    return "_".join(parts) or "rules"
