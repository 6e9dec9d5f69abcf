"""Looks at all that a run will need, one thing at a time, and names each fault with its cure. It changes nothing.

A check that itself breaks is a fault of its own; the others are still made.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct, field
from pandas import Timedelta, Timestamp

from reporter.delivery.policy import read_allow_list
from reporter.errors import ReporterError
from reporter.model.rulebook import Rulebook
from reporter.pipeline.assemble.inputs import offices_of, source_names
from reporter.pipeline.assemble.ledger_anchor import ledger_state
from reporter.pipeline.assemble.remote_rosters import roster_file
from reporter.pipeline.run.mail_package import is_locking, missing, password_files
from reporter.pipeline.send.status import last_failure
from reporter.pipeline.send.transports import greet, open_transport
from reporter.pipeline.upkeep.privacy import disk_use
from reporter.report.mail.template_fixtures import check_templates
from reporter.resources import library
from reporter.rules.load import load_rulebook, unread_entries
from reporter.settings import MailSettings, Settings, refuse_alike
from reporter.store.audit import verify_audit
from reporter.store.database import Store, is_there, open_store
from reporter.store.ledger_items import complete_to, open_items
from reporter.store.outbox import late_mails
from reporter.store.privacy import NAME as SECRET
from reporter.store.runs import last_run
from reporter.text.formats import day, decimal
from reporter.text.time_zones import zone

log = logging.getLogger(__name__)
State = Literal["ok", "warning", "fault"]
OK: State = "ok"
WARNING: State = "warning"
FAULT: State = "fault"


class Check(Struct, frozen=True):
    """One thing looked at: `what` is the key of a sentence in words/doctor.toml, which names the cure as well."""

    name: str
    state: State
    what: str
    said: Mapping[str, object] = field(default_factory=dict)


SCARCE, NONE_LEFT = 1_000_000_000, 200_000_000  # bytes free
SYNCED = ("onedrive", "dropbox", "google drive", "icloud", "nextcloud")
"""Parts of the names of folders that a program copies to a cloud, and may lock or double."""


def paths(settings: Settings) -> Iterable[Check]:
    """Whether every file that the settings name is there, and no two could be taken for one another."""
    gone = [key for key, path in settings.named_files() if not path.exists()]
    for key in gone:
        yield Check("paths", FAULT, "path_missing", {"key": key})
    if not settings.roster:
        yield Check("paths", WARNING, "no_roster")
    elif not gone:
        yield Check("paths", OK, "paths_good")
    refuse_alike(settings)


def remote_rosters(settings: Settings, *, is_online: bool) -> Iterable[Check]:
    """Whether each roster that stands elsewhere can be had; its copy is thrown away."""
    for entry in settings.roster:
        name = Path(entry.path).name
        if entry.address and not is_online:
            yield Check("rosters", OK, "roster_not_asked", {"name": name})
        elif entry.address:
            try:
                with roster_file(settings, entry) as file:
                    yield Check("rosters", OK, "roster_fetched", {"name": name, "bytes": file.stat().st_size})
            except ReporterError as error:
                yield Check("rosters", FAULT, "refused", {"message": error.in_language(settings.language)})


def engine(cluster: str) -> Iterable[Check]:
    """Whether people's rows leave this machine unencrypted."""
    address = urlsplit(cluster)
    if address.scheme:
        library("distributed", "cluster", where="engine.cluster")
        is_open = address.scheme == "tcp"
        what = "cluster_open" if is_open else "cluster_closed"
        yield Check("engine", WARNING if is_open else OK, what, {"host": address.hostname})


def folders(settings: Settings) -> Iterable[Check]:
    """Whether what a run writes can be written, and stays on this machine."""
    for key, folder in _written_to(settings):
        there = _nearest(folder)
        if not os.access(there, os.W_OK | os.X_OK):
            yield Check("folders", FAULT, "not_writable", {"key": key, "path": str(there)})
        elif any(mark in part.casefold() for part in folder.absolute().parts for mark in SYNCED):
            yield Check("folders", WARNING, "synced", {"key": key})
        elif os.name == "nt" and is_deep(folder):
            yield Check("folders", WARNING, "too_deep", {"key": key, "most": str(LONGEST_PATH - BELOW)})
        else:
            yield Check("folders", OK, "folder_good", {"key": key})


