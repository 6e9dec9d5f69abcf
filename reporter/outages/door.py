"""The one way in for a file of outages, whoever asks: `run --outages`, `outages import`, `lint` or `fetch`.

In: a file or the bytes of an address, and what the caller knows about it. Out: an OutageReading, whichever kind of
source it is. Nobody above this room reads a file of outages in another way.

A new kind is a file with `ADAPTERS`, and a line here (docs/extend.md shows one being added).
"""

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.errors import OutageFileError, SettingsError, refused
from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES, UNDATED
from reporter.outages.records import LARGEST_BYTES, bytes_of, decode_record
from reporter.outages.source import Adapter, OutageReading, Snapshot, SourceDocument, Whole, has_further_pages, in_order
from reporter.text.formats import nearest

__all__ = [
    "KINDS",
    "DescribedSource",
    "kind_of_offer",
    "kind_of_page",
    "read_bytes",
    "read_file",
    "require_kind",
    "text_of_page",
]
PAGES = ("notice", "page")
_NO_PAGE = (b"{", b"[{", b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"<rss", b"<feed", b"BEGIN:VCAL")
"""How a document begins that no page of notices is."""
_FIRST = 1_000  # bytes in which a page says that it is one
_TABLES = ("web-table", "monitor", "mapped")

log = logging.getLogger(__name__)
# The modules of `adapters` that read one kind each, in the order in which they are asked: the narrower first.
MODULES = (
    "mail",
    "record",
    "feed",
    "ical",
    "upptime_issues",
    "google_cloud",
    "cachet",
    "better_stack",
    "status_io",
    "instatus",
    "incident_io",
    "upptime",
    "statuspage",
    "monitor",
    "mapped",
    "web_table",
    "table",
    "pairs",
)


class DescribedSource(Struct, frozen=True):
    """What is known of one source beside its content: see the settings of a source.

    A `trusted` page of notices is put on record as it is read; any other waits for somebody to confirm it. A `private`
    source may stand in the office's own network. Of a record somebody publishes, `key` is the publisher's, and `mark`
    where it stood when it was last read.
    """

    kind: str = ""
    services: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    language: str = ""
    trusted: bool = False
    private: bool = False
    key: str = ""
    mark: str = ""


def read_file(path: Path, names: Mapping[str, str], *, as_of: Timestamp | None = None) -> OutageReading:
    """The outages of one file of any kind, told by its content.

    `names` maps plain service names, aliases and ids (see text/formats.py) to ids.

    Raises: OutageFileError when it cannot be used as a whole.
    """
    return read_bytes(path.name, bytes_of(path), names, as_of=as_of)


def read_bytes(
    name: str,
    content: bytes,
    names: Mapping[str, str],
    told: DescribedSource | None = None,
    *,
    as_of: Timestamp | None = None,
) -> OutageReading:
    """The same for bytes that are there already; `name` is how problems call them, `told` what is known of them.

    Raises: SettingsError when what is told of them cannot be.
    """
    told = told or DescribedSource()
    return read_document(_source(name, content, names, told, as_of), told.kind)


def kind_of_page(
    name: str, content: bytes, names: Mapping[str, str], told: DescribedSource, *, as_of: Timestamp | None
) -> str:
    """What a web page is read as: as stated, but a table of outages is one even where notices are due; else notices."""
    if told.kind and told.kind not in PAGES:
        return told.kind
    shown = source_kind(_source(name, content, names, told, as_of))
    return shown if shown in _TABLES else "notice"


def kind_of_offer(
    name: str, content: bytes, names: Mapping[str, str], told: DescribedSource, *, as_of: Timestamp | None
) -> str:
    """What somebody hands in is read as: what it shows itself to be; else, where it is a text or a page, a notice.

    Raises: OutageFileError when it is neither.
    """
    found = source_kind(_source(name, content, names, told, as_of))
    if found and found != "notice":
        return found
    text_of_page(name, content)
    return "notice"


