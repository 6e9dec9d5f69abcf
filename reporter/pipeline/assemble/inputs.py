"""What a run reads, held together, so that a question can be asked of the engine again on the same inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
from pandas import DataFrame, Timestamp

from reporter.errors import ReporterError, SettingsError, refused
from reporter.model.open_items import OpenItem
from reporter.model.report import BYTES_AT_MOST, Logo, Office, ink_on, logo_of
from reporter.model.rulebook import Rulebook, Words
from reporter.model.shapes import OUTAGES, OWN
from reporter.outages.reading import OutageReading
from reporter.outages.sources import FOLDER, MAILBOX, shown_address
from reporter.pipeline.assemble.examine import Judged, date_people, examine, judge_dated
from reporter.pipeline.assemble.gather import Intake, gather_inputs
from reporter.report.people import one_line
from reporter.rules.load import load_rulebook
from reporter.rules.wording import names_called
from reporter.settings import Settings
from reporter.store.database import Store, is_there, open_store
from reporter.store.ledger import complete_to, ledger_head, open_items, outages_known_at, source_ages


def ledger_reading(
    store: Store, as_of: Timestamp, as_known: Timestamp | None, together: Collection[str] = ()
) -> OutageReading | None:
    """The ledger's outages as it stood at `as_known` (now, when None); None when nobody ever fed it.

    It is complete to the latest instant up to which a source that was read said so, and no further than before the
    first item that nobody has seen to. Takes: together - the sources of the settings, see `complete_to`.
    """
    then = as_of if as_known is None else min(as_of, as_known)
    outages = outages_known_at(store, as_known)
    if outages.empty and source_ages(store, then).empty:
        return None
    stated = complete_to(store, then, together=together)
    known_to = None if stated is None else min(stated, as_of)
    left = tuple(_item(row) for row in open_items(store, then).to_dict("records"))
    mark = ledger_mark(store, as_known)["sha256"]
    return OutageReading(OUTAGES.cast(outages), (), mark, known_to, open_items=left)


def source_names(settings: Settings) -> tuple[str, ...]:
    """The sources that `outages fetch` reads, as the ledger names them."""
    return tuple(dict.fromkeys(shown_address(source.url) for source in settings.sources))


def watched_names(settings: Settings) -> tuple[str, ...]:
    """All that is looked at unasked, as the ledger names it: these sources, the mailbox and the folder."""
    more = {MAILBOX: settings.mailbox.host, FOLDER: settings.inbox.path}
    return (*source_names(settings), *(name for name, is_set in more.items() if is_set))


def _item(row: Mapping[Any, Any]) -> OpenItem:
    return OpenItem(str(row["fate"]), str(row["code"]), str(row["words"]), outage_id=str(row["outage_id"]))


def ledger_mark(store: Store, as_known: Timestamp | None = None) -> dict[str, str]:
    """Where the ledger stood: the number of its newest row, and the seal over all rows up to it."""
    head = ledger_head(store, as_known)
    return {"number": str(head.number), "sha256": head.sha256}


NO_STORE = "sqlite:///"  # in memory only


@dataclass(frozen=True)
class Inputs:
    """The settings, the rules, the clock and everything that was read; never changed, only asked again."""

    settings: Settings
    rulebook: Rulebook
    as_of: Timestamp
    gathered: Intake
    store: Store
    ledger: Mapping[str, str]  # where the ledger stood: see `ledger_mark`

    def findings(
        self,
        *,
        roster: DataFrame | None = None,
        duties: DataFrame | None = None,
        outages: DataFrame | None = None,
        as_of: Timestamp | None = None,
        dated: DataFrame | None = None,
    ) -> DataFrame:
        """FINDINGS of the engine, with another roster, record of outages or clock where one is given.

        They are about people alone, unless `duties` (OWN) of the institution are given too. `dated`: what `dates` made
        of the same roster.
        """
        return judge_dated(
            self.dates(roster, as_of) if dated is None else dated,
            OWN.empty() if duties is None else duties,
            self.gathered.record.outages if outages is None else outages,
            self.rulebook,
            self.as_of if as_of is None else as_of,
            office_zone=self.settings.office.time_zone,
            degraded_share=self.settings.degraded_share,
        )

    def dates(self, roster: DataFrame | None = None, as_of: Timestamp | None = None) -> DataFrame:
        """The dates of the people's duties, before any outage is looked at."""
        return date_people(
            self.gathered.roster if roster is None else roster,
            self.rulebook,
            self.as_of if as_of is None else as_of,
            office_zone=self.settings.office.time_zone,
        )


