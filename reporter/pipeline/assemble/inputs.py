"""What a run reads, held together, and judged; so that a question can be asked of the engine again on the same inputs.

Then the account of the rows is closed: every row has a finding, or a fate with its reason, and a run whose account
stays open stops here. `examine` and `close_account` are pure; `read_alone` reads one roster, for a question about it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Series, Timestamp

from reporter.engine.downtime import information, routes
from reporter.engine.due import (
    Basis,
    authorized_stays,
    dated_duties,
    duties,
    duties_at,
    institution_duties,
    silent_rows,
    stay_steps,
)
from reporter.engine.exposure import measure
from reporter.engine.risk import judge, together, worst_reading
from reporter.errors import ReporterError, SettingsError, recast, refused
from reporter.model.levels import AT_RISK, RANK, VERIFICATIONS
from reporter.model.problem import Problem
from reporter.model.report import BYTES_AT_MOST, FATES, Logo, Office, ink_on, logo_of
from reporter.model.rulebook import Rulebook, Words
from reporter.model.shapes import (
    INSTITUTION,
    ONE_PERSON,
    OUTAGES,
    OWN,
    ROSTER,
    ROWS,
    OpenItem,
    is_institution,
    people_part,
)
from reporter.outages.door import FOLDER, MAILBOX, shown_address
from reporter.outages.source import OutageReading
from reporter.pipeline.assemble.gather import Intake, gather_inputs
from reporter.readers.identity import row_problem
from reporter.readers.roster import RosterReading
from reporter.report.people import one_line
from reporter.rules.load import federal_holidays, load_rulebook
from reporter.rules.wording import names_called
from reporter.settings import Settings, SourceSettings
from reporter.store.database import Store, is_there, open_store
from reporter.store.ledger import ledger_head, outages_known_at
from reporter.store.ledger_items import complete_to, open_items, source_ages

log = logging.getLogger(__name__)


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


def source_names(sources: Iterable[SourceSettings]) -> tuple[str, ...]:
    """The sources that `outages fetch` reads, as the ledger names them."""
    return tuple(dict.fromkeys(shown_address(source.url) for source in sources))


def watched_names(settings: Settings) -> tuple[str, ...]:
    """All that is looked at unasked, as the ledger names it: these sources, the mailbox and the folder."""
    more = {MAILBOX: settings.mailbox.host, FOLDER: settings.inbox.path}
    return (*source_names(settings.sources), *(name for name, is_set in more.items() if is_set))


def _item(row: Mapping[Any, Any]) -> OpenItem:
    return OpenItem(str(row["fate"]), str(row["code"]), str(row["words"]), outage_id=str(row["outage_id"]))


def ledger_mark(store: Store, as_known: Timestamp | None = None) -> dict[str, str]:
    """Where the ledger stood: the number of its newest row, and the seal over all rows up to it."""
    head = ledger_head(store, as_known)
    return {"number": str(head.number), "sha256": head.sha256}


NO_STORE = "sqlite:///"  # in memory only


class Inputs(Struct, frozen=True):
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
            self.basis(as_of),
        )

    def dates(self, roster: DataFrame | None = None, as_of: Timestamp | None = None) -> DataFrame:
        """The dates of the people's duties, before any outage is looked at."""
        basis = self.basis(as_of)
        return dated_duties(authorized_stays(self.gathered.roster if roster is None else roster, basis.rulebook), basis)

    def basis(self, as_of: Timestamp | None = None) -> Basis:
        """What is judged by, with another clock where one is given."""
        known, at = self.settings, self.as_of if as_of is None else as_of
        return Basis(self.rulebook, at, known.office.time_zone, federal_holidays(), known.degraded_share)


def examine_inputs(inputs: Inputs) -> Judged:
    """What is found of everything that was read."""
    gathered = inputs.gathered
    return examine(gathered.roster, gathered.duties, gathered.record.outages, inputs.basis())


Gather = Callable[..., Intake]
"""How rosters and outage files are read: as `gather_inputs`."""


