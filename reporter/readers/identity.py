"""Who is who over all rosters: one number is one person only where no name says otherwise.

A number beside two names is nobody's: all its rows are set aside, since nobody can tell whose permit is whose.
`413395` and `00413395` beside one name are one person, by the number that keeps its zeros. A likeness decides
nothing here, and is told: `A-12` and `a12` are two. Pure: no files, no clock.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.model.report import SHARED
from reporter.readers.people import Name, is_one_name, name_words
from reporter.readers.roster import RosterReading

LOOK_ALIKE = str.maketrans("авекмнорстухіјѕαβεζηικμνορτυχ", "abekmhopctyxijsabezhikmnoptyx")
"""Cyrillic and Greek letters whose capitals look like Latin ones."""
NAMES = ["full_name", "family_name", "given_names"]


class _Found(Struct):
    """What the rows of one number turned out to be: by source row, the other row that makes the number nobody's,
    the number that a row is to have in place of its own, with the row that has it, and the row whose number differs
    from its own by zeros in front, capitals or signs alone."""

    shared: dict[str, str] = field(default_factory=dict)
    renumbered: dict[str, tuple[str, str]] = field(default_factory=dict)
    alike: dict[str, str] = field(default_factory=dict)


def settle_people(readings: Sequence[RosterReading]) -> list[RosterReading]:
    """The readings with one number a person, and the rows set aside whose number is two people's."""
    people = _people(readings)
    found = _Found()
    for _, group in _unlike(people).groupby("key", sort=False):
        _settle(group, found)
    if not found.shared and not found.renumbered and not found.alike:
        return list(readings)
    return [_settled(reading, found) for reading in readings]


def number_keys(ids: Series) -> Series:
    """What the spellings of a number have in common: its letters and digits, without capitals and zeros in front, those
    of other alphabets as the Latin ones that they look like."""
    small = pc.utf8_lower(pa.array(ids.array))
    if not pc.all(pc.string_is_ascii(small)).as_py():
        small = pa.array([text and text.translate(LOOK_ALIKE) for text in small.to_pylist()], type=small.type)
    bare = pc.replace_substring_regex(small, r"[^\pL\pN]", "")
    keys = pc.replace_substring_regex(bare, r"^0+(\d+)$", r"\1")
    return Series(pd.array(pc.if_else(pc.equal(keys, ""), small, keys), dtype="str"), index=ids.index)


def _people(readings: Sequence[RosterReading]) -> DataFrame:
    """Every row that is to be assessed, once: its number, what all spellings of it share, and its name as one text.

    The frame has no row where no number stands twice.
    """
    wanted = ["source_row", "person_id", *NAMES]
    whole = pd.concat([reading.roster[wanted] for reading in readings], ignore_index=True)
    key = number_keys(whole["person_id"])
    again = whole.assign(key=key)[key.duplicated(keep=False)].drop_duplicates("source_row")
    first, *others = NAMES
    name = again[first].fillna("").str.cat(again[others].fillna(""), sep=" ").str.strip()
    return again.assign(name=name)


def _unlike(people: DataFrame) -> DataFrame:
    """The rows of the numbers that stand beside two names, or are written in two ways."""
    each = people.groupby("key", sort=False)[["person_id", "name"]].transform("nunique")
    return people[(each > 1).any(axis=1)]


def _settle(group: DataFrame, found: _Found) -> None:
    """Decide about the rows of one number: those that differ in zeros and capitals alone may be one person's."""
    spelled = group["person_id"].str.casefold().str.replace(r"^0+(?=\d+$)", "", regex=True)
    for _, rows in group.groupby(spelled, sort=False):
        _settle_spelling(rows, found)
    found.alike |= _alike(group[~group["source_row"].isin(list(found.renumbered))])