def examine_inputs(inputs: Inputs) -> Judged:
    """What is found of everything that was read."""
    return examine(
        inputs.gathered.roster,
        inputs.gathered.duties,
        inputs.gathered.record.outages,
        inputs.rulebook,
        inputs.as_of,
        office_zone=inputs.settings.office.time_zone,
        degraded_share=inputs.settings.degraded_share,
    )


def read_inputs(settings: Settings, as_of: Timestamp, *, as_known: Timestamp | None = None, shown: str = "") -> Inputs:
    """Everything a run reads, and no file written.

    Takes:  as_known - use the ledger as it stood then; shown - the person whose cells are kept as they stand.
    Raises: ReporterError - there is no roster, or the rules or the store cannot be used.
    """
    rulebook = load_rulebook(settings.rules_path, settings.register_path)
    store = open_store(settings.store_url)
    ledger = ledger_mark(store, as_known)  # before it is read: what is written meanwhile is news to the next run
    recorded = ledger_reading(store, as_of, as_known, source_names(settings))
    gathered = gather_inputs(settings, rulebook, as_of, recorded, shown=shown)
    gathered = _with_register(gathered, settings.register_path)
    return Inputs(settings, rulebook, as_of, gathered, store, ledger)


def _with_register(gathered: Intake, register: Path) -> Intake:
    """What was read, with the office's register of the law among the inputs: the report tells of it."""
    if not register.is_file():
        return gathered
    sha256 = hashlib.sha256(register.read_bytes()).hexdigest()
    return replace(gathered, inputs=(*gathered.inputs, (register.name, sha256)))


def read_for_question(
    settings: Settings, as_of: Timestamp, *, as_known: Timestamp | None = None, shown: str = ""
) -> Inputs:
    """The same for a question, which leaves no trace: where there is no store yet, none is made.

    Raises: ReporterError - as `read_inputs`.
    """
    known = settings if is_there(settings.store_url) else msgspec.structs.replace(settings, store=NO_STORE)
    return read_inputs(known, as_of, as_known=as_known, shown=shown)


@dataclass(frozen=True)
class Listed:
    """What the rosters of today say of one id: the store keeps no name."""

    names: tuple[str, ...] = ()
    rows_set_aside: int = 0  # no report finds anything of such a row
    has_namesake: bool = False  # somebody else there is called the same


def listed_now(settings: Settings, person_id: str, now: Timestamp) -> Listed:
    """The person in the rosters of today; nothing where they cannot be read: who needs them says so."""
    if not settings.roster:
        return Listed()
    try:
        known = read_for_question(settings, now).gathered
    except ReporterError:
        return Listed()
    wanted = person_id.strip().casefold()
    is_theirs = known.roster["person_id"].str.casefold() == wanted
    names = given_names(known.roster[is_theirs])
    rows = known.rows[known.rows["person_id"].str.casefold() == wanted]
    return Listed(
        names=names,
        rows_set_aside=int((rows["outcome"] == "set_aside").sum()),
        has_namesake=not set(names).isdisjoint(given_names(known.roster[~is_theirs])),
    )


def given_names(people: DataFrame) -> tuple[str, ...]:
    """The names of these people, each once. Takes: ROSTER."""
    return tuple(dict.fromkeys(one_line(name) for name in names_called(people).dropna())) if len(people) else ()


def office_of(settings: Settings, language: str) -> Office:
    """The office of the settings. Raises: SettingsError - the picture of its sign cannot be used."""
    office = settings.office
    signature = _said(office.signature, language)
    return Office(
        name=office.name,
        address=office.address,
        time_zone=office.time_zone,
        licensed_contact=office.licensed_contact,
        paper=office.paper,
        accent=office.accent,
        ink=ink_on(office.accent),
        logo=_logo(settings) if office.logo else None,
        signature=tuple(line.strip() for line in signature.splitlines() if line.strip()),
        disclaimer=_said(office.disclaimer, language).strip(),
    )


def offices_of(settings: Settings) -> dict[str, Office]:
    """The office in each language. Raises: SettingsError - see `office_of`."""
    return {language: office_of(settings, language) for language in ("en", "fr")}


def _said(text: str | Words, language: str) -> str:
    return text.of(language) if isinstance(text, Words) else text


def _logo(settings: Settings) -> Logo:
    path = settings.path(settings.office.logo)
    try:
        with path.open("rb") as file:
            return logo_of(file.read(BYTES_AT_MOST + 1))
    except OSError as error:
        raise refused(
            SettingsError, "stop_logo_unread", where=f"office.logo: {path.name}", what=error.strerror
        ) from error
    except ValueError as error:
        raise refused(SettingsError, "stop_logo", where=f"office.logo: {path.name}", what=error) from error
