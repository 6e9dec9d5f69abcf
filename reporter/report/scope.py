"""What each recipient sees: the report on everybody cut into one for each, with only their own rows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import NAMES
from reporter.model.report import Account, Recipient, Report
from reporter.report.digest_fingerprint import FOUND
from reporter.report.recipients import KEPT, OFFICE_SLUG, Audience, only_seen, roles

OUTCOMES = ("assessed", "set_aside", "excluded")  # in the order of Account
Places = NDArray[np.intp]
NOTHING: Places = np.empty(0, dtype=np.intp)
Counts = NDArray[np.intp]  # a row for each recipient, a column for each level


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
    left: Mapping[int, Places]
    outages: Mapping[int, Places]
    accounts: tuple[Account, ...]
    people: Counts
    people_before: Counts | None  # None: this is the first run
    owners: int  # the recipients from here on have a view, which is not compared with the last run

    def findings_of(self, numbers: Sequence[int]) -> Places:
        """The places of all that these recipients get, in order, each once."""
        return np.unique(np.concatenate([self.findings.get(n, NOTHING) for n in numbers]))

    def report(self, whole: Report, n: int) -> Report:
        """The report of one recipient, with only the rows that recipient gets.

        Takes: whole - in the recipient's language, its frames numbered as those the scopes were made of.
        """
        counts, recipient = _by_name(self.people[n]), self.recipients[n]
        before = self.people_before if n < self.owners else None
        outages = whole.outages.iloc[self.outages.get(n, NOTHING)]
        # by number: the whole of another language holds the findings of its readers only
        findings = whole.findings.iloc[whole.findings.index.get_indexer(pd.Index(self.findings.get(n, NOTHING)))]
        evidence = whole.evidence[np.isin(whole.evidence["finding"], findings.index)]
        part = replace(
            whole,
            recipient=recipient,
            account=self.accounts[n],
            findings=findings,
            evidence=evidence,
            evidence_left_out=_pairs(findings) - len(evidence) if whole.evidence_left_out else 0,
            readers=(),
            outages=outages,
            beside=whole.beside.of(recipient.slug, outages["outage_id"], _last_closes(whole, findings)),
            set_aside=whole.set_aside.iloc[self.set_aside.get(n, NOTHING)],
            changes=whole.changes.iloc[self.changes.get(n, NOTHING)],
            left=whole.left.iloc[self.left.get(n, NOTHING)],
            people=sum(counts.values()),
            people_by_level=counts,
            previous_people_by_level={} if before is None else _by_name(before[n]),
            own=whole.own if self.recipients[n].slug == OFFICE_SLUG and not self.recipients[n].role else None,
        )
        return only_seen(part, roles()[recipient.role]) if recipient.role else part


def _last_closes(whole: Report, findings: DataFrame) -> dict[str, Timestamp]:
    """By outage that was amended, the last cut-off of these findings that rely on it; of none that has no cut-off."""
    amended = set(whole.beside.amended["outage_id"])
    if not amended:
        return {}
    pairs = findings[["outages", "closes_at"]].assign(outages=findings["outages"].astype("str").str.split(";"))
    each = pairs.explode("outages")
    theirs = each[each["outages"].isin(amended)]
    open_ended = set(theirs.loc[theirs["closes_at"].isna(), "outages"])
    last = theirs.groupby("outages")["closes_at"].max()
    return {str(key): at for key, at in last.items() if key not in open_ended}


def asked_columns(findings: DataFrame) -> DataFrame:
    """Of TOLD the columns that are asked of a reader's own rows; all others were put into the tables of the whole."""
    names = {*FOUND, *KEPT, "also", "outages", *(name for role in roles().values() for name in role.sees)}
    return findings[[name for name in findings if name in names]]


