"""One recipient's parcel: the bodies of the mail and the files that go with it, as they are sent.

A mail that would be too large is made smaller in steps that it tells of itself. A workbook is a zip already, so that
zipping it once more is none of them.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reporter.delivery.leak_scan import Leak
from reporter.delivery.message import Attachment, Bodies
from reporter.delivery.secrets import LONGEST, SHORTEST, password, seal
from reporter.errors import DeliveryError, ReporterError, SettingsError, refused
from reporter.model.mail import POINTER
from reporter.model.report import OFFICE_SLUG, Logo, Recipient, Report
from reporter.pipeline.send.plan import MailIdentity, Post, finished
from reporter.report.calendar import Agenda, calendar
from reporter.report.mail.digest import MailStock, digest
from reporter.report.mail.short_mails import brief, pointer
from reporter.report.mail.templates import Digest
from reporter.report.recipients import roles
from reporter.report.workbook import LEFT_OUT, Stock, dates_workbook, workbook
from reporter.settings import OWNERS, EncryptSettings, Settings
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
EVERYONE = "everyone"
"""The name in the keyring of the password of whoever has none of their own there."""


@dataclass(frozen=True)
class Lock:
    """The password of one recipient's workbook, or why there is none although there should be; off when neither."""

    password: str = field(default="", repr=False)
    why: ReporterError | None = None


Said = EncryptSettings | bool | None


def locks(settings: Settings, recipients: Sequence[Recipient]) -> tuple[Lock, ...]:
    """The lock of each recipient. A password that is not there costs only those who were to have it."""
    return tuple(_lock(settings, recipient) for recipient in recipients)


def check_locks(settings: Settings) -> None:
    """Stop before anything is read where everybody's password is not there.

    Raises: SettingsError. What a keyring holds is told recipient by recipient: each may have an entry of their own.
    """
    if isinstance(settings.mail.encrypt, EncryptSettings) and not settings.mail.encrypt.keyring:
        _password(settings, settings.mail.encrypt, "mail.encrypt", EVERYONE)


def missing(settings: Settings) -> Iterator[SettingsError]:
    """The passwords that the settings name and that cannot be had."""
    for key, said, address in _places(settings):
        try:
            if isinstance(said, EncryptSettings):
                _password(settings, said, key, address)
        except SettingsError as error:
            yield error


def is_locking(settings: Settings) -> bool:
    """Whether anybody's workbook is to be encrypted."""
    return any(isinstance(said, EncryptSettings) for _, said, _ in _places(settings))


def password_files(settings: Settings) -> Iterator[str]:
    """The files that hold such passwords."""
    yield from (said.file for _, said, _ in _places(settings) if isinstance(said, EncryptSettings) and said.file)


def _lock(settings: Settings, recipient: Recipient) -> Lock:
    key, said = _said(settings, recipient)
    if not isinstance(said, EncryptSettings):
        return Lock()
    try:
        return Lock(_password(settings, said, key, recipient.address))
    except SettingsError as error:
        return Lock(why=error)


def _said(settings: Settings, recipient: Recipient) -> tuple[str, Said]:
    """What holds for that recipient: what is said of them, else of all. Of two units' words the stricter counts."""
    address, role = recipient.address.strip().casefold(), recipient.role
    own: list[tuple[str, Said]] = [
        (f"recipients[{n}].encrypt", one.encrypt)
        for n, one in enumerate(settings.recipients)
        if one.address.strip().casefold() == address and (one.role == role or (not role and one.role in OWNERS))
    ]
    if not role:
        units = settings.units.items()
        own += [(f"units.{name}.encrypt", u.encrypt) for name, u in units if u.address.strip().casefold() == address]
    spoken = [(key, said) for key, said in own if said is not None]
    strict = [(key, said) for key, said in spoken if isinstance(said, EncryptSettings)]
    return next(iter([*strict, *spoken]), ("mail.encrypt", settings.mail.encrypt))


def _places(settings: Settings) -> Iterator[tuple[str, Said, str]]:
    yield "mail.encrypt", settings.mail.encrypt, settings.office.address
    for name, unit in settings.units.items():
        yield f"units.{name}.encrypt", unit.encrypt, unit.address
    for n, one in enumerate(settings.recipients):
        yield f"recipients[{n}].encrypt", one.encrypt, one.address


