"""What every adapter of a foreign source shares: the document, its items, and the road from items to a reading.

An adapter turns its document into items under the contract's column names, as text; from there on the road is that of
the office's own table (records.py), so that a time or a word means the same wherever it came from. What every adapter
gives back is an OutageReading, and the readings of several files become one. Pure.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import DataFrame, Series, Timestamp

from reporter.errors import OutageFileError, SettingsError, refused
from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES, REFUSED, UNPLACED, UNSPECIFIED, OpenItem
from reporter.outages.records import (
    FIELDS,
    JOINED,
    Cells,
    HeadingClock,
    json_in,
    known_services,
    one_instant,
    read_records,
    service_ids,
)
from reporter.text.formats import fold_name

Record = Mapping[str, Any]  # an object of a document
Component = tuple[str, ...]  # the spellings of one part; the first is the one people read
_LANGUAGES = frozenset({"en", "fr", "eng", "fra", "english", "french", "anglais", "francais"})
_SHORTEST_MENTION = 4
_LONGEST_HINT = 500
_TAKEN = "#"

_SHORT = (
    "source_page_left_out",
    "source_list_unread",
    "source_sheet_unread",
    "source_feed_damaged",
    "source_state_contradicted",
    "source_list_unreadable",
)
"""What says of a source as a whole that it may hold more outages than were read."""
_LOSING = ("outage_id_twice", "source_day_unreadable", "source_state_unsure", "source_up_first")
"""What says so of one record, though it is no fault in the source."""
_SAME = [name for name in OUTAGES.names if name != "source_row"]


class Snapshot(Struct, frozen=True):
    """What a monitor saw at one instant, without a word on before or after (see door.py).

    `minutes` are those of down time a day (UTC), where the source counts them though it does not say which they were.
    """

    series: str
    at: Timestamp
    is_down: bool
    minutes: Mapping[str, float] = field(default_factory=dict)


class Whole(Struct, frozen=True):
    """A list that declares itself whole: every outage of its source that is not over by `at` stands in it.

    `series` is how the ids of its outages begin; `since` bounds it where the list only goes back so far, and `told_to`
    where the source was written before it was looked at.
    """

    series: str
    at: Timestamp
    since: Timestamp | None = None
    told_to: Timestamp | None = None


class OutageReading(Struct, frozen=True):
    """One source read: OUTAGES in order of (began_at, outage_id), what was wrong, and the source's digest.

    `complete_to` is the instant up to which the source says it misses nothing; None when it does not say.
    `states` are what a snapshot saw; `unspecified` the component names, by outage id, that mean no known service;
    `open_items` are those an adapter hands on as a draft or refuses beside its problems: see `items_left`;
    `whole` the lists that name every open outage, so that one that is gone from them is over; `first_seen` the ids of
    outages whose beginning is only that of a sight, which an earlier sight goes before (see door.py); `raw` the
    words of each outage by its id, where it was read from a notice; `mark` where a record that somebody publishes
    stands: it vouches no further than its publisher does, however late it is looked at.
    """

    outages: DataFrame
    problems: tuple[Problem, ...]
    sha256: str
    complete_to: Timestamp | None = None
    states: tuple[Snapshot, ...] = ()
    unspecified: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_items: tuple[OpenItem, ...] = ()
    whole: tuple[Whole, ...] = ()
    first_seen: frozenset[str] = frozenset()
    raw: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""


def items_left(reading: OutageReading) -> tuple[OpenItem, ...]:
    """Every item the source offers that is not among its outages: the adapter's own, then each record refused.

    A record refused is one with an error at its place, or one overruled by another record of the same id. So is what
    the source holds beyond what was read, and each word for a service that nobody knows: it may be one we know.
    """
    places = {item.row for item in reading.open_items if item.row}
    lost: dict[tuple[str, int], Problem] = {}
    for problem in reading.problems:
        if problem.row and problem.row not in places and _is_refusal(problem):
            lost.setdefault((problem.sheet, problem.row), problem)
    short = [problem for problem in reading.problems if problem.code in _SHORT]
    refused = (_refused_item(problem) for problem in (*lost.values(), *short))
    return (*reading.open_items, *refused, *_unplaced_items(reading))


def _is_refusal(problem: Problem) -> bool:
    return problem.severity == "error" or problem.code in _LOSING


def _unplaced_items(reading: OutageReading) -> list[OpenItem]:
    """Each word for a service that nobody knows once, and each record without any."""
    ids = dict(zip(reading.outages["source_row"], reading.outages["outage_id"], strict=True))
    found: dict[str, OpenItem] = {}
    for problem in reading.problems:
        if problem.code not in UNPLACED:
            continue
        place = f"{problem.source}!{problem.sheet}:" if problem.sheet else f"{problem.source}:"
        outage_id = str(ids.get(f"{place}{problem.row}", ""))
        if problem.code == "outage_services_missing" and outage_id:
            words = problem.details.get("record", outage_id)
            found[outage_id] = OpenItem(REFUSED, problem.code, words, problem.row, outage_id)
        elif problem.code == "source_component_unmapped":
            found[problem.value] = OpenItem(REFUSED, problem.code, problem.value, details=problem.details)
        elif problem.code == "outage_services_unknown" and outage_id:
            for word in problem.details["unknown"].split("; "):
                found[word] = OpenItem(REFUSED, problem.code, word, details={"unknown": word})
    return list(found.values())


def _refused_item(problem: Problem) -> OpenItem:
    words, key = problem.details.get("record", problem.value), problem.details.get("record_id", "")
    details = {**problem.details, "value": problem.value}
    return OpenItem(REFUSED, problem.code, words, problem.row, details=details, key=key)


def merge_readings(readings: Sequence[OutageReading]) -> OutageReading:
    """Several readings as one, each outage once, in a stable order.

    An id met twice with the same content is kept once; with another content, the later file's later row is
    taken to be the correction. The digest is that of the digests, in the order given.
    """
    frames = [reading.outages for reading in readings if len(reading.outages)]
    whole = pd.concat(frames, ignore_index=True) if frames else OUTAGES.empty()
    outages, twice = without_twice(whole)
    return OutageReading(
        outages,
        (*(problem for reading in readings for problem in reading.problems), *twice),
        hashlib.sha256("".join(reading.sha256 for reading in readings).encode()).hexdigest(),
        _reach(readings),
        tuple(state for reading in readings for state in reading.states),
        {outage_id: parts for reading in readings for outage_id, parts in reading.unspecified.items()},
        tuple(item for reading in readings for item in reading.open_items),
        tuple(whole for reading in readings for whole in reading.whole),
        frozenset(one for reading in readings for one in reading.first_seen),
        {outage_id: words for reading in readings for outage_id, words in reading.raw.items()},
    )


def _reach(readings: Sequence[OutageReading]) -> Timestamp | None:
    """Until when all of them together miss nothing: one that has something open holds the others back."""
    held = [reading.complete_to for reading in readings if reading.open_items]
    if held:
        return None if None in held else min(end for end in held if end is not None)
    return max((reading.complete_to for reading in readings if reading.complete_to is not None), default=None)


def without_twice(outages: DataFrame) -> tuple[DataFrame, tuple[Problem, ...]]:
    """Each outage id once, the last row winning, in order of (began_at, outage_id).

    Takes:   OUTAGES in the order of files and rows.
    Returns: OUTAGES, and a problem for each row given up.
    """
    is_dropped = outages.duplicated("outage_id", keep="last")
    kept = outages[~is_dropped]
    winners = kept.set_index("outage_id")
    is_same = outages.duplicated(_SAME, keep="last")
    told = outages.assign(
        code=is_same.map({True: "outage_same_twice", False: "outage_id_twice"}),
        kept=outages["outage_id"].map(winners["source_row"]),
    )
    rows = told.loc[is_dropped, ["source_row", "outage_id", "code", "kept"]].itertuples(index=False, name=None)
    return in_order(kept), tuple(_twice(*row) for row in rows)


def in_order(outages: DataFrame) -> DataFrame:
    """The outages by beginning and id, so that no later stage depends on the order of rows."""
    return outages.sort_values(["began_at", "outage_id"], kind="stable").reset_index(drop=True)


def _twice(source_row: str, outage_id: str, code: str, kept: str) -> Problem:
    place, _, row = source_row.rpartition(":")
    source, _, sheet = place.partition("!")
    return Problem(source, code, sheet, int(row), "outage_id", outage_id, {"dropped": source_row, "kept": kept})


def _mapped_services(
    source: "SourceDocument", items: Sequence["Item"]
) -> tuple[list[str], list[tuple[str, ...]], tuple[Problem, ...]]:
    """For each item its service ids and the components nobody knows, and one problem for each of those.

    An item that names no component is read off its hint, then gets the caller's services, else `unspecified`.
    """
    known, stated = known_words(source)
    found = {part: _ids(part, known) for part in dict.fromkeys(part for item in items for part in item.components)}
    unmapped = [tuple(part[0] for part in item.components if not found[part]) for item in items]
    hints = dict.fromkeys(item.hint for item in items if not item.components)
    names = longest_first(known)
    hinted = {hint: mentioned_services(hint, names) for hint in hints}
    services = [
        (_joined([found[part] or UNSPECIFIED for part in item.components]) if _is_named(item, found, stated) else "")
        or hinted.get(item.hint)
        or stated
        or UNSPECIFIED
        for item in items
    ]
    problems = _told(source, items, unmapped, hinted, stated)
    return services, unmapped, problems


def known_words(source: "SourceDocument") -> tuple[dict[str, str], str]:
    """Plain spelling to ids, as the caller's words stand for them, and the ids of the services the caller states."""
    known = _known(source)
    return known, _stated_services(source, known)


