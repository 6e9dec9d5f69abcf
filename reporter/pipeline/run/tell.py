"""The third step of a run: findings to the bytes of every file. Opens no file but the templates."""

import gc
import logging
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pandas as pd
from pandas import DataFrame

from reporter.delivery.leak_scan import leak_count
from reporter.engine.changes import numbered
from reporter.engine.exposure import evidence_pairs
from reporter.errors import DeliveryError, ReporterError, WithheldError
from reporter.model.report import Recipient, Report
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import EVENTS
from reporter.pipeline.assemble.examine import Judged
from reporter.pipeline.assemble.gather import Intake
from reporter.pipeline.assemble.inputs import office_of
from reporter.pipeline.assemble.institution import told_own
from reporter.pipeline.compare.baseline import Comparison, Comparisons, change_words, changes_frame, titles
from reporter.pipeline.run.leak_guard import Guard, guard
from reporter.pipeline.run.mail_package import Lock, Packer, fit, locks, point
from reporter.pipeline.send.plan import Post, reader_id
from reporter.pipeline.send.transports import is_sending
from reporter.report.annotations import CarriedNotes
from reporter.report.calendar import Agenda, agenda, calendar
from reporter.report.mail.preview import PreviewEntry, from_disk, preview
from reporter.report.recipients import Audience
from reporter.report.record_context import relief_of_findings
from reporter.report.scope import Places, Scopes, account, asked_columns, people_by_level, scope_report
from reporter.report.set_aside import set_aside_frame
from reporter.report.tables import findings_csv, problems_csv
from reporter.report.trace import why_frame
from reporter.report.workbook import Stock, workbook
from reporter.rules.manual import rules_frame
from reporter.rules.materiality import load_profiles, profiles_frame
from reporter.rules.wording import tell
from reporter.settings import Settings
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Answer = TypeVar("Answer")
WORTHWHILE = 12  # items; fewer are done before the processes have started
_work: Callable[[Any], Any] | None = None
"""In a process of the crew: what it does with each item."""


def worker_count() -> int:
    """How many processes this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_out(
    work: Callable[[Item], Answer], items: Sequence[Item], *, lost: Callable[[Item], Answer], hands: int | None = None
) -> Callable[[], list[Answer]]:
    """Begin the work, and give back what waits for the answers; between the two, the caller is free.

    Takes:  lost - the answer for an item whose process died of it; hands - how many processes, else as many as fit.
    Raises: whatever the work raises, once waited for.
    """
    hands = worker_count() if hands is None else hands
    if hands < 2 or len(items) < WORTHWHILE:
        return lambda: [work(item) for item in items]
    crew = _crew(work, min(hands, len(items)))
    waiting = [crew.submit(_do, item) for item in items]

    def answers() -> list[Answer]:
        with crew:
            return [_answer(future, work, item, lost) for future, item in zip(waiting, items, strict=True)]

    return answers


def _answer(future: "Future[Answer]", work: Any, item: Item, lost: Callable[[Item], Answer]) -> Answer:
    """What came of one item. Dying, a process takes the others' work along: each is then tried alone."""
    try:
        return future.result()
    except BrokenProcessPool:
        with _crew(work, 1) as crew:
            alone: Future[Answer] = crew.submit(_do, item)
            return lost(item) if isinstance(alone.exception(), BrokenProcessPool) else alone.result()


def _crew(work: Callable[[Any], Any], hands: int) -> ProcessPoolExecutor:
    # NOTE: macOS can fork and its system libraries break when it does; Windows cannot.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    gc.freeze()  # what exists already is garbage in no process: none should touch, and so copy, its pages
    return ProcessPoolExecutor(hands, mp_context=context, initializer=_begin, initargs=(work,))


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work


def _do(item: Any) -> Any:
    assert _work is not None
    return _work(item)


EVIDENCE_ROWS = 10_000  # pairs of a duty and an outage on the sheet of evidence, worst first; it says so
OFFICE = -1  # the reader of everything, beside the recipients