def text_of_page(name: str, content: bytes) -> str:
    """The text of what should be a page of notices, in HTML or plain. Raises OutageFileError when it can be neither."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(_NO_PAGE) or (start.startswith(b"<?xml") and b"<html" not in start[:_FIRST]):
        raise refused(OutageFileError, "stop_outage_not_a_page", where=name)
    return decode_record(content, name)[0]


def _source(
    name: str, content: bytes, names: Mapping[str, str], told: DescribedSource, as_of: Timestamp | None
) -> SourceDocument:
    return SourceDocument(
        name, content, names, told.components, told.columns, told.services, as_of, told.page, told.key, told.mark
    )


def _is_notice(source: SourceDocument) -> bool:
    from reporter.outages.notice.read import recognises  # its words are many, and asked for last

    return recognises(source)


def _read_notice(source: SourceDocument) -> OutageReading:
    from reporter.outages.notice.read import read

    return read(source)


ADAPTERS: tuple[Adapter, ...] = (
    *(adapter for name in MODULES for adapter in import_module(f"reporter.outages.adapters.{name}").ADAPTERS),
    Adapter("notice", _is_notice, _read_notice),
)
KINDS = tuple(adapter.kind for adapter in ADAPTERS)


MAILBOX = "mailbox"
"""What the ledger calls the mailbox: neither its address nor whose mail it was."""
FOLDER = "inbox"
"""What the ledger calls the watched folder."""
PROBE = "probe"
"""What the ledger calls our own look at whether pages answer."""


def shown_address(url: str) -> str:
    """The address without a password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def read_document(source: SourceDocument, kind: str = "") -> OutageReading:
    """The outages of a document of any kind of KINDS; see items.Source for what the caller may say about it.

    Raises: OutageFileError when it cannot be used as a whole; SettingsError when a mapping or the kind cannot.
    """
    require_kind(kind)
    _refuse_hopeless(source)
    adapter = _adapter(source, kind)
    if source.columns and not adapter.takes_columns:
        raise source.refuse("stop_outage_columns", found=adapter.kind)
    reading = _with_paging(source, adapter.read(source))
    log.info("%s (%s): %d outages, %d problems", source.name, adapter.kind, len(reading.outages), len(reading.problems))
    return reading


def _with_paging(source: SourceDocument, reading: OutageReading) -> OutageReading:
    """The reading with a word on the pages of the list that are not here, whichever kind it is of."""
    is_told = any(problem.code == "source_page_left_out" for problem in reading.problems)
    if is_told or not source.looks_like_json or not has_further_pages(source.document):
        return reading
    return replace(reading, problems=(*reading.problems, source.problem("source_page_left_out")))


def require_kind(kind: str, where: str = "kind") -> None:
    """Raises SettingsError when there is no such kind of source; nothing means that its content tells."""
    names = (*KINDS, *ALSO)
    if kind and kind not in names:
        near = nearest(kind, names)
        code = "stop_outage_kind_near" if near else "stop_outage_kind"
        raise refused(SettingsError, code, where=where, found=kind, names=", ".join(names), near=near)


ALSO = {"page": "notice"}
"""Other names that a kind may go by in the settings."""


def source_kind(source: SourceDocument) -> str:
    """The kind the content shows, or nothing.

    Raises: OutageFileError when it is JSON that is cut off.
    """
    return next((adapter.kind for adapter in ADAPTERS if adapter.recognises(source)), "")


def _adapter(source: SourceDocument, kind: str) -> Adapter:
    wanted = ALSO.get(kind, kind) or source_kind(source)
    found = next((adapter for adapter in ADAPTERS if adapter.kind == wanted), None)
    if found is None and source.is_web_page:
        raise source.refuse("stop_outage_page")
    if found is None:
        raise source.refuse("stop_outage_no_kind", names=", ".join(KINDS))
    return found


def _refuse_hopeless(source: SourceDocument) -> None:
    """What is no source of any kind, and must never pass for an empty one."""
    if len(source.content) > LARGEST_BYTES:
        raise source.refuse("stop_outage_large")
    if not source.start.strip():
        raise source.refuse("stop_outage_empty")


_A_DAY, _ROUNDING = Timedelta(days=1), Timedelta(minutes=30)
_OPEN = ("ongoing", "announced")
_ISO = "%Y-%m-%dT%H:%MZ"


