"""Any table, once the caller says which header stands for which field of an outage. Pure.

CSV, a workbook, JSON objects, JSON Lines or a table of a page. `columns` maps fields to headers, compared without case
or accents; a header written `=planned` is a constant for all rows. Where the beginning is not mapped, the headings that
the office's own table may have stand for themselves. Times are read as in that table, and as seconds since 1970.
"""

import re
from collections.abc import Mapping, Sequence

from reporter.errors import SettingsError, refused
from reporter.outages.adapters.grids import (
    Headed,
    check_columns,
    chosen,
    field_of,
    grids,
    headed,
    places_of,
    with_page_words,
)
from reporter.outages.records import is_length_column
from reporter.outages.source import Adapter, Item, OutageReading, SourceDocument, clean_value, since_1970, to_reading
from reporter.text.formats import fold_name

_BETWEEN = re.compile(r"[;|\n]")
_TIMES = ("began_at", "ended_at", "announced_at")


def recognises(source: SourceDocument) -> bool:
    """Rows under headings, when the caller has said how to read them."""
    return bool(source.columns) and any(True for _ in grids(source))


def read(source: SourceDocument) -> OutageReading:
    """The rows under the contract's fields.

    Raises: SettingsError when a mapped field is not one of an outage, or no field says when it began;
    OutageFileError when no row has the headers.
    """
    check_columns(source.columns)
    if source.columns.get("began_at", "").startswith("="):
        raise refused(SettingsError, "stop_outage_began", where="columns.began_at")
    table = headed(source, lambda row: _places(row, source.columns))
    if table is None and "began_at" not in source.columns:
        raise refused(SettingsError, "stop_outage_began", where="columns.began_at")
    if table is None:
        headers = [header for header in source.columns.values() if not header.startswith("=")]
        raise source.refuse("stop_outage_mapped", names=", ".join(headers))
    constants = {field: word[1:].strip() for field, word in source.columns.items() if word.startswith("=")}
    items = [_item(table, *row, constants) for row in table.rows]
    reading = to_reading(source, items, table.problems, clocks=table.clocks)
    return with_page_words(source, reading, [table.table])


def _places(row: Sequence[str], columns: Mapping[str, str]) -> dict[str, int] | None:
    """Where the fields stand, or nothing when a mapped heading is missing or none says when it began."""
    places = chosen(row, columns)
    if places is not None and "began_at" not in places:
        places = places_of(row, columns, field_of)
    return places if places and "began_at" in places else None


def _item(table: Headed, row: int, cells: Sequence[str], constants: Mapping[str, str]) -> Item:
    said = {**{field: table.cell(cells, field) for field in table.places}, **constants}
    fields = {field: clean_value(cell) for field, cell in said.items()}
    fields |= {field: since_1970(fields[field]) for field in _TIMES if field in fields}
    parts = tuple(
        (part,) for piece in _BETWEEN.split(said.get("services", "")) if fold_name(part := clean_value(piece))
    )
    fields["clock"] = table.clock_of(cells)
    fields |= {"lasted": table.length_of(cells), "unit": next(filter(is_length_column, table.headings), "")}
    fields["outage_id"] = fields.get("outage_id", "").replace(";", "-")
    return Item(row, fields, tuple(dict.fromkeys(parts)))


ADAPTERS = (Adapter("mapped", recognises, read, takes_columns=True),)