@dataclass(frozen=True)
class RenderedFiles:
    """Every file of the run by its name, in the order of writing, and who the recipients are."""

    files: Mapping[str, bytes]
    recipients: tuple[Recipient, ...]
    office: Report
    events: DataFrame  # EVENTS: what the calendars hold
    failures: tuple[DeliveryError, ...] = ()
    relied_on: Mapping[str, Sequence[int]] = field(default_factory=dict)  # by slug, places in the office's outages
    posts: tuple[Post, ...] = ()  # what goes to the outbox; nothing when the settings name no way to send


def tell_all(
    settings: Settings,
    gathered: Intake,
    rulebook: Rulebook,
    parts: Audience,
    compared: Comparisons,
    *,
    carried: CarriedNotes,
    events: DataFrame | None = None,
    hands: int | None = None,
) -> RenderedFiles:
    """The office's workbook and tables, and for each recipient a digest with a workbook of only their rows.

    Takes: compared - what was found, beside the earlier report of the office and of each recipient;
           carried - what the office wrote in earlier workbooks, beside these findings;
           EVENTS that each recipient has in hand;
           hands - how many processes make them, else as many as the machine has room for.
    """
    scribe = Scribe(settings, gathered, rulebook, carried)
    office = compared.each[0]
    whole = replace(
        scribe.report(office, settings.language),
        previous_people_by_level=office.people_by_level,
        readers=parts.recipients,
    )
    groups = {name: deadline.group for name, deadline in rulebook.deadlines.items()}
    scopes = [scope_report(whole, gathered.rows, parts, office.examined.was, groups)]
    for since in compared.each[1:]:
        told = replace(
            whole, changes=changes_frame(since.examined.changes, whole.findings, rulebook, settings.language)
        )
        scopes.append(scope_report(told, gathered.rows, parts, since.examined.was, groups))
    place = tuple(compared.places[reader_id(recipient)] for recipient in parts.recipients)
    wholes: dict[tuple[str, int], Report] = {(settings.language, 0): whole}
    wanted = {(language, place[m]) for m, one in enumerate(parts.recipients) for language in one.languages}
    for language, n in sorted(wanted - wholes.keys()):
        theirs = [m for m, one in enumerate(parts.recipients) if language in one.languages and place[m] == n]
        wholes[language, n] = scribe.report(compared.each[n], language, only=scopes[0].findings_of(theirs))
    held = _agenda(whole, office.examined, parts, EVENTS.empty() if events is None else events)
    watch = guard(settings, gathered.rows, gathered.roster, parts.recipients, list(wholes.values()))
    stocked = {key: (replace(one, findings=asked_columns(one.findings)), Stock.of(one)) for key, one in wholes.items()}
    del wholes  # what is put into words in another language is now in tables, and need not stand in memory twice
    writer = Writer(settings, stocked, tuple(scopes), place, held, watch, locks(settings, parts.recipients))
    written = share_out(writer.write, [OFFICE, *range(len(parts.recipients))], lost=writer.lost, hands=hands)
    tables = {
        "calendar.ics": calendar(whole, held, known=stocked[settings.language, 0][1].duties),
        "findings.csv": findings_csv(office.examined.findings, whole.findings),
        "problems.csv": problems_csv(gathered.problems, settings.language),
        **({"duties.csv": findings_csv(office.examined.own, whole.own.findings)} if whole.own else {}),
    }
    first, *digests = written()
    files = {**first.files, **{name: content for one in digests for name, content in one.files.items()}}
    entries = [one.preview for one in digests if one.preview]
    logo = whole.office.logo
    files |= {f"digests/{logo.name}": logo.content} if logo else {}
    files["digests/index.html"] = preview(
        entries, language=settings.language, templates=settings.template_folder, logo=logo
    )
    failures = tuple(failure for one in digests for failure in one.failures)
    used = scopes[0].outages
    of_readers = {one.slug: used[n].tolist() for n, one in enumerate(parts.recipients) if n in used}
    posts = tuple(post for one in digests for post in one.posts)
    return RenderedFiles({**files, **tables}, parts.recipients, whole, held.events, failures, of_readers, posts)