def continue_notices(drafts: DataFrame, known: DataFrame) -> DataFrame:
    """The notices, where one without a time of its own, met again while its outage is open, keeps that outage's id.

    Else a page that says "unavailable" for a week would make an outage of each day.

    Takes: OUTAGES read from a page; OUTAGES of the ledger.
    """
    same = ["source_url", "services"]
    opened = known[
        known["outage_id"].str.startswith(UNDATED) & known["ended_at"].isna() & (known["status"] == "ongoing")
    ]
    first = opened.sort_values("began_at").drop_duplicates(same)[[*same, "outage_id", "began_at"]]
    met = drafts[same].merge(first, how="left", on=same).set_index(drafts.index)
    is_met = drafts["outage_id"].str.startswith(UNDATED) & met["began_at"].le(drafts["began_at"])
    return drafts.assign(**{name: drafts[name].mask(is_met, met[name]) for name in ("outage_id", "began_at")})


def settle_states(
    reading: OutageReading,
    known: DataFrame,
    *,
    own: Collection[str] | None = None,
    last_look: Timestamp | None = None,
    source: str = "",
) -> OutageReading:
    """The reading with what it saw put right by what is known.

    An outage already open is not begun again; one that a state shows to be up ends, as does one that is gone from a
    list that is whole. Its end is the first look without it, the later of the two it lies between, and its note names
    both. A beginning that is only a sight is never later than an earlier sight.

    Takes:   known - OUTAGES, the last version of each outage on record; own - the ids of those this source told (all,
             when None), since two pages may have ids of one form; last_look - when the source was looked at before;
             source - how problems call it.
    Returns: the reading; its outages hold the ended version of each known outage that is over.
    """
    outages = reading.outages
    opened = known[known["ended_at"].isna() & (known["status"] == "ongoing")]
    for state in reading.states:
        before = opened[_is_of(opened, state)]
        if state.is_down and len(before):
            fresh = outages[outages["ended_at"].isna() & _is_of(outages, state)]
            outages = pd.concat([outages.drop(fresh.index), _begun_before(before, fresh, state)])
        elif not state.is_down and len(before):
            ends = before["began_at"].map(lambda began, state=state: ended_by(began, state))
            outages = pd.concat([outages, before.assign(ended_at=ends, status="resolved")])
        outages = _without_seen_minutes(outages, known, state)
    outages, problems = _seen_first(outages, opened, reading.first_seen), list(reading.problems)
    told = known if own is None else known[known["outage_id"].isin(own)]
    for whole in reading.whole:
        over, early = _gone(told, outages, whole)
        if len(over):
            outages = pd.concat([outages, _ended(over, whole, last_look)])
        problems += _told_gone(over, early, whole, last_look, source)
    return replace(reading, outages=in_order(OUTAGES.cast(outages)), problems=tuple(problems))


def _is_of(outages: DataFrame, state: Snapshot) -> "Series[bool]":
    """The outages of the series that began before it was looked at.

    One of a series is an outage whose id is the series, `@`, and the instant at which it was first seen.
    """
    return outages["outage_id"].str.startswith(f"{state.series}@") & (outages["began_at"] <= state.at)


def _begun_before(before: DataFrame, fresh: DataFrame, state: Snapshot) -> DataFrame:
    """The open outage from as far back as the source's own minutes now reach, where that is clearly further."""
    if not state.minutes or fresh.empty:
        return before[:0]
    first = fresh["began_at"].min()
    later: DataFrame = before[before["began_at"] - _ROUNDING > first].head(1)
    return later.assign(began_at=first)


def _without_seen_minutes(outages: DataFrame, known: DataFrame, state: Snapshot) -> DataFrame:
    """A day down in part without the minutes of outages of its series that were seen on it: none counts twice."""
    if not state.minutes:
        return outages
    day_of = outages["outage_id"].str.extract(rf"^{re.escape(state.series)}@(\d{{4}}-\d\d-\d\d)$")[0]
    both = pd.concat([outages, known[~known["outage_id"].isin(outages["outage_id"])]])
    seen = both[both["outage_id"].str.match(rf"{re.escape(state.series)}@[\d-]+T") & (both["status"] != "cancelled")]
    taken = Series([_overlap(seen, day, state.at) for day in day_of], index=outages.index, dtype="timedelta64[us]")
    began = outages["began_at"] + taken
    is_left = day_of.isna() | (began < outages["ended_at"])
    return outages.assign(began_at=began.where(day_of.notna(), outages["began_at"]))[is_left]


