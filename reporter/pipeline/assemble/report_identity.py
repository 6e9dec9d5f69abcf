"""Whose report this is, whatever its rosters, its office and its settings are called by now, and by which store.

A report gets its id once, from the first names that it had. The store notes every name that it had since, and a small
file beside the settings which report they make, and the end of the store's audit record: so a renamed report keeps its
history, and a store that is an older copy, or another one, is noticed before anybody is told again.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import msgspec
from pandas import Timestamp

from reporter.errors import ReporterError, RosterError, refused
from reporter.settings import Identity, Settings, names_digest
from reporter.store.audit import audit_head, has_event
from reporter.store.captures import note_in, noted_in
from reporter.store.causes import has_unsent
from reporter.store.database import Store, is_there, open_store
from reporter.store.outbox import was_tried
from reporter.store.runs import (
    known_report,
    last_run,
    latest_of_each_series,
    organisations_of,
    people_found,
)

log = logging.getLogger(__name__)
IDENTITIES = "report-identity.json"
MOST = 0.5
"""Of the people of one report, who makes it another's: more than every other one."""


def _full_name(settings: Settings) -> str:
    """The same with the name of the office: of two in one store, both may call a roster `staff.csv`."""
    return names_digest([settings.office.name, *settings.roster_names])


def names_of(settings: Settings) -> tuple[str, str]:
    """What the report goes by in the store: with the office's name, and by its rosters alone."""
    return _full_name(settings), settings.report_name


def apart_from(settings: Settings) -> str:
    """The report's id where another one may have the same rosters; empty for one that goes by their names."""
    ours = settings.report.series
    return "" if ours == settings.report_name else ours


def settle_identity(settings: Settings) -> Settings:
    """The same, once it is known whose report it is: by the file beside the settings, else by the store."""
    kept = _of_file(settings)
    organisation, ours = kept.get("organisation"), str(kept.get("series", ""))
    if not kept and settings.roster:
        organisation, ours = _in_store(settings)
    identity = msgspec.structs.replace(settings.identity, organisation=organisation, series=ours)
    return msgspec.structs.replace(settings, identity=identity)


def _in_store(settings: Settings) -> tuple[str | None, str]:
    """The office and the report by the names alone; what another office has under those of the rosters is not ours.

    Whether that one only went by another name is asked before anybody is told: see `refuse_stranger`.
    """
    try:
        if not is_there(settings.store_url):
            return None, ""
        store = open_store(settings.store_url)
    except ReporterError:  # the command tells of it when it opens the store itself
        return None, ""
    with closing(store):
        theirs = organisations_of(store, settings.report.series)
        if settings.series:
            return (theirs[0] if len(theirs) == 1 else None), ""
        office, first = settings.office.name, known_report(store, settings.report_name)
        if known := known_report(store, _full_name(settings)):
            return known
        if first is None:
            return (office, _full_name(settings) if office not in theirs else "") if theirs else (None, "")
        return first if first[0] == office else (office, _full_name(settings))


def refuse_stranger(store: Store, settings: Settings, people: Collection[str], as_of: Timestamp) -> None:
    """Stop when this report was never made, and shares most people with another one in the store.

    Under a new name it would tell everybody a second time, and compare its size with nothing. A name that the settings
    give it is believed, unless they made another report before.

    Takes: people - the person_id of everybody on the rosters.
    Raises: RosterError naming the other report.
    """
    known, here = latest_of_each_series(store, as_of), set(people)
    is_named = settings.series and settings.identity.series in ("", settings.series)
    if is_named or settings.report.series in known:
        return
    for other, run_id in known.items():
        there = people_found(store, run_id)
        if len(here & there) > MOST * min(len(here), len(there)):
            raise refused(RosterError, "stop_stranger", where="series", other=other, n=len(here & there))


def refuse_other_rosters(
    store: Store, settings: Settings, people: Mapping[str, Collection[str]], as_of: Timestamp
) -> None:
    """Stop when this report was made of other rosters the last time; one that is only called otherwise is the same.

    Takes: people - the person_id of everybody on each roster, by what it goes by.
    Raises: RosterError naming the rosters that are new, and those that are gone.
    """
    last = last_run(store, settings.report.series, as_of)
    before, now = (list(last.manifest.get("roster_names", ())) if last else []), list(settings.roster_names)
    new, gone = _without(now, before), _without(before, now)
    if last is None or not before or not (new or gone):
        return
    known = people_found(store, last.run_id)
    sizes = last.manifest.get("rosters", {})
    had = sum(sizes.get(name, {}).get("people", 0) for name in gone)
    if len(new) == len(gone) and _is_renamed(
        {name: people.get(name, ()) for name in new}, people, known, had * settings.shrink_share
    ):
        log.info("%d rosters go by another name", len(new))
        return
    raise refused(RosterError, "stop_rosters_changed", where="roster", new=_listed(new), gone=_listed(gone))


