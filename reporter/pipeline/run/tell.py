"""The third step of a run: findings to the bytes of every file. Opens no file but the templates.

What is told is put into words once an edition, cut into one scope a reader, and made into files reader by reader.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import DataFrame, Series

from reporter.delivery.leak_scan import Leak, Reach, find_leaks
from reporter.engine.exposure import evidence_pairs
from reporter.engine.risk import numbered
from reporter.errors import DeliveryError, ReporterError, WithheldError, recast, refused
from reporter.model.problem import Problem
from reporter.model.progress import begin_stage
from reporter.model.report import OFFICE_SLUG, Edition, Office, Recipient, Report, reader_key
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import ROSTER, institution_part, is_institution, people_part
from reporter.pipeline.assemble.gather import Intake
from reporter.pipeline.assemble.inputs import Judged, holders
from reporter.pipeline.compare.baseline import (
    Comparison,
    Comparisons,
    change_words,
    changes_frame,
    departed_frame,
    titles,
)
from reporter.pipeline.run.leak_guard import OF_NOTES, FreeText, Guard, leave_out, marks, problems_of
from reporter.pipeline.run.mail_package import FittedParcel, Lock, Packaging, Packer, fit, point
from reporter.pipeline.run.workers import share_out
from reporter.pipeline.send.plan import Post, reader_id
from reporter.report.annotations import CarriedNotes
from reporter.report.calendar import Agenda, agenda, calendar
from reporter.report.headline import relief_of_findings
from reporter.report.mail.digest import is_nothing_to_tell
from reporter.report.mail.templates import PreviewEntry, from_disk, preview
from reporter.report.recipients import (
    Audience,
    Places,
    Scope,
    account,
    asked_columns,
    of_all,
    people_by_level,
    scope_report,
    side_by_side,
)
from reporter.report.tables import findings_csv, problems_csv, set_aside_frame
from reporter.report.trace import why_frame
from reporter.report.workbook import Stock, record_book, workbook
from reporter.rules.law import law_foot, law_note
from reporter.rules.manual import rules_frame
from reporter.rules.materiality import Profile, profiles_frame
from reporter.rules.wording import tell
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

log = logging.getLogger(__name__)
LAID_OUT = 50_000  # findings of an edition that are put in the order of readers
SHARED = 50_000  # findings from which on mails are made by several processes: sooner, at more cost for each
EVIDENCE_ROWS = 10_000  # pairs of a duty and an outage on the sheet of evidence, worst first; it says so
NOTHING_SEALED: Mapping[str, bytes] = MappingProxyType({})
OFFICE = -1  # the reader of everything, beside the recipients
Content = bytes | Path | Callable[[], Iterable[bytes]]
"""What a file holds: the bytes, where they stand, or what makes them piece by piece as they are written."""


class RenderedFiles(Struct, frozen=True):
    """Every file of the run by its name, in the order of writing, and who the recipients are."""

    files: Mapping[str, Content]
    recipients: tuple[Recipient, ...]
    office: Report
    events: DataFrame  # EVENTS: what the calendars hold
    failures: tuple[DeliveryError, ...] = ()
    relied_on: Mapping[str, Sequence[int]] = field(default_factory=dict)  # by slug, places in the office's outages
    posts: tuple[Post, ...] = ()  # what goes to the outbox; nothing when the settings name no way to send
    problems: tuple[Problem, ...] = ()  # cells whose text was left out of a mail
    unseen: int = 0  # people whom no scan of a mail can find
    half_seen: int = 0  # those whose family name alone none can find
    levels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # people by level, as each slug was told


class Scribe(Struct, frozen=True):
    """Puts what was found into words, in any language; `language` is the office's."""

    language: str
    offices: Mapping[str, Office]  # as each language has it
    gathered: Intake
    rulebook: Rulebook
    profiles: Mapping[str, Profile]
    judged: Judged
    carried: CarriedNotes  # what the office wrote in earlier workbooks, beside these findings
    office_zone: str

    def report(self, compared: Comparison, language: str, *, only: Places | None = None) -> Report:
        """The report on everybody, or on the findings at these places; they keep their numbers."""
        gathered, rulebook, outages = self.gathered, self.rulebook.whole, self.judged.outages
        findings = self.judged.findings if only is None else self.judged.findings.iloc[only]
        told = tell(findings, _bearers(gathered), rulebook, language)
        everybody = findings if self.judged.levels is None else self.judged.everybody
        counts = people_by_level(everybody, gathered.rows)
        evidence, pairs = evidence_pairs(findings, outages, compared.run.as_of, EVIDENCE_ROWS)
        left = self.carried.left
        rules = [rules_frame(self.rulebook, language), profiles_frame(self.profiles, language)]
        return Report(
            language=language,
            office=self.offices[language],
            run=compared.run,
            account=account(people_part(gathered.rows), gathered.beside_rows),
            recipient=None,
            findings=told.assign(change=change_words(findings, compared), **self._beside(told, compared, language)),
            outages=outages,
            set_aside=set_aside_frame(gathered.problems, _rows(gathered), language),
            changes=changes_frame(compared.changes, told, rulebook, language),
            rules=pd.concat(rules, ignore_index=True),
            service_titles={key: service.title.of(language) for key, service in rulebook.services.items()},
            causes=compared.causes,
            evidence=evidence,
            evidence_left_out=pairs - len(evidence),
            why=why_frame(findings, told, self.judged.stays, rulebook, _headings(gathered), language),
            people=sum(counts.values()),
            people_by_level=counts,
            beside=compared.beside,
            law_foot=law_foot(self.rulebook, language),
            law_note=law_note(self.rulebook, language),
            duties_account=account(institution_part(gathered.rows)) if gathered.duty_readings else None,
            has_duties=bool(gathered.duty_readings),
            left=left.assign(
                title=titles(left["deadline"], rulebook, language), holder=holders(left["deadline"], rulebook)
            ),
            departed=departed_frame(compared.departed, rulebook, language),
        )

    def _beside(self, told: DataFrame, compared: Comparison, language: str) -> dict[str, Series]:
        """What was granted because of the outages of each finding, and what the office wrote of it."""
        noted = {str(name): column for name, column in self.carried.beside.reindex(told.index).items()}
        granted = compared.beside.granted
        on = compared.run.as_of.tz_convert(zone(self.office_zone)).date()
        return {"relief": relief_of_findings(told["outages"], self.judged.outages, granted, language, on), **noted}

    def changed(self, whole: Report, compared: Comparison) -> Report:
        """The same report with what changed since another baseline."""
        changes = changes_frame(compared.changes, whole.findings, self.rulebook, whole.language)
        departed = departed_frame(compared.departed, self.rulebook, whole.language)
        return replace(whole, changes=changes, departed=departed)


