"""Looks at all that a run will need, one thing at a time, and names each fault with its cure. It changes nothing.

A check that itself breaks is a fault of its own; the others are still made.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import version

from pandas import Timedelta, Timestamp

from reporter.delivery.basic_auth import basic_auth
from reporter.delivery.policy import read_allow_list
from reporter.errors import ReporterError
from reporter.model.checkup import FAULT, OK, WARNING, Check
from reporter.pipeline.deliver import outstanding
from reporter.pipeline.doctor_places import disk, folders, paths, rights
from reporter.pipeline.locks import is_locking, missing
from reporter.pipeline.office import offices_of
from reporter.pipeline.owner import last_failure
from reporter.pipeline.postmark import series as series_of
from reporter.pipeline.transports import greet, is_sending, open_transport
from reporter.report.mail.template_fixtures import check_templates
from reporter.rules.load import load_rulebook, unread_entries
from reporter.settings import Settings
from reporter.store.audit import verify_audit
from reporter.store.database import Store, is_there, open_store
from reporter.store.ledger import source_ages, verify_ledger
from reporter.store.runs import last_run
from reporter.text.time_zones import zone

log = logging.getLogger(__name__)
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
        ("folders", lambda: folders(settings)),
        ("rights", lambda: rights(settings)),
        ("disk", lambda: disk(settings)),
        ("rules", lambda: _rules(settings, now)),
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
        yield Check(name, FAULT, "refused", {"message": error.told(language)})
    except Exception as error:  # noqa: BLE001 - what else is wrong must be told too; its text may quote a cell
        log.warning("check of %s broke: %s", name, type(error).__name__)
        yield Check(name, FAULT, "broke", {"kind": type(error).__name__})


def zones() -> Found:
    """Whether the time zone rules know the clock laws of 2026."""
    said = {"version": version("tzdata")}
    is_known = all(datetime(2026, 12, 1, tzinfo=zone(name)).utcoffset() == by for name, by in PINNED.items())
    yield Check("zones", OK, "zones_good", said) if is_known else Check("zones", FAULT, "zones_old", said)


def _rules(settings: Settings, now: Timestamp) -> Found:
    old = unread_entries(load_rulebook(settings.path(settings.rules) if settings.rules else None), now.date())
    if old:
        yield Check("rules", WARNING, "rules_unread", {"n": len(old), "names": ", ".join(old[:5])})
    else:
        yield Check("rules", OK, "rules_good")


def _templates(settings: Settings) -> Found:
    n = check_templates(settings.template_folder, offices_of(settings))
    yield Check("templates", OK, "templates_good", {"n": n})


def _mail(settings: Settings, now: Timestamp, *, is_online: bool) -> Found:
    if not is_sending(settings):
        yield Check("mail", OK, "mail_off")
        return
    open_transport(settings).close()  # raises for whatever is missing, the password among it
    yield from _basic_auth(settings, now)
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


def _basic_auth(settings: Settings, now: Timestamp) -> Found:
    """What the large providers have said about passwords, and until when."""
    mail = settings.mail
    is_asked = mail.transport == "smtp" and mail.user and mail.auth == "password"
    fact = basic_auth(mail.host) if is_asked else None
    if fact is not None:
        yield Check("mail", WARNING, fact.said_on(now.date()))


def _recipients(settings: Settings) -> Found:
    """Whether everybody the settings name may be written to; of those in rosters the run tells."""
    if not is_sending(settings):
        return
    allowed = read_allow_list(settings.mail.allow)
    named = {"office.address": settings.office.address}
    named |= {f"units.{key}": unit.address for key, unit in settings.units.items()}
    named |= {f"recipients[{n}]": one.address for n, one in enumerate(settings.recipients)}
    outside = [key for key, address in named.items() if address and not allowed.holds(address)]
    for key in outside:
        yield Check("recipients", FAULT, "recipient_outside", {"key": key})
    if not outside:
        yield Check("recipients", OK, "recipients_good")


def _locks(settings: Settings) -> Found:
    """Whether every password for a workbook that the settings name can be had."""
    faults = list(missing(settings))
    for error in faults:
        yield Check("locks", FAULT, "refused", {"message": error.told(settings.language)})
    if not faults:
        yield Check("locks", OK, "locks_good" if is_locking(settings) else "locks_none")


def _store(settings: Settings, now: Timestamp) -> Found:
    if not is_there(settings.store_url):
        yield Check("store", OK, "store_new")
        return
    store = open_store(settings.store_url)
    try:
        yield from _health(store)
        yield from _ledger(settings, store, now)
        yield from _runs(settings, store, now)
    finally:
        store.close()


def _health(store: Store) -> Found:
    """The database itself, and the two records in it that only grow."""
    is_sound = store.is_sound()
    yield Check("store", OK, "store_good") if is_sound else Check("store", FAULT, "store_damaged")
    for name, n in (("ledger", len(verify_ledger(store))), ("audit", len(verify_audit(store)))):
        if n:
            yield Check(name, FAULT, "chain_broken", {"n": n, "command": "outages" if name == "ledger" else "audit"})


def _ledger(settings: Settings, store: Store, now: Timestamp) -> Found:
    if settings.outages:
        return  # an outage file of the office's own says itself how far it goes, in each report
    complete_to = source_ages(store, now)["complete_to"].max()
    if complete_to is None or complete_to != complete_to:
        yield Check("ledger", WARNING, "ledger_empty")
        return
    days = (now - complete_to) / Timedelta(days=1)
    said = {"n": round(days)}
    is_old = days > settings.stale_after_days
    yield Check("ledger", WARNING, "ledger_old", said) if is_old else Check("ledger", OK, "ledger_good", said)


def _failure(settings: Settings) -> Found:
    """Whether an unattended run has failed and nothing has gone well since."""
    if last_failure(settings):
        yield Check("runs", WARNING, "failure_lasts", {"file": settings.owner.failure_file})


def _runs(settings: Settings, store: Store, now: Timestamp) -> Found:
    last = last_run(store, series_of(settings))
    if last is None:
        yield Check("runs", WARNING, "never_run")
        return
    said = {"day": f"{last.as_of:%Y-%m-%d}"}
    is_late = now - last.as_of > WEEK
    yield Check("runs", WARNING, "run_late", said) if is_late else Check("runs", OK, "run_good", said)
    if waiting := len(outstanding(store)):
        yield Check("runs", WARNING, "mails_waiting", {"n": waiting})
