"""Who gets a report: every row of the roster goes to one recipient, and a view of it to those whose role needs one.

A row goes to its `contact_email`, else to its unit's address in the settings, else to the office. Pure.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.model.report import Recipient
from reporter.report.roles import View, roles
from reporter.text.formats import SPOKEN

OFFICE_SLUG = "office"
ADDRESS = r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+"
SOURCE_ROW = r"^(.*?)!(.*):(\d+)$"


@dataclass(frozen=True)
class Parts:
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
) -> Parts:
    """Give every row to exactly one recipient, and each view a reader of its own.

    Takes: ROWS; `languages` by address (else `language`), as in speech.SPOKEN; `units`: address by unit; the office's
    own address.
    """
    contact = rows["contact_email"].where(is_address(rows["contact_email"]))
    address = contact.fillna(rows["unit"].map(units).astype("str")).fillna(office).str.strip()
    key = address.str.casefold()
    codes, keys = pd.factorize(key, sort=True)
    firsts = address.groupby(codes, sort=True).first()
    titles = _titles(rows["unit"], codes)
    recipients = tuple(
        _speaking(languages.get(name, language), _slug(name, titles[n], office), firsts[n], titles[n])
        for n, name in enumerate(keys)
    )
    number = Series(codes, index=pd.Index(rows["source_row"], name="source_row"))
    readers = tuple(_reader(view, languages, language) for view in views)
    return Parts(recipients + readers, number[~number.index.duplicated()], tuple(views))


def _reader(view: View, languages: Mapping[str, str], language: str) -> Recipient:
    """The recipient of a view: its heading tells the role, and the units if they are named."""
    spoken = view.language or languages.get(view.address.strip().casefold(), language)
    word, key = (
        roles()[view.role].title.of(SPOKEN[spoken][0]),
        "\n".join([view.address.strip().casefold(), *view.units]),
    )
    title = " · ".join([word, *([", ".join(view.units)] if view.units else [])])
    return _speaking(spoken, _slug(key, view.role, ""), view.address.strip(), title, view.role)


def _speaking(spoken: str, slug: str, address: str, title: str, role: str = "") -> Recipient:
    """A recipient with the languages of a setting: one, or two."""
    first, *others = SPOKEN[spoken]
    return Recipient(slug, address, first, title, role, "".join(others))


def is_address(contacts: Series) -> Series:
    """Whether each is one e-mail address; a missing one is not."""
    return contacts.str.strip().str.fullmatch(ADDRESS).fillna(False).astype(bool)


def unusable_contacts(rows: DataFrame) -> tuple[Problem, ...]:
    """The contacts that are no address, each told once, at the first row that names it."""
    odd = rows[rows["contact_email"].notna() & ~is_address(rows["contact_email"])].drop_duplicates("contact_email")
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