def _is_renamed(
    new: Mapping[str, Collection[str]],
    people: Mapping[str, Collection[str]],
    known: set[str],
    most: float,
) -> bool:
    """Whether most people of the new rosters were on the old ones, and no more than so many are missing."""
    here, everybody = set().union(*new.values()), set().union(*people.values())
    return len(here & known) > MOST * len(here) and len(known - everybody) <= most


def _without(names: Iterable[str], others: Iterable[str]) -> list[str]:
    return [name for name in names if name not in set(others)]


def _listed(names: Collection[str]) -> str:
    return ", ".join(names) or "–"


def week_forgotten(store: Store, settings: Settings, week: str) -> str:
    """Up to which week mails may have left of which this store knows nothing; empty where it knows of all.

    It was restored from a backup, or is a fresh one, and would tell a second time: it lacks the record that the last
    look ended with, or the mail that a look which died handed over last. Once that week is over, it matters only where
    the store still has something to send of it.
    """
    until = str(_of_store(settings).get("week", ""))
    if not until or _knows_all(store, settings):
        return ""
    is_open = until >= week or has_unsent(store, settings.report.in_week(until))
    return until if is_open else ""


def _knows_all(store: Store, settings: Settings) -> bool:
    kept = _of_store(settings)
    return has_event(store, int(kept["number"]), str(kept["sha256"])) and was_tried(store, *kept.get("handed", ()))


@contextmanager
def note_sending(settings: Settings, store: Store, week: str) -> Iterator[Callable[[int, str, int], None]]:
    """Note before the first mail goes, and once the last has gone, where the store's record of the week stands.

    What it gives notes a mail that is about to be handed over, by its number, id and attempt, once the store has it so.
    By that a copy of the store from the midst of a look is known, also when the look never came to its end.
    """
    keep_identity(settings, store, week)
    yield lambda *handed: keep_identity(settings, store, week, handed)
    keep_identity(settings, store, week)


def keep_identity(settings: Settings, store: Store, week: str, handed: tuple[int, str, int] | None = None) -> None:
    """Note beside the settings which report they make, and where the store's record of this week's mails ends."""
    if not settings.identity.file:
        return
    number, sha256 = audit_head(store)
    kept = _of_store(settings)
    known = kept if kept and _knows_all(store, settings) else {}
    head: dict[str, Any] = {"number": number, "sha256": sha256, "week": max(week, str(known.get("week", "")))}
    if last := handed or known.get("handed"):
        head["handed"] = list(last)
    before = _of_file(settings)
    ours = {"organisation": settings.organisation, "series": settings.report.series}
    stores = {**before.get("stores", {}), names_digest([settings.store]): head}
    if before == ours | {"stores": stores}:
        return
    path = settings.path(IDENTITIES)
    try:
        note_in(path, noted_in(path) | {settings.identity.file: ours | {"stores": stores}})
    except OSError as error:
        log.warning("whose report this is cannot be noted beside the settings (%s)", error.strerror)


def overlay_rosters(known: Settings, settings: Settings) -> Settings:
    """The settings with rosters of the command line in them: a dated export goes by its pattern, others are others.

    Takes: known - as the file has them.
    """
    patterns = tuple(name for name in known.roster_names if "*" in name)
    kept = msgspec.structs.replace(settings, identity=msgspec.structs.replace(known.identity, patterns=patterns))
    is_other = kept.roster_names != known.roster_names
    return msgspec.structs.replace(kept, identity=Identity(patterns=patterns)) if is_other else kept


def _of_store(settings: Settings) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _of_file(settings).get("stores", {}).get(names_digest([settings.store]), {})
    return found


def _of_file(settings: Settings) -> dict[str, Any]:
    found = noted_in(settings.path(IDENTITIES)).get(settings.identity.file, {}) if settings.identity.file else {}
    return found if isinstance(found, dict) else {}