def read_inputs(
    settings: Settings,
    as_of: Timestamp,
    *,
    as_known: Timestamp | None = None,
    shown: str = "",
    gather: Gather | None = None,
) -> Inputs:
    """Everything a run reads, and no file written.

    Takes:  as_known - use the ledger as it stood then; shown - the person whose cells are kept as they stand;
            gather - another way to read the files.
    Raises: ReporterError - there is no roster, or the rules or the store cannot be used.
    """
    rulebook = load_rulebook(settings.rules_path, settings.register_path)
    store = open_store(settings.store_url)
    ledger = ledger_mark(store, as_known)  # before it is read: what is written meanwhile is news to the next run
    recorded = ledger_reading(store, as_of, as_known, source_names(settings.sources))
    gathered = (gather or gather_inputs)(settings, rulebook, as_of, recorded, shown=shown)
    register = settings.register_path
    if register.is_file():  # the report tells of the office's register of the law
        sha256 = hashlib.sha256(register.read_bytes()).hexdigest()
        gathered = replace(gathered, inputs=(*gathered.inputs, (register.name, sha256)))
    return Inputs(settings, rulebook, as_of, gathered, store, ledger)


def read_for_question(
    settings: Settings, as_of: Timestamp, *, as_known: Timestamp | None = None, shown: str = ""
) -> Inputs:
    """The same for a question, which leaves no trace: where there is no store yet, none is made.

    Raises: ReporterError - as `read_inputs`.
    """
    known = settings if is_there(settings.store_url) else replace(settings, store=NO_STORE)
    return read_inputs(known, as_of, as_known=as_known, shown=shown)


class Listed(Struct, frozen=True):
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
        logo=_logo(settings.path(office.logo)) if office.logo else None,
        signature=tuple(line.strip() for line in signature.splitlines() if line.strip()),
        disclaimer=_said(office.disclaimer, language).strip(),
    )


def offices_of(settings: Settings) -> dict[str, Office]:
    """The office in each language. Raises: SettingsError - see `office_of`."""
    return {language: office_of(settings, language) for language in ("en", "fr")}


def _said(text: str | Words, language: str) -> str:
    return text.of(language) if isinstance(text, Words) else text


def _logo(path: Path) -> Logo:
    try:
        with path.open("rb") as file:
            return logo_of(file.read(BYTES_AT_MOST + 1))
    except OSError as error:
        raise refused(
            SettingsError, "stop_logo_unread", where=f"office.logo: {path.name}", what=error.strerror
        ) from error
    except SettingsError as error:
        raise recast(SettingsError, error, where=f"office.logo: {path.name}") from error


class Judged(Struct, frozen=True):
    """What was found: FINDINGS of people and of the institution, the OUTAGES they rely on, and STEPS of the stay of
    everybody who has a duty at risk.
    """

    findings: DataFrame
    outages: DataFrame
    stays: DataFrame
    levels: DataFrame | None = None
    """Of every finding person_id, source_row, level and holder, worst first, where `findings` are not of everybody."""
    named: frozenset[str] | None = None
    """The people whom `findings` are of, where that is not everybody: at risk now, before, or in the office's notes."""

    @property
    def everybody(self) -> DataFrame:
        """The same four columns of every finding about people."""
        return people_part(self.findings if self.levels is None else self.levels)


def assess_inputs(inputs: Inputs) -> tuple[Inputs, Judged]:
    """What was read with the fate of every row, and what is found of it; the rows as they stood are not needed again.

    Raises: ReporterError - see `close_account`.
    """
    judged = examine_inputs(inputs)
    closed = close_account(inputs.gathered, people_part(judged.findings), inputs.rulebook)
    readings = tuple(replace(one, lines=DataFrame()) for one in closed.readings)
    return replace(inputs, gathered=replace(closed, readings=readings)), judged


def examine(roster: DataFrame, duties: DataFrame, record: DataFrame, basis: Basis) -> Judged:
    """Judge every duty.

    Takes: ROSTER; OWN; OUTAGES.
    """
    stays = authorized_stays(roster, basis.rulebook)
    findings = judge_dated(dated_duties(stays, basis), duties, record, basis)
    used = {name for names in findings["outages"].cat.categories for name in names.split(";")}
    log.info("examined: %d findings", len(findings))
    outages = record[record["outage_id"].isin(used)].reset_index(drop=True)
    at_risk = findings.loc[findings["level"].isin(AT_RISK) & ~is_institution(findings), "person_id"]
    return Judged(findings, outages, stay_steps(stays.of(at_risk.dropna()), basis.rulebook))