def tell_all(
    scribe: Scribe,
    parts: Audience,
    compared: Comparisons,
    packaging: Packaging,
    *,
    locks: Sequence[Lock],
    watch: Callable[[Sequence[Report]], Guard],
    events: DataFrame,
) -> RenderedFiles:
    """The office's workbook and tables, and for each recipient a digest with a workbook of only their rows.

    Takes: locks - of the recipients, in their order;
           watch - from the reports on everybody to what keeps each mail to its reader's people;
           EVENTS that each recipient has in hand.
    """
    begin_stage("words")
    office, before = Edition(scribe.language, compared.office), compared.of_office.people_by_level
    whole = scribe.report(compared.of_office, scribe.language)
    whole = replace(whole, previous_people_by_level=before, readers=parts.recipients)
    scopes = _scopes(scribe, whole, parts, compared)
    reports = {office: whole, **_editions(scribe, compared, scopes, office)}
    held, guard = _agenda(whole, scribe.judged, parts, events), watch(list(reports.values()))
    told = {edition: _laid_out(one, scopes) for edition, one in reports.items()}
    del reports  # what is put into words in another language is now in tables, and need not stand in memory twice
    readers = tuple(
        Reader(scope, tuple(compared.edition(scope.recipient, one) for one in scope.recipient.languages), lock, reach)
        for scope, lock, reach in zip(scopes, locks, guard.reaches, strict=True)
    )
    # the cells that may have to be left out of a mail
    noted = whole.findings[["source_row", *OF_NOTES]]
    is_noted = (noted[[*OF_NOTES]].fillna("") != "").any(axis=1)
    free = FreeText(scribe.gathered.roster, noted[is_noted], _headings(scribe.gathered))
    writer = Writer(packaging, office, told, readers, held, guard, free)
    others = [n for n, reader in enumerate(readers) if not is_of_office(reader)]
    begin_stage("digest", len(others) + 1)
    hands = None if len(whole.findings) > SHARED else 1
    written = share_out(writer.write, [OFFICE, *others], lost=writer.lost, hands=hands)
    tables = _tables(scribe, whole, held, told[office][1])
    digests = written()  # the office's first
    problems = tuple(problem for one in digests for problem in one.problems)
    tables |= {"problems.csv": problems_csv((*scribe.gathered.problems, *problems), whole.language)}
    files = {name: content for one in digests for name, content in one.files.items()}
    return RenderedFiles(
        files={**files, **_preview(digests, whole, packaging), **tables},
        recipients=parts.recipients,
        office=whole,
        events=held.events,
        failures=tuple(failure for one in digests for failure in one.failures),
        relied_on={one.recipient.slug: one.outages.tolist() for one in scopes if len(one.findings)},
        posts=tuple(post for one in digests for post in one.posts),
        problems=problems,
        unseen=guard.unseen,
        half_seen=guard.half_seen,
        levels={scope.recipient.slug: scope.people for scope in scopes},
    )