def _stated_services(source: "SourceDocument", known: Mapping[str, str]) -> str:
    """The ids of the services the caller states; a slip in one must not hide an outage. Raises SettingsError."""
    if not fold_name(source.services):
        return ""
    ids, unknown = service_ids(source.services, known)
    if unknown:
        raise refused(SettingsError, "stop_outage_service", where="services", services=source.services)
    return ids


def _is_named(item: "Item", found: Mapping[Component, str], stated: str) -> bool:
    """Whether its own words decide: not where none of them means anything and the caller says what it is about."""
    return not stated or any(found[part] for part in item.components)


def _told(
    source: "SourceDocument",
    items: Sequence["Item"],
    unmapped: Sequence[tuple[str, ...]],
    hinted: Mapping[str, str],
    stated: str,
) -> tuple[Problem, ...]:
    """Each unknown component with how often it stands there, and how many items name none at all."""
    counts = Counter(part for parts in unmapped for part in parts)
    code = "source_component_stated" if stated else "source_component_unmapped"
    problems = [
        source.problem(code, value=part[:120], column="services", count=str(count)) for part, count in counts.items()
    ]
    bare = [item for item in items if not item.components]
    guessed = sum(bool(hinted.get(item.hint)) for item in bare)
    if guessed:
        problems.append(source.problem("source_services_from_title", column="services", count=str(guessed)))
    if len(bare) > guessed and not stated:
        problems.append(source.problem("source_component_missing", column="services", count=str(len(bare) - guessed)))
    return tuple(problems)


