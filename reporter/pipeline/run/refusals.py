"""What stops a run before anybody is told: a roster that lost too much, other people, other names, an older store.

Each refusal names what was found and what is expected; whoever knows better says so with an option of the run.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Timestamp

from reporter.errors import RosterError, StoreError, refused
from reporter.model.levels import AT_RISK
from reporter.model.mail import WeekKey
from reporter.model.report import NotRead
from reporter.model.shapes import people_part
from reporter.pipeline.assemble.gather import WITHIN_SHEET, Intake, file_names, rosters_of
from reporter.pipeline.assemble.inputs import Inputs, Judged
from reporter.pipeline.assemble.report_identity import refuse_other_rosters, refuse_stranger, week_forgotten
from reporter.pipeline.run.run_folder import PLANNED, planned_in
from reporter.settings import Settings
from reporter.store.causes import doubt_mails
from reporter.store.database import Store
from reporter.store.runs import RunRecord, forgotten_runs, people_found

log = logging.getLogger(__name__)
FEWEST = {"rows_read": 5, "people": 5, "at_risk": 10}
"""Below these a fall by a share says nothing: one person more or less is already a third."""
Sizes = Mapping[str, Mapping[str, int]]


class Waivers(Struct, frozen=True):
    """What somebody who knows better lets pass, of all that would stop a run."""

    clock: bool = False  # the machine's clock is right, although it leapt or went back
    shrink: bool = False  # the rosters are meant to be so much smaller
    rosters: bool = False  # the report on other rosters than before, or another report on most of its people
    store: bool = False  # it was put back: whom this week's mails may have reached is told nothing by itself


NO_WAIVERS = Waivers()


def sizes(rows: DataFrame, findings: DataFrame, sources: list[str]) -> Sizes:
    """How large each roster is: rows read, people, and people at risk.

    Takes: ROWS; FINDINGS; the names of the files that were read, since one without rows is in neither frame.
    """
    of_rows, of_findings = file_names(rows["source_row"]), file_names(findings["source_row"])
    read = of_rows.value_counts()
    people = rows["person_id"].groupby(of_rows).nunique()
    is_at_risk = findings["level"].isin(AT_RISK)
    at_risk = findings.loc[is_at_risk, "person_id"].groupby(of_findings[is_at_risk]).nunique()
    counts = {"rows_read": read, "people": people, "at_risk": at_risk}
    return {name: {key: int(count.get(name, 0)) for key, count in counts.items()} for name in sources}


def refuse_shrunk(now: Sizes, before: Sizes, share: float) -> None:
    """Stop when a roster has no row at all, or lost more than its share since the run before.

    Raises: RosterError naming the roster, what it had and what it has.
    """
    for name, size in now.items():
        if not size["rows_read"]:
            raise refused(RosterError, "stop_no_rows", where=name)
        _refuse_fall(name, size, before.get(name, {}), share)
    new, gone = [name for name in now if name not in before], [name for name in before if name not in now]
    if new and gone:
        _refuse_fall(", ".join(new), _added(now, new), _added(before, gone), share)


def refuse_replaced(before: set[str], now: set[str], names: Sequence[str]) -> None:
    """Stop when most people of the run before are on no roster any more, however many there are: a wrong file.

    Raises: RosterError saying how many.
    """
    gone = before - now
    if len(before) >= FEWEST["people"] and len(gone) * 2 > len(before):
        raise refused(RosterError, "stop_replaced", where=", ".join(names), n=len(gone), was=len(before))


def _refuse_fall(name: str, size: Mapping[str, int], before: Mapping[str, int], share: float) -> None:
    for key, was in before.items():
        if was >= FEWEST.get(key, 1) and size.get(key, 0) < was * (1 - share):
            raise refused(
                RosterError, f"stop_shrunk_{key}", where=name, was=was, now=size[key], percent=round(share * 100)
            )


def _added(sized: Sizes, names: Sequence[str]) -> dict[str, int]:
    """The sizes of several rosters as one: a new name stands in the place of those that are gone."""
    return {key: sum(sized[name].get(key, 0) for name in names) for key in ("rows_read", "people", "at_risk")}


def sheets_read(gathered: Intake, called: Callable[[str], str]) -> list[str]:
    """The address of each sheet that is read, `file!sheet`; of dated exports, with their pattern for the file."""
    named = zip(map(called, gathered.sources), gathered.readings, strict=True)
    return sorted({f"{source}!{reading.sheet}" for source, reading in named})


def refuse_flipped(not_read: Sequence[NotRead], before: Iterable[str]) -> None:
    """Stop when a sheet that the run before read is not read now: its people would be ticked off as gone.

    Raises: RosterError naming the sheet.
    """
    was = set(before)
    for part in not_read:
        if part.why not in WITHIN_SHEET and f"{part.source}!{part.sheet}" in was:
            raise refused(RosterError, "stop_sheet_flipped", where=part.source, sheet=part.sheet, count=part.rows)


def mind_store(store: Store, settings: Settings, week: WeekKey, waivers: Waivers = NO_WAIVERS) -> str:
    """Up to which week mails may have left that the store knows nothing of, and somebody said so; else nothing.

    Raises: StoreError - there are, and nobody did: whoever got them would be told a second time.
    """
    if not settings.is_sending:
        return ""
    lost = forgotten_runs(store, _planned_in(settings.runs_folder, week))  # runs whose mails another store had
    until = week_forgotten(store, settings, week.period)
    if waivers.store:
        return max(until, week.period if lost else "")
    if lost:
        raise refused(StoreError, "stop_forgotten", where="store", run=lost[0], week=week.period)
    if until:
        raise refused(StoreError, "stop_gone_back", where="store", week=until)
    return ""


def take_store_back(store: Store, runs: Path, week: WeekKey, doubted: str, now: Timestamp) -> None:
    """Go on with a store that was put back: whatever it has unsent up to that week may have arrived.

    Takes: runs - where the run folders are kept.
    """
    with store.begin() as connection:
        n = doubt_mails(connection, week, doubted, now)
    log.warning("the store was put back: %d mails up to %s may have arrived", n, doubted)
    drop_planned(store, runs, week)


def drop_planned(store: Store, runs: Path, week: WeekKey) -> None:
    """Of the runs up to that week that the store knows nothing of, no folder says any more that mails were planned."""
    for run_id in forgotten_runs(store, _planned_in(runs, week)):
        (runs / run_id / PLANNED).unlink(missing_ok=True)


def _planned_in(runs: Path, week: WeekKey) -> list[str]:
    return planned_in(runs.glob("*/"), week.report.series, week.period)


def mind_names(store: Store, settings: Settings, found: DataFrame, as_of: Timestamp) -> None:
    """Ask before a report under other names is taken for another, or one on other rosters for the same.

    Takes: FINDINGS, of which `person_id` and `source_row`.
    Raises: RosterError - see `refuse_stranger` and `refuse_other_rosters`.
    """
    once = found[["person_id", "source_row"]].drop_duplicates()
    rosters = rosters_of(once["source_row"], settings.roster_name)
    people = {str(name): set(those.tolist()) for name, those in once["person_id"].groupby(rosters)}
    refuse_stranger(store, settings, set(once["person_id"].tolist()), as_of)
    refuse_other_rosters(store, settings, people, as_of)


def sized_rosters(inputs: Inputs, judged: Judged, previous: RunRecord | None, waivers: Waivers) -> Sizes:
    """How large each roster is. Raises: RosterError - one lost too many rows since the report the office has."""
    gathered, known_as = inputs.gathered, inputs.settings.roster_name
    by_file = sizes(people_part(gathered.rows), judged.everybody, list(dict.fromkeys(gathered.sources)))
    of_roster: dict[str, list[str]] = {}
    for file in by_file:
        of_roster.setdefault(known_as(file), []).append(file)
    sized = {name: _added(by_file, files) for name, files in of_roster.items()}
    if not waivers.shrink:
        before = previous.manifest if previous else {}
        not_read = [replace(part, source=known_as(part.source)) for part in gathered.not_read]
        refuse_flipped(not_read, before.get("sheets", ()))
        refuse_shrunk(sized, before.get("rosters", {}), inputs.settings.shrink_share)
        if previous and not gathered.failures:  # the people of a roster that cannot be read are not gone
            known = people_found(inputs.store, previous.run_id)
            refuse_replaced(known, set(people_part(gathered.rows)["person_id"].dropna().tolist()), list(sized))
    return sized
