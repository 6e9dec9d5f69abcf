"""Whatever comes in rows under headings, as one shape: CSV, a workbook, JSON objects, JSON Lines, tables of a page.

What the headings and cells mean is the affair of who asks. What a page says beside its tables is read as a notice:
drafts, and what may be one. Pure.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reporter.errors import OutageFileError, SettingsError, refused
from reporter.model.problem import Problem
from reporter.outages.records import (
    FIELDS,
    HeadingClock,
    by_name,
    clock_in,
    decode_record,
    field_said,
    heading_clocks,
    is_length_column,
    is_zone_column,
    separators,
    sheets_in,
    split_rows,
    with_days,
)
from reporter.outages.source import OutageReading, SourceDocument, clean_value, merge_readings
from reporter.text.formats import fold_name

_HEADER_ROWS = 30
_DEEPEST = 4  # lists inside objects inside lists: no status page goes further
_OWNERS = ("friendly_name", "name", "title", "slug", "url")
_ASIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_FIELD_OF = by_name("fields")


class Grid(Struct, frozen=True):
    """Rows of text with their numbers as the file shows them; the first is row 1 of a list, its keys are row 0."""

    rows: tuple[tuple[int, list[str]], ...]
    sheet: str = ""
    problems: tuple[Problem, ...] = ()
    table: int = 0


class Headed(Struct, frozen=True):
    """A grid under its headings: where each field stands, and the rows below; `table` is its number on a page."""

    places: Mapping[str, int]
    headings: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]
    problems: tuple[Problem, ...] = ()
    table: int = 0
    sheet: str = ""

    def cell(self, row: Sequence[str], field: str) -> str:
        """What the row has for that field; nothing where it has no such cell."""
        at = self.places.get(field, len(row))
        return row[at] if at < len(row) else ""

    def clock_of(self, row: Sequence[str]) -> str:
        """The clock that a cell of the row says for its instants; nothing where none does."""
        return clock_in(self._under(row, is_zone_column))

    def length_of(self, row: Sequence[str]) -> str:
        """How long it lasted, where a cell says so."""
        return self._under(row, is_length_column)

    def _under(self, row: Sequence[str], is_one: Callable[[str], bool]) -> str:
        at = next((at for at, heading in enumerate(self.headings) if is_one(heading)), len(row))
        return row[at] if at < len(row) else ""

    @property
    def clocks(self) -> tuple[HeadingClock, ...]:
        """The clocks that its headings say."""
        return heading_clocks({field: self.headings[at] for field, at in self.places.items()})

    def column(self, field: str) -> list[str]:
        """The cells of a field that are filled."""
        return [cell for _, row in self.rows if (cell := self.cell(row, field))]


def grids(source: SourceDocument) -> Iterator[Grid]:
    """Every table that may be in a source, the likelier first. Raises OutageFileError when it is broken JSON."""
    if source.looks_like_json:
        yield from (_of_objects(rows) for rows in _lists(source.document, "", 0))
    elif source.is_web_page:
        yield from _of_page(source)
    elif source.content.startswith(b"PK"):
        sheets = sheets_in(source.content, source.name).items()
        yield from (
            Grid(_numbered([[clean_value(cell) for cell in row] for row in rows]), name) for name, rows in sheets
        )
    elif source.looks_like_table:
        yield from _of_text(source)


def headed(source: SourceDocument, place: Callable[[Sequence[str]], Mapping[str, int] | None]) -> Headed | None:
    """The first table with a row among its first that `place` takes for its headings.

    Of a workbook, the other sheets with such a row are told.
    """
    tables = all_headed(source, place)
    first = next(tables, None)
    if first is None or not first.sheet:
        return first
    sheets = dict.fromkeys(one.sheet for one in tables if one.sheet != first.sheet)
    told = [Problem(source.name, "source_sheet_unread", sheet, value=sheet) for sheet in sheets]
    return replace(first, problems=(*first.problems, *told))


def all_headed(source: SourceDocument, place: Callable[[Sequence[str]], Mapping[str, int] | None]) -> Iterator[Headed]:
    """Every such table; none where the source is broken."""
    try:
        for grid in grids(source):
            for number, (_, row) in enumerate(grid.rows[:_HEADER_ROWS]):
                if places := place(row):
                    below = [line for line in grid.rows[number + 1 :] if any(line[1])]
                    if not source.is_web_page:  # there the words of notices do it
                        whole, _ = with_days(row, [cells for _, cells in below], places)
                        below = [(at, cells) for (at, _), cells in zip(below, whole, strict=True)]
                    yield Headed(places, tuple(row), tuple(below), grid.problems, grid.table, grid.sheet)
                    break
    except OutageFileError:
        return


def chosen(headings: Sequence[str], columns: Mapping[str, str]) -> dict[str, int] | None:
    """Where the fields of `columns` stand; None when one of their headings is missing."""
    wanted = {field: fold_name(header) for field, header in columns.items() if not header.startswith("=")}
    places = {fold_name(cell): at for at, cell in reversed(list(enumerate(headings)))}
    if not all(header in places for header in wanted.values()):
        return None
    return {field: places[header] for field, header in wanted.items()}


def places_of(
    headings: Sequence[str], columns: Mapping[str, str], field: Callable[[str], str]
) -> dict[str, int] | None:
    """Where the fields stand: what the caller says, then the first heading of each; None where one said is missing."""
    asked = chosen(headings, columns)
    if asked is None:
        return None
    told = {field(heading): at for at, heading in reversed(list(enumerate(headings))) if at not in asked.values()}
    return {name: at for name, at in told.items() if name} | asked


def check_columns(columns: Mapping[str, str]) -> None:
    """Raises SettingsError when a mapped field is not one of an outage."""
    for field in columns:
        if field not in FIELDS:
            raise refused(SettingsError, "stop_outage_field", where=f"columns.{field}", names=", ".join(FIELDS))


def field_of(heading: str) -> str:
    """The field a heading names, whatever it says in brackets: `From (Ottawa time)` is a beginning."""
    return field_said(heading) or _FIELD_OF.get(fold_name(unbracketed(heading)), "")


def unbracketed(heading: str) -> str:
    """A heading without what it says in brackets."""
    return _ASIDE.sub(" ", heading)


def aside(heading: str) -> str:
    """What a heading says in brackets: a zone, a unit."""
    return " ".join(_ASIDE.findall(heading)).strip()


def _of_page(source: SourceDocument) -> Iterator[Grid]:
    """The tables of a page, their rows counted through, so that a number means one row of it."""
    from reporter.outages.notice.page import page_tables  # a file of outages needs no reader of pages

    before = 0
    for table, rows in page_tables(source.text).items():
        yield Grid(tuple(enumerate(rows, before + 1)), table=table)
        before += len(rows)


def _of_text(source: SourceDocument) -> Iterator[Grid]:
    text, notes = decode_record(source.content, source.name)
    for separator in separators(text):
        found, is_patched = split_rows(text, separator)
        told = (*notes, source.problem("outage_quotes")) if is_patched else notes
        yield Grid(_numbered([[clean_value(cell) for cell in row] for row in found]), problems=told)


def _numbered(rows: Iterable[list[str]]) -> tuple[tuple[int, list[str]], ...]:
    return tuple(enumerate(rows, 1))


def _of_objects(rows: Sequence[Mapping[str, Any]]) -> Grid:
    """Objects as rows; their keys, in the order met, are the headings."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    below = [(number, [_cell(row.get(key)) for key in keys]) for number, row in enumerate(rows, 1)]
    return Grid(((0, [clean_value(key) for key in keys]), *below))


