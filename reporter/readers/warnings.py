"""What is told about the columns of a page: doubtful dates, and columns that hold something and are not read.

A fault in a date that a deadline counts from sets the row aside; elsewhere the value is lost and the row is kept. A
column of ends under a heading that we do not know would be a false all-clear for everybody: what stands in it is shown,
with the line of the settings that would bind it, and nothing is bound here. Pure: no files, no clock.
"""

import re
from collections.abc import Callable, Collection, Mapping
from statistics import median

import numpy as np
import pandas as pd
from msgspec import Struct
from pandas import Series

from reporter.errors import RosterError, refused
from reporter.model.problem import Problem, letter
from reporter.model.rulebook import hour_of
from reporter.model.shapes import ROSTER
from reporter.readers.dates import LAST_MINUTE, RECEIPTS, DateColumn, day_text, parts_of, tells_hour
from reporter.readers.headers import BoundColumn
from reporter.readers.mapped_table import MappedTable
from reporter.readers.values import (
    Truth,
    quoted,
    says_settled,
    spelled,
    spelling_key,
    tidy,
    tidy_column,
    unaccented,
    value_list,
)

GOVERNING = frozenset(
    [
        "permit_expires_on",
        "must_leave_by_on",
        "completed_on",
        "enrolment_ended_on",
        "letter_due_on",
        "letter_dated_on",
        "application_filed_at",
        "second_application_filed_at",
    ]
)
FATAL = ("date_unreadable", "date_impossible", "date_several", "date_out_of_line", "date_far", "date_calendar")
TWO_READINGS = ("date_ambiguous", "date_mixed_order")
FAR = 15 * 365.25  # days from the middle of its column; further off is a birth date or a slip in the year
FEWEST = 3  # dates that make a middle
LONGEST = 10  # years a permit lasts at most
LINES = 'date_order = "dmy"'

ENDS = ("permit_expires_on", "must_leave_by_on")
"""The fields that say when a stay ends."""
LETTERS = ("letter_due_on", "letter_dated_on")
"""The fields of a list of letters, which need not say it."""
LOOKED, SHOWN = 200, 3
RECENT = 2015  # a column of years before it holds birth dates or the like, which are not shown
HALF = 0.5
TELLING = ("under_way", "not_temporary", "application_outcome")
"""Lists whose words, in a remark, say that a permit is not what its row says."""
BOILERPLATE = re.compile(r".*linkid=870924\.?", re.DOTALL)
"""What a spreadsheet program puts over a thread of notes for its older versions."""
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


class DateDoubts(Struct, frozen=True):
    """Each row's reason to be set aside (empty: none), the rows to be taken with care, and the problems."""

    code: Series
    careful: Truth
    problems: tuple[Problem, ...]


def date_doubts(page: MappedTable, dates: Mapping[int, DateColumn], among: Truth) -> DateDoubts:
    """Everything doubtful in the date columns of the rows that are not excluded."""
    code = Series("", index=page.index, dtype="str")
    problems: list[Problem] = []
    for bound in page.binding.bound:
        if bound.column not in dates:
            continue
        column = dates[bound.column]
        problems += _in_passing(page, bound, column, among)
        far = _out_of_line(column, among)
        if not far.any() and (column.facts["code"] == "").all():
            continue
        doubt = column["code"].mask(far, "date_out_of_line").where(among, "")
        found = doubt[doubt != ""]
        problems += [p for name, at in found.groupby(found) for p in _told(page, bound, column, str(name), at.index)]
        if bound.field in GOVERNING:
            fatal = doubt.where(doubt.isin(FATAL), "")
            code = code.where(code != "", fatal)
    careful, more = _at_odds(page, dates, among)
    return DateDoubts(code, careful, (*problems, *more))


def _told(page: MappedTable, bound: BoundColumn, column: DateColumn, name: str, rows: pd.Index) -> list[Problem]:
    code = _code(name, bound)
    at = page.index.get_indexer(rows)
    facts = column.facts.iloc[column.codes[at]]
    values = page.cells[bound.column].iloc[at]
    told = []
    for row, value, on, other, note in zip(rows, values, facts["on"], facts["other"], facts["note"], strict=True):
        details = {
            "field": page.name(bound),
            "header": bound.header,
            "first": day_text(on),
            "second": day_text(other),
            "note": note,
            "line": LINES,
            "count": "1",
        }
        told.append(page.problem(code, row, bound.column, value, **details))
        if note and name in TWO_READINGS:
            told.append(page.problem("date_annotated", row, bound.column, value, **details))
    return told