def judge_dated(dated: DataFrame, duties: DataFrame, record: DataFrame, basis: Basis) -> DataFrame:
    """The engine from dates, the institution's duties and outages to FINDINGS, worst first.

    Asked as often as a question needs it. Takes: what `date_people` made; OWN; OUTAGES.
    """
    people = worst_reading(_against(duties_at(dated, basis.as_of), record, basis))
    if basis.rulebook.institution is None or duties.empty:
        return people
    ours = replace(basis, rulebook=basis.rulebook.institution)
    return together(people, _against(institution_duties(duties, ours), record, ours))


def _against(due: DataFrame, record: DataFrame, basis: Basis) -> DataFrame:
    """These duties measured against the record, and judged on it and on what of it is confirmed."""
    rulebook, share = basis.rulebook, basis.degraded_share
    ways, informing = routes(rulebook), information(rulebook)
    facts_on = partial(measure, due, routes=ways, as_of=basis.as_of, information=informing, degraded_share=share)
    facts = facts_on(record)
    is_confirmed = verification_standing(record).isin(rulebook.limits.confirmed)
    sure = facts if is_confirmed.all() else facts_on(record[is_confirmed])
    return judge(due, facts, sure, rulebook)


def verification_standing(record: DataFrame) -> Series:
    """How far each outage is verified: one step less where only its day is known, not its hours."""
    steps = dict(zip(VERIFICATIONS, [*VERIFICATIONS[1:], VERIFICATIONS[-1]], strict=True))
    verification = record["verification"]
    return verification.where(record["precision"] != "day", verification.map(steps).astype("str"))


def worst(was: DataFrame, rulebook: Rulebook) -> Series:
    """Each person's worst level among the findings of an earlier run, by person_id."""
    people = was[holders(was["deadline"], rulebook) != INSTITUTION]
    ranked = people.assign(rank=people["level"].map(RANK)).sort_values("rank", kind="stable")
    return ranked.drop_duplicates("person_id").set_index("person_id")["level"]


def holders(deadlines: Series, rulebook: Rulebook) -> Series:
    """Whose duties are of these kinds; an earlier run keeps the kind alone."""
    ours = rulebook.institution.deadlines if rulebook.institution else {}
    return deadlines.isin(list(ours)).map({True: INSTITUTION, False: ONE_PERSON}).astype("str")


NAMED = 5
"""How many rows without a fate a message names."""


def close_account(gathered: Intake, findings: DataFrame, rulebook: Rulebook) -> Intake:
    """What was gathered, with the fate of every row, once none is left without one.

    Takes:  FINDINGS of its whole roster.
    Raises: ReporterError - a row has neither a finding nor a fate, or was lost on the way from the file: nothing may be
            said of the others.
    """
    closed = state_fates(gathered, findings, rulebook)
    left = [*_lost_rows(closed), *rows_without_end(people_part(closed.rows), findings)]
    if left:
        rows = ", ".join(left[:NAMED])
        raise refused(ReporterError, "stop_account_open", read=len(closed.rows), count=len(left), rows=rows)
    return closed


def _lost_rows(gathered: Intake) -> Series:
    """The addresses of the rows that a roster has under its headings and that the account does not know."""
    read = pd.concat([Series(one.lines.index, dtype="str") for one in gathered.readings], ignore_index=True)
    return read[~read.isin(gathered.rows["source_row"])]


def rows_without_end(rows: DataFrame, findings: DataFrame) -> Series:
    """The addresses of the rows that vanished: without a known fate, or assessed and in no finding.

    Takes: ROWS of people; FINDINGS.
    """
    is_silent = (rows["outcome"] == "assessed") & ~rows["source_row"].isin(findings["source_row"])
    return rows.loc[is_silent | ~rows["outcome"].isin(FATES), "source_row"]