def _password(settings: Settings, place: EncryptSettings, key: str, address: str) -> str:
    """The password there. Raises: SettingsError naming the key; it shows neither password nor address."""
    found, file = "", settings.path(place.file) if place.file else None
    for user in (address, EVERYONE) if place.keyring else (EVERYONE,):
        try:
            found = password(user, place.keyring, file, place.env, key=f"{key}.")
        except SettingsError:
            if user == EVERYONE:
                raise
        if found:
            break
    if not found:
        raise refused(SettingsError, "stop_lock_place", where=key)
    if not SHORTEST <= len(found) <= LONGEST:
        raise refused(SettingsError, "stop_lock_length", where=key, least=SHORTEST, most=LONGEST)
    return found


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WHOLE, SHORT, CALENDAR, BARE, LEFT = "whole", "short", "calendar", "bare", "left"
"""The steps: everything; fewer sheets; no workbook; nothing attached. Each after the first says where the whole is."""


class Parcel(Struct, frozen=True):
    """What is told and what is attached; `opened` is what is in each encrypted file, by its SHA-256.

    `kept` are the whole files, which stay in the run folder where the mail goes without them.
    """

    step: str
    told: Digest
    attachments: tuple[Attachment, ...]
    opened: Mapping[str, bytes] = {}
    logo: Logo | None = None
    kept: tuple[Attachment, ...] = ()

    @property
    def bodies(self) -> Bodies:
        """The subject and the two bodies, as a mail has them, with the picture that the HTML points at."""
        logo = self.logo
        inside = (Attachment(logo.name, f"image/{logo.kind}", logo.content, logo.cid),) if logo else ()
        return Bodies(self.told.subject, self.told.html, self.told.text, inside)

    @property
    def files(self) -> dict[str, bytes]:
        """The files as they are sent, and those that are kept, by name."""
        return {one.name: one.content for one in (*self.attachments, *self.kept)}


class FittedParcel(Struct, frozen=True):
    """The first parcel whose mail is small enough, and the mail, unless something keeps it from being made.

    `leaks` is what the mail holds that its reader may not see; then there is no mail.
    """

    parcel: Parcel
    post: Post | None = None
    failures: tuple[DeliveryError, ...] = ()
    leaks: tuple[Leak, ...] = ()


class Packer(Struct, frozen=True):
    """Makes the parcels of one recipient, one a step, each smaller than the one before.

    `shelf` is how the office calls the place where its run folders are kept; `also` the same report in a second
    language: the mail tells it, and the files stay in the first, so that what the office writes into its workbook
    comes back from one place.
    """

    report: Report
    agenda: Agenda
    stock: Stock
    lock: Lock
    templates: Path | None = None
    shelf: str = ""
    also: tuple[Report, Stock] | None = None
    made: bytes = b""  # the workbook, where it was made already
    is_left: bool = False  # the office wants its workbook in the run folder alone

    def parcels(self) -> Iterator[Parcel]:
        """From the whole to nothing attached; the next is made only when it is asked for.

        Raises: DeliveryError - the workbook cannot be encrypted. SettingsError - a template cannot be used.
        """
        book, *others = whole = self._whole()
        if self.is_left:
            yield self._parcel(LEFT, tuple(others), ())
            return
        yield self._parcel(WHOLE, whole, ())
        kept = tuple(replace(one, name=f"{Path(one.name).stem}-whole{Path(one.name).suffix}") for one in whole)
        if not (self._is_brief or self.report.is_farewell):
            short = replace(self.report, about_files=self._less(SHORT, self.report))
            smaller = replace(book, content=workbook(short, stock=self.stock, is_short=True))
            yield self._parcel(SHORT, (smaller, *others), kept[:1])
            yield self._parcel(CALENDAR, tuple(others), kept[:1])
        yield self._parcel(BARE, (), kept)

    @property
    def _is_brief(self) -> bool:
        role = self.reader.role
        return bool(role and roles()[role].sees)

    @property
    def reader(self) -> Recipient:
        """Whose parcel it is."""
        assert self.report.recipient is not None
        return self.report.recipient

    def _whole(self) -> tuple[Attachment, ...]:
        slug = self.reader.slug
        if self._is_brief:
            return (Attachment(f"{slug}.xlsx", XLSX, dates_workbook(self.report)),)
        events = calendar(self.report, self.agenda, known=self.stock.duties)
        if self.report.is_farewell:
            return (Attachment(f"{slug}.ics", "text/calendar", events),)
        name = "risk.xlsx" if slug == OFFICE_SLUG else f"{slug}.xlsx"
        book = Attachment(name, XLSX, self.made or workbook(self.report, stock=self.stock))
        return book, Attachment(f"{slug}.ics", "text/calendar", events)

    def _parcel(self, step: str, attachments: tuple[Attachment, ...], kept: tuple[Attachment, ...]) -> Parcel:
        """The parcel of that step, its workbooks and those that are kept behind the password, if there is one."""
        opened: dict[str, bytes] = {}
        sealed = tuple(self._sealed(one, opened) for one in attachments)
        left = tuple(self._sealed(one, opened) for one in kept)
        return Parcel(step, self._told(step), sealed, opened, self.report.office.logo, left)

    def _told(self, step: str) -> Digest:
        """The bodies of the mail at that step, in one language or in two."""
        first = self._said(step, self.report)
        second = (self._said(step, self.also[0]), _known(self.also[1])) if self.also else None
        if self._is_brief:
            return brief(first, templates=self.templates, also=second[0] if second else None)
        return digest(first, templates=self.templates, known=_known(self.stock), also=second)

    def _sealed(self, one: Attachment, opened: dict[str, bytes]) -> Attachment:
        if not self.lock.password or one.mime != XLSX:
            return one
        sealed = seal(one.content, self.lock.password)
        opened[hashlib.sha256(sealed).hexdigest()] = one.content
        return replace(one, content=sealed)

    def _said(self, step: str, report: Report) -> Report:
        """The report with what its mail says of the files at that step."""
        has_book = self.lock.password and not report.is_farewell
        locked = (words("parcel", report.language)["locked"],) if has_book else ()
        return replace(report, about_files=(*locked, *self._less(step, report)))

    def _less(self, step: str, report: Report) -> tuple[str, ...]:
        """What is missing at that step, and where it is."""
        if step == WHOLE:
            return ()
        w, names = words("parcel", report.language), words("workbook", report.language)
        sheets = ", ".join(names[f"sheet_{part}"] for part in LEFT_OUT)
        if step == LEFT:
            return (w["left"].format(file=f"{self.report.run.run_id}/risk.xlsx"),)
        file = f"{self.report.run.run_id}/digests/{self.reader.slug}-whole.xlsx"
        where = w["shelf"].format(shelf=self.shelf) if self.shelf else w["no_shelf"]
        return w[step].format(sheets=sheets), w["kept"].format(where=where, file=file)


