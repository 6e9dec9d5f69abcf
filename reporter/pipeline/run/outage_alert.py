"""Between two reports: whoever has somebody on whose last days a new outage falls hears of it at the next look.

Nothing is judged anew: the same engine reads the rosters and the record as they are now, and what it finds is told in
part. A reader hears of a person and an outage once; what was told and is otherwise by now is told again.
"""

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import DataFrame, Timedelta, Timestamp

from reporter.delivery.leak_scan import find_leaks
from reporter.errors import ReporterError, SettingsError, WithheldError, refused
from reporter.model.levels import NAMES, RANK
from reporter.model.mail import ALERT, CANCELLED, MAIL, Envelope, Outcome, ReportKey
from reporter.model.report import Recipient, RecordContext, Report
from reporter.model.shapes import is_institution, people_part
from reporter.pipeline.assemble.gather import OfficeNotes, gather_notes, with_notes
from reporter.pipeline.assemble.inputs import NO_STORE, Inputs, close_account, examine_inputs, offices_of, read_inputs
from reporter.pipeline.compare.baseline import Comparison
from reporter.pipeline.run.audience import audience_of, with_rhythms
from reporter.pipeline.run.leak_guard import Guard, everybody, guard
from reporter.pipeline.run.mail_package import Parcel
from reporter.pipeline.run.refusals import mind_names
from reporter.pipeline.run.run import run_facts, scribe_of
from reporter.pipeline.run.run_lock import Turn
from reporter.pipeline.run.tell import NOTHING_SEALED, Scribe, leak_told
from reporter.pipeline.send.plan import MailIdentity, Post, finished, period, plan_alert, reader_id
from reporter.pipeline.send.status import cause_of
from reporter.pipeline.send.transports import Clock, open_transport
from reporter.report.mail.short_mails import Alert, alert_mail, in_part
from reporter.report.people import is_quiet, row_dicts
from reporter.report.recipients import Audience
from reporter.settings import AlertSettings, OutageSettings, RosterSettings, Settings
from reporter.store.causes import Cause
from reporter.store.database import Store
from reporter.store.ledger import history, newest_version, outages_known_at
from reporter.store.outbox import AlertFact, AlertTelling, alerts_of, entries
from reporter.store.runs import RunRecord, last_run, runs_named

log = logging.getLogger(__name__)
LONGEST = Timedelta(days=36)
"""A reader's last report is no older than this, by any rhythm; whoever had none since hears as the office's."""
SAID = ("services", "began_at", "ended_at", "kind")
"""The facts of an outage that an alert tells: one of them amended is told again."""


class _News(Struct, frozen=True):
    """What one reader is to hear: places of findings, with the outages that concern each, and what is taken back."""

    places: tuple[int, ...] = ()
    facts: tuple[AlertFact, ...] = ()
    taken_back: tuple[AlertFact, ...] = ()


def alert_readers(settings: Settings, store: Store, now: Timestamp, turn: Turn) -> tuple[Cause, ...]:
    """Plan what each reader is to hear at once; what keeps somebody from hearing it.

    Before the first report nobody hears anything: that one is due at once. Raises: ReporterError - see `read_inputs`.
    """
    ours = settings.report
    last = last_run(store, ours.series, now)
    if not settings.alerts.on or not settings.is_sending or last is None:
        return ()
    newest = newest_version(store)
    before, marks = alerts_of(store, ours), _marks(store, ours, last, newest)
    if newest <= min(marks.values()):
        return ()
    inputs, noted = read_inputs(settings, now), gather_notes(settings)
    with closing(inputs.store):
        inputs = replace(inputs, gathered=with_notes(inputs.gathered, noted))
        causes = [cause_of(one, settings) for one in inputs.gathered.failures]
        desk = _Desk.of(inputs, noted, period(last.as_of, settings.office.time_zone))
        mind_names(store, settings, people_part(desk.scribe.judged.findings), now)
        for recipient, news in desk.news(before, marks):
            turn.beat()
            causes += desk.plan(recipient, news, before, turn)
        return tuple(causes)


