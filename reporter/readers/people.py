"""Who a row is about: ids kept as text, the rows without one, names compared, and the rows that say one thing twice.

Names are compared in any script; where a list has no numbers, a key is made of name and unit. Whether one id is one
person is for all rosters together to say: see identity.py. Pure: no files, no clock.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.model.rulebook import earliest_of, hour_of
from reporter.model.shapes import DTYPES, ROSTER, value_spellings
from reporter.readers.dates import RECEIPTS, DateColumn, certainties, earliest_receipts, receipt_instants, told_instants
from reporter.readers.headers import PER_PERMIT, BoundColumn, finer_kinds, implied_kinds
from reporter.readers.mapped_table import MappedTable, lone_texts
from reporter.readers.values import Truth, matches, spelled, truth, value_list

EXPORTED = r"^'(.+)$|^([1-9]\d*)[.,]0+$"
"""What an export adds to a number: the sign by which a spreadsheet keeps it as text, or decimals."""
NUMBER = r"#?[a-z]{0,4}[ -]?\d{3,}"
EXAMPLE = r"(?:p\.\s?|par )?ex\.?\s?:|(?:for |par )?ex[ae]mple(?:[\s:.)\]]|$)"
NO_NUMBERS = {
    "id_shortened": r"\d(?:[.,]\d+)?[eE]\+?\d+",
    "id_is_date": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    "id_example": rf"(?i)[\s(\[]*(?:{EXAMPLE}|e\.\s?g\b|(?:p\.\s?|par )?ex\.\s"
    r"|(?:sample|sp[eé]cimen)(?:[\s:.)\]]|$)).*",
    "id_several": rf"(?i){NUMBER}(?:(?:\s?[;&|+]\s?|, | / | (?:and|et|or|ou) ){NUMBER})+",
}
"""What stands where a number should and is none: the whole of a cell, by the code of the problem."""
EXAMPLE_NAME = rf"^[\s(\[]*(?:e\.g\.\s|(?i:{EXAMPLE}))"
"""The name of an example; `E.G. Roy` and a family called Sample are somebody's."""
ODD = r"[^0-9A-Za-z_-]|^\D+$|^\d[eE]\d+$"
"""What an id must hold to be one of them, so that the ordinary ones are looked at once."""
REASONS = ("no_person_id", *NO_NUMBERS, "lone_text")

INSIDE_A_WORD = "'’ʼ.\u200c\u200d"  # O'Brien is one word, and so is a Persian name with its joiner
LETTERS = 10  # of a key: among 100,000 people, two share one by chance once in some 200 lists
Name = tuple[str, ...]


def person_ids(cells: Series) -> Series:
    """The ids as compared and kept: in NFKC, leading zeros as they stand; words for `no id` are missing.

    What an export adds is no part of them: `'00412` is `00412`, and `1001.0` is `1001`.
    """
    arrow = pc.utf8_normalize(pa.array(cells.array), "NFKC")
    if any(pc.any(pc.match_substring(arrow, sign)).as_py() for sign in ("'", ".0", ",0")):
        arrow = pc.replace_substring_regex(arrow, EXPORTED, r"\1\2")
    ids = Series(pd.array(arrow, dtype="str"), index=cells.index)
    return ids.mask(ids.str.lower().isin(value_spellings()["no_id"]["none"]))


def exported_ids(page: MappedTable, ids: Series, among: Truth) -> list[Problem]:
    """The column of ids where an export added something to some: told once, at the first such row."""
    bound = page.bound("person_id")[0]
    cells = page.cells[bound.column]
    told = among & np.asarray((cells != ids) & ids.notna())
    if told.any():
        told[told] = truth(cells[told].str.match(EXPORTED))
    if not told.any():
        return []
    row, count = page.index[told][0], str(int(told.sum()))
    details = {"header": bound.header, "first": ids[row], "count": count}
    return [page.problem("ids_exported", row, bound.column, cells[row], **details)]