def state_fates(gathered: Intake, findings: DataFrame, rulebook: Rulebook) -> Intake:
    """What was gathered, in which a row that no finding is about says what became of it, and a date too old is told.

    Takes: FINDINGS of its roster.
    """
    gathered = replace(gathered, problems=(*gathered.problems, *_too_old(gathered, findings, rulebook)))
    fates = silent_rows(gathered.roster, findings).set_index("source_row")
    if fates.empty:
        return gathered
    rows, at = gathered.rows, gathered.rows["source_row"]
    is_open = (rows["outcome"] == "assessed") & at.isin(fates.index)
    settled = rows.assign(
        outcome=rows["outcome"].mask(is_open, at.map(fates["outcome"])),
        rule=rows["rule"].mask(is_open, at.map(fates["rule"])),
    )
    aside, readings = fates.index[fates["outcome"] == "set_aside"], gathered.readings
    if len(aside):  # the reading keeps those rows as they stood
        lines = settled.loc[settled["outcome"] == "set_aside", "source_row"]
        readings = tuple(replace(one, originals=one.lines[one.lines.index.isin(lines)]) for one in readings)
    return replace(
        gathered,
        rows=ROWS.cast(settled),
        roster=ROSTER.cast(gathered.roster[~gathered.roster["source_row"].isin(aside)].reset_index(drop=True)),
        readings=readings,
        problems=(*gathered.problems, *_told(gathered, fates)),
    )


def read_alone(settings: Settings, as_of: Timestamp) -> list[RosterReading]:
    """The first roster of the settings as a run would read it, with the fate of every row; nothing is written.

    Raises: ReporterError - the roster or the rules cannot be used.
    """
    only = replace(settings, roster=settings.roster[:1], outages=(), duties=())
    rulebook = load_rulebook(settings.rules_path, settings.register_path)
    gathered = gather_inputs(only, rulebook, as_of, None)
    found = duties(gathered.roster, Basis(rulebook, as_of, settings.office.time_zone, federal_holidays()))
    closed = close_account(gathered, found, rulebook)
    return [_of_file(reading, closed, is_first=not n) for n, reading in enumerate(closed.readings)]


def _of_file(reading: RosterReading, closed: Intake, *, is_first: bool) -> RosterReading:
    """One table's reading with its rows as the account has them; what was told of the whole stands with the first."""
    rows = closed.rows[closed.rows["source_row"].isin(reading.rows["source_row"])]
    return replace(reading, rows=rows, problems=closed.problems if is_first else ())


def _told(gathered: Intake, fates: DataFrame) -> list[Problem]:
    """Each such row's own sentence; the excluded ones are told by their rule."""
    names = Series(fates.index)
    holder = {row: reading for reading in gathered.readings for row in names[names.isin(reading.rows["source_row"])]}
    those = fates[fates["outcome"] != "excluded"].reset_index().to_dict("records")
    return [_sentence(holder[fate["source_row"]], fate) for fate in those]


def _too_old(gathered: Intake, findings: DataFrame, rulebook: Rulebook) -> list[Problem]:
    """The dates that are older than every version of the rule that counts from them, each told once."""
    old = findings[findings["is_before_the_rule"]]
    told: dict[tuple[str, str], str] = {}
    for row in old[["source_row", "deadline", "counted_on"]].to_dict("records"):
        field = rulebook.deadlines[str(row["deadline"])].counts_from
        told.setdefault((row["source_row"], field), f"{row['counted_on']:%Y-%m-%d}")
    known = {row: reading for reading in gathered.readings for row in reading.rows["source_row"]} if told else {}
    return [
        row_problem(known[row], "date_before_rule", row, "", field=field, value=value)
        for (row, field), value in sorted(told.items())
        if row in known
    ]


def _sentence(reading: RosterReading, fate: dict[Any, Any]) -> Problem:
    code, row, other = fate["rule"], fate["source_row"], "" if fate["of"] != fate["of"] else fate["of"]
    if fate["outcome"] != "superseded":
        return row_problem(reading, code, row, other, field="person_id")
    ends, later = (f"{fate[name]:%Y-%m-%d}" for name in ("ends_on", "later_on"))
    return row_problem(reading, code, row, other, field="permit_expires_on", value=ends, second=later)