def _marks(store: Store, ours: ReportKey, last: RunRecord, newest: int) -> dict[str, int]:
    """How far the ledger had come at each reader's last report, by `reader_id`; at the latest report, by nothing.

    Of a report that did not keep it, as those of long ago, it is taken to have had all.
    """
    there = entries(store, report=ours)
    known = [e for e in there if e.channel == MAIL and e.state != CANCELLED]
    latest = {entry.recipient: entry.run_id for entry in known}
    records = runs_named(store, {*latest.values(), last.run_id})
    numbers = {key: _number(one, newest) for key, one in records.items() if last.as_of - one.as_of <= LONGEST}
    told = {recipient: numbers[run_id] for recipient, run_id in latest.items() if run_id in numbers}
    return {**told, "": _number(last, newest)}


def _number(record: RunRecord, newest: int) -> int:
    ledger = record.manifest.get("ledger") or {}
    return int(ledger.get("number", newest))


def outage_facts(known: DataFrame) -> dict[str, str]:
    """A digest of what is told of each outage that holds, by its id. Takes: OUTAGES."""
    held = known[known["status"] != "cancelled"]
    rows = zip(held["outage_id"], *(held[name].tolist() for name in SAID), strict=True)
    return {str(key): hashlib.sha256("\n".join(map(str, said)).encode()).hexdigest()[:16] for key, *said in rows}


def touched_pairs(findings: DataFrame, outages: DataFrame, wanted: AlertSettings, as_of: Timestamp) -> DataFrame:
    """Each duty that ends soon at a grave level beside each outage that falls on its last days.

    Takes: FINDINGS, OUTAGES; how soon, and from which level.
    Returns: place (in the findings), person_id, source_row, outage_id.
    """
    within, closes = Timedelta(days=wanted.within_days), findings["closes_at"]
    is_near = (closes > as_of) & (closes <= as_of + within) & ~is_institution(findings)
    is_grave = findings["level"].astype("str").map(RANK) <= RANK[wanted.level]
    near = findings.assign(place=np.arange(len(findings)), outage_id=findings["outages"].astype("str"))
    near = near.loc[(is_near & is_grave).to_numpy(dtype=bool) & (near["outage_id"] != "").to_numpy()]
    near = near[["place", "person_id", "source_row", "closes_at", "opens_at", "outage_id"]]
    pairs = near.assign(outage_id=near["outage_id"].str.split(";")).explode("outage_id")
    both = pairs.merge(outages[["outage_id", "began_at", "ended_at"]], on="outage_id")
    first = (both["closes_at"] - within).where(both["closes_at"] - within > both["opens_at"], both["opens_at"])
    is_there = (both["began_at"] < both["closes_at"]) & (both["ended_at"].isna() | (both["ended_at"] > first))
    return both.loc[is_there, ["place", "person_id", "source_row", "outage_id"]]