def _code(name: str, bound: BoundColumn) -> str:
    if bound.field == "application_filed" and name == "date_unreadable":
        return "filed_unknown"
    return name if bound.field in GOVERNING or name not in FATAL else f"{name}_kept"


def _out_of_line(column: DateColumn, among: Truth) -> Truth:
    """Dates over fifteen years from the middle one of their column over the whole roster, where there are enough."""
    days = column["on"].where(among).astype("int64").where(column["on"].notna() & among) / 86_400_000_000
    count, middle = column.middle or (int(days.notna().sum()), days.median())
    if count < FEWEST:
        return np.zeros(len(days), dtype=bool)
    return np.asarray((days - middle).abs() > FAR)


def _in_passing(page: MappedTable, bound: BoundColumn, column: DateColumn, among: Truth) -> list[Problem]:
    """What is told once of a column, at its first such row: receipts without an hour, hours that nothing counts by
    (save those that only say the beginning or the end of a day), and years of two digits."""
    is_receipt = bound.field in (*RECEIPTS, "application_filed")
    is_of_days = counts_days(bound.field)
    nowhere = np.zeros(len(among), dtype=bool)
    rows = {
        "filed_without_hour": np.asarray(column["on"].notna() & ~tells_hour(column)) if is_receipt else nowhere,
        "two_digit_years": column.says("form", "short"),
        "hour_unused": np.asarray(column["seconds"].between(1, LAST_MINUTE - 1)) if is_of_days else nowhere,
    }
    pivot = {"two_digit_years": {"pivot": f"{page.options.two_digit_pivot:02d}"}}
    return [
        problem
        for code, found in rows.items()
        if (told := among & found).any()
        for problem in page.problems(
            code, [page.index[told][0]], bound, count=str(int(told.sum())), **pivot.get(code, {})
        )
    ]


def counts_days(field: str) -> bool:
    """Whether nothing counts from a date to the minute."""
    return field.endswith("_on") and hour_of(field) not in ROSTER.names


def _at_odds(page: MappedTable, dates: Mapping[int, DateColumn], among: Truth) -> tuple[Truth, list[Problem]]:
    """Dates that cannot both be right: an expiry before its issue, a permit of over ten years, or past its passport."""
    careful = np.zeros(len(page.index), dtype=bool)
    problems: list[Problem] = []
    passport = _column(page, dates, "passport_expires_on")
    for bound in page.bound("permit_expires_on"):
        ends = dates[bound.column]["on"].where(among)
        issued = _column(page, dates, "permit_issued_on", bound.kind)
        if issued is not None:
            before = np.asarray(ends < issued)
            long = np.asarray(ends > issued + pd.DateOffset(years=LONGEST))
            careful |= before | long
            problems += _pairs(page, bound, "expires_before_issue", ends, issued, before)
            problems += _pairs(page, bound, "permit_over_ten_years", ends, issued, long)
        if passport is not None:
            problems += _pairs(page, bound, "permit_past_passport", ends, passport, np.asarray(ends > passport))
    return careful, problems


def _column(page: MappedTable, dates: Mapping[int, DateColumn], name: str, kind: str = "") -> Series | None:
    kinds = [b for b in page.bound(name) if not kind or b.kind in (kind, "")]
    several = len(page.bound("permit_expires_on")) > 1
    mine = [b for b in kinds if b.kind == kind or not several or name == "passport_expires_on"]
    return dates[mine[0].column]["on"] if mine else None


def _pairs(
    page: MappedTable, bound: BoundColumn, code: str, ends: Series, other: Series, where: Truth
) -> list[Problem]:
    values = page.cells[bound.column]
    return [
        page.problem(code, row, bound.column, values[row], first=day_text(ends[row]), second=day_text(other[row]))
        for row in page.index[where]
    ]


