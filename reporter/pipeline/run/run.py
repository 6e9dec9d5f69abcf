"""The order of a run, which only this module knows: gather, examine, tell, write, record, deliver."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Timedelta, Timestamp
from sqlalchemy import Connection

import reporter
from reporter.engine.backtest import duty_states
from reporter.engine.risk import numbered
from reporter.errors import Exit, ReporterError
from reporter.model.mail import WeekKey, recipient_id
from reporter.model.problem import Problem
from reporter.model.progress import begin_stage, unbroken
from reporter.model.report import Office, Run
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import people_part
from reporter.outages.door import shown_address
from reporter.pipeline.assemble.gather import Intake, OfficeNotes, date_rosters, gather_notes, with_notes
from reporter.pipeline.assemble.inputs import (
    Inputs,
    Judged,
    assess_inputs,
    offices_of,
    read_inputs,
    watched_names,
)
from reporter.pipeline.assemble.ledger_anchor import keep_head, ledger_state
from reporter.pipeline.assemble.report_identity import apart_from, keep_identity, names_of, note_sending
from reporter.pipeline.assemble.timetable import Timetable
from reporter.pipeline.compare.baseline import (
    Baselines,
    Comparisons,
    compare_with_baselines,
    events_in_hand,
    kept_record,
    last_heard,
    leavers,
    owners_of,
)
from reporter.pipeline.compare.record_context import beside_outages, items_account, relied_places
from reporter.pipeline.run.audience import audience_of, with_leavers, with_rhythms
from reporter.pipeline.run.leak_guard import everybody, guard
from reporter.pipeline.run.mail_package import Packaging, check_locks, locks
from reporter.pipeline.run.parts import InParts, open_parts
from reporter.pipeline.run.planning import NO_MENDING, Mending, Planning, mark_of, planning_of
from reporter.pipeline.run.refusals import (
    NO_WAIVERS,
    Sizes,
    Waivers,
    drop_planned,
    mind_names,
    mind_store,
    sheets_read,
    sized_rosters,
)
from reporter.pipeline.run.run_folder import audit_summary, manifest, note_planned, sweep_unfinished, write_run
from reporter.pipeline.run.run_lock import FREE, Turn
from reporter.pipeline.run.tell import Content, RenderedFiles, Scribe, tell_all
from reporter.pipeline.run.workers import release_memory
from reporter.pipeline.send.deliver import Round, deliver_due, mail_bytes
from reporter.pipeline.send.plan import Plan, is_to_be_told, plan_mail
from reporter.pipeline.send.status import (
    cause_of,
    exit_code_of,
    later_week,
    ledger_broken,
    roster_causes,
    source_causes,
    week_key,
)
from reporter.pipeline.send.transports import Clock, Sending, open_sending
from reporter.report.annotations import carry_notes
from reporter.report.mail.template_fixtures import check_templates
from reporter.report.recipients import Audience, account
from reporter.report.tables import Aside, set_aside_workbook
from reporter.rules.materiality import load_profiles
from reporter.settings import Settings, SourceSettings, WeeklySettings
from reporter.store.audit import RUN, note_event
from reporter.store.causes import Cause, book_debts, doubt_mails, doubt_new
from reporter.store.database import Store
from reporter.store.ledger import Mark
from reporter.store.runs import RunRecord, last_made, last_run, named_folders, note_folder, note_names, record_run

log = logging.getLogger(__name__)


class FinishedRun(Struct, frozen=True):
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
    is_told: bool = True  # it is the report of this week, and not one to look at


def run(
    settings: Settings,
    as_of: Timestamp,
    *,
    out: Path | None = None,
    strict: bool = False,
    waivers: Waivers = NO_WAIVERS,
    as_known: Timestamp | None = None,
    clock: Clock | None = None,
    deliver: bool = True,
    turn: Turn = FREE,
    yes: bool = False,
    past_too: bool = False,
    hold: bool = False,
    mends: Mending = NO_MENDING,
    is_between: bool = False,
) -> FinishedRun:
    """Read, judge, write and remember, once; then send what is due. `as_known`: use the ledger as it stood then.

    Takes:  clock - tells the instant of each attempt to send; without it, or unless `deliver`, mails are only planned.
            turn - the right to run, from `take_turn`;
            yes - a person agrees to write to recipients for the first time, and to many;
            past_too - mails are planned also when `as_of` lies in an earlier week than the clock;
            hold - the mails wait until somebody releases them, as they always do with `review = true`;
            mends - what an earlier run of a week left open: only whom that concerns is told again;
            is_between - two weekly reports: only whoever hears every day is told.

    Raises: ReporterError when nothing can be reported at all. A roster or outage file that cannot be read costs
    only itself: it is among the failures, and the exit code says so.
    """
    made = partial(InParts, settings, as_of) if settings.engine.is_parted else None
    with open_parts(settings.runs_folder, made) as parts, ExitStack() as to_the_end:
        # what a run of this report left unfinished; by whom nobody else can be running
        if turn.lease and turn.store:
            folders = [*settings.runs_folder.glob("*/"), *map(Path, named_folders(turn.store))]
            sweep_unfinished([*folders, *([out] if out else [])], turn.lease.name)
        offices = _usable(settings)
        sending = _sending(settings, clock, turn) if deliver else None
        inputs, noted = _read(settings, as_of, as_known, parts)
        doubted = mind_store(inputs.store, settings, week_key(settings, as_of), waivers) if clock else ""
        baselines = last_heard(inputs.store, settings, as_of)
        turn.beat()
        inputs, judged = _judge(inputs, parts)
        if not waivers.rosters:
            mind_names(inputs.store, settings, judged.everybody, as_of)
        sized = sized_rosters(inputs, judged, baselines.office, waivers)
        readers = _readers(inputs, baselines)
        compared = _compared(inputs, judged, baselines, readers, as_known or int(inputs.ledger["number"]))
        facts, scanned = compared.of_office.run, scanned_rows(inputs, judged)
        known = everybody(settings, scanned, inputs.gathered.roster)
        release_memory()
        rendered = tell_all(
            scribe_of(inputs, judged, offices, noted),
            readers,
            compared,
            Packaging.of(settings, mends.week, hold=hold),
            locks=locks(settings, readers.recipients),
            watch=partial(guard, settings, known, scanned, inputs.gathered.roster, readers.recipients),
            events=events_in_hand(inputs.store, baselines, readers.recipients),
        )
        release_memory()
        turn.beat()
        failures = (*inputs.gathered.failures, *rendered.failures)
        causes = _causes(inputs, facts, rendered, failures)
        on_whole = partial(to_the_end.enter_context, unbroken())
        files, contents = _files(inputs, facts, judged, rendered, sized, causes, parts)
        folder, listed = _write(inputs, facts, files, contents, turn, out, on_whole)
        record = _record(facts, settings.report.series, rendered, listed, clock() if clock else None, out)
        is_told = clock is None or is_to_be_told(settings.office.time_zone, as_of, clock(), past_too=past_too)
        how = {"hold": hold, "is_told": is_told, "is_between": is_between}
        planning = planning_of(settings, readers, mends, causes, as_of=as_of, doubted=doubted, **how)
        plan = _remember(inputs, record, _owned(judged, readers, parts), rendered, turn, planning)
        to_the_end.close()  # a folder that is whole goes on record, whoever breaks the run off
        log.info("run %s: %d findings, %d recipients", facts.run_id, len(judged.everybody), len(rendered.recipients))
        sent = _sent(inputs, sending, planning, record, folder, yes=yes)
        code = _exit_code(facts, failures, causes if is_told else (), plan, sent, strict=strict)
        problems = (*inputs.gathered.problems, *rendered.problems)
        return FinishedRun(folder, facts, rendered, listed, problems, failures, code, plan, sent, is_told)


def _sent(
    inputs: Inputs, sending: Sending | None, planning: Planning, record: RunRecord, folder: Path, *, yes: bool
) -> Round | None:
    """Send what is due; what was planned and sent is noted outside of the store, in case that is put back."""
    settings, store = inputs.settings, inputs.store
    if planning.is_told and settings.is_sending and not record.folder:
        note_planned(folder, record.series, planning.week.period)
    if planning.doubted:
        drop_planned(store, settings.runs_folder, planning.week)
    if not planning.is_told:
        return None
    if sending:
        return deliver_noted(settings, store, sending, planning.week, yes=yes)
    keep_identity(settings, store, planning.week.period)
    return None


def _read(
    settings: Settings, as_of: Timestamp, as_known: Timestamp | None, parts: InParts | None
) -> tuple[Inputs, OfficeNotes]:
    """Rosters, outages and rules, with what the office wrote in its workbooks."""
    noted = gather_notes(settings)
    gather = parts.gather_with(noted.notes) if parts else None
    read = read_inputs(settings, as_of, as_known=as_known, gather=gather)
    return replace(read, gathered=with_notes(read.gathered, noted)), noted


def _judge(inputs: Inputs, parts: InParts | None) -> tuple[Inputs, Judged]:
    """What the engine finds, and the same inputs with the fate of every row; parts are judged as they are read."""
    begin_stage("judge")
    release_memory()
    found = (inputs, parts.judged) if parts else assess_inputs(inputs)
    release_memory()
    return found


def _owned(judged: Judged, readers: Audience, parts: InParts | None) -> Iterator[DataFrame]:
    """What the store keeps of every finding, and who gets each."""
    whole = judged.findings
    for found in parts.found() if parts else [numbered(whole).assign(state=duty_states(whole))]:
        yield found.assign(reader=owners_of(found["source_row"], readers))


def _causes(
    inputs: Inputs, facts: Run, rendered: RenderedFiles, failures: Sequence[ReporterError]
) -> tuple[Cause, ...]:
    """All that the run leaves open."""
    settings, looked = inputs.settings, rendered.office.beside.looked
    return (
        *(cause_of(one, settings) for one in failures),
        *([ledger_broken()] if facts.ledger_faults else []),
        *roster_causes(facts.roster_dates),
        *source_causes(looked, watched_names(settings)),
    )


def deliver_noted(settings: Settings, store: Store, sending: Sending, week: WeekKey, *, yes: bool = False) -> Round:
    """Send what is due of this report; that it begins is noted beside the settings, in case the store is put back."""
    with note_sending(settings, store, week.period) as note:
        return deliver_due(store, replace(sending, note=note), week.report, yes=yes)


def _usable(settings: Settings) -> dict[str, Office]:
    """The office in each language. Raises: SettingsError - its sign, a template or a password cannot be used."""
    offices = offices_of(settings)
    if settings.templates:
        check_templates(settings.path(settings.templates), offices)
    check_locks(settings)
    return offices


def _sending(settings: Settings, clock: Clock | None, turn: Turn) -> Sending | None:
    """The way out, where there is one and a clock to send by; each mail is a sign of life of the turn."""
    if clock is None or not settings.is_sending:
        return None
    return open_sending(settings, turn.tick if turn.clock else clock)


def _readers(inputs: Inputs, baselines: Baselines) -> Audience:
    """Who gets what, and who is told once that they have no row any more."""
    parts = with_rhythms(audience_of(inputs.settings, inputs.gathered), inputs.settings, inputs.as_of)
    if inputs.gathered.failures:  # of a roster that cannot be read, nobody has left
        return parts
    language = inputs.settings.language
    absent = {recipient_id(one.reader): one.reader for one in inputs.settings.stand_ins}
    told = partial(mail_bytes, inputs.settings.runs_folder, inputs.store)
    return with_leavers(parts, leavers(inputs.store, baselines, parts.recipients, inputs.as_of, language, absent, told))


def _facts(inputs: Inputs, known: Mark) -> Run:
    """The run as it is told, with what the sources offered, and whether the ledger still is what was written."""
    settings, store = inputs.settings, inputs.store
    items = items_account(store, inputs.gathered, inputs.as_of, known)
    whole = replace(run_facts(inputs), items=items, ledger_faults=ledger_state(settings, store).count)
    keep_head(settings.home, store)
    return whole


def _compared(inputs: Inputs, judged: Judged, baselines: Baselines, readers: Audience, known: Mark) -> Comparisons:
    """The run beside what each reader had last, by what the ledger may tell it."""
    facts, settings = _facts(inputs, known), inputs.settings
    beside = beside_outages(
        inputs.store,
        inputs.gathered,
        judged.outages,
        load_profiles(settings.rules_path),
        as_of=inputs.as_of,
        as_known=known,
        stale_after=Timedelta(days=settings.stale_after_days),
        named=watched_names(settings),
    )
    beside = replace(
        beside, pages=pages_to_read(settings.weekly, settings.sources), is_answered=bool(settings.mailbox.host)
    )
    return compare_with_baselines(inputs, facts, judged, beside, heard=baselines, readers=readers, known=known)


PAGES_NAMED = 3


def pages_to_read(weekly: WeeklySettings | None, sources: Sequence[SourceSettings]) -> tuple[str, ...]:
    """The pages on which outages are told: those that the settings name, else those of their sources."""
    found = (weekly.pages if weekly else ()) or [one.page or one.url for one in sources if one.kind != "record"]
    return tuple(dict.fromkeys(shown_address(page) for page in found))[:PAGES_NAMED]


def scribe_of(inputs: Inputs, judged: Judged, offices: Mapping[str, Office], noted: OfficeNotes) -> Scribe:
    zone = inputs.settings.office.time_zone
    return Scribe(
        language=inputs.settings.language,
        offices=offices,
        gathered=inputs.gathered,
        rulebook=inputs.rulebook,
        profiles=load_profiles(inputs.settings.rules_path),
        judged=judged,
        carried=carry_notes(numbered(judged.findings), noted.notes, inputs.as_of, office_zone=zone),
        office_zone=zone,
    )


def _write(
    inputs: Inputs,
    facts: Run,
    files: Mapping[str, Content],
    contents: Mapping[str, object],
    turn: Turn,
    out: Path | None,
    on_whole: Callable[[], object],
) -> tuple[Path, Mapping[str, object]]:
    """The folder of the run once it stands, and its manifest; one that was named is noted, to be found again."""
    folder = out or inputs.settings.runs_folder / facts.run_id
    if out:
        note_folder(inputs.store, str(out.absolute()))
    report = turn.lease.name if turn.lease else ""
    return folder, write_run(folder, files, contents, report=report, on_whole=on_whole)


def _files(
    inputs: Inputs,
    facts: Run,
    judged: Judged,
    rendered: RenderedFiles,
    sized: Sizes,
    causes: Sequence[Cause],
    parts: InParts | None,
) -> tuple[dict[str, Content], dict[str, object]]:
    """Every file of the run, and what its manifest says of it."""
    files = {**rendered.files, **_set_aside(inputs.gathered, inputs.settings.language, inputs.as_of)}
    if parts:
        files["findings.csv"] = parts.findings
    kept = {
        "rosters": sized,
        "roster_names": list(inputs.settings.roster_names),
        "sheets": sheets_read(inputs.gathered, inputs.settings.roster_name),
        "ledger": inputs.ledger,
        "relied_on": relied_places(rendered.relied_on),
    }
    return files, manifest(facts, rendered, causes) | kept | kept_record(inputs) | _counts(judged, rendered)


def _remember(
    inputs: Inputs,
    record: RunRecord,
    findings: Iterable[DataFrame],
    rendered: RenderedFiles,
    turn: Turn,
    planning: Planning,
) -> Plan:
    """Record the run, plan its mails and book what it leaves open, in one transaction: never one without the others."""
    begin_stage("record")
    plans: list[Plan] = []
    mark = mark_of(inputs.store, inputs.settings, record.as_of)

    def beside(connection: Connection) -> None:
        turn.check(connection)
        at, posts = record.finished_at or record.as_of, rendered.posts
        if not planning.is_told:
            plans.append(Plan(is_rehearsed=bool(posts)))
        else:
            held, concerned = planning.is_held, planning.is_concerned
            plan = plan_mail(connection, posts, at, is_held=held, is_concerned=concerned, timing=planning.timing)
            plans.append(plan)
            if planning.doubted:
                doubt_mails(connection, planning.week, planning.doubted, at)
            doubt_new(connection, planning.week, record.run_id, at)
            causes = (*planning.causes, *([later_week(plan.later)] if plan.later else []))
            book_debts(connection, planning.week, causes, mark, at)
        note_names(connection, names_of(inputs.settings), inputs.settings.report)
        note_event(connection, RUN, record.run_id, audit_summary(record.manifest), at)

    record_run(inputs.store, record, findings, rendered.events, beside)
    return plans[-1]


def _counts(judged: Judged, rendered: RenderedFiles) -> dict[str, int]:
    """How many findings about people there are; and how many of these stand in findings.csv alone, if any do."""
    everybody = judged.everybody
    found = {"findings": len(everybody)}
    if judged.named is None:
        return found
    unnamed = int(everybody.loc[~everybody["person_id"].isin(judged.named), "person_id"].nunique())
    return found | {"people_in_findings_alone": unnamed, "people_not_scanned_for": rendered.unseen + unnamed}


def scanned_rows(inputs: Inputs, judged: Judged) -> DataFrame:
    """ROWS of the people whose names no other reader's mail may hold: all, or in parts those that any mail may."""
    rows = people_part(inputs.gathered.rows)
    if judged.named is None:
        return rows
    return rows[rows["source_row"].isin(inputs.gathered.roster["source_row"]) | (rows["outcome"] == "set_aside")]