def _settle_spelling(rows: DataFrame, found: _Found) -> None:
    names = rows["name"].map(name_words)
    if any(not is_one_name(one, other) for one, other in combinations(dict.fromkeys(names), 2)):
        for _, same in rows.assign(words=names).groupby("person_id", sort=False):
            found.shared |= _contrary(dict(zip(same["source_row"], same["words"], strict=True)))
        return
    whole, at, named = _with_most_zeros(rows)
    told = rows[(rows["person_id"] != whole) & names.astype(bool) & bool(name_words(named))]
    found.renumbered |= dict.fromkeys(told["source_row"], (whole, at))


def _with_most_zeros(group: DataFrame) -> tuple[str, str, str]:
    """The longest number of those that differ in zeros, with the address and the name of its row."""
    whole, at, name = group[["person_id", "source_row", "name"]].iloc[int(group["person_id"].str.len().argmax())]
    return whole, at, name


def _alike(group: DataFrame) -> dict[str, str]:
    """Of each number that another is like, the first row, with the other's: nobody joins them."""
    whole, at, _ = _with_most_zeros(group)
    others = group[group["person_id"] != whole].drop_duplicates("person_id")
    return dict.fromkeys(others["source_row"], at)


def _contrary(names: Mapping[str, Name]) -> dict[str, str]:
    """Each row of a number that is two people's, with another that bears another name; none where all agree."""
    rows = list(names)
    pairs = {row: next((o for o in rows if not is_one_name(names[row], names[o])), "") for row in rows}
    if not any(pairs.values()):
        return {}
    first = next(row for row in rows if pairs[row])
    return {row: other or first for row, other in pairs.items()}


def _settled(reading: RosterReading, found: _Found) -> RosterReading:
    """One reading with its part of what was found: rows set aside, numbers made one, and both told."""
    rows, roster = reading.rows, reading.roster
    aside = [row for row in rows["source_row"] if row in found.shared]
    other = [row for row in rows["source_row"] if row in found.renumbered]
    alike = [row for row in rows["source_row"] if row in found.alike]
    if not aside and not other and not alike:
        return reading
    number = Series({row: found.renumbered[row][0] for row in other}, dtype="str")
    is_aside = rows["source_row"].isin(aside)
    ids = dict(zip(rows["source_row"], rows["person_id"], strict=True))
    told = [_told(reading, SHARED, row, found.shared[row], ids[row]) for row in aside]
    told += [_told(reading, "id_without_zeros", row, found.renumbered[row][1], ids[row]) for row in other]
    told += [_told(reading, "id_but_for_zeros", row, found.alike[row], ids[row]) for row in alike]
    return reading.with_rows(
        rows.assign(
            person_id=rows["source_row"].map(number).astype("str").fillna(rows["person_id"]),
            outcome=rows["outcome"].mask(is_aside, "set_aside"),
            rule=rows["rule"].mask(is_aside, SHARED),
        ),
        roster.assign(person_id=roster["source_row"].map(number).astype("str").fillna(roster["person_id"])),
        told,
    )


def _told(reading: RosterReading, code: str, row: str, other: str, value: str) -> Problem:
    return row_problem(reading, code, row, other, field="person_id", value=value)


def row_problem(
    reading: RosterReading, code: str, row: str, other: str = "", *, field: str, value: str = "", **details: str
) -> Problem:
    """A problem of one row that another row explains; the other is named by its file too where that is another.

    Takes: the addresses of both rows, see `address`; the field whose column the problem stands in.
    """
    file, sheet, number = address(row)
    mapped = next((m for m in reading.mapping if m.field.endswith(field)), None)
    column, header = (mapped.column, mapped.header) if mapped else ("", field)
    if not other:
        return Problem(file, code, sheet, number, column, value, {"header": header, **details})
    far, far_sheet, far_number = address(other)
    told = {"header": header, "first": str(far_number), "file": f"{far}, {far_sheet}".rstrip(", ")}
    is_near = (far, far_sheet) == (file, sheet)
    return Problem(file, code if is_near else f"{code}_far", sheet, number, column, value, told | details)


def address(source_row: str) -> tuple[str, str, int]:
    """The file, the sheet and the row of an address `file!sheet:row`."""
    place, _, row = source_row.rpartition(":")
    file, _, sheet = place.partition("!")
    return file, sheet, int(row)
