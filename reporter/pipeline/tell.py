"""The third step of a run: findings to the bytes of every file. Opens no file but the templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from pandas import DataFrame, Series

from reporter.delivery.message import Attachment, Bodies, message
from reporter.errors import DeliveryError
from reporter.model.problem import Problem
from reporter.model.report import Office, Recipient, Report, Run
from reporter.model.rulebook import Rulebook
from reporter.model.told import SET_ASIDE
from reporter.pipeline.examine import Examined
from reporter.pipeline.gather import Gathered
from reporter.report.calendar import calendar
from reporter.report.digest import digest
from reporter.report.preview import Entry, preview
from reporter.report.scope import Parts, account, people_by_level, scoped, share
from reporter.report.tables import findings_csv, problems_csv
from reporter.report.workbook import workbook
from reporter.rules.explain import rules_frame
from reporter.rules.wording import tell
from reporter.settings import Settings

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Told:
    """Every file of the run by its name, in the order of writing, and who the recipients are."""

    files: Mapping[str, bytes]
    recipients: tuple[Recipient, ...]
    office: Report
    failures: tuple[DeliveryError, ...] = ()


def tell_all(
    settings: Settings,
    run: Run,
    gathered: Gathered,
    examined: Examined,
    rulebook: Rulebook,
    previous: Mapping[str, int],
) -> Told:
    """The office's workbook and tables, and for each recipient a digest with a workbook of only their rows."""

    @cache
    def whole(language: str) -> Report:
        report = _report(settings, run, gathered, examined, rulebook, language)
        return replace(report, previous_people_by_level=previous)

    office = whole(settings.language)
    parts = _parts(settings, gathered)
    templates = settings.path(settings.templates) if settings.templates else None
    files: dict[str, bytes] = {"risk.xlsx": workbook(office)}
    entries: list[Entry] = []
    failures: list[DeliveryError] = []
    for report in _scoped(whole, gathered.rows, parts, examined.was):
        entry = _digest(report, settings, templates)
        files |= {f"digests/{name}": content for name, content in entry.files.items()}
        entries.append(entry.preview)
        failures += entry.failures
    files["digests/index.html"] = preview(entries, language=settings.language).encode()
    files["calendar.ics"] = calendar(office)
    files["findings.csv"] = findings_csv(examined.findings, office.findings)
    files["problems.csv"] = problems_csv(gathered.problems, settings.language)
    return Told(files, parts.recipients, office, tuple(failures))


@dataclass(frozen=True)
class _Written:
    files: Mapping[str, bytes]
    preview: Entry
    failures: tuple[DeliveryError, ...] = ()


def _parts(settings: Settings, gathered: Gathered) -> Parts:
    """The recipients; one's language is the first that their rows name, else the unit's, else the office's."""
    said = gathered.roster[["contact_email", "language"]].dropna().drop_duplicates("contact_email")
    by_unit = {u.address.casefold(): u.language for u in settings.units.values() if u.language}
    languages = by_unit | dict(zip(said["contact_email"].str.strip().str.casefold(), said["language"], strict=True))
    units = {name: unit.address for name, unit in settings.units.items()}
    return share(gathered.rows, languages, units, office=settings.office.address, language=settings.language)


def _scoped(whole: Callable[[str], Report], rows: DataFrame, parts: Parts, was: Series | None) -> list[Report]:
    """Each recipient's report in that recipient's language, in the order of the recipients."""
    by_language = {
        language: scoped(whole(language), rows, parts, was) for language in {r.language for r in parts.recipients}
    }
    return [by_language[recipient.language][number] for number, recipient in enumerate(parts.recipients)]


def _report(
    settings: Settings, run: Run, gathered: Gathered, examined: Examined, rulebook: Rulebook, language: str
) -> Report:
    told = tell(examined.findings, gathered.roster, rulebook, language)
    counts = people_by_level(examined.findings, gathered.rows)
    office = settings.office
    return Report(
        language=language,
        office=Office(office.name, office.address, office.time_zone, office.licensed_contact),
        run=run,
        account=account(gathered.rows),
        recipient=None,
        findings=told.assign(change=_change(examined, is_first=run.previous_as_of is None)),
        outages=examined.outages,
        set_aside=_set_aside(gathered.problems, gathered.rows, language),
        changes=_changes(examined.changes, told, rulebook, language),
        rules=rules_frame(rulebook, language),
        service_titles={key: service.title.of(language) for key, service in rulebook.services.items()},
        people=sum(counts.values()),
        people_by_level=counts,
    )


def _change(examined: Examined, *, is_first: bool) -> Series:
    """How each finding stands beside the last run: new, worse, better or same; empty on a first run."""
    findings = examined.findings
    if is_first:
        return Series("", index=findings.index, dtype="str")
    keys = ["person_id", "deadline", "closes_at"]
    known = examined.changes[[*keys, "change"]].drop_duplicates(keys)
    now = findings[keys].astype({"deadline": "str"})
    return now.merge(known, how="left", on=keys)["change"].fillna("same")


def _changes(changes: DataFrame, told: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """CHANGES with the deadline's title and the person's name beside."""
    names = told.drop_duplicates("person_id").set_index("person_id")["full_name"]
    titles = {key: deadline.title.of(language) for key, deadline in rulebook.deadlines.items()}
    return changes.assign(
        title=changes["deadline"].map(titles).astype("str"), full_name=changes["person_id"].map(names).astype("str")
    )


def _set_aside(problems: tuple[Problem, ...], rows: DataFrame, language: str) -> DataFrame:
    """SET_ASIDE: every doubt about a row, with whose row it is; and every row set aside, doubt or not."""
    told = [p for p in problems if p.row and p.severity != "info"]
    frame = DataFrame(
        {
            "source_row": [f"{p.source}!{p.sheet}:{p.row}" for p in told],
            "cell": [p.cell for p in told],
            "value": [p.value for p in told],
            "what": [p.message(language) for p in told],
            "severity": [p.severity for p in told],
        }
    ).astype("str")
    whose = rows[["source_row", "person_id", "unit", "contact_email", "outcome"]].drop_duplicates("source_row")
    joined = frame.merge(whose, on="source_row", how="inner")
    order = np.lexsort((np.arange(len(joined)), joined["outcome"] != "set_aside"))
    return SET_ASIDE.cast(joined.iloc[order].reset_index(drop=True))


def _digest(report: Report, settings: Settings, templates: Path | None) -> _Written:
    """One recipient's mail in its three forms."""
    assert report.recipient is not None
    slug, told = report.recipient.slug, digest(report, templates=templates)
    attachments = (
        Attachment(f"{slug}.xlsx", XLSX, workbook(report)),
        Attachment(f"{slug}.ics", "text/calendar", calendar(report)),
    )
    domain = settings.sender.rpartition("@")[2]
    files = {f"{slug}.html": told.html.encode(), f"{slug}.txt": told.text.encode()}
    try:
        mail = message(
            report.recipient,
            Bodies(told.subject, told.html, told.text),
            attachments,
            sender=settings.sender,
            message_id=f"<{report.run.run_id}.{slug}@{domain}>",
            date=report.run.as_of,
        )
    except DeliveryError as error:
        return _Written(files, Entry(report, told, tuple(files)), (error,))
    files = {f"{slug}.eml": mail} | files
    return _Written(files, Entry(report, told, tuple(files)))
