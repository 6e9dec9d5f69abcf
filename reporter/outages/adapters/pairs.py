"""A plain list of `began, ended`, as an uptime monitor keeps it: two columns, with or without a header. Pure.

An empty end is an outage that is not known to be over. The services are the caller's: the list names none.
"""

from reporter.outages.records import by_name, decode_record, one_instant, separators, split_rows
from reporter.outages.source import Adapter, Item, OutageReading, SourceDocument, clean_value, since_1970, to_reading
from reporter.text.formats import fold_name

_FIELD_OF = by_name("fields")
_HEADER = ("began_at", "ended_at")
_LOOKED_AT = 20
Rows = list[tuple[int, str, str]]


def recognises(source: SourceDocument) -> bool:
    """Two columns, and a beginning in one of the first rows or in the header."""
    return source.looks_like_table and _rows(decode_record(source.content, source.name)[0]) is not None


def read(source: SourceDocument) -> OutageReading:
    """The pairs as outages. Raises OutageFileError when there are not two columns of instants."""
    text, notes = decode_record(source.content, source.name)
    rows = _rows(text)
    if rows is None:
        raise source.refuse("stop_outage_pairs")
    return to_reading(source, [_item(*row) for row in rows], notes)


def _item(row: int, began: str, ended: str) -> Item:
    fields = {"began_at": began, "ended_at": ended, "kind": "unplanned", "verification": "unverified"}
    return Item(row, fields)


def _rows(text: str) -> Rows | None:
    """The rows under the header, if there is one; None when this is no such list."""
    for separator in separators(text):
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


ADAPTERS = (Adapter("pairs", recognises, read),)