def _known(source: "SourceDocument") -> dict[str, str]:
    """Plain spelling to ids; a component the settings map stands before the service names."""
    known = known_services(source.names)
    mapped = {}
    for word, services in source.components.items():
        ids, unknown = service_ids(services, known)
        if unknown or not fold_name(services):
            raise refused(SettingsError, "stop_outage_service", where=f"components.{word}", services=services)
        mapped[fold_name(word)] = ids
    return known | mapped


def _ids(part: Component, known: Mapping[str, str]) -> str:
    """The ids of the first spelling that means something."""
    return next((ids for text in part if (ids := _meaning(text, known))), "")


def _meaning(text: str, known: Mapping[str, str]) -> str:
    """A name; a name and its language (`website-fr`); or both names of a bilingual title, if all are known."""
    whole = fold_name(text)
    if ids := known.get(whole) or known.get(_without_language(whole)):
        return ids
    halves = [known.get(fold_name(half), "") for half in JOINED.split(text) if fold_name(half)]
    return _joined(halves) if len(halves) > 1 and all(halves) else ""


def _without_language(name: str) -> str:
    words = name.split()
    if len(words) > 1 and words[-1] in _LANGUAGES:
        return " ".join(words[:-1])
    return " ".join(words[1:]) if len(words) > 1 and words[0] in _LANGUAGES else name