def _known(stock: Stock) -> MailStock:
    return MailStock(stock.duties, stock.relied)


class Packaging(Struct, frozen=True):
    """How the office wants its mails made, and how large one may be."""

    identity: MailIdentity
    templates: Path | None = None
    shelf: str = ""  # how the office calls the place where its run folders are kept
    max_bytes: int | None = None  # None: any size will do
    share_as: str | None = None  # where a reader finds the parcels; None: no mail says where they lie
    is_sent: bool = False
    is_held: bool = False  # sent only when somebody releases them
    is_left: bool = False  # the office's workbook stays in the run folder

    @classmethod
    def of(cls, settings: Settings, week: str = "", *, hold: bool = False) -> "Packaging":
        """As the settings say; a folder takes any size. Takes: week - told of, where it is not that of the run."""
        mail = settings.mail
        is_folder = mail.transport == "folder"
        return cls(
            identity=replace(MailIdentity.of(settings), week=week),
            templates=settings.template_folder,
            shelf=mail.shelf,
            max_bytes=None if is_folder else mail.max_bytes,
            share_as=mail.share_as if is_folder and mail.pointer != "none" else None,
            is_sent=mail.transport != "none",
            is_held=mail.transport != "none" and (hold or mail.review),
            is_left=not settings.office.attach,
        )


def point(packaging: Packaging, parcel: Parcel, report: Report, also: Report | None = None) -> Post | None:
    """The mail that says where the parcel lies, where the office wants one; `also`: in a second language as well.

    Raises: DeliveryError - an address or header is not allowed.
    """
    share_as, reader = packaging.share_as, report.recipient
    if share_as is None or reader is None:
        return None
    place = share_as.rstrip("/\\") + ("\\" if "\\" in share_as else "/") + reader.slug
    told = replace(parcel, told=pointer(report, place, templates=packaging.templates, also=also))
    return finished(packaging.identity, report, reader, told.bodies, (), POINTER)


def fit(
    packaging: Packaging, packer: Packer, outside: Callable[[bytes, Mapping[str, bytes]], tuple[Leak, ...]]
) -> FittedParcel:
    """Take the first step at which the mail is no larger than the office allows.

    Takes: outside - what is in a mail that is none of its reader's business. Every step is looked into, so that what
           is kept for the reader is, too.
    """
    reader, most = packer.reader, packaging.max_bytes
    for parcel in packer.parcels():
        try:
            post = finished(packaging.identity, packer.report, reader, parcel.bodies, parcel.attachments)
        except DeliveryError as error:
            return FittedParcel(parcel, failures=(error,))
        size = len(post.letter.content)
        if leaks := outside(post.letter.content, parcel.opened):
            return FittedParcel(parcel, leaks=leaks)
        if parcel.step not in (WHOLE, LEFT):
            log.warning("digest of %s: made smaller (%s), %d bytes", reader.slug, parcel.step, size)
        if most is None or size <= most:
            return FittedParcel(parcel, post)
    return FittedParcel(parcel, failures=(refused(DeliveryError, "mail_too_large", where=reader.slug, size=size),))
