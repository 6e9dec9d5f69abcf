"""The third step of a run: findings to the bytes of every file. Opens no file but the templates."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd
from pandas import DataFrame

from reporter.delivery.leaks import outside
from reporter.delivery.message import Attachment, Bodies
from reporter.engine.changes import numbered
from reporter.engine.overlap import relied_on
from reporter.errors import DeliveryError, ReporterError
from reporter.model.beside import Beside
from reporter.model.report import Recipient, Report, Run
from reporter.model.rulebook import Rulebook
from reporter.model.told import EVENTS
from reporter.pipeline.changed import change, changes, titles
from reporter.pipeline.crew import share_out
from reporter.pipeline.examine import Examined
from reporter.pipeline.gather import Gathered
from reporter.pipeline.office import office_of
from reporter.pipeline.own import told_own
from reporter.pipeline.planning import Post
from reporter.pipeline.postmark import finished
from reporter.pipeline.reach import Guard, guard
from reporter.pipeline.transports import is_sending
from reporter.report.agenda import Agenda, agenda
from reporter.report.beside import relief_of_findings
from reporter.report.brief import brief
from reporter.report.calendar import calendar
from reporter.report.carry import Carried
from reporter.report.digest import digest
from reporter.report.doubts import set_aside_frame
from reporter.report.preview import Entry, from_disk, preview
from reporter.report.recipients import Parts, share
from reporter.report.roles import View, roles
from reporter.report.scope import Places, Scopes, account, people_by_level, scoped
from reporter.report.tables import findings_csv, problems_csv
from reporter.report.why import why_frame
from reporter.report.workbook import Stock, dates, workbook
from reporter.rules.explain import rules_frame
from reporter.rules.materiality import load_profiles, profiles_frame
from reporter.rules.wording import tell
from reporter.settings import Settings

log = logging.getLogger(__name__)

EVIDENCE_ROWS = 10_000  # pairs of a duty and an outage on the sheet of evidence, worst first; it says so
OFFICE = -1  # the reader of everything, beside the recipients
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Told:
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
    run: Run,
    gathered: Gathered,
    examined: Examined,
    rulebook: Rulebook,
    previous: Mapping[str, int],
    beside: Beside,
    *,
    carried: Carried,
    events: DataFrame | None = None,
    hands: int | None = None,
) -> Told:
    """The office's workbook and tables, and for each recipient a digest with a workbook of only their rows.

    Takes: carried - what the office wrote in earlier workbooks, beside these findings; EVENTS of the run before;
           hands - how many processes make them, else as many as the machine has room for.
    """
    parts = _parts(settings, gathered)
    whole = replace(
        _report(settings, run, gathered, examined, rulebook, beside, settings.language, carried),
        previous_people_by_level=previous,
        readers=parts.recipients,
    )
    groups = {name: deadline.group for name, deadline in rulebook.deadlines.items()}
    scopes = scoped(whole, gathered.rows, parts, examined.was, groups)
    wholes: dict[str, Report] = {settings.language: whole}
    for language in sorted({recipient.language for recipient in parts.recipients} - {settings.language}):
        theirs = [n for n, recipient in enumerate(parts.recipients) if recipient.language == language]
        wholes[language] = _report(
            settings, run, gathered, _only(examined, scopes.findings_of(theirs)), rulebook, beside, language, carried
        )
    held = _agenda(whole, examined, parts, EVENTS.empty() if events is None else events)
    watch = guard(settings, gathered.rows, gathered.roster, parts.recipients, list(wholes.values()))
    writer = Writer(
        settings,
        {language: (one, Stock.of(one)) for language, one in wholes.items()},
        scopes,
        held,
        watch,
    )
    written = share_out(writer.write, [OFFICE, *range(len(parts.recipients))], lost=writer.lost, hands=hands)
    tables = {
        "calendar.ics": calendar(whole, held, known=writer.wholes[settings.language][1].duties),
        "findings.csv": findings_csv(examined.findings, whole.findings),
        "problems.csv": problems_csv(gathered.problems, settings.language),
        **({"duties.csv": findings_csv(examined.own, whole.own.findings)} if whole.own else {}),
    }
    office, *digests = written()
    files = {**office.files, **{name: content for one in digests for name, content in one.files.items()}}
    entries = [one.preview for one in digests if one.preview]
    logo = whole.office.logo
    files |= {f"digests/{logo.name}": logo.content} if logo else {}
    page = preview(entries, language=settings.language, templates=settings.template_folder, logo=logo)
    files["digests/index.html"] = page.encode()
    failures = tuple(failure for one in digests for failure in one.failures)
    of_readers = {one.slug: scopes.outages[n].tolist() for n, one in enumerate(parts.recipients) if n in scopes.outages}
    posts = tuple(one.post for one in digests if one.post)
    return Told({**files, **tables}, parts.recipients, whole, held.events, failures, of_readers, posts)


@dataclass(frozen=True)
class Written:
    """What came of one reader: files by name, the entry of the preview page, and what could not be made."""

    files: Mapping[str, bytes]
    preview: Entry | None = None
    failures: tuple[DeliveryError, ...] = ()
    post: Post | None = None


@dataclass(frozen=True)
class Writer:
    """Makes the files of one reader at a time, in any process, from what was put into words once a language."""

    settings: Settings
    wholes: Mapping[str, tuple[Report, Stock]]
    scopes: Scopes
    agenda: Agenda
    guard: Guard

    def write(self, n: int) -> Written:
        """The files of the recipient of that number, or of the office for OFFICE."""
        if n == OFFICE:
            whole, stock = self.wholes[self.settings.language]
            return Written({"risk.xlsx": workbook(whole, stock=stock)})
        try:
            return self._digest(n)
        except ReporterError:
            raise
        except Exception as error:  # noqa: BLE001 - one recipient's rows must not cost the others their digest
            return self._failed(n, type(error).__name__)

    def lost(self, n: int) -> Written:
        """What is told when the process that made these files died."""
        if n == OFFICE:
            raise ReporterError("the process that wrote it died; is there enough memory?", where="risk.xlsx")
        return self._failed(n, "the process died")

    def _failed(self, n: int, kind: str) -> Written:
        # The text of the fault can hold what stood in a row: only its kind is told.
        slug = self.scopes.recipients[n].slug
        log.error("digest of %s: %s", slug, kind)
        return Written({}, failures=(DeliveryError(f"the digest cannot be made ({kind})", where=slug),))

    def _withheld(self, n: int) -> Written:
        """What is told of a mail that holds people its reader may not see: nothing of it is written, or sent."""
        slug = self.scopes.recipients[n].slug
        log.error("digest of %s: withheld", slug)
        message = (
            "withheld: it shows somebody who is not this recipient's to see, or in a way that the role is not;"
            " nothing of it was written or sent. Look at your templates and the roles in the settings, and run again"
        )
        return Written({}, failures=(DeliveryError(message, where=slug),))

    def _digest(self, n: int) -> Written:
        """One recipient's mail in its three forms."""
        recipient, folder = self.scopes.recipients[n], self.settings.template_folder
        whole, stock = self.wholes[recipient.language]
        report, slug = self.scopes.report(whole, n), recipient.slug
        if recipient.role and roles()[recipient.role].sees:
            attachments: tuple[Attachment, ...] = (Attachment(f"{slug}.xlsx", XLSX, dates(report)),)
            told = brief(report, templates=folder)
        else:
            told = digest(report, templates=folder, known=stock.duties)
            attachments = (
                Attachment(f"{slug}.xlsx", XLSX, workbook(report, stock=stock)),
                Attachment(f"{slug}.ics", "text/calendar", calendar(report, self.agenda, known=stock.duties)),
            )
        logo = report.office.logo
        inside = (Attachment(logo.name, f"image/{logo.kind}", logo.content, logo.cid),) if logo else ()
        files = {f"{slug}.html": from_disk(told.html, logo).encode(), f"{slug}.txt": told.text.encode()}
        failures: tuple[DeliveryError, ...] = ()
        post = None
        try:
            mail = finished(
                self.settings, report, recipient, Bodies(told.subject, told.html, told.text, inside), attachments
            )
            if outside(mail.letter.content, self.guard.people, self.guard.reaches[n]):
                return self._withheld(n)
            files, post = {f"{slug}.eml": mail.letter.content} | files, mail if is_sending(self.settings) else None
        except DeliveryError as error:
            failures = (error,)
        entry = Entry(recipient, report.people_by_level, told, tuple(files))
        return Written({f"digests/{name}": content for name, content in files.items()}, entry, failures, post)