def _cell(value: Any) -> str:
    """A value as a cell; a list of words with semicolons between."""
    is_words = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "; ".join(map(clean_value, value)) if is_words else clean_value(value)


def _lists(value: Any, owner: str, depth: int) -> Iterator[list[dict[str, Any]]]:
    """The lists of objects in a document, the innermost first; a row knows whose list it stands in."""
    if depth > _DEEPEST or not isinstance(value, dict | list):
        return
    if isinstance(value, dict):
        name = next((text for key in _OWNERS if (text := clean_value(value.get(key)))), owner)
        yield from _alike(value)
        for part in value.values():
            yield from _lists(part, name, depth + 1)
        return
    rows = [row for row in value if isinstance(row, dict)]
    inner = [one for row in rows for one in _lists(row, owner, depth + 1)]
    if inner:
        yield [row for one in inner for row in one]
    if rows and len(rows) == len(value):
        yield [row if not owner or "monitor" in row else {**row, "monitor": owner} for row in rows]


def _alike(value: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Lists of objects with the same keys as one list: each key of theirs is the name of what its rows are about."""
    groups: dict[frozenset[str], dict[str, list[Any]]] = {}
    for name, part in value.items():
        if isinstance(part, list) and part and all(isinstance(row, dict) for row in part):
            groups.setdefault(frozenset(part[0]), {})[str(name)] = part
    for lists in groups.values():
        if len(lists) > 1:
            yield [{"monitor": name, **row} for name, part in lists.items() for row in part]


def with_page_words(source: SourceDocument, reading: OutageReading, tables: Collection[int]) -> OutageReading:
    """The reading of those tables of a page, with what stands beside them; of any other source as it is."""
    if not source.is_web_page or source.as_of is None:
        return reading
    from reporter.outages.notice.read import notice_items, read_notice  # a file of outages needs no reader of pages

    page = source.page or source.name
    beside = read_notice(source.text, source.names, page=page, captured_at=source.as_of, tables_read=tables)
    words = OutageReading(
        beside.outages, beside.problems, source.sha256, open_items=notice_items(beside), raw=beside.raw
    )
    return replace(merge_readings([reading, words]), sha256=source.sha256)
