"""Who gets a report, and what each sees: every row goes to one recipient, and a view to those whose role needs one.

A row goes to its `contact_email`, else to its unit's address in the settings, else to the office. The report on
everybody is cut into one for each, with only their own rows. Pure.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import tomli
from msgspec import Struct, field
from msgspec.structs import astuple, replace
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import NAMES
from reporter.model.mail import ONE_ADDRESS
from reporter.model.problem import Problem
from reporter.model.report import (
    FATES,
    OFFICE_SLUG,
    SHARED,
    Account,
    NotRead,
    Recipient,
    RecordContext,
    Report,
    reader_key,
)
from reporter.model.rulebook import LevelName, Words
from reporter.model.shapes import DTYPES, TOLD, Column, is_institution, people_part
from reporter.text.formats import SPOKEN

Rows = NDArray[np.bool_]
KEPT = ("level", "closes_at", "source_row")
"""Of a view these stay, to order its rows by and to find them again; no file shows them."""
SOURCE_ROW = r"^(.*?)!(.*):(\d+)$"

Places = NDArray[np.intp]
NOTHING: Places = np.empty(0, dtype=np.intp)
Counts = NDArray[np.intp]  # a row for each recipient, a column for each level

FOUND = ["person_id", "deadline", "closes_at", "level", "rule", "last_safe_at", "is_filed", "outages"]
FEW = 64  # rows; to look for the distinct ones among them takes longer than to put each into text
LOWEST = "\0"
"""Comes before every letter, and stands in no text that needs no escape."""
ESCAPED = re.compile(r'[\x00-\x1f"\\]')
SET_ASIDE = ["person_id", "value", "what", "severity"]


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


def _titled(recipient: Recipient, language: str) -> Recipient:
    """The reader as a part of the mail in that language has them: a role by its word there."""
    if not recipient.role or recipient.language == language:
        return recipient
    word = roles()[recipient.role].title
    units = recipient.title.removeprefix(word.of(recipient.language))
    return replace(recipient, title=f"{word.of(language)}{units}")


def is_email(contacts: Series) -> Series:
    """Whether each is one e-mail address; a missing one is not."""
    codes, said = pd.factorize(contacts)
    is_one = [re.fullmatch(ONE_ADDRESS, text.strip()) is not None for text in said.tolist()]
    return Series(np.array([*is_one, False], dtype=bool)[codes], index=contacts.index)


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


def is_stretch(places: Places) -> bool:
    """Whether these places stand side by side, in order."""
    return not len(places) or bool((np.diff(places) == 1).all() and places[0] >= 0)


def stretch(places: Places) -> slice:
    """Places that stand side by side, as a slice."""
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)


def account(rows: DataFrame, not_read: Sequence[NotRead] = ()) -> Account:
    """The row account of these rows: how many had each fate, by which rule, and what was not read beside them."""
    return replace(_accounts(rows, np.zeros(len(rows), dtype=np.intp), 1)[0], not_read=tuple(not_read))


def people_by_level(findings: DataFrame, rows: DataFrame) -> dict[str, int]:
    """Each person once, by the worst level; one all of whose rows were set aside cannot be assessed."""
    one, every = np.zeros(len(findings), dtype=np.intp), np.zeros(len(rows), dtype=np.intp)
    return _by_name(_people(findings, one, rows, every, 1)[0])


class Scope(Struct, frozen=True):
    """What one recipient gets, as places in the frames of the whole, and the counts of it."""

    recipient: Recipient
    account: Account
    duties_account: Account | None  # of the institution's own duties; None where the recipient has none
    people: Mapping[str, int]  # by level
    people_before: Mapping[str, int]  # at their levels of the baseline; empty where there is none
    findings: Places = field(default_factory=lambda: NOTHING)
    set_aside: Places = field(default_factory=lambda: NOTHING)
    changes: Places = field(default_factory=lambda: NOTHING)
    left: Places = field(default_factory=lambda: NOTHING)
    departed: Places = field(default_factory=lambda: NOTHING)
    outages: Places = field(default_factory=lambda: NOTHING)
    left_over: int = 0  # rows that no other reader gets; of the office alone
    alerted: tuple[tuple[Timestamp, int], ...] = ()  # see Report

    def report(self, whole: Report) -> Report:
        """The report of the recipient, with only the rows that recipient gets.

        Takes: whole - in the recipient's edition, its frames numbered as those the scope was made of.
        """
        recipient, outages = _titled(self.recipient, whole.language), whole.outages_at(self.outages)
        # by number: the whole of another edition holds the findings of its readers only
        findings = cut(whole.findings, whole.findings.index.get_indexer(pd.Index(self.findings)))
        left_out = _pairs(findings) - _pairs_shown(whole.evidence, findings) if whole.evidence_left_out else 0
        part = replace(
            whole,
            recipient=recipient,
            account=replace(self.account, not_read=whole.account.not_read),
            duties_account=self.duties_account,
            findings=findings,
            evidence=whole.evidence.iloc[:0],  # the rows of the whole are in the workbook's stock, and taken from there
            evidence_left_out=left_out,
            readers=(),
            outages=outages,
            beside=whole.beside.of(recipient.slug, outages["outage_id"], _last_closes(whole, findings)),
            set_aside=cut(whole.set_aside, self.set_aside),
            changes=cut(whole.changes, self.changes),
            left=cut(whole.left, self.left),
            departed=cut(whole.departed, self.departed),
            people=sum(self.people.values()),
            people_by_level=self.people,
            previous_people_by_level=self.people_before,
            left_over=self.left_over,
            alerted=self.alerted,
        )
        if recipient.slug == OFFICE_SLUG:
            return replace(part, beside=replace(part.beside, person_look=whole.beside.person_look))
        return only_seen(part, roles()[recipient.role]) if recipient.role else part


def cut(frame: DataFrame, places: Places) -> DataFrame:
    """The rows at these places. Those that stand side by side are a slice, which copies nothing: see `side_by_side`."""
    if not len(frame):
        return frame
    return frame.iloc[stretch(places)] if is_stretch(places) else frame.iloc[places]


def side_by_side(findings: DataFrame, scopes: Sequence[Scope]) -> DataFrame:
    """The findings with those of each reader together, in their order: taken once, each reader's are then a slice.

    The office, which has all, and views, which have what others have, find theirs by number as before.
    """
    reader = np.full(int(findings.index.max()) + 1 if len(findings) else 0, len(scopes))
    for n, scope in enumerate(scopes):
        if scope.recipient.slug != OFFICE_SLUG and not scope.recipient.role:
            reader[scope.findings[scope.findings < len(reader)]] = n
    return findings.iloc[np.argsort(reader[findings.index], kind="stable")]


def _pairs_shown(evidence: DataFrame, findings: DataFrame) -> int:
    """How many of the pairs that are shown are of these findings. Takes: EVIDENCE of the whole, by finding in order."""
    starts, stops = (np.searchsorted(evidence["finding"], findings.index, side=side) for side in ("left", "right"))
    return int((stops - starts).sum())


def of_all(scopes: Iterable[Scope]) -> Places:
    """The places of all findings in these scopes, in order, each once."""
    return np.unique(np.concatenate([NOTHING, *(scope.findings for scope in scopes)]))


def _last_closes(whole: Report, findings: DataFrame) -> dict[str, Timestamp]:
    """By outage that was amended, the last cut-off of these findings that rely on it; of none that has no cut-off."""
    if whole.beside.amended.empty:
        return {}
    amended = set(whole.beside.amended["outage_id"])
    pairs = findings[["outages", "closes_at"]].assign(outages=findings["outages"].astype("str").str.split(";"))
    each = pairs.explode("outages")
    theirs = each[each["outages"].isin(amended)]
    open_ended = set(theirs.loc[theirs["closes_at"].isna(), "outages"])
    last = theirs.groupby("outages")["closes_at"].max()
    return {str(key): at for key, at in last.items() if key not in open_ended}


def asked_columns(findings: DataFrame) -> DataFrame:
    """Of TOLD the columns that are asked of a reader's own rows; all others were put into the tables of the whole."""
    names = {
        *FOUND,
        *KEPT,
        "also",
        "outages",
        "holder",
        "is_over",
        *(name for role in roles().values() for name in role.sees),
    }
    return findings[[name for name in findings if name in names]]