def _laid_out(whole: Report, scopes: Sequence[Scope]) -> tuple[Report, Stock]:
    """One edition as readers' reports are cut from it, and its tables: what each of them gets stands together.

    Not of very many findings: there the copy costs more memory than gathering each reader's rows costs time.
    """
    asked, stock = asked_columns(whole.findings), Stock.of(whole)
    if len(asked) > LAID_OUT:
        return replace(whole, findings=asked), stock
    findings = side_by_side(asked, scopes)
    return replace(whole, findings=findings), stock.side_by_side(findings.index)


def _scopes(scribe: Scribe, whole: Report, parts: Audience, compared: Comparisons) -> list[Scope]:
    """The scope of each recipient, with what changed since their own baseline."""
    groups = {name: deadline.group for name, deadline in scribe.rulebook.whole.deadlines.items()}
    cut = {
        baseline: scope_report(
            whole if baseline == compared.office else scribe.changed(whole, one),
            scribe.gathered.rows,
            parts,
            one.was,
            groups,
            scribe.judged.levels,
        )
        for baseline, one in compared.each.items()
    }
    scopes = []
    for n, recipient in enumerate(parts.recipients):
        baseline, alerted = compared.baseline(recipient), compared.alerted.get(reader_id(recipient), ())
        scope = replace(cut[baseline][n], alerted=alerted)
        if said := compared.each[baseline].told.get(reader_key(recipient.slug)):
            scope = replace(scope, people_before=said)
        scopes.append(scope)
    return scopes


def _editions(scribe: Scribe, compared: Comparisons, scopes: Iterable[Scope], office: Edition) -> dict[Edition, Report]:
    """The report in every other edition that somebody gets, on the findings of those who get it."""
    theirs: dict[Edition, list[Scope]] = {}
    for scope in scopes:
        for language in scope.recipient.languages:
            theirs.setdefault(compared.edition(scope.recipient, language), []).append(scope)
    return {
        edition: scribe.report(compared.each[edition.baseline], edition.language, only=of_all(theirs[edition]))
        for edition in sorted(theirs.keys() - {office})
    }


def _tables(scribe: Scribe, whole: Report, held: Agenda, stock: Stock) -> dict[str, Content]:
    """The files of the office that a program may read."""
    found, has_duties = scribe.judged.findings, whole.duties_account is not None
    is_whole = scribe.judged.levels is None  # else the parts wrote theirs
    return {
        "calendar.ics": calendar(whole, held, known=stock.duties),
        **({"findings.csv": partial(findings_csv, people_part(found), whole.of_people)} if is_whole else {}),
        **({"duties.csv": partial(findings_csv, institution_part(found), whole.of_institution)} if has_duties else {}),
    }


def _preview(digests: Sequence["ReaderFiles"], whole: Report, packaging: Packaging) -> dict[str, bytes]:
    """The page to look the digests over, with the office's sign where it has one."""
    logo, entries = whole.office.logo, [one.preview for one in digests if one.preview]
    page = preview(entries, language=whole.language, templates=packaging.templates)
    return {**({f"digests/{logo.name}": logo.content} if logo else {}), "digests/index.html": page}


