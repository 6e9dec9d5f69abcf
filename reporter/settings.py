"""The settings file: which rosters, which outage records, who gets what. Refused with the key when wrong."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from email.utils import getaddresses, parseaddr
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec
import tomli
from msgspec import Meta, Struct, field

from reporter.errors import SettingsError, recast, refused
from reporter.model.mail import ONE_ADDRESS, ReportKey
from reporter.model.report import ACCENT, Rhythm, ink_on
from reporter.model.rulebook import Words
from reporter.settings_text import (
    UTF_8,
    TypedFile,
    line_of,
    line_told,
    read_typed,
    refused_key,
    settings_table,
    spelled_way,
)
from reporter.text.formats import SPOKEN
from reporter.text.time_zones import zone

FOLDER = "mappings"


def profile_path(home: Path, roster: Path) -> Path:
    """Where the profile of a roster of that file name stands, in the settings file's folder."""
    return home / FOLDER / f"{roster.stem.replace('*', '_')}.toml"


def load_profile(path: Path) -> dict[str, str]:
    """Field to header, as confirmed; empty when there is no profile.

    Raises: SettingsError - the file is not a profile.
    """
    if not path.exists():
        return {}
    try:
        columns = tomli.loads(read_typed(path).text)["columns"]
    except (SettingsError, tomli.TOMLDecodeError, KeyError) as error:
        raise refused(SettingsError, "stop_profile", where=path.name) from error
    return {str(field): str(header) for field, header in columns.items()}


def save_profile(path: Path, columns: Mapping[str, str]) -> None:
    """Write the profile; an older one is replaced."""
    lines = [f"{field} = {json.dumps(header, ensure_ascii=False)}" for field, header in columns.items()]
    head = "# Which header each field stands under. A header that changes stops the run until this is confirmed again."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, "", "[columns]", *lines, ""]), "utf-8")


def file_age(name: str, changed_at: int, newest: str) -> tuple[Any, ...]:
    """Where a file stands among others, the newest last: by its time, or by its name with numbers as numbers.

    9 stands before 10. Takes: newest - `time` or `name`; changed_at - in whichever unit the others have.
    """
    parts = tuple(
        (part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name) if part
    )
    return (changed_at, name) if newest == "time" else parts


