"""Text cells to OUTAGES: every doubt resolved towards more down time, and told. Pure: no files, no clock."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES
from reporter.outages.cells import Cells
from reporter.outages.instants import read_instants
from reporter.outages.services import known_services, service_ids
from reporter.outages.terms import KINDS, STATUSES, VERIFICATIONS, by_name
from reporter.text.folding import fold_name

_LONGEST_VALUE = 120


@dataclass
class _Notes:
    """Collects the problems of one file, each with the address of its row."""

    cells: Cells
    found: list[Problem] = field(default_factory=list)

    def at(self, rows: "Series[bool]", code: str, column: str, **details: Series | str) -> None:
        """One problem for each row that holds; a detail is a column of words, or one word for all."""
        letter = dict(self.cells.letters).get(column, column)
        touched = rows.index[rows.to_numpy(bool)]
        numbers, values = (self.cells.frame.loc[touched, name].tolist() for name in ("row", column))
        for index, number, value in zip(touched, numbers, values, strict=True):
            words = {key: text if isinstance(text, str) else str(text[index]) for key, text in details.items()}
            self.found.append(
                Problem(self.cells.source, code, self.cells.sheet, number, letter, value[:_LONGEST_VALUE], words)
            )

    def once(self, count: int, code: str, column: str, used: str = "") -> None:
        """One problem for the file as a whole, with how many rows it touches; none when it touches none."""
        if count:
            words = {"count": str(count), "column": column, "used": used}
            self.found.append(Problem(self.cells.source, code, self.cells.sheet, column=column, details=words))


def read_records(
    cells: Cells, names: Mapping[str, str], as_of: Timestamp | None = None
) -> tuple[DataFrame, tuple[Problem, ...]]:
    """The records as outages, with a problem for all that was refused, assumed or replaced.

    Takes:   FIELDS as text and `row`; `names` maps plain service names to ids.
    Returns: OUTAGES in the order of the file, ids not yet unique, and the problems.
    """
    notes = _Notes(cells)
    when = _times(cells.frame, notes)
    frame, when = cells.frame[when["is_kept"]], when[when["is_kept"]]
    source_url = _links(frame["source_url"], notes)
    outages = frame.assign(
        services=_services(frame["services"], names, notes),
        began_at=when["began_at"],
        ended_at=when["ended_at"],
        kind=_words(frame["kind"], KINDS, "unplanned", notes),
        verification=_verification(frame["verification"], source_url, notes),
        status=_status(frame["status"], when, as_of, notes),
        announced_at=_announced(frame["announced_at"], notes),
        source_url=source_url,
        precision=when["is_day"].map({True: "day", False: "minute"}),
        source_row=_place(cells) + frame["row"].astype("str"),
    )
    return OUTAGES.cast(outages.assign(outage_id=_ids(outages, notes))), tuple(notes.found)


def _place(cells: Cells) -> str:
    return f"{cells.source}!{cells.sheet}:" if cells.sheet else f"{cells.source}:"


def _times(frame: DataFrame, notes: _Notes) -> DataFrame:
    """began_at, ended_at, is_day, and is_kept: a record without a beginning, or that ends before it, is refused."""
    began, ended = read_instants(frame["began_at"]), read_instants(frame["ended_at"], is_end=True)
    is_inverted = ended["at"] < began["at"]
    notes.at(frame["began_at"] == "", "outage_began_missing", "began_at")
    notes.at(began["is_unreadable"], "outage_began_unreadable", "began_at")
    notes.at(ended["is_unreadable"], "outage_end_unreadable", "ended_at")
    notes.at(is_inverted, "outage_ends_before_it_begins", "ended_at", began=frame["began_at"])
    is_kept = began["at"].notna() & ~is_inverted
    notes.at(is_kept & (ended["at"] == began["at"]), "outage_zero_length", "ended_at")
    for column, read in (("began_at", began), ("ended_at", ended)):
        for sign in ("is_day", "is_twice", "is_skipped"):
            code = {"is_day": "outage_bare_date", "is_twice": "outage_hour_twice", "is_skipped": "outage_hour_skipped"}
            notes.at(is_kept & read[sign], code[sign], column, used=_iso(read["at"]))
    is_day = began["is_day"] | ended["is_day"]
    return DataFrame({"began_at": began["at"], "ended_at": ended["at"], "is_day": is_day, "is_kept": is_kept})


def _iso(at: Series) -> "Series[str]":
    text: Series[str] = at.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text


def _announced(text: Series, notes: _Notes) -> Series:
    read = read_instants(text)
    notes.at(read["is_unreadable"], "outage_announced_unreadable", "announced_at")
    return read["at"]


def _services(text: Series, names: Mapping[str, str], notes: _Notes) -> Series:
    known = known_services(names)
    read = {raw: service_ids(raw, known) for raw in text.unique()}
    unknown = text.map({raw: "; ".join(odd) for raw, (_, odd) in read.items()})
    notes.at(text.map(fold_name) == "", "outage_services_missing", "services")
    notes.at(unknown != "", "outage_services_unknown", "services", unknown=unknown)
    return text.map({raw: ids for raw, (ids, _) in read.items()})


def _words(text: Series, lists: Mapping[str, str], fallback: Series | str, notes: _Notes) -> Series:
    """The column in the words of the contract; an unknown one is told, with the allowed ones, and replaced."""
    column, spellings = str(text.name), by_name(lists)
    wanted = text.map(fold_name)
    words = wanted.map(spellings)
    used = fallback if isinstance(fallback, Series) else pd.Series(fallback, index=text.index, dtype="str")
    notes.at(words.isna() & (wanted != ""), "outage_word_unknown", column, allowed=", ".join(lists), used=used)
    told = fallback if isinstance(fallback, str) else " / ".join(sorted(used[wanted == ""].unique()))
    notes.once(int((wanted == "").sum()), "outage_word_missing", column, told)
    return words.where(words.notna(), used)


def _status(text: Series, when: DataFrame, as_of: Timestamp | None, notes: _Notes) -> Series:
    """Told, or read off the instants; an outage that is over but does not say since when stays open."""
    fallback = when["ended_at"].isna().map({True: "ongoing", False: "resolved"})
    if as_of is not None:
        fallback = fallback.mask(when["ended_at"] > as_of, "ongoing").mask(when["began_at"] > as_of, "announced")
    status = _words(text, STATUSES, fallback, notes)
    notes.at((status == "resolved") & when["ended_at"].isna(), "outage_resolved_without_end", "ended_at")
    return status


def _links(text: Series, notes: _Notes) -> Series:
    is_link = text.str.match(r"https?://\S+$", case=False)
    notes.at(~is_link & (text != ""), "outage_not_a_link", "source_url")
    return text.where(is_link, "")


def _verification(text: Series, source_url: Series, notes: _Notes) -> Series:
    words = _words(text, VERIFICATIONS, "unverified", notes)
    is_bare = words.isin(["official", "press"]) & (source_url == "")
    notes.at(is_bare, "outage_without_source", "verification")
    return words.mask(is_bare, "unverified")


def _ids(outages: DataFrame, notes: _Notes) -> Series:
    """The ids as written; where there is none, one made of the services, the beginning and the title."""
    is_missing = outages["outage_id"] == ""
    notes.once(int(is_missing.sum()), "outage_ids_made", "outage_id")
    bare = outages[is_missing]
    seeds = bare["services"] + "|" + _iso(bare["began_at"]) + "|" + bare["title"].map(fold_name)
    made = seeds.map(lambda seed: "out-" + hashlib.sha256(seed.encode()).hexdigest()[:12])
    return outages["outage_id"].where(~is_missing, made)