def longest_first(known: Mapping[str, str]) -> dict[str, str]:
    """The names that may be looked for in a text, the longer before the shorter inside it, and no mere syllable."""
    names = [name for name, ids in known.items() if len(name) >= _SHORTEST_MENTION and ids != UNSPECIFIED]
    return {name: known[name] for name in sorted(names, key=lambda name: (-len(name), name))}


def mentioned_services(text: str, names: Mapping[str, str]) -> str:
    """The services a title names as down, in its order; nothing when it names none. `names` come longest first."""
    from reporter.outages.notice.words import without_spared  # few files of outages need the words of notices

    rest, found = f" {fold_name(without_spared(text[:_LONGEST_HINT]))} ", {}
    for name, ids in names.items():
        at = rest.find(f" {name} ")
        if at >= 0:
            found[at] = ids
            rest = rest.replace(f" {name} ", f" {_TAKEN * len(name)} ")
    return _joined([found[at] for at in sorted(found)])


def _joined(ids: Sequence[str]) -> str:
    return ";".join(dict.fromkeys(one for many in ids for one in many.split(";") if one))


LONGEST_NOTE = 300
_LONGEST_ID = 120
_FAR_AHEAD = pd.Timedelta(days=730)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\xa0\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_PERSONAL = re.compile(r"\[?[\w.+-]+@[\w-]+(?:\.[\w-]+)+\]?|(?<![\w/])@[\w-]+")
_EPOCH = re.compile(r"(1\d{9}|2\d{9})(?:\.\d+)?|([12]\d{12})")
_NAKED = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d?:\d\d(:\d\d([.,]\d+)?)?")
_NOT_IN_AN_ID = re.compile(r"[^\w.:@#+/-]+")