def principal_ids(cells: Series) -> Series:
    """The number of the person whose permit each one's rests on; `no` where a column asks whether there is one."""
    ids = person_ids(cells)
    return ids.mask(ids.map(spelled, na_action="ignore").map(value_list("yes_no").get, na_action="ignore") == "no")


def without_person(page: MappedTable, ids: Series, among: Truth) -> tuple[Series, list[Problem]]:
    """The rows that cannot be anybody's: no id, a heading between groups, or what is nobody's number.

    Takes:   ids - see person_ids; among - the rows that are not excluded.
    Returns: each row's problem code, empty where there is an id; the problems.
    """
    code = Series("", index=page.index, dtype="str")
    odd = ids[truth(ids.str.contains(ODD))]
    for name, pattern in NO_NUMBERS.items():
        code[odd.index[truth(odd.str.fullmatch(pattern))]] = name
    code[_several_lines(page)] = "id_several"
    code[_example_names(page)] = "id_example"
    code[ids.isna()] = "no_person_id"
    code[lone_texts(page)] = "lone_text"
    code[~among] = ""
    bound = page.bound("person_id")[0]
    return code, [p for name in REASONS for p in page.problems(name, page.index[code == name].tolist(), bound)]


def _several_lines(page: MappedTable) -> Truth:
    """The rows whose number is two, each on a line of its own in the cell: tidied, they are one with a blank in it."""
    written = page.table.rows[page.bound("person_id")[0].column]
    found = matches(written, r"\S\s*[\r\n]\s*\S")
    if found.any():
        found[found] = [
            all(re.fullmatch(NUMBER, line.strip(), re.IGNORECASE) for line in text.splitlines() if line.strip())
            for text in written[found]
        ]
    return found


def _example_names(page: MappedTable) -> Truth:
    """The rows that show how to fill in the list by what stands for the name."""
    found = np.zeros(len(page.index), dtype=bool)
    for bound in (b for name in ("full_name", "family_name", "given_names") for b in page.bound(name)):
        found |= matches(page.cells[bound.column], EXAMPLE_NAME)
    return found


def repeated_people(page: MappedTable, ids: Series, among: Truth) -> tuple[Truth, list[Problem]]:
    """The rows equal to an earlier one, to be assessed once."""
    repeated = np.zeros(len(ids), dtype=bool)
    again = among & truth(ids.duplicated(keep=False) & ids.notna())
    if not again.any():
        return repeated, []
    lines = page.cells.loc[again].assign(person=ids[again])
    same = lines.duplicated()
    repeated[again] = same
    first = lines.groupby(list(lines.columns), dropna=False, sort=False).ngroup()
    firsts = Series(lines.index, index=first).groupby(level=0).first()
    told = [
        page.problem("duplicate_row", row, page.bound("person_id")[0].column, ids[row], first=str(firsts[first[row]]))
        for row in lines.index[same]
    ]
    return repeated, told


HOURS = frozenset(ROSTER.of_kind("instant"))
"""Columns that keep an hour; a date has one beside it where something counts from it to the minute."""
READINGS = ("day_first", "month_first")


class Sheetful(Struct, frozen=True):
    """What was read from the page: text and words by field, and the date columns by column number."""

    page: MappedTable
    words: Mapping[str, Series]
    dates: Mapping[int, DateColumn]
    zones: Series


def roster_rows(read: Sheetful, keep: Truth) -> DataFrame:
    """The ROSTER frame of the rows to keep, in the order of the sheet; its index is the sheet's row numbers."""
    slots = read.page.bound("permit_expires_on") or (None,)
    used = _used_slots(read, slots)
    parts = [part for slot in slots for part in _slot_rows(read, slot, slots, keep & used[slot])]
    if len(parts) == 1:
        return parts[0]
    return pd.concat(parts).sort_index(kind="stable")


