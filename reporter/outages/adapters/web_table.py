"""A table of outages on a page for people: a column for the beginning, one for the end, one for what is down. Pure.

The instants stand there as people write them, `Sept. 15, 6 p.m.`, and are read by the words of a notice; a heading
like `From (UTC)` gives its zone to the cells below it. A page that speaks of maintenance lists planned work. The
day may stand in a column of its own, and both ends in one: `Date`, `Time`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from pandas import Timestamp

from reporter.model.problem import Problem
from reporter.outages.adapters.grids import (
    Headed,
    all_headed,
    aside,
    check_columns,
    field_of,
    places_of,
    unbracketed,
    with_page_words,
)
from reporter.outages.records import FIELDS, by_name, one_instant
from reporter.outages.source import Adapter, Item, OutageReading, SourceDocument, address_of, short_note, to_reading
from reporter.text.formats import fold_name

if TYPE_CHECKING:
    from reporter.outages.notice.times import NoticeWindow

_ALSO = by_name("page_fields")
_BASIS = ("ended_at", "services")
_PLAIN = frozenset({"notice_zone_assumed", "notice_whole_day"})
"""What a table leaves out in every row: its zone, and the hours of a column of days."""


def recognises(source: SourceDocument) -> bool:
    """A page with a table that has a column for the beginning, or for the day, and one for the end or the service."""
    return source.is_web_page and bool(_tables(source))


def read(source: SourceDocument) -> OutageReading:
    """The rows of every such table, and what stands beside them. Raises OutageFileError when there is none."""
    from reporter.outages.notice.words import is_official, says  # a file of outages needs no words of notices

    tables = _tables(source) if source.is_web_page else []
    if not tables:
        raise source.refuse("stop_outage_no_web_table")
    above = _above(source)
    fields = {
        "kind": "planned" if says(above, "planned", "works") else "unplanned",
        "verification": "official" if is_official(source.page) else "unverified",
        "source_url": address_of(source.page),
    }
    items = [_item(source, table, *row, fields) for table in tables for row in table.rows]
    problems = [problem for table in tables for problem in table.problems]
    problems += [problem for table in tables for row in table.rows for problem in _doubts(source, table, *row)]
    return with_page_words(source, to_reading(source, items, problems), [table.table for table in tables])


def _tables(source: SourceDocument) -> list[Headed]:
    """Those with a column for the beginning; one with days and hours where the page speaks of outages."""
    check_columns(source.columns)
    found = list(all_headed(source, lambda row: _places(row, source.columns)))
    if all("began_at" in table.places for table in found):
        return found
    from reporter.outages.notice.words import says

    is_told = says(_above(source), "down", "works", "planned")
    return [table for table in found if is_told or "began_at" in table.places]


def _above(source: SourceDocument) -> str:
    """The title of the page and its headings."""
    from reporter.outages.notice.page import read_page

    page = read_page(source.text)
    return ". ".join([page.title, *(line.text for line in page.lines if line.level)])


def _places(row: Sequence[str], columns: Mapping[str, str]) -> dict[str, int] | None:
    places = places_of(row, columns, _field_of)
    if places is None:
        return None
    is_begun = "began_at" in places and any(field in places for field in _BASIS)
    return places if is_begun or {"day", "hours", "services"} <= {*places} else None


def _field_of(heading: str) -> str:
    return field_of(heading) or _ALSO.get(fold_name(heading)) or _ALSO.get(fold_name(unbracketed(heading)), "")


def _ends(table: Headed, row: Sequence[str]) -> tuple[str, str]:
    """The beginning and the end as they stand; a day and hours that stand apart are one beginning."""
    day, began, ended = (table.cell(row, field) for field in ("day", "began_at", "ended_at"))
    began = began or table.cell(row, "hours")
    return (f"{day}, {began}" if day and began else day or began), ended


def _item(source: SourceDocument, table: Headed, row: int, cells: Sequence[str], page: Mapping[str, str]) -> Item:
    said = {field: text for field in table.places if field in FIELDS and (text := table.cell(cells, field))}
    rest = [cell for at, cell in enumerate(cells) if cell and at not in table.places.values()]
    service = said.pop("services", "")
    times = _instants(source, table, *_ends(table, cells))
    fields = {**page, "title": service, "note": short_note("; ".join(rest)), **said, **times}
    parts = tuple((part.strip(),) for part in service.split(";") if part.strip())
    return Item(row, fields, parts, is_day=times.get("precision") == "day")


def _doubts(source: SourceDocument, table: Headed, row: int, cells: Sequence[str]) -> Iterator[Problem]:
    """What was assumed of the instants of a row, as of those of a notice: `to midnight`, `12:00 p.m.`, the year."""
    began, ended = _ends(table, cells)
    text = _told(table, began, ended)
    window = _window(text, source.as_of) if text else None
    for doubt in window.doubts if window else ():
        if doubt.code not in _PLAIN:
            yield source.problem(doubt.code, row, "began_at", f"{began} – {ended}", **dict(doubt.details))


def _told(table: Headed, began: str, ended: str) -> str:
    """Both ends as a notice would tell them, each in the zone of its heading; nothing where they name their offsets."""
    if _is_exact(began) and (not ended or _is_exact(ended)):
        return ""
    zones = {field: aside(table.headings[at]) for field, at in table.places.items()}
    first = zones.get("began_at") or zones.get("hours") or zones.get("day", "")
    return " to ".join(f"{text} {zone}" for text, zone in ((began, first), (ended, zones.get("ended_at", ""))) if text)


def _instants(source: SourceDocument, table: Headed, began: str, ended: str) -> dict[str, str]:
    """Both ends as instants; as they stand where they cannot be read, so that the refusal shows them."""
    window = _window(_told(table, began, ended), source.as_of)
    if window is None:
        return {"began_at": began, "ended_at": ended}
    end = "" if window.ended_at is None else _iso(window.ended_at)
    return {"began_at": _iso(window.began_at), "ended_at": end, "precision": "day" if window.is_day else ""}


def _is_exact(text: str) -> bool:
    """Whether it names its own offset, so that nothing above it is needed."""
    return (text.endswith("Z") or text[-6:-5] in ("+", "-")) and one_instant(text) is not None


def _window(text: str, as_of: Timestamp | None) -> "NoticeWindow | None":
    """The one window the text tells; without a year and a clock to take it from, none."""
    from reporter.outages.notice.times import Unreadable, resolve_window, said_windows

    found = said_windows(text)
    if len(found) != 1 or found[0].began_on is None or (as_of is None and found[0].began_on.year is None):
        return None
    try:
        return resolve_window(found[0], as_of if as_of is not None else Timestamp(0, tz="UTC"))
    except (Unreadable, OverflowError, pd.errors.OutOfBoundsDatetime):
        return None


def _iso(at: Timestamp) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


ADAPTERS = (Adapter("web-table", recognises, read, takes_columns=True),)
