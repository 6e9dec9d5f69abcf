"""Who sees which rows: one recipient a contact, each with only their own, and the office with everything. Pure.

A row goes to its `contact_email`, else to its unit's address in the settings, else to the office.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
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
OUTCOMES = ("assessed", "set_aside", "excluded")  # in the order of Account
SOURCE_ROW = r"^(.*?)!(.*):(\d+)$"

Places = NDArray[np.intp]
NOTHING: Places = np.empty(0, dtype=np.intp)
Counts = NDArray[np.intp]  # a row for each recipient, a column for each level


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
    return _accounts(rows, np.zeros(len(rows), dtype=np.intp), 1)[0]


def people_by_level(findings: DataFrame, rows: DataFrame) -> dict[str, int]:
    """Each person once, by the worst level; one all of whose rows were set aside cannot be assessed."""
    one, every = np.zeros(len(findings), dtype=np.intp), np.zeros(len(rows), dtype=np.intp)
    return _by_name(_people(findings, one, rows, every, 1)[0])


@dataclass(frozen=True)
class Scopes:
    """What each recipient gets, as places in the frames of the whole; every row is in exactly one scope."""

    recipients: tuple[Recipient, ...]
    findings: Mapping[int, Places]
    set_aside: Mapping[int, Places]
    changes: Mapping[int, Places]
    outages: Mapping[int, Places]
    accounts: tuple[Account, ...]
    people: Counts
    people_before: Counts | None  # None: this is the first run

    def findings_of(self, numbers: Sequence[int]) -> Places:
        """The places of all that these recipients get, in order."""
        return np.sort(np.concatenate([self.findings.get(n, NOTHING) for n in numbers]))

    def report(self, whole: Report, n: int) -> Report:
        """The report of one recipient, with only the rows that recipient gets.

        Takes: whole - in the recipient's language, its frames numbered as those the scopes were made of.
        """
        counts = _by_name(self.people[n])
        return replace(
            whole,
            recipient=self.recipients[n],
            account=self.accounts[n],
            # by number: the whole of another language holds the findings of its readers only
            findings=whole.findings.iloc[whole.findings.index.get_indexer(pd.Index(self.findings.get(n, NOTHING)))],
            outages=whole.outages.iloc[self.outages.get(n, NOTHING)],
            set_aside=whole.set_aside.iloc[self.set_aside.get(n, NOTHING)],
            changes=whole.changes.iloc[self.changes.get(n, NOTHING)],
            people=sum(counts.values()),
            people_by_level=counts,
            previous_people_by_level={} if self.people_before is None else _by_name(self.people_before[n]),
        )


def scoped(whole: Report, rows: DataFrame, parts: Parts, was: Series | None) -> Scopes:
    """Cut the whole into one scope a recipient; all are counted in one go.

    Takes: ROWS; `was`: each person's worst level at the last run, by person_id; None on a first run.
    """
    of_findings, of_aside, of_rows = (
        parts.number.reindex(frame["source_row"]).to_numpy() for frame in (whole.findings, whole.set_aside, rows)
    )
    count = len(parts.recipients)
    return Scopes(
        recipients=parts.recipients,
        findings=_places(of_findings),
        set_aside=_places(of_aside),
        changes=_of_changes(whole.changes, rows, of_rows),
        outages=_of_outages(whole, of_findings),
        accounts=_accounts(rows, of_rows, count),
        people=_people(whole.findings, of_findings, rows, of_rows, count),
        people_before=None if was is None else _people_before(rows, of_rows, was, count),
    )


def _by_name(counts: Counts) -> dict[str, int]:
    return dict(zip(NAMES, counts.tolist(), strict=True))


def _places(numbers: Places) -> dict[int, Places]:
    """Where each number stands, in order."""
    order = np.argsort(numbers, kind="stable")
    found, starts = np.unique(numbers[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True)) if len(found) else {}


def _accounts(rows: DataFrame, of_rows: Places, count: int) -> tuple[Account, ...]:
    read = np.bincount(of_rows, minlength=count)
    outcome = pd.Categorical(rows["outcome"], list(OUTCOMES)).codes
    is_known = outcome >= 0  # a row of no known outcome is read and nothing else, and the account does not balance
    place = of_rows[is_known] * len(OUTCOMES) + outcome[is_known]
    tally = np.bincount(place, minlength=count * len(OUTCOMES)).reshape(count, len(OUTCOMES))
    is_out = (rows["outcome"] == "excluded").to_numpy(dtype=bool)
    excluded = DataFrame({"n": of_rows[is_out], "rule": rows["rule"].to_numpy()[is_out]})
    by_rule: dict[int, dict[str, int]] = {}
    for n, rule, number in excluded.groupby(["n", "rule"]).size().reset_index().itertuples(index=False):
        by_rule.setdefault(n, {})[rule] = number
    return tuple(
        Account(int(read[n]), assessed, set_aside, out, by_rule.get(n, {}))
        for n, (assessed, set_aside, out) in enumerate(tally.tolist())
    )


def _people(findings: DataFrame, of_findings: Places, rows: DataFrame, of_rows: Places, count: int) -> Counts:
    """How many people each recipient has at each level; the findings stand worst first."""
    known = findings[["person_id", "level"]].assign(n=of_findings).drop_duplicates(["n", "person_id"])
    named = rows[["person_id", "outcome"]].assign(n=of_rows)[rows["person_id"].notna().to_numpy()]
    aside = named[named["outcome"] == "set_aside"].drop_duplicates(["n", "person_id"])
    # NOTE: the rows set aside are the short side; to look up a short list of texts in a long one is slow
    near = named[named["person_id"].isin(aside["person_id"]) & (named["outcome"] == "assessed")]
    both = aside.merge(near.drop_duplicates(["n", "person_id"]), how="left", on=["n", "person_id"])
    unknown = both.loc[both["outcome_y"].isna(), "n"].to_numpy(dtype=np.intp)
    counts = _counts(known["n"].to_numpy(), known["level"], count)
    counts[:, NAMES.index("data_problem")] += np.bincount(unknown, minlength=count)
    return counts


def _people_before(rows: DataFrame, of_rows: Places, was: Series, count: int) -> Counts:
    """The people each recipient has now, at their levels of the last run."""
    people = rows[["person_id"]].assign(n=of_rows).dropna().drop_duplicates()
    level = people["person_id"].map(was)
    known = level.notna().to_numpy(dtype=bool)
    return _counts(people["n"].to_numpy()[known], level[known], count)


def _counts(numbers: Places, levels: Series, count: int) -> Counts:
    rank = pd.Categorical(levels.astype("str"), list(NAMES)).codes
    return np.bincount(numbers * len(NAMES) + rank, minlength=count * len(NAMES)).reshape(count, len(NAMES))


def _of_outages(whole: Report, of_findings: Places) -> dict[int, Places]:
    """The outages that each recipient's findings rely on, in the order of the record."""
    place = {key: n for n, key in enumerate(whole.outages["outage_id"])}
    codes, names = pd.factorize(whole.findings["outages"].fillna(""))
    used = [{place[key] for key in name.split(";") if key in place} for name in names]
    pairs = DataFrame({"n": of_findings, "code": codes}).drop_duplicates()
    found: dict[int, set[int]] = {}
    for n, code in pairs.itertuples(index=False):
        found.setdefault(int(n), set()).update(used[code])
    return {n: np.array(sorted(places), dtype=np.intp) for n, places in found.items()}


def _of_changes(changes: DataFrame, rows: DataFrame, of_rows: Places) -> dict[int, Places]:
    """A change goes to whoever has the person's rows now; of a person no longer listed, only the office hears."""
    owners = rows[["person_id"]].assign(n=of_rows).dropna().drop_duplicates()
    told = changes[["person_id"]].reset_index(drop=True).reset_index(names="place").merge(owners, on="person_id")
    places = told["place"].to_numpy(dtype=np.intp)
    return {n: places[rows] for n, rows in _places(told["n"].to_numpy(dtype=np.intp)).items()}


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