def _used_slots(read: Sheetful, slots: tuple[BoundColumn | None, ...]) -> dict[BoundColumn | None, Truth]:
    """Which rows have a permit of each kind; a row without any keeps the kind it says, else the first column."""
    if len(slots) == 1:
        return {slots[0]: np.ones(len(read.page.index), dtype=bool)}
    filled: dict[BoundColumn | None, Truth] = {s: ~read.dates[s.column].says("state", "missing") for s in slots if s}
    none = ~np.column_stack(list(filled.values())).any(axis=1)
    said = _kinds(read, None)
    left = none.copy()
    for slot in filled:
        mine = none & truth(said == (slot.kind if slot else ""))
        filled[slot] |= mine
        left &= ~mine
    first = next(iter(filled))
    return {**filled, first: filled[first] | left}


def _slot_rows(
    read: Sheetful, slot: BoundColumn | None, slots: tuple[BoundColumn | None, ...], keep: Truth
) -> list[DataFrame]:
    """The rows of one permit column: as read, and again with the month first where that is another date."""
    columns = _date_columns(read, slot, len(slots) == 1)
    doubt = certainties([*columns.values()], read.page.index)[keep]
    ambiguous = np.asarray(doubt == "ambiguous")
    base = _texts(read, slot, slots, keep) | {"date_certainty": doubt}
    base["reading"] = Series("", index=read.page.index[keep])
    if not ambiguous.any():
        return [_frame(base | _days(read, columns, keep, None))]
    first = _frame(base | _days(read, columns, keep, None) | {"reading": _reading(base, ambiguous, 0)})
    other = _frame(base | _days(read, columns, keep, "other") | {"reading": _reading(base, ambiguous, 1)})
    return [first, other[ambiguous]]


def _reading(base: Mapping[str, Series], ambiguous: Truth, which: int) -> Series:
    return Series(np.where(ambiguous, READINGS[which], ""), index=base["date_certainty"].index)


def _date_columns(read: Sheetful, slot: BoundColumn | None, is_only: bool) -> dict[str, DateColumn]:
    """The date columns that hold for one permit; with several, an issue date without a kind belongs to none."""
    page, chosen = read.page, {}
    for bound in page.binding.bound:
        if bound.column not in read.dates:
            continue
        name = "application_filed_at" if bound.field == "application_filed" else bound.field
        mine = bound == slot if name == "permit_expires_on" else _belongs(bound, slot, is_only)
        if mine and not (bound.field == "application_filed" and page.bound(name)):
            chosen[name] = read.dates[bound.column]
    return chosen


def _belongs(bound: BoundColumn, slot: BoundColumn | None, is_only: bool) -> bool:
    return bound.field not in PER_PERMIT or is_only or bool(slot and slot.kind == bound.kind)


def _days(read: Sheetful, columns: Mapping[str, DateColumn], keep: Truth, other: str | None) -> dict[str, Series]:
    days = {}
    for name, column in columns.items():
        on = column["on"]
        if other:
            on = column["other"].fillna(on)
        is_receipt = name in RECEIPTS
        days[name] = _kept(receipt_instants(on, column, read.zones) if is_receipt else on, keep)
        if hour_of(name) in HOURS and name != hour_of(name):
            days[hour_of(name)] = _kept(told_instants(on, column), keep)
        if is_receipt:
            days[earliest_of(name)] = _kept(earliest_receipts(on, column, read.zones), keep)
    return days


def _kept(cells: Series, keep: Truth) -> Series:
    return cells if keep.all() else cells[keep]


def _texts(
    read: Sheetful, slot: BoundColumn | None, slots: tuple[BoundColumn | None, ...], keep: Truth
) -> dict[str, Series]:
    texts = {name: _kept(cells, keep) for name, cells in read.words.items()}
    number = _number(read, slot, len(slots) == 1)
    if number is not None:
        texts["permit_number"] = _kept(number, keep)
    state = Series("no_column", index=read.page.index) if slot is None else read.dates[slot.column]["state"]
    texts["permit_expires_state"] = _kept(state, keep)
    texts["permit_kind"] = _kept(_kinds(read, slot), keep)
    texts["source_row"] = _kept(read.page.source_rows, keep)
    return texts


