"""The order of a run, which only this module knows: gather, examine, tell, write, record, deliver."""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from pandas import DataFrame, Series, Timestamp
from sqlalchemy import Connection

import reporter
from reporter.engine.changes import numbered
from reporter.errors import Exit, NotesError, ReporterError, RosterError, refused
from reporter.model.annotations import Note
from reporter.model.levels import AT_RISK
from reporter.model.problem import Problem
from reporter.model.report import Recipient, Run
from reporter.model.rulebook import Rulebook
from reporter.pipeline.assemble.examine import Judged, examine
from reporter.pipeline.assemble.gather import Intake
from reporter.pipeline.assemble.inputs import offices_of, read_inputs
from reporter.pipeline.assemble.ledger_anchor import keep_head, ledger_state
from reporter.pipeline.assemble.timetable import due_slot
from reporter.pipeline.compare.attribution import kept_record
from reporter.pipeline.compare.baseline import compare_all, events_in_hand, last_heard, leavers
from reporter.pipeline.compare.record_context import beside_outages, items_account, relied_places
from reporter.pipeline.run.mail_package import check_locks
from reporter.pipeline.run.run_lock import FREE, Turn
from reporter.pipeline.run.tell import RenderedFiles, tell_all
from reporter.pipeline.run.write import audit_summary, manifest, write_run
from reporter.pipeline.send.deliver import Clock, Of, Round, deliver_due
from reporter.pipeline.send.plan import Plan, is_to_be_told, plan_mail, reader_id
from reporter.pipeline.send.plan import series as series_of
from reporter.pipeline.send.transports import is_sending, open_transport
from reporter.readers.book import open_book
from reporter.report.annotations import carry_notes, read_notes, settle
from reporter.report.mail.template_fixtures import check_templates
from reporter.report.recipients import Audience, View, roles, share
from reporter.report.scope import account
from reporter.report.set_aside import Aside, set_aside_workbook
from reporter.settings import Settings
from reporter.store.audit import RUN, note_event
from reporter.store.database import Store
from reporter.store.runs import RunRecord, last_made, record_run

log = logging.getLogger(__name__)
FILE = r"^(.*)!"
FEWEST = {"rows_read": 5, "people": 5, "at_risk": 10}
"""Below these a fall by a share says nothing: one person more or less is already a third."""
Sizes = Mapping[str, Mapping[str, int]]


def sizes(rows: DataFrame, findings: DataFrame, sources: list[str]) -> Sizes:
    """How large each roster is: rows read, people, and people at risk.

    Takes: ROWS; FINDINGS; the names of the files that were read, since one without rows is in neither frame.
    """
    of_rows, of_findings = _file(rows["source_row"]), _file(findings["source_row"])
    read = of_rows.value_counts()
    people = rows["person_id"].groupby(of_rows).nunique()
    is_at_risk = findings["level"].isin(AT_RISK)
    at_risk = findings.loc[is_at_risk, "person_id"].groupby(of_findings[is_at_risk]).nunique()
    counts = {"rows_read": read, "people": people, "at_risk": at_risk}
    return {name: {key: int(count.get(name, 0)) for key, count in counts.items()} for name in sources}


def refuse_shrunk(now: Sizes, before: Sizes, share: float) -> None:
    """Stop when a roster has no row at all, or lost more than its share since the run before.

    Raises: RosterError naming the roster, what it had and what it has.
    """
    for name, size in now.items():
        if not size["rows_read"]:
            raise refused(RosterError, "stop_no_rows", where=name)
        for key, was in before.get(name, {}).items():
            if was >= FEWEST.get(key, 1) and size.get(key, 0) < was * (1 - share):
                raise refused(
                    RosterError, f"stop_shrunk_{key}", where=name, was=was, now=size[key], percent=round(share * 100)
                )


def _file(source_rows: Series) -> Series:
    files: Series = source_rows.str.extract(FILE, expand=False)
    return files


RISK = "risk*.xlsx"