def _overlap(seen: DataFrame, day: str, at: Timestamp) -> Timedelta:
    """How much of that day (UTC) these outages took."""
    if pd.isna(day):
        return Timedelta(0)
    midnight = Timestamp(day, tz="UTC")
    ended, began = seen["ended_at"].fillna(at), seen["began_at"]
    last = ended.where(ended < midnight + _A_DAY, midnight + _A_DAY)
    lengths = last - began.where(began > midnight, midnight)
    return Timedelta(lengths[lengths > Timedelta(0)].sum())


def ended_by(began: Timestamp, state: Snapshot) -> Timestamp:
    """When an outage ended that is over at this look: by the source's own minutes a day, else at the look itself.

    It is followed from day to day as long as each day's minutes reach midnight, give or take what is rounded away.
    """
    minutes = state.minutes.get(f"{began:%Y-%m-%d}", 0.0)
    if not minutes:
        return state.at
    ended = began + Timedelta(minutes=minutes)
    midnight = began.floor("D") + _A_DAY
    while ended >= midnight - _ROUNDING and (more := state.minutes.get(f"{midnight:%Y-%m-%d}", 0.0)):
        ended, midnight = midnight + Timedelta(minutes=more), midnight + _A_DAY
    return min(ended, midnight, state.at)


def _seen_first(outages: DataFrame, opened: DataFrame, first_seen: frozenset[str]) -> DataFrame:
    if not first_seen:
        return outages
    began = opened.drop_duplicates("outage_id").set_index("outage_id")["began_at"]
    before = Series(
        began.reindex(outages["outage_id"]).array, index=outages.index
    )  # map loses the kind of an empty one
    is_older = outages["outage_id"].isin(first_seen) & (before < outages["began_at"])
    return outages.assign(began_at=outages["began_at"].mask(is_older, before))


def _gone(known: DataFrame, outages: DataFrame, whole: Whole) -> tuple[DataFrame, DataFrame]:
    """What was open or to come and no longer stands in the list: what had begun, and what had not."""
    reaches = whole.at if whole.told_to is None else min(whole.at, whole.told_to)
    is_gone = known["outage_id"].str.startswith(whole.series) & ~known["outage_id"].isin(outages["outage_id"])
    is_gone &= known["status"].isin(_OPEN)
    if whole.since is not None:
        is_gone &= known["began_at"] >= whole.since
    has_begun = known["began_at"] <= reaches
    return known[is_gone & has_begun], known[is_gone & (known["began_at"] > whole.at)]


def _ended(over: DataFrame, whole: Whole, last_look: Timestamp | None) -> DataFrame:
    """What is gone as over: at its stated end if that has passed, else by this look, with both bounds in its note."""
    is_stated = over["ended_at"] <= whole.at
    seen = _seen_last(over["began_at"], last_look).dt.strftime(_ISO)
    note = ("[ended_at: " + seen + f" – {whole.at:{_ISO}}] " + over["note"].fillna("")).str.strip()
    ends = over["ended_at"].where(is_stated, whole.at)
    return over.assign(ended_at=ends, status="resolved", note=over["note"].where(is_stated, note))


def _seen_last(began: Series, last_look: Timestamp | None) -> Series:
    return began if last_look is None else began.where(began > last_look, last_look)


def _told_gone(
    over: DataFrame, early: DataFrame, whole: Whole, last_look: Timestamp | None, source: str
) -> Iterator[Problem]:
    unsure = over[over["ended_at"].isna() | (over["ended_at"] > whole.at)]
    seen = _seen_last(unsure["began_at"], last_look)
    for outage_id, at in zip(unsure["outage_id"], seen, strict=True):
        told = {"seen": f"{at:{_ISO}}", "used": f"{whole.at:{_ISO}}"}
        yield Problem(source, "source_gone", column="ended_at", value=outage_id, details=told)
    for outage_id, began in zip(early["outage_id"], early["began_at"], strict=True):
        yield Problem(source, "source_gone_before_start", value=outage_id, details={"began": f"{began:{_ISO}}"})