class _Desk(Struct, frozen=True):
    """What is read and judged now, and from it each reader's news and mail."""

    inputs: Inputs
    scribe: Scribe
    readers: Audience
    compared: Comparison
    identity: MailIdentity
    facts: Mapping[str, str]  # of each outage, as the ledger has it now
    guards: dict[str, Guard] = field(default_factory=dict)

    @classmethod
    def of(cls, inputs: Inputs, noted: OfficeNotes, week: str) -> "_Desk":
        """As a run reads and judges. Takes: week - of the report that the alerts follow."""
        settings, judged = inputs.settings, examine_inputs(inputs)
        found = people_part(judged.findings)
        inputs = replace(inputs, gathered=close_account(inputs.gathered, found, inputs.rulebook))
        facts = run_facts(inputs)
        return cls(
            inputs,
            scribe_of(inputs, judged, offices_of(settings), noted),
            with_rhythms(audience_of(settings, inputs.gathered), settings, inputs.as_of),
            Comparison(replace(facts, run_id=f"alert-{facts.run_id}"), RecordContext()),
            replace(MailIdentity.of(settings), week=week),
            outage_facts(outages_known_at(inputs.store)),
        )

    def news(self, before: Sequence[AlertTelling], marks: Mapping[str, int]) -> Iterator[tuple[Recipient, _News]]:
        """What each reader who gets rows whole is to hear, also where that is nothing any more."""
        pairs = self._pairs()
        owner = self.readers.number.reindex(pairs["source_row"]).to_numpy()
        fresh = {mark: self._fresh(mark) for mark in {*marks.values()}}
        for n, recipient in enumerate(self.readers.recipients[: self.readers.owners]):
            reader = reader_id(recipient)
            mine = pairs[(owner == n) & pairs["outage_id"].isin(fresh[marks.get(reader, marks[""])]).to_numpy()]
            told = [one for one in before if one.recipient == reader]
            news = self._news(mine, told)
            if news.facts or any(not one.has_left for one in told):
                yield recipient, news

    def _pairs(self) -> DataFrame:
        """Less those that the office asked not to hear of for now."""
        judged, settings = self.scribe.judged, self.inputs.settings
        pairs = touched_pairs(judged.findings, judged.outages, settings.alerts, self.inputs.as_of)
        places = np.unique(pairs["place"].to_numpy(dtype=np.intp))
        if not len(places):
            return pairs
        rows = row_dicts(self.scribe.report(self.compared, settings.language, only=places).findings, ("quiet_until",))
        quiet = {place for place, row in zip(places.tolist(), rows, strict=True) if is_quiet(row)}
        return pairs[~pairs["place"].isin(quiet)]

    def _fresh(self, mark: int) -> set[str]:
        """The outages that the ledger tells otherwise than it did then."""
        then = outage_facts(outages_known_at(self.inputs.store, mark))
        return {key for key, fact in self.facts.items() if then.get(key) != fact}

    def _news(self, mine: DataFrame, told: Sequence[AlertTelling]) -> _News:
        """What has not left yet, each person and outage once, and what has left and is off the record."""
        left = {(fact.person_id, fact.outage_id): fact.fact for one in told if one.has_left for fact in one.facts}
        rows = [
            (int(place), AlertFact(str(person), str(outage), self.facts[str(outage)]))
            for place, person, outage in zip(mine["place"], mine["person_id"], mine["outage_id"], strict=True)
        ]
        new = [(place, fact) for place, fact in rows if left.get((fact.person_id, fact.outage_id)) != fact.fact]
        gone = [key for key, fact in left.items() if fact and key[1] not in self.facts and self._is_off(key[1])]
        back = tuple(AlertFact(person, outage, "") for person, outage in gone)
        places = tuple(sorted({place for place, _ in new}))
        return _News(places, (*dict.fromkeys(fact for _, fact in new), *back), back)

    def _is_off(self, outage_id: str) -> bool:
        """Whether it was withdrawn or cancelled; one that is told under another id now is as it was."""
        versions = history(self.inputs.store, outage_id)
        return versions.empty or versions["action"].iloc[-1] != "merged"

    def plan(self, recipient: Recipient, news: _News, before: Sequence[AlertTelling], turn: Turn) -> list[Cause]:
        """Make the mail and write it down; what keeps it from being sent."""
        settings, told = self.inputs.settings, [one for one in before if one.recipient == reader_id(recipient)]
        post = None
        try:
            if news.facts:
                alerts = [self.alert(recipient, language, news, told) for language in recipient.languages]
                post = self.finished(recipient, alerts)
        except ReporterError as error:
            return [cause_of(error, settings)]
        with self.inputs.store.begin() as connection:
            turn.check(connection)
            is_held = settings.mail.review
            plan_alert(connection, post, news.facts, told, self.inputs.as_of, is_held=is_held)
        return []

    def finished(self, recipient: Recipient, alerts: Sequence[Alert]) -> Post:
        """The mail that says these, one in each language of the reader.

        Raises: DeliveryError - it cannot be made, or holds people its reader may not see.
        """
        first, also = alerts[0], (alerts[1] if len(alerts) > 1 else None)
        said = alert_mail(first, templates=self.inputs.settings.template_folder, also=also)
        bodies = Parcel("", said, (), logo=first.report.office.logo).bodies
        post = finished(self.identity, first.report, recipient, bodies, (), ALERT)
        watch = self._guard(recipient.language)
        reach = watch.reaches[self.readers.recipients.index(recipient)]
        if leaks := find_leaks(post.letter.content, watch.people, reach, NOTHING_SEALED):
            raise refused(WithheldError, "mail_withheld", where=recipient.slug, why=partial(leak_told, leaks))
        return post

    def alert(self, recipient: Recipient, language: str, news: _News, told: Sequence[AlertTelling]) -> Alert:
        """What that reader hears in that language."""
        places = np.array(news.places, dtype=np.intp)
        report = self.scribe.report(self.compared, language, only=places)
        counts = report.findings.drop_duplicates("person_id")["level"].astype("str").value_counts()
        levels = {name: int(counts.get(name, 0)) for name in NAMES}
        mine = replace(report, recipient=recipient, people_by_level=levels, people=int(counts.sum()))
        outages = [fact.outage_id for fact in news.facts if fact.fact]
        return Alert(in_part(mine, outages), _times_taken_back(news, told))

    def _guard(self, language: str) -> Guard:
        """What keeps each mail to its reader's people, made once."""
        if language not in self.guards:
            gathered, settings = self.inputs.gathered, self.inputs.settings
            whole: Report = self.scribe.report(self.compared, language, only=np.empty(0, dtype=np.intp))
            rows = people_part(gathered.rows)
            known = everybody(settings, rows, gathered.roster)
            self.guards[language] = guard(settings, known, rows, gathered.roster, self.readers.recipients, [whole])
        return self.guards[language]