def _set_aside(gathered: Intake, language: str, as_of: Timestamp) -> dict[str, bytes]:
    """The rows set aside as a workbook to mend; no file where there are none."""
    parts = [
        Aside(source, reading.date_orders, reading.originals)
        for source, reading in zip(gathered.sources, gathered.readings, strict=True)
        if len(reading.originals)
    ]
    return {"set-aside.xlsx": set_aside_workbook(parts, gathered.problems, language, as_of=as_of)} if parts else {}


def run_facts(inputs: Inputs) -> Run:
    """The run as it is told: what it read, by which rules, how old the record is, when the next report comes."""
    settings, gathered, rulebook, as_of = inputs.settings, inputs.gathered, inputs.rulebook, inputs.as_of
    whole = account(people_part(gathered.rows), gathered.beside_rows)
    complete_to = gathered.record.complete_to
    stale_after = Timedelta(days=settings.stale_after_days)
    ours = settings.report.series
    made, last = last_made(inputs.store, ours, as_of), last_run(inputs.store, ours, as_of)
    planned = Timetable.of(settings).due(as_of, made) if settings.weekly else None
    return Run(
        run_id=_run_id(as_of, gathered.inputs, rulebook, apart_from(settings)),
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
        rosters=gathered.files,
        roster_dates=date_rosters(settings, gathered, last, as_of),
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


def _run_id(as_of: Timestamp, inputs: Sequence[tuple[str, str]], rulebook: Rulebook, report: str) -> str:
    """The same run has the same id: its instant, and a digest of what it read, by which rules, for which report."""
    text = "\n".join([rulebook.sha256, *(f"{name} {sha256}" for name, sha256 in inputs), *([report] if report else [])])
    return f"{as_of:%Y%m%dT%H%M%SZ}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _record(
    facts: Run,
    series: str,
    rendered: RenderedFiles,
    listed: Mapping[str, object],
    finished_at: Timestamp | None,
    out: Path | None,
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
        people=rendered.office.people,
        people_by_level=rendered.office.people_by_level,
        rulebook_sha256=facts.rulebook_sha256,
        manifest=listed,
        folder=str(out.absolute()) if out else "",
    )


def _exit_code(
    facts: Run,
    failures: Sequence[ReporterError],
    owed: Sequence[Cause],
    plan: Plan,
    sent: Round | None,
    *,
    strict: bool,
) -> Exit:
    if facts.ledger_faults:
        return Exit.NOT_INTACT
    if failures:
        return failures[0].exit_code
    if plan.later or (sent and sent.outstanding):
        return Exit.NOT_DELIVERED
    if owed:
        return exit_code_of(owed)
    if strict and facts.account.set_aside:
        return Exit.ROWS_SET_ASIDE
    if strict and facts.is_record_doubtful:
        return Exit.RECORD_STALE
    return Exit.DONE
