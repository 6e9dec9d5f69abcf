"""The columns that no field was found for, looked into: dates, kinds of permit and addresses that nobody reads.

A column of ends under a heading that we do not know would be a false all-clear for everybody on the roster. Nothing is
bound here: what stands there is shown, with the line of the settings that would bind it. Pure: no files, no clock.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from statistics import median

from reporter.errors import RosterError, refused
from reporter.model.problem import Problem
from reporter.readers.dates import parts_of
from reporter.readers.grid import letter
from reporter.readers.table import MappedTable
from reporter.readers.values import quoted, says_settled, spelled, tidy_column, unaccented, value_list

ENDS = ("permit_expires_on", "must_leave_by_on")
"""The fields that say when a stay ends."""
LETTERS = ("letter_due_on", "letter_dated_on")
"""The fields of a list of letters, which need not say it."""
LOOKED, SHOWN = 200, 3
RECENT = 2015  # a column of years before it holds birth dates or the like, which are not shown
HALF = 0.5
YEAR = re.compile(r"(?:19|20)\d{2}")


IMPORTANT = {
    "permit_expires_on": (),
    "permit_kind": ("population",),
    "application_filed_at": ("application_filed", "application_outcome"),
    "full_name": ("family_name", "given_names"),
    "unit": (),
    "contact_email": (),
}
"""The fields without which much cannot be said, each with those that can stand for it."""


@dataclass(frozen=True)
class Unread:
    """One column that is not read and what it seems to hold: dates, kinds or addresses; with a few of its values."""

    column: int
    header: str
    holds: str
    samples: tuple[str, ...]


def unread_columns(page: MappedTable) -> list[Unread]:
    """The columns without a field that hold something a roster is read for, from left to right."""
    found = [_looked_into(page, column, label) for label, column in sorted(page.binding.left, key=lambda pair: pair[1])]
    return [one for one in found if one]


def unread_problems(page: MappedTable) -> list[Problem]:
    """Each of them told at its heading, with samples and the line that would map it; an unclear one is told apart."""
    unclear = {column for _, column, _ in page.binding.unclear}
    has_end = any(page.bound(name) for name in ENDS)
    told = []
    for one in unread_columns(page):
        if one.column in unclear:  # told already, with the fields it may be
            continue
        code = "unread_ends" if one.holds == "dates" and not has_end else f"unread_{one.holds}"
        details = {"samples": ", ".join(one.samples), "quoted": quoted(one.header)}
        told.append(page.problem(code, page.table.heading.row, one.column, one.header, **details))
    return told


def missing_fields(found: Collection[str]) -> tuple[str, ...]:
    """The important fields that no column was found for.

    Takes: found - the fields that have one; `work_permit_expires_on` tells the kind of its permit as well.
    """
    of_kinds = {base for name in found for base in ENDS if name.endswith(f"_{base}")}
    held = {*found, *of_kinds, *(["permit_kind"] if of_kinds else [])}
    return tuple(name for name, others in IMPORTANT.items() if held.isdisjoint((name, *others)))


def require_end(page: MappedTable) -> None:
    """A list without a column for the end of a stay would be read as one in which nobody's ends.

    Raises: RosterError - with the columns that hold dates, read or not, and the line that maps one.
    """
    if any(page.bound(name) for name in (*ENDS, *LETTERS)) or "permit_expires_on" in page.options.columns:
        return
    unread = [one for one in unread_columns(page) if one.holds == "dates"]
    read = [(b.header, page.name(b)) for b in page.binding.bound if b.field.endswith(("_on", "_at"))]
    if not unread and not read:
        return
    where, taken = page.table.where, [f"{header} → {name}" for header, name in read] or "–"
    if not unread:
        raise refused(RosterError, "stop_no_end", where=where, read=taken)
    columns = [f"{one.header} [{letter(one.column)}] ({', '.join(one.samples)})" for one in unread]
    first = quoted(unread[0].header)
    raise refused(RosterError, "stop_no_end_unread", where=where, columns=columns, read=taken, quoted=first)


def _looked_into(page: MappedTable, column: int, header: str) -> Unread | None:
    cells = tidy_column(page.table.rows[column]).dropna()
    distinct = cells.drop_duplicates().iloc[:LOOKED].tolist()
    for holds, fits in _TESTS.items():
        hits = [text for text in distinct if fits(text, page)]
        if hits and len(hits) >= len(distinct) * HALF and not (holds == "dates" and _are_old(hits)):
            return Unread(column, header, holds, tuple(_shown(text) for text in hits[:SHOWN]))
    return None


def _shown(text: str) -> str:
    """The value as it is quoted: a day without its midnight, and of an address only where it is."""
    return re.sub(r"[^@\s]+@", "…@", text.removesuffix(" 00:00:00"))


def _is_date(text: str, page: MappedTable) -> bool:
    found = parts_of(unaccented(text))
    return found is not None and not found.serial and not found.note


def _are_old(dates: list[str]) -> bool:
    years = [int(found[0]) for text in dates if (found := YEAR.search(text))]
    return bool(years) and median(years) < RECENT


def _is_kind(text: str, page: MappedTable) -> bool:
    return (spelled(text) in value_list("permit_kind") and len(text) > 2) or says_settled(text, page.values)


def _is_address(text: str, page: MappedTable) -> bool:
    name, at, domain = text.partition("@")
    return bool(name and at and "." in domain) and " " not in text


_TESTS: dict[str, Callable[[str, MappedTable], bool]] = {"dates": _is_date, "kinds": _is_kind, "addresses": _is_address}