LONGEST_PATH, BELOW = 260, 120
"""What Windows takes of a path unless an administrator says otherwise, and what a run adds to its folder at most."""


def is_deep(folder: Path) -> bool:
    """Whether a file of a run in that folder may have a path that Windows does not take."""
    return len(str(folder.absolute())) > LONGEST_PATH - BELOW


def rights(settings: Settings) -> Iterable[Check]:
    """Whether others on this machine can read what holds people or a password; Windows has no such bits."""
    if os.name != "posix":
        yield Check("rights", OK, "rights_unknown")
        return
    wide = [path for path in _private(settings) if path.exists() and path.stat().st_mode & 0o077]
    for path in wide:
        said = {"path": str(path), "mode": "700" if path.is_dir() else "600"}
        yield Check("rights", WARNING, "rights_wide", said)
    if not wide:
        yield Check("rights", OK, "rights_good")


def disk(runs: Path, language: str) -> Iterable[Check]:
    """Whether there is room for the next runs in their folder."""
    free = shutil.disk_usage(_nearest(runs)).free
    said = {"free": decimal(free / 1e9, language)}
    if free >= SCARCE:
        yield Check("disk", OK, "disk_good", said)
    else:
        yield Check("disk", FAULT if free < NONE_LEFT else WARNING, "disk_low", said)