class SourceDocument(Struct, frozen=True, dict=True):
    """One document as it was found, and what the caller knows about it.

    `names` maps plain service names to ids; `components` the source's own words to ids, and comes first;
    `columns` the contract's fields to a file's headers; `services` stands where the source names none; `page` is the
    address it was found at. Of a record somebody publishes, `key` is the publisher's, and `mark` where it stood before.
    """

    name: str
    content: bytes
    names: Mapping[str, str]
    components: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    services: str = ""
    as_of: Timestamp | None = None
    page: str = ""
    key: str = ""
    mark: str = ""

    @cached_property
    def sha256(self) -> str:
        """The digest of the bytes, which is what the record of evidence keeps."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def start(self) -> str:
        """The first characters that mean something, in lower case, to tell one kind of document from another."""
        return self.content[:4096].decode(self._coding, "replace").lstrip("\ufeff \t\r\n").lower()

    @cached_property
    def _coding(self) -> str:
        """UTF-8, what a byte order mark says, or the one that offices used before."""
        if self.content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        try:
            self.content.decode("utf-8")
        except UnicodeDecodeError:
            return "utf-8" if b"\x00" in self.content else "cp1252"
        return "utf-8"

    @cached_property
    def text(self) -> str:
        """The whole of it as text; what cannot be read shows as such."""
        return self.content.decode(self._coding, "replace").lstrip("\ufeff")

    @property
    def looks_like_table(self) -> bool:
        """Whether it may be a table in text: not binary, JSON or markup."""
        is_text = b"\x00" not in self.content or self.content[:2] in (b"\xff\xfe", b"\xfe\xff")
        return is_text and self.start[:1] not in ("{", "[", "<")

    @property
    def is_web_page(self) -> bool:
        """Whether it is a page for people to read, in HTML."""
        return self.start.startswith(("<!doctype html", "<html")) or "<html" in self.start[:600]

    @property
    def looks_like_json(self) -> bool:
        """Whether it can only be JSON, be it whole or cut off."""
        return self.start[:1] in ("{", "[")

    @property
    def json(self) -> Any:
        """The JSON in it, or None where it is something else. Raises OutageFileError when it is broken or cut off."""
        return self.document if self.looks_like_json else None

    @cached_property
    def document(self) -> Any:
        """The JSON in it; of JSON Lines the list of its lines. Raises OutageFileError when it is broken or cut off."""
        try:
            return json_in(self.content)
        except (ValueError, RecursionError) as e:
            raise self.refuse("stop_outage_json", fault=e) from e

    def refuse(self, code: str, **details: object) -> OutageFileError:
        """The error for a document that cannot be used at all, in the words of the catalogue."""
        return refused(OutageFileError, code, where=self.name, **details)

    def problem(self, code: str, row: int = 0, column: str = "", value: str = "", **details: str) -> Problem:
        """A fault with its place in this document."""
        return Problem(self.name, code, row=row, column=column, value=value[:LONGEST_NOTE], details=details)


class Adapter(Struct, frozen=True):
    """One kind of source: its name in the settings, how it is told from its content, and how it is read.

    `takes_columns` says that its fields stand under headings, which the caller may name.
    """

    kind: str
    recognises: Callable[[SourceDocument], bool]
    read: Callable[[SourceDocument], OutageReading]
    takes_columns: bool = False


class Item(Struct, frozen=True):
    """One outage of a source: the contract's fields as text, and the source's words for what was down.

    `hint` is text in which a service may be named when no component is; `is_day` marks a day without a time.
    """

    row: int
    fields: Mapping[str, str]
    components: tuple[Component, ...] = ()
    hint: str = ""
    is_day: bool = False


def to_reading(
    source: SourceDocument,
    items: Sequence[Item],
    problems: Iterable[Problem] = (),
    *,
    complete_to: Timestamp | None = None,
    states: tuple[Snapshot, ...] = (),
    whole: tuple[Whole, ...] = (),
    clocks: tuple[HeadingClock, ...] = (),
) -> OutageReading:
    """The items as OUTAGES, through the same checks as the office's own table; of an id met twice the last stands."""
    items, overran = _still_on(source, items, complete_to)
    services, unmapped, unknown = _mapped_services(source, items)
    cells = Cells(source.name, source.sha256, _frame(items, services, unmapped), clocks=clocks)
    records, odd = read_records(cells, source.names, source.as_of)
    days = {number for number, item in enumerate(items) if item.is_day}
    is_day = Series(records.index.isin(days), index=records.index)
    outages, twice = without_twice(records.assign(precision=records["precision"].mask(is_day, "day")))
    left = {str(records["outage_id"][number]): unmapped[number] for number in records.index if unmapped[number]}
    found = (*problems, *overran, *unknown, *odd, *twice, *_far_ahead(source, outages))
    bare = _without_service(records, items, services)
    return OutageReading(outages, found, source.sha256, complete_to, states, left, bare, whole)


def _still_on(
    source: SourceDocument, items: Sequence[Item], complete_to: Timestamp | None
) -> tuple[list[Item], list[Problem]]:
    """Planned work that its source calls under way though its end has passed: it overran, and its end is not known."""
    looks = [at for at in (source.as_of, complete_to) if at is not None]
    kept, told = [], []
    for item in items:
        ended = item.fields.get("ended_at", "")
        is_on = item.fields.get("status") == "ongoing" and item.fields.get("kind") == "planned"
        if is_on and looks and (at := one_instant(ended)) is not None and at <= min(looks):
            told.append(source.problem("source_overran", item.row, "ended_at", ended))
            kept.append(replace(item, fields={**item.fields, "ended_at": ""}))
        else:
            kept.append(item)
    return kept, told


