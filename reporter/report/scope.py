"""Who sees which rows: one recipient a contact, each with only their own, and the office with everything. Pure.

A row goes to its `contact_email`, else to its unit's address in the settings, else to the office.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.levels import NAMES
from reporter.model.problem import Problem
from reporter.model.report import Account, Recipient, Report

OFFICE_SLUG = "office"
ADDRESS = r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+"
SOURCE_ROW = r"^(.*?)!(.*):(\d+)$"


@dataclass(frozen=True)
class Parts:
    """Every recipient, and for each row of the roster the number of the one who gets it."""

    recipients: tuple[Recipient, ...]
    number: Series  # source_row -> position in recipients


def share(
    rows: DataFrame, languages: Mapping[str, str], units: Mapping[str, str], *, office: str, language: str
) -> Parts:
    """Give every row to exactly one recipient.

    Takes: ROWS; `languages` by address (else `language`); `units`: address by unit; the office's own address.
    """
    contact = rows["contact_email"].where(is_address(rows["contact_email"]))
    address = contact.fillna(rows["unit"].map(units).astype("str")).fillna(office).str.strip()
    key = address.str.casefold()
    codes, keys = pd.factorize(key, sort=True)
    firsts = address.groupby(codes, sort=True).first()
    titles = _titles(rows["unit"], codes)
    recipients = tuple(
        Recipient(_slug(name, titles[n], office), firsts[n], languages.get(name, language), titles[n])
        for n, name in enumerate(keys)
    )
    number = Series(codes, index=pd.Index(rows["source_row"], name="source_row"))
    return Parts(recipients, number[~number.index.duplicated()])


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


def account(rows: DataFrame) -> Account:
    """The row account of these rows: how many were assessed, set aside and excluded, and by which rule."""
    outcome = rows["outcome"].value_counts()
    rules = rows.loc[rows["outcome"] == "excluded", "rule"].value_counts().sort_index()
    return Account(
        read=len(rows),
        assessed=int(outcome.get("assessed", 0)),
        set_aside=int(outcome.get("set_aside", 0)),
        excluded=int(outcome.get("excluded", 0)),
        excluded_by_rule={str(rule): int(count) for rule, count in rules.items()},
    )


def people_by_level(findings: DataFrame, rows: DataFrame) -> dict[str, int]:
    """Each person once, by the worst level; one all of whose rows were set aside cannot be assessed."""
    known = findings[["person_id", "level"]].astype("str").drop_duplicates("person_id")
    aside = rows.loc[(rows["outcome"] == "set_aside") & rows["person_id"].notna(), "person_id"]
    unknown = aside[~aside.isin(rows.loc[rows["outcome"] == "assessed", "person_id"])].nunique()
    counts = _counted(known["level"])
    return counts | {"data_problem": counts["data_problem"] + int(unknown)}


def scoped(whole: Report, rows: DataFrame, parts: Parts, was: Series | None) -> dict[int, Report]:
    """One report a recipient, with only the rows that recipient gets; every row is in exactly one of them.

    Takes: ROWS; `was`: each person's worst level at the last run, by person_id; None on a first run.
    """
    number = parts.number
    of_findings = number.reindex(whole.findings["source_row"]).to_numpy()
    of_aside = number.reindex(whole.set_aside["source_row"]).to_numpy()
    of_rows = number.reindex(rows["source_row"]).to_numpy()
    findings = _split(whole.findings, of_findings)
    aside, accounts = _split(whole.set_aside, of_aside), _split(rows, of_rows)
    changes = _split_changes(whole.changes, rows, of_rows)
    return {
        n: _report(
            whole,
            recipient,
            findings.get(n, whole.findings.iloc[:0]),
            accounts[n],
            aside.get(n, whole.set_aside.iloc[:0]),
            changes.get(n, whole.changes.iloc[:0]),
            was,
        )
        for n, recipient in enumerate(parts.recipients)
    }


def _report(
    whole: Report,
    recipient: Recipient,
    findings: DataFrame,
    rows: DataFrame,
    aside: DataFrame,
    changes: DataFrame,
    was: Series | None,
) -> Report:
    used = {name for names in findings["outages"].dropna().unique() for name in names.split(";")}
    counts = people_by_level(findings, rows)
    return replace(
        whole,
        recipient=recipient,
        account=account(rows),
        findings=findings,
        outages=whole.outages[whole.outages["outage_id"].isin(used)],
        set_aside=aside,
        changes=changes,
        people=sum(counts.values()),
        people_by_level=counts,
        previous_people_by_level={} if was is None else _counted(rows["person_id"].drop_duplicates().map(was)),
    )


def _counted(levels: Series) -> dict[str, int]:
    counts = levels.value_counts()
    return {name: int(counts.get(name, 0)) for name in NAMES}


def _split(frame: DataFrame, number: NDArray[np.int64]) -> dict[int, DataFrame]:
    """The frame cut by recipient, each part in the order of the whole."""
    return {int(str(n)): frame.iloc[places] for n, places in Series(number).groupby(number).indices.items()}


def _split_changes(changes: DataFrame, rows: DataFrame, of_rows: NDArray[np.int64]) -> dict[int, DataFrame]:
    """A change goes to whoever has the person's rows now; of a person no longer listed, only the office hears."""
    owners = DataFrame({"person_id": rows["person_id"], "n": of_rows}).dropna().drop_duplicates()
    told = changes.reset_index(drop=True).reset_index(names="place").merge(owners, on="person_id")
    return {int(str(n)): changes.iloc[part["place"].to_numpy()] for n, part in told.groupby("n")}


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