class ReaderFiles(Struct, frozen=True):
    """What came of one reader: files by name, the entry of the preview page, and what could not be made."""

    files: Mapping[str, bytes]
    preview: PreviewEntry | None = None
    failures: tuple[DeliveryError, ...] = ()
    posts: tuple[Post, ...] = ()
    problems: tuple[Problem, ...] = ()


class Reader(Struct, frozen=True):
    """One recipient, as the mail is made: what is in it, in which editions, and behind what."""

    scope: Scope
    editions: tuple[Edition, ...]  # one a part of the mail; files are in the first
    lock: Lock
    reach: Reach


def is_of_office(reader: Reader) -> bool:
    """Whether that reader is told of everything; their mail is made with the office's own workbook."""
    return reader.scope.recipient.slug == OFFICE_SLUG


class Writer(Struct, frozen=True):
    """Makes the files of one reader at a time, in any process, from what was put into words once an edition."""

    packaging: Packaging
    office: Edition
    told: Mapping[Edition, tuple[Report, Stock]]
    readers: tuple[Reader, ...]
    agenda: Agenda
    guard: Guard
    free: FreeText

    def write(self, n: int) -> ReaderFiles:
        """The files of the reader of that number, or of the office for OFFICE."""
        if n == OFFICE:
            whole, stock = self.told[self.office]
            whole = replace(whole, findings=whole.findings.sort_index())
            book = workbook(whole, stock=stock)
            own = next((one for one in self.readers if is_of_office(one)), None)
            told = self._told(own, book if own.editions[0] == self.office else b"") if own else ReaderFiles({})
            books = {"risk.xlsx": book, "record.xlsx": record_book(whole, stock=stock)}
            return replace(told, files={**books, **told.files})
        return self._told(self.readers[n])

    def _told(self, reader: Reader, made: bytes = b"") -> ReaderFiles:
        """The files of one reader; what goes wrong with them costs nobody else theirs."""
        try:
            return self._digest(reader, made)
        except DeliveryError as error:
            return ReaderFiles({}, failures=(recast(DeliveryError, error, where=reader.scope.recipient.slug),))
        except ReporterError:
            raise
        except Exception as error:  # noqa: BLE001 - one recipient's rows must not cost the others their digest
            return self._failed(reader, type(error).__name__)

    def lost(self, n: int) -> ReaderFiles:
        """What is told when the process that made these files died."""
        if n == OFFICE:
            raise refused(ReporterError, "stop_process_died", where="risk.xlsx")
        return self._failed(self.readers[n], "the process died")

    def _failed(self, reader: Reader, kind: str) -> ReaderFiles:
        # The text of the fault can hold what stood in a row: only its kind is told.
        slug = reader.scope.recipient.slug
        log.error("digest of %s: %s", slug, kind)
        return ReaderFiles({}, failures=(refused(DeliveryError, "mail_not_made", where=slug, what=kind),))

    def _withheld(self, reader: Reader, leaks: Sequence[Leak]) -> ReaderFiles:
        """What is told of a mail that holds people its reader may not see: nothing of it is written, or sent."""
        slug = reader.scope.recipient.slug
        log.error("digest of %s: withheld", slug)
        return ReaderFiles(
            {}, failures=(refused(WithheldError, "mail_withheld", where=slug, why=partial(leak_told, leaks)),)
        )

    def _digest(self, reader: Reader, made: bytes) -> ReaderFiles:
        """One reader's mail in its three forms."""
        slug, why = reader.scope.recipient.slug, reader.lock.why
        if why:
            log.error("digest of %s: withheld, there is no password for its workbook", slug)
            return ReaderFiles({}, failures=(refused(WithheldError, "mail_no_password", where=slug, why=why),))
        problems: tuple[Problem, ...] = ()
        parts = [(reader.scope.report(whole), stock) for whole, stock in map(self.told.__getitem__, reader.editions)]
        fitted = self._fitted(reader, parts, made)
        if fitted.leaks and (found := self.free.holding(self.guard.rows_of(reader.reach), parts[0][0], fitted.leaks)):
            parts = [leave_out(*part, marks(found, part[0].language)) for part in parts]
            fitted = self._fitted(reader, parts)
            problems = problems_of(found, reader.scope.recipient, self.free.columns, self.office.language)
        if fitted.leaks:
            return self._withheld(reader, fitted.leaks)
        return self._finished(reader, [report for report, _ in parts], fitted, problems)

    def _finished(
        self, reader: Reader, reports: Sequence[Report], fitted: FittedParcel, problems: tuple[Problem, ...]
    ) -> ReaderFiles:
        """The files of a mail that holds nobody its reader may not see."""
        slug, report, post = reader.scope.recipient.slug, reports[0], fitted.post
        also = reports[1] if len(reports) > 1 else None
        pointer = point(self.packaging, fitted.parcel, report, also) if post else None
        if pointer and (leaks := self._outside(reader, pointer.letter.content)):
            return self._withheld(reader, leaks)
        told, attached = fitted.parcel.told, fitted.parcel.files
        files = {f"{slug}.eml": post.letter.content} if post else {}
        files |= {f"{slug}.html": from_disk(told.html, report.office.logo).encode()}
        files |= {f"{slug}.txt": told.text.encode()}
        files |= {f"{slug}-pointer.eml": pointer.letter.content} if pointer else {}
        is_held = self.packaging.is_held and post is not None
        is_skipped = reader.scope.recipient.quiet == "skip" and is_nothing_to_tell(report)
        entry = PreviewEntry(
            reader.scope.recipient,
            report.people_by_level,
            told,
            tuple(files),
            tuple(attached),
            is_held=is_held,
            is_skipped=is_skipped,
        )
        posts = tuple(one for one in (post, pointer) if one and self.packaging.is_sent and not is_skipped)
        named = {f"digests/{name}": content for name, content in (files | attached).items()}
        return ReaderFiles(named, entry, fitted.failures, posts, problems)

    def _fitted(self, reader: Reader, parts: Sequence[tuple[Report, Stock]], made: bytes = b"") -> FittedParcel:
        """The mail in the first step that is small enough, or what in it is not for its reader."""
        (report, stock), *others = parts
        packer = Packer(
            report,
            self.agenda,
            stock,
            reader.lock,
            self.packaging.templates,
            shelf=self.packaging.shelf,
            also=others[0] if others else None,
            made=made,
            is_left=self.packaging.is_left and is_of_office(reader),
        )
        return fit(self.packaging, packer, partial(self._outside, reader))

    def _outside(
        self, reader: Reader, content: bytes, opened: Mapping[str, bytes] = NOTHING_SEALED
    ) -> tuple[Leak, ...]:
        """What a mail holds that its reader may not see."""
        return find_leaks(content, self.guard.people, reader.reach, opened)