def _without_service(records: DataFrame, items: Sequence[Item], services: Sequence[str]) -> tuple[OpenItem, ...]:
    """The outages that name nothing that was down, each by itself: one that was seen to does not settle another."""
    bare = [number for number in records.index if not items[number].components and services[number] == UNSPECIFIED]
    named = ((str(records["outage_id"][number]), items[number].fields.get("title", "")) for number in bare)
    return tuple(
        OpenItem(REFUSED, "source_component_missing", short_note(title) or outage_id, 0, outage_id, {"count": "1"})
        for outage_id, title in dict(named).items()
    )


def _frame(items: Sequence[Item], services: Sequence[str], unmapped: Sequence[tuple[str, ...]]) -> DataFrame:
    texts: dict[str, list[str]] = {name: [item.fields.get(name, "") for item in items] for name in FIELDS}
    notes = [_note(parts, item.fields.get("note", "")) for parts, item in zip(unmapped, items, strict=True)]
    titles = [short_note(title) for title in texts["title"]]
    frame = DataFrame(texts | {"services": list(services), "title": titles, "note": notes}, dtype="str")
    clocks = pd.Series([item.fields.get("clock", "") for item in items], dtype="str")
    lasted, unit = ([item.fields.get(name, "") for item in items] for name in ("lasted", "unit"))
    rows = pd.Series([item.row for item in items], dtype="int64")
    return frame.assign(row=rows, clock=clocks, lasted=lasted, unit=unit)


def _note(unmapped: tuple[str, ...], note: str) -> str:
    """The words that mean no known service stand first, in brackets, so that they are never lost."""
    return short_note(f"[{'; '.join(unmapped)}] {note}".rstrip() if unmapped else note)


def _far_ahead(source: SourceDocument, outages: DataFrame) -> list[Problem]:
    """A beginning two years after it was announced, or after the report, is more likely a slip than a plan."""
    known = outages["announced_at"].fillna(source.as_of) if source.as_of is not None else outages["announced_at"]
    far = outages[outages["began_at"] - known > _FAR_AHEAD]
    return [
        source.problem("source_far_ahead", int(place.rpartition(":")[2]), "began_at", f"{began:%Y-%m-%d}")
        for place, began in zip(far["source_row"], far["began_at"], strict=True)
    ]


_PAGING = frozenset({"meta", "links", "_links", "pagination", "paging", "page_info", "pageinfo", "page_meta"})
_FURTHER = frozenset({"next", "next_page", "nextpage", "next_url", "next_cursor", "nextpagetoken", "next_page_token",
                      "has_more", "has_next", "hasnext", "hasnextpage", "has_next_page"})  # fmt: skip


def has_further_pages(document: object, depth: int = 0) -> bool:
    """Whether a document of a list says, where such documents say it, that the list goes on elsewhere."""
    if not isinstance(document, dict) or depth > 2:
        return False
    said = {str(key).lower(): value for key, value in document.items()}
    if any(said.get(name) not in (None, "", False, 0, {}) for name in _FURTHER):
        return True
    return any(has_further_pages(said.get(name), depth + 1) for name in _PAGING)


def address_of(*texts: object) -> str:
    """The first of these that is a web address; nothing else may be taken for a source that can be looked up."""
    found = (clean_value(text) for text in texts)
    return next((text for text in found if text.startswith(("https://", "http://")) and " " not in text), "")


def at_utc(value: object) -> str:
    """An instant a machine wrote, as text: seconds since 1970, or a time that is UTC where it has no offset."""
    text = since_1970(clean_value(value))
    return f"{text}Z" if _NAKED.fullmatch(text) else text


