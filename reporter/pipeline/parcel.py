"""One recipient's parcel: the bodies of the mail and the files that go with it, as they are sent."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reporter.delivery.message import Attachment, Bodies
from reporter.delivery.sealing import seal
from reporter.model.brand import Logo
from reporter.model.report import Report
from reporter.pipeline.locks import Lock
from reporter.report.agenda import Agenda
from reporter.report.brief import brief
from reporter.report.calendar import calendar
from reporter.report.digest import digest
from reporter.report.letter import Digest
from reporter.report.roles import roles
from reporter.report.words import words
from reporter.report.workbook import Stock, dates, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Parcel:
    """What is told and what is attached; `opened` is what is in each encrypted file, by its SHA-256."""

    told: Digest
    attachments: tuple[Attachment, ...]
    opened: Mapping[str, bytes] = field(default_factory=dict)
    logo: Logo | None = None

    @property
    def bodies(self) -> Bodies:
        """The subject and the two bodies, as a mail has them, with the picture that the HTML points at."""
        logo = self.logo
        inside = (Attachment(logo.name, f"image/{logo.kind}", logo.content, logo.cid),) if logo else ()
        return Bodies(self.told.subject, self.told.html, self.told.text, inside)


def pack(report: Report, agenda: Agenda, stock: Stock, lock: Lock, templates: Path | None) -> Parcel:
    """Everything for one recipient, the workbook behind its password where the lock has one.

    Raises: DeliveryError - the workbook cannot be encrypted. SettingsError - a template cannot be used.
    """
    assert report.recipient is not None
    slug, role = report.recipient.slug, report.recipient.role
    is_brief = bool(role and roles()[role].sees)
    content = dates(report) if is_brief else workbook(report, stock=stock)
    sealed = seal(content, lock.password) if lock.password else content
    opened = {hashlib.sha256(sealed).hexdigest(): content} if lock.password else {}
    notes = (words("parcel", report.language)["locked"],) if lock.password else ()
    told, logo = replace(report, about_files=notes), report.office.logo
    book = Attachment(f"{slug}.xlsx", XLSX, sealed)
    if is_brief:
        return Parcel(brief(told, templates=templates), (book,), opened, logo)
    events = Attachment(f"{slug}.ics", "text/calendar", calendar(report, agenda, known=stock.duties))
    return Parcel(digest(told, templates=templates, known=stock.duties), (book, events), opened, logo)