@dataclass(frozen=True)
class ReaderFiles:
    """What came of one reader: files by name, the entry of the preview page, and what could not be made."""

    files: Mapping[str, bytes]
    preview: PreviewEntry | None = None
    failures: tuple[DeliveryError, ...] = ()
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True)
class Writer:
    """Makes the files of one reader at a time, in any process, from what was put into words once a language.

    `wholes` by language and by what is compared with; `scopes` by the latter, and `place` says which is a reader's.
    """

    settings: Settings
    wholes: Mapping[tuple[str, int], tuple[Report, Stock]]
    scopes: Sequence[Scopes]
    place: Sequence[int]
    agenda: Agenda
    guard: Guard
    locks: tuple[Lock, ...]

    def write(self, n: int) -> ReaderFiles:
        """The files of the recipient of that number, or of the office for OFFICE."""
        if n == OFFICE:
            whole, stock = self.wholes[self.settings.language, 0]
            return ReaderFiles({"risk.xlsx": workbook(whole, stock=stock)})
        try:
            return self._digest(n)
        except DeliveryError as error:
            return ReaderFiles({}, failures=(DeliveryError(str(error), where=self._recipient(n).slug),))
        except ReporterError:
            raise
        except Exception as error:  # noqa: BLE001 - one recipient's rows must not cost the others their digest
            return self._failed(n, type(error).__name__)

    def lost(self, n: int) -> ReaderFiles:
        """What is told when the process that made these files died."""
        if n == OFFICE:
            raise ReporterError("the process that wrote it died; is there enough memory?", where="risk.xlsx")
        return self._failed(n, "the process died")

    def _recipient(self, n: int) -> Recipient:
        return self.scopes[0].recipients[n]

    def _failed(self, n: int, kind: str) -> ReaderFiles:
        # The text of the fault can hold what stood in a row: only its kind is told.
        slug = self._recipient(n).slug
        log.error("digest of %s: %s", slug, kind)
        return ReaderFiles({}, failures=(DeliveryError(f"the digest cannot be made ({kind})", where=slug),))

    def _withheld(self, n: int) -> ReaderFiles:
        """What is told of a mail that holds people its reader may not see: nothing of it is written, or sent."""
        slug = self._recipient(n).slug
        log.error("digest of %s: withheld", slug)
        message = words("mail", self.settings.language)["outside_scope"]
        return ReaderFiles({}, failures=(WithheldError(message, where=slug),))

    def _without_password(self, n: int) -> ReaderFiles:
        slug = self._recipient(n).slug
        log.error("digest of %s: withheld, there is no password for its workbook", slug)
        message = words("mail", self.settings.language)["no_password"].format(why=self.locks[n].why)
        return ReaderFiles({}, failures=(WithheldError(message, where=slug),))

    def _part(self, language: str, n: int) -> tuple[Report, Stock]:
        whole, stock = self.wholes[language, self.place[n]]
        return self.scopes[self.place[n]].report(whole, n), stock

    def _digest(self, n: int) -> ReaderFiles:
        """One recipient's mail in its three forms."""
        recipient, lock = self._recipient(n), self.locks[n]
        report, stock = self._part(recipient.language, n)
        slug = recipient.slug
        if lock.why:
            return self._without_password(n)
        also = self._part(recipient.also, n) if recipient.also else None
        templates, shelf = self.settings.template_folder, self.settings.mail.shelf
        packer = Packer(report, self.agenda, stock, lock, templates, shelf=shelf, also=also)
        reach = self.guard.reaches[n]
        fitted = fit(self.settings, packer, lambda content, known: leak_count(content, self.guard.people, reach, known))
        if fitted.is_leaking:
            return self._withheld(n)
        told, post = fitted.parcel.told, fitted.post
        pointer = point(self.settings, fitted.parcel, report, also[0] if also else None) if post else None
        if pointer and leak_count(pointer.letter.content, self.guard.people, reach):
            return self._withheld(n)
        page = from_disk(told.html, report.office.logo)
        files = {f"{slug}.eml": post.letter.content} if post else {}
        files |= {f"{slug}.html": page.encode(), f"{slug}.txt": told.text.encode()}
        files |= {f"{slug}-pointer.eml": pointer.letter.content} if pointer else {}
        beside = fitted.parcel.files
        entry = PreviewEntry(recipient, report.people_by_level, told, tuple(files), tuple(beside))
        posts = tuple(one for one in (post, pointer) if one and is_sending(self.settings))
        named = {f"digests/{name}": content for name, content in (files | beside).items()}
        return ReaderFiles(named, entry, fitted.failures, posts)