class Unread(Struct, frozen=True):
    """One column that is not read and what it seems to hold: dates, kinds or addresses; with a few of its values."""

    column: int
    header: str
    holds: str
    samples: tuple[str, ...]


def _unread_columns(page: MappedTable) -> list[Unread]:
    """The columns without a field that hold something a roster is read for, from left to right."""
    found = [_looked_into(page, column, label) for label, column in sorted(page.binding.left, key=lambda pair: pair[1])]
    return [one for one in found if one]


def unread_problems(page: MappedTable) -> list[Problem]:
    """Each of them told at its heading, with samples and the line that would map it; an unclear one is told apart."""
    unclear = {column for _, column, _ in page.binding.unclear}
    has_end = any(page.bound(name) for name in ENDS)
    told = []
    for one in _unread_columns(page):
        if one.column in unclear:  # told already, with the fields it may be
            continue
        code = "unread_ends" if one.holds == "dates" and not has_end else f"unread_{one.holds}"
        details = {"samples": ", ".join(one.samples), "quoted": quoted(one.header)}
        told.append(page.problem(code, page.table.heading.row, one.column, one.header, **details))
    heading = page.table.heading.row
    told += [p for label, column in page.binding.left for p in _remarks(page, column, label)]
    told += _notes(page)
    return told + [page.problem("unheaded_dates", heading, c, letter(c), samples=said) for c, said in _unheaded(page)]


def _remarks(page: MappedTable, column: int, label: str) -> list[Problem]:
    """A column of remarks that is not read, where some tell a date or a filing: told without what stands there."""
    if spelling_key(label) not in value_list("remark"):
        return []
    texts = tidy_column(page.table.rows[column]).dropna()
    telling = texts[[_tells_of_a_stay(text) for text in texts]]
    if telling.empty:
        return []
    told = {"count": str(len(telling)), "first": str(telling.index[0]), "quoted": quoted(label)}
    return [page.problem("unread_remarks", page.table.heading.row, column, label, **told)]


def _notes(page: MappedTable) -> list[Problem]:
    """The notes on cells of people's rows that tell a date or a filing: told without what stands there."""
    rows, dropped = set(page.index.tolist()), {b.column for b in page.bound("dropped")}
    noted = [
        (at, text) for at, text in sorted(page.table.sheet.notes.items()) if at[0] in rows and at[1] not in dropped
    ]
    telling = [at for at, text in noted if _tells_of_a_stay(tidy(BOILERPLATE.sub("", text)))]
    return [page.problem("unread_notes", *telling[0], count=str(len(telling)))] if telling else []


def _tells_of_a_stay(text: str) -> bool:
    is_said = any(not value_list(words).keys().isdisjoint(spelling_key(text).split()) for words in TELLING)
    return is_said or parts_of(unaccented(text)) is not None


def _unheaded(page: MappedTable) -> list[tuple[int, str]]:
    """The columns without a heading in which most rows hold a date, each with a few of them."""
    sheet, heading = page.table.sheet.cells, page.table.heading
    over = sheet.loc[heading.row]
    free = [c for c in map(int, sheet.columns) if c not in heading.texts and not isinstance(over[c], str)]
    found = []
    for column in free:
        cells = tidy_column(sheet.loc[page.index, column])
        dates = {text: _is_date(text, page) for text in cells.dropna().drop_duplicates().iloc[:LOOKED]}
        hits = [text for text, is_date in dates.items() if is_date]
        if cells.map(dates).eq(True).sum() * 2 > len(cells) and not _are_old(hits):
            found.append((column, ", ".join(map(_shown, hits[:SHOWN]))))
    return found


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
    unread = [one for one in _unread_columns(page) if one.holds == "dates"]
    read = [(b.header, page.name(b)) for b in page.binding.bound if b.field.endswith(("_on", "_at"))]
    where, taken = page.table.where, [f"{header} → {name}" for header, name in read] or "–"
    if not unread and (bare := _unheaded(page)):
        told = "; ".join(f"{letter(column)} ({said})" for column, said in bare)
        raise refused(RosterError, "stop_no_end_unheaded", where=where, columns=told)
    if not unread and not read:
        return
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