def _agenda(whole: Report, examined: Examined, parts: Parts, before: DataFrame) -> Agenda:
    """The events of every calendar; a duty stands in that of whoever gets its row."""
    slugs = dict(enumerate(recipient.slug for recipient in parts.recipients))
    readers = whole.findings["source_row"].map(parts.number).map(slugs)
    occurrence = numbered(examined.findings)["occurrence"]
    return agenda(whole.findings.assign(occurrence=occurrence), readers, whole.run.as_of, before)


def _only(examined: Examined, places: Places) -> Examined:
    """What was found, of these findings; they keep their numbers."""
    return replace(examined, findings=examined.findings.iloc[places])


def _parts(settings: Settings, gathered: Gathered) -> Parts:
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
    return share(
        gathered.rows, languages, units, office=settings.office.address, language=settings.language, views=views
    )


def _report(
    settings: Settings,
    run: Run,
    gathered: Gathered,
    examined: Examined,
    rulebook: Rulebook,
    beside: Beside,
    language: str,
    carried: Carried,
) -> Report:
    told = tell(examined.findings, gathered.roster, rulebook, language)
    profiles = load_profiles(settings.path(settings.rules) if settings.rules else None)
    relief = relief_of_findings(told["outages"], examined.outages, beside.granted, language)
    counts = people_by_level(examined.findings, gathered.rows)
    evidence, pairs = relied_on(examined.findings, examined.outages, run.as_of, EVIDENCE_ROWS)
    noted = {str(name): column for name, column in carried.beside.reindex(told.index).items()}
    return Report(
        language=language,
        office=office_of(settings, language),
        run=run,
        account=account(gathered.rows),
        recipient=None,
        findings=told.assign(change=change(examined, is_first=run.previous_as_of is None), relief=relief, **noted),
        outages=examined.outages,
        set_aside=set_aside_frame(gathered.problems, _with_own(gathered), language),
        changes=changes(examined.changes, told, rulebook, language),
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
        left=carried.left.assign(title=titles(carried.left["deadline"], rulebook, language)),
    )


def _headings(gathered: Gathered) -> dict[tuple[str, str], str]:
    """The letter of each field's column, by file!sheet and field."""
    pairs = zip(gathered.sources, gathered.readings, strict=True)
    return {(f"{source}!{one.sheet}", mapped.field): mapped.column for source, one in pairs for mapped in one.mapping}


def _with_own(gathered: Gathered) -> DataFrame:
    """The rows of people and those of the institution's duties, which are nobody's."""
    own = gathered.own.rows
    return pd.concat([gathered.rows, own.assign(person_id=own["person_id"].mask(own.index >= 0))], ignore_index=True)