def scope_report(
    whole: Report,
    rows: DataFrame,
    parts: Audience,
    was: Series | None,
    groups: Mapping[str, str] | None = None,
    levels: DataFrame | None = None,
) -> tuple[Scope, ...]:
    """Cut the whole into one scope a recipient, in their order; those who get rows whole are counted in one go.

    Every row is in exactly one scope of theirs; a view is beside them, and is not compared with an earlier run.

    Takes: ROWS; `was`: each person's worst level at the baseline, by person_id; None on a first run; `groups`: the
           group of each deadline, which the views are chosen by; `levels`: of every finding person_id, source_row,
           level and holder, where the whole names not everybody.
    """
    of_rows, counted = _owners(rows, parts), whole.findings if levels is None else levels
    owned, views = _owned(whole, rows, of_rows, parts, was, counted), range(parts.owners, len(parts.recipients))
    return (*owned, *(_viewed(whole, rows, of_rows, parts, n, groups or {}) for n in views))


def _owners(frame: DataFrame, parts: Audience) -> Places:
    """The number of the recipient who gets each row of a frame whole."""
    return parts.number.reindex(frame["source_row"]).to_numpy()


def _owned(
    whole: Report, rows: DataFrame, of_rows: Places, parts: Audience, was: Series | None, counted: DataFrame
) -> Iterator[Scope]:
    of_findings, count = _owners(whole.findings, parts), parts.owners
    findings, outages = _places(of_findings), _of_outages(whole, of_findings)
    set_aside = _places(_owners(whole.set_aside, parts))
    changes, left = (_of_people(frame, rows, of_rows) for frame in (whole.changes, whole.left))
    people = _people(counted, _owners(counted, parts), rows, of_rows, count)
    before = None if was is None else _people_before(rows, of_rows, was, count)
    ours = is_institution(rows).to_numpy(dtype=bool)
    accounts, of_duties = (_accounts(rows[part], of_rows[part], count) for part in (~ours, ours))
    for n, recipient in enumerate(parts.recipients[:count]):
        if recipient.slug == OFFICE_SLUG:
            yield _everything(whole, rows, recipient, was, counted, left_over=accounts[n].read if count > 1 else 0)
            continue
        yield Scope(
            recipient=recipient,
            account=accounts[n],
            duties_account=of_duties[n] if of_duties[n].read else None,
            people=_by_name(people[n]),
            people_before={} if before is None else _by_name(before[n]),
            findings=findings.get(n, NOTHING),
            set_aside=set_aside.get(n, NOTHING),
            changes=changes.get(n, NOTHING),
            left=left.get(n, NOTHING),
            departed=np.flatnonzero(whole.departed["reader"] == reader_key(recipient.slug)),
            outages=outages.get(n, NOTHING),
        )