@dataclass(frozen=True)
class OfficeNotes:
    """What the office wrote, in which files, and what could not be read of it."""

    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    failures: tuple[ReporterError, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()


def gather_notes(settings: Settings) -> OfficeNotes:
    """The notes of every workbook that the settings or the command line name."""
    notes: list[Note] = []
    problems: list[Problem] = []
    failures: list[ReporterError] = []
    inputs: list[tuple[str, str]] = []
    for path in dict.fromkeys(_workbooks(settings)):
        try:
            book = open_book(path)
            found, faults = read_notes(book)
        except ReporterError as error:
            failures.append(error if isinstance(error, NotesError) else NotesError(str(error), french=error.told("fr")))
            continue
        notes += found
        problems += faults
        inputs.append((book.source, book.sha256))
    problems += [Problem(note.source, "note_conflict") for note in _new_conflicts(notes)]
    log.info("notes: %d rows from %d workbooks, %d failures", len(notes), len(inputs), len(failures))
    return OfficeNotes(tuple(notes), tuple(problems), tuple(failures), tuple(inputs))


def with_notes(gathered: Intake, noted: OfficeNotes) -> Intake:
    """What was read, with the faults of the workbooks and the workbooks among the inputs."""
    return replace(
        gathered,
        problems=(*gathered.problems, *noted.problems),
        failures=(*gathered.failures, *noted.failures),
        inputs=(*gathered.inputs, *noted.inputs),
    )


def _new_conflicts(notes: list[Note]) -> list[Note]:
    """Those that an earlier run has not told of already."""
    told = {(note.key.person_id, note.said) for note in notes if note.key.kind == "other"}
    others = (note for note in settle(notes)[1] if note.key.kind == "other")
    return [note for note in others if (note.key.person_id, note.said) not in told]


def _workbooks(settings: Settings) -> Iterable[Path]:
    """The files named; of a folder, its newest risk workbook and every other workbook that was put there."""
    named = settings.annotations if isinstance(settings.annotations, tuple) else (settings.annotations,)
    for path in (settings.path(name) for name in named if name):
        yield from _of_folder(path) if path.is_dir() else [path]


def _of_folder(folder: Path) -> list[Path]:
    """Where the folder holds none, the folders in it are looked through: each run has its own."""
    here = [path for path in folder.glob("*.xlsx") if not path.name.startswith(("~$", ".", "set-aside"))]
    risks = [path for path in here if path.match(RISK)] or list(folder.glob(f"*/{RISK}"))
    newest = sorted(risks, key=lambda path: (path.stat().st_mtime_ns, str(path)))[-1:]
    return [*newest, *sorted(path for path in here if not path.match(RISK))]


def with_leavers(parts: Audience, leavers: Sequence[Recipient]) -> Audience:
    """The same, and those who have no row any more after those who have."""
    owners = parts.owners
    return replace(parts, recipients=(*parts.recipients[:owners], *leavers, *parts.recipients[owners:]))


def audience_of(settings: Settings, gathered: Intake) -> Audience:
    """The recipients; one's language is the first that their rows name, else the unit's, else the office's."""
    said = gathered.roster[["contact_email", "language"]].dropna().drop_duplicates("contact_email")
    units = {name: unit.address for name, unit in settings.units.items()}
    by_address = {u.address.strip().casefold(): u.language for u in settings.units.values() if u.language}
    views = []
    for one in settings.recipients:
        if roles()[one.role].owns:
            units |= dict.fromkeys(one.units, one.address)
            by_address |= {one.address.strip().casefold(): one.language} if one.language else {}
        else:
            views.append(View(one.address, one.role, one.units, one.language or ""))
    languages = by_address | dict(zip(said["contact_email"].str.strip().str.casefold(), said["language"], strict=True))
    return share(gathered.rows, languages, units, office=settings.office.address, language=settings.spoken, views=views)


@dataclass(frozen=True)
class FinishedRun:
    """A finished run: where it stands, what it says, and the exit code its caller gets."""

    folder: Path
    run: Run
    told: RenderedFiles
    manifest: Mapping[str, object]
    problems: tuple[Problem, ...]
    failures: tuple[ReporterError, ...]
    exit_code: Exit
    plan: Plan
    round: Round | None  # None when nothing was to be sent


def run(
    settings: Settings,
    as_of: Timestamp,
    *,
    out: Path | None = None,
    strict: bool = False,
    accept_shrink: bool = False,
    as_known: Timestamp | None = None,
    clock: Clock | None = None,
    deliver: bool = True,
    turn: Turn = FREE,
    yes: bool = False,
    past_too: bool = False,
) -> FinishedRun:
    """Read, judge, write and remember, once; then send what is due. `as_known`: use the ledger as it stood then.

    Takes:  clock - tells the instant of each attempt to send; without it, or unless `deliver`, mails are only planned.
            turn - the right to run, from `alone`;
            yes - a person agrees to write to recipients for the first time, and to many;
            past_too - mails are planned also when `as_of` lies in an earlier week than the clock.

    Raises: ReporterError when nothing can be reported at all. A roster or outage file that cannot be read costs
    only itself: it is among the failures, and the exit code says so.
    """
    offices = offices_of(settings)  # a picture that cannot be used stops the run here
    if settings.templates:
        check_templates(settings.path(settings.templates), offices)
    check_locks(settings)
    postal = open_transport(settings) if clock and deliver and is_sending(settings) else None
    inputs, series = read_inputs(settings, as_of, as_known=as_known), series_of(settings)
    rulebook, gathered, store, mark = inputs.rulebook, inputs.gathered, inputs.store, inputs.ledger
    noted = gather_notes(settings)
    gathered = with_notes(gathered, noted)
    heard = last_heard(store, settings, as_of)
    previous = heard.office
    turn.beat()
    examined = examine(
        gathered.roster,
        gathered.record.outages,
        rulebook,
        as_of,
        own=gathered.own.duties,
        office_zone=settings.office.time_zone,
        degraded_share=settings.degraded_share,
    )
    sized = sizes(gathered.rows, examined.findings, list(dict.fromkeys(gathered.sources)))
    if not accept_shrink:
        refuse_shrunk(sized, previous.manifest.get("rosters", {}) if previous else {}, settings.shrink_share)
    facts = _facts(settings, gathered, rulebook, as_of, last_made(store, series, as_of))
    known = as_known or int(mark["number"])
    facts = replace(
        facts,
        items=items_account(store, gathered, as_of, known),
        ledger_faults=ledger_state(settings, store).count,
    )
    keep_head(settings, store)
    beside = beside_outages(settings, store, gathered, examined.outages, as_of=as_of, as_known=known)
    parts = audience_of(settings, gathered)
    if not gathered.failures:  # of a roster that cannot be read, nobody has left
        parts = with_leavers(parts, leavers(store, heard, parts.recipients, as_of, settings.language))
    compared = compare_all(inputs, facts, examined, beside, heard, map(reader_id, parts.recipients), known)
    facts, events = compared.each[0].run, events_in_hand(store, heard, parts.recipients)
    carried = carry_notes(numbered(examined.findings), noted.notes, as_of, office_zone=settings.office.time_zone)
    told = tell_all(settings, gathered, rulebook, parts, compared, carried=carried, events=events)
    folder = out or settings.path(settings.out) / facts.run_id
    files = {**told.files, **_set_aside(gathered, settings.language)}
    kept = {"rosters": sized, "ledger": mark, "relied_on": relied_places(told.relied_on)}
    turn.beat()
    listed = write_run(folder, files, manifest(facts, told) | kept | kept_record(inputs))
    record = _record(facts, series, told, listed, clock() if clock else None)
    is_told = clock is None or is_to_be_told(settings, as_of, clock(), past_too=past_too)
    plan = _remember(store, record, examined, told, turn, is_told=is_told)
    log.info("run %s: %d findings, %d recipients", facts.run_id, len(examined.findings), len(told.recipients))
    hands, of = turn.tick if turn.clock else clock, Of(settings.office.name, series)
    sent = deliver_due(store, settings, postal, hands, of, yes=yes) if postal and hands and is_told else None
    failures = (*gathered.failures, *told.failures)
    code = _exit_code(facts, failures, sent, strict=strict)
    return FinishedRun(folder, facts, told, listed, gathered.problems, failures, code, plan, sent)


def _remember(
    store: Store, record: RunRecord, examined: Judged, told: RenderedFiles, turn: Turn, *, is_told: bool
) -> Plan:
    """Record the run and plan its mails, in one transaction: never the one without the other."""
    plans: list[Plan] = []

    def beside(connection: Connection) -> None:
        turn.check(connection)
        at = record.finished_at or record.as_of
        plans.append(plan_mail(connection, told.posts, at) if is_told else Plan(is_rehearsed=bool(told.posts)))
        note_event(connection, RUN, record.run_id, audit_summary(record.manifest), at)

    record_run(store, record, numbered(examined.findings), told.events, beside)
    return plans[-1]


def _set_aside(gathered: Intake, language: str) -> dict[str, bytes]:
    """The rows set aside as a workbook to mend; no file where there are none."""
    parts = [
        Aside(source, reading.date_orders, reading.originals)
        for source, reading in zip(gathered.sources, gathered.readings, strict=True)
        if len(reading.originals)
    ]
    return {"set-aside.xlsx": set_aside_workbook(parts, gathered.problems, language)} if parts else {}


def _facts(
    settings: Settings,
    gathered: Intake,
    rulebook: Rulebook,
    as_of: Timestamp,
    made: Timestamp | None,
) -> Run:
    whole = account(gathered.rows)
    assert whole.balances, "a row has vanished"
    complete_to = gathered.record.complete_to
    stale_after = pd.Timedelta(days=settings.stale_after_days)
    planned = due_slot(settings.weekly, settings.office.time_zone, as_of, made) if settings.weekly else None
    return Run(
        run_id=_run_id(as_of, gathered.inputs, rulebook),
        as_of=as_of,
        account=whole,
        rulebook_sha256=rulebook.sha256,
        inputs=gathered.inputs,
        versions={"reporter": reporter.__version__} | {name: version(name) for name in ("pandas", "tzdata")},
        record_complete_to=complete_to,
        is_record_stale=complete_to is None or as_of - complete_to > stale_after,
        has_outage_record=gathered.has_outage_record,
        settings=_settings(settings),
        next_report_on=Timestamp(planned.following.on) if planned else None,
        missed_on=tuple(Timestamp(slot.on) for slot in planned.missed) if planned else (),
        rosters=tuple(dict.fromkeys(Path(entry.path).name for entry in settings.roster)),
    )


def _settings(settings: Settings) -> dict[str, str]:
    """The settings that can move a level, a date or what is held to be known, by key."""
    return {
        "office.time_zone": settings.office.time_zone,
        "degraded_share": str(settings.degraded_share),
        "stale_after_days": str(settings.stale_after_days),
        "shrink_share": str(settings.shrink_share),
        "rules": settings.rules or "–",
    }


def _run_id(as_of: Timestamp, inputs: Sequence[tuple[str, str]], rulebook: Rulebook) -> str:
    """The same run has the same id: its instant, and a digest of what it read and by which rules."""
    text = "\n".join([rulebook.sha256, *(f"{name} {sha256}" for name, sha256 in inputs)])
    return f"{as_of:%Y%m%dT%H%M%SZ}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _record(
    facts: Run, series: str, told: RenderedFiles, listed: Mapping[str, object], finished_at: Timestamp | None
) -> RunRecord:
    return RunRecord(
        run_id=facts.run_id,
        series=series,
        as_of=facts.as_of,
        finished_at=finished_at,
        rows_read=facts.account.read,
        rows_assessed=facts.account.assessed,
        rows_set_aside=facts.account.set_aside,
        rows_excluded=facts.account.excluded,
        people=told.office.people,
        people_by_level=told.office.people_by_level,
        rulebook_sha256=facts.rulebook_sha256,
        manifest=listed,
    )


def _exit_code(facts: Run, failures: Sequence[ReporterError], sent: Round | None, *, strict: bool) -> Exit:
    if facts.ledger_faults:
        return Exit.NOT_INTACT
    if failures:
        return failures[0].exit_code
    if sent and sent.outstanding:
        return Exit.NOT_DELIVERED
    if strict and facts.account.set_aside:
        return Exit.ROWS_SET_ASIDE
    if strict and facts.is_record_doubtful:
        return Exit.RECORD_STALE
    return Exit.DONE