def _agenda(whole: Report, judged: Judged, parts: Audience, before: DataFrame) -> Agenda:
    """The events of every calendar; a duty stands in that of whoever gets its row."""
    slugs = dict(enumerate(recipient.slug for recipient in parts.recipients))
    readers = whole.findings["source_row"].map(parts.number).map(slugs)
    occurrence = numbered(judged.findings)["occurrence"]
    return agenda(whole.findings.assign(occurrence=occurrence), readers, whole.run.as_of, before)


def leak_told(leaks: Sequence[Leak], language: str) -> str:
    """Where the first of them stands and by which rule, how many more there are, and the cure; never the words."""
    w, first = words("mail", language), leaks[0]
    place = w[f"part_{first.part}"].format(piece=first.piece, cell=first.cell).strip(" ,")
    more = w["leaks_more"].format(n=len(leaks) - 1) if len(leaks) > 1 else ""
    cure = w["cure_other" if first.part == "other" or first.rule == "unreadable" else f"cure_{first.part}"]
    return w["outside_scope"].format(place=place, rule=w[f"rule_{first.rule}"], more=more, cure=cure)


def _headings(gathered: Intake) -> dict[tuple[str, str], str]:
    """The letter of each field's column, by file!sheet and field."""
    pairs = zip(gathered.sources, gathered.readings, strict=True)
    return {(f"{source}!{one.sheet}", mapped.field): mapped.column for source, one in pairs for mapped in one.mapping}


def _bearers(gathered: Intake) -> DataFrame:
    """Who or what each row is about: ROSTER of people, and the institution's duties, which have a unit and no name."""
    if gathered.duties.empty:
        return gathered.roster
    return pd.concat([gathered.roster, ROSTER.cast(gathered.duties)], ignore_index=True)


def _rows(gathered: Intake) -> DataFrame:
    """Every row, where one of the institution's duties is nobody's."""
    return gathered.rows.assign(person_id=gathered.rows["person_id"].mask(is_institution(gathered.rows)))