def _everything(
    whole: Report, rows: DataFrame, recipient: Recipient, was: Series | None, counted: DataFrame, *, left_over: int
) -> Scope:
    """The office gets the whole: what is nobody else's is in it, and is told apart."""
    every, of_findings = np.zeros(len(rows), dtype=np.intp), np.zeros(len(whole.findings), dtype=np.intp)
    ours = is_institution(rows)
    return Scope(
        recipient=recipient,
        account=account(rows[~ours]),
        duties_account=account(rows[ours]) if ours.any() else None,
        people=people_by_level(counted, rows),
        people_before={} if was is None else _by_name(_people_before(rows, every, was, 1)[0]),
        findings=np.arange(len(whole.findings)),
        set_aside=np.arange(len(whole.set_aside)),
        changes=np.arange(len(whole.changes)),
        left=np.arange(len(whole.left)),
        departed=np.flatnonzero(~(whole.departed["is_listed"] | whole.departed.duplicated("person_id"))),
        outages=_of_outages(whole, of_findings).get(0, NOTHING),
        left_over=left_over,
    )


def _viewed(
    whole: Report, rows: DataFrame, of_rows: Places, parts: Audience, n: int, groups: Mapping[str, str]
) -> Scope:
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
    told = whole.changes["person_id"].isin(findings["person_id"]) & whole.changes["deadline"].isin(findings["deadline"])
    return Scope(
        recipient=parts.recipients[n],
        account=account(people_part(rows[is_here])),
        duties_account=None,
        people=_by_name(_people(findings, none, rows[:0], none[:0], 1)[0]),
        people_before={},
        findings=np.flatnonzero(wanted),
        changes=np.flatnonzero(told),
        outages=_of_outages(replace(whole, findings=findings), none).get(0, NOTHING),
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
    outcome = pd.Categorical(rows["outcome"], list(FATES)).codes
    is_known = outcome >= 0  # a row of no known outcome is read and nothing else, and the account does not balance
    place = of_rows[is_known] * len(FATES) + outcome[is_known]
    tally = np.bincount(place, minlength=count * len(FATES)).reshape(count, len(FATES))
    is_out = (rows["outcome"] == "excluded").to_numpy(dtype=bool)
    out = DataFrame({"n": of_rows[is_out], "rule": rows["rule"].to_numpy()[is_out]})
    by_rule: dict[int, dict[str, int]] = {}
    for n, rule, number in out.groupby(["n", "rule"]).size().reset_index().itertuples(index=False):
        by_rule.setdefault(n, {})[rule] = number
    return tuple(
        Account(
            read=int(read[n]),
            assessed=assessed,
            superseded=superseded,
            repeated=repeated,
            set_aside=set_aside,
            excluded=excluded,
            excluded_by_rule=by_rule.get(n, {}),
        )
        for n, (assessed, superseded, repeated, set_aside, excluded) in enumerate(tally.tolist())
    )


def _people(findings: DataFrame, of_findings: Places, rows: DataFrame, of_rows: Places, count: int) -> Counts:
    """How many people each recipient has at each level; the findings stand worst first."""
    found = people_part(findings[["person_id", "level", "holder"]].assign(n=of_findings))
    known = found.drop_duplicates(["n", "person_id"])
    read = people_part(rows[["person_id", "outcome", "rule", "source_row", "holder"]].assign(n=of_rows))
    # NOTE: a number that is two people's counts each of them
    whose = read["person_id"].mask(read["rule"] == SHARED, read["source_row"]).where(read["person_id"].notna())
    named = read[["outcome", "n"]].assign(person_id=whose)[whose.notna().to_numpy()]
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
    people = people_part(rows[["person_id", "holder"]].assign(n=of_rows))
    people = people[["person_id", "n"]].dropna().drop_duplicates()
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
    owners = rows[["person_id"]].assign(n=of_rows, ours=is_institution(rows)).dropna().drop_duplicates()
    whose = about[["person_id"]].assign(ours=is_institution(about)).reset_index(drop=True).reset_index(names="place")
    told = whose.merge(owners, on=["person_id", "ours"])
    places = told["place"].to_numpy(dtype=np.intp)
    return {n: places[rows] for n, rows in _places(told["n"].to_numpy(dtype=np.intp)).items()}


def substance(report: Report) -> str:
    """The SHA-256 of what this reader is told."""
    account, run = report.account, report.run
    rows = [_rows(report.findings, FOUND), _rows(report.set_aside, SET_ASIDE)]
    parts = [
        [account.read, *(getattr(account, fate) for fate in FATES)],
        # a file that could not be read, and then was, concerns its own people: whoever has none there is told once
        sorted((part.source, part.sheet, part.rows, part.why) for part in account.not_read if part.rows),
        [run.is_record_stale, run.has_outage_record],
        *([astuple(report.duties_account)[:4]] if report.duties_account else []),
    ]
    if run.open_items or run.ledger_faults:  # said only then, so that a week told before is not told again
        parts.append([bool(run.ledger_faults), *sorted(report.beside.open["item_id"].tolist())])
    if run.old_rosters:
        parts.append([(one.name, one.verdict, one.file) for one in run.old_rosters])
    whole = ", ".join([*rows, *(json.dumps(part, ensure_ascii=False) for part in parts)])
    return hashlib.sha256(f"[{whole}]".encode()).hexdigest()


def _rows(frame: DataFrame, names: Sequence[str]) -> str:
    """The rows as a list of lists of texts, in JSON, in an order of their own.

    Where no text needs an escape, each row is put in its place as one text: as such it stands where its texts would.
    """
    if frame.empty:
        return "[]"
    columns = [_texts(frame[name]) for name in names]
    if any(ESCAPED.search("".join(column)) for column in columns):
        return json.dumps(sorted(zip(*columns, strict=True)), ensure_ascii=False)
    rows = sorted(map(LOWEST.join, zip(*columns, strict=True)))
    return '[["' + '"], ["'.join(rows).replace(LOWEST, '", "') + '"]]'


@lru_cache(maxsize=100_000, typed=True)  # the same truths and numbers stand in the rows of many readers
def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


@lru_cache(maxsize=100_000)  # and the same dates
def _date(micros: int, zone: Any) -> str:
    return _text(pd.Timestamp(micros, unit="us", tz=zone))


def _texts(column: Series) -> list[str]:
    """Each value as a text, a missing one as none; each distinct one is put into text once."""
    if isinstance(column.dtype, pd.StringDtype):
        return [value if isinstance(value, str) else "" for value in column.tolist()]
    if column.dtype.kind == "M":
        zone, numbers = getattr(column.dtype, "tz", None), column.to_numpy(dtype="datetime64[us]").view("int64")
        return [_date(micros, zone) for micros in numbers.tolist()]
    if len(column) <= FEW:
        return [_text(value) for value in column.tolist()]
    codes, distinct = pd.factorize(column)
    texts = [*map(str, distinct), ""]
    return [texts[code] for code in codes.tolist()]  # a missing value's code is -1: the last text