def _agenda(whole: Report, examined: Judged, parts: Audience, before: DataFrame) -> Agenda:
    """The events of every calendar; a duty stands in that of whoever gets its row."""
    slugs = dict(enumerate(recipient.slug for recipient in parts.recipients))
    readers = whole.findings["source_row"].map(parts.number).map(slugs)
    occurrence = numbered(examined.findings)["occurrence"]
    return agenda(whole.findings.assign(occurrence=occurrence), readers, whole.run.as_of, before)


@dataclass(frozen=True)
class Scribe:
    """Puts what was found into words, in any language."""

    settings: Settings
    gathered: Intake
    rulebook: Rulebook
    carried: CarriedNotes

    def report(self, since: Comparison, language: str, *, only: Places | None = None) -> Report:
        """The report on everybody, or on the findings at these places; they keep their numbers."""
        settings, gathered, rulebook = self.settings, self.gathered, self.rulebook
        run, beside, examined = since.run, since.beside, since.examined
        if only is not None:
            examined = replace(examined, findings=examined.findings.iloc[only])
        told = tell(examined.findings, gathered.roster, rulebook, language)
        profiles = load_profiles(settings.path(settings.rules) if settings.rules else None)
        on = run.as_of.tz_convert(zone(settings.office.time_zone)).date()
        relief = relief_of_findings(told["outages"], examined.outages, beside.granted, language, on)
        counts = people_by_level(examined.findings, gathered.rows)
        evidence, pairs = evidence_pairs(examined.findings, examined.outages, run.as_of, EVIDENCE_ROWS)
        left = self.carried.left
        noted = {str(name): column for name, column in self.carried.beside.reindex(told.index).items()}
        return Report(
            language=language,
            office=office_of(settings, language),
            run=run,
            account=account(gathered.rows),
            recipient=None,
            findings=told.assign(
                change=change_words(examined, is_first=run.previous_as_of is None), relief=relief, **noted
            ),
            outages=examined.outages,
            set_aside=set_aside_frame(gathered.problems, _with_own(gathered), language),
            changes=changes_frame(examined.changes, told, rulebook, language),
            rules=pd.concat([rules_frame(rulebook, language), profiles_frame(profiles, language)], ignore_index=True),
            service_titles={key: service.title.of(language) for key, service in rulebook.services.items()},
            causes=examined.causes,
            evidence=evidence,
            evidence_left_out=pairs - len(evidence),
            why=why_frame(examined.findings, told, gathered.roster, rulebook, _headings(gathered), language),
            people=sum(counts.values()),
            people_by_level=counts,
            beside=beside,
            own=told_own(gathered.own, examined.own, rulebook, language),
            left=left.assign(title=titles(left["deadline"], rulebook, language)),
        )


def _headings(gathered: Intake) -> dict[tuple[str, str], str]:
    """The letter of each field's column, by file!sheet and field."""
    pairs = zip(gathered.sources, gathered.readings, strict=True)
    return {(f"{source}!{one.sheet}", mapped.field): mapped.column for source, one in pairs for mapped in one.mapping}


def _with_own(gathered: Intake) -> DataFrame:
    """The rows of people and those of the institution's duties, which are nobody's."""
    own = gathered.own.rows
    return pd.concat([gathered.rows, own.assign(person_id=own["person_id"].mask(own.index >= 0))], ignore_index=True)