DRILL_ID, DRILL_SERVICE = "DRILL-1", "ircc_secure_account"
DRILL_BEGAN = Timedelta(minutes=20)


def drill_mail(settings: Settings, now: Timestamp) -> Post:
    """The alert of an invented outage on the last day of an invented person, to the office alone, marked as a drill.

    It is read, judged and made as any other, from files that are gone when it is made and a store in memory: neither
    the ledger nor the outbox hears of it. Raises: SettingsError - the office has no address; whatever a run raises.
    """
    if not settings.office.address:
        raise refused(SettingsError, "stop_drill", where="office.address")
    with TemporaryDirectory() as folder:
        inputs = read_inputs(_drill_settings(settings, Path(folder), now), now)
    with closing(inputs.store):
        desk = _Desk.of(inputs, OfficeNotes(), period(now, settings.office.time_zone))
        (recipient,) = desk.readers.recipients[: desk.readers.owners]
        outages = desk.scribe.judged.outages["outage_id"].tolist()
        found = desk.scribe.judged.findings
        places = np.flatnonzero((found["outages"].astype("str") != "") & (found["level"].astype("str").map(RANK) < 2))
        news = _News(tuple(places.tolist()), tuple(AlertFact(DRILL_ID, str(one), "drill") for one in outages))
        alerts = [replace(desk.alert(recipient, language, news, ()), is_drill=True) for language in recipient.languages]
        return desk.finished(recipient, alerts)


def _drill_settings(settings: Settings, folder: Path, now: Timestamp) -> Settings:
    """The same office with one person, whose last day it is, and one outage, in that folder."""
    roster, record = folder / "drill.csv", folder / "drill.json"
    roster.write_text(f"person_id,permit_kind,permit_expires_on\n{DRILL_ID},work,{now:%Y-%m-%d}\n", "utf-8")
    began = f"{now - DRILL_BEGAN:%Y-%m-%dT%H:%M:%SZ}"
    outage = {"outage_id": "drill", "services": DRILL_SERVICE, "began_at": began, "kind": "unplanned"}
    record.write_text(json.dumps({"outages": [outage]}), "utf-8")
    return replace(
        settings,
        store=NO_STORE,
        roster=(RosterSettings(path=str(roster)),),
        outages=(OutageSettings(path=str(record)),),
        duties=(),
        annotations="",
        units={},
        recipients=(),
    )


def send_drill(settings: Settings, clock: Clock) -> Outcome:
    """Send it past the outbox, by the way that the settings name. Raises: SettingsError - there is none."""
    if not settings.is_sending:
        raise refused(SettingsError, "stop_no_way", where="mail.transport")
    letter = drill_mail(settings, clock()).letter
    envelope = Envelope(settings.envelope_sender, letter.address, letter.slug, letter.message_id, ALERT)
    transport = open_transport(settings, only_to=settings.office.address)
    try:
        return transport.deliver(letter.content, envelope, lambda: None)  # nothing to write down before it goes
    finally:
        transport.close()


def _times_taken_back(news: _News, told: Sequence[AlertTelling]) -> tuple[tuple[Timestamp, int], ...]:
    """When each alert that is taken back was made, and of how many people it told that."""
    off = {(fact.person_id, fact.outage_id) for fact in news.taken_back}
    people: dict[str, set[str]] = defaultdict(set)
    for one in told:
        for fact in one.facts:
            if one.has_left and fact.fact and (fact.person_id, fact.outage_id) in off:
                people[one.planned_at].add(fact.person_id)
    return tuple((pd.Timestamp(at), len(those)) for at, those in people.items())
