"""Any CSV, once the caller says which header stands for which field of an outage. Pure.

`columns` maps fields to headers, compared without case or accents; a header written `=planned` is a constant for all
rows. Times are read as in the office's own table, and as seconds or milliseconds since 1970.
"""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from reporter.errors import SettingsError, refused
from reporter.outages.reading import OutageReading
from reporter.outages.records import FIELDS, HEADERS, by_name, decode_record, split_rows
from reporter.outages.source import Item, SourceDocument, clean_value, one_instant, to_reading
from reporter.text.folding import fold_name

_HEADER_ROWS = 30
_BETWEEN = re.compile(r"[;|\n]")
_EPOCH = re.compile(r"(1\d{9}|2\d{9})(?:\.\d+)?|([12]\d{12})")
_TIMES = ("began_at", "ended_at", "announced_at")


def recognises(source: SourceDocument) -> bool:
    """Text, when the caller has said how to read its columns."""
    return bool(source.columns) and source.looks_like_table


def read(source: SourceDocument) -> OutageReading:
    """The rows of the CSV under the contract's fields.

    Raises: SettingsError when a mapped field is not one of an outage, or no field says when it began;
    OutageFileError when no row has the headers.
    """
    _check(source.columns)
    text, notes = decode_record(source.content, source.name)
    for separator in (",", ";", "\t"):
        grid, is_patched = split_rows(text, separator)
        if (found := _header(grid, source.columns)) is not None:
            told = (*notes, source.problem("outage_quotes")) if is_patched else notes
            return to_reading(source, _items(grid, *found, source.columns), told)
    headers = [header for header in source.columns.values() if not header.startswith("=")]
    raise source.refused(f"has no header row with all of: {', '.join(headers)}; correct the mapping")


def _check(columns: Mapping[str, str]) -> None:
    for field in columns:
        if field not in FIELDS:
            raise refused(SettingsError, "stop_outage_field", where=f"columns.{field}", names=", ".join(FIELDS))
    if columns.get("began_at", "=").startswith("="):
        raise refused(SettingsError, "stop_outage_began", where="columns.began_at")


def _header(grid: Sequence[Sequence[str]], columns: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """The first row with every mapped header, and where each stands."""
    wanted = {field: fold_name(header) for field, header in columns.items() if not header.startswith("=")}
    for number, row in enumerate(grid[:_HEADER_ROWS]):
        places = {fold_name(cell): at for at, cell in reversed(list(enumerate(row)))}
        if all(header in places for header in wanted.values()):
            return number, {field: places[header] for field, header in wanted.items()}
    return None


def _items(grid: list[list[str]], header: int, places: Mapping[str, int], columns: Mapping[str, str]) -> list[Item]:
    constants = {field: word[1:].strip() for field, word in columns.items() if word.startswith("=")}
    return [
        _item(number, {field: row[at] if at < len(row) else "" for field, at in places.items()} | constants)
        for number, row in enumerate(grid[header + 1 :], header + 2)
        if any(clean_value(cell) for cell in row)
    ]


def _item(row: int, cells: Mapping[str, str]) -> Item:
    fields = {field: clean_value(cell) for field, cell in cells.items()}
    fields |= {field: since_1970(fields[field]) for field in _TIMES if field in fields}
    parts = tuple(
        (part,) for piece in _BETWEEN.split(cells.get("services", "")) if fold_name(part := clean_value(piece))
    )
    fields["outage_id"] = fields.get("outage_id", "").replace(";", "-")
    return Item(row, fields, tuple(dict.fromkeys(parts)))


def since_1970(text: str) -> str:
    """A machine's count of seconds or milliseconds as an instant; any other text as it is."""
    match = _EPOCH.fullmatch(text)
    if match is None:
        return text
    at = pd.Timestamp(int(match[1]), unit="s") if match[1] else pd.Timestamp(int(match[2]), unit="ms")
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


_FIELD_OF = by_name(HEADERS)
_HEADER = ("began_at", "ended_at")
_LOOKED_AT = 20
Rows = list[tuple[int, str, str]]


def recognises_pairs(source: SourceDocument) -> bool:
    """Two columns, and a beginning in one of the first rows or in the header."""
    return source.looks_like_table and _rows(decode_record(source.content, source.name)[0]) is not None


def read_pairs(source: SourceDocument) -> OutageReading:
    """The pairs as outages. Raises OutageFileError when there are not two columns of instants."""
    text, notes = decode_record(source.content, source.name)
    rows = _rows(text)
    if rows is None:
        raise source.refused("is not a list of `began, ended`; it needs two columns of instants")
    return to_reading(source, [_pair_item(*row) for row in rows], notes)


def _pair_item(row: int, began: str, ended: str) -> Item:
    fields = {"began_at": began, "ended_at": ended, "kind": "unplanned", "verification": "unverified"}
    return Item(row, fields)


def _rows(text: str) -> Rows | None:
    """The rows under the header, if there is one; None when this is no such list."""
    for separator in (",", ";", "\t"):
        grid = [
            (number, [clean_value(cell) for cell in row])
            for number, row in enumerate(split_rows(text, separator)[0], 1)
        ]
        filled = [(number, row) for number, row in grid if any(row)]
        pairs = [(number, row[0], row[1]) for number, row in filled if len(row) > 1 and not any(row[2:])]
        if pairs and len(pairs) * 2 > len(filled):
            is_headed = tuple(_FIELD_OF.get(fold_name(cell)) for cell in pairs[0][1:]) == _HEADER
            rows = [(number, since_1970(a), since_1970(b)) for number, a, b in pairs[is_headed:]]
            if is_headed or any(one_instant(began) for _, began, _ in rows[:_LOOKED_AT]):
                return rows
    return None