def _written_to(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "out", settings.runs_folder
    if (database := _database(settings.store_url)) is not None:
        yield "store", database.parent


def _private(settings: Settings) -> Iterator[Path]:
    yield settings.runs_folder
    if (database := _database(settings.store_url)) is not None:
        yield database
        yield from (database.parent / name for name in ("captures", "evidence", SECRET))
    if settings.mail.password_file:
        yield settings.path(settings.mail.password_file)
    yield from (settings.path(file) for file in password_files(settings))
    yield from (settings.path(file) for one in settings.roster for file in (one.password_file, one.key_file) if file)


def _database(url: str) -> Path | None:
    text = url.removeprefix("sqlite:///")
    return Path(text) if text != url and text and not text.startswith((":", "file:")) else None


def _nearest(path: Path) -> Path:
    """The folder itself, or the first above it that is there."""
    return next(place for place in (path, *path.absolute().parents) if place.is_dir())


class PasswordPolicy(Struct, frozen=True):
    """How one provider's servers stand to passwords; `before` and `after` name sentences of words/doctor.toml."""

    domains: tuple[str, ...]
    before: str
    after: str = ""
    ends_on: date | None = None

    def said_on(self, day: date) -> str:
        """The sentence that holds on that day."""
        return self.after if self.ends_on is not None and day > self.ends_on else self.before


FACTS = (
    PasswordPolicy(("smtp-hve.office365.com",), "microsoft_volume", "microsoft_volume_over", date(2028, 9, 30)),
    PasswordPolicy(("office365.com", "outlook.com"), "microsoft_before", "microsoft_after", date(2026, 12, 31)),
    PasswordPolicy(("gmail.com", "googlemail.com", "google.com"), "google"),
)
"""The narrower name first."""


def basic_auth(host: str) -> PasswordPolicy | None:
    """What is known of passwords at that mail server; None where nothing is."""
    name = f".{host.strip().rstrip('.').casefold()}"
    return next((fact for fact in FACTS if name.endswith(tuple(f".{domain}" for domain in fact.domains))), None)


PINNED = {"America/Vancouver": timedelta(hours=-7), "America/Edmonton": timedelta(hours=-6)}
"""What the clocks say in December 2026 under the clock laws of that year; older rules have an hour less."""
WEEK = Timedelta(days=8)
GREETED = {"smtp": "mail_greeted", "graph": "mail_token", "folder": "mail_folder"}
Found = Iterable[Check]


def examine_all(settings: Settings, now: Timestamp, *, is_online: bool = False) -> tuple[Check, ...]:
    """Every check in order. Takes: is_online - whether the way to send may be tried; nothing is sent.

    NOTE: `owner.ping_url` is not tried: a watching service takes whatever asks for it for a sign of life.
    """
    looks: list[tuple[str, Callable[[], Found]]] = [
        ("zones", zones),
        ("paths", lambda: paths(settings)),
        ("rosters", lambda: remote_rosters(settings, is_online=is_online)),
        ("engine", lambda: engine(settings.engine.cluster)),
        ("folders", lambda: folders(settings)),
        ("rights", lambda: rights(settings)),
        ("disk", lambda: disk(settings.runs_folder, settings.language)),
        ("rules", lambda: _rules(load_rulebook(settings.rules_path, settings.register_path), now)),
        ("templates", lambda: _templates(settings)),
        ("mail", lambda: _mail(settings, now, is_online=is_online)),
        ("recipients", lambda: _recipients(settings)),
        ("locks", lambda: _locks(settings)),
        ("store", lambda: _store(settings, now)),
        ("runs", lambda: _failure(settings)),
    ]
    return tuple(check for name, look in looks for check in _held(name, look, settings.language))


def _held(name: str, look: Callable[[], Found], language: str) -> Iterator[Check]:
    try:
        yield from look()
    except ReporterError as error:
        yield Check(name, FAULT, "refused", {"message": error.in_language(language)})
    except Exception as error:  # noqa: BLE001 - what else is wrong must be told too; its text may quote a cell
        log.warning("check of %s broke: %s", name, type(error).__name__)
        yield Check(name, FAULT, "broke", {"kind": type(error).__name__})


def zones() -> Found:
    """Whether the time zone rules know the clock laws of 2026."""
    said = {"version": version("tzdata")}
    is_known = all(datetime(2026, 12, 1, tzinfo=zone(name)).utcoffset() == by for name, by in PINNED.items())
    yield Check("zones", OK, "zones_good", said) if is_known else Check("zones", FAULT, "zones_old", said)


def _rules(rulebook: Rulebook, now: Timestamp) -> Found:
    if old := unread_entries(rulebook, now.date()):
        yield Check("rules", WARNING, "rules_unread", {"n": len(old), "names": ", ".join(old[:5])})
    else:
        yield Check("rules", OK, "rules_good")


def _templates(settings: Settings) -> Found:
    n = check_templates(settings.template_folder, offices_of(settings))
    yield Check("templates", OK, "templates_good", {"n": n})


def _mail(settings: Settings, now: Timestamp, *, is_online: bool) -> Found:
    if not settings.is_sending:
        yield Check("mail", OK, "mail_off")
        return
    open_transport(settings).close()  # raises for whatever is missing, the password among it
    yield from _basic_auth(settings.mail, now)
    if not is_online:
        yield Check("mail", OK, "mail_not_asked")
        return
    outcome = greet(settings)
    if outcome is None:
        yield Check("mail", OK, GREETED[settings.mail.transport], {"host": settings.mail.host})
    elif outcome.why == "takes_less":
        yield Check("mail", WARNING, "mail_takes_less", {"host": settings.mail.host, "n": outcome.said})
    else:
        said = {"why": outcome.why, "phase": outcome.phase, "code": outcome.code or outcome.said}
        yield Check("mail", FAULT, "mail_refused", said)


def _basic_auth(mail: MailSettings, now: Timestamp) -> Found:
    """What the large providers have said about passwords, and until when."""
    is_asked = mail.transport == "smtp" and mail.user and mail.auth == "password"
    fact = basic_auth(mail.host) if is_asked else None
    if fact is not None:
        yield Check("mail", WARNING, fact.said_on(now.date()))


def _recipients(settings: Settings) -> Found:
    """Whether everybody the settings name may be written to; of those in rosters the run tells."""
    if not settings.is_sending:
        return
    allowed = read_allow_list(settings.mail.allow)
    named = {"office.address": settings.office.address}
    named |= {f"units.{key}": unit.address for key, unit in settings.units.items()}
    named |= {f"recipients[{n}]": one.address for n, one in enumerate(settings.recipients)}
    named |= {f"stand_ins[{n}]": one.address for n, one in enumerate(settings.stand_ins)}
    outside = [key for key, address in named.items() if address and not allowed.holds(address)]
    for key in outside:
        yield Check("recipients", FAULT, "recipient_outside", {"key": key})
    if not outside:
        yield Check("recipients", OK, "recipients_good")


def _locks(settings: Settings) -> Found:
    """Whether every password for a workbook that the settings name can be had."""
    faults = list(missing(settings))
    for error in faults:
        yield Check("locks", FAULT, "refused", {"message": error.in_language(settings.language)})
    if not faults:
        yield Check("locks", OK, "locks_good" if is_locking(settings) else "locks_none")


def _store(settings: Settings, now: Timestamp) -> Found:
    if not is_there(settings.store_url):
        yield Check("store", OK, "store_new")
        return
    with closing(open_store(settings.store_url)) as store:
        yield from _health(settings, store)
        yield from _ledger(settings, store, now)
        yield from _runs(settings, store, now)
        yield from _retention(settings, store)


def _health(settings: Settings, store: Store) -> Found:
    """The database itself, and the two records in it that only grow."""
    is_sound = store.is_sound()
    yield Check("store", OK, "store_good") if is_sound else Check("store", FAULT, "store_damaged")
    for name, n in (("ledger", ledger_state(settings, store).count), ("audit", len(verify_audit(store)))):
        if n:
            yield Check(name, FAULT, "chain_broken", {"n": n, "command": "outages" if name == "ledger" else "audit"})


def _retention(settings: Settings, store: Store) -> Found:
    """How much room all takes that is kept, and what goes when."""
    use = disk_use(settings, store)
    parts = ("store", "free", "runs", "captures")
    sizes = {name: decimal(getattr(use, name) / 1e6, settings.language) for name in parts}
    yield Check("retention", OK, "disk_use", {**sizes, "folders": use.folders})
    for kind, at in use.goes.items():
        days = f"{getattr(settings.retention, kind):g}"
        yield Check("retention", OK, f"goes_{kind}", {"days": days, "day": day(at, settings.language)})
    if not use.goes:
        yield Check("retention", OK, "goes_nothing")


def _ledger(settings: Settings, store: Store, now: Timestamp) -> Found:
    if settings.outages:
        return  # an outage file of the office's own says itself how far it goes, in each report
    stated = complete_to(store, now, together=source_names(settings.sources))
    left = len(open_items(store, now))
    if left:
        yield Check("ledger", WARNING, "ledger_pending", {"n": left})
    if stated is None:
        yield Check("ledger", WARNING, "ledger_empty")
        return
    days = (now - stated) / Timedelta(days=1)
    said = {"n": round(days)}
    is_old = days > settings.stale_after_days
    yield Check("ledger", WARNING, "ledger_old", said) if is_old else Check("ledger", OK, "ledger_good", said)


def _failure(settings: Settings) -> Found:
    """Whether an unattended run has failed and nothing has gone well since."""
    if last_failure(settings):
        yield Check("runs", WARNING, "failure_lasts", {"file": settings.owner.failure_file})


def _runs(settings: Settings, store: Store, now: Timestamp) -> Found:
    last = last_run(store, settings.report.series)
    if last is None:
        yield Check("runs", WARNING, "never_run")
        return
    said = {"day": day(last.as_of, settings.language)}
    is_late = now - last.as_of > WEEK
    yield Check("runs", WARNING, "run_late", said) if is_late else Check("runs", OK, "run_good", said)
    if unseen := last.manifest.get("people_not_scanned_for", 0):
        yield Check("leak_scan", WARNING, "scan_blind", {"n": unseen})
    if half_seen := last.manifest.get("people_scanned_for_by_full_name", 0):
        yield Check("leak_scan", OK, "scan_half_blind", {"n": half_seen})
    yield Check("leak_scan", OK, "scan_limits")
    if waiting := len(late_mails(store)):
        yield Check("runs", WARNING, "mails_waiting", {"n": waiting})