def _number(read: Sheetful, slot: BoundColumn | None, is_only: bool) -> Series | None:
    mine = [b for b in read.page.bound("permit_number") if _belongs(b, slot, is_only)]
    return read.page.cells[mine[0].column] if mine else None


def _kinds(read: Sheetful, slot: BoundColumn | None) -> Series:
    """Each row's kind of permit: by the header, by the cell, by another permit column's header, by the population."""
    said = read.words.get("permit_kind", Series(pd.NA, index=read.page.index, dtype="str"))
    if slot and slot.kind:
        return said.where(said.isin([slot.kind, *finer_kinds(slot.kind)])).fillna(slot.kind)
    implied = {b.kind for name in PER_PERMIT for b in read.page.bound(name) if b.kind} if slot else set()
    if len(implied) == 1:
        said = said.fillna(implied.pop())
    population = read.words.get("population")
    return said if population is None else said.fillna(population.map(implied_kinds()).astype("str"))


def _frame(columns: Mapping[str, Series]) -> DataFrame:
    """The columns at hand as a ROSTER frame; the absent ones, which are most, are empty, and one in memory."""
    index = columns["source_row"].index
    empty = {kind: _of_kind(Series(None, index=index, dtype="object"), kind) for kind in ("text", "date", "instant")}
    whole = {c.name: _of_kind(columns[c.name], c.kind) if c.name in columns else empty[c.kind] for c in ROSTER.columns}
    return DataFrame(whole, copy=False)


def _of_kind(cells: Series, kind: str) -> Series:
    dtype: Any = DTYPES[kind]
    return cells if cells.dtype == dtype else cells.astype(dtype)


def name_words(text: str) -> Name:
    """The words of a name in any script, without case and Latin accents; titles and order are left as they stand."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(_letters(apart))
    return tuple(unicodedata.normalize("NFC", bare).split())


def _letters(text: str) -> Iterator[str]:
    """The letters and marks that tell names apart; a blank for what stands between words."""
    is_latin = False
    for letter in text:
        if unicodedata.category(letter)[0] == "M":
            if not is_latin:
                yield letter
            continue
        is_latin = "a" <= letter <= "z"
        if letter not in INSIDE_A_WORD:
            yield letter if letter.isalnum() else " "


def is_one_name(one: Name, other: Name) -> bool:
    """Whether two names can be one person's: the words of the shorter stand in the longer, some as initials.

    A name that is not told agrees with any. `Marie Roy` agrees with `Roy, Marie-Ève` and `M. Roy`, not `Marie Ray`.
    """
    if not one or not other or "".join(one) == "".join(other):
        return True
    few, many = sorted((one, other), key=len)
    return any(word in many and not _is_initial(word) for word in few) and all(
        any(_is_one_word(word, longer) for longer in many) for word in few
    )


def _is_one_word(one: str, other: str) -> bool:
    return one == other or ((_is_initial(one) or _is_initial(other)) and one[0] == other[0])


def _is_initial(word: str) -> bool:
    """One letter of a script that has capitals: in the others, one sign may be a whole name."""
    return len(word) == 1 and word.upper() != word


def made_ids(names: DataFrame, units: Series, filled: Series) -> Series:
    """A key for each person, of name and unit: the same each week, whatever the order, case and accents of the name.

    A row without a name, or with nothing beside it, gets none.

    Takes: the cells of the names; those of the units; how many cells each row has filled.
    """
    whole = [" ".join(parts) for parts in names.fillna("").itertuples(index=False)]
    keys = [_made_id(name, unit) for name, unit in zip(whole, units.fillna(""), strict=True)]
    is_person = names.notna().any(axis=1) & (filled > names.notna().sum(axis=1))
    return Series(keys, index=names.index, dtype="str").where(is_person)


def _made_id(name: str, unit: str) -> str:
    words = "\n".join([*sorted(name_words(name)), "", *name_words(unit)])
    return f"P-{hashlib.sha256(words.encode()).hexdigest()[:LETTERS].upper()}"