def since_1970(text: str) -> str:
    """A machine's count of seconds or milliseconds as an instant; any other text as it is."""
    match = _EPOCH.fullmatch(text)
    if match is None:
        return text
    at = pd.Timestamp(int(match[1]), unit="s") if match[1] else pd.Timestamp(int(match[2]), unit="ms")
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; nothing where there is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def listed_objects(
    source: SourceDocument, whole: Mapping[str, Any], *names: str
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The objects of the lists under these names, and a problem for what is no list, or no object in one.

    A list that is not there, or null, is empty. One that has become something else may hold every outage.
    """
    found, odd = list[object](), list[Problem]()
    for name in names:
        value = whole.get(name)
        if isinstance(value, list):
            found += value
        elif value is not None:
            odd.append(source.problem("source_list_unreadable", value=name))
    records, others = records_in(source, found)
    return [record for _, record in records], [*odd, *others]


def contradiction(source: SourceDocument, state: str, *, is_told: bool) -> list[Problem]:
    """A word where a page says of itself that something is down, and names nothing that is."""
    return [] if is_told or not state else [source.problem("source_state_contradicted", value=state)]


def whole_list(source: SourceDocument, prefix: str) -> tuple[Whole, ...]:
    """That the document names every open outage of these ids, where it is known when it was looked at."""
    return (Whole(f"{prefix}:", source.as_of),) if source.as_of is not None else ()


def known_by(prefix: str, number: object, title: object, *addresses: object) -> dict[str, str]:
    """The fields by which a record of a source is known; one with an address that tells of it is official."""
    address = address_of(*addresses)
    return {
        "outage_id": id_of(prefix, clean_value(number)),
        "verification": "official" if address else "unverified",
        "source_url": address,
        "title": clean_value(title),
    }


def object_in(value: object, key: str) -> dict[str, Any]:
    """The object under that key; an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def source_parts(listed: object, *keys: str) -> tuple[tuple[str, ...], ...]:
    """The components of a list of objects, each by its spellings under these keys."""
    named = (tuple(clean_value(part.get(key)) for key in keys) for part in objects(listed))
    return tuple(dict.fromkeys(bare for part in named if (bare := tuple(text for text in part if text))))


def held_down(stated: Timestamp | None, as_of: Timestamp | None) -> Timestamp | None:
    """Nobody vouches for what is still to come: no later than the instant of the report."""
    return stated if stated is None or as_of is None else min(stated, as_of)


def clean_value(value: object) -> str:
    """A value out of a foreign document as one line of harmless text; nothing for a list or an object."""
    if value is None or isinstance(value, list | dict):
        return ""
    text = str(value)
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = text.encode("utf-8", "replace").decode()
    return re.sub(r"\s+", " ", _CONTROL.sub(" ", text)).strip()


def short_note(text: str) -> str:
    """The text without e-mail addresses and account names, and no longer than a note may be."""
    bare = _PERSONAL.sub("…", text[: 4 * LONGEST_NOTE]) if "@" in text else text
    return bare if len(bare) <= LONGEST_NOTE else bare[: LONGEST_NOTE - 1].rstrip() + "…"


def id_of(prefix: str, text: str) -> str:
    """A stable id of the source's own, without the `;` that separates ids; nothing when the source has none."""
    bare = _NOT_IN_AN_ID.sub("-", clean_value(text)).strip("-")[:_LONGEST_ID]
    return f"{prefix}:{bare}" if bare else ""


def records_in(
    source: SourceDocument, found: Sequence[object]
) -> tuple[list[tuple[int, dict[str, Any]]], list[Problem]]:
    """The objects of a list with their numbers, and a problem for what is no object."""
    records = [(row, item) for row, item in enumerate(found, 1) if isinstance(item, dict)]
    odd = [
        source.problem("outage_not_a_record", row, value=clean_value(item)[:80])
        for row, item in enumerate(found, 1)
        if not isinstance(item, dict)
    ]
    return records, odd


def require_keys(
    source: SourceDocument, records: Sequence[tuple[int, Mapping[str, Any]]], *keys: tuple[str, ...]
) -> None:
    """Raises OutageFileError when not one record has a key: the source has changed its form, not its content."""
    for spellings in keys:
        if records and not any(record.get(key) for _, record in records for key in spellings):
            raise source.refuse("stop_outage_form", count=len(records), names=" / ".join(spellings))