Language = Literal["en", "fr", "both", "en+fr", "fr+en"]
Called = Literal["id", "initials", "name"]
Quiet = Literal["send", "line", "skip"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Days = Annotated[float, Meta(ge=0, le=36_500)]
Seconds = Annotated[float, Meta(ge=1, le=86_400)]
Share = Annotated[float, Meta(ge=0, le=1)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
CountFromOne = Annotated[int, Meta(ge=1, le=1_000_000_000)]
"""Numbers from the least to the most that makes sense; what is beyond, or `nan`, is refused."""
DAYS = get_args(Weekday)
INTERNAL = ("folder", "also", "encoding", "identity")
"""Fields that no file has: where it stands, the second language of one that names two, how it was saved, and
whose report it is."""
PATHS = (
    "path", "store", "out", "rules", "law_register", "templates", "annotations", "logo", "share", "shelf", "file",
    "password_file", "key_file", "ca_file", "cert_file", "failure_file",
)  # fmt: skip
"""Keys that name a file or a folder."""
MENDED = "set-aside"
OWNERS = ("hr_partner", "international_office")
"""The roles that get the rows of their units whole, as a unit's address does."""
CALLED_ONE_WAY = ("payroll", "people_manager")
"""The roles that see the id alone, or the name alone: roles.toml says so, and no setting changes it."""


class OfficeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who sends the report, how it shows itself, and to whom rows go that name no contact."""

    name: str = ""
    address: str = ""
    time_zone: str = "America/Toronto"
    licensed_contact: str = ""
    paper: Literal["letter", "a4"] = "letter"
    attach: bool = True
    logo: str = ""
    accent: str = ACCENT
    signature: str | Words = ""
    disclaimer: str | Words = ""


class RosterSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One roster: `columns` maps a field to its header in this office's file, `values` its values to our words.

    A `path` such as `staff-*.csv` is the newest file that fits it, by `newest`: the numbers in its name, or its time.
    A `path` that is a folder is one roster in several files, each with its headings; with `parts`, a pattern is too.
    With an `address` the roster stands elsewhere, and `path` is the name it goes by. The password stands elsewhere too.
    """

    path: str
    address: str = ""
    query: str = ""
    host_key: str = ""
    key_file: str = ""
    password_keyring: str = ""
    password_file: str = ""
    password_env: str = ""
    newest: Literal["name", "time"] = "name"
    parts: bool = False
    stale_after_days: Days = 21
    sheet: str | None = None
    header_row: CountFromOne | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    two_digit_pivot: Annotated[int, Meta(ge=0, le=100)] = 50
    population: Literal["student", "worker", "visitor"] | None = None
    school_level: Literal["primary", "secondary", "post_secondary"] | None = None
    skip_hidden_rows: bool = False
    person_id_from: Literal["name and unit"] | None = None


class Identity(Struct, frozen=True):
    """Whose report this is, by the ids that it was given under its first names; an office's first may be none.

    `file` is the name of the settings file; `patterns` are its dated exports, when the command line names a file.
    """

    file: str = ""
    organisation: str | None = None
    series: str = ""
    patterns: tuple[str, ...] = ()


class OutageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One outage record: `complete_to` is the instant up to which somebody looked."""

    path: str
    complete_to: str | None = None


class DutiesSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One sheet of the institution's own duties."""

    path: str
    sheet: str | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None


class SourceSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One source of outages that `outages fetch` reads: `components` maps its names to services.

    `kind` is told by the content when empty. The notices of a `trusted` page go on record without being confirmed. A
    `private` source may stand in the office's own network. `key` is that of an office whose public record it is.
    """

    url: str
    kind: str = ""
    services: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    trusted: bool = False
    private: bool = False
    key: str = ""


class InboxSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where people put what they saw of outages: each file of the folder `path` is read at every look, then moved."""

    path: str = ""


class ProbeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether `outages probe` may ask the public pages of the services: `pages` maps a service to its address.

    A service whose page leads to one of `away` is down. Without `pages`, without `away`, and without a `control` that
    answers with `control_says`, those of the program are taken.
    """

    on: bool = False
    pages: Mapping[str, str] = field(default_factory=dict)
    away: tuple[str, ...] = ()
    control: str = ""
    control_says: str = ""
    every_minutes: Annotated[float, Meta(ge=5, le=10_080)] = 5


class MailboxSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The mailbox that alerts and forwarded notices come to; it is read, never changed. The password is elsewhere."""

    host: str = ""
    port: Port | None = None
    security: Literal["tls", "starttls", "none"] = "tls"
    ca_file: str = ""
    folder: str = "INBOX"
    senders: tuple[str, ...] = ()
    days: Annotated[int, Meta(ge=0, le=36_500)] = 30
    user: str = ""
    auth: Literal["password", "xoauth2-microsoft", "xoauth2-google"] = "password"
    tenant: str = ""
    client_id: str = ""
    authority: str = ""
    password_keyring: str = ""
    password_file: str = ""
    password_env: str = ""


class EncryptSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The workbook in a mail is encrypted with the password from one of these places; it never stands here."""

    keyring: str = ""
    file: str = ""
    env: str = ""


class ReaderSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one reader is told, where it is not as `[mail]` says for all."""

    language: Language | None = None
    encrypt: EncryptSettings | Literal[False] | None = None
    called: Called | None = None
    quiet: Quiet | None = None
    rhythm: Rhythm | None = None


class UnitSettings(ReaderSettings, frozen=True, forbid_unknown_fields=True):
    """Who gets the rows of a unit that name no contact themselves."""

    address: str


class RecipientSettings(ReaderSettings, frozen=True, forbid_unknown_fields=True):
    """One reader with a role: an HR partner or international office owns units; any other gets a view of them."""

    address: str
    role: Literal["hr_partner", "international_office", "registrar", "licensed_contact", "payroll", "people_manager"]
    units: tuple[str, ...] = ()


class StandInSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets the mails of an absent reader, from the first day to the last; rows and history stay the reader's."""

    reader: str
    address: str
    begins_on: date
    ends_on: date

    def is_for(self, address: str) -> bool:
        """Whether the mails to that address are meant."""
        return self.reader.strip().casefold() == address.strip().casefold()


class MailSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How the digests are sent; without a transport they stay files. The password stands elsewhere."""

    transport: Literal["none", "smtp", "graph", "folder"] = "none"
    share: str = ""
    share_as: str = ""
    pointer: Literal["none", "smtp", "graph"] = "none"
    tenant: str = ""
    client_id: str = ""
    authority: str = ""
    graph_url: str = ""
    allow: tuple[str, ...] = ()
    first_time_limit: Count = 0
    most: Count = 500
    host: str = ""
    port: Port | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str = ""
    user: str = ""
    auth: Literal["password", "xoauth2-microsoft", "xoauth2-google"] = "password"
    password_keyring: str = ""
    password_file: str = ""
    password_env: str = ""
    envelope_sender: str = ""
    reply_to: str = ""
    encrypt: EncryptSettings | Literal[False] = False
    called: Called = "id"
    quiet: Quiet = "line"
    rhythm: Rhythm = "weekly"
    max_bytes: CountFromOne = 10_000_000
    shelf: str = ""
    review: bool = False
    ambiguous: Literal["hold", "resend"] = "hold"
    patience_hours: Annotated[float, Meta(ge=0, le=8_760)] = 0
    phase_seconds: Seconds = 60
    dot_seconds: Seconds = 600


class RetentionSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How many days `weekly` and `reporter purge` leave each class of what the program made; 0 keeps it."""

    runs: Days = 730
    digests: Days = 730
    renderings: Days = 60
    rosters: Days = 30
    outbox: Days = 90
    captures: Days = 400


class WeeklySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """When the report is due, on the office's clock, and whether the sources of outages are looked at before it."""

    day: Weekday = "monday"
    at: str = "07:00"
    on_holiday: Literal["same", "next_workday"] = "same"
    fetch: bool = True
    pages: tuple[str, ...] = ()


class AlertSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether readers hear between two reports of an outage on somebody's last days; of how many, from which level."""

    on: bool = False
    within_days: Annotated[float, Meta(ge=1, le=36_500)] = 10
    level: Literal["critical", "high", "medium"] = "high"


class OwnerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How whoever looks after the unattended runs learns of them; nothing personal is in it."""

    address: str = ""
    failure_file: str = "last-failure.txt"
    ping_url: str = ""
    ping_seconds: Seconds = 10
    webhook_url: str = ""
    webhook_kind: Literal["json", "teams"] = "json"


class EngineSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How a very large roster is read and judged: in parts of about `part_people` people, by this many processes.

    `cluster` is the address of a Dask scheduler that does it in their place. Without either, all is done at once.
    """

    workers: Annotated[int, Meta(ge=0, le=1_000)] = 0
    part_people: CountFromOne = 40_000
    cluster: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    @property
    def is_parted(self) -> bool:
        """Whether people are judged in parts."""
        return bool(self.cluster or self.workers)


def names_digest(names: Iterable[str]) -> str:
    """A short name for these names, which shows none of them."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; every key may be left out. Paths are relative to the file's own folder."""

    office: OfficeSettings = OfficeSettings()
    language: Language = "en"
    store: str = "sqlite:///reporter.db"
    out: str = "reporter-out"
    series: str = ""
    sender: str = "reporter@localhost"
    stale_after_days: Days = 3
    shrink_share: Share = 0.3
    degraded_share: Share = 0.0
    rules: str = ""
    law_register: str = "law-register.tsv"
    templates: str = ""
    annotations: str | tuple[str, ...] = ""
    roster: tuple[RosterSettings, ...] = ()
    outages: tuple[OutageSettings, ...] = ()
    duties: tuple[DutiesSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    inbox: InboxSettings = InboxSettings()
    probe: ProbeSettings = ProbeSettings()
    mailbox: MailboxSettings = MailboxSettings()
    units: Mapping[str, UnitSettings] = field(default_factory=dict)
    formerly: Mapping[str, str] = field(default_factory=dict)
    recipients: tuple[RecipientSettings, ...] = ()
    stand_ins: tuple[StandInSettings, ...] = ()
    mail: MailSettings = MailSettings()
    retention: RetentionSettings = RetentionSettings()
    engine: EngineSettings = EngineSettings()
    weekly: WeeklySettings | None = None
    alerts: AlertSettings = AlertSettings()
    owner: OwnerSettings = OwnerSettings()
    folder: str = "."
    also: str = ""
    encoding: str = UTF_8
    identity: Identity = Identity()

    @property
    def organisation(self) -> str:
        """The office by the name that its mails are known under: the first one that it had."""
        return self.office.name if self.identity.organisation is None else self.identity.organisation

    @property
    def report(self) -> ReportKey:
        """The report that these settings make, by the id that the office gives it, else the one that it was given.

        It was given one under the first names that it had.
        """
        return ReportKey(self.organisation, self.series or self.identity.series or self.report_name)

    @property
    def report_name(self) -> str:
        """A digest of the names that the report's rosters have now, whatever their order."""
        return names_digest(self.roster_names)

    @property
    def is_daily(self) -> bool:
        """Whether any reader hears every day."""
        wishes = [self.mail.rhythm, *(one.rhythm for one in self.units.values())]
        return "daily" in [*wishes, *(one.rhythm for one in self.recipients)]

    @property
    def is_sending(self) -> bool:
        """Whether a way to send is named; else the digests stay files, and nothing is planned."""
        return self.mail.transport != "none"

    @property
    def sending_mailbox(self) -> str:
        """The mailbox that a program may send for."""
        return self.mail.user or parseaddr(self.sender)[1]

    @property
    def envelope_sender(self) -> str:
        """Where a mail server reports what it could not deliver: a mailbox that somebody reads."""
        return self.mail.envelope_sender or parseaddr(self.sender)[1]

    @property
    def is_looking(self) -> bool:
        """Whether there is anything of outages to look at unasked."""
        return bool(self.sources or self.inbox.path or self.mailbox.host)

    @property
    def spoken(self) -> str:
        """The languages of readers who say nothing else: `language`, which is the first alone, and `also`."""
        return f"{self.language}+{self.also}" if self.also else self.language

    def path(self, text: str) -> Path:
        r"""A path of the file, from its folder; of a roster's pattern, the newest file that fits it.

        One typed with `\` is found on a system that writes `/`.
        """
        whole = Path(self.folder) / text
        if "\\" in text and os.sep == "/" and not whole.exists():
            whole = Path(self.folder) / text.replace("\\", "/")
        if "*" not in whole.name or whole.exists():
            return whole
        newest = next((one.newest for one in self.roster if one.path == text), "name")
        fitting = (path for path in whole.parent.glob(whole.name) if path.is_file())
        ages = {
            path: file_age(path.name, path.stat().st_mtime_ns, newest)
            for path in fitting
            if not path.name.startswith(("~$", "."))  # what a program keeps beside an open file
        }
        return max(ages, key=ages.__getitem__, default=whole)

    def named_files(self) -> Iterator[tuple[str, Path]]:
        """The files and folders that have to be there, by their keys."""
        for key in ("roster", "outages", "duties"):
            for n, one in enumerate(getattr(self, key)):
                if not getattr(one, "address", ""):
                    yield f"{key}[{n}].path", self.path(one.path)
        for key, text in {"rules": self.rules, "templates": self.templates, "inbox.path": self.inbox.path}.items():
            if text:
                yield key, self.path(text)

    def roster_name(self, file: str) -> str:
        """What a roster goes by from week to week: its file's name, or the pattern that the settings have for it.

        One in several files, each of them called `people/part-1.csv`, goes by its folder.
        """
        folder, _, part = file.partition("/")
        if part and (known := next((one for one in self.roster if folder in Path(one.path).parts[-2:]), None)):
            return Path(known.path).name
        patterns = (*self.identity.patterns, *(Path(one.path).name for one in self.roster if "*" in one.path))
        return next((pattern for pattern in patterns if fnmatchcase(file, pattern)), file)

    @property
    def roster_names(self) -> tuple[str, ...]:
        """What the rosters go by, in order; rows that an earlier run set aside and somebody mended are none."""
        names = sorted(self.roster_name(Path(entry.path).name) for entry in self.roster)
        return tuple(name for name in names if not name.casefold().startswith(MENDED)) or tuple(names)

    @property
    def home(self) -> Path:
        """The folder of the settings, beside which a store of this machine and its files stand."""
        return Path(self.folder)

    @property
    def runs_folder(self) -> Path:
        """Where the folders of the runs are kept."""
        return self.path(self.out)

    @property
    def failure_path(self) -> Path:
        """Where the causes that last are written down for whoever looks after the runs."""
        return self.path(self.owner.failure_file)

    @property
    def rules_path(self) -> Path | None:
        """The office's own rules, which are laid over ours."""
        return self.path(self.rules) if self.rules else None

    @property
    def register_path(self) -> Path:
        """Where the office writes down what it read of the law."""
        return self.path(self.law_register)

    @property
    def template_folder(self) -> Path | None:
        """The office's own templates, which stand before ours."""
        return self.path(self.templates) if self.templates else None

    @property
    def store_url(self) -> str:
        """The database's address; a relative SQLite file stands in the settings file's folder."""
        prefix = "sqlite:///"
        if not self.store.startswith(prefix) or self.store == prefix:
            return self.store
        return prefix + str(self.path(self.store.removeprefix(prefix)))


def load_settings(path: Path | None) -> Settings:
    """The settings of that file, or those that hold without one.

    Raises: SettingsError - the file is missing, is not TOML, or has a key or value that is not allowed.
    """
    if path is None:
        return Settings()
    typed = read_typed(path)
    table = settings_table(typed, PATHS)
    for key in INTERNAL:
        if key in table:
            line = line_told(line_of(typed.text, (key,)))
            raise refused(SettingsError, "stop_unknown_key", where=f"{path.name}: {key}", line=line)
    settings = _converted(typed, table, path.parent)
    first, *others = SPOKEN[settings.language]
    settings = msgspec.structs.replace(settings, language=first, also="".join(others))
    _refuse_recipients(settings, path.name)
    _refuse_mailboxes(settings, path.name)
    _refuse_hosts(settings, path.name)
    _refuse_places(settings, path.name)
    _refuse_addresses(settings, path.name)
    _refuse_stand_ins(settings, path.name)
    try:
        ink_on(settings.office.accent)
    except SettingsError as error:
        raise recast(SettingsError, error, where=f"{path.name}: office.accent") from error
    _refuse_engine(settings, path.name)
    if settings.weekly and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", settings.weekly.at):
        raise refused(SettingsError, "stop_hour", where=f"{path.name}: weekly.at", text=settings.weekly.at)
    for n, record in enumerate(settings.outages):
        if record.complete_to is not None:
            _refuse_instant(record.complete_to, f"{path.name}: outages[{n}].complete_to")
    try:
        zone(settings.office.time_zone)
    except (KeyError, ValueError) as error:
        where = f"{path.name}: office.time_zone"
        raise refused(SettingsError, "stop_zone", where=where, name=settings.office.time_zone) from error
    return settings


def _converted(typed: TypedFile, table: Mapping[str, object], folder: Path) -> Settings:
    internal = {"folder": str(folder), "encoding": typed.encoding, "identity": {"file": typed.name}}
    try:
        return msgspec.convert({**table, **internal}, Settings)
    except msgspec.ValidationError as error:
        raise refused_key(error, typed, table, Settings, hidden=INTERNAL) from error


def _refuse_instant(text: str, where: str) -> None:
    """Raises: SettingsError - that is not an instant with its offset."""
    try:
        is_whole = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        is_whole = False
    if not is_whole:
        raise refused(SettingsError, "stop_instant", where=where, text=text)


def _refuse_recipients(settings: Settings, file: str) -> None:
    """A role that owns rows says of which units, and a unit has one owner; a role that sees one thing of a person is
    told it; nobody stands twice for the same.

    Raises: SettingsError naming the table.
    """
    owned = set(settings.units)
    seen: set[tuple[str, str, frozenset[str]]] = set()
    for n, one in enumerate(settings.recipients):
        same = (one.role, one.address.strip().casefold(), frozenset(one.units))
        if same in seen:
            raise refused(SettingsError, "stop_reader_twice", where=f"{file}: recipients[{n}]", role=one.role)
        seen.add(same)
        if one.called and one.role in CALLED_ONE_WAY:
            raise refused(SettingsError, "stop_called", where=f"{file}: recipients[{n}].called", role=one.role)
        if one.role not in OWNERS:
            continue
        where = f"{file}: recipients[{n}].units"
        if not one.units:
            raise refused(SettingsError, "stop_role_units", where=where, role=one.role)
        if twice := sorted(owned.intersection(one.units)):
            raise refused(SettingsError, "stop_two_owners", where=where, unit=twice[0])
        owned.update(one.units)


NAMED_ADDRESS = re.compile(rf"(?:\"?([^\"<>]*?)\"? *)<({ONE_ADDRESS})>")
"""A name and an address, as a mail program shows them."""


def _is_sender(text: str, address: str) -> bool:
    """Whether a server can be told that a mail comes from that address, in a header of one line."""
    return text.isprintable() and address.isascii() and bool(re.fullmatch(ONE_ADDRESS, address))


def _refuse_mailboxes(settings: Settings, file: str) -> None:
    """Raises: SettingsError - whoever is to get mail has no address, two in one text, or what is none; or the mails
    come from none, or would go back to none.
    """
    named = {"office.address": settings.office.address, "owner.address": settings.owner.address}
    named |= {spelled_way(("units", name, "address")): unit.address for name, unit in settings.units.items()}
    asked = {f"recipients[{n}].address": one.address for n, one in enumerate(settings.recipients)}
    for n, one in enumerate(settings.stand_ins):
        asked |= {f"stand_ins[{n}].reader": one.reader, f"stand_ins[{n}].address": one.address}
    for key, address in {**{key: text for key, text in named.items() if text.strip()}, **asked}.items():
        if not re.fullmatch(ONE_ADDRESS, address.strip()):
            raise refused(SettingsError, "stop_one_address", where=f"{file}: {key}")
    mail = settings.mail
    if mail.envelope_sender and not _is_sender(mail.envelope_sender, mail.envelope_sender):
        raise refused(SettingsError, "stop_address", where=f"{file}: mail.envelope_sender")
    for key, text in (("sender", settings.sender or "-"), ("mail.reply_to", mail.reply_to)):
        parts = NAMED_ADDRESS.fullmatch(text.strip())
        bare = parts[2] if parts else text.strip()
        if text and not (_is_sender(text, bare) and [bare] == [address for _, address in getaddresses([text])]):
            code = "stop_sender_name" if parts else "stop_address"
            mended = f'"{parts[1]}" <{bare}>' if parts else ""
            raise refused(SettingsError, code, where=f"{file}: {key}", mended=mended)


def _refuse_hosts(settings: Settings, file: str) -> None:
    """Raises: SettingsError - a server is named with its port, by a web address or by one of mail."""
    for key, host in (("mail.host", settings.mail.host), ("mailbox.host", settings.mailbox.host)):
        if re.search(r"[\s/@]", host.strip()) or re.fullmatch(r"[^:]*:\d+", host.strip()):
            raise refused(SettingsError, "stop_host_alone", where=f"{file}: {key}", text=host)


def _refuse_places(settings: Settings, file: str) -> None:
    """Raises: SettingsError - a password for workbooks is in no place, or in several."""
    said: dict[str, EncryptSettings | Literal[False] | None] = {"mail": settings.mail.encrypt}
    said |= {f"units.{name}": unit.encrypt for name, unit in settings.units.items()}
    said |= {f"recipients[{n}]": one.encrypt for n, one in enumerate(settings.recipients)}
    for key, place in said.items():
        if place and sum(bool(one) for one in msgspec.structs.astuple(place)) != 1:
            raise refused(SettingsError, "stop_encrypt_place", where=f"{file}: {key}.encrypt")


FILES = ("https", "sftp")
"""How the address of a file begins; any other is that of a database, which is asked by a query."""


def _refuse_addresses(settings: Settings, file: str) -> None:
    """Raises: SettingsError - the address of a roster cannot be used as it stands."""
    for n, entry in enumerate(settings.roster):
        where = f"{file}: roster[{n}].address"
        try:
            parts = urlsplit(entry.address)
        except ValueError as error:
            raise refused(SettingsError, "stop_roster_address", where=where) from error
        if parts.password:
            raise refused(SettingsError, "stop_address_secret", where=where)
        if bool(entry.query) != bool(entry.address and parts.scheme not in FILES) or (
            entry.address and not parts.scheme
        ):
            raise refused(SettingsError, "stop_roster_address", where=where)
        if parts.scheme == "sftp" and not entry.host_key:
            raise refused(SettingsError, "stop_host_key", where=where)


SCHEDULERS = ("tcp", "tls")


def _refuse_engine(settings: Settings, file: str) -> None:
    """Raises: SettingsError - the engine cannot be used as it stands."""
    engine = settings.engine
    if engine.cluster and urlsplit(engine.cluster).scheme not in SCHEDULERS:
        raise refused(SettingsError, "stop_cluster_address", where=f"{file}: engine.cluster")
    files = (engine.ca_file, engine.cert_file, engine.key_file)
    if urlsplit(engine.cluster).scheme == "tls" and not all(files):
        raise refused(SettingsError, "stop_cluster_files", where=f"{file}: engine")


def _refuse_stand_ins(settings: Settings, file: str) -> None:
    """Raises: SettingsError - an absence ends before it begins, or a reader has two stand-ins on one day."""
    for n, one in enumerate(settings.stand_ins):
        where = f"{file}: stand_ins[{n}]"
        if one.ends_on < one.begins_on or one.is_for(one.address):
            raise refused(SettingsError, "stop_stand_in", where=where)
        others = [other for other in settings.stand_ins[:n] if other.is_for(one.reader)]
        if any(other.begins_on <= one.ends_on and one.begins_on <= other.ends_on for other in others):
            raise refused(SettingsError, "stop_two_stand_ins", where=where)


def is_parted(home: str, entry: RosterSettings) -> bool:
    """Whether that roster stands in several files. Takes: home - the folder of the settings."""
    return not entry.address and (entry.parts or (Path(home) / entry.path).is_dir())


def refuse_alike(settings: Settings) -> None:
    """Raises: SettingsError - two files of people or duties have one name, or a roster is named twice.

    A row goes by its file's name, its sheet and its number: of two such files the rows of one would go to the readers
    of the other. One file may stand several times, each time with a sheet of its own.
    """
    named: list[tuple[str, str, Path, str | None]] = []
    for key in ("roster", "duties"):
        for n, one in enumerate(getattr(settings, key)):
            is_whole = getattr(one, "address", "") or (key == "roster" and is_parted(settings.folder, one))
            path = Path(os.path.normpath(Path(settings.folder) / one.path if is_whole else settings.path(one.path)))
            where = f"{key}[{n}].path"
            for other, of, first, sheet in named:
                if first.name == path.name and first != path:
                    raise refused(SettingsError, "stop_named_alike", where=where, name=path.name, other=other)
                if first == path and of == key and (not sheet or not one.sheet or sheet == one.sheet):
                    raise refused(SettingsError, "stop_named_twice", where=where, name=path.name, other=other)
            named.append((where, key, path, one.sheet))