def scope_report(
    whole: Report, rows: DataFrame, parts: Audience, was: Series | None, groups: Mapping[str, str] | None = None
) -> Scopes:
    """Cut the whole into one scope a recipient; those who get rows whole are counted in one go.

    Takes: ROWS; `was`: each person's worst level at the last run, by person_id; None on a first run; `groups`: the
           group of each deadline, which the views are chosen by.
    """
    of_findings, of_aside, of_rows = (
        parts.number.reindex(frame["source_row"]).to_numpy() for frame in (whole.findings, whole.set_aside, rows)
    )
    count = parts.owners
    owned = Scopes(
        recipients=parts.recipients,
        findings=_places(of_findings),
        set_aside=_places(of_aside),
        changes=_of_people(whole.changes, rows, of_rows),
        left=_of_people(whole.left, rows, of_rows),
        outages=_of_outages(whole, of_findings),
        accounts=_accounts(rows, of_rows, count),
        people=_people(whole.findings, of_findings, rows, of_rows, count),
        people_before=None if was is None else _people_before(rows, of_rows, was, count),
        owners=count,
    )
    views = [_viewed(whole, rows, of_rows, parts, n, groups or {}) for n in range(count, len(parts.recipients))]
    return _with_views(owned, views)


@dataclass(frozen=True)
class ViewPlaces:
    """What one view holds, as places in the frames of the whole."""

    findings: Places
    changes: Places
    outages: Places
    account: Account
    people: Counts


def _viewed(
    whole: Report, rows: DataFrame, of_rows: Places, parts: Audience, n: int, groups: Mapping[str, str]
) -> ViewPlaces:
    """A view is of the rows of its units, less those that its reader gets whole already."""
    view, address = parts.views[n - parts.owners], parts.recipients[n].address.casefold()
    own = [m for m, other in enumerate(parts.recipients[: parts.owners]) if other.address.casefold() == address]
    is_here = ~np.isin(of_rows, own)
    if view.units:
        is_here &= rows["unit"].isin(list(view.units)).to_numpy(dtype=bool)
    here = pd.Index(rows.loc[is_here, "source_row"])
    wanted = roles()[view.role].wants(whole.findings, groups) & whole.findings["source_row"].isin(here).to_numpy()
    findings = whole.findings[wanted]
    none = np.zeros(len(findings), dtype=np.intp)
    outages = _of_outages(replace(whole, findings=findings), none).get(0, NOTHING)
    told = whole.changes["person_id"].isin(findings["person_id"]) & whole.changes["deadline"].isin(findings["deadline"])
    return ViewPlaces(
        findings=np.flatnonzero(wanted),
        changes=np.flatnonzero(told),
        outages=outages,
        account=account(rows[is_here]),
        people=_people(findings, none, rows[:0], none[:0], 1),
    )


def _with_views(owned: Scopes, views: Sequence[ViewPlaces]) -> Scopes:
    numbered = dict(enumerate(views, start=owned.owners))
    return replace(
        owned,
        findings={**owned.findings, **{n: view.findings for n, view in numbered.items()}},
        changes={**owned.changes, **{n: view.changes for n, view in numbered.items()}},
        outages={**owned.outages, **{n: view.outages for n, view in numbered.items()}},
        accounts=(*owned.accounts, *(view.account for view in views)),
        people=np.concatenate([owned.people, *(view.people for view in views)]),
    )


def _pairs(findings: DataFrame) -> int:
    """How many pairs of a duty and an outage these findings name."""
    named = findings["outages"].fillna("")
    return int((named.str.count(";") + (named != "")).sum())


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


def _of_people(about: DataFrame, rows: DataFrame, of_rows: Places) -> dict[int, Places]:
    """What is told of a person goes to whoever has the person's rows now; of one not listed, only the office hears."""
    if about.empty:
        return {}
    owners = rows[["person_id"]].assign(n=of_rows).dropna().drop_duplicates()
    told = about[["person_id"]].reset_index(drop=True).reset_index(names="place").merge(owners, on="person_id")
    places = told["place"].to_numpy(dtype=np.intp)
    return {n: places[rows] for n, rows in _places(told["n"].to_numpy(dtype=np.intp)).items()}
