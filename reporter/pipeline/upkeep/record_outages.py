"""From a source to the ledger: read it, see what is new, keep the bytes it came from, and account for every item of it.

What was entered, what is left to see to, and that somebody looked are written in one transaction: see `add_look`.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from msgspec import Struct
from msgspec.structs import asdict, replace
from pandas import DataFrame, Series, Timestamp

import reporter
from reporter.errors import OutageFileError, refused
from reporter.model.problem import Problem
from reporter.model.published_record import PREFIX
from reporter.model.shapes import DRAFT, OUTAGES, REFUSED, UNDATED, UNSPECIFIED, OpenItem
from reporter.outages.adapters.record import public_key
from reporter.outages.door import (
    PROBE,
    DescribedSource,
    continue_notices,
    kind_of_page,
    read_bytes,
    read_file,
    require_kind,
    settle_states,
    shown_address,
    text_of_page,
)
from reporter.outages.fetch import PAGES, Address, FetchResult, clockless_sha256, fetch, reason
from reporter.outages.notice.page import OF_NOTICES, PAGE_FAULTS, Meeting, meet_counterparts
from reporter.outages.notice.read import NO_OUTAGE, NoticeReading, read_notice
from reporter.outages.records import one_instant
from reporter.outages.source import OutageReading, items_left, merge_readings
from reporter.settings import SourceSettings
from reporter.store.captures import Captures
from reporter.store.database import Store
from reporter.store.ledger import Imported, Provenance, as_records, import_outages, known_ids, outages_known_at, told_by
from reporter.store.ledger_items import (
    Kept,
    Look,
    asked_later,
    captured_alike,
    kept_item,
    last_condition,
    last_mark,
    open_items,
    record_look,
    source_ages,
)

log = logging.getLogger(__name__)
LONG_AGO = pd.Timestamp("1990-01-01", tz="UTC").as_unit("us")
NOTHING = Imported(0, 0, 0, 0)
SUFFIXES = {"statuspage": ".json", "feed": ".xml", "ical": ".ics", "table": ".csv", "pairs": ".csv"}
UP_FIRST, _TO_THE_SECOND = "source_up_first", "%Y-%m-%dT%H:%M:%S"
RESTORED = "notice_restored"
"""A fragment that says that something is back: it is an end, where an outage of that page is still open."""


class IntakeResult(Struct, frozen=True):
    """What came of one source: `status` is read, unchanged, empty, not_understood, schema_drift, altered,
    extra_missing or what a fetch says.

    `left` counts what is not on record by then: the drafts nobody has confirmed, what was refused, what was set aside.
    """

    name: str
    status: str
    imported: Imported
    problems: tuple[Problem, ...] = ()
    why: OutageFileError | None = None

    @property
    def left(self) -> Mapping[str, int]:
        """How the items ended that are not on record."""
        return self.imported.left

    @property
    def drafts(self) -> int:
        """The notices read that are not on record yet."""
        return self.left.get(DRAFT, 0)

    @property
    def is_accounted_for(self) -> bool:
        """Whether the source was read, and every item it offers is on record or was set aside."""
        return self.status in ("read", "unchanged", "empty") and not (self.drafts or self.left.get(REFUSED, 0))


class OpenLedger(Struct, frozen=True):
    """An open ledger with what belongs to it: the files that are kept beside it, and the services by their names."""

    store: Store
    captures: Captures
    names: Mapping[str, str]


def enter_bytes(
    ledger: OpenLedger,
    file: str,
    content: bytes,
    *,
    at: Timestamp,
    told: DescribedSource | None = None,
    address: str = "",
    look: Look | None = None,
    awaits_word: bool = False,
    seen_at: Timestamp | None = None,
    is_offered: bool = False,
) -> IntakeResult:
    """Read one file and put what it says into the ledger; its bytes are kept under their SHA-256.

    Takes: look - what a fetch knows of the answer; a file without one is the office's own; awaits_word - that nothing
    of it goes on record before somebody has confirmed it; seen_at - when it said so, if not now; is_offered - that
    somebody took it for an outage: where nothing of it is one, it awaits a word as a whole.
    """
    store, told, name, seen_at = ledger.store, told or DescribedSource(), address or file, seen_at or at
    told = replace(told, mark=last_mark(store, name)) if told.key else told
    reading, clock_told = _read(file, content, ledger.names, told, seen_at)
    reading = _as_drafts(reading) if awaits_word else reading
    reading, met = _met(store, _without_known_ends(store, _settled(store, reading, name, at)), name)
    reading, echoes = _without_echoes(store, reading)
    look = look or Look(name, at, is_ours=not told.key, complete_to=reading.complete_to)
    look = _no_further(look, reading)
    look = _with_capture(ledger, look, content)
    n_refused, n_twice = _given_up(reading.problems)
    items = items_left(reading)
    items = (_whole_item(reading),) if is_offered and not (items or met or len(reading.outages)) else items
    look = replace(
        look, status=_status(reading.outages, items), items=_kept(items, reading.outages, reading.raw, look.sha256)
    )
    drafts = {item.outage_id for item in items if item.fate == DRAFT}
    imported = import_outages(
        store,
        reading.outages[~reading.outages["outage_id"].isin(list(drafts))],
        source=Provenance(address=name, language=told.language, captured_at=seen_at, sha256=look.sha256),
        recorded_at=at,
        raw=reading.raw,
        unspecified=_unspecified(reading),
        clock_told=clock_told,
        refused=n_refused,
        look=look,
    )
    imported = _with_twice(imported, n_twice + met + echoes)
    return IntakeResult(file, _seen_to(look.status, imported), imported, reading.problems)


def _whole_item(reading: OutageReading) -> OpenItem:
    """All of a notice in which no outage was found, with the reason that the reader gave."""
    first = next(iter(reading.problems))
    return OpenItem(REFUSED, first.code, first.value, details=first.details, key=reading.sha256)


def enter_addresses(
    ledger: OpenLedger,
    wanted: Sequence[tuple[str, DescribedSource]],
    *,
    at: Timestamp,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[IntakeResult, ...]:
    """Fetch each address and put what changed into the ledger; one that fails costs the others nothing."""
    readers = [reader_sha256(told, ledger.names) for _, told in wanted]
    addresses = [_address(ledger.store, url, told, reader) for (url, told), reader in zip(wanted, readers, strict=True)]
    return tuple(
        _entered(ledger, one, told, _look(one, at, reader))
        for one, (_, told), reader in zip(fetch(addresses, now=at, sleep=sleep), wanted, readers, strict=True)
    )


def enter_sources(ledger: OpenLedger, sources: Sequence[SourceSettings], *, at: Timestamp) -> tuple[IntakeResult, ...]:
    """The same for the sources of the settings. Raises SettingsError when one is of no kind there is."""
    return enter_addresses(ledger, [(one.url, _described(one)) for one in sources], at=at)


def _described(one: SourceSettings) -> DescribedSource:
    require_kind(one.kind, "sources.kind")
    if one.key:
        public_key(one.key)
    words, columns = dict(one.components), dict(one.columns)
    told = DescribedSource(one.kind, one.services, words, columns, one.page)
    return replace(told, trusted=one.trusted, private=one.private, key=one.key)


def _settled(store: Store, reading: OutageReading, address: str, at: Timestamp) -> OutageReading:
    """The reading beside what the ledger knows, where it saw states, or lists all that is open."""
    if not (reading.states or reading.whole or reading.first_seen):
        return reading
    looked = source_ages(store, at).set_index("source")["looked_at"].get(address)
    last_look = None if looked is None or pd.isna(looked) else looked
    return settle_states(
        reading, outages_known_at(store), own=told_by(store, address), last_look=last_look, source=address
    )


def _without_known_ends(store: Store, reading: OutageReading) -> OutageReading:
    """The reading without a word on a first `up` that ends an outage on record: its `down` has left the list since."""
    if not any(problem.code == UP_FIRST for problem in reading.problems):
        return reading
    known = outages_known_at(store)
    over = known[known["ended_at"].notna()]
    told = zip(over["title"].fillna(""), over["ended_at"], strict=True)
    ends = {(str(title), f"{at:{_TO_THE_SECOND}}") for title, at in told}
    left = tuple(one for one in reading.problems if one.code != UP_FIRST or _end_of(one) not in ends)
    return replace(reading, problems=left)


def _end_of(problem: Problem) -> tuple[str, str]:
    at = one_instant(problem.details["at"])
    return problem.details["monitor"], "" if at is None else f"{at:{_TO_THE_SECOND}}"


def _met(store: Store, reading: OutageReading, source: str) -> tuple[OutageReading, int]:
    """The reading without the notices whose other language is known already, and how many these were."""
    if not reading.outages["outage_id"].str.startswith(OF_NOTICES).any():
        return reading, 0
    meeting = meet_known(store, reading.outages, source, waiting=True)
    gone = {*reading.outages["outage_id"]} - {*meeting.outages["outage_id"]}
    items = tuple(item for item in reading.open_items if item.outage_id not in gone)
    problems = (*reading.problems, *meeting.problems)
    return replace(reading, outages=meeting.outages, open_items=items, problems=problems), meeting.met


def _without_echoes(store: Store, reading: OutageReading) -> tuple[OutageReading, int]:
    """The reading without what others publish that is news to nobody, and how many these were.

    It is none where an outage stands on record here with the same facts, or was taken back before it ever did.
    """
    outages, met = reading.outages, known_ids(store)
    is_new = outages["outage_id"].str.startswith(PREFIX) & ~outages["outage_id"].isin(list(met))
    if not is_new.any():
        return reading, 0
    same = _bounds_of(outages).isin(_bounds_of(outages_known_at(store)).tolist()).to_numpy()
    gone = outages[is_new & (same | (outages["status"] == "cancelled"))]["outage_id"].tolist()
    items = tuple(item for item in reading.open_items if item.outage_id not in gone)
    return replace(reading, outages=outages[~outages["outage_id"].isin(gone)], open_items=items), len(gone)


def _bounds_of(outages: DataFrame) -> "Series[str]":
    """What two records of one outage have to agree on, as one text for each."""
    told = outages["services"].map(lambda ids: ";".join(sorted(ids.split(";")))).astype("str")
    for name in ("began_at", "ended_at", "kind", "status"):
        told = told + "|" + outages[name].astype("str").fillna("")
    return told


def meet_known(store: Store, outages: DataFrame, source: str, *, waiting: bool) -> Meeting:
    """The notices beside those of the other language on record, and the drafts where they would be drafts too."""
    known = outages_known_at(store)[list(OUTAGES.names)]
    if waiting:
        left = open_items(store)
        drafts = left[(left["fate"] == DRAFT) & (left["source"] != source)]
        known = pd.concat(
            [known, OUTAGES.cast(drafts.assign(note=drafts["words"], status="").reindex(columns=list(OUTAGES.names)))]
        )
    return meet_counterparts(outages, known.reset_index(drop=True), source)


def confirm_item(store: Store, item_id: str, at: Timestamp, put_right: DataFrame | None = None) -> str:
    """Put a draft on record as it was read, or as somebody put it right; where nobody knows its service, that is asked.

    Returns: the id of the outage.

    Raises: StoreError - nothing of that id awaits anybody; OutageFileError - it was not understood.
    """
    row, facts = kept_item(store, item_id)
    if not facts:
        raise refused(OutageFileError, "stop_item_refused", where=row["item_id"])
    outages = draft_facts(facts) if put_right is None else put_right
    kind = "own_capture" if row["source"] == PROBE else ""
    origin = Provenance(
        kind, row["source"], captured_at=Timestamp(facts.get("first_at", row["at"])), sha256=row["captured_sha256"]
    )
    left = unplaced_items(outages, row["captured_sha256"])
    import_outages(
        store,
        outages,
        source=origin,
        recorded_at=at,
        raw=facts["raw_text"],
        items=left,
        as_read={facts["outage_id"]: facts},
    )
    return facts["outage_id"]


def draft_facts(facts: Mapping[str, str]) -> DataFrame:
    """OUTAGES: the one that a draft stands for."""
    instants = {name: None if facts[name] == "" else Timestamp(facts[name]) for name in facts if name.endswith("_at")}
    return OUTAGES.cast(DataFrame([{name: instants.get(name, facts.get(name)) for name in OUTAGES.names}]))


def item_reason(row: Mapping[Any, Any], language: str) -> str:
    """Why an item is not on record, in words; nothing for a plain draft. Takes: a row of OPEN."""
    if not row["code"]:
        return ""
    details = json.loads(str(row["details"])) if row["details"] else {}
    value = details.pop("value", str(row["words"])[:120])
    return Problem(str(row["source"]), str(row["code"]), value=value, details=details).message(language)


def read_files(
    paths: Sequence[Path], names: Mapping[str, str], *, at: Timestamp
) -> tuple[DataFrame, tuple[Problem, ...]]:
    """The outages of these files and what was wrong with them; the ledger is not touched."""
    record = merge_readings([read_file(path, names, as_of=at) for path in paths])
    return record.outages, record.problems


def _with_twice(imported: Imported, twice: int) -> Imported:
    """The account with the rows that repeat another row of the same file, which change nothing."""
    return replace(imported, read=imported.read + twice, unchanged=imported.unchanged + twice)


def _address(store: Store, url: str, told: DescribedSource, reader: str) -> Address:
    """The question to be put: with the condition of the last answer, if it was read and would be read alike."""
    name = shown_address(url)
    seen = {} if told.key else last_condition(store, name, reader)  # a record says itself how far it vouches
    return Address(url, told.kind, seen, asked_later(store, name), told.private)


def reader_sha256(told: DescribedSource, names: Mapping[str, str]) -> str:
    """Of everything but its content that decides what a source is read as saying."""
    seed = [reporter.__version__, asdict(replace(told, private=False, mark="")), sorted(names.items())]
    return hashlib.sha256(json.dumps(seed, sort_keys=True).encode()).hexdigest()


def _look(one: FetchResult, at: Timestamp, reader: str) -> Look:
    name, is_good = shown_address(one.address.url), one.is_good
    return Look(
        name,
        at,
        one.status,
        complete_to=at if is_good else None,
        sha256=one.sha256,
        clockless_sha256=one.address.seen.get("clockless_sha256", "") if one.status == "unchanged" else "",
        said=one.said,
        ask_after=one.not_before,
        reader_sha256=reader if is_good else "",
    )


def _with_capture(ledger: OpenLedger, look: Look, content: bytes) -> Look:
    """The look with the bytes kept; of bytes that differ from others in nothing but a clock, those others stand."""
    clockless = clockless_sha256(content)
    alike = captured_alike(ledger.store, clockless)
    sha256 = alike if alike and ledger.captures.holds(alike) else ledger.captures.keep(content)
    return replace(look, sha256=sha256, clockless_sha256=clockless)


def _entered(ledger: OpenLedger, one: FetchResult, told: DescribedSource, look: Look) -> IntakeResult:
    seen = one.address.seen
    if one.status == "read" and clockless_sha256(one.content) == seen.get("clockless_sha256"):
        look = replace(look, status="unchanged", sha256=seen["sha256"], clockless_sha256=seen["clockless_sha256"])
    if look.status != "read":
        return _noted(ledger.store, look, one.why)
    try:
        if told.kind in PAGES and not one.is_page:
            return _entered_notices(ledger, one, told, look)
        return _entered_document(ledger, one, told, look)
    except OutageFileError as e:
        return _noted(ledger.store, replace(look, status=e.status, complete_to=None, sha256=""), e)


def _entered_document(ledger: OpenLedger, one: FetchResult, told: DescribedSource, look: Look) -> IntakeResult:
    """By its kind; a web page that holds no table of outages is a page of notices, if it is a source at all."""
    file = _file_name(look.source, told.kind)
    kind = kind_of_page(file, one.content, ledger.names, told, as_of=look.checked_at) if one.is_page else told.kind
    if kind == "notice":
        return _entered_notices(ledger, one, told, look)
    waits, told = told.kind in PAGES and not told.trusted, replace(told, kind=kind)
    entered = enter_bytes(
        ledger,
        file,
        one.content,
        at=look.checked_at,
        told=told,
        address=look.source,
        look=look,
        awaits_word=waits,
    )
    return replace(entered, name=look.source)


def _no_further(look: Look, reading: OutageReading) -> Look:
    """The look of a source that only saw states, and when: it vouches no further than its last sight.

    Nor does somebody else's record beyond its own look; where it stood is kept with ours.
    """
    if reading.mark:
        return replace(look, complete_to=reading.complete_to, said={"etag": reading.mark})
    seen = max((state.at for state in reading.states), default=None)
    if look.complete_to is None or seen is None or seen >= look.complete_to or reading.complete_to is not None:
        return look
    return replace(look, complete_to=seen)


def _as_drafts(reading: OutageReading) -> OutageReading:
    """The reading of a page that nobody trusts: each of its outages waits to be confirmed."""
    known = {item.outage_id for item in reading.open_items if item.fate == DRAFT}
    told = zip(reading.outages["outage_id"], reading.outages["title"], reading.outages["note"], strict=True)
    drafts = [
        OpenItem(DRAFT, "", " · ".join(filter(None, (title or id_, note))), outage_id=id_)
        for id_, title, note in told
        if id_ not in known
    ]
    return replace(reading, open_items=(*reading.open_items, *drafts))


def _noted(store: Store, look: Look, why: OutageFileError | None) -> IntakeResult:
    """Somebody looked, and nothing is entered."""
    return IntakeResult(look.source, look.status, replace(NOTHING, left=record_look(store, look)), why=why)


def _entered_notices(ledger: OpenLedger, one: FetchResult, told: DescribedSource, look: Look) -> IntakeResult:
    """The notices of a page: on record if the page is trusted; else drafts, until somebody confirms them."""
    store, text, at = ledger.store, text_of_page(look.source, one.content), look.checked_at
    reading = read_notice(text, ledger.names, page=told.page or look.source, captured_at=at)
    known_by_now, waiting = outages_known_at(store), _waiting(store, look, reading)
    look = replace(look, back=_back(reading, waiting, at))
    outages = continue_notices(continue_notices(reading.outages, known_by_now), waiting)
    meeting = meet_known(store, outages, look.source, waiting=not told.trusted)
    seen, outages = outages, meeting.outages
    items = (*_items_of_page(reading, known_by_now), *(_unplaced_notices(outages) if told.trusted else ()))
    if not told.kind and seen.empty and all(item.code in PAGE_FAULTS for item in items):
        return _noted(
            store,
            replace(look, status="captive_portal", complete_to=None, sha256=""),
            reason("fetch_no_data", count=len(one.content)),
        )
    raw = {now: reading.raw[was] for was, now in zip(reading.outages["outage_id"], seen["outage_id"], strict=True)}
    drafts = () if told.trusted else tuple(OpenItem(DRAFT, "", raw[id_], outage_id=id_) for id_ in outages["outage_id"])
    look = _with_capture(ledger, look, one.content)
    kept = _kept((*drafts, *items), outages, raw, look.sha256)
    look = replace(look, status=_status(seen, (*drafts, *items)), items=kept)
    origin = Provenance(address=look.source, language=told.language, captured_at=at, sha256=look.sha256)
    trusted = outages if told.trusted else outages[:0]
    imported = import_outages(store, trusted, source=origin, recorded_at=at, raw=raw, refused=len(items), look=look)
    imported = _with_twice(imported, meeting.met)
    return IntakeResult(look.source, _seen_to(look.status, imported), imported, (*reading.problems, *meeting.problems))


def unplaced_items(outages: DataFrame, sha256: str = "") -> tuple[Kept, ...]:
    """What these outages leave to see to, once they are on record: for which service they count."""
    return tuple(Kept(item, {}, sha256) for item in _unplaced_notices(outages))


def _unplaced_notices(outages: DataFrame) -> list[OpenItem]:
    """What a trusted page announces for a service that nobody knows: it counts for none until somebody says which."""
    bare = outages[outages["services"] == UNSPECIFIED]
    told = zip(bare["title"], bare["outage_id"], strict=True)
    return [OpenItem(REFUSED, "notice_service_unknown", title or id_, outage_id=id_) for title, id_ in told]


def _waiting(store: Store, look: Look, reading: NoticeReading) -> DataFrame:
    """OUTAGES: the drafts of that page that nobody has confirmed, whatever its words were on the day they were met."""
    left = open_items(store)
    drafts = left[(left["fate"] == DRAFT) & (left["source"] == look.source)]
    of_page = "" if reading.outages.empty else reading.outages["source_url"].iloc[0]
    return OUTAGES.cast(drafts.assign(status="ongoing", source_url=of_page).reindex(columns=list(OUTAGES.names)))


def _back(reading: NoticeReading, waiting: DataFrame, at: Timestamp) -> dict[str, Timestamp]:
    """The drafts without a time of their own that the page says to be over, and since when: told, or this look."""
    ends: dict[str, Timestamp] = {}
    told = zip(waiting["outage_id"], waiting["services"], waiting["began_at"], strict=True)
    for outage_id, services, began_at in told:
        over = [one.at for one in reading.restored if _is_of(one.services, services)]
        if over and outage_id.startswith(UNDATED):
            ends[outage_id] = min((end for end in over if end > began_at), default=at)
    return ends


def _is_of(back: str, down: str) -> bool:
    services = set(back.split(";"))
    return not services.isdisjoint(down.split(";")) or UNSPECIFIED in (back, down)


def _items_of_page(reading: NoticeReading, known_by_now: DataFrame) -> tuple[OpenItem, ...]:
    """What a page says that may be an outage, and was not read as one."""
    is_ongoing = bool((known_by_now["ended_at"].isna() & (known_by_now["status"] == "ongoing")).any())
    none = NO_OUTAGE if is_ongoing else NO_OUTAGE | {RESTORED}
    return tuple(OpenItem(REFUSED, code, words) for words, code in reading.refused if code not in none)


def _status(outages: DataFrame, items: Sequence[OpenItem]) -> str:
    """Read, empty, or a source that offers something of which nothing could be understood."""
    if len(outages):
        return "read"
    return "not_understood" if any(item.fate == REFUSED for item in items) else "empty"


def _seen_to(status: str, imported: Imported) -> str:
    """The same, once everything that was not understood has been set aside."""
    return "empty" if status == "not_understood" and not imported.left[REFUSED] else status


def _kept(items: Sequence[OpenItem], outages: DataFrame, raw: Mapping[str, str], sha256: str) -> tuple[Kept, ...]:
    """The items with the facts under which a draft would stand on record."""
    facts = as_records(outages) if any(item.fate == DRAFT for item in items) else {}
    return tuple(Kept(item, _facts_of(item, facts, raw), sha256) for item in items)


def _facts_of(item: OpenItem, facts: Mapping[str, Mapping[str, str]], raw: Mapping[str, str]) -> Mapping[str, str]:
    if item.fate != DRAFT or item.outage_id not in facts:
        return {}
    return {"outage_id": item.outage_id, **facts[item.outage_id], "raw_text": raw.get(item.outage_id, item.text)}


def _file_name(address: str, kind: str) -> str:
    """A name that tells the reader where a fault is, of plain letters only."""
    parts = urlsplit(address)
    name = "".join(c if c.isalnum() or c in "-." else "-" for c in f"{parts.hostname}{parts.path}").strip("-.")
    suffix = SUFFIXES.get(kind, "")
    return name[:100] if name.endswith(suffix) else name[:100] + suffix


def _read(
    file: str, content: bytes, names: Mapping[str, str], told: DescribedSource, at: Timestamp
) -> tuple[OutageReading, frozenset[str]]:
    """The reading, and the outages whose status nobody stated: read long ago, these would all be still to come."""
    reading = read_bytes(file, content, names, told, as_of=at)
    if not any(p.code == "outage_word_missing" and p.column == "status" for p in reading.problems):
        return reading, frozenset()
    early = read_bytes(file, content, names, told, as_of=LONG_AGO).outages.set_index("outage_id")["status"]
    now = reading.outages.set_index("outage_id")["status"]
    return reading, frozenset(now.index[now != early.reindex(now.index)])


def _unspecified(reading: OutageReading) -> dict[str, str]:
    """By outage, the names that mean no known service, one a line."""
    names = {outage_id: "\n".join(parts) for outage_id, parts in reading.unspecified.items()}
    places = zip(reading.outages["source_row"].tolist(), reading.outages["outage_id"].tolist(), strict=True)
    rows = {place.rpartition(":")[2]: str(id_) for place, id_ in places}
    for problem in reading.problems:
        if problem.code == "outage_services_unknown" and str(problem.row) in rows:
            names.setdefault(rows[str(problem.row)], problem.details["unknown"].replace("; ", "\n"))
    return names


def _given_up(problems: Sequence[Problem]) -> tuple[int, int]:
    """How many records were refused or overruled by a later one, and how many stand twice with the same content."""
    lost = {(p.sheet, p.row) for p in problems if p.row and (p.severity == "error" or p.code == "outage_id_twice")}
    twice = {(p.sheet, p.row) for p in problems if p.code == "outage_same_twice"}
    return len(lost), len(twice - lost)
