"""Who gets a report: every row of the roster goes to one recipient, and a view of it to those whose role needs one.

A row goes to its `contact_email`, else to its unit's address in the settings, else to the office. Pure.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec
import numpy as np
import pandas as pd
import tomli
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.model.report import OFFICE_SLUG, Recipient, RecordContext, Report
from reporter.model.rulebook import LevelName, Words
from reporter.model.shapes import DTYPES, TOLD, Column
from reporter.text.formats import SPOKEN

Rows = NDArray[np.bool_]
KEPT = ("level", "closes_at", "source_row")
"""Of a view these stay, to order its rows by and to find them again; no file shows them."""


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """One table of roles.toml; an empty list allows everything."""

    title: Words
    owns: bool = False
    populations: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    levels: tuple[LevelName, ...] = ()
    sees: tuple[str, ...] = ()

    def wants(self, findings: DataFrame, groups: Mapping[str, str]) -> Rows:
        """Which findings the role is for. Takes: TOLD; the group of each deadline."""
        wanted = np.ones(len(findings), dtype=bool)
        deadlines = [name for name, group in groups.items() if group in self.groups] if self.groups else ()
        for column, allowed in (("population", self.populations), ("level", self.levels), ("deadline", deadlines)):
            if allowed or (column == "deadline" and self.groups):
                wanted &= findings[column].fillna("").isin(list(allowed)).to_numpy(dtype=bool)
        return wanted


class View(Struct, frozen=True):
    """One reader with a role in the settings: of which units (none named: of all)."""

    address: str
    role: str
    units: tuple[str, ...] = ()
    language: str = ""


@cache
def roles() -> Mapping[str, Role]:
    """Every role by its name."""
    table = tomli.loads((files("reporter.report") / "roles.toml").read_text("utf-8"))
    return msgspec.convert(table, dict[str, Role])


def only_seen(report: Report, role: Role) -> Report:
    """The report without what the role does not see; the report itself when it sees everything."""
    if not role.sees:
        return report
    return replace(
        report,
        findings=DataFrame({column.name: _column(report.findings, column, role) for column in TOLD.columns}),
        outages=report.outages.iloc[:0],
        set_aside=report.set_aside.iloc[:0],
        changes=report.changes.iloc[:0],
        departed=report.departed.iloc[:0],
        beside=RecordContext(),
    )


def _column(findings: DataFrame, column: Column, role: Role) -> Series:
    """The column itself, or one as long that says nothing: a truth that is not seen is false."""
    if column.name in role.sees or column.name in KEPT:
        return findings[column.name]
    nothing = False if column.kind == "truth" else None
    return Series(nothing, index=findings.index, dtype=DTYPES[column.kind])


ADDRESS = r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+"
SOURCE_ROW = r"^(.*?)!(.*):(\d+)$"


class Audience(Struct, frozen=True):
    """Every recipient, and for each row of the roster the number of the one who gets it."""

    recipients: tuple[Recipient, ...]
    number: Series  # source_row -> position in recipients
    views: tuple[View, ...] = ()  # of the last recipients, who get a part beside the one who gets the row

    @property
    def owners(self) -> int:
        """How many of the recipients get rows whole; they stand first."""
        return len(self.recipients) - len(self.views)


def share(
    rows: DataFrame,
    languages: Mapping[str, str],
    units: Mapping[str, str],
    *,
    office: str,
    language: str,
    views: Sequence[View] = (),
    formerly: Mapping[str, str] = MappingProxyType({}),
) -> Audience:
    """Give every row to exactly one recipient, and each view a reader of its own; the office hears of everything.

    Takes: ROWS; `languages` by address (else `language`), as in speech.SPOKEN; `units`: address by unit; the office's
    own address; `formerly`: the first address of a reader by the present one.
    """
    contact = rows["contact_email"].where(is_email(rows["contact_email"]))
    address = contact.fillna(rows["unit"].map(units).astype("str")).fillna(office).str.strip()
    first_of = {now.strip().casefold(): before.strip().casefold() for now, before in formerly.items()}
    present = {before: now for now, before in first_of.items()}
    key = address.str.casefold().replace(first_of)
    codes, keys = pd.factorize(key, sort=True)
    firsts = address.groupby(codes, sort=True).first()
    titles = _titles(rows["unit"], codes)
    its_key = first_of.get(office.strip().casefold(), office)
    recipients = tuple(
        _speaking(languages.get(now.casefold(), language), slug, now, "" if slug == OFFICE_SLUG else titles[n])
        for n, name in enumerate(keys)
        for slug, now in [(_slug(name, titles[n], its_key), present.get(name, firsts[n]))]
    )
    if office.strip() and OFFICE_SLUG not in {one.slug for one in recipients}:
        recipients += (_speaking(language, OFFICE_SLUG, office.strip(), ""),)  # it is told of everything
    number = Series(codes, index=pd.Index(rows["source_row"], name="source_row"))
    readers = tuple(_reader(view, languages, language, first_of) for view in views)
    whole = (replace(one, formerly=first_of.get(one.address.casefold(), "")) for one in recipients + readers)
    return Audience(tuple(whole), number[~number.index.duplicated()], tuple(views))


def _reader(view: View, languages: Mapping[str, str], language: str, first_of: Mapping[str, str]) -> Recipient:
    """The recipient of a view: its heading tells the role, and the units if they are named."""
    spoken = view.language or languages.get(view.address.strip().casefold(), language)
    address = view.address.strip().casefold()
    word, key = roles()[view.role].title.of(SPOKEN[spoken][0]), "\n".join([first_of.get(address, address), *view.units])
    title = " · ".join([word, *([", ".join(view.units)] if view.units else [])])
    return _speaking(spoken, _slug(key, view.role, ""), view.address.strip(), title, view.role)


def _speaking(spoken: str, slug: str, address: str, title: str, role: str = "") -> Recipient:
    """A recipient with the languages of a setting: one, or two."""
    first, *others = SPOKEN[spoken]
    return Recipient(slug, address, first, title, role, "".join(others))


def is_email(contacts: Series) -> Series:
    """Whether each is one e-mail address; a missing one is not."""
    return contacts.str.strip().str.fullmatch(ADDRESS).fillna(False).astype(bool)


def unusable_contacts(rows: DataFrame) -> tuple[Problem, ...]:
    """The contacts that are no address, each told once, at the first row that names it."""
    odd = rows[rows["contact_email"].notna() & ~is_email(rows["contact_email"])].drop_duplicates("contact_email")
    places = odd["source_row"].str.extract(SOURCE_ROW)
    return tuple(
        Problem(source, "contact_unusable", sheet=sheet, row=int(row), value=str(value))
        for source, sheet, row, value in zip(places[0], places[1], places[2], odd["contact_email"], strict=True)
    )


def _titles(units: Series, codes: NDArray[np.int64]) -> dict[int, str]:
    """What a recipient is called: the units whose rows they get, three at most."""
    named = DataFrame({"n": codes, "unit": units}).dropna().drop_duplicates().sort_values(["n", "unit"])
    joined = named.groupby("n")["unit"].agg(lambda names: ", ".join(names[:3]) + (", …" if len(names) > 3 else ""))
    return {n: str(joined.get(n, "")) for n in range(int(codes.max(initial=-1)) + 1)}


def _slug(key: str, title: str, office: str) -> str:
    """A name for files and messages that holds no address: the unit, and a digest to tell two contacts apart."""
    if key == office.strip().casefold():
        return OFFICE_SLUG
    bare = unicodedata.normalize("NFKD", title.split(",")[0]).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:40] or "contact"
    return f"{word}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
